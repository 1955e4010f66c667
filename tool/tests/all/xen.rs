//! What is said of windows that Xen's scheduler cannot keep: `build` warns, and `run` refuses where the scheduler is
//! there and warns where it is not (docs/xen.md, "Windows").

use std::fs;
use std::path::{Path, PathBuf};

use crate::builds::{bulkhead, new_system};

/// A system whose windows leave this time of 10 ms to Xen's first domain.
fn system(name: &str, left: u32) -> PathBuf {
    let mine = new_system(name);
    let text = format!(
        "[system]\nname = \"mine\"\nmajor-frame = \"10 ms\"\n[[partition]]\nname = \"counter\"\nmemory = \"1 MiB\"\n\
         sources = [\"counter.c\"]\n[[window]]\npartition = \"counter\"\nstart = \"0 ms\"\nduration = \"{} ms\"\n",
        10 - left
    );
    fs::write(mine.join("bulkhead.toml"), text).expect("a system file");
    mine
}

/// Exit status and messages.
fn said(work: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = bulkhead(work, arguments);
    let output = command.env("BULKHEAD_XEN", work.join("packages")).output().expect("bulkhead runs");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Packages of which nothing is there but a hypervisor, with the scheduler or without.
fn packages(work: &Path, scheduler: &str) {
    let packages = work.join("packages");
    fs::create_dir_all(&packages).expect("a folder");
    fs::write(packages.join("packages"), "").expect("a list");
    fs::write(packages.join("hypervisor"), format!("\x7fELF {scheduler}\0")).expect("a hypervisor");
}

const NO_TIME: &str = "the windows leave no time for Xen's first domain, which carries the consoles";
const NOT_GUARANTEED: &str =
    "warning: windows are not guaranteed: this Xen has no scheduler for them (arinc653)";

#[test]
fn a_build_warns_of_windows_that_xen_cannot_keep_and_writes_no_slots() {
    for (left, warns) in [(0, true), (1, false)] {
        let mine = system(&format!("xen-build-{left}"), left);
        let (status, text) = said(&mine, &["build", "--host", "xen"]);
        assert_eq!(status, Some(0), "{text}");
        let warning = format!("warning: Xen cannot keep the windows: {NO_TIME}");
        assert_eq!(text.contains(&warning), warns, "{text}");
        let description = fs::read_to_string(mine.join("build/mine-xen/system")).expect("a description");
        let slots = description.lines().filter(|line| line.starts_with("slot ")).count();
        assert_eq!(slots, if warns { 0 } else { 2 }, "{description}");
    }
}

#[test]
fn a_run_on_arinc653_refuses_windows_that_it_cannot_keep() {
    let mine = system("xen-run-arinc653", 0);
    packages(&mine, "ARINC 653 Scheduler");
    let (status, text) = said(&mine, &["run", "--host", "xen", "--hypervisor", "packages/hypervisor"]);
    assert_eq!(status, Some(64), "{text}");
    assert!(text.starts_with(&format!("error: {NO_TIME}\n")), "{text}");
    assert!(text.contains("or do without guaranteed windows: --hypervisor"), "{text}");
    assert!(!mine.join("build").exists(), "refused before anything is built");
}

#[test]
fn a_run_without_arinc653_warns_that_windows_are_shares() {
    for (left, warns) in [(0, true), (1, false)] {
        let mine = system(&format!("xen-run-credit2-{left}"), left);
        packages(&mine, "Credit Scheduler 2");
        // Nothing boots, as the packages have no first domain; the warnings come before that.
        let (status, text) = said(&mine, &["run", "--host", "xen", "--hypervisor", "packages/hypervisor"]);
        assert_eq!(status, Some(69), "{text}");
        assert!(text.contains(NOT_GUARANTEED), "{text}");
        assert_eq!(
            text.contains(&format!("warning: Xen cannot keep the windows: {NO_TIME}")),
            warns,
            "{text}"
        );
    }
}
