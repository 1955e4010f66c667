//! Shows how the controller stands, twice in a second: two partitions in Rust send each other types, which postcard
//! encodes.

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
    display::Partition.run();
}

#[a653rs::partition(a653rs_bulkhead::Hypervisor)]
mod display {
    use a653rs_postcard::prelude::*;

    use crate::status::{Line, Status};

    #[sampling_in(name = "status-in", msg_size = "16B", refresh_period = "100ms")]
    struct Report;

    #[start(cold)]
    fn cold_start(mut ctx: start::Context) {
        ctx.create_report().unwrap();
        ctx.create_show().unwrap().start().unwrap();
    }

    #[start(warm)]
    fn warm_start(ctx: start::Context) {
        cold_start(ctx);
    }

    #[periodic(
        period = "500ms",
        time_capacity = "Infinite",
        stack_size = "8KB",
        base_priority = 1,
        deadline = "Soft"
    )]
    fn show(ctx: show::Context) {
        loop {
            let mut bytes = [0; 16];
            match ctx.report.unwrap().recv_type_buf::<Status>(&mut bytes) {
                Ok((Validity::Valid, Status { sample, error, steers })) => {
                    let what = if steers { "steering" } else { "holding" };
                    let line = Line::new(format_args!("sample {sample}: {error} off, {what}"));
                    ctx.report_application_message(line.bytes()).unwrap();
                }
                // The controller has ended.
                Ok((Validity::Invalid, _)) => ctx.set_partition_mode(OperatingMode::Idle).unwrap(),
                Err(_) => ctx.report_application_message(b"no report").unwrap(),
            }
            ctx.periodic_wait().unwrap();
        }
    }
}
