//! RTEMS is started again by another partition, at any moment, and its neighbours do not notice.

use std::time::Duration;

use bulkhead_tests::needs::rtems_kit;
use bulkhead_tests::{program, repository, run_built};
use bulkhead_tool::run::RunOptions;
use bulkhead_tool::system_file::{self, Processor};

use crate::built;

bulkhead_tests::tests! {
    rtems_starts_again_a_thousand_times(processor) needs [rtems_kit(processor)],
}

const TIMES: u64 = 1_000;

/// Warm and cold, in most frames once or twice: in the middle of a start, of its preparation, or of what it does then.
fn rtems_starts_again_a_thousand_times(processor: Processor) {
    let probe = program(processor, "probe");
    let witness = "witness frame=5000000 start=0 duration=200000 windows=900";
    let mut text = "[system]\nname = \"restarted\"\nmajor-frame = \"5 ms\"\n".to_owned();
    for (name, keys, start, duration) in [
        ("witness", format!("image = '{}'\ncommand-line = \"{witness}\"", probe.display()), 0, 200),
        ("neighbour", "sources = [\"neighbour.c\"]".to_owned(), 200, 800),
        ("subject", "sources = [\"restarted.c\"]".to_owned(), 1_000, 3_500),
        (
            "commander",
            format!(
                "image = '{}'\ncommand-line = \"commander first=2 last=2 times={TIMES} seed=11\"\nsystem = true",
                probe.display()
            ),
            4_600,
            100,
        ),
    ] {
        let image = keys.starts_with("image");
        text += &format!("[[partition]]\nname = \"{name}\"\nmemory = \"1 MiB\"\n{keys}\n");
        if image && processor == Processor::X86_64 {
            for function in bulkhead_tests::SILENT {
                text += &format!(
                    "[[partition.allow-silent]]\nfunction = \"{function}\"\nreason = \"it does so on purpose\"\n"
                );
            }
        }
        text += &format!(
            "[[window]]\npartition = \"{name}\"\nstart = \"{start} us\"\nduration = \"{duration} us\"\n"
        );
    }
    text += "[[channel]]\nname = \"messages\"\nkind = \"queuing\"\ndepth = 16\nmessage-size = \"1 KiB\"\n\
             source = { partition = \"subject\", port = \"out\" }\n\
             destinations = [{ partition = \"neighbour\", port = \"in\" }]\n";
    let folder = repository().join("tests/tests/kit/programs");
    let system = system_file::from_text_for(Some(processor), &text, "restarted", &folder);
    let built = built(system.unwrap_or_else(|error| panic!("{error:?}")), "restarted", processor);
    let options = RunOptions {
        time_limit: Some(6_500_000_000),
        timeout: Some(Duration::from_secs(600)),
        ..RunOptions::default()
    };
    let transcript = run_built(&built, &options);
    let commanded = transcript.numbers("commander", "commander:");
    assert_eq!((commanded["commands"], commanded["wrong"]), (TIMES, 0), "{}", transcript.all());
    assert!(commanded["warm"] > 50, "{}", transcript.all());
    bulkhead_tests::witnesses::assert_undisturbed(processor, &transcript, "witness", 900);
    let heard = transcript.numbers("neighbour", "neighbour:");
    assert_eq!((heard["wrong"], heard["missed"]), (0, 0), "{}", transcript.all());
    // Most starts come so far that they send; the last of them goes on.
    assert!(heard["starts"] > TIMES / 4 && heard["whole"] > heard["starts"], "{}", transcript.all());
    println!("{} messages of {} starts of RTEMS on {}", heard["whole"], heard["starts"], processor.name());
}
