//! What is no program ends in a message that says what is wrong, where, and what would be right.

mod common;

use bulkhead_audit::instructions::Architecture;
use bulkhead_audit::{AuditError, InputKind, Options, audit_file};
use common::{Builder, PLAIN_I386, archive, audit, message, stripped_i386_image};
use std::fs::File;
use std::path::{Path, PathBuf};

fn object() -> Vec<u8> {
    Builder::new(Architecture::I386).function("main", PLAIN_I386).build()
}

/// Overwrites bytes of a file.
fn patched(mut bytes: Vec<u8>, offset: usize, with: &[u8]) -> Vec<u8> {
    bytes[offset..offset + with.len()].copy_from_slice(with);
    bytes
}

/// A file that is removed when the test ends.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("bulkhead-audit-{}-{name}", std::process::id())))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn an_empty_file() {
    assert_eq!(message(b""), "the file is empty; expected an archive (.a), an object (.o) or an ELF image");
}

#[test]
fn a_text() {
    assert_eq!(
        message(b"int main(void)"),
        "the file begins with 69 6e 74 20 6d 61 69 6e, which is neither an archive (\"!<arch>\") nor ELF \
         (7f 45 4c 46); expected an archive, an object or an ELF image"
    );
}

#[test]
fn a_few_bytes() {
    assert!(message(b"\x7f").starts_with("the file begins with 7f, "));
    assert!(message(b"\x7fELF").starts_with("broken ELF file: "));
}

#[test]
fn a_missing_file() {
    let error = audit_file(Path::new("no/such/file.a"), &Options::default()).expect_err("no such file");
    assert!(error.to_string().starts_with("cannot read no/such/file.a: "), "{error}");
}

#[test]
fn a_directory() {
    let error = audit_file(&std::env::temp_dir(), &Options::default()).expect_err("a directory");
    assert!(error.to_string().starts_with("cannot read "), "{error}");
}

#[test]
fn a_thin_archive() {
    assert!(message(b"!<thin>\n").starts_with("this is a thin archive, which holds only the names"));
}

#[test]
fn an_archive_without_objects() {
    let empty =
        "there is no section or segment with code in this file; expected a program that has been compiled";
    assert_eq!(message(b"!<arch>\n"), empty);
    assert_eq!(message(&archive(&[("readme", b"text".to_vec())])), empty);
}

#[test]
fn a_truncated_archive() {
    let bytes = archive(&[("whole.o", object()), ("half.o", object())]);
    let text = message(&bytes[..bytes.len() - 100]);
    assert!(
        text.starts_with("half.o: broken archive: ") || text.starts_with("after whole.o: broken archive"),
        "{text}"
    );
    assert!(text.ends_with("the file is truncated or a member's header is wrong"), "{text}");
}

#[test]
fn a_corrupt_member_is_named() {
    let bytes = archive(&[("good.o", object()), ("bad.o", object()[..100].to_vec())]);
    assert!(message(&bytes).starts_with("bad.o: broken ELF file: "), "{}", message(&bytes));
}

#[test]
fn foreign_processors() {
    // e_machine: AArch64, 32-bit Arm, and a number that nobody has.
    let cases: [(&[u8], &str); 3] = [
        (&[183, 0], "the code is for "),
        (&[40, 0], "the code is for Arm, 32 bit, little endian; expected i386, x86_64 or SPARC V8"),
        (&[0x34, 0x12], "the code is for the processor with ELF machine number 4660, 32 bit, little endian"),
    ];
    for (machine, expected) in cases {
        let text = message(&patched(object(), 18, machine));
        assert!(text.starts_with(expected), "{text}");
    }
}

/// EM_SPARC32PLUS and EM_SPARCV9 have instructions that V8 lacks.
#[test]
fn later_sparcs_are_foreign() {
    for machine in [18, 43] {
        let sparc = Builder::new(Architecture::Sparc).function("main", &[0x01, 0, 0, 0]).build();
        let text = message(&patched(sparc, 18, &[0, machine]));
        assert!(text.starts_with("the code is for ") && text.ends_with("(32 bit, big endian)"), "{text}");
    }
}

#[test]
fn an_archive_for_two_processors() {
    let sparc = Builder::new(Architecture::Sparc).function("main", &[0x01, 0, 0, 0]).build();
    let text = message(&archive(&[("a.o", object()), ("b.o", sparc)]));
    assert_eq!(
        text,
        "b.o: the code is for sparc, but the members before it are for i386; expected one processor per archive"
    );
}

#[test]
fn a_core_dump() {
    let text = message(&patched(object(), 16, &[4, 0]));
    assert_eq!(text, "this ELF file is neither object nor image (a core dump?); expected a program");
}

#[test]
fn an_image_is_asked_for() {
    let options = Options { kind: InputKind::Image, ..Options::default() };
    let refused =
        |bytes: &[u8]| bulkhead_audit::audit("test", bytes, &options).expect_err("no image").to_string();
    assert!(refused(&object()).starts_with("this is an object, not a linked image; "));
    assert!(refused(&archive(&[("a.o", object())])).starts_with("this is an archive, not a linked image; "));
    let image = stripped_i386_image(0x0010_0000, &[0xc3]);
    assert!(bulkhead_audit::audit("test", &image, &options).is_ok());
}

#[test]
fn two_gibibytes_of_nothing() {
    let file = Temporary::new("sparse");
    File::create(&file.0).and_then(|created| created.set_len(2 << 30)).expect("a sparse file");
    let error = audit_file(&file.0, &Options::default()).expect_err("too large");
    assert!(matches!(error, AuditError::TooLarge { size: 0x8000_0000, .. }));
    assert_eq!(
        error.to_string(),
        "the file has 2147483648 bytes, more than the 1073741824 this command reads; expected a program, is this a \
         disk image?"
    );
}

#[test]
fn two_gibibytes_behind_a_program() {
    let file = Temporary::new("sparse-program");
    std::fs::write(&file.0, object()).expect("a file");
    File::options()
        .append(true)
        .open(&file.0)
        .and_then(|opened| opened.set_len(2 << 30))
        .expect("a sparse file");
    assert!(matches!(audit_file(&file.0, &Options::default()), Err(AuditError::TooLarge { .. })));
}

/// Wherever a file ends too early, there is a message or a report, and nothing else.
#[test]
fn every_truncation() {
    for whole in
        [object(), archive(&[("a.o", object()), ("b.o", object())]), stripped_i386_image(4096, PLAIN_I386)]
    {
        for length in 0..whole.len() {
            if let Err(error) = audit(&whole[..length]) {
                assert!(!error.to_string().is_empty());
            }
        }
    }
}

/// The same for every byte that is changed.
#[test]
fn every_flipped_byte() {
    let whole = archive(&[("a.o", object())]);
    for offset in 0..whole.len() {
        for flip in [0xff, 0x80, 0x01] {
            let with = [whole[offset] ^ flip];
            if let Err(error) = audit(&patched(whole.clone(), offset, &with)) {
                assert!(!error.to_string().is_empty());
            }
        }
    }
}
