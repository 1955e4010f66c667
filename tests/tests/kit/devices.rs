//! Devices that RTEMS owns.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use bulkhead_tests::needs::rtems_kit;
use bulkhead_tests::{power, run_built};
use bulkhead_tool::run::{Ending, PartitionEnd, RunOptions};
use bulkhead_tool::system_file::Processor;

use crate::ports::built_system;
use crate::{beside_a_witness, run_options, witnessed};

bulkhead_tests::tests! {
    interrupts_of_a_device_come_to_handlers_and_the_server(processor) needs [rtems_kit(processor)],
    interrupts_of_a_device_come_by_their_numbers needs [rtems_kit(Processor::Leon3)],
    a_uart_that_a_partition_owns_is_a_second_console needs [rtems_kit(Processor::X86_64)],
    drivers_of_a_leon_find_the_partitions_devices needs [rtems_kit(Processor::Leon3)],
    rtems_takes_its_time_from_a_clock_that_the_partition_owns needs [rtems_kit(Processor::X86_64)],
    fat_on_the_disk_of_another_partition(processor) needs [rtems_kit(processor)],
    fat_goes_on_when_the_disks_server_starts_again needs [rtems_kit(Processor::X86_64)],
    fat_loses_nothing_that_was_synced_when_power_ends needs [rtems_kit(Processor::X86_64)],
    who_asks_for_a_boards_functions_is_told_what_a_partition_has(processor) needs [rtems_kit(processor)],
}

fn interrupts_of_a_device_come_to_handlers_and_the_server(processor: Processor) {
    let transcript = run_built(&built_system("device", processor), &run_options());
    for words in
        ["installed with 0", "20 of 20 by a handler", "server with 0", "20 of 20 by the interrupt server"]
    {
        transcript.expect("owner", &format!("device: {words}"));
    }
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
    witnessed(&transcript);
}

/// The vector 1 is a device's here, and the line of windows, which has this number too, is let through as ever.
fn interrupts_of_a_device_come_by_their_numbers() {
    let transcript = run_built(&built_system("device-numbers", Processor::Leon3), &run_options());
    transcript.expect("owner", "interrupts of two numbers, 0 wrong");
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
    witnessed(&transcript);
}

/// RTEMS's own driver for a 16550, as it is in the kit, on the registers and the interrupt of the second UART.
fn a_uart_that_a_partition_owns_is_a_second_console() {
    let built = built_system("serial", Processor::X86_64);
    let socket = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("uart-{}", std::process::id()));
    let _ = std::fs::remove_file(&socket);
    let backend = format!("socket,id=second,path={},server=on,wait=on", socket.display());
    let qemu_arguments = ["-chardev", &backend, "-serial", "chardev:second"].map(str::to_owned).to_vec();
    // Time of the system passes as it likes while the one at the other end makes up his mind.
    let options = RunOptions { qemu_arguments, time_limit: None, ..run_options() };
    let speaker = thread::spawn(move || speak(&socket));
    let transcript = run_built(&built, &options);
    let heard = speaker.join().unwrap_or_else(|_| panic!("{}", transcript.all()));
    let lines = ["serial: line 1 is alice", "serial: line 2 is bob", "serial: line 3 is rtems"];
    assert_eq!(transcript.of("owner"), lines, "{heard:?}\n{}", transcript.all());
    for answer in ["hello, ALICE\r\n", "hello, BOB\r\n", "hello, RTEMS\r\n"] {
        assert!(heard.contains(answer), "{heard}");
    }
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
    witnessed(&transcript);
}

/// Answers what the second UART asks; all that it has said.
fn speak(socket: &Path) -> String {
    let begin = Instant::now();
    let mut stream = loop {
        match UnixStream::connect(socket) {
            Ok(stream) => break stream,
            Err(error) => assert!(begin.elapsed() < Duration::from_secs(60), "{error}"),
        }
        thread::sleep(Duration::from_millis(20));
    };
    stream.set_read_timeout(Some(Duration::from_secs(100))).expect("a timeout");
    let (mut heard, mut bytes, mut has_answered) = (String::new(), [0; 256], false);
    while let Ok(length @ 1..) = stream.read(&mut bytes) {
        heard += &String::from_utf8_lossy(&bytes[..length]);
        if !has_answered && heard.contains("who is there?\r\n") {
            stream.write_all(b"alice\nbob\nrtems\n").expect("the UART hears");
            has_answered = true;
        }
    }
    heard
}

/// RTEMS's driver manager and bus driver, unchanged, on the devices that a partition owns.
fn drivers_of_a_leon_find_the_partitions_devices() {
    let transcript = run_built(&built_system("leon", Processor::Leon3), &run_options());
    for words in [
        "leon: processor 0, 1 watchdogs",
        "amba: this partition owns no memory of a device called force",
        "leon: 3 cores, 2 of them on the AHB",
        "leon: core with 0x1 at 40000000 Hz, irq 5, 4096 bytes",
        "leon: the driver manager says 0",
        "leon: 20 of 20 interrupts",
        "leon: a delay is long enough",
        "leon: the watchdog has been served",
    ] {
        transcript.expect("owner", words);
    }
    transcript.expect("kernel", "application-error (code 6, detail 0x42000003)");
    assert_eq!(
        transcript.facts.ends.get("owner"),
        Some(&PartitionEnd::Halted(128 + 6)),
        "{}",
        transcript.all()
    );
    witnessed(&transcript);
}

fn rtems_takes_its_time_from_a_clock_that_the_partition_owns() {
    let begin = ["-rtc", "base=2026-02-03,clock=vm"].map(Into::into).to_vec();
    let options = RunOptions { qemu_arguments: begin, ..run_options() };
    let transcript = run_built(&built_system("real-time-clock", Processor::X86_64), &options);
    for words in ["RTEMS began in 2026-02-03", "set to month 7, the device says 7", "a wait is long enough"] {
        transcript.expect("owner", &format!("clock: {words}"));
    }
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
}

fn who_asks_for_a_boards_functions_is_told_what_a_partition_has(processor: Processor) {
    let (privileged, registers, instead) = match processor {
        Processor::X86_64 => {
            ("BSP_uart_init", "Clock_driver_install_handler", "time is the executive's clock")
        }
        Processor::Leon3 => ("grspw_dev_count", "LEON3_IrqCtrl_Regs", "rtems_interrupt_handler_install()'s"),
    };
    for (program, name, words) in
        [("board", privileged, "which needs privilege: `"), ("board_registers", registers, instead)]
    {
        let Err(error) = beside_a_witness(program, program, "", processor) else { panic!("it was linked") };
        let said = error.to_string();
        assert!(said.contains(&format!("`{name}` is in the board's ")) && said.contains(words), "{said}");
    }
}

/// RTEMS's own FAT and block buffers: format, mount, write, sync, purge and read again; beside a hostile client.
fn fat_on_the_disk_of_another_partition(processor: Processor) {
    let transcript = run_built(&built_system("disk", processor), &run_options());
    transcript.expect("files", "disk: 512 blocks");
    transcript.expect("files", "disk: 45 of 45 checks are good");
    transcript.expect("probe", "probe: 182 of 182 checks are good");
    for name in ["files", "probe"] {
        assert_eq!(transcript.facts.ends.get(name), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    }
}

/// On a virtio disk that forgets what was not synced; each run begins with what the one before has left.
fn fat_loses_nothing_that_was_synced_when_power_ends() {
    let built = built_system("disk-cut", Processor::X86_64);
    let instants =
        [291_300, 253_700, 307_900, 285_100, 333_300, 371_700].map(|microseconds| microseconds * 1_000);
    let kept = power::cut(&built, Path::new(env!("CARGO_TARGET_TMPDIR")), "files", &instants);
    assert!(kept >= 20, "{kept} records");
}

/// What was on its way to the server is lost with it, and sent again.
fn fat_goes_on_when_the_disks_server_starts_again() {
    let built = built_system("disk-again", Processor::X86_64);
    // The first run ends by itself: thirteen starts, with two seconds each until requests are sent again.
    let instants = [30_000_000_000, 1_000_000_000];
    assert_eq!(power::cut(&built, Path::new(env!("CARGO_TARGET_TMPDIR")), "files", &instants), 104);
}
