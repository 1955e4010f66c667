//! Builds systems for tests; one that cannot be built fails the test with everything that the compiler and the linker
//! have said.

use bulkhead_tool::build::{self, Built, Options, Progress};
use bulkhead_tool::system_file::System;

/// What the compiler and the linker have said.
struct Said(String);

impl Progress for Said {
    fn step(&mut self, _what: &str) {}

    fn messages(&mut self, text: &str) {
        self.0.push_str(text);
    }
}

/// Builds a system.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn build_system(system: System, options: &Options) -> Built {
    let mut said = Said(String::new());
    build::build_system(system, options, &mut said).unwrap_or_else(|error| panic!("{}{error}", said.0))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use bulkhead_tool::build::check_for;
    use bulkhead_tool::system_file::Processor;

    use super::*;
    use crate::{installation, repository};

    const SYSTEM: &str = "[system]\nname = \"wrong\"\nmajor-frame = \"10 ms\"\n[[partition]]\nname = \"one\"\n\
                          memory = \"1 MiB\"\nsources = [\"wrong.c\"]\n[[window]]\npartition = \"one\"\n\
                          start = \"0 ms\"\nduration = \"5 ms\"\n";

    #[test]
    #[should_panic(expected = "use of undeclared identifier 'nobody_knows_me'")]
    fn what_the_compiler_says_is_what_a_test_fails_with() {
        let folder = repository().join("target/systems/does-not-compile");
        let file = folder.join("bulkhead.toml");
        let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&file, SYSTEM)).and_then(|()| {
            fs::write(folder.join("wrong.c"), "int wrong(void) { return nobody_knows_me; }\n")
        });
        assert!(written.is_ok(), "{written:?}");
        let system = check_for(Some(Processor::X86_64), &file).unwrap_or_else(|error| panic!("{error}"));
        let output = Some(folder.join("wrong.elf"));
        let _ = build_system(
            system,
            &Options { output, installation: Some(installation()), ..Options::default() },
        );
    }
}
