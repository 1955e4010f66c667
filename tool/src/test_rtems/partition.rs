//! Runs one test program in a partition.

use std::fs;
use std::path::Path;

use crate::build::{Options, Silent, build_for_host, build_system};
use crate::error::{Error, Message, Result};
use crate::host::xen::Machine;
use crate::image::processor_of;
use crate::installation::Installation;
use crate::run::{Ending, Output, RunOptions, Session, Speaker};
use crate::system_file::{self, System};
use crate::target::Host;

use super::figures::shift;
use super::neighbours::NEIGHBOUR;
use super::run::Run;
use super::{Place, TestOptions, TestProgram, packed};

/// The partition's number.
const SUBJECT: usize = 0;

/// Its name.
const SUBJECT_NAME: &str = "test";

/// Runs the program, so that its figures are exact if it `measures`; what it and the kernel say comes to `output`.
pub(super) fn run(
    program: &TestProgram,
    number: usize,
    options: &TestOptions,
    measures: bool,
    output: &mut Vec<u8>,
) -> Result<Run> {
    let image = std::path::absolute(&program.file).unwrap_or_else(|_| program.file.clone());
    // What cannot be read, and for what, the build says better.
    let processor = fs::read(&image).ok().and_then(|bytes| processor_of(&bytes));
    let neighbour = match (&options.neighbours, processor) {
        (Some(neighbours), Some(processor)) => Some(neighbours.image(processor)?),
        _ => None,
    };
    let text = system_text(&image, &options.memory, neighbour.as_deref());
    let system = system_file::from_text_for(processor, &text, &program.name, Path::new(""))?;
    let mut run =
        RunOptions { timeout: Some(options.timeout), ends_with: Some(SUBJECT), ..RunOptions::default() };
    if let Some(shift @ 1..) = processor.map(|it| shift(Place::Partition, it, measures)) {
        // The last one of two counts.
        run.qemu_arguments = ["-icount".to_owned(), format!("shift={shift},sleep=off")].to_vec();
    }
    let session = Session::new();
    options.stop.add(session.interrupter());
    let mut transcript = Transcript(output);
    let place = options.folder.join(format!("test-{number}"));
    let build =
        Options { installation: options.installation.clone(), host: options.host, ..Options::default() };
    let finished = match options.host {
        Host::Bulkhead => {
            let file = place.with_extension("elf");
            let build = Options { output: Some(file.clone()), ..build };
            let finished = build_system(system, &build, &mut Silent)
                .and_then(|built| session.run(&built, &run, &mut transcript));
            let _ = fs::remove_file(&file);
            finished
        }
        Host::Xen => {
            let build = Options { output: Some(place.clone()), ..build };
            let finished = on_xen(system, &build, session, &run, &mut transcript);
            let _ = fs::remove_dir_all(&place);
            finished
        }
        Host::Air => {
            let build = Options { output: Some(place.clone()), ..build };
            let run = packed::run(system, SUBJECT_NAME, &build, options, session, transcript.0);
            let _ = fs::remove_dir_all(&place);
            return run;
        }
        Host::Pok | Host::Xtratum => Err(not_booted(options.host)),
    }?;
    Ok(Run {
        timed_out: matches!(finished.ending, Ending::TimedOut | Ending::TimeLimit),
        ending: finished.text(),
        time: finished.facts.system_time,
    })
}

/// Whether RTEMS's tests can be run on a kernel here.
///
/// # Errors
/// If they cannot.
pub fn can_test(host: Host) -> Result<()> {
    match host {
        Host::Bulkhead | Host::Xen | Host::Air => Ok(()),
        Host::Pok | Host::Xtratum => Err(not_booted(host)),
    }
}

fn not_booted(host: Host) -> Error {
    Error::Usage(
        Message::new(format!("`bulkhead test-rtems` does not boot {}", host.title()))
            .help("take --host xen or --host air, or leave --host out"),
    )
}

fn on_xen(
    system: System,
    build: &Options,
    session: Session,
    run: &RunOptions,
    transcript: &mut Transcript<'_>,
) -> Result<crate::run::Finished> {
    Host::Xen.check(&system)?;
    let installation = match &build.installation {
        Some(installation) => installation.clone(),
        None => Installation::find()?,
    };
    let (machine, _) = Machine::find(None, &installation, &system)?;
    let built = build_for_host(system, build, &mut Silent)?;
    let boot = machine.prepare(&built, None)?;
    session.run_on_xen(&built.system, &boot, run, transcript)
}

/// One partition that has the processor all the time, or two fifths of it where three others are beside it.
fn system_text(image: &Path, memory: &str, neighbour: Option<&Path>) -> String {
    let [image, memory] = [&*image.to_string_lossy(), memory].map(toml::Value::from);
    let duration = if neighbour.is_some() { 4 } else { 10 };
    let mut text = format!(
        "[system]\nname = \"test\"\nmemory = \"1 GiB\"\nmajor-frame = \"10 ms\"\n\n\
         [[partition]]\nname = \"{SUBJECT_NAME}\"\nmemory = {memory}\nimage = {image}\n\n\
         [[window]]\npartition = \"{SUBJECT_NAME}\"\nstart = \"0 ms\"\nduration = \"{duration} ms\"\n"
    );
    if let Some(neighbour) = neighbour {
        let image = toml::Value::from(&*neighbour.to_string_lossy());
        for (number, start) in (1..).zip([4, 6, 8]) {
            text += &format!(
                "\n[[partition]]\nname = \"{NEIGHBOUR}{number}\"\nmemory = \"1 MiB\"\nimage = {image}\n\n\
                 [[window]]\npartition = \"{NEIGHBOUR}{number}\"\nstart = \"{start} ms\"\nduration = \"2 ms\"\n"
            );
        }
    }
    text
}

/// Everything that the partition and the kernel have said, but for the kernel's report at the end and the neighbours.
struct Transcript<'a>(&'a mut Vec<u8>);

impl Output for Transcript<'_> {
    fn line(&mut self, speaker: Speaker, line: &[u8], report: bool) {
        if report {
            return;
        }
        match speaker {
            Speaker::Kernel => self.0.extend(b"kernel: "),
            Speaker::Qemu => self.0.extend(b"qemu: "),
            Speaker::Partition(SUBJECT) => {}
            Speaker::Partition(_) => return,
        }
        self.0.extend(line);
        self.0.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::{Transcript, system_text};
    use crate::run::{Output as _, Speaker};
    use std::path::Path;

    #[test]
    fn whatever_a_program_is_called_the_system_file_names_it() {
        for (path, memory) in [("/a\"b\\c\n\u{1}d'", "1 MiB"), ("/plain", "1\" MiB\nimage = \"other")] {
            let text = system_text(Path::new(path), memory, Some(Path::new("/n")));
            let file: toml::Table = text.parse().expect("TOML");
            let partition = &file["partition"][0];
            assert_eq!(
                (partition["image"].as_str(), partition["memory"].as_str()),
                (Some(path), Some(memory))
            );
        }
    }

    #[test]
    fn neighbours_have_the_time_that_the_test_has_not() {
        for (neighbour, partitions, duration) in [(None, 1, "10 ms"), (Some(Path::new("/n")), 4, "4 ms")] {
            let file: toml::Table = system_text(Path::new("/t"), "1 MiB", neighbour).parse().expect("TOML");
            assert_eq!(file["partition"].as_array().map(Vec::len), Some(partitions));
            assert_eq!(file["window"][0]["duration"].as_str(), Some(duration));
        }
    }

    /// What decides is what the test says.
    #[test]
    fn what_neighbours_say_is_nothing_of_the_tests() {
        let mut said = Vec::new();
        let mut transcript = Transcript(&mut said);
        for speaker in [Speaker::Partition(1), Speaker::Partition(0), Speaker::Kernel] {
            transcript.line(speaker, b"*** END OF TEST", false);
        }
        assert_eq!(said, b"*** END OF TEST\nkernel: *** END OF TEST\n");
    }
}
