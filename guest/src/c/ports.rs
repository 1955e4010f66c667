//! The functions of `guest/include/bulkhead.h` for ports and regions.

use core::ffi::{CStr, c_char, c_void};

use bulkhead_abi::{Error, PortDescription, PortStatus, Received, RegionDescription};

use super::{code, count};
use crate::ports::{Handler, Port};
use crate::regions::Region;

/// A number, or the error's.
pub(super) fn number(result: Result<u32, Error>) -> i32 {
    result.map_or_else(Error::code, |number| number as i32)
}

/// The result of a call that receives.
fn received(result: Result<Received, Error>) -> i32 {
    result.map_or_else(Error::code, Received::result)
}

/// Stores what was asked for.
///
/// # Safety
/// A value is writable at `place`.
pub(super) unsafe fn store<T>(place: *mut T, value: Result<T, Error>) -> i32 {
    code(value.map(|value| {
        // SAFETY: the caller's promise.
        unsafe { place.write(value) }
    }))
}

/// The bytes of a message. Nothing lies at a null pointer.
///
/// # Safety
/// If `data` is not null, `length` bytes are readable there.
unsafe fn message<'a>(data: *const u8, length: usize) -> Result<&'a [u8], Error> {
    match length {
        0 => Ok(&[]),
        _ if data.is_null() => Err(Error::BadAddress),
        // SAFETY: the caller's promise.
        _ => Ok(unsafe { core::slice::from_raw_parts(data, length) }),
    }
}

/// Room for a message. There is none at a null pointer.
///
/// # Safety
/// If `data` is not null, `length` bytes are writable there.
unsafe fn room<'a>(data: *mut u8, length: usize) -> Result<&'a mut [u8], Error> {
    match length {
        0 => Ok(&mut []),
        _ if data.is_null() => Err(Error::BadAddress),
        // SAFETY: the caller's promise.
        _ => Ok(unsafe { core::slice::from_raw_parts_mut(data, length) }),
    }
}

/// # Safety
/// `name` points to text that a zero ends.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_port_find(name: *const c_char) -> i32 {
    // SAFETY: the caller's promise.
    let name = unsafe { CStr::from_ptr(name) };
    number(Port::find_bytes(name.to_bytes()).map(Port::number))
}

/// # Safety
/// A description is writable at `description`.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_port_describe(port: u32, description: *mut PortDescription) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { store(description, Port::unchecked(port).describe()) }
}

/// # Safety
/// A status is writable at `status`.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_port_status(port: u32, status: *mut PortStatus) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { store(status, Port::unchecked(port).status()) }
}

/// # Safety
/// If `data` is not null, `length` bytes are readable there.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_port_write(port: u32, data: *const u8, length: usize) -> i32 {
    // SAFETY: the caller's promise.
    code(unsafe { message(data, length) }.and_then(|message| Port::unchecked(port).write(message)))
}

/// # Safety
/// If `data` is not null, `length` bytes are writable there.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_port_read(port: u32, data: *mut u8, length: usize) -> i32 {
    // SAFETY: the caller's promise.
    received(unsafe { room(data, length) }.and_then(|room| Port::unchecked(port).read(room)))
}

/// # Safety
/// If `data` is not null, `length` bytes are readable there.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_port_send(port: u32, data: *const u8, length: usize, waits: u32) -> i32 {
    // SAFETY: the caller's promise.
    code(unsafe { message(data, length) }.and_then(|message| Port::unchecked(port).send(message, waits != 0)))
}

/// # Safety
/// If `data` is not null, `length` bytes are writable there.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_port_receive(port: u32, data: *mut u8, length: usize) -> i32 {
    // SAFETY: the caller's promise.
    received(unsafe { room(data, length) }.and_then(|room| Port::unchecked(port).receive(room)))
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_port_clear(port: u32) -> i32 {
    count(Port::unchecked(port).clear())
}

/// # Safety
/// `function` may be called with `argument` whenever interrupts are enabled.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_port_install(
    port: u32,
    function: Option<Handler>,
    argument: *mut c_void,
) -> i32 {
    code(Port::from_number(port).and_then(|port| match function {
        // SAFETY: the caller's promise.
        Some(function) => unsafe { port.install_raw(function, argument) },
        None => port.remove(),
    }))
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_port_take_notice(port: u32) -> i32 {
    number(Port::from_number(port).map(|port| u32::from(port.take_notice())))
}

/// # Safety
/// `name` points to text that a zero ends.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_region_find(name: *const c_char) -> i32 {
    // SAFETY: the caller's promise.
    let name = unsafe { CStr::from_ptr(name) };
    number(Region::find_bytes(name.to_bytes()).map(Region::number))
}

/// # Safety
/// A description is writable at `description`.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_region_describe(region: u32, description: *mut RegionDescription) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { store(description, Region::unchecked(region).describe()) }
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_doorbell(region: u32) -> i32 {
    code(Region::unchecked(region).doorbell())
}

#[cfg(test)]
mod tests {
    use std::ptr::{null, null_mut};

    use super::*;
    use crate::host::simulated::ports as world;

    #[test]
    fn c_finds_writes_and_reads() {
        let rate = world::add_sampling("rate", 8, false, 1_000);
        let level = world::add_sampling("level", 8, true, 1_000);
        // SAFETY: names and buffers are what the header asks for.
        unsafe {
            assert_eq!(bulkhead_port_find(c"rate".as_ptr()), rate as i32);
            assert_eq!(bulkhead_port_find(c"rat".as_ptr()), Error::NotPermitted.code());
            assert_eq!(bulkhead_port_write(rate, b"abcd".as_ptr(), 4), 0);
            assert_eq!(bulkhead_port_write(rate, null(), 0), Error::BadArgument.code());
            assert_eq!(bulkhead_port_write(rate, null(), 4), Error::BadAddress.code());
            assert_eq!(bulkhead_port_write(9, b"abcd".as_ptr(), 4), Error::BadArgument.code());
            assert_eq!(bulkhead_port_read(level, null_mut(), 0), Error::NotAvailable.code());
            world::arrive(level, b"xyz");
            let mut bytes = [0; 8];
            let answer = bulkhead_port_read(level, bytes.as_mut_ptr(), bytes.len());
            assert_eq!(Received::from_result(answer).length, 3);
            assert_eq!(&bytes[..3], b"xyz");
            let mut description = PortDescription::default();
            assert_eq!(bulkhead_port_describe(level, &raw mut description), 0);
            assert_eq!((description.message_size, description.refresh()), (8, 1_000));
        }
        assert_eq!(world::sent(rate), [b"abcd".to_vec()]);
    }

    #[test]
    fn c_sends_receives_and_is_called() {
        unsafe extern "C" fn note(port: u32, argument: *mut c_void) {
            // SAFETY: the test passes a number.
            unsafe { *argument.cast::<u32>() += port };
        }
        world::add_queuing("before", 8, 1, false);
        let orders = world::add_queuing("orders", 8, 2, true);
        let mut called = 0_u32;
        crate::host::simulated::begin();
        crate::interrupts::enable();
        // SAFETY: names and buffers are what the header asks for; the number outlives the handler.
        unsafe {
            assert_eq!(bulkhead_port_install(7, Some(note), null_mut()), Error::BadArgument.code());
            assert_eq!(bulkhead_port_install(orders, Some(note), (&raw mut called).cast()), 0);
            world::arrive(orders, b"go");
            assert_eq!(called, orders);
            let mut bytes = [0; 8];
            let answer = bulkhead_port_receive(orders, bytes.as_mut_ptr(), bytes.len());
            assert_eq!(Received::from_result(answer).length, 2);
            assert_eq!(bulkhead_port_install(orders, None, null_mut()), 0);
        }
        world::arrive(orders, b"stop");
        assert_eq!((called, bulkhead_port_take_notice(orders), bulkhead_port_clear(orders)), (orders, 1, 1));
        assert_eq!(bulkhead_port_take_notice(orders), 0);
    }
}
