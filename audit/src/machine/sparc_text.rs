//! The words that the table names, in assembler notation.

/// A register by number (V8 4.1).
fn register(number: u32) -> String {
    let bank = ["g", "o", "l", "i"][(number >> 3 & 3) as usize];
    format!("%{bank}{}", number & 7)
}

fn destination(word: u32) -> u32 {
    word >> 25 & 0x1f
}

fn source_1(word: u32) -> u32 {
    word >> 14 & 0x1f
}

/// The 13-bit immediate, with its sign.
fn immediate(word: u32) -> i32 {
    (word << 19).cast_signed() >> 19
}

/// The second operand: a register, or a constant.
fn operand_2(word: u32) -> String {
    if word & 0x2000 != 0 { immediate(word).to_string() } else { register(word & 0x1f) }
}

/// `rs1 + operand`, without what is zero.
fn address(word: u32) -> String {
    let base = register(source_1(word));
    let constant = word & 0x2000 != 0;
    match (constant, immediate(word), word & 0x1f) {
        (true, 0, _) | (false, _, 0) => base,
        (true, value, _) if value < 0 => format!("{base}{value}"),
        (true, value, _) => format!("{base}+{value}"),
        (false, _, index) => format!("{base}+{}", register(index)),
    }
}

/// The twelve alternate-space operations by `op3` (V8 table F-4).
const ALTERNATE: [(u32, &str); 13] = [
    (0x10, "lda"),
    (0x11, "lduba"),
    (0x12, "lduha"),
    (0x13, "ldda"),
    (0x14, "sta"),
    (0x15, "stba"),
    (0x16, "stha"),
    (0x17, "stda"),
    (0x19, "ldsba"),
    (0x1a, "ldsha"),
    (0x1d, "ldstuba"),
    (0x1f, "swapa"),
    (0x3c, "casa"),
];

fn alternate(word: u32, op3: u32, name: &str) -> String {
    let space = word >> 5 & 0xff;
    let value = register(destination(word));
    match op3 {
        0x14..=0x17 => format!("{name} {value}, [{}] {space:#x}", address(word & !0x1fe0)),
        0x3c => {
            let expected = register(word & 0x1f);
            format!("{name} [{}] {space:#x}, {expected}, {value}", register(source_1(word)))
        }
        _ => format!("{name} [{}] {space:#x}, {value}", address(word & !0x1fe0)),
    }
}

/// Software traps: the condition (V8 table F-9) and the number.
fn software_trap(word: u32) -> String {
    const CONDITIONS: [&str; 16] =
        ["n", "e", "le", "l", "leu", "cs", "neg", "vs", "a", "ne", "g", "ge", "gu", "cc", "pos", "vc"];
    let condition = CONDITIONS[(word >> 25 & 0xf) as usize];
    let number = match (word & 0x2000 != 0, source_1(word)) {
        (true, 0) => (word & 0x7f).to_string(),
        (true, base) => format!("{} + {}", register(base), word & 0x7f),
        (false, 0) => register(word & 0x1f),
        (false, _) => address(word & !0x1fe0),
    };
    format!("t{condition} {number}")
}

fn write_state(word: u32, name: &str) -> String {
    format!("wr {}, {}, {name}", register(source_1(word)), operand_2(word))
}

fn memory(word: u32, op3: u32) -> Option<String> {
    if let Some((_, name)) = ALTERNATE.iter().find(|(number, _)| *number == op3) {
        return Some(alternate(word, op3, name));
    }
    let place = address(word);
    let number = destination(word);
    Some(match op3 {
        0x26 => format!("std %fq, [{place}]"),
        0x30 => format!("ld [{place}], %c{number}"),
        0x31 => format!("ld [{place}], %csr"),
        0x33 => format!("ldd [{place}], %c{number}"),
        0x34 => format!("st %c{number}, [{place}]"),
        0x35 => format!("st %csr, [{place}]"),
        0x36 => format!("std %cq, [{place}]"),
        0x37 => format!("std %c{number}, [{place}]"),
        _ => return None,
    })
}

fn arithmetic(word: u32, op3: u32) -> Option<String> {
    let target = register(destination(word));
    Some(match op3 {
        0x28 => format!("rd %asr{}, {target}", source_1(word)),
        0x29 => format!("rd %psr, {target}"),
        0x2a => format!("rd %wim, {target}"),
        0x2b => format!("rd %tbr, {target}"),
        0x30 => write_state(word, &format!("%asr{}", destination(word))),
        0x31 => write_state(word, "%psr"),
        0x32 => write_state(word, "%wim"),
        0x33 => write_state(word, "%tbr"),
        0x36 | 0x37 => format!("cpop{}", op3 - 0x35),
        0x39 => format!("rett {}", address(word)),
        0x3a => software_trap(word),
        0x3b => format!("flush {}", address(word)),
        _ => return None,
    })
}

/// A word in assembler notation, `.word` for those that no rule names.
pub(super) fn text(word: u32) -> String {
    let op3 = word >> 19 & 0x3f;
    let text = match (word >> 30, word >> 22 & 7) {
        (0, 0) => Some(format!("unimp {:#x}", word & 0x003f_ffff)),
        (0, 7) => Some(format!("cb{}", word >> 25 & 0xf)),
        (2, _) => arithmetic(word, op3),
        (3, _) => memory(word, op3),
        _ => None,
    };
    text.unwrap_or_else(|| format!(".word {word:#010x}"))
}
