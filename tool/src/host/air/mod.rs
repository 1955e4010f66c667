//! Systems for AIR 5.6 on LEON3: its configuration in C, as its own configurator would write it, and an image for each
//! partition.
//!
//! The configuration is not its XML: there the configurator chooses where shared memory lies, and the words of the
//! partition interface lie in the last page of a partition's addresses.

mod check;
mod configuration;
mod image;
mod tick;

use std::path::Path;

use bulkhead_abi::PAGE_SIZE;
use bulkhead_air_facts::{KERNEL_MEMORY, MEMORY, UNIT};

use super::{Placement, write_file};
use crate::error::{Error, Message, Result};
use crate::image::Linked;
use crate::system_file::System;
use crate::units::size_rounded;

pub(super) use check::check;

/// What the folder tells its reader.
const README: &str = include_str!("README.md");

/// How the kernel, the configuration and the images become a file.
const MAKEFILE: &str = include_str!("system.mk");

/// How the linker puts them together.
const LINKER_SCRIPT: &str = include_str!("system.ld");

/// The most memory of the kernel's for messages and tables, in bytes: the rest of its memory is for the images.
const WORKSPACE_MAX: u64 = 8 << 20;

/// The memory that a partition has on AIR, in bytes, with what lies in front of its own.
fn size(system: &System, number: usize) -> u64 {
    let end = image::base(system, number) + system.partitions[number].memory;
    (end - u64::from(MEMORY)).next_multiple_of(UNIT)
}

/// The memory that the machine needs, in bytes.
fn needed_memory(system: &System) -> u64 {
    let partitions = 0..system.partitions.len();
    KERNEL_MEMORY + partitions.map(|number| size(system, number) + PAGE_SIZE as u64).sum::<u64>()
}

pub(super) fn placement(system: &System, number: usize) -> Placement {
    let base = image::base(system, number);
    Placement { base, symbols: vec![("bulkhead_image_base", base)] }
}

/// Writes the configuration, an image for each partition, and how they become a system.
pub(super) fn write(system: &System, programs: &[Linked], folder: &Path) -> Result<Vec<(String, String)>> {
    let total: u64 = programs.iter().map(|program| program.image.data_end - program.image.base).sum();
    let room = KERNEL_MEMORY - WORKSPACE_MAX - (1 << 20);
    if total > room {
        return Err(Error::Build(
            Message::new(format!("the images take {} together", size_rounded(total))).help(format!(
                "AIR's kernel has room for {}: use less zeroed data, or fewer programs",
                size_rounded(room)
            )),
        ));
    }
    let mut files = Vec::new();
    let mut assembled = String::new();
    for (number, (partition, program)) in system.partitions.iter().zip(programs).enumerate() {
        let name = format!("{}.exe", partition.name);
        write_file(folder, &name, &image::file(system, number, &program.image))?;
        assembled += &format!(" {name} {MEMORY:#010x} {:#010x}", size(system, number));
        files.push((name, format!("image of partition {number}, for partition_assembler")));
    }
    let memory = needed_memory(system).max(system.memory).div_ceil(1 << 20).to_string();
    let with = |text: &str| {
        text.replace("@ASSEMBLED@", assembled.trim_start())
            .replace("@WORKSPACE@", &format!("{:#x}", configuration::workspace(system)))
            .replace("@MEMORY@", &memory)
    };
    let mut all = configuration::files(system);
    all.push(("linkcmds.ld", with(LINKER_SCRIPT), "how the linker puts the system together"));
    all.push(("Makefile", with(MAKEFILE), "how these files become a system"));
    all.push(("README.md", with(README), "what AIR's sources need"));
    for (name, text, what) in all {
        write_file(folder, name, text.as_bytes())?;
        files.push((name.to_owned(), what.to_owned()));
    }
    Ok(files)
}
