//! The traits on a simulated kernel: each condition of each service, where two are violated the first one's code.

use a653rs::bindings::*;
use bulkhead_apex::executive::simulated as executive;
use bulkhead_guest::host::simulated::{self, health, ports as world};

use crate::Hypervisor;
use ErrorReturnCode::{InvalidConfig, InvalidMode, InvalidParam, NoAction, NotAvailable, TimedOut};
use PortDirection::{Destination, Source};

fn name(text: &str) -> ApexName {
    let mut name = [0; MAX_NAME_LENGTH];
    name[..text.len()].copy_from_slice(text.as_bytes());
    name
}

fn normal() {
    Hypervisor::set_partition_mode(OperatingMode::Normal).expect("it was not normal");
}

fn read(port: i64, room: &mut [u8]) -> Result<(Validity, u32), ErrorReturnCode> {
    // SAFETY: nothing is written beyond the room.
    unsafe { Hypervisor::read_sampling_message(port, room) }
}

fn receive(port: i64, time_out: i64, room: &mut [u8]) -> Result<(u32, bool), ErrorReturnCode> {
    // SAFETY: nothing is written beyond the room.
    unsafe { Hypervisor::receive_queuing_message(port, time_out, room) }
}

extern "C" fn entry() {}

fn attributes(text: &str) -> ApexProcessAttribute {
    ApexProcessAttribute {
        period: INFINITE_TIME_VALUE,
        time_capacity: INFINITE_TIME_VALUE,
        entry_point: entry,
        stack_size: 4096,
        base_priority: 1,
        deadline: Deadline::Soft,
        name: name(text),
    }
}

#[test]
fn the_partitions_modes_are_left_as_the_standard_says() {
    let status = Hypervisor::get_partition_status();
    assert_eq!((status.operating_mode, status.lock_level), (OperatingMode::ColdStart, 1));
    assert_eq!((status.period, status.duration, status.num_assigned_cores), (100_000_000, 100_000_000, 1));
    assert_eq!(status.start_condition, StartCondition::NormalStart);
    assert_eq!(Hypervisor::set_partition_mode(OperatingMode::WarmStart), Err(InvalidMode));
    normal();
    let status = Hypervisor::get_partition_status();
    assert_eq!((status.operating_mode, status.lock_level), (OperatingMode::Normal, 0));
    assert_eq!(Hypervisor::set_partition_mode(OperatingMode::Normal), Err(NoAction));
}

#[test]
fn sampling_ports_are_created_as_configured_and_before_normal() {
    world::add_sampling("attitude", 16, true, 50);
    world::add_queuing("orders", 16, 2, true);
    let create = |text, size, direction, refresh| {
        Hypervisor::create_sampling_port(name(text), size, direction, refresh)
    };
    assert_eq!(create("altitude", 16, Destination, 50), Err(InvalidConfig));
    assert_eq!(create("orders", 16, Destination, 50), Err(InvalidConfig));
    for size in [0, 15, 17, u32::MAX] {
        assert_eq!(create("attitude", size, Destination, 50), Err(InvalidConfig), "{size}");
    }
    assert_eq!(create("attitude", 16, Source, 50), Err(InvalidConfig));
    for refresh in [0, -1, i64::MIN] {
        assert_eq!(create("attitude", 16, Destination, refresh), Err(InvalidConfig), "{refresh}");
    }
    let port = create("attitude", 16, Destination, 50).expect("it is configured");
    assert_eq!(create("attitude", 16, Destination, 50), Err(NoAction));
    assert_eq!(Hypervisor::get_sampling_port_id(name("attitude")), Ok(port));
    assert_eq!(Hypervisor::get_sampling_port_id(name("altitude")), Err(InvalidConfig));
    let status = Hypervisor::get_sampling_port_status(port).expect("it was created");
    assert_eq!((status.max_message_size, status.refresh_period), (16, 50));
    assert_eq!((status.port_direction, status.last_msg_validity), (Destination, Validity::Invalid));
    assert_eq!(Hypervisor::get_sampling_port_status(0), Err(InvalidParam));
    world::add_sampling("late", 16, true, 50);
    normal();
    assert_eq!(create("late", 16, Destination, 50), Err(InvalidMode));
}

#[test]
fn sampling_messages_are_valid_for_the_refresh_period() {
    let number = world::add_sampling("in", 4, true, 50);
    world::add_sampling("out", 4, false, 50);
    let input = Hypervisor::create_sampling_port(name("in"), 4, Destination, 50).expect("configured");
    // So the crate creates a source.
    let output = Hypervisor::create_sampling_port(name("out"), 4, Source, 1).expect("configured");
    let write = Hypervisor::write_sampling_message;
    for wrong in [0, -1, 3, i64::MAX, input + (1 << 32)] {
        assert_eq!(write(wrong, b""), Err(InvalidParam), "{wrong}");
        assert_eq!(read(wrong, &mut [0; 4]), Err(InvalidParam), "{wrong}");
    }
    assert_eq!(write(output, b""), Err(InvalidParam));
    assert_eq!(write(output, b"12345"), Err(InvalidConfig));
    assert_eq!(write(input, b"12345"), Err(InvalidConfig), "before the direction");
    assert_eq!(write(input, b"1234"), Err(InvalidMode));
    assert_eq!(write(output, b"1234"), Ok(()));
    let mut room = [0; 4];
    assert_eq!(read(output, &mut room), Err(InvalidMode));
    assert_eq!(read(input, &mut room), Err(NoAction), "never written");
    world::arrive(number, b"abc");
    assert_eq!((read(input, &mut room), &room[..3]), (Ok((Validity::Valid, 3)), &b"abc"[..]));
    let status = Hypervisor::get_sampling_port_status(input).expect("it was created");
    assert_eq!(status.last_msg_validity, Validity::Valid);
    simulated::advance_to(51);
    assert_eq!(read(input, &mut room), Ok((Validity::Invalid, 3)), "it is read all the same");
    assert_eq!(read(input, &mut room[..2]), Err(InvalidParam), "it does not fit");
}

#[test]
fn queuing_ports_are_created_as_configured_and_before_normal() {
    world::add_queuing("orders", 16, 2, true);
    world::add_sampling("attitude", 16, true, 50);
    let fifo = QueuingDiscipline::Fifo;
    let create = |text, size, depth, direction| {
        Hypervisor::create_queuing_port(name(text), size, depth, direction, fifo)
    };
    assert_eq!(create("attitude", 16, 2, Destination), Err(InvalidConfig));
    for (size, depth) in [(0, 2), (17, 2), (u32::MAX, 2), (16, 0), (16, 3), (16, u32::MAX)] {
        assert_eq!(create("orders", size, depth, Destination), Err(InvalidConfig), "{size} {depth}");
    }
    assert_eq!(create("orders", 16, 2, Source), Err(InvalidConfig));
    let port = create("orders", 16, 2, Destination).expect("it is configured");
    assert_eq!(create("orders", 16, 2, Destination), Err(NoAction));
    assert_eq!(Hypervisor::get_queuing_port_id(name("orders")), Ok(port));
    assert_eq!(Hypervisor::get_queuing_port_id(name("attitude")), Err(InvalidConfig));
    let status = QueuingPortStatus {
        nb_message: 0,
        max_nb_message: 2,
        max_message_size: 16,
        port_direction: Destination,
        waiting_processes: 0,
    };
    assert_eq!(Hypervisor::get_queuing_port_status(port), Ok(status));
    assert_eq!(Hypervisor::get_queuing_port_status(port + 1), Err(InvalidParam));
    world::add_queuing("late", 16, 2, true);
    normal();
    assert_eq!(create("late", 16, 2, Destination), Err(InvalidMode));
}

#[test]
fn queuing_messages_come_in_order_and_say_that_others_were_lost() {
    simulated::begin();
    let number = world::add_queuing("in", 4, 2, true);
    world::add_queuing("out", 4, 2, false);
    let create = |text, direction| {
        Hypervisor::create_queuing_port(name(text), 4, 2, direction, QueuingDiscipline::Priority)
    };
    let (input, output) =
        (create("in", Destination).expect("configured"), create("out", Source).expect("configured"));
    let send = Hypervisor::send_queuing_message;
    let mut room = [0; 4];
    for wrong in [0, -1, 3, i64::MIN, output + (1 << 32)] {
        assert_eq!(send(wrong, b"12345", 0), Err(InvalidParam), "{wrong}");
        assert_eq!(receive(wrong, 0, &mut room), Err(InvalidParam), "{wrong}");
        assert_eq!(Hypervisor::clear_queuing_port(wrong), Err(InvalidParam), "{wrong}");
    }
    simulated::advance_to(1);
    assert_eq!(send(output, b"1", i64::MAX), Err(InvalidParam), "the clock never gets there");
    assert_eq!(send(output, b"", 0), Err(InvalidParam));
    assert_eq!(send(output, b"12345", 0), Err(InvalidConfig));
    assert_eq!(send(input, b"1", 0), Err(InvalidMode));
    assert_eq!(receive(output, 0, &mut room), Err(InvalidMode));
    assert_eq!(receive(input, 0, &mut room), Err(NotAvailable));
    assert_eq!(receive(input, 5, &mut room), Err(InvalidMode), "nobody waits before NORMAL");
    normal();
    executive::while_waiting(simulated::advance_to);
    assert_eq!(receive(input, 5, &mut room), Err(TimedOut));
    executive::call_as(None);
    assert_eq!(receive(input, 5, &mut room), Err(InvalidMode), "such a caller may not wait");
    for message in [b"one", b"two", b"lot"] {
        world::arrive(number, message);
    }
    assert_eq!((receive(input, 0, &mut room), &room[..3]), (Ok((3, true)), &b"one"[..]));
    assert_eq!((receive(input, 0, &mut room), &room[..3]), (Ok((3, false)), &b"two"[..]));
    world::arrive(number, b"old");
    assert_eq!(receive(input, 0, &mut room[..2]), Err(InvalidParam), "it does not fit, and stays");
    assert_eq!(Hypervisor::get_queuing_port_status(input).map(|status| status.nb_message), Ok(1));
    assert_eq!(Hypervisor::clear_queuing_port(output), Err(InvalidMode));
    assert_eq!(Hypervisor::clear_queuing_port(input), Ok(()));
    assert_eq!(Hypervisor::clear_queuing_port(input), Ok(()), "what unwraps it does not panic");
    assert_eq!(receive(input, 0, &mut room), Err(NotAvailable));
    for _ in 0..2 {
        assert_eq!(send(output, b"full", 0), Ok(()));
    }
    assert_eq!(send(output, b"lost", 0), Err(NotAvailable));
}

#[test]
fn processes_are_created_and_started_once() {
    let first = Hypervisor::create_process(&attributes("first")).expect("it may be created");
    assert_eq!(Hypervisor::create_process(&attributes("first")), Err(NoAction));
    let periodic = ApexProcessAttribute { period: 150_000_000, ..attributes("periodic") };
    assert_eq!(Hypervisor::create_process(&periodic), Err(InvalidConfig), "frames are of 100 ms");
    let large = ApexProcessAttribute { stack_size: u32::MAX, ..attributes("large") };
    assert_eq!(Hypervisor::create_process(&large), Err(InvalidConfig));
    for wrong in [0, -1, first + 1, 17, i64::MAX] {
        assert_eq!(Hypervisor::start(wrong), Err(InvalidParam), "{wrong}");
    }
    assert_eq!(Hypervisor::start(first), Ok(()));
    assert_eq!(Hypervisor::start(first), Err(NoAction));
    normal();
    assert_eq!(Hypervisor::create_process(&attributes("late")), Err(InvalidMode));
}

/// From now on this process calls, or whoever is no process.
fn call_as(process: i64) {
    executive::call_as(u32::try_from(process).ok().filter(|task| *task != 0).map(|task| (task, 100)));
}

#[test]
fn who_is_no_process_does_not_wait() {
    simulated::advance_to(1234);
    assert_eq!(Hypervisor::get_time(), 1234);
    call_as(0);
    assert_eq!(Hypervisor::periodic_wait(), Err(InvalidMode));
    assert_eq!(Hypervisor::timed_wait(-1), Err(InvalidMode));
    assert_eq!(Hypervisor::replenish(i64::MAX), Err(InvalidParam));
    assert_eq!(Hypervisor::replenish(1), Err(NoAction));
    let process = Hypervisor::create_process(&attributes("first")).expect("it may be created");
    Hypervisor::start(process).expect("it is dormant");
    normal();
    call_as(process);
    assert_eq!(Hypervisor::periodic_wait(), Err(InvalidMode), "it is not periodic");
    for wrong in [-1, i64::MIN, i64::MAX] {
        assert_eq!(Hypervisor::timed_wait(wrong), Err(InvalidParam), "{wrong}");
    }
    assert_eq!(Hypervisor::timed_wait(0), Ok(()));
}

#[test]
fn processes_of_part_1_are_those_of_the_services() {
    let [first, other] = ["first", "other"]
        .map(|text| Hypervisor::create_process(&attributes(text)).expect("it may be created"));
    assert_eq!(Hypervisor::get_process_id(name("other")), Ok(other));
    assert_eq!(Hypervisor::get_process_id(name("none")), Err(InvalidConfig));
    assert_eq!(Hypervisor::get_my_id(), Ok(MAIN_PROCESS_ID));
    assert_eq!(Hypervisor::initialize_process_core_affinity(other, 1), Err(InvalidConfig));
    assert_eq!(Hypervisor::delayed_start(first, -1), Err(InvalidParam));
    assert_eq!(Hypervisor::start(first), Ok(()));
    assert_eq!(Hypervisor::stop(0), Err(InvalidParam));
    assert_eq!(Hypervisor::stop(other), Err(NoAction));
    assert_eq!(Hypervisor::suspend(other), Err(InvalidMode));
    assert_eq!(Hypervisor::set_priority(first, 240), Err(InvalidParam));
    assert_eq!(Hypervisor::lock_preemption(), Err(NoAction));
    normal();
    call_as(first);
    assert_eq!((Hypervisor::get_my_id(), Hypervisor::get_my_index()), (Ok(first), Ok(0)));
    assert_eq!((Hypervisor::lock_preemption(), Hypervisor::lock_preemption()), (Ok(1), Ok(2)));
    assert_eq!(Hypervisor::timed_wait(1), Err(InvalidMode));
    assert_eq!((Hypervisor::unlock_preemption(), Hypervisor::unlock_preemption()), (Ok(1), Ok(0)));
    assert_eq!(Hypervisor::unlock_preemption(), Err(NoAction));
    assert_eq!(Hypervisor::set_priority(first, 239), Ok(()));
    let status = Hypervisor::get_process_status(first).expect("there is one");
    assert_eq!((status.process_state, status.current_priority), (ProcessState::Running, 239));
    assert_eq!((status.deadline_time, status.attributes.name), (INFINITE_TIME_VALUE, name("first")));
    assert_eq!((Hypervisor::suspend_self(0), Hypervisor::resume(first)), (Ok(()), Err(InvalidParam)));
}

#[test]
fn errors_go_to_the_error_handler_and_messages_to_the_console() {
    let long = [b'x'; MAX_ERROR_MESSAGE_SIZE + 1];
    assert_eq!(Hypervisor::report_application_message(&long), Err(InvalidParam));
    assert_eq!(Hypervisor::report_application_message(b"all is well"), Ok(()));
    assert_eq!(simulated::take_output(), b"all is well\n");
    let (application, numeric) = (ErrorCode::ApplicationError, ErrorCode::NumericError);
    assert_eq!(Hypervisor::raise_application_error(application, &long), Err(InvalidParam));
    assert_eq!(Hypervisor::raise_application_error(numeric, b""), Err(InvalidParam));
    let configure =
        |core| Hypervisor::configure_error_handler(ErrorHandlerConcurrencyControl::ProcessesPause, core);
    assert_eq!(configure(7), Err(InvalidConfig), "there is none");
    assert_eq!(Hypervisor::get_error_status(), Err(InvalidConfig));
    for size in [0, 4095, u32::MAX] {
        assert_eq!(Hypervisor::create_error_handler(entry, size), Err(InvalidConfig), "{size}");
    }
    assert_eq!(Hypervisor::create_error_handler(entry, 4096), Ok(()));
    assert_eq!(Hypervisor::create_error_handler(entry, 0), Err(NoAction));
    assert_eq!((configure(7), configure(0)), (Err(InvalidParam), Ok(())));
    let process = Hypervisor::create_process(&attributes("first")).expect("it may be created");
    Hypervisor::start(process).expect("it is dormant");
    normal();
    assert_eq!(configure(0), Err(InvalidMode));
    call_as(process);
    assert_eq!(Hypervisor::get_error_status(), Err(InvalidConfig), "it is not the handler that asks");
    executive::while_waiting(move |_| {
        call_as(executive::FIRST.into());
        let status = Hypervisor::get_error_status().expect("there is an error");
        assert_eq!((status.error_code, status.failed_process_id, status.length), (application, process, 3));
        assert_eq!(&status.message[..4], b"one\0");
        assert_eq!(Hypervisor::get_error_status(), Err(NoAction));
        assert_eq!((Hypervisor::timed_wait(1), Hypervisor::replenish(1)), (Err(InvalidMode), Err(NoAction)));
        panic!("the handler is there");
    });
    let raised = std::panic::catch_unwind(|| Hypervisor::raise_application_error(application, b"one"));
    assert!(raised.is_err(), "the process waits for the handler");
}

#[test]
fn what_nobody_handles_is_the_health_monitors() {
    assert_eq!(Hypervisor::raise_application_error(ErrorCode::ApplicationError, b"nobody is there"), Ok(()));
    assert_eq!(health::raised(), [(12, 1, u32::from_be_bytes(*b"nobo"))]);
}

#[test]
fn schedules_are_the_modules() {
    health::set_schedules(&["main", "degraded"]);
    assert_eq!(Hypervisor::get_module_schedule_id(name("degraded")), Ok(2));
    assert_eq!(Hypervisor::get_module_schedule_id(name("degrade")), Err(InvalidConfig));
    for wrong in [0, -1, 3, i64::MAX] {
        assert_eq!(Hypervisor::set_module_schedule(wrong), Err(InvalidParam), "{wrong}");
    }
    assert_eq!(Hypervisor::set_module_schedule(1), Err(NoAction));
    assert_eq!(Hypervisor::set_module_schedule(2), Ok(()));
    let status = Hypervisor::get_module_schedule_status().expect("there is one");
    assert_eq!(
        (status.current_schedule, status.next_schedule, status.time_of_last_schedule_switch),
        (1, 2, 0)
    );
}

#[test]
fn the_kernel_knows_when_a_partition_is_normal() {
    assert_eq!(health::mode(), bulkhead_abi::Mode::ColdStart);
    normal();
    assert_eq!(health::mode(), bulkhead_abi::Mode::Normal);
}

#[test]
fn regions_are_memory_blocks() {
    world::add_region("frames", 0x80_0000, 0x1_0000, true, 9);
    world::add_region("maps", 0x90_0000, 0x1000, false, 0);
    let frames = Hypervisor::get_memory_block_status(name("frames")).expect("it is shared");
    assert_eq!(
        (frames.address.addr(), frames.size, frames.mode),
        (0x80_0000, 0x1_0000, MemoryBlockMode::ReadWrite)
    );
    let maps = Hypervisor::get_memory_block_status(name("maps")).expect("it is shared");
    assert_eq!(maps.mode, MemoryBlockMode::Read);
    assert_eq!(Hypervisor::get_memory_block_status(name("none")), Err(InvalidConfig));
}
