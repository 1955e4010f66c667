//! Which part of the disk is whose: the partition's command line has a line for each client.
//!
//! ```text
//! files 0 2048
//! maps 2048 1024 read-only
//! ```

use core::fmt;

/// How many clients there can be.
pub const CLIENTS_MAX: usize = 8;

/// A client's part of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The disk's block that is the client's first.
    pub first: u64,
    /// How many blocks.
    pub count: u64,
    /// Whether the client may write.
    pub writable: bool,
}

impl Part {
    /// The disk's block that so many of the client's are, from its `block` on; none if not all of them are its own.
    #[must_use]
    pub fn place(&self, block: u64, count: u64) -> Option<u64> {
        let end = block.checked_add(count)?;
        if end > self.count { None } else { self.first.checked_add(block) }
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.first < other.first.saturating_add(other.count)
            && other.first < self.first.saturating_add(self.count)
    }
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mistake<'a> {
    /// The line.
    pub line: &'a str,
    /// What would be right.
    pub help: &'static str,
}

impl fmt::Display for Mistake<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}`: {}", self.line, self.help)
    }
}

const HOW: &str =
    "write NAME FIRST COUNT: a client, and its blocks; and read-only behind, if it is not to write";

/// Reads a line: a client's name, and its part.
fn read(line: &str) -> Option<(&str, Part)> {
    let mut words = line.split_whitespace();
    let (name, first, count) = (words.next()?, words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let writable = match (words.next(), words.next()) {
        (None, _) => true,
        (Some("read-only"), None) => false,
        _ => return None,
    };
    Some((name, Part { first, count, writable }))
}

/// Reads what each client has of a disk with so many blocks; calls `add` with each.
///
/// # Errors
/// The first line that is wrong, or what `add` finds to be.
pub fn read_all<'a>(
    text: &'a str,
    blocks: u64,
    mut add: impl FnMut(&'a str, Part) -> Result<(), &'static str>,
) -> Result<(), Mistake<'a>> {
    let mut before: [Option<Part>; CLIENTS_MAX] = [None; CLIENTS_MAX];
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let wrong = |help| Mistake { line, help };
        let (name, part) = read(line).ok_or(wrong(HOW))?;
        if part.count == 0 {
            return Err(wrong("a part has a block at least"));
        }
        if part.first.checked_add(part.count).is_none_or(|end| end > blocks) {
            return Err(wrong("the disk does not have so many blocks"));
        }
        if before.iter().flatten().any(|other| other.overlaps(&part)) {
            return Err(wrong("these blocks are another client's, too"));
        }
        let place = before.iter_mut().find(|place| place.is_none()).ok_or(wrong("too many clients"))?;
        *place = Some(part);
        add(name, part).map_err(wrong)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_say_whose_which_blocks_are() {
        let mut found = Vec::new();
        let read = read_all("\nfiles 0 8\n  maps 8 2 read-only\n", 10, |name, part| {
            found.push((name, part));
            Ok(())
        });
        assert_eq!(read, Ok(()));
        let part = |first, count, writable| Part { first, count, writable };
        assert_eq!(found, [("files", part(0, 8, true)), ("maps", part(8, 2, false))]);
    }

    #[test]
    fn lines_that_are_wrong_are_named() {
        fn help(text: &str) -> Result<(), (&str, &'static str)> {
            read_all(text, 10, |_, _| Ok(())).map_err(|mistake| (mistake.line, mistake.help))
        }
        for line in
            ["files", "files 0", "files 0 x", "files 0 1 writable", "files 0 1 read-only x", "files -1 1"]
        {
            assert_eq!(help(line), Err((line, HOW)));
        }
        assert_eq!(help("files 0 0"), Err(("files 0 0", "a part has a block at least")));
        for line in ["files 0 11", "files 10 1", "files 18446744073709551615 2"] {
            assert_eq!(help(line), Err((line, "the disk does not have so many blocks")));
        }
        for line in ["b 3 1", "b 0 10", "b 4 2", "b 2 2"] {
            let text = format!("a 3 2\n{line}");
            assert_eq!(help(&text), Err((line, "these blocks are another client's, too")));
        }
        assert_eq!(help("a 3 2\nb 5 5\nc 0 3"), Ok(()));
        let many = "a 0 1\nb 1 1\nc 2 1\nd 3 1\ne 4 1\nf 5 1\ng 6 1\nh 7 1\ni 8 1";
        assert_eq!(help(many), Err(("i 8 1", "too many clients")));
        let refused = read_all("files 0 1", 1, |_, _| Err("no"));
        assert_eq!(refused.map_err(|mistake| mistake.to_string()), Err("`files 0 1`: no".to_owned()));
    }

    #[test]
    fn a_part_ends_where_it_ends() {
        let part = Part { first: 100, count: 10, writable: true };
        assert_eq!(
            (part.place(0, 10), part.place(9, 1), part.place(10, 0)),
            (Some(100), Some(109), Some(110))
        );
        assert_eq!((part.place(0, 11), part.place(10, 1), part.place(u64::MAX, 2)), (None, None, None));
    }
}
