//! The files that `bulkhead trace` writes, as the programs read them that they are for.

mod browser;
mod page;

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::{Command, ExitCode, Output};

use bulkhead_abi::trace::Kind;
use bulkhead_tests::harness::{self, NotRun};
use bulkhead_tests::{bulkhead, repository};
use bulkhead_timeline::{Event, Lost, Partition, System, Timeline, ctf};
use bulkhead_tool::system_file::Processor;

bulkhead_tests::tests! {
    babeltrace_reads_every_event(processor) needs [babeltrace()],
    babeltrace_reads_what_is_missing needs [babeltrace()],
    lines_of_consoles_are_where_they_ended(processor),
    what_is_there_is_not_overwritten,
    what_is_refused_costs_nobody_another_file,
    a_built_file_and_another_kernel_are_refused,
    a_picture_for_paper_has_its_names_and_colours_in_their_places(processor) needs [poppler()],
}

fn main() -> ExitCode {
    harness::run([tests(), page::tests()])
}

fn babeltrace() -> Result<(), NotRun> {
    let found = Command::new("babeltrace2").arg("--version").output();
    found.map(drop).map_err(|_| NotRun::needs("babeltrace2", "scripts/timeline-packages"))
}

fn poppler() -> Result<(), NotRun> {
    let found = ["pdftotext", "pdftoppm"].iter().all(|name| which::which(name).is_ok());
    found.then_some(()).ok_or_else(|| NotRun::needs("pdftotext and pdftoppm", "scripts/timeline-packages"))
}

/// A run of examples/ports that is traced for a tenth of a second.
fn trace(arguments: &[&str], out: &Path) -> Output {
    let mut command = bulkhead();
    command.arg("trace").args(["--for", "100ms"]).args(arguments).arg("-o").arg(out);
    command.arg(repository().join("examples/ports")).output().expect("bulkhead")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// How many events the command says that it has written.
fn said_to_be_written(output: &Output) -> usize {
    let said = text(&output.stderr) + &text(&output.stdout);
    let (_, rest) = said.split_once("timeline: ").unwrap_or_else(|| panic!("{said}"));
    assert!(rest.contains(" events, nothing lost; in "), "{rest}");
    rest.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("{rest}"))
}

fn babeltrace_reads_every_event(processor: Processor) {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("trace");
    let arguments = ["--arch", processor.name(), "--format", "ctf", "--calls"];
    let written = said_to_be_written(&trace(&arguments, &out));
    let read = Command::new("babeltrace2")
        .args(["--clock-seconds", "--no-delta"])
        .arg(&out)
        .output()
        .expect("babeltrace2");
    // It warns of what does not fit together.
    assert!(read.status.success() && read.stderr.is_empty(), "{}", text(&read.stderr));
    let lines = text(&read.stdout);
    assert_eq!(lines.lines().count(), written);
    let mut before = String::new();
    for line in lines.lines() {
        let (time, rest) = line.split_once("] ").unwrap_or_else(|| panic!("{line}"));
        assert!(before.as_str() <= time, "{line}");
        before = time.to_owned();
        let name = rest.split(':').next().unwrap_or_default().replace('_', "-");
        let known = Kind::ALL.iter().any(|kind| kind.name() == name)
            || name.starts_with("task-")
            || name.starts_with("job");
        assert!(known || ["interrupt-entry", "interrupt-exit", "user", "line"].contains(&&*name), "{line}");
    }
    let message = lines.lines().find(|line| line.contains(" got: ")).expect("a message");
    assert!(message.contains("partition = ( \"controller\" : container = 1 )"), "{message}");
    assert!(message.contains("channel = ( \"attitude\" : container = 0 ), buffer = "), "{message}");
    let call = lines.lines().find(|line| line.contains(" call: ")).expect("a call");
    assert!(call.contains("call = ( \""), "{call}");
    assert!(lines.contains("call = ( \"sampling-read\" : container = 13 )"), "{call}");
}

fn babeltrace_reads_what_is_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    let system = System { partitions: vec![Partition { name: "only".to_owned() }], ..System::default() };
    let events = [3, 900].map(|time| Event::kernel(time, Kind::Idle, Some(0), 0));
    let mut timeline = Timeline::new(system, events.to_vec());
    let lost = |since, time, partition| Lost { since, time, count: 7, partition };
    timeline.lost.extend([lost(3, 900, None), lost(900, 900, Some(0))]);
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("a file");
    let (mut metadata, mut stream) = (Vec::new(), Vec::new());
    ctf::write_metadata(&timeline, &mut metadata).expect("a description");
    ctf::write_stream(&timeline, &mut stream).expect("events");
    write(ctf::METADATA, &metadata);
    write(ctf::STREAM, &stream);
    let read = Command::new("babeltrace2").args(["--no-delta", "--clock-cycles"]).arg(folder.path()).output();
    let lines = text(&read.expect("babeltrace2").stdout);
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    let told = |time: u64, partition: &str, since: u64| {
        format!(
            "[{time:020}] lost: {{ cpu_id = 0 }}, {{ partition = ( {partition} ) }}, \
             {{ since = {since}, count = 7 }}"
        )
    };
    let expected = [told(900, "\"(none)\" : container = 255", 3), told(901, "\"only\" : container = 0", 900)];
    assert_eq!([lines[1], lines[3]], [&expected[0], &expected[1]]);
}

fn lines_of_consoles_are_where_they_ended(processor: Processor) {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("ports.json");
    let output = trace(&["--arch", processor.name()], &out);
    said_to_be_written(&output);
    let file = std::fs::File::open(&out).expect("a timeline");
    let timeline: serde_json::Value = serde_json::from_reader(file).expect("JSON");
    let events = timeline["traceEvents"].as_array().expect("events");
    let said = text(&output.stdout);
    for (number, name) in ["sensor", "controller", "logger"].into_iter().enumerate() {
        let of_partition = |kind: &'static str| {
            events.iter().filter(move |event| event["name"] == kind && event["pid"] == number + 1)
        };
        let lines: Vec<&str> =
            of_partition("line").filter_map(|line| line["args"]["text"].as_str()).collect();
        let heard: Vec<&str> = said
            .lines()
            .filter_map(|line| line.split_once(" | "))
            .filter_map(|(who, line)| (who.trim_end() == name).then_some(line))
            .collect();
        assert!(!heard.is_empty() && lines == heard, "{lines:?} {heard:?}");
        // In the moment in which the console has taken something, of which there is as much as there are lines.
        let takes = |time: &serde_json::Value| of_partition("console").any(|taken| taken["ts"] == *time);
        assert!(of_partition("line").all(|line| takes(&line["ts"])), "{name}");
    }
}

fn what_is_there_is_not_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "mine").expect("a file");
    let refused = trace(&[], &file);
    assert_eq!(refused.status.code(), Some(64), "{}", text(&refused.stderr));
    assert!(text(&refused.stderr).contains("exists and is no timeline in this format"));
    let refused = trace(&["--format", "ctf"], folder.path());
    assert_eq!(refused.status.code(), Some(64), "{}", text(&refused.stderr));
    assert!(text(&refused.stderr).contains("something else in it than a timeline"));
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), "mine");
    // Of two files that belong together both stay, if the longer one cannot be written.
    let old = folder.path().join("old");
    std::fs::create_dir_all(old.join("stream/taken")).expect("a folder");
    std::fs::write(old.join("metadata"), "old").expect("a file");
    let failed = trace(&["--format", "ctf"], &old);
    assert_eq!(failed.status.code(), Some(69), "{}", text(&failed.stderr));
    assert_eq!(std::fs::read_to_string(old.join("metadata")).expect("a file"), "old");
    // A picture of which nobody writes the format has another name than it would be.
    let refused = trace(&[], &folder.path().join("picture.PNG"));
    assert_eq!(refused.status.code(), Some(64), "{}", text(&refused.stderr));
    assert!(
        text(&refused.stderr).contains("there is no format .png here\n  help: a picture is .svg or .pdf")
    );
    // Unless somebody says what else it is to be.
    said_to_be_written(&trace(&["--format", "svg"], &folder.path().join("picture.png")));
    // A timeline that is there is written anew.
    let out = folder.path().join("trace.perfetto");
    let written = said_to_be_written(&trace(&[], &out));
    assert_eq!(said_to_be_written(&trace(&[], &out)), written);
}

/// What is said, and what a partition has said, is in files that are there; and then something else cannot be.
fn what_is_refused_costs_nobody_another_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let [kept, console, other] =
        ["kept.log", "console.txt", "other.png"].map(|name| folder.path().join(name));
    for path in [&kept, &console, &other] {
        std::fs::write(path, "mine").expect("a file");
    }
    let ports = repository().join("examples/ports");
    let refused = |command: &str, arguments: &[&OsStr]| {
        let mut bulkhead = bulkhead();
        bulkhead.arg(command).args(arguments).arg(&ports);
        let output = bulkhead.output().expect("bulkhead");
        assert_eq!(output.status.code(), Some(64), "{}", text(&output.stderr));
        for path in [&kept, &console, &other] {
            assert_eq!(std::fs::read_to_string(path).expect("a file"), "mine", "{arguments:?}");
        }
    };
    let transcript = [OsStr::new("--transcript"), kept.as_os_str()];
    let with = |more: &[&OsStr]| refused("run", &[&transcript[..], more].concat());
    with(&[OsStr::new("--trace"), other.as_os_str()]);
    with(&[OsStr::new("--record"), other.as_os_str()]);
    with(
        &["--trace-format", "svg", "--trace"]
            .map(OsStr::new)
            .into_iter()
            .chain([other.as_os_str()])
            .collect::<Vec<_>>(),
    );
    refused("trace", &[OsStr::new("-o"), OsStr::new("-")]);
    refused("picture", &[OsStr::new("-o"), folder.path().join("new.png").as_os_str()]);
    let mut place = OsString::from("--console=sensor=file:");
    place.push(&console);
    let late = ["--realtime", "--seed", "1"].map(OsStr::new);
    refused("run", &[&[place.as_os_str()][..], &late].concat());
    refused("top", &[&[place.as_os_str(), OsStr::new("--plain")][..], &late].concat());
}

fn a_built_file_and_another_kernel_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let bulkhead = |arguments: &[&str]| {
        let mut command = bulkhead();
        command.args(arguments).arg("--trace").arg(&out).output().expect("bulkhead")
    };
    let ports = repository().join("examples/ports");
    let refused = bulkhead(&["run", "--host", "xen", ports.to_str().expect("a path")]);
    assert_eq!(refused.status.code(), Some(64), "{}", text(&refused.stderr));
    assert!(text(&refused.stderr).contains("--trace is for our own kernel"), "{}", text(&refused.stderr));
    let built = repository().join("build/lib/bulkhead/x86_64/kernel.elf");
    let refused = bulkhead(&["run", built.to_str().expect("a path")]);
    assert_eq!(refused.status.code(), Some(64), "{}", text(&refused.stderr));
    assert!(text(&refused.stderr).contains("is built already"), "{}", text(&refused.stderr));
}

fn a_picture_for_paper_has_its_names_and_colours_in_their_places(processor: Processor) {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("ports.pdf");
    let mut command = bulkhead();
    command.args(["picture", "--arch", processor.name(), "--from", "20ms", "--until", "60ms", "-o"]);
    let drawn = command.arg(&out).arg(repository().join("examples/ports")).output().expect("bulkhead");
    assert!(text(&drawn.stderr).contains("nothing lost; in "), "{}", text(&drawn.stderr));
    let out = out.to_str().expect("a path");
    let read = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().expect("a reader of PDF");
        assert!(output.status.success() && output.stderr.is_empty(), "{program}: {}", text(&output.stderr));
        output.stdout
    };
    let words = text(&read("pdftotext", &["-layout", out, "-"]));
    assert!(words.starts_with("ports: 20 ms to 60 ms   "), "{words}");
    for name in ["sensor", "controller", "logger", "OBEY", "40 ms", "60 ms"] {
        assert!(words.contains(name), "{name}: {words}");
    }
    // A pixel is a point of the picture: in the sensor's first window, its colour above and a pale one below.
    let image = read("pdftoppm", &["-r", "96", out]);
    let size = image.len() - image.len() / 3600 * 3600;
    let (head, dots) = image.split_at(size);
    assert!(head.starts_with(b"P6\n1200 ") && head.ends_with(b"\n255\n"), "{}", text(head));
    let dot = |x: usize, y: usize| dots[(y * 1200 + x) * 3..][..3].to_vec();
    assert_eq!([dot(250, 50), dot(250, 58)], [vec![0x00, 0x72, 0xb2], vec![0xff, 0xff, 0xff]]);
    let pale = dot(250, 62);
    assert!(pale[0] > 150 && pale[2] > 200, "{pale:?}");
}
