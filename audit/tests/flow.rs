//! What counts as code: labels, branches and tables lead to it, and data beside it is left alone.

mod common;

use bulkhead_audit::instructions::{Architecture, Class};
use bulkhead_audit::{Allowance, InputKind, Options, Report};
use common::{Builder, PLAIN_I386, PLAIN_SPARC, archive, big_endian, report, stripped_i386_image};
use object::{SymbolKind, SymbolScope};

const RET: u8 = 0xc3;
const CLI: u8 = 0xfa;
const HLT: u8 = 0xf4;
const POPF: u8 = 0x9d;

fn rules(report: &Report) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.rule).collect()
}

#[test]
fn nothing_is_found_in_a_plain_program() {
    let i386 = Builder::new(Architecture::I386).function("main", PLAIN_I386).build();
    let sparc = Builder::new(Architecture::Sparc).function("main", &big_endian(PLAIN_SPARC)).build();
    for bytes in [i386, sparc] {
        let report = report(&bytes);
        assert!(report.findings.is_empty(), "{:?}", report.findings);
        assert!(report.not_followed.is_empty(), "{:?}", report.not_followed);
        assert!(report.problems().next().is_none());
        assert_eq!(report.summary.followed_bytes, report.summary.code_bytes);
    }
}

#[test]
fn declared_data_is_not_code() {
    let bytes = Builder::new(Architecture::I386)
        .function("main", &[RET])
        .symbol("table", SymbolKind::Data, SymbolScope::Linkage, &[CLI, HLT, POPF])
        .build();
    let report = report(&bytes);
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    assert!(report.not_followed.is_empty(), "{:?}", report.not_followed);
}

#[test]
fn what_nothing_leads_to_is_said_but_not_reported_as_code() {
    // jmp over three bytes; ret
    let bytes = Builder::new(Architecture::I386).function("main", &[0xeb, 0x03, CLI, HLT, POPF, RET]).build();
    let report = report(&bytes);
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    let [stretch] = report.not_followed.as_slice() else { panic!("{:?}", report.not_followed) };
    assert_eq!((stretch.function.as_str(), stretch.offset, stretch.length), ("main", 2, 3));
    let suspects: Vec<&str> = stretch.suspects.iter().map(|suspect| suspect.instruction.as_str()).collect();
    assert_eq!(suspects, ["cli", "hlt", "popf"]);
    assert_eq!(report.problems().count(), 1, "what is not known to be data may be code");
}

#[test]
fn a_local_label_without_a_type_may_be_data() {
    let bytes = Builder::new(Architecture::I386)
        .function("main", &[RET])
        .symbol("text", SymbolKind::Unknown, SymbolScope::Compilation, &[POPF, RET])
        .build();
    let report = report(&bytes);
    assert!(report.findings.is_empty());
    assert_eq!(report.not_followed.len(), 1);
}

#[test]
fn a_global_label_without_a_type_is_a_function() {
    let bytes = Builder::new(Architecture::I386)
        .symbol("_CPU_Something", SymbolKind::Unknown, SymbolScope::Linkage, &[POPF, RET])
        .build();
    assert_eq!(rules(&report(&bytes)), ["popf"]);
}

#[test]
fn a_local_label_is_followed_where_a_branch_leads() {
    // call +1; ret; local: cli; ret
    let bytes = Builder::new(Architecture::I386)
        .function("main", &[0xe8, 0x03, 0, 0, 0, RET, 0x90, 0x90])
        .symbol("local", SymbolKind::Unknown, SymbolScope::Compilation, &[CLI, RET])
        .build();
    let report = report(&bytes);
    assert_eq!(rules(&report), ["cli and sti"]);
    assert!(report.not_followed.is_empty());
}

#[test]
fn padding_between_functions_is_nothing() {
    let bytes = Builder::new(Architecture::I386)
        .function("first", &[RET])
        // nopw 0(%eax,%eax,1); lea 0(%esi),%esi; xchg %ax,%ax; int3
        .nameless(&[0x66, 0x0f, 0x1f, 0x44, 0, 0, 0x8d, 0x76, 0x00, 0x66, 0x90, 0xcc])
        .function("second", &[RET])
        .build();
    assert!(report(&bytes).not_followed.is_empty());
}

/// Code that only an address in a register leads to is not followed; the padding behind it is no part of it.
#[test]
fn padding_behind_a_stretch_is_not_suspect() {
    let bytes = Builder::new(Architecture::I386)
        .function("first", &[RET])
        // xor %ecx,%ecx; ret; int3
        .nameless(&[0x31, 0xc9, RET, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc])
        .function("second", &[RET])
        .build();
    let report = report(&bytes);
    assert_eq!(report.not_followed.len(), 1);
    assert!(report.not_followed[0].suspects.is_empty(), "{:?}", report.not_followed);
    assert!(report.problems().next().is_none());
}

#[test]
fn nothing_is_executed_behind_a_call_that_ends_a_function() {
    // call other; then the padding of some compilers, int3
    let bytes = Builder::new(Architecture::I386)
        .function("main", &[0xe8, 0xfc, 0xff, 0xff, 0xff])
        .nameless(&[0xcc; 7])
        .external_call(1, "panic")
        .build();
    let report = report(&bytes);
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    assert!(report.not_followed.is_empty(), "{:?}", report.not_followed);
}

#[test]
fn a_call_into_another_file_leads_nowhere() {
    // The placeholder of `call other` would lead into the call itself.
    let bytes = Builder::new(Architecture::I386)
        .function("main", &[0xe8, 0xfc, 0xff, 0xff, 0xff, RET])
        .external_call(1, "other")
        .build();
    let report = report(&bytes);
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    assert_eq!(report.summary.instructions, 2);
}

#[test]
fn jump_tables_of_an_object_are_followed() {
    // jmp *table(,%eax,4), then two cases that only the table leads to.
    let code = [0xff, 0x24, 0x85, 0, 0, 0, 0, CLI, RET, POPF, RET];
    let bytes = Builder::new(Architecture::I386).function("main", &code).jump_table(&[7, 9]).build();
    let report = report(&bytes);
    assert_eq!(rules(&report), ["cli and sti", "popf"]);
    assert!(report.not_followed.is_empty(), "{:?}", report.not_followed);
}

#[test]
fn jump_tables_in_the_code_of_a_sparc_object_are_followed() {
    // jmp %g1; nop; then a case that only the table leads to: wr %g1, 0, %tbr; retl; nop.
    let code = big_endian(&[0x81c0_4000, 0x0100_0000, 0x8198_6000, 0x81c3_e008, 0x0100_0000]);
    let bytes = Builder::new(Architecture::Sparc).function("main", &code).jump_table_in_code(&[8]).build();
    let report = report(&bytes);
    assert_eq!(rules(&report), ["wr %tbr"]);
    assert!(report.not_followed.is_empty(), "{:?}", report.not_followed);
}

#[test]
fn a_computed_jump_without_a_table_is_named() {
    // jmp *%eax; then code that it may lead to
    let bytes = Builder::new(Architecture::I386).function("main", &[0xff, 0xe0, 0x40, POPF, RET]).build();
    let report = report(&bytes);
    let [stretch] = report.not_followed.as_slice() else { panic!("{:?}", report.not_followed) };
    assert_eq!(stretch.reason, "main+0x0 jumps to a computed address, perhaps to here");
}

#[test]
fn the_delay_slot_of_sparc_belongs_to_the_branch() {
    // retl; wr %g1, 0, %psr in its slot; then a word that nothing leads to.
    let words = big_endian(&[0x81c3_e008, 0x8188_6000, 0x8198_6000]);
    let report = report(&Builder::new(Architecture::Sparc).function("main", &words).build());
    assert_eq!(rules(&report), ["wr %psr"]);
    assert_eq!(report.not_followed.len(), 1);
}

#[test]
fn an_annulled_delay_slot_is_not_executed() {
    // ba,a +8; wr %psr; retl; nop
    let words = big_endian(&[0x3080_0002, 0x8188_6000, 0x81c3_e008, 0x0100_0000]);
    let report = report(&Builder::new(Architecture::Sparc).function("main", &words).build());
    assert!(report.findings.is_empty());
    assert_eq!(report.not_followed.len(), 1);
}

#[test]
fn the_size_behind_a_call_is_not_an_instruction() {
    // call +16; nop; unimp 8; retl; nop
    let words = big_endian(&[0x4000_0003, 0x0100_0000, 0x0000_0008, 0x81c3_e008, 0x0100_0000]);
    let report = report(&Builder::new(Architecture::Sparc).function("main", &words).build());
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    assert!(report.not_followed.is_empty(), "{:?}", report.not_followed);
}

#[test]
fn an_image_without_sections_is_followed_from_its_entry() {
    let image = stripped_i386_image(0x0010_0000, &[0x90, POPF, RET, 0x40, HLT, RET]);
    let report = report(&image);
    assert!(report.image);
    let [finding] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
    assert_eq!((finding.address, finding.offset), (0x0010_0001, 1));
    assert_eq!(report.not_followed.len(), 1, "nothing tells what stands behind the return");
}

/// `_CPU_Context_switch` and its like as one object.
fn context_switch(extra: Option<&str>) -> Vec<u8> {
    let mut builder = Builder::new(Architecture::I386)
        .function("_CPU_Context_switch", &[0x9c, POPF, 0x8e, 0xea, RET])
        .function("_CPU_Context_restore", &[RET]);
    if let Some(name) = extra {
        builder = builder.function(name, &[RET]);
    }
    builder.build()
}

#[test]
fn an_object_that_the_pack_defines_whole_is_replaced() {
    let report = report(&archive(&[("cpu_asm.o", context_switch(None))]));
    assert!(report.findings.iter().all(|finding| finding.class == Class::Replaced), "{:?}", report.findings);
    assert_eq!(report.findings.len(), 3);
    let replaced = report.findings[0].replaced_by.as_ref().expect("what replaces it");
    assert_eq!(replaced.symbol, "_CPU_Context_switch");
    assert!(report.problems().next().is_none());
}

/// An object that calls a function of another.
fn caller(name: &str) -> Vec<u8> {
    Builder::new(Architecture::I386)
        .function("caller", &[0xe8, 0xfc, 0xff, 0xff, 0xff, RET])
        .external_call(1, name)
        .build()
}

#[test]
fn an_object_that_the_pack_defines_in_part_is_not_replaced() {
    let members = [("cpu_asm.o", context_switch(Some("another"))), ("caller.o", caller("another"))];
    let report = report(&archive(&members));
    assert!(report.findings.iter().all(|finding| finding.class != Class::Replaced));
    assert_eq!(report.notes.len(), 1);
    assert!(report.notes[0].contains("but not another"), "{}", report.notes[0]);
}

#[test]
fn what_nothing_needs_does_not_bring_an_object_back() {
    let members = [("cpu_asm.o", context_switch(Some("another"))), ("caller.o", caller("different"))];
    let report = report(&archive(&members));
    assert!(report.findings.iter().all(|finding| finding.class == Class::Replaced), "{:?}", report.findings);
    assert!(report.notes.is_empty());
}

#[test]
fn the_symbols_of_a_real_pack_decide() {
    let options = Options { pack: Some(vec!["_CPU_Context_switch".to_owned()]), ..Options::default() };
    let report = bulkhead_audit::audit("test", &context_switch(None), &options).expect("an object");
    assert!(report.findings.iter().all(|finding| finding.class != Class::Replaced));
    assert!(report.notes[0].contains("but not _CPU_Context_restore"), "{}", report.notes[0]);
}

#[test]
fn nothing_is_replaced_in_an_image() {
    let options = Options { kind: InputKind::Image, ..Options::default() };
    let image = stripped_i386_image(0x0010_0000, &[POPF, RET]);
    let report = bulkhead_audit::audit("test", &image, &options).expect("an image");
    assert_eq!(report.findings[0].class, Class::Silent);
    assert_eq!(report.silent().count(), 1);
}

#[test]
fn a_function_is_allowed_by_name_and_the_reason_repeated() {
    let bytes = Builder::new(Architecture::I386).function("probe", &[0x9c, POPF, RET]).build();
    let allow = |function: &str| Options {
        allowed: vec![Allowance {
            function: function.to_owned(),
            reason: "sets the ID flag only".to_owned(),
        }],
        ..Options::default()
    };
    let report = bulkhead_audit::audit("test", &bytes, &allow("probe")).expect("an object");
    assert_eq!(report.silent().count(), 0);
    assert!(report.problems().next().is_none());
    assert_eq!(report.findings[1].allowed.as_deref(), Some("sets the ID flag only"));
    assert!(report.notes.is_empty());

    let report = bulkhead_audit::audit("test", &bytes, &allow("prode")).expect("an object");
    assert_eq!(report.silent().count(), 1);
    assert!(report.notes[0].starts_with("prode is allowed, but holds nothing"), "{}", report.notes[0]);
}

/// The guest layer's own entries need no allowance, and only for the instruction that they are known to have.
#[test]
fn a_known_function_is_allowed_without_being_asked() {
    let bytes = Builder::new(Architecture::I386)
        .function("bulkhead_interrupt_entry", &[POPF, RET])
        .function("bulkhead_fault_entry", &[POPF, CLI, RET])
        .function("other", &[POPF, RET])
        .build();
    let report = report(&bytes);
    let silent: Vec<&str> = report.silent().map(|finding| finding.function.as_str()).collect();
    assert_eq!(silent, ["other"]);
    assert_eq!(report.problems().count(), 2, "popf of `other`, and cli");
    let reason = report.findings[0].allowed.as_deref().expect("a reason");
    assert!(reason.contains("enable word of the shared page"), "{reason}");
}

#[test]
fn the_order_is_that_of_the_file() {
    let first =
        Builder::new(Architecture::I386).function("b", &[CLI, RET]).function("a", &[HLT, RET]).build();
    let second = Builder::new(Architecture::I386).function("c", &[POPF, RET]).build();
    let report = report(&archive(&[("z.o", first), ("a.o", second)]));
    let functions: Vec<&str> = report.findings.iter().map(|finding| finding.function.as_str()).collect();
    assert_eq!(functions, ["b", "a", "c"]);
    assert_eq!(report.findings[2].member.as_deref(), Some("a.o"));
}

/// Where a processor would trap, QEMU 7.2 ends itself; any other lock of a register is no instruction.
#[test]
fn a_locked_bit_of_a_register_is_named() {
    for (bytes, found) in [
        (&[0xf0, 0x0f, 0xab, 0xc0, RET][..], &["lock and a bit of a register"][..]),
        (&[0xf0, 0x0f, 0xab, 0x00, RET], &[]),
        (&[0xf0, 0x01, 0xc0, RET], &[]),
    ] {
        let report = report(&Builder::new(Architecture::I386).function("main", bytes).build());
        assert_eq!(rules(&report), found, "{bytes:x?}");
    }
}
