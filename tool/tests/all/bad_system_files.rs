//! One wrong system file per rule: the whole output of `bulkhead check` is compared with what stands beside it.
//!
//! `UPDATE_EXPECTED=1 cargo test` writes the outputs anew, to be read and committed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{BASE, Elf, R, Segment, W, X, folder};

pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bad");

/// Exit status of `bulkhead check` for a wrong system file.
const WRONG: i32 = 65;

#[test]
fn every_rule_names_its_place() {
    let work = folder("bad");
    images(&work);
    fs::write(work.join("main.c"), "").expect("main.c");
    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    let mut wrong = Vec::new();
    for name in cases() {
        fs::copy(format!("{FOLDER}/{name}.toml"), work.join(format!("{name}.toml"))).expect("a case");
        let output = Command::new(env!("CARGO_BIN_EXE_bulkhead"))
            .args(["check", &format!("{name}.toml")])
            .current_dir(&work)
            .output()
            .expect("bulkhead runs");
        let said = String::from_utf8(output.stderr).expect("text");
        assert!(output.stdout.is_empty(), "{name}: something on the standard output");
        assert_eq!(output.status.code(), Some(WRONG), "{name}: {said}");
        let file = format!("{FOLDER}/{name}.expected");
        if update {
            fs::write(&file, &said).expect("the expected output");
        } else if fs::read_to_string(&file).unwrap_or_default() != said {
            wrong.push(format!("{name} says:\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_expected_output_is_left_over() {
    let expected: BTreeSet<String> = names("expected");
    assert_eq!(expected, cases());
}

pub(crate) fn cases() -> BTreeSet<String> {
    names("toml")
}

fn names(extension: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(FOLDER).expect("the folder of cases");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
        .collect()
}

/// The images that the cases name, each wrong in one way.
pub(crate) fn images(work: &Path) {
    let good = Elf::good();
    let write = |name: &str, bytes: &[u8]| {
        fs::write(work.join(format!("{name}.elf")), bytes).expect("an image");
    };
    let changed = |name: &str, change: &dyn Fn(&mut Elf)| {
        let mut elf = good.clone();
        change(&mut elf);
        write(name, &elf.bytes());
    };
    fs::create_dir(work.join("folder")).expect("a folder");
    write("good", &good.bytes());
    write("not-elf", b"#!/bin/sh\n");
    write("damaged", &good.bytes()[..60]);
    let bytes = good.bytes();
    write("truncated", &bytes[..bytes.len() - 8]);
    changed("wrong-processor", &|elf| (elf.wide, elf.machine) = (true, 62));
    changed("not-linked", &|elf| elf.file_type = 1);
    changed("dynamic", &|elf| elf.file_type = 3);
    changed("no-segments", &|elf| elf.segments.clear());
    changed("below-memory", &|elf| elf.segments[0].address = 0x8000);
    changed("above-memory", &|elf| elf.segments[2].address = 0xfff0_0000);
    changed("writable-code", &|elf| elf.segments[0].flags = R | W | X);
    changed("order", &|elf| {
        elf.segments[1].address = BASE + 0x2000;
        elf.segments[2] = Segment::load(R | W, BASE + 0x1000, 0, 16);
    });
    changed("shared-page", &|elf| elf.segments[1].address = BASE + 0x800);
    changed("overlap", &|elf| elf.segments[1].address = BASE + 0x10);
    changed("entry", &|elf| elf.entry = BASE + 0x2000);
    changed("too-large", &|elf| elf.segments[2].memory_size = 0x5000);
    changed("too-large-twice", &|elf| {
        elf.segments[2].memory_size = 0x5000;
        elf.segments.push(Segment::load(R | W, BASE + 0x8000, 0, 0x1000));
    });
    write_archive(work, "text.a", b"no archive");
    write_archive(
        work,
        "foreign.a",
        &archive("foreign.o", &Elf { machine: 62, wide: true, ..good.clone() }.bytes()),
    );
    let popf = |elf: &mut Elf| elf.segments[0].bytes[..2].copy_from_slice(&[0x9d, 0xc3]);
    changed("popf", &|elf| {
        popf(elf);
        elf.functions = vec![("probe", 0), ("other", 2)];
    });
    changed("popf-stripped", &popf);
    changed("sections", &|elf| elf.functions = vec![("probe", 0)]);
    let mut bytes = fs::read(work.join("sections.elf")).expect("an image");
    // The text's header says that it ends behind the file.
    let headers = u32::from_le_bytes(bytes[0x20..0x24].try_into().expect("4 bytes")) as usize;
    bytes[headers + 40 + 22] = 1;
    write("sections", &bytes);
}

fn write_archive(work: &Path, name: &str, bytes: &[u8]) {
    fs::write(work.join(name), bytes).expect("a library");
}

/// A library with one member, as `ar` makes it.
pub(crate) fn archive(member: &str, bytes: &[u8]) -> Vec<u8> {
    let name = format!("{member}/");
    let size = bytes.len();
    let mut archive =
        format!("!<arch>\n{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644).into_bytes();
    archive.extend_from_slice(bytes);
    archive.resize(archive.len().next_multiple_of(2), b'\n');
    archive
}

#[test]
fn the_reference_has_every_message() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/system-file.md");
    let text = fs::read_to_string(file).expect("the reference");
    let heading = "| rule | message | help |\n|---|---|---|\n";
    let start = text.find(heading).expect("the table of messages") + heading.len();
    let rows: String = cases().iter().map(|name| row(name)).collect();
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(file, format!("{}{rows}", &text[..start])).expect("the reference");
        return;
    }
    assert!(text[start..] == rows, "docs/system-file.md: the table of messages should be\n{rows}");
}

/// A row of the table of messages: a case's first message.
fn row(name: &str) -> String {
    let expected = fs::read_to_string(format!("{FOLDER}/{name}.expected")).expect("the expected output");
    let mut lines = expected.lines();
    let message = lines.find_map(|line| line.split_once(": error: ")).map_or("", |(_, message)| message);
    let first = lines.take_while(|line| line.starts_with(' '));
    let help = first.filter_map(|line| line.strip_prefix("  help: ")).next().unwrap_or_default();
    format!("| `{name}` | {} | {} |\n", message.replace('|', "\\|"), help.replace('|', "\\|"))
}
