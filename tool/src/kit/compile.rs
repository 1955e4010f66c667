//! Compiles and links a partition's sources with a kit.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::compiler_messages::from_here;
use crate::error::{Error, Message, Result};
use crate::files::{absolute, create_folder, not_an_option};
use crate::incremental::{self, object_name};
use crate::installation::Installation;
use crate::language::is_cxx;
use crate::link_help;
use crate::service_help;
use crate::subprocess;
use crate::system_file::System;
use crate::target::{Host, Placement};

use super::support::{compile_flags, link_flags, support};
use super::{Kit, board_help};

/// Flags for a partition's sources, besides the kit's.
const COMPILER_FLAGS: [&str; 7] =
    ["-O2", "-g", "-fdebug-prefix-map=.=", "-ffunction-sections", "-fdata-sections", "-Wall", "-Wextra"];

/// A kit's compiler, with the partition support that programs are linked with.
pub(crate) struct KitCompiler {
    kit: Kit,
    support: PathBuf,
    pack: PathBuf,
}

impl KitCompiler {
    pub(crate) fn new(
        kit: Kit,
        installation: &Installation,
        host: Host,
        messages: &mut dyn FnMut(&str),
    ) -> Result<Self> {
        let kit = kit.usable()?;
        let support = support(&kit, installation, host, messages)?;
        let pack = kit.pack(installation)?;
        Ok(Self { kit, support, pack })
    }

    /// Compiles and links a partition's sources into `folder`; returns the linked file.
    pub(crate) fn program(
        &self,
        system: &System,
        partition: &str,
        sources: &[PathBuf],
        placement: &Placement,
        folder: &Path,
        messages: &mut dyn FnMut(&str),
    ) -> Result<PathBuf> {
        create_folder(folder)?;
        if let Some(source) = sources.iter().find(|source| is_cxx(source))
            && !self.kit.has_cxx_library()
        {
            let text =
                format!("`{}` is C++, and the kit {} has no libstdc++", source.display(), self.kit.name);
            let help = "install the kit's compilers with C++, or give the tool C sources";
            return Err(Error::Environment(Message::new(text).help(help)));
        }
        let mut objects = Vec::new();
        for (number, source) in sources.iter().enumerate() {
            let object = absolute(&folder.join(object_name(number, source)))?;
            let mut command = self.compiler(source, system)?;
            command.args(compile_flags(&self.kit, &self.pack)).args(COMPILER_FLAGS);
            command.arg("-c").arg("-o").arg(&object).arg(not_an_option(source));
            let mut said = String::new();
            let mut told = |text: &str| {
                messages(&from_here(text, &system.directory));
                said.push_str(text);
            };
            if !incremental::compile(command, &object, false, &mut told)? {
                let text = format!("`{}` does not compile", system.path(source).display());
                let help = service_help::of_compiler(&said);
                let help = help.unwrap_or_else(|| "the compiler's messages are above".to_owned());
                return Err(Error::Build(Message::new(text).help(help)));
            }
            objects.push(object);
        }
        let program = absolute(&folder.join("program.elf"))?;
        let last = sources.iter().find(|source| is_cxx(source)).or(sources.first());
        let mut command = self.compiler(last.map_or(Path::new(""), PathBuf::as_path), system)?;
        command.args(&objects).arg("-lm").args(link_flags(&self.kit, &self.support));
        command.args(placement.linker_flags().map(|flag| format!("-Wl,{flag}"))).arg("-o").arg(&program);
        let mut said = String::new();
        let output = subprocess::run(command, "the kit's linker", &mut |text| {
            messages(text);
            said.push_str(text);
        })?;
        if !output.status.success() {
            let of_board = || board_help::of_linker(&self.kit, &said);
            return Err(link_help::failure(partition, &objects, &said, of_board));
        }
        Ok(program)
    }

    /// The compiler for a source's language, to run in the system's folder: messages and `__FILE__` have the path that
    /// the system file has.
    fn compiler(&self, source: &Path, system: &System) -> Result<Command> {
        let name = if is_cxx(source) { "g++" } else { "gcc" };
        let program = self.kit.tool(name).ok_or_else(|| {
            Error::Environment(Message::new(format!("the kit {} has no compiler", self.kit.name)))
        })?;
        let mut command = Command::new(program);
        if !system.directory.as_os_str().is_empty() {
            command.current_dir(&system.directory);
        }
        Ok(command)
    }
}
