//! Devices that read and write memory by themselves, behind QEMU's IOMMU and without it: its `edu`, which copies
//! wherever its owner tells it to.

use std::fmt::Write as _;

use bulkhead_tests::needs::qemu;
use bulkhead_tests::{MILLISECOND, System, Transcript, run_built};
use bulkhead_tool::build::Built;
use bulkhead_tool::run::Ending;
use bulkhead_tool::system_file::Processor;

bulkhead_tests::tests! {
    a_device_reaches_its_owners_memory_only needs [both()],
    without_an_iommu_the_same_device_reaches_everything needs [both()],
    beside_an_iommu_only_the_unprotected_device_reaches_everything needs [both()],
    without_what_it_needs_the_kernel_does_not_start needs [both()],
    a_message_is_its_functions_and_comes_once needs [both()],
    a_message_in_the_old_format_gets_through_qemu needs [both()],
}

const VERSIONS: [&str; 2] = ["7.2", "10.0"];

fn both() -> Result<(), bulkhead_tests::harness::NotRun> {
    VERSIONS.into_iter().try_for_each(|version| qemu(version, Processor::X86_64).map(drop))
}

const FRAME: u64 = 5 * MILLISECOND;
/// How long the longest of these takes: each copy 100 ms.
const UNTIL: u64 = 3_500 * MILLISECOND;

/// Where each partition sees its text, and the page that it may only read.
const TEXT: u32 = 0x11_0000;
const INFORMATION: u32 = 0x10_e000;
/// Where the kernel's text is in physical memory. No partition has anything there.
const KERNEL: u32 = 0x10_9000;
/// Memory of the machine in which nothing lies.
const NOTHING: u32 = 0x700_0000;
/// The message that asks for interrupt 200 of the table, which has no such; and one in the format without a table.
const NO_MESSAGE: u32 = 0xfee0_0010 | 200 << 5;
const OLD_MESSAGE: u32 = 0xfee0_0000;

/// What QEMU has to be given for the owners' devices.
const EDU: [&str; 4] =
    ["-device", "edu,addr=4,dma_mask=0xffffffff", "-device", "edu,addr=5,dma_mask=0xffffffff"];

/// The beginning of a system of this name.
fn keeper(name: &str) -> System {
    System::new(&format!("dma-{name}"), FRAME)
        .probe("keeper", &format!("undisturbed until={UNTIL}"), &[(0, MILLISECOND / 10)])
        .limit(UNTIL + 20 * FRAME)
        .qemu(&EDU)
}

/// Adds an owner of one of the devices, number 4 or 5, which has it reach these places.
fn with_owner(system: System, device: u64, dma: &str, places: &[(&str, u32)]) -> System {
    let name = format!("owner-{device}");
    let words = places.iter().fold("dma".to_owned(), |mut words, (name, address)| {
        let _ = write!(words, " {name}={address}");
        words
    });
    let says = format!(
        "pci = \"00:0{device}.0\"\npci-memory = \"1 MiB\"\ndma = \"{dma}\"\n\
         interrupts = [{{ number = {}, trigger = \"level\", line = 9 }}]",
        // How QEMU's board has wired the pins of PCI functions.
        16 + device
    );
    let start = (device - 3) * MILLISECOND;
    // Devices have names of their own, and each owner looks for its.
    system.probe(&name, &format!("{words} device={device}"), &[(start, MILLISECOND / 2)]).device(
        &format!("edu-{device}"),
        &name,
        &says,
    )
}

/// Runs it in a version of QEMU.
fn run(system: &System, built: &Built, version: &str) -> Transcript {
    let mut options = system.options().clone();
    options.qemu = qemu(version, Processor::X86_64).ok();
    run_built(built, &options)
}

/// Where the keeper lies in physical memory. What partitions are told does not change that.
fn keepers_memory(system: &System) -> u32 {
    system.build().layout.partitions[0].memory.start as u32
}

/// Whether the keeper's memory has changed.
fn has_changed(transcript: &Transcript) -> bool {
    // One that cannot go on has been changed, too.
    !transcript.of("keeper").contains(&"keeper: changes 0")
}

/// What has been told of an owner's device.
fn told(transcript: &Transcript, owner: &str) -> Vec<String> {
    let begin = format!("partition {owner}: log at ");
    let lines = transcript.of("kernel").into_iter().filter(|line| line.starts_with(&begin));
    lines.filter_map(|line| Some(line.split_once("device-error ")?.1.to_owned())).collect()
}

#[track_caller]
fn assert_said(transcript: &Transcript, owner: &str, line: &str) {
    assert!(transcript.of(owner).contains(&line), "{owner} did not say {line:?}:\n{}", transcript.all());
}

fn a_device_reaches_its_owners_memory_only() {
    let places = |others| {
        [
            ("text", TEXT),
            ("information", INFORMATION),
            ("kernel", KERNEL),
            ("others", others),
            ("nothing", NOTHING),
            ("message", NO_MESSAGE),
        ]
    };
    let others = keepers_memory(&with_owner(keeper("own"), 4, "iommu", &places(0)));
    let system = with_owner(keeper("own"), 4, "iommu", &places(others));
    let built = system.build();
    for version in VERSIONS {
        let transcript = run(&system, &built, version);
        assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
        assert!(!has_changed(&transcript), "{}", transcript.all());
        for line in [
            "dma: own 1 offset 0",
            "dma text: read 1 written 0",
            "dma information: read 1 written 0",
            "dma kernel: read 0 written 0",
            "dma others: read 0 written 0",
            "dma nothing: read 0 written 0",
            "dma message: sent 1",
        ] {
            assert_said(&transcript, "owner-4", line);
        }
        let mut expected = vec![
            format!("(PCI function 00:04.0, reason 5) writing {TEXT:#010x}"),
            format!("(PCI function 00:04.0, reason 5) writing {INFORMATION:#010x}"),
        ];
        for address in [KERNEL, others, NOTHING] {
            expected.push(format!("(PCI function 00:04.0, reason 5) writing {address:#010x}"));
            expected.push(format!("(PCI function 00:04.0, reason 6) reading {:#010x}", address + 0x1000));
        }
        assert_eq!(told(&transcript, "owner-4"), expected, "{}", transcript.all());
        // Of a blocked message older versions say nothing, and newer ones not whose it was.
        let of_message = transcript.of("kernel").iter().any(|line| line.contains("reason 34)"));
        assert_eq!(of_message, version == "10.0", "{}", transcript.all());
    }
}

/// What the test before tries does happen where nothing keeps it.
fn without_an_iommu_the_same_device_reaches_everything() {
    let others = keepers_memory(&with_owner(keeper("everything"), 4, "unprotected", &[("others", 0)]));
    let system = with_owner(keeper("everything"), 4, "unprotected", &[("text", TEXT), ("others", others)]);
    let built = system.build();
    let offset = built.layout.partitions[1].memory.start as u32 - TEXT;
    for version in VERSIONS {
        let transcript = run(&system, &built, version);
        assert!(has_changed(&transcript), "{}", transcript.all());
        assert_said(&transcript, "owner-4", &format!("dma: own 1 offset {offset}"));
        assert_said(&transcript, "owner-4", "dma text: read 1 written 1");
        assert_said(&transcript, "owner-4", "dma others: read 1 written 0");
    }
}

fn beside_an_iommu_only_the_unprotected_device_reaches_everything() {
    let both = |dma: [&str; 2], others| {
        let system = with_owner(keeper("beside"), 4, dma[0], &[("others", others)]);
        with_owner(system, 5, dma[1], &[])
    };
    let others = keepers_memory(&both(["unprotected", "iommu"], 0));
    let system = both(["unprotected", "iommu"], others);
    let built = system.build();
    for version in VERSIONS {
        let transcript = run(&system, &built, version);
        assert!(has_changed(&transcript), "{}", transcript.all());
        assert_said(&transcript, "owner-4", "dma others: read 1 written 0");
        assert_said(&transcript, "owner-5", "dma: own 1 offset 0");
    }
}

fn without_what_it_needs_the_kernel_does_not_start() {
    let system = with_owner(keeper("without"), 4, "iommu", &[]);
    let built = system.build();
    for version in VERSIONS {
        for (machine, words) in [
            ("", "this machine has no IOMMU: switch VT-d on"),
            ("intel-iommu,intremap=off", "does not remap interrupts: switch that on"),
        ] {
            let said = started_by_hand(&built, version, machine);
            assert!(said.contains("the system table is refused: a device has dma = \"iommu\""), "{said}");
            assert!(said.contains(words), "{said}");
        }
    }
}

/// What the kernel says on a machine with this device, and the owners'.
fn started_by_hand(built: &Built, version: &str, device: &str) -> String {
    let mut command = std::process::Command::new(qemu(version, Processor::X86_64).unwrap_or_default());
    command.args(["-machine", "q35", "-cpu", "max", "-nodefaults", "-display", "none", "-no-reboot"]);
    command.args(["-serial", "stdio", "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"]);
    command.args(["-icount", "shift=0,sleep=off", "-m", "128M"]).arg("-kernel").arg(&built.file);
    if !device.is_empty() {
        command.args(["-device", device]);
    }
    let output = command.args(EDU).output().unwrap_or_else(|error| panic!("{error}"));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// An adapter's message comes by way of the table. QEMU does not know who writes one to memory, so that the other
/// device's owner can send it too: it comes once, as one that is let in, and is heard no more when it comes masked.
fn a_message_is_its_functions_and_comes_once() {
    const SECOND_MESSAGE: u32 = 0xfee0_0010 | 1 << 5;
    let device = "pci = \"00:06.0\"\npci-memory = \"512 KiB\"\npci-line = 9\ndma = \"iommu\"";
    let places = [("message", SECOND_MESSAGE), ("times", 4)];
    let system = with_owner(keeper("listener"), 4, "iommu", &places)
        .probe("listener", &format!("listener until={UNTIL}"), &[(3 * MILLISECOND, MILLISECOND / 2)])
        .device("adapter", "listener", device)
        .qemu(&["-device", "e1000e,addr=6"]);
    let built = system.build();
    for version in VERSIONS {
        let transcript = run(&system, &built, version);
        assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
        assert_said(&transcript, "owner-4", "dma message: sent 4");
        assert_said(&transcript, "listener", "listener: ready 1 own 1 others 1");
    }
}

/// With `CFIS` clear, as the kernel has it, VT-d blocks such a message (5.1.4); QEMU does not, in any version up to
/// 11.1. What the device writes here has a processor begin anew.
fn a_message_in_the_old_format_gets_through_qemu() {
    let system = with_owner(keeper("message"), 4, "iommu", &[("message", OLD_MESSAGE)]);
    let built = system.build();
    for version in VERSIONS {
        let transcript = run(&system, &built, version);
        assert_eq!(transcript.ending, Ending::Reset, "{}", transcript.all());
    }
}
