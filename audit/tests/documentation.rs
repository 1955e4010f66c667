//! The tables of docs/privileged-instructions.md are what the command prints.
//!
//! With `BULKHEAD_AUDIT_UPDATE` set the test writes them instead. The tables of a kit are compared where
//! `BULKHEAD_AUDIT_ARCHIVES` (i386) or `BULKHEAD_AUDIT_ARCHIVES_SPARC` names its archives, separated by colons in the
//! order of the page; elsewhere the test says that it compared nothing.

use bulkhead_audit::{Options, audit_file, render};
use std::path::{Path, PathBuf};

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

#[test]
fn the_page_is_up_to_date() {
    let written = std::fs::read_to_string(page()).expect("the page");
    let mut expected = with_region(&written, "knowledge", &render::knowledge());
    for (region, variable) in
        [("kit", "BULKHEAD_AUDIT_ARCHIVES"), ("kit for SPARC", "BULKHEAD_AUDIT_ARCHIVES_SPARC")]
    {
        match std::env::var(variable) {
            Ok(archives) => expected = with_region(&expected, region, &kit(&archives)),
            Err(_) => eprintln!("SKIPPED: {variable} is not set, the tables of the kit were not compared"),
        }
    }
    if std::env::var_os("BULKHEAD_AUDIT_UPDATE").is_some() {
        std::fs::write(page(), expected).expect("the page, written");
        return;
    }
    assert!(
        written == expected,
        "docs/privileged-instructions.md differs from what the audit prints; run \
         BULKHEAD_AUDIT_UPDATE=1 cargo test -p bulkhead-audit --test documentation"
    );
}

fn kit(archives: &str) -> String {
    let reports = archives.split(':').map(|path| {
        let report = audit_file(Path::new(path), &Options::default());
        render::markdown(&report.expect("an archive of the kit"))
    });
    reports.collect::<Vec<_>>().join("\n")
}
