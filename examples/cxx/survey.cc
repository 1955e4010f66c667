// A survey in C++: threads, exceptions that go from one thread to another, streams, objects before the first task and
// after the last.
#include "sensor.h"

#include <cstdlib>
#include <future>
#include <iostream>
#include <numeric>
#include <thread>

#include <rtems.h>

namespace {

constexpr int READINGS = 12;

// Constructed before the first task, destructed by exit().
class Session {
public:
    Session() { std::cout << "a global constructor: the session begins" << std::endl; }
    ~Session() { std::cout << "a global destructor: " << lines_ << " lines were said" << std::endl; }

    std::ostream &line()
    {
        ++lines_;
        return std::cout;
    }

private:
    int lines_ = 0;
};

Session session;

// Reads a sensor in a thread; what the thread throws is thrown where its result is asked for.
std::future<std::vector<int>> read(int sensor, std::vector<std::thread> &threads)
{
    std::packaged_task<std::vector<int>()> task([sensor] { return readings(sensor, READINGS); });
    auto result = task.get_future();
    threads.emplace_back(std::move(task));
    return result;
}

} // namespace

extern "C" rtems_task Init(rtems_task_argument)
{
    std::vector<std::thread> threads;
    std::vector<std::future<std::vector<int>>> results;
    for (int sensor = 1; sensor <= SENSORS; ++sensor)
        results.push_back(read(sensor, threads));
    int failures = 0;
    for (auto &result : results) {
        try {
            const auto values = result.get();
            const int sum = std::accumulate(values.begin(), values.end(), 0);
            session.line() << values.size() << " readings, mean " << double(sum) / values.size() << std::endl;
        } catch (const OutOfRange &error) {
            ++failures;
            session.line() << "thrown in the thread of sensor " << error.sensor() << ": " << error.what() << std::endl;
        }
    }
    for (auto &thread : threads)
        thread.join();
    session.line() << "each thread has counted for itself:";
    for (const int count : counted())
        std::cout << ' ' << count;
    std::cout << std::endl;
    std::exit(failures == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
}
