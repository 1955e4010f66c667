//! Records of runs: one file from which a run is repeated, with the system, what came to it from outside, and how it
//! was run.
//!
//! It is a tar archive: how the run was run, what was booted (the kernel's symbols included), QEMU's log, for a
//! debugger the partitions' programs with their symbols, empty where they are not known, and what was on each disk when
//! the run began. Who repeats a run may have the file from somebody else, so all that it says is checked, and none of
//! it is a name of a file or an option of QEMU's.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use bulkhead_abi::system_table::PARTITIONS_MAX;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Message, Result};
use crate::files::{self, cannot};
use crate::installation::{QEMU, QEMU_LEON3};
use crate::run::{Contents, Devices, Ending, Log, PARTS_MAX, RunOptions, Variation, qemu_version};
use crate::system_file::device::{Device, Dma, Emulated};
use crate::system_file::{System, is_name};
use crate::target::Processor;
use crate::unnamed::Unnamed;
use crate::unpack;

/// The version of the format.
const VERSION: u32 = 3;

/// The members, in their order. Behind them are those of the programs of the partitions, and of disks: see [`program`]
/// and [`disk`].
const MEMBERS: [&str; 3] = ["record.json", "system.elf", "log"];

/// The member with a partition's program.
fn program(number: usize) -> String {
    format!("program-{}.elf", number + 1)
}

/// The member with what was on a disk.
fn disk(number: usize) -> String {
    format!("disk-{}", number + 1)
}

/// The most that each of them can have, in bytes: a log grows by some 10 KB in a second that idles.
const MEMBERS_MAX: [u64; 3] = [64 << 10, 4 << 30, 4 << 30];

/// The same for a program.
const PROGRAM_MAX: u64 = 1 << 30;

/// The most memory that a machine can have, in bytes.
const MEMORY_MAX: u64 = 64 << 30;

/// How a run was run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Header {
    version: u32,
    /// The system's name.
    name: String,
    /// What QEMU says of itself: another one need not do the same with a log.
    qemu: String,
    /// In bytes.
    memory: u64,
    /// In nanoseconds.
    time_limit: Option<u64>,
    line_times: bool,
    chooses_input: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    variation: Option<Variation>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    devices: Vec<Owned>,
    ended: Ended,
}

/// A device that a partition owns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Owned {
    name: String,
    /// The number of the partition.
    owner: usize,
    dma: Dma,
    /// What QEMU was told to be there, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    emulated: Option<Place>,
}

/// What QEMU was told to have at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Place {
    kind: Emulated,
    /// Number on the first bus.
    device: u8,
    /// Of a disk: what was on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    disk: Option<OldDisk>,
}

/// What was on a disk when the run began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct OldDisk {
    /// In bytes.
    size: u64,
    /// See [`Contents::hash`].
    hash: String,
}

/// The devices of a system as they are in a header, with what was on its disks, in their order.
fn owned(system: &System, disks: &[Contents]) -> Vec<Owned> {
    let emulations = system.emulations();
    let mut disks = disks.iter().map(|it| OldDisk { size: it.size, hash: it.hash() });
    let mut owned = |device: &Device| {
        let emulation = emulations.iter().find(|emulation| emulation.name == device.name);
        let emulated = emulation.map(|it| Place {
            kind: it.kind,
            device: it.device,
            disk: (it.kind == Emulated::Disk).then(|| disks.next()).flatten(),
        });
        Owned { name: device.name.clone(), owner: device.owner, dma: device.dma, emulated }
    };
    system.devices.iter().map(&mut owned).collect()
}

/// Who has ended a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Ended {
    /// The system itself.
    System,
    /// The host's time limit.
    TimeOut,
    /// A signal with this number.
    Signal(i32),
}

impl Ended {
    fn of(ending: &Ending) -> Self {
        match ending {
            Ending::TimedOut => Self::TimeOut,
            Ending::Interrupted(signal) => Self::Signal(*signal),
            _ => Self::System,
        }
    }

    const fn ending(self) -> Option<Ending> {
        match self {
            Self::System => None,
            Self::TimeOut => Some(Ending::TimedOut),
            Self::Signal(signal) => Some(Ending::Interrupted(signal)),
        }
    }
}

/// A record that is being made.
#[derive(Debug)]
pub struct Recording {
    log: Unnamed,
    disks: Vec<Contents>,
}

impl Recording {
    /// A place for QEMU's log, and what is on the disks of a run that is about to begin.
    ///
    /// # Errors
    /// If there is no place, or too much on a disk, or it cannot be read.
    pub fn begin(devices: &Devices) -> Result<Self> {
        Ok(Self { log: Unnamed::create("bulkhead-record")?, disks: devices.contents()? })
    }

    /// What QEMU is to do.
    #[must_use]
    pub fn log(&self) -> Log {
        Log::Record(self.log.path())
    }

    /// The record of a run of `image` that has ended. `programs` are those of the partitions, as far as they are known.
    ///
    /// # Errors
    /// If QEMU's log cannot be read, or QEMU not say which one it is.
    pub fn archive(
        self,
        system: &System,
        image: Vec<u8>,
        programs: Vec<Vec<u8>>,
        options: &RunOptions,
        ending: &Ending,
    ) -> Result<Archive> {
        let header = Header {
            version: VERSION,
            name: system.name.clone(),
            qemu: version_for(system.processor)?,
            memory: system.memory,
            time_limit: options.time_limit,
            line_times: options.line_times,
            chooses_input: options.chooses_input(),
            variation: options.variation,
            devices: owned(system, &self.disks),
            ended: Ended::of(ending),
        };
        let header = serde_json::to_vec_pretty(&header).unwrap_or_default();
        let names = MEMBERS.map(str::to_owned).into_iter().chain((0..programs.len()).map(program));
        let names = names.chain((0..self.disks.len()).map(disk));
        let members = [header, image, files::read(&self.log.path())?].into_iter().chain(programs);
        let members = members.chain(self.disks.into_iter().map(|it| it.parts));
        Ok(Archive(names.zip(members).collect()))
    }
}

/// The members of a record.
#[derive(Debug)]
pub struct Archive(Vec<(String, Vec<u8>)>);

impl Archive {
    /// Writes the record.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let mut archive = tar::Builder::new(out);
        for (name, bytes) in &self.0 {
            let mut entry = tar::Header::new_gnu();
            entry.set_size(bytes.len() as u64);
            entry.set_mode(0o644);
            archive.append_data(&mut entry, name, bytes.as_slice())?;
        }
        archive.into_inner()?.flush()
    }
}

/// A record of a run, unpacked.
#[derive(Debug)]
pub struct Record {
    image: Unnamed,
    log: Unnamed,
    header: Header,
    /// Its devices.
    devices: Devices,
    /// The system that was run.
    pub system: System,
    /// The partitions' programs with their symbols; empty where nobody knows them.
    pub programs: Vec<Vec<u8>>,
}

impl Record {
    /// Unpacks a record.
    ///
    /// # Errors
    /// If it cannot be read, is none, is damaged, or is another QEMU's than the one of this machine.
    pub fn open(path: &Path) -> Result<Self> {
        let mut file = File::open(path).map_err(|error| cannot("read", path, &error))?;
        if path.is_dir() {
            return Err(Error::Usage(
                Message::new(format!("{} is a folder, not a record of a run", path.display()))
                    .help("give a file that `bulkhead run --record FILE` has written"),
            ));
        }
        let none = |why: &str| {
            Error::Usage(
                Message::new(format!("{} is not a record of a run: {why}", path.display()))
                    .help("give a file that `bulkhead run --record FILE` has written"),
            )
        };
        let Members { first: [header, image, log], programs, disks } =
            members(&mut file).map_err(|why| match why {
                Why::None(why) => none(&why),
                Why::Unread(error) => cannot("read", path, &error),
            })?;
        let header: Header =
            serde_json::from_slice(&header).map_err(|_| none("how it was run is not said in order"))?;
        if header.version < VERSION {
            return Err(Error::Usage(
                Message::new(format!(
                    "{} was recorded by an earlier bulkhead: its format has version {}, known is {VERSION}",
                    path.display(),
                    header.version
                ))
                .help("record the run again, or take the bulkhead that has recorded it"),
            ));
        }
        if header.version != VERSION {
            return Err(none(&format!("its format has version {}, known is {VERSION}", header.version)));
        }
        if !is_name(&header.name) || header.memory == 0 || header.memory > MEMORY_MAX {
            return Err(none("the name of its system, or the memory of its machine, cannot be"));
        }
        if header.variation.is_some_and(|it| !Variation::JITTER.contains(&it.jitter)) {
            return Err(none("the kernel cannot have been so late"));
        }
        let mut system = unpack::system(Path::new(MEMBERS[1]), &image).map_err(|why| none(&why))?;
        system.name.clone_from(&header.name);
        system.memory = header.memory;
        let here = version_for(system.processor)?;
        if here != header.qemu {
            return Err(Error::Environment(
                Message::new(format!(
                    "{} was recorded by another QEMU, which need not do the same: {}",
                    path.display(),
                    header.qemu.escape_default()
                ))
                .help(format!(
                    "let BULKHEAD_QEMU or BULKHEAD_QEMU_SPARC name that one; this machine's is {here}"
                )),
            ));
        }
        if programs.len() != system.partitions.len() {
            return Err(none("it has not as many programs as its system has partitions"));
        }
        system.devices = devices(&header.devices, &system).map_err(none)?;
        let old: Vec<_> =
            header.devices.iter().filter_map(|it| it.emulated.as_ref()?.disk.as_ref()).collect();
        if old.len() != disks.len() {
            return Err(none("it has not what was on as many disks as its system has"));
        }
        let disks = old.into_iter().zip(disks).enumerate();
        let disks = disks.map(|(number, (old, parts))| unpacked(&disk(number), old, parts));
        let disks = disks.collect::<std::result::Result<_, _>>().map_err(|why| none(&why))?;
        let devices = Devices::repeated(system.emulations(), disks)
            .ok_or_else(|| none("it has other devices than a run has that can be repeated"))?;
        let (image, log) = (Unnamed::with(MEMBERS[1], &image)?, Unnamed::with("bulkhead-record", &log)?);
        Ok(Self { image, log, header, devices, system, programs })
    }

    /// Whether the kernel said when each line of a partition began.
    #[must_use]
    pub const fn line_times(&self) -> bool {
        self.header.line_times
    }

    /// The file that is booted.
    #[must_use]
    pub fn image(&self) -> PathBuf {
        self.image.path()
    }

    /// How it is run again.
    #[must_use]
    pub fn options(&self) -> RunOptions {
        RunOptions {
            time_limit: self.header.time_limit,
            line_times: self.header.line_times,
            variation: self.header.variation,
            devices: self.devices.clone(),
            log: Some(Log::Replay {
                path: self.log.path(),
                cut_short: self.header.ended.ending(),
                chooses_input: self.header.chooses_input,
            }),
            ..RunOptions::default()
        }
    }
}

/// The devices of a header.
fn devices(owned: &[Owned], system: &System) -> std::result::Result<Vec<Device>, &'static str> {
    let mut places = BTreeSet::new();
    let device = |owned: &Owned| {
        let Owned { name, owner, dma, emulated } = owned;
        if !is_name(name) || *owner >= system.partitions.len() {
            return Err("a name or an owner of its devices cannot be");
        }
        if let Some(Place { kind, device, disk }) = emulated {
            if !Emulated::PLACES.contains(&u16::from(*device)) {
                return Err("no place has the number of a device");
            }
            if !places.insert(*device) {
                return Err("two of its devices are at one place");
            }
            if disk.is_some() != (*kind == Emulated::Disk) || system.processor != Processor::X86_64 {
                return Err("one of its devices cannot be");
            }
        }
        let emulated = emulated.as_ref().map(|it| (it.device, it.kind));
        Ok(Device::of_record(name.clone(), *owner, *dma, emulated))
    };
    owned.iter().map(device).collect()
}

/// What was on a disk, from the member with this name.
fn unpacked(name: &str, old: &OldDisk, parts: Vec<u8>) -> std::result::Result<Unnamed, String> {
    let contents = Contents { size: old.size, parts };
    if contents.hash() != old.hash {
        return Err(format!("its `{name}` is not what was on the disk when the run began"));
    }
    let file = Unnamed::create("bulkhead-disk").map_err(|error| error.headline())?;
    let written = contents.write(file.file());
    written.map(|()| file).map_err(|error| format!("its `{name}` cannot be unpacked: {error}"))
}

/// What members have.
struct Members {
    first: [Vec<u8>; MEMBERS.len()],
    programs: Vec<Vec<u8>>,
    disks: Vec<Vec<u8>>,
}

/// Why there are no members.
enum Why {
    /// It is no record.
    None(String),
    /// It cannot be read.
    Unread(io::Error),
}

impl Why {
    /// What the crate says of an archive that is none quotes bytes of it; what the system says is another matter.
    fn of(error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(_) => Self::Unread(error),
            None => Self::None("it is no archive, or a damaged one".to_owned()),
        }
    }
}

/// The members of an archive, which are these and no others, each as long as it says: none takes more memory than it
/// takes of the file.
fn members(file: &mut File) -> std::result::Result<Members, Why> {
    let mut archive = tar::Archive::new(file);
    let mut entries = archive.entries().map_err(Why::of)?;
    let mut first = [const { Vec::new() }; MEMBERS.len()];
    for ((name, most), bytes) in MEMBERS.into_iter().zip(MEMBERS_MAX).zip(&mut first) {
        let missing = || Why::None(format!("it has no `{name}`"));
        let entry = entries.next().ok_or_else(missing)?.map_err(Why::of)?;
        *bytes = member(entry, name, most)?.ok_or_else(missing)?;
    }
    let (mut programs, mut disks) = (Vec::new(), Vec::new());
    for entry in entries.take(PARTITIONS_MAX + Emulated::PLACES.count()) {
        let entry = entry.map_err(Why::of)?;
        let is_disk = entry.path_bytes().as_ref() == disk(disks.len()).as_bytes();
        let (name, most, found) = match is_disk {
            true => (disk(disks.len()), PARTS_MAX, &mut disks),
            false => (program(programs.len()), PROGRAM_MAX, &mut programs),
        };
        let bytes = member(entry, &name, most)?;
        found.push(bytes.ok_or_else(|| Why::None(format!("it has no `{name}`")))?);
    }
    Ok(Members { first, programs, disks })
}

/// The bytes of a member, if it has this name.
fn member(
    mut entry: tar::Entry<'_, &mut File>,
    name: &str,
    most: u64,
) -> std::result::Result<Option<Vec<u8>>, Why> {
    if entry.path_bytes().as_ref() != name.as_bytes() {
        return Ok(None);
    }
    let wrong = |what: &str| Why::None(format!("its `{name}` is {what}"));
    if !entry.header().entry_type().is_file() {
        return Err(wrong("no ordinary file"));
    }
    let size = entry.size();
    if size > most {
        return Err(wrong("too long"));
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).map_err(Why::of)?;
    if bytes.len() as u64 != size {
        return Err(wrong("cut off"));
    }
    Ok(Some(bytes))
}

/// What the QEMU of this machine for a processor says of itself.
fn version_for(processor: Processor) -> Result<String> {
    let program = match processor {
        Processor::X86_64 => &QEMU,
        Processor::Leon3 => &QEMU_LEON3,
    };
    qemu_version(&program.find()?)
}
