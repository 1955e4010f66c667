//! Builds that know nothing of partitions: waf, CMake and make, each told the board's name or its toolchain file.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bulkhead_tests::needs::{program, rtems_5_kit, rtems_kit, rtems_waf};
use bulkhead_tests::{installation, repository, run_built};
use bulkhead_tool::kit::{Board, Kit, install};
use bulkhead_tool::run::PartitionEnd;
use bulkhead_tool::system_file::{self, Processor};

use crate::{built, kit, run_options};

bulkhead_tests::tests! {
    cmake_builds_for_a_partition(processor) needs [rtems_kit(processor), program("cmake")],
    make_builds_for_a_partition(processor) needs [rtems_kit(processor), program("make"), program("pkg-config")],
    make_files_of_rtems_5_build_for_a_partition(processor) needs [rtems_5_kit(processor), program("make")],
    waf_builds_for_a_partition(processor) needs [rtems_kit(processor), rtems_waf()],
}

/// A folder of its own for a build, with the board's prefix in it and the project's files in `sources`.
struct Project {
    kit: Kit,
    folder: PathBuf,
    board: Board,
    processor: Processor,
}

impl Project {
    fn new(name: &str, processor: Processor) -> Self {
        let kit = Kit::find_for(processor, &kit(processor)).unwrap_or_else(|error| panic!("{error}"));
        let folder = repository().join("target/systems/kit/builds").join(name).join(processor.name());
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("sources")).expect("a folder");
        let files = repository().join("tests/tests/kit/programs/builds");
        for entry in fs::read_dir(files).expect("the project").flatten() {
            fs::copy(entry.path(), folder.join("sources").join(entry.file_name())).expect("a copy");
        }
        let board = install(&kit, &installation(), &folder.join("prefix"), &mut |_| {});
        let board = board.unwrap_or_else(|error| panic!("{error}"));
        // A linker takes a `start.o` of the folder that it is called in before any other: the board has none.
        fs::write(folder.join("sources/start.o"), "no object").expect("it is written");
        Self { kit, folder, board, processor }
    }

    /// Runs a build's command in the sources' folder, with the kit's compiler at hand.
    fn run(&self, program: &Path, arguments: &[&str]) {
        let tools = self.kit.compiler.as_ref().and_then(|path| path.parent()).expect("a compiler");
        let path = env::var("PATH").unwrap_or_default();
        let output = Command::new(program)
            .args(arguments)
            .current_dir(self.folder.join("sources"))
            .env("PATH", format!("{}:{path}", tools.display()))
            .env("PKG_CONFIG_PATH", self.folder.join("prefix/lib/pkgconfig"))
            .output()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let said = [&*output.stdout, &*output.stderr].map(String::from_utf8_lossy).join("");
        assert!(output.status.success(), "{said}");
    }

    /// Runs what was built in a partition.
    fn says(&self, image: &str, words: &str) {
        let text = format!(
            "[system]\nname = \"moved\"\nmajor-frame = \"10 ms\"\n[[partition]]\nname = \"moved\"\n\
             memory = \"2 MiB\"\nimage = \"{image}\"\ncommand-line = \"--batch\"\n\
             [[window]]\npartition = \"moved\"\nstart = \"0 ms\"\nduration = \"10 ms\"\n"
        );
        let system = system_file::from_text_for(Some(self.processor), &text, "moved", &self.folder);
        let system = system.unwrap_or_else(|error| panic!("{error:?}"));
        let transcript = run_built(&built(system, "moved", self.processor), &run_options());
        transcript.expect("moved", words);
        let end = transcript.facts.ends.get("moved");
        assert_eq!(end, Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    }
}

fn cmake_builds_for_a_partition(processor: Processor) {
    let project = Project::new("cmake", processor);
    let toolchain = format!("-DCMAKE_TOOLCHAIN_FILE={}", project.board.toolchain.display());
    project.run(Path::new("cmake"), &["-S", ".", "-B", "../output", &toolchain]);
    project.run(Path::new("cmake"), &["--build", "../output"]);
    project.says("output/moved.exe", "built by CMake, 42, `--batch`");
}

fn make_builds_for_a_partition(processor: Processor) {
    let project = Project::new("make", processor);
    let name = project.board.pkg_config.file_stem().expect("a name").to_string_lossy();
    project.run(Path::new("make"), &[&format!("BOARD={name}")]);
    project.says("sources/moved.exe", "built by make, 42, `--batch`");
}

/// With the make files that the kit has installed, for which the board is a variable.
fn make_files_of_rtems_5_build_for_a_partition(processor: Processor) {
    let project = Project::new("make-files", processor);
    let kits = project.kit.libraries.parent().expect("the kit's board").display();
    let board = project.folder.join("prefix").join(format!("{}-rtems5", project.kit.architecture));
    let release = format!("PROJECT_RELEASE={}", board.join(&project.board.name).display());
    let kits = format!("RTEMS_MAKEFILE_PATH={kits}");
    project.run(Path::new("make"), &["-f", "rtems5.mk", &kits, &release, "moved.exe"]);
    project.says("sources/moved.exe", "built by Makefile.inc, 42, `--batch`");
}

/// With RTEMS's own module for waf.
fn waf_builds_for_a_partition(processor: Processor) {
    let (waf, module) = rtems_waf().unwrap_or_else(|missing| panic!("{missing}"));
    let project = Project::new("waf", processor);
    let sources = project.folder.join("sources");
    std::os::unix::fs::symlink(module, sources.join("rtems_waf")).expect("a link");
    let tools = project.kit.compiler.as_ref().and_then(|path| path.parent()?.parent()).expect("a compiler");
    let board = format!("--rtems-bsps={}/{}", project.kit.architecture, project.board.name);
    let prefix = format!("--rtems={}", project.folder.join("prefix").display());
    let tools = format!("--rtems-tools={}", tools.display());
    // It looks for the version that is its own unless it is told.
    let version = format!("--rtems-version={}", project.kit.major);
    // The boards that were configured are builds of their own, which waf knows when it is called again.
    project.run(&waf, &["--out=../output", "configure", &prefix, &tools, &version, &board]);
    project.run(&waf, &["build"]);
    let built = format!(
        "output/{}-rtems{}-{}/moved.exe",
        project.kit.architecture, project.kit.major, project.board.name
    );
    project.says(&built, "built by waf, 42, `--batch`");
}
