//! The partition that is checked. Frames are 10 ms long, and its window is the first 5 ms of each; the peer's follows.

use core::sync::atomic::{AtomicU32, Ordering};

use a653rs::bindings::ErrorReturnCode::{
    InvalidConfig, InvalidMode, InvalidParam, NoAction, NotAvailable, TimedOut,
};
use a653rs::bindings::{
    ApexErrorP1, ApexErrorP4, ApexPartitionP4, ApexProcessP1, ApexProcessP4, ApexQueuingPortP4,
    ApexSamplingPortP4, ApexTimeP1, ApexTimeP4, ErrorCode, ErrorReturnCode, INFINITE_TIME_VALUE,
    MAIN_PROCESS_ID, OperatingMode, PortDirection, ProcessState, QueuingDiscipline, StartCondition, Validity,
};
use a653rs_bulkhead::Hypervisor;
use bulkhead_guest::partition;

use crate::report::{self, check_equal, check_time};
use crate::{Identifier, MILLISECOND, name, peer, process, run};

const FRAME: i64 = 10 * MILLISECOND;

static SAMPLES: Identifier = Identifier::none();
static ORDERS: Identifier = Identifier::none();
static ANSWERS: Identifier = Identifier::none();
/// The process that is started from outside.
static HELPER: Identifier = Identifier::none();
/// How often it has executed.
static HELPED: AtomicU32 = AtomicU32::new(0);
/// How often the periodic process was released.
static RELEASES: AtomicU32 = AtomicU32::new(0);
/// The release in which it is to be late.
static LATE: AtomicU32 = AtomicU32::new(u32::MAX);
/// How far the process has come that never waits.
static BUSY: AtomicU32 = AtomicU32::new(0);
/// What the error handler was told: a digit for each error, its code plus one.
static HANDLED: AtomicU32 = AtomicU32::new(0);
/// The process that waits, faults or is stopped, and what it is to do.
static OTHER: Identifier = Identifier::none();
static OTHERS: AtomicU32 = AtomicU32::new(0);
/// How far it has come.
static CAME: AtomicU32 = AtomicU32::new(0);
/// The state of the process that had an error, as its handler saw it, whose number it was, and where.
static STATE: AtomicU32 = AtomicU32::new(0);
static FAILED: Identifier = Identifier::none();
static ADDRESS: AtomicU32 = AtomicU32::new(0);

/// The start of the frame in which the other end's period is over.
fn after(period: i64) -> i64 {
    (period + 2) * FRAME
}

fn receive(time_out: i64, room: &mut [u8]) -> Result<(u32, bool), ErrorReturnCode> {
    // SAFETY: nothing is written beyond the room.
    unsafe { Hypervisor::receive_queuing_message(ORDERS.get(), time_out, room) }
}

fn read(room: &mut [u8]) -> Result<(Validity, u32), ErrorReturnCode> {
    // SAFETY: nothing is written beyond the room.
    unsafe { Hypervisor::read_sampling_message(SAMPLES.get(), room) }
}

pub(crate) fn start() {
    let status = Hypervisor::get_partition_status();
    if status.operating_mode == OperatingMode::WarmStart {
        check_equal!(status.start_condition, StartCondition::PartitionRestart);
        partition::halt(report::say());
    }
    check_equal!(status.operating_mode, OperatingMode::ColdStart);
    check_equal!(status.start_condition, StartCondition::NormalStart);
    check_equal!((status.period, status.duration), (FRAME, 5 * MILLISECOND));
    create_ports();
    create_processes();
    // Nobody waits yet.
    check_equal!(receive(0, &mut [0; 4]), Err(NotAvailable));
    check_equal!(receive(1, &mut [0; 4]), Err(InvalidMode));
    check_equal!(Hypervisor::timed_wait(1), Err(InvalidMode));
    check_equal!(Hypervisor::periodic_wait(), Err(InvalidMode));
    check_equal!(Hypervisor::replenish(1), Err(NoAction));
    check_equal!(Hypervisor::set_partition_mode(OperatingMode::WarmStart), Err(InvalidMode));
}

fn create_ports() {
    let (source, destination) = (PortDirection::Source, PortDirection::Destination);
    let fifo = QueuingDiscipline::Fifo;
    let sampling = |text, size, direction, refresh| {
        Hypervisor::create_sampling_port(name(text), size, direction, refresh)
    };
    check_equal!(sampling("none", 8, destination, 1), Err(InvalidConfig));
    check_equal!(sampling("orders-in", 4, destination, 1), Err(InvalidConfig));
    check_equal!(sampling("samples-in", 7, destination, 1), Err(InvalidConfig));
    check_equal!(sampling("samples-in", 8, source, 1), Err(InvalidConfig));
    check_equal!(sampling("samples-in", 8, destination, 0), Err(InvalidConfig));
    let port = sampling("samples-in", 8, destination, 15 * MILLISECOND);
    check_equal!(sampling("samples-in", 8, destination, 1), Err(NoAction));
    SAMPLES.set(port);
    let queuing = |text, size, depth, direction| {
        Hypervisor::create_queuing_port(name(text), size, depth, direction, fifo)
    };
    check_equal!(queuing("samples-in", 8, 1, destination), Err(InvalidConfig));
    check_equal!(queuing("orders-in", 4, 3, destination), Err(InvalidConfig));
    check_equal!(queuing("orders-in", 4, 2, source), Err(InvalidConfig));
    let port = queuing("orders-in", 4, 2, destination);
    check_equal!(queuing("orders-in", 4, 2, destination), Err(NoAction));
    ORDERS.set(port);
    let port = queuing("answers-out", 4, 1, source);
    ANSWERS.set(port);
}

fn create_processes() {
    let mut ticker = process("tick", tick, 10, 0);
    ticker.time_capacity = 2 * MILLISECOND;
    check_equal!(run(&ticker).is_ok(), true);
    check_equal!(run(&process("busy", stay_busy, 1, INFINITE_TIME_VALUE)).is_ok(), true);
    check_equal!(run(&process("work", work, 5, INFINITE_TIME_VALUE)).is_ok(), true);
    check_equal!(run(&process("work", work, 5, INFINITE_TIME_VALUE)), Err(NoAction));
    let helper = Hypervisor::create_process(&process("help", help, 20, INFINITE_TIME_VALUE));
    HELPER.set(helper);
    let other = Hypervisor::create_process(&process("other", be_other, 30, INFINITE_TIME_VALUE));
    OTHER.set(other);
    check_equal!(run(&process("odd", help, 20, FRAME + 1)), Err(InvalidConfig));
    let mut large = process("large", help, 20, INFINITE_TIME_VALUE);
    large.stack_size = 1 << 20;
    check_equal!(run(&large), Err(InvalidConfig));
    check_equal!(Hypervisor::start(0), Err(InvalidParam));
    check_equal!(Hypervisor::create_error_handler(handle, 8192), Ok(()));
    check_equal!(Hypervisor::create_error_handler(handle, 8192), Err(NoAction));
}

/// Is released at the beginning of each frame, and once is late.
extern "C" fn tick() {
    loop {
        let release = RELEASES.fetch_add(1, Ordering::Relaxed);
        let begin = FRAME * (i64::from(release) + 1);
        check_time!(Hypervisor::get_time(), begin);
        if release == LATE.load(Ordering::Relaxed) {
            while Hypervisor::get_time() < begin + 3 * MILLISECOND {}
        }
        if i64::from(release) == peer::ORDER {
            let waiting =
                Hypervisor::get_queuing_port_status(ORDERS.get()).map(|status| status.waiting_processes);
            check_equal!(waiting, Ok(1));
        }
        check_equal!(Hypervisor::periodic_wait(), Ok(()));
    }
}

/// Never waits: whoever else executes preempts it.
extern "C" fn stay_busy() {
    loop {
        BUSY.fetch_add(1, Ordering::Relaxed);
    }
}

extern "C" fn help() {
    HELPED.fetch_add(1, Ordering::Relaxed);
}

extern "C" fn handle() {
    while let Ok(status) = Hypervisor::get_error_status() {
        let told = HANDLED.load(Ordering::Relaxed);
        HANDLED.store(told * 10 + status.error_code as u32 + 1, Ordering::Relaxed);
        check_equal!(Hypervisor::timed_wait(1), Err(InvalidMode));
        check_equal!(Hypervisor::get_my_id(), Err(InvalidMode));
        check_equal!(Hypervisor::lock_preemption(), Err(NoAction));
        FAILED.set(Ok(status.failed_process_id));
        ADDRESS.store(status.failed_address as *const () as usize as u32, Ordering::Relaxed);
        let failed = Hypervisor::get_process_status(status.failed_process_id);
        let state = failed.map_or(77, |failed| failed.process_state as u32);
        STATE.store(state, Ordering::Relaxed);
        if state == ProcessState::Faulted as u32 {
            check_equal!(Hypervisor::resume(status.failed_process_id), Err(InvalidMode));
            check_equal!(Hypervisor::stop(status.failed_process_id), Ok(()));
        }
    }
}

/// What the other process does.
const SUSPEND: u32 = 1;
const FAULT: u32 = 2;
const HOLD: u32 = 3;

/// Faults; the function is where that happens.
#[inline(never)]
extern "C" fn fault() {
    let nowhere: *mut u32 = core::ptr::with_exposed_provenance_mut(0x9000_0000);
    // SAFETY: no partition has anything there, so that this goes no further.
    unsafe { nowhere.write_volatile(1) };
}

extern "C" fn be_other() {
    let come = |far| CAME.store(far, Ordering::Relaxed);
    come(1);
    match OTHERS.load(Ordering::Relaxed) {
        SUSPEND => {
            check_equal!(Hypervisor::suspend_self(MILLISECOND), Err(TimedOut));
            come(2);
            check_equal!(Hypervisor::suspend_self(INFINITE_TIME_VALUE), Ok(()));
        }
        FAULT => fault(),
        HOLD => {
            // A lower priority than the starter's; the lock keeps the starter away.
            check_equal!(Hypervisor::lock_preemption(), Ok(1));
            check_equal!(Hypervisor::set_priority(OTHER.get(), 2), Ok(()));
            come(2);
            check_equal!(Hypervisor::unlock_preemption(), Ok(0));
        }
        _ => Hypervisor::stop_self(),
    }
    come(3);
}

extern "C" fn work() {
    wait_for_time();
    wait_for_messages();
    wait_for_room();
    start_others();
    control_others();
    err();
    have_faults_handled();
    check_equal!(BUSY.load(Ordering::Relaxed) > 1000, true);
    let released = i64::from(RELEASES.load(Ordering::Relaxed));
    check_equal!(released, Hypervisor::get_time() / FRAME);
    check_equal!(Hypervisor::set_partition_mode(OperatingMode::Normal), Err(NoAction));
    if report::say() == 0 {
        let _ = Hypervisor::set_partition_mode(OperatingMode::WarmStart);
    }
    partition::halt(1);
}

fn wait_for_time() {
    let begin = Hypervisor::get_time();
    check_equal!(Hypervisor::timed_wait(3 * MILLISECOND), Ok(()));
    check_time!(Hypervisor::get_time(), begin + 3 * MILLISECOND);
    // It is over while the partition has no window.
    check_equal!(Hypervisor::timed_wait(4 * MILLISECOND), Ok(()));
    check_time!(Hypervisor::get_time(), FRAME);
    check_equal!(Hypervisor::timed_wait(0), Ok(()));
    check_equal!(Hypervisor::timed_wait(-1), Err(InvalidParam));
    check_equal!(Hypervisor::timed_wait(i64::MAX), Err(InvalidParam));
    check_equal!(Hypervisor::periodic_wait(), Err(InvalidMode));
    check_equal!(Hypervisor::replenish(MILLISECOND), Ok(()));
}

fn wait_for_messages() {
    let mut sample = [0; 8];
    check_equal!(read(&mut sample), Err(NoAction));
    let begin = Hypervisor::get_time();
    check_equal!(receive(MILLISECOND, &mut [0; 4]), Err(TimedOut));
    check_time!(Hypervisor::get_time(), begin + MILLISECOND);
    check_equal!(Hypervisor::timed_wait(FRAME - MILLISECOND), Ok(()));
    check_equal!((read(&mut sample), i64::from_be_bytes(sample)), (Ok((Validity::Valid, 8)), 0));

    let mut order = [0; 4];
    check_equal!((receive(INFINITE_TIME_VALUE, &mut order), &order), (Ok((4, false)), b"one "));
    check_time!(Hypervisor::get_time(), after(peer::ORDER));
    check_equal!(Hypervisor::timed_wait(after(peer::ORDERS_TOO_MANY) - Hypervisor::get_time()), Ok(()));
    check_equal!((receive(0, &mut order), &order), (Ok((4, true)), b"two "));
    check_equal!((receive(0, &mut order), &order), (Ok((4, false)), b"thre"));
    check_equal!(receive(0, &mut order), Err(NotAvailable));
    check_equal!(Hypervisor::clear_queuing_port(ORDERS.get()), Ok(()));
    let last = peer::SAMPLES_END - 1;
    check_equal!((read(&mut sample), i64::from_be_bytes(sample)), (Ok((Validity::Invalid, 8)), last));
    check_equal!(Hypervisor::write_sampling_message(SAMPLES.get(), &sample), Err(InvalidMode));
}

fn wait_for_room() {
    let send = |time_out| Hypervisor::send_queuing_message(ANSWERS.get(), b"yes ", time_out);
    check_equal!(send(0), Ok(()));
    check_equal!(send(0), Err(NotAvailable));
    let begin = Hypervisor::get_time();
    check_equal!(send(MILLISECOND), Err(TimedOut));
    check_time!(Hypervisor::get_time(), begin + MILLISECOND);
    check_equal!(send(INFINITE_TIME_VALUE), Ok(()));
    check_time!(Hypervisor::get_time(), after(peer::ANSWERS_BEGIN));
}

/// A process with a higher priority executes at once, and can be started again when it has ended.
fn start_others() {
    for times in 1..=2 {
        check_equal!(Hypervisor::start(HELPER.get()), Ok(()));
        check_equal!(HELPED.load(Ordering::Relaxed), times);
    }
    check_equal!(Hypervisor::create_process(&process("late", help, 1, -1)), Err(InvalidMode));
}

/// Starts the other process, which has the higher priority, and does this.
fn start_other(what: u32) {
    OTHERS.store(what, Ordering::Relaxed);
    CAME.store(0, Ordering::Relaxed);
    check_equal!(Hypervisor::start(OTHER.get()), Ok(()));
}

fn came() -> u32 {
    CAME.load(Ordering::Relaxed)
}

fn state() -> Option<ProcessState> {
    Hypervisor::get_process_status(OTHER.get()).ok().map(|status| status.process_state)
}

/// The services that part 1 has more than part 4.
fn control_others() {
    let other = OTHER.get();
    check_equal!(Hypervisor::get_process_id(name("other")), Ok(other));
    check_equal!(Hypervisor::get_my_id() == Ok(MAIN_PROCESS_ID), false);
    check_equal!(Hypervisor::timed_wait(FRAME - Hypervisor::get_time() % FRAME), Ok(()));
    start_other(0);
    check_equal!((came(), state()), (1, Some(ProcessState::Dormant)));
    start_other(SUSPEND);
    check_equal!((came(), state()), (1, Some(ProcessState::Waiting)));
    check_equal!(Hypervisor::suspend(other), Err(NoAction));
    check_equal!(Hypervisor::timed_wait(2 * MILLISECOND), Ok(()));
    check_equal!((came(), Hypervisor::resume(other), came()), (2, Ok(()), 3));
    check_equal!(Hypervisor::resume(other), Err(InvalidMode));
    start_other(SUSPEND);
    check_equal!(Hypervisor::suspend(other), Err(NoAction));
    check_equal!((Hypervisor::stop(other), state()), (Ok(()), Some(ProcessState::Dormant)));
    check_equal!(Hypervisor::stop(other), Err(NoAction));
    start_other(HOLD);
    check_equal!((came(), state()), (2, Some(ProcessState::Ready)));
    check_equal!(Hypervisor::suspend(other), Ok(()));
    check_equal!(Hypervisor::timed_wait(MILLISECOND), Ok(()));
    check_equal!((came(), state()), (2, Some(ProcessState::Waiting)));
    check_equal!((Hypervisor::resume(other), state()), (Ok(()), Some(ProcessState::Ready)));
    check_equal!(Hypervisor::timed_wait(MILLISECOND), Ok(()));
    check_equal!((came(), state()), (3, Some(ProcessState::Dormant)));
    OTHERS.store(0, Ordering::Relaxed);
    CAME.store(0, Ordering::Relaxed);
    check_equal!(Hypervisor::delayed_start(other, FRAME), Ok(()));
    check_equal!(Hypervisor::timed_wait(FRAME / 2), Ok(()));
    check_equal!(came(), 0);
    check_equal!(Hypervisor::timed_wait(FRAME), Ok(()));
    check_equal!(came(), 1);
}

/// A process faults, and its handler has its number, its state, and where it was.
fn have_faults_handled() {
    HANDLED.store(0, Ordering::Relaxed);
    start_other(FAULT);
    check_equal!(HANDLED.load(Ordering::Relaxed), ErrorCode::MemoryViolation as u32 + 1);
    check_equal!(STATE.load(Ordering::Relaxed), ProcessState::Faulted as u32);
    check_equal!(FAILED.get(), OTHER.get());
    let begin = fault as *const () as usize as u32;
    check_equal!(ADDRESS.load(Ordering::Relaxed).wrapping_sub(begin) < 64, true);
    check_equal!((came(), state()), (1, Some(ProcessState::Dormant)));
    start_other(0);
    check_equal!((came(), state()), (1, Some(ProcessState::Dormant)));
}

fn err() {
    let raise = |code| Hypervisor::raise_application_error(code, b"trouble");
    check_equal!(raise(ErrorCode::NumericError), Err(InvalidParam));
    check_equal!(Hypervisor::get_error_status().err(), Some(InvalidConfig));
    check_equal!(raise(ErrorCode::ApplicationError), Ok(()));
    let application = ErrorCode::ApplicationError as u32 + 1;
    check_equal!(HANDLED.load(Ordering::Relaxed), application);
    // The periodic process is late in its next release, which the error handler is told.
    LATE.store(RELEASES.load(Ordering::Relaxed), Ordering::Relaxed);
    check_equal!(Hypervisor::timed_wait(2 * FRAME), Ok(()));
    let missed = ErrorCode::DeadlineMissed as u32 + 1;
    check_equal!(HANDLED.load(Ordering::Relaxed), application * 10 + missed);
}
