/* Asks for registers that only a board has: it cannot be linked. */
#define REGISTERS_OF_THE_BOARD
#include "board.c"
