//! Core files of a run: partitions as they were at its end, for gdb.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use bulkhead_abi::machine::i386;
use bulkhead_abi::sparc;
use bulkhead_debugger::{Kernel, Processor as Debugged, Ram, core};

use crate::build::Built;
use crate::error::{Error, Message, Result};
use crate::files::{self, cannot};
use crate::system_file::{Processor, System};
use crate::unnamed::Unnamed;

const PAGE: u64 = 4096;

/// What a debugger calls a processor.
pub(crate) const fn debugged(processor: Processor) -> Debugged {
    match processor {
        Processor::X86_64 => Debugged::X86_64,
        Processor::Leon3 => Debugged::Leon3,
    }
}

/// What a debugger asks a kernel of this processor for, from its file.
///
/// # Errors
/// If the installation's kernel cannot be read, or does not say what is asked for.
pub(crate) fn debugged_kernel(processor: Processor, file: &[u8]) -> Result<Kernel> {
    Kernel::read(debugged(processor), file).map_err(|why| {
        let text = format!("the kernel of this installation cannot be debugged: {why}");
        Error::Environment(Message::new(text).help("build it again: make kernel sparc"))
    })
}

/// A run whose partitions leave core files.
#[derive(Debug)]
pub struct Cores {
    directory: PathBuf,
    /// Where the machine's memory is, if nobody else has it in a file.
    memory: Unnamed,
}

/// A machine's memory in a file.
struct Memory {
    file: File,
    /// The physical address of its first byte.
    start: u64,
}

impl Ram for Memory {
    fn read(&mut self, address: u64, length: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, address.checked_sub(self.start)?).ok()?;
        Some(bytes)
    }
}

impl Cores {
    /// Prepares for core files in a folder, which must be there.
    ///
    /// # Errors
    /// If it is not, or no file can be written there, or there is no place for the machine's memory.
    pub fn begin(directory: &Path) -> Result<Self> {
        // Before the run, which would be in vain otherwise.
        tempfile::tempfile_in(directory).map_err(|error| {
            let text =
                format!("core files cannot be written in {}: {}", directory.display(), files::reason(&error));
            Error::Environment(Message::new(text).help("name a folder that exists and that you may write to"))
        })?;
        Ok(Self { directory: directory.to_owned(), memory: Unnamed::create("bulkhead-memory")? })
    }

    /// The file that is to have the machine's memory, if none has it for another reason.
    #[must_use]
    pub fn memory_file(&self) -> PathBuf {
        self.memory.path()
    }

    /// Writes the program and the core file of each of these partitions, once the machine has ended, and says for each
    /// how to look at them. `kernel` is the file of the kernel that was there.
    ///
    /// # Errors
    /// If the memory cannot be read, or a file not be written.
    pub fn write(
        &self,
        built: &Built,
        kernel: &[u8],
        memory: &Path,
        partitions: &[usize],
    ) -> Result<Vec<String>> {
        let system = &built.system;
        let kernel = debugged_kernel(system.processor, kernel)?;
        let start = system.processor.board().memory_start;
        let mut said = Vec::new();
        for &partition in partitions {
            let (Some(program), Some(named)) =
                (built.programs.get(partition), system.partitions.get(partition))
            else {
                continue;
            };
            let file = File::open(memory).map_err(|error| cannot("read", memory, &error))?;
            let addresses = addresses(system, partition);
            let bytes = core(&kernel, &mut Memory { file, start }, partition, program, &addresses).map_err(
                |why| {
                    Error::Environment(Message::new(format!(
                        "partition {} leaves no core file: {why}",
                        named.name
                    )))
                },
            )?;
            let [elf, core] = files_of(&self.directory, &named.name);
            files::write(&elf, program)?;
            files::write(&core, &bytes)?;
            said.push(format!("core of {}: gdb-multiarch {} {}", named.name, elf.display(), core.display()));
        }
        Ok(said)
    }
}

/// The program and the core file that a partition leaves in a folder.
pub(crate) fn files_of(folder: &Path, partition: &str) -> [PathBuf; 2] {
    ["elf", "core"].map(|ending| folder.join(format!("{partition}.{ending}")))
}

/// The addresses at which a partition can have memory.
fn addresses(system: &System, partition: usize) -> Vec<Range<u64>> {
    let (interface, base) = match system.processor {
        Processor::X86_64 => (i386::INFORMATION_PAGE, i386::MEMORY_BASE),
        Processor::Leon3 => (sparc::INFORMATION_PAGE, sparc::MEMORY_BASE),
    };
    let (interface, base) = (u64::from(interface), u64::from(base));
    let size = system.partitions.get(partition).map_or(0, |it| it.memory);
    let mut all = vec![base..base + size, interface..interface + 2 * PAGE];
    for region in &system.regions {
        let own = region.mappings.iter().filter(|it| it.partition == partition);
        all.extend(own.map(|it| it.address..it.address + region.size));
    }
    all.sort_by_key(|range| range.start);
    all
}
