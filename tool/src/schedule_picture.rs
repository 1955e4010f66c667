//! The schedule as a picture in characters: a row for each partition over the major frame, with a time axis.

use std::fmt::Write as _;

use crate::system_file::schedule::Schedule;
use crate::system_file::{System, Window};
use crate::terminal::{Look, faint, partition_style};
use crate::units::duration_text;

/// The narrowest and widest a row's field for the time gets, in characters.
const FIELD: (usize, usize) = (20, 120);

/// A row of a picture.
#[derive(Clone, Debug)]
pub struct Row {
    /// What stands before it.
    pub label: String,
    /// Number of the partition, for the colour.
    pub partition: usize,
    /// The windows that are drawn in it.
    pub windows: Vec<Window>,
    /// What stands behind it.
    pub note: String,
}

/// The picture of one of a system's schedules, lines ended by newlines.
#[must_use]
pub fn picture(system: &System, schedule: &Schedule, look: Look) -> String {
    let rows: Vec<Row> = system
        .partitions
        .iter()
        .enumerate()
        .map(|(number, partition)| Row {
            label: partition.name.clone(),
            partition: number,
            windows: schedule.windows.iter().copied().filter(|window| window.partition == number).collect(),
            note: format!("{:>5} %", percent(schedule.time_of(number), schedule.major_frame)),
        })
        .collect();
    rows_picture(&rows, schedule.major_frame, look)
}

/// The picture of rows over a major frame of this many nanoseconds, lines ended by newlines.
#[must_use]
pub fn rows_picture(rows: &[Row], major_frame: u64, look: Look) -> String {
    let widest = |length: fn(&Row) -> usize| rows.iter().map(length).max().unwrap_or(0);
    let label_width = widest(|row| row.label.chars().count());
    let note_width = widest(|row| row.note.chars().count());
    let field = look.width.saturating_sub(label_width + note_width + 6).clamp(FIELD.0, FIELD.1);
    let mut out = String::new();
    for row in rows {
        let label = look.paint(partition_style(row.partition), &format!("{:label_width$}", row.label));
        let cells = cells(&row.windows, major_frame, field, row.partition, look);
        let _ = writeln!(out, "  {label} |{cells}| {}", row.note);
    }
    axis(&mut out, major_frame, field, label_width + 3, look);
    out
}

/// A part of the whole in percent, with one decimal place.
#[must_use]
pub fn percent(part: u64, whole: u64) -> String {
    let tenths = (u128::from(part) * 1000 + u128::from(whole) / 2) / u128::from(whole.max(1));
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// A partition's row: each character is a part of the frame, drawn full if a window covers at least half of it.
/// Every window is at least one character wide.
fn cells(windows: &[Window], frame: u64, field: usize, number: usize, look: Look) -> String {
    let mut full = vec![false; field];
    for window in windows {
        let first = nearest_cell(window.start, frame, field).min(field - 1);
        let end = nearest_cell(window.end(), frame, field).clamp(first + 1, field);
        full[first..end].fill(true);
    }
    let (on, off) = if look.drawing { ('█', '·') } else { ('#', '.') };
    let mut out = String::new();
    for cells in full.chunk_by(|first, second| first == second) {
        let text: String = std::iter::repeat_n(if cells[0] { on } else { off }, cells.len()).collect();
        let style = if cells[0] { partition_style(number) } else { faint() };
        out += &look.paint(style, &text);
    }
    out
}

/// The cell boundary that is nearest to a time.
fn nearest_cell(time: u64, frame: u64, field: usize) -> usize {
    let frame = u128::from(frame.max(1));
    ((u128::from(time) * field as u128 + frame / 2) / frame) as usize
}

/// The time axis: a line of ticks at round times, and their times below.
fn axis(out: &mut String, frame: u64, field: usize, indent: usize, look: Look) {
    let step = round_step(frame, field);
    let mut ticks: Vec<char> = vec!['-'; field + 1];
    let mut labels: Vec<char> = vec![' '; field + 12];
    let mut free = 0;
    let mut time = 0;
    while time <= frame {
        let cell = nearest_cell(time, frame, field);
        ticks[cell.min(field)] = '+';
        let label = if time == 0 { "0".to_owned() } else { duration_text(time) };
        let length = label.chars().count();
        if cell >= free && cell + length <= labels.len() {
            for (place, character) in labels[cell..].iter_mut().zip(label.chars()) {
                *place = character;
            }
            free = cell + length + 1;
        }
        time += step;
    }
    let ticks: String = ticks.into_iter().collect();
    let labels: String = labels.into_iter().collect();
    let _ = writeln!(out, "{:indent$}{}", "", look.paint(faint(), &ticks));
    let _ = writeln!(out, "{:indent$}{}", "", look.paint(faint(), labels.trim_end()));
}

/// A step of 1, 2 or 5 times a power of ten nanoseconds that leaves room for the labels.
fn round_step(frame: u64, field: usize) -> u64 {
    let most = (field / 9).max(1) as u64;
    let mut decade = 1_u64;
    loop {
        for factor in [1, 2, 5] {
            let step = decade.saturating_mul(factor);
            if frame / step <= most {
                return step;
            }
        }
        decade = decade.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cells(start: u64, duration: u64, frame: u64) -> String {
        super::cells(&[Window { partition: 0, start, duration }], frame, 10, 0, Look::plain())
    }

    #[test]
    fn windows_become_cells() {
        assert_eq!(cells(0, 20, 100), "##........");
        assert_eq!(cells(20, 30, 100), "..###.....");
        assert_eq!(cells(90, 10, 100), ".........#");
        assert_eq!(cells(99, 1, 100), ".........#");
        assert_eq!(cells(50, 1, 100), ".....#....");
        assert_eq!(cells(0, 100, 100), "##########");
    }

    #[test]
    fn steps_are_round() {
        assert_eq!(round_step(100_000_000, 60), 20_000_000);
        assert_eq!(round_step(1_000, 60), 200);
        assert_eq!(round_step(3_600_000_000_000, 60), 1_000_000_000_000);
    }

    #[test]
    fn percents() {
        assert_eq!(percent(1, 3), "33.3");
        assert_eq!(percent(100, 100), "100.0");
        assert_eq!(percent(1, u64::MAX), "0.0");
    }

    proptest! {
        #[test]
        fn any_window_can_be_drawn(
            frame in 1_000_u64..=3_600_000_000_000,
            start: u64,
            duration: u64,
            field in 20_usize..120,
        ) {
            let start = start % frame;
            let duration = 1 + duration % (frame - start);
            let window = Window { partition: 0, start, duration };
            let drawn = super::cells(&[window], frame, field, 0, Look::plain());
            prop_assert_eq!(drawn.chars().count(), field);
            prop_assert!(drawn.contains('#'));
            let mut out = String::new();
            axis(&mut out, frame, field, 0, Look::plain());
            prop_assert!(out.starts_with('+'));
        }
    }
}
