//! Packets of gdb's remote protocol (GDB manual, E.1): `$`, what is said, `#`, a sum of two digits.

use std::io::{self, BufRead, Read as _};

/// The longest packet that is sent or taken, in bytes between its marks.
pub(crate) const LENGTH_MAX: usize = 0x4000;

/// What comes from the other side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A packet.
    Packet(Vec<u8>),
    /// The machine is to stop.
    Interrupt,
}

/// A packet as it is sent.
#[must_use]
pub fn framed(said: &[u8]) -> Vec<u8> {
    let mut framed = vec![b'$'];
    for &byte in said {
        if matches!(byte, b'$' | b'#' | b'}' | b'*') {
            framed.extend([b'}', byte ^ 0x20]);
        } else {
            framed.push(byte);
        }
    }
    let sum = framed[1..].iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    framed.extend(format!("#{sum:02x}").bytes());
    framed
}

/// Reads the next packet, or the wish to stop; acknowledgements are passed over. Nothing if there is no more.
///
/// # Errors
/// If reading fails, or a packet is longer than any that this side announces.
pub fn next(from: &mut impl BufRead) -> io::Result<Option<Incoming>> {
    let mut bytes = from.bytes();
    loop {
        match bytes.next().transpose()? {
            None => return Ok(None),
            Some(0x03) => return Ok(Some(Incoming::Interrupt)),
            Some(b'$') => break,
            Some(_) => {}
        }
    }
    let mut said = Vec::new();
    while let Some(byte) = bytes.next().transpose()? {
        match byte {
            // Its sum. The line is a socket of this machine: nothing is damaged on its way.
            b'#' => {
                if bytes.next().transpose()?.is_none() || bytes.next().transpose()?.is_none() {
                    return Ok(None);
                }
                return Ok(Some(Incoming::Packet(said)));
            }
            b'}' => {
                let Some(byte) = bytes.next().transpose()? else { return Ok(None) };
                said.push(byte ^ 0x20);
            }
            byte => said.push(byte),
        }
        if said.len() > 4 * LENGTH_MAX {
            return Err(io::Error::other("a packet of gdb's protocol has no end"));
        }
    }
    Ok(None)
}

/// Bytes in hexadecimal digits.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes from hexadecimal digits, two for each. Nothing if they are not.
pub(crate) fn from_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let digits = str::from_utf8(digits).ok()?;
    if !digits.is_ascii() || !digits.len().is_multiple_of(2) {
        return None;
    }
    (0..digits.len()).step_by(2).map(|place| u8::from_str_radix(&digits[place..place + 2], 16).ok()).collect()
}

/// A number in hexadecimal digits.
pub(crate) fn number(digits: &str) -> Option<u64> {
    // The function would take a sign.
    if digits.starts_with('+') { None } else { u64::from_str_radix(digits, 16).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_what_comes() {
        let said: Vec<u8> = (0..=255).collect();
        let mut line = b"+".to_vec();
        line.extend(framed(&said));
        line.push(3);
        let mut line = line.as_slice();
        assert_eq!(next(&mut line).unwrap(), Some(Incoming::Packet(said)));
        assert_eq!(next(&mut line).unwrap(), Some(Incoming::Interrupt));
        assert_eq!(next(&mut line).unwrap(), None);
        assert_eq!(framed(b"OK"), b"$OK#9a");
    }

    #[test]
    fn what_breaks_off_is_no_packet() {
        for broken in [&b"$"[..], b"$OK", b"$OK#", b"$OK#9", b"$}"] {
            assert_eq!(next(&mut &*broken).unwrap(), None, "{broken:?}");
        }
        let endless = vec![b'$'; 5 * LENGTH_MAX];
        assert!(next(&mut endless.as_slice()).is_err());
    }

    #[test]
    fn digits_are_bytes() {
        assert_eq!(from_hex(b"00ff7A"), Some(vec![0, 0xff, 0x7a]));
        assert_eq!(to_hex(&[0, 0xff, 0x7a]), "00ff7a");
        for wrong in [&b"0"[..], b"0g", "\u{e9}\u{e9}".as_bytes(), b"\xff\xff"] {
            assert_eq!(from_hex(wrong), None);
        }
        assert_eq!((number("1f"), number("+1"), number("")), (Some(31), None, None));
    }
}
