//! What no run shows: instructions that must be there because of what another processor, or real hardware, would do.

use std::mem::offset_of;
use std::path::Path;
use std::process::Command;

use bulkhead_abi::SharedPage;
use bulkhead_abi::machine::{i386, sparc};
use bulkhead_tests::{program, repository};
use bulkhead_tool::system_file::Processor;

fn disassembled(processor: Processor, file: &Path) -> String {
    let name = match processor {
        Processor::X86_64 => "x86_64-linux-gnu-objdump",
        Processor::Leon3 => "sparc64-linux-gnu-objdump",
    };
    let output = Command::new(name)
        .args(["--disassemble", "--no-show-raw-insn"])
        .arg(file)
        .output()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The instructions of a disassembly, without addresses and comments; labels as they are.
fn instructions(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(|line| line.split_once(":\t").map_or(line, |(_, instruction)| instruction.trim()))
}

/// Where the word `pending` is in a shared page.
const PENDING: u32 = offset_of!(SharedPage, pending) as u32;

/// The kernel of more than one processor would set bits of `pending` while the partition changes others.
#[test]
fn the_guest_layer_changes_pending_with_locked_instructions_on_i386() {
    let text = disassembled(Processor::X86_64, &program(Processor::X86_64, "guest-check"));
    let place = format!("{:#x}", i386::SHARED_PAGE + PENDING);
    let (mut locked, mut wrong) = (0, Vec::new());
    for instruction in instructions(&text) {
        // The last operand is what is written, where the instruction writes; a comparison does not.
        let reads = ["cmp", "test", "bt "].iter().any(|name| instruction.starts_with(name));
        if reads || instruction.rsplit(',').next() != Some(&place) {
            continue;
        }
        if instruction.starts_with("lock ") { locked += 1 } else { wrong.push(instruction) }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(locked >= 4, "{locked} locked instructions");
}

/// The same: no store, but `casa` in a loop.
#[test]
fn the_guest_layer_changes_pending_by_comparing_and_swapping_on_sparc() {
    let text = disassembled(Processor::Leon3, &program(Processor::Leon3, "guest-check"));
    let place = (sparc::SHARED_PAGE + PENDING).cast_signed();
    let (mut swapped, mut wrong) = (0, Vec::new());
    // The registers that hold the address.
    let mut holders: Vec<String> = Vec::new();
    let mut function = "";
    for instruction in instructions(&text) {
        if instruction.ends_with(">:") {
            function = instruction;
            holders.clear();
            continue;
        }
        let instruction = instruction.split('!').next().unwrap_or("").trim();
        let target = instruction.rsplit(", ").next().unwrap_or("");
        let stores = ["st", "clr ", "swap", "ldstub"].iter().any(|name| instruction.starts_with(name));
        let here = |text: &str| {
            text.contains(&format!("[ {place} ]"))
                || holders.iter().any(|name| text.contains(&format!("[ {name} ]")))
        };
        if instruction.starts_with("casa") && here(instruction) {
            swapped += 1;
        } else if stores && !instruction.starts_with("stbar") && here(instruction) {
            wrong.push(format!("{function} {instruction}"));
        }
        if instruction.starts_with("mov") && instruction.contains(&format!(" {place}, ")) {
            holders.push(target.to_owned());
        } else if !stores {
            holders.retain(|name| name != target);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(swapped >= 3, "{swapped} swaps");
}

/// Intel SDM volume 3A, 10.5.4.1: between what makes the timer take deadlines and the first deadline.
#[test]
fn a_fence_comes_before_the_first_deadline() {
    let kernel = repository().join("build/lib/bulkhead").join(Processor::X86_64.name()).join("kernel.elf");
    let text = disassembled(Processor::X86_64, &kernel);
    // The register of the timer's interrupt in the local APIC, where the kernel sees it; and who opens the first
    // window.
    let register = ",0xffffffff80000320";
    let mut functions = text.split("\n\n");
    let body = functions.find(|body| body.contains(register) && body.contains("dispatch"));
    let body = body.expect("the function that starts the clock");
    let mode = body.rfind(register).unwrap_or(0);
    let fence = mode + body[mode..].find("mfence").expect("a fence behind it");
    let dispatch = mode + body[mode..].find("dispatch").expect("the first window");
    assert!(fence < dispatch, "{}", &body[mode..]);
}

/// The kernel's instructions with their addresses.
fn addressed(text: &str) -> Vec<(u32, &str)> {
    let line = |line: &'_ str| -> Option<(u32, usize)> {
        let (address, instruction) = line.split_once(":\t")?;
        Some((u32::from_str_radix(address.trim(), 16).ok()?, line.len() - instruction.len()))
    };
    text.lines()
        .filter_map(|text| line(text).map(|(address, start)| (address, text[start..].trim())))
        .collect()
}

/// Records take g5 to g7, of which the compiler is not told: it cannot be, because they are a system's own by the ABI.
#[test]
fn the_compiler_leaves_the_registers_of_records_alone() {
    let kernel = repository().join("build/lib/bulkhead").join(Processor::Leon3.name()).join("kernel.elf");
    let text = disassembled(Processor::Leon3, &kernel);
    let compiled = |body: &&str| {
        let name = body.split_once('<').map_or("", |(_, name)| name);
        ["_R", "mem", "kernel_trap>", "kernel_hypercall>"].iter().any(|start| name.starts_with(start))
    };
    let functions: Vec<&str> = text.split("\n\n").filter(compiled).collect();
    assert!(functions.len() > 100, "{}", functions.len());
    let uses = |body: &str| ["%g5", "%g6", "%g7"].iter().any(|register| body.contains(register));
    let wrong: Vec<&str> = functions.into_iter().filter(|body| uses(body)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Whether a SPARC instruction reads or changes the condition codes or the window pointer.
fn uses_state(instruction: &str) -> bool {
    let name = instruction.split([' ', ',']).next().unwrap_or("");
    let always = ["b", "ba", "bn", "ta"];
    let conditional = name.len() <= 5 && name.starts_with(['b', 't']) && !always.contains(&name);
    conditional
        || ["save", "restore", "rett", "cmp", "addx", "subx"].contains(&name)
        || name.ends_with("cc")
        || instruction.starts_with("rd  %psr")
}

/// SPARC V8 manual, B.29: a write of PSR may take effect up to three instructions later. Until then the condition codes
/// and the window are the old ones or the new ones: those of a guest decide nothing in the kernel.
#[test]
fn nothing_uses_what_a_write_of_psr_may_still_change() {
    let kernel = repository().join("build/lib/bulkhead").join(Processor::Leon3.name()).join("kernel.elf");
    let text = disassembled(Processor::Leon3, &kernel);
    let instructions = addressed(&text);
    let at = |address: u32| instructions.iter().position(|&(place, _)| place == address);
    let (mut writes, mut wrong) = (0, Vec::new());
    for (place, &(address, instruction)) in instructions.iter().enumerate() {
        if !(instruction.starts_with("wr ") && instruction.ends_with("%psr")) {
            continue;
        }
        writes += 1;
        // Both ways of what the write is behind: in its delay slot, or not.
        let target = |instruction: &str| {
            let mut words = instruction.split_whitespace();
            let jumps = words.next().is_some_and(|name| name == "call" || name.starts_with('b'));
            words.next().filter(|_| jumps).and_then(|word| u32::from_str_radix(word, 16).ok()).and_then(at)
        };
        let before = place.checked_sub(1).and_then(|before| target(instructions[before].1));
        for start in [Some(place + 1), before].into_iter().flatten() {
            let (mut next, mut jump) = (start, None);
            for _ in 0..3 {
                let Some(&(_, instruction)) = instructions.get(next) else { break };
                if uses_state(instruction) {
                    wrong.push(format!("{address:#x}: {instruction}"));
                }
                next = jump.take().unwrap_or(next + 1);
                jump = target(instruction);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(writes >= 20, "{writes} writes");
}
