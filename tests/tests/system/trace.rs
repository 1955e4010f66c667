//! What a kernel that traces records is what has happened: the same that the kernel's report and the partitions say.

use std::collections::BTreeMap;
use std::time::Duration;

use bulkhead_abi::Hypercall;
use bulkhead_abi::trace::Kind;
use bulkhead_tests::tracing::{build_traced, run_traced};
use bulkhead_tests::{MILLISECOND, System, Transcript, bulkhead, repository, run_file_for};
use bulkhead_timeline::{Activity, Event, Job, Observed, TaskEvent, Timeline, What};
use bulkhead_tool::run::{Ending, PartitionEnd, RunOptions};
use bulkhead_tool::system_file::Processor;
use serde_json::Value;

on_every_processor! {
    ports_are_traced_as_they_are_reported,
    schedules_starts_and_decisions_are_traced_as_they_are_told,
    calls_are_recorded_where_somebody_asks_for_them,
    a_run_that_is_cut_short_leaves_what_was_recorded,
    a_report_says_whether_windows_were_as_promised,
    a_report_says_how_long_periodic_tasks_take,
    periodic_processes_are_timed_from_their_release_points,
    a_picture_has_what_was_asked_for,
    memory_that_is_looked_at_is_no_file_that_stays,
    a_run_that_ends_before_it_begins_has_no_timeline,
}

fn example(processor: Processor, name: &str, limit: u64) -> (Transcript, Timeline) {
    let file = repository().join("examples").join(name).join("bulkhead.toml");
    let options = RunOptions { time_limit: Some(limit), ..RunOptions::default() };
    run_traced(&build_traced(processor, &file), &options)
}

/// How often something of a kind is recorded.
fn count(timeline: &Timeline, kind: Kind) -> usize {
    timeline.events.iter().filter(|event| event.of_kernel().is_some_and(|(it, _)| it == kind)).count()
}

/// The windows that were seen of each number, against what the kernel has reported of them.
fn assert_windows_are_reported(transcript: &Transcript, timeline: &Timeline) {
    let mut seen: BTreeMap<usize, Vec<Observed>> = BTreeMap::new();
    for window in timeline.windows() {
        assert!(window.number.is_some(), "the schedule has no such window: {window:?}");
        assert!(window.begin - window.start == window.late && window.end >= window.begin, "{window:?}");
        seen.entry(window.number.unwrap_or_default()).or_default().push(window);
    }
    let lateness = |windows: &[Observed]| {
        let late = windows.iter().map(|window| window.late);
        (windows.len() as u64, late.clone().min().unwrap_or(0), late.max().unwrap_or(0))
    };
    let seen: BTreeMap<usize, _> =
        seen.iter().map(|(number, windows)| (*number, lateness(windows))).collect();
    let reported: BTreeMap<usize, _> = transcript
        .facts
        .observations
        .iter()
        .map(|(number, observed)| (*number, (observed.count, observed.late_min, observed.late_max)))
        .collect();
    assert_eq!(seen, reported);
}

fn ports_are_traced_as_they_are_reported(processor: Processor) {
    let limit = 500 * MILLISECOND;
    let (transcript, timeline) = example(processor, "ports", limit);
    assert_eq!(timeline.lost_count(), 0);
    assert_windows_are_reported(&transcript, &timeline);
    assert_eq!(timeline.windows().len(), 75, "three windows in each of 25 frames");
    assert_eq!((count(&timeline, Kind::End), timeline.end()), (1, timeline.events.last().unwrap().time));

    // Each message comes from where the system file says that it does, and there is one for each that was received.
    let messages = timeline.messages();
    assert_eq!(messages.len(), count(&timeline, Kind::Got));
    let mut by_channel: BTreeMap<&str, usize> = BTreeMap::new();
    for message in &messages {
        let channel = &timeline.system.channels[message.channel];
        let [put, got] = [message.put, message.got].map(|place| &timeline.events[place]);
        assert_eq!(put.partition, Some(channel.source.partition));
        assert!(channel.destinations.iter().any(|end| got.partition == Some(end.partition)));
        assert!(put.time < got.time);
        *by_channel.entry(&channel.name).or_default() += 1;
    }
    assert_eq!(by_channel.len(), timeline.system.channels.len(), "{by_channel:?}");

    // Whoever runs has a window.
    let windows = timeline.windows();
    for span in timeline.running() {
        let is_inside = |window: &Observed| {
            window.partition == span.partition && window.begin <= span.begin && span.end <= window.end
        };
        assert!(windows.iter().any(is_inside), "{span:?}");
    }
    // A partition idles and is woken in turn.
    for partition in 0..timeline.system.partitions.len() {
        let of_it = |event: &&Event| event.partition == Some(partition);
        let turns = timeline.events.iter().filter(of_it).filter_map(Event::of_kernel);
        let turns: Vec<Kind> =
            turns.map(|(kind, _)| kind).filter(|kind| matches!(kind, Kind::Idle | Kind::Woken)).collect();
        assert!(turns.len() > 10, "{turns:?}");
        let expected = [Kind::Idle, Kind::Woken].into_iter().cycle().take(turns.len());
        assert!(turns.iter().copied().eq(expected), "{turns:?}");
    }

    // A task runs in a window of its partition's, and each partition has tasks.
    let tasks = timeline.tasks();
    let spans = timeline.task_spans();
    for partition in 0..timeline.system.partitions.len() {
        let of_it: Vec<usize> = (0..tasks.len())
            .filter(|&task| tasks[task].partition == partition && !tasks[task].name.is_empty())
            .collect();
        assert!(!of_it.is_empty(), "{tasks:?}");
        let begun = spans.iter().filter(|span| of_it.contains(&span.task)).map(|span| span.begin);
        assert!(begun.clone().count() >= 20, "a task runs in almost each of 25 frames");
        for begin in begun {
            let is_inside = |window: &Observed| {
                window.partition == partition && window.begin <= begin && begin < window.end
            };
            assert!(windows.iter().any(is_inside), "{begin}");
        }
    }
    // The handler of the clock's interrupt runs behind each upcall for it, at once.
    let upcalls = timeline.events.iter().filter(|event| {
        event.of_kernel().is_some_and(|(kind, lines)| kind == Kind::Upcall && lines & 1 != 0)
    });
    let entries: Vec<u64> = timeline
        .events
        .iter()
        .filter(|event| event.what == What::Task(TaskEvent::InterruptEntry { vector: 0 }))
        .map(|event| event.time)
        .collect();
    assert!(upcalls.clone().count() > 100);
    for upcall in upcalls {
        let next = entries.iter().find(|entry| **entry >= upcall.time);
        assert!(next.is_some_and(|next| next - upcall.time < 2_000), "{upcall:?}");
    }

    // What partitions say is what they say to a kernel that does not trace.
    let file = repository().join("examples/ports/bulkhead.toml");
    let options = RunOptions { time_limit: Some(limit), ..RunOptions::default() };
    let untraced = run_file_for(Some(processor), &file, &options);
    for partition in &timeline.system.partitions {
        assert_eq!(transcript.of(&partition.name), untraced.of(&partition.name));
    }
}

/// A camera dies, its partition is stopped, another schedule runs without it, and it comes back.
fn schedules_starts_and_decisions_are_traced_as_they_are_told(processor: Processor) {
    let (transcript, timeline) = example(processor, "degraded", 5_000 * MILLISECOND);
    assert_eq!((transcript.ending.clone(), timeline.lost_count()), (Ending::Completed, 0));
    assert_windows_are_reported(&transcript, &timeline);
    let camera = timeline.system.partitions.iter().position(|it| it.name == "camera").unwrap();
    let of_camera = |kind: Kind| -> Vec<&Event> {
        let is_it = |event: &&Event| {
            event.partition == Some(camera) && event.of_kernel().is_some_and(|(it, _)| it == kind)
        };
        timeline.events.iter().filter(is_it).collect()
    };
    let field = |event: &Event, name: &str| {
        let fields = event.fields(&timeline.system);
        fields.into_iter().find(|(it, _)| *it == name).map(|(_, value)| value.to_string())
    };

    // Each change, a moment behind when it was to be.
    let changes: Vec<(u64, Option<String>)> = timeline
        .events
        .iter()
        .filter(|event| event.name() == "schedule")
        .map(|event| (event.time, field(event, "schedule")))
        .collect();
    let told: Vec<(u64, usize)> = transcript.facts.changes.clone();
    assert_eq!(changes.len(), told.len());
    for ((time, schedule), (begin, number)) in changes.iter().zip(&told) {
        assert_eq!(schedule.as_deref(), Some(timeline.system.schedules[*number].name.as_str()));
        assert!((*begin..*begin + 100_000).contains(time), "{time} {begin}");
    }

    // Its own handler has the error first, and raises another.
    let decisions: Vec<_> = of_camera(Kind::Health)
        .into_iter()
        .map(|event| (field(event, "error"), field(event, "action"), field(event, "level")))
        .collect();
    let words = |words: [&str; 3]| words.map(|word| Some(word.to_owned())).into();
    let expected: [(Option<String>, Option<String>, Option<String>); 2] =
        [words(["memory-violation", "deliver", "process"]), words(["memory-violation", "idle", "partition"])];
    assert_eq!(decisions, expected);
    let [restarted] = of_camera(Kind::Restarted)[..] else { panic!("one start") };
    assert_eq!(field(restarted, "reason").as_deref(), Some("cold"));
    let started = of_camera(Kind::Started);
    assert!(started.len() == 1 && started[0].time > restarted.time, "{started:?}");
    let [stopped, ..] = of_camera(Kind::Stopped)[..] else { panic!("it was stopped") };
    assert_eq!(field(stopped, "by").as_deref(), Some("health-monitor"));

    // Between its end and its start it does not run.
    for span in timeline.running() {
        let is_dead = span.begin >= stopped.time && span.end <= started[0].time;
        assert!(span.partition != camera || !is_dead || span.activity != Activity::Runs, "{span:?}");
    }
    assert_eq!(timeline.events.last().map(Event::name), Some("end"));
}

/// Numbers that are none of a call's are recorded as they are, and nothing else of the timeline changes.
fn calls_are_recorded_where_somebody_asks_for_them(processor: Processor) {
    let system = |calls| {
        System::on(processor, "recorded-calls", 20 * MILLISECOND)
            .probe("hostile", "adversary calls", &[(0, 6 * MILLISECOND)])
            .probe("random", "adversary random-calls count=2000", &[(6 * MILLISECOND, 6 * MILLISECOND)])
            .probe(
                "witness",
                "witness frame=20000000 start=12000000 duration=6000000",
                &[(12 * MILLISECOND, 6 * MILLISECOND)],
            )
            .limit(400 * MILLISECOND)
            .traced(true)
            .recording_calls(calls)
    };
    let [(_, without), (transcript, timeline)] = [false, true].map(|calls| {
        let system = system(calls);
        run_traced(&system.build(), system.options())
    });
    assert_eq!(count(&without, Kind::Call), 0);
    assert_windows_are_reported(&transcript, &timeline);
    let calls_of = |partition: usize| -> Vec<u32> {
        let of_it = timeline.events.iter().filter(|event| event.partition == Some(partition));
        let calls = of_it.filter_map(Event::of_kernel).filter(|(kind, _)| *kind == Kind::Call);
        calls.map(|(_, number)| number).collect()
    };
    let none: Vec<u32> = calls_of(0).into_iter().filter(|number| *number >= Hypercall::COUNT).collect();
    let count = Hypercall::COUNT;
    assert_eq!(none, [count, count + 1, 99, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]);
    assert_eq!(transcript.facts.ends.get("hostile"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    // What is recorded of a call's work is behind the call.
    let mut last = BTreeMap::new();
    for event in &timeline.events {
        let Some((kind, argument)) = event.of_kernel() else { continue };
        let wanted = match kind {
            Kind::Call => {
                last.insert(event.partition, argument);
                continue;
            }
            Kind::Idle => Hypercall::Idle,
            Kind::Halted => Hypercall::Halt,
            Kind::Console => Hypercall::ConsoleWrite,
            _ => continue,
        };
        assert_eq!(last.get(&event.partition), Some(&(wanted as u32)), "{event:?}");
    }
    assert!(calls_of(1).len() > 1500 && !calls_of(2).is_empty(), "{}", calls_of(1).len());
    assert_eq!(timeline.lost_count(), 0);
    let shown = timeline.events.iter().find(|event| event.name() == "call").expect("a call");
    let (name, value) = &shown.fields(&timeline.system)[0];
    assert!(*name == "call" && Hypercall::WORDS.contains(&&*value.to_string()), "{value}");
}

/// A system that does not end, and is ended with QEMU: the ring is read out of what is left.
fn a_run_that_is_cut_short_leaves_what_was_recorded(processor: Processor) {
    let system = System::on(processor, "cut-short", 20 * MILLISECOND)
        .probe("a", "adversary spin", &[(0, 10 * MILLISECOND)])
        .traced(true);
    let options =
        RunOptions { timeout: Some(Duration::from_secs(2)), realtime: true, ..RunOptions::default() };
    let (transcript, timeline) = run_traced(&system.build(), &options);
    assert_eq!(transcript.ending, Ending::TimedOut, "{}", transcript.all());
    let windows = timeline.windows();
    assert!(windows.len() > 3 && count(&timeline, Kind::End) == 0, "{}", windows.len());
    for window in &windows {
        assert!(window.number.is_some(), "{window:?}");
    }
}

/// The command on an example: its exit status, what it says, and its errors.
fn command(processor: Processor, arguments: &[&str], example: &str) -> (Option<i32>, String, String) {
    let output = bulkhead()
        .args(arguments)
        .args(["--arch", processor.name()])
        .arg(repository().join("examples").join(example))
        .output()
        .expect("the bulkhead command");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn figures_are_told_where_their_file_cannot_be_written() {
    let (status, said, errors) =
        command(Processor::X86_64, &["report", "--for", "100ms", "-o", "/dev/full"], "ports");
    assert!(said.contains("latest ns"), "{said}{errors}");
    assert!(errors.contains("/dev/full cannot be written"), "{errors}");
    assert_eq!(status, Some(69));
}

/// The kernel's own count of windows is what a report is held against.
fn a_report_says_whether_windows_were_as_promised(processor: Processor) {
    let folder = tempfile::tempdir().expect("a folder");
    let json = folder.path().join("ports.json");
    let json = json.to_str().expect("a path in UTF-8");
    let (status, said, errors) = command(processor, &["report", "--for", "500ms", "-o", json], "ports");
    assert_eq!(status, Some(0), "{said}{errors}");
    let report: Value =
        serde_json::from_str(&std::fs::read_to_string(json).expect("the figures")).expect("JSON");
    let file = repository().join("examples/ports/bulkhead.toml");
    let options = RunOptions { time_limit: Some(500 * MILLISECOND), ..RunOptions::default() };
    let (transcript, _) = run_traced(&build_traced(processor, &file), &options);
    let windows = report["windows"].as_array().expect("windows");
    assert_eq!(windows.len(), transcript.facts.observations.len());
    for window in windows {
        let number = usize::try_from(window["number"].as_u64().expect("a number")).expect("a small one");
        let observed = &transcript.facts.observations[&number];
        // The last one ends with the run, or does not end before it.
        let opened = window["opened"].as_u64().expect("a number");
        assert!(opened == observed.count || opened + 1 == observed.count, "{window}: {observed:?}");
        assert_eq!(window["promised"], window["opened"], "{window}");
        assert!(window["late"].as_u64().is_some_and(|late| late <= observed.late_max), "{window}");
        let (used, duration) = (window["used-most"].as_u64(), window["duration"].as_u64());
        assert!(used > Some(0) && used <= duration, "{window}");
    }
    let channels = report["channels"].as_array().expect("channels");
    assert!(channels.iter().any(|channel| channel["got"].as_u64() > Some(10)), "{report}");
    assert!(report["tasks"].as_array().is_some_and(|tasks| !tasks.is_empty()), "{report}");
    // Nothing begins in no time at all.
    let strict = ["report", "--for", "100ms", "--late", "1ns"];
    let (status, said, errors) = command(processor, &strict, "ports");
    assert_eq!(status, Some(4), "{said}{errors}");
    assert!(errors.contains(" ns late, and may 1 ns"), "{errors}");
}

/// A loop and a sender, each once in a frame of 20 ms.
fn a_report_says_how_long_periodic_tasks_take(processor: Processor) {
    let folder = tempfile::tempdir().expect("a folder");
    let json = folder.path().join("demo.json");
    let json = json.to_str().expect("a path in UTF-8");
    let (status, said, errors) = command(processor, &["report", "--for", "500ms", "-o", json], "demo");
    assert_eq!(status, Some(0), "{said}{errors}");
    let report: Value =
        serde_json::from_str(&std::fs::read_to_string(json).expect("the figures")).expect("JSON");
    let tasks = report["tasks"].as_array().expect("tasks");
    let periodic = report["periodic"].as_array().expect("periodic tasks");
    let names = [("control", "UI1"), ("telemetry", "TELC")];
    assert_eq!(periodic.len(), names.len(), "{report}");
    for (periodic, (partition, name)) in periodic.iter().zip(names) {
        assert_eq!((&periodic["partition"], &periodic["task"]), (&partition.into(), &name.into()));
        assert_eq!((&periodic["jobs"], &periodic["missed"]), (&25.into(), &0.into()), "{periodic}");
        let of = |key: &str| periodic[key].as_u64().expect("a time");
        let (least, mean, most) = (of("response-least"), of("response-mean"), of("response-most"));
        assert!(0 < least && least <= mean && mean <= most, "{periodic}");
        // All that the task has run was in its jobs, but for what it did before the first one; and in its windows.
        let task =
            tasks.iter().find(|it| it["name"] == name && it["partition"] == partition).expect("the task");
        let ran = task["ran"].as_u64().expect("a time");
        assert!(most < 6_000_000 && mean * 25 * 3 > ran, "{periodic} {task}");
    }
}

/// A process that is released with the second millisecond of each frame, once two later, and once takes more than a
/// frame.
fn periodic_processes_are_timed_from_their_release_points(processor: Processor) {
    const FRAME: u64 = 10 * MILLISECOND;
    let file = repository().join("tests/systems/processes/bulkhead.toml");
    let (_, timeline) = run_traced(&build_traced(processor, &file), &RunOptions::default());
    let jobs: Vec<Job> = timeline.jobs().into_iter().filter(|job| job.partition == 0).collect();
    assert!(jobs.len() >= 6, "{jobs:?}");
    let is_released = |job: &Job, at: u64| (job.release % FRAME).abs_diff(at) < 10_000;
    let known = |job: &Job| is_released(job, MILLISECOND) || is_released(job, 3 * MILLISECOND);
    assert!(jobs.iter().all(known), "{jobs:?}");
    let (late, others): (Vec<&Job>, Vec<&Job>) = jobs.iter().partition(|job| job.late);
    assert!(late.iter().any(|job| job.end - job.release > FRAME), "{jobs:?}");
    assert!(
        others.len() >= 4 && others.iter().all(|job| job.end - job.release < 6 * MILLISECOND),
        "{jobs:?}"
    );
}

fn a_picture_has_what_was_asked_for(processor: Processor) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ports.svg");
    let path = file.to_str().expect("a path in UTF-8");
    let asked = ["picture", "--from", "20ms", "--until", "60ms", "-o", path];
    let (status, said, errors) = command(processor, &asked, "ports");
    assert_eq!(status, Some(0), "{said}{errors}");
    let picture = std::fs::read_to_string(&file).expect("the picture");
    assert!(picture.starts_with("<svg") && picture.contains("20 ms to 60 ms"), "{picture}");
    let names = bulkhead_tool::build::check(&repository().join("examples/ports/bulkhead.toml"));
    for partition in names.expect("the example").partitions {
        assert!(picture.contains(&format!(">{}<", partition.name)), "{}: {picture}", partition.name);
    }
    // What is there and is no picture stays.
    std::fs::write(&file, "mine").expect("a file");
    let (status, _, errors) = command(processor, &asked, "ports");
    assert_eq!(status, Some(64), "{errors}");
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), "mine");
    let (status, _, errors) =
        command(processor, &["picture", "--from", "2s", "--until", "1s", "-o", path], "ports");
    assert!(status == Some(64) && errors.contains("--from is not before --until"), "{errors}");
}

/// The machine's memory, and QEMU's log, need no temporary files, so that none stays, whatever ends the command.
fn memory_that_is_looked_at_is_no_file_that_stays(processor: Processor) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (trace, record, cores) = (path("trace"), path("record"), path(""));
    for options in [
        ["--trace", &trace, "--for", "40ms"],
        ["--record", &record, "--for", "40ms"],
        ["--core", &cores, "--for", "40ms"],
    ] {
        let output = bulkhead()
            .arg("run")
            .args(options)
            .args(["--arch", processor.name()])
            .arg(repository().join("examples/ports"))
            .env("TMPDIR", "/nowhere")
            .output()
            .expect("the bulkhead command");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{options:?}: {errors}");
    }
}

/// Its end is what is told, and nothing is written.
fn a_run_that_ends_before_it_begins_has_no_timeline(processor: Processor) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ports.pftrace");
    let path = file.to_str().expect("a path in UTF-8");
    let (status, said, errors) = command(processor, &["trace", "--timeout", "1ms", "-o", path], "ports");
    assert_eq!(status, Some(124), "{said}{errors}");
    assert!(errors.contains("no timeline: what the kernel has recorded cannot be read"), "{errors}");
    let (status, _, errors) = command(processor, &["trace", "-o", path], "nowhere");
    assert_eq!(status, Some(64), "{errors}");
    assert!(!file.exists(), "an empty timeline");
    let (status, _, errors) = command(processor, &["picture", "--from", "3600s", "-o", path], "ports");
    assert!(status == Some(64) && errors.contains("the system ended before --from"), "{errors}");
}
