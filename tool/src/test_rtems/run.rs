//! Runs test programs, several at a time.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::build::{Options, Silent, build_system};
use crate::error::{Error, Result};
use crate::image::processor_of;
use crate::run::{Interrupter, Output, RunOptions, Session, Speaker};
use crate::system_file;

use super::{TestProgram, TestResult, Verdict, verdict};

/// How to run.
#[derive(Clone, Debug)]
pub struct TestOptions {
    /// How many at a time.
    pub jobs: usize,
    /// How long one may take here.
    pub timeout: Duration,
    /// Memory of the partition, as a system file has it.
    pub memory: String,
    /// A folder for what is built on the way.
    pub folder: PathBuf,
    /// Ends the tests before their time.
    pub stop: Stop,
}

/// Ends tests before their time, those that run and those that would come.
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
    fn add(&self, run: Interrupter) {
        let mut state = self.state();
        match state.signal {
            Some(signal) => run.interrupt(signal),
            None => state.runs.push(run),
        }
    }
}

/// Runs the programs and returns the results in their order; `done` is told of each as it ends.
pub fn run_all(
    programs: &[TestProgram],
    options: &TestOptions,
    done: &(dyn Fn(&TestResult) + Sync),
) -> Vec<TestResult> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..options.jobs.clamp(1, programs.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(program) = programs.get(number) else { return };
                    if options.stop.asked().is_some() {
                        return;
                    }
                    let result = run_one(program, number, options);
                    done(&result);
                    results.lock().unwrap_or_else(PoisonError::into_inner).push((number, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

fn run_one(program: &TestProgram, number: usize, options: &TestOptions) -> TestResult {
    let begin = Instant::now();
    let file = options.folder.join(format!("test-{number}.elf"));
    let mut transcript = Transcript::default();
    let run = build_and_run(program, &file, options, &mut transcript);
    let _ = fs::remove_file(&file);
    let output = String::from_utf8_lossy(&transcript.0).into_owned();
    let (verdict, system_time) = match run {
        Ok((ending, time)) => (verdict(&output, &ending), time.map(Duration::from_nanos)),
        Err(error) => (Verdict::NotRun(plain(&error)), None),
    };
    TestResult { program: program.clone(), verdict, system_time, host_time: begin.elapsed(), output }
}

/// The error's first line, without what the table has no room for.
fn plain(error: &Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

fn build_and_run(
    program: &TestProgram,
    file: &Path,
    options: &TestOptions,
    transcript: &mut Transcript,
) -> Result<(crate::run::Ending, Option<u64>)> {
    let image = std::path::absolute(&program.file).unwrap_or_else(|_| program.file.clone());
    let text = system_text(&image, &options.memory);
    // What cannot be read, and for what, the build says better.
    let processor = fs::read(&image).ok().and_then(|bytes| processor_of(&bytes));
    let system = system_file::from_text_for(processor, &text, &program.name, Path::new(""))?;
    let build = Options { output: Some(file.to_owned()), ..Options::default() };
    let built = build_system(system, &build, &mut Silent)?;
    let run = RunOptions { timeout: Some(options.timeout), ..RunOptions::default() };
    let session = Session::new();
    options.stop.add(session.interrupter());
    let finished = session.run(&built, &run, transcript)?;
    Ok((finished.ending, finished.facts.system_time))
}

/// One partition that has the processor all the time.
fn system_text(image: &Path, memory: &str) -> String {
    let [image, memory] = [&*image.to_string_lossy(), memory].map(toml::Value::from);
    format!(
        "[system]\nname = \"test\"\nmemory = \"1 GiB\"\nmajor-frame = \"10 ms\"\n\n\
         [[partition]]\nname = \"test\"\nmemory = {memory}\nimage = {image}\n\n\
         [[window]]\npartition = \"test\"\nstart = \"0 ms\"\nduration = \"10 ms\"\n"
    )
}

/// Everything that the partition and the kernel have said, but for the kernel's report at the end.
#[derive(Default)]
struct Transcript(Vec<u8>);

impl Output for Transcript {
    fn line(&mut self, speaker: Speaker, line: &[u8], report: bool) {
        if report {
            return;
        }
        match speaker {
            Speaker::Kernel => self.0.extend(b"kernel: "),
            Speaker::Qemu => self.0.extend(b"qemu: "),
            Speaker::Partition(_) => {}
        }
        self.0.extend(line);
        self.0.push(b'\n');
    }

    fn part(&mut self, _speaker: Speaker, _bytes: &[u8]) {}

    fn quiet(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::system_text;
    use std::path::Path;

    #[test]
    fn whatever_a_program_is_called_the_system_file_names_it() {
        for (path, memory) in [("/a\"b\\c\n\u{1}d'", "1 MiB"), ("/plain", "1\" MiB\nimage = \"other")] {
            let file: toml::Table = system_text(Path::new(path), memory).parse().expect("TOML");
            let partition = &file["partition"][0];
            assert_eq!(
                (partition["image"].as_str(), partition["memory"].as_str()),
                (Some(path), Some(memory))
            );
        }
    }
}
