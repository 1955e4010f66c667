//! The system's clock, as the kernel would read it now: from the counter that it has it from.

use crate::kernel::{Kernel, Processor};
use crate::stub::{Failure, Stub};

/// The PC's event timer, which nobody else uses: whether it counts, and what it has counted, in tens of nanoseconds
/// under QEMU (IA-PC HPET specification 1.0a, 2.3).
const HPET_CONFIGURATION: u64 = 0xfed0_0010;
const HPET_COUNTER: u64 = 0xfed0_00f0;
const HPET_TICK: u64 = 10;

/// The register of LEON3's first timer that counts down (GRLIB IP core manual, GPTIMER).
const GPTIMER_COUNTER: u64 = 0x10;

/// The finest difference that can be seen, in nanoseconds.
pub(crate) const fn grain(processor: Processor) -> u64 {
    match processor {
        Processor::X86_64 => HPET_TICK,
        // QEMU's board has 50 MHz, and the kernel divides them by five or more.
        Processor::Leon3 => 200,
    }
}

/// Makes a machine that is yet to execute its first instruction one whose clock can be read. QEMU counts time by
/// instructions, and its processor's time stamp is that time in nanoseconds.
pub(crate) fn prepare(stub: &mut Stub, kernel: &Kernel) -> Result<(), Failure> {
    match kernel.processor {
        Processor::X86_64 => stub.write(true, HPET_CONFIGURATION, &1u32.to_le_bytes()),
        Processor::Leon3 => Ok(()),
    }
}

/// Nanoseconds of the clock. Nothing before it has begun.
pub(crate) fn now(stub: &mut Stub, kernel: &Kernel) -> Result<Option<u64>, Failure> {
    let counts = match kernel.processor {
        Processor::X86_64 => {
            let origin = word(stub, kernel, "clock_origin", 8)?;
            let ticks = stub.read(true, HPET_COUNTER, 8)?;
            let ticks = u64::from_le_bytes(ticks.try_into().map_err(|_| Failure::Refused)?);
            (origin != 0).then(|| ticks.saturating_mul(HPET_TICK).saturating_sub(origin))
        }
        Processor::Leon3 => {
            let device = word(stub, kernel, "clock_device", 4)?;
            if device == 0 {
                return Ok(None);
            }
            let last = word(stub, kernel, "clock_last", 4)? as u32;
            let counts = word(stub, kernel, "clock_counts", 8)?;
            let reading = stub.read(true, device.wrapping_add(GPTIMER_COUNTER), 4)?;
            let reading = u32::from_be_bytes(reading.try_into().map_err(|_| Failure::Refused)?);
            // The kernel may have read it, and not yet have said so.
            Some(counts.wrapping_add(u64::from(last.wrapping_sub(reading))))
        }
    };
    let multiplier = word(stub, kernel, "clock_multiplier", 4)?;
    let shift = word(stub, kernel, "clock_shift", 4)? as u32 & 63;
    Ok(counts.map(|counts| ((u128::from(counts) * u128::from(multiplier)) >> shift) as u64))
}

/// A word of the kernel's, which sees its memory at all times.
fn word(stub: &mut Stub, kernel: &Kernel, name: &str, size: usize) -> Result<u64, Failure> {
    let is_sparc = kernel.processor == Processor::Leon3;
    let bytes = stub.read(is_sparc, kernel.symbol(name), size)?;
    let shifted = |word: u64, byte: &u8| word << 8 | u64::from(*byte);
    Ok(if is_sparc { bytes.iter().fold(0, shifted) } else { bytes.iter().rev().fold(0, shifted) })
}
