//! The terminal: taken for a while, and given back as it was, whatever happens.

use std::io::{self, Stdout, stdout};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::execute;
use ratatui::crossterm::style::force_color_output;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::{Frame, Terminal};

/// The terminal at the standard output, as long as it is taken.
#[derive(Clone, Debug)]
pub(crate) struct Display(Arc<Taken>);

#[derive(Debug)]
struct Taken {
    terminal: Mutex<Terminal<CrosstermBackend<Stdout>>>,
    is_taken: AtomicBool,
}

impl Taken {
    /// Gives the terminal back, once.
    fn give_back(&self) {
        if self.is_taken.swap(false, Ordering::AcqRel) {
            give_back();
        }
    }
}

/// Makes the terminal what it was. There is nobody to tell what fails.
fn give_back() {
    let _ = execute!(stdout(), LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
}

impl Display {
    /// Takes the terminal. A panic gives it back before it is told.
    ///
    /// # Errors
    /// If there is none at the standard output, or nobody can be heard at it.
    pub(crate) fn take(colour: bool) -> io::Result<Self> {
        force_color_output(colour);
        enable_raw_mode()?;
        let taken = execute!(stdout(), EnterAlternateScreen, Hide)
            .and_then(|()| Terminal::new(CrosstermBackend::new(stdout())));
        let terminal = Mutex::new(taken.inspect_err(|_| give_back())?);
        let taken = Arc::new(Taken { terminal, is_taken: AtomicBool::new(true) });
        let (own, before) = (Arc::clone(&taken), panic::take_hook());
        panic::set_hook(Box::new(move |panic| {
            // Without the lock, which may be held by who panics.
            own.give_back();
            before(panic);
        }));
        Ok(Self(taken))
    }

    /// Draws a whole screen, if the terminal has not been given back.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn draw(&self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        let mut terminal = self.0.terminal.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.0.is_taken.load(Ordering::Acquire) {
            return Ok(());
        }
        terminal.draw(draw).map(drop)
    }

    /// Gives the terminal back. Nothing is drawn afterwards.
    pub(crate) fn give_back(&self) {
        let _drawn = self.0.terminal.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.give_back();
    }

    /// The same, but for no longer than a while: whether the terminal has taken it. One that takes nothing any more,
    /// not even the rest of what is drawn, is heard at as before, at least.
    pub(crate) fn give_back_within(&self, patience: Duration) -> bool {
        let (own, (done, is_done)) = (self.clone(), channel());
        thread::spawn(move || {
            own.give_back();
            // Fails if nobody waits any more.
            let _ = done.send(());
        });
        let has_taken = is_done.recv_timeout(patience).is_ok();
        if !has_taken {
            let _ = disable_raw_mode();
        }
        has_taken
    }
}
