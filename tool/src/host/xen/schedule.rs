//! The schedule on Xen: slots of the frame under arinc653, shares of the processor under credit2, and the description
//! of both for the program in Xen's first domain (hosts/xen/agent).

use std::fmt::Write as _;

use bulkhead_xen_facts::description::{self, Description, Slot};

use crate::error::{Error, Message, Result};
use crate::system_file::System;
use crate::units::duration_text;

/// The most parts that Xen's scheduler takes a frame in (`ARINC653_MAX_DOMAINS_PER_SCHEDULE`, public/sysctl.h).
const SLOTS_MAX: usize = 64;

/// The least that the first domain can carry consoles with: a hundredth of the frame.
const DOMAIN_ZERO_PART: u64 = 100;

/// The shortest slot that is of use to the first domain, in nanoseconds: shorter ones are lost to switching.
const DOMAIN_ZERO_SLOT_MIN: u64 = 200_000;

/// The frame from its start to its end: the windows, and between them the first domain.
fn slots(system: &System) -> Vec<Slot> {
    let parts = system.schedule().parts().into_iter();
    parts.map(|(partition, part)| Slot { partition, duration: part.end - part.start }).collect()
}

/// The slots, if Xen's scheduler can keep them and the first domain can live with what is left.
///
/// # Errors
/// If not, with what is in the way.
pub(super) fn keepable(system: &System) -> Result<Vec<Slot>> {
    let slots = slots(system);
    let usable =
        slots.iter().filter(|slot| slot.partition.is_none() && slot.duration >= DOMAIN_ZERO_SLOT_MIN);
    let left: u64 = usable.map(|slot| slot.duration).sum();
    let least = (system.schedule().major_frame / DOMAIN_ZERO_PART).max(DOMAIN_ZERO_SLOT_MIN);
    if left < least {
        return Err(Error::Usage(
            Message::new(
                "the windows leave no time for Xen's first domain, which carries the consoles".to_owned(),
            )
            .help(format!(
                "leave at least {} of the major frame of {} to no window, in parts of at least {}",
                duration_text(least),
                duration_text(system.schedule().major_frame),
                duration_text(DOMAIN_ZERO_SLOT_MIN)
            )),
        ));
    }
    if slots.len() > SLOTS_MAX {
        return Err(Error::Usage(
            Message::new(format!(
                "the major frame falls into {} parts, and Xen's scheduler takes {SLOTS_MAX}",
                slots.len()
            ))
            .help("take fewer windows, or leave no time between them"),
        ));
    }
    Ok(slots)
}

/// What a partition may have of the processor under credit2, in per cent: 1 to 100.
pub(super) fn share(system: &System, partition: usize) -> u64 {
    let time = u128::from(system.schedule().time_of(partition)) * 100;
    let share = time.div_ceil(u128::from(system.schedule().major_frame.max(1)));
    u64::try_from(share).unwrap_or(100).clamp(1, 100)
}

/// The description for the program in the first domain. Without slots where Xen could not keep the windows.
pub(super) fn description(system: &System, limit: Option<u64>) -> String {
    let partitions = system.partitions.iter().enumerate().map(|(number, partition)| description::Partition {
        name: partition.name.clone(),
        share: share(system, number) as u32,
    });
    let told = Description {
        frame: system.schedule().major_frame,
        limit,
        input: system.console_input,
        partitions: partitions.collect(),
        slots: keepable(system).unwrap_or_default(),
    };
    told.to_string()
}

/// What sees to it that guests which exchange messages or share memory can reckon each other's numbers from their own.
const NUMBERS: &str = "\
number=
for guest in $guests; do
    found=$(xl domid \"$guest\")
    if [ \"${number:-$found}\" != \"$found\" ]; then
        echo 'error: the numbers of the guests do not follow one another: another guest was created meanwhile' >&2
        exit 1
    fi
    number=$((found + 1))
done
";

/// The script that starts the system on a Xen that is there already.
pub(super) fn script(system: &System) -> String {
    let names: Vec<&str> = system.partitions.iter().map(|partition| partition.name.as_str()).collect();
    let mut text = format!(
        "#!/bin/sh\n\
         # Creates the guests of the system {}, sets the schedule and starts them. Run it as root in Xen's first \
         domain.\n\
         set -e\n\
         cd \"$(dirname \"$0\")\"\n\
         guests='{}'\n\
         for guest in $guests; do xl create -p \"$guest.cfg\"; done\n\
         {NUMBERS}if xl info | grep -q '^xen_scheduler *: arinc653$'; then\n\
         \x20   for guest in $guests; do xl unpause \"$guest\"; done\n\
         \x20   ./xen-agent schedule system\n\
         else\n\
         \x20   echo 'warning: this Xen does not run its scheduler arinc653: windows are not guaranteed' >&2\n",
        system.name,
        names.join(" "),
        NUMBERS = if system.channels.is_empty() && system.regions.is_empty() { "" } else { NUMBERS }
    );
    for (number, name) in names.iter().enumerate() {
        let share = share(system, number);
        // All of the processor is no limit, which xl writes as 0.
        let cap = if share == 100 { 0 } else { share };
        let _ = writeln!(text, "    xl sched-credit2 -d {name} -c {cap}");
    }
    text += "    for guest in $guests; do xl unpause \"$guest\"; done\nfi\n";
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn system(frame: &str, windows: &[(&str, &str)]) -> System {
        let mut text = format!(
            "[system]\nmajor-frame = \"{frame}\"\n[[partition]]\nname = \"a\"\nmemory = \"1 MiB\"\n\
             sources = [\"templates/hello.c\"]\n"
        );
        for (start, duration) in windows {
            text +=
                &format!("[[window]]\npartition = \"a\"\nstart = \"{start}\"\nduration = \"{duration}\"\n");
        }
        crate::system_file::from_text(&text, "x", Path::new(env!("CARGO_MANIFEST_DIR"))).expect("a system")
    }

    #[test]
    fn the_first_domain_has_what_no_window_has() {
        let system = system("100 ms", &[("10 ms", "20 ms"), ("30 ms", "50 ms")]);
        let expected = [(None, 10), (Some(0), 20), (Some(0), 50), (None, 20)];
        let found: Vec<_> =
            slots(&system).iter().map(|slot| (slot.partition, slot.duration / 1_000_000)).collect();
        assert_eq!(found, expected);
        assert!(keepable(&system).is_ok());
        assert_eq!(share(&system, 0), 70);
        assert!(
            description(&system, Some(5))
                .starts_with("frame 100000000\nlimit 5\npartition a 70\nslot 10000000 Domain-0\n")
        );
    }

    #[test]
    fn a_frame_without_room_is_refused() {
        let full = system("10 ms", &[("0 ms", "10 ms")]);
        let error = keepable(&full).expect_err("no room").to_string();
        assert!(error.contains("no time for Xen's first domain") && error.contains("200 us"), "{error}");
        assert_eq!(description(&full, None), "frame 10000000\npartition a 100\n");
        let crumbs = system("10 ms", &[("0 ms", "5 ms"), ("5100 us", "4800 us")]);
        assert!(keepable(&crumbs).is_err());
    }

    #[test]
    fn a_frame_in_too_many_parts_is_refused() {
        let starts: Vec<String> = (0..40).map(|number| format!("{} ms", 2 * number)).collect();
        let windows: Vec<(&str, &str)> = starts.iter().map(|start| (start.as_str(), "1 ms")).collect();
        let error = keepable(&system("80 ms", &windows)).expect_err("too many").to_string();
        assert!(error.contains("falls into 80 parts"), "{error}");
    }
}
