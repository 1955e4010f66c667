//! Setting the frame of a system, and the moment when it begins.

use std::time::{Duration, Instant};

use crate::Result;
use crate::clock::Clock;
use crate::hypercall;
use crate::layout::layout;
use crate::xl;
use bulkhead_xen_facts::description::{Description, Slot};

/// From the moment when the guests are told of their first frame to the frame: enough to tell every one of them.
const LEAD: Duration = Duration::from_millis(5);

/// Sets the schedule of a system, and tells its guests, which wait for their first window, when that is. Returns the
/// beginning of the first frame: now.
pub(crate) fn begin(system: &Description, domains: &[u32]) -> Result<Instant> {
    if system.slots.is_empty() {
        return Err("the system's windows leave no time for Xen's first domain".to_owned());
    }
    let slots = layout(system.frame, &system.slots)?;
    let begin = announce(domains)?;
    hypercall::set_schedule(&slots)?;
    hypercall::give_up_processor()?;
    Ok(begin)
}

/// Tells guests when their first frame begins, and waits until then.
pub(crate) fn announce(domains: &[u32]) -> Result<Instant> {
    let clock = Clock::compare()?;
    let begin = Instant::now() + LEAD;
    let origin = clock.at(begin);
    domains.iter().try_for_each(|domain| hypercall::set_origin(*domain, origin))?;
    // A sleep would end at the next tick.
    while Instant::now() < begin {}
    Ok(begin)
}

/// Sets the schedule on a Xen that is there already, where the guests of the system wait.
pub(crate) fn set(system: &Description) -> Result<()> {
    let known = xl::list()?;
    let domain = |name: &str| {
        let found = known.iter().find(|found| found.name == name).map(|found| found.domain);
        found.ok_or_else(|| format!("there is no guest {name}: start.sh creates it"))
    };
    let domains: Vec<u32> =
        system.partitions.iter().map(|partition| domain(&partition.name)).collect::<Result<_>>()?;
    begin(system, &domains).map(drop)
}

/// Gives all time to the first domain: no guest runs any more.
pub(crate) fn stop_guests(system: &Description) -> Result<()> {
    let all = Slot { partition: None, duration: system.frame };
    hypercall::set_schedule(&layout(system.frame, &[all])?)?;
    hypercall::give_up_processor()
}
