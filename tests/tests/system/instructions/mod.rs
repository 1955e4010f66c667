//! What the audit's table promises of each instruction, held against the real kernel: every sample is executed in a
//! partition.

mod i386;
mod sparc;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bulkhead_audit::{Options, audit_file};
use bulkhead_tests::{program, repository, run_file_for};
use bulkhead_tool::run::{Ending, RunOptions};
use bulkhead_tool::system_file::Processor;

/// Writes a system whose partition makes the trials.
fn write_system(name: &str, assembly: &str, allowance: &str) -> PathBuf {
    let folder = repository().join("target/systems").join(name);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("trials.S"), assembly).expect("the trials");
    let program = repository().join("tests/programs/instructions.c");
    let text = format!(
        "[system]\nname = \"{name}\"\nmajor-frame = \"10 ms\"\n\n[[partition]]\nname = \"trials\"\n\
         memory = \"2 MiB\"\nsources = ['{}', \"trials.S\"]\n{allowance}\n[[window]]\npartition = \"trials\"\n\
         start = \"0 ms\"\nduration = \"10 ms\"\n",
        program.display()
    );
    let file = folder.join("bulkhead.toml");
    fs::write(&file, text).expect("a system file");
    file
}

/// What came of each trial: the flags if it ran, otherwise the vector.
fn outcomes(processor: Processor, file: &Path, arguments: &[&str]) -> BTreeMap<usize, Result<u32, u8>> {
    let qemu_arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
    let transcript = run_file_for(
        Some(processor),
        file,
        &RunOptions { time_limit: Some(1_000_000_000), qemu_arguments, ..RunOptions::default() },
    );
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
    let lines = transcript.of("trials");
    let outcome = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["trial", number, "ran", "flags", flags] => {
                Some((number.trim_end_matches(':').parse().ok()?, Ok(flags.parse().ok()?)))
            }
            ["trial", number, "vector", vector, "error", _] => {
                Some((number.trim_end_matches(':').parse().ok()?, Err(vector.parse().ok()?)))
            }
            _ => None,
        }
    };
    lines.iter().filter_map(|line| outcome(line)).collect()
}

/// What the partitions of the tests do on purpose is all in functions that the audit can follow and name; the example
/// does nothing of that sort.
#[test]
fn nothing_of_our_own_images_is_left_unfollowed() {
    for processor in [Processor::X86_64, Processor::Leon3] {
        for (name, is_plain) in [("rust-hello", true), ("guest-check", false), ("probe", false)] {
            let report = audit_file(&program(processor, name), &Options::default())
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(report.summary.not_followed_suspect, 0, "{name}: {:#?}", report.not_followed);
            assert_eq!(report.problems().next().is_none(), is_plain, "{name}");
        }
    }
}
