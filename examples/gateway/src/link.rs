//! A link between the gateway and another partition: two ports whose messages are frames. As smoltcp sees a device it
//! is the network of a partition that owns none.

use core::ops::Deref;

use bulkhead_guest::Error;
use bulkhead_guest::ports::Port;
use smoltcp::phy::{DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;

/// The longest frame of a link.
pub const LINK_FRAME_SIZE_MAX: usize = 1514;

/// An end of a link.
#[derive(Clone, Copy, Debug)]
pub struct LinkEnd {
    from: Port,
    to: Port,
}

impl LinkEnd {
    /// The end at which frames come by one port and go by another. A frame that comes wakes the partition.
    ///
    /// # Errors
    /// `NotPermitted` if the system file does not give the partition these ports.
    pub fn find(from: &str, to: &str) -> Result<Self, Error> {
        let (from, to) = (Port::find(from)?, Port::find(to)?);
        from.install(|_| {})?;
        Ok(Self { from, to })
    }

    /// The next frame that has come, if there is one.
    #[must_use]
    pub fn take(&self) -> Option<Received> {
        let mut bytes = [0; LINK_FRAME_SIZE_MAX];
        let length = self.from.receive(&mut bytes).ok()?.length as usize;
        Some(Received { bytes, length })
    }

    /// Sends a frame. A network may lose one: here, if those before it have not been taken at the other end.
    pub fn give(&self, frame: &[u8]) {
        let _ = self.to.send(frame, false);
    }
}

/// What smoltcp is told of a network with such links.
pub(crate) fn capabilities() -> DeviceCapabilities {
    let mut capabilities = DeviceCapabilities::default();
    capabilities.medium = Medium::Ethernet;
    capabilities.max_transmission_unit = LINK_FRAME_SIZE_MAX;
    capabilities
}

/// A frame that has come.
#[derive(Debug)]
pub struct Received {
    bytes: [u8; LINK_FRAME_SIZE_MAX],
    length: usize,
}

impl Deref for Received {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// A frame that goes.
#[derive(Debug)]
pub struct Sent(LinkEnd);

impl smoltcp::phy::Device for LinkEnd {
    type RxToken<'a> = Received;
    type TxToken<'a> = Sent;

    fn receive(&mut self, _now: Instant) -> Option<(Received, Sent)> {
        Some((self.take()?, Sent(*self)))
    }

    fn transmit(&mut self, _now: Instant) -> Option<Sent> {
        Some(Sent(*self))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        capabilities()
    }
}

impl RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, take: F) -> R {
        take(&self)
    }
}

impl TxToken for Sent {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let mut bytes = [0; LINK_FRAME_SIZE_MAX];
        let bytes = &mut bytes[..length.min(LINK_FRAME_SIZE_MAX)];
        let result = fill(bytes);
        self.0.give(bytes);
        result
    }
}
