//! The paths about devices: interrupts, as many at once as there can be, registers, and the end of who owns many.

use bulkhead_tool::system_file::Processor;

use crate::costs::registers_device;
use crate::paths::{FRAMES, Kind, LONGEST, Load, Path, Rest, STEP, path, probe, run};
use crate::{System, small};

/// Who starts itself again, with a name as long as names can be.
const OWNER: &str = "an-owner-that-starts-once-more";

/// As many PCI functions as its other devices leave lines for.
const FUNCTIONS: usize = 6;

/// Every path of this kind, with its budget.
pub(crate) const PATHS: [Path; 3] = [
    path("late by interrupts of devices, or letting one in", (600, 2000), &["interrupt"]),
    path("late by a register of a device", (600, 2000), &["register"]),
    path("late by restarting an owner of devices", LONGEST, &["owner-restart"]),
];

/// The latest starts after each load of this kind.
pub(crate) fn latest(processor: Processor) -> Vec<(&'static str, u64)> {
    let image = small::restarting_at_any_moment(processor, OWNER);
    let loads = [
        probe("interrupt", "interrupt", "interrupt", ""),
        probe("register", "register", "register", ""),
        Load {
            path: "owner-restart",
            name: OWNER.to_owned(),
            kind: Kind::Image(image, 4),
            keys: String::new(),
        },
    ];
    run(processor, "paths-devices", &loads, STEP, 3 * FRAMES, &Rest { time: 0, add: own })
}

/// Gives the loads what they are about. On x86-64 the alarm comes before any interrupt of a device: one is as late as
/// many. On LEON3, 9 to 14 come before it.
fn own(system: System, _start: u64) -> System {
    let processor = system.processor;
    let interrupts = |numbers: &[u32], first: u32| {
        let of = |(number, line): (&u32, u32)| format!("{{ number = {number}, line = {line} }}");
        let all: Vec<String> = numbers.iter().zip(first..).map(of).collect();
        format!("interrupts = [{}]", all.join(", "))
    };
    let (clock, others): (String, &[u32]) = match processor {
        Processor::X86_64 => (crate::costs::clock_device(processor, "level"), &[16, 17]),
        Processor::Leon3 => {
            let force = "registers = [{ address = 0x80000208, size = 4, width = 4, \
                 allow = [{ offset = 0, size = 4, write = 0x7e00 }] }]";
            (format!("{force}\n{}", interrupts(&[9, 10, 11, 12, 13, 14], 9)), &[1, 3, 4, 5, 6, 8])
        }
    };
    let system = with_functions(system);
    system
        .device("clock", "interrupt", &clock)
        .device("registers", "register", registers_device(processor))
        .device("others", OWNER, &interrupts(others, 8))
}

/// Gives the owner PCI functions, which a start makes quiet.
fn with_functions(system: System) -> System {
    if system.processor == Processor::Leon3 {
        return system;
    }
    (4..4 + FUNCTIONS).fold(system, |system, number| {
        let says = format!("pci = \"00:{number:02x}.0\"\npci-memory = \"1 MiB\"");
        system
            .device(&format!("function-{number}"), OWNER, &says)
            .qemu(&["-device", &format!("edu,addr={number:#x}")])
    })
}
