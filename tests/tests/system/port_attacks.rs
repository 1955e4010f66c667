//! Attacks through ports and shared memory, and messages that are cut by the ends of windows.

use bulkhead_tests::witnesses::{MIDDLE, assert_undisturbed, between_witnesses};
use bulkhead_tests::{MICROSECOND, MILLISECOND, System, Transcript};
use bulkhead_tool::run::{Ending, PartitionEnd};
use bulkhead_tool::system_file::Processor;

use crate::attacks::assert_finished;

on_every_processor! {
    no_port_and_no_region_is_anothers,
    regions_end_where_page_tables_do,
    a_flood_of_messages_disturbs_nobody,
    random_calls_disturb_nobody,
    messages_stay_whole_when_windows_end,
    messages_stay_whole_when_handlers_read_too,
    messages_stay_whole_when_the_writer_starts_again,
    messages_stay_whole_when_the_reader_starts_again,
}

const SAMPLING: &str = "kind = \"sampling\", refresh = \"1 s\"";
const QUEUING: &str = "kind = \"queuing\", depth = 2";

/// A part of the time between the windows of the witnesses, and a window behind them.
const QUARTER: (u64, u64) = (MIDDLE.0, MIDDLE.1 / 4);
const BEHIND: (u64, u64) = (4 * MILLISECOND, MILLISECOND);

/// The adversary of `probe/src/adversary/ports.rs` between two witnesses, with somebody behind at the other end of its
/// channels.
fn with_ports(processor: Processor, name: &str, attack: &str, size: u32, other: &str) -> System {
    with_regions(processor, name, (attack, MIDDLE), size, other, ["", ""])
}

/// The same, with the adversary's window, and where it has its regions, in the words of the system file.
fn with_regions(
    processor: Processor,
    name: &str,
    (attack, window): (&str, (u64, u64)),
    size: u32,
    other: &str,
    [open, closed]: [&str; 2],
) -> System {
    let open = format!("access = \"read-write\"{open}");
    let closed = format!("access = \"read\", doorbell = 8{closed}");
    between_witnesses(processor, name, 20)
        .probe("adversary", &format!("adversary {attack}"), &[window])
        .probe("other", other, &[BEHIND])
        .channel(SAMPLING, size, ("adversary", "out"), &[("other", "in")])
        .channel(QUEUING, size, ("adversary", "send"), &[("other", "receive")])
        .channel(SAMPLING, size, ("other", "out"), &[("adversary", "in")])
        .channel(QUEUING, size, ("other", "send"), &[("adversary", "receive")])
        .region("open", "8 KiB", &[("adversary", &open), ("other", "access = \"read\", doorbell = 8")])
        .region("closed", "8 KiB", &[("adversary", &closed), ("other", "access = \"read-write\"")])
        .region("foreign", "8 KiB", &[("other", "access = \"read-write\""), ("first", "access = \"read\"")])
}

#[track_caller]
fn assert_nothing_noticed(processor: Processor, transcript: &Transcript) {
    for witness in ["first", "last"] {
        assert_undisturbed(processor, transcript, witness, 20);
    }
}

fn no_port_and_no_region_is_anothers(processor: Processor) {
    let transcript = with_ports(processor, "ports", "ports", 64, "keeper windows=20").run();
    assert_nothing_noticed(processor, &transcript);
    assert_finished(&transcript, "adversary", "ports", 370);
    let kept = transcript.numbers("other", "keeper:");
    assert_eq!((kept["received"], kept["wrong"]), (1, 0), "{}", transcript.all());
    assert!(kept["sampled"] > 5, "{}", transcript.all());
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
}

/// The way into the kernel and back keeps all that a program can have in its registers, and believes none of it.
#[test]
fn calls_keep_every_register_segment_and_flag() {
    let processor = Processor::X86_64;
    let transcript = with_ports(processor, "register-calls", "register-calls", 64, "keeper windows=40")
        .channel(SAMPLING, 65_536, ("adversary", "large"), &[("other", "large")])
        .run();
    assert_nothing_noticed(processor, &transcript);
    assert_finished(&transcript, "adversary", "register-calls", 200);
    let kept = transcript.numbers("other", "keeper:");
    assert!(kept["sampled"] > 5 && kept["wrong"] == 0, "{}", transcript.all());
}

/// A region at the last address that there is for one, and one over the border of the largest tables.
fn regions_end_where_page_tables_do(processor: Processor) {
    let places = match processor {
        Processor::X86_64 => [", address = \"0xfeffe000\"", ", address = \"0x3ffff000\""],
        Processor::Leon3 => [", address = \"0x3fffe000\"", ", address = \"0x00fff000\""],
    };
    let transcript =
        with_regions(processor, "regions", ("ports", MIDDLE), 64, "keeper windows=20", places).run();
    assert_nothing_noticed(processor, &transcript);
    assert_finished(&transcript, "adversary", "ports", 370);
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
}

/// The other one never looks at its ports.
fn a_flood_of_messages_disturbs_nobody(processor: Processor) {
    let attack = format!("flood for={}", 60 * MILLISECOND);
    let transcript = with_ports(processor, "flood", &attack, 65_536, "load nothing").run();
    assert_nothing_noticed(processor, &transcript);
    assert_finished(&transcript, "adversary", "flood", 1);
}

/// Ten thousand calls of four partitions.
fn random_calls_disturb_nobody(processor: Processor) {
    let calls = |seed: u32| format!("random-calls count=2600 seed={seed}");
    let first = calls(1);
    let mut system =
        with_regions(processor, "random-calls", (&first, QUARTER), 4096, "load nothing", ["", ""]);
    for seed in 2..5_u64 {
        let name = format!("caller-{seed}");
        let window = (QUARTER.0 + (seed - 1) * QUARTER.1, QUARTER.1);
        system = system
            .probe(&name, &format!("adversary {}", calls(seed as u32)), &[window])
            .channel(
                SAMPLING,
                65_536,
                (&name, "out"),
                &[("adversary", &format!("in-{seed}")), ("other", &name)],
            )
            .channel(QUEUING, 65_536, ("other", &format!("to-{seed}")), &[(&name, "receive")])
            .channel(QUEUING, 128, (&name, "send"), &[("adversary", &format!("receive-{seed}"))]);
    }
    let transcript = system.run();
    assert_nothing_noticed(processor, &transcript);
    for name in ["adversary", "caller-2", "caller-3", "caller-4"] {
        assert_finished(&transcript, name, "random-calls", 2500);
    }
}

/// How long a window is in which a message is made or looked at.
fn window(processor: Processor) -> u64 {
    if processor == Processor::X86_64 { 40 * MICROSECOND } else { 100 * MICROSECOND }
}

/// A writer and a reader, with more on their command lines, for so many frames; what the reader has counted.
fn cut(processor: Processor, name: &str, frames: u64, writer: &str, reader: &str) -> Transcript {
    let window = window(processor);
    let until = frames * 2 * window;
    let transcript = System::on(processor, name, 2 * window)
        .probe("writer", &format!("writer until={until} {writer}"), &[(0, window)])
        .memory("544 KiB")
        .probe("reader", &format!("reader until={until} {reader}"), &[(window, window)])
        .memory("544 KiB")
        .channel(SAMPLING, 65_536, ("writer", "out"), &[("reader", "in")])
        .channel(QUEUING, 65_536, ("writer", "send"), &[("reader", "receive")])
        .region("kept", "4 KiB", &[("reader", "access = \"read-write\""), ("writer", "access = \"read\"")])
        .limit(until + 100 * MILLISECOND)
        .run();
    assert_eq!(transcript.facts.ends.get("reader"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    assert!(!transcript.of("reader").iter().any(|line| line.contains("wrong:")), "{}", transcript.all());
    transcript
}

fn messages_stay_whole_when_windows_end(processor: Processor) {
    let frames = if processor == Processor::X86_64 { 8_000 } else { 3_000 };
    let transcript = cut(processor, "cut", frames, "", "");
    let (written, read) = (transcript.numbers("writer", "writer:"), transcript.numbers("reader", "reader:"));
    for (who, count) in [(&written, written["turns"]), (&read, read["whole"])] {
        assert!(who["crossed"] > 500 && who["crossed"] < count, "{}", transcript.all());
    }
}

fn messages_stay_whole_when_handlers_read_too(processor: Processor) {
    let transcript = cut(processor, "cut-handler", 2_000, "", "handler");
    let read = transcript.numbers("reader", "reader:");
    assert!(read["handled"] > 2_000 && read["whole"] > 300 && read["crossed"] > 50, "{}", transcript.all());
}

fn messages_stay_whole_when_the_writer_starts_again(processor: Processor) {
    let transcript = cut(processor, "cut-writer", 2_000, "restart=5", "");
    let restarts = transcript
        .of("kernel")
        .iter()
        .filter(|line| line.starts_with("partition writer: starts again"))
        .count();
    assert!(restarts > 20, "{}", transcript.all());
    let read = transcript.numbers("reader", "reader:");
    assert!(read["whole"] > 100 && read["crossed"] > 30, "{}", transcript.all());
}

fn messages_stay_whole_when_the_reader_starts_again(processor: Processor) {
    let transcript = cut(processor, "cut-reader", 2_000, "", "restart=5");
    assert!(transcript.numbers("reader", "reader:")["restarts"] > 20, "{}", transcript.all());
    assert!(transcript.numbers("writer", "writer:")["crossed"] > 100, "{}", transcript.all());
}
