//! A link to the gateway as smoltcp sees a device: the network of a partition that owns none.

use bulkhead_guest::Error;
use bulkhead_guest::ports::Port;
use smoltcp::phy::{DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;

use crate::device::LINK_FRAME_SIZE_MAX;

/// The partition's end of a link.
#[derive(Clone, Copy, Debug)]
pub struct LinkEnd {
    from: Port,
    to: Port,
}

impl LinkEnd {
    /// The link at which frames come by one port and go by another. A frame that comes wakes the partition.
    ///
    /// # Errors
    /// `NotPermitted` if the system file does not give the partition these ports.
    pub fn find(from: &str, to: &str) -> Result<Self, Error> {
        let (from, to) = (Port::find(from)?, Port::find(to)?);
        from.install(|_| {})?;
        Ok(Self { from, to })
    }
}

/// A frame that has come: so many bytes.
#[derive(Debug)]
pub struct Received([u8; LINK_FRAME_SIZE_MAX], usize);

/// A frame that goes.
#[derive(Debug)]
pub struct Sent(Port);

impl smoltcp::phy::Device for LinkEnd {
    type RxToken<'a> = Received;
    type TxToken<'a> = Sent;

    fn receive(&mut self, _now: Instant) -> Option<(Received, Sent)> {
        let mut bytes = [0; LINK_FRAME_SIZE_MAX];
        let length = self.from.receive(&mut bytes).ok()?.length as usize;
        Some((Received(bytes, length), Sent(self.to)))
    }

    fn transmit(&mut self, _now: Instant) -> Option<Sent> {
        Some(Sent(self.to))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = LINK_FRAME_SIZE_MAX;
        capabilities
    }
}

impl RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, take: F) -> R {
        take(&self.0[..self.1])
    }
}

impl TxToken for Sent {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let mut bytes = [0; LINK_FRAME_SIZE_MAX];
        let bytes = &mut bytes[..length.min(LINK_FRAME_SIZE_MAX)];
        let result = fill(bytes);
        // A network may lose a frame: here, if the switch does not take those before it.
        let _ = self.0.send(bytes, false);
        result
    }
}
