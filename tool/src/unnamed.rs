//! Files without a name, in memory: QEMU and the tool share them. Whatever ends them both, nothing is left of them.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;

use rustix::fs::{MemfdFlags, memfd_create};

use crate::error::{Error, Message, Result};
use crate::files::{reason, short};

fn failed(error: &io::Error) -> Error {
    Error::Environment(Message::new(format!("no file can be made in memory: {}", reason(error))))
}

/// A file that is there as long as this is kept, or somebody has it open.
#[derive(Debug)]
pub(crate) struct Unnamed(File);

impl Unnamed {
    /// An empty one. `what` is how it is called in `/proc`.
    ///
    /// # Errors
    /// If there can be none.
    pub(crate) fn create(what: &str) -> Result<Self> {
        let made = memfd_create(what, MemfdFlags::CLOEXEC);
        made.map(|file| Self(file.into())).map_err(|error| failed(&error.into()))
    }

    /// The same with these bytes.
    ///
    /// # Errors
    /// If there can be none, or there is no room for them.
    pub(crate) fn with(what: &str, bytes: &[u8]) -> Result<Self> {
        let made = Self::create(what)?;
        made.file().write_all(bytes).map_err(|error| failed(&error))?;
        Ok(made)
    }

    /// The file itself.
    pub(crate) const fn file(&self) -> &File {
        &self.0
    }

    /// Where programs of the same user open it, as long as the tool runs.
    pub(crate) fn path(&self) -> PathBuf {
        short(&self.0)
    }
}
