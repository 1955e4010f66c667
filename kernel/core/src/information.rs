//! What a partition finds in its information page when it starts for the first time, and does not change any more.

use bulkhead_abi::{
    COMMAND_LINE_LENGTH_MAX, ClockParameters, INTERFACE_VERSION, NAME_LENGTH_MAX, START_MAGIC,
    StartInformation,
};
use core::iter::repeat;
use core::sync::atomic::Ordering;

use crate::clock::Ratio;
use crate::memory::Region;

/// What a partition is told about itself.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Its number.
    pub partition: u32,
    /// A [`bulkhead_abi::TickPolicy`].
    pub tick_policy: u32,
    /// Its memory.
    pub region: Region,
    /// Where it sees its information page.
    pub information_page: u32,
    /// Where it sees the page that it shares with the kernel.
    pub shared_page: u32,
    /// Length of the major frame in nanoseconds.
    pub major_frame: u64,
    /// What it adds to an address of its own for a device that writes memory by itself.
    pub dma_offset: u32,
    /// Its name, which may be padded with zeros.
    pub name: &'a [u8],
    /// Its command line.
    pub command_line: &'a [u8],
}

impl Facts<'_> {
    /// Writes them where the partition finds them. Why and how often it is started is written when it is.
    pub fn write(&self, start: &mut StartInformation) {
        start.magic.store(START_MAGIC, Ordering::Relaxed);
        start.version.store(INTERFACE_VERSION, Ordering::Relaxed);
        start.partition.store(self.partition, Ordering::Relaxed);
        start.tick_policy.store(self.tick_policy, Ordering::Relaxed);
        start.memory_base.store(self.region.base as u64);
        start.memory_size.store(self.region.size as u64);
        start.information_page.store(self.information_page.into());
        start.shared_page.store(self.shared_page.into());
        start.major_frame.store(self.major_frame);
        start.dma_offset.store(self.dma_offset, Ordering::Relaxed);
        write_text(&mut start.name, self.name, NAME_LENGTH_MAX);
        write_text(&mut start.command_line, self.command_line, COMMAND_LINE_LENGTH_MAX);
    }
}

/// Writes a text as far as it may go, and zeros behind it.
fn write_text(to: &mut [u8], text: &[u8], length_max: usize) {
    for (place, byte) in to.iter_mut().zip(text.iter().copied().take(length_max).chain(repeat(0))) {
        *place = byte;
    }
}

/// How the partitions read the clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// What the counter said when the clock was zero.
    pub origin: u64,
    /// Nanoseconds per count.
    pub to_nanoseconds: Ratio,
    /// Counts per second.
    pub frequency: u64,
}

impl Clock {
    /// Writes the parameters where a partition finds them.
    pub fn write(&self, parameters: &ClockParameters) {
        parameters.origin.store(self.origin);
        parameters.multiplier.store(self.to_nanoseconds.multiplier, Ordering::Relaxed);
        parameters.shift.store(self.to_nanoseconds.shift, Ordering::Relaxed);
        parameters.frequency.store(self.frequency);
    }
}
