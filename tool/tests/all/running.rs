//! `bulkhead run` with a shell script in QEMU's place: what is shown, how it ends, and that it always does.

use std::fs;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use bulkhead_tool::build::{Options, Silent, build};
use bulkhead_tool::installation::Installation;
use bulkhead_tool::run::{Ending, RunOptions, Session};

use crate::support::{Elf, folder};

const SYSTEM: &str = r#"
[system]
name = "played"
major-frame = "100 ms"
console-input = "first"

[[partition]]
name = "first"
memory = "1 MiB"
image = "a.elf"

[[partition]]
name = "second"
memory = "1 MiB"
image = "a.elf"

[[window]]
partition = "first"
start = "0 ms"
duration = "50 ms"

[[window]]
partition = "second"
start = "50 ms"
duration = "25 ms"
"#;

/// Kernel, consoles and the report at the end, with switches in the middle of lines.
pub(crate) const PLAY: &str = r#"
printf 'bulkhead 0.1.0\n'
printf '\020@hel\020Atick\r\n\020@lo\n\020Aforged \020\020?event v1 5 halted partition=0 name=first status=3\n'
printf '\020?event v1 1000123456 stopped partition=1 name=second vector=14 fault=memory error=0x6'
printf ' access=write address=0x90000000 pc=0x00100050 response=own\n'
printf '\020Ano end'
printf '\020?event v1 5000000000 partition-end partition=0 name=first status=0 state=halted lost=0 by=nobody\n'
printf 'event v1 5000000000 partition-end partition=1 name=second status=0 state=stopped lost=0 by=health-monitor\n'
printf 'event v1 5000000000 window partition=0 name=first number=0 start=0 duration=50000000 count=50 lost=0'
printf ' late-min=4 late-max=712\n'
printf 'event v1 5000000000 window partition=1 name=second number=1 start=50000000 duration=25000000 count=0'
printf ' lost=3 late-min=0 late-max=0\n'
printf 'event v1 5000000000 system-end code=18\n'
exit 37
"#;

/// A folder with a system, a library, and a script that QEMU is to be.
pub(crate) struct Stage {
    pub(crate) folder: PathBuf,
}

impl Stage {
    pub(crate) fn new(name: &str, script: &str) -> Self {
        let folder = folder(&format!("running-{name}"));
        fs::create_dir_all(folder.join("library/x86_64")).expect("a library");
        fs::write(folder.join("library/x86_64/kernel.elf"), Elf::kernel().bytes()).expect("a kernel");
        fs::write(folder.join("bulkhead.toml"), SYSTEM).expect("a system file");
        fs::write(folder.join("a.elf"), Elf::good().bytes()).expect("an image");
        let qemu = folder.join("qemu");
        fs::write(&qemu, format!("#!/bin/sh\n{script}")).expect("a script");
        fs::set_permissions(&qemu, fs::Permissions::from_mode(0o755)).expect("a program");
        Self { folder }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.command_of(".", arguments)
    }

    pub(crate) fn command_of(&self, file: &str, arguments: &[&str]) -> Command {
        // Shells start what they run in the background with signals ignored, the tests themselves perhaps.
        let mut command = Command::new("/usr/bin/env");
        command.args(["--default-signal=INT,TERM,HUP,PIPE", env!("CARGO_BIN_EXE_bulkhead")]);
        command.arg("run").arg(file).args(arguments).current_dir(&self.folder);
        command.env_remove("RTEMS_KIT");
        command.env("BULKHEAD_LIB", "library").env("BULKHEAD_QEMU", "./qemu").stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("bulkhead runs")
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

pub(crate) fn compare(file: &str, said: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all").join(file);
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&path, said).expect("the expected output");
    }
    assert_eq!(said, fs::read_to_string(&path).unwrap_or_default(), "\n{said}");
}

#[test]
fn the_output_and_the_summary() {
    let output = Stage::new("output", PLAY).run(&[]);
    compare("run.expected", &text(&output.stdout));
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(2), ""));
}

#[test]
fn a_fault_in_a_region_names_it() {
    let fault = |access: &str, address: &str| {
        let play = format!(
            "printf '\\020?event v1 7 stopped partition=1 name=second vector=14 fault=memory error=0x7 \
             access={access} address={address} pc=0x110000 response=own\\nevent v1 9 system-end code=18\\n'; exit 37"
        );
        let stage = Stage::new("region", &play);
        let region = "[[region]]\nname = \"frames\"\nsize = \"8 KiB\"\npartitions = [\n\
                      { partition = \"first\", access = \"read-write\" },\n\
                      { partition = \"second\", access = \"read\", address = \"0x00800000\" }]\n";
        fs::write(stage.folder.join("bulkhead.toml"), format!("{SYSTEM}\n{region}")).expect("a system file");
        let said = text(&stage.run(&[]).stdout);
        let line = said.lines().find(|line| line.contains(": stopped at 7 ns: ")).unwrap_or_default();
        line.rsplit_once("pc 0x00110000").map(|(_, behind)| behind.to_owned()).unwrap_or(said)
    };
    assert_eq!(fault("write", "0x801fff"), ": it may only read the region `frames`");
    assert_eq!(fault("execute", "0x800000"), ": nobody executes anything in the region `frames`");
    assert_eq!(fault("write", "0x802000"), "", "behind it");
    assert_eq!(fault("write", "0x7fffff"), "", "before it");
}

#[test]
fn verbose_shows_the_report() {
    let said = text(&Stage::new("verbose", PLAY).run(&["-v"]).stdout);
    assert!(said.contains("kernel | end: system time 5000000000 ns, code 18\n"), "{said}");
}

#[test]
fn expectations_decide_the_status() {
    let stage = Stage::new("expect", PLAY);
    let met = stage.run(&["--expect", "first=halted", "--expect", "second=stopped"]);
    assert_eq!(met.status.code(), Some(0));
    let missed = stage.run(&["--expect", "second=running", "--expect", "first=halted:1"]);
    let said = "error: `second` was expected to be running, but is stopped\n\
                error: `first` was expected to be halted with status 1, but is halted with status 0\n";
    assert_eq!((missed.status.code(), text(&missed.stderr).as_str()), (Some(4), said));
    let unknown = stage.run(&["--expect", "frist=running"]);
    let said = "error: --expect names no partition: `frist`\n  \
                help: did you mean `first`? partitions: `first`, `second`\n";
    assert_eq!((unknown.status.code(), text(&unknown.stderr).as_str()), (Some(64), said));
    assert_eq!(stage.run(&["--expect", "frist"]).status.code(), Some(64));
}

#[test]
fn the_endings() {
    for (ending, status) in [(33, 0), (35, 1), (37, 2), (39, 0), (41, 3), (43, 3), (0, 3), (1, 3)] {
        let output = Stage::new(&format!("exit-{ending}"), &format!("exit {ending}")).run(&[]);
        assert_eq!(output.status.code(), Some(status), "QEMU ends with {ending}");
    }
}

#[test]
fn a_qemu_in_which_the_kernel_says_nothing_is_named() {
    let note = "note: the kernel has not said a word in ./qemu; \
                BULKHEAD_QEMU and BULKHEAD_QEMU_SPARC name another QEMU\n";
    for (script, ending, said) in [
        ("exit 1", "QEMU has ended with status 1", note),
        ("exit 0", "QEMU has ended with status 0", note),
        ("echo up; exit 0", "the machine was reset: the kernel has crashed", ""),
        ("echo up; exit 1", "QEMU has ended with status 1", ""),
    ] {
        let output = Stage::new("unheard", script).run(&[]);
        let shown = text(&output.stdout);
        assert!(shown.contains(&format!("played: {ending}\n")), "{shown}");
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(3), said));
    }
}

/// Hears that the kernel says nothing, and does not listen any longer.
#[derive(Default)]
struct Deaf(Option<Duration>);

impl bulkhead_tool::run::Output for Deaf {
    fn line(&mut self, _speaker: bulkhead_tool::run::Speaker, _line: &[u8], _report: bool) {}
    fn part(&mut self, _speaker: bulkhead_tool::run::Speaker, _bytes: &[u8]) {}
    fn quiet(&mut self) {}
    fn silent(&mut self, time: Duration) {
        self.0 = Some(time);
    }
    fn is_gone(&self) -> bool {
        self.0.is_some()
    }
}

#[test]
fn a_kernel_that_says_nothing_is_told_of() {
    let stage = Stage::new("silent", "exec sleep 100");
    let installation = Installation::at(&stage.folder.join("library"));
    let options = Options { installation, ..Options::default() };
    let built = build(&stage.folder, &options, &mut Silent).expect("the system builds");
    let silence = Duration::from_millis(10);
    let options = RunOptions {
        qemu: Some(stage.folder.join("qemu")),
        timeout: Some(Duration::from_secs(60)),
        silence: Some(silence),
        ..RunOptions::default()
    };
    let mut output = Deaf::default();
    let finished = Session::new().run(&built, &options, &mut output).expect("a run");
    assert_eq!(output.0, Some(silence));
    assert_ne!(finished.ending, Ending::TimedOut);
}

#[test]
fn what_qemu_complains_of_is_shown() {
    let output =
        Stage::new("complaint", "echo 'no such machine' >&2; exit 1").run(&["--expect", "first=halted"]);
    let said = text(&output.stdout);
    assert!(said.contains("qemu   | no such machine\n"), "{said}");
    assert!(said.contains("played: QEMU has ended with status 1\n"), "{said}");
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn a_signal_ends_the_run() {
    let output = Stage::new("signal", "printf 'half a line'; kill -9 $$").run(&[]);
    let said = text(&output.stdout);
    assert!(said.contains("kernel | half a line\n"), "{said}");
    assert!(said.contains("QEMU was ended by signal 9"), "{said}");
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn a_stream_that_stays_open_does_not_hold_the_run() {
    let begin = Instant::now();
    let output = Stage::new("open", "sleep 20 &\nexit 33").run(&[]);
    assert_eq!(output.status.code(), Some(0));
    assert!(begin.elapsed() < Duration::from_secs(15));
}

#[test]
fn a_timeout_ends_the_run() {
    let begin = Instant::now();
    let output = Stage::new("timeout", "printf 'here\\n'; exec sleep 100").run(&["--timeout", "500 ms"]);
    assert_eq!(output.status.code(), Some(124));
    assert!(text(&output.stdout).contains("played: --timeout was reached"));
    assert!(begin.elapsed() < Duration::from_secs(20));
}

/// A run that has begun and does not end by itself, and its output behind the first line.
pub(crate) fn begun(stage: &Stage, arguments: &[&str]) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut child = stage.command(arguments).stdout(Stdio::piped()).spawn().expect("bulkhead runs");
    let mut lines = BufReader::new(child.stdout.take().expect("a stream")).lines();
    assert_eq!(lines.next().expect("a line").expect("text"), "kernel | here");
    (child, lines)
}

/// The line that a process is about to write to a file, such as its number.
pub(crate) fn written(file: &Path) -> String {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        match fs::read_to_string(file) {
            Ok(text) if text.ends_with('\n') => return text,
            _ => assert!(Instant::now() < end, "nothing is written to {}", file.display()),
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Sends a signal to a process; whether it was there. With the shell's own `kill`, which is everywhere.
pub(crate) fn kill(signal: &str, process: &str) -> bool {
    let line = format!("kill {signal} {process} 2>/dev/null");
    Command::new("sh").args(["-c", &line]).status().expect("a shell").success()
}

pub(crate) const FOR_EVER: &str = "echo $$ >pid; printf 'here\\n'; exec sleep 100";

#[test]
fn a_signal_to_the_tool_ends_qemu_and_still_shows_the_summary() {
    for (signal, status, words) in
        [("-INT", 130, "the user"), ("-TERM", 143, "SIGTERM"), ("-HUP", 129, "SIGHUP")]
    {
        let stage = Stage::new(&format!("interrupt{signal}"), FOR_EVER);
        let (mut child, lines) = begun(&stage, &[]);
        assert!(kill(signal, &child.id().to_string()));
        let rest: Vec<String> = lines.map(|line| line.expect("text")).collect();
        assert!(rest.contains(&format!("played: ended by {words}")), "{rest:?}");
        assert_eq!(child.wait().expect("an end").code(), Some(status));
        let qemu = fs::read_to_string(stage.folder.join("pid")).expect("QEMU's number");
        assert!(!kill("-0", qemu.trim()), "QEMU is still there");
    }
}

/// Of what nobody reads only so much waits: QEMU is held meanwhile, and goes on where it was, or ends when nobody can
/// read any more.
#[test]
fn qemu_is_held_while_nobody_reads() {
    let stage = Stage::new("unread", "echo $$ >pid; printf 'here\n'; exec seq 1000000");
    let whole = stage.run(&[]);
    assert!(text(&whole.stdout).contains("kernel | 1000000\n"));
    let held = || {
        fs::remove_file(stage.folder.join("pid")).expect("the number of the run before");
        let begun = begun(&stage, &[]);
        let qemu = written(&stage.folder.join("pid"));
        let state = || fs::read_to_string(format!("/proc/{}/stat", qemu.trim())).unwrap_or_default();
        let end = Instant::now() + Duration::from_secs(60);
        while !state().contains(") T ") {
            assert!(Instant::now() < end, "it is not held");
            std::thread::sleep(Duration::from_millis(5));
        }
        (begun, qemu)
    };
    let ((mut child, lines), _) = held();
    std::thread::sleep(Duration::from_millis(300));
    let shown: String = lines.map(|line| line.expect("text") + "\n").collect();
    assert!(format!("kernel | here\n{shown}") == text(&whole.stdout));
    assert_eq!(child.wait().expect("an end").code(), whole.status.code());
    let ((mut child, lines), qemu) = held();
    drop(lines);
    assert_eq!(child.wait().expect("an end").code(), Some(141));
    assert!(!kill("-0", qemu.trim()), "QEMU is still there");
}

/// A tool that is killed while it starts QEMU: what is to end QEMU with it is arranged by a program on the way.
#[test]
fn a_tool_that_was_killed_starts_no_qemu() {
    let stage = Stage::new("killed", "echo $$ >begun; exec sleep 100");
    let real = which::which("setpriv").expect("setpriv");
    let slow = stage.folder.join("bin/setpriv");
    fs::create_dir_all(stage.folder.join("bin")).expect("a folder");
    let script = format!(
        "#!/bin/sh\necho $$ >pid\nuntil test -e go; do sleep 0.01; done\nexec {} \"$@\"",
        real.display()
    );
    fs::write(&slow, script).expect("a script");
    fs::set_permissions(&slow, fs::Permissions::from_mode(0o755)).expect("a program");
    let search = std::env::var("PATH").expect("where programs are");
    let mut command = stage.command(&[]);
    command.env("PATH", format!("{}:{search}", stage.folder.join("bin").display()));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("bulkhead runs");
    let way = written(&stage.folder.join("pid"));
    child.kill().expect("a process");
    child.wait().expect("an end");
    fs::write(stage.folder.join("go"), "").expect("a file");
    // One that nobody has waited for may be left of it.
    let status = PathBuf::from(format!("/proc/{}/status", way.trim()));
    let is_there = || fs::read_to_string(&status).is_ok_and(|text| !text.contains("State:\tZ"));
    let end = Instant::now() + Duration::from_secs(60);
    while is_there() && !stage.folder.join("begun").exists() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(5));
    }
    let has_begun = stage.folder.join("begun").exists();
    if has_begun {
        kill("-9", way.trim());
    }
    assert!(!has_begun && !is_there(), "QEMU has begun, and nobody listens to it");
}

#[test]
fn a_signal_to_the_tests_of_rtems_ends_every_qemu() {
    let stage = Stage::new("tests-signal", FOR_EVER);
    fs::write(stage.folder.join("list"), "a.elf\n").expect("a list");
    for (signal, status) in [("-TERM", 143), ("-HUP", 129)] {
        let _ = fs::remove_file(stage.folder.join("pid"));
        let mut command = Command::new("/usr/bin/env");
        command.args(["--default-signal=TERM,HUP", env!("CARGO_BIN_EXE_bulkhead")]);
        command.args(["test-rtems", "list"]).current_dir(&stage.folder).env("TMPDIR", &stage.folder);
        command.env("BULKHEAD_LIB", "library").env("BULKHEAD_QEMU", stage.folder.join("qemu"));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("bulkhead runs");
        let qemu = written(&stage.folder.join("pid"));
        assert!(kill(signal, &child.id().to_string()));
        assert_eq!(child.wait().expect("an end").code(), Some(status));
        assert!(!kill("-0", qemu.trim()), "QEMU is still there");
        let left = fs::read_dir(&stage.folder).expect("the folder").flatten();
        let left: Vec<_> = left.map(|entry| entry.file_name()).collect();
        assert!(!left.iter().any(|name| name.to_string_lossy().contains("test-rtems")), "{left:?}");
    }
}

#[test]
fn a_signal_that_is_to_be_ignored_is() {
    let stage = Stage::new("nohup", "echo $$ >pid; printf 'here\\n'; read line; exit 33");
    let bulkhead = env!("CARGO_BIN_EXE_bulkhead");
    let mut command = Command::new("sh");
    command.args(["-c", &format!("trap '' HUP; exec {bulkhead} run .")]).current_dir(&stage.folder);
    command.env_remove("RTEMS_KIT").env("BULKHEAD_LIB", "library").env("BULKHEAD_QEMU", "./qemu");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("bulkhead runs");
    let mut lines = BufReader::new(child.stdout.take().expect("a stream")).lines();
    assert_eq!(lines.next().expect("a line").expect("text"), "kernel | here");
    assert!(kill("-HUP", &child.id().to_string()));
    child.stdin.take().expect("a stream").write_all(b"go on\n").expect("it is taken");
    assert_eq!(child.wait().expect("an end").code(), Some(0));
}

#[test]
fn a_full_disk_ends_the_run() {
    let stage = Stage::new("full", FOR_EVER);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("the device");
    let output = stage.command(&[]).stdout(full).stderr(Stdio::piped()).spawn().expect("bulkhead runs");
    let output = output.wait_with_output().expect("an end");
    let said = "error: the output cannot be written: No space left on device (os error 28)\n";
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(74), said));
    let qemu = fs::read_to_string(stage.folder.join("pid")).expect("QEMU's number");
    assert!(!kill("-0", qemu.trim()), "QEMU is still there");
}

#[test]
fn a_reader_that_goes_away_ends_the_run() {
    let stage = Stage::new("reader", "printf 'here\\n'; while :; do echo more; sleep 0.05; done");
    let (mut child, lines) = begun(&stage, &[]);
    drop(lines);
    assert_eq!(child.wait().expect("an end").code(), Some(141));
}

#[test]
fn qemu_does_not_outlive_the_tool() {
    let stage = Stage::new("orphan", FOR_EVER);
    let (mut child, lines) = begun(&stage, &[]);
    child.kill().expect("it is there");
    child.wait().expect("an end");
    drop(lines);
    let qemu = fs::read_to_string(stage.folder.join("pid")).expect("QEMU's number");
    let end = Instant::now() + Duration::from_secs(10);
    while kill("-0", qemu.trim()) {
        assert!(Instant::now() < end, "QEMU is still there");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn input_goes_to_the_console() {
    let stage = Stage::new("input", "printf 'up\\n'; read line; printf '\\020@%s!\\n' \"$line\"; exit 33");
    let mut child =
        stage.command(&[]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("bulkhead runs");
    child.stdin.take().expect("a stream").write_all(b"hello\n").expect("it is taken");
    let output = child.wait_with_output().expect("an end");
    assert!(text(&output.stdout).contains("first  | hello!\n"), "{}", text(&output.stdout));
}

#[test]
fn arguments_reach_qemu() {
    let stage = Stage::new("arguments", "echo \"$@\"; exit 33");
    let first = |output: Output| text(&output.stdout).lines().next().unwrap_or_default().to_owned();
    let usual = first(stage.run(&["--for", "1.5s", "--", "-s", "-S"]));
    assert!(usual.contains("-kernel build/played-x86_64.elf -m 128M -icount shift=0,sleep=off"), "{usual}");
    assert!(usual.ends_with("-append for=1500000000 -s -S"), "{usual}");
    assert!(!first(stage.run(&["--realtime"])).contains("-icount"));
    assert_eq!(stage.run(&["--for", "5"]).status.code(), Some(64));
    assert_eq!(stage.run(&["--for", "0s"]).status.code(), Some(64));
}

/// QEMU from 9.1 on lets a partition load the task register; what it then reaches, only SMAP keeps from the kernel.
#[test]
fn a_qemu_that_cannot_hold_partitions_is_refused() {
    let stage = |version: &str| {
        let said = format!(
            "case $1 in --version) echo 'QEMU emulator version {version} (here)'; exit;; esac; exit 33"
        );
        Stage::new(&format!("holes-{version}"), &said)
    };
    let new = stage("10.0.2");
    let output = new.run(&["--", "-cpu", "max", "-cpu", "Haswell,-x2apic"]);
    let said = "error: QEMU 10.0 with the processor Haswell,-x2apic lets a partition choose the kernel's stack: an \
                instruction that no processor has (8e f8) loads the task register, and there is no SMAP\n  \
                help: leave -cpu out, which is `max`; or write `-cpu Haswell,-x2apic,+smap`; or let BULKHEAD_QEMU \
                name a QEMU before 9.1\n";
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(64), said));
    for held in [&["max"][..], &["Haswell,+smap"], &["qemu64", "-accel", "kvm"], &["help"]] {
        let output = new.run(&[&["--", "-cpu"], held].concat());
        assert_eq!(output.status.code(), Some(0), "{held:?}: {}", text(&output.stderr));
    }
    for global in ["max-x86_64-cpu.smap=off", "driver=max-x86_64-cpu,property=smap,value=off"] {
        let output = new.run(&["--", "-global", global]);
        let help =
            format!("help: leave `-global {global}` out; or let BULKHEAD_QEMU name a QEMU before 9.1\n");
        let said = text(&output.stderr);
        assert!(output.status.code() == Some(64) && said.ends_with(&help), "{said}");
        let output = new.run(&["--", "-global", global, "-cpu", "max,+smap"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    }
    let harmless = new.run(&["--", "-global", "max-x86_64-cpu.smep=off"]);
    assert_eq!(harmless.status.code(), Some(0), "{}", text(&harmless.stderr));
    // A file that was built before is run no less carefully.
    let arguments = ["--", "-cpu", "qemu64"];
    let built = new.command_of("build/played-x86_64.elf", &arguments).output().expect("bulkhead runs");
    let said = text(&built.stderr);
    assert!(
        built.status.code() == Some(64) && said.contains("lets a partition choose the kernel's stack"),
        "{said}"
    );
    for (version, status) in [("9.0.4", 0), ("9.1.0", 64)] {
        assert_eq!(stage(version).run(&["--", "-cpu", "max,-smap"]).status.code(), Some(status), "{version}");
    }
}

#[test]
fn a_missing_qemu_is_named() {
    let stage = Stage::new("missing", "");
    let output = stage.command(&[]).env("BULKHEAD_QEMU", "./none").output().expect("bulkhead runs");
    let said = "error: BULKHEAD_QEMU names no program: ./none\n  help: set it to QEMU for x86, or unset it\n";
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(69), said));
    let output =
        stage.command(&[]).env_remove("BULKHEAD_QEMU").env("PATH", "none").output().expect("bulkhead runs");
    let said = "error: QEMU for x86 is not installed (qemu-system-x86_64)\n  \
                help: on Debian: apt install qemu-system-x86; or set BULKHEAD_QEMU\n";
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(69), said));
}
