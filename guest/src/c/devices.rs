//! The functions of `guest/include/bulkhead.h` for devices.

use core::ffi::{CStr, c_char};

use bulkhead_abi::ResourceDescription;

use super::code;
use super::ports::{number, store};
use crate::devices::{self, Resource};

/// # Safety
/// `device` points to text that a zero ends.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_resource_find(device: *const c_char, kind: u32, place: u32) -> i32 {
    // SAFETY: the caller's promise.
    let device = unsafe { CStr::from_ptr(device) };
    number(Resource::find_bytes(device.to_bytes(), kind, place as usize).map(Resource::number))
}

/// # Safety
/// A description is writable at `description`.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_resource_describe(resource: u32, description: *mut ResourceDescription) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { store(description, Resource::unchecked(resource).describe()) }
}

/// # Safety
/// A word is writable at `value`.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_register_read(resource: u32, offset: u32, value: *mut u32) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { store(value, Resource::unchecked(resource).read(offset)) }
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_register_write(resource: u32, offset: u32, value: u32) -> i32 {
    code(Resource::unchecked(resource).write(offset, value))
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_interrupt_enable(line: u32) -> i32 {
    code(devices::enable_interrupt(line))
}

#[cfg(test)]
mod tests {
    use bulkhead_abi::{Error, ResourceKind};

    use super::*;
    use crate::host::simulated::devices as world;

    #[test]
    fn c_finds_reads_and_writes() {
        let uart = world::add("uart", ResourceKind::Ports, 0);
        world::add("uart", ResourceKind::Interrupt, 9);
        let mut value = 1;
        let mut description = ResourceDescription::default();
        // SAFETY: names and places are what the header asks for.
        unsafe {
            assert_eq!(bulkhead_resource_find(c"uart".as_ptr(), 3, 0), uart as i32);
            assert_eq!(bulkhead_resource_find(c"uart".as_ptr(), 4, 0), uart as i32 + 1);
            assert_eq!(bulkhead_resource_find(c"uart".as_ptr(), 3, 1), Error::NotPermitted.code());
            assert_eq!(bulkhead_register_write(uart, 4, 0x0b), 0);
            assert_eq!((bulkhead_register_read(uart, 4, &raw mut value), value), (0, 0x0b));
            assert_eq!(bulkhead_register_read(9, 4, &raw mut value), Error::BadArgument.code());
            assert_eq!(bulkhead_resource_describe(uart + 1, &raw mut description), 0);
        }
        assert_eq!((description.kind, description.line), (4, 9));
        assert_eq!(bulkhead_interrupt_enable(9), 0);
        assert_eq!(bulkhead_interrupt_enable(8), Error::BadArgument.code());
    }
}
