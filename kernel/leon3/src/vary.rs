//! How late the kernel is that varies (`bulkhead_kernel_core::variation`).

use bulkhead_abi::wire::TIME_LIMIT_MARK;
use bulkhead_kernel_core::machine::Vary;
use bulkhead_kernel_core::variation::Variation;

use crate::board::Board;
use crate::{arch, wish};

/// What it takes to draw and to read the clock again, in instructions.
const DRAWING: u32 = 120;

/// Begins, as the loader has said.
pub(crate) fn begin(board: &mut Board) {
    if wish(0) == TIME_LIMIT_MARK {
        board.variation = Variation::new(u64::from(wish(6)) << 32 | u64::from(wish(7)), wish(9));
    }
}

impl Vary for Board {
    #[inline(always)]
    fn variation(&mut self) -> Option<&mut Variation> {
        Some(&mut self.variation)
    }

    #[inline(always)]
    fn spend(&mut self, instructions: u32) {
        arch::count_down(instructions.saturating_sub(DRAWING) / 3);
    }
}
