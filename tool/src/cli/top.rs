//! `bulkhead top`: a live view of a system that runs.

use std::env;
use std::io::{self, IsTerminal as _};
use std::process;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ratatui::crossterm::event;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use signal_hook::consts::{SIGHUP, SIGINT};

use crate::build::{self, Built, Options};
use crate::error::{Error, Message, Result};
use crate::files;
use crate::host::Host;
use crate::installation::Installation;
use crate::run::{Ending, Finished, Input, Interrupter, Pace, RunOptions, Session, refuse_what_cannot_hold};
use crate::system_file::System;
use crate::terminal::Look;
use crate::top::{Choice, Display, Listener, View, Watched, Wish};
use crate::tracing::Tracing;

use super::arguments::{RunArguments, TopArguments};
use super::output_file::refuse_to_overwrite;
use super::reporter::Reporter;
use super::signals::on_signal;
use super::{consoles, devices, print, run};

/// How often what is known is shown anew.
const REFRESH: Duration = Duration::from_millis(100);

/// How often is looked whether who shows it has ended.
const LOOK: Duration = Duration::from_millis(10);

/// How often it is reckoned anew how fast time passes there.
const SPEED: Duration = Duration::from_secs(1);

/// How long a terminal may take for what is to make it what it was.
const PATIENCE: Duration = Duration::from_secs(2);

/// Characters in a line of the text.
const WIDTH_OF_TEXT: usize = 100;

/// Builds a system, runs it and shows it meanwhile; returns the exit status of the run.
pub(super) fn top(arguments: TopArguments, reporter: &mut Reporter) -> Result<u8> {
    let (asked, arguments) = arguments.into_run();
    if !asked.plain {
        refuse_what_is_no_terminal()?;
    }
    refuse_to_overwrite(&arguments)?;
    let (built, mut options, kernel) = build(&arguments, reporter)?;
    let watched = Watched::new(&built.system, asked.interval);
    let is_paced = !asked.plain && !asked.fast && !arguments.realtime;
    options.pace = is_paced.then(Pace::default);
    let tracing = watch(&built, &kernel, watched.clone(), options.pace.clone())?;
    options.memory_file = Some(tracing.memory_file());
    let session = Session::new();
    let finished = if asked.plain {
        let interrupter = session.interrupter();
        on_signal(move |signal| interrupter.interrupt(signal));
        session.run(&built, &options, &mut Listener(watched.clone()))
    } else {
        shown(&built, &options, session, &watched)
    };
    let told = tracing.finish();
    let finished = finished?;
    // It was ended before the kernel had begun, say: that is the end to tell.
    told.map(drop).or_else(|error| if finished.ending.is_orderly() { Err(error) } else { Ok(()) })?;
    if asked.plain {
        watched.ended(finished.text());
        let shown = watched.shown();
        let (system, options) = (&built.system, &options);
        let view = View { system, shown: &shown, options, speed: None, colour: false };
        print(&view.text(WIDTH_OF_TEXT))?;
    } else {
        run::show_summary(&built.system, &finished, reporter)?;
    }
    run::remark_if_unheard(&finished, reporter)?;
    consoles::failure(&options.consoles)?;
    Ok(finished.ending.exit_status())
}

/// Refuses to show something where nobody could see it, or end it.
fn refuse_what_is_no_terminal() -> Result<()> {
    let what = if !io::stdout().is_terminal() {
        "the standard output is no terminal"
    } else if !io::stdin().is_terminal() {
        "the standard input is no terminal, so no key could end what is shown"
    } else if env::var_os("TERM").is_some_and(|term| term == "dumb") {
        "this terminal (TERM=dumb) has no cursor to move"
    } else {
        return Ok(());
    };
    let help = "add --plain, which writes the last view as text when the run has ended, as in \
                `bulkhead top --plain --for 500ms`; or take `bulkhead report`";
    Err(Error::Usage(Message::new(what).help(help)))
}

/// Builds a system with the kernel that traces, and says how to run it, and with which kernel's file.
fn build(arguments: &RunArguments, reporter: &mut Reporter) -> Result<(Built, RunOptions, Vec<u8>)> {
    if files::built(&arguments.file)?.is_some() {
        return Err(run::is_built_without_trace(&arguments.file));
    }
    let system = build::check_for(arguments.target.processor, &arguments.file)?;
    for warning in Host::Bulkhead.check(&system)? {
        reporter.warn(&warning)?;
    }
    reporter.warn_of(&system)?;
    let mut options = run::run_options(arguments, &system);
    refuse_what_cannot_hold(&system, &options)?;
    run::refuse_what_cannot_vary(&system, &options)?;
    devices::open(arguments, &system, &mut options, reporter)?;
    consoles::open(arguments, &system, &mut options, reporter)?;
    // What is typed is for the view.
    (options.input, options.input_to) = (Input::None, None);
    let building = Options {
        colour: Look::of(&io::stderr()).colour,
        kit: arguments.kit.selection(),
        traces: true,
        varies: options.variation.is_some(),
        ..Options::default()
    };
    let built = build::build_system(system, &building, reporter)?;
    reporter.finish();
    let kernel = building.kernel(&Installation::find()?, built.system.processor)?;
    Ok((built, options, kernel))
}

/// Lets a machine go on when nobody is there any more who would, and shows what waits.
struct LetsGo(Option<Pace>, Watched);

impl Drop for LetsGo {
    fn drop(&mut self) {
        self.0.iter().for_each(Pace::let_go);
        self.1.show_all();
    }
}

/// Begins to look for what a system records, and to keep its pace.
fn watch(built: &Built, kernel: &[u8], watched: Watched, pace: Option<Pace>) -> Result<Tracing> {
    let lets_go = LetsGo(pace, watched);
    Tracing::watch(built, kernel, move |events, lost| {
        let LetsGo(pace, watched) = &lets_go;
        let time = watched.come(events, lost);
        if let Some(pace) = pace {
            time.map_or_else(|| pace.let_go(), |time| pace.keep(time));
        }
        watched.show(pace.as_ref().map_or(u64::MAX, Pace::due));
    })
}

/// Ends the view and the run when who shows it ends, however that is.
struct Ends(Watched, Interrupter);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.finish();
        self.1.interrupt(SIGINT);
    }
}

/// Runs a system and shows it on the terminal, until somebody has seen its end.
fn shown(built: &Built, options: &RunOptions, session: Session, watched: &Watched) -> Result<Finished> {
    let colour = Look::of(&io::stdout()).colour;
    let display = Display::take(colour).map_err(|error| Error::output(&error))?;
    let (interrupter, on_terminal, seen) = (session.interrupter(), display.clone(), watched.clone());
    on_signal(move |signal| {
        interrupter.interrupt(signal);
        // Now: a second signal would leave it as it is.
        if !on_terminal.give_back_within(PATIENCE) {
            // Nobody who writes there would come to an end.
            process::exit(Ending::Interrupted(signal).exit_status().into());
        }
        seen.finish();
    });
    end_with_terminal(watched.clone(), session.interrupter());
    let ends = Ends(watched.clone(), session.interrupter());
    let (system, shown, on_terminal) = (built.system.clone(), options.clone(), display.clone());
    let viewer = thread::spawn(move || look(&system, &shown, &ends.0, &on_terminal, colour));
    let finished = session.run(built, options, &mut Listener(watched.clone()));
    match &finished {
        Ok(finished) if !matches!(finished.ending, Ending::Interrupted(_) | Ending::TimedOut) => {
            watched.ended(finished.text());
        }
        _ => watched.finish(),
    }
    let viewed = joined(viewer, watched);
    let has_taken = display.give_back_within(PATIENCE);
    let Some(viewed) = viewed.filter(|_| has_taken) else {
        // Nobody who writes there would come to an end.
        let status = finished.map_or_else(|error| error.exit_status(), |it| it.ending.exit_status());
        process::exit(status.into());
    };
    let failed = |_| Error::Environment(Message::new("the view has failed"));
    viewed.map_err(failed)?.map_err(|error| Error::output(&error))?;
    finished
}

/// What becomes of who shows it, who has a while to end once nobody looks any more. Nothing if that does not do.
fn joined(viewer: JoinHandle<io::Result<()>>, watched: &Watched) -> Option<thread::Result<io::Result<()>>> {
    let mut over = None;
    while !viewer.is_finished() {
        if watched.is_over() && over.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
            return None;
        }
        thread::sleep(LOOK);
    }
    Some(viewer.join())
}

/// Waits until the terminal can be read, if that is wanted, or has gone; whether it has. If there is a time, for no
/// longer.
fn wait_for_terminal(wanted: PollFlags, wait: Option<Duration>) -> io::Result<bool> {
    let stdin = io::stdin();
    let mut wanted = [PollFd::new(&stdin, wanted)];
    let wait = wait.and_then(|wait| Timespec::try_from(wait).ok());
    match poll(&mut wanted, wait.as_ref()) {
        // A signal: the terminal has another size, say.
        Err(Errno::INTR) => return Ok(false),
        polled => polled?,
    };
    Ok(wanted[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL))
}

/// Waits for keys, for no longer than so long.
///
/// # Errors
/// If the terminal has gone: the crate `crossterm` would read on there for ever.
fn wait_for_keys(wait: Duration) -> io::Result<()> {
    if wait_for_terminal(PollFlags::IN, Some(wait))? { Err(Errno::IO.into()) } else { Ok(()) }
}

/// Ends view and run when the terminal has gone and who shows it has not noticed: it was just about to read keys.
fn end_with_terminal(watched: Watched, interrupter: Interrupter) {
    thread::spawn(move || {
        // That it has gone is told without being asked for.
        while matches!(wait_for_terminal(PollFlags::empty(), None), Ok(false)) {}
        thread::sleep(PATIENCE);
        watched.finish();
        interrupter.interrupt(SIGHUP);
    });
}

/// Shows what is known until somebody has seen enough.
fn look(
    system: &System,
    options: &RunOptions,
    watched: &Watched,
    display: &Display,
    colour: bool,
) -> io::Result<()> {
    let mut choice = Choice::default();
    let mut shown = watched.shown();
    let mut speed = Speed { since: Instant::now(), time: 0, last: None };
    while !watched.is_over() {
        let now = watched.shown();
        speed.take(now.now.time);
        if choice.is_paused {
            shown.ended = now.ended;
        } else {
            shown = now;
        }
        let view = View { system, shown: &shown, options, speed: speed.last, colour };
        display.draw(|frame| view.draw(frame.area(), frame.buffer_mut(), choice))?;
        wait_for_keys(REFRESH)?;
        while event::poll(Duration::ZERO)? {
            if let event::Event::Key(key) = event::read()?
                && choice.key(key, system.partitions.len()) == Wish::Quit
            {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// How many times as fast as here time passes there.
struct Speed {
    since: Instant,
    time: u64,
    last: Option<f64>,
}

impl Speed {
    fn take(&mut self, time: u64) {
        let passed = self.since.elapsed();
        if passed >= SPEED {
            let there = Duration::from_nanos(time.saturating_sub(self.time));
            self.last = Some(there.as_secs_f64() / passed.as_secs_f64());
            (self.since, self.time) = (Instant::now(), time);
        }
    }
}
