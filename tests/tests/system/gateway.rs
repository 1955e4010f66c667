//! The example `gateway` with real UDP clients beside it: what they send becomes commands, samples come back, and what
//! is no command, and how much of it there is, changes nothing.
//!
//! A client waits for what it asks for, however long that takes: datagrams get lost, and are sent again.

use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{fs, thread};

use bulkhead_tests::{Transcript, build_file_for, repository, run_beside, run_built};
use bulkhead_tool::run::{Devices, Ending, Forward, PartitionEnd, Peer, RunOptions, Wish};
use bulkhead_tool::system_file::Processor;

/// How often a client asks again: after a second in which nothing comes, or so many samples.
const TRIES: usize = 250;
const SAMPLES: usize = 20;

/// The words of a command.
const MOVE: u32 = 1;
const STOP: u32 = 2;

fn file() -> PathBuf {
    repository().join("examples/gateway/bulkhead.toml")
}

/// What a sample says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sample {
    position: i32,
    obeyed: u32,
}

/// A program on this machine.
struct Client(UdpSocket);

impl Client {
    fn new(port: u16) -> Self {
        Self::of(UdpSocket::bind("127.0.0.1:0").expect("a socket"), port)
    }

    fn of(socket: UdpSocket, port: u16) -> Self {
        socket.connect(("127.0.0.1", port)).expect("it is there");
        socket.set_read_timeout(Some(Duration::from_secs(1))).expect("a time");
        Self(socket)
    }

    /// Sends bytes until the same ones come back.
    fn echo(&self, bytes: &[u8]) {
        for _ in 0..TRIES {
            self.send(bytes);
            let mut back = [0; 2048];
            if self.0.recv(&mut back).is_ok_and(|length| back[..length] == *bytes) {
                return;
            }
        }
        panic!("what is sent does not come back");
    }

    fn send(&self, bytes: &[u8]) {
        // Nobody is there any more when the run has ended.
        let _ = self.0.send(bytes);
    }

    /// The next sample, if one comes in a second.
    fn sample(&self) -> Option<Sample> {
        let mut bytes = [0; 2048];
        let length = self.0.recv(&mut bytes).ok()?;
        assert_eq!((length, &bytes[..4]), (16, &b"SMP1"[..]), "this is a sample");
        let word = |place: usize| u32::from_be_bytes([0, 1, 2, 3].map(|byte| bytes[place + byte]));
        Some(Sample { position: word(8) as i32, obeyed: word(12) })
    }

    /// Sends until a sample is as expected.
    fn until(&self, bytes: &[u8], is_expected: impl Fn(Sample) -> bool) -> Sample {
        for _ in 0..TRIES {
            self.send(bytes);
            let samples = (0..SAMPLES).map_while(|_| self.sample());
            if let Some(sample) = samples.into_iter().find(|sample| is_expected(*sample)) {
                return sample;
            }
        }
        panic!("what is expected does not come");
    }

    /// Waits for a sample that is as expected.
    fn wait(&self, is_expected: impl Fn(Sample) -> bool) {
        for _ in 0..TRIES * SAMPLES {
            if self.sample().is_some_and(&is_expected) {
                return;
            }
        }
        panic!("what is expected does not come");
    }
}

fn command(kind: u32, position: i32) -> Vec<u8> {
    [*b"CMD1", kind.to_be_bytes(), position.to_be_bytes()].concat()
}

/// Runs the system of a file, with clients beside it that are told the ports: of the gateway, and of the station.
fn run(file: PathBuf, beside: impl FnOnce(u16, u16) + Send) -> Transcript {
    let built = build_file_for(Some(Processor::X86_64), &file);
    let forward = |text: &str| text.parse::<Forward>().expect("a forward");
    let forwards = ["net=udp:0:5000", "net=udp:0:10.0.2.16:7"].map(forward);
    let devices = Devices::open(built.system.emulations(), &forwards, &[]).expect("ports");
    let [gateway, station] = devices.ports()[..] else { panic!("two ports") };
    let timeout = Some(Duration::from_secs(300));
    let options = RunOptions { devices, timeout, ..RunOptions::default() };
    run_beside(&built, &options, || beside(gateway, station))
}

#[test]
fn clients_command_a_partition_and_see_its_samples() {
    let transcript = run(file(), |port, station| {
        let client = Client::new(port);
        client.until(&command(MOVE, 300), |sample| sample.obeyed > 0);
        client.wait(|sample| sample.position == 300);
        // What is no command: of another size, or with other words. Some get no further than the gateway.
        for wrong in
            [&b""[..], b"x", b"CMD2aaaabbbb", &command(MOVE, 1001), &command(7, 0), &[7; 13], &[7; 1472]]
        {
            client.send(wrong);
            client.wait(|_| true);
        }
        // Samples go to who was heard last.
        let other = Client::new(port);
        let obeyed = other.until(&command(MOVE, -40), |sample| sample.position == -40).obeyed;
        assert!(obeyed >= 2, "{obeyed}");
        // By the switch, and another partition's own stack.
        let third = Client::new(station);
        third.echo(b"hello");
        third.echo(&[9; 1472]);
        // It ends, and has nothing more to say.
        while other.sample().is_some() {
            other.send(&command(STOP, 0));
        }
    });
    let all = transcript.all();
    assert_eq!(transcript.ending, Ending::Interrupted(2), "{all}");
    assert_eq!(transcript.facts.ends.get("control"), Some(&PartitionEnd::Halted(0)), "{all}");
    assert_eq!(transcript.facts.ends.get("gateway"), None, "{all}");
    transcript.expect("control", "command 1: to 300 mm");
    let done = transcript.numbers("control", "done at");
    assert_eq!(done.get("obeyed,"), Some(&4), "messages refused: {done:?}\n{all}");
    transcript.expect("control", "done at -40 mm: ");
    transcript.expect("control", " 0 deadlines missed");
    transcript.expect("gateway", "refused: 2 too long, 1 empty, 0 without room");
}

/// The example's system file with other words in it, in a folder of the tests' own.
pub(crate) fn variant(name: &str, replaced: &[(&str, &str)]) -> PathBuf {
    let mut system = fs::read_to_string(file()).expect("the system file");
    let (build, example) = (repository().join("build"), repository().join("examples/gateway"));
    let control = format!("\"{}\"", example.join("control.c").display());
    let own = [("../../build", &*build.display().to_string()), ("\"control.c\"", &*control)];
    for (word, other) in own.iter().chain(replaced) {
        assert!(system.contains(word), "{word}: {system}");
        system = system.replace(word, other);
    }
    let folder = repository().join("target/systems").join(format!("gateway-{name}"));
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("bulkhead.toml");
    fs::write(&file, system).expect("the system file");
    file
}

#[test]
fn a_device_that_is_not_as_the_gateway_needs_it_ends_it_with_what_would_be_right() {
    for (name, word, other, expected) in [
        (
            "other-name",
            "name = \"net\"",
            "name = \"card\"",
            "the system file gives this partition no PCI function",
        ),
        (
            "no-dma",
            "dma = \"iommu\"",
            "dma = \"none\"",
            "it may not read and write memory: it works with dma = \"iommu\" or \"unprotected\"",
        ),
    ] {
        let built = build_file_for(Some(Processor::X86_64), &variant(name, &[(word, other)]));
        let devices = Devices::open(built.system.emulations(), &[], &[]).expect("nothing is asked for");
        let options = RunOptions { devices, time_limit: Some(40_000_000), ..RunOptions::default() };
        let transcript = run_built(&built, &options);
        transcript.expect("gateway", &format!("the device `net`: {expected}"));
        let all = transcript.all();
        assert_eq!(transcript.facts.ends.get("gateway"), Some(&PartitionEnd::Halted(1)), "{all}");
    }
}

/// What is sent to the partition as fast as it goes, from two sides.
const FLOODS: usize = 2;

#[test]
fn a_flood_of_datagrams_costs_the_others_nothing() {
    // Whoever begins later than without a flood is told of.
    let keys = "name = \"control\"\nmax-lateness = \"2 us\"\n";
    // Who is heard last is somebody of the flood, so that samples go to a client of a fixed port.
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let place = format!("to 10.0.2.2:{}", socket.local_addr().expect("it has one").port());
    let flooded = variant("flood", &[("name = \"control\"\n", keys), ("to sender", &place)]);
    let transcript = run(flooded, |port, station| {
        let client = Client::of(socket, port);
        client.until(&command(MOVE, 100), |sample| sample.obeyed > 0);
        let floods = AtomicBool::new(true);
        thread::scope(|scope| {
            for _ in 0..FLOODS {
                scope.spawn(|| {
                    let client = Client::new(port);
                    while floods.load(Ordering::Relaxed) {
                        for bytes in [&[7; 12][..], &[7; 1472], b"", &command(MOVE, 200)] {
                            client.send(bytes);
                        }
                    }
                });
            }
            scope.spawn(|| {
                let client = Client::new(station);
                while floods.load(Ordering::Relaxed) {
                    client.send(&[7; 1472]);
                }
            });
            // Until the flood has commanded for a while, and a queue has been full.
            client.until(&command(MOVE, -200), |sample| sample.obeyed > 200);
            floods.store(false, Ordering::Relaxed);
        });
        Client::new(station).echo(b"still there");
        client.until(&command(MOVE, 60), |sample| sample.position == 60);
        while client.sample().is_some() {
            client.send(&command(STOP, 0));
        }
    });
    let all = transcript.all();
    assert_eq!(transcript.ending, Ending::Interrupted(2), "{all}");
    assert_eq!(transcript.facts.ends.get("control"), Some(&PartitionEnd::Halted(0)), "{all}");
    transcript.expect("control", " 0 deadlines missed");
    assert_eq!(transcript.facts.decisions.iter().count(), 0, "no window is late or lost: {all}");
    let refused = transcript.of("gateway").into_iter().rfind(|line| line.contains("refused: "));
    assert!(refused.is_some_and(|line| !line.ends_with(" 0 without room")), "a queue was full: {all}");
}

/// How many frames are damaged.
const DAMAGED: usize = 3000;

/// The other end of the wire is the test's: QEMU sends and takes each frame as a datagram of this machine.
#[test]
fn frames_that_are_damaged_change_nothing() {
    let file = variant("frames", &[("emulate = \"virtio-net\"\n", "")]);
    let built = build_file_for(Some(Processor::X86_64), &file);
    let wire = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let own = wire.local_addr().expect("it has one").port();
    // A port that is free, as far as one can know.
    let free = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
    let qemu_arguments = [
        "-netdev".to_owned(),
        format!("socket,id=wire,udp=127.0.0.1:{own},localaddr=127.0.0.1:{free}"),
        "-device".to_owned(),
        "virtio-net-pci-non-transitional,netdev=wire,mac=52:54:00:12:34:56,romfile=,iommu_platform=on,addr=04.0"
            .to_owned(),
    ]
    .to_vec();
    let timeout = Some(Duration::from_secs(300));
    let options = RunOptions { qemu_arguments, timeout, ..RunOptions::default() };
    let transcript = run_beside(&built, &options, || {
        wire.connect(("127.0.0.1", free)).expect("it can be");
        wire.set_read_timeout(Some(Duration::from_secs(1))).expect("a time");
        let mut end = End { wire, peer: Peer::new([SocketAddrV4::new(Ipv4Addr::new(10, 0, 2, 15), 5000)]) };
        end.until(&command(MOVE, 100), 100);
        let right = end.peer.frame(0, CLIENT, &command(MOVE, 777)).expect("it fits");
        for number in 0..DAMAGED {
            let _ = end.wire.send(&damaged(&right, number));
        }
        end.until(&command(MOVE, -100), -100);
        while end.sample().is_some() {
            end.send(&command(STOP, 0));
        }
    });
    let all = transcript.all();
    assert_eq!(transcript.facts.ends.get("control"), Some(&PartitionEnd::Halted(0)), "{all}");
    assert!(!transcript.of("control").iter().any(|line| line.contains("777")), "{all}");
    transcript.expect("control", "done at -100 mm: ");
    transcript.expect("control", " 0 deadlines missed");
    assert_eq!(transcript.facts.decisions.iter().count(), 0, "{all}");
}

/// The port of the client that the test is.
const CLIENT: u16 = 40000;

/// The right frame with something wrong: cut, longer, with other bits, or with nothing right but its beginning.
fn damaged(right: &[u8], number: usize) -> Vec<u8> {
    let mut frame = right.to_vec();
    let (place, bit) = (number / 8 % right.len(), number % 8);
    // From which station it comes nobody can check: it would be right.
    let place = if (6..12).contains(&place) { place + 6 } else { place };
    match number % 4 {
        // To QEMU an empty one is the end of the wire.
        0 => frame.truncate(place.max(1)),
        1 | 2 => frame[place] ^= 1 << bit,
        _ => {
            let kept = place.min(34);
            frame.truncate(kept);
            frame.extend((0..number % 1400).map(|byte| ((byte * number) >> 3) as u8));
        }
    }
    frame
}

/// The test's end of the wire, with one client there.
struct End {
    wire: UdpSocket,
    peer: Peer,
}

impl End {
    fn send(&mut self, datagram: &[u8]) {
        let frame = self.peer.frame(0, CLIENT, datagram).expect("it fits");
        // Nobody is there any more when the run has ended.
        let _ = self.wire.send(&frame);
    }

    /// The position that the next sample says, if one comes in a second.
    fn sample(&mut self) -> Option<i32> {
        let mut frame = [0; 2048];
        for _ in 0..SAMPLES {
            let length = self.wire.recv(&mut frame).ok()?;
            match self.peer.take(&frame[..length]) {
                Wish::Nothing => {}
                Wish::Answer(answer) => drop(self.wire.send(&answer)),
                Wish::Send { datagram, .. } => {
                    return datagram[8..12].try_into().ok().map(i32::from_be_bytes);
                }
            }
        }
        None
    }

    /// Sends until a sample has this position.
    fn until(&mut self, datagram: &[u8], position: i32) {
        for _ in 0..TRIES {
            self.send(datagram);
            let found = (0..SAMPLES).map_while(|_| self.sample()).any(|sample| sample == position);
            if found {
                return;
            }
            // Where nobody listens yet, the answer is there at once.
            thread::sleep(Duration::from_millis(100));
        }
        panic!("what is expected does not come");
    }
}
