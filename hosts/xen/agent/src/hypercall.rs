//! The calls to the hypervisor that no tool of Xen's makes: setting the schedule of arinc653, and telling guests when
//! their first frame begins.
//!
//! Numbers and layouts are facts of Xen's public interface (public/xen.h, sysctl.h, vcpu.h, hvm/hvm_op.h) and of
//! Linux's (include/uapi/xen/privcmd.h).

use std::fs::{File, OpenOptions};

use rustix::io::Errno;
use rustix::ioctl::{Opcode, Setter, ioctl};

use crate::Result;
use crate::layout::Layout;

/// The kernel's device for hypercalls.
const DEVICE: &str = "/dev/xen/privcmd";

/// `IOCTL_PRIVCMD_HYPERCALL`: no direction, 48 bytes, group 'P', number 0.
const HYPERCALL: Opcode = 0x0030_5000;

/// `__HYPERVISOR_vcpu_op`, `__HYPERVISOR_sched_op`, `__HYPERVISOR_hvm_op`, `__HYPERVISOR_sysctl`.
const VCPU: u64 = 24;
const SCHEDULER: u64 = 29;
const HVM: u64 = 34;
const SYSCTL: u64 = 35;

/// `VCPUOP_get_runstate_info`.
const RUN_STATE: u64 = 4;

/// `SCHEDOP_yield`.
const YIELD: u64 = 0;

/// `HVMOP_set_param`.
const SET_PARAMETER: u64 = 0;

/// `HVM_PARAM_VM_GENERATION_ID_ADDR`: 64 bits that guests of this kind have no other use for.
const ORIGIN: u32 = 34;

/// `XEN_SYSCTL_scheduler_op`.
const SCHEDULER_OPERATION: u32 = 19;

/// `XEN_SCHEDULER_ARINC653`.
const ARINC653: u32 = 7;

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
    /// `XEN_SYSCTL_SCHEDOP_putinfo`, which is 0.
    operation: u32,
    padding: u32,
    schedule: u64,
    rest: [u64; 13],
}

/// `struct xen_hvm_param`.
#[repr(C)]
struct Parameter {
    domain: u16,
    padding: u16,
    index: u32,
    value: u64,
}

/// `struct vcpu_runstate_info`.
#[repr(C)]
#[derive(Default)]
struct RunState {
    state: u32,
    padding: u32,
    /// Since when the virtual processor has been in this state, in nanoseconds of Xen's system time.
    since: u64,
    times: [u64; 4],
}

const _: () = assert!(
    size_of::<Hypercall>() == 48
        && size_of::<SchedulerOperation>() == 136
        && size_of::<Parameter>() == 16
        && size_of::<RunState>() == 48
);

fn open() -> Result<File> {
    OpenOptions::new().read(true).write(true).open(DEVICE).map_err(|error| format!("{DEVICE}: {error}"))
}

/// Sets the schedule.
pub(crate) fn set_schedule(schedule: &Layout) -> Result<()> {
    let device = open()?;
    let mut last = Errno::ACCESS;
    for version in VERSIONS {
        let mut operation = SchedulerOperation {
            command: SCHEDULER_OPERATION,
            version,
            pool: 0,
            scheduler: ARINC653,
            operation: 0,
            padding: 0,
            schedule: schedule.as_ptr() as u64,
            rest: [0; 13],
        };
        let call = Hypercall { number: SYSCTL, arguments: [&raw mut operation as u64, 0, 0, 0, 0] };
        // SAFETY: the request number is that of `Hypercall`, whose layout is asserted above. The hypervisor reads and
        // writes the operation, which is exclusively ours, lives until after the call, and has the size that the
        // hypervisor assumes; it reads the schedule, which has the size of the hypervisor's structure and is borrowed.
        match unsafe { ioctl(&device, Setter::<HYPERCALL, Hypercall>::new(call)) } {
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

/// Gives up the processor for once: Xen looks at a new schedule only when it has to choose who runs next.
pub(crate) fn give_up_processor() -> Result<()> {
    let device = open()?;
    let call = Hypercall { number: SCHEDULER, arguments: [YIELD, 0, 0, 0, 0] };
    // SAFETY: the request number is that of `Hypercall`; nothing of ours is read or written.
    unsafe { ioctl(&device, Setter::<HYPERCALL, Hypercall>::new(call)) }
        .map_err(|error| format!("Xen does not choose anew who runs: {error}"))
}

/// Tells a guest when its first frame begins, in nanoseconds of Xen's system time.
pub(crate) fn set_origin(domain: u32, origin: u64) -> Result<()> {
    let device = open()?;
    let domain = u16::try_from(domain).map_err(|_| format!("no such domain: {domain}"))?;
    let mut parameter = Parameter { domain, padding: 0, index: ORIGIN, value: origin };
    let call = Hypercall { number: HVM, arguments: [SET_PARAMETER, &raw mut parameter as u64, 0, 0, 0] };
    // SAFETY: as for the schedule; the hypervisor reads the parameter, which lives until after the call.
    unsafe { ioctl(&device, Setter::<HYPERCALL, Hypercall>::new(call)) }
        .map_err(|error| format!("Xen does not take the origin of time for domain {domain}: {error}"))
}

/// Since when this domain's processor has been running, in nanoseconds of Xen's system time.
pub(crate) fn running_since() -> Result<u64> {
    let device = open()?;
    let mut state = RunState::default();
    let call = Hypercall { number: VCPU, arguments: [RUN_STATE, 0, &raw mut state as u64, 0, 0] };
    // SAFETY: as for the schedule; the hypervisor writes the state, which is exclusively ours and lives until after
    // the call.
    unsafe { ioctl(&device, Setter::<HYPERCALL, Hypercall>::new(call)) }
        .map_err(|error| format!("Xen does not tell its time: {error}"))?;
    Ok(state.since)
}
