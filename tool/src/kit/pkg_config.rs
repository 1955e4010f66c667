//! Reads a pkg-config file: variables, and fields in which they are put to use (pkg-config(1)).

use std::collections::BTreeMap;

/// A pkg-config file's variables and fields, with every `${variable}` replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PkgConfig {
    variables: BTreeMap<String, String>,
    fields: BTreeMap<String, String>,
}

/// Stands for a space of the prefix: a character of private use.
const SPACE: &str = "\u{f8ff}";

impl PkgConfig {
    /// Reads a file's text. `prefix` stands in the place of the variable `prefix`, so that a kit that was moved is
    /// still one; also where another variable has the path that the file's prefix had, as those of RTEMS 5.
    #[must_use]
    pub fn parse(text: &str, prefix: &str) -> Self {
        let mut file = Self::default();
        let mut built_for = None;
        // A space of the prefix does not divide words.
        let prefix = &prefix.replace(' ', SPACE);
        file.variables.insert("prefix".to_owned(), prefix.to_owned());
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default().trim();
            let Some(end) = line.find(|character: char| !is_name(character)) else { continue };
            let (name, rest) = line.split_at(end);
            let rest = rest.trim_start();
            if let Some(value) = rest.strip_prefix('=') {
                if name == "prefix" {
                    built_for = Some(value.trim());
                } else {
                    let value = file.expand(value.trim());
                    let moved =
                        built_for.and_then(|old| below(&value, old)).map(|rest| format!("{prefix}{rest}"));
                    file.variables.insert(name.to_owned(), moved.unwrap_or(value));
                }
            } else if let Some(value) = rest.strip_prefix(':') {
                let value = file.expand(value.trim());
                file.fields.insert(name.to_owned(), value);
            }
        }
        for value in file.variables.values_mut() {
            *value = value.replace(SPACE, " ");
        }
        file
    }

    /// A variable's value.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// The words of a field, none if there is no such field.
    #[must_use]
    pub fn words(&self, name: &str) -> Vec<String> {
        self.fields.get(name).map_or_else(Vec::new, |value| {
            value.split_whitespace().map(|word| word.replace(SPACE, " ")).collect()
        })
    }

    /// Replaces what is defined; the rest stays as it is.
    fn expand(&self, value: &str) -> String {
        let mut expanded = String::new();
        let mut rest = value;
        while let Some((before, after)) = rest.split_once("${") {
            expanded.push_str(before);
            let Some((name, behind)) = after.split_once('}') else {
                expanded.push_str("${");
                rest = after;
                break;
            };
            match self.variables.get(name) {
                Some(value) => expanded.push_str(value),
                None => expanded.push_str(&format!("${{{name}}}")),
            }
            rest = behind;
        }
        expanded + rest
    }
}

/// What a path has behind a folder that it is, or that it is in.
fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(folder)?;
    (!folder.is_empty() && (rest.is_empty() || rest.starts_with('/'))).then_some(rest)
}

fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_' || character == '.'
}

#[cfg(test)]
mod tests {
    use super::PkgConfig;

    const TEXT: &str = "# a comment\nprefix=/old\nlibdir=${prefix}/lib\n\nABI_FLAGS=-march=pentium # why\n\
                        Name: kit\nCflags: ${ABI_FLAGS} -isystem${libdir}/include\nBroken: ${libdir ${none}\n";

    #[test]
    fn variables_are_put_to_use() {
        let file = PkgConfig::parse(TEXT, "/new");
        assert_eq!(file.variable("libdir"), Some("/new/lib"));
        assert_eq!(file.words("Cflags"), ["-march=pentium", "-isystem/new/lib/include"]);
        assert_eq!(file.words("Libs"), Vec::<String>::new());
    }

    /// As RTEMS 5 installs it: the prefix stands in more than one variable.
    #[test]
    fn a_kit_of_rtems_5_can_be_moved() {
        let text = "prefix=/old\nexec_prefix=/old/sparc-rtems5\nlibdir=${exec_prefix}/leon3/lib\nother=/older\n\n\
                    CFLAGS=-mcpu=leon3 -O2\nLibs:\nCflags: -qrtems -B${exec_prefix}/lib/ -B${libdir}/ --specs \
                    bsp_specs ${CFLAGS}\n";
        let file = PkgConfig::parse(text, "/new");
        assert_eq!(file.variable("libdir"), Some("/new/sparc-rtems5/leon3/lib"));
        assert_eq!(file.variable("other"), Some("/older"));
        assert_eq!(
            file.words("Cflags"),
            [
                "-qrtems",
                "-B/new/sparc-rtems5/lib/",
                "-B/new/sparc-rtems5/leon3/lib/",
                "--specs",
                "bsp_specs",
                "-mcpu=leon3",
                "-O2"
            ]
        );
        assert_eq!(file.words("Libs"), Vec::<String>::new());
    }

    #[test]
    fn a_space_of_the_prefix_does_not_divide_words() {
        for text in [
            "prefix=/old\nlibdir=${prefix}/lib\nCflags: -O2 -B${libdir}/ -g\n",
            "prefix=/my old\nlibdir=/my old/lib\nCflags: -O2 -B${libdir}/ -g\n",
        ] {
            let file = PkgConfig::parse(text, "/my new");
            assert_eq!(file.variable("libdir"), Some("/my new/lib"));
            assert_eq!(file.words("Cflags"), ["-O2", "-B/my new/lib/", "-g"]);
        }
    }

    #[test]
    fn what_is_broken_stays_as_it_is() {
        let file = PkgConfig::parse("A: ${b\nB: ${none}/x\nno sense\n=\n:", "/new");
        assert_eq!(file.words("A"), ["${b"]);
        assert_eq!(file.words("B"), ["${none}/x"]);
    }
}
