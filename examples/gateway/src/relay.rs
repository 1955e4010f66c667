//! Carries datagrams to ports and messages to the network, a bounded number at a time.

use core::fmt;

use bulkhead_guest::ports::Port;
use bulkhead_guest::{Error, PortDescription, PortKind, println};
use smoltcp::iface::{Interface, PollIngressSingleResult, SocketHandle, SocketSet};
use smoltcp::socket::udp::{self, UdpMetadata};
use smoltcp::wire::IpEndpoint;

use crate::device::Device;
use crate::routes::{ROUTES_MAX, Receiver, Route, Routes, SOCKETS_MAX, Way};
use crate::stack::{instant, nanoseconds};

/// How many frames, and datagrams of each UDP port, are taken before the other way has its turn.
const TURN: usize = 16;

/// The longest datagram that fits into a frame, and so the longest message that can go either way.
pub const DATAGRAM_SIZE_MAX: usize = 1472;

/// How long at least passes between two lines about what was refused, in nanoseconds.
const TELL_AFTER: u64 = 1_000_000_000;

/// A route with what it needs.
#[derive(Clone, Copy, Debug)]
struct Line {
    socket: usize,
    port: Port,
    kind: Option<PortKind>,
    /// The longest message of the port.
    size: usize,
    way: Way,
}

/// What has become of datagrams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// They became messages.
    pub taken: u32,
    /// They are longer than a message can be.
    pub long: u32,
    /// They are empty, which no message is.
    pub empty: u32,
    /// There was no room in the queue.
    pub full: u32,
}

impl Counts {
    const fn refused(&self) -> u32 {
        self.long.saturating_add(self.empty).saturating_add(self.full)
    }

    /// Counts what a port has answered.
    fn count(&mut self, length: usize, size: usize, answer: Result<(), Error>) {
        let counter = match answer {
            Ok(()) => &mut self.taken,
            Err(Error::NotAvailable) => &mut self.full,
            Err(_) if length > size => &mut self.long,
            Err(_) => &mut self.empty,
        };
        *counter = counter.saturating_add(1);
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { taken, long, empty, full } = self;
        write!(
            formatter,
            "{taken} datagrams taken; refused: {long} too long, {empty} empty, {full} without room"
        )
    }
}

/// Ports and UDP ports, and who was heard last.
#[derive(Debug)]
pub struct Relay<'a> {
    lines: [Option<Line>; ROUTES_MAX],
    sockets: SocketSet<'a>,
    handles: [Option<SocketHandle>; SOCKETS_MAX],
    /// Who was heard last at each UDP port.
    senders: [Option<IpEndpoint>; SOCKETS_MAX],
    /// What has become of datagrams.
    counts: Counts,
    told: Counts,
    told_at: u64,
}

impl<'a> Relay<'a> {
    /// One with the routes of a table and a socket for each of its UDP ports.
    ///
    /// # Errors
    /// If a port is none of the partition's.
    pub fn new(
        routes: &Routes<'_>,
        mut sockets: SocketSet<'a>,
        open: impl IntoIterator<Item = udp::Socket<'a>>,
    ) -> Result<Self, Error> {
        let mut handles = [None; SOCKETS_MAX];
        for ((number, handle), mut socket) in routes.sockets().iter().zip(&mut handles).zip(open) {
            socket.bind(*number).map_err(|_| Error::BadArgument)?;
            *handle = Some(sockets.add(socket));
        }
        let mut lines = [None; ROUTES_MAX];
        for (place, route) in lines.iter_mut().zip(routes.routes()) {
            *place = Some(line(route)?);
        }
        let (counts, told, told_at) = (Counts::default(), Counts::default(), 0);
        Ok(Self { lines, sockets, handles, senders: [None; SOCKETS_MAX], counts, told, told_at })
    }

    /// Does some of what there is to do; whether there may be more.
    pub fn work(&mut self, interface: &mut Interface, device: &mut Device, now: u64) -> bool {
        let instant = instant(now);
        let frames = (0..TURN).take_while(|_| {
            let result = interface.poll_ingress_single(instant, device, &mut self.sockets);
            result != PollIngressSingleResult::None
        });
        let frames = frames.count();
        let carried = self.carry();
        interface.poll_egress(instant, device, &mut self.sockets);
        self.tell(now);
        frames == TURN || carried || device.take_passed()
    }

    /// When there is something to do without anybody's asking, in nanoseconds of the clock.
    pub fn next(&mut self, interface: &mut Interface, now: u64) -> Option<u64> {
        let at = interface.poll_at(instant(now), &self.sockets).map(nanoseconds);
        let tells = self.has_to_tell().then(|| self.told_at.saturating_add(TELL_AFTER));
        at.into_iter().chain(tells).min()
    }

    /// Carries over every route; whether there was something.
    fn carry(&mut self) -> bool {
        let mut carried = false;
        for Line { socket: number, port, kind, size, way } in self.lines.into_iter().flatten() {
            let Some(handle) = self.handles[number] else { continue };
            let socket = self.sockets.get_mut::<udp::Socket<'_>>(handle);
            match way {
                Way::In => {
                    for _ in 0..TURN {
                        let Ok((datagram, UdpMetadata { endpoint, .. })) = socket.recv() else { break };
                        let answer = match kind {
                            Some(PortKind::Sampling) => port.write(datagram),
                            _ => port.send(datagram, false),
                        };
                        self.counts.count(datagram.len(), size, answer);
                        self.senders[number] = Some(endpoint);
                        carried = true;
                    }
                }
                Way::Out(to) => {
                    let to = match to {
                        Receiver::Sender => self.senders[number],
                        Receiver::Fixed(place) => Some(place.into()),
                    };
                    let mut room = [0; DATAGRAM_SIZE_MAX];
                    for _ in 0..TURN {
                        let Some(length) = next_message(port, kind, &mut room[..size]) else { break };
                        // Whoever has never spoken, and whoever does not listen, misses it.
                        let _ = to.map(|to| socket.send_slice(&room[..length], to));
                        carried = true;
                    }
                }
            }
        }
        carried
    }

    /// Whether more was refused than was said.
    const fn has_to_tell(&self) -> bool {
        self.counts.refused() != self.told.refused()
    }

    /// Says what was refused, if that has become more.
    fn tell(&mut self, now: u64) {
        if self.has_to_tell() && now.saturating_sub(self.told_at) >= TELL_AFTER {
            println!("{}", self.counts);
            (self.told, self.told_at) = (self.counts, now);
        }
    }
}

/// The next message of a port that has not been carried yet.
fn next_message(port: Port, kind: Option<PortKind>, room: &mut [u8]) -> Option<usize> {
    let received = match kind {
        Some(PortKind::Sampling) => port.read(room).ok().filter(|received| received.new),
        _ => port.receive(room).ok(),
    };
    received.map(|received| received.length as usize)
}

/// A route with what it needs.
fn line(route: &Route<'_>) -> Result<Line, Error> {
    let Route { socket, port, way } = *route;
    let port = Port::find(port)?;
    let PortDescription { kind, message_size, .. } = port.describe()?;
    let size = message_size as usize;
    if size > DATAGRAM_SIZE_MAX {
        return Err(Error::BadArgument);
    }
    if let Way::Out(_) = way {
        // It is enough to be woken.
        port.install(|_| {})?;
    }
    Ok(Line { socket, port, kind: PortKind::from_number(kind), size, way })
}
