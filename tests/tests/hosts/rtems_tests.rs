//! `bulkhead test-rtems --host air`: with a machine that says what AIR would, and where AIR is installed with AIR.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bulkhead_tests::{bare, installation, repository};
use bulkhead_tool::host::Host;
use bulkhead_tool::run::Stop;
use bulkhead_tool::system_file::Processor;
use bulkhead_tool::test_rtems::{Neighbours, Place, TestOptions, TestProgram, TestResult, Verdict, run_all};

use crate::support::build_file;
use crate::transcripts::AIR;

bulkhead_tests::tests! {
    a_test_on_air_ends_with_its_banner_or_its_partition,
    what_makes_no_bootable_file_is_said,
    air_runs_what_does_as_rtems_tests_do needs [AIR.packer()],
}

/// A test program, linked for a partition on AIR with the stand-in.
fn program(name: &str, source: &str) -> TestProgram {
    let folder = folder(name);
    let file = folder.join("bulkhead.toml");
    let sources = repository().join("tests/programs");
    let text = format!(
        "[system]\nname = \"{name}\"\nprocessor = \"leon3\"\nmajor-frame = \"10 ms\"\n[[partition]]\n\
         name = \"test\"\nmemory = \"1 MiB\"\nsources = [{:?}]\n[[window]]\npartition = \"test\"\n\
         start = \"0 ms\"\nduration = \"10 ms\"\n",
        sources.join(source).display().to_string()
    );
    fs::write(&file, text).expect("a system file");
    let built = build_file(Host::Air, &file, None, &format!("rtems-tests-{name}-built"));
    let file = folder.join(name).with_extension("exe");
    fs::write(&file, &built.programs[0].file).expect("a program");
    TestProgram { suite: "suite".to_owned(), name: name.to_owned(), file }
}

fn folder(name: &str) -> PathBuf {
    let folder = repository().join("target/systems/hosts/air/rtems-tests").join(name);
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    folder
}

fn options(packer: &Path, folder: &Path) -> TestOptions {
    TestOptions {
        jobs: 1,
        timeout: Duration::from_secs(100),
        memory: "1 MiB".to_owned(),
        host: Host::Air,
        packer: Some(packer.to_owned()),
        installation: Some(installation()),
        neighbours: None,
        folder: folder.to_owned(),
        stop: Stop::default(),
    }
}

/// A command in the place of AIR's tools.
fn command(folder: &Path, name: &str, script: &str) -> PathBuf {
    let file = folder.join(name);
    fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("a script");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("a program");
    file
}

/// How a test goes whose machine, made of a whole folder, says this and goes on for ever.
fn played(test: &TestProgram, name: &str, text: &str) -> TestResult {
    let folder = folder(name);
    let machine = folder.join("machine");
    fs::write(&machine, bare::program(Processor::Leon3, text, false)).expect("a program");
    let script = format!(
        "test -f \"$1/Makefile\" && test -f \"$1/usr_schedules.c\" && test -f \"$1/test.exe\" && cp '{}' \"$2\"",
        machine.display()
    );
    let packer = command(&folder, "pack", &script);
    one(test, &options(&packer, &folder))
}

fn one(test: &TestProgram, options: &TestOptions) -> TestResult {
    run_all(std::slice::from_ref(test), Place::Partition, options, &|_| {}).remove(0)
}

fn a_test_on_air_ends_with_its_banner_or_its_partition() {
    let test = program("played", "rtems_test.c");
    let begin = ":: Initialization complete!\r\ntest | *** BEGIN OF TEST X ***\n";
    let others = "neighbour-1 | *** END OF TEST X ***\nair *** END OF TEST X ***\n";
    let passed = played(&test, "passes", &format!("{begin}{others}test | longest gap - 3\ntest | {PASSED}"));
    assert_eq!(passed.verdict, Verdict::Passed, "{passed:?}");
    let told = "kernel: :: Initialization complete!\n*** BEGIN OF TEST X ***\nkernel: air *** END OF TEST X ***\n\
                longest gap - 3\n*** END OF TEST X ***\n";
    assert_eq!(
        (passed.output.as_str(), passed.figures.len()),
        (told, 0),
        "a clock of ticks measures nothing"
    );
    for end in ["halted with status 3", "stopped: memory violation (trap 0x09), pc 0x41100000"] {
        let ended = played(&test, "ends", &format!("{begin}{others}test | {end}\n"));
        let expected = Verdict::Failed(format!("no end of test: the partition {end}"));
        assert_eq!(ended.verdict, expected, "{ended:?}");
    }
}

const PASSED: &str = "*** END OF TEST X ***\n";

fn what_makes_no_bootable_file_is_said() {
    let test = program("unpacked", "rtems_test.c");
    let folder = folder("unpacked");
    let said = |packer: &Path| {
        let options = TestOptions { timeout: Duration::from_secs(2), ..options(packer, &folder) };
        let result = one(&test, &options);
        assert!(matches!(result.verdict, Verdict::NotRun(_)), "{result:?}");
        result.verdict.reason().replace(&format!("{}/", folder.display()), "")
    };
    let fails = command(&folder, "fails", "echo one; echo no compiler >&2; exit 3");
    assert_eq!(said(&fails), "fails failed (exit status: 3): no compiler");
    assert_eq!(said(&command(&folder, "idles", "true")), "idles has made no test-0/bootable");
    assert_eq!(said(&folder.join("none")), "none cannot be started: No such file or directory (os error 2)");
    let begin = Instant::now();
    assert_eq!(said(&command(&folder, "hangs", "sleep 1000 | cat")), "hangs did not end in time");
    assert!(begin.elapsed() < Duration::from_secs(60), "{:?}", begin.elapsed());
}

fn air_runs_what_does_as_rtems_tests_do() {
    let packer = AIR.packer().unwrap_or_else(|missing| panic!("{missing}"));
    let tests = [program("gap", "rtems_test.c"), program("quiet", "rtems_test_quiet.c")];
    let folder = folder("on-air");
    let alone = options(&packer, &folder);
    let neighbours = Neighbours::new(Host::Air, Some(installation()), &folder);
    let beside = TestOptions { neighbours: Some(neighbours), ..alone.clone() };
    let halted = Verdict::Failed("no end of test: the partition halted with status 3".to_owned());
    for options in [alone, beside] {
        let results = run_all(&tests, Place::Partition, &options, &|_| {});
        let verdicts: Vec<_> = results.iter().map(|result| &result.verdict).collect();
        assert_eq!(verdicts, [&Verdict::Passed, &halted], "{results:?}");
    }
}
