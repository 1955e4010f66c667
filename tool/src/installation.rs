//! Finds what the tool needs besides itself: its library folder, the compiler, the linker and QEMU.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Message, Result};
use crate::target::{Host, Processor};

/// The library folder: kernel, guest library, linker script and headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    folder: PathBuf,
}

impl Installation {
    /// The folder that the environment variable `BULKHEAD_LIB` names, or else `../lib/bulkhead` from the folder of
    /// the program that runs.
    ///
    /// # Errors
    /// If there is no such folder.
    pub fn find() -> Result<Self> {
        if let Some(folder) = variable("BULKHEAD_LIB") {
            return Self::at(Path::new(&folder)).ok_or_else(|| {
                let text = format!("BULKHEAD_LIB names no folder: {}", Path::new(&folder).display());
                Error::Environment(
                    Message::new(text).help("set it to the folder lib/bulkhead of an installation"),
                )
            });
        }
        let program = env::current_exe().and_then(|path| path.canonicalize()).ok();
        let beside = program.as_deref().and_then(Path::parent).and_then(Path::parent);
        beside.and_then(|prefix| Self::at(&prefix.join("lib/bulkhead"))).ok_or_else(|| {
            Error::Environment(
                Message::new("the folder lib/bulkhead with the kernel and the guest library is not there")
                    .help(
                        "run bulkhead from where it was installed (build/bin in the source tree, after \
                           `make build`), or set BULKHEAD_LIB",
                    ),
            )
        })
    }

    /// The installation in this folder, if it is one.
    #[must_use]
    pub fn at(folder: &Path) -> Option<Self> {
        folder.is_dir().then(|| Self { folder: folder.to_owned() })
    }

    /// The kernel's file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn kernel(&self, processor: Processor) -> Result<Vec<u8>> {
        self.kernel_file(processor, "kernel.elf")
    }

    /// The file of the kernel that traces: it keeps records of what happens in memory.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn tracing_kernel(&self, processor: Processor) -> Result<Vec<u8>> {
        self.kernel_file(processor, "kernel-trace.elf")
    }

    /// The file of the kernel that varies, and traces too: it is late by what is drawn from a seed.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn varying_kernel(&self, processor: Processor) -> Result<Vec<u8>> {
        self.kernel_file(processor, "kernel-vary.elf")
    }

    fn kernel_file(&self, processor: Processor, name: &str) -> Result<Vec<u8>> {
        let path = self.folder.join(processor.name()).join(name);
        fs::read(&path).map_err(|error| missing(&path, &error))
    }

    /// The static library that a partition's program is linked with.
    ///
    /// # Errors
    /// If it is not there.
    pub fn guest_library(&self, processor: Processor, host: Host) -> Result<PathBuf> {
        self.part(&format!("{}/libbulkhead-classic.a", hosted(processor, host)))
    }

    /// The same for programs that record what their tasks do, on our own kernel.
    ///
    /// # Errors
    /// If it is not there.
    pub fn tracing_guest_library(&self, processor: Processor) -> Result<PathBuf> {
        self.part(&format!("{}/libbulkhead-classic-trace.a", processor.partitions()))
    }

    /// The linker script of a partition.
    ///
    /// # Errors
    /// If it is not there.
    pub fn linker_script(&self, processor: Processor, host: Host) -> Result<PathBuf> {
        self.part(&format!("{}/partition.ld", hosted(processor, host)))
    }

    /// The folder with the headers of a partition.
    ///
    /// # Errors
    /// If it is not there.
    pub fn headers(&self, processor: Processor) -> Result<PathBuf> {
        self.part(&format!("{}/include", processor.partitions()))
    }

    /// The folder with the link-time pack for RTEMS kits.
    ///
    /// # Errors
    /// If it is not there.
    pub fn rtems_pack(&self, processor: Processor) -> Result<PathBuf> {
        self.part(&format!("{}/rtems", processor.partitions()))
    }

    /// The folder with what the pack has of its own for a host: the library and the linker script. The rest is in
    /// [`Self::rtems_pack`].
    ///
    /// # Errors
    /// If it is not there.
    pub fn rtems_host_pack(&self, processor: Processor, host: Host) -> Result<PathBuf> {
        self.part(&format!("{}/rtems", hosted(processor, host)))
    }

    /// A program of the QEMU that lies in the installation; it may not exist.
    fn own_qemu(&self, program: &str) -> PathBuf {
        self.folder.join("qemu/bin").join(program)
    }

    /// The folder for what Xen is booted with; it may not exist.
    pub(crate) fn xen(&self) -> PathBuf {
        self.folder.join("xen")
    }

    /// The program for Xen's first domain.
    ///
    /// # Errors
    /// If it is not there.
    pub(crate) fn xen_agent(&self) -> Result<PathBuf> {
        self.part("xen/xen-agent")
    }

    fn part(&self, name: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        let path = path.canonicalize().map_err(|error| missing(&path, &error))?;
        Ok(path)
    }
}

/// The folder of what partitions are linked with for a host.
fn hosted(processor: Processor, host: Host) -> String {
    match host {
        Host::Bulkhead => processor.partitions().to_owned(),
        other => format!("{}/hosts/{}", processor.partitions(), other.name()),
    }
}

fn missing(path: &Path, error: &io::Error) -> Error {
    let help = match (error.kind(), variable("BULKHEAD_LIB")) {
        (io::ErrorKind::PermissionDenied, _) => "whoever has installed it must let you read it",
        (_, Some(_)) => "set BULKHEAD_LIB to the folder lib/bulkhead of an installation, or unset it",
        (_, None) => "build it with `make build`, or install it again",
    };
    Error::Environment(
        Message::new(format!("a part of the installation cannot be read: {}: {error}", path.display()))
            .help(help),
    )
}

/// What an environment variable says; an empty one says nothing.
fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// A program of the host that the tool starts.
pub(crate) struct HostProgram {
    /// The environment variable that names another one.
    variable: &'static str,
    /// What it is looked for as, the best first.
    names: &'static [&'static str],
    /// What it does, for messages.
    role: &'static str,
    /// The Debian package that has it.
    package: &'static str,
}

/// The C compiler.
pub(crate) const COMPILER: HostProgram = HostProgram {
    variable: "BULKHEAD_CC",
    names: &["clang"],
    role: "the C compiler clang",
    package: "clang",
};

/// The linker.
pub(crate) const LINKER: HostProgram = HostProgram {
    variable: "BULKHEAD_LD",
    names: &["x86_64-linux-gnu-ld", "i686-linux-gnu-ld", "ld.lld"],
    role: "the GNU linker for x86",
    package: "binutils-x86-64-linux-gnu",
};

/// The linker for LEON3.
pub(crate) const LINKER_LEON3: HostProgram = HostProgram {
    variable: "BULKHEAD_LD_SPARC",
    names: &["sparc64-linux-gnu-ld"],
    role: "the GNU linker for SPARC",
    package: "binutils-sparc64-linux-gnu",
};

/// The debugger, for all processors.
pub(crate) const GDB: HostProgram = HostProgram {
    variable: "BULKHEAD_GDB",
    names: &["gdb-multiarch"],
    role: "the debugger gdb for several processors",
    package: "gdb-multiarch",
};

/// The machine with LEON3.
pub(crate) const QEMU_LEON3: HostProgram = HostProgram {
    variable: "BULKHEAD_QEMU_SPARC",
    names: &["qemu-system-sparc"],
    role: "QEMU for SPARC",
    package: "qemu-system-sparc",
};

/// The machine.
pub(crate) const QEMU: HostProgram = HostProgram {
    variable: "BULKHEAD_QEMU",
    names: &["qemu-system-x86_64"],
    role: "QEMU for x86",
    package: "qemu-system-x86",
};

impl HostProgram {
    /// The program's path: what the variable names, or else what `PATH` has, or else what lies in the installation.
    pub(crate) fn find(&self) -> Result<PathBuf> {
        if let Some(named) = variable(self.variable) {
            return search(Path::new(&named)).ok_or_else(|| {
                let text = format!("{} names no program: {}", self.variable, Path::new(&named).display());
                Error::Environment(Message::new(text).help(format!("set it to {}, or unset it", self.role)))
            });
        }
        let beside =
            |name: &&str| Some(Installation::find().ok()?.own_qemu(name)).filter(|path| path.is_file());
        let found = self.names.iter().find_map(|name| search(Path::new(name)));
        found.or_else(|| self.names.iter().find_map(beside)).ok_or_else(|| {
            Error::Environment(
                Message::new(format!("{} is not installed ({})", self.role, self.names.join(", ")))
                    .help(format!("on Debian: apt install {}; or set {}", self.package, self.variable)),
            )
        })
    }
}

/// A program by its path, or by its name in `PATH`: a file that may be executed.
pub(crate) fn search(name: &Path) -> Option<PathBuf> {
    // A path stays as the user has written it.
    which::which(name).ok().map(|found| if name.components().count() > 1 { name.to_owned() } else { found })
}
