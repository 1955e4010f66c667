//! The functions of `apex/include/arinc653.h`.
//!
//! What C passes is as trustworthy as the rest of the same partition: pointers to results are used as they are, and
//! messages are for the kernel to check. Each function stores its results, and then the return code.

#![allow(non_snake_case, reason = "the standard's names")]

use bulkhead_abi::{NAME_SIZE, Received};

use crate::ReturnCode;
use crate::directory::{Identifier, Name};
use crate::sampling::{Message, Updated};
use crate::{memory_block, partition, queuing, sampling};

/// A name as C passes it: no more than a zero is read.
///
/// # Safety
/// Text that a zero ends, or a whole name, is readable at `name`.
unsafe fn named(name: *const u8) -> Name {
    let mut bytes = [0; NAME_SIZE];
    for (place, byte) in bytes.iter_mut().enumerate() {
        // SAFETY: the caller's promise, as no zero has come yet.
        *byte = unsafe { name.add(place).read() };
        if *byte == 0 {
            break;
        }
    }
    bytes
}

/// The bytes of a message, of which there are some. At address 0 there is nothing.
///
/// # Safety
/// If `address` is not null, `length` bytes are readable there.
unsafe fn message<'a>(address: *const u8, length: i32) -> Result<&'a [u8], ReturnCode> {
    if address.is_null() {
        return Err(ReturnCode::InvalidParam);
    }
    // SAFETY: the caller's promise.
    Ok(unsafe { core::slice::from_raw_parts(address, length as usize) })
}

/// Room for a port's longest message. At address 0 there is none.
///
/// # Safety
/// If `address` is not null, `length` bytes are writable there.
unsafe fn room<'a>(address: *mut u8, length: u32) -> Result<&'a mut [u8], ReturnCode> {
    if address.is_null() {
        return Err(ReturnCode::InvalidParam);
    }
    // SAFETY: the caller's promise.
    Ok(unsafe { core::slice::from_raw_parts_mut(address, length as usize) })
}

/// The code of an answer, whose value is stored if there is one.
///
/// # Safety
/// A value is writable at `place`.
unsafe fn store<T>(place: *mut T, answer: Result<T, ReturnCode>) -> ReturnCode {
    match answer {
        Ok(value) => {
            // SAFETY: the caller's promise.
            unsafe { place.write(value) };
            ReturnCode::NoError
        }
        Err(code) => code,
    }
}

/// The code of an answer without a value.
fn code(answer: Result<(), ReturnCode>) -> ReturnCode {
    answer.map_or_else(|code| code, |()| ReturnCode::NoError)
}

/// Defines functions whose callers promise that what they pass is what the header says. One whose answer depends on the
/// mode has a symbol of ours: the linker scripts give it its name in programs that ask for it, and so know them.
macro_rules! services {
    ($($(#[$documentation:meta])* fn $name:ident $(($symbol:literal))?
        ($($argument:ident: $type:ty),* $(,)?) $body:block)*) => {
        $(services! { @ $($symbol)?, $(#[$documentation])* $name ($($argument: $type),*) $body })*
    };
    (@ , $($rest:tt)*) => { services! { @@ (no_mangle), $($rest)* } };
    (@ $symbol:literal, $($rest:tt)*) => { services! { @@ (export_name = $symbol), $($rest)* } };
    (@@ $linkage:tt, $(#[$documentation:meta])* $name:ident
        ($($argument:ident: $type:ty),*) $body:block) => {
        $(#[$documentation])*
        ///
        /// # Safety
        /// Pointers point to what the header says.
        #[unsafe $linkage]
        pub unsafe extern "C" fn $name($($argument: $type,)* return_code: *mut ReturnCode) {
            let result: ReturnCode = $body;
            // SAFETY: the caller's promise.
            unsafe { return_code.write(result) };
        }
    };
}

pub mod health;
pub mod process;

services! {
    /// Asks for a mode.
    fn SET_PARTITION_MODE("bulkhead_set_partition_mode")(mode: u32) {
        code(partition::set_partition_mode(mode))
    }

    /// The partition's status.
    fn GET_PARTITION_STATUS("bulkhead_get_partition_status")(status: *mut partition::Status) {
        // SAFETY: the caller's promise.
        unsafe { store(status, Ok(partition::get_partition_status())) }
    }

    /// The clock.
    fn GET_TIME(time: *mut i64) {
        // SAFETY: the caller's promise.
        unsafe { store(time, Ok(partition::get_time())) }
    }

    /// Where a region of shared memory is.
    fn GET_MEMORY_BLOCK_STATUS(name: *const u8, status: *mut memory_block::Status) {
        // SAFETY: the caller's promise.
        unsafe { store(status, memory_block::get_memory_block_status(&named(name))) }
    }

    /// Creates a sampling port.
    fn CREATE_SAMPLING_PORT("bulkhead_create_sampling_port")(
        name: *const u8, size: i32, direction: u32, refresh: i64, identifier: *mut Identifier,
    ) {
        // SAFETY: the caller's promise.
        unsafe { store(identifier, sampling::create_sampling_port(&named(name), size, direction, refresh)) }
    }

    /// Writes a message.
    fn WRITE_SAMPLING_MESSAGE(identifier: Identifier, address: *const u8, length: i32) {
        code(sampling::source(identifier, length).and_then(|port| {
            // SAFETY: the caller's promise.
            sampling::write_sampling_message(&port, unsafe { message(address, length) }?)
        }))
    }

    /// Reads the last message.
    fn READ_SAMPLING_MESSAGE(identifier: Identifier, address: *mut u8, length: *mut i32, validity: *mut u32) {
        let answer = sampling::destination(identifier).and_then(|port| {
            // SAFETY: the caller's promise.
            sampling::read_sampling_message(&port, unsafe { room(address, port.message_size) }?)
        });
        // SAFETY: the caller's promise.
        unsafe {
            validity.write(answer.is_ok_and(|message| message.valid).into());
            stored_length(length, answer)
        }
    }

    /// How services know a sampling port.
    fn GET_SAMPLING_PORT_ID(name: *const u8, identifier: *mut Identifier) {
        // SAFETY: the caller's promise.
        unsafe { store(identifier, sampling::get_sampling_port_id(&named(name))) }
    }

    /// A sampling port's status.
    fn GET_SAMPLING_PORT_STATUS(identifier: Identifier, status: *mut sampling::Status) {
        // SAFETY: the caller's promise.
        unsafe { store(status, sampling::get_sampling_port_status(identifier)) }
    }

    /// Reads the last message if it has not been read before.
    fn READ_UPDATED_SAMPLING_MESSAGE(
        identifier: Identifier, address: *mut u8, length: *mut i32, updated: *mut u32,
    ) {
        let answer = sampling::destination(identifier).map_err(|code| (Updated::Empty, code)).and_then(|port| {
            // SAFETY: the caller's promise.
            let room = unsafe { room(address, port.message_size) }.map_err(|code| (Updated::Empty, code))?;
            sampling::read_updated_sampling_message(&port, room)
        });
        // SAFETY: the caller's promise.
        unsafe {
            updated.write(answer.map_or_else(|(there, _)| there, |_| Updated::New) as u32);
            stored_length(length, answer.map_err(|(_, code)| code))
        }
    }

    /// Reads the last message if it was written after a time.
    fn READ_SAMPLING_MESSAGE_CONDITIONAL(
        identifier: Identifier, reference: i64, address: *mut u8, length: *mut i32, time: *mut i64,
    ) {
        let answer = sampling::destination(identifier).map_err(|code| (0, code)).and_then(|port| {
            // SAFETY: the caller's promise.
            let room = unsafe { room(address, port.message_size) }.map_err(|code| (0, code))?;
            sampling::read_sampling_message_conditional(&port, reference, room)
        });
        // SAFETY: the caller's promise.
        unsafe {
            time.write(answer.map_or_else(|(time, _)| time, |message| message.time as i64));
            stored_length(length, answer.map_err(|(_, code)| code))
        }
    }

    /// A sampling port's status, as part 2 has it.
    fn GET_SAMPLING_PORT_CURRENT_STATUS(identifier: Identifier, status: *mut sampling::CurrentStatus) {
        // SAFETY: the caller's promise.
        unsafe { store(status, sampling::get_sampling_port_current_status(identifier)) }
    }

    /// Creates a queuing port.
    fn CREATE_QUEUING_PORT("bulkhead_create_queuing_port")(
        name: *const u8, size: i32, depth: i32, direction: u32, discipline: u32, identifier: *mut Identifier,
    ) {
        // SAFETY: the caller's promise.
        let name = unsafe { named(name) };
        // SAFETY: the caller's promise.
        unsafe { store(identifier, queuing::create_queuing_port(&name, size, depth, direction, discipline)) }
    }

    /// Sends a message.
    fn SEND_QUEUING_MESSAGE(identifier: Identifier, address: *const u8, length: i32, time_out: i64) {
        code(queuing::source(identifier, length, time_out).and_then(|port| {
            // SAFETY: the caller's promise.
            queuing::send_queuing_message(port, unsafe { message(address, length) }?)
        }))
    }

    /// Receives the oldest message.
    fn RECEIVE_QUEUING_MESSAGE(identifier: Identifier, time_out: i64, address: *mut u8, length: *mut i32) {
        let answer = queuing::destination(identifier, time_out).and_then(|port| {
            // SAFETY: the caller's promise.
            queuing::receive_queuing_message(port, unsafe { room(address, port.0.message_size) }?)
        });
        // SAFETY: the caller's promise.
        unsafe { length.write(answer.map_or(0, |received| received.length as i32)) };
        match answer {
            Ok(Received { overflow: false, .. }) => ReturnCode::NoError,
            // The message is there, and others were not sent (part 1, RECEIVE_QUEUING_MESSAGE).
            Ok(Received { overflow: true, .. }) => ReturnCode::InvalidConfig,
            Err(code) => code,
        }
    }

    /// How services know a queuing port.
    fn GET_QUEUING_PORT_ID(name: *const u8, identifier: *mut Identifier) {
        // SAFETY: the caller's promise.
        unsafe { store(identifier, queuing::get_queuing_port_id(&named(name))) }
    }

    /// A queuing port's status.
    fn GET_QUEUING_PORT_STATUS(identifier: Identifier, status: *mut queuing::Status) {
        // SAFETY: the caller's promise.
        unsafe { store(status, queuing::get_queuing_port_status(identifier)) }
    }

    /// Drops the messages that wait.
    fn CLEAR_QUEUING_PORT(identifier: Identifier) {
        code(queuing::clear_queuing_port(identifier))
    }
}

/// Stores the length of what was read, 0 if nothing was.
///
/// # Safety
/// A number is writable at `length`.
unsafe fn stored_length(length: *mut i32, answer: Result<Message, ReturnCode>) -> ReturnCode {
    // SAFETY: the caller's promise.
    unsafe { length.write(answer.map_or(0, |message| message.length as i32)) };
    code(answer.map(drop))
}

#[cfg(test)]
mod tests {
    use std::ptr::{null, null_mut};

    use bulkhead_guest::host::simulated::{self, ports as world};

    use super::*;

    /// Calls a service; its return code.
    macro_rules! call {
        ($name:ident, $($argument:expr),*) => {{
            let mut code = ReturnCode::TimedOut;
            // SAFETY: the tests pass what the header asks for.
            unsafe { $name($($argument,)* &raw mut code) };
            code
        }};
    }

    #[test]
    fn results_are_stored_beside_the_code() {
        let level = world::add_sampling("level", 8, true, 50);
        world::add_sampling("rate", 8, false, 50);
        let orders = world::add_queuing("orders", 8, 1, true);
        let (mut input, mut output, mut queue) = (0, 0, 0);
        assert_eq!(
            call!(CREATE_SAMPLING_PORT, c"level".as_ptr().cast(), 8, 1, 50, &mut input),
            ReturnCode::NoError
        );
        assert_eq!(
            call!(CREATE_SAMPLING_PORT, c"rate".as_ptr().cast(), 8, 0, 50, &mut output),
            ReturnCode::NoError
        );
        let created = call!(CREATE_QUEUING_PORT, c"orders".as_ptr().cast(), 8, 1, 1, 0, &mut queue);
        assert_eq!((created, input, output, queue), (ReturnCode::NoError, 1, 2, 3));

        let (mut bytes, mut length, mut validity, mut time) = ([0_u8; 8], 77, 77, 77_i64);
        let code = call!(READ_SAMPLING_MESSAGE, input, bytes.as_mut_ptr(), &mut length, &mut validity);
        assert_eq!((code, length, validity), (ReturnCode::NoAction, 0, 0));
        simulated::advance_to(5);
        world::arrive(level, b"bank");
        let mut updated = 77;
        let code = call!(READ_UPDATED_SAMPLING_MESSAGE, input, bytes.as_mut_ptr(), &mut length, &mut updated);
        assert_eq!((code, length, updated, &bytes[..4]), (ReturnCode::NoError, 4, 2, &b"bank"[..]));
        let code = call!(READ_UPDATED_SAMPLING_MESSAGE, input, bytes.as_mut_ptr(), &mut length, &mut updated);
        assert_eq!((code, length, updated), (ReturnCode::NoAction, 0, 1));
        let code = call!(READ_SAMPLING_MESSAGE, input, bytes.as_mut_ptr(), &mut length, &mut validity);
        assert_eq!((code, length, validity), (ReturnCode::NoError, 4, 1));
        let place = bytes.as_mut_ptr();
        let code = call!(READ_SAMPLING_MESSAGE_CONDITIONAL, input, 4, place, &mut length, &mut time);
        assert_eq!((code, length, time), (ReturnCode::NoError, 4, 5));
        let code = call!(READ_SAMPLING_MESSAGE_CONDITIONAL, input, 5, place, &mut length, &mut time);
        assert_eq!((code, length, time), (ReturnCode::NoAction, 0, 5));
        assert_eq!(
            call!(READ_SAMPLING_MESSAGE, input, null_mut(), &mut length, &mut validity),
            ReturnCode::InvalidParam
        );
        assert_eq!(call!(WRITE_SAMPLING_MESSAGE, output, null(), 4), ReturnCode::InvalidParam);
        assert_eq!(
            call!(WRITE_SAMPLING_MESSAGE, input, null(), 4),
            ReturnCode::InvalidMode,
            "before the address"
        );

        let code = call!(RECEIVE_QUEUING_MESSAGE, queue, 0, bytes.as_mut_ptr(), &mut length);
        assert_eq!((code, length), (ReturnCode::NotAvailable, 0));
        world::arrive(orders, b"go");
        world::arrive(orders, b"stop");
        let code = call!(RECEIVE_QUEUING_MESSAGE, queue, 0, bytes.as_mut_ptr(), &mut length);
        assert_eq!((code, length), (ReturnCode::InvalidConfig, 2), "the message is there, another was lost");
        assert_eq!(call!(CLEAR_QUEUING_PORT, queue), ReturnCode::NoAction);
    }

    #[test]
    fn no_more_of_a_name_is_read_than_there_is() {
        // SAFETY: a whole name without a zero, and one that ends with the memory that it lies in.
        unsafe {
            assert_eq!(named([b'n'; NAME_SIZE].as_ptr()), [b'n'; NAME_SIZE]);
            let short = Box::new(*b"ab\0");
            assert_eq!(named(short.as_ptr())[..4], *b"ab\0\0");
        }
    }
}
