//! Building examples for a host.

use std::path::{Path, PathBuf};

use bulkhead_tests::{installation, repository};
use bulkhead_tool::build::{Hosted, Options, Silent, build_for_host, check_for};
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
    // A host runs on one processor here, whatever the file says.
    let processor = (host == Host::Air).then_some(Processor::Leon3);
    let system = check_for(processor, file).unwrap_or_else(|error| panic!("{error:?}"));
    let folder = repository().join("target/systems/hosts").join(host.name()).join(folder);
    // What an earlier version of the tool has built there is no folder of this one.
    let _ = std::fs::remove_dir_all(&folder);
    let options =
        Options { output: Some(folder), installation: Some(installation()), host, kit, ..Options::default() };
    build_for_host(system, &options, &mut Silent).unwrap_or_else(|error| panic!("{error:?}"))
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
    let mut text = "[system]\nmajor-frame = \"10 ms\"\n".to_owned();
    for (number, name) in ["one", "two"].iter().enumerate() {
        text += &format!(
            "[[partition]]\nname = \"{name}\"\nmemory = \"1 MiB\"\nsources = [\"hello.c\"]\n\
             [[window]]\npartition = \"{name}\"\nstart = \"{number} ms\"\nduration = \"1 ms\"\n"
        );
    }
    text += rest;
    let system =
        system_file::from_text_for(None, &text, "bulkhead.toml", &repository().join("examples/hello"))
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
