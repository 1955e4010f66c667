//! C's calling convention on SPARC (SPARC V8, appendix D; System V ABI, SPARC supplement): the first six words of
//! arguments in registers, floating-point results in `f0` and `f1`.

use core::arch::global_asm;

global_asm!(include_str!("sparc.S"));

/// Loads the result from the bits that are in `o0`, and in `o1`.
macro_rules! load_result {
    (double) => {
        "std %o0, [%fp - 8]\nldd [%fp - 8], %f0\n"
    };
    (float) => {
        "st %o0, [%fp - 8]\nld [%fp - 8], %f0\n"
    };
}

/// In: as a C function, with at most six words of arguments. Out: as a C function.
macro_rules! returning {
    ($result:ident, $words:literal, $name:ident, $function:path) => {
        core::arch::global_asm!(
            c_function!(
                $name,
                "save %sp, -104, %sp\n",
                "mov %i0, %o0\nmov %i1, %o1\nmov %i2, %o2\nmov %i3, %o3\nmov %i4, %o4\nmov %i5, %o5\n",
                "call {function}\nnop\n",
                load_result!($result),
                "ret\nrestore\n",
            ),
            function = sym $function,
        );
    };
}

/// In: as a C function. Out: as a C function; the arguments in registers are put in front of those on the stack, where
/// the caller has left room for them.
macro_rules! variadic {
    ($words:literal, $name:ident, $function:path) => {
        core::arch::global_asm!(
            c_function!(
                $name,
                "save %sp, -96, %sp\n",
                "st %i0, [%fp + 68]\nst %i1, [%fp + 72]\nst %i2, [%fp + 76]\n",
                "st %i3, [%fp + 80]\nst %i4, [%fp + 84]\nst %i5, [%fp + 88]\n",
                "mov %i0, %o0\nmov %i1, %o1\nmov %i2, %o2\n",
                "add %fp, 68 + 4 * {words}, %o{words}\n",
                "call {function}\nnop\n",
                "ret\nrestore %g0, %o0, %o0\n",
            ),
            words = const $words,
            function = sym $function,
        );
    };
}
