//! Links the partition with the linker script of its processor, which the guest layer names, and a stack on which the
//! buffers of its messages lie.

fn main() {
    let script = std::env::var("DEP_BULKHEAD_GUEST_LINKER_SCRIPT").unwrap_or_default();
    println!("cargo::rustc-link-arg-bins=-T{script}");
    println!("cargo::rustc-link-arg-bins=--defsym=bulkhead_stack_size=96K");
    println!("cargo::rerun-if-changed={script}");
}
