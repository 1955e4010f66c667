//! Any bytes as a sequence of calls, time that passes, faults and writes into shared pages: the kernel's core keeps the
//! schedule, memories apart and messages whole.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bulkhead_kernel_core::sequence::run(bytes));
