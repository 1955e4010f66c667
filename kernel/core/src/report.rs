//! What the kernel says when nobody runs: words when it begins or refuses, the report when the system ends, and a
//! record when it has failed.

use bulkhead_abi::event::{Kind, PartitionEnd, Record, Stopper};
use bulkhead_abi::trace;

use crate::fault::Fault;
use crate::guest::State;
use crate::job::{Job, finish};
use crate::kernel::Kernel;
use crate::machine::{Ending, Machine};
use crate::partition::Index;

/// Bytes that a message holds; what is longer is cut.
pub const MESSAGE_SIZE: usize = 240;

/// What the kernel says in words, before the first window and when it refuses.
pub type Message = bulkhead_abi::text::Text<MESSAGE_SIZE>;

/// The report: one record for each partition and for each window.
struct Report {
    time: u64,
    /// The partition that comes next, or behind the last one the window.
    next: usize,
    ending: Ending,
}

impl Report {
    const fn new(time: u64) -> Self {
        Self { time, next: 0, ending: Ending::Completed }
    }

    /// How a partition has ended. The worst of these is how the system has; that another partition or a schedule stops
    /// one is as it should be.
    fn partition<M: Machine>(&mut self, kernel: &Kernel<M>, partition: Index) -> Record {
        let guest = &kernel.guests[partition.place()];
        let (end, status, by, ending) = match guest.state {
            State::Halted(0) => (PartitionEnd::Halted, 0, Stopper::Nobody, Ending::Completed),
            State::Halted(status) => (PartitionEnd::Halted, status, Stopper::Nobody, Ending::Failed),
            State::Stopped if matches!(guest.stopped_by, Stopper::HealthMonitor) => {
                (PartitionEnd::Stopped, 0, guest.stopped_by, Ending::Stopped)
            }
            State::Stopped => (PartitionEnd::Stopped, 0, guest.stopped_by, Ending::Completed),
            _ if guest.has_ended() => (PartitionEnd::Stopped, 0, Stopper::Schedule, Ending::Completed),
            _ => (PartitionEnd::Running, 0, Stopper::Nobody, Ending::TimeLimit),
        };
        self.ending = self.ending.worse(ending);
        let lost = kernel.console.lost(partition);
        Record::partition_end(self.time, partition.number() as u16, end, (status, by), lost)
    }

    /// What was observed of a window.
    fn window<M: Machine>(&self, kernel: &Kernel<M>, number: usize) -> Option<Record> {
        let (window, observed) = kernel.schedule.observation(number)?;
        let numbers = [
            window.start,
            window.end.wrapping_sub(window.start),
            observed.count,
            observed.lost,
            observed.late_min.min(observed.late_max),
            observed.late_max,
        ];
        let partition = window.partition.number() as u16;
        Some(Record::new(self.time, Kind::Window, partition, number as u32, numbers))
    }
}

impl<M: Machine> Job<(&mut Kernel<M>, &mut M)> for Report {
    /// Sends what fits now of what waits for the serial line, or has the next record wait.
    fn step(&mut self, (kernel, machine): &mut (&mut Kernel<M>, &mut M)) -> bool {
        let Kernel { console, partitions, .. } = &mut **kernel;
        if console.send_waiting(*machine, partitions) {
            return true;
        }
        let partition = Index::new(self.next as u32).filter(|_| self.next < kernel.count);
        let record = match partition {
            Some(partition) => Some(self.partition(kernel, partition)),
            None => self.window(kernel, self.next.wrapping_sub(kernel.count)),
        };
        self.next += 1;
        let Some(record) = record else { return false };
        kernel.console.begin(&record);
        true
    }
}

impl<M: Machine> Kernel<M> {
    /// Says a line at once, however long that takes: only before the first and after the last window.
    pub fn say(&mut self, machine: &mut M, message: Message) {
        self.console.say(machine, &self.partitions, message.bytes());
        self.console.say(machine, &self.partitions, b"\n");
        if self.console.has_failed() {
            self.device_failed(machine);
        }
    }

    /// Ends the system: says how each partition and each window has done, and leaves.
    pub fn end(&mut self, machine: &mut M, now: u64) -> ! {
        self.end_as(machine, now, Ending::Completed)
    }

    /// Ends the system because the health monitor stops it.
    pub(crate) fn stop_module(&mut self, machine: &mut M, now: u64) -> ! {
        self.end_as(machine, now, Ending::ModuleStopped)
    }

    /// Ends the system, at least as badly as this.
    fn end_as(&mut self, machine: &mut M, now: u64, ending: Ending) -> ! {
        machine.keep();
        self.tell_of_last_dma(machine);
        let mut report = Report { ending, ..Report::new(now) };
        finish(&mut report, &mut (&mut *self, &mut *machine));
        machine.trace(trace::Kind::End, Index::FIRST, report.ending.code());
        self.leave(machine, now, report.ending)
    }

    /// Ends the system because the kernel itself has faulted.
    pub fn fail(&mut self, machine: &mut M, fault: &Fault, program_counter: u64) -> ! {
        let now = machine.now();
        machine.trace(trace::Kind::KernelFault, Index::FIRST, fault.vector);
        let record = Record::kernel_fault(now, &fault.stop(program_counter));
        self.console.tell(machine, &self.partitions, &record);
        machine.trace(trace::Kind::End, Index::FIRST, Ending::Internal.code());
        self.leave(machine, now, Ending::Internal)
    }

    /// Says how the system has ended, and leaves.
    pub fn leave(&mut self, machine: &mut M, now: u64, ending: Ending) -> ! {
        self.console.tell(machine, &self.partitions, &Record::system_end(now, ending));
        machine.end(ending)
    }
}
