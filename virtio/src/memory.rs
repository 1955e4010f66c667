//! Memory that a device reads and writes: the partition's own.

use core::ptr::NonNull;
use core::sync::atomic::{AtomicU32, Ordering};

use bulkhead_guest::partition;
use virtio_drivers::{BufferDirection, Hal, PAGE_SIZE, PhysAddr};

/// How many pages all queues of a partition have together. A queue of up to 128 buffers takes two.
pub const PAGES: usize = 32;

#[repr(C, align(4096))]
struct Page([u8; PAGE_SIZE]);

bulkhead_guest::one! {
    /// The pages; who has one, [`TAKEN`] says.
    static POOL: [Page; PAGES] = [const { Page([0; PAGE_SIZE]) }; PAGES];
}

/// One bit for each page that somebody has.
static TAKEN: AtomicU32 = AtomicU32::new(0);

const _: () = assert!(PAGES == u32::BITS as usize, "one bit for each page");

/// The partition's memory, as `virtio-drivers` asks for it.
#[derive(Debug)]
pub struct Memory;

/// What a device is told instead of an address of the partition's.
fn told(address: usize) -> PhysAddr {
    let offset = partition::start_information().dma_offset.load(Ordering::Relaxed);
    PhysAddr::from((address as u32).wrapping_add(offset))
}

/// The bits of so many pages from the first free run on that is long enough.
fn run(taken: u32, pages: usize) -> Option<(usize, u32)> {
    let length = u32::try_from(pages).ok().filter(|pages| (1..=u32::BITS).contains(pages))?;
    let bits = u32::MAX >> (u32::BITS - length);
    (0..=u32::BITS - length).map(|first| (first as usize, bits << first)).find(|(_, bits)| taken & bits == 0)
}

// SAFETY: pages that are given are the partition's own, aligned, zeroed, and nobody else's until they are given back;
// addresses of device memory are those at which the partition sees it, because `Configuration` says no others.
unsafe impl Hal for Memory {
    fn dma_alloc(pages: usize, _direction: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        let mut found = None;
        let _ = TAKEN.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |taken| {
            found = run(taken, pages);
            found.map(|(_, bits)| taken | bits)
        });
        let Some((first, _)) = found else {
            // What the caller takes for an error.
            return (0, NonNull::dangling());
        };
        let start = POOL.address().cast::<Page>().wrapping_add(first);
        // SAFETY: as many pages of the pool lie there, and they are taken for this caller alone.
        unsafe { start.write_bytes(0, pages) };
        (told(start as usize), NonNull::new(start.cast()).unwrap_or(NonNull::dangling()))
    }

    unsafe fn dma_dealloc(_told: PhysAddr, start: NonNull<u8>, pages: usize) -> i32 {
        let first = (start.as_ptr() as usize).wrapping_sub(POOL.address() as usize) / PAGE_SIZE;
        let Some((_, bits)) = run(0, pages) else { return -1 };
        TAKEN.fetch_and(!bits.unbounded_shl(first as u32), Ordering::SeqCst);
        0
    }

    unsafe fn mmio_phys_to_virt(address: PhysAddr, _size: usize) -> NonNull<u8> {
        NonNull::new(address as usize as *mut u8).unwrap_or(NonNull::dangling())
    }

    unsafe fn share(buffer: NonNull<[u8]>, _direction: BufferDirection) -> PhysAddr {
        // SAFETY: the caller's promise.
        let bytes = unsafe { buffer.as_ref() };
        // Only there does the offset hold: what else the partition sees lies elsewhere, and the device would not know.
        assert!(partition::own(bytes).is_ok(), "a device shares the partition's own memory only");
        told(bytes.as_ptr() as usize)
    }

    unsafe fn unshare(_told: PhysAddr, _buffer: NonNull<[u8]>, _direction: BufferDirection) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_the_first_that_is_free_and_long_enough() {
        assert_eq!(run(0, 1), Some((0, 1)));
        assert_eq!(run(0b1011, 2), Some((4, 0b11_0000)));
        assert_eq!(run(0b1011, 1), Some((2, 0b100)));
        assert_eq!(run(0, 32), Some((0, u32::MAX)));
        assert_eq!((run(1, 32), run(0, 33), run(0, 0), run(u32::MAX, 1)), (None, None, None, None));
        assert_eq!(run(u32::MAX >> 1, 1), Some((31, 1 << 31)));
    }

    #[test]
    fn pages_are_zero_and_nobody_elses_until_they_are_given_back() {
        let take = |pages| Memory::dma_alloc(pages, BufferDirection::Both);
        let (first_told, first) = take(2);
        let (_, second) = take(30);
        assert_eq!(first.as_ptr() as usize % PAGE_SIZE, 0);
        assert_eq!(first_told, told(first.as_ptr() as usize));
        assert_eq!(second.as_ptr() as usize - first.as_ptr() as usize, 2 * PAGE_SIZE);
        assert_eq!(take(1).0, 0, "there are no more");
        // SAFETY: the pages are this test's.
        unsafe { first.write(7) };
        // SAFETY: they are given back as they were taken.
        assert_eq!(unsafe { Memory::dma_dealloc(first_told, first, 2) }, 0);
        let (_, again) = take(1);
        // SAFETY: the page is this test's.
        assert_eq!((again, unsafe { again.read() }), (first, 0));
        // SAFETY: they are given back as they were taken.
        let back =
            [(again, 1), (second, 30)].map(|(start, pages)| unsafe { Memory::dma_dealloc(0, start, pages) });
        assert_eq!(back, [0, 0]);
        assert_eq!(TAKEN.load(Ordering::SeqCst), 0);
    }
}
