//! The seam to the kernel below the partition.
//!
//! Which kernel that is, is decided when a program is linked: [`Kernel`] stands for what a binding's crate gives.

use core::sync::atomic::{Ordering, compiler_fence};

use bulkhead_abi::{
    Call, Error, HealthError, HealthRecord, INTERFACE_VERSION, Mode, PartitionDescription, PartitionStatus,
    PortDescription, PortStatus, Received, RegionDescription, ResourceDescription, ScheduleDescription,
    ScheduleStatus, SharedPage, StartInformation,
};

pub mod console_lines;
#[cfg(target_os = "none")]
mod linked;
#[cfg(target_os = "none")]
pub use linked::Kernel;

#[cfg(not(target_os = "none"))]
pub mod simulated;
#[cfg(not(target_os = "none"))]
pub use simulated::Kernel;

/// What the guest layer needs of a kernel. The words of the partition interface are the vocabulary; a host with
/// another contract translates.
///
/// A host is a crate of its own, which depends on this one: it implements the trait and names the implementation with
/// the macro `host!`. What is linked with a program decides what it runs on.
pub trait Host {
    /// The page with the words of the virtual interrupts: enable, pending, mask, and the records of upcalls and faults.
    /// Whoever keeps them below (a kernel, a monitor in the guest, a stub), they are the interface's, so that what
    /// follows is the same on every host.
    fn shared() -> &'static SharedPage;

    /// The enable word: 0 if no upcall may come.
    #[inline(always)]
    fn interrupts_enabled() -> u32 {
        Self::shared().interrupts_enabled.load(Ordering::SeqCst)
    }

    /// Sets the enable word. Nothing is delivered by that alone.
    #[inline(always)]
    fn set_interrupts_enabled(value: u32) {
        // Compiler fences on both sides keep the critical region's accesses inside; the processor needs none,
        // since the upcall comes on the same processor. A release store alone would let later reads move up.
        compiler_fence(Ordering::SeqCst);
        Self::shared().interrupts_enabled.store(value, Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
    }

    /// The lines that are pending and let through, one bit each.
    #[inline(always)]
    fn due() -> u32 {
        Self::shared().deliverable()
    }

    /// The lines that are pending, let through or not, one bit each.
    #[inline(always)]
    fn pending() -> u32 {
        Self::shared().pending.load(Ordering::Relaxed)
    }

    /// Makes a line no longer pending, in one step that no interrupt can divide. `line` is below 32.
    #[inline(always)]
    fn clear(line: u32) {
        Self::shared().pending.fetch_and(!(1 << line), Ordering::Relaxed);
    }

    /// Makes a line pending, in one step that no interrupt can divide. `line` is below 32.
    #[inline(always)]
    fn raise(line: u32) {
        Self::shared().pending.fetch_or(1 << line, Ordering::Relaxed);
    }

    /// Lets lines through, one bit each, in one step.
    #[inline(always)]
    fn unmask(lines: u32) {
        Self::shared().mask.fetch_or(lines, Ordering::Relaxed);
    }

    /// Holds lines back, one bit each, in one step.
    #[inline(always)]
    fn mask(lines: u32) {
        Self::shared().mask.fetch_and(!lines, Ordering::Relaxed);
    }

    /// Says that the fault record has been taken, so that the next fault is delivered again.
    #[inline(always)]
    fn fault_taken() {
        Self::shared().fault.busy.store(0, Ordering::Relaxed);
    }

    /// Registers where interrupts and faults continue; 0 for a fault entry means that faults go to the health
    /// monitor.
    fn set_upcalls(interrupt_entry: usize, fault_entry: usize);

    /// Writes to the console; how many bytes were taken.
    ///
    /// # Errors
    /// What the kernel answered.
    fn console_write(bytes: &[u8]) -> Result<usize, Error>;

    /// Reads from the console; how many bytes were stored.
    ///
    /// # Errors
    /// What the kernel answered.
    fn console_read(bytes: &mut [u8]) -> Result<usize, Error>;

    /// Gives up the processor until a line is due or the next window begins.
    fn idle();

    /// Arms the timer for an absolute deadline in nanoseconds.
    fn timer_set(deadline: u64);

    /// Sets the base of the thread-local storage segment.
    fn set_tls_base(base: usize);

    /// Ends the partition.
    fn halt(status: u32) -> !;

    /// Starts the partition again, 0 = cold, 1 = warm; returns only if the kernel refuses.
    fn restart(kind: u32) -> Error;

    /// The partition's status.
    ///
    /// # Errors
    /// What the kernel answered.
    fn status() -> Result<PartitionStatus, Error>;

    /// What the partition was told about itself; `address` is what the entry point was given.
    fn start_information(address: usize) -> &'static StartInformation;

    /// The window that runs now: (its number, its start, its end), times in nanoseconds.
    fn window() -> (u32, u64, u64);

    /// A port as the system file has it.
    ///
    /// # Errors
    /// What the kernel answered; `BadArgument` where it has no ports or regions.
    fn port_describe(port: u32) -> Result<PortDescription, Error> {
        let _ = port;
        Err(Error::BadArgument)
    }

    /// How a port stands.
    ///
    /// # Errors
    /// What the kernel answered; `BadArgument` where it has no ports or regions.
    fn port_status(port: u32) -> Result<PortStatus, Error> {
        let _ = port;
        Err(Error::BadArgument)
    }

    /// Writes a message to a sampling port.
    ///
    /// # Errors
    /// What the kernel answered; `BadArgument` where it has no ports or regions.
    fn sampling_write(port: u32, message: &[u8]) -> Result<(), Error> {
        let _ = (port, message);
        Err(Error::BadArgument)
    }

    /// Reads the last message of a sampling port, as [`bulkhead_abi::Hypercall::SamplingRead`].
    ///
    /// # Errors
    /// What the kernel answered; `BadArgument` where it has no ports or regions.
    fn sampling_read(port: u32, room: &mut [u8]) -> Result<Received, Error> {
        let _ = (port, room);
        Err(Error::BadArgument)
    }

    /// Sends a message to a queuing port; `waits` if the sender comes again when there is room.
    ///
    /// # Errors
    /// What the kernel answered; `BadArgument` where it has no ports or regions.
    fn queuing_send(port: u32, message: &[u8], waits: bool) -> Result<(), Error> {
        let _ = (port, message, waits);
        Err(Error::BadArgument)
    }

    /// Receives the oldest message of a queuing port, as [`bulkhead_abi::Hypercall::QueuingReceive`].
    ///
    /// # Errors
    /// What the kernel answered; `BadArgument` where it has no ports or regions.
    fn queuing_receive(port: u32, room: &mut [u8]) -> Result<Received, Error> {
        let _ = (port, room);
        Err(Error::BadArgument)
    }

    /// Drops the messages that wait at a queuing port; how many there were.
    ///
    /// # Errors
    /// What the kernel answered; `BadArgument` where it has no ports or regions.
    fn queuing_clear(port: u32) -> Result<usize, Error> {
        let _ = port;
        Err(Error::BadArgument)
    }

    /// A region of shared memory, as this partition has it.
    ///
    /// # Errors
    /// What the kernel answered; `BadArgument` where it has no ports or regions.
    fn region_describe(region: u32) -> Result<RegionDescription, Error> {
        let _ = region;
        Err(Error::BadArgument)
    }

    /// Makes the lines pending that other partitions have for a region.
    ///
    /// # Errors
    /// What the kernel answered; `BadArgument` where it has no ports or regions.
    fn doorbell(region: u32) -> Result<(), Error> {
        let _ = region;
        Err(Error::BadArgument)
    }

    /// Describes a resource of the partition's devices.
    ///
    /// # Errors
    /// What the kernel answered; `BadArgument` where no partition owns devices.
    fn resource_describe(resource: u32) -> Result<ResourceDescription, Error> {
        let _ = resource;
        Err(Error::BadArgument)
    }

    /// Reads a register of a device.
    ///
    /// # Errors
    /// What the kernel answered; `BadArgument` where no partition owns devices.
    fn register_read(resource: u32, offset: u32) -> Result<u32, Error> {
        let _ = (resource, offset);
        Err(Error::BadArgument)
    }

    /// Writes a register of a device.
    ///
    /// # Errors
    /// What the kernel answered; `BadArgument` where no partition owns devices.
    fn register_write(resource: u32, offset: u32, value: u32) -> Result<(), Error> {
        let _ = (resource, offset, value);
        Err(Error::BadArgument)
    }

    /// Lets the next interrupt of a device in.
    ///
    /// # Errors
    /// What the kernel answered; `BadArgument` where no partition owns devices.
    fn interrupt_enable(line: u32) -> Result<(), Error> {
        let _ = line;
        Err(Error::BadArgument)
    }

    /// Changes the partition's mode, as [`bulkhead_abi::Hypercall::SetMode`]; whether that was not its mode already.
    ///
    /// # Errors
    /// What the kernel answered; `UnknownCall` where it has no modes.
    fn set_mode(mode: Mode) -> Result<bool, Error> {
        let _ = mode;
        Err(Error::UnknownCall)
    }

    /// Tells the health monitor of an error, as [`bulkhead_abi::Hypercall::RaiseError`]. Returns if the partition is to
    /// go on.
    ///
    /// # Errors
    /// What the kernel answered; `UnknownCall` where it has no such health monitor.
    fn raise_error(error: HealthError, code: u32, detail: u32) -> Result<(), Error> {
        let _ = (error, code, detail);
        Err(Error::UnknownCall)
    }

    /// Serves the partition's watchdog.
    ///
    /// # Errors
    /// What the kernel answered; `UnknownCall` where it has none.
    fn serve_watchdog() -> Result<(), Error> {
        Err(Error::UnknownCall)
    }

    /// Stops or starts a partition, as [`bulkhead_abi::Hypercall::PartitionControl`]; whether there was something to
    /// do.
    ///
    /// # Errors
    /// What the kernel answered; `UnknownCall` where it cannot be asked.
    fn partition_control(partition: u32, mode: Mode) -> Result<bool, Error> {
        let _ = (partition, mode);
        Err(Error::UnknownCall)
    }

    /// How a partition stands.
    ///
    /// # Errors
    /// What the kernel answered; `UnknownCall` where it cannot be asked.
    fn partition_describe(partition: u32) -> Result<PartitionDescription, Error> {
        let _ = partition;
        Err(Error::UnknownCall)
    }

    /// Asks for a schedule from the next major frame on; whether it is another than the one that runs.
    ///
    /// # Errors
    /// What the kernel answered; `UnknownCall` where it has one schedule.
    fn schedule_set(schedule: u32) -> Result<bool, Error> {
        let _ = schedule;
        Err(Error::UnknownCall)
    }

    /// Which schedule runs, and which from the next major frame on.
    ///
    /// # Errors
    /// What the kernel answered; `UnknownCall` where it cannot be asked.
    fn schedule_status() -> Result<ScheduleStatus, Error> {
        Err(Error::UnknownCall)
    }

    /// A schedule as the system file has it.
    ///
    /// # Errors
    /// What the kernel answered; `UnknownCall` where it cannot be asked.
    fn schedule_describe(schedule: u32) -> Result<ScheduleDescription, Error> {
        let _ = schedule;
        Err(Error::UnknownCall)
    }

    /// An entry of the health monitor's log, as [`bulkhead_abi::Hypercall::HealthRead`].
    ///
    /// # Errors
    /// What the kernel answered; `UnknownCall` where it has no such log.
    fn health_read(partition: u32, sequence: u32) -> Result<HealthRecord, Error> {
        let _ = (partition, sequence);
        Err(Error::UnknownCall)
    }

    /// Makes a call by its number, for tests of the kernel. Where a host has no calls of the interface's, the binding
    /// does what those without addresses ask for; the others are `UnknownCall`.
    fn raw_call(number: u32, [first, second, third]: [u32; 3]) -> i32 {
        match Call::decode(number, [first, second, third, 0, 0]) {
            Ok(Call::InterfaceVersion) => return INTERFACE_VERSION as i32,
            Ok(Call::Idle) => Self::idle(),
            Ok(Call::TimerSet { deadline }) => Self::timer_set(deadline),
            Ok(Call::SetTlsBase { base }) => Self::set_tls_base(base as usize),
            Ok(Call::Halt { status }) => Self::halt(status),
            Ok(Call::SetUpcalls { interrupt_entry, fault_entry }) => {
                Self::set_upcalls(interrupt_entry as usize, fault_entry as usize);
            }
            Ok(_) => return Error::UnknownCall.code(),
            Err(error) => return error.code(),
        }
        0
    }
}
