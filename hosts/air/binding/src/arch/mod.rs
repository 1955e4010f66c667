//! AIR seen by a SPARC guest: its two traps, the table of handlers, and what the assembly is told.

use core::arch::{asm, global_asm};
use core::mem::offset_of;

use bulkhead_abi::machine::sparc::{
    CLOCK_TRAP, FAULT_RETURN_TRAP, FLOATING_POINT_TRAP, FLUSH_TRAP, FRAMES_TRAP, LEVEL, RETURN_TRAP, SCRATCH,
    SHARED_PAGE, TIMER_LEVEL,
};
use bulkhead_abi::{FaultRecord, SharedPage, UpcallRecord, Word64};
use bulkhead_air_facts::{
    Block, HANDLERS, INTERRUPTS, MEMORY, Mode, NOT_HANDLED, PROCESSOR_TRAP, Processor, SERVICE_TRAP,
    SOFTWARE_TRAPS, STATE, Service,
};
use bulkhead_cell::Single;

const PAGE: usize = SHARED_PAGE as usize;
const UPCALL: usize = PAGE + offset_of!(SharedPage, upcall);
const FAULT: usize = PAGE + offset_of!(SharedPage, fault);
const LOW: usize = offset_of!(Word64, low);
const HIGH: usize = offset_of!(Word64, high);

global_asm!(
    include_str!("handlers.S"),
    service_trap = const SERVICE_TRAP,
    processor_trap = const PROCESSOR_TRAP,
    ticks = const Service::Ticks as u32,
    set_mode = const Service::SetMode as u32,
    idle = const Mode::Idle as u32,
    take_error = const Service::TakeError as u32,
    set_state = const Processor::SetState as u32,
    traps_on = const Processor::TrapsOn as u32,
    return_call = const Processor::Return as u32,
    software_traps = const SOFTWARE_TRAPS,
    state = const STATE,
    level = const LEVEL,
    timer_level = const TIMER_LEVEL,
    tick = const MEMORY as usize + offset_of!(Block, tick),
    note_tick = sym crate::partition::note_tick,
    end_by_fault = sym crate::partition::end_by_fault,
    fault_entry = sym crate::partition::FAULT_ENTRY,
    fault_kinds = sym crate::partition::FAULT_KINDS,
    // Addresses in the last page, as offsets from g0.
    enabled = const (PAGE + offset_of!(SharedPage, interrupts_enabled)) as i32,
    pending = const (PAGE + offset_of!(SharedPage, pending)) as i32,
    mask = const (PAGE + offset_of!(SharedPage, mask)) as i32,
    scratch = const SCRATCH as i32,
    upcall_program_counter = const (UPCALL + offset_of!(UpcallRecord, program_counter) + LOW) as i32,
    upcall_flags = const (UPCALL + offset_of!(UpcallRecord, flags) + LOW) as i32,
    upcall_next = const (UPCALL + offset_of!(UpcallRecord, flags) + HIGH) as i32,
    fault_busy = const (FAULT + offset_of!(FaultRecord, busy)) as i32,
    fault_kind = const (FAULT + offset_of!(FaultRecord, kind)) as i32,
    fault_vector = const (FAULT + offset_of!(FaultRecord, vector)) as i32,
    fault_enabled = const (FAULT + offset_of!(FaultRecord, interrupts_enabled)) as i32,
    fault_exact = const (FAULT + offset_of!(FaultRecord, reserved)) as i32,
    fault_address = const (FAULT + offset_of!(FaultRecord, address) + LOW) as i32,
    fault_program_counter = const (FAULT + offset_of!(FaultRecord, program_counter) + LOW) as i32,
    fault_flags = const (FAULT + offset_of!(FaultRecord, flags) + LOW) as i32,
    fault_next = const (FAULT + offset_of!(FaultRecord, flags) + HIGH) as i32,
    fault_stack_pointer = const (FAULT + offset_of!(FaultRecord, stack_pointer) + LOW) as i32,
);

unsafe extern "C" {
    fn bulkhead_air_tick();
    fn bulkhead_air_fault();
    fn bulkhead_air_clock();
    fn bulkhead_air_return();
    fn bulkhead_air_return_from_fault();
    fn bulkhead_air_disable();
    fn bulkhead_air_enable();
    fn bulkhead_air_frames();
    fn bulkhead_air_floating_point();
    fn bulkhead_air_service(
        first: usize,
        second: usize,
        third: usize,
        fourth: usize,
        fifth: usize,
        number: u32,
    ) -> u32;
    fn bulkhead_air_ticks() -> u64;
    fn bulkhead_air_processor(value: u32, number: u32);
}

/// The table that the kernel reads.
static TABLE: Single<[u32; HANDLERS]> = Single::new([0; HANDLERS]);

/// The software traps of RTEMS that disable and enable interrupts.
const DISABLE_TRAP: u8 = 9;
const ENABLE_TRAP: u8 = 10;

/// The handler of a trap number.
fn handler(trap: u32) -> unsafe extern "C" fn() {
    let (first, last) = INTERRUPTS;
    match trap.wrapping_sub(SOFTWARE_TRAPS) as u8 {
        CLOCK_TRAP if trap >= SOFTWARE_TRAPS => bulkhead_air_clock,
        RETURN_TRAP if trap >= SOFTWARE_TRAPS => bulkhead_air_return,
        FAULT_RETURN_TRAP if trap >= SOFTWARE_TRAPS => bulkhead_air_return_from_fault,
        DISABLE_TRAP if trap >= SOFTWARE_TRAPS => bulkhead_air_disable,
        ENABLE_TRAP if trap >= SOFTWARE_TRAPS => bulkhead_air_enable,
        FLUSH_TRAP | FRAMES_TRAP if trap >= SOFTWARE_TRAPS => bulkhead_air_frames,
        FLOATING_POINT_TRAP if trap >= SOFTWARE_TRAPS => bulkhead_air_floating_point,
        _ if (first..=last).contains(&trap) => bulkhead_air_tick,
        _ => bulkhead_air_fault,
    }
}

/// Fills the table of handlers and gives it to the kernel; traps stay off.
pub(crate) fn set_handlers() {
    // SAFETY: it is written once, before the kernel knows of it.
    let table = unsafe { TABLE.borrow() };
    for (trap, entry) in (0..).zip(table.iter_mut()) {
        *entry = if NOT_HANDLED.contains(&trap) { 0 } else { handler(trap) as *const () as u32 };
    }
    processor(Processor::SetTable, TABLE.address() as u32);
}

/// Asks for a service; the answer.
///
/// # Safety
/// The kernel may write to a range that the arguments name; the caller must own it.
pub(crate) unsafe fn service(number: Service, [first, second, third, fourth, fifth]: [usize; 5]) -> u32 {
    // SAFETY: memory that the kernel writes is the caller's promise.
    unsafe { bulkhead_air_service(first, second, third, fourth, fifth, number as u32) }
}

/// The ticks since the first major frame began.
pub(crate) fn ticks() -> u64 {
    // SAFETY: only asks.
    unsafe { bulkhead_air_ticks() }
}

/// Does something to the virtual processor.
pub(crate) fn processor(number: Processor, value: u32) {
    // SAFETY: that an interrupt may come now is as at any other place.
    unsafe { bulkhead_air_processor(value, number as u32) }
}

/// Sets the register that thread-local storage is found by.
#[inline(always)]
pub(crate) fn set_tls_base(base: usize) {
    // SAFETY: the register is the system's by the processor's ABI; the compiler never uses it.
    unsafe { asm!("mov {base}, %g7", base = in(reg) base, options(nostack, nomem)) };
}
