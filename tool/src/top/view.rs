//! The view: lines for a screen of any size, or as text.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use crate::diagnostics::visible::spelled;
use crate::run::{RunOptions, Variation};
use crate::system_file::System;
use crate::terminal::partition_colour;
use crate::units::{duration_rounded, duration_text};

use super::channels::channels;
use super::choice::Choice;
use super::help::HELP;
use super::partitions::{Styles, partitions, tasks};
use super::table::{beginning, cut};
use super::watched::Shown;

/// How many lines of a console are in the text.
const LINES_IN_TEXT: usize = 10;

/// What stands below.
const KEYS: &str = "q quit   Tab partition   p pause   ? help";

/// What is known of a system, to be shown.
pub(crate) struct View<'a> {
    /// The system.
    pub(crate) system: &'a System,
    /// What is known of it.
    pub(crate) shown: &'a Shown,
    /// How it is run.
    pub(crate) options: &'a RunOptions,
    /// How many times as fast as here time passes there, where that is known.
    pub(crate) speed: Option<f64>,
    /// Whether colours may be used.
    pub(crate) colour: bool,
}

impl Styles for View<'_> {
    fn partition(&self, number: usize) -> Style {
        let style = Style::new();
        if self.colour { style.fg(colour(number)) } else { style }
    }

    fn wrong(&self) -> Style {
        let style = Style::new().add_modifier(Modifier::BOLD);
        if self.colour { style.fg(Color::Red) } else { style }
    }
}

/// The colour in which a partition's name appears everywhere.
fn colour(partition: usize) -> Color {
    use anstyle::AnsiColor;
    match partition_colour(partition) {
        AnsiColor::Cyan => Color::Cyan,
        AnsiColor::Green => Color::Green,
        AnsiColor::Magenta => Color::Magenta,
        AnsiColor::Yellow => Color::Yellow,
        AnsiColor::Blue => Color::Blue,
        _ => Color::LightRed,
    }
}

impl View<'_> {
    /// Draws it into a part of a screen.
    pub(crate) fn draw(&self, area: Rect, buffer: &mut Buffer, choice: Choice) {
        for (row, line) in (area.top()..area.bottom()).zip(self.screen(area.width, area.height, choice)) {
            buffer.set_line(area.x, row, &line, area.width);
        }
    }

    /// The lines of a screen of this size, at most as many as it has.
    fn screen(&self, width: u16, height: u16, choice: Choice) -> Vec<Line<'static>> {
        let (width, height) = (usize::from(width), usize::from(height));
        let mut lines = vec![self.heading(choice)];
        // What is known of one partition is worth more than the kernel's last line.
        if height > 6 {
            lines.push(self.kernel());
        }
        let room = height.saturating_sub(lines.len() + 1);
        let mut body = if choice.wants_help {
            HELP.iter().map(|line| Line::raw(*line)).collect()
        } else {
            self.body(width, room, choice.partition)
        };
        body.truncate(room);
        body.resize(room, Line::default());
        lines.append(&mut body);
        lines.push(Line::raw(KEYS).style(Style::new().add_modifier(Modifier::BOLD)));
        lines.truncate(height);
        lines
    }

    /// The view as text: what is known of each partition.
    pub(crate) fn text(&self, width: usize) -> String {
        let mut lines = vec![self.heading(Choice::default()), self.kernel(), Line::default()];
        lines.extend(partitions(self.system, &self.shown.now, None, self).lines(width));
        for (number, partition) in self.system.partitions.iter().enumerate() {
            lines.extend([Line::default(), Line::raw(spelled(&partition.name))]);
            let (channels, tasks) = self.tables(number, width);
            lines.extend(channels.into_iter().chain(tasks));
            lines.extend(self.console(number, LINES_IN_TEXT + 1));
        }
        let mut text = String::new();
        for line in lines {
            // Writing into memory does not fail.
            let _ = writeln!(text, "{}", line.to_string().trim_end());
        }
        text
    }

    /// What the system is, and how far it has come.
    fn heading(&self, choice: Choice) -> Line<'static> {
        let (system, now) = (self.system, &self.shown.now);
        let time = format!("{}.{:03} s", now.time / 1_000_000_000, now.time / 1_000_000 % 1_000);
        let mut parts = vec![format!("{} on {}", spelled(&system.name), system.processor.name()), time];
        if let Some(schedule) = system.schedules.get(now.schedule) {
            let frame = duration_rounded(schedule.major_frame);
            let name =
                if system.schedules.len() > 1 { spelled(&schedule.name) + ", " } else { String::new() };
            parts.push(format!("{name}frame {frame}"));
        }
        let lost = match (now.lost, now.lost_of_tasks) {
            (0, 0) => Span::raw("nothing lost"),
            (kernel, 0) => Span::styled(format!("{kernel} records lost"), self.wrong()),
            (kernel, tasks) => Span::styled(format!("{kernel} records lost, {tasks} of tasks"), self.wrong()),
        };
        let state = match (&self.shown.ended, self.speed) {
            (Some(how), _) => format!("ended: {how}"),
            _ if choice.is_paused => "paused".to_owned(),
            (None, Some(speed)) => format!("running, {speed:.1} times as fast as here"),
            (None, None) => "running".to_owned(),
        };
        // Behind what changes, of which a narrow screen has room.
        let seed = self.options.variation.map_or_else(String::new, |Variation { seed, jitter }| {
            format!("   varied with seed {seed}, up to {}", duration_text(jitter))
        });
        let bold = Style::new().add_modifier(Modifier::BOLD);
        Line::from(vec![
            Span::styled(parts.join("   "), bold),
            Span::raw("   "),
            lost,
            Span::raw("   "),
            Span::styled(state, bold),
            Span::raw(seed),
        ])
    }

    fn kernel(&self) -> Line<'static> {
        Line::raw(format!("kernel | {}", self.shown.kernel))
    }

    /// The figures, in so many lines.
    fn body(&self, width: usize, room: usize, chosen: usize) -> Vec<Line<'static>> {
        let table = partitions(self.system, &self.shown.now, Some(chosen), self).lines(width);
        let rows = table.len().min(room.min(4).max(room / 2));
        // The partition that is chosen is in sight.
        let first = (chosen + 2).saturating_sub(rows);
        let mut lines = cut(table, rows, first);
        let (channels, tasks) = self.tables(chosen, width);
        let said = self.console(chosen, usize::MAX).len();
        let left = |lines: &[Line<'_>]| room.saturating_sub(lines.len());
        let others = [tasks.len() + said, said];
        for (table, parts, others) in [(channels, 3, others[0]), (tasks, 2, others[1])] {
            let left = left(&lines);
            let most = left.saturating_sub(others).max(left / parts);
            if most > 1 {
                lines.extend(beginning(table, most));
            }
        }
        lines.extend(self.console(chosen, left(&lines)));
        lines
    }

    /// The channels and the tasks of a partition, where it has some.
    fn tables(&self, partition: usize, width: usize) -> (Vec<Line<'static>>, Vec<Line<'static>>) {
        let now = &self.shown.now;
        let channels = channels(self.system, now, partition).map(|table| table.lines(width));
        let tasks = tasks(now, partition).map(|table| table.lines(width));
        (channels.unwrap_or_default(), tasks.unwrap_or_default())
    }

    /// The last lines of a partition's console under a heading, in so many lines; and where it is, if that is
    /// elsewhere.
    fn console(&self, partition: usize, room: usize) -> Vec<Line<'static>> {
        let said = self.shown.consoles.get(partition).map_or(&[][..], Vec::as_slice);
        let places = self.options.consoles.places(partition);
        if room == 0 || (places.is_empty() && (room == 1 || said.is_empty())) {
            return Vec::new();
        }
        let heading = match &places[..] {
            [] => "  console".to_owned(),
            places => format!("  console: {}", spelled(&places.join(", "))),
        };
        let heading = Line::raw(heading).style(Style::new().add_modifier(Modifier::BOLD));
        let said = said.iter().skip(said.len().saturating_sub(room - 1));
        std::iter::once(heading).chain(said.map(|line| Line::raw(format!("  {line}")))).collect()
    }
}
