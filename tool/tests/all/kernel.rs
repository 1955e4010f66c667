//! Whatever the tool finds right, the kernel's own check of the system table finds right too.

use std::fmt::Write as _;
use std::path::Path;

use bulkhead_abi::system_table::Header;
use bulkhead_abi::{Action, HealthError, Response, machine};
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

/// The words of an error's place and of an action's, whether they fit or not.
type DrawnResponse = (usize, usize, u8, usize);

/// A table of responses, as the system file writes it: of bits, 1 is a table, 2 delivers, 4 logs, 8 asks for a
/// schedule.
fn responses(drawn: &[DrawnResponse], schedules: usize) -> String {
    let mut lines = std::collections::BTreeMap::new();
    for (error, action, bits, schedule) in drawn {
        let error = HealthError::ALL[error % HealthError::ALL.len()].word();
        let action = Action::WORDS[action % (Action::WORDS.len() - 1)];
        let mut table = format!("action = \"{action}\"");
        if bits & 2 != 0 {
            table += ", deliver = true";
        }
        if bits & 4 != 0 {
            table += ", log = true";
        }
        if bits & 8 != 0 && schedules > 0 {
            table += &format!(", schedule = \"s{}\"", schedule % schedules);
        }
        let value = if bits & 1 == 0 { format!("\"{action}\"") } else { format!("{{ {table} }}") };
        lines.insert(error, format!("{error} = {value}\n"));
    }
    lines.into_values().collect()
}

/// A system of three partitions: its table of the module, of each partition, and so many schedules.
fn governed(module: &[DrawnResponse], own: &[DrawnResponse], restarts: u32, schedules: usize) -> String {
    let mut text = "[system]\nname = \"both\"\n".to_owned();
    let window = |heading: &str, partition: usize, number: usize| {
        format!(
            "[[{heading}]]\npartition = \"p{partition}\"\nstart = \"{} us\"\nduration = \"{} us\"\n",
            partition * 100,
            50 + number
        )
    };
    if schedules == 0 {
        text += "major-frame = \"1 ms\"\n";
    }
    for number in 0..3 {
        let _ = write!(
            text,
            "[[partition]]\nname = \"p{number}\"\nmemory = \"{MEMORY} B\"\nsources = [\"templates/hello.c\"]\n\
             system = {}\nbackground = {}\nexecutable-heap = {}\nwatchdog = \"{} ns\"\nmax-lateness = \"1 us\"\n\
             max-calls = 4294967294\n[partition.health]\nrestarts = {restarts}\n\
             restarts-exceeded = \"stop-module\"\n{}",
            number == 0,
            number == 1,
            number == 2,
            if number == 2 { 4_000_000_000_000_000_000_u64 } else { 1 },
            if number == 0 { responses(own, schedules) } else { String::new() }
        );
    }
    if schedules == 0 {
        (0..3).for_each(|partition| text += &window("window", partition, 0));
    }
    for number in 0..schedules {
        let _ = write!(
            text,
            "[[schedule]]\nname = \"s{number}\"\nmajor-frame = \"{} ms\"\ninitial = {}\n",
            number + 1,
            number + 1 == schedules
        );
        let runs = (0..3).filter(|partition| *partition == 0 || (number + partition) % 3 != 0);
        runs.clone().for_each(|partition| text += &window("schedule.window", partition, number));
        text += "[schedule.at-change]\n";
        for partition in (0..3).filter(|partition| !runs.clone().any(|runs| runs == *partition)) {
            let _ = writeln!(text, "p{partition} = \"idle\"");
        }
        if number % 2 == 0 {
            text += "p0 = \"warm-restart\"\n";
        }
    }
    format!("{text}[health]\n{}", responses(module, schedules))
}

/// Every response that the tool finds right, the kernel takes, and the other way round.
#[test]
fn tool_and_kernel_find_the_same_single_responses_possible() {
    let mut taken = 0;
    for (number, error) in HealthError::ALL.into_iter().enumerate() {
        for action in 0..Action::WORDS.len() - 1 {
            for bits in [0, 1, 3] {
                let drawn = [(number, action, bits, 0)];
                let module = error == HealthError::Device;
                let (module, own) = if module { (&drawn[..], &[][..]) } else { (&[][..], &drawn[..]) };
                let system = checked(&governed(module, own, 3, 1));
                let chosen = Action::from_number(action as u32).expect("an action");
                let standard = Response { action: chosen, ..Response::standard(error) };
                let response = Response { deliver: bits & 2 != 0 || standard.deliver, ..standard };
                // What the kernel would say of the same response.
                let base = checked(&governed(&[], &[], 3, 1)).expect("it is right");
                let kernel = kernel_reads_with(&base, error, response);
                // An image that is damaged is never run, whatever the table says: the tool wants that said.
                let exempt = error == HealthError::Image && action < 2;
                assert!(
                    exempt || system.is_some() == kernel.is_ok(),
                    "{error:?} {chosen:?} {bits}: tool {}, kernel {kernel:?}",
                    system.is_some()
                );
                taken += u32::from(system.is_some());
            }
        }
    }
    assert!(taken > 150, "{taken}");
}

/// What the kernel says of a system's table with this response of the first partition's, or of the module.
fn kernel_reads_with(system: &System, error: HealthError, response: Response) -> Result<(), &'static str> {
    let image = Image::read(&Elf::good().bytes(), Processor::X86_64, MEMORY).expect("an image");
    let layout = layout(system, vec![image; system.partitions.len()]).expect("a layout");
    let mut bytes = table(system, &layout);
    let place = if error == HealthError::Device {
        // Behind fourteen words of the header.
        14 * 4
    } else {
        let images = layout.images.len() * bulkhead_abi::system_table::Image::SIZE;
        let behind = Header::SIZE + images + bulkhead_abi::system_table::Partition::SIZE;
        behind - 4 * HealthError::COUNT + 4 * error as usize
    };
    bytes[place..place + 4].copy_from_slice(&response.encode().to_le_bytes());
    let limits = Limits::new(&machine::X86_64, system.memory as usize);
    let mut configuration = Box::new(Configuration::new());
    configuration.read(&bytes, &limits)
}

proptest! {
    #[test]
    fn the_kernel_takes_what_the_tool_finds_right_of_errors_and_schedules(
        module in proptest::collection::vec((0_usize..19, 0_usize..7, 0_u8..16, 0_usize..16), 0..3),
        own in proptest::collection::vec((0_usize..19, 0_usize..7, 0_u8..16, 0_usize..16), 0..4),
        restarts in 0_u32..18,
        schedules in 0_usize..=16,
    ) {
        let Some(system) = checked(&governed(&module, &own, restarts, schedules)) else { return Ok(()) };
        let read = kernel_reads(&system);
        prop_assert!(read.is_ok(), "{:?}", read.err());
        let read = read.expect("it is right");
        prop_assert_eq!(read.header.schedules as usize, schedules.max(1));
        prop_assert_eq!(read.device_error, system.device_error);
        prop_assert_eq!(read.header.initial_schedule as usize, schedules.max(1) - 1);
    }
}
