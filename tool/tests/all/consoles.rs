//! Consoles of partitions with places of their own, and who gets what is typed, with a shell script in QEMU's place.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, ChildStderr, Stdio};

use bulkhead_tool::run::Terminal;

use crate::running::{Stage, text};

/// A kernel and two consoles that say something, and what is typed in a file, until it ends with a dot.
const TYPED: &str = r#"
printf '%s\n' "$*" >arguments
printf 'bulkhead 0.1.0\n'
printf '\020@hello from first\n\020Ahello from second\n'
while typed=$(dd bs=1 count=1 2>/dev/null | od -An -tx1) && [ -n "$typed" ]; do
    printf '%s' "$typed" >>typed
    [ "$typed" = ' 2e' ] && break
done
printf '\020?event v1 5000000000 system-end code=16\n'
exit 33
"#;

fn stage(name: &str) -> Stage {
    Stage::new(&format!("consoles-{name}"), TYPED)
}

/// What the kernel has been given, as text.
fn typed(stage: &Stage) -> Vec<u8> {
    let digits = fs::read_to_string(stage.folder.join("typed")).unwrap_or_default();
    digits.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).expect("a byte")).collect()
}

#[test]
fn a_console_in_a_file_is_not_among_the_others_unless_it_is_to_be() {
    let stage = stage("file");
    let run = |arguments: &[&str]| {
        let mut command = stage.command(arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it");
        child.stdin.take().expect("its input").write_all(b"x.").expect("it reads");
        let output = child.wait_with_output().expect("an end");
        (text(&output.stdout), text(&output.stderr), output.status.code())
    };
    let (shown, said, status) = run(&["--console", "second=file:second.txt"]);
    assert_eq!((said.as_str(), status), ("", Some(0)), "{shown}");
    assert!(shown.contains("first  | hello from first") && !shown.contains("hello from second"), "{shown}");
    let written = || fs::read_to_string(stage.folder.join("second.txt")).expect("the console");
    assert_eq!(written(), "hello from second\n");
    // Nobody chooses: the kernel is not asked for it, and everything goes as it is.
    assert_eq!(typed(&stage), b"x.");
    let arguments = fs::read_to_string(stage.folder.join("arguments")).expect("the arguments");
    assert!(!arguments.contains("choose-input"), "{arguments}");
    let (shown, ..) = run(&["--console", "second=file:second.txt", "--console", "second=stdout"]);
    assert!(shown.contains("second | hello from second"), "{shown}");
    assert_eq!(written(), "hello from second\n");
}

#[test]
fn consoles_that_cannot_be_had_are_refused() {
    let stage = stage("refused");
    let refused = |argument: &str, status: i32, said: &str| {
        let output = stage.run(&["--console", argument]);
        let error = text(&output.stderr);
        assert!(error.contains(said) && output.status.code() == Some(status), "{error}");
    };
    refused("third=pty", 64, "--console names no partition: `third`");
    refused("first", 64, "write NAME=pty, NAME=file:PATH or NAME=stdout");
    refused("first=tty", 64, "write NAME=pty, NAME=file:PATH or NAME=stdout");
    refused("first=file:a.elf", 64, "--console a.elf would overwrite a.elf, which the command reads");
    refused("first=file:none/x", 69, "none/x cannot be written");
    assert!(!stage.folder.join("arguments").exists(), "nothing has been started");
    let output = stage.run(&["--console", "first=file:/dev/full"]);
    assert_eq!(output.status.code(), Some(69), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("/dev/full cannot be written"), "{}", text(&output.stderr));
    // It is that file which is named, and not another one of the same partition.
    let output = stage.run(&["--console", "first=file:other.txt", "--console", "first=file:/dev/full"]);
    let error = text(&output.stderr);
    assert!(error.contains("/dev/full cannot be written") && output.status.code() == Some(69), "{error}");
}

#[test]
fn who_names_consoles_wrongly_loses_no_file() {
    let stage = stage("kept");
    fs::write(stage.folder.join("kept.txt"), "mine").expect("a file");
    fs::hard_link(stage.folder.join("kept.txt"), stage.folder.join("again.txt")).expect("a link");
    let refused = |arguments: &[&str], said: &str| {
        let output = stage.run(arguments);
        let error = text(&output.stderr);
        assert!(error.contains(said) && output.status.code() == Some(64), "{error}");
        assert_eq!(
            fs::read_to_string(stage.folder.join("kept.txt")).expect("the file"),
            "mine",
            "{arguments:?}"
        );
    };
    let kept = "first=file:kept.txt";
    refused(&["--console", kept, "--console", "frist=pty"], "--console names no partition: `frist`");
    refused(&["--console", kept, "--console", "second=file:a.elf"], "a.elf would overwrite a.elf");
    refused(
        &["--console", kept, "--console", "second=file:again.txt"],
        "again.txt cannot be both the console of first and the console of second",
    );
    refused(
        &["--transcript", "again.txt", "--console", kept],
        "kept.txt cannot be both --transcript and the console of first",
    );
    assert!(!stage.folder.join("arguments").exists(), "nothing has been started");
}

/// The note that names a pseudo-terminal, and that.
fn terminal(errors: &mut BufReader<ChildStderr>) -> (String, File) {
    let mut line = String::new();
    errors.read_line(&mut line).expect("a line");
    let path = line.trim_end().rsplit_once(" is ").expect("the note").1.to_owned();
    let file = File::options().read(true).write(true).open(&path).expect("the pseudo-terminal");
    (line, file)
}

/// What is read until it has all of these bytes.
fn read(mut file: &File, wanted: &[u8]) -> Vec<u8> {
    let mut found = Vec::new();
    let mut buffer = [0; 256];
    while !found.windows(wanted.len()).any(|there| there == wanted) {
        let length = file.read(&mut buffer).expect("it can be read");
        found.extend_from_slice(&buffer[..length]);
    }
    found
}

#[test]
fn two_partitions_are_spoken_to_at_two_terminals() {
    let stage = stage("terminals");
    let mut command = stage.command(&["--console", "first=pty", "--console", "second=pty"]);
    let mut child: Child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("bulkhead runs");
    let mut errors = BufReader::new(child.stderr.take().expect("its errors"));
    let (note, first) = terminal(&mut errors);
    assert!(note.starts_with("note: the console of first is /dev/"), "{note}");
    let (_, second) = terminal(&mut errors);
    assert_eq!(read(&first, b"first\n"), b"hello from first\n");
    assert_eq!(read(&second, b"second\n"), b"hello from second\n");
    // Both ends pass on what they are given as it is: Ctrl-C, Ctrl-], a carriage return.
    { &second }.write_all(b"\x03\x1d\r").expect("it is typed");
    let until = |count: usize| {
        while typed(&stage).len() < count {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    };
    until(5);
    { &first }.write_all(b"ls\x10\n").expect("it is typed");
    until(12);
    { &second }.write_all(b".").expect("it is typed");
    assert!(child.wait().expect("an end").success());
    assert_eq!(typed(&stage), b"\x10A\x03\x1d\r\x10@ls\x10\x10\n\x10A.");
    let arguments = fs::read_to_string(stage.folder.join("arguments")).expect("the arguments");
    assert!(arguments.contains("-append choose-input=1"), "{arguments}");
}

#[test]
fn a_partition_is_chosen_by_a_key() {
    let stage = stage("keys");
    let own = Terminal::open().expect("a pseudo-terminal");
    let input: OwnedFd =
        File::options().read(true).write(true).open(&own.path).expect("its other end").into();
    let mut command = stage.command(&["--realtime"]);
    let child = command.stdin(Stdio::from(input)).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = child.spawn().expect("bulkhead runs");
    own.write(b"a\x1dsecond\nb\x1dnone\n\x1d\nc\x1dfirst\n.").expect("it is typed");
    let output = child.wait_with_output().expect("an end");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(typed(&stage), b"\x10@a\x10Abc\x10@.");
    let choices = "(Ctrl-] NAME Enter chooses of first, second)\n";
    let to = |name: &str| format!("what is typed goes to {name} {choices}");
    let wrong = format!("there is no partition `none`; {}", to("second"));
    assert_eq!(text(&output.stderr), to("second") + &wrong + &to("second") + &to("first"));
}
