//! Tables whose columns are whole, or not there.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

/// How many spaces stand between two columns where there is room, and where there is not.
const BETWEEN: [usize; 2] = [2, 1];

/// What stands in a table.
pub(super) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), style: Style::new() }
    }

    pub(super) fn styled(self, style: Style) -> Self {
        Self { style, ..self }
    }
}

/// A table under its heading. The first column is text, the others are numbers where their titles end with a colon,
/// which is not shown.
pub(super) struct Table {
    titles: Vec<String>,
    rows: Vec<(Vec<Cell>, Style)>,
}

impl Table {
    pub(super) fn new<const N: usize>(titles: [&str; N]) -> Self {
        Self { titles: titles.map(str::to_owned).to_vec(), rows: Vec::new() }
    }

    pub(super) fn row<const N: usize>(&mut self, cells: [Cell; N], style: Style) {
        self.rows.push((cells.into_iter().collect(), style));
    }

    /// The lines of the table, with as many columns as are in so many characters, and at least the first.
    pub(super) fn lines(self, width: usize) -> Vec<Line<'static>> {
        let wide = |text: &str| Span::raw(text).width();
        let columns: Vec<(usize, bool)> = self
            .titles
            .iter()
            .enumerate()
            .map(|(place, title)| {
                let cells = self.rows.iter().filter_map(|(cells, _)| cells.get(place));
                let most = cells.map(|cell| wide(&cell.text)).max().unwrap_or(0);
                (most.max(wide(title.trim_end_matches(':'))), title.ends_with(':'))
            })
            .collect();
        let all: usize = columns.iter().map(|column| column.0).sum();
        let between =
            BETWEEN.into_iter().find(|it| all + it * (columns.len() - 1) <= width).unwrap_or(BETWEEN[1]);
        let mut used = 0;
        let fits = |(place, column): (usize, &(usize, bool))| {
            used += column.0 + if place == 0 { 0 } else { between };
            place == 0 || used <= width
        };
        let count = columns.iter().enumerate().map(fits).take_while(|fits| *fits).count();
        let line = |cells: Vec<Cell>, style: Style| {
            let mut spans = Vec::new();
            for (place, (cell, (most, is_number))) in cells.into_iter().zip(&columns).take(count).enumerate()
            {
                let room = " ".repeat(most.saturating_sub(wide(&cell.text)));
                let text = if *is_number { room + &cell.text } else { cell.text + &room };
                spans.push(Span::raw(" ".repeat(if place == 0 { 0 } else { between })));
                spans.push(Span::styled(text, cell.style));
            }
            Line::from(spans).style(style)
        };
        let titles = self.titles.iter().map(|title| Cell::new(title.trim_end_matches(':'))).collect();
        let heading = line(titles, Style::new().add_modifier(Modifier::BOLD));
        let rows = self.rows.into_iter().map(|(cells, style)| line(cells, style));
        std::iter::once(heading).chain(rows).collect()
    }
}

/// As much of a table as has room in so many lines: its heading, and the rows from `first` on, or from before where
/// there is room for more.
pub(super) fn cut(mut lines: Vec<Line<'static>>, room: usize, first: usize) -> Vec<Line<'static>> {
    if room > 0 && lines.len() > room {
        lines.drain(1..1 + first.min(lines.len() - room));
    }
    lines.truncate(room);
    lines
}

/// The beginning of a table, and how many rows there are more.
pub(super) fn beginning(lines: Vec<Line<'static>>, room: usize) -> Vec<Line<'static>> {
    let hidden = (lines.len() + 1).saturating_sub(room);
    let is_cut = lines.len() > room;
    let mut lines = cut(lines, room, 0);
    if let Some(last) = lines.last_mut().filter(|_| is_cut && room > 2) {
        *last = Line::raw(format!("  ... {hidden} more"));
    }
    lines
}
