//! A partition's program: read from an ELF file, checked, and flattened to what the kernel copies.

use bulkhead_abi::machine::{LEON3, X86_64};
use object::elf::{ET_DYN, ET_EXEC, ET_REL, PT_DYNAMIC, PT_INTERP, PT_LOAD, ProgramType};

use crate::elf::{Elf, ElfError, PF_W, PF_X, Segment, machine_text};
use crate::target::Processor;
use crate::units::{size_rounded, size_text};

/// Machine numbers in an ELF header (System V ABI, `EM_SPARC` and `EM_386`).
const EM_SPARC: u16 = 2;
const EM_386: u16 = 3;

/// Bytes of a page.
pub(crate) const PAGE: u64 = bulkhead_abi::PAGE_SIZE as u64;

/// Where the memory of a partition for i386 begins, in its own addresses, on our own kernel and wherever a host allows
/// it.
pub(crate) const BASE: u64 = base(Processor::X86_64);

/// Where a partition's memory begins, in its own addresses, on our own kernel.
pub(crate) const fn base(processor: Processor) -> u64 {
    match processor {
        Processor::X86_64 => X86_64.partition_memory,
        Processor::Leon3 => LEON3.partition_memory,
    }
}

/// Where a partition's memory begins that a linked program is for: on AIR if it lies where only that has partitions.
fn base_of(file: &[u8], processor: Processor) -> u64 {
    let on_air = |elf: &Elf| elf.entry >= u64::from(bulkhead_air_facts::MEMORY);
    match processor {
        Processor::Leon3 if header(file, processor).is_ok_and(|elf| on_air(&elf)) => {
            u64::from(bulkhead_air_facts::PROGRAM)
        }
        _ => base(processor),
    }
}

/// Type of the segment that is memory of the program and that nobody loads nor clears at a warm restart (".noinit";
/// "noin" in ASCII, one of the types that the System V ABI leaves to operating systems). `partition.ld` and
/// `bulkhead-linkcmds.base` say it.
const PT_NOINIT: ProgramType = ProgramType(0x6e6f_696e);

/// A program as the kernel wants it: code, then constants, then data, from the partition's memory base on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Where the partition's memory begins, in its own addresses.
    pub base: u64,
    /// Address of the entry point.
    pub entry: u64,
    /// Address where code ends, page-aligned.
    pub text_end: u64,
    /// Address where constants end and writable data begin, page-aligned.
    pub read_only_end: u64,
    /// Address where zeroed data end.
    pub data_end: u64,
    /// Address where all that the program has ends: behind the zeroed data lies what a warm restart leaves as it is.
    pub end: u64,
    /// The first bytes of the partition's memory.
    pub bytes: Vec<u8>,
    /// How much of what it holds.
    pub sizes: Sizes,
}

/// A partition's linked program.
#[derive(Clone, Debug)]
pub struct Linked {
    /// What the kernel needs to know of it.
    pub image: Image,
    /// The linker's output.
    pub file: Vec<u8>,
}

/// How many bytes of each sort a program has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Code.
    pub text: u64,
    /// Constants.
    pub constants: u64,
    /// Data with an initial value.
    pub data: u64,
    /// Data that start as zero.
    pub zeroed: u64,
}

/// Why a file cannot run in a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageError {
    /// What is wrong, to follow the file's name.
    pub message: String,
    /// What would be right.
    pub help: String,
}

impl ImageError {
    /// The error with what the linker is called with for this processor.
    fn on(self, processor: Processor) -> Self {
        match processor {
            Processor::X86_64 => self,
            Processor::Leon3 => Self { help: self.help.replace("elf_i386", "elf32_sparc"), ..self },
        }
    }
}

/// What every wrongly linked file is told.
const LINK_HELP: &str = "link it with the linker script of a partition: ld -m elf_i386 -T partition.ld";

/// The sort of a segment, in the order of their addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    Text,
    Constants,
    Data,
}

impl Sort {
    fn of(segment: &Segment) -> Self {
        if segment.flags & PF_X != 0 {
            Self::Text
        } else if segment.flags & PF_W != 0 {
            Self::Data
        } else {
            Self::Constants
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Text => "code",
            Self::Constants => "constants",
            Self::Data => "data",
        }
    }
}

impl Image {
    /// Reads an ELF file for a partition with this much memory, on whichever host it is linked for.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub fn read(file: &[u8], processor: Processor, memory: u64) -> Result<Self, Vec<ImageError>> {
        Self::read_at(base_of(file, processor), file, processor, memory)
    }

    /// Reads an ELF file for a partition whose memory begins at `base`, a multiple of 4 KiB.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub fn read_at(
        base: u64,
        file: &[u8],
        processor: Processor,
        memory: u64,
    ) -> Result<Self, Vec<ImageError>> {
        Self::checked(base, file, processor, memory)
            .map_err(|errors| errors.into_iter().map(|error| error.on(processor)).collect())
    }

    fn checked(base: u64, file: &[u8], processor: Processor, memory: u64) -> Result<Self, Vec<ImageError>> {
        let elf = header(file, processor).map_err(|error| vec![error])?;
        let of_kind = |kind| move |it: &Segment| it.kind == kind && it.memory_size > 0;
        let mut segments: Vec<Segment> = elf.segments.iter().copied().filter(of_kind(PT_LOAD)).collect();
        let kept: Vec<Segment> = elf.segments.iter().copied().filter(of_kind(PT_NOINIT)).collect();
        let mut errors = Vec::new();
        linked(&elf, &segments, &mut errors);
        let limit = base + processor.board().partition_memory_max;
        for segment in segments.iter().chain(&kept) {
            segment_alone(segment, base, file, limit, &mut errors);
        }
        let ends = segments.iter().chain(&kept).filter_map(Segment::end).filter(|&end| end <= limit);
        let needed = ends.max().map_or(0, |end| end.saturating_sub(base));
        if needed > memory {
            errors.push(too_large(needed, memory));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        segments.sort_by_key(|segment| segment.address);
        order(&segments, &mut errors);
        entry(&elf, &segments, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut image = flatten(base, &elf, &segments, file);
        keep(&mut image, &kept)?;
        Ok(image)
    }

    /// Bytes of memory that are left for heap and stacks in a partition with this much memory.
    #[must_use]
    pub fn free(&self, memory: u64) -> u64 {
        (self.base + memory).saturating_sub(self.end)
    }
}

/// The processor whose partitions run this program, as far as its header says; `None` if it is for another one.
#[must_use]
pub(crate) fn processor_of(file: &[u8]) -> Option<Processor> {
    let elf = Elf::read(file).ok()?;
    [Processor::X86_64, Processor::Leon3].into_iter().find(|&processor| is_for(&elf, processor))
}

/// How the programs of a processor's partitions are marked: the machine, and whether the low byte is first.
const fn machine(processor: Processor) -> (u16, bool) {
    match processor {
        Processor::X86_64 => (EM_386, true),
        Processor::Leon3 => (EM_SPARC, false),
    }
}

fn is_for(elf: &Elf, processor: Processor) -> bool {
    (elf.machine, elf.little) == machine(processor) && !elf.is_64
}

fn error(message: impl Into<String>, help: impl Into<String>) -> ImageError {
    ImageError { message: message.into(), help: help.into() }
}

/// The file's header, if it is that of a finished program for this processor's partitions.
fn header(file: &[u8], processor: Processor) -> Result<Elf, ImageError> {
    let elf = Elf::read(file).map_err(|failure| match failure {
        ElfError::NotElf => {
            error("is not an ELF file", "give the linker's output, not a source or a binary dump")
        }
        ElfError::Damaged(why) => error(format!("is a damaged ELF file: {why}"), "link it again"),
    })?;
    let machine = machine(processor).0;
    if !is_for(&elf, processor) {
        let bits = if elf.is_64 { "64-bit" } else { "32-bit" };
        return Err(error(
            format!(
                "is for the wrong processor: {bits} {}, not 32-bit {}",
                machine_text(elf.machine),
                machine_text(machine)
            ),
            format!(
                "compile it with clang --target={0}-none-elf, or with the {0} tools of RTEMS",
                processor.partitions()
            ),
        ));
    }
    if elf.file_type == ET_REL.0 {
        return Err(error("is an object file that has not been linked", LINK_HELP));
    }
    if elf.file_type != ET_EXEC.0 && elf.file_type != ET_DYN.0 {
        return Err(error("is not a program", LINK_HELP));
    }
    Ok(elf)
}

fn linked(elf: &Elf, segments: &[Segment], errors: &mut Vec<ImageError>) {
    let dynamic = elf.segments.iter().any(|segment| segment.kind == PT_DYNAMIC || segment.kind == PT_INTERP);
    if dynamic || elf.file_type == ET_DYN.0 {
        errors.push(error("is linked dynamically", "link it statically and not position-independent"));
    } else if segments.is_empty() {
        errors.push(error("has nothing to load", LINK_HELP));
    }
}

fn segment_alone(segment: &Segment, base: u64, file: &[u8], limit: u64, errors: &mut Vec<ImageError>) {
    let name = Sort::of(segment).name();
    let at = format!("{:#010x}", segment.address);
    if segment.file_size > segment.memory_size || segment.bytes(file).is_none() {
        errors.push(error(
            format!("is a damaged ELF file: its {name} at {at} are not all there"),
            "link it again",
        ));
    }
    if segment.flags & PF_X != 0 && segment.flags & PF_W != 0 {
        errors.push(error(
            format!("has a segment at {at} that is both writable and executable"),
            "keep code and data in segments of their own; partition.ld does",
        ));
    }
    let inside = segment.address >= base && segment.end().is_some_and(|end| end <= limit);
    if !inside {
        errors.push(error(
            format!("has {name} at {at}, outside a partition's memory, which begins at {base:#010x}"),
            LINK_HELP,
        ));
    }
}

fn too_large(needed: u64, memory: u64) -> ImageError {
    let pages = size_text(needed.next_multiple_of(PAGE));
    error(
        format!(
            "is larger than the partition's memory: it takes {} of {}",
            size_rounded(needed),
            size_text(memory)
        ),
        format!("give the partition more than {pages}: heap and stacks come on top"),
    )
}

/// Code first, then constants, then data, each from a page of its own.
fn order(segments: &[Segment], errors: &mut Vec<ImageError>) {
    for pair in segments.windows(2) {
        let (first, second) = (&pair[0], &pair[1]);
        let (sort, next) = (Sort::of(first), Sort::of(second));
        let end = first.address + first.memory_size;
        if next < sort {
            errors.push(error(
                format!(
                    "has {} at {:#010x} behind {} at {:#010x}",
                    next.name(),
                    second.address,
                    sort.name(),
                    first.address
                ),
                "the order is code, constants, data; partition.ld keeps it",
            ));
        } else if second.address < end {
            errors.push(error(format!("has segments that overlap at {:#010x}", second.address), LINK_HELP));
        } else if next != sort && second.address < end.next_multiple_of(PAGE) {
            errors.push(error(
                format!("has {} and {} in one page at {:#010x}", sort.name(), next.name(), second.address),
                "begin each with a page of 4 KiB of its own; partition.ld does",
            ));
        }
    }
}

fn entry(elf: &Elf, segments: &[Segment], errors: &mut Vec<ImageError>) {
    let inside = |segment: &Segment| {
        let code = segment.address..segment.address + segment.file_size;
        Sort::of(segment) == Sort::Text && code.contains(&elf.entry)
    };
    if !segments.iter().any(inside) {
        errors.push(error(
            format!("begins at {:#010x}, which is not in its code", elf.entry),
            "link it with the guest layer's library, which has the entry point",
        ));
    }
}

fn flatten(base: u64, elf: &Elf, segments: &[Segment], file: &[u8]) -> Image {
    let mut bytes = Vec::new();
    let mut sizes = Sizes::default();
    let mut ends = [base; 3];
    for segment in segments {
        let sort = Sort::of(segment);
        let contents = segment.bytes(file).unwrap_or_default();
        let start = (segment.address - base) as usize;
        if !contents.is_empty() {
            bytes.resize(start, 0);
            bytes.extend_from_slice(contents);
        }
        match sort {
            Sort::Text => sizes.text += segment.memory_size,
            Sort::Constants => sizes.constants += segment.memory_size,
            Sort::Data => {
                sizes.data += segment.file_size;
                sizes.zeroed += segment.memory_size - segment.file_size;
            }
        }
        ends[sort as usize] = segment.address + segment.memory_size;
    }
    let text_end = ends[Sort::Text as usize].next_multiple_of(PAGE);
    let read_only_end = ends[Sort::Constants as usize].next_multiple_of(PAGE).max(text_end);
    let data_end = ends[Sort::Data as usize].max(read_only_end);
    Image { base, entry: elf.entry, text_end, read_only_end, data_end, end: data_end, bytes, sizes }
}

/// Adds what a warm restart keeps, which must lie behind all that it clears.
fn keep(image: &mut Image, kept: &[Segment]) -> Result<(), Vec<ImageError>> {
    for segment in kept {
        if segment.address < image.data_end {
            let text = format!("has .noinit at {:#010x}, before the end of its data", segment.address);
            return Err(vec![error(text, LINK_HELP)]);
        }
        image.end = image.end.max(segment.address + segment.memory_size);
        image.sizes.zeroed += segment.memory_size;
    }
    Ok(())
}
