//! How late the kernel is that varies (`bulkhead_kernel_core::variation`).

use bulkhead_abi::wire::{JITTER_WORD, SEED_WORD};
use bulkhead_kernel_core::machine::Vary;
use bulkhead_kernel_core::variation::Variation;

use crate::arch;
use crate::board::Board;
use crate::pvh::Boot;

/// What it takes to draw and to read the clock again, in instructions.
const DRAWING: u32 = 60;

/// Begins, as the loader has said.
pub(crate) fn begin(board: &mut Board, boot: &Boot) {
    let number = |word: &str| boot.number(word.as_bytes()).unwrap_or(0);
    board.variation = Variation::new(number(SEED_WORD), number(JITTER_WORD) as u32);
}

impl Vary for Board {
    #[inline(always)]
    fn variation(&mut self) -> Option<&mut Variation> {
        Some(&mut self.variation)
    }

    #[inline(always)]
    fn spend(&mut self, instructions: u32) {
        arch::count_down(instructions.saturating_sub(DRAWING) / 2);
    }
}
