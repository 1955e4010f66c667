//! Tests of the kernel's own check of devices.

use std::boxed::Box;
use std::vec::Vec;

use bulkhead_abi::ResourceKind;
use bulkhead_abi::system_table::{
    FUNCTION_DMA, FUNCTION_TRANSLATED, Header, INTERRUPT_LEVEL, INTERRUPT_LOW, Mapping, READ, READ_WRITE,
    Region, Resource, Rule, tables_size_x86_64,
};
use proptest::prelude::*;

use crate::configuration::{Configuration, Limits, Refusal};
use crate::configuration_tests::{BASE, MEMORY_SIZE, Table, table};
use crate::device::{Function, Reach};
use crate::function::{self, Bar, Messages};
use crate::ownership::{DeviceLimits, OWN_RANGES_MAX, size};
use crate::partition::Index;

const PAGE: u64 = 0x1000;
/// Where the owner sees its device's memory.
const SEEN: u64 = BASE + MEMORY_SIZE + 8 * PAGE;
const DEVICES: u64 = 0x8000_0000;
const OWN: u64 = DEVICES + 0x10 * PAGE;

/// A table with a resource of each kind, and a region of the second partition's.
#[derive(Clone, Debug)]
struct Owned {
    table: Table,
    region: Region,
    mapping: Mapping,
    resources: Vec<Resource>,
    rules: Vec<Rule>,
    function: fn(u16) -> Option<function::Function>,
}

fn owned() -> Owned {
    let mut table = table();
    let room = tables_size_x86_64(SEEN + 2 * PAGE - BASE);
    let mut free = table.header.memory_start;
    for partition in &mut table.partitions {
        partition.memory = free;
        partition.tables = free + MEMORY_SIZE;
        partition.tables_size = room;
        free += MEMORY_SIZE + room;
    }
    let region = Region { name: [b'r'; 32], memory: free, size: PAGE };
    table.header =
        Header { regions: 1, mappings: 1, resources: 4, rules: 3, memory_end: free + PAGE, ..table.header };
    let resource =
        |partition, kind| Resource { name: [b'd'; 32], partition, kind: kind as u32, ..Resource::default() };
    Owned {
        table,
        region,
        mapping: Mapping { region: 0, partition: 1, rights: READ, line: 8, address: SEEN - 4 * PAGE },
        resources: std::vec![
            Resource { width: 1, rules: 2, physical: 0x2f8, size: 8, ..resource(0, ResourceKind::Ports) },
            Resource {
                width: 4,
                rules: 1,
                physical: DEVICES + 0x300,
                size: 0x100,
                ..resource(0, ResourceKind::Registers)
            },
            Resource {
                flags: READ_WRITE,
                physical: DEVICES + PAGE,
                size: 2 * PAGE,
                address: SEEN,
                ..resource(1, ResourceKind::Memory)
            },
            Resource {
                flags: INTERRUPT_LEVEL | INTERRUPT_LOW,
                line: 9,
                physical: 3,
                ..resource(1, ResourceKind::Interrupt)
            },
        ],
        rules: std::vec![
            Rule { offset: 0, size: 2, read: 0xff, write: 0 },
            Rule { offset: 3, size: 5, read: 0, write: 0xf0 },
            Rule { offset: 0x10, size: 0xf0, read: u32::MAX, write: u32::MAX },
        ],
        function: no_function,
    }
}

impl Owned {
    fn bytes(&self) -> Vec<u8> {
        self.table.bytes_with(|bytes| {
            self.region.encode(bytes);
            self.mapping.encode(bytes);
            self.resources.iter().for_each(|resource| resource.encode(bytes));
            self.rules.iter().for_each(|rule| rule.encode(bytes));
        })
    }

    fn read(&self) -> Result<Box<Configuration>, Refusal> {
        let mut own_memory = [(0, 0); OWN_RANGES_MAX];
        own_memory[3] = (OWN as usize, 0x30);
        let devices = DeviceLimits {
            memory: (DEVICES as usize, 0x1_0000_0000),
            own_memory,
            own_ports: &[(0x20, 2), (0x3f8, 8)],
            interrupts: 24,
            free_interrupts: 0xff_ffef,
            function: self.function,
        };
        let limits = Limits { devices, ..Limits::new(&bulkhead_abi::machine::X86_64, 128 << 20) };
        let mut configuration = Box::new(Configuration::new());
        configuration.read(&self.bytes(), &limits).map(|()| configuration)
    }
}

#[test]
fn devices_are_taken() {
    let owned = owned();
    let configuration = owned.read().unwrap();
    let devices = &configuration.devices;
    assert_eq!(devices.of_partition[..3], [(0, 2), (2, 2), (0, 0)]);
    assert_eq!(devices.interrupts_of[..3], [(0, 0), (0, 1), (0, 0)]);
    assert_eq!(devices.owners(), 1 << 1);
    let described: Vec<_> = devices.resources().map(crate::device::Resource::describe).collect();
    let told: Vec<_> = described
        .iter()
        .map(|it| (it.kind, u64::from(it.address), u64::from(it.size), it.width, it.line))
        .collect();
    assert_eq!(
        told,
        [(3, 0x2f8, 8, 1, 0), (2, DEVICES + 0x300, 0x100, 4, 0), (1, SEEN, 0x2000, 1, 0), (4, 3, 0, 0, 9)]
    );
    let rules: Vec<_> = devices.resources().map(|resource| resource.rules).collect();
    assert_eq!(rules[..2], [(0, 2), (2, 1)]);
    let interrupt = devices.interrupts().next().unwrap();
    assert_eq!((interrupt.number, interrupt.line, interrupt.level, interrupt.low), (3, 9, true, true));
    assert_eq!(configuration.placements[1].mapped as u64, SEEN + 2 * PAGE - BASE);
    assert_eq!(size(&owned.table.header), Ok(4 * Resource::SIZE + 3 * Rule::SIZE));
}

/// One lie each, and a word of the refusal.
#[test]
fn what_is_not_right_is_refused() {
    type Lie = fn(&mut Owned);
    let lies: [(&str, Lie); 44] = [
        ("more devices", |it| it.table.header.resources = 65),
        ("more devices", |it| it.table.header.rules = 257),
        ("no device's", |it| it.table.header.rules = 4),
        ("more than there are", |it| it.table.header.rules = 2),
        ("does not exist", |it| it.resources[3].partition = 2),
        ("out of order", |it| it.resources[0].partition = 1),
        ("kind", |it| it.resources[0].kind = 0),
        ("kind", |it| it.resources[0].kind = 6),
        ("width", |it| it.resources[0].width = 0),
        ("width", |it| it.resources[1].width = 8),
        ("no size", |it| it.resources[0].size = 0),
        ("beside their width", |it| it.resources[1].size = 0x102),
        ("beside their width", |it| it.resources[1].physical = DEVICES + 0x302),
        ("does not have", |it| it.resources[0].physical = 0x1_0000),
        ("does not have", |it| it.resources[0].physical = 0xfffc),
        ("own", |it| it.resources[0].physical = 0x3f8),
        ("own", |it| it.resources[0].physical = 0x3f1),
        ("own", |it| it.resources[0].physical = 0x1a),
        ("more than one page", |it| it.resources[1].physical = DEVICES + 0xf04),
        ("no device can be", |it| it.resources[1].physical = DEVICES - 0x100),
        ("no device can be", |it| it.resources[1].physical = 64 << 20),
        ("no device can be", |it| it.resources[1].physical = 0x1_0000_0000),
        ("own", |it| it.resources[1].physical = OWN + 0x2c),
        ("own", |it| it.resources[2].physical = OWN),
        ("no rules", |it| it.resources[0].rules = 0),
        ("more than there are", |it| it.resources[0].rules = 17),
        ("out of order", |it| it.rules[1].offset = 1),
        ("none of its device's", |it| it.rules[1].size = 6),
        ("none of its device's", |it| it.rules[0].size = 0),
        ("none of its device's", |it| it.rules[2].offset = 0x12),
        ("none of its device's", |it| it.rules[2].size = 0x11),
        ("no end", |it| it.rules[2].size = u32::MAX - 3),
        ("bits", |it| it.rules[0].read = 0x100),
        ("bits", |it| it.rules[1].write = 0x8000_0000),
        ("whole pages", |it| it.resources[2].physical += 4),
        ("whole pages", |it| it.resources[2].size = 0),
        ("rights", |it| it.resources[2].flags = 2),
        ("something else", |it| it.resources[2].address = BASE + MEMORY_SIZE - PAGE),
        ("something else", |it| it.resources[2].address = it.mapping.address - PAGE),
        ("same", |it| it.resources[1].physical = DEVICES + PAGE + 0x100),
        ("that a partition can have", |it| it.resources[3].physical = 4),
        ("that a partition can have", |it| it.resources[3].physical = 24),
        ("that an interrupt can have", |it| it.resources[3].line = 7),
        ("somebody's already", |it| it.resources[3].line = 8),
    ];
    for (words, lie) in lies {
        let mut owned = owned();
        lie(&mut owned);
        let refusal = owned.read().expect_err(words);
        assert!(refusal.contains(words), "{words}: {refusal}");
    }
    let mut owned = owned();
    owned.resources[3].flags = 4;
    assert!(owned.read().unwrap_err().contains("kind"));
    owned.resources[3].flags = 0;
    let second = Resource { line: 10, ..owned.resources[3] };
    owned.resources.push(second);
    owned.table.header.resources = 5;
    assert!(owned.read().unwrap_err().contains("somebody's already"), "the same pin");
    owned.resources[4].physical = 5;
    owned.read().unwrap();
    owned.resources[4].line = 9;
    assert!(owned.read().unwrap_err().contains("somebody's already"), "the same line");
}

#[test]
fn no_room_for_the_tables_of_what_is_seen_is_refused() {
    let mut owned = owned();
    owned.table.partitions[1].tables_size -= PAGE;
    owned.resources[2].address = SEEN + (4 << 20);
    assert!(owned.read().unwrap_err().contains("page tables"));
}

proptest! {
    /// Whatever a table says of devices: nothing panics, and what is taken is nobody else's and not the kernel's.
    #[test]
    fn no_two_have_the_same(
        words in proptest::collection::vec((0usize..4, 0usize..9, any::<u32>()), 0..6),
    ) {
        let mut owned = owned();
        for (number, field, value) in words {
            let resource = &mut owned.resources[number];
            let near = u64::from(value % 0x40) * 0x100;
            match field {
                0 => resource.partition = value % 3,
                1 => resource.kind = value % 6,
                2 => resource.flags = value % 4,
                3 => resource.width = 1 << (value % 4),
                4 => resource.physical = DEVICES + near,
                5 => resource.physical = u64::from(value),
                6 => resource.size = near,
                7 => resource.address = SEEN + near * 0x10,
                _ => resource.line = value % 20,
            }
        }
        if let Ok(configuration) = owned.read() {
            let touched: Vec<_> = configuration
                .devices
                .resources()
                .filter(|it| it.kind != ResourceKind::Interrupt)
                .map(|it| (it.kind == ResourceKind::Ports, it.physical, it.physical + it.size))
                .collect();
            for (number, &(is_port, start, end)) in touched.iter().enumerate() {
                prop_assert!(start < end);
                prop_assert!(is_port || end <= OWN as usize || start >= OWN as usize + 0x30);
                prop_assert!(!is_port || end <= 0x3f8 || start >= 0x400);
                for other in &touched[number + 1..] {
                    prop_assert!(other.0 != is_port || end <= other.1 || other.2 <= start);
                }
            }
        }
    }
}

const FUNCTION: u16 = 0x20;
const BAR: u64 = DEVICES + 0x100 * PAGE;

fn no_function(_: u16) -> Option<function::Function> {
    None
}

/// A function with memory in whole pages, in the second and last of which are the messages, some bytes of memory, and
/// ports.
fn one_function(number: u16) -> Option<function::Function> {
    let mut bars = [Bar::default(); 6];
    bars[0] = Bar { start: BAR, size: 4 * PAGE, is_ports: false };
    bars[2] = Bar { start: BAR + 8 * PAGE + 0x40, size: 0x40, is_ports: false };
    bars[4] = Bar { start: 0xc000, size: 32, is_ports: true };
    let messages = Messages {
        capability: 0x40,
        table: BAR + PAGE,
        size: 0x30,
        pending: BAR + 3 * PAGE + 0x800,
        pending_size: 8,
    };
    (number == FUNCTION).then_some(function::Function { bars, messages: Some(messages), is_express: false })
}

/// A table in which the first partition has the function.
fn with_function() -> Owned {
    let mut owned = owned();
    owned.function = one_function;
    let function = Resource {
        name: [b'f'; 32],
        partition: 0,
        kind: ResourceKind::Function as u32,
        flags: FUNCTION_DMA,
        line: 10,
        physical: FUNCTION.into(),
        size: 2 * PAGE,
        address: SEEN,
        ..Resource::default()
    };
    owned.resources.insert(2, function);
    owned.table.header.resources = 5;
    owned
}

#[test]
fn a_function_is_taken_apart() {
    let configuration = with_function().read().unwrap();
    let devices = &configuration.devices;
    let all: u32 = u32::MAX;
    let described: Vec<_> = devices.resources().skip(2).map(crate::device::Resource::describe).collect();
    let told: Vec<_> = described
        .iter()
        .take(6)
        .map(|it| (it.kind, u64::from(it.address), u64::from(it.size), it.width, it.line, it.bar, it.offset))
        .collect();
    assert_eq!(
        told,
        [
            (5, FUNCTION.into(), 0x100, 4, 0, 0, 0),
            (1, SEEN, PAGE, 1, 0, 0, 0),
            (1, SEEN + PAGE, PAGE, 1, 0, 0, 2 * PAGE as u32),
            (2, BAR + 8 * PAGE + 0x40, 0x40, 4, 0, 2, 0),
            (3, 0xc000, 32, 1, 0, 4, 0),
            (4, FUNCTION.into(), 0, 0, 10, 0, 0),
        ]
    );
    assert!(described.iter().take(6).all(|it| it.name == [b'f'; 32]));
    assert_eq!(devices.of_partition[..2], [(0, 8), (8, 2)]);
    assert_eq!(devices.interrupts_of[..2], [(0, 1), (1, 1)]);
    let interrupt = devices.interrupts().next().unwrap();
    assert_eq!((interrupt.message as u64, interrupt.line, interrupt.level), (BAR + PAGE, 10, false));
    assert!(interrupt.is_kept(false));
    let function = Function {
        number: FUNCTION,
        partition: Index::FIRST,
        reach: Reach::Everything,
        message: Some((0, 0x40)),
        table: ((BAR + PAGE) as usize, 0x30),
        is_known: true,
    };
    assert_eq!(devices.functions().copied().collect::<Vec<_>>(), [function]);
    assert_eq!(devices.functions_of(Index::FIRST).len(), 1);
    assert_eq!(devices.functions_of(Index::new(1).unwrap()).len(), 0);
    // The command register is written, but for what only some may; and it answers, for it has messages.
    let rule = |offset| devices.register(Index::FIRST, 2, offset).map(|(_, _, rule)| (rule.read, rule.write));
    for (offset, write) in [(0, 0), (4, 0x405), (8, 0), (0x10, 0), (0x3c, 0), (0x40, 0), (0xfc, 0)] {
        assert_eq!(rule(offset), Ok((all, write)), "{offset:#x}");
    }
    for offset in [0x100, 1, 2, 0xfe, all, all - 3] {
        assert!(rule(offset).is_err(), "{offset:#x}");
    }
    let everything = |resource, offset| devices.register(Index::FIRST, resource, offset).map(|it| it.2.write);
    assert_eq!((everything(5, 0x3c), everything(6, 31)), (Ok(all), Ok(all)));
    assert!(everything(5, 0x40).is_err() && everything(6, 32).is_err());
}

#[test]
fn what_memory_a_function_reaches_is_said() {
    for (flags, reach, write) in [
        (0, Reach::Nothing, 0x401),
        (FUNCTION_DMA, Reach::Everything, 0x405),
        (FUNCTION_DMA | FUNCTION_TRANSLATED, Reach::Owner, 0x405),
    ] {
        let mut owned = with_function();
        owned.resources[2].flags = flags;
        let configuration = owned.read().unwrap();
        assert_eq!(configuration.devices.functions().next().unwrap().reach, reach);
        assert_eq!(configuration.devices.register(Index::FIRST, 2, 4).unwrap().2.write, write);
    }
}

#[test]
fn a_function_that_is_not_right_is_refused() {
    type Lie = fn(&mut Owned);
    let lies: [(&str, Lie); 17] = [
        ("not there", |it| it.resources[2].physical += 1),
        ("no number", |it| it.resources[2].physical += 1 << 16),
        ("unknown", |it| it.resources[2].flags = FUNCTION_TRANSLATED),
        ("unknown", |it| it.resources[2].flags = 4),
        ("pci-memory", |it| it.resources[2].size = PAGE),
        ("something else", |it| it.resources[2].address += 0x10),
        ("something else", |it| it.resources[2].address = BASE),
        ("line", |it| it.resources[2].line = 7),
        ("no device can be", |it| it.function = |number| moved(number, 0, PAGE)),
        ("kernel's own", |it| it.function = |number| moved(number, OWN, PAGE)),
        ("whole pages", |it| it.function = |number| moved(number, BAR + 0x20 * PAGE, PAGE + 4)),
        ("the same", |it| {
            it.resources[3].physical = BAR;
            it.resources[3].size = PAGE;
        }),
        ("behind a bridge", |it| {
            it.resources[2].physical = 0x100 | u64::from(FUNCTION);
            it.resources[2].flags = FUNCTION_DMA | FUNCTION_TRANSLATED;
            it.function = |number| one_function(number & 0xff);
        }),
        // The table of the messages is nobody's.
        ("the same", |it| {
            it.resources[3].physical = BAR + PAGE;
            it.resources[3].size = PAGE;
        }),
        ("the same", |it| it.resources[1].physical = BAR + PAGE + 0x20),
        // The kernel sees one page of it, where the entry is that it writes.
        ("more than one page", |it| it.function = |number| with_table(number, BAR + 2 * PAGE - 8)),
        ("the same PCI function", |it| {
            let second = it.resources[2];
            it.resources.insert(2, second);
            it.table.header.resources = 6;
        }),
    ];
    for (number, (expected, lie)) in lies.iter().enumerate() {
        let mut owned = with_function();
        lie(&mut owned);
        let refusal = owned.read().map(|_| "nothing").unwrap_or_else(|refusal| refusal);
        assert!(refusal.contains(expected), "{number}: {refusal} instead of {expected}");
    }
}

/// A function whose table of messages is elsewhere.
fn with_table(number: u16, table: u64) -> Option<function::Function> {
    let mut function = one_function(number)?;
    function.messages = function.messages.map(|messages| Messages { table, ..messages });
    Some(function)
}

/// A function whose first memory is another.
fn moved(number: u16, start: u64, size: u64) -> Option<function::Function> {
    let mut function = one_function(number)?;
    function.bars[0] = Bar { start, size, is_ports: false };
    Some(function)
}
