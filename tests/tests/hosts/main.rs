//! Kernels below the guest layer that are not ours: what is built for them, what their bindings rely on, and where a
//! host is there to run it, the same transcripts on all.

use std::process::ExitCode;

use bulkhead_tests::harness;

mod air_attacks;
mod air_images;
mod messages;
mod pok;
mod pok_images;
mod pok_model;
mod rtems_tests;
mod support;
mod talking;
mod transcripts;
mod xen;
mod xen_images;
mod xtratum_images;

fn main() -> ExitCode {
    harness::run([
        air_attacks::tests(),
        air_images::tests(),
        messages::tests(),
        pok::tests(),
        pok_images::tests(),
        rtems_tests::tests(),
        talking::tests(),
        transcripts::tests(),
        xen::tests(),
        xen_images::tests(),
        xtratum_images::tests(),
    ])
}
