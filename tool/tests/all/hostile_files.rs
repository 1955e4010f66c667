//! System files that are large, or full of what a terminal obeys: short messages, and nothing of it raw.

use std::fmt::Write as _;
use std::path::Path;

use bulkhead_tool::diagnostics::Report;
use bulkhead_tool::system_file::from_text;

/// No message about any file is longer than this.
const SHOWN_MAX: usize = 40_000;

const HEAD: &str = "[system]\nmajor-frame = \"100 ms\"\n\n[[partition]]\nname = \"control\"\nmemory = \"1 MiB\"\n\
                    sources = [\"templates/hello.c\"]\n";

fn report(text: &str) -> Report {
    let report = from_text(text, "x.toml", Path::new(env!("CARGO_MANIFEST_DIR"))).expect_err("problems");
    for shown in [report.plain(), report.fancy()] {
        assert!(shown.len() < SHOWN_MAX, "{} bytes are shown", shown.len());
    }
    report
}

/// 20,000 windows cost one message: nothing is compared, sorted or listed for them.
#[test]
fn too_many_windows_are_told_of_before_any_is_looked_at() {
    let mut text = HEAD.to_owned();
    for _ in 0..20_000 {
        text += "[[window]]\npartition = \"contrl\"\nstart = \"0 ms\"\nduration = \"1 ms\"\n";
    }
    let report = report(&text);
    assert!(report.plain().contains("20000 windows are too many"));
    assert_eq!(report.problems().len(), 1);
}

#[test]
fn too_many_partitions_are_told_of_before_any_is_looked_at() {
    let mut text = "[system]\nmajor-frame = \"100 ms\"\n".to_owned();
    for _ in 0..20_000 {
        text += "[[partition]]\nname = \"a\"\nmemory = \"1 B\"\nsources = [\"none.c\"]\n";
    }
    for _ in 0..20_000 {
        text += "[[window]]\npartition = \"b\"\nstart = \"0 ms\"\nduration = \"1 ms\"\n";
    }
    let report = report(&text);
    assert!(report.plain().contains("20000 partitions are too many"), "{}", report.plain());
    assert_eq!(report.problems().len(), 2);
}

#[test]
fn problems_without_number_are_cut() {
    let mut text = HEAD.to_owned();
    for number in 0..20_000 {
        let _ = writeln!(text, "key{number} = 1");
    }
    let report = report(&text);
    assert!(
        report.plain().ends_with("and 19951 more problems\n20001 problems in x.toml\n"),
        "{}",
        report.plain()
    );
}

#[test]
fn a_line_without_end_give_short_messages() {
    let long = "x".repeat(1 << 18);
    let long_key = format!("{HEAD}{long} = 1\n");
    let long_value = format!("{HEAD}command-line = \"{long}\"\ntick = \"{long}\"\n");
    let long_syntax = format!("{HEAD}a = {long}\n");
    let many_sources = HEAD.replace("\"templates/hello.c\"", &"\"none.c\", ".repeat(5_000));
    for text in [long_key, long_value, long_syntax, many_sources] {
        let report = report(&text);
        let longest = report.plain().lines().map(str::len).max();
        assert!(longest < Some(700), "a line of {longest:?} bytes");
    }
}

/// The place of a long line stays visible, and the marks stand below it.
#[test]
fn of_a_long_line_the_part_around_the_place_is_shown() {
    let text =
        format!("{HEAD}command-line = \"{}\" # {}\ntick = \"slow\"\n", "y".repeat(2000), "z".repeat(2000));
    let shown = report(&text).plain();
    let lines: Vec<&str> = shown.lines().collect();
    let at = lines.iter().position(|line| line.contains("2000 bytes long")).expect("the problem");
    assert!(lines[at + 1].starts_with("  8 | command-line = \"yyyy") && lines[at + 1].ends_with("yyyy ..."));
    assert_eq!(lines[at + 1].find('"'), lines[at + 2].find('^'));
}

#[test]
fn what_a_terminal_obeys_is_never_written() {
    let bad = "\u{1b}[2J\u{9b}31m\u{202e}\u{2066}\u{200f}\u{7}\u{8}";
    let escaped = "\\u001b[2J\\u202e\\u009b";
    let texts = [
        format!("{HEAD}\"{escaped}\" = 1 # {bad}\n"),
        format!("{HEAD}tick = \"{escaped}\"\n"),
        format!("{HEAD}command-line = 1 # {}\n", &bad[3..]),
        format!("{HEAD}{bad}\n"),
        HEAD.replace("hello.c", &format!("{escaped}.c")),
        HEAD.replace("control", escaped),
    ];
    for text in texts {
        let shown = report(&text).plain();
        let acts = |c: char| {
            (c.is_control() && c != '\n')
                || matches!(c, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert!(!shown.contains(acts), "{shown:?}");
    }
}

#[test]
fn one_file_under_two_names_is_named_twice() {
    for other in ["./templates/hello.c", "templates/../templates/hello.c", "templates//hello.c"] {
        let both = format!("\"templates/hello.c\", \"{other}\"");
        let report = report(&HEAD.replace("\"templates/hello.c\"", &both));
        assert!(report.plain().contains(&format!("`{other}` is named twice")), "{}", report.plain());
    }
}

/// With and without colours the same text, which begins with the place that is at fault.
#[test]
fn on_a_terminal_the_faulty_place_comes_first() {
    let window = "[[window]]\npartition = \"control\"\nstart = \"0 ms\"\nduration = \"1 ms\"\n";
    let report = report(&format!("{HEAD}{window}{window}"));
    let mut fancy = String::new();
    let text = report.fancy();
    let mut pieces = text.split('\u{1b}');
    fancy.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        fancy.push_str(piece.split_once('m').map_or("", |(_, rest)| rest));
    }
    assert_ne!(text, fancy, "there are colours");
    assert_eq!(fancy, report.plain());
    assert!(
        fancy.starts_with("x.toml:14:9: error: this window begins at 0 ms while another runs"),
        "{fancy}"
    );
}
