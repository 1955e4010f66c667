//! A machine of QEMU's that is held: its process, its stub, its memory and its console.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::net::UnixStream;
use std::process::{ChildStdin, ChildStdout};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bulkhead_abi::trace::PREPARE_SYMBOL;
use bulkhead_debugger::{Ended, Held, Kernel};
use bulkhead_timeline as timeline;
use object::{Object as _, ObjectSymbol as _};
use tempfile::TempDir;

use crate::build::Built;
use crate::cores::debugged_kernel;
use crate::elf::Elf;
use crate::error::{Error, Message, Result};
use crate::files::{self, short, temporary_folder};
use crate::installation::Installation;
use crate::run::{Devices, Guard, RunOptions, plain_command, start};
use crate::system_file::Processor;
use crate::tracing::{described, ring_offset};
use crate::unnamed::Unnamed;

use super::fault::{Fault, Injection};
use super::seen::Seen;

/// How long the host waits for a run of which nothing is known.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// How long it waits for one with a fault: so long, and besides so many times what it has taken without.
const PATIENCE_LEAST: Duration = Duration::from_secs(5);
const PATIENCE_TIMES: u32 = 20;

/// Where each kernel is stopped: when its clock is about to begin, and by interrupts.
const OF_X86_64: [&str; 3] = [PREPARE_SYMBOL, "entry_timer", "entry_ignore"];
const OF_LEON3: [&str; 2] = [PREPARE_SYMBOL, "trap_table"];

/// The netdev that is there for what guards the clock: see [`guard`].
pub(super) const NOBODYS_NET: [&str; 2] = ["-netdev", "hubport,id=faults,hubid=0"];

/// What is known of a system whose machines are held.
#[derive(Debug)]
pub(super) struct Bench {
    /// The system, built with the kernel that traces.
    pub(super) built: Built,
    /// The same, as timelines describe it.
    pub(super) described: timeline::System,
    /// Where the kernel keeps what.
    pub(super) kernel: Kernel,
    kernel_file: Vec<u8>,
    /// Where the kernel's ring is in the machine's memory.
    pub(super) ring: u64,
    symbols: BTreeMap<&'static str, u64>,
    /// LEON3: counts of the clock from where the kernel prepares it until it is zero, once that has been seen.
    pub(super) before: u32,
    /// How long the host waits for a run.
    pub(super) patience: Duration,
    /// Sockets.
    folder: TempDir,
    open: File,
    next: AtomicUsize,
}

impl Bench {
    /// Looks at what was built.
    ///
    /// # Errors
    /// If the kernel cannot be read, or is not one that traces.
    pub(super) fn new(built: Built, installation: &Installation) -> Result<Self> {
        let processor = built.system.processor;
        let kernel_file = installation.tracing_kernel(processor)?;
        let kernel = debugged_kernel(processor, &kernel_file)?;
        let ring = ring_offset(processor, &kernel_file).unwrap_or_default();
        let symbols = symbols(processor, &kernel_file)?;
        let described = described(&built.system);
        let folder = temporary_folder("bulkhead-inject-")?;
        let open =
            File::open(folder.path()).map_err(|error| files::cannot("opened", folder.path(), &error))?;
        Ok(Self {
            built,
            described,
            kernel,
            kernel_file,
            ring,
            symbols,
            before: 0,
            patience: PATIENCE,
            folder,
            open,
            next: AtomicUsize::new(0),
        })
    }

    /// A run without a fault has taken so long.
    pub(super) fn has_taken(&mut self, time: Duration) {
        self.patience = PATIENCE_LEAST + PATIENCE_TIMES * time;
    }

    /// The address of a symbol of the kernel's, one of [`OF_X86_64`] or [`OF_LEON3`].
    pub(super) fn symbol(&self, name: &str) -> u64 {
        self.symbols.get(name).copied().unwrap_or_default()
    }

    /// Where the kernel's memory is, by physical addresses, without what it has for the tool alone: its ring.
    #[must_use]
    pub(super) fn kernel_memory(&self) -> Vec<std::ops::Range<u64>> {
        let board = self.built.system.processor.board();
        let ring = self.ring + board.memory_start;
        let ring = ring..ring + bulkhead_abi::trace::RING_SIZE as u64;
        let segments = Elf::read(&self.kernel_file).map(|elf| elf.segments).unwrap_or_default();
        let loaded = segments.iter().filter(|it| it.memory_size > 0 && it.kind == object::elf::PT_LOAD);
        loaded
            .flat_map(|it| {
                let all = it.physical..it.physical + it.memory_size;
                [
                    all.start..all.end.min(ring.start).max(all.start),
                    all.start.max(ring.end).min(all.end)..all.end,
                ]
            })
            .filter(|range| !range.is_empty())
            .collect()
    }

    /// Starts a machine, which stands before its first instruction.
    ///
    /// # Errors
    /// If QEMU cannot be started, or ends.
    pub(super) fn start(&self, time_limit: Option<u64>, arguments: &[&str]) -> Result<Machine> {
        let memory = Unnamed::create("bulkhead-memory")?;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let name = format!("stub-{number}");
        let socket = short(&self.open).join(&name);
        let stub = format!("unix:{},server=on,wait=off", socket.display());
        let own = ["-S", "-gdb", &stub].into_iter().chain(NOBODYS_NET);
        let options = RunOptions {
            time_limit,
            memory_file: Some(memory.path()),
            devices: Devices::of_nobody(self.built.system.emulations()),
            qemu_arguments: own.chain(arguments.iter().copied()).map(str::to_owned).collect(),
            ..RunOptions::default()
        };
        let command = plain_command(&self.built.system, &self.built.file, &options)?;
        let mut guard = Guard(start(&command)?);
        let (Some(stdin), Some(output)) = (guard.0.stdin.take(), guard.0.stdout.take()) else {
            return Err(lost("QEMU has no streams"));
        };
        let begin = Instant::now();
        let stream = loop {
            match UnixStream::connect(&socket) {
                Ok(stream) => break stream,
                Err(_) if matches!(guard.0.try_wait(), Ok(None)) && begin.elapsed() < PATIENCE => {
                    thread::sleep(Duration::from_millis(1));
                }
                Err(_) => return Err(lost(&said_by(&mut guard))),
            }
        };
        // Nobody else is to come.
        let _ = std::fs::remove_file(self.folder.path().join(&name));
        let held = Held::begin(stream, self.kernel.clone(), self.built.system.partitions.len())
            .map_err(|error| lost(&error.to_string()))?;
        Ok(Machine { held, memory, output, guard, _stdin: stdin })
    }
}

/// The addresses of the symbols at which a kernel is stopped.
///
/// # Errors
/// If it has not all of them.
fn symbols(processor: Processor, kernel: &[u8]) -> Result<BTreeMap<&'static str, u64>> {
    let names: &[&'static str] = match processor {
        Processor::X86_64 => &OF_X86_64,
        Processor::Leon3 => &OF_LEON3,
    };
    let file = object::File::parse(kernel).ok();
    let address = |name: &'static str| {
        let symbol = file.as_ref()?.symbols().find(|symbol| symbol.name() == Ok(name))?;
        Some((name, symbol.address()))
    };
    let found = names.iter().map(|name| {
        address(name).ok_or_else(|| {
            Error::Environment(
                Message::new(format!("the kernel of this installation that is to trace has no `{name}`"))
                    .help("build it again: make kernel sparc"),
            )
        })
    });
    found.collect()
}

/// What QEMU has complained of.
fn said_by(guard: &mut Guard) -> String {
    let _ = guard.0.kill();
    let mut said = String::new();
    if let Some(mut errors) = guard.0.stderr.take() {
        let _ = std::io::Read::read_to_string(&mut errors, &mut said);
    }
    format!("QEMU has ended before it could be held: {}", said.trim())
}

/// A machine that is not there any more.
pub(super) fn lost(why: &str) -> Error {
    Error::Environment(Message::new(why))
}

/// A machine that is held. QEMU ends with it.
#[derive(Debug)]
pub(super) struct Machine {
    /// Its stub.
    pub(super) held: Held,
    /// Its memory.
    pub(super) memory: Unnamed,
    /// What its console says.
    pub(super) output: ChildStdout,
    /// Its process.
    pub(super) guard: Guard,
    _stdin: ChildStdin,
}

/// Has the clock of a machine that stops not go far: under `-icount` QEMU moves it on to the next timer when the
/// processor has stopped, and the machine has not yet. There is a timer so many microseconds from now then, and again
/// each time after; it does nothing (a `filter-buffer` of a network that has nobody).
pub(super) fn guard(held: &mut Held, microseconds: u64) -> std::result::Result<(), Ended> {
    held.monitor(&format!("object_add filter-buffer,id=guard,netdev=faults,interval={microseconds}"))
        .map(drop)
}

/// Ends what [`guard`] has begun.
pub(super) fn unguard(held: &mut Held) -> std::result::Result<(), Ended> {
    held.monitor("object_del guard").map(drop)
}

/// Makes a fault of a bit; whether it could be made.
pub(super) fn flip(held: &mut Held, fault: &Fault) -> std::result::Result<bool, Ended> {
    match *fault {
        Fault::Register { partition, register, bit } => held.flip_register(partition, register, bit),
        Fault::Memory { partition, address, bit } => held.flip_memory(partition, address, bit),
        Fault::KernelMemory { address, bit } => held.flip_physical(address, bit),
        Fault::Interrupt(_) => Ok(false),
    }
}

/// Who runs a system again and again, each time with another fault.
pub(super) trait Holder {
    /// Runs it, with a fault or without.
    ///
    /// # Errors
    /// If QEMU cannot be started.
    fn run(&mut self, injection: Option<&Injection>) -> Result<Seen>;
}
