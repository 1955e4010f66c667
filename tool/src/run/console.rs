//! Shows a run's output: each line with the name of who says it.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use crate::system_file::System;
use crate::terminal::{Look, faint, partition_style};

use super::output::{Output, Speaker};

/// Shows a run's output on a stream.
pub struct ConsolePrinter<W: Write> {
    stream: W,
    look: Look,
    names: Vec<String>,
    width: usize,
    /// Whether the kernel's report at the end is shown as it comes.
    verbose: bool,
    /// Whether lines have the time before them.
    times: bool,
    /// When what comes next was said.
    time: Option<u64>,
    /// What has come of lines that have not ended, and how much of each is on the screen already.
    begun: Vec<(Speaker, Vec<u8>, usize)>,
    /// Whose line the cursor is in, on a terminal.
    open: Option<Speaker>,
    /// Why writing has failed, if it has.
    failure: Option<io::Error>,
}

impl<W: Write> ConsolePrinter<W> {
    /// Shows a system's output on a stream: the kernel's report at the end only if `verbose`, and if `times` with the
    /// time of each line before it.
    pub fn new(stream: W, look: Look, system: &System, verbose: bool, times: bool) -> Self {
        let names: Vec<String> = system.partitions.iter().map(|partition| partition.name.clone()).collect();
        let width = names.iter().map(String::len).chain(["kernel".len()]).max().unwrap_or_default();
        Self {
            stream,
            look,
            names,
            width,
            verbose,
            times,
            time: None,
            begun: Vec::new(),
            open: None,
            failure: None,
        }
    }

    /// Why writing has failed, if it has.
    pub fn failure(&self) -> Option<&io::Error> {
        self.failure.as_ref()
    }

    fn prefix(&self, speaker: Speaker) -> String {
        let (name, style) = match speaker {
            Speaker::Kernel => ("kernel".to_owned(), Style::new().bold()),
            Speaker::Qemu => ("qemu".to_owned(), Style::new().fg_color(Some(AnsiColor::Red.into()))),
            Speaker::Partition(number) => (
                self.names.get(number).cloned().unwrap_or_else(|| format!("#{number}")),
                partition_style(number),
            ),
        };
        let padded = format!("{name:width$}", width = self.width);
        let time = if self.times { self.look.paint(faint(), &seconds(self.time)) } else { String::new() };
        format!("{time}{} {} ", self.look.paint(style, &padded), self.look.paint(faint(), "|"))
    }

    fn write(&mut self, text: &str) {
        let written = self.stream.write_all(text.as_bytes()).and_then(|()| self.stream.flush());
        self.failure = self.failure.take().or(written.err());
    }

    fn forget(&mut self, speaker: Speaker) -> usize {
        let place = self.begun.iter().position(|(known, ..)| *known == speaker);
        place.map_or(0, |place| self.begun.remove(place).2)
    }
}

impl<W: Write> Output for ConsolePrinter<W> {
    fn line(&mut self, speaker: Speaker, line: &[u8], report: bool) {
        let shown = self.forget(speaker).min(line.len());
        if report && !self.verbose {
            return;
        }
        // The line's beginning is on the screen if it was shown when all was quiet. Where somebody else has spoken
        // since, only a line that has grown is shown again.
        let text = if self.open == Some(speaker) {
            format!("{}\n", printable(&line[shown..]))
        } else if shown > 0 && shown == line.len() {
            return;
        } else {
            let end = if self.open.is_some() { "\n" } else { "" };
            format!("{end}{}{}\n", self.prefix(speaker), printable(line))
        };
        self.open = None;
        self.write(&text);
    }

    fn at(&mut self, time: Option<u64>) {
        self.time = time;
    }

    fn is_gone(&self) -> bool {
        self.failure.is_some()
    }

    fn part(&mut self, speaker: Speaker, bytes: &[u8]) {
        // Only a terminal shows lines that have not ended: prompts and progress. Their time is not known yet.
        if !self.look.terminal || self.times {
            return;
        }
        match self.begun.iter_mut().find(|(known, ..)| *known == speaker) {
            Some((_, line, _)) => line.extend_from_slice(bytes),
            None => self.begun.push((speaker, bytes.to_vec(), 0)),
        }
    }

    fn quiet(&mut self) {
        for place in 0..self.begun.len() {
            let (speaker, line, shown) = &self.begun[place];
            let (speaker, shown) = (*speaker, *shown);
            if shown == line.len() || line.len() > super::lines::LINE_LENGTH_MAX {
                continue;
            }
            let text = if self.open == Some(speaker) {
                printable(&line[shown..])
            } else {
                let end = if self.open.is_some() { "\n" } else { "" };
                format!("{end}{}{}", self.prefix(speaker), printable(line))
            };
            self.begun[place].2 = line.len();
            self.open = Some(speaker);
            self.write(&text);
        }
    }
}

/// A time in seconds, as it stands before a line; as much room where it is not known.
fn seconds(time: Option<u64>) -> String {
    let text = time.map(|time| format!("{}.{:09}", time / 1_000_000_000, time % 1_000_000_000));
    format!("{:>14} ", text.unwrap_or_default())
}

/// Output as text that cannot move the cursor or change colours: what is not printable is written as an escape.
fn printable(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character == '\t' || !character.is_control() {
                out.push(character);
            } else if u32::from(character) < 0x80 {
                out += &format!("\\x{:02x}", u32::from(character));
            } else {
                out.extend(character.escape_unicode());
            }
        }
        for byte in chunk.invalid() {
            out += &format!("\\x{byte:02x}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn system() -> System {
        let text = "[system]\nmajor-frame = \"1 ms\"\n[[partition]]\nname = \"a\"\nmemory = \"4 KiB\"\n\
                    image = \"x\"\n[[window]]\npartition = \"a\"\nstart = \"0 ms\"\nduration = \"1 ms\"\n";
        let text = text.replace("image = \"x\"", "sources = [\"templates/hello.c\"]");
        crate::system_file::from_text(&text, "x", Path::new(env!("CARGO_MANIFEST_DIR"))).expect("a system")
    }

    fn shown(look: Look, steps: impl Fn(&mut ConsolePrinter<Vec<u8>>)) -> String {
        let mut printer = ConsolePrinter::new(Vec::new(), look, &system(), false, false);
        steps(&mut printer);
        String::from_utf8(printer.stream).expect("text")
    }

    #[test]
    fn lines_have_names() {
        let text = shown(Look::plain(), |printer| {
            printer.line(Speaker::Kernel, b"boot", false);
            printer.line(Speaker::Partition(0), b"hello", false);
            printer.line(Speaker::Kernel, b"end: partition a running", true);
            printer.line(Speaker::Partition(7), b"?", false);
        });
        assert_eq!(text, "kernel | boot\na      | hello\n#7     | ?\n");
    }

    #[test]
    fn control_characters_are_shown() {
        assert_eq!(printable(b"a\x1b[2J\r\tb\xff\xc2\x9b"), "a\\x1b[2J\\x0d\tb\\xff\\u{9b}");
        assert_eq!(printable("ä€".as_bytes()), "ä€");
    }

    #[test]
    fn a_terminal_shows_a_prompt_when_all_is_quiet() {
        let look = Look { colour: true, drawing: true, terminal: true, width: 80 };
        let text = shown(look, |printer| {
            printer.part(Speaker::Partition(0), b"> ");
            printer.quiet();
            printer.quiet();
            printer.line(Speaker::Partition(0), b"> x", false);
            printer.part(Speaker::Partition(0), b"> ");
            printer.quiet();
            printer.line(Speaker::Kernel, b"log", false);
            printer.line(Speaker::Partition(0), b"> y", false);
            printer.part(Speaker::Partition(0), b"bye");
            printer.quiet();
            printer.line(Speaker::Kernel, b"log", false);
            printer.line(Speaker::Partition(0), b"bye", false);
        });
        let plain: String = strip(&text);
        assert_eq!(
            plain,
            "a      | > x\na      | > \nkernel | log\na      | > y\na      | bye\nkernel | log\n"
        );
    }

    fn strip(text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('\x1b') {
            out += before;
            rest = after.split_once('m').map_or("", |(_, after)| after);
        }
        out + rest
    }
}
