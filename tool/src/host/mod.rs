//! The kernels that a system is built for: our own, or one that exists.
//!
//! Programs, guest layer and executive are the same for all; what differs is the library that is linked and what is
//! written for the host's own tools. Whatever a host cannot give a system is said by [`Host::check`] before anything is
//! built.

mod partition_limit;
pub mod pok;
pub mod xen;
pub mod xtratum;

use std::fs;
use std::path::Path;

use crate::build::Linked;
use crate::error::{Error, Message, Result};
use crate::image::BASE;
use crate::installation::Installation;
use crate::system_file::{Processor, System};

/// A kernel below the guest layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Host {
    /// Our own.
    #[default]
    Bulkhead,
    /// Xen, i386 guests of the PVH kind.
    Xen,
    /// XtratuM for ia32.
    Xtratum,
    /// POK for x86.
    Pok,
}

/// Where a host wants a partition's program, and what the program is told of that when it is linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    /// Where the partition's memory begins, in its own addresses.
    pub(crate) base: u64,
    /// Symbols that the host's binding or the linker script asks for.
    symbols: Vec<(&'static str, u64)>,
}

impl Placement {
    /// What the linker is told.
    pub(crate) fn linker_flags(&self) -> impl Iterator<Item = String> {
        self.symbols.iter().map(|(name, value)| format!("--defsym={name}={value:#x}"))
    }
}

impl Host {
    /// Every host, as `--host` names it.
    pub const ALL: [Self; 4] = [Self::Bulkhead, Self::Xen, Self::Xtratum, Self::Pok];

    /// The host with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|host| host.name() == name)
    }

    /// The name as `--host` has it; also the name of its folder in an installation.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bulkhead => "bulkhead",
            Self::Xen => "xen",
            Self::Xtratum => "xtratum",
            Self::Pok => "pok",
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Bulkhead => "Bulkhead's kernel",
            Self::Xen => "Xen",
            Self::Xtratum => "XtratuM",
            Self::Pok => "POK",
        }
    }

    /// Whether the host can run the system, as far as the system file tells; what the user is to know about it.
    ///
    /// # Errors
    /// If it lacks what the system needs.
    pub fn check(self, system: &System) -> Result<Vec<Message>> {
        if self == Self::Bulkhead {
            return Ok(Vec::new());
        }
        if system.processor != Processor::X86_64 {
            return Err(Error::Usage(
                Message::new(format!(
                    "{} runs i386 partitions here, not {}",
                    self.title(),
                    system.processor.partitions()
                ))
                .help("leave --arch out, or take --host bulkhead"),
            ));
        }
        partition_limit::check(self, system)?;
        match self {
            Self::Pok => pok::check(system),
            Self::Xen => Ok(xen::warnings(system)),
            Self::Xtratum => xtratum::check(system).map(|()| Vec::new()),
            Self::Bulkhead => Ok(Vec::new()),
        }
    }

    /// Where a partition's program lies.
    pub(crate) fn placement(self, system: &System, number: usize) -> Placement {
        match self {
            Self::Bulkhead | Self::Xen | Self::Pok => Placement { base: BASE, symbols: Vec::new() },
            Self::Xtratum => xtratum::placement(system, number),
        }
    }

    /// Whether `bulkhead run` can boot the host on this machine.
    ///
    /// # Errors
    /// If it cannot: the user's own installation of the host does, or something is missing.
    pub fn can_be_run(self) -> Result<()> {
        match self {
            Self::Bulkhead | Self::Xen => Ok(()),
            Self::Xtratum | Self::Pok => Err(Error::Usage(
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
    let path = folder.join(name);
    fs::write(&path, bytes).map_err(|error| {
        Error::Environment(Message::new(format!("{} cannot be written: {error}", path.display())))
    })
}

impl std::str::FromStr for Host {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        Self::from_name(text).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.into_iter().map(Self::name).collect();
            format!("write one of {}", names.join(", "))
        })
    }
}
