//! Lets a machine be no further ahead than it is to be: of the host's time, as somebody who looks at it expects, and of
//! who reads what it says.
//!
//! The machine's time is that of its instructions, so one that is held for a while notices nothing of it: its run is
//! the same to the instruction.

use std::os::fd::OwnedFd;
use std::process::Child;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::error::{Error, Message, Result};
use crate::files::reason;

/// How far a machine may be ahead before it is held.
const AHEAD: Duration = Duration::from_millis(5);

/// How far it may be behind: what is more it does not catch up with.
const BEHIND: Duration = Duration::from_millis(100);

/// How much of what a machine has said may wait for who reads it before the machine is held, in bytes; with half of it
/// it goes on.
const UNREAD_MAX: usize = 1 << 20;

/// What holds a machine.
#[derive(Clone, Debug, Default)]
pub struct Pace(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    /// QEMU, whatever becomes of its number.
    machine: Option<OwnedFd>,
    /// When the machine's clock was at 0, or would have been.
    begin: Option<Instant>,
    /// Whether it is held because it is ahead of the host's time.
    is_ahead: bool,
    /// Whether it is held because nobody reads what it says.
    is_unread: bool,
    /// How much of that waits, in bytes.
    unread: usize,
}

impl Held {
    /// Holds the machine as long as there is a reason.
    fn hold(&mut self, is_ahead: bool, is_unread: bool) {
        let was_held = self.is_ahead || self.is_unread;
        (self.is_ahead, self.is_unread) = (is_ahead, is_unread);
        let signal = match (was_held, is_ahead || is_unread) {
            (false, true) => Signal::STOP,
            (true, false) => Signal::CONT,
            _ => return,
        };
        if let Some(machine) = &self.machine {
            // Fails only if it has ended.
            let _ = pidfd_send_signal(machine, signal);
        }
    }

    /// So much waits for who reads it.
    fn wait(&mut self, unread: usize) {
        self.unread = unread;
        let most = if self.is_unread { UNREAD_MAX / 2 } else { UNREAD_MAX };
        self.hold(self.is_ahead, unread > most);
    }
}

impl Pace {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a machine that has been started.
    pub(super) fn take(&self, machine: &Child) -> Result<()> {
        let Some(id) = Pid::from_raw(machine.id().cast_signed()) else { return Ok(()) };
        let opened = pidfd_open(id, PidfdFlags::empty()).map_err(|error| {
            let text = format!("QEMU cannot be held back: {}", reason(&error.into()));
            Error::Environment(Message::new(text).help("add --fast, and its time passes as fast as it can"))
        })?;
        *self.held() = Held { machine: Some(opened), ..Held::default() };
        Ok(())
    }

    /// Holds the machine as long as it is ahead; its clock is at so many nanoseconds. To be called again and again.
    pub fn keep(&self, time: u64) {
        let mut held = self.held();
        let now = Instant::now();
        let Some(due) = held.due_at(Duration::from_nanos(time), now) else { return };
        let ahead = due.saturating_duration_since(now);
        let is_ahead = if held.is_ahead { !ahead.is_zero() } else { ahead > AHEAD };
        let is_unread = held.is_unread;
        held.hold(is_ahead, is_unread);
    }

    /// Where the machine's clock may be now, in nanoseconds, whether it is there or has ended.
    #[must_use]
    pub fn due(&self) -> u64 {
        let begin = self.held().begin;
        let passed = begin.map_or(Duration::ZERO, |begin| begin.elapsed()).saturating_add(AHEAD);
        u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX)
    }

    /// Holds it no longer for being ahead.
    pub fn let_go(&self) {
        let mut held = self.held();
        let is_unread = held.is_unread;
        held.hold(false, is_unread);
    }

    /// So many bytes have come that are to be read.
    pub(super) fn come(&self, bytes: usize) {
        let mut held = self.held();
        let unread = held.unread.saturating_add(bytes);
        held.wait(unread);
    }

    /// So many bytes have been read.
    pub(super) fn go(&self, bytes: usize) {
        let mut held = self.held();
        let unread = held.unread.saturating_sub(bytes);
        held.wait(unread);
    }

    /// Nobody holds it any more, whatever comes.
    pub(super) fn leave(&self) {
        let mut held = self.held();
        held.hold(false, false);
        held.machine = None;
    }
}

impl Held {
    /// When the machine's clock is to be at a time: a machine that was too slow begins anew.
    fn due_at(&mut self, time: Duration, now: Instant) -> Option<Instant> {
        let due = self.begin.and_then(|begin| begin.checked_add(time));
        match due {
            Some(due) if now.saturating_duration_since(due) <= BEHIND => Some(due),
            _ => {
                self.begin = now.checked_sub(time);
                self.begin.map(|_| now)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    const MILLISECOND: Duration = Duration::from_millis(1);

    #[test]
    fn a_machine_that_was_too_slow_does_not_hurry() {
        let mut held = Held::default();
        let begin = Instant::now();
        let due = |held: &mut Held, time: u32, now: u32| {
            let due = held.due_at(time * MILLISECOND, begin + now * MILLISECOND).expect("a time");
            due.saturating_duration_since(begin)
        };
        assert_eq!(due(&mut held, 0, 0), Duration::ZERO);
        assert_eq!(due(&mut held, 40, 10), 40 * MILLISECOND);
        assert_eq!(due(&mut held, 40, 140), 40 * MILLISECOND);
        assert_eq!(due(&mut held, 40, 141), 141 * MILLISECOND);
        assert_eq!(due(&mut held, 50, 141), 151 * MILLISECOND);
    }

    /// What a process is at, as `/proc` has it.
    fn state(child: &Child) -> char {
        let path = format!("/proc/{}/stat", child.id());
        let text = std::fs::read_to_string(path).expect("its state");
        text.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next()).expect("a letter")
    }

    #[test]
    fn a_machine_that_is_ahead_is_held_until_its_time_comes() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().expect("cat");
        let pace = Pace::default();
        pace.take(&child).expect("it is there");
        let until = |wanted: bool, time: u64| {
            let begin = Instant::now();
            while (state(&child) == 'T') != wanted {
                assert!(begin.elapsed() < Duration::from_secs(20), "{wanted}");
                pace.keep(time);
            }
            begin.elapsed()
        };
        pace.keep(0);
        until(true, 300_000_000);
        let held = until(false, 300_000_000);
        assert!(held > Duration::from_millis(150), "{held:?}");
        until(true, 60_000_000_000);
        pace.let_go();
        let begin = Instant::now();
        while state(&child) == 'T' {
            assert!(begin.elapsed() < Duration::from_secs(20));
        }
        // One reason is enough.
        pace.come(UNREAD_MAX);
        assert_ne!(state(&child), 'T');
        pace.come(1);
        until(true, 0);
        pace.let_go();
        pace.go(UNREAD_MAX / 2);
        until(true, 0);
        pace.go(1);
        let begin = Instant::now();
        while state(&child) == 'T' {
            assert!(begin.elapsed() < Duration::from_secs(20));
        }
        drop(child.stdin.take());
        child.wait().expect("its end");
        // Nobody is there any more, and nobody else is meant.
        pace.keep(u64::MAX / 2);
    }
}
