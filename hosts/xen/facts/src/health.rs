//! What is done about a partition's errors, as a word of the guest's command line.

use core::fmt;

use bulkhead_abi::system_table::RESTARTS_MAX;
use bulkhead_abi::{Action, HealthError, Response, standard_responses};

use crate::command_line::{long, number};

/// The table of a partition, as a monitor can keep it: it knows no schedule, and of no other partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthTable {
    /// The response to each [`HealthError`] by its number, as the system table has it; that of
    /// [`HealthError::Initialization`] can be [`Response::NONE`].
    pub responses: [u32; HealthError::COUNT],
    /// How many restarts the partition gets in a period.
    pub restarts: u32,
    /// The period, in nanoseconds.
    pub restart_period: u64,
}

impl HealthTable {
    /// Of a partition of which nothing is said: it is never started again.
    pub const STANDARD: Self = Self { responses: standard_responses(), restarts: 0, restart_period: 0 };

    /// The response to an error; none to [`HealthError::Initialization`] if there is none.
    #[must_use]
    pub const fn response(&self, error: HealthError) -> Option<Response> {
        Response::decode(self.responses[error as usize])
    }

    /// Reads "restarts,period,response,response...", a response for each error, in hexadecimal digits.
    pub(crate) fn read(&mut self, text: &[u8]) -> Result<(), &'static str> {
        let mut words = text.split(|byte| *byte == b',');
        let missing = "a response to an error is missing";
        self.restarts = number(words.next().ok_or(missing)?)?;
        self.restart_period = long(words.next().ok_or(missing)?)?;
        for error in HealthError::ALL {
            self.responses[error as usize] = number(words.next().ok_or(missing)?)?;
            let is_none = self.responses[error as usize] == Response::NONE;
            match self.response(error) {
                Some(response) if can_be_done(response) => {}
                None if is_none && error == HealthError::Initialization => {}
                _ => return Err("a response to an error is none that a guest can give"),
            }
        }
        if self.restarts as usize > RESTARTS_MAX || words.next().is_some() {
            return Err("there are too many restarts or responses");
        }
        Ok(())
    }
}

/// Whether the monitor of a guest can do what a response says: nothing about other guests, or schedules.
#[must_use]
pub const fn can_be_done(response: Response) -> bool {
    !matches!(response.action, Action::StopModule | Action::RestartModule) && response.schedule.is_none()
}

impl fmt::Display for HealthTable {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, " health={},{}", self.restarts, self.restart_period)?;
        HealthError::ALL.iter().try_for_each(|error| write!(to, ",{:#x}", self.responses[*error as usize]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<HealthTable, &'static str> {
        let mut table = HealthTable::STANDARD;
        table.read(text.trim_start_matches(" health=").as_bytes()).map(|()| table)
    }

    #[test]
    fn a_table_is_read_as_it_is_written() {
        let mut table = HealthTable { restarts: 3, restart_period: 10_000_000_000, ..HealthTable::STANDARD };
        assert_eq!(read(&table.to_string()), Ok(table));
        for (place, error) in HealthError::ALL.into_iter().enumerate() {
            let action = [Action::Ignore, Action::WarmRestart, Action::ColdRestart, Action::Idle][place % 4];
            let response = Response { deliver: place % 3 == 0, log: place % 2 == 0, ..Response::new(action) };
            table.responses[error as usize] = response.encode();
        }
        assert_eq!(read(&table.to_string()), Ok(table));
        assert_eq!(table.response(HealthError::Memory), Response::decode(0x300));
    }

    #[test]
    fn what_a_guest_cannot_do_is_refused() {
        let good = HealthTable::STANDARD.to_string();
        for (from, to, why) in [
            ("=0,", "=17,", "too many"),
            (",0x104,", ",0x105,", "can give"),
            (",0x104,", ",0x106,", "can give"),
            (",0x104,", ",0x10104,", "can give"),
            (",0x104,", ",0xffffffff,", "can give"),
            (",0x104,", ",0x104,0x104,", "can give"),
        ] {
            let found = read(&good.replacen(from, to, 1)).expect_err(to);
            assert!(found.contains(why), "{from} {to}: {found}");
        }
        let (less, _) = good.rsplit_once(',').expect("a list");
        assert!(read(less).is_err_and(|why| why.contains("missing")));
        assert!(read(&format!("{good},0x4")).is_err_and(|why| why.contains("too many")));
    }
}
