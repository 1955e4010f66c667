//! The system's schedules: which there are, which runs, and the request for another.

use bulkhead_abi::system_table::SCHEDULES_MAX;
use bulkhead_abi::{Error, ScheduleDescription, ScheduleStatus};

use crate::host::{Host, Kernel};
use crate::partition::before_zero;

/// A schedule of the system file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule(u32);

impl Schedule {
    /// The schedule with this name in the system file. It asks the kernel for one after the other, so that a program
    /// does it once.
    ///
    /// # Errors
    /// `BadArgument` if there is none.
    pub fn find(name: &str) -> Result<Self, Error> {
        Self::find_bytes(name.as_bytes())
    }

    /// The same with a name that need not be text.
    pub(crate) fn find_bytes(name: &[u8]) -> Result<Self, Error> {
        all()
            .find(|(_, description)| before_zero(&description.name) == name)
            .map(|(schedule, _)| schedule)
            .ok_or(Error::BadArgument)
    }

    /// The schedule with this number, whether there is one or not: the kernel checks it at each call.
    #[must_use]
    pub const fn unchecked(number: u32) -> Self {
        Self(number)
    }

    /// The schedule's number: 0 is the first that the system file names.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// What the system file says of it, and what of it is this partition's.
    ///
    /// # Errors
    /// `BadArgument` if there is no such schedule.
    pub fn describe(self) -> Result<ScheduleDescription, Error> {
        Kernel::schedule_describe(self.0)
    }

    /// Asks for it from the next major frame on; the last request counts. Whether it is another than the one that runs:
    /// that goes on if it is not.
    ///
    /// # Errors
    /// `NotPermitted` if this partition may not, `BadArgument` if there is no such schedule.
    pub fn set(self) -> Result<bool, Error> {
        Kernel::schedule_set(self.0)
    }
}

/// Which schedule runs, which from the next major frame on, and since when.
///
/// # Errors
/// What the kernel answered; none is expected.
pub fn status() -> Result<ScheduleStatus, Error> {
    Kernel::schedule_status()
}

/// All schedules, with what the system file says of them.
pub fn all() -> impl Iterator<Item = (Schedule, ScheduleDescription)> {
    (0..SCHEDULES_MAX as u32).map_while(|number| {
        Kernel::schedule_describe(number).ok().map(|description| (Schedule(number), description))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::simulated::health as world;

    #[test]
    fn another_schedule_is_found_and_asked_for() {
        world::set_schedules(&["main", "degraded"]);
        let degraded = Schedule::find("degraded").expect("it was added");
        assert_eq!(degraded.number(), 1);
        assert_eq!(Schedule::find("degrade"), Err(Error::BadArgument));
        assert_eq!((degraded.set(), Schedule::unchecked(2).set()), (Ok(true), Err(Error::BadArgument)));
        assert_eq!(status().map(|status| (status.current, status.next)), Ok((0, 1)));
        assert_eq!(Schedule::unchecked(0).set(), Ok(false));
        assert_eq!(status().map(|status| (status.current, status.next)), Ok((0, 0)));
        assert_eq!(all().count(), 2);
    }
}
