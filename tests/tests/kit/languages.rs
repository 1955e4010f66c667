//! What sources can be, and what the system file says of building them, with kits.

use bulkhead_tests::needs::rtems_kit;
use bulkhead_tests::{building_keys, repository, run_built};
use bulkhead_tool::system_file::Processor;

use super::{built, run_options};

bulkhead_tests::tests! {
    the_keys_of_building_are_heeded(processor) needs [rtems_kit(processor)],
}

fn the_keys_of_building_are_heeded(processor: Processor) {
    let folder = repository().join("target/systems/kit").join(processor.name());
    let built = built(building_keys::system(processor, &folder), "keys", processor);
    let transcript = run_built(&built, &run_options());
    building_keys::assert_heeded(&transcript, &built.programs[0], processor);
}
