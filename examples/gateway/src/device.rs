//! The network device of the partition, as smoltcp sees one.

use core::cell::RefCell;

use bulkhead_virtio::{FRAME_SIZE_MAX, Frame, Network};
use smoltcp::phy::{DeviceCapabilities, Medium};
use smoltcp::time::Instant;

/// The device. An answer is written while the frame that asks for it is still read, so that both reach it in turn.
#[derive(Debug)]
pub struct Device(RefCell<Network>);

impl Device {
    /// The device as smoltcp sees it.
    #[must_use]
    pub const fn new(network: Network) -> Self {
        Self(RefCell::new(network))
    }
}

/// A frame that has come.
#[derive(Debug)]
pub struct Received<'a> {
    network: &'a RefCell<Network>,
    frame: Frame,
}

/// Room for a frame that goes.
#[derive(Debug)]
pub struct Room<'a>(&'a RefCell<Network>);

impl smoltcp::phy::Device for Device {
    type RxToken<'a> = Received<'a>;
    type TxToken<'a> = Room<'a>;

    fn receive(&mut self, now: Instant) -> Option<(Received<'_>, Room<'_>)> {
        // Without room for an answer the frame waits.
        self.transmit(now)?;
        let frame = self.0.get_mut().receive()?;
        Some((Received { network: &self.0, frame }, Room(&self.0)))
    }

    fn transmit(&mut self, _now: Instant) -> Option<Room<'_>> {
        self.0.get_mut().can_send().then_some(Room(&self.0))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = FRAME_SIZE_MAX - 4;
        capabilities
    }
}

impl smoltcp::phy::RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, take: F) -> R {
        let result = take(&self.frame);
        self.network.borrow_mut().give_back(self.frame);
        result
    }
}

impl smoltcp::phy::TxToken for Room<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let Some(mut frame) = self.0.borrow_mut().room(length) else {
            // There was room when this was made; without it the frame is written and goes nowhere.
            return fill(&mut [0; FRAME_SIZE_MAX][..length.min(FRAME_SIZE_MAX)]);
        };
        let result = fill(&mut frame);
        self.0.borrow_mut().send(frame);
        result
    }
}
