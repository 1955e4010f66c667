//! What `inject` says: a line before the first injection, one as each ends, and one behind the last.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::inject::{Class, Finding, Plan, fails, figures, shift};

use super::document::line;
use super::{Diagnostic, VERSION};

#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct InjectionsBegin<'a> {
    #[schemars(extend("const" = "begin"))]
    event: &'static str,
    #[schemars(extend("const" = VERSION))]
    version: u32,
    #[schemars(extend("const" = "inject"))]
    command: &'static str,
    #[serde(flatten)]
    campaign: CampaignObject<'a>,
    /// How many are to be run.
    injections: usize,
}

/// Which campaign it is.
#[derive(Debug, JsonSchema, Serialize)]
struct CampaignObject<'a> {
    plan: &'a str,
    processor: &'static str,
    seed: u64,
}

impl<'a> CampaignObject<'a> {
    fn of(plan: &'a Plan) -> Self {
        Self { plan: &plan.name, processor: plan.system.processor.name(), seed: plan.seed }
    }
}

/// An injection and what it has led to.
#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct InjectionObject<'a> {
    #[schemars(extend("const" = "injection"))]
    event: &'static str,
    /// Its number, from 1 on.
    injection: usize,
    time: u64,
    /// `registers`, `memory`, `kernel-memory` or `interrupt`.
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    partition: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// The fault, in words.
    text: String,
    class: Class,
    /// Whether the campaign fails by it.
    fails: bool,
    /// What is different from the run without a fault.
    #[serde(skip_serializing_if = "str::is_empty")]
    detail: &'a str,
    /// By how much windows of other partitions have moved.
    shift: u64,
}

#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct InjectionsEnd<'a> {
    #[schemars(extend("const" = "end"))]
    event: &'static str,
    #[schemars(extend("const" = VERSION))]
    version: u32,
    status: u8,
    /// `completed`, `interrupted` or `error`.
    reason: &'static str,
    text: String,
    diagnostics: &'a [Diagnostic],
    #[serde(flatten)]
    results: Option<ResultsObject<'a>>,
}

/// What was found.
#[derive(Debug, JsonSchema, Serialize)]
struct ResultsObject<'a> {
    #[serde(flatten)]
    campaign: CampaignObject<'a>,
    /// How many have been run.
    injections: usize,
    failed: usize,
    /// By how much windows of other partitions have moved at the most, with faults in a partition.
    shift: u64,
    /// How many of each kind have led to what.
    classes: BTreeMap<&'static str, BTreeMap<&'static str, usize>>,
}

/// The line before the first of so many injections.
#[must_use]
pub fn injections_begin(plan: &Plan, injections: usize) -> String {
    let campaign = CampaignObject::of(plan);
    line(&InjectionsBegin { event: "begin", version: VERSION, command: "inject", campaign, injections })
}

/// The line of an injection that has ended.
#[must_use]
pub fn injection(plan: &Plan, finding: &Finding) -> String {
    let Finding { number, injection, outcome } = finding;
    let partition = injection.fault.partition();
    line(&InjectionObject {
        event: "injection",
        injection: *number,
        time: injection.at,
        kind: injection.fault.kind(),
        partition,
        name: partition.map(|it| plan.system.partition_name(it)),
        text: injection.fault.text(&plan.system),
        class: outcome.class,
        fails: fails(plan, finding),
        detail: &outcome.detail,
        shift: outcome.shift,
    })
}

/// The last line of a campaign, which may have been broken off (`reason`: `completed`, `interrupted` or `error`);
/// `text` says how many of which there were, or what was wrong.
#[must_use]
pub fn injections_end(
    plan: &Plan,
    findings: &[Finding],
    status: u8,
    reason: &'static str,
    text: &str,
    diagnostics: &[Diagnostic],
) -> String {
    let classes = figures(findings).into_iter().map(|(kind, row)| {
        let counts = Class::ALL.iter().zip(row).filter(|(_, count)| *count > 0);
        (kind, counts.map(|(class, count)| (class.word(), count)).collect())
    });
    let results = ResultsObject {
        campaign: CampaignObject::of(plan),
        injections: findings.len(),
        failed: findings.iter().filter(|it| fails(plan, it)).count(),
        shift: shift(findings),
        classes: classes.collect(),
    };
    last(status, reason, text.trim_end(), diagnostics, Some(results))
}

/// The last line when a signal has ended the command before the first injection.
#[must_use]
pub fn injections_interrupted(status: u8, diagnostics: &[Diagnostic]) -> String {
    let text = "a signal has ended the command before the first injection";
    last(status, "interrupted", text, diagnostics, None)
}

/// The last line of a campaign that did not come about, or of which not everything could be written.
#[must_use]
pub fn injections_failure(status: u8, text: &str, diagnostics: &[Diagnostic]) -> String {
    last(status, "error", text, diagnostics, None)
}

fn last(
    status: u8,
    reason: &'static str,
    text: &str,
    diagnostics: &[Diagnostic],
    results: Option<ResultsObject<'_>>,
) -> String {
    let text = text.to_owned();
    line(&InjectionsEnd { event: "end", version: VERSION, status, reason, text, diagnostics, results })
}
