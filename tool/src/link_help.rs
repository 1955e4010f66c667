//! What is said of a program that cannot be linked: of which partition, and what it lacks where the linker does not say
//! it.

use std::fs;
use std::path::{Path, PathBuf};

use bulkhead_audit::defined_symbols;

use crate::error::{Error, Message};
use crate::service_help;
use crate::subprocess::full_disk;
use crate::undefined;

/// What only a configuration defines: the stand-in's, and RTEMS's.
const OF_CONFIGURATION: [&str; 2] = ["bulkhead_classic_configuration", "_Configuration_"];

/// The failure to link a partition's program with the stand-in: what the program lacks is said at once. Everything else
/// that the linker has said goes to `messages`.
pub(crate) fn failure_with_stand_in(
    partition: &str,
    objects: &[PathBuf],
    said: &str,
    messages: &mut dyn FnMut(&str),
) -> Error {
    let is_known = configuration(objects, said).is_some() || service_help::of_linker(said).is_some();
    match undefined::of_linker(said).filter(|_| !is_known) {
        Some((text, help)) => {
            let text = format!("the program of partition `{partition}` cannot be linked: {text}");
            Error::Build(Message::new(text).help(help))
        }
        None => {
            messages(said);
            failure(partition, objects, said, || None)
        }
    }
}

/// The failure to link a partition's program out of objects, after the linker has said this; `further` knows what else
/// would be right.
pub(crate) fn failure(
    partition: &str,
    objects: &[PathBuf],
    said: &str,
    further: impl FnOnce() -> Option<String>,
) -> Error {
    let text = format!("the program of partition `{partition}` cannot be linked");
    let folder = objects.first().and_then(|object| object.parent()).unwrap_or(Path::new(""));
    full_disk(said, &text, folder).unwrap_or_else(|| {
        let help = configuration(objects, said).or_else(|| service_help::of_linker(said)).or_else(further);
        Error::Build(
            Message::new(text).help(help.unwrap_or_else(|| "the linker's messages are above".to_owned())),
        )
    })
}

/// What would be right, if the objects that could not be linked are no configured program.
fn configuration(objects: &[PathBuf], said: &str) -> Option<String> {
    let lacks = |line: &str| {
        line.contains("undefined reference") && OF_CONFIGURATION.iter().any(|symbol| line.contains(symbol))
    };
    if !said.lines().any(lacks) {
        return None;
    }
    let defines = |symbol: &str| {
        let symbols = |path: &PathBuf| defined_symbols(&fs::read(path).ok()?).ok();
        objects.iter().filter_map(symbols).flatten().any(|defined| defined == symbol)
    };
    let begins = if defines("main") && !defines("Init") {
        "`main` is not called in a partition: a program begins with the task `Init`, and "
    } else {
        ""
    };
    Some(format!(
        "{begins}no source has the configuration: in one, #define CONFIGURE_INIT and what the program uses, then \
         #include <rtems/confdefs.h>"
    ))
}
