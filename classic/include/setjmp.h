/* Jumps out of functions. The state of the floating-point units is not part of it. */
#ifndef BULKHEAD_CLASSIC_SETJMP_H
#define BULKHEAD_CLASSIC_SETJMP_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__i386__)
typedef unsigned long jmp_buf[6];
#else
typedef unsigned long jmp_buf[2];
#endif
typedef jmp_buf sigjmp_buf;

int setjmp(jmp_buf state) __attribute__((__returns_twice__));
void longjmp(jmp_buf state, int value) __attribute__((__noreturn__));

/* Signals have no mask. */
#define _setjmp(_state) setjmp(_state)
#define _longjmp(_state, _value) longjmp(_state, _value)
#define sigsetjmp(_state, _save) setjmp(_state)
#define siglongjmp(_state, _value) longjmp(_state, _value)

#ifdef __cplusplus
}
#endif

#endif
