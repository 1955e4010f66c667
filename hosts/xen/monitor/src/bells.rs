//! How guests tell each other that there is something to look at: an event channel between each two that have a channel
//! or a region together.
//!
//! Of such a pair the partition with the lower number opens the channel, and writes its number into a page that the
//! other one reads; that one binds it as soon as it finds it there. Until then nobody is told, and everybody looks when
//! its window begins.

use core::sync::atomic::{AtomicU32, Ordering, fence};

use bulkhead_abi::system_table::{PARTITIONS_MAX, REGIONS_MAX};
use bulkhead_xen_facts::ports::bell_grant;
use bulkhead_xen_facts::regions::{Partitions, numbers};

use super::{events, grants, hypercall, layout, report};

/// What other guests read of one.
#[repr(C)]
struct Page {
    /// The ports that the guest has opened for others, by the numbers of their partitions; 0 for none.
    ports: [AtomicU32; PARTITIONS_MAX],
    /// How often its partition has rung at each region.
    rings: [AtomicU32; REGIONS_MAX],
}

/// What the monitor knows of others, by the numbers of their partitions.
#[repr(C)]
struct State {
    /// The own end of the channel; 0 while there is none.
    ports: [AtomicU32; PARTITIONS_MAX],
    /// Whether the other's page is there.
    seen: [AtomicU32; PARTITIONS_MAX],
}

const _: () =
    assert!(size_of::<Page>() <= layout::PAGE as usize && size_of::<State>() <= layout::PAGE as usize);

/// How this guest and others tell each other of something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bells {
    /// The own partition's number, and the guest's.
    number: u32,
    domain: u32,
    /// The partitions that this one has anything to do with.
    others: Partitions,
}

fn page() -> &'static Page {
    // SAFETY: the page is the monitor's, mapped at this address for ever; its fields are atomic.
    unsafe { &*(layout::BELL as *const Page) }
}

fn state() -> &'static State {
    // SAFETY: as above.
    unsafe { &*(layout::BELL_STATE as *const State) }
}

/// A word by a partition's or a region's number.
fn word<const COUNT: usize>(words: &[AtomicU32; COUNT], number: u32) -> &AtomicU32 {
    &words[number as usize % COUNT]
}

impl Bells {
    /// Nobody is told of anything.
    pub(super) const NONE: Self = Self { number: 0, domain: 0, others: 0 };

    /// Opens the channels that are this guest's to open. Called once, when events are masked.
    pub(super) fn prepare(number: u32, others: Partitions) -> Self {
        let Some(domain) = hypercall::own_domain().filter(|_| grants::prepare()) else {
            report::failed("Xen does not let this guest share pages with others")
        };
        let bells = Self { number, domain, others };
        page().ports.iter().chain(&page().rings).for_each(|word| word.store(0, Ordering::Relaxed));
        state().ports.iter().chain(&state().seen).for_each(|word| word.store(0, Ordering::Relaxed));
        for other in numbers(others) {
            grants::give(bell_grant(other), bells.domain(other), layout::BELL, false);
        }
        for other in numbers(others).filter(|other| *other > number) {
            let Some(port) = hypercall::open_for(bells.domain(other)) else {
                report::failed("Xen opens no event channel to another guest")
            };
            bells.connected(other, port);
            word(&page().ports, other).store(port, Ordering::Release);
        }
        // What was written before the other guest found the channel is looked for after it.
        fence(Ordering::SeqCst);
        bells
    }

    /// The guest of a partition: guests have numbers in the order of their partitions, the first domain has seen to it.
    pub(super) const fn domain(&self, partition: u32) -> u16 {
        self.domain.wrapping_add(partition).wrapping_sub(self.number) as u16
    }

    fn connected(&self, other: u32, port: u32) {
        word(&state().ports, other).store(port, Ordering::Relaxed);
        events::unmask(port);
    }

    /// The page of another guest, if that one has begun.
    fn page_of(&self, other: u32) -> Option<&'static Page> {
        let address = layout::BELL_IMPORTS + other * layout::PAGE;
        let seen = word(&state().seen, other);
        if seen.load(Ordering::Relaxed) == 0 {
            if !grants::take(bell_grant(self.number), self.domain(other), address, false) {
                return None;
            }
            seen.store(1, Ordering::Relaxed);
        }
        // SAFETY: the page is mapped there, and stays so; the other guest writes it while this one reads.
        Some(unsafe { &*(address as *const Page) })
    }

    /// Binds the channels that others have opened since.
    pub(super) fn connect(&self) {
        for other in numbers(self.others).filter(|other| *other < self.number) {
            // There is nothing to be done with a port now.
            let _ = self.port_to(other);
        }
    }

    /// The own end of the channel to another guest.
    fn port_to(&self, other: u32) -> Option<u32> {
        let own = word(&state().ports, other).load(Ordering::Relaxed);
        if own != 0 {
            return Some(own);
        }
        if other > self.number {
            return None;
        }
        let theirs = word(&self.page_of(other)?.ports, self.number).load(Ordering::Acquire);
        let own = if theirs == 0 { None } else { hypercall::bind(self.domain(other), theirs) }?;
        self.connected(other, own);
        Some(own)
    }

    /// Has others look.
    pub(super) fn notify(&self, others: Partitions) {
        fence(Ordering::SeqCst);
        numbers(others & self.others).filter_map(|other| self.port_to(other)).for_each(hypercall::notify);
    }

    /// Rings at a region, for others that have it.
    pub(super) fn ring(&self, region: u32, others: Partitions) {
        word(&page().rings, region).fetch_add(1, Ordering::Release);
        self.notify(others);
    }

    /// How often others have rung at a region, all together.
    pub(super) fn rung(&self, region: u32, others: Partitions) -> u32 {
        let pages = numbers(others & self.others).filter_map(|other| self.page_of(other));
        pages.fold(0, |sum, page| sum.wrapping_add(word(&page.rings, region).load(Ordering::Acquire)))
    }

    /// The own ends of all channels.
    pub(super) fn ports(&self) -> impl Iterator<Item = u32> {
        numbers(self.others)
            .map(|other| word(&state().ports, other).load(Ordering::Relaxed))
            .filter(|port| *port != 0)
    }
}
