//! Where `unsafe` may stand: at the machine, in the guest layer, and where a C interface leaves no other way.

use crate::assert_none;
use crate::code::only_code;
use crate::files;

/// Folders in which `unsafe` may occur; the linters want a `SAFETY` line for each.
const ALLOWED: [&str; 13] = [
    "a653rs/",
    "apex/",
    "cell/",
    "context/",
    "examples/rust-rtems/",
    "kernel/x86_64/",
    "kernel/leon3/",
    "guest/",
    "classic/",
    "rtems/",
    "hosts/",
    "tests/partitions/",
    "virtio/",
];

/// Crates whose root must forbid it.
const FORBIDDING: [&str; 10] = [
    "abi/src/lib.rs",
    "audit/src/lib.rs",
    "hosts/air/facts/src/lib.rs",
    "hosts/pok/facts/src/lib.rs",
    "hosts/ports/src/lib.rs",
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

/// One processor runs a kernel or a partition, and one cell says what follows from that. A constant that C defines is
/// no state.
#[test]
fn one_cell_for_state_of_one_processor() {
    let mut findings = Vec::new();
    for file in files::rust()
        .iter()
        .filter(|file| !file.path.starts_with("cell/") && file.path != "classic/src/edge/configuration.rs")
    {
        for (index, line) in only_code(&file.text).lines().enumerate() {
            if is_unsafe(line) && line.contains(" Sync for ") {
                findings.push(format!("{}:{}: {}", file.path, index + 1, line.trim()));
            }
        }
    }
    assert_none(&findings, "a static that changes is a `bulkhead_cell::Single`");
}

/// Written in two parts so that this file does not contain them.
const LINT: &str = concat!("unsafe", "_code");

/// The lint denies it everywhere; a crate that may have it says so once, at its root, with a reason.
#[test]
fn denied_but_for_crates_that_say_why() {
    let all = files::all();
    let manifest = all.iter().find(|file| file.path == "Cargo.toml").expect("the workspace's manifest");
    let lints = manifest.text.split("[workspace.lints.rust]").nth(1).unwrap_or_default();
    let lints = lints.split("\n[").next().unwrap_or_default();
    assert!(lints.contains(&format!("\n{LINT} = \"deny\"\n")), "the workspace denies {LINT}");
    let mut findings = Vec::new();
    for file in
        all.iter().filter(|file| file.has_ending("rs") && !file.path.ends_with("style/unsafe_code.rs"))
    {
        let root = ["/src/lib.rs", "/src/main.rs"].iter().any(|end| file.path.ends_with(end));
        // Each test beside a crate's sources is a crate of its own.
        let root = root || file.path.rsplit_once('/').is_some_and(|(folder, _)| folder.ends_with("/tests"));
        let allowed = ALLOWED.iter().any(|folder| file.path.starts_with(folder));
        let good = format!("#![allow({LINT}, reason = \"");
        let forbid = format!("#![forbid({LINT})]");
        for (number, line) in file.lines().filter(|(_, line)| line.contains(&format!("({LINT}"))) {
            if line != forbid && !(root && allowed && line.starts_with(&good)) {
                findings.push(format!("{}:{number}: {line}", file.path));
            }
        }
    }
    assert_none(
        &findings,
        &format!("only roots of crates in {} allow it, with a reason", ALLOWED.join(", ")),
    );
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

/// The lines with an `unsafe` block or implementation for which no reason is given: on the line, or in the comment
/// above the statement that it belongs to. The linters ask the same of what they see, which is not the inside of
/// macros.
fn without_reason(text: &str) -> Vec<usize> {
    let code = only_code(text);
    let code: Vec<&str> = code.lines().collect();
    let lines: Vec<&str> = text.lines().collect();
    let begins = |line: &str| {
        let line = line.replace("unsafe{", "unsafe {");
        line.contains("unsafe {") || line.trim_start().starts_with("unsafe impl")
    };
    let given = |at: usize| {
        // Up to the end of the statement before.
        let statement = (0..at).rev().take_while(|above| {
            let above = code[*above].trim_end();
            !above.ends_with(';') && !above.ends_with('}')
        });
        [at].into_iter().chain(statement).any(|line| lines[line].contains("SAFETY: "))
    };
    (0..code.len()).filter(|at| begins(code[*at]) && !given(*at)).map(|at| at + 1).collect()
}

#[test]
fn each_block_says_why_it_is_sound() {
    let mut findings = Vec::new();
    for file in files::rust().iter().filter(|file| !file.path.starts_with("tests/tests/style/")) {
        findings.extend(without_reason(&file.text).iter().map(|line| format!("{}:{line}", file.path)));
    }
    assert_none(&findings, "an unsafe block or implementation has a line `// SAFETY:`, in macros too");
}

#[test]
fn a_block_without_a_reason_is_found_in_a_macro() {
    let text = |comment: &str| {
        format!(
            "macro_rules! read {{\n    let a = 1;\n    {comment}\n    let b =\n        unsafe {{ get() }};\n}}\n"
        )
    };
    assert_eq!(without_reason(&text("// SAFETY: it is there.")), [0; 0]);
    assert_eq!(without_reason(&text("// It is there.")), [5]);
    assert_eq!(without_reason("// SAFETY: one.\nlet a = unsafe { a() };\nlet b = unsafe { b() };\n"), [3]);
    assert_eq!(without_reason("unsafe impl Sync for Cell {}\n"), [1]);
}
