//! The files of the repository, without what is built or belongs to git.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold nothing of the source, at the root of the repository or of a package.
const NOT_SOURCE: [&str; 3] = [".git", "build", "target"];

/// One file with text in it.
pub(crate) struct File {
    /// Relative to the root of the repository, with `/` between folders.
    pub(crate) path: String,
    /// All of its text.
    pub(crate) text: String,
}

impl File {
    pub(crate) fn has_ending(&self, ending: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == ending)
    }

    /// Numbered lines, from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("the package lies in the repository").to_path_buf()
}

/// Every text file, sorted by path. Files that are not UTF-8 are left out: images, archives.
pub(crate) fn all() -> Vec<File> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the repository can be read") {
            let entry = entry.expect("an entry of a folder can be read");
            let path = entry.path();
            // Git's entry is a file in a worktree; links are not followed.
            if NOT_SOURCE.iter().any(|name| entry.file_name() == *name) || path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let relative = path.strip_prefix(&root).expect("below the root").to_string_lossy();
                found.push(File { path: relative.replace('\\', "/"), text });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

/// Every Rust file.
pub(crate) fn rust() -> Vec<File> {
    all().into_iter().filter(|file| file.has_ending("rs")).collect()
}
