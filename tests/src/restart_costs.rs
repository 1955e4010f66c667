//! What a restart takes for each MiB, and what a change of the schedule takes besides the switch.

use bulkhead_abi::Hypercall;
use bulkhead_abi::system_table::PARTITIONS_MAX;
use bulkhead_tool::system_file::Processor;

use crate::costs::Cost;
use crate::{MICROSECOND, MILLISECOND, System, small};

const MIB: usize = 1 << 20;

/// Measures everything of this kind.
pub(crate) fn measure(processor: Processor) -> Vec<Cost> {
    let cost = |what, measured, (x86_64, leon3)| Cost {
        what,
        measured,
        budget: if processor == Processor::X86_64 { x86_64 } else { leon3 },
        xtratum: None,
        pok: None,
    };
    let time = |warm, image, memory| restart(processor, warm, image, memory);
    let cleared = (time(false, 0, 4) - time(false, 0, 2)) / 2;
    // Where there is a MiB more of image, there is a MiB less to be cleared.
    let cold = (time(false, 3, 4) - time(false, 1, 4)) / 2 + cleared;
    let warm = (time(true, 3, 4) - time(true, 1, 4)) / 2;
    // A warm start leaves alone what is behind the image. A LEON3's clock has steps of 100 ns.
    assert!(time(true, 1, 4).abs_diff(time(true, 1, 2)) <= 100);
    vec![
        cost("restart, cold: each MiB of memory behind the image", cleared, (300_000, 900_000)),
        cost("restart, cold: each MiB of image, checked", cold, (2_000_000, 5_000_000)),
        cost("restart, warm: each MiB of image, checked", warm, (2_000_000, 5_000_000)),
        cost("change of the schedule, more than a switch", change(processor), (600, 800)),
    ]
}

/// How long it takes from one start to the next of a partition that does nothing else, the least of several, with an
/// image and memory of so many MiB.
fn restart(processor: Processor, warm: bool, image: usize, memory: usize) -> u64 {
    let name = format!("restart-{}-{image}-{memory}", if warm { "warm" } else { "cold" });
    let program =
        small::calling(processor, &name, (Hypercall::Restart, [u32::from(warm), 0, 0]), image * MIB);
    let frame = 1_000 * MILLISECOND;
    let transcript = System::on(processor, &name, frame)
        .partition("again", &program, "", &[(0, frame)])
        .memory(&format!("{memory} MiB"))
        .limit(40 * MILLISECOND)
        .run();
    let starts: Vec<u64> = transcript
        .of("kernel")
        .into_iter()
        .filter(|line| line.contains("starts again"))
        .filter_map(|line| line.split(" at ").nth(1)?.split(' ').next()?.parse().ok())
        .collect();
    let least = starts.windows(2).map(|pair| pair[1] - pair[0]).min();
    least.unwrap_or_else(|| panic!("{}", transcript.all()))
}

/// How much later the first window of a frame begins for its partition with another schedule, for which 30 partitions
/// start again, than with the same one.
fn change(processor: Processor) -> u64 {
    let image = small::restarting_with(processor, "change-other", 0);
    let others: Vec<String> = (2..PARTITIONS_MAX).map(|number| format!("other-{number}")).collect();
    let (watch, changer, other) = (40 * MICROSECOND, 60 * MICROSECOND, 10 * MICROSECOND);
    let frame = watch + changer + (others.len() as u64 + 2) * other;
    let places = format!("0=0+{watch} 1=0+{watch}");
    let mut system = System::scheduled(processor, "change-cost")
        .probe("watcher", &format!("watcher windows=200 {places}"), &[])
        .probe("changer", "changer flood", &[])
        .keys("system = true")
        .limit(220 * frame);
    for name in &others {
        system = system.partition(name, &image, "", &[]).memory("4 KiB");
    }
    for (schedule, action) in ["cold-restart", "warm-restart"].into_iter().enumerate() {
        let mut windows = vec![("watcher", 0, watch), ("changer", watch, changer)];
        windows.extend(
            (0..).zip(&others).map(|(place, name)| (name.as_str(), watch + changer + place * other, other)),
        );
        let actions: Vec<(&str, &str)> = others.iter().map(|name| (name.as_str(), action)).collect();
        system = system.schedule(&format!("schedule-{schedule}"), frame, &windows, &actions);
    }
    let transcript = system.run();
    let seen = transcript.numbers("watcher", "watcher:");
    assert!(seen["wrong"] == 0 && seen["changes"] > 50, "{}", transcript.all());
    seen["changed"].saturating_sub(seen["late"])
}
