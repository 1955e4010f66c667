//! What C's calling convention has that Rust's code for a partition has not: functions that return floating-point
//! numbers in the unit's registers, functions with a variable number of arguments, and jumps out of functions.
//!
//! A processor gives two macros, each of which defines a symbol for C in front of a function in Rust:
//!
//! * `returning!(double, WORDS, NAME, FUNCTION)`: C's function `NAME`, whose arguments take so many words, and whose
//!   result is the `double` (or `float`) whose bits `FUNCTION` returns.
//! * `variadic!(WORDS, NAME, FUNCTION)`: C's function `NAME`, which has so many words of arguments in front of those
//!   that vary; `FUNCTION` has the address of these, a `va_list`, as its last argument.

/// The symbol of a C function, in a section of its own, around its instructions.
macro_rules! c_function {
    ($name:ident, $($instructions:expr),+ $(,)?) => {
        concat!(
            ".section .text.", stringify!($name), ", \"ax\", @progbits\n",
            ".globl ", stringify!($name), "\n.type ", stringify!($name), ", @function\n",
            stringify!($name), ":\n",
            $($instructions),+,
            ".size ", stringify!($name), ", . - ", stringify!($name), "\n.text\n",
        )
    };
}

#[cfg(target_arch = "x86")]
#[macro_use]
mod i386;

#[cfg(target_arch = "sparc")]
#[macro_use]
mod sparc;
