//! Faults that are injected into running systems, and what they lead to.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use bulkhead_tests::{MILLISECOND, System, bulkhead, installation, interruptible, repository};
use bulkhead_tool::system_file::Processor;
use object::{Object as _, ObjectSymbol as _};
use serde_json::Value;

on_every_processor! {
    faults_in_a_partition_disturb_nobody_else,
    a_fault_in_anothers_registers_is_seen,
    a_fault_that_nobody_uses_changes_nothing,
    an_interrupt_can_be_lost_or_come_twice,
    an_injection_is_the_same_alone,
    a_signal_leaves_nothing_behind,
}

/// A plan for the example, with these keys and tables.
fn plan(name: &str, keys: &str) -> PathBuf {
    plan_of(&repository().join("examples/injection"), name, keys)
}

/// A plan for a system.
fn plan_of(system: &Path, name: &str, keys: &str) -> PathBuf {
    let folder = repository().join("target/systems/plans");
    fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(name).with_extension("toml");
    fs::write(&path, format!("system = \"{}\"\nfor = \"30 ms\"\n{keys}", system.display())).expect("a plan");
    path
}

fn inject(processor: Processor, plan: &PathBuf, options: &[&str]) -> Output {
    let mut command = bulkhead();
    command.args(["inject", "--arch", processor.name(), "--json", "-j", "1"]).args(options).arg(plan);
    command.output().expect("the bulkhead command")
}

/// What was said behind the first line, and the exit status.
fn injected(processor: Processor, plan: &PathBuf, options: &[&str]) -> (Vec<Value>, i32) {
    let output = inject(processor, plan, options);
    let mut lines = objects(&String::from_utf8(output.stdout).expect("text"));
    let begin = lines.remove(0);
    assert_eq!((&begin["event"], &begin["processor"]), (&"begin".into(), &processor.name().into()));
    (lines, output.status.code().expect("no signal"))
}

/// The lines of a text, each of which is as the schema says.
fn objects(text: &str) -> Vec<Value> {
    let schema: Value = serde_json::from_str(&bulkhead_tool::json::schema::inject()).expect("JSON");
    let schema = jsonschema::draft202012::new(&schema).expect("a schema");
    let lines = text.lines().map(|line| {
        let object = serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert!(schema.is_valid(&object), "{line}");
        object
    });
    lines.collect()
}

fn class(line: &Value) -> &str {
    line["class"].as_str().unwrap_or_else(|| panic!("{line}"))
}

const VICTIM: &str = "[[target]]\nkind = \"registers\"\npartition = \"victim\"\n\
                      [[target]]\nkind = \"memory\"\npartition = \"victim\"\n";

fn faults_in_a_partition_disturb_nobody_else(processor: Processor) {
    let name = format!("small-{}", processor.name());
    let keys = format!("seed = 4\ninjections = 30\nfrom = \"1 ms\"\nuntil = \"25 ms\"\n{VICTIM}");
    let (lines, status) = injected(processor, &plan(&name, &keys), &[]);
    let [injections @ .., end] = &lines[..] else { panic!("nothing was said") };
    assert_eq!((injections.len(), status), (30, 0), "{lines:?}");
    assert_eq!((&end["event"], &end["injections"], &end["failed"]), (&"end".into(), &30.into(), &0.into()));
    let masked = injections.iter().filter(|line| class(line) == "masked").count();
    assert!((10..30).contains(&masked), "some lead to something: {lines:?}");
    assert!(end["shift"].as_u64().is_some_and(|shift| shift < 20_000), "{end}");
}

/// The gateway asks for somebody on a network at which nobody is. A run in which the fault changes nothing is the run
/// without it, also of the partition that drives the network.
#[test]
fn a_system_with_a_network_is_the_same_each_time() {
    let system = crate::gateway::variant("asking", &[("to sender", "to 10.0.2.2:7")]);
    let targets = ["gateway", "control"]
        .map(|it| format!("[[target]]\nkind = \"memory\"\npartition = \"{it}\"\n"))
        .concat();
    let keys = format!("seed = 1\ninjections = 10\n{targets}");
    let plan = plan_of(&system, "network", &keys);
    let (lines, _) = injected(Processor::X86_64, &plan, &[]);
    let classes: Vec<&str> = lines[..10].iter().map(class).collect();
    let masked = classes.iter().filter(|class| **class == "masked").count();
    assert!(masked >= 5 && !classes.contains(&"no-end"), "{lines:?}");
    assert_eq!(injected(Processor::X86_64, &plan, &[]).0, lines);
}

/// When a disk is done depends on the host.
#[test]
fn a_system_with_a_disk_is_refused() {
    let system = repository().join("tests/systems/devices-recorded");
    let keys = "injections = 1\n[[target]]\nkind = \"memory\"\npartition = \"control\"\n";
    let output = inject(Processor::X86_64, &plan_of(&system, "disk", keys), &[]);
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(64), "{said}");
    assert!(said.contains("the system has a device, disk, of which no two runs are the same"), "{said}");
}

/// The value of a symbol of the kernel that traces.
fn symbol(processor: Processor, name: &str) -> u64 {
    let kernel = installation().tracing_kernel(processor).expect("a kernel");
    let file = object::File::parse(&kernel[..]).expect("a program");
    file.symbols().find(|it| it.name() == Ok(name)).map(|it| it.address()).expect("a symbol")
}

/// The byte of the first partition's program counter, where the kernel keeps it, that decides whether there is memory.
fn kept_program_counter(processor: Processor) -> u64 {
    let contexts = symbol(processor, "debugger_contexts");
    match processor {
        Processor::X86_64 => {
            contexts - symbol(processor, "KERNEL_OFFSET") + symbol(processor, "debugger_registers") + 72 + 3
        }
        Processor::Leon3 => contexts + symbol(processor, "debugger_psr") + 4,
    }
}

fn a_fault_in_anothers_registers_is_seen(processor: Processor) {
    let address = kept_program_counter(processor);
    let injection = format!(
        "[[injection]]\nkind = \"kernel-memory\"\nat = \"7 ms\"\naddress = \"{address:#010x}\"\nbit = 4\n"
    );
    let name = format!("other-{}", processor.name());
    let fails = plan(&name, &format!("fail = [\"other-disturbed\"]\n{injection}"));
    let (lines, status) = injected(processor, &fails, &[]);
    assert_eq!((class(&lines[0]), status), ("other-disturbed", 1), "{lines:?}");
    assert!(lines[0]["detail"].as_str().is_some_and(|it| it.starts_with("source: ")), "{lines:?}");
    // What is no partition's fault fails only if the plan says so.
    let (_, status) = injected(processor, &plan(&name, &injection), &[]);
    assert_eq!(status, 0);
}

fn a_fault_that_nobody_uses_changes_nothing(processor: Processor) {
    let base = processor.board().partition_memory + (250 << 10);
    let injections: String = ["4100 us", "12 ms", "1500 us", "14999 us"]
        .iter()
        .map(|at| {
            format!(
                "[[injection]]\nkind = \"memory\"\npartition = \"victim\"\nat = \"{at}\"\n\
                 address = \"{base:#010x}\"\nbit = 0\n"
            )
        })
        .collect();
    let name = format!("nothing-{}", processor.name());
    let (lines, status) = injected(processor, &plan(&name, &format!("late = \"2 us\"\n{injections}")), &[]);
    assert_eq!((lines.len(), status), (5, 0), "{lines:?}");
    for line in &lines[..4] {
        assert_eq!((class(line), line["shift"].as_u64() <= Some(1000)), ("masked", true), "{line}");
    }
}

fn an_interrupt_can_be_lost_or_come_twice(processor: Processor) {
    // Two that never give the processor up: the kernel gets it by its timer alone.
    let _ = System::on(processor, "interrupts", 10 * MILLISECOND)
        .probe("first", "adversary spin", &[(0, 4 * MILLISECOND)])
        .probe("second", "adversary spin", &[(5 * MILLISECOND, 4 * MILLISECOND)])
        .build();
    let system = repository().join("target/systems").join(processor.name()).join("interrupts");
    let injection = |at, effect| {
        format!("[[injection]]\nkind = \"interrupt\"\nat = \"{at} ms\"\neffect = \"{effect}\"\n")
    };
    let name = format!("interrupts-{}", processor.name());
    let keys = injection(12, "doubled") + &injection(26, "doubled") + &injection(12, "lost");
    let (lines, status) = injected(processor, &plan_of(&system, &name, &keys), &[]);
    assert_eq!((lines.len(), status), (4, 0), "{lines:?}");
    assert_eq!([class(&lines[0]), class(&lines[1])], ["masked"; 2], "{lines:?}");
    // The first one's window does not end: the second does not get its own.
    assert!(["other-disturbed", "no-end"].contains(&class(&lines[2])), "{lines:?}");
}

fn an_injection_is_the_same_alone(processor: Processor) {
    let name = format!("same-{}", processor.name());
    let keys = format!("seed = 9\ninjections = 6\n{VICTIM}[[target]]\nkind = \"kernel-memory\"\n");
    let plan = plan(&name, &keys);
    let (all, _) = injected(processor, &plan, &[]);
    let (again, _) = injected(processor, &plan, &["--only", "5", "--only", "2"]);
    assert_eq!([&again[0], &again[1]], [&all[4], &all[1]]);
    let refused = inject(processor, &plan, &["--only", "7"]);
    assert_eq!(refused.status.code(), Some(64));
}

/// One that comes while the system runs without a fault.
fn a_signal_leaves_nothing_behind(processor: Processor) {
    let keys = format!("injections = 100\n{VICTIM}");
    let plan = plan(&format!("signal-{}", processor.name()), &keys);
    let folder = tempfile::tempdir().expect("a folder");
    // Compilers have files there, too.
    let has_folder = || {
        let mut entries = fs::read_dir(folder.path()).expect("a folder").flatten();
        entries.any(|entry| entry.file_name().to_string_lossy().starts_with("bulkhead-inject-"))
    };
    let mut command = interruptible();
    command.args(["inject", "--arch", processor.name()]).arg(plan).env("TMPDIR", folder.path());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the command");
    while !has_folder() {
        assert!(child.try_wait().expect("a process").is_none(), "it has ended before");
        thread::sleep(Duration::from_millis(1));
    }
    assert!(Command::new("kill").arg(child.id().to_string()).status().expect("kill").success());
    assert_eq!(child.wait().expect("an end").code(), Some(143));
    assert!(!has_folder());
}

/// The command for a plan on x86-64, one injection at a time.
fn command(plan: &Path) -> Command {
    let mut command = bulkhead();
    command.args(["inject", "-j", "1"]).arg(plan);
    command
}

/// How often a text stands in another one.
fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

#[test]
fn a_report_has_a_case_for_each_injection() {
    let keys = "seed = 4\ninjections = 4\nfail = [\"masked\"]\n\
                [[target]]\nkind = \"registers\"\npartition = \"victim\"\n\
                [[injection]]\nat = \"2 ms\"\nkind = \"registers\"\npartition = \"victim\"\n\
                register = \"eip\"\nbit = 31\n";
    let plan = plan("report", keys);
    let report = plan.with_extension("xml");
    let output =
        command(&plan).arg("--json").arg("--junit").arg(&report).output().expect("the bulkhead command");
    let end = objects(&String::from_utf8(output.stdout).expect("text")).pop().expect("an end");
    let xml = fs::read_to_string(&report).expect("a report");
    let failed = end["failed"].as_u64().expect("a number");
    assert!((1..5).contains(&failed), "{end}");
    assert_eq!(output.status.code(), Some(1), "{end}");
    assert_eq!(count(&xml, "<testcase "), 5, "{xml}");
    assert_eq!(count(&xml, "<failure "), failed as usize, "{xml}");
    assert_eq!(count(&xml, &format!("tests=\"5\" skipped=\"0\" failures=\"{failed}\"")), 1, "{xml}");
    assert!(xml.trim_end().ends_with("</testsuites>"), "{xml}");
}

#[test]
fn what_was_found_is_told_where_the_report_cannot_be_written() {
    let plan = plan("full", &format!("injections = 2\n{VICTIM}"));
    let output = command(&plan).args(["--junit", "/dev/full"]).output().expect("the bulkhead command");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("2 injections, "), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("/dev/full cannot be written"), "{output:?}");
    assert_eq!(output.status.code(), Some(69));
}

/// The second one is drawn out of nothing.
#[test]
fn what_was_found_is_told_where_another_one_cannot_be_run() {
    let plan = plan(
        "impossible",
        "injections = 1\nfrom = \"100 ns\"\nuntil = \"200 ns\"\n\
         [[target]]\nkind = \"registers\"\npartition = \"victim\"\n\
         [[injection]]\nat = \"2 ms\"\nkind = \"interrupt\"\neffect = \"doubled\"\n",
    );
    let report = plan.with_extension("xml");
    let output = command(&plan).arg("--junit").arg(&report).output().expect("the bulkhead command");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("\n1 of 2 injections, "), "{output:?}");
    let why = "a target of impossible never runs in the plan's span of time";
    assert!(String::from_utf8_lossy(&output.stderr).contains(why), "{output:?}");
    assert_eq!(output.status.code(), Some(64));
    let xml = fs::read_to_string(&report).expect("a report").replace("&apos;", "'");
    assert!(
        xml.contains("name=\"1: ") && xml.contains("1 of 2 injections have not been run: a target"),
        "{xml}"
    );
    let output = command(&plan).arg("--json").output().expect("the bulkhead command");
    let end = objects(&String::from_utf8(output.stdout).expect("text")).pop().expect("an end");
    assert_eq!((&end["reason"], &end["status"]), (&"error".into(), &64.into()), "{end}");
    assert_eq!((&end["injections"], &end["text"]), (&1.into(), &why.into()), "{end}");
    assert_eq!(end["diagnostics"][0]["message"], why, "{end}");
}

#[test]
fn a_campaign_that_is_broken_off_tells_what_it_has_found() {
    let plan = plan("broken-off", &format!("injections = 100000\n{VICTIM}"));
    let report = plan.with_extension("xml");
    let mut command = command(&plan);
    command.arg("--json").arg("--junit").arg(&report).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the bulkhead command");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut said: Vec<String> = lines.by_ref().take(2).map(|line| line.expect("text")).collect();
    // Not SIGINT, which is ignored behind a shell that runs its jobs in the background.
    let interrupt = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill");
    assert!(interrupt.success());
    said.extend(lines.map(|line| line.expect("text")));
    assert_eq!(child.wait().expect("an end").code(), Some(143));
    let end = objects(&said.join("\n")).pop().expect("an end");
    assert_eq!((&end["event"], &end["status"]), (&"end".into(), &143.into()), "{end}");
    assert_eq!(
        (&end["reason"], &end["injections"]),
        (&"interrupted".into(), &(said.len() - 2).into()),
        "{end}"
    );
    let xml = fs::read_to_string(&report).expect("a report");
    // One more says how many were not run.
    assert_eq!(count(&xml, "<testcase "), said.len() - 1, "{xml}");
    assert_eq!(count(&xml, "failures=\"0\" errors=\"1\""), 1, "{xml}");
}

/// Whoever reads what is said may go away: the report is one all the same.
#[test]
fn a_campaign_whose_reader_goes_away_leaves_a_report() {
    let plan = plan("unread", &format!("injections = 100000\n{VICTIM}"));
    let report = plan.with_extension("xml");
    let mut command = command(&plan);
    command.arg("--json").arg("--junit").arg(&report).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the bulkhead command");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    assert!(lines.next().is_some_and(|line| line.is_ok_and(|line| line.contains("\"begin\""))));
    drop(lines);
    child.wait().expect("an end");
    let xml = fs::read_to_string(&report).expect("a report");
    assert_eq!(count(&xml, " of 100000 injections have not been run: nobody reads the output"), 1, "{xml}");
}

#[test]
fn wrong_use_is_refused_with_what_would_be_right() {
    let plan = plan("used", &format!("injections = 3\n{VICTIM}"));
    let output = command(&plan).args(["--only", "2", "--only", "2"]).output().expect("the bulkhead command");
    assert!(String::from_utf8_lossy(&output.stdout).contains("\n1 injection, "), "{output:?}");
    let refused = |command: &mut Command| {
        let output = command.output().expect("the bulkhead command");
        (String::from_utf8(output.stderr).expect("text"), output.status.code())
    };
    let mut none = bulkhead();
    let (said, status) = refused(none.args(["inject", "--jobs", "0"]).arg(&plan));
    assert!(said.contains("at least 1"), "{said}");
    assert_eq!(status, Some(64));
    let (said, status) = refused(&mut command(&repository().join("examples/injection")));
    assert!(said.contains("is a folder") && said.contains("campaign.toml"), "{said}");
    assert_eq!(status, Some(64));
    let keys = "[[injection]]\nat = \"2 ms\"\nkind = \"kernel-memory\"\naddress = \"0xfee00000\"\nbit = 3\n";
    let (said, status) = refused(&mut command(&self::plan("device", keys)));
    assert!(said.contains("0xfee00000 is not the kernel's memory\n  help: that is 0x"), "{said}");
    assert_eq!(status, Some(64));
}
