//! Xen's system time, which guests count from.
//!
//! The hypervisor has no call that tells it. But it tells since when a processor has been running, and right after a
//! sleep that is now. Its rate is that of this domain's own clock.

use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::hypercall;

/// How often the two clocks are compared: the best comparison counts.
const COMPARISONS: u32 = 5;

/// A sleep long enough that the processor stops running.
const SLEEP: Duration = Duration::from_millis(3);

/// Xen's system time at an instant of this domain's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    instant: Instant,
    system_time: u64,
}

impl Clock {
    /// Compares the clocks.
    pub(crate) fn compare() -> Result<Self> {
        let mut best: Option<Self> = None;
        for _ in 0..COMPARISONS {
            thread::sleep(SLEEP);
            let system_time = hypercall::running_since()?;
            let found = Self { instant: Instant::now(), system_time };
            // The processor had been running a little when the instant was taken: the comparison that makes Xen's time
            // the latest is off by the least.
            if best.is_none_or(|best| best.at(found.instant) < system_time) {
                best = Some(found);
            }
        }
        best.ok_or_else(|| "Xen does not tell its time".to_owned())
    }

    /// Xen's system time at an instant, in nanoseconds.
    pub(crate) fn at(&self, instant: Instant) -> u64 {
        let passed = instant.saturating_duration_since(self.instant).as_nanos();
        self.system_time.saturating_add(u64::try_from(passed).unwrap_or(u64::MAX))
    }
}
