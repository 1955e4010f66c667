//! Where `unsafe` may stand: at the machine, in the guest layer, and where a C interface leaves no other way.

use crate::assert_none;
use crate::code::only_code;
use crate::files;

/// Folders in which `unsafe` may occur; the linters want a `SAFETY` line for each.
const ALLOWED: [&str; 7] =
    ["kernel/x86_64/", "kernel/leon3/", "guest/", "classic/", "rtems/", "hosts/", "tests/partitions/"];

/// Crates whose root must forbid it.
const FORBIDDING: [&str; 8] = [
    "abi/src/lib.rs",
    "audit/src/lib.rs",
    "hosts/pok/facts/src/lib.rs",
    "hosts/xen/facts/src/lib.rs",
    "hosts/xtratum/facts/src/lib.rs",
    "kernel/core/src/lib.rs",
    "tool/src/lib.rs",
    "tool/src/main.rs",
];

fn is_unsafe(line: &str) -> bool {
    line.split(|character: char| !character.is_alphanumeric() && character != '_')
        .any(|word| word == "unsafe")
}

#[test]
fn only_in_its_folders() {
    let mut findings = Vec::new();
    for file in
        files::rust().iter().filter(|file| !ALLOWED.iter().any(|folder| file.path.starts_with(folder)))
    {
        for (index, line) in only_code(&file.text).lines().enumerate().filter(|(_, line)| is_unsafe(line)) {
            findings.push(format!("{}:{}: {}", file.path, index + 1, line.trim()));
        }
    }
    assert_none(&findings, &format!("unsafe code belongs into {}", ALLOWED.join(", ")));
}

#[test]
fn forbidden_by_the_safe_crates() {
    let findings: Vec<String> = files::rust()
        .iter()
        .filter(|file| FORBIDDING.contains(&file.path.as_str()))
        .filter(|file| !file.text.contains("#![forbid(unsafe_code)]"))
        .map(|file| file.path.clone())
        .collect();
    assert_none(&findings, "these crates say #![forbid(unsafe_code)]");
}
