//! RTEMS's shell in two partitions, each at a terminal of its own.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{ChildStderr, Stdio};

use bulkhead_tests::bulkhead;
use bulkhead_tests::needs::rtems_kit;
use bulkhead_tool::system_file::Processor;

use crate::ports::built_system;

bulkhead_tests::tests! {
    two_shells_run_side_by_side_at_two_terminals(processor) needs [rtems_kit(processor)],
}

/// The pseudo-terminal that the next note names.
fn terminal(errors: &mut BufReader<ChildStderr>) -> File {
    let mut line = String::new();
    errors.read_line(&mut line).expect("a line");
    let path = line.trim_end().rsplit_once(" is ").unwrap_or_else(|| panic!("{line}")).1;
    File::options().read(true).write(true).open(path).expect("the pseudo-terminal")
}

/// What is read up to the next prompt, or to where it says that the shell has ended.
fn heard(mut terminal: &File) -> String {
    let (mut heard, mut buffer) = (String::new(), [0; 256]);
    while !["/] # ", "ended with 0"].iter().any(|end| heard.contains(end)) {
        let length = terminal.read(&mut buffer).unwrap_or_else(|error| panic!("{error} behind {heard}"));
        heard += &String::from_utf8_lossy(&buffer[..length]);
    }
    heard
}

/// What a command says at both, one after the other.
fn said(terminals: &[File; 2], commands: [&str; 2]) -> [String; 2] {
    for (mut terminal, command) in terminals.iter().zip(commands) {
        terminal.write_all(format!("{command}\n").as_bytes()).expect("it is typed");
    }
    terminals.each_ref().map(heard)
}

/// What one types is not the other's, nor are its files; and both are there at once.
fn two_shells_run_side_by_side_at_two_terminals(processor: Processor) {
    let built = built_system("shells", processor);
    let mut run = bulkhead();
    run.args(["run", "--console", "first=pty", "--console", "second=pty"]).arg(&built.file);
    let mut run = run.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("bulkhead runs");
    let mut errors = BufReader::new(run.stderr.take().expect("its errors"));
    let terminals = [terminal(&mut errors), terminal(&mut errors)];
    for greeting in terminals.each_ref().map(heard) {
        assert!(greeting.contains("RTEMS Shell on /dev/console"), "{greeting}");
    }
    let names = said(&terminals, ["echo who: first", "echo who: second"]);
    // RTEMS 5 goes to the beginning of the line once more.
    let names = names.map(|said| said.replace("\n\r", "\n"));
    assert!(names[0].contains("who: first\r\nSHLL") && !names[0].contains("second"), "{names:?}");
    assert!(names[1].contains("who: second\r\nSHLL") && !names[1].contains("first"), "{names:?}");
    said(&terminals, ["mkdir /of-first", "mkdir /of-second"]);
    let files = said(&terminals, ["ls /", "ls /"]);
    assert!(files[0].contains("of-first") && !files[0].contains("of-second"), "{files:?}");
    assert!(files[1].contains("of-second") && !files[1].contains("of-first"), "{files:?}");
    shows_the_partition(&terminals);
    for ended in said(&terminals, ["exit", "exit"]) {
        assert!(ended.contains("ended with 0"), "{ended}");
    }
    assert!(run.wait().expect("an end").success());
}

/// The pack's command, in two shells at once.
fn shows_the_partition(terminals: &[File; 2]) {
    for (command, [first, second]) in [
        (
            "status",
            [
                &["partition  first, number 0", "mode       normal", "last error none"][..],
                &["second, number 1"],
            ],
        ),
        (
            "windows",
            [&["0.005000 s of each 0.010000 s in 1 of 2 windows", "ticks      "], &["window     number "]],
        ),
        (
            "ports",
            [
                &[
                    "words-out        queuing source, 64 bytes: 0 of 4 messages wait, 0 lost",
                    "nothing written yet",
                ],
                &[
                    "words-in         queuing destination, 64 bytes",
                    "state-out        sampling source, 16 bytes",
                ],
            ],
        ),
        ("regions", [&["no regions"], &["no regions"]]),
        ("health", [&["first            no errors"], &["second           no errors"]]),
        ("weather", [&["bulkhead status|windows|ports|regions|health"], &["bulkhead status|"]]),
    ] {
        let said = said(terminals, [&format!("bulkhead {command}"); 2].map(String::as_str));
        for (words, said) in [first, second].into_iter().zip(&said) {
            for words in words {
                assert!(said.contains(words), "{command}: {words}: {said}");
            }
        }
    }
}
