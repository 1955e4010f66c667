//! `<math.h>`: the crate `libm`'s functions, by C's names and calling convention. Their arithmetic is that of integers,
//! so that results are the same on every processor. An error is told by `errno`.

use core::ffi::{c_char, c_int, c_long, c_longlong};

use super::errno::{self, EDOM, ERANGE};
use super::strings::bounded;

/// Tells an error of a function's domain or range: a result that is no number, or infinite, from arguments that are
/// neither.
macro_rules! checked {
    ($result:expr $(, $argument:expr)+) => {{
        let result = $result;
        if result.is_nan() {
            if !(false $(|| $argument.is_nan())+) {
                errno::set(EDOM);
            }
        } else if result.is_infinite() && true $(&& $argument.is_finite())+ {
            errno::set(ERANGE);
        }
        result
    }};
}

/// A function of numbers of one type, which take so many words.
macro_rules! function {
    ($result:ident $type:ident $bits:ident $words:literal ($($argument:ident),+) $name:ident) => {
        extern "C" fn $name($($argument: $bits),+) -> $bits {
            $(let $argument = $type::from_bits($argument);)+
            checked!(libm::$name($($argument),+) $(, $argument)+).to_bits()
        }
        returning!($result, $words, $name, $name);
    };
}

/// Functions with the same arguments.
macro_rules! functions {
    ($result:ident $type:ident $bits:ident $words:literal $arguments:tt: $($name:ident)+) => {
        $(function!($result $type $bits $words $arguments $name);)+
    };
}

functions! { double f64 u64 2 (x):
    acos acosh asin asinh atan atanh cbrt ceil cos cosh erf erfc exp exp10 exp2 expm1 fabs floor j0 j1 lgamma log
    log10 log1p log2 rint round roundeven sin sinh sqrt tan tanh tgamma trunc y0 y1
}

functions! { float f32 u32 1 (x):
    acosf acoshf asinf asinhf atanf atanhf cbrtf ceilf cosf coshf erff erfcf expf exp10f exp2f expm1f fabsf floorf
    lgammaf logf log10f log1pf log2f rintf roundf roundevenf sinf sinhf sqrtf tanf tanhf tgammaf truncf
}

functions! { double f64 u64 4 (x, y): atan2 copysign fdim fmax fmin fmod hypot nextafter pow remainder }
functions! { float f32 u32 2 (x, y): atan2f copysignf fdimf fmaxf fminf fmodf hypotf nextafterf powf remainderf }
functions! { double f64 u64 6 (x, y, z): fma }
functions! { float f32 u32 3 (x, y, z): fmaf }

/// The functions whose arguments are not all of one type, for each type.
macro_rules! others {
    (
        $result:ident $type:ident $bits:ident $one:literal $two:literal $and_word:literal $and_two:literal:
        $frexp:ident $ldexp:ident $scalbn:ident $scalbln:ident $modf:ident $remquo:ident $ilogb:ident $logb:ident
        $rint:ident $nearbyint:ident $round:ident $lrint:ident $llrint:ident $lround:ident $llround:ident
    ) => {
        /// # Safety
        /// `exponent` is writable.
        unsafe extern "C" fn $frexp(x: $bits, exponent: *mut c_int) -> $bits {
            let (fraction, power) = libm::$frexp($type::from_bits(x));
            // SAFETY: the caller's promise.
            unsafe { exponent.write(power) };
            fraction.to_bits()
        }
        returning!($result, $and_word, $frexp, $frexp);

        extern "C" fn $scalbn(x: $bits, exponent: c_int) -> $bits {
            let x = $type::from_bits(x);
            checked!(libm::$scalbn(x, exponent), x).to_bits()
        }
        returning!($result, $and_word, $scalbn, $scalbn);
        returning!($result, $and_word, $scalbln, $scalbn);
        returning!($result, $and_word, $ldexp, $scalbn);

        /// # Safety
        /// `whole` is writable.
        unsafe extern "C" fn $modf(x: $bits, whole: *mut $bits) -> $bits {
            let (fraction, part) = libm::$modf($type::from_bits(x));
            // SAFETY: the caller's promise; a number in the caller's frame may be aligned to a word only.
            unsafe { whole.write_unaligned(part.to_bits()) };
            fraction.to_bits()
        }
        returning!($result, $and_word, $modf, $modf);

        /// # Safety
        /// `quotient` is writable.
        unsafe extern "C" fn $remquo(x: $bits, y: $bits, quotient: *mut c_int) -> $bits {
            let (x, y) = ($type::from_bits(x), $type::from_bits(y));
            let (remainder, bits) = libm::$remquo(x, y);
            // SAFETY: the caller's promise.
            unsafe { quotient.write(bits) };
            checked!(remainder, x, y).to_bits()
        }
        returning!($result, $and_two, $remquo, $remquo);

        #[unsafe(no_mangle)]
        extern "C" fn $ilogb(x: $bits) -> c_int {
            let x = $type::from_bits(x);
            if x == 0.0 || !x.is_finite() {
                errno::set(EDOM);
            }
            libm::$ilogb(x)
        }

        extern "C" fn $logb(x: $bits) -> $bits {
            let x = $type::from_bits(x);
            let exponent = if x == 0.0 {
                $type::NEG_INFINITY
            } else if x.is_finite() {
                libm::$ilogb(x) as $type
            } else {
                x * x
            };
            checked!(exponent, x).to_bits()
        }
        returning!($result, $one, $logb, $logb);

        extern "C" fn $nearbyint(x: $bits) -> $bits {
            libm::$rint($type::from_bits(x)).to_bits()
        }
        returning!($result, $one, $nearbyint, $nearbyint);

        #[unsafe(no_mangle)]
        extern "C" fn $lrint(x: $bits) -> c_long {
            whole(libm::$rint($type::from_bits(x)).into(), c_long::MIN.into(), c_long::MAX.into()) as c_long
        }

        #[unsafe(no_mangle)]
        extern "C" fn $llrint(x: $bits) -> c_longlong {
            whole(libm::$rint($type::from_bits(x)).into(), i64::MIN, i64::MAX)
        }

        #[unsafe(no_mangle)]
        extern "C" fn $lround(x: $bits) -> c_long {
            whole(libm::$round($type::from_bits(x)).into(), c_long::MIN.into(), c_long::MAX.into()) as c_long
        }

        #[unsafe(no_mangle)]
        extern "C" fn $llround(x: $bits) -> c_longlong {
            whole(libm::$round($type::from_bits(x)).into(), i64::MIN, i64::MAX)
        }
    };
}

others! { double f64 u64 2 4 3 5: frexp ldexp scalbn scalbln modf remquo ilogb logb
rint nearbyint round lrint llrint lround llround }
others! { float f32 u32 1 2 2 3: frexpf ldexpf scalbnf scalblnf modff remquof ilogbf logbf
rintf nearbyintf roundf lrintf llrintf lroundf llroundf }

/// A whole number in the range of a type; what is outside is the nearest of its numbers, and an error.
fn whole(number: f64, least: i64, greatest: i64) -> i64 {
    let value = number as i64;
    let limit = 9_223_372_036_854_775_808.0;
    if !(-limit..limit).contains(&number) || !(least..=greatest).contains(&value) {
        errno::set(EDOM);
    }
    value.clamp(least, greatest)
}

extern "C" fn jn(order: c_int, x: u64) -> u64 {
    libm::jn(order, f64::from_bits(x)).to_bits()
}
returning!(double, 3, jn, jn);

extern "C" fn yn(order: c_int, x: u64) -> u64 {
    let x = f64::from_bits(x);
    checked!(libm::yn(order, x), x).to_bits()
}
returning!(double, 3, yn, yn);

/// # Safety
/// `text` is a string.
unsafe extern "C" fn nan(text: *const c_char) -> u64 {
    // SAFETY: the caller's promise. What it says has no meaning here.
    let _ = unsafe { bounded(text, usize::MAX) };
    f64::NAN.to_bits()
}
returning!(double, 1, nan, nan);

/// # Safety
/// `text` is a string.
unsafe extern "C" fn nanf(text: *const c_char) -> u32 {
    // SAFETY: the caller's promise. What it says has no meaning here.
    let _ = unsafe { bounded(text, usize::MAX) };
    f32::NAN.to_bits()
}
returning!(float, 1, nanf, nanf);
