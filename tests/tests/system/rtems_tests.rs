//! `bulkhead test-rtems` on the real kernel and on bare machines, with programs that do as RTEMS's tests do.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bulkhead_tests::{bare, building, installation, repository, run_built};
use bulkhead_tool::build::{Built, Options};
use bulkhead_tool::host::Host;
use bulkhead_tool::run::{PartitionEnd, RunOptions, Stop};
use bulkhead_tool::system_file::{self, Processor};
use bulkhead_tool::test_rtems::{
    Comparison, Neighbours, Place, TestOptions, TestResult, Verdict, comparison, counterparts, programs,
    run_all,
};

on_every_processor! {
    the_end_decides_in_a_partition_and_natively,
    beside_neighbours_the_verdicts_stay,
    neighbours_go_on,
}

fn folder(name: &str, processor: Processor) -> PathBuf {
    let folder = repository().join("target/systems/rtems-tests").join(processor.name()).join(name);
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{error}"));
    folder
}

/// One partition that has all the time.
fn built(name: &str, program: &str, folder: &Path, processor: Processor) -> Built {
    let text = format!(
        "[system]\nname = \"{name}\"\nmajor-frame = \"10 ms\"\n[[partition]]\nname = \"test\"\n\
         memory = \"1 MiB\"\n{program}\n[[window]]\npartition = \"test\"\nstart = \"0 ms\"\n\
         duration = \"10 ms\"\n"
    );
    let sources = repository().join("tests/programs");
    let system = system_file::from_text_for(Some(processor), &text, name, &sources);
    let output = Some(folder.join(name).with_extension("elf"));
    let options = Options { output, installation: Some(installation()), ..Options::default() };
    building::build_system(system.unwrap_or_else(|error| panic!("{error:?}")), &options)
}

/// The two test programs, linked for a partition with the stand-in.
fn for_partitions(name: &str, processor: Processor) -> PathBuf {
    let folder = folder(name, processor);
    for (program, source) in [("gap", "rtems_test.c"), ("quiet", "rtems_test_quiet.c")] {
        let built = built(program, &format!("sources = [\"{source}\"]"), &folder, processor);
        write(&folder.join("suite").join(program).with_extension("exe"), &built.programs[0]);
    }
    folder
}

fn write(file: &Path, bytes: &[u8]) {
    let folder = file.parent().expect("a folder");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(file, bytes))
        .unwrap_or_else(|error| panic!("{error}"));
}

fn options(folder: &Path) -> TestOptions {
    TestOptions {
        jobs: 1,
        timeout: Duration::from_secs(300),
        memory: "1 MiB".to_owned(),
        host: Host::Bulkhead,
        packer: None,
        installation: Some(installation()),
        neighbours: None,
        folder: folder.to_owned(),
        stop: Stop::default(),
    }
}

fn failed(why: &str) -> Verdict {
    Verdict::Failed(why.to_owned())
}

fn verdicts(results: &[TestResult]) -> Vec<&Verdict> {
    results.iter().map(|result| &result.verdict).collect()
}

fn the_end_decides_in_a_partition_and_natively(processor: Processor) {
    let folder = for_partitions("places", processor);
    let begin = "*** BEGIN OF TEST GAP ***\nlonger - 1\n";
    let natively = folder.join("natively");
    let passes = format!("{begin}*** END OF TEST GAP ***\n");
    write(&natively.join("suite/gap.exe"), &bare::program(processor, &passes, false));
    write(&natively.join("suite/quiet.exe"), &bare::program(processor, begin, true));
    write(&natively.join("other/gap.exe"), &bare::program(processor, begin, true));
    let options = options(&folder);
    let found = programs(&folder.join("suite")).unwrap_or_else(|error| panic!("{error}"));
    let others = counterparts(&found, &natively).unwrap_or_else(|error| panic!("{error}"));
    let partition = run_all(&found, Place::Partition, &options, &|_| {});
    let native = run_all(&others, Place::Native, &options, &|_| {});
    let halted = failed("no end of test: a partition has halted with a status other than 0");
    assert_eq!(verdicts(&partition), [&Verdict::Passed, &halted], "{partition:?}");
    let reset = failed("no end of test: the machine was reset or switched off");
    assert_eq!(verdicts(&native), [&Verdict::Passed, &reset], "{native:?}");
    assert!(gap(&partition[0]) < 1000.0, "{partition:?}");
    let text = comparison(&Comparison::all(&partition, &native));
    assert!(text.contains("all           2                1                      1\n"), "{text}");
}

/// The longest time between two readings of the clock, in thousands of instructions.
fn gap(result: &TestResult) -> f64 {
    let figure = result.figures.iter().find(|figure| figure.name == "longest gap");
    figure.unwrap_or_else(|| panic!("{result:?}")).instructions
}

/// The neighbours have six milliseconds of ten.
fn beside_neighbours_the_verdicts_stay(processor: Processor) {
    let folder = for_partitions("neighbours", processor);
    let neighbours = Neighbours::new(Host::Bulkhead, Some(installation()), &folder);
    let options = TestOptions { neighbours: Some(neighbours), ..options(&folder) };
    let found = programs(&folder.join("suite")).unwrap_or_else(|error| panic!("{error}"));
    let results = run_all(&found, Place::Partition, &options, &|_| {});
    let halted = failed("no end of test: a partition has halted with a status other than 0");
    assert_eq!(verdicts(&results), [&Verdict::Passed, &halted], "{results:?}");
    // An instruction takes 1 ns, or on LEON3, where the program has a stop watch, 128 ns.
    let of_windows = 6_000.0 / if processor == Processor::Leon3 { 128.0 } else { 1.0 };
    assert!((0.98..1.15).contains(&(gap(&results[0]) / of_windows)), "{results:?}");
}

/// A neighbour neither ends nor is stopped.
fn neighbours_go_on(processor: Processor) {
    let folder = folder("neighbour", processor);
    let image = Neighbours::new(Host::Bulkhead, Some(installation()), &folder).image(processor);
    let image = image.unwrap_or_else(|error| panic!("{error}"));
    let built = built("neighbour", &format!("image = {:?}", image.display().to_string()), &folder, processor);
    let options = RunOptions { time_limit: Some(100_000_000), ..RunOptions::default() };
    let transcript = run_built(&built, &options);
    assert_eq!(transcript.facts.ends.get("test"), Some(&PartitionEnd::Running), "{}", transcript.all());
}
