/* SPARC: what RTEMS makes of an exception, which RTEMS 5 has otherwise than RTEMS 6 and later. */
#ifndef BULKHEAD_RTEMS_EXCEPTION_H
#define BULKHEAD_RTEMS_EXCEPTION_H

#include <stddef.h>
#include <string.h>

#if __RTEMS_MAJOR__ >= 6

/* What is made of a fault. */
typedef struct {
    CPU_Exception_frame frame;
} bulkhead_rtems_exception;

typedef SPARC_Register_window bulkhead_rtems_register_window;

#else

/* The frame is the trap's number and the address of what an interrupt's handler keeps. */
typedef struct {
    CPU_Exception_frame frame;
    CPU_Interrupt_frame registers;
} bulkhead_rtems_exception;

typedef struct {
    uint32_t local[8];
    uint32_t input[8];
} bulkhead_rtems_register_window;

#endif

/* The same of both: the registers at an exception. */
typedef struct {
    uint32_t trap;
    uint32_t psr;
    uint32_t pc;
    uint32_t npc;
    uint32_t y;
    uint32_t global[8];
    uint32_t output[8];
} bulkhead_rtems_registers;

/* A frame can only lie in the partition's memory. */
static inline bool bulkhead_rtems_is_window(uint32_t address)
{
    return address % CPU_STACK_ALIGNMENT == 0 && address >= bulkhead_memory_base()
        && address - bulkhead_memory_base() <= bulkhead_memory_size() - sizeof(bulkhead_rtems_register_window);
}

#if __RTEMS_MAJOR__ >= 6

static inline bulkhead_rtems_registers bulkhead_rtems_registers_of(const CPU_Exception_frame *frame)
{
    bulkhead_rtems_registers registers = {
        .trap = frame->trap,
        .psr = frame->psr,
        .pc = frame->pc,
        .npc = frame->npc,
        .y = frame->y,
    };

    memcpy(registers.global, frame->global, sizeof(registers.global));
    memcpy(registers.output, frame->output, sizeof(registers.output));
    return registers;
}

static inline const bulkhead_rtems_register_window *bulkhead_rtems_window_of(const CPU_Exception_frame *frame)
{
    return &frame->windows[0];
}

static inline void bulkhead_rtems_exception_of(
    bulkhead_rtems_exception *exception, const bulkhead_rtems_registers *registers)
{
    exception->frame = (CPU_Exception_frame){
        .trap = registers->trap,
        .psr = registers->psr,
        .pc = registers->pc,
        .npc = registers->npc,
        .y = registers->y,
    };
    memcpy(exception->frame.global, registers->global, sizeof(registers->global));
    memcpy(exception->frame.output, registers->output, sizeof(registers->output));
}

/* The windows of the functions that have called each other, as far as the frame has room, and floating point. */
static inline void bulkhead_rtems_exception_rest(
    bulkhead_rtems_exception *exception, const bulkhead_rtems_register_window *window)
{
    CPU_Exception_frame *frame = &exception->frame;

    for (size_t number = 0; number < RTEMS_ARRAY_SIZE(frame->windows); ++number) {
        frame->windows[number] = *window;
        if (!bulkhead_rtems_is_window(window->input[6]))
            break;
        window = (const bulkhead_rtems_register_window *)window->input[6];
    }
#if SPARC_HAS_FPU == 1
    if (bulkhead_rtems_floating_point != 0) {
        bulkhead_rtems_floating_point_state state;

        bulkhead_rtems_floating_point_keep(&state);
        frame->fsr = state.words[0];
        memcpy(frame->fp, &state.words[2], sizeof(frame->fp));
    }
#endif
}

#else

static inline bulkhead_rtems_registers bulkhead_rtems_registers_of(const CPU_Exception_frame *frame)
{
    const CPU_Interrupt_frame *kept = frame->isf;

    return (bulkhead_rtems_registers){
        .trap = frame->trap,
        .psr = kept->psr,
        .pc = kept->pc,
        .npc = kept->npc,
        .y = kept->y,
        .global = {0, kept->g1, kept->g2, kept->g3, kept->g4, kept->g5, 0, kept->g7},
        .output = {kept->i0, kept->i1, kept->i2, kept->i3, kept->i4, kept->i5, kept->i6_fp, kept->i7},
    };
}

static inline const bulkhead_rtems_register_window *bulkhead_rtems_window_of(const CPU_Exception_frame *frame)
{
    return (const bulkhead_rtems_register_window *)&frame->isf->Stack_frame;
}

static inline void bulkhead_rtems_exception_of(
    bulkhead_rtems_exception *exception, const bulkhead_rtems_registers *registers)
{
    const uint32_t *global = registers->global;
    const uint32_t *output = registers->output;

    exception->registers = (CPU_Interrupt_frame){
        .psr = registers->psr,
        .pc = registers->pc,
        .npc = registers->npc,
        .y = registers->y,
        .g1 = global[1],
        .g2 = global[2],
        .g3 = global[3],
        .g4 = global[4],
        .g5 = global[5],
        .g7 = global[7],
        .i0 = output[0],
        .i1 = output[1],
        .i2 = output[2],
        .i3 = output[3],
        .i4 = output[4],
        .i5 = output[5],
        .i6_fp = output[6],
        .i7 = output[7],
        .tpc = registers->pc,
    };
    exception->frame = (CPU_Exception_frame){.trap = registers->trap, .isf = &exception->registers};
}

/* An interrupt's handler would have its window at the beginning of what it keeps: there is that of the fault. */
static inline void bulkhead_rtems_exception_rest(
    bulkhead_rtems_exception *exception, const bulkhead_rtems_register_window *window)
{
    memcpy(&exception->registers.Stack_frame, window, sizeof(*window));
}

#endif

#endif
