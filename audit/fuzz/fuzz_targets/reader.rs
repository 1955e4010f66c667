//! Any bytes as a file: the reader ends in a report or a message, and each form of output takes the report.
#![no_main]

use bulkhead_audit::render::{self, Style};
use bulkhead_audit::{Options, audit};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match audit("fuzz", bytes, &Options::default()) {
        Ok(report) => {
            let _ = render::text(&report, Style { colour: true, verbose: true });
            let _ = render::markdown(&report);
            let _ = render::json(std::slice::from_ref(&report));
            let _ = render::sarif(&[report]);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
