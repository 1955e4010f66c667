//! Any bytes as the code of an image: the decoders and the walk get past the headers every time.
#![no_main]

use bulkhead_audit::{Options, audit};
use libfuzzer_sys::fuzz_target;

/// The ELF and program headers of an image with one segment (System V ABI, chapters 4 and 5).
fn image(machine: u16, big_endian: bool, code: &[u8]) -> Vec<u8> {
    let half = |value: u16| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let word = |value: u32| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let size = u32::try_from(code.len()).unwrap_or(0);
    let mut bytes = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    bytes[5] = if big_endian { 2 } else { 1 };
    bytes.extend([half(2), half(machine)].concat());
    bytes.extend([1, 0x1000, 52, 0, 0].map(word).concat());
    bytes.extend([52, 32, 1, 40, 0, 0].map(half).concat());
    bytes.extend([1, 84, 0x1000, 0x1000, size, size, 5, 4].map(word).concat());
    bytes.extend(code);
    bytes
}

fuzz_target!(|code: &[u8]| {
    // EM_386 and EM_SPARC.
    for (machine, big_endian) in [(3, false), (2, true)] {
        if let Ok(report) = audit("fuzz", &image(machine, big_endian, code), &Options::default()) {
            assert!(report.summary.followed_bytes <= report.summary.code_bytes);
        }
    }
});
