//! A network for RTEMS: lwIP over a virtual Ethernet, whose other end is the switch of the example `gateway`.

use std::fs;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use bulkhead_tests::needs::{lwip, rtems_kit};
use bulkhead_tests::{Transcript, installation, repository, run_beside};
use bulkhead_tool::build::{Built, check_for};
use bulkhead_tool::host::Host;
use bulkhead_tool::kit::{Kit, flags};
use bulkhead_tool::run::{Devices, Ending, Forward, PartitionEnd, RunOptions};
use bulkhead_tool::system_file::Processor;

use crate::{built, built_example, kit};

bulkhead_tests::tests! {
    rtems_is_commanded_over_udp needs [rtems_kit(Processor::X86_64)],
    lwip_answers_a_client_over_a_virtual_ethernet needs [rtems_kit(Processor::X86_64), lwip()],
}

/// How often the client asks again, once for each second that nothing comes.
const TRIES: usize = 250;

/// What of lwIP the station needs, below `src/`.
const FILES: [&str; 20] = [
    "core/def.c",
    "core/inet_chksum.c",
    "core/init.c",
    "core/ip.c",
    "core/ipv4/acd.c",
    "core/ipv4/autoip.c",
    "core/ipv4/etharp.c",
    "core/ipv4/icmp.c",
    "core/ipv4/ip4.c",
    "core/ipv4/ip4_addr.c",
    "core/ipv4/ip4_frag.c",
    "core/mem.c",
    "core/memp.c",
    "core/netif.c",
    "core/pbuf.c",
    "core/stats.c",
    "core/sys.c",
    "core/timeouts.c",
    "core/udp.c",
    "netif/ethernet.c",
];

/// The example's control partition, on RTEMS: a client's commands reach it, and its samples the client.
fn rtems_is_commanded_over_udp() {
    let built = built_example("gateway", Processor::X86_64);
    let transcript = run_with_client(&built, "net=udp:0:5000", |client| {
        let command = [*b"CMD1", 1_u32.to_be_bytes(), 300_i32.to_be_bytes()].concat();
        let has_arrived = (0..TRIES * 20).any(|turn| {
            // Datagrams get lost.
            if turn % 20 == 0 {
                client.send(&command).expect("it is sent");
            }
            let mut sample = [0; 16];
            client
                .recv(&mut sample)
                .is_ok_and(|length| length == 16 && sample[8..12] == 300_i32.to_be_bytes())
        });
        assert!(has_arrived, "the carriage does not get there");
        // It ends, and has nothing more to say.
        while client.recv(&mut [0; 16]).is_ok() {
            let _ = client.send(&[*b"CMD1", 2_u32.to_be_bytes(), [0; 4]].concat());
        }
    });
    assert_eq!(transcript.facts.ends.get("control"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    transcript.expect("control", "command 1: to 300 mm");
    transcript.expect("control", "done at 300 mm");
}

fn lwip_answers_a_client_over_a_virtual_ethernet() {
    let folder = repository().join("target/systems/kit/lwip");
    fs::create_dir_all(&folder).expect("a folder");
    let station = folder.join("station.exe");
    compile(&lwip().unwrap_or_else(|missing| panic!("{missing}")), &station);

    // The example with this program in the station's place.
    let example = repository().join("examples/gateway");
    let system = fs::read_to_string(example.join("bulkhead.toml")).expect("the system file");
    let own = "../../build/partitions/{architecture}/station.exe";
    assert!(system.contains(own), "{system}");
    let system = system.replace(own, &station.display().to_string());
    let system =
        system.replace("name = \"station\"\nmemory = \"1 MiB\"", "name = \"station\"\nmemory = \"4 MiB\"");
    let system = system.replace("../../build", &repository().join("build").display().to_string());
    let control = example.join("control.c").display().to_string();
    let file = folder.join("bulkhead.toml");
    fs::write(&file, system.replace("\"control.c\"", &format!("\"{control}\""))).expect("the system file");
    let system = check_for(Some(Processor::X86_64), &file).unwrap_or_else(|error| panic!("{error}"));
    let built = built(system, "lwip", Processor::X86_64);

    let transcript = run_with_client(&built, "net=udp:0:10.0.2.16:7", |client| {
        for bytes in [&b"hello"[..], &[7; 1472], b"x"] {
            echo(client, bytes);
        }
    });
    transcript.expect("station", "lwIP is at 10.0.2.16");
    assert_eq!(transcript.ending, Ending::Interrupted(2), "{}", transcript.all());
}

/// Runs a system with one port forwarded, and beside it a client of that port, which waits a second for what comes.
fn run_with_client(built: &Built, forward: &str, beside: impl FnOnce(&UdpSocket) + Send) -> Transcript {
    let forward: Forward = forward.parse().expect("a forward");
    let devices = Devices::open(built.system.emulations(), &[forward], &[]).expect("a port");
    let port = devices.ports()[0];
    let options = RunOptions { devices, timeout: Some(Duration::from_secs(300)), ..RunOptions::default() };
    run_beside(built, &options, || {
        let client = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        client.connect(("127.0.0.1", port)).expect("it is there");
        client.set_read_timeout(Some(Duration::from_secs(1))).expect("a time");
        beside(&client);
    })
}

/// Sends bytes until the same ones come back.
fn echo(client: &UdpSocket, bytes: &[u8]) {
    for _ in 0..TRIES {
        client.send(bytes).expect("somebody is there");
        let mut back = [0; 2048];
        if client.recv(&mut back).is_ok_and(|length| back[..length] == *bytes) {
            return;
        }
    }
    panic!("{} bytes do not come back", bytes.len());
}

/// Builds the station with lwIP and the driver.
fn compile(lwip: &Path, station: &Path) {
    let kit =
        Kit::find_for(Processor::X86_64, &kit(Processor::X86_64)).unwrap_or_else(|error| panic!("{error}"));
    let flags = flags(&kit, &installation(), Host::Bulkhead, true, true, &mut |_| {});
    let flags = flags.unwrap_or_else(|error| panic!("{error}"));
    let own = repository().join("tests/tests/kit/programs/lwip");
    let driver = repository().join("rtems/lwip");
    let mut command = Command::new(kit.compiler.as_ref().expect("a compiler"));
    command.args(["-O2", "-Wall", "-Werror"]);
    for folder in [&own, &driver, &lwip.join("include")] {
        command.arg("-I").arg(folder);
    }
    command.arg(own.join("station.c")).arg(driver.join("bulkhead_netif.c"));
    // Not every version has all of them.
    let files = FILES.iter().map(|file| lwip.join(file)).filter(|file: &PathBuf| file.is_file());
    let output = command.args(files).args(&flags).arg("-o").arg(station).output().expect("the compiler runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
