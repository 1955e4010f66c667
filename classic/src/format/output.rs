//! Output that counts what goes through it, and pads.

use super::directive::Directive;

pub(super) struct Counter<'a, O: FnMut(&[u8])> {
    output: &'a mut O,
    pub(super) count: usize,
}

impl<'a, O: FnMut(&[u8])> Counter<'a, O> {
    pub(super) fn new(output: &'a mut O) -> Self {
        Self { output, count: 0 }
    }

    pub(super) fn put(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            (self.output)(bytes);
            self.count = self.count.saturating_add(bytes.len());
        }
    }

    pub(super) fn fill(&mut self, byte: u8, count: usize) {
        let block = [byte; 16];
        let mut left = count;
        while left > 0 {
            let now = left.min(block.len());
            self.put(&block[..now]);
            left -= now;
        }
    }

    /// Sign or base, zeros, a body of `length` bytes, and what pads them to the width.
    pub(super) fn field(
        &mut self,
        directive: &Directive,
        prefix: &[u8],
        zeros: usize,
        length: usize,
        body: impl FnOnce(&mut Self),
    ) {
        let padding =
            directive.width.saturating_sub(prefix.len().saturating_add(zeros).saturating_add(length));
        let pad_with_zeros = directive.zero && !directive.left;
        if !directive.left && !pad_with_zeros {
            self.fill(b' ', padding);
        }
        self.put(prefix);
        self.fill(b'0', zeros);
        if pad_with_zeros {
            self.fill(b'0', padding);
        }
        body(self);
        if directive.left {
            self.fill(b' ', padding);
        }
    }
}
