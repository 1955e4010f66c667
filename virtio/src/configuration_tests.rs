//! Tests of the configuration space, on simulated registers.

use bulkhead_guest::ResourceDescription;
use bulkhead_guest::host::simulated::devices as world;
use virtio_drivers::transport::pci::bus::{BarInfo, Command, MemoryBarType, PciRoot};

use super::*;

/// A function with the registers of QEMU's network device: messages in base address register 1, of which the partition
/// sees nothing, and the rest in 4, which has 64 bits and 16 KiB.
fn network() -> (Configuration, Resource) {
    let function = described(ResourceKind::Function, 0x20, 0x100, 0);
    let registers = world::add_described("net", function);
    world::add_described("disk", described(ResourceKind::Memory, 0x0090_0000, 0x1000, 0));
    world::add_described("net", described(ResourceKind::Memory, 0x0060_1000, 0x4000, 4));
    for (offset, value) in
        [(0, 0x1041_1af4), (0x14, 0xfebd_1000), (0x20, 0xfe00_000c), (0x24, 0), (0x34, 0x98)]
    {
        world::set_register(registers, offset, value);
    }
    (Configuration::find("net").expect("it is the partition's"), Resource::unchecked(registers))
}

fn described(kind: ResourceKind, address: u32, size: u32, bar: u32) -> ResourceDescription {
    ResourceDescription { kind: kind as u32, address, size, bar, ..ResourceDescription::default() }
}

#[test]
fn a_base_address_says_where_the_partition_sees_the_memory_and_how_much() {
    let (configuration, registers) = network();
    let function = configuration.function();
    let mut root = PciRoot::new(configuration);
    let expected = BarInfo::Memory {
        address_type: MemoryBarType::Width64,
        prefetchable: true,
        address: 0x0060_1000,
        size: 0x4000,
    };
    for _ in 0..2 {
        assert_eq!(root.bar_info(function, 4), Ok(Some(expected.clone())));
    }
    assert_eq!(root.bar_info(function, 0), Ok(None));
    assert_eq!(root.bar_info(function, 1), Ok(None), "the partition sees nothing of it");
    assert_eq!(registers.read(0x20), Ok(0xfe00_000c), "nothing is written");
}

#[test]
fn what_is_seen_in_part_is_as_much_as_a_register_can_say() {
    let (_, registers) = network();
    world::add_described("net", described(ResourceKind::Memory, 0x0070_0000, 0x3000, 1));
    let behind =
        ResourceDescription { offset: 0x1000, ..described(ResourceKind::Memory, 0x0080_0000, 0x1000, 0) };
    world::add_described("net", behind);
    let configuration = Configuration::find("net").expect("it is the partition's");
    let function = configuration.function();
    let mut root = PciRoot::new(configuration);
    let size = |info: Option<BarInfo>| info.and_then(|info| info.memory_address_size());
    assert_eq!(root.bar_info(function, 1).map(size), Ok(Some((0x0070_0000, 0x2000))));
    assert_eq!(root.bar_info(function, 0).map(size), Ok(None), "its beginning is not seen");
    assert_eq!(registers.read(0x14), Ok(0xfebd_1000));
}

#[test]
fn everything_else_is_read_as_it_is_and_the_command_alone_is_written() {
    let (mut configuration, registers) = network();
    let function = configuration.function();
    assert_eq!((function.bus, function.device, function.function), (0, 4, 0));
    assert_eq!(configuration.read_word(function, 0), 0x1041_1af4);
    assert_eq!(configuration.read_word(function, 0x34), 0x98);
    configuration.write_word(function, 0x34, 0);
    assert_eq!(registers.read(0x34), Ok(0x98));
    let mut root = PciRoot::new(configuration);
    root.set_command(function, Command::BUS_MASTER);
    assert_eq!(registers.read(4), Ok(4));
}

#[test]
fn there_is_no_other_function() {
    let (mut configuration, registers) = network();
    let other = DeviceFunction { function: 1, ..configuration.function() };
    assert_eq!(configuration.read_word(other, 0), u32::MAX);
    configuration.write_word(other, 4, 7);
    assert_eq!(registers.read(4), Ok(0));
    assert!(matches!(Configuration::find("disk"), Err(Error::NotPermitted)));
}
