// C++ as the stand-in has it: constructors before the first task, the heap, virtual functions, templates, local
// variables that are constructed when they are met. Exit status 0 if all is as it should be. Runs with an RTEMS kit
// too.
#include <rtems.h>
#include <rtems/bspIo.h>

#include <inttypes.h>
#include <stdlib.h>

extern int other_constructed();

namespace {

unsigned constructed;
unsigned alive;

struct Shape {
    Shape() { ++alive; }
    virtual ~Shape() { --alive; }
    virtual int area() const = 0;
};

struct Square : Shape {
    explicit Square(int side) : side(side) {}
    int area() const override { return side * side; }
    int side;
};

template <typename T, unsigned N> struct Sum {
    T of(const T (&values)[N]) const
    {
        T sum {};
        for (const T &value : values)
            sum += value;
        return sum;
    }
};

// Its constructor needs the heap and a directive, as in a program for RTEMS.
struct Early {
    Early() : shape(new Square(5)), time(rtems_clock_get_ticks_since_boot()) { constructed = constructed * 10 + 1; }
    Square *shape;
    rtems_interval time;
};

Early early;

struct Later {
    Later() { constructed = constructed * 10 + 2; }
} later;

unsigned local()
{
    static Square once(static_cast<int>(alive));
    return static_cast<unsigned>(once.side);
}

} // namespace

extern "C" rtems_task objects(rtems_task_argument)
{
    const Shape *shapes[3] = {new Square(2), new Square(3), early.shape};
    int areas[3];
    for (unsigned place = 0; place < 3; ++place)
        areas[place] = shapes[place]->area();
    int sum = Sum<int, 3>().of(areas);
    unsigned first = local(), second = local();
    for (const Shape *shape : shapes)
        delete shape;
    char *array = new char[100];
    array[99] = 1;
    delete[] array;
    bool good = constructed == 12 && sum == 38 && first == 3 && second == 3 && alive == 1 && other_constructed() == 7;
    printk("objects: order %u, sum %d, local %u, alive %u, other %d: %s\n", constructed, sum, first, alive,
        other_constructed(), good ? "good" : "wrong");
    exit(good ? 0 : 1);
}
