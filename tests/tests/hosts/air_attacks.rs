//! The probe's attacks on AIR, between two witnesses: what docs/hosts.md says of each.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use bulkhead_audit::instructions::Kernel;
use bulkhead_audit::{InputKind, Options, audit_file};
use bulkhead_tests::examples::{End, Said, heard_on_one_console};
use bulkhead_tests::repository;
use bulkhead_tool::host::Host;

use crate::support::build_file;
use crate::transcripts::AIR;

bulkhead_tests::tests! {
    what_air_withstands_disturbs_no_witness needs [AIR.packer()],
    a_partition_that_spills_badly_ends_without_flooding_the_console needs [AIR.packer()],
    what_stops_air_is_what_the_page_says needs [AIR.packer()],
    what_another_partition_had_in_its_windows_is_seen_on_air needs [AIR.packer()],
}

/// Seconds that a system with attacks that do not end is given.
const SECONDS: u64 = 8;

/// Windows that each witness watches.
const WINDOWS: u32 = 10;

/// Where QEMU's timer has its registers, which AIR's own map has in every partition.
const TIMER: u32 = 0x8000_0300;

/// Behind the memory of a partition of one unit.
const NOWHERE: u32 = 0x4200_0000;

/// The key that allows what the audit would refuse of the probe above AIR: it makes calls by chance on purpose.
fn allowed(image: &Path) -> String {
    let options = Options { kind: InputKind::Image, kernel: Kernel::Air, ..Options::default() };
    let report = audit_file(image, &options).unwrap_or_else(|error| panic!("{}: {error}", image.display()));
    let functions: BTreeSet<&str> = report.silent().map(|finding| finding.function.as_str()).collect();
    let tables: Vec<String> = functions
        .iter()
        .map(|function| format!("{{ function = \"{function}\", reason = \"tries what comes of it\" }}"))
        .collect();
    format!("allow-silent = [{}]", tables.join(", "))
}

/// What the partitions have said.
fn attacked(attack: &str) -> (Vec<Said>, String) {
    let image = repository().join("build/partitions/sparc/hosts/air/probe.exe");
    let allowed = allowed(&image);
    let partition = |name: &str, line: &str, start: u32, duration: u32| {
        format!(
            "[[partition]]\nname = \"{name}\"\nmemory = \"1 MiB\"\nimage = \"{}\"\n\
             command-line = \"{line}\"\n{allowed}\n[[window]]\npartition = \"{name}\"\nstart = \"{start} us\"\n\
             duration = \"{duration} us\"\n",
            image.display()
        )
    };
    let witness =
        |start: u32| format!("witness frame=5000000 start={start}000 duration=1000000 windows={WINDOWS}");
    // The second witness begins late by 50 us, so that AIR's tick is as short.
    let text = "[system]\nname = \"attack\"\nprocessor = \"leon3\"\nmajor-frame = \"5 ms\"\n".to_owned()
        + &partition("first", &witness(0), 0, 1000)
        + &partition("last", &witness(3050), 3050, 1000)
        + &partition("adversary", &format!("adversary {attack}"), 1000, 2000);
    let name: String = attack.chars().map(|it| if it.is_ascii_alphanumeric() { it } else { '-' }).collect();
    let folder = repository().join("target/systems/hosts/air").join(format!("attack-{name}-source"));
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("bulkhead.toml");
    fs::write(&file, text).expect("a system file");
    let said = AIR.run_built(&build_file(Host::Air, &file, None, &format!("attack-{name}")), SECONDS);
    let heard = heard_on_one_console(&said);
    let of = |name: &str| heard.get(name).cloned().unwrap_or_else(|| Said { lines: Vec::new(), end: None });
    (["first", "last", "adversary"].map(of).to_vec(), said)
}

/// Whether a witness has seen its windows and nothing else: its clock steps, so that it tells how often it could be
/// read besides.
fn is_undisturbed(witness: &Said) -> bool {
    let numbers =
        |line: &String| -> Vec<u32> { line.split(' ').filter_map(|word| word.parse().ok()).collect() };
    let with = |start: &str| witness.lines.iter().find(|line| line.starts_with(start)).map(numbers);
    let is_whole = with("witness: the clock was read").is_some_and(|read| read[0] * 100 >= read[1] * 95);
    // Windows, first and last frame, earliest and latest begin, how early it ended, pause, what was wrong.
    let saw = with("witness: windows").unwrap_or_default();
    let [windows, _, _, 0, 0, _, _, 0] = saw[..] else { return false };
    is_whole && windows == WINDOWS && witness.end == Some(End::Halted(0))
}

fn what_air_withstands_disturbs_no_witness() {
    for (attack, end) in [
        ("memory", Some(End::Halted(0))),
        ("storm for=30000000", Some(End::Halted(0))),
        ("shared-page for=20000000", Some(End::Halted(0))),
        ("timers", Some(End::Halted(0))),
        ("late-deadline frame=5000000 start=1000000", Some(End::Halted(0))),
        ("state for=20000000", Some(End::Halted(0))),
        ("restart times=8", Some(End::Halted(0))),
        ("spin", None),
        ("arming", None),
        ("fault-storm", None),
        ("fault read", Some(End::Stopped)),
        ("fault-in-handler", Some(End::Stopped)),
        ("stack", Some(End::Stopped)),
        // The binding's own checks: AIR goes on wherever it is told to.
        ("entries by=both place=2", Some(End::Stopped)),
        ("air resume at=1090519042", Some(End::Stopped)),
    ] {
        let (said, all) = attacked(attack);
        assert_eq!(said[2].end, end, "{attack}\n{all}");
        assert!(is_undisturbed(&said[0]) && is_undisturbed(&said[1]), "{attack}\n{all}");
    }
}

/// A partition whose windows can be stored nowhere ends with a few lines of the health monitor's. There is nothing at
/// this address.
fn a_partition_that_spills_badly_ends_without_flooding_the_console() {
    let (said, all) = attacked(&format!("air spill at={NOWHERE}"));
    let begin = &all[..all.len().min(1000)];
    assert!(
        all.contains("adversary: air about to spill") && all.len() < 4000,
        "{} bytes: {begin}",
        all.len()
    );
    assert_eq!(said[2].end, Some(End::Stopped), "{begin}");
    assert!(is_undisturbed(&said[0]) && is_undisturbed(&said[1]), "{begin}");
}

/// If one of these is withstood one day, the page is to say so.
fn what_stops_air_is_what_the_page_says() {
    for attack in
        ["air return at=1090519042".to_owned(), "air handler".to_owned(), format!("air spill at={TIMER}")]
    {
        let (said, all) = attacked(&attack);
        assert!(all.contains("adversary: air about to "), "{attack}\n{all}");
        assert!(said[0].end.is_none() && said[1].end.is_none(), "{attack}\n{all}");
    }
}

fn what_another_partition_had_in_its_windows_is_seen_on_air() {
    let (said, all) = attacked("leak");
    let seen = said[2].lines.iter().any(|line| line.contains("registers held something of somebody else"));
    assert!(seen && said[2].end == Some(End::Halted(1)), "{all}");
}
