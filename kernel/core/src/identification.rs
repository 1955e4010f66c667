//! The frequency of time stamps as a processor tells it itself (`CPUID`), where what it says can be believed.

/// Leaves of `CPUID`: the crystal's clock and what time stamps have to it, and the nominal frequencies.
const TIME_STAMPS: u32 = 0x15;
const NOMINAL: u32 = 0x16;

/// Time stamps per second, where the processor says so: by its crystal (leaf 0x15), or by its nominal frequency (leaf
/// 0x16), which is that of the time stamps where it has a ratio and does not know its crystal (Intel SDM volume 3B,
/// 18.7.3). `highest` is the last leaf that there is, `leaf` gives what a leaf says in eax, ebx, ecx and edx.
pub fn time_stamp_frequency(highest: u32, leaf: impl Fn(u32) -> [u32; 4]) -> Option<u64> {
    if highest < TIME_STAMPS {
        return None;
    }
    let [denominator, numerator, crystal, _] = leaf(TIME_STAMPS).map(u64::from);
    if numerator == 0 {
        return None;
    }
    let frequency = if crystal != 0 {
        (crystal * numerator).checked_div(denominator)?
    } else if denominator == 0 || highest < NOMINAL {
        0
    } else {
        u64::from(leaf(NOMINAL)[0] & 0xffff) * 1_000_000
    };
    (frequency != 0).then_some(frequency)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The frequency by leaves 0x15 and 0x16, on a processor that has leaves up to `highest`.
    fn frequency(highest: u32, time_stamps: [u32; 3], megahertz: u32) -> Option<u64> {
        let [eax, ebx, ecx] = time_stamps;
        time_stamp_frequency(highest, |leaf| {
            assert!(leaf <= highest, "leaf {leaf:#x} is not there");
            if leaf == TIME_STAMPS { [eax, ebx, ecx, 0] } else { [megahertz, 0, 0, 0] }
        })
    }

    #[test]
    fn a_crystal_decides() {
        assert_eq!(frequency(0x16, [2, 216, 24_000_000], 2_500), Some(2_592_000_000));
        assert_eq!(frequency(0x15, [1, 1, 1_000_000_000], 0), Some(1_000_000_000));
        // The largest numbers that the registers hold.
        assert_eq!(frequency(0x15, [1, u32::MAX, u32::MAX], 0), Some(u64::from(u32::MAX).pow(2)));
    }

    #[test]
    fn the_nominal_frequency_stands_in_for_a_crystal_that_is_not_known() {
        assert_eq!(frequency(0x16, [2, 216, 0], 2_500), Some(2_500_000_000));
        // Above bit 15 nothing is defined.
        assert_eq!(frequency(0x20, [2, 216, 0], 0xffff_0000 | 3_000), Some(3_000_000_000));
    }

    #[test]
    fn what_says_nothing_is_not_believed() {
        for highest in [0, 1, 0x14] {
            assert_eq!(frequency(highest, [2, 216, 24_000_000], 2_500), None);
        }
        assert_eq!(frequency(0x16, [0, 0, 0], 2_500), None);
        assert_eq!(frequency(0x16, [0, 216, 24_000_000], 2_500), None);
        assert_eq!(frequency(0x16, [0, 216, 0], 2_500), None);
        assert_eq!(frequency(0x16, [2, 0, 24_000_000], 2_500), None);
        assert_eq!(frequency(0x15, [2, 216, 0], 2_500), None);
        assert_eq!(frequency(0x16, [2, 216, 0], 0), None);
        // Less than one a second.
        assert_eq!(frequency(0x15, [u32::MAX, 1, 1], 0), None);
    }
}
