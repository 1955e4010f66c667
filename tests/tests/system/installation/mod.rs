//! What is installed does without the repository, and goes away again.

mod unchanged;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bulkhead_tests::repository;

/// A folder outside of the repository; a path with spaces is one too.
fn outside(of: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("bulkhead outside {of} {}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    folder
}

#[track_caller]
fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } =
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?}: {status}\n{stdout}\n{stderr}");
    stdout.into_owned()
}

fn install(arguments: &[&str], prefix: &Path) {
    run(Command::new(repository().join("scripts/install")).args(arguments).arg(prefix));
}

/// The text of a file's first block in this language.
fn block<'a>(document: &'a str, language: &str) -> &'a str {
    let (_, rest) = document.split_once(&format!("```{language}\n")).expect("a block");
    rest.split_once("```").expect("the block's end").0
}

/// A cargo for bare metal without any settings, as a user has it: the one behind `build/toolchain/bare-cargo`.
fn write_cargo(folder: &Path) {
    let wrapper =
        fs::read_to_string(repository().join("build/toolchain/bare-cargo")).expect("`make setup` wrote it");
    let program = wrapper.split('"').rev().nth(3).expect("what it executes");
    let programs = Path::new(program).parent().expect("its folder").display();
    let text =
        format!("#!/bin/sh\nexport PATH=\"{programs}:$PATH\" RUSTC_BOOTSTRAP=1\nexec \"{program}\" \"$@\"\n");
    fs::create_dir_all(folder).expect("a folder");
    let path = folder.join("cargo");
    fs::write(&path, text).expect("a file");
    run(Command::new("chmod").arg("+x").arg(path));
}

/// Copies the example, and does what its README says.
fn build_and_run_the_rust_example(folder: &Path, prefix: &Path) -> String {
    let example = repository().join("examples/rust-hello");
    let copy = folder.join("rust hello");
    fs::create_dir_all(copy.join("src")).expect("a folder");
    for file in ["src/main.rs", "build.rs", "bulkhead.toml"] {
        fs::copy(example.join(file), copy.join(file)).expect(file);
    }
    let readme = fs::read_to_string(example.join("README.md")).expect("a README");
    let with_prefix = |text: &str| text.replace("/usr/local", &prefix.display().to_string());
    fs::write(copy.join("Cargo.toml"), with_prefix(block(&readme, "toml"))).expect("a manifest");
    let commands =
        with_prefix(block(&readme, "sh")).replacen("prefix=", "prefix='", 1).replacen('\n', "'\n", 1);
    // What has been built stays for the next run of the test.
    let kept = repository().join("target/outside");
    fs::create_dir_all(&kept).expect("a folder");
    std::os::unix::fs::symlink(kept, copy.join("target")).expect("a link");
    write_cargo(&folder.join("bin"));
    let path = format!("{}:{}", folder.join("bin").display(), std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("sh");
    shell.args(["-e", "-c", &commands]).current_dir(&copy).env("PATH", path);
    // Half of the time goes into optimizing `core`.
    shell.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
    for variable in ["CARGO_TARGET_DIR", "CARGO_MANIFEST_DIR", "BULKHEAD_LIB", "RUSTC", "CARGO"] {
        shell.env_remove(variable);
    }
    run(&mut shell)
}

/// Completions, manual pages and the schema are where they are looked for.
fn shells_and_man_know_the_command(prefix: &Path) {
    let share = prefix.join("share");
    let bash = share.join("bash-completion/completions/bulkhead");
    let known = run(Command::new("bash").args(["-c", ". \"$1\" && complete -p bulkhead", "bash"]).arg(&bash));
    assert!(known.ends_with(" bulkhead\n"), "{known}");
    let text =
        |file: &str| fs::read_to_string(share.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    assert!(text("zsh/site-functions/_bulkhead").starts_with("#compdef bulkhead"));
    assert!(text("fish/vendor_completions.d/bulkhead.fish").contains("complete -c bulkhead"));
    assert!(text("man/man1/bulkhead-run.1").contains(".TH bulkhead-run 1"));
    for (installed, committed) in [
        ("bulkhead", "docs/system-file"),
        ("check", "docs/check"),
        ("run", "docs/run"),
        ("test-rtems", "docs/test-rtems"),
        ("inject", "docs/inject"),
    ] {
        let schema = repository().join(format!("{committed}.schema.json"));
        let schema = fs::read_to_string(schema).expect("the schema");
        assert_eq!(text(&format!("bulkhead/{installed}.schema.json")), schema);
    }
}

#[test]
fn rust_partitions_build_and_run_from_what_is_installed_and_it_goes_away_again() {
    let folder = outside("rust");
    let prefix = folder.join("an installation");
    let foreign = prefix.join("lib/bulkhead/foreign");
    install(&[], &prefix);
    let fetched = prefix.join("lib/bulkhead/xen/xen-packages.d");
    assert!(prefix.join("lib/bulkhead/xen/xen-packages").is_file() && !fetched.exists());
    fs::write(&foreign, "").expect("a file");
    shells_and_man_know_the_command(&prefix);

    let said = build_and_run_the_rust_example(&folder, &prefix);
    assert_eq!(said.matches("rust-hello | hello from partition rust-hello").count(), 2, "{said}");
    assert_eq!(said.matches("rust-hello | command line: good morning").count(), 2, "{said}");

    // Again over what is there, then away: what is not of the installation stays.
    install(&[], &prefix);
    install(&["--remove"], &prefix);
    let left = run(Command::new("find").arg(".").args(["-type", "f"]).current_dir(&prefix));
    assert_eq!(left, "./lib/bulkhead/foreign\n");
    fs::remove_file(foreign).expect("it is there");
    let _ = fs::remove_dir_all(folder);
}
