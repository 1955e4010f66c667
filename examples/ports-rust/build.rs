//! Links the partition with the linker script of its processor, which the guest layer names.

fn main() {
    let script = std::env::var("DEP_BULKHEAD_GUEST_LINKER_SCRIPT").unwrap_or_default();
    println!("cargo::rustc-link-arg-bins=-T{script}");
    println!("cargo::rerun-if-changed={script}");
}
