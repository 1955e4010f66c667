//! What the commands say to programs: JSON, JUnit XML and transcripts, and that nothing else is among it.

use std::fs;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::bad_system_files::{FOLDER, cases, images};
use crate::commands::{PROGRAM, build, library, said};
use crate::running::{FOR_EVER, PLAY, Stage, begun, compare, kill, text, written};
use crate::support::{Elf, folder};

/// The objects on the standard output: one a line, and nothing besides, on the standard error neither.
fn objects(output: &Output) -> Vec<Value> {
    assert_eq!(text(&output.stderr), "");
    let said = text(&output.stdout);
    assert!(said.ends_with('\n'), "{said}");
    said.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}")))
        .collect()
}

/// The one object, whose status is that of the command.
fn object(output: &Output) -> Value {
    let objects = objects(output);
    let [object] = &objects[..] else { panic!("{objects:?}") };
    assert_eq!(object["version"], 1);
    assert_eq!(object["status"].as_i64(), output.status.code().map(i64::from));
    object.clone()
}

/// What a run says last, whose status is that of the command.
fn end(output: &Output) -> Value {
    let objects = objects(output);
    let end = objects.last().expect("an object").clone();
    assert_eq!(end["event"], "end");
    assert_eq!(end["version"], 1);
    assert_eq!(end["status"].as_i64(), output.status.code().map(i64::from));
    assert!(
        objects.iter().rev().skip(1).all(|object| object["event"].is_string() && object["event"] != "end")
    );
    end
}

#[test]
fn a_run_is_told_in_objects() {
    let stage = Stage::new("json", PLAY);
    let output = stage.run(&["--json"]);
    compare("run-json.expected", &text(&output.stdout));
    assert_eq!(end(&output)["reason"], "stopped");
    let output = stage.run(&["--json", "--expect", "first=halted:3", "--expect", "second=stopped"]);
    let end = end(&output);
    assert_eq!(
        (&end["status"], &end["diagnostics"][0]["kind"]),
        (&Value::from(4), &Value::from("expectation"))
    );
}

#[test]
fn whatever_a_partition_says_is_text_and_its_bytes() {
    let play = "printf 'up\\n\\020@\\033[31mred \\377\\303\\n\\020A\"\\\\\\000{}\\342\\200\\256\\n'; \
                printf '\\020?event v1 9 system-end code=16\\n'; exit 33";
    let objects = objects(&Stage::new("json-bytes", play).run(&["--json"]));
    let lines: Vec<&Value> = objects.iter().filter(|object| object["event"] == "line").collect();
    assert_eq!(lines[1]["text"], "\u{1b}[31mred \u{fffd}\u{fffd}");
    assert_eq!(lines[1]["bytes"], "1b5b33316d72656420ffc3");
    assert_eq!((&lines[1]["from"], &lines[1]["name"]), (&Value::from("partition"), &Value::from("first")));
    assert_eq!((&lines[2]["text"], lines[2].get("bytes")), (&Value::from("\"\\\0{}\u{202e}"), None));
}

#[test]
fn a_run_that_does_not_come_about_is_an_object() {
    let stage = Stage::new("json-fails", PLAY);
    let one = |output: Output, status: u8, kind: &str, message: &str| {
        let objects = objects(&output);
        let end = end(&output);
        assert_eq!((&end["status"], &end["reason"]), (&Value::from(status), &Value::from("error")));
        let diagnostic = &end["diagnostics"][0];
        assert_eq!(
            (&diagnostic["severity"], &diagnostic["kind"]),
            (&Value::from("error"), &Value::from(kind))
        );
        let said = diagnostic["message"].as_str().expect("a message");
        assert!(said.contains(message), "{said}");
        objects.len()
    };
    assert_eq!(one(stage.run(&["--json", "--fast"]), 64, "usage", "unexpected argument '--fast'"), 1);
    assert_eq!(one(stage.run(&["--json", "--for", "5"]), 64, "usage", "invalid value '5'"), 1);
    assert_eq!(one(stage.run(&["--json", "--expect", "third=halted"]), 64, "usage", "names no partition"), 1);
    let missing = stage.command(&["--json"]).env("BULKHEAD_QEMU", "./none").output().expect("bulkhead runs");
    // The system has been built before, and begins.
    assert_eq!(one(missing, 69, "environment", "BULKHEAD_QEMU names no program: ./none"), 2);
    let missing = stage.command(&["--json"]).env("BULKHEAD_LIB", "none").output().expect("bulkhead runs");
    assert_eq!(one(missing, 69, "environment", "BULKHEAD_LIB names no folder"), 1);
    fs::write(stage.folder.join("bulkhead.toml"), "[system\n").expect("a system file");
    assert_eq!(one(stage.run(&["--json"]), 65, "system-file", "syntax error"), 1);
}

#[test]
fn what_qemu_complains_of_is_an_object() {
    let output = Stage::new("json-complaint", "echo 'no such machine' >&2; exit 1").run(&["--json"]);
    let objects = objects(&output);
    assert_eq!(
        (&objects[1]["from"], &objects[1]["text"]),
        (&Value::from("qemu"), &Value::from("no such machine"))
    );
    assert_eq!((end(&output)["reason"].as_str(), output.status.code()), (Some("qemu-ended"), Some(3)));
}

#[test]
fn a_build_is_one_object() {
    let work = folder("json-build");
    let output = build(&work, PROGRAM, &["--json"]);
    assert_eq!(object(&output)["outputs"][0]["path"], "build/one-x86_64.elf");
    // Its sizes are those that the compiler makes.
    let map = object(&output)["memory_map"].as_array().expect("areas").clone();
    assert!(map.windows(2).all(|pair| pair[0]["end"].as_u64() <= pair[1]["start"].as_u64()), "{map:?}");
    assert_eq!(map[2]["partitions"], Value::from(vec![0]));
    // A warning of the compiler is a diagnostic of a build that succeeds.
    let object_of = |source: &str| object(&build(&work, source, &["--json"]));
    let warned = object_of("void _start(void) { int x; for (;;); }\n");
    let warning = &warned["diagnostics"][0];
    assert_eq!((&warned["status"], &warning["severity"]), (&Value::from(0), &Value::from("warning")));
    assert_eq!((&warning["line"], &warning["column"]), (&Value::from(1), &Value::from(25)));
    let failed = object_of("int x = ;\n");
    let kinds: Vec<_> =
        failed["diagnostics"].as_array().expect("diagnostics").iter().map(|it| &it["kind"]).collect();
    assert_eq!(
        (&failed["status"], kinds),
        (&Value::from(70), vec![&Value::from("compiler"), &Value::from("build")])
    );
    assert_eq!((&failed["diagnostics"][0]["file"], failed.get("outputs")), (&Value::from("main.c"), None));
    let failed = object_of("void other(void);\nvoid _start(void) { other(); }\n");
    let linker = failed["diagnostics"][0]["message"].as_str().expect("a message");
    assert!(linker.contains("it uses `other` (main.c:2)"), "{linker}");
}

#[test]
fn a_built_system_is_told_with_its_sizes() {
    let work = folder("json-packed");
    library(&work);
    fs::write(work.join("a.elf"), Elf::good().bytes()).expect("an image");
    fs::write(work.join("bulkhead.toml"), IMAGE).expect("a system file");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
        command.args(arguments).current_dir(&work).env("BULKHEAD_LIB", "library").env_remove("RTEMS_KIT");
        command.output().expect("bulkhead runs")
    };
    let built = run(&["build", "--json"]);
    object(&built);
    compare("build-json.expected", &text(&built.stdout));
    let checked = run(&["check", "--json"]);
    assert_eq!(object(&checked)["system"], object(&built)["system"]);
    let usage = object(&run(&["build", "--json", "--fast"]));
    assert_eq!((&usage["command"], &usage["status"]), (&Value::from("build"), &Value::from(64)));
    let help = usage["diagnostics"][0]["help"].as_str().unwrap_or_default();
    assert_eq!(help.trim(), help, "{usage}");
    let usage = object(&run(&["--color", "never", "check", "--json", "--fast"]));
    assert_eq!(usage["command"], "check");
    assert_eq!(end(&run(&["--color", "never", "run", "--json", "--fast"]))["status"], 64);
    fs::write(work.join("wrong.toml"), IMAGE.replace("50 ms", "5 sec")).expect("a system file");
    compare("check-json.expected", &text(&run(&["check", "--json", "wrong.toml"]).stdout));
}

const IMAGE: &str = r#"[system]
name = "packed"
major-frame = "100 ms"

[[partition]]
name = "first"
memory = "1 MiB"
image = "a.elf"

[[window]]
partition = "first"
start = "0 ms"
duration = "50 ms"
"#;

/// The same problems at the same places with the same words as in text, for every rule.
#[test]
fn every_rule_is_told_to_programs_as_to_people() {
    let work = folder("json-bad");
    images(&work);
    fs::write(work.join("main.c"), "").expect("main.c");
    for name in cases() {
        fs::copy(format!("{FOLDER}/{name}.toml"), work.join(format!("{name}.toml"))).expect("a case");
        let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
        command.args(["check", "--json", &format!("{name}.toml")]).current_dir(&work);
        let object = object(&command.output().expect("bulkhead runs"));
        assert_eq!(object["status"], 65);
        let mut lines = String::new();
        for diagnostic in object["diagnostics"].as_array().expect("diagnostics") {
            let text = |key: &str| diagnostic[key].as_str().unwrap_or_default().to_owned();
            let (file, line, column) = (text("file"), &diagnostic["line"], &diagnostic["column"]);
            lines += &format!("{file}:{line}:{column}: error: {}\n", text("message"));
            for related in diagnostic["related"].as_array().unwrap_or(&Vec::new()) {
                let (line, column) = (&related["line"], &related["column"]);
                lines += &format!(
                    "  {file}:{line}:{column}: note: {}\n",
                    related["message"].as_str().expect("text")
                );
            }
            let help = text("help");
            lines += &if help.is_empty() { help } else { format!("  help: {help}\n") };
            let span = &diagnostic["span"];
            assert!(span["start"].as_u64() <= span["end"].as_u64(), "{span}");
        }
        let expected = fs::read_to_string(format!("{FOLDER}/{name}.expected")).expect("the expected output");
        let told = |line: &&str| line.contains(".toml:") || line.starts_with("  help: ");
        let expected: String = expected.lines().filter(told).map(|line| format!("{line}\n")).collect();
        assert_eq!(lines, expected, "{name}");
    }
}

#[test]
fn a_transcript_has_what_was_shown() {
    let stage = Stage::new("transcript", PLAY);
    let transcript = || fs::read_to_string(stage.folder.join("log")).expect("the transcript");
    let output = stage.run(&["--transcript", "log"]);
    assert_eq!(transcript(), text(&output.stdout));
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(2), String::new()));
    let coloured = stage.run(&["--transcript", "log", "--color", "always"]);
    assert!(text(&coloured.stdout).contains('\u{1b}'));
    assert_eq!(transcript(), text(&output.stdout));
    // People's words, also of a run that speaks to programs, and what is said on the standard error.
    let json = stage.run(&["--transcript", "log", "--json", "--expect", "second=running"]);
    assert_eq!(end(&json)["status"], 4);
    let difference = "error: `second` was expected to be running, but is stopped\n";
    assert_eq!(transcript(), text(&output.stdout) + difference);
    // Who is refused loses nothing, and is left nothing.
    let before = transcript();
    for file in ["log", "new"] {
        let refused = stage.run(&["--transcript", file, "--junit", "new.xml", "--expect", "third=halted"]);
        assert_eq!(refused.status.code(), Some(64), "{}", text(&refused.stderr));
        assert_eq!(transcript(), before);
        assert!(!stage.folder.join("new").exists() && !stage.folder.join("new.xml").exists());
    }
    // Who begins to write has its complaint there.
    let mut command = stage.command(&["--transcript", "log", "--junit", "new.xml"]);
    let failed = command.env("BULKHEAD_QEMU", "./none").output().expect("a run");
    assert_eq!((failed.status.code(), transcript()), (Some(69), text(&failed.stderr)));
    assert!(stage.folder.join("new.xml").exists());
}

#[test]
fn a_transcript_is_complete_when_a_signal_ends_the_run() {
    let stage = Stage::new("transcript-signal", FOR_EVER);
    let (mut child, lines) = begun(&stage, &["--transcript", "log", "--junit", "junit.xml"]);
    assert!(kill("-TERM", &child.id().to_string()));
    let mut shown = "kernel | here\n".to_owned();
    lines.for_each(|line| shown += &(line.expect("text") + "\n"));
    assert_eq!(child.wait().expect("an end").code(), Some(143));
    assert!(shown.contains("played: ended by SIGTERM\n"), "{shown}");
    assert_eq!(fs::read_to_string(stage.folder.join("log")).expect("the transcript"), shown);
    let report = fs::read_to_string(stage.folder.join("junit.xml")).expect("the report");
    assert!(report.contains("errors=\"2\"") && report.contains("message=\"ended by SIGTERM\""), "{report}");
}

#[test]
fn two_runs_do_not_write_one_file() {
    let stage = Stage::new("written-twice", FOR_EVER);
    let (mut child, lines) = begun(&stage, &["--transcript", "log", "--junit", "junit.xml"]);
    for (option, file) in [("--transcript", "log"), ("--junit", "junit.xml")] {
        let text = format!(
            "error: {file} is being written by another run\n  help: name another file, or wait for that run\n"
        );
        // The first run has no end of its own, and a second one would have none.
        assert_eq!(said(&stage.run(&[option, file, "--timeout", "5s"])), (Some(69), text));
    }
    assert!(kill("-TERM", &child.id().to_string()));
    lines.for_each(drop);
    child.wait().expect("an end");
    let read = |name: &str| fs::read_to_string(stage.folder.join(name)).expect("a file");
    assert!(read("log").starts_with("kernel | here\n") && read("junit.xml").starts_with("<?xml"));
}

#[test]
fn a_signal_ends_a_run_for_programs_with_its_end() {
    let stage = Stage::new("json-signal", FOR_EVER);
    let mut command = stage.command(&["--json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("bulkhead runs");
    written(&stage.folder.join("pid"));
    assert!(kill("-INT", &child.id().to_string()));
    let output = child.wait_with_output().expect("an end");
    assert_eq!((end(&output)["reason"].as_str(), output.status.code()), (Some("interrupted"), Some(130)));
    assert_eq!(end(&output)["partitions"][0]["end"], "running");
}

#[test]
fn junit_tells_how_partitions_ended() {
    let stage = Stage::new("junit", PLAY);
    let report = || fs::read_to_string(stage.folder.join("junit.xml")).expect("the report");
    let output = stage.run(&["--junit", "junit.xml"]);
    assert_eq!(output.status.code(), Some(2));
    compare("run-junit.expected", &report());
    let met = stage.run(&["--junit", "junit.xml", "--expect", "second=stopped"]);
    assert_eq!(met.status.code(), Some(0));
    assert!(report().contains("tests=\"2\" skipped=\"0\" failures=\"0\" errors=\"0\""), "{}", report());
    let missed = stage.run(&["--junit", "junit.xml", "--expect", "first=running"]);
    assert_eq!(missed.status.code(), Some(4));
    let message = "message=\"`first` was expected to be running, but is halted with status 0\"";
    assert!(report().contains(message), "{}", report());
    let failed =
        stage.command(&["--junit", "junit.xml"]).env("BULKHEAD_QEMU", "./none").output().expect("a run");
    assert_eq!(failed.status.code(), Some(69));
    assert!(
        report().contains("errors=\"1\"") && report().contains("names no program: ./none"),
        "{}",
        report()
    );
}

#[test]
fn injections_whose_system_cannot_be_built_leave_no_earlier_report() {
    let stage = Stage::new("injections-junit", PLAY);
    let plan = "system = \"bulkhead.toml\"\nfor = \"30 ms\"\ninjections = 1\n\
                [[target]]\nkind = \"registers\"\npartition = \"first\"\n";
    fs::write(stage.folder.join("plan.toml"), plan).expect("a plan");
    let before = "<?xml version=\"1.0\"?>before";
    let injected = |arguments: &[&str]| {
        fs::write(stage.folder.join("junit.xml"), before).expect("a report");
        let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
        command.args(["inject", "plan.toml", "--junit", "junit.xml"]).args(arguments);
        let output = command.env("BULKHEAD_LIB", "library").current_dir(&stage.folder).output();
        let report = fs::read_to_string(stage.folder.join("junit.xml")).expect("the report");
        (output.expect("bulkhead runs").status.code(), report)
    };
    // Who is refused loses nothing.
    assert_eq!(injected(&["--only", "2"]), (Some(64), before.to_owned()));
    fs::write(stage.folder.join("a.elf"), "no program").expect("an image");
    let (status, report) = injected(&[]);
    assert!(status.is_some_and(|status| status != 0 && status != 64), "{status:?}");
    let why = "<error message=\"2 problems in bulkhead.toml\"/>";
    assert!(report.contains("errors=\"1\"") && report.contains(why), "{report}");
}

#[test]
fn junit_is_xml_whatever_a_partition_says() {
    let play = "printf 'up\\n\\020@]]>&<\\033[31m\\001\\377\\357\\277\\277\\n\\020?\
                event v1 9 system-end code=16\\n'; exit 33";
    let stage = Stage::new("junit-bytes", play);
    stage.run(&["--junit", "junit.xml"]);
    let report = fs::read_to_string(stage.folder.join("junit.xml")).expect("the report");
    assert!(report.contains("<system-out>]]&gt;&amp;&lt;\u{fffd}\u{fffd}\n</system-out>"), "{report}");
}

/// Files that cannot be written are errors, of which people and programs are told.
#[test]
fn files_that_cannot_be_written_are_errors() {
    let stage = Stage::new("unwritable", PLAY);
    let full = (
        "/dev/full",
        "No space left on device (os error 28)",
        "free some space there, or name another place",
    );
    let missing = (
        "none/x",
        "No such file or directory (os error 2)",
        "make the folder that it is to lie in, or name another place",
    );
    let within = (".", "Is a directory (os error 21)", "this is a folder: name a file, which may lie in it");
    for option in ["--transcript", "--junit"] {
        for (file, why, help) in [full, missing, within] {
            let (status, text) = said(&stage.run(&[option, file]));
            let expected = format!("error: {file} cannot be written: {why}\n");
            assert!(
                status == Some(69) && text.starts_with(&expected) && text.contains(help),
                "{option}: {text}"
            );
            let json = end(&stage.run(&[option, file, "--json"]));
            assert_eq!(json["diagnostics"][0]["message"], format!("{file} cannot be written: {why}"));
            assert_eq!(json["status"], 69);
        }
    }
    fs::write(stage.folder.join("list"), "a.elf\n").expect("a list");
    let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
    command.args(["test-rtems", "list", "--junit", "none/x"]).current_dir(&stage.folder);
    let (status, text) = said(&command.output().expect("bulkhead runs"));
    let expected = format!("error: none/x cannot be written: {}\n", missing.1);
    assert!(status == Some(69) && text.starts_with(&expected), "{text}");
}

/// A file that is named by mistake keeps what is in it.
#[test]
fn reports_do_not_overwrite_what_is_not_theirs() {
    let stage = Stage::new("precious", PLAY);
    let read = |name: &str| fs::read(stage.folder.join(name)).expect("a file");
    let (system, source) = (read("bulkhead.toml"), read("a.elf"));
    fs::hard_link(stage.folder.join("a.elf"), stage.folder.join("again")).expect("a link");
    fs::write(stage.folder.join("notes"), "mine").expect("a file");
    let refused = |arguments: &[&str], what: &str| {
        let (status, text) = said(&stage.run(arguments));
        assert_eq!((status, text), (Some(64), format!("error: {what}\n")));
    };
    for option in ["--junit", "--transcript", "--trace", "--record"] {
        let help = "which the command reads\n  help: name another file";
        refused(
            &[option, "bulkhead.toml"],
            &format!("{option} bulkhead.toml would overwrite ./bulkhead.toml, {help}"),
        );
        refused(&[option, "again"], &format!("{option} again would overwrite a.elf, {help}"));
    }
    for name in ["first.elf", "second.core"] {
        fs::hard_link(stage.folder.join("a.elf"), stage.folder.join(name)).expect("a link");
        let what = "would overwrite a.elf, which the command reads\n  help: name another file";
        refused(&["--core", "."], &format!("--core ./{name} {what}"));
        fs::remove_file(stage.folder.join(name)).expect("removed");
    }
    let help = "help: name another file, or remove this one";
    refused(&["--record", "notes"], &format!("notes exists and is no record of a run\n  {help}"));
    let notes = format!("notes exists and is no XML, which JUnit's reports are\n  {help}");
    refused(&["--junit", "notes"], &notes);
    let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
    command.args(["test-rtems", "--junit", "notes", "a.elf"]).current_dir(&stage.folder);
    assert_eq!(said(&command.output().expect("bulkhead runs")), (Some(64), format!("error: {notes}\n")));
    let both = "./one cannot be both --junit and --transcript\n  help: name a file for each";
    refused(&["--junit", "one", "--transcript", "./one"], both);
    assert!(!stage.folder.join("one").exists());
    assert_eq!((read("bulkhead.toml"), read("a.elf"), &read("notes")[..]), (system, source, &b"mine"[..]));
    let output = stage.run(&["--junit", "/dev/null", "--transcript", "/dev/null"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
}

#[test]
fn objects_that_cannot_be_written_are_an_error() {
    let stage = Stage::new("json-full", PLAY);
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").expect("the device");
    let expected = "error: the output cannot be written: No space left on device (os error 28)\n".to_owned();
    for arguments in [&["check", "--json"][..], &["build", "--json"], &["run", "--json"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
        command.args(arguments).current_dir(&stage.folder).env("BULKHEAD_LIB", "library");
        let output = command.env("BULKHEAD_QEMU", "./qemu").stdout(full()).output().expect("bulkhead runs");
        assert_eq!(said(&output), (Some(74), expected.clone()), "{arguments:?}");
    }
}

/// Every object that the reference shows is one that a command here has said.
#[test]
fn the_reference_shows_objects_as_they_are() {
    let reference =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/command.md")).expect("it");
    let said: String = ["run-json", "build-json", "check-json", "test-rtems-json"]
        .map(|name| fs::read_to_string(format!("{FOLDER}/../all/{name}.expected")).expect("expected output"))
        .concat();
    let shown: Vec<&str> = reference.lines().filter(|line| line.starts_with("{\"")).collect();
    assert!(shown.len() >= 6, "{shown:?}");
    for line in shown {
        assert!(said.lines().any(|known| known == line), "nobody says: {line}");
    }
}

/// A run in which the kernel says when lines begin: at 1 ns, at 5,000,000,123 ns and at 4,096 ns.
const CLOCK: &str = r#"
printf 'bulkhead 0.1.0\n'
printf '\020>00000000001\020@hel\020>000004Z1O9k\020Atick\n\020@lo\nagain\n'
printf '\020>000000'
printf '00100\020Ano'
printf '\020?event v1 5 halted partition=0 name=first status=3\n'
exit 37
"#;

#[test]
fn lines_have_their_times() {
    let stage = Stage::new("timestamps", CLOCK);
    let expected = "               kernel | bulkhead 0.1.0\n";
    let said = text(&stage.run(&["--timestamps", "--transcript", "log"]).stdout);
    assert!(said.starts_with(expected), "{said}");
    assert!(said.contains("\n   5.000000123 second | tick\n   0.000000001 first  | hello\n"), "{said}");
    assert!(said.contains("\n               first  | again\n"), "{said}");
    assert!(
        said.contains("\n   0.000000005 kernel | partition first: halted with status 3 at 5 ns\n"),
        "{said}"
    );
    assert!(said.contains("\n   0.000004096 second | no\n"), "{said}");
    assert_eq!(fs::read_to_string(stage.folder.join("log")).expect("the transcript"), said);
    let plain = text(&stage.run(&[]).stdout);
    assert!(plain.starts_with("kernel | bulkhead 0.1.0\nsecond | tick\nfirst  | hello\n"), "{plain}");
    let objects = objects(&stage.run(&["--json", "--timestamps"]));
    let times: Vec<Option<u64>> = objects[1..5].iter().map(|object| object["time"].as_u64()).collect();
    assert_eq!(times, [None, Some(5_000_000_123), Some(1), None]);
    // The kernel is asked for them, and so is QEMU for LEON3; another kernel cannot be.
    let arguments = Stage::new("timestamps-arguments", "echo \"$@\"; exit 33");
    let said = text(&arguments.run(&["--timestamps", "--for", "1s"]).stdout);
    assert!(said.contains(" -append for=1000000000 line-times=1\n"), "{said}");
    assert!(!text(&arguments.run(&["--for", "1s"]).stdout).contains("line-times"));
    let (status, said) = crate::commands::said(&arguments.run(&["--timestamps", "--host", "xen"]));
    assert!(status == Some(64) && said.starts_with("error: --timestamps is for our own kernel\n"), "{said}");
}
