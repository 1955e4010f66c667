//! The routing table: which UDP port is which port of the partition.
//!
//! It is the partition's command line, a rule in each line:
//!
//! ```text
//! address 10.0.2.15/24
//! router 10.0.2.2
//! udp 5000 -> commands               # datagrams that come to UDP port 5000 become messages of the port `commands`
//! udp 5000 <- samples to sender      # messages of `samples` go to who was heard last at UDP port 5000
//! udp 5001 <- status to 10.0.2.2:6000
//! link 52:54:00:12:34:57 from-station to-station   # a partition with this address, its frames, and those to it
//! ```

use core::fmt;
use core::net::{Ipv4Addr, SocketAddrV4};

use bulkhead_guest::{PortDescription, PortDirection, PortKind};

use crate::link::LINK_FRAME_SIZE_MAX;
use crate::switch::{LINKS_MAX, Station};

/// The most routes.
pub const ROUTES_MAX: usize = 8;

/// The most UDP ports.
pub const SOCKETS_MAX: usize = 4;

/// Where messages of a port go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// To who was heard last at the UDP port.
    Sender,
    /// There.
    Fixed(SocketAddrV4),
}

/// Which way a route goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Datagrams become messages.
    In,
    /// Messages become datagrams.
    Out(Receiver),
}

/// A route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route<'a> {
    /// The UDP port, by its number in [`Routes::sockets`].
    pub socket: usize,
    /// The name of the partition's port.
    pub port: &'a str,
    /// Which way it goes.
    pub way: Way,
}

/// A link to another partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkRule<'a> {
    /// The Ethernet address at its other end.
    pub station: Station,
    /// The port at which its frames come.
    pub from: &'a str,
    /// The port by which frames go there.
    pub to: &'a str,
}

/// A routing table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routes<'a> {
    /// The partition's address, and how many of its bits are the network's.
    pub address: (Ipv4Addr, u8),
    /// Who knows the way to other networks.
    pub router: Option<Ipv4Addr>,
    sockets: [u16; SOCKETS_MAX],
    sockets_used: usize,
    routes: [Option<Route<'a>>; ROUTES_MAX],
    /// The links.
    pub links: [Option<LinkRule<'a>>; LINKS_MAX],
}

/// What is wrong with a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mistake<'a> {
    /// The line, from 1 on; 0 of the table as a whole.
    pub line: usize,
    /// What it is about.
    pub word: &'a str,
    /// What is wrong, and what would be right.
    pub text: &'static str,
}

impl fmt::Display for Mistake<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(formatter, "the routing table: {}", self.text),
            line if self.word.is_empty() => {
                write!(formatter, "the routing table, line {line}: something is missing: {}", self.text)
            }
            line => write!(formatter, "the routing table, line {line}: `{}`: {}", self.word, self.text),
        }
    }
}

/// What is wrong with a port that is in two rules.
const LINKED: &str = "this port has a rule already: it is a link's, or a route's";

/// What is wrong with a word, and what would be right.
pub type Wrong<'a> = (&'a str, &'static str);

impl<'a> Routes<'a> {
    /// Reads a table; `find` describes the partition's port with a name.
    ///
    /// # Errors
    /// The first mistake in it.
    pub fn read(text: &'a str, find: impl Fn(&str) -> Option<PortDescription>) -> Result<Self, Mistake<'a>> {
        let (mut address, mut router) = (None, None);
        let mut table = Self {
            address: (Ipv4Addr::UNSPECIFIED, 0),
            router: None,
            sockets: [0; SOCKETS_MAX],
            sockets_used: 0,
            routes: [None; ROUTES_MAX],
            links: [None; LINKS_MAX],
        };
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or_default();
            let mut words = line.split_whitespace();
            let Some(first) = words.next() else { continue };
            let read = match first {
                "address" if address.is_some() => Err((first, "there is an address already")),
                "address" => network(words.next()).map(|found| address = Some(found)),
                "router" if router.is_some() => Err((first, "there is a router already")),
                "router" => internet(words.next()).map(|found| router = Some((number, found))),
                "udp" => table.route(&mut words, &find),
                "link" => table.link(&mut words, &find),
                word => Err((word, "a rule begins with address, router, udp or link")),
            };
            let read = read.and_then(|()| match words.next() {
                Some(word) => Err((word, "nothing follows here: each rule has a line of its own")),
                None => Ok(()),
            });
            read.map_err(|(word, text)| Mistake { line: number, word, text })?;
        }
        let of_all = |text| Mistake { line: 0, word: "", text };
        table.address = address.ok_or(of_all("there is no address, such as `address 10.0.2.15/24`"))?;
        if let Some((line, router)) = router {
            let (own, prefix) = table.address;
            if (own.to_bits() ^ router.to_bits()) & mask(prefix) != 0 || own == router {
                let text = "the router is another machine of the address's own network";
                return Err(Mistake { line, word: "router", text });
            }
            table.router = Some(router);
        }
        if table.routes().next().is_none() && table.links.iter().all(Option::is_none) {
            return Err(of_all("there is no route, such as `udp 5000 -> commands`"));
        }
        Ok(table)
    }

    /// The routes.
    pub fn routes(&self) -> impl Iterator<Item = &Route<'a>> {
        self.routes.iter().flatten()
    }

    /// The UDP ports.
    #[must_use]
    pub fn sockets(&self) -> &[u16] {
        &self.sockets[..self.sockets_used]
    }

    /// Reads what follows `udp`.
    fn route(
        &mut self,
        words: &mut impl Iterator<Item = &'a str>,
        find: impl Fn(&str) -> Option<PortDescription>,
    ) -> Result<(), Wrong<'a>> {
        let udp = words.next().unwrap_or_default();
        let number = udp.parse().ok().filter(|number| *number != 0);
        let number = number.ok_or((udp, "a UDP port is a number from 1 to 65535"))?;
        let arrow = words.next().unwrap_or_default();
        let direction = match arrow {
            "->" => PortDirection::Source,
            "<-" => PortDirection::Destination,
            word => return Err((word, "the way is `->` into the partition's port, or `<-` out of it")),
        };
        let port = words.next().unwrap_or_default();
        let described = find(port).ok_or((port, no_port(port)))?;
        if described.direction != direction as u32 {
            return Err((
                port,
                match direction {
                    PortDirection::Source => "messages come in at this port: write `<-`",
                    PortDirection::Destination => "messages go out at this port: write `->`",
                },
            ));
        }
        let way = match direction {
            PortDirection::Source => Way::In,
            PortDirection::Destination => Way::Out(receiver(words)?),
        };
        if self.routes().any(|route| route.port == port && (way == Way::In) == (route.way == Way::In)) {
            return Err((port, "this port has a route already"));
        }
        if self.links.iter().flatten().any(|link| link.from == port || link.to == port) {
            return Err((port, LINKED));
        }
        let socket = self.socket(number).ok_or((udp, "there can be 4 UDP ports"))?;
        if way == Way::In && self.routes().any(|route| route.way == Way::In && route.socket == socket) {
            return Err((udp, "what comes to this UDP port goes to another port already"));
        }
        let place = self.routes.iter_mut().find(|place| place.is_none());
        *place.ok_or((port, "there can be 8 routes"))? = Some(Route { socket, port, way });
        Ok(())
    }

    /// Reads what follows `link`.
    fn link(
        &mut self,
        words: &mut impl Iterator<Item = &'a str>,
        find: impl Fn(&str) -> Option<PortDescription>,
    ) -> Result<(), Wrong<'a>> {
        let station = station(words.next())?;
        let (from, to) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        for (port, direction) in [(from, PortDirection::Destination), (to, PortDirection::Source)] {
            let described = find(port).ok_or((port, no_port(port)))?;
            if described.direction != direction as u32 {
                return Err((
                    port,
                    "a link has the port at which its frames come, then that by which they go",
                ));
            }
            let is_whole = described.message_size as usize == LINK_FRAME_SIZE_MAX;
            if described.kind != PortKind::Queuing as u32 || !is_whole {
                return Err((port, "a link's ports are queuing ports with messages of 1514 bytes"));
            }
        }
        if let Some(route) = self.routes().find(|route| route.port == from || route.port == to) {
            return Err((route.port, LINKED));
        }
        if self
            .links
            .iter()
            .flatten()
            .any(|link| link.station == station || link.from == from || link.to == to)
        {
            return Err((from, "this link has its address or a port from another one"));
        }
        let place = self.links.iter_mut().find(|place| place.is_none());
        *place.ok_or((from, "there can be 4 links"))? = Some(LinkRule { station, from, to });
        Ok(())
    }

    /// The place of a UDP port among the others.
    fn socket(&mut self, number: u16) -> Option<usize> {
        let known = self.sockets().iter().position(|known| *known == number);
        known.or_else(|| {
            *self.sockets.get_mut(self.sockets_used)? = number;
            self.sockets_used += 1;
            Some(self.sockets_used - 1)
        })
    }
}

/// What is to be said of a port that is not there.
const fn no_port(port: &str) -> &'static str {
    if port.is_empty() {
        "the name of a port of this partition's"
    } else {
        "the system file gives this partition no such port"
    }
}

/// Reads what follows the name of a port whose messages go out.
fn receiver<'a>(words: &mut impl Iterator<Item = &'a str>) -> Result<Receiver, Wrong<'a>> {
    const WHERE: &str = "messages go `to sender`, or to an address such as `to 10.0.2.2:6000`";
    let to = words.next().unwrap_or_default();
    if to != "to" {
        return Err((to, WHERE));
    }
    match words.next().unwrap_or_default() {
        "sender" => Ok(Receiver::Sender),
        word => match word.parse::<SocketAddrV4>() {
            Ok(place) if place.port() != 0 => Ok(Receiver::Fixed(place)),
            _ => Err((word, WHERE)),
        },
    }
}

/// Reads an Ethernet address.
///
/// # Errors
/// What is wrong with it.
pub fn station(word: Option<&str>) -> Result<Station, Wrong<'_>> {
    let word = word.unwrap_or_default();
    let mut bytes = [0; 6];
    let mut parts = word.split(':');
    for byte in &mut bytes {
        let part = parts.next().filter(|part| part.len() == 2 && !part.starts_with('+'));
        *byte = part
            .and_then(|part| u8::from_str_radix(part, 16).ok())
            .ok_or((word, "an Ethernet address is six numbers, such as 52:54:00:12:34:57"))?;
    }
    if parts.next().is_some() || bytes[0] & 1 != 0 {
        return Err((word, "an Ethernet address is six numbers, the first even, such as 52:54:00:12:34:57"));
    }
    Ok(bytes)
}

fn internet(word: Option<&str>) -> Result<Ipv4Addr, Wrong<'_>> {
    let word = word.unwrap_or_default();
    word.parse().map_err(|_| (word, "an address is four numbers, such as 10.0.2.2"))
}

/// The bits of an address that are its network's.
const fn mask(prefix: u8) -> u32 {
    !(u32::MAX >> prefix)
}

/// Reads an address with its network's length.
///
/// # Errors
/// What is wrong with it.
pub fn network(word: Option<&str>) -> Result<(Ipv4Addr, u8), Wrong<'_>> {
    let word = word.unwrap_or_default();
    let read = || {
        let (address, prefix) = word.split_once('/')?;
        Some((address.parse().ok()?, prefix.parse().ok().filter(|prefix| (1..=30).contains(prefix))?))
    };
    let (address, prefix): (Ipv4Addr, u8) =
        read().ok_or((word, "an address has its network's length behind it, such as 10.0.2.15/24"))?;
    let machine = address.to_bits() & !mask(prefix);
    let is_machine = machine != 0 && machine != !mask(prefix);
    if address.is_unspecified() || address.is_multicast() || address.is_loopback() || !is_machine {
        return Err((word, "no machine can have this address: write one such as 10.0.2.15/24"));
    }
    Ok((address, prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ports of the example's partition.
    fn find(name: &str) -> Option<PortDescription> {
        let direction = match name {
            "commands" | "more" => PortDirection::Source,
            "samples" | "status" => PortDirection::Destination,
            "to-station" => PortDirection::Source,
            "from-station" => PortDirection::Destination,
            _ => return None,
        };
        let (kind, message_size) =
            if name.ends_with("station") { (PortKind::Queuing as u32, 1514) } else { (0, 16) };
        let direction = direction as u32;
        Some(PortDescription { direction, kind, message_size, ..PortDescription::default() })
    }

    const RIGHT: &str = "
        address 10.0.2.15/24
        router 10.0.2.2         # the rest of the world
        udp 5000 -> commands
        udp 5000 <- samples to sender
        udp 5001 <- status to 10.0.2.2:6000
    ";

    #[test]
    fn a_table_has_an_address_and_routes() {
        let table = Routes::read(RIGHT, find).expect("it is right");
        assert_eq!(table.address, (Ipv4Addr::new(10, 0, 2, 15), 24));
        assert_eq!(table.router, Some(Ipv4Addr::new(10, 0, 2, 2)));
        assert_eq!(table.sockets(), [5000, 5001]);
        let routes: [Route<'_>; 3] =
            core::array::from_fn(|number| *table.routes().nth(number).expect("a route"));
        let fixed = Receiver::Fixed(SocketAddrV4::new(Ipv4Addr::new(10, 0, 2, 2), 6000));
        assert_eq!(
            routes,
            [
                Route { socket: 0, port: "commands", way: Way::In },
                Route { socket: 0, port: "samples", way: Way::Out(Receiver::Sender) },
                Route { socket: 1, port: "status", way: Way::Out(fixed) },
            ]
        );
        assert_eq!(table.routes().count(), 3);
        let table =
            Routes::read("address 10.0.2.15/24\nlink 52:54:00:12:34:57 from-station to-station", find);
        let link =
            LinkRule { station: [0x52, 0x54, 0, 0x12, 0x34, 0x57], from: "from-station", to: "to-station" };
        assert_eq!(table.map(|table| table.links[0]), Ok(Some(link)));
    }

    #[test]
    fn a_mistake_is_told_with_its_line_and_what_would_be_right() {
        for (line, word, text) in [
            ("upd 5000 -> commands", "upd", "a rule begins with address, router, udp or link"),
            ("link 52:54:00:12:34 from-station to-station", "52:54:00:12:34", "an Ethernet address is six"),
            ("link 53:54:00:12:34:57 from-station to-station", "53:54:00:12:34:57", "the first even"),
            ("link 52:54:00:12:34:57 to-station from-station", "to-station", "a link has the port at which"),
            (
                "link 52:54:00:12:34:57 samples to-station",
                "samples",
                "are queuing ports with messages of 1514",
            ),
            ("link 52:54:00:12:34:57 from-station", "", "the name of a port of this partition's"),
            ("udp 0 -> commands", "0", "a UDP port is a number from 1 to 65535"),
            ("udp 5000 > commands", ">", "the way is `->` into the partition's port"),
            ("udp 5000 -> comands", "comands", "the system file gives this partition no such port"),
            ("udp 5000 ->", "", "the name of a port of this partition's"),
            ("udp 5000 -> samples", "samples", "messages come in at this port: write `<-`"),
            ("udp 5000 <- commands to sender", "commands", "messages go out at this port: write `->`"),
            ("udp 5000 <- samples", "", "messages go `to sender`"),
            ("udp 5000 <- samples to 10.0.2.2", "10.0.2.2", "or to an address such as `to 10.0.2.2:6000`"),
            ("udp 5000 -> commands twice", "twice", "nothing follows here"),
            ("router 10.0.2", "10.0.2", "an address is four numbers"),
            ("address 10.0.2.15", "10.0.2.15", "an address has its network's length behind it"),
            ("address 10.0.2.15/31", "10.0.2.15/31", "an address has its network's length behind it"),
            ("address 224.0.0.1/24", "224.0.0.1/24", "no machine can have this address"),
            ("address 0.0.0.0/24", "0.0.0.0/24", "no machine can have this address"),
            ("address 10.0.2.255/24", "10.0.2.255/24", "no machine can have this address"),
            ("address 10.0.2.0/24", "10.0.2.0/24", "no machine can have this address"),
            ("address 127.0.0.2/8", "127.0.0.2/8", "no machine can have this address"),
        ] {
            let table = format!("# what\n{line}\n");
            let mistake = Routes::read(&table, find).expect_err(line);
            assert_eq!((mistake.line, mistake.word), (2, word), "{line}");
            assert!(mistake.text.contains(text), "{line}: {mistake}");
            let begin =
                if word.is_empty() { "something is missing: ".to_owned() } else { format!("`{word}`: ") };
            let begin = format!("the routing table, line 2: {begin}");
            assert!(mistake.to_string().starts_with(&begin), "{mistake}");
        }
    }

    #[test]
    fn routes_are_not_in_each_others_way_and_few() {
        for (more, text) in [
            ("udp 5002 -> commands", "this port has a route already"),
            (
                "link 52:54:00:12:34:57 from-station to-station\nlink 52:54:00:12:34:57 from-station to-station",
                "this link has its address or a port from another one",
            ),
            ("udp 5000 -> more", "what comes to this UDP port goes to another port already"),
            ("udp 5002 -> to-station\nlink 52:54:00:12:34:57 from-station to-station", LINKED),
            ("link 52:54:00:12:34:57 from-station to-station\nudp 5002 <- from-station to sender", LINKED),
            ("address 10.0.2.15/24", "there is an address already"),
            ("router 10.0.2.2", "there is a router already"),
            (
                "udp 5002 -> more\nudp 5003 <- x to sender",
                "the system file gives this partition no such port",
            ),
        ] {
            let table = format!("{RIGHT}\n{more}");
            let mistake = Routes::read(&table, find).expect_err(more);
            assert!(mistake.text.contains(text), "{more}: {mistake}");
        }
        let find = |_: &str| Some(PortDescription { direction: 0, ..PortDescription::default() });
        let sockets = "udp 1 -> a\nudp 2 -> b\nudp 3 -> c\nudp 4 -> d\nudp 5 -> e";
        assert_eq!(
            Routes::read(sockets, find).map(|_| ()),
            Err(Mistake { line: 5, word: "5", text: "there can be 4 UDP ports" })
        );
    }

    #[test]
    fn a_router_is_another_machine_of_the_network() {
        let read = |router| {
            let table = format!("router {router}\naddress 10.0.2.15/24\nudp 5000 -> commands");
            Routes::read(&table, find)
                .map(|table| table.router)
                .map_err(|mistake| (mistake.line, mistake.text))
        };
        assert_eq!(read("10.0.2.2"), Ok(Some(Ipv4Addr::new(10, 0, 2, 2))));
        for other in ["10.0.3.2", "10.0.2.15", "0.0.0.0"] {
            assert_eq!(read(other), Err((1, "the router is another machine of the address's own network")));
        }
    }

    #[test]
    fn an_empty_table_is_none() {
        let text = |table| Routes::read(table, find).expect_err("it is no table").text;
        assert!(text("").contains("there is no address"));
        assert!(text("address 10.0.2.15/24").contains("there is no route"));
    }
}
