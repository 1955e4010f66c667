//! Runs with a network and a disk that are recorded, and repeated with nobody at the network and without the disk.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use bulkhead_tests::tracing::{build_traced, run_traced};
use bulkhead_tests::{Transcript, bulkhead, repository};
use bulkhead_tool::record::{Record, Recording};
use bulkhead_tool::run::{Devices, DiskFile, Forward, RunOptions};
use bulkhead_tool::system_file::Processor;

use crate::records::{Member, members, replayed, write_members};

/// How long a run may take here, which takes seconds.
const PATIENCE: Option<Duration> = Some(Duration::from_secs(200));

fn file() -> PathBuf {
    repository().join("tests/systems/devices-recorded/bulkhead.toml")
}

/// A disk in a folder on which nothing is.
fn disk(folder: &Path) -> PathBuf {
    let path = folder.join("the, disk");
    File::create(&path).and_then(|file| file.set_len(1 << 20)).expect("a disk");
    path
}

/// What a run has said, and when.
fn said(transcript: &Transcript) -> String {
    let lines = transcript.lines.iter().zip(&transcript.times);
    let line = |((who, line), time): (&(String, String), &Option<u64>)| format!("{time:?} {who}: {line}\n");
    lines.map(line).collect::<String>() + &transcript.ending.text()
}

/// Commands a partition, and counts samples, until it is told that the run has ended.
fn client(port: u16, has_ended: &AtomicBool) -> usize {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.connect(("127.0.0.1", port)).expect("it is there");
    socket.set_read_timeout(Some(Duration::from_millis(5))).expect("a time");
    let mut samples = 0;
    for position in (0i32..).map(|number| number % 20 * 7) {
        let _ = socket.send(&[*b"CMD1", 1u32.to_be_bytes(), position.to_be_bytes()].concat());
        samples += usize::from(socket.recv(&mut [0; 64]).is_ok_and(|length| length == 16));
        if has_ended.load(Ordering::Relaxed) {
            break;
        }
    }
    samples
}

/// Tells that a run has ended, whatever becomes of it.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Twice with the same disk: what is on it when the second begins is in that one's record, not what is there later.
#[test]
fn a_network_and_a_disk_are_repeated_to_the_nanosecond_without_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = disk(folder.path());
    let built = build_traced(Processor::X86_64, &file());
    let mut records = Vec::new();
    for number in 0..2 {
        let forwards = ["net=udp:0:5000".parse::<Forward>().expect("a forward")];
        let disks = [DiskFile { name: "disk".to_owned(), path: path.clone() }];
        let devices = Devices::open(built.system.emulations(), &forwards, &disks).expect("they are there");
        let port = devices.ports()[0];
        let recording = Recording::begin(&devices).expect("a place");
        let options = RunOptions {
            devices,
            log: Some(recording.log()),
            line_times: true,
            time_limit: Some(600_000_000),
            timeout: PATIENCE,
            ..RunOptions::default()
        };
        let has_ended = AtomicBool::new(false);
        let (run, samples) = thread::scope(|scope| {
            let client = scope.spawn(|| client(port, &has_ended));
            let ends = Ends(&has_ended);
            let run = run_traced(&built, &options);
            drop(ends);
            (run, client.join().expect("it has ended"))
        });
        let all = run.0.all();
        assert!(samples > 0, "the network has brought nothing: {all}");
        run.0.expect("control", "command 1: to ");
        run.0.expect("recorder", " is kept");
        let is_empty = run.0.of("recorder").contains(&"0 records are there");
        assert_eq!(is_empty, number == 0, "{all}");
        let image = fs::read(&built.file).expect("the system");
        let archive =
            recording.archive(&built.system, image, built.programs.clone(), &options, &run.0.ending);
        let place = folder.path().join(format!("{number}.record"));
        archive.expect("a record").write(&mut File::create(&place).expect("a file")).expect("written");
        records.push((place, run));
    }
    // Nobody is at the port any more.
    fs::remove_file(&path).expect("the disk is there");
    for (place, run) in &records {
        let record = Record::open(place).unwrap_or_else(|error| panic!("{error:?}"));
        for _ in 0..2 {
            let options = RunOptions { timeout: PATIENCE, ..record.options() };
            let again = run_traced(&built, &options);
            assert_eq!(said(&again.0), said(&run.0));
            assert_eq!((again.1.lost_count(), run.1.lost_count()), (0, 0), "a busy host: nothing is known");
            let mut pairs = again.1.events.iter().zip(&run.1.events);
            let other = pairs.find(|(again, before)| again != before);
            assert!(again.1 == run.1, "the timeline is another one from {other:?} on: {}", again.0.all());
        }
    }
}

/// A record of a short run by the command, with somebody who would open a stream, and its members.
fn recorded(folder: &Path) -> Vec<Member> {
    let (place, path) = (folder.join("record"), disk(folder));
    File::options()
        .write(true)
        .open(&path)
        .and_then(|file| file.write_all_at(&[7; 512], 1 << 19))
        .expect("blocks");
    let mut command = bulkhead();
    // A port that is free, as far as one can know.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port();
    command.args([
        "run",
        "--for",
        "100 ms",
        "--timestamps",
        "--forward",
        &format!("net=tcp:{port}:5000"),
        "--disk",
    ]);
    command.arg(format!("disk={}", path.display())).arg("--record").arg(&place).arg(file());
    let has_ended = AtomicBool::new(false);
    let output = thread::scope(|scope| {
        scope.spawn(|| {
            while !has_ended.load(Ordering::Relaxed) {
                // Nobody is there yet, or QEMU is, and asks the partition.
                let _open = TcpStream::connect(("127.0.0.1", port));
                thread::sleep(Duration::from_millis(5));
            }
        });
        let _ends = Ends(&has_ended);
        command.output().expect("bulkhead")
    });
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    fs::remove_file(&path).expect("the disk is there");
    let again = replayed(&place);
    assert_eq!(String::from_utf8_lossy(&again.stdout), String::from_utf8_lossy(&output.stdout));
    members(&place)
}

#[test]
fn a_disk_that_is_not_the_runs_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let members = recorded(folder.path());
    let header = String::from_utf8(members[0].1.clone()).expect("text");
    let refused = |members: &[Member], expected: &str| {
        let place = folder.path().join("changed");
        write_members(&place, members);
        let output = replayed(&place);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(64) && error.contains(expected), "{expected}: {error}");
    };
    let last = members.len() - 1;
    assert_eq!((&*members[last].0, members[last].1.len()), ("disk-1", 8 + 4096));
    // Another byte, another place, less, and nothing.
    let other = "its `disk-1` is not what was on the disk when the run began";
    let changes: [fn(&mut Vec<u8>); 4] =
        [|disk| disk[100] ^= 1, |disk| disk[0] ^= 1, |disk| disk.truncate(4000), Vec::clear];
    for change in changes {
        let mut changed = members.clone();
        change(&mut changed[last].1);
        refused(&changed, other);
    }
    refused(&members[..last], "it has not what was on as many disks");
    let mut more = members.clone();
    more.push(("disk-2".to_owned(), Vec::new()));
    refused(&more, "it has not what was on as many disks");
    more[last + 1].0 = "disk-3".to_owned();
    refused(&more, "it has no `program-5.elf`");
    for (from, to, expected) in [
        ("\"size\": 1048576", "\"size\": 1048064", other),
        ("\"device\": 5", "\"device\": 4", "two of its devices are at one place"),
        ("\"device\": 5", "\"device\": 32", "no place has the number of a device"),
        ("\"virtio-net\"", "\"edu\"", "it has other devices than a run has that can be repeated"),
        ("\"virtio-net\"", "\"virtio-blk\"", "one of its devices cannot be"),
        ("\"virtio-net\"", "\"virtio-gpu\"", "how it was run is not said in order"),
        ("\"name\": \"net\"", "\"name\": \"net,id=x\"", "a name or an owner of its devices cannot be"),
        ("\"owner\": 0", "\"owner\": 4", "a name or an owner of its devices cannot be"),
    ] {
        assert!(header.contains(from), "{header}");
        let mut changed = members.clone();
        changed[0].1 = header.replacen(from, to, 1).into_bytes();
        refused(&changed, expected);
    }
}
