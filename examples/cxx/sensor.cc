// Readings, counted by an object that each thread has for itself.
#include "sensor.h"

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace {

std::mutex mutex;
std::map<int, int> totals;

// Its destructor runs when the thread ends.
class Tally {
public:
    ~Tally()
    {
        std::lock_guard<std::mutex> lock(mutex);
        totals[sensor] = count;
    }

    int sensor = 0;
    int count = 0;
};

thread_local Tally tally;

} // namespace

OutOfRange::OutOfRange(int sensor, int value)
    : std::range_error("sensor " + std::to_string(sensor) + " reads " + std::to_string(value)), sensor_(sensor)
{
}

std::vector<int> readings(int sensor, int count)
{
    std::vector<int> values;
    tally.sensor = sensor;
    for (int number = 0; number < count; ++number) {
        const int value = sensor * 100 + number % 3;
        if (sensor == 2 && number == 5)
            throw OutOfRange(sensor, -1);
        values.push_back(value);
        ++tally.count;
        std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
    return values;
}

std::vector<int> counted()
{
    std::lock_guard<std::mutex> lock(mutex);
    std::vector<int> counts;
    for (const auto &[sensor, count] : totals)
        counts.push_back(count);
    return counts;
}
