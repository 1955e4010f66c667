//! The rules for flags of compilers and linkers: those that would break what the tool makes of the sources, or that
//! another key says, are refused with what would be right.

use crate::diagnostics::Problem;
use crate::system_file::parse::Texts;

/// What flags are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// C and assembly.
    C,
    /// C++.
    Cxx,
    /// The linker.
    Linker,
}

/// Flags that have what belongs to them in the next text.
const WITH_VALUE: [&str; 11] = [
    "-include",
    "-imacros",
    "-isystem",
    "-iquote",
    "-idirafter",
    "-U",
    "-Xassembler",
    "-Xpreprocessor",
    "--param",
    "-u",
    "-z",
];

/// Those of the refused ones that have it there, too.
const REFUSED_WITH_VALUE: [&str; 10] =
    ["-o", "-T", "-x", "-B", "-I", "-D", "-L", "-target", "-isysroot", "-Xlinker"];

const PROCESSOR: &str =
    "a partition's programs are for the processor of the kit, or of the stand-in: leave it out";
const ADDRESSES: &str = "a partition's program has addresses of its own and is linked once: leave it out";
const LINKED: &str = "the start, the linker script and what a partition is linked with are the guest layer's: leave it \
                      out, or link the program yourself and give it as image";
const OBJECT: &str = "the tool makes an object of each source, and says where: leave it out";
const HEADERS: &str =
    "the headers are the kit's, or the stand-in's: leave it out; include names folders of your own";

/// Flags that sources are not compiled with, and what would be right. A `*` at the end stands for anything.
const COMPILER: [(&str, &str); 48] = [
    ("-mtune=*", ""),
    ("-mfix-*", ""),
    ("-m64", "a partition's programs have 32 bits: leave it out"),
    ("-m*", PROCESSOR),
    ("-target", PROCESSOR),
    ("--target*", PROCESSOR),
    ("-I*", "write the folder as include = [\"FOLDER\"]"),
    ("-D*", "write it as define = [\"NAME=VALUE\"]"),
    ("-O*", "write it as optimization = \"2\""),
    ("-l*", "write it as libraries = [\"NAME\"]"),
    ("-L*", "name the library's file: libraries = [\"FOLDER/libNAME.a\"]"),
    ("-Wl,*", "write it in link-flags"),
    ("-Xlinker", "write it in link-flags, as -Wl,…"),
    ("-fPIC", ADDRESSES),
    ("-fpic", ADDRESSES),
    ("-fPIE", ADDRESSES),
    ("-fpie", ADDRESSES),
    ("-pie", ADDRESSES),
    ("-static-pie", ADDRESSES),
    ("-shared*", ADDRESSES),
    ("-rdynamic", ADDRESSES),
    ("-flto*", "a partition is linked from objects with machine code, which the audit reads: leave it out"),
    ("-fuse-ld*", LINKED),
    ("-T*", LINKED),
    ("-B*", LINKED),
    ("-specs*", LINKED),
    ("--specs*", LINKED),
    ("-qrtems*", LINKED),
    ("-qnolinkcmds", LINKED),
    ("-nostartfiles", LINKED),
    ("-nostdlib", LINKED),
    ("-nolibc", LINKED),
    ("-nodefaultlibs", LINKED),
    ("-static*", LINKED),
    ("-s", "messages name the program's functions by its symbols: leave it out"),
    ("-nostdinc*", HEADERS),
    ("-nostdlibinc", HEADERS),
    ("--sysroot*", HEADERS),
    ("-isysroot*", HEADERS),
    ("-o*", OBJECT),
    ("-c", OBJECT),
    ("-S", OBJECT),
    ("-E", OBJECT),
    ("-M*", OBJECT),
    ("-x*", OBJECT),
    ("-fsyntax-only", OBJECT),
    ("-save-temps*", OBJECT),
    ("-fsanitize*", "what its checks call is not there in a partition: leave it out"),
];

/// The same of what is told to the linker.
const LINKER: [(&str, &str); 27] = [
    ("-T*", LINKED),
    ("--script*", LINKED),
    ("-dT", LINKED),
    ("--default-script*", LINKED),
    ("--section-start*", LINKED),
    ("-o*", OBJECT),
    ("--output*", OBJECT),
    ("--oformat*", OBJECT),
    ("-r", OBJECT),
    ("--relocatable", OBJECT),
    ("-m*", PROCESSOR),
    ("-pie", ADDRESSES),
    ("--pie", ADDRESSES),
    ("-shared", ADDRESSES),
    ("--shared", ADDRESSES),
    ("-Bshareable", ADDRESSES),
    ("-Bdynamic", ADDRESSES),
    ("-e", LINKED),
    ("--entry*", LINKED),
    ("-N", "code, constants and data each begin at a page of their own: leave it out"),
    ("--omagic", "code, constants and data each begin at a page of their own: leave it out"),
    ("-n", "code, constants and data each begin at a page of their own: leave it out"),
    ("--nmagic", "code, constants and data each begin at a page of their own: leave it out"),
    ("-l*", "write it as libraries = [\"NAME\"]"),
    ("-L*", "name the library's file: libraries = [\"FOLDER/libNAME.a\"]"),
    ("-s", "messages name the program's functions by its symbols: leave it out"),
    ("--strip-all", "messages name the program's functions by its symbols: leave it out"),
];

/// Checks flags; those that are right, as they are.
pub(super) fn flags(texts: Option<&Texts>, of: Use, problems: &mut Vec<Problem>) -> Vec<String> {
    let mut found = Vec::new();
    let mut wants_value = None;
    let mut refused = false;
    for text in texts.map(|texts| &*texts.value).unwrap_or_default() {
        let flag = text.value.as_str();
        let of_refused = std::mem::take(&mut refused) && !flag.starts_with('-');
        let taken = wants_value.take().is_some() || of_refused;
        let wrong = if taken { None } else { wrong(flag, of) };
        if let Some((message, help)) = wrong {
            problems.push(Problem::new(text.place.clone(), message).help(help));
            refused = REFUSED_WITH_VALUE.contains(&flag);
        } else if !taken && WITH_VALUE.contains(&flag) {
            wants_value = Some(text);
        }
        found.push(flag.to_owned());
    }
    if let Some(text) = wants_value {
        problems.push(
            Problem::new(text.place.clone(), format!("nothing stands behind `{}`", text.value))
                .help(format!("write two texts: \"{}\", and what it is about", text.value)),
        );
    }
    found
}

/// What is wrong with a flag, and what would be right.
fn wrong(flag: &str, of: Use) -> Option<(String, String)> {
    let whose = if of == Use::Linker { "for the linker" } else { "for a partition's sources" };
    let not_one = || format!("`{flag}` is no flag {whose}");
    if !flag.starts_with('-') || flag == "-" {
        let help = "a flag begins with -; source files belong into sources, libraries into libraries";
        return Some((not_one(), help.to_owned()));
    }
    if flag.contains(" -") {
        let words: Vec<String> = flag.split_whitespace().map(|word| format!("\"{word}\"")).collect();
        return Some((
            format!("`{flag}` is more than one flag"),
            format!("write {} texts: {}", words.len(), words.join(", ")),
        ));
    }
    let help = match of {
        Use::Linker => wrong_for_linker(flag),
        Use::C | Use::Cxx => refused(flag, &COMPILER),
    };
    if let Some(help) = help {
        return Some((not_one(), help.to_owned()));
    }
    let standard = flag.strip_prefix("-std=")?;
    let is_cxx = standard.contains("++");
    match of {
        Use::C if is_cxx => {
            Some((format!("`{flag}` is a standard of C++"), "write it in cxx-flags".to_owned()))
        }
        Use::Cxx if !is_cxx => {
            Some((format!("`{flag}` is a standard of C"), "write it in c-flags".to_owned()))
        }
        _ => None,
    }
}

fn wrong_for_linker(flag: &str) -> Option<&'static str> {
    if let Some(words) = flag.strip_prefix("-Wl,") {
        return words.split(',').find_map(|word| refused(word, &LINKER));
    }
    let known = ["-u", "-z"].iter().any(|known| flag.starts_with(known));
    let other = "link-flags has -Wl,…, -u and -z; what else the linker is told, as -Wl,…";
    (!known).then(|| refused(flag, &COMPILER[3..]).unwrap_or(other))
}

/// What would be right instead of a flag; `None` if it may stand there.
fn refused(flag: &str, table: &[(&'static str, &'static str)]) -> Option<&'static str> {
    let matches = |pattern: &str| match pattern.strip_suffix('*') {
        Some(begins) => flag.starts_with(begins),
        None => flag == pattern,
    };
    let (_, help) = table.iter().find(|(pattern, _)| matches(pattern))?;
    Some(*help).filter(|help| !help.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{Use, wrong};

    #[test]
    fn flags_that_may_stand_there() {
        for flag in
            ["-Wall", "-std=c99", "-mtune=pentium", "-mfix-ut700", "-fno-lto", "-include", "-g3", "-fno-pic"]
        {
            assert_eq!(wrong(flag, Use::C), None, "{flag}");
        }
        for flag in ["-std=c++20", "-fno-exceptions", "-Wno-old-style-cast"] {
            assert_eq!(wrong(flag, Use::Cxx), None, "{flag}");
        }
        for flag in ["-Wl,--wrap=malloc", "-Wl,-Map,out.map", "-u", "-z", "-Wl,--defsym=x=1"] {
            assert_eq!(wrong(flag, Use::Linker), None, "{flag}");
        }
    }

    #[test]
    fn flags_that_may_not() {
        let refused = "-m64 -msse2 -march=native -fPIC -fpie -pie -o -oother -T -Tlinkcmds -nostartfiles -nostdlib \
                       -flto -flto=auto -shared -B/x -c -MD -x -DRATE -Iinclude -O3 -lz -L. -Wl,-s -std=c++17";
        for flag in refused.split_whitespace() {
            assert!(wrong(flag, Use::C).is_some(), "{flag}");
        }
        let refused = "-Wl,-Tscript -Wl,-Ttext,0 -Wl,-shared -Wl,--gc-sections,-o,x -Wl,-melf_x86_64 -lz -L. -T \
                       -nostdlib -static -g -Wl,-s";
        for flag in refused.split_whitespace() {
            assert!(wrong(flag, Use::Linker).is_some(), "{flag}");
        }
        assert!(wrong("-std=c99", Use::Cxx).is_some());
        assert!(wrong("main.c", Use::C).is_some());
        assert!(
            wrong("-Wall -Wextra", Use::C).is_some_and(|(_, help)| help.contains("\"-Wall\", \"-Wextra\""))
        );
    }
}
