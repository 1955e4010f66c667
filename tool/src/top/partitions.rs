//! The partitions, and the tasks in one.

use bulkhead_abi::event::Stopper;
use bulkhead_timeline::live::{Now, PartitionNow, State, TaskNow};
use ratatui::style::{Modifier, Style};

use crate::diagnostics::visible::spelled;
use crate::system_file::System;
use crate::units::duration_rounded;

use super::table::{Cell, Table};

/// What stands before the partition that is chosen.
const MARK: &str = "> ";

/// How styles are to be: of the partition with a number, and of what is not as it should be.
pub(super) trait Styles {
    fn partition(&self, number: usize) -> Style;
    fn wrong(&self) -> Style;
}

/// A part of a whole, in hundredths.
pub(super) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let share = part as f64 * 100.0 / whole as f64;
    if share < 9.995 { format!("{share:.2} %") } else { format!("{share:.1} %") }
}

/// What the column for the last interval is called.
fn last(now: &Now) -> String {
    if now.interval == now.time {
        "so far:".to_owned()
    } else {
        format!("last {}:", duration_rounded(now.interval))
    }
}

/// What a partition is at.
fn state(state: State) -> String {
    match state {
        State::ColdStart => "cold start".to_owned(),
        State::WarmStart => "warm start".to_owned(),
        State::Normal => "normal".to_owned(),
        State::Halted(status) => format!("halted {status}"),
        State::Stopped(Stopper::Nobody | Stopper::HealthMonitor) => "stopped".to_owned(),
        State::Stopped(Stopper::Partition) => "stopped by another".to_owned(),
        State::Stopped(Stopper::Schedule) => "stopped by schedule".to_owned(),
    }
}

/// The table of all partitions.
pub(super) fn partitions(system: &System, now: &Now, chosen: Option<usize>, styles: &dyn Styles) -> Table {
    let last = last(now);
    let titles =
        ["  partition", "state", &last, "total:", "windows:", "missing:", "latest:", "restarts:", "errors:"];
    let mut table = Table::new(titles);
    for (number, (partition, known)) in system.partitions.iter().zip(&now.partitions).enumerate() {
        let PartitionNow { ran, opened, missing, late, restarts, errors, .. } = known;
        let is_chosen = chosen == Some(number);
        let mark = if is_chosen { MARK } else { "  " };
        let counted = |count: u64| {
            let cell = Cell::new(count.to_string());
            if count > 0 { cell.styled(styles.wrong()) } else { cell }
        };
        let stopped = matches!(known.state, State::Stopped(Stopper::Nobody | Stopper::HealthMonitor));
        let doubt = if known.doubtful { "?" } else { "" };
        let wrong = stopped || matches!(known.state, State::Halted(1..));
        let style = if is_chosen { Style::new().add_modifier(Modifier::REVERSED) } else { Style::new() };
        table.row(
            [
                Cell::new(format!("{mark}{}", spelled(&partition.name))).styled(styles.partition(number)),
                Cell::new(state(known.state) + doubt).styled(if wrong {
                    styles.wrong()
                } else {
                    Style::new()
                }),
                Cell::new(share(ran.last, now.interval)),
                Cell::new(share(ran.total, now.time)),
                Cell::new(opened.to_string()),
                counted(*missing),
                Cell::new(format!("{late} ns")),
                counted(*restarts),
                counted(*errors),
            ],
            style,
        );
    }
    table
}

/// The table of a partition's tasks, those that have run most first.
pub(super) fn tasks(now: &Now, partition: usize) -> Option<Table> {
    let mut tasks: Vec<&TaskNow> = now.partitions.get(partition)?.tasks.iter().collect();
    if tasks.is_empty() {
        return None;
    }
    tasks.sort_by_key(|task| std::cmp::Reverse((task.ran.last, task.ran.total)));
    let last = last(now);
    let mut table = Table::new(["  task", &last, "total:", "runs:"]);
    for task in tasks {
        table.row(
            [
                Cell::new(format!("  {}", spelled(&task.name))),
                Cell::new(share(task.ran.last, now.interval)),
                Cell::new(share(task.ran.total, now.time)),
                Cell::new(task.runs.to_string()),
            ],
            Style::new(),
        );
    }
    Some(table)
}
