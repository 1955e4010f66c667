//! No input makes the audit panic or run away, and every report is consistent in itself.

mod common;

use bulkhead_audit::Report;
use bulkhead_audit::instructions::Architecture;
use bulkhead_audit::render::{self, Style};
use common::{Builder, audit, stripped_i386_image};
use object::{SymbolKind, SymbolScope};
use proptest::prelude::*;

fn architecture() -> impl Strategy<Value = Architecture> {
    prop_oneof![Just(Architecture::I386), Just(Architecture::X86_64), Just(Architecture::Sparc)]
}

/// What must hold of every report.
fn check(report: &Report) {
    let counted: usize = report.summary.classes.values().sum();
    assert_eq!(counted, report.findings.len());
    let by_function: usize =
        report.summary.by_function.iter().flat_map(|summary| summary.classes.values()).sum();
    assert_eq!(by_function, report.findings.len());
    assert!(report.summary.followed_bytes <= report.summary.code_bytes);
    let unfollowed: u64 = report.not_followed.iter().map(|gap| gap.length).sum();
    assert!(report.summary.followed_bytes + unfollowed <= report.summary.code_bytes);
    assert!(
        report.findings.iter().all(|finding| !finding.instruction.is_empty() && !finding.bytes.is_empty())
    );
    // All forms of output take every report.
    let reports = std::slice::from_ref(report);
    serde_json::from_str::<serde_json::Value>(&render::json(reports)).expect("JSON");
    serde_json::from_str::<serde_json::Value>(&render::sarif(reports)).expect("JSON");
    assert!(!render::text(report, Style { colour: true, verbose: true }).is_empty());
    assert!(!render::markdown(report).is_empty());
}

proptest! {
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        if let Ok(report) = audit(&bytes) {
            check(&report);
        }
    }

    #[test]
    fn any_bytes_behind_a_magic(
        magic in prop_oneof![
            Just(&b"!<arch>\n"[..]),
            Just(&b"\x7fELF\x01\x01\x01"[..]),
            Just(&b"\x7fELF\x01\x02\x01"[..]),
            Just(&b"\x7fELF\x02\x01\x01"[..]),
        ],
        bytes in proptest::collection::vec(any::<u8>(), 0..500),
    ) {
        let whole = [magic, &bytes].concat();
        if let Ok(report) = audit(&whole) {
            check(&report);
        }
    }

    #[test]
    fn any_code(
        architecture in architecture(),
        first in proptest::collection::vec(any::<u8>(), 1..400),
        second in proptest::collection::vec(any::<u8>(), 1..400),
        between in proptest::collection::vec(any::<u8>(), 0..50),
        table in proptest::collection::vec(0..800_i64, 0..8),
    ) {
        let bytes = Builder::new(architecture)
            .function("first", &first)
            .nameless(&between)
            .symbol("second", SymbolKind::Unknown, SymbolScope::Compilation, &second)
            .jump_table(&table)
            .build();
        check(&audit(&bytes).expect("a well-formed object"));
    }

    #[test]
    fn any_image(address in any::<u32>(), code in proptest::collection::vec(any::<u8>(), 1..400)) {
        if let Ok(report) = audit(&stripped_i386_image(address, &code)) {
            check(&report);
        }
    }

    #[test]
    fn any_change_to_an_object(
        architecture in architecture(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        let mut bytes = Builder::new(architecture)
            .function("first", &[0x01, 0, 0, 0])
            .symbol("data", SymbolKind::Data, SymbolScope::Linkage, &[1, 2, 3, 4])
            .jump_table(&[0, 4])
            .build();
        for (index, value) in changes {
            let place = index.index(bytes.len());
            bytes[place] = value;
        }
        if let Ok(report) = audit(&bytes) {
            check(&report);
        }
    }

    #[test]
    fn the_same_input_gives_the_same_output(code in proptest::collection::vec(any::<u8>(), 1..400)) {
        let bytes = Builder::new(Architecture::I386).function("main", &code).build();
        let text = || render::json(&[audit(&bytes).expect("a well-formed object")]);
        prop_assert_eq!(text(), text());
    }
}
