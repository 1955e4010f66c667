//! `bulkhead kit check` with kits made up of a few files: each mismatch is one message that says what to build instead.

use std::fmt::Display;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::folder;

const GOOD_OPTIONS: &str =
    "#define RTEMS_PARAVIRT 1\n#define RTEMS_NEWLIB 1\n#define RTEMS_VERSION \"7.0.0\"\n";

/// A kit of which there is just what the check looks at.
struct MadeUp {
    prefix: PathBuf,
}

impl MadeUp {
    fn new(name: &str) -> Self {
        let prefix = folder(&format!("kits-{name}"));
        fs::create_dir_all(prefix.join("lib/pkgconfig")).expect("a folder");
        fs::create_dir_all(prefix.join("bin")).expect("a folder");
        Self { prefix }
    }

    fn add(&self, architecture: &str, version: impl Display, board: &str, options: &str) -> PathBuf {
        let tools = format!("{architecture}-rtems{version}");
        let libraries = self.prefix.join(&tools).join(board).join("lib");
        fs::create_dir_all(libraries.join("include/rtems/score")).expect("a folder");
        fs::write(libraries.join("include/rtems/score/cpuopts.h"), options).expect("options");
        for library in ["librtemscpu.a", "librtemsbsp.a"] {
            fs::write(libraries.join(library), "!<arch>\n").expect("a library");
        }
        let file = format!(
            "prefix=/elsewhere\nexec_prefix=${{prefix}}/{tools}\nlibdir=${{exec_prefix}}/{board}/lib\n\
             Cflags: -march=pentium -isystem${{libdir}}/include\nLibs: -B${{libdir}} -qrtems -Wl,-Ttext,0x110000\n"
        );
        fs::write(self.prefix.join(format!("lib/pkgconfig/{tools}-{board}.pc")), file).expect("a file");
        let compiler = self.prefix.join(format!("bin/{tools}-gcc"));
        program(&compiler, "exit 0");
        libraries
    }

    fn check(&self, target: &[&str]) -> Output {
        bulkhead(&self.prefix, target)
    }

    /// What the check complains about; it must not find the kit usable.
    fn complaints(&self, target: &[&str]) -> String {
        let output = self.check(target);
        assert_eq!(output.status.code(), Some(69), "{output:?}");
        String::from_utf8(output.stderr).expect("text")
    }
}

fn bulkhead(prefix: &Path, target: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
    command.args(["kit", "check"]).arg(prefix).args(target);
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../build/lib/bulkhead");
    command.env("PATH", "/nowhere").env_remove("RTEMS_KIT").env("BULKHEAD_LIB", library);
    command.output().expect("bulkhead runs")
}

/// Writes a program for the shell.
fn program(file: &Path, text: &str) {
    fs::write(file, format!("#!/bin/sh\n{text}\n")).expect("a program");
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).expect("a program");
}

#[test]
fn the_compiler_knows_where_the_cxx_library_is() {
    let kit = MadeUp::new("cxx");
    kit.add("i386", 7, "pc686", GOOD_OPTIONS);
    let said = |kit: &MadeUp| String::from_utf8_lossy(&kit.check(&[]).stdout).into_owned();
    assert!(said(&kit).contains("C++        without libstdc++: C programs only\n"), "{}", said(&kit));
    // As a compiler that lies in another prefix than the kit does.
    let elsewhere = kit.prefix.join("elsewhere.a");
    fs::write(&elsewhere, "!<arch>\n").expect("a library");
    let answer = |name: &str| {
        format!("case \"$*\" in *-march=pentium*-print-file-name=libstdc++.a) echo {name};; esac")
    };
    let compiler = kit.prefix.join("bin/i386-rtems7-gcc");
    program(&compiler, &answer(&elsewhere.display().to_string()));
    assert!(said(&kit).contains("C++        with libstdc++\n"), "{}", said(&kit));
    program(&compiler, &answer("libstdc++.a"));
    assert!(said(&kit).contains("C++        without libstdc++"), "{}", said(&kit));
}

#[test]
fn the_packs_files_do_not_compile() {
    let kit = MadeUp::new("newer");
    kit.add("i386", 7, "pc686", GOOD_OPTIONS);
    let compiler = kit.prefix.join("bin/i386-rtems7-gcc");
    program(
        &compiler,
        "case \"$*\" in *-fsyntax-only*/interrupts.c) echo 'it is not there' >&2; exit 1;; esac",
    );
    let said = kit.complaints(&[]);
    assert!(said.contains("it is not there"), "{said}");
    assert!(
        said.contains(
            "error: the pack's interrupts.c does not compile with the headers of the kit, which is RTEMS 7.0.0\n"
        ),
        "{said}"
    );
    assert!(said.contains("help: use RTEMS 5, 6 or 7 as it was released, installed whole; "), "{said}");
}

#[test]
fn a_good_kit_is_usable() {
    let kit = MadeUp::new("good");
    kit.add("i386", 7, "pc686", GOOD_OPTIONS);
    let output = kit.check(&["i386/pc686"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{output:?}");
    assert!(said.contains("RTEMS      7.0.0\n"), "{said}");
    assert!(said.contains("options    RTEMS_PARAVIRT\n"), "{said}");
    assert!(said.ends_with("partitions can be built with this kit\n"), "{said}");
    // It was installed elsewhere and moved: the file's own prefix does not count.
    assert!(!said.contains("/elsewhere"), "{said}");
}

#[test]
fn a_kit_without_what_newlib_needs_says_so() {
    let kit = MadeUp::new("newlib");
    kit.add("i386", 7, "pc686", "#define RTEMS_PARAVIRT 1\n/* #undef RTEMS_NEWLIB */\n");
    let output = kit.check(&[]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let expected =
        "options    RTEMS_PARAVIRT, no RTEMS_NEWLIB: printk() and tasks, no printf(), malloc() or files\n";
    assert!(said.contains(expected), "{said}");
}

#[test]
fn no_kit() {
    let said = MadeUp::new("none").complaints(&[]);
    assert!(said.starts_with("error: no RTEMS kit is installed in "), "{said}");
    assert!(said.contains("help: give the prefix that RTEMS was installed to"), "{said}");
}

#[test]
fn another_board_is_there() {
    let kit = MadeUp::new("other");
    kit.add("i386", 7, "pc686", GOOD_OPTIONS);
    let said = kit.complaints(&["i386/pc386"]);
    assert!(
        said.contains("no kit for i386/pc386 is installed in ")
            && said.contains("help: there is: i386/pc686"),
        "{said}"
    );
}

#[test]
fn several_kits_and_none_named() {
    let kit = MadeUp::new("several");
    kit.add("i386", 7, "pc686", GOOD_OPTIONS);
    kit.add("i386", 7, "pc586", GOOD_OPTIONS);
    let output = kit.check(&[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    assert!(
        said.contains("several kits are installed") && said.contains("there is: i386/pc586, i386/pc686"),
        "{said}"
    );
}

#[test]
fn the_same_board_in_several_versions() {
    let kit = MadeUp::new("versions");
    for version in [5, 7] {
        kit.add("sparc", version, "leon3", &format!("#define RTEMS_VERSION \"{version}.0.0\"\n"));
    }
    let output = kit.check(&[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    assert!(said.contains("there is: sparc-rtems5-leon3, sparc-rtems7-leon3\n"), "{said}");
    for (target, version) in [("sparc/leon3", 7), ("sparc-rtems5-leon3", 5), ("sparc-rtems7-leon3", 7)] {
        let output = kit.check(&[target]);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains(&format!("RTEMS      {version}.0.0\n")), "{target}: {output:?}");
    }
}

#[test]
fn the_only_i386_kit_is_meant() {
    let kit = MadeUp::new("only");
    kit.add("i386", 7, "pc686", GOOD_OPTIONS);
    kit.add("sparc", 7, "leon3", GOOD_OPTIONS);
    assert_eq!(kit.check(&[]).status.code(), Some(0));
}

#[test]
fn the_wrong_architecture() {
    let kit = MadeUp::new("architecture");
    kit.add("arm", 7, "xilinx-zynq", GOOD_OPTIONS);
    let said = kit.complaints(&["arm/xilinx-zynq"]);
    assert_eq!(
        said,
        "error: the kit is for arm: partitions run programs for i386 or sparc\n  \
         help: build RTEMS for i386/pc686, or for sparc/leon3\n"
    );
}

#[test]
fn a_stock_kit_for_leon3_is_usable() {
    let kit = MadeUp::new("leon3");
    kit.add("sparc", 7, "leon3", "#define RTEMS_VERSION \"7.0.0\"\n");
    assert_eq!(kit.check(&["sparc/leon3"]).status.code(), Some(0));
    assert_eq!(kit.check(&[]).status.code(), Some(0));
}

#[test]
fn what_helps_on_i386_does_not_on_sparc() {
    let kit = MadeUp::new("sparc-paravirt");
    kit.add("sparc", 7, "leon3", GOOD_OPTIONS);
    let said = kit.complaints(&[]);
    assert!(said.starts_with("error: the kit was built with RTEMS_PARAVIRT, which on SPARC "), "{said}");
    assert!(said.contains("help: set RTEMS_PARAVIRT = False in the section [sparc/leon3]"), "{said}");
}

#[test]
fn another_family_of_sparc_boards() {
    let kit = MadeUp::new("sparc-family");
    kit.add("sparc", 7, "erc32", "#define RTEMS_VERSION \"7.0.0\"\n");
    let said = kit.complaints(&[]);
    assert_eq!(
        said,
        "error: the kit's board is of the family erc32: partitions run on LEON3\n  help: build RTEMS for sparc/leon3\n"
    );
}

#[test]
fn a_kit_for_the_other_processor() {
    let kit = MadeUp::new("mismatch");
    kit.add("sparc", 7, "leon3", "#define RTEMS_VERSION \"7.0.0\"\n");
    let system = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/hello");
    let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
    command
        .args(["build", "--arch", "x86_64", "-o"])
        .arg(kit.prefix.join("hello.elf"))
        .arg("--kit")
        .arg(&kit.prefix);
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../build/lib/bulkhead");
    let output = command
        .arg(system)
        .env_remove("RTEMS_KIT")
        .env("BULKHEAD_LIB", library)
        .output()
        .expect("bulkhead runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    assert!(
        said.contains("the kit sparc/leon3 is for sparc: partitions on x86_64 run i386 programs")
            && said.contains("--arch leon3"),
        "{said}"
    );
}

#[test]
fn built_without_paravirtualization() {
    let kit = MadeUp::new("native");
    kit.add("i386", 7, "pc686", "#define RTEMS_VERSION \"7.0.0\"\n");
    let said = kit.complaints(&[]);
    assert!(said.starts_with("error: the kit was built without RTEMS_PARAVIRT: "), "{said}");
    assert!(
        said.contains("help: set RTEMS_PARAVIRT = True in the section [i386/pc686] of config.ini"),
        "{said}"
    );
    assert_eq!(said.matches("error:").count(), 1, "{said}");
}

#[test]
fn built_for_several_processors() {
    let kit = MadeUp::new("smp");
    kit.add("i386", 7, "pc686", &format!("{GOOD_OPTIONS}#define RTEMS_SMP 1\n"));
    let said = kit.complaints(&[]);
    assert!(
        said.starts_with("error: the kit was built with RTEMS_SMP: a partition has one processor\n"),
        "{said}"
    );
    assert!(said.contains("help: set RTEMS_SMP = False"), "{said}");
}

#[test]
fn too_old() {
    let kit = MadeUp::new("old");
    kit.add("sparc", "4.11", "leon3", "#define RTEMS_VERSION \"4.11.3\"\n");
    let said = kit.complaints(&[]);
    assert_eq!(
        said,
        "error: the kit is RTEMS 4.11.3: 5 is the oldest that can be used\n  \
         help: build RTEMS 5 or later for sparc/leon3\n"
    );
}

#[test]
fn rtems_5_is_configured_and_made() {
    let kit = MadeUp::new("five");
    let libraries = kit.add("i386", 5, "pc686", "#define RTEMS_NEWLIB 1\n#define RTEMS_SMP 1\n");
    fs::remove_file(libraries.join("librtemsbsp.a")).expect("a library goes");
    let said = kit.complaints(&[]);
    assert!(
        said.contains("help: configure RTEMS with --enable-paravirt, build and install it again\n"),
        "{said}"
    );
    assert!(
        said.contains("help: configure RTEMS with --disable-smp, build and install it again\n"),
        "{said}"
    );
    assert!(said.contains("a build that stopped can be continued with `make -k`\n"), "{said}");
    assert!(!said.contains("waf") && !said.contains("config.ini"), "{said}");
}

/// Kits of RTEMS 5 do not say of which family their board is.
#[test]
fn boards_of_rtems_5_for_leon3() {
    for board in ["leon3", "gr712rc", "gr740", "ut699", "ut700"] {
        let kit = MadeUp::new(&format!("five-{board}"));
        kit.add("sparc", 5, board, "#define RTEMS_NEWLIB 1\n");
        let output = kit.check(&[]);
        assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{board}: {output:?}");
    }
    let kit = MadeUp::new("five-erc32");
    kit.add("sparc", 5, "erc32", "#define RTEMS_NEWLIB 1\n");
    assert!(kit.complaints(&[]).starts_with("error: the kit's board is of the family erc32"));
}

/// The pkg-config file of a kit of RTEMS 5 is damaged, or what it names is missing.
#[test]
fn a_pkg_config_file_that_does_not_say_enough() {
    let kit = MadeUp::new("five-damaged");
    let libraries = kit.add("sparc", 5, "leon3", "#define RTEMS_NEWLIB 1\n");
    let file = kit.prefix.join("lib/pkgconfig/sparc-rtems5-leon3.pc");
    let again = "  help: install it again, with `make install`\n";
    let complaints = |text: &str| {
        fs::write(&file, text).expect("a file");
        kit.complaints(&[])
    };
    for text in ["", "Libs: -qrtems\n"] {
        let expected = format!("error: {} has no flags for the compiler (`Cflags`)\n{again}", file.display());
        assert_eq!(complaints(text), expected);
    }
    let expected =
        format!("error: {} does not say what its variable `exec_prefix` is\n{again}", file.display());
    assert_eq!(complaints("Cflags: -qrtems -B${exec_prefix}/lib\n"), expected);
    let text = "Cflags: -qrtems --specs bsp_specs\n";
    let expected =
        format!("error: {} has no bsp_specs, which the flags of the kit name\n{again}", libraries.display());
    assert_eq!(complaints(text), expected);
    fs::write(libraries.join("bsp_specs"), "").expect("specs");
    assert!(kit.check(&[]).status.success());
}

/// Such a kit can be built with, but its flags are not to be told to build systems.
#[test]
fn a_kit_in_a_folder_with_a_space() {
    let kit = MadeUp { prefix: folder("kits-with space") };
    for folder in ["lib/pkgconfig", "bin"] {
        fs::create_dir_all(kit.prefix.join(folder)).expect("a folder");
    }
    let libraries = kit.add("i386", 7, "pc686", GOOD_OPTIONS);
    assert!(kit.check(&[]).status.success());
    let mut flags = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../build/lib/bulkhead");
    flags.args(["kit", "flags", "--compile"]).arg(&kit.prefix).env("BULKHEAD_LIB", library);
    let output = flags.output().expect("bulkhead runs");
    let said = String::from_utf8_lossy(&output.stderr);
    let flag = format!("-isystem{}/include", libraries.display());
    assert_eq!((output.status.code(), output.stdout.len()), (Some(64), 0), "{output:?}");
    assert!(said.starts_with(&format!("error: the flag `{flag}` has a space, ")), "{said}");
}

#[test]
fn the_compiler_is_missing() {
    let kit = MadeUp::new("compiler");
    kit.add("i386", 7, "pc686", GOOD_OPTIONS);
    fs::remove_file(kit.prefix.join("bin/i386-rtems7-gcc")).expect("the compiler goes");
    let said = kit.complaints(&[]);
    assert!(said.starts_with("error: the compiler i386-rtems7-gcc is neither in "), "{said}");
    assert!(said.contains("help: install the tools 7/rtems-i386 with the RTEMS Source Builder"), "{said}");
}

#[test]
fn half_installed() {
    let kit = MadeUp::new("half");
    let libraries = kit.add("i386", 7, "pc686", GOOD_OPTIONS);
    fs::remove_file(libraries.join("librtemsbsp.a")).expect("a library goes");
    let said = kit.complaints(&[]);
    assert!(said.contains(" has no librtemsbsp.a\n") && said.contains("help: build and install"), "{said}");
    fs::remove_file(libraries.join("include/rtems/score/cpuopts.h")).expect("a header goes");
    let said = kit.complaints(&[]);
    assert!(said.contains("error: the kit does not say how it was built: "), "{said}");
}

#[test]
fn what_cannot_be_used_is_refused_with_the_first_reason() {
    let kit = MadeUp::new("refused");
    kit.add("i386", 7, "pc686", "#define RTEMS_SMP 1\n");
    let output = Command::new(env!("CARGO_BIN_EXE_bulkhead"))
        .args(["kit", "flags"])
        .arg(&kit.prefix)
        .output()
        .expect("bulkhead runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(69), "{output:?}");
    assert!(
        said.contains("built without RTEMS_PARAVIRT") && said.contains("`bulkhead kit check` shows 1 more"),
        "{said}"
    );
}
