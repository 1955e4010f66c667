//! What shells and `man` know of the command, made of its arguments: completions and manual pages.

use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::error::Result;
use crate::files::{cannot, create_folder};

use super::arguments::Arguments;

/// The completions for a shell.
pub(super) fn completions(shell: Shell) -> String {
    let mut command = Arguments::command();
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command, "bulkhead", &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// Writes a manual page for each command into a folder.
pub(super) fn manual(folder: &Path) -> Result<()> {
    create_folder(folder)?;
    clap_mangen::generate_to(Arguments::command(), folder).map_err(|error| cannot("written", folder, &error))
}
