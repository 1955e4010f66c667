//! Each fact that a kernel, the tool and the guests share stands once, in `abi`; a second place is refused.

use bulkhead_abi::machine::i386;
use bulkhead_abi::wire::{ESCAPE, Ending, FIRST_PARTITION_CHANNEL, KERNEL_CHANNEL, TIME_LIMIT_MARK};
use bulkhead_abi::{FaultKind, Hypercall};

use crate::assert_none;
use crate::code::only_code;
use crate::files;

/// Where the facts are, what is made of them, and what tries what they would be if they were wrong.
const HOME: [&str; 4] = ["abi/", "guest/include/bulkhead/", "tests/", "tool/tests/"];

/// The file for POK's kernel, in a language that does not read `abi`. The test below compares it.
const POK: &str = "hosts/pok/kernel/bulkhead.c";

/// The names of calls, as constants have them.
const CALLS: [(&str, Hypercall); 19] = [
    ("INTERFACE_VERSION", Hypercall::InterfaceVersion),
    ("CONSOLE_WRITE", Hypercall::ConsoleWrite),
    ("CONSOLE_READ", Hypercall::ConsoleRead),
    ("IDLE", Hypercall::Idle),
    ("TIMER_SET", Hypercall::TimerSet),
    ("SET_TLS_BASE", Hypercall::SetTlsBase),
    ("HALT", Hypercall::Halt),
    ("RESTART", Hypercall::Restart),
    ("STATUS", Hypercall::Status),
    ("SET_UPCALLS", Hypercall::SetUpcalls),
    ("PORT_DESCRIBE", Hypercall::PortDescribe),
    ("PORT_STATUS", Hypercall::PortStatus),
    ("SAMPLING_WRITE", Hypercall::SamplingWrite),
    ("SAMPLING_READ", Hypercall::SamplingRead),
    ("QUEUING_SEND", Hypercall::QueuingSend),
    ("QUEUING_RECEIVE", Hypercall::QueuingReceive),
    ("QUEUING_CLEAR", Hypercall::QueuingClear),
    ("REGION_DESCRIBE", Hypercall::RegionDescribe),
    ("DOORBELL", Hypercall::Doorbell),
];

/// Words of records that are no words of everyday use.
const RECORD_WORDS: [&str; 4] = ["\"shut-down\"", "\"kernel-fault\"", "\"partition-end\"", "\"system-end\""];

/// The number that a word of code is, however it is written.
fn number(word: &str) -> Option<u64> {
    let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric()).replace('_', "").to_lowercase();
    let word = ["u8", "u16", "u32", "u64", "usize", "ull", "u"]
        .iter()
        .find_map(|ending| word.strip_suffix(ending).filter(|rest| !rest.is_empty()))
        .unwrap_or(&word)
        .to_owned();
    match word.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => word.parse().ok(),
    }
}

/// A constant's name and what is said of it, in Rust, C or assembly.
fn constant(line: &str) -> Option<(String, Option<u64>)> {
    let line = line.trim_start();
    let (name, value) = if let Some(rest) = line.strip_prefix("#define ") {
        rest.trim_start().split_once(char::is_whitespace)?
    } else if let Some(rest) = line.strip_prefix(".equ ").or_else(|| line.strip_prefix(".set ")) {
        rest.split_once(',')?
    } else {
        let at = line.find("const ").filter(|at| *at == 0 || line[..*at].ends_with(' '))?;
        let (name, value) = line[at + 6..].split_once('=')?;
        (name.split(':').next()?, value)
    };
    Some((name.trim().to_uppercase(), number(value.trim().trim_end_matches(';'))))
}

/// Whether a name has this word between its ends or underscores.
fn has(name: &str, word: &str) -> bool {
    format!("_{name}_").contains(&format!("_{word}_"))
}

/// What a constant says once more.
fn said_again(name: &str, value: u64) -> Option<&'static str> {
    let is =
        |words: &[&str], values: &[u64]| words.iter().any(|word| has(name, word)) && values.contains(&value);
    let endings: Vec<u64> = (0..64).filter(|code| Ending::from_code(*code as u32).is_some()).collect();
    if is(&["ESCAPE", "DLE"], &[u64::from(ESCAPE)]) {
        Some("the escape byte is wire::ESCAPE")
    } else if is(&["CHANNEL"], &[KERNEL_CHANNEL.into(), FIRST_PARTITION_CHANNEL.into()]) {
        Some("channels are wire::KERNEL_CHANNEL and wire::FIRST_PARTITION_CHANNEL")
    } else if is(&["ENDING", "COMPLETED", "FAILED", "STOPPED", "REFUSED", "INTERNAL", "TIME_LIMIT"], &endings)
    {
        Some("codes of endings are wire::Ending")
    } else if value == u64::from(TIME_LIMIT_MARK) {
        Some("the mark of a time limit is wire::TIME_LIMIT_MARK")
    } else if is(&["HYPERCALL_VECTOR", "CALL_VECTOR"], &[i386::HYPERCALL_VECTOR.into()]) {
        Some("the vector of calls is machine::i386::HYPERCALL_VECTOR")
    } else {
        let numbered = |(call, number): &(&str, Hypercall)| {
            [format!("CALL_{call}"), format!("HYPERCALL_{call}"), (*call).to_owned()]
                .contains(&name.to_owned())
                && u64::from(*number as u32) == value
        };
        CALLS.iter().any(numbered).then_some("numbers of calls are Hypercall")
    }
}

/// What an arm of a `match` from numbers says once more.
fn mapped_again(line: &str) -> Option<&'static str> {
    let (pattern, value) = line.split_once("=>")?;
    number(pattern.split(['|', '.']).next()?.trim())?;
    let names = |kind: &str| value.trim_start().starts_with(kind);
    if names("FaultKind::") {
        Some("kinds of faults are FaultKind::of_x86_vector, of_sparc_trap and from_number")
    } else if names("Hypercall::") || names("Call::") {
        Some("numbers of calls are decoded by Hypercall and Call")
    } else if names("Ending::") || names("Some(Ending::") {
        Some("codes of endings are decoded by wire::Ending")
    } else {
        None
    }
}

/// What a line of assembly says once more: the call instruction with its vector as a number.
fn called_again(line: &str) -> Option<&'static str> {
    let vector = line.trim_start().trim_start_matches('"').strip_prefix("int $")?;
    let vector = number(vector.split(|c: char| !c.is_ascii_alphanumeric()).next()?)?;
    (vector == u64::from(i386::HYPERCALL_VECTOR)).then_some("the vector of calls comes from machine::i386")
}

/// The lines of a file that say once more what `abi` says.
fn second_places(path: &str, text: &str) -> Vec<String> {
    let rust = path.ends_with(".rs");
    let code = if rust { only_code(text) } else { text.to_owned() };
    let mut found = Vec::new();
    for (index, (line, with_texts)) in code.lines().zip(text.lines()).enumerate() {
        let constant = constant(line).and_then(|(name, value)| said_again(&name, value?));
        let status = rust && line.contains("PartitionStatus {") && !line.contains("->");
        let status = status.then_some("a status is put together by PartitionStatus::new");
        let word = with_texts.split("//").next().unwrap_or_default();
        let word = rust && RECORD_WORDS.iter().any(|known| word.contains(known));
        let word = word.then_some("words of records are event::Kind::word");
        let called = called_again(with_texts);
        for fact in [constant, mapped_again(line), status, word, called].into_iter().flatten() {
            found.push(format!("{path}:{}: {fact}: {}", index + 1, with_texts.trim()));
        }
    }
    found
}

#[test]
fn each_fact_of_the_wire_and_of_calls_stands_once() {
    let ours = |path: &str| HOME.iter().any(|home| path.starts_with(home));
    let is_code = |path: &str| [".rs", ".S", ".c", ".h"].iter().any(|ending| path.ends_with(ending));
    let files = files::all();
    let code: Vec<_> = files.iter().filter(|file| is_code(&file.path) && !ours(&file.path)).collect();
    assert!(code.len() > 200, "{} files", code.len());
    let findings: Vec<String> = code.iter().flat_map(|file| second_places(&file.path, &file.text)).collect();
    assert_none(&findings, "what kernel, tool and guests share stands once, in abi");
    // The search finds these facts where they do stand.
    let wire = files.iter().find(|file| file.path == "abi/src/wire.rs").expect("the wire");
    assert!(second_places("abi/src/wire.rs", &wire.text).len() >= 4);
}

#[test]
fn a_second_place_is_found() {
    for line in [
        "const ESCAPE: u8 = 0x10;",
        "pub(crate) const KERNEL_CHANNEL: u8 = 63;",
        "    const TIME_LIMIT: u32 = 19;",
        "const MARK: u32 = 0x5354_4f50;",
        "const IDLE: u32 = 3;",
        "            0 | 4 | 5 => FaultKind::Arithmetic,",
        "            10..=13 => FaultKind::Privilege,",
        "        9 => Hypercall::SetUpcalls,",
        "        16 => Some(Ending::Completed),",
        "    PartitionStatus { now_low: 0, ..Default::default() }",
        "    let word = \"system-end\";",
        "        \"int $0x80\",",
    ] {
        assert_eq!(second_places("kernel/core/src/a.rs", line).len(), 1, "{line}");
    }
    for line in ["#define CALL_HALT 6", "#define DLE 0x10u", "    .equ KERNEL_CHANNEL, 0x3f", "    int $0x80"]
    {
        assert_eq!(second_places("hosts/a/a.S", line).len(), 1, "{line}");
    }
    for line in [
        "const PAGES: u32 = 16;",
        "// const ESCAPE: u8 = 0x10;",
        "    let kind = FaultKind::of_x86_vector(14);",
        "    fn status(&self) -> PartitionStatus {",
        "const CHANNEL_2: u16 = 0x42;",
    ] {
        assert_eq!(second_places("kernel/core/src/a.rs", line), [""; 0], "{line}");
    }
}

#[test]
fn poks_file_says_what_abi_says() {
    let files = files::all();
    let text = &files.iter().find(|file| file.path == POK).expect("the file for POK").text;
    let mut vectors = Vec::new();
    let mut calls = 0;
    for line in text.lines().map(str::trim) {
        let row = line.strip_prefix("plain(").or_else(|| line.strip_prefix("coded("));
        if let Some((vector, rest)) = row.and_then(|row| row.split_once(", ")) {
            let Some(vector) = number(vector) else { continue };
            let kind = rest.split(',').next().and_then(number).expect("a kind");
            assert_eq!(kind, u64::from(FaultKind::of_x86_vector(vector as u32) as u32), "{line}");
            vectors.push(vector);
        } else if let Some((name, value)) =
            line.strip_prefix("#define CALL_").and_then(|it| it.split_once(' '))
        {
            let value = value.strip_prefix("(CALLS + ").and_then(number).unwrap_or_else(|| panic!("{line}"));
            let (_, call) =
                CALLS.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(value, u64::from(*call as u32), "{line}");
            calls += 1;
        } else if let Some((name, Some(value))) = constant(line) {
            let known = match name.as_str() {
                "INFORMATION_PAGE" => u64::from(i386::INFORMATION_PAGE),
                "SHARED_PAGE" => u64::from(i386::SHARED_PAGE),
                "MEMORY_BASE" => u64::from(i386::MEMORY_BASE),
                _ => continue,
            };
            assert_eq!(value, known, "{line}");
        }
    }
    // Those of the processor's exceptions that a partition can bring about, but for page faults, which POK has not.
    assert_eq!((vectors.len(), calls), (14, 5), "{vectors:?}");
}
