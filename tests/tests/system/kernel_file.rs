//! The kernels' files: what they must not hold, and how large they may be.

use std::fs;
use std::process::Command;

use bulkhead_tests::repository;
use bulkhead_tool::system_file::Processor;

const KERNELS: [Processor; 2] = [Processor::X86_64, Processor::Leon3];

/// The kernel, the one that traces, and the one that varies and traces.
const FILES: [&str; 3] = ["kernel.elf", "kernel-trace.elf", "kernel-vary.elf"];

fn binutil(processor: Processor, name: &str, arguments: &[&str]) -> String {
    of_file(processor, FILES[0], name, arguments)
}

fn of_file(processor: Processor, file: &str, name: &str, arguments: &[&str]) -> String {
    let folder = repository().join("build/lib/bulkhead").join(processor.name());
    let kernel = folder.join(file);
    assert!(fs::exists(&kernel).unwrap_or(false), "run `make build` first");
    let output = Command::new(name)
        .args(arguments)
        .arg(&kernel)
        .output()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(output.status.success(), "{name} failed");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The compiler leaves out what cannot be reached: if nothing of the panic machinery is in the file, nothing panics.
/// The handler itself, which the language demands, is all there may be.
#[test]
fn nothing_can_panic() {
    for (processor, entry) in KERNELS.into_iter().zip(["kernel_hypercall", "kernel_trap"]) {
        for file in FILES {
            let symbols = of_file(processor, file, "nm", &["--demangle"]);
            assert!(symbols.contains(entry), "this is not the kernel");
            for words in ["panicking", "unwrap_failed", "expect_failed", "slice_index", "core::fmt"] {
                let found: Vec<&str> = symbols.lines().filter(|line| line.contains(words)).collect();
                assert!(found.is_empty(), "{processor:?}: {words}: {found:?}");
            }
        }
    }
}

/// Without the feature nothing is left of records: no ring, and no call that would write one.
#[test]
fn only_kernels_that_trace_have_a_ring() {
    for processor in KERNELS {
        let traces = FILES.map(|file| {
            let symbols = of_file(processor, file, "nm", &["--demangle"]);
            symbols.lines().any(|line| line.contains("trace_ring") || line.contains("::trace::"))
        });
        assert_eq!(traces, [false, true, true], "{processor:?}");
    }
}

/// Nothing is left of what is drawn, in the others: it cannot be done without this factor, which is an operand of
/// `imul`, or in the upper 22 bits of a register that `sethi` loads.
#[test]
fn only_the_kernel_that_varies_draws() {
    const FACTOR: u32 = 0x85eb_ca6b;
    for processor in KERNELS {
        let draws = FILES.map(|file| {
            let path = repository().join("build/lib/bulkhead").join(processor.name()).join(file);
            let bytes = fs::read(&path).expect("run `make build` first");
            match processor {
                Processor::X86_64 => bytes.windows(4).any(|operand| operand == FACTOR.to_le_bytes()),
                Processor::Leon3 => bytes.chunks_exact(4).any(|word| {
                    let word = word.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
                    word & 0xc1ff_ffff == 0x0100_0000 | FACTOR >> 10
                }),
            }
        });
        assert_eq!(draws, [false, false, true], "{processor:?}");
    }
}

#[test]
fn nothing_is_both_writable_and_executable() {
    // The kernel for LEON3 has no part that the processor reaches before it is where it belongs.
    for (processor, least) in KERNELS.into_iter().zip([4, 3]) {
        let headers = binutil(processor, "readelf", &["--program-headers", "--wide"]);
        let loads: Vec<&str> = headers.lines().filter(|line| line.trim_start().starts_with("LOAD")).collect();
        assert!(loads.len() >= least, "{headers}");
        assert!(!loads.iter().any(|line| line.contains("RWE")), "{headers}");
    }
}

/// The budgets for code and constants. A LEON3 needs more instructions for the same, above all for the check of the
/// system table, in which there are 64-bit fields.
#[test]
fn code_and_constants_are_small() {
    for processor in KERNELS {
        let sections = binutil(processor, "size", &["--format=sysv"]);
        let size = |name: &str| -> u64 {
            let line = sections.lines().find(|line| line.split_whitespace().next() == Some(name));
            line.and_then(|line| line.split_whitespace().nth(1))
                .and_then(|word| word.parse().ok())
                .unwrap_or(u64::MAX)
        };
        let total = size(".text").saturating_add(size(".rodata"));
        println!("{processor:?}: {total} bytes");
        let budget = if processor == Processor::Leon3 { 112 << 10 } else { 88 << 10 };
        assert!(total <= budget, "{processor:?}: {total} bytes");
    }
}
