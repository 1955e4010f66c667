//! Modes, the health monitor and the error handler with RTEMS.

use bulkhead_tests::needs::rtems_kit;
use bulkhead_tests::{errors, health, processes, run_built};
use bulkhead_tool::system_file::Processor;

use crate::ports::built_system;
use crate::run_options;

bulkhead_tests::tests! {
    the_calls_about_modes_errors_and_schedules_work(processor) needs [rtems_kit(processor)],
    errors_of_tasks_reach_the_error_handler(processor) needs [rtems_kit(processor)],
    processes_are_as_the_standard_says(processor) needs [rtems_kit(processor)],
    a_partition_with_the_right_governs_others_and_schedules(processor) needs [rtems_kit(processor)],
}

fn the_calls_about_modes_errors_and_schedules_work(processor: Processor) {
    health::assert_all_good(&run_built(&built_system("health", processor), &run_options()));
}

fn errors_of_tasks_reach_the_error_handler(processor: Processor) {
    errors::assert_all_handled(&run_built(&built_system("errors", processor), &run_options()));
}

/// On i386 a thread that begins anew after an interrupt has preempted it is preempted by interrupts again.
fn processes_are_as_the_standard_says(processor: Processor) {
    processes::assert_all_good(&run_built(&built_system("processes", processor), &run_options()));
}

fn a_partition_with_the_right_governs_others_and_schedules(processor: Processor) {
    health::assert_governed(&run_built(&built_system("governed", processor), &run_options()));
}
