//! The keys of `[build]` and `[partition.build]`, and those of sources that differ by processor.

use super::{ANY, Default, Key, Kind, Table, quoted};

/// How far compilers can optimize.
pub(in crate::system_file) const OPTIMIZATIONS: [&str; 6] = ["0", "1", "2", "3", "s", "g"];

/// `[build]` and `[partition.build]`.
pub(in crate::system_file) const BUILD: Table = &[
    Key {
        name: "include",
        kind: Kind::Folders,
        range: || "folders that are there".to_owned(),
        default: Default::Is("`[]`"),
        meaning: "Folders that are searched for headers, a partition's own before those for all.",
    },
    Key {
        name: "define",
        kind: Kind::Definitions,
        range: || "`\"NAME\"` or `\"NAME=VALUE\"`, each name once".to_owned(),
        default: Default::Is("`[]`"),
        meaning: "What is defined for the preprocessor. A partition's definition replaces that for all.",
    },
    Key {
        name: "optimization",
        kind: Kind::OneOf(&OPTIMIZATIONS),
        range: || quoted(&OPTIMIZATIONS),
        default: Default::Is("`\"2\"`"),
        meaning: "How far compilers optimize: their `-O`.",
    },
    Key {
        name: "c-flags",
        kind: Kind::Flags,
        range: || "[flags of the compiler](#flags)".to_owned(),
        default: Default::Is("`[]`"),
        meaning: "For C and assembly, such as the standard (`\"-std=c99\"`) and warnings \
                  (`\"-Wno-unused-parameter\"`).",
    },
    Key {
        name: "cxx-flags",
        kind: Kind::Flags,
        range: || "[flags of the compiler](#flags)".to_owned(),
        default: Default::Is("`[]`"),
        meaning: "The same for C++.",
    },
    Key {
        name: "link-flags",
        kind: Kind::Flags,
        range: || "[`-Wl,…`, `-u` and `-z`](#flags)".to_owned(),
        default: Default::Is("`[]`"),
        meaning: "What the linker is told, as compilers pass it on: `\"-Wl,--wrap=malloc\"`.",
    },
    Key {
        name: "libraries",
        kind: Kind::Libraries,
        range: || "files `.a`, or names of the kit's libraries".to_owned(),
        default: Default::Is("`[]`"),
        meaning: "What the program is linked with, in any order: `\"lib/libfilter.a\"` is a file, `\"z\"` the library \
                  `libz.a` of the RTEMS kit.",
    },
];

/// `sources` as a table.
pub(in crate::system_file) const SOURCES: Table = &[
    Key {
        name: "all",
        kind: Kind::SourceFiles,
        range: ANY,
        default: Default::Is("`[]`"),
        meaning: "Those for every processor.",
    },
    Key {
        name: "i386",
        kind: Kind::SourceFiles,
        range: ANY,
        default: Default::Is("`[]`"),
        meaning: "Those for i386, whose partitions run on x86-64.",
    },
    Key {
        name: "sparc",
        kind: Kind::SourceFiles,
        range: ANY,
        default: Default::Is("`[]`"),
        meaning: "Those for SPARC, whose partitions run on LEON3.",
    },
];
