//! From Xen's entry to the partition's.

use bulkhead_abi::{InformationPage, StartReason};
use bulkhead_kernel_core::information::Facts;

use super::bells::Bells;
use super::entry::EVENT_VECTOR;
use super::hypercall::{self, Parameter};
use super::monitor::{Monitor, information};
use super::{events, layout, paging, ports, regions, report, start, time, trap};

/// Xen's start information (xen/include/public/arch-x86/hvm/start_info.h), as far as it is used.
#[repr(C)]
pub(super) struct XenStart {
    magic: u32,
    version: u32,
    flags: u32,
    modules: u32,
    module_list: u64,
    command_line: u64,
    tables: u64,
    memory_map: u64,
    memory_map_entries: u32,
}

const XEN_START_MAGIC: u32 = 0x336e_c578;

/// An entry of the memory map.
#[repr(C)]
struct MemoryMapEntry {
    address: u64,
    size: u64,
    kind: u32,
    reserved: u32,
}

/// Memory that can be used.
const RAM: u32 = 1;

/// The longest command line: the words of the tool, and each byte of the partition's as three.
const COMMAND_LINE_MAX: usize = 16384;

/// Sets everything up and starts the partition. Called once, by the entry point, without paging.
pub(super) extern "C" fn begin(xen_start: *mut XenStart) -> ! {
    // SAFETY: Xen has put the structure there; nobody else looks at it.
    let xen = unsafe { &mut *xen_start };
    if xen.magic != XEN_START_MAGIC || !hypercall::prepare() {
        report::failed("this program is for a guest of Xen (PVH), and there is no Xen");
    }
    let monitor = Monitor::make();
    let line = command_line(xen.command_line as u32);
    if let Err(why) = monitor.configuration.read(line) {
        report::failed(why);
    }
    let configuration = &monitor.configuration;
    let spare = start::spare(configuration.constants_end, configuration.data_end)
        + ports::memory(monitor)
        + regions::memory(monitor);
    if memory(xen) < u64::from(layout::MEMORY) + u64::from(configuration.memory) + u64::from(spare) {
        report::failed(
            "the guest has less memory than the partition needs: see `memory` in its configuration",
        );
    }
    if spare > layout::SPARE_MAX {
        report::failed("the program's data and its ports are too large");
    }
    if !hypercall::map_shared_page(layout::XEN_SHARED / layout::PAGE) {
        report::failed("Xen does not give its shared page");
    }
    let (Some(page), Some(port)) =
        (hypercall::parameter(Parameter::ConsolePage), hypercall::parameter(Parameter::ConsolePort))
    else {
        report::failed("Xen gives no console");
    };
    monitor.console_page = page as u32 * layout::PAGE;
    paging::install(&monitor.configuration, spare, monitor.console_page);
    monitor.load_tables();
    start::keep(monitor);
    events::mask_all();
    let others = monitor.configuration.others();
    if others != 0 {
        monitor.bells = Bells::prepare(monitor.configuration.number, others);
        regions::prepare(monitor);
        ports::prepare(monitor);
    }
    let Some(timer) = hypercall::bind_timer() else { report::failed("Xen gives no timer") };
    monitor.ports = [timer, port as u32];
    if !hypercall::set_parameter(Parameter::Callback, 2 << 56 | u64::from(EVENT_VECTOR)) {
        report::failed("Xen does not take the vector of its events");
    }
    let origin = hypercall::parameter(Parameter::Origin).filter(|origin| *origin != 0);
    inform(monitor, origin);
    for port in monitor.ports {
        events::unmask(port);
    }
    forget(xen);
    let frame = start::first(monitor, StartReason::SystemStart);
    trap::resume(&frame)
}

/// The bytes of the command line.
fn command_line(address: u32) -> &'static mut [u8] {
    let mut length = 0;
    // SAFETY: Xen has put a text with a zero at its end there, or nothing, which is address 0; nobody else looks at it.
    unsafe {
        while address != 0 && length < COMMAND_LINE_MAX && *(address as *const u8).add(length) != 0 {
            length += 1;
        }
        core::slice::from_raw_parts_mut(address.max(1) as *mut u8, length)
    }
}

/// Bytes of memory from address 0 on.
fn memory(xen: &XenStart) -> u64 {
    let entries = xen.memory_map as *const MemoryMapEntry;
    if xen.version == 0 || entries.is_null() {
        return 0;
    }
    let mut end = 0;
    for number in 0..xen.memory_map_entries as usize {
        // SAFETY: Xen has put as many entries there.
        let entry = unsafe { &*entries.add(number) };
        if entry.kind == RAM && entry.address <= end {
            end = end.max(entry.address.saturating_add(entry.size));
        }
    }
    end
}

/// Writes the information page.
fn inform(monitor: &Monitor, origin: Option<u64>) {
    let page = information();
    let now = time::system_time();
    page.clock.origin.store(origin.unwrap_or(now).min(now));
    let configuration = &monitor.configuration;
    let facts = Facts {
        partition: configuration.number,
        tick_policy: configuration.tick,
        region: monitor.region(),
        information_page: layout::INFORMATION,
        shared_page: layout::SHARED,
        major_frame: configuration.frame,
        dma_offset: 0,
        name: &configuration.name,
        command_line: configuration.arguments.get(..configuration.arguments_length).unwrap_or_default(),
    };
    let page = layout::INFORMATION_ALIAS as *mut InformationPage;
    // SAFETY: the page is mapped there and holds numbers only; the partition does not run yet, and nobody borrows it.
    facts.write(unsafe { &mut (*page).start });
}

/// Zeroes what Xen has left in the partition's memory.
fn forget(xen: &mut XenStart) {
    command_line(xen.command_line as u32).fill(0);
    let entries = xen.memory_map as *mut MemoryMapEntry;
    // SAFETY: both are read no more; they lie in the partition's memory, as Xen puts them behind the program.
    unsafe {
        core::ptr::write_bytes(entries, 0, xen.memory_map_entries as usize);
        core::ptr::write_bytes(&raw mut *xen, 0, 1);
    }
}
