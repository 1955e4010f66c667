//! The stand-in's C library: checks in standard C in a partition, and its mathematics beside the developer's machine's.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use bulkhead_tests::{repository, run_file_for};
use bulkhead_tool::run::{Input, PartitionEnd, RunOptions};
use bulkhead_tool::system_file::Processor;

on_every_processor! {
    the_c_library_does_what_the_standard_says,
}

/// How far two numbers are apart, in steps between neighbours.
fn steps(one: i64, other: i64) -> u64 {
    // Negative numbers count downwards.
    let place = |bits: i64| if bits < 0 { i64::MIN - bits } else { bits };
    place(one).abs_diff(place(other))
}

/// The lines `= FUNCTION ARGUMENT ARGUMENT RESULT`: results by what comes in front of them.
fn table<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeMap<String, f64> {
    lines
        .filter_map(|line| line.strip_prefix("= ")?.rsplit_once(' '))
        .map(|(call, bits)| {
            let bits = u64::from_str_radix(bits, 16).unwrap_or_else(|_| panic!("{call}: {bits}"));
            (call.to_owned(), f64::from_bits(bits))
        })
        .collect()
}

/// How far a function may be from what the developer's machine computes, which is itself not always the nearest number.
fn allowed(name: &str) -> u64 {
    match name {
        // Beside its zero at -2.46, where it is a difference of numbers that are nearly the same.
        "lgamma" => 10,
        "tgamma" => 2,
        // C says them exactly.
        "ceil" | "floor" | "rint" | "nearbyint" | "round" | "trunc" | "fabs" | "sqrt" | "logb" | "fdim"
        | "fmax" | "fmin" | "fmod" | "copysign" | "nextafter" | "remainder" | "fma" => 0,
        _ => 1,
    }
}

fn the_c_library_does_what_the_standard_says(processor: Processor) {
    let file = repository().join("tests/systems/c-library/bulkhead.toml");
    let options = RunOptions { input: Input::Bytes(b"12 0x1f\r -5,6;".to_vec()), ..RunOptions::default() };
    let transcript = run_file_for(Some(processor), &file, &options);
    let said = transcript.of("library");
    let without_table: Vec<_> = said.iter().filter(|line| !line.starts_with("= ")).collect();
    transcript.expect("library", "errno of tasks, sleep: good");
    transcript.expect("library", "input: good");
    let checks = without_table.iter().find(|line| line.ends_with(" checks, 0 failed"));
    assert!(checks.is_some(), "{without_table:#?}");
    transcript.expect("library", "at exit: good");
    assert_eq!(transcript.facts.ends.get("library"), Some(&PartitionEnd::Halted(0)), "{without_table:#?}");

    let own = table(said.iter().copied());
    let hosts = hosts_table(processor);
    assert!(own.len() > 1000, "{} results", own.len());
    assert_eq!(own.keys().collect::<Vec<_>>(), hosts.keys().collect::<Vec<_>>());
    let mut wrong = Vec::new();
    for (call, (own, host)) in own.iter().zip(hosts.values()).map(|((call, own), host)| (call, (*own, *host)))
    {
        let name = call.split(' ').next().unwrap_or_default();
        let single = name.strip_suffix('f').filter(|name| *name != "er");
        let apart = match (own.is_nan(), host.is_nan()) {
            (true, true) => 0,
            (false, false) if single.is_some() => {
                let bits = |number: f64| (number as f32).to_bits() as i32;
                steps(i64::from(bits(own)) << 32, i64::from(bits(host)) << 32) >> 32
            }
            (false, false) => steps(own.to_bits() as i64, host.to_bits() as i64),
            _ => u64::MAX,
        };
        if apart > allowed(single.unwrap_or(name)) {
            wrong.push(format!("{call}: {own:e}, and not {host:e}: {apart} steps"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The same program with the C library of the developer's machine, whose checks hold, too.
fn hosts_table(processor: Processor) -> BTreeMap<String, f64> {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("c_library_{}", processor.name()));
    let source = repository().join("tests/programs/c_library.c");
    let compiled = Command::new("cc")
        .args(["-std=gnu11", "-w", "-O1", "-DHOSTED", "-o"])
        .args([&program, &source])
        .arg("-lm")
        .output()
        .unwrap_or_else(|error| panic!("cc: {error}"));
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let run = Command::new(&program).output().unwrap_or_else(|error| panic!("{error}"));
    let output = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{output}");
    table(output.lines())
}
