//! What RTEMS's benchmarks measure, in instructions where time is counted in them.

use std::fs;

use object::{Object as _, ObjectSymbol as _};

use crate::image::processor_of;
use crate::target::{Host, Processor};

use super::{Place, TestProgram};

/// One figure of a benchmark.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What was measured, as the program says it.
    pub name: String,
    /// How many instructions it took.
    pub instructions: f64,
}

/// The board's function that programs measure with.
const STOP_WATCH: &str = "benchmark_timer_read";

/// Whether a program measures with the stop watch of its board.
pub(super) fn has_stop_watch(file: &[u8]) -> bool {
    let Ok(parsed) = object::File::parse(file) else { return false };
    parsed.symbols().any(|symbol| symbol.is_definition() && symbol.name() == Ok(STOP_WATCH))
}

/// The figures of a program that measures with the stop watch.
pub(super) fn of(program: &TestProgram, place: Place, host: Host, output: &str) -> Vec<Figure> {
    let Ok(file) = fs::read(&program.file) else { return Vec::new() };
    figures(output, instructions_of_unit(place, host, processor_of(&file)))
}

/// How many nanoseconds an instruction takes on AIR: 2 to the power of this. A partition there waits for its timer by
/// looking, so that time costs instructions.
pub(super) const AIR_SHIFT: u8 = 4;

/// Whether what a program measures on this kernel is worth telling: on AIR its clock steps by a tick.
pub(super) fn has_figures(host: Host) -> bool {
    host != Host::Air
}

/// How many nanoseconds an instruction takes where there is no Xen: 2 to the power of this.
///
/// On i386 the board measures for a second of its time how fast the processor is when it starts, of which there are to
/// be few instructions. On LEON3 the board's stop watch counts microseconds, and a partition's steps of 100 ns, of
/// which an instruction is to take one.
pub(super) fn shift(place: Place, processor: Processor, has_stop_watch: bool) -> u8 {
    match (place, processor, has_stop_watch) {
        (Place::Native, Processor::X86_64, _) => 6,
        (Place::Native, Processor::Leon3, true) => 10,
        (Place::Partition, Processor::Leon3, true) => 7,
        _ => 0,
    }
}

/// How many instructions are one unit of the stop watch: of microseconds on the board for LEON3, and otherwise of
/// nanoseconds, since QEMU's x86 processor has one cycle in each. On Xen an instruction takes two.
fn instructions_of_unit(place: Place, host: Host, processor: Option<Processor>) -> f64 {
    let nanoseconds = match (place, processor) {
        (Place::Partition, _) if host == Host::Xen => 2.0,
        (_, Some(processor)) => f64::from(1_u32 << shift(place, processor, true)),
        (_, None) => 1.0,
    };
    let is_board = (place, processor) == (Place::Native, Some(Processor::Leon3));
    if is_board { 1000.0 / nanoseconds } else { 1.0 / nanoseconds }
}

/// The figures in what a benchmark has printed, in units of so many instructions: lines `NAME - NUMBER`.
#[must_use]
pub fn figures(output: &str, unit: f64) -> Vec<Figure> {
    let figure = |line: &str| {
        let (name, number) = line.trim().rsplit_once(" - ")?;
        let number: u32 = number.parse().ok()?;
        Some(Figure { name: name.trim().to_owned(), instructions: f64::from(number) * unit })
    };
    output.lines().filter_map(figure).collect()
}

#[cfg(test)]
mod tests {
    use super::{Figure, figures, instructions_of_unit};
    use crate::target::{Host, Processor};
    use crate::test_rtems::Place;

    #[test]
    fn figures_are_read_line_by_line() {
        let output =
            "*** BEGIN OF TEST TIME TEST ***\nrtems_x: a - b - 352\nnone\nTA1 - awake\nnegative - -5\n";
        let expected = Figure { name: "rtems_x: a - b".to_owned(), instructions: 704.0 };
        assert_eq!(figures(output, 2.0), [expected]);
    }

    #[test]
    fn units_are_those_of_each_stop_watch() {
        let unit = |place, host, processor| instructions_of_unit(place, host, Some(processor));
        assert!((unit(Place::Native, Host::Bulkhead, Processor::Leon3) - 0.976_562_5).abs() < 1e-9);
        assert!((unit(Place::Native, Host::Bulkhead, Processor::X86_64) * 64.0 - 1.0).abs() < 1e-9);
        assert!((unit(Place::Partition, Host::Bulkhead, Processor::X86_64) - 1.0).abs() < 1e-9);
        assert!((unit(Place::Partition, Host::Bulkhead, Processor::Leon3) * 128.0 - 1.0).abs() < 1e-9);
        assert!((unit(Place::Partition, Host::Xen, Processor::X86_64) - 0.5).abs() < 1e-9);
    }
}
