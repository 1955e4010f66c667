//! Tells the build scripts of partitions where a linked program lies on AIR.
//!
//! They find the address in `DEP_BULKHEAD_AIR_IMAGE_BASE`; to the linker it is the symbol `bulkhead_image_base`.

use bulkhead_air_facts::PROGRAM;

fn main() {
    println!("cargo::metadata=IMAGE_BASE={PROGRAM:#x}");
    println!("cargo::rerun-if-changed=build.rs");
}
