//! The network device and the links of the partition, as smoltcp sees one device.

use core::cell::{Cell, RefCell};

use bulkhead_virtio::{FRAME_SIZE_MAX, Frame, Network};
use smoltcp::phy::DeviceCapabilities;
use smoltcp::time::Instant;

use crate::link::{self, LinkEnd};
use crate::switch::{LINKS_MAX, Place, Station, Switch, Ways};

/// How many frames are looked at for one that is for the partition's own stack.
const TURN: usize = 16;

/// The device and the links. An answer is written while the frame that asks for it is still read, so that both reach
/// the device in turn.
#[derive(Debug)]
pub struct Device {
    network: RefCell<Network>,
    links: [Option<LinkEnd>; LINKS_MAX],
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
    /// By a link.
    Link(link::Received),
}

/// Room for a frame that goes.
#[derive(Debug)]
pub struct Room<'a>(&'a Device);

impl Device {
    /// The device with these links, and the Ethernet addresses at their other ends.
    #[must_use]
    pub fn new(
        network: Network,
        links: [Option<LinkEnd>; LINKS_MAX],
        stations: [Option<Station>; LINKS_MAX],
    ) -> Self {
        let switch = Switch { own: network.address(), links: stations };
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
                link.give(bytes);
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
                    let frame = self.links.get(number).copied().flatten()?.take()?;
                    let ways = self.switch.ways(place, &frame);
                    self.pass(ways, &frame);
                    if ways.own {
                        return Some(Received::Link(frame));
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
        link::capabilities()
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
            Self::Link(frame) => take(&frame),
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
