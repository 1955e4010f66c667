//! The calls from a partition into the kernel.

/// The number of a hypercall. `docs/interface.md` gives arguments, results and errors of each.
///
/// How a number and its arguments travel is the processor's affair: see [`crate::machine`].
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hypercall {
    /// Returns [`crate::INTERFACE_VERSION`] of the kernel. No arguments, no errors.
    InterfaceVersion = 0,
    /// Writes bytes to the partition's console: (address, length in bytes). Returns how many were taken, which
    /// can be fewer, down to 0 when the device has no room. Errors: `BadAddress`.
    ConsoleWrite = 1,
    /// Reads bytes from the partition's console: (address, length in bytes). Returns how many were stored, 0 if
    /// none are waiting. Errors: `BadAddress`; `NotPermitted` if the console input belongs to another partition.
    ConsoleRead = 2,
    /// Gives up the processor until a line of the shared page's mask is pending, or until the partition's next
    /// window begins, whichever is first. Returns 0. If a line is pending already it returns at once.
    Idle = 3,
    /// Arms the partition's timer: (low half, high half) of an absolute deadline in nanoseconds of the
    /// interface's clock. A deadline that has passed makes [`crate::Line::Timer`] pending at once;
    /// [`crate::NEVER`] disarms. Returns 0.
    TimerSet = 4,
    /// Sets the base address of the thread-local storage segment: (address). Returns 0. On processors where a
    /// plain register holds it (SPARC) the guest layer does not call.
    SetTlsBase = 5,
    /// Ends this partition: (status). The system ends when every partition has. Does not return.
    Halt = 6,
    /// Starts this partition again from its image: (0 = cold, 1 = warm). A warm start leaves memory outside the
    /// image as it is. Does not return. Errors: `BadArgument`.
    Restart = 7,
    /// Stores a [`crate::PartitionStatus`] at (address). Returns 0. Errors: `BadAddress`.
    Status = 8,
    /// Registers where interrupts and faults continue: (interrupt entry, fault entry), 0 for none.
    /// Returns 0. Until then lines stay pending, and a fault goes to the health monitor.
    SetUpcalls = 9,
    /// Stores the [`crate::PortDescription`] of a port: (port, address). Returns 0. Errors: `BadArgument` if the
    /// partition has no such port, `BadAddress`.
    PortDescribe = 10,
    /// Stores the [`crate::PortStatus`] of a port: (port, address). Returns 0. Errors: `BadArgument`, `BadAddress`.
    PortStatus = 11,
    /// Writes a message to a sampling port: (port, address, length in bytes). Returns 0. Errors: `BadArgument` if there
    /// is no such port or the length is 0 or more than the port's; `NotPermitted` if it is no source of a sampling
    /// channel; `BadAddress`.
    SamplingWrite = 12,
    /// Reads the last message of a sampling port: (port, address, room in bytes). Returns a [`crate::Received`].
    /// Errors: `BadArgument` if there is no such port, or the message is longer than the room; `NotPermitted` if it is
    /// no destination of a sampling channel; `BadAddress`; `NotAvailable` if there has been no message.
    SamplingRead = 13,
    /// Sends a message to a queuing port: (port with [`crate::port::SEND_WAITS`] or without, address, length in bytes).
    /// Returns 0. Errors: as `SamplingWrite`, and `NotAvailable` if the queue is full.
    QueuingSend = 14,
    /// Receives the oldest message of a queuing port: (port, address, room in bytes). Returns a [`crate::Received`].
    /// Errors: as `SamplingRead`; `NotAvailable` if there is no message. A message that is not received stays.
    QueuingReceive = 15,
    /// Drops the messages that wait at a queuing port: (port). Returns how many there were. Errors: `BadArgument`;
    /// `NotPermitted` if it is no destination of a queuing channel.
    QueuingClear = 16,
    /// Stores the [`crate::RegionDescription`] of a region of shared memory: (region, address). Returns 0. Errors:
    /// `BadArgument` if the system has no such region, `NotPermitted` if this partition does not share it,
    /// `BadAddress`.
    RegionDescribe = 17,
    /// Makes the line of each other partition pending that shares a region and has a line for it: (region). Returns 0.
    /// Errors: `BadArgument`, `NotPermitted`.
    Doorbell = 18,
    /// Changes this partition's mode: (a [`crate::Mode`]), after `SET_PARTITION_MODE`. [`crate::Mode::Normal`] returns
    /// 0, or 1 if that is the mode already; [`crate::Mode::Idle`] is `Halt` with status 0, the others are `Restart`.
    /// Errors:
    /// `BadArgument`; `InvalidMode` for a warm start while a cold one is not done.
    SetMode = 19,
    /// Tells the health monitor of an error of this partition's own: (a [`crate::HealthError`] that can be raised,
    /// code, detail). Returns 0 if the partition is to go on. Errors: `BadArgument`.
    RaiseError = 20,
    /// Serves this partition's watchdog. No arguments, returns 0. Errors: `NotPermitted` if it has none.
    ServeWatchdog = 21,
    /// Stops or starts a partition: (partition, a [`crate::Mode`] but [`crate::Mode::Normal`]). Returns 0, or 1 if it
    /// is to be stopped and does not run. Errors: `BadArgument` if there is no such partition or mode, `NotPermitted`
    /// if this one may not.
    PartitionControl = 22,
    /// Stores the [`crate::PartitionDescription`] of a partition: (partition, address). Returns 0. Errors:
    /// `BadArgument`;
    /// `NotPermitted` for another than this one without the right; `BadAddress`.
    PartitionDescribe = 23,
    /// Asks for another schedule from the next major frame on: (schedule). The last request counts. Returns 0, or 1 if
    /// it is the one that runs, and goes on then. Errors: `BadArgument` if there is no such schedule, `NotPermitted`.
    ScheduleSet = 24,
    /// Stores the [`crate::ScheduleStatus`]: (address). Returns 0. Errors: `BadAddress`.
    ScheduleStatus = 25,
    /// Stores the [`crate::ScheduleDescription`] of a schedule: (schedule, address). Returns 0. Errors: `BadArgument`,
    /// `BadAddress`.
    ScheduleDescribe = 26,
    /// Stores a [`crate::HealthRecord`] of a partition's log, or of the module's: (partition or
    /// [`crate::system_table::NO_PARTITION`], number, address). It is the oldest one that is kept of those with this
    /// number or a higher one. Returns 0. Errors: `BadArgument`; `NotPermitted` for another's log without the right;
    /// `BadAddress`;
    /// `NotAvailable` if there is none yet.
    HealthRead = 27,
    /// Stores the [`crate::ResourceDescription`] of a resource of this partition's devices: (resource, address).
    /// Returns 0. Errors: `BadArgument` if there is no such resource, `BadAddress`.
    ResourceDescribe = 28,
    /// Reads a register of a device, or a port, and stores it as a word of 32 bits: (resource, offset in bytes,
    /// address). Bits that the system file does not let it read are 0. Returns 0. Errors: `BadArgument` if there is no
    /// such resource or no register at the offset; `NotPermitted` if the resource is no registers or ports, or nothing
    /// may be read there; `BadAddress`; `NotAvailable` if no device answers there.
    RegisterRead = 29,
    /// Writes a register of a device, or a port: (resource, offset in bytes, value). Bits that the system file does not
    /// let it write keep what the register says. Returns 0. Errors: as `RegisterRead`.
    RegisterWrite = 30,
    /// Lets the next interrupt of a device in, as which a line comes: (line). It is masked from when it has come until
    /// this call; one that has come meanwhile is not lost. Returns 0. Errors: `BadArgument` if no device of this
    /// partition has the line.
    InterruptEnable = 31,
}

impl Hypercall {
    /// One more than the highest number in use.
    pub const COUNT: u32 = 32;

    /// What calls are called, in the order of their numbers.
    pub const WORDS: &'static [&'static str] = &[
        "interface-version",
        "console-write",
        "console-read",
        "idle",
        "timer-set",
        "set-tls-base",
        "halt",
        "restart",
        "status",
        "set-upcalls",
        "port-describe",
        "port-status",
        "sampling-write",
        "sampling-read",
        "queuing-send",
        "queuing-receive",
        "queuing-clear",
        "region-describe",
        "doorbell",
        "set-mode",
        "raise-error",
        "serve-watchdog",
        "partition-control",
        "partition-describe",
        "schedule-set",
        "schedule-status",
        "schedule-describe",
        "health-read",
        "resource-describe",
        "register-read",
        "register-write",
        "interrupt-enable",
    ];

    /// The call with this number, if there is one.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::InterfaceVersion,
            1 => Self::ConsoleWrite,
            2 => Self::ConsoleRead,
            3 => Self::Idle,
            4 => Self::TimerSet,
            5 => Self::SetTlsBase,
            6 => Self::Halt,
            7 => Self::Restart,
            8 => Self::Status,
            9 => Self::SetUpcalls,
            10 => Self::PortDescribe,
            11 => Self::PortStatus,
            12 => Self::SamplingWrite,
            13 => Self::SamplingRead,
            14 => Self::QueuingSend,
            15 => Self::QueuingReceive,
            16 => Self::QueuingClear,
            17 => Self::RegionDescribe,
            18 => Self::Doorbell,
            19 => Self::SetMode,
            20 => Self::RaiseError,
            21 => Self::ServeWatchdog,
            22 => Self::PartitionControl,
            23 => Self::PartitionDescribe,
            24 => Self::ScheduleSet,
            25 => Self::ScheduleStatus,
            26 => Self::ScheduleDescribe,
            27 => Self::HealthRead,
            28 => Self::ResourceDescribe,
            29 => Self::RegisterRead,
            30 => Self::RegisterWrite,
            31 => Self::InterruptEnable,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::String;

    use super::*;

    #[test]
    fn calls_have_the_words_that_are_their_names() {
        assert_eq!(Hypercall::WORDS.len(), Hypercall::COUNT as usize);
        for (number, word) in (0..).zip(Hypercall::WORDS) {
            let name = format!("{:?}", Hypercall::from_number(number).expect("a call"));
            let letters: String = word.split('-').collect();
            assert_eq!(name.to_ascii_lowercase(), letters);
        }
    }
}
