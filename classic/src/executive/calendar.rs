//! The time of day: calendar dates and seconds.

/// A time of day in the layout of the Classic API.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeOfDay {
    /// Year, 1988 to 2400.
    pub year: u32,
    /// Month, 1 to 12.
    pub month: u32,
    /// Day of the month, from 1.
    pub day: u32,
    /// Hour, 0 to 23.
    pub hour: u32,
    /// Minute, 0 to 59.
    pub minute: u32,
    /// Second, 0 to 59.
    pub second: u32,
    /// Ticks within the second.
    pub ticks: u32,
}

/// The year in which the Classic API's epoch begins.
pub const EPOCH_YEAR: u32 = 1988;

/// Seconds from 1970 to the Classic API's epoch, 1 January 1988.
pub const EPOCH_SECONDS: u64 = 567_993_600;

/// The last year that is taken.
const LAST_YEAR: u32 = 2400;

const SECONDS_PER_DAY: u64 = 86_400;

impl TimeOfDay {
    /// Whether date and time exist; `ticks` is not looked at.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        (EPOCH_YEAR..=LAST_YEAR).contains(&self.year)
            && (1..=12).contains(&self.month)
            && (1..=days_of_month(self.year, self.month)).contains(&self.day)
            && self.hour < 24
            && self.minute < 60
            && self.second < 60
    }

    /// Seconds from 1970 to this valid time.
    #[must_use]
    pub fn seconds(&self) -> u64 {
        let years = (1970..self.year).map(days_of_year).sum::<u32>();
        let months = (1..self.month).map(|month| days_of_month(self.year, month)).sum::<u32>();
        let days = u64::from(years + months + self.day - 1);
        days * SECONDS_PER_DAY
            + u64::from(self.hour) * 3600
            + u64::from(self.minute) * 60
            + u64::from(self.second)
    }

    /// The time that is so many seconds after 1970, with no ticks.
    #[must_use]
    pub fn from_seconds(seconds: u64) -> Self {
        let mut days = (seconds / SECONDS_PER_DAY) as u32;
        let within = (seconds % SECONDS_PER_DAY) as u32;
        let mut year = 1970;
        while days >= days_of_year(year) {
            days -= days_of_year(year);
            year += 1;
        }
        let mut month = 1;
        while days >= days_of_month(year, month) {
            days -= days_of_month(year, month);
            month += 1;
        }
        Self {
            year,
            month,
            day: days + 1,
            hour: within / 3600,
            minute: within / 60 % 60,
            second: within % 60,
            ticks: 0,
        }
    }
}

const fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn days_of_year(year: u32) -> u32 {
    if is_leap(year) { 366 } else { 365 }
}

const fn days_of_month(year: u32, month: u32) -> u32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_epoch_is_where_the_api_says() {
        let epoch = TimeOfDay { year: 1988, month: 1, day: 1, ..TimeOfDay::default() };
        assert_eq!(epoch.seconds(), EPOCH_SECONDS);
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        let valid = TimeOfDay { year: 2000, month: 2, day: 29, hour: 23, minute: 59, second: 59, ticks: 0 };
        assert!(valid.is_valid());
        assert!(!TimeOfDay { year: 2100, ..valid }.is_valid());
        assert!(!TimeOfDay { year: 1987, day: 1, ..valid }.is_valid());
        assert!(!TimeOfDay { month: 13, ..valid }.is_valid());
        assert!(!TimeOfDay { day: 0, ..valid }.is_valid());
        assert!(!TimeOfDay { hour: 24, ..valid }.is_valid());
        assert!(!TimeOfDay { minute: 60, ..valid }.is_valid());
        assert!(!TimeOfDay { second: 60, ..valid }.is_valid());
    }

    proptest! {
        #[test]
        fn seconds_and_dates_agree(seconds in EPOCH_SECONDS..13_569_465_600u64) {
            let date = TimeOfDay::from_seconds(seconds);
            prop_assert!(date.is_valid());
            prop_assert_eq!(date.seconds(), seconds);
        }
    }
}
