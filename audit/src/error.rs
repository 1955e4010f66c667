//! What can be wrong with an input, in words that say what would be right.

use std::fmt;

/// Why a file could not be audited.
#[derive(Debug)]
#[non_exhaustive]
pub enum AuditError {
    /// The file could not be read at all.
    Read {
        /// The path as it was given.
        path: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file has no bytes.
    Empty,
    /// The file is larger than the limit.
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The first bytes are neither an archive's nor an ELF file's.
    UnknownFormat {
        /// The first bytes, at most eight.
        start: Vec<u8>,
    },
    /// An archive that only names its members.
    ThinArchive,
    /// An ELF file for a processor that this command does not read.
    ForeignArchitecture {
        /// The archive member, if any.
        member: Option<String>,
        /// The processor as far as it is known.
        machine: String,
    },
    /// A file that contradicts itself or ends too early.
    Corrupt {
        /// The archive member, if any.
        member: Option<String>,
        /// What is wrong and where.
        problem: String,
    },
    /// Well-formed, but without a single instruction.
    NoCode,
    /// Members for more than one processor.
    MixedArchitectures {
        /// The member that differs from those before it.
        member: String,
        /// What this member is for.
        found: &'static str,
        /// What the members before it are for.
        expected: &'static str,
    },
    /// `--image` with a file that is not linked.
    NotAnImage {
        /// What the file is instead.
        found: &'static str,
    },
}

impl fmt::Display for AuditError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, source } => write!(formatter, "cannot read {path}: {source}"),
            Self::Empty => formatter
                .write_str("the file is empty; expected an archive (.a), an object (.o) or an ELF image"),
            Self::TooLarge { size, limit } => write!(
                formatter,
                "the file has {size} bytes, more than the {limit} this command reads; \
                 expected a program, is this a disk image?"
            ),
            Self::UnknownFormat { start } => write!(
                formatter,
                "the file begins with {}, which is neither an archive (\"!<arch>\") nor ELF (7f 45 4c 46); \
                 expected an archive, an object or an ELF image",
                HexBytes(start)
            ),
            Self::ThinArchive => formatter.write_str(
                "this is a thin archive, which holds only the names of its members; \
                 audit the objects it names, or build it without ar's T option",
            ),
            Self::ForeignArchitecture { member, machine } => write!(
                formatter,
                "{}the code is for {machine}; expected i386, x86_64 or SPARC V8 (32 bit, big endian)",
                Member(member)
            ),
            Self::Corrupt { member, problem } => write!(formatter, "{}{problem}", Member(member)),
            Self::NoCode => formatter.write_str(
                "there is no section or segment with code in this file; expected a program that has been compiled",
            ),
            Self::MixedArchitectures { member, found, expected } => write!(
                formatter,
                "{member}: the code is for {found}, but the members before it are for {expected}; \
                 expected one processor per archive"
            ),
            Self::NotAnImage { found } => write!(
                formatter,
                "this is {found}, not a linked image; leave --image out, or give the executable that was linked \
                 from it"
            ),
        }
    }
}

impl std::error::Error for AuditError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// The prefix of a message about an archive member.
struct Member<'text>(&'text Option<String>);

impl fmt::Display for Member<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(name) => write!(formatter, "{name}: "),
            None => Ok(()),
        }
    }
}

/// Bytes as two hexadecimal digits each.
pub(crate) struct HexBytes<'bytes>(pub(crate) &'bytes [u8]);

impl fmt::Display for HexBytes<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(formatter, "{space}{byte:02x}")?;
        }
        Ok(())
    }
}
