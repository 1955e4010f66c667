//! Building examples for a host, what it says of a system, and what the images of several hosts have in common.

use std::path::{Path, PathBuf};

use bulkhead_tests::{installation, repository};
use bulkhead_tool::build::{Hosted, Options, Silent, build_for_host, check_for};
use bulkhead_tool::error::Error;
use bulkhead_tool::host::Host;
use bulkhead_tool::kit::Selection;
use bulkhead_tool::system_file::{self, Processor};

/// The system file of an example.
pub(crate) fn example_file(name: &str) -> PathBuf {
    repository().join("examples").join(name).join("bulkhead.toml")
}

/// The demo's partitions and windows, without its channel.
pub(crate) fn build_without_channels(host: Host, test: &str) -> Hosted {
    let file = repository().join("tests/systems/without-channels/bulkhead.toml");
    build_file(host, &file, None, &format!("{test}-without-channels"))
}

/// Builds an example for a host, into a folder of the test's own.
pub(crate) fn build(host: Host, example: &str, kit: Option<Selection>, test: &str) -> Hosted {
    build_file(host, &example_file(example), kit, &format!("{test}-{example}"))
}

/// Builds the system of a system file for a host, into a folder of the test's own.
pub(crate) fn build_file(host: Host, file: &Path, kit: Option<Selection>, folder: &str) -> Hosted {
    try_build_file(host, file, kit, folder).unwrap_or_else(|error| panic!("{error:?}"))
}

/// The same if it can be built.
pub(crate) fn try_build_file(
    host: Host,
    file: &Path,
    kit: Option<Selection>,
    folder: &str,
) -> Result<Hosted, Error> {
    // A host runs on one processor here, whatever the file says.
    let processor = (host == Host::Air).then_some(Processor::Leon3);
    let system = check_for(processor, file).unwrap_or_else(|error| panic!("{error:?}"));
    let folder = repository().join("target/systems/hosts").join(host.name()).join(folder);
    // What an earlier version of the tool has built there is no folder of this one.
    let _ = std::fs::remove_dir_all(&folder);
    let options =
        Options { output: Some(folder), installation: Some(installation()), host, kit, ..Options::default() };
    build_for_host(system, &options, &mut Silent)
}

/// The system file of a folder with its images in Rust replaced by those that are linked for a host, for a test.
pub(crate) fn linked_for(host: Host, system: &str, test: &str) -> PathBuf {
    let source = repository().join(system);
    let text = std::fs::read_to_string(source.join("bulkhead.toml")).expect("a system file");
    let processor = if host == Host::Air { Processor::Leon3 } else { Processor::X86_64 };
    let images =
        repository().join("build/partitions").join(processor.partitions()).join("hosts").join(host.name());
    let line = |line: &str| match line.strip_prefix("image = ").and_then(|path| path.rsplit_once('/')) {
        Some((_, name)) => format!("image = \"{}/{name}", images.display()),
        None => line.replace("\"../", &format!("\"{}/../", source.display())),
    };
    let folder = repository().join("target/systems/hosts").join(host.name()).join(test);
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("bulkhead.toml");
    std::fs::write(&file, text.lines().map(line).collect::<Vec<_>>().join("\n")).expect("a file");
    file
}

/// What a host says of a system on LEON3; nothing if it takes it.
pub(crate) fn said_on_leon3(host: Host, file: &Path) -> String {
    let system = check_for(Some(Processor::Leon3), file).unwrap_or_else(|error| panic!("{error:?}"));
    host.check(&system).err().map_or(String::new(), |error| error.to_string())
}

/// What a host says of two partitions and a channel between them, of which these are the lines about its messages;
/// nothing if it takes it.
pub(crate) fn channel_complaint(host: Host, messages: &str) -> String {
    complaint(
        host,
        &format!(
            "[[channel]]\nname = \"frames\"\n{messages}source = {{ partition = \"one\", port = \"out\" }}\n\
             destinations = [{{ partition = \"two\", port = \"in\" }}]\n"
        ),
    )
}

/// What a host says of two partitions and what else is in the system file; nothing if it takes it.
pub(crate) fn complaint(host: Host, rest: &str) -> String {
    complaint_of_two(host, "", rest)
}

/// The same on LEON3.
pub(crate) fn complaint_on_leon3(host: Host, rest: &str) -> String {
    complaint_of_two(host, "processor = \"leon3\"\n", rest)
}

fn complaint_of_two(host: Host, processor: &str, rest: &str) -> String {
    let mut text = format!("[system]\n{processor}major-frame = \"10 ms\"\n");
    for (number, name) in ["one", "two"].iter().enumerate() {
        text += &format!(
            "[[partition]]\nname = \"{name}\"\nmemory = \"1 MiB\"\nsources = [\"hello.c\"]\n\
             [[window]]\npartition = \"{name}\"\nstart = \"{number} ms\"\nduration = \"1 ms\"\n"
        );
    }
    said(host, &(text + rest))
}

/// What a host says of a system with one partition: lines of the system, the partition's memory and other lines, its
/// window's start and duration; nothing if it takes it.
pub(crate) fn complaint_about_one(
    host: Host,
    system: &str,
    memory: &str,
    program: &str,
    (start, duration): (&str, &str),
) -> String {
    let text = format!(
        "[system]\n{system}\n[[partition]]\nname = \"one\"\nmemory = \"{memory}\"\n{program}\n\
         [[window]]\npartition = \"one\"\nstart = \"{start}\"\nduration = \"{duration}\"\n"
    );
    said(host, &text)
}

/// What a host says of the system of this text, whose sources are those of the example `hello`; nothing if it takes it.
pub(crate) fn said(host: Host, text: &str) -> String {
    let folder = repository().join("examples/hello");
    let system = system_file::from_text_for(None, text, "bulkhead.toml", &folder)
        .unwrap_or_else(|report| panic!("{report:?}"));
    host.check(&system).err().map_or(String::new(), |error| error.to_string())
}

/// The lines about messages of 64 KiB in a queue of this depth.
pub(crate) fn large_queue(depth: u32) -> String {
    format!("kind = \"queuing\"\nmessage-size = \"64 KiB\"\ndepth = {depth}\n")
}

/// The files of what was built that are named, one path each.
pub(crate) fn listed(built: &Hosted, list: &str) -> Vec<PathBuf> {
    let text =
        std::fs::read_to_string(built.folder.join(list)).unwrap_or_else(|error| panic!("{list}: {error}"));
    text.lines().map(|name| built.folder.join(name)).collect()
}

/// What the receiver of the system with channels finds at this address of its own: a table of 128 bytes for each port,
/// and behind it room for records, which ends before its program. `word` reads as the processor does.
pub(crate) fn has_the_receivers_ports(table: &[u8], address: u32, program: u32, word: fn(&[u8], u32) -> u32) {
    assert_eq!(table.len(), 3 * 128);
    assert!(table.starts_with(b"rate-in\0") && table[128..].starts_with(b"orders-in\0"));
    let kind = |port: u32| [0x20, 0x24, 0x28, 0x2c, 0x30].map(|field| word(table, 128 * port + field));
    assert_eq!(kind(0), [1, 1, 64, 1, 500_000_000]);
    assert_eq!(kind(1), [2, 1, 32, 3, 0]);
    assert_eq!(kind(2), [2, 0, 16, 2, 0]);
    let records = [0, 1, 2].map(|port| word(table, 128 * port + 0x40));
    assert_eq!(records, [address + 3 * 128, address + 3 * 128 + 80, address + 3 * 128 + 128]);
    assert!(records[2] + 32 <= program);
}
