//! The table against tools that somebody else has written: every sample against an assembler, and every operation
//! of SPARC V8 against a disassembler.
//!
//! Compiler and linker are those that set-up installs; the disassembler is one that a machine may lack.

mod common;

use bulkhead_audit::instructions::{Architecture, Sample, table};
use bulkhead_tests::harness::{self, NotRun};
use common::{Builder, big_endian, report};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

bulkhead_tests::tests! {
    every_sample_against_an_assembler,
    every_sparc_operation_against_a_disassembler needs [disassembler()],
    a_compiled_program_is_plain,
    jump_tables_of_an_image_are_followed,
    findings_have_file_and_line,
}

fn main() -> ExitCode {
    harness::run([tests()])
}

/// A directory for files that the tools read and write, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("bulkhead-audit-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary directory");
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// LLVM's disassembler, which comes apart from its compiler.
fn disassembler() -> Result<(), NotRun> {
    let works = Command::new("llvm-objdump").arg("--version").output();
    let works = works.is_ok_and(|output| output.status.success());
    works.then_some(()).ok_or_else(|| NotRun::needs("llvm-objdump", "apt install llvm"))
}

fn target(architecture: Architecture) -> &'static [&'static str] {
    match architecture {
        Architecture::I386 => &["--target=i386-none-elf"],
        Architecture::X86_64 => &["--target=x86_64-none-elf"],
        Architecture::Sparc => &["--target=sparc-none-elf", "-mcpu=leon3"],
    }
}

/// Assembles one line; `None` if the assembler does not take it.
fn assemble(directory: &Scratch, architecture: Architecture, line: &str) -> Option<Vec<u8>> {
    let (source, output) = (directory.file("line.s"), directory.file("line.o"));
    std::fs::write(&source, format!(".text\n.globl f\n.type f,@function\nf:\n\t{line}\n.size f,.-f\n"))
        .ok()?;
    let result = Command::new("clang")
        .args(target(architecture))
        .args(["-fintegrated-as", "-c", "-o"])
        .args([&output, &source])
        .output()
        .ok()?;
    result.status.success().then(|| text_section(&output))
}

fn text_section(path: &Path) -> Vec<u8> {
    use object::{Object, ObjectSection};
    let bytes = std::fs::read(path).expect("what the assembler wrote");
    let file = object::File::parse(&*bytes).expect("an ELF file");
    let section = file.section_by_name(".text").expect("a text section");
    section.data().expect("its bytes").to_vec()
}

fn every_sample_against_an_assembler() {
    let directory = Scratch::new("assembler");
    let architectures = [Architecture::I386, Architecture::Sparc];
    let rows = architectures.into_iter().flat_map(|architecture| table(architecture).iter());
    let (mut compared, mut refused, mut different) = (0, Vec::new(), Vec::new());
    for sample in rows.flat_map(|row| row.samples) {
        let Sample { architecture, assembly, bytes } = *sample;
        match assemble(&directory, architecture, assembly) {
            None => refused.push(format!("{architecture} {assembly}")),
            Some(assembled) if assembled == bytes => compared += 1,
            Some(assembled) => different.push(format!("{architecture} {assembly}: {assembled:02x?}")),
        }
    }
    assert!(different.is_empty(), "the assembler writes other bytes: {different:#?}");
    assert!(refused.is_empty(), "the assembler refuses: {refused:#?}");
    eprintln!("{compared} samples are what clang writes");
}

/// Every `op` and `op3` of format 3, each with register and constant operands, and every branch and `op2`.
fn every_operation() -> Vec<u32> {
    let mut words = Vec::new();
    for op in [2_u32, 3] {
        for op3 in 0..64_u32 {
            // rd, rs1 and the low bits: registers, a constant, an ancillary register, an address space.
            for (rd, rs1, low) in [
                (2, 1, 3),
                (2, 1, 0x2008),
                (0, 1, 0x2000),
                (19, 17, 0),
                (17, 1, 0x2001),
                (2, 15, 0),
                (8, 1, 0x0142),
                (8, 0, 0x2009),
                (8, 0, 0x200a),
            ] {
                words.push(op << 30 | rd << 25 | op3 << 19 | rs1 << 14 | low);
            }
        }
    }
    for op2 in 0..8_u32 {
        words.extend((0..32_u32).map(|rd| rd << 25 | op2 << 22 | 0x40));
    }
    words
}

/// What a disassembler makes of words: the text of each, without those it does not know.
fn disassemble(directory: &Scratch, words: &[u32]) -> Option<BTreeMap<usize, String>> {
    let path = directory.file("words.o");
    let object = Builder::new(Architecture::Sparc).function("words", &big_endian(words)).build();
    std::fs::write(&path, object).ok()?;
    let output = Command::new("llvm-objdump")
        .args(["-d", "--triple=sparc", "--mcpu=leon3", "--no-show-raw-insn", "-z"])
        .arg(&path)
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = text.lines().filter_map(|line| {
        let (address, instruction) = line.trim().split_once(':')?;
        let offset = usize::from_str_radix(address, 16).ok()?;
        let instruction = instruction.trim().replace('\t', " ");
        (!instruction.is_empty() && !instruction.contains("<unknown>")).then_some((offset / 4, instruction))
    });
    Some(lines.collect())
}

/// Whether a disassembled V8 instruction is one that the table must have, by the disassembler's words alone.
fn is_sensitive(text: &str) -> bool {
    let (mnemonic, operands) = text.split_once(' ').unwrap_or((text, ""));
    let state = ["%psr", "%wim", "%tbr", "%asr"].iter().any(|register| operands.contains(register));
    let trap = mnemonic.starts_with('t') && !mnemonic.starts_with("tadd") && !mnemonic.starts_with("tsub");
    let space = [
        "lda", "lduba", "lduha", "ldda", "ldsba", "ldsha", "sta", "stba", "stha", "stda", "ldstuba", "swapa",
        "casa", "cas",
    ];
    let coprocessor = operands.contains("%c")
        || operands.contains("%csr")
        || operands.contains("%cq")
        || operands.contains("%fq");
    // This disassembler has no registers of a coprocessor: it writes `st %c2, [%g1]` as `st 0, [%g1]`.
    let nameless = operands.starts_with("0, [");
    let branch = mnemonic.starts_with("cb");
    ["rett", "unimp", "flush"].contains(&mnemonic)
        || state
        || trap
        || space.contains(&mnemonic)
        || coprocessor
        || nameless
        || branch
}

fn every_sparc_operation_against_a_disassembler() {
    let directory = Scratch::new("disassembler");
    let words = every_operation();
    let known = disassemble(&directory, &words).expect("the disassembler's output");
    assert!(
        known.len() > words.len() / 3,
        "the disassembler knows only {} of {} words",
        known.len(),
        words.len()
    );
    let mut different = Vec::new();
    for (index, text) in &known {
        let word = words[*index];
        let object = Builder::new(Architecture::Sparc).function("word", &big_endian(&[word])).build();
        let found: Vec<String> =
            report(&object).findings.into_iter().map(|finding| finding.instruction).collect();
        if is_sensitive(text) == found.is_empty() {
            different.push(format!("{word:#010x}: the disassembler says {text:?}, the audit {found:?}"));
        }
    }
    assert!(different.is_empty(), "{} of {}: {different:#?}", different.len(), known.len());
    eprintln!("{} operations are what llvm-objdump says", known.len());
}

/// A program as a compiler makes it: nothing but user-mode code in it, and all of it followed.
fn a_compiled_program_is_plain() {
    let directory = Scratch::new("compiler");
    let (source, output) = (directory.file("plain.c"), directory.file("plain.o"));
    let program = "
        static int values[64];
        double scale(double value, int by) { return value * by / 3.0; }
        int choose(int which) {
            switch (which) {
            case 0: return 17; case 1: return values[3]; case 2: return -1; case 3: return values[9] * 3;
            case 4: return 99; case 5: return values[1] + 7; case 6: return 12345; default: return 0;
            }
        }
        unsigned long long divide(unsigned long long left, unsigned right) { return left / right; }
        void sort(int *list, int count) {
            for (int i = 0; i < count; i++)
                for (int j = i; j > 0 && list[j] < list[j - 1]; j--) {
                    int swap = list[j]; list[j] = list[j - 1]; list[j - 1] = swap;
                }
        }
    ";
    std::fs::write(&source, program).expect("a source file");
    for architecture in [Architecture::I386, Architecture::X86_64, Architecture::Sparc] {
        for level in ["-O0", "-O2"] {
            let result = Command::new("clang")
                .args(target(architecture))
                .args(["-fintegrated-as", "-ffreestanding", "-fno-pic", "-g", level, "-c", "-o"])
                .args([&output, &source])
                .output()
                .expect("clang, which is installed");
            assert!(result.status.success(), "{}", String::from_utf8_lossy(&result.stderr));
            let report = report(&std::fs::read(&output).expect("what clang wrote"));
            assert!(report.findings.is_empty(), "{architecture} {level}: {:?}", report.findings);
            assert!(report.not_followed.is_empty(), "{architecture} {level}: {:?}", report.not_followed);
        }
    }
}

/// The cases of a switch in an image, where no relocation tells that a word of the table is an address.
fn jump_tables_of_an_image_are_followed() {
    let directory = Scratch::new("image");
    let (source, object, image) =
        (directory.file("switch.c"), directory.file("switch.o"), directory.file("switch.exe"));
    let program = "
        int values[4];
        __attribute__((noinline)) int choose(int which) {
            switch (which) {
            case 0: __asm__ volatile (\"hlt\"); return 17;
            case 1: return values[3];
            case 2: __asm__ volatile (\"cli\"); return -1;
            case 3: return values[2] * 3;
            case 4: values[0] = 7; return 99;
            case 5: __asm__ volatile (\"popf\"); return values[1] + 7;
            default: return 0;
            }
        }
        void _start(void) { for (;;) values[1] = choose(values[0]); }
    ";
    std::fs::write(&source, program).expect("a source file");
    for (architecture, emulation) in [(Architecture::I386, "elf_i386"), (Architecture::X86_64, "elf_x86_64")]
    {
        let result = Command::new("clang")
            .args(target(architecture))
            .args(["-fintegrated-as", "-ffreestanding", "-fno-pic", "-O2", "-c", "-o"])
            .args([&object, &source])
            .output()
            .expect("clang, which is installed");
        assert!(result.status.success(), "{}", String::from_utf8_lossy(&result.stderr));
        let result = Command::new("x86_64-linux-gnu-ld")
            .args(["-m", emulation, "-o"])
            .args([&image, &object])
            .output()
            .expect("the linker, which is installed");
        assert!(result.status.success(), "{}", String::from_utf8_lossy(&result.stderr));
        let report = report(&std::fs::read(&image).expect("what the linker wrote"));
        assert!(report.image);
        let mut rules: Vec<&str> = report.findings.iter().map(|finding| finding.rule).collect();
        rules.sort_unstable();
        assert_eq!(rules, ["cli and sti", "hlt", "popf"], "{architecture}");
        assert!(report.not_followed.is_empty(), "{architecture}: {:?}", report.not_followed);
    }
}

/// File and line come from the debug information of each format that clang writes.
fn findings_have_file_and_line() {
    let directory = Scratch::new("lines");
    let (source, output) = (directory.file("stop.c"), directory.file("stop.o"));
    let cases = [(Architecture::I386, "hlt"), (Architecture::X86_64, "hlt"), (Architecture::Sparc, "ta 9")];
    for (architecture, instruction) in cases {
        let program = format!(
            "int first(void) {{ return 1; }}\nvoid stop(void)\n{{\n  __asm__ volatile (\"{instruction}\");\n}}\n"
        );
        std::fs::write(&source, program).expect("a source file");
        for format in ["-gdwarf-4", "-gdwarf-5"] {
            let result = Command::new("clang")
                .args(target(architecture))
                .args(["-fintegrated-as", "-ffreestanding", "-ffunction-sections", format, "-O1", "-c", "-o"])
                .args([&output, &source])
                .output()
                .expect("clang, which is installed");
            assert!(result.status.success(), "{}", String::from_utf8_lossy(&result.stderr));
            let report = report(&std::fs::read(&output).expect("what clang wrote"));
            let [finding] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
            let place = finding.source.as_ref().expect("a source line");
            assert!(place.file.ends_with("/stop.c"), "{}", place.file);
            assert_eq!(place.line, Some(4), "{architecture} {format}");
            assert_eq!(finding.section, ".text.stop");
        }
    }
}
