//! An adversary between two witnesses: whatever it does, they see nothing of it.

use bulkhead_tool::system_file::Processor;

use crate::{MICROSECOND, MILLISECOND, System, Transcript};

/// The frame of these systems: 1 ms for the first witness, 2 ms for the adversary, 1 ms for the second witness, and
/// nothing for the rest.
pub const FRAME: u64 = 5 * MILLISECOND;

const FIRST: (u64, u64) = (0, MILLISECOND);
/// The adversary's window.
pub const MIDDLE: (u64, u64) = (MILLISECOND, 2 * MILLISECOND);
const LAST: (u64, u64) = (3 * MILLISECOND, MILLISECOND);

/// What a witness may see, in nanoseconds.
struct Tolerance {
    /// How late a window may begin: what a switch takes, and a look at the clock; the rest is room for a kernel call
    /// that the boundary finds under way.
    late_max: u64,
    /// How early a window may seem to end: one look at the clock, and the kernel's way out.
    early_max: u64,
    /// The longest pause inside a window: nothing but the witness's own loop.
    pause_max: u64,
    /// How late the kernel may find itself to be when a window begins.
    observed_max: u64,
}

impl Tolerance {
    const fn of(processor: Processor) -> Self {
        match processor {
            Processor::X86_64 => X86_64,
            Processor::Leon3 => LEON3,
        }
    }
}

/// Measured at a lateness of 300 ns.
const X86_64: Tolerance =
    Tolerance { late_max: 1_500, early_max: 300, pause_max: 120, observed_max: MICROSECOND };

/// Reading the clock is a trap here, and the clock counts in steps of 100 ns.
const LEON3: Tolerance =
    Tolerance { late_max: 3_000, early_max: 1_000, pause_max: 900, observed_max: 2 * MICROSECOND };

fn witness((start, duration): (u64, u64), windows: u32) -> String {
    format!("witness frame={FRAME} start={start} duration={duration} windows={windows}")
}

/// Two witnesses that watch `windows` windows each, with [`MIDDLE`] between them for others, and a limit.
#[must_use]
pub fn between_witnesses(processor: Processor, name: &str, windows: u32) -> System {
    System::on(processor, name, FRAME)
        .probe("first", &witness(FIRST, windows), &[FIRST])
        .probe("last", &witness(LAST, windows), &[LAST])
        .limit(u64::from(windows + 20) * FRAME)
}

/// Runs the adversary between two witnesses that watch `windows` windows each, and asserts what they saw.
///
/// # Panics
/// If they saw anything else than their windows.
#[must_use]
#[track_caller]
pub fn run_between_witnesses(processor: Processor, name: &str, attack: &str, windows: u32) -> Transcript {
    let transcript = between_witnesses(processor, name, windows)
        .probe("adversary", &format!("adversary {attack}"), &[MIDDLE])
        .run();
    assert_undisturbed(processor, &transcript, "first", windows);
    assert_undisturbed(processor, &transcript, "last", windows);
    transcript
}

/// Asserts that a witness has seen its windows begin and end as configured, and nothing else; and that the kernel has
/// seen the same of every window.
///
/// # Panics
/// If not.
#[track_caller]
pub fn assert_undisturbed(processor: Processor, transcript: &Transcript, name: &str, windows: u32) {
    assert_unaware(processor, transcript, name, windows);
    let allowed = Tolerance::of(processor);
    // Only the window's own lateness is a matter of the kernel.
    let observed = &transcript.facts.observations;
    assert!(observed.values().all(|observation| observation.late_max < allowed.observed_max), "{observed:?}");
}

/// Asserts that a witness has seen its windows begin and end as configured, and nothing else.
///
/// # Panics
/// If not.
#[track_caller]
pub fn assert_unaware(processor: Processor, transcript: &Transcript, name: &str, windows: u32) {
    let seen = transcript.numbers(name, "witness:");
    let line = transcript.of(name).join("\n");
    let allowed = Tolerance::of(processor);
    let get = |key: &str| seen.get(key).copied().unwrap_or(u64::MAX);
    assert_eq!(get("windows"), u64::from(windows), "{}", transcript.all());
    assert_eq!(get("wrong"), 0, "{line}");
    // The frames follow each other: as many as windows were seen, none left out.
    assert!(get("early") <= allowed.early_max, "{line}");
    assert!(get("pause") <= allowed.pause_max, "{line}");
    // "late MIN to MAX": the last number of that name is under the word before it, "to".
    assert!(get("late").max(get("to")) <= allowed.late_max, "{line}");
    transcript.expect("kernel", &format!("partition {name}: halted with status 0"));
}
