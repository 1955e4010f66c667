//! The tables of docs/privileged-instructions.md are what the command prints.
//!
//! With `BULKHEAD_AUDIT_UPDATE` set the first test writes them instead. The tables of a kit are compared where
//! `BULKHEAD_AUDIT_ARCHIVES` (i386) or `BULKHEAD_AUDIT_ARCHIVES_SPARC` names its archives, separated by colons in the
//! order of the page.

use bulkhead_audit::{Options, audit_file, render};
use bulkhead_tests::harness::{self, NotRun};
use bulkhead_tool::system_file::Processor;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

bulkhead_tests::tests! {
    what_the_page_says_of_instructions_is_up_to_date,
    what_the_page_says_of_a_kit_is_up_to_date(processor) needs [archives(processor)],
}

fn main() -> ExitCode {
    harness::run([tests()])
}

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/privileged-instructions.md")
}

/// The page with the text between two markers replaced.
fn with_region(page: &str, name: &str, content: &str) -> String {
    let begin = page.find(&format!("<!-- begin: {name};")).expect("the marker of the beginning");
    let start = begin + page[begin..].find('\n').expect("the end of the marker's line") + 1;
    let end = page.find(&format!("<!-- end: {name} -->")).expect("the marker of the end");
    format!("{}\n{content}\n{}", &page[..start], &page[end..])
}

/// The archives of the kit that the page is about, as a variable names them.
fn archives(processor: Processor) -> Result<String, NotRun> {
    let variable = match processor {
        Processor::X86_64 => "BULKHEAD_AUDIT_ARCHIVES",
        Processor::Leon3 => "BULKHEAD_AUDIT_ARCHIVES_SPARC",
    };
    let what =
        format!("the archives that docs/privileged-instructions.md is about, {}", processor.partitions());
    std::env::var(variable).map_err(|_| NotRun::needs(&what, &format!("set {variable} to them")))
}

fn is_to_be_updated() -> bool {
    std::env::var_os("BULKHEAD_AUDIT_UPDATE").is_some()
}

fn with_knowledge(page: &str) -> String {
    with_region(page, "knowledge", &render::knowledge())
}

fn with_kit(page: &str, processor: Processor, archives: &str) -> String {
    let region = match processor {
        Processor::X86_64 => "kit",
        Processor::Leon3 => "kit for SPARC",
    };
    let reports = archives.split(':').map(|path| {
        let report = audit_file(Path::new(path), &Options::default());
        render::markdown(&report.expect("an archive of the kit"))
    });
    with_region(page, region, &reports.collect::<Vec<_>>().join("\n"))
}

fn compare(written: &str, expected: &str) {
    assert!(
        written == expected,
        "docs/privileged-instructions.md differs from what the audit prints; run \
         BULKHEAD_AUDIT_UPDATE=1 cargo test -p bulkhead-audit --test documentation"
    );
}

fn what_the_page_says_of_instructions_is_up_to_date() {
    let written = std::fs::read_to_string(page()).expect("the page");
    let mut expected = with_knowledge(&written);
    if !is_to_be_updated() {
        compare(&written, &expected);
        return;
    }
    for processor in [Processor::X86_64, Processor::Leon3] {
        if let Ok(archives) = archives(processor) {
            expected = with_kit(&expected, processor, &archives);
        }
    }
    std::fs::write(page(), expected).expect("the page, written");
}

fn what_the_page_says_of_a_kit_is_up_to_date(processor: Processor) {
    if is_to_be_updated() {
        return;
    }
    let written = std::fs::read_to_string(page()).expect("the page");
    let archives = archives(processor).unwrap_or_else(|missing| panic!("{missing}"));
    compare(&written, &with_kit(&written, processor, &archives));
}
