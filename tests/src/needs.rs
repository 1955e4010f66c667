//! What tests need that not every machine has, for [`tests!`](crate::tests).

use std::path::PathBuf;

use bulkhead_tool::kit::{Kit, Selection};
use bulkhead_tool::system_file::Processor;

use crate::harness::NotRun;
use crate::repository;

/// An installed RTEMS kit for the partitions of a processor.
///
/// # Errors
/// If `RTEMS_KIT` names none.
pub fn rtems_kit(processor: Processor) -> Result<Selection, NotRun> {
    let is_for = |selection: &Selection| {
        Kit::find_for(processor, selection).is_ok_and(|kit| kit.processor() == Some(processor))
    };
    Selection::from_environment().filter(is_for).ok_or_else(|| {
        let what = format!("an RTEMS kit for {}", processor.partitions());
        NotRun::needs(&what, "set RTEMS_KIT to its prefix")
    })
}

/// The same of RTEMS 5, the last that installs make files for programs.
///
/// # Errors
/// If `RTEMS_KIT` names none, or one of another version.
pub fn rtems_5_kit(processor: Processor) -> Result<Selection, NotRun> {
    let is_5 = |selection: &Selection| {
        Kit::find_for(processor, selection)
            .is_ok_and(|kit| kit.major == 5 && kit.processor() == Some(processor))
    };
    Selection::from_environment().filter(is_5).ok_or_else(|| {
        let what = format!("a kit of RTEMS 5 for {}", processor.partitions());
        NotRun::needs(&what, "set RTEMS_KIT to its prefix")
    })
}

/// The same with the C++ library.
///
/// # Errors
/// If `RTEMS_KIT` names none, or one without it.
pub fn rtems_kit_with_cxx(processor: Processor) -> Result<Selection, NotRun> {
    let selection = rtems_kit(processor)?;
    let with = Kit::find_for(processor, &selection).is_ok_and(|kit| kit.has_cxx_library());
    let what = format!("an RTEMS kit for {} with libstdc++", processor.partitions());
    with.then_some(selection).ok_or_else(|| NotRun::needs(&what, "set RTEMS_KIT to its prefix"))
}

/// The sources of lwIP, the folder `src` of a version 2.
///
/// # Errors
/// If `BULKHEAD_LWIP` names none.
pub fn lwip() -> Result<PathBuf, NotRun> {
    let named = std::env::var_os("BULKHEAD_LWIP").map(PathBuf::from);
    named.filter(|folder| folder.join("include/lwip/init.h").is_file()).ok_or_else(|| {
        NotRun::needs("the sources of lwIP", "set BULKHEAD_LWIP to their folder `src`, docs/rtems.md")
    })
}

/// A program in `PATH`.
///
/// # Errors
/// If it is not there.
pub fn program(name: &str) -> Result<PathBuf, NotRun> {
    which::which(name).map_err(|_| NotRun::needs(&format!("the program {name}"), "install it"))
}

/// waf, and RTEMS's module for it.
///
/// # Errors
/// If waf is not in `PATH`, or `BULKHEAD_RTEMS_WAF` does not name the module.
pub fn rtems_waf() -> Result<(PathBuf, PathBuf), NotRun> {
    let waf = program("waf")?;
    let named = std::env::var_os("BULKHEAD_RTEMS_WAF").map(PathBuf::from);
    let module = named.filter(|folder| folder.join("rtems.py").is_file()).ok_or_else(|| {
        NotRun::needs(
            "RTEMS's module for waf",
            "set BULKHEAD_RTEMS_WAF to a copy of rtems_waf, docs/rtems.md",
        )
    });
    Ok((waf, module?))
}

/// The command that a variable names.
///
/// # Errors
/// If it names none.
pub fn command(variable: &str, what: &str) -> Result<PathBuf, NotRun> {
    let named = std::env::var_os(variable).filter(|command| !command.is_empty());
    named
        .map(PathBuf::from)
        .ok_or_else(|| NotRun::needs(what, &format!("set {variable} to a command, docs/hosts.md")))
}

/// QEMU's program for a processor in a version (`7.2`, `10.0`) of its own, whatever is installed.
///
/// # Errors
/// If nobody has put it into `build/`.
pub fn qemu(version: &str, processor: Processor) -> Result<PathBuf, NotRun> {
    let program = match processor {
        Processor::X86_64 => "qemu-system-x86_64",
        Processor::Leon3 => "qemu-system-sparc",
    };
    let path = repository().join("build/qemu").join(version).join("bin").join(program);
    let missing = || NotRun::needs(&format!("QEMU {version}"), &format!("scripts/qemu-packages {version}"));
    path.is_file().then_some(path).ok_or_else(missing)
}
