//! From the guest layer to the first task.

use core::ffi::c_char;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use bulkhead_guest::{interrupts, partition, println};

use super::configuration::{Configuration, configuration};
use super::{Partition, Source, directive, global, stacks, terminate, tick};
use crate::executive::alarm::Alarm;
use crate::executive::list::Node;
use crate::executive::{Executive, Pools, Settings};
use crate::heap::Heap;

/// The partition's command line, as programs find it; the first task gets this variable's address.
#[unsafe(no_mangle)]
static bsp_boot_cmdline: AtomicPtr<c_char> = AtomicPtr::new(core::ptr::null_mut());

/// The internal error of the executive that says that the first task could not be created.
const INITIAL_TASK_FAILED: usize = 32;

/// The internal error that says that the memory is not enough.
const NO_MEMORY: usize = 2;

unsafe extern "C" {
    static mut bulkhead_heap_start: u8;
}

/// The guest layer calls it on the main stack, with interrupts disabled. The main stack becomes the idle loop's.
#[unsafe(no_mangle)]
extern "C" fn bulkhead_main() {
    let configuration = configuration();
    println!(
        "bulkhead classic stand-in {} (not RTEMS), tick {} us",
        env!("CARGO_PKG_VERSION"),
        configuration.microseconds_per_tick,
    );
    let command_line = &raw const partition::start_information().command_line;
    bsp_boot_cmdline.store(command_line.cast::<c_char>().cast_mut(), Ordering::Relaxed);
    prepare(configuration);
    stacks::look_at_faults();
    if configuration.clock_driver != 0 {
        tick::start(u64::from(configuration.microseconds_per_tick) * 1000);
    }
    partition::begin_normal();
    create_initial_task(configuration);
    loop {
        directive(|_| ());
        interrupts::enable();
        partition::idle();
        interrupts::disable();
    }
}

fn prepare(configuration: &Configuration) {
    let begin = &raw mut bulkhead_heap_start;
    // SAFETY: the linker script leaves everything from there to the memory's end to us.
    unsafe { global::set_heap(Heap::new(begin, partition::memory().end as *mut u8)) };
    let settings = Settings {
        nanoseconds_per_tick: u64::from(configuration.microseconds_per_tick.max(1)) * 1000,
        ticks_per_timeslice: configuration.ticks_per_timeslice.max(1),
        minimum_stack_size: configuration.minimum_task_stack_size,
    };
    let tasks = configuration.maximum_tasks as usize;
    let timers = configuration.maximum_timers as usize;
    let periods = configuration.maximum_periods as usize;
    let alarms = tasks + timers + periods;
    let pools = Pools {
        tasks: pool(tasks),
        semaphores: pool(configuration.maximum_semaphores as usize),
        queues: pool(configuration.maximum_message_queues as usize),
        timers: pool(timers),
        periods: pool(periods),
        task_links: pool::<Node>(tasks),
        alarms: pool::<Alarm>(alarms),
        alarm_links: pool::<Node>(alarms),
    };
    // SAFETY: once, before any directive.
    unsafe { global::set_executive(Executive::new(Partition, settings, pools)) };
}

/// Memory for the partition's whole life.
fn pool<T: Default>(count: usize) -> &'static mut [T] {
    if count == 0 {
        return &mut [];
    }
    let block = count.checked_mul(size_of::<T>()).and_then(|size| global::heap(|heap| heap.allocate(size)));
    let Some(block) = block else {
        terminate(Source::Core, NO_MEMORY);
    };
    let first = block.cast::<T>();
    for position in 0..count {
        // SAFETY: the block is aligned for anything and has room for `count` values.
        unsafe { first.add(position).write(T::default()) };
    }
    // SAFETY: all values are there now, and the block is never released.
    unsafe { core::slice::from_raw_parts_mut(first.as_ptr(), count) }
}

/// What the program begins with: its constructors, once, and then the task that it has configured.
extern "C" fn first_task(argument: usize) {
    static CONSTRUCTED: AtomicBool = AtomicBool::new(false);
    if !CONSTRUCTED.load(Ordering::Relaxed) {
        CONSTRUCTED.store(true, Ordering::Relaxed);
        crate::c_library::construct();
    }
    if let Some(entry) = configuration().initial_task.entry {
        // SAFETY: the program has configured it to be called so.
        unsafe { entry(argument) };
    }
}

fn create_initial_task(configuration: &Configuration) {
    let initial = &configuration.initial_task;
    if initial.entry.is_none() {
        terminate(Source::Core, INITIAL_TASK_FAILED);
    }
    // Attributes say nothing that matters here: every task may use floating point.
    let _ = initial.attributes;
    let started = super::with_executive(|executive| {
        let id = executive.task_create(initial.name, initial.priority, initial.stack_size, initial.mode)?;
        executive.task_start(id, first_task, initial.argument)
    });
    if started.is_err() {
        terminate(Source::Core, INITIAL_TASK_FAILED);
    }
}
