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
mod devices;
mod dmar;
mod exceptions;
mod interrupt_timer;
mod iommu;
mod paging;
mod pci;
mod processor;
mod pvh;
mod serial;
mod trace;
#[cfg(feature = "vary")]
mod vary;

use core::sync::atomic::{AtomicBool, Ordering};

use bulkhead_abi::machine::i386;
use bulkhead_abi::system_table::{PHYSICAL_ADDRESS_X86_64, SIZE_MAX};
use bulkhead_abi::trace::Kind;
use bulkhead_abi::wire::{CHOOSE_INPUT_WORD, LINE_TIMES_WORD, TIME_LIMIT_WORD};
use bulkhead_abi::{ARGUMENTS_MAX, NEVER};
use bulkhead_cell::Single;
use bulkhead_kernel_core::configuration::{Configuration, Limits, Refusal};
use bulkhead_kernel_core::hypercall::Outcome;
use bulkhead_kernel_core::information::Clock;
use bulkhead_kernel_core::kernel::Kernel;
use bulkhead_kernel_core::machine::{Ending, GuestMemory, GuestRegisters, Trace};
use bulkhead_kernel_core::partition::Index;

use crate::board::Board;
use crate::context::{CONTEXTS, Registers};
use crate::interrupt_timer::Rates;
use crate::paging::DIRECT_MAP;
use crate::pvh::Boot;

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
        Err(refusal) => kernel.refuse(board, refusal),
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
    let local_apic = interrupt_timer::claim();
    let iommu = dmar::find(&boot);
    let limits = Limits {
        devices: devices::limits(local_apic, &iommu, dmar::configuration_memory(&boot)),
        ..Limits::new(&bulkhead_abi::machine::X86_64, memory_end as usize)
    };
    configuration.read(table, &limits)?;

    let features = processor::features();
    processor::configure(features);
    descriptors::install(features.smap);
    paging::build_kernel_tables(&configuration.header, local_apic);
    devices::map(&mut configuration.devices);
    board.iommu.map(iommu, &configuration.devices)?;
    board.placements = configuration.placements;
    board.buffers = configuration.header.buffers_start as usize;
    board.uptime = boot.number(b"uptime").unwrap_or(0);
    kernel.configure(configuration, boot.number(TIME_LIMIT_WORD.as_bytes()).unwrap_or(NEVER));
    if boot.number(LINE_TIMES_WORD.as_bytes()).is_some() {
        kernel.tell_line_times();
    }
    if boot.number(CHOOSE_INPUT_WORD.as_bytes()).is_some() {
        kernel.choose_input();
    }
    #[cfg(feature = "vary")]
    vary::begin(board, &boot);
    for (index, placement) in kernel.indices().zip(&configuration.placements) {
        // SAFETY: the boot tables are in use, and the placement has been checked.
        unsafe {
            paging::build_partition_tables(
                placement,
                kernel.mappings(index),
                kernel.devices().memory_of(index),
            );
        }
        board.context(index).page_tables = paging::Room::of(placement).level4();
    }
    // The first partition's tables map the kernel as the boot tables do, except for the low addresses, which nobody
    // needs from here on.
    board.load(Index::FIRST);

    board.rates = interrupt_timer::set_up().ok_or("the clocks of this machine do not count")?;
    board.tsc_deadline = features.tsc_deadline;
    devices::set_up(kernel.devices(), &board.iommu)?;
    board.iommu.set_up(kernel.devices(), &board.placements)?;
    board.hear_owners(kernel.devices().owners());
    kernel.load_all(board);
    let frequency = board.rates.frequency;
    let has_iommu = board.iommu.is_in_use();
    kernel.announce(board, configuration, "x86_64", |message| {
        message.push(b"time stamps at ");
        message.push_decimal(frequency);
        message.push(b" Hz");
        for (has, name) in [
            (features.smep, ", SMEP"),
            (features.smap, ", SMAP"),
            (features.umip, ", UMIP"),
            (features.tsc_deadline, ", TSC deadline"),
            (has_iommu, ", IOMMU"),
        ] {
            message.push(if has { name.as_bytes() } else { b"" });
        }
    });
    Ok(())
}

/// Starts the clock and the first window.
fn run(kernel: &mut Kernel<Board>, board: &mut Board) -> ! {
    let Rates { to_nanoseconds, frequency, to_time_stamps, .. } = board.rates;
    let clock = Clock { origin: 0, to_nanoseconds, frequency };
    let table = (DIRECT_MAP + PHYSICAL_ADDRESS_X86_64 as usize) as *const u8;
    // SAFETY: the table's place is RAM, as seen at boot, and mapped; nobody changes it any more.
    let table = unsafe { core::slice::from_raw_parts(table, SIZE_MAX) };
    for index in kernel.indices() {
        let memory = board.placements[index.place()].memory;
        // SAFETY: no partition has run yet, and the reference is gone before another is made.
        let page = unsafe { board.new_information_page(index) };
        kernel.inform(page, index, table, (i386::INFORMATION_PAGE, i386::SHARED_PAGE, memory), &clock);
    }
    interrupt_timer::enable(board.tsc_deadline);
    trace::prepare();
    // From here on the clock counts: what follows makes the first window late.
    board.origin = arch::time_stamp().wrapping_sub(to_time_stamps.scale(board.uptime));
    trace::begin(board);
    for index in kernel.indices() {
        board.information_page(index).clock.origin.store(board.origin);
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

/// A call before those that copy messages: `arch/entry.S` passes the caller's registers.
///
/// They are read through the pointer, never by a reference: they are part of the context, which the board borrows.
#[unsafe(no_mangle)]
extern "C" fn kernel_hypercall(registers: *const Registers) -> ! {
    // SAFETY: the entry from a guest is the only thread of execution, and has stored the registers.
    let (kernel, board, number, arguments) = unsafe { called(registers) };
    if kernel.is_one_too_many() {
        call_too_many(registers, kernel_hypercall);
    }
    let outcome = kernel.other_call(board, number, arguments);
    // SAFETY: they are the running partition's, with the selectors that the entry has found.
    unsafe { answer(kernel, board, registers, outcome) }
}

/// The same, in the place of [`kernel_hypercall`] where calls are recorded (`bulkhead_abi::trace::CALL_SITES`).
#[cfg(feature = "trace")]
#[unsafe(no_mangle)]
extern "C" fn kernel_recorded_hypercall(registers: *const Registers) -> ! {
    record_call(registers);
    kernel_hypercall(registers)
}

/// The same, in the place of [`kernel_message`].
#[cfg(feature = "trace")]
#[unsafe(no_mangle)]
extern "C" fn kernel_recorded_message(registers: *const Registers) -> ! {
    record_call(registers);
    kernel_message(registers)
}

#[cfg(feature = "trace")]
#[inline(always)]
fn record_call(registers: *const Registers) {
    // SAFETY: as for `kernel_hypercall`.
    let (_, board, number, _) = unsafe { called(registers) };
    let caller = board.current();
    board.trace(Kind::Call, caller, number);
}

/// A call that may be one too many for the caller's window. If it goes on, the call is made as another one.
#[cold]
#[inline(never)]
fn call_too_many(registers: *const Registers, call: extern "C" fn(*const Registers) -> !) -> ! {
    // SAFETY: as for `kernel_hypercall`.
    let (kernel, board) = unsafe { (KERNEL.borrow(), BOARD.borrow()) };
    if kernel.has_flooded(board) { dispatch_after_call(kernel, board) } else { call(registers) }
}

/// A call behind those that copy messages, which counts itself. It looks for the kernel again, so that nothing of the
/// count is kept for it on the way to a message.
#[cold]
#[inline(never)]
fn other_call(registers: *const Registers) -> ! {
    // SAFETY: as for `kernel_hypercall`.
    unsafe { KERNEL.borrow() }.forget_call();
    kernel_hypercall(registers)
}

/// A call that copies a message, or one behind those. By itself, because it needs more registers than the others, which
/// would have to save them.
#[unsafe(no_mangle)]
extern "C" fn kernel_message(registers: *const Registers) -> ! {
    // SAFETY: as for `kernel_hypercall`.
    let (kernel, board, number, arguments) = unsafe { called(registers) };
    if kernel.is_one_too_many() {
        call_too_many(registers, kernel_message);
    }
    match kernel.message_call(board, number, arguments) {
        // SAFETY: as for `kernel_hypercall`.
        Some(outcome) => unsafe { answer(kernel, board, registers, outcome) },
        None => other_call(registers),
    }
}

/// The kernel and the board, and what a guest has called for.
///
/// # Safety
/// Nothing else borrows them, and the registers are a guest's as its entry has stored them.
#[inline(always)]
unsafe fn called(
    registers: *const Registers,
) -> (&'static mut Kernel<Board>, &'static mut Board, u32, [u32; ARGUMENTS_MAX]) {
    // SAFETY: the caller's promise.
    unsafe {
        let Registers { rax, rbx, rcx, rdx, rsi, rdi, .. } = *registers;
        let arguments = [rbx as u32, rcx as u32, rdx as u32, rsi as u32, rdi as u32];
        (KERNEL.borrow(), BOARD.borrow(), rax as u32, arguments)
    }
}

/// Continues a guest behind its call.
///
/// # Safety
/// The registers are the current partition's, with the selectors that the entry has found.
#[inline(always)]
unsafe fn answer(
    kernel: &mut Kernel<Board>,
    board: &mut Board,
    registers: *const Registers,
    outcome: Outcome,
) -> ! {
    match outcome {
        // SAFETY: the caller's promise.
        Outcome::Return(result) => unsafe { arch::leave_kernel_with(registers, result) },
        Outcome::Deliver(result) => {
            let caller = board.current();
            board.set_result(caller, result);
            kernel.deliver(board);
            leave_to(caller)
        }
        Outcome::Dispatch => dispatch_after_call(kernel, board),
    }
}

/// Has the kernel decide who runs. Not inlined: calls, which have a budget, would prepare what only this needs.
#[inline(never)]
fn dispatch_after_call(kernel: &mut Kernel<Board>, board: &mut Board) -> ! {
    leave_to(kernel.dispatch(board))
}

/// The timer has interrupted a guest.
#[unsafe(no_mangle)]
extern "C" fn kernel_alarm() -> ! {
    interrupt_timer::end_of_interrupt();
    // SAFETY: as for `kernel_hypercall`.
    let (kernel, board) = unsafe { (KERNEL.borrow(), BOARD.borrow()) };
    board.trace(Kind::Alarm, Index::FIRST, 0);
    kernel.take_alarm_late(board);
    kernel.alarm_came();
    leave_to(kernel.dispatch(board))
}

/// An interrupt of a device has come while a guest ran, the one with this number.
#[unsafe(no_mangle)]
extern "C" fn kernel_device(number: u32) -> ! {
    // SAFETY: as for `kernel_hypercall`.
    let (kernel, board) = unsafe { (KERNEL.borrow(), BOARD.borrow()) };
    kernel.take_interrupt_late(board, number as usize);
    if kernel.interrupt(board, number as usize) {
        kernel.deliver(board);
        leave_to(board.current());
    }
    dispatch_after_call(kernel, board)
}

/// A guest has caused an exception.
#[unsafe(no_mangle)]
extern "C" fn kernel_exception(registers: *const Registers) -> ! {
    // SAFETY: the entry has stored them, and nothing borrows the context yet.
    let fault = exceptions::describe(unsafe { &*registers });
    // SAFETY: as for `kernel_hypercall`.
    let (kernel, board) = unsafe { (KERNEL.borrow(), BOARD.borrow()) };
    let goes_on = kernel.fault(board, &fault);
    leave_to(if goes_on { board.current() } else { kernel.dispatch(board) })
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
    kernel.fail(board, &fault, registers.rip)
}

/// No path of the kernel panics; the compiler wants to be told what would happen. A test looks for paths here.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    arch::stop()
}
