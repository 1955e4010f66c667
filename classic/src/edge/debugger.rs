//! What a debugger finds of the executive in a program's file.

use core::arch::global_asm;

use super::Partition;
use super::global::{CONTEXTS, Classic, EXECUTIVE};
use super::port::Block;
use super::stacks::{WATCHED, Watched};
use crate::executive::object::Slot;
use crate::executive::{Places, Task, waits};

type Place = Slot<Task<Partition>>;

const PLACES: Places = Task::<Partition>::PLACES;

// A slice is known by its address and its length, in this order, and a block that is not there by the address 0.
const _: () = {
    assert!(size_of::<Option<Block>>() == size_of::<Block>());
    // SAFETY: two words each, and the second is a number; a slice laid out otherwise would not be built.
    let slice: (*const u8, usize) = unsafe { core::mem::transmute::<&[u8], (*const u8, usize)>(&[0; 3]) };
    assert!(slice.1 == 3);
};

global_asm!(
    include_str!("../arch/debugger.S"),
    executive = sym EXECUTIVE,
    tasks = const Classic::TASKS,
    task_size = const size_of::<Place>(),
    object = const Place::OBJECT,
    used = const Place::USED,
    name = const PLACES.name,
    priority = const PLACES.priority,
    started = const PLACES.started,
    suspended = const PLACES.suspended,
    wait = const PLACES.wait,
    entry = const PLACES.entry,
    stack = const PLACES.stack + Block::ADDRESS,
    stack_size = const PLACES.stack + Block::SIZE,
    context = const PLACES.context,
    idle = sym CONTEXTS,
    watched = sym WATCHED,
    identifier = const Watched::IDENTIFIER,
    time = const waits::TIME,
    semaphore = const waits::SEMAPHORE,
    message = const waits::MESSAGE,
    events = const waits::EVENTS,
    period = const waits::PERIOD,
    notice = const waits::NOTICE,
    timer = const waits::TIMER,
);
