//! Queuing ports: the services of part 1.

use bulkhead_abi::{PortDirection, PortKind, Received};
use bulkhead_guest::clock;

use crate::ReturnCode;
use crate::directory::{self, Created, Identifier, Name};
use crate::partition::{self, Mode};
use crate::sampling::{checked_direction, checked_length, checked_size};
use crate::waiting::{self, Discipline, Patience, Refusal};

/// Part 1's `QUEUING_PORT_STATUS_TYPE`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// How many messages wait.
    pub messages: i32,
    /// How many can wait.
    pub depth: i32,
    /// The longest message in bytes.
    pub message_size: i32,
    /// A [`PortDirection`].
    pub direction: u32,
    /// How many tasks wait.
    pub waiting: i32,
}

impl From<Refusal> for ReturnCode {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotAvailable => Self::NotAvailable,
            Refusal::NotAllowed => Self::InvalidMode,
            Refusal::TimedOut => Self::TimedOut,
            Refusal::Kernel(error) => error.into(),
        }
    }
}

/// `CREATE_QUEUING_PORT`.
///
/// # Errors
/// As the standard has them, in its order.
pub fn create_queuing_port(
    name: &Name,
    message_size: i32,
    depth: i32,
    direction: u32,
    discipline: u32,
) -> Result<Identifier, ReturnCode> {
    let (port, description) = directory::configured(name, PortKind::Queuing)?;
    if directory::exists(port) {
        return Err(ReturnCode::NoAction);
    }
    let size = checked_size(message_size, description.message_size)?;
    if depth <= 0 || depth as u32 != description.depth {
        return Err(ReturnCode::InvalidConfig);
    }
    let direction = checked_direction(direction, description.direction)?;
    let discipline = match discipline {
        0 => Discipline::Fifo,
        1 => Discipline::Priority,
        _ => return Err(ReturnCode::InvalidConfig),
    };
    if partition::mode() == Mode::Normal {
        return Err(ReturnCode::InvalidMode);
    }
    waiting::attach(port, discipline).map_err(|_| ReturnCode::InvalidConfig)?;
    directory::create(Created {
        port,
        kind: PortKind::Queuing,
        direction,
        message_size: size,
        depth: description.depth,
        refresh: 0,
        channel_refresh: 0,
        last_was_valid: false,
    })
}

/// What a time-out means: not at all, so long, or for ever if it is negative.
fn patience(time_out: i64) -> Result<Patience, ReturnCode> {
    let allowed =
        |patience| if partition::waiting_caller().is_some() { patience } else { Patience::Forbidden };
    match time_out {
        0 => Ok(Patience::None),
        1.. => {
            // A time that the clock never reaches is out of range.
            let deadline = (clock::now() as i64).checked_add(time_out).ok_or(ReturnCode::InvalidParam)?;
            Ok(allowed(Patience::Until(deadline as u64)))
        }
        _ => Ok(allowed(Patience::Forever)),
    }
}

/// A queuing port that a service is to send to, and how long the caller waits.
///
/// # Errors
/// `InvalidParam` if there is no such port, the time-out is out of range or the length is not positive, `InvalidConfig`
/// if the message is too long, `InvalidMode` if the port is not a source.
pub fn source(identifier: Identifier, length: i32, time_out: i64) -> Result<(Created, Patience), ReturnCode> {
    let created = directory::find(identifier, PortKind::Queuing)?;
    let patience = patience(time_out)?;
    checked_length(length, created.message_size)?;
    if created.direction == PortDirection::Source {
        Ok((created, patience))
    } else {
        Err(ReturnCode::InvalidMode)
    }
}

/// A queuing port that a service is to receive from, and how long the caller waits.
///
/// # Errors
/// `InvalidParam` if there is no such port or the time-out is out of range, `InvalidMode` if it is not a destination.
pub fn destination(identifier: Identifier, time_out: i64) -> Result<(Created, Patience), ReturnCode> {
    let created = directory::find(identifier, PortKind::Queuing)?;
    let patience = patience(time_out)?;
    if created.direction == PortDirection::Destination {
        Ok((created, patience))
    } else {
        Err(ReturnCode::InvalidMode)
    }
}

/// `SEND_QUEUING_MESSAGE`, to a [`source`] that has been checked.
///
/// # Errors
/// `NotAvailable` if the queue is full and the caller does not wait, `InvalidMode` if it must not, `TimedOut`.
pub fn send_queuing_message(
    (created, patience): (Created, Patience),
    message: &[u8],
) -> Result<(), ReturnCode> {
    Ok(waiting::send(created.port, message, patience)?)
}

/// `RECEIVE_QUEUING_MESSAGE`, from a [`destination`] that has been checked; the room is for its longest message. What
/// is received says whether the queue has overflowed since the message before, for which the standard's code is
/// `INVALID_CONFIG`.
///
/// # Errors
/// `NotAvailable` if there is no message and the caller does not wait, `InvalidMode` if it must not, `TimedOut`.
pub fn receive_queuing_message(
    (created, patience): (Created, Patience),
    room: &mut [u8],
) -> Result<Received, ReturnCode> {
    Ok(waiting::receive(created.port, room, patience)?)
}

/// `GET_QUEUING_PORT_ID`.
///
/// # Errors
/// `InvalidConfig` if no queuing port has been created under this name.
pub fn get_queuing_port_id(name: &Name) -> Result<Identifier, ReturnCode> {
    directory::identify(name, PortKind::Queuing)
}

/// `GET_QUEUING_PORT_STATUS`.
///
/// # Errors
/// `InvalidParam` if there is no such port.
pub fn get_queuing_port_status(identifier: Identifier) -> Result<Status, ReturnCode> {
    let created = directory::find(identifier, PortKind::Queuing)?;
    Ok(Status {
        messages: created.port.status()?.messages as i32,
        depth: created.depth as i32,
        message_size: created.message_size as i32,
        direction: created.direction as u32,
        waiting: waiting::count(created.port) as i32,
    })
}

/// `CLEAR_QUEUING_PORT`.
///
/// # Errors
/// `InvalidParam` if there is no such port, `InvalidMode` if it is not a destination, `NoAction` if it was empty.
pub fn clear_queuing_port(identifier: Identifier) -> Result<(), ReturnCode> {
    let created = directory::find(identifier, PortKind::Queuing)?;
    if created.direction != PortDirection::Destination {
        return Err(ReturnCode::InvalidMode);
    }
    if created.port.clear()? == 0 { Err(ReturnCode::NoAction) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
