//! Builds of one system at the same time, and one after the other: with the real libraries, from outside.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::support::folder;

/// Kernel, libraries and headers, as `make build` has installed them.
fn installed() -> PathBuf {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../build/lib/bulkhead");
    assert!(library.is_dir(), "{} is missing: run `make build` first", library.display());
    library
}

pub(crate) fn bulkhead(work: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
    command.args(arguments).current_dir(work).stdin(Stdio::null());
    command.env("BULKHEAD_LIB", installed()).env_remove("RTEMS_KIT");
    command
}

/// A folder with the system that `bulkhead new` writes.
pub(crate) fn new_system(name: &str) -> PathBuf {
    let work = folder(name);
    assert!(bulkhead(&work, &["new", "mine"]).output().expect("bulkhead runs").status.success());
    work.join("mine")
}

fn builds(work: &Path, arguments: &[&str]) {
    let output = bulkhead(work, arguments).output().expect("bulkhead runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

const RESULTS: [&str; 3] = ["mine-x86_64.elf", "mine-leon3.elf", "mine-xen/counter.elf"];

#[test]
fn builds_at_the_same_time_do_not_meet() {
    let mine = new_system("builds-parallel");
    let targets: [&[&str]; 3] = [&["build"], &["build", "--arch", "leon3"], &["build", "--host", "xen"]];
    let alone = targets.map(|target| {
        builds(&mine, target);
        RESULTS.map(|result| fs::read(mine.join("build").join(result)).unwrap_or_default())
    });
    fs::remove_dir_all(mine.join("build")).expect("the folder");
    for _ in 0..2 {
        let together: Vec<Child> = (0..8)
            .map(|number| {
                let mut command = bulkhead(&mine, targets[number % targets.len()]);
                command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("bulkhead runs")
            })
            .collect();
        for child in together {
            let output = child.wait_with_output().expect("an end");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        for (number, result) in RESULTS.iter().enumerate() {
            let found = fs::read(mine.join("build").join(result)).expect("what was built");
            assert!(found == alone[number][number], "{result} is not what it is alone");
        }
    }
    let left: Vec<String> = fs::read_dir(mine.join("build"))
        .expect("the folder")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

#[test]
fn a_folder_of_somebody_else_is_refused() {
    let mine = new_system("builds-foreign");
    let folder = mine.join("scripts");
    fs::create_dir(&folder).expect("a folder");
    fs::write(folder.join("start.sh"), "mine\n").expect("a script");
    let output =
        bulkhead(&mine, &["build", "--host", "xen", "-o", "scripts"]).output().expect("bulkhead runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let expected = "error: scripts has files that were not written by `bulkhead build`\n  \
                    help: name a folder that does not exist yet, or empty this one\n";
    assert_eq!((output.status.code(), said.as_str()), (Some(64), expected));
    assert_eq!(fs::read_to_string(folder.join("start.sh")).expect("the script"), "mine\n");
    // An empty folder will do, and what the tool has written it may write again.
    fs::remove_file(folder.join("start.sh")).expect("removed");
    builds(&mine, &["build", "--host", "xen", "-o", "scripts"]);
    assert_ne!(fs::read_to_string(folder.join("start.sh")).expect("the script"), "mine\n");
    builds(&mine, &["build", "--host", "xen", "-o", "scripts"]);
}

/// A compiler that notes what it compiles.
fn compiler(work: &Path, name: &str) -> PathBuf {
    let path = work.join(name);
    let script = format!(
        "#!/bin/sh\nfor word; do case $word in *.c) echo \"$word\" >>{};; esac; done\nexec clang \"$@\"\n",
        work.join("compiled").display()
    );
    fs::write(&path, script).expect("a script");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a program");
    path
}

/// What is compiled when the system is built with these arguments, and what is said.
fn compiled(mine: &Path, compiler: &Path, arguments: &[&str]) -> (Vec<String>, String) {
    let list = mine.join("compiled");
    let _ = fs::remove_file(&list);
    let mut command = bulkhead(mine, &["build"]);
    let output = command.args(arguments).env("BULKHEAD_CC", compiler).output().expect("bulkhead runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let text = fs::read_to_string(&list).unwrap_or_default();
    let mut compiled: Vec<String> = text.lines().map(str::to_owned).collect();
    // Which of two that are compiled at the same time begins is not said.
    compiled.sort();
    (compiled, said)
}

#[test]
fn what_has_not_changed_is_not_compiled_again() {
    let mine = new_system("builds-incremental");
    let cc = compiler(&mine, "cc");
    let hello = fs::read_to_string(mine.join("hello.c")).expect("the source");
    let warned = format!("#include \"there is.h\"\nstatic int unused;\n{hello}");
    fs::write(mine.join("hello.c"), &warned).expect("written");
    fs::write(mine.join("there is.h"), "#define THERE 1\n").expect("written");
    let (all, first) = compiled(&mine, &cc, &[]);
    assert_eq!(all, ["counter.c", "hello.c"]);
    assert!(first.contains("hello.c:2:12: warning: unused variable 'unused'"), "{first}");
    let result = fs::read(mine.join("build/mine-x86_64.elf")).expect("what was built");

    let (none, again) = compiled(&mine, &cc, &[]);
    assert!(none.is_empty(), "{none:?}");
    assert_eq!(again, first, "warnings stay until their reason is gone");
    assert!(fs::read(mine.join("build/mine-x86_64.elf")).expect("what was built") == result);

    // Not the time of a file counts, but what is in it.
    fs::write(mine.join("hello.c"), &warned).expect("written");
    assert!(compiled(&mine, &cc, &[]).0.is_empty());
    fs::write(mine.join("there is.h"), "#define THERE 2\n").expect("written");
    assert_eq!(compiled(&mine, &cc, &[]).0, ["hello.c"], "a header");
    fs::write(mine.join("hello.c"), &hello).expect("written");
    assert_eq!(compiled(&mine, &cc, &[]), (vec!["hello.c".to_owned()], String::new()), "a source");

    // Another processor is another place, another compiler another object, and a lost object is made again.
    assert_eq!(compiled(&mine, &cc, &["--arch", "leon3"]).0.len(), 2);
    assert!(compiled(&mine, &cc, &[]).0.is_empty());
    let other = compiler(&mine, "other-cc");
    assert_eq!(compiled(&mine, &other, &[]).0.len(), 2);
    fs::write(mine.join("build/mine-x86_64.parts/hello/0-hello.o"), "damaged").expect("written");
    assert_eq!(compiled(&mine, &other, &[]).0, ["hello.c"]);
}

#[test]
fn a_program_without_configuration_is_told_what_it_lacks() {
    let mine = new_system("builds-unconfigured");
    let without = "no source has the configuration: in one, #define CONFIGURE_INIT and what the program uses, then \
                   #include <rtems/confdefs.h>\n";
    let main = "`main` is not called in a partition: a program begins with the task `Init`, and ";
    for (source, begins) in [
        ("#include <rtems.h>\nrtems_task Init(rtems_task_argument it) { (void) it; }\n", ""),
        ("int main(void) { return 0; }\n", main),
    ] {
        fs::write(mine.join("hello.c"), source).expect("written");
        let output = bulkhead(&mine, &["build"]).output().expect("bulkhead runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(70));
        assert!(
            said.ends_with(&format!(
                "error: the program of partition `hello` cannot be linked\n  help: {begins}{without}"
            )),
            "{said}"
        );
    }
}

#[test]
fn a_fault_of_what_was_built_is_told_with_its_place() {
    let mine = new_system("builds-fault");
    let hello = fs::read_to_string(mine.join("hello.c")).expect("the source");
    let fault = "*(volatile int *)0x90000000 = 1;";
    let (before, behind) = hello.split_once("{\n").expect("a function");
    fs::write(mine.join("hello.c"), format!("{before}{{\n    {fault}\n{behind}")).expect("written");
    let line = before.matches('\n').count() + 2;
    // On SPARC the compiler may put it into the delay slot of the next line's call.
    let line = |processor| if processor == "leon3" { String::new() } else { format!("{line})") };
    for processor in ["x86_64", "leon3"] {
        builds(&mine, &["build", "--arch", processor]);
        let run = |file: &str| {
            let output = bulkhead(&mine, &["run", file, "--for", "100 ms"]).output().expect("bulkhead runs");
            assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let place = format!(", in Init (hello.c:{}", line(processor));
        let said = run(&format!("build/mine-{processor}.elf"));
        assert_eq!(said.matches(&place).count(), 2, "{said}");
        // What lies there by now may be another program, of whose places nothing must be told; or nothing.
        let parts = mine.join(format!("build/mine-{processor}.parts"));
        let program = |name: &str| parts.join(name).join("program.elf");
        fs::copy(program("counter"), program("hello")).expect("copied");
        let said = run(&format!("build/mine-{processor}.elf"));
        assert!(said.contains("writing 0x90000000") && !said.contains(", in "), "{said}");
        fs::copy(mine.join(format!("build/mine-{processor}.elf")), mine.join("alone.elf")).expect("copied");
        assert!(!run("alone.elf").contains(", in "));
    }
}

#[test]
fn what_was_built_runs_with_the_names_of_its_system() {
    let mine = new_system("builds-file");
    for processor in ["x86_64", "leon3"] {
        builds(&mine, &["build", "--arch", processor]);
        let run = |file: &str| {
            let arguments = ["run", file, "--for", "300 ms", "--expect", "hello=halted", "--arch", processor];
            let count = if file == "." { 8 } else { 6 };
            let output = bulkhead(&mine, &arguments[..count]).output().expect("bulkhead runs");
            let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
            text.push_str(&String::from_utf8_lossy(&output.stderr));
            (output.status.code(), text)
        };
        let file = format!("build/mine-{processor}.elf");
        let (status, text) = run(&file);
        assert_eq!(
            (status, &text),
            (Some(0), &{
                let (_, built) = run(".");
                built
            })
        );
        assert!(text.contains("hello   | ") && text.contains("\nmine after 300 ms: "), "{text}");
    }
    for (option, value) in [("--arch", "leon3"), ("--host", "xen"), ("--kit", "/none")] {
        let late = ["run", "build/mine-x86_64.elf", option, value];
        let output = bulkhead(&mine, &late).output().expect("bulkhead runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let expected = format!("error: build/mine-x86_64.elf is built already: {option} comes too late\n");
        assert!(output.status.code() == Some(64) && said.starts_with(&expected), "{said}");
    }
    let program = ["run", "build/mine-x86_64.parts/hello/program.elf"];
    let output = bulkhead(&mine, &program).output().expect("bulkhead runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("is not a system that can be run: it is not for a processor that"), "{said}");
}
