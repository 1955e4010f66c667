//! The page for newcomers, followed word by word: the files that it has one make are made, and run as it says.

use std::fs;
use std::path::Path;

use bulkhead_tests::{readme, repository, run_file_for};
use bulkhead_tool::build::check_for;
use bulkhead_tool::run::{Ending, RunOptions};
use bulkhead_tool::system_file::Processor;

const PAGE: &str = "docs/communication.md";

on_every_processor! {
    what_the_page_has_one_write_runs_as_it_says,
}

/// The files of the page: a paragraph that begins with a path in backquotes, and the block of code behind it.
fn files(page: &str) -> Vec<(&str, &str)> {
    let mut blocks = page.split("```");
    let mut files = Vec::new();
    while let (Some(text), Some(block)) = (blocks.next(), blocks.next()) {
        let paragraph = text.trim_end().rsplit("\n\n").next().unwrap_or_default().trim_start();
        let path = paragraph.strip_prefix('`').and_then(|rest| rest.split('`').next());
        if let Some(path) = path.filter(|path| path.starts_with("talk/")) {
            files.push((path, block.split_once('\n').map_or("", |(_, code)| code)));
        }
    }
    files
}

fn what_the_page_has_one_write_runs_as_it_says(processor: Processor) {
    let page = fs::read_to_string(repository().join(PAGE)).expect("the page");
    let folder = repository().join("target/systems").join(processor.name());
    let files = files(&page);
    assert_eq!(files.len(), 3, "the page has one write a system file and two programs");
    for (path, code) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("a folder");
        fs::write(path, code).expect("a file");
    }
    let file = folder.join("talk/bulkhead.toml");
    let options = RunOptions { time_limit: Some(10_000_000_000), ..RunOptions::default() };
    let transcript = run_file_for(Some(processor), &file, &options);
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
    let system = check_for(Some(processor), &file).unwrap_or_else(|error| panic!("{error}"));
    readme::check(PAGE, &system, &transcript);
    let shown = |name| page.lines().filter(|line| line.starts_with(name) && line.contains(" | ")).count();
    let said = transcript.of("display").len() + transcript.of("thermometer").len();
    // All that is not the stand-in's line about itself.
    assert_eq!(shown("display ") + shown("thermometer "), said - 2, "{}", transcript.all());
}
