//! The partition's timer.

use crate::host::{Host, Kernel};

/// Arms the timer for an absolute time of the clock in nanoseconds, in place of the deadline before.
///
/// At the deadline, or at the start of the partition's next window if it is switched out then, line
/// [`crate::Line::Timer`] becomes pending; at once if the deadline has passed. [`crate::NEVER`] disarms.
pub fn set(deadline: u64) {
    Kernel::timer_set(deadline);
}

/// Disarms the timer. A timer line that is pending already stays pending.
pub fn clear() {
    Kernel::timer_set(crate::NEVER);
}

#[cfg(test)]
mod tests {
    use crate::host::{Host, simulated};
    use crate::{Line, clock, interrupts};

    fn due() -> bool {
        crate::host::Kernel::due() & Line::Timer.bit() != 0
    }

    #[test]
    fn a_deadline_makes_the_timer_line_pending_once() {
        interrupts::unmask(Line::Timer as u32).expect("a line");
        super::set(1000);
        simulated::advance_to(999);
        assert!(!due());
        simulated::advance_to(1000);
        assert!(due());
        interrupts::clear(Line::Timer as u32).expect("a line");
        simulated::advance_to(5000);
        assert!(!due());
        assert_eq!(clock::now(), 5000);
    }

    #[test]
    fn a_deadline_that_has_passed_is_due_at_once_and_a_cleared_one_never() {
        interrupts::unmask(Line::Timer as u32).expect("a line");
        simulated::advance_to(1000);
        super::set(1001);
        super::clear();
        simulated::advance_to(2000);
        assert!(!due());
        super::set(0);
        assert!(due());
    }
}
