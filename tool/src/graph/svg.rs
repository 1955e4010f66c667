//! The picture as SVG.

use std::io;

use bulkhead_abi::PortKind;
use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::placement::{
    Arrows, BESIDE, BOX_HEIGHT, CHANNEL_HEIGHT, DEVICE_HEIGHT, HEAD, MARGIN, NAME_SIZE, Placement,
    REGION_HEIGHT, TEXT_SIZE, bold_width, text_width,
};
use super::{
    BOX, DEVICE, DEVICE_LINE, REGION, REGION_LINE, channel_text, colour, device_text, ends_text,
    mapping_text, partition_text, region_text, title,
};
use crate::system_file::System;
use crate::system_file::channel::Channel;
use crate::system_file::device::Device;
use crate::system_file::region::{Access, Region};

/// Colours that only this picture has: of texts, lines and areas.
const INK: &str = "#111827";
const GREY: &str = "#4b5563";
const LINE: &str = "#b6bcc6";
const PAPER: &str = "#ffffff";

/// Rows of channels and regions behind which the partitions are named again: what fits on a screen.
const ROWS: usize = 8;

/// Half the width of an arrow's head.
const HEAD_HALF: i32 = 4;

type Output = Writer<Vec<u8>>;

/// An SVG document.
#[must_use]
pub fn svg(system: &System) -> String {
    let mut output = Writer::new_with_indent(Vec::new(), b' ', 1);
    // Writing into memory does not fail, and what is written is text.
    let written = document(&mut output, system);
    let text = written.ok().and_then(|()| String::from_utf8(output.into_inner()).ok());
    text.unwrap_or_default() + "\n"
}

fn document(output: &mut Output, system: &System) -> io::Result<()> {
    let placement = Placement::of(system);
    let title = title(system);
    let left = placement.sides.0 - MARGIN;
    let width = (placement.sides.1 - placement.sides.0).max(bold_width(&title)) + 2 * MARGIN;
    let top = 2 * MARGIN;
    let (rows, headings) = rows(system, top);
    let end = rows.last().copied().unwrap_or(top);
    let height = headings.last().map_or(end, |heading| end.max(heading + BOX_HEIGHT)) + MARGIN;
    let view = format!("{left} 0 {width} {height}");
    let (width, height) = (width.to_string(), height.to_string());
    output
        .create_element("svg")
        .with_attribute(("xmlns", "http://www.w3.org/2000/svg"))
        .with_attributes([("width", &*width), ("height", &*height), ("viewBox", &*view)])
        .new_line()
        .with_attributes([("font-family", "Helvetica, Arial, sans-serif"), ("fill", INK)])
        .write_inner_content(|output| {
            output.create_element("title").write_text_content(BytesText::new(&title))?;
            area(output, [left, 0], [&width, &height], [PAPER, "none"])?;
            bold(output, [left + MARGIN, MARGIN], "start", &title)?;
            for column in &placement.columns {
                line(output, [*column, top + BOX_HEIGHT], [*column, end], LINE)?;
            }
            let (of_channels, others) = rows.split_at(system.channels.len());
            let (of_regions, of_devices) = others.split_at(system.regions.len());
            for ((channel, arrows), row) in system.channels.iter().zip(&placement.arrows).zip(of_channels) {
                draw_channel(output, &placement, system, (channel, arrows), *row)?;
            }
            for ((region, sides), row) in system.regions.iter().zip(&placement.regions).zip(of_regions) {
                draw_region(output, &placement, region, *sides, *row)?;
            }
            for ((device, sides), row) in system.devices.iter().zip(&placement.devices).zip(of_devices) {
                draw_device(output, device, *sides, *row)?;
            }
            headings.iter().try_for_each(|heading| boxes(output, &placement, system, *heading))
        })?;
    Ok(())
}

/// Where the rows of channels, regions and devices begin and the last one ends, and where the partitions' boxes lie:
/// above all rows, between them where there are many, and below then.
fn rows(system: &System, top: i32) -> (Vec<i32>, Vec<i32>) {
    let channels = system.channels.iter().map(|_| CHANNEL_HEIGHT);
    let regions = system.regions.iter().map(|_| REGION_HEIGHT);
    let devices = system.devices.iter().map(|_| DEVICE_HEIGHT);
    let heights: Vec<i32> = channels.chain(regions).chain(devices).collect();
    let mut headings = vec![top];
    let mut rows = Vec::new();
    let mut row = top + BOX_HEIGHT + MARGIN;
    for (number, height) in heights.iter().enumerate() {
        if number > 0 && number % ROWS == 0 && heights.len() - number >= ROWS / 2 {
            headings.push(row);
            row += BOX_HEIGHT + MARGIN;
        }
        rows.push(row);
        row += height;
    }
    if heights.len() >= ROWS {
        headings.push(row);
    }
    rows.push(row);
    (rows, headings)
}

/// The partitions' boxes, from this height on.
fn boxes(output: &mut Output, placement: &Placement, system: &System, top: i32) -> io::Result<()> {
    for (number, (column, width)) in placement.columns.iter().zip(&placement.boxes).enumerate() {
        let size = [&*width.to_string(), &*BOX_HEIGHT.to_string()];
        area(output, [column - width / 2, top], size, [BOX, GREY])?;
        bold(output, [*column, top + 18], "middle", system.partition_name(number))?;
        text(output, [*column, top + 34], "middle", GREY, &partition_text(system, number))?;
    }
    Ok(())
}

/// A channel: its name and what it is above the arrow, the names of the ports below.
fn draw_channel(
    output: &mut Output,
    placement: &Placement,
    system: &System,
    (channel, arrows): (&Channel, &Arrows),
    top: i32,
) -> io::Result<()> {
    let kind = channel.transfer.kind();
    let colour = colour(kind);
    let (y, below) = (top + 42, top + 58);
    let source = placement.column(arrows.source);
    let (label_side, furthest) = arrows.label_side();
    let furthest = placement.column(furthest);
    output.create_element("g").write_inner_content(|output| {
        let what = channel_text(channel);
        let summary = format!("{}: {what}, {}", channel.name, ends_text(system, channel));
        output.create_element("title").write_text_content(BytesText::new(&summary))?;
        for side in [&arrows.left, &arrows.right] {
            let Some((end, _)) = side.last() else { continue };
            line(output, [source, y], [placement.column(*end), y], colour)?;
            for (partition, names) in side {
                let column = placement.column(*partition);
                let direction = (column - source).signum();
                head(output, [column, y], [direction, 0], colour)?;
                if kind == PortKind::Queuing {
                    queue(output, column, direction, y, colour)?;
                }
                beside(output, [column, below], -direction, names)?;
            }
        }
        let middle = i32::midpoint(source, furthest);
        on_paper(output, [middle, top + 20], bold_width(&channel.name), NAME_SIZE)?;
        bold(output, [middle, top + 20], "middle", &channel.name)?;
        on_paper(output, [middle, top + 34], text_width(&what, TEXT_SIZE), TEXT_SIZE)?;
        text(output, [middle, top + 34], "middle", colour, &what)?;
        let direction = if label_side.is_empty() { 1 } else { (furthest - source).signum() };
        beside(output, [source, below], direction, &channel.source.name)?;
        let (x, y) = (source.to_string(), y.to_string());
        let dot = output.create_element("circle").with_attributes([("cx", &*x), ("cy", &*y)]);
        dot.with_attributes([("r", "4"), ("fill", colour)]).write_empty()?;
        Ok(())
    })?;
    Ok(())
}

/// Three messages in a row, before the arrow's head.
fn queue(output: &mut Output, column: i32, direction: i32, y: i32, colour: &str) -> io::Result<()> {
    for place in 0..3 {
        let near = column - direction * (HEAD + 3 + 6 * place);
        area(output, [near.min(near - direction * 5), y - 5], ["5", "10"], [PAPER, colour])?;
    }
    Ok(())
}

/// A region: a box with its name, and for each partition that has it an arrow, what it may do, and where it sees it.
fn draw_region(
    output: &mut Output,
    placement: &Placement,
    region: &Region,
    (left, right): (i32, i32),
    top: i32,
) -> io::Result<()> {
    let (box_top, box_height) = (top + 30, 60);
    output.create_element("g").write_inner_content(|output| {
        let name = region_text(region);
        output.create_element("title").write_text_content(BytesText::new(&name))?;
        let (width, height) = ((right - left).to_string(), box_height.to_string());
        area(output, [left, box_top], [&width, &height], [REGION, REGION_LINE])?;
        bold(output, [i32::midpoint(left, right), box_top + 17], "middle", &name)?;
        for mapping in &region.mappings {
            let column = placement.column(mapping.partition);
            line(output, [column, top + 2], [column, box_top], REGION_LINE)?;
            head(output, [column, top + 2], [0, -1], REGION_LINE)?;
            if mapping.access == Access::ReadWrite {
                head(output, [column, box_top], [0, 1], REGION_LINE)?;
            }
            text(output, [column, box_top + 36], "middle", REGION_LINE, mapping.access.name())?;
            text(output, [column, box_top + 51], "middle", GREY, &mapping_text(mapping))?;
        }
        Ok(())
    })?;
    Ok(())
}

/// A device: a box on its owner's line, with its name and what it has.
fn draw_device(output: &mut Output, device: &Device, (left, right): (i32, i32), top: i32) -> io::Result<()> {
    output.create_element("g").write_inner_content(|output| {
        let what = device_text(device);
        let summary = format!("{}: {what}", device.name);
        output.create_element("title").write_text_content(BytesText::new(&summary))?;
        let (width, middle) = ((right - left).to_string(), i32::midpoint(left, right));
        area(output, [left, top + 2], [&width, "42"], [DEVICE, DEVICE_LINE])?;
        bold(output, [middle, top + 19], "middle", &device.name)?;
        text(output, [middle, top + 35], "middle", DEVICE_LINE, &what)
    })?;
    Ok(())
}

/// A text beside a line down, on its right if `direction` is positive.
fn beside(output: &mut Output, [x, y]: [i32; 2], direction: i32, what: &str) -> io::Result<()> {
    let anchor = if direction > 0 { "start" } else { "end" };
    text(output, [x + direction * BESIDE, y], anchor, INK, what)
}

/// Clears a place for a text in the middle of it.
fn on_paper(output: &mut Output, [x, y]: [i32; 2], width: i32, size: i32) -> io::Result<()> {
    let (width, height) = (width + 6, size + 3);
    area(output, [x - width / 2, y - size], [&width.to_string(), &height.to_string()], [PAPER, "none"])
}

fn area(
    output: &mut Output,
    [x, y]: [i32; 2],
    [width, height]: [&str; 2],
    [fill, stroke]: [&str; 2],
) -> io::Result<()> {
    let (x, y) = (x.to_string(), y.to_string());
    let rect = output.create_element("rect").with_attributes([("x", &*x), ("y", &*y)]);
    let rect =
        rect.with_attributes([("width", width), ("height", height), ("fill", fill), ("stroke", stroke)]);
    rect.write_empty()?;
    Ok(())
}

fn line(output: &mut Output, from: [i32; 2], to: [i32; 2], colour: &str) -> io::Result<()> {
    let [x1, y1, x2, y2] = [from[0], from[1], to[0], to[1]].map(|number| number.to_string());
    let line = output.create_element("line").with_attributes([("x1", &*x1), ("y1", &*y1)]);
    let line =
        line.with_attributes([("x2", &*x2), ("y2", &*y2), ("stroke", colour), ("stroke-width", "1.5")]);
    line.write_empty()?;
    Ok(())
}

/// The head of an arrow that ends here and comes from the other direction.
fn head(output: &mut Output, [x, y]: [i32; 2], [right, down]: [i32; 2], colour: &str) -> io::Result<()> {
    let back = [x - right * HEAD, y - down * HEAD];
    let (one, other) = (
        [back[0] + down * HEAD_HALF, back[1] + right * HEAD_HALF],
        [back[0] - down * HEAD_HALF, back[1] - right * HEAD_HALF],
    );
    let points = format!("{x},{y} {},{} {},{}", one[0], one[1], other[0], other[1]);
    let head = output.create_element("polygon").with_attributes([("points", &*points), ("fill", colour)]);
    head.write_empty()?;
    Ok(())
}

fn bold(output: &mut Output, place: [i32; 2], anchor: &str, what: &str) -> io::Result<()> {
    letters(output, place, anchor, [("font-weight", "bold"), ("font-size", &NAME_SIZE.to_string())], what)
}

fn text(output: &mut Output, place: [i32; 2], anchor: &str, colour: &str, what: &str) -> io::Result<()> {
    letters(output, place, anchor, [("fill", colour), ("font-size", &TEXT_SIZE.to_string())], what)
}

fn letters(
    output: &mut Output,
    [x, y]: [i32; 2],
    anchor: &str,
    look: [(&str, &str); 2],
    what: &str,
) -> io::Result<()> {
    let (x, y) = (x.to_string(), y.to_string());
    let text =
        output.create_element("text").with_attributes([("x", &*x), ("y", &*y), ("text-anchor", anchor)]);
    text.with_attributes(look).write_text_content(BytesText::new(what))?;
    Ok(())
}
