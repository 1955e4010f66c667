//! The checksums of images that a test has changed after they were built.

use bulkhead_abi::machine::{LEON3, X86_64};
use bulkhead_abi::system_table::{ByteOrder, Header, Image, MAGIC, VERSION, image_checksum};
use bulkhead_tool::system_file::Processor;

/// Writes the checksum of each image in a bootable file anew, as its system table has it.
pub(crate) fn renew(processor: Processor, file: &mut [u8]) {
    let board = match processor {
        Processor::X86_64 => &X86_64,
        Processor::Leon3 => &LEON3,
    };
    let word = |value: u32| match board.order {
        ByteOrder::Little => value.to_le_bytes(),
        ByteOrder::Big => value.to_be_bytes(),
    };
    let mark = [word(MAGIC), word(VERSION)].concat();
    // The last one: the kernel, which is in front of the table, knows the mark too.
    let place = file.windows(mark.len()).rposition(|bytes| bytes == mark).expect("a system table");
    let header = Header::decode(file, place, board.order).expect("a header");
    for number in 0..header.images as usize {
        let entry = place + Header::SIZE + number * Image::SIZE;
        let image = Image::decode(file, entry, board.order).expect("an image");
        let start = place + (image.physical - board.table) as usize;
        let sum = image_checksum(&file[start..start + image.file_size as usize], board.order);
        // The last two words of an entry are the checksum and one that is reserved.
        file[entry + Image::SIZE - 8..][..4].copy_from_slice(&word(sum));
    }
}
