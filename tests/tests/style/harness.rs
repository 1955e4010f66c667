//! Every test is run: where a target has its own harness, the compiler's attribute for tests does nothing.

use crate::assert_none;
use crate::files;

/// Written in two parts so that this file does not contain it.
const ATTRIBUTE: &str = concat!("#[te", "st]");

#[test]
fn targets_with_their_own_harness_name_their_tests() {
    let all = files::all();
    let manifest = all.iter().find(|file| file.path == "tests/Cargo.toml").expect("a manifest of the tests");
    let mut folders = Vec::new();
    let mut name = "";
    for (_, line) in manifest.lines() {
        name = line.strip_prefix("name = ").map_or(name, |quoted| quoted.trim_matches('"'));
        if line == "harness = false" {
            folders.push(format!("tests/tests/{name}/"));
        }
    }
    assert!(folders.len() >= 2, "{folders:?}");
    let mut findings = Vec::new();
    for file in all.iter().filter(|file| folders.iter().any(|folder| file.path.starts_with(folder))) {
        for (number, line) in file.lines().filter(|(_, line)| line.contains(ATTRIBUTE)) {
            findings.push(format!("{}:{number}: {}", file.path, line.trim()));
        }
    }
    assert_none(&findings, "this test would never run, name it in the module's `tests!`");
}
