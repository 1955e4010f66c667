//! Compiles and links the programs of a system.

use std::path::{Path, PathBuf};

use crate::build_options::{Options, Progress};
use crate::compilations::{self, Compilation};
use crate::compile_commands;
use crate::diagnostics::Problem;
use crate::error::Result;
use crate::executive::Executive;
use crate::files::{self, Claim, absolute, create_folder};
use crate::host::check_places;
use crate::image::{Image, ImageError, Linked};
use crate::incremental::{made_with, object_name};
use crate::installation::Installation;
use crate::silent;
use crate::system_file::{Partition, Program, System};
use crate::target::Placement;

/// A program to be made of sources.
struct Task<'a> {
    partition: &'a Partition,
    sources: &'a [PathBuf],
    placement: Placement,
    objects: Vec<PathBuf>,
    program: PathBuf,
}

impl Task<'_> {
    /// Whether another partition's program is the same.
    fn is_for(&self, partition: &Partition, sources: &[PathBuf], placement: &Placement) -> bool {
        self.sources == sources
            && self.partition.building.is_same(&partition.building)
            && self.placement == *placement
    }
}

/// The program of each partition, in order, made in `folder`. Partitions with the same sources at the same place share
/// one.
pub(crate) fn programs(
    system: &System,
    installation: &Installation,
    folder: &Path,
    options: &Options,
    progress: &mut dyn Progress,
) -> Result<Vec<Linked>> {
    check_places(options.host, system)?;
    let mut tasks: Vec<Task<'_>> = Vec::new();
    // Of each partition the number of its task.
    let mut numbers = Vec::new();
    for (number, partition) in system.partitions.iter().enumerate() {
        let Program::Sources(sources) = &partition.program else {
            numbers.push(None);
            continue;
        };
        let placement = options.host.placement(system, number);
        let known = tasks.iter().position(|task| task.is_for(partition, sources, &placement));
        numbers.push(Some(known.unwrap_or(tasks.len())));
        if known.is_none() {
            let folder = absolute(&folder.join(&partition.name))?;
            let named = |(number, source): (usize, &PathBuf)| folder.join(object_name(number, source));
            let objects = sources.iter().enumerate().map(named).collect();
            tasks.push(Task { partition, sources, placement, objects, program: folder.join("program.elf") });
        }
    }
    let linked = if tasks.is_empty() {
        Vec::new()
    } else {
        let claim = claim(folder, progress)?;
        make(system, installation, &tasks, (folder, &claim), options, progress)?
    };
    let mut programs = Vec::new();
    for ((partition, task), index) in system.partitions.iter().zip(numbers).zip(0..) {
        programs.push(match (&partition.program, task) {
            (Program::Image { path, image }, _) => {
                Linked { image: image.clone(), file: files::read(&system.path(path))? }
            }
            (Program::Sources(_), task) => {
                let bytes = task.and_then(|task| linked.get(task)).cloned().unwrap_or_default();
                checked(system, partition, &options.host.placement(system, index), bytes)?
            }
        });
    }
    Ok(programs)
}

/// Compiles and links every task's program; what they are.
fn make(
    system: &System,
    installation: &Installation,
    tasks: &[Task<'_>],
    (folder, claim): (&Path, &Claim),
    options: &Options,
    progress: &mut dyn Progress,
) -> Result<Vec<Vec<u8>>> {
    let executive = Executive::new(installation, system.processor, options, progress)?;
    let missing: Vec<Problem> =
        tasks.iter().flat_map(|task| executive.missing_libraries(task.partition)).collect();
    if !missing.is_empty() {
        return Err(system.report(missing).into());
    }
    let mut all = Vec::new();
    for task in tasks {
        create_folder(task.program.parent().unwrap_or(Path::new("")))?;
        for (source, object) in task.sources.iter().zip(&task.objects) {
            let command = executive.compilation(system, source, &task.partition.building, object)?;
            all.push(Compilation { source, command, object: object.clone() });
        }
    }
    let made = tasks
        .iter()
        .flat_map(|task| task.objects.iter().flat_map(|it| made_with(it)).chain([task.program.clone()]));
    claim.made(made.chain([absolute(&folder.join(compile_commands::NAME))?]))?;
    compile_commands::write(system, &all, &|is_cxx| executive.built_in_folders(is_cxx), folder)?;
    if options.output.is_none() {
        compile_commands::link(folder, &system.directory.join("build"))?;
    }
    progress.step("compiling");
    if let Some(failure) = compilations::compile(all, &system.directory, executive.has_colour(), progress)? {
        return Err(executive.failure(system, failure.source, &failure.said));
    }
    let mut linked = Vec::new();
    for (number, task) in tasks.iter().enumerate() {
        progress.step(&format!("linking {}", task.partition.name));
        progress.count(number, tasks.len());
        let mut messages = |text: &str| progress.messages(text);
        let parts = (task.sources, &*task.objects);
        executive.link(system, task.partition, parts, &task.placement, &task.program, &mut messages)?;
        linked.push(files::read(&task.program)?);
    }
    Ok(linked)
}

/// A partition's program, linked for this place, if it can run there.
fn checked(system: &System, partition: &Partition, placement: &Placement, bytes: Vec<u8>) -> Result<Linked> {
    let place = &partition.program_place;
    let image = Image::read_at(placement.base, &bytes, system.processor, partition.memory);
    let problem = |error: ImageError| {
        Problem::new(place.clone(), format!("the linked program {}", error.message)).help(error.help)
    };
    let image = image.map_err(|errors| system.report(errors.into_iter().map(problem).collect()))?;
    let problems = silent::problems(&bytes, "the linked program", place, &partition.allow_silent, image.base);
    if problems.is_empty() { Ok(Linked { image, file: bytes }) } else { Err(system.report(problems).into()) }
}

/// Claims a folder for this build; says so if another one has it at the moment.
pub(crate) fn claim(folder: &Path, progress: &mut dyn Progress) -> Result<Claim> {
    Claim::new(folder, &mut || progress.step(&format!("waiting for another build in {}", folder.display())))
}
