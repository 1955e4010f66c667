//! A drawing as a PDF document of one page, with areas, lines, and texts in a font that every reader has: no picture of
//! dots, no font in it.

use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};

use super::helvetica::{encoded, width};
use super::{Anchor, Drawing, FONT_SIZE, Shape, WIDTH};

/// Points to a pixel: 96 pixels and 72 points are an inch.
const SCALE: f64 = 0.75;

/// The most points that a side of a page may have (ISO 32000-1, annex C.2).
const SIDE_MAX: f64 = 14_400.0;

const CATALOG: i32 = 1;
const PAGES: i32 = 2;
const PAGE: i32 = 3;
const FONT: i32 = 4;
const CONTENT: i32 = 5;
const ABOUT: i32 = 6;
/// And the opacities, from here on.
const OPACITIES: i32 = 7;

const FONT_NAME: Name<'static> = Name(b"F");

pub(super) fn written(drawing: &Drawing) -> Vec<u8> {
    let mut opacities: Vec<f64> = Vec::new();
    let scale = SCALE.min(SIDE_MAX / drawing.height);
    let content = content(drawing, scale as f32, &mut opacities);
    let names: Vec<String> = (0..opacities.len()).map(opacity_name).collect();
    let references: Vec<Ref> = (OPACITIES..).take(opacities.len()).map(Ref::new).collect();
    let mut pdf = Pdf::new();
    pdf.document_info(Ref::new(ABOUT)).title(TextStr(&drawing.title));
    pdf.catalog(Ref::new(CATALOG)).pages(Ref::new(PAGES));
    pdf.pages(Ref::new(PAGES)).kids([Ref::new(PAGE)]).count(1);
    let mut page = pdf.page(Ref::new(PAGE));
    page.media_box(Rect::new(0.0, 0.0, (WIDTH * scale) as f32, (drawing.height * scale) as f32));
    page.parent(Ref::new(PAGES)).contents(Ref::new(CONTENT));
    let mut resources = page.resources();
    resources.fonts().pair(FONT_NAME, Ref::new(FONT));
    let mut states = resources.ext_g_states();
    for (name, reference) in names.iter().zip(&references) {
        states.pair(Name(name.as_bytes()), *reference);
    }
    states.finish();
    resources.finish();
    page.finish();
    pdf.type1_font(Ref::new(FONT))
        .base_font(Name(b"Helvetica"))
        .encoding_predefined(Name(b"WinAnsiEncoding"));
    for (opacity, reference) in opacities.iter().zip(&references) {
        pdf.ext_graphics(*reference).non_stroking_alpha(*opacity as f32);
    }
    pdf.stream(Ref::new(CONTENT), &content);
    pdf.finish()
}

fn opacity_name(number: usize) -> String {
    format!("O{number}")
}

/// The instructions that draw it: a page's places are from its left lower corner on.
fn content(drawing: &Drawing, scale: f32, opacities: &mut Vec<f64>) -> Vec<u8> {
    let up = |y: f64| (drawing.height - y) as f32;
    let mut content = Content::new();
    content.transform([scale, 0.0, 0.0, scale, 0.0, 0.0]);
    for shape in &drawing.shapes {
        match shape {
            Shape::Area { place: (x, y, wide, high), colour, opacity, .. } => {
                let number = opacities.iter().position(|known| known == opacity).unwrap_or(opacities.len());
                if number == opacities.len() {
                    opacities.push(*opacity);
                }
                content.set_parameters(Name(opacity_name(number).as_bytes()));
                let [red, green, blue] = parts(colour);
                content.set_fill_rgb(red, green, blue);
                content.rect(*x as f32, up(y + high), *wide as f32, *high as f32).fill_nonzero();
            }
            Shape::Line { start, end, colour } => {
                let [red, green, blue] = parts(colour);
                content.set_stroke_rgb(red, green, blue);
                content.move_to(start.0 as f32, up(start.1)).line_to(end.0 as f32, up(end.1)).stroke();
            }
            Shape::Text { place: (x, y), anchor, colour, said } => {
                let text = encoded(said);
                let before = match anchor {
                    Anchor::Start => 0.0,
                    Anchor::Middle => width(&text, FONT_SIZE) / 2.0,
                    Anchor::End => width(&text, FONT_SIZE),
                };
                let [red, green, blue] = parts(colour);
                // An area may have left it pale.
                if let Some(full) = opacities.iter().position(|opacity| *opacity >= 1.0) {
                    content.set_parameters(Name(opacity_name(full).as_bytes()));
                }
                content.set_fill_rgb(red, green, blue);
                content.begin_text().set_font(FONT_NAME, FONT_SIZE as f32);
                content.next_line((x - before) as f32, up(*y)).show(Str(&text)).end_text();
            }
        }
    }
    content.finish().into_vec()
}

/// The parts of a colour such as `#0072b2`, from 0 to 1.
fn parts(colour: &str) -> [f32; 3] {
    let part = |number: usize| {
        let digits = colour.get(1 + 2 * number..3 + 2 * number).unwrap_or_default();
        u8::from_str_radix(digits, 16).map_or(0.0, |part| f32::from(part) / 255.0)
    };
    [part(0), part(1), part(2)]
}

#[cfg(test)]
mod tests {
    use crate::picture::{pdf, svg};
    use crate::tests::timeline;

    fn text(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| char::from(*byte)).collect()
    }

    /// What it consists of is where its table says, and all that is in the picture is in it.
    #[test]
    fn a_document_has_what_the_picture_has() {
        let timeline = timeline();
        let (pdf, svg) = (text(&pdf(&timeline, 0, 4_000)), svg(&timeline, 0, 4_000));
        assert!(pdf.starts_with("%PDF-1."), "{pdf}");
        let (_, end) = pdf.rsplit_once("startxref\n").unwrap();
        let table: usize = end.lines().next().unwrap().parse().unwrap();
        let mut lines = pdf[table..].lines().skip(3);
        for object in 1.. {
            let Some(place) = lines.next().and_then(|line| line.get(..10)?.parse::<usize>().ok()) else {
                break;
            };
            assert!(pdf[place..].starts_with(&format!("{object} 0 obj")), "{object}: {pdf}");
        }
        let count = |operator: &str| pdf.lines().filter(|line| line.ends_with(operator)).count();
        let elements = |name: &str| svg.matches(&format!("<{name} ")).count();
        assert!(elements("rect") > 10 && elements("line") > 5 && elements("text") > 5);
        assert_eq!(
            [count(" re"), count(" l"), count(" Tj")],
            [elements("rect"), elements("line"), elements("text")],
            "{pdf}"
        );
    }

    #[test]
    fn names_are_no_instructions() {
        let mut timeline = timeline();
        timeline.system.partitions[0].name = ") Tj ET (\\".to_owned();
        timeline.system.partitions[1].name = ") Tj ET \u{3c0}\u{b5}".to_owned();
        let pdf = text(&pdf(&timeline, 0, 4_000));
        assert!(pdf.contains("\n(\\) Tj ET \\(\\\\) Tj\n"), "{pdf}");
        // With something that is not ASCII, all of it in numbers; what the font has not is a question mark.
        assert!(pdf.contains("\n<2920546A204554203FB5> Tj\n"), "{pdf}");
    }

    #[test]
    fn texts_end_where_they_should() {
        use super::super::helvetica::{encoded, width};
        // 10 digits of 556, and a space of 278.
        assert!((width(b"0123456789 ", 10.0) - 58.38).abs() < 1e-9);
        assert_eq!(encoded("7 \u{b5}s \u{1f600}"), b"7 \xb5s ?");
    }
}
