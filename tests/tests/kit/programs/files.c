/* Tries the files of ports and regions, with peer.c on the other side, and counts what is as it should be. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/filio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <rtems.h>
#include <rtems/bspIo.h>
#include <rtems/libio_.h>

#include <bulkhead/port.h>
#include <bulkhead/region.h>

#define MILLISECONDS(count) (INT64_C(1000000) * (count))

#define EVENT_ANSWER RTEMS_EVENT_1
#define EVENT_SAMPLE RTEMS_EVENT_2
#define EVENT_RUNG RTEMS_EVENT_3
#define EVENT_ROOM RTEMS_EVENT_4

/* The most that read() may add to the call, in instructions. */
#define READ_COST_MAX 300

static int commands;
static int answers;
static int bulk;
static int samples;

static unsigned checks;
static unsigned good;

static void check(bool right, int line)
{
    ++checks;
    if (right)
        ++good;
    else
        printk("files.c:%d is wrong, errno %d\n", line, errno);
}

#define CHECK(condition) check((condition), __LINE__)

/* A call that fails with this error. */
#define REFUSED(call, error) CHECK((errno = 0, (call) == -1 && errno == (error)))

static void command(const char *text)
{
    CHECK(write(commands, text, strlen(text)) == (ssize_t)strlen(text));
}

/* Whether this is the next answer. */
static bool answered(const char *expected)
{
    char text[16];
    ssize_t length = read(answers, text, sizeof(text));

    return length == (ssize_t)strlen(expected) && memcmp(text, expected, (size_t)length) == 0;
}

static void set_flags(int file, int flags)
{
    CHECK(fcntl(file, F_SETFL, flags) == 0);
}

static void set_time_out(int file, int64_t time_out)
{
    CHECK(ioctl(file, BULKHEAD_PORT_TIME_OUT, &time_out) == 0);
}

static uint32_t received(int file)
{
    uint32_t flags = UINT32_MAX;

    CHECK(ioctl(file, BULKHEAD_PORT_RECEIVED, &flags) == 0);
    return flags;
}

/* A kit without libbsd has no poll(); what it would ask is there. */
static int polled(int file, int events)
{
    rtems_libio_t *iop = rtems_libio_iop(file);

    return (*iop->pathinfo.handlers->poll_h)(iop, events);
}

static rtems_id start(rtems_task_entry entry, rtems_task_priority priority, rtems_task_argument argument)
{
    rtems_id task = 0;

    CHECK(rtems_task_create(rtems_build_name('T', 'A', 'S', 'K'), priority, 8192, RTEMS_DEFAULT_MODES,
                            RTEMS_FLOATING_POINT, &task) == RTEMS_SUCCESSFUL);
    CHECK(rtems_task_start(task, entry, argument) == RTEMS_SUCCESSFUL);
    return task;
}

/* ---- Opening ------------------------------------------------------------------------------------------------ */

static void files_open_in_their_direction(void)
{
    struct stat status;
    struct bulkhead_port_description description;

    REFUSED(open("/dev/port/none", O_RDONLY), ENOENT);
    REFUSED(open("/dev/port/commands", O_RDONLY), EACCES);
    REFUSED(open("/dev/port/commands", O_RDWR), EACCES);
    REFUSED(open("/dev/port/answers", O_WRONLY), EACCES);
    REFUSED(open("/dev/port/answers", O_RDWR), EACCES);
    CHECK(stat("/dev/port/samples", &status) == 0 && status.st_mode == (S_IFCHR | 0444));
    CHECK(stat("/dev/port/bulk", &status) == 0 && status.st_mode == (S_IFCHR | 0200));
    commands = open("/dev/port/commands", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    answers = open("/dev/port/answers", O_RDONLY);
    bulk = open("/dev/port/bulk", O_WRONLY);
    samples = open("/dev/port/samples", O_RDONLY);
    CHECK(commands >= 0 && answers >= 0 && bulk >= 0 && samples >= 0);
    CHECK(ioctl(bulk, BULKHEAD_PORT_DESCRIBE, &description) == 0);
    CHECK(strcmp((const char *)description.name, "bulk") == 0 && description.message_size == 4096);
    CHECK(description.depth == 2 && description.direction == BULKHEAD_PORT_DIRECTION_SOURCE);
    REFUSED(ioctl(bulk, _IO('B', 99)), ENOTTY);
    REFUSED(lseek(bulk, 0, SEEK_SET), ESPIPE);
}

/* ---- Messages ----------------------------------------------------------------------------------------------- */

static void messages_are_whole(void)
{
    char room[16];

    REFUSED(write(commands, "seventeen letters", 17), EMSGSIZE);
    CHECK(write(commands, "", 0) == 0);
    CHECK(read(answers, room, 0) == 0);
    command("a0123456789");
    REFUSED(read(answers, room, 9), EMSGSIZE);
    CHECK(read(answers, room, 10) == 10 && memcmp(room, "0123456789", 10) == 0);
    CHECK(received(answers) == (BULKHEAD_RECEIVED_VALID | BULKHEAD_RECEIVED_NEW));
    REFUSED(read(answers, (void *)16, 16), EFAULT);
    REFUSED(write(commands, (const void *)16, 16), EFAULT);
}

static volatile unsigned counted;

/* Counts while nobody above it executes. */
static rtems_task count(rtems_task_argument argument)
{
    (void)argument;
    for (;;)
        ++counted;
}

static void a_reader_waits_while_others_execute(void)
{
    char room[16];
    rtems_id other = start(count, 200, 0); /* Init is not preemptible, and waits */
    uint64_t before = bulkhead_clock_now();
    uint64_t waited;

    set_time_out(answers, MILLISECONDS(25));
    REFUSED(read(answers, room, sizeof(room)), ETIMEDOUT);
    waited = bulkhead_clock_now() - before;
    /* No window is open at 25 ms; the partition's next one has begun then. */
    CHECK(waited >= MILLISECONDS(25) && waited < MILLISECONDS(35));
    CHECK(counted > 1000);
    CHECK(rtems_task_delete(other) == RTEMS_SUCCESSFUL);
    command("alate");
    CHECK(answered("late"));
    set_time_out(answers, -1);
    set_flags(answers, O_RDONLY | O_NONBLOCK);
    REFUSED(read(answers, room, sizeof(room)), EAGAIN);
    set_flags(answers, O_RDONLY);
}

static void a_writer_waits_for_room(void)
{
    static char message[4096];
    struct bulkhead_port_status status;
    struct bulkhead_port_events events = {rtems_task_self(), EVENT_ROOM};
    rtems_event_set told;

    CHECK(polled(bulk, POLLOUT | POLLIN) == POLLOUT);
    message[0] = 'x';
    CHECK(write(bulk, message, 4096) == 4096);
    message[0] = 'y';
    CHECK(write(bulk, message, 1000) == 1000);
    CHECK(ioctl(bulk, BULKHEAD_PORT_STATUS, &status) == 0 && status.messages == 2 && status.lost == 0);
    CHECK(polled(bulk, POLLOUT) == 0);
    set_time_out(bulk, MILLISECONDS(1));
    REFUSED(write(bulk, message, 1), ETIMEDOUT);
    CHECK(ioctl(bulk, BULKHEAD_PORT_STATUS, &status) == 0 && status.messages == 2 && status.lost == 1);
    set_flags(bulk, O_WRONLY | O_NONBLOCK);
    REFUSED(write(bulk, message, 1), EAGAIN);
    CHECK(ioctl(bulk, BULKHEAD_PORT_STATUS, &status) == 0 && status.lost == 2);
    set_flags(bulk, O_WRONLY);
    set_time_out(bulk, -1);
    CHECK(ioctl(bulk, BULKHEAD_PORT_EVENTS, &events) == 0);
    command("b");
    message[0] = 'z';
    CHECK(write(bulk, message, 10) == 10);
    CHECK(rtems_event_receive(EVENT_ROOM, RTEMS_NO_WAIT | RTEMS_EVENT_ANY, 0, &told) == RTEMS_SUCCESSFUL);
    CHECK(ioctl(bulk, BULKHEAD_PORT_STATUS, &status) == 0 && status.lost == 2);
    CHECK(answered("4096 x lost"));
    CHECK(answered("1000 y"));
    command("b");
    CHECK(answered("10 z"));
}

/* ---- Who is served ------------------------------------------------------------------------------------------ */

static char order[3];
static unsigned served;

static rtems_task reader(rtems_task_argument name)
{
    char room[16];

    CHECK(read(answers, room, sizeof(room)) == 1);
    order[served++] = (char)name;
    rtems_task_exit();
}

/* The later one has the higher priority. */
static bool are_served(uint32_t by_priority, const char *expected)
{
    served = 0;
    CHECK(ioctl(answers, BULKHEAD_PORT_BY_PRIORITY, &by_priority) == 0);
    start(reader, 20, 'l');
    rtems_task_wake_after(1);
    start(reader, 10, 'h');
    rtems_task_wake_after(1);
    command("a1");
    rtems_task_wake_after(20);
    CHECK(served == 1);
    command("a2");
    rtems_task_wake_after(20);
    return served == 2 && strcmp(order, expected) == 0;
}

static char kept[16] = "untouched";

static rtems_task doomed(rtems_task_argument argument)
{
    if (argument == 0) {
        read(answers, kept, sizeof(kept));
        CHECK(false);
    }
    rtems_task_suspend(RTEMS_SELF);
}

/* What comes for a task that begins anew, or was deleted, goes to the next. */
static void who_does_not_wait_any_more_receives_nothing(void)
{
    rtems_id task = start(doomed, 10, 0);

    rtems_task_wake_after(1);
    CHECK(rtems_task_restart(task, 1) == RTEMS_SUCCESSFUL);
    command("amine");
    CHECK(answered("mine"));
    CHECK(rtems_task_restart(task, 0) == RTEMS_SUCCESSFUL);
    rtems_task_wake_after(1);
    CHECK(rtems_task_delete(task) == RTEMS_SUCCESSFUL);
    command("aagain");
    CHECK(answered("again"));
    CHECK(strcmp(kept, "untouched") == 0);
}

static void *posix_reader(void *argument)
{
    char *room = argument;

    return read(answers, room, 16) == 5 ? room : NULL;
}

static void a_posix_thread_waits_too(void)
{
    static char room[16];
    pthread_t thread;
    void *result = NULL;

    CHECK(pthread_create(&thread, NULL, posix_reader, room) == 0);
    rtems_task_wake_after(1);
    command("aposix");
    CHECK(pthread_join(thread, &result) == 0 && result == room && memcmp(room, "posix", 5) == 0);
}

/* What is printed goes as one message when it is flushed. */
static void a_stream_sends_what_is_flushed(void)
{
    FILE *stream = fopen("/dev/port/commands", "w");

    CHECK(stream != NULL && fprintf(stream, "a%s %d", "number", 7) == 9 && fclose(stream) == 0);
    CHECK(answered("number 7"));
}

static void nobody_waits_with_interrupts_disabled(void)
{
    rtems_mode before;
    char room[16];

    /* The highest level that the processor has. */
    rtems_task_mode(RTEMS_INTERRUPT_LEVEL(RTEMS_INTERRUPT_MASK), RTEMS_INTERRUPT_MASK, &before);
    REFUSED(read(answers, room, sizeof(room)), EPERM);
    rtems_task_mode(before, RTEMS_INTERRUPT_MASK, &before);
}

/* ---- Sampling ----------------------------------------------------------------------------------------------- */

static void a_sample_grows_old(void)
{
    struct bulkhead_port_status status;
    char room[64];

    REFUSED(read(samples, room, sizeof(room)), EAGAIN);
    CHECK(polled(samples, POLLIN) == 0);
    command("sfirst");
    rtems_task_wake_after(10);
    CHECK(polled(samples, POLLIN | POLLOUT) == POLLIN);
    REFUSED(read(samples, room, 4), EMSGSIZE);
    CHECK(read(samples, room, sizeof(room)) == 5 && memcmp(room, "first", 5) == 0);
    CHECK(received(samples) == (BULKHEAD_RECEIVED_VALID | BULKHEAD_RECEIVED_NEW));
    CHECK(polled(samples, POLLIN) == 0);
    CHECK(read(samples, room, sizeof(room)) == 5);
    CHECK(received(samples) == BULKHEAD_RECEIVED_VALID);
    rtems_task_wake_after(40);
    CHECK(read(samples, room, sizeof(room)) == 5);
    CHECK(received(samples) == 0);
    CHECK(ioctl(samples, BULKHEAD_PORT_STATUS, &status) == 0 && status.messages == 1 && status.flags == 0);
}

#define TIMES 100

/* What a file adds to the call: instructions, where an instruction takes a nanosecond. */
static void a_file_costs_little(void)
{
    int32_t number = bulkhead_port_find("samples");
    char room[64];
    uint64_t start;
    uint64_t middle;
    uint64_t end;

    rtems_task_wake_after(10);
    start = bulkhead_clock_now();
    for (unsigned times = 0; times < TIMES; ++times)
        read(samples, room, sizeof(room));
    middle = bulkhead_clock_now();
    for (unsigned times = 0; times < TIMES; ++times)
        bulkhead_port_read((uint32_t)number, room, sizeof(room));
    end = bulkhead_clock_now();
    printk("reading a sample: %u ns by the file, %u ns by the call\n", (unsigned)((middle - start) / TIMES),
           (unsigned)((end - middle) / TIMES));
    CHECK(middle - start < end - middle + TIMES * READ_COST_MAX);
}

/* ---- Several ports ------------------------------------------------------------------------------------------ */

static rtems_event_set wait_for(rtems_event_set events)
{
    rtems_event_set told = 0;

    CHECK(rtems_event_receive(events, RTEMS_WAIT | RTEMS_EVENT_ANY, 100, &told) == RTEMS_SUCCESSFUL);
    return told;
}

static void one_task_waits_at_several_ports(void)
{
    struct bulkhead_port_events events = {rtems_task_self(), EVENT_ANSWER};
    rtems_event_set told;
    char room[64];
    int waiting = 0;
    uint32_t dropped = 0;

    CHECK(ioctl(answers, BULKHEAD_PORT_EVENTS, &events) == 0);
    events.events = EVENT_SAMPLE;
    CHECK(ioctl(samples, BULKHEAD_PORT_EVENTS, &events) == 0);
    CHECK(rtems_event_receive(EVENT_ANSWER | EVENT_SAMPLE, RTEMS_NO_WAIT | RTEMS_EVENT_ANY, 0, &told)
          == RTEMS_UNSATISFIED);
    command("ssecond");
    CHECK(wait_for(EVENT_ANSWER | EVENT_SAMPLE) == EVENT_SAMPLE);
    CHECK(read(samples, room, sizeof(room)) == 6 && received(samples) == 0x03000000);
    command("athird");
    CHECK(wait_for(EVENT_ANSWER | EVENT_SAMPLE) == EVENT_ANSWER);
    CHECK(ioctl(answers, FIONREAD, &waiting) == 0 && waiting == 16);
    /* What is there already is announced at once. */
    events.events = EVENT_ANSWER;
    CHECK(ioctl(answers, BULKHEAD_PORT_EVENTS, &events) == 0);
    CHECK(wait_for(EVENT_ANSWER) == EVENT_ANSWER);
    CHECK(ioctl(answers, BULKHEAD_PORT_CLEAR, &dropped) == 0 && dropped == 1);
    CHECK(ioctl(answers, FIONREAD, &waiting) == 0 && waiting == 0);
    REFUSED(ioctl(commands, BULKHEAD_PORT_CLEAR, &dropped), EBADF);
    events.events = 0;
    CHECK(ioctl(answers, BULKHEAD_PORT_EVENTS, &events) == 0);
    command("afourth");
    CHECK(answered("fourth"));
    CHECK(rtems_event_receive(EVENT_ANSWER, RTEMS_NO_WAIT | RTEMS_EVENT_ANY, 0, &told) == RTEMS_UNSATISFIED);
}

/* ---- Shared memory ------------------------------------------------------------------------------------------ */

static void memory_is_shared(void)
{
    struct bulkhead_region_events events = {rtems_task_self(), EVENT_RUNG};
    struct bulkhead_region_description description;
    struct stat status;
    int board = open("/dev/region/board", O_RDWR);
    int reading = open("/dev/region/board", O_RDONLY);
    int notices;
    const volatile char *notice;
    volatile char *seen;

    REFUSED(open("/dev/region/notices", O_RDWR), EACCES);
    notices = open("/dev/region/notices", O_RDONLY);
    CHECK(board >= 0 && reading >= 0 && notices >= 0);
    CHECK(fstat(board, &status) == 0 && status.st_size == 8192);
    seen = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, board, 0);
    CHECK(seen != MAP_FAILED);
    CHECK(mmap(NULL, 8193, PROT_READ | PROT_WRITE, MAP_SHARED, board, 0) == MAP_FAILED && errno == ENXIO);
    CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, reading, 0) == MAP_FAILED && errno == EACCES);
    CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, board, 4096) == (void *)(seen + 4096));
    CHECK(ioctl(board, BULKHEAD_REGION_EVENTS, &events) == 0);
    REFUSED(ioctl(notices, BULKHEAD_REGION_EVENTS, &events), ENOTSUP);
    CHECK(ioctl(notices, BULKHEAD_REGION_DESCRIBE, &description) == 0);
    CHECK(description.writable == 0 && description.size == 4096);
    notice = (const volatile char *)(uintptr_t)description.address;
    REFUSED(write(bulk, (const void *)seen, 10), EFAULT); /* no call takes addresses in a region */
    seen[4095] = 41;
    CHECK(ioctl(board, BULKHEAD_REGION_DOORBELL) == 0);
    command("r");
    CHECK(wait_for(EVENT_RUNG) == EVENT_RUNG);
    CHECK(seen[4096] == 42 && notice[7] == 7);
    CHECK(munmap((void *)seen, 8192) == 0);
}

static rtems_task Init(rtems_task_argument argument)
{
    (void)argument;
    files_open_in_their_direction();
    messages_are_whole();
    a_reader_waits_while_others_execute();
    a_writer_waits_for_room();
    CHECK(are_served(0, "lh"));
    CHECK(are_served(1, "hl"));
    who_does_not_wait_any_more_receives_nothing();
    a_posix_thread_waits_too();
    a_stream_sends_what_is_flushed();
    nobody_waits_with_interrupts_disabled();
    a_sample_grows_old();
    a_file_costs_little();
    one_task_waits_at_several_ports();
    memory_is_shared();
    command("e");
    printk("files: %u of %u checks are good\n", good, checks);
    exit(good == checks ? EXIT_SUCCESS : EXIT_FAILURE);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_FILE_DESCRIPTORS 10
#define CONFIGURE_MAXIMUM_TASKS 4
#define CONFIGURE_MAXIMUM_POSIX_THREADS 1
#define CONFIGURE_EXTRA_TASK_STACKS (3 * 8192)
#define CONFIGURE_INIT_TASK_PRIORITY 100
#define CONFIGURE_INIT_TASK_STACK_SIZE (16 * 1024)
#define CONFIGURE_INIT_TASK_ATTRIBUTES RTEMS_FLOATING_POINT
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
