//! The kernel below, as it is linked: the functions that a binding gives with [`crate::host!`].
//!
//! Binding and guest layer meet when a program is optimized as a whole, so that these calls are inlined.

use bulkhead_abi::{
    Error, HealthError, HealthRecord, Mode, PartitionDescription, PartitionStatus, PortDescription,
    PortStatus, Received, RegionDescription, ResourceDescription, ScheduleDescription, ScheduleStatus,
    SharedPage, StartInformation,
};

use super::Host;

/// The kernel that the program is linked for.
#[derive(Debug)]
pub struct Kernel;

// SAFETY: `host!` defines them with these signatures, and nothing else has such names.
unsafe extern "Rust" {
    safe fn bulkhead_binding_shared() -> &'static SharedPage;
    safe fn bulkhead_binding_set_upcalls(interrupt_entry: usize, fault_entry: usize);
    safe fn bulkhead_binding_console_write(bytes: &[u8]) -> Result<usize, Error>;
    safe fn bulkhead_binding_console_read(bytes: &mut [u8]) -> Result<usize, Error>;
    safe fn bulkhead_binding_idle();
    safe fn bulkhead_binding_timer_set(deadline: u64);
    safe fn bulkhead_binding_set_tls_base(base: usize);
    safe fn bulkhead_binding_halt(status: u32) -> !;
    safe fn bulkhead_binding_restart(kind: u32) -> Error;
    safe fn bulkhead_binding_status() -> Result<PartitionStatus, Error>;
    safe fn bulkhead_binding_start_information(address: usize) -> &'static StartInformation;
    safe fn bulkhead_binding_window() -> (u32, u64, u64);
    safe fn bulkhead_binding_port_describe(port: u32) -> Result<PortDescription, Error>;
    safe fn bulkhead_binding_port_status(port: u32) -> Result<PortStatus, Error>;
    safe fn bulkhead_binding_sampling_write(port: u32, message: &[u8]) -> Result<(), Error>;
    safe fn bulkhead_binding_sampling_read(port: u32, room: &mut [u8]) -> Result<Received, Error>;
    safe fn bulkhead_binding_queuing_send(port: u32, message: &[u8], waits: bool) -> Result<(), Error>;
    safe fn bulkhead_binding_queuing_receive(port: u32, room: &mut [u8]) -> Result<Received, Error>;
    safe fn bulkhead_binding_queuing_clear(port: u32) -> Result<usize, Error>;
    safe fn bulkhead_binding_region_describe(region: u32) -> Result<RegionDescription, Error>;
    safe fn bulkhead_binding_doorbell(region: u32) -> Result<(), Error>;
    safe fn bulkhead_binding_resource_describe(resource: u32) -> Result<ResourceDescription, Error>;
    safe fn bulkhead_binding_register_read(resource: u32, offset: u32) -> Result<u32, Error>;
    safe fn bulkhead_binding_register_write(resource: u32, offset: u32, value: u32) -> Result<(), Error>;
    safe fn bulkhead_binding_interrupt_enable(line: u32) -> Result<(), Error>;
    safe fn bulkhead_binding_set_mode(mode: Mode) -> Result<bool, Error>;
    safe fn bulkhead_binding_raise_error(error: HealthError, code: u32, detail: u32) -> Result<(), Error>;
    safe fn bulkhead_binding_serve_watchdog() -> Result<(), Error>;
    safe fn bulkhead_binding_partition_control(partition: u32, mode: Mode) -> Result<bool, Error>;
    safe fn bulkhead_binding_partition_describe(partition: u32) -> Result<PartitionDescription, Error>;
    safe fn bulkhead_binding_schedule_set(schedule: u32) -> Result<bool, Error>;
    safe fn bulkhead_binding_schedule_status() -> Result<ScheduleStatus, Error>;
    safe fn bulkhead_binding_schedule_describe(schedule: u32) -> Result<ScheduleDescription, Error>;
    safe fn bulkhead_binding_health_read(partition: u32, sequence: u32) -> Result<HealthRecord, Error>;
    safe fn bulkhead_binding_raw_call(number: u32, arguments: [u32; 3]) -> i32;
}

impl Host for Kernel {
    #[inline(always)]
    fn shared() -> &'static SharedPage {
        bulkhead_binding_shared()
    }

    fn set_upcalls(interrupt_entry: usize, fault_entry: usize) {
        bulkhead_binding_set_upcalls(interrupt_entry, fault_entry)
    }

    fn console_write(bytes: &[u8]) -> Result<usize, Error> {
        bulkhead_binding_console_write(bytes)
    }

    fn console_read(bytes: &mut [u8]) -> Result<usize, Error> {
        bulkhead_binding_console_read(bytes)
    }

    fn idle() {
        bulkhead_binding_idle()
    }

    fn timer_set(deadline: u64) {
        bulkhead_binding_timer_set(deadline)
    }

    fn set_tls_base(base: usize) {
        bulkhead_binding_set_tls_base(base)
    }

    fn halt(status: u32) -> ! {
        bulkhead_binding_halt(status)
    }

    fn restart(kind: u32) -> Error {
        bulkhead_binding_restart(kind)
    }

    fn status() -> Result<PartitionStatus, Error> {
        bulkhead_binding_status()
    }

    fn start_information(address: usize) -> &'static StartInformation {
        bulkhead_binding_start_information(address)
    }

    fn window() -> (u32, u64, u64) {
        bulkhead_binding_window()
    }

    fn port_describe(port: u32) -> Result<PortDescription, Error> {
        bulkhead_binding_port_describe(port)
    }

    fn port_status(port: u32) -> Result<PortStatus, Error> {
        bulkhead_binding_port_status(port)
    }

    fn sampling_write(port: u32, message: &[u8]) -> Result<(), Error> {
        bulkhead_binding_sampling_write(port, message)
    }

    fn sampling_read(port: u32, room: &mut [u8]) -> Result<Received, Error> {
        bulkhead_binding_sampling_read(port, room)
    }

    fn queuing_send(port: u32, message: &[u8], waits: bool) -> Result<(), Error> {
        bulkhead_binding_queuing_send(port, message, waits)
    }

    fn queuing_receive(port: u32, room: &mut [u8]) -> Result<Received, Error> {
        bulkhead_binding_queuing_receive(port, room)
    }

    fn queuing_clear(port: u32) -> Result<usize, Error> {
        bulkhead_binding_queuing_clear(port)
    }

    fn region_describe(region: u32) -> Result<RegionDescription, Error> {
        bulkhead_binding_region_describe(region)
    }

    fn doorbell(region: u32) -> Result<(), Error> {
        bulkhead_binding_doorbell(region)
    }

    fn resource_describe(resource: u32) -> Result<ResourceDescription, Error> {
        bulkhead_binding_resource_describe(resource)
    }

    fn register_read(resource: u32, offset: u32) -> Result<u32, Error> {
        bulkhead_binding_register_read(resource, offset)
    }

    fn register_write(resource: u32, offset: u32, value: u32) -> Result<(), Error> {
        bulkhead_binding_register_write(resource, offset, value)
    }

    fn interrupt_enable(line: u32) -> Result<(), Error> {
        bulkhead_binding_interrupt_enable(line)
    }

    fn set_mode(mode: Mode) -> Result<bool, Error> {
        bulkhead_binding_set_mode(mode)
    }

    fn raise_error(error: HealthError, code: u32, detail: u32) -> Result<(), Error> {
        bulkhead_binding_raise_error(error, code, detail)
    }

    fn serve_watchdog() -> Result<(), Error> {
        bulkhead_binding_serve_watchdog()
    }

    fn partition_control(partition: u32, mode: Mode) -> Result<bool, Error> {
        bulkhead_binding_partition_control(partition, mode)
    }

    fn partition_describe(partition: u32) -> Result<PartitionDescription, Error> {
        bulkhead_binding_partition_describe(partition)
    }

    fn schedule_set(schedule: u32) -> Result<bool, Error> {
        bulkhead_binding_schedule_set(schedule)
    }

    fn schedule_status() -> Result<ScheduleStatus, Error> {
        bulkhead_binding_schedule_status()
    }

    fn schedule_describe(schedule: u32) -> Result<ScheduleDescription, Error> {
        bulkhead_binding_schedule_describe(schedule)
    }

    fn health_read(partition: u32, sequence: u32) -> Result<HealthRecord, Error> {
        bulkhead_binding_health_read(partition, sequence)
    }

    fn raw_call(number: u32, arguments: [u32; 3]) -> i32 {
        bulkhead_binding_raw_call(number, arguments)
    }
}

/// Makes a type that implements [`Host`](crate::host::Host) the kernel of the programs that its crate is linked with.
#[macro_export]
macro_rules! host {
    ($host:ty) => {
        // SAFETY, for all of these: no other functions have the names, and the guest layer declares them the same.
        const _: () = {
            #[unsafe(no_mangle)]
            fn bulkhead_binding_shared() -> &'static $crate::SharedPage {
                <$host as $crate::host::Host>::shared()
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_set_upcalls(interrupt_entry: usize, fault_entry: usize) {
                <$host as $crate::host::Host>::set_upcalls(interrupt_entry, fault_entry)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_console_write(bytes: &[u8]) -> Result<usize, $crate::Error> {
                <$host as $crate::host::Host>::console_write(bytes)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_console_read(bytes: &mut [u8]) -> Result<usize, $crate::Error> {
                <$host as $crate::host::Host>::console_read(bytes)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_idle() {
                <$host as $crate::host::Host>::idle()
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_timer_set(deadline: u64) {
                <$host as $crate::host::Host>::timer_set(deadline)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_set_tls_base(base: usize) {
                <$host as $crate::host::Host>::set_tls_base(base)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_halt(status: u32) -> ! {
                <$host as $crate::host::Host>::halt(status)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_restart(kind: u32) -> $crate::Error {
                <$host as $crate::host::Host>::restart(kind)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_status() -> Result<$crate::PartitionStatus, $crate::Error> {
                <$host as $crate::host::Host>::status()
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_start_information(address: usize) -> &'static $crate::StartInformation {
                <$host as $crate::host::Host>::start_information(address)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_window() -> (u32, u64, u64) {
                <$host as $crate::host::Host>::window()
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_port_describe(port: u32) -> Result<$crate::PortDescription, $crate::Error> {
                <$host as $crate::host::Host>::port_describe(port)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_port_status(port: u32) -> Result<$crate::PortStatus, $crate::Error> {
                <$host as $crate::host::Host>::port_status(port)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_sampling_write(port: u32, message: &[u8]) -> Result<(), $crate::Error> {
                <$host as $crate::host::Host>::sampling_write(port, message)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_sampling_read(
                port: u32,
                room: &mut [u8],
            ) -> Result<$crate::Received, $crate::Error> {
                <$host as $crate::host::Host>::sampling_read(port, room)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_queuing_send(
                port: u32,
                message: &[u8],
                waits: bool,
            ) -> Result<(), $crate::Error> {
                <$host as $crate::host::Host>::queuing_send(port, message, waits)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_queuing_receive(
                port: u32,
                room: &mut [u8],
            ) -> Result<$crate::Received, $crate::Error> {
                <$host as $crate::host::Host>::queuing_receive(port, room)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_queuing_clear(port: u32) -> Result<usize, $crate::Error> {
                <$host as $crate::host::Host>::queuing_clear(port)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_region_describe(
                region: u32,
            ) -> Result<$crate::RegionDescription, $crate::Error> {
                <$host as $crate::host::Host>::region_describe(region)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_doorbell(region: u32) -> Result<(), $crate::Error> {
                <$host as $crate::host::Host>::doorbell(region)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_resource_describe(
                resource: u32,
            ) -> Result<$crate::ResourceDescription, $crate::Error> {
                <$host as $crate::host::Host>::resource_describe(resource)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_register_read(resource: u32, offset: u32) -> Result<u32, $crate::Error> {
                <$host as $crate::host::Host>::register_read(resource, offset)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_register_write(
                resource: u32,
                offset: u32,
                value: u32,
            ) -> Result<(), $crate::Error> {
                <$host as $crate::host::Host>::register_write(resource, offset, value)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_interrupt_enable(line: u32) -> Result<(), $crate::Error> {
                <$host as $crate::host::Host>::interrupt_enable(line)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_set_mode(mode: $crate::Mode) -> Result<bool, $crate::Error> {
                <$host as $crate::host::Host>::set_mode(mode)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_raise_error(
                error: $crate::HealthError,
                code: u32,
                detail: u32,
            ) -> Result<(), $crate::Error> {
                <$host as $crate::host::Host>::raise_error(error, code, detail)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_serve_watchdog() -> Result<(), $crate::Error> {
                <$host as $crate::host::Host>::serve_watchdog()
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_partition_control(
                partition: u32,
                mode: $crate::Mode,
            ) -> Result<bool, $crate::Error> {
                <$host as $crate::host::Host>::partition_control(partition, mode)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_partition_describe(
                partition: u32,
            ) -> Result<$crate::PartitionDescription, $crate::Error> {
                <$host as $crate::host::Host>::partition_describe(partition)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_schedule_set(schedule: u32) -> Result<bool, $crate::Error> {
                <$host as $crate::host::Host>::schedule_set(schedule)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_schedule_status() -> Result<$crate::ScheduleStatus, $crate::Error> {
                <$host as $crate::host::Host>::schedule_status()
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_schedule_describe(
                schedule: u32,
            ) -> Result<$crate::ScheduleDescription, $crate::Error> {
                <$host as $crate::host::Host>::schedule_describe(schedule)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_health_read(
                partition: u32,
                sequence: u32,
            ) -> Result<$crate::HealthRecord, $crate::Error> {
                <$host as $crate::host::Host>::health_read(partition, sequence)
            }

            #[unsafe(no_mangle)]
            fn bulkhead_binding_raw_call(number: u32, arguments: [u32; 3]) -> i32 {
                <$host as $crate::host::Host>::raw_call(number, arguments)
            }
        };
    };
}
