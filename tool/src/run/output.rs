//! Where a run's output goes, and who says it.

use std::time::Duration;

use bulkhead_abi::event::Record;

/// Who says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The kernel, in its log.
    Kernel,
    /// The partition with this number.
    Partition(usize),
    /// QEMU.
    Qemu,
}

/// Where a run's output goes.
pub trait Output {
    /// When what comes next was said, in nanoseconds of the clock, where that is known.
    fn at(&mut self, _time: Option<u64>) {}
    /// A whole line, without its end. `report` says that it belongs to the kernel's report at the end.
    fn line(&mut self, speaker: Speaker, line: &[u8], report: bool);
    /// A record of the kernel's, and what it says in words.
    fn event(&mut self, record: &Record, words: &str) {
        self.line(Speaker::Kernel, words.as_bytes(), record.kind.is_report());
    }
    /// Bytes of a line that has not ended, as they come. They come again with [`Output::line`].
    fn part(&mut self, _speaker: Speaker, _bytes: &[u8]) {}
    /// Nothing has been heard for a moment.
    fn quiet(&mut self) {}
    /// The kernel has not said a word for this time, in which it could have said many.
    fn silent(&mut self, _time: Duration) {}
    /// Whether nobody can see the output any more, so that there is no point in going on.
    fn is_gone(&self) -> bool {
        false
    }
}
