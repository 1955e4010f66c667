//! Xen: partition images that PVH guests boot from, a configuration of each for xl, a script that sets the schedule;
//! and how all of it is booted in QEMU.

mod boot;
mod configuration;
mod cpio;
mod first_domain;
mod packages;
mod ports;
mod regions;
mod schedule;
mod strip;

use std::path::Path;

use crate::elf::Elf;
use crate::error::{Error, Message, Result};
use crate::files;
use crate::image::Linked;
use crate::installation::Installation;
use crate::system_file::System;

pub use boot::{Boot, Machine};

use super::write_file;

/// The name of the program in the first domain.
const AGENT: &str = "xen-agent";

/// Complains about what Xen cannot do; what the user is to know besides.
pub(super) fn check(system: &System) -> Result<Vec<Message>> {
    let mut problems = Vec::new();
    ports::check(system, &mut problems);
    regions::check(system, &mut problems);
    if problems.is_empty() { Ok(warnings(system)) } else { Err(system.report(problems).into()) }
}

fn warnings(system: &System) -> Vec<Message> {
    let Err(Error::Usage(message)) = schedule::keepable(system) else { return Vec::new() };
    vec![Message { text: format!("Xen cannot keep the windows: {}", message.text), ..message }]
}

/// Writes images, configurations and the script.
pub(super) fn write(
    system: &System,
    programs: &[Linked],
    installation: &Installation,
    folder: &Path,
) -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for (number, (partition, program)) in system.partitions.iter().zip(programs).enumerate() {
        if !Elf::read(&program.file).is_ok_and(|elf| elf.pvh_entry) {
            return Err(Error::Usage(
                Message::new(format!("the program of {} is not for Xen: it has no entry for PVH", partition.name))
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
    write_program(folder, "start.sh", schedule::script(system).as_bytes())?;
    files.push(("start.sh".to_owned(), "creates the guests, sets the schedule, starts them".to_owned()));
    write_file(folder, "system", schedule::description(system, None).as_bytes())?;
    files.push(("system".to_owned(), format!("the schedule, for {AGENT}")));
    write_program(folder, AGENT, &boot::agent(installation)?)?;
    files.push((AGENT.to_owned(), "sets the schedule of Xen's scheduler arinc653".to_owned()));
    Ok(files)
}

/// Writes a file that can be executed.
fn write_program(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    files::write_program(&folder.join(name), bytes)
}
