//! Partitions that talk to each other: what is shown of channels and regions, and hosts that have none.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::folder;

const SYSTEM: &str = r#"
[system]
name = "talk"
major-frame = "100 ms"

[[partition]]
name = "sensor"
memory = "1 MiB"
sources = ["main.c"]

[[partition]]
name = "control"
memory = "1 MiB"
sources = ["main.c"]

[[partition]]
name = "logger"
memory = "1 MiB"
sources = ["main.c"]

[[window]]
partition = "sensor"
start = "0 ms"
duration = "20 ms"

[[window]]
partition = "control"
start = "20 ms"
duration = "20 ms"

[[window]]
partition = "logger"
start = "40 ms"
duration = "20 ms"

[[channel]]
name = "attitude"
kind = "sampling"
message-size = "64 B"
refresh = "50 ms"
source = { partition = "sensor", port = "attitude-out" }
destinations = [{ partition = "control", port = "attitude-in" }, { partition = "logger", port = "attitude" }]

[[channel]]
name = "commands"
kind = "queuing"
message-size = "1 KiB"
depth = 8
source = { partition = "control", port = "commands" }
destinations = [{ partition = "sensor", port = "commands" }]

[[region]]
name = "frames"
size = "64 KiB"
partitions = [{ partition = "sensor", access = "read-write", doorbell = 8 }, { partition = "logger", access = "read" }]
"#;

fn system(name: &str) -> PathBuf {
    let work = folder(name);
    fs::write(work.join("bulkhead.toml"), SYSTEM).expect("a system file");
    fs::write(work.join("main.c"), "").expect("main.c");
    work
}

fn bulkhead(work: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bulkhead"))
        .args(arguments)
        .current_dir(work)
        .output()
        .expect("bulkhead runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Places and words of what a host lacks for [`SYSTEM`].
const NO_REGIONS: &str = "bulkhead.toml:53:8: error: partitions cannot share memory on ";
const TOO_LONG: &str = "bulkhead.toml:47:16: error: a message of a queuing channel cannot have 1 KiB on ";

#[test]
fn what_a_host_has_not_is_refused_before_anything_is_built() {
    let work = system("channels-hosts");
    for (host, lacks) in [("xtratum", [NO_REGIONS].as_slice()), ("pok", &[TOO_LONG, NO_REGIONS])] {
        for command in ["check", "build"] {
            let output = bulkhead(&work, &[command, "--host", host]);
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(65), "{host}: {said}");
            let count = said.lines().filter(|line| line.contains(": error: ")).count();
            assert!(lacks.iter().all(|lack| said.contains(lack)) && count == lacks.len(), "{host}: {said}");
            assert!(!work.join("build").exists(), "{host}: something was built");
        }
    }
}

/// What a command says of the system; `UPDATE_EXPECTED=1` writes it anew.
fn says(work: &Path, arguments: &[&str], expected: &str) {
    let output = bulkhead(work, arguments);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    let said = text(&output.stdout);
    let file = format!("{}/tests/all/{expected}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&file, &said).expect("the expected output");
    }
    assert_eq!(said, fs::read_to_string(&file).unwrap_or_default(), "\n{said}");
}

#[test]
fn a_graph_draws_partitions_channels_and_regions() {
    let work = system("channels-graph");
    says(&work, &["graph"], "graph-svg.expected");
    says(&work, &["graph", "--format", "dot"], "graph-dot.expected");
    let written = |name: &str, arguments: &[&str]| {
        let output = bulkhead(&work, &[&["graph", "-o", name], arguments].concat());
        assert_eq!(
            (output.status.code(), text(&output.stdout), text(&output.stderr)),
            (Some(0), String::new(), String::new())
        );
        fs::read_to_string(work.join(name)).expect("the picture")
    };
    let (svg, dot) = (written("talk.svg", &[]), written("talk.dot", &[]));
    assert!(svg.starts_with("<svg ") && dot.starts_with("digraph "));
    assert_eq!([written("talk.gv", &[]), written("talk", &["--format", "dot"])], [dot.clone(), dot]);
    // What was drawn may be drawn again.
    assert_eq!([written("talk.svg", &[]), written("other.dot", &["--format", "svg"])], [svg.clone(), svg]);
    let output = bulkhead(&work, &["graph", "--host", "pok"]);
    assert_eq!(output.status.code(), Some(65), "{}", text(&output.stderr));
}

#[test]
fn a_graph_does_not_take_the_place_of_what_is_no_graph() {
    let work = system("channels-graph-over");
    let refused = |name: &str, said: &str| {
        let before = fs::read(work.join(name)).expect("the file");
        let output = bulkhead(&work, &["graph", "-o", name]);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(64), said.to_owned()));
        assert_eq!(fs::read(work.join(name)).expect("the file"), before, "{name} is as it was");
    };
    fs::write(work.join("main.c"), "int x;\n").expect("main.c");
    fs::write(work.join("notes.txt"), "notes\n").expect("notes");
    fs::write(work.join("notes.dot"), "notes\n").expect("notes");
    let help = "name another file, or remove this one\n";
    let input = |name: &str, input: &str| {
        format!(
            "error: -o {name} would overwrite {input}, which the command reads\n  help: name another file\n"
        )
    };
    refused("bulkhead.toml", &input("bulkhead.toml", "./bulkhead.toml"));
    refused("main.c", &input("main.c", "main.c"));
    refused("notes.txt", &format!("error: notes.txt exists and is no XML, which SVG is\n  help: {help}"));
    refused("notes.dot", &format!("error: notes.dot exists and is no graph of Graphviz\n  help: {help}"));
    let output = bulkhead(&work, &["graph", "-o", "none/talk.svg"]);
    assert_eq!(output.status.code(), Some(69), "{}", text(&output.stderr));
}

/// On a disk without room, for which a limit on the size of files stands here.
#[test]
fn a_graph_that_cannot_be_written_costs_nothing_that_was_there() {
    let work = system("channels-graph-full");
    let draw = || {
        let line =
            format!("trap '' XFSZ; ulimit -f 1; exec {} graph -o talk.svg", env!("CARGO_BIN_EXE_bulkhead"));
        let output = Command::new("sh").args(["-c", &line]).current_dir(&work).output().expect("sh runs");
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(69), "{said}");
        assert!(said.starts_with("error: talk.svg cannot be written: "), "{said}");
        let files =
            fs::read_dir(&work).expect("the folder").map(|entry| entry.expect("an entry").file_name());
        files.filter(|name| name != "bulkhead.toml" && name != "main.c").collect::<Vec<_>>()
    };
    assert!(draw().is_empty(), "nothing is left of a new one");
    fs::write(work.join("talk.svg"), "<svg>yesterday's</svg>\n").expect("a picture");
    assert_eq!(draw(), ["talk.svg"]);
    assert_eq!(fs::read_to_string(work.join("talk.svg")).ok().as_deref(), Some("<svg>yesterday's</svg>\n"));
}

#[test]
fn a_graph_goes_where_its_name_says() {
    let work = system("channels-graph-names");
    let said = |arguments: &[&str]| {
        let output = bulkhead(&work, arguments);
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    assert_eq!(said(&["graph", "-o", "-"]), said(&["graph"]));
    assert!(!work.join("-").exists());
    let help = "name a file that ends with .svg, or let Graphviz draw it: bulkhead graph . --format dot | dot -Tpng -o \
                talk.png";
    let error = "-o talk.png asks for a picture of a kind that is not drawn here: png";
    let refused = (Some(64), String::new(), format!("error: {error}\n  help: {help}\n"));
    assert_eq!(said(&["graph", "-o", "talk.png"]), refused);
    assert!(!work.join("talk.png").exists());
    assert_eq!(
        said(&["graph", "--format", "svg", "-o", "talk.png"]),
        (Some(0), String::new(), String::new())
    );
    // A device is written, and no file made in its place.
    assert_eq!(said(&["graph", "-o", "/dev/null"]), (Some(0), String::new(), String::new()));
    let full = said(&["graph", "-o", "/dev/full"]);
    assert!(full.0 == Some(69) && full.2.starts_with("error: /dev/full cannot be written: "), "{full:?}");
    let folder = said(&["graph", "-o", "/tmp"]);
    assert!(folder.0 == Some(69) && folder.2.ends_with("name a file, which may lie in it\n"), "{folder:?}");
    let nowhere = said(&["graph", "-o", "none/talk.svg"]);
    assert!(nowhere.0 == Some(69) && nowhere.2.contains("\n  help: make the folder that it"), "{nowhere:?}");
}

#[test]
fn check_shows_channels_and_regions_to_people_and_to_programs() {
    let work = system("channels-shown");
    says(&work, &["check"], "channels.expected");
    says(&work, &["check", "--json"], "channels-json.expected");
}

/// The picture in docs/communication.md is that of its system file; `UPDATE_EXPECTED=1` draws it anew.
#[test]
fn the_page_for_newcomers_shows_the_picture_of_its_system() {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");
    let page = fs::read_to_string(format!("{docs}/communication.md")).expect("the page");
    let file =
        page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a system file");
    let work = folder("channels-page");
    fs::write(work.join("bulkhead.toml"), file.replacen("[system]\n", "[system]\nname = \"talk\"\n", 1))
        .expect("it");
    for source in ["thermometer.c", "display.c"] {
        fs::write(work.join(source), "").expect("a source");
    }
    let output = bulkhead(&work, &["graph"]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    let (picture, committed) = (text(&output.stdout), format!("{docs}/communication.svg"));
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&committed, &picture).expect("the picture");
    }
    assert_eq!(picture, fs::read_to_string(&committed).unwrap_or_default());
    assert!(page.contains("](communication.svg)"));
}
