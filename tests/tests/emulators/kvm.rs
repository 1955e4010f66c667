//! The host's KVM, where there is one that executes the kernel: real `iret`, real segments, real deadlines. Nothing is
//! measured here, since time passes as the host's does.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use bulkhead_tests::harness::NotRun;
use bulkhead_tests::{MILLISECOND, System, Transcript, repository, run_built, run_file};
use bulkhead_tool::run::{Ending, PartitionEnd, RunOptions};

bulkhead_tests::tests! {
    a_kvm_that_fails_ends_the_run,
    attacks_fail_on_kvm needs [kvm()],
    an_example_runs_on_kvm needs [kvm()],
}

/// How a system is run on it. Whoever waits longer than this waits for nothing.
fn options() -> RunOptions {
    RunOptions {
        realtime: true,
        timeout: Some(Duration::from_secs(120)),
        qemu_arguments: ["-accel", "kvm"].map(str::to_owned).into(),
        ..RunOptions::default()
    }
}

/// Runs one attack of the probe's on KVM.
fn attack(attack: &str) -> Transcript {
    let system = System::new(&format!("kvm-{attack}"), 10 * MILLISECOND).probe(
        "adversary",
        &format!("adversary {attack}"),
        &[(0, 8 * MILLISECOND)],
    );
    run_built(&system.build(), &options())
}

/// A KVM that executes the kernel: one run finds out.
fn kvm() -> Result<(), NotRun> {
    static WORKS: OnceLock<bool> = OnceLock::new();
    let works = || Path::new("/dev/kvm").exists() && attack("interrupts").ending == Ending::Completed;
    let missing =
        || NotRun::needs("a KVM that executes the kernel", "run the tests on a machine that has one");
    WORKS.get_or_init(works).then_some(()).ok_or_else(missing)
}

fn attacks_fail_on_kvm() {
    for name in ["memory", "instructions", "interrupts", "segments", "calls", "timers"] {
        let transcript = attack(name);
        assert_eq!(transcript.ending, Ending::Completed, "{name}: {}", transcript.all());
        assert_eq!(
            transcript.facts.ends.get("adversary"),
            Some(&PartitionEnd::Halted(0)),
            "{}",
            transcript.all()
        );
    }
}

fn an_example_runs_on_kvm() {
    let transcript = run_file(&repository().join("examples/hello/bulkhead.toml"), &options());
    assert!(transcript.ending.is_orderly(), "{}", transcript.all());
}

/// What QEMU says when KVM gives up, and that it then waits for ever, is played here by a script.
fn a_kvm_that_fails_ends_the_run() {
    let script = repository().join("target/systems/kvm-that-fails");
    fs::create_dir_all(repository().join("target/systems")).unwrap_or_else(|error| panic!("{error}"));
    fs::write(&script, "#!/bin/sh\necho 'KVM internal error. Suberror: 1' >&2\nexec sleep 100000\n")
        .and_then(|()| fs::set_permissions(&script, fs::Permissions::from_mode(0o755)))
        .unwrap_or_else(|error| panic!("{}: {error}", script.display()));
    let system = System::new("kvm-that-fails", MILLISECOND).probe("a", "adversary spin", &[(0, MILLISECOND)]);
    let failing = RunOptions { qemu: Some(script), timeout: None, ..options() };
    let transcript = run_built(&system.build(), &failing);
    assert_eq!(transcript.ending, Ending::Kvm, "{}", transcript.all());
    assert_eq!(transcript.ending.exit_status(), 3);
}
