//! Building examples for a host.

use std::path::{Path, PathBuf};

use bulkhead_tests::{installation, repository};
use bulkhead_tool::build::{Hosted, Options, Silent, build_for_host, check};
use bulkhead_tool::host::Host;
use bulkhead_tool::kit::Selection;

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
    let system = check(file).unwrap_or_else(|error| panic!("{error:?}"));
    let folder = repository().join("target/systems/hosts").join(host.name()).join(folder);
    // What an earlier version of the tool has built there is no folder of this one.
    let _ = std::fs::remove_dir_all(&folder);
    let options =
        Options { output: Some(folder), installation: Some(installation()), host, kit, ..Options::default() };
    build_for_host(system, &options, &mut Silent).unwrap_or_else(|error| panic!("{error:?}"))
}

/// The files of what was built that are named, one path each.
pub(crate) fn listed(built: &Hosted, list: &str) -> Vec<PathBuf> {
    let text =
        std::fs::read_to_string(built.folder.join(list)).unwrap_or_else(|error| panic!("{list}: {error}"));
    text.lines().map(|name| built.folder.join(name)).collect()
}
