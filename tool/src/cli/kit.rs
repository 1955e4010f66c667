//! `bulkhead kit`.

use crate::error::{Error, Result};
use crate::host::Host;
use crate::installation::Installation;
use crate::kit::{self, Kit, Selection};

use super::arguments::{KitCommand, KitName};
use super::progress::TerminalProgress;
use super::{print, show};
use crate::build::Progress as _;

/// Exit status of a kit that cannot be used (`sysexits.h`, `EX_UNAVAILABLE`).
const NOT_USABLE: u8 = 69;

/// Does what is asked; returns the exit status.
pub(super) fn kit(command: KitCommand) -> Result<u8> {
    match command {
        KitCommand::Check(name) => check(name),
        KitCommand::Flags { kit, host, compile, link } => flags(kit, host, !link, !compile),
        KitCommand::Install { kit, into } => {
            let kit = find(kit)?.usable()?;
            let mut progress = TerminalProgress::new();
            progress.step("making the partition support");
            let prefix = into.unwrap_or_else(|| kit.prefix.clone());
            let installation = Installation::find()?;
            let board = kit::install(&kit, &installation, &prefix, &mut |text| progress.messages(text))?;
            progress.finish();
            print(&format!(
                "installed the board {}/{}\n  pkg-config  {}\n  CMake       {}\n",
                kit.architecture,
                board.name,
                board.pkg_config.display(),
                board.toolchain.display()
            ))?;
            Ok(0)
        }
    }
}

fn find(name: KitName) -> Result<Kit> {
    Kit::find(&Selection { prefix: name.prefix, target: name.target })
}

fn check(name: KitName) -> Result<u8> {
    let kit = find(name)?;
    print(&kit::report(&kit))?;
    let problems = kit.problems();
    if problems.is_empty() {
        let mut progress = TerminalProgress::new();
        progress.step("compiling the partition support");
        let tried = kit::try_pack(&kit, &Installation::find()?, &mut |text| progress.messages(text));
        progress.finish();
        tried?;
        print("partitions can be built with this kit\n")?;
        return Ok(0);
    }
    for problem in problems {
        show(&Error::Environment(problem));
    }
    Ok(NOT_USABLE)
}

fn flags(name: KitName, host: Host, compile: bool, link: bool) -> Result<u8> {
    let kit = find(name)?.usable()?;
    let mut progress = TerminalProgress::new();
    progress.step("making the partition support");
    let flags =
        kit::flags(&kit, &Installation::find()?, host, compile, link, &mut |text| progress.messages(text))?;
    progress.finish();
    print(&format!("{}\n", flags.join(" ")))?;
    Ok(0)
}
