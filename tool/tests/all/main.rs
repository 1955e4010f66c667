//! What the tool promises, shown from outside: messages, what is built and run, and that nothing makes it panic.

mod bad_system_files;
mod building;
mod builds;
mod channels;
mod commands;
mod consoles;
mod devices;
mod governance;
mod hostile_files;
mod kernel;
mod kernel_devices;
mod kits;
mod machine_readable;
mod output_schemas;
mod packing;
mod robustness;
mod rtems_tests;
mod running;
mod schema;
mod support;
mod surroundings;
mod surroundings_paths;
mod xen;
