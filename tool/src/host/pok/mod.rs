//! POK: the kernel's deployment, the partitions as its loader wants them, and our file for its kernel.

mod check;
mod deployment;
mod image;
mod ports;
mod slots;

use std::path::Path;

use crate::error::Result;
use crate::files::create_folder;
use crate::image::Linked;
use crate::system_file::System;

use super::write_file;

pub(super) use check::check;
pub use deployment::deployment;
pub use image::{idle_image, image};
pub(super) use ports::MESSAGE_SIZE_MAX;
pub use ports::{KernelPort, kernel_ports};
pub use slots::{Slot, slots};

/// What is added to POK's kernel.
pub const KERNEL_FILE: &str = include_str!("../../../../hosts/pok/kernel/bulkhead.c");

/// What the folder tells its reader.
const README: &str = include_str!("README.md");

/// The folder of the partitions.
const PARTITIONS: &str = "partitions";

/// What runs in time that is nobody's; beside the folder of the partitions, so that its name is nobody's either.
const IDLE: &str = "idle.elf";

/// Writes everything.
pub(super) fn write(system: &System, programs: &[Linked], folder: &Path) -> Result<Vec<(String, String)>> {
    let slots = slots(system);
    create_folder(&folder.join(PARTITIONS))?;
    let mut list = String::new();
    let mut files = Vec::new();
    for (number, (partition, program)) in system.partitions.iter().zip(programs).enumerate() {
        let name = format!("{PARTITIONS}/{}.elf", partition.name);
        write_file(folder, &name, &image(system, number, &program.image))?;
        list += &name;
        list.push('\n');
        files.push((name, format!("image of partition {number}")));
    }
    if slots.iter().any(|slot| slot.partition.is_none()) {
        write_file(folder, IDLE, &idle_image())?;
        list += IDLE;
        list.push('\n');
        files.push((IDLE.to_owned(), "image for time that belongs to no window".to_owned()));
    }
    let images: Vec<_> = programs.iter().map(|program| &program.image).collect();
    for (name, text, what) in [
        ("partitions.list", list.as_str(), "the images in the order of their numbers"),
        ("deployment.h", &deployment(system, &images), "the kernel's configuration"),
        ("bulkhead.c", KERNEL_FILE, "to be added to POK's kernel"),
        ("README.md", README, "how these files become a system"),
    ] {
        write_file(folder, name, text.as_bytes())?;
        files.push((name.to_owned(), what.to_owned()));
    }
    Ok(files)
}
