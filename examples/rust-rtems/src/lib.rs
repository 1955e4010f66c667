//! Tasks over RTEMS in Rust: three sensors send samples through a message queue, and the first task reckons with them.
//!
//! The library is linked by the tool with an RTEMS kit, as any library in C would be. `directives` has what is asked of
//! RTEMS; nothing else here knows that there is C below.

#![no_std]
#![allow(
    unsafe_code,
    reason = "RTEMS's directives are C functions; they are called in the module `directives` alone"
)]

mod directives;

use core::fmt::Write as _;

use directives::{Console, Queue, QueueCell, Status, command_line, end_task, exit, sleep, start_task};

/// What a sensor sends: which one it is, and what it has measured.
type Sample = [u32; 2];

/// How many sensors there are.
const SENSORS: u32 = 3;

/// Samples of each sensor, unless the command line says it.
const SAMPLES: u32 = 10;

/// Ticks between two samples of a sensor.
const PERIOD: u32 = 4;

/// The first task.
#[unsafe(no_mangle)]
extern "C" fn Init(_argument: usize) {
    let samples =
        command_line().and_then(|text| text.strip_prefix("samples=")?.parse().ok()).unwrap_or(SAMPLES);
    let _ = writeln!(Console, "{SENSORS} sensors in Rust, {samples} samples of each");
    let status = match measure(samples) {
        Ok(()) => 0,
        Err(status) => {
            let _ = writeln!(Console, "RTEMS says: {status:?}");
            1
        }
    };
    exit(status)
}

/// Starts the sensors and takes what they send.
fn measure(samples: u32) -> Result<(), Status> {
    let queue = Queue::new(*b"SAMP", 8)?;
    QUEUE.set(queue);
    for number in 1..=SENSORS {
        // The priority of the first task is 1: that of a sensor comes behind.
        let argument = samples << 8 | number;
        start_task([b'S', b'E', b'N', b'0' + number as u8], 10 + number, sensor, argument as usize)?;
    }
    let mut sums = [0_u64; SENSORS as usize];
    for _ in 0..SENSORS * samples {
        let [sensor, value]: Sample = queue.receive()?;
        if let Some(sum) = sums.get_mut(sensor as usize - 1) {
            *sum += u64::from(value);
        }
    }
    for (sum, sensor) in sums.iter().zip(1..) {
        let mean = *sum / u64::from(samples);
        let _ = writeln!(Console, "sensor {sensor}: mean {mean} of {samples} samples");
    }
    Ok(())
}

/// The queue of the sensors.
static QUEUE: QueueCell = QueueCell::new();

/// A sensor: measures once in a period. Its number and how often it measures are in the one word that RTEMS gives a
/// task.
extern "C" fn sensor(argument: usize) {
    let (number, samples) = (argument as u32 & 0xff, argument as u32 >> 8);
    let queue = QUEUE.get();
    for sample in 0..samples {
        let value = number * 100 + sample % 2;
        if queue.send(&[number, value]).is_err() {
            break;
        }
        sleep(PERIOD);
    }
    end_task();
}
