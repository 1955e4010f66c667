//! The segments that guests can name, the task state segment, and the interrupt table.
//!
//! Intel SDM volume 3A, chapters 3 (segment descriptors), 7 (tasks) and 6 (interrupts).

use bulkhead_abi::machine::i386;
use bulkhead_abi::system_table::INTERRUPTS_MAX;
use bulkhead_cell::Single;
use core::arch::asm;
use core::mem::size_of;

const KERNEL_CODE: u16 = 0x08;
const TASK: u16 = 0x38;

/// Present, level 3, 32-bit code, readable, 4 GiB, accessed.
const GUEST_CODE: u64 = 0x00cf_fb00_0000_ffff;
/// Present, level 3, 32-bit data, writable, 4 GiB, accessed. The base is in bits 16 to 39 and 56 to 63.
const GUEST_DATA: u64 = 0x00cf_f300_0000_ffff;
/// Present, level 0, 64-bit code, accessed.
const KERNEL_CODE_DESCRIPTOR: u64 = 0x00af_9b00_0000_ffff;
/// Present, level 0, data, accessed.
const KERNEL_DATA_DESCRIPTOR: u64 = 0x00cf_9300_0000_ffff;

/// The 64-bit task state segment.
#[repr(C, packed(4))]
struct TaskState {
    reserved: u32,
    stacks: [u64; 3],
    reserved_too: u64,
    emergency_stacks: [u64; 7],
    reserved_as_well: u64,
    reserved_again: u16,
    /// Beyond the segment's end: no port of the I/O space is a guest's.
    port_map: u16,
}

static TASK_STATE: Single<TaskState> = Single::new(TaskState {
    reserved: 0,
    stacks: [0; 3],
    reserved_too: 0,
    emergency_stacks: [0; 7],
    reserved_as_well: 0,
    reserved_again: 0,
    port_map: size_of::<TaskState>() as u16,
});

/// Null, kernel code, kernel data, guest TLS, guest code, guest data, unused, task (two places).
static SEGMENTS: Single<[u64; 9]> = Single::new([
    0,
    KERNEL_CODE_DESCRIPTOR,
    KERNEL_DATA_DESCRIPTOR,
    GUEST_DATA,
    GUEST_CODE,
    GUEST_DATA,
    0,
    0,
    0,
]);

const _: () = {
    assert!(i386::CODE_SELECTOR == (4 * 8) | 3);
    assert!(i386::DATA_SELECTOR == (5 * 8) | 3);
    assert!(i386::TLS_SELECTOR == (3 * 8) | 3);
};

/// A gate of the interrupt table.
#[derive(Clone, Copy)]
#[repr(C)]
struct Gate {
    low: u64,
    high: u64,
}

static GATES: Single<[Gate; 256]> = Single::new([Gate { low: 0, high: 0 }; 256]);

/// The vector of the local APIC's timer.
pub(crate) const TIMER_VECTOR: u8 = 0xf0;
/// The first vector of the devices' interrupts, which have a priority class of their own: [`DEVICE_CLASS`].
pub(crate) const DEVICE_VECTOR: u8 = 0x40;
/// Their class. The task priority that it is keeps all of them out, and nothing else.
pub(crate) const DEVICE_CLASS: u8 = DEVICE_VECTOR >> 4;

/// The vector of the device's interrupt with this number, of 16.
pub(crate) const fn device_vector(number: usize) -> u8 {
    DEVICE_VECTOR + number as u8 % 16
}
/// The vector of the local APIC's spurious interrupt; its low four bits are ones on every processor.
pub(crate) const SPURIOUS_VECTOR: u8 = 0xff;

/// Where the frame of an entry from the running partition lies; elsewhere is that of an entry from the kernel.
#[unsafe(no_mangle)]
static entry_frame: Single<u64> = Single::new(0);

unsafe extern "C" {
    // The ends of the stacks of the exceptions that can come when no other stack is good (link.ld).
    static non_maskable_interrupt_stack_top: u8;
    static double_fault_stack_top: u8;
    static machine_check_stack_top: u8;
    static exception_entries: [u64; 32];
    static device_entries: [u64; INTERRUPTS_MAX];
    fn entry_hypercall();
    fn entry_timer();
    fn entry_ignore();
}

const _: () = assert!(INTERRUPTS_MAX <= 16, "they have one class");

/// Length of `clac`, with which every entry begins.
const CLAC_LENGTH: u64 = 3;

fn interrupt_gate(entry: u64, level: u64, emergency_stack: u64) -> Gate {
    let kind = 0x8e | level << 5;
    Gate {
        low: entry & 0xffff
            | u64::from(KERNEL_CODE) << 16
            | emergency_stack << 32
            | kind << 40
            | (entry >> 16 & 0xffff) << 48,
        high: entry >> 32,
    }
}

#[repr(C, packed)]
struct TablePointer {
    limit: u16,
    base: u64,
}

/// Loads the tables. `has_smap` tells whether the processor knows `clac`.
pub(crate) fn install(has_smap: bool) {
    let skip = if has_smap { 0 } else { CLAC_LENGTH };
    // SAFETY: called once, before any guest runs and before interrupts are on; nobody else borrows these statics
    // then. What the registers are loaded with stays where it is for ever.
    unsafe {
        let task = TASK_STATE.borrow();
        task.emergency_stacks = [
            &raw const non_maskable_interrupt_stack_top as u64,
            &raw const double_fault_stack_top as u64,
            &raw const machine_check_stack_top as u64,
            0,
            0,
            0,
            0,
        ];
        let base = TASK_STATE.address() as u64;
        let limit = size_of::<TaskState>() as u64 - 1;
        let segments = SEGMENTS.borrow();
        // Present, level 0, available 64-bit task state segment.
        segments[7] = limit | (base & 0xff_ffff) << 16 | 0x89 << 40 | (base >> 24 & 0xff) << 56;
        segments[8] = base >> 32;

        let gates = GATES.borrow();
        for (number, (gate, entry)) in gates.iter_mut().zip(exception_entries.iter()).enumerate() {
            // The guest may use `int3` and `into`, and has their exceptions reported to itself.
            let level = if matches!(number, 3 | 4) { 3 } else { 0 };
            let emergency_stack = match number {
                2 => 1,
                8 => 2,
                18 => 3,
                _ => 0,
            };
            *gate = interrupt_gate(entry + skip, level, emergency_stack);
        }
        for (gate, entry) in gates.iter_mut().skip(DEVICE_VECTOR.into()).zip(device_entries.iter()) {
            *gate = interrupt_gate(entry + skip, 0, 0);
        }
        gates[2] = interrupt_gate(entry_ignore as *const () as u64 + skip, 0, 1);
        gates[TIMER_VECTOR as usize] = interrupt_gate(entry_timer as *const () as u64 + skip, 0, 0);
        gates[SPURIOUS_VECTOR as usize] = interrupt_gate(entry_ignore as *const () as u64 + skip, 0, 0);
        gates[i386::HYPERCALL_VECTOR as usize] =
            interrupt_gate(entry_hypercall as *const () as u64 + skip, 3, 0);

        let segment_pointer =
            TablePointer { limit: size_of::<[u64; 9]>() as u16 - 1, base: SEGMENTS.address() as u64 };
        let gate_pointer =
            TablePointer { limit: size_of::<[Gate; 256]>() as u16 - 1, base: GATES.address() as u64 };
        asm!("lgdt [{}]", in(reg) &segment_pointer, options(readonly, nostack));
        asm!("lidt [{}]", in(reg) &gate_pointer, options(readonly, nostack));
        asm!("ltr {0:x}", in(reg) TASK, options(nostack));
        asm!("lldt {0:x}", in(reg) 0u16, options(nostack));
    }
}

/// Says where the next entry from a guest puts its registers: the end of the stack, and where the frame lies then.
#[inline(always)]
pub(crate) fn set_entry_stack((top, frame): (u64, u64)) {
    let task = TASK_STATE.address();
    // SAFETY: the task state segment is only written here and in `install`; the address is inside it. The value
    // points into a context, which lives for ever.
    unsafe { core::ptr::addr_of_mut!((*task).stacks).cast::<u64>().write_unaligned(top) };
    // SAFETY: only assembly reads it, on entry.
    unsafe { entry_frame.address().write(frame) };
}

/// Sets the base of the TLS segment.
#[inline(always)]
pub(crate) fn set_tls_base(base: u32) {
    // Base bits 0 to 23 are bytes 2 to 4 of the descriptor, the access byte is byte 5, base bits 24 to 31 are byte 7.
    let access = (GUEST_DATA >> 40) as u8;
    let descriptor = SEGMENTS.address().cast::<u64>().wrapping_add(3).cast::<u8>();
    // SAFETY: inside place 3 of 9; it is a data segment of level 3 whatever the base is, so a guest that has it loaded,
    // in whichever register, can have it loaded again.
    unsafe {
        descriptor.add(2).cast::<u32>().write_unaligned(base);
        descriptor.add(5).write(access);
        descriptor.add(7).write((base >> 24) as u8);
    }
}
