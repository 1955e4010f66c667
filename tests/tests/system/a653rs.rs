//! The traits of `a653rs` in a partition: processes that execute, wait and are preempted.

use bulkhead_tests::{MILLISECOND, System, program};
use bulkhead_tool::run::{Ending, PartitionEnd};
use bulkhead_tool::system_file::Processor;

on_every_processor! {
    the_traits_of_a653rs_check_themselves,
    errors_that_nobody_handles_are_the_health_monitors,
}

/// Fewer checks than that are not the whole program.
const CHECKS_MIN: u32 = 160;

fn the_traits_of_a653rs_check_themselves(processor: Processor) {
    let image = program(processor, "a653rs-check");
    let transcript = System::on(processor, "a653rs", 10 * MILLISECOND)
        .partition("checked", &image, "checked", &[(0, 5 * MILLISECOND)])
        .partition("peer", &image, "peer", &[(6 * MILLISECOND, 3 * MILLISECOND)])
        .channel(
            "kind = \"sampling\", refresh = \"15 ms\"",
            8,
            ("peer", "samples-out"),
            &[("checked", "samples-in")],
        )
        .channel("kind = \"queuing\", depth = 2", 4, ("peer", "orders-out"), &[("checked", "orders-in")])
        .channel("kind = \"queuing\", depth = 1", 4, ("checked", "answers-out"), &[("peer", "answers-in")])
        .limit(1000 * MILLISECOND)
        .run();
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
    for partition in ["checked", "peer"] {
        let end = transcript.facts.ends.get(partition);
        assert_eq!(end, Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    }
    // A cold start with all of it, and a warm one with the little that tells it from the cold one.
    let counts: Vec<u32> = transcript
        .of("checked")
        .iter()
        .filter_map(|line| line.strip_suffix(" checks, 0 failed")?.parse().ok())
        .collect();
    assert!(matches!(counts[..], [cold, 1] if cold >= CHECKS_MIN), "{counts:?}\n{}", transcript.all());
}

fn errors_that_nobody_handles_are_the_health_monitors(processor: Processor) {
    let image = program(processor, "a653rs-check");
    let window = |number: u64| [(number * 5 * MILLISECOND, 5 * MILLISECOND)];
    let keys = "health = { deadline-missed = \"idle\", application-error = \"idle\" }";
    let transcript = System::on(processor, "a653rs-errors", 15 * MILLISECOND)
        .partition("deadline", &image, "deadline", &window(0))
        .keys(keys)
        .partition("error", &image, "error", &window(1))
        .keys(keys)
        .partition("stack", &image, "stack", &window(2))
        .limit(1000 * MILLISECOND)
        .run();
    for (partition, lines, end) in [
        ("deadline", &[][..], PartitionEnd::Stopped),
        ("error", &["nothing fits"], PartitionEnd::Stopped),
        ("stack", &["stack overflow: too deep"], PartitionEnd::Halted(254)),
    ] {
        assert_eq!(transcript.of(partition), lines, "{}", transcript.all());
        assert_eq!(transcript.facts.ends.get(partition), Some(&end), "{}", transcript.all());
    }
    // A hard deadline, and the beginning of the process's name.
    transcript.expect("kernel", "deadline-missed (code 1, detail 0x746f6f20)");
}
