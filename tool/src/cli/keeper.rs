//! `bulkhead run --record`.

use std::path::{Path, PathBuf};

use crate::diagnostics::visible::spelled;
use crate::error::{Error, Message, Result};
use crate::files;
use crate::record::Recording;
use crate::run::{Finished, RunOptions};
use crate::system_file::System;

use super::arguments::RunArguments;
use super::output_file::{could_be_written, refuse_other_than, write_whole};

/// Keeps a record of a run.
pub(super) struct Keeper {
    path: PathBuf,
    recording: Recording,
    /// What is booted: another build can have put something else there when the run has ended.
    image: Vec<u8>,
    /// The partitions' programs with their symbols, where they are known.
    programs: Vec<Vec<u8>>,
}

impl Keeper {
    /// Refuses to record a run in what is something else of the user's.
    ///
    /// # Errors
    /// If it is there, and no record.
    pub(super) fn refuse_other(arguments: &RunArguments) -> Result<()> {
        let record = arguments.record.as_deref();
        record.map_or(Ok(()), |path| refuse_other_than(path, &[files::RECORD], "no record of a run"))
    }

    /// Tries the file that a run is to be recorded in, if it is, and has QEMU write its log.
    ///
    /// # Errors
    /// If the file cannot be written, or the system has a device that is in no log.
    pub(super) fn open(arguments: &RunArguments, options: &mut RunOptions) -> Result<Option<Self>> {
        let Some(path) = arguments.record.clone() else { return Ok(None) };
        if let Some(device) = options.devices.unlogged() {
            let text =
                format!("--record: when `{device}` (`edu`) is done depends on the host, and is in no log");
            let help = "leave --record out, or the device; `virtio-net` and `virtio-blk` are recorded";
            return Err(Error::Usage(Message::new(text).help(help)));
        }
        could_be_written(&path)?;
        let recording = Recording::begin(&options.devices)?;
        options.log = Some(recording.log());
        Ok(Some(Self { path, recording, image: Vec::new(), programs: Vec::new() }))
    }

    /// Takes what is about to be booted, and the programs in it.
    pub(super) fn take(&mut self, image: &Path, programs: Vec<Vec<u8>>) -> Result<()> {
        self.image = files::read(image)?;
        self.programs = programs;
        Ok(())
    }

    /// Writes the record of a run that has ended, and says so in words.
    pub(super) fn keep(self, system: &System, options: &RunOptions, finished: &Finished) -> Result<String> {
        let archive = self.recording.archive(system, self.image, self.programs, options, &finished.ending)?;
        write_whole(&self.path, |out| archive.write(out))?;
        let path = spelled(&self.path.to_string_lossy());
        Ok(format!("record: {path}; `bulkhead replay` repeats the run\n"))
    }
}
