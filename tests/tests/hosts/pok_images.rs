//! What is built for POK, against a description of what POK reads.

use std::collections::BTreeMap;
use std::fs;

use bulkhead_abi::machine::i386::{INFORMATION_PAGE, MEMORY_BASE};
use bulkhead_abi::{INTERFACE_VERSION, START_MAGIC};
use bulkhead_pok_facts::{DATA, PORTS};
use bulkhead_tool::build::Hosted;
use bulkhead_tool::host::Host;

use crate::support::{build, build_file, build_without_channels, channel_complaint, listed, said};

bulkhead_tests::tests! {
    an_image_is_what_the_loader_and_the_guest_expect,
    a_deployment_is_consistent_as_pok_demands_it,
    channels_become_ports_of_pok_and_a_table_in_the_images,
    what_pok_cannot_do_is_said_before_anything_is_built,
}

/// A segment of an image: what the loader copies where, and how much memory it clears besides.
struct Loaded {
    address: u32,
    contents: Vec<u8>,
    memory: u32,
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Reads an image as POK's loader does (System V ABI, chapters 4 and 5): the entry point, and the segments. It looks at
/// nothing but these fields, and takes every segment for one that is to be loaded.
fn load(file: &[u8]) -> (u32, Vec<Loaded>) {
    assert_eq!(file[..7], *b"\x7fELF\x01\x01\x01");
    let (headers, count) = (word(file, 0x1c) as usize, usize::from(file[0x2c]));
    let segments = (0..count).map(|number| {
        let at = headers + 32 * number;
        let [kind, offset, address, _, size, memory] =
            [0, 4, 8, 12, 16, 20].map(|field| word(file, at + field));
        assert_eq!(kind, 1, "a segment that is loaded");
        assert!(memory >= size);
        Loaded { address, contents: file[offset as usize..(offset + size) as usize].to_vec(), memory }
    });
    (word(file, 0x18), segments.collect())
}

fn macros(built: &Hosted) -> BTreeMap<String, Vec<u64>> {
    let text =
        fs::read_to_string(built.folder.join("deployment.h")).unwrap_or_else(|error| panic!("{error}"));
    text.lines()
        .filter_map(|line| line.strip_prefix("#define "))
        .filter_map(|line| line.split_once(' '))
        .map(|(name, value)| {
            let values = value.trim_matches(['{', '}', ' ']).split(", ");
            (
                name.to_owned(),
                values.map(|value| value.parse().unwrap_or_else(|_| panic!("{name} {value}"))).collect(),
            )
        })
        .collect()
}

fn an_image_is_what_the_loader_and_the_guest_expect() {
    let built = build_without_channels(Host::Pok, "format");
    let sizes = macros(&built)["POK_CONFIG_PARTITIONS_SIZE"].clone();
    let files = listed(&built, "partitions.list");
    assert_eq!(files.len(), 4);
    for (number, path) in files.iter().take(3).enumerate() {
        let partition = &built.system.partitions[number];
        let file = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(file.len().is_multiple_of(4) && file.len() as u64 <= sizes[number], "POK compares these");
        let (entry, segments) = load(&file);
        for segment in &segments {
            assert!(
                u64::from(segment.address) + u64::from(segment.memory) <= sizes[number],
                "POK does not look"
            );
        }
        let [pages, program, copy] = &segments[..] else { panic!("{} segments", segments.len()) };
        assert_eq!((pages.address, pages.memory), (INFORMATION_PAGE, 0x2000));
        let start = |offset: usize| word(&pages.contents, 0x30 + offset);
        assert_eq!([0, 4, 8].map(start), [START_MAGIC, INTERFACE_VERSION, number as u32]);
        assert_eq!([0x18, 0x20].map(start), [MEMORY_BASE, partition.memory as u32]);
        assert_eq!([0x28, 0x30, 0x38].map(start), [0x10e000, 0x10f000, 20_000_000]);
        let name = &pages.contents[0x70..0x70 + partition.name.len() + 1];
        assert_eq!(name, [partition.name.as_bytes(), &[0]].concat());
        // All of the partition's memory is cleared but for the program.
        assert_eq!((program.address, u64::from(program.memory)), (MEMORY_BASE, partition.memory));
        assert_eq!(program.contents, built.programs[number].image.bytes);
        assert!((program.address..program.address + program.contents.len() as u32).contains(&entry));
        // What a restart puts back.
        let [begin, zeroed, end, place] =
            [0, 4, 8, 12].map(|field| word(&pages.contents, DATA as usize + field));
        assert_eq!(place, copy.address);
        assert_eq!(u64::from(place), u64::from(MEMORY_BASE) + partition.memory);
        assert_eq!(zeroed, MEMORY_BASE + program.contents.len() as u32);
        assert_eq!(copy.contents, program.contents[(begin - MEMORY_BASE) as usize..]);
        assert!(begin <= zeroed && zeroed <= end && end <= place);
    }
    let idle = fs::read(&files[3]).unwrap_or_else(|error| panic!("{error}"));
    assert!(load(&idle).1.is_empty());
}

fn a_deployment_is_consistent_as_pok_demands_it() {
    for (example, gaps) in [("demo", true), ("ticker", true), ("hello", false)] {
        let built = build(Host::Pok, example, None, "deployment");
        let macros = macros(&built);
        let one = |name: &str| macros[name][0];
        let partitions = one("POK_CONFIG_NB_PARTITIONS");
        assert_eq!(partitions, built.system.partitions.len() as u64 + u64::from(gaps));
        assert_eq!(macros.contains_key("BULKHEAD_IDLE_PARTITION"), gaps);
        for list in
            ["POK_CONFIG_PARTITIONS_SIZE", "POK_CONFIG_PARTITIONS_NTHREADS", "POK_CONFIG_PROCESSOR_AFFINITY"]
        {
            assert_eq!(macros[list].len() as u64, partitions, "{list}");
        }
        // A thread for the kernel and an idle one.
        let threads: u64 = macros["POK_CONFIG_PARTITIONS_NTHREADS"].iter().sum();
        assert_eq!(one("POK_CONFIG_NB_THREADS"), threads + 2);
        // Slots fill the major frame.
        let slots = &macros["POK_CONFIG_SCHEDULING_SLOTS"];
        assert_eq!(one("POK_CONFIG_SCHEDULING_NBSLOTS"), slots.len() as u64);
        assert_eq!(macros["POK_CONFIG_SCHEDULING_SLOTS_ALLOCATION"].len(), slots.len());
        assert_eq!(one("POK_CONFIG_SCHEDULING_MAJOR_FRAME"), slots.iter().sum::<u64>());
        assert_eq!(one("POK_CONFIG_SCHEDULING_MAJOR_FRAME"), built.system.schedule().major_frame);
        assert!(macros["POK_CONFIG_SCHEDULING_SLOTS_ALLOCATION"].iter().all(|owner| *owner < partitions));
        assert!(macros["POK_CONFIG_PARTITIONS_SIZE"].iter().all(|size| size.is_multiple_of(4096)));
    }
}

fn channels_become_ports_of_pok_and_a_table_in_the_images() {
    let file = bulkhead_tests::repository().join("tests/systems/messages/bulkhead.toml");
    let built = build_file(Host::Pok, &file, None, "messages-format");
    let macros = macros(&built);
    let list = |name: &str| macros[name].clone();
    let count = macros["POK_CONFIG_NB_PORTS"][0] as usize;
    // A sampling channel is two ports of POK, a queuing one four: two for how many messages were taken.
    assert_eq!(count, 2 + 4 + 4);
    for name in ["POK_NEEDS_PORTS_SAMPLING", "POK_NEEDS_PORTS_QUEUEING", "POK_NEEDS_FLUSH_ON_WINDOWS"] {
        assert_eq!(list(name), [1]);
    }
    assert_eq!(list("POK_CONFIG_PARTITIONS_PORTS"), [0, 0, 0, 0, 0, 1, 1, 1, 1, 1], "grouped by owner");
    let (kinds, directions) = (list("BULKHEAD_PORTS_KINDS"), list("BULKHEAD_PORTS_DIRECTIONS"));
    let (sizes, guest_ports) = (list("BULKHEAD_PORTS_SIZES"), list("BULKHEAD_PORTS_GUEST_NUMBERS"));
    // Sampling is 2 and queuing 1; out is 2 and in 1. Records are 16 bytes longer than messages, and a queue one byte
    // longer than its records.
    assert_eq!(kinds, [2, 1, 2, 1, 2, 2, 1, 2, 1, 2]);
    assert_eq!(directions, [2, 2, 1, 1, 2, 1, 1, 2, 2, 1]);
    assert_eq!(sizes, [80, 3 * 48 + 1, 4, 2 * 32 + 1, 4, 80, 3 * 48 + 1, 4, 2 * 32 + 1, 4]);
    assert_eq!(guest_ports, [0, 1, 1, 2, 2, 0, 1, 1, 2, 2]);
    assert_eq!(list("BULKHEAD_PORTS_BYTES"), [sizes.iter().sum::<u64>()]);
    assert!(sizes.iter().all(|size| *size <= 512), "POK's buffer");
    // Messages go out of one partition and into the other, from port to port of the same kind and size.
    let mut targets = list("BULKHEAD_PORTS_DESTINATIONS").into_iter();
    let mut reached = Vec::new();
    for (from, targets_of_port) in list("BULKHEAD_PORTS_NB_DESTINATIONS").into_iter().enumerate() {
        assert_eq!(targets_of_port, u64::from(directions[from] == 2));
        for to in targets.by_ref().take(targets_of_port as usize) {
            let to = to as usize;
            assert_eq!((kinds[to], sizes[to], directions[to]), (kinds[from], sizes[from], 1));
            assert_ne!(from < 5, to < 5);
            reached.push(to);
        }
    }
    reached.sort_unstable();
    assert_eq!(reached, [2, 3, 5, 6, 9]);
    // What the receiver finds: a table below its pages.
    let file = fs::read(&listed(&built, "partitions.list")[1]).unwrap_or_else(|error| panic!("{error}"));
    let (_, segments) = load(&file);
    let (pages, table) = (&segments[0], &segments[3]);
    assert_eq!([0, 4].map(|at| word(&pages.contents, PORTS as usize + at)), [table.address, 3]);
    assert_eq!(table.contents.len(), 3 * 128);
    let host = |port: usize| [0x40, 0x44, 0x48].map(|field| word(&table.contents, 128 * port + field));
    let records = table.address + 3 * 128;
    assert_eq!(host(0), [records, 5, 0]);
    assert_eq!(host(1), [records + 80, 6, 7]);
    assert_eq!(host(2), [records + 128, 8, 9]);
    assert!(records + 160 <= INFORMATION_PAGE && table.contents[128..].starts_with(b"orders-in\0"));
    // Partitions without ports find none.
    let built = build(Host::Pok, "hello", None, "no-ports");
    let file = fs::read(&listed(&built, "partitions.list")[0]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(word(&load(&file).1[0].contents, PORTS as usize + 4), 0);
}

/// What is said of a system with one partition.
fn complaint(frame: &str, memory: &str, windows: &[(&str, &str)]) -> String {
    let mut text = format!(
        "[system]\nmemory = \"8 MiB\"\nmajor-frame = \"{frame}\"\n[[partition]]\nname = \"one\"\n\
         memory = \"{memory}\"\nsources = [\"{}\"]\n",
        "hello.c"
    );
    for (start, duration) in windows {
        text += &format!("[[window]]\npartition = \"one\"\nstart = \"{start}\"\nduration = \"{duration}\"\n");
    }
    said(Host::Pok, &text)
}

fn what_pok_cannot_do_is_said_before_anything_is_built() {
    let sampling = |size: u32| {
        channel_complaint(
            Host::Pok,
            &format!("kind = \"sampling\"\nmessage-size = \"{size} B\"\nrefresh = \"1 ms\"\n"),
        )
    };
    assert_eq!(sampling(495), "");
    let long = sampling(496);
    assert!(long.contains("bulkhead.toml:22:16") && long.contains("cannot have 496 B on POK"), "{long}");
    let queue = |size: u32, depth: u32| {
        channel_complaint(
            Host::Pok,
            &format!("kind = \"queuing\"\nmessage-size = \"{size} B\"\ndepth = {depth}\n"),
        )
    };
    assert_eq!(queue(57, 7) + &queue(495, 1), "");
    let deep = queue(58, 7);
    assert!(
        deep.contains("bulkhead.toml:21:8") && deep.contains("7 messages of 58 B are too many"),
        "{deep}"
    );
    assert!(deep.contains("depth = 6"), "{deep}");
    assert_eq!(complaint("10 ms", "1 MiB", &[("0 ms", "4 ms"), ("6 ms", "4 ms")]), "");
    let start = complaint("10 ms", "1 MiB", &[("0.5 ms", "4 ms")]);
    assert!(start.contains("a window's start of 500 us cannot be kept on POK"), "{start}");
    let length = complaint("10 ms", "1 MiB", &[("0 ms", "3.5 ms")]);
    assert!(
        length.contains("a window of 3.5 ms cannot be kept") && length.contains("such as 4 ms"),
        "{length}"
    );
    let frame = complaint("10.1 ms", "1 MiB", &[("0 ms", "4 ms")]);
    assert!(frame.contains("a major frame of 10.1 ms"), "{frame}");
    let starts: Vec<String> = (0..130).map(|number| format!("{} ms", 2 * number)).collect();
    let windows: Vec<(&str, &str)> = starts.iter().map(|start| (start.as_str(), "1 ms")).collect();
    let slots = complaint("260 ms", "1 MiB", &windows);
    assert!(slots.contains("260 slots are more than POK counts"), "{slots}");
    assert_eq!(complaint("10 ms", "3008 KiB", &[("0 ms", "10 ms")]), "");
    // One page more would still run on our own kernel.
    let memory = complaint("10 ms", "3012 KiB", &[("0 ms", "10 ms")]);
    assert!(memory.contains("POK needs 8196 KiB of memory"), "{memory}");
}
