//! The controller of the example `ports`, written against the crate a653rs: all that it knows of the kernel below is
//! the name in the attribute.

#![no_std]
#![no_main]

mod status;

use a653rs::prelude::PartitionExt;
#[cfg(not(feature = "xen"))]
use bulkhead_host as _;
#[cfg(feature = "xen")]
use bulkhead_xen_monitor as _;

bulkhead_guest::entry!(main);

fn main() {
    controller::Partition.run();
}

#[a653rs::partition(a653rs_bulkhead::Hypervisor)]
mod controller {
    use core::sync::atomic::{AtomicI32, Ordering};

    use a653rs_postcard::prelude::*;

    use crate::status::{Line, Status};

    #[sampling_in(name = "attitude-in", msg_size = "8B", refresh_period = "50ms")]
    struct Attitude;

    #[queuing_in(name = "commands-in", msg_count = 4, msg_size = "4B", discipline = "FIFO")]
    struct Commands;

    #[queuing_out(name = "records-out", msg_count = 8, msg_size = "12B", discipline = "FIFO")]
    struct Records;

    #[sampling_out(name = "status-out", msg_size = "16B")]
    struct Report;

    /// Samples, and records of them, before the run ends.
    const SAMPLES: u32 = 100;

    /// Where to steer to, in thousandths of a degree.
    static SETPOINT: AtomicI32 = AtomicI32::new(0);

    #[start(cold)]
    fn cold_start(mut ctx: start::Context) {
        ctx.create_attitude().unwrap();
        ctx.create_commands().unwrap();
        ctx.create_records().unwrap();
        ctx.create_report().unwrap();
        ctx.create_steer().unwrap().start().unwrap();
        ctx.create_obey().unwrap().start().unwrap();
    }

    #[start(warm)]
    fn warm_start(ctx: start::Context) {
        cold_start(ctx);
    }

    /// Waits for commands, while the loop goes on.
    #[aperiodic(time_capacity = "Infinite", stack_size = "8KB", base_priority = 2, deadline = "Soft")]
    fn obey(ctx: obey::Context) {
        loop {
            let mut bytes = [0; 4];
            ctx.commands.unwrap().receive(&mut bytes, SystemTime::Infinite).unwrap();
            // C's structures are the processor's.
            let setpoint = i32::from_ne_bytes(bytes);
            SETPOINT.store(setpoint, Ordering::Relaxed);
            let line = Line::new(format_args!("command: steer to {setpoint}"));
            ctx.report_application_message(line.bytes()).unwrap();
        }
    }

    /// Steers by the last sample, and holds if that is too old. Each period makes a record for the logger.
    #[periodic(
        period = "20ms",
        time_capacity = "20ms",
        stack_size = "8KB",
        base_priority = 1,
        deadline = "Hard"
    )]
    fn steer(ctx: steer::Context) {
        let (mut steered, mut held, mut lost) = (0, 0, 0);
        let mut before = Validity::Invalid;
        for number in 0..SAMPLES {
            let mut bytes = [0; 8];
            let validity = match ctx.attitude.unwrap().receive(&mut bytes) {
                Ok((validity, _)) => validity,
                // There has been none yet.
                Err(Error::NoAction) => Validity::Invalid,
                Err(error) => panic!("{error:?}"),
            };
            let word = |at: usize| [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
            let (sample, angle) = (u32::from_ne_bytes(word(0)), i32::from_ne_bytes(word(4)));
            if validity != before {
                let line = match validity {
                    Validity::Valid => Line::new(format_args!("sample {sample} at {angle}: steering")),
                    Validity::Invalid => Line::new(format_args!("sample {sample} is too old: holding")),
                };
                ctx.report_application_message(line.bytes()).unwrap();
                before = validity;
            }
            let steers = validity == Validity::Valid;
            *(if steers { &mut steered } else { &mut held }) += 1;
            let error = angle - SETPOINT.load(Ordering::Relaxed);
            ctx.report.unwrap().send_type_buf(Status { sample, error, steers }, &mut [0; 16]).unwrap();
            let last = number + 1 == SAMPLES;
            match record(&ctx, number, error, last) {
                Ok(()) => {}
                Err(Error::NotAvailable) => lost += 1,
                Err(error) => panic!("{error:?}"),
            }
            ctx.periodic_wait().unwrap();
        }
        let line =
            Line::new(format_args!("done: steered {steered} times, held {held} times, {lost} records lost"));
        ctx.report_application_message(line.bytes()).unwrap();
        ctx.set_partition_mode(OperatingMode::Idle).unwrap();
    }

    /// Sends a record to the logger. The last one waits for room, the others do not.
    fn record(ctx: &steer::Context, number: u32, error: i32, last: bool) -> Result<(), Error> {
        let mut bytes = [0; 12];
        bytes[..4].copy_from_slice(&number.to_ne_bytes());
        bytes[4..8].copy_from_slice(&error.to_ne_bytes());
        bytes[8..].copy_from_slice(&u32::from(last).to_ne_bytes());
        let patience =
            if last { SystemTime::Infinite } else { SystemTime::Normal(core::time::Duration::ZERO) };
        ctx.records.unwrap().send(&bytes, patience)
    }
}
