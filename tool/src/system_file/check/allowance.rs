//! The rules for allowances of silent instructions.

use crate::diagnostics::Problem;
use crate::silent::SilentAllowance;
use crate::system_file::parse::RawAllowance;
use crate::system_file::value::Located;

/// The allowances of a partition; one that names no function is left out.
pub(super) fn allowances(raw: Vec<RawAllowance>, problems: &mut Vec<Problem>) -> Vec<SilentAllowance> {
    let mut found: Vec<SilentAllowance> = Vec::new();
    for RawAllowance { function, reason } in raw {
        let function = not_blank(function, "names no function", "write the function's symbol", problems);
        let help = "say why its instructions are right there, for the next who reads it";
        let reason = not_blank(reason, "gives no reason", help, problems);
        let Some(function) = function else { continue };
        if let Some(first) = found.iter().find(|known| known.function == function.value) {
            problems.push(
                Problem::new(function.place, format!("`{}` is allowed twice", function.value))
                    .related(first.place.clone(), "it is allowed here already")
                    .help("allow each function once"),
            );
            continue;
        }
        // Without a reason it is complained about already, and need not be once more for what it would allow.
        let reason = reason.map_or_else(String::new, |reason| reason.value);
        found.push(SilentAllowance { function: function.value, reason, place: function.place });
    }
    found
}

fn not_blank(
    text: Option<Located<String>>,
    lack: &str,
    help: &str,
    problems: &mut Vec<Problem>,
) -> Option<Located<String>> {
    let text = text?;
    if text.value.trim().is_empty() {
        problems.push(Problem::new(text.place, format!("this allowance {lack}")).help(help));
        return None;
    }
    Some(text)
}
