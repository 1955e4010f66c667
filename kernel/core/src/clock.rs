//! Conversion between the ticks of a hardware counter and nanoseconds.

/// Nanoseconds in a second.
pub const NANOSECONDS_PER_SECOND: u64 = 1_000_000_000;

/// A time that never comes. All times of the kernel are below 2^63, which is 292 years.
pub const FAR: u64 = i64::MAX as u64;

/// The longest time that is waited for at once, in nanoseconds: 73 minutes, more than any frame has.
const LONGEST_WAIT: u64 = 1 << 42;

/// The middle one of three.
#[must_use]
pub const fn median([first, second, third]: [u64; 3]) -> u64 {
    let (low, high) = if first < second { (first, second) } else { (second, first) };
    if third < low {
        low
    } else if third > high {
        high
    } else {
        third
    }
}

/// Whether a time comes before another one.
///
/// The same as `time < other` for times up to [`FAR`]; on a processor of 32 bits it takes a third of the instructions.
#[inline(always)]
#[must_use]
pub const fn is_before(time: u64, other: u64) -> bool {
    (time.wrapping_sub(other) as i64) < 0
}

/// A ratio of two frequencies: `(value * multiplier) >> shift`.
///
/// The multiplier is at least 2^31, so the result is right to 31 bits of relative precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// Factor, from 2^31 to 2^32 - 1.
    pub multiplier: u32,
    /// Right shift, 0 to 63.
    pub shift: u32,
}

impl Ratio {
    /// One to one.
    pub const ONE: Self = Self { multiplier: 1 << 31, shift: 31 };

    /// The ratio `numerator / denominator`; `None` if it is zero or undefined, or not between 2^-31 and 2^32.
    #[must_use]
    pub fn new(numerator: u64, denominator: u64) -> Option<Self> {
        if numerator == 0 || denominator == 0 {
            return None;
        }
        // Long division, one bit more of the quotient at a time: products of 128 bits are large on some processors.
        let (quotient, mut remainder) = divide(numerator, denominator);
        let mut multiplier = u32::try_from(quotient).ok()?;
        let mut shift = 0;
        while shift < 63 && multiplier < 1 << 31 {
            let missing = denominator - remainder;
            let bit = remainder >= missing;
            remainder = if bit { remainder - missing } else { remainder + remainder };
            multiplier = multiplier << 1 | u32::from(bit);
            shift += 1;
        }
        (multiplier >= 1 << 31).then_some(Self { multiplier, shift })
    }

    /// Applies the ratio, rounding down. The result is exact modulo 2^64.
    #[inline(always)]
    #[must_use]
    pub const fn scale(self, value: u64) -> u64 {
        if cfg!(target_pointer_width = "64") {
            ((value as u128 * self.multiplier as u128) >> (self.shift & 63)) as u64
        } else {
            self.scale_in_halves(value)
        }
    }

    /// How many counts of a counter to wait, by this ratio of counts to nanoseconds, from the instant at which the
    /// clock says `now` until it says `deadline`. At least 1.
    ///
    /// Only the difference is converted: what the ratio lacks grows with the time to wait, not with the time that the
    /// system has been up. The alarm is early by at most a nanosecond and 2^-30 of the time to wait, and then asked for
    /// again; it is late by a count and a nanosecond at the most.
    #[inline(always)]
    #[must_use]
    pub const fn counts_until(self, deadline: u64, now: u64) -> u64 {
        let wait = deadline.saturating_sub(now);
        let wait = if wait < LONGEST_WAIT { wait } else { LONGEST_WAIT };
        self.scale(wait).wrapping_add(1)
    }

    /// Applies the ratio to a value of 32 bits; the result is exact if it has no more, and otherwise the largest.
    #[inline(always)]
    #[must_use]
    pub const fn scale_word(self, value: u32) -> u32 {
        let product = value as u64 * self.multiplier as u64;
        let (low, high) = (product as u32, (product >> 32) as u32);
        let (down, up) = (self.shift & 31, !self.shift & 31);
        if self.shift & 32 != 0 {
            high >> down
        } else if high >> down != 0 {
            u32::MAX
        } else {
            low >> down | high << 1 << up
        }
    }

    /// [`Ratio::scale`] for processors on which a product of 128 bits is a long way round.
    #[inline(always)]
    const fn scale_in_halves(self, value: u64) -> u64 {
        let low = (value & 0xffff_ffff) * self.multiplier as u64;
        let high = (value >> 32) * self.multiplier as u64 + (low >> 32);
        let words = [low as u32, high as u32, (high >> 32) as u32];
        let [low, middle, high] = if self.shift & 32 != 0 { [words[1], words[2], 0] } else { words };
        // What comes down from the next word: a shift by 32 in two steps if there is none.
        let (down, up) = (self.shift & 31, !self.shift & 31);
        let low = low >> down | middle << 1 << up;
        let high = middle >> down | high << 1 << up;
        (high as u64) << 32 | low as u64
    }
}

/// Quotient and remainder, bit by bit: the processor's own division of 64 bits is a large function where it has none,
/// and nothing that runs often divides. As many steps as the quotient has bits; a divisor of zero counts as one.
#[inline(never)]
#[must_use]
pub const fn divide(numerator: u64, denominator: u64) -> (u64, u64) {
    let denominator = if denominator == 0 { 1 } else { denominator };
    let (mut quotient, mut remainder) = (0, numerator);
    let mut bits = (denominator.leading_zeros() + 1).saturating_sub(numerator.leading_zeros());
    while bits > 0 {
        bits -= 1;
        let part = denominator << bits;
        quotient <<= 1;
        if remainder >= part {
            remainder -= part;
            quotient |= 1;
        }
    }
    (quotient, remainder)
}

/// The ratios for a counter that counts once in `divisor` periods of a clock: from counts to nanoseconds, and back. The
/// counter's own frequency need not be a whole number of hertz.
#[must_use]
pub fn divided(clock: u64, divisor: u32) -> Option<(Ratio, Ratio)> {
    let nanoseconds = NANOSECONDS_PER_SECOND.checked_mul(divisor.into())?;
    Some((Ratio::new(nanoseconds, clock)?, Ratio::new(clock, nanoseconds)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_gigahertz_is_one_to_one() {
        assert_eq!(Ratio::new(NANOSECONDS_PER_SECOND, NANOSECONDS_PER_SECOND), Some(Ratio::ONE));
        assert_eq!(Ratio::ONE.scale(12_345), 12_345);
    }

    #[test]
    fn a_wait_without_end_is_cut() {
        assert_eq!(Ratio::ONE.counts_until(FAR, 5), LONGEST_WAIT + 1);
        assert_eq!(Ratio::ONE.counts_until(5, 5), 1);
        assert_eq!(Ratio::ONE.counts_until(4, 5), 1);
    }

    #[test]
    fn the_median_is_between() {
        for three in [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1], [2, 2, 9], [0, 2, 2]]
        {
            assert_eq!(median(three), 2, "{three:?}");
        }
    }

    #[test]
    fn before_is_before() {
        let times = [0, 1, 2, 1 << 31, 1 << 32, (1 << 62) + 1, FAR - 1, FAR];
        for (place, &time) in times.iter().enumerate() {
            for (other_place, &other) in times.iter().enumerate() {
                assert_eq!(is_before(time, other), place < other_place, "{time} {other}");
            }
        }
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(Ratio::new(0, 1), None);
        assert_eq!(Ratio::new(1, 0), None);
        assert_eq!(Ratio::new(1, u64::MAX), None);
        assert_eq!(Ratio::new(u64::MAX, 1), None);
    }

    /// 33.33 MHz and divisors as LEON3's timers have them: an hour is right to two microseconds, and no count comes
    /// early.
    #[test]
    fn a_clock_need_not_be_whole_megahertz() {
        for (clock, divisor) in [(33_333_333, 7), (33_330_000, 6), (40_000_000, 4), (79_999_999, 9)] {
            let (to_nanoseconds, to_counts) = divided(clock, divisor).unwrap();
            let hour = to_nanoseconds.scale(3_600 * clock / u64::from(divisor));
            let exact = 3_600 * NANOSECONDS_PER_SECOND;
            assert!(exact.abs_diff(hour) < 2_000, "{clock} / {divisor}: {hour}");
            let counts = u64::from(to_counts.scale_word(1_000_000_000));
            assert!(counts.abs_diff(clock / u64::from(divisor)) <= 1, "{clock} / {divisor}: {counts}");
        }
        assert_eq!(divided(0, 7), None);
    }

    proptest! {
        #[test]
        fn division_is_that_of_the_processor(numerator: u64, denominator: u64, small in 0u32..64, smaller in 0u32..64) {
            let (numerator, denominator) = (numerator >> small, denominator >> smaller);
            let divisor = denominator.max(1);
            prop_assert_eq!(divide(numerator, denominator), (numerator / divisor, numerator % divisor));
        }

        #[test]
        fn the_error_is_below_two_to_the_minus_31(frequency in 1_000_000u64..20_000_000_000, ticks in 0u64..1 << 60) {
            let ratio = Ratio::new(NANOSECONDS_PER_SECOND, frequency).unwrap();
            let exact = u128::from(ticks) * u128::from(NANOSECONDS_PER_SECOND) / u128::from(frequency);
            let scaled = u128::from(ratio.scale(ticks));
            prop_assume!(exact < 1 << 64);
            prop_assert!(scaled <= exact);
            prop_assert!(exact - scaled <= (exact >> 31) + 1);
        }

        /// Alarms after days: the clock has said `now` at some count, and the counter is asked for so many counts more.
        #[test]
        fn an_alarm_is_as_exact_after_days(
            frequency in 1_000_000u64..6_000_000_000,
            days in prop::sample::select(&[0u64, 1, 10, 100, 10_000][..]),
            within in 0u64..86_400 * NANOSECONDS_PER_SECOND,
            wait in 1u64..200_000_000,
        ) {
            let to_nanoseconds = Ratio::new(NANOSECONDS_PER_SECOND, frequency).unwrap();
            let to_counts = Ratio::new(frequency, NANOSECONDS_PER_SECOND).unwrap();
            let uptime = u128::from(days * 86_400 * NANOSECONDS_PER_SECOND + within);
            let count = (uptime * u128::from(frequency) / u128::from(NANOSECONDS_PER_SECOND)) as u64;
            let now = to_nanoseconds.scale(count);
            let deadline = now + wait;
            let alarm = count + to_counts.counts_until(deadline, now);
            let comes = to_nanoseconds.scale(alarm);
            prop_assert!(comes + (wait >> 30) + 1 >= deadline, "{} ns early", deadline - comes);
            let period = NANOSECONDS_PER_SECOND.div_ceil(frequency);
            prop_assert!(comes <= deadline + period + 1, "{} ns late", comes - deadline);
        }

        #[test]
        fn both_ways_to_scale_agree(multiplier in 1u32 << 31.., shift in 0u32..64, value: u64) {
            let ratio = Ratio { multiplier, shift };
            let exact = (u128::from(value) * u128::from(multiplier)) >> shift;
            prop_assert_eq!(ratio.scale_in_halves(value), exact as u64);
        }

        #[test]
        fn words_are_scaled_alike(multiplier in 1u32 << 31.., shift in 0u32..64, value: u32) {
            let ratio = Ratio { multiplier, shift };
            let exact = ratio.scale(value.into());
            prop_assert_eq!(ratio.scale_word(value), u32::try_from(exact).unwrap_or(u32::MAX));
        }

        #[test]
        fn time_never_goes_back(
            frequency in 1_000_000u64..20_000_000_000,
            ticks in 0u64..1 << 55,
            more in 0u64..1 << 40,
        ) {
            let ratio = Ratio::new(NANOSECONDS_PER_SECOND, frequency).unwrap();
            prop_assert!(ratio.scale(ticks) <= ratio.scale(ticks + more));
        }
    }
}
