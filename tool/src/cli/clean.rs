//! `bulkhead clean`: removes what builds have made, and says what that was.

use std::io::{self, Write as _};
use std::path::Path;

use crate::build;
use crate::clean;
use crate::error::Result;

use super::arguments::CleanArguments;
use super::print;

pub(super) fn clean(arguments: &CleanArguments) -> Result<()> {
    let mut waiting = |folder: &Path| {
        let _ = writeln!(io::stderr(), "note: waiting for a build in {}", folder.display());
    };
    let cleaned = match &arguments.output {
        Some(output) => clean::clean_output(output, &mut waiting)?,
        None => clean::clean(&build::system_file_path(&arguments.file), &mut waiting)?,
    };
    for path in &cleaned.left {
        let _ = writeln!(
            io::stderr(),
            "note: left, because it was not made by `bulkhead build`: {}",
            path.display()
        );
    }
    let lines: Vec<String> =
        cleaned.removed.iter().map(|path| format!("removed {}\n", path.display())).collect();
    print(&if lines.is_empty() { "nothing to remove\n".to_owned() } else { lines.concat() })
}
