//! Devices that partitions own: what is shown of them, hosts that have none, and what is said of those that are not
//! isolated.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::running::{PLAY, Stage, compare, text};
use crate::support::folder;

/// What a system owns, on both processors.
const DEVICES: &str = r#"
[[region]]
name = "frames"
size = "64 KiB"
partitions = [{ partition = "first", access = "read-write", doorbell = 15 }]

[[device]]
name = "uart2"
owner = "second"
processor = "x86_64"
ports = [{ first = 0x2f8, count = 8, width = 1 }]
interrupts = [{ number = 3, line = 9 }]

[[device]]
name = "uart2"
owner = "second"
processor = "leon3"
interrupts = [{ number = 5, trigger = "level" }]
registers = [{ address = 0x80000a00, size = "16 B", width = 4, allow = [
    { offset = 4, size = 8, write = true },
    { offset = 0, write = 0xff },
] }]

[[device]]
name = "disk"
owner = "first"
processor = "x86_64"
dma = "unprotected"
memory = [{ address = "0xfebf0000", size = 0x2000, write = true }, { address = 0xfebf4000, size = 0x1000 }]
interrupts = [{ number = 11, trigger = "level", polarity = "low" }]
"#;

/// A folder with a system that has the devices, and a script in QEMU's place.
fn stage(name: &str) -> Stage {
    let stage = Stage::new(&format!("devices-{name}"), PLAY);
    let file = stage.folder.join("bulkhead.toml");
    let system = fs::read_to_string(&file).expect("the system file");
    fs::write(file, system.replace("image = \"a.elf\"", "image = \"a-{architecture}.elf\"") + DEVICES)
        .expect("it");
    fs::copy(stage.folder.join("a.elf"), stage.folder.join("a-i386.elf")).expect("an image");
    stage
}

fn bulkhead(work: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
    command.args(arguments).current_dir(work).env("BULKHEAD_LIB", "library");
    command.output().expect("bulkhead runs")
}

/// What is said of the device that is not isolated.
const WARNING: &str = "\
bulkhead.toml:53:7: warning: `disk` can write the memory of everybody: `first` tells it where
  53 | dma = \"unprotected\"
     |       ^^^^^^^^^^^^^
  help: nothing stands between them: look at what runs in `first` as at the kernel
";

#[test]
fn check_and_build_show_devices_and_say_what_is_not_isolated() {
    let stage = stage("shown");
    let said = |arguments: &[&str]| {
        let output = bulkhead(&stage.folder, arguments);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        (text(&output.stdout), text(&output.stderr))
    };
    let (table, warning) = said(&["check"]);
    assert_eq!(warning, WARNING);
    compare("devices.expected", &table);
    let (json, nothing) = said(&["check", "--json"]);
    assert_eq!(nothing, "");
    compare("devices-json.expected", &json);
    let (map, warning) = said(&["build"]);
    assert_eq!(warning, WARNING);
    for line in ["  0xfebf0000 - 0xfebf2000       8 KiB  device disk of first", "0xfebf4000 - 0xfebf5000"] {
        assert!(map.contains(line), "{map}");
    }
    let (dot, warning) = said(&["graph", "--format", "dot"]);
    assert_eq!(warning, "");
    assert!(dot.contains("\"partition first\" -> \"device disk\""), "{dot}");
    assert!(dot.contains("label=\"uart2\\nports 0x2f8, interrupt 3: line 9\""), "{dot}");
    let (svg, _) = said(&["graph"]);
    let what = "memory 0x00240000, memory 0x00252000, interrupt 11: line 14, DMA unprotected";
    assert!(svg.contains(what), "{svg}");
}

#[test]
fn a_run_says_what_is_not_isolated_and_so_does_its_report() {
    let stage = stage("run");
    let output = stage.run(&[]);
    let (shown, warning) = (text(&output.stdout), text(&output.stderr));
    assert!(warning.starts_with(WARNING), "{warning}");
    let title = "\nnot isolated: devices that can write the memory of everybody\n  disk of first\n";
    assert!(shown.contains(title), "{shown}");
    let output = stage.run(&["--json"]);
    let begin = text(&output.stdout).lines().next().map(str::to_owned).expect("a line");
    let warning = "{\"severity\":\"warning\",\"kind\":\"system-file\",\"message\":\"`disk` can";
    assert!(begin.contains(warning), "{begin}");
}

/// A PCI function of which the system file does not say what QEMU is to be there, and one of which it does.
const FUNCTIONS: &str = r#"
[[device]]
name = "net"
owner = "second"
processor = "x86_64"
pci = "00:04.0"
emulate = "virtio-net"

[[device]]
name = "card"
owner = "second"
processor = "x86_64"
pci = "00:05.0"
"#;

#[test]
fn what_is_not_on_the_bus_is_told_before_a_run_begins() {
    let stage = stage("bus");
    let file = stage.folder.join("bulkhead.toml");
    let system = fs::read_to_string(&file).expect("the system file");
    fs::write(&file, system + FUNCTIONS).expect("it");
    let said = |arguments: &[&str]| {
        let output = stage.run(arguments);
        (output.status.code(), text(&output.stderr))
    };
    let (status, nothing) = said(&[]);
    assert_eq!(status, Some(64), "{nothing}");
    assert!(
        nothing.contains("error: nothing is where `card` is to be on the PCI bus\n  help: say what"),
        "{nothing}"
    );
    let card = ["--", "-device", "e1000e,addr=05.0"];
    // What is played ends so.
    let (status, warnings) = said(&card);
    assert_eq!(status, Some(2), "{warnings}");
    let (status, unknown) = said(&[&["--forward", "card=udp:0:1"][..], &card].concat());
    assert_eq!(status, Some(64), "{unknown}");
    let expected =
        "error: --forward card: there is no emulated device of this name\n  help: devices: `net`\n";
    assert!(unknown.ends_with(expected), "{unknown}");
    let (status, forwarded) = said(&[&["--forward", "net=udp:0:7"][..], &card].concat());
    assert_eq!(status, Some(2), "{forwarded}");
    assert!(
        forwarded.contains("note: 127.0.0.1:") && forwarded.contains(" (udp) is port 7 behind `net`"),
        "{forwarded}"
    );
}

#[test]
fn what_is_on_the_board_need_not_be_told() {
    let stage = stage("board");
    let file = stage.folder.join("bulkhead.toml");
    let system = fs::read_to_string(&file).expect("the system file");
    for (place, status) in [("00:1f.2", 2), ("00:1f.3", 2), ("00:1f.4", 64)] {
        fs::write(&file, [&system, FUNCTIONS].concat().replace("00:05.0", place)).expect("it");
        let output = stage.run(&[]);
        assert_eq!(output.status.code(), Some(status), "{place}: {}", text(&output.stderr));
    }
}

/// A disk of the first partition's.
const DISK: &str = r#"
[[device]]
name = "store"
owner = "first"
processor = "x86_64"
pci = "00:06.0"
emulate = "virtio-blk"
"#;

#[test]
fn a_disk_is_nothing_that_the_run_reads_or_writes_besides() {
    let stage = stage("besides");
    let file = stage.folder.join("bulkhead.toml");
    let system = fs::read_to_string(&file).expect("the system file");
    // As long as a disk could be.
    let system = system + DISK;
    let blanks = system.len().next_multiple_of(512) - system.len();
    let system = system + &"\n".repeat(blanks);
    fs::write(&file, &system).expect("it");
    let (disk, contents) = (stage.folder.join("disk.img"), [7; 1024]);
    fs::write(&disk, contents).expect("a disk");
    std::os::unix::fs::symlink("disk.img", stage.folder.join("again.img")).expect("a link");
    for (arguments, expected) in [
        (&["--transcript", "disk.img"][..], "disk.img cannot be both --transcript and the disk `store`"),
        (&["--transcript", "again.img"], "disk.img cannot be both --transcript and the disk `store`"),
        (&["--console", "first=file:disk.img"], "cannot be both the console of first and the disk `store`"),
        (&["--disk", "other=again.img"], "again.img cannot be both the disk `store` and the disk `other`"),
        (&["--disk", "store=again.img"], "`store` has two files: disk.img and again.img"),
    ] {
        let output = stage.run(&[&["--disk", "store=disk.img"], arguments].concat());
        let said = text(&output.stderr);
        assert_eq!((output.status.code(), said.contains(expected)), (Some(64), true), "{said}");
        assert_eq!(fs::read(&disk).expect("the disk"), contents, "{arguments:?}");
    }
    for (what, argument) in [("--disk", "store=bulkhead.toml"), ("--console", "first=file:bulkhead.toml")] {
        let outputs =
            [stage.run(&[what, argument]), bulkhead(&stage.folder, &["top", "--plain", what, argument])];
        for output in outputs {
            let said = text(&output.stderr);
            let expected =
                format!("{what} bulkhead.toml would overwrite ./bulkhead.toml, which the command reads");
            assert_eq!((output.status.code(), said.contains(&expected)), (Some(64), true), "{said}");
            assert_eq!(fs::read_to_string(&file).expect("the system file"), system);
        }
    }
}

#[test]
fn what_was_built_does_not_say_what_is_emulated() {
    let stage = stage("built");
    let output = bulkhead(&stage.folder, &["build", "-o", "built.elf"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for (option, value) in [("--forward", "net=udp:0:7"), ("--disk", "disk=a")] {
        let output = bulkhead(&stage.folder, &["run", option, value, "built.elf"]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(64), "{said}");
        let expected =
            format!("error: built.elf does not say what QEMU is to be: {option} has no device\n  help: give");
        assert!(said.starts_with(&expected), "{said}");
    }
}

/// The same file for the other processor: that one's devices, and nothing to warn of.
#[test]
fn a_device_is_there_for_its_processor() {
    let work: PathBuf = folder("devices-leon3");
    let system = fs::read_to_string(stage("for").folder.join("bulkhead.toml")).expect("the system file");
    fs::write(
        work.join("bulkhead.toml"),
        system.replace("image = \"a-{architecture}.elf\"", "sources = [\"a.c\"]"),
    )
    .expect("it");
    fs::write(work.join("a.c"), "").expect("a source");
    let output = bulkhead(&work, &["check", "--arch", "leon3"]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    let shown = text(&output.stdout);
    let lines: Vec<&str> = shown.lines().skip_while(|line| *line != "devices").skip(1).take(3).collect();
    let expected = [
        "  device  owner   dma   number  kind       what",
        "  uart2   second  none       0  interrupt  5, level, high, line 15",
        "                             1  registers  0x80000a00, 16 B, 4 bytes wide, 2 rules",
    ];
    assert_eq!(lines, expected, "{shown}");
}

#[test]
fn other_hosts_refuse_devices_before_anything_is_built() {
    let stage = stage("hosts");
    let file = stage.folder.join("bulkhead.toml");
    let system = fs::read_to_string(&file).expect("the system file");
    // Without the region, which XtratuM and POK refuse too.
    let (before, behind) = (system.find("[[region]]"), system.find("[[device]]"));
    let region = before.expect("a region")..behind.expect("a device");
    fs::write(file, system.replacen(&system[region], "", 1)).expect("the system file");
    for (host, title) in [("xen", "Xen"), ("xtratum", "XtratuM"), ("pok", "POK")] {
        let output = bulkhead(&stage.folder, &["build", "--host", host]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(65), "{host}: {said}");
        for place in ["bulkhead.toml:28:8", "bulkhead.toml:45:8"] {
            let refusal = format!("{place}: error: partitions cannot own devices on {title}\n");
            assert!(said.contains(&refusal), "{host}: {said}");
        }
        assert!(!stage.folder.join("build").exists(), "{host}: something was built");
    }
}
