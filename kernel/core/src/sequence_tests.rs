//! Sequences of what can happen to the kernel, at random.

use proptest::prelude::*;

use crate::sequence::run;

proptest! {
    #[test]
    fn whatever_happens_the_kernel_keeps_what_it_promises(
        bytes in prop::collection::vec(any::<u8>(), 0..1_500),
    ) {
        run(&bytes);
    }
}
