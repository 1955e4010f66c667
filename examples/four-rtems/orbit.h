/* A computation in floating point that can be interrupted anywhere: a planet on its orbit, by a leapfrog integrator. */
#ifndef ORBIT_H
#define ORBIT_H

struct orbit {
    double x, y;
    double vx, vy;
};

/* A start that is different for each number. */
static inline struct orbit orbit_begin(unsigned number)
{
    struct orbit orbit = { 1.0 + number / 16.0, 0.0, 0.0, 1.0 - number / 64.0 };

    return orbit;
}

/* What pulls at one coordinate. */
static inline double orbit_pull(double position, double x, double y)
{
    double square = x * x + y * y;

    return -position / (square * __builtin_sqrt(square));
}

/* Not inline: registers of the x87 are wider than a double, so results depend on when they are stored. */
static __attribute__((__noinline__)) void orbit_steps(struct orbit *orbit, unsigned steps)
{
    const double time = 1.0 / 1024.0;

    while (steps-- > 0) {
        orbit->vx += orbit_pull(orbit->x, orbit->x, orbit->y) * time;
        orbit->vy += orbit_pull(orbit->y, orbit->x, orbit->y) * time;
        orbit->x += orbit->vx * time;
        orbit->y += orbit->vy * time;
    }
}

/* Bit by bit: the same steps give the same result, however often they were interrupted. */
static inline int orbit_equal(const struct orbit *one, const struct orbit *other)
{
    return __builtin_memcmp(one, other, sizeof(*one)) == 0;
}

#endif
