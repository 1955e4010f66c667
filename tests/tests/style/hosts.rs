//! A kernel below the guest layer is known to its folder of `hosts/` and to nothing above the bindings.

use crate::assert_none;
use crate::files;

/// What stands above the bindings.
const ABOVE: [&str; 3] = ["guest/", "classic/", "rtems/"];

/// Names of kernels besides ours, in small letters, and what names ours as a host.
const HOSTS: [&str; 6] = ["xen", "xtratum", "pok", "bulkhead-host", "bulkhead_host::", "bulkhead-interface"];

/// Whether a line has a name as a word, or as a part of one between underscores or hyphens.
fn names(line: &str, host: &str) -> bool {
    let letter = |character: char| character.is_ascii_alphanumeric();
    line.match_indices(host)
        .any(|(at, _)| !line[..at].ends_with(letter) && !line[at + host.len()..].starts_with(letter))
}

#[test]
fn no_crate_above_the_bindings_names_a_host() {
    let mut findings = Vec::new();
    for file in files::all().iter().filter(|file| ABOVE.iter().any(|folder| file.path.starts_with(folder))) {
        // One line of the documentation shows how a program names its binding.
        let example = "//! use bulkhead_host as _;";
        for (number, line) in file.lines().filter(|(_, line)| *line != example) {
            let small = line.to_lowercase();
            findings.extend(
                HOSTS
                    .iter()
                    .filter(|host| names(&small, host))
                    .map(|host| format!("{}:{number}: {host}", file.path)),
            );
        }
    }
    assert_none(&findings, "bindings depend on the guest layer, not the other way: move it to hosts/");
}

#[test]
fn a_name_is_found_however_it_is_written() {
    assert!(names("#[cfg(feature = \"host-xen\")]", "xen"));
    assert!(names("static xtratum_state: u32 = 0;", "xtratum"));
    assert!(names("bulkhead-host.workspace = true", "bulkhead-host"));
    assert!(!names("spoken, and xenon", "xen"));
    assert!(!names("bulkhead_host_enabled", "bulkhead_host::"));
}
