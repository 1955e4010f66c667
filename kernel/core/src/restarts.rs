//! How often the health monitor may start a partition again.

use bulkhead_abi::system_table::RESTARTS_MAX;

/// At most so many restarts in any stretch of time of this length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Budget {
    /// How many, at most [`RESTARTS_MAX`].
    pub most: u8,
    /// In what time, in nanoseconds.
    pub period: u64,
}

const _: () = assert!(RESTARTS_MAX.is_power_of_two() && RESTARTS_MAX < 1 << 8);

/// When the last restarts were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Restarts {
    times: [u64; RESTARTS_MAX],
    /// How many of the times are restarts', and where the next one's goes.
    known: u8,
    next: u8,
}

impl Default for Restarts {
    fn default() -> Self {
        Self::NONE
    }
}

impl Restarts {
    /// No restart.
    pub const NONE: Self = Self { times: [0; RESTARTS_MAX], known: 0, next: 0 };

    /// The time of the restart so many before the next one.
    const fn back(&self, restarts: u8) -> u64 {
        self.times[self.next.wrapping_sub(restarts) as usize % RESTARTS_MAX]
    }

    /// Takes a restart at this moment from the budget; false if there is none left.
    pub const fn take(&mut self, budget: Budget, now: u64) -> bool {
        let exceeded = budget.most == 0
            || self.known >= budget.most && now.wrapping_sub(self.back(budget.most)) < budget.period;
        if exceeded {
            return false;
        }
        self.times[self.next as usize % RESTARTS_MAX] = now;
        self.next = self.next.wrapping_add(1);
        if (self.known as usize) < RESTARTS_MAX {
            self.known += 1;
        }
        true
    }

    /// How many restarts there are left at this moment.
    #[must_use]
    pub fn left(&self, budget: Budget, now: u64) -> u32 {
        let used = (1..=self.known.min(budget.most))
            .take_while(|&back| now.wrapping_sub(self.back(back)) < budget.period)
            .count();
        u32::from(budget.most) - used as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    proptest! {
        /// A restart is allowed exactly if fewer than the most lie in the period before it.
        #[test]
        fn the_budget_is_what_a_list_of_all_restarts_says(
            most in 0..=RESTARTS_MAX as u8,
            period in 0u64..200,
            steps in prop::collection::vec(0u64..60, 0..200),
        ) {
            let budget = Budget { most, period };
            let (mut restarts, mut all, mut now) = (Restarts::NONE, Vec::new(), 0);
            for step in steps {
                now += step;
                let recent = all.iter().filter(|&&time| now - time < period).count();
                prop_assert_eq!(restarts.left(budget, now), u32::from(most).saturating_sub(recent as u32));
                let allowed = recent < usize::from(most);
                prop_assert_eq!(restarts.take(budget, now), allowed);
                if allowed {
                    all.push(now);
                }
            }
        }
    }
}
