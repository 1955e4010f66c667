//! XtratuM's configuration: an XML file of the schema `http://www.xtratum.org/xm-2.3`.

use std::fmt::Write as _;

use bulkhead_xtratum_facts::NAME_LENGTH_MAX;

use super::Area;
use crate::system_file::System;

/// Where XtratuM itself is loaded, and how much memory it gets.
const HYPERVISOR: (u64, u64) = (0x10_0000, 3 << 20);

/// The exceptions that a partition gets through its interrupt table; without this the health monitor would act on some
/// of them itself.
const EXCEPTIONS: [&str; 14] = [
    "DIVIDE_EXCEPTION",
    "DEBUGGER_EXCEPTION",
    "BREAKPOINT_EXCEPTION",
    "OVERFLOW_EXCEPTION",
    "BOUNDS_EXCEPTION",
    "INVALID_OPCODE",
    "COPROCESOR_UNAVAILABLE",
    "SEGMENT_NOT_PRESENT",
    "STACK_FAULT",
    "GENERAL_PROTECTION_FAULT",
    "PAGE_FAULT",
    "MATH_FAULT",
    "ALIGNMENT_CHECK",
    "FLOATING_POINT_EXCEPTION",
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
    out += "  </PartitionTable>\n  <Devices>\n    <PcUart name=\"Uart\" />\n  </Devices>\n</SystemDescription>\n";
    out
}

fn hypervisor(out: &mut String, system: &System) {
    let (start, size) = HYPERVISOR;
    let _ = write!(
        out,
        "  <XMHypervisor console=\"Uart\" loadPhysAddr=\"{start:#x}\">\n    \
             <PhysicalMemoryAreas>\n      <Area start=\"{start:#x}\" size=\"{}KB\" />\n    </PhysicalMemoryAreas>\n    \
             <HwDescription>\n      <Processor id=\"0\">\n        <Sched>\n          <CyclicPlanTable>\n            \
                <Plan id=\"0\" majorFrame=\"{}\">\n",
        size >> 10,
        microseconds(system.major_frame)
    );
    for (number, window) in system.windows.iter().enumerate() {
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
    for exception in EXCEPTIONS {
        let _ = writeln!(
            out,
            "        <Event name=\"XM_HM_EV_IA32_{exception}\" action=\"XM_HM_AC_PROPAGATE\" log=\"no\" />"
        );
    }
    *out += "      </HealthMonitoring>\n    </Partition>\n";
}
