//! Finds the kit that a user means.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Message, Result};
use crate::installation::{Installation, search};
use crate::target::Processor;

use super::{BuildOptions, PkgConfig};

/// Which kit: `PREFIX`, `PREFIX:ARCH/BSP`, or `PREFIX:NAME` with the name of its pkg-config file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Where RTEMS is installed.
    pub prefix: PathBuf,
    /// Architecture and board support package, such as `i386/pc686`, of several versions the newest; or the name of
    /// its pkg-config file, such as `sparc-rtems5-leon3`. Without it, the only one there is.
    pub target: Option<String>,
}

impl Selection {
    /// What the text `PREFIX[:ARCH/BSP]` says, or `PREFIX:NAME`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.rsplit_once(':') {
            Some((prefix, target)) if is_target(target) || parts(target).is_some() => {
                Self { prefix: prefix.into(), target: Some(target.to_owned()) }
            }
            _ => Self { prefix: text.into(), target: None },
        }
    }

    /// The kit that the environment variable `RTEMS_KIT` names, if it is set.
    #[must_use]
    pub fn from_environment() -> Option<Self> {
        let text = env::var_os("RTEMS_KIT")?.to_string_lossy().into_owned();
        (!text.is_empty()).then(|| Self::parse(&text))
    }
}

/// An installed RTEMS for one board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kit {
    /// Where RTEMS is installed.
    pub prefix: PathBuf,
    /// Name of its pkg-config file, such as `i386-rtems7-pc686`.
    pub name: String,
    /// Architecture, such as `i386`.
    pub architecture: String,
    /// Major version.
    pub major: u32,
    /// Board support package.
    pub board: String,
    /// Version in full, as far as the kit says it.
    pub version: String,
    /// What its pkg-config file says.
    pub settings: PkgConfig,
    /// The folder with its libraries.
    pub libraries: PathBuf,
    /// The options it was built with; `None` if it does not say.
    pub options: Option<BuildOptions>,
    /// The compiler, if it is installed.
    pub compiler: Option<PathBuf>,
}

/// `i386-rtems7-pc686` in its parts; the version is that of the tools, such as 7 or 4.11.
fn parts(name: &str) -> Option<(&str, &str, &str)> {
    let (architecture, rest) = name.split_once("-rtems")?;
    let (version, board) = rest.split_once('-')?;
    let is_version = |text: &str| text.split('.').all(|part| part.parse::<u32>().is_ok());
    is_version(version).then_some((architecture, version, board))
}

/// Whether a text is of the form `ARCH/BSP`.
fn is_target(text: &str) -> bool {
    text.split('/').count() == 2 && !text.starts_with('/')
}

/// The first number of a version, 0 if it has none.
fn major(version: &str) -> u32 {
    version.split('.').next().and_then(|part| part.parse().ok()).unwrap_or(0)
}

/// The names of the pkg-config files of kits in a prefix, but for those that this tool has put there.
fn installed(prefix: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(prefix.join("lib/pkgconfig")) else { return Vec::new() };
    let name = |entry: fs::DirEntry| Some(entry.file_name().to_str()?.strip_suffix(".pc")?.to_owned());
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(name)
        .filter(|name| parts(name).is_some() && !name.ends_with(super::support::SUFFIX))
        .collect();
    names.sort();
    names
}

/// Whether a kit's name begins with an architecture.
fn is_for(name: &str, architecture: &str) -> bool {
    parts(name).is_some_and(|(its, _, _)| its == architecture)
}

fn target(name: &str) -> String {
    parts(name).map_or_else(|| name.to_owned(), |(architecture, _, board)| format!("{architecture}/{board}"))
}

impl Kit {
    /// Reads the kit that is meant; where that is not said, the one for i386, or the only one.
    ///
    /// # Errors
    /// If there is no kit, not the one that is meant, or several and it is not said which.
    pub fn find(selection: &Selection) -> Result<Self> {
        Self::find_preferring(Processor::X86_64.partitions(), selection)
    }

    /// Reads the kit that is meant for a processor's partitions; where that is not said, the only one for these.
    ///
    /// # Errors
    /// As [`Kit::find`], or if the kit is for the partitions of another processor.
    pub fn find_for(processor: Processor, selection: &Selection) -> Result<Self> {
        let wanted = processor.partitions();
        let kit = Self::find_preferring(wanted, selection)?;
        match kit.processor() {
            Some(other) if other != processor => {
                let text = format!("the kit {} is for {}", kit.target(), kit.architecture);
                let text = format!("{text}: partitions on {} run {wanted} programs", processor.name());
                let help =
                    format!("name a kit for {wanted}, or build for its processor: --arch {}", other.name());
                Err(Error::Usage(Message::new(text).help(help)))
            }
            _ => Ok(kit),
        }
    }

    /// Reads the kit that is meant; where that is not said, the only one for `architecture`, or the only one.
    fn find_preferring(architecture: &str, selection: &Selection) -> Result<Self> {
        let prefix = std::path::absolute(&selection.prefix).unwrap_or_else(|_| selection.prefix.clone());
        let names = installed(&prefix);
        let shown = selection.prefix.display();
        if names.is_empty() {
            return Err(Error::Environment(
                Message::new(format!(
                    "no RTEMS kit is installed in {shown}: there is no lib/pkgconfig/*-rtems*.pc"
                ))
                .help("give the prefix that RTEMS was installed to; its User Manual says how to install it"),
            ));
        }
        // Of several versions the name says which.
        let is_one_of_several =
            |name: &String| names.iter().filter(|other| target(other) == target(name)).count() > 1;
        let shown_name = |name: &String| if is_one_of_several(name) { name.clone() } else { target(name) };
        let all = || names.iter().map(shown_name).collect::<Vec<_>>().join(", ");
        let wanted = match &selection.target {
            Some(wanted) => {
                let is_meant = |name: &&String| target(name) == *wanted || *name == wanted;
                let mut found: Vec<&String> = names.iter().filter(is_meant).collect();
                // Of several versions the newest.
                found.sort_by_key(|name| parts(name).map(|(_, version, _)| major(version)));
                found.pop().ok_or_else(|| {
                    let text = format!("no kit for {wanted} is installed in {shown}");
                    Error::Environment(Message::new(text).help(format!("there is: {}", all())))
                })?
            }
            None => {
                let mut preferred = names.iter().filter(|name| is_for(name, architecture));
                match (preferred.next(), preferred.next()) {
                    (Some(only), None) => only,
                    (None, _) if names.len() == 1 => &names[0],
                    _ => {
                        let text = format!("several kits are installed in {shown}");
                        return Err(Error::Usage(
                            Message::new(text)
                                .help(format!("say which, behind the prefix; there is: {}", all())),
                        ));
                    }
                }
            }
        };
        Self::read(prefix, wanted)
    }

    fn read(prefix: PathBuf, name: &str) -> Result<Self> {
        let file = prefix.join("lib/pkgconfig").join(format!("{name}.pc"));
        let text = fs::read_to_string(&file).map_err(|error| {
            Error::Environment(Message::new(format!("{} cannot be read: {error}", file.display())))
        })?;
        let settings = PkgConfig::parse(&text, &prefix.to_string_lossy());
        let (architecture, tools, board) = parts(name).unwrap_or((name, "", ""));
        let libraries = settings
            .variable("libdir")
            .map_or_else(|| prefix.join(format!("{architecture}-rtems{tools}/{board}/lib")), PathBuf::from);
        let options = fs::read_to_string(libraries.join("include/rtems/score/cpuopts.h"))
            .ok()
            .map(|text| BuildOptions::parse(&text));
        let version = options
            .as_ref()
            .and_then(|options| options.value("RTEMS_VERSION"))
            .map_or_else(|| tools.to_owned(), |version| version.trim_matches('"').to_owned());
        let compiler = format!("{architecture}-rtems{tools}-gcc");
        let beside = prefix.join("bin").join(&compiler);
        Ok(Self {
            compiler: if beside.is_file() { Some(beside) } else { search(Path::new(&compiler)) },
            name: name.to_owned(),
            architecture: architecture.to_owned(),
            major: major(tools),
            board: board.to_owned(),
            version,
            settings,
            libraries,
            options,
            prefix,
        })
    }

    /// The processor whose partitions run the kit's programs; `None` if no partitions do.
    #[must_use]
    pub fn processor(&self) -> Option<Processor> {
        [Processor::X86_64, Processor::Leon3].into_iter().find(|it| it.partitions() == self.architecture)
    }

    /// The processor whose partitions run the kit's programs.
    pub(crate) fn partitions(&self) -> Result<Processor> {
        self.processor().ok_or_else(|| {
            Error::Environment(Message::new(format!("no partition runs programs of the kit {}", self.name)))
        })
    }

    /// The folder with what the link-time pack has for the kit, whatever the host.
    pub(crate) fn pack(&self, installation: &Installation) -> Result<PathBuf> {
        installation.rtems_pack(self.partitions()?)
    }

    /// Architecture and board, such as `i386/pc686`.
    #[must_use]
    pub fn target(&self) -> String {
        format!("{}/{}", self.architecture, self.board)
    }

    /// A program of the kit's tools, such as `ar`.
    pub(crate) fn tool(&self, name: &str) -> Option<PathBuf> {
        let compiler = self.compiler.as_ref()?;
        Some(compiler.with_file_name(format!("{}-rtems{}-{name}", self.architecture, self.major)))
    }

    /// Flags that compile a source.
    #[must_use]
    pub fn compile_flags(&self) -> Vec<String> {
        compile_flags(&self.settings, &self.libraries)
    }

    /// Flags that link a program on the bare board.
    pub(crate) fn link_flags(&self) -> Vec<String> {
        link_flags(&self.settings)
    }
}

/// RTEMS 5 has all flags in one field: what finds the board, which for compiling is its headers alone, and the warnings
/// that it was itself compiled with, which are a program's own affair.
fn compile_flags(settings: &PkgConfig, libraries: &Path) -> Vec<String> {
    let flags = settings.words("Cflags");
    if !flags.iter().any(|flag| flag == FINDS_BOARD) {
        return flags;
    }
    let mut words = flags.into_iter();
    let mut flags = Vec::new();
    while let Some(word) = words.next() {
        match &*word {
            FINDS_BOARD => {}
            SPECS => drop(words.next()),
            word if word.starts_with("-B") || is_warning(word) => {}
            _ => flags.push(word),
        }
    }
    flags.push(format!("-isystem{}", libraries.join("include").display()));
    flags
}

/// Those of RTEMS 5 for the linker are among those for the compiler, but for the one that its boards' make files have.
fn link_flags(settings: &PkgConfig) -> Vec<String> {
    let fields = ["Libs", "Ldflags"].map(|field| settings.words(field));
    fields.into_iter().find(|flags| !flags.is_empty()).unwrap_or_else(|| {
        let mut flags = settings.words("Cflags");
        flags.retain(|flag| !is_warning(flag));
        flags.push("-Wl,--gc-sections".to_owned());
        flags
    })
}

/// What tells a compiler to link for a board, and what names a file that says how.
const FINDS_BOARD: &str = "-qrtems";
pub(super) const SPECS: &str = "--specs";

/// That file of RTEMS 5's boards: which of the compiler's own objects programs are linked with.
pub(super) const BOARD_SPECS: &str = "bsp_specs";

fn is_warning(flag: &str) -> bool {
    flag.starts_with("-W") && !["-Wa,", "-Wl,", "-Wp,"].iter().any(|other| flag.starts_with(other))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{PkgConfig, Selection, compile_flags, link_flags, major, parts};

    /// The first as RTEMS 5 installs it, the second as RTEMS 6 and later.
    #[test]
    fn flags_of_kits() {
        let five =
            "Libs:\nCflags: -qrtems -Bx/ --specs bsp_specs -mcpu=leon3 -Wall -Wnested-externs -Wa,-Av8 -O2\n";
        let five = PkgConfig::parse(five, "/new");
        let libraries = Path::new("/x");
        assert_eq!(compile_flags(&five, libraries), ["-mcpu=leon3", "-Wa,-Av8", "-O2", "-isystem/x/include"]);
        assert_eq!(
            link_flags(&five).join(" "),
            "-qrtems -Bx/ --specs bsp_specs -mcpu=leon3 -Wa,-Av8 -O2 -Wl,--gc-sections"
        );
        let six = PkgConfig::parse("Cflags: -isystemx\nLdflags: -Bx -qrtems\nLibs: -Bx -qrtems\n", "/new");
        assert_eq!(compile_flags(&six, libraries), ["-isystemx"]);
        assert_eq!(link_flags(&six), ["-Bx", "-qrtems"]);
    }

    #[test]
    fn names_of_kits() {
        assert_eq!(parts("i386-rtems7-pc686"), Some(("i386", "7", "pc686")));
        assert_eq!(parts("arm-rtems6-xilinx-zynq"), Some(("arm", "6", "xilinx-zynq")));
        assert_eq!(parts("sparc-rtems4.11-leon3"), Some(("sparc", "4.11", "leon3")));
        assert_eq!(parts("zlib"), None);
        assert_eq!(parts("sparc-rtems-leon3"), None);
        assert_eq!((major("7"), major("4.11")), (7, 4));
    }

    #[test]
    fn selections() {
        let all = Selection::parse("/opt/rtems/7");
        assert_eq!((all.prefix.to_str(), all.target), (Some("/opt/rtems/7"), None));
        let one = Selection::parse("/opt/rtems/7:i386/pc686");
        assert_eq!((one.prefix.to_str(), one.target.as_deref()), (Some("/opt/rtems/7"), Some("i386/pc686")));
        let named = Selection::parse("/opt/rtems:sparc-rtems5-leon3");
        assert_eq!(
            (named.prefix.to_str(), named.target.as_deref()),
            (Some("/opt/rtems"), Some("sparc-rtems5-leon3"))
        );
        assert_eq!(Selection::parse("/odd:/name/x").target, None);
    }
}
