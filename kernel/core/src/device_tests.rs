//! Tests of the devices that partitions own: who may touch what, and what becomes of their interrupts.

use std::boxed::Box;
use std::vec::Vec;

use bulkhead_abi::{
    Action, COMMAND_BUS_MASTER, COMMAND_MEMORY, COMMAND_REGISTER, Error, HealthError, Hypercall, NAME_SIZE,
    ResourceDescription, ResourceKind, Response, StartReason,
};
use core::sync::atomic::Ordering::Relaxed;

use crate::channel_tests::{HERE, call, got, run_until, three};
use crate::device::RegisterPlace::{Memory, Port};
use crate::device::{
    FUNCTION_SIZE, Function, Interrupt, InterruptState, Reach, Resource, Rule, Width, configuration_rules,
};
use crate::fault::Fault;
use crate::kernel::Kernel;
use crate::machine::GuestRegisters;
use crate::model::{BASE, Model, SIZE, index, system};

const ADDRESS: u32 = 0x9000_0000;

/// Partition 0 owns ports with two rules, and a register block; partition 1 memory, and two interrupts, the second of
/// which lasts; partition 2 an interrupt.
fn own(kernel: &mut Kernel<Model>) {
    let resource = |partition, kind| Resource {
        name: [b'd'; NAME_SIZE],
        partition: index(partition),
        kind,
        ..Resource::NONE
    };
    let ports = Resource {
        width: Width::Byte,
        physical: 0x2f8,
        size: 8,
        rules: (0, 2),
        ..resource(0, ResourceKind::Ports)
    };
    let registers = Resource {
        width: Width::Word,
        physical: ADDRESS as usize,
        place: 0x7000_0000,
        size: 0x20,
        rules: (2, 2),
        ..resource(0, ResourceKind::Registers)
    };
    let memory = Resource {
        physical: 0xa000_0000,
        size: 0x2000,
        address: 0x50_0000,
        writable: true,
        ..resource(1, ResourceKind::Memory)
    };
    let interrupt = |partition, physical, line| Resource {
        physical,
        line,
        ..resource(partition, ResourceKind::Interrupt)
    };
    let resources = [ports, registers, memory, interrupt(1, 3, 9), interrupt(1, 5, 10), interrupt(2, 7, 9)];
    kernel.devices.count = resources.len();
    kernel.devices.resources[..resources.len()].copy_from_slice(&resources);
    let rules = [
        Rule { offset: 0, size: 1, read: 0xff, write: 0xff },
        Rule { offset: 4, size: 2, read: 0, write: 0x0f },
        Rule { offset: 0, size: 8, read: 0xffff, write: 0 },
        Rule { offset: 0x10, size: 4, read: u32::MAX, write: 1 << 4 },
    ];
    kernel.devices.rules[..rules.len()].copy_from_slice(&rules);
    let interrupt = |partition, line, number, level| Interrupt {
        partition: index(partition),
        line,
        number,
        level,
        ..Interrupt::NONE
    };
    let interrupts = [interrupt(1, 9, 3, false), interrupt(1, 10, 5, true), interrupt(2, 9, 7, true)];
    kernel.devices.interrupt_count = interrupts.len();
    kernel.devices.interrupts[..interrupts.len()].copy_from_slice(&interrupts);
    kernel.devices.of_partition[..3].copy_from_slice(&[(0, 2), (2, 3), (5, 1)]);
    kernel.devices.interrupts_of[..3].copy_from_slice(&[(0, 0), (0, 2), (2, 1)]);
}

fn owners() -> (Box<Kernel<Model>>, Model) {
    let (mut kernel, model) = three(&[]);
    own(&mut kernel);
    (kernel, model)
}

const BAD_ARGUMENT: Option<i32> = Some(Error::BadArgument.code());
const NOT_PERMITTED: Option<i32> = Some(Error::NotPermitted.code());
const BAD_ADDRESS: Option<i32> = Some(Error::BadAddress.code());

#[test]
fn a_register_is_read_and_written_as_its_rule_says() {
    let (mut kernel, mut model) = owners();
    model.register = 0xaaaa_aaaa;
    let mut read = |model: &mut Model, resource, offset| {
        model.accesses.clear();
        let result = call(&mut kernel, model, Hypercall::RegisterRead, [resource, offset, HERE]);
        let bytes = got(model, index(0), 4);
        (result, u32::from_ne_bytes(bytes.try_into().unwrap()), model.accesses.clone())
    };
    assert_eq!(read(&mut model, 0, 0), (Some(0), 0xaa, std::vec![(Port(0x2f8), Width::Byte, None)]));
    let expected = std::vec![(Memory(0x7000_0004), Width::Word, None)];
    assert_eq!(read(&mut model, 1, 4), (Some(0), 0xaaaa, expected));
    for (resource, offset, error) in [
        (0, 1, NOT_PERMITTED),
        (0, 4, NOT_PERMITTED),
        (0, 6, NOT_PERMITTED),
        (0, 8, BAD_ARGUMENT),
        (0, u32::MAX, BAD_ARGUMENT),
        (1, 2, BAD_ARGUMENT),
        (1, 8, NOT_PERMITTED),
        (1, 0x14, NOT_PERMITTED),
        (1, 0x20, BAD_ARGUMENT),
        (2, 0, BAD_ARGUMENT),
        (u32::MAX, 0, BAD_ARGUMENT),
    ] {
        let (result, _, accesses) = read(&mut model, resource, offset);
        assert_eq!((result, accesses.len()), (error, 0), "resource {resource}, offset {offset}");
    }
    let mut write = |model: &mut Model, resource, offset, value| {
        model.accesses.clear();
        let result = call(&mut kernel, model, Hypercall::RegisterWrite, [resource, offset, value]);
        (result, model.accesses.clone())
    };
    let expected = std::vec![(Port(0x2f8), Width::Byte, Some(0x34))];
    assert_eq!(write(&mut model, 0, 0, 0x1234), (Some(0), expected));
    // What may not be written stays.
    let read = (Port(0x2fd), Width::Byte, None);
    let expected = std::vec![read, (Port(0x2fd), Width::Byte, Some(0xa5))];
    assert_eq!(write(&mut model, 0, 5, 0xffff_ff55), (Some(0), expected));
    let read = (Memory(0x7000_0010), Width::Word, None);
    let expected = std::vec![read, (Memory(0x7000_0010), Width::Word, Some(0xaaaa_aaba))];
    assert_eq!(write(&mut model, 1, 0x10, u32::MAX), (Some(0), expected));
    assert_eq!(write(&mut model, 1, 0, 1), (NOT_PERMITTED, Vec::new()));
    assert_eq!(write(&mut model, 0, 3, 1), (NOT_PERMITTED, Vec::new()));
}

#[test]
fn a_register_is_not_touched_for_an_address_that_is_not_the_partitions() {
    let (mut kernel, mut model) = owners();
    for address in [0, BASE as u32, (BASE + SIZE - 3) as u32, u32::MAX] {
        let result = call(&mut kernel, &mut model, Hypercall::RegisterRead, [0, 0, address]);
        assert_eq!((result, model.accesses.len()), (BAD_ADDRESS, 0));
        let result = call(&mut kernel, &mut model, Hypercall::ResourceDescribe, [0, address, 0]);
        assert_eq!(result, BAD_ADDRESS);
    }
}

#[test]
fn where_no_device_answers_nothing_is_read_or_written() {
    let (mut kernel, mut model) = owners();
    model.answers = false;
    let before = got(&mut model, index(0), 4);
    for (hypercall, offset) in
        [(Hypercall::RegisterRead, 0), (Hypercall::RegisterWrite, 0), (Hypercall::RegisterWrite, 4)]
    {
        let result = call(&mut kernel, &mut model, hypercall, [0, offset, HERE]);
        assert_eq!(result, Some(Error::NotAvailable.code()), "{hypercall:?}");
    }
    assert_eq!((got(&mut model, index(0), 4), model.accesses.len()), (before, 3));
}

/// The kernel masks the message of a function in its memory, which its owner does not switch off. One that its owner
/// has reset reads as ones, and could answer again when they are written: bus master among them.
#[test]
fn a_function_with_a_message_answers_always_and_one_that_does_not_answer_is_not_written() {
    let (mut kernel, mut model) = owners();
    const DISABLED: u32 = 0x0010_0000;
    const ENABLED: u32 = DISABLED | COMMAND_MEMORY;
    let cases = [
        // Has a message, answers, what is written, what comes of it.
        (false, DISABLED, COMMAND_MEMORY | COMMAND_BUS_MASTER, Some(ENABLED)),
        (false, ENABLED, 0, Some(DISABLED)),
        (true, ENABLED, 0, Some(ENABLED)),
        (true, ENABLED, COMMAND_BUS_MASTER, Some(ENABLED)),
        (false, u32::MAX, COMMAND_MEMORY, None),
        (true, u32::MAX, 0, None),
    ];
    kernel.devices.resources[0] = Resource {
        kind: ResourceKind::Function,
        width: Width::Word,
        physical: 0x20,
        size: FUNCTION_SIZE as usize,
        ..kernel.devices.resources[0]
    };
    for (has_message, register, value, written) in cases {
        kernel.devices.resources[0].rules = configuration_rules(Reach::Nothing, has_message);
        model.register = register;
        model.accesses.clear();
        let result = call(&mut kernel, &mut model, Hypercall::RegisterWrite, [0, COMMAND_REGISTER, value]);
        let expected = if written.is_some() { 0 } else { Error::NotAvailable.code() };
        assert_eq!(result, Some(expected), "{has_message} {register:#x}");
        assert_eq!(model.accesses.iter().find_map(|access| access.2), written, "{has_message} {register:#x}");
    }
}

#[test]
fn memory_and_interrupts_have_no_registers_and_nobody_has_anothers() {
    let (mut kernel, mut model) = owners();
    run_until(&mut kernel, &mut model, index(1));
    for resource in 0..3 {
        for hypercall in [Hypercall::RegisterRead, Hypercall::RegisterWrite] {
            let result = call(&mut kernel, &mut model, hypercall, [resource, 0, HERE]);
            assert_eq!(result, NOT_PERMITTED, "{hypercall:?}");
        }
    }
    assert_eq!(call(&mut kernel, &mut model, Hypercall::RegisterRead, [3, 0, HERE]), BAD_ARGUMENT);
    assert_eq!(model.accesses.len(), 0);
    for line in [0, 8, 11, 9 + 32, u32::MAX] {
        assert_eq!(call(&mut kernel, &mut model, Hypercall::InterruptEnable, [line, 0, 0]), BAD_ARGUMENT);
    }
    run_until(&mut kernel, &mut model, index(2));
    assert_eq!(call(&mut kernel, &mut model, Hypercall::InterruptEnable, [10, 0, 0]), BAD_ARGUMENT);
    assert_eq!(model.unmasked, 0);
}

#[test]
fn a_resource_is_described_to_its_owner() {
    let (mut kernel, mut model) = owners();
    run_until(&mut kernel, &mut model, index(1));
    let mut described = |resource| {
        let result = call(&mut kernel, &mut model, Hypercall::ResourceDescribe, [resource, HERE, 0]);
        (result, got(&mut model, index(1), ResourceDescription::SIZE))
    };
    let expected = |kind, address, size, width, line| ResourceDescription {
        name: [b'd'; NAME_SIZE],
        kind,
        address,
        size,
        width,
        line,
        ..ResourceDescription::default()
    };
    let memory = expected(ResourceKind::Memory as u32, 0x50_0000, 0x2000, 1, 0);
    assert_eq!(described(0), (Some(0), memory.bytes().to_vec()));
    let interrupt = expected(ResourceKind::Interrupt as u32, 5, 0, 0, 10);
    assert_eq!(described(2), (Some(0), interrupt.bytes().to_vec()));
    assert_eq!(described(3).0, BAD_ARGUMENT);
}

fn enable(kernel: &mut Kernel<Model>, model: &mut Model, line: u32) {
    assert_eq!(call(kernel, model, Hypercall::InterruptEnable, [line, 0, 0]), Some(0));
}

/// The lines that are pending for a partition, which are taken.
fn pending(model: &mut Model, partition: u32) -> u32 {
    model.guest(index(partition)).shared.pending.swap(0, Relaxed) & !2
}

#[test]
fn an_interrupt_that_lasts_comes_once_for_each_time_it_is_let_in() {
    let (mut kernel, mut model) = owners();
    run_until(&mut kernel, &mut model, index(1));
    pending(&mut model, 1);
    enable(&mut kernel, &mut model, 10);
    assert_eq!((model.unmasked, model.forgotten), (1 << 5, 1 << 5));
    for turn in 1..4 {
        assert!(kernel.interrupt(&mut model, 1));
        assert_eq!((model.unmasked, model.ended), (0, 2 * turn - 1), "masked until it is let in again");
        assert_eq!(pending(&mut model, 1), 1 << 10);
        // One that was on its way.
        kernel.interrupt(&mut model, 1);
        assert_eq!((model.unmasked, model.ended), (0, 2 * turn));
        assert_eq!(pending(&mut model, 1), 0);
        model.forgotten = 0;
        enable(&mut kernel, &mut model, 10);
        assert_eq!((model.unmasked, model.forgotten), (1 << 5, 0), "what has come meanwhile is not lost");
    }
}

#[test]
fn an_edge_that_comes_before_the_last_one_is_dealt_with_is_not_lost() {
    let (mut kernel, mut model) = owners();
    run_until(&mut kernel, &mut model, index(1));
    pending(&mut model, 1);
    enable(&mut kernel, &mut model, 9);
    kernel.interrupt(&mut model, 0);
    assert_eq!((model.unmasked, pending(&mut model, 1)), (1 << 3, 1 << 9), "a masked pin forgets edges");
    kernel.interrupt(&mut model, 0);
    assert_eq!((model.unmasked, pending(&mut model, 1)), (0, 0), "but it comes no more than twice");
    kernel.interrupt(&mut model, 0);
    assert_eq!((model.unmasked, pending(&mut model, 1)), (0, 0));
    enable(&mut kernel, &mut model, 9);
    assert_eq!((model.unmasked, pending(&mut model, 1)), (1 << 3, 1 << 9), "the second is told now");
    enable(&mut kernel, &mut model, 9);
    assert_eq!((model.unmasked, pending(&mut model, 1)), (1 << 3, 0));
    enable(&mut kernel, &mut model, 9);
    assert_eq!((model.unmasked, pending(&mut model, 1)), (1 << 3, 0));
}

/// A function that writes memory by itself can write its message, too, whether it is masked or not.
#[test]
fn who_sends_a_message_that_is_masked_reaches_memory_no_more() {
    let (mut kernel, mut model) = owners();
    kernel.devices.interrupts[0].message = 0x8000;
    kernel.devices.functions[0] =
        Function { number: 0x20, partition: index(1), message: Some((0, 0x40)), ..Function::NONE };
    kernel.devices.function_count = 1;
    kernel.devices.functions_of[1] = (0, 1);
    run_until(&mut kernel, &mut model, index(1));
    // Not let in at all yet, and behind each that was.
    for turn in 0..3 {
        if turn > 0 {
            enable(&mut kernel, &mut model, 9);
            kernel.interrupt(&mut model, 0);
            pending(&mut model, 1);
            // One that was on its way.
        }
        kernel.interrupt(&mut model, 0);
        assert_eq!(model.quiet_functions.len(), 0, "turn {turn}");
    }
    for turn in 1..3 {
        kernel.interrupt(&mut model, 0);
        assert_eq!(model.quiet_functions, std::vec![0x20; turn]);
        assert_eq!((model.unmasked, pending(&mut model, 1)), (0, 0));
    }
    // A start forgets what was before.
    model.quiet_functions.clear();
    kernel.begin_again(&mut model, index(1), StartReason::WarmRestart);
    model.quiet_functions.clear();
    kernel.interrupt(&mut model, 0);
    assert_eq!(model.quiet_functions.len(), 0);
    kernel.interrupt(&mut model, 0);
    assert_eq!(model.quiet_functions, [0x20]);
}

#[test]
fn what_comes_in_anothers_window_is_told_in_ones_own() {
    let (mut kernel, mut model) = owners();
    run_until(&mut kernel, &mut model, index(1));
    enable(&mut kernel, &mut model, 10);
    run_until(&mut kernel, &mut model, index(2));
    pending(&mut model, 1);
    pending(&mut model, 2);
    kernel.interrupt(&mut model, 1);
    assert_eq!((pending(&mut model, 1), pending(&mut model, 2)), (0, 0));
    run_until(&mut kernel, &mut model, index(1));
    assert_eq!(pending(&mut model, 1), 1 << 10);
}

#[test]
fn who_idles_is_woken_by_what_comes() {
    let (mut kernel, mut model) = owners();
    run_until(&mut kernel, &mut model, index(1));
    model.guest(index(1)).shared.mask.store(u32::MAX, Relaxed);
    model.guest(index(1)).shared.pending.store(0, Relaxed);
    enable(&mut kernel, &mut model, 10);
    model.reach = 10;
    let before = model.time;
    model.coming = 1 << 1;
    assert_eq!(call(&mut kernel, &mut model, Hypercall::Idle, [0; 3]), Some(0));
    assert!(model.time < before + 100, "{} is not at once", model.time - before);
    assert_eq!((model.ended, model.unmasked), (1, 0));
}

#[test]
fn who_gave_its_time_away_gets_it_back_when_an_interrupt_comes() {
    let (mut kernel, mut model) = system(2, 2_000, &[(1, 0, 1_000), (0, 1_000, 2_000)]);
    own(&mut kernel);
    kernel.spare.partition = Some(index(0));
    kernel.dispatch(&mut model);
    enable(&mut kernel, &mut model, 10);
    model.guest(index(1)).shared.mask.store(u32::MAX, Relaxed);
    model.guest(index(1)).shared.pending.store(0, Relaxed);
    assert_eq!(call(&mut kernel, &mut model, Hypercall::Idle, [0; 3]), None);
    assert_eq!((model.current(), model.heard_too), (index(0), Some(index(1))));
    assert!(!kernel.interrupt(&mut model, 1), "somebody else may have to run");
    assert_eq!((kernel.dispatch(&mut model), model.heard_too), (index(1), None));
}

#[test]
fn whose_time_was_given_away_is_not_heard_in_the_next_window() {
    for restarts_module in [false, true] {
        let (mut kernel, mut model) = system(2, 2_000, &[(0, 0, 1_000), (1, 1_000, 2_000)]);
        own(&mut kernel);
        kernel.spare.partition = Some(index(0));
        run_until(&mut kernel, &mut model, index(1));
        assert_eq!(call(&mut kernel, &mut model, Hypercall::Idle, [0; 3]), None);
        assert_eq!((model.current(), model.heard_too), (index(0), Some(index(1))));
        kernel.health.restarts_module = restarts_module;
        kernel.until = 0;
        model.time = 2_000;
        assert_eq!((kernel.dispatch(&mut model), kernel.slot.partition), (index(0), Some(index(0))));
        assert_eq!(model.heard_too, None, "restarts: {restarts_module}");
    }
}

#[test]
fn what_came_in_anothers_window_is_not_told_behind_a_restart() {
    let (mut kernel, mut model) = owners();
    run_until(&mut kernel, &mut model, index(1));
    enable(&mut kernel, &mut model, 10);
    kernel.partitions[2].system = true;
    run_until(&mut kernel, &mut model, index(2));
    kernel.guests[1].ring(3);
    kernel.interrupt(&mut model, 1);
    assert_eq!(call(&mut kernel, &mut model, Hypercall::PartitionControl, [1, 1, 0]), Some(0));
    run_until(&mut kernel, &mut model, index(1));
    let lines = pending(&mut model, 1);
    assert_eq!(lines & 1 << 10, 0, "an interrupt of before its start");
    assert_eq!(lines & 1 << 3, 1 << 3, "what others tell it stays");
}

#[test]
fn the_devices_of_who_ends_or_starts_again_are_quiet() {
    type End = fn(&mut Kernel<Model>, &mut Model);
    let ends: [(&str, End); 6] = [
        ("halt", |kernel, model| {
            call(kernel, model, Hypercall::Halt, [0; 3]);
        }),
        ("restart", |kernel, model| {
            call(kernel, model, Hypercall::Restart, [1, 0, 0]);
        }),
        ("idle mode", |kernel, model| {
            call(kernel, model, Hypercall::SetMode, [0; 3]);
        }),
        ("fault", |kernel, model| {
            let fault =
                Fault { kind: bulkhead_abi::FaultKind::Instruction, vector: 6, error: 0, memory: None };
            kernel.fault(model, &fault);
        }),
        ("error", |kernel, model| {
            let response = Response::new(Action::ColdRestart);
            kernel.partitions[1].responses[HealthError::Application as usize] = response;
            call(kernel, model, Hypercall::RaiseError, [HealthError::Application as u32, 0, 0]);
        }),
        ("command", |kernel, model| {
            kernel.partitions[2].system = true;
            run_until(kernel, model, index(2));
            assert_eq!(call(kernel, model, Hypercall::PartitionControl, [1, 0, 0]), Some(0));
        }),
    ];
    for (name, end) in ends {
        let (mut kernel, mut model) = owners();
        run_until(&mut kernel, &mut model, index(2));
        enable(&mut kernel, &mut model, 9);
        run_until(&mut kernel, &mut model, index(1));
        enable(&mut kernel, &mut model, 9);
        enable(&mut kernel, &mut model, 10);
        kernel.interrupt(&mut model, 0);
        pending(&mut model, 1);
        end(&mut kernel, &mut model);
        assert_eq!(model.quiet, Some(index(1)), "{name}");
        let states = kernel.devices.interrupts().map(|interrupt| interrupt.state).collect::<Vec<_>>();
        assert_eq!(states, [InterruptState::Closed, InterruptState::Closed, InterruptState::Open], "{name}");
        for number in [0, 1] {
            kernel.interrupt(&mut model, number);
        }
        assert_eq!(model.unmasked, 1 << 7, "{name}: what comes still is masked");
        run_until(&mut kernel, &mut model, index(2));
        if !kernel.guests[1].has_ended() {
            run_until(&mut kernel, &mut model, index(1));
        }
        assert_eq!(pending(&mut model, 1) & (1 << 9 | 1 << 10), 0, "{name}: and not told");
    }
}
