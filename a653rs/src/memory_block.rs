//! Part 2's memory blocks: the regions of shared memory.

use a653rs::bindings::{
    ApexMemoryBlockP2, ApexMemoryBlockStatus, ErrorReturnCode, MemoryBlockMode, MemoryBlockName,
};
use bulkhead_apex::memory_block;

use crate::{Hypervisor, code};

impl ApexMemoryBlockP2 for Hypervisor {
    fn get_memory_block_status(
        memory_block_name: MemoryBlockName,
    ) -> Result<ApexMemoryBlockStatus, ErrorReturnCode> {
        let status = memory_block::get_memory_block_status(&memory_block_name).map_err(code)?;
        Ok(ApexMemoryBlockStatus {
            address: core::ptr::with_exposed_provenance_mut(status.address),
            size: status.size,
            mode: if status.mode == 0 { MemoryBlockMode::Read } else { MemoryBlockMode::ReadWrite },
        })
    }
}
