//! Which QEMU, with which processor, gives a partition what no processor does, so that no kernel can hold it.
//!
//! docs/privileged-instructions.md tells what comes of it; `tests/tests/emulators` tries it.

use std::path::Path;
use std::process::Command;

use crate::diagnostics::visible::spelled;
use crate::error::{Error, Message, Result};
use crate::installation::QEMU;
use crate::subprocess;
use crate::system_file::System;
use crate::target::Processor;

use super::options::RunOptions;
use super::qemu;

/// The first version in which `mov` to segment register 7 loads the task register at level 3. A partition chooses the
/// kernel's stack with it, but not where SMAP keeps the kernel from reading what the partition has made up.
const LOADS_THE_TASK_REGISTER: (u32, u32) = (9, 1);

/// How the names of QEMU's processors that have SMAP begin.
const WITH_SMAP: [&str; 15] = [
    "Broadwell",
    "Cascadelake",
    "ClearwaterForest",
    "Cooperlake",
    "Denverton",
    "Dhyana",
    "EPYC",
    "GraniteRapids",
    "Icelake",
    "SapphireRapids",
    "SierraForest",
    "Skylake",
    "Snowridge",
    "YongFeng",
    "max",
];

/// Refuses a QEMU and a processor of it with which a partition could take the kernel over.
///
/// # Errors
/// If that is so.
pub fn refuse_what_cannot_hold(system: &System, options: &RunOptions) -> Result<()> {
    let arguments = &options.qemu_arguments;
    let processor = processor(arguments);
    let global = value(arguments, "global").find(|property| takes_smap(property));
    let holds = processor.is_none_or(has_smap)
        && (global.is_none() || processor.is_some_and(|processor| processor.contains(",+smap")));
    if system.processor != Processor::X86_64 || holds || uses_kvm(arguments) {
        return Ok(());
    }
    let said = qemu_version(&qemu::program(options, &QEMU)?)?;
    let Some((major, minor)) = version(&said) else { return Ok(()) };
    if (major, minor) < LOADS_THE_TASK_REGISTER {
        return Ok(());
    }
    let processor = spelled(processor.unwrap_or("max"));
    let right = match global {
        Some(global) => format!("leave `-global {}` out", spelled(global)),
        None => format!("leave -cpu out, which is `max`; or write `-cpu {processor},+smap`"),
    };
    let text = format!(
        "QEMU {major}.{minor} with the processor {processor} lets a partition choose the kernel's stack: \
         an instruction that no processor has (8e f8) loads the task register, and there is no SMAP"
    );
    Err(Error::Usage(
        Message::new(text).help(format!("{right}; or let BULKHEAD_QEMU name a QEMU before 9.1")),
    ))
}

/// Whether a property that QEMU sets at every device of a kind takes SMAP away, as `max-x86_64-cpu.smap=off` does.
fn takes_smap(property: &str) -> bool {
    let property = property.replace(",property=", ".").replace(",value=", "=");
    let told = property.rsplit_once('.').and_then(|(_, told)| told.split_once('='));
    told.is_some_and(|(name, value)| name == "smap" && !["on", "yes", "true"].contains(&value))
}

/// The processor that QEMU is told to be: the last one counts.
fn processor(arguments: &[String]) -> Option<&str> {
    // QEMU lists the processors then, and runs nothing.
    value(arguments, "cpu").last().filter(|processor| !["help", "?"].contains(processor))
}

/// What stands behind an option.
fn value<'a>(arguments: &'a [String], option: &'a str) -> impl Iterator<Item = &'a str> {
    let is_option = move |word: &str| word.trim_start_matches('-') == option && word.starts_with('-');
    arguments.windows(2).filter(move |pair| is_option(&pair[0])).map(|pair| pair[1].as_str())
}

/// Whether a processor has SMAP, as QEMU reads its features: what is taken away counts most, then what is added.
fn has_smap(processor: &str) -> bool {
    let mut words = processor.split(',');
    let model = words.next().unwrap_or_default();
    let features: Vec<&str> = words.collect();
    if features.contains(&"-smap") {
        return false;
    }
    let told = features.iter().rev().find_map(|feature| match *feature {
        "smap" | "smap=on" | "smap=yes" | "smap=true" => Some(true),
        "smap=off" | "smap=no" | "smap=false" => Some(false),
        _ => None,
    });
    features.contains(&"+smap")
        || told.unwrap_or_else(|| WITH_SMAP.iter().any(|name| model.starts_with(name)))
}

/// Whether the host's processor executes the partitions, and QEMU does not.
pub(super) fn uses_kvm(arguments: &[String]) -> bool {
    arguments.iter().any(|argument| argument.trim_start_matches('-') == "enable-kvm")
        || value(arguments, "accel").any(|accelerator| accelerator.starts_with("kvm"))
        || value(arguments, "machine")
            .chain(value(arguments, "M"))
            .any(|machine| machine.contains("accel=kvm"))
}

/// What a QEMU says of itself: its version, and whose it is.
///
/// # Errors
/// If it cannot be started.
pub(crate) fn qemu_version(program: &Path) -> Result<String> {
    let mut command = Command::new(program);
    command.arg("--version");
    let output = subprocess::run(command, "QEMU", &mut |_| {})?;
    let said = String::from_utf8_lossy(&output.stdout);
    Ok(said.lines().next().unwrap_or_default().trim().to_owned())
}

/// The version in what `qemu --version` says.
fn version(said: &str) -> Option<(u32, u32)> {
    let number = said.split_once("version ")?.1.split_whitespace().next()?;
    let mut parts = number.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::{has_smap, version};

    #[test]
    fn smap_is_read_as_qemu_reads_it() {
        for with in
            ["max", "Broadwell-v2", "max,-smep", "qemu64,+smap", "qemu64,smap=on", "EPYC,smap=off,+smap"]
        {
            assert!(has_smap(with), "{with}");
        }
        let without =
            ["qemu64", "Haswell", "max,-smap", "max,smap=off", "max,+smap,-smap", "KnightsMill", "kvm64"];
        for without in without {
            assert!(!has_smap(without), "{without}");
        }
    }

    #[test]
    fn versions_are_found() {
        assert_eq!(version("QEMU emulator version 10.0.2 (Debian 1:10.0.2)\n"), Some((10, 0)));
        assert_eq!(version("QEMU emulator version 9.1.0-rc1\n"), Some((9, 1)));
        assert_eq!(version("usage: qemu"), None);
    }
}
