//! What a fault has led to.

use schemars::JsonSchema;
use serde::Serialize;

/// What a fault has led to, from nothing to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// It could not be made: the register is not within reach at that instant, or no interrupt came.
    NotInjected,
    /// Nothing differs.
    Masked,
    /// What the partition does or says differs, and nobody has noticed.
    WrongOutput,
    /// Nobody has noticed either, and what the partition has sent, or not taken, changes what partitions do or say with
    /// which the system file connects it; their windows are as they were.
    PassedOn,
    /// The health monitor has dealt with an error of the partition, which goes on.
    Detected,
    /// The partition has ended, or was stopped.
    PartitionStopped,
    /// Another partition's windows differ, or what one does or says with which the partition has nothing to do.
    OtherDisturbed,
    /// The kernel has failed, or ended the system.
    KernelStopped,
    /// The system does nothing any more, and does not end.
    NoEnd,
}

impl Class {
    /// All of them, in their order.
    pub const ALL: [Self; 9] = [
        Self::NotInjected,
        Self::Masked,
        Self::WrongOutput,
        Self::PassedOn,
        Self::Detected,
        Self::PartitionStopped,
        Self::OtherDisturbed,
        Self::KernelStopped,
        Self::NoEnd,
    ];

    /// Those that fail where nothing else is said, if the fault was in a partition: what isolation is to prevent.
    pub const OF_ISOLATION: [Self; 3] = [Self::OtherDisturbed, Self::KernelStopped, Self::NoEnd];

    /// The word for it, in plans and reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotInjected => "not-injected",
            Self::Masked => "masked",
            Self::WrongOutput => "wrong-output",
            Self::Detected => "detected",
            Self::PartitionStopped => "partition-stopped",
            Self::PassedOn => "passed-on",
            Self::OtherDisturbed => "other-disturbed",
            Self::KernelStopped => "kernel-stopped",
            Self::NoEnd => "no-end",
        }
    }
}
