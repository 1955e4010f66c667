//! The ports that the program has created. The kernel has them from the start on, by the system file; a program may use
//! those whose creation it has asked for.

use bulkhead_abi::port::PORTS_PER_PARTITION_MAX;
use bulkhead_abi::{NAME_SIZE, PortDescription, PortDirection, PortKind};
use bulkhead_guest::partition::before_zero;
use bulkhead_guest::ports::{self, Port};
use bulkhead_guest::{interrupts, one};

use crate::ReturnCode;

/// ARINC 653's `NAME_TYPE`: what is behind the first zero means nothing.
pub type Name = [u8; NAME_SIZE];

/// How services know a port: its number plus one, so that 0, which a program finds in a variable that nobody has set,
/// is none.
pub type Identifier = i32;

/// A port that has been created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Created {
    /// The port.
    pub port: Port,
    /// Whether it is a sampling or a queuing port.
    pub kind: PortKind,
    /// Its direction.
    pub direction: PortDirection,
    /// The longest message in bytes.
    pub message_size: u32,
    /// Queuing: how many messages can wait.
    pub depth: u32,
    /// Sampling: how old a message may be that is valid, in nanoseconds, as the program wants it.
    pub refresh: u64,
    /// Sampling: how old one may be for the kernel, as the system file has it.
    pub channel_refresh: u64,
    /// Sampling: whether the last message that was read was valid.
    pub last_was_valid: bool,
}

type Table = [Option<Created>; PORTS_PER_PARTITION_MAX as usize];

one! {
    /// Used with interrupts disabled.
    static CREATED: Table = [None; PORTS_PER_PARTITION_MAX as usize];
}

fn with<T>(work: impl FnOnce(&mut Table) -> T) -> T {
    // SAFETY: interrupts are disabled, and the closures of this file do not nest.
    interrupts::without(|| work(unsafe { &mut *CREATED.address() }))
}

/// The port of this kind that the system file gives the partition under a name.
///
/// # Errors
/// `InvalidConfig` if there is none.
pub fn configured(name: &Name, kind: PortKind) -> Result<(Port, PortDescription), ReturnCode> {
    ports::all()
        .find(|(_, description)| {
            before_zero(&description.name) == before_zero(name) && description.kind == kind as u32
        })
        .ok_or(ReturnCode::InvalidConfig)
}

/// Whether a port has been created.
#[must_use]
pub fn exists(port: Port) -> bool {
    with(|table| table.get(port.number() as usize).is_some_and(Option::is_some))
}

/// Notes that a port has been created; how services know it from now on.
///
/// # Errors
/// `InvalidConfig` if its number is more than a partition can have.
pub fn create(created: Created) -> Result<Identifier, ReturnCode> {
    let number = created.port.number();
    with(|table| {
        let place = table.get_mut(number as usize).ok_or(ReturnCode::InvalidConfig)?;
        *place = Some(created);
        Ok(number as Identifier + 1)
    })
}

/// The created port of this kind that services know so.
///
/// # Errors
/// `InvalidParam` if there is none.
pub fn find(identifier: Identifier, kind: PortKind) -> Result<Created, ReturnCode> {
    let number = usize::try_from(identifier).ok().and_then(|identifier| identifier.checked_sub(1));
    let number = number.ok_or(ReturnCode::InvalidParam)?;
    with(|table| table.get(number).copied().flatten())
        .filter(|created| created.kind == kind)
        .ok_or(ReturnCode::InvalidParam)
}

/// How services know the created port of this kind and name.
///
/// # Errors
/// `InvalidConfig` if there is none.
pub fn identify(name: &Name, kind: PortKind) -> Result<Identifier, ReturnCode> {
    let (port, _) = configured(name, kind)?;
    if exists(port) { Ok(port.number() as Identifier + 1) } else { Err(ReturnCode::InvalidConfig) }
}

/// Notes whether the last message that was read at a port was valid.
pub fn set_last_was_valid(port: Port, valid: bool) {
    with(|table| {
        if let Some(Some(created)) = table.get_mut(port.number() as usize) {
            created.last_was_valid = valid;
        }
    });
}

/// Forgets all ports, as a start of the partition does.
#[cfg(test)]
pub(crate) fn forget_all() {
    with(|table| *table = [None; PORTS_PER_PARTITION_MAX as usize]);
}
