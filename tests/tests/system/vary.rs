//! A kernel that varies: late by what is drawn from a seed, the same for the same seed, and never more than was asked
//! for.

use std::collections::BTreeSet;
use std::fs;

use bulkhead_abi::trace::Kind;
use bulkhead_tests::tracing::run_traced;
use bulkhead_tests::witnesses::{MIDDLE, assert_undisturbed, between_witnesses};
use bulkhead_tests::{MILLISECOND, System, Transcript, build_file_with, bulkhead, repository, run_built};
use bulkhead_timeline::{Event, Timeline};
use bulkhead_tool::build::{Built, Options};
use bulkhead_tool::run::{RunOptions, Variation};
use bulkhead_tool::system_file::Processor;
use serde_json::Value;

use crate::attacks::assert_finished;

on_every_processor! {
    seeds_differ_within_the_bound_and_send_the_same,
    a_seed_is_a_run,
    what_one_partition_does_moves_no_window_of_others,
    nothing_of_the_seed_is_left_for_a_partition,
    a_record_keeps_the_seed,
    a_run_says_its_seed,
}

const SEEDS: u64 = 20;
const JITTER: u64 = 1_000;

/// A count of the clock, in nanoseconds.
const fn step(processor: Processor) -> u64 {
    match processor {
        Processor::X86_64 => 1,
        Processor::Leon3 => 100,
    }
}

fn ports(processor: Processor, varies: bool) -> Built {
    let file = repository().join("examples/ports/bulkhead.toml");
    build_file_with(Some(processor), &file, Options { traces: true, varies, ..Options::default() })
}

fn run(built: &Built, variation: Option<Variation>) -> (Transcript, Timeline) {
    let options =
        RunOptions { time_limit: Some(200 * MILLISECOND), variation, exact: true, ..RunOptions::default() };
    run_traced(built, &options)
}

const fn seeded(seed: u64) -> Option<Variation> {
    Some(Variation { seed, jitter: JITTER })
}

fn lateness(timeline: &Timeline) -> Vec<u64> {
    timeline.windows().iter().map(|window| window.late).collect()
}

/// Each seed has windows of its own, that begin where the schedule has them, late by what they are late without and
/// what was drawn at the most: however long the run, nothing adds up. What is sent does not depend on microseconds: the
/// same messages, in the same frames, and the same words.
fn seeds_differ_within_the_bound_and_send_the_same(processor: Processor) {
    let (said, punctual) = run(&ports(processor, false), None);
    let least = lateness(&punctual).into_iter().min().unwrap_or(0);
    let most = lateness(&punctual).into_iter().max().unwrap_or(0) + JITTER + step(processor);
    assert!(messages(&punctual).len() > 10);
    let built = ports(processor, true);
    let (mut seen, mut all, mut woken) = (BTreeSet::new(), Vec::new(), Vec::new());
    for seed in (1..SEEDS).chain([u64::MAX]) {
        let (transcript, timeline) = run(&built, seeded(seed));
        assert_eq!(timeline.lost_count(), 0);
        let windows = timeline.windows();
        assert_eq!(windows.len(), punctual.windows().len());
        for (window, other) in windows.iter().zip(punctual.windows()) {
            assert_eq!((window.number, window.start), (other.number, other.start));
            assert!(window.begin >= window.start && window.late <= most, "{seed}: {window:?}, {most}");
        }
        for partition in ["sensor", "controller", "logger"] {
            assert_eq!(transcript.of(partition), said.of(partition), "{seed}");
        }
        assert_eq!(messages(&timeline), messages(&punctual), "{seed}");
        all.extend(lateness(&timeline));
        woken.push(spread(&wakings(&timeline)));
        seen.insert(lateness(&timeline));
    }
    assert_eq!(seen.len() as u64, SEEDS);
    // It is used as far as it goes, and about evenly.
    let above = |quarters: u64| {
        all.iter().filter(|late| **late > least + JITTER * quarters / 4).count() * 100 / all.len()
    };
    let quarters = [1, 2, 3].map(above);
    println!("{processor:?}: {least} to {most}, above quarters {quarters:?}, {:?}", all.iter().max());
    for (percent, usual) in quarters.into_iter().zip([75, 50, 25]) {
        assert!(percent.abs_diff(usual) <= 25, "{quarters:?}");
    }
    // Of timers that end idling too. They count from when their partition has begun, late or not.
    let without = spread(&wakings(&punctual));
    println!("{processor:?}: timers {woken:?} instead of {without}");
    let (least, most) = (without + JITTER / 2, without + JITTER + 2 * step(processor));
    assert!(woken.iter().all(|with| (least..=most).contains(with)), "{woken:?} {without}");
}

/// How much these times differ, those of each partition among themselves.
fn spread(times: &[(usize, u64)]) -> u64 {
    let of = |partition| times.iter().filter(move |it| it.0 == partition).map(|it| it.1);
    let differ = |partition| of(partition).max().unwrap_or(0) - of(partition).min().unwrap_or(0);
    (0..3).map(differ).max().unwrap_or(0)
}

/// The channel of each message, and the frames in which it was sent and received.
fn messages(timeline: &Timeline) -> Vec<(usize, u64, u64)> {
    let frame = |place: usize| timeline.events[place].time / (20 * MILLISECOND);
    timeline.messages().iter().map(|it| (it.channel, frame(it.put), frame(it.got))).collect()
}

/// When in a millisecond timers have ended the idling of their partitions, which set them a millisecond apart.
fn wakings(timeline: &Timeline) -> Vec<(usize, u64)> {
    let of_kernel: Vec<(u64, Option<usize>, Kind)> = timeline
        .events
        .iter()
        .filter_map(|event: &Event| event.of_kernel().map(|(kind, _)| (event.time, event.partition, kind)))
        .collect();
    let is_waking = |two: &&[(u64, Option<usize>, Kind)]| {
        (two[0].2, two[1].2) == (Kind::Idle, Kind::Timer) && two[0].1 == two[1].1
    };
    of_kernel
        .windows(2)
        .filter(is_waking)
        .map(|two| (two[1].1.unwrap_or(0), two[1].0 % MILLISECOND))
        .collect()
}

fn a_seed_is_a_run(processor: Processor) {
    let built = ports(processor, true);
    for seed in [7, u64::MAX] {
        let [(first, timeline), (second, again)] = [(), ()].map(|()| run(&built, seeded(seed)));
        assert_eq!(first.lines, second.lines);
        assert_eq!(timeline.events.len(), again.events.len());
        for (event, other) in timeline.events.iter().zip(&again.events) {
            assert_eq!(event, other);
        }
    }
}

/// The first partition arms its timer without end, or does nothing: how late the third one's windows begin, behind
/// those of the second, is the same.
fn what_one_partition_does_moves_no_window_of_others(processor: Processor) {
    const FRAME: u64 = 3 * MILLISECOND;
    let lateness = |first: &str| {
        let transcript = System::on(processor, &format!("vary-{first}"), FRAME)
            .probe("first", &format!("adversary {first}"), &[(0, MILLISECOND)])
            .probe("second", "adversary spin", &[(MILLISECOND, MILLISECOND)])
            .probe("third", "adversary spin", &[(2 * MILLISECOND, MILLISECOND)])
            .varied(17, 5_000)
            .limit(30 * FRAME)
            .run();
        let third = &transcript.facts.observations[&2];
        assert!(third.count >= 29 && third.lost == 0, "{third:?}");
        (third.late_min, third.late_max)
    };
    let [quiet, busy] = ["spin", "arming"].map(lateness);
    println!("{processor:?}: {quiet:?} {busy:?}");
    let is_near = |one: u64, other: u64| one.abs_diff(other) <= 2 * step(processor);
    assert!(is_near(quiet.0, busy.0) && is_near(quiet.1, busy.1), "{quiet:?} {busy:?}");
    assert!(quiet.1 - quiet.0 > 2_500, "{quiet:?}");
}

/// It is in the kernel's memory, which faults, and in registers, which are the partition's own again; and its
/// neighbours notice nothing.
fn nothing_of_the_seed_is_left_for_a_partition(processor: Processor) {
    for (name, attack, tries) in [("vary-memory", "memory", 200), ("vary-state", "state seed=5", 10)] {
        let transcript = between_witnesses(processor, name, 20)
            .probe("adversary", &format!("adversary {attack}"), &[MIDDLE])
            .varied(0x0123_4567_89ab_cdef, JITTER / 2)
            .run();
        assert_finished(&transcript, "adversary", attack.split(' ').next().unwrap_or(""), tries);
        assert_undisturbed(processor, &transcript, "first", 20);
        assert_undisturbed(processor, &transcript, "last", 20);
    }
}

/// The command with these words, on a processor.
fn command(processor: Processor, words: &[&str]) -> (Option<i32>, String, String) {
    let output = bulkhead()
        .args(words)
        .args(["--arch", processor.name()])
        .arg(repository().join("examples/ports"))
        .output()
        .expect("the bulkhead command");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn a_record_keeps_the_seed(processor: Processor) {
    let folder = tempfile::tempdir().expect("a folder");
    let record = folder.path().join("varied.record");
    let path = record.to_str().expect("a path in UTF-8");
    let words =
        ["run", "--seed", "18446744073709551615", "--jitter", "2us", "--record", path, "--for", "100ms"];
    let (status, said, errors) = command(processor, &words);
    assert_eq!(status, Some(0), "{said}{errors}");
    let again = bulkhead().arg("replay").arg(path).output().expect("the bulkhead command");
    assert_eq!(String::from_utf8_lossy(&again.stdout), said);
    assert!(said.contains("\nvaried with seed 18446744073709551615, up to 2 us\n"), "{said}");
}

fn a_run_says_its_seed(processor: Processor) {
    let run = |words: &[&str]| {
        let words: Vec<&str> = ["run", "--json", "--for", "100ms"].iter().chain(words).copied().collect();
        let (status, said, errors) = command(processor, &words);
        assert_eq!(status, Some(0), "{said}{errors}");
        let end = said.lines().last().unwrap_or_default().to_owned();
        (said, serde_json::from_str::<Value>(&end).expect("JSON"))
    };
    let (first, end) = run(&["--seed", "7"]);
    assert_eq!((&end["seed"], &end["jitter"]), (&7.into(), &1000.into()));
    assert_eq!(run(&["--seed", "7"]).0, first);
    assert_ne!(run(&["--seed", "8"]).1["windows"], end["windows"]);
    let (_, end) = run(&[]);
    assert!(end["seed"].is_null() && end["jitter"].is_null(), "{end}");
    // The same figures as those of the kernel's own report.
    let folder = tempfile::tempdir().expect("a folder");
    let json = folder.path().join("figures.json");
    let words = ["report", "--for", "100ms", "--seed", "7", "-o", json.to_str().expect("UTF-8")];
    let (status, said, errors) = command(processor, &words);
    assert!(status == Some(0) && said.contains("varied with seed 7, up to 1 us"), "{said}{errors}");
    let figures: Value = serde_json::from_str(&fs::read_to_string(json).expect("figures")).expect("JSON");
    let late = |window: &Value| window["late"].as_u64().expect("a time");
    assert!(figures["windows"].as_array().expect("windows").iter().any(|it| late(it) > 500), "{figures}");
}

#[test]
fn what_cannot_vary_is_refused() {
    let refused = |words: &[&str], why: &str| {
        let (status, _, errors) = command(Processor::X86_64, words);
        assert!(status == Some(64) && errors.contains(why), "{words:?}: {errors}");
    };
    refused(&["run", "--seed", "1", "--realtime"], "the host's time is not drawn from a seed");
    refused(&["run", "--jitter", "1us"], "--seed");
    refused(&["run", "--seed", "1", "--jitter", "6us"], "give 200 ns to 5 us");
    refused(&["run", "--seed", "1", "--jitter", "100ns"], "give 200 ns to 5 us");
    refused(&["run", "--seed", "-1"], "-1");
    refused(&["run", "--seed", "18446744073709551616"], "18446744073709551616");
    refused(&["run", "--seed", "1", "--host", "xen"], "--seed is for our own kernel");
    let built =
        System::new("vary-built", 10 * MILLISECOND).probe("one", "load spin", &[(0, MILLISECOND)]).build();
    let run = |arguments: &[&str]| {
        let output = bulkhead().args(arguments).output().expect("the bulkhead command");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (status, errors) = run(&["run", "--seed", "1", &built.file.display().to_string()]);
    assert!(status == Some(64) && errors.contains("with a kernel that need not vary"), "{errors}");
    // As short as a window may be, so that its partition has had the processor before it is over.
    let short = System::new("vary-short", 10 * MILLISECOND)
        .probe("one", "adversary spin", &[(0, 1_600)])
        .probe("two", "adversary spin", &[(MILLISECOND, MILLISECOND)]);
    let file = short.build().file;
    let file = file.parent().expect("a folder").join("vary-short/bulkhead.toml").display().to_string();
    let (status, errors) = run(&["run", "--seed", "1", "--for", "20ms", &file]);
    assert!(status == Some(64) && errors.contains("a window of `one` has 1.6 us"), "{errors}");
    // Without a seed such a kernel is never late.
    let plain = RunOptions { time_limit: Some(20 * MILLISECOND), ..RunOptions::default() };
    let transcript = run_built(&short.varied(0, 0).build(), &plain);
    assert!(transcript.facts.observations.values().all(|it| it.late_max < 500 && it.lost == 0));
}
