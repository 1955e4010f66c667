//! Systems for XtratuM 2.6 on ia32: what its own tools ask for, which pack and boot it.

mod configuration;
mod image;
mod limits;

use std::path::Path;

use bulkhead_xtratum_facts::{PAGE_TABLE_SPAN, block, page_tables_size};

use super::{Placement, ports, write_file};
use crate::error::{Error, Message, Result};
use crate::image::{Linked, PAGE};
use crate::system_file::{Program, System};
use crate::units::size_rounded;

pub(super) use limits::check;

/// Where the first partition's area begins: above the hypervisor at 1 MiB and the loader with all images at 16 MiB.
const AREAS: u64 = 32 << 20;

/// Where XtratuM's loader lies, with a copy of every image behind it.
const LOADER: u64 = 16 << 20;

/// What loader and hypervisor take of the room for the images, at most.
const LOADER_SIZE: u64 = 1 << 20;

/// The most memory that XtratuM gets for channels, in bytes: what is left below its loader.
const CHANNEL_MEMORY_MAX: u64 = 12 << 20;

/// What the folder tells its reader.
const README: &str = include_str!("README.md");

/// The name of the configuration.
const CONFIGURATION: &str = "xm_cf.xml";

/// A partition's memory area, in physical and in its own addresses: XtratuM maps one to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Area {
    /// First address: the block with headers and tables.
    start: u64,
    /// Where the partition's ports are described, with room for their records.
    ports: u64,
    /// Where the partition's own memory begins.
    memory: u64,
    /// First address behind it.
    end: u64,
}

/// The areas of all partitions. Each begins where a page table does, so that it needs as few of them as possible.
fn areas(system: &System) -> Vec<Area> {
    let mut start = AREAS;
    system
        .partitions
        .iter()
        .enumerate()
        .map(|(number, partition)| {
            // The tables map themselves too.
            let ports_size = ports::size(system, number);
            let tables = page_tables_size(partition.memory + ports_size + PAGE_TABLE_SPAN);
            let ports = start + u64::from(block::PAGE_TABLES) + tables;
            let memory = (ports + ports_size).next_multiple_of(PAGE);
            let area = Area { start, ports, memory, end: memory + partition.memory };
            start = area.end.next_multiple_of(PAGE_TABLE_SPAN);
            area
        })
        .collect()
}

pub(super) fn placement(system: &System, number: usize) -> Placement {
    let area = areas(system)[number];
    Placement {
        base: area.memory,
        symbols: vec![("bulkhead_image_base", area.memory), ("bulkhead_host_block", area.start)],
    }
}

/// Writes the configuration, and an image with XtratuM's headers for each partition.
pub(super) fn write(system: &System, programs: &[Linked], folder: &Path) -> Result<Vec<(String, String)>> {
    let areas = areas(system);
    let total: u64 = programs.iter().map(|program| program.image.data_end - program.image.base + PAGE).sum();
    let room = AREAS - LOADER - LOADER_SIZE;
    if total > room {
        return Err(Error::Build(
            Message::new(format!("the images take {} together", size_rounded(total))).help(format!(
                "XtratuM's loader has room for {}: use less zeroed data, or fewer programs",
                size_rounded(room)
            )),
        ));
    }
    write_file(folder, CONFIGURATION, configuration::text(system, &areas).as_bytes())?;
    let mut files = vec![(CONFIGURATION.to_owned(), "XtratuM's configuration (XM_CF)".to_owned())];
    for (number, ((partition, program), area)) in
        system.partitions.iter().zip(programs).zip(&areas).enumerate()
    {
        let name = format!("{}.elf", partition.name);
        write_file(folder, &name, &image::file(system, number, &program.image, *area))?;
        let what = format!("image {number:#x}, for elf2xef, at {:#010x}", area.start);
        files.push((name, what));
    }
    write_file(folder, "README.md", readme(system, &areas).as_bytes())?;
    files.push(("README.md".to_owned(), "how these files become a system".to_owned()));
    Ok(files)
}

/// How the files become a system, with this system's commands.
fn readme(system: &System, areas: &[Area]) -> String {
    let (mut convert, mut pack) = (Vec::new(), Vec::new());
    for (number, partition) in system.partitions.iter().enumerate() {
        let name = &partition.name;
        convert.push(format!("    elf2xef {name}.elf -o {name}.xef -i {number}"));
        pack.push(format!("-b {name}.xef"));
    }
    let memory = areas.last().map_or(0, |area| area.end).max(system.memory).div_ceil(1 << 20);
    README
        .replace("@CONVERT@", &convert.join("\n"))
        .replace("@PACK@", &pack.join(" "))
        .replace("@MEMORY@", &memory.to_string())
}

/// Whether a partition's program can be linked for the place that XtratuM gives it.
const fn is_linked_here(program: &Program) -> bool {
    matches!(program, Program::Sources(_))
}
