//! The board support package of a partition: the link-time pack, made for one kit.
//!
//! A compiler that is told `-B FOLDER` finds `linkcmds`, `bulkhead-start.o` and `librtemsbsp.a` there in the place of
//! the kit's. The kit's own library gives what needs no privilege: the audit decides, member by member.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::iter;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use bulkhead_audit::instructions::Class;

use crate::error::{Error, Message, Result};
use crate::files::{absolute, create_folder, read, write};
use crate::installation::Installation;
use crate::subprocess;
use crate::target::Host;

use super::{Kit, board_help};

/// What is added to a board's name for the partition's.
pub(crate) const SUFFIX: &str = "-bulkhead";

/// The C files that every program is linked with; the others are taken from the library as they are needed. A file that
/// replaces an object of `librtemscpu` must be one of these: the linker looks there first for what that library wants.
const ALWAYS: [&str; 8] =
    ["core", "counter", "fatal", "processor", "stacks", "time_of_day", "vectors", "windows"];

/// The library of a board.
pub(super) const BOARD_LIBRARY: &str = "librtemsbsp.a";

/// What programs are linked with that talk UDP, as with RTEMS's own stack; its sources are in a folder of the pack.
pub(super) const NETWORK_LIBRARY: &str = "libnetworking.a";
const NETWORK: &str = "network";

/// What programs are linked with besides that are built to be traced; its source is in a folder of the pack.
const RECORDS: &str = "bulkhead-records.o";
const TRACE: &str = "trace";

/// RTEMS's functions in whose place such programs call those of `jobs.c`.
const RECORDED: [&str; 4] = [
    "rtems_rate_monotonic_period",
    "rtems_rate_monotonic_cancel",
    "rtems_rate_monotonic_delete",
    "_Rate_monotonic_Timeout",
];

/// The linker script that compilers look for, and the one that it includes.
const LINKER_SCRIPTS: [&str; 2] = ["linkcmds", "bulkhead-linkcmds.base"];

/// What every program is linked with, in front of all else. A name that no board's folder has: the linker takes the
/// first file that it finds.
const START: &str = "bulkhead-start.o";

/// The pack's folder with the header that stands for RTEMS's own and disables interrupts in place: SPARC's pack has it.
/// On i386 that is for kits that are built so.
pub(super) const IN_PLACE: &str = "in-place";

/// How the members of the pack's Rust part are called that are the compiler's own helpers. The kit has its own of
/// those, made for speed.
const HELPERS: &str = "compiler_builtins";

/// Counts the changes of how the support is made, so that what was made otherwise is made again.
const RULES: u32 = 10;

/// Flags for the C files of the pack, besides the kit's.
const COMPILER_FLAGS: [&str; 6] =
    ["-std=gnu11", "-O2", "-g", "-ffunction-sections", "-fdata-sections", "-Wall"];

/// The folder of a kit's partition support, made if it is not there or out of date.
///
/// # Errors
/// If something is missing, or does not compile.
pub fn support(
    kit: &Kit,
    installation: &Installation,
    host: Host,
    messages: &mut dyn FnMut(&str),
) -> Result<PathBuf> {
    let pack = Pack::new(kit, installation, host)?;
    let folder = cache().join(format!("{}-{:016x}", kit.name, fingerprint(kit, &pack)?));
    if !folder.join(BOARD_LIBRARY).is_file() {
        make(kit, &pack, &folder, "XDG_CACHE_HOME names another place for it", messages)?;
    }
    Ok(folder)
}

/// Makes the partition support for a host in a folder. `help` says how to name another one.
pub(super) fn make_support(
    kit: &Kit,
    installation: &Installation,
    host: Host,
    folder: &Path,
    help: &str,
    messages: &mut dyn FnMut(&str),
) -> Result<()> {
    make(kit, &Pack::new(kit, installation, host)?, folder, help, messages)
}

/// Tries whether the pack's C files compile with a kit's headers; nothing is kept.
///
/// # Errors
/// If a file does not compile; what the compiler says goes to `messages`.
pub fn try_pack(kit: &Kit, installation: &Installation, messages: &mut dyn FnMut(&str)) -> Result<()> {
    let pack = kit.pack(installation)?;
    // Nothing is written, so any folder will do.
    let mut workshop = Workshop { kit, folder: pack.clone(), messages };
    for source in pack_files(&pack)?.iter().filter(|path| path.extension().is_some_and(|it| it == "c")) {
        let flags = compile_flags(kit, &pack);
        let tried = workshop.tool("gcc", |command| {
            command.args(flags).args(COMPILER_FLAGS).arg("-fsyntax-only").arg(source);
        });
        if tried.is_err() {
            let name = source.file_name().unwrap_or_default().to_string_lossy();
            let text = format!(
                "the pack's {name} does not compile with the headers of the kit, which is RTEMS {}",
                kit.version
            );
            let help =
                "use RTEMS 5, 6 or 7 as it was released, installed whole; what the compiler says is above";
            return Err(Error::Environment(Message::new(text).help(help)));
        }
    }
    Ok(())
}

/// The flags that compile, link, or do both for a partition.
///
/// # Errors
/// If the partition support cannot be made.
pub fn flags(
    kit: &Kit,
    installation: &Installation,
    host: Host,
    compile: bool,
    link: bool,
    messages: &mut dyn FnMut(&str),
) -> Result<Vec<String>> {
    let mut flags = Vec::new();
    if compile {
        flags.extend(compile_flags(kit, &kit.pack(installation)?));
    }
    if link {
        if host == Host::Air {
            // The linker script asks whether it has been said.
            flags.push(format!("-Wl,--defsym=bulkhead_image_base={:#x}", bulkhead_air_facts::PROGRAM));
        }
        flags.extend(link_flags(kit, &support(kit, installation, host, messages)?));
    }
    single_words(&flags)?;
    Ok(flags)
}

/// Refuses flags that a build system would take for several.
pub(super) fn single_words(flags: &[String]) -> Result<()> {
    let Some(flag) = flags.iter().find(|flag| flag.contains(char::is_whitespace)) else { return Ok(()) };
    let text = format!("the flag `{flag}` has a space, and build systems take each word for a flag");
    let help = "use a kit, an installation and a folder whose paths have none, or build by `build --kit`";
    Err(Error::Usage(Message::new(text).help(help)))
}

/// Flags that link a program for a partition.
pub(crate) fn link_flags(kit: &Kit, folder: &Path) -> Vec<String> {
    // -L as well, and first: a folder that the application names with -L would come before those of -B.
    let mut flags = vec![format!("-B{}", folder.display()), format!("-L{}", folder.display())];
    // The address is the linker script's affair; the kit's is its board's.
    flags.extend(kit.link_flags().into_iter().filter(|flag| !flag.starts_with("-Wl,-Ttext")));
    flags
}

/// What programs are linked with that are built to be traced.
pub(crate) fn records(folder: &Path) -> Vec<OsString> {
    let wrapped = RECORDED.map(|name| format!("-Wl,--wrap={name}").into());
    iter::once(folder.join(RECORDS).into_os_string()).chain(wrapped).collect()
}

/// Flags that compile a source for a partition.
pub(crate) fn compile_flags(kit: &Kit, pack: &Path) -> Vec<String> {
    let mut flags: Vec<String> = in_place(pack).into_iter().chain(kit.compile_flags()).collect();
    flags.push(format!("-isystem{}", pack.join("include").display()));
    flags
}

/// The flag by which interrupts are disabled in place, if the pack in this folder has it. It belongs in front of the
/// kit's own folders.
pub(super) fn in_place(pack: &Path) -> Option<String> {
    let folder = pack.join(IN_PLACE);
    folder.is_dir().then(|| format!("-isystem{}", folder.display()))
}

/// Where what was made once is kept (XDG Base Directory Specification).
fn cache() -> PathBuf {
    let folder = |name| env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    folder("XDG_CACHE_HOME")
        .or_else(|| Some(folder("HOME")?.join(".cache")))
        .unwrap_or_else(env::temp_dir)
        .join("bulkhead/kits")
}

/// Changes with everything that goes into the support: the pack's files, and where the kit is and when it was built.
fn fingerprint(kit: &Kit, pack: &Pack) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    RULES.hash(&mut hasher);
    let mut files = pack_files(&pack.common)?;
    for folder in [NETWORK, TRACE] {
        files.extend(pack_files(&pack.common.join(folder))?);
    }
    let in_place = pack.common.join(IN_PLACE);
    if in_place.is_dir() {
        files.extend(pack_files(&in_place.join("rtems/score"))?);
    }
    if pack.host != pack.common {
        files.extend(pack_files(&pack.host)?);
    }
    for file in files {
        file.file_name().hash(&mut hasher);
        read(&file)?.hash(&mut hasher);
    }
    kit.hash_into(&mut hasher);
    Ok(hasher.finish())
}

impl Kit {
    fn hash_into(&self, hasher: &mut DefaultHasher) {
        self.libraries.hash(hasher);
        self.compiler.hash(hasher);
        for name in [BOARD_LIBRARY, "librtemscpu.a", "include/rtems/score/cpuopts.h"] {
            if let Ok(metadata) = fs::metadata(self.libraries.join(name)) {
                (metadata.len(), metadata.modified().ok()).hash(hasher);
            }
        }
    }
}

/// Where the link-time pack lies.
struct Pack {
    /// What does not depend on the host: C files and headers.
    common: PathBuf,
    /// The library and the linker script, which includes the one in `common`.
    host: PathBuf,
}

impl Pack {
    fn new(kit: &Kit, installation: &Installation, host: Host) -> Result<Self> {
        let processor = kit.partitions()?;
        Ok(Self {
            common: installation.rtems_pack(processor)?,
            host: installation.rtems_host_pack(processor, host)?,
        })
    }
}

/// The files of the pack, but for headers of folders below, in the order of their names.
fn pack_files(pack: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |error: std::io::Error| {
        Error::Environment(Message::new(format!("{} cannot be read: {error}", pack.display())))
    };
    let mut files: Vec<PathBuf> = fs::read_dir(pack)
        .map_err(unreadable)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    Ok(files)
}

/// The host programs of a kit, at work in a folder that becomes the support when everything is in it.
struct Workshop<'a> {
    kit: &'a Kit,
    folder: PathBuf,
    messages: &'a mut dyn FnMut(&str),
}

/// Makes the support in a folder. `help` says how to name another one, if this one cannot be written.
fn make(kit: &Kit, pack: &Pack, folder: &Path, help: &str, messages: &mut dyn FnMut(&str)) -> Result<()> {
    // Nobody else's: others may be making the same at this moment, in this process too.
    static MADE: AtomicU32 = AtomicU32::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let work = folder.with_extension(format!("{}-{number}.new", std::process::id()));
    let _ = fs::remove_dir_all(&work);
    let elsewhere = |error| match error {
        Error::Environment(message) => Error::Environment(message.help(help)),
        other => other,
    };
    create_folder(folder).map_err(elsewhere)?;
    create_folder(&work).map_err(elsewhere)?;
    let mut workshop = Workshop { kit, folder: work.clone(), messages };
    let made = workshop.make(pack);
    let placed = made.and_then(|()| place(&work, folder));
    let _ = fs::remove_dir_all(&work);
    // Fails where the folder has become what it is to be.
    let _ = fs::remove_dir(folder);
    placed.map_err(elsewhere)
}

/// Moves the finished files into their folder, the library last: it is the one by which a support is known.
fn place(work: &Path, folder: &Path) -> Result<()> {
    create_folder(folder)?;
    for name in [LINKER_SCRIPTS[0], LINKER_SCRIPTS[1], START, RECORDS, NETWORK_LIBRARY, BOARD_LIBRARY] {
        fs::rename(work.join(name), folder.join(name)).map_err(|error| {
            Error::Environment(Message::new(format!(
                "{} cannot be written: {error}",
                folder.join(name).display()
            )))
        })?;
    }
    Ok(())
}

impl Workshop<'_> {
    fn make(&mut self, pack: &Pack) -> Result<()> {
        let Pack { common, host } = pack;
        let mut always = Vec::new();
        let mut sometimes = Vec::new();
        for source in pack_files(common)?.iter().filter(|path| path.extension().is_some_and(|it| it == "c")) {
            let object = self.compile(common, source)?;
            let stem = source.file_stem().unwrap_or_default().to_string_lossy();
            if ALWAYS.contains(&&*stem) { always.push(object) } else { sometimes.push(object) }
        }
        let library = host.join("libbulkhead-rtems.a");
        let rust = self.members(&library)?.into_iter().filter(|name| !name.starts_with(HELPERS)).collect();
        always.extend(self.extract(&library, "rust", rust)?);
        self.tool("ld", |command| {
            command.args(["-r", "-z", "noexecstack", "-o", START]).args(&always);
        })?;
        // With this section in one file and not in others, the linker warns about the others.
        self.tool("objcopy", |command| {
            command.args(["--remove-section=.note.GNU-stack", START]);
        })?;
        let kits = self.kit.libraries.join(BOARD_LIBRARY);
        let mut own = sometimes.clone();
        own.push(START.into());
        let clean = self.kit_members(&kits, &own)?;
        sometimes.extend(self.extract(&kits, "kit", clean)?);
        self.tool("ar", |command| {
            command.args(["rcs", BOARD_LIBRARY]).args(&sometimes);
        })?;
        self.explain(&kits)?;
        let mut records = Vec::new();
        for source in pack_files(&common.join(TRACE))? {
            records.push(self.compile(common, &source)?);
        }
        self.tool("ld", |command| {
            command.args(["-r", "-o", RECORDS]).args(&records);
        })?;
        let mut network = Vec::new();
        for source in pack_files(&common.join(NETWORK))? {
            network.push(self.compile(common, &source)?);
        }
        self.tool("ar", |command| {
            command.args(["rcs", NETWORK_LIBRARY]).args(&network);
        })?;
        for (name, from) in LINKER_SCRIPTS.into_iter().zip([host, common]) {
            write(&self.folder.join(name), &read(&from.join(name))?)?;
        }
        Ok(())
    }

    /// Lets the linker say of what the board has and a partition does not what there is instead, whoever calls the
    /// linker: a section of this kind is its warning of a symbol, and never in a program.
    fn explain(&mut self, kits: &Path) -> Result<()> {
        let mut present = self.defined(Path::new(START))?;
        present.extend(self.defined(Path::new(BOARD_LIBRARY))?);
        let mut text = String::new();
        for symbol in self.defined(kits)?.difference(&present) {
            if let Some(instead) = board_help::instead(symbol) {
                let _ = writeln!(
                    text,
                    ".section .gnu.warning.{symbol}\n.asciz \"the board's, which a partition does not have: {instead}\""
                );
            }
        }
        write(&self.folder.join("board.s"), text.as_bytes())?;
        self.tool("as", |command| {
            command.args(["-o", "board.o", "board.s"]);
        })?;
        self.tool("ld", |command| {
            command.args(["-r", "-o", "with-board.o", START, "board.o"]);
        })?;
        self.tool("objcopy", |command| {
            command.args(["--remove-section=.note.GNU-stack", "with-board.o", START]);
        })?;
        Ok(())
    }

    /// The global symbols that an object or an archive defines.
    fn defined(&mut self, file: &Path) -> Result<BTreeSet<String>> {
        let listed = self.symbols(&[file.to_owned()])?;
        let symbol = |line: &str| Some(line.rsplit_once(": ")?.1.split_whitespace().next()?.to_owned());
        Ok(listed.lines().filter_map(symbol).collect())
    }

    /// Compiles a C file of the pack with the kit's headers.
    fn compile(&mut self, pack: &Path, source: &Path) -> Result<PathBuf> {
        let object = Path::new(source.file_name().unwrap_or_default()).with_extension("o");
        let flags = compile_flags(self.kit, pack);
        // The compiler of RTEMS 5, gcc 7, knows no other.
        let maps = if self.kit.major < 6 { "debug" } else { "file" };
        self.tool("gcc", |command| {
            command
                .args(flags)
                .args(COMPILER_FLAGS)
                .arg(format!("-f{maps}-prefix-map={}=bulkhead", pack.display()));
            command.arg("-c").arg(source).arg("-o").arg(&object);
        })?;
        Ok(object)
    }

    /// The names of an archive's members.
    fn members(&mut self, archive: &Path) -> Result<Vec<String>> {
        let listed = self.tool("ar", |command| {
            command.arg("t").arg(archive);
        })?;
        Ok(listed.lines().map(str::to_owned).collect())
    }

    /// Takes members out of an archive into a folder; returns their paths.
    fn extract(&mut self, archive: &Path, to: &str, members: Vec<String>) -> Result<Vec<PathBuf>> {
        let folder = self.folder.join(to);
        create_folder(&folder)?;
        let archive = absolute(archive)?;
        self.tool("ar", |command| {
            command.current_dir(&folder).arg("x").arg(archive).args(&members);
        })?;
        Ok(members.into_iter().map(|member| folder.join(member)).collect())
    }

    /// The members of the kit's library that hold nothing which needs privilege and define nothing that the pack
    /// defines: of two, the linker would take whichever it comes across.
    fn kit_members(&mut self, archive: &Path, own: &[PathBuf]) -> Result<Vec<String>> {
        let options = bulkhead_audit::Options::default();
        let report = bulkhead_audit::audit_file(archive, &options).map_err(|error| {
            Error::Environment(
                Message::new(format!("{} cannot be audited: {error}", archive.display()))
                    .help("install the kit again"),
            )
        })?;
        let dirty = |class: Class| matches!(class, Class::Silent | Class::Faults | Class::Emulated);
        let excluded: BTreeSet<&str> = report
            .findings
            .iter()
            .filter(|finding| dirty(finding.class))
            .filter_map(|finding| finding.member.as_deref())
            .collect();
        let symbols = |line: &str| Some(line.split_whitespace().next()?.to_owned());
        let listed = self.symbols(own)?;
        let own: BTreeSet<String> = listed.lines().filter_map(symbols).collect();
        let listed = self.symbols(&[archive.to_owned()])?;
        let doubled: BTreeSet<&str> = listed.lines().filter_map(|line| doubled(line, &own)).collect();
        let mut members = self.members(archive)?;
        members.retain(|member| !excluded.contains(member.as_str()) && !doubled.contains(member.as_str()));
        members.sort();
        members.dedup();
        Ok(members)
    }

    /// The global symbols that files define; for archives each behind `ARCHIVE[MEMBER]:`.
    fn symbols(&mut self, files: &[PathBuf]) -> Result<String> {
        let archive = files.len() == 1;
        self.tool("nm", |command| {
            command.args(["-P", "-g", "--defined-only"]);
            if archive {
                command.arg("-A");
            }
            command.args(files);
        })
    }

    /// Runs a program of the kit's tools in the folder; returns what it says.
    fn tool(&mut self, name: &str, arguments: impl FnOnce(&mut Command)) -> Result<String> {
        let program = self.kit.tool(name).ok_or_else(|| {
            Error::Environment(Message::new(format!("the kit {} has no compiler", self.kit.name)))
        })?;
        let mut command = Command::new(program);
        command.current_dir(&self.folder);
        arguments(&mut command);
        let mut said = String::new();
        let listing = name == "ar" || name == "nm";
        let output = subprocess::run(command, "the kit's tool", &mut |text| {
            said.push_str(text);
            if !listing {
                (self.messages)(text);
            }
        })?;
        if output.status.success() {
            return Ok(said);
        }
        if listing {
            (self.messages)(&said);
        }
        let text =
            format!("the partition support for the kit {} cannot be made: {name} fails", self.kit.name);
        if let Some(full) = subprocess::full_disk(&said, &text, &self.folder) {
            return Err(full);
        }
        Err(Error::Build(
            Message::new(text)
                .help("its messages are above; `bulkhead kit check` says whether the kit can be used"),
        ))
    }
}

/// The member that a line `ARCHIVE[MEMBER]: SYMBOL TYPE …` of nm speaks of, if the symbol is one of `own`.
fn doubled<'a>(line: &'a str, own: &BTreeSet<String>) -> Option<&'a str> {
    let (place, rest) = line.rsplit_once("]: ")?;
    let (_, member) = place.rsplit_once('[')?;
    own.contains(rest.split_whitespace().next()?).then_some(member)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::doubled;

    #[test]
    fn members_that_define_the_same() {
        let own = BTreeSet::from(["boot_card".to_owned()]);
        let line = "lib/librtemsbsp.a[bootcard.c.4.o]: boot_card T 0000000000000000 00000000000000a7";
        assert_eq!(doubled(line, &own), Some("bootcard.c.4.o"));
        assert_eq!(doubled("librtemsbsp.a[x.o]: other T 0 1", &own), None);
        assert_eq!(doubled("start.o:", &own), None);
    }
}
