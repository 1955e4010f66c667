/* A test that fails: it ends without the banner of the end. */
#define QUIET
#include "rtems_test.c"
