//! Sampling ports: the services of part 1 and the extensions of part 2.

use bulkhead_abi::port::MESSAGE_SIZE_MAX;
use bulkhead_abi::{Error, PortDirection, PortKind, PortStatus, Received};

use crate::ReturnCode;
use crate::directory::{self, Created, Identifier, Name};
use crate::partition::{self, Mode};

/// Part 1's `SAMPLING_PORT_STATUS_TYPE`, in the order of supplement 5.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The longest message in bytes.
    pub message_size: i32,
    /// A [`PortDirection`].
    pub direction: u32,
    /// How old a message may be that is valid, in nanoseconds.
    pub refresh: i64,
    /// 1 if the last message that was read was valid.
    pub last_was_valid: u32,
}

/// Part 2's `SAMPLING_PORT_CURRENT_STATUS_TYPE`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurrentStatus {
    /// How old a message may be that is valid, in nanoseconds.
    pub refresh: i64,
    /// When the last message was written, in nanoseconds; 0 if none was.
    pub time: i64,
    /// The longest message in bytes.
    pub message_size: i32,
    /// A [`PortDirection`].
    pub direction: u32,
    /// 1 if the message is not older than the refresh period.
    pub fresh: u32,
    /// An [`Updated`].
    pub updated: u32,
}

/// Part 2's `UPDATED_TYPE`.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Updated {
    /// There has been no message.
    Empty = 0,
    /// The message has been read before.
    Consumed = 1,
    /// It has not.
    New = 2,
}

/// A message that has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its length in bytes.
    pub length: u32,
    /// Whether it is not older than the refresh period.
    pub valid: bool,
    /// Whether it had not been read before.
    pub new: bool,
    /// When it was written, in nanoseconds.
    pub time: u64,
}

/// `CREATE_SAMPLING_PORT`.
///
/// # Errors
/// As the standard has them, in its order. A refresh period other than the system file's is none: it is the reader's.
pub fn create_sampling_port(
    name: &Name,
    message_size: i32,
    direction: u32,
    refresh: i64,
) -> Result<Identifier, ReturnCode> {
    let (port, description) = directory::configured(name, PortKind::Sampling)?;
    if directory::exists(port) {
        return Err(ReturnCode::NoAction);
    }
    let size = checked_size(message_size, description.message_size)?;
    let direction = checked_direction(direction, description.direction)?;
    let refresh =
        u64::try_from(refresh).ok().filter(|refresh| *refresh != 0).ok_or(ReturnCode::InvalidConfig)?;
    if partition::mode() == Mode::Normal {
        return Err(ReturnCode::InvalidMode);
    }
    directory::create(Created {
        port,
        kind: PortKind::Sampling,
        direction,
        message_size: size,
        depth: 1,
        refresh,
        channel_refresh: description.refresh(),
        last_was_valid: false,
    })
}

/// A size that a program asks for, which has to be in range and the system file's.
pub(crate) fn checked_size(asked: i32, configured: u32) -> Result<u32, ReturnCode> {
    u32::try_from(asked)
        .ok()
        .filter(|size| (1..=MESSAGE_SIZE_MAX).contains(size) && *size == configured)
        .ok_or(ReturnCode::InvalidConfig)
}

/// A direction that a program asks for, which has to be one and the system file's.
pub(crate) fn checked_direction(asked: u32, configured: u32) -> Result<PortDirection, ReturnCode> {
    PortDirection::from_number(asked).filter(|_| asked == configured).ok_or(ReturnCode::InvalidConfig)
}

/// A length that a program passes with a message. The standard has the code of a port that is no source behind it.
pub(crate) fn checked_length(length: i32, size: u32) -> Result<u32, ReturnCode> {
    match u32::try_from(length) {
        Ok(0) | Err(_) => Err(ReturnCode::InvalidParam),
        Ok(length) if length > size => Err(ReturnCode::InvalidConfig),
        Ok(length) => Ok(length),
    }
}

/// The sampling port that a service is to write to.
///
/// # Errors
/// `InvalidParam` if there is none or the length is not positive, `InvalidConfig` if it is too long, `InvalidMode` if
/// the port is not a source.
pub fn source(identifier: Identifier, length: i32) -> Result<Created, ReturnCode> {
    let created = directory::find(identifier, PortKind::Sampling)?;
    checked_length(length, created.message_size)?;
    if created.direction == PortDirection::Source { Ok(created) } else { Err(ReturnCode::InvalidMode) }
}

/// The sampling port that a service is to read from.
///
/// # Errors
/// `InvalidParam` if there is none, `InvalidMode` if it is not a destination.
pub fn destination(identifier: Identifier) -> Result<Created, ReturnCode> {
    let created = directory::find(identifier, PortKind::Sampling)?;
    if created.direction == PortDirection::Destination { Ok(created) } else { Err(ReturnCode::InvalidMode) }
}

/// `WRITE_SAMPLING_MESSAGE`, to a [`source`] that has been checked.
///
/// # Errors
/// `InvalidParam` if the message does not lie in the partition's own memory.
pub fn write_sampling_message(created: &Created, message: &[u8]) -> Result<(), ReturnCode> {
    Ok(created.port.write(message)?)
}

/// `READ_SAMPLING_MESSAGE`, from a [`destination`] that has been checked; the room is for its longest message.
///
/// # Errors
/// `NoAction` if there has been no message.
pub fn read_sampling_message(created: &Created, room: &mut [u8]) -> Result<Message, ReturnCode> {
    let message = read(created, room)?;
    directory::set_last_was_valid(created.port, message.valid);
    Ok(message)
}

/// Reads, and says when the message was written if somebody needs it.
fn read(created: &Created, room: &mut [u8]) -> Result<Message, ReturnCode> {
    if created.refresh == created.channel_refresh {
        let Received { length, valid, new, .. } = created.port.read(room).map_err(empty)?;
        return Ok(Message { length, valid, new, time: 0 });
    }
    read_with_time(created, room)
}

/// How often a message is read that another one has replaced before it was known when it was written.
const READS_MAX: u32 = 4;

/// Reads, and says when the message was written. If each read is followed by another message, the last one counts, and
/// it was written at the time that is said or later.
fn read_with_time(created: &Created, room: &mut [u8]) -> Result<Message, ReturnCode> {
    let mut reads = 1;
    loop {
        let before = created.port.status()?;
        let Received { length, new, .. } = created.port.read(room).map_err(empty)?;
        let after = created.port.status()?;
        // Between the calls a window may end, and a message come.
        if before.time() == after.time() || reads >= READS_MAX {
            // The clock as it is behind the read, the message as it was before: no message is called too young.
            let valid = after.now().saturating_sub(before.time()) <= created.refresh;
            return Ok(Message { length, valid, new, time: before.time() });
        }
        reads += 1;
    }
}

fn empty(error: Error) -> ReturnCode {
    match error {
        Error::NotAvailable => ReturnCode::NoAction,
        other => other.into(),
    }
}

fn is_fresh(created: &Created, status: &PortStatus) -> bool {
    status.now().saturating_sub(status.time()) <= created.refresh
}

fn updated(status: &PortStatus) -> Updated {
    if status.messages == 0 {
        Updated::Empty
    } else if status.flags & Received::NEW != 0 {
        Updated::New
    } else {
        Updated::Consumed
    }
}

/// `GET_SAMPLING_PORT_ID`.
///
/// # Errors
/// `InvalidConfig` if no sampling port has been created under this name.
pub fn get_sampling_port_id(name: &Name) -> Result<Identifier, ReturnCode> {
    directory::identify(name, PortKind::Sampling)
}

/// `GET_SAMPLING_PORT_STATUS`.
///
/// # Errors
/// `InvalidParam` if there is no such port.
pub fn get_sampling_port_status(identifier: Identifier) -> Result<Status, ReturnCode> {
    let created = directory::find(identifier, PortKind::Sampling)?;
    Ok(Status {
        message_size: created.message_size as i32,
        direction: created.direction as u32,
        refresh: created.refresh as i64,
        last_was_valid: created.last_was_valid.into(),
    })
}

/// `READ_UPDATED_SAMPLING_MESSAGE`: reads only what has not been read before.
///
/// # Errors
/// `NoAction`, with what there is instead, if there is no message or it has been read.
pub fn read_updated_sampling_message(
    created: &Created,
    room: &mut [u8],
) -> Result<Message, (Updated, ReturnCode)> {
    let refused = |code| (Updated::Empty, code);
    let there = updated(&created.port.status().map_err(|error| refused(error.into()))?);
    if there != Updated::New {
        return Err((there, ReturnCode::NoAction));
    }
    read_sampling_message(created, room).map_err(refused)
}

/// `READ_SAMPLING_MESSAGE_CONDITIONAL`: reads only what was written after a time, in nanoseconds.
///
/// # Errors
/// `NoAction`, with the time of the message that is there or 0, if it is not newer.
pub fn read_sampling_message_conditional(
    created: &Created,
    time: i64,
    room: &mut [u8],
) -> Result<Message, (i64, ReturnCode)> {
    let refused = |code| (0, code);
    let status = created.port.status().map_err(|error| refused(error.into()))?;
    if status.messages == 0 {
        return Err((0, ReturnCode::NoAction));
    }
    if status.time() as i64 <= time {
        return Err((status.time() as i64, ReturnCode::NoAction));
    }
    let message = read_with_time(created, room).map_err(refused)?;
    directory::set_last_was_valid(created.port, message.valid);
    Ok(message)
}

/// `GET_SAMPLING_PORT_CURRENT_STATUS`.
///
/// # Errors
/// `InvalidParam` if there is no such port.
pub fn get_sampling_port_current_status(identifier: Identifier) -> Result<CurrentStatus, ReturnCode> {
    let created = directory::find(identifier, PortKind::Sampling)?;
    let status = created.port.status()?;
    Ok(CurrentStatus {
        refresh: created.refresh as i64,
        time: status.time() as i64,
        message_size: created.message_size as i32,
        direction: created.direction as u32,
        fresh: (status.messages != 0 && is_fresh(&created, &status)).into(),
        updated: updated(&status) as u32,
    })
}

#[cfg(test)]
pub(crate) mod tests;
