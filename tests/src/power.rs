//! Ends of power: a system with a disk that is cut off at many instants, and begins again with what is on it.

use std::fs;
use std::path::Path;

use bulkhead_tool::build::Built;
use bulkhead_tool::run::{Devices, DiskFile, RunOptions};

use crate::{Transcript, run_built};

/// Bytes of the disk.
const DISK: usize = 1 << 20;

/// Runs a system whose device `disk` is a file in a folder, each time to the next of the instants in nanoseconds.
///
/// `who` says how many records it finds (`5 records are there`) and then, of each that it has synced, that it is kept
/// (`record 6 is kept`). Returns how many records there are at the end.
///
/// # Panics
/// If a record was kept and is not there.
pub fn cut(built: &Built, folder: &Path, who: &str, instants: &[u64]) -> u32 {
    fs::create_dir_all(folder).expect("a folder");
    let path = folder.join(format!("{}-{}.disk", built.system.name, std::process::id()));
    fs::write(&path, vec![0; DISK]).expect("a disk");
    let mut kept = 0;
    for instant in instants {
        let disk = DiskFile { name: "disk".to_owned(), path: path.clone() };
        let devices = Devices::open(built.system.emulations(), &[], &[disk]).expect("the disk");
        let options = RunOptions { time_limit: Some(*instant), devices, ..RunOptions::default() };
        let transcript = run_built(built, &options);
        kept = kept_after(&transcript, who, kept);
    }
    fs::remove_file(&path).expect("the disk is there");
    kept
}

/// How many records are kept at the end of a run that has begun with so many.
fn kept_after(transcript: &Transcript, who: &str, mut kept: u32) -> u32 {
    let number = |line: &str| line.split_whitespace().find_map(|word| word.parse::<u32>().ok());
    for line in transcript.of(who) {
        if line.ends_with(" records are there") {
            let there = number(line).expect("a number");
            // One more may be whole, of which nobody has heard.
            assert!((kept..=kept + 1).contains(&there), "{kept} were kept: {line}\n{}", transcript.all());
            kept = there;
        } else if line.ends_with(" is kept") {
            assert_eq!(number(line), Some(kept + 1), "{line}");
            kept += 1;
        }
    }
    assert!(!transcript.all().contains("is not there"), "{}", transcript.all());
    kept
}
