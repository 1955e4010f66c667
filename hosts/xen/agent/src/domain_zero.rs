//! Makes the first domain ready for guests: file systems, kernel modules, Xen's daemons.

use std::fs::{self, File};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::thread;
use std::time::Duration;

use rustix::mount::{MountFlags, mount};
use rustix::system::{RebootCommand, finit_module, reboot};

use crate::Result;
use crate::xl;

/// What is mounted: source, place, kind.
const FILE_SYSTEMS: [(&str, &str, &str); 6] = [
    ("proc", "/proc", "proc"),
    ("sysfs", "/sys", "sysfs"),
    ("devtmpfs", "/dev", "devtmpfs"),
    ("devpts", "/dev/pts", "devpts"),
    ("tmpfs", "/run", "tmpfs"),
    ("xenfs", "/proc/xen", "xenfs"),
];

/// Folders that Xen's programs take for granted.
const FOLDERS: [&str; 7] = [
    "/run/lock",
    "/run/xen",
    "/run/xenstored",
    "/var/lib/xen",
    "/var/lib/xenstored",
    "/var/log/xen",
    "/var/log/xen/console",
];

/// Kernel modules, in an order in which each finds what it needs.
const MODULES: [&str; 5] = ["xen-privcmd", "xen-evtchn", "xenfs", "xen-gntdev", "xen-gntalloc"];

/// Where xenstored listens.
const STORE: &str = "/run/xenstored/socket";

/// How long a daemon may take until it can be used.
const PATIENCE: Duration = Duration::from_secs(20);

/// Makes everything ready.
pub(crate) fn prepare() -> Result<()> {
    for (source, place, kind) in FILE_SYSTEMS {
        if kind == "xenfs" {
            load_modules()?;
        }
        // A folder that is there already is what is wanted, and a failure to make it shows in the mount.
        let _ = fs::create_dir_all(place);
        match mount(source, place, kind, MountFlags::empty(), None) {
            // The kernel may have mounted its devices by itself.
            Ok(()) | Err(rustix::io::Errno::BUSY) => {}
            Err(error) => return Err(format!("{place} cannot be mounted: {error}")),
        }
    }
    for folder in FOLDERS {
        fs::create_dir_all(folder).map_err(|error| format!("{folder}: {error}"))?;
    }
    xl::succeed(Command::new("/bin/xenstored").args(["--pid-file", "/run/xenstored.pid"]))?;
    wait_for_store()?;
    xl::succeed(&mut Command::new("/bin/xen-init-dom0"))?;
    xl::succeed(Command::new("/bin/xenconsoled").args(["--pid-file", "/run/xenconsoled.pid"]))
}

fn load_modules() -> Result<()> {
    for name in MODULES {
        let path = format!("/modules/{name}.ko");
        let Ok(file) = File::open(&path) else {
            // Another kernel can have it built in.
            continue;
        };
        match finit_module(&file, c"", 0) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => {}
            Err(error) => return Err(format!("the module {name} cannot be loaded: {error}")),
        }
    }
    Ok(())
}

fn wait_for_store() -> Result<()> {
    let step = Duration::from_millis(10);
    for _ in 0..PATIENCE.as_millis() / step.as_millis() {
        if UnixStream::connect(STORE).is_ok() {
            return Ok(());
        }
        thread::sleep(step);
    }
    Err(format!("xenstored does not listen at {STORE}"))
}

/// Ends the machine.
pub(crate) fn power_off() -> ! {
    rustix::fs::sync();
    if let Err(error) = reboot(RebootCommand::PowerOff) {
        eprintln!("bulkhead: error: the machine cannot be turned off: {error}");
    }
    // The first process must not end.
    loop {
        thread::sleep(PATIENCE);
    }
}
