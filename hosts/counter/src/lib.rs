//! The clock of hosts on which it is the processor's counter, scaled: `bulkhead_clock_now` for i386. On SPARC the clock
//! is a trap of the partition interface.

#![no_std]
#![allow(unsafe_code, reason = "a counter that only an instruction reads")]

#[cfg(all(target_arch = "x86", target_os = "none"))]
core::arch::global_asm!(include_str!("arch/scale.S"), include_str!("arch/clock.S"), options(att_syntax, raw));

#[cfg(all(test, target_arch = "x86_64"))]
mod scale_test;
