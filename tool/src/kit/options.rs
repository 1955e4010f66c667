//! The options that a kit was built with, as its `rtems/score/cpuopts.h` says.

use std::collections::BTreeMap;

/// The options that are defined, with their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildOptions(BTreeMap<String, String>);

/// Options that change what a program is like, in the order in which they are shown.
const SHOWN: [&str; 8] = [
    "RTEMS_PARAVIRT",
    "RTEMS_SMP",
    "RTEMS_POSIX_API",
    "RTEMS_DEBUG",
    "RTEMS_PROFILING",
    "RTEMS_MULTIPROCESSING",
    "RTEMS_NETWORKING",
    "RTEMS_DRVMGR_STARTUP",
];

impl BuildOptions {
    /// Reads the header's text.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let define = |line: &str| {
            let mut words = line.trim().strip_prefix("#define")?.splitn(2, char::is_whitespace).skip(1);
            let mut parts = words.next()?.trim().splitn(2, char::is_whitespace);
            let name = parts.next()?.to_owned();
            Some((name, parts.next().unwrap_or_default().trim().to_owned()))
        };
        Self(text.lines().filter_map(define).collect())
    }

    /// Whether an option is on: defined, and not as 0.
    #[must_use]
    pub fn is_on(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| value != "0")
    }

    /// The options that are on, of those that change what a program is like.
    #[must_use]
    pub fn shown(&self) -> Vec<&'static str> {
        SHOWN.into_iter().filter(|name| self.is_on(name)).collect()
    }

    /// Whether RTEMS was told to leave out what newlib asks of it, which it has unless told otherwise: `malloc()`, the
    /// calls below `printf()`, and what its file system needs of both.
    #[must_use]
    pub fn is_without_newlib(&self) -> bool {
        !self.is_on("RTEMS_NEWLIB")
    }

    /// An option's value.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::BuildOptions;

    #[test]
    fn options_are_read() {
        let options = BuildOptions::parse(
            "/* x */\n#ifndef A\n#define RTEMS_PARAVIRT 1\n #define RTEMS_SMP  0\n#define RTEMS_DEBUG\n\
             /* #undef RTEMS_PROFILING */\n#define RTEMS_VERSION \"7.0.0\"\n#define\n",
        );
        assert!(options.is_on("RTEMS_PARAVIRT") && options.is_on("RTEMS_DEBUG"));
        assert!(!options.is_on("RTEMS_SMP") && !options.is_on("RTEMS_PROFILING"));
        assert!(options.is_without_newlib());
        assert!(!BuildOptions::parse("#define RTEMS_NEWLIB 1\n").is_without_newlib());
        assert_eq!(options.shown(), ["RTEMS_PARAVIRT", "RTEMS_DEBUG"]);
        assert_eq!(options.value("RTEMS_VERSION"), Some("\"7.0.0\""));
    }
}
