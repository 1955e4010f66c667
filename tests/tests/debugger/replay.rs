//! Runs that were recorded, under gdb: to any instant, and back.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use bulkhead_tests::{bulkhead, interruptible, repository};
use bulkhead_tool::system_file::Processor;
use rustix::process::{Pid, Signal, kill_process};

use crate::{gdb, printed, script};

bulkhead_tests::tests! {
    a_recorded_run_is_the_same_run_each_time(processor) needs [gdb()],
    a_partition_makes_steps_backwards(processor) needs [gdb()],
    a_partition_that_waits_makes_a_step_backwards(processor) needs [gdb()],
    what_has_changed_a_variable_is_found_backwards(processor) needs [gdb()],
    every_instant_can_be_gone_to needs [gdb()],
    instants_are_counted_where_no_time_can_be_gone_to needs [gdb()],
    what_cannot_be_gone_to_is_said(processor) needs [gdb()],
    a_signal_leaves_nothing_behind(processor) needs [gdb()],
    what_is_no_record_is_said needs [gdb()],
    a_run_with_a_network_and_a_disk_can_be_gone_back_in needs [gdb()],
    nothing_lies_behind_the_end(processor) needs [gdb()],
    a_repetition_ends_when_nobody_wants_it needs [gdb()],
    a_record_without_programs_is_a_session_without_names(processor) needs [gdb()],
    a_program_in_a_record_gives_gdb_no_commands needs [gdb()],
    sessions_of_the_documentation_are_as_they_are_shown needs [gdb()],
}

/// How long a busy host may take for a session.
const PATIENCE: Duration = Duration::from_secs(240);

/// A record of a run of `debugged`, in a folder, and what the run has said. While one is recorded what idles does so as
/// long on the host. A busy one can take whole windows from a run, in which a partition has then done all of its rounds
/// before the other has begun: such a run is recorded anew.
fn record(processor: Processor, folder: &Path, more: &[&str]) -> (PathBuf, String) {
    let path = folder.join("run.record");
    let mut said = String::new();
    for _ in 0..20 {
        let mut command = bulkhead();
        command.env_remove("RTEMS_KIT").args(["run", "--verbose", "--arch", processor.name(), "--record"]);
        command.arg(&path).args(more).arg(repository().join("tests/systems/debugged"));
        let output = command.stdin(Stdio::null()).output().expect("bulkhead");
        said = String::from_utf8_lossy(&output.stdout).into_owned();
        if !said.contains("window-lost") {
            return (path, said);
        }
    }
    panic!("the host is too busy: {said}")
}

/// The same with events.
fn traced(processor: Processor, folder: &Path) -> (PathBuf, String) {
    let timeline = folder.join("run.pftrace");
    record(processor, folder, &["--trace", timeline.to_str().expect("a path")])
}

/// A session with a record: what gdb has said when it was told these lines.
fn session(record: &Path, lines: &str) -> String {
    let mut command = bulkhead();
    command.args(["debug", "--replay"]).arg(record).stdin(Stdio::null());
    script(&mut command, lines)
}

/// Lines for gdb: a command whose failure is told, and ends nothing.
fn tried(command: &str) -> String {
    format!("python\ntry:\n  gdb.execute('{command}')\nexcept gdb.error as e:\n  print(e)\nend\n")
}

/// What gdb itself has said.
fn without_lines(said: &str) -> String {
    let is_gdbs = |line: &&str| !["first: ", "second: ", "kernel: "].iter().any(|it| line.starts_with(it));
    said.lines().filter(is_gdbs).filter_map(normalized).flat_map(|line| [line, "\n".to_owned()]).collect()
}

/// When the second partition has ended, as lines of a run or of a session tell it.
fn end(said: &str) -> Option<&str> {
    let line = said.lines().find(|line| line.contains("partition second: halted with status 2 at"))?;
    line.split(" at ").nth(1)
}

fn a_recorded_run_is_the_same_run_each_time(processor: Processor) {
    let folder = tempfile::tempdir().expect("a folder");
    let (record, run) = record(processor, folder.path(), &[]);
    let lines = "inferior 3\nbreak *round_of\ncontinue\nmonitor now\ncontinue\nmonitor now\n\
                 print rounds\ninfo registers\ndelete\ncontinue\nmonitor now\ncontinue\n";
    let said = session(&record, lines);
    assert!(said.contains("first: 1: 5 rounds") && said.contains("second: 2: 5 rounds"), "{said}");
    assert!(end(&run).is_some() && end(&said) == end(&run), "{run}{said}");
    // It stands where the kernel ends the system, and then lets it.
    assert!(said.contains("No more reverse-execution history"), "{said}");
    assert_eq!(said.matches(" instruction ").count(), 3, "{said}");
    // Where consoles' lines stand among what gdb says depends on the host.
    assert_eq!(without_lines(&said), without_lines(&session(&record, lines)));
}

fn a_partition_makes_steps_backwards(processor: Processor) {
    let folder = tempfile::tempdir().expect("a folder");
    let (record, _) = record(processor, folder.path(), &[]);
    // On LEON3 through traps for register windows, which are the kernel's.
    let said = session(
        &record,
        "tbreak *bottom\ncontinue\nset $n = 0\nwhile $n < 6\nprintf \"at %x %d\\n\", $pc, rounds\nstepi\n\
         set $n = $n + 1\nend\necho back\\n\nwhile $n > 0\nreverse-stepi\n\
         printf \"at %x %d\\n\", $pc, rounds\nset $n = $n - 1\nend\n",
    );
    let (forth, back) = said.split_once("back\n").expect(&said);
    let places = |said: &str| -> Vec<String> {
        said.lines().filter(|line| line.starts_with("at ")).map(str::to_owned).collect()
    };
    let (forth, mut back) = (places(forth), places(back));
    back.reverse();
    assert!(forth.len() == 6 && forth == back, "{said}");
}

fn a_partition_that_waits_makes_a_step_backwards(processor: Processor) {
    let folder = tempfile::tempdir().expect("a folder");
    let (record, _) = record(processor, folder.path(), &[]);
    let said = session(
        &record,
        "inferior 3\ntbreak *round_of\ncontinue\nmonitor now\ninferior 2\nset $at = $pc\nprint rounds\n\
         reverse-stepi\nprint $_inferior\nprint $pc != $at\nprint rounds\nmonitor now\nmonitor partitions\n\
         stepi\nprint $pc == $at\n",
    );
    let values = printed(&said);
    assert_eq!(values[1..3], ["2", "1"], "{said}");
    assert!(values[0] == values[3] && values[4] == "1", "{said}");
    let times = times(&said);
    assert!(times.len() == 2 && times[1] < times[0], "{said}");
    assert!(said.contains("2 first            runs"), "{said}");
}

/// The times that `monitor now` has said.
fn times(said: &str) -> Vec<u64> {
    instants(said).into_iter().map(|(time, _)| time).collect()
}

fn what_has_changed_a_variable_is_found_backwards(processor: Processor) {
    let folder = tempfile::tempdir().expect("a folder");
    let (record, _) = record(processor, folder.path(), &[]);
    let said = session(
        &record,
        "inferior 3\nwatch rounds\ncontinue\ncontinue\ncontinue\nprint rounds\nreverse-continue\nprint rounds\n\
         backtrace 1\nreverse-continue\nprint rounds\nreverse-continue\nprint rounds\nreverse-continue\n\
         print $_inferior\ninferior 3\nprint $pc == _start\ncontinue\nprint rounds\n",
    );
    assert_eq!(printed(&said)[..4], ["3", "2", "1", "0"], "{said}");
    for (old, new) in [(0, 1), (1, 2), (2, 3), (3, 2), (2, 1), (1, 0)] {
        assert!(said.contains(&format!("Old value = {old}\nNew value = {new}\n")), "{old} {new}: {said}");
    }
    assert!(said.contains("No more reverse-execution history"), "{said}");
    assert!(said.contains("round_of (number=3)"), "{said}");
    assert_eq!(printed(&said)[5..], ["1", "1"], "{said}");
}

/// What `monitor now` has said: times, and how many instructions.
fn instants(said: &str) -> Vec<(u64, u64)> {
    let instants = said.lines().filter_map(|line| line.split_once(" ns, instruction "));
    instants
        .map(|(time, number)| (time.parse().expect("a time"), number.parse().expect("a number")))
        .collect()
}

/// The times of the windows of a partition, of a list of events, in milliseconds.
fn windows(said: &str, partition: &str) -> Vec<f64> {
    let lines = said.lines().map(|line| line.trim_start_matches('*').split_whitespace().collect::<Vec<_>>());
    let windows = lines.filter_map(|words| match words[..] {
        [_, time, unit, whose, "window", ..] if whose == partition => {
            let time: f64 = time.parse().expect("a number");
            Some(match unit {
                "ns" => time / 1e6,
                "us" => time / 1e3,
                _ => time,
            })
        }
        _ => None,
    });
    windows.collect()
}

fn every_instant_can_be_gone_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let (record, _) = traced(Processor::X86_64, folder.path());
    let said = session(
        &record,
        "monitor events 1000\ngoto window 2 of second\nmonitor now\nprint $_inferior\ngoto begin\n\
         goto next window of second\nmonitor now\ngoto window 2 of second\ngoto last window of first\nmonitor now\n\
         goto begin\nmonitor now\ngoto 8 ms\nmonitor now\ngoto -1 ms\nmonitor now\n",
    );
    let (first, second) = (windows(&said, "first"), windows(&said, "second"));
    assert!(first.len() >= 2 && second.len() >= 2, "{said}");
    let instants = instants(&said);
    assert_eq!(instants.len(), 6, "{said}");
    let near = |place: usize, time: f64| {
        let now = instants[place].0 as f64 / 1e6;
        assert!((time - 1e-6..time + 0.001).contains(&now), "{place}: {now} {time}: {said}");
    };
    near(0, second[1]);
    let before = first.iter().rfind(|time| **time < second[1] - 0.001).expect(&said);
    near(1, second[0]);
    near(2, *before);
    assert_eq!(printed(&said), ["1"], "a window opens in the kernel: {said}");
    // The clock is then where the processor waits, or it is the first instruction that is not before it.
    for (place, time) in [(4, 8_000_000), (5, instants[4].0 - 1_000_000)] {
        let (_, number) = instants[place];
        let at =
            |number: u64| times(&session(&record, &format!("goto instruction {number}\nmonitor now\n")))[0];
        let (before, behind) = (at(number - 12), at(number + 1));
        assert!(before < time && time <= behind, "{time}: {before} {behind} {said}");
    }
}

/// QEMU's LEON3 stands still where it is to stop while the processor waits.
fn instants_are_counted_where_no_time_can_be_gone_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let (record, _) = traced(Processor::Leon3, folder.path());
    let said = session(
        &record,
        &format!(
            "monitor now\ninferior 3\nbreak *round_of\ncontinue\nmonitor now\ngoto begin\nmonitor now\n\
             {}monitor now\n",
            tried("goto 8 ms")
        ),
    );
    let instants = instants(&said);
    assert_eq!(instants.len(), 4, "{said}");
    assert!(instants[0] == instants[2] && instants[2] == instants[3] && instants[1] > instants[0], "{said}");
    assert!(said.contains("no time can be gone to on this processor"), "{said}");
    let number = instants[1].1;
    let said = session(&record, &format!("goto instruction {number}\nmonitor now\nprint $_inferior\n"));
    assert_eq!((times(&said), printed(&said)), (vec![instants[1].0], vec!["3"]), "{said}");
}

fn what_cannot_be_gone_to_is_said(processor: Processor) {
    let folder = tempfile::tempdir().expect("a folder");
    let (recorded, _) = traced(processor, folder.path());
    if processor == Processor::Leon3 {
        let lines = "inferior 1\nbreak *wait_for_interrupt\n".to_owned() + &tried("continue");
        let marked = session(&recorded, &lines);
        assert!(marked.contains("Cannot insert breakpoint"), "{marked}");
        return;
    }
    for (words, said) in [
        ("goto window 99 of second", "there is no `window` of second with the number 99: there are "),
        ("goto windw 1", "there is no event `windw` in this run; there are "),
        ("goto windw 1", "console, end, halted, idle, line, normal, switch, timer, "),
        ("goto window of thrid", "there is no partition `thrid`; there are first, second"),
        ("goto event 0", "there is no event `0`: they have numbers from 1"),
        ("goto 12 parsecs", "unknown unit `parsecs` of a duration"),
        ("goto there and back", "is no place in a run"),
        ("monitor events all", "`all` is no number of events"),
    ] {
        let heard = session(&recorded, &tried(words));
        assert!(heard.contains(said), "{words}: {heard}");
    }
    let (plain, _) = record(processor, folder.path(), &[]);
    let said = session(&plain, &tried("goto window 1"));
    assert!(said.contains("the kernel of this record does not trace"), "{said}");
}

/// One that comes while somebody looks at a standing machine, and one that comes while it runs.
fn a_signal_leaves_nothing_behind(processor: Processor) {
    let folder = tempfile::tempdir().expect("a folder");
    let (record, _) = traced(processor, folder.path());
    let replayed = [OsStr::new("--replay"), record.as_os_str()];
    let system = repository().join("tests/systems/debugged");
    let built = ["--arch", processor.name()].map(OsStr::new);
    let built = [&built[..], &[system.as_os_str()]].concat();
    for (arguments, runs, signal) in
        [(&replayed[..], false, Signal::TERM), (&built, false, Signal::HUP), (&built, true, Signal::TERM)]
    {
        let temporary = tempfile::tempdir().expect("a folder");
        let mut command = interruptible();
        command.arg("debug").args(arguments);
        command.args(["--", "-nx"]).env("TMPDIR", temporary.path()).env_remove("RTEMS_KIT");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the bulkhead command");
        let mut input = child.stdin.take().expect("its input");
        let lines = if runs { "echo begin\\n\ncontinue\n" } else { "echo begin\\n\n" };
        input.write_all(lines.as_bytes()).expect("it reads");
        let mut said = BufReader::new(child.stdout.take().expect("its output")).lines();
        assert!(said.any(|line| line.expect("text").contains("begin")));
        kill_process(Pid::from_child(&child), signal).expect("it is there");
        let status = child.wait().expect("an end");
        assert_eq!(status.code(), Some(128 + signal.as_raw()), "{arguments:?}");
        let left = fs::read_dir(temporary.path()).expect("a folder").flatten().map(|it| it.file_name());
        assert_eq!(left.collect::<Vec<_>>(), [""; 0], "{arguments:?}");
    }
}

/// What was booted lay alone, as somebody else has sent it.
fn a_record_without_programs_is_a_session_without_names(processor: Processor) {
    let folder = tempfile::tempdir().expect("a folder");
    let [built, alone, record] =
        ["built.elf", "alone.elf", "run.record"].map(|name| folder.path().join(name));
    let run = |arguments: &[&OsStr]| {
        let output = bulkhead().env_remove("RTEMS_KIT").args(arguments).output().expect("bulkhead");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let system = repository().join("tests/systems/debugged");
    let built_for = ["build", "--arch", processor.name(), "-o"].map(OsStr::new);
    run(&[&built_for[..], &[built.as_os_str(), system.as_os_str()]].concat());
    fs::copy(&built, &alone).expect("a copy");
    let recorded = ["run", "--for", "20 ms", "--record"].map(OsStr::new);
    let told = run(&[&recorded[..], &[record.as_os_str(), alone.as_os_str()]].concat());
    assert!(told.starts_with("record: "), "{told}");
    let said = session(&record, "print $_inferior\nstepi\nreverse-stepi\nmonitor now\nmonitor partitions\n");
    assert_eq!((printed(&said), times(&said).len()), (vec!["2"], 1), "{said}");
    assert!(said.contains("3 second "), "{said}");
}

fn what_is_no_record_is_said() {
    let said = |arguments: &[&str]| {
        let mut command = bulkhead();
        let output = command.args(["debug", "--replay"]).args(arguments).output().expect("bulkhead");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (status, text) = said(&[]);
    assert!(status == Some(64) && text.starts_with("error: --replay needs the record of a run\n"), "{text}");
    let (status, text) = said(&["/proc/self/mem"]);
    assert!(status == Some(69) && text.contains("/proc/self/mem cannot be read: "), "{text}");
}

fn nothing_lies_behind_the_end(processor: Processor) {
    let folder = tempfile::tempdir().expect("a folder");
    let (record, _) = record(processor, folder.path(), &[]);
    let last = "goto instruction 18446744073709551615\nmonitor now\n";
    let said = session(&record, &format!("{last}{last}goto begin\nmonitor now\n{last}"));
    let instants = instants(&said);
    assert_eq!(instants.len(), 4, "{said}");
    assert!(
        instants[0] == instants[1] && instants[0] == instants[3] && instants[2].1 < instants[0].1,
        "{said}"
    );
}

/// What a command has said, and what it has complained of.
fn all_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The machines that a process has started, the newest last.
fn machines(of: u32) -> Vec<Pid> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("processes").flatten() {
        let text = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let Some((before, behind)) = text.rsplit_once(") ") else { continue };
        let parent = behind.split(' ').nth(1);
        let number = entry.file_name().to_str().and_then(|it| it.parse().ok());
        if parent == Some(&of.to_string()) && before.contains("(qemu") {
            found.extend(number.and_then(Pid::from_raw));
        }
    }
    found.sort_by_key(|it| it.as_raw_nonzero());
    found
}

/// Of what happens in a repetition of its own gdb knows nothing, and it cannot interrupt what it has asked for.
fn a_repetition_ends_when_nobody_wants_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (record, _) = traced(Processor::X86_64, folder.path());
    let script = folder.path().join("script");
    let lines = tried("monitor events") + "monitor now\nmonitor events 4\n";
    fs::write(&script, lines).expect("a script");
    let mut command = interruptible();
    command.args(["debug", "--replay"]).arg(&record).args(["--", "-nx", "-batch", "-x"]).arg(&script);
    let pipes = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = pipes.spawn().expect("bulkhead");
    let begin = Instant::now();
    let found = loop {
        let found = machines(child.id());
        if found.len() > 1 {
            break found;
        }
        assert!(begin.elapsed() < PATIENCE, "there is no repetition");
    };
    // One that stands still.
    kill_process(*found.last().expect("the newest"), Signal::STOP).expect("it is there");
    kill_process(Pid::from_child(&child), Signal::INT).expect("it is there");
    let output = child.wait_with_output().expect("its end");
    let said = all_of(&output);
    assert!(output.status.success() && begin.elapsed() < PATIENCE, "{said}");
    assert!(said.contains("the events are not known: the repetition was interrupted"), "{said}");
    assert_eq!(instants(&said).len(), 1, "{said}");
    // The next one is another.
    assert!(said.lines().any(|line| line.contains(" first ") && line.contains(" window ")), "{said}");
}

/// A disk has what was on it when the run began, each time that the session goes back.
fn a_run_with_a_network_and_a_disk_can_be_gone_back_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, disk) = (folder.path().join("run.record"), folder.path().join("disk"));
    File::create(&disk).and_then(|file| file.set_len(1 << 20)).expect("a disk");
    let mut command = bulkhead();
    command.args(["run", "--for", "160 ms", "--disk", &format!("disk={}", disk.display()), "--record"]);
    command.arg(&path).arg(repository().join("tests/systems/devices-recorded"));
    let output = command.stdin(Stdio::null()).output().expect("bulkhead");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    fs::remove_file(&disk).expect("the disk is there");
    // Behind the first answer of the disk, and back before it was asked.
    let said = session(
        &path,
        "inferior 5\nbreak *ask\ncontinue\ncontinue\nmonitor now\nreverse-continue\nmonitor now\ncontinue\n\
         monitor now\nfinish\nprint message[0]\n",
    );
    let times = times(&said);
    assert!(times.len() == 3 && times[0] == times[2] && times[1] < times[0], "{said}");
    assert!(said.contains("'\\201'") || said.contains("129"), "the answer to a read: {said}");
}

/// A program with a script of Python in it, which gdb executes of programs that it trusts.
const SCRIPT: &str = r#"
__asm__(".pushsection .debug_gdb_scripts, \"MS\", @progbits, 1\n.byte 4\n"
        ".asciz \"gdb.inlined-script\\nprint('has' + ' been executed')\\n\"\n.popsection");
"#;

/// Programs of one's own give gdb commands, as in any session; those in a record may be somebody else's.
fn a_program_in_a_record_gives_gdb_no_commands() {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path().join("scripted");
    fs::create_dir(&folder).expect("a folder");
    let source = fs::read_to_string(repository().join("examples/hello/hello.c")).expect("a program");
    let system = fs::read_to_string(repository().join("examples/hello/bulkhead.toml")).expect("a system");
    fs::write(folder.join("hello.c"), source + SCRIPT).expect("a program");
    fs::write(folder.join("bulkhead.toml"), system).expect("a system");
    let record = folder.join("run.record");
    let mut run = bulkhead();
    run.env_remove("RTEMS_KIT").args(["run", "--for", "20 ms", "--record"]).arg(&record).arg(&folder);
    let ran = run.output().expect("bulkhead");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let said = |arguments: &[&str], path: &Path| {
        let mut command = bulkhead();
        command.env_remove("RTEMS_KIT").arg("debug").args(arguments).arg(path).stdin(Stdio::null());
        all_of(&command.args(["--", "-nx", "-batch"]).output().expect("bulkhead"))
    };
    assert!(said(&[], &folder).contains("has been executed"), "the program has no script");
    let of_record = said(&["--replay"], &record);
    assert!(of_record.contains("_start") && !of_record.contains("has been executed"), "{of_record}");
}

/// Sessions as the documentation shows them: the words behind `$`, and for those of gdb what is typed and said.
fn shown() -> Vec<Vec<String>> {
    let page = fs::read_to_string(repository().join("docs/debugging.md")).expect("the documentation");
    let mut blocks: Vec<Vec<String>> = Vec::new();
    let mut is_inside = false;
    for line in page.lines() {
        let Some(text) = line.strip_prefix("    ") else {
            is_inside &= line.is_empty();
            continue;
        };
        if text.starts_with("$ ") && !is_inside {
            is_inside = true;
            blocks.push(Vec::new());
        }
        if let (true, Some(block)) = (is_inside, blocks.last_mut()) {
            block.push(text.to_owned());
        }
    }
    blocks
}

/// What of a session is the same each time: not addresses, folders, and where lines of consoles stand among the others.
fn normalized(line: &str) -> Option<String> {
    let is_console = |name: &str| line.starts_with(&format!("{name}: "));
    if ["kernel", "sensor", "controller", "logger", "control", "telemetry", "rogue"]
        .into_iter()
        .any(is_console)
    {
        return None;
    }
    // Which tasks are new, and who has had the processor before, depends on what the host was doing.
    if line.is_empty() || ["[New Thread ", "[Switching to Thread "].iter().any(|it| line.starts_with(it)) {
        return None;
    }
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, behind)) = rest.split_once("0x") {
        text += before;
        text += "0x";
        rest = behind.trim_start_matches(|digit: char| digit.is_ascii_hexdigit());
    }
    text += rest;
    let folder = "/tmp/bulkhead-debug-";
    if let Some((before, behind)) = text.clone().split_once(folder) {
        text = format!("{before}{folder}{}", behind.split_once('/').map_or("", |(_, name)| name));
    }
    Some(text.trim_end().to_owned())
}

/// They are on x86-64, where the documentation has been written.
fn sessions_of_the_documentation_are_as_they_are_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(repository().join("examples"), folder.path().join("examples"))
        .expect("a link");
    let sessions = shown();
    assert!(sessions.len() >= 2, "{sessions:?}");
    for session in sessions {
        let mut lines = session.iter().peekable();
        while let Some(words) = lines.next().and_then(|line| line.strip_prefix("$ bulkhead ")) {
            let words: Vec<&str> = words.split_whitespace().collect();
            let mut typed = String::from("set language c\n");
            let mut expected = Vec::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
                if let Some(command) = line.strip_prefix("(gdb) ") {
                    typed += &format!("echo (gdb) {}\\n\n{command}\n", command.replace('\\', "\\\\"));
                }
                expected.extend(normalized(line));
            }
            let script = folder.path().join("commands");
            fs::write(&script, typed).expect("a file");
            let mut command = std::process::Command::new("sh");
            command.args(["-c", "exec \"$@\" 2>&1", "sh"]).arg(repository().join("build/bin/bulkhead"));
            command.args(&words).env_remove("RTEMS_KIT").current_dir(folder.path()).stdin(Stdio::null());
            if words[0] == "debug" {
                command.args(["--", "-nx", "-batch", "-x"]).arg(&script);
            }
            let output = command.output().expect("a shell");
            let said = String::from_utf8_lossy(&output.stdout);
            if words[0] == "debug" {
                let said = said.lines().skip_while(|line| !line.starts_with("(gdb) "));
                let said: Vec<String> = said.filter_map(normalized).collect();
                assert_eq!(said, expected, "{words:?}");
            } else {
                assert!(output.status.success(), "{words:?}: {said}");
            }
        }
    }
}
