//! The rules for channels.

use std::collections::BTreeMap;
use std::ops::Range;

use bulkhead_abi::port::MESSAGE_SIZE_MAX;
use bulkhead_abi::system_table::{CHANNELS_MAX, DESTINATIONS_MAX, MESSAGES_MAX};
use bulkhead_abi::{PortDirection, PortKind};

use super::name;
use super::partition::choice;
use super::port::Ports;
use crate::diagnostics::Problem;
use crate::system_file::channel::{Channel, Port, Transfer};
use crate::system_file::keys::KINDS;
use crate::system_file::limits::REFRESH_MAX;
use crate::system_file::parse::{RawChannel, RawPort};
use crate::system_file::value::Located;
use crate::units::{duration_text, size_text};

/// Checks all channels; those that are right.
pub(super) fn channels(raw: Vec<RawChannel>, names: &[&str], problems: &mut Vec<Problem>) -> Vec<Channel> {
    if let Some(extra) = raw.get(CHANNELS_MAX) {
        problems.push(
            Problem::new(extra.place.clone(), format!("{} channels are too many", raw.len()))
                .help(format!("a system can have {CHANNELS_MAX}")),
        );
        return Vec::new();
    }
    unique_names(raw.iter().filter_map(|channel| channel.name.as_ref()), "channel", problems);
    let mut ports = Ports::new(names);
    let mut channels = Vec::new();
    let mut messages = 0;
    for (number, channel) in raw.into_iter().enumerate() {
        let Some(channel) = checked(channel, number, names, &mut ports, problems) else { continue };
        let before = messages;
        messages += channel.transfer.buffers(channel.destinations.len());
        if messages > MESSAGES_MAX as u32 && before <= MESSAGES_MAX as u32 {
            problems.push(
                Problem::new(
                    channel.place.clone(),
                    format!("up to this channel the buffers hold {messages} messages"),
                )
                .help(format!(
                    "together they can hold {MESSAGES_MAX}: a queuing channel's as many as its depth, a sampling \
                     channel's two more than it has destinations"
                )),
            );
        }
        channels.push(channel);
    }
    channels
}

/// Complains about names that cannot be one, or that two have.
pub(super) fn unique_names<'a>(
    names: impl Iterator<Item = &'a Located<String>>,
    noun: &str,
    problems: &mut Vec<Problem>,
) {
    let mut seen: BTreeMap<&str, &Range<usize>> = BTreeMap::new();
    for name in names {
        problems.extend(name::name_problem(name, noun));
        if let Some(place) = seen.get(&*name.value) {
            problems.push(
                Problem::new(name.place.clone(), format!("two {noun}s have the name `{}`", name.value))
                    .related((*place).clone(), "the first is here")
                    .help(format!("give each {noun} a name of its own")),
            );
        } else {
            seen.insert(&name.value, &name.place);
        }
    }
}

fn checked(
    raw: RawChannel,
    number: usize,
    names: &[&str],
    ports: &mut Ports<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Channel> {
    let kind = choice(raw.kind.as_ref(), "kind", &KINDS, problems)
        .map(|number| [PortKind::Sampling, PortKind::Queuing][number]);
    let message_size = raw.message_size.as_ref().and_then(|size| message_size(size, problems));
    let transfer = kind.and_then(|kind| transfer(&raw, kind, problems));
    let source = raw.source.and_then(|port| ports.end(port, PortDirection::Source, number, problems));
    let listed = raw.destinations?;
    let from = source.as_ref().map(|source| source.value.partition);
    let destinations = destinations(listed, number, kind, from, names, ports, problems)?;
    Some(Channel {
        name: raw.name?.value,
        transfer: transfer?,
        message_size: message_size?,
        source: source?.value,
        destinations,
        place: raw.place,
        kind_place: raw.kind?.place,
        message_size_place: raw.message_size?.place,
    })
}

fn message_size(size: &Located<u64>, problems: &mut Vec<Problem>) -> Option<u32> {
    let narrow = u32::try_from(size.value).ok().filter(|size| (1..=MESSAGE_SIZE_MAX).contains(size));
    if narrow.is_none() {
        let message = format!("a message cannot have {}", size_text(size.value));
        let most = size_text(MESSAGE_SIZE_MAX.into());
        problems
            .push(Problem::new(size.place.clone(), message).help(format!("write a size from 1 B to {most}")));
    }
    narrow
}

/// What the channel does with messages: each kind has one key of its own, and not the other's.
fn transfer(raw: &RawChannel, kind: PortKind, problems: &mut Vec<Problem>) -> Option<Transfer> {
    let place = raw.kind.as_ref().map_or(raw.place.clone(), |kind| kind.place.clone());
    match kind {
        PortKind::Sampling => {
            if let Some(given) = &raw.depth_given {
                problems.push(
                    Problem::new(given.clone(), "a sampling channel has no `depth`")
                        .related(place.clone(), "the kind is here")
                        .help("leave it out: the channel keeps the last message; with kind = \"queuing\" they wait"),
                );
            }
            if raw.refresh_given.is_none() {
                problems.push(
                    Problem::new(place, "this sampling channel has no `refresh`")
                        .help("add refresh = \"50 ms\": how old a message may be that counts as valid"),
                );
            }
            Some(Transfer::Sampling { refresh: refresh(raw.refresh.as_ref()?, problems)? })
        }
        PortKind::Queuing => {
            if let Some(given) = &raw.refresh_given {
                problems.push(
                    Problem::new(given.clone(), "a queuing channel has no `refresh`")
                        .related(place.clone(), "the kind is here")
                        .help("leave it out: a message in a queue does not grow old"),
                );
            }
            if raw.depth_given.is_none() {
                problems.push(
                    Problem::new(place, "this queuing channel has no `depth`")
                        .help("add depth = 8: how many messages can wait"),
                );
            }
            Some(Transfer::Queuing { depth: depth(raw.depth.as_ref()?, problems)? })
        }
    }
}

fn refresh(period: &Located<u64>, problems: &mut Vec<Problem>) -> Option<u64> {
    if (1..=REFRESH_MAX).contains(&period.value) {
        return Some(period.value);
    }
    let message = match period.value {
        0 => "no message would ever be valid: the refresh period is 0".to_owned(),
        long => format!("the refresh period is too long: {}", duration_text(long)),
    };
    let help = format!("write a duration from 1 ns to {}", duration_text(REFRESH_MAX));
    problems.push(Problem::new(period.place.clone(), message).help(help));
    None
}

fn depth(depth: &Located<i64>, problems: &mut Vec<Problem>) -> Option<u32> {
    let narrow = u32::try_from(depth.value).ok().filter(|depth| (1..=MESSAGES_MAX as u32).contains(depth));
    if narrow.is_none() {
        let message = format!("a queue cannot have a depth of {}", depth.value);
        let help = format!("write how many messages can wait, 1 to {MESSAGES_MAX}");
        problems.push(Problem::new(depth.place.clone(), message).help(help));
    }
    narrow
}

fn destinations(
    listed: Located<Vec<RawPort>>,
    channel: usize,
    kind: Option<PortKind>,
    source: Option<usize>,
    names: &[&str],
    ports: &mut Ports<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Vec<Port>> {
    let count = listed.value.len();
    let most = if kind == Some(PortKind::Queuing) { 1 } else { DESTINATIONS_MAX };
    let wrong = match count {
        0 => Some(("destinations is empty".to_owned(), "name the port that messages come to".to_owned())),
        _ if count <= most => None,
        _ if most == 1 => Some((
            format!("a queuing channel has one destination, not {count}"),
            "each message is received once: give each destination a channel with a source port of its own"
                .to_owned(),
        )),
        _ => Some((
            format!("{count} destinations are too many"),
            format!("a sampling channel can have {most}"),
        )),
    };
    if let Some((message, help)) = wrong {
        problems.push(Problem::new(listed.place, message).help(help));
        return None;
    }
    let mut found = Vec::new();
    for raw in listed.value {
        let Some(port) = ports.end(raw, PortDirection::Destination, channel, problems) else { continue };
        if source == Some(port.value.partition) {
            let name = names.get(port.value.partition).copied().unwrap_or_default();
            problems.push(
                Problem::new(port.place, format!("this channel does not leave the partition `{name}`")).help(
                    "a channel leads to other partitions: within one, tasks talk through its executive",
                ),
            );
        }
        found.push(port.value);
    }
    (found.len() == count).then_some(found)
}
