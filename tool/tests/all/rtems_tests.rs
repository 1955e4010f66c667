//! `bulkhead test-rtems` with a shell script in QEMU's place: both columns, JUnit, JSON, and what is refused.

use std::fs;
use std::process::Command;

use crate::commands::said;
use crate::output_schemas::is_as_test_rtems_says;
use crate::running::{Stage, compare};
use crate::support::Elf;

/// What a partition says, and what the machine says that a program has for itself.
const PLAY: &str = r#"
case "$*" in
  *natively/suite/worse.exe*) printf '*** BEGIN OF TEST X ***\r\n*** END OF TEST X ***\r\n'; sleep 60 ;;
  *natively/suite/same.exe*) printf '*** BEGIN OF TEST X ***\r\ntest: 7 FAILED:\r\n'; exit 0 ;;
  *natively*) exit 9 ;;
  *) printf 'bulkhead 0.1.0\n\020@*** BEGIN OF TEST X ***\ntest: 7 FAILED:\n'
     printf '\020?event v1 9 halted partition=0 name=test status=1\n'; sleep 60 ;;
esac
"#;

/// What was said, with each `host_time` as though it had been a second.
fn with_times_of_a_second(said: &str) -> String {
    let mut parts = said.split("\"host_time\":");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text += "\"host_time\":1000000000";
        text += part.trim_start_matches(|digit: char| digit.is_ascii_digit());
    }
    text
}

#[test]
fn where_there_are_no_test_programs() {
    let stage = Stage::new("rtems-tests-none", PLAY);
    fs::write(stage.folder.join("list"), "# nothing yet\n\n").expect("a list");
    fs::create_dir(stage.folder.join("here")).expect("a folder");
    fs::write(stage.folder.join("a.exe"), Elf::good().bytes()).expect("a program");
    let said = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
        command.arg("test-rtems").args(arguments).current_dir(&stage.folder).env("BULKHEAD_LIB", "library");
        let output = command.output().expect("bulkhead runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let help = "  help: give a folder with test programs, one program, or a text file that lists them\n";
    let none = format!("error: here has no test programs: no file ends in .exe\n{help}");
    let missing = format!("error: there cannot be read: No such file or directory (os error 2)\n{help}");
    let empty = format!("error: list lists no test programs: no line has a path\n{help}");
    for (path, expected) in [("here", none), ("there", missing), ("list", empty)] {
        assert_eq!(said(&[path]), (Some(64), expected.clone()));
        assert_eq!(said(&["a.exe", "--native", path]), (Some(64), expected));
    }
}

#[test]
fn both_columns_are_shown_and_a_run_ends_with_its_test() {
    let stage = Stage::new("rtems-tests", PLAY);
    for (folder, names) in
        [("here/suite", &["same", "worse", "only"][..]), ("natively/suite", &["same", "worse"])]
    {
        let folder = stage.folder.join(folder);
        fs::create_dir_all(&folder).expect("a folder");
        for name in names {
            fs::write(folder.join(name).with_extension("exe"), Elf::good().bytes()).expect("a program");
        }
    }
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
        command.args(["test-rtems", "here", "--jobs", "1", "--timeout", "50s"]).args(arguments);
        command.current_dir(&stage.folder).env("BULKHEAD_LIB", "library").env("BULKHEAD_QEMU", "./qemu");
        command.env_remove("BULKHEAD_AIR");
        command.output().expect("bulkhead runs")
    };
    let output = run(&["--native", "natively", "--junit", "report.xml"]);
    let text = String::from_utf8(output.stdout).expect("text");
    let (progress, table) = text.split_once("test   natively").unwrap_or_default();
    assert_eq!(progress.matches(" natively (").count(), 2, "{text}");
    let expected = "            in a partition      reason\n\
                    only   not there           failed              test: 7 FAILED:\n\
                    same   failed              failed              both: test: 7 FAILED:\n\
                    worse  passed              failed              test: 7 FAILED:\n\n\
                    suite  programs  passed natively  passed in a partition\n\
                    suite         3                1                      0\n\
                    all           3                1                      0\n\n\
                    0 of 3 tests passed\n";
    assert_eq!((table, output.status.code()), (expected, Some(1)), "{text}");
    // The same as objects, but for how long each took here.
    let said_as_json = |arguments: &[&str]| {
        let output = run(arguments);
        let text = with_times_of_a_second(&String::from_utf8(output.stdout).expect("text"));
        is_as_test_rtems_says(&text);
        (output.status.code(), text, output.stderr)
    };
    let (status, text, errors) = said_as_json(&["--json", "--native", "natively"]);
    compare("test-rtems-json.expected", &text);
    assert_eq!((status, &errors[..]), (Some(1), &b""[..]));
    let (status, text, errors) = said_as_json(&["--json", "--memory", "much", "--native", "nowhere"]);
    let expected = "{\"event\":\"end\",\"version\":1,\"status\":64,\"reason\":\"error\",";
    assert!(text.starts_with(expected) && text.lines().count() == 1, "{text}");
    assert_eq!((status, &errors[..]), (Some(64), &b""[..]));
    let report = fs::read_to_string(stage.folder.join("report.xml")).expect("a report");
    assert!(report.contains("<property name=\"natively\" value=\"passed\"/>"), "{report}");
    let refused = "error: none/of has none of these test programs\n  help: give the folder of the same suites as \
                   RTEMS's own build has linked them, such as testsuites\n";
    fs::create_dir_all(stage.folder.join("none/of")).expect("a folder");
    fs::write(stage.folder.join("none/of/these.exe"), Elf::good().bytes()).expect("a program");
    assert_eq!(said(&run(&["--native", "none/of"])), (Some(64), refused.to_owned()));
    let (status, text) = said(&run(&["--host", "pok"]));
    assert!(status == Some(64) && text.contains("`bulkhead test-rtems` does not boot POK"), "{text}");
    let (status, text) = said(&run(&["--host", "air"]));
    assert!(status == Some(64) && text.contains("name one by --pack COMMAND or BULKHEAD_AIR"), "{text}");
    let (status, text) = said(&run(&["--pack", "/bin/true"]));
    assert!(status == Some(64) && text.contains("--pack makes bootable files for AIR only"), "{text}");
    // The programs here are for i386.
    let output = run(&["--host", "air", "--pack", "/bin/true"]);
    let text = String::from_utf8_lossy(&output.stdout);
    let refused = text.contains("AIR runs sparc partitions here, not i386");
    assert!(output.status.code() == Some(1) && refused, "{text}");
}
