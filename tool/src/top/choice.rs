//! What somebody has chosen to see, by keys.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// What somebody has chosen to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Choice {
    /// The number of the partition.
    pub(crate) partition: usize,
    /// Whether what is shown stays as it is.
    pub(crate) is_paused: bool,
    /// Whether the help is shown.
    pub(crate) wants_help: bool,
}

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Nothing but to see what has been chosen.
    Look,
    /// The end.
    Quit,
}

impl Choice {
    /// Takes a key, where there are so many partitions.
    pub(crate) fn key(&mut self, key: KeyEvent, partitions: usize) -> Wish {
        if key.kind == KeyEventKind::Release {
            return Wish::Look;
        }
        let step = |by: usize| (self.partition + by) % partitions.max(1);
        match key.code {
            KeyCode::Char('c' | 'C') if key.modifiers.contains(KeyModifiers::CONTROL) => return Wish::Quit,
            KeyCode::Char('q' | 'Q') => return Wish::Quit,
            KeyCode::Tab | KeyCode::Down | KeyCode::Right => self.partition = step(1),
            KeyCode::BackTab | KeyCode::Up | KeyCode::Left => self.partition = step(partitions.max(1) - 1),
            KeyCode::Char('p' | 'P' | ' ') => self.is_paused = !self.is_paused,
            KeyCode::Char('?' | 'h') => self.wants_help = !self.wants_help,
            KeyCode::Esc => self.wants_help = false,
            _ => {}
        }
        Wish::Look
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_choose() {
        let mut choice = Choice::default();
        let mut press = |code: KeyCode, modifiers| {
            let wish = choice.key(KeyEvent::new(code, modifiers), 3);
            (choice.partition, choice.is_paused, choice.wants_help, wish)
        };
        let none = KeyModifiers::NONE;
        assert_eq!(press(KeyCode::Tab, none), (1, false, false, Wish::Look));
        assert_eq!(press(KeyCode::Down, none).0, 2);
        assert_eq!(press(KeyCode::Right, none).0, 0);
        assert_eq!(press(KeyCode::Up, none).0, 2);
        assert_eq!(press(KeyCode::BackTab, KeyModifiers::SHIFT).0, 1);
        assert_eq!(press(KeyCode::Left, none).0, 0);
        assert!(press(KeyCode::Char('p'), none).1 && !press(KeyCode::Char(' '), none).1);
        assert!(press(KeyCode::Char('?'), none).2 && !press(KeyCode::Esc, none).2);
        assert_eq!(press(KeyCode::Char('c'), none).3, Wish::Look);
        assert_eq!(press(KeyCode::Char('c'), KeyModifiers::CONTROL).3, Wish::Quit);
        assert_eq!(press(KeyCode::Char('q'), none).3, Wish::Quit);
        // Without partitions there is none to choose.
        assert_eq!(Choice::default().key(KeyEvent::new(KeyCode::Up, none), 0), Wish::Look);
    }
}
