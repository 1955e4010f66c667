//! The linked programs of a system that was built before: they lie beside its file, with symbols that it has not.

use std::fs;
use std::path::Path;

use crate::build::parts_folder;
use crate::files;
use crate::image::{Image, base};
use crate::system_file::{Program, System};

/// The program of each partition, with its symbols. One that is not beside the system's file, or is not the one that is
/// in it any more, is empty: nothing is told of its addresses then.
pub(crate) fn beside(file: &Path, system: &System) -> Vec<Vec<u8>> {
    let found: Vec<(Image, Vec<u8>)> = fs::read_dir(parts_folder(file))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let bytes = files::read(&entry.path().join("program.elf")).ok()?;
            let memory = system.processor.board().partition_memory_max;
            Some((Image::read_at(base(system.processor), &bytes, system.processor, memory).ok()?, bytes))
        })
        .collect();
    let program = |program: &Program| {
        let Program::Image { image, .. } = program else { return None };
        found.iter().find(|(linked, _)| is_same(linked, image)).map(|(_, bytes)| bytes.clone())
    };
    system.partitions.iter().map(|partition| program(&partition.program).unwrap_or_default()).collect()
}

/// Whether two images are one, as far as the system's file tells: it has nothing of what only the linked program says.
fn is_same(linked: &Image, built: &Image) -> bool {
    let places = |image: &Image| [image.entry, image.text_end, image.read_only_end, image.data_end];
    places(linked) == places(built) && linked.bytes == built.bytes
}
