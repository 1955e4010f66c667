//! What `bulkhead kit check` says about a kit.

use std::path::Path;
use std::process::{Command, Stdio};

use super::Kit;

/// What is said of a kit that was built with `RTEMS_NEWLIB = False`.
const WITHOUT_NEWLIB: &str = "no RTEMS_NEWLIB: printk() and tasks, no printf(), malloc() or files";

/// The facts about a kit, one line each.
#[must_use]
pub fn report(kit: &Kit) -> String {
    let options = kit.options.as_ref().map(|options| {
        let newlib = options.is_without_newlib().then_some(WITHOUT_NEWLIB);
        options.shown().into_iter().chain(newlib).collect::<Vec<_>>().join(", ")
    });
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
    /// Whether programs can use the C++ library: whether the compiler finds it, wherever it is installed.
    #[must_use]
    pub fn has_cxx_library(&self) -> bool {
        self.has_library("stdc++")
    }

    /// Whether the compiler finds a library, wherever it is installed.
    #[must_use]
    pub fn has_library(&self, name: &str) -> bool {
        let Some(compiler) = &self.compiler else { return false };
        let mut command = Command::new(compiler);
        // The flags choose among the libraries that a compiler has for several processors.
        command.args(self.compile_flags()).arg(format!("-B{}", self.libraries.display()));
        command.arg(format!("-print-file-name=lib{name}.a")).stdin(Stdio::null());
        let Ok(output) = command.output() else { return false };
        // A compiler that does not find it answers with the name alone.
        let said = String::from_utf8_lossy(&output.stdout);
        let path = Path::new(said.trim());
        output.status.success() && path.is_absolute() && path.is_file()
    }
}
