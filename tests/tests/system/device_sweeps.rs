//! An interrupt of a device at every instruction of what happens around it: none is lost, none comes to another, and
//! nobody is late by it.

use bulkhead_tests::costs::clock_device;
use bulkhead_tests::paths::of_interrupts;
use bulkhead_tests::{MICROSECOND, System, Transcript};
use bulkhead_tool::system_file::Processor;

on_every_processor! {
    an_interrupt_around_a_start_is_the_last_lifes,
    an_interrupt_around_a_stop_is_the_last_lifes,
}

/// An interrupt that nobody asks for.
const OTHER: &str = "interrupts = [{ number = 21, line = 9 }]";

#[track_caller]
fn assert_punctual(processor: Processor, transcript: &Transcript) {
    let (observed, most) = (&transcript.facts.observations, of_interrupts(processor));
    assert!(observed.values().all(|window| window.late_max <= most), "{observed:?}");
    assert!(observed.values().all(|window| window.lost == 0), "{observed:?}");
}

#[track_caller]
fn told(transcript: &Transcript, name: &str, word: &str) -> u64 {
    *transcript.numbers(name, "sweep:").get(word).unwrap_or_else(|| panic!("{}", transcript.all()))
}

/// What each of the partitions has: the owner, another who owns an interrupt, and one who owns none.
const OWN: u64 = 12 * MICROSECOND;
const OTHERS: u64 = 8 * MICROSECOND;
const FRAME: u64 = OWN + 2 * OTHERS;

/// The change from the owner to another, from that one to the next, and back to the owner.
#[test]
fn an_interrupt_at_each_instruction_of_a_change_reaches_its_owner() {
    const TIMES: u64 = 800;
    for trigger in ["edge", "level"] {
        for change in [OWN, OWN + OTHERS, FRAME] {
            let sweep = format!("sweep change first={} times={TIMES} {trigger}", change - 100);
            let transcript = System::new(&format!("sweep-{trigger}-{change}"), FRAME)
                .probe("owner", &sweep, &[(0, OWN)])
                .device("clock", "owner", &clock_device(Processor::X86_64, trigger))
                .probe("other", &format!("sweep other windows={TIMES}"), &[(OWN, OTHERS)])
                .device("other", "other", OTHER)
                .probe("nobody", "load nothing", &[(OWN + OTHERS, OTHERS)])
                .limit((TIMES + 30) * FRAME)
                .run();
            let counts = ["asked", "came", "wrong"].map(|word| told(&transcript, "owner", word));
            assert_eq!(counts, [TIMES, TIMES, 0], "{}", transcript.all());
            assert_eq!(told(&transcript, "other", "came"), 0, "{}", transcript.all());
            assert_punctual(Processor::X86_64, &transcript);
        }
    }
}

/// LEON3's is forced by who runs: the owner before its window ends, or another before the owner's begins.
#[test]
fn an_interrupt_that_is_forced_at_each_instruction_before_a_change_reaches_its_owner() {
    const TIMES: u64 = 1_600;
    // The kernel's way to the end of the window, and that of a call.
    const EARLY: u64 = 1_500;
    let clock = clock_device(Processor::Leon3, "edge");
    let (register, interrupt) = clock.split_once('\n').expect("two lines");
    let sweep = |by: u64| format!("sweep change first={} times={TIMES}", by - EARLY);
    let system = |name: &str| System::on(Processor::Leon3, name, FRAME).limit(2 * TIMES * FRAME);
    let own = system("sweep-own")
        .probe("owner", &sweep(OWN), &[(0, OWN)])
        .device("clock", "owner", &clock)
        .probe("other", &format!("sweep other windows={TIMES}"), &[(OWN, OTHERS)])
        .device("other", "other", "interrupts = [{ number = 6, line = 9 }]")
        .probe("nobody", "load nothing", &[(OWN + OTHERS, OTHERS)])
        .run();
    let counts = ["asked", "came", "wrong"].map(|word| told(&own, "owner", word));
    assert_eq!(counts, [TIMES, TIMES, 0], "{}", own.all());
    assert_eq!(told(&own, "other", "came"), 0, "{}", own.all());
    assert_punctual(Processor::Leon3, &own);
    let anothers = system("sweep-anothers")
        .probe("other", &format!("{} deaf", sweep(OWN)), &[(0, OWN)])
        .device("clock", "other", register)
        .probe("owner", &format!("sweep other windows={}", TIMES + 200), &[(OWN, OTHERS)])
        .device("line", "owner", interrupt)
        .probe("nobody", "load nothing", &[(OWN + OTHERS, OTHERS)])
        .run();
    assert_eq!(told(&anothers, "other", "asked"), TIMES, "{}", anothers.all());
    assert_eq!(told(&anothers, "owner", "came"), TIMES, "{}", anothers.all());
    assert_punctual(Processor::Leon3, &anothers);
}

/// How often and how far apart an interrupt comes around the call that ends its owner, one for each third instruction
/// where a device has a time of its own; and in how many windows a life is over.
const fn ends(processor: Processor) -> (u64, u64, u64) {
    match processor {
        Processor::X86_64 => (200, 3, 6),
        Processor::Leon3 => (10, 60, 14),
    }
}

/// A partition whose windows are long enough for a start.
const LIFE: u64 = 200 * MICROSECOND;

fn an_interrupt_around_a_start_is_the_last_lifes(processor: Processor) {
    let (times, apart, _) = ends(processor);
    let frame = LIFE + 2 * OTHERS;
    let sweep = format!("sweep restart first=10000 times={times} apart={apart}");
    let transcript = System::on(processor, "sweep-restart", frame)
        .probe("owner", &sweep, &[(0, LIFE)])
        .device("clock", "owner", &clock_device(processor, "edge"))
        .probe("nobody", "load nothing", &[(LIFE, OTHERS)])
        .limit(40 * times * frame)
        .run();
    assert_eq!(told(&transcript, "owner", "starts"), times, "{}", transcript.all());
    assert!(!transcript.all().contains("wrong"), "{}", transcript.all());
}

/// By one who owns an interrupt, too, so that it comes at once.
fn an_interrupt_around_a_stop_is_the_last_lifes(processor: Processor) {
    let (times, apart, every) = ends(processor);
    let frame = LIFE + 2 * OTHERS;
    let at = match processor {
        Processor::X86_64 => LIFE + 3_000 - 100,
        Processor::Leon3 => LIFE - 1_000,
    };
    let other =
        if processor == Processor::X86_64 { OTHER } else { "interrupts = [{ number = 6, line = 9 }]" };
    let sweep = format!("sweep stopped first={at} times={times} apart={apart}");
    let transcript = System::on(processor, "sweep-stop", frame)
        .probe("owner", &sweep, &[(0, LIFE)])
        .device("clock", "owner", &clock_device(processor, "edge"))
        .probe("stopper", &format!("sweep stopper of=0 at=3000 every={every}"), &[(LIFE, OTHERS)])
        .keys("system = true")
        .device("other", "stopper", other)
        .limit(40 * times * frame)
        .run();
    assert_eq!(told(&transcript, "owner", "starts"), times, "{}", transcript.all());
    assert!(!transcript.all().contains("wrong"), "{}", transcript.all());
}
