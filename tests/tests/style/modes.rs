//! Services whose answer depends on the mode: each linker script gives them their names, and counts them.

use crate::files;

/// What links programs that may ask for them.
const SCRIPTS: [&str; 3] =
    ["guest/partition-i386.ld", "guest/partition-sparc.ld", "rtems/kit/bulkhead-linkcmds.base"];

/// The services of a file that have a symbol of ours, and the symbols.
fn renamed(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| {
        let (name, rest) = line.trim_start().strip_prefix("fn ")?.split_once("(\"")?;
        Some((name, rest.split_once("\")")?.0))
    })
}

/// Without its name in a script a program that asks for a service is not linked; without being counted, the partition
/// would be in `NORMAL` from its beginning on.
#[test]
fn every_linker_script_knows_the_services_that_depend_on_the_mode() {
    let files = files::all();
    let of_c = files.iter().filter(|file| file.path.starts_with("apex/src/c"));
    let services: Vec<_> = of_c.flat_map(|file| renamed(&file.text)).collect();
    assert!(services.contains(&("SET_PARTITION_MODE", "bulkhead_set_partition_mode")), "{services:?}");
    for path in SCRIPTS {
        let script = &files.iter().find(|file| file.path == path).expect("a linker script").text;
        for (name, symbol) in &services {
            for said in [format!("PROVIDE({name} = {symbol});"), format!("DEFINED({name})")] {
                assert!(script.contains(&said), "{path} has no {said}");
            }
        }
    }
}
