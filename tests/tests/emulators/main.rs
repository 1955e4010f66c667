//! What depends on the emulator: attacks that only some versions of QEMU, and some of its processors, let a partition
//! try.

use std::process::ExitCode;

use bulkhead_tests::harness;

mod dma;
mod frames;
mod holes;
mod kvm;
mod loader;

fn main() -> ExitCode {
    harness::run([dma::tests(), frames::tests(), holes::tests(), kvm::tests(), loader::tests()])
}
