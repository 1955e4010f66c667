//! The clock as a counter of 32 bits that RTEMS extends: so slow that it does not wrap between two looks, and of a
//! frequency that is a whole number of Hz, so that RTEMS's time keeps to the interface's however long the major frame
//! is.

/// Nanoseconds in a second.
const SECOND: u32 = 1_000_000_000;

/// One count for so many nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timecounter {
    /// How often they are halved first.
    shift: u32,
    /// What they are then divided by, a power of 5: 1 unless the major frame takes minutes.
    divisor: u32,
}

impl Timecounter {
    /// The finest counter for a major frame of so many nanoseconds. RTEMS looks at every tick, so at least once in a
    /// major frame; eight frames leave room for a partition that keeps interrupts disabled.
    #[must_use]
    pub const fn new(major_frame: u64) -> Self {
        /// A second has nine factors of 2 and nine of 5.
        const FACTORS: u32 = 9;
        let least = (major_frame.saturating_mul(8) >> 32) + 1;
        // A shift alone costs less than a division.
        let mut shift = 0;
        while shift <= FACTORS {
            if 1 << shift >= least {
                return Self { shift, divisor: 1 };
            }
            shift += 1;
        }
        let mut best = Self { shift: FACTORS, divisor: 5_u32.pow(FACTORS) };
        let mut place = FACTORS;
        while place < FACTORS * (FACTORS + 1) {
            let found = Self { shift: place % (FACTORS + 1), divisor: 5_u32.pow(place / (FACTORS + 1)) };
            if found.length() >= least && found.length() < best.length() {
                best = found;
            }
            place += 1;
        }
        best
    }

    /// What [`Timecounter::new`] gave, from its two halves.
    #[must_use]
    pub const fn from_parts([shift, divisor]: [u32; 2]) -> Self {
        Self { shift, divisor }
    }

    /// Its two halves, for a place that keeps words.
    #[must_use]
    pub const fn parts(self) -> [u32; 2] {
        [self.shift, self.divisor]
    }

    /// Nanoseconds from count to count.
    #[must_use]
    pub const fn length(self) -> u64 {
        (self.divisor as u64) << self.shift
    }

    /// Counts in a second: always a whole number.
    #[must_use]
    pub const fn frequency(self) -> u32 {
        (SECOND >> self.shift) / self.divisor
    }

    /// The count at a time, modulo 2^32.
    #[must_use]
    pub const fn at(self, now: u64) -> u32 {
        let halved = now >> self.shift;
        if self.divisor == 1 { halved as u32 } else { (halved / self.divisor as u64) as u32 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{SECOND, Timecounter};

    const HOUR: u64 = 3600 * SECOND as u64;

    #[test]
    fn the_finest_that_does() {
        let length = |seconds: f64| Timecounter::new((seconds * 1e9) as u64).length();
        assert_eq!([0.000_001, 0.1, 0.5].map(length), [1, 1, 1]);
        assert_eq!([0.6, 1.0, 10.0, 200.0].map(length), [2, 2, 32, 512]);
        assert_eq!(length(3600.0), 8000);
        assert!(Timecounter::new(u64::MAX).frequency() >= 1);
    }

    /// RTEMS's way from counts to time, of `cpukit/score/src/kern_tc.c`: at each look the counts since the last one,
    /// times 2^64 and divided by the frequency, are added up in seconds and fractions of 2^64.
    struct Uptime {
        counter: Timecounter,
        scale: u64,
        last: u32,
        total: u128,
    }

    impl Uptime {
        fn new(counter: Timecounter, now: u64) -> Self {
            let scale = (1_u64 << 63) / u64::from(counter.frequency()) * 2;
            Self { counter, scale, last: counter.at(now), total: 0 }
        }

        /// RTEMS's tick.
        fn look(&mut self, now: u64) {
            let count = self.counter.at(now);
            self.total += u128::from(count.wrapping_sub(self.last)) * u128::from(self.scale);
            self.last = count;
        }

        fn nanoseconds(&self) -> u64 {
            ((self.total * u128::from(SECOND)) >> 64) as u64
        }
    }

    /// How far RTEMS's time is from the interface's after ten hours of looks, in nanoseconds beyond one count.
    fn error_after_ten_hours(frame: u64, start: u64, look: u64) -> u64 {
        let counter = Timecounter::new(frame);
        let mut uptime = Uptime::new(counter, start);
        let mut now = start;
        while now < start + 10 * HOUR {
            now += look;
            uptime.look(now);
        }
        uptime.nanoseconds().abs_diff(now - start).saturating_sub(counter.length())
    }

    /// RTEMS's own rounding of the scale: 2^-63 of the frequency, 3.4 us in ten hours at 1 GHz.
    const ROUNDING: u64 = 4_000;

    #[test]
    fn ten_hours_are_ten_hours_in_frames_that_people_use() {
        for (seconds, look) in
            [(0.01, 0.01), (1.0, 0.1), (60.0, 60.0), (600.0, 480.0), (3600.0, 3600.0), (3600.0, 7.0)]
        {
            let [frame, look] = [seconds, look].map(|seconds: f64| (seconds * 1e9) as u64);
            let error = error_after_ten_hours(frame, 123_456_789, look);
            assert!(error <= ROUNDING, "frame {seconds} s, looks each {look} ns: {error} ns");
        }
    }

    proptest! {
        #[test]
        fn ten_hours_are_ten_hours_in_every_frame(
            frame in prop_oneof![1_000..=1_000_000_000_u64, 1_000_000_000..=HOUR],
            start in 0..HOUR,
            part in 1_u64..=8,
        ) {
            // Not more looks than a test has time for, and up to eight frames between two.
            let look = (frame * part).max(HOUR / 100_000);
            prop_assert!(error_after_ten_hours(frame.max(look / 8), start, look) <= ROUNDING);
        }

        #[test]
        fn counts_are_whole_and_do_not_wrap_in_eight_frames(frame in 1..=HOUR) {
            let counter = Timecounter::new(frame);
            prop_assert_eq!(u64::from(counter.frequency()) * counter.length(), u64::from(SECOND));
            prop_assert!(frame * 8 / counter.length() < 1 << 32);
            prop_assert_eq!(Timecounter::from_parts(counter.parts()), counter);
        }
    }
}
