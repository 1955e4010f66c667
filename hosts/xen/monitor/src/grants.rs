//! Pages that guests show each other (xen/include/public/grant_table.h, version 1): to be read, or those of regions to
//! be written too.

use super::hypercall::{self, MapGrant};
use super::layout;

/// An entry of the table: a guest may read a page, or write it.
#[repr(C)]
struct Entry {
    flags: u16,
    domain: u16,
    frame: u32,
}

/// `GTF_permit_access`, and with it `GTF_readonly`.
const MAY_WRITE: u16 = 1;
const MAY_READ: u16 = MAY_WRITE | 1 << 2;

/// `GNTMAP_host_map`, and with it `GNTMAP_readonly`.
const MAP_TO_WRITE: u32 = 1 << 1;
const MAP_TO_READ: u32 = MAP_TO_WRITE | 1 << 2;

/// Lets Xen put the table where the monitor has it; false if it does not.
pub(super) fn prepare() -> bool {
    hypercall::map_grant_table(layout::GRANT_TABLE / layout::PAGE)
}

/// Lets another guest read a page of this one, or write it. `number` is that of a grant, see
/// `bulkhead_xen_facts::ports`, and `page` a physical address.
pub(super) fn give(number: u32, domain: u16, page: u32, writable: bool) {
    // SAFETY: the table is mapped there, and has one page of entries; Xen reads an entry when it is asked to map it.
    unsafe {
        let entry = (layout::GRANT_TABLE as *mut Entry).add(number as usize % (layout::PAGE as usize / 8));
        (&raw mut (*entry).domain).write_volatile(domain);
        (&raw mut (*entry).frame).write_volatile(page / layout::PAGE);
        core::sync::atomic::fence(core::sync::atomic::Ordering::SeqCst);
        (&raw mut (*entry).flags).write_volatile(if writable { MAY_WRITE } else { MAY_READ });
    }
}

/// Has Xen show a page of another guest at an address where there is no memory. False if that guest has not granted it
/// yet: it may not have begun.
pub(super) fn take(number: u32, domain: u16, address: u32, writable: bool) -> bool {
    let mut argument = MapGrant {
        address: address.into(),
        flags: if writable { MAP_TO_WRITE } else { MAP_TO_READ },
        number,
        domain,
        status: -1,
        handle: 0,
        bus_address: 0,
    };
    hypercall::map_grant(&mut argument) && argument.status == 0
}
