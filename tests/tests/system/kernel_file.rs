//! The kernel's file: what it must not hold, and how large it may be.

use std::fs;
use std::process::Command;

use bulkhead_tests::repository;

fn binutil(name: &str, arguments: &[&str]) -> String {
    let kernel = repository().join("build/lib/bulkhead/x86_64/kernel.elf");
    assert!(fs::exists(&kernel).unwrap_or(false), "run `make build` first");
    let output = Command::new(name)
        .args(arguments)
        .arg(&kernel)
        .output()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(output.status.success(), "{name} failed");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The compiler leaves out what cannot be reached: if nothing of the panic machinery is in the file, nothing panics.
/// The handler itself, which the language demands, is all there may be.
#[test]
fn nothing_can_panic() {
    let symbols = binutil("nm", &["--demangle"]);
    assert!(symbols.contains("kernel_hypercall"), "this is not the kernel");
    for words in ["panicking", "unwrap_failed", "expect_failed", "slice_index", "core::fmt"] {
        let found: Vec<&str> = symbols.lines().filter(|line| line.contains(words)).collect();
        assert!(found.is_empty(), "{words}: {found:?}");
    }
}

#[test]
fn nothing_is_both_writable_and_executable() {
    let headers = binutil("readelf", &["--program-headers", "--wide"]);
    let loads: Vec<&str> = headers.lines().filter(|line| line.trim_start().starts_with("LOAD")).collect();
    assert!(loads.len() >= 4, "{headers}");
    assert!(!loads.iter().any(|line| line.contains("RWE")), "{headers}");
}

/// The budget: 40 KB of code and constants.
#[test]
fn code_and_constants_are_small() {
    let sections = binutil("size", &["--format=sysv"]);
    let size = |name: &str| -> u64 {
        let line = sections.lines().find(|line| line.split_whitespace().next() == Some(name));
        line.and_then(|line| line.split_whitespace().nth(1))
            .and_then(|word| word.parse().ok())
            .unwrap_or(u64::MAX)
    };
    let total = size(".text").saturating_add(size(".rodata"));
    assert!(total <= 40 * 1024, "{total} bytes");
}
