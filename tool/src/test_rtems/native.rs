//! Runs one test program alone, on the machine that its board is for.

use std::cell::Cell;
use std::fs;

use crate::error::{Error, Message, Result};
use crate::image::processor_of;
use crate::run::{AloneEnding, AloneOptions, Session};

use super::figures::{has_stop_watch, shift};
use super::run::Run;
use super::verdict::END;
use super::{Place, TestOptions, TestProgram};

/// Runs the program until it says that it has passed, or ends the machine; what it says comes to `output`.
pub(super) fn run(program: &TestProgram, options: &TestOptions, output: &mut Vec<u8>) -> Result<Run> {
    let unreadable = |why: String| {
        let name = program.file.display();
        Error::Usage(
            Message::new(format!("{name}: {why}")).help("give programs that RTEMS's own build has linked"),
        )
    };
    let file = fs::read(&program.file).map_err(|error| unreadable(error.to_string()))?;
    let processor =
        processor_of(&file).ok_or_else(|| unreadable("no program for i386 or SPARC".to_owned()))?;
    let shift = shift(Place::Native, processor, has_stop_watch(&file));
    let session = Session::new();
    options.stop.add(session.interrupter());
    let run = AloneOptions { processor, shift, timeout: options.timeout, memory: None };
    // What was heard before is not searched again.
    let searched = Cell::new(0_usize);
    let alone = session.run_alone(&program.file, &run, &|said| {
        let from = searched.replace(said.len()).saturating_sub(END.len());
        said[from..].windows(END.len()).any(|bytes| bytes == END.as_bytes())
    })?;
    output.extend(alone.output);
    output.retain(|byte| *byte != b'\r');
    Ok(Run { timed_out: alone.ending == AloneEnding::TimedOut, ending: alone.ending.text(), time: None })
}
