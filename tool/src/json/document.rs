//! What `check` and `build` say: one object.

use schemars::JsonSchema;
use serde::Serialize;

use crate::build::{Built, Hosted};
use crate::system_file::System;
use crate::target::Host;

use super::system::{BuildObject, SystemObject};
use super::{Diagnostic, VERSION};

/// What a command has found or made.
#[derive(Clone, Copy, Debug)]
pub enum Contents<'a> {
    /// Nothing: it has failed.
    Nothing,
    /// A system without problems.
    Checked(&'a System, Host),
    /// A system that was built for our own kernel.
    Built(&'a Built),
    /// A system that was built for another host.
    Hosted(&'a Hosted),
}

#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct Document<'a> {
    #[schemars(extend("const" = VERSION))]
    version: u32,
    command: &'a str,
    status: u8,
    diagnostics: &'a [Diagnostic],
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<SystemObject<'a>>,
    #[serde(flatten)]
    build: Option<BuildObject<'a>>,
}

/// The object for what a command, which ends with this status, has found or made: a line with its end.
#[must_use]
pub fn document(command: &str, status: u8, diagnostics: &[Diagnostic], contents: Contents<'_>) -> String {
    let (system, build) = match contents {
        Contents::Nothing => (None, None),
        Contents::Checked(system, host) => (Some(SystemObject::of(system, host)), None),
        Contents::Built(built) => {
            (Some(SystemObject::of(&built.system, Host::Bulkhead)), Some(BuildObject::of(built)))
        }
        Contents::Hosted(built) => {
            (Some(SystemObject::of(&built.system, built.host)), Some(BuildObject::of_hosted(built)))
        }
    };
    line(&Document { version: VERSION, command, status, diagnostics, system, build })
}

/// An object as a line.
pub(super) fn line(object: &impl Serialize) -> String {
    // Keys are texts, and numbers are whole: there is nothing that JSON does not have.
    serde_json::to_string(object).unwrap_or_default() + "\n"
}
