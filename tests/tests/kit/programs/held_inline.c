/* The same with interrupts disabled and enabled in place, as a kit is built with this header first. For i386. */
#include <bulkhead/inline_interrupts.h>

#include "held.c"
