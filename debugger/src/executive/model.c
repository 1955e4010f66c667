/*
 * Data as RTEMS 7 has them (names of types and members as in cpukit/include/rtems/score, members in another order), for
 * the test of what reads them: three tasks of the Classic API of which one executes, and the idle task.
 */
typedef unsigned int uint32_t;

typedef struct {
#ifdef __sparc__
    uint32_t g5, g7;
    double l0_and_l1;
    uint32_t l2, l3, l4, l5, l6, l7;
    double i0_and_i1;
    uint32_t i2, i3, i4, i5, i6_fp, i7, o6_sp, o7, psr;
#else
    uint32_t eflags;
    void *esp;
    void *ebp;
    uint32_t ebx, esi, edi;
#endif
} Context_Control;

typedef union {
    const char *name_p;
    uint32_t name_u32;
} Objects_Name;

typedef struct {
    void *next;
    uint32_t id;
    Objects_Name name;
} Objects_Control;

typedef struct _Thread_Control Thread_Control;

struct _Thread_Control {
    uint32_t before;
    Objects_Control Object;
    uint32_t current_state;
    Context_Control Registers;
    struct {
        uint32_t entry;
        struct {
            uint32_t size;
            void *area;
        } Initial_stack;
    } Start;
};

typedef struct {
    Objects_Control **local_table;
    uint32_t maximum_id;
} Objects_Information;

typedef struct {
    uint32_t before;
    Objects_Information Objects;
} Thread_Information;

typedef struct {
    uint32_t nesting;
    Thread_Control *executing;
} Per_CPU_Control;

typedef struct {
    uint32_t before;
    Per_CPU_Control per_cpu;
} Per_CPU_Control_envelope;

static uint32_t stack[3][64] = { [1][60] = 0x1234 };

#ifdef __sparc__
#define REGISTERS(number) .Registers = { .o6_sp = 0x4000 + number, .o7 = 0x1000, .l7 = 77 }
#else
#define REGISTERS(number) .Registers = { .esp = &stack[number][60], .ebp = (void *) 0x5678 }
#endif

#define TASK(number, letters, state) \
    { .Object = { .id = 0x0a010000 + number, .name.name_u32 = letters }, .current_state = state, \
      REGISTERS(number - 1), \
      .Start.Initial_stack = { sizeof stack[0], stack[number - 1] } }

static Thread_Control tasks[] = {
    TASK(1, 0x55493120, 0),
    TASK(2, 0x54413120, 8),
    TASK(3, 0x54413220, 0),
    /* Not what the table says. */
    TASK(9, 0x54413420, 0),
};
static Thread_Control idle = TASK(1, 0x49444c45, 0);

static Objects_Control *table[] = {
    (void *) &tasks[0], (void *) &tasks[1], (void *) &tasks[2], (void *) &tasks[3], 0, (void *) 0x10,
};
static Objects_Control *own[] = { (void *) &idle };

Thread_Information _RTEMS_tasks_Information = { .Objects = { table, 0x0a010006 } };
Thread_Information _Thread_Information = { .Objects = { own, 0x09010001 } };
Per_CPU_Control_envelope _Per_CPU_Information[] = { { .per_cpu.executing = &tasks[2] } };
uint32_t _System_state_Current = 2;
