//! The rules for PCI functions, and for who may read and write memory by itself.

use std::ops::Range;

use bulkhead_abi::system_table::{FUNCTIONS_MAX, RESOURCES_MAX};

use super::address::{Noun, whole_pages};
use super::device::Machine;
use super::interrupt;
use super::partition::choice;
use crate::diagnostics::Problem;
use crate::system_file::device::{Dma, Emulated, Function};
use crate::system_file::parse::RawFunction;
use crate::system_file::value::Located;
use crate::target::Processor;

/// The most resources that a function becomes: itself, what is behind its six registers, and its message. (Where the
/// table of the messages lies amid memory, that is two.)
pub(super) const FUNCTION_RESOURCES_MAX: usize = 8;

const _: () =
    assert!((FUNCTIONS_MAX + 1) * FUNCTION_RESOURCES_MAX > RESOURCES_MAX, "as many as there can be");

/// What is placed.
const FUNCTION: Noun = ("device", "`pci-memory`");

/// How much memory of a function its owner sees at most, where the file does not say it.
const MEMORY: u64 = 64 << 10;

/// What has been given away so far.
#[derive(Default)]
pub(super) struct Functions {
    /// The numbers, and where they stand.
    numbers: Vec<(u16, Range<usize>)>,
    /// The partitions with a device that writes memory by itself: how it does, and where that stands.
    dma: Vec<(usize, Dma, Range<usize>)>,
}

/// Checks a PCI function of a partition's device.
pub(super) fn checked(
    raw: &RawFunction,
    owner: Option<usize>,
    machine: &mut Machine<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Function> {
    let place = &raw.number.place;
    if machine.processor != Processor::X86_64 {
        let help = "leave it out, or add processor = \"x86_64\" to the device";
        problems.push(Problem::new(place.clone(), "LEON3 has no PCI functions here").help(help));
        return None;
    }
    let number = number(&raw.number, machine, problems)?;
    let memory = match &raw.memory {
        Some(memory) => whole_pages(memory, "function", problems)?,
        None if raw.memory_given => return None,
        None => MEMORY,
    };
    let emulated = match &raw.emulate {
        Some(written) => Some(emulated(written, number, place, problems)?),
        None => None,
    };
    let owner = owner?;
    let line = interrupt::line(raw.line.as_ref(), raw.line_given, (owner, place), machine, problems)?;
    let name = machine.seen.name(owner);
    let place = raw.memory.as_ref().map_or(place, |memory| &memory.place).clone();
    let address = machine.seen.spaces.place_behind(FUNCTION, (owner, name), place, memory, problems)?;
    Some(Function { number, memory, address, line, emulated })
}

/// What QEMU is told to be at a place, if it can be there.
fn emulated(
    written: &Located<String>,
    number: u16,
    place: &Range<usize>,
    problems: &mut Vec<Problem>,
) -> Option<Emulated> {
    let kind = Emulated::ALL[choice(Some(written), "emulate", &Emulated::NAMES, problems)?];
    let (bus, device, function) = (number >> 8, number >> 3 & 0x1f, number & 7);
    if bus != 0 || function != 0 || !Emulated::PLACES.contains(&device) {
        let text = "QEMU cannot be told to have a device there";
        problems.push(
            Problem::new(place.clone(), text).related(written.place.clone(), "it is told so here").help(
                format!(
                    "write pci = \"00:{:02x}.0\" to pci = \"00:{:x}.0\"",
                    Emulated::PLACES.start(),
                    Emulated::PLACES.end()
                ),
            ),
        );
        return None;
    }
    Some(kind)
}

fn number(written: &Located<String>, machine: &mut Machine<'_>, problems: &mut Vec<Problem>) -> Option<u16> {
    let Located { value, place } = written;
    let Some(number) = Function::parse(value) else {
        let text = format!("`{value}` is no PCI function");
        let help = "write bus, device and function as `lspci` prints them, such as pci = \"00:04.0\"";
        problems.push(Problem::new(place.clone(), text).help(help));
        return None;
    };
    let known = &mut machine.functions.numbers;
    if let Some((_, other)) = known.iter().find(|(known, _)| *known == number) {
        problems.push(
            Problem::new(place.clone(), format!("`{value}` is a device's already"))
                .related(other.clone(), "it is here")
                .help("give it to one device: no two partitions have the same function"),
        );
        return None;
    }
    known.push((number, place.clone()));
    Some(number)
}

/// Checks how a device that writes memory by itself does that. One that is to be a function and is wrongly said has had
/// its complaint: that it is none would be no help.
pub(super) fn check_dma(
    dma: Dma,
    place: &Range<usize>,
    owner: Option<usize>,
    can_be_function: bool,
    machine: &mut Machine<'_>,
    problems: &mut Vec<Problem>,
) {
    if dma == Dma::None {
        return;
    }
    if dma == Dma::Iommu && !can_be_function {
        problems.push(
            Problem::new(place.clone(), "this device is no PCI function, and no IOMMU stands before it")
                .help("add `pci`, or write dma = \"unprotected\" if it writes memory by itself"),
        );
        return;
    }
    let Some(owner) = owner else { return };
    let known = &mut machine.functions.dma;
    if let Some((_, _, other)) = known.iter().find(|(known, how, _)| *known == owner && *how != dma) {
        let text = format!("`{}` has devices with and without an IOMMU", machine.seen.name(owner));
        problems.push(
            Problem::new(place.clone(), text)
                .related(other.clone(), "the other one is here")
                .help("write the same for both: a partition tells all of its devices addresses of one kind"),
        );
        return;
    }
    known.push((owner, dma, place.clone()));
}
