//! A harness for tests that cannot run everywhere: one that lacks what it needs counts as ignored, with the reason.
//!
//! A test target that wants it has `harness = false` in `tests/Cargo.toml`. Its modules name their tests, and its
//! `main` runs them; the target then takes the arguments, and prints the results, of any other.
//!
//! ```
//! use bulkhead_tests::harness::NotRun;
//! use bulkhead_tool::system_file::Processor;
//!
//! bulkhead_tests::tests! {
//!     one_and_one_is_two,
//!     a_moon_pulls needs [moon()],
//!     a_partition_runs(processor) needs [moon(), kit(processor)],
//! }
//!
//! # fn kit(_: Processor) -> Result<(), NotRun> { Ok(()) }
//! fn moon() -> Result<(), NotRun> {
//!     Err(NotRun::needs("a moon", "set MOON to its name"))
//! }
//!
//! fn one_and_one_is_two() {}
//! fn a_moon_pulls() {}
//! fn a_partition_runs(processor: Processor) {}
//!
//! # fn main() {
//! assert_eq!(tests().len(), 4);
//! # }
//! ```

use std::env;
use std::fmt;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::ExitCode;

use bulkhead_tool::system_file::Processor;
use libtest_mimic::{Arguments, Completion, Trial};

/// Names a file; each test that does not run adds a line to it. `make test` counts them.
const LIST: &str = "BULKHEAD_NOT_RUN";

/// Options of a test program that have a value in the next argument.
const WITH_VALUE: [&str; 6] = ["--test-threads", "--logfile", "--skip", "--color", "--format", "-Z"];

/// Why a test does not run: what is missing, and what to do for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRun {
    what: String,
    remedy: String,
}

impl NotRun {
    /// Something is missing here, such as `an RTEMS kit`; the remedy is a command or `set VARIABLE to …`.
    #[must_use]
    pub fn needs(what: &str, remedy: &str) -> Self {
        Self { what: what.to_owned(), remedy: remedy.to_owned() }
    }
}

impl fmt::Display for NotRun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.what, self.remedy)
    }
}

/// The tests of a module.
#[must_use]
pub struct Tests {
    module: &'static str,
    trials: Vec<Trial>,
}

impl Tests {
    /// No tests yet, of the module with this path.
    pub fn of(module: &'static str) -> Self {
        Self { module, trials: Vec::new() }
    }

    /// How many tests there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.trials.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.trials.is_empty()
    }

    /// Adds a test, and what it needs.
    pub fn add(&mut self, name: &str, needs: fn() -> Result<(), NotRun>, body: fn()) {
        self.push(name, needs, body);
    }

    /// Adds a test for each processor.
    pub fn add_for_each_processor(
        &mut self,
        name: &str,
        needs: fn(Processor) -> Result<(), NotRun>,
        body: fn(Processor),
    ) {
        for processor in [Processor::X86_64, Processor::Leon3] {
            let name = format!("{}::{name}", processor.name());
            self.push(&name, move || needs(processor), move || body(processor));
        }
    }

    fn push(
        &mut self,
        name: &str,
        needs: impl FnOnce() -> Result<(), NotRun> + Send + 'static,
        body: impl FnOnce() + Send + 'static,
    ) {
        // As the compiler's own harness names tests: the path below the crate.
        let name = match self.module.split_once("::") {
            Some((_, module)) => format!("{module}::{name}"),
            None => name.to_owned(),
        };
        self.trials.push(Trial::ignorable_test(name, || match needs() {
            Ok(()) => {
                body();
                Ok(Completion::Completed)
            }
            Err(reason) => {
                list(&reason);
                Ok(Completion::ignored_with(format!("needs {reason}")))
            }
        }));
    }
}

/// Names the tests of a module, each with what it needs, if anything: expressions of the type `Result<_, NotRun>`. A
/// test with an argument is one for each processor.
#[macro_export]
macro_rules! tests {
    ($($name:ident $(($processor:ident))? $(needs [$($need:expr),+ $(,)?])?),+ $(,)?) => {
        pub(crate) fn tests() -> $crate::harness::Tests {
            let mut tests = $crate::harness::Tests::of(module_path!());
            $($crate::test!(tests, $name $(($processor))? $([$($need),+])?);)+
            tests
        }
    };
}

/// Adds one test to a list: a part of `tests!`.
#[doc(hidden)]
#[macro_export]
macro_rules! test {
    ($tests:ident, $name:ident $([$($need:expr),+])?) => {
        $tests.add(stringify!($name), || { $($($need?;)+)? Ok(()) }, $name);
    };
    ($tests:ident, $name:ident ($processor:ident) $([$($need:expr),+])?) => {
        $tests.add_for_each_processor(
            stringify!($name),
            |$processor| { let _ = $processor; $($($need?;)+)? Ok(()) },
            $name,
        );
    };
}

/// Runs the tests of a target's modules, as the arguments of the program say.
#[must_use]
pub fn run(modules: impl IntoIterator<Item = Tests>) -> ExitCode {
    let (options, filters) = arguments(env::args());
    let mut arguments = Arguments::from_iter(options);
    let threads = || env::var("RUST_TEST_THREADS").ok()?.parse().ok();
    arguments.test_threads = arguments.test_threads.or_else(threads);
    let is_wanted = |trial: &Trial| {
        let matches = |filter: &String| match arguments.exact {
            true => trial.name() == filter,
            false => trial.name().contains(filter),
        };
        filters.is_empty() || filters.iter().any(matches)
    };
    let trials = modules.into_iter().flat_map(|tests| tests.trials);
    libtest_mimic::run(&arguments, trials.filter(is_wanted).collect()).exit_code()
}

/// Takes the filters out of a test program's arguments: there may be several, and the library takes one at most.
fn arguments(all: impl Iterator<Item = String>) -> (Vec<String>, Vec<String>) {
    let (mut options, mut filters) = (Vec::new(), Vec::new());
    for (number, argument) in all.enumerate() {
        let is_value = options.last().is_some_and(|last: &String| WITH_VALUE.contains(&last.as_str()));
        let is_option = number == 0 || argument.starts_with('-') || is_value;
        if is_option { options.push(argument) } else { filters.push(argument) }
    }
    (options, filters)
}

/// Adds a line to the list of what was not run, where one is wanted.
fn list(reason: &NotRun) {
    let Some(path) = env::var_os(LIST) else { return };
    let file = OpenOptions::new().create(true).append(true).open(&path);
    let written = file.and_then(|mut file| file.write_all(format!("{reason}\n").as_bytes()));
    assert!(written.is_ok(), "{}: {written:?}", path.display());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_told_from_values_of_options() {
        let all = ["program", "xen", "--test-threads", "1", "windows", "--skip=a", "--skip", "b"];
        let (options, filters) = arguments(all.map(str::to_owned).into_iter());
        assert_eq!(options, ["program", "--test-threads", "1", "--skip=a", "--skip", "b"]);
        assert_eq!(filters, ["xen", "windows"]);
    }
}
