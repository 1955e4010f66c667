//! Starts and restarts of the partition. Xen loads the image once; what the partition changes of it is kept aside.

use core::arch::asm;
use core::sync::atomic::Ordering;

use bulkhead_abi::machine::i386;
use bulkhead_abi::{NEVER, START_MAGIC, SharedPage, StartReason};

use super::descriptors::FLAGS;
use super::monitor::{Monitor, information};
use super::trap::Frame;
use super::{layout, ports};

unsafe extern "C" {
    fn _start();
}

/// Bytes behind the partition's memory that [`keep`] needs, whole pages.
pub(super) const fn spare(constants_end: u32, data_end: u32) -> u32 {
    data_end.saturating_sub(constants_end).next_multiple_of(layout::PAGE)
}

/// Keeps the program's initialized data for later starts.
pub(super) fn keep(monitor: &Monitor) {
    let (data, length, copy) = parts(monitor);
    // SAFETY: both lie in memory that is mapped, and apart.
    unsafe { core::ptr::copy_nonoverlapping(data as *const u8, copy as *mut u8, length as usize) };
}

/// Where the data are, how many bytes, and where their copy is.
fn parts(monitor: &Monitor) -> (u32, u32, u32) {
    let configuration = &monitor.configuration;
    let length = configuration.data_end.saturating_sub(configuration.constants_end);
    (configuration.constants_end, length, layout::SPARE)
}

/// Zeroes memory of the partition from one address up to another.
fn zero(begin: u32, end: u32) {
    let length = end.saturating_sub(begin) as usize;
    // SAFETY: the callers name memory of the partition that is mapped writable and that nobody borrows.
    unsafe { core::ptr::write_bytes(begin as *mut u8, 0, length) };
}

/// Prepares memory and registers for another start; where to go on.
pub(super) fn again(monitor: &mut Monitor, reason: StartReason) -> Frame {
    let (data, length, copy) = parts(monitor);
    // SAFETY: both lie in memory that is mapped, and apart.
    unsafe { core::ptr::copy_nonoverlapping(copy as *const u8, data as *mut u8, length as usize) };
    zero(data + length, monitor.configuration.image_end);
    if !reason.is_warm() {
        ports::ports(monitor).forget();
        zero(monitor.configuration.image_end, layout::MEMORY + monitor.configuration.memory);
    }
    monitor.restarts = monitor.restarts.saturating_add(1);
    first(monitor, reason)
}

/// Prepares registers and pages for a start; where to go on.
pub(super) fn first(monitor: &mut Monitor, reason: StartReason) -> Frame {
    monitor.reason = reason;
    monitor.health.mode = reason.mode();
    monitor.deadline = NEVER;
    monitor.interrupt_entry = 0;
    monitor.fault_entry = 0;
    let start = &information().start;
    start.reason.store(reason as u32, Ordering::Relaxed);
    start.restarts.store(monitor.restarts, Ordering::Relaxed);
    zero(layout::SHARED, layout::SHARED + size_of::<SharedPage>() as u32);
    let moment = monitor.moment();
    monitor.enter_window(&moment);
    monitor.tick();
    monitor.notice();
    monitor.set_tls_base(0);
    reset_floating_point();
    let data = u32::from(i386::DATA_SELECTOR);
    Frame {
        es: data,
        ds: data,
        eax: START_MAGIC,
        ebx: layout::INFORMATION + core::mem::offset_of!(bulkhead_abi::InformationPage, start) as u32,
        program_counter: _start as *const () as u32,
        cs: u32::from(i386::CODE_SELECTOR),
        flags: FLAGS,
        ss: data,
        ..Frame::default()
    }
}

fn reset_floating_point() {
    let control = 0x1f80_u32;
    // SAFETY: the units are on, and the monitor does not use them.
    unsafe { asm!("fninit", "ldmxcsr [{}]", in(reg) &control, options(nostack)) };
}
