//! What a system is built for: the processor, the kernel below the guest layer, and where that wants the programs.

use bulkhead_abi::machine::{self, MemoryMap};

/// A processor that systems are built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Processor {
    /// x86-64, with i386 partitions.
    X86_64,
    /// LEON3, with SPARC partitions.
    Leon3,
}

impl Processor {
    /// Every processor, as the system file writes it.
    pub const NAMES: [&'static str; 2] = ["x86_64", "leon3"];

    /// The processor with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "x86_64" => Some(Self::X86_64),
            "leon3" => Some(Self::Leon3),
            _ => None,
        }
    }

    /// The name as the system file writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Leon3 => "leon3",
        }
    }

    /// Where things lie on its machine, and in which byte order.
    #[must_use]
    pub const fn board(self) -> &'static MemoryMap {
        match self {
            Self::X86_64 => &machine::X86_64,
            Self::Leon3 => &machine::LEON3,
        }
    }

    /// The processor of its partitions, as compilers and folders call it.
    #[must_use]
    pub const fn partitions(self) -> &'static str {
        match self {
            Self::X86_64 => "i386",
            Self::Leon3 => "sparc",
        }
    }
}

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
    /// AIR for LEON3.
    Air,
}

/// Where a host wants a partition's program, and what the program is told of that when it is linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    /// Where the partition's memory begins, in its own addresses.
    pub(crate) base: u64,
    /// Symbols that the host's binding or the linker script asks for.
    pub(crate) symbols: Vec<(&'static str, u64)>,
}

impl Placement {
    /// What the linker is told.
    pub(crate) fn linker_flags(&self) -> impl Iterator<Item = String> {
        self.symbols.iter().map(|(name, value)| format!("--defsym={name}={value:#x}"))
    }
}

impl Host {
    /// Every host, as `--host` names it.
    pub const ALL: [Self; 5] = [Self::Bulkhead, Self::Xen, Self::Xtratum, Self::Pok, Self::Air];

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
            Self::Air => "air",
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
            Self::Air => "AIR",
        }
    }
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
