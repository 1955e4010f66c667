//! What `bulkhead build` writes for Xen: images that PVH enters, a configuration of each, the schedule and its script.

use std::fs;
use std::process::Command;

use bulkhead_tool::host::Host;

use crate::support::build;

bulkhead_tests::tests! {
    a_folder_for_xen_has_everything_that_starts_the_system,
    the_script_for_xen_is_one_that_a_shell_reads,
    windows_that_xen_cannot_keep_are_told_before_anything_is_built,
}

/// A note's name, its length and type before it: "Xen", `XEN_ELFNOTE_PHYS32_ENTRY` (Xen's public/elfnote.h).
const NOTE: [u8; 16] = [4, 0, 0, 0, 4, 0, 0, 0, 18, 0, 0, 0, b'X', b'e', b'n', 0];

fn a_folder_for_xen_has_everything_that_starts_the_system() {
    let built = build(Host::Xen, "demo", None, "format");
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
