//! A partition that owns no device and has a network: it sends every datagram back that comes to its UDP port 7.
//!
//! Its command line is its address: `52:54:00:12:34:57 10.0.2.16/24`.

#![no_std]
#![no_main]

use bulkhead_guest::{Error, Line, NEVER, clock, interrupts, partition, println, timer};
use bulkhead_host as _;
use gateway::link::LinkEnd;
use gateway::routes::{network, station};
use gateway::stack::{instant, interface, nanoseconds};
use smoltcp::iface::{SocketSet, SocketStorage};
use smoltcp::socket::udp::{PacketBuffer, PacketMetadata, Socket};
use smoltcp::wire::EthernetAddress;

bulkhead_guest::entry!(main);

/// The service that echoes (RFC 862).
const ECHO: u16 = 7;

fn main() -> u32 {
    let mut words = partition::command_line().split_whitespace();
    match (station(words.next()), network(words.next())) {
        (Ok(station), Ok(address)) => match serve(EthernetAddress(station), address) {
            Ok(never) => match never {},
            Err(error) => println!("{error:?}"),
        },
        (Err((word, text)), _) | (_, Err((word, text))) => println!("the command line: `{word}`: {text}"),
    }
    1
}

/// Answers for as long as the partition runs.
fn serve(
    station: EthernetAddress,
    (address, prefix): (core::net::Ipv4Addr, u8),
) -> Result<core::convert::Infallible, Error> {
    let mut device = LinkEnd::find("frames-in", "frames-out")?;
    let mut interface = interface(&mut device, station, (address, prefix));
    let (mut incoming, mut outgoing) = ([0; 4096], [0; 4096]);
    let mut datagrams = [[PacketMetadata::EMPTY; 4]; 2];
    let [first, second] = &mut datagrams;
    let mut socket = Socket::new(
        PacketBuffer::new(&mut first[..], &mut incoming[..]),
        PacketBuffer::new(&mut second[..], &mut outgoing[..]),
    );
    socket.bind(ECHO).map_err(|_| Error::BadArgument)?;
    let mut places = [SocketStorage::EMPTY];
    let mut sockets = SocketSet::new(&mut places[..]);
    let echo = sockets.add(socket);
    interrupts::install(Line::Timer as u32, || {})?;
    interrupts::unmask(Line::Timer as u32)?;
    println!("{station} is {address}/{prefix}");
    loop {
        interrupts::disable();
        let now = instant(clock::now());
        interface.poll(now, &mut device, &mut sockets);
        let socket = sockets.get_mut::<Socket<'_>>(echo);
        let mut bytes = [0; 1472];
        let mut has_answered = false;
        while let Ok((length, from)) = socket.recv_slice(&mut bytes) {
            // What finds no room is lost.
            has_answered |= socket.send_slice(&bytes[..length], from).is_ok();
        }
        if !has_answered {
            timer::set(interface.poll_at(now, &sockets).map_or(NEVER, nanoseconds));
            partition::idle();
        }
        interrupts::enable();
    }
}
