//! Message queues.

use super::{blocking, code, directive, number, out, store_id};
use crate::executive::object::{Class, Id};
use crate::executive::{Answer, Patience, Status};

/// A message that a program passed.
///
/// # Safety
/// `size` bytes at `buffer` are readable, or it is null.
unsafe fn message<'a>(buffer: *const u8, size: usize) -> Answer<&'a [u8]> {
    if buffer.is_null() {
        return Err(Status::InvalidAddress);
    }
    if size > isize::MAX as usize {
        return Err(Status::InvalidSize);
    }
    // SAFETY: the caller's promise.
    Ok(unsafe { core::slice::from_raw_parts(buffer, size) })
}

/// Gives a message to everyone who waits. Returns how many that were.
fn broadcast(id: Id, message: &[u8]) -> Answer<u32> {
    let mut count = 0;
    loop {
        match directive(|executive| executive.queue_broadcast_next(id, message)) {
            Ok(true) => count += 1,
            // A task that was woken may have deleted the queue; who got the message has it.
            Err(_) if count > 0 => return Ok(count),
            Ok(false) => return Ok(count),
            Err(status) => return Err(status),
        }
    }
}

#[unsafe(no_mangle)]
extern "C" fn rtems_message_queue_create(
    name: u32,
    count: u32,
    message_size: usize,
    attributes: u32,
    id: *mut u32,
) -> u32 {
    store_id(id, |executive| executive.queue_create(name, count, message_size, attributes))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_message_queue_ident(name: u32, node: u32, id: *mut u32) -> u32 {
    store_id(id, |executive| executive.identify(Class::MessageQueue, name, node))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_message_queue_delete(id: u32) -> u32 {
    code(directive(|executive| executive.queue_delete(Id(id))))
}

/// # Safety
/// `size` bytes at `buffer` are readable, or it is null.
#[unsafe(no_mangle)]
unsafe extern "C" fn rtems_message_queue_send(id: u32, buffer: *const u8, size: usize) -> u32 {
    // SAFETY: the caller's promise.
    let message = unsafe { message(buffer, size) };
    code(message.and_then(|message| directive(|executive| executive.queue_send(Id(id), message, false))))
}

/// # Safety
/// `size` bytes at `buffer` are readable, or it is null.
#[unsafe(no_mangle)]
unsafe extern "C" fn rtems_message_queue_urgent(id: u32, buffer: *const u8, size: usize) -> u32 {
    // SAFETY: the caller's promise.
    let message = unsafe { message(buffer, size) };
    code(message.and_then(|message| directive(|executive| executive.queue_send(Id(id), message, true))))
}

/// # Safety
/// `size` bytes at `buffer` are readable, or it is null; `count` is null or writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn rtems_message_queue_broadcast(
    id: u32,
    buffer: *const u8,
    size: usize,
    count: *mut u32,
) -> u32 {
    if count.is_null() {
        return Status::InvalidAddress as u32;
    }
    // SAFETY: the caller's promise.
    let message = unsafe { message(buffer, size) };
    number(message.and_then(|message| broadcast(Id(id), message)), count)
}

/// # Safety
/// `buffer` has room for the queue's longest message, `size` is writable, or either is null.
#[unsafe(no_mangle)]
unsafe extern "C" fn rtems_message_queue_receive(
    id: u32,
    buffer: *mut u8,
    size: *mut usize,
    options: u32,
    timeout: u32,
) -> u32 {
    let answer = out(buffer).and_then(|place| {
        let size = out(size)?;
        let patience = Patience::of(options, timeout);
        let received = blocking(|executive| executive.queue_receive(Id(id), place, patience))?;
        // SAFETY: the caller's promise.
        unsafe { size.write(received as usize) };
        Ok(())
    });
    code(answer)
}

#[unsafe(no_mangle)]
extern "C" fn rtems_message_queue_get_number_pending(id: u32, count: *mut u32) -> u32 {
    if count.is_null() {
        return Status::InvalidAddress as u32;
    }
    number(directive(|executive| executive.queue_pending(Id(id))), count)
}

#[unsafe(no_mangle)]
extern "C" fn rtems_message_queue_flush(id: u32, count: *mut u32) -> u32 {
    if count.is_null() {
        return Status::InvalidAddress as u32;
    }
    number(directive(|executive| executive.queue_flush(Id(id))), count)
}
