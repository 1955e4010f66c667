//! Ports, over which the partition exchanges messages with others.
//!
//! The system file says which ports there are. A program finds one by its name, once, and has a number from then on. No
//! call here waits: what cannot be done now is answered with `NotAvailable`, and a [`Handler`] is told when a message
//! has come or there is room again.

use core::ffi::c_void;
use core::sync::atomic::Ordering;

use bulkhead_abi::port::PORTS_PER_PARTITION_MAX;
use bulkhead_abi::{Error, Line, PortDescription, PortStatus, Received};

use crate::host::{Host, Kernel};
use crate::interrupts;
use crate::partition::before_zero;

/// A handler as C sees it: called with virtual interrupts disabled, on the interrupt stack, with the port's number and
/// the argument that it was installed with.
pub type Handler = unsafe extern "C" fn(port: u32, argument: *mut c_void);

/// A port of the partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port(u32);

impl Port {
    /// The port with this name in the system file. It asks the kernel for one port after the other, so that a program
    /// does it once.
    ///
    /// # Errors
    /// `NotPermitted` if the system file gives the partition no such port.
    pub fn find(name: &str) -> Result<Self, Error> {
        Self::find_bytes(name.as_bytes())
    }

    /// The same with a name that need not be text.
    pub(crate) fn find_bytes(name: &[u8]) -> Result<Self, Error> {
        all()
            .find(|(_, description)| before_zero(&description.name) == name)
            .map(|(port, _)| port)
            .ok_or(Error::NotPermitted)
    }

    /// The port with this number: 0 is the first that the system file names.
    ///
    /// # Errors
    /// `BadArgument` if the partition has no such port.
    pub fn from_number(number: u32) -> Result<Self, Error> {
        Kernel::port_describe(number).map(|_| Self(number))
    }

    /// The port with this number, whether there is one or not: the kernel checks it at each call.
    #[must_use]
    pub const fn unchecked(number: u32) -> Self {
        Self(number)
    }

    /// The port's number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// What the system file says of it.
    ///
    /// # Errors
    /// What the kernel answered; none is expected.
    pub fn describe(self) -> Result<PortDescription, Error> {
        Kernel::port_describe(self.0)
    }

    /// How it stands.
    ///
    /// # Errors
    /// What the kernel answered; none is expected.
    pub fn status(self) -> Result<PortStatus, Error> {
        Kernel::port_status(self.0)
    }

    /// Writes a message to a sampling port, in place of the one before.
    ///
    /// # Errors
    /// `BadArgument` if the message is empty or too long, `NotPermitted` if the port is no source of a sampling
    /// channel, `BadAddress` if the message does not lie in the partition's own memory.
    pub fn write(self, message: &[u8]) -> Result<(), Error> {
        Kernel::sampling_write(self.0, message)
    }

    /// Reads the last message of a sampling port.
    ///
    /// # Errors
    /// `NotAvailable` if there has been none, `BadArgument` if it is longer than the room, `NotPermitted` if the port
    /// is no destination of a sampling channel, `BadAddress` if the room does not lie in the partition's own memory.
    pub fn read(self, room: &mut [u8]) -> Result<Received, Error> {
        Kernel::sampling_read(self.0, room)
    }

    /// Sends a message to a queuing port. `waits` says that the sender comes again when there is room: then a full
    /// queue is no overflow, of which the receiver would be told.
    ///
    /// # Errors
    /// `NotAvailable` if the queue is full; the others as [`Port::write`], of a queuing channel.
    pub fn send(self, message: &[u8], waits: bool) -> Result<(), Error> {
        Kernel::queuing_send(self.0, message, waits)
    }

    /// Receives the oldest message of a queuing port.
    ///
    /// # Errors
    /// `NotAvailable` if there is none; the others as [`Port::read`], of a queuing channel. A message that is not
    /// received stays.
    pub fn receive(self, room: &mut [u8]) -> Result<Received, Error> {
        Kernel::queuing_receive(self.0, room)
    }

    /// Drops the messages that wait at a queuing port; how many there were.
    ///
    /// # Errors
    /// `NotPermitted` if the port is no destination of a queuing channel.
    pub fn clear(self) -> Result<usize, Error> {
        Kernel::queuing_clear(self.0)
    }

    /// Installs a function as the port's handler, in place of the one before: it is called when a message has come, or
    /// when there is room in a queue that was full. What has come before calls it, too, as soon as interrupts are
    /// enabled.
    ///
    /// # Errors
    /// `BadArgument` if the port's number is more than a partition can have.
    pub fn install(self, function: fn(Port)) -> Result<(), Error> {
        unsafe extern "C" fn trampoline(port: u32, argument: *mut c_void) {
            // SAFETY: `install` made the argument from such a function, and both have the size of a pointer.
            let function = unsafe { core::mem::transmute::<*mut c_void, fn(Port)>(argument) };
            function(Port(port));
        }
        // SAFETY: a safe function is sound to call at any time.
        unsafe { self.install_raw(trampoline, function as *mut c_void) }
    }

    /// Installs a handler as C sees it, as [`Port::install`].
    ///
    /// # Errors
    /// `BadArgument` if the port's number is more than a partition can have.
    ///
    /// # Safety
    /// `function` must be sound to call at any moment at which interrupts are enabled, with `argument`.
    pub unsafe fn install_raw(self, function: Handler, argument: *mut c_void) -> Result<(), Error> {
        self.set_handler(Some(Entry { function, argument }))?;
        // SAFETY: `dispatch` may be called in any handler of the line.
        unsafe { interrupts::install_raw(Line::Port as u32, dispatch, core::ptr::null_mut()) }?;
        // What came while nobody asked for it has no line any more that would tell.
        let (word, bit) = place(self.0);
        if Kernel::shared().ports[word].load(Ordering::Relaxed) & bit != 0 {
            Kernel::raise(Line::Port as u32);
        }
        interrupts::unmask(Line::Port as u32)
    }

    /// Removes the port's handler. What comes from now on waits for the next one.
    ///
    /// # Errors
    /// `BadArgument` if the port's number is more than a partition can have.
    pub fn remove(self) -> Result<(), Error> {
        self.set_handler(None)
    }

    /// Whether something has come since this was asked last: a message, or room in a queue that was full. For a port
    /// without a handler.
    #[must_use]
    pub fn take_notice(self) -> bool {
        if self.0 >= PORTS_PER_PARTITION_MAX {
            return false;
        }
        let (word, bit) = place(self.0);
        Kernel::shared().ports[word].fetch_and(!bit, Ordering::Relaxed) & bit != 0
    }

    fn set_handler(self, entry: Option<Entry>) -> Result<(), Error> {
        if self.0 >= PORTS_PER_PARTITION_MAX {
            return Err(Error::BadArgument);
        }
        let (word, bit) = place(self.0);
        interrupts::without(|| {
            // SAFETY: interrupts are disabled, see `HANDLERS`.
            let handlers = unsafe { &mut *HANDLERS.address() };
            if entry.is_some() {
                handlers.installed[word] |= bit;
            } else {
                handlers.installed[word] &= !bit;
            }
            handlers.entries[self.0 as usize] = entry;
        });
        Ok(())
    }
}

/// All ports of the partition, with what the system file says of them.
pub fn all() -> impl Iterator<Item = (Port, PortDescription)> {
    (0..PORTS_PER_PARTITION_MAX).map_while(|number| Some((Port(number), Kernel::port_describe(number).ok()?)))
}

#[derive(Clone, Copy)]
struct Entry {
    function: Handler,
    argument: *mut c_void,
}

struct Handlers {
    /// One bit for each port that has a handler, as in the shared page.
    installed: [u32; 2],
    entries: [Option<Entry>; PORTS_PER_PARTITION_MAX as usize],
}

crate::one! {
    /// Used with interrupts disabled.
    static HANDLERS: Handlers = Handlers { installed: [0; 2], entries: [None; PORTS_PER_PARTITION_MAX as usize] };
}

/// The word of the shared page and the bit in it that belong to a port, whose number is one that a partition can have.
const fn place(port: u32) -> (usize, u32) {
    ((port / u32::BITS) as usize, 1 << (port % u32::BITS))
}

/// Calls the handlers of all ports of which there is something to tell, the lowest first. Ports without a handler keep
/// their bits. It is the handler of [`Line::Port`]: called with interrupts disabled, which a port's handler may enable.
unsafe extern "C" fn dispatch(_argument: *mut c_void) {
    for word in 0..Kernel::shared().ports.len() {
        loop {
            // SAFETY: interrupts are disabled here, and the reference ends before a handler is called.
            let handlers = unsafe { &mut *HANDLERS.address() };
            let told = Kernel::shared().ports[word].load(Ordering::Relaxed) & handlers.installed[word];
            if told == 0 {
                break;
            }
            let bit = told.trailing_zeros();
            Kernel::shared().ports[word].fetch_and(!(1 << bit), Ordering::Relaxed);
            let port = word as u32 * u32::BITS + bit;
            let Some(Entry { function, argument }) = handlers.entries[port as usize] else { continue };
            // SAFETY: whoever installed it promised that it may be called now.
            unsafe { function(port, argument) };
            interrupts::disable();
        }
    }
}

#[cfg(test)]
#[path = "ports_tests.rs"]
mod tests;
