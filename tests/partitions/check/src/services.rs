//! Console, thread-local storage, status, windows.

use bulkhead_abi::INTERFACE_VERSION;
use bulkhead_guest::host::{Host, Kernel};
use bulkhead_guest::{Error, clock, console, partition, print, println};

use crate::arch::first_thread_word;
use crate::host::KEEPS_WINDOWS;
use crate::report::{check, check_equal};

unsafe extern "C" {
    /// Where the linker has put the program.
    static bulkhead_image_base: u8;
}

static WORDS: [u32; 2] = [0xaaaa_5555, 0x1111_2222];

pub(crate) fn check() {
    thread_local_storage();
    console();
    status();
    // SAFETY is the kernel's here: it must refuse every bad call.
    check_equal!(Kernel::raw_call(0, [0; 3]), INTERFACE_VERSION as i32);
    check_equal!(Kernel::raw_call(u32::MAX, [0; 3]), Error::UnknownCall.code());
}

fn thread_local_storage() {
    partition::set_tls_base(&raw const WORDS[0] as usize);
    check_equal!(first_thread_word(), WORDS[0]);
    partition::set_tls_base(&raw const WORDS[1] as usize);
    check_equal!(first_thread_word(), WORDS[1]);
    partition::set_tls_base(&raw const WORDS[1] as usize);
    check_equal!(first_thread_word(), WORDS[1]);
}

fn console() {
    print!("{:300}", "three hundred characters");
    println!("|");
    check_equal!(console::write(b""), Ok(()));
    check_equal!(console::read(&mut [0; 16]), Err(Error::NotPermitted));
    // SAFETY: nothing reads the slice here; the kernel refuses the range, which ends outside the partition's memory.
    let outside = unsafe { core::slice::from_raw_parts(partition::memory().end as *const u8, 16) };
    check_equal!(console::write(outside), Err(Error::BadAddress));
}

fn status() {
    let before = clock::now();
    let Ok(status) = partition::status() else {
        check!(false, "no status");
        return;
    };
    let now = u64::from(status.now_low) | u64::from(status.now_high) << 32;
    check!(before <= now && now <= clock::now());
    let window = partition::window();
    let end = u64::from(status.window_end_low) | u64::from(status.window_end_high) << 32;
    check_equal!(window.end, end);
    check_equal!(window.number, status.windows);
    check!(window.start <= now && (now < window.end || !KEEPS_WINDOWS));
    check_equal!(partition::memory().start, &raw const bulkhead_image_base as usize);
    check_equal!(
        status.restarts,
        partition::start_information().restarts.load(core::sync::atomic::Ordering::Relaxed)
    );
    check_equal!((status.deadline_low, status.deadline_high), (u32::MAX, u32::MAX));
}
