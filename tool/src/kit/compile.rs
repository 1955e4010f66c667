//! Compiles and links a partition's sources with a kit.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, Message, Result};
use crate::files::not_an_option;
use crate::installation::Installation;
use crate::language::is_cxx;
use crate::link_help;
use crate::service_help;
use crate::subprocess;
use crate::system_file::building::Building;
use crate::system_file::{Partition, System};
use crate::target::{Host, Placement};

use super::support::{compile_flags, link_flags, records, support};
use super::{Kit, board_help};

/// Flags for a partition's sources, besides the kit's.
const COMPILER_FLAGS: [&str; 6] =
    ["-g", "-fdebug-prefix-map=.=", "-ffunction-sections", "-fdata-sections", "-Wall", "-Wextra"];

/// A kit's compiler, with the partition support that programs are linked with.
pub(crate) struct KitCompiler {
    kit: Kit,
    support: PathBuf,
    pack: PathBuf,
    /// Whether programs are to record what their tasks do.
    traces: bool,
    has_cxx: OnceCell<bool>,
}

impl KitCompiler {
    pub(crate) fn new(
        kit: Kit,
        installation: &Installation,
        host: Host,
        traces: bool,
        messages: &mut dyn FnMut(&str),
    ) -> Result<Self> {
        let kit = kit.usable()?;
        let support = support(&kit, installation, host, messages)?;
        let pack = kit.pack(installation)?;
        Ok(Self { kit, support, pack, traces, has_cxx: OnceCell::new() })
    }

    /// The command that compiles a source into an object.
    ///
    /// # Errors
    /// If the kit has no compiler for its language.
    pub(crate) fn compilation(
        &self,
        system: &System,
        source: &Path,
        building: &Building,
        object: &Path,
    ) -> Result<Command> {
        if is_cxx(source) && !*self.has_cxx.get_or_init(|| self.kit.has_cxx_library()) {
            let text =
                format!("`{}` is C++, and the kit {} has no libstdc++", source.display(), self.kit.name);
            let help = "install the kit's compilers with C++, or give the tool C sources";
            return Err(Error::Environment(Message::new(text).help(help)));
        }
        let mut command = self.compiler(source, system)?;
        command.args(compile_flags(&self.kit, &self.pack)).args(COMPILER_FLAGS);
        command.args(building.compiler_flags(is_cxx(source)));
        command.arg("-c").arg("-o").arg(object).arg(not_an_option(source));
        Ok(command)
    }

    /// The failure to compile a source, of which the compiler has said this.
    pub(crate) fn failure(&self, system: &System, source: &Path, said: &str) -> Error {
        let text = format!("`{}` does not compile", system.path(source).display());
        let help = service_help::of_compiler(said);
        Error::Build(
            Message::new(text).help(help.unwrap_or_else(|| "the compiler's messages are above".to_owned())),
        )
    }

    /// Links objects of sources to the program of a partition. The linker's messages are passed to `messages`.
    pub(crate) fn link(
        &self,
        system: &System,
        partition: &Partition,
        (sources, objects): (&[PathBuf], &[PathBuf]),
        placement: &Placement,
        program: &Path,
        messages: &mut dyn FnMut(&str),
    ) -> Result<()> {
        let last = sources.iter().find(|source| is_cxx(source)).or(sources.first());
        let mut command = self.compiler(last.map_or(Path::new(""), PathBuf::as_path), system)?;
        let building = &partition.building;
        let records = if self.traces { records(&self.support) } else { Vec::new() };
        command.args(objects).args(records).args(&building.link_flags);
        command.arg("-Wl,--start-group").args(building.library_flags()).arg("-Wl,--end-group");
        // Objects of other compilers say whether they want to execute on the stack, and RTEMS's do not.
        command.args(["-Wl,-z,noexecstack", "-lm"]).args(link_flags(&self.kit, &self.support));
        command.args(placement.linker_flags().map(|flag| format!("-Wl,{flag}"))).arg("-o").arg(program);
        let mut said = String::new();
        let output = subprocess::run(command, "the kit's linker", &mut |text| {
            messages(text);
            said.push_str(text);
        })?;
        if !output.status.success() {
            let of_board = || board_help::of_linker(&self.kit, &said);
            return Err(link_help::failure(&partition.name, objects, &said, of_board));
        }
        Ok(())
    }

    /// The folders that the compiler finds the headers of a language in by itself, its own left out: other compilers
    /// have those of their own.
    pub(crate) fn built_in_folders(&self, is_cxx: bool) -> Vec<PathBuf> {
        let (name, language) = if is_cxx { ("g++", "-xc++") } else { ("gcc", "-xc") };
        let Some(program) = self.kit.tool(name) else { return Vec::new() };
        let mut command = Command::new(program);
        command.args(self.kit.compile_flags()).args(["-E", "-v", language, "/dev/null"]);
        let mut said = String::new();
        if subprocess::run(command, "the kit's compiler", &mut |text| said.push_str(text)).is_err() {
            return Vec::new();
        }
        let listed = said.lines().skip_while(|line| !line.starts_with("#include <...>")).skip(1);
        let folders = listed.take_while(|line| line.starts_with(' ')).map(|line| PathBuf::from(line.trim()));
        let is_own =
            |folder: &PathBuf| folder.join("stddef.h").is_file() && folder.join("stdarg.h").is_file();
        folders
            .filter_map(|folder| folder.canonicalize().ok())
            .filter(|folder| !is_own(folder) && !folder.ends_with("include-fixed"))
            .collect()
    }

    /// Whether the kit has a library, or the partition support does.
    pub(crate) fn has_library(&self, name: &str) -> bool {
        self.support.join(format!("lib{name}.a")).is_file() || self.kit.has_library(name)
    }

    /// The folder with its libraries.
    pub(crate) fn libraries(&self) -> &Path {
        &self.kit.libraries
    }

    /// The kit's name.
    pub(crate) fn name(&self) -> &str {
        &self.kit.name
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
