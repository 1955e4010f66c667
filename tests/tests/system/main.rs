//! Whole systems on the real kernel: what guests do to each other, and what they cannot.

use bulkhead_tool::system_file::Processor;

/// Makes a test for each processor out of functions that take one.
macro_rules! on_every_processor {
    ($($name:ident),+ $(,)?) => {
        mod x86_64 { $(#[test] fn $name() { super::$name($crate::Processor::X86_64); })+ }
        mod leon3 { $(#[test] fn $name() { super::$name($crate::Processor::Leon3); })+ }
    };
}

mod a653rs;
mod attacks;
mod boot_loader;
mod c_library;
mod communication;
mod conformance;
mod console;
mod costs;
mod device_sweeps;
mod devices;
mod disassembly;
mod disk;
mod events;
mod examples;
mod failures;
mod gateway;
mod governance;
mod health;
mod health_attacks;
mod injection;
mod installation;
mod instructions;
mod kernel_file;
mod module;
mod port_attacks;
mod recorded_devices;
mod records;
mod rtems_tests;
mod schedule;
mod sparc;
mod top;
mod trace;
mod vary;
