//! Rooms are no circles, the tool's and those of the program in Xen's first domain: what a module needs does not need
//! the module.

use std::collections::{BTreeMap, BTreeSet};

use crate::assert_none;
use crate::files::rust;

/// The modules that each module of a folder names, by what stands behind `prefix` in its code. A module with files of
/// its own is one room.
fn needs(folder: &str, prefix: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in rust() {
        let Some(place) = file.path.strip_prefix(folder) else { continue };
        let room = place.split('/').next().unwrap_or_default().trim_end_matches(".rs");
        if matches!(room, "lib" | "main" | "mod") {
            continue;
        }
        let named = needs.entry(room.to_owned()).or_default();
        let code: String = file.text.split("\n#[cfg(test)]").next().unwrap_or_default().to_owned();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        for part in lines.flat_map(|line| line.split(prefix).skip(1).map(str::to_owned).collect::<Vec<_>>()) {
            let word: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if !word.is_empty() && word != room {
                named.insert(word);
            }
        }
    }
    let rooms: BTreeSet<String> = needs.keys().cloned().collect();
    needs.values_mut().for_each(|named| named.retain(|name| rooms.contains(name)));
    needs
}

/// Every module from which a way leads back to itself, with that way.
fn circles(needs: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut found = Vec::new();
    for start in needs.keys() {
        let mut ways = vec![vec![start]];
        let mut seen = BTreeSet::new();
        while let Some(way) = ways.pop() {
            let last = way[way.len() - 1];
            for next in needs.get(last).into_iter().flatten() {
                if next == start {
                    let way: Vec<&str> = way.iter().map(|name| name.as_str()).collect();
                    found.push(format!("{} -> {start}", way.join(" -> ")));
                } else if seen.insert(next) {
                    ways.push([way.as_slice(), &[next]].concat());
                }
            }
        }
    }
    found
}

#[test]
fn the_tools_modules_are_no_circles() {
    let tool = needs("tool/src/", "crate::");
    assert!(tool["executive"].contains("compile") && tool["run"].contains("build"), "{tool:?}");
    assert_none(&circles(&tool), "modules of the tool that need each other");
    let run = needs("tool/src/run/", "super::");
    assert!(run["session"].contains("qemu"), "{run:?}");
    assert_none(&circles(&run), "modules of the tool's run that need each other");
}

#[test]
fn the_modules_of_xens_first_domain_are_no_circles() {
    let agent = needs("hosts/xen/agent/src/", "crate::");
    assert!(agent["run"].contains("consoles") && agent["hypercall"].contains("layout"), "{agent:?}");
    assert_none(&circles(&agent), "modules of the first domain's program that need each other");
}

#[test]
fn a_circle_is_found() {
    let needs = |pairs: &[(&str, &str)]| {
        let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in pairs {
            needs.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        needs
    };
    assert!(circles(&needs(&[("a", "b"), ("b", "c")])).is_empty());
    assert_eq!(circles(&needs(&[("a", "b"), ("b", "c"), ("c", "b")])).len(), 2);
}
