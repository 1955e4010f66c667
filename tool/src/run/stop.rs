//! Ends runs before their time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Interrupter;

/// Ends runs before their time, those that have begun and those that would come.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Mutex<Stopping>>);

#[derive(Debug, Default)]
struct Stopping {
    /// The signal that asked for it.
    signal: Option<i32>,
    /// What ends the runs that have begun.
    runs: Vec<Interrupter>,
}

impl Stop {
    fn state(&self) -> MutexGuard<'_, Stopping> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends them, because of a signal with this number.
    pub fn ask(&self, signal: i32) {
        let mut state = self.state();
        state.signal.get_or_insert(signal);
        state.runs.drain(..).for_each(|run| run.interrupt(signal));
    }

    /// The signal that asked for it, if one has.
    #[must_use]
    pub fn asked(&self) -> Option<i32> {
        self.state().signal
    }

    /// Ends this run too when the time comes.
    pub(crate) fn add(&self, run: Interrupter) {
        let mut state = self.state();
        match state.signal {
            Some(signal) => run.interrupt(signal),
            None => state.runs.push(run),
        }
    }
}
