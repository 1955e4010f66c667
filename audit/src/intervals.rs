//! A set of bits, one per byte of a section.

/// Which bytes of a section have some property.
pub(crate) struct ByteSet {
    words: Vec<u64>,
    length: usize,
}

impl ByteSet {
    /// No byte of `length`.
    pub(crate) fn new(length: usize) -> Self {
        Self { words: vec![0; length.div_ceil(64)], length }
    }

    /// Adds a byte and tells whether it is new. A byte beyond the end is never new.
    pub(crate) fn insert(&mut self, index: usize) -> bool {
        if index >= self.length {
            return false;
        }
        let Some(word) = self.words.get_mut(index / 64) else { return false };
        let bit = 1 << (index % 64);
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    /// Adds `count` bytes from `start`.
    pub(crate) fn insert_range(&mut self, start: usize, count: usize) {
        for index in start..start.saturating_add(count).min(self.length) {
            self.insert(index);
        }
    }

    /// Whether a byte is in the set.
    pub(crate) fn contains(&self, index: usize) -> bool {
        self.words.get(index / 64).is_some_and(|word| word & (1 << (index % 64)) != 0)
    }

    /// How many bytes are in the set.
    pub(crate) fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// The first stretch of bytes outside the set at or after `start` and before `end`.
    pub(crate) fn next_gap(&self, start: usize, end: usize) -> Option<std::ops::Range<usize>> {
        let end = end.min(self.length);
        let first = (start..end).find(|&index| !self.contains(index))?;
        let last = (first..end).find(|&index| self.contains(index)).unwrap_or(end);
        Some(first..last)
    }
}

#[cfg(test)]
mod tests {
    use super::ByteSet;

    #[test]
    fn gaps_lie_between_what_was_inserted() {
        let mut set = ByteSet::new(100);
        set.insert_range(0, 10);
        set.insert_range(60, 10);
        assert_eq!(set.next_gap(0, 100), Some(10..60));
        assert_eq!(set.next_gap(60, 100), Some(70..100));
        assert_eq!(set.next_gap(0, 5), None);
        assert_eq!(set.count(), 20);
    }

    #[test]
    fn beyond_the_end_is_never_new() {
        let mut set = ByteSet::new(3);
        assert!(!set.insert(3));
        set.insert_range(2, usize::MAX);
        assert_eq!(set.count(), 1);
        assert!(!set.contains(usize::MAX));
    }
}
