//! A drawing as an SVG document. What is said of an area, a viewer shows when it is pointed at.

use std::io;

use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::{Anchor, Drawing, FONT_SIZE, INK, Shape, WIDTH};

type Output = Writer<Vec<u8>>;

pub(super) fn written(drawing: &Drawing) -> String {
    let mut output = Writer::new_with_indent(Vec::new(), b' ', 1);
    // Writing into memory does not fail, and what is written is text.
    let written = document(drawing, &mut output);
    let text = written.ok().and_then(|()| String::from_utf8(output.into_inner()).ok());
    text.unwrap_or_default() + "\n"
}

fn document(drawing: &Drawing, output: &mut Output) -> io::Result<()> {
    let view = format!("0 0 {WIDTH} {}", drawing.height);
    output
        .create_element("svg")
        .with_attributes([("xmlns", "http://www.w3.org/2000/svg"), ("viewBox", view.as_str())])
        .with_attributes([("width", number(WIDTH).as_str()), ("height", number(drawing.height).as_str())])
        .new_line()
        .with_attributes([
            ("font-family", "Helvetica, Arial, sans-serif"),
            ("font-size", number(FONT_SIZE).as_str()),
            ("fill", INK),
        ])
        .write_inner_content(|output| {
            output.create_element("title").write_text_content(BytesText::new(&drawing.title))?;
            drawing.shapes.iter().try_for_each(|shape| write(shape, output))
        })
        .map(drop)
}

fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn write(shape: &Shape, output: &mut Output) -> io::Result<()> {
    match shape {
        Shape::Area { place: (x, y, width, height), colour, opacity, said } => {
            let element = output
                .create_element("rect")
                .with_attributes([("x", number(*x).as_str()), ("y", number(*y).as_str())])
                .with_attributes([("width", number(*width).as_str()), ("height", number(*height).as_str())])
                .with_attributes([("fill", *colour), ("fill-opacity", number(*opacity).as_str())]);
            if said.is_empty() {
                return element.write_empty().map(drop);
            }
            let title = |output: &mut Output| {
                output.create_element("title").write_text_content(BytesText::new(said)).map(drop)
            };
            element.write_inner_content(title).map(drop)
        }
        Shape::Line { start, end, colour } => output
            .create_element("line")
            .with_attributes([("x1", number(start.0).as_str()), ("y1", number(start.1).as_str())])
            .with_attributes([("x2", number(end.0).as_str()), ("y2", number(end.1).as_str())])
            .with_attributes([("stroke", *colour), ("stroke-width", "1")])
            .write_empty()
            .map(drop),
        Shape::Text { place: (x, y), anchor, colour, said } => {
            let anchor = match anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            };
            output
                .create_element("text")
                .with_attributes([("x", number(*x).as_str()), ("y", number(*y).as_str())])
                .with_attributes([("text-anchor", anchor), ("fill", *colour)])
                .write_text_content(BytesText::new(said))
                .map(drop)
        }
    }
}
