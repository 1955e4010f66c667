//! What a kernel that traces records is what has happened: the same that the kernel's report and the partitions say.

use std::collections::BTreeMap;

use bulkhead_abi::trace::Kind;
use bulkhead_tests::tracing::{build_traced, run_traced};
use bulkhead_tests::{MILLISECOND, Transcript, repository, run_file_for};
use bulkhead_timeline::{Event, Observed, Timeline};
use bulkhead_tool::run::RunOptions;
use bulkhead_tool::system_file::Processor;

on_every_processor! {
    ports_are_traced_as_they_are_reported,
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

    // What partitions say is what they say to a kernel that does not trace.
    let file = repository().join("examples/ports/bulkhead.toml");
    let options = RunOptions { time_limit: Some(limit), ..RunOptions::default() };
    let untraced = run_file_for(Some(processor), &file, &options);
    for partition in &timeline.system.partitions {
        assert_eq!(transcript.of(&partition.name), untraced.of(&partition.name));
    }
}
