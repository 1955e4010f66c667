//! Tables for `docs/privileged-instructions.md`.
//!
//! Instructions of one function that share rule and fate become one row. Paths of the machine that ran the audit, and
//! line numbers, which change with every version of a kit, are left out.

use crate::instructions::Class;
use crate::report::{Finding, Report};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// The report as Markdown.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let mut output = String::new();
    // Writing to a string cannot fail.
    let _ = write_report(&mut output, report);
    output
}

fn write_report(output: &mut String, report: &Report) -> std::fmt::Result {
    let name = Path::new(&report.input).file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let summary = &report.summary;
    writeln!(
        output,
        "`{name}`, {}: {} objects, {} functions, {} bytes of code, {} of them read as {} instructions.\n",
        report.architecture,
        summary.objects,
        summary.functions,
        summary.code_bytes,
        summary.followed_bytes,
        summary.instructions
    )?;
    if report.findings.is_empty() {
        writeln!(output, "Nothing but plain user-mode code.")?;
    } else {
        write_classes(output, report)?;
        write_by_function(output, report)?;
        // What is served or harmless stands in hundreds of functions, each the same.
        write_by_rule(output, report)?;
    }
    write_not_followed(output, report)?;
    for note in &report.notes {
        writeln!(output, "\n- {}", cell(note))?;
    }
    Ok(())
}

fn write_classes(output: &mut String, report: &Report) -> std::fmt::Result {
    writeln!(output, "| class | instructions | functions | meaning |\n|---|---:|---:|---|")?;
    for class in Class::ALL {
        let count = report.summary.classes.get(&class).copied().unwrap_or(0);
        let functions =
            report.summary.by_function.iter().filter(|summary| summary.classes.contains_key(&class)).count();
        writeln!(output, "| {class} | {count} | {functions} | {} |", class.meaning())?;
    }
    Ok(())
}

/// One row: class, object, function, instruction text and the number of times it stands there.
type Row<'report> = BTreeMap<&'report str, usize>;

fn listed(finding: &Finding) -> bool {
    !matches!(finding.class, Class::Served | Class::Harmless)
}

fn write_by_function(output: &mut String, report: &Report) -> std::fmt::Result {
    let mut rows: BTreeMap<(Class, &str, &str, String), Row<'_>> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| listed(finding)) {
        let object = finding.member.as_deref().unwrap_or("");
        let key = (finding.class, object, finding.function.as_str(), fate(finding));
        *rows.entry(key).or_default().entry(&finding.instruction).or_default() += 1;
    }
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(
        output,
        "\n| function (object) | instruction | class | what takes its place, and why |\n|---|---|---|---|"
    )?;
    for ((class, object, function, fate), instructions) in &rows {
        let object = if object.is_empty() { String::new() } else { format!(" ({object})") };
        writeln!(output, "| `{function}`{object} | {} | {class} | {} |", counted(instructions), cell(fate))?;
    }
    Ok(())
}

fn write_by_rule(output: &mut String, report: &Report) -> std::fmt::Result {
    let mut rows: BTreeMap<(Class, &str, &str), (usize, std::collections::BTreeSet<&str>)> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| !listed(finding)) {
        let row = rows.entry((finding.class, finding.rule, finding.reason)).or_default();
        row.0 += 1;
        row.1.insert(&finding.function);
    }
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(output, "\n| instruction | class | sites | functions | why |\n|---|---|---:|---:|---|")?;
    for ((class, rule, reason), (sites, functions)) in &rows {
        writeln!(output, "| {rule} | {class} | {sites} | {} | {} |", some_names(functions), cell(reason))?;
    }
    Ok(())
}

/// A few names by name, many by number.
fn some_names(names: &std::collections::BTreeSet<&str>) -> String {
    if names.len() > 4 {
        return names.len().to_string();
    }
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

fn counted(instructions: &Row<'_>) -> String {
    let texts: Vec<String> = instructions
        .iter()
        .map(|(text, count)| if *count == 1 { format!("`{text}`") } else { format!("`{text}` (x{count})") })
        .collect();
    texts.join(", ")
}

fn fate(finding: &Finding) -> String {
    match &finding.replaced_by {
        Some(replaced) => {
            format!("`{}` of the pack, by: {}; {}", replaced.symbol, replaced.instead, replaced.why)
        }
        None => match &finding.allowed {
            Some(reason) => format!("allowed: {reason}"),
            None => finding.reason.to_owned(),
        },
    }
}

fn write_not_followed(output: &mut String, report: &Report) -> std::fmt::Result {
    let suspects: Vec<_> = report.not_followed.iter().filter(|gap| !gap.suspects.is_empty()).collect();
    let bytes: u64 = report.not_followed.iter().map(|gap| gap.length).sum();
    if bytes == 0 {
        return writeln!(output, "\nNot followed: nothing.");
    }
    writeln!(
        output,
        "\nNot followed: {} stretches, {bytes} bytes; {} of them would hold something a partition cannot run, if they \
         were code.",
        report.not_followed.len(),
        suspects.len()
    )?;
    if suspects.is_empty() {
        return Ok(());
    }
    writeln!(
        output,
        "\n| function (object) | bytes | why not followed | if it were code |\n|---|---:|---|---|"
    )?;
    for gap in suspects {
        let object = gap.member.as_ref().map(|member| format!(" ({member})")).unwrap_or_default();
        let mut texts: Vec<String> =
            gap.suspects.iter().map(|suspect| format!("`{}`", suspect.instruction)).collect();
        if gap.more_suspects > 0 {
            texts.push(format!("{} more", gap.more_suspects));
        }
        let place = format!("`{}+{:#x}`{object}", gap.function, gap.offset);
        writeln!(output, "| {place} | {} | {} | {} |", gap.length, cell(&gap.reason), texts.join(", "))?;
    }
    Ok(())
}

/// Text that does not end a table's cell.
pub(super) fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
