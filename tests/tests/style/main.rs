//! Rules about the repository itself that neither the compiler nor the linters check.

mod circles;
mod code;
mod documents;
mod files;
mod harness;
mod hosts;
mod kernel_size;
mod lines;
mod modes;
mod numbers;
mod places;
mod unsafe_code;
mod words;

/// Fails with one line for each finding.
fn assert_none(findings: &[String], rule: &str) {
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}
