//! A compiler's messages, with the paths that the user sees from where the tool was started.
//!
//! Compilers run in the system's folder, so that what they make does not depend on where the tool was started. What
//! they say of files is told from the user's folder: editors find it there.

use std::path::{Path, PathBuf};

/// What stands before a path at the beginning of a line, where anything does.
const BEFORE: [&str; 2] = ["In file included from ", "                 from "];

/// The messages of a compiler that has run in this folder: each path of a file there that begins a line begins with the
/// folder.
pub(crate) fn from_here(text: &str, folder: &Path) -> String {
    if folder.as_os_str().is_empty() || folder == Path::new(".") {
        return text.to_owned();
    }
    text.split_inclusive('\n').map(|line| line_from_here(line, folder)).collect()
}

fn line_from_here(line: &str, folder: &Path) -> String {
    let start = path_start(line);
    let path = &line[start..];
    // Such as "main.c:3:5: error: ...", "main.c: In function 'f':", and "main.c:1," behind "from".
    let ends = path.match_indices(':').map(|(end, _)| &path[..end]);
    match ends
        .filter(|path| !path.is_empty() && Path::new(path).is_relative())
        .find(|path| folder.join(path).is_file())
    {
        // Collecting the components leaves out `.`.
        Some(_) => {
            let path: PathBuf = folder.join(path).components().collect();
            format!("{}{}", &line[..start], path.display())
        }
        None => line.to_owned(),
    }
}

/// Where a path in a line would begin: behind colours and [`BEFORE`].
fn path_start(line: &str) -> usize {
    let mut start = 0;
    loop {
        let rest = &line[start..];
        let colour = rest.strip_prefix("\x1b[").and_then(|rest| rest.split_once(['m', 'K']));
        let before = BEFORE.iter().find_map(|before| rest.strip_prefix(before));
        let Some(behind) = colour.map(|(_, behind)| behind).or(before) else { return start };
        start = line.len() - behind.len();
    }
}

#[cfg(test)]
mod tests {
    use super::from_here;
    use std::path::Path;

    #[test]
    fn paths_are_told_from_where_the_user_is() {
        // The package's folder, which the tests run in, has these files.
        let folder = Path::new("../tool");
        for (said, told) in [
            ("Cargo.toml:3:5: error: no\n", "../tool/Cargo.toml:3:5: error: no\n"),
            ("\x1b[1msrc/lib.rs:3: \x1b[0mno\n a: b\n", "\x1b[1m../tool/src/lib.rs:3: \x1b[0mno\n a: b\n"),
            ("In file included from src/lib.rs:1:", "In file included from ../tool/src/lib.rs:1:"),
            ("                 from src/lib.rs:1,\n", "                 from ../tool/src/lib.rs:1,\n"),
            ("src/lib.rs: In function 'f':\n", "../tool/src/lib.rs: In function 'f':\n"),
            ("1 error generated.\n", "1 error generated.\n"),
            ("/etc/passwd:1: no\n", "/etc/passwd:1: no\n"),
            ("clang: error: src/lib.rs\n", "clang: error: src/lib.rs\n"),
        ] {
            assert_eq!(from_here(said, folder), told);
        }
        assert_eq!(from_here("Cargo.toml:3: no", Path::new("")), "Cargo.toml:3: no");
    }
}
