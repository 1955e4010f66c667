//! The examples on Xen, Debian's packages unpacked into `build/`, and windows where its scheduler for them is built.
//!
//! `make test-xen` fetches the packages, and `make xen-arinc653` builds the hypervisor with the scheduler.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bulkhead_tests::examples::{Isolation, heard_in};
use bulkhead_tests::harness::NotRun;
use bulkhead_tests::{System, Transcript, conformance, installation, repository, run_boot, run_file};
use bulkhead_tool::build::check;
use bulkhead_tool::host::Host;
use bulkhead_tool::host::xen::Machine;
use bulkhead_tool::kit::Selection;
use bulkhead_tool::run::{PartitionEnd, RunOptions};

use crate::messages;
use crate::support::{build_file, example_file, linked_for};
use crate::talking::assert_they_talk;
use crate::transcripts::{compare, i386_kit};

bulkhead_tests::tests! {
    xen_runs_hello needs [debian()],
    xen_runs_the_ticker needs [debian()],
    xen_runs_the_demo needs [debian()],
    xen_runs_the_three_that_talk needs [debian()],
    xen_runs_the_three_that_talk_by_files_of_rtems needs [debian(), i386_kit()],
    xen_runs_the_three_that_talk_one_in_rust needs [debian()],
    xen_carries_messages needs [debian()],
    xen_wakes_who_waits_and_shows_regions needs [debian()],
    xen_answers_every_service_as_the_standard_says needs [debian()],
    xen_keeps_ports_and_regions_from_who_has_none needs [debian()],
    xen_has_ports_and_regions_as_files_of_rtems needs [debian(), i386_kit()],
    xen_runs_the_examples_with_rtems needs [debian(), i386_kit()],
    our_own_kernel_tells_at_the_next_window,
    windows_on_our_own_kernel_are_those_of_the_system_file,
    windows_on_xen_with_arinc653_are_those_of_the_system_file needs [debian(), arinc653()],
    xen_passes_the_checks_of_the_guest_layer needs [debian()],
    xen_starts_a_failing_partition_again_three_times needs [debian()],
    xen_has_an_error_handler_for_tasks needs [debian()],
}

/// Set where the tests must run, by the makefile: without it, they are left out where nothing has been fetched.
const REQUIRED: &str = "BULKHEAD_TEST_XEN";

/// Microseconds that a window on Xen may begin late: the first frame begins as soon as the first domain can say so, and
/// each frame is reckoned from when the one before has begun, not from when it was to begin.
const LATE_MAX: u64 = 1_000;

/// Microseconds that a window on Xen may be too short: switching, and the ticks inside.
const SHORT_MAX: u64 = 150;

/// Microseconds that two frames on Xen may be too far apart.
const DISTANCE_MAX: u64 = 100;

/// When a system on Xen ends by itself, in nanoseconds of its own clock, which counts instructions: this is what limits
/// a test, the same on a busy machine and on an idle one.
const LIMIT: u64 = 100_000_000_000;

/// A guard only, against a QEMU or a first domain that does nothing any more, for which no clock runs. A run takes half
/// a minute where nothing else does, and ten where seven others build.
const HANGS: Duration = Duration::from_secs(3600);

fn xen_folder() -> PathBuf {
    repository().join("build/lib/bulkhead/xen")
}

/// The hypervisor as Debian has built it.
fn debian() -> Result<PathBuf, NotRun> {
    let hypervisor = xen_folder().join("xen-packages.d/xen");
    let missing = NotRun::needs("Debian's Xen", "make xen-packages");
    assert!(hypervisor.is_file() || std::env::var_os(REQUIRED).is_none(), "this test needs {missing}");
    hypervisor.is_file().then_some(hypervisor).ok_or(missing)
}

/// The hypervisor with the scheduler that keeps windows.
fn arinc653() -> Result<PathBuf, NotRun> {
    let hypervisor = xen_folder().join("hypervisor-arinc653");
    hypervisor
        .is_file()
        .then_some(hypervisor)
        .ok_or_else(|| NotRun::needs("Xen with arinc653", "make xen-arinc653"))
}

/// Builds a system for Xen, boots it, and hears it out.
#[track_caller]
fn run(file: &Path, test: &str, hypervisor: Result<PathBuf, NotRun>, kit: Option<Selection>) -> Transcript {
    run_for(LIMIT, file, test, hypervisor, kit)
}

/// The same, with an end of its own.
#[track_caller]
fn run_for(
    limit: u64,
    file: &Path,
    test: &str,
    hypervisor: Result<PathBuf, NotRun>,
    kit: Option<Selection>,
) -> Transcript {
    let hypervisor = hypervisor.unwrap_or_else(|missing| panic!("{missing}"));
    let options = RunOptions { timeout: Some(HANGS), ..RunOptions::default() };
    let system = check(file).unwrap_or_else(|error| panic!("{error:?}"));
    let (machine, _) = Machine::find(Some(&hypervisor), &installation(), &system)
        .unwrap_or_else(|error| panic!("{error:?}"));
    let built = build_file(Host::Xen, file, kit, test);
    let boot = machine.prepare(&built, Some(limit)).unwrap_or_else(|error| panic!("{error:?}"));
    run_boot(&built.system, &boot, &options)
}

fn examples(name: &str, kit: Option<Selection>, test: &str) {
    let with_kit = kit.is_some();
    let transcript = run(&example_file(name), test, debian(), kit);
    let mut heard = heard_in(&transcript);
    if let Some(rogue) = heard.get_mut("rogue").filter(|_| with_kit) {
        // RTEMS tells at length which exception ends it, before it is stopped for it.
        rogue.lines.truncate(2);
    }
    compare("Xen", name, &heard, Isolation::Enforced, &transcript.all());
}

fn xen_runs_hello() {
    examples("hello", None, "stand-in-hello");
}

fn xen_runs_the_ticker() {
    examples("ticker", None, "stand-in-ticker");
}

fn xen_runs_the_demo() {
    examples("demo", None, "stand-in-demo");
}

fn talking(example: &str, kit: Option<Selection>) {
    talking_in(&example_file(example), example, kit);
}

/// Without windows it is not said whose turn it is first, so what depends on that is not compared with the README.
fn talking_in(file: &Path, test: &str, kit: Option<Selection>) {
    let transcript = run(file, test, debian(), kit);
    assert_they_talk(&heard_in(&transcript), &transcript.all());
}

fn xen_runs_the_three_that_talk() {
    talking("ports", None);
}

fn xen_runs_the_three_that_talk_by_files_of_rtems() {
    talking("ports-rtems", Some(i386_kit().unwrap_or_else(|missing| panic!("{missing}"))));
}

/// The programs in Rust are linked for Xen beside those for our own kernel.
fn xen_runs_the_three_that_talk_one_in_rust() {
    talking_in(&linked_for(Host::Xen, "examples/ports-rust", "ports-rust-source"), "ports-rust", None);
}

fn xen_carries_messages() {
    let transcript = run(&messages::file(), "messages", debian(), None);
    assert_eq!(heard_in(&transcript), messages::expected(), "{}", transcript.all());
}

/// The caller's slowest round in milliseconds, in which it was told of room and rung at, and the answerer of messages.
fn slowest_round(transcript: &Transcript) -> u64 {
    transcript.expect("answerer", "12 calls");
    transcript.expect("caller", "now I write to what I may only read");
    let ends = &transcript.facts.ends;
    assert_eq!(ends.get("caller"), Some(&PartitionEnd::Stopped), "{}", transcript.all());
    assert_eq!(ends.get("answerer"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    let lines = transcript.of("caller");
    let took = lines.iter().find_map(|line| {
        line.strip_prefix("6 rounds, 6 rings, the slowest took ")?.strip_suffix(" ms")?.parse().ok()
    });
    took.unwrap_or_else(|| panic!("no round was measured:\n{}", transcript.all()))
}

fn woken_file() -> PathBuf {
    repository().join("tests/systems/woken/bulkhead.toml")
}

/// On our own kernel nobody else runs in a partition's window: each leg ends with the other's next window.
fn our_own_kernel_tells_at_the_next_window() {
    let slowest = slowest_round(&run_file(&woken_file(), &RunOptions::default()));
    assert!((4_000..=8_000).contains(&slowest), "{slowest} ms");
}

/// By event channels, long before the window begins that the system file gives.
fn xen_wakes_who_waits_and_shows_regions() {
    let slowest = slowest_round(&run(&woken_file(), "woken", debian(), None));
    assert!(slowest < 1_000, "{slowest} ms");
}

fn xen_answers_every_service_as_the_standard_says() {
    let file = repository().join("tests/systems/conformance/bulkhead.toml");
    let checks = conformance::assert_all_good(&run(&file, "conformance", debian(), None));
    println!("{checks} checks of ARINC 653's services on Xen");
}

/// What the adversary of `probe/src/adversary/ports.rs` tries on our own kernel too, but that it executes nothing in
/// regions: under QEMU's emulation data can be executed on Xen (docs/hosts.md). Who is to send to it begins first.
fn xen_keeps_ports_and_regions_from_who_has_none() {
    const MS: u64 = 1_000_000;
    let (sampling, queuing) = ("kind = \"sampling\", refresh = \"1 s\"", "kind = \"queuing\", depth = 2");
    let (write, read) = ("access = \"read-write\"", "access = \"read\", doorbell = 8");
    let file = System::new("ports-xen", 5 * MS)
        .probe("first", "load nothing", &[(0, MS)])
        .probe("other", "keeper windows=200", &[(MS, MS)])
        .probe("adversary", "adversary ports execute=0", &[(3 * MS, MS)])
        .channel(sampling, 64, ("adversary", "out"), &[("other", "in")])
        .channel(queuing, 64, ("adversary", "send"), &[("other", "receive")])
        .channel(sampling, 64, ("other", "out"), &[("adversary", "in")])
        .channel(queuing, 64, ("other", "send"), &[("adversary", "receive")])
        .region("open", "8 KiB", &[("adversary", write), ("other", read)])
        .region("closed", "8 KiB", &[("adversary", read), ("other", write)])
        .region("foreign", "8 KiB", &[("other", write), ("first", "access = \"read\"")])
        .file_for("xen");
    // The first one does nothing without end, and the last one ends after a second.
    let transcript = run_for(2_000 * MS, &file, "ports-attack", debian(), None);
    let lines = transcript.of("adversary");
    let counts = lines.iter().find_map(|line| line.strip_prefix("adversary: ports ")?.split_once(" of "));
    let (good, tried) = counts.unwrap_or_else(|| panic!("{}", transcript.all()));
    assert_eq!(good, tried, "{}", transcript.all());
    assert!(tried.parse().is_ok_and(|tried: u32| tried >= 370), "{}", transcript.all());
    let kept = transcript.numbers("other", "keeper:");
    assert_eq!((kept["received"], kept["wrong"]), (1, 0), "{}", transcript.all());
    assert!(kept["sampled"] > 5, "{}", transcript.all());
}

fn xen_has_ports_and_regions_as_files_of_rtems() {
    let file = repository().join("tests/systems/files/bulkhead.toml");
    let kit = i386_kit().unwrap_or_else(|missing| panic!("{missing}"));
    let transcript = run(&file, "files", debian(), Some(kit));
    for partition in ["files", "peer"] {
        assert_eq!(
            transcript.facts.ends.get(partition),
            Some(&PartitionEnd::Halted(0)),
            "{}",
            transcript.all()
        );
    }
    transcript.expect("files", "checks are good");
}

fn xen_runs_the_examples_with_rtems() {
    for name in ["hello", "ticker", "demo"] {
        let kit = i386_kit().unwrap_or_else(|missing| panic!("{missing}"));
        examples(name, Some(kit), &format!("rtems-{name}"));
    }
}

/// What the partitions of tests/systems/windows are to see: start and duration in microseconds.
const WINDOWS: [(&str, u64, u64); 2] = [("first", 0, 10_000), ("second", 15_000, 25_000)];
const FRAME: u64 = 50_000;

/// Compares what partitions have measured of their own windows with the system file.
#[track_caller]
fn assert_windows(transcript: &Transcript, late_max: u64, short_max: u64, distance_max: u64) {
    for (name, start, duration) in WINDOWS {
        let line = transcript.of(name).into_iter().find(|line| line.starts_with("windows: seen "));
        let line = line.unwrap_or_else(|| panic!("{name} has not measured:\n{}", transcript.all()));
        let numbers: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [seen, begin_least, begin_most, length_least, length_most, distance_least, distance_most] =
            numbers[..]
        else {
            panic!("{name}: {line}");
        };
        assert!(seen >= 40, "{name}: {line}");
        assert!(begin_least >= start && begin_most <= start + late_max, "{name} begins: {line}");
        assert!(length_least + short_max >= duration && length_most <= duration, "{name} lasts: {line}");
        assert!(distance_least.abs_diff(FRAME) <= distance_max, "{name} comes back: {line}");
        assert!(distance_most.abs_diff(FRAME) <= distance_max, "{name} comes back: {line}");
    }
}

fn windows_file() -> PathBuf {
    repository().join("tests/systems/windows/bulkhead.toml")
}

fn windows_on_our_own_kernel_are_those_of_the_system_file() {
    assert_windows(&run_file(&windows_file(), &RunOptions::default()), 10, 10, 1);
}

fn windows_on_xen_with_arinc653_are_those_of_the_system_file() {
    let transcript = run(&windows_file(), "windows", arinc653(), None);
    assert_windows(&transcript, LATE_MAX, SHORT_MAX, DISTANCE_MAX);
}

fn xen_passes_the_checks_of_the_guest_layer() {
    let file = linked_for(Host::Xen, "tests/partitions/check", "guest-check-source");
    let transcript = run(&file, "guest-check", debian(), None);
    let lines = transcript.of("check");
    assert_eq!(lines.last(), Some(&"guest layer: 0 checks failed"), "{}", transcript.all());
    assert!(lines.contains(&"guest layer: started again, warm"), "{}", transcript.all());
}

/// The monitor in the guest does what the system file says about the fault, three times, and then it is enough.
fn xen_starts_a_failing_partition_again_three_times() {
    let transcript = run(&example_file("restart"), "restart", debian(), None);
    let said = transcript.of("failing");
    let starts: Vec<&str> = said.iter().filter_map(|line| line.strip_prefix("start ")).collect();
    let expected = ["1", "2", "3", "4"].map(|start| format!("{start}: I work for 200 ms, then I fail"));
    assert_eq!(starts, expected, "{}", transcript.all());
    let facts = &transcript.facts;
    assert_eq!(facts.ends.get("failing"), Some(&PartitionEnd::Stopped), "{}", transcript.all());
    assert_eq!(facts.ends.get("steady"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    assert_eq!(facts.restarts.get("failing"), Some(&3), "{}", transcript.all());
    let restarts = transcript.all().matches("cold-restart at ").count();
    assert_eq!(restarts, 3, "{}", transcript.all());
}

/// The services of errors, as on our own kernel: tests/programs/errors.c. Those of schedules are not there, which is
/// four checks.
fn xen_has_an_error_handler_for_tasks() {
    let file = repository().join("tests/systems/errors/bulkhead.toml");
    let transcript = run(&file, "errors", debian(), None);
    let all = transcript.all();
    for partition in ["checked", "careless"] {
        transcript.expect(partition, "start 0: 65 checks, 4 failed");
        let wrong = transcript.of(partition).into_iter().filter(|line| line.starts_with("line "));
        assert_eq!(wrong.filter(|line| line.contains("SCHEDULE")).count(), 4, "{all}");
        let raised = format!("kernel | partition {partition}: log at ");
        assert_eq!(all.lines().filter(|line| line.starts_with(&raised)).count(), 2, "{all}");
    }
    let ends = &transcript.facts.ends;
    assert_eq!(ends.get("checked"), Some(&PartitionEnd::Halted(1)), "{all}");
    assert_eq!(ends.get("careless"), Some(&PartitionEnd::Stopped), "{all}");
    assert!(all.contains("kernel | partition careless: idle at "), "{all}");
}
