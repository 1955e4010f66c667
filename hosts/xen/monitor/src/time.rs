//! Time: Xen's per-vCPU time, the partition's deadline, and its windows.

use core::sync::atomic::{AtomicU32, Ordering};

use bulkhead_abi::{Line, NEVER, Word64};

use super::monitor::{Monitor, information, shared};
use super::windows::{Moment, moment};
use super::{hypercall, layout};

/// Offset of the first vCPU's time in Xen's shared page (`struct vcpu_info`).
pub(super) const VCPU_TIME: u32 = 32;

/// A deadline this far away, in nanoseconds, is armed in steps: Xen's own arithmetic is not for longer ones.
const STEP: u64 = 1 << 50;

/// `struct vcpu_time_info`.
#[repr(C)]
pub(super) struct VcpuTime {
    pub(super) version: AtomicU32,
    padding: u32,
    pub(super) stamp: Word64,
    pub(super) system_time: Word64,
    pub(super) factor: AtomicU32,
    /// A signed byte in the lowest eight bits.
    pub(super) shift: AtomicU32,
}

fn vcpu_time() -> &'static VcpuTime {
    // SAFETY: Xen's shared page is mapped here for ever; its fields are atomic.
    unsafe { &*((layout::XEN_SHARED_ALIAS + VCPU_TIME) as *const VcpuTime) }
}

/// Xen's system time in nanoseconds.
pub(super) fn system_time() -> u64 {
    let time = vcpu_time();
    loop {
        let version = time.version.load(Ordering::Acquire);
        // SAFETY: every processor that runs Xen's guests has the counter.
        let counter = unsafe { core::arch::x86::_rdtsc() };
        let passed = counter.wrapping_sub(time.stamp.load());
        let shift = time.shift.load(Ordering::Relaxed) as i8;
        let passed = if shift < 0 { passed >> (-shift & 63) } else { passed << (shift & 63) };
        let factor = u64::from(time.factor.load(Ordering::Relaxed));
        let scaled = (passed >> 32) * factor + (((passed & 0xffff_ffff) * factor) >> 32);
        let now = time.system_time.load().wrapping_add(scaled);
        if version & 1 == 0 && time.version.load(Ordering::Acquire) == version {
            return now;
        }
    }
}

fn origin() -> u64 {
    information().clock.origin.load()
}

/// The clock: nanoseconds since the first major frame began.
pub(super) fn now() -> u64 {
    system_time().saturating_sub(origin())
}

impl Monitor {
    /// Where the clock is in the partition's windows.
    pub(super) fn moment(&self) -> Moment {
        let windows = self.configuration.windows.get(..self.configuration.window_count).unwrap_or_default();
        moment(windows, self.configuration.frame.max(1), now())
    }

    /// Makes lines pending whose time has come, and arms Xen's timer for what comes next.
    pub(super) fn tick(&mut self) {
        let now = now();
        if self.deadline <= now {
            self.deadline = NEVER;
            shared().raise(Line::Timer);
        }
        if self.next_window <= now {
            let moment = self.moment();
            self.enter_window(&moment);
            shared().raise(Line::Window);
            self.bells.connect();
            self.notice();
        }
        self.arm(now);
    }

    /// Tells the partition of its window.
    pub(super) fn enter_window(&mut self, moment: &Moment) {
        let page = information();
        page.window_start.store(moment.start);
        page.window_end.store(moment.end);
        page.windows.store(moment.begun, Ordering::Release);
        self.next_window = moment.next;
    }

    /// Arms Xen's timer, if it is not armed for that already.
    fn arm(&mut self, now: u64) {
        let next = self.deadline.min(self.next_window);
        if next == self.armed {
            return;
        }
        self.armed = next;
        if next == NEVER {
            hypercall::disarm();
        } else {
            hypercall::arm(origin() + next.min(now + STEP));
        }
    }

    /// Xen's timer has come: it is not armed any more.
    pub(super) fn timer_came(&mut self) {
        self.armed = NEVER;
    }
}
