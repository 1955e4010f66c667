//! Symbols as their sources have the names: compilers of Rust and C++ encode them.

use std::fmt::Write;

use cpp_demangle::{DemangleOptions, Symbol};

/// Letters that a symbol, and a name, may have: what is longer is left as it is. A short symbol can stand for a name
/// without end.
const LENGTH_MAX: usize = 1 << 10;

/// A symbol as its source has the name.
#[must_use]
pub fn readable(symbol: &str) -> String {
    if symbol.len() > LENGTH_MAX {
        return symbol.to_owned();
    }
    if let Ok(name) = rustc_demangle::try_demangle(symbol) {
        return bounded(|text| write!(text, "{name:#}")).unwrap_or_else(|| symbol.to_owned());
    }
    let options = DemangleOptions::default().no_return_type();
    let name = symbol.starts_with("_Z").then(|| Symbol::new(symbol).ok()).flatten();
    let text = name.and_then(|name| bounded(|text| name.structured_demangle(text, &options)));
    text.unwrap_or_else(|| symbol.to_owned())
}

/// Text that ends with an error when it becomes too long.
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, part: &str) -> std::fmt::Result {
        if self.0.len() + part.len() > LENGTH_MAX {
            return Err(std::fmt::Error);
        }
        self.0.push_str(part);
        Ok(())
    }
}

fn bounded(work: impl FnOnce(&mut Bounded) -> std::fmt::Result) -> Option<String> {
    let mut text = Bounded(String::new());
    work(&mut text).ok().map(|()| text.0)
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn names_of_rust_are_readable() {
        assert_eq!(
            readable("_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE"),
            "core::fmt::Write::write_fmt"
        );
        assert_eq!(readable("_RNvCs1234_7mycrate3foo"), "mycrate::foo");
    }

    #[test]
    fn names_of_cxx_are_readable() {
        assert_eq!(readable("_ZN7machine8registerC1Ei"), "machine::register::register(int)");
        assert_eq!(readable("_Z7disablev"), "disable()");
        assert_eq!(readable("_ZNK3boxIiE3getEPKc"), "box<int>::get(char const*) const");
        assert_eq!(readable("_Z3maxIiET_S0_S0_"), "max<int>(int, int)");
        assert_eq!(readable("_ZplRK6numberS1_"), "operator+(number const&, number const&)");
    }

    #[test]
    fn other_names_stay() {
        for name in ["_Thread_Dispatch", "(.text)", "", "_Z", "_ZN", "_Zxq9", "main"] {
            assert_eq!(readable(name), name);
        }
        // Each of its 40 parameters is twice as long as the one before.
        let parts: String = (0..40)
            .map(|part| format!("S{}_", if part == 0 { String::new() } else { part.to_string() }))
            .collect();
        let endless = format!("_Z1f1aI1bE{parts}");
        assert!(readable(&endless).len() <= 1 << 10);
        let long = format!("_Z2000{}v", "x".repeat(2000));
        assert_eq!(readable(&long), long);
    }
}
