//! Numbers at random, which are the same in every run.

/// SplitMix64 (Steele, Lea and Flood, 2014).
pub(crate) struct Generator(u64);

impl Generator {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((value ^ value >> 31) >> 32) as u32
    }

    pub(crate) fn one_of(&mut self, values: &[u32]) -> u32 {
        values.get(self.next() as usize % values.len()).copied().unwrap_or(0)
    }
}
