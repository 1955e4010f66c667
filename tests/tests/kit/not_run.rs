//! What comes of a test that cannot run: it counts as ignored, says why, and is on the list that `make test` ends with.

use std::fs;
use std::path::Path;
use std::process::Command;

use bulkhead_tests::repository;

bulkhead_tests::tests! {
    a_test_that_cannot_run_is_counted_as_ignored_and_listed,
}

fn a_test_that_cannot_run_is_counted_as_ignored_and_listed() {
    let folder = repository().join("target/systems");
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{error}"));
    let list = folder.join("not-run");
    let _ = fs::remove_file(&list);
    let (status, said) = this_program("the_exit_status_is_the_partitions", &list);
    let reason = |partitions| format!("an RTEMS kit for {partitions}: set RTEMS_KIT to its prefix");
    for (processor, partitions) in [("x86_64", "i386"), ("leon3", "sparc")] {
        let line = said.lines().find(|line| line.contains(processor)).unwrap_or_default();
        assert!(line.ends_with(&format!("ignored (needs {})", reason(partitions))), "{said}");
    }
    assert!(said.contains("test result: ok. 0 passed; 0 failed; 2 ignored; 0 measured"), "{said}");
    assert!(status, "{said}");
    let listed = fs::read_to_string(&list).unwrap_or_else(|error| panic!("{}: {error}", list.display()));
    let mut listed: Vec<&str> = listed.lines().collect();
    listed.sort_unstable();
    assert_eq!(listed, [reason("i386"), reason("sparc")]);
}

/// Runs this test program without a kit, for the tests whose names contain a word; gives whether it succeeded, and what
/// it printed.
fn this_program(filter: &str, list: &Path) -> (bool, String) {
    let program = std::env::current_exe().unwrap_or_else(|error| panic!("{error}"));
    let output =
        Command::new(program).arg(filter).env_remove("RTEMS_KIT").env("BULKHEAD_NOT_RUN", list).output();
    let output = output.unwrap_or_else(|error| panic!("{error}"));
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}
