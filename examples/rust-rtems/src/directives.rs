//! What the tasks ask of RTEMS: directives of the Classic API, each with the types that Rust can check.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::fmt;
use core::mem::size_of;
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicU32, Ordering};

use crate::Sample;

/// A status code of RTEMS that is not `RTEMS_SUCCESSFUL` (Classic API Guide, "Directive Status Codes").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status(pub u32);

/// `RTEMS_DEFAULT_MODES`, `RTEMS_DEFAULT_ATTRIBUTES`, `RTEMS_WAIT`, `RTEMS_NO_TIMEOUT`.
const DEFAULT: u32 = 0;

/// A task's stack, in bytes.
const STACK: usize = 16 * 1024;

// The headers of RTEMS 6 and 7 declare them so: `rtems_id`, `rtems_name` and the like are `uint32_t`, a status code is
// an enumeration, which has the size of an `int`, and an argument of a task is a `uintptr_t`.
unsafe extern "C" {
    fn rtems_task_create(
        name: u32,
        priority: u32,
        stack: usize,
        modes: u32,
        attributes: u32,
        id: *mut u32,
    ) -> u32;
    fn rtems_task_start(id: u32, entry: extern "C" fn(usize), argument: usize) -> u32;
    fn rtems_message_queue_create(name: u32, count: u32, size: usize, attributes: u32, id: *mut u32) -> u32;
    fn rtems_message_queue_send(id: u32, buffer: *const c_void, size: usize) -> u32;
    fn rtems_message_queue_receive(
        id: u32,
        buffer: *mut c_void,
        size: *mut usize,
        options: u32,
        timeout: u32,
    ) -> u32;
    safe fn rtems_task_delete(id: u32) -> u32;
    safe fn rtems_task_wake_after(ticks: u32) -> u32;
    safe fn rtems_putc(character: c_char);
    #[link_name = "exit"]
    safe fn c_exit(status: c_int) -> !;
    static bsp_boot_cmdline: *const c_char;
}

/// What a directive says.
fn checked(status: u32) -> Result<(), Status> {
    if status == 0 { Ok(()) } else { Err(Status(status)) }
}

/// Creates a task and starts it.
pub(crate) fn start_task(
    name: [u8; 4],
    priority: u32,
    entry: extern "C" fn(usize),
    argument: usize,
) -> Result<(), Status> {
    let mut id = 0;
    let name = u32::from_be_bytes(name);
    // SAFETY: `id` is a place for an identifier that outlives the call.
    checked(unsafe { rtems_task_create(name, priority, STACK, DEFAULT, DEFAULT, &raw mut id) })?;
    // SAFETY: the entry is a function of the type that RTEMS calls, and what it uses is static.
    checked(unsafe { rtems_task_start(id, entry, argument) })
}

/// Ends the task that calls it.
pub(crate) fn end_task() {
    // 0 stands for the caller (`RTEMS_SELF`).
    let _ = rtems_task_delete(0);
}

/// Lets others run for so many ticks.
pub(crate) fn sleep(ticks: u32) {
    let _ = rtems_task_wake_after(ticks);
}

/// Halts the partition with a status.
pub(crate) fn exit(status: i32) -> ! {
    c_exit(status)
}

/// The partition's command line, if it is text.
pub(crate) fn command_line() -> Option<&'static str> {
    // SAFETY: the guest layer sets it before the first task, to a text with an end or to nothing, and it stays.
    let line = unsafe { bsp_boot_cmdline };
    if line.is_null() {
        return None;
    }
    // SAFETY: it is not null, and a text with an end (above).
    unsafe { CStr::from_ptr(line) }.to_str().ok()
}

/// A message queue of samples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queue(u32);

impl Queue {
    /// Creates one with room for so many samples.
    pub(crate) fn new(name: [u8; 4], count: u32) -> Result<Self, Status> {
        let (mut id, name) = (0, u32::from_be_bytes(name));
        // SAFETY: `id` is a place for an identifier that outlives the call.
        let status =
            unsafe { rtems_message_queue_create(name, count, size_of::<Sample>(), DEFAULT, &raw mut id) };
        checked(status).map(|()| Self(id))
    }

    /// Sends a sample, or says that there is no room.
    pub(crate) fn send(self, sample: &Sample) -> Result<(), Status> {
        // SAFETY: the sample is that long, and RTEMS copies it.
        checked(unsafe { rtems_message_queue_send(self.0, (&raw const *sample).cast(), size_of::<Sample>()) })
    }

    /// Waits for the next sample.
    pub(crate) fn receive(self) -> Result<Sample, Status> {
        let mut sample: Sample = [0; 2];
        let mut size = 0;
        // SAFETY: no message of the queue is longer than a sample, which is where it goes.
        checked(unsafe {
            rtems_message_queue_receive(self.0, (&raw mut sample).cast(), &raw mut size, DEFAULT, DEFAULT)
        })
        .map(|()| sample)
    }
}

/// A queue that tasks find.
pub(crate) struct QueueCell(AtomicU32);

impl QueueCell {
    /// None yet: RTEMS has no object with the identifier 0.
    pub(crate) const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    pub(crate) fn set(&self, queue: Queue) {
        self.0.store(queue.0, Ordering::Release);
    }

    pub(crate) fn get(&self) -> Queue {
        Queue(self.0.load(Ordering::Acquire))
    }
}

/// The partition's console, without a driver.
#[derive(Debug)]
pub(crate) struct Console;

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| rtems_putc(byte as c_char));
        Ok(())
    }
}

/// A panic ends the partition, as `exit` does.
#[panic_handler]
fn panic(information: &PanicInfo<'_>) -> ! {
    let _ = fmt::Write::write_fmt(&mut Console, format_args!("{information}\n"));
    exit(255)
}
