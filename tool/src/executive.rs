//! What a partition's sources are compiled and linked with: the stand-in, or an RTEMS kit.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build_options::{Options, Progress};
use crate::compile::Compiler;
use crate::diagnostics::Problem;
use crate::error::{Error, Result};
use crate::installation::Installation;
use crate::kit::{Kit, KitCompiler};
use crate::system_file::building::{Building, Library, LibraryKind};
use crate::system_file::{Partition, System};
use crate::target::{Placement, Processor};

/// Libraries that programs are linked with whatever they name, with the stand-in, too.
const ANYWAY: [&str; 3] = ["c", "gcc", "m"];

/// The stand-in, or a kit.
pub(crate) enum Executive {
    StandIn(Compiler),
    Kit(KitCompiler),
}

impl Executive {
    /// What the options say, for a processor's partitions.
    pub(crate) fn new(
        installation: &Installation,
        processor: Processor,
        options: &Options,
        progress: &mut dyn Progress,
    ) -> Result<Self> {
        let Some(selection) = &options.kit else {
            return Compiler::new(installation, processor, options.host, options.traces, options.colour)
                .map(Self::StandIn);
        };
        let kit = Kit::find_for(processor, selection)?;
        progress.step(&format!("preparing the kit {}", kit.name));
        KitCompiler::new(kit, installation, options.host, options.traces, &mut |text| progress.messages(text))
            .map(Self::Kit)
    }

    /// The libraries of a partition that are not there.
    pub(crate) fn missing_libraries(&self, partition: &Partition) -> Vec<Problem> {
        partition.building.libraries.iter().filter_map(|library| self.missing(library)).collect()
    }

    fn missing(&self, library: &Library) -> Option<Problem> {
        let LibraryKind::Named(name) = &library.kind else { return None };
        let (message, help) = match self {
            Self::StandIn(_) if ANYWAY.contains(&name.as_str()) => return None,
            Self::StandIn(_) => (
                format!("the stand-in has no library `{name}`"),
                format!(
                    "build with an RTEMS kit that has it (--kit PREFIX), or name a file, such as \"lib/lib{name}.a\""
                ),
            ),
            Self::Kit(kit) if kit.has_library(name) => return None,
            Self::Kit(kit) => (
                format!("the kit {} has no library `{name}`", kit.name()),
                format!(
                    "install lib{name}.a into {}, or name a file, such as \"lib/lib{name}.a\"",
                    kit.libraries().display()
                ),
            ),
        };
        Some(Problem::new(library.place.clone(), message).help(help))
    }

    /// The command that compiles a source into an object.
    pub(crate) fn compilation(
        &self,
        system: &System,
        source: &Path,
        building: &Building,
        object: &Path,
    ) -> Result<Command> {
        match self {
            Self::StandIn(compiler) => Ok(compiler.compilation(system, source, building, object)),
            Self::Kit(compiler) => compiler.compilation(system, source, building, object),
        }
    }

    /// The folders that its compiler finds the headers of a language in by itself.
    pub(crate) fn built_in_folders(&self, is_cxx: bool) -> Vec<PathBuf> {
        match self {
            Self::StandIn(_) => Vec::new(),
            Self::Kit(compiler) => compiler.built_in_folders(is_cxx),
        }
    }

    /// Whether the compiler's messages may have colours.
    pub(crate) const fn has_colour(&self) -> bool {
        match self {
            Self::StandIn(compiler) => compiler.has_colour(),
            Self::Kit(_) => false,
        }
    }

    /// The failure to compile a source, of which the compiler has said this.
    pub(crate) fn failure(&self, system: &System, source: &Path, said: &str) -> Error {
        match self {
            Self::StandIn(compiler) => compiler.failure(system, source, said),
            Self::Kit(compiler) => compiler.failure(system, source, said),
        }
    }

    /// Links objects of sources to the program of a partition.
    pub(crate) fn link(
        &self,
        system: &System,
        partition: &Partition,
        (sources, objects): (&[PathBuf], &[PathBuf]),
        placement: &Placement,
        program: &Path,
        messages: &mut dyn FnMut(&str),
    ) -> Result<()> {
        match self {
            Self::StandIn(compiler) => {
                compiler.link(system, partition, objects, placement, program, messages)
            }
            Self::Kit(compiler) => {
                compiler.link(system, partition, (sources, objects), placement, program, messages)
            }
        }
    }
}
