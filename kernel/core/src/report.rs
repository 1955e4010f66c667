//! What the kernel says at once: words when it begins, refuses or fails, and the report when the system ends.

use bulkhead_abi::event::{Kind, PartitionEnd, Record};

use crate::fault::Fault;
use crate::kernel::Kernel;
use crate::line::Line;
use crate::machine::{Ending, Machine};
use crate::partition::{Index, State};

impl<M: Machine> Kernel<M> {
    /// Says a line at once, however long that takes: only before the first and after the last window.
    pub fn say(&mut self, machine: &mut M, line: Line) {
        self.console.say(machine, &self.partitions, line.bytes());
        self.console.say(machine, &self.partitions, b"\n");
    }

    /// Ends the system: says how each partition and each window has done, and leaves.
    pub fn end(&mut self, machine: &mut M, now: u64) -> ! {
        let mut ending = Ending::Completed;
        for partition in (0..self.count as u32).map_while(Index::new) {
            let (end, status, ending_of_partition) = match self.partitions[partition.place()].state {
                State::Halted(0) => (PartitionEnd::Halted, 0, Ending::Completed),
                State::Halted(status) => (PartitionEnd::Halted, status, Ending::Failed),
                State::Stopped => (PartitionEnd::Stopped, 0, Ending::Stopped),
                _ => (PartitionEnd::Running, 0, Ending::TimeLimit),
            };
            ending = ending.worse(ending_of_partition);
            let lost = self.console.events.lost(partition);
            let record = Record::partition_end(now, partition.number() as u16, end, status, lost);
            self.console.tell(machine, &self.partitions, &record);
        }
        for (number, (window, observed)) in self.schedule.observations().enumerate() {
            let numbers = [
                window.start,
                window.end.wrapping_sub(window.start),
                observed.count,
                observed.lost,
                observed.late_min.min(observed.late_max),
                observed.late_max,
            ];
            let partition = window.partition.number() as u16;
            let record = Record::new(now, Kind::Window, partition, number as u32, numbers);
            self.console.tell(machine, &self.partitions, &record);
        }
        self.leave(machine, now, ending)
    }

    /// Ends the system because the kernel itself has faulted.
    pub fn fail(&mut self, machine: &mut M, fault: &Fault, program_counter: u64) -> ! {
        let now = machine.now();
        let record = Record::kernel_fault(now, &fault.stop(program_counter));
        self.console.tell(machine, &self.partitions, &record);
        self.leave(machine, now, Ending::Internal)
    }

    /// Says how the system has ended, and leaves.
    pub fn leave(&mut self, machine: &mut M, now: u64, ending: Ending) -> ! {
        self.console.tell(machine, &self.partitions, &Record::system_end(now, ending));
        machine.end(ending)
    }
}
