/* What a program loads while it runs: compiled by itself, and linked with nothing. */
#include <rtems.h>

int offered(int number);
extern int shared;

static int calls;
static const char text[] = "loaded";

const char *loaded_name(void)
{
    return text;
}

int loaded_answer(int number)
{
    ++calls;
    shared = calls;
    return offered(number) + calls;
}
