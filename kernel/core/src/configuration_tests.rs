//! Tests of the kernel's own check of the system table.

use std::boxed::Box;
use std::vec::Vec;

use bulkhead_abi::machine::i386;
use bulkhead_abi::system_table::{
    ByteOrder, Header, Image, MAGIC, PHYSICAL_ADDRESS_X86_64, Partition, RIGHT_EXECUTABLE_HEAP, SIZE_MAX,
    Schedule, VERSION, Window, Writer, tables_size_x86_64,
};
use bulkhead_abi::{Action, COMMAND_LINE_LENGTH_MAX, TickPolicy, standard_responses};
use proptest::prelude::*;

use crate::configuration::{Configuration, Limits, Refusal};
use crate::memory::Region;

pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Writer for Bytes {
    fn put(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn order(&self) -> ByteOrder {
        ByteOrder::native()
    }
}

/// Bytes of what the table has before its command lines.
const ARRAYS: u32 = 112 + 56 + 400 + 80 + 48;

pub(crate) const TABLE_SIZE: u32 = 0x1000;
pub(crate) const MEMORY_START: u64 = 4 << 20;
pub(crate) const MEMORY_SIZE: u64 = 1 << 20;
pub(crate) const BASE: u64 = i386::MEMORY_BASE as u64;

#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) header: Header,
    pub(crate) image: Image,
    pub(crate) partitions: [Partition; 2],
    pub(crate) schedule: Schedule,
    pub(crate) windows: [Window; 2],
}

pub(crate) fn table() -> Table {
    let images = PHYSICAL_ADDRESS_X86_64 + u64::from(TABLE_SIZE);
    let room = tables_size_x86_64(MEMORY_SIZE);
    let partition = |number: u64| Partition {
        name: [b'a'; 32],
        memory: MEMORY_START + number * (MEMORY_SIZE + room),
        memory_size: MEMORY_SIZE,
        tables: MEMORY_START + number * (MEMORY_SIZE + room) + MEMORY_SIZE,
        tables_size: room,
        command_line_offset: 0x800,
        command_line_length: 10,
        restarts_exceeded: Action::Idle as u32,
        responses: standard_responses(),
        ..Partition::default()
    };
    let window = |partition, start| Window { partition, reserved: 0, start, duration: 400 };
    Table {
        header: Header {
            magic: MAGIC,
            version: VERSION,
            size: TABLE_SIZE,
            images: 1,
            partitions: 2,
            windows: 2,
            console_input: 1,
            clock: 0,
            schedules: 1,
            device_error: 1,
            images_end: images + 0x4000,
            memory_start: MEMORY_START,
            memory_end: MEMORY_START + 2 * (MEMORY_SIZE + room),
            ..Header::default()
        },
        image: Image {
            physical: images,
            file_size: 0x2345,
            entry: BASE + 0x10,
            text_end: BASE + 0x1000,
            read_only_end: BASE + 0x2000,
            data_end: BASE + 0x3000,
            checksum: 0x1234_5678,
            reserved: 0,
        },
        schedule: Schedule { name: [b's'; 32], major_frame: 1000, windows: 2, ..Schedule::default() },
        partitions: [partition(0), partition(1)],
        windows: [window(0, 0), window(1, 500)],
    }
}

impl Table {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.bytes_with(|_| ())
    }

    /// The table with what `more` appends to the windows.
    pub(crate) fn bytes_with(&self, more: impl FnOnce(&mut Bytes)) -> Vec<u8> {
        let mut bytes = Bytes(Vec::new());
        self.header.encode(&mut bytes);
        self.image.encode(&mut bytes);
        self.partitions.iter().for_each(|partition| partition.encode(&mut bytes));
        self.schedule.encode(&mut bytes);
        self.windows.iter().for_each(|window| window.encode(&mut bytes));
        more(&mut bytes);
        bytes.0.resize(bytes.0.len().max(TABLE_SIZE as usize), 0);
        bytes.0
    }
}

pub(crate) fn read(bytes: &[u8]) -> Result<Box<Configuration>, Refusal> {
    let mut configuration = Box::new(Configuration::new());
    configuration.read(bytes, &Limits::new(&bulkhead_abi::machine::X86_64, 128 << 20)).map(|()| configuration)
}

#[test]
fn a_good_table_is_taken() {
    let configuration = read(&table().bytes()).unwrap();
    assert_eq!(configuration.count, 2);
    assert_eq!(configuration.schedule.windows().len(), 2);
    assert_eq!(configuration.schedule.frame(), 1000);
    assert_eq!(configuration.console_input.map(|index| index.number()), Some(1));
    assert_eq!(configuration.partitions[1].region.read_only, 0x2000);
}

#[test]
fn everything_that_a_table_says_is_taken() {
    let mut table = table();
    table.partitions[0].name = [b'x'; 32];
    table.partitions[1].tick_policy = TickPolicy::Skip as u32;
    table.partitions[1].command_line_offset = 0x801;
    table.partitions[1].command_line_length = 11;
    let configuration = read(&table.bytes()).unwrap();
    let [first, second, ..] = configuration.partitions;
    assert_eq!((first.name, second.name), ([b'x'; 32], [b'a'; 32]));
    assert_eq!((first.tick_policy, second.tick_policy), (TickPolicy::CatchUp, TickPolicy::Skip));
    assert_eq!((first.command_line, second.command_line), ((0x800, 10), (0x801, 11)));
    for partition in [first, second] {
        assert_eq!((partition.entry, partition.image_size), (BASE as usize + 0x10, 0x2345));
        assert_eq!((partition.data_end, partition.checksum), (0x3000, 0x1234_5678));
        assert_eq!(
            partition.region,
            Region { base: BASE as usize, size: MEMORY_SIZE as usize, read_only: 0x2000 }
        );
    }
    for (placement, entry) in configuration.placements.iter().zip(&table.partitions) {
        let own = [placement.memory, placement.memory_size, placement.tables, placement.tables_size];
        let told = [entry.memory, entry.memory_size, entry.tables, entry.tables_size];
        assert_eq!(own.map(|number| number as u64), told);
        let own = [placement.image, placement.image_size, placement.text_end, placement.read_only_end];
        let image = &table.image;
        let told = [image.physical, image.file_size, image.text_end, image.read_only_end];
        assert_eq!(own.map(|number| number as u64), told);
    }
    let windows: Vec<_> = configuration.schedule.windows().iter().map(|it| (it.start, it.end)).collect();
    assert_eq!(windows, [(0, 400), (500, 900)]);
    table.header.console_input = bulkhead_abi::system_table::NO_PARTITION;
    assert_eq!(read(&table.bytes()).unwrap().console_input, None);
    table.header.console_input = 2;
    assert_eq!(read(&table.bytes()).unwrap().console_input, None, "there is no such partition");
}

/// From the page behind the image's data on, and for the partition alone whose right it is.
#[test]
fn memory_is_executable_where_a_right_says_so() {
    for (data_end, from) in [(0x3000, 0x3000), (0x3001, 0x4000), (MEMORY_SIZE, MEMORY_SIZE)] {
        let mut table = table();
        table.image.data_end = BASE + data_end;
        table.partitions[1].rights = RIGHT_EXECUTABLE_HEAP;
        let placements = read(&table.bytes()).unwrap().placements;
        assert_eq!(placements[1].executable_from as u64, BASE + from);
        assert_eq!(placements[0].executable_from, usize::MAX);
    }
}

#[test]
fn what_no_kernel_of_this_version_knows_is_refused() {
    for (words, lie) in [
        ("tick policy", (|table: &mut Table| table.partitions[1].tick_policy = 2) as fn(&mut Table)),
        ("right", |table| table.partitions[0].rights = 16),
        ("response", |table| table.partitions[0].responses[1] = 7),
        ("response", |table| table.header.device_error = 8),
        ("response", |table| table.partitions[1].restarts_exceeded = 9),
        ("action", |table| table.schedule.actions[31] = 4),
    ] {
        let mut table = table();
        lie(&mut table);
        assert!(read(&table.bytes()).expect_err(words).contains(words));
    }
}

/// The last value that is right beside the first that is wrong, for each bound of the header and of what follows it.
#[test]
fn the_bounds_are_where_they_are_said_to_be() {
    type Change = fn(&mut Table);
    assert_eq!(
        ARRAYS as usize,
        Header::SIZE + Image::SIZE + 2 * Partition::SIZE + Schedule::SIZE + 2 * Window::SIZE
    );
    let pairs: [(&str, Change, Change); 16] = [
        ("longer", |table| table.header.size = TABLE_SIZE, |table| table.header.size = TABLE_SIZE + 0x1000),
        ("arrays", |_| (), |table| table.header.size = ARRAYS - 1),
        ("more", |_| (), |table| table.header.images = 33),
        ("more", |_| (), |table| table.header.partitions = 33),
        ("no schedule's", |_| (), |table| table.header.windows = 3),
        ("more", |_| (), |table| table.header.schedules = 17),
        ("no partitions", |_| (), |table| table.header.schedules = 0),
        ("no partitions", |_| (), |table| table.header.windows = 0),
        (
            "no major frame",
            |table| table.schedule.major_frame = 1 << 62,
            |table| table.schedule.major_frame = (1 << 62) + 1,
        ),
        (
            "order",
            |table| table.header.images_end = MEMORY_START,
            |table| table.header.images_end = MEMORY_START + 1,
        ),
        ("order", |_| (), |table| table.header.memory_end = table.header.memory_start),
        (
            "more memory",
            |table| table.header.memory_end = 128 << 20,
            |table| table.header.memory_end += 128 << 20,
        ),
        ("outside the images", |_| (), |table| table.image.physical += 1),
        ("out of order", |table| table.image.entry = BASE + 0xfff, |table| table.image.entry = BASE - 1),
        (
            "larger than",
            |table| table.image.data_end = BASE + MEMORY_SIZE,
            |table| table.image.data_end = BASE + MEMORY_SIZE + 1,
        ),
        ("ends after", |table| table.windows[1].duration = 500, |table| table.windows[1].duration = 501),
    ];
    for (words, right, wrong) in pairs {
        let (mut good, mut bad) = (table(), table());
        right(&mut good);
        assert!(read(&good.bytes()).is_ok(), "{words}: {:?}", read(&good.bytes()).err());
        wrong(&mut bad);
        let refusal = read(&bad.bytes()).expect_err(words);
        assert!(refusal.contains(words), "{words:?} is not in {refusal:?}");
    }
}

#[test]
fn each_lie_is_found() {
    type Lie = fn(&mut Table);
    let lies: [(&str, Lie); 26] = [
        ("mark", |table| table.header.magic = 0),
        ("version", |table| table.header.version += 1),
        ("longer", |table| table.header.size = TABLE_SIZE + 1),
        ("longer", |table| table.header.size = u32::MAX),
        ("arrays", |table| table.header.size = 64),
        ("more", |table| table.header.partitions = u32::MAX),
        ("more", |table| table.header.windows = 257),
        ("no partitions", |table| table.header.partitions = 0),
        ("no major frame", |table| table.schedule.major_frame = 0),
        ("order", |table| table.header.memory_start += 0x1000),
        ("order", |table| table.header.images_end = 0),
        ("more memory", |table| table.header.memory_end = 1 << 40),
        ("does not exist", |table| table.partitions[1].image = 1),
        ("does not exist", |table| table.windows[1].partition = 2),
        ("outside the images", |table| table.image.physical = MEMORY_START),
        ("outside the images", |table| table.image.file_size = u64::MAX),
        ("at a page", |table| table.image.text_end += 1),
        ("out of order", |table| table.image.read_only_end = BASE),
        ("out of order", |table| table.image.entry = BASE + 0x1000),
        ("larger than", |table| table.image.data_end = BASE + MEMORY_SIZE + 1),
        ("outside the partitions", |table| table.partitions[0].memory = PHYSICAL_ADDRESS_X86_64),
        ("outside the partitions", |table| table.partitions[0].memory_size = u64::MAX - 0xfff),
        ("too small", |table| table.partitions[0].tables_size -= 0x1000),
        ("overlap", |table| table.partitions[1].memory -= 0x1000),
        ("command line", |table| table.partitions[1].command_line_offset = u32::MAX),
        ("overlaps another", |table| table.windows[1].start = 399),
    ];
    for (words, lie) in lies {
        let mut table = table();
        lie(&mut table);
        let refusal = read(&table.bytes()).expect_err(words);
        assert!(refusal.contains(words), "{words:?} is not in {refusal:?}");
    }
    for length in [0, 1, 63] {
        assert!(read(&table().bytes()[..length]).is_err());
    }
}

fn read_on(table: &Table, change: fn(&mut Limits)) -> Result<Box<Configuration>, Refusal> {
    let mut configuration = Box::new(Configuration::new());
    let mut limits = Limits::new(&bulkhead_abi::machine::X86_64, 128 << 20);
    change(&mut limits);
    configuration.read(&table.bytes(), &limits).map(|()| configuration)
}

/// What is right only just: each is beside something that is refused above or here.
#[test]
fn what_is_right_only_just_is_taken() {
    type Change = fn(&mut Table);
    let rights: [(&str, Change); 6] = [
        ("an entry at the start of the code", |table| table.image.entry = BASE),
        ("arrays that fill the table", |table| table.header.size = ARRAYS),
        ("images without a byte", |table| {
            table.image.file_size = 0;
            table.header.images_end = table.image.physical;
        }),
        ("the longest command line", |table| {
            table.partitions[1].command_line_length = COMMAND_LINE_LENGTH_MAX as u32;
        }),
        ("a command line to the end of the table", |table| {
            table.partitions[1].command_line_offset = TABLE_SIZE - 10;
        }),
        ("a partition whose image fills its memory", |table| {
            table.image.data_end = BASE + MEMORY_SIZE;
        }),
    ];
    for (what, change) in rights {
        let mut table = table();
        change(&mut table);
        assert!(read(&table.bytes()).is_ok(), "{what}: {:?}", read(&table.bytes()).err());
    }
    assert!(read_on(&table(), |limits| limits.memory_size_max = MEMORY_SIZE as usize).is_ok());
}

#[test]
fn what_is_wrong_in_one_way_only_is_refused() {
    type Change = fn(&mut Table);
    let wrongs: [(&str, Change); 8] = [
        ("outside the partitions", |table| table.partitions[0].memory += 1),
        ("outside the partitions", |table| table.partitions[0].memory_size -= 1),
        ("outside the partitions", |table| table.partitions[0].tables_size -= 1),
        ("outside the partitions", |table| table.partitions[1].memory_size = 0),
        ("overlap", |table| table.partitions[0].tables = table.partitions[0].memory),
        ("command line", |table| {
            table.partitions[1].command_line_length = COMMAND_LINE_LENGTH_MAX as u32 + 1;
        }),
        ("command line", |table| table.partitions[1].command_line_offset = TABLE_SIZE - 9),
        ("at a page", |table| table.image.read_only_end += 1),
    ];
    for (words, change) in wrongs {
        let mut table = table();
        change(&mut table);
        let refusal = read(&table.bytes()).expect_err(words);
        assert!(refusal.contains(words), "{words:?} is not in {refusal:?}");
    }
    let refusal = read_on(&table(), |limits| limits.memory_size_max = MEMORY_SIZE as usize - 1).unwrap_err();
    assert!(refusal.contains("outside the partitions"), "{refusal}");
}

/// As many as there can be are not too many: what is refused then is what is in the places of the others.
#[test]
fn the_most_are_not_too_many() {
    for change in
        [|table: &mut Table| table.header.images = 32, |table: &mut Table| table.header.partitions = 32]
    {
        let mut table = table();
        change(&mut table);
        let refusal = read(&table.bytes()).unwrap_err();
        assert!(!refusal.contains("more images"), "{refusal}");
    }
}

/// The longest table, and one byte more, both where so many bytes are there.
#[test]
fn a_table_has_a_longest_size() {
    for (size, taken) in [(SIZE_MAX, true), (SIZE_MAX + 1, false)] {
        let mut table = table();
        let images = PHYSICAL_ADDRESS_X86_64 + SIZE_MAX as u64;
        table.header.size = size as u32;
        table.image.physical = images;
        table.header.images_end = images + 0x4000;
        let mut bytes = table.bytes();
        bytes.resize(SIZE_MAX + 0x1000, 0);
        let answer = read(&bytes);
        assert_eq!(answer.is_ok(), taken, "{:?}", answer.as_ref().err());
        assert!(answer.err().is_none_or(|refusal| refusal.contains("longer than")));
    }
}

/// A table of two images: each partition has its own.
#[test]
fn each_partition_has_the_image_that_it_names() {
    let mut table = table();
    table.header.images = 2;
    table.partitions[1].image = 1;
    let mut bytes = Bytes(Vec::new());
    table.header.encode(&mut bytes);
    table.image.encode(&mut bytes);
    Image { entry: BASE + 0x20, ..table.image }.encode(&mut bytes);
    table.partitions.iter().for_each(|partition| partition.encode(&mut bytes));
    table.schedule.encode(&mut bytes);
    table.windows.iter().for_each(|window| window.encode(&mut bytes));
    bytes.0.resize(TABLE_SIZE as usize, 0);
    let configuration = read(&bytes.0).unwrap();
    let [first, second, ..] = configuration.partitions;
    assert_eq!((first.entry, second.entry), (BASE as usize + 0x10, BASE as usize + 0x20));
}

proptest! {
    /// Whatever a damaged table says: if it is taken, memories lie in the range and apart, and windows in order.
    #[test]
    fn what_is_taken_isolates(changes in prop::collection::vec((0usize..400, any::<u8>()), 1..6)) {
        let mut bytes = table().bytes();
        for (place, value) in changes {
            bytes[place] = value;
        }
        if let Ok(configuration) = read(&bytes) {
            let header = configuration.header;
            prop_assert!(header.memory_end <= 128 << 20);
            let (start, end) = (header.memory_start as usize, header.memory_end as usize);
            let mut ranges: Vec<(usize, usize)> = Vec::new();
            for placement in configuration.placements.iter().take(configuration.count) {
                ranges.push((placement.memory, placement.memory + placement.memory_size));
                ranges.push((placement.tables, placement.tables + placement.tables_size));
                prop_assert!(placement.image >= PHYSICAL_ADDRESS_X86_64 as usize);
                prop_assert!(placement.image + placement.image_size <= start);
                prop_assert!(placement.image_size <= placement.memory_size);
            }
            ranges.sort_unstable();
            prop_assert!(ranges.iter().all(|range| start <= range.0 && range.1 <= end));
            prop_assert!(ranges.windows(2).all(|pair| pair[0].1 <= pair[1].0));
            let windows = configuration.schedule.windows();
            prop_assert!(windows.windows(2).all(|pair| pair[0].end <= pair[1].start));
            prop_assert!(windows.iter().all(|window| window.end <= configuration.schedule.frame()));
        }
    }
}
