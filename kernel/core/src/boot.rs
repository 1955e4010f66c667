//! What is the same when the kernel boots, whatever the machine.

use bulkhead_abi::InformationPage;

use crate::configuration::{Configuration, Refusal};
use crate::information::{Clock, Facts};
use crate::kernel::Kernel;
use crate::machine::{Ending, Machine};
use crate::partition::Index;
use crate::report::Message;

impl<M: Machine> Kernel<M> {
    /// Ends the system because its table is not one that this kernel can run on this machine.
    pub fn refuse(&mut self, machine: &mut M, refusal: Refusal) -> ! {
        let mut message = Message::new();
        message.push(b"the system table is refused: ");
        message.push(refusal.as_bytes());
        self.say(machine, message);
        self.leave(machine, 0, Ending::Refused)
    }

    /// Says what is about to run: on which processor, and by `details` what the kernel has found out of it.
    pub fn announce(
        &mut self,
        machine: &mut M,
        configuration: &Configuration,
        processor: &str,
        details: impl FnOnce(&mut Message),
    ) {
        // In place: a message is large.
        let mut message = Message::new();
        message.push(concat!("bulkhead ", env!("CARGO_PKG_VERSION"), " ").as_bytes());
        message.push(processor.as_bytes());
        for (count, noun) in [(self.count as u32, "partition"), (configuration.header.windows, "window")] {
            message.push(b", ");
            message.push_decimal(count.into());
            message.push(b" ");
            message.push(noun.as_bytes());
            message.push(if count == 1 { b"" } else { b"s" });
        }
        message.push(b", major frame ");
        message.push_decimal(self.schedule.frame());
        message.push(b" ns\nprocessor: ");
        details(&mut message);
        self.say(machine, message);
    }

    /// Fills the information page of a partition: `table` is the system table, the pages are where the partition sees
    /// them, and `memory` is the physical address of its memory.
    pub fn inform(
        &self,
        page: &mut InformationPage,
        index: Index,
        table: &[u8],
        (information_page, shared_page, memory): (u32, u32, usize),
        clock: &Clock,
    ) {
        let partition = self.partition(index);
        let (offset, length) = partition.command_line;
        let facts = Facts {
            partition: index.number(),
            tick_policy: partition.tick_policy as u32,
            region: partition.region,
            information_page,
            shared_page,
            major_frame: self.schedule.frame(),
            dma_offset: if partition.physical {
                memory.wrapping_sub(partition.region.base) as u32
            } else {
                0
            },
            name: &partition.name,
            command_line: table.get(offset..offset.saturating_add(length)).unwrap_or_default(),
        };
        facts.write(&mut page.start);
        clock.write(&page.clock);
    }
}
