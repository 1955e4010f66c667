//! The guests' consoles: xenconsoled gives each a pseudo-terminal, whose name is in the store.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::thread;
use std::time::Duration;

use rustix::fs::OFlags;

use crate::Result;
use crate::serial;
use crate::xl;

/// How often xenconsoled is asked for a guest's console, and how long to wait between.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(50);

/// The most input that waits for a guest, in bytes; what comes then is lost, as on a serial line.
const INPUT_MAX: usize = 4096;

/// One guest's console.
pub(crate) struct Console {
    /// Xen's number for the guest.
    pub(crate) domain: u32,
    terminal: File,
    /// Input that the guest has not taken yet.
    input: Vec<u8>,
}

impl Console {
    /// Opens the console of a guest, when there is one.
    pub(crate) fn open(domain: u32) -> Result<Self> {
        let name = Self::terminal_of(domain)?;
        let flags = i32::try_from((OFlags::NONBLOCK | OFlags::NOCTTY).bits()).unwrap_or_default();
        let terminal = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(flags)
            .open(&name)
            .map_err(|error| format!("{name}: {error}"))?;
        serial::raw(&terminal).map_err(|error| format!("{name}: {error}"))?;
        Ok(Self { domain, terminal, input: Vec::new() })
    }

    fn terminal_of(domain: u32) -> Result<String> {
        let key = format!("/local/domain/{domain}/console/tty");
        for _ in 0..TRIES {
            if let Some(name) = xl::stored(&key) {
                return Ok(name);
            }
            thread::sleep(PAUSE);
        }
        Err(format!("xenconsoled has opened no console for domain {domain}"))
    }

    /// The file to wait for output on.
    pub(crate) const fn file(&self) -> &File {
        &self.terminal
    }

    /// What the guest has said, at most as much as fits; nothing if it says nothing.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> usize {
        loop {
            match self.terminal.read(buffer) {
                Ok(length) => return length,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Nothing there, or the guest and its console have gone.
                Err(_) => return 0,
            }
        }
    }

    /// Passes input on, as far as it is taken now.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let room = INPUT_MAX.saturating_sub(self.input.len()).min(bytes.len());
        self.input.extend_from_slice(&bytes[..room]);
        if let Ok(taken) = self.terminal.write(&self.input) {
            self.input.drain(..taken);
        }
    }

    /// Whether input waits.
    pub(crate) const fn has_input(&self) -> bool {
        !self.input.is_empty()
    }
}
