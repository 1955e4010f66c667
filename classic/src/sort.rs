//! Sorting in place, in steps that depend on the number of elements alone: heapsort, with no stack of its own.

/// What is sorted, by position.
pub trait Elements {
    /// Whether one element comes before another.
    fn is_before(&mut self, first: usize, second: usize) -> bool;
    /// Exchanges two elements, which are different ones.
    fn exchange(&mut self, first: usize, second: usize);
}

/// Sorts so many elements. Equal ones may change their order.
pub fn sort(elements: &mut impl Elements, count: usize) {
    for root in (0..count / 2).rev() {
        sift(elements, root, count);
    }
    for end in (1..count).rev() {
        elements.exchange(0, end);
        sift(elements, 0, end);
    }
}

/// Lets the element at `root` sink until none below it comes after it.
fn sift(elements: &mut impl Elements, mut root: usize, count: usize) {
    loop {
        let mut child = 2 * root + 1;
        if child >= count {
            return;
        }
        if child + 1 < count && elements.is_before(child, child + 1) {
            child += 1;
        }
        if !elements.is_before(root, child) {
            return;
        }
        elements.exchange(root, child);
        root = child;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    impl Elements for Vec<i32> {
        fn is_before(&mut self, first: usize, second: usize) -> bool {
            self[first] < self[second]
        }

        fn exchange(&mut self, first: usize, second: usize) {
            assert_ne!(first, second);
            self.swap(first, second);
        }
    }

    proptest! {
        #[test]
        fn what_is_sorted_is_in_order_and_the_same(values in prop::collection::vec(-20..20, 0..200)) {
            let mut sorted = values.clone();
            let count = sorted.len();
            sort(&mut sorted, count);
            let mut expected = values;
            expected.sort_unstable();
            prop_assert_eq!(sorted, expected);
        }
    }
}
