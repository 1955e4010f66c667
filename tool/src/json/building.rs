//! What a partition's program is made of, as objects.

use schemars::JsonSchema;
use serde::Serialize;

use crate::system_file::Program;
use crate::system_file::building::{Building, LibraryKind};

/// What sources are built with, besides what the tool gives.
#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct BuildingObject<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    include: Vec<String>,
    #[serde(skip_serializing_if = "slice_is_empty")]
    define: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    optimization: Option<&'a str>,
    #[serde(skip_serializing_if = "slice_is_empty")]
    c_flags: &'a [String],
    #[serde(skip_serializing_if = "slice_is_empty")]
    cxx_flags: &'a [String],
    #[serde(skip_serializing_if = "slice_is_empty")]
    link_flags: &'a [String],
    /// Files, and names of libraries that the executive has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    libraries: Vec<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn slice_is_empty(texts: &&[String]) -> bool {
    texts.is_empty()
}

impl<'a> BuildingObject<'a> {
    /// What the system file says; nothing if it says nothing.
    pub(super) fn of(building: &'a Building) -> Option<Self> {
        let is_silent = building.is_same(&Building::default());
        (!is_silent).then(|| Self {
            include: building.include.iter().map(|folder| folder.display().to_string()).collect(),
            define: &building.define,
            optimization: building.optimization.as_deref(),
            c_flags: &building.c_flags,
            cxx_flags: &building.cxx_flags,
            link_flags: &building.link_flags,
            libraries: building
                .libraries
                .iter()
                .map(|library| match &library.kind {
                    LibraryKind::File(path) => path.display().to_string(),
                    LibraryKind::Named(name) => name.clone(),
                })
                .collect(),
        })
    }
}

/// The sources of a program, as the system file has them; none of one that is linked already.
pub(super) fn sources(program: &Program) -> Vec<String> {
    match program {
        Program::Sources(sources) => sources.iter().map(|path| path.display().to_string()).collect(),
        Program::Image { .. } => Vec::new(),
    }
}
