//! The bootable file, made with a stand-in for the kernel and read back as a loader and a kernel would.

use std::fs;
use std::path::Path;

use bulkhead_abi::system_table::{
    ByteOrder, Channel, Header, Image, MAGIC, Mapping, NO_PARTITION, PHYSICAL_ADDRESS_X86_64, Partition,
    Port, READ, READ_WRITE, Region, Schedule, VERSION, Window, tables_size_x86_64,
};
use bulkhead_abi::{PortDirection, PortKind};
use bulkhead_tool::build::Silent;
use bulkhead_tool::installation::Installation;
use bulkhead_tool::{Built, Options, build, memory_map, terminal::Look};

use crate::support::{BASE, Elf, folder};

const SYSTEM: &str = r#"
[system]
name = "packed"
memory = "32 MiB"
major-frame = "100 ms"
console-input = "second"

[[partition]]
name = "first"
memory = "4 MiB"
image = "a.elf"
command-line = "one"

[[partition]]
name = "second"
memory = "8 KiB"
image = "small.elf"
tick = "skip"
command-line = "two words"

[[partition]]
name = "third"
memory = "1 MiB"
image = "a.elf"

[[channel]]
name = "attitude"
kind = "sampling"
message-size = "61 B"
refresh = "50 ms"
source = { partition = "second", port = "out" }
destinations = [{ partition = "third", port = "in" }, { partition = "first", port = "attitude" }]

[[channel]]
name = "commands"
kind = "queuing"
message-size = "1 KiB"
depth = 8
source = { partition = "first", port = "commands" }
destinations = [{ partition = "second", port = "commands" }]

[[region]]
name = "frames"
size = "64 KiB"
partitions = [
    { partition = "third", access = "read-write", doorbell = 8 },
    { partition = "first", access = "read", address = "0x00800000" },
]

[[region]]
name = "maps"
size = "4 KiB"
partitions = [
    { partition = "third", access = "read-write" },
    { partition = "first", access = "read-write", doorbell = 15 },
]

[[window]]
partition = "second"
start = "50 ms"
duration = "10 ms"

[[window]]
partition = "first"
start = "0 ms"
duration = "50 ms"

[[window]]
partition = "third"
start = "60 ms"
duration = "40 ms"
"#;

fn built(name: &str) -> Built {
    let work = folder(name);
    let library = work.join("library");
    fs::create_dir_all(library.join("x86_64")).expect("a library");
    fs::write(library.join("x86_64/kernel.elf"), Elf::kernel().bytes()).expect("a kernel");
    fs::write(work.join("bulkhead.toml"), SYSTEM).expect("a system file");
    fs::write(work.join("a.elf"), Elf::good().bytes()).expect("an image");
    let mut small = Elf::good();
    small.segments.truncate(1);
    fs::write(work.join("small.elf"), small.bytes()).expect("an image");
    let options = Options { installation: Installation::at(&library), ..Options::default() };
    build(&work, &options, &mut Silent).expect("the system builds")
}

/// The bytes that a loader puts at the table's address.
fn loaded(file: &[u8]) -> &[u8] {
    let word = |at: usize| u64::from_le_bytes(file[at..at + 8].try_into().expect("8 bytes")) as usize;
    let headers = word(0x20);
    let count = usize::from(u16::from_le_bytes([file[0x38], file[0x39]]));
    let last = headers + (count - 1) * 56;
    assert_eq!(count, 3, "the kernel's two program headers and one more");
    assert_eq!(file[last..last + 8], [1, 0, 0, 0, 4, 0, 0, 0], "PT_LOAD, read-only");
    assert_eq!(word(last + 24) as u64, PHYSICAL_ADDRESS_X86_64);
    assert_eq!(word(last + 32), word(last + 40), "file size is memory size");
    &file[word(last + 8)..word(last + 8) + word(last + 32)]
}

fn name_of(name: &[u8]) -> &str {
    std::str::from_utf8(name).expect("text").trim_end_matches('\0')
}

#[test]
fn a_kernel_can_read_the_table() {
    let built = built("packing-table");
    let file = fs::read(&built.file).expect("the bootable file");
    let bytes = loaded(&file);
    let order = ByteOrder::Little;
    let header = Header::decode(bytes, 0, order).expect("a header");
    assert_eq!((header.magic, header.version), (MAGIC, VERSION));
    assert_eq!((header.images, header.partitions, header.windows), (2, 3, 3));
    assert_eq!((header.console_input, header.schedules, header.initial_schedule), (1, 1, 0));
    assert_ne!(header.console_input, NO_PARTITION);
    assert_eq!(header.images_end, PHYSICAL_ADDRESS_X86_64 + bytes.len() as u64);
    assert_eq!((header.images_end % 4096, header.memory_start % (2 << 20)), (0, 0));
    assert!(header.images_end <= header.memory_start && header.memory_end <= 32 << 20);

    let mut offset = Header::SIZE;
    let images: Vec<Image> = (0..2)
        .map(|number| Image::decode(bytes, offset + number * Image::SIZE, order).expect("an image"))
        .collect();
    offset += 2 * Image::SIZE;
    assert_eq!(images[0].entry, BASE);
    assert_eq!((images[0].text_end, images[0].read_only_end), (BASE + 0x1000, BASE + 0x2000));
    assert_eq!((images[0].data_end, images[0].file_size), (BASE + 0x3010, 0x2010));
    assert_eq!((images[1].text_end, images[1].data_end), (BASE + 0x1000, BASE + 0x1000));
    let copy = &bytes[(images[0].physical - PHYSICAL_ADDRESS_X86_64) as usize..];
    assert_eq!((copy[0], copy[0x1f], copy[0x20], copy[0x1000], copy[0x2000]), (0x90, 0x90, 0, 0xcc, 0xdd));

    let partitions: Vec<Partition> = (0..3)
        .map(|number| {
            Partition::decode(bytes, offset + number * Partition::SIZE, order).expect("a partition")
        })
        .collect();
    offset += 3 * Partition::SIZE;
    let schedule = Schedule::decode(bytes, offset, order).expect("a schedule");
    offset += Schedule::SIZE;
    assert_eq!((schedule.major_frame, schedule.windows), (100_000_000, 3));
    let names: Vec<&str> = partitions.iter().map(|partition| name_of(&partition.name)).collect();
    assert_eq!(names, ["first", "second", "third"]);
    let numbers: Vec<u32> = partitions.iter().map(|partition| partition.image).collect();
    assert_eq!(numbers, [0, 1, 0], "the same image is stored once");
    assert_eq!((partitions[0].tick_policy, partitions[1].tick_policy), (0, 1));
    let second = partitions[1];
    let start = second.command_line_offset as usize;
    assert_eq!(&bytes[start..start + second.command_line_length as usize], b"two words");
    assert_eq!((second.memory_size, second.tables_size), (8192, tables_size_x86_64(8192)));

    let mut used: Vec<(u64, u64)> = partitions
        .iter()
        .flat_map(|it| [(it.memory, it.memory + it.memory_size), (it.tables, it.tables + it.tables_size)])
        .collect();
    used.sort_unstable();
    assert!(used.windows(2).all(|pair| pair[0].1 <= pair[1].0), "nothing overlaps");
    assert!(used[0].0 >= header.memory_start && used[5].1 <= header.memory_end);

    let windows: Vec<Window> = (0..3)
        .map(|number| Window::decode(bytes, offset + number * Window::SIZE, order).expect("a window"))
        .collect();
    let order: Vec<(u32, u64)> = windows.iter().map(|window| (window.partition, window.start)).collect();
    assert_eq!(order, [(0, 0), (1, 50_000_000), (2, 60_000_000)], "in the order of their starts");
}

#[test]
fn a_kernel_can_read_the_channels() {
    let built = built("packing-channels");
    let file = fs::read(&built.file).expect("the bootable file");
    let bytes = loaded(&file);
    let order = ByteOrder::Little;
    let header = Header::decode(bytes, 0, order).expect("a header");
    assert_eq!((header.channels, header.ports), (2, 5));
    let mut offset = Header::SIZE + 2 * Image::SIZE + 3 * Partition::SIZE + Schedule::SIZE + 3 * Window::SIZE;

    let channels = [0, 1]
        .map(|number| Channel::decode(bytes, offset + number * Channel::SIZE, order).expect("a channel"));
    offset += 2 * Channel::SIZE;
    let [sampling, queuing] = channels;
    assert_eq!((sampling.kind, queuing.kind), (PortKind::Sampling as u32, PortKind::Queuing as u32));
    assert_eq!((sampling.message_size, sampling.buffers, sampling.refresh), (61, 4, 50_000_000));
    assert_eq!((queuing.message_size, queuing.buffers, queuing.refresh), (1024, 8, 0));
    assert_eq!((sampling.reserved, queuing.reserved), (0, 0));

    let partitions = Header::SIZE + 2 * Image::SIZE;
    let behind_partitions = (0..3)
        .map(|number| {
            Partition::decode(bytes, partitions + number * Partition::SIZE, order).expect("a partition")
        })
        .map(|partition| partition.tables + partition.tables_size)
        .max();
    assert_eq!(Some(header.buffers_start), behind_partitions);
    assert_eq!(sampling.memory, header.buffers_start);
    assert_eq!(queuing.memory, sampling.memory + 4 * 64, "61 bytes take 64");
    assert_eq!((header.buffers_start % 4096, header.buffers_end % 4096, queuing.memory % 64), (0, 0, 0));
    assert_eq!(header.buffers_end, (queuing.memory + 8 * 1024).next_multiple_of(4096));
    assert!(header.memory_start <= header.buffers_start && header.buffers_end <= header.memory_end);

    let ports: Vec<Port> = (0..5)
        .map(|number| Port::decode(bytes, offset + number * Port::SIZE, order).expect("a port"))
        .collect();
    offset += 5 * Port::SIZE;
    let found: Vec<(u32, &str, u32, u32)> = ports
        .iter()
        .map(|port| (port.partition, name_of(&port.name), port.channel, port.direction))
        .collect();
    let (source, destination) = (PortDirection::Source as u32, PortDirection::Destination as u32);
    assert_eq!(
        found,
        [
            (0, "attitude", 0, destination),
            (0, "commands", 1, source),
            (1, "out", 0, source),
            (1, "commands", 1, destination),
            (2, "in", 0, destination),
        ],
        "grouped by partition, in each in the order of the file"
    );
    assert!(name_of(&bytes[offset..offset + 32]) == "frames", "the regions are behind them");
}

#[test]
fn a_kernel_can_read_the_regions() {
    let built = built("packing-regions");
    let file = fs::read(&built.file).expect("the bootable file");
    let bytes = loaded(&file);
    let order = ByteOrder::Little;
    let header = Header::decode(bytes, 0, order).expect("a header");
    assert_eq!((header.regions, header.mappings), (2, 4));
    let partitions = Header::SIZE + 2 * Image::SIZE;
    let mut offset = partitions
        + 3 * Partition::SIZE
        + Schedule::SIZE
        + 3 * Window::SIZE
        + 2 * Channel::SIZE
        + 5 * Port::SIZE;
    let [frames, maps] =
        [0, 1].map(|number| Region::decode(bytes, offset + number * Region::SIZE, order).expect("a region"));
    offset += 2 * Region::SIZE;
    assert_eq!([name_of(&frames.name), name_of(&maps.name)], ["frames", "maps"]);
    assert_eq!((frames.size, maps.size), (64 << 10, 4 << 10));
    assert_eq!((frames.memory, maps.memory), (header.buffers_end, header.buffers_end + (64 << 10)));
    assert_eq!((frames.memory % 4096, header.memory_end), (0, maps.memory + (4 << 10)));

    let mappings: Vec<(u32, u32, u32, u32, u64)> = (0..4)
        .map(|number| Mapping::decode(bytes, offset + number * Mapping::SIZE, order).expect("a mapping"))
        .map(|it| (it.region, it.partition, it.rights, it.line, it.address))
        .collect();
    offset += 4 * Mapping::SIZE;
    let behind = |memory: u64| BASE + memory + (64 << 10);
    assert_eq!(
        mappings,
        [
            (0, 2, READ_WRITE, 8, behind(1 << 20)),
            (0, 0, READ, 0, 0x80_0000),
            (1, 2, READ_WRITE, 0, behind(1 << 20) + (128 << 10)),
            (1, 0, READ_WRITE, 15, 0x82_0000),
        ],
        "by default 64 KiB behind what is before"
    );
    let rooms = [0, 1, 2].map(|number| {
        let entry =
            Partition::decode(bytes, partitions + number * Partition::SIZE, order).expect("a partition");
        entry.tables_size
    });
    let mapped = [0x82_1000 - BASE, 8192, (1 << 20) + (196 << 10)];
    assert_eq!(rooms, mapped.map(tables_size_x86_64), "room for the tables of regions, too");
    assert!(rooms[0] > tables_size_x86_64(4 << 20));
    assert!(bytes[offset..].starts_with(b"onetwo words"), "the command lines are behind them");
}

#[test]
fn the_kernel_stays_as_it_is() {
    let file = fs::read(built("packing-kernel").file).expect("the bootable file");
    let kernel = Elf::kernel().bytes();
    assert_eq!(file[0x3a..kernel.len()], kernel[0x3a..], "all but two fields of the header");
    assert_eq!(file[..0x20], kernel[..0x20]);
    assert_eq!(file[0x28..0x38], kernel[0x28..0x38]);
}

#[test]
fn the_same_input_gives_the_same_file() {
    let first = fs::read(built("packing-once").file).expect("the bootable file");
    let second = fs::read(built("packing-twice").file).expect("the bootable file");
    assert!(first == second);
}

#[test]
fn the_report_is_stable() {
    let mut built = built("packing-report");
    built.file = Path::new("build/packed.elf").to_owned();
    let report = memory_map::report(&built, Look::plain());
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/report.expected");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(file, &report).expect("the expected report");
    }
    assert_eq!(report, fs::read_to_string(file).expect("the expected report"), "\n{report}");
}

#[test]
fn the_report_says_whose_heap_can_be_executed() {
    let mut built = built("packing-executable-heap");
    assert!(!memory_map::report(&built, Look::plain()).contains('*'));
    built.system.partitions[0].executable_heap = true;
    let report = memory_map::report(&built, Look::plain());
    assert_eq!(report.lines().filter(|line| line.ends_with("  *")).count(), 1, "{report}");
    assert!(report.contains("  * free memory can be executed\n"), "{report}");
}
