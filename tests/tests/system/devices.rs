//! Devices that partitions own: interrupts that reach their owner and nobody else's time, registers that nobody else
//! touches.

use std::path::Path;

use bulkhead_tests::costs::clock_device;
use bulkhead_tests::witnesses::{FRAME, MIDDLE, assert_undisturbed, between_witnesses};
use bulkhead_tests::{MILLISECOND, System, Transcript};
use bulkhead_tool::run::Ending;
use bulkhead_tool::system_file::Processor;

use crate::attacks::assert_refused;

on_every_processor! {
    an_interrupt_reaches_its_owner,
    an_interrupt_wakes_its_owner_from_idling,
    a_device_that_asks_without_end_takes_nobodys_time,
    what_is_not_let_in_comes_once,
    a_start_finds_its_devices_quiet,
    no_call_reaches_anothers_device,
    a_background_partition_with_a_storm_takes_nobodys_time,
    a_kernel_that_varies_loses_no_interrupt,
}

/// The kinds of interrupts that there are: those of the controller, and messages.
fn kinds(processor: Processor) -> &'static [&'static str] {
    match processor {
        Processor::X86_64 => &["edge", "level", "message"],
        Processor::Leon3 => &["edge"],
    }
}

/// The PCI function that sends messages, at the place that [`clock_device`] names.
const ADAPTER: [&str; 2] = ["-device", "e1000e,addr=04.0"];

/// The kinds of interrupts that the controller has a line for.
fn triggers(processor: Processor) -> &'static [&'static str] {
    match processor {
        Processor::X86_64 => &["edge", "level"],
        Processor::Leon3 => &["edge"],
    }
}

/// An owner between two witnesses, which watch 20 windows.
fn owner(processor: Processor, name: &str, trigger: &str, does: &str, keys: &str) -> System {
    between_witnesses(processor, &format!("device-{name}-{trigger}"), 20)
        .probe("owner", &format!("owner {does} {trigger}"), &[MIDDLE])
        .keys(keys)
        .device("clock", "owner", &clock_device(processor, trigger))
        .qemu(if trigger == "message" { &ADAPTER } else { &[] })
}

fn undisturbed(processor: Processor, transcript: &Transcript) {
    for witness in ["first", "last"] {
        assert_undisturbed(processor, transcript, witness, 20);
    }
}

fn completed(processor: Processor, system: &System) -> Transcript {
    let transcript = system.run();
    undisturbed(processor, &transcript);
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
    transcript
}

/// What the owner has said last.
#[track_caller]
fn said(transcript: &Transcript, word: &str) -> u64 {
    let numbers = transcript.numbers("owner", "owner:");
    *numbers.get(word).unwrap_or_else(|| panic!("{}", transcript.all()))
}

fn an_interrupt_reaches_its_owner(processor: Processor) {
    for trigger in kinds(processor) {
        let transcript = completed(processor, &owner(processor, "once", trigger, "once times=100", ""));
        assert_eq!(said(&transcript, "interrupts"), 100, "{}", transcript.all());
    }
}

fn an_interrupt_wakes_its_owner_from_idling(processor: Processor) {
    for trigger in kinds(processor) {
        let transcript = completed(processor, &owner(processor, "idle", trigger, "once times=100 idle", ""));
        assert_eq!(said(&transcript, "interrupts"), 100, "{}", transcript.all());
        let slowest = said(&transcript, "slowest");
        // The adapter sends a message 128 us after the last, which can be behind the end of the window.
        let most = if *trigger == "message" { FRAME } else { MILLISECOND };
        assert!(slowest < most, "{slowest} ns: only the next window woke it");
    }
}

/// Each interrupt is late by what is drawn from the seed: none is lost or comes twice, the same seed is the same run,
/// and neighbours have their time.
fn a_kernel_that_varies_loses_no_interrupt(processor: Processor) {
    const JITTER: u64 = 500;
    for trigger in kinds(processor) {
        let system = |seed: u64| owner(processor, &format!("varied-{seed}"), trigger, "once times=100", "");
        let run = |seed: u64| {
            let transcript = completed(processor, &system(seed).varied(seed, JITTER));
            assert_eq!(said(&transcript, "interrupts"), 100, "{}", transcript.all());
            (said(&transcript, "slowest"), transcript.lines)
        };
        let punctual = said(&completed(processor, &system(0)), "slowest");
        let (slowest, lines) = run(1);
        println!("{processor:?}, {trigger}: slowest {slowest} ns instead of {punctual} ns");
        assert_eq!(run(1).1, lines, "{trigger}");
        assert_ne!(run(2).1, lines, "{trigger}");
        // Of messages the slowest is one that has waited for the next window.
        assert!(*trigger == "message" || slowest > punctual + JITTER / 2, "{trigger}: {slowest} {punctual}");
    }
}

fn a_device_that_asks_without_end_takes_nobodys_time(processor: Processor) {
    for trigger in kinds(processor) {
        let transcript = completed(processor, &owner(processor, "storm", trigger, "storm windows=15", ""));
        let count = said(&transcript, "interrupts");
        let least = if *trigger == "message" { 400 } else { 10_000 };
        assert!(count > least, "{count} interrupts are no storm");
    }
}

fn what_is_not_let_in_comes_once(processor: Processor) {
    for trigger in kinds(processor) {
        let transcript = completed(processor, &owner(processor, "deaf", trigger, "deaf windows=15", ""));
        assert_eq!(said(&transcript, "interrupts"), 1);
    }
}

fn a_start_finds_its_devices_quiet(processor: Processor) {
    for trigger in kinds(processor) {
        let keys = "health = { application-error = \"warm-restart\" }";
        let transcript = completed(processor, &owner(processor, "silent", trigger, "silent windows=5", keys));
        assert_eq!(said(&transcript, "start"), 1, "{}", transcript.all());
        assert!(said(&transcript, "interrupts") <= 1, "{}", transcript.all());
    }
}

/// On LEON3 nothing that QEMU has interrupts by itself.
#[test]
fn an_interrupt_in_anothers_window_waits_for_its_owners() {
    for trigger in triggers(Processor::X86_64) {
        let transcript =
            completed(Processor::X86_64, &owner(Processor::X86_64, "later", trigger, "later windows=15", ""));
        let (count, asked) = (said(&transcript, "interrupts"), said(&transcript, "asked"));
        assert!(asked >= 14 && count == asked, "{}", transcript.all());
        assert_eq!(said(&transcript, "early"), 0, "{}", transcript.all());
    }
}

/// In nobody's time, between two who have windows.
fn a_background_partition_with_a_storm_takes_nobodys_time(processor: Processor) {
    for trigger in triggers(processor) {
        let system = between_witnesses(processor, &format!("device-background-{trigger}"), 20)
            .probe("owner", &format!("owner storm windows=30 {trigger}"), &[])
            .keys("background = true")
            .device("clock", "owner", &clock_device(processor, trigger));
        let transcript = system.run();
        undisturbed(processor, &transcript);
        let count = said(&transcript, "interrupts");
        assert!(count > 1_000, "{count} interrupts are no storm");
    }
}

/// Whose time is given away is heard while the background partition has it, and not in that one's own window, which
/// begins without a switch.
#[test]
fn an_interrupt_of_who_gave_time_away_is_not_heard_behind_it() {
    for trigger in triggers(Processor::X86_64) {
        let (start, duration) = (2 * MILLISECOND, 2 * MILLISECOND);
        let spender = format!("spender until={} frame={FRAME} start={start} duration={duration}", 10 * FRAME);
        let system = System::new(&format!("device-given-{trigger}"), FRAME)
            .probe("owner", &format!("owner later windows=15 idle {trigger}"), &[(0, start)])
            .device("clock", "owner", &clock_device(Processor::X86_64, trigger))
            .probe("background", &spender, &[(start, duration)])
            .keys("background = true")
            .limit(20 * FRAME);
        let transcript = system.run();
        let (count, asked) = (said(&transcript, "interrupts"), said(&transcript, "asked"));
        assert!(asked >= 14 && count == asked, "{}", transcript.all());
        let pause = transcript.numbers("background", "spender:")["pause"];
        assert!((1..100).contains(&pause), "{pause} ns of its own window: {}", transcript.all());
    }
}

/// The kernel stops who has another stack segment with whatever comes then: here that is another's interrupt, whose
/// edge comes no second time.
#[test]
fn an_interrupt_that_finds_another_in_a_wrong_mode_is_not_lost() {
    for trigger in triggers(Processor::X86_64) {
        let start = 2 * MILLISECOND;
        let system = System::new(&format!("device-wrong-mode-{trigger}"), FRAME)
            .probe("owner", &format!("owner later windows=15 {trigger}"), &[(0, start)])
            .device("clock", "owner", &clock_device(Processor::X86_64, trigger))
            .probe("adversary", "adversary stack-segment-spin", &[(start, start)])
            .device("other", "adversary", "interrupts = [{ number = 21 }]")
            .limit(20 * FRAME);
        let transcript = system.run();
        // With the vector of the interrupt.
        transcript.expect("kernel", "wrong processor mode (vector 64, error 0x23), pc 0x001");
        let (count, asked) = (said(&transcript, "interrupts"), said(&transcript, "asked"));
        assert!(asked >= 14 && count == asked, "{}", transcript.all());
    }
}

/// Of a function's configuration registers its owner writes the command register, and makes it bus master where the
/// system file allows that, until it starts again. Then it answers, whatever its owner has written.
#[test]
fn a_function_is_bus_master_from_when_its_owner_says_so() {
    for (dma, after) in [("unprotected", 1), ("none", 0)] {
        for action in ["warm", "cold"] {
            let system = System::new(&format!("device-{dma}-{action}"), MILLISECOND)
                .probe("owner", "owner function message", &[(0, MILLISECOND)])
                .keys(&format!("health = {{ application-error = \"{action}-restart\" }}"))
                .device(
                    "clock",
                    "owner",
                    &clock_device(Processor::X86_64, "message").replace("unprotected", dma),
                )
                .qemu(&ADAPTER);
            let transcript = system.run();
            // 64 registers of four bytes.
            let line =
                |start| format!("owner: start {start} before 0 after {after} written 1, 4 read 64 answers 1");
            assert_eq!(transcript.of("owner"), [0, 1, 2].map(line), "{}", transcript.all());
        }
    }
}

/// The firmware can leave it to a driver that a function answers. The kernel writes its message before there is one.
#[test]
fn a_function_that_the_firmware_has_switched_off_sends_its_message() {
    let rom = Path::new(env!("CARGO_TARGET_TMPDIR")).join("switches-off.rom");
    std::fs::write(&rom, rom_that_switches_off()).unwrap();
    let system = owner(Processor::X86_64, "switched-off", "message", "once times=10", "");
    let transcript = completed(Processor::X86_64, &system.qemu(&["-option-rom", rom.to_str().unwrap()]));
    assert_eq!(said(&transcript, "interrupts"), 10, "{}", transcript.all());
}

/// What the firmware runs of an adapter's: this one clears the command register of the function 00:04.0.
fn rom_that_switches_off() -> Vec<u8> {
    // One block of 512 bytes; a jump over what the firmware looks for in the first 64.
    let mut rom = vec![0x55, 0xaa, 1, 0xeb, 0x3b];
    rom.resize(0x40, 0);
    // pushad; mov eax, 0x80002004; mov dx, 0xcf8; out dx, eax
    rom.extend([0x66, 0x60, 0x66, 0xb8, 0x04, 0x20, 0x00, 0x80, 0xba, 0xf8, 0x0c, 0x66, 0xef]);
    // mov dx, 0xcfc; xor ax, ax; out dx, ax; popad; retf
    rom.extend([0xba, 0xfc, 0x0c, 0x31, 0xc0, 0xef, 0x66, 0x61, 0xcb]);
    rom.resize(511, 0);
    let sum = rom.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    rom.push(sum.wrapping_neg());
    rom
}

/// A function that is not there is no system's.
#[test]
fn a_function_that_is_not_there_is_refused() {
    let system = System::new("device-no-function", MILLISECOND)
        .probe("owner", "owner function message", &[(0, MILLISECOND)])
        .device("clock", "owner", &clock_device(Processor::X86_64, "message"));
    let transcript = system.run();
    assert_eq!(transcript.ending, Ending::Refused);
    transcript.expect("kernel", "a device is a PCI function that is not there");
}

/// In QEMU's PC with PCIe, the firmware has them there: those of every function of bus 0 in the first MiB.
#[test]
fn the_memory_with_all_configuration_registers_is_nobodys() {
    for memory in [
        "memory = [{ address = 0xb0020000, size = \"4 KiB\", write = true }]",
        "registers = [{ address = 0xbfffff00, size = 0x100, width = 4 }]",
    ] {
        let transcript = System::new("device-configuration", MILLISECOND)
            .probe("adversary", "load nothing", &[(0, MILLISECOND)])
            .device("everything", "adversary", memory)
            .limit(5 * MILLISECOND)
            .run();
        assert_eq!(transcript.ending, Ending::Refused, "{}", transcript.all());
        transcript.expect("kernel", "a device is the kernel's own");
    }
}

/// A PC reads ones there.
#[test]
fn where_no_device_answers_nobody_but_its_owner_learns_of_it() {
    let registers = "registers = [{ address = 0x80000a00, size = 0x10, width = 4, allow = [\
         { offset = 0, size = 8, write = true }, { offset = 8, write = 1 }] }]";
    let system = owner(Processor::Leon3, "absent", "edge", "absent", "").device("absent", "owner", registers);
    let transcript = completed(Processor::Leon3, &system);
    assert_eq!(transcript.of("owner"), ["owner: interrupts 0 absent 1"]);
}

/// The adversary owns two registers, of which it may touch one bit; the owner's device asks without end meanwhile.
fn no_call_reaches_anothers_device(processor: Processor) {
    let registers = match processor {
        // The second UART's scratch register and what it has around it, from the line control register on.
        Processor::X86_64 => {
            "ports = [{ first = 0x2ff, count = 8, width = 1, allow = [{ offset = 0, read = 0x20, write = 0x20 }] }]"
        }
        Processor::Leon3 => {
            "registers = [{ address = 0x80000280, size = 8, width = 4, \
             allow = [{ offset = 0, size = 4, read = 0x20, write = 0x20 }] }]"
        }
    };
    let system = between_witnesses(processor, "device-attack", 20)
        .probe("adversary", "adversary devices", &[MIDDLE])
        .probe("owner", "owner storm windows=15 level", &[(4 * MILLISECOND, MILLISECOND / 2)])
        .device("own", "adversary", registers)
        .device("clock", "owner", &clock_device(processor, "level"));
    let transcript = system.run();
    undisturbed(processor, &transcript);
    assert_refused(&transcript, "devices", 3_060);
    assert!(said(&transcript, "interrupts") > 1_000);
}
