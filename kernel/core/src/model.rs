//! A model of a machine, on which the kernel's decisions are tested.

use std::boxed::Box;
use std::collections::VecDeque;
use std::panic::panic_any;
use std::string::String;
use std::vec::Vec;

use bulkhead_abi::event::Record;
use bulkhead_abi::trace::Kind;
use bulkhead_abi::{
    Action, ClockParameters, HealthError, InformationPage, NEVER, PortKind, Response, SharedPage,
    StartInformation, Word64,
    system_table::{ByteOrder, PARTITIONS_MAX, checksum, image_checksum},
};
use core::sync::atomic::AtomicU32;

use crate::channel::{Channel, End, Place, Port, PortIndex};
use crate::configuration::Configuration;
use crate::device::{Interrupt, RegisterPlace, Width};
use crate::kernel::Kernel;
use crate::machine::{Devices, Ending, GuestMemory, GuestRegisters, Machine, Time, Trace, Vary};
use crate::memory::{Checked, Region};
use crate::partition::{Index, Partition};
use crate::region::Mapping;
use crate::remapping::Fault;
use crate::restarts::Budget;
use crate::schedule::{Slot, Window};
use crate::serial::Uart;
use crate::serial_tests::SlowUart;
use crate::variation::Variation;

/// First guest address of every partition's memory in the model.
pub(crate) const BASE: u64 = 0x10_0000;
/// Size of every partition's memory in the model.
pub(crate) const SIZE: u64 = 0x8000;
/// Offset up to which it may only be read.
pub(crate) const READ_ONLY: u64 = 0x2000;
/// The entry point of every image.
pub(crate) const ENTRY: u64 = BASE + 0x100;

/// How far the model's timer can count: an alarm that is farther away comes early.
const REACH: u64 = 1_500;

/// What the model keeps of a partition.
pub(crate) struct Guest {
    pub(crate) shared: SharedPage,
    pub(crate) information: InformationPage,
    pub(crate) memory: Vec<u8>,
    pub(crate) program_counter: u64,
    pub(crate) result: Option<i32>,
    pub(crate) resets: u32,
}

pub(crate) fn information_page() -> InformationPage {
    InformationPage {
        clock: ClockParameters::default(),
        windows: AtomicU32::new(0),
        reserved: AtomicU32::new(0),
        window_start: Word64::new(0),
        window_end: Word64::new(0),
        start: StartInformation {
            magic: AtomicU32::new(0),
            version: AtomicU32::new(0),
            partition: AtomicU32::new(0),
            reason: AtomicU32::new(0),
            restarts: AtomicU32::new(0),
            tick_policy: AtomicU32::new(0),
            memory_base: Word64::new(0),
            memory_size: Word64::new(0),
            information_page: Word64::new(0),
            shared_page: Word64::new(0),
            major_frame: Word64::new(0),
            name: [0; 32],
            command_line: [0; 1024],
            dma_offset: AtomicU32::new(0),
            reserved: AtomicU32::new(0),
        },
    }
}

/// The model: time passes when somebody lets it.
pub(crate) struct Model {
    pub(crate) time: u64,
    pub(crate) alarm: u64,
    pub(crate) guests: Vec<Guest>,
    pub(crate) current: Index,
    pub(crate) line: Vec<u8>,
    pub(crate) input: Vec<u8>,
    /// How far the timer can count: at first [`REACH`].
    pub(crate) reach: u64,
    /// Since when the input is there.
    pub(crate) input_since: u64,
    pub(crate) room: usize,
    /// How often it has been asked for its room.
    pub(crate) asked: u32,
    /// A serial device that takes its time, in the place of one that has room for `room` bytes.
    pub(crate) uart: Option<SlowUart>,
    /// The lines that an enable word lets in.
    pub(crate) lets_in: fn(u32) -> u32,
    pub(crate) switches: u32,
    /// The partition whose registers were put where the others' are.
    pub(crate) kept: Option<Index>,
    /// How often interrupts have been let in.
    pub(crate) let_in: u32,
    pub(crate) image: Vec<u8>,
    pub(crate) cleared_regions: Vec<Mapping>,
    /// The channels' buffers, and how much of a message is copied in one step.
    pub(crate) buffers: Vec<u8>,
    pub(crate) message_step: usize,
    /// Every access to a register: where, how wide, and what was written.
    pub(crate) accesses: Vec<(RegisterPlace, Width, Option<u32>)>,
    /// What every register says.
    pub(crate) register: u32,
    /// Whether a device answers.
    pub(crate) answers: bool,
    /// The interrupts that are not masked, by their numbers at the controller.
    pub(crate) unmasked: u32,
    /// The interrupts that the controller has been told to forget.
    pub(crate) forgotten: u32,
    /// The interrupts that come the next time the kernel lets some in, as the kernel numbers them.
    pub(crate) coming: u32,
    /// How many interrupts have been dealt with.
    pub(crate) ended: u32,
    /// Whose interrupts come no more.
    pub(crate) quiet: Option<Index>,
    /// The PCI functions that touch no memory any more.
    pub(crate) quiet_functions: Vec<u16>,
    /// What functions have tried, which the IOMMU has recorded.
    pub(crate) faults: VecDeque<Fault>,
    /// Whose interrupts come besides the current partition's.
    pub(crate) heard_too: Option<Index>,
    /// What the kernel has noted: when, what, whose, and the argument.
    pub(crate) traced: Vec<(u64, Kind, Option<Index>, u32)>,
    /// How late the kernel is, if it varies.
    pub(crate) variation: Option<Variation>,
}

impl Model {
    pub(crate) fn new(guests: u32) -> Self {
        let guest = || Guest {
            shared: SharedPage::new(),
            information: information_page(),
            memory: std::vec![0xee; SIZE as usize],
            program_counter: 0,
            result: None,
            resets: 0,
        };
        Self {
            time: 0,
            alarm: NEVER,
            guests: (0..guests).map(|_| guest()).collect(),
            current: Index::FIRST,
            line: Vec::new(),
            input: Vec::new(),
            reach: REACH,
            input_since: 0,
            room: 16,
            asked: 0,
            uart: None,
            lets_in: |enabled| if enabled == 0 { 0 } else { !0 },
            switches: 0,
            kept: None,
            let_in: 0,
            image: (0..0x2800).map(|byte| (byte % 251) as u8).collect(),
            cleared_regions: Vec::new(),
            buffers: Vec::new(),
            message_step: 64,
            accesses: Vec::new(),
            register: 0,
            answers: true,
            unmasked: 0,
            forgotten: 0,
            coming: 0,
            ended: 0,
            quiet: None,
            quiet_functions: Vec::new(),
            faults: VecDeque::new(),
            heard_too: None,
            traced: Vec::new(),
            variation: None,
        }
    }

    pub(crate) fn guest(&mut self, partition: Index) -> &mut Guest {
        &mut self.guests[partition.place()]
    }

    /// The records that the serial line has carried.
    pub(crate) fn told(&self) -> Vec<Record> {
        String::from_utf8_lossy(&self.line).lines().filter_map(Record::parse).collect()
    }

    /// What the serial line has carried, with the channel changes made visible.
    pub(crate) fn heard(&self) -> String {
        String::from_utf8_lossy(&self.line).replace('\x10', "^")
    }
}

impl Trace for Model {
    fn trace(&mut self, kind: Kind, partition: Index, argument: u32) {
        self.traced.push((self.time, kind, kind.has_partition().then_some(partition), argument));
    }

    fn trace_asked(&mut self, kind: Kind, partition: Index, argument: u32) {
        self.trace(kind, partition, argument);
    }

    fn trace_dropped(&mut self, channel: u8, count: u32) {
        self.traced.push((self.time, Kind::Dropped, None, u32::from(channel) | count << 8));
    }

    fn trace_slot(&mut self, slot: &Slot, now: u64) {
        match slot.partition {
            Some(next) => self.trace(Kind::Window, next, (now - slot.start) as u32),
            None => self.trace(Kind::Unassigned, Index::FIRST, 0),
        }
    }

    fn trace_message(&mut self, kind: Kind, (channel, buffer): (u8, u32), count: u64) {
        self.traced.push((count, kind, None, u32::from(channel) | buffer << 8));
    }
}

impl Vary for Model {
    fn variation(&mut self) -> Option<&mut Variation> {
        self.variation.as_mut()
    }

    fn spend(&mut self, instructions: u32) {
        self.time += u64::from(instructions);
    }
}

impl Time for Model {
    fn now(&mut self) -> u64 {
        self.time += 1;
        self.time
    }

    fn count(&mut self) -> u64 {
        self.now()
    }

    fn time_of(&self, counts: u64) -> u64 {
        counts
    }

    fn counts_in(&self, nanoseconds: u64) -> u64 {
        nanoseconds
    }

    fn set_alarm(&mut self, deadline: u64, _now: u64) {
        self.alarm = deadline;
    }

    fn wait(&mut self) {
        assert_ne!(self.alarm, NEVER, "the kernel sleeps and nothing will wake it");
        self.time = self.time.max(self.alarm.min(self.time + self.reach));
        self.alarm = NEVER;
    }

    fn let_interrupts_in(&mut self) {
        self.let_in += 1;
        if self.alarm <= self.time {
            self.alarm = NEVER;
        }
    }
}

impl GuestMemory for Model {
    const STEP: usize = 4096;
    const CHECK_STEP: usize = 256;

    fn shared_page(&self, partition: Index) -> &SharedPage {
        &self.guests[partition.place()].shared
    }

    fn information_page(&self, partition: Index) -> &InformationPage {
        &self.guests[partition.place()].information
    }

    fn read_guest(&mut self, partition: Index, from: Checked, to: &mut [u8]) {
        let length = to.len().min(from.length());
        let start = from.offset();
        to[..length].copy_from_slice(&self.guest(partition).memory[start..start + length]);
    }

    fn write_guest(&mut self, partition: Index, to: Checked, from: &[u8]) {
        let length = from.len().min(to.length());
        let start = to.offset();
        self.guest(partition).memory[start..start + length].copy_from_slice(&from[..length]);
    }

    fn copy_in(&mut self, from: Checked, to: Place) -> usize {
        let to = to.offset();
        let length = from.length().min(self.message_step);
        self.time += length as u64;
        let bytes = self.guests[self.current.place()].memory[from.offset()..][..length].to_vec();
        self.buffers[to..to + length].copy_from_slice(&bytes);
        length
    }

    fn copy_out(&mut self, to: Checked, from: Place) -> usize {
        let from = from.offset();
        let length = to.length().min(self.message_step);
        self.time += length as u64;
        let bytes = self.buffers[from..from + length].to_vec();
        self.guest(self.current).memory[to.offset()..][..length].copy_from_slice(&bytes);
        length
    }

    fn sum_image(&mut self, _: Index, offset: usize, length: usize, sums: (u32, u32)) -> (u32, u32) {
        self.time += length as u64;
        let words: Vec<u32> = self.image[offset..offset + length]
            .chunks(4)
            .map(|chunk| {
                let mut word = [0; 4];
                word[..chunk.len()].copy_from_slice(chunk);
                u32::from_ne_bytes(word)
            })
            .collect();
        checksum(sums, &words)
    }

    fn load_image(&mut self, partition: Index, offset: usize, length: usize) {
        self.time += length as u64;
        let range = offset..offset + length;
        let bytes = self.image[range.clone()].to_vec();
        self.guest(partition).memory[range].copy_from_slice(&bytes);
    }

    fn clear_memory(&mut self, partition: Index, offset: usize, length: usize) {
        self.time += length as u64;
        self.guest(partition).memory[offset..offset + length].fill(0);
    }

    fn clear_region(&mut self, region: &Mapping) {
        self.cleared_regions.push(*region);
    }

    fn clear_shared_page(&mut self, partition: Index) {
        self.guest(partition).shared = SharedPage::new();
    }
}

impl GuestRegisters for Model {
    fn current(&self) -> Index {
        self.current
    }

    fn reset(&mut self, partition: Index, entry: usize) {
        let guest = self.guest(partition);
        guest.program_counter = entry as u64;
        guest.resets += 1;
    }

    fn keep(&mut self) {
        self.kept = Some(self.current);
    }

    fn switch_to(&mut self, partition: Index) {
        self.current = partition;
        self.heard_too = None;
        self.switches += 1;
    }

    fn program_counter(&self, partition: Index) -> usize {
        self.guests[partition.place()].program_counter as usize
    }

    fn flags(&self, _partition: Index) -> u64 {
        0x202
    }

    fn stack_pointer(&self, _partition: Index) -> usize {
        (BASE + SIZE) as usize
    }

    fn redirect(&mut self, partition: Index, entry: usize) {
        self.guest(partition).program_counter = entry as u64;
    }

    fn lets_in(&self, enabled: u32) -> u32 {
        (self.lets_in)(enabled)
    }

    fn set_result(&mut self, partition: Index, result: i32) {
        self.guest(partition).result = Some(result);
    }

    fn set_tls_base(&mut self, _partition: Index, _base: usize) {}
}

impl Devices for Model {
    const LATCHES: bool = false;

    fn read_register(&mut self, place: RegisterPlace, width: Width) -> Option<u32> {
        self.accesses.push((place, width, None));
        self.answers.then_some(self.register & width.bits())
    }

    fn write_register(&mut self, place: RegisterPlace, width: Width, value: u32) -> bool {
        self.accesses.push((place, width, Some(value)));
        self.answers
    }

    fn unmask_interrupt(&mut self, _number: usize, interrupt: &Interrupt) {
        self.unmasked |= 1 << interrupt.number;
    }

    fn mask_interrupt(&mut self, _number: usize, interrupt: &Interrupt) {
        self.unmasked &= !(1 << interrupt.number);
    }

    fn hear_no_more(&mut self, partition: Index) {
        self.quiet = Some(partition);
    }

    fn end_interrupt(&mut self) {
        self.ended += 1;
    }

    fn forget_interrupt(&mut self, interrupt: &Interrupt) {
        assert_eq!(self.unmasked >> interrupt.number & 1, 0, "what comes now is lost");
        self.forgotten |= 1 << interrupt.number;
    }

    fn hear_too(&mut self, partition: Index) {
        self.heard_too = Some(partition);
    }

    fn quieten_function(&mut self, function: u16) {
        self.quiet_functions.push(function);
    }

    fn has_iommu(&self) -> bool {
        true
    }

    fn take_fault(&mut self) -> Option<Fault> {
        self.faults.pop_front()
    }

    fn take_interrupts(&mut self) -> u32 {
        core::mem::take(&mut self.coming)
    }
}

impl Uart for Model {
    const BYTE_TIME: u32 = SlowUart::BYTE_TIME;

    fn room(&mut self) -> usize {
        self.asked += 1;
        self.uart.as_mut().map_or(self.room, |uart| uart.with(&mut self.time, |device| device.room()))
    }

    fn send(&mut self, byte: u8) {
        match &mut self.uart {
            Some(uart) => uart.with(&mut self.time, |device| device.send(byte)),
            None => self.line.push(byte),
        }
    }

    fn receive(&mut self) -> Option<u8> {
        if self.input.is_empty() || self.time < self.input_since { None } else { Some(self.input.remove(0)) }
    }
}

impl Machine for Model {
    type Uart = Self;

    fn uart(&mut self) -> &mut Self {
        self
    }

    fn end(&mut self, ending: Ending) -> ! {
        panic_any(ending)
    }
}

/// The partition with this number, which there can be.
pub(crate) fn index(number: u32) -> Index {
    Index::new(number).unwrap()
}

/// A system of partitions that does not end by itself.
pub(crate) fn system(
    partitions: u32,
    frame: u64,
    windows: &[(u32, u64, u64)],
) -> (Box<Kernel<Model>>, Model) {
    limited_system(partitions, frame, windows, NEVER)
}

/// A system of partitions with windows (partition, start, end) in a frame, all loaded, at time zero.
pub(crate) fn limited_system(
    partitions: u32,
    frame: u64,
    windows: &[(u32, u64, u64)],
    limit: u64,
) -> (Box<Kernel<Model>>, Model) {
    let mut model = Model::new(partitions);
    let mut configuration = Box::new(Configuration::new());
    configuration.count = partitions as usize;
    configuration.schedule.set_frame(frame);
    for &(partition, start, end) in windows {
        assert!(configuration.schedule.add(Window { partition: Index::new(partition).unwrap(), start, end }));
    }
    for (number, partition) in configuration.partitions.iter_mut().enumerate().take(partitions as usize) {
        let mut name = [0; 32];
        name[0] = b'a' + number as u8;
        *partition = Partition {
            region: Region { base: BASE as usize, size: SIZE as usize, read_only: READ_ONLY as usize },
            entry: ENTRY as usize,
            image_size: 0x2800,
            data_end: 0x3000,
            name,
            checksum: image_checksum(&model.image, ByteOrder::native()),
            responses: standard_responses(),
            budget: Budget { most: 3, period: 10_000 },
            ..Partition::NONE
        };
    }
    assert!(partitions as usize <= PARTITIONS_MAX);
    let mut kernel = Box::new(Kernel::new());
    kernel.configure(&mut configuration, limit);
    kernel.load_all(&mut model);
    model.time = 0;
    (kernel, model)
}

/// The responses to errors where a system file says nothing.
pub(crate) fn standard_responses() -> [Response; HealthError::COUNT] {
    let mut responses = [Response::new(Action::Ignore); HealthError::COUNT];
    for error in HealthError::ALL {
        responses[error as usize] = Response::standard(error);
    }
    responses
}

/// A channel of a system of the model: its kind, message size, depth and refresh period, its source, its destinations.
pub(crate) struct ChannelOf<'a> {
    pub(crate) kind: PortKind,
    pub(crate) message_size: u32,
    pub(crate) depth: u16,
    pub(crate) refresh: u64,
    pub(crate) source: u32,
    pub(crate) destinations: &'a [u32],
}

/// Gives a system channels, whose ports are numbered in each partition in the order of the channels.
pub(crate) fn connect(kernel: &mut Kernel<Model>, model: &mut Model, channels: &[ChannelOf<'_>]) {
    let mut ends = Vec::new();
    let mut first_length = 0;
    for (number, channel) in channels.iter().enumerate() {
        let buffers = match channel.kind {
            PortKind::Sampling => channel.destinations.len() as u16 + 2,
            PortKind::Queuing => channel.depth,
        };
        let stride = channel.message_size.next_multiple_of(8);
        kernel.channels.channels[number] = Channel {
            number: number as u8,
            queuing: channel.kind == PortKind::Queuing,
            message_size: channel.message_size,
            refresh: channel.refresh,
            valid_for: channel.refresh,
            memory: model.buffers.len(),
            stride,
            first_length,
            buffers,
            ..Channel::NONE
        };
        first_length += buffers;
        model.buffers.resize(model.buffers.len() + usize::from(buffers) * stride as usize, 0xaa);
        ends.push((channel.source, number, End::Source));
        ends.extend(channel.destinations.iter().map(|&destination| (destination, number, End::Empty)));
    }
    ends.sort_by_key(|end| end.0);
    for (place, &(partition, channel, end)) in ends.iter().enumerate() {
        let owner = Index::new(partition).unwrap();
        let (first, count) = &mut kernel.partitions[owner.place()].ports;
        let index = PortIndex::new(place);
        if *count == 0 {
            *first = index;
        }
        let entry = &mut kernel.channels.channels[channel];
        let mut port = Port::new(owner, *count, (channel as u8, entry.queuing), end);
        *count += 1;
        if end == End::Source {
            entry.source = index;
        } else {
            port.next = entry.destination;
            entry.destination = index;
        }
        kernel.channels.set_port(index, port, [b'p'; 32]);
    }
}
