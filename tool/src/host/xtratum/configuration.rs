//! XtratuM's configuration: an XML file of the schema `http://www.xtratum.org/xm-2.3`.

use std::fmt::Write as _;

use bulkhead_abi::{FaultKind, HealthError, PortDirection};
use bulkhead_xtratum_facts::{NAME_LENGTH_MAX, port_name};

use super::Area;
use crate::host::ports;
use crate::system_file::System;
use crate::system_file::channel::{Channel, Transfer};

/// Where XtratuM itself is loaded, and how much memory it gets besides that for channels.
const HYPERVISOR: (u64, u64) = (0x10_0000, 3 << 20);

/// What its memory grows by, in bytes: it lies in whole page tables' spans but for its first MiB.
const MEMORY_STEP: u64 = 4 << 20;

/// What XtratuM keeps of each record that can wait in a queue, at most, in bytes, besides its contents.
const RECORD_OVERHEAD: u64 = 48;

/// The memory that XtratuM takes for channels, in bytes.
pub(super) fn channel_memory(system: &System) -> u64 {
    let one = |channel: &Channel| {
        u64::from(ports::depth(channel)) * (ports::record_size(channel) + RECORD_OVERHEAD)
    };
    system.channels.iter().map(one).sum()
}

/// The exceptions that are a partition's, and their vectors. Each goes to its interrupt table, or the partition is
/// halted for it; without a word the health monitor would act on some of them as it likes.
const EXCEPTIONS: [(&str, u32); 14] = [
    ("DIVIDE_EXCEPTION", 0),
    ("DEBUGGER_EXCEPTION", 1),
    ("BREAKPOINT_EXCEPTION", 3),
    ("OVERFLOW_EXCEPTION", 4),
    ("BOUNDS_EXCEPTION", 5),
    ("INVALID_OPCODE", 6),
    ("COPROCESOR_UNAVAILABLE", 7),
    ("SEGMENT_NOT_PRESENT", 11),
    ("STACK_FAULT", 12),
    ("GENERAL_PROTECTION_FAULT", 13),
    ("PAGE_FAULT", 14),
    ("MATH_FAULT", 16),
    ("ALIGNMENT_CHECK", 17),
    ("FLOATING_POINT_EXCEPTION", 19),
];

/// The system's name as far as XtratuM keeps it, which only shows it. Partitions' names are checked.
fn short(name: &str) -> &str {
    name.get(..name.len().min(NAME_LENGTH_MAX)).unwrap_or(name)
}

/// A time in XtratuM's unit.
fn microseconds(time: u64) -> String {
    format!("{}us", time / 1000)
}

/// The whole file.
pub(super) fn text(system: &System, areas: &[Area]) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\"?>\n\
         <SystemDescription xmlns=\"http://www.xtratum.org/xm-2.3\" version=\"1.0.0\" name=\"{}\">\n",
        short(&system.name)
    );
    hypervisor(&mut out, system);
    out += "  <PartitionTable>\n";
    for (number, area) in areas.iter().enumerate() {
        partition(&mut out, system, number, *area);
    }
    out += "  </PartitionTable>\n  <Devices>\n    <PcUart name=\"Uart\" />\n  </Devices>\n";
    channels(&mut out, system);
    out += "</SystemDescription>\n";
    out
}

/// What the configuration calls a port of a partition.
fn port(number: usize) -> String {
    String::from_utf8_lossy(&port_name(number as u32)).trim_end_matches('\0').to_owned()
}

/// The channels. How long a message is valid is the bindings' to say, who know it.
fn channels(out: &mut String, system: &System) {
    if system.channels.is_empty() {
        return;
    }
    *out += "  <Channels>\n";
    for channel in &system.channels {
        let size = ports::record_size(channel);
        let (element, depth) = match channel.transfer {
            Transfer::Sampling { .. } => ("SamplingChannel", String::new()),
            Transfer::Queuing { depth } => ("QueuingChannel", format!(" maxNoMessages=\"{depth}\"")),
        };
        let _ = writeln!(out, "    <{element} maxMessageLength=\"{size}B\"{depth}>");
        for (end, end_direction) in channel.ports() {
            let own = ports::of_partition(system, end.partition);
            let number = own.iter().position(|placed| placed.port == end).unwrap_or(0);
            let _ = writeln!(
                out,
                "      <{} partitionId=\"{}\" portName=\"{}\" />",
                direction(end_direction, ["Source", "Destination"]),
                end.partition,
                port(number)
            );
        }
        let _ = writeln!(out, "    </{element}>");
    }
    *out += "  </Channels>\n";
}

/// One of two words for a direction.
const fn direction(direction: PortDirection, [source, destination]: [&'static str; 2]) -> &'static str {
    match direction {
        PortDirection::Source => source,
        PortDirection::Destination => destination,
    }
}

fn hypervisor(out: &mut String, system: &System) {
    let (start, size) = HYPERVISOR;
    let _ = write!(
        out,
        "  <XMHypervisor console=\"Uart\" loadPhysAddr=\"{start:#x}\">\n    \
             <PhysicalMemoryAreas>\n      <Area start=\"{start:#x}\" size=\"{}KB\" />\n    </PhysicalMemoryAreas>\n    \
             <HwDescription>\n      <Processor id=\"0\">\n        <Sched>\n          <CyclicPlanTable>\n            \
                <Plan id=\"0\" majorFrame=\"{}\">\n",
        (size + channel_memory(system).next_multiple_of(MEMORY_STEP)) >> 10,
        microseconds(system.schedule().major_frame)
    );
    for (number, window) in system.schedule().windows.iter().enumerate() {
        let _ = writeln!(
            out,
            "              <Slot id=\"{number}\" start=\"{}\" duration=\"{}\" partitionId=\"{}\" />",
            microseconds(window.start),
            microseconds(window.duration),
            window.partition
        );
    }
    let _ = write!(
        out,
        "            </Plan>\n          </CyclicPlanTable>\n        </Sched>\n      </Processor>\n      \
                <MemoryLayout>\n        <Region type=\"ram\" start=\"0x0\" size=\"{}KB\" />\n      \
             </MemoryLayout>\n    \
             </HwDescription>\n  </XMHypervisor>\n",
        system.memory >> 10
    );
}

fn partition(out: &mut String, system: &System, number: usize, area: Area) {
    let name = &system.partitions[number].name;
    let Area { start, end, .. } = area;
    let _ = write!(
        out,
        "    <Partition id=\"{number}\" name=\"{name}\" processor=\"0\" flags=\"boot\" fp=\"yes\" console=\"Uart\" \
             loadPhysAddr=\"{start:#x}\" headerOffset=\"0x0\" imageId=\"{number:#x}\">\n      \
             <PhysicalMemoryAreas>\n        <Area start=\"{start:#x}\" size=\"{}KB\" flags=\"mapped write\" />\n      \
             </PhysicalMemoryAreas>\n      <HealthMonitoring>\n",
        (end - start) >> 10
    );
    for (exception, vector) in EXCEPTIONS {
        let error = HealthError::of_fault(FaultKind::of_x86_vector(vector));
        let response = system.partitions[number].health.response(error);
        let is_delivered = response.is_none_or(|response| response.deliver);
        let action = if is_delivered { "PROPAGATE" } else { "HALT" };
        let _ = writeln!(
            out,
            "        <Event name=\"XM_HM_EV_IA32_{exception}\" action=\"XM_HM_AC_{action}\" log=\"no\" />"
        );
    }
    *out += "      </HealthMonitoring>\n";
    let own = ports::of_partition(system, number);
    if !own.is_empty() {
        *out += "      <PortTable>\n";
        for (number, placed) in own.iter().enumerate() {
            let _ = writeln!(
                out,
                "        <Port name=\"{}\" direction=\"{}\" type=\"{}\" />",
                port(number),
                direction(placed.direction, ["source", "destination"]),
                system.channels[placed.channel].transfer.name()
            );
        }
        *out += "      </PortTable>\n";
    }
    *out += "    </Partition>\n";
}
