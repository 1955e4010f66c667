//! The configuration of a guest for xl (xl.cfg(5)), and the words that tell a partition what it is.

use bulkhead_xen_facts::command_line::{Configuration, Window};
use bulkhead_xen_facts::health::HealthTable;

use super::{ports, regions};
use crate::image::Image;
use crate::system_file::System;

/// Memory of a partition's guest in MiB: what lies below a partition is the binding's, then comes the partition's, and
/// behind it a copy of the program's data for restarts, what its ports need, and the regions that are its memory.
pub(super) fn memory(system: &System, number: usize, image: &Image) -> u64 {
    let copy = data_size(image).next_multiple_of(crate::image::PAGE);
    let partition = system.partitions[number].memory;
    let shared = ports::memory(system, number) + regions::memory(system, number);
    (crate::image::BASE + partition + copy + shared).div_ceil(1 << 20)
}

/// Bytes of the program that are writable and not zero at the start.
fn data_size(image: &Image) -> u64 {
    let base = crate::image::BASE;
    (base + image.bytes.len() as u64).saturating_sub(image.read_only_end)
}

/// The guest's command line: what the start information of a partition has, and how the program lies in memory.
fn command_line(system: &System, number: usize, image: &Image) -> String {
    let partition = &system.partitions[number];
    // Addresses and sizes of an i386 partition have 32 bits: the check of the system file has seen to it.
    let word = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    let mut told = Configuration {
        number: number as u32,
        memory: word(partition.memory),
        frame: system.schedule().major_frame,
        tick: partition.tick as u32,
        text_end: word(image.text_end),
        constants_end: word(image.read_only_end),
        data_end: word(crate::image::BASE + image.bytes.len() as u64),
        image_end: word(image.data_end),
        input: system.console_input == Some(number),
        ports: ports::table(system, number),
        regions: regions::table(system, number),
        health: HealthTable {
            responses: partition.health.encoded(),
            restarts: partition.health.restarts,
            restart_period: partition.health.restart_period,
        },
        ..Configuration::EMPTY
    };
    told.set_name(&partition.name);
    for window in system.schedule().windows.iter().filter(|window| window.partition == number) {
        told.add_window(Window { start: window.start, duration: window.duration });
    }
    for byte in partition.command_line.bytes() {
        told.add_argument(byte);
    }
    told.to_string()
}

/// The whole file.
pub(super) fn text(system: &System, number: usize, image: &Image) -> String {
    let partition = &system.partitions[number];
    format!(
        "# Partition {} of the system {}: bulkhead build --host xen\n\
         type = \"pvh\"\nname = \"{}\"\nuuid = \"{}\"\nkernel = \"{}.elf\"\ncmdline = \"{}\"\n\
         memory = {}\nvcpus = 1\ntsc_mode = \"native\"\non_poweroff = \"preserve\"\non_crash = \"preserve\"\n\
         on_reboot = \"restart\"\n",
        partition.name,
        system.name,
        partition.name,
        uuid(number),
        partition.name,
        command_line(system, number, image),
        memory(system, number, image),
    )
}

/// The guest's identifier: the schedule names guests by it.
pub(super) fn uuid(number: usize) -> String {
    format!("62756c6b-6865-6164-0000-{:012x}", number + 1)
}
