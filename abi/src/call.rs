//! A call of a partition, decoded: which one, and its arguments by name.

use crate::port::SEND_WAITS;
use crate::{Error, HealthError, Hypercall, Mode, StartReason};

/// The most arguments that a call can have, each of 32 bits. [`crate::machine::i386`] and [`crate::sparc`] say in which
/// registers they travel; today's calls have three at most.
pub const ARGUMENTS_MAX: usize = 5;

/// A call with its arguments. What each does is said at [`Hypercall`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// [`Hypercall::InterfaceVersion`].
    InterfaceVersion,
    /// [`Hypercall::ConsoleWrite`].
    ConsoleWrite {
        /// First address of the bytes.
        address: u32,
        /// How many there are.
        length: u32,
    },
    /// [`Hypercall::ConsoleRead`].
    ConsoleRead {
        /// Where the bytes go.
        address: u32,
        /// How many there is room for.
        length: u32,
    },
    /// [`Hypercall::Idle`].
    Idle,
    /// [`Hypercall::TimerSet`].
    TimerSet {
        /// Absolute time in nanoseconds.
        deadline: u64,
    },
    /// [`Hypercall::SetTlsBase`].
    SetTlsBase {
        /// The segment's base.
        base: u32,
    },
    /// [`Hypercall::Halt`].
    Halt {
        /// The partition's status.
        status: u32,
    },
    /// [`Hypercall::Restart`].
    Restart {
        /// Cold or warm.
        reason: StartReason,
    },
    /// [`Hypercall::Status`].
    Status {
        /// Where the status goes.
        address: u32,
    },
    /// [`Hypercall::SetUpcalls`].
    SetUpcalls {
        /// Where interrupts continue; 0 for none.
        interrupt_entry: u32,
        /// Where faults continue; 0 for none.
        fault_entry: u32,
    },
    /// [`Hypercall::PortDescribe`].
    PortDescribe {
        /// The port's number.
        port: u32,
        /// Where the description goes.
        address: u32,
    },
    /// [`Hypercall::PortStatus`].
    PortStatus {
        /// The port's number.
        port: u32,
        /// Where the status goes.
        address: u32,
    },
    /// [`Hypercall::SamplingWrite`].
    SamplingWrite {
        /// The port's number.
        port: u32,
        /// First address of the message.
        address: u32,
        /// How many bytes it has.
        length: u32,
    },
    /// [`Hypercall::SamplingRead`].
    SamplingRead {
        /// The port's number.
        port: u32,
        /// Where the message goes.
        address: u32,
        /// How many bytes there is room for.
        room: u32,
    },
    /// [`Hypercall::QueuingSend`].
    QueuingSend {
        /// The port's number.
        port: u32,
        /// Whether the sender comes again when there is room.
        waits: bool,
        /// First address of the message.
        address: u32,
        /// How many bytes it has.
        length: u32,
    },
    /// [`Hypercall::QueuingReceive`].
    QueuingReceive {
        /// The port's number.
        port: u32,
        /// Where the message goes.
        address: u32,
        /// How many bytes there is room for.
        room: u32,
    },
    /// [`Hypercall::QueuingClear`].
    QueuingClear {
        /// The port's number.
        port: u32,
    },
    /// [`Hypercall::RegionDescribe`].
    RegionDescribe {
        /// The region's number.
        region: u32,
        /// Where the description goes.
        address: u32,
    },
    /// [`Hypercall::Doorbell`].
    Doorbell {
        /// The region's number.
        region: u32,
    },
    /// [`Hypercall::SetMode`].
    SetMode {
        /// The mode.
        mode: Mode,
    },
    /// [`Hypercall::RaiseError`].
    RaiseError {
        /// Which error.
        error: HealthError,
        /// What the partition says with it.
        code: u32,
        /// What else.
        detail: u32,
    },
    /// [`Hypercall::ServeWatchdog`].
    ServeWatchdog,
    /// [`Hypercall::PartitionControl`].
    PartitionControl {
        /// The partition's number.
        partition: u32,
        /// The mode that it is to have.
        mode: Mode,
    },
    /// [`Hypercall::PartitionDescribe`].
    PartitionDescribe {
        /// The partition's number.
        partition: u32,
        /// Where the description goes.
        address: u32,
    },
    /// [`Hypercall::ScheduleSet`].
    ScheduleSet {
        /// The schedule's number.
        schedule: u32,
    },
    /// [`Hypercall::ScheduleStatus`].
    ScheduleStatus {
        /// Where the status goes.
        address: u32,
    },
    /// [`Hypercall::ScheduleDescribe`].
    ScheduleDescribe {
        /// The schedule's number.
        schedule: u32,
        /// Where the description goes.
        address: u32,
    },
    /// [`Hypercall::HealthRead`].
    HealthRead {
        /// Whose log.
        partition: u32,
        /// The number from which on.
        sequence: u32,
        /// Where the record goes.
        address: u32,
    },
    /// [`Hypercall::ResourceDescribe`].
    ResourceDescribe {
        /// The resource's number.
        resource: u32,
        /// Where the description goes.
        address: u32,
    },
    /// [`Hypercall::RegisterRead`].
    RegisterRead {
        /// The resource's number.
        resource: u32,
        /// Offset of the register in bytes.
        offset: u32,
        /// Where the value goes.
        address: u32,
    },
    /// [`Hypercall::RegisterWrite`].
    RegisterWrite {
        /// The resource's number.
        resource: u32,
        /// Offset of the register in bytes.
        offset: u32,
        /// The value.
        value: u32,
    },
    /// [`Hypercall::InterruptEnable`].
    InterruptEnable {
        /// The interrupt's line.
        line: u32,
    },
}

impl Call {
    /// The call that a partition makes with a number and arguments.
    ///
    /// # Errors
    /// `UnknownCall` if no call has the number, `BadArgument` if an argument stands for nothing.
    #[inline(always)]
    pub const fn decode(number: u32, arguments: [u32; ARGUMENTS_MAX]) -> Result<Self, Error> {
        let [first, second, third, ..] = arguments;
        // Said first, so that one comparison and one jump find the call.
        if number >= Hypercall::COUNT {
            return Err(Error::UnknownCall);
        }
        let Some(call) = Hypercall::from_number(number) else { return Err(Error::UnknownCall) };
        Ok(match call {
            Hypercall::InterfaceVersion => Self::InterfaceVersion,
            Hypercall::ConsoleWrite => Self::ConsoleWrite { address: first, length: second },
            Hypercall::ConsoleRead => Self::ConsoleRead { address: first, length: second },
            Hypercall::Idle => Self::Idle,
            Hypercall::TimerSet => Self::TimerSet { deadline: first as u64 | (second as u64) << 32 },
            Hypercall::SetTlsBase => Self::SetTlsBase { base: first },
            Hypercall::Halt => Self::Halt { status: first },
            Hypercall::Restart => match first {
                0 => Self::Restart { reason: StartReason::ColdRestart },
                1 => Self::Restart { reason: StartReason::WarmRestart },
                _ => return Err(Error::BadArgument),
            },
            Hypercall::Status => Self::Status { address: first },
            Hypercall::SetUpcalls => Self::SetUpcalls { interrupt_entry: first, fault_entry: second },
            Hypercall::PortDescribe => Self::PortDescribe { port: first, address: second },
            Hypercall::PortStatus => Self::PortStatus { port: first, address: second },
            Hypercall::SamplingWrite => Self::SamplingWrite { port: first, address: second, length: third },
            Hypercall::SamplingRead => Self::SamplingRead { port: first, address: second, room: third },
            Hypercall::QueuingSend => Self::QueuingSend {
                port: first & !SEND_WAITS,
                waits: first & SEND_WAITS != 0,
                address: second,
                length: third,
            },
            Hypercall::QueuingReceive => Self::QueuingReceive { port: first, address: second, room: third },
            Hypercall::QueuingClear => Self::QueuingClear { port: first },
            Hypercall::RegionDescribe => Self::RegionDescribe { region: first, address: second },
            Hypercall::Doorbell => Self::Doorbell { region: first },
            Hypercall::SetMode => match Mode::from_number(first) {
                Some(mode) => Self::SetMode { mode },
                None => return Err(Error::BadArgument),
            },
            Hypercall::RaiseError => match HealthError::from_number(first) {
                Some(error) if error.can_be_raised() => {
                    Self::RaiseError { error, code: second, detail: third }
                }
                _ => return Err(Error::BadArgument),
            },
            Hypercall::ServeWatchdog => Self::ServeWatchdog,
            Hypercall::PartitionControl => match Mode::from_number(second) {
                Some(mode @ (Mode::Idle | Mode::ColdStart | Mode::WarmStart)) => {
                    Self::PartitionControl { partition: first, mode }
                }
                _ => return Err(Error::BadArgument),
            },
            Hypercall::PartitionDescribe => Self::PartitionDescribe { partition: first, address: second },
            Hypercall::ScheduleSet => Self::ScheduleSet { schedule: first },
            Hypercall::ScheduleStatus => Self::ScheduleStatus { address: first },
            Hypercall::ScheduleDescribe => Self::ScheduleDescribe { schedule: first, address: second },
            Hypercall::HealthRead => Self::HealthRead { partition: first, sequence: second, address: third },
            Hypercall::ResourceDescribe => Self::ResourceDescribe { resource: first, address: second },
            Hypercall::RegisterRead => Self::RegisterRead { resource: first, offset: second, address: third },
            Hypercall::RegisterWrite => Self::RegisterWrite { resource: first, offset: second, value: third },
            Hypercall::InterruptEnable => Self::InterruptEnable { line: first },
        })
    }

    /// The number and the arguments with which a partition makes the call.
    #[inline(always)]
    #[must_use]
    pub const fn encode(self) -> (Hypercall, [u32; ARGUMENTS_MAX]) {
        let (call, [first, second, third]) = match self {
            Self::InterfaceVersion => (Hypercall::InterfaceVersion, [0; 3]),
            Self::ConsoleWrite { address, length } => (Hypercall::ConsoleWrite, [address, length, 0]),
            Self::ConsoleRead { address, length } => (Hypercall::ConsoleRead, [address, length, 0]),
            Self::Idle => (Hypercall::Idle, [0, 0, 0]),
            Self::TimerSet { deadline } => {
                (Hypercall::TimerSet, [deadline as u32, (deadline >> 32) as u32, 0])
            }
            Self::SetTlsBase { base } => (Hypercall::SetTlsBase, [base, 0, 0]),
            Self::Halt { status } => (Hypercall::Halt, [status, 0, 0]),
            Self::Restart { reason } => {
                (Hypercall::Restart, [matches!(reason, StartReason::WarmRestart) as u32, 0, 0])
            }
            Self::Status { address } => (Hypercall::Status, [address, 0, 0]),
            Self::SetUpcalls { interrupt_entry, fault_entry } => {
                (Hypercall::SetUpcalls, [interrupt_entry, fault_entry, 0])
            }
            Self::PortDescribe { port, address } => (Hypercall::PortDescribe, [port, address, 0]),
            Self::PortStatus { port, address } => (Hypercall::PortStatus, [port, address, 0]),
            Self::SamplingWrite { port, address, length } => {
                (Hypercall::SamplingWrite, [port, address, length])
            }
            Self::SamplingRead { port, address, room } => (Hypercall::SamplingRead, [port, address, room]),
            Self::QueuingSend { port, waits, address, length } => {
                (Hypercall::QueuingSend, [if waits { port | SEND_WAITS } else { port }, address, length])
            }
            Self::QueuingReceive { port, address, room } => {
                (Hypercall::QueuingReceive, [port, address, room])
            }
            Self::QueuingClear { port } => (Hypercall::QueuingClear, [port, 0, 0]),
            Self::RegionDescribe { region, address } => (Hypercall::RegionDescribe, [region, address, 0]),
            Self::Doorbell { region } => (Hypercall::Doorbell, [region, 0, 0]),
            Self::SetMode { mode } => (Hypercall::SetMode, [mode as u32, 0, 0]),
            Self::RaiseError { error, code, detail } => (Hypercall::RaiseError, [error as u32, code, detail]),
            Self::ServeWatchdog => (Hypercall::ServeWatchdog, [0; 3]),
            Self::PartitionControl { partition, mode } => {
                (Hypercall::PartitionControl, [partition, mode as u32, 0])
            }
            Self::PartitionDescribe { partition, address } => {
                (Hypercall::PartitionDescribe, [partition, address, 0])
            }
            Self::ScheduleSet { schedule } => (Hypercall::ScheduleSet, [schedule, 0, 0]),
            Self::ScheduleStatus { address } => (Hypercall::ScheduleStatus, [address, 0, 0]),
            Self::ScheduleDescribe { schedule, address } => {
                (Hypercall::ScheduleDescribe, [schedule, address, 0])
            }
            Self::HealthRead { partition, sequence, address } => {
                (Hypercall::HealthRead, [partition, sequence, address])
            }
            Self::ResourceDescribe { resource, address } => {
                (Hypercall::ResourceDescribe, [resource, address, 0])
            }
            Self::RegisterRead { resource, offset, address } => {
                (Hypercall::RegisterRead, [resource, offset, address])
            }
            Self::RegisterWrite { resource, offset, value } => {
                (Hypercall::RegisterWrite, [resource, offset, value])
            }
            Self::InterruptEnable { line } => (Hypercall::InterruptEnable, [line, 0, 0]),
        };
        (call, [first, second, third, 0, 0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_stands_for_nothing_is_refused() {
        assert_eq!(Call::decode(Hypercall::COUNT, [0; 5]), Err(Error::UnknownCall));
        assert_eq!(Call::decode(u32::MAX, [0; 5]), Err(Error::UnknownCall));
        assert_eq!(Call::decode(Hypercall::Restart as u32, [2, 0, 0, 0, 0]), Err(Error::BadArgument));
    }

    proptest! {
        #[test]
        fn a_call_is_decoded_as_it_was_encoded(
            number in 0..Hypercall::COUNT, first: u32, second: u32, third: u32,
        ) {
            if let Ok(call) = Call::decode(number, [first, second, third, 4, 5]) {
                let (known, arguments) = call.encode();
                prop_assert_eq!(known as u32, number);
                prop_assert_eq!(Call::decode(number, arguments), Ok(call));
            } else {
                let is_checked = match Hypercall::from_number(number) {
                    Some(Hypercall::Restart) => first > 1,
                    Some(Hypercall::SetMode) => first > 3,
                    Some(Hypercall::RaiseError) => !(1..=12).contains(&first),
                    Some(Hypercall::PartitionControl) => second > 2,
                    _ => false,
                };
                prop_assert!(is_checked);
            }
        }
    }
}
