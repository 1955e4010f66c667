//! The traits of `a653rs` in a partition: processes that execute, wait and are preempted.

use bulkhead_tests::{MILLISECOND, System, program};
use bulkhead_tool::run::{Ending, PartitionEnd};
use bulkhead_tool::system_file::Processor;

on_every_processor! {
    the_traits_of_a653rs_check_themselves,
    errors_that_nobody_handles_end_a_partition_in_rust,
}

/// Fewer checks than that are not the whole program.
const CHECKS_MIN: u32 = 90;

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

fn errors_that_nobody_handles_end_a_partition_in_rust(processor: Processor) {
    let image = program(processor, "a653rs-check");
    let window = |number: u64| [(number * 5 * MILLISECOND, 5 * MILLISECOND)];
    let transcript = System::on(processor, "a653rs-errors", 15 * MILLISECOND)
        .partition("deadline", &image, "deadline", &window(0))
        .partition("error", &image, "error", &window(1))
        .partition("stack", &image, "stack", &window(2))
        .limit(1000 * MILLISECOND)
        .run();
    for (partition, line) in [
        ("deadline", "deadline missed: too late"),
        ("error", "application error: nothing fits"),
        ("stack", "stack overflow: too deep"),
    ] {
        assert_eq!(transcript.of(partition), [line], "{}", transcript.all());
        let end = transcript.facts.ends.get(partition);
        assert_eq!(end, Some(&PartitionEnd::Halted(254)), "{}", transcript.all());
    }
}
