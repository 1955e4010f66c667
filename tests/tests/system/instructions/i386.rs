//! i386, on a processor with supervisor protections and on one without.

use std::fmt::Write as _;

use bulkhead_abi::machine::i386::{CODE_SELECTOR, DATA_SELECTOR, TLS_SELECTOR};
use bulkhead_audit::instructions::{Architecture, Class, Execution, Instruction, Sample, table};
use bulkhead_tests::{installation, repository};
use bulkhead_tool::build::{self, Options, Silent};
use bulkhead_tool::system_file;

use super::{outcomes, write_system};

/// A selector that no partition may load: the kernel's data.
const FOREIGN_SELECTOR: u16 = 0x10;

/// Exception vectors (Intel SDM volume 3A, 6.3.1).
const DEBUG: u8 = 1;
const BREAKPOINT: u8 = 3;
const OVERFLOW: u8 = 4;
const INVALID_OPCODE: u8 = 6;
const GENERAL_PROTECTION: u8 = 13;
const PAGE_FAULT: u8 = 14;

/// Flags: interrupts on, both bits of the I/O privilege level.
const INTERRUPTS: u32 = 0x200;
const IO_LEVEL: u32 = 0x3000;

/// What QEMU is told to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Processor {
    /// The kernel's own choice: UMIP and SMAP among other things.
    Protected,
    /// Without UMIP and SMAP, as processors before 2015 are.
    Old,
}

impl Processor {
    fn name(self) -> &'static str {
        match self {
            Self::Protected => "protected",
            Self::Old => "old",
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Protected => &[],
            Self::Old => &["-cpu", "max,smap=off,umip=off"],
        }
    }
}

/// What a sample finds when it is executed.
#[derive(Clone)]
struct Setting {
    /// In all of eax, ecx and edx, unless the sample's operand is in memory, to which eax points then.
    value: u32,
    /// Words on the stack, the top first, as the assembler takes them.
    stack: Vec<String>,
    /// Words in the memory operand.
    memory: [String; 2],
    /// An instruction that is executed before.
    before: &'static str,
}

/// A sample, what it finds, and what must come of it: any of these, where `None` means that it runs.
struct Trial {
    rule: &'static str,
    sample: Sample,
    setting: Setting,
    promised: Vec<Option<u8>>,
}

const RAN: &str = ".Linstructions_ran";

/// A setting in which every selector that is loaded, from wherever, is this one.
fn with_selector(sample: &Sample, code: u16, data: u16) -> Setting {
    let (code, data) = (code.to_string(), data.to_string());
    let is_far = ["jmp", "call", "ret", "iret"].iter().any(|word| sample.assembly.contains(word));
    // `iretw` pops words of 16 bits, so that no return to a program at 1 MiB is possible.
    let stack = match sample.assembly {
        "iretw" => vec![format!("{code} << 16"), "0x202".to_owned()],
        "popl %ds" | "popl %es" | "popl %ss" | "popl %fs" | "popl %gs" => vec![data.clone()],
        _ => vec![RAN.to_owned(), code.clone(), "0x202".to_owned()],
    };
    let memory = if is_far { [RAN.to_owned(), code] } else { ["0".to_owned(), data.clone()] };
    let value = data.parse().unwrap_or(0);
    Setting { value, stack, memory, before: "" }
}

fn plain() -> Setting {
    // `popf` would clear the interrupt flag and set the I/O privilege level.
    let stack = vec![format!("{IO_LEVEL:#x} | 2"); 2];
    // 0 asks for the interface's version, should it be a call.
    Setting { value: 0, stack, memory: ["0".to_owned(), "0".to_owned()], before: "" }
}

/// The trials of a sample. What differs between processors or operands is tried with each.
fn trials(rule: &'static Instruction, sample: Sample, processor: Processor) -> Vec<Trial> {
    let trial = |setting, promised: &[Option<u8>]| Trial {
        rule: rule.name,
        sample,
        setting,
        promised: promised.to_vec(),
    };
    match (rule.execution, rule.name) {
        (Execution::Runs, _) => vec![trial(plain(), &[None])],
        (Execution::Traps(vector), _) => vec![trial(plain(), &[Some(vector)])],
        (_, "sgdt" | "sidt" | "sldt" | "smsw" | "str") => {
            let promised = match processor {
                Processor::Protected => Some(GENERAL_PROTECTION),
                Processor::Old => None,
            };
            vec![trial(plain(), &[promised])]
        }
        (_, "load fs or gs") => selectors(&trial, &sample, TLS_SELECTOR, &[None]),
        (_, "load ds, es or ss") => selectors(&trial, &sample, DATA_SELECTOR, &[None]),
        (_, "iret" | "far ret" | "far jmp and call") => far(&trial, &sample, processor),
        (_, "int3 and into") if sample.assembly == "int3" => vec![trial(plain(), &[Some(BREAKPOINT)])],
        (_, "int3 and into") => {
            // The sum of two large numbers overflows; that of zeros does not.
            let overflow = Setting { before: "movb $127, %al; addb $1, %al", ..plain() };
            let none = Setting { before: "xorl %eax, %eax", ..plain() };
            vec![trial(overflow, &[Some(OVERFLOW)]), trial(none, &[None])]
        }
        (_, "int1") => vec![trial(plain(), &[Some(DEBUG), Some(INVALID_OPCODE)])],
        (_, "invpcid" | "xsetbv" | "sysret" | "sysenter" | "other privileged instruction") => {
            vec![trial(plain(), &[Some(INVALID_OPCODE), Some(GENERAL_PROTECTION)])]
        }
        // QEMU 7.2 ends itself here, and the whole trial with it.
        (_, "lock and a bit of a register") => Vec::new(),
        (_, "umwait and tpause") => vec![trial(plain(), &[None, Some(INVALID_OPCODE)])],
        (execution, name) => panic!("{name}: {execution}: the test does not know how to try that"),
    }
}

/// Loads with a selector of the interface and with another.
fn selectors(
    trial: &impl Fn(Setting, &[Option<u8>]) -> Trial,
    sample: &Sample,
    good: u16,
    promised: &[Option<u8>],
) -> Vec<Trial> {
    vec![
        trial(with_selector(sample, CODE_SELECTOR, good), promised),
        trial(with_selector(sample, CODE_SELECTOR, FOREIGN_SELECTOR), &[Some(GENERAL_PROTECTION)]),
    ]
}

/// Jumps, calls and returns to the interface's code segment and to the kernel's.
fn far(
    trial: &impl Fn(Setting, &[Option<u8>]) -> Trial,
    sample: &Sample,
    processor: Processor,
) -> Vec<Trial> {
    let mut good = vec![None];
    let mut bad = vec![Some(GENERAL_PROTECTION)];
    // QEMU before 9.1 reads and writes the stack for these with the kernel's rights, which SMAP forbids.
    let uses_stack = !sample.assembly.contains("jmp");
    if processor == Processor::Protected && uses_stack {
        good.push(Some(PAGE_FAULT));
        bad.push(Some(PAGE_FAULT));
    }
    let code = with_selector(sample, CODE_SELECTOR, DATA_SELECTOR);
    let kernel = with_selector(sample, 8, DATA_SELECTOR);
    let names_its_own = sample.assembly.contains("$0x8");
    if names_its_own || sample.assembly == "iretw" {
        return vec![trial(kernel, &bad)];
    }
    vec![trial(code, &good), trial(kernel, &bad)]
}

fn all_trials(processor: Processor) -> Vec<Trial> {
    let rows = table(Architecture::I386).iter();
    let samples = rows.flat_map(|&rule| rule.samples.iter().map(move |sample| (rule, *sample)));
    samples
        .filter(|(_, sample)| sample.architecture == Architecture::I386)
        .flat_map(|(rule, sample)| trials(rule, sample, processor))
        .collect()
}

/// The assembly of all trials.
fn assembly(trials: &[Trial]) -> String {
    let include = repository().join("tests/programs/arch/i386/instructions.S");
    let mut text = format!(
        "    .set selector_data, {DATA_SELECTOR}\n    .include \"{}\"\n    .text\n",
        include.display()
    );
    for (number, Trial { sample, setting, .. }) in trials.iter().enumerate() {
        let _ = writeln!(text, ".Ltrial_{number}: # {}", sample.assembly);
        for word in setting.stack.iter().rev() {
            let _ = writeln!(text, "    pushl ${word}");
        }
        let _ = writeln!(text, "    {}", setting.before);
        // `mov` leaves the flags of what was executed before.
        if setting.before.is_empty() {
            let value = setting.value;
            let _ =
                writeln!(text, "    movl ${value}, %eax\n    movl ${value}, %ecx\n    movl ${value}, %edx");
        }
        if sample.assembly.contains("(%eax)") {
            let _ = writeln!(text, "    movl $.Lmemory_{number}, %eax");
        }
        let bytes: Vec<String> = sample.bytes.iter().map(|byte| format!("{byte:#04x}")).collect();
        let _ = writeln!(text, "    .byte {}\n    jmp {RAN}", bytes.join(", "));
    }
    text.push_str("    .size instructions, . - instructions\n    .data\n    .balign 16\n");
    for (number, Trial { setting, .. }) in trials.iter().enumerate() {
        let [first, second] = &setting.memory;
        let _ = writeln!(text, ".Lmemory_{number}: .long {first}, {second}, 0, 0");
    }
    text.push_str(
        "    .section .rodata\n    .balign 4\n    .globl instructions_trials, instructions_count\n",
    );
    text.push_str("instructions_trials:\n");
    for number in 0..trials.len() {
        let _ = writeln!(text, "    .long .Ltrial_{number}");
    }
    let _ = writeln!(text, "instructions_count: .long {}", trials.len());
    text
}

/// Executes every trial and compares.
fn confirm(processor: Processor) {
    let trials = all_trials(processor);
    assert!(trials.len() > 130, "only {} trials", trials.len());
    let name = format!("instructions-{}", processor.name());
    let allowance =
        "allow-silent = [{ function = \"instructions\", reason = \"executes everything on purpose\" }]";
    let outcomes = outcomes(
        system_file::Processor::X86_64,
        &write_system(&name, &assembly(&trials), allowance),
        processor.arguments(),
    );
    let mut wrong = Vec::new();
    for (number, trial) in trials.iter().enumerate() {
        let outcome = outcomes.get(&number);
        let found = outcome.map(|outcome| outcome.err());
        if !found.is_some_and(|found| trial.promised.contains(&found)) {
            let (rule, assembly) = (trial.rule, trial.sample.assembly);
            wrong.push(format!("{rule}: `{assembly}`: promised {:?}, found {found:?}", trial.promised));
        }
        // Whatever ran, the interrupt flag and the I/O privilege level are what the kernel has set.
        if let Some(Ok(flags)) = outcome
            && flags & (INTERRUPTS | IO_LEVEL) != INTERRUPTS
        {
            wrong.push(format!("`{}` leaves flags {flags:#x}", trial.sample.assembly));
        }
    }
    assert!(wrong.is_empty(), "{} of {} trials: {wrong:#?}", wrong.len(), trials.len());
}

#[test]
fn each_does_what_the_table_promises() {
    confirm(Processor::Protected);
}

#[test]
fn each_does_what_the_table_promises_on_an_old_processor() {
    confirm(Processor::Old);
}

/// The same program without its allowance does not build, and the message names the function.
#[test]
fn silent_instructions_stop_the_build() {
    let trials = all_trials(Processor::Old);
    let file = write_system("instructions-refused", &assembly(&trials), "");
    let options = Options { installation: Some(installation()), ..Options::default() };
    let error = build::build(&file, &options, &mut Silent).expect_err("silent instructions").to_string();
    let silent = trials.iter().filter(|trial| {
        let rule = table(Architecture::I386).iter().find(|rule| rule.name == trial.rule);
        rule.is_some_and(|rule| rule.class == Class::Silent)
    });
    // The program itself loads gs and fs once more.
    let count = silent.count() + 2;
    let said = format!("the linked program has {count} silent instructions in `instructions`");
    assert!(error.contains(&said), "{said}:\n{error}");
}
