//! What the kernel and the guest layer cost, in executed instructions, beside what the peers cost.
//!
//! Under `-icount shift=0` the time stamp counter advances by one for each executed instruction, so every figure is
//! a count and repeats exactly. The peers' figures were measured the same way: XtratuM 2.6 (ia32) and POK (x86, its
//! kernel at -O2), from inside their partitions.
//!
//! A LEON3 has no such counter. There, the probe repeats what it measures until the clock's steps hide less than half
//! an instruction.

use std::fmt;

use bulkhead_tool::run::RunOptions;
use bulkhead_tool::system_file::Processor;

use crate::{MICROSECOND, MILLISECOND, System, Transcript, paths, repository, restart_costs, run_file_for};

/// A cost and its budget.
#[derive(Clone, Debug)]
pub struct Cost {
    /// What it is the cost of.
    pub what: &'static str,
    /// What was measured.
    pub measured: u64,
    /// What it may be at the most.
    pub budget: u64,
    /// The same of XtratuM 2.6, where it has such a thing.
    pub xtratum: Option<u64>,
    /// The same of POK.
    pub pok: Option<u64>,
}

impl Cost {
    /// Whether it is within its budget.
    #[must_use]
    pub const fn is_within(&self) -> bool {
        self.measured <= self.budget
    }
}

/// A table of costs, for people.
#[derive(Debug)]
pub struct Table<'a>(pub &'a [Cost]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let peer = |figure: Option<u64>| figure.map_or_else(|| "-".to_owned(), |figure| figure.to_string());
        let peers = self.0.iter().any(|cost| cost.xtratum.or(cost.pok).is_some());
        let head = if peers { "  XtratuM    POK" } else { "" };
        writeln!(formatter, "{:<56} {:>8} {:>7}{head}", "executed instructions", "measured", "budget")?;
        for cost in self.0 {
            let Cost { what, measured, budget, xtratum, pok } = cost;
            let mark = if cost.is_within() { "" } else { "  over budget" };
            let figures =
                if peers { format!(" {:>8} {:>6}", peer(*xtratum), peer(*pok)) } else { String::new() };
            writeln!(formatter, "{what:<56} {measured:>8} {budget:>7}{figures}{mark}")?;
        }
        Ok(())
    }
}

/// What is wrong in `docs/performance.md`, in its table of how late a window can begin: each path has a row there, with
/// its budgets, and figures that are a third or 200 (LEON3: 1100) from what is measured at the most, because other
/// programs find other moments. Each word is a row as it would be right, as far as it is known here.
///
/// # Panics
/// If the document cannot be read.
#[must_use]
pub fn wrong_rows(processor: Processor, costs: &[Cost]) -> Vec<String> {
    let document = std::fs::read_to_string(repository().join("docs/performance.md")).expect("a document");
    let rows: Vec<Vec<&str>> =
        document.lines().map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect();
    let first = if processor == Processor::X86_64 { 1 } else { 3 };
    // LEON3's clock goes in steps of 1000 instructions: where in a step a path begins depends on the kernel's layout.
    let least = if processor == Processor::X86_64 { 200 } else { 1100 };
    let is_right = |path: &str, cost: &Cost| {
        let of_path = |row: &&Vec<&str>| row.len() == 5 && row.first() == Some(&path);
        let figures: Option<Vec<u64>> = rows
            .iter()
            .find(of_path)
            .and_then(|row| row.iter().skip(first).take(2).map(|word| word.parse().ok()).collect());
        matches!(figures.as_deref(), Some(&[measured, budget]) if budget == cost.budget
            && measured.abs_diff(cost.measured) <= (cost.measured / 3).max(least))
    };
    let paths = costs.iter().filter_map(|cost| Some((cost.what.strip_prefix("late by ")?, cost)));
    let wrong = paths.filter(|(path, cost)| !is_right(path, cost));
    wrong.map(|(path, cost)| format!("| {path} | {} | {} |", cost.measured, cost.budget)).collect()
}

/// Measures everything that has a budget on a processor.
///
/// # Panics
/// If a system cannot be built or does not report.
#[must_use]
pub fn measure(processor: Processor) -> Vec<Cost> {
    let transcript = stopwatch_system(processor).run();
    let mut costs = match processor {
        Processor::X86_64 => measure_x86_64(&transcript),
        Processor::Leon3 => measure_leon3(&transcript),
    };
    costs.extend(messages(processor));
    costs.extend(records(processor));
    costs.extend(services(processor));
    costs.extend(handlers(processor));
    costs.extend(devices(processor));
    costs.extend(restart_costs::measure(processor));
    costs.extend(paths::measure(processor));
    costs
}

/// The most that one record may cost the kernel, in instructions.
const RECORD_BUDGET: u64 = 12;

/// What records cost the kernel that traces: how much longer than another one's it takes for what it records, for each
/// record.
fn records(processor: Processor) -> Vec<Cost> {
    const HALF: u64 = 10 * MILLISECOND;
    let run = |traces, calls| {
        let asked = |system: System| system.traced(traces).recording_calls(calls);
        let messages = asked(message_system(processor, HALF)).run();
        let stopwatch = asked(stopwatch_system(processor)).run();
        move |speaker: &str, name: &str| {
            let transcript = if speaker == "stopwatch" { &stopwatch } else { &messages };
            let speaker = if speaker == "stopwatch" { "a" } else { speaker };
            transcript.numbers(speaker, &format!("cost: {name} "))[name]
        }
    };
    let (with, without, with_calls) = (run(true, false), run(false, false), run(true, true));
    let record = |what, measured| Cost { what, measured, budget: RECORD_BUDGET, xtratum: None, pok: None };
    let cost = |what, speaker, name, records: u64| {
        let all = with(speaker, name).saturating_sub(without(speaker, name));
        record(what, all.div_ceil(records))
    };
    // Of which nothing else is recorded.
    let arm_timer = |run: &dyn Fn(&str, &str) -> u64| run("stopwatch", "arm-timer");
    vec![
        cost("record of a sampling message that is written", "a", "write-64", 1),
        cost("record of a sampling message that is read", "b", "read-64", 1),
        cost("record of a queuing message that is sent", "a", "send-64", 1),
        cost("record of a queuing message that is received", "b", "receive-64", 1),
        // The kernel's timer, the partition's, and the upcall.
        cost("record of what a timer interrupt does, of three", "stopwatch", "timer-to-guest", 3),
        record("record of a call", arm_timer(&with_calls).saturating_sub(arm_timer(&with))),
    ]
}

fn stopwatch_system(processor: Processor) -> System {
    System::on(processor, "stopwatch", 10 * MILLISECOND).probe("a", "stopwatch", &[(0, 10 * MILLISECOND)])
}

/// Two partitions that time messages of 64 and of 4096 bytes.
fn message_system(processor: Processor, half: u64) -> System {
    System::on(processor, "messages", 2 * half)
        .probe("a", "messages source", &[(0, half)])
        .probe("b", "messages destination", &[(half, half)])
        .channel("kind = \"sampling\", refresh = \"1 s\"", 4096, ("a", "out"), &[("b", "in")])
        .channel("kind = \"queuing\", depth = 51", 4096, ("a", "queue-out"), &[("b", "queue-in")])
}

/// What messages cost: each call about one of 64 bytes, and about one of 4096 (1024 words), which may take 1.5
/// instructions for each word more.
fn messages(processor: Processor) -> Vec<Cost> {
    const HALF: u64 = 10 * MILLISECOND;
    let transcript = message_system(processor, HALF).run();
    let cost = |what, speaker: &str, name: &str, budgets: (u64, u64), peers: (u64, Option<u64>)| {
        let x86_64 = processor == Processor::X86_64;
        Cost {
            what,
            measured: transcript.numbers(speaker, &format!("cost: {name} "))[name],
            budget: if x86_64 { budgets.0 } else { budgets.1 },
            xtratum: x86_64.then_some(peers.0).filter(|figure| *figure != 0),
            pok: if x86_64 { peers.1 } else { None },
        }
    };
    let long = |(x86_64, leon3): (u64, u64)| (x86_64 + 1536, leon3 + 1536);
    let (sampling, queuing) = ((160, 300), (200, 350));
    vec![
        cost("write a sampling message of 64 bytes", "a", "write-64", sampling, (440, Some(374))),
        cost("read a sampling message of 64 bytes", "b", "read-64", sampling, (466, Some(414))),
        cost("send a queuing message of 64 bytes", "a", "send-64", queuing, (497, None)),
        cost("receive a queuing message of 64 bytes", "b", "receive-64", queuing, (529, None)),
        cost("write a sampling message of 4096 bytes", "a", "write-4096", long(sampling), (0, None)),
        cost("read a sampling message of 4096 bytes", "b", "read-4096", long(sampling), (0, None)),
        cost("send a queuing message of 4096 bytes", "a", "send-4096", long(queuing), (0, None)),
        cost("receive a queuing message of 4096 bytes", "b", "receive-4096", long(queuing), (0, None)),
    ]
}

/// What arinc653.h's services cost about messages of 64 bytes, as a C program asks for them on the stand-in.
fn services(processor: Processor) -> Vec<Cost> {
    let services = [
        ("WRITE_SAMPLING_MESSAGE of 64 bytes", "source", "service-write", (230, 420)),
        ("READ_SAMPLING_MESSAGE of 64 bytes", "destination", "service-read", (360, 520)),
        ("SEND_QUEUING_MESSAGE of 64 bytes", "source", "service-send", (390, 600)),
        ("RECEIVE_QUEUING_MESSAGE of 64 bytes", "destination", "service-receive", (380, 560)),
    ];
    of_programs(processor, "services", &services)
}

/// How long a fault takes to the handler of the partition, with all registers stored, and to ARINC 653's error handler,
/// which is a task of the stand-in's; and how long services for processes take.
fn handlers(processor: Processor) -> Vec<Cost> {
    let handlers = [
        ("fault to the fault handler's first instruction", "faulty", "fault-handler", (300, 570)),
        ("fault to ARINC 653's error handler, a task", "faulty", "error-handler", (1130, 2750)),
        ("START to a process's first instruction", "processes", "process-start", (1270, 2300)),
        ("RESUME to the return of SUSPEND_SELF", "processes", "process-resume", (900, 1700)),
        ("LOCK_PREEMPTION and UNLOCK_PREEMPTION", "processes", "process-lock", (1150, 1450)),
    ];
    of_programs(processor, "handlers", &handlers)
}

/// What a device costs its owner: the calls that reach a register, and an interrupt, from when it is let in until the
/// next one is, with the handler between them (and on LEON3 the call that forces it).
fn devices(processor: Processor) -> Vec<Cost> {
    let transcript = System::on(processor, "device-costs", 10 * MILLISECOND)
        .probe("owner", "owner costs level", &[(0, 10 * MILLISECOND)])
        .device("clock", "owner", &clock_device(processor, "level"))
        .device("registers", "owner", registers_device(processor))
        .run();
    let costs = [
        ("read a register of a device", "owner", "register-read", (220, 350)),
        ("write a register of a device", "owner", "register-write", (220, 350)),
        ("write some bits of a register of a device", "owner", "register-write-some", (250, 350)),
        ("an interrupt of a device, dealt with and let in again", "owner", "device-interrupt", (450, 1300)),
    ];
    in_transcript(processor, &transcript, &costs)
}

/// Two registers, of the second of which some bits may be written.
pub(crate) const fn registers_device(processor: Processor) -> &'static str {
    match processor {
        // The scratch register of the second UART, which no QEMU here has; and beside it what QEMU has nothing at.
        Processor::X86_64 => {
            "ports = [{ first = 0x2fc, count = 8, width = 1, allow = [\
             { offset = 0, read = true, write = true }, { offset = 4, read = true, write = 0x0f }] }]"
        }
        Processor::Leon3 => {
            "registers = [{ address = 0x80000280, size = 8, width = 4, allow = [\
             { offset = 0, read = true, write = true }, { offset = 4, read = true, write = 0x0f }] }]"
        }
    }
}

/// What the device `clock` of the probe's role `owner` has, with an interrupt of a kind (on x86-64).
#[must_use]
pub fn clock_device(processor: Processor, trigger: &str) -> String {
    match processor {
        Processor::X86_64 if trigger == "message" => {
            "pci = \"00:04.0\"\npci-memory = \"512 KiB\"\npci-line = 9\ndma = \"unprotected\"".to_owned()
        }
        Processor::X86_64 => format!(
            "dma = \"unprotected\"\nmemory = [{{ address = 0xfed00000, size = \"4 KiB\", write = true }}]\n\
             interrupts = [{{ number = 20, trigger = \"{trigger}\", line = 9 }}]"
        ),
        Processor::Leon3 => "registers = [{ address = 0x80000208, size = 4, width = 4, \
             allow = [{ offset = 0, size = 4, write = 0x20 }] }]\n\
             interrupts = [{ number = 5, line = 9 }]"
            .to_owned(),
    }
}

/// A cost that a program measures: what it is, which partition tells it by which name, and its budgets.
type Told = (&'static str, &'static str, &'static str, (u64, u64));

/// What the programs of a system in `tests/systems` have measured.
fn of_programs(processor: Processor, system: &str, told: &[Told]) -> Vec<Cost> {
    let file = repository().join("tests/systems").join(system).join("bulkhead.toml");
    in_transcript(processor, &run_file_for(Some(processor), &file, &RunOptions::default()), told)
}

/// What the programs of a run have measured.
fn in_transcript(processor: Processor, transcript: &Transcript, told: &[Told]) -> Vec<Cost> {
    let cost = |&(what, speaker, name, (x86_64, leon3)): &Told| Cost {
        what,
        measured: transcript.numbers(speaker, &format!("cost: {name} "))[name],
        budget: if processor == Processor::X86_64 { x86_64 } else { leon3 },
        xtratum: None,
        pok: None,
    };
    told.iter().map(cost).collect()
}

/// What a partition switch may take.
#[must_use]
pub const fn switch_budget(processor: Processor) -> u64 {
    match processor {
        Processor::X86_64 => 600,
        Processor::Leon3 => 860,
    }
}

/// What the stopwatch has said under a name.
fn figure(transcript: &Transcript, name: &str) -> u64 {
    transcript.numbers("a", &format!("cost: {name} "))[name]
}

fn measure_leon3(transcript: &Transcript) -> Vec<Cost> {
    let cost = |what, name: &str, budget| Cost {
        what,
        measured: figure(transcript, name),
        budget,
        xtratum: None,
        pok: None,
    };
    vec![
        cost("hypercall that does nothing, round trip", "null-hypercall", 60),
        cost("read the time (a trap)", "read-time", 60),
        cost("arm the timer", "arm-timer", 250),
        cost("disable and enable interrupts, two calls", "disable-enable", 16),
        cost("disable and enable interrupts, ta 9 and ta 10", "psr-traps", 40),
        cost("window overflow", "window-overflow", 80),
        cost("window underflow", "window-underflow", 80),
        cost("timer expiry to the guest's first instruction", "timer-to-guest", 320),
        cost("the same with all windows in use", "timer-to-deep-guest", 410),
        cost("whole disturbance by a timer interrupt", "disturbance", 490),
        Cost {
            what: "partition switch, all windows and FPU in use",
            measured: partition_switch_by_turns(),
            budget: switch_budget(Processor::Leon3),
            xtratum: None,
            pok: None,
        },
        Cost {
            what: "device accesses per partition switch",
            measured: device_accesses_per_switch(Processor::Leon3),
            budget: 3,
            xtratum: None,
            pok: None,
        },
    ]
}

/// What is left of a frame of two windows when both partitions count the instructions that they execute: two switches.
fn partition_switch_by_turns() -> u64 {
    const WINDOWS: u64 = 100;
    let half = 100 * MICROSECOND;
    let command_line = format!("edge windows={WINDOWS}");
    let transcript = System::on(Processor::Leon3, "edges", 2 * half)
        .probe("a", &command_line, &[(0, half)])
        .probe("b", &command_line, &[(half, half)])
        .run();
    let executed = |name: &str| transcript.numbers(name, "edge: instructions ")["instructions"];
    (WINDOWS * 2 * half - executed("a") - executed("b")).div_ceil(WINDOWS * 2)
}

fn measure_x86_64(transcript: &Transcript) -> Vec<Cost> {
    let cost = |what, name: &str, budget, xtratum, pok| Cost {
        what,
        measured: figure(transcript, name),
        budget,
        xtratum,
        pok,
    };
    vec![
        cost("hypercall that does nothing, round trip", "null-hypercall", 60, Some(114), Some(138)),
        cost("read the time", "read-time", 30, Some(305), Some(136)),
        cost("arm the timer", "arm-timer", 100, Some(195), None),
        cost("disable and enable interrupts, two calls", "disable-enable", 14, Some(37), None),
        cost("set the thread's TLS base", "tls-base", 75, Some(241), None),
        cost("timer expiry to the guest's first instruction", "timer-to-guest", 250, Some(931), None),
        cost("whole disturbance by a timer interrupt", "disturbance", 350, Some(976), None),
        Cost {
            what: "partition switch, FPU and paging included",
            measured: partition_switch(),
            budget: switch_budget(Processor::X86_64),
            xtratum: Some(1771),
            pok: Some(656),
        },
        Cost {
            what: "device accesses per partition switch",
            measured: device_accesses_per_switch(Processor::X86_64),
            budget: 2,
            xtratum: Some(63),
            pok: None,
        },
    ]
}

/// From the last instruction of a partition to the first of the next one, the most of several.
fn partition_switch() -> u64 {
    let half = 100 * MICROSECOND;
    let transcript = System::new("edges", 2 * half)
        .probe("a", "edge windows=8", &[(0, half)])
        .probe("b", "edge windows=8", &[(half, half)])
        .run();
    let stamps = |name: &str| -> Vec<(u64, u64)> {
        let lines = transcript.of(name).into_iter().filter_map(|line| line.strip_prefix("edge: "));
        lines
            .filter_map(|line| {
                let (last, first) = line.split_once(' ')?;
                Some((last.parse().ok()?, first.parse().ok()?))
            })
            .collect()
    };
    let (from, to) = (stamps("a"), stamps("b"));
    let switches = from.iter().filter_map(|(last, _)| {
        // The first look of `b` at the time after the last one of `a`, within its window.
        to.iter()
            .map(|(_, first)| first.wrapping_sub(*last) & 0xffff_ffff)
            .filter(|&pause| pause < half)
            .min()
    });
    let longest = switches.max();
    longest.unwrap_or_else(|| panic!("no switch was seen:\n{}", transcript.all()))
}

/// Reads and writes of device registers and ports, by the difference of a long and a short run of two partitions that
/// do nothing else but run.
fn device_accesses_per_switch(processor: Processor) -> u64 {
    let half = 100 * MICROSECOND;
    let accesses = |frames: u64| -> u64 {
        let transcript = System::on(processor, &format!("accesses-{frames}"), 2 * half)
            .probe("a", "adversary spin", &[(0, half)])
            .probe("b", "adversary spin", &[(half, half)])
            .limit(frames * 2 * half)
            .qemu(&["-trace", "memory_region_ops_read", "-trace", "memory_region_ops_write"])
            .run();
        // The serial line is not part of a switch; what the report says grows with the numbers in it.
        let lines = transcript.of("qemu");
        let serial = |line: &str| line.contains("'serial'") || line.contains("'uart'");
        lines.into_iter().filter(|line| line.contains(" cpu 0 ") && !serial(line)).count() as u64
    };
    let (short, long) = (accesses(4), accesses(24));
    let switches = 20 * 2;
    (long - short).div_ceil(switches)
}
