//! The network device and the links of the partition, as smoltcp sees one device.

use core::cell::{Cell, RefCell};

use bulkhead_guest::ports::Port;
use bulkhead_virtio::{FRAME_SIZE_MAX, Frame, Network};
use smoltcp::phy::{DeviceCapabilities, Medium};
use smoltcp::time::Instant;

use crate::switch::{LINKS_MAX, Place, Station, Switch, Ways};

/// The longest frame of a link.
pub const LINK_FRAME_SIZE_MAX: usize = 1514;

/// How many frames are looked at for one that is for the partition's own stack.
const TURN: usize = 16;

/// A link to another partition.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    /// The Ethernet address at its other end.
    pub station: Station,
    /// The port at which its frames come.
    pub from: Port,
    /// The port by which frames go there.
    pub to: Port,
}

/// The device and the links. An answer is written while the frame that asks for it is still read, so that both reach
/// the device in turn.
#[derive(Debug)]
pub struct Device {
    network: RefCell<Network>,
    links: [Option<Link>; LINKS_MAX],
    switch: Switch,
    /// Who is looked at first the next time.
    next: usize,
    /// Whether a frame has been passed on since this was asked last.
    passed: Cell<bool>,
}

/// A frame that has come.
#[allow(clippy::large_enum_variant, reason = "it lives for one frame, and there is no allocator")]
#[derive(Debug)]
pub enum Received<'a> {
    /// By the network device.
    Wire(&'a Device, Frame),
    /// By a link: so many bytes.
    Link([u8; LINK_FRAME_SIZE_MAX], usize),
}

/// Room for a frame that goes.
#[derive(Debug)]
pub struct Room<'a>(&'a Device);

impl Device {
    /// The device with these links.
    #[must_use]
    pub fn new(network: Network, links: [Option<Link>; LINKS_MAX]) -> Self {
        let switch =
            Switch { own: network.address(), links: links.map(|link| link.map(|link| link.station)) };
        Self { network: RefCell::new(network), links, switch, next: 0, passed: Cell::new(false) }
    }

    /// Whether a frame has been passed on since this was asked last.
    pub fn take_passed(&self) -> bool {
        self.passed.take()
    }

    /// Passes a frame on to where it goes besides the partition's own stack.
    fn pass(&self, ways: Ways, bytes: &[u8]) {
        self.passed.set(self.passed.get() || ways.wire || ways.links != 0);
        if ways.wire {
            let mut network = self.network.borrow_mut();
            if let Some(mut room) = network.room(bytes.len()) {
                room.copy_from_slice(bytes);
                network.send(room);
            }
        }
        for (number, link) in self.links.iter().enumerate() {
            if let Some(link) = link.filter(|_| ways.links & 1 << number != 0) {
                // Whoever does not take his frames loses them.
                let _ = link.to.send(bytes, false);
            }
        }
    }

    /// The next frame of a place that is for the partition's own stack, after those before it have been passed on.
    fn look(&self, place: Place) -> Option<Received<'_>> {
        for _ in 0..TURN {
            match place {
                Place::Own => return None,
                Place::Wire => {
                    let frame = self.network.borrow_mut().receive()?;
                    let ways = self.switch.ways(place, &frame);
                    self.pass(ways, &frame);
                    if ways.own {
                        return Some(Received::Wire(self, frame));
                    }
                    self.network.borrow_mut().give_back(frame);
                }
                Place::Link(number) => {
                    let link = self.links.get(number).copied().flatten()?;
                    let mut bytes = [0; LINK_FRAME_SIZE_MAX];
                    let length = link.from.receive(&mut bytes).ok()?.length as usize;
                    let ways = self.switch.ways(place, &bytes[..length]);
                    self.pass(ways, &bytes[..length]);
                    if ways.own {
                        return Some(Received::Link(bytes, length));
                    }
                }
            }
        }
        None
    }
}

impl smoltcp::phy::Device for Device {
    type RxToken<'a> = Received<'a>;
    type TxToken<'a> = Room<'a>;

    fn receive(&mut self, now: Instant) -> Option<(Received<'_>, Room<'_>)> {
        // Without room for an answer the frame waits.
        self.transmit(now)?;
        // Who came first comes last the next time.
        self.next = (self.next + 1) % (1 + LINKS_MAX);
        let first = self.next;
        let device = &*self;
        let places = (0..=LINKS_MAX).map(|number| match (first + number) % (1 + LINKS_MAX) {
            LINKS_MAX => Place::Wire,
            link => Place::Link(link),
        });
        let received = places.into_iter().find_map(|place| device.look(place))?;
        Some((received, Room(device)))
    }

    fn transmit(&mut self, _now: Instant) -> Option<Room<'_>> {
        self.network.get_mut().can_send().then_some(Room(self))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = LINK_FRAME_SIZE_MAX;
        capabilities
    }
}

impl smoltcp::phy::RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, take: F) -> R {
        match self {
            Self::Wire(device, frame) => {
                let result = take(&frame);
                device.network.borrow_mut().give_back(frame);
                result
            }
            Self::Link(bytes, length) => take(&bytes[..length]),
        }
    }
}

impl smoltcp::phy::TxToken for Room<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let mut bytes = [0; FRAME_SIZE_MAX];
        let bytes = &mut bytes[..length.min(FRAME_SIZE_MAX)];
        let result = fill(bytes);
        self.0.pass(self.0.switch.ways(Place::Own, bytes), bytes);
        result
    }
}
