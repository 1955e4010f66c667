//! The same expectation of the examples on our own kernel and on every other host that can be run here.
//!
//! Another host's kernel is not in this repository: a variable names a command that makes a bootable file of what
//! `bulkhead build --host` has written. It is called with the folder and the file's path.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use bulkhead_tests::examples::{End, Heard, Isolation, expected, heard_in, heard_on_one_console};
use bulkhead_tests::harness::NotRun;
use bulkhead_tests::{needs, repository, run_file};
use bulkhead_tool::build::Hosted;
use bulkhead_tool::host::Host;
use bulkhead_tool::kit::Selection;
use bulkhead_tool::run::RunOptions;
use bulkhead_tool::system_file::Processor;

use crate::support::{build, build_file, linked_for};

bulkhead_tests::tests! {
    our_own_kernel_does_what_is_expected_of_every_host,
    air_runs_hello_and_the_demo needs [AIR.packer()],
    air_runs_the_ticker needs [AIR.packer()],
    air_runs_hello_and_the_demo_with_rtems needs [AIR.packer(), sparc_kit()],
    air_runs_the_ticker_with_rtems needs [AIR.packer(), sparc_kit()],
    air_passes_the_checks_of_the_guest_layer needs [AIR.packer()],
    pok_runs_hello_and_the_demo needs [POK.packer()],
    pok_runs_the_ticker needs [POK.packer()],
    pok_runs_hello_and_the_demo_with_rtems needs [POK.packer(), i386_kit()],
    xtratum_runs_hello_and_the_demo needs [XTRATUM.packer()],
    xtratum_runs_the_ticker needs [XTRATUM.packer()],
    xtratum_runs_hello_and_the_demo_with_rtems needs [XTRATUM.packer(), i386_kit()],
    xtratum_runs_the_ticker_with_rtems needs [XTRATUM.packer(), i386_kit()],
}

/// A host whose bootable files QEMU starts, with one console on the first serial line.
pub(crate) struct Local {
    pub(crate) host: Host,
    /// The variable that names the command.
    variable: &'static str,
    /// QEMU's program.
    program: &'static str,
    /// How QEMU is called besides; by executed instructions, so that every run is the same.
    qemu: &'static [&'static str],
    isolation: Isolation,
}

/// POK waits for further processors for 1.1 s of the timer chip's time before it starts, and reads the chip all the
/// while: with fewer instructions to a nanosecond, as for XtratuM.
pub(crate) const POK: Local = Local {
    host: Host::Pok,
    variable: "BULKHEAD_POK",
    program: "qemu-system-i386",
    qemu: &["-m", "256", "-icount", "shift=4,sleep=off"],
    isolation: Isolation::NotEnforced,
};

/// XtratuM's partitions wait for their deadlines by looking, so that time costs instructions: fewer of them to a
/// nanosecond are enough.
pub(crate) const XTRATUM: Local = Local {
    host: Host::Xtratum,
    variable: "BULKHEAD_XTRATUM",
    program: "qemu-system-i386",
    qemu: &["-m", "128", "-icount", "shift=4,sleep=off"],
    isolation: Isolation::Enforced,
};

/// AIR's partitions wait for their deadlines by looking too.
pub(crate) const AIR: Local = Local {
    host: Host::Air,
    variable: "BULKHEAD_AIR",
    program: "qemu-system-sparc",
    qemu: &["-M", "leon3_generic", "-m", "128", "-icount", "shift=4,sleep=off"],
    isolation: Isolation::Enforced,
};

/// Asserts that a host's partitions have said what is expected of an example on every host.
#[track_caller]
pub(crate) fn compare(on: &str, example: &str, heard: &Heard, isolation: Isolation, all: &str) {
    let expected = expected(example, isolation);
    let names = |heard: &Heard| heard.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(heard), names(&expected), "the partitions of {example} on {on}\n{all}");
    for (name, said) in &expected {
        assert_eq!(heard.get(name), Some(said), "{name} of {example} on {on}\n{all}");
    }
}

impl Local {
    /// The command that makes a bootable file.
    pub(crate) fn packer(&self) -> Result<PathBuf, NotRun> {
        needs::command(self.variable, self.host.title())
    }

    fn run(&self, example: &str, kit: Option<Selection>, seconds: u64) {
        let with_kit = kit.is_some();
        let with = if with_kit { "an RTEMS kit" } else { "the stand-in" };
        let on = format!("{} with {with}", self.host.title());
        let test = if kit.is_some() { "rtems" } else { "stand-in" };
        let built = build(self.host, example, kit, test);
        let text = self.run_built(&built, seconds);
        let mut heard = heard_on_one_console(&text);
        if let Some(rogue) =
            heard.get_mut("rogue").filter(|rogue| with_kit && rogue.end == Some(End::Stopped))
        {
            // RTEMS tells at length which exception ends it, before it is stopped for it.
            rogue.lines.truncate(2);
        }
        compare(&on, example, &heard, self.isolation, &text);
    }

    /// Makes a bootable file of what was built, boots it, and gives what came over the serial line.
    pub(crate) fn run_built(&self, built: &Hosted, seconds: u64) -> String {
        let command = self.packer().unwrap_or_else(|missing| panic!("{missing}"));
        let image = built.folder.join("bootable");
        let packed = Command::new(&command).arg(&built.folder).arg(&image).output();
        let packed = packed.unwrap_or_else(|error| panic!("{}: {error}", command.display()));
        assert!(
            packed.status.success(),
            "{}: {}",
            command.display(),
            String::from_utf8_lossy(&packed.stderr)
        );
        self.boot(&image, built.system.partitions.len(), seconds)
    }

    /// What came over the serial line until the system or all its partitions ended, or so many seconds had passed.
    fn boot(&self, image: &Path, partitions: usize, seconds: u64) -> String {
        let output = image.with_extension("transcript");
        let serial = format!("file:{}", output.display());
        let _ = fs::remove_file(&output);
        let mut qemu = Command::new(self.program)
            .args(["-display", "none", "-serial", &serial, "-kernel"])
            .arg(image)
            .args(self.qemu)
            .stdin(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.program));
        let has_ended = || {
            let said = fs::read(&output).unwrap_or_default();
            let said = String::from_utf8_lossy(&said);
            let ends = |line: &&str| line.contains(" | halted with status ") || line.contains(" | stopped: ");
            said.ends_with('\n') && said.lines().filter(ends).count() >= partitions
        };
        for _ in 0..seconds {
            if qemu.try_wait().ok().flatten().is_some() || has_ended() {
                break;
            }
            thread::sleep(Duration::from_secs(1));
        }
        let _ = qemu.kill();
        let _ = qemu.wait();
        let bytes = fs::read(&output).unwrap_or_else(|error| panic!("{}: {error}", output.display()));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// The kit for i386 partitions.
pub(crate) fn i386_kit() -> Result<Selection, NotRun> {
    needs::rtems_kit(Processor::X86_64)
}

/// The kit for SPARC partitions.
pub(crate) fn sparc_kit() -> Result<Selection, NotRun> {
    needs::rtems_kit(Processor::Leon3)
}

fn air_runs_hello_and_the_demo() {
    AIR.run("hello", None, 60);
    AIR.run("demo", None, 200);
}

fn air_runs_the_ticker() {
    AIR.run("ticker", None, 600);
}

fn air_runs_hello_and_the_demo_with_rtems() {
    let kit = sparc_kit().unwrap_or_else(|missing| panic!("{missing}"));
    AIR.run("hello", Some(kit.clone()), 60);
    AIR.run("demo", Some(kit), 200);
}

fn air_runs_the_ticker_with_rtems() {
    let kit = sparc_kit().unwrap_or_else(|missing| panic!("{missing}"));
    AIR.run("ticker", Some(kit), 600);
}

/// All checks but those that `host.rs` of the partition leaves out on AIR.
fn air_passes_the_checks_of_the_guest_layer() {
    let file = linked_for(Host::Air, "tests/partitions/check", "guest-check-source");
    let text = AIR.run_built(&build_file(Host::Air, &file, None, "guest-check"), 200);
    let heard = heard_on_one_console(&text);
    let check = heard.get("check").unwrap_or_else(|| panic!("{text}"));
    assert_eq!(check.end, Some(End::Halted(0)), "{text}");
    for line in ["guest layer: started again, cold", "guest layer: started again, warm"] {
        assert!(check.lines.iter().any(|said| said == line), "{line}: {text}");
    }
    assert_eq!(check.lines.last().map(String::as_str), Some("guest layer: 0 checks failed"), "{text}");
}

fn our_own_kernel_does_what_is_expected_of_every_host() {
    for example in ["hello", "ticker", "demo"] {
        let file = repository().join("examples").join(example).join("bulkhead.toml");
        let transcript = run_file(&file, &RunOptions::default());
        compare("our own kernel", example, &heard_in(&transcript), Isolation::Enforced, &transcript.all());
    }
}

fn pok_runs_hello_and_the_demo() {
    POK.run("hello", None, 120);
    POK.run("demo", None, 400);
}

fn pok_runs_the_ticker() {
    POK.run("ticker", None, 1200);
}

fn pok_runs_hello_and_the_demo_with_rtems() {
    let kit = i386_kit().unwrap_or_else(|missing| panic!("{missing}"));
    POK.run("hello", Some(kit.clone()), 120);
    POK.run("demo", Some(kit), 400);
}

fn xtratum_runs_hello_and_the_demo() {
    XTRATUM.run("hello", None, 60);
    XTRATUM.run("demo", None, 200);
}

fn xtratum_runs_the_ticker() {
    XTRATUM.run("ticker", None, 600);
}

fn xtratum_runs_hello_and_the_demo_with_rtems() {
    let kit = i386_kit().unwrap_or_else(|missing| panic!("{missing}"));
    XTRATUM.run("hello", Some(kit.clone()), 60);
    XTRATUM.run("demo", Some(kit), 200);
}

fn xtratum_runs_the_ticker_with_rtems() {
    let kit = i386_kit().unwrap_or_else(|missing| panic!("{missing}"));
    XTRATUM.run("ticker", Some(kit), 600);
}
