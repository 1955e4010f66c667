//! Xen: partition images that PVH guests boot from, and a configuration of each for xl.

mod configuration;

use std::path::Path;

use crate::build::Linked;
use crate::elf::Elf;
use crate::error::{Error, Message, Result};
use crate::system_file::System;

use super::write_file;

/// Writes images and configurations.
pub(super) fn write(system: &System, programs: &[Linked], folder: &Path) -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for (number, (partition, program)) in system.partitions.iter().zip(programs).enumerate() {
        if !Elf::read(&program.file).is_ok_and(|elf| elf.pvh_entry) {
            return Err(Error::Usage(
                Message::new(format!("the program of {} is not linked for Xen: it has no entry for PVH", partition.name))
                    .help("link it with the partition.ld and the guest library for Xen: lib/bulkhead/i386/hosts/xen"),
            ));
        }
        let image = format!("{}.elf", partition.name);
        write_file(folder, &image, &program.file)?;
        files.push((image, "image".to_owned()));
        let name = format!("{}.cfg", partition.name);
        write_file(folder, &name, configuration::text(system, number, &program.image).as_bytes())?;
        files.push((name, format!("for xl create, in this folder: {}", partition.name)));
    }
    Ok(files)
}
