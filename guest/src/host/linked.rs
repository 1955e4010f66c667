//! The kernel below, as it is linked: the functions that a binding gives with [`crate::host!`].
//!
//! Binding and guest layer meet when a program is optimized as a whole, so that these calls are inlined.

use bulkhead_abi::{Error, PartitionStatus, SharedPage, StartInformation};

use super::Host;

/// The kernel that the program is linked for.
#[derive(Debug)]
pub struct Kernel;

// SAFETY: `host!` defines them with these signatures, and nothing else has such names.
unsafe extern "Rust" {
    safe fn bulkhead_binding_shared() -> &'static SharedPage;
    safe fn bulkhead_binding_set_upcalls(interrupt_entry: usize, fault_entry: usize);
    safe fn bulkhead_binding_console_write(bytes: &[u8]) -> Result<usize, Error>;
    safe fn bulkhead_binding_console_read(bytes: &mut [u8]) -> Result<usize, Error>;
    safe fn bulkhead_binding_idle();
    safe fn bulkhead_binding_timer_set(deadline: u64);
    safe fn bulkhead_binding_set_tls_base(base: usize);
    safe fn bulkhead_binding_halt(status: u32) -> !;
    safe fn bulkhead_binding_restart(kind: u32) -> Error;
    safe fn bulkhead_binding_status() -> Result<PartitionStatus, Error>;
    safe fn bulkhead_binding_start_information(address: usize) -> &'static StartInformation;
    safe fn bulkhead_binding_window() -> (u32, u64, u64);
    safe fn bulkhead_binding_raw_call(number: u32, first: u32, second: u32) -> i32;
}

impl Host for Kernel {
    #[inline(always)]
    fn shared() -> &'static SharedPage {
        bulkhead_binding_shared()
    }

    fn set_upcalls(interrupt_entry: usize, fault_entry: usize) {
        bulkhead_binding_set_upcalls(interrupt_entry, fault_entry)
    }

    fn console_write(bytes: &[u8]) -> Result<usize, Error> {
        bulkhead_binding_console_write(bytes)
    }

    fn console_read(bytes: &mut [u8]) -> Result<usize, Error> {
        bulkhead_binding_console_read(bytes)
    }

    fn idle() {
        bulkhead_binding_idle()
    }

    fn timer_set(deadline: u64) {
        bulkhead_binding_timer_set(deadline)
    }

    fn set_tls_base(base: usize) {
        bulkhead_binding_set_tls_base(base)
    }

    fn halt(status: u32) -> ! {
        bulkhead_binding_halt(status)
    }

    fn restart(kind: u32) -> Error {
        bulkhead_binding_restart(kind)
    }

    fn status() -> Result<PartitionStatus, Error> {
        bulkhead_binding_status()
    }

    fn start_information(address: usize) -> &'static StartInformation {
        bulkhead_binding_start_information(address)
    }

    fn window() -> (u32, u64, u64) {
        bulkhead_binding_window()
    }

    fn raw_call(number: u32, first: u32, second: u32) -> i32 {
        bulkhead_binding_raw_call(number, first, second)
    }
}

/// Makes a type that implements [`Host`](crate::host::Host) the kernel of the programs that its crate is linked with.
#[macro_export]
macro_rules! host {
    ($host:ty) => {
        // SAFETY, for all of these: no other functions have the names, and the guest layer declares them the same.
        const _: () = {
            #[unsafe(no_mangle)]
            fn bulkhead_binding_shared() -> &'static $crate::SharedPage {
                <$host as $crate::host::Host>::shared()
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_set_upcalls(interrupt_entry: usize, fault_entry: usize) {
                <$host as $crate::host::Host>::set_upcalls(interrupt_entry, fault_entry)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_console_write(bytes: &[u8]) -> Result<usize, $crate::Error> {
                <$host as $crate::host::Host>::console_write(bytes)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_console_read(bytes: &mut [u8]) -> Result<usize, $crate::Error> {
                <$host as $crate::host::Host>::console_read(bytes)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_idle() {
                <$host as $crate::host::Host>::idle()
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_timer_set(deadline: u64) {
                <$host as $crate::host::Host>::timer_set(deadline)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_set_tls_base(base: usize) {
                <$host as $crate::host::Host>::set_tls_base(base)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_halt(status: u32) -> ! {
                <$host as $crate::host::Host>::halt(status)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_restart(kind: u32) -> $crate::Error {
                <$host as $crate::host::Host>::restart(kind)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_status() -> Result<$crate::PartitionStatus, $crate::Error> {
                <$host as $crate::host::Host>::status()
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_start_information(address: usize) -> &'static $crate::StartInformation {
                <$host as $crate::host::Host>::start_information(address)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_window() -> (u32, u64, u64) {
                <$host as $crate::host::Host>::window()
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_raw_call(number: u32, first: u32, second: u32) -> i32 {
                <$host as $crate::host::Host>::raw_call(number, first, second)
            }
        };
    };
}
