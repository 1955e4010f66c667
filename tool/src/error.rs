//! Why the tool did not do what it was asked, and the exit status that says so.

use std::fmt;
use std::io;

use crate::diagnostics::Report;
use crate::diagnostics::visible::{shortened, spelled_lines};

/// Characters of a message that are shown; what is longer has a path of thousands in it.
const SHOWN_MAX: usize = 1000;

/// A failure, to be shown to the user.
#[derive(Clone, Debug)]
pub enum Error {
    /// The command was not used as it is meant to be.
    Usage(Message),
    /// The system file has problems.
    SystemFile(Report),
    /// The system cannot be built: a compiler's or linker's complaint has been shown or is in the message.
    Build(Message),
    /// Something that the tool needs is not there: a program, a library, a file that cannot be read or written.
    Environment(Message),
    /// What there is to say cannot be written.
    Output(Message),
    /// Nobody reads any more what there is to say. Nothing is wrong, and nobody is there to be told.
    ReaderGone,
}

/// What is wrong and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What is wrong.
    pub text: String,
    /// What would be right.
    pub help: Option<String>,
}

impl Message {
    /// A message without help.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), help: None }
    }

    /// Adds what would be right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "error: {}", shortened(&spelled_lines(&self.text), SHOWN_MAX))?;
        match &self.help {
            Some(help) => write!(formatter, "\n  help: {}", shortened(&spelled_lines(help), SHOWN_MAX)),
            None => Ok(()),
        }
    }
}

impl Error {
    /// The failure to write to the standard output.
    #[must_use]
    pub fn output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::ReaderGone;
        }
        Self::Output(Message::new(format!("the output cannot be written: {error}")))
    }

    /// What is wrong, in one line without help; of a system file with problems, how many there are.
    #[must_use]
    pub fn headline(&self) -> String {
        match self {
            Self::SystemFile(report) => report.count_text(),
            Self::Usage(message)
            | Self::Build(message)
            | Self::Environment(message)
            | Self::Output(message) => message.text.clone(),
            Self::ReaderGone => "nobody reads the output".to_owned(),
        }
    }

    /// The exit status that stands for this failure, after `sysexits.h`: 64 for wrong usage, 65 for a wrong system
    /// file, 69 for something that is missing, 70 for a system that cannot be built, 74 for output that cannot be
    /// written. 141 is what shells show of a program that SIGPIPE has ended.
    #[must_use]
    pub const fn exit_status(&self) -> u8 {
        match self {
            Self::Usage(_) => 64,
            Self::SystemFile(_) => 65,
            Self::Environment(_) => 69,
            Self::Build(_) => 70,
            Self::Output(_) => 74,
            Self::ReaderGone => 141,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SystemFile(report) => formatter.write_str(report.plain().trim_end()),
            Self::Usage(message)
            | Self::Build(message)
            | Self::Environment(message)
            | Self::Output(message) => message.fmt(formatter),
            Self::ReaderGone => write!(formatter, "error: {}", self.headline()),
        }
    }
}

impl std::error::Error for Error {}

impl From<Report> for Error {
    fn from(report: Report) -> Self {
        Self::SystemFile(report)
    }
}

/// What the tool's functions return.
pub type Result<T> = std::result::Result<T, Error>;
