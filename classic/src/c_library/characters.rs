//! `<ctype.h>`, in the locale "C".

use core::ffi::c_int;

use crate::numbers::is_space;

macro_rules! classes {
    ($($name:ident $byte:ident $class:expr;)*) => {
        $(
            #[unsafe(no_mangle)]
            extern "C" fn $name(character: c_int) -> c_int {
                u8::try_from(character).is_ok_and(|$byte| $class).into()
            }
        )*
    };
}

classes! {
    isalnum byte byte.is_ascii_alphanumeric();
    isalpha byte byte.is_ascii_alphabetic();
    isascii byte byte.is_ascii();
    isblank byte matches!(byte, b' ' | b'\t');
    iscntrl byte byte.is_ascii_control();
    isdigit byte byte.is_ascii_digit();
    isgraph byte byte.is_ascii_graphic();
    islower byte byte.is_ascii_lowercase();
    isprint byte byte.is_ascii_graphic() || byte == b' ';
    ispunct byte byte.is_ascii_punctuation();
    isspace byte is_space(byte);
    isupper byte byte.is_ascii_uppercase();
    isxdigit byte byte.is_ascii_hexdigit();
}

#[unsafe(no_mangle)]
extern "C" fn tolower(character: c_int) -> c_int {
    u8::try_from(character).map_or(character, |byte| byte.to_ascii_lowercase().into())
}

#[unsafe(no_mangle)]
extern "C" fn toupper(character: c_int) -> c_int {
    u8::try_from(character).map_or(character, |byte| byte.to_ascii_uppercase().into())
}
