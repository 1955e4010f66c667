//! The configuration of a guest for xl (xl.cfg(5)), and the words that tell a partition what it is.

use std::fmt::Write as _;

use crate::image::Image;
use crate::system_file::System;

/// What the binding needs besides the partition's memory, in bytes: the first MiB, with its tables and stack.
const OVERHEAD: u64 = 1 << 20;

/// Memory of the guest in MiB: the first one is the binding's, then comes the partition's, and behind it a copy of the
/// program's data for restarts.
pub(super) fn memory(partition_memory: u64, image: &Image) -> u64 {
    let copy = data_size(image).next_multiple_of(crate::image::PAGE);
    (OVERHEAD + partition_memory + copy).div_ceil(1 << 20)
}

/// Bytes of the program that are writable and not zero at the start.
fn data_size(image: &Image) -> u64 {
    let base = crate::image::BASE;
    (base + image.bytes.len() as u64).saturating_sub(image.read_only_end)
}

/// The guest's command line: what the start information of a partition has, and how the program lies in memory. The
/// partition's own command line comes last, each character that xl or a shell might see as more than itself as %xx.
fn command_line(system: &System, number: usize, image: &Image) -> String {
    let partition = &system.partitions[number];
    let mut line = format!("bulkhead number={number} name={} memory={:#x}", partition.name, partition.memory);
    let _ = write!(line, " frame={} tick={}", system.major_frame, partition.tick as u32);
    let _ = write!(line, " text={:#x} constants={:#x}", image.text_end, image.read_only_end);
    let _ =
        write!(line, " data={:#x} end={:#x}", crate::image::BASE + image.bytes.len() as u64, image.data_end);
    if system.console_input == Some(number) {
        line += " input=1";
    }
    let own = system.windows.iter().filter(|window| window.partition == number);
    let windows: Vec<String> = own.map(|window| format!("{}+{}", window.start, window.duration)).collect();
    let _ = write!(line, " windows={}", windows.join(","));
    line += " arguments=";
    for byte in partition.command_line.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_./=,:+".contains(&byte) {
            line.push(char::from(byte));
        } else {
            let _ = write!(line, "%{byte:02x}");
        }
    }
    line
}

/// The whole file.
pub(super) fn text(system: &System, number: usize, image: &Image) -> String {
    let partition = &system.partitions[number];
    format!(
        "# Partition {} of the system {}: bulkhead build --host xen\n\
         type = \"pvh\"\nname = \"{}\"\nuuid = \"{}\"\nkernel = \"{}.elf\"\ncmdline = \"{}\"\n\
         memory = {}\nvcpus = 1\ntsc_mode = \"native\"\non_poweroff = \"preserve\"\non_crash = \"preserve\"\non_reboot = \"restart\"\n",
        partition.name,
        system.name,
        partition.name,
        uuid(number),
        partition.name,
        command_line(system, number, image),
        memory(partition.memory, image),
    )
}

/// The guest's identifier: the schedule names guests by it.
pub(super) fn uuid(number: usize) -> String {
    format!("62756c6b-6865-6164-0000-{:012x}", number + 1)
}
