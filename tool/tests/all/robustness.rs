//! Nothing that a user can put into a file makes the tool panic.

use std::path::Path;

use bulkhead_tool::image::Image;
use bulkhead_tool::layout::layout;
use bulkhead_tool::pack::pack;
use bulkhead_tool::system_file::{Processor, from_text};
use proptest::prelude::*;

use crate::support::Elf;

const GOOD: &str = r#"
[system]
name = "demo"
memory = "64 MiB"
major-frame = "100 ms"

[[partition]]
name = "control"
memory = "4 MiB"
sources = ["templates/hello.c"]
command-line = "rate=50"

[[window]]
partition = "control"
start = "0 ms"
duration = "20 ms"
"#;

/// Pieces that system files are made of, right and wrong.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("[system]\n".to_owned()),
        Just("[[partition]]\n".to_owned()),
        Just("[[window]]\n".to_owned()),
        Just("[[channel]]\n".to_owned()),
        Just("[[region]]\n".to_owned()),
        Just("[[device]]\nname = \"a\"\nowner = \"a\"\n".to_owned()),
        "ports = \\[\\{ first = [0-9]{1,20}, count = [0-9]{1,20}, width = [0-5] \\}\\]\n",
        "registers = \\[\\{ address = (0x[0-9a-f]{1,16}|\"0x[0-9a-f]{1,17}\"), size = [0-9]{1,20}, width = [0-5], \
         allow = \\[\\{ offset = [0-9]{1,20}, size = [0-9]{1,20}, write = (true|0x[0-9a-f]{1,16}) \\}\\] \\}\\]\n",
        "memory = \\[\\{ address = 0x[0-9a-f]{1,16}, size = (-?[0-9]{1,20}|\"[0-9]{1,4} KiB\"), \
         at = 0x[0-9a-f]{1,9} \\}\\]\n",
        "interrupts = \\[\\{ number = -?[0-9]{1,20}, line = -?[0-9]{1,20} \\}\\]\n",
        "(kind|message-size|refresh|size) = \"(sampling|queuing|[0-9]{1,21} (B|GiB|ms))\"\n",
        "(depth|source|destinations|partitions) = (-?[0-9]{1,21}|\\[\\]|\\{\\}|\\[\\{\\}\\]|\"a\")\n",
        "source = \\{ partition = \"[ab]\", port = \"[ab]\" \\}\n",
        "destinations = \\[\\{ partition = \"[ab]\", port = \"[ab]\" \\}\\]\n",
        "partitions = \\[\\{ partition = \"[ab]\", access = \"read(-write)?\", address = \"0x[0-9a-f]{1,17}\", \
         doorbell = [0-9]{1,2} \\}\\]\n",
        "(name|memory|major-frame|partition|start|duration|image|sources|tick) = \
         \"[0-9a-z._]{0,9} ?(ms|s|KiB|GiB)?\"\n",
        "(name|memory|system|partition|window|sources) = (1|true|\\[\\]|\\{\\}|\\[\"a\", 2\\]|1979-05-27)\n",
        "\\PC{0,20}\n",
        "start = \"[0-9]{1,21} (ns|s)\"\n",
    ]
}

proptest! {
    #[test]
    fn no_text_makes_the_checker_panic(text in "\\PC*") {
        if let Err(report) = from_text(&text, "bulkhead.toml", Path::new("")) {
            prop_assert!(!report.problems().is_empty());
            prop_assert!(report.plain().contains("bulkhead.toml:"));
        }
    }

    #[test]
    fn no_pieces_make_the_checker_panic(pieces in proptest::collection::vec(piece(), 0..20)) {
        if let Err(report) = from_text(&pieces.concat(), "bulkhead.toml", Path::new("")) {
            prop_assert!(!report.problems().is_empty());
            let _ = (report.plain(), report.fancy());
        }
    }

    #[test]
    fn no_change_of_a_good_file_makes_the_checker_panic(
        at in 0..GOOD.len(),
        length in 0_usize..12,
        put in "\\PC{0,6}",
    ) {
        let end = (at + length).min(GOOD.len());
        let text = format!("{}{put}{}", &GOOD[..at], &GOOD[end..]);
        if let Err(report) = from_text(&text, "bulkhead.toml", Path::new("")) {
            let _ = (report.plain(), report.fancy());
        }
    }

    #[test]
    fn no_change_of_the_kernel_makes_the_packer_panic(
        changes in proptest::collection::vec((0_usize..200, any::<u8>()), 0..6),
        length in 0_usize..600,
    ) {
        let system = from_text(GOOD, "bulkhead.toml", Path::new("")).expect("a system");
        let image = Image::read(&Elf::good().bytes(), Processor::X86_64, 4 << 20).expect("an image");
        let layout = layout(&system, vec![image]).expect("a layout");
        let mut kernel = Elf::kernel().bytes();
        for (at, value) in changes {
            kernel[at] = value;
        }
        kernel.truncate(length);
        if let Ok(file) = pack(&system, &layout, &kernel) {
            prop_assert!(file.len() > kernel.len());
        }
    }

    #[test]
    fn no_bytes_make_the_image_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Image::read(&bytes, Processor::X86_64, 4 << 20);
        let _ = Image::read(&[b"\x7fELF\x01\x01\x01", &bytes[..]].concat(), Processor::X86_64, 4 << 20);
    }

    #[test]
    fn no_change_of_a_good_image_makes_the_reader_panic(
        changes in proptest::collection::vec((0_usize..160, any::<u8>()), 1..6),
        memory in 1_u64..0x1000,
    ) {
        let mut bytes = Elf::good().bytes();
        for (at, value) in changes {
            bytes[at] = value;
        }
        if let Ok(image) = Image::read(&bytes, Processor::X86_64, memory * 4096) {
            prop_assert!(image.bytes.len() as u64 <= memory * 4096);
            prop_assert!(image.text_end <= image.read_only_end && image.read_only_end <= image.data_end);
        }
    }
}
