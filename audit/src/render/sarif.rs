//! SARIF 2.1.0, the OASIS format that code hosts and editors read.

use crate::instructions::{Architecture, Class, Instruction, table};
use crate::report::{Finding, NotFollowed, Report};
use serde_json::{Value, json};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const NOT_FOLLOWED: &str = "not-followed";

/// One SARIF run for all reports.
#[must_use]
pub fn sarif(reports: &[Report]) -> String {
    let results: Vec<Value> = reports.iter().flat_map(results).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "bulkhead audit",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules(reports),
            } },
            "results": results,
        }],
    });
    let mut text = format!("{log:#}");
    text.push('\n');
    text
}

/// The rules of the processors that occur, and the one for what was not followed.
fn rules(reports: &[Report]) -> Vec<Value> {
    let has = |architecture: Architecture| reports.iter().any(|report| report.architecture == architecture);
    let mut rules = Vec::new();
    if has(Architecture::I386) || has(Architecture::X86_64) {
        rules.extend(table(Architecture::I386).iter().map(|row| rule("x86", row)));
    }
    if has(Architecture::Sparc) {
        rules.extend(table(Architecture::Sparc).iter().map(|row| rule("sparc", row)));
    }
    rules.push(json!({
        "id": NOT_FOLLOWED,
        "shortDescription": { "text": "bytes that may be code, but that no symbol and no branch leads to" },
        "defaultConfiguration": { "level": "warning" },
    }));
    rules
}

fn rule(family: &str, row: &Instruction) -> Value {
    json!({
        "id": rule_identifier(family, row.name),
        "name": row.name,
        "shortDescription": { "text": format!("{}: {}", row.name, row.class.meaning()) },
        "fullDescription": { "text": row.reason },
        "help": { "text": format!("{}. See {}.", row.reason, row.manual) },
        "defaultConfiguration": { "level": level(row.class) },
    })
}

fn rule_identifier(family: &str, name: &str) -> String {
    let name: String = name
        .chars()
        .filter(|character| *character != '%' && *character != ',')
        .map(|character| if character == ' ' { '-' } else { character })
        .collect();
    format!("{family}/{name}")
}

const fn level(class: Class) -> &'static str {
    match class {
        Class::Silent => "error",
        Class::Faults => "warning",
        Class::Emulated | Class::Served | Class::Replaced => "note",
        Class::Harmless => "none",
    }
}

fn results(report: &Report) -> Vec<Value> {
    let family = match report.architecture {
        Architecture::I386 | Architecture::X86_64 => "x86",
        Architecture::Sparc => "sparc",
    };
    let findings = report.findings.iter().map(|finding| result(report, family, finding));
    let gaps = report.not_followed.iter().filter(|gap| !gap.suspects.is_empty());
    findings.chain(gaps.map(|gap| gap_result(report, gap))).collect()
}

fn result(report: &Report, family: &str, finding: &Finding) -> Value {
    let fate = match &finding.replaced_by {
        Some(replaced) => format!("{} of the pack: {}", replaced.symbol, replaced.instead),
        None => finding.reason.to_owned(),
    };
    let text = format!(
        "{} in {}+{:#x} is {}: {fate}",
        finding.instruction, finding.function, finding.offset, finding.class
    );
    let mut location = json!({
        "logicalLocations": [logical(finding.member.as_deref(), &finding.function)],
    });
    location["physicalLocation"] = match &finding.source {
        Some(source) => json!({
            "artifactLocation": { "uri": uri(&source.file) },
            // SARIF counts lines from 1; DWARF's 0 says that none is known.
            "region": { "startLine": source.line.unwrap_or(1).max(1) },
        }),
        None => json!({
            "artifactLocation": { "uri": uri(&report.input) },
            "address": { "absoluteAddress": finding.address },
        }),
    };
    let mut value = json!({
        "ruleId": rule_identifier(family, finding.rule),
        "level": level(finding.class),
        "message": { "text": text },
        "locations": [location],
        "properties": { "class": finding.class, "bytes": finding.bytes },
    });
    if let Some(reason) = &finding.allowed {
        value["suppressions"] = suppressed(reason);
    }
    value
}

fn gap_result(report: &Report, gap: &NotFollowed) -> Value {
    let suspects: Vec<&str> = gap.suspects.iter().map(|suspect| suspect.instruction.as_str()).collect();
    let text = format!(
        "{} bytes at {}+{:#x} were not followed ({}); if they are code, they hold {}",
        gap.length,
        gap.function,
        gap.offset,
        gap.reason,
        suspects.join(", ")
    );
    let mut value = json!({
        "ruleId": NOT_FOLLOWED,
        "level": "warning",
        "message": { "text": text },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&report.input) },
                "address": { "absoluteAddress": gap.address },
            },
            "logicalLocations": [logical(gap.member.as_deref(), &gap.function)],
        }],
    });
    if let Some(reason) = &gap.allowed {
        value["suppressions"] = suppressed(reason);
    }
    value
}

fn suppressed(reason: &str) -> Value {
    json!([{ "kind": "external", "justification": reason }])
}

fn logical(member: Option<&str>, function: &str) -> Value {
    let full = member.map_or_else(|| function.to_owned(), |member| format!("{member}::{function}"));
    json!({ "name": function, "fullyQualifiedName": full, "kind": "function" })
}

/// A path as a URI reference: what has a meaning in a URI is escaped (RFC 3986, section 2).
fn uri(path: &str) -> String {
    let mut text = String::new();
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                text.push(char::from(byte))
            }
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}
