//! The kernel's own check of the system table.
//!
//! The tool has checked the system file long before; the kernel still believes nothing, because a table can come
//! from another version or be damaged on its way. What passes here is what isolation rests on: memories that lie
//! in RAM and apart from each other, images inside the read-only part, windows in order.

use bulkhead_abi::system_table::{
    ByteOrder, Header, IMAGES_MAX, Image, MAGIC, PARTITIONS_MAX, Partition as Entry, READ, READ_WRITE,
    RIGHT_BACKGROUND, RIGHT_EXECUTABLE_HEAP, SCHEDULES_MAX, SIZE_MAX, Schedule as ScheduleEntry, VERSION,
    WINDOWS_MAX, Window as WindowEntry,
};
use bulkhead_abi::{Action, COMMAND_LINE_LENGTH_MAX, ChangeAction, PAGE_SIZE, Response, TickPolicy};

use core::ops::Range;

use crate::channel::Channels;
use crate::connections;
use crate::device::Devices;
use crate::memory::Region;
use crate::ownership::{self, DeviceLimits};
use crate::partition::{Index, Partition};
use crate::region::Regions;
use crate::responses;
use crate::schedule::{Schedule, Window};

/// Where a partition lies in physical memory, and what the machine needs besides to map it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// Physical address of the partition's memory.
    pub memory: usize,
    /// Size of its memory in bytes.
    pub memory_size: usize,
    /// How far its memory and the regions behind it reach, in bytes from the memory's start in its own addresses.
    pub mapped: usize,
    /// Physical address of the room for its page tables and interface pages.
    pub tables: usize,
    /// Size of that room in bytes.
    pub tables_size: usize,
    /// Physical address of its image.
    pub image: usize,
    /// Bytes of its image.
    pub image_size: usize,
    /// Guest address where code ends.
    pub text_end: usize,
    /// Guest address where constants end.
    pub read_only_end: usize,
    /// Guest address from which on memory can be executed as well as written, to its end; a page's.
    pub executable_from: usize,
}

impl Placement {
    /// A place for a partition that does not exist.
    pub const NONE: Self = Self {
        memory: 0,
        memory_size: 0,
        mapped: 0,
        tables: 0,
        tables_size: 0,
        image: 0,
        image_size: 0,
        text_end: 0,
        read_only_end: 0,
        executable_from: usize::MAX,
    };

    /// The two ranges of memory that are the partition's alone: where each begins, and its size.
    const fn parts(&self) -> [(usize, usize); 2] {
        [(self.memory, self.memory_size), (self.tables, self.tables_size)]
    }

    /// Whether it has nothing of a range.
    pub(crate) fn is_apart(&self, range: (usize, usize)) -> bool {
        self.parts().iter().all(|&part| apart(part, range))
    }

    fn check(&self, ranges: &Ranges, limits: &Limits, entry: usize, data_end: usize) -> Result<(), Refusal> {
        let base = limits.memory_base;
        if !aligned(self.image) || !inside(self.image, self.image_size, &ranges.images) {
            return Err("an image lies outside the images' range");
        }
        if !aligned(self.text_end) || !aligned(self.read_only_end) {
            return Err("an image's sections do not begin at a page");
        }
        let ordered = base <= self.text_end
            && self.text_end <= self.read_only_end
            && self.read_only_end <= data_end
            && self.image_size <= data_end.wrapping_sub(base);
        if !ordered || entry < base || entry >= self.text_end {
            return Err("an image's sections are out of order, or its entry point is outside its code");
        }
        for (start, size) in self.parts() {
            if !aligned(start) || !aligned(size) || !inside(start, size, &ranges.memories) {
                return Err("a partition's memory lies outside the partitions' range");
            }
        }
        if self.memory_size == 0 || self.memory_size > limits.memory_size_max {
            return Err("a partition's memory lies outside the partitions' range");
        }
        if data_end > base.saturating_add(self.memory_size) {
            return Err("an image is larger than its partition's memory");
        }
        Ok(())
    }
}

/// The ranges of physical memory that the kernel may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Physical address of the table.
    pub table: usize,
    /// First address that is no RAM any more.
    pub memory_end: usize,
    /// How large a partition's room for page tables must be, given the size of its memory.
    pub tables_size: fn(u64) -> u64,
    /// First guest address of a partition's memory.
    pub memory_base: usize,
    /// The most memory that a partition can have.
    pub memory_size_max: usize,
    /// What there is of devices.
    pub devices: DeviceLimits,
}

impl Limits {
    /// A machine whose RAM ends at `memory_end`, of whose devices partitions can have nothing.
    #[must_use]
    pub const fn new(machine: &bulkhead_abi::machine::MemoryMap, memory_end: usize) -> Self {
        Self {
            table: machine.table as usize,
            memory_end,
            tables_size: machine.tables_size,
            memory_base: machine.partition_memory as usize,
            memory_size_max: machine.partition_memory_max as usize,
            devices: DeviceLimits::NONE,
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
    /// The channels and their ports.
    pub channels: Channels,
    /// The regions of shared memory.
    pub regions: Regions,
    /// The devices that partitions own.
    pub devices: Devices,
    /// Who gets console input.
    pub console_input: Option<Index>,
    /// What is done about an error of the kernel's device.
    pub device_error: Response,
    /// Who gets the time that nobody else uses.
    pub background: Option<Index>,
}

/// The longest major frame, in nanoseconds.
const FRAME_MAX: u64 = 1 << 62;

/// The order in which the kernel can map memory for itself: 2 MiB.
const MEMORY_ALIGNMENT: usize = 2 << 20;

/// Why a table is refused, in words for the log.
pub type Refusal = &'static str;

/// Addresses and sizes of the table as this processor has them.
pub(crate) fn narrow<const COUNT: usize>(values: [u64; COUNT]) -> Result<[usize; COUNT], Refusal> {
    let mut narrowed = [0; COUNT];
    for (place, value) in narrowed.iter_mut().zip(values) {
        *place = usize::try_from(value).map_err(|_| "an address or a size is none of this processor's")?;
    }
    Ok(narrowed)
}

/// Whether rights to memory let a partition write it; none if they are unknown.
pub(crate) const fn may_write(rights: u32) -> Option<bool> {
    match rights {
        READ => Some(false),
        READ_WRITE => Some(true),
        _ => None,
    }
}

pub(crate) const fn aligned(address: usize) -> bool {
    address.is_multiple_of(PAGE_SIZE)
}

pub(crate) fn inside(start: usize, size: usize, range: &Range<usize>) -> bool {
    start >= range.start && start.checked_add(size).is_some_and(|end| end <= range.end)
}

pub(crate) fn apart(one: (usize, usize), other: (usize, usize)) -> bool {
    one.0.saturating_add(one.1) <= other.0 || other.0.saturating_add(other.1) <= one.0
}

/// The ranges of physical memory that the table divides.
pub(crate) struct Ranges {
    images: Range<usize>,
    pub(crate) memories: Range<usize>,
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
                schedules: 0,
                windows: 0,
                channels: 0,
                ports: 0,
                regions: 0,
                mappings: 0,
                console_input: 0,
                clock: 0,
                initial_schedule: 0,
                device_error: 0,
                resources: 0,
                rules: 0,
                reserved: 0,
                images_end: 0,
                memory_start: 0,
                memory_end: 0,
                buffers_start: 0,
                buffers_end: 0,
            },
            partitions: [Partition::NONE; PARTITIONS_MAX],
            placements: [Placement::NONE; PARTITIONS_MAX],
            count: 0,
            schedule: Schedule::new(),
            channels: Channels::new(),
            regions: Regions::new(),
            devices: Devices::new(),
            console_input: None,
            device_error: Response::new(Action::Log),
            background: None,
        }
    }

    /// Reads and checks a table. `self` is to be used only if the answer is `Ok`.
    ///
    /// It fills a configuration that exists, rather than returning one, because it is large and the kernel's stack
    /// is not.
    ///
    /// # Errors
    /// The first thing that is wrong with the table, in words.
    pub fn read(&mut self, table: &[u8], limits: &Limits) -> Result<(), Refusal> {
        let order = ByteOrder::native();
        let header = Header::decode(table, 0, order).ok_or("it is too short")?;
        let ranges = check_header(&header, table.len(), limits)?;
        self.header = header;
        self.count = header.partitions as usize;
        self.console_input = Index::new(header.console_input).filter(|index| index.place() < self.count);

        let images = Header::SIZE;
        let partitions = images + header.images as usize * Image::SIZE;
        let schedules = partitions + self.count * Entry::SIZE;
        let windows = schedules + header.schedules as usize * ScheduleEntry::SIZE;
        for number in 0..self.count {
            let entry = Entry::decode(table, partitions + number * Entry::SIZE, order)
                .ok_or("a partition lies outside it")?;
            let responses = responses::of_partition(&entry, header.schedules)?;
            if entry.image >= header.images {
                return Err("a partition names an image that does not exist");
            }
            let image = Image::decode(table, images + entry.image as usize * Image::SIZE, order)
                .ok_or("an image lies outside it")?;
            self.add(number, &entry, &image, &ranges, limits)?;
            let partition = &mut self.partitions[number % PARTITIONS_MAX];
            responses.give_to(partition);
            let (offset, length) = partition.command_line;
            if entry.rights & RIGHT_BACKGROUND != 0
                && self.background.replace(Index::new(number as u32).unwrap_or(Index::FIRST)).is_some()
            {
                return Err("more than one partition is to have the time that nobody uses");
            }
            if length > COMMAND_LINE_LENGTH_MAX
                || offset.checked_add(length).is_none_or(|end| end > table.len())
            {
                return Err("a command line lies outside it");
            }
        }
        self.read_schedules(table, schedules, windows)?;
        self.device_error = responses::of_device(header.device_error, header.schedules)?;
        let connections = windows + header.windows as usize * WindowEntry::SIZE;
        self.read_connections(table, connections, &ranges, limits)?;
        self.read_devices(table, connections + connections::size(&header)?, limits)?;
        let has_room = |placement: &Placement| {
            placement.tables_size as u64 >= (limits.tables_size)(placement.mapped as u64)
        };
        if !self.placements.iter().take(self.count).all(has_room) {
            return Err("a partition's room for page tables is too small");
        }
        Ok(())
    }

    /// Reads the schedules and their windows, from these places of the table on.
    fn read_schedules(&mut self, table: &[u8], schedules: usize, windows: usize) -> Result<(), Refusal> {
        let (mut place, order) = (windows, ByteOrder::native());
        for number in 0..self.header.schedules as usize {
            let entry = ScheduleEntry::decode(table, schedules + number * ScheduleEntry::SIZE, order)
                .ok_or("a schedule lies outside it")?;
            if entry.windows == 0 || entry.major_frame == 0 || entry.major_frame > FRAME_MAX {
                return Err("a schedule has no windows, or no major frame");
            }
            if number > 0 && !self.schedule.add_plan() {
                return Err("it has more schedules than this kernel can take");
            }
            let mut actions = [ChangeAction::Keep; PARTITIONS_MAX];
            for (action, &number) in actions.iter_mut().zip(&entry.actions) {
                *action = ChangeAction::from_number(number).ok_or("an action of a schedule is unknown")?;
            }
            self.schedule.describe(entry.name, actions);
            self.schedule.set_frame(entry.major_frame);
            let behind = place.saturating_add((entry.windows as usize).saturating_mul(WindowEntry::SIZE));
            if behind > windows + self.header.windows as usize * WindowEntry::SIZE {
                return Err("a schedule has more windows than there are");
            }
            while place < behind {
                self.add_window(table, place)?;
                place += WindowEntry::SIZE;
            }
        }
        if place != windows + self.header.windows as usize * WindowEntry::SIZE {
            return Err("a window is no schedule's");
        }
        let initial = self.schedule.plan_index(self.header.initial_schedule);
        self.schedule.start(initial.ok_or("it begins with a schedule that does not exist")?, 0);
        Ok(())
    }

    fn add_window(&mut self, table: &[u8], place: usize) -> Result<(), Refusal> {
        let entry =
            WindowEntry::decode(table, place, ByteOrder::native()).ok_or("a window lies outside it")?;
        let partition = Index::new(entry.partition)
            .filter(|index| index.place() < self.count)
            .ok_or("a window names a partition that does not exist")?;
        let end = entry.start.checked_add(entry.duration).ok_or("a window never ends")?;
        if !self.schedule.add(Window { partition, start: entry.start, end }) {
            return Err("a window is empty, overlaps another, or ends after the major frame");
        }
        Ok(())
    }

    /// Checks a partition and its image, and adds them.
    fn add(
        &mut self,
        number: usize,
        entry: &Entry,
        image: &Image,
        ranges: &Ranges,
        limits: &Limits,
    ) -> Result<(), Refusal> {
        let [image_start, image_size, entry_point, text_end, read_only_end, data_end] = narrow([
            image.physical,
            image.file_size,
            image.entry,
            image.text_end,
            image.read_only_end,
            image.data_end,
        ])?;
        let [memory, memory_size, tables, tables_size] =
            narrow([entry.memory, entry.memory_size, entry.tables, entry.tables_size])?;
        let placement = Placement {
            memory,
            memory_size,
            mapped: memory_size,
            tables,
            tables_size,
            image: image_start,
            image_size,
            text_end,
            read_only_end,
            executable_from: if entry.rights & RIGHT_EXECUTABLE_HEAP == 0 {
                usize::MAX
            } else {
                data_end.wrapping_add(PAGE_SIZE - 1) & !(PAGE_SIZE - 1)
            },
        };
        placement.check(ranges, limits, entry_point, data_end)?;
        self.check_apart(number, &placement)?;
        let base = limits.memory_base;
        *self.placements.get_mut(number).ok_or("there are too many partitions")? = placement;
        *self.partitions.get_mut(number).ok_or("there are too many partitions")? = Partition {
            region: Region { base, size: memory_size, read_only: read_only_end.wrapping_sub(base) },
            entry: entry_point,
            image_size,
            checksum: image.checksum,
            data_end: data_end.wrapping_sub(base),
            name: entry.name,
            tick_policy: match entry.tick_policy {
                0 => TickPolicy::CatchUp,
                1 => TickPolicy::Skip,
                _ => return Err("a tick policy is unknown"),
            },
            command_line: (entry.command_line_offset as usize, entry.command_line_length as usize),
            ..Partition::NONE
        };
        Ok(())
    }

    /// Takes a range of a partition's addresses for a region or a device that it is to see there. The answer is false,
    /// and nothing is changed, if that is not free: behind its memory, in whole pages, and apart from all others.
    pub(crate) fn see(&mut self, partition: Index, range: (usize, usize), limits: &Limits) -> bool {
        let (address, size) = range;
        let own = self.partitions[partition.place()].region;
        let free =
            own.base.saturating_add(own.size)..limits.memory_base.saturating_add(limits.memory_size_max);
        let regions = self.regions.mappings().filter(|other| other.partition == partition);
        let devices = self.devices.memory_of(partition);
        let mut others = regions
            .map(|other| (other.address, other.size))
            .chain(devices.map(|other| (other.address, other.size)));
        if !aligned(address) || !inside(address, size, &free) || !others.all(|other| apart(range, other)) {
            return false;
        }
        let placement = &mut self.placements[partition.place()];
        placement.mapped = placement.mapped.max(address + size - limits.memory_base);
        true
    }

    fn check_apart(&self, number: usize, placement: &Placement) -> Result<(), Refusal> {
        let mine = placement.parts();
        let [memory, tables] = mine;
        let collides =
            |other: &Placement| mine.iter().any(|&one| other.parts().iter().any(|&other| !apart(one, other)));
        if !apart(memory, tables) || self.placements.iter().take(number).any(collides) {
            return Err("the memories of two partitions overlap");
        }
        Ok(())
    }
}

impl Default for Configuration {
    fn default() -> Self {
        Self::new()
    }
}

fn check_header(header: &Header, available: usize, limits: &Limits) -> Result<Ranges, Refusal> {
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
    let schedules = header.schedules as usize;
    if images > IMAGES_MAX
        || partitions > PARTITIONS_MAX
        || schedules > SCHEDULES_MAX
        || header.windows as usize > WINDOWS_MAX
    {
        return Err("it has more images, partitions, schedules or windows than this kernel can take");
    }
    let windows = header.windows as usize;
    let connections = connections::size(header)?;
    let arrays = images * Image::SIZE
        + partitions * Entry::SIZE
        + schedules * ScheduleEntry::SIZE
        + windows * WindowEntry::SIZE
        + connections
        + ownership::size(header)?;
    if Header::SIZE + arrays > size {
        return Err("its arrays are longer than it says it is");
    }
    if partitions == 0 || windows == 0 || schedules == 0 {
        return Err("it has no partitions, no windows, or no schedule");
    }
    let [images_end, start, end] = narrow([header.images_end, header.memory_start, header.memory_end])?;
    let images = limits.table.saturating_add(size)..images_end;
    if images.start > images.end
        || images.end > start
        || !start.is_multiple_of(MEMORY_ALIGNMENT)
        || end <= start
    {
        return Err("its memory ranges are out of order");
    }
    if end > limits.memory_end {
        return Err("it needs more memory than this machine has");
    }
    Ok(Ranges { images, memories: start..end })
}
