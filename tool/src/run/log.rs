//! QEMU's log of what came to a run from outside, by which the run is repeated to the instruction.

use std::path::PathBuf;

use super::outcome::Ending;

/// What QEMU does with its log.
///
/// With one, time is counted by instructions, and what idles waits as long on the host: QEMU takes no input where
/// idling takes no time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Log {
    /// It writes it to this file.
    Record(PathBuf),
    /// It takes from this file what comes from outside.
    Replay {
        /// The file.
        path: PathBuf,
        /// How the run ended that is repeated, if it did not end by itself.
        cut_short: Option<Ending>,
        /// Whether that run told the kernel for whom each byte of input is.
        chooses_input: bool,
    },
}

impl Log {
    /// QEMU's words for it, to follow those about instructions.
    pub(super) fn words(&self) -> String {
        let (what, path) = match self {
            Self::Record(path) => ("record", path),
            Self::Replay { path, .. } => ("replay", path),
        };
        // A comma in a value is written twice.
        format!("rr={what},rrfile={}", path.to_string_lossy().replace(',', ",,"))
    }

    /// How a run has ended whose log has come to its end before the system has.
    pub(super) fn cut_short(&self) -> Option<Ending> {
        match self {
            Self::Replay { cut_short, .. } => cut_short.clone(),
            Self::Record(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_in_a_path_is_no_comma_of_qemus() {
        assert_eq!(Log::Record("/a,b/log".into()).words(), "rr=record,rrfile=/a,,b/log");
    }
}
