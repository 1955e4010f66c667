//! The kernels that a system is built for: our own, or one that exists.
//!
//! Programs, guest layer and executive are the same for all; what differs is the library that is linked and what is
//! written for the host's own tools. Whatever a host cannot give a system is said by [`Host::check`] before anything is
//! built.

pub mod air;
mod communication;
mod devices;
mod elf;
mod governance;
mod partition_limit;
mod placed;
pub mod pok;
mod ports;
pub mod xen;
pub mod xtratum;

use std::path::{Path, PathBuf};

use crate::error::{Error, Message, Result};
use crate::files;
use crate::image::{self, Linked};
use crate::installation::Installation;
use crate::system_file::{Partition, System};
use crate::target::{Placement, Processor};

use crate::units::duration_text;

pub(crate) use placed::check as check_places;

pub use crate::target::Host;

/// A system that has been built for another kernel than ours.
#[derive(Clone, Debug)]
pub struct Hosted {
    /// The system.
    pub system: System,
    /// The kernel.
    pub host: Host,
    /// Its programs, one for each partition.
    pub programs: Vec<Linked>,
    /// The folder with what was written.
    pub folder: PathBuf,
    /// What was written: the files' names in the folder, and what each is.
    pub files: Vec<(String, String)>,
}

impl Host {
    /// Whether the host can run the system, as far as the system file tells; what the user is to know about it.
    ///
    /// # Errors
    /// If it lacks what the system needs.
    pub fn check(self, system: &System) -> Result<Vec<Message>> {
        if self == Self::Bulkhead {
            placed::check(self, system)?;
            return Ok(short_watchdogs(system));
        }
        let processor = self.processor();
        if system.processor != processor {
            return Err(Error::Usage(
                Message::new(format!(
                    "{} runs {} partitions here, not {}",
                    self.title(),
                    processor.partitions(),
                    system.processor.partitions()
                ))
                .help(format!("take --arch {}, or --host bulkhead", processor.name())),
            ));
        }
        governance::check(self, system)?;
        communication::check(self, system)?;
        devices::check(self, system)?;
        partition_limit::check(self, system)?;
        let notes = match self {
            Self::Air => air::check(system)?,
            Self::Pok => pok::check(system)?,
            Self::Xen => xen::check(system)?,
            Self::Xtratum => xtratum::check(system).map(|()| Vec::new())?,
            Self::Bulkhead => Vec::new(),
        };
        placed::check(self, system)?;
        Ok(notes)
    }

    /// Where a partition's program lies.
    pub(crate) fn placement(self, system: &System, number: usize) -> Placement {
        match self {
            Self::Bulkhead | Self::Xen | Self::Pok => {
                Placement { base: image::base(system.processor), symbols: Vec::new() }
            }
            Self::Xtratum => xtratum::placement(system, number),
            Self::Air => air::placement(system, number),
        }
    }

    /// The processor that a host other than ours runs on here.
    const fn processor(self) -> Processor {
        match self {
            Self::Air => Processor::Leon3,
            Self::Bulkhead | Self::Xen | Self::Xtratum | Self::Pok => Processor::X86_64,
        }
    }

    /// Whether `bulkhead run` can boot the host on this machine.
    ///
    /// # Errors
    /// If it cannot: the user's own installation of the host does, or something is missing.
    pub fn can_be_run(self) -> Result<()> {
        match self {
            Self::Bulkhead | Self::Xen => Ok(()),
            Self::Xtratum | Self::Pok | Self::Air => Err(Error::Usage(
                Message::new(format!("`bulkhead run` does not boot {}", self.title()))
                    .help("`bulkhead build` writes what its own tools need to boot the system"),
            )),
        }
    }

    /// Writes what the host's own tools need of a system into a folder; the names of the files, and what each is.
    ///
    /// # Errors
    /// If a program is not linked for the host, or a file cannot be written.
    pub(crate) fn write(
        self,
        system: &System,
        programs: &[Linked],
        installation: &Installation,
        folder: &Path,
    ) -> Result<Vec<(String, String)>> {
        match self {
            Self::Xen => xen::write(system, programs, installation, folder),
            Self::Air => air::write(system, programs, folder),
            Self::Pok => pok::write(system, programs, folder),
            Self::Xtratum => xtratum::write(system, programs, folder),
            Self::Bulkhead => Err(not_yet(self)),
        }
    }
}

/// There is no such build.
fn not_yet(host: Host) -> Error {
    Error::Usage(
        Message::new(format!("systems for {} are not written by this version", host.title()))
            .help("take --host bulkhead or --host xen"),
    )
}

/// Writes a file into the folder of a system.
pub(crate) fn write_file(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    files::write(&folder.join(name), bytes)
}
/// Warns of watchdogs that nobody can serve in time.
fn short_watchdogs(system: &System) -> Vec<Message> {
    let is_short = |partition: &&Partition| (1..system.shortest_window).contains(&partition.watchdog);
    let warning = |partition: &Partition| {
        Message::new(format!(
            "the watchdog of `{}` is {}, less than the shortest window: it expires whatever the partition does",
            partition.name,
            duration_text(partition.watchdog)
        ))
        .help(format!(
            "the kernel can take {} to open a window: give it as long as the partition needs to serve it",
            duration_text(system.shortest_window)
        ))
    };
    system.partitions.iter().filter(is_short).map(warning).collect()
}
