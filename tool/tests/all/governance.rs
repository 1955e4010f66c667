//! What is told of the health monitor and of schedules: by `check`, in a run, and where another host has neither.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use bulkhead_abi::HealthError;
use serde_json::Value;

use crate::running::{Stage, compare, text};

/// Two schedules, and responses of every kind.
const SYSTEM: &str = r#"
[system]
name = "governed"

[health]
device-error = "stop-module"
numeric-error = "cold-restart"

[[partition]]
name = "control"
memory = "1 MiB"
image = "a.elf"
system = true
watchdog = "50 ms"
max-calls = 1000

[partition.health]
memory-violation = { action = "idle", schedule = "degraded", log = true }
watchdog = { action = "warm-restart", deliver = true }
restarts = 2
restart-period = "1 s"
restarts-exceeded = { action = "idle", schedule = "degraded" }

[[partition]]
name = "video"
memory = "1 MiB"
image = "a.elf"

[[schedule]]
name = "degraded"
major-frame = "10 ms"

[[schedule.window]]
partition = "control"
start = "1 ms"
duration = "8 ms"

[schedule.at-change]
video = "idle"

[[schedule]]
name = "normal"
initial = true
major-frame = "20 ms"

[[schedule.window]]
partition = "video"
start = "8 ms"
duration = "12 ms"

[[schedule.window]]
partition = "control"
start = "0 ms"
duration = "8 ms"

[schedule.at-change]
video = "cold-restart"
"#;

/// A run with decisions, a change of the schedule and the end of the module.
const PLAY: &str = r#"
printf 'bulkhead 0.1.0\n\020?'
fault='error=numeric-error'
rest='level=partition address=0x00000000 pc=0x00110010 detail=0x0 access=none response='
printf 'event v1 100000000 health partition=1 name=video code=0 %s action=cold-restart %s\n' "$fault" "${rest}own"
printf 'event v1 100000000 restarted partition=1 name=video restarts=1 reason=health-monitor\n'
printf 'event v1 300000000 health partition=1 name=video code=0 %s action=cold-restart %s\n' "$fault" "${rest}own"
printf 'event v1 300000000 restarted partition=1 name=video restarts=2 reason=health-monitor\n'
printf 'event v1 350000000 health partition=1 name=video code=7 error=application-error action=idle %s\n' \
    "${rest}restarts-exceeded"
printf 'event v1 360000000 commanded partition=1 name=video by=0 mode=cold-start\n'
printf 'event v1 360000000 restarted partition=1 name=video restarts=3 reason=cold\n'
printf 'event v1 400000000 commanded partition=1 name=video by=0 mode=idle\n'
printf 'event v1 410000000 schedule number=0 before=1\n'
printf 'event v1 410000000 scheduled partition=0 name=control schedule=0 action=warm-restart\n'
printf 'event v1 5000000000 health code=0 error=device-error action=stop-module level=module address=0x00000000'
printf ' pc=0x00000000 detail=0x0 access=none response=own\n'
printf 'event v1 5000000000 partition-end partition=0 name=control status=0 state=running lost=0 by=nobody\n'
printf 'event v1 5000000000 partition-end partition=1 name=video status=0 state=stopped lost=0 by=partition\n'
printf 'event v1 5000000000 window partition=0 name=control number=0 start=1000000 duration=8000000 count=459'
printf ' lost=0 late-min=4 late-max=712\n'
printf 'event v1 5000000000 window partition=0 name=control number=1 start=0 duration=8000000 count=21'
printf ' lost=0 late-min=4 late-max=712\n'
printf 'event v1 5000000000 window partition=1 name=video number=2 start=8000000 duration=12000000 count=20'
printf ' lost=0 late-min=4 late-max=712\n'
printf 'event v1 5000000000 system-end code=22\n'
exit 45
"#;

fn stage(name: &str) -> Stage {
    let stage = Stage::new(name, PLAY);
    fs::write(stage.folder.join("bulkhead.toml"), SYSTEM).expect("a system file");
    stage
}

fn bulkhead(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
    command.args(arguments).current_dir(folder).env("BULKHEAD_LIB", "library").env_remove("RTEMS_KIT");
    command.output().expect("bulkhead runs")
}

fn json(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn check_shows_what_differs_and_each_schedule() {
    let stage = stage("governed-check");
    let said = bulkhead(&stage.folder, &["check"]);
    assert_eq!(said.status.code(), Some(0), "{}", text(&said.stderr));
    compare("governed.expected", &text(&said.stdout));
    let all = text(&bulkhead(&stage.folder, &["check", "--health"]).stdout);
    assert!(all.contains("  video    memory-violation      own handler, then idle\n"), "{all}");
    let object = &json(&bulkhead(&stage.folder, &["check", "--json"]))[0]["system"];
    let control = &object["partitions"][0];
    assert_eq!(control["rights"], serde_json::json!(["system"]));
    assert_eq!((&control["watchdog"], &control["max_calls"]), (&50_000_000.into(), &1000.into()));
    let response = serde_json::json!({ "action": "idle", "deliver": true, "log": true, "schedule": 0 });
    assert_eq!(control["health"]["responses"]["memory-violation"], response);
    assert_eq!(control["health"]["restarts_exceeded"]["schedule"], 0);
    assert_eq!((&object["initial_schedule"], &object["major_frame"]), (&1.into(), &20_000_000.into()));
    let degraded = &object["schedules"][0];
    assert_eq!((&degraded["schedule_name"], &degraded["used"]), (&"degraded".into(), &8_000_000.into()));
    assert_eq!(degraded["gaps"][1], serde_json::json!({ "start": 9_000_000, "duration": 1_000_000 }));
    let share = serde_json::json!({ "partition": 1, "name": "video", "time": 0, "at_change": "idle" });
    assert_eq!(degraded["partitions"][1], share);
    let schedules: Vec<&Value> =
        object["windows"].as_array().expect("windows").iter().map(|it| &it["schedule"]).collect();
    assert_eq!(schedules, [0, 1, 1]);
}

/// A background partition lives on what others leave, and needs no window; any other does.
#[test]
fn only_a_background_partition_needs_no_window() {
    let stage = stage("governed-background");
    let more = "[[partition]]\nname = \"spare\"\nmemory = \"1 MiB\"\nimage = \"a.elf\"\n";
    for (background, status) in [("background = true\n", 0), ("", 65)] {
        let system = SYSTEM.replacen("[[schedule]]", &format!("{more}{background}\n[[schedule]]"), 1);
        fs::write(stage.folder.join("bulkhead.toml"), system).expect("the system file");
        let said = bulkhead(&stage.folder, &["check"]);
        assert_eq!(said.status.code(), Some(status), "{}", text(&said.stderr));
    }
}

#[test]
fn a_run_tells_decisions_and_changes() {
    let stage = stage("governed-run");
    let said = stage.run(&["--junit", "junit.xml"]);
    compare("governed-run.expected", &text(&said.stdout));
    assert_eq!(said.status.code(), Some(5), "{}", text(&said.stderr));
    let junit = fs::read_to_string(stage.folder.join("junit.xml")).expect("the report");
    assert!(junit.contains("health monitor: numeric-error: cold-restart, 2 times"), "{junit}");
    assert!(junit.contains("health monitor: application-error: idle, once, its restarts used up"), "{junit}");
    assert!(!junit.contains("by control"), "as the system was built: {junit}");
    let end = json(&stage.run(&["--json"])).pop().expect("an end");
    assert_eq!((&end["reason"], &end["status"]), (&"module-stopped".into(), &5.into()));
    assert_eq!(
        end["decisions"],
        serde_json::json!([
            { "partition": 1, "name": "video", "error": "numeric-error", "action": "cold-restart", "count": 2,
              "first": 100_000_000, "last": 300_000_000 },
            { "partition": 1, "name": "video", "error": "application-error", "action": "idle",
              "response": "restarts-exceeded", "count": 1, "first": 350_000_000, "last": 350_000_000 },
            { "error": "device-error", "action": "stop-module", "count": 1, "first": 5_000_000_000_u64,
              "last": 5_000_000_000_u64 },
        ])
    );
    let change = serde_json::json!([{ "time": 410_000_000, "schedule": 0, "schedule_name": "degraded" }]);
    assert_eq!((&end["schedule_changes"], &end["partitions"][1]["restarts"]), (&change, &3.into()));
    assert_eq!(end["partitions"][1]["by"], "partition");
}

/// What was built tells the same as its system file.
#[test]
fn what_is_read_out_of_a_built_file_is_what_was_built() {
    let stage = stage("governed-unpacked");
    assert_eq!(bulkhead(&stage.folder, &["build", "-o", "it.elf"]).status.code(), Some(0));
    let begin = |file: &str| {
        let output = stage.command_of(file, &["--json"]).output().expect("bulkhead runs");
        json(&output).into_iter().find(|object| object["event"] == "begin").expect("a beginning")
    };
    let (file, built) = (begin("."), begin("it.elf"));
    for key in ["partitions", "schedules", "windows", "initial_schedule", "device_error"] {
        assert_eq!(file["system"][key], built["system"][key], "{key}");
    }
}

#[test]
fn what_a_host_has_not_is_refused_with_its_place() {
    let stage = stage("governed-hosts");
    for (host, title, own) in [("xen", "Xen", 7), ("xtratum", "XtratuM", 10), ("pok", "POK", 10)] {
        let said = bulkhead(&stage.folder, &["build", "--host", host]);
        assert_eq!(said.status.code(), Some(65));
        let said = text(&said.stderr);
        let places = [
            ("6:16", "`device-error`"),
            ("13:10", "`system`"),
            ("14:12", "`watchdog`"),
            ("15:13", "`max-calls`"),
            ("18:20", "`memory-violation`"),
            ("19:12", "`watchdog`"),
            ("22:21", "`restarts-exceeded`"),
            ("20:12", "`restarts`"),
            ("21:18", "`restart-period`"),
            ("7:17", "`numeric-error`"),
        ];
        for (place, what) in places {
            let line = format!("bulkhead.toml:{place}: error: {title} cannot do what {what} says\n");
            let is_own = ["`restarts`", "`restart-period`", "`numeric-error`"].contains(&what);
            assert_eq!(said.contains(&line), host != "xen" || !is_own, "{line}{said}");
        }
        let schedules = format!("bulkhead.toml:42:8: error: on {title} a system has one schedule, not 2\n");
        assert!(said.contains(&schedules), "{schedules}{said}");
        assert!(said.contains(&format!("{} problems", own + 1)), "{said}");
        assert!(!stage.folder.join("build").exists());
    }
}

/// Whether each host takes a system with this line in its partition or in its table of responses.
fn taken_by(stage: &Stage, line: &str) -> [bool; 3] {
    let (partition, health) = if ["true\n", "false\n"].iter().any(|end| line.contains(end))
        || line.starts_with("max-")
        || line.starts_with("watchdog = \"")
    {
        (line, String::new())
    } else {
        ("", format!("[partition.health]\n{line}"))
    };
    let text = format!(
        "[system]\nname = \"one\"\nmajor-frame = \"20 ms\"\n[[partition]]\nname = \"one\"\nmemory = \"1 MiB\"\n\
         sources = [\"one.c\"]\n{partition}\n{health}\n[[window]]\npartition = \"one\"\nstart = \"0 ms\"\n\
         duration = \"10 ms\"\n"
    );
    fs::write(stage.folder.join("one.toml"), text).expect("a system file");
    fs::write(stage.folder.join("one.c"), "").expect("a source");
    let [xen, xtratum, pok, air] = ["xen", "xtratum", "pok", "air"].map(|host| {
        // What else a host needs, sources for one, it says later.
        let processor = if host == "air" { "leon3" } else { "x86_64" };
        let said = bulkhead(&stage.folder, &["check", "--host", host, "--arch", processor, "one.toml"]);
        let error = self::text(&said.stderr);
        let is_refused = error.contains("cannot do what `");
        assert!(is_refused || !error.contains("one.toml:"), "{line}{error}");
        assert!(!is_refused || error.contains("leave it out, or take --host bulkhead"), "{line}{error}");
        !is_refused
    });
    assert_eq!(air, pok, "{line}");
    [xen, xtratum, pok]
}

/// Every key of errors and limits: what Xen, `XtratuM` and POK take of it, and AIR as POK, as the table of
/// docs/hosts.md says.
#[test]
fn each_host_takes_of_errors_and_limits_what_it_can_do() {
    let stage = stage("governed-keys");
    let (all, xen, none) = ([true; 3], [true, false, false], [false; 3]);
    let halts = [true, true, false];
    for error in HealthError::ALL.map(HealthError::word) {
        let idle = format!("{error} = {{ action = \"idle\", deliver = false }}");
        let cold = format!("{error} = \"cold-restart\"");
        let stops = format!("{error} = \"stop-module\"");
        let expected = match error {
            "device-error" => continue,
            "wrong-mode" | "damaged-image" => {
                // What they are everywhere anyway.
                assert_eq!(taken_by(&stage, &idle), all, "{error}");
                assert_eq!(taken_by(&stage, &stops), none, "{error}");
                continue;
            }
            // They are refused together with the limits that they are about.
            "window-late" | "call-flood" | "watchdog" => continue,
            "processor-exception" => xen,
            "stack-overflow" | "deadline-missed" | "application-error" | "initialization-error" => xen,
            "window-lost" => none,
            _ => halts,
        };
        assert_eq!(taken_by(&stage, &idle), expected, "{error}");
        let again = if expected == none { none } else { xen };
        assert_eq!(taken_by(&stage, &cold), again, "{error}");
        assert_eq!(taken_by(&stage, &stops), none, "{error}");
    }
    for (line, expected) in [
        ("application-error = \"log\"", all),
        ("application-error = \"ignore\"", xen),
        ("memory-violation = \"idle\"", all),
        ("memory-violation = { action = \"idle\", deliver = true, log = true }", xen),
        ("restarts = 3", all),
        ("restarts = 5", xen),
        ("restarts = 3\nrestart-period = \"1 s\"", xen),
        ("restarts-exceeded = \"idle\"", all),
        ("restarts-exceeded = \"stop-module\"", none),
        ("system = true\n", none),
        ("background = true\n", none),
        ("executable-heap = true\n", none),
        ("executable-heap = false\n", all),
        ("watchdog = \"50 ms\"", none),
        ("max-lateness = \"20 us\"", none),
        ("max-calls = 1000", none),
    ] {
        assert_eq!(taken_by(&stage, line), expected, "{line}");
    }
}

/// What three partitions need, without a window.
const DEMANDS: &str = r#"
[system]
name = "wanted"

[[partition]]
name = "control"
memory = "1 MiB"
image = "a.elf"
period = "10 ms"
budget = "3 ms"

[[partition]]
name = "telemetry"
memory = "1 MiB"
image = "a.elf"
period = "20 ms"
budget = "6 ms"

[[partition]]
name = "video"
memory = "1 MiB"
image = "a.elf"
period = "40 ms"
budget = "12 ms"
"#;

#[test]
fn windows_are_proposed_that_check_finds_right() {
    let stage = stage("governed-proposed");
    let file = stage.folder.join("wanted.toml");
    let proposed = |text: &str| {
        fs::write(&file, text).expect("a system file");
        bulkhead(&stage.folder, &["schedule", "wanted.toml"])
    };
    let windows = text(&proposed(DEMANDS).stdout);
    compare("proposed.expected", &windows);
    let framed = DEMANDS.replace("name = \"wanted\"\n", "name = \"wanted\"\nmajor-frame = \"40 ms\"\n");
    // The frame is said now, and need not be said again; windows that there are do not count.
    let again = text(&proposed(&format!("{framed}{windows}")).stdout);
    let remark = "#\n# In [system]: major-frame = \"40 ms\"\n";
    assert_eq!(again, windows.replace(remark, ""));
    let said = bulkhead(&stage.folder, &["check", "wanted.toml"]);
    assert_eq!((said.status.code(), text(&said.stderr)), (Some(0), String::new()));
    // Without one of the windows somebody lacks something.
    let (less, _) = windows.rsplit_once("\n[[window]]").expect("a window");
    fs::write(&file, format!("{framed}{less}")).expect("a system file");
    let said = text(&bulkhead(&stage.folder, &["check", "wanted.toml"]).stderr);
    assert!(said.contains("error: `control` has 0 ms from 30 ms to 40 ms, not its budget"), "{said}");
}

#[test]
fn a_watchdog_that_nobody_can_serve_is_told() {
    let stage = stage("governed-watchdog");
    for (time, warned) in [("1 ns", true), ("1.599 us", true), ("1.6 us", false)] {
        let watched = SYSTEM.replacen("watchdog = \"50 ms\"", &format!("watchdog = \"{time}\""), 1);
        fs::write(stage.folder.join("bulkhead.toml"), watched).expect("a system file");
        let said = bulkhead(&stage.folder, &["check"]);
        let warning = format!(
            "warning: the watchdog of `control` is {time}, less than the shortest window: it expires whatever the \
             partition does\n  help: the kernel can take 1.6 us to open a window: give it as long as the partition \
             needs to serve it\n"
        );
        let expected = if warned { warning } else { String::new() };
        assert_eq!((said.status.code(), text(&said.stderr)), (Some(0), expected), "{time}");
    }
}

#[test]
fn a_schedule_that_nobody_can_ask_for_is_told() {
    let stage = stage("governed-unasked");
    let silent = SYSTEM.replace("system = true\n", "");
    let unasked = silent.replace(", schedule = \"degraded\"", "");
    for (system, warned) in [
        (&silent, false),
        (&SYSTEM.replace(", schedule = \"degraded\"", ""), false),
        (&silent.replacen(", schedule = \"degraded\"", "", 1), false),
        (&unasked.replacen("\"stop-module\"", "{ action = \"log\", schedule = \"degraded\" }", 1), false),
        (&unasked, true),
    ] {
        fs::write(stage.folder.join("bulkhead.toml"), system).expect("a system file");
        let said = bulkhead(&stage.folder, &["check"]);
        assert_eq!(said.status.code(), Some(0), "{}", text(&said.stderr));
        let said = text(&said.stderr);
        let help = "  help: add system = true to a partition that asks for it, or schedule = \"degraded\" to a \
                    response in [health]\n";
        assert_eq!(said.contains("warning: nobody can ask for the schedule `degraded`\n"), warned, "{said}");
        assert_eq!(said.contains(help), warned, "{said}");
        let object = &json(&bulkhead(&stage.folder, &["check", "--json"]))[0]["diagnostics"];
        assert_eq!(object.as_array().expect("diagnostics").len(), usize::from(warned));
    }
}

#[test]
fn what_cannot_be_proposed_is_refused_at_its_place() {
    let stage = stage("governed-refused");
    let refused = |from: &str, to: &str, expected: &str| {
        fs::write(stage.folder.join("wanted.toml"), DEMANDS.replace(from, to)).expect("a system file");
        let said = bulkhead(&stage.folder, &["schedule", "wanted.toml"]);
        let error = text(&said.stderr);
        assert!(error.starts_with(&format!("wanted.toml:{expected}\n")), "{expected}\n{error}");
        assert_eq!((said.status.code(), text(&said.stdout)), (Some(65), String::new()));
    };
    refused("\"12 ms\"", "\"20 ms\"", "24:10: error: the budgets take 110.0 % of the time");
    refused(
        "\"40 ms\"",
        "\"40.000001 ms\"",
        "23:10: error: no major frame of up to 3600 s is a multiple of the periods up to this one",
    );
    refused(
        "period = \"40 ms\"\nbudget = \"12 ms\"\n",
        "",
        "20:8: error: nothing says what time `video` needs",
    );
    refused(
        "name = \"wanted\"",
        "major-frame = \"50 ms\"",
        "16:10: error: the major frame of 50 ms is no multiple of this period of 20 ms",
    );
}
