//! A stretch of a timeline as a picture: of each partition the configured windows above what was observed, its tasks
//! below, and messages as arrows. What is drawn is a list of shapes, which [`svg()`] and [`pdf()`] write.
//!
//! Colours are those of Okabe and Ito, which the colour-blind tell apart
//! (<https://jfly.uni-koeln.de/color/>); what the processor did for a partition is told by how full they are, too.

mod helvetica;
mod pdf;
mod svg;

use std::collections::BTreeSet;

use crate::shown::shown;
use crate::tracks::lost_text;
use crate::{Activity, Configured, Gap, Observed, Span, Task, TaskSpan, Timeline};

/// Okabe's and Ito's colours, in an order in which neighbours differ most; partitions take them in turn.
pub(crate) const COLOURS: [&str; 7] =
    ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442"];

/// How full something is drawn; what the processor did has places in this list.
pub(crate) const OPACITIES: [f64; 5] = [1.0, 0.8, 0.6, 0.25, 0.1];
/// The place of windows.
pub(crate) const WINDOW: usize = 0;
/// The place of what tasks and handlers do.
pub(crate) const TASK_RUNS: usize = 1;

/// What the processor does for a partition, in words, and the place of that in [`OPACITIES`].
pub(crate) const fn look(activity: Activity) -> (&'static str, usize) {
    match activity {
        Activity::Runs => ("runs", WINDOW),
        Activity::Prepares => ("is prepared", 2),
        Activity::Idles => ("idles", 3),
        Activity::Ended => ("has ended", 4),
    }
}

const INK: &str = "#111827";
const GREY: &str = "#6b7280";
const LINE: &str = "#d1d5db";
const PAPER: &str = "#ffffff";

/// Measures in units of the picture, which are pixels where nobody scales it.
const WIDTH: f64 = 1200.0;
const MARGIN: f64 = 16.0;
const NAMES: f64 = 190.0;
/// Half of the last time at the axis, at least.
const RIGHT: f64 = 36.0;
const TITLE: f64 = 40.0;
const CONFIGURED: f64 = 8.0;
const OBSERVED: f64 = 18.0;
const TASK: f64 = 10.0;
const GAP: f64 = 4.0;
const BETWEEN: f64 = 14.0;
const AXIS: f64 = 36.0;

/// What is nearer than this to what was drawn last in a row is part of it, so that a picture of a long time has no more
/// parts than can be seen.
const FINEST: f64 = 0.25;

/// About how many times are written at the axis.
const TIMES: u64 = 10;

/// The picture of the time between two times, in nanoseconds of the clock, as an SVG document.
#[must_use]
pub fn svg(timeline: &Timeline, begin: u64, end: u64) -> String {
    svg::written(&drawing(timeline, begin, end))
}

/// The same as a PDF document of one page. What is said of a part in SVG is not in it.
#[must_use]
pub fn pdf(timeline: &Timeline, begin: u64, end: u64) -> Vec<u8> {
    pdf::written(&drawing(timeline, begin, end))
}

/// A picture: its title, how high it is, and what is in it, from behind to the front.
struct Drawing {
    title: String,
    height: f64,
    shapes: Vec<Shape>,
}

/// Something that is drawn. Places are from the left upper corner on, names and texts as they are to be shown.
enum Shape {
    /// An area: its left upper corner, width and height, how full it is, and what is said of it, if anything.
    Area {
        place: (f64, f64, f64, f64),
        colour: &'static str,
        opacity: f64,
        said: String,
    },
    Line {
        start: (f64, f64),
        end: (f64, f64),
        colour: &'static str,
    },
    /// A text: a place on the line that it stands on, and which part of the text is there.
    Text {
        place: (f64, f64),
        anchor: Anchor,
        colour: &'static str,
        said: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Anchor {
    Start,
    Middle,
    End,
}

/// The font's size.
const FONT_SIZE: f64 = 12.0;

fn drawing(timeline: &Timeline, begin: u64, end: u64) -> Drawing {
    let tasks = timeline.tasks();
    let mut picture = Picture {
        timeline,
        begin,
        end: end.max(begin.saturating_add(1)),
        configured: timeline.configured(begin, end.max(begin.saturating_add(1))),
        windows: timeline.windows(),
        running: timeline.running(),
        gaps: timeline.gaps(),
        spans: vec![Vec::new(); tasks.len()],
        tasks,
    };
    for span in timeline.spans_of(&picture.tasks) {
        if let Some(spans) = picture.spans.get_mut(span.task) {
            spans.push(span);
        }
    }
    picture.drawing()
}

struct Picture<'a> {
    timeline: &'a Timeline,
    begin: u64,
    end: u64,
    configured: Vec<Configured>,
    windows: Vec<Observed>,
    running: Vec<Span>,
    gaps: Vec<Gap>,
    tasks: Vec<Task>,
    /// Of each task.
    spans: Vec<Vec<TaskSpan>>,
}

/// A stretch of a row: where it is, how it is filled, and what is said of it.
struct Bar {
    begin: u64,
    end: u64,
    opacity: f64,
    said: String,
}

impl Picture<'_> {
    fn drawing(&self) -> Drawing {
        let partitions = &self.timeline.system.partitions;
        let mut rows = Vec::new();
        let mut y = TITLE + CONFIGURED;
        for partition in 0..partitions.len() {
            rows.push(y);
            let own = self.tasks.iter().filter(|task| task.partition == partition).count();
            y += CONFIGURED + GAP + OBSERVED + own as f64 * (TASK + GAP) + BETWEEN;
        }
        let (bottom, height) = (y, y + AXIS + MARGIN);
        let title =
            format!("{}: {} to {}", self.timeline.system.name, time_text(self.begin), time_text(self.end));
        let title = shown(&title);
        let mut shapes = vec![
            area((0.0, 0.0, WIDTH, height), PAPER, 1.0, ""),
            text((MARGIN, MARGIN + 8.0), Anchor::Start, INK, &title),
        ];
        let key = "thin: configured windows; full: runs; pale: idle; lines: messages";
        shapes.push(text((WIDTH - MARGIN, MARGIN + 8.0), Anchor::End, GREY, key));
        self.gaps(&mut shapes, &rows, bottom);
        self.axis(&mut shapes, bottom);
        for (partition, row) in rows.iter().enumerate() {
            self.partition(&mut shapes, partition, *row);
        }
        self.arrows(&mut shapes, &rows);
        Drawing { title, height, shapes }
    }

    /// Whether something of this is in the stretch.
    const fn has(&self, begin: u64, end: u64) -> bool {
        end > self.begin && begin < self.end
    }

    /// Where a time is.
    fn x(&self, time: u64) -> f64 {
        let share = time.clamp(self.begin, self.end) - self.begin;
        NAMES + share as f64 / (self.end - self.begin) as f64 * (WIDTH - NAMES - RIGHT)
    }

    fn axis(&self, shapes: &mut Vec<Shape>, y: f64) {
        let step = step(self.end - self.begin);
        let first = self.begin.div_ceil(step) * step;
        for time in (first..=self.end).step_by(step as usize) {
            let x = self.x(time);
            shapes.push(line((x, TITLE), (x, y + 4.0), LINE));
            shapes.push(text((x, y + 18.0), Anchor::Middle, GREY, &time_text(time)));
        }
    }

    fn partition(&self, shapes: &mut Vec<Shape>, partition: usize, y: f64) {
        let timeline = self.timeline;
        let colour = COLOURS[partition % COLOURS.len()];
        let configured = self.configured.iter().filter(|it| it.partition == partition).map(|it| Bar {
            begin: it.start,
            end: it.end,
            opacity: 1.0,
            said: format!("window {}: {} to {}", it.number, time_text(it.start), time_text(it.end)),
        });
        self.row(shapes, configured, (y, CONFIGURED / 2.0), colour);
        let y = y + CONFIGURED + GAP;
        shapes.push(text(
            (MARGIN, y + OBSERVED / 2.0 + 4.0),
            Anchor::Start,
            INK,
            &timeline.partition_name(partition),
        ));
        let running = self.running.iter().filter(|it| it.partition == partition);
        let running = running.filter(|it| self.has(it.begin, it.end)).map(|it| {
            let (does, opacity) = look(it.activity);
            let behind = self.windows.partition_point(|window| window.begin <= it.begin);
            let window = behind.checked_sub(1).and_then(|before| self.windows.get(before));
            let window = window.filter(|window| window.partition == partition && it.begin < window.end);
            let late = window.map(|it| format!(", in a window {} ns late", it.late)).unwrap_or_default();
            let said = format!("{does} {} to {}{late}", time_text(it.begin), time_text(it.end));
            Bar { begin: it.begin, end: it.end, opacity: OPACITIES[opacity], said }
        });
        self.row(shapes, running, (y, OBSERVED), colour);
        let mut y = y + OBSERVED + GAP;
        for (number, task) in self.tasks.iter().enumerate().filter(|(_, task)| task.partition == partition) {
            let title = task.title();
            shapes.push(text((MARGIN + 12.0, y + TASK - 1.0), Anchor::Start, GREY, &title));
            let own = self.spans.get(number).into_iter().flatten();
            let own = own.filter(|it| self.has(it.begin, it.end)).map(|span| {
                let said = format!("{title} {} to {}", time_text(span.begin), time_text(span.end));
                Bar { begin: span.begin, end: span.end, opacity: OPACITIES[TASK_RUNS], said }
            });
            self.row(shapes, own, (y, TASK), colour);
            y += TASK + GAP;
        }
    }

    /// Draws what of a row is in the stretch.
    fn row(
        &self,
        shapes: &mut Vec<Shape>,
        bars: impl Iterator<Item = Bar>,
        (y, height): (f64, f64),
        colour: &'static str,
    ) {
        let mut drawn = f64::MIN;
        for bar in bars.filter(|bar| self.has(bar.begin, bar.end)) {
            let (left, right) = (self.x(bar.begin), self.x(bar.end));
            if right < drawn + FINEST {
                continue;
            }
            drawn = right.max(left + 2.0 * FINEST);
            shapes.push(area((left, y, drawn - left, height), colour, bar.opacity, &bar.said));
        }
    }

    /// Grey behind the rows of which records are missing.
    fn gaps(&self, shapes: &mut Vec<Shape>, rows: &[f64], bottom: f64) {
        for partition in std::iter::once(None).chain((0..rows.len()).map(Some)) {
            let (top, end) = match partition {
                None => (TITLE, bottom),
                Some(number) => {
                    (rows[number], rows.get(number + 1).map_or(bottom, |next| *next) - BETWEEN / 2.0)
                }
            };
            let gaps = self.gaps.iter().filter(|gap| gap.partition == partition);
            let bars = gaps.map(|gap| {
                let said =
                    format!("{} {} to {}", lost_text(gap.count), time_text(gap.begin), time_text(gap.end));
                Bar { begin: gap.begin, end: gap.end, opacity: 0.35, said }
            });
            self.row(shapes, bars, (top, end - top), GREY);
        }
    }

    fn arrows(&self, shapes: &mut Vec<Shape>, rows: &[f64]) {
        let middle = CONFIGURED + GAP + OBSERVED / 2.0;
        let mut drawn = BTreeSet::new();
        for message in self.timeline.messages() {
            let (Some(put), Some(got)) =
                (self.timeline.events.get(message.put), self.timeline.events.get(message.got))
            else {
                continue;
            };
            let row = |partition: Option<usize>| rows.get(partition?).copied();
            let Some((from, to)) = row(put.partition).zip(row(got.partition)) else { continue };
            if got.time < self.begin || put.time > self.end {
                continue;
            }
            let (start, end) = ((self.x(put.time), from + middle), (self.x(got.time), to + middle));
            let place = |value: f64| (value / FINEST) as u64;
            if drawn.insert((place(start.0), place(start.1), place(end.0), place(end.1))) {
                shapes.push(line(start, end, INK));
                shapes.push(area((end.0 - 2.0, end.1 - 2.0, 4.0, 4.0), INK, 1.0, ""));
            }
        }
    }
}

/// How far apart the times at the axis are: 1, 2 or 5 times a power of ten.
fn step(length: u64) -> u64 {
    let mut step = 1;
    for factor in [2, 5, 10].into_iter().cycle() {
        if length / step <= TIMES {
            break;
        }
        let power = 10_u64.pow(step.ilog10());
        step = power * factor;
    }
    step
}

/// A time in the unit in which it is short.
fn time_text(time: u64) -> String {
    let (unit, name) = match time {
        0 => return "0".to_owned(),
        time if time.is_multiple_of(1_000_000) => (1_000_000, "ms"),
        time if time.is_multiple_of(1_000) => (1_000, "µs"),
        _ => (1, "ns"),
    };
    format!("{} {name}", time / unit)
}

fn area(place: (f64, f64, f64, f64), colour: &'static str, opacity: f64, said: &str) -> Shape {
    Shape::Area { place, colour, opacity, said: shown(said) }
}

const fn line(start: (f64, f64), end: (f64, f64), colour: &'static str) -> Shape {
    Shape::Line { start, end, colour }
}

fn text(place: (f64, f64), anchor: Anchor, colour: &'static str, said: &str) -> Shape {
    Shape::Text { place, anchor, colour, said: shown(said) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_of_the_documentation_is_that_of_the_example() {
        let picture = svg(&crate::tests::timeline(), 0, 4_000);
        let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/timeline.svg");
        let before = std::fs::read_to_string(committed).unwrap_or_default();
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            std::fs::write(committed, &picture).expect("the picture");
        }
        assert_eq!(before, picture, "UPDATE_EXPECTED=1 writes it anew");
    }

    #[test]
    fn names_are_no_markup() {
        let mut timeline = crate::tests::timeline();
        timeline.system.name = "</title><script>\u{1b}".to_owned();
        timeline.system.partitions[0].name = "a<b & \"c\"".to_owned();
        let picture = svg(&timeline, 0, 4_000);
        assert!(!picture.contains("<script"), "{picture}");
        assert!(picture.contains("&lt;/title&gt;&lt;script&gt;\u{fffd}"), "{picture}");
        assert!(picture.contains(">a&lt;b &amp; "), "{picture}");
    }

    /// Of the kernel's records behind all rows, of a partition's behind its own.
    #[test]
    fn what_is_missing_is_grey() {
        let mut timeline = crate::tests::timeline();
        let lost = |since, time, count, partition| crate::Lost { since, time, count, partition };
        timeline.lost.extend([lost(600, 900, 7, None), lost(1_000, 1_100, 1, Some(1))]);
        let grey: Vec<String> = drawing(&timeline, 0, 4_000)
            .shapes
            .iter()
            .filter_map(|shape| match shape {
                Shape::Area { place: (_, y, _, height), colour: GREY, said, .. } => {
                    Some(format!("{said}: {y} {height}"))
                }
                _ => None,
            })
            .collect();
        let expected = ["7 records lost 600 ns to 900 ns: 40 96", "1 record lost 1 µs to 1100 ns: 92 37"];
        assert_eq!(grey, expected);
    }

    #[test]
    fn a_long_time_has_no_more_parts_than_can_be_seen() {
        let mut timeline = crate::tests::timeline();
        timeline.events.truncate(1);
        let picture = svg(&timeline, 0, 1_000_000_000);
        // Two million windows are configured.
        assert!(picture.matches("<rect").count() < 10_000);
    }

    #[test]
    fn times_at_the_axis_are_round() {
        assert_eq!([1, 10, 11, 100, 4_000, 20_000_000].map(step), [1, 1, 2, 10, 500, 2_000_000]);
        assert_eq!([0, 1_500, 2_000, 20_000_000].map(time_text), ["0", "1500 ns", "2 µs", "20 ms"]);
    }
}
