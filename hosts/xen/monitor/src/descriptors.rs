//! Segments, gates and the task state segment of the guest (Intel SDM volume 3A, chapters 3, 6 and 7).

use core::arch::asm;

use bulkhead_abi::machine::i386;

use super::entry::EVENT_VECTOR;
use super::layout;
use super::monitor::Monitor;

/// The flags that the partition begins with, at its start and in its upcalls: interrupts of the processor enabled, as
/// always at level 3.
pub(super) const FLAGS: u32 = 0x202;

/// The task's segment.
const TASK: u16 = 0x30;

/// Present, 32-bit, 4 GiB, accessed: code and data of level 0, code and data of level 3.
const CODE: u64 = 0x00cf_9b00_0000_ffff;
const DATA: u64 = 0x00cf_9300_0000_ffff;
const GUEST_CODE: u64 = 0x00cf_fb00_0000_ffff;
const GUEST_DATA: u64 = 0x00cf_f300_0000_ffff;

const GATES: usize = i386::HYPERCALL_VECTOR as usize + 1;

/// Bytes of an entry in the table of stubs.
const STUB: u32 = 16;

/// What the processor reads.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
pub(super) struct Tables {
    gates: [u64; GATES],
    segments: [u64; 7],
    /// The 32-bit task state segment: the words at 4 and 8 are the stack of level 0, the last one the offset of the
    /// port map, which lies beyond the end, so that no port is the partition's.
    task: [u32; 26],
}

#[repr(C, packed)]
struct TablePointer {
    limit: u16,
    base: u32,
}

unsafe extern "C" {
    fn bulkhead_xen_stubs();
    fn bulkhead_xen_call_stub();
    fn bulkhead_xen_load_thread_segment();
}

/// An interrupt gate: interrupts stay disabled in the monitor. `level` is that of the code that may name the vector.
const fn gate(entry: u32, level: u64) -> u64 {
    let (low, high) = (entry as u64 & 0xffff, entry as u64 >> 16);
    low | 0x08 << 16 | (0x8e | level << 5) << 40 | high << 48
}

/// A data segment of level 3 with this base.
const fn data(base: u32) -> u64 {
    let base = base as u64;
    GUEST_DATA | (base & 0xff_ffff) << 16 | (base >> 24) << 56
}

impl Tables {
    /// Before [`Monitor::load_tables`].
    pub(super) const EMPTY: Self = Self { gates: [0; GATES], segments: [0; 7], task: [0; 26] };
}

impl Monitor {
    /// Makes the tables and loads them.
    pub(super) fn load_tables(&mut self) {
        let tables = &mut self.tables;
        tables.task[1] = layout::STACK_END;
        tables.task[2] = 0x10;
        tables.task[25] = 104 << 16;
        let task = u64::from(&raw const tables.task as u32);
        let task = 103 | (task & 0xff_ffff) << 16 | 0x89 << 40 | (task >> 24) << 56;
        tables.segments = [0, CODE, DATA, data(0), GUEST_CODE, GUEST_DATA, task];
        let stubs = bulkhead_xen_stubs as *const () as u32;
        for (number, place) in (0..).zip(&mut tables.gates[..=usize::from(EVENT_VECTOR)]) {
            // The partition may use `int3` and `into`, and has their exceptions reported to itself.
            let level = if matches!(number, 3 | 4) { 3 } else { 0 };
            *place = gate(stubs + STUB * number, level);
        }
        tables.gates[GATES - 1] = gate(bulkhead_xen_call_stub as *const () as u32, 3);
        let segments = TablePointer { limit: 7 * 8 - 1, base: tables.segments.as_ptr() as u32 };
        let gates = TablePointer { limit: GATES as u16 * 8 - 1, base: tables.gates.as_ptr() as u32 };
        // SAFETY: the tables stay where they are for ever; the segments that are loaded are those of the boot table.
        unsafe {
            asm!("lgdt [{}]", in(reg) &segments, options(readonly, nostack));
            asm!("lidt [{}]", in(reg) &gates, options(readonly, nostack));
            asm!("ltr {0:x}", in(reg) TASK, options(nostack));
            asm!("lldt {0:x}", in(reg) 0_u16, options(nostack));
        }
    }

    /// Sets the base of the partition's thread-local storage, and loads `gs` with it.
    pub(super) fn set_tls_base(&mut self, base: u32) {
        self.tables.segments[3] = data(base);
        // SAFETY: a data segment of level 3; the monitor does not use the register.
        unsafe { bulkhead_xen_load_thread_segment() };
    }
}

const _: () = {
    assert!(i386::TLS_SELECTOR == (3 * 8) | 3);
    assert!(i386::CODE_SELECTOR == (4 * 8) | 3);
    assert!(i386::DATA_SELECTOR == (5 * 8) | 3);
};
