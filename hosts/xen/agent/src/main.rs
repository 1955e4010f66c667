//! The one program of ours in Xen's first domain.
//!
//! As its first process it makes the domain ready, creates the guests of a system, sets the schedule, lets them run,
//! and puts what they say on the serial line, each in a channel of its own, as the kernel of ours does. Called
//! `xen-agent schedule FILE` it sets the schedule on a Xen that is there already.

#![cfg(target_os = "linux")]
#![allow(unsafe_code, reason = "calls of the hypervisor go through an ioctl")]

mod clock;
mod consoles;
mod domain_zero;
mod hypercall;
mod layout;
mod log_lines;
mod run;
mod schedule;
mod serial;
mod xl;

use std::path::Path;
use std::process::ExitCode;

use bulkhead_xen_facts::description::Description;

/// The folder with the system, in the first domain's file system.
const SYSTEM: &str = "/bulkhead";

/// The file that describes the system, in its folder.
const DESCRIPTION: &str = "system";

/// What goes wrong, in words.
type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if std::process::id() == 1 {
        first_process();
    }
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["schedule", file] => read(Path::new(file)).and_then(|system| schedule::set(&system)),
        _ => Err("usage: xen-agent schedule FILE, as the first domain's root".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xen-agent: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Everything from the first process's start to the machine's end.
fn first_process() -> ! {
    if let Err(error) = domain_zero::prepare().and_then(|()| run::run(Path::new(SYSTEM))) {
        eprintln!("bulkhead: error: {error}");
        run::give_up(&error);
    }
    domain_zero::power_off()
}

/// Reads a system's description.
fn read(path: &Path) -> Result<Description> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Description::parse(&text)
}
