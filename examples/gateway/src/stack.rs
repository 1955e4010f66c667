//! What the stacks of both partitions have in common.

use core::net::Ipv4Addr;

use smoltcp::iface::{Config, Interface};
use smoltcp::phy::Device;
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, IpCidr, Ipv4Cidr};

/// An interface with one Ethernet address and one of the internet, which has its network's length behind it.
pub fn interface(
    device: &mut impl Device,
    station: EthernetAddress,
    (address, prefix): (Ipv4Addr, u8),
) -> Interface {
    let mut interface = Interface::new(Config::new(station.into()), device, Instant::ZERO);
    interface.update_ip_addrs(|addresses| {
        // There is room for the first one.
        let _ = addresses.push(IpCidr::Ipv4(Ipv4Cidr::new(address, prefix)));
    });
    interface
}

/// A time of the clock, in nanoseconds, as smoltcp has it.
#[must_use]
pub const fn instant(now: u64) -> Instant {
    Instant::from_micros_const((now / 1000) as i64)
}

/// The time of the clock at an instant, in nanoseconds.
#[must_use]
pub fn nanoseconds(at: Instant) -> u64 {
    u64::try_from(at.total_micros()).unwrap_or(0).saturating_mul(1000)
}
