//! The commands besides `run`, from outside.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::{Elf, folder};

fn bulkhead(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
    command.args(arguments).current_dir(folder).env_remove("BULKHEAD_LIB").env_remove("RTEMS_KIT");
    command.output().expect("bulkhead runs")
}

fn said(output: &Output) -> (Option<i32>, String) {
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
fn library(work: &Path) {
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

const SYSTEM: &str = "[system]\nname = \"one\"\nmajor-frame = \"1 ms\"\n[[partition]]\nname = \"only\"\nmemory = \"64 KiB\"\n\
                      sources = [\"main.c\"]\n[[window]]\npartition = \"only\"\nstart = \"0 ms\"\nduration = \"1 ms\"\n";

fn build(work: &Path, source: &str, arguments: &[&str]) -> Output {
    library(work);
    fs::write(work.join("main.c"), source).expect("a source");
    fs::write(work.join("bulkhead.toml"), SYSTEM).expect("a system file");
    build_with(work, arguments)
}

fn build_with(work: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
    command
        .arg("build")
        .args(arguments)
        .current_dir(work)
        .env("BULKHEAD_LIB", work.join("library"))
        .env_remove("RTEMS_KIT");
    command.output().expect("bulkhead runs")
}

const PROGRAM: &str = "#include <stdint.h>\n#include <there.h>\nuint32_t word = THERE;\n\
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
    assert!(text.contains("undefined reference to `other'"), "{text}");
    assert!(
        text.ends_with("error: 0-main.o cannot be linked\n  help: the linker's messages are above\n"),
        "{text}"
    );
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
