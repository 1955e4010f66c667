//! `bulkhead run --record`.

use std::path::{Path, PathBuf};

use crate::error::{Error, Message, Result};
use crate::record::Recording;
use crate::run::{Finished, RunOptions};
use crate::system_file::System;
use crate::system_file::device::Dma;

use super::arguments::RunArguments;
use super::output_file::OutputFile;
use super::reporter::Reporter;

/// Keeps a record of a run.
pub(super) struct Keeper {
    path: PathBuf,
    file: OutputFile,
    recording: Recording,
}

impl Keeper {
    /// Opens the file that a run is to be recorded in, if it is, and has QEMU write its log.
    ///
    /// # Errors
    /// If the file cannot be written, or the system has devices that a record does not know.
    pub(super) fn open(
        arguments: &RunArguments,
        system: &System,
        options: &mut RunOptions,
    ) -> Result<Option<Self>> {
        let Some(path) = arguments.record.clone() else { return Ok(None) };
        if !options.devices.are_none() || system.devices.iter().any(|device| device.dma == Dma::Iommu) {
            return Err(Error::Usage(
                Message::new("--record: a record does not know emulated devices, nor an IOMMU")
                    .help("leave it out: without input from outside, each run of a system is the same"),
            ));
        }
        let file = OutputFile::create(&path)?;
        let recording = Recording::begin()?;
        options.log = Some(recording.log());
        Ok(Some(Self { path, file, recording }))
    }

    /// Writes the record of a run that has ended.
    pub(super) fn keep(
        &self,
        system: &System,
        image: &Path,
        options: &RunOptions,
        finished: &Finished,
        reporter: &mut Reporter,
    ) -> Result<()> {
        let file = self.file.stream();
        self.recording.write(&self.path, file, system, image, options, &finished.ending)?;
        let path = self.path.display();
        reporter.remark(&format!("record: {path}; `bulkhead replay {path}` repeats the run\n"))
    }
}
