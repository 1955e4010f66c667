//! What a source file's ending says of its language.

use std::path::Path;

/// The endings of C++ sources, as GCC has them.
const CXX_ENDINGS: [&str; 4] = ["cc", "cpp", "cxx", "C"];

/// The endings of C, and of assembly that goes through its preprocessor.
const C_ENDINGS: [&str; 2] = ["c", "S"];

/// The endings of what the tool compiles.
pub(crate) fn endings() -> impl Iterator<Item = &'static str> {
    C_ENDINGS.into_iter().chain(CXX_ENDINGS)
}

/// Whether the tool compiles it.
pub(crate) fn is_source(file: &Path) -> bool {
    has(file, &C_ENDINGS) || is_cxx(file)
}

/// Whether it is C++.
pub(crate) fn is_cxx(file: &Path) -> bool {
    has(file, &CXX_ENDINGS)
}

fn has(file: &Path, endings: &[&str]) -> bool {
    file.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| endings.contains(&ending))
}
