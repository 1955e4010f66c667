//! The devices that QEMU puts at the places of the PCI bus that partitions own, and what of this machine they reach.

mod contents;
mod disk;
mod forward;
mod peer;
mod wire;

use std::process::Command;
use std::sync::Arc;

use crate::error::{Error, Message, Result};
use crate::system_file::device::{Emulated, Emulation};
use crate::unnamed::Unnamed;

pub(crate) use contents::{Contents, PARTS_MAX};
pub use disk::DiskFile;
pub use forward::{Forward, Protocol};
pub use peer::{Peer, Wish};

use disk::OpenDisk;
use forward::Link;
use peer::GUEST_STATION;
pub(super) use wire::{Connected, Wire};

use super::log::Log;

/// How a network device sends by the machine's clock: so many nanoseconds behind the partition's word.
const SENDING_BY_TIMER: &str = ",tx=timer,x-txtimer=1000";

/// What of this machine the emulated devices reach, found and opened.
#[derive(Clone, Debug, Default)]
pub struct Devices(Vec<(Emulation, Reached)>);

/// What of this machine a device reaches.
#[derive(Clone, Debug)]
enum Reached {
    /// A network device: ports that are forwarded to it.
    Network(Arc<Link>),
    /// A network device at whose wire nobody is, and which sends by the machine's clock.
    Nobody,
    /// A disk: a file.
    Disk(Arc<OpenDisk>),
    /// A disk of a run that is repeated: what was on it when the run began.
    OldDisk(Arc<Unnamed>),
    /// QEMU's device for learners: nothing.
    Education,
}

impl Devices {
    /// Whether there are none.
    pub(super) const fn are_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Finds and opens what the devices of a system are to reach.
    ///
    /// # Errors
    /// If something is named that is not there, or cannot be had.
    pub fn open(emulated: Vec<Emulation>, forwards: &[Forward], disks: &[DiskFile]) -> Result<Self> {
        for forward in forwards {
            let option = format!("--forward {}", forward.name);
            let has = "is no network device: only `emulate = \"virtio-net\"` has ports";
            named(&emulated, &option, &forward.name, Emulated::Network, has)?;
        }
        for disk in disks {
            let option = format!("--disk {}", disk.name);
            let has = "is no disk: only `emulate = \"virtio-blk\"` has a file";
            named(&emulated, &option, &disk.name, Emulated::Disk, has)?;
        }
        for (number, forward) in forwards.iter().enumerate() {
            forward.refuse_beside(&forwards[..number])?;
        }
        let reached = |emulation: Emulation| {
            let name = &emulation.name;
            let reached = match emulation.kind {
                Emulated::Network => Reached::Network(Arc::new(Link::open(name, forwards)?)),
                Emulated::Disk => Reached::Disk(Arc::new(OpenDisk::open(name, disks)?)),
                Emulated::Education => Reached::Education,
            };
            Ok((emulation, reached))
        };
        emulated.into_iter().map(reached).collect::<Result<_>>().map(Self)
    }

    fn links(&self) -> impl Iterator<Item = &Link> {
        self.0.iter().filter_map(|(_, reached)| match reached {
            Reached::Network(link) => Some(&**link),
            Reached::Nobody | Reached::Disk(_) | Reached::OldDisk(_) | Reached::Education => None,
        })
    }

    /// Those of a run that is repeated, which reach nothing: its disks begin with what is in these files, in their
    /// order. Nothing if there are not as many, or a device is none that can be in a log.
    pub(crate) fn repeated(emulated: Vec<Emulation>, disks: Vec<Unnamed>) -> Option<Self> {
        let mut disks = disks.into_iter();
        let reached = |emulation: Emulation| {
            let reached = match emulation.kind {
                Emulated::Network => Reached::Network(Arc::new(Link::of_nobody())),
                Emulated::Disk => Reached::OldDisk(Arc::new(disks.next()?)),
                Emulated::Education => return None,
            };
            Some((emulation, reached))
        };
        let devices = emulated.into_iter().map(reached).collect::<Option<_>>()?;
        disks.next().is_none().then_some(Self(devices))
    }

    /// Networks at which nobody is: all that these do is done by the machine's clock.
    pub(crate) fn of_nobody(networks: Vec<Emulation>) -> Self {
        Self(networks.into_iter().map(|emulation| (emulation, Reached::Nobody)).collect())
    }

    /// The first device of which QEMU's log does not have all that it does.
    pub(crate) fn unlogged(&self) -> Option<&str> {
        let mut devices = self.0.iter().filter(|(_, reached)| matches!(reached, Reached::Education));
        devices.next().map(|(emulation, _)| emulation.name.as_str())
    }

    /// What is on the disks, in their order.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn contents(&self) -> Result<Vec<Contents>> {
        let disks = self.0.iter().filter_map(|(_, reached)| match reached {
            Reached::Disk(disk) => Some(disk),
            _ => None,
        });
        disks.map(|disk| disk.contents()).collect()
    }

    /// What is to be known of each forwarded port.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        self.links().flat_map(Link::told).collect()
    }

    /// This machine's ports that are forwarded, those of datagrams first, in the order of the devices.
    #[must_use]
    pub fn ports(&self) -> Vec<u16> {
        self.links().flat_map(|link| link.ports().map(|(host, _, _)| host)).collect()
    }

    /// Adds the devices to QEMU's arguments; the wires to connect when it has started.
    ///
    /// With a log all that they do is done by the machine's clock, or is in the log: a network device sends by a
    /// timer, since QEMU 7.2 otherwise does so when the host has time.
    pub(super) fn add_to(&self, command: &mut Command, log: Option<&Log>) -> Result<Vec<Wire>> {
        let mut wires = Vec::new();
        for (Emulation { name, device, behind_iommu, .. }, reached) in &self.0 {
            let place = format!("bus=pcie.0,addr={device:02x}.0");
            // Behind an IOMMU virtio devices ask for addresses as other devices do only when they are told to.
            let iommu = if *behind_iommu { ",iommu_platform=on" } else { "" };
            let is_by_clock = log.is_some() || matches!(reached, Reached::Nobody);
            let kick = if is_by_clock { ",ioeventfd=off" } else { "" };
            let timer = if is_by_clock { SENDING_BY_TIMER } else { "" };
            let network = |id: &str| {
                // It boots nothing, and the file for that need not be there.
                let station = GUEST_STATION.to_string().replace('-', ":");
                format!(
                    "virtio-net-pci-non-transitional,netdev={id},mac={station},romfile={iommu}{kick}{timer}"
                )
            };
            let drive = |id: &str| {
                // What this machine's disk has no room for is an error of the partition's: QEMU would stop instead.
                format!("virtio-blk-pci-non-transitional,drive={id},werror=report{iommu}{kick}")
            };
            // A name can be longer than a block device's may be.
            let id = format!("device-{device:02x}");
            let what = match reached {
                Reached::Education => "edu".to_owned(),
                Reached::Network(link) => {
                    let netdev = match link.user_network(&id) {
                        Some(netdev) => netdev,
                        None => {
                            let forwarded = link.forwarded();
                            let wire = match log {
                                Some(Log::Record(_)) => Wire::of_datagrams(forwarded),
                                _ => Wire::new(forwarded),
                            };
                            let wire = wire.map_err(|error| {
                                Error::Environment(Message::new(format!("`{name}` has no wire: {error}")))
                            })?;
                            let netdev = wire.words(&id);
                            wires.push(wire);
                            netdev
                        }
                    };
                    command.args(["-netdev", &netdev]);
                    if log.is_some() {
                        command.args(["-object", &format!("filter-replay,id=log-{id},netdev={id}")]);
                    }
                    network(&id)
                }
                Reached::Nobody => {
                    command.args(["-netdev", &format!("hubport,id={id},hubid={device}")]);
                    network(&id)
                }
                Reached::Disk(disk) => {
                    command.args(["-blockdev", &disk.node(&id, log.is_some())]);
                    drive(&id)
                }
                Reached::OldDisk(file) => {
                    let [image, logged] = disk::repeated(&file.path(), &id);
                    command.args(["-drive", &image, "-drive", &logged]);
                    drive(&id)
                }
            };
            command.args(["-device", &format!("{what},{place}")]);
        }
        Ok(wires)
    }
}

/// Complains about an option for a device that is not there, or is another one.
fn named(emulated: &[Emulation], option: &str, name: &str, kind: Emulated, has: &str) -> Result<()> {
    match emulated.iter().find(|emulation| emulation.name == name) {
        Some(found) if found.kind == kind => Ok(()),
        found => {
            let names: Vec<&str> = emulated
                .iter()
                .filter(|emulation| emulation.kind == kind)
                .map(|emulation| emulation.name.as_str())
                .collect();
            let (text, help) = match found {
                Some(_) => {
                    (format!("{option}: `{name}` {has}"), "name another device, or leave it out".to_owned())
                }
                None => (
                    format!("{option}: there is no emulated device of this name"),
                    crate::diagnostics::known_names(name, "devices", &names),
                ),
            };
            Err(Error::Usage(Message::new(text).help(help)))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;

    fn emulation(name: &str, kind: Emulated, device: u8) -> Emulation {
        Emulation { name: name.to_owned(), kind, device, behind_iommu: false }
    }

    /// QEMU's arguments for the devices.
    fn arguments(devices: &Devices) -> Vec<String> {
        let mut command = Command::new("qemu");
        devices.add_to(&mut command, None).expect("wires");
        command.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect()
    }

    fn failure(devices: Result<Devices>) -> String {
        devices.map(|_| ()).expect_err("a failure").to_string()
    }

    fn all() -> Vec<Emulation> {
        vec![
            emulation("net", Emulated::Network, 4),
            emulation("disk", Emulated::Disk, 5),
            Emulation { behind_iommu: true, ..emulation("edu", Emulated::Education, 0x1e) },
        ]
    }

    #[test]
    fn each_device_is_at_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a,b.img");
        File::create(&path).and_then(|file| file.set_len(1024)).expect("a file");
        let disk = DiskFile { name: "disk".to_owned(), path };
        let devices = Devices::open(all(), &[], &[disk]).expect("everything is there");
        let arguments = arguments(&devices);
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ["-netdev", wire, "-device", network, "-blockdev", node, "-device", disk, "-device", edu] =
            words[..]
        else {
            panic!("{words:?}")
        };
        assert!(wire.starts_with("socket,id=device-04,fd="), "{wire}");
        assert!(
            network.starts_with("virtio-net-pci-non-transitional,netdev=device-04,mac=52:54:00:12:34:56,")
        );
        assert!(network.ends_with(",bus=pcie.0,addr=04.0"), "{network}");
        assert!(node.ends_with("/a,,b.img") && node.contains("node-name=device-05"), "{node}");
        assert_eq!(
            disk,
            "virtio-blk-pci-non-transitional,drive=device-05,werror=report,bus=pcie.0,addr=05.0"
        );
        assert_eq!(edu, "edu,bus=pcie.0,addr=1e.0");
    }

    #[test]
    fn what_a_device_does_is_in_the_log_or_by_the_machines_clock() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a,b.img");
        File::create(&path).and_then(|file| file.set_len(1024)).expect("a file");
        let disk = DiskFile { name: "disk".to_owned(), path };
        let mut emulated = all();
        let devices =
            Devices::open(emulated.clone(), &[], std::slice::from_ref(&disk)).expect("they are there");
        assert_eq!(devices.unlogged(), Some("edu"));
        assert_eq!(devices.contents().expect("read").iter().map(|it| it.size).collect::<Vec<_>>(), [1024]);
        drop(devices);
        emulated.pop();
        let recorded = Devices::open(emulated.clone(), &[], &[disk]).expect("they are there");
        assert_eq!(recorded.unlogged(), None);
        let unnamed = || Unnamed::create("disk").expect("a file in memory");
        let old = unnamed();
        let image =
            format!("if=none,id=image-device-05,snapshot=on,format=raw,file={}", old.path().display());
        let repeated = Devices::repeated(emulated.clone(), vec![old]).expect("they are there");
        let of = |devices: &Devices, log: Log| {
            let mut command = Command::new("qemu");
            devices.add_to(&mut command, Some(&log)).expect("wires");
            let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
            words.collect::<Vec<_>>()
        };
        let replay = Log::Replay { path: "/log".into(), cut_short: None, chooses_input: false };
        let [recorded, repeated] = [of(&recorded, Log::Record("/log".into())), of(&repeated, replay)];
        for (words, wire) in
            [(&recorded, "dgram,id=device-04,local.type=fd,"), (&repeated, "socket,id=device-04,fd=")]
        {
            assert!(words[1].starts_with(wire), "{words:?}");
            assert_eq!(words[3], "filter-replay,id=log-device-04,netdev=device-04");
            assert!(words[5].contains(",ioeventfd=off,tx=timer,x-txtimer=1000,"), "{words:?}");
            assert!(
                words[words.len() - 1].contains(",drive=device-05,werror=report,ioeventfd=off,"),
                "{words:?}"
            );
        }
        assert!(
            recorded[7].starts_with("driver=blkreplay,node-name=device-05,image.driver=raw,"),
            "{recorded:?}"
        );
        assert_eq!(
            repeated[7..10],
            [&image, "-drive", "if=none,driver=blkreplay,node-name=device-05,image=image-device-05",]
        );
        assert!(Devices::repeated(emulated.clone(), Vec::new()).is_none());
        assert!(Devices::repeated(emulated, vec![unnamed(), unnamed()]).is_none());
        assert!(Devices::repeated(all(), vec![unnamed()]).is_none());
    }

    #[test]
    fn virtio_behind_an_iommu_is_told_so() {
        let emulated = vec![Emulation { behind_iommu: true, ..emulation("net", Emulated::Network, 4) }];
        let devices = Devices::open(emulated, &[], &[]).expect("everything is there");
        assert!(arguments(&devices)[3].contains(",iommu_platform=on,"));
    }

    #[test]
    fn streams_come_by_qemus_network_which_is_closed_but_for_them() {
        let forward: Forward = "net=tcp:0:80".parse().expect("a forward");
        let devices =
            Devices::open(vec![emulation("net", Emulated::Network, 4)], &[forward], &[]).expect("a port");
        let netdev = &arguments(&devices)[1];
        let (before, behind) = netdev.split_once(",hostfwd=tcp:127.0.0.1:").expect("a forwarded port");
        assert_eq!(before, "user,id=device-04,restrict=on,ipv6=off,host=10.0.2.2");
        let port = behind.strip_suffix("-10.0.2.15:80").expect("the partition's port");
        assert_eq!(devices.told(), [format!("127.0.0.1:{port} (tcp) is port 80 behind `net`")]);
    }

    #[test]
    fn options_for_what_is_not_there_say_what_is() {
        let open = |forwards: &[&str], disks: &[&str]| {
            let forwards: Vec<Forward> =
                forwards.iter().map(|text| text.parse().expect("a forward")).collect();
            let disks: Vec<DiskFile> = disks.iter().map(|text| text.parse().expect("a disk")).collect();
            failure(Devices::open(all(), &forwards, &disks))
        };
        for (forwards, disks, expected) in [
            (
                &["nett=udp:1"][..],
                &[][..],
                "there is no emulated device of this name\n  help: did you mean `net`?",
            ),
            (&["disk=udp:1"], &[], "`disk` is no network device"),
            (&[], &["net=a"], "`net` is no disk"),
            (
                &["net=udp:1:5", "net=udp:1:6"],
                &[],
                "port 1 (udp) of this machine cannot be forwarded to two ports",
            ),
            (&["net=udp:0:5", "net=tcp:0:5"], &[], "`net` has ports of both udp and tcp"),
            (&[], &[], "`disk` has no file: it is an emulated disk\n  help: add --disk disk=FILE"),
            (
                &[],
                &["disk=/nowhere/disk"],
                "/nowhere/disk cannot be opened for reading and writing: No such file or directory (os error 2)\n  \
                 help: make the folder",
            ),
            (
                &[],
                &["disk=/tmp/there-is-no-such-disk"],
                "No such file or directory (os error 2)\n  help: `truncate -s 16M /tmp/there-is-no-such-disk` makes",
            ),
            (&[], &["disk=/tmp"], "/tmp cannot be opened for reading and writing: Is a directory"),
            (&[], &["disk=a", "disk=b"], "`disk` has two files: a and b"),
            (&[], &["disk=/dev/null"], "/dev/null is no file"),
        ] {
            let said = open(forwards, disks);
            assert!(said.contains(expected), "{said}");
        }
    }

    #[test]
    fn a_port_that_somebody_has_is_told() {
        let other = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
        let port = other.local_addr().expect("its address").port();
        let forward: Forward = format!("net=udp:{port}:7").parse().expect("a forward");
        let said = failure(Devices::open(vec![emulation("net", Emulated::Network, 4)], &[forward], &[]));
        let expected = format!(
            "error: port {port} (udp) of this machine is in use\n  help: name another one, or take one that is free: \
             --forward net=udp:0:7"
        );
        assert_eq!(said, expected);
    }

    #[test]
    fn a_disk_has_whole_blocks_and_one_run() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("disk.img");
        let disk = [DiskFile { name: "disk".to_owned(), path: path.clone() }];
        let open = || Devices::open(vec![emulation("disk", Emulated::Disk, 5)], &[], &disk);
        fs::write(&path, [0; 513]).expect("a file");
        let said = failure(open());
        assert!(said.contains("has 513 bytes, which is no disk"), "{said}");
        assert!(said.contains("`truncate -s 1024 "), "{said}");
        fs::write(&path, []).expect("a file");
        let said = failure(open());
        assert!(said.contains("has 0 bytes, which is no disk\n  help: `truncate -s 16M "), "{said}");
        fs::write(&path, [0; 1024]).expect("a file");
        let first = open().expect("it is a disk now");
        let said = failure(open());
        assert!(said.contains("disk.img is the disk of another run"), "{said}");
        drop(first);
        open().expect("nobody has it");
    }

    #[test]
    fn forwards_and_disks_are_read() {
        let forward = |text: &str| text.parse::<Forward>();
        let (name, address) = ("net".to_owned(), peer::GUEST);
        let expected = Forward { name, protocol: Protocol::Udp, host: 5000, address, guest: 5000 };
        assert_eq!(forward("net=udp:5000"), Ok(expected.clone()));
        assert_eq!(forward("net=udp:0:5000"), Ok(Forward { host: 0, ..expected.clone() }));
        let address = std::net::Ipv4Addr::new(10, 0, 2, 16);
        assert_eq!(forward("net=udp:5000:10.0.2.16:7"), Ok(Forward { address, guest: 7, ..expected }));
        for wrong in [
            "net",
            "net=5000",
            "=udp:1",
            "net=udp:",
            "net=udp:0",
            "net=udp:65536",
            "net=sctp:1",
            "net=udp:1:2:3",
            "net=udp:1:10.0.3.16:3",
            "net=udp:1:10.0.2.2:3",
            "net=udp:1:10.0.2.255:3",
            "net=udp:1:10.0.2.16:3:4",
        ] {
            assert!(forward(wrong).is_err_and(|said| said.contains("write NAME=udp:PORT")), "{wrong}");
        }
        for wrong in ["disk", "=a", "disk="] {
            assert!(wrong.parse::<DiskFile>().is_err(), "{wrong}");
        }
    }
}
