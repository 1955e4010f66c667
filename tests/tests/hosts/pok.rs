//! Our file for POK's kernel, in a model of POK, against what the partition interface promises.

use std::sync::OnceLock;

use bulkhead_abi::machine::i386::{MEMORY_BASE, SHARED_PAGE};
use bulkhead_abi::{Hypercall, Line};
use bulkhead_pok_facts::{Call, DATA_SELECTOR, INFORMATION_PAGE, NOW, TICK, added};
use bulkhead_tool::host::Host;

use crate::pok_model::{Model, Program, Register, Segment};
use crate::support::{build_file, build_without_channels};

bulkhead_tests::tests! {
    a_deadline_interrupts_at_the_first_tick_after_it,
    what_is_masked_or_disabled_waits_and_is_not_lost,
    an_idle_partition_wakes_at_its_deadline_and_not_at_the_next_quantum,
    an_idle_partition_wakes_when_its_window_begins,
    a_deadline_that_passes_in_others_windows_is_due_at_the_next_of_the_partitions_own,
    time_that_is_nobodys_is_given_to_nobody,
    a_fault_is_told_once_and_a_second_one_ends_the_partition,
    a_fault_without_an_entry_ends_the_partition_and_one_of_the_kernel_is_poks,
    when_all_partitions_have_ended_the_system_does,
    only_the_segments_of_the_partition_that_runs_are_there,
    segments_end_where_the_partition_ends,
    thread_local_storage_reaches_from_the_partitions_start_to_its_base,
    the_word_at_the_base_of_storage_is_read_for_the_partition,
    a_guest_makes_no_call_that_reaches_others,
    a_message_goes_when_its_senders_slot_ends_and_is_told_of_at_the_receivers,
    a_queue_keeps_its_bytes_and_tells_of_every_message,
    a_call_for_a_port_is_the_owners_and_reaches_nothing_else,
    a_partition_can_raise_nothing_but_calls_and_breakpoints,
    whatever_a_guest_writes_and_asks_only_its_pages_change,
}

const ENABLED: u32 = SHARED_PAGE;
const PENDING: u32 = SHARED_PAGE + 0x04;
const MASK: u32 = SHARED_PAGE + 0x08;
const UPCALL_PROGRAM_COUNTER: u32 = SHARED_PAGE + 0x10;
const UPCALL_FLAGS: u32 = SHARED_PAGE + 0x18;
const FAULT: u32 = SHARED_PAGE + 0x20;

const INTERRUPT_ENTRY: u32 = 0x0010_1000;
const FAULT_ENTRY: u32 = 0x0010_2000;

/// Answers of POK.
const OK: Option<u32> = Some(0);
const INVALID: Option<u32> = Some(1);
const NOT_PERMITTED: Option<u32> = Some(6);

/// Ticks until POK looks at its schedule again, at most.
const QUANTUM_TICKS: u32 = 109;

/// The demo: windows of 8 ms (partition 0), 6 ms (1) and 4 ms (2), with 1 ms of nobody's after each of the last two.
fn demo() -> Model {
    static PROGRAM: OnceLock<Program> = OnceLock::new();
    PROGRAM.get_or_init(|| Program::new(&build_without_channels(Host::Pok, "model"), "demo")).boot()
}

fn call(model: &Model, call: Hypercall, first: u32, second: u32) -> Option<u32> {
    model.call(added(call), first, second)
}

/// A partition that wants its timer and may be interrupted.
fn register(model: &Model) {
    assert_eq!(call(model, Hypercall::SetUpcalls, INTERRUPT_ENTRY, FAULT_ENTRY), OK);
    model.write(PENDING, 0);
    model.write(MASK, Line::Timer.bit());
    model.write(ENABLED, 0x200);
}

fn timer(model: &Model, deadline: u64) {
    assert_eq!(call(model, Hypercall::TimerSet, deadline as u32, (deadline >> 32) as u32), OK);
}

fn until(model: &Model, partition: u64) {
    for _ in 0..30 * QUANTUM_TICKS {
        if model.state().partition == partition {
            return;
        }
        model.tick(1);
    }
    panic!("partition {partition} has no slot");
}

fn a_deadline_interrupts_at_the_first_tick_after_it() {
    let model = demo();
    register(&model);
    model.set(Register::Eip, 0x0010_1234);
    model.set(Register::Eflags, 0x0000_0ad7);
    model.set(Register::Esp, 0x0018_0000);
    model.set(Register::Eax, 0x1111_1111);
    timer(&model, 10 * TICK - 1);
    model.tick(9);
    assert_eq!((model.get(Register::Eip), model.read(PENDING)), (0x0010_1234, 0));
    model.tick(1);
    assert_eq!(model.get(Register::Eip), INTERRUPT_ENTRY);
    // All flags clear, but the one that lets the machine's own interrupts in and the one that is always set.
    assert_eq!(model.get(Register::Eflags), 0x202);
    assert_eq!((model.get(Register::Esp), model.get(Register::Eax)), (0x0018_0000, 0x1111_1111));
    assert_eq!((model.read(ENABLED), model.read(PENDING)), (0, Line::Timer.bit()));
    assert_eq!((model.read_64(UPCALL_PROGRAM_COUNTER), model.read_64(UPCALL_FLAGS)), (0x0010_1234, 0xad7));
    assert_eq!(model.read_64(INFORMATION_PAGE + NOW), 10 * TICK);
    // The deadline is used up.
    model.write(PENDING, 0);
    model.write(ENABLED, 1);
    model.tick(20);
    assert_eq!(model.read(PENDING), 0);
}

fn what_is_masked_or_disabled_waits_and_is_not_lost() {
    let model = demo();
    register(&model);
    model.set(Register::Eip, 0x0010_1234);
    model.write(MASK, 0);
    timer(&model, 0);
    assert_eq!((model.get(Register::Eip), model.read(PENDING)), (0x0010_1234, Line::Timer.bit()));
    model.write(ENABLED, 0);
    model.write(MASK, Line::Timer.bit());
    model.tick(3);
    assert_eq!(model.get(Register::Eip), 0x0010_1234);
    model.write(ENABLED, 0x200);
    model.tick(1);
    assert_eq!(model.get(Register::Eip), INTERRUPT_ENTRY);
    assert_eq!(model.read_64(UPCALL_PROGRAM_COUNTER), 0x0010_1234);
}

fn an_idle_partition_wakes_at_its_deadline_and_not_at_the_next_quantum() {
    let model = demo();
    register(&model);
    timer(&model, 50 * TICK);
    assert_eq!(call(&model, Hypercall::Idle, 0, 0), OK);
    assert!(!model.runs());
    model.tick(49);
    assert!(!model.runs());
    model.tick(1);
    assert!(model.runs());
    assert_eq!(model.get(Register::Eip), INTERRUPT_ENTRY);
    // With a line due already, idling returns at once, whether interrupts are enabled or not.
    model.write(ENABLED, 0);
    assert_eq!(call(&model, Hypercall::Idle, 0, 0), OK);
    assert!(model.runs());
}

fn an_idle_partition_wakes_when_its_window_begins() {
    let model = demo();
    register(&model);
    assert_eq!((model.read(INFORMATION_PAGE + 0x18), model.read_64(INFORMATION_PAGE + 0x28)), (1, 8_000_000));
    assert_eq!(call(&model, Hypercall::Idle, 0, 0), OK);
    until(&model, 1);
    until(&model, 3);
    until(&model, 2);
    until(&model, 0);
    assert!(model.runs());
    let now = model.state().now;
    assert!((20_000_000..20_000_000 + TICK).contains(&now), "{now}");
    assert_eq!(model.read(PENDING), Line::Window.bit());
    assert_eq!(model.read(INFORMATION_PAGE + 0x18), 2);
    assert_eq!(model.read_64(INFORMATION_PAGE + 0x20), 20_000_000);
    assert_eq!(model.read_64(INFORMATION_PAGE + 0x28), 28_000_000);
}

fn a_deadline_that_passes_in_others_windows_is_due_at_the_next_of_the_partitions_own() {
    let model = demo();
    register(&model);
    timer(&model, 9_000_000);
    until(&model, 1);
    until(&model, 0);
    assert_eq!(model.get(Register::Eip), INTERRUPT_ENTRY);
    assert_eq!(model.read(PENDING), Line::Timer.bit() | Line::Window.bit());
}

fn time_that_is_nobodys_is_given_to_nobody() {
    let model = demo();
    until(&model, 3);
    assert!(!model.runs());
    model.tick(QUANTUM_TICKS / 2);
    assert!(!model.runs());
}

fn a_fault_is_told_once_and_a_second_one_ends_the_partition() {
    let model = demo();
    register(&model);
    for (register, value) in
        [(Register::Eip, 0x0010_1234), (Register::Esp, 0xffff_fff0), (Register::Eflags, 0x10202)]
    {
        model.set(register, value);
    }
    for register in [Register::Ds, Register::Es, Register::Ss] {
        model.set(register, 0x1b);
    }
    model.fault(13, 0x18);
    assert_eq!(model.get(Register::Eip), FAULT_ENTRY);
    let record: Vec<u32> = (0..5).map(|word| model.read(FAULT + 4 * word)).collect();
    assert_eq!(record, [1, 2, 13, 0x18, 0x200]);
    assert_eq!(model.read_64(FAULT + 0x20), 0x0010_1234);
    assert_eq!((model.read_64(FAULT + 0x28), model.read_64(FAULT + 0x30)), (0x10202, 0xffff_fff0));
    assert_eq!(model.read(ENABLED), 0);
    for register in [Register::Ds, Register::Es, Register::Ss] {
        assert_eq!(model.get(register), u32::from(DATA_SELECTOR), "the entry can use its data");
    }
    model.write(FAULT, 0);
    for (vector, kind) in [(0, 4), (1, 7), (6, 3), (12, 2), (16, 5), (17, 6), (19, 5)] {
        model.fault(vector, 0);
        assert_eq!((model.read(FAULT + 4), model.read(FAULT + 8)), (kind, vector));
        model.write(FAULT, 0);
    }
    model.fault(6, 0);
    assert!(model.runs());
    model.fault(6, 0);
    assert!(!model.runs());
    until(&model, 1);
    until(&model, 0);
    assert!(!model.runs(), "for ever");
}

fn a_fault_without_an_entry_ends_the_partition_and_one_of_the_kernel_is_poks() {
    let model = demo();
    model.kernel_fault(0);
    assert_eq!((model.state().errors, model.runs()), (12, true));
    model.fault(6, 0);
    assert_eq!((model.state().errors, model.runs()), (12, false));
}

fn when_all_partitions_have_ended_the_system_does() {
    let model = demo();
    for partition in [0, 1, 2] {
        until(&model, partition);
        assert_eq!(model.state().shutdowns, 0);
        assert_eq!(call(&model, Hypercall::Halt, 0, 0), OK);
        assert!(!model.runs());
    }
    assert_eq!(model.state().shutdowns, 1);
}

fn only_the_segments_of_the_partition_that_runs_are_there() {
    let model = demo();
    register(&model);
    // Idle when its window ends: POK would leave its segments present.
    call(&model, Hypercall::Idle, 0, 0);
    for partition in [1, 3, 2, 0, 1] {
        until(&model, partition);
        model.tick(1);
        for other in 0..4 {
            let present = [4 + 2 * other, 5 + 2 * other].map(|entry| model.segment(entry).present);
            if partition != 3 {
                assert_eq!(
                    present,
                    [u64::from(other) == partition; 2],
                    "{other} in the window of {partition}"
                );
            }
        }
    }
}

fn segments_end_where_the_partition_ends() {
    let model = demo();
    // 1 MiB and 64 KiB below, 1 MiB of memory and a page for the copy of data: the limit is the number of the last
    // page.
    for entry in [4, 5, 253] {
        let segment = model.segment(entry);
        assert_eq!((segment.start, segment.limit, segment.pages), (0, 0x210, true), "{entry}");
    }
}

fn thread_local_storage_reaches_from_the_partitions_start_to_its_base() {
    let model = demo();
    register(&model);
    let base = 0x0014_5670;
    assert_eq!(call(&model, Hypercall::SetTlsBase, base, 0), OK);
    // It grows down: offsets above the limit are in it, in pages, and 2^32 - base is where the partition begins.
    let limit = 0xf_ffff - (base >> 12);
    assert_eq!(model.segment(3), Segment { start: base, limit, kind: 7, pages: true, present: true });
    let first = (limit + 1) << 12;
    assert_eq!(base.wrapping_add(first), base & 0xfff, "the lowest address is in the partition's first page");
    for outside in [0x0030_0000, 0x0021_1000 - 3, 0xffff_ffff, 0x9000_0000] {
        assert_eq!(call(&model, Hypercall::SetTlsBase, outside, 0), INVALID, "{outside:#x}");
    }
    assert_eq!(model.segment(3).start, base);
    until(&model, 1);
    assert_eq!(model.segment(3).start, 0, "the next partition has its own");
    until(&model, 0);
    assert_eq!(model.segment(3).start, base);
}

fn the_word_at_the_base_of_storage_is_read_for_the_partition() {
    let model = demo();
    register(&model);
    let base = MEMORY_BASE + 0x4_0000;
    call(&model, Hypercall::SetTlsBase, base, 0);
    model.write(base, 0x1234_5678);
    let code = MEMORY_BASE + 0x5_0000;
    let at = |word: u32, next: u32| {
        model.write(code, word);
        model.write(code + 4, next);
        model.set(Register::Eip, code);
        model.fault(13, 0);
        let busy = model.read(FAULT);
        model.write(FAULT, 0);
        busy == 0
    };
    // mov %gs:0, %eax in its short form, and of every other register in the long one.
    assert!(at(0x0000_a165, 0x9090_0000));
    assert_eq!((model.get(Register::Eax), model.get(Register::Eip)), (0x1234_5678, code + 6));
    for (number, register) in [
        (0, Register::Eax),
        (1, Register::Ecx),
        (2, Register::Edx),
        (3, Register::Ebx),
        (5, Register::Ebp),
        (6, Register::Esi),
        (7, Register::Edi),
    ] {
        model.set(register, 0);
        assert!(at(0x0005_8b65 | number << 19, 0x9000_0000));
        assert_eq!((model.get(register), model.get(Register::Eip)), (0x1234_5678, code + 7), "{number}");
    }
    // Another offset, another operation, another segment, the stack pointer: faults.
    for (word, next) in
        [(0x0400_a165, 0), (0x0005_0365, 0), (0x0000_a164, 0), (0x0005_8b65, 1), (0x0025_8b65, 0)]
    {
        assert!(!at(word, next), "{word:#x} {next:#x}");
    }
    // An instruction at the very end of the partition is not looked at beyond it.
    model.set(Register::Eip, 0x0021_1000 - 2);
    model.fault(13, 0);
    assert_eq!(model.read(FAULT), 1);
}

fn a_guest_makes_no_call_that_reaches_others() {
    let model = demo();
    assert_eq!(call(&model, Hypercall::Idle, 0, 0), INVALID, "before it has registered");
    register(&model);
    // Threads, ports, which the system does not have, errors, modes, ports of the machine, the end of the system.
    for number in (50..=65).chain(101..=114).chain([301, 303, 304, 404, 501, 502, 601, 706, 707, 0, 9, 12]) {
        assert_eq!(model.call(number, 3, 0), NOT_PERMITTED, "{number}");
    }
    for number in [Call::ConsoleWrite as u32, Call::ClockRead as u32, 405] {
        assert_eq!(model.call(number, 0, 0), None, "{number} is POK's");
    }
    // Of the console's input, which nobody has here.
    assert_eq!(model.call(Call::ConsoleRead as u32, MEMORY_BASE, 0), NOT_PERMITTED);
    for number in
        [Hypercall::InterfaceVersion, Hypercall::ConsoleWrite, Hypercall::Restart, Hypercall::Status]
    {
        assert_eq!(call(&model, number, 0, 0), INVALID);
    }
    assert_eq!(model.call(0xffff_ffff, 0, 0), INVALID);
}

/// The partitions of `tests/systems/messages`: windows of 8 ms for the sender (0) and the receiver (1), 2 ms of
/// nobody's after each. Ports of the kernel: 0 to 4 are the sender's, 5 to 9 the receiver's; 0 to 5 is a sampling
/// channel, 1 to 6 a queue of three records of 48 bytes, and 7 to 2 says how many of them were taken.
fn messages() -> Model {
    static PROGRAM: OnceLock<Program> = OnceLock::new();
    let file = bulkhead_tests::repository().join("tests/systems/messages/bulkhead.toml");
    PROGRAM
        .get_or_init(|| Program::new(&build_file(Host::Pok, &file, None, "model-messages"), "messages"))
        .boot()
}

const NO_PORT: Option<u32> = Some(301);
const NOTHING_THERE: Option<u32> = Some(308);

/// Where a test has its bytes, and the length that is stored.
const BYTES: u32 = MEMORY_BASE + 0x8000;
const LENGTH: u32 = MEMORY_BASE + 0x9000;
const VALIDITY: u32 = MEMORY_BASE + 0x9004;
const PORT_BITS: u32 = SHARED_PAGE + 0x58;

fn port_call(model: &Model, call: Call, arguments: &[u32]) -> Option<u32> {
    model.long_call(call as u32, arguments)
}

/// What the partition was told since it was last asked: whether the line is pending, and of which ports.
fn news(model: &Model) -> (bool, u32) {
    let (line, ports) = (model.read(PENDING) & Line::Port.bit() != 0, model.read(PORT_BITS));
    model.write(PENDING, 0);
    model.write(PORT_BITS, 0);
    (line, ports)
}

fn a_message_goes_when_its_senders_slot_ends_and_is_told_of_at_the_receivers() {
    let model = messages();
    register(&model);
    until(&model, 1);
    register(&model);
    let read = || port_call(&model, Call::SamplingRead, &[5, BYTES, LENGTH, VALIDITY]);
    assert_eq!((read(), news(&model)), (NOTHING_THERE, (false, 0)));
    until(&model, 0);
    for value in [0x1111_1111, 0x2222_2222] {
        model.write(BYTES, value);
        assert_eq!(port_call(&model, Call::SamplingWrite, &[0, BYTES, 20]), OK);
    }
    until(&model, 1);
    assert_eq!(news(&model), (true, 1), "port 0 of the receiver's");
    assert_eq!((read(), model.read(BYTES), model.read(LENGTH)), (OK, 0x2222_2222, 80));
    until(&model, 0);
    assert_eq!(news(&model), (false, 0));
    until(&model, 1);
    assert_eq!(news(&model), (false, 0), "a message is told of once");
    assert_eq!((read(), model.read(BYTES)), (OK, 0x2222_2222), "and stays");
}

fn a_queue_keeps_its_bytes_and_tells_of_every_message() {
    let model = messages();
    register(&model);
    until(&model, 1);
    register(&model);
    // Round the ring some times; the same number of messages each time, so that its ends meet nowhere twice alike.
    for round in 0..10 {
        until(&model, 0);
        for number in 0..3 {
            model.write(BYTES, 16 * round + number);
            assert_eq!(port_call(&model, Call::QueuingSend, &[1, BYTES, 48, 0]), OK);
        }
        until(&model, 1);
        assert_eq!(news(&model), (true, 1 << 1), "round {round}");
        assert_eq!(port_call(&model, Call::QueuingStatus, &[6]), Some(3 * 48));
        for number in 0..3 {
            let receive = port_call(&model, Call::QueuingReceive, &[6, 0, 48, BYTES, LENGTH]);
            assert_eq!((receive, model.read(BYTES), model.read(LENGTH)), (OK, 16 * round + number, 48));
        }
        let receive = port_call(&model, Call::QueuingReceive, &[6, 0, 48, BYTES, LENGTH]);
        assert_eq!((receive, model.read(LENGTH)), (NOTHING_THERE, 0));
        // The receiver says that it has taken them, and the sender is told of that for its port 1.
        model.write(BYTES, 3 * round);
        assert_eq!(port_call(&model, Call::SamplingWrite, &[7, BYTES, 4]), OK);
        until(&model, 0);
        assert_eq!(news(&model), (true, 1 << 1));
        assert_eq!(port_call(&model, Call::SamplingRead, &[2, BYTES, LENGTH, VALIDITY]), OK);
        assert_eq!(model.read(BYTES), 3 * round);
    }
}

fn a_call_for_a_port_is_the_owners_and_reaches_nothing_else() {
    let model = messages();
    register(&model);
    let before = model.fingerprint();
    let calls = [
        Call::SamplingRead,
        Call::SamplingWrite,
        Call::QueuingSend,
        Call::QueuingReceive,
        Call::QueuingStatus,
    ];
    for call in calls {
        // Another's ports, none, and numbers that are a port's in 8 bits.
        for port in (5..=20).chain([255, 256, 257, u32::MAX]) {
            assert_eq!(
                port_call(&model, call, &[port, BYTES, 4, LENGTH, LENGTH]),
                NO_PORT,
                "{call:?} {port}"
            );
        }
    }
    // Ports of the partition that are no source, no destination, or of the other kind.
    assert_eq!(port_call(&model, Call::SamplingWrite, &[2, BYTES, 4]), NO_PORT);
    assert_eq!(port_call(&model, Call::SamplingWrite, &[1, BYTES, 4]), NO_PORT);
    assert_eq!(port_call(&model, Call::SamplingRead, &[0, BYTES, LENGTH, VALIDITY]), NO_PORT);
    assert_eq!(port_call(&model, Call::QueuingReceive, &[1, 0, 48, BYTES, LENGTH]), NO_PORT);
    assert_eq!(port_call(&model, Call::QueuingSend, &[0, BYTES, 4, 0]), NO_PORT);
    // Lengths and addresses.
    for (address, length) in [(BYTES, 0), (BYTES, 81), (0xffff_fff0, 80), (u32::MAX, 1), (0x8000_0000, 4)] {
        assert_eq!(
            port_call(&model, Call::SamplingWrite, &[0, address, length]),
            INVALID,
            "{address:x} {length}"
        );
    }
    for arguments in
        [[2, u32::MAX - 2, LENGTH, VALIDITY], [2, BYTES, u32::MAX, VALIDITY], [2, BYTES, LENGTH, u32::MAX]]
    {
        assert_eq!(port_call(&model, Call::SamplingRead, &arguments), INVALID, "{arguments:x?}");
    }
    for arguments in [[3, 0, 0, BYTES, LENGTH], [3, 0, 48, u32::MAX, LENGTH], [3, 0, 48, BYTES, u32::MAX]] {
        assert_eq!(port_call(&model, Call::QueuingReceive, &arguments), INVALID, "{arguments:x?}");
    }
    assert_eq!(port_call(&model, Call::QueuingReceive, &[3, 0, u32::MAX, BYTES, LENGTH]), INVALID);
    assert_eq!(model.fingerprint(), before);
    // Whoever asks to wait inside the kernel is answered at once: the model says if POK is asked for it.
    let receive = port_call(&model, Call::QueuingReceive, &[3, 1_000_000, 48, BYTES, LENGTH]);
    assert_eq!(receive, NOTHING_THERE);
    assert_eq!(port_call(&model, Call::QueuingSend, &[1, BYTES, 48, 1_000_000]), OK);
}

fn a_partition_can_raise_nothing_but_calls_and_breakpoints() {
    let model = demo();
    for vector in 0..256 {
        let expected = if [3, 4, 42].contains(&vector) { 3 } else { 0 };
        assert_eq!(model.gate(vector), expected, "{vector}");
    }
}

fn whatever_a_guest_writes_and_asks_only_its_pages_change() {
    let model = demo();
    let before = model.fingerprint();
    // Numbers from a linear congruence (Knuth, volume 2, 3.3.4): the same in every run.
    let mut state: u64 = 1;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32
    };
    let mut seen = [false; 4];
    for _ in 0..6000 {
        let addresses =
            [0, MEMORY_BASE, SHARED_PAGE, 0x0020_fffe, 0x0021_1000, 0x9000_0000, 0xffff_fffc, random()];
        let (first, second) = (addresses[random() as usize % 8], addresses[random() as usize % 8]);
        let partition = model.state().partition;
        seen[partition as usize & 3] = true;
        if partition == 3 {
            model.tick(QUANTUM_TICKS);
            continue;
        }
        match random() % 8 {
            0 => model.write(SHARED_PAGE + random() % 0x16 * 4, random()),
            1 => model.write(INFORMATION_PAGE + random() % 0x100 * 8, random()),
            2 => model.set(Register::Eip, first),
            3 => {
                // Else it would soon be the end of all.
                model.write(FAULT, 0);
                call(&model, Hypercall::SetUpcalls, first, MEMORY_BASE);
                model.fault([0, 6, 12, 13][random() as usize % 4], first & 1);
            }
            4 | 5 => {
                let ours =
                    [Hypercall::Idle, Hypercall::TimerSet, Hypercall::SetTlsBase, Hypercall::SetUpcalls];
                let _ = model.call(added(ours[random() as usize % 4]), first, second);
            }
            6 => {
                let _ = model.call(random() % 1000, first, second);
            }
            _ => model.tick(random() % 16),
        }
    }
    assert_eq!(model.fingerprint(), before);
    assert_eq!(seen, [true; 4], "every partition had its windows");
    assert_eq!(model.state().shutdowns, 0);
}
