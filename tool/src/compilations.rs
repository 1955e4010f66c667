//! Compiles sources, as many at a time as the machine has processors, and tells of them in their order.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::build_options::Progress;
use crate::compiler_messages::from_here;
use crate::error::Result;
use crate::incremental;

/// A source to be compiled.
pub(crate) struct Compilation<'a> {
    /// As the system file has it.
    pub(crate) source: &'a Path,
    /// What compiles it.
    pub(crate) command: Command,
    /// What is made of it.
    pub(crate) object: PathBuf,
}

/// A source that does not compile.
pub(crate) struct Failure<'a> {
    /// As the system file has it.
    pub(crate) source: &'a Path,
    /// What the compiler has said.
    pub(crate) said: String,
}

/// What has become of one of them.
struct Outcome<'a> {
    number: usize,
    source: &'a Path,
    said: String,
    made: Result<bool>,
}

/// Compiles what is not compiled already, of a system in this folder; the first source in order that does not compile,
/// if there is any. What is said is the same as if one were compiled after the other.
///
/// # Errors
/// If a compiler cannot be started, or an object not be written.
pub(crate) fn compile<'a>(
    compilations: Vec<Compilation<'a>>,
    directory: &Path,
    colour: bool,
    progress: &mut dyn Progress,
) -> Result<Option<Failure<'a>>> {
    let all = compilations.len();
    let queue = Mutex::new(compilations.into_iter().enumerate());
    let stop = AtomicBool::new(false);
    let (sender, outcomes) = mpsc::channel();
    let processors = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..processors.min(all) {
            let (queue, stop, sender) = (&queue, &stop, sender.clone());
            scope.spawn(move || work(queue, stop, colour, &sender));
        }
        drop(sender);
        progress.count(0, all);
        let mut waiting: Vec<Option<Outcome<'a>>> = (0..all).map(|_| None).collect();
        let (mut told, mut done) = (0, 0);
        // All in front of one that has failed have been begun, so its turn comes.
        for outcome in outcomes {
            done += 1;
            progress.count(done, all);
            let number = outcome.number;
            waiting[number] = Some(outcome);
            while let Some(outcome) = waiting.get_mut(told).and_then(Option::take) {
                told += 1;
                if !outcome.said.is_empty() {
                    progress.messages(&from_here(&outcome.said, directory));
                }
                if !outcome.made? {
                    return Ok(Some(Failure { source: outcome.source, said: outcome.said }));
                }
            }
        }
        Ok(None)
    })
}

/// Compiles one after the other until there is none left or one has failed.
fn work<'a>(
    queue: &Mutex<impl Iterator<Item = (usize, Compilation<'a>)>>,
    stop: &AtomicBool,
    colour: bool,
    outcomes: &Sender<Outcome<'a>>,
) {
    while !stop.load(Ordering::Relaxed) {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        let Some((number, Compilation { source, command, object })) = next else { break };
        let mut said = String::new();
        let made = incremental::compile(command, &object, colour, &mut |text| said.push_str(text));
        if !matches!(made, Ok(true)) {
            stop.store(true, Ordering::Relaxed);
        }
        // Nobody listens any more once the first failure has been told.
        let _ = outcomes.send(Outcome { number, source, said, made });
    }
}
