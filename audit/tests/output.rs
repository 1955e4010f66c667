//! What the forms of output say.

mod common;

use bulkhead_audit::instructions::Architecture;
use bulkhead_audit::render::{self, Style};
use bulkhead_audit::{Allowance, Options, Report};
use common::{Builder, archive, big_endian};
use serde_json::Value;

/// One member with something of each kind.
fn sample() -> Report {
    let object = Builder::new(Architecture::I386)
        .function("_CPU_Thing", &[0xfa, 0x9d, 0x9c, 0xcd, 0x80, 0xc3])
        .function("probe", &[0x9d, 0xc3])
        .function("_hidden", &[0xeb, 0x01, 0xf4, 0xc3])
        .build();
    let switch =
        Builder::new(Architecture::I386).function("_CPU_Context_switch", &[0x8e, 0xea, 0xc3]).build();
    let bytes = archive(&[("thing.o", object), ("cpu_asm.o", switch)]);
    let allowed =
        vec![Allowance { function: "probe".to_owned(), reason: "sets the ID flag only".to_owned() }];
    bulkhead_audit::audit("libthing.a", &bytes, &Options { allowed, ..Options::default() })
        .expect("an archive")
}

const TEXT: &str = "\
libthing.a: i386 kit, 2 objects, 4 functions, 19 bytes of code

silent (2): neither traps nor does what it says: must be empty
  thing.o: _CPU_Thing+0x1  popf
      leaves the interrupt flag and IOPL as they are, without a trap: a program that restores the \
       interrupt state so does not
  thing.o: probe+0x0  popf  allowed: sets the ID flag only

faults (1): traps, and nothing takes its place: reported as the partition's fault
  thing.o: _CPU_Thing+0x0  cli
      above the I/O privilege level: virtual interrupts are switched in the shared page

served (1): a call that the kernel serves
  hypercall 1 (--verbose lists each)

replaced (1): not in the image: a symbol of the pack stands in its place
  cpu_asm.o: _CPU_Context_switch+0x0  mov %edx,%gs
      _CPU_Context_switch of the pack: call SetTlsBase; shared page, interrupts_enabled

harmless (1): does in user mode what the program needs
  pushf 1 (--verbose lists each)

not followed (1, 1 bytes): may be code or data
  thing.o: _hidden+0x2  1 bytes: no symbol and no branch leads here
      if code, +0x0 hlt (faults)

functions that a partition cannot run as they are:
  thing.o: _CPU_Thing  silent 1, faults 1, served 1, harmless 1

silent 2 (1 allowed), faults 1, emulated 0, served 1, replaced 1, harmless 1, not followed 1
";

#[test]
fn text_for_people() {
    assert_eq!(render::text(&sample(), Style::default()), TEXT);
}

#[test]
fn colour_adds_nothing_but_colour() {
    let coloured = render::text(&sample(), Style { colour: true, verbose: false });
    assert!(coloured.contains("\x1b["));
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\x1b') {
        plain.push_str(before);
        rest = after.split_once('m').expect("the end of a colour").1;
    }
    plain.push_str(rest);
    assert_eq!(plain, TEXT);
}

#[test]
fn json_for_programs() {
    let value: Value = serde_json::from_str(&render::json(&[sample()])).expect("JSON");
    assert_eq!(value["architecture"], "i386");
    assert_eq!(value["summary"]["classes"]["silent"], 2);
    assert_eq!(value["findings"][0]["function"], "_CPU_Thing");
    assert_eq!(value["findings"][0]["member"], "thing.o");
    assert_eq!(value["findings"][0]["bytes"], "fa");
    assert_eq!(value["not_followed"][0]["suspects"][0]["instruction"], "hlt");
    let several: Value = serde_json::from_str(&render::json(&[sample(), sample()])).expect("JSON");
    assert_eq!(several.as_array().map(Vec::len), Some(2));
}

/// What the SARIF 2.1.0 standard requires of the parts that are used (sections 3.13 to 3.28).
#[test]
fn sarif_for_editors() {
    let sparc = Builder::new(Architecture::Sparc).function("f", &big_endian(&[0x91d0_2009])).build();
    let log: Value = serde_json::from_str(&render::sarif(&[sample(), common::report(&sparc)])).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules: Vec<&str> = run["tool"]["driver"]["rules"]
        .as_array()
        .expect("rules")
        .iter()
        .filter_map(|rule| rule["id"].as_str())
        .collect();
    let mut unique = rules.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), rules.len(), "each rule has an identifier of its own");
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), 6 + 1 + 1);
    for result in results {
        let rule = result["ruleId"].as_str().expect("a rule");
        assert!(rules.contains(&rule), "{rule} is described");
        assert!(["error", "warning", "note", "none"].contains(&result["level"].as_str().expect("a level")));
        assert!(!result["message"]["text"].as_str().expect("a message").is_empty());
        assert!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].is_string());
    }
    let allowed = results.iter().find(|result| !result["suppressions"].is_null()).expect("an allowance");
    assert_eq!(allowed["suppressions"][0]["justification"], "sets the ID flag only");
}

#[test]
fn markdown_for_the_documentation() {
    let text = render::markdown(&sample());
    assert!(text.contains("| silent | 2 | 2 | neither traps"), "{text}");
    assert!(text.contains("| `_CPU_Thing` (thing.o) | `popf` | silent |"), "{text}");
    let replaced =
        "| `_CPU_Context_switch` (cpu_asm.o) | `mov %edx,%gs` | replaced | `_CPU_Context_switch` of the pack";
    assert!(text.contains(replaced), "{text}");
    assert!(text.contains("| pushf | harmless | 1 | `_CPU_Thing` |"), "{text}");
    // A row has as many cells as its head.
    let mut columns = 0;
    for line in text.lines() {
        let cells = line.matches('|').count() - line.matches("\\|").count();
        assert!(cells == 0 || columns == 0 || cells == columns, "{line}");
        columns = cells;
    }
}
