//! The console: Xen's ring (xen/include/public/io/console.h).

use core::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use super::hypercall;
use super::monitor::Monitor;

const INPUT_SIZE: usize = 1024;
const OUTPUT_SIZE: usize = 2048;

/// The ring as Xen's console has it. The counters run on and on; a byte's place is its number modulo the size.
#[repr(C)]
pub(super) struct Ring {
    input: [AtomicU8; INPUT_SIZE],
    output: [AtomicU8; OUTPUT_SIZE],
    input_taken: AtomicU32,
    input_put: AtomicU32,
    output_taken: AtomicU32,
    output_put: AtomicU32,
}

impl Ring {
    /// Bytes that can be put now.
    fn room(&self) -> usize {
        let used =
            self.output_put.load(Ordering::Relaxed).wrapping_sub(self.output_taken.load(Ordering::Acquire));
        OUTPUT_SIZE.saturating_sub(used as usize)
    }

    fn put(&self, byte: u8) {
        let put = self.output_put.load(Ordering::Relaxed);
        self.output[put as usize % OUTPUT_SIZE].store(byte, Ordering::Relaxed);
        self.output_put.store(put.wrapping_add(1), Ordering::Release);
    }

    /// Takes a byte of input.
    fn take(&self) -> Option<u8> {
        let taken = self.input_taken.load(Ordering::Relaxed);
        if taken == self.input_put.load(Ordering::Acquire) {
            return None;
        }
        let byte = self.input[taken as usize % INPUT_SIZE].load(Ordering::Relaxed);
        self.input_taken.store(taken.wrapping_add(1), Ordering::Release);
        Some(byte)
    }

    /// Whether input waits.
    pub(super) fn has_input(&self) -> bool {
        self.input_taken.load(Ordering::Relaxed) != self.input_put.load(Ordering::Acquire)
    }
}

/// Puts as many of the partition's bytes as there is room for; how many that were. Without any room it gives up the
/// processor until there may be some, or until something else comes.
pub(super) fn write(monitor: &Monitor, bytes: &[u8]) -> usize {
    let ring = monitor.ring();
    let taken = ring.room().min(bytes.len());
    for byte in bytes.iter().take(taken) {
        ring.put(*byte);
    }
    if taken > 0 {
        hypercall::notify(monitor.ports[1]);
    } else if !bytes.is_empty() {
        monitor.wait(0);
    }
    taken
}

/// Takes input into `bytes`; how many bytes there were.
pub(super) fn read(monitor: &Monitor, bytes: &mut [u8]) -> usize {
    let ring = monitor.ring();
    let mut count = 0;
    for place in bytes {
        let Some(byte) = ring.take() else { break };
        *place = byte;
        count += 1;
    }
    if count > 0 {
        hypercall::notify(monitor.ports[1]);
    }
    count
}
