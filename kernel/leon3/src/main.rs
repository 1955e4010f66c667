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
mod paging;
mod ram;
mod serial;
#[path = "../../x86_64/src/single.rs"]
mod single;
mod timer;
mod windows;

use bulkhead_abi::machine::{LEON3, sparc};
use bulkhead_abi::system_table::SIZE_MAX;
use bulkhead_abi::wire::{TIME_LIMIT_MARK, TIME_LIMIT_PLACE_LEON3};
use bulkhead_abi::{COMMAND_LINE_LENGTH_MAX, InformationPage, NAME_LENGTH_MAX, NEVER};
use bulkhead_kernel_core::clock::Ratio;
use bulkhead_kernel_core::configuration::{Board as Limits, Configuration, Placement, Refusal};
use bulkhead_kernel_core::fault::Fault;
use bulkhead_kernel_core::hypercall::Outcome;
use bulkhead_kernel_core::kernel::Kernel;
use bulkhead_kernel_core::line::Line;
use bulkhead_kernel_core::machine::{Ending, Machine};
use bulkhead_kernel_core::memory::{Alleged, Region};
use bulkhead_kernel_core::partition::Index;
use bulkhead_kernel_core::serial::{Apbuart, Uart};
use core::sync::atomic::Ordering;

use crate::board::Board;
use crate::emulation::{ENABLED, Emulated};
use crate::serial::Place;
use crate::single::Single;
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
    board.uart = Apbuart::new(Place(board.devices.uart));
    board.uart.set_up();
    match boot(kernel, board, stack_pointer) {
        Ok(()) => run(kernel, board),
        Err(refusal) => {
            kernel.say(board, Line::new().text("the system table is refused: ").text(refusal));
            kernel.leave(board, 0, Ending::Refused)
        }
    }
}

/// Brings everything up to the point where the first window can open.
fn boot(kernel: &mut Kernel<Board>, board: &mut Board, stack_pointer: u32) -> Result<(), Refusal> {
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
    configuration.read(table, &Limits::new(&LEON3, memory_end as usize))?;

    paging::build_kernel_tables(&configuration.header, configuration.header.memory_end as u32);
    board.placements = configuration.placements;
    let [limit, line_times] = wishes();
    kernel.configure(configuration, limit);
    if line_times != 0 {
        kernel.console.tell_line_times();
    }
    for number in 0..configuration.count {
        let (Some(partition), Some(placement)) =
            (Index::new(number as u32), configuration.placements.get(number))
        else {
            break;
        };
        // SAFETY: the memory management unit is off, and the placement has been checked.
        unsafe { paging::build_partition_tables(number, placement, &devices) };
        write_texts(kernel, placement, partition, table);
    }
    paging::switch_on();

    board.timer = Timer::set_up(&devices, configuration.header.clock)
        .ok_or("the timers of this machine do not count")?;
    kernel.load_all(board);
    // In place: a line is large, and room for code is short here.
    let mut line = Line::new();
    line.push(concat!("bulkhead ", env!("CARGO_PKG_VERSION"), " leon3, ").as_bytes());
    line.push_decimal(configuration.count as u64);
    line.push(if configuration.count == 1 { b" partition, " } else { b" partitions, " });
    line.push_decimal(configuration.header.windows.into());
    line.push(if configuration.header.windows == 1 { b" window, " } else { b" windows, " });
    line.push(b"major frame ");
    line.push_decimal(configuration.header.major_frame);
    line.push(b" ns\nprocessor: timer counts at ");
    line.push_decimal(board.timer.frequency);
    line.push(b" Hz");
    kernel.say(board, line);
    Ok(())
}

/// What a loader has asked for: when the system is to end by itself, and whether lines are to have times.
fn wishes() -> [u64; 2] {
    let word = |number: u32| {
        // SAFETY: RAM that nothing but a loader uses; any bits are a number.
        unsafe {
            core::ptr::read_volatile((TIME_LIMIT_PLACE_LEON3 as u32 + 4 * number) as usize as *const u32)
        }
    };
    if word(0) == TIME_LIMIT_MARK {
        [u64::from(word(2)) << 32 | u64::from(word(3)), word(4).into()]
    } else {
        [NEVER, 0]
    }
}

/// Copies a partition's name and command line into its information page.
fn write_texts(kernel: &Kernel<Board>, placement: &Placement, partition: Index, table: &[u8]) {
    let description = &kernel.partitions[partition.place()];
    let (offset, length) = description.command_line;
    let command_line = table.get(offset..offset.saturating_add(length)).unwrap_or(&[]);
    // SAFETY: the page is RAM of this partition's room, and no reference to it has been made yet. Both texts are
    // shorter than their fields, which the room's clearing has filled with zeros.
    unsafe {
        let page = paging::Room::of(placement).information_page() as usize as *mut InformationPage;
        let start = &raw mut (*page).start;
        let name = &description.name;
        core::ptr::copy_nonoverlapping(
            name.as_ptr(),
            (&raw mut (*start).name).cast(),
            name.len().min(NAME_LENGTH_MAX),
        );
        core::ptr::copy_nonoverlapping(
            command_line.as_ptr(),
            (&raw mut (*start).command_line).cast(),
            command_line.len().min(COMMAND_LINE_LENGTH_MAX),
        );
    }
}

/// Starts the clock and the first window, as though an interrupt had come in a window before.
fn run(kernel: &mut Kernel<Board>, board: &mut Board) -> ! {
    board.timer.restart();
    for number in 0..bulkhead_abi::system_table::PARTITIONS_MAX as u32 {
        let Some(partition) = Index::new(number).filter(|&partition| kernel.exists(partition)) else { break };
        kernel.describe(board, partition, sparc::SHARED_PAGE.into(), sparc::INFORMATION_PAGE.into());
        // The trap that reads the clock gives nanoseconds already.
        let clock = &board.information_page(partition).clock;
        clock.multiplier.store(Ratio::ONE.multiplier, Ordering::Relaxed);
        clock.shift.store(Ratio::ONE.shift, Ordering::Relaxed);
        clock.frequency.store(board.timer.frequency);
    }
    kernel_trap(exceptions::INTERRUPT);
    // SAFETY: the current context is the one that the kernel has prepared and switched to.
    unsafe { arch::leave_kernel() }
}

/// A guest has entered the kernel, whose registers are all in its context; `arch/trap.S` continues the current context
/// when this returns.
#[unsafe(no_mangle)]
extern "C" fn kernel_trap(trap: u32) {
    // SAFETY: the entry from a guest is the only thread of execution.
    let (kernel, board) = unsafe { (KERNEL.borrow(), BOARD.borrow()) };
    let who = kernel.running();
    let served = match trap {
        HYPERCALL => hypercall(kernel, board, who),
        exceptions::INTERRUPT..=exceptions::INTERRUPT_LAST => {
            kernel.alarm_came();
            Next::Dispatch
        }
        _ => serve(kernel, board, who, trap).unwrap_or_else(|fault| {
            kernel.fault(board, &fault);
            Next::Dispatch
        }),
    };
    match served {
        Next::Return => {}
        Next::Deliver => kernel.deliver(board, who),
        Next::Dispatch => loop {
            let who = kernel.dispatch(board);
            if !arch::exceptions_came_late() || !late_exception(kernel, board, who) {
                break;
            }
        },
    }
}

/// Gives the partition a floating-point exception of its own that came when it had already lost the processor.
#[cold]
#[inline(never)]
fn late_exception(kernel: &mut Kernel<Board>, board: &mut Board, who: Index) -> bool {
    let context = board.context(who);
    if context.floating_exception == 0 {
        return false;
    }
    let fault = exceptions::floating_point(context.floating_exception);
    context.floating_exception = 0;
    kernel.fault(board, &fault);
    true
}

/// What is still to be done for a guest that has entered the kernel.
enum Next {
    /// Nothing: it goes on as its context says.
    Return,
    /// An interrupt may have become due.
    Deliver,
    /// Somebody else may have to run.
    Dispatch,
}

const HYPERCALL: u32 = exceptions::SOFTWARE + sparc::HYPERCALL_TRAP as u32;
const RETURN: u32 = exceptions::SOFTWARE + sparc::RETURN_TRAP as u32;
const FAULT_RETURN: u32 = exceptions::SOFTWARE + sparc::FAULT_RETURN_TRAP as u32;
/// `ta 3`: all windows to the stack.
const FLUSH: u32 = exceptions::SOFTWARE + 3;
/// `ta 10`: enables interrupts, when something is due.
const ENABLE: u32 = exceptions::SOFTWARE + 10;

fn hypercall(kernel: &mut Kernel<Board>, board: &mut Board, who: Index) -> Next {
    let context = board.context(who);
    context.skip();
    let (number, [first, second, third, fourth, fifth, ..]) = (context.globals[1], context.outs);
    let arguments = [first, second, third, fourth, fifth];
    let (result, next) = match kernel.hypercall(board, who, number, arguments) {
        Outcome::Return(result) => (result, Next::Return),
        Outcome::Deliver(result) => (result, Next::Deliver),
        Outcome::Dispatch => return Next::Dispatch,
    };
    board.context(who).outs[0] = result as u32;
    next
}

/// Every other trap of a guest.
#[inline(never)]
fn serve(kernel: &mut Kernel<Board>, board: &mut Board, who: Index, trap: u32) -> Result<Next, Fault> {
    let region = kernel.partitions[who.place()].region;
    match trap {
        exceptions::WINDOW_OVERFLOW => windows::spill(board, who, &region, trap)?,
        exceptions::WINDOW_UNDERFLOW => windows::fill(board, who, &region, trap)?,
        FLUSH => {
            windows::flush(board, who, &region, trap)?;
            board.context(who).skip();
        }
        RETURN => {
            let [program_counter, next, conditions, ..] = board.context(who).outs;
            windows::pop(board, who, &region, trap)?;
            go_on(board, who, [program_counter, next, conditions], ENABLED);
        }
        FAULT_RETURN => {
            let [first, second, third, enabled] = board.scratch(who);
            let context = board.context(who);
            let [_, program_counter, next, conditions, ..] = context.globals;
            context.globals[1] = first;
            context.globals[2] = second;
            context.globals[3] = third;
            board.shared_page(who).fault.busy.store(0, Ordering::Relaxed);
            go_on(board, who, [program_counter, next, conditions], enabled);
        }
        ENABLE => {
            board.context(who).skip();
            board.shared_page(who).interrupts_enabled.store(ENABLED, Ordering::Relaxed);
        }
        exceptions::PRIVILEGED_INSTRUCTION => emulate(board, who, &region)?,
        _ => {
            let program_counter = board.context(who).program_counter;
            return Err(exceptions::describe(trap, program_counter));
        }
    }
    Ok(Next::Deliver)
}

/// Continues a guest where it says, with its enable word as it says.
fn go_on(board: &mut Board, who: Index, place: [u32; 3], enabled: u32) {
    let [program_counter, next, conditions] = place;
    let context = board.context(who);
    context.go_to(program_counter, next);
    context.set_conditions(conditions);
    board.shared_page(who).interrupts_enabled.store(enabled, Ordering::Relaxed);
}

/// A privileged instruction: one that is emulated, or the guest's fault.
fn emulate(board: &mut Board, who: Index, region: &Region) -> Result<(), Fault> {
    let trap = exceptions::PRIVILEGED_INSTRUCTION;
    let program_counter = board.context(who).program_counter;
    let refused = exceptions::describe(trap, program_counter);
    let from = region.readable(Alleged::new(program_counter as usize, 4)).map_err(|_| refused)?;
    let instruction = board.guest_word(who, from);
    if emulation::names_windows(instruction) {
        arch::evict_windows(board.context(who));
    }
    let contexts = crate::context::CONTEXTS.address();
    // SAFETY: the only reference to a context that is in use; the board keeps none.
    let context = unsafe { &mut (*contexts)[who.place()] };
    let page = board.shared_page(who);
    if let Emulated::Return(target) = emulation::emulate(context, page, instruction, refused)? {
        windows::pop(board, who, region, trap)?;
        // SAFETY: as above; `pop` keeps no reference.
        let context = unsafe { &mut (*contexts)[who.place()] };
        emulation::trap_return(context, board.shared_page(who), target);
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
