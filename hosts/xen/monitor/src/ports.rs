//! Ports: messages in pages that guests show each other. Each guest writes its own and can only read those of others.
//!
//! Behind the partition's memory, and the copy of its data, lie the table of ports and a record of each, which are the
//! monitor's alone, and then the pages that other guests read. Theirs are mapped when they are first asked for: a guest
//! that has not begun has granted nothing yet, and has written nothing.

use core::sync::atomic::{AtomicU32, Ordering};

use bulkhead_abi::{PortDescription, PortDirection, PortKind};
use bulkhead_ports::{Channels, Port, Ports};
use bulkhead_xen_facts::ports::PortWords;

use super::area::Area;
use super::bells::Bells;
use super::monitor::{Monitor, shared};
use super::{grants, layout};

/// The host's words of a port's entry: where its own pages are, where those of the other end are to be, and which
/// partitions have the other ends, one bit each.
const OWN: usize = 0;
const THEIRS: usize = 1;
const OTHERS: usize = 2;

/// The host's words of a port's state: how many pages of the other end are mapped, how many messages were taken, the
/// guest at the other end, and its first grant.
const MAPPED: usize = 0;
const TAKEN: usize = 1;
const DOMAIN: usize = 2;
const GRANT: usize = 3;

/// The partition's ports over the pages.
#[derive(Debug)]
pub(super) struct Pages {
    table: &'static [Port],
    bells: Bells,
}

/// What decides how a port's pages are laid out.
fn words(description: &PortDescription) -> PortWords {
    PortWords {
        kind: PortKind::from_number(description.kind).unwrap_or(PortKind::Sampling),
        direction: PortDirection::from_number(description.direction).unwrap_or(PortDirection::Source),
        message_size: description.message_size,
        depth: description.depth,
        ..PortWords::EMPTY
    }
}

/// A source's pages, wherever they are.
fn area(port: &Port, address: u32) -> Area {
    let words = words(&port.description);
    // SAFETY: as many pages are there, mapped as whoever asks for them has to have them.
    unsafe { Area::new(address as *mut u32, words.record_room(), words.records().max(1)) }
}

/// A word at the beginning of a page that is mapped.
fn word(address: u32) -> &'static AtomicU32 {
    // SAFETY: the callers name a page that stays mapped.
    unsafe { AtomicU32::from_ptr(address as *mut u32) }
}

impl Pages {
    /// A port's entry by its number.
    fn port(&self, number: usize) -> Option<&'static Port> {
        self.table.get(number)
    }

    /// Whether the pages of the other end are there.
    fn can_see(port: &Port) -> bool {
        let [mapped, _, domain, grant] = port.state.host.each_ref().map(|word| word.load(Ordering::Relaxed));
        let pages = words(&port.description).peer_pages();
        for page in mapped..pages {
            if !grants::take(grant + page, domain as u16, port.host[THEIRS] + page * layout::PAGE, false) {
                return false;
            }
            port.state.host[MAPPED].store(page + 1, Ordering::Relaxed);
        }
        true
    }
}

impl Channels for Pages {
    const KEEPS_PLACE: bool = true;

    fn with_record<R>(&self, number: usize, with: impl FnOnce(&mut [u8]) -> R) -> R {
        let Some(port) = self.port(number) else { return with(&mut []) };
        // SAFETY: the record is memory of the monitor alone, as long as this, and nobody else has it in this visit.
        with(unsafe { core::slice::from_raw_parts_mut(port.record as *mut u8, port.record_size() as usize) })
    }

    fn write(&self, number: usize, room: &[u8], size: usize) -> bool {
        let Some(port) = self.port(number) else { return false };
        let queue = port.description.kind == PortKind::Queuing as u32;
        let is_taken = !queue || self.waiting(number) < port.description.depth;
        if is_taken {
            area(port, port.host[OWN]).put(room.get(..size).unwrap_or_default());
            self.bells.notify(port.host[OTHERS]);
        }
        is_taken
    }

    fn read(&self, number: usize, record: &mut [u8]) -> usize {
        let Some(port) = self.port(number).filter(|port| Self::can_see(port)) else { return 0 };
        let theirs = area(port, port.host[THEIRS]);
        if port.description.kind == PortKind::Sampling as u32 {
            return theirs.last(record);
        }
        if self.waiting(number) == 0 {
            return 0;
        }
        theirs.get(port.state.host[TAKEN].load(Ordering::Relaxed).wrapping_add(1), record)
    }

    fn release(&self, number: usize) {
        let Some(port) = self.port(number) else { return };
        let was_full = self.waiting(number) == port.description.depth;
        let taken = port.state.host[TAKEN].load(Ordering::Relaxed).wrapping_add(1);
        port.state.host[TAKEN].store(taken, Ordering::Relaxed);
        word(port.host[OWN]).store(taken, Ordering::Release);
        if was_full {
            // There is room again.
            self.bells.notify(port.host[OTHERS]);
        }
    }

    fn waiting(&self, number: usize) -> u32 {
        let Some(port) = self.port(number) else { return 0 };
        let can_see = Self::can_see(port);
        if port.description.direction == PortDirection::Source as u32 {
            // Whoever has not begun has taken nothing. What the other end says can make the queue full or empty.
            let taken = if can_see { word(port.host[THEIRS]).load(Ordering::Acquire) } else { 0 };
            return area(port, port.host[OWN]).complete().wrapping_sub(taken);
        }
        let complete = if can_see { area(port, port.host[THEIRS]).complete() } else { 0 };
        let waiting = complete.wrapping_sub(port.state.host[TAKEN].load(Ordering::Relaxed));
        // More than there can be is an allegation that is not true.
        if waiting > port.description.depth { 0 } else { waiting }
    }

    fn tell_lost(&self, number: usize, lost: u32) {
        if let Some(port) = self.port(number) {
            area(port, port.host[OWN]).tell_lost(lost);
        }
    }

    fn lost(&self, number: usize) -> Option<u32> {
        let port = self.port(number).filter(|port| Self::can_see(port))?;
        Some(area(port, port.host[THEIRS]).lost())
    }
}

/// Where the memory for ports begins: behind the copy of the program's data.
pub(super) fn begin(monitor: &Monitor) -> u32 {
    let configuration = &monitor.configuration;
    layout::SPARE + super::start::spare(configuration.constants_end, configuration.data_end)
}

/// Bytes of memory that ports take.
pub(super) fn memory(monitor: &Monitor) -> u32 {
    monitor.configuration.ports.memory()
}

/// Makes the table, and grants the partition's pages to the other ends.
pub(super) fn prepare(monitor: &Monitor) {
    let configuration = &monitor.configuration;
    let count = configuration.ports.ports().len();
    if count == 0 {
        return;
    }
    let begin = begin(monitor);
    // SAFETY: the memory is mapped, large enough, and the monitor's; nobody has it yet.
    unsafe { core::ptr::write_bytes(begin as *mut u8, 0, memory(monitor) as usize) };
    let mut record = begin + (count * Port::SIZE) as u32;
    let mut own = begin + configuration.ports.private_memory();
    let mut theirs = layout::IMPORTS;
    for (number, (words, peers)) in configuration.ports.with_peers().enumerate() {
        let port = Port {
            description: PortDescription {
                name: words.name,
                kind: words.kind as u32,
                direction: words.direction as u32,
                message_size: words.message_size,
                depth: words.depth,
                refresh_low: words.refresh as u32,
                refresh_high: (words.refresh >> 32) as u32,
                reserved: [0; 2],
            },
            record,
            host: [own, theirs, peers.iter().fold(0, |others, peer| others | 1 << (peer.partition % 32))],
            ..Port::default()
        };
        for (place, peer) in (0..).zip(peers) {
            let grant = configuration.ports.grant(number, place);
            for page in 0..words.own_pages() {
                let memory = monitor.physical(own + page * layout::PAGE);
                grants::give(grant + page, monitor.bells.domain(peer.partition), memory, false);
            }
            port.state.host[DOMAIN].store(monitor.bells.domain(peer.partition).into(), Ordering::Relaxed);
            port.state.host[GRANT].store(peer.grant, Ordering::Relaxed);
        }
        // SAFETY: an entry of the table, aligned as the memory begins with a page.
        unsafe { (begin as *mut Port).add(number).write(port) };
        record += words.record_room();
        own += words.own_pages() * layout::PAGE;
        theirs += words.peer_pages() * layout::PAGE;
    }
}

/// The partition's ports.
pub(super) fn ports(monitor: &Monitor) -> Ports<'static, Pages> {
    let count = monitor.configuration.ports.ports().len();
    let table: &'static [Port] = match count {
        0 => &[],
        // SAFETY: `prepare` has made the table; only its atomic words change.
        _ => unsafe { core::slice::from_raw_parts(begin(monitor) as *const Port, count) },
    };
    Ports::new(table, Pages { table, bells: monitor.bells })
}

/// Tells the partition of what has come, and of room again.
pub(super) fn notice(monitor: &Monitor) {
    ports(monitor).tell(shared());
}
