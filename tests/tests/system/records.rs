//! Runs that are recorded and repeated, with what was typed.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use bulkhead_tests::{MILLISECOND, System, bulkhead, repository};
use bulkhead_tool::system_file::Processor;

on_every_processor! {
    a_run_is_repeated_with_what_was_typed,
    a_run_that_was_cut_short_is_repeated_up_to_there,
}

/// An echo that ends when it hears a full stop.
fn built(processor: Processor, name: &str) -> PathBuf {
    System::on(processor, name, 10 * MILLISECOND)
        .probe("echo", "load echo", &[(0, 4 * MILLISECOND)])
        .console_input("echo", b"")
        .build()
        .file
}

/// Runs with a record; types each of the words when the one before has been heard.
fn recorded(file: &Path, record: &Path, options: &[&str], words: &[&str]) -> (i32, String) {
    recorded_while(file, record, options, words, &mut || {})
}

/// The same; `meanwhile` is called before each word is typed.
fn recorded_while(
    file: &Path,
    record: &Path,
    options: &[&str],
    words: &[&str],
    meanwhile: &mut dyn FnMut(),
) -> (i32, String) {
    let mut run = bulkhead()
        .args(["run", "--record"])
        .arg(record)
        .args(options)
        .arg(file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the bulkhead command");
    let mut input = run.stdin.take().expect("its input");
    let mut words = words.iter();
    let mut said = String::new();
    for line in BufReader::new(run.stdout.take().expect("its output")).lines() {
        let line = line.expect("text");
        if (line.contains("major frame") || line.contains("| heard "))
            && let Some(word) = words.next()
        {
            meanwhile();
            input.write_all(word.as_bytes()).and_then(|()| input.flush()).expect("it reads");
        }
        said += &line;
        said.push('\n');
    }
    (run.wait().expect("it has ended").code().expect("no signal"), said)
}

pub(crate) fn replayed(record: &Path) -> Output {
    bulkhead().arg("replay").arg(record).output().expect("the bulkhead command")
}

/// A member of a record: its name, and its bytes.
pub(crate) type Member = (String, Vec<u8>);

/// The members of a record.
pub(crate) fn members(record: &Path) -> Vec<Member> {
    let mut archive = tar::Archive::new(File::open(record).expect("the record"));
    let members = archive.entries().expect("members").map(|entry| {
        let mut entry = entry.expect("a member");
        let name = entry.path().expect("its name").display().to_string();
        let mut bytes = Vec::new();
        std::io::copy(&mut entry, &mut bytes).expect("its bytes");
        (name, bytes)
    });
    members.collect()
}

/// Writes a record with these members.
pub(crate) fn write_members(record: &Path, members: &[Member]) {
    let mut archive = tar::Builder::new(File::create(record).expect("a file"));
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        archive.append_data(&mut header, name, bytes.as_slice()).expect("a member");
    }
    archive.finish().expect("written");
}

/// When the words come depends on the host, and so do the times of the run; in the repetition they are the same.
fn a_run_is_repeated_with_what_was_typed(processor: Processor) {
    let file = built(processor, "recorded");
    let record = file.with_extension("record");
    let (status, said) = recorded(&file, &record, &["--timestamps"], &["one", "two", "three", "."]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("| heard one") && said.contains("echo       halted with status 0"), "{said}");
    for _ in 0..2 {
        let again = replayed(&record);
        assert_eq!(String::from_utf8_lossy(&again.stdout), said);
        assert_eq!(again.status.code(), Some(0));
    }
    // It is no system.
    let refused = bulkhead().arg("run").arg(&record).output().expect("the bulkhead command");
    let error = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(64) && error.contains("but the record of a run\n"), "{error}");
    // Without what was typed it would be another run: the log is what it is repeated from.
    let bytes = fs::read(&record).expect("the record");
    for length in [0, 600, bytes.len() / 2, bytes.len() - 4000] {
        let cut = file.with_extension("cut");
        fs::write(&cut, &bytes[..length]).expect("a shorter one");
        let refused = replayed(&cut);
        let error = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(64), "{length}: {error}");
        assert!(error.contains("is not a record of a run"), "{length}: {error}");
    }
}

fn a_run_that_was_cut_short_is_repeated_up_to_there(processor: Processor) {
    let file = built(processor, "cut-short");
    let record = file.with_extension("record");
    // What a busy host has not shown within this time is missing in both.
    let (status, said) = recorded(&file, &record, &["--timeout", "5 s"], &["word"]);
    let again = replayed(&record);
    assert_eq!(String::from_utf8_lossy(&again.stdout), said);
    assert_eq!((again.status.code(), status), (Some(status), 124), "{said}");
}

/// A record that says what it must not: it is refused, and nothing of it becomes a file or an option.
#[test]
fn a_record_from_elsewhere_is_checked() {
    let file = built(Processor::X86_64, "record-checked");
    let record = file.with_extension("record");
    let (status, said) = recorded(&file, &record, &["--for", "20 ms"], &[]);
    assert_eq!(status, 0, "{said}");
    let members = members(&record);
    let written = |members: &[Member]| {
        let place = file.with_extension("changed");
        write_members(&place, members);
        place
    };
    let header = String::from_utf8(members[0].1.clone()).expect("text");
    let with = |from: &str, to: &str| {
        assert!(header.contains(from), "{header}");
        let mut changed = members.clone();
        changed[0].1 = header.replacen(from, to, 1).into_bytes();
        let output = replayed(&written(&changed));
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (status, error) = with("\"version\": 3", "\"version\": 4");
    assert!(status == Some(64) && error.contains("its format has version 4"), "{error}");
    let (status, error) = with("\"name\": \"", "\"name\": \"../");
    assert!(status == Some(64) && error.contains("the name of its system"), "{error}");
    let (status, error) = with("QEMU emulator", "QEMU\\u001b[31m emulator");
    assert!(status == Some(69) && error.contains("recorded by another QEMU"), "{error}");
    assert!(!error.contains('\u{1b}'), "{error}");
    let (status, error) = with("\"version\": 3", "\"qemu-arguments\": [\"-daemonize\"],\n  \"version\": 3");
    assert!(status == Some(64) && error.contains("not said in order"), "{error}");
    let mut other = members.clone();
    other[1].0 = "elsewhere.elf".to_owned();
    let output = replayed(&written(&other));
    assert_eq!(output.status.code(), Some(64));
    // A program that belongs to no partition, and one that is not there.
    let mut more = members.clone();
    more.push(("program-2.elf".to_owned(), Vec::new()));
    for programs in [&more[..], &members[..3]] {
        let output = replayed(&written(programs));
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(64) && error.contains("not as many programs"), "{error}");
    }
    // A member that is longer than what stands for it, and one that stands for nothing but zeros without end.
    let bytes = fs::read(written(&members)).expect("the archive");
    let place = file.with_extension("changed");
    for (number, kind, size) in [(0, b'0', 4 << 30), (2, b'0', 1 << 30), (2, b'S', 64 << 20)] {
        fs::write(&place, with_member(&bytes, number, kind, size)).expect("a file");
        let output = within_memory(&place);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(64), "{number} {}: {error}", char::from(kind));
        assert!(error.contains("is not a record of a run"), "{error}");
    }
    assert_eq!(replayed(&written(&members)).status.code(), Some(0));
}

/// An archive whose member with this number claims to be of another kind, and to have so many bytes, all of them a
/// hole in what is called sparse (GNU tar's manual, "Storing Sparse Files").
fn with_member(bytes: &[u8], number: usize, kind: u8, size: u64) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut place = 0;
    for _ in 0..number {
        let size = tar::Header::from_byte_slice(&bytes[place..place + 512]).entry_size().expect("a size");
        place += 512 + size.next_multiple_of(512) as usize;
    }
    let mut header = tar::Header::from_byte_slice(&bytes[place..place + 512]).clone();
    if kind == b'S' {
        let mut hole = *b"00000000000\0";
        hole[..11].copy_from_slice(format!("{size:011o}").as_bytes());
        let gnu = header.as_gnu_mut().expect("GNU's");
        gnu.typeflag = [kind];
        gnu.size = *b"00000000000\0";
        gnu.sparse[0].offset = hole;
        gnu.sparse[0].numbytes = *b"00000000000\0";
        gnu.realsize = hole;
    } else {
        header.set_size(size);
    }
    header.set_cksum();
    bytes[place..place + 512].copy_from_slice(header.as_bytes());
    if kind == b'S' {
        bytes.truncate(place + 512);
    }
    bytes
}

/// Repeats a record with no more than 1 GiB of memory, which a shell counts in KiB.
fn within_memory(record: &Path) -> Output {
    let script = format!("ulimit -v {}; exec \"$@\"", 1 << 20);
    let bulkhead = repository().join("build/bin/bulkhead");
    Command::new("sh")
        .args(["-c", &script, "sh"])
        .arg(bulkhead)
        .arg("replay")
        .arg(record)
        .output()
        .expect("a shell")
}

/// A program is told as it is of a run that does not come about.
#[test]
fn what_is_no_record_is_said_as_json() {
    let schema: serde_json::Value = serde_json::from_str(&bulkhead_tool::json::schema::run()).expect("JSON");
    let schema = jsonschema::draft202012::new(&schema).expect("a schema");
    for (file, status) in [("/nowhere", 69), ("/dev/null", 64), ("/proc/self/mem", 69)] {
        let output = bulkhead().args(["replay", "--json", file]).output().expect("the bulkhead command");
        let said = String::from_utf8(output.stdout).expect("text");
        let end: serde_json::Value = serde_json::from_str(&said).expect("an object");
        assert!(schema.is_valid(&end), "{said}");
        assert_eq!((&end["event"], &end["status"]), (&"end".into(), &status.into()), "{said}");
        assert_eq!(output.status.code(), Some(status), "{said}");
        assert!(output.stderr.is_empty());
    }
}

/// QEMU's device for learners computes when the host has time. It is refused before anything is built.
#[test]
fn what_cannot_be_recorded_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = repository().join("build/partitions/{architecture}/disk-server.exe");
    let system = format!(
        "[system]\nname = \"lessons\"\nmajor-frame = \"10 ms\"\n[[partition]]\nname = \"learner\"\nmemory = \"1 MiB\"\n\
         image = \"{}\"\n[[window]]\npartition = \"learner\"\nstart = \"0 ms\"\nduration = \"4 ms\"\n\
         [[device]]\nname = \"lesson\"\nowner = \"learner\"\npci = \"00:06.0\"\nemulate = \"edu\"\ndma = \"none\"\n",
        program.display()
    );
    let file = folder.path().join("bulkhead.toml");
    fs::write(&file, system).expect("a system file");
    let output =
        bulkhead().args(["run", "--record", "/dev/null"]).arg(file).output().expect("the bulkhead command");
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(64), "{error}");
    assert!(error.contains("--record: when `lesson` (`edu`) is done depends on the host"), "{error}");
}

/// What is there is a record of the user's, or something else of theirs.
#[test]
fn what_is_there_stays_until_there_is_a_record() {
    let file = built(Processor::X86_64, "record-kept");
    let record = file.with_extension("record");
    let run = |file: &Path| {
        let output = bulkhead().args(["run", "--for", "20 ms", "--record"]).arg(&record).arg(file).output();
        let output = output.expect("the bulkhead command");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    fs::write(&record, "mine").expect("a file");
    let (status, error) = run(&file);
    assert!(status == Some(64) && error.contains("exists and is no record of a run"), "{error}");
    assert_eq!(fs::read(&record).expect("the file"), b"mine");
    fs::remove_file(&record).expect("removed");
    assert_eq!(run(&file.with_extension("nowhere")).0, Some(64));
    assert!(!record.exists(), "a record of nothing");
    assert_eq!(run(&file).0, Some(0));
    let kept = fs::read(&record).expect("the record");
    // Another file of the same run cannot be written: the record can.
    fs::remove_file(&record).expect("removed");
    let folder = repository().join("examples/hello");
    let mut command = bulkhead();
    command.args(["run", "--for", "20 ms", "--trace", "/dev/full", "--record"]).arg(&record).arg(folder);
    let output = command.output().expect("the bulkhead command");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(69) && error.contains("/dev/full cannot be written"), "{error}");
    assert!(record.exists(), "{error}");
    // Nobody can read what is said: the record is there.
    fs::remove_file(&record).expect("removed");
    let mut command = bulkhead();
    command.args(["run", "--for", "20 ms", "--record"]).arg(&record).arg(&file);
    let full = File::options().write(true).open("/dev/full").expect("a full disk");
    assert_eq!(command.stdout(full).status().expect("the bulkhead command").code(), Some(74));
    assert!(record.exists());
    fs::write(&record, &kept).expect("the record");
    let broken = file.with_extension("toml");
    fs::write(&broken, "[system]\n").expect("a system file");
    assert_eq!(run(&broken).0, Some(65));
    assert!(fs::read(&record).expect("the record") == kept, "a run that was none has changed the record");
}

/// Another build puts another system at its place while it runs.
#[test]
fn a_record_is_of_what_was_booted() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, record) = (folder.path().join("booted.elf"), folder.path().join("record"));
    fs::copy(built(Processor::X86_64, "record-booted"), &file).expect("a copy");
    let replaced = &mut || {
        fs::remove_file(&file).and_then(|()| fs::write(&file, "another")).expect("another file");
    };
    let (status, said) = recorded_while(&file, &record, &[], &["."], replaced);
    assert_eq!(status, 0, "{said}");
    let again = replayed(&record);
    assert_eq!(String::from_utf8_lossy(&again.stdout), said, "{}", String::from_utf8_lossy(&again.stderr));
}
