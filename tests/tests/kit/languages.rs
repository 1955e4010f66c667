//! What sources can be, and what the system file says of building them, with kits.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use bulkhead_tests::needs::{rtems_kit, rtems_kit_with_cxx};
use bulkhead_tests::{building_keys, readme, repository, run_built};
use bulkhead_tool::build::{Options, Silent, check_for, check_programs};
use bulkhead_tool::run::Ending;
use bulkhead_tool::system_file::Processor;

use super::{built, built_example, options, run_options};

bulkhead_tests::tests! {
    the_keys_of_building_are_heeded(processor) needs [rtems_kit_with_cxx(processor)],
    cxx_has_threads_exceptions_and_objects_of_each_thread(processor) needs [rtems_kit_with_cxx(processor)],
    tasks_in_rust_run_over_rtems(processor) needs [rtems_kit(processor)],
    editors_find_the_headers_of_a_kit(processor) needs [rtems_kit_with_cxx(processor)],
    a_check_with_a_kit_compiles_and_links(processor) needs [rtems_kit(processor)],
}

fn the_keys_of_building_are_heeded(processor: Processor) {
    let folder = repository().join("target/systems/kit").join(processor.name());
    let built = built(building_keys::system(processor, &folder), "keys", processor);
    let transcript = run_built(&built, &run_options());
    building_keys::assert_heeded(&transcript, &built.programs[0], processor);
}

fn example_says_what_its_readme_shows(name: &str, processor: Processor) {
    let built = built_example(name, processor);
    let transcript = run_built(&built, &run_options());
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
    readme::check(&format!("examples/{name}/README.md"), &built.system, &transcript);
}

fn cxx_has_threads_exceptions_and_objects_of_each_thread(processor: Processor) {
    example_says_what_its_readme_shows("cxx", processor);
}

fn tasks_in_rust_run_over_rtems(processor: Processor) {
    example_says_what_its_readme_shows("rust-rtems", processor);
}

/// The compile commands, read by another compiler, as clangd does it: the program's name says for what.
fn editors_find_the_headers_of_a_kit(processor: Processor) {
    let built = built_example("cxx", processor);
    let file = built.file.with_extension("parts").join("compile_commands.json");
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let strings = |text: &str| -> Vec<String> {
        let quoted = |line: &str| {
            Some(line.trim().strip_prefix('"')?.trim_end_matches(',').strip_suffix('"')?.to_owned())
        };
        text.lines().filter_map(quoted).map(|text| text.replace("\\\"", "\"")).collect()
    };
    // Each entry's arguments stand one on a line.
    let entries: Vec<Vec<String>> = text
        .split("\"arguments\": [")
        .skip(1)
        .filter_map(|behind| behind.split(']').next())
        .map(strings)
        .collect();
    assert_eq!(entries.len(), 4, "{text}");
    for arguments in entries {
        let program = Path::new(&arguments[0]).file_name().unwrap_or_default().to_string_lossy();
        let (target, _) = program.rsplit_once('-').unwrap_or_default();
        let mut command = Command::new("clang");
        command
            .arg(format!("--target={target}"))
            .args(&arguments[1..])
            .args(["-fsyntax-only", "-Wno-everything"]);
        let output =
            command.current_dir("/").stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{error}"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

fn a_check_with_a_kit_compiles_and_links(processor: Processor) {
    let folder = repository().join("target/systems/kit").join(processor.name()).join("checked");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{error}"));
    let text = "[system]\nname = \"checked\"\nmajor-frame = \"10 ms\"\n[[partition]]\nname = \"one\"\n\
                memory = \"1 MiB\"\nsources = [\"one.c\"]\n\
                [[window]]\npartition = \"one\"\nstart = \"0 ms\"\nduration = \"10 ms\"\n";
    let source = fs::read_to_string(repository().join("examples/rust-rtems/neighbour.c")).unwrap_or_default();
    let check = |source: &str| {
        let written = fs::write(folder.join("bulkhead.toml"), text)
            .and_then(|()| fs::write(folder.join("one.c"), source));
        assert!(written.is_ok(), "{written:?}");
        let system = check_for(Some(processor), &folder).unwrap_or_else(|error| panic!("{error}"));
        check_programs(&system, &Options { output: None, ..options("checked", processor) }, &mut Silent)
    };
    assert!(check(&source).is_ok());
    let lacking = source
        .replace("exit(missed", "extern int nobody_has_me(void);\n    nobody_has_me();\n    exit(missed");
    let said = check(&lacking).expect_err("it does not link").to_string();
    assert!(said.contains("the program of partition `one` cannot be linked"), "{said}");
    let said = check("int x = ;\n").expect_err("it does not compile").to_string();
    assert!(said.contains("one.c` does not compile"), "{said}");
    let big = source.replace("exit(missed", "printk(\"%d\", big[missed]);\n    exit(missed");
    let big = format!("static char big[2 << 20] = {{1}};\n{big}");
    let said = check(&big).expect_err("it does not fit").to_string();
    assert!(said.contains("the linked program is larger than the partition's memory"), "{said}");
    // Nothing that boots has been made.
    assert!(!folder.join(format!("build/checked-{}.elf", processor.name())).exists());
}
