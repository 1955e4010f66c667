//! A partition that was written for another implementation of the traits of `a653rs` compiles and runs with what is
//! installed, unchanged: the example of `a653rs` itself, out of the registry.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{block, install, outside, repository, run, write_cargo};

/// Without it, cargo wants the packages of all platforms.
const HOST: &str = "x86_64-unknown-linux-gnu";

/// The example as its crate has it, which cargo has fetched for `examples/ports-rust`.
fn example() -> PathBuf {
    let mut cargo = Command::new(repository().join("build/toolchain/cargo"));
    let metadata = run(cargo
        .args(["metadata", "--format-version", "1", "--offline", "--filter-platform", HOST])
        .current_dir(repository()));
    let sources = metadata.split("\"src_path\":\"").skip(1).filter_map(|rest| rest.split('"').next());
    let is_it = |path: &&str| path.contains("/a653rs-0.") && path.ends_with("/examples/partition.rs");
    sources.map(str::to_owned).find(|path| is_it(&path.as_str())).expect("the example of a653rs").into()
}

/// What is this kernel's: the program around the example, and the name that the example gives the implementation.
const MAIN: &str = "#![no_std]
#![no_main]

use bulkhead_host as _;

include!(\"partition.rs\");

bulkhead_guest::entry!(main);
";
const IMPLEMENTATION: &str = "pub mod dummy {
    pub use a653rs_bulkhead::Hypervisor as DummyHypervisor;
}
";

/// The ports have the names and sizes of the example, and of the program in the document.
const SYSTEM: &str = r#"
[system]
name = "unchanged"
major-frame = "10 ms"

[[partition]]
name = "hello"
memory = "1 MiB"
image = "{architecture}/hello.exe"

[[partition]]
name = "control"
memory = "1 MiB"
image = "{architecture}/control.exe"

[[window]]
partition = "hello"
start = "0 ms"
duration = "4 ms"

[[window]]
partition = "control"
start = "5 ms"
duration = "4 ms"

[[channel]]
name = "one"
kind = "sampling"
message-size = "10000 B"
refresh = "500 ms"
source = { partition = "hello", port = "Ch1" }
destinations = [{ partition = "control", port = "Ch1" }]

[[channel]]
name = "two"
kind = "sampling"
message-size = "25000 B"
refresh = "500 ms"
source = { partition = "control", port = "ChannelTwo" }
destinations = [{ partition = "hello", port = "ChannelTwo" }]

[[channel]]
name = "attitude"
kind = "sampling"
message-size = "8 B"
refresh = "50 ms"
source = { partition = "hello", port = "attitude-out" }
destinations = [{ partition = "control", port = "attitude-in" }]
"#;

/// The system around the partition that the document shows on the guest layer's modules.
const GUARDED: &str = r#"
[system]
name = "guarded"
major-frame = "10 ms"

[[window]]
partition = "guarded"
start = "0 ms"
duration = "5 ms"

"#;

/// The text of a file's second block in this language.
fn second_block<'a>(document: &'a str, language: &str) -> &'a str {
    let (_, rest) = document.split_once(&format!("```{language}\n")).expect("a block");
    block(rest, language)
}

/// Writes the package: the example, and the program that the document shows.
fn write_package(folder: &Path, prefix: &Path) {
    let document = fs::read_to_string(repository().join("docs/rust.md")).expect("the document");
    let dependencies = block(&document, "toml").replace("/usr/local", &prefix.display().to_string());
    let manifest = format!(
        "[package]\nname = \"unchanged\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n\
         {dependencies}a653rs_macros = \"0.6\"\n"
    );
    for (file, text) in [
        ("Cargo.toml", manifest.as_str()),
        ("src/bin/hello/main.rs", MAIN),
        ("src/bin/hello/deps.rs", IMPLEMENTATION),
        ("src/bin/control.rs", block(&document, "rust")),
        ("src/bin/guarded.rs", second_block(&document, "rust")),
        ("bulkhead.toml", SYSTEM),
        ("guarded.toml", &format!("{GUARDED}{}", second_block(&document, "toml"))),
    ] {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    for (from, to) in [
        (example(), "src/bin/hello/partition.rs"),
        (repository().join("examples/rust-hello/build.rs"), "build.rs"),
        // The versions that have been fetched.
        (repository().join("Cargo.lock"), "Cargo.lock"),
    ] {
        fs::copy(&from, folder.join(to)).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    }
}

#[test]
fn a_partition_written_against_a653rs_for_another_kernel_compiles_unchanged() {
    let folder = outside("unchanged");
    let prefix = folder.join("an installation");
    install(&[], &prefix);
    let package = folder.join("unchanged");
    write_package(&package, &prefix);
    write_cargo(&folder.join("bin"));
    let targets = prefix.join("lib/bulkhead/rust/guest/targets");
    // `core` is built once for all tests of the installation, and stays for their next run.
    let built = repository().join("target/outside");
    for (target, architecture) in [("i686-bulkhead-none", "i386"), ("sparc-bulkhead-none", "sparc")] {
        let mut cargo = Command::new(folder.join("bin/cargo"));
        cargo.args(["build", "--release", "--offline", "--config"]).arg(targets.join("cargo.toml"));
        cargo.arg("--target").arg(targets.join(format!("{target}.json"))).current_dir(&package);
        cargo.env("CARGO_TARGET_DIR", &built).env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
        for variable in ["CARGO_MANIFEST_DIR", "BULKHEAD_LIB", "RUSTC", "CARGO"] {
            cargo.env_remove(variable);
        }
        run(&mut cargo);
        let images = package.join(architecture);
        fs::create_dir_all(&images).expect("a folder");
        for name in ["hello.exe", "control.exe", "guarded.exe"] {
            let image = built.join(target).join("release").join(name);
            fs::copy(&image, images.join(name))
                .unwrap_or_else(|error| panic!("{}: {error}", image.display()));
        }
    }
    for processor in ["x86_64", "leon3"] {
        let mut bulkhead = Command::new(prefix.join("bin/bulkhead"));
        // Whatever a start function or a process could not do would have ended its partition.
        let expected = ["--expect", "hello=running", "--expect", "control=running"];
        bulkhead.args(["run", "--arch", processor, "--for", "200ms"]).args(expected).arg(&package);
        bulkhead.env_remove("BULKHEAD_LIB");
        let said = run(&mut bulkhead);
        assert!(said.contains("20 times"), "{said}");
    }
    // The program that the document shows on the guest layer's modules: it finds its device, and serves its watchdog.
    let mut bulkhead = Command::new(prefix.join("bin/bulkhead"));
    bulkhead.args(["run", "--for", "200ms", "--expect", "guarded=running"]).arg(package.join("guarded.toml"));
    let said = run(bulkhead.env_remove("BULKHEAD_LIB"));
    assert!(said.contains("guarded | status 0x") && said.contains("20 times"), "{said}");
    let _ = fs::remove_dir_all(folder);
}
