//! The kernel's own check of the system table.
//!
//! The tool has checked the system file long before; the kernel still believes nothing, because a table can come
//! from another version or be damaged on its way. What passes here is what isolation rests on: memories that lie
//! in RAM and apart from each other, images inside the read-only part, windows in order.

use bulkhead_abi::system_table::{
    ByteOrder, FaultAction, Header, IMAGES_MAX, Image, MAGIC, PARTITIONS_MAX, Partition as Entry, SIZE_MAX,
    VERSION, WINDOWS_MAX, Window as WindowEntry,
};
use bulkhead_abi::{COMMAND_LINE_LENGTH_MAX, PAGE_SIZE, TickPolicy};

use crate::memory::Region;
use crate::partition::{Index, Partition};
use crate::schedule::{Schedule, Window};

/// What the table says of the board: where things are that only the machine touches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// Physical address of the partition's memory.
    pub memory: u64,
    /// Size of its memory in bytes.
    pub memory_size: u64,
    /// Physical address of the room for its page tables and interface pages.
    pub tables: u64,
    /// Size of that room in bytes.
    pub tables_size: u64,
    /// Physical address of its image.
    pub image: u64,
    /// Bytes of its image.
    pub image_size: u64,
    /// Guest address where code ends.
    pub text_end: u64,
    /// Guest address where constants end.
    pub read_only_end: u64,
}

impl Placement {
    /// A place for a partition that does not exist.
    pub const NONE: Self = Self {
        memory: 0,
        memory_size: 0,
        tables: 0,
        tables_size: 0,
        image: 0,
        image_size: 0,
        text_end: 0,
        read_only_end: 0,
    };
}

/// The ranges of physical memory that the kernel may use.
#[derive(Clone, Copy, Debug)]
pub struct Board {
    /// Physical address of the table.
    pub table: u64,
    /// First address that is no RAM any more.
    pub memory_end: u64,
    /// How large a partition's room for page tables must be, given the size of its memory.
    pub tables_size: fn(u64) -> u64,
    /// First guest address of a partition's memory.
    pub memory_base: u64,
    /// The most memory that a partition can have.
    pub memory_size_max: u64,
}

impl Board {
    /// A machine whose RAM ends at `memory_end`.
    #[must_use]
    pub const fn new(machine: &bulkhead_abi::machine::Board, memory_end: u64) -> Self {
        Self {
            table: machine.table,
            memory_end,
            tables_size: machine.tables_size,
            memory_base: machine.partition_memory,
            memory_size_max: machine.partition_memory_max,
        }
    }
}

/// A table that has been checked.
#[derive(Debug)]
pub struct Configuration {
    /// Its header.
    pub header: Header,
    /// The partitions.
    pub partitions: [Partition; PARTITIONS_MAX],
    /// Where each partition lies.
    pub placements: [Placement; PARTITIONS_MAX],
    /// How many partitions there are.
    pub count: usize,
    /// The schedule.
    pub schedule: Schedule,
    /// Who gets console input.
    pub console_input: Option<Index>,
}

const PAGE: u64 = PAGE_SIZE as u64;

/// The order in which the kernel can map memory for itself: 2 MiB.
const MEMORY_ALIGNMENT: u64 = 2 << 20;

/// Why a table is refused, in words for the log.
pub type Refusal = &'static str;

fn aligned(address: u64) -> bool {
    address.is_multiple_of(PAGE)
}

fn inside(start: u64, size: u64, low: u64, high: u64) -> bool {
    start >= low && start.checked_add(size).is_some_and(|end| end <= high)
}

fn apart(one: (u64, u64), other: (u64, u64)) -> bool {
    one.0.saturating_add(one.1) <= other.0 || other.0.saturating_add(other.1) <= one.0
}

impl Configuration {
    /// A configuration without partitions.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            header: Header {
                magic: 0,
                version: 0,
                size: 0,
                images: 0,
                partitions: 0,
                windows: 0,
                console_input: 0,
                clock: 0,
                major_frame: 0,
                images_end: 0,
                memory_start: 0,
                memory_end: 0,
            },
            partitions: [Partition::NONE; PARTITIONS_MAX],
            placements: [Placement::NONE; PARTITIONS_MAX],
            count: 0,
            schedule: Schedule::new(),
            console_input: None,
        }
    }

    /// Reads and checks a table. `self` is to be used only if the answer is `Ok`.
    ///
    /// It fills a configuration that exists, rather than returning one, because it is large and the kernel's stack
    /// is not.
    ///
    /// # Errors
    /// The first thing that is wrong with the table, in words.
    pub fn read(&mut self, table: &[u8], board: &Board) -> Result<(), Refusal> {
        let order = ByteOrder::native();
        let header = Header::decode(table, order).ok_or("it is too short")?;
        check_header(&header, table.len(), board)?;
        self.header = header;
        self.count = header.partitions as usize;
        self.console_input = Index::new(header.console_input).filter(|index| index.place() < self.count);

        let images = Header::SIZE;
        let partitions = images + header.images as usize * Image::SIZE;
        let windows = partitions + self.count * Entry::SIZE;
        for number in 0..self.count {
            let entry = Entry::decode(table, partitions + number * Entry::SIZE, order)
                .ok_or("a partition lies outside it")?;
            if entry.image >= header.images {
                return Err("a partition names an image that does not exist");
            }
            let image = Image::decode(table, images + entry.image as usize * Image::SIZE, order)
                .ok_or("an image lies outside it")?;
            check_image(&image, &header, board)?;
            check_partition(&entry, &image, &header, board, table.len())?;
            self.check_apart(number, &entry)?;
            self.take(number, &entry, &image, board)?;
        }
        self.schedule.set_frame(header.major_frame);
        for number in 0..header.windows as usize {
            let entry = WindowEntry::decode(table, windows + number * WindowEntry::SIZE, order)
                .ok_or("a window lies outside it")?;
            let partition = Index::new(entry.partition)
                .filter(|index| index.place() < self.count)
                .ok_or("a window names a partition that does not exist")?;
            let end = entry.start.checked_add(entry.duration).ok_or("a window never ends")?;
            if !self.schedule.add(Window { partition, start: entry.start, end }) {
                return Err("a window is empty, overlaps another, or ends after the major frame");
            }
        }
        Ok(())
    }

    fn check_apart(&self, number: usize, entry: &Entry) -> Result<(), Refusal> {
        let mine = [(entry.memory, entry.memory_size), (entry.tables, entry.tables_size)];
        let [memory, tables] = mine;
        let collides = |placement: &Placement| {
            let theirs =
                [(placement.memory, placement.memory_size), (placement.tables, placement.tables_size)];
            mine.iter().any(|&one| theirs.iter().any(|&other| !apart(one, other)))
        };
        if !apart(memory, tables) || self.placements.iter().take(number).any(collides) {
            return Err("the memories of two partitions overlap");
        }
        Ok(())
    }

    fn take(&mut self, number: usize, entry: &Entry, image: &Image, board: &Board) -> Result<(), Refusal> {
        let base = board.memory_base;
        let place = self.placements.get_mut(number).ok_or("there are too many partitions")?;
        *place = Placement {
            memory: entry.memory,
            memory_size: entry.memory_size,
            tables: entry.tables,
            tables_size: entry.tables_size,
            image: image.physical,
            image_size: image.file_size,
            text_end: image.text_end,
            read_only_end: image.read_only_end,
        };
        let partition = self.partitions.get_mut(number).ok_or("there are too many partitions")?;
        *partition = Partition {
            region: Region {
                base,
                size: entry.memory_size,
                read_only: image.read_only_end.wrapping_sub(base),
            },
            entry: image.entry,
            image_size: image.file_size,
            data_end: image.data_end.wrapping_sub(base),
            name: entry.name,
            tick_policy: match entry.tick_policy {
                0 => TickPolicy::CatchUp,
                1 => TickPolicy::Skip,
                _ => return Err("a tick policy is unknown"),
            },
            fault_action: match entry.fault_action {
                0 => FaultAction::Stop,
                _ => return Err("a fault action is unknown"),
            },
            command_line: (entry.command_line_offset as usize, entry.command_line_length as usize),
            ..Partition::NONE
        };
        partition.begin_start(bulkhead_abi::StartReason::SystemStart);
        Ok(())
    }
}

impl Default for Configuration {
    fn default() -> Self {
        Self::new()
    }
}

fn check_header(header: &Header, available: usize, board: &Board) -> Result<(), Refusal> {
    if header.magic != MAGIC {
        return Err("it does not begin with its mark; was this file made by `bulkhead build`?");
    }
    if header.version != VERSION {
        return Err("it has another version than this kernel; build the system again");
    }
    let size = header.size as usize;
    if size > SIZE_MAX || size > available {
        return Err("it is longer than a table can be");
    }
    let (images, partitions) = (header.images as usize, header.partitions as usize);
    if images > IMAGES_MAX || partitions > PARTITIONS_MAX || header.windows as usize > WINDOWS_MAX {
        return Err("it has more images, partitions or windows than this kernel can take");
    }
    let windows = header.windows as usize;
    if Header::SIZE + images * Image::SIZE + partitions * Entry::SIZE + windows * WindowEntry::SIZE > size {
        return Err("its arrays are longer than it says it is");
    }
    if partitions == 0 || windows == 0 || header.major_frame == 0 || header.major_frame > 1 << 62 {
        return Err("it has no partitions, no windows, or no major frame");
    }
    let images_start = board.table.saturating_add(header.size.into());
    if header.images_end < images_start
        || header.images_end > header.memory_start
        || !header.memory_start.is_multiple_of(MEMORY_ALIGNMENT)
        || header.memory_end <= header.memory_start
    {
        return Err("its memory ranges are out of order");
    }
    if header.memory_end > board.memory_end {
        return Err("it needs more memory than this machine has");
    }
    Ok(())
}

fn check_image(image: &Image, header: &Header, board: &Board) -> Result<(), Refusal> {
    let base = board.memory_base;
    if !aligned(image.physical)
        || !inside(image.physical, image.file_size, board.table + u64::from(header.size), header.images_end)
    {
        return Err("an image lies outside the images' range");
    }
    if !aligned(image.text_end) || !aligned(image.read_only_end) {
        return Err("an image's sections do not begin at a page");
    }
    let ordered = base <= image.text_end
        && image.text_end <= image.read_only_end
        && image.read_only_end <= image.data_end
        && image.file_size <= image.data_end.wrapping_sub(base);
    if !ordered || image.entry < base || image.entry >= image.text_end {
        return Err("an image's sections are out of order, or its entry point is outside its code");
    }
    Ok(())
}

fn check_partition(
    entry: &Entry,
    image: &Image,
    header: &Header,
    board: &Board,
    table_size: usize,
) -> Result<(), Refusal> {
    if !aligned(entry.memory)
        || !aligned(entry.memory_size)
        || !aligned(entry.tables)
        || !aligned(entry.tables_size)
        || entry.memory_size == 0
        || entry.memory_size > board.memory_size_max
        || !inside(entry.memory, entry.memory_size, header.memory_start, header.memory_end)
        || !inside(entry.tables, entry.tables_size, header.memory_start, header.memory_end)
    {
        return Err("a partition's memory lies outside the partitions' range");
    }
    if entry.tables_size < (board.tables_size)(entry.memory_size) {
        return Err("a partition's room for page tables is too small");
    }
    if image.data_end > board.memory_base.saturating_add(entry.memory_size) {
        return Err("an image is larger than its partition's memory");
    }
    let (offset, length) = (entry.command_line_offset as usize, entry.command_line_length as usize);
    if length > COMMAND_LINE_LENGTH_MAX || offset.checked_add(length).is_none_or(|end| end > table_size) {
        return Err("a command line lies outside it");
    }
    Ok(())
}
