//! Events.

use super::{blocking, code, directive, number};
use crate::executive::object::Id;
use crate::executive::{Patience, Status, options};

#[unsafe(no_mangle)]
extern "C" fn rtems_event_send(id: u32, events: u32) -> u32 {
    code(directive(|executive| executive.event_send(Id(id), events)))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_event_receive(events: u32, option_set: u32, ticks: u32, received: *mut u32) -> u32 {
    if received.is_null() {
        return Status::InvalidAddress as u32;
    }
    let all = option_set & options::EVENT_ANY == 0;
    let patience = Patience::of(option_set, ticks);
    number(blocking(|executive| executive.event_receive(events, all, patience)), received)
}
