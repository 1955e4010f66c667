//! How builds compile, what they say of it to editors, and what `bulkhead clean` removes of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use serde_json::Value;

use crate::builds::{bulkhead, new_system};
use crate::support::file;

/// Runs the command; its exit status and what it says.
fn said(mine: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = bulkhead(mine, arguments).output().expect("bulkhead runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn builds(mine: &Path, arguments: &[&str]) {
    let (status, _, text) = said(mine, arguments);
    assert_eq!(status, Some(0), "{text}");
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries =
        fs::read_dir(folder).map(|entries| entries.flatten().collect()).unwrap_or_else(|_| Vec::new());
    let mut names: Vec<String> =
        entries.iter().map(|it| it.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Everything below a folder that is no folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn what_was_built_is_removed_and_nothing_else() {
    let mine = new_system("building-clean");
    let sources = files(&mine);
    assert_eq!(said(&mine, &["clean"]), (Some(0), "nothing to remove\n".to_owned(), String::new()));
    for target in [&["build"][..], &["build", "--arch", "leon3"], &["build", "--host", "xen"]] {
        builds(&mine, target);
    }
    fs::write(mine.join("build/notes.txt"), "mine").expect("a file");
    fs::copy(mine.join("build/mine-x86_64.parts/hello/program.elf"), mine.join("build/mine.elf"))
        .expect("copied");
    // Nothing of the system file but its place is needed.
    fs::write(mine.join("bulkhead.toml"), "[system").expect("a broken system file");
    let (status, out, err) = said(&mine, &["clean"]);
    let removed = [
        "compile_commands.json",
        "mine-leon3.elf",
        "mine-leon3.parts",
        "mine-x86_64.elf",
        "mine-x86_64.parts",
        "mine-xen",
    ];
    let lines: String = removed.iter().map(|name| format!("removed build/{name}\n")).collect();
    assert_eq!((status, out.as_str(), err.as_str()), (Some(0), lines.as_str(), ""));
    assert_eq!(names(&mine.join("build")), ["mine.elf", "notes.txt"]);
    assert!(sources.iter().all(|source| source.is_file()), "{sources:?}");
}

#[test]
fn what_somebody_has_put_among_it_is_left() {
    let mine = new_system("building-clean-left");
    builds(&mine, &["build"]);
    let note = mine.join("build/mine-x86_64.parts/hello/note.txt");
    fs::write(&note, "mine").expect("a file");
    let (status, out, err) = said(&mine, &["clean"]);
    assert_eq!(
        (status, out.as_str()),
        (Some(0), "removed build/compile_commands.json\nremoved build/mine-x86_64.elf\n")
    );
    let left =
        "note: left, because it was not made by `bulkhead build`: build/mine-x86_64.parts/hello/note.txt\n";
    assert_eq!(err, left);
    assert_eq!(names(note.parent().expect("a folder")), ["note.txt"]);
    // The folder is still the tool's.
    builds(&mine, &["build"]);
    fs::remove_file(note).expect("removed");
    assert_eq!(said(&mine, &["clean"]).0, Some(0));
    assert!(!mine.join("build").exists());

    builds(&mine, &["build", "-o", "out.elf"]);
    assert_eq!(said(&mine, &["clean", "-o", "out.elf"]).1, "removed out.elf\nremoved out.parts\n");
    let (status, _, err) = said(&mine, &["clean", "-o", "hello.c"]);
    let refused =
        "error: hello.c was not made by `bulkhead build`\n  help: name what -o of the build has named\n";
    assert_eq!((status, err.as_str()), (Some(64), refused));
    assert!(mine.join("hello.c").is_file());
    fs::remove_file(mine.join("bulkhead.toml")).expect("removed");
    assert_eq!(said(&mine, &["clean"]).0, Some(64));
}

#[test]
fn editors_are_told_how_each_source_is_compiled() {
    let mine = new_system("building-commands");
    fs::create_dir(mine.join("include")).expect("a folder");
    fs::write(mine.join("include/own.h"), "#define OWN 1\n").expect("a header");
    let hello = fs::read_to_string(mine.join("hello.c")).expect("the source");
    fs::write(
        mine.join("hello.c"),
        format!("#include <own.h>\n#if !OWN || RATE != 5\n#error\n#endif\n{hello}"),
    )
    .expect("written");
    let system = fs::read_to_string(mine.join("bulkhead.toml")).expect("the system");
    let build = "[build]\ninclude = [\"include\"]\ndefine = [\"RATE=5\"]\n";
    fs::write(mine.join("bulkhead.toml"), format!("{system}\n{build}")).expect("written");
    for processor in ["x86_64", "leon3"] {
        builds(&mine, &["build", "--arch", processor]);
        let text = fs::read(mine.join("build/compile_commands.json")).expect("the compile commands");
        let entries: Vec<Value> = serde_json::from_slice(&text).expect("JSON");
        assert_eq!(entries.len(), 2);
        for entry in &entries {
            let arguments: Vec<&str> =
                entry["arguments"].as_array().expect("an array").iter().filter_map(Value::as_str).collect();
            for key in ["directory", "file", "output"] {
                assert!(Path::new(entry[key].as_str().expect("a path")).exists(), "{key}");
                assert!(Path::new(entry[key].as_str().expect("a path")).is_absolute(), "{key}");
            }
            assert_eq!(arguments.last().copied(), entry["file"].as_str());
            // As a reader does it, wherever that is.
            let mut command = Command::new(arguments[0]);
            let status = command.args(&arguments[1..]).arg("-fsyntax-only").current_dir("/").status();
            assert!(status.expect("the compiler runs").success(), "{arguments:?}");
        }
    }
    // One that somebody else has made is left alone.
    let place = mine.join("build/compile_commands.json");
    fs::remove_file(&place).expect("removed");
    fs::write(&place, "[]\n").expect("written");
    builds(&mine, &["build"]);
    assert_eq!(said(&mine, &["clean"]).0, Some(0));
    assert_eq!(fs::read_to_string(&place).expect("the file"), "[]\n");
}

/// A compiler that compiles `hello.c` only when `counter.c` has been compiled.
fn late(work: &Path) -> PathBuf {
    let done = work.join("done");
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in\n\
         *hello.c*) n=0; while [ ! -e {0} ] && [ $n -lt 600 ]; do sleep 0.1; n=$((n+1)); done\n\
         [ -e {0} ] || exit 1;;\n\
         esac\nclang \"$@\"; status=$?\ncase \"$*\" in *counter.c*) touch {0};; esac\nexit $status\n",
        done.display()
    );
    file(work, "late", &script, 0o755)
}

#[test]
fn sources_are_compiled_at_the_same_time_and_told_in_their_order() {
    if thread::available_parallelism().map_or(1, usize::from) < 2 {
        return;
    }
    let mine = new_system("building-parallel");
    let compiler = late(&mine);
    for (name, text) in [("hello.c", "#warning first\n"), ("counter.c", "#warning second\n")] {
        let source = fs::read_to_string(mine.join(name)).expect("the source");
        fs::write(mine.join(name), format!("{text}{source}")).expect("written");
    }
    let build = || {
        let output =
            bulkhead(&mine, &["build"]).env("BULKHEAD_CC", &compiler).output().expect("bulkhead runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (status, text) = build();
    assert!(mine.join("done").exists(), "{text}");
    let (first, second) = (text.find("first"), text.find("second"));
    assert!(status == Some(0) && first < second && first.is_some(), "{text}");
    // Of two that do not compile the first is told, whichever fails first.
    fs::remove_file(mine.join("done")).expect("removed");
    for name in ["hello.c", "counter.c"] {
        fs::write(mine.join(name), format!("#error in {name}\n")).expect("written");
    }
    let (status, text) = build();
    assert_eq!(status, Some(70));
    assert!(text.contains("error: `hello.c` does not compile") && !text.contains("counter.c"), "{text}");
}

#[test]
fn other_options_are_another_object() {
    let mine = new_system("building-flags");
    let hello = fs::read_to_string(mine.join("hello.c")).expect("the source");
    fs::write(mine.join("hello.c"), format!("#ifdef BROKEN\n#error broken\n#endif\n{hello}"))
        .expect("written");
    builds(&mine, &["build"]);
    let system = fs::read_to_string(mine.join("bulkhead.toml")).expect("the system");
    fs::write(mine.join("bulkhead.toml"), format!("{system}\n[build]\ndefine = [\"BROKEN\"]\n"))
        .expect("written");
    let (status, _, text) = said(&mine, &["build"]);
    assert!(status == Some(70) && text.contains("error: broken"), "{text}");
}

#[test]
fn what_only_a_kit_has_is_said_once() {
    let mine = new_system("building-needs-kit");
    let hello = fs::read_to_string(mine.join("hello.c")).expect("the source");
    let (before, behind) = hello.split_once("{\n").expect("a function");
    let uses = "    pthread_exit(0); pthread_exit(0); mq_close(0); rtems_region_create_all();\n";
    let declared = "extern void pthread_exit(void *);\nextern int mq_close(int);\n\
                    extern void rtems_region_create_all(void);\n";
    let source = format!("{declared}{before}{{\n{uses}{behind}");
    fs::write(mine.join("hello.c"), source).expect("written");
    let line = before.matches('\n').count() + 5;
    for processor in ["x86_64", "leon3"] {
        let (status, out, err) = said(&mine, &["build", "--arch", processor]);
        let expected = format!(
            "error: the program of partition `hello` cannot be linked: it uses `pthread_exit` (hello.c:{line}), \
             `mq_close` (hello.c:{line}) and `rtems_region_create_all` (hello.c:{line}): neither its sources nor the \
             stand-in have that\n  help: an RTEMS kit has it: build with --kit PREFIX, or set RTEMS_KIT\n"
        );
        assert_eq!((status, out.as_str(), err.as_str()), (Some(70), "", expected.as_str()), "{processor}");
    }
    let system = fs::read_to_string(mine.join("bulkhead.toml")).expect("the system");
    fs::write(mine.join("bulkhead.toml"), format!("{system}\n[build]\nlibraries = [\"z\"]\n"))
        .expect("written");
    let (status, _, err) = said(&mine, &["build"]);
    assert!(status == Some(65) && err.contains("error: the stand-in has no library `z`"), "{err}");
}
