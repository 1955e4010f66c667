//! Whatever the tool finds right, the kernel's own check of the system table finds right too.

use std::fmt::Write as _;
use std::path::Path;

use bulkhead_abi::machine;
use bulkhead_abi::system_table::Header;
use bulkhead_kernel_core::configuration::{Configuration, Limits};
use bulkhead_tool::image::Image;
use bulkhead_tool::layout::layout;
use bulkhead_tool::pack::table;
use bulkhead_tool::system_file::{Processor, REFRESH_MAX, System, from_text};
use proptest::prelude::*;

use crate::support::Elf;

const MEMORY: u64 = 16 << 10;

/// A system file with so many partitions, and what is behind them.
fn text(partitions: usize, rest: &str) -> String {
    let mut text = "[system]\nname = \"both\"\nmemory = \"2 GiB\"\nmajor-frame = \"1 s\"\n".to_owned();
    for number in 0..partitions {
        let _ = write!(
            text,
            "[[partition]]\nname = \"p{number}\"\nmemory = \"{MEMORY} B\"\nsources = [\"templates/hello.c\"]\n\
             [[window]]\npartition = \"p{number}\"\nstart = \"{number} ms\"\nduration = \"1 ms\"\n"
        );
    }
    text + rest
}

/// What the tool reads out of a file, if it finds nothing wrong.
fn checked(text: &str) -> Option<System> {
    from_text(text, "both.toml", Path::new(env!("CARGO_MANIFEST_DIR"))).ok()
}

/// What the kernel says of the table that the tool makes of a system.
fn kernel_reads(system: &System) -> Result<Box<Configuration>, &'static str> {
    let image = Image::read(&Elf::good().bytes(), Processor::X86_64, MEMORY).expect("an image");
    let layout = layout(system, vec![image; system.partitions.len()]).expect("a layout");
    let limits = Limits::new(&machine::X86_64, system.memory as usize);
    let mut configuration = Box::new(Configuration::new());
    configuration.read(&table(system, &layout), &limits).map(|()| configuration)
}

fn channel(name: &str, kind: &str, size: u64, source: usize, destinations: &[usize]) -> String {
    let ends: Vec<String> =
        destinations.iter().map(|end| format!("{{ partition = \"p{end}\", port = \"{name}\" }}")).collect();
    format!(
        "[[channel]]\nname = \"{name}\"\n{kind}\nmessage-size = \"{size} B\"\n\
         source = {{ partition = \"p{source}\", port = \"{name}\" }}\ndestinations = [{}]\n",
        ends.join(", ")
    )
}

fn sampling(refresh: u64) -> String {
    format!("kind = \"sampling\"\nrefresh = \"{refresh} ns\"")
}

fn queuing(depth: u64) -> String {
    format!("kind = \"queuing\"\ndepth = {depth}")
}

/// The header of the table of a system that the tool allows, if the kernel takes it.
fn header(rest: &str) -> Header {
    let text = text(32, rest);
    let system = from_text(&text, "both.toml", Path::new(env!("CARGO_MANIFEST_DIR")));
    let system = system.unwrap_or_else(|report| panic!("{}", report.plain()));
    kernel_reads(&system).expect("the kernel takes it").header
}

#[test]
fn the_kernel_takes_as_many_channels_ports_and_messages_as_the_tool_allows() {
    let mut rest = channel("slowest", &sampling(REFRESH_MAX), 64 << 10, 0, &[1]);
    rest += &channel("fastest", &sampling(1), 1, 0, &[1]);
    for number in 2..256 {
        let depth = if number == 2 { 4096 - 2 * 3 - 253 * 16 } else { 16 };
        rest += &channel(&format!("c{number}"), &queuing(depth), 24, number % 16, &[number % 16 + 16]);
    }
    let header = header(&rest);
    assert_eq!((header.channels, header.ports), (256, 512));
}

#[test]
fn the_kernel_takes_as_many_destinations_ports_and_regions_as_the_tool_allows() {
    let mut rest = channel("widest", &sampling(1), 8, 0, &(1..31).collect::<Vec<_>>());
    for number in 0..64 {
        rest += &channel(&format!("c{number}"), &queuing(1), 8, 31, &[number % 16]);
    }
    for number in 0..32 {
        let users: Vec<String> = (0..4)
            .map(|user| (user + number % 8 * 4, 8 + number / 8))
            .map(|(user, line)| {
                format!("{{ partition = \"p{user}\", access = \"read-write\", doorbell = {line} }}")
            })
            .collect();
        let users = users.join(", ");
        let _ = write!(rest, "[[region]]\nname = \"r{number}\"\nsize = \"4 KiB\"\npartitions = [{users}]\n");
    }
    let header = header(&rest);
    assert_eq!((header.channels, header.ports), (65, 31 + 2 * 64));
    assert_eq!((header.regions, header.mappings), (32, 128));
}

#[test]
fn the_kernel_takes_a_region_as_far_up_as_the_tool_allows() {
    let region = |address: u64| {
        format!(
            "[[region]]\nname = \"high\"\nsize = \"8 KiB\"\n\
             partitions = [{{ partition = \"p0\", access = \"read-write\", address = \"{address:#x}\" }}]\n"
        )
    };
    let end = machine::X86_64.partition_memory + machine::X86_64.partition_memory_max;
    assert_eq!(header(&region(end - (8 << 10))).mappings, 1);
    assert!(checked(&text(32, &region(end - (4 << 10)))).is_none());
}

/// A channel: whether it queues, size of a message, depth or refresh period, source, destinations as bits.
type Drawn = (bool, u64, u64, usize, u32);

/// A region: pages, who has it as bits, who of them writes, and an address for the first, or 0.
type DrawnRegion = (u64, u32, u32, u64);

fn drawn(partitions: usize, channels: &[Drawn], regions: &[DrawnRegion]) -> String {
    let chosen = |bits: u32| (0..partitions).filter(move |number| bits & 1 << number != 0);
    let mut rest = String::new();
    for (number, (queues, size, amount, source, bits)) in channels.iter().enumerate() {
        let source = source % partitions;
        let mut ends: Vec<usize> = chosen(*bits).filter(|end| *end != source).collect();
        ends.truncate(if *queues { 1 } else { ends.len() });
        let kind = if *queues { queuing(*amount) } else { sampling(*amount) };
        if !ends.is_empty() {
            rest += &channel(&format!("c{number}"), &kind, *size, source, &ends);
        }
    }
    for (number, (pages, users, writers, address)) in regions.iter().enumerate() {
        let users: Vec<String> = chosen(*users)
            .enumerate()
            .map(|(place, user)| {
                let access = if writers & 1 << user != 0 { "read-write" } else { "read" };
                let address = if place == 0 && *address != 0 {
                    format!(", address = \"{:#x}\"", address * 4096)
                } else {
                    String::new()
                };
                format!("{{ partition = \"p{user}\", access = \"{access}\"{address} }}")
            })
            .collect();
        let size = pages * 4;
        let _ = write!(
            rest,
            "[[region]]\nname = \"r{number}\"\nsize = \"{size} KiB\"\npartitions = [{}]\n",
            users.join(", ")
        );
    }
    rest
}

/// Pages that are free, that of the interface pages and the memory, and about the end of the addresses.
fn address() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 0x10e_u64..0x116, 0_u64..0x400, 0xfe_f00_u64..0xff_100]
}

proptest! {
    #[test]
    fn the_kernel_takes_what_the_tool_finds_right(
        partitions in 1_usize..=8,
        channels in proptest::collection::vec(
            (any::<bool>(), 1_u64..=65_600, 1_u64..=400, 0_usize..8, any::<u32>()),
            0..12,
        ),
        regions in proptest::collection::vec(
            (1_u64..200, any::<u32>(), any::<u32>(), address()),
            0..5,
        ),
    ) {
        let Some(system) = checked(&text(partitions, &drawn(partitions, &channels, &regions))) else {
            return Ok(());
        };
        let read = kernel_reads(&system);
        prop_assert!(read.is_ok(), "{:?}", read.err());
        let header = read.expect("it is right").header;
        prop_assert_eq!(header.channels as usize, system.channels.len());
        prop_assert_eq!(header.regions as usize, system.regions.len());
    }
}
