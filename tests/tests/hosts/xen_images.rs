//! What `bulkhead build` writes for Xen: images that PVH enters, a configuration of each, the schedule and its script.

use std::fs;
use std::process::Command;

use bulkhead_tests::repository;
use bulkhead_tool::build::Hosted;
use bulkhead_tool::host::Host;
use bulkhead_xen_facts::command_line::Configuration;
use bulkhead_xen_facts::ports::GRANT_FIRST;

use crate::messages;
use crate::support::{build, build_file, build_without_channels, channel_complaint, complaint, large_queue};

bulkhead_tests::tests! {
    a_folder_for_xen_has_everything_that_starts_the_system,
    the_script_for_xen_is_one_that_a_shell_reads,
    windows_that_xen_cannot_keep_are_told_before_anything_is_built,
    each_end_of_a_channel_is_told_the_grants_that_the_other_end_gives,
    ports_that_need_more_pages_than_guests_can_show_are_refused,
    each_guest_is_told_where_the_pages_of_a_region_are,
    regions_that_guests_cannot_show_are_refused,
}

/// A note's name, its length and type before it: "Xen", `XEN_ELFNOTE_PHYS32_ENTRY` (Xen's public/elfnote.h).
const NOTE: [u8; 16] = [4, 0, 0, 0, 4, 0, 0, 0, 18, 0, 0, 0, b'X', b'e', b'n', 0];

fn a_folder_for_xen_has_everything_that_starts_the_system() {
    let built = build_without_channels(Host::Xen, "format");
    let read = |name: &str| {
        fs::read(built.folder.join(name))
            .unwrap_or_else(|error| panic!("{name} in {:?}: {error}", built.folder))
    };
    let text = |name: &str| String::from_utf8_lossy(&read(name)).into_owned();
    for (number, name) in ["control", "telemetry", "rogue"].into_iter().enumerate() {
        let image = read(&format!("{name}.elf"));
        assert!(image.windows(NOTE.len()).any(|bytes| bytes == NOTE), "{name} has no entry for PVH");
        let configuration = text(&format!("{name}.cfg"));
        for line in [
            "type = \"pvh\"".to_owned(),
            format!("name = \"{name}\""),
            format!("kernel = \"{name}.elf\""),
            // The schedule names guests by this.
            format!("uuid = \"62756c6b-6865-6164-0000-{:012x}\"", number + 1),
            "on_poweroff = \"preserve\"".to_owned(),
        ] {
            assert!(configuration.lines().any(|found| found == line), "{line}\n{configuration}");
        }
    }
    // Windows of 8, 6 and 4 ms, and a millisecond each behind the second and the third.
    assert_eq!(
        text("system"),
        "frame 20000000\npartition control 40\npartition telemetry 30\npartition rogue 20\n\
         slot 8000000 control\nslot 6000000 telemetry\nslot 1000000 Domain-0\nslot 4000000 rogue\n\
         slot 1000000 Domain-0\n"
    );
}

fn the_script_for_xen_is_one_that_a_shell_reads() {
    let built = build(Host::Xen, "ticker", None, "script");
    let script = built.folder.join("start.sh");
    let checked = Command::new("sh").arg("-n").arg(&script).status();
    assert!(checked.is_ok_and(|status| status.success()), "{}", script.display());
    let text = fs::read_to_string(&script).unwrap_or_else(|error| panic!("{error}"));
    assert!(text.contains("guests='one two'") && text.contains("xl sched-credit2 -d one -c 40"), "{text}");
}

fn windows_that_xen_cannot_keep_are_told_before_anything_is_built() {
    let system = bulkhead_tool::build::check(&crate::support::example_file("hello"));
    let system = system.unwrap_or_else(|error| panic!("{error:?}"));
    let warnings = Host::Xen.check(&system).unwrap_or_else(|error| panic!("{error:?}"));
    assert!(
        warnings.iter().any(|warning| warning.text.contains("no time for Xen's first domain")),
        "{warnings:?}"
    );
}

/// What the monitor of a partition is told.
fn told(built: &Hosted, name: &str) -> Configuration {
    let text = fs::read_to_string(built.folder.join(format!("{name}.cfg"))).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("cmdline = \"")).unwrap_or_default();
    let mut configuration = Configuration::EMPTY;
    let read = configuration.read(line.trim_end_matches('"').as_bytes());
    assert_eq!(read, Ok(()), "{text}");
    configuration
}

fn each_end_of_a_channel_is_told_the_grants_that_the_other_end_gives() {
    let built = build_file(Host::Xen, &messages::file(), None, "messages-format");
    let guests = ["sender", "receiver"].map(|name| told(&built, name));
    for (number, guest) in guests.iter().enumerate() {
        let other = &guests[1 - number];
        assert_eq!(guest.ports.ports().len(), 3);
        // The ports of both have the same order here.
        for (port, (words, peers)) in guest.ports.with_peers().enumerate() {
            let theirs = other.ports.ports()[port];
            assert_eq!(
                (words.kind, words.message_size, words.depth),
                (theirs.kind, theirs.message_size, theirs.depth)
            );
            assert_ne!(words.direction, theirs.direction);
            assert_eq!((words.own_pages(), words.peer_pages()), (theirs.peer_pages(), theirs.own_pages()));
            assert_eq!(peers.len(), 1);
            assert_eq!(
                (peers[0].partition as usize, peers[0].grant),
                (1 - number, other.ports.grant(port, 0))
            );
        }
    }
    let names: Vec<&[u8]> = guests[1].ports.ports().iter().map(|port| &port.name[..8]).collect();
    assert_eq!(names, [b"rate-in\0", b"orders-i", b"replies-"]);
    assert_eq!(guests[0].ports.ports()[0].refresh, 500_000_000);
    // Guests have to have numbers that follow one another, which the script looks at.
    let script = built.folder.join("start.sh");
    let checked = Command::new("sh").arg("-n").arg(&script).status();
    assert!(checked.is_ok_and(|status| status.success()), "{}", script.display());
    assert!(fs::read_to_string(&script).is_ok_and(|text| text.contains("xl domid")));
}

fn ports_that_need_more_pages_than_guests_can_show_are_refused() {
    let complaint = |depth| channel_complaint(Host::Xen, &large_queue(depth));
    assert_eq!(complaint(29), "");
    let much = complaint(30);
    assert!(much.contains("bulkhead.toml:22:16"), "{much}");
    assert!(much.contains("the ports of one need 481 grants on Xen, and there are 472"), "{much}");
}

fn each_guest_is_told_where_the_pages_of_a_region_are() {
    let file = repository().join("tests/systems/conformance/bulkhead.toml");
    let built = build_file(Host::Xen, &file, None, "regions-format");
    let [checked, peer] = ["checked", "peer"].map(|name| told(&built, name));
    // The first is the first partition's, the second the other's; each is the memory of the one that writes it.
    for (number, (owner, other)) in [(&checked, &peer), (&peer, &checked)].into_iter().enumerate() {
        let [owned, seen] = [owner, other].map(|guest| guest.regions.regions()[number]);
        assert_eq!((owned.owner, owned.writable, owned.readers), (owner.number, true, 1 << other.number));
        assert_eq!((seen.owner, seen.writable, seen.writers), (owner.number, false, 1 << owner.number));
        assert_eq!((owned.pages, seen.pages, owned.name), (1, 1, seen.name));
        assert_eq!(owned.grant, GRANT_FIRST + owner.ports.grants());
        assert_eq!(owned.given().collect::<Vec<_>>(), [(other.number, seen.grant, false)]);
    }
    assert_eq!([0, 1].map(|number| checked.regions.regions()[number].line), [0, 9]);
    assert_eq!((checked.regions.in_system, checked.others(), peer.others()), (2, 2, 1));
}

/// What Xen's check says of a region of this size, at this address for the second of two partitions.
fn region_complaint(size: &str, address: &str) -> String {
    let region = format!(
        "[[region]]\nname = \"frames\"\nsize = \"{size}\"\npartitions = [\n\
         {{ partition = \"one\", access = \"read-write\" }},\n\
         {{ partition = \"two\", access = \"read\", address = \"{address}\" }},\n]\n"
    );
    complaint(Host::Xen, &region)
}

fn regions_that_guests_cannot_show_are_refused() {
    assert_eq!(region_complaint("1888 KiB", "0xbfe28000"), "");
    let much = region_complaint("1892 KiB", "0x00800000");
    assert!(much.contains("bulkhead.toml:21:8"), "{much}");
    assert!(much.contains("the regions of one need 473 grants on Xen, and there are 472"), "{much}");
    let high = region_complaint("8 KiB", "0xbffff000");
    assert!(high.contains("bulkhead.toml:20:8"), "{high}");
    assert!(high.contains("the region ends at 0xc0001000 for two"), "{high}");
    assert!(high.contains("on Xen the addresses of a partition end at 0xc0000000"), "{high}");
}
