//! The C header has the layout that the services store, and C and C++ compilers take it.

use std::fmt::Write as _;
use std::fs;
use std::mem::{offset_of, size_of};
use std::path::{Path, PathBuf};
use std::process::Command;

use bulkhead_apex::{
    ReturnCode, error, executive, memory_block, partition, process, queuing, sampling, schedule, waiting,
};

/// A C file that asserts sizes, offsets and values as Rust has them.
fn assertions() -> String {
    let mut text =
        String::from("#include <arinc653.h>\n#include <bulkhead/waiting.h>\n#include <stddef.h>\n");
    macro_rules! layout {
        ($($rust:ty, $c:literal, [$($field:ident = $name:literal),*];)*) => {
            $(
                writeln!(text, "_Static_assert(sizeof({}) == {}, \"size\");", $c, size_of::<$rust>())
                    .expect("memory");
                $(
                    writeln!(
                        text, "_Static_assert(offsetof({}, {}) == {}, \"offset\");",
                        $c, $name, offset_of!($rust, $field)
                    ).expect("memory");
                )*
            )*
        };
    }
    layout! {
        partition::Status, "PARTITION_STATUS_TYPE",
            [period = "PERIOD", duration = "DURATION", identifier = "IDENTIFIER", lock_level = "LOCK_LEVEL",
             mode = "OPERATING_MODE", start_condition = "START_CONDITION", cores = "NUM_ASSIGNED_CORES"];
        sampling::Status, "SAMPLING_PORT_STATUS_TYPE",
            [message_size = "MAX_MESSAGE_SIZE", direction = "PORT_DIRECTION", refresh = "REFRESH_PERIOD",
             last_was_valid = "LAST_MSG_VALIDITY"];
        sampling::CurrentStatus, "SAMPLING_PORT_CURRENT_STATUS_TYPE",
            [refresh = "REFRESH_PERIOD", time = "TIME_STAMP", message_size = "MAX_MESSAGE_SIZE",
             direction = "PORT_DIRECTION", fresh = "MESSAGE_AGE", updated = "UPDATED"];
        queuing::Status, "QUEUING_PORT_STATUS_TYPE",
            [messages = "NB_MESSAGE", depth = "MAX_NB_MESSAGE", message_size = "MAX_MESSAGE_SIZE",
             direction = "PORT_DIRECTION", waiting = "WAITING_PROCESSES"];
        memory_block::Status, "MEMORY_BLOCK_STATUS_TYPE",
            [address = "MEMORY_BLOCK_ADDR", mode = "MEMORY_BLOCK_MODE", size = "MEMORY_BLOCK_SIZE"];
        error::Status, "ERROR_STATUS_TYPE",
            [address = "FAILED_ADDRESS", process = "FAILED_PROCESS_ID", code = "ERROR_CODE", length = "LENGTH",
             message = "MESSAGE"];
        process::Attributes, "PROCESS_ATTRIBUTE_TYPE",
            [period = "PERIOD", time_capacity = "TIME_CAPACITY", entry = "ENTRY_POINT", stack_size = "STACK_SIZE",
             base_priority = "BASE_PRIORITY", deadline = "DEADLINE", name = "NAME"];
        process::Status, "PROCESS_STATUS_TYPE",
            [deadline_time = "DEADLINE_TIME", current_priority = "CURRENT_PRIORITY", state = "PROCESS_STATE",
             attributes = "ATTRIBUTES"];
        executive::NewTask, "struct bulkhead_executive_task",
            [entry = "entry", argument = "argument", stack_size = "stack_size", priority = "priority",
             name = "name"];
        schedule::Status, "SCHEDULE_STATUS_TYPE",
            [time_of_last_switch = "TIME_OF_LAST_SCHEDULE_SWITCH", current = "CURRENT_SCHEDULE",
             next = "NEXT_SCHEDULE"];
    }
    for (name, value) in [
        ("NO_ERROR", ReturnCode::NoError as u32),
        ("NO_ACTION", ReturnCode::NoAction as u32),
        ("NOT_AVAILABLE", ReturnCode::NotAvailable as u32),
        ("INVALID_PARAM", ReturnCode::InvalidParam as u32),
        ("INVALID_CONFIG", ReturnCode::InvalidConfig as u32),
        ("INVALID_MODE", ReturnCode::InvalidMode as u32),
        ("TIMED_OUT", ReturnCode::TimedOut as u32),
        ("SOURCE", bulkhead_abi::PortDirection::Source as u32),
        ("DESTINATION", bulkhead_abi::PortDirection::Destination as u32),
        ("FIFO", waiting::Discipline::Fifo as u32),
        ("PRIORITY", waiting::Discipline::Priority as u32),
        ("IDLE", partition::Mode::Idle as u32),
        ("COLD_START", partition::Mode::ColdStart as u32),
        ("WARM_START", partition::Mode::WarmStart as u32),
        ("NORMAL", partition::Mode::Normal as u32),
        ("DORMANT", process::State::Dormant as u32),
        ("READY", process::State::Ready as u32),
        ("RUNNING", process::State::Running as u32),
        ("WAITING", process::State::Waiting as u32),
        ("FAULTED", process::State::Faulted as u32),
        ("(unsigned) MAIN_PROCESS_ID", process::MAIN_PROCESS as u32),
        ("SYSTEM_LIMIT_NUMBER_OF_PROCESSES", process::PROCESSES_MAX as u32),
        ("MIN_PRIORITY_VALUE", *process::PRIORITIES.start() as u32),
        ("MAX_PRIORITY_VALUE", *process::PRIORITIES.end() as u32),
        ("MAX_LOCK_LEVEL", process::LOCK_LEVEL_MAX),
        ("BULKHEAD_EXECUTIVE_RAISED_PRIORITY", executive::RAISED_PRIORITY),
        ("EMPTY_PORT", sampling::Updated::Empty as u32),
        ("CONSUMED_MESSAGE", sampling::Updated::Consumed as u32),
        ("NEW_MESSAGE", sampling::Updated::New as u32),
        ("DEADLINE_MISSED", error::ErrorCode::DeadlineMissed as u32),
        ("APPLICATION_ERROR", error::ErrorCode::Application as u32),
        ("NUMERIC_ERROR", error::ErrorCode::Numeric as u32),
        ("ILLEGAL_REQUEST", error::ErrorCode::IllegalRequest as u32),
        ("STACK_OVERFLOW", error::ErrorCode::StackOverflow as u32),
        ("MEMORY_VIOLATION", error::ErrorCode::MemoryViolation as u32),
        ("HARDWARE_FAULT", error::ErrorCode::HardwareFault as u32),
        ("POWER_FAIL", error::ErrorCode::PowerFail as u32),
        ("MAX_ERROR_MESSAGE_SIZE", error::MESSAGE_MAX as u32),
        ("MAX_NAME_LENGTH", bulkhead_abi::NAME_SIZE as u32),
        ("sizeof(RETURN_CODE_TYPE)", size_of::<ReturnCode>() as u32),
    ] {
        writeln!(text, "_Static_assert({name} == {value}, \"value\");").expect("memory");
    }
    text
}

/// Compiles a file with clang for a target; panics with the compiler's messages if it refuses.
fn compile(language: &str, target: &str, text: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("arinc653-{target}.{language}"));
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
        .arg(folder.join("include"))
        .arg("-I")
        .arg(folder.join("../guest/include"))
        .arg(&path)
        .output()
        .unwrap_or_else(|error| panic!("clang cannot be started ({error}); `make setup` installs it"));
    assert!(output.status.success(), "{target}:\n{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn c_lays_out_what_the_services_store() {
    compile("c", "x86_64-none-elf", &assertions());
}

#[test]
fn compilers_for_partitions_take_the_headers() {
    let text = ["bulkhead.h", "arinc653.h", "bulkhead/waiting.h"]
        .map(|name| format!("#include <{name}>\n"))
        .concat();
    let text = &text;
    compile("c", "i386-none-elf", text);
    compile("c", "sparc-none-elf", text);
    compile("c++", "i386-none-elf", text);
}
