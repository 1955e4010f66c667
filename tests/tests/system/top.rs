//! `bulkhead top`, as somebody at a terminal uses it: what is shown, what keys do, and what is left of it.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use bulkhead_tests::{bulkhead, interruptible, repository};
use bulkhead_tool::system_file::Processor;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, fcntl_setfl, open};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Action, Termios, Winsize, tcflow, tcgetattr, tcsetwinsize};

on_every_processor! {
    keys_choose_pause_and_quit,
    what_has_ended_is_shown_until_somebody_has_seen_it,
    the_text_is_the_same_each_time,
    a_signal_leaves_the_terminal_as_it_was,
    a_terminal_that_takes_nothing_keeps_nobody,
    who_says_and_records_without_end_hides_nobody,
    a_terminal_that_has_gone_ends_it,
    a_terminal_that_has_gone_while_keys_come_ends_it,
    nothing_is_shown_before_its_time,
}

/// How long a busy host may take for anything.
const PATIENCE: Duration = Duration::from_secs(120);

/// What every process of a terminal's command has in its environment.
const MARK: &str = "BULKHEAD_TEST_TERMINAL";

/// A terminal with a command in it.
struct Terminal {
    /// Our end.
    master: File,
    /// The command's end.
    slave: File,
    before: Termios,
    child: Child,
    screen: vt100::Parser,
    mark: String,
    /// Where the system is that does not end.
    _folder: tempfile::TempDir,
}

/// examples/ports as long as somebody looks: its partitions end after 100 samples.
fn endless() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for entry in fs::read_dir(repository().join("examples/ports")).expect("the example").flatten() {
        let is_source =
            [".c", ".h", ".toml"].iter().any(|it| entry.file_name().to_string_lossy().ends_with(it));
        if is_source {
            let text = fs::read_to_string(entry.path()).expect("text");
            let text = text.replace("#define SAMPLES (2 * RATE)", "#define SAMPLES 4000000000");
            fs::write(folder.path().join(entry.file_name()), text).expect("written");
        }
    }
    folder
}

fn nonzero(count: u16) -> NonZero<u16> {
    NonZero::new(count).expect("a size")
}

fn size(rows: u16, columns: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

impl Terminal {
    /// Starts `bulkhead top`.
    fn start(processor: Processor, arguments: &[&str]) -> Self {
        Self::start_in(processor, arguments, endless())
    }

    /// The same for the system in a folder.
    fn start_in(processor: Processor, arguments: &[&str], folder: tempfile::TempDir) -> Self {
        let master =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&master).and_then(|()| unlockpt(&master)).expect("a terminal");
        let path = ptsname(&master, Vec::new()).expect("its name");
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let slave: File = open(&path, flags, Mode::empty()).expect("its end").into();
        tcsetwinsize(&slave, size(24, 140)).expect("its size");
        let before = tcgetattr(&slave).expect("its settings");
        let mark = format!("{}", path.to_string_lossy());
        let end = || Stdio::from(slave.try_clone().expect("its end"));
        let mut command = interruptible();
        command.args(["top", "--arch", processor.name()]).args(arguments);
        command.arg(folder.path()).env(MARK, &mark).env("TERM", "xterm");
        let child = command.stdin(end()).stdout(end()).stderr(end()).spawn().expect("bulkhead");
        let screen = vt100::Parser::new(nonzero(24), nonzero(140), 0);
        Self { master: master.into(), slave, before, child, screen, mark, _folder: folder }
    }

    /// What is on the screen.
    fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Takes what has been written; whether something has.
    fn read(&mut self) -> bool {
        let mut wanted = [PollFd::new(&self.master, PollFlags::IN)];
        let wait = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
        if poll(&mut wanted, Some(&wait)).expect("it can be asked") == 0 {
            return false;
        }
        let mut buffer = [0; 4096];
        let length = self.master.read(&mut buffer).expect("it can be read");
        self.screen.process(&buffer[..length]);
        length > 0
    }

    /// Waits until the screen has all of these words.
    fn until(&mut self, words: &[&str]) {
        let begin = Instant::now();
        while !words.iter().all(|words| self.text().contains(words)) {
            let is_over = !self.read() && self.child.try_wait().expect("it can be asked").is_some();
            assert!(!is_over && begin.elapsed() < PATIENCE, "{words:?} not in\n{}", self.text());
        }
    }

    fn press(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).expect("it is typed");
    }

    fn resize(&mut self, rows: u16, columns: u16) {
        self.screen.screen_mut().set_size(nonzero(rows), nonzero(columns));
        tcsetwinsize(&self.slave, size(rows, columns)).expect("its size");
        // The terminal is not the one that controls the command, whom the system would tell.
        self.signal(Signal::WINCH);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it is there");
    }

    /// The processes of the command, but for itself, by their numbers.
    fn others(&self) -> Vec<i32> {
        let own = self.child.id().cast_signed();
        let numbers = fs::read_dir("/proc").expect("processes").flatten();
        let numbers = numbers.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let mark = format!("{MARK}={}", self.mark).into_bytes();
        let is_ours = |number: &i32| {
            let environment = fs::read(format!("/proc/{number}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|word| word == mark)
        };
        numbers.filter(|number| *number != own).filter(is_ours).collect()
    }

    /// Waits for the end of the command, and takes what it writes until then.
    fn status(&mut self) -> ExitStatus {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it can be asked") {
                return status;
            }
            assert!(begin.elapsed() < PATIENCE, "it does not end\n{}", self.text());
            if !self.read() {
                thread::sleep(Duration::from_millis(10));
            }
        }
    }

    /// The settings are those from before.
    fn assert_as_before(&self) {
        let now = tcgetattr(&self.slave).expect("its settings");
        assert_eq!(format!("{now:?}"), format!("{:?}", self.before));
    }

    /// No process of the command is left, soon.
    fn assert_nobody_is_left(&self) {
        let begin = Instant::now();
        while !self.others().is_empty() {
            assert!(begin.elapsed() < PATIENCE, "left: {:?}", self.others());
        }
    }

    /// Waits for the end: the terminal is what it was, and nobody is left.
    fn end(&mut self) -> (ExitStatus, String) {
        let status = self.status();
        while self.read() {}
        let screen = self.screen.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor(), "{}", self.text());
        self.assert_as_before();
        self.assert_nobody_is_left();
        (status, self.text())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Where a test fails, nobody ends it otherwise.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn keys_choose_pause_and_quit(processor: Processor) {
    let mut terminal = Terminal::start(processor, &[]);
    terminal.until(&["> sensor", "attitude", "kernel | ", "q quit", "running", "normal"]);
    assert!(terminal.screen.screen().alternate_screen() && terminal.screen.screen().hide_cursor());
    assert!(!terminal.others().is_empty(), "QEMU runs");
    terminal.press("\t");
    terminal.until(&["> controller", "records", "commands", "OBEY"]);
    terminal.press("\x1b[B");
    terminal.until(&["> logger"]);
    terminal.press("\x1b[A");
    terminal.until(&["> controller"]);
    terminal.press("?");
    terminal.until(&["Keys", "the health monitor has dealt with"]);
    terminal.press("?p");
    terminal.until(&["> controller", "paused"]);
    // Nothing moves, and the system runs on.
    while terminal.read() {}
    let paused = terminal.text();
    for _ in 0..5 {
        terminal.read();
    }
    assert_eq!(terminal.text(), paused);
    terminal.press(" ");
    terminal.until(&["running, "]);
    assert_ne!(terminal.text(), paused);
    for (rows, columns) in [(5, 20), (1, 1), (60, 200)] {
        terminal.resize(rows, columns);
        for _ in 0..5 {
            terminal.read();
        }
    }
    terminal.until(&["> controller", "errors", "console"]);
    terminal.press("q");
    let (status, text) = terminal.end();
    assert_eq!(status.code(), Some(130), "{text}");
    assert!(text.contains("ended by the user"), "{text}");
}

/// Time passes no faster than here, so a second takes one.
fn what_has_ended_is_shown_until_somebody_has_seen_it(processor: Processor) {
    let begin = Instant::now();
    let mut terminal = Terminal::start(processor, &["--for", "1s"]);
    terminal.until(&["ended: the time limit was reached", "nothing lost"]);
    assert!(begin.elapsed() > Duration::from_millis(900), "{:?}", begin.elapsed());
    assert!(terminal.others().is_empty(), "QEMU has ended");
    terminal.press("\t");
    terminal.until(&["> controller"]);
    terminal.press("\x03");
    let (status, text) = terminal.end();
    assert_eq!(status.code(), Some(0), "{text}");
    assert!(text.contains("ports after 1 s: the time limit was reached"), "{text}");
}

#[test]
fn the_terminal_is_what_it_was_when_qemu_dies() {
    let mut terminal = Terminal::start(Processor::X86_64, &[]);
    terminal.until(&["> sensor", "normal"]);
    for other in terminal.others() {
        kill_process(Pid::from_raw(other).expect("a number"), Signal::KILL).expect("it is there");
    }
    terminal.until(&["ended: QEMU was ended by signal 9"]);
    terminal.press("q");
    let (status, text) = terminal.end();
    assert_eq!(status.code(), Some(3), "{text}");
}

fn a_signal_leaves_the_terminal_as_it_was(processor: Processor) {
    for (signal, expected) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let mut terminal = Terminal::start(processor, &[]);
        terminal.until(&["> sensor"]);
        terminal.signal(signal);
        let (status, text) = terminal.end();
        assert_eq!(status.code(), Some(expected), "{text}");
    }
}

/// Whatever is written there waits, as behind a connection that has come to a standstill.
fn a_terminal_that_takes_nothing_keeps_nobody(processor: Processor) {
    let mut terminal = Terminal::start(processor, &[]);
    terminal.until(&["> sensor", "normal"]);
    tcflow(&terminal.slave, Action::OOff).expect("it is suspended");
    while terminal.read() {}
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.status().code(), Some(143));
    terminal.assert_nobody_is_left();
    terminal.assert_as_before();
}

/// Nobody is there any more to whom something could be shown, not even who would be told by a signal.
fn a_terminal_that_has_gone_ends_it(processor: Processor) {
    let mut terminal = Terminal::start(processor, &[]);
    terminal.until(&["> sensor", "normal"]);
    // It is closed when this is dropped: another file takes its place.
    terminal.master = File::open("/dev/null").expect("a file");
    assert_eq!(terminal.status().code(), Some(74));
    terminal.assert_nobody_is_left();
}

/// The same while keys come without end: who shows it is just reading some, more often than not.
fn a_terminal_that_has_gone_while_keys_come_ends_it(processor: Processor) {
    for _ in 0..2 {
        let mut terminal = Terminal::start(processor, &[]);
        terminal.until(&["> sensor", "normal"]);
        // Nobody waits for anybody.
        let mut master = std::mem::replace(&mut terminal.master, File::open("/dev/null").expect("a file"));
        fcntl_setfl(&master, OFlags::RDWR | OFlags::NONBLOCK).expect("it can be set");
        let begin = Instant::now();
        let mut buffer = [0; 4096];
        while begin.elapsed() < Duration::from_millis(300) {
            let _ = master.write(&[b'x'; 500]);
            let _ = master.read(&mut buffer);
        }
        drop(master);
        let status = terminal.status().code();
        assert!(matches!(status, Some(74 | 129)), "{status:?}");
        terminal.assert_nobody_is_left();
    }
}

/// A system in which nothing happens for seconds gets to their end at once, and is shown when they have passed.
fn nothing_is_shown_before_its_time(processor: Processor) {
    let folder = tempfile::tempdir().expect("a folder");
    let system = r#"
[system]
name = "silent"
major-frame = "10 s"
[[partition]]
name = "only"
memory = "1 MiB"
sources = ["only.c"]
[[window]]
partition = "only"
start = "0 ms"
duration = "100 ms"
[[window]]
partition = "only"
start = "3 s"
duration = "100 ms"
"#;
    let source = r#"
#include <rtems.h>
#include <rtems/bspIo.h>
#include <stdlib.h>
rtems_task Init(rtems_task_argument argument)
{
    printk("soon\n");
    rtems_task_wake_after(rtems_clock_get_ticks_per_second());
    printk("later\n");
    exit(0);
}
#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
"#;
    fs::write(folder.path().join("bulkhead.toml"), system).expect("written");
    fs::write(folder.path().join("only.c"), source).expect("written");
    let mut terminal = Terminal::start_in(processor, &[], folder);
    terminal.until(&["  soon"]);
    let begin = Instant::now();
    terminal.until(&["  later"]);
    assert!(begin.elapsed() > Duration::from_secs(2), "{:?}", begin.elapsed());
    terminal.until(&["ended: ", "3.00"]);
    terminal.press("q");
    assert_eq!(terminal.end().0.code(), Some(0));
}

/// Where somebody can type to a partition stands where it can be seen: in the view.
#[test]
fn a_console_elsewhere_is_named_where_it_is_looked_for() {
    let mut terminal = Terminal::start(Processor::X86_64, &["--console", "sensor=pty", "--seed", "7"]);
    terminal.until(&["> sensor", "  console: /dev/pts/", "varied with seed 7, up to 1 us"]);
    terminal.press("q");
    let (_, text) = terminal.end();
    assert!(text.contains("note: the console of sensor is /dev/pts/"), "{text}");
}

/// The view as text, of half a second.
fn plain(processor: Processor) -> String {
    let mut command = bulkhead();
    command.args(["top", "--plain", "--for", "500ms", "--interval", "100ms", "--arch", processor.name()]);
    let output = command.arg(repository().join("examples/ports")).output().expect("bulkhead");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn the_text_is_the_same_each_time(processor: Processor) {
    let text = plain(processor);
    assert_eq!(text, plain(processor));
    let heading = format!("ports on {}   0.500 s   frame 20 ms   nothing lost   ended: ", processor.name());
    assert!(text.starts_with(&heading), "{text}");
    // Each window has opened in each of 25 frames.
    let rows = text.lines().filter(|line| line.contains("  normal  "));
    let windows: Vec<[&str; 2]> = rows
        .map(|row| {
            let cells: Vec<&str> = row.split_whitespace().collect();
            [cells[6], cells[7]]
        })
        .collect();
    assert_eq!(windows, [["25", "0"]; 3], "{text}");
    for words in ["commands  logger", "records   controller", "  console", "  task "] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

/// What is said of a partition, of its console, and the cells of its row, in a view as text.
fn told<'a>(text: &'a str, name: &str) -> (Vec<&'a str>, Vec<&'a str>) {
    let mut sections = text.split("\n\n");
    let rows = sections.nth(1).expect("partitions").lines();
    let cells = rows.map(|row| row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect());
    let cells: Vec<&str> =
        cells.into_iter().find(|cells: &Vec<&str>| cells.first() == Some(&name)).expect(name);
    let own = sections.find(|section| section.lines().next() == Some(name)).expect(name);
    (own.lines().skip_while(|line| *line != "  console").skip(1).collect(), cells)
}

/// A partition floods its console, a channel, and a ring that it says is always new. Of the others nothing is said that
/// is not so, however much is lost, and the terminal obeys nobody.
fn who_says_and_records_without_end_hides_nobody(processor: Processor) {
    let view = |system: &str| {
        let begin = Instant::now();
        let mut command = bulkhead();
        command.args(["top", "--plain", "--for", "500ms", "--interval", "100ms", "--arch", processor.name()]);
        let output = command.arg(repository().join(system)).output().expect("bulkhead");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
        String::from_utf8(output.stdout).expect("text")
    };
    let (alone, beside) = (view("examples/ports"), view("tests/systems/flood"));
    let shown = beside.lines().take(30).collect::<Vec<_>>().join("\n");
    // Tasks that are made up are bounded, and everything is text.
    assert!((1_000..1_200).contains(&beside.lines().count()), "{shown}");
    assert!(!beside.chars().any(|it| it.is_control() && it != '\n' || it == '\u{202e}'), "{shown}");
    let (said, cells) = told(&beside, "flood");
    assert_eq!(said.len(), 10, "{shown}");
    // The last one may not have come to its end.
    assert!(said[8].starts_with("  \\u{1b}[2J\\u{1b}]0;mine\\u{7}\\u{202e} "), "{}", said[8]);
    assert!(cells[1].starts_with("normal") || cells[1].ends_with('?'), "{cells:?}");
    let is_lost = !beside.lines().next().expect("a heading").contains("   0 records lost");
    for name in ["sensor", "controller", "logger"] {
        let (said, cells) = told(&beside, name);
        assert_eq!(said, told(&alone, name).0);
        let windows: u64 = cells[4].parse().expect("a number");
        assert!(windows <= 25 && (is_lost || windows == 25), "{shown}");
        assert_eq!([cells[5], cells[7], cells[8]], ["0"; 3], "missing, restarts and errors: {shown}");
        let state = cells[1];
        assert!(state == "normal" || is_lost && ["normal?", "cold start?"].contains(&state), "{shown}");
    }
}

/// A number, without what stands around it.
fn number(word: &str) -> Option<f64> {
    word.parse().ok()
}

/// What docs/timeline.md shows, and what there is, with numbers that depend on compilers within a fifth.
#[test]
fn the_documentation_shows_what_there_is() {
    let path = repository().join("docs/timeline.md");
    let document = fs::read_to_string(&path).expect("the document");
    let text = plain(Processor::X86_64);
    let begin = document.find("```\nports on x86_64").expect("what is shown") + 4;
    let end = begin + document[begin..].find("```").expect("its end");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        let document = format!("{}{text}{}", &document[..begin], &document[end..]);
        fs::write(path, document).expect("written");
        return;
    }
    let shown = &document[begin..end];
    let same = |(shown, there): (&str, &str)| match (number(shown), number(there)) {
        (Some(shown), Some(there)) => (shown - there).abs() <= (shown / 5.0).max(1.0),
        _ => shown == there,
    };
    for (shown, there) in shown.lines().zip(text.lines()) {
        let pairs = || shown.split_whitespace().zip(there.split_whitespace());
        let counts = shown.split_whitespace().count() == there.split_whitespace().count();
        assert!(counts && pairs().all(same), "{shown}\n{there}\nUPDATE_EXPECTED=1 writes its numbers");
    }
    assert_eq!(shown.lines().count(), text.lines().count(), "{text}");
}

#[test]
fn who_has_no_terminal_is_told() {
    let top = |arguments: &[&str]| {
        let mut command: Command = bulkhead();
        command.arg("top").args(arguments).arg(repository().join("examples/ports"));
        let output = command.stdin(Stdio::null()).output().expect("bulkhead");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (status, text) = top(&[]);
    assert_eq!(status, Some(64), "{text}");
    let expected = "error: the standard output is no terminal\n  help: add --plain, which writes the last view as \
                    text when the run has ended, as in `bulkhead top --plain --for 500ms`; or take \
                    `bulkhead report`\n";
    assert_eq!(text, expected);
    let (status, text) = top(&["--interval", "10us"]);
    assert!(status == Some(64) && text.contains("it must be at least 1 ms"), "{text}");
}
