//! `bulkhead graph`.

use crate::build;
use crate::error::{Error, Message, Result};
use crate::graph::{Format, graph};

use super::arguments::GraphArguments;
use super::output_file::{refuse_inputs, refuse_other_than, write_whole};
use super::{print, show_warning};

/// Draws how the partitions of a system talk to each other.
pub(super) fn draw(arguments: &GraphArguments) -> Result<()> {
    let target = &arguments.target;
    if let Some(path) = arguments.output() {
        refuse_pictures_of_another_kind(arguments)?;
        refuse_inputs("-o", path, &arguments.file, target.processor)?;
    }
    let system = build::check_for(target.processor, &arguments.file)?;
    for warning in target.host.check(&system)? {
        show_warning(&warning);
    }
    let format = arguments.format();
    let picture = graph(&system, format);
    let Some(path) = arguments.output() else { return print(&picture) };
    let what = match format {
        Format::Svg => "no XML, which SVG is",
        Format::Dot => "no graph of Graphviz",
    };
    refuse_other_than(path, format.beginnings(), what)?;
    write_whole(path, |out| out.write_all(picture.as_bytes()))
}

/// Refuses a file whose name ends as that of a picture which Graphviz makes, and this command does not.
fn refuse_pictures_of_another_kind(arguments: &GraphArguments) -> Result<()> {
    let Some((path, ending)) = arguments.ending_of_another_kind() else { return Ok(()) };
    let (path, file) = (path.display(), arguments.file.display());
    let text = format!("-o {path} asks for a picture of a kind that is not drawn here: {ending}");
    let help = format!(
        "name a file that ends with .svg, or let Graphviz draw it: \
         bulkhead graph {file} --format dot | dot -T{ending} -o {path}"
    );
    Err(Error::Usage(Message::new(text).help(help)))
}
