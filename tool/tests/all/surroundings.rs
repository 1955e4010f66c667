//! Surroundings that are not as they should be: what stands in the way, what is no text, what cannot be written. The
//! tool says what is wrong, where, and what would be right.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::commands::{PROGRAM, SYSTEM, build, build_with, bulkhead, library, said, tool};
use crate::support::{Elf, file, folder};

fn fails(output: &Output, status: i32, text: &str) {
    assert_eq!(said(output), (Some(status), text.to_owned()));
}

#[test]
fn what_stands_in_the_way_of_a_folder_is_named() {
    let work = folder("surroundings-folder");
    let help = "  help: remove or rename what is in its way, or name another place\n";
    symlink("/nowhere/at-all", work.join("build")).expect("a link");
    let expected = format!(
        "error: the folder build/one-x86_64.parts cannot be made: build is a symbolic link to /nowhere/at-all, which \
         leads nowhere\n{help}"
    );
    fails(&build(&work, PROGRAM, &[]), 69, &expected);
    fs::remove_file(work.join("build")).expect("removed");
    fs::write(work.join("build"), "").expect("a file");
    let expected = "error: build/one-x86_64.elf cannot be written: build is not a folder\n  \
                    help: name another file with -o, or set right what stands in its way\n";
    fails(&build(&work, PROGRAM, &[]), 64, expected);
    let expected = format!("error: the folder build/new cannot be made: build is not a folder\n{help}");
    fails(&bulkhead(&work, &["new", "build/new"]), 69, &expected);
}

#[test]
fn a_file_is_written_where_a_link_leads() {
    let work = folder("surroundings-link");
    symlink("there.elf", work.join("one.elf")).expect("a link");
    assert_eq!(said(&build(&work, PROGRAM, &["-o", "one.elf"])), (Some(0), String::new()));
    assert!(fs::symlink_metadata(work.join("one.elf")).expect("a link").is_symlink());
    assert!(fs::read(work.join("there.elf")).expect("what was built").starts_with(b"\x7fELF"));
    symlink("/nowhere/there.elf", work.join("two.elf")).expect("a link");
    let (status, text) = said(&build_with(&work, &["-o", "two.elf"]));
    assert_eq!(status, Some(64));
    assert!(text.starts_with("error: two.elf cannot be written: No such file or directory"), "{text}");
}

#[test]
fn a_folder_is_no_name_for_a_file() {
    let work = folder("surroundings-output");
    for output in [".", "there/"] {
        let expected = format!(
            "error: {output} is a folder\n  help: what is built is one file: name that, such as system.elf\n"
        );
        fails(&build(&work, PROGRAM, &["-o", output]), 64, &expected);
    }
}

#[test]
fn what_is_no_system_file_is_told_as_what_it_is() {
    let work = folder("surroundings-file");
    fs::create_dir(work.join("bulkhead.toml")).expect("a folder");
    let expected = "error: bulkhead.toml cannot be read: Is a directory (os error 21)\n  \
                    help: give a system file, which is text, or the folder that one is in\n";
    fails(&bulkhead(&work, &["check"]), 64, expected);
    let mut image = Elf::good().bytes();
    for length in [image.len(), 2 << 20] {
        image.resize(length, 0);
        fs::write(work.join("image.elf"), &image).expect("an image");
        let (status, text) = said(&bulkhead(&work, &["check", "image.elf"]));
        assert_eq!(status, Some(65));
        assert!(
            text.starts_with("image.elf:1:1: error: this file is an ELF file, not a system file\n"),
            "{text}"
        );
    }
    // One character stands for what is none, so that the marks stand below the place.
    fs::write(work.join("binary"), b"a = \"\x00\x01\xff\xfe\"\n").expect("written");
    let expected = "binary:1:6: error: the zero byte here does not belong to text\n  \
                    1 | a = \"????\"\n    |      ^\n  \
                    help: a system file is text, such as `bulkhead new DIR` writes\n1 problem in binary\n";
    fails(&bulkhead(&work, &["check", "binary"]), 65, expected);
    let expected = "error: /dev/zero is no system file: it has more than 1 MiB\n  \
                    help: give a system file, such as `bulkhead new DIR` writes\n";
    fails(&bulkhead(&work, &["check", "/dev/zero"]), 64, expected);
}

/// A folder with a system in the folder `mine`, whose only source is this.
fn below(name: &str, source: &str) -> PathBuf {
    let work = folder(name);
    library(&work);
    fs::create_dir(work.join("mine")).expect("a folder");
    fs::write(work.join("mine/main.c"), source).expect("a source");
    fs::write(work.join("mine/bulkhead.toml"), SYSTEM).expect("a system file");
    work
}

#[test]
fn the_compilers_messages_name_files_from_where_the_user_is() {
    let work = below("surroundings-messages", "#include \"bad.h\"\nint file = sizeof(__FILE__);\n");
    fs::write(work.join("mine/bad.h"), "int x = ;\n").expect("a header");
    let (status, text) = said(&build_with(&work, &["mine"]));
    assert_eq!(status, Some(70));
    assert!(text.starts_with("In file included from mine/main.c:1:\nmine/bad.h:1:9: error: "), "{text}");
    assert!(text.contains("\nerror: `mine/main.c` does not compile\n"), "{text}");
    // Warnings of what is not compiled again, from elsewhere; and what is compiled does not depend on it.
    fs::write(work.join("mine/main.c"), format!("static int x;\n{PROGRAM}")).expect("a source");
    let warned = |from: &Path, system: &str| {
        said(&tool(&work).args(["build", system]).current_dir(from).output().expect("bulkhead runs")).1
    };
    for (from, system, folder) in
        [(".", "mine", "mine/"), ("mine", ".", ""), ("library", "../mine", "../mine/")]
    {
        let text = warned(&work.join(from), system);
        assert!(text.starts_with(&format!("{folder}main.c:1:12: warning: unused variable 'x'")), "{text}");
    }
}

fn ended(command: &mut Command) -> (Option<i32>, String) {
    said(&command.output().expect("it runs"))
}

/// A program in a folder that is a shell script.
fn script(work: &Path, name: &str, text: &str) -> PathBuf {
    file(work, name, &format!("#!/bin/sh\n{text}"), 0o755)
}

/// A program that fails for want of room on a disk, in whatever language it would rather say so.
const FULL: &str = "[ \"$LC_ALL\" = C ] && echo \"$0: x.o: No space left on device\" >&2\nexit 1\n";

#[test]
fn a_full_disk_is_not_the_programs_fault() {
    let work = folder("surroundings-full");
    library(&work);
    fs::write(work.join("main.c"), PROGRAM).expect("a source");
    fs::write(work.join("bulkhead.toml"), SYSTEM).expect("a system file");
    let full = script(&work, "full", FULL);
    let failures = [
        ("BULKHEAD_LD", "the program of partition `only` cannot be linked"),
        ("BULKHEAD_CC", "the compiler has failed"),
    ];
    for (variable, failure) in failures {
        let (status, text) =
            ended(tool(&work).args(["build"]).env("LANG", "de_DE.UTF-8").env(variable, &full));
        let folder = work.join("build/one-x86_64.parts/only");
        let expected = format!(
            "\nerror: {failure}: a disk is full\n  help: free some space where {} is, or where TMPDIR leads; or name \
             another place\n",
            folder.display()
        );
        assert!(status == Some(69) && text.ends_with(&expected), "{text}");
    }
}

/// A limit of zero bytes for files is a disk that is full as soon as something is written.
#[test]
fn a_new_system_is_there_as_a_whole_or_not_at_all() {
    let work = folder("surroundings-new");
    let line = format!("trap '' XFSZ; ulimit -f 0; exec {} new mine", env!("CARGO_BIN_EXE_bulkhead"));
    let (status, text) = ended(Command::new("sh").args(["-c", &line]).current_dir(&work));
    let expected = "error: mine/bulkhead.toml cannot be written: File too large (os error 27)\n";
    assert_eq!((status, text.as_str()), (Some(69), expected));
    assert!(!work.join("mine").exists());
    fs::create_dir(work.join("mine")).expect("a folder");
    assert_eq!(ended(Command::new("sh").args(["-c", &line]).current_dir(&work)), (status, text));
    assert_eq!(said(&bulkhead(&work, &["new", "mine"])), (Some(0), String::new()));
}

/// A file that not even root may read: it is there to be written.
const UNREADABLE: &str = "/proc/sys/vm/compact_memory";

#[test]
fn a_source_that_cannot_be_read_is_a_problem_of_the_system_file() {
    let work = folder("surroundings-unreadable");
    symlink(UNREADABLE, work.join("main.c")).expect("a link");
    fs::write(work.join("bulkhead.toml"), SYSTEM).expect("a system file");
    let (status, text) = said(&bulkhead(&work, &["check"]));
    assert_eq!(status, Some(65));
    let expected = "bulkhead.toml:7:12: error: `main.c` cannot be read: Permission denied (os error 13)\n";
    assert!(text.starts_with(expected), "{text}");
    let help = "  help: give yourself permission to read it, and to enter the folders it lies in\n";
    assert!(text.contains(help), "{text}");
    let expected = format!("error: {UNREADABLE} cannot be read: Permission denied (os error 13)\n{help}");
    fails(&bulkhead(&work, &["check", UNREADABLE]), 64, &expected);
}

#[test]
fn the_tests_of_rtems_say_where_they_cannot_write() {
    let work = folder("surroundings-tests");
    fs::write(work.join("image"), Elf::good().bytes()).expect("an image");
    let mut command = tool(&work);
    command.args(["test-rtems", "image"]);
    let expected = "error: no temporary folder can be made in /nowhere: No such file or directory (os error 2)\n  \
                    help: TMPDIR says where: name a folder with some room that you are permitted to write to\n";
    assert_eq!(ended(command.env("TMPDIR", "/nowhere")), (Some(69), expected.to_owned()));
    library(&work);
    let mut command = tool(&work);
    command.args(["test-rtems", "image", "--junit", "/dev/full"]);
    let expected = "error: /dev/full cannot be written: No space left on device (os error 28)\n  \
                    help: free some space there, or name another place\n";
    assert_eq!(ended(command.env("BULKHEAD_QEMU", "/bin/false")), (Some(69), expected.to_owned()));
    fs::write(work.join("list"), b"\xff").expect("a list");
    let expected = "error: list cannot be read: stream did not contain valid UTF-8\n  \
                    help: give a folder with test programs, one program, or a text file that lists them\n";
    fails(&bulkhead(&work, &["test-rtems", "list"]), 64, expected);
}
