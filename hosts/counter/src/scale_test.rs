//! The i386 arithmetic of the clock against 128-bit integers: the same instructions, assembled for the developer's
//! machine.

use core::arch::global_asm;

use bulkhead_abi::ClockParameters;
use proptest::prelude::*;

global_asm!(
    include_str!("arch/scale.S"),
    // uint64_t (uint64_t cycles, const struct clock_parameters *), System V x86-64 calling convention.
    "bulkhead_test_scale:
    pushq %rbx
    movl %edi, %eax
    movq %rdi, %rdx
    shrq $32, %rdx
    movq %rsi, %r8
    scale 8(%r8), 12(%r8)
    shlq $32, %rdx
    orq %rdx, %rax
    popq %rbx
    ret",
    options(att_syntax, raw),
);

unsafe extern "C" {
    safe fn bulkhead_test_scale(cycles: u64, parameters: &ClockParameters) -> u64;
}

/// What the macro computes.
fn scaled(cycles: u64, multiplier: u32, shift: u32) -> u64 {
    let parameters =
        ClockParameters { multiplier: multiplier.into(), shift: shift.into(), ..ClockParameters::default() };
    bulkhead_test_scale(cycles, &parameters)
}

proptest! {
    #[test]
    fn scaling_equals_128_bit_arithmetic(cycles: u64, multiplier: u32, shift in 0_u32..64) {
        let expected = (u128::from(cycles) * u128::from(multiplier)) >> shift;
        prop_assert_eq!(scaled(cycles, multiplier, shift), expected as u64);
    }
}

#[test]
fn scaling_is_right_at_the_edges() {
    for cycles in [0, 1, u64::from(u32::MAX), 1 << 32, u64::MAX] {
        for multiplier in [0, 1, 1 << 31, u32::MAX] {
            for shift in [0, 1, 31, 32, 33, 63] {
                let expected = (u128::from(cycles) * u128::from(multiplier)) >> shift;
                assert_eq!(
                    scaled(cycles, multiplier, shift),
                    expected as u64,
                    "{cycles} * {multiplier} >> {shift}"
                );
            }
        }
    }
}
