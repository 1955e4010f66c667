//! What the binding itself has to say, in lines on port 0xe9: Xen puts them into its log behind the guest's number, and
//! dom0 reads them there. The partition, at level 3, has no ports, so it cannot speak so.

use core::arch::asm;
use core::fmt::{self, Write as _};

use bulkhead_abi::event::Record;
use bulkhead_abi::text::Text;
use bulkhead_xen_facts::log_lines::MARK;

use super::hypercall::{self, Shutdown};
use super::monitor::Monitor;

struct Port;

impl fmt::Write for Port {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // SAFETY: Xen takes a byte for its log; nothing else happens.
            unsafe { asm!("out 0xe9, al", in("al") byte, options(nomem, nostack)) };
        }
        Ok(())
    }
}

/// Says a line.
pub(super) fn report(arguments: fmt::Arguments<'_>) {
    // The port takes everything.
    let _ = writeln!(Port, "{MARK}{arguments}");
}

/// Tells a record, as a line.
pub(super) fn tell(monitor: &Monitor, record: &Record) {
    let mut port = Port;
    let _ = port.write_str(MARK);
    let mut word = Text::new();
    let mut number = 0;
    while record.word(number, &monitor.configuration.name, &mut word) {
        let _ = port.write_str(core::str::from_utf8(word.bytes()).unwrap_or_default());
        number += 1;
    }
}

/// Ends the guest because it cannot begin.
pub(super) fn failed(why: &str) -> ! {
    report(format_args!("stopped: {why}"));
    hypercall::shut_down(Shutdown::Crash)
}

/// Ends the guest because the monitor itself has failed.
pub(super) fn failed_at(vector: u32, error: u32, program_counter: u32) -> ! {
    report(format_args!(
        "stopped: the binding has failed: vector {vector}, error {error:#x}, pc {program_counter:#010x}"
    ));
    hypercall::shut_down(Shutdown::Crash)
}
