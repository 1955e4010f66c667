//! The health monitor under attack, between two witnesses: every fault with every answer, floods of errors and of
//! calls, watchdogs, and calls about what is not the caller's.

use bulkhead_abi::{Action, HealthError, Hypercall, StartReason};
use bulkhead_tests::witnesses::{FRAME, MIDDLE, assert_undisturbed, between_witnesses};
use bulkhead_tests::{MICROSECOND, MILLISECOND, System, Transcript, run_built, small};
use bulkhead_tool::run::{Ending, PartitionEnd};
use bulkhead_tool::system_file::Processor;

use crate::attacks::assert_finished;

on_every_processor! {
    no_call_about_others_is_believed,
    a_storm_of_errors_and_calls_disturbs_nobody,
    every_fault_is_answered_by_every_action,
    every_fault_reaches_its_own_handler,
    every_fault_stops_the_module_if_it_is_to,
    every_fault_restarts_the_module_if_it_is_to,
    a_fault_in_the_handler_restarts_the_partition_up_to_the_budget,
    a_watchdog_expires_after_its_time_and_not_before,
    one_call_too_many_is_a_flood,
    errors_in_the_middle_of_messages_disturb_nobody,
    reading_anothers_log_reaches_nothing_else,
    a_start_at_any_instant_is_a_fresh_one,
    who_dies_without_end_for_an_hour_disturbs_nobody,
    a_damaged_image_is_stopped_before_it_runs,
}

/// The number of windows that the witnesses watch.
const WINDOWS: u32 = 30;

#[track_caller]
fn assert_nothing_noticed(processor: Processor, transcript: &Transcript, windows: u32) {
    for witness in ["first", "last"] {
        assert_undisturbed(processor, transcript, witness, windows);
    }
    let observed = &transcript.facts.observations;
    assert!(observed.values().all(|window| window.lost == 0), "{observed:?}");
}

fn no_call_about_others_is_believed(processor: Processor) {
    let transcript = between_witnesses(processor, "governance", WINDOWS)
        .probe("adversary", "adversary governance partitions=3", &[MIDDLE])
        .run();
    assert_nothing_noticed(processor, &transcript, WINDOWS);
    assert_finished(&transcript, "adversary", "governance", 180);
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
}

/// Two at once; neither finds an entry of the other's in its log.
fn a_storm_of_errors_and_calls_disturbs_nobody(processor: Processor) {
    let half = (MIDDLE.0, MIDDLE.1 / 2);
    let storm = |seed: u32| format!("adversary governance-storm seed={seed} for={}", 60 * MILLISECOND);
    let transcript = between_witnesses(processor, "governance-storm", WINDOWS)
        .probe("adversary", &storm(1), &[half])
        .probe("another", &storm(2), &[(half.0 + half.1, half.1)])
        .run();
    assert_nothing_noticed(processor, &transcript, WINDOWS);
    for name in ["adversary", "another"] {
        assert_finished(&transcript, name, "governance-storm", 2);
        let raised = transcript
            .of("kernel")
            .iter()
            .filter(|line| line.ends_with("0x0)") || line.contains(name))
            .count();
        assert!(raised > 10, "{}", transcript.all());
    }
}

/// The faults that can be made on a processor, as the health monitor calls them. What nothing that a partition executes
/// makes on either is a processor exception of no other kind.
fn faults(processor: Processor) -> Vec<HealthError> {
    let mut faults = vec![
        HealthError::Memory,
        HealthError::Privilege,
        HealthError::Instruction,
        HealthError::Arithmetic,
        HealthError::FloatingPoint,
        HealthError::Breakpoint,
    ];
    faults.extend(match processor {
        Processor::X86_64 => [HealthError::Mode],
        Processor::Leon3 => [HealthError::Alignment],
    });
    faults
}

/// The response to every fault, and more of the table.
fn health(action: Action, more: &str) -> String {
    let responses: Vec<String> = HealthError::ALL
        .into_iter()
        .filter(|error| error.is_fault())
        .map(|error| format!("{} = \"{}\"", error.word(), action.word()))
        .collect();
    format!("health = {{ {}, {more} }}", responses.join(", "))
}

/// A victim of each fault, with this on its command line, between the witnesses.
fn victims(processor: Processor, name: &str, faults: &[HealthError], says: &str, keys: &str) -> System {
    let window = MIDDLE.1 / faults.len() as u64 / MICROSECOND * MICROSECOND;
    let mut system = between_witnesses(processor, name, WINDOWS);
    for (place, &error) in (0..).zip(faults) {
        let command = format!("adversary victim kind={} {says}", error as u32);
        system = system
            .probe(error.word(), &command, &[(MIDDLE.0 + place * window, window)])
            .keys(keys)
            .memory("544 KiB");
    }
    system
}

/// What the kernel said of a partition, without the times.
fn decisions(transcript: &Transcript, partition: &str) -> Vec<String> {
    let prefix = format!("partition {partition}: ");
    let lines = transcript.of("kernel").into_iter().filter_map(|line| line.strip_prefix(&prefix));
    lines.map(|line| line.split(" at ").next().unwrap_or_default().to_owned()).collect()
}

fn every_fault_is_answered_by_every_action(processor: Processor) {
    for action in [Action::WarmRestart, Action::ColdRestart, Action::Idle] {
        let name = format!("fault-{}", action.word());
        let keys = health(action, "restarts = 2, restart-period = \"10 s\"");
        let transcript = victims(processor, &name, &faults(processor), "", &keys).run();
        assert_nothing_noticed(processor, &transcript, WINDOWS);
        for error in faults(processor) {
            let name = error.word();
            let (reason, kept) = match action {
                Action::WarmRestart => (StartReason::HealthMonitorWarm as u32, 1),
                _ => (StartReason::HealthMonitor as u32, 0),
            };
            let restarts = if action == Action::Idle { 0 } else { 2 };
            let starts: Vec<String> = (0..=restarts)
                .map(|start| match start {
                    0 => "victim: start 0 reason 0 kept 0".to_owned(),
                    _ => format!("victim: start {start} reason {reason} kept {kept}"),
                })
                .collect();
            assert_eq!(transcript.of(name), starts, "{action:?}: {}", transcript.all());
            assert_eq!(transcript.facts.ends[name], PartitionEnd::Stopped, "{}", transcript.all());
            let said = decisions(&transcript, name);
            let restarted = said.iter().filter(|line| **line == action.word()).count();
            let stopped = said.iter().filter(|line| **line == "stopped").count();
            assert_eq!((restarted, stopped), (restarts, 1), "{action:?} {name}: {}", transcript.all());
        }
    }
}

fn every_fault_reaches_its_own_handler(processor: Processor) {
    let keys = health(Action::StopModule, "restarts = 0");
    let mut handled = faults(processor);
    handled.retain(|error| *error != HealthError::Mode);
    let transcript = victims(processor, "fault-handled", &handled, "handled", &keys).run();
    assert_nothing_noticed(processor, &transcript, WINDOWS);
    for error in handled {
        let lines = ["victim: start 0 reason 0 kept 0", "victim: handled 1"];
        assert_eq!(transcript.of(error.word()), lines, "{}", transcript.all());
    }
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
}

/// The fault is the last thing that happens.
fn every_fault_stops_the_module_if_it_is_to(processor: Processor) {
    for error in faults(processor) {
        let command = format!("adversary victim kind={}", error as u32);
        let transcript = between_witnesses(processor, &format!("stop-module-{}", error as u32), WINDOWS)
            .probe("adversary", &command, &[MIDDLE])
            .keys(&health(Action::StopModule, "restarts = 3"))
            .run();
        transcript.expect("kernel", "partition adversary: stop-module at ");
        transcript.expect("kernel", &format!(" ns: {}", error.word()));
        assert_eq!(transcript.of("adversary"), ["victim: start 0 reason 0 kept 0"], "{}", transcript.all());
        for partition in ["first", "last", "adversary"] {
            assert_eq!(transcript.facts.ends[partition], PartitionEnd::Running, "{}", transcript.all());
        }
        let time = transcript.facts.system_time.unwrap_or(u64::MAX);
        assert!(time < 4 * FRAME, "{}", transcript.all());
    }
}

/// Each victim faults in a start of its own, and everybody starts with it.
fn every_fault_restarts_the_module_if_it_is_to(processor: Processor) {
    let faults = faults(processor);
    let window = MILLISECOND;
    let frame = faults.len() as u64 * window;
    let mut system = System::on(processor, "restart-module", frame).limit(400 * MILLISECOND);
    for (place, &error) in (0..).zip(&faults) {
        let command = format!("adversary victim kind={} at={place}", error as u32);
        system = system
            .probe(error.word(), &command, &[(place * window, window)])
            .keys(&health(Action::RestartModule, "restarts = 0"))
            .memory("544 KiB");
    }
    let transcript = system.run();
    let reason = StartReason::ModuleRestart as u32;
    for (place, error) in faults.iter().enumerate() {
        let restarts = faults.len();
        let all: Vec<&str> = transcript.of(error.word());
        // Before the first windows of those behind it, the next one may have faulted.
        let last = format!("victim: start {restarts} reason {reason} kept 0");
        assert_eq!(all.last(), Some(&last.as_str()), "{}", transcript.all());
        let own = if place == 0 {
            "victim: start 0 reason 0 kept 0".to_owned()
        } else {
            format!("victim: start {place} reason {reason} kept 0")
        };
        assert!(all.contains(&own.as_str()), "{}", transcript.all());
        assert!(!all.iter().any(|line| line.contains("survived")), "{}", transcript.all());
        transcript.expect("kernel", &format!("partition {}: restart-module at ", error.word()));
    }
    let observed = &transcript.facts.observations;
    let allowed = if processor == Processor::X86_64 { 1_000 } else { 3_000 };
    assert!(observed.values().all(|window| window.lost == 0 && window.late_max <= allowed), "{observed:?}");
}

fn a_fault_in_the_handler_restarts_the_partition_up_to_the_budget(processor: Processor) {
    let keys = health(Action::ColdRestart, "restarts = 16, restart-period = \"10 s\"");
    let transcript = between_witnesses(processor, "twice", 60)
        .probe("adversary", "adversary victim kind=1 twice", &[MIDDLE])
        .memory("544 KiB")
        .keys(&keys)
        .run();
    assert_nothing_noticed(processor, &transcript, 60);
    assert_eq!(transcript.of("adversary").len(), 17, "{}", transcript.all());
    assert_eq!(transcript.facts.ends["adversary"], PartitionEnd::Stopped, "{}", transcript.all());
}

/// The times of what the kernel said with these words.
fn times(transcript: &Transcript, words: &str) -> Vec<u64> {
    let lines = transcript.of("kernel").into_iter().filter(|line| line.contains(words));
    lines.filter_map(|line| line.split(" at ").nth(1)?.split(' ').next()?.parse().ok()).collect()
}

fn a_watchdog_expires_after_its_time_and_not_before(processor: Processor) {
    let watchdog = 3 * MILLISECOND;
    let run = |name: &str, says: &str, response: &str| {
        let keys = format!("watchdog = \"3 ms\"\nhealth = {{ watchdog = {response}, restarts = 2 }}");
        let command = format!("adversary watchdog windows=20 {says}");
        let transcript = between_witnesses(processor, name, WINDOWS)
            .probe("adversary", &command, &[MIDDLE])
            .keys(&keys)
            .run();
        assert_nothing_noticed(processor, &transcript, WINDOWS);
        transcript
    };
    let expired = |transcript: &Transcript| times(transcript, ": watchdog");

    let transcript = run("watchdog-served", &format!("serve={}", 2_900 * MICROSECOND), "\"stop-module\"");
    assert!(expired(&transcript).is_empty(), "{}", transcript.all());
    assert!(transcript.numbers("adversary", "victim: served")["served"] >= 12, "{}", transcript.all());

    // By the time of its own windows, of which each is 2 ms long.
    let transcript = run("watchdog-never", "", "\"log\"");
    let own = |time: u64| time / FRAME * MIDDLE.1 + (time % FRAME - MIDDLE.0);
    let all = expired(&transcript);
    assert!(all.len() >= 12, "{}", transcript.all());
    for (turn, &time) in (1..).zip(&all) {
        let late = own(time).checked_sub(turn * watchdog);
        let inside = (MIDDLE.0..MIDDLE.0 + MIDDLE.1).contains(&(time % FRAME));
        assert!(
            inside && late.is_some_and(|late| late < turn * 2_000),
            "{turn}: {time}, {}",
            transcript.all()
        );
    }

    let transcript = run("watchdog-told", "handler", "{ action = \"stop-module\", deliver = true }");
    assert!(transcript.numbers("adversary", "victim: served")["told"] >= 12, "{}", transcript.all());

    let transcript = run("watchdog-restart", "", "\"warm-restart\"");
    assert_eq!(expired(&transcript).len(), 3, "{}", transcript.all());
    assert_eq!(transcript.facts.ends["adversary"], PartitionEnd::Stopped, "{}", transcript.all());
    assert_eq!(transcript.of("adversary").len(), 3, "{}", transcript.all());
}

fn one_call_too_many_is_a_flood(processor: Processor) {
    let run = |name: &str, calls: u32, says: &str, response: &str| {
        let keys = format!("max-calls = 100\nhealth = {{ call-flood = {response} }}");
        let command = format!("adversary many-calls calls={} windows=10 {says}", calls / 2);
        let transcript = between_witnesses(processor, name, WINDOWS)
            .probe("adversary", &command, &[MIDDLE])
            .keys(&keys)
            .run();
        assert_nothing_noticed(processor, &transcript, WINDOWS);
        let floods = times(&transcript, ": call-flood").len();
        (transcript, floods)
    };
    // Those of a start are fewer; in a window of exactly as many nothing is said.
    let (transcript, floods) = run("flood-none", 100, "", "\"stop-module\"");
    assert_eq!(floods, 0, "{}", transcript.all());
    let (transcript, floods) = run("flood-log", 102, "", "\"log\"");
    assert_eq!(floods, 10, "{}", transcript.all());
    let (transcript, floods) =
        run("flood-told", 2_000, "handler", "{ action = \"stop-module\", deliver = true }");
    assert_eq!(
        (floods, transcript.numbers("adversary", "victim: told")["told"]),
        (0, 10),
        "{}",
        transcript.all()
    );
    let (transcript, floods) = run("flood-idle", 2_000, "", "\"idle\"");
    assert_eq!(floods, 1, "{}", transcript.all());
    assert_eq!(transcript.facts.ends["adversary"], PartitionEnd::Stopped, "{}", transcript.all());
}

/// A partition starts again, warm and cold, because of an error that it raises while a message of its own is copied.
fn errors_in_the_middle_of_messages_disturb_nobody(processor: Processor) {
    for action in ["warm-restart", "cold-restart"] {
        let until = 100 * MILLISECOND;
        let keys = format!(
            "health = {{ application-error = \"{action}\", restarts = 16, restart-period = \"1 ns\" }}"
        );
        let reader = (4 * MILLISECOND, MILLISECOND);
        let transcript = between_witnesses(processor, &format!("raise-{action}"), WINDOWS)
            .probe("adversary", &format!("adversary raise-in-copy until={until}"), &[MIDDLE])
            .memory("544 KiB")
            .keys(&keys)
            .probe("other", "load nothing", &[reader])
            .channel(
                "kind = \"sampling\", refresh = \"1 s\"",
                65_536,
                ("adversary", "out"),
                &[("other", "in")],
            )
            .channel("kind = \"queuing\", depth = 2", 65_536, ("adversary", "send"), &[("other", "receive")])
            .run();
        assert_nothing_noticed(processor, &transcript, WINDOWS);
        let starts = transcript.of("adversary").len();
        assert!(starts > 20, "{}", transcript.all());
        let raised = times(&transcript, ": application-error").len();
        assert_eq!(raised, starts - 1, "{}", transcript.all());
        assert_eq!(transcript.facts.ends["adversary"], PartitionEnd::Halted(0), "{}", transcript.all());
    }
}

/// Two whose logs grow, and one with the right to read them.
fn reading_anothers_log_reaches_nothing_else(processor: Processor) {
    let third = MIDDLE.1 / 3 / MICROSECOND * MICROSECOND;
    let place = |number: u64| [(MIDDLE.0 + number * third, third)];
    let time = 60 * MILLISECOND;
    let storm = |seed: u32| format!("adversary governance-storm seed={seed} for={time}");
    let transcript = between_witnesses(processor, "auditor", WINDOWS)
        .probe("storm", &storm(3), &place(0))
        .probe("another", &storm(4), &place(2))
        .probe("auditor", &format!("adversary auditor first=2 last=3 for={time}"), &place(1))
        .keys("system = true")
        .run();
    assert_nothing_noticed(processor, &transcript, WINDOWS);
    for name in ["storm", "another"] {
        assert_finished(&transcript, name, "governance-storm", 2);
    }
    assert_finished(&transcript, "auditor", "auditor", 80);
}

/// At each instant around the end of its window, warm and cold: lines, timer, faults and errors of before are gone.
fn a_start_at_any_instant_is_a_fresh_one(processor: Processor) {
    let (times, window, behind) = (200, 1_500 * MICROSECOND, 20 * MICROSECOND);
    let step = if processor == Processor::X86_64 { 7 } else { 100 };
    let transcript = System::on(processor, "fresh", window + behind)
        .probe("adversary", &format!("adversary fresh times={times} step={step}"), &[(0, window)])
        .memory("544 KiB")
        .probe("behind", "load nothing", &[(window, behind)])
        .limit(4 * times * (window + behind))
        .run();
    assert_finished(&transcript, "adversary", "fresh", times);
    assert_eq!(transcript.facts.restarts["adversary"], times, "{}", transcript.all());
    let observed = &transcript.facts.observations;
    let allowed = if processor == Processor::X86_64 { 1_000 } else { 3_000 };
    assert!(observed.values().all(|window| window.lost == 0 && window.late_max <= allowed), "{observed:?}");
}

/// One that faults with its first instruction, in a window of every ten seconds, with every answer.
fn who_dies_without_end_for_an_hour_disturbs_nobody(processor: Processor) {
    let window = if processor == Processor::X86_64 { 10 } else { 40 } * MICROSECOND;
    let (frame, frames) = (10_000 * MILLISECOND, 360);
    // Near the end: where everything starts again, so does the frame.
    let start = frame - 4 * window;
    for action in
        [Action::WarmRestart, Action::ColdRestart, Action::RestartModule, Action::Idle, Action::StopModule]
    {
        let name = format!("hour-{}", action.word());
        let image = small::faulting(processor, &name);
        let keys = health(action, "restarts = 16, restart-period = \"1 ns\"");
        let idling = small::calling(processor, "hour-idling", (Hypercall::Idle, [0; 3]), 0);
        let transcript = System::on(processor, &name, frame)
            .partition("before", &idling, "", &[(start - window, window)])
            .memory("4 KiB")
            .partition("dying", &image, "", &[(start, window)])
            .memory("4 KiB")
            .keys(&keys)
            .partition("behind", &idling, "", &[(start + window, window)])
            .memory("4 KiB")
            .limit(frames * frame)
            .run();
        let observed = &transcript.facts.observations;
        let allowed = if processor == Processor::X86_64 { 1_000 } else { 3_000 };
        let kept = observed.values().all(|window| window.lost == 0 && window.late_max <= allowed);
        assert!(observed.len() == 3 && kept, "{action:?}: {observed:?}");
        let died: u64 = transcript.facts.decisions.iter().map(|(_, times)| times.count).sum();
        let restarts = transcript.facts.restarts.get("dying").copied().unwrap_or_default();
        let windows = observed[&0].count;
        match action {
            Action::WarmRestart | Action::ColdRestart => {
                assert!(windows == frames && died > windows && restarts > windows, "{action:?}: {died}");
            }
            Action::RestartModule => {
                assert!(windows >= frames && died >= frames && restarts >= frames, "{action:?}: {died}");
            }
            _ => assert_eq!((died, restarts), (1, 0), "{action:?}: {}", transcript.all()),
        }
    }
}

/// An image in which one byte has changed since the system was built: it does not run, and the others do.
fn a_damaged_image_is_stopped_before_it_runs(processor: Processor) {
    let image = small::calling(processor, "damaged", (Hypercall::Halt, [0x0012_3456, 0, 0]), 5_000);
    let system = between_witnesses(processor, "damaged", WINDOWS).partition("damaged", &image, "", &[MIDDLE]);
    let built = system.build();
    let program = std::fs::read(&image).expect("the program");
    let instructions = &program[program.len() - 5_000..][..24];
    let mut bytes = std::fs::read(&built.file).expect("the system");
    let places: Vec<usize> =
        bytes.windows(24).enumerate().filter(|(_, found)| *found == instructions).map(|(at, _)| at).collect();
    assert_eq!(places.len(), 1, "{places:?}");
    bytes[places[0] + 4_321] ^= 0x10;
    std::fs::write(&built.file, bytes).expect("the system");
    let transcript = run_built(&built, system.options());
    assert_nothing_noticed(processor, &transcript, WINDOWS);
    transcript.expect("kernel", "damaged-image");
    assert_eq!(transcript.facts.ends["damaged"], PartitionEnd::Stopped, "{}", transcript.all());
}
