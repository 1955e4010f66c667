//! Helvetica, one of the fonts that every reader of PDF has (ISO 32000-1, 9.6.2.2): how wide its letters are.

/// The widths of the characters from the space to the tilde, in thousandths of the font's size (Adobe's Core 14 font
/// metrics, `Helvetica.afm`).
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, // to /
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, // to ?
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, // to O
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, // to _
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, // to o
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584, // to ~
];

/// Of all others: that of most small letters.
const OTHER: u16 = 556;

/// How wide a text is that was encoded, in a font of this size.
pub(super) fn width(text: &[u8], size: f64) -> f64 {
    let of = |byte: &u8| {
        let place = byte.checked_sub(b' ').map(usize::from);
        u64::from(place.and_then(|place| WIDTHS.get(place)).copied().unwrap_or(OTHER))
    };
    text.iter().map(of).sum::<u64>() as f64 / 1_000.0 * size
}

/// A text in the encoding `WinAnsiEncoding` (ISO 32000-1, annex D.2), of which what is used here is Latin-1. What is
/// not in it becomes a question mark.
pub(super) fn encoded(text: &str) -> Vec<u8> {
    let is_in = |byte: &u8| matches!(byte, b' '..=b'~' | 0xa0..);
    text.chars().map(|letter| u8::try_from(letter).ok().filter(is_in).unwrap_or(b'?')).collect()
}
