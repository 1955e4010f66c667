//! Links the partition with the linker script of its processor.

fn main() {
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let processor = std::env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    let processor = if processor == "x86" { "i386" } else { &processor };
    let script = format!("{folder}/../../../guest/partition-{processor}.ld");
    // A kernel below that has partitions elsewhere; the script asks whether it has been said.
    if let Ok(base) = std::env::var("DEP_BULKHEAD_AIR_IMAGE_BASE") {
        println!("cargo::rustc-link-arg-bins=--defsym=bulkhead_image_base={base}");
    }
    println!("cargo::rustc-link-arg-bins=-T{script}");
    println!("cargo::rerun-if-changed={script}");
}
