//! Signals that ask the tool to end: Ctrl-C, SIGTERM, SIGHUP.

use std::fs;
use std::process;
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Calls `act` with the first signal that asks the tool to end; a second one ends it at once. QEMU ends with the tool
/// in both cases.
pub(super) fn on_signal(act: impl FnOnce(i32) + Send + 'static) {
    on_one_of(&[SIGINT, SIGTERM, SIGHUP], act);
}

/// The same for some of these signals.
pub(super) fn on_one_of(signals: &[i32], act: impl FnOnce(i32) + Send + 'static) {
    let ignored = ignored();
    let wanted = signals.iter().copied().filter(|signal| ignored & 1 << (signal - 1) == 0);
    // Without handlers the signals end the tool at once.
    let Ok(mut signals) = Signals::new(wanted) else { return };
    thread::spawn(move || {
        let mut act = Some(act);
        for signal in signals.forever() {
            match act.take() {
                Some(act) => act(signal),
                None => process::exit(128 + signal),
            }
        }
    });
}

/// The signals that whoever started the tool wants it to ignore, such as SIGHUP below nohup: signal 1 is bit 0.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}
