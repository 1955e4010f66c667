//! Every row of the table is found by its encodings, and the table has every instruction that the manuals list.

mod common;

use bulkhead_audit::instructions::{Architecture, Class, Instruction, Kernel, Sample, table};
use bulkhead_audit::{Options, audit};
use common::{Builder, big_endian, report};
use std::collections::BTreeSet;

fn rows() -> impl Iterator<Item = &'static Instruction> {
    [Architecture::I386, Architecture::Sparc]
        .into_iter()
        .flat_map(|architecture| table(architecture).iter().copied())
}

fn check(row: &Instruction, sample: &Sample) {
    let object = Builder::new(sample.architecture).function("snippet", sample.bytes).build();
    let report = report(&object);
    let [finding] = report.findings.as_slice() else {
        panic!("{}: {} is found {} times", row.name, sample.assembly, report.findings.len());
    };
    assert_eq!(finding.rule, row.name, "{}", sample.assembly);
    assert_eq!(finding.class, row.class, "{}", sample.assembly);
    assert_eq!((finding.function.as_str(), finding.offset), ("snippet", 0), "{}", sample.assembly);
    let bytes: Vec<String> = sample.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(finding.bytes, bytes.join(" "), "{}: its whole length is read", sample.assembly);
}

#[test]
fn each_sample_is_found_with_its_class() {
    for row in rows() {
        assert!(!row.samples.is_empty(), "{} has no sample", row.name);
        for sample in row.samples {
            check(row, sample);
        }
    }
}

#[test]
fn rows_are_complete_and_unique() {
    let mut names = BTreeSet::new();
    for row in rows() {
        assert!(names.insert(row.name), "{} stands twice", row.name);
        assert!(!row.manual.is_empty() && !row.reason.is_empty(), "{} lacks a reason", row.name);
        assert!(row.class != Class::Replaced, "{}: the pack decides this, not the instruction", row.name);
    }
}

/// SDM 3A 5.9, "Privileged instructions", the whole list.
#[test]
fn the_privileged_instructions_of_x86_are_all_there() {
    let listed = [
        "lgdt",
        "lldt",
        "ltr",
        "lidt",
        "mov control register",
        "lmsw",
        "clts",
        "mov debug register",
        "invd",
        "wbinvd",
        "invlpg",
        "hlt",
        "rdmsr",
        "wrmsr",
        "rdpmc",
        "rdtsc",
    ];
    has_all(Architecture::I386, &listed);
}

/// Robin and Irvine's seventeen sensitive, unprivileged instructions.
#[test]
fn the_sensitive_instructions_of_x86_are_all_there() {
    let listed = [
        "sgdt",
        "sidt",
        "sldt",
        "smsw",
        "pushf",
        "popf",
        "lar and lsl",
        "verr and verw",
        "load fs or gs",
        "load ds, es or ss",
        "read a segment register",
        "far jmp and call",
        "int n",
        "far ret",
        "str",
    ];
    has_all(Architecture::I386, &listed);
}

/// SDM 1 19.5.1, the instructions that obey the I/O privilege level.
#[test]
fn the_io_sensitive_instructions_of_x86_are_all_there() {
    has_all(Architecture::I386, &["in and out", "ins and outs", "cli and sti"]);
}

/// V8 appendix B: each instruction whose "Traps" name `privileged_instruction`, and the software traps.
#[test]
fn the_privileged_instructions_of_sparc_are_all_there() {
    let listed = [
        "lda",
        "lduba",
        "lduha",
        "ldda",
        "ldsba",
        "ldsha",
        "sta",
        "stba",
        "stha",
        "stda",
        "ldstuba",
        "swapa",
        "stdfq",
        "stdcq",
        "rett",
        "rd %psr",
        "rd %wim",
        "rd %tbr",
        "wr %psr",
        "wr %wim",
        "wr %tbr",
        "rd %asr",
        "wr %asr",
        "other software trap",
        "ta 3",
        "ta 9",
        "ta 10",
        "interface trap",
    ];
    has_all(Architecture::Sparc, &listed);
}

fn has_all(architecture: Architecture, listed: &[&str]) {
    for name in listed {
        assert!(table(architecture).iter().any(|row| row.name == *name), "{architecture} has no row {name}");
    }
}

/// On SPARC nothing can go wrong without a trap.
#[test]
fn sparc_has_no_silent_instruction() {
    assert!(table(Architecture::Sparc).iter().all(|row| row.class != Class::Silent));
}

/// A trap with a number in a register may have any number, so it is not taken for one that is served.
#[test]
fn only_constant_trap_numbers_are_served() {
    for word in [0x91d0_4000_u32, 0x91d0_6009, 0x83d0_2009] {
        let object = Builder::new(Architecture::Sparc).function("snippet", &big_endian(&[word])).build();
        let rules: Vec<&str> = report(&object).findings.iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, ["other software trap"], "{word:#010x}");
    }
}

#[test]
fn prefixes_do_not_hide_an_instruction() {
    // Operand size, segment, lock and repeat prefixes in front of cli, popf, in.
    for bytes in [&[0x66, 0xfa][..], &[0x2e, 0x9d], &[0xf2, 0xec], &[0x3e, 0x66, 0x9d]] {
        let object = Builder::new(Architecture::I386).function("snippet", bytes).build();
        assert_eq!(report(&object).findings.len(), 1, "{bytes:02x?}");
    }
}

/// On AIR the trap of libgcc's division by zero is a call, and so is the one by which RTEMS ends; what else differs.
#[test]
fn above_air_some_traps_mean_something_else() {
    for (word, ours, on_air) in [
        (0x91d0_2002, Class::Harmless, Class::Silent),
        (0x93d0_2002, Class::Harmless, Class::Silent),
        (0x91d0_2000, Class::Faults, Class::Silent),
        (0x91d0_2001, Class::Faults, Class::Faults),
        (0x91d0_2005, Class::Harmless, Class::Harmless),
        (0x91d0_2009, Class::Served, Class::Served),
        (0x91d0_2020, Class::Served, Class::Faults),
        (0x91d0_2021, Class::Served, Class::Served),
        (0x9548_0000, Class::Emulated, Class::Faults),
    ] {
        for (kernel, expected) in [(Kernel::Bulkhead, ours), (Kernel::Air, on_air)] {
            let object = Builder::new(Architecture::Sparc).function("f", &big_endian(&[word])).build();
            let options = Options { kernel, ..Options::default() };
            let report = audit("f.o", &object, &options).expect("an object");
            let classes: Vec<Class> = report.findings.iter().map(|finding| finding.class).collect();
            assert_eq!(classes, [expected], "{word:#x} above {kernel:?}");
        }
    }
    // The binding's own are meant.
    let object = Builder::new(Architecture::Sparc)
        .function("bulkhead_air_processor", &big_endian(&[0x91d0_2002]))
        .build();
    let options = Options { kernel: Kernel::Air, ..Options::default() };
    let report = audit("f.o", &object, &options).expect("an object");
    assert_eq!((report.findings[0].class, report.silent().count()), (Class::Silent, 0));
}
