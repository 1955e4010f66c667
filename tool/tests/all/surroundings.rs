//! Surroundings that are not as they should be: what stands in the way, what is no text, what cannot be written. The tool says
//! what is wrong, where, and what would be right.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::commands::{PROGRAM, SYSTEM, build, build_with, bulkhead, library, said};
use crate::support::{Elf, folder};

fn fails(output: &std::process::Output, status: i32, text: &str) {
    assert_eq!(said(output), (Some(status), text.to_owned()));
}

#[test]
fn what_stands_in_the_way_of_a_folder_is_named() {
    let work = folder("surroundings-folder");
    let help = "  help: remove or rename what is in its way, or name another place\n";
    symlink("/nowhere/at-all", work.join("build")).expect("a link");
    let expected = format!(
        "error: the folder build/one-x86_64.parts cannot be made: build is a symbolic link to /nowhere/at-all, which leads \
         nowhere\n{help}"
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
    fs::write(work.join("image.elf"), Elf::good().bytes()).expect("an image");
    let (status, text) = said(&bulkhead(&work, &["check", "image.elf"]));
    assert_eq!(status, Some(65));
    assert!(
        text.starts_with("image.elf:1:1: error: this file is an ELF file, not a system file\n"),
        "{text}"
    );
    // One character stands for what is none, so that the marks stand below the place.
    fs::write(work.join("binary"), b"a = \"\x00\x01\xff\xfe\"\n").expect("written");
    let expected = "binary:1:6: error: the zero byte here does not belong to text\n  \
                    1 | a = \"????\"\n    |      ^\n  \
                    help: a system file is text, such as `bulkhead new DIR` writes\n1 problem in binary\n";
    fails(&bulkhead(&work, &["check", "binary"]), 65, expected);
    let expected = "error: /dev/zero is no system file: it has more than 16 MiB\n  \
                    help: give a system file, such as `bulkhead new DIR` writes\n";
    fails(&bulkhead(&work, &["check", "/dev/zero"]), 64, expected);
}

/// A folder with a system in the folder `mine`, whose only source is this.
fn below(name: &str, source: &str) -> std::path::PathBuf {
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
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_bulkhead"));
        command.args(["build", system]).current_dir(from).env_remove("RTEMS_KIT");
        said(&command.env("BULKHEAD_LIB", work.join("library")).output().expect("bulkhead runs")).1
    };
    for (from, system, folder) in
        [(".", "mine", "mine/"), ("mine", ".", ""), ("library", "../mine", "../mine/")]
    {
        let text = warned(&work.join(from), system);
        assert!(text.starts_with(&format!("{folder}main.c:1:12: warning: unused variable 'x'")), "{text}");
    }
}
