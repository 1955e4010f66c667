//! From the entry point to the layer above.

use bulkhead_abi::INTERFACE_VERSION;

use crate::arch::{Arch, Processor};
use crate::host::{Host, Kernel};
use crate::partition;

#[cfg(target_os = "none")]
unsafe extern "C" {
    fn bulkhead_main();
}

/// Registers the interrupt entry and calls the layer above. The processor's entry point calls it, on the main stack,
/// with interrupts disabled and every line masked.
#[cfg(target_os = "none")]
pub(crate) extern "C" fn start() -> ! {
    prepare();
    // SAFETY: the layer above supplies it, a function without arguments or result.
    unsafe { bulkhead_main() };
    partition::halt(0)
}

/// Checks that the kernel speaks this interface and tells it where interrupts continue.
#[cfg_attr(not(target_os = "none"), allow(dead_code))]
fn prepare() {
    let version = partition::start_information().version.load(core::sync::atomic::Ordering::Relaxed);
    if !serves(version, INTERFACE_VERSION) {
        crate::println!(
            "this partition needs interface version {}.{}, the kernel has {}.{}",
            INTERFACE_VERSION >> 16,
            INTERFACE_VERSION & 0xffff,
            version >> 16,
            version & 0xffff,
        );
        partition::halt(255);
    }
    Kernel::set_upcalls(Processor::interrupt_entry(), 0);
}

/// Whether a kernel with interface version `offered` can run a partition built for `wanted`.
const fn serves(offered: u32, wanted: u32) -> bool {
    offered >> 16 == wanted >> 16 && offered & 0xffff >= wanted & 0xffff
}

/// What a Rust partition's main function may return.
pub trait Outcome {
    /// The status to halt with.
    fn status(self) -> u32;
}

impl Outcome for () {
    fn status(self) -> u32 {
        0
    }
}

impl Outcome for u32 {
    fn status(self) -> u32 {
        self
    }
}

impl<E: core::fmt::Debug> Outcome for Result<(), E> {
    fn status(self) -> u32 {
        match self {
            Ok(()) => 0,
            Err(error) => {
                crate::println!("{error:?}");
                1
            }
        }
    }
}

/// Runs a Rust partition's main function and halts with what it returns. For [`crate::entry!`].
#[doc(hidden)]
pub fn run<T: Outcome>(main: fn() -> T) -> ! {
    partition::begin_normal();
    partition::halt(main().status())
}

/// Makes a function the partition's main function: `entry!(main);`. It may return nothing (status 0), a `u32`
/// status, or a `Result<(), impl Debug>` (status 0 or, after printing the error, 1).
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        // SAFETY: no other function has this name; the guest layer calls it without arguments.
        #[unsafe(no_mangle)]
        extern "C" fn bulkhead_main() {
            $crate::run($main)
        }
    };
}

#[cfg(test)]
mod tests {
    use super::serves;

    #[test]
    fn a_newer_minor_version_serves_and_another_major_does_not() {
        assert!(serves(0x0001_0000, 0x0001_0000));
        assert!(serves(0x0001_0002, 0x0001_0001));
        assert!(!serves(0x0001_0000, 0x0001_0001));
        assert!(!serves(0x0002_0000, 0x0001_0000));
    }
}
