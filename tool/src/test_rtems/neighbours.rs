//! What runs beside a test: a partition that is never idle, built once for each processor.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::build::{Options, Silent, build_for_host, build_system};
use crate::error::Result;
use crate::files;
use crate::installation::Installation;
use crate::system_file::from_text_for;
use crate::target::{Host, Processor};

/// The program.
const SOURCE: &str = include_str!("neighbour.c");

const SYSTEM: &str = "[system]\nname = \"neighbour\"\nmajor-frame = \"10 ms\"\n\n\
                      [[partition]]\nname = \"neighbour\"\nmemory = \"1 MiB\"\nsources = [\"neighbour.c\"]\n\n\
                      [[window]]\npartition = \"neighbour\"\nstart = \"0 ms\"\nduration = \"2 ms\"\n";

/// How the names of partitions begin that run beside a test.
pub(super) const NEIGHBOUR: &str = "neighbour-";

/// Busy partitions beside each test.
#[derive(Clone, Debug)]
pub struct Neighbours {
    host: Host,
    installation: Option<Installation>,
    folder: PathBuf,
    images: Arc<Mutex<Vec<(Processor, PathBuf)>>>,
}

impl Neighbours {
    /// Of this kernel's partitions; what is built goes to this folder.
    #[must_use]
    pub fn new(host: Host, installation: Option<Installation>, folder: &Path) -> Self {
        Self { host, installation, folder: folder.to_owned(), images: Arc::default() }
    }

    /// The program for a processor, which is built when it is first asked for.
    ///
    /// # Errors
    /// If it cannot be built.
    pub fn image(&self, processor: Processor) -> Result<PathBuf> {
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, image)) = images.iter().find(|(known, _)| *known == processor) {
            return Ok(image.clone());
        }
        let image = self.build(processor)?;
        images.push((processor, image.clone()));
        Ok(image)
    }

    fn build(&self, processor: Processor) -> Result<PathBuf> {
        let name = format!("neighbour-{}", processor.partitions());
        files::write(&self.folder.join("neighbour.c"), SOURCE.as_bytes())?;
        let system = from_text_for(Some(processor), SYSTEM, "neighbour", &self.folder)?;
        let output = self.folder.join(format!("{name}-system"));
        let options = Options {
            output: Some(output),
            installation: self.installation.clone(),
            host: self.host,
            ..Options::default()
        };
        let program = match self.host {
            Host::Bulkhead => build_system(system, &options, &mut Silent)?.programs.into_iter().next(),
            _ => build_for_host(system, &options, &mut Silent)?.programs.into_iter().next().map(|it| it.file),
        };
        let image = self.folder.join(name).with_extension("exe");
        files::write(&image, &program.unwrap_or_default())?;
        Ok(image)
    }
}
