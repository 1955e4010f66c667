//! Errors that nobody handles: each is the health monitor's, and that of a stack ends the partition in any case.

use a653rs::bindings::{ApexErrorP4, ApexTimeP1, ApexTimeP4, ErrorCode, INFINITE_TIME_VALUE};
use a653rs_bulkhead::Hypervisor;
use bulkhead_guest::println;

use crate::{MILLISECOND, process, run};

pub(crate) fn start(what: &str) {
    let mut attributes = match what {
        "deadline" => process("too late", be_late, 1, INFINITE_TIME_VALUE),
        "error" => process("wrong", err, 1, INFINITE_TIME_VALUE),
        _ => process("too deep", leave_the_stack, 1, INFINITE_TIME_VALUE),
    };
    if what == "deadline" {
        attributes.time_capacity = 2 * MILLISECOND;
    }
    run(&attributes).expect("it may be created");
}

extern "C" fn be_late() {
    let end = Hypervisor::get_time() + 3 * MILLISECOND;
    while Hypervisor::get_time() < end {}
    println!("nobody has noticed");
}

extern "C" fn err() {
    let _ = Hypervisor::raise_application_error(ErrorCode::ApplicationError, b"nothing fits");
    println!("nobody has noticed");
}

/// Uses twice its stack.
extern "C" fn leave_the_stack() {
    let room = core::hint::black_box([1_u8; 16 * 1024]);
    let _ = Hypervisor::timed_wait(MILLISECOND);
    println!("nobody has noticed {}", core::hint::black_box(&room)[0]);
}
