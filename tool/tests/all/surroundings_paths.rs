//! Paths and programs that are odd: bytes that are no text, names of every length, folders that are gone, programs that
//! are none, and a tool that is ended while others work for it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::commands::{PROGRAM, SYSTEM, build, build_with, bulkhead, library, said, tool};
use crate::running::{kill, written};
use crate::support::{file, folder};

fn standard_output(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn arguments_need_not_be_text() {
    let work = folder("paths-bytes");
    let name = OsStr::from_bytes(b"non\xfftext");
    for command in ["new", "check"] {
        let output = tool(&work).arg(command).arg(name).output().expect("bulkhead runs");
        assert_eq!(said(&output), (Some(0), String::new()));
    }
    let output = tool(&work).arg("check").arg(name).arg("--json=").output().expect("bulkhead runs");
    assert_eq!(output.status.code(), Some(64));
    let mut command = tool(&work);
    let output = command.arg("check").arg(name).env("RTEMS_KIT", name).output().expect("bulkhead runs");
    assert_eq!(output.status.code(), Some(69), "the kit is not left out");
}

/// What may be done with a name is done with it: quotes and lines in it, an option's dash, a comma of QEMU's.
#[test]
fn names_of_folders_are_what_they_are() {
    let work = folder("paths-names");
    library(&work);
    for name in ["a b", "q'uote", "d\"quote", "new\nline", "a,b", "-dash", "a:b", "%s", "$HOME", "\u{1b}[2J"]
    {
        let system = work.join(name);
        fs::create_dir(&system).expect("a folder");
        fs::write(system.join("main.c"), PROGRAM).expect("a source");
        fs::write(system.join("bulkhead.toml"), SYSTEM).expect("a system file");
        let output = tool(&work).args(["build", "--", name]).output().expect("bulkhead runs");
        assert_eq!(said(&output), (Some(0), String::new()), "{name:?}");
        assert!(!standard_output(&output).contains('\u{1b}'), "{name:?}");
        assert!(system.join("build/one-x86_64.elf").is_file(), "{name:?}");
    }
    let output = tool(&work).args(["new", "--", "-new"]).output().expect("bulkhead runs");
    assert!(standard_output(&output).ends_with("\nrun it: bulkhead run ./-new\n"), "{output:?}");
    let output = tool(&work).args(["new", "a\u{1b}[2J\u{202e}"]).output().expect("bulkhead runs");
    assert!(!standard_output(&output).contains(['\u{1b}', '\u{202e}']), "{output:?}");
}

#[test]
fn long_names_of_sources_are_no_longer_in_what_is_built() {
    let work = folder("paths-long");
    let name = format!("{}.c", "y".repeat(253));
    library(&work);
    fs::write(work.join(&name), PROGRAM).expect("a source");
    fs::write(work.join("bulkhead.toml"), SYSTEM.replace("main.c", &name)).expect("a system file");
    assert_eq!(said(&build_with(&work, &[])), (Some(0), String::new()));
    let long = "x/".repeat(3000);
    let (status, text) = said(&bulkhead(&work, &["check", &long]));
    assert!(status == Some(64) && text.len() < 1500, "{text}");
    assert!(text.contains("File name too long"), "{text}");
}

#[test]
fn a_dot_at_the_end_is_the_folder_itself() {
    let work = folder("paths-dot");
    assert_eq!(said(&bulkhead(&work, &["new", "./mine/."])), (Some(0), String::new()));
    assert!(work.join("mine/bulkhead.toml").is_file());
}

#[test]
fn who_is_in_a_removed_folder_is_told_so() {
    let work = folder("paths-removed");
    library(&work);
    assert_eq!(said(&build(&work, PROGRAM, &[])), (Some(0), String::new()));
    fs::create_dir(work.join("gone")).expect("a folder");
    let inside = |arguments: &str| {
        let program = env!("CARGO_BIN_EXE_bulkhead");
        let line = format!("mkdir -p gone && cd gone && rmdir ../gone && exec {program} {arguments}");
        let mut shell = Command::new("sh");
        shell.args(["-c", &line]).current_dir(&work).env("BULKHEAD_LIB", work.join("library"));
        said(&shell.env_remove("RTEMS_KIT").output().expect("a shell"))
    };
    let why = "No such file or directory (os error 2)\n  \
               help: the folder that you are in has been removed: go to another one\n";
    assert_eq!(inside("check"), (Some(64), format!("error: bulkhead.toml cannot be read: {why}")));
    assert_eq!(inside("new mine"), (Some(69), format!("error: the folder mine cannot be made: {why}")));
    let there = work.display();
    assert_eq!(inside(&format!("build '{there}'")), (Some(0), String::new()), "elsewhere all is well");
}

#[test]
fn a_program_is_what_can_be_executed_and_an_empty_variable_is_none() {
    let work = folder("paths-programs");
    assert_eq!(said(&build(&work, PROGRAM, &[])), (Some(0), String::new()));
    let none = file(&work, "clang", "#!/bin/sh\nexit 1\n", 0o644);
    let mut path = work.clone().into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    // What has the name and cannot be executed is passed over, as shells do.
    let output = tool(&work).arg("build").env("PATH", &path).output().expect("bulkhead runs");
    assert_eq!(said(&output), (Some(0), String::new()));
    let output = tool(&work).arg("build").env("BULKHEAD_CC", &none).output().expect("bulkhead runs");
    let expected = format!(
        "error: BULKHEAD_CC names no program: {}\n  help: set it to the C compiler clang, or unset it\n",
        none.display()
    );
    assert_eq!(said(&output), (Some(69), expected));
    let output = tool(&work).arg("build").env("BULKHEAD_CC", "").output().expect("bulkhead runs");
    assert_eq!(said(&output), (Some(0), String::new()));
    let output = tool(&work).arg("build").env("BULKHEAD_LIB", "/dev").output().expect("bulkhead runs");
    let (status, text) = said(&output);
    let help = "\n  help: set BULKHEAD_LIB to the folder lib/bulkhead of an installation, or unset it\n";
    assert!(status == Some(69) && text.ends_with(help), "{text}");
}

#[test]
fn compilers_and_linkers_do_not_outlive_the_tool() {
    let work = folder("paths-outlive");
    library(&work);
    fs::write(work.join("main.c"), PROGRAM).expect("a source");
    fs::write(work.join("bulkhead.toml"), SYSTEM).expect("a system file");
    let pid = work.join("pid");
    let slow =
        file(&work, "slow", &format!("#!/bin/sh\necho $$ >{}\nexec sleep 100\n", pid.display()), 0o755);
    for variable in ["BULKHEAD_CC", "BULKHEAD_LD"] {
        let _ = fs::remove_file(&pid);
        let mut command = tool(&work);
        command.arg("build").env(variable, &slow).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("bulkhead runs");
        let end = Instant::now() + Duration::from_secs(60);
        let wait = || {
            assert!(Instant::now() < end, "nothing happens");
            std::thread::sleep(Duration::from_millis(5));
        };
        let process = written(&pid);
        child.kill().expect("it is there");
        child.wait().expect("an end");
        while kill("-0", process.trim()) {
            wait();
        }
    }
}
