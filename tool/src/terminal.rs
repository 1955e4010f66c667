//! What the tool knows of where its output goes.

use std::env;

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

/// Width of pictures that no terminal limits, in characters.
const WIDTH_PLAIN: usize = 80;

/// How to write to a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether colours may be used.
    pub colour: bool,
    /// Whether characters that draw may be used.
    pub drawing: bool,
    /// Whether it is a terminal, which shows lines that have not ended.
    pub terminal: bool,
    /// How many characters fit in a line.
    pub width: usize,
}

impl Look {
    /// For pipes and files: no colours, 80 characters.
    #[must_use]
    pub const fn plain() -> Self {
        Self { colour: false, drawing: false, terminal: false, width: WIDTH_PLAIN }
    }

    /// For a stream: coloured on a terminal that has colours. `--color`, `NO_COLOR` and `CLICOLOR_FORCE` decide before.
    #[must_use]
    pub fn of(stream: &impl RawStream) -> Self {
        let colour = AutoStream::choice(stream) != ColorChoice::Never;
        let terminal = stream.is_terminal();
        let width = if terminal { terminal_size::terminal_size() } else { None };
        let width = width.map_or(WIDTH_PLAIN, |(width, _)| usize::from(width.0));
        Self { colour, drawing: colour && is_utf_8(), terminal, width: width.clamp(40, 200) }
    }

    /// Text in a style, if colours may be used.
    #[must_use]
    pub fn paint(self, style: Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// Whether the user's characters are those of UTF-8, as far as the environment says (POSIX.1-2017, 8.2).
pub(crate) fn is_utf_8() -> bool {
    let named =
        ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(env::var_os).find(|name| !name.is_empty());
    named.is_some_and(|name| {
        let name = name.to_string_lossy().to_lowercase();
        name.ends_with("utf-8") || name.ends_with("utf8")
    })
}

/// Colours of partitions, told apart on dark and light backgrounds.
const PARTITION_COLOURS: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Yellow,
    AnsiColor::Blue,
    AnsiColor::BrightRed,
];

/// The colour in which a partition's name appears everywhere.
#[must_use]
pub const fn partition_colour(number: usize) -> AnsiColor {
    PARTITION_COLOURS[number % PARTITION_COLOURS.len()]
}

/// The style in which a partition's name appears everywhere.
#[must_use]
pub fn partition_style(number: usize) -> Style {
    Style::new().fg_color(Some(partition_colour(number).into()))
}

/// The style of what matters less.
#[must_use]
pub const fn faint() -> Style {
    Style::new().dimmed()
}

/// The style of headings.
#[must_use]
pub const fn heading() -> Style {
    Style::new().bold()
}
