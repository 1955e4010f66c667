//! Semaphores.

use super::{blocking, code, directive, number, store_id};
use crate::executive::object::{Class, Id};
use crate::executive::{Patience, Status};

#[unsafe(no_mangle)]
extern "C" fn rtems_semaphore_create(
    name: u32,
    count: u32,
    attributes: u32,
    ceiling: u32,
    id: *mut u32,
) -> u32 {
    store_id(id, |executive| executive.semaphore_create(name, count, attributes, ceiling))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_semaphore_ident(name: u32, node: u32, id: *mut u32) -> u32 {
    store_id(id, |executive| executive.identify(Class::Semaphore, name, node))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_semaphore_delete(id: u32) -> u32 {
    code(directive(|executive| executive.semaphore_delete(Id(id))))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_semaphore_obtain(id: u32, options: u32, timeout: u32) -> u32 {
    let patience = Patience::of(options, timeout);
    code(blocking(|executive| executive.semaphore_obtain(Id(id), patience)).map(drop))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_semaphore_release(id: u32) -> u32 {
    code(directive(|executive| executive.semaphore_release(Id(id))))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_semaphore_flush(id: u32) -> u32 {
    code(directive(|executive| executive.semaphore_flush(Id(id))))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_semaphore_set_priority(id: u32, scheduler: u32, ceiling: u32, previous: *mut u32) -> u32 {
    if previous.is_null() {
        return Status::InvalidAddress as u32;
    }
    if scheduler != super::tasks::SCHEDULER {
        return Status::InvalidId as u32;
    }
    number(directive(|executive| executive.semaphore_set_ceiling(Id(id), ceiling)), previous)
}
