//! The configuration of POK's kernel: macros in a header that every file of it is compiled with.

use std::fmt::{Display, Write as _};

use crate::image::Image;
use crate::system_file::System;

use super::ports::destinations;
use super::{idle_image, image, kernel_ports, slots};

/// The header.
#[must_use]
pub fn deployment(system: &System, images: &[&Image]) -> String {
    let slots = slots(system);
    let idle = slots.iter().any(|slot| slot.partition.is_none());
    let idle_partition = system.partitions.len();
    let partitions = idle_partition + usize::from(idle);
    let mut sizes: Vec<u64> = system
        .partitions
        .iter()
        .zip(images)
        .map(|(partition, program)| image::size(partition.memory, program))
        .collect();
    if idle {
        // POK wants the file to fit, and has a thread's stack at the end.
        sizes.push((idle_image().len() as u64).next_multiple_of(bulkhead_abi::PAGE_SIZE as u64));
    }
    let mut text = format!("/* POK's kernel for the system {}: bulkhead build --host pok. */\n", system.name);
    let mut define = |name: &str, value: &dyn Display| {
        let _ = writeln!(text, "#define {name} {value}");
    };
    define("POK_CONFIG_NB_PROCESSORS", &1);
    define("POK_CONFIG_NB_PARTITIONS", &partitions);
    // One for each partition, POK's idle thread, and what starts the kernel.
    define("POK_CONFIG_NB_THREADS", &(partitions + 2));
    define("POK_CONFIG_PARTITIONS_NTHREADS", &list(&vec![1; partitions]));
    define("POK_CONFIG_PARTITIONS_SIZE", &list(&sizes));
    define("POK_CONFIG_PROCESSOR_AFFINITY", &list(&vec![1; partitions]));
    define("POK_CONFIG_SCHEDULING_MAJOR_FRAME", &system.schedule().major_frame);
    define("POK_CONFIG_SCHEDULING_NBSLOTS", &slots.len());
    let durations: Vec<u64> = slots.iter().map(|slot| slot.duration).collect();
    define("POK_CONFIG_SCHEDULING_SLOTS", &list(&durations));
    let owners: Vec<usize> = slots.iter().map(|slot| slot.partition.unwrap_or(idle_partition)).collect();
    define("POK_CONFIG_SCHEDULING_SLOTS_ALLOCATION", &list(&owners));
    for feature in ["CONSOLE", "USER_DEBUG", "GETTICK", "SHUTDOWN"] {
        define(&format!("POK_NEEDS_{feature}"), &1);
    }
    define("BULKHEAD_ONLY_GUESTS", &1);
    if idle {
        define("BULKHEAD_IDLE_PARTITION", &idle_partition);
    }
    if let Some(number) = system.console_input {
        define("BULKHEAD_CONSOLE_INPUT", &number);
    }
    ports(&mut define, system);
    text
}

/// The ports, if there are any. POK moves messages when their sender's slot has ended.
fn ports(define: &mut impl FnMut(&str, &dyn Display), system: &System) {
    let ports = kernel_ports(system);
    if ports.is_empty() {
        return;
    }
    let numbers: Vec<usize> = (0..ports.len()).collect();
    let targets: Vec<Vec<usize>> = numbers.iter().map(|number| destinations(&ports, *number)).collect();
    let counts: Vec<usize> = targets.iter().map(Vec::len).collect();
    for feature in ["PORTS_SAMPLING", "PORTS_QUEUEING", "FLUSH_ON_WINDOWS"] {
        define(&format!("POK_NEEDS_{feature}"), &1);
    }
    define("POK_CONFIG_NB_PORTS", &ports.len());
    define("POK_CONFIG_NB_GLOBAL_PORTS", &ports.len());
    let owners: Vec<usize> = ports.iter().map(|port| port.partition).collect();
    define("POK_CONFIG_PARTITIONS_PORTS", &list(&owners));
    define("BULKHEAD_PORTS_NUMBERS", &list(&numbers));
    define("BULKHEAD_PORTS_KINDS", &list(&ports.iter().map(|port| port.kind).collect::<Vec<_>>()));
    define("BULKHEAD_PORTS_DIRECTIONS", &list(&ports.iter().map(|port| port.direction).collect::<Vec<_>>()));
    define("BULKHEAD_PORTS_SIZES", &list(&ports.iter().map(|port| port.size).collect::<Vec<_>>()));
    define("BULKHEAD_PORTS_BYTES", &ports.iter().map(|port| port.size).sum::<u64>());
    define("BULKHEAD_PORTS_GUEST_NUMBERS", &list(&ports.iter().map(|port| port.port).collect::<Vec<_>>()));
    define("BULKHEAD_PORTS_NB_DESTINATIONS", &list(&counts));
    define("BULKHEAD_PORTS_DESTINATIONS", &list(&targets.concat()));
}

fn list<T: Display>(values: &[T]) -> String {
    let values: Vec<String> = values.iter().map(T::to_string).collect();
    format!("{{ {} }}", values.join(", "))
}
