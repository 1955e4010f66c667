//! The plan of a campaign: TOML text in, a checked [`Plan`] out, or everything that is wrong with it.

use std::ops::Range;
use std::path::Path;

use bulkhead_debugger::{Register, registers};
use toml::de::DeTable;

use crate::build;
use crate::cores::debugged;
use crate::diagnostics::{Problem, Report, SourceText, known_names};
use crate::error::{Error, Message, Result};
use crate::files;
use crate::system_file::parse::{syntax, tables};
use crate::system_file::value::{Located, TableReader};
use crate::system_file::{Processor, System, text_of};
use crate::units::{self, duration_text};

use super::class::Class;
use super::fault::{Effect, Fault, Injection, Target};

/// The most runs of a campaign.
const INJECTIONS_MAX: i64 = 1_000_000;

/// The longest run, in nanoseconds: what it records is to fit in the kernel's memory.
const FOR_MAX: u64 = 10_000_000_000;

/// How much later or earlier something of another partition may happen if nothing is said, in nanoseconds: the kernel's
/// longest path, on LEON3.
const LATE_DEFAULT: u64 = 20_000;

/// What is injected where and when.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The plan's name: that of its file.
    pub name: String,
    /// The system, for its processor.
    pub system: System,
    /// How long each run takes by the system's clock, in nanoseconds.
    pub time: u64,
    /// What instants, places and bits are drawn from.
    pub seed: u64,
    /// How many faults are drawn.
    pub drawn: usize,
    /// When they are, in nanoseconds.
    pub span: Range<u64>,
    /// How much later or earlier something may happen that is called the same, in nanoseconds.
    pub late: u64,
    /// What makes the campaign fail; nothing for what isolation is to prevent.
    pub fail: Option<Vec<Class>>,
    /// In what faults are drawn.
    pub targets: Vec<Target>,
    /// Faults that the plan names, from number 1 on; those that are drawn follow.
    pub named: Vec<Injection>,
}

impl Plan {
    /// Reads a plan, and the system file that it names.
    ///
    /// # Errors
    /// If a file cannot be read, or has problems.
    pub fn read(path: &Path, processor: Option<Processor>) -> Result<Self> {
        let shown = path.display().to_string();
        if path.is_dir() {
            return Err(Error::Usage(
                Message::new(format!("{shown} is a folder")).help(
                    "name the plan in it, such as campaign.toml; docs/injection.md says what is in one",
                ),
            ));
        }
        let text = text_of(files::read(path)?, &shown)?;
        let source = SourceText { name: shown, text: text.clone() };
        let raw = match parse(&text) {
            Ok(raw) => raw,
            Err(problems) => return Err(Report::new(source, problems).into()),
        };
        let Some(file) = &raw.system else { return Err(Report::new(source, raw.problems).into()) };
        let folder = path.parent().unwrap_or(Path::new(""));
        let named = raw.processor.as_ref().and_then(|it| Processor::from_name(&it.value));
        let system = build::check_for(processor.or(named), &folder.join(&file.value))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (plan, problems) = checked(raw, name, system);
        match plan.filter(|_| problems.is_empty()) {
            Some(plan) => Ok(plan),
            None => Err(Report::new(source, problems).into()),
        }
    }

    /// How many runs the campaign has.
    #[must_use]
    pub fn count(&self) -> usize {
        self.named.len() + self.drawn
    }
}

/// The file's contents; a key that is absent or has been complained about is `None`.
#[derive(Debug, Default)]
struct Raw {
    problems: Vec<Problem>,
    system: Option<Located<String>>,
    processor: Option<Located<String>>,
    time: Option<Located<u64>>,
    from: Option<Located<u64>>,
    until: Option<Located<u64>>,
    late: Option<Located<u64>>,
    seed: Option<Located<i64>>,
    drawn: Option<Located<i64>>,
    fail: Option<Located<Vec<Located<String>>>>,
    targets: Vec<RawFault>,
    named: Vec<RawFault>,
}

/// A `[[target]]` or an `[[injection]]`.
#[derive(Debug)]
struct RawFault {
    place: Range<usize>,
    kind: Option<Located<String>>,
    partition: Option<Located<String>>,
    at: Option<Located<u64>>,
    register: Option<Located<String>>,
    address: Option<Located<u64>>,
    bit: Option<Located<i64>>,
    effect: Option<Located<String>>,
}

const KINDS: [&str; 4] = ["registers", "memory", "kernel-memory", "interrupt"];

fn parse(text: &str) -> std::result::Result<Raw, Vec<Problem>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(syntax::problems(&errors, text));
    }
    let mut problems = Vec::new();
    let mut root = TableReader::new(document.get_ref(), "the plan", 0..0);
    let mut raw = Raw {
        system: root.string("system", "\"bulkhead.toml\"", &mut problems),
        processor: root.string("processor", "\"leon3\"", &mut problems),
        time: root.quantity("for", "\"100 ms\"", units::duration, &mut problems),
        from: root.quantity("from", "\"10 ms\"", units::duration, &mut problems),
        until: root.quantity("until", "\"90 ms\"", units::duration, &mut problems),
        late: root.quantity("late", "\"20 us\"", units::duration, &mut problems),
        seed: root.integer("seed", "1", &mut problems),
        drawn: root.integer("injections", "100", &mut problems),
        fail: root.strings("fail", "[\"other-disturbed\"]", &mut problems),
        ..Raw::default()
    };
    for (key, heading) in [("target", "[[target]]"), ("injection", "[[injection]]")] {
        let Some(value) = root.value(key) else { continue };
        for (table, place) in tables(value, key, heading, &mut problems) {
            let fault = fault(table, heading, place, &mut problems);
            if key == "target" { raw.targets.push(fault) } else { raw.named.push(fault) }
        }
    }
    root.require("system", "\"bulkhead.toml\"", &mut problems);
    root.require("for", "\"100 ms\"", &mut problems);
    root.finish(&mut problems);
    raw.problems = problems;
    Ok(raw)
}

fn fault(
    table: &DeTable<'_>,
    heading: &'static str,
    place: Range<usize>,
    problems: &mut Vec<Problem>,
) -> RawFault {
    let mut reader = TableReader::new(table, heading, place.clone());
    let kind = reader.string("kind", "\"registers\"", problems);
    reader.require("kind", "\"registers\"", problems);
    let mut raw = RawFault {
        place,
        partition: None,
        at: None,
        register: None,
        address: None,
        bit: None,
        effect: None,
        kind,
    };
    let word = raw.kind.as_ref().map(|it| it.value.clone()).unwrap_or_default();
    if matches!(word.as_str(), "registers" | "memory") {
        raw.partition = reader.string("partition", "\"control\"", problems);
        reader.require("partition", "\"control\"", problems);
    }
    if heading == "[[injection]]" {
        raw.at = reader.quantity("at", "\"12 ms\"", units::duration, problems);
        reader.require("at", "\"12 ms\"", problems);
        match word.as_str() {
            "registers" => {
                raw.register = reader.string("register", "\"eax\"", problems);
                reader.require("register", "\"eax\"", problems);
            }
            "memory" | "kernel-memory" => {
                raw.address = reader.quantity("address", "\"0x00110000\"", units::address, problems);
                reader.require("address", "\"0x00110000\"", problems);
            }
            _ => {
                raw.effect = reader.string("effect", "\"lost\"", problems);
                reader.require("effect", "\"lost\"", problems);
            }
        }
        if word != "interrupt" {
            raw.bit = reader.integer("bit", "3", problems);
            reader.require("bit", "3", problems);
        }
    }
    if KINDS.contains(&word.as_str()) {
        reader.finish(problems);
    }
    raw
}

/// A plan of what the file says, as far as that is right, and all that is wrong.
fn checked(raw: Raw, name: String, system: System) -> (Option<Plan>, Vec<Problem>) {
    let mut problems = raw.problems;
    if let Some(given) = raw.processor.filter(|it| Processor::from_name(&it.value).is_none()) {
        problems.push(unknown("processor", &given, &Processor::NAMES));
    }
    let Some(time) = raw.time else { return (None, problems) };
    if time.value == 0 || time.value > FOR_MAX {
        let help = format!("write a time of up to {}", duration_text(FOR_MAX));
        problems.push(Problem::new(time.place.clone(), "a run cannot take so long").help(help));
    }
    let span =
        raw.from.as_ref().map_or(0, |it| it.value)..raw.until.as_ref().map_or(time.value, |it| it.value);
    if span.start >= span.end || span.end > time.value {
        let place =
            raw.until.as_ref().or(raw.from.as_ref()).map_or(time.place.clone(), |it| it.place.clone());
        let text = format!(
            "no instant is from {} on and before {}",
            duration_text(span.start),
            duration_text(span.end)
        );
        let help = format!(
            "`from` is before `until`, and that not behind the run's end, {}",
            duration_text(time.value)
        );
        problems.push(Problem::new(place, text).help(help));
    }
    let late = raw.late.as_ref().map_or(LATE_DEFAULT, |it| it.value);
    if let Some(given) = raw.late.filter(|it| it.value >= time.value) {
        let text = format!("a run takes {}: nothing in it would be too late", duration_text(time.value));
        problems.push(Problem::new(given.place, text).help("write a shorter time, such as \"20 us\""));
    }
    let seed = whole(raw.seed, "seed", 0..=i64::MAX, &mut problems).unwrap_or(0).cast_unsigned();
    let drawn = whole(raw.drawn, "injections", 0..=INJECTIONS_MAX, &mut problems);
    let fail = raw.fail.map(|words| {
        let class = |word: &Located<String>| Class::ALL.into_iter().find(|it| it.word() == word.value);
        let known: Vec<&str> = Class::ALL.iter().map(|it| it.word()).collect();
        for word in words.value.iter().filter(|word| class(word).is_none()) {
            problems.push(unknown("fail", word, &known));
        }
        words.value.iter().filter_map(class).collect()
    });
    let targets: Vec<Target> =
        raw.targets.iter().filter_map(|it| target(it, &system, &mut problems)).collect();
    let named: Vec<Injection> =
        raw.named.iter().filter_map(|it| injection(it, &system, time.value, &mut problems)).collect();
    let drawn = drawn.unwrap_or(0);
    if drawn > 0 && raw.targets.is_empty() {
        problems.push(
            Problem::new(0..0, "nothing is said of what faults are to be drawn in")
                .help("add [[target]] and below it kind = \"registers\" and partition = \"NAME\""),
        );
    }
    if drawn == 0 && raw.named.is_empty() {
        problems.push(
            Problem::new(0..0, "there is nothing to inject")
                .help("say how many with injections = 100, or name each as [[injection]]"),
        );
    }
    let plan = Plan {
        name,
        system,
        time: time.value,
        seed,
        drawn: usize::try_from(drawn).unwrap_or(0),
        span,
        late,
        fail,
        targets,
        named,
    };
    (Some(plan), problems)
}

fn whole(
    given: Option<Located<i64>>,
    key: &str,
    range: std::ops::RangeInclusive<i64>,
    problems: &mut Vec<Problem>,
) -> Option<i64> {
    let given = given?;
    if !range.contains(&given.value) {
        let help = format!("write a whole number of {} to {}", range.start(), range.end());
        problems.push(Problem::new(given.place, format!("`{key}` cannot be {}", given.value)).help(help));
        return None;
    }
    Some(given.value)
}

fn unknown(key: &str, given: &Located<String>, known: &[&str]) -> Problem {
    Problem::new(given.place.clone(), format!("unknown value `{}` of `{key}`", given.value))
        .help(known_names(&given.value, "values", known))
}

fn partition(raw: &RawFault, system: &System, problems: &mut Vec<Problem>) -> Option<usize> {
    let given = raw.partition.as_ref()?;
    let number = system.partition_number(&given.value);
    if number.is_none() {
        let names: Vec<&str> = system.partitions.iter().map(|it| it.name.as_str()).collect();
        let text = format!("there is no partition `{}`", given.value);
        let help = known_names(&given.value, "partitions", &names);
        problems.push(Problem::new(given.place.clone(), text).help(help));
    }
    number
}

fn target(raw: &RawFault, system: &System, problems: &mut Vec<Problem>) -> Option<Target> {
    let kind = raw.kind.as_ref()?;
    Some(match kind.value.as_str() {
        "registers" => Target::Registers(partition(raw, system, problems)?),
        "memory" => Target::Memory(partition(raw, system, problems)?),
        "kernel-memory" => Target::KernelMemory,
        "interrupt" => Target::Interrupt,
        _ => {
            problems.push(unknown("kind", kind, &KINDS));
            return None;
        }
    })
}

fn injection(raw: &RawFault, system: &System, time: u64, problems: &mut Vec<Problem>) -> Option<Injection> {
    let target = target(raw, system, problems)?;
    let at = raw.at.as_ref()?;
    if at.value >= time {
        let help = format!("a run ends at {}: name an instant before", duration_text(time));
        problems.push(Problem::new(at.place.clone(), "this is not within a run").help(help));
    }
    let most = if matches!(target, Target::Registers(_)) { 127 } else { 7 };
    let place = raw.bit.as_ref().map_or(raw.place.clone(), |it| it.place.clone());
    let bit = whole(raw.bit.clone(), "bit", 0..=most, problems).and_then(|bit| u32::try_from(bit).ok());
    let fault = match target {
        Target::Registers(partition) => {
            let (given, bit) = (raw.register.as_ref()?, bit?);
            let known = registers(debugged(system.processor));
            let names: Vec<&str> = known.iter().map(|it| it.name).collect();
            let Some(register) = known.iter().find(|it| it.name == given.value).copied() else {
                problems.push(unknown("register", given, &names));
                return None;
            };
            if !register.has(bit) {
                problems.push(no_bit(register, place));
            }
            Fault::Register { partition, register, bit }
        }
        Target::Memory(partition) => {
            Fault::Memory { partition, address: raw.address.as_ref()?.value, bit: bit? }
        }
        Target::KernelMemory => Fault::KernelMemory { address: raw.address.as_ref()?.value, bit: bit? },
        Target::Interrupt => {
            let given = raw.effect.as_ref()?;
            let Some(effect) = Effect::ALL.into_iter().find(|it| it.word() == given.value) else {
                problems.push(unknown("effect", given, &Effect::ALL.map(Effect::word)));
                return None;
            };
            Fault::Interrupt(effect)
        }
    };
    Some(Injection { at: at.value, fault })
}

fn no_bit(register: Register, place: Range<usize>) -> Problem {
    let (first, last) = (register.bit(0), register.bit(register.bits - 1));
    Problem::new(place, format!("this bit of `{}` is no partition's", register.name))
        .help(format!("write one of {first} to {last}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYSTEM: &str = "[system]\nmajor-frame = \"10 ms\"\nname = \"s\"\n[[partition]]\nname = \"a\"\n\
                          memory = \"1 MiB\"\nsources = [\"a.c\"]\n[[window]]\npartition = \"a\"\n\
                          start = \"0 ms\"\nduration = \"5 ms\"\n";

    /// What is said of a plan: each problem with its line and column, and its help.
    fn said(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("s.toml"), SYSTEM).unwrap();
        std::fs::write(folder.path().join("a.c"), "").unwrap();
        let path = folder.path().join("plan.toml");
        std::fs::write(&path, text).unwrap();
        match Plan::read(&path, None) {
            Ok(plan) => format!("{} injections", plan.count()),
            Err(error) => error.to_string().replace(&format!("{}/", folder.path().display()), ""),
        }
    }

    #[test]
    fn a_plan_is_read() {
        let plan = "system = \"s.toml\"\nfor = \"50 ms\"\nseed = 3\ninjections = 20\n[[target]]\nkind = \"registers\"\n\
                    partition = \"a\"\n[[injection]]\nat = \"1 ms\"\nkind = \"interrupt\"\neffect = \"lost\"\n";
        assert_eq!(said(plan), "21 injections");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_what_would_be_right() {
        let begin = "system = \"s.toml\"\nfor = \"50 ms\"\n";
        let injection = |keys: &str| format!("{begin}[[injection]]\nat = \"1 ms\"\n{keys}\n");
        let cases = [
            (begin.to_owned(), ":1:1: error: there is nothing to inject", "injections = 100"),
            (
                format!("{begin}seeds = 1\n"),
                ":3:1: error: unknown key `seeds` in the plan",
                "did you mean `seed`?",
            ),
            (format!("{begin}injections = 5\n"), "nothing is said of what faults", "[[target]]"),
            (format!("{begin}injections = -1\n"), ":3:14: error: `injections` cannot be -1", "0 to 1000000"),
            (
                format!("{begin}until = \"60 ms\"\n"),
                ":3:9: error: no instant is from",
                "the run's end, 50 ms",
            ),
            (format!("{begin}late = \"50 ms\"\n"), ":3:8: error: a run takes 50 ms", "a shorter time"),
            (format!("{begin}fail = [\"stoped\"]\n"), "unknown value `stoped` of `fail`", "`masked`"),
            (injection("kind = \"registers\""), "[[injection]] has no `partition`", "add partition ="),
            (injection("kind = \"rays\""), "unknown value `rays` of `kind`", "`kernel-memory`"),
            (
                injection("kind = \"memory\"\npartition = \"b\"\naddress = \"0x00110000\"\nbit = 1"),
                ":6:13: error: there is no partition `b`",
                "partitions: `a`",
            ),
            (
                injection("kind = \"registers\"\npartition = \"a\"\nregister = \"eflags\"\nbit = 9"),
                "this bit of `eflags` is no partition's",
                "write one of 0 to 8",
            ),
            (
                injection("kind = \"memory\"\npartition = \"a\"\naddress = \"0x00110000\"\nbit = 8"),
                "`bit` cannot be 8",
                "0 to 7",
            ),
            (injection("kind = \"interrupt\"\neffect = \"late\""), "unknown value `late`", "`doubled`"),
            (
                injection("kind = \"interrupt\"\neffect = \"lost\"\nbit = 1"),
                "unknown key `bit` in [[injection]]",
                "keys here",
            ),
        ];
        for (plan, problem, help) in cases {
            let said = said(&plan);
            assert!(
                said.contains(problem) && said.contains(help),
                "{plan}\n{said}\nhas no {problem:?}, {help:?}"
            );
        }
    }
}
