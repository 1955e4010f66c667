//! Rate-monotonic periods.

use bulkhead_guest::println;

use super::clock::TimeSpec;
use super::{blocking, code, directive, out, store_id, with_executive};
use crate::executive::Span;
use crate::executive::object::{Class, Id};

/// `rtems_rate_monotonic_period_status`.
#[repr(C)]
struct Status {
    owner: u32,
    state: u32,
    since_last_period: TimeSpec,
    executed_since_last_period: TimeSpec,
    postponed_jobs_count: u32,
}

/// `rtems_rate_monotonic_period_statistics`.
#[repr(C)]
struct Statistics {
    count: u32,
    missed_count: u32,
    processor_time: [TimeSpec; 3],
    wall_time: [TimeSpec; 3],
}

/// Shortest, longest and total time as C sees them. RTEMS says 2147483647 s and 999999999 ns for the shortest while
/// there is none.
fn times(span: Span) -> [TimeSpec; 3] {
    const NONE: u64 = 2_147_483_647_999_999_999;
    [span.minimum.min(NONE), span.maximum, span.total].map(TimeSpec::from_nanoseconds)
}

#[unsafe(no_mangle)]
extern "C" fn rtems_rate_monotonic_create(name: u32, id: *mut u32) -> u32 {
    store_id(id, |executive| executive.period_create(name))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_rate_monotonic_ident(name: u32, id: *mut u32) -> u32 {
    store_id(id, |executive| executive.identify(Class::Period, name, 0))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_rate_monotonic_cancel(id: u32) -> u32 {
    code(directive(|executive| executive.period_cancel(Id(id))))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_rate_monotonic_delete(id: u32) -> u32 {
    code(directive(|executive| executive.period_delete(Id(id))))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_rate_monotonic_period(id: u32, length: u32) -> u32 {
    code(blocking(|executive| executive.period_end(Id(id), length)).map(drop))
}

/// # Safety
/// `status` is null or writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn rtems_rate_monotonic_get_status(id: u32, status: *mut Status) -> u32 {
    let answer = out(status).and_then(|place| {
        let found = directive(|executive| executive.period_status(Id(id)))?;
        // SAFETY: the caller's promise.
        unsafe {
            place.write(Status {
                owner: found.owner.0,
                state: found.state as u32,
                since_last_period: TimeSpec::from_nanoseconds(found.since),
                executed_since_last_period: TimeSpec::from_nanoseconds(found.executed),
                postponed_jobs_count: found.postponed,
            });
        }
        Ok(())
    });
    code(answer)
}

/// # Safety
/// `statistics` is null or writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn rtems_rate_monotonic_get_statistics(id: u32, statistics: *mut Statistics) -> u32 {
    let answer = out(statistics).and_then(|place| {
        let found = directive(|executive| executive.period_statistics(Id(id)))?;
        // SAFETY: the caller's promise.
        unsafe {
            place.write(Statistics {
                count: found.count,
                missed_count: found.missed,
                processor_time: times(found.processor_time),
                wall_time: times(found.wall_time),
            });
        }
        Ok(())
    });
    code(answer)
}

#[unsafe(no_mangle)]
extern "C" fn rtems_rate_monotonic_reset_statistics(id: u32) -> u32 {
    code(directive(|executive| executive.period_reset_statistics(Id(id))))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_rate_monotonic_reset_all_statistics() {
    let mut position = 0;
    while let Some((found, id, _)) = with_executive(|executive| executive.period_from(position)) {
        rtems_rate_monotonic_reset_statistics(id.0);
        position = found + 1;
    }
}

#[unsafe(no_mangle)]
extern "C" fn rtems_rate_monotonic_report_statistics() {
    println!("period      name   jobs  missed  processor time min/max/avg us   wall time min/max/avg us");
    let mut position = 0;
    while let Some((found, id, name)) = with_executive(|executive| executive.period_from(position)) {
        position = found + 1;
        let Ok(statistics) = with_executive(|executive| executive.period_statistics(id)) else {
            continue;
        };
        let name = name.to_be_bytes().map(|byte| if byte.is_ascii_graphic() { byte as char } else { ' ' });
        let [a, b, c, d] = name;
        let microseconds = |span: Span| match u64::from(statistics.count) {
            0 => [0; 3],
            count => [span.minimum, span.maximum, span.total / count].map(|time| time / 1000),
        };
        let [processor_minimum, processor_maximum, processor_average] =
            microseconds(statistics.processor_time);
        let [wall_minimum, wall_maximum, wall_average] = microseconds(statistics.wall_time);
        println!(
            "0x{:08x}  {a}{b}{c}{d} {:6} {:7}  {:>30} {:>26}",
            id.0,
            statistics.count,
            statistics.missed,
            format_args!("{processor_minimum}/{processor_maximum}/{processor_average}"),
            format_args!("{wall_minimum}/{wall_maximum}/{wall_average}"),
        );
    }
}
