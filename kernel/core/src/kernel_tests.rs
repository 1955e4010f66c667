//! Tests of the kernel's decisions on the model of a machine.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::vec::Vec;

use bulkhead_abi::event::{Kind, PartitionEnd, Record};
use bulkhead_abi::trace;
use bulkhead_abi::wire::CLOCK_CHANNEL;
use bulkhead_abi::{Error, FaultKind, HealthError, Hypercall, Line, NEVER, PartitionStatus, StartReason};
use core::sync::atomic::Ordering::Relaxed;
use proptest::prelude::*;

use crate::clock::FAR;
use crate::console::WRITE_MAX;
use crate::events::RECORDS;
use crate::fault::{Access, Fault};
use crate::guest::State;
use crate::hypercall::Outcome;
use crate::job::{Job, Preparation};
use crate::kernel::Kernel;
use crate::machine::{Ending, GuestMemory, GuestRegisters};
use crate::model::{BASE, ENTRY, Model, READ_ONLY, SIZE, index, limited_system, system};
use crate::partition::Index;
use crate::serial::Uart;
use crate::variation::Variation;

const UPCALL: u64 = 0xabc0;
const FAULT_ENTRY: u64 = 0xfau64 << 8;

/// What a guest does next in a test.
#[derive(Clone, Copy, Debug)]
enum Action {
    Run(u64),
    Call(u32, u64, u64),
    Enable(u32),
    Mask(u32),
    ClearPending(u32),
    Garbage(u32),
    Fault,
}

/// Lets the current guest do something, and the kernel what follows. Returns who runs then.
fn step(kernel: &mut Kernel<Model>, model: &mut Model, action: Action) -> Index {
    let current = model.current();
    let shared = &model.guests[current.place()].shared;
    match action {
        Action::Run(time) => model.time += time,
        Action::Call(number, first, second) => {
            match kernel.hypercall(model, number, [first as u32, second as u32, 0, 0, 0]) {
                Outcome::Return(result) => model.guest(current).result = Some(result),
                Outcome::Deliver(result) => {
                    model.guest(current).result = Some(result);
                    kernel.deliver(model);
                }
                Outcome::Dispatch => return kernel.dispatch(model),
            }
        }
        Action::Enable(value) => shared.interrupts_enabled.store(value, Relaxed),
        Action::Mask(value) => shared.mask.store(value, Relaxed),
        Action::ClearPending(value) => {
            shared.pending.fetch_and(!value, Relaxed);
        }
        Action::Garbage(value) => {
            for word in [&shared.interrupts_enabled, &shared.pending, &shared.mask, &shared.fault.busy] {
                word.store(value, Relaxed);
            }
        }
        Action::Fault => {
            let fault =
                Fault { kind: FaultKind::Memory, vector: 14, error: 6, memory: Some((Access::Write, 0)) };
            kernel.fault(model, &fault);
            return kernel.dispatch(model);
        }
    }
    if model.alarm <= model.time {
        kernel.take_alarm_late(model);
        kernel.alarm_came();
        model.alarm = NEVER;
        return kernel.dispatch(model);
    }
    current
}

fn call(kernel: &mut Kernel<Model>, model: &mut Model, call: Hypercall, first: u64, second: u64) -> Index {
    step(kernel, model, Action::Call(call as u32, first, second))
}

/// Runs the current guest until the kernel gives the processor to somebody else, or `limit` alarms have come.
fn run_out(kernel: &mut Kernel<Model>, model: &mut Model, limit: u32) -> Index {
    let before = model.current();
    for _ in 0..limit {
        let time = model.alarm.saturating_sub(model.time);
        let now = step(kernel, model, Action::Run(time));
        if now != before {
            return now;
        }
    }
    model.current()
}

#[test]
fn memory_is_prepared_before_the_first_window() {
    let (mut kernel, mut model) = system(1, 1000, &[(0, 0, 500)]);
    assert_eq!(kernel.dispatch(&mut model), index(0));
    let image = model.image.clone();
    let guest = model.guest(index(0));
    assert_eq!(guest.memory[..image.len()], image[..]);
    assert!(guest.memory[image.len()..].iter().all(|&byte| byte == 0));
    assert_eq!((guest.program_counter, guest.resets), (ENTRY, 1));
}

/// Each step is as long as it may be but the last of the image, and the last of all.
#[test]
fn memory_is_prepared_in_as_few_steps_as_it_takes() {
    let (kernel, mut model) = system(1, 1000, &[(0, 0, 500)]);
    let partition = kernel.partition(index(0));
    let (image, end) = (partition.image_size, SIZE as usize - 1);
    model.guest(index(0)).memory.fill(0xee);
    let mut preparation = Preparation::new(index(0), partition, end);
    let mut steps = 0;
    while preparation.step(&mut model) {
        steps += 1;
    }
    let check = image.div_ceil(Model::CHECK_STEP);
    assert_eq!(steps, check + image.div_ceil(Model::STEP) + (end - image).div_ceil(Model::STEP));
    assert_eq!(preparation.checksum(), partition.checksum);
    assert_eq!(model.guest(index(0)).memory[end], 0xee, "nothing behind it");
}

#[test]
fn a_deadline_that_passes_outside_comes_with_the_next_window() {
    let (mut kernel, mut model) = system(2, 1000, &[(0, 0, 500), (1, 500, 1000)]);
    kernel.dispatch(&mut model);
    call(&mut kernel, &mut model, Hypercall::SetUpcalls, UPCALL, 0);
    step(&mut kernel, &mut model, Action::Mask(1));
    step(&mut kernel, &mut model, Action::Enable(1));
    call(&mut kernel, &mut model, Hypercall::TimerSet, 700, 0);
    assert_eq!(run_out(&mut kernel, &mut model, 2), index(1));
    assert_eq!(model.guest(index(0)).program_counter, ENTRY, "the timer must not reach a guest that is out");
    assert_eq!(run_out(&mut kernel, &mut model, 2), index(0));
    let guest = model.guest(index(0));
    assert_eq!(guest.program_counter, UPCALL);
    assert_eq!(guest.shared.upcall.program_counter.load(), ENTRY);
    assert_eq!(guest.shared.interrupts_enabled.load(Relaxed), 0);
    assert_ne!(guest.shared.pending.load(Relaxed) & Line::Timer.bit(), 0);
    assert!(model.time < 1010, "at the start of the window, not later: {}", model.time);
}

#[test]
fn deadlines_in_the_past_come_at_once_and_never_never() {
    let (mut kernel, mut model) = system(1, 1000, &[(0, 0, 1000)]);
    kernel.dispatch(&mut model);
    call(&mut kernel, &mut model, Hypercall::SetUpcalls, UPCALL, 0);
    for deadline in [0, 1, 2] {
        call(&mut kernel, &mut model, Hypercall::TimerSet, deadline, 0);
        let pending = model.guest(index(0)).shared.pending.swap(0, Relaxed);
        assert_ne!(pending & Line::Timer.bit(), 0);
    }
    call(&mut kernel, &mut model, Hypercall::TimerSet, 0xffff_ffff, 0xffff_ffff);
    for _ in 0..10_000 {
        call(&mut kernel, &mut model, Hypercall::TimerSet, 0xffff_fff0, 0xffff_ffff);
    }
    run_out(&mut kernel, &mut model, 50);
    assert_eq!(model.guest(index(0)).shared.pending.load(Relaxed) & Line::Timer.bit(), 0);
}

#[test]
fn idle_ends_with_an_interrupt_or_the_next_window() {
    let (mut kernel, mut model) = system(1, 1000, &[(0, 0, 500)]);
    kernel.dispatch(&mut model);
    step(&mut kernel, &mut model, Action::Mask(1));
    call(&mut kernel, &mut model, Hypercall::TimerSet, 300, 0);
    call(&mut kernel, &mut model, Hypercall::Idle, 0, 0);
    assert!((300..320).contains(&model.time), "{}", model.time);
    assert_eq!(model.guest(index(0)).result, Some(0));
    model.guest(index(0)).shared.pending.store(0, Relaxed);
    call(&mut kernel, &mut model, Hypercall::Idle, 0, 0);
    assert!((1000..1020).contains(&model.time), "{}", model.time);
    // Something that waits already: no sleep at all.
    model.guest(index(0)).shared.pending.store(1, Relaxed);
    let before = model.time;
    call(&mut kernel, &mut model, Hypercall::Idle, 0, 0);
    assert!(model.time < before + 10);
}

#[test]
fn an_alarm_that_comes_early_is_asked_for_again() {
    let (mut kernel, mut model) = system(1, 100_000, &[(0, 90_000, 91_000)]);
    assert_eq!(kernel.dispatch(&mut model), index(0));
    assert!((90_000..90_020).contains(&model.time), "{}", model.time);
    step(&mut kernel, &mut model, Action::Mask(1));
    call(&mut kernel, &mut model, Hypercall::TimerSet, 90_800, 0);
    call(&mut kernel, &mut model, Hypercall::Idle, 0, 0);
    assert!((90_800..90_820).contains(&model.time), "{}", model.time);
}

#[test]
fn a_restart_takes_no_time_from_others_and_keeps_what_a_warm_one_should() {
    let (mut kernel, mut model) = system(2, 10_000, &[(0, 0, 5000), (1, 5000, 10_000)]);
    kernel.dispatch(&mut model);
    for (mode, kept) in [(1, 0x77), (0, 0)] {
        let guest = model.guest(index(0));
        guest.memory.fill(0x77);
        let resets = guest.resets;
        let mut current = call(&mut kernel, &mut model, Hypercall::Restart, mode, 0);
        while model.guest(index(0)).resets == resets {
            assert_eq!(current, index(1), "only the others run while the partition is prepared");
            let offset = model.time % 10_000;
            assert!((5000..5000 + <Model as GuestMemory>::STEP as u64 + 50).contains(&offset), "{offset}");
            current = run_out(&mut kernel, &mut model, 2);
        }
        let image = model.image.clone();
        let guest = model.guest(index(0));
        assert_eq!(guest.memory[..image.len()], image[..]);
        assert_eq!(guest.memory[image.len()], 0, "zeroed data");
        assert_eq!(guest.memory[SIZE as usize - 1], kept);
        while model.current() != index(0) {
            run_out(&mut kernel, &mut model, 2);
        }
    }
    call(&mut kernel, &mut model, Hypercall::Restart, 2, 0);
    assert_eq!(model.guest(index(0)).result, Some(Error::BadArgument.code()));
}

#[test]
fn a_fault_goes_to_the_guest_once_and_then_to_the_health_monitor() {
    let (mut kernel, mut model) = system(2, 1000, &[(0, 0, 500), (1, 500, 1000)]);
    kernel.dispatch(&mut model);
    call(&mut kernel, &mut model, Hypercall::SetUpcalls, UPCALL, FAULT_ENTRY);
    step(&mut kernel, &mut model, Action::Enable(7));
    assert_eq!(step(&mut kernel, &mut model, Action::Fault), index(0));
    let guest = model.guest(index(0));
    assert_eq!(guest.program_counter, FAULT_ENTRY);
    let record = &guest.shared.fault;
    assert_eq!(record.kind.load(Relaxed), FaultKind::Memory as u32);
    assert_eq!((record.vector.load(Relaxed), record.error.load(Relaxed)), (14, 6));
    assert_eq!((record.program_counter.load(), record.flags.load()), (ENTRY, 0x202));
    assert_eq!(record.stack_pointer.load(), BASE + SIZE);
    assert_eq!((record.busy.load(Relaxed), record.interrupts_enabled.load(Relaxed)), (1, 7));
    // In the fault handler: nobody is left but the health monitor.
    assert_eq!(step(&mut kernel, &mut model, Action::Fault), index(1));
    assert_eq!(kernel.guests[0].state, State::Stopped);
    let told = model.told();
    let stop = told.iter().find_map(Record::stop).unwrap();
    assert_eq!((stop.kind, stop.vector, stop.error), (FaultKind::Memory, 14, 6));
    assert_eq!((stop.memory, stop.program_counter), (Some((Access::Write, 0)), FAULT_ENTRY));
}

#[test]
fn pointers_are_checked_before_anything_is_done_with_them() {
    let (mut kernel, mut model) = system(1, 100_000, &[(0, 0, 100_000)]);
    kernel.dispatch(&mut model);
    let size = core::mem::size_of::<PartitionStatus>() as u64;
    let bad = Some(Error::BadAddress.code());
    for address in [0, BASE - 1, BASE + SIZE - size + 1, BASE + SIZE, 0xffff_ffff, BASE, BASE + READ_ONLY - 1]
    {
        call(&mut kernel, &mut model, Hypercall::Status, address, 0);
        assert_eq!(model.guest(index(0)).result, bad, "{address:#x}");
        call(&mut kernel, &mut model, Hypercall::ConsoleRead, address, size);
        assert_eq!(model.guest(index(0)).result, bad, "{address:#x}");
    }
    for (address, length) in
        [(BASE - 1, 4), (BASE + SIZE - 3, 4), (BASE, 0xffff_ffff), (0xffff_ffff, 0xffff_ffff)]
    {
        call(&mut kernel, &mut model, Hypercall::ConsoleWrite, address, length);
        assert_eq!(model.guest(index(0)).result, bad, "{address:#x} {length}");
    }
    call(&mut kernel, &mut model, Hypercall::ConsoleRead, BASE + READ_ONLY, 4);
    assert_eq!(model.guest(index(0)).result, Some(Error::NotPermitted.code()));
    for number in [Hypercall::COUNT, 1000, u32::MAX] {
        step(&mut kernel, &mut model, Action::Call(number, 0, 0));
        assert_eq!(model.guest(index(0)).result, Some(Error::UnknownCall.code()));
    }
    call(&mut kernel, &mut model, Hypercall::Status, BASE + SIZE - size, 0);
    assert_eq!(model.guest(index(0)).result, Some(0));
}

#[test]
fn nobody_speaks_with_anothers_voice() {
    let (mut kernel, mut model) = system(2, 1000, &[(0, 0, 500), (1, 500, 1000)]);
    kernel.dispatch(&mut model);
    let text = b"\x10Ahi";
    model.guest(index(0)).memory[0x2000..0x2000 + text.len()].copy_from_slice(text);
    call(&mut kernel, &mut model, Hypercall::ConsoleWrite, BASE + 0x2000, text.len() as u64);
    assert_eq!(model.guest(index(0)).result, Some(text.len() as i32));
    assert_eq!(model.heard(), "^@^^Ahi");
    // No room: the call says so and does not wait.
    model.room = 0;
    call(&mut kernel, &mut model, Hypercall::ConsoleWrite, BASE + 0x2000, text.len() as u64);
    assert_eq!(model.guest(index(0)).result, Some(0));
}

#[test]
fn input_goes_to_its_partition() {
    let (mut kernel, mut model) = system(1, 1000, &[(0, 0, 1000)]);
    kernel.console.configure(1, Some(index(0)));
    kernel.dispatch(&mut model);
    model.input = b"ls\n".to_vec();
    step(&mut kernel, &mut model, Action::Mask(Line::Console.bit()));
    call(&mut kernel, &mut model, Hypercall::Idle, 0, 0);
    assert_eq!(model.guest(index(0)).result, Some(0));
    let pending = model.guest(index(0)).shared.pending.swap(0, Relaxed);
    assert_ne!(pending & Line::Console.bit(), 0);
    call(&mut kernel, &mut model, Hypercall::ConsoleRead, BASE + 0x3000, 2);
    assert_eq!(model.guest(index(0)).result, Some(2));
    call(&mut kernel, &mut model, Hypercall::ConsoleRead, BASE + 0x3002, 100);
    assert_eq!(model.guest(index(0)).result, Some(1));
    assert_eq!(&model.guest(index(0)).memory[0x3000..0x3003], b"ls\n");
}

/// One that idles finds what is another's, and is not woken by it; the other one finds it when it idles.
#[test]
fn input_goes_to_whoever_is_chosen() {
    let (mut kernel, mut model) = system(2, 1000, &[(0, 0, 500), (1, 500, 1000)]);
    kernel.console.configure(2, Some(index(0)));
    kernel.choose_input();
    kernel.dispatch(&mut model);
    model.input = b"\x10Ax".to_vec();
    step(&mut kernel, &mut model, Action::Mask(Line::Console.bit()));
    model.reach = 700;
    call(&mut kernel, &mut model, Hypercall::Idle, 0, 0);
    assert_eq!(model.guest(index(0)).shared.pending.swap(0, Relaxed) & Line::Console.bit(), 0);
    assert!(model.input.is_empty());
    call(&mut kernel, &mut model, Hypercall::ConsoleRead, BASE + 0x3000, 8);
    assert_eq!(model.guest(index(1)).result, Some(1));
    assert_eq!(model.guest(index(1)).memory[0x3000], b'x');
}

#[test]
fn input_is_noticed_while_its_partition_idles_without_a_timer() {
    let (mut kernel, mut model) = system(1, 4_000_000_000, &[(0, 0, 4_000_000_000)]);
    kernel.console.configure(1, Some(index(0)));
    kernel.dispatch(&mut model);
    model.input = b"x".to_vec();
    model.input_since = 500_000_000;
    model.reach = u64::MAX / 2;
    step(&mut kernel, &mut model, Action::Mask(Line::Console.bit()));
    call(&mut kernel, &mut model, Hypercall::Idle, 0, 0);
    assert!((500_000_000..510_001_000).contains(&model.time), "{}", model.time);
    assert_eq!(model.guest(index(0)).result, Some(0));
}

#[test]
fn the_system_ends_at_its_limit_in_the_middle_of_a_window() {
    let (mut kernel, mut model) = limited_system(1, 10_000, &[(0, 0, 10_000)], 14_000);
    let ending = ending_of(|| {
        kernel.dispatch(&mut model);
        loop {
            let end = model.guest(index(0)).information.window_end.load();
            assert!(end.is_multiple_of(10_000), "a window is told as it is configured: {end}");
            run_out(&mut kernel, &mut model, 1);
        }
    });
    assert_eq!(ending, Some(Ending::TimeLimit));
    assert!((14_000..14_020).contains(&model.time), "{}", model.time);
}

fn ending_of(body: impl FnOnce()) -> Option<Ending> {
    catch_unwind(AssertUnwindSafe(body)).err().and_then(|thing| thing.downcast_ref::<Ending>().copied())
}

#[test]
fn the_system_ends_when_all_have() {
    for (first, second, expected) in
        [(0, Some(0), Ending::Completed), (0, Some(3), Ending::Failed), (3, None, Ending::Stopped)]
    {
        let (mut kernel, mut model) = system(2, 1000, &[(0, 0, 500), (1, 500, 1000)]);
        let ending = ending_of(|| {
            kernel.dispatch(&mut model);
            assert_eq!(call(&mut kernel, &mut model, Hypercall::Halt, first, 0), index(1));
            match second {
                Some(status) => call(&mut kernel, &mut model, Hypercall::Halt, status, 0),
                None => step(&mut kernel, &mut model, Action::Fault),
            };
        });
        assert_eq!(ending, Some(expected));
        assert_eq!(model.kept, Some(model.current()), "for who looks at memory then");
        let told = model.told();
        let of_kind = |kind| told.iter().filter(move |record| record.kind == kind).collect::<Vec<_>>();
        let ends: Vec<_> =
            of_kind(Kind::PartitionEnd).iter().map(|end| (end.number, end.arguments[0])).collect();
        let second = second
            .map_or((0, PartitionEnd::Stopped as u64), |status| (status as u32, PartitionEnd::Halted as u64));
        assert_eq!(ends, [(first as u32, PartitionEnd::Halted as u64), second]);
        assert_eq!(of_kind(Kind::Window).len(), 2);
        assert_eq!(of_kind(Kind::SystemEnd)[0].number, expected.code());
    }
}

#[test]
fn a_flood_of_restarts_loses_only_its_own_news() {
    let windows = [(0, 0, 200_000), (1, 200_000, 300_000), (2, 300_000, 400_000)];
    let (mut kernel, mut model) = system(3, 400_000, &windows);
    // Nobody hears anything until the end.
    model.room = 0;
    let mut restarts = 0;
    kernel.dispatch(&mut model);
    while model.current() == index(0) {
        call(&mut kernel, &mut model, Hypercall::Restart, 1, 0);
        restarts += 1;
    }
    assert!(restarts > 5, "{restarts}");
    while model.time < 12_000_000 {
        match model.current() {
            caller if caller == index(0) => {
                restarts += 1;
                call(&mut kernel, &mut model, Hypercall::Restart, 1, 0);
            }
            caller if caller == index(1) && model.time > 6_000_000 => {
                step(&mut kernel, &mut model, Action::Fault);
            }
            _ => {
                run_out(&mut kernel, &mut model, 2);
            }
        }
    }
    model.room = 16;
    let now = model.time;
    ending_of(|| kernel.end(&mut model, now));
    let told = model.told();
    let of = |kind, partition| told.iter().filter(move |it| (it.kind, it.partition) == (kind, partition));
    assert!(of(Kind::Stopped, 1).count() == 1, "{}", model.heard());
    let lost: Vec<u32> = of(Kind::Lost, 0).map(|record| record.number).collect();
    let heard = of(Kind::Restarted, 0).count() as u32;
    assert_eq!(lost.len(), 1);
    assert_eq!(lost[0] + heard, restarts);
    assert_eq!(of(Kind::PartitionEnd, 0).next().unwrap().arguments[1], u64::from(lost[0]));
    assert_eq!(of(Kind::PartitionEnd, 1).next().unwrap().arguments[1], 0);
}

/// One partition loses more while it is told how much it has lost, each time.
#[test]
fn a_flood_does_not_keep_anothers_news_back() {
    let (mut kernel, mut model) = system(2, 1000, &[(0, 0, 500), (1, 500, 1000)]);
    let flood = Record::restarted(0, 0, 0, StartReason::WarmRestart);
    for _ in 0..RECORDS {
        kernel.console.put(&flood);
    }
    kernel.console.put(&Record::halted(0, 1, 0));
    for _ in 0..RECORDS * 50 {
        kernel.console.put(&flood);
        kernel.console.drain(&mut model, &kernel.partitions, WRITE_MAX);
    }
    let told = model.told();
    let count = |kind| told.iter().filter(|record| record.kind == kind).count();
    assert_eq!(count(Kind::Halted), 1);
    assert!(count(Kind::Restarted) > RECORDS, "{}", model.heard());
    // Whatever has been lost is told in the end, and no line is empty.
    let now = model.time;
    ending_of(|| kernel.end(&mut model, now));
    assert!(!model.heard().contains("\n\n"), "{}", model.heard());
    let lost: u32 =
        model.told().iter().filter(|record| record.kind == Kind::Lost).map(|record| record.number).sum();
    assert!(lost > 0 && lost == kernel.console.lost(index(0)), "{lost}");
}

#[test]
fn a_window_that_passes_while_the_kernel_is_busy_is_counted_as_lost() {
    let windows = [(0, 0, 100), (1, 100, 110), (2, 120, 130), (1, 500, 600)];
    let (mut kernel, mut model) = system(3, 1000, &windows);
    kernel.dispatch(&mut model);
    // Until after the first partition's window, and the windows of two others.
    assert_eq!(step(&mut kernel, &mut model, Action::Run(140)), index(1));
    // The frame's last window, the whole next frame, and the first two of the one after.
    assert_eq!(step(&mut kernel, &mut model, Action::Run(1_620)), index(2));
    let now = model.time;
    ending_of(|| kernel.end(&mut model, now));
    let told = model.told();
    let seen: Vec<(u64, u64)> = told
        .iter()
        .filter(|record| record.kind == Kind::Window)
        .map(|record| (record.arguments[2], record.arguments[3]))
        .collect();
    assert_eq!(seen, [(1, 2), (0, 3), (1, 2), (1, 1)]);
}

#[test]
fn a_partition_is_told_how_it_stands() {
    let (mut kernel, mut model) = system(2, 1 << 33, &[(0, 0, 500), (1, 500, (1 << 33) - 1)]);
    kernel.dispatch(&mut model);
    while model.current() == index(0) {
        run_out(&mut kernel, &mut model, 1);
    }
    let resets = model.guest(index(1)).resets;
    call(&mut kernel, &mut model, Hypercall::Restart, 1, 0);
    assert_eq!(model.guest(index(1)).resets, resets + 1);
    for (low, high) in [(0xffff_ffff, 0xffff_ffff), (7, 2)] {
        call(&mut kernel, &mut model, Hypercall::TimerSet, low, high);
        call(&mut kernel, &mut model, Hypercall::Status, BASE + READ_ONLY, 0);
        let start = READ_ONLY as usize;
        let told = &model.guests[1].memory[start..start + core::mem::size_of::<PartitionStatus>()];
        let end = (1 << 33) - 1;
        let deadline = high << 32 | low;
        let expected = PartitionStatus::new(1, (StartReason::WarmRestart, 1), (1, end), model.time, deadline);
        assert_eq!(told, expected.bytes());
    }
}

#[test]
fn an_interrupt_that_a_call_has_made_due_is_delivered_behind_it() {
    let (mut kernel, mut model) = system(1, 1000, &[(0, 0, 1000)]);
    kernel.dispatch(&mut model);
    let shared = &model.guest(index(0)).shared;
    shared.mask.store(1, Relaxed);
    shared.pending.store(1, Relaxed);
    shared.interrupts_enabled.store(1, Relaxed);
    let outcome = kernel.hypercall(&mut model, Hypercall::SetUpcalls as u32, [UPCALL as u32, 0, 0, 0, 0]);
    assert_eq!(outcome, Outcome::Deliver(0));
    assert_eq!(model.guest(index(0)).program_counter, ENTRY);
    kernel.deliver(&mut model);
    assert_eq!(model.guest(index(0)).program_counter, UPCALL);
}

/// A processor with levels: the enable word is one more than the lines that it lets in.
#[test]
fn a_line_that_the_enable_word_does_not_let_in_waits() {
    let (mut kernel, mut model) = system(1, 1000, &[(0, 0, 1000)]);
    model.lets_in = |enabled| enabled.wrapping_sub(1);
    kernel.dispatch(&mut model);
    call(&mut kernel, &mut model, Hypercall::SetUpcalls, UPCALL, 0);
    let shared = &model.guest(index(0)).shared;
    shared.mask.store(!0, Relaxed);
    shared.pending.store(0b0110, Relaxed);
    for lets_in in [0, 0b1001] {
        model.guest(index(0)).shared.interrupts_enabled.store(lets_in + 1, Relaxed);
        kernel.deliver(&mut model);
        let guest = model.guest(index(0));
        assert_eq!(
            (guest.program_counter, guest.shared.interrupts_enabled.load(Relaxed)),
            (ENTRY, lets_in + 1)
        );
    }
    model.guest(index(0)).shared.interrupts_enabled.store(0b0100 + 1, Relaxed);
    kernel.deliver(&mut model);
    let guest = model.guest(index(0));
    assert_eq!((guest.program_counter, guest.shared.interrupts_enabled.load(Relaxed)), (UPCALL, 0));
    assert_eq!(guest.shared.pending.load(Relaxed), 0b0110, "the partition clears it");
}

#[test]
fn interrupts_are_let_in_before_each_step_of_a_preparation() {
    let (mut kernel, mut model) = system(1, 1 << 20, &[(0, 0, 1 << 20)]);
    kernel.dispatch(&mut model);
    let before = model.let_in;
    call(&mut kernel, &mut model, Hypercall::Restart, 0, 0);
    assert!(model.let_in - before >= SIZE as u32 / Model::STEP as u32);
}

/// A byte less than there is time for, and no more than one call sends.
#[test]
fn the_console_is_given_as_many_bytes_as_the_slot_has_time_for() {
    let (mut kernel, _) = system(1, 1000, &[(0, 0, 1000)]);
    let byte = u64::from(<Model as Uart>::BYTE_TIME);
    for (left, bytes) in [
        (0, 0),
        (byte, 0),
        (2 * byte - 1, 0),
        (2 * byte, 1),
        (17 * byte - 1, 15),
        (17 * byte, 16),
        (18 * byte, 16),
        (1 << 40, 16),
    ] {
        kernel.until = 7_000 + left;
        assert_eq!(kernel.console_bytes(7_000), bytes, "{left}");
    }
    assert_eq!(kernel.console_bytes(kernel.until + 1), 0);
}

#[test]
fn lines_have_times_when_they_are_wanted() {
    for wanted in [false, true] {
        let (mut kernel, mut model) = system(1, 100_000, &[(0, 0, 100_000)]);
        if wanted {
            kernel.tell_line_times();
        }
        kernel.dispatch(&mut model);
        call(&mut kernel, &mut model, Hypercall::ConsoleWrite, BASE + READ_ONLY, 8);
        assert_eq!(model.line.contains(&CLOCK_CHANNEL), wanted, "{}", model.heard());
    }
}

fn any_action() -> impl Strategy<Value = Action> {
    let address = prop_oneof![any::<u32>().prop_map(u64::from), BASE - 64..BASE + SIZE + 64];
    prop_oneof![
        6 => (1u64..800).prop_map(Action::Run),
        2 => (0u32..12, address, 0u64..5000).prop_map(|(number, first, second)| {
            // Ends are tested elsewhere: here everybody goes on.
            let number = if number == Hypercall::Halt as u32 { Hypercall::Idle as u32 } else { number };
            Action::Call(number, first, second)
        }),
        2 => (0u64..20_000).prop_map(|deadline| Action::Call(Hypercall::TimerSet as u32, deadline, 0)),
        1 => Just(Action::Call(Hypercall::SetUpcalls as u32, UPCALL, FAULT_ENTRY)),
        1 => any::<u32>().prop_map(Action::Enable),
        1 => any::<u32>().prop_map(Action::Mask),
        1 => any::<u32>().prop_map(Action::ClearPending),
        1 => any::<u32>().prop_map(Action::Garbage),
    ]
}

proptest! {
    /// Whatever guests do, each runs in its own windows and in no other, and its deadlines reach it.
    #[test]
    fn time_is_isolated(actions in prop::collection::vec(any_action(), 1..400)) {
        let windows = [(0, 0, 700), (1, 700, 1500), (2, 1600, 1700), (0, 1700, 2000)];
        let frame = 2000;
        let (mut kernel, mut model) = system(3, frame, &windows);
        let mut current = kernel.dispatch(&mut model);
        for action in actions {
            // A step of the guest takes at most until the alarm: the hardware sees to that.
            let action = match action {
                Action::Run(time) => Action::Run(time.min(model.alarm.saturating_sub(model.time))),
                other => other,
            };
            current = step(&mut kernel, &mut model, action);
            let guest = &kernel.guests[current.place()];
            prop_assert_eq!(guest.state, State::Ready);
            prop_assert_eq!(model.current, current);
            let offset = model.time % frame;
            let late = 12;
            let is_open = |&&(_, start, end): &&(u32, u64, u64)| start <= offset && offset < end + late;
            let open: Vec<_> = windows.iter().filter(is_open).collect();
            prop_assert!(open.iter().any(|&&(owner, ..)| owner == current.number()), "{:?} at {}", current, offset);
            // What must come next has been asked for.
            prop_assert!(model.alarm <= kernel.slot.end.max(model.time));
            prop_assert!(guest.deadline > model.time.saturating_sub(late) || model.alarm <= guest.deadline);
        }
        prop_assert!(model.switches <= 4 + 4 * (model.time / frame) as u32 + 4);
        let _ = current;
    }
}

/// What a partition that does its worst does next; deadlines are from now on.
#[derive(Clone, Copy, Debug)]
enum Worst {
    Do(Action),
    Timer(i64),
    Restart(u64),
    Halt,
}

fn any_worst() -> impl Strategy<Value = Worst> {
    prop_oneof![
        30 => any_action().prop_map(Worst::Do),
        9 => prop_oneof![-3i64..3, -20_000i64..200_000, any::<i64>()].prop_map(Worst::Timer),
        6 => (0u64..3).prop_map(Worst::Restart),
        1 => Just(Worst::Do(Action::Fault)),
        1 => Just(Worst::Halt),
    ]
}

/// Days in nanoseconds, and how many of them: the last is 292 years but some seconds.
const DAY: u64 = 86_400_000_000_000;
const UPTIMES: [u64; 7] = [0, DAY, 49 * DAY, 365 * DAY, 3_650 * DAY, 36_500 * DAY, FAR - 10_000_000_000];

proptest! {
    /// Two partitions restart, fault, end and set their timers to what they like, at any age of the system; the third
    /// gets each of its windows, and no later than one step of preparing memory allows.
    #[test]
    fn nothing_reaches_a_partition_that_does_nothing(
        worst in prop::collection::vec(any_worst(), 1..300),
        uptime in prop::sample::select(&UPTIMES[..]),
        tells_times: bool,
    ) {
        let windows =
            [(0, 0, 20_000), (2, 20_000, 30_000), (1, 30_000, 55_000), (2, 60_000, 70_000), (0, 70_000, 90_000)];
        let frame = 100_000;
        let (mut kernel, mut model) = system(3, frame, &windows);
        if tells_times {
            kernel.tell_line_times();
        }
        let victim = index(2);
        let begin = uptime - uptime % frame;
        model.time = begin;
        let mut current = kernel.dispatch(&mut model);
        for worst in worst {
            let left = model.alarm.saturating_sub(model.time);
            current = if current == victim {
                // It idles, with no timer and no entry: nothing but its next window ends that.
                call(&mut kernel, &mut model, Hypercall::Idle, 0, 0)
            } else {
                match worst {
                    Worst::Do(Action::Run(time)) => step(&mut kernel, &mut model, Action::Run(time.min(left))),
                    Worst::Do(action) => step(&mut kernel, &mut model, action),
                    Worst::Timer(ahead) => {
                        let deadline = model.time.wrapping_add_signed(ahead);
                        call(&mut kernel, &mut model, Hypercall::TimerSet, deadline & 0xffff_ffff, deadline >> 32)
                    }
                    Worst::Restart(how) => call(&mut kernel, &mut model, Hypercall::Restart, how, 0),
                    Worst::Halt => call(&mut kernel, &mut model, Hypercall::Halt, 7, 0),
                }
            };
            prop_assert_eq!(model.current, current);
            prop_assert_eq!(kernel.guests[current.place()].state, State::Ready);
            prop_assert!(model.alarm <= kernel.slot.end.max(model.time));
        }
        let frames = (model.time - begin) / frame;
        for (number, (owner, ..)) in windows.iter().enumerate() {
            let (_, observed) = kernel.schedule.observation(number).unwrap();
            // The first window counts those before it as lost, which nobody could have opened.
            prop_assert!(observed.lost <= begin / frame, "{:?}", observed);
            prop_assert!(observed.count >= frames, "window {} of {}: {:?}", number, owner, observed);
            prop_assert!(observed.late_max <= Model::STEP as u64 + 100, "{:?}", observed);
        }
        let (guest, page) = (&model.guests[2], &model.guests[2].shared);
        prop_assert_eq!((guest.resets, guest.program_counter), (1, ENTRY));
        prop_assert_eq!(page.pending.load(Relaxed) & !Line::Window.bit(), 0);
        prop_assert_eq!(kernel.guests[2].deadline, FAR);
        // Windows that it has lost to the steps of the model are told, as those are counted above.
        let lost = |record: &Record| {
            record.kind == Kind::Health && record.arguments[0] == HealthError::WindowLost as u64
        };
        for record in model.told().into_iter().filter(|record| !lost(record)) {
            prop_assert!(record.partition < 2 && record.time >= begin && record.time <= model.time, "{:?}", record);
        }
    }
}

/// What was drawn for a window is what it is late by, and its timers; the next one begins by the schedule again, and a
/// timer never makes a window late.
#[test]
fn a_kernel_that_varies_keeps_the_schedule() {
    const MOST: u32 = 200;
    let lateness = |seed| {
        let (mut kernel, mut model) = system(2, 10_000, &[(0, 0, 4_000), (1, 5_000, 9_000)]);
        model.reach = 10_000;
        model.variation = Some(Variation::new(seed, MOST));
        let mut current = kernel.dispatch(&mut model);
        while model.time < 1_000_000 {
            // Again and again, and once at its window's very end.
            let deadline = kernel.slot.end.min(model.time + 1_999);
            call(&mut kernel, &mut model, Hypercall::TimerSet, deadline, 0);
            current = run_out(&mut kernel, &mut model, 1);
        }
        assert!(current.number() < 2);
        let is_window = |record: &&(u64, trace::Kind, Option<Index>, u32)| record.1 == trace::Kind::Window;
        let windows: Vec<_> = model.traced.iter().filter(is_window).copied().collect();
        assert!(windows.len() >= 198, "{}", windows.len());
        for two in windows.windows(2) {
            assert!(two[0].2 != two[1].2, "one was lost: {two:?}");
        }
        for (time, _, partition, late) in &windows {
            let start = u64::from(partition.map_or(9, Index::number)) * 5_000;
            assert!((time - u64::from(*late)) % 10_000 - start < 10 && *late <= MOST + 20, "{time}: {late}");
        }
        windows.iter().map(|record| record.3).collect::<Vec<u32>>()
    };
    let (first, second) = (lateness(1), lateness(2));
    assert!(first != second && first == lateness(1));
    let above = first.iter().filter(|late| **late > MOST / 2).count();
    assert!((60..140).contains(&above), "{above}");
}

/// What is typed is noticed by the next look but one at the latest, and all of it.
#[test]
fn a_kernel_that_varies_loses_no_input() {
    let (mut kernel, mut model) = system(1, 10_000, &[(0, 0, 9_000)]);
    kernel.console.configure(1, Some(index(0)));
    model.variation = Some(Variation::new(5, 100));
    kernel.dispatch(&mut model);
    let (mut heard, mut nothing) = (Vec::new(), 0);
    for byte in 0..100 {
        model.input.push(byte);
        let mut length = 0;
        for look in 0.. {
            assert!(look < 2, "{byte} was not noticed");
            call(&mut kernel, &mut model, Hypercall::ConsoleRead, BASE + READ_ONLY, 16);
            length = model.guest(index(0)).result.unwrap_or(-1);
            if length != 0 {
                break;
            }
            nothing += 1;
        }
        assert_eq!(length, 1);
        heard.push(model.guest(index(0)).memory[READ_ONLY as usize]);
    }
    assert!(heard.iter().copied().eq(0..100) && (20..80).contains(&nothing), "{nothing}");
}
