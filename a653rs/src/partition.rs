//! The partition: its status and its modes.

use a653rs::bindings::{
    ApexPartitionP4, ApexPartitionStatus as Status, ErrorReturnCode, OperatingMode, StartCondition,
};
#[cfg(target_os = "none")]
use bulkhead_apex::ReturnCode;
use bulkhead_apex::partition;

#[cfg(target_os = "none")]
use crate::executive;
use crate::{Hypervisor, code};

/// By C's name, which says that the program manages its modes: without it the guest layer would do so.
#[cfg(target_os = "none")]
fn set_mode(mode: u32) -> Result<(), ReturnCode> {
    // SAFETY: the linker script has the name for the function of `bulkhead_apex::c`, which this is.
    unsafe extern "C" {
        safe fn SET_PARTITION_MODE(mode: u32, code: &mut ReturnCode);
    }
    let mut code = ReturnCode::NoError;
    SET_PARTITION_MODE(mode, &mut code);
    if code == ReturnCode::NoError { Ok(()) } else { Err(code) }
}

#[cfg(not(target_os = "none"))]
use partition::set_partition_mode as set_mode;

impl ApexPartitionP4 for Hypervisor {
    fn get_partition_status() -> Status {
        let status = partition::get_partition_status();
        Status {
            period: status.period,
            duration: status.duration,
            identifier: status.identifier.into(),
            lock_level: status.lock_level,
            operating_mode: OperatingMode::try_from(status.mode).unwrap_or_default(),
            start_condition: StartCondition::try_from(status.start_condition).unwrap_or_default(),
            num_assigned_cores: status.cores.unsigned_abs(),
        }
    }

    /// `NORMAL` does not return to the start function that asks for it: its stack is that of idle time.
    fn set_partition_mode(operating_mode: OperatingMode) -> Result<(), ErrorReturnCode> {
        set_mode(operating_mode as u32).map_err(code)?;
        #[cfg(target_os = "none")]
        executive::begin_normal();
        #[cfg(not(target_os = "none"))]
        Ok(())
    }
}
