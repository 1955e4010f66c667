//! Reads what a kernel that traces keeps, out of a machine's memory while that runs, and makes a timeline of it.
//!
//! QEMU has the machine's memory in a file without a name, and shares it. So nothing that happens in the machine is for
//! the reader: no call, no byte on the serial line, no instruction.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bulkhead_abi::record;
use bulkhead_abi::system_table::ByteOrder;
use bulkhead_abi::trace::SYMBOL;
use bulkhead_timeline as timeline;
use bulkhead_timeline::{Event, Lost, Memory, RecordReader, RingReader, RtemsRing, Timeline};
use object::{Object as _, ObjectSymbol as _};

use crate::build::Built;
use crate::elf::Elf;
use crate::error::{Error, Message, Result};
use crate::system_file::System;
use crate::target::Processor;
use crate::unnamed::Unnamed;

/// How long nobody looks for new records. The ring has room for what comes in a few times as long, at the worst.
const LOOK: Duration = Duration::from_millis(1);

/// Items that are read in one look at the most, of all partitions together: they may say that everything is new each
/// time, and the kernel's records are to be read meanwhile.
const LOOK_ITEMS: u32 = 1 << 14;

/// What a timeline is to know of a system.
#[must_use]
pub fn described(system: &System) -> timeline::System {
    let mut number = 0;
    let schedules = system
        .schedules
        .iter()
        .map(|schedule| timeline::Schedule {
            name: schedule.name.clone(),
            frame: schedule.major_frame,
            windows: schedule
                .windows
                .iter()
                .map(|window| {
                    number += 1;
                    let (partition, start, end) = (window.partition, window.start, window.end());
                    timeline::Window { number: number - 1, partition, start, end }
                })
                .collect(),
        })
        .collect();
    let end = |port: &crate::system_file::channel::Port| timeline::End {
        partition: port.partition,
        port: port.name.clone(),
    };
    timeline::System {
        name: system.name.clone(),
        processor: system.processor.name().to_owned(),
        partitions: system
            .partitions
            .iter()
            .map(|partition| timeline::Partition { name: partition.name.clone() })
            .collect(),
        schedules,
        initial_schedule: system.initial_schedule,
        channels: system
            .channels
            .iter()
            .map(|channel| timeline::Channel {
                name: channel.name.clone(),
                source: end(&channel.source),
                destinations: channel.destinations.iter().map(end).collect(),
            })
            .collect(),
    }
}

/// A ring in the file that has the machine's memory.
pub(crate) struct Ring<'a> {
    pub(crate) file: &'a File,
    pub(crate) offset: u64,
}

impl Memory for Ring<'_> {
    fn read(&mut self, offset: usize, bytes: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(bytes, self.offset + offset as u64)
    }
}

/// A run that is traced.
#[derive(Debug)]
pub struct Tracing {
    system: timeline::System,
    memory: Arc<Unnamed>,
    has_ended: Arc<AtomicBool>,
    reader: JoinHandle<io::Result<Readers>>,
}

/// Who reads what: the kernel's ring, and those of partitions, each with its offset in the machine's memory.
#[derive(Debug)]
struct Readers {
    kernel: (u64, RingReader),
    partitions: Vec<(u64, RecordReader)>,
    /// The time of the kernel's last event that was drained, in nanoseconds of the clock.
    time: u64,
}

impl Readers {
    /// What has been read since this was asked last, and is kept no longer.
    fn drain(&mut self, system: &timeline::System) -> (Vec<Event>, Vec<Lost>) {
        let (mut events, mut lost) = self.kernel.1.drain(system);
        self.time = events.iter().map(|event| event.time).fold(self.time, u64::max);
        for (_, reader) in &mut self.partitions {
            let (more, missing) = reader.drain(self.time);
            events.extend(more);
            lost.extend(missing);
        }
        (events, lost)
    }
}

impl Tracing {
    /// Begins to look for the records of a machine that is yet to start, with its memory in [`Self::memory_file`].
    /// `kernel` is the file of the kernel that traces.
    ///
    /// # Errors
    /// If the kernel does not trace, or there is no place for the memory.
    pub fn begin(built: &Built, kernel: &[u8]) -> Result<Self> {
        Self::start(built, kernel, |_| {})
    }

    /// The same for a system that was built before, of which nothing is known but what its kernel records. `written` is
    /// told again and again how many records that has written. Nothing if it does not trace.
    ///
    /// # Errors
    /// If there is no place for the memory.
    pub fn begin_built(
        system: &System,
        kernel: &[u8],
        mut written: impl FnMut(u64) + Send + 'static,
    ) -> Result<Option<Self>> {
        Self::of(system, Vec::new(), kernel, move |readers| written(readers.kernel.1.written()))
    }

    /// The same for who looks as long as the machine runs: `watch` is told what has come, and nothing of it is kept. It
    /// is called every millisecond or so, also when nothing has come.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub fn watch(
        built: &Built,
        kernel: &[u8],
        mut watch: impl FnMut(Vec<Event>, Vec<Lost>) + Send + 'static,
    ) -> Result<Self> {
        let system = described(&built.system);
        Self::start(built, kernel, move |readers| {
            let (events, lost) = readers.drain(&system);
            watch(events, lost);
        })
    }

    fn start(built: &Built, kernel: &[u8], look: impl FnMut(&mut Readers) + Send + 'static) -> Result<Self> {
        let partitions = partition_readers(built, built.system.processor.board().order);
        Self::of(&built.system, partitions, kernel, look)?.ok_or_else(|| {
            Error::Environment(
                Message::new("the kernel of this installation that is to trace does not")
                    .help("build it again: make kernel sparc"),
            )
        })
    }

    fn of(
        system: &System,
        partitions: Vec<(u64, RecordReader)>,
        kernel: &[u8],
        look: impl FnMut(&mut Readers) + Send + 'static,
    ) -> Result<Option<Self>> {
        let Some(offset) = ring_offset(system.processor, kernel) else { return Ok(None) };
        let memory = Arc::new(Unnamed::create("bulkhead-memory")?);
        let has_ended = Arc::new(AtomicBool::new(false));
        let order = system.processor.board().order;
        let kernel = (offset, RingReader::new(order));
        let readers = Readers { kernel, partitions, time: 0 };
        let (shared, ended) = (Arc::clone(&memory), Arc::clone(&has_ended));
        let reader = thread::spawn(move || read(shared.file(), readers, &ended, look));
        Ok(Some(Self { system: described(system), memory, has_ended, reader }))
    }

    /// The file that is to have the machine's memory.
    #[must_use]
    pub fn memory_file(&self) -> PathBuf {
        self.memory.path()
    }

    /// What has happened, once the machine has ended, whatever its end was; for who has looked meanwhile, what nobody
    /// has been told.
    ///
    /// # Errors
    /// If the machine's memory cannot be read, or no kernel that traces has been there.
    pub fn finish(self) -> Result<Timeline> {
        self.has_ended.store(true, Ordering::Release);
        let failed = |why: &str| {
            Error::Environment(Message::new(format!("what the kernel has recorded cannot be read: {why}")))
        };
        let readers = self.reader.join().map_err(|_| failed("the reader has failed"))?;
        let Readers { kernel: (_, kernel), partitions, .. } =
            readers.map_err(|error| failed(&error.to_string()))?;
        if !kernel.has_begun() {
            return Err(failed("it has not begun"));
        }
        let (mut events, mut lost) = kernel.events(&self.system);
        let end = events.iter().map(|event| event.time).max().unwrap_or(0);
        let mut too_many = kernel.too_many();
        for (_, reader) in partitions {
            too_many = too_many.saturating_add(reader.too_many());
            let (more, missing) = reader.events(end);
            events.extend(more);
            lost.extend(missing);
        }
        lost.sort_by_key(|lost| lost.time);
        let mut timeline = Timeline::new(self.system, events);
        (timeline.lost, timeline.too_many) = (lost, too_many);
        Ok(timeline)
    }
}

/// Reads all that comes until the machine has ended, and then what it has left.
fn read(
    file: &File,
    mut readers: Readers,
    has_ended: &AtomicBool,
    mut look: impl FnMut(&mut Readers),
) -> io::Result<Readers> {
    let last = readers.kernel.0 + bulkhead_abi::trace::RING_SIZE as u64;
    loop {
        let is_last = has_ended.load(Ordering::Acquire);
        // QEMU gives it its size.
        if file.metadata()?.len() >= last {
            let (offset, reader) = &mut readers.kernel;
            reader.poll(&mut Ring { file, offset: *offset })?;
            if reader.has_begun() {
                let most =
                    if is_last { u32::MAX } else { LOOK_ITEMS / readers.partitions.len().max(1) as u32 };
                for (offset, reader) in &mut readers.partitions {
                    reader.poll_some(&mut Ring { file, offset: *offset }, most)?;
                }
            }
        }
        look(&mut readers);
        if is_last {
            return Ok(readers);
        }
        thread::sleep(LOOK);
    }
}

/// The readers of the partitions whose programs record something.
fn partition_readers(built: &Built, order: ByteOrder) -> Vec<(u64, RecordReader)> {
    let memory_start = built.system.processor.board().memory_start;
    let reader = |(number, program): (usize, &Vec<u8>)| {
        let placed = built.layout.partitions.get(number)?;
        let base = built.layout.images.get(placed.image)?.image.base;
        let file = object::File::parse(&program[..]).ok()?;
        let symbol = |name: &str| {
            file.symbols().find(|it| !it.is_undefined() && it.name() == Ok(name)).map(|it| it.address())
        };
        let begin = placed.memory.start.checked_sub(memory_start)?;
        let size = placed.memory.end - placed.memory.start;
        if let Some(ring) = symbol(record::SYMBOL) {
            let offset = ring.checked_sub(base)?;
            let room = usize::try_from(size.checked_sub(offset)?).ok()?;
            return Some((begin + offset, RecordReader::new(order, number, room)));
        }
        let place = |name: &str| usize::try_from(symbol(name)?).ok();
        let ring = RtemsRing {
            base: u32::try_from(base).ok()?,
            configuration: usize::try_from(symbol(record::rtems::CONFIGURATION)?.checked_sub(base)?).ok()?,
            head: place(record::rtems::HEAD)?,
            mask: place(record::rtems::MASK)?,
            items: place(record::rtems::ITEMS)?,
        };
        let number_of =
            |ours: u32| Some((u32::try_from(place(&format!("{}{ours}", record::rtems::EVENT))?).ok()?, ours));
        let numbers = record::rtems::EVENTS.into_iter().filter_map(number_of).collect();
        let reader = RecordReader::of_rtems(ring, order, number, usize::try_from(size).ok()?);
        Some((begin, reader.numbered(numbers)))
    };
    built.programs.iter().enumerate().filter_map(reader).collect()
}

/// Where in the machine's memory the kernel has its ring, if it has one.
pub(crate) fn ring_offset(processor: Processor, kernel: &[u8]) -> Option<u64> {
    let file = object::File::parse(kernel).ok()?;
    let symbol = file.symbols().find(|symbol| symbol.name() == Ok(SYMBOL))?;
    let physical = Elf::read(kernel).ok()?.physical(symbol.address())?;
    physical.checked_sub(processor.board().memory_start)
}
