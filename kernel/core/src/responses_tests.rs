//! Tests of the kernel's own check of what the system table says about errors.

use bulkhead_abi::{Action, HealthError, Response};

use crate::configuration_tests::{Table, read, table};

/// Reads a table of which the second partition has this response to an error.
fn with(error: HealthError, response: Response) -> bool {
    let mut table = table();
    table.partitions[1].responses[error as usize] = response.encode();
    read(&table.bytes()).is_ok()
}

/// Every action, delivered first or not, for every error: a kernel takes those that leave nothing undecided.
#[test]
fn each_error_has_the_responses_that_are_possible() {
    const ACTIONS: [Action; 7] = [
        Action::Ignore,
        Action::Log,
        Action::WarmRestart,
        Action::ColdRestart,
        Action::Idle,
        Action::StopModule,
        Action::RestartModule,
    ];
    for error in HealthError::ALL {
        for action in ACTIONS {
            for deliver in [false, true] {
                let goes_on = matches!(action, Action::Ignore | Action::Log);
                let ends = matches!(action, Action::Idle | Action::StopModule);
                let expected = match error {
                    HealthError::Mode | HealthError::Initialization => !goes_on && !deliver,
                    HealthError::Image => ends && !deliver,
                    HealthError::WindowLost
                    | HealthError::WindowLate
                    | HealthError::CallFlood
                    | HealthError::Watchdog => true,
                    error if error.is_fault() => !goes_on,
                    _ => !deliver,
                };
                let response = Response { deliver, ..Response::new(action) };
                assert_eq!(with(error, response), expected, "{error:?} {action:?} {deliver}");
            }
        }
    }
}

#[test]
fn each_lie_about_errors_is_found() {
    type Lie = fn(&mut Table);
    let lies: [(&str, Lie); 12] = [
        ("unknown", |table| table.partitions[0].responses[1] = 1 << 10),
        ("schedule that does not exist", |table| {
            let response = Response { schedule: Some(1), ..Response::new(Action::Idle) };
            table.partitions[0].responses[1] = response.encode();
        }),
        ("schedule that does not exist", |table| table.header.device_error = 1 | 2 << 16),
        ("one to a partition's", |table| table.header.device_error = Action::ColdRestart as u32),
        ("one to a partition's", |table| table.header.device_error = Action::Idle as u32),
        ("one restart too many", |table| table.partitions[1].restarts_exceeded = Action::Log as u32),
        ("one restart too many", |table| table.partitions[1].restarts_exceeded = Action::WarmRestart as u32),
        ("more restarts", |table| table.partitions[1].restarts = 17),
        ("out of range", |table| table.partitions[1].calls = u32::MAX),
        ("out of range", |table| table.partitions[1].watchdog = 1 << 63),
        ("out of range", |table| table.partitions[1].lateness = crate::clock::FAR),
        ("to have the time", |table| {
            for partition in &mut table.partitions {
                partition.rights = bulkhead_abi::system_table::RIGHT_BACKGROUND;
            }
        }),
    ];
    for (words, lie) in lies {
        let mut table = table();
        lie(&mut table);
        let refusal = read(&table.bytes()).expect_err(words);
        assert!(refusal.contains(words), "{words:?} is not in {refusal:?}");
    }
}

/// What is right only just.
#[test]
fn the_most_is_not_too_much() {
    let mut table = table();
    table.partitions[1].restarts = 16;
    table.partitions[1].calls = u32::MAX - 1;
    table.partitions[1].watchdog = (1 << 62) - 1;
    table.partitions[1].lateness = 1;
    table.partitions[1].rights = 3;
    table.partitions[0].responses[HealthError::Initialization as usize] = Response::NONE;
    let configuration = read(&table.bytes()).unwrap();
    let partition = &configuration.partitions[1];
    assert_eq!((partition.budget.most, partition.calls), (16, u32::MAX));
    assert_eq!((partition.watchdog, partition.lateness), ((1 << 62) - 1, 1));
    assert!(partition.system && partition.is_limited());
    assert!(
        configuration.partitions[0].initialization.is_none() && !configuration.partitions[0].is_limited()
    );
    assert_eq!(configuration.background.map(|index| index.number()), Some(1));
}

/// Each error has its own place, and each right its own bit.
#[test]
fn nothing_is_taken_for_another() {
    const ACTIONS: [Action; 5] =
        [Action::WarmRestart, Action::ColdRestart, Action::Idle, Action::StopModule, Action::RestartModule];
    let mut table = table();
    let expected = |error: HealthError| match error {
        HealthError::Image => Response::new(Action::Idle),
        error => Response::new(ACTIONS[error as usize % ACTIONS.len()]),
    };
    for error in HealthError::ALL {
        table.partitions[1].responses[error as usize] = expected(error).encode();
    }
    for (rights, told) in
        [(0, [false; 3]), (1, [true, false, false]), (2, [false, true, false]), (4, [false, false, true])]
    {
        table.partitions[1].rights = rights;
        let configuration = read(&table.bytes()).unwrap();
        let partition = &configuration.partitions[1];
        let background = configuration.background.is_some();
        assert_eq!([partition.system, background, partition.physical], told, "{rights}");
        for error in HealthError::ALL {
            if error != HealthError::Initialization {
                assert_eq!(partition.responses[error as usize], expected(error), "{error:?}");
            }
        }
        assert_eq!(partition.initialization, Some(expected(HealthError::Initialization)));
    }
}
