//! Whatever is drawn can be read: no text lies on another.

use std::fmt::Write as _;
use std::path::Path;

use proptest::prelude::*;
use quick_xml::events::Event;
use quick_xml::{Reader, XmlVersion};

use super::placement::{NAME_SIZE, bold_width, text_width};
use super::svg;
use crate::system_file::System;

/// A channel: whether it queues, how long its names are, its source, and which partitions it goes to, as bits.
type Drawn = (bool, usize, usize, u32);

/// A system with so many partitions, with these channels as far as they lead anywhere, and with regions of the
/// partitions whose bits are set, and with devices of these owners.
fn system(partitions: usize, channels: &[Drawn], regions: &[u32], devices: &[usize]) -> System {
    let mut text = "[system]\nname = \"drawn\"\nmajor-frame = \"1 s\"\n".to_owned();
    for number in 0..partitions {
        let _ = write!(
            text,
            "[[partition]]\nname = \"p{number}\"\nmemory = \"8 KiB\"\n\
             sources = [\"templates/hello.c\"]\n\
             [[window]]\npartition = \"p{number}\"\nstart = \"{number} ms\"\nduration = \"1 ms\"\n"
        );
    }
    let chosen = |bits: u32| (0..partitions).filter(move |number| bits & 1 << number != 0);
    for (number, (queues, length, source, bits)) in channels.iter().enumerate() {
        let source = source % partitions;
        let name = format!("c{}{number}", "Wm".repeat(*length));
        let mut ends: Vec<String> = chosen(*bits)
            .filter(|end| *end != source)
            .map(|end| format!("{{ partition = \"p{end}\", port = \"{name}\" }}"))
            .collect();
        ends.truncate(if *queues { 1 } else { ends.len() });
        if ends.is_empty() {
            continue;
        }
        let kind = if *queues {
            "kind = \"queuing\"\ndepth = 8"
        } else {
            "kind = \"sampling\"\nrefresh = \"1234567.891 us\""
        };
        let _ = write!(
            text,
            "[[channel]]\nname = \"{name}\"\n{kind}\nmessage-size = \"1023 B\"\n\
             source = {{ partition = \"p{source}\", port = \"{name}\" }}\n\
             destinations = [{}]\n",
            ends.join(", ")
        );
    }
    for (number, bits) in regions.iter().enumerate().filter(|(_, bits)| chosen(**bits).next().is_some()) {
        let users: Vec<String> = chosen(*bits)
            .map(|user| {
                format!("{{ partition = \"p{user}\", access = \"read-write\", doorbell = {} }}", 12 + number)
            })
            .collect();
        let users = users.join(", ");
        let name = format!("r{}{number}", "W".repeat(*bits as usize % 28));
        let _ = write!(text, "[[region]]\nname = \"{name}\"\nsize = \"4 KiB\"\npartitions = [{users}]\n");
    }
    for (number, owner) in devices.iter().enumerate() {
        let (name, owner) = (format!("d{}{number}", "W".repeat(*owner)), owner % partitions);
        let _ = write!(
            text,
            "[[device]]\nname = \"{name}\"\nowner = \"p{owner}\"\ndma = \"unprotected\"\n\
             ports = [{{ first = {}, count = 1, width = 1 }}]\ninterrupts = [{{ number = {} }}]\n",
            0x1000 + number,
            10 + number
        );
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate::system_file::from_text(&text, "drawn.toml", folder).expect("a system")
}

/// What a text or a line covers: left, top, right and bottom.
type Covered = [i32; 4];

/// What there is to be seen in a picture.
#[derive(Default)]
struct Seen {
    /// The picture's own sides.
    sides: Covered,
    texts: Vec<(String, Covered)>,
    /// The lines that go across.
    across: Vec<Covered>,
}

/// Reads a picture.
fn seen(picture: &str) -> Seen {
    let mut reader = Reader::from_str(picture);
    let (mut seen, mut place) = (Seen::default(), None);
    loop {
        match reader.read_event().expect("XML") {
            Event::Start(tag) | Event::Empty(tag) => {
                let attribute = |name: &str| {
                    let value = tag.try_get_attribute(name).expect("attributes").expect("the attribute");
                    value.normalized_value(XmlVersion::Implicit1_0).expect("text").into_owned()
                };
                let number = |name: &str| attribute(name).parse::<i32>().expect("a number");
                match tag.name().as_ref() {
                    b"svg" => {
                        let view: Vec<i32> =
                            attribute("viewBox").split(' ').map(|it| it.parse().expect("a number")).collect();
                        seen.sides = [view[0], view[1], view[0] + view[2], view[1] + view[3]];
                    }
                    b"text" => {
                        place =
                            Some((number("x"), number("y"), attribute("text-anchor"), number("font-size")));
                    }
                    b"line" if number("y1") == number("y2") => {
                        let (from, to, y) = (number("x1"), number("x2"), number("y1"));
                        seen.across.push([from.min(to), y, from.max(to), y]);
                    }
                    _ => {}
                }
            }
            Event::Text(text) => {
                let Some((x, y, anchor, size)) = place.take() else { continue };
                let text = text.decode().expect("UTF-8").into_owned();
                let width = if size == NAME_SIZE { bold_width(&text) } else { text_width(&text, size) };
                let left = match &*anchor {
                    "start" => x,
                    "middle" => x - width / 2,
                    _ => x - width,
                };
                seen.texts.push((text, [left, y - size, left + width, y]));
            }
            Event::Eof => return seen,
            _ => {}
        }
    }
}

/// However long a picture is: nobody has to scroll far to see whose a line is.
#[test]
fn partitions_are_named_on_every_screen() {
    for count in [0, 1, 7, 8, 9, 13, 60] {
        let channels: Vec<Drawn> =
            (0..count).map(|number| (number % 2 == 0, 0, number, 0x8000_0003)).collect();
        let seen = seen(&svg(&system(32, &channels, &[], &[])));
        for partition in ["p0", "p31"] {
            let named = seen.texts.iter().filter(|(text, _)| text == partition);
            let mut heights: Vec<i32> = named.map(|(_, covered)| covered[1]).collect();
            assert!(heights.is_sorted(), "{count} channels, {partition}: {heights:?}");
            heights.push(seen.sides[3]);
            let far = heights.windows(2).map(|pair| pair[1] - pair[0]).max();
            assert!(far < Some(1000), "{count} channels, {partition}: {heights:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_lies_on_another_or_outside(
        partitions in 1_usize..=8,
        channels in proptest::collection::vec((any::<bool>(), 0_usize..14, 0_usize..8, any::<u32>()), 0..20),
        regions in proptest::collection::vec(any::<u32>(), 0..4),
        devices in proptest::collection::vec(0_usize..28, 0..4),
    ) {
        let system = system(partitions, &channels, &regions, &devices);
        let Seen { sides, texts, across } = seen(&svg(&system));
        prop_assert!(texts.len() > 2 * partitions + 3 * system.channels.len());
        let apart = |one: &[i32; 4], other: &[i32; 4]| {
            one[2] <= other[0] || other[2] <= one[0] || one[3] <= other[1] || other[3] <= one[1]
        };
        for (number, (text, covered)) in texts.iter().enumerate() {
            let inside = covered[0] >= sides[0] && covered[1] >= sides[1];
            prop_assert!(inside && covered[2] <= sides[2] && covered[3] <= sides[3], "{text} in {sides:?}");
            // What a channel is stands above its arrow, from end to end at most.
            if text.starts_with("sampling, ") || text.starts_with("queuing, ") {
                let below = |arrow: &&Covered| (0..20).contains(&(arrow[1] - covered[3]));
                let mut arrows = across.iter().filter(below);
                prop_assert!(arrows.any(|arrow| arrow[0] <= covered[0] && covered[2] <= arrow[2]), "{text}");
            }
            for (other, of_other) in &texts[number + 1..] {
                prop_assert!(apart(covered, of_other), "`{text}` {covered:?} and `{other}` {of_other:?}");
            }
        }
    }
}
