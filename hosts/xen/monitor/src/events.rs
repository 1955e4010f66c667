//! Event channels: what Xen has to tell becomes lines of the partition (xen/include/public: xen.h, event_channel.h, the
//! format with two levels).

use core::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use bulkhead_abi::Line;

use super::layout;
use super::monitor::{Monitor, shared};

/// Words of 32 ports each.
const WORDS: usize = 32;

/// Offset of the pending words in Xen's shared page: behind 32 vCPUs of 64 bytes.
const PENDING: u32 = 32 * 64;

/// The beginning of a vCPU's part (`struct vcpu_info`).
#[repr(C)]
struct VcpuInfo {
    upcall_pending: AtomicU8,
    upcall_mask: AtomicU8,
    padding: u16,
    /// One bit for each word with a pending port.
    pending_words: AtomicU32,
}

#[repr(C)]
struct Ports {
    pending: [AtomicU32; WORDS],
    mask: [AtomicU32; WORDS],
}

fn vcpu() -> &'static VcpuInfo {
    // SAFETY: Xen's shared page is mapped here for ever; its fields are atomic.
    unsafe { &*(layout::XEN_SHARED_ALIAS as *const VcpuInfo) }
}

fn ports() -> &'static Ports {
    // SAFETY: as above.
    unsafe { &*((layout::XEN_SHARED_ALIAS + PENDING) as *const Ports) }
}

/// Masks every port.
pub(super) fn mask_all() {
    for word in &ports().mask {
        word.store(u32::MAX, Ordering::Relaxed);
    }
}

/// Lets a port's events come; one that has come is not lost.
pub(super) fn unmask(port: u32) {
    let (word, bit) = (port as usize / 32 % WORDS, 1 << (port % 32));
    ports().mask[word].fetch_and(!bit, Ordering::SeqCst);
    if ports().pending[word].load(Ordering::SeqCst) & bit != 0 {
        vcpu().pending_words.fetch_or(1 << word, Ordering::SeqCst);
        vcpu().upcall_pending.store(1, Ordering::SeqCst);
    }
}

impl Monitor {
    /// Turns what has come into pending lines.
    pub(super) fn collect(&mut self) {
        if vcpu().upcall_pending.swap(0, Ordering::SeqCst) == 0 {
            return;
        }
        let words = vcpu().pending_words.swap(0, Ordering::SeqCst);
        let mut came = [false; 2];
        for (number, word) in ports().pending.iter().enumerate() {
            if words & 1 << number == 0 {
                continue;
            }
            let mask = ports().mask.get(number).map_or(u32::MAX, |mask| mask.load(Ordering::Relaxed));
            let pending = word.fetch_and(mask, Ordering::SeqCst) & !mask;
            for (came, port) in came.iter_mut().zip(self.ports) {
                *came |= port as usize / 32 == number && pending & 1 << (port % 32) != 0;
            }
        }
        let [timer, console] = came;
        if timer {
            self.timer_came();
            self.tick();
        }
        if console && self.configuration.input && self.ring().has_input() {
            shared().raise(Line::Console);
        }
    }
}
