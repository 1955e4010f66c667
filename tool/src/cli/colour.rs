//! When to use colour: `--color` decides, else `NO_COLOR` and `CLICOLOR_FORCE`, else whether there is a terminal.

use anstream::ColorChoice;
use clap::ValueEnum;

use super::words::words;

/// What `--color` may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    /// On a terminal, unless NO_COLOR is set, and wherever CLICOLOR_FORCE is
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Colour {
    /// Makes it the choice for all that the tool writes.
    pub(super) fn choose(self) {
        let choice = match self {
            Self::Auto => ColorChoice::Auto,
            Self::Always => ColorChoice::Always,
            Self::Never => ColorChoice::Never,
        };
        choice.write_global();
    }
}

/// What the command line says, before it is read as a whole: what is wrong with it is shown in colour, too.
pub(super) fn asked() -> Colour {
    let mut words = words();
    let mut asked = None;
    while let Some(word) = words.next() {
        if word == "--color" {
            asked = words.next();
        } else if let Some(value) = word.strip_prefix("--color=") {
            asked = Some(value.to_owned());
        }
    }
    asked.and_then(|value| Colour::from_str(&value, false).ok()).unwrap_or_default()
}
