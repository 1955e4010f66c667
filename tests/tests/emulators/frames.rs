//! Frames that ask for the kernel's segments or another mode of the processor: no processor gives them, but emulators
//! do.
//!
//! On each version of QEMU that is there, with processors that protect the kernel more or less.

use std::sync::OnceLock;

use bulkhead_tests::needs::qemu;
use bulkhead_tests::witnesses::{MIDDLE, assert_unaware, between_witnesses};
use bulkhead_tests::{MICROSECOND, Transcript, run_built};
use bulkhead_tool::build::Built;
use bulkhead_tool::run::{Ending, PartitionEnd, RunOptions};
use bulkhead_tool::system_file::Processor;

bulkhead_tests::tests! {
    no_frame_leads_anywhere_on_qemu_7_2 needs [qemu("7.2", Processor::X86_64)],
    no_frame_leads_anywhere_on_qemu_10_0 needs [qemu("10.0", Processor::X86_64)],
}

/// Processors of QEMU: with everything, with little, one in between, and without what keeps the kernel from a guest's
/// pages.
const PROCESSORS: [&str; 5] = ["max", "qemu64", "Haswell", "max,-smap", "max,-smep"];

/// How many frames the probe has. Each is one partition's, since some end it.
const FRAMES: u64 = 30;

/// How many windows the witnesses watch.
const WINDOWS: u32 = 5;

fn no_frame_leads_anywhere_on_qemu_7_2() {
    for processor in PROCESSORS {
        no_frame_leads_anywhere("7.2", processor);
    }
}

fn no_frame_leads_anywhere_on_qemu_10_0() {
    for processor in PROCESSORS {
        let transcript = no_frame_leads_anywhere("10.0", processor);
        // There, virtual-8086 mode is entered, and nothing is executed in it. The test would be worth nothing if not.
        assert_eq!(transcript.ending, Ending::Stopped, "{processor}: {}", transcript.all());
    }
}

/// The system, built once for all, and how it is run.
fn system() -> &'static (Built, RunOptions) {
    static SYSTEM: OnceLock<(Built, RunOptions)> = OnceLock::new();
    SYSTEM.get_or_init(|| {
        let duration = 60 * MICROSECOND;
        let mut system = between_witnesses(Processor::X86_64, "frames", WINDOWS);
        for frame in 0..FRAMES {
            let attack = format!("adversary frames number={frame}");
            system = system.probe(&name(frame), &attack, &[(MIDDLE.0 + frame * duration, duration)]);
        }
        (system.build(), system.options().clone())
    })
}

fn name(frame: u64) -> String {
    format!("frame-{frame}")
}

#[track_caller]
fn no_frame_leads_anywhere(version: &str, processor: &str) -> Transcript {
    let (built, options) = system();
    let mut options = options.clone();
    options.qemu = qemu(version, Processor::X86_64).ok();
    options.qemu_arguments.extend(["-cpu", processor].map(str::to_owned));
    let transcript = run_built(built, &options);
    let context = || format!("{processor}: {}", transcript.all());
    // What thirty ends have the kernel say is not the matter here.
    for witness in ["first", "last"] {
        assert_unaware(Processor::X86_64, &transcript, witness, WINDOWS);
    }
    for frame in 0..FRAMES {
        let name = name(frame);
        match transcript.facts.ends.get(&name) {
            Some(PartitionEnd::Halted(0)) => transcript.expect(&name, "adversary: frames 1 of 1"),
            Some(PartitionEnd::Stopped) => {
                let reason = transcript.facts.reasons.get(&name).map_or("", |reason| &reason.text);
                assert!(reason.contains("wrong processor mode"), "{name}: {reason}, {}", context());
            }
            other => panic!("{name}: {other:?}, {}", context()),
        }
    }
    assert!(matches!(transcript.ending, Ending::Completed | Ending::Stopped), "{}", context());
    transcript
}
