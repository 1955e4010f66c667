//! Event channels: what Xen has to tell becomes lines of the partition (xen/include/public: xen.h, event_channel.h, the
//! format with two levels).

use core::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use bulkhead_abi::Line;
use bulkhead_abi::system_table::PARTITIONS_MAX;

use super::monitor::{Monitor, shared};
use super::{hypercall, layout, ports, regions};

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
struct Channels {
    pending: [AtomicU32; WORDS],
    mask: [AtomicU32; WORDS],
}

fn vcpu() -> &'static VcpuInfo {
    // SAFETY: Xen's shared page is mapped here for ever; its fields are atomic.
    unsafe { &*(layout::XEN_SHARED_ALIAS as *const VcpuInfo) }
}

fn channels() -> &'static Channels {
    // SAFETY: as above.
    unsafe { &*((layout::XEN_SHARED_ALIAS + PENDING) as *const Channels) }
}

/// Masks every port.
pub(super) fn mask_all() {
    for word in &channels().mask {
        word.store(u32::MAX, Ordering::Relaxed);
    }
}

/// Lets a port's events come; one that has come is not lost.
pub(super) fn unmask(port: u32) {
    let (word, bit) = (port as usize / 32 % WORDS, 1 << (port % 32));
    channels().mask[word].fetch_and(!bit, Ordering::SeqCst);
    if channels().pending[word].load(Ordering::SeqCst) & bit != 0 {
        vcpu().pending_words.fetch_or(1 << word, Ordering::SeqCst);
        vcpu().upcall_pending.store(1, Ordering::SeqCst);
    }
}

impl Monitor {
    /// Tells the partition of its ports and regions what there is to tell.
    pub(super) fn notice(&mut self) {
        ports::notice(self);
        regions::notice(self);
    }

    /// Gives up the processor until Xen has something to tell, at the latest at a system time; 0 stands for never.
    pub(super) fn wait(&self, until: u64) {
        let (mut ports, mut count) = ([0; 2 + PARTITIONS_MAX], 0);
        for (place, port) in ports.iter_mut().zip(self.ports.into_iter().chain(self.bells.ports())) {
            *place = port;
            count += 1;
        }
        hypercall::poll(ports.get(..count).unwrap_or_default(), until);
    }

    /// Turns what has come into pending lines.
    pub(super) fn collect(&mut self) {
        if vcpu().upcall_pending.swap(0, Ordering::SeqCst) == 0 {
            return;
        }
        let words = vcpu().pending_words.swap(0, Ordering::SeqCst);
        let (mut came, mut rung) = ([false; 2], false);
        for (number, word) in channels().pending.iter().enumerate() {
            if words & 1 << number == 0 {
                continue;
            }
            let mask = channels().mask.get(number).map_or(u32::MAX, |mask| mask.load(Ordering::Relaxed));
            let pending = word.fetch_and(mask, Ordering::SeqCst) & !mask;
            let mut others = pending;
            for (came, port) in
                came.iter_mut().zip(self.ports).filter(|(_, port)| *port as usize / 32 == number)
            {
                *came |= pending & 1 << (port % 32) != 0;
                others &= !(1 << (port % 32));
            }
            // Besides these two only the bells are let through.
            rung |= others != 0;
        }
        if rung {
            self.notice();
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
