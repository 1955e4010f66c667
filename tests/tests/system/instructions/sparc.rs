//! SPARC, on LEON3.

use std::fmt::Write as _;

use bulkhead_audit::instructions::{Architecture, Class, Execution, Instruction, Sample, table};
use bulkhead_tests::repository;
use bulkhead_tool::system_file::Processor;

use super::{outcomes, write_system};

/// Trap types (V8 table 7-1).
const ILLEGAL_INSTRUCTION: u8 = 0x02;
const PRIVILEGED_INSTRUCTION: u8 = 0x03;
const COPROCESSOR_DISABLED: u8 = 0x24;

/// What a trial must not have changed of PSR as the partition sees it: the bits that make it a user of the processor.
const SUPERVISOR: u32 = 0x80;

/// A sample, what is in the registers before, and what must come of it: any of these, where `None` means that it runs.
struct Trial {
    rule: &'static Instruction,
    sample: Sample,
    /// Assembly that is executed before.
    before: &'static str,
    promised: Vec<Option<u8>>,
}

/// What must come of an instruction, from its row.
fn promised(rule: &Instruction, sample: &Sample) -> Vec<Option<u8>> {
    match (rule.class, rule.execution, rule.name) {
        // What a program asks for when it cannot go on; the comparison before lets the condition hold.
        (Class::Harmless, _, "t 5") => vec![Some(0x85)],
        (Class::Harmless, _, "t 2") => vec![Some(0x82)],
        (Class::Harmless, Execution::Traps(number), "unimp") => vec![Some(number)],
        // The kernel has taken the trap, and the partition goes on behind it.
        (Class::Served | Class::Emulated | Class::Harmless, ..) => vec![None],
        (_, Execution::Traps(number), _) => vec![Some(number)],
        (_, _, "other software trap") => match sample.assembly {
            "ta 0" => vec![Some(0x80)],
            "ta 1" => vec![Some(0x81)],
            "ta 11" => vec![Some(0x8b)],
            // Behind a comparison of what is unequal; and with the number 5 in the register.
            "tne 9" => vec![None],
            "ta %g1" => vec![Some(0x85)],
            other => panic!("{other}: the test does not know the trap"),
        },
        (_, _, "stdcq") => vec![Some(PRIVILEGED_INSTRUCTION), Some(COPROCESSOR_DISABLED)],
        (_, _, "wr %asr") => vec![Some(PRIVILEGED_INSTRUCTION), None],
        (_, _, "reserved %asr") => vec![Some(ILLEGAL_INSTRUCTION), None],
        (class, execution, name) => {
            panic!("{name}: {class:?}, {execution}: the test does not know how to try that")
        }
    }
}

/// What is in the registers that a sample uses. Memory operands point to words of zeros; state registers are written as
/// they were read.
fn before(rule: &Instruction, sample: &Sample) -> &'static str {
    match (rule.name, sample.assembly) {
        ("wr %psr", _) => "rd %psr, %g1; mov %g1, %l3; clr %l4",
        (_, "ta %g1") => "mov 5, %g1",
        // Conditions that hold.
        (_, "tne 9" | "tne 5") => "cmp %g0, 1",
        // The call that does nothing.
        (_, "ta 0x20") => "clr %g1",
        ("ta 10", _) => "rd %psr, %g1",
        (_, "ta 0x22") => "save %sp, -96, %sp; set 9f, %o0; add %o0, 4, %o1; clr %o2",
        (_, "ta 0x23") => "set 9f, %g1; add %g1, 4, %g2; clr %g3",
        // With traps off in PSR, in a window of its own, to where it would go on by itself.
        ("rett", "rett %l2+4") => {
            "save %sp, -96, %sp; set 9f - 4, %l2; rd %psr, %l3; andn %l3, 0x20, %l3; wr %l3, %psr"
        }
        ("rett", _) => "save %sp, -96, %sp; set 9f, %l2; rd %psr, %l3; andn %l3, 0x20, %l3; wr %l3, %psr",
        ("flush" | "rd %asr" | "wr %asr" | "wr %asr18" | "reserved %asr", _) => "clr %g1",
        ("wr %tbr" | "wr %wim", _) => "clr %g1; clr %g4",
        _ => "set instructions_memory, %g1; clr %g2; clr %g3",
    }
}

fn all_trials() -> Vec<Trial> {
    let rows = table(Architecture::Sparc).iter();
    let samples = rows.flat_map(|&rule| rule.samples.iter().map(move |sample| (rule, *sample)));
    samples
        .map(|(rule, sample)| Trial {
            rule,
            sample,
            before: before(rule, &sample),
            promised: promised(rule, &sample),
        })
        .collect()
}

/// The assembly of all trials.
fn assembly(trials: &[Trial]) -> String {
    let include = repository().join("tests/programs/arch/sparc/instructions.S");
    let mut text = format!("    .include \"{}\"\n    .text\n", include.display());
    for (number, trial) in trials.iter().enumerate() {
        let bytes: Vec<String> = trial.sample.bytes.iter().map(|byte| format!("{byte:#04x}")).collect();
        let _ = writeln!(text, ".Ltrial_{number}: ! {}", trial.sample.assembly);
        for line in trial.before.split("; ") {
            let _ = writeln!(text, "    {line}");
        }
        // The delay slot of a branch, if it is one.
        let _ = writeln!(text, "    .byte {}\n    nop\n9:  ba .Linstructions_ran\n    nop", bytes.join(", "));
    }
    text.push_str("    .size instructions, . - instructions\n    .section .bss\n    .balign 8\n");
    text.push_str("instructions_memory: .skip 64\n");
    text.push_str(
        "    .section .rodata\n    .balign 4\n    .globl instructions_trials, instructions_count\n",
    );
    text.push_str("instructions_trials:\n");
    for number in 0..trials.len() {
        let _ = writeln!(text, "    .word .Ltrial_{number}");
    }
    let _ = writeln!(text, "instructions_count: .word {}", trials.len());
    text
}

#[test]
fn each_does_what_the_table_promises() {
    let trials = all_trials();
    assert!(trials.len() > 55, "only {} trials", trials.len());
    let outcomes =
        outcomes(Processor::Leon3, &write_system("instructions-sparc", &assembly(&trials), ""), &[]);
    let mut wrong = Vec::new();
    for (number, Trial { rule, sample, promised, .. }) in trials.iter().enumerate() {
        let outcome = outcomes.get(&number);
        let found = outcome.map(|outcome| outcome.err());
        if !found.is_some_and(|found| promised.contains(&found)) {
            wrong.push(format!(
                "{}: `{}`: promised {promised:?}, found {found:?}",
                rule.name, sample.assembly
            ));
        }
        if outcome.is_none_or(|outcome| matches!(outcome, Ok(state) if state & SUPERVISOR == 0)) {
            wrong.push(format!("`{}`: PSR shows no supervisor: {outcome:x?}", sample.assembly));
        }
    }
    assert!(wrong.is_empty(), "{} of {} trials: {wrong:#?}", wrong.len(), trials.len());
}
