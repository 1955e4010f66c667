//! Of devices, tool and kernel allow the same: what the tool finds right the kernel takes, and the other way round.

use std::fmt::Write as _;
use std::path::Path;

use bulkhead_abi::{ResourceKind, machine};
use bulkhead_kernel_core::configuration::{Configuration, Limits};
use bulkhead_kernel_core::device::Reach;
use bulkhead_kernel_core::function::{Bar, Function, Messages};
use bulkhead_kernel_core::ownership::{DeviceLimits, OWN_RANGES_MAX};
use bulkhead_tool::hardware::Hardware;
use bulkhead_tool::image::Image;
use bulkhead_tool::layout::layout;
use bulkhead_tool::pack::table;
use bulkhead_tool::system_file::device::{Block, Interrupt, Resource, Rule};
use bulkhead_tool::system_file::{Processor, System, from_text};
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::Elf;

const MEMORY: u64 = 16 << 10;

/// A system of so many partitions on a processor, and what is behind them.
fn text(processor: Processor, partitions: usize, rest: &str) -> String {
    let processor = processor.name();
    let mut text = format!("[system]\nname = \"both\"\nprocessor = \"{processor}\"\nmajor-frame = \"1 s\"\n");
    for number in 0..partitions {
        let _ = write!(
            text,
            "[[partition]]\nname = \"p{number}\"\nmemory = \"{MEMORY} B\"\nsources = [\"templates/hello.c\"]\n\
             [[window]]\npartition = \"p{number}\"\nstart = \"{number} ms\"\nduration = \"1 ms\"\n"
        );
    }
    text + rest
}

/// What the kernel's own check is told of a machine's devices.
fn limits(processor: Processor) -> DeviceLimits {
    let Hardware {
        memory,
        own_memory,
        ports: _,
        own_ports,
        interrupts,
        own_interrupts,
        low: _,
        dma_memory: _,
        dma_ports: _,
    } = Hardware::of(processor);
    let mut own = [(0, 0); OWN_RANGES_MAX];
    for (place, range) in own.iter_mut().zip(*own_memory) {
        *place = (range.start as usize, range.size as usize);
    }
    let ports: Vec<(usize, usize)> =
        own_ports.iter().map(|own| (own.start as usize, own.size as usize)).collect();
    let free = interrupts.clone().filter(|number| !own_interrupts.iter().any(|(own, _)| own == number));
    DeviceLimits {
        memory: (memory.start as usize, memory.end as usize),
        own_memory: own,
        own_ports: Box::leak(ports.into_boxed_slice()),
        interrupts: interrupts.end,
        free_interrupts: free.fold(0, |bits, number| bits | 1 << number),
        function: |number| (number == FUNCTION).then_some(a_function()),
    }
}

/// What the kernel says of the table of a system whose devices are those of a processor. The table is of this machine's
/// byte order, and the memory is a PC's.
fn kernel_reads(mut system: System) -> Result<Box<Configuration>, &'static str> {
    let devices = limits(system.processor);
    system.processor = Processor::X86_64;
    let image = Image::read(&Elf::good().bytes(), Processor::X86_64, MEMORY).expect("an image");
    let layout = layout(&system, vec![image; system.partitions.len()]).expect("a layout");
    let limits = Limits { devices, ..Limits::new(&machine::X86_64, system.memory as usize) };
    let mut configuration = Box::new(Configuration::new());
    configuration.read(&table(&system, &layout), &limits).map(|()| configuration)
}

fn checked(text: &str) -> Result<System, String> {
    let read = from_text(text, "both.toml", Path::new(env!("CARGO_MANIFEST_DIR")));
    read.map_err(|report| report.plain())
}

#[test]
fn the_kernel_takes_as_many_resources_rules_and_interrupts_as_the_tool_allows() {
    let mut rest = String::new();
    for owner in 0..2 {
        let interrupts: String =
            (0..8).map(|number| format!("{{ number = {} }}, ", 5 + 8 * owner + number)).collect();
        let mut ports = String::new();
        for block in 0..24 {
            let count = if block < 7 {
                16
            } else if block == 7 {
                0
            } else {
                1
            };
            let rules: String = (0..count).map(|offset| format!("{{ offset = {offset} }}, ")).collect();
            let allow = if count == 0 { String::new() } else { format!(", allow = [{rules}]") };
            let first = 0x1000 + 0x1000 * owner + 16 * block;
            ports += &format!("{{ first = {first}, count = 16, width = 1{allow} }}, ");
        }
        let _ = write!(
            rest,
            "[[device]]\nname = \"d{owner}\"\nowner = \"p{owner}\"\ninterrupts = [{interrupts}]\nports = [{ports}]\n"
        );
    }
    // 2 x (7 x 16 + 17) rules are 258.
    let too_many = checked(&text(Processor::X86_64, 2, &rest)).expect_err("too many rules");
    assert!(too_many.contains("258 rules"), "{too_many}");
    let rest = rest.replacen("{ offset = 15 }, ", "", 2);
    let system = checked(&text(Processor::X86_64, 2, &rest)).unwrap_or_else(|report| panic!("{report}"));
    let read = kernel_reads(system).expect("the kernel takes it");
    assert_eq!((read.header.resources, read.header.rules), (64, 256));
    assert_eq!(read.devices.interrupts().count(), 16);
}

/// The one PCI function of the machine.
const FUNCTION: u16 = 0x0023;

/// It has as much memory as its owner sees where the file says nothing, and sends messages.
fn a_function() -> Function {
    let mut function = Function::default();
    function.bars[0] = Bar { start: 0xfeb0_0000, size: 0x8000, is_ports: false };
    function.bars[1] = Bar { start: 0xfeb1_0000, size: 0x8000, is_ports: false };
    function.bars[4] = Bar { start: 0xfeb2_0000, size: 0x1000, is_ports: false };
    function.messages = Some(Messages {
        capability: 0x40,
        table: 0xfeb2_0000,
        size: 0x20,
        pending: 0xfeb2_0800,
        pending_size: 8,
    });
    function
}

#[test]
fn the_kernel_takes_a_function_as_the_tool_packs_it() {
    let device = |dma: &str, rest: &str| {
        let device =
            format!("[[device]]\nname = \"net\"\nowner = \"p0\"\npci = \"00:04.3\"\ndma = \"{dma}\"\n{rest}");
        checked(&text(Processor::X86_64, 1, &device))
    };
    for (dma, reach) in
        [("none", Reach::Nothing), ("iommu", Reach::Owner), ("unprotected", Reach::Everything)]
    {
        let system = device(dma, "").unwrap_or_else(|report| panic!("{report}"));
        let Resource::Function(packed) = system.devices[0].resources[0] else { panic!("a function") };
        assert_eq!((packed.number, packed.memory, packed.line), (FUNCTION, 64 << 10, 15));
        let read = kernel_reads(system).expect("the kernel takes it");
        let function = *read.devices.functions().next().expect("a function");
        assert_eq!((function.number, function.reach), (FUNCTION, reach));
        let seen: Vec<u64> = read
            .devices
            .resources()
            .filter(|it| it.kind == ResourceKind::Memory)
            .map(|it| it.address as u64)
            .collect();
        assert_eq!(seen, [packed.address, packed.address + 0x8000]);
        let interrupt = read.devices.interrupts().next().expect("an interrupt");
        assert_eq!((u32::from(interrupt.line), interrupt.message), (packed.line, 0xfeb2_0000));
        assert_eq!(read.partitions[0].physical, dma == "unprotected");
    }
    // Less room than it has memory, which only the kernel knows.
    let system = device("none", "pci-memory = \"60 KiB\"\n").expect("a system");
    assert!(kernel_reads(system).expect_err("no room").contains("pci-memory"));
    let system = device("none", "pci-line = 8\n").expect("a system");
    assert_eq!(kernel_reads(system).expect("a line").devices.interrupts().next().map(|it| it.line), Some(8));
}

/// A resource as the system file has it.
fn written(resource: &Resource) -> String {
    let block = |block: &Block, start: &str, size: &str| {
        let rules: Vec<String> = block
            .rules
            .iter()
            .map(|Rule { offset, size, read, write }| {
                format!("{{ offset = {offset}, size = {size}, read = {read:#x}, write = {write:#x} }}")
            })
            .collect();
        format!(
            "{{ {start} = {:#x}, {size} = {:#x}, width = {}, allow = [{}] }}",
            block.start,
            block.size,
            block.width,
            rules.join(", ")
        )
    };
    match resource {
        Resource::Memory { physical, size, writable, address } => format!(
            "memory = [{{ address = {physical:#x}, size = {size:#x}, write = {writable}, at = {address:#x} }}]\n"
        ),
        Resource::Registers(registers) => format!("registers = [{}]\n", block(registers, "address", "size")),
        Resource::Ports(ports) => format!("ports = [{}]\n", block(ports, "first", "count")),
        Resource::Interrupt(interrupt) => {
            let (trigger, polarity) = interrupt.words();
            let Interrupt { number, line, .. } = interrupt;
            let what = format!("number = {number}, trigger = \"{trigger}\", polarity = \"{polarity}\"");
            format!("interrupts = [{{ {what}, line = {line} }}]\n")
        }
        Resource::Function(function) => format!("pci = \"{}\"\n", function.name()),
    }
}

/// Rules as they are mostly right.
fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let bits = select(vec![1_u32, 0xff, 0x100, 0xffff, 0x1_0000, u32::MAX]);
    let rule = (select(vec![0_u32, 1, 2, 4, 8, 12, 16]), select(vec![0_u32, 1, 2, 4, 8]), bits.clone(), bits);
    let rule = rule.prop_map(|(offset, size, read, write)| Rule { offset, size, read, write });
    let ordered = |mut rules: Vec<Rule>| {
        // The tool puts them in order; the kernel wants them so.
        rules.sort_by_key(|rule| rule.offset);
        rules
    };
    let whole = Just(vec![Rule { offset: 0, size: 4, read: 0xff, write: 0xff }]);
    prop_oneof![3 => whole, 2 => proptest::collection::vec(rule, 1..4).prop_map(ordered)]
}

fn block(starts: Vec<u64>, sizes: Vec<u64>) -> impl Strategy<Value = Block> {
    (select(starts), 0_u64..5, select(sizes), select(vec![1_u32, 2, 4]), rules())
        .prop_map(|(start, more, size, width, rules)| Block { start: start + more, size, width, rules })
}

/// A resource of a processor's machine, at the edges of what can be.
fn resource(processor: Processor) -> impl Strategy<Value = Resource> {
    let hardware = Hardware::of(processor);
    let own = hardware.own_memory.iter().flat_map(|own| [own.start, own.start + own.size]);
    let edges = [0, hardware.memory.start, hardware.memory.end];
    let around =
        |edge: u64| [edge.saturating_sub(4096), edge.saturating_sub(8), edge.saturating_sub(4), edge];
    // Where nothing else is: about the end of a page.
    let free =
        [0x9000_0000_u64, 0x9000_0fec, 0x9000_0ff0, 0x9000_0ff4, 0x9000_0ff8, 0x9000_0ffc, 0xfed0_0000];
    let free = free.into_iter().cycle().take(24);
    let memory: Vec<u64> = own.chain(edges).flat_map(around).chain(free).collect();
    let own = hardware.own_ports.iter().flat_map(|own| [own.start, own.start + own.size]);
    let edges = [0x100, hardware.ports.end];
    let ports: Vec<u64> = own.chain(edges).flat_map(|edge| [edge.saturating_sub(4), edge]).collect();
    let pages: Vec<u64> = memory.iter().map(|address| address / 4096 * 4096).chain([0x8000_0801]).collect();
    let sees = vec![
        0x11_0000_u64,
        0x11_3000,
        0x11_4000,
        0x80_0000,
        0x80_0800,
        0xfeff_e000,
        0xfeff_f000,
        0xff00_0000,
    ];
    // The tool's LEON3 has its partitions elsewhere, and no interrupt that is low.
    let (sees, low) = match processor {
        Processor::X86_64 => (sees, any::<bool>().boxed()),
        Processor::Leon3 => (vec![0x80_0000, 0x80_0800], Just(false).boxed()),
    };
    let mapped = (select(pages), select(vec![0_u64, 0x1000, 0x2000, 0x1800]), any::<bool>(), select(sees));
    let interrupt = (0_u32..26, any::<bool>(), low, 7_u32..=17);
    prop_oneof![
        mapped.prop_map(|(physical, size, writable, address)| Resource::Memory {
            physical,
            size,
            writable,
            address
        }),
        block(memory, vec![0, 4, 6, 8, 16, 0x1000]).prop_map(Resource::Registers),
        block(ports, vec![0, 1, 4, 8, 16]).prop_map(Resource::Ports),
        interrupt.prop_map(|(number, level, low, line)| Resource::Interrupt(Interrupt {
            number,
            level,
            low,
            line
        })),
    ]
}

/// Resources of one device, on a processor.
fn resources() -> impl Strategy<Value = (Processor, Vec<Resource>)> {
    let of =
        |processor| proptest::collection::vec(resource(processor), 1..4).prop_map(move |it| (processor, it));
    prop_oneof![of(Processor::X86_64), of(Processor::Leon3)]
}

/// The DMA controllers and timers, which the kernel has no opinion of.
fn is_engine(resource: &Resource) -> bool {
    let (start, size, engines): (_, _, &[(u64, u64)]) = match resource {
        Resource::Ports(Block { start, size, .. }) => {
            (start, size, &[(0x00, 0x10), (0x80, 0x90), (0xc0, 0xe0)])
        }
        Resource::Registers(Block { start, size, .. }) | Resource::Memory { physical: start, size, .. } => {
            (start, size, &[(0xfed0_0000, 0xfed0_1000)])
        }
        _ => return false,
    };
    engines.iter().any(|(first, end)| start < end && *first < start + size)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn tool_and_kernel_find_the_same_devices_possible((processor, resources) in resources()) {
        let device = "[[device]]\nname = \"d\"\nowner = \"p0\"\ndma = \"unprotected\"\n";
        let doorbell = "[[region]]\nname = \"r\"\nsize = \"4 KiB\"\n\
                        partitions = [{ partition = \"p0\", access = \"read-write\", doorbell = 8, \
                        address = \"0x0200_0000\" }]\n";
        let rest = |device: &str| text(processor, 1, &format!("{device}{doorbell}"));
        // Arrays of one entry, one device for each, so that the order stays.
        let devices: Vec<String> = resources
            .iter()
            .enumerate()
            .map(|(number, it)| device.replace("\"d\"", &format!("\"d{number}\"")) + &written(it))
            .collect();
        let tool = checked(&rest(&devices.concat()));
        // The same, whatever the tool says of it.
        let mut system = checked(&rest(&format!("{device}interrupts = [{{ number = 10 }}]\n"))).expect("a system");
        system.devices[0].resources.clone_from(&resources);
        let kernel = kernel_reads(system);
        prop_assert_eq!(tool.is_ok(), kernel.is_ok(), "tool {:?}, kernel {:?}", tool.err(), kernel.err());
        if let Ok(system) = tool {
            prop_assert!(kernel_reads(system).is_ok());
        }
    }

    #[test]
    fn what_can_write_any_memory_is_said_to(resource in resource(Processor::X86_64)) {
        let device = format!("[[device]]\nname = \"d\"\nowner = \"p0\"\n{}", written(&resource));
        let with = device.replace("owner", "dma = \"unprotected\"\nowner");
        let [without, with] = [device, with].map(|it| checked(&text(Processor::X86_64, 1, &it)).is_ok());
        prop_assert_eq!(without, with && !is_engine(&resource));
    }
}
