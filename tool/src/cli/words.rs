//! The words of the command line, for what has to be known before it is read as a whole.

use std::env;

/// The words before `--`, behind which others' begin. Bytes that are not UTF-8 are replaced: no option has any.
pub(super) fn words() -> impl Iterator<Item = String> {
    let words = env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    words.take_while(|word| word != "--")
}
