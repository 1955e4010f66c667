//! Real RTEMS in partitions, on each processor that `RTEMS_KIT` names an installed kit for.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use bulkhead_audit::instructions::Architecture;
use bulkhead_audit::{defined_symbols, replacements};
use bulkhead_tests::building;
use bulkhead_tests::examples::assert_leavers_are_named;
use bulkhead_tests::harness;
use bulkhead_tests::needs::{rtems_kit, rtems_kit_with_cxx};
use bulkhead_tests::{Transcript, installation, readme, repository, run_built};
use bulkhead_tool::build::{Built, Options, Silent, build_system, check_for};
use bulkhead_tool::host::Host;
use bulkhead_tool::kit::{Kit, Selection, flags, support};
use bulkhead_tool::run::{Ending, Input, PartitionEnd, RunOptions};
use bulkhead_tool::system_file::{Processor, System};
use bulkhead_tool::{Result, system_file};

bulkhead_tests::tests! {
    the_demo_runs_on_a_kit(processor) needs [rtems_kit(processor)],
    the_demo_says_the_same_on_each_processor needs [rtems_kit(Processor::X86_64), rtems_kit(Processor::Leon3)],
    four_instances_compute_what_they_should(processor) needs [rtems_kit(processor)],
    the_console_reads_lines(processor) needs [rtems_kit(processor)],
    a_stack_overflow_is_reported(processor) needs [rtems_kit(processor)],
    a_task_that_leaves_its_stack_for_its_neighbours_is_named(processor) needs [rtems_kit(processor)],
    a_context_of_no_thread_can_be_switched_to(processor) needs [rtems_kit(processor)],
    a_fatal_error_is_reported(processor) needs [rtems_kit(processor)],
    an_exception_is_reported_and_left_to_the_health_monitor(processor) needs [rtems_kit(processor)],
    a_fatal_handler_may_leave_faults(processor) needs [rtems_kit(processor)],
    a_fault_in_a_fatal_handler_is_the_kernels(processor) needs [rtems_kit(processor)],
    a_reset_is_the_health_monitors(processor) needs [rtems_kit(processor)],
    the_exit_status_is_the_partitions(processor) needs [rtems_kit(processor)],
    a_tick_that_no_window_can_serve_is_reported(processor) needs [rtems_kit(processor)],
    interrupts_come_when_they_are_enabled(processor) needs [rtems_kit(processor)],
    interrupts_come_when_they_are_enabled_in_place needs [rtems_kit(Processor::X86_64)],
    a_program_larger_than_its_memory_is_refused(processor) needs [rtems_kit(processor)],
    nested_interrupts_keep_floating_point needs [rtems_kit(Processor::Leon3)],
    a_frame_that_cannot_be_stored_is_its_threads needs [rtems_kit(Processor::Leon3)],
    threads_keep_frames_and_registers_across_switches needs [rtems_kit(Processor::Leon3)],
    interrupts_come_above_the_level_that_a_task_has needs [rtems_kit(Processor::Leon3)],
    the_pack_defines_what_the_audit_counts_on(processor) needs [rtems_kit(processor)],
    a_warm_restart_leaves_noinit_alone(processor) needs [rtems_kit(processor)],
    a_task_is_billed_for_its_own_windows(processor) needs [rtems_kit(processor)],
    a_time_that_was_set_survives_a_warm_restart(processor) needs [rtems_kit(processor)],
    what_rtems_measures_is_the_partitions_own(processor) needs [rtems_kit(processor)],
    the_console_is_a_terminal(processor) needs [rtems_kit(processor)],
    a_busy_wait_is_as_long_as_it_says(processor) needs [rtems_kit(processor)],
    servers_of_constant_bandwidth_have_their_budgets(processor) needs [rtems_kit(processor)],
    traps_come_to_their_handlers needs [rtems_kit(Processor::Leon3)],
    handlers_that_cannot_be_are_refused needs [rtems_kit(Processor::Leon3)],
    the_order_of_libraries_does_not_matter(processor) needs [rtems_kit(processor)],
    the_linker_says_what_there_is_instead_of_a_board(processor) needs [rtems_kit(processor)],
    the_boards_reset_can_be_wrapped(processor) needs [rtems_kit(processor)],
    the_cxx_library_works(processor) needs [rtems_kit_with_cxx(processor)],
}

mod builds;
mod devices;
mod health;
mod languages;
mod loader;
mod network;
mod not_run;
mod ports;
mod records;
mod restarts;
mod shells;

fn main() -> ExitCode {
    harness::run([
        tests(),
        not_run::tests(),
        languages::tests(),
        ports::tests(),
        health::tests(),
        restarts::tests(),
        devices::tests(),
        network::tests(),
        shells::tests(),
        builds::tests(),
        loader::tests(),
        records::tests(),
    ])
}

fn kit(processor: Processor) -> Selection {
    rtems_kit(processor).unwrap_or_else(|missing| panic!("{missing}"))
}

fn is_rtems_5(processor: Processor) -> bool {
    Kit::find_for(processor, &kit(processor)).unwrap_or_else(|error| panic!("{error:?}")).major == 5
}

fn options(name: &str, processor: Processor) -> Options {
    let folder = repository().join("target/systems/kit").join(processor.name());
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{error}"));
    Options {
        output: Some(folder.join(name).with_extension("elf")),
        installation: Some(installation()),
        kit: Some(kit(processor)),
        ..Options::default()
    }
}

fn built(system: System, name: &str, processor: Processor) -> Built {
    building::build_system(system, &options(name, processor))
}

fn built_example(name: &str, processor: Processor) -> Built {
    let file = repository().join("examples").join(name).join("bulkhead.toml");
    let system = check_for(Some(processor), &file).unwrap_or_else(|error| panic!("{error}"));
    built(system, name, processor)
}

/// Builds and runs an example.
fn example(name: &str, processor: Processor) -> Transcript {
    run_built(&built_example(name, processor), &run_options())
}

fn run_options() -> RunOptions {
    RunOptions {
        time_limit: Some(5_000_000_000),
        timeout: Some(Duration::from_secs(120)),
        ..RunOptions::default()
    }
}

/// A partition that does something, beside a witness that is not to notice.
fn beside_a_witness(name: &str, program: &str, command_line: &str, processor: Processor) -> Result<Built> {
    let mut text =
        format!("[system]\nname = \"{name}\"\nmajor-frame = \"10 ms\"\nconsole-input = \"subject\"\n");
    let hasty = if program == "hasty" { 1 } else { 4 };
    for (partition, source, line, start, duration) in
        [("witness", "witness", "", 0, 4), ("subject", program, command_line, 5, hasty)]
    {
        let _ = write!(
            text,
            "[[partition]]\nname = \"{partition}\"\nmemory = \"1 MiB\"\nsources = [\"{source}.c\"]\n\
             command-line = \"{line}\"\n[[window]]\npartition = \"{partition}\"\nstart = \"{start} ms\"\n\
             duration = \"{duration} ms\"\n"
        );
    }
    let folder: PathBuf = repository().join("tests/tests/kit/programs");
    let system = system_file::from_text_for(Some(processor), &text, name, &folder)?;
    build_system(system, &options(name, processor), &mut Silent)
}

/// Runs a partition that goes wrong; what it says must have these words, and the witness must not notice.
fn goes_wrong(
    program: &str,
    what: &str,
    words: &[&str],
    end: &PartitionEnd,
    processor: Processor,
) -> Transcript {
    let name = format!("{program}{what}");
    let built = beside_a_witness(&name, program, what, processor).unwrap_or_else(|error| panic!("{error}"));
    let transcript = run_built(&built, &run_options());
    for words in words {
        transcript.expect("subject", words);
    }
    assert_eq!(transcript.facts.ends.get("subject"), Some(end), "{}", transcript.all());
    witnessed(&transcript);
    transcript
}

fn witnessed(transcript: &Transcript) {
    transcript.expect("witness", "0 missed");
    assert_eq!(transcript.facts.ends.get("witness"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
}

fn the_demo_runs_on_a_kit(processor: Processor) {
    let transcript = example("demo", processor);
    transcript.expect("control", "140 periods, 0 deadlines missed");
    transcript.expect("telemetry", "0 samples lost, 0 deadlines missed");
    transcript.expect("rogue", "(memory violation)");
    assert_eq!(transcript.facts.ends.get("rogue"), Some(&PartitionEnd::Stopped), "{}", transcript.all());
}

fn the_demo_says_the_same_on_each_processor() {
    let said = |processor| {
        let transcript = example("demo", processor);
        ["control", "telemetry"].map(|who| transcript.of(who).join("\n"))
    };
    assert_eq!(said(Processor::X86_64), said(Processor::Leon3));
}

fn four_instances_compute_what_they_should(processor: Processor) {
    let built = built_example("four-rtems", processor);
    let transcript = run_built(&built, &run_options());
    transcript.expect("coarse", "2 of 2 results are right; ticks caught up");
    transcript.expect("busy", "5 of 5 results are right; ticks caught up 0, skipped");
    transcript.expect("threads", "3 of 3 results are right");
    transcript.expect("crowd", "8 of 8 results are right");
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
    assert!(!transcript.all().contains("ticks caught up 0, skipped 0"), "{}", transcript.all());
    readme::check("examples/four-rtems/README.md", &built.system, &transcript);
}

fn the_console_reads_lines(processor: Processor) {
    let built = beside_a_witness("echo", "echo", "", processor).unwrap_or_else(|error| panic!("{error}"));
    let input = Input::Bytes(b"bulkhead\rRTEMS\r\r".to_vec());
    let transcript = run_built(&built, &RunOptions { input, ..run_options() });
    transcript.expect("subject", "<daehklub>");
    transcript.expect("subject", "<SMETR>");
    assert_eq!(transcript.facts.ends.get("subject"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    witnessed(&transcript);
}

fn a_stack_overflow_is_reported(processor: Processor) {
    goes_wrong(
        "wrong",
        "overflow",
        &["RTEMS_FATAL_SOURCE_STACK_CHECKER"],
        &PartitionEnd::Halted(128 + 8),
        processor,
    );
}

/// Without RTEMS's own stack checker.
fn a_task_that_leaves_its_stack_for_its_neighbours_is_named(processor: Processor) {
    let file = repository().join("tests/systems/stacks/bulkhead.toml");
    let system = check_for(Some(processor), &file).unwrap_or_else(|error| panic!("{error}"));
    let transcript = run_built(&built(system, "stacks", processor), &run_options());
    let fatal = "fatal source: 8 (RTEMS_FATAL_SOURCE_STACK_CHECKER)";
    assert_leavers_are_named(&transcript, "thread", fatal, 128 + 8);
}

fn a_context_of_no_thread_can_be_switched_to(processor: Processor) {
    let words = ["100 switches to a context of no thread"];
    goes_wrong("context", "", &words, &PartitionEnd::Halted(0), processor);
}

fn a_fatal_error_is_reported(processor: Processor) {
    let words = ["fatal source: 4 (RTEMS_FATAL_SOURCE_APPLICATION)", "fatal code: 4660 (0x00001234)"];
    let transcript = goes_wrong("wrong", "fatal", &words, &PartitionEnd::Halted(128 + 4), processor);
    transcript.expect("kernel", "application-error (code 4, detail 0x1234)");
}

fn an_exception_is_reported_and_left_to_the_health_monitor(processor: Processor) {
    goes_wrong("wrong", "exception", &["(divide error) at 0x001"], &PartitionEnd::Stopped, processor);
}

/// With the standard response it is told of, and the partition ends.
/// As tests of RTEMS's do that divide by zero: one after the other comes to the handler, which returns to the task.
fn a_fatal_handler_may_leave_faults(processor: Processor) {
    goes_wrong("left", "leave", &["left 5 of 5 faults"], &PartitionEnd::Halted(0), processor);
}

fn a_fault_in_a_fatal_handler_is_the_kernels(processor: Processor) {
    let transcript =
        goes_wrong("left", "fault", &["fault in the handler"], &PartitionEnd::Stopped, processor);
    assert_eq!(transcript.of("subject").iter().filter(|line| line.contains("fault in")).count(), 1);
}

fn a_reset_is_the_health_monitors(processor: Processor) {
    let transcript = goes_wrong("wrong", "reset", &[], &PartitionEnd::Halted(128 + 6), processor);
    // RTEMS 5 does not say why.
    let detail = if is_rtems_5(processor) { "0x42000004" } else { "0x77" };
    transcript.expect("kernel", &format!("application-error (code 6, detail {detail})"));
}

fn the_exit_status_is_the_partitions(processor: Processor) {
    goes_wrong("wrong", "exit", &[], &PartitionEnd::Halted(7), processor);
}

fn a_tick_that_no_window_can_serve_is_reported(processor: Processor) {
    goes_wrong(
        "hasty",
        "",
        &["a clock tick of 1000 ns is too short"],
        &PartitionEnd::Halted(128 + 6),
        processor,
    );
}

/// A handler that another one interrupts finds its registers again; on i386 handlers have none.
fn nested_interrupts_keep_floating_point() {
    let built =
        beside_a_witness("nested", "nested", "", Processor::Leon3).unwrap_or_else(|error| panic!("{error}"));
    let transcript = run_built(&built, &run_options());
    transcript.expect("subject", "nested: 100 of 100 interrupts, 0 registers wrong");
    assert_eq!(transcript.facts.ends.get("subject"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    witnessed(&transcript);
}

/// When frames are stored, RTEMS takes the heir for who executes, and that has done nothing.
fn a_frame_that_cannot_be_stored_is_its_threads() {
    let words = [
        "(misaligned access)",
        "stack overflow: thread UI1  (0x0a010001), whose stack is 0x00",
        "stack pointer 0x44444441",
    ];
    goes_wrong("switches", "frame", &words, &PartitionEnd::Stopped, Processor::Leon3);
}

/// Threads of all depths are switched by calls, interrupts and the clock, jump back, end and begin anew, in windows
/// that begin and end anywhere in it.
fn threads_keep_frames_and_registers_across_switches() {
    let mut text = String::from("[system]\nname = \"switches\"\nmajor-frame = \"7 ms\"\n");
    for (name, program) in [("witness", "witness"), ("subject", "switches")] {
        let _ = write!(
            text,
            "[[partition]]\nname = \"{name}\"\nmemory = \"1 MiB\"\nsources = [\"{program}.c\"]\n"
        );
    }
    for (name, start, duration) in [
        ("subject", 0, 1313),
        ("witness", 1350, 333),
        ("subject", 1700, 171),
        ("witness", 1901, 377),
        ("subject", 2300, 4659),
    ] {
        let _ = write!(
            text,
            "[[window]]\npartition = \"{name}\"\nstart = \"{start} us\"\nduration = \"{duration} us\"\n"
        );
    }
    let folder = repository().join("tests/tests/kit/programs");
    let system = system_file::from_text_for(Some(Processor::Leon3), &text, "switches", &folder);
    let system = system.unwrap_or_else(|error| panic!("{error:?}"));
    let transcript = run_built(&built(system, "switches", Processor::Leon3), &run_options());
    transcript.expect("subject", ", 0 wrong");
    assert_eq!(transcript.facts.ends.get("subject"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    witnessed(&transcript);
}

/// Tasks and handlers at each of the processor's levels.
fn interrupts_come_above_the_level_that_a_task_has() {
    let built =
        beside_a_witness("levels", "levels", "", Processor::Leon3).unwrap_or_else(|error| panic!("{error}"));
    let transcript = run_built(&built, &run_options());
    transcript.expect("subject", "levels: 16 levels, 91 held back, 0 wrong");
    assert_eq!(transcript.facts.ends.get("subject"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    witnessed(&transcript);
}

fn interrupts_come_when_they_are_enabled(processor: Processor) {
    goes_wrong("held", "", &["held: 15 checks, 0 wrong"], &PartitionEnd::Halted(0), processor);
}

/// By what a kit for i386 can be built with.
fn interrupts_come_when_they_are_enabled_in_place() {
    let words = ["held: 15 checks, 0 wrong"];
    goes_wrong("held_inline", "", &words, &PartitionEnd::Halted(0), Processor::X86_64);
}

fn a_program_larger_than_its_memory_is_refused(processor: Processor) {
    let Err(error) = beside_a_witness("large", "large", "", processor) else { panic!("it was built") };
    let said = error.to_string();
    assert!(said.contains("the linked program is larger than the partition's memory"), "{said}");
}

fn the_pack_defines_what_the_audit_counts_on(processor: Processor) {
    let kit = Kit::find_for(processor, &kit(processor)).unwrap_or_else(|error| panic!("{error}"));
    let folder = support(&kit, &installation(), Host::Bulkhead, &mut |_| {});
    let file = folder.unwrap_or_else(|error| panic!("{error}")).join("bulkhead-start.o");
    let bytes = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let symbols = defined_symbols(&bytes).unwrap_or_else(|error| panic!("{error}"));
    let architecture = match processor {
        Processor::X86_64 => Architecture::I386,
        Processor::Leon3 => Architecture::Sparc,
    };
    for row in replacements::rows(architecture) {
        assert!(symbols.iter().any(|symbol| symbol == row.by), "{} for {}", row.by, row.symbol);
    }
}

fn a_warm_restart_leaves_noinit_alone(processor: Processor) {
    let file = repository().join("tests/systems/noinit/bulkhead.toml");
    let system = check_for(Some(processor), &file).unwrap_or_else(|error| panic!("{error}"));
    let transcript = run_built(&built(system, "noinit", processor), &run_options());
    transcript.expect("noinit", "noinit: start 2 warm: 3002 kept, 0 cleared: good");
    transcript.expect("noinit", "noinit: start 3 cold: 0 kept, 3002 cleared: good");
    assert_eq!(transcript.facts.ends.get("noinit"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
}

fn a_task_is_billed_for_its_own_windows(processor: Processor) {
    goes_wrong("usage", "", &[" ms of 10"], &PartitionEnd::Halted(0), processor);
}

fn a_time_that_was_set_survives_a_warm_restart(processor: Processor) {
    let words = ["2026-11-29 12:0 after a warm restart, as exact", "after a cold one nobody knows"];
    goes_wrong("time_of_day", "", &words, &PartitionEnd::Halted(0), processor);
}

/// Rate-monotonic statistics, stacks, the capture engine and the counter, under earliest deadline first.
fn what_rtems_measures_is_the_partitions_own(processor: Processor) {
    let words = ["jobs in the order aBaaBaaBaaBa, 0 wrong"];
    goes_wrong("inside", "", &words, &PartitionEnd::Halted(0), processor);
}

/// Lines, characters taken back, an end of file; single characters as they come, and reading that gives up.
fn the_console_is_a_terminal(processor: Processor) {
    let built = beside_a_witness("terminal", "terminal", "", processor);
    let built = built.unwrap_or_else(|error| panic!("{error}"));
    let input = Input::Bytes(b"ab\x7fc\rend\x04\x04x\x03\x7f\x04".to_vec());
    let transcript = run_built(&built, &RunOptions { input, ..run_options() });
    transcript.expect("subject", "terminal: 0 wrong, gave up after ");
    assert_eq!(transcript.facts.ends.get("subject"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    witnessed(&transcript);
}

fn a_busy_wait_is_as_long_as_it_says(processor: Processor) {
    goes_wrong("delay", "", &["waited "], &PartitionEnd::Halted(0), processor);
}

fn servers_of_constant_bandwidth_have_their_budgets(processor: Processor) {
    goes_wrong("servers", "", &["servers: 1 overruns, 0 wrong"], &PartitionEnd::Halted(0), processor);
}

fn traps_come_to_their_handlers() {
    let words = ["traps 5 5 5 5, and the clock ticks"];
    goes_wrong("traps", "caught", &words, &PartitionEnd::Halted(0), Processor::Leon3);
}

fn handlers_that_cannot_be_are_refused() {
    for (what, trap) in
        [("raw", "0x02 cannot run in the trap's own window"), ("window", "0x05 would never be called")]
    {
        let words = [trap, "fatal code: 1107296258 (0x42000002)"];
        goes_wrong("traps", what, &words, &PartitionEnd::Halted(128 + 6), Processor::Leon3);
    }
}

/// Links a program by `kit flags`, with more arguments in front: the program, what the linker says, and whether it is
/// content.
fn linked(name: &str, source: &str, front: &[String], processor: Processor) -> (PathBuf, String, bool) {
    let kit = Kit::find_for(processor, &kit(processor)).unwrap_or_else(|error| panic!("{error}"));
    let flags = flags(&kit, &installation(), Host::Bulkhead, true, true, &mut |_| {});
    let flags = flags.unwrap_or_else(|error| panic!("{error}"));
    let folder = repository().join("target/systems/kit").join(processor.name());
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{error}"));
    let program = folder.join(name);
    let mut command = Command::new(kit.compiler.as_ref().expect("a compiler"));
    command.arg(repository().join("tests/tests/kit/programs").join(source)).args(front).args(&flags);
    let output = command.arg("-o").arg(&program).output().unwrap_or_else(|error| panic!("{error}"));
    (program, String::from_utf8_lossy(&output.stderr).into_owned(), output.status.success())
}

/// As in RTEMS's own tests of its boards: a fatal error and the program's end come to the function that wraps it.
fn the_boards_reset_can_be_wrapped(processor: Processor) {
    let wrap = "-Wl,--wrap=bsp_reset".to_owned();
    let (image, said, is_linked) = linked("wrapped.exe", "wrapped.c", &[wrap], processor);
    assert!(is_linked, "{said}");
    for (what, reset, end) in
        [("fatal", "reset by 4, code 0x7b", 128 + 4), ("exit", "reset by 5, code 0x5", 5)]
    {
        let text = format!(
            "[system]\nname = \"wrapped-{what}\"\nmajor-frame = \"10 ms\"\n[[partition]]\nname = \"one\"\n\
             memory = \"4 MiB\"\nimage = {:?}\ncommand-line = \"{what}\"\n[[window]]\npartition = \"one\"\n\
             start = \"0 ms\"\nduration = \"10 ms\"\n",
            image.display().to_string()
        );
        let system = system_file::from_text_for(Some(processor), &text, "wrapped", Path::new(""));
        let system = system.unwrap_or_else(|error| panic!("{error:?}"));
        let transcript = run_built(&built(system, &format!("wrapped-{what}"), processor), &run_options());
        transcript.expect("one", if is_rtems_5(processor) { "reset" } else { reset });
        assert_eq!(
            transcript.facts.ends.get("one"),
            Some(&PartitionEnd::Halted(end)),
            "{}",
            transcript.all()
        );
    }
}

/// Links by hand, as other build systems do. With a library of the kit in front the program is the same; with a folder
/// of the kit's in front the linker says what to do.
fn the_order_of_libraries_does_not_matter(processor: Processor) {
    let link = |name: &str, front: &[String]| linked(name, "witness.c", front, processor);
    let [plain, front] = [("order-plain.exe", &[][..]), ("order-front.exe", &["-lrtemscpu".to_owned()][..])]
        .map(|(name, front)| link(name, front));
    assert!(plain.2 && front.2, "{}{}", plain.1, front.1);
    let symbols = |file: &Path| {
        let bytes = fs::read(file).unwrap_or_else(|error| panic!("{error}"));
        let mut symbols = defined_symbols(&bytes).unwrap_or_else(|error| panic!("{error}"));
        symbols.sort();
        symbols
    };
    assert_eq!(symbols(&plain.0), symbols(&front.0));
    let kit = Kit::find_for(processor, &kit(processor)).unwrap_or_else(|error| panic!("{error}"));
    let board = format!("-L{}", kit.libraries.display());
    let (_, said, linked) = link("order-board.exe", &[board]);
    assert!(
        !linked && said.contains("put the flags of `bulkhead kit flags` before every other -L"),
        "{said}"
    );
}

/// Whoever calls it: `bulkhead build` says more.
fn the_linker_says_what_there_is_instead_of_a_board(processor: Processor) {
    let (_, said, linked) = linked("board-registers.exe", "board_registers.c", &[], processor);
    assert!(!linked && said.contains("warning: the board's, which a partition does not have: "), "{said}");
}

fn the_cxx_library_works(processor: Processor) {
    let text = "[system]\nname = \"library\"\nmajor-frame = \"10 ms\"\n[[partition]]\nname = \"library\"\n\
                memory = \"8 MiB\"\nsources = [\"library.cc\", \"library_start.c\"]\n\
                [[window]]\npartition = \"library\"\nstart = \"0 ms\"\nduration = \"10 ms\"\n";
    let folder: PathBuf = repository().join("tests/tests/kit/programs");
    let system = system_file::from_text_for(Some(processor), text, "library", &folder);
    let system = system.unwrap_or_else(|error| panic!("{error:?}"));
    let transcript = run_built(&built(system, "library", processor), &run_options());
    transcript.expect("library", "caught from below, unwound 5, early 3, threads 600, half 0.5");
    assert_eq!(transcript.facts.ends.get("library"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
}
