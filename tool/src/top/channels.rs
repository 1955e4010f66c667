//! The channels that a partition has a port of.

use bulkhead_timeline::live::{ChannelNow, Now};
use ratatui::style::Style;

use crate::diagnostics::visible::spelled;
use crate::system_file::System;
use crate::system_file::channel::{Channel, Transfer};

use super::table::{Cell, Table};

/// How often in a second, of so many times in so many nanoseconds.
fn rate(count: u64, interval: u64) -> String {
    if interval == 0 {
        return "-".to_owned();
    }
    let rate = count as f64 * 1e9 / interval as f64;
    if rate < 10.0 && rate > 0.0 { format!("{rate:.1}") } else { format!("{rate:.0}") }
}

/// How many messages wait, of how many that could.
fn waiting(channel: &Channel, known: &ChannelNow) -> String {
    match (channel.transfer, known.waiting) {
        (Transfer::Sampling { .. }, _) => "-".to_owned(),
        (Transfer::Queuing { depth }, Some(count)) => format!("{count} of {depth}"),
        (Transfer::Queuing { depth }, None) => format!("? of {depth}"),
    }
}

/// The table of the channels that a partition has a port of, if it has one.
pub(super) fn channels(system: &System, now: &Now, partition: usize) -> Option<Table> {
    let has_port = |channel: &Channel| {
        let ends = std::iter::once(&channel.source).chain(&channel.destinations);
        ends.into_iter().any(|end| end.partition == partition)
    };
    let of_it: Vec<_> =
        system.channels.iter().zip(&now.channels).filter(|(channel, _)| has_port(channel)).collect();
    if of_it.is_empty() {
        return None;
    }
    let name = |number: usize| system.partitions.get(number).map_or("?", |partition| &partition.name);
    let mut table = Table::new(["  channel", "from", "to", "put/s:", "got/s:", "put:", "got:", "waiting:"]);
    for (channel, known) in of_it {
        let to = match &channel.destinations[..] {
            [only] => spelled(name(only.partition)),
            several => format!("{} partitions", several.len()),
        };
        let to = if channel.source.partition == partition { to } else { spelled(name(partition)) };
        table.row(
            [
                Cell::new(format!("  {}", spelled(&channel.name))),
                Cell::new(spelled(name(channel.source.partition))),
                Cell::new(to),
                Cell::new(rate(known.put.last, now.interval)),
                Cell::new(rate(known.got.last, now.interval)),
                Cell::new(known.put.total.to_string()),
                Cell::new(known.got.total.to_string()),
                Cell::new(waiting(channel, known)),
            ],
            Style::new(),
        );
    }
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::rate;

    #[test]
    fn rates_are_of_a_second() {
        assert_eq!(rate(25, 500_000_000), "50");
        assert_eq!(rate(1, 2_000_000_000), "0.5");
        assert_eq!([rate(0, 1), rate(7, 0)], ["0", "-"]);
    }
}
