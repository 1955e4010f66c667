//! The switch between the wire, the partition's own stack, and the links to other partitions.
//!
//! Who is where, the table says and nobody learns: a partition at a link has one Ethernet address, sends from no other,
//! and gets nothing that is for others. So none can pass for another one, or hear what it is told.

/// The most links.
pub const LINKS_MAX: usize = 4;

/// An Ethernet address.
pub type Station = [u8; 6];

/// Where frames come from and go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The partition's own stack.
    Own,
    /// The network device.
    Wire,
    /// The link with this number.
    Link(usize),
}

/// Which addresses are where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switch {
    /// The address of the network device, and of the partition's own stack.
    pub own: Station,
    /// The addresses at the links.
    pub links: [Option<Station>; LINKS_MAX],
}

/// Where a frame goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// To the partition's own stack.
    pub own: bool,
    /// To the network device.
    pub wire: bool,
    /// To which links, a bit for each.
    pub links: u32,
}

impl Switch {
    /// Where a frame from somewhere goes. One that is no frame, or that is not sent from an address of that place, goes
    /// nowhere.
    #[must_use]
    pub fn ways(&self, from: Place, frame: &[u8]) -> Ways {
        let Some((to, rest)) = frame.split_first_chunk::<6>() else { return Ways::default() };
        let Some((sender, _)) = rest.split_first_chunk::<6>() else { return Ways::default() };
        if self.place(sender) != from || sender[0] & 1 != 0 {
            return Ways::default();
        }
        let all = self.links.iter().enumerate().filter(|(_, link)| link.is_some());
        let all = all.fold(0, |bits, (number, _)| bits | 1 << number);
        let ways = match (to[0] & 1 != 0, self.place(to)) {
            // For all, or for several.
            (true, _) => Ways { own: true, wire: true, links: all },
            (false, Place::Own) => Ways { own: true, ..Ways::default() },
            (false, Place::Wire) => Ways { wire: true, ..Ways::default() },
            (false, Place::Link(number)) => Ways { links: 1 << number, ..Ways::default() },
        };
        // It does not come back.
        match from {
            Place::Own => Ways { own: false, ..ways },
            Place::Wire => Ways { wire: false, ..ways },
            Place::Link(number) => Ways { links: ways.links & !(1 << number), ..ways },
        }
    }

    /// Where an address is: everybody that is not known is at the wire.
    fn place(&self, station: &Station) -> Place {
        if *station == self.own {
            return Place::Own;
        }
        let link = self.links.iter().position(|link| link.as_ref() == Some(station));
        link.map_or(Place::Wire, Place::Link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: Station = [2, 0, 0, 0, 0, 1];
    const FIRST: Station = [2, 0, 0, 0, 0, 2];
    const SECOND: Station = [2, 0, 0, 0, 0, 3];
    const FAR: Station = [2, 0, 0, 0, 0, 9];
    const ALL: Station = [0xff; 6];

    const SWITCH: Switch = Switch { own: OWN, links: [Some(FIRST), None, Some(SECOND), None] };

    fn ways(from: Place, to: Station, sender: Station) -> Ways {
        SWITCH.ways(from, &[&to[..], &sender, b"what it is about"].concat())
    }

    const NOWHERE: Ways = Ways { own: false, wire: false, links: 0 };

    #[test]
    fn a_frame_goes_to_whom_it_is_for() {
        assert_eq!(ways(Place::Wire, OWN, FAR), Ways { own: true, ..NOWHERE });
        assert_eq!(ways(Place::Wire, SECOND, FAR), Ways { links: 0b100, ..NOWHERE });
        assert_eq!(ways(Place::Link(0), FAR, FIRST), Ways { wire: true, ..NOWHERE });
        assert_eq!(ways(Place::Link(0), SECOND, FIRST), Ways { links: 0b100, ..NOWHERE });
        assert_eq!(ways(Place::Own, FIRST, OWN), Ways { links: 1, ..NOWHERE });
        assert_eq!(ways(Place::Own, FAR, OWN), Ways { wire: true, ..NOWHERE });
    }

    #[test]
    fn what_is_for_all_goes_to_all_others() {
        assert_eq!(ways(Place::Wire, ALL, FAR), Ways { own: true, wire: false, links: 0b101 });
        assert_eq!(ways(Place::Link(2), ALL, SECOND), Ways { own: true, wire: true, links: 1 });
        assert_eq!(ways(Place::Own, ALL, OWN), Ways { own: false, wire: true, links: 0b101 });
    }

    #[test]
    fn nobody_sends_from_anothers_address_or_to_himself() {
        for (from, sender) in [
            (Place::Link(0), SECOND),
            (Place::Link(0), OWN),
            (Place::Link(0), FAR),
            (Place::Link(1), FIRST),
            (Place::Wire, OWN),
            (Place::Wire, FIRST),
            (Place::Wire, ALL),
            (Place::Own, FIRST),
        ] {
            assert_eq!(ways(from, ALL, sender), NOWHERE, "{from:?} as {sender:?}");
        }
        assert_eq!(ways(Place::Link(0), FIRST, FIRST), NOWHERE);
        assert_eq!(ways(Place::Wire, FAR, FAR), NOWHERE);
    }

    #[test]
    fn what_is_no_frame_goes_nowhere() {
        let whole = [&ALL[..], &FAR].concat();
        assert_ne!(SWITCH.ways(Place::Wire, &whole), NOWHERE);
        for length in 0..whole.len() {
            assert_eq!(SWITCH.ways(Place::Wire, &whole[..length]), NOWHERE, "{length} bytes");
        }
    }
}
