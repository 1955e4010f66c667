//! The JSON schemas of what commands say to programs: what the committed ones say, and that they know right from wrong.

use std::fs;
use std::path::Path;
use std::process::Command;

use bulkhead_tool::json::schema;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::running::{PLAY, Stage, text};

/// Whether `said`, a line each, is as `test-rtems` says things.
pub(crate) fn is_as_test_rtems_says(said: &str) {
    right(&schema::test_rtems(), said);
}

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");

/// `UPDATE_EXPECTED=1` writes them anew.
#[test]
fn the_committed_schemas_are_those_of_the_outputs() {
    for (name, schema) in [
        ("check", schema::check()),
        ("run", schema::run()),
        ("test-rtems", schema::test_rtems()),
        ("inject", schema::inject()),
    ] {
        let committed = format!("{DOCS}/{name}.schema.json");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&committed, &schema).expect("the schema");
        }
        assert!(fs::read_to_string(&committed).is_ok_and(|text| text == schema), "{committed}");
        let printed = Command::new(env!("CARGO_BIN_EXE_bulkhead")).args(["schema", name]).output();
        assert_eq!(text(&printed.expect("bulkhead runs").stdout), schema);
    }
}

/// The schema as it is, which lets be what later releases add.
fn open(schema: &str) -> Validator {
    jsonschema::draft202012::new(&serde_json::from_str(schema).expect("JSON")).expect("a schema")
}

/// The schema without what it leaves to later releases: each key and each event of an output stands in it.
fn closed(schema: &str) -> Validator {
    let mut schema: Value = serde_json::from_str(schema).expect("JSON");
    if let Some(events) = schema.get_mut("oneOf").and_then(Value::as_array_mut) {
        let later = events.pop().expect("an event");
        assert_eq!(later["title"], "An event of a later release");
        events.iter_mut().for_each(close);
    } else {
        close(&mut schema);
    }
    for definition in schema["$defs"].as_object_mut().expect("definitions").values_mut() {
        close(definition);
    }
    jsonschema::draft202012::new(&schema).expect("a schema")
}

fn close(schema: &mut Value) {
    if schema.get("type").is_some_and(|kind| kind == "object") {
        schema["unevaluatedProperties"] = Value::Bool(false);
    }
}

fn problems(validator: &Validator, object: &Value) -> Vec<String> {
    validator.iter_errors(object).map(|problem| format!("{}: {problem}", problem.instance_path())).collect()
}

fn objects(said: &str) -> Vec<Value> {
    said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn right(schema: &str, said: &str) {
    let (open, closed) = (open(schema), closed(schema));
    assert!(!said.is_empty());
    for object in objects(said) {
        assert_eq!((problems(&open, &object), problems(&closed, &object)), (vec![], vec![]), "{object}");
    }
}

fn expected(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all").join(name)).expect("an output")
}

/// What `check` says of every example, for both processors, right or wrong.
#[test]
fn what_is_said_of_every_example_is_as_its_schema_says() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut right_ones = 0;
    for example in fs::read_dir(examples).expect("the examples") {
        let example = example.expect("an entry").path();
        if !example.join("bulkhead.toml").is_file() {
            continue;
        }
        for processor in ["x86_64", "leon3"] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
            command.args(["check", "--json", "--arch", processor]).arg(&example);
            let output = command.output().expect("bulkhead runs");
            right(&schema::check(), &text(&output.stdout));
            right_ones += usize::from(output.status.success());
        }
    }
    assert!(right_ones >= 8, "{right_ones}");
}

#[test]
fn what_commands_say_is_as_its_schema_says() {
    for name in
        ["check-json.expected", "build-json.expected", "channels-json.expected", "devices-json.expected"]
    {
        right(&schema::check(), &expected(name));
    }
    let stage = Stage::new("schema-run", PLAY);
    for arguments in [&["--json"][..], &["--json", "--timestamps"], &["--json", "--fast"]] {
        right(&schema::run(), &text(&stage.run(arguments).stdout));
    }
    right(&schema::run(), &expected("run-json.expected"));
    fs::write(stage.folder.join("bulkhead.toml"), "[system\n").expect("a system file");
    right(&schema::run(), &text(&stage.run(&["--json"]).stdout));
}

/// Each output with one thing wrong is wrong, with nothing but a key or an event that a release could add only where
/// nothing is left to that.
#[test]
fn an_output_with_a_wrong_field_is_not_as_its_schema_says() {
    let built = objects(&expected("build-json.expected")).remove(0);
    let run = objects(&expected("run-json.expected"));
    let of_event =
        |event: &str| run.iter().find(|object| object["event"] == event).expect("an event").clone();
    let (check_schema, run_schema) = (schema::check(), schema::run());
    let check = [
        ("/version", json!(2)),
        ("/status", json!("0")),
        ("/diagnostics", json!({})),
        ("/system/memory", json!("128 MiB")),
        ("/system/windows/0/partition", json!("first")),
        ("/system/partitions/0/health/responses/watchdog/deliver", json!("yes")),
        ("/system/schedules/0/gaps/0/start", json!(-1)),
        ("/outputs/0/size", json!(1.5)),
        ("/memory_map/0/what", json!(0)),
    ];
    let mut wrong: Vec<(&str, Value, &str, Value)> =
        check.into_iter().map(|(place, value)| (&*check_schema, built.clone(), place, value)).collect();
    let events = [
        ("begin", "/command", json!("check")),
        ("line", "/text", json!(1)),
        ("line", "/from", Value::Null),
        ("stopped", "/address", json!("0x90000000")),
        ("stopped", "/event", json!("halted")),
        ("window", "/count", json!(false)),
        ("end", "/partitions/0/lost", json!("0")),
        ("end", "/reason", json!(0)),
        ("end", "/decisions/0/first", json!([])),
    ];
    wrong.extend(events.map(|(event, place, value)| (&*run_schema, of_event(event), place, value)));
    for (schema, mut object, place, value) in wrong {
        assert!(open(schema).is_valid(&object));
        *object.pointer_mut(place).unwrap_or_else(|| panic!("{place}")) = value;
        assert!(!open(schema).is_valid(&object), "{place}");
    }
    for (schema, object, key) in
        [(&check_schema, built, "diagnostics"), (&run_schema, of_event("stopped"), "text")]
    {
        let mut less = object.clone();
        less.as_object_mut().expect("an object").remove(key);
        assert!(!open(schema).is_valid(&less), "{key}");
        let mut more = object;
        more["diagnostic"] = json!(1);
        assert_eq!((open(schema).is_valid(&more), closed(schema).is_valid(&more)), (true, false));
    }
    let later = json!({ "event": "later", "words": "of it" });
    assert_eq!((open(&run_schema).is_valid(&later), closed(&run_schema).is_valid(&later)), (true, false));
}
