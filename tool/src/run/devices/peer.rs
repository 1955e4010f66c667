//! The other end of a network device's wire: one machine, which passes datagrams of forwarded ports on.
//!
//! It answers who asks for its Ethernet address, and is where the datagrams of this machine's programs come from. A
//! partition reaches whoever has sent something to a forwarded port, by the port that it came from, and nobody else:
//! what it sends elsewhere goes nowhere. (QEMU's own user network cannot do that: where it is closed it lets datagrams
//! in, but none out.)

use std::collections::{HashMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddrV4};

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol, EthernetRepr,
    IpProtocol, Ipv4Packet, Ipv4Repr, UdpPacket, UdpRepr,
};

/// This end's address.
pub(super) const HOST: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 2);

/// The partition's address.
pub(super) const GUEST: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 15);

/// Whether an address is one of those at the wire, whose first three bytes are the same.
pub(super) fn in_network(address: Ipv4Addr) -> bool {
    let [.., last] = address.octets();
    address.octets()[..3] == HOST.octets()[..3] && last != 0 && last != 255
}

/// The Ethernet addresses of both ends. The second least bit of the first byte: given by nobody (IEEE 802, 8.4).
const HOST_STATION: EthernetAddress = EthernetAddress([0x52, 0x54, 0, 0x12, 0x34, 0x01]);
pub(super) const GUEST_STATION: EthernetAddress = EthernetAddress([0x52, 0x54, 0, 0x12, 0x34, 0x56]);

/// The longest frame without its checksum.
pub(super) const FRAME_SIZE_MAX: usize = 1514;

/// Bytes before what a datagram has: Ethernet, IP without options, UDP.
const HEADERS: usize = 14 + 20 + 8;

/// The longest datagram that fits into a frame.
const DATAGRAM_SIZE_MAX: usize = FRAME_SIZE_MAX - HEADERS;

/// How many clients of a forwarded port can be answered: those heard last.
const CLIENTS_MAX: usize = 256;

/// How many routers a packet may pass.
const HOPS: u8 = 64;

/// A forwarded port.
#[derive(Debug)]
struct Port {
    /// Whose it is in the partition's network, and its number there.
    place: SocketAddrV4,
    /// The ports of the programs that have sent something, the last one last.
    clients: VecDeque<u16>,
}

/// This end of the wire.
#[derive(Debug)]
pub struct Peer {
    ports: Vec<Port>,
    /// The Ethernet addresses of whom there is at the other end: all that have been told of.
    stations: HashMap<Ipv4Addr, EthernetAddress>,
}

/// What a frame of the partition's asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Wish {
    /// Nothing that is done.
    Nothing,
    /// This frame, as the answer.
    Answer(Vec<u8>),
    /// To give the program with this port these bytes, from the forwarded port with this number among them.
    Send {
        /// The forwarded port.
        port: usize,
        /// The program's port.
        client: u16,
        /// The bytes.
        datagram: Vec<u8>,
    },
}

impl Peer {
    /// One that forwards these ports of the partition.
    #[must_use]
    pub fn new(ports: impl IntoIterator<Item = SocketAddrV4>) -> Self {
        let port = |place| Port { place, clients: VecDeque::new() };
        let stations = HashMap::from([(GUEST, GUEST_STATION)]);
        Self { ports: ports.into_iter().map(port).collect(), stations }
    }

    /// The frame that brings a program's datagram to the partition, if it fits into one. Where nobody knows who has the
    /// address, it is one that asks, and the datagram is lost.
    pub fn frame(&mut self, port: usize, client: u16, datagram: &[u8]) -> Option<Vec<u8>> {
        let Port { place, clients } = self.ports.get_mut(port)?;
        if datagram.len() > DATAGRAM_SIZE_MAX {
            return None;
        }
        if clients.back() != Some(&client) {
            clients.retain(|heard| *heard != client);
            clients.push_back(client);
            if clients.len() > CLIENTS_MAX {
                clients.pop_front();
            }
        }
        Some(match self.stations.get(place.ip()) {
            Some(station) => datagram_frame(*station, client, *place, datagram),
            None => request(*place.ip()),
        })
    }

    /// What is to be done about a frame of the partition's.
    pub fn take(&mut self, frame: &[u8]) -> Wish {
        self.read(frame).unwrap_or(Wish::Nothing)
    }

    fn read(&mut self, frame: &[u8]) -> Option<Wish> {
        let frame = EthernetFrame::new_checked(frame).ok()?;
        match frame.ethertype() {
            EthernetProtocol::Arp => self.resolve(frame.payload()).map(Wish::Answer),
            EthernetProtocol::Ipv4 if frame.dst_addr() == HOST_STATION => self.datagram(frame.payload()),
            _ => None,
        }
    }

    /// What is to be done about a packet to this end.
    fn datagram(&self, packet: &[u8]) -> Option<Wish> {
        let checked = ChecksumCapabilities::default();
        let packet = Ipv4Packet::new_checked(packet).ok()?;
        let internet = Ipv4Repr::parse(&packet, &checked).ok()?;
        let is_whole = !packet.more_frags() && packet.frag_offset() == 0;
        if internet.dst_addr != HOST || internet.next_header != IpProtocol::Udp || !is_whole {
            return None;
        }
        let datagram = UdpPacket::new_checked(packet.payload()).ok()?;
        let ends = (internet.src_addr.into(), internet.dst_addr.into());
        let UdpRepr { src_port, dst_port } = UdpRepr::parse(&datagram, &ends.0, &ends.1, &checked).ok()?;
        let from = SocketAddrV4::new(internet.src_addr, src_port);
        let answers = |port: &Port| port.place == from && port.clients.contains(&dst_port);
        let port = self.ports.iter().position(answers)?;
        Some(Wish::Send { port, client: dst_port, datagram: datagram.payload().to_vec() })
    }
}

impl Peer {
    /// Learns who has an address, and answers who asks for this end's.
    fn resolve(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        let told = ArpRepr::parse(&ArpPacket::new_checked(packet).ok()?).ok()?;
        let ArpRepr::EthernetIpv4 { source_hardware_addr, source_protocol_addr, .. } = told else {
            return None;
        };
        // Whom nobody forwards to need not be known.
        let is_wanted = self.ports.iter().any(|port| *port.place.ip() == source_protocol_addr);
        if is_wanted && source_hardware_addr.is_unicast() {
            self.stations.insert(source_protocol_addr, source_hardware_addr);
        }
        answer(told)
    }
}

/// A frame to the partition, whose contents `fill` writes.
fn frame_of(
    ethertype: EthernetProtocol,
    to: EthernetAddress,
    length: usize,
    fill: impl FnOnce(&mut [u8]),
) -> Vec<u8> {
    let ethernet = EthernetRepr { src_addr: HOST_STATION, dst_addr: to, ethertype };
    let mut bytes = vec![0; EthernetFrame::<&[u8]>::buffer_len(length)];
    let mut frame = EthernetFrame::new_unchecked(&mut bytes);
    ethernet.emit(&mut frame);
    fill(frame.payload_mut());
    bytes
}

/// The answer to who asks for this end's Ethernet address.
fn answer(asked: ArpRepr) -> Option<Vec<u8>> {
    let ArpRepr::EthernetIpv4 {
        operation,
        source_hardware_addr,
        source_protocol_addr,
        target_protocol_addr,
        ..
    } = asked
    else {
        return None;
    };
    if operation != ArpOperation::Request || target_protocol_addr != HOST {
        return None;
    }
    let answer = ArpRepr::EthernetIpv4 {
        operation: ArpOperation::Reply,
        source_hardware_addr: HOST_STATION,
        source_protocol_addr: HOST,
        target_hardware_addr: source_hardware_addr,
        target_protocol_addr: source_protocol_addr,
    };
    Some(frame_of(EthernetProtocol::Arp, source_hardware_addr, answer.buffer_len(), |bytes| {
        answer.emit(&mut ArpPacket::new_unchecked(bytes));
    }))
}

/// The question who has an address.
fn request(address: Ipv4Addr) -> Vec<u8> {
    let question = ArpRepr::EthernetIpv4 {
        operation: ArpOperation::Request,
        source_hardware_addr: HOST_STATION,
        source_protocol_addr: HOST,
        target_hardware_addr: EthernetAddress([0; 6]),
        target_protocol_addr: address,
    };
    frame_of(EthernetProtocol::Arp, EthernetAddress::BROADCAST, question.buffer_len(), |bytes| {
        question.emit(&mut ArpPacket::new_unchecked(bytes));
    })
}

/// A datagram of a program's, as the partition gets it.
fn datagram_frame(to: EthernetAddress, client: u16, place: SocketAddrV4, datagram: &[u8]) -> Vec<u8> {
    let checked = ChecksumCapabilities::default();
    let (dst_addr, dst_port) = (*place.ip(), place.port());
    let transport = UdpRepr { src_port: client, dst_port };
    let payload_len = transport.header_len() + datagram.len();
    let internet =
        Ipv4Repr { src_addr: HOST, dst_addr, next_header: IpProtocol::Udp, payload_len, hop_limit: HOPS };
    let length = internet.buffer_len() + payload_len;
    frame_of(EthernetProtocol::Ipv4, to, length, |bytes| {
        let mut packet = Ipv4Packet::new_unchecked(bytes);
        internet.emit(&mut packet, &checked);
        let mut udp = UdpPacket::new_unchecked(packet.payload_mut());
        let fill = |bytes: &mut [u8]| bytes.copy_from_slice(datagram);
        transport.emit(&mut udp, &HOST.into(), &dst_addr.into(), datagram.len(), fill, &checked);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame from the partition's end: what `frame_of` and `datagram_frame` make, with the ends the other way round.
    fn from_guest(source: u16, destination: u16, bytes: &[u8]) -> Vec<u8> {
        let mut frame = datagram_frame(GUEST_STATION, source, SocketAddrV4::new(GUEST, destination), bytes);
        let (to, from) = (HOST_STATION, GUEST_STATION);
        frame[..6].copy_from_slice(to.as_bytes());
        frame[6..12].copy_from_slice(from.as_bytes());
        // The sums of the addresses are the same either way.
        frame[26..30].copy_from_slice(&GUEST.octets());
        frame[30..34].copy_from_slice(&HOST.octets());
        frame
    }

    /// The question of a partition with these addresses.
    fn asks(station: EthernetAddress, address: Ipv4Addr, target: Ipv4Addr) -> Vec<u8> {
        let mut frame = request(target);
        frame[6..12].copy_from_slice(station.as_bytes());
        frame[22..28].copy_from_slice(station.as_bytes());
        frame[28..32].copy_from_slice(&address.octets());
        frame
    }

    fn ports<const N: usize>(numbers: [u16; N]) -> [SocketAddrV4; N] {
        numbers.map(|number| SocketAddrV4::new(GUEST, number))
    }

    #[test]
    fn a_client_is_answered_by_the_port_that_it_has_spoken_to() {
        let mut peer = Peer::new(ports([5000, 5001]));
        let answer = from_guest(5001, 40000, b"sample");
        assert_eq!(peer.take(&answer), Wish::Nothing, "nobody has spoken");
        let frame = peer.frame(1, 40000, b"command").expect("it fits");
        let packet = Ipv4Packet::new_checked(&frame[14..]).expect("a packet");
        let datagram = UdpPacket::new_checked(packet.payload()).expect("a datagram");
        assert!(packet.verify_checksum() && datagram.verify_checksum(&HOST.into(), &GUEST.into()));
        assert_eq!((datagram.src_port(), datagram.dst_port()), (40000, 5001));
        assert_eq!(datagram.payload(), b"command");
        let expected = Wish::Send { port: 1, client: 40000, datagram: b"sample".to_vec() };
        assert_eq!(peer.take(&answer), expected);
        assert_eq!(peer.take(&from_guest(5000, 40000, b"sample")), Wish::Nothing, "by another port");
        assert_eq!(peer.take(&from_guest(5001, 40001, b"sample")), Wish::Nothing, "to somebody else");
    }

    #[test]
    fn what_is_damaged_or_goes_elsewhere_goes_nowhere() {
        let mut peer = Peer::new(ports([5000]));
        peer.frame(0, 40000, b"").expect("it fits");
        let right = from_guest(5000, 40000, b"sample");
        assert_ne!(peer.take(&right), Wish::Nothing);
        for length in 0..right.len() {
            assert_eq!(peer.take(&right[..length]), Wish::Nothing, "{length} bytes");
        }
        // Every byte of it matters, but for the station that it comes from and what the packet's checksum leaves open.
        for place in (0..6).chain(12..right.len()) {
            let mut wrong = right.clone();
            wrong[place] ^= 0x10;
            assert_eq!(peer.take(&wrong), Wish::Nothing, "byte {place}");
        }
    }

    #[test]
    fn who_asks_for_the_host_is_answered_and_nobody_else_is() {
        let mut peer = Peer::new([]);
        assert_eq!(peer.take(&asks(GUEST_STATION, GUEST, Ipv4Addr::new(10, 0, 2, 3))), Wish::Nothing);
        let Wish::Answer(answer) = peer.take(&asks(GUEST_STATION, GUEST, HOST)) else { panic!("an answer") };
        assert_eq!(&answer[..6], GUEST_STATION.as_bytes());
        let packet = ArpPacket::new_checked(&answer[14..]).expect("a packet");
        assert_eq!(packet.source_hardware_addr(), HOST_STATION.as_bytes());
        assert_eq!(packet.target_protocol_addr(), GUEST.octets());
    }

    #[test]
    fn who_has_another_address_is_asked_for() {
        let (station, address) = (EthernetAddress([2, 0, 0, 0, 0, 7]), Ipv4Addr::new(10, 0, 2, 16));
        let mut peer = Peer::new([SocketAddrV4::new(address, 7)]);
        assert_eq!(peer.frame(0, 40000, b"hello"), Some(request(address)));
        // Of whom nobody asks nothing is learned, nor from who says that he is everybody.
        peer.take(&asks(station, Ipv4Addr::new(10, 0, 2, 17), address));
        peer.take(&asks(EthernetAddress::BROADCAST, address, HOST));
        assert_eq!(peer.stations.len(), 1);
        peer.take(&asks(station, address, HOST));
        let frame = peer.frame(0, 40000, b"hello").expect("it fits");
        assert_eq!((&frame[..6], &frame[30..34]), (station.as_bytes(), &address.octets()[..]));
    }

    #[test]
    fn the_clients_heard_last_are_known_and_datagrams_fit_into_a_frame() {
        let mut peer = Peer::new(ports([5000]));
        for client in 1..=CLIENTS_MAX as u16 {
            peer.frame(0, client, b"").expect("it fits");
        }
        peer.frame(0, 1, b"").expect("it fits");
        peer.frame(0, 9999, b"").expect("it fits");
        assert_eq!(
            peer.take(&from_guest(5000, 2, b"")),
            Wish::Nothing,
            "the one that was silent for longest"
        );
        assert_ne!(peer.take(&from_guest(5000, 1, b"")), Wish::Nothing);
        assert_ne!(peer.take(&from_guest(5000, 9999, b"")), Wish::Nothing);
        let longest = peer.frame(0, 1, &[7; DATAGRAM_SIZE_MAX]).map(|frame| frame.len());
        assert_eq!((longest, peer.frame(0, 1, &[7; DATAGRAM_SIZE_MAX + 1])), (Some(FRAME_SIZE_MAX), None));
    }
}
