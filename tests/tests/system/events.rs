//! What the kernel tells: whose news are lost, and whose are not, and names that look like something else.

use bulkhead_tests::{MICROSECOND, System, small};
use bulkhead_tool::run::{Ending, PartitionEnd};
use bulkhead_tool::system_file::Processor;

on_every_processor! {
    a_flood_loses_only_its_own_news,
}

/// The first partition starts itself again and again, and no time is left over. Names are words of the records.
fn a_flood_loses_only_its_own_news(processor: Processor) {
    let frame = 400 * MICROSECOND;
    let transcript = System::on(processor, "flood", frame)
        .partition("count", &small::restarting(processor), "", &[(0, 200 * MICROSECOND)])
        .probe("late-min", "adversary fault write", &[(200 * MICROSECOND, 100 * MICROSECOND)])
        .probe("status", "adversary spin", &[(300 * MICROSECOND, 100 * MICROSECOND)])
        .limit(100 * frame)
        .run();
    let facts = &transcript.facts;
    assert_eq!(transcript.ending, Ending::Stopped, "{}", transcript.all());
    assert_eq!(facts.ends["count"], PartitionEnd::Running);
    assert_eq!(facts.ends["late-min"], PartitionEnd::Stopped);
    assert_eq!(facts.ends["status"], PartitionEnd::Running);
    assert!(facts.reasons["late-min"].text.contains("writing 0x90000000"), "{}", transcript.all());
    let told = transcript.of("kernel");
    // While the flood goes on, the other's end is told of.
    let behind = told.iter().skip_while(|line| !line.starts_with("partition late-min: stopped at "));
    let behind = behind.filter(|line| line.starts_with("partition count: starts again (warm)")).count();
    assert!(behind > 100, "{behind} behind it: {}", transcript.all());
    // Every restart was told of or counted.
    let restarts =
        told.iter().filter(|line| line.starts_with("partition count: starts again (warm)")).count();
    let lost: u64 = told
        .iter()
        .filter_map(|line| line.strip_prefix("partition count: ")?.split_once(" more events found no room"))
        .filter_map(|(number, _)| number.parse::<u64>().ok())
        .sum();
    assert!(facts.lost.keys().all(|name| name == "count"), "{}", transcript.all());
    assert_eq!(facts.lost.get("count").copied().unwrap_or(0), lost, "{}", transcript.all());
    // On LEON3 a start has more steps, and a word is sent with each: nothing needs to be lost.
    let enough = if processor == Processor::X86_64 { lost > 100 } else { lost == 0 };
    assert!(enough && restarts > 100, "{restarts} told, {lost} lost");
    let windows: Vec<u64> = facts.observations.values().map(|window| window.count).collect();
    assert_eq!(windows, [100; 3], "{}", transcript.all());
}
