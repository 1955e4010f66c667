//! Compiles and links a partition's sources.

use std::path::{Path, PathBuf};
use std::process::Command;

use anstream::adapter::strip_str;

use crate::error::{Error, Message, Result};
use crate::files::{absolute, not_an_option};
use crate::installation::{COMPILER, Installation, LINKER, LINKER_LEON3};
use crate::language::is_cxx;
use crate::link_help;
use crate::service_help;
use crate::subprocess::run;
use crate::system_file::building::{Building, LibraryKind};
use crate::system_file::{Partition, System};
use crate::target::{Host, Placement, Processor};

/// Flags of the compiler for a partition's program.
///
/// No SSE or MMX: interrupt handlers and tasks without `RTEMS_FLOATING_POINT` do not own floating-point registers,
/// and a compiler that may use them does so for copying. `-nostdlibinc` keeps the host's headers out and the
/// compiler's own (`<stdint.h>` and the like) in. The debug information has the folder that the compiler runs in, by
/// which debuggers find the sources; nothing of it is in the bootable file.
const COMPILER_FLAGS: [&str; 12] = [
    "-g",
    "-ffreestanding",
    "-nostdlibinc",
    "-fno-pic",
    "-fno-stack-protector",
    "-fno-common",
    "-fno-asynchronous-unwind-tables",
    "-ffunction-sections",
    "-fdata-sections",
    "-Wall",
    "-Wextra",
    "-c",
];

/// Flags for C.
const C_FLAGS: [&str; 1] = ["-std=gnu11"];

/// Flags for C++: there is no C++ library, and nothing that exceptions, run-time types or guards of local variables
/// need.
const CXX_FLAGS: [&str; 6] =
    ["-xc++", "-std=gnu++17", "-nostdinc++", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"];

/// Flags of the compiler for a processor. On SPARC a C function never finds anything of its caller's in floating-point
/// registers, and the stand-in keeps them for each task.
const fn processor_flags(processor: Processor) -> &'static [&'static str] {
    match processor {
        Processor::X86_64 => &["--target=i386-none-elf", "-march=i686", "-mno-mmx", "-mno-sse"],
        Processor::Leon3 => &["--target=sparc-none-elf", "-mcpu=leon3", "-fintegrated-as"],
    }
}

/// What the linker is to make for a processor.
const fn emulation(processor: Processor) -> &'static str {
    match processor {
        Processor::X86_64 => "elf_i386",
        Processor::Leon3 => "elf32_sparc",
    }
}

/// Flags of the linker for a partition's program. No build identifier: it would tell apart what is the same.
const LINKER_FLAGS: [&str; 7] =
    ["-static", "-nostdlib", "--gc-sections", "--build-id=none", "-z", "max-page-size=4096", "-znoexecstack"];

/// The tools and files that every program needs.
pub(crate) struct Compiler {
    processor: Processor,
    compiler: PathBuf,
    linker: PathBuf,
    library: PathBuf,
    script: PathBuf,
    headers: PathBuf,
    colour: bool,
}

impl Compiler {
    pub(crate) fn new(
        installation: &Installation,
        processor: Processor,
        host: Host,
        traces: bool,
        colour: bool,
    ) -> Result<Self> {
        let linker = match processor {
            Processor::X86_64 => LINKER.find()?,
            Processor::Leon3 => LINKER_LEON3.find()?,
        };
        Ok(Self {
            processor,
            compiler: COMPILER.find()?,
            linker,
            library: if traces {
                installation.tracing_guest_library(processor)?
            } else {
                installation.guest_library(processor, host)?
            },
            script: installation.linker_script(processor, host)?,
            headers: installation.headers(processor)?,
            colour,
        })
    }

    /// Whether its messages may have colours.
    pub(crate) const fn has_colour(&self) -> bool {
        self.colour
    }

    /// The command that compiles a source into an object.
    ///
    /// It runs in the system's folder and with the path as the system file has it, so that neither `__FILE__` nor the
    /// debug information depend on where the tool was started.
    pub(crate) fn compilation(
        &self,
        system: &System,
        source: &Path,
        building: &Building,
        object: &Path,
    ) -> Command {
        let mut command = Command::new(&self.compiler);
        command.args(processor_flags(self.processor)).args(COMPILER_FLAGS).arg("-isystem").arg(&self.headers);
        if is_cxx(source) {
            command.args(CXX_FLAGS);
        } else {
            command.args(C_FLAGS);
        }
        command.args(building.compiler_flags(is_cxx(source)));
        command.arg("-o").arg(object).arg(not_an_option(source));
        if !system.directory.as_os_str().is_empty() {
            command.current_dir(&system.directory);
        }
        command
    }

    /// The failure to compile a source, of which the compiler has said this.
    pub(crate) fn failure(&self, system: &System, source: &Path, said: &str) -> Error {
        let message = Message::new(format!("`{}` does not compile", system.path(source).display()));
        let help = service_help::of_compiler(&strip_str(said).to_string());
        Error::Build(message.help(help.unwrap_or_else(|| {
            if is_cxx(source) {
                "the compiler's messages are above; the stand-in has C++ without its library, exceptions and run-time \
                 types: an RTEMS kit has them (--kit)"
            } else if said.contains("file not found") {
                "the compiler's messages are above; docs/stand-in.md lists the headers that the stand-in has, and an \
                 RTEMS kit has C's and POSIX's (--kit)"
            } else {
                "the compiler's messages are above"
            }
            .to_owned()
        })))
    }

    /// Links objects to the program of a partition. The linker's messages are passed to `messages`.
    pub(crate) fn link(
        &self,
        system: &System,
        partition: &Partition,
        objects: &[PathBuf],
        placement: &Placement,
        program: &Path,
        messages: &mut dyn FnMut(&str),
    ) -> Result<()> {
        let building = &partition.building;
        let mut command = Command::new(&self.linker);
        command
            .arg("-m")
            .arg(emulation(self.processor))
            .args(LINKER_FLAGS)
            .args(placement.linker_flags())
            .args(linker_words(&building.link_flags))
            .arg("-T")
            .arg(&self.script)
            .arg("-o")
            .arg(program);
        command.args(objects).arg("--start-group");
        for library in &building.libraries {
            if let LibraryKind::File(path) = &library.kind {
                command.arg(absolute(&system.path(path))?);
            }
        }
        command.arg(&self.library).arg("--end-group");
        let mut said = String::new();
        let output = run(command, "the linker", &mut |text| said.push_str(text))?;
        if !output.status.success() {
            return Err(link_help::failure_with_stand_in(&partition.name, objects, &said, messages));
        }
        if !said.is_empty() {
            messages(&said);
        }
        Ok(())
    }
}

/// What the linker is told by flags as compilers pass them on.
fn linker_words(flags: &[String]) -> Vec<&str> {
    flags.iter().flat_map(|flag| flag.strip_prefix("-Wl,").unwrap_or(flag).split(',')).collect()
}
