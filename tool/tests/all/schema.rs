//! The JSON schema of the system file: what the committed one says, and that it knows right from wrong.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use bulkhead_tool::system_file::schema;
use jsonschema::Validator;
use serde_json::Value;

use crate::bad_system_files::{FOLDER, cases};

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/system-file.schema.json");

fn validator() -> Validator {
    let schema: Value = serde_json::from_str(&schema()).expect("JSON");
    jsonschema::draft7::new(&schema).expect("a schema")
}

/// `UPDATE_EXPECTED=1` writes it anew.
#[test]
fn the_committed_schema_is_that_of_the_keys() {
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(COMMITTED, schema()).expect("the schema");
    }
    assert!(fs::read_to_string(COMMITTED).is_ok_and(|text| text == schema()), "docs/system-file.schema.json");
}

/// What is wrong with a system file by the schema; `None` if it is not TOML.
fn problems(validator: &Validator, file: &Path) -> Option<Vec<String>> {
    let value: Value = toml::from_str(&fs::read_to_string(file).ok()?).ok()?;
    Some(
        validator
            .iter_errors(&value)
            .map(|problem| format!("{}: {problem}", problem.instance_path()))
            .collect(),
    )
}

/// Every system file below a folder, but for what was built.
fn system_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() && !["build", "target"].iter().any(|name| path.ends_with(name)) {
            system_files(&path, found);
        } else if path.ends_with("bulkhead.toml") {
            found.push(path);
        }
    }
}

#[test]
fn every_system_of_the_repository_is_right() {
    let validator = validator();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for folder in ["examples", "tests/partitions", "tests/systems"] {
        system_files(&root.join(folder), &mut found);
    }
    assert!(found.len() > 10, "{found:?}");
    for file in found {
        assert_eq!(problems(&validator, &file), Some(Vec::new()), "{}", file.display());
    }
    let reference = fs::read_to_string(root.join("docs/system-file.md")).expect("the reference");
    let example =
        reference.split("```").nth(1).and_then(|text| text.strip_prefix("toml\n")).expect("an example");
    let value: Value = toml::from_str(example).expect("TOML");
    assert!(validator.is_valid(&value));
}

/// Rules that take more than the form of a value: sums, places, other files, what stands in images.
const NOT_OF_FORM: &[&str] = &[
    "allow-silent-twice",
    "allow-silent-unused",
    "background-twice",
    "budget-above-period",
    "budget-not-given",
    "budget-short",
    "build-define-twice",
    "build-flag-alone",
    "build-flag-include",
    "build-flag-lto",
    "build-flag-m64",
    "build-flag-output",
    "build-flag-pic",
    "build-flag-processor",
    "build-flag-several",
    "build-flag-source",
    "build-flag-standard-c",
    "build-flag-standard-cxx",
    "build-include-file",
    "build-include-missing",
    "build-library-kind",
    "build-library-missing",
    "build-library-none",
    "build-library-processor",
    "build-link-other",
    "build-link-script",
    "build-link-script-within",
    "build-link-start",
    "build-of-image",
    "channel-buffers",
    "channel-memory",
    "channel-message-size-large",
    "channel-message-size-zero",
    "channel-name-twice",
    "channel-refresh-long",
    "channel-refresh-zero",
    "channel-within-partition",
    "console-input",
    "device-dma-engine",
    "device-dma-timers",
    "device-interrupt-low-leon3",
    "device-interrupt-number-leon3",
    "device-interrupt-own",
    "device-interrupt-twice",
    "device-line-doorbell",
    "device-line-twice",
    "device-memory-at",
    "device-memory-at-device",
    "device-memory-at-page",
    "device-memory-at-region",
    "device-memory-end",
    "device-memory-no-addresses",
    "device-memory-none",
    "device-memory-nowhere",
    "device-memory-own",
    "device-memory-own-leon3",
    "device-memory-page",
    "device-memory-ram",
    "device-memory-size",
    "device-memory-twice",
    "device-name-twice",
    "device-no-line",
    "device-ports-beside",
    "device-ports-end",
    "device-ports-leon3",
    "device-ports-odd",
    "device-ports-own",
    "device-ports-twice",
    "device-registers-beside",
    "device-registers-beside-last",
    "device-registers-none",
    "device-registers-nowhere",
    "device-registers-odd",
    "device-registers-own",
    "device-registers-page",
    "device-registers-twice",
    "device-rule-beside",
    "device-rule-bits",
    "device-rule-nothing",
    "device-rule-outside",
    "device-rule-size",
    "device-rule-twice",
    "device-unknown-owner",
    "dma-both",
    "dma-iommu-alone",
    "duplicate-name",
    "duration-fraction",
    "duration-overflow",
    "emulate-place",
    "health-call-flood",
    "health-deliver",
    "health-deliver-raised",
    "health-log-alone",
    "health-restart-period",
    "health-restart-period-of-module",
    "health-restart-period-zero",
    "health-schedule",
    "health-watchdog",
    "health-window-late",
    "image-above-memory",
    "image-below-memory",
    "image-damaged",
    "image-dynamic",
    "image-entry",
    "image-folder",
    "image-missing",
    "image-no-segments",
    "image-not-elf",
    "image-not-linked",
    "image-order",
    "image-overlap",
    "image-sections",
    "image-shared-page",
    "image-too-large",
    "image-too-large-twice",
    "image-truncated",
    "image-writable-code",
    "image-wrong-processor",
    "instruction-time",
    "leon3-clock-range",
    "machine-memory-large",
    "machine-memory-leon3",
    "machine-memory-small",
    "machine-memory-unit",
    "major-frame-long",
    "major-frame-short",
    "major-frame-zero",
    "max-lateness-long",
    "memory-large",
    "memory-pages",
    "memory-sum",
    "memory-zero",
    "partition-without-window",
    "pci-leon3",
    "pci-line-twice",
    "pci-memory",
    "pci-memory-too-much",
    "pci-twice",
    "period-long",
    "period-not-in-frame",
    "port-connected-twice",
    "port-source-and-destination",
    "port-twice-in-a-channel",
    "port-two-writers",
    "port-unknown-partition",
    "region-address-below-memory",
    "region-address-end-overflow",
    "region-address-high",
    "region-address-high-leon3",
    "region-address-interface-pages",
    "region-address-interface-pages-leon3",
    "region-address-over-memory",
    "region-address-over-region",
    "region-address-overflow",
    "region-address-page",
    "region-line-twice",
    "region-memory",
    "region-name-twice",
    "region-no-addresses",
    "region-partition-twice",
    "region-size-large",
    "region-size-pages",
    "region-size-zero",
    "region-unknown-partition",
    "schedule-asked-by-ignore",
    "schedule-asked-by-stop-module",
    "schedule-at-change-partition",
    "schedule-initial-twice",
    "schedule-major-frame-zero",
    "schedule-name-twice",
    "schedule-partition-not-idle",
    "schedule-unknown",
    "schedule-window-overlap",
    "schedule-window-overrun",
    "silent-instruction",
    "silent-without-symbols",
    "sources-missing",
    "sources-of-no-processor",
    "sources-of-other-missing",
    "too-many-functions",
    "too-many-interrupts",
    "too-many-mappings",
    "too-many-ports",
    "too-many-ports-of-a-partition",
    "too-many-resources",
    "too-many-rules",
    "too-many-windows-of-schedules",
    "watchdog-zero",
    "window-behind-frame",
    "window-overlap",
    "window-overlap-nested",
    "window-overrun",
    "window-short",
    "window-short-instruction-time",
    "window-short-leon3",
    "window-short-leon3-clock",
    "window-unknown-partition",
    "window-zero",
];

#[test]
fn what_is_wrong_by_its_form_is_wrong_for_an_editor() {
    let validator = validator();
    let right: BTreeSet<String> = cases()
        .into_iter()
        .filter(|name| {
            problems(&validator, Path::new(&format!("{FOLDER}/{name}.toml"))).is_some_and(|it| it.is_empty())
        })
        .collect();
    let expected: BTreeSet<String> = NOT_OF_FORM.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(right, expected);
}
