//! What is built for XtratuM, against a description of what XtratuM reads.

use std::fs;

use bulkhead_abi::{INTERFACE_VERSION, START_MAGIC};
use bulkhead_tool::host::Host;

use crate::support::{
    build, build_file, build_without_channels, channel_complaint, complaint_about_one, example_file,
    has_the_receivers_ports, large_queue, said,
};
use bulkhead_tests::repository;

bulkhead_tests::tests! {
    an_image_is_what_the_tools_and_the_hypervisor_expect,
    the_configuration_keeps_the_schema_and_the_system_file,
    a_fault_that_no_handler_is_to_have_halts_the_partition,
    channels_and_ports_are_in_the_configuration_and_in_the_images,
    two_names_that_xtratum_would_take_for_one_are_refused,
    what_xtratum_cannot_do_is_said_before_anything_is_built,
}

/// First words of an image header and of a partition header: `$XMP`, `$XPH`.
const IMAGE: u32 = 0x2458_4d50;
const PARTITION: u32 = 0x2458_5048;

const PAGE: u32 = 4096;

fn word(bytes: &[u8], at: u32) -> u32 {
    let at = at as usize;
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// An attribute of an element's text, unit and all.
fn attribute<'a>(element: &'a str, name: &str) -> &'a str {
    let from = element.find(&format!(" {name}=\"")).unwrap_or_else(|| panic!("no {name} in {element}"));
    element[from + name.len() + 3..].split('"').next().unwrap_or_default()
}

/// The start tags of all elements with this name.
fn elements<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    text.split('<').filter(|part| part.starts_with(&format!("{name} "))).collect()
}

fn hexadecimal(text: &str) -> u32 {
    let digits = text.strip_prefix("0x").unwrap_or_else(|| panic!("{text} is not hexadecimal"));
    u32::from_str_radix(digits, 16).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn number(text: &str, unit: &str) -> u32 {
    let digits = text.strip_suffix(unit).unwrap_or_else(|| panic!("{text} is not in {unit}"));
    digits.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn an_image_is_what_the_tools_and_the_hypervisor_expect() {
    let built = build_without_channels(Host::Xtratum, "format");
    let text = fs::read_to_string(built.folder.join("xm_cf.xml")).unwrap_or_else(|error| panic!("{error}"));
    let configured = elements(&text, "Partition");
    assert_eq!(configured.len(), 3);
    for (identifier, (partition, configured)) in (0_u32..).zip(built.system.partitions.iter().zip(configured))
    {
        let path = built.folder.join(format!("{}.elf", partition.name));
        let file = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        // System V ABI, chapters 4 and 5: 32 bits, an executable for 386, no sections, segments that are loaded.
        assert_eq!(
            (&file[..7], word(&file, 0x10), word(&file, 0x20)),
            (&b"\x7fELF\x01\x01\x01"[..], 2 | 3 << 16, 0)
        );
        assert_eq!((word(&file, 0x2c) & 0xffff, word(&file, 0x30) & 0xffff), (2, 0));
        let segment = |index: u32| {
            let at = word(&file, 0x1c) + 32 * index;
            let [kind, offset, address, physical, size, memory] =
                [0, 4, 8, 12, 16, 20].map(|field| word(&file, at + field));
            assert_eq!((kind, address, size), (1, physical, memory), "nobody clears what is not in the file");
            (address, &file[offset as usize..(offset + size) as usize])
        };
        let ((start, block), (base, program)) = (segment(0), segment(1));
        // The area: where the first segment lies, from a multiple of 4 MiB on.
        assert_eq!(hexadecimal(attribute(configured, "loadPhysAddr")), start);
        assert_eq!(hexadecimal(attribute(configured, "imageId")), identifier);
        assert_eq!((attribute(configured, "headerOffset"), start % (4 << 20)), ("0x0", 0));
        assert_eq!(attribute(configured, "flags"), "boot");
        // The image header is the first thing of a segment.
        let header: Vec<u32> = (0..15).map(|index| word(block, 4 * index)).collect();
        assert_eq!(header[..5], [IMAGE, 0x0002_0000, 0x0002_0000, identifier, 0]);
        assert_eq!((header[5], &header[8..]), (start, &[0; 7][..]));
        let end = header[6];
        let partition_header = header[7] - start;
        let entry = word(&file, 0x18);
        let found: Vec<u32> = (0..7).map(|index| word(block, partition_header + 4 * index)).collect();
        let [magic, entry_point, image_header, control, information, tables, size] = found[..] else {
            panic!()
        };
        assert_eq!((magic, entry_point, image_header), (PARTITION, entry, start));
        assert!((base..base + program.len() as u32).contains(&entry));
        // Each table on pages of its own, in front of the program; a page directory, and a table for each 4 MiB.
        assert!(start + PAGE <= control && control + PAGE <= information && information + PAGE <= tables);
        assert!([control, information, tables, size].iter().all(|address| address % PAGE == 0));
        assert!(tables + size <= base && size >= (1 + (end - start).div_ceil(4 << 20)) * PAGE);
        assert_eq!(end - base, partition.memory as u32);
        // The start information, which the guest layer finds 0x200 into the block.
        let told = |offset: u32| word(block, 0x200 + offset);
        assert_eq!([0, 4, 8].map(told), [START_MAGIC, INTERFACE_VERSION, identifier]);
        assert_eq!([0x18, 0x20, 0x38].map(told), [base, partition.memory as u32, 20_000_000]);
        assert!(block[0x240..].starts_with(format!("{}\0", partition.name).as_bytes()));
    }
}

fn the_configuration_keeps_the_schema_and_the_system_file() {
    for example in ["hello", "ticker", "demo"] {
        let built = build(Host::Xtratum, example, None, "configuration");
        let text =
            fs::read_to_string(built.folder.join("xm_cf.xml")).unwrap_or_else(|error| panic!("{error}"));
        assert!(text.contains("xmlns=\"http://www.xtratum.org/xm-2.3\""), "{text}");
        let plan = elements(&text, "Plan")[0];
        assert_eq!(
            u64::from(number(attribute(plan, "majorFrame"), "us")) * 1000,
            built.system.schedule().major_frame
        );
        let slots = elements(&text, "Slot");
        assert_eq!(slots.len(), built.system.schedule().windows.len());
        for (slot, window) in slots.iter().zip(&built.system.schedule().windows) {
            assert_eq!(u64::from(number(attribute(slot, "start"), "us")) * 1000, window.start);
            assert_eq!(u64::from(number(attribute(slot, "duration"), "us")) * 1000, window.duration);
            assert_eq!(attribute(slot, "partitionId"), window.partition.to_string());
        }
        // Areas do not overlap, and lie in the machine's memory. The first one is the hypervisor's.
        let mut areas: Vec<(u64, u64)> = elements(&text, "Area")
            .iter()
            .map(|area| {
                let start = u64::from(hexadecimal(attribute(area, "start")));
                (start, start + (u64::from(number(attribute(area, "size"), "KB")) << 10))
            })
            .collect();
        areas.sort_unstable();
        assert_eq!(areas.len(), 1 + built.system.partitions.len());
        assert!(areas.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{areas:x?}");
        assert!(areas.iter().all(|area| area.1 <= built.system.memory), "{areas:x?}");
        for name in elements(&text, "Partition").iter().map(|partition| attribute(partition, "name")) {
            assert!((1..=16).contains(&name.len()), "{name}");
        }
    }
}

fn a_fault_that_no_handler_is_to_have_halts_the_partition() {
    let folder = repository().join("target/systems/hosts/xtratum/halting-source");
    fs::create_dir_all(&folder).expect("a folder");
    let example = example_file("hello");
    let text = fs::read_to_string(&example).expect("a system file");
    let sources = format!("sources = [\"{}/", example.with_file_name("").display());
    let text = text.replacen("sources = [\"", &sources.replace("//", "/"), 1).replacen(
        "[[window]]",
        "[partition.health]\nmemory-violation = { action = \"idle\", deliver = false }\n\
         numeric-error = { action = \"idle\", deliver = false }\n\n[[window]]",
        1,
    );
    let file = folder.join("bulkhead.toml");
    fs::write(&file, text).expect("a file");
    let built = build_file(Host::Xtratum, &file, None, "halting");
    let text = fs::read_to_string(built.folder.join("xm_cf.xml")).unwrap_or_else(|error| panic!("{error}"));
    let events = elements(&text, "Event");
    assert_eq!(events.len(), 14);
    let halting: Vec<&str> = events
        .iter()
        .filter(|event| attribute(event, "action") == "XM_HM_AC_HALT")
        .filter_map(|event| attribute(event, "name").strip_prefix("XM_HM_EV_IA32_"))
        .collect();
    assert_eq!(halting, ["DIVIDE_EXCEPTION", "OVERFLOW_EXCEPTION", "BOUNDS_EXCEPTION", "PAGE_FAULT"]);
    let others = events.iter().filter(|event| attribute(event, "action") == "XM_HM_AC_PROPAGATE");
    assert_eq!(others.count(), 10);
}

fn channels_and_ports_are_in_the_configuration_and_in_the_images() {
    let file = bulkhead_tests::repository().join("tests/systems/messages/bulkhead.toml");
    let built = build_file(Host::Xtratum, &file, None, "messages-format");
    let text = fs::read_to_string(built.folder.join("xm_cf.xml")).unwrap_or_else(|error| panic!("{error}"));
    // Each partition's ports, in the order of their numbers there.
    let tables: Vec<&str> = text.split("<PortTable>").skip(1).collect();
    let ports = |table: &str| -> Vec<String> {
        let table = table.split("</PortTable>").next().unwrap_or_default();
        let words = |port: &&str| ["name", "direction", "type"].map(|name| attribute(port, name)).join(" ");
        elements(table, "Port").iter().map(words).collect()
    };
    assert_eq!(tables.len(), 2);
    assert_eq!(ports(tables[0]), ["p00 source sampling", "p01 source queuing", "p02 destination queuing"]);
    assert_eq!(
        ports(tables[1]),
        ["p00 destination sampling", "p01 destination queuing", "p02 source queuing"]
    );
    // The channels: records are 16 bytes longer than messages.
    let sampling = elements(&text, "SamplingChannel");
    let queuing = elements(&text, "QueuingChannel");
    assert_eq!(sampling.iter().map(|one| attribute(one, "maxMessageLength")).collect::<Vec<_>>(), ["80B"]);
    let sizes =
        queuing.iter().map(|one| (attribute(one, "maxMessageLength"), attribute(one, "maxNoMessages")));
    assert_eq!(sizes.collect::<Vec<_>>(), [("48B", "3"), ("32B", "2")]);
    let ends = |name: &str| -> Vec<String> {
        let words = |end: &&str| ["partitionId", "portName"].map(|name| attribute(end, name)).join(" ");
        elements(&text, name).iter().map(words).collect()
    };
    assert_eq!(ends("Source"), ["0 p00", "0 p01", "1 p02"]);
    assert_eq!(ends("Destination"), ["1 p00", "1 p01", "0 p02"]);
    // The hypervisor's memory: 3 MiB, or some times 4 MiB more.
    let area = u64::from(number(attribute(elements(&text, "Area")[0], "size"), "KB")) << 10;
    assert_eq!(area, 7 << 20);
    // What the receiver finds.
    let file = fs::read(built.folder.join("receiver.elf")).unwrap_or_else(|error| panic!("{error}"));
    let segment = |index: u32| {
        let at = word(&file, 0x1c) + 32 * index;
        let [offset, address, size] = [4, 8, 16].map(|field| word(&file, at + field));
        (address, &file[offset as usize..(offset + size) as usize])
    };
    let ((_, block), (address, table), (program, _)) = (segment(0), segment(1), segment(2));
    assert_eq!([0x180, 0x184].map(|place| word(block, place)), [address, 3]);
    has_the_receivers_ports(table, address, program, word);
}

/// What is said of a system with one partition.
fn complaint(system: &str, memory: &str, program: &str, window: (&str, &str)) -> String {
    complaint_about_one(Host::Xtratum, system, memory, program, window)
}

fn two_names_that_xtratum_would_take_for_one_are_refused() {
    let (first, second) = ("telemetry-of-the-left", "telemetry-of-the-right");
    let mut text = "[system]\nmajor-frame = \"10 ms\"\n".to_owned();
    for (number, name) in [first, second, "sixteen-letters-"].into_iter().enumerate() {
        text += &format!(
            "[[partition]]\nname = \"{name}\"\nmemory = \"1 MiB\"\nsources = [\"hello.c\"]\n\
             [[window]]\npartition = \"{name}\"\nstart = \"{number} ms\"\nduration = \"1 ms\"\n"
        );
    }
    let said = said(Host::Xtratum, &text);
    for name in [first, second] {
        assert!(said.contains(&format!("this name is too long for XtratuM: `{name}`")), "{said}");
    }
    assert!(said.contains("at most 16 letters") && !said.contains("`sixteen-letters-`"), "{said}");
}

fn what_xtratum_cannot_do_is_said_before_anything_is_built() {
    let queue = |depth| channel_complaint(Host::Xtratum, &large_queue(depth));
    assert_eq!(queue(190), "");
    let much = queue(192);
    assert!(much.contains("bulkhead.toml:22:16") && much.contains("of XtratuM's memory"), "{much}");
    assert!(much.contains("it has 12 MiB for them"), "{much}");
    let (frame, hello) = ("major-frame = \"10 ms\"", "sources = [\"hello.c\"]");
    assert_eq!(complaint(frame, "1 MiB", hello, ("0 ms", "10 ms")), "");
    let fine = complaint(frame, "1 MiB", hello, ("1500 ns", "4 ms"));
    assert!(fine.contains("bulkhead.toml:9:9") && fine.contains("no time as fine as 1.5 us"), "{fine}");
    let short = complaint(frame, "1 MiB", hello, ("0 ms", "59 us"));
    assert!(short.contains("too short for XtratuM: 59 us") && short.contains("60 us"), "{short}");
    let gap = complaint(frame, "1 MiB", hello, ("59 us", "4 ms"));
    assert!(gap.contains("the gap before this window is too short for XtratuM: 59 us"), "{gap}");
    assert_eq!(complaint(frame, "1 MiB", hello, ("60 us", "4 ms")), "");
    let rest = complaint(frame, "1 MiB", hello, ("0 us", "9990 us"));
    assert!(rest.contains("the gap at the end of the frame is too short for XtratuM: 10 us"), "{rest}");
    let odd = complaint("major-frame = \"10000500 ns\"", "1 MiB", hello, ("0 ms", "4 ms"));
    assert!(odd.contains("no time as fine as 10000.5 us"), "{odd}");
    let large = complaint(frame, "100 MiB", hello, ("0 ms", "10 ms"));
    assert!(
        large.contains("128 MiB are not enough on XtratuM") && large.contains("memory = \"133 MiB\""),
        "{large}"
    );
    let input = complaint(&format!("{frame}\nconsole-input = \"one\""), "1 MiB", hello, ("0 ms", "10 ms"));
    assert!(input.contains("XtratuM has no console input"), "{input}");
    let processor = complaint(&format!("{frame}\nprocessor = \"leon3\""), "1 MiB", hello, ("0 ms", "10 ms"));
    assert!(processor.contains("XtratuM runs i386 partitions"), "{processor}");
}
