//! Ports of this machine behind which a partition's network device is.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, UdpSocket};
use std::str::FromStr;
use std::sync::Arc;

use crate::error::{Error, Message, Result};

use super::peer::{GUEST, HOST, in_network};
use super::wire::Forwarded;

/// What is spoken at a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Datagrams.
    Udp,
    /// Streams.
    Tcp,
}

impl Protocol {
    const fn name(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
        }
    }
}

/// A port that is forwarded, as `--forward NAME=udp:HOST[:GUEST]` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// Name of the device.
    pub name: String,
    /// What is spoken there.
    pub protocol: Protocol,
    /// The port of this machine, 0 for one that is free.
    pub host: u16,
    /// The partition's address.
    pub address: Ipv4Addr,
    /// The partition's port.
    pub guest: u16,
}

impl FromStr for Forward {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let read = || {
            let (name, ports) = text.split_once('=').filter(|(name, _)| !name.is_empty())?;
            let mut words = ports.split(':');
            let protocol = match words.next()? {
                "udp" => Protocol::Udp,
                "tcp" => Protocol::Tcp,
                _ => return None,
            };
            let host: u16 = words.next()?.parse().ok()?;
            let rest: Vec<&str> = words.collect();
            let (address, guest): (Ipv4Addr, u16) = match rest[..] {
                [] => (GUEST, host),
                [guest] => (GUEST, guest.parse().ok()?),
                [address, guest] => (address.parse().ok()?, guest.parse().ok()?),
                _ => return None,
            };
            let is_there = in_network(address) && address != HOST;
            (guest != 0 && is_there).then(|| Self { name: name.to_owned(), protocol, host, address, guest })
        };
        read().ok_or_else(|| {
            "write NAME=udp:PORT, or NAME=udp:PORT:PORT with this machine's port (0 for one that is free) and the \
             partition's, or NAME=udp:PORT:10.0.2.16:PORT where it has another address than 10.0.2.15; tcp likewise"
                .to_owned()
        })
    }
}

impl Forward {
    /// Complains about a port that is forwarded before, and about what cannot be together.
    pub(super) fn refuse_beside(&self, before: &[Self]) -> Result<()> {
        let Self { name, protocol, host, .. } = self;
        if let Some(other) =
            before.iter().find(|other| other.host == *host && *host != 0 && other.protocol == *protocol)
        {
            let protocol = protocol.name();
            let text = format!("port {host} ({protocol}) of this machine cannot be forwarded to two ports");
            let help = format!("it is `{}`'s port {} already: name another one", other.name, other.guest);
            return Err(Error::Usage(Message::new(text).help(help)));
        }
        if before.iter().any(|other| other.name == *name && other.protocol != *protocol) {
            let text = format!("`{name}` has ports of both udp and tcp");
            let help = "forward those of one kind: datagrams come from this command, streams from QEMU's own network";
            return Err(Error::Usage(Message::new(text).help(help)));
        }
        Ok(())
    }
}

/// What of this machine a network device reaches.
#[derive(Debug)]
pub(super) struct Link {
    name: String,
    /// Forwarded ports of datagrams.
    udp: Vec<Forwarded>,
    /// Forwarded ports of streams: this machine's, and the partition's address and port.
    tcp: Vec<(u16, SocketAddrV4)>,
}

impl Link {
    /// One that reaches nothing.
    pub(super) const fn of_nobody() -> Self {
        Self { name: String::new(), udp: Vec::new(), tcp: Vec::new() }
    }

    /// Takes the ports of this machine that are forwarded to the device with this name.
    pub(super) fn open(name: &str, forwards: &[Forward]) -> Result<Self> {
        let mut link = Self { name: name.to_owned(), udp: Vec::new(), tcp: Vec::new() };
        for forward in forwards.iter().filter(|forward| forward.name == name) {
            let guest = SocketAddrV4::new(forward.address, forward.guest);
            let place = (Ipv4Addr::LOCALHOST, forward.host);
            match forward.protocol {
                Protocol::Udp => {
                    let socket = UdpSocket::bind(place).map_err(|error| taken(forward, &error))?;
                    link.udp.push(Forwarded { socket: Arc::new(socket), guest });
                }
                Protocol::Tcp => {
                    // QEMU takes it again; nobody else is likely to do so in between.
                    let bound = TcpListener::bind(place).and_then(|listener| listener.local_addr());
                    let port = bound.map_err(|error| taken(forward, &error))?.port();
                    link.tcp.push((port, guest));
                }
            }
        }
        Ok(link)
    }

    /// Each port of this machine, and the partition's behind it.
    pub(super) fn ports(&self) -> impl Iterator<Item = (u16, SocketAddrV4, Protocol)> {
        let udp = self.udp.iter().filter_map(|forwarded| {
            Some((forwarded.socket.local_addr().ok()?.port(), forwarded.guest, Protocol::Udp))
        });
        let tcp = self.tcp.iter().map(|(host, guest)| (*host, *guest, Protocol::Tcp));
        udp.chain(tcp)
    }

    /// What is to be known of each port.
    pub(super) fn told(&self) -> impl Iterator<Item = String> {
        self.ports().map(|(host, guest, protocol)| {
            let (protocol, name) = (protocol.name(), &self.name);
            let (address, port) = (guest.ip(), guest.port());
            let whose = if *address == GUEST { String::new() } else { format!(" of {address}") };
            format!("127.0.0.1:{host} ({protocol}) is port {port}{whose} behind `{name}`")
        })
    }

    /// Ports of datagrams.
    pub(super) fn forwarded(&self) -> Vec<Forwarded> {
        self.udp.clone()
    }

    /// QEMU's own network, where streams are forwarded: closed but for these.
    pub(super) fn user_network(&self, id: &str) -> Option<String> {
        let ports = self.tcp.iter().map(|(host, guest)| format!(",hostfwd=tcp:127.0.0.1:{host}-{guest}"));
        let ports: String = ports.collect();
        (!ports.is_empty()).then(|| format!("user,id={id},restrict=on,ipv6=off,host={HOST}{ports}"))
    }
}

fn taken(forward: &Forward, error: &io::Error) -> Error {
    let Forward { name, protocol, host, guest, .. } = forward;
    let protocol = protocol.name();
    let text = match error.kind() {
        io::ErrorKind::AddrInUse => format!("port {host} ({protocol}) of this machine is in use"),
        _ => format!("port {host} ({protocol}) of this machine cannot be had: {error}"),
    };
    let help = format!("name another one, or take one that is free: --forward {name}={protocol}:0:{guest}");
    Error::Environment(Message::new(text).help(help))
}
