//! Partitions that exchange messages: the same on every kernel that has ports.

use std::path::PathBuf;

use bulkhead_tests::examples::{End, Heard, Said, heard_in, heard_on_one_console};
use bulkhead_tests::{repository, run_file};
use bulkhead_tool::run::RunOptions;

use crate::support::build_file;
use crate::transcripts::{AIR, Local, POK, XTRATUM};

bulkhead_tests::tests! {
    our_own_kernel_carries_messages,
    air_carries_messages needs [AIR.packer()],
    pok_carries_messages needs [POK.packer()],
    xtratum_carries_messages needs [XTRATUM.packer()],
}

/// What the partitions of `tests/systems/messages` say. Where the overflow is told is each kernel's own: with the next
/// message that is received, or with the next that was sent.
pub(crate) fn expected() -> Heard {
    let said = |lines: &[&str]| Said {
        lines: lines.iter().map(|&line| line.to_owned()).collect(),
        end: Some(End::Halted(0)),
    };
    let sender = said(&[
        "orders-out: 3 messages of 32 bytes",
        "3 orders wait, 1 lost",
        "there was room again",
        "reply: all done",
    ]);
    let receiver = said(&[
        "no room for it: told",
        "64 bytes that begin with rrr: valid, new",
        "once more: valid, read before",
        "3 orders wait",
        "order 1",
        "order 2",
        "order 3",
        "after all",
        "1 overflow",
        "later: stale, read before",
    ]);
    [("sender", sender), ("receiver", receiver)].map(|(name, said)| (name.to_owned(), said)).into()
}

/// Its system file.
pub(crate) fn file() -> PathBuf {
    repository().join("tests/systems/messages/bulkhead.toml")
}

fn our_own_kernel_carries_messages() {
    let transcript = run_file(&file(), &RunOptions::default());
    assert_eq!(heard_in(&transcript), expected(), "{}", transcript.all());
}

fn carries_messages(local: &Local, seconds: u64) {
    let built = build_file(local.host, &file(), None, "messages");
    let text = local.run_built(&built, seconds);
    assert_eq!(heard_on_one_console(&text), expected(), "{text}");
}

fn air_carries_messages() {
    carries_messages(&AIR, 60);
}

fn pok_carries_messages() {
    carries_messages(&POK, 400);
}

fn xtratum_carries_messages() {
    carries_messages(&XTRATUM, 60);
}
