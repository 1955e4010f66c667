//! A partition that owns a network device and connects ports to UDP, as its command line says.

#![no_std]
#![no_main]

use bulkhead_guest::ports::Port;
use bulkhead_guest::{clock, devices, interrupts, partition, println, timer};
use bulkhead_host as _;
use bulkhead_virtio::Network;
use gateway::device::Device;
use gateway::link::LinkEnd;
use gateway::relay::Relay;
use gateway::routes::{LinkRule, Routes, SOCKETS_MAX};
use gateway::stack::interface;
use gateway::switch::LINKS_MAX;
use smoltcp::iface::{SocketSet, SocketStorage};
use smoltcp::socket::udp::{PacketBuffer, PacketMetadata, Socket};
use smoltcp::wire::EthernetAddress;

bulkhead_guest::entry!(main);

/// The device's name in the system file.
const DEVICE: &str = "net";

/// How many datagrams wait in a socket, and how many bytes they have together.
const DATAGRAMS: usize = 8;
const BYTES: usize = 4096;

/// Room for the datagrams of a socket, one way.
#[derive(Clone, Copy)]
struct Room {
    datagrams: [PacketMetadata; DATAGRAMS],
    bytes: [u8; BYTES],
}

impl Room {
    const EMPTY: Self = Self { datagrams: [PacketMetadata::EMPTY; DATAGRAMS], bytes: [0; BYTES] };

    fn buffer(&mut self) -> PacketBuffer<'_> {
        PacketBuffer::new(&mut self.datagrams[..], &mut self.bytes[..])
    }
}

fn main() -> u32 {
    let find = |name: &str| Port::find(name).and_then(Port::describe).ok();
    let routes = match Routes::read(partition::command_line(), find) {
        Ok(routes) => routes,
        Err(mistake) => {
            println!("{mistake}");
            return 1;
        }
    };
    let network = match Network::find(DEVICE) {
        Ok(network) => network,
        Err(error) => {
            println!("the device `{DEVICE}`: {error}");
            return 1;
        }
    };
    if let Some(link) = routes.links.iter().flatten().find(|link| link.station == network.address()) {
        println!("the routing table: the link at `{}` has the network device's own address", link.from);
        return 1;
    }
    match run(&routes, network) {
        Ok(never) => match never {},
        Err(error) => {
            println!("{error:?}");
            1
        }
    }
}

/// The gateway's ends of a table's links.
fn links(routes: &Routes<'_>) -> Result<[Option<LinkEnd>; LINKS_MAX], bulkhead_guest::Error> {
    let mut links = [None; LINKS_MAX];
    for (link, LinkRule { from, to, .. }) in links.iter_mut().zip(routes.links.iter().flatten()) {
        *link = Some(LinkEnd::find(from, to)?);
    }
    Ok(links)
}

/// Carries datagrams and messages for as long as the partition runs.
fn run(routes: &Routes<'_>, network: Network) -> Result<core::convert::Infallible, bulkhead_guest::Error> {
    let (line, station) = (network.line(), EthernetAddress(network.address()));
    let stations = routes.links.map(|link| link.map(|link| link.station));
    let mut device = Device::new(network, links(routes)?, stations);
    let (address, prefix) = routes.address;
    let mut interface = interface(&mut device, station, routes.address);
    if let Some(router) = routes.router {
        let _ = interface.routes_mut().add_default_ipv4_route(router);
    }

    let mut places = [const { SocketStorage::EMPTY }; SOCKETS_MAX];
    let mut rooms = [[Room::EMPTY; 2]; SOCKETS_MAX];
    let sockets =
        rooms.iter_mut().map(|[incoming, outgoing]| Socket::new(incoming.buffer(), outgoing.buffer()));
    let mut relay = Relay::new(routes, SocketSet::new(&mut places[..]), sockets)?;

    // It is enough to be woken: what there is to do, `work` finds out.
    interrupts::install(line, || {})?;
    interrupts::install(bulkhead_guest::Line::Timer as u32, || {})?;
    interrupts::unmask(bulkhead_guest::Line::Timer as u32)?;
    println!("{station} is {address}/{prefix}, {} routes", routes.routes().count());
    loop {
        // The next interrupt is let in before it is looked whether there is something: what comes from then on, wakes.
        devices::enable_interrupt(line)?;
        interrupts::disable();
        let now = clock::now();
        if !relay.work(&mut interface, &mut device, now) {
            timer::set(relay.next(&mut interface, now).unwrap_or(bulkhead_guest::NEVER));
            partition::idle();
        }
        interrupts::enable();
    }
}
