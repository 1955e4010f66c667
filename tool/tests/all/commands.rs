//! The commands besides `run`, from outside.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use bulkhead_abi::event::Stop;
use bulkhead_abi::{FaultKind, Ground};
use bulkhead_tool::build::{Options, Silent, build as build_system_in};
use bulkhead_tool::installation::Installation;
use bulkhead_tool::symbols;

use crate::support::{BASE, Elf, folder};

pub(crate) fn bulkhead(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
    command.args(arguments).current_dir(folder).env_remove("BULKHEAD_LIB").env_remove("RTEMS_KIT");
    command.output().expect("bulkhead runs")
}

pub(crate) fn said(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8(output.stderr.clone()).expect("text"))
}

#[test]
fn a_new_system_has_no_problems() {
    let work = folder("commands-new");
    let output = bulkhead(&work, &["new", "mine"]);
    assert_eq!(output.status.code(), Some(0));
    let output = bulkhead(&work, &["check", "mine"]);
    assert_eq!(said(&output), (Some(0), String::new()));
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(
        text.starts_with("mine: no problems: 2 partitions in 64 MiB of memory, major frame 100 ms\n"),
        "{text}"
    );
    assert_eq!(bulkhead(&work.join("mine"), &["check"]).status.code(), Some(0), "the folder is the default");
}

#[test]
fn new_does_not_overwrite() {
    let work = folder("commands-overwrite");
    fs::write(work.join("bulkhead.toml"), "mine").expect("a file");
    let expected =
        "error: . exists and is not an empty folder\n  help: name a folder that does not exist yet\n";
    assert_eq!(said(&bulkhead(&work, &["new", "."])), (Some(64), expected.to_owned()));
    assert_eq!(bulkhead(&work, &["new", "bulkhead.toml"]).status.code(), Some(64));
    assert_eq!(fs::read_to_string(work.join("bulkhead.toml")).expect("a file"), "mine");
}

#[test]
fn files_that_are_not_there() {
    let work = folder("commands-missing");
    let expected = "error: none.toml cannot be read: No such file or directory (os error 2)\n  \
                    help: `bulkhead new DIR` writes a system to start from\n";
    assert_eq!(said(&bulkhead(&work, &["check", "none.toml"])), (Some(64), expected.to_owned()));
}

#[test]
fn wrong_usage_has_its_own_status() {
    let work = folder("commands-usage");
    assert_eq!(bulkhead(&work, &["chek"]).status.code(), Some(64));
    assert_eq!(bulkhead(&work, &["check", "--fast"]).status.code(), Some(64));
    assert_eq!(bulkhead(&work, &["--help"]).status.code(), Some(0));
}

/// What docs/command.md says.
#[test]
fn the_help_has_every_exit_status() {
    let help = bulkhead(&folder("commands-help"), &["--help"]);
    let help = String::from_utf8(help.stdout).expect("text");
    let document = include_str!("../../../docs/command.md");
    let (_, document) = document.split_once("## Exit status").expect("the section");
    let (document, _) = document.split_once("\n## ").expect("its end");
    let (_, statuses) = help.split_once("Exit status:\n").expect("the statuses");
    let words: Vec<&str> = statuses.split(|it: char| !it.is_alphanumeric() && it != '-').collect();
    for line in document.lines().filter(|line| line.starts_with("| ")) {
        let (numbers, _) = line[2..].split_once(" | ").expect("two columns");
        let numbers = numbers.split(", ").filter(|number| number.parse::<u8>().is_ok());
        numbers.for_each(|number| assert!(words.contains(&number), "{line}: {statuses}"));
    }
    for command in
        ["run", "replay", "trace", "picture", "report", "top", "test-rtems", "inject", "debug", "audit"]
    {
        assert!(words.contains(&command), "{command}: {statuses}");
    }
}

#[test]
fn shells_know_every_command_and_so_does_man() {
    let work = folder("commands-shells");
    let commands = [
        "check",
        "build",
        "graph",
        "run",
        "kit",
        "test-rtems",
        "audit",
        "schema",
        "completions",
        "man",
        "new",
    ];
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = bulkhead(&work, &["completions", shell]);
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(output.status.success() && commands.iter().all(|name| text.contains(name)), "{shell}");
        assert!(text.contains("transcript"), "{shell}: options of commands");
        let values: &[&str] = match shell {
            "bash" | "zsh" => &["x86_64 leon3 sparc", "bulkhead xen xtratum pok"],
            "fish" => &["\nsparc\\t", "\nxtratum\\t"],
            _ => &[],
        };
        assert!(values.iter().all(|value| text.contains(value)), "{shell}: values of options");
    }
    assert_eq!(bulkhead(&work, &["completions", "tcsh"]).status.code(), Some(64));
    assert_eq!(said(&bulkhead(&work, &["man", "there/man1"])), (Some(0), String::new()));
    let page = |name: &str| fs::read_to_string(work.join("there/man1").join(name)).expect("a page");
    assert!(page("bulkhead.1").contains("bulkhead\\-check(1)") && page("bulkhead.1").contains("Exit status"));
    for name in commands {
        assert!(page(&format!("bulkhead-{name}.1")).starts_with(".ie"), "{name}");
    }
    assert!(page("bulkhead-run.1").contains("transcript"));
    let (status, text) = said(&bulkhead(&work, &["man", "there/man1/bulkhead.1"]));
    assert_eq!(status, Some(69));
    assert!(text.starts_with("error: the folder there/man1/bulkhead.1 cannot be made: "), "{text}");
}

#[test]
fn a_missing_library_is_named() {
    let work = folder("commands-library");
    assert_eq!(bulkhead(&work, &["new", "mine"]).status.code(), Some(0));
    let (status, text) = said(&bulkhead(&work, &["build", "mine"]));
    assert_eq!(status, Some(69));
    assert!(
        text.starts_with("error: the folder lib/bulkhead with the kernel and the guest library is not there")
    );
}

/// A library of stand-ins: a kernel, a guest library with nothing in it, and a linker script.
pub(crate) fn library(work: &Path) {
    let library = work.join("library");
    fs::create_dir_all(library.join("x86_64")).expect("a folder");
    fs::create_dir_all(library.join("i386/include")).expect("a folder");
    fs::write(library.join("x86_64/kernel.elf"), Elf::kernel().bytes()).expect("a kernel");
    fs::write(library.join("i386/libbulkhead-classic.a"), "!<arch>\n").expect("an archive");
    let script = "ENTRY(_start) SECTIONS { . = 0x110000; .text : { *(.text*) } . = ALIGN(4096); \
                  .rodata : { *(.rodata*) } . = ALIGN(4096); .data : { *(.data*) *(.bss*) } }";
    fs::write(library.join("i386/partition.ld"), script).expect("a script");
    fs::write(library.join("i386/include/there.h"), "#define THERE 1\n").expect("a header");
}

pub(crate) const SYSTEM: &str = "[system]\nname = \"one\"\nmajor-frame = \"1 ms\"\n[[partition]]\nname = \"only\"\n\
                      memory = \"64 KiB\"\nsources = [\"main.c\"]\n[[window]]\npartition = \"only\"\n\
                      start = \"0 ms\"\nduration = \"1 ms\"\n";

pub(crate) fn build(work: &Path, source: &str, arguments: &[&str]) -> Output {
    library(work);
    fs::write(work.join("main.c"), source).expect("a source");
    fs::write(work.join("bulkhead.toml"), SYSTEM).expect("a system file");
    build_with(work, arguments)
}

pub(crate) fn build_with(work: &Path, arguments: &[&str]) -> Output {
    tool(work).arg("build").args(arguments).output().expect("bulkhead runs")
}

/// The tool, in a folder and with the stand-ins for kernel and library in it.
pub(crate) fn tool(work: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
    command.current_dir(work).env_remove("RTEMS_KIT").env("BULKHEAD_LIB", work.join("library"));
    command
}

pub(crate) const PROGRAM: &str = "#include <stdint.h>\n#include <there.h>\nuint32_t word = THERE;\n\
                       void _start(void) { for (;;) word++; }\n";

#[test]
fn sources_become_a_bootable_file() {
    let work = folder("commands-build");
    let output = build(&work, PROGRAM, &[]);
    assert_eq!(said(&output), (Some(0), String::new()));
    let file = fs::read(work.join("build/one-x86_64.elf")).expect("the bootable file");
    assert!(file.starts_with(b"\x7fELF"));
    let output = build(&work, PROGRAM, &["-o", "there/other.elf"]);
    assert_eq!(said(&output), (Some(0), String::new()));
    assert!(fs::read(work.join("there/other.elf")).expect("the bootable file") == file, "the same input");
}

#[test]
fn build_does_not_overwrite_a_source() {
    let work = folder("commands-output");
    let expected =
        "error: main.c exists and is not a built system\n  help: name another file, or remove this one\n";
    assert_eq!(said(&build(&work, PROGRAM, &["-o", "main.c"])), (Some(64), expected.to_owned()));
    assert_eq!(fs::read_to_string(work.join("main.c")).expect("the source"), PROGRAM);
    // What stands in the way of the file is told as what it is.
    let (status, text) = said(&build(&work, PROGRAM, &["-o", "main.c/one.elf"]));
    assert_eq!(status, Some(64));
    assert!(text.starts_with("error: main.c/one.elf cannot be written: main.c is not a folder\n"), "{text}");
}

#[test]
fn who_asks_for_services_of_arinc_653_wrongly_is_told_how() {
    let help = |name: &str, program: &str| {
        let (status, text) = said(&build(&folder(name), program, &["--color", "always"]));
        assert_eq!(status, Some(70), "{text}");
        text.lines().last().unwrap_or_default().to_owned()
    };
    let program = "RETURN_CODE_TYPE code;\n";
    assert!(
        help("commands-no-header", program).ends_with("; ARINC 653's are there with #include <arinc653.h>")
    );
    let program = "#include <ARINC653.h>\n";
    assert!(help("commands-other-header", program).ends_with("; ARINC 653's services are in <arinc653.h>"));
    let program = "#include <fcntl.h>\n";
    assert!(help("commands-posix-header", program).ends_with("an RTEMS kit has C's and POSIX's (--kit)"));
    let program = PROGRAM.replace("{", "{ void CREATE_EVENT(void); CREATE_EVENT();");
    assert!(
        help("commands-no-service", &program).ends_with("; events are there: rtems_event_send"),
        "{program}"
    );
}

#[test]
fn a_compiler_error_shows_the_source() {
    let (status, text) = said(&build(&folder("commands-compiler"), "int x = ;\n", &[]));
    assert_eq!(status, Some(70));
    assert!(text.contains("main.c:1:9: error: "), "{text}");
    assert!(
        text.ends_with("error: `main.c` does not compile\n  help: the compiler's messages are above\n"),
        "{text}"
    );
}

#[test]
fn a_linker_error_is_passed_on() {
    let source = "void other(void);\nvoid _start(void) { other(); }\n";
    let (status, text) = said(&build(&folder("commands-linker"), source, &[]));
    assert_eq!(status, Some(70));
    let expected = "error: the program of partition `only` cannot be linked: it uses `other` (main.c:2): neither its \
                    sources nor the stand-in have that\n";
    assert!(text.starts_with(expected), "{text}");
    let source = "void _start(void) { __asm__(\".byte _start\"); for (;;); }\n";
    let (status, text) = said(&build(&folder("commands-linker-other"), source, &[]));
    assert_eq!(status, Some(70), "{text}");
    let expected =
        "error: the program of partition `only` cannot be linked\n  help: the linker's messages are above\n";
    assert!(text.contains("truncated to fit") && text.ends_with(expected), "{text}");
}

#[test]
fn a_program_that_does_not_fit_is_told_where_it_is_named() {
    let source = "char big[70000];\nvoid _start(void) { big[1] = 1; for (;;); }\n";
    let (status, text) = said(&build(&folder("commands-large"), source, &[]));
    assert_eq!(status, Some(65));
    assert!(
        text.starts_with(
            "bulkhead.toml:7:11: error: the linked program is larger than the partition's memory"
        ),
        "{text}"
    );
}

#[test]
fn a_source_whose_name_begins_with_a_dash_is_no_option() {
    let work = folder("commands-dash");
    library(&work);
    fs::write(work.join("-main.c"), PROGRAM).expect("a source");
    fs::write(work.join("bulkhead.toml"), SYSTEM.replace("main.c", "-main.c")).expect("a system file");
    assert_eq!(said(&build_with(&work, &[])), (Some(0), String::new()));
}

const ONE: &str = "[system]\nmajor-frame = \"1 ms\"\n[[partition]]\nname = \"only\"\nmemory = \"64 KiB\"\n\
                   sources = [\"main.c\"]\n[[window]]\npartition = \"only\"\nstart = \"0 ms\"\nduration = \"1 ms\"\n";

/// A folder with a system that has no name of its own.
fn unnamed(name: &str, folder_name: &str) -> std::path::PathBuf {
    let work = folder(name).join(folder_name);
    fs::create_dir(&work).expect("a folder");
    fs::write(work.join("main.c"), "").expect("a source");
    fs::write(work.join("bulkhead.toml"), ONE).expect("a system file");
    work
}

fn first_line(output: &Output) -> String {
    let text = if output.stdout.is_empty() { &output.stderr } else { &output.stdout };
    String::from_utf8_lossy(text).lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_system_has_its_folders_name_however_the_folder_is_named() {
    let work = unnamed("commands-name", "carriage");
    fs::create_dir(work.join("below")).expect("a folder");
    for (from, argument) in
        [(".", "bulkhead.toml"), (".", "."), (".", "./bulkhead.toml"), ("below", ".."), ("..", "carriage")]
    {
        let output = bulkhead(&work.join(from), &["check", argument]);
        assert!(first_line(&output).starts_with("carriage: no problems: "), "{}", first_line(&output));
    }
}

#[test]
fn a_folders_name_that_cannot_be_one_is_a_problem() {
    let work = unnamed("commands-no-name", "2 Trag\u{fc}ge");
    let output = bulkhead(&work, &["check"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(65));
    let place = "bulkhead.toml:1:1: error: the system has no name, and that of its folder, \"2 Trag\u{fc}ge\", cannot \
                 be one: it has the character ' '\n";
    assert!(said.starts_with(place), "{said}");
    assert!(
        said.contains("help: add name = \"Trag-ge\", or another; a name has 1 to 30 ASCII letters"),
        "{said}"
    );
    // What `new` writes into such a folder has a name.
    let output = bulkhead(work.parent().expect("a folder"), &["new", "2 Dr\u{fc}cke"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.ends_with(
            "its name is Dr-cke: the folder's cannot be one\nrun it: bulkhead run '2 Dr\u{fc}cke'\n"
        ),
        "{said}"
    );
    let output = bulkhead(work.parent().expect("a folder"), &["check", "2 Dr\u{fc}cke"]);
    assert!(first_line(&output).starts_with("Dr-cke: no problems: "), "{}", first_line(&output));
}

#[test]
fn check_reads_the_standard_input() {
    let work = unnamed("commands-stdin", "carriage");
    let check = |text: &str| {
        fs::write(work.join("input"), text).expect("written");
        let input = fs::File::open(work.join("input")).expect("a file");
        let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
        command.args(["check", "-"]).current_dir(&work).env_remove("RTEMS_KIT").stdin(input);
        first_line(&command.output().expect("bulkhead runs"))
    };
    assert!(check(ONE).starts_with("carriage: no problems: "), "{}", check(ONE));
    assert!(check("[system]\n").starts_with("<stdin>:1:1: error: "), "{}", check("[system]\n"));
}

#[test]
fn check_knows_the_target() {
    let work = unnamed("commands-target", "carriage");
    let check = |arguments: &[&str]| bulkhead(&work, arguments);
    assert_eq!(said(&check(&["check", "--arch", "leon3"])), (Some(0), String::new()));
    let (status, text) = said(&check(&["check", "--arch", "leon3", "--host", "xen"]));
    assert_eq!(status, Some(64));
    assert!(text.starts_with("error: Xen runs i386 partitions here, not sparc\n"), "{text}");
    let (status, text) = said(&check(&["check", "--kit", "none"]));
    assert_eq!(status, Some(69));
    assert!(text.starts_with("error: no RTEMS kit is installed in none"), "{text}");
}

#[test]
fn colour_is_a_choice() {
    let work = unnamed("commands-colour", "carriage");
    fs::write(work.join("wrong.toml"), "[system]\n").expect("written");
    let coloured = |arguments: &[&str], variable: Option<(&str, &str)>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
        command.args(arguments).current_dir(&work).env_remove("RTEMS_KIT").env("TERM", "xterm");
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        command.envs(variable);
        let output = command.output().expect("bulkhead runs");
        [output.stdout, output.stderr].concat().contains(&0x1b)
    };
    let object = work.join("image.elf");
    fs::write(&object, Elf::good().bytes()).expect("an image");
    let commands: [&[&str]; 4] = [&["check"], &["check", "wrong.toml"], &["audit", "image.elf"], &["--help"]];
    for command in commands {
        assert!(!coloured(command, None), "{command:?}");
        assert!(coloured(command, Some(("CLICOLOR_FORCE", "1"))), "{command:?}");
        let always = [command, &["--color", "always"]].concat();
        assert!(coloured(&always, None) && coloured(&always, Some(("NO_COLOR", "1"))), "{command:?}");
        let never = [&["--color=never"], command].concat();
        assert!(!coloured(&never, Some(("CLICOLOR_FORCE", "1"))), "{command:?}");
    }
}

#[test]
fn pictures_are_drawn_with_characters_that_the_user_has() {
    let work = unnamed("commands-locale", "carriage");
    for (locale, drawn) in
        [("C", false), ("de_DE.ISO-8859-1", false), ("", false), ("C.UTF-8", true), ("x.utf8", true)]
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
        command.args(["check", "--color=always"]).current_dir(&work).env_remove("RTEMS_KIT");
        for name in ["LANG", "LC_CTYPE"] {
            command.env_remove(name);
        }
        let output = command.env("LC_ALL", locale).output().expect("bulkhead runs");
        assert_eq!((output.status.code(), output.stdout.is_ascii()), (Some(0), !drawn), "{locale}");
    }
}

/// The commands that write to the standard output, for a folder with a system, a library and an image.
const SPEAKING: [&[&str]; 10] = [
    &["--help"],
    &["--version"],
    &["check"],
    &["build"],
    &["new", "new"],
    &["schema"],
    &["completions", "zsh"],
    &["audit", "image.elf"],
    &["audit", "--instructions"],
    &["test-rtems", "list"],
];

/// What a command says on the standard error and how it ends when its standard output is this.
fn into(work: &Path, arguments: &[&str], output: fs::File) -> (Option<i32>, String) {
    let _ = fs::remove_dir_all(work.join("new"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
    command.args(arguments).current_dir(work).env_remove("RTEMS_KIT").stdout(output);
    command.env("BULKHEAD_QEMU", "/bin/false");
    said(&command.env("BULKHEAD_LIB", work.join("library")).output().expect("bulkhead runs"))
}

fn speaking(name: &str) -> std::path::PathBuf {
    let work = folder(name);
    assert_eq!(said(&build(&work, PROGRAM, &[])), (Some(0), String::new()));
    fs::write(work.join("image.elf"), Elf::good().bytes()).expect("an image");
    fs::write(work.join("list"), "image.elf\n").expect("a list");
    work
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let work = speaking("commands-full");
    for arguments in SPEAKING {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("the device");
        let expected = "error: the output cannot be written: No space left on device (os error 28)\n";
        assert_eq!(into(&work, arguments, full), (Some(74), expected.to_owned()), "{arguments:?}");
    }
}

#[test]
fn a_reader_that_goes_away_is_none() {
    let work = speaking("commands-reader");
    for arguments in SPEAKING {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let writer = fs::File::from(std::os::fd::OwnedFd::from(writer));
        assert_eq!(into(&work, arguments, writer), (Some(141), String::new()), "{arguments:?}");
    }
}

/// The compiler's folder is in the debug information, so that debuggers find the source; messages name it as the system
/// file does.
#[test]
fn a_fault_is_told_with_function_file_and_line() {
    let work = folder("commands-symbols");
    library(&work);
    fs::write(work.join("main.c"), PROGRAM).expect("a source");
    fs::write(work.join("bulkhead.toml"), SYSTEM).expect("a system file");
    let options = Options { installation: Installation::at(&work.join("library")), ..Options::default() };
    let built = build_system_in(&work, &options, &mut Silent).expect("the system builds");
    let explained = |program_counter| {
        let stop = Stop {
            kind: FaultKind::Memory,
            vector: 14,
            error: 6,
            memory: None,
            program_counter,
            ground: Ground::Error,
        };
        symbols::explanation(&stop, &built.programs[0], &built.system.directory)
    };
    assert_eq!(explained(BASE), ", in _start (main.c:4)");
    assert_eq!(explained(0x0090_0000), "");
    let place = symbols::Symbols::read(&built.programs[0]).place(BASE).expect("a place");
    let (file, _) = place.line.expect("a line");
    assert_eq!(Path::new(&file), work.join("main.c").canonicalize().expect("the source"));
}
