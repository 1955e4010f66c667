//! `bulkhead run --forward` and `--disk`: what of this machine the devices reach that QEMU emulates.

use crate::error::{Error, Message, Result};
use crate::run::{Devices, RunOptions};
use crate::system_file::System;

use super::arguments::RunArguments;
use super::reporter::Reporter;

/// How QEMU is told of a device.
const OPTION: &str = "device";

/// Opens what the devices of a system reach, and says what is to be known of it.
///
/// # Errors
/// If it cannot be had, or nothing is at the place of a device.
pub(super) fn open(
    arguments: &RunArguments,
    system: &System,
    options: &mut RunOptions,
    reporter: &mut Reporter,
) -> Result<()> {
    let are_told = options.qemu_arguments.iter().any(|word| word.trim_start_matches('-') == OPTION);
    if let Some(device) = system.functions_without_device().next().filter(|_| !are_told) {
        let text = format!("nothing is where `{device}` is to be on the PCI bus");
        let help = "say what QEMU is to be there with the key `emulate` in the system file, or with arguments for \
                    QEMU: bulkhead run ... -- -device ...";
        return Err(Error::Usage(Message::new(text).help(help)));
    }
    options.devices = Devices::open(system.emulations(), &arguments.forward, &arguments.disk)?;
    options.devices.told().iter().try_for_each(|text| reporter.tell(text))
}
