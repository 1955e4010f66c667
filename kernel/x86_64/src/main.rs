//! The Bulkhead separation kernel on x86-64: boot, and what happens on each entry.
//!
//! The decisions are in `bulkhead-kernel-core`; here is what they need of the processor. One thread of execution
//! runs at a time, from an entry in `arch/entry.S` to the return to a guest, with interrupts off; the few places
//! that let interrupts in say so.

#![no_std]
#![no_main]
#![allow(unsafe_code, reason = "the machine: registers, page tables, entries")]

mod arch;
mod board;
mod context;
mod descriptors;
mod exceptions;
mod interrupt_timer;
mod paging;
mod processor;
mod pvh;
mod serial;
mod single;

use core::sync::atomic::{AtomicBool, Ordering};

use bulkhead_abi::NEVER;
use bulkhead_abi::machine::i386;
use bulkhead_abi::system_table::{PHYSICAL_ADDRESS_X86_64, SIZE_MAX};
use bulkhead_abi::wire::{LINE_TIMES_WORD, TIME_LIMIT_WORD};
use bulkhead_kernel_core::configuration::{Board as Limits, Configuration, Refusal};
use bulkhead_kernel_core::hypercall::Outcome;
use bulkhead_kernel_core::kernel::Kernel;
use bulkhead_kernel_core::line::Line;
use bulkhead_kernel_core::machine::{Ending, Machine};
use bulkhead_kernel_core::partition::Index;
use bulkhead_kernel_core::serial::Uart;

use crate::board::Board;
use crate::context::{CONTEXTS, Registers};
use crate::processor::Features;
use crate::pvh::Boot;
use crate::single::Single;

static KERNEL: Single<Kernel<Board>> = Single::new(Kernel::new());
static BOARD: Single<Board> = Single::new(Board::new());
static CONFIGURATION: Single<Configuration> = Single::new(Configuration::new());

/// Boots: called once by `arch/boot.S`, on the kernel's stack and the boot tables.
#[unsafe(no_mangle)]
extern "C" fn kernel_main(start: u32) -> ! {
    // SAFETY: nothing else runs yet.
    let (kernel, board) = unsafe { (KERNEL.borrow(), BOARD.borrow()) };
    board.uart.set_up();
    match boot(kernel, board, start) {
        Ok(()) => run(kernel, board),
        Err(refusal) => {
            kernel.say(board, Line::new().text("the system table is refused: ").text(refusal));
            board.end(Ending::Refused)
        }
    }
}

/// Brings everything up to the point where the first window can open.
fn boot(kernel: &mut Kernel<Board>, board: &mut Board, start: u32) -> Result<(), Refusal> {
    let boot = Boot::read(start, PHYSICAL_ADDRESS_X86_64)
        .ok_or("there is none, because no PVH loader (such as QEMU's -kernel) has started this file")?;
    let memory_end = boot.memory_end.min(paging::PHYSICAL_END);
    if memory_end < PHYSICAL_ADDRESS_X86_64 + SIZE_MAX as u64 {
        return Err("there is no RAM where it should lie");
    }
    // SAFETY: nothing else borrows it. The table's place is RAM, as just seen, and mapped by the boot tables; the
    // loader has filled it, and nobody changes it any more.
    let (configuration, table) = unsafe {
        let table = core::slice::from_raw_parts(PHYSICAL_ADDRESS_X86_64 as *const u8, SIZE_MAX);
        (CONFIGURATION.borrow(), table)
    };
    configuration.read(table, &Limits::new(&bulkhead_abi::machine::X86_64, memory_end as usize))?;

    let features = processor::features();
    processor::configure(features);
    descriptors::install(features.smap);
    paging::build_kernel_tables(&configuration.header, interrupt_timer::claim());
    board.placements = configuration.placements;
    board.uptime = boot.number(b"uptime").unwrap_or(0);
    kernel.configure(configuration, boot.number(TIME_LIMIT_WORD.as_bytes()).unwrap_or(NEVER));
    if boot.number(LINE_TIMES_WORD.as_bytes()).is_some() {
        kernel.console.tell_line_times();
    }
    for number in 0..configuration.count {
        let (Some(partition), Some(placement)) =
            (Index::new(number as u32), configuration.placements.get(number))
        else {
            break;
        };
        // SAFETY: the boot tables are in use, and the placement has been checked.
        unsafe { paging::build_partition_tables(placement) };
        board.context(partition).page_tables = paging::Room::of(placement).level4();
        write_texts(kernel, placement, partition, table);
    }
    // SAFETY: the first partition's tables map the kernel as the boot tables do, except for the low addresses,
    // which nobody needs from here on.
    unsafe { arch::set_page_tables(board.context(Index::FIRST).page_tables) };

    board.rates = interrupt_timer::set_up().ok_or("the clocks of this machine do not count")?;
    board.tsc_deadline = features.tsc_deadline;
    kernel.load_all(board);
    announce(kernel, board, configuration, features);
    Ok(())
}

/// Copies a partition's name and command line into its information page.
fn write_texts(
    kernel: &Kernel<Board>,
    placement: &bulkhead_kernel_core::configuration::Placement,
    partition: Index,
    table: &[u8],
) {
    let description = &kernel.partitions[partition.place()];
    let (offset, length) = description.command_line;
    let command_line = table.get(offset..offset.saturating_add(length)).unwrap_or(&[]);
    // SAFETY: the page is RAM of this partition's room, mapped by the boot tables, and no reference to it has been
    // made yet. Both texts are shorter than their fields, which the room's clearing has filled with zeros.
    unsafe {
        let page = paging::Room::of(placement).information_page() as *mut bulkhead_abi::InformationPage;
        let start = &raw mut (*page).start;
        let name = &description.name;
        core::ptr::copy_nonoverlapping(
            name.as_ptr(),
            (&raw mut (*start).name).cast(),
            name.len().min(bulkhead_abi::NAME_LENGTH_MAX),
        );
        core::ptr::copy_nonoverlapping(
            command_line.as_ptr(),
            (&raw mut (*start).command_line).cast(),
            command_line.len().min(bulkhead_abi::COMMAND_LINE_LENGTH_MAX),
        );
    }
}

/// Says in the log what is about to run.
fn announce(
    kernel: &mut Kernel<Board>,
    board: &mut Board,
    configuration: &Configuration,
    features: Features,
) {
    let line = Line::new().text("bulkhead ").text(env!("CARGO_PKG_VERSION")).text(" x86_64, ");
    let (partitions, windows) = (configuration.count as u64, u64::from(configuration.header.windows));
    let line = line.decimal(partitions).text(if partitions == 1 { " partition, " } else { " partitions, " });
    let line = line.decimal(windows).text(if windows == 1 {
        " window, major frame "
    } else {
        " windows, major frame "
    });
    kernel.say(board, line.decimal(configuration.header.major_frame).text(" ns"));
    let line = Line::new().text("processor: time stamps at ").decimal(board.rates.frequency).text(" Hz");
    let mut line = line;
    for (has, name) in [
        (features.smep, ", SMEP"),
        (features.smap, ", SMAP"),
        (features.umip, ", UMIP"),
        (features.tsc_deadline, ", TSC deadline"),
    ] {
        if has {
            line = line.text(name);
        }
    }
    kernel.say(board, line);
}

/// Starts the clock and the first window.
fn run(kernel: &mut Kernel<Board>, board: &mut Board) -> ! {
    interrupt_timer::enable(board.tsc_deadline);
    board.origin = arch::time_stamp().wrapping_sub(board.rates.to_time_stamps.scale(board.uptime));
    for number in 0..bulkhead_abi::system_table::PARTITIONS_MAX as u32 {
        let Some(partition) = Index::new(number).filter(|&partition| kernel.exists(partition)) else { break };
        let information_page = u64::from(i386::INFORMATION_PAGE);
        kernel.describe(board, partition, i386::SHARED_PAGE.into(), information_page);
        let clock = &board.information_page(partition).clock;
        clock.origin.store(board.origin);
        clock.multiplier.store(board.rates.to_nanoseconds.multiplier, Ordering::Relaxed);
        clock.shift.store(board.rates.to_nanoseconds.shift, Ordering::Relaxed);
        clock.frequency.store(board.rates.frequency);
    }
    let first = kernel.dispatch(board);
    leave_to(first)
}

/// Continues the partition that `dispatch` has switched to.
#[inline(always)]
fn leave_to(partition: Index) -> ! {
    let contexts = CONTEXTS.address();
    // SAFETY: the place exists; no reference is made. The context is one that `dispatch` has prepared and switched to,
    // and its selectors are those that the entry has found or that the kernel has written.
    unsafe { arch::leave_kernel(&raw const (*contexts)[partition.place()].registers) }
}

/// A call: `arch/entry.S` passes the caller's registers.
///
/// They are read through the pointer, never by a reference: they are part of the context, which the board borrows.
#[unsafe(no_mangle)]
extern "C" fn kernel_hypercall(registers: *const Registers) -> ! {
    // SAFETY: the entry from a guest is the only thread of execution.
    let (kernel, board) = unsafe { (KERNEL.borrow(), BOARD.borrow()) };
    let caller = kernel.running();
    // SAFETY: the entry has stored them, and nothing borrows the context.
    let (number, arguments) = unsafe {
        let Registers { rax, rbx, rcx, rdx, rsi, rdi, .. } = *registers;
        (rax as u32, [rbx as u32, rcx as u32, rdx as u32, rsi as u32, rdi as u32])
    };
    match kernel.hypercall(board, caller, number, arguments) {
        // SAFETY: they are the running partition's, with the selectors that the entry has found.
        Outcome::Return(result) => unsafe { arch::leave_kernel_with(registers, result) },
        Outcome::Deliver(result) => {
            board.set_result(caller, result);
            kernel.deliver(board, caller);
            leave_to(caller)
        }
        Outcome::Dispatch => leave_to(kernel.dispatch(board)),
    }
}

/// The timer has interrupted a guest.
#[unsafe(no_mangle)]
extern "C" fn kernel_alarm() -> ! {
    interrupt_timer::end_of_interrupt();
    // SAFETY: as for `kernel_hypercall`.
    let (kernel, board) = unsafe { (KERNEL.borrow(), BOARD.borrow()) };
    kernel.alarm_came();
    leave_to(kernel.dispatch(board))
}

/// A guest has caused an exception.
#[unsafe(no_mangle)]
extern "C" fn kernel_exception(registers: *const Registers) -> ! {
    // SAFETY: the entry has stored them, and nothing borrows the context yet.
    let fault = exceptions::describe(unsafe { &*registers });
    // SAFETY: as for `kernel_hypercall`.
    let (kernel, board) = unsafe { (KERNEL.borrow(), BOARD.borrow()) };
    kernel.fault(board, &fault);
    leave_to(kernel.dispatch(board))
}

/// A guest was in a mode that is not its own when it entered the kernel, by whatever way.
#[unsafe(no_mangle)]
extern "C" fn kernel_foreign(registers: *const Registers) -> ! {
    // SAFETY: as for `kernel_exception`.
    let fault = exceptions::describe_mode(unsafe { &*registers });
    // What the other mode has left in the segment registers can be what no descriptor is for.
    // SAFETY: these are what every guest starts with.
    unsafe { arch::Segments::START.load() };
    // SAFETY: as for `kernel_hypercall`.
    let (kernel, board) = unsafe { (KERNEL.borrow(), BOARD.borrow()) };
    kernel.alarm_came();
    kernel.breach(board, &fault);
    leave_to(kernel.dispatch(board))
}

/// Whether the kernel has failed already.
static FAILED: AtomicBool = AtomicBool::new(false);

/// The kernel itself has caused an exception, or the machine has: say so, once, and end.
#[unsafe(no_mangle)]
extern "C" fn kernel_failure(registers: *const Registers) -> ! {
    if FAILED.swap(true, Ordering::Relaxed) {
        board::end(Ending::Internal);
    }
    // SAFETY: the entry has stored them where nothing else lies.
    let registers = unsafe { &*registers };
    let fault = exceptions::describe(registers);
    // SAFETY: whoever held a reference will never run again.
    let (kernel, board) = unsafe { (KERNEL.borrow(), BOARD.borrow()) };
    let line = fault.describe(Line::new().text("kernel: "), registers.rip);
    kernel.say(board, line.text(", sp ").hexadecimal(registers.rsp, 16));
    board.end(Ending::Internal)
}

/// No path of the kernel panics; the compiler wants to be told what would happen. A test looks for paths here.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    arch::stop()
}
