// The C++ library in a partition: exceptions through frames with objects, streams, containers, threads. Exit status 0
// if all is as it should be.
#include <cstdlib>
#include <iostream>
#include <map>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <rtems.h>

namespace {

int unwound;

struct Counted {
    ~Counted() { ++unwound; }
};

void thrower(int depth)
{
    Counted counted;
    if (depth == 0)
        throw std::runtime_error("from below");
    thrower(depth - 1);
}

std::string caught()
{
    try {
        thrower(4);
    } catch (const std::exception &error) {
        return error.what();
    }
    return "nothing";
}

std::map<std::string, int> early {{"one", 1}, {"two", 2}};

int sum_of_threads()
{
    std::mutex mutex;
    std::vector<std::thread> threads;
    int sum = 0;
    for (int number = 1; number <= 3; ++number)
        threads.emplace_back([&, number] {
            for (int times = 0; times < 100; ++times) {
                std::lock_guard<std::mutex> lock(mutex);
                sum += number;
            }
        });
    for (std::thread &thread : threads)
        thread.join();
    return sum;
}

} // namespace

extern "C" rtems_task Init(rtems_task_argument)
{
    std::ostringstream said;
    said << "caught " << caught() << ", unwound " << unwound << ", early " << early["one"] + early["two"]
         << ", threads " << sum_of_threads() << ", half " << 0.5;
    std::cout << said.str() << std::endl;
    const bool right = said.str() == "caught from below, unwound 5, early 3, threads 600, half 0.5";
    std::exit(right ? EXIT_SUCCESS : EXIT_FAILURE);
}
