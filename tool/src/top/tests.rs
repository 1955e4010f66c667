//! What is on the screen, whole, in several sizes.

use bulkhead_abi::event::Stopper;
use bulkhead_timeline::live::{ChannelNow, Growing, Now, PartitionNow, State, TaskNow};
use bulkhead_timeline::{Event, Lost, TaskEvent};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier};

use super::{Choice, Listener, Shown, View, Watched};
use crate::run::{Output as _, RunOptions, Speaker};
use crate::system_file::System;

const SYSTEM: &str = r#"
[system]
name = "flight"
major-frame = "20 ms"

[[partition]]
name = "sensor"
memory = "8 KiB"
sources = ["templates/hello.c"]

[[partition]]
name = "controller"
memory = "8 KiB"
sources = ["templates/hello.c"]

[[partition]]
name = "logger"
memory = "8 KiB"
sources = ["templates/hello.c"]

[[window]]
partition = "sensor"
start = "0 ms"
duration = "4 ms"

[[window]]
partition = "controller"
start = "5 ms"
duration = "6 ms"

[[window]]
partition = "logger"
start = "12 ms"
duration = "6 ms"

[[channel]]
name = "attitude"
kind = "sampling"
message-size = "8 B"
refresh = "50 ms"
source = { partition = "sensor", port = "out" }
destinations = [{ partition = "controller", port = "in" }, { partition = "logger", port = "in" }]

[[channel]]
name = "commands"
kind = "queuing"
message-size = "4 B"
depth = 4
source = { partition = "logger", port = "commands" }
destinations = [{ partition = "controller", port = "commands" }]
"#;

fn system() -> System {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    crate::system_file::from_text(SYSTEM, "bulkhead.toml", folder).expect("a system")
}

fn growing(total: u64, last: u64) -> Growing {
    Growing { total, last }
}

/// A second and a half of a system.
fn shown() -> Shown {
    let task =
        |name: &str, total, last, runs| TaskNow { name: name.to_owned(), ran: growing(total, last), runs };
    let sensor = PartitionNow {
        state: State::Normal,
        ran: growing(150_000_000, 90_000_000),
        opened: 75,
        late: 121,
        tasks: vec![task("TICK", 50_000_000, 30_000_000, 75), task("0x0a010002", 90_000_000, 60_000_000, 80)],
        ..PartitionNow::default()
    };
    let controller = PartitionNow {
        state: State::Halted(3),
        ran: growing(300_000_000, 0),
        opened: 70,
        missing: 5,
        late: 1_210,
        ..PartitionNow::default()
    };
    let logger = PartitionNow {
        state: State::Stopped(Stopper::HealthMonitor),
        restarts: 2,
        errors: 3,
        ..PartitionNow::default()
    };
    let attitude = ChannelNow { put: growing(75, 50), got: growing(150, 100), waiting: None };
    let commands = ChannelNow { put: growing(9, 0), got: growing(6, 3), waiting: Some(3) };
    let now = Now {
        time: 1_500_000_000,
        interval: 1_000_000_000,
        partitions: vec![sensor, controller, logger],
        channels: vec![attitude, commands],
        ..Now::default()
    };
    let consoles = vec![vec!["first".to_owned(), "\\u{1b}[2J second".to_owned()], Vec::new(), Vec::new()];
    Shown { now, consoles, kernel: "partition logger: stopped at 1234 ns".to_owned(), ended: None }
}

/// A screen of a size, line by line.
fn screen(shown: &Shown, size: (u16, u16), choice: Choice) -> Vec<String> {
    let system = system();
    let view = View { system: &system, shown, options: &RunOptions::default(), speed: None, colour: true };
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).expect("a terminal");
    terminal.draw(|frame| view.draw(frame.area(), frame.buffer_mut(), choice)).expect("drawn");
    let buffer = terminal.backend().buffer();
    let rows = buffer.content.chunks(usize::from(size.0).max(1));
    rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_owned()).collect()
}

fn of(partition: usize) -> Choice {
    Choice { partition, ..Choice::default() }
}

#[test]
fn what_is_doubtful_is_marked() {
    let mut shown = shown();
    (shown.now.lost, shown.now.partitions[1].doubtful) = (7, true);
    let lines = screen(&shown, (100, 12), of(0));
    assert!(lines[0].contains("7 records lost"), "{lines:?}");
    assert!(lines[4].contains(" halted 3?  ") && lines[3].contains(" normal  "), "{lines:?}");
}

#[test]
fn a_screen_of_the_usual_size() {
    let expected = "\
flight on x86_64   1.500 s   frame 20 ms   nothing lost   running
kernel | partition logger: stopped at 1234 ns
  partition  state    last 1 s  total windows missing  latest restarts errors
> sensor     normal     9.00 % 10.0 %      75       0  121 ns        0      0
  controller halted 3   0.00 % 20.0 %      70       5 1210 ns        0      0
  logger     stopped    0.00 % 0.00 %       0       0    0 ns        2      3
  channel   from    to            put/s  got/s  put  got  waiting
  attitude  sensor  2 partitions     50    100   75  150        -
  task        last 1 s   total  runs
  0x0a010002    6.00 %  6.00 %    80
  TICK          3.00 %  3.33 %    75
  console
  first
  \\u{1b}[2J second






q quit   Tab partition   p pause   ? help";
    assert_eq!(screen(&shown(), (80, 21), of(0)).join("\n"), expected);
}

#[test]
fn a_wide_screen_has_all_columns_and_another_partition() {
    let expected = "\
flight on x86_64   1.500 s   frame 20 ms   nothing lost   running
kernel | partition logger: stopped at 1234 ns
  partition   state     last 1 s   total  windows  missing   latest  restarts  errors
  sensor      normal      9.00 %  10.0 %       75        0   121 ns         0       0
  controller  halted 3    0.00 %  20.0 %       70        5  1210 ns         0       0
> logger      stopped     0.00 %  0.00 %        0        0     0 ns         2       3
  channel   from    to          put/s  got/s  put  got  waiting
  attitude  sensor  logger         50    100   75  150        -
  commands  logger  controller      0    3.0    9    6   3 of 4

q quit   Tab partition   p pause   ? help";
    assert_eq!(screen(&shown(), (100, 11), of(2)).join("\n"), expected);
}

#[test]
fn a_tiny_screen_shows_the_partition_that_is_chosen() {
    let expected = "\
flight on x86_64   1
  partition   state
  controller  halted
> logger      stoppe
q quit   Tab partiti";
    let tiny = screen(&shown(), (20, 5), of(2)).join("\n");
    // A column that has no room is not there.
    let expected = expected.replace("   state", "").replace("  halted", "").replace("      stoppe", "");
    assert_eq!(tiny, expected);
}

#[test]
fn what_is_lost_paused_or_ended_is_told() {
    let mut shown = shown();
    (shown.now.lost, shown.now.lost_of_tasks) = (12, 3);
    let heading = |shown: &Shown, choice| screen(shown, (120, 8), choice).swap_remove(0);
    let paused = Choice { is_paused: true, ..Choice::default() };
    let known = "flight on x86_64   1.500 s   frame 20 ms   12 records lost, 3 of tasks";
    assert_eq!(heading(&shown, of(0)), format!("{known}   running"));
    assert_eq!(heading(&shown, paused), format!("{known}   paused"));
    shown.ended = Some("the time limit was reached".to_owned());
    assert_eq!(heading(&shown, paused), format!("{known}   ended: the time limit was reached"));
    let help = screen(&shown, (80, 30), Choice { wants_help: true, ..Choice::default() });
    assert_eq!((&*help[2], &*help[3]), ("Keys", "  q, Ctrl-C         quit, and end the system if it runs"));
    assert!(help.iter().any(|line| line.starts_with("Where records are lost")), "{help:?}");
}

/// What is not as it should be is bold, and red besides where colours may be.
#[test]
fn colours_are_left_out_where_they_may_not_be() {
    let (system, shown) = (system(), shown());
    for colour in [true, false] {
        let view =
            View { system: &system, shown: &shown, options: &RunOptions::default(), speed: None, colour };
        let mut terminal = Terminal::new(TestBackend::new(80, 20)).expect("a terminal");
        terminal.draw(|frame| view.draw(frame.area(), frame.buffer_mut(), of(0))).expect("drawn");
        let buffer = terminal.backend().buffer();
        let coloured = buffer.content.iter().any(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset);
        assert_eq!(coloured, colour);
        let halted = &buffer[(13, 4)];
        assert_eq!((halted.symbol(), halted.fg == Color::Red), ("h", colour));
        assert!(halted.modifier.contains(Modifier::BOLD));
        assert!(buffer[(2, 3)].modifier.contains(Modifier::REVERSED));
    }
}

#[test]
fn the_text_has_every_partition() {
    let (system, shown) = (system(), shown());
    let view =
        View { system: &system, shown: &shown, options: &RunOptions::default(), speed: None, colour: true };
    let expected = "\
flight on x86_64   1.500 s   frame 20 ms   nothing lost   running
kernel | partition logger: stopped at 1234 ns

  partition   state     last 1 s   total  windows  missing   latest  restarts  errors
  sensor      normal      9.00 %  10.0 %       75        0   121 ns         0       0
  controller  halted 3    0.00 %  20.0 %       70        5  1210 ns         0       0
  logger      stopped     0.00 %  0.00 %        0        0     0 ns         2       3

sensor
  channel   from    to            put/s  got/s  put  got  waiting
  attitude  sensor  2 partitions     50    100   75  150        -
  task        last 1 s   total  runs
  0x0a010002    6.00 %  6.00 %    80
  TICK          3.00 %  3.33 %    75
  console
  first
  \\u{1b}[2J second

controller
  channel   from    to          put/s  got/s  put  got  waiting
  attitude  sensor  controller     50    100   75  150        -
  commands  logger  controller      0    3.0    9    6   3 of 4

logger
  channel   from    to          put/s  got/s  put  got  waiting
  attitude  sensor  logger         50    100   75  150        -
  commands  logger  controller      0    3.0    9    6   3 of 4
";
    assert_eq!(view.text(100), expected);
}

/// Lines and names are what a partition says: of what a terminal would obey nothing is left, and neither is what has
/// no end.
#[test]
fn what_partitions_say_is_text_and_bounded() {
    let watched = Watched::new(&system(), 1_000_000_000);
    let mut listener = Listener(watched.clone());
    listener.line(Speaker::Partition(0), b"\x1b]0;title\x07\xff\xc2\x9b2J\r\xe2\x80\xae", false);
    listener.line(Speaker::Partition(1), &[b'x'; 4096], false);
    listener.line(Speaker::Kernel, b"said", false);
    listener.line(Speaker::Kernel, b"a report", true);
    listener.line(Speaker::Partition(9), b"nobody", false);
    for number in 0..1_000 {
        listener.line(Speaker::Partition(2), format!("line {number}").as_bytes(), false);
    }
    let name = TaskEvent::Name { task: 1, name: "\x1b[2J".to_owned() };
    let events = vec![Event::task(1, 0, name), Event::task(2, 0, TaskEvent::SwitchIn { task: 1 })];
    let lost = vec![Lost { since: 0, time: 1, count: 7, partition: Some(0) }];
    assert_eq!(watched.come(events, lost), Some(2));
    // What has come is seen when it is due, and the end behind it.
    watched.ended("over".to_owned());
    watched.show(1);
    let early = watched.shown();
    assert_eq!((early.now.time, early.kernel.as_str(), early.ended.as_deref()), (1, "", None));
    watched.show(2);
    assert_eq!(watched.shown().ended.as_deref(), Some("over"));
    let shown = watched.shown();
    assert_eq!(shown.consoles[0], ["\\u{1b}]0;title\\u{7}\u{fffd}\\u{9b}2J\\r\\u{202e}"]);
    assert_eq!((shown.consoles[1][0].len(), shown.consoles[2].len()), (256, 100));
    assert_eq!((shown.consoles[2][99].as_str(), shown.kernel.as_str()), ("line 999", "said"));
    assert_eq!(shown.now.lost_of_tasks, 7);
    let screen = screen(&shown, (80, 24), of(0)).join("\n");
    assert!(screen.contains("\\u{1b}[2J") && !screen.contains('\x1b'), "{screen}");
}

proptest! {
    /// A screen of any size can be drawn, and has no more than it has room for.
    #[test]
    fn no_size_is_too_small(
        size in (0_u16..200, 0_u16..60),
        partition in 0_usize..5,
        wants_help in any::<bool>(),
    ) {
        let choice = Choice { partition, wants_help, ..Choice::default() };
        prop_assert!(screen(&shown(), size, choice).len() <= usize::from(size.1));
    }
}
