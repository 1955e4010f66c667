//! Calls to Xen (xen/include/public: xen.h, sched.h, vcpu.h, event_channel.h, memory.h, hvm/hvm_op.h, hvm/params.h).

use core::arch::asm;
use core::arch::x86::__cpuid;

use super::layout::HYPERCALLS;

/// Numbers of the calls.
const MEMORY_OP: u32 = 12;
const GRANT_TABLE_OP: u32 = 20;
const VCPU_OP: u32 = 24;
const SCHED_OP: u32 = 29;
const EVENT_CHANNEL_OP: u32 = 32;
const HVM_OP: u32 = 34;

/// "This domain".
const DOMAIN_SELF: u16 = 0x7ff0;

/// Why a domain has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shutdown {
    /// `SHUTDOWN_poweroff`: by itself.
    PowerOff = 0,
    /// `SHUTDOWN_crash`: it could not go on.
    Crash = 3,
}

/// Parameters of a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parameter {
    /// `HVM_PARAM_CALLBACK_IRQ`.
    Callback = 0,
    /// `HVM_PARAM_CONSOLE_PFN`.
    ConsolePage = 17,
    /// `HVM_PARAM_CONSOLE_EVTCHN`.
    ConsolePort = 18,
    /// `HVM_PARAM_VM_GENERATION_ID_ADDR`: 64 bits that dom0 can write. Nobody else uses them in a guest without
    /// firmware; dom0 leaves the system time there at which the first major frame begins.
    Origin = 34,
}

/// Makes a call with two arguments.
///
/// # Safety
/// Xen may read and write what the arguments point to; the caller must own it.
unsafe fn call(number: u32, first: u32, second: u32, third: u32) -> i32 {
    let answer: u32;
    // SAFETY: the page was filled by Xen in `prepare`; a call keeps all registers but these.
    unsafe {
        asm!(
            "call {entry}",
            entry = in(reg) HYPERCALLS + 32 * number,
            out("eax") answer,
            inlateout("ebx") first => _,
            inlateout("ecx") second => _,
            inlateout("edx") third => _,
        );
    }
    answer as i32
}

/// Makes a call whose second argument is a structure that the caller owns.
fn with<T>(number: u32, operation: u32, argument: &mut T) -> i32 {
    // SAFETY: Xen reads and writes the structure only, which has the layout that the operation asks for.
    unsafe { call(number, operation, &raw mut *argument as u32, 0) }
}

/// Where Xen begins to say what it is, if it is there.
fn leaves() -> Option<u32> {
    let signature = [0x566e_6558, 0x6558_4d4d, 0x4d4d_566e];
    (0x4000_0000..0x4001_0000).step_by(0x100).find(|leaf| {
        let found = __cpuid(*leaf);
        [found.ebx, found.ecx, found.edx] == signature
    })
}

/// The guest's own number, if Xen tells it (xen/include/public/arch-x86/cpuid.h, leaf 4).
pub(super) fn own_domain() -> Option<u32> {
    const IS_TOLD: u32 = 1 << 4;
    let leaf = leaves()?;
    let found = __cpuid(leaf + 4);
    (__cpuid(leaf).eax >= leaf + 4 && found.eax & IS_TOLD != 0).then_some(found.ecx)
}

/// Has Xen fill the page of hypercalls; false if there is no Xen.
pub(super) fn prepare() -> bool {
    let Some(leaf) = leaves() else { return false };
    let register = __cpuid(leaf + 2).ebx;
    // SAFETY: Xen writes its calls to the page, which is ours.
    unsafe { asm!("wrmsr", in("ecx") register, in("eax") HYPERCALLS, in("edx") 0) };
    true
}

/// Maps Xen's shared page over the page of the guest with this number.
pub(super) fn map_shared_page(frame: u32) -> bool {
    map(0, frame)
}

/// Maps the first page of the table of grants over the page of the guest with this number.
pub(super) fn map_grant_table(frame: u32) -> bool {
    map(1, frame)
}

/// Maps the first page of what Xen has in one of its spaces (`XENMAPSPACE_shared_info`, `XENMAPSPACE_grant_table`).
fn map(space: u32, frame: u32) -> bool {
    #[repr(C)]
    struct AddToPhysmap {
        domain: u16,
        size: u16,
        space: u32,
        index: u32,
        frame: u32,
    }
    let mut argument = AddToPhysmap { domain: DOMAIN_SELF, size: 0, space, index: 0, frame };
    with(MEMORY_OP, 7, &mut argument) == 0
}

/// What is asked of Xen to map a page that another guest has granted (`gnttab_map_grant_ref`).
#[repr(C, align(8))]
pub(super) struct MapGrant {
    pub(super) address: u64,
    pub(super) flags: u32,
    pub(super) number: u32,
    pub(super) domain: u16,
    pub(super) status: i16,
    pub(super) handle: u32,
    pub(super) bus_address: u64,
}

/// Asks for it; whether Xen has looked at it at all.
pub(super) fn map_grant(argument: &mut MapGrant) -> bool {
    // SAFETY: Xen reads and writes the structure only, and maps a page where the guest has no memory of its own.
    unsafe { call(GRANT_TABLE_OP, 0, &raw mut *argument as u32, 1) == 0 }
}

#[repr(C, align(8))]
struct HvmParameter {
    domain: u16,
    padding: u16,
    index: u32,
    value: u64,
}

/// Reads a parameter.
pub(super) fn parameter(which: Parameter) -> Option<u64> {
    let mut argument = HvmParameter { domain: DOMAIN_SELF, padding: 0, index: which as u32, value: 0 };
    (with(HVM_OP, 1, &mut argument) == 0).then_some(argument.value)
}

/// Sets a parameter.
pub(super) fn set_parameter(which: Parameter, value: u64) -> bool {
    let mut argument = HvmParameter { domain: DOMAIN_SELF, padding: 0, index: which as u32, value };
    with(HVM_OP, 0, &mut argument) == 0
}

/// Opens a port for the vCPU's timer.
pub(super) fn bind_timer() -> Option<u32> {
    let mut argument = [0, 0, 0_u32];
    (with(EVENT_CHANNEL_OP, 1, &mut argument) == 0).then_some(argument[2])
}

/// Opens a port that another guest can bind.
pub(super) fn open_for(domain: u16) -> Option<u32> {
    #[repr(C)]
    struct AllocUnbound {
        own: u16,
        other: u16,
        port: u32,
    }
    let mut argument = AllocUnbound { own: DOMAIN_SELF, other: domain, port: 0 };
    (with(EVENT_CHANNEL_OP, 6, &mut argument) == 0).then_some(argument.port)
}

/// Binds a port that another guest has opened for this one. Xen makes the own end pending, as what that guest had to
/// tell before is lost.
pub(super) fn bind(domain: u16, port: u32) -> Option<u32> {
    #[repr(C)]
    struct BindInterdomain {
        domain: u16,
        padding: u16,
        port: u32,
        own: u32,
    }
    let mut argument = BindInterdomain { domain, padding: 0, port, own: 0 };
    (with(EVENT_CHANNEL_OP, 0, &mut argument) == 0).then_some(argument.own)
}

/// Tells the other end of a port.
pub(super) fn notify(port: u32) {
    let mut argument = port;
    with(EVENT_CHANNEL_OP, 4, &mut argument);
}

/// Arms the vCPU's timer for an absolute system time in nanoseconds. A time that has passed comes at once.
pub(super) fn arm(time: u64) {
    #[repr(C, align(8))]
    struct SingleShot {
        time: u64,
        flags: u32,
    }
    let mut argument = SingleShot { time, flags: 0 };
    // SAFETY: Xen only reads the structure.
    unsafe { call(VCPU_OP, 8, 0, &raw mut argument as u32) };
}

/// Disarms the vCPU's timer.
pub(super) fn disarm() {
    // SAFETY: no argument points to anything.
    unsafe { call(VCPU_OP, 9, 0, 0) };
}

/// Gives up the processor until one of the ports has an event, at the latest at a system time; 0 stands for never.
/// Xen looks at the ports after it has announced that it will wake this vCPU, so an event that comes just before is not
/// lost; a vCPU that blocks with interrupts disabled would sleep over it.
pub(super) fn poll(ports: &[u32], until: u64) {
    #[repr(C, align(8))]
    struct Poll {
        ports: u32,
        count: u32,
        timeout: u64,
    }
    let mut argument = Poll { ports: ports.as_ptr() as u32, count: ports.len() as u32, timeout: until };
    with(SCHED_OP, 3, &mut argument);
}

/// Ends the domain.
pub(super) fn shut_down(reason: Shutdown) -> ! {
    loop {
        let mut argument = reason as u32;
        with(SCHED_OP, 2, &mut argument);
    }
}
