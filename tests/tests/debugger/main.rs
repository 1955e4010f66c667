//! gdb and the systems it debugs: real sessions in batch mode, with what gdb says.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use bulkhead_tests::harness::{self, NotRun};
use bulkhead_tests::needs::rtems_kit;
use bulkhead_tests::{bulkhead, repository};
use bulkhead_tool::system_file::Processor;

mod replay;

bulkhead_tests::tests! {
    each_partition_has_its_own_memory_and_breakpoints(processor) needs [gdb()],
    every_frame_is_there_of_who_runs_and_of_who_does_not(processor) needs [gdb()],
    a_step_goes_over_calls_and_windows_of_others(processor) needs [gdb()],
    a_watchpoint_is_one_partitions(processor) needs [gdb()],
    who_does_not_run_can_be_changed(processor) needs [gdb()],
    registers_of_who_runs_can_be_changed(processor) needs [gdb()],
    the_kernel_is_a_process_too(processor) needs [gdb()],
    a_partition_that_is_named_is_looked_at_first(processor) needs [gdb()],
    each_task_is_a_thread_with_its_own_frames(processor) needs [gdb()],
    a_step_is_the_tasks_that_is_asked_for(processor) needs [gdb()],
    a_run_without_breakpoints_is_the_same_run needs [gdb()],
    each_task_of_rtems_is_a_thread(processor) needs [gdb(), rtems_kit(processor)],
    names_of_folders_may_be_long_and_have_any_letters(processor) needs [gdb()],
    an_editor_debugs_a_new_system(processor) needs [gdb()],
    a_partition_that_was_stopped_leaves_a_core_file(processor) needs [gdb()],
    a_partition_that_runs_leaves_a_core_file_where_it_is_named(processor) needs [gdb()],
    what_is_wrong_with_core_files_is_said_before_the_run,
    what_is_wrong_is_said_before_anything_runs needs [gdb()],
}

fn main() -> ExitCode {
    harness::run([tests(), replay::tests()])
}

fn gdb() -> Result<(), NotRun> {
    let found = Command::new("gdb-multiarch").arg("--version").output();
    found.map(drop).map_err(|_| NotRun::needs("gdb for several processors", "install gdb-multiarch"))
}

fn command(processor: Processor, more: &[&str]) -> Command {
    command_for("debugged", processor, more)
}

fn command_for(system: &str, processor: Processor, more: &[&str]) -> Command {
    let mut command = bulkhead();
    let file = repository().join("tests/systems").join(system);
    // The stand-in, unless a test says otherwise.
    command
        .env_remove("RTEMS_KIT")
        .args(["debug", "--arch", processor.name()])
        .arg(file)
        .args(more)
        .stdin(Stdio::null());
    command
}

/// A session: what gdb has said, behind its start, when it was told these lines.
fn session(processor: Processor, partition: &[&str], lines: &str) -> String {
    session_of("debugged", processor, partition, lines)
}

fn session_of(system: &str, processor: Processor, partition: &[&str], lines: &str) -> String {
    script(&mut command_for(system, processor, partition), lines)
}

/// What gdb, started by a command, has said behind its start when it was told these lines.
fn script(command: &mut Command, lines: &str) -> String {
    let mut file = tempfile();
    file.write_all(b"set language c\necho begin\\n\n")
        .and_then(|()| file.write_all(lines.as_bytes()))
        .expect("a file");
    let path = file.path().to_str().expect("a path").to_owned();
    let output = command.args(["--", "-nx", "-batch", "-x", &path]).output().expect("bulkhead");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    // What the server says to `monitor`, and gdb's complaints.
    let besides = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}{besides}");
    said.split_once("begin\n").unwrap_or_else(|| panic!("{said}{besides}")).1.to_owned() + &besides
}

/// A temporary file that goes when it is dropped.
fn tempfile() -> tempfile::NamedTempFile {
    tempfile::NamedTempFile::new().expect("a temporary file")
}

/// What gdb has printed by `print`, one for each.
fn printed(said: &str) -> Vec<&str> {
    let values = said.lines().filter(|line| line.starts_with('$'));
    values.filter_map(|line| line.split_once(" = ")).map(|(_, value)| value).collect()
}

fn each_partition_has_its_own_memory_and_breakpoints(processor: Processor) {
    let said = session(
        processor,
        &[],
        "inferior 3\nbreak *round_of\ncontinue\ncontinue\ncontinue\nprint who\nprint rounds\n\
         inferior 2\nprint who\nprint rounds\nmonitor partitions\n",
    );
    // Both run the same program, so both pass the place: the second is about to begin its third round there, and the
    // first has begun one of its own that is not far from it.
    let values = printed(&said);
    assert_eq!(values[..3], ["2", "2", "1"], "{said}");
    assert!(["2", "3", "4"].contains(&values[3]), "{said}");
    assert_eq!(said.matches("hit Breakpoint").count(), 3, "{said}");
    assert_eq!(said.matches("\"second UI1\" hit Breakpoint").count(), 3, "{said}");
    assert!(said.contains("3 second           runs"), "{said}");
}

fn every_frame_is_there_of_who_runs_and_of_who_does_not(processor: Processor) {
    let said = session(
        processor,
        &[],
        "break *bottom\ncontinue\nbacktrace\ndelete\ninferior 3\ntbreak *bottom\ncontinue\n\
         backtrace\nup 6\nprint depth\nprint here\n",
    );
    // Of the first at its bottom, and of the second: 13 frames of `descend` each, which are more than windows.
    for (number, part) in said.split("tbreak").next().into_iter().chain([said.as_str()]).enumerate() {
        let frames = part.matches("in descend (depth=").count() - usize::from(number == 1);
        assert!(frames >= 13, "{frames}: {said}");
    }
    assert!(said.contains("in Init (argument=") && said.contains("in round_of (number=1)"), "{said}");
    assert_eq!(printed(&said), ["7", "7"], "{said}");
}

fn a_step_goes_over_calls_and_windows_of_others(processor: Processor) {
    let said = session(
        processor,
        &[],
        "tbreak *round_of\ncontinue\nfinish\nnext\nnext\nprint rounds\ninferior 3\n\
         print rounds\n",
    );
    // `rtems_task_wake_after` gives the window away: meanwhile the second has had one at least.
    let values = printed(&said);
    assert!(values.len() == 2 && values[0] <= "2" && values[1] >= "1", "{said}");
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("rtems_task_wake_after")).collect();
    assert!(!lines.is_empty(), "{said}");

    let stepped = session(
        processor,
        &[],
        "tbreak *round_of\ncontinue\nset $steps = 0\nset $start = rounds\nwhile $steps < 400\nstepi\n\
         set $steps = $steps + 1\nend\nprint $_inferior\ninfo threads\n",
    );
    assert!(printed(&stepped).contains(&"2"), "{stepped}");
    assert!(!stepped.contains("Switching to Thread 3.1"), "{stepped}");
}

fn a_watchpoint_is_one_partitions(processor: Processor) {
    let said = session(
        processor,
        &[],
        "inferior 3\ntbreak *Init\ncontinue\nwatch rounds\ncontinue\ncontinue\nprint who\n",
    );
    assert!(said.contains("Old value = 0\nNew value = 1\n"), "{said}");
    assert!(said.contains("Old value = 1\nNew value = 2\n"), "{said}");
    assert_eq!(said.matches("Old value").count(), 2, "{said}");
    assert_eq!(printed(&said), ["2"], "{said}");
}

fn who_does_not_run_can_be_changed(processor: Processor) {
    let said = session(
        processor,
        &[],
        "tbreak *round_of\ncontinue\ninferior 3\ntbreak *round_of\ncontinue\ninferior 2\n\
         set variable who = 7\nprint who\ninferior 3\nprint who\nset variable who = 8\ncontinue\n",
    );
    assert_eq!(printed(&said), ["7", "2"], "{said}");
    for line in ["first: 7: 5 rounds", "second: 8: 5 rounds", "partition first: halted with status 7"] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

/// Registers that nothing depends on at the beginning of a function; no other one changes with them.
fn registers_of_who_runs_can_be_changed(processor: Processor) {
    let [general, floating] = match processor {
        Processor::X86_64 => ["$ecx", "$xmm3.v4_int32[1]"],
        Processor::Leon3 => ["$g1", "$y"],
    };
    let set = format!("set var {general} = 77\nset var {floating} = 88\nprint {general}\nprint {floating}\n");
    let said = session(processor, &[], &format!("tbreak *round_of\ncontinue\n{set}stepi\n{set}continue\n"));
    assert_eq!(printed(&said), ["77", "88", "77", "88"], "{said}");
    for line in ["first: 1: 5 rounds", "second: 2: 5 rounds", "partition first: halted with status 1"] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

fn the_kernel_is_a_process_too(processor: Processor) {
    let (place, mode) = match processor {
        Processor::X86_64 => ("kernel_alarm", "$cs & 3"),
        Processor::Leon3 => ("kernel_trap", "($psr & 0x80) != 0x80"),
    };
    let said = session(
        processor,
        &[],
        &format!(
            "tbreak *round_of\ncontinue\ninferior 1\ntbreak {place}\ncontinue\nprint {mode}\n\
             print (char) debugger_current\ninfo registers pc\ninferior 2\nprint who\n"
        ),
    );
    assert!(said.contains("Thread 1.1 \"kernel\" hit Temporary breakpoint 2"), "{said}");
    let values = printed(&said);
    assert_eq!((values.first(), values.last()), (Some(&"0"), Some(&"1")), "{said}");
}

fn a_partition_that_is_named_is_looked_at_first(processor: Processor) {
    let said = session(processor, &["second"], "print $_inferior\nprint $pc == _start\nprint rounds\n");
    assert_eq!(printed(&said), ["3", "1", "0"], "{said}");
}

/// Brings the first to its third round, in its first task, when the others wait, have been interrupted, and have not
/// begun.
const AT_THIRD_ROUND: &str = "inferior 2\ntbreak *come_round if rounds == 2\ncontinue\n";

fn each_task_is_a_thread_with_its_own_frames(processor: Processor) {
    let said = session_of(
        "debugged-tasks",
        processor,
        &[],
        &format!(
            "{AT_THIRD_ROUND}echo threads\\n\ninfo threads\necho waiter\\n\nthread apply 2.3 backtrace\n\
             thread apply 2.3 -s -- frame apply all -q -s -- print here\necho counter\\n\n\
             thread apply 2.4 backtrace\nthread 2.3\n\
             python\ntry:\n  gdb.execute('set var $sp = 0')\nexcept gdb.error as error:\n  print(error)\nend\n"
        ),
    );
    let (_, threads) = said.split_once("threads\n").expect(&said);
    let (threads, waiter) = threads.split_once("waiter\n").expect(&said);
    let (waiter, counter) = waiter.split_once("counter\n").expect(&said);
    for (thread, state) in [
        ("first\"", "idle loop"),
        ("first UI1\"", "executes, priority 1"),
        ("first WAIT\"", "waits for events, priority 5"),
        ("first CNT\"", "ready, priority 9"),
        ("first LATE\"", "not started, priority 7"),
        ("second WAIT\"", "waits for events, priority 5"),
    ] {
        let line = threads.lines().find(|line| line.contains(thread));
        assert!(line.is_some_and(|line| line.contains(state)), "{thread} {state}: {said}");
    }
    assert!(threads.lines().any(|line| line.starts_with("* 2.2 ") && line.contains("come_round")), "{said}");
    for frame in
        ["in wait_deep (depth=3)", "in wait_deep (depth=1)", "in waiter (argument=1)", "in begin_task"]
    {
        assert!(waiter.contains(frame), "{frame}: {said}");
    }
    assert_eq!(printed(waiter), ["3", "2", "1"], "{said}");
    // It was interrupted, so the handler's frames are above its own.
    for frame in
        ["bulkhead_interrupt_entry", "in count_on (by=3)", "in counter (argument=3)", "in begin_task"]
    {
        assert!(counter.contains(frame), "{frame}: {said}");
    }
    assert!(said.contains("Could not write register"), "{said}");
}

fn a_step_is_the_tasks_that_is_asked_for(processor: Processor) {
    let said = session_of(
        "debugged-tasks",
        processor,
        &[],
        &format!(
            "{AT_THIRD_ROUND}print counted\nthread 2.4\nset $steps = 0\nwhile $steps < 40\nstepi\n\
             set $steps = $steps + 1\nend\nprint $_thread\nprint rounds\nbacktrace\n"
        ),
    );
    // The first task has to wait before the counter has its turn.
    assert!(said.contains("in counter (argument=3)"), "{said}");
    let values = printed(&said);
    assert_eq!(values[1..], ["4", "3"], "{said}");
    // Its first task has gone on over a time of waiting, and nobody else's breakpoint or step is its.
    let said = session_of(
        "debugged-tasks",
        processor,
        &[],
        &format!("{AT_THIRD_ROUND}finish\nnext\nnext\nprint rounds\nprint $_thread\n"),
    );
    assert_eq!(printed(&said).last_chunk(), Some(&["3", "2"]), "{said}");
}

/// Nothing of the machine's time or memory is a debugger's. (QEMU's LEON3 can lose time where it stops.)
fn a_run_without_breakpoints_is_the_same_run() {
    let processor = Processor::X86_64;
    let said = session(processor, &[], "continue\n");
    let run = bulkhead()
        .env_remove("RTEMS_KIT")
        .args(["run", "--verbose", "--arch", processor.name()])
        .arg(repository().join("tests/systems/debugged"))
        .output()
        .expect("bulkhead");
    let run = String::from_utf8_lossy(&run.stdout).into_owned();
    let end = |said: &str| {
        let line = said.lines().find(|line| line.contains("partition second: halted with status 2 at"));
        line.and_then(|line| line.split(" at ").nth(1)).map(str::to_owned)
    };
    assert!(end(&said).is_some(), "{said}");
    assert_eq!(end(&said), end(&run), "{said}{run}");
}

fn what_is_wrong_is_said_before_anything_runs() {
    let no_partition = command(Processor::X86_64, &["thrid"]).output().expect("bulkhead");
    let said = String::from_utf8_lossy(&no_partition.stderr);
    assert!(said.contains("there is no partition `thrid`"), "{said}");
    assert_eq!(no_partition.status.code(), Some(64), "{said}");
    let mut no_gdb = command(Processor::X86_64, &[]);
    let no_gdb = no_gdb.env("BULKHEAD_GDB", "/nowhere/gdb").output().expect("bulkhead");
    let said = String::from_utf8_lossy(&no_gdb.stderr);
    assert!(said.contains("BULKHEAD_GDB names no program"), "{said}");
    assert_eq!(no_gdb.status.code(), Some(69), "{said}");
}

fn each_task_of_rtems_is_a_thread(processor: Processor) {
    let kit = std::env::var("RTEMS_KIT").expect("a kit");
    let said = session_of(
        "debugged-tasks",
        processor,
        &["--kit", &kit],
        &format!("{AT_THIRD_ROUND}info threads\nthread apply 2.3 backtrace\nthread apply 2.4 backtrace\n"),
    );
    for thread in
        ["first UI1\" (executes", "first WAIT\" (waits", "first CNT\" (ready", "second IDLE\" (ready"]
    {
        assert!(said.contains(thread), "{thread}: {said}");
    }
    for frame in ["rtems_event_receive (", "in wait_deep (depth=3)", "in waiter (argument=1)"] {
        assert!(said.contains(frame), "{frame}: {said}");
    }
    for frame in ["in bulkhead_interrupt_entry", "in count_on (by=3)", "in counter (argument=3)"] {
        assert!(said.contains(frame), "{frame}: {said}");
    }
}

/// A folder whose name a socket's has no room for, with what separates words for shells, gdb and QEMU.
fn awkward(folder: &Path) -> std::path::PathBuf {
    let awkward = folder.join(format!("it's: a \"folder\", with\\{}", "long".repeat(40)));
    fs::create_dir(&awkward).expect("a folder");
    awkward
}

fn names_of_folders_may_be_long_and_have_any_letters(processor: Processor) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command =
        command(processor, &["--", "-nx", "-batch", "-ex", "tbreak *round_of", "-ex", "continue"]);
    let output = command.env("TMPDIR", awkward(folder.path())).output().expect("bulkhead");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("hit Temporary breakpoint 1"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// What Visual Studio Code does with the files that `bulkhead new` writes: it starts what they name for gdb, in MI,
/// and says no more of programs and targets (cppdbg's `customLaunchSetupCommands`).
fn an_editor_debugs_a_new_system(processor: Processor) {
    let folder = tempfile::tempdir().expect("a folder");
    let system = awkward(folder.path()).join("new");
    let tool = repository().join("build/bin");
    let made = Command::new(tool.join("bulkhead")).arg("new").arg(&system).output().expect("bulkhead");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let file = system.join("bulkhead.toml");
    let text = fs::read_to_string(&file).expect("a system file");
    let text = text.replacen("[system]\n", &format!("[system]\nprocessor = \"{}\"\n", processor.name()), 1);
    fs::write(&file, text).expect("a system file");

    let launch = fs::read_to_string(system.join(".vscode/launch.json")).expect("a launch file");
    let launch: serde_json::Value = serde_json::from_str(&launch).expect("JSON");
    let configuration = &launch["configurations"][0];
    let place = |key: &str| {
        let value = configuration[key].as_str().expect(key);
        value.replace("${workspaceFolder}", system.to_str().expect("a path"))
    };
    assert_eq!(configuration["type"], "cppdbg");
    assert_eq!(configuration["customLaunchSetupCommands"], serde_json::json!([]));
    assert!(Path::new(&place("program")).is_file());

    let paths = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::env::join_paths([tool].into_iter().chain(std::env::split_paths(&paths))).expect("paths");
    let mut debugger = Command::new(place("miDebuggerPath"));
    debugger.args(["--interpreter=mi", "-nx"]).current_dir(place("cwd"));
    debugger.env("PATH", paths).env_remove("RTEMS_KIT");
    let mut debugger =
        debugger.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("what is named for gdb");
    let mut commands = debugger.stdin.take().expect("a pipe");
    let mut lines = BufReader::new(debugger.stdout.take().expect("a pipe")).lines();
    let mut heard = String::new();
    for (command, answer) in [
        ("1-break-insert -f counter.c:Init", "1^done,bkpt="),
        ("2-exec-continue", "*stopped,reason=\"breakpoint-hit\""),
        ("3-thread-info", "3^done,threads="),
        ("4-stack-list-frames", "4^done,stack="),
        ("5-gdb-exit", "5^exit"),
    ] {
        writeln!(commands, "{command}").expect("a command");
        let line = lines.by_ref().map_while(Result::ok).inspect(|line| heard += &format!("{line}\n"));
        let found = { line }.find(|line| line.starts_with(answer));
        let found = found.unwrap_or_else(|| panic!("no {answer}: {heard}"));
        match command.as_bytes()[0] {
            b'2' => assert!(found.contains("counter.c") && found.contains("func=\"Init\""), "{found}"),
            b'3' => assert!(
                found.contains("name=\"counter UI1\"") && found.contains("name=\"kernel\""),
                "{found}"
            ),
            b'4' => assert!(found.contains("file=\"counter.c\"") && found.contains("begin_task"), "{found}"),
            _ => {}
        }
    }
    assert!(debugger.wait().expect("gdb").success(), "{heard}");
}

/// A run that is to leave core files in a folder.
fn run_with_cores(system: &str, processor: Processor, folder: &Path, more: &[&str]) -> std::process::Output {
    let mut command = bulkhead();
    command
        .env_remove("RTEMS_KIT")
        .args(["run", "--arch", processor.name(), "--core"])
        .arg(folder)
        .args(more);
    command.arg(repository().join("tests/systems").join(system)).output().expect("bulkhead")
}

/// What gdb says of a partition's core file.
fn gdb_on_core(folder: &Path, partition: &str, commands: &[&str]) -> String {
    let mut gdb = Command::new("gdb-multiarch");
    gdb.args(["-nx", "-batch", "-ex", "set language c"]);
    gdb.args(commands.iter().flat_map(|command| ["-ex", command]));
    let file = |ending: &str| folder.join(format!("{partition}.{ending}"));
    let output = gdb.arg(file("elf")).arg(file("core")).output().expect("gdb");
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn a_partition_that_was_stopped_leaves_a_core_file(processor: Processor) {
    let folder = tempfile::tempdir().expect("a folder");
    let output = run_with_cores("crashing", processor, folder.path(), &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    let (program, core) = (folder.path().join("falls.elf"), folder.path().join("falls.core"));
    let line = format!("core of falls: gdb-multiarch {} {}", program.display(), core.display());
    assert!(said.contains(&line), "{said}");
    let commands = [
        "echo frames\\n",
        "backtrace",
        "echo others\\n",
        "up 5",
        "print here",
        "print reached",
        "thread apply all backtrace",
    ];
    let said = gdb_on_core(folder.path(), "falls", &commands);
    // Nobody has run since, so that the processor had them at the end.
    let registers: &[&str] = match processor {
        Processor::X86_64 => &["print $st0", "print $xmm5.v2_double[0]", "print $ftag"],
        Processor::Leon3 => &["print $d6", "print (int)$f7"],
    };
    let floats = gdb_on_core(folder.path(), "falls", registers);
    let expected: &[&str] = match processor {
        Processor::X86_64 => &["0.0625", "0.0625", "16383"],
        Processor::Leon3 => &["0.0625", "0"],
    };
    assert_eq!(printed(&floats), expected, "{floats}");
    let (frames, all) = said
        .split_once("frames\n")
        .and_then(|(_, rest)| rest.split_once("others\n"))
        .unwrap_or_else(|| panic!("{said}"));
    // The instruction, and more frames than there are register windows, which only the processor had when it stopped.
    assert_eq!(frames.matches(" fall (depth=").count(), 13, "{said}");
    assert!(frames.contains("in Init (") && frames.contains("in begin_task"), "{said}");
    assert_eq!(printed(&said), ["7", "12"], "{said}");
    assert!(all.contains("in waiter (argument=") && all.contains(" rtems_task_wake_after ()"), "{said}");
}

fn a_partition_that_runs_leaves_a_core_file_where_it_is_named(processor: Processor) {
    let folder = tempfile::tempdir().expect("a folder");
    let more = ["--for", "45ms", "--core-of", "second"];
    let output = run_with_cores("debugged-tasks", processor, folder.path(), &more);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("core of second: ") && !said.contains("core of first: "), "{said}");
    let said = gdb_on_core(folder.path(), "second", &["print waited", "thread apply all backtrace"]);
    assert!(printed(&said)[0].parse::<u32>().is_ok_and(|it| it > 5), "{said}");
    for frame in ["in wait_deep (depth=3)", "in counter (argument=3)", "in Init ("] {
        assert!(said.contains(frame), "{frame}: {said}");
    }
}

fn what_is_wrong_with_core_files_is_said_before_the_run() {
    let nowhere = run_with_cores("debugged", Processor::X86_64, Path::new("/nowhere"), &[]);
    let said = String::from_utf8_lossy(&nowhere.stderr);
    assert!(said.contains("core files cannot be written in /nowhere"), "{said}");
    assert_eq!(nowhere.status.code(), Some(69), "{said}");
    let folder = tempfile::tempdir().expect("a folder");
    let nobody = run_with_cores("debugged", Processor::X86_64, folder.path(), &["--core-of", "thrid"]);
    let said = String::from_utf8_lossy(&nobody.stderr);
    assert!(said.contains("there is no partition `thrid` for --core-of"), "{said}");
    assert_eq!(nobody.status.code(), Some(64), "{said}");
}
