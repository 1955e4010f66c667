//! The keys of the system file: the one table that its reference and its JSON schema are made from.

mod building;
mod channel;
mod device;
mod health;
mod region;
mod schedule;

use bulkhead_abi::COMMAND_LINE_LENGTH_MAX;

pub(super) use building::{BUILD, OPTIMIZATIONS, SOURCES};
pub(super) use channel::{CHANNEL, KINDS, PORT};
pub(super) use device::{
    DEVICE, DEVICE_MEMORY, DMA, INTERRUPT, POLARITIES, PORTS, REGISTERS, RULE, TRIGGERS, WIDTHS,
};
pub(super) use health::{
    EXCEEDED, HEALTH, NO_RESTART, PARTITION_HEALTH, RESPONSE, actions, can_be_delivered,
};
pub(super) use region::{ACCESSES, MAPPING, REGION};
pub(super) use schedule::{SCHEDULE, WINDOW};

use super::limits::{
    INSTRUCTION_TIME_MAX, INSTRUCTION_TIME_MIN, LEON3_CLOCK_MAX, LEON3_CLOCK_MIN, MACHINE_MEMORY_DEFAULT,
    MACHINE_MEMORY_MIN, TIME_MAX,
};
use crate::target::Processor;
use crate::units::{duration_text, size_text};

/// What `tick` can be.
pub(super) const TICKS: [&str; 2] = ["catch-up", "skip"];

/// What a key's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A number with a unit of time.
    Duration,
    /// A number with a unit of frequency.
    Frequency,
    /// A number with a unit of memory.
    Size,
    /// A name.
    Name,
    /// The name of a partition of this file.
    PartitionName,
    /// Any text.
    Text,
    /// A text with something to be seen in it.
    FilledText,
    /// A text of at most so many bytes, without NUL.
    CommandLine,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// Paths of source files, at least one, or a table with those of each processor.
    Sources,
    /// Paths of source files.
    SourceFiles,
    /// Paths of folders.
    Folders,
    /// Definitions for the preprocessor.
    Definitions,
    /// Flags of a compiler.
    Flags,
    /// Paths or names of libraries.
    Libraries,
    /// What sources are built with.
    Building,
    /// Functions with reasons.
    Allowances,
    /// A whole number.
    Integer {
        least: u32,
        most: u32,
    },
    /// A port of a partition.
    Port,
    /// Ports, at least one.
    Ports,
    /// Partitions that have a region, at least one.
    Mappings,
    /// An address, in hexadecimal.
    Address,
    /// One of these whole numbers.
    NumberOf(&'static [u32]),
    /// A whole number, or an address.
    NumberOrAddress,
    /// A whole number of bytes, or a number with a unit of memory.
    NumberOrSize,
    /// All bits of a register or none, or these.
    Mask,
    /// A PCI function.
    PciFunction,
    /// What a device has.
    DeviceMemory,
    DeviceRegisters,
    DevicePorts,
    DeviceInterrupts,
    /// What may be done with registers, at least one.
    DeviceRules,
    /// `true` or `false`.
    Boolean,
    /// One of these actions, or a table with it.
    Response(&'static [&'static str]),
    /// One of these actions, or a table with it and at most a schedule besides.
    Exceeded(&'static [&'static str]),
    /// The health monitor's table.
    Health,
    /// Windows.
    Windows,
    /// A table of partitions, each with one of these words.
    AtChange(&'static [&'static str]),
}

/// What becomes of a key that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Default {
    /// It must be there.
    Required,
    /// It must be there where this table, as Markdown, is not.
    RequiredWithout(&'static str),
    /// Another key says it, or there is nothing to say.
    None,
    /// This, as Markdown.
    Is(&'static str),
}

/// A key. What it may be and what it means are Markdown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) range: fn() -> String,
    pub(super) default: Default,
    pub(super) meaning: &'static str,
}

/// Nothing to say.
const ANY: fn() -> String = String::new;

/// The keys of a table of the system file.
pub(super) type Table = &'static [Key];

/// `[system]`.
pub(super) const SYSTEM: Table = &[
    Key {
        name: "major-frame",
        kind: Kind::Duration,
        range: || "the shortest window to 3600 s".to_owned(),
        default: Default::RequiredWithout("`[[schedule]]`"),
        meaning: "After this time the schedule repeats. With [`[[schedule]]`](#schedule) each has its own.",
    },
    Key {
        name: "memory",
        kind: Kind::Size,
        range: || {
            let most = |processor: Processor| size_text(processor.board().memory_max);
            let (x86, leon3) = (most(Processor::X86_64), most(Processor::Leon3));
            format!("{} to {x86}, on LEON3 to {leon3}, whole MiB", size_text(MACHINE_MEMORY_MIN))
        },
        default: Default::Is("`\"128 MiB\"`"),
        meaning: "Memory of the machine.",
    },
    Key {
        name: "name",
        kind: Kind::Name,
        range: ANY,
        default: Default::Is("name of the folder"),
        meaning: "Name of the system and of the file that is built. Required where the folder's name is none: \
                      `2 tickers!` has characters that no name has.",
    },
    Key {
        name: "processor",
        kind: Kind::OneOf(&Processor::NAMES),
        range: || quoted(&Processor::NAMES),
        default: Default::Is("`\"x86_64\"`"),
        meaning: "What to build for. On x86-64 the partitions' programs are i386, on LEON3 they are SPARC.",
    },
    Key {
        name: "console-input",
        kind: Kind::PartitionName,
        range: ANY,
        default: Default::Is("nobody"),
        meaning: "The partition that gets what is typed at the console.",
    },
    Key {
        name: "leon3-clock",
        kind: Kind::Frequency,
        range: || format!("{} MHz to {} MHz", LEON3_CLOCK_MIN / 1_000_000, LEON3_CLOCK_MAX / 1_000_000),
        default: Default::Is("as the boot loader says"),
        meaning: "Frequency of a LEON3 board's system clock. Boot loaders tell it in whole megahertz only (the scaler \
                      of the timers, which they set so that these count microseconds): with a clock of 33.33 MHz the \
                      system would run 1 % off without this key. Without effect on x86-64.",
    },
    Key {
        name: "instruction-time",
        kind: Kind::Duration,
        range: || {
            format!("{} to {}", duration_text(INSTRUCTION_TIME_MIN), duration_text(INSTRUCTION_TIME_MAX))
        },
        default: Default::Is("1 ns; two cycles of `leon3-clock` on LEON3, if that is said"),
        meaning: "What an instruction of the kernel takes on average on the machine that the system is for. The \
                      [shortest window](#window) is reckoned from it.",
    },
];

/// `[[partition]]`.
pub(super) const PARTITION: Table = &[
    Key {
        name: "name",
        kind: Kind::Name,
        range: || "not `kernel`, under which the kernel's log appears".to_owned(),
        default: Default::Required,
        meaning: "Name; no two are the same.",
    },
    Key {
        name: "memory",
        kind: Kind::Size,
        range: || "from 4 KiB on, whole multiples of 4 KiB, as far as the machine's memory goes".to_owned(),
        default: Default::Required,
        meaning: "Memory of the partition: program, heap and stacks.",
    },
    Key {
        name: "sources",
        kind: Kind::Sources,
        range: || {
            "at least one, `.c`, `.S` or C++ (`.cc`, `.cpp`, `.cxx`, `.C`), none twice; `{architecture}`: as in `image`"
                .to_owned()
        },
        default: Default::None,
        meaning: "Source files that the tool compiles and links with the guest layer and the stand-in executive, or an \
                  RTEMS kit; [a table](#sources-of-one-processor) where they differ by processor.",
    },
    Key {
        name: "build",
        kind: Kind::Building,
        range: ANY,
        default: Default::Is("as `[build]` says"),
        meaning: "What its sources are built with, written as `[partition.build]`: [below](#build).",
    },
    Key {
        name: "image",
        kind: Kind::Text,
        range: ANY,
        default: Default::None,
        meaning: "A program that is linked already (see below).",
    },
    Key {
        name: "command-line",
        kind: Kind::CommandLine,
        range: || format!("0 to {COMMAND_LINE_LENGTH_MAX} bytes, no NUL"),
        default: Default::Is("`\"\"`"),
        meaning: "The partition finds it in its start information.",
    },
    Key {
        name: "tick",
        kind: Kind::OneOf(&TICKS),
        range: || quoted(&TICKS),
        default: Default::Is("`\"catch-up\"`"),
        meaning: "Clock ticks that pass while others run: announced one after the other in the next window, or only \
                      the last of them.",
    },
    Key {
        name: "health",
        kind: Kind::Health,
        range: ANY,
        default: Default::Is("as `[health]` says"),
        meaning: "What is done about the partition's errors, written as `[partition.health]`: [below](#health).",
    },
    Key {
        name: "system",
        kind: Kind::Boolean,
        range: ANY,
        default: Default::Is("`false`"),
        meaning: "Whether it may stop, start and describe other partitions, ask for a schedule, and read the health \
                      monitor's log.",
    },
    Key {
        name: "background",
        kind: Kind::Boolean,
        range: || "`true` once".to_owned(),
        default: Default::Is("`false`"),
        meaning: "Whether it gets the time that nobody uses: between windows, and what others give up by idling.",
    },
    Key {
        name: "executable-heap",
        kind: Kind::Boolean,
        range: ANY,
        default: Default::Is("`false`"),
        meaning: "Whether the memory behind its image can be executed as well as written, for [code that is loaded \
                      while it runs](#executable-heap).",
    },
    Key {
        name: "watchdog",
        kind: Kind::Duration,
        range: time,
        default: Default::Is("none"),
        meaning: "For how long it may run without serving its watchdog, in time of its own windows (`watchdog`).",
    },
    Key {
        name: "max-lateness",
        kind: Kind::Duration,
        range: time,
        default: Default::Is("none"),
        meaning: "How late its windows may begin before that is an error (`window-late`).",
    },
    Key {
        name: "max-calls",
        kind: Kind::Integer { least: 1, most: CALLS_MAX },
        range: || format!("1 to {CALLS_MAX}"),
        default: Default::Is("any number"),
        meaning: "How many calls it may make in a window (`call-flood`).",
    },
    Key {
        name: "period",
        kind: Kind::Duration,
        range: || "with `budget`".to_owned(),
        default: Default::None,
        meaning: "How often it needs its `budget`: see [period and budget](#period-and-budget).",
    },
    Key {
        name: "budget",
        kind: Kind::Duration,
        range: || "with `period`, at most that".to_owned(),
        default: Default::None,
        meaning: "How much time it needs in each `period`.",
    },
    Key {
        name: "allow-silent",
        kind: Kind::Allowances,
        range: || "each function once".to_owned(),
        default: Default::Is("`[]`"),
        meaning: "Functions whose silent instructions are right as they are (see below).",
    },
];

/// An entry of `allow-silent`.
pub(super) const ALLOWANCE: Table = &[
    Key {
        name: "function",
        kind: Kind::FilledText,
        range: ANY,
        default: Default::Required,
        meaning: "The function's symbol, as the message has it.",
    },
    Key {
        name: "reason",
        kind: Kind::FilledText,
        range: ANY,
        default: Default::Required,
        meaning: "Why its instructions are right there. Not empty.",
    },
];

const _: () = assert!(MACHINE_MEMORY_DEFAULT == 128 << 20, "the default that the table names");

/// The most calls that a partition can be allowed in a window.
pub(super) const CALLS_MAX: u32 = u32::MAX - 1;

fn time() -> String {
    format!("1 ns to {}", duration_text(TIME_MAX))
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`\"{word}\"`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write as _;
    use std::fs;
    use std::path::Path;

    use super::{
        ALLOWANCE, BUILD, CHANNEL, DEVICE, DEVICE_MEMORY, Default, HEALTH, INTERRUPT, Kind, MAPPING,
        PARTITION, PARTITION_HEALTH, PORT, PORTS, REGION, REGISTERS, RESPONSE, RULE, SCHEDULE, SOURCES,
        SYSTEM, Table, WINDOW,
    };
    use crate::diagnostics::Report;
    use crate::system_file::from_text;

    /// A table of keys, and where it is to be found.
    struct Place {
        table: Table,
        /// What stands before it in the reference; "" if it is not in there.
        before: &'static str,
        /// How messages call it.
        name: &'static str,
        /// A file with the table, `LINE` for its line.
        file: &'static str,
    }

    const PLACES: [Place; 22] = [
        Place { table: SYSTEM, before: "## `[system]`", name: "[system]", file: "[system]\nLINE\n" },
        Place {
            table: PARTITION,
            before: "## `[[partition]]`",
            name: "[[partition]]",
            file: "[[partition]]\nLINE\n",
        },
        Place { table: WINDOW, before: "## `[[window]]`", name: "[[window]]", file: "[[window]]\nLINE\n" },
        Place {
            table: SCHEDULE,
            before: "## `[[schedule]]`",
            name: "[[schedule]]",
            file: "[[schedule]]\nLINE\n",
        },
        Place {
            table: WINDOW,
            before: "## `[[window]]`",
            name: "[[schedule.window]]",
            file: "[[schedule]]\n[[schedule.window]]\nLINE\n",
        },
        Place { table: HEALTH, before: "## `[health]`", name: "[health]", file: "[health]\nLINE\n" },
        Place {
            table: PARTITION_HEALTH,
            before: "",
            name: "[partition.health]",
            file: "[[partition]]\n[partition.health]\nLINE\n",
        },
        Place { table: BUILD, before: "## `[build]`", name: "[build]", file: "[build]\nLINE\n" },
        Place {
            table: BUILD,
            before: "",
            name: "[partition.build]",
            file: "[[partition]]\n[partition.build]\nLINE\n",
        },
        Place {
            table: SOURCES,
            before: "### Sources of one processor",
            name: "sources",
            file: "[[partition]]\nsources = { LINE }\n",
        },
        Place {
            table: RESPONSE,
            before: "### A response as a table",
            name: "application-error",
            file: "[health]\napplication-error = { LINE }\n",
        },
        Place {
            table: ALLOWANCE,
            before: "allow-silent = [\n",
            name: "allow-silent",
            file: "[[partition]]\nallow-silent = [{ LINE }]\n",
        },
        Place {
            table: CHANNEL,
            before: "## `[[channel]]`",
            name: "[[channel]]",
            file: "[[channel]]\nLINE\n",
        },
        Place {
            table: PORT,
            before: "### Ports",
            name: "destinations",
            file: "[[channel]]\ndestinations = [{ LINE }]\n",
        },
        Place { table: REGION, before: "## `[[region]]`", name: "[[region]]", file: "[[region]]\nLINE\n" },
        Place {
            table: MAPPING,
            before: "### Who has a region",
            name: "partitions",
            file: "[[region]]\npartitions = [{ LINE }]\n",
        },
        Place {
            table: DEVICE,
            before: "## `[[device]]`",
            name: "[[device]]",
            file: "[[device]]\npci = \"00:04.0\"\nLINE\n",
        },
        Place {
            table: REGISTERS,
            before: "### Registers",
            name: "registers",
            file: "[[device]]\nregisters = [{ LINE }]\n",
        },
        Place {
            table: PORTS,
            before: "### I/O ports",
            name: "ports",
            file: "[[device]]\nports = [{ LINE }]\n",
        },
        Place {
            table: RULE,
            before: "### What may be done",
            name: "allow",
            file: "[[device]]\nports = [{ allow = [{ LINE }] }]\n",
        },
        Place {
            table: DEVICE_MEMORY,
            before: "### Memory of a device",
            name: "memory",
            file: "[[device]]\nmemory = [{ LINE }]\n",
        },
        Place {
            table: INTERRUPT,
            before: "### Interrupts",
            name: "interrupts",
            file: "[[device]]\ninterrupts = [{ LINE }]\n",
        },
    ];

    const fn word(kind: Kind) -> &'static str {
        match kind {
            Kind::Duration => "duration",
            Kind::Frequency => "frequency",
            Kind::Size => "size",
            Kind::Name => "name",
            Kind::PartitionName => "name of a partition",
            Kind::Text | Kind::FilledText | Kind::CommandLine | Kind::OneOf(_) => "string",
            Kind::Sources => "array of strings or table",
            Kind::SourceFiles | Kind::Folders | Kind::Definitions | Kind::Flags | Kind::Libraries => {
                "array of strings"
            }
            Kind::Address => "address",
            Kind::Allowances
            | Kind::Ports
            | Kind::Mappings
            | Kind::Windows
            | Kind::DeviceMemory
            | Kind::DeviceRegisters
            | Kind::DevicePorts
            | Kind::DeviceInterrupts
            | Kind::DeviceRules => "array of tables",
            Kind::Boolean => "boolean",
            Kind::Response(_) | Kind::Exceeded(_) => "string or table",
            Kind::Health | Kind::Building | Kind::AtChange(_) => "table",
            Kind::Integer { .. } | Kind::NumberOf(_) => "integer",
            Kind::NumberOrAddress => "integer or address",
            Kind::NumberOrSize => "integer or size",
            Kind::Mask => "boolean or integer",
            Kind::PciFunction => "string",
            Kind::Port => "table",
        }
    }

    /// The keys of a table, as the reference has them. Where all are required and of no range, nothing is said of that.
    fn reference(table: Table) -> String {
        let plain = table.iter().all(|key| key.default == Default::Required && (key.range)().is_empty());
        let mut text = if plain {
            "| key | type | meaning |\n|---|---|---|\n".to_owned()
        } else {
            "| key | type | range | default | meaning |\n|---|---|---|---|---|\n".to_owned()
        };
        for key in table {
            let range = (key.range)();
            let default = match key.default {
                Default::Required => "required".to_owned(),
                Default::RequiredWithout(table) => format!("required without {table}"),
                Default::None => String::new(),
                Default::Is(text) => text.to_owned(),
            };
            let cells = if plain { Vec::new() } else { vec![range.as_str(), &default] };
            let _ = write!(text, "| `{}` | {} |", key.name, word(key.kind));
            for cell in cells.into_iter().chain([key.meaning]) {
                let _ = if cell.is_empty() { write!(text, " |") } else { write!(text, " {cell} |") };
            }
            text.push('\n');
        }
        text
    }

    /// `UPDATE_EXPECTED=1` writes them anew.
    #[test]
    fn the_reference_has_the_keys() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/system-file.md");
        let mut text = fs::read_to_string(&path).expect("the reference");
        for Place { table, before, .. } in PLACES.into_iter().filter(|place| !place.before.is_empty()) {
            let place = text.find(before).expect("the table's heading");
            let start = place + text[place..].find("| key |").expect("a table");
            let length = text[start..].find("\n\n").expect("its end") + 1;
            let wanted = reference(table);
            if std::env::var_os("UPDATE_EXPECTED").is_some() {
                text.replace_range(start..start + length, &wanted);
                fs::write(&path, &text).expect("the reference");
                continue;
            }
            assert_eq!(&text[start..start + length], wanted, "docs/system-file.md: the keys behind {before}");
        }
    }

    impl Place {
        /// What is wrong with a file in which the table has this one line.
        fn wrong(&self, line: &str) -> Report {
            from_text(&self.file.replace("LINE", line), "x", Path::new("")).expect_err("it is wrong")
        }
    }

    #[test]
    fn the_reader_knows_the_same_keys_and_wants_the_same_ones() {
        for place in PLACES {
            let report = place.wrong("zz-unknown = 1");
            let unknown = report.problems().iter().find(|problem| problem.message.contains("zz-unknown"));
            let help = unknown.and_then(|problem| problem.help.clone()).expect("the keys that there are");
            let read: BTreeSet<&str> = help.split('`').skip(1).step_by(2).collect();
            let listed: BTreeSet<&str> = place.table.iter().map(|key| key.name).collect();
            assert_eq!(read, listed, "{}", place.name);
            for key in place.table {
                let missing = format!("{} has no `{}`", place.name, key.name);
                let required = report.problems().iter().any(|problem| problem.message == missing);
                let wanted = matches!(key.default, Default::Required | Default::RequiredWithout(_));
                assert_eq!(required, wanted, "{missing}");
            }
        }
    }

    #[test]
    fn the_reader_knows_the_same_words() {
        for place in PLACES {
            for key in place.table {
                let (Kind::OneOf(words) | Kind::Response(words) | Kind::Exceeded(words)) = key.kind else {
                    continue;
                };
                let complaints = |word: &str| {
                    let report = place.wrong(&format!("{} = \"{word}\"", key.name));
                    let quoted = format!("`{word}`");
                    report.problems().iter().filter(|problem| problem.message.contains(&quoted)).count()
                };
                assert_eq!(complaints("zz-unknown"), 1, "{}", key.name);
                assert!(words.iter().all(|word| complaints(word) == 0), "{}", key.name);
            }
        }
    }
}
