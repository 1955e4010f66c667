//! The C header of the partition interface is what the interface crate says, and C compilers lay it out alike.

use std::fmt::Write as _;
use std::fs;
use std::mem::{offset_of, size_of};
use std::path::{Path, PathBuf};
use std::process::Command;

use bulkhead_abi::{
    ClockParameters, FaultRecord, HealthRecord, InformationPage, PartitionDescription, PartitionStatus,
    PortDescription, PortStatus, RegionDescription, ResourceDescription, ScheduleDescription, ScheduleStatus,
    SharedPage, StartInformation, UpcallRecord, Word64,
};

/// Set to any value, the test writes the header instead of comparing it.
const UPDATE: &str = "BULKHEAD_UPDATE_HEADER";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Copies the interface crate's files that partitions see into a folder of their own: the system table is no
/// concern of C code.
fn sources(to: &Path) -> Vec<PathBuf> {
    let from = folder().join("../abi/src");
    fs::create_dir_all(to).expect("a folder for the sources");
    let mut paths = Vec::new();
    for name in [
        "lib",
        "device",
        "error",
        "fault",
        "health",
        "hypercall",
        "interrupt",
        "machine",
        "pages",
        "port",
        "status",
    ] {
        let text = fs::read_to_string(from.join(name).with_extension("rs"))
            .expect("a source of the interface crate");
        let text: String = text
            .lines()
            .filter(|line| name != "lib" || !(line.starts_with("mod ") || line.starts_with("pub mod ")))
            // A word of the system table.
            .filter(|line| !line.trim_start().starts_with("pub const NONE: u32"))
            .fold(String::new(), |text, line| text + line + "\n");
        let path = to.join(name).with_extension("rs");
        fs::write(&path, text).expect("a copy of a source");
        paths.push(path);
    }
    paths
}

/// Makes the header's text.
fn generate() -> String {
    let configuration = cbindgen::Config::from_file(folder().join("cbindgen.toml")).expect("cbindgen.toml");
    let copies = Path::new(env!("CARGO_TARGET_TMPDIR")).join("header-sources");
    let mut builder = cbindgen::Builder::new().with_config(configuration);
    for path in sources(&copies) {
        builder = builder.with_src(path);
    }
    let mut text = Vec::new();
    builder.generate().expect("the interface crate").write(&mut text);
    let text = String::from_utf8(text).expect("UTF-8");
    // Links of the Rust documentation mean nothing in C, and the names of associated constants are Rust's.
    text.replace("bulkhead_call_COUNT", "BULKHEAD_CALL_COUNT")
        .replace("bulkhead_health_error_COUNT", "BULKHEAD_HEALTH_ERROR_COUNT")
        .replace("bulkhead_line_COUNT", "BULKHEAD_LINE_COUNT")
        .replace("bulkhead_received_", "BULKHEAD_RECEIVED_")
        .replace("[`crate::", "`")
        .replace("[`", "`")
        .replace("`]", "`")
        .replace("::", ".")
}

#[test]
fn the_committed_header_is_what_the_interface_crate_says() {
    let path = folder().join("include/bulkhead/abi.h");
    let text = generate();
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&path, &text).expect("the header is writable");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "guest/include/bulkhead/abi.h is not what the crate bulkhead-abi says; \
         `{UPDATE}=1 cargo test -p bulkhead-guest --test header` writes it anew"
    );
}

/// A C file that asserts sizes and offsets as Rust has them.
fn assertions() -> String {
    let mut text = String::from("#include <bulkhead.h>\n#include <stddef.h>\n");
    macro_rules! layout {
        ($($rust:ty, $c:literal, [$($field:ident),*];)*) => {
            $(
                writeln!(text, "_Static_assert(sizeof(struct {}) == {}, \"size\");", $c, size_of::<$rust>())
                    .expect("memory");
                $(
                    writeln!(
                        text,
                        "_Static_assert(offsetof(struct {}, {}) == {}, \"offset\");",
                        $c, stringify!($field), offset_of!($rust, $field)
                    ).expect("memory");
                )*
            )*
        };
    }
    layout! {
        Word64, "bulkhead_word64", [low, high];
        UpcallRecord, "bulkhead_upcall_record", [program_counter, flags];
        FaultRecord, "bulkhead_fault_record",
            [busy, kind, vector, error, interrupts_enabled, address, program_counter, flags, stack_pointer];
        SharedPage, "bulkhead_shared_page", [interrupts_enabled, pending, mask, upcall, fault, ports, errors];
        ClockParameters, "bulkhead_clock_parameters", [origin, multiplier, shift, frequency];
        InformationPage, "bulkhead_information_page", [clock, windows, window_start, window_end, start];
        StartInformation, "bulkhead_start_information",
            [magic, version, partition, reason, restarts, tick_policy, memory_base, memory_size, information_page,
             shared_page, major_frame, name, command_line];
        PartitionStatus, "bulkhead_partition_status",
            [identifier, start_reason, restarts, windows, now_low, now_high, window_end_low, window_end_high,
             deadline_low, deadline_high];
        PortDescription, "bulkhead_port_description",
            [name, kind, direction, message_size, depth, refresh_low, refresh_high];
        PortStatus, "bulkhead_port_status", [messages, flags, lost, time_low, time_high, now_low, now_high];
        RegionDescription, "bulkhead_region_description", [name, address, size, writable, line];
        ResourceDescription, "bulkhead_resource_description", [name, kind, address, size, width, line];
        PartitionDescription, "bulkhead_partition_description",
            [name, mode, start_reason, restarts, windows, status, error, restarts_left];
        ScheduleStatus, "bulkhead_schedule_status",
            [current, next, time_low, time_high, frame_start_low, frame_start_high, changes];
        ScheduleDescription, "bulkhead_schedule_description",
            [name, major_frame_low, major_frame_high, windows, own_windows, own_time_low, own_time_high];
        HealthRecord, "bulkhead_health_record",
            [sequence, error, action, level, partition, code, detail, time_low, time_high, address_low, address_high,
             program_counter_low, program_counter_high];
    }
    text
}

/// Compiles a file with clang for a target; panics with the compiler's messages if it refuses.
fn compile(language: &str, target: &str, text: &str) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("header-{target}.{language}"));
    fs::write(&path, text).expect("a file to compile");
    let output = Command::new("clang")
        .args([
            "-target",
            target,
            "-ffreestanding",
            "-fsyntax-only",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-pedantic",
        ])
        .args(["-x", language, "-I"])
        .arg(folder().join("include"))
        .arg(&path)
        .output()
        .unwrap_or_else(|error| panic!("clang cannot be started ({error}); `make setup` installs it"));
    assert!(output.status.success(), "{target}:\n{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn c_lays_the_interface_out_as_rust_does_with_32_bits() {
    compile("c", "i386-none-elf", &assertions());
}

#[test]
fn c_lays_the_interface_out_as_rust_does_on_a_big_endian_processor() {
    compile("c", "sparc-none-elf", &assertions());
}

#[test]
fn c_lays_the_interface_out_as_rust_does_with_64_bits() {
    compile("c", "x86_64-none-elf", &assertions());
}

#[test]
fn cxx_accepts_the_headers() {
    compile("c++", "i386-none-elf", "#include <bulkhead.h>\n");
}
