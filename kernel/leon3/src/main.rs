//! The Bulkhead separation kernel on LEON3: boot, and what happens on each entry.
//!
//! The decisions are in `bulkhead-kernel-core`; here is what they need of the processor. One thread of execution
//! runs at a time, from an entry in `arch/trap.S` to the return to a guest, with interrupts off; the few places
//! that let interrupts in say so. Traps stay on, because the kernel's own register windows need them.

#![no_std]
#![no_main]
#![feature(asm_experimental_arch)]
#![allow(unsafe_code, reason = "the machine: registers, page tables, entries")]

mod arch;
mod board;
mod context;
mod devices;
mod emulation;
mod exceptions;
mod interrupts;
mod paging;
mod ram;
mod register_windows;
mod serial;
mod timer;
mod trace;
#[cfg(feature = "vary")]
mod vary;

use bulkhead_abi::NEVER;
use bulkhead_abi::machine::{LEON3, sparc};
use bulkhead_abi::system_table::SIZE_MAX;
use bulkhead_abi::trace::Kind;
use bulkhead_abi::wire::{TIME_LIMIT_MARK, TIME_LIMIT_PLACE_LEON3};
use bulkhead_cell::Single;
use bulkhead_kernel_core::clock::Ratio;
use bulkhead_kernel_core::configuration::{Configuration, Limits, Refusal};
use bulkhead_kernel_core::fault::Fault;
use bulkhead_kernel_core::hypercall::Outcome;
use bulkhead_kernel_core::information::Clock;
use bulkhead_kernel_core::kernel::Kernel;
use bulkhead_kernel_core::machine::{GuestMemory, GuestRegisters, Trace};
use bulkhead_kernel_core::memory::{Alleged, Region};
use bulkhead_kernel_core::partition::Index;
use bulkhead_kernel_core::serial::Apbuart;
use core::sync::atomic::Ordering;

use crate::board::Board;
use crate::emulation::Emulated;
use crate::interrupts::Controller;
use crate::serial::UartRegisters;
use crate::timer::Timer;

static KERNEL: Single<Kernel<Board>> = Single::new(Kernel::new());
static BOARD: Single<Board> = Single::new(Board::new());
static CONFIGURATION: Single<Configuration> = Single::new(Configuration::new());

/// Boots: called once by `arch/boot.S`, with the stack pointer that the loader has left.
#[unsafe(no_mangle)]
extern "C" fn kernel_main(stack_pointer: u32) -> ! {
    // SAFETY: nothing else runs yet.
    let (kernel, board) = unsafe { (KERNEL.borrow(), BOARD.borrow()) };
    board.devices = devices::find();
    if board.devices.uart == 0 {
        arch::stop();
    }
    board.uart = Apbuart::new(UartRegisters(board.devices.uart));
    board.uart.set_up();
    match boot(kernel, board, stack_pointer) {
        Ok(table) => run(kernel, board, table),
        Err(refusal) => kernel.refuse(board, refusal),
    }
}

/// Brings everything up to the point where the first window can open. Returns the system table.
fn boot(kernel: &mut Kernel<Board>, board: &mut Board, stack_pointer: u32) -> Result<&'static [u8], Refusal> {
    if arch::windows() as usize != context::WINDOWS {
        return Err("this processor does not have 8 register windows");
    }
    let devices = board.devices;
    let reachable = |address| (0x8000_0000..0xff00_0000).contains(&address);
    if !reachable(devices.uart) || !reachable(devices.interrupt_controller) || !reachable(devices.timer) {
        return Err("this machine has no UART, interrupt controller or timer that the kernel knows");
    }
    let memory_end = ram::end(stack_pointer);
    if memory_end < LEON3.table + SIZE_MAX as u64 {
        return Err("there is no RAM where it should lie");
    }
    // SAFETY: nothing else borrows it. The table's place is RAM, as just seen; the loader has filled it, and nobody
    // changes it any more.
    let (configuration, table) = unsafe {
        let table = core::slice::from_raw_parts(LEON3.table as usize as *const u8, SIZE_MAX);
        (CONFIGURATION.borrow(), table)
    };
    let limits = Limits { devices: devices::limits(&devices), ..Limits::new(&LEON3, memory_end as usize) };
    configuration.read(table, &limits)?;

    paging::build_kernel_tables(&configuration.header, configuration.header.memory_end as u32);
    board.placements = configuration.placements;
    board.buffers = configuration.header.buffers_start as usize;
    let [limit, line_times, choose_input] = wishes();
    kernel.configure(configuration, limit);
    if line_times != 0 {
        kernel.tell_line_times();
    }
    if choose_input != 0 {
        kernel.choose_input();
    }
    #[cfg(feature = "vary")]
    vary::begin(board);
    for (index, placement) in kernel.indices().zip(&board.placements) {
        // SAFETY: the memory management unit is off, and the placement has been checked.
        unsafe {
            paging::build_partition_tables(
                index.place(),
                placement,
                kernel.mappings(index),
                &devices,
                kernel.devices().memory_of(index),
                kernel.devices().resources(),
            );
        }
    }
    paging::switch_on();

    board.timer = Timer::set_up(&devices, configuration.header.clock)
        .ok_or("the timers of this machine do not count")?;
    let timer = timer::interrupt(&devices);
    board.interrupts = Controller::set_up(devices.interrupt_controller, timer, kernel.devices());
    kernel.load_all(board);
    let frequency = board.timer.frequency;
    kernel.announce(board, configuration, "leon3", |message| {
        message.push(b"timer counts at ");
        message.push_decimal(frequency);
        message.push(b" Hz");
    });
    Ok(table)
}

/// What a loader has asked for: when the system is to end by itself, whether lines are to have times, and whether what
/// is typed chooses who gets it.
fn wishes() -> [u64; 3] {
    if wish(0) == TIME_LIMIT_MARK {
        [u64::from(wish(2)) << 32 | u64::from(wish(3)), wish(4).into(), wish(5).into()]
    } else {
        [NEVER, 0, 0]
    }
}

/// A word of what a loader has asked for, which it has if word 0 is the mark.
fn wish(number: u32) -> u32 {
    // SAFETY: RAM that nothing but a loader uses; any bits are a number.
    unsafe { core::ptr::read_volatile((TIME_LIMIT_PLACE_LEON3 as u32 + 4 * number) as usize as *const u32) }
}

/// Starts the clock and the first window, as though somebody had given up the processor.
fn run(kernel: &mut Kernel<Board>, board: &mut Board, table: &[u8]) -> ! {
    // The trap that reads the clock gives nanoseconds already.
    let clock = Clock { origin: 0, to_nanoseconds: Ratio::ONE, frequency: board.timer.frequency };
    for index in kernel.indices() {
        let memory = board.placements[index.place()].memory;
        // SAFETY: no partition has run yet, and the reference is gone before another is made.
        let page = unsafe { board.new_information_page(index) };
        kernel.inform(page, index, table, (sparc::INFORMATION_PAGE, sparc::SHARED_PAGE, memory), &clock);
    }
    trace::prepare();
    board.timer.restart();
    trace::begin(board);
    kernel_trap(DISPATCH);
    // SAFETY: the current context is the one that the kernel has prepared and switched to.
    unsafe { arch::leave_kernel() }
}

/// A guest has made a call; its registers are all in its context. `arch/trap.S` continues the current context when this
/// returns 0; otherwise it calls [`kernel_trap`] with the answer before.
#[unsafe(no_mangle)]
extern "C" fn kernel_hypercall() -> u32 {
    // SAFETY: the entry from a guest is the only thread of execution.
    let (kernel, board) = unsafe { (KERNEL.borrow(), BOARD.borrow()) };
    let caller = board.current();
    let context = board.context(caller);
    context.skip();
    let (number, [first, second, third, fourth, fifth, ..]) = (context.globals[1], context.outs);
    match kernel.hypercall(board, number, [first, second, third, fourth, fifth]) {
        Outcome::Return(result) => board.context(caller).outs[0] = result as u32,
        Outcome::Deliver(result) => {
            board.context(caller).outs[0] = result as u32;
            kernel.deliver(board);
        }
        Outcome::Dispatch => return DISPATCH,
    }
    0
}

/// In the place of a trap's number: only somebody else may have to run.
const DISPATCH: u32 = 0x100;

/// A guest has entered the kernel by something else than a call.
#[unsafe(no_mangle)]
extern "C" fn kernel_trap(trap: u32) {
    // SAFETY: as for `kernel_hypercall`.
    let (kernel, board) = unsafe { (KERNEL.borrow(), BOARD.borrow()) };
    let partition = board.current();
    match trap {
        DISPATCH => {}
        _ if trap == board.interrupts.alarm => {
            board.trace(Kind::Alarm, Index::FIRST, 0);
            kernel.take_alarm_late(board);
            kernel.alarm_came();
        }
        exceptions::INTERRUPT..=exceptions::INTERRUPT_LAST => {
            let number = board.interrupts.number(trap);
            let number = number.inspect(|number| kernel.take_interrupt_late(board, *number));
            if number.is_none_or(|number| kernel.interrupt(board, number)) {
                return kernel.deliver(board);
            }
        }
        _ => match serve(kernel, board, partition, trap) {
            Ok(()) => return kernel.deliver(board),
            Err(fault) => {
                if kernel.fault(board, &fault) {
                    return;
                }
            }
        },
    }
    loop {
        let partition = kernel.dispatch(board);
        if !arch::exceptions_came_late() || !late_exception(kernel, board, partition) {
            return;
        }
    }
}

/// Gives the partition a floating-point exception of its own that came when it had already lost the processor.
#[cold]
#[inline(never)]
fn late_exception(kernel: &mut Kernel<Board>, board: &mut Board, partition: Index) -> bool {
    let context = board.context(partition);
    if context.floating_exception == 0 {
        return false;
    }
    let fault = exceptions::floating_point(context.floating_exception);
    context.floating_exception = 0;
    kernel.fault(board, &fault);
    true
}

const RETURN: u32 = exceptions::SOFTWARE + sparc::RETURN_TRAP as u32;
const FAULT_RETURN: u32 = exceptions::SOFTWARE + sparc::FAULT_RETURN_TRAP as u32;
/// `ta 3`: all windows to the stack.
const FLUSH: u32 = exceptions::SOFTWARE + 3;
/// `ta 10`: sets the interrupt level, when a line waits.
const ENABLE: u32 = exceptions::SOFTWARE + 10;

/// Every other trap of a guest.
#[inline(never)]
fn serve(kernel: &mut Kernel<Board>, board: &mut Board, partition: Index, trap: u32) -> Result<(), Fault> {
    let region = kernel.partition(partition).region;
    match trap {
        exceptions::WINDOW_OVERFLOW => register_windows::spill(board, partition, &region, trap)?,
        exceptions::WINDOW_UNDERFLOW => register_windows::fill(board, partition, &region, trap)?,
        FLUSH => {
            register_windows::flush(board, partition, &region, trap)?;
            board.context(partition).skip();
        }
        RETURN => {
            let [program_counter, next, conditions, ..] = board.context(partition).outs;
            register_windows::pop(board, partition, &region, trap)?;
            let level = conditions & sparc::LEVEL;
            go_on(board, partition, [program_counter, next, conditions], level | 1);
        }
        FAULT_RETURN => {
            let [first, second, third, enabled] = board.scratch(partition);
            let context = board.context(partition);
            let [_, program_counter, next, conditions, ..] = context.globals;
            context.globals[1] = first;
            context.globals[2] = second;
            context.globals[3] = third;
            board.shared_page(partition).fault.busy.store(0, Ordering::Relaxed);
            go_on(board, partition, [program_counter, next, conditions], enabled);
        }
        ENABLE => {
            let context = board.context(partition);
            context.skip();
            let enabled = sparc::enable_word(context.globals[1]);
            board.shared_page(partition).interrupts_enabled.store(enabled, Ordering::Relaxed);
        }
        exceptions::PRIVILEGED_INSTRUCTION => emulate(board, partition, &region)?,
        _ => {
            let program_counter = board.context(partition).program_counter;
            return Err(exceptions::describe(trap, program_counter));
        }
    }
    Ok(())
}

/// Continues a guest where it says, with its enable word as it says.
fn go_on(board: &mut Board, partition: Index, place: [u32; 3], enabled: u32) {
    let [program_counter, next, conditions] = place;
    let context = board.context(partition);
    context.go_to(program_counter, next);
    context.set_conditions(conditions);
    board.shared_page(partition).interrupts_enabled.store(enabled, Ordering::Relaxed);
}

/// A privileged instruction: one that is emulated, or the guest's fault.
fn emulate(board: &mut Board, partition: Index, region: &Region) -> Result<(), Fault> {
    let trap = exceptions::PRIVILEGED_INSTRUCTION;
    let program_counter = board.context(partition).program_counter;
    let refused = exceptions::describe(trap, program_counter);
    let from = region.readable(Alleged::new(program_counter as usize, 4)).map_err(|_| refused)?;
    let instruction = board.guest_word(partition, from);
    if emulation::names_windows(instruction) {
        arch::evict_windows(board.context(partition));
    }
    let contexts = crate::context::CONTEXTS.address();
    // SAFETY: the only reference to a context that is in use; the board keeps none.
    let context = unsafe { &mut (*contexts)[partition.place()] };
    let page = board.shared_page(partition);
    if let Emulated::Return(target) = emulation::emulate(context, page, instruction, refused)? {
        register_windows::pop(board, partition, region, trap)?;
        // SAFETY: as above; `pop` keeps no reference.
        let context = unsafe { &mut (*contexts)[partition.place()] };
        emulation::trap_return(context, board.shared_page(partition), target);
    }
    Ok(())
}

/// The kernel itself has caused a trap: say so and end.
#[unsafe(no_mangle)]
extern "C" fn kernel_failure(trap: u32, program_counter: u32) -> ! {
    let fault = exceptions::describe(trap, program_counter);
    // SAFETY: whoever held a reference will never run again.
    let (kernel, board) = unsafe { (KERNEL.borrow(), BOARD.borrow()) };
    kernel.fail(board, &fault, program_counter.into())
}

/// No path of the kernel panics; the compiler wants to be told what would happen. A test looks for paths here.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    arch::stop()
}
