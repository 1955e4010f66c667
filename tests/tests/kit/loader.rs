//! RTEMS's dynamic loader: an object file that comes into memory while the program runs, and what may execute it.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use bulkhead_tests::needs::rtems_kit;
use bulkhead_tests::{installation, repository, run_built};
use bulkhead_tool::host::Host;
use bulkhead_tool::kit::{Kit, flags};
use bulkhead_tool::run::PartitionEnd;
use bulkhead_tool::system_file::{self, Processor};

bulkhead_tests::tests! {
    what_is_loaded_runs_where_the_system_file_says_so(processor) needs [rtems_kit(processor)],
}

/// Compiles the object that is to be loaded, and writes it as an array in C. The answer is the array's file.
fn object_as_array(processor: Processor) -> String {
    let kit = Kit::find_for(processor, &crate::kit(processor)).unwrap_or_else(|error| panic!("{error}"));
    let flags = flags(&kit, &installation(), Host::Bulkhead, true, false, &mut |_| {});
    let flags = flags.unwrap_or_else(|error| panic!("{error}"));
    let folder = repository().join("target/systems/kit").join(processor.name());
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{error}"));
    let object = folder.join("loaded.o");
    let mut command = Command::new(kit.compiler.as_ref().expect("a compiler"));
    command.args(&flags).args(["-O2", "-c"]).arg(repository().join("tests/tests/kit/programs/loaded.c"));
    let output = command.arg("-o").arg(&object).output().unwrap_or_else(|error| panic!("{error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let bytes = fs::read(&object).unwrap_or_else(|error| panic!("{error}"));
    let mut text = "const unsigned char loaded_object[] = {".to_owned();
    for byte in &bytes {
        let _ = write!(text, "{byte},");
    }
    let _ = writeln!(text, "}};\nconst unsigned loaded_object_size = {};", bytes.len());
    let array = folder.join("loaded_object.c");
    fs::write(&array, text).unwrap_or_else(|error| panic!("{error}"));
    array.display().to_string()
}

/// Two copies of one program, of which one may execute what it has loaded. The other says which key it lacks.
fn what_is_loaded_runs_where_the_system_file_says_so(processor: Processor) {
    let array = object_as_array(processor);
    let mut text = "[system]\nname = \"loader\"\nmajor-frame = \"10 ms\"\n".to_owned();
    for (name, key, start) in [("with", "executable-heap = true\n", 0), ("without", "", 5)] {
        let _ = write!(
            text,
            "[[partition]]\nname = \"{name}\"\nmemory = \"4 MiB\"\nsources = [\"loader.c\", \"{array}\"]\n{key}\
             [[window]]\npartition = \"{name}\"\nstart = \"{start} ms\"\nduration = \"5 ms\"\n"
        );
    }
    let folder = repository().join("tests/tests/kit/programs");
    let system = system_file::from_text_for(Some(processor), &text, "loader", &folder);
    let system = system.unwrap_or_else(|error| panic!("{error:?}"));
    let transcript = run_built(&crate::built(system, "loader", processor), &crate::run_options());
    transcript.expect("with", "loader: loaded, 41, 52, shared 2");
    transcript.expect("with", "loader: closed");
    let ends = &transcript.facts.ends;
    assert_eq!(ends.get("with"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    transcript.expect("without", "loader: in memory");
    transcript.expect("kernel", ": data is not executable without `executable-heap = true`");
    assert!(!transcript.of("without").iter().any(|line| line.contains("loaded,")), "{}", transcript.all());
    assert_eq!(ends.get("without"), Some(&PartitionEnd::Stopped), "{}", transcript.all());
}
