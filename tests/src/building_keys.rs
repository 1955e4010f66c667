//! A program that says what the keys of `[build]` and `[partition.build]` have made of it, with every executive.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bulkhead_tool::run::PartitionEnd;
use bulkhead_tool::system_file::{Processor, System, from_text_for};

use crate::{Transcript, repository};

/// The folder with the sources.
fn sources() -> PathBuf {
    repository().join("tests/programs/keys")
}

/// The system, with a library that is made into `folder`.
///
/// # Panics
/// If the library cannot be made, or something is wrong with the system.
#[must_use]
pub fn system(processor: Processor, folder: &Path) -> System {
    let library = library(processor, folder);
    let text = format!(
        "[system]\nname = \"keys\"\nmajor-frame = \"10 ms\"\n\
         [build]\ninclude = [\"include\"]\ndefine = [\"RATE=50\", 'FOR_ALL=\"all\"']\noptimization = \"3\"\n\
         c-flags = [\"-std=gnu11\"]\nlink-flags = [\"-Wl,--wrap=library_value\"]\n\
         [[partition]]\nname = \"keys\"\nmemory = \"1 MiB\"\n\
         sources = {{ all = [\"keys.c\", \"plus.cc\"], i386 = [\"own_i386.c\"], sparc = [\"own_sparc.c\"] }}\n\
         [partition.build]\ndefine = [\"RATE=60\"]\noptimization = \"s\"\nc-flags = [\"-std=gnu99\"]\n\
         cxx-flags = [\"-std=c++20\"]\nlink-flags = [\"-u\", \"kept\"]\nlibraries = [\"{}\", \"m\"]\n\
         [[window]]\npartition = \"keys\"\nstart = \"0 ms\"\nduration = \"10 ms\"\n",
        library.display()
    );
    let system = from_text_for(Some(processor), &text, "keys", &sources());
    system.unwrap_or_else(|report| panic!("{:?}", report.problems()))
}

/// Compiles the library's member and makes the library.
fn library(processor: Processor, folder: &Path) -> PathBuf {
    fs::create_dir_all(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let (object, library) = (folder.join("keys-library.o"), folder.join("libkeys.a"));
    let _ = fs::remove_file(&library);
    let (target, archiver) = match processor {
        Processor::X86_64 => (["--target=i386-none-elf", "-march=i686"], "x86_64-linux-gnu-ar"),
        Processor::Leon3 => (["--target=sparc-none-elf", "-mcpu=leon3"], "sparc64-linux-gnu-ar"),
    };
    let mut compiler = Command::new("clang");
    compiler.args(target).args(["-fintegrated-as", "-ffreestanding", "-fno-pic", "-O2", "-c", "-o"]);
    succeed(compiler.arg(&object).arg(sources().join("library.c")));
    succeed(Command::new(archiver).arg("rcs").arg(&library).arg(&object));
    library
}

fn succeed(command: &mut Command) {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}");
}

/// What the program says of each key.
///
/// # Panics
/// If it says something else.
#[track_caller]
pub fn assert_heeded(transcript: &Transcript, program: &[u8], processor: Processor) {
    let own = processor.partitions();
    transcript
        .expect("keys", &format!("rate 60 of all, header 7, own of {own}, library 22, C 199901, for size"));
    transcript.expect("keys", "C++ 202002, rate 60");
    assert_eq!(transcript.facts.ends.get("keys"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    let symbol = b"\0kept\0";
    assert!(program.windows(symbol.len()).any(|bytes| bytes == symbol), "the linker was to keep a function");
}
