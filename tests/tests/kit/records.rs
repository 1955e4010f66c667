//! What RTEMS records of its tasks, in the timeline of a system that is traced.

use bulkhead_abi::trace::Kind;
use bulkhead_tests::building;
use bulkhead_tests::needs::rtems_kit;
use bulkhead_tests::tracing::run_traced;
use bulkhead_tests::{Transcript, repository};
use bulkhead_timeline::report::Report;
use bulkhead_timeline::{Activity, TaskEvent, Timeline, What};
use bulkhead_tool::build::Options;
use bulkhead_tool::run::PartitionEnd;
use bulkhead_tool::system_file::{self, Processor};

use crate::{options, run_options};

bulkhead_tests::tests! {
    tasks_of_rtems_are_in_the_timeline_where_they_ran(processor) needs [rtems_kit(processor)],
    jobs_of_rtems_are_reported(processor) needs [rtems_kit(processor)],
    windows_are_recorded_while_a_program_handles_them(processor) needs [rtems_kit(processor)],
}

/// Times that a task records something, and the time at which it does.
const ROUNDS: usize = 40;

/// The partitions: one whose program has no ring of its own, one with one, and one that destroys its own.
const PARTITIONS: [(&str, &str); 3] =
    [("given", ""), ("own", "\"RING=1024\""), ("forger", "\"RING=64\", \"FORGES\"")];

fn traced(processor: Processor) -> Timeline {
    run(processor, "records", &records()).1
}

/// Runs a system of programs of this folder, as it is traced.
fn run(processor: Processor, name: &str, text: &str) -> (Transcript, Timeline) {
    let folder = repository().join("tests/tests/kit/programs");
    let system = system_file::from_text_for(Some(processor), text, name, &folder)
        .unwrap_or_else(|error| panic!("{error:?}"));
    let built = building::build_system(system, &Options { traces: true, ..options(name, processor) });
    run_traced(&built, &run_options())
}

fn records() -> String {
    let mut text = "[system]\nname = \"records\"\nmajor-frame = \"13 ms\"\n".to_owned();
    for (number, (name, defines)) in PARTITIONS.into_iter().enumerate() {
        text += &format!(
            "[[partition]]\nname = \"{name}\"\nmemory = \"1 MiB\"\nsources = [\"recorded.c\"]\n\
             [partition.build]\ndefine = [{defines}]\n\
             [[window]]\npartition = \"{name}\"\nstart = \"{} ms\"\nduration = \"3 ms\"\n",
            4 * number
        );
    }
    text
}

fn tasks_of_rtems_are_in_the_timeline_where_they_ran(processor: Processor) {
    let timeline = traced(processor);
    assert!(timeline.lost.iter().all(|lost| lost.partition == Some(2)), "{:?}", timeline.lost);
    let running = timeline.running();
    let tasks = timeline.tasks();
    for (partition, (name, _)) in PARTITIONS.into_iter().enumerate().take(2) {
        let names: Vec<&str> =
            tasks.iter().filter(|it| it.partition == partition).map(|it| &it.name[..]).collect();
        for task in ["FIRS", "WORK", "IDLE"] {
            assert!(names.contains(&task), "{name}: {names:?}");
        }
        let told = timeline.events.iter().filter(|event| event.partition == Some(partition));
        let told = told.filter_map(|event| match &event.what {
            What::Task(told) => Some((event.time, told)),
            _ => None,
        });
        let (mut recorded, mut switches, mut interrupts) = (0, 0, 0);
        for (time, told) in told {
            // Nothing is recorded but where the partition has the processor.
            let is_there = running.iter().any(|span| {
                (span.partition, span.activity) == (partition, Activity::Runs)
                    && (span.begin..=span.end).contains(&time)
            });
            assert!(is_there, "{name}: {time} {told:?}");
            match told {
                TaskEvent::SwitchIn { .. } => switches += 1,
                TaskEvent::InterruptEntry { vector: 0 } => interrupts += 1,
                TaskEvent::User { number: 3, data } => {
                    recorded += 1;
                    // Both are the interface's clock, in a tick of 7 ms and a frame of 13.
                    let late = (time as u32).wrapping_sub(*data as u32);
                    assert!(late < 100_000, "{name}: {time} {data}");
                }
                _ => {}
            }
        }
        assert_eq!(recorded, ROUNDS, "{name}");
        assert!(switches >= 2 * ROUNDS && interrupts >= ROUNDS / 2, "{name}: {switches} {interrupts}");
    }
    // What the others did is the kernel's to tell, whatever the one says of itself.
    let end = timeline.end();
    assert!(timeline.events.iter().any(|event| event.of_kernel().is_some_and(|(kind, _)| kind == Kind::End)));
    assert!(timeline.events.iter().all(|event| event.time <= end));
}

/// What `report` says of a periodic task is what RTEMS counts, and what the program has made of it.
fn jobs_of_rtems_are_reported(processor: Processor) {
    let text = "[system]\nname = \"periodic\"\nmajor-frame = \"10 ms\"\n\
                [[partition]]\nname = \"loop\"\nmemory = \"1 MiB\"\nsources = [\"periodic.c\"]\n\
                [[window]]\npartition = \"loop\"\nstart = \"0 ms\"\nduration = \"10 ms\"\n";
    let (transcript, timeline) = run(processor, "periodic", text);
    assert!(transcript.all().contains("periodic: jobs 9 missed 1"), "{}", transcript.all());
    let report = Report::of(&timeline);
    let [of_loop] = &report.periodic[..] else { panic!("{report:?}") };
    assert_eq!((&*of_loop.task, of_loop.jobs, of_loop.missed), ("LOOP", 9, 1), "{}", report.text());
    let responses: Vec<u64> = timeline.jobs().iter().map(|job| job.end - job.release).collect();
    for (number, response) in responses.into_iter().enumerate() {
        // The one behind that which is late waits for it.
        let least = [1_000_000, 7_000_000, 3_000_000][if (4..6).contains(&number) { number - 3 } else { 0 }];
        assert!((least..least + 400_000).contains(&response), "job {number}: {response}");
    }
    assert!(report.broken(None).contains(&"LOOP of loop was late with 1 of 9 jobs".to_owned()));
}

/// What the pack does by itself when a window has begun is not, neither before nor behind that.
fn windows_are_recorded_while_a_program_handles_them(processor: Processor) {
    let text = "[system]\nname = \"window-handler\"\nmajor-frame = \"10 ms\"\n\
                [[partition]]\nname = \"one\"\nmemory = \"1 MiB\"\nsources = [\"window_handler.c\"]\n\
                [[window]]\npartition = \"one\"\nstart = \"5 ms\"\nduration = \"4 ms\"\n";
    let (transcript, timeline) = run(processor, "window-handler", text);
    assert_eq!(transcript.facts.ends.get("one"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    let count = |wanted: TaskEvent| {
        timeline
            .events
            .iter()
            .filter(|event| matches!(&event.what, What::Task(told) if *told == wanted))
            .count()
    };
    let counts = [TaskEvent::InterruptEntry { vector: 1 }, TaskEvent::InterruptExit { vector: 1 }].map(count);
    assert_eq!(counts, [20, 20]);
}
