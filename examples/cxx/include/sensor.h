/* A sensor that is read by a thread of its own. */
#ifndef SENSOR_H
#define SENSOR_H

#include <stdexcept>
#include <vector>

// What a sensor throws that reads nonsense.
class OutOfRange : public std::range_error {
public:
    OutOfRange(int sensor, int value);
    int sensor() const { return sensor_; }

private:
    int sensor_;
};

// Reads a sensor that often; counts the readings in an object of the thread.
std::vector<int> readings(int sensor, int count);

// How many readings each thread counted when it ended, in the order of the sensors.
std::vector<int> counted();

#endif
