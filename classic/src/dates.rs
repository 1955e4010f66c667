//! Dates of `<time.h>`: seconds since 1970 as a date and back, and as text. There is one time zone, UTC.

/// `struct tm`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Date {
    /// Seconds, 0 to 60.
    pub second: i32,
    /// Minutes, 0 to 59.
    pub minute: i32,
    /// Hours, 0 to 23.
    pub hour: i32,
    /// The day of the month, from 1.
    pub day: i32,
    /// The month, 0 to 11.
    pub month: i32,
    /// Years since 1900.
    pub year: i32,
    /// The day of the week, 0 is Sunday.
    pub weekday: i32,
    /// The day of the year, from 0.
    pub day_of_year: i32,
    /// Whether summer time is kept: never.
    pub summer_time: i32,
}

const SECONDS_PER_DAY: i64 = 86_400;
/// Days of 400 years, after which the calendar repeats.
const DAYS_PER_CYCLE: i64 = 146_097;
/// Days from 1 March of the year 0 to 1 January 1970.
const DAYS_TO_1970: i64 = 719_468;

const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Days from 1970 to the first of March of a year that begins there.
const fn days_to_march(year: i64) -> i64 {
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) - DAYS_TO_1970
}

/// Days from 1 March to the first of a month, March being 0.
const fn days_of_months(month: i64) -> i64 {
    (153 * month + 2) / 5
}

/// Days from 1970 to a day; the month, 0 to 11, and the year are those of the calendar.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    days_to_march(year) + days_of_months(month) + day - 1
}

impl Date {
    /// The date so many seconds after 1970. Nothing if its year has no room in an `int`.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        let (day, within) = (seconds.div_euclid(SECONDS_PER_DAY), seconds.rem_euclid(SECONDS_PER_DAY));
        let since_march = day + DAYS_TO_1970;
        let (cycle, in_cycle) =
            (since_march.div_euclid(DAYS_PER_CYCLE), since_march.rem_euclid(DAYS_PER_CYCLE));
        let in_cycle_year = (in_cycle - in_cycle / 1460 + in_cycle / 36_524 - in_cycle / 146_096) / 365;
        let march_year = 400 * cycle + in_cycle_year;
        let of_year = day - days_to_march(march_year);
        let march_month = (5 * of_year + 2) / 153;
        let month = (march_month + 2) % 12;
        let year = march_year + i64::from(month < 2);
        Some(Self {
            second: (within % 60) as i32,
            minute: (within / 60 % 60) as i32,
            hour: (within / 3600) as i32,
            day: (of_year - days_of_months(march_month) + 1) as i32,
            month: month as i32,
            year: i32::try_from(year - 1900).ok()?,
            weekday: (day + 4).rem_euclid(7) as i32,
            day_of_year: (day - days(year, 0, 1)) as i32,
            summer_time: 0,
        })
    }

    /// The seconds from 1970 to this date, whose parts may be out of their ranges.
    #[must_use]
    pub fn seconds(&self) -> i64 {
        let month = i64::from(self.month);
        let year = i64::from(self.year) + 1900 + month.div_euclid(12);
        days(year, month.rem_euclid(12), i64::from(self.day)) * SECONDS_PER_DAY
            + i64::from(self.hour) * 3600
            + i64::from(self.minute) * 60
            + i64::from(self.second)
    }

    fn weekday_name(&self) -> &'static str {
        usize::try_from(self.weekday).ok().and_then(|day| WEEKDAYS.get(day).copied()).unwrap_or("?")
    }

    fn month_name(&self) -> &'static str {
        usize::try_from(self.month).ok().and_then(|month| MONTHS.get(month).copied()).unwrap_or("?")
    }

    /// The week of the year as ISO 8601 counts, and the year it belongs to.
    fn iso_week(&self) -> (i32, i64) {
        let year = i64::from(self.year) + 1900;
        // The week that a Thursday is in is the year's.
        let thursday = self.day_of_year - (self.weekday + 6) % 7 + 3;
        let length = |year: i64| (days(year + 1, 0, 1) - days(year, 0, 1)) as i32;
        if thursday < 0 {
            ((thursday + length(year - 1)) / 7 + 1, year - 1)
        } else if thursday >= length(year) {
            (1, year + 1)
        } else {
            (thursday / 7 + 1, year)
        }
    }

    /// Writes the date as `strftime`'s format says (C17 7.27.3.5), in the locale "C".
    pub fn write(&self, format: &[u8], output: &mut dyn FnMut(&[u8])) {
        let mut bytes = format.iter().copied();
        while let Some(byte) = bytes.next() {
            if byte != b'%' {
                output(&[byte]);
                continue;
            }
            let mut conversion = bytes.next().unwrap_or(0);
            if matches!(conversion, b'E' | b'O') {
                conversion = bytes.next().unwrap_or(0);
            }
            self.conversion(conversion, output);
        }
    }

    fn conversion(&self, conversion: u8, output: &mut dyn FnMut(&[u8])) {
        let year = i64::from(self.year) + 1900;
        let hour_of_twelve = (self.hour + 11) % 12 + 1;
        let two = |number: i32, output: &mut dyn FnMut(&[u8])| decimal(i64::from(number), 2, b'0', output);
        match conversion {
            b'a' => output(&self.weekday_name().as_bytes()[..3.min(self.weekday_name().len())]),
            b'A' => output(self.weekday_name().as_bytes()),
            b'b' | b'h' => output(&self.month_name().as_bytes()[..3.min(self.month_name().len())]),
            b'B' => output(self.month_name().as_bytes()),
            b'c' => self.write(b"%a %b %e %H:%M:%S %Y", output),
            b'C' => decimal(year.div_euclid(100), 2, b'0', output),
            b'd' => two(self.day, output),
            b'D' | b'x' => self.write(b"%m/%d/%y", output),
            b'e' => decimal(i64::from(self.day), 2, b' ', output),
            b'F' => self.write(b"%Y-%m-%d", output),
            b'g' => decimal(self.iso_week().1.rem_euclid(100), 2, b'0', output),
            b'G' => decimal(self.iso_week().1, 1, b'0', output),
            b'H' => two(self.hour, output),
            b'I' => two(hour_of_twelve, output),
            b'j' => decimal(i64::from(self.day_of_year) + 1, 3, b'0', output),
            b'm' => two(self.month + 1, output),
            b'M' => two(self.minute, output),
            b'n' => output(b"\n"),
            b'p' => output(if self.hour < 12 { b"AM" } else { b"PM" }),
            b'r' => self.write(b"%I:%M:%S %p", output),
            b'R' => self.write(b"%H:%M", output),
            b's' => decimal(self.seconds(), 1, b'0', output),
            b'S' => two(self.second, output),
            b't' => output(b"\t"),
            b'T' | b'X' => self.write(b"%H:%M:%S", output),
            b'u' => decimal(i64::from((self.weekday + 6) % 7 + 1), 1, b'0', output),
            b'U' => two((self.day_of_year + 7 - self.weekday) / 7, output),
            b'V' => two(self.iso_week().0, output),
            b'w' => decimal(i64::from(self.weekday), 1, b'0', output),
            b'W' => two((self.day_of_year + 7 - (self.weekday + 6) % 7) / 7, output),
            b'y' => decimal(year.rem_euclid(100), 2, b'0', output),
            b'Y' => decimal(year, 1, b'0', output),
            b'z' => output(b"+0000"),
            b'Z' => output(b"UTC"),
            b'%' => output(b"%"),
            _ => {}
        }
    }
}

/// Writes a number with at least so many characters.
fn decimal(number: i64, width: usize, filler: u8, output: &mut dyn FnMut(&[u8])) {
    let mut digits = [filler; 20];
    let (mut rest, mut begin) = (number.unsigned_abs(), digits.len());
    loop {
        begin -= 1;
        digits[begin] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        output(b"-");
    }
    output(&digits[begin.min(digits.len() - width)..]);
}
