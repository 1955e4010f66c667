//! The link-time pack: what stands in the place of a board support package when RTEMS runs in a partition.
//!
//! RTEMS itself comes from the user's installed kit, unchanged. This crate is compiled without it and knows none of
//! its structures; what depends on those lies in the C files of `kit/`, which are compiled against the kit that is
//! used. Together they are the whole board support package of a partition:
//!
//! * `arch` has RTEMS's interrupt state and context switch, in the place of the kit's privileged instructions;
//! * [`timecounter`] is the clock as a counter that RTEMS extends; when the clock ticks is the guest layer's to decide;
//! * `console`, `clock`, `stopwatch`, `cache`, `lines`, `start` are the rest of what RTEMS asks of a board.
//!
//! ARINC 653's services (`bulkhead_apex`) are in the library too; what they ask of an executive is in `kit/waiting.c`
//! and `kit/processes.c`.
//!
//! `docs/rtems.md` says how it is used and what it covers.

#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_arch = "sparc", feature(asm_experimental_arch))]
#![allow(unsafe_code, reason = "the C interface of RTEMS, and its task switch")]

pub mod timecounter;

#[cfg(target_os = "none")]
use bulkhead_apex as _;

#[cfg(target_os = "none")]
mod arch;
#[cfg(target_os = "none")]
mod cache;
#[cfg(target_os = "none")]
mod clock;
#[cfg(target_os = "none")]
mod console;
#[cfg(target_os = "none")]
mod lines;
#[cfg(target_os = "none")]
mod start;
#[cfg(target_os = "none")]
mod stopwatch;

#[cfg(test)]
mod tests {
    use bulkhead_abi::SharedPage;
    use bulkhead_abi::machine::sparc::SHARED_PAGE;
    use bulkhead_abi::record::rtems;
    use core::mem::offset_of;

    #[test]
    fn what_is_compiled_in_place_writes_the_interfaces_words() {
        let header = include_str!("../in-place/rtems/score/sparc.h");
        for (name, offset) in [
            ("ENABLED", offset_of!(SharedPage, interrupts_enabled)),
            ("PENDING", offset_of!(SharedPage, pending)),
            ("MASK", offset_of!(SharedPage, mask)),
        ] {
            let address = SHARED_PAGE as usize + offset;
            let line =
                format!("#define BULKHEAD_IN_PLACE_{name} (*(volatile __UINT32_TYPE__ *){address:#x})\n");
            assert!(header.contains(&line), "{line}");
        }
    }

    /// A symbol that the reader does not find is no error: its number would be taken for ours.
    #[test]
    fn the_kits_numbers_of_events_have_the_symbols_that_are_looked_for() {
        let source = include_str!("../kit/trace/records.c");
        let (_, beginning) = rtems::EVENT.split_once("record_").expect("what all offsets begin with");
        let told = source.lines().filter_map(|line| {
            let (number, value) =
                line.trim().strip_prefix("OFFSET(\"")?.strip_prefix(beginning)?.split_once('"')?;
            value.starts_with(", RTEMS_RECORD_").then(|| number.parse().ok())?
        });
        assert_eq!(told.collect::<Vec<u32>>(), rtems::EVENTS);
    }
}
