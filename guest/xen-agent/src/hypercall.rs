//! The one call to the hypervisor that no tool of Xen's makes: setting the schedule of arinc653.
//!
//! Numbers and layouts are facts of Xen's public interface (public/xen.h, public/sysctl.h) and of Linux's
//! (include/uapi/xen/privcmd.h).

use std::fs::OpenOptions;

use rustix::io::Errno;
use rustix::ioctl::{Opcode, Setter, ioctl};

use crate::Result;
use crate::schedule::Layout;

/// The kernel's device for hypercalls.
const DEVICE: &str = "/dev/xen/privcmd";

/// `IOCTL_PRIVCMD_HYPERCALL`: no direction, 48 bytes, group 'P', number 0.
const HYPERCALL: Opcode = 0x0030_5000;

/// `__HYPERVISOR_sysctl`.
const SYSCTL: u64 = 35;

/// `XEN_SYSCTL_scheduler_op`.
const SCHEDULER_OPERATION: u32 = 19;

/// `XEN_SCHEDULER_ARINC653`.
const ARINC653: u32 = 7;

/// `XEN_SYSCTL_SCHEDOP_putinfo`.
const PUT: u32 = 0;

/// Versions of the interface in which the structures are these: Xen 4.11 to 4.21. A hypervisor takes only its own.
const VERSIONS: std::ops::RangeInclusive<u32> = 0x10..=0x16;

/// `struct privcmd_hypercall`.
#[repr(C)]
struct Hypercall {
    number: u64,
    arguments: [u64; 5],
}

/// `struct xen_sysctl` with a scheduler operation in it; the union has 128 bytes.
#[repr(C)]
struct SchedulerOperation {
    command: u32,
    version: u32,
    /// The pool of processors: the one that there is.
    pool: u32,
    scheduler: u32,
    operation: u32,
    padding: u32,
    schedule: u64,
    rest: [u64; 13],
}

const _: () = assert!(size_of::<Hypercall>() == 48 && size_of::<SchedulerOperation>() == 136);

/// Sets the schedule.
pub(crate) fn set_schedule(schedule: &Layout) -> Result<()> {
    let device = OpenOptions::new().read(true).write(true).open(DEVICE).map_err(|error| format!("{DEVICE}: {error}"))?;
    let mut last = Errno::ACCESS;
    for version in VERSIONS {
        let mut operation = SchedulerOperation {
            command: SCHEDULER_OPERATION,
            version,
            pool: 0,
            scheduler: ARINC653,
            operation: PUT,
            padding: 0,
            schedule: schedule.as_ptr() as u64,
            rest: [0; 13],
        };
        let call = Hypercall { number: SYSCTL, arguments: [&raw mut operation as u64, 0, 0, 0, 0] };
        // SAFETY: the request number is that of `Hypercall`, whose layout is asserted above. The hypervisor reads and
        // writes the operation, which is exclusively ours, lives until after the call, and has the size that the
        // hypervisor assumes; it reads the schedule, which has the size of the hypervisor's structure and is borrowed.
        let done = unsafe { ioctl(&device, Setter::<HYPERCALL, Hypercall>::new(call)) };
        match done {
            Ok(()) => return Ok(()),
            // What a hypervisor with another version of the interface says.
            Err(Errno::ACCESS) => {}
            Err(error) => {
                last = error;
                break;
            }
        }
    }
    Err(format!("Xen does not take the schedule: {last}"))
}
