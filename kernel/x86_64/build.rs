//! Hands the linker script to the linker.

fn main() {
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    // By its whole path, so that a checkout that has been moved is linked anew.
    println!("cargo::rerun-if-changed={folder}/link.ld");
    println!("cargo::rustc-link-arg-bins=-T{folder}/link.ld");
    println!("cargo::rustc-link-arg-bins=--no-dynamic-linker");
    println!("cargo::rustc-link-arg-bins=--build-id=none");
}
