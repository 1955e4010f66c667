//! How a partition's sources are compiled and linked: what `[build]` says of all, and `[partition.build]` of one.

use std::ops::Range;
use std::path::PathBuf;

/// What sources are compiled and linked with, besides what the tool gives them anyway. Paths are as the system file has
/// them.
#[derive(Clone, Debug, Default)]
pub struct Building {
    /// Folders that are searched for headers, the partition's own first.
    pub include: Vec<PathBuf>,
    /// What is defined for the preprocessor: `NAME` or `NAME=VALUE`, each name once.
    pub define: Vec<String>,
    /// How far compilers optimize, as they call it: `2`, say.
    pub optimization: Option<String>,
    /// Flags for C and assembly.
    pub c_flags: Vec<String>,
    /// Flags for C++.
    pub cxx_flags: Vec<String>,
    /// Flags of the linker, as the compiler is told them: `-Wl,--wrap=malloc`, say.
    pub link_flags: Vec<String>,
    /// What programs are linked with.
    pub libraries: Vec<Library>,
}

/// A library, and where the system file names it.
#[derive(Clone, Debug)]
pub struct Library {
    /// Which.
    pub kind: LibraryKind,
    pub(crate) place: Range<usize>,
}

/// Which library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LibraryKind {
    /// This file.
    File(PathBuf),
    /// The one with this name, wherever the executive has it.
    Named(String),
}

/// The name that a definition defines.
pub(crate) fn defined_name(definition: &str) -> &str {
    definition.split(['=', '(']).next().unwrap_or(definition)
}

impl Building {
    /// What holds for a partition that says `own` where this holds for all: lists have both, and where only one can be,
    /// it is the partition's.
    #[must_use]
    pub fn with(&self, own: Self) -> Self {
        let defined = |name: &str| own.define.iter().any(|definition| defined_name(definition) == name);
        let all = self.define.iter().filter(|definition| !defined(defined_name(definition))).cloned();
        Self {
            define: all.chain(own.define.iter().cloned()).collect(),
            include: own.include.iter().chain(&self.include).cloned().collect(),
            optimization: own.optimization.or_else(|| self.optimization.clone()),
            c_flags: self.c_flags.iter().cloned().chain(own.c_flags).collect(),
            cxx_flags: self.cxx_flags.iter().cloned().chain(own.cxx_flags).collect(),
            link_flags: self.link_flags.iter().cloned().chain(own.link_flags).collect(),
            libraries: self.libraries.iter().cloned().chain(own.libraries).collect(),
        }
    }

    /// Whether the same comes out of the same sources.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let libraries =
            |it: &Self| it.libraries.iter().map(|library| library.kind.clone()).collect::<Vec<_>>();
        self.include == other.include
            && self.define == other.define
            && self.optimization == other.optimization
            && self.c_flags == other.c_flags
            && self.cxx_flags == other.cxx_flags
            && self.link_flags == other.link_flags
            && libraries(self) == libraries(other)
    }

    /// What the compiler is told of one source besides what it is told of every source.
    pub(crate) fn compiler_flags(&self, is_cxx: bool) -> Vec<String> {
        let mut flags = vec![format!("-O{}", self.optimization.as_deref().unwrap_or("2"))];
        flags.extend(self.define.iter().map(|definition| format!("-D{definition}")));
        flags.extend(self.include.iter().map(|folder| format!("-I{}", folder.display())));
        flags.extend_from_slice(if is_cxx { &self.cxx_flags } else { &self.c_flags });
        flags
    }

    /// The libraries, as compilers and linkers are told of them, in any order.
    pub(crate) fn library_flags(&self) -> impl Iterator<Item = String> {
        self.libraries.iter().map(|library| match &library.kind {
            LibraryKind::File(path) => path.display().to_string(),
            LibraryKind::Named(name) => format!("-l{name}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Building;

    #[test]
    fn a_partition_adds_to_what_is_for_all_and_replaces_what_can_be_one_thing_only() {
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let all = Building {
            include: vec!["all".into()],
            define: texts(&["A=1", "B", "F(x)=x"]),
            optimization: Some("2".to_owned()),
            c_flags: texts(&["-Wall"]),
            ..Building::default()
        };
        let own = Building {
            include: vec!["own".into()],
            define: texts(&["A=2", "F=1"]),
            optimization: Some("s".to_owned()),
            c_flags: texts(&["-Wno-all"]),
            ..Building::default()
        };
        let both = all.with(own);
        assert_eq!(both.define, ["B", "A=2", "F=1"]);
        assert_eq!(
            both.compiler_flags(false),
            ["-Os", "-DB", "-DA=2", "-DF=1", "-Iown", "-Iall", "-Wall", "-Wno-all"]
        );
        let optimized = all.with(Building::default()).compiler_flags(true);
        assert_eq!(optimized, ["-O2", "-DA=1", "-DB", "-DF(x)=x", "-Iall"]);
    }
}
