//! What `bulkhead kit check` says about a kit.

use super::Kit;

/// The facts about a kit, one line each.
#[must_use]
pub fn report(kit: &Kit) -> String {
    let options = kit.options.as_ref().map(|options| options.shown().join(", "));
    let options = match options.as_deref() {
        None => "not known",
        Some("") => "none of those that matter here",
        Some(options) => options,
    };
    let compiler =
        kit.compiler.as_ref().map_or_else(|| "not found".to_owned(), |path| path.display().to_string());
    format!(
        "kit        {}\nRTEMS      {}\nlibraries  {}\ncompiler   {compiler}\nC++        {}\noptions    {options}\n",
        kit.name,
        kit.version,
        kit.libraries.display(),
        if kit.has_cxx_library() { "with libstdc++" } else { "without libstdc++: C programs only" },
    )
}

impl Kit {
    /// Whether programs can use the C++ library.
    #[must_use]
    pub fn has_cxx_library(&self) -> bool {
        self.prefix.join(format!("{}-rtems{}/lib/libstdc++.a", self.architecture, self.major)).is_file()
    }
}
