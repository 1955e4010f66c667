//! A linked program lies where it was linked for: refused where a host has the partition elsewhere.

use bulkhead_air_facts::PROGRAM;

use crate::diagnostics::Problem;
use crate::error::Result;
use crate::system_file::{Program, System};

use super::Host;

/// Complains about linked programs that are for another host.
pub(crate) fn check(host: Host, system: &System) -> Result<()> {
    let mut problems = Vec::new();
    for (number, partition) in system.partitions.iter().enumerate() {
        let Program::Image { path, image } = &partition.program else { continue };
        let wanted = host.placement(system, number).base;
        if image.base == wanted {
            continue;
        }
        let text = format!(
            "`{}` is linked for memory at {:#010x}, and {} has this partition's at {wanted:#010x}",
            path.display(),
            image.base,
            host.title(),
        );
        problems.push(Problem::new(partition.program_place.clone(), text).help(help(host, wanted)));
    }
    if problems.is_empty() { Ok(()) } else { Err(system.report(problems).into()) }
}

/// What would be right.
fn help(host: Host, wanted: u64) -> String {
    match host {
        Host::Air if wanted > u64::from(PROGRAM) => {
            "the messages of its ports take the room in front of it: shorten them, or give the partition its `sources`"
                .to_owned()
        }
        _ => format!("link it with this host's binding, and with --defsym=bulkhead_image_base={wanted:#x}"),
    }
}
