//! The picture in the language of Graphviz. Names have no character that a quoted string would have to escape.

use std::fmt::Write as _;

use super::{
    BOX, DEVICE, DEVICE_LINE, REGION, REGION_LINE, channel_text, colour, device_text, mapping_text,
    partition_text, region_text, title,
};
use crate::system_file::System;
use crate::system_file::channel::{Channel, Port};
use crate::system_file::region::{Access, Region};

/// A `digraph`. A channel with several destinations is a point from which arrows go to each.
#[must_use]
pub fn dot(system: &System) -> String {
    let mut out = format!("digraph \"{}\" {{\n", system.name);
    let _ = writeln!(out, "    label=\"{}\";", title(system));
    out += "    labelloc=t;\n    fontname=\"sans-serif\";\n    rankdir=LR;\n    nodesep=0.6;\n    ranksep=1.5;\n";
    let _ = writeln!(
        out,
        "    node [fontname=\"sans-serif\", shape=box, style=\"rounded,filled\", fillcolor=\"{BOX}\"];"
    );
    out += "    edge [fontname=\"sans-serif\", fontsize=10];\n";
    for (number, partition) in system.partitions.iter().enumerate() {
        let (name, text) = (&partition.name, partition_text(system, number));
        let _ = writeln!(out, "    \"partition {name}\" [label=\"{name}\\n{text}\"];");
    }
    for described in &system.channels {
        channel(&mut out, system, described);
    }
    for described in &system.regions {
        region(&mut out, system, described);
    }
    for device in &system.devices {
        let (name, owner) = (&device.name, system.partition_name(device.owner));
        let _ = writeln!(
            out,
            "    \"device {name}\" [label=\"{name}\\n{}\", shape=component, style=filled, fillcolor=\"{DEVICE}\"];",
            device_text(device)
        );
        let _ = writeln!(
            out,
            "    \"partition {owner}\" -> \"device {name}\" [dir=none, color=\"{DEVICE_LINE}\"];"
        );
    }
    out += "}\n";
    out
}

fn channel(out: &mut String, system: &System, channel: &Channel) {
    let colour = colour(channel.transfer.kind());
    let look = format!("color=\"{colour}\", fontcolor=\"{colour}\"");
    let label = format!("{}\\n{}", channel.name, channel_text(channel));
    let node = |port: &Port| format!("partition {}", system.partition_name(port.partition));
    let (source, tail) = (node(&channel.source), &channel.source.name);
    if let [destination] = channel.destinations.as_slice() {
        let (end, head) = (node(destination), &destination.name);
        let _ = writeln!(
            out,
            "    \"{source}\" -> \"{end}\" [label=\"{label}\", taillabel=\"{tail}\", headlabel=\"{head}\", {look}];"
        );
        return;
    }
    let middle = format!("channel {}", channel.name);
    let _ = writeln!(out, "    \"{middle}\" [shape=point, label=\"\", color=\"{colour}\"];");
    let _ = writeln!(
        out,
        "    \"{source}\" -> \"{middle}\" [label=\"{label}\", taillabel=\"{tail}\", arrowhead=none, {look}];"
    );
    for destination in &channel.destinations {
        let (end, head) = (node(destination), &destination.name);
        let _ = writeln!(out, "    \"{middle}\" -> \"{end}\" [headlabel=\"{head}\", {look}];");
    }
}

fn region(out: &mut String, system: &System, region: &Region) {
    let node = format!("region {}", region.name);
    let _ = writeln!(
        out,
        "    \"{node}\" [label=\"{}\", shape=box3d, style=filled, fillcolor=\"{REGION}\"];",
        region_text(region)
    );
    for mapping in &region.mappings {
        let direction = match mapping.access {
            Access::Read => "back",
            Access::ReadWrite => "both",
        };
        let look = format!("dir={direction}, style=dashed, color=\"{REGION_LINE}\"");
        let _ = writeln!(
            out,
            "    \"partition {}\" -> \"{node}\" [{look}, label=\"{}\\n{}\"];",
            system.partition_name(mapping.partition),
            mapping.access.name(),
            mapping_text(mapping)
        );
    }
}
