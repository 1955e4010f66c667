//! C's calling convention on i386 (System V ABI, Intel386 supplement): arguments on the stack, floating-point results
//! in x87's first register.

use core::arch::global_asm;

global_asm!(include_str!("i386.S"), options(att_syntax));

/// Loads the result from the bits that are in `eax`, and in `edx`.
macro_rules! load_result {
    (double) => {
        "movl %eax, (%esp)\nmovl %edx, 4(%esp)\nfldl (%esp)\n"
    };
    (float) => {
        "movl %eax, (%esp)\nflds (%esp)\n"
    };
}

/// In: as a C function. Out: as a C function; the arguments are copied, the last one first.
macro_rules! returning {
    ($result:ident, $words:literal, $name:ident, $function:path) => {
        core::arch::global_asm!(
            c_function!(
                $name,
                ".rept {words}\npushl 4 * {words}(%esp)\n.endr\n",
                "call {function}\nsubl $8, %esp\n",
                load_result!($result),
                "addl $(8 + 4 * {words}), %esp\nret\n",
            ),
            words = const $words,
            function = sym $function,
            options(att_syntax)
        );
    };
}

/// In: as a C function. Out: as a C function; the fixed arguments are copied behind the address of the others.
macro_rules! variadic {
    ($words:literal, $name:ident, $function:path) => {
        core::arch::global_asm!(
            c_function!(
                $name,
                "leal 4 + 4 * {words}(%esp), %eax\npushl %eax\n",
                ".rept {words}\npushl 4 + 4 * {words}(%esp)\n.endr\n",
                "call {function}\n",
                "addl $(4 + 4 * {words}), %esp\nret\n",
            ),
            words = const $words,
            function = sym $function,
            options(att_syntax)
        );
    };
}
