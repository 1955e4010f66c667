//! Errors: messages to the log, errors that the program raises, and the error handler.
//!
//! The error handler is a task of the executive's with the highest priority, which waits for errors. Whose error it is,
//! waits until the handler has done with it: a task that has raised it goes on then, and one that has faulted cannot,
//! so that its error, if the handler has let it be, is the partition's. Without a handler, in it, or before `NORMAL`,
//! every error is the partition's: the health monitor has it, and acts as the system file says.

use bulkhead_abi::{FaultKind, HealthError, Line, NEVER};
use bulkhead_guest::arch::FaultFrame;
use bulkhead_guest::{console, fault, health, interrupts, one, partition, print, println};

use crate::ReturnCode;
use crate::executive::{Current, Executive, HANDLER_PRIORITY, NewTask, Task};
use crate::partition::{self as modes, Mode, mode};

/// `MAX_ERROR_MESSAGE_SIZE`, from supplement 4 on.
pub const MESSAGE_MAX: usize = 128;

/// The smallest stack of an error handler.
pub const STACK_MIN: usize = 4096;

/// How many errors can wait for the error handler; more are the partition's.
const WAITING_MAX: usize = 8;

/// ARINC 653's `ERROR_CODE_TYPE`.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// `DEADLINE_MISSED`.
    DeadlineMissed = 0,
    /// `APPLICATION_ERROR`.
    Application = 1,
    /// `NUMERIC_ERROR`.
    Numeric = 2,
    /// `ILLEGAL_REQUEST`.
    IllegalRequest = 3,
    /// `STACK_OVERFLOW`.
    StackOverflow = 4,
    /// `MEMORY_VIOLATION`.
    MemoryViolation = 5,
    /// `HARDWARE_FAULT`.
    HardwareFault = 6,
    /// `POWER_FAIL`.
    PowerFail = 7,
}

impl From<HealthError> for ErrorCode {
    fn from(error: HealthError) -> Self {
        match error {
            HealthError::Memory | HealthError::Alignment => Self::MemoryViolation,
            HealthError::Arithmetic | HealthError::FloatingPoint => Self::Numeric,
            HealthError::Breakpoint | HealthError::Application | HealthError::Initialization => {
                Self::Application
            }
            HealthError::Privilege
            | HealthError::Instruction
            | HealthError::Other
            | HealthError::Mode
            | HealthError::CallFlood => Self::IllegalRequest,
            HealthError::StackOverflow => Self::StackOverflow,
            HealthError::DeadlineMissed | HealthError::Watchdog => Self::DeadlineMissed,
            HealthError::WindowLost | HealthError::WindowLate | HealthError::Device | HealthError::Image => {
                Self::HardwareFault
            }
        }
    }
}

/// ARINC 653's `ERROR_STATUS_TYPE`, from supplement 5 on.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Where it was; 0 where that is unknown.
    pub address: usize,
    /// The task whose error it is, as the executive knows it; 0 if it is no task's.
    pub process: i32,
    /// An [`ErrorCode`].
    pub code: u32,
    /// How many bytes the message has.
    pub length: i32,
    /// The message.
    pub message: [u8; MESSAGE_MAX],
}

/// An error that waits for the error handler. What it is made into, the handler makes when it asks.
#[derive(Clone, Copy)]
struct Pending {
    error: HealthError,
    /// 0 if it is no task's.
    process: Task,
    /// 0 where that is unknown.
    address: usize,
    /// How long the message is that was raised with it; none if there is only the error's word.
    length: Option<u32>,
}

impl Pending {
    const NONE: Self = Self { error: HealthError::Memory, process: 0, address: 0, length: None };

    const fn new(error: HealthError, process: Task, address: usize) -> Self {
        Self { error, process, address, length: None }
    }

    fn status(&self, raised: &[u8; MESSAGE_MAX]) -> Status {
        let text = match self.length {
            Some(length) => &raised[..(length as usize).min(MESSAGE_MAX)],
            None => self.error.word().as_bytes(),
        };
        let length = text.len().min(MESSAGE_MAX);
        let mut message = [0; MESSAGE_MAX];
        message[..length].copy_from_slice(&text[..length]);
        let code = ErrorCode::from(self.error) as u32;
        Status { address: self.address, process: self.process as i32, code, length: length as i32, message }
    }
}

/// The error handler and what waits for it. Times are counted in errors.
struct Handler {
    entry: Option<extern "C" fn()>,
    /// The errors that wait, each at the place of its number, and what was raised with them.
    waiting: [Pending; WAITING_MAX],
    messages: [[u8; MESSAGE_MAX]; WAITING_MAX],
    /// How many errors have been kept, how many of these have been taken, and how many the handler has done with.
    kept: u32,
    taken: u32,
    done: u32,
    /// The tasks that wait until their error is done with.
    callers: [Option<Task>; WAITING_MAX],
    /// How many had been taken when the handler was called; none while it is not.
    called: Option<u32>,
    /// Whether it has been told of what the kernel notices, and has not done with it: what comes then is the
    /// partition's, whose tasks may leave the handler no time.
    told: bool,
}

one! {
    /// Used with interrupts disabled.
    static HANDLER: Handler = Handler {
        entry: None,
        waiting: [Pending::NONE; WAITING_MAX],
        messages: [[0; MESSAGE_MAX]; WAITING_MAX],
        kept: 0,
        taken: 0,
        done: 0,
        callers: [None; WAITING_MAX],
        called: None,
        told: false,
    };
}

fn with<T>(work: impl FnOnce(&mut Handler) -> T) -> T {
    // SAFETY: interrupts are disabled, and the closures of this file do not nest.
    interrupts::without(|| work(unsafe { &mut *HANDLER.address() }))
}

impl Handler {
    const fn count(&self) -> u32 {
        self.kept.wrapping_sub(self.taken)
    }

    /// Keeps an error, whose number is the answer, with what was raised if something was.
    fn keep(&mut self, error: Pending, raised: Option<&[u8]>, caller: Option<Task>) -> Option<u32> {
        let number = self.kept;
        if self.count() as usize >= WAITING_MAX {
            return None;
        }
        if let Some(caller) = caller {
            *self.callers.iter_mut().find(|place| place.is_none())? = Some(caller);
        }
        let place = number as usize % WAITING_MAX;
        self.waiting[place] = error;
        if let Some(raised) = raised {
            let length = raised.len().min(MESSAGE_MAX);
            self.messages[place][..length].copy_from_slice(&raised[..length]);
            self.waiting[place].length = Some(length as u32);
        }
        self.kept = number.wrapping_add(1);
        Some(number)
    }

    fn take(&mut self) -> Option<Status> {
        let place = self.pass()?;
        Some(self.waiting[place].status(&self.messages[place]))
    }

    /// Takes the oldest error, at this place, without a look at it.
    const fn pass(&mut self) -> Option<usize> {
        if self.count() == 0 {
            return None;
        }
        let place = self.taken as usize % WAITING_MAX;
        self.taken = self.taken.wrapping_add(1);
        Some(place)
    }

    /// Whether the handler has done with an error.
    const fn is_done(&self, number: u32) -> bool {
        (self.done.wrapping_sub(number) as i32) > 0
    }
}

/// The name of the error handler's task.
const NAME: u32 = u32::from_be_bytes(*b"ERRH");

/// The task of the error handler.
extern "C" fn execute(_argument: usize) {
    // It may begin anew because the function has stopped itself.
    finish();
    loop {
        while handle() {}
        // What wakes it from here on is not lost.
        let _ = Current::task();
        if !handle() {
            Current::wait(NEVER);
        }
    }
}

/// Calls the error handler if an error waits for it; whether one did.
fn handle() -> bool {
    let entry = with(|handler| {
        let entry = handler.entry.filter(|_| handler.count() != 0)?;
        handler.called = Some(handler.taken);
        Some(entry)
    });
    let Some(entry) = entry else { return false };
    entry();
    finish();
    true
}

/// The error handler has done with what it was called for.
fn finish() {
    let (callers, told) = with(|handler| {
        let Some(before) = handler.called.take() else { return Default::default() };
        if handler.taken == before {
            // It did not ask for the error; that does not make it come again.
            let _ = handler.pass();
        }
        handler.done = handler.taken;
        (core::mem::take(&mut handler.callers), core::mem::take(&mut handler.told))
    });
    if told {
        // A line that there is is never refused.
        let _ = interrupts::unmask(Line::Health as u32);
    }
    for caller in callers.into_iter().flatten() {
        Current::wake(caller);
    }
}

/// The calling task, if its errors are the error handler's.
fn caller() -> Option<Task> {
    let (task, _) = Current::task()?;
    (mode() == Mode::Normal && modes::handler().is_some_and(|handler| handler != task)).then_some(task)
}

/// An error waits for the error handler.
fn wake_handler() {
    if let Some(handler) = modes::handler() {
        Current::wake(handler);
    }
}

/// The error handler has an error of the calling task, and done with it when this returns. Whether there was room.
fn handled(error: Pending, raised: Option<&[u8]>, caller: Task) -> bool {
    let Some(number) = with(|handler| handler.keep(error, raised, Some(caller))) else { return false };
    wake_handler();
    loop {
        let _ = Current::task();
        if with(|handler| handler.is_done(number)) {
            return true;
        }
        with(|handler| {
            // Woken for an error before its own.
            if !handler.callers.contains(&Some(caller))
                && let Some(place) = handler.callers.iter_mut().find(|place| place.is_none())
            {
                *place = Some(caller);
            }
        });
        Current::wait(NEVER);
    }
}

/// The first four bytes of a message as a number, for the log: readable where numbers are shown with 16 digits.
#[must_use]
pub fn beginning(message: &[u8]) -> u32 {
    let mut bytes = [0; 4];
    for (place, byte) in bytes.iter_mut().zip(message) {
        *place = *byte;
    }
    u32::from_be_bytes(bytes)
}

/// Writes a message to the console as it is, and ends the line.
fn say(message: &[u8]) {
    // A console that refuses leaves nobody to tell.
    let _ = console::write(message);
    println!();
}

/// `REPORT_APPLICATION_MESSAGE`. The log is the console.
///
/// # Errors
/// `InvalidParam` if the message is longer than [`MESSAGE_MAX`].
pub fn report_application_message(message: &[u8]) -> Result<(), ReturnCode> {
    if message.len() > MESSAGE_MAX {
        return Err(ReturnCode::InvalidParam);
    }
    say(message);
    Ok(())
}

/// `RAISE_APPLICATION_ERROR`. Returns when the error handler has done with it; without one, if the health monitor lets
/// the partition go on: it is told the code, and the first four bytes of the message.
///
/// # Errors
/// `InvalidParam` if the message is longer than [`MESSAGE_MAX`], or the code is not that of an application's error.
pub fn raise_application_error(code: u32, message: &[u8]) -> Result<(), ReturnCode> {
    if message.len() > MESSAGE_MAX || code != ErrorCode::Application as u32 {
        return Err(ReturnCode::InvalidParam);
    }
    let error = HealthError::Application;
    if caller().is_some_and(|caller| handled(Pending::new(error, caller, 0), Some(message), caller)) {
        return Ok(());
    }
    say(message);
    // A kernel without a health monitor of this kind has the line on the console.
    let _ = health::raise(error, code, beginning(message));
    Ok(())
}

/// `CREATE_ERROR_HANDLER`: a task of the highest priority, which calls `entry` for each error.
///
/// # Errors
/// `NoAction` if there is one, `InvalidConfig` if there is no function or too small a stack, `InvalidMode` in `NORMAL`;
/// `InvalidConfig` too if the executive has no task or no memory left for it.
pub fn create_error_handler(entry: Option<extern "C" fn()>, stack: u32) -> Result<(), ReturnCode> {
    if with(|handler| handler.entry.is_some()) {
        return Err(ReturnCode::NoAction);
    }
    let Some(entry) = entry.filter(|_| stack as usize >= STACK_MIN) else {
        return Err(ReturnCode::InvalidConfig);
    };
    if mode() == Mode::Normal {
        return Err(ReturnCode::InvalidMode);
    }
    let (stack_size, priority) = (stack as usize, HANDLER_PRIORITY);
    let task = NewTask { entry: execute, argument: 0, stack_size, priority, name: NAME };
    let task = Current::create(&task).ok_or(ReturnCode::InvalidConfig)?;
    modes::set_handler(task);
    with(|handler| handler.entry = Some(entry));
    fault::set_claim(takes);
    health::install(noticed);
    Ok(())
}

/// `GET_ERROR_STATUS`: the oldest error that waits.
///
/// # Errors
/// `InvalidConfig` if the caller is not the error handler, `NoAction` if there is no error.
pub fn get_error_status() -> Result<Status, ReturnCode> {
    let task = Current::task().map(|(task, _)| task);
    if task.is_none() || task != modes::handler() {
        return Err(ReturnCode::InvalidConfig);
    }
    with(Handler::take).ok_or(ReturnCode::NoAction)
}

/// `CONFIGURE_ERROR_HANDLER`. On one processor, tasks wait for the error handler either way.
///
/// # Errors
/// `InvalidConfig` if there is no error handler, `InvalidParam` if there is no such concurrency or processor,
/// `InvalidMode` in `NORMAL`.
pub fn configure_error_handler(concurrency: u32, core: i32) -> Result<(), ReturnCode> {
    if !with(|handler| handler.entry.is_some()) {
        return Err(ReturnCode::InvalidConfig);
    }
    if concurrency > 1 || ![-1, 0].contains(&core) {
        return Err(ReturnCode::InvalidParam);
    }
    if mode() == Mode::Normal {
        return Err(ReturnCode::InvalidMode);
    }
    Ok(())
}

/// A process has missed its deadline. The error handler has the error; without one it is the partition's, and the
/// health monitor is told the kind of the deadline, and the first four bytes of the process's name.
pub(crate) fn deadline_missed(process: Task, is_hard: bool, name: &[u8]) {
    let error = HealthError::DeadlineMissed;
    let kept = with(|handler| {
        handler.entry?;
        handler.keep(Pending::new(error, process, 0), None, None)
    });
    if kept.is_some() {
        wake_handler();
    } else if health::raise(error, is_hard.into(), beginning(name)).is_err() {
        // On a kernel without a health monitor of this kind.
        print!("deadline missed: ");
        say(name);
    }
}

/// A task is late for a period of the executive's own, of this name: as a soft deadline. In an interrupt handler.
pub fn period_missed(task: Task, name: u32) {
    deadline_missed(task, false, &name.to_be_bytes());
}

/// The kernel tells of an error: it is nobody's, and the error handler has it. The next one that comes before it has
/// done with this one is the health monitor's at once.
fn noticed(error: HealthError) {
    let kept = with(|handler| {
        handler.told = true;
        handler.keep(Pending::new(error, 0, 0), None, None)
    });
    // A line that there is is never refused.
    let _ = interrupts::mask(Line::Health as u32);
    if kept.is_some() {
        wake_handler();
    }
}

/// Is told which task's fault the error handler has.
type Notice = fn(task: Task);

one! {
    /// Used with interrupts disabled.
    static NOTICE: Option<Notice> = None;
}

/// From now on a function is told whose faults the error handler has.
pub(crate) fn on_fault(notice: Notice) {
    // SAFETY: interrupts are disabled. Volatile as in `partition::on_normal`.
    interrupts::without(|| unsafe { NOTICE.address().write_volatile(Some(notice)) });
}

/// What is known of a fault whose task goes on in [`faulted`].
#[derive(Clone, Copy)]
struct Fault {
    kind: u32,
    vector: u32,
    program_counter: usize,
}

one! {
    /// Written by the fault handler and read by what goes on after it, with interrupts disabled.
    static FAULT: Fault = Fault { kind: 0, vector: 0, program_counter: 0 };
}

/// Takes a fault for the error handler, if it is a task's and that can take it: the task then goes on elsewhere, on its
/// own stack.
fn takes(frame: &mut FaultFrame) -> bool {
    // SAFETY: interrupts are disabled, and nothing of this file executes before the handler returns.
    let handler = unsafe { &*HANDLER.address() };
    let is_task = frame.interrupts_were_enabled()
        && interrupts::nesting() == 0
        && partition::memory().contains(&frame.stack_pointer());
    if handler.entry.is_none() || mode() != Mode::Normal || !is_task {
        return false;
    }
    let fault = Fault { kind: frame.kind, vector: frame.vector(), program_counter: frame.program_counter() };
    // SAFETY: as above.
    unsafe { FAULT.address().write(fault) };
    frame.continue_in(faulted);
    true
}

/// What a task does that has faulted. Interrupts are disabled at first.
extern "C" fn faulted() -> ! {
    deal_with_fault();
    loop {
        let _ = Current::task();
        Current::wait(NEVER);
    }
}

/// Gives the error handler the fault, and the partition what it leaves of it.
fn deal_with_fault() {
    // SAFETY: interrupts are disabled.
    let fault = unsafe { FAULT.address().read() };
    interrupts::enable();
    let error = HealthError::of_fault(FaultKind::from_number(fault.kind));
    if let Some(caller) = caller() {
        // SAFETY: see `on_fault`; it is written once, before there can be an error of a process.
        if let Some(notice) = unsafe { NOTICE.address().read_volatile() } {
            notice(caller);
        }
        handled(Pending::new(error, caller, fault.program_counter), None, caller);
    }
    // Nobody has dealt with it, and the task cannot go on: the error is the partition's.
    let _ = health::raise(error, fault.vector, fault.program_counter as u32);
}

#[cfg(test)]
mod tests;
