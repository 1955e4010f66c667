//! Tells the build scripts of partitions where the linker script of their processor is.
//!
//! They find its path in `DEP_BULKHEAD_GUEST_LINKER_SCRIPT`.

fn main() {
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let processor = std::env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    let processor = if processor == "x86" { "i386" } else { &processor };
    println!("cargo::metadata=LINKER_SCRIPT={folder}/partition-{processor}.ld");
    println!("cargo::rerun-if-changed=build.rs");
}
