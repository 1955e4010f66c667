//! Starts QEMU for a built system.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use bulkhead_abi::wire::{
    CHOOSE_INPUT_WORD, JITTER_WORD, LINE_TIMES_WORD, SEED_WORD, TIME_LIMIT_MARK, TIME_LIMIT_PLACE_LEON3,
    TIME_LIMIT_WORD,
};

use crate::error::{Error, Message, Result};
use crate::host::xen::Boot;
use crate::installation::{HostProgram, QEMU, QEMU_LEON3};
use crate::subprocess;
use crate::system_file::System;
use crate::system_file::device::Dma;
use crate::target::Processor;

use super::devices::Wire;
use super::options::{AloneOptions, RunOptions};

/// What every machine has: no settings of the user's, no window, and the first serial line on the standard streams.
const CONSOLE: [&str; 8] =
    ["-no-user-config", "-no-reboot", "-display", "none", "-monitor", "none", "-serial", "stdio"];

/// The machine: PC with PCIe, every feature that QEMU can emulate, no devices but those named here.
const MACHINE: [&str; 6] = [
    "-cpu",
    "max",
    "-nodefaults",
    // How the kernel ends QEMU: outcome.rs reads the status.
    "-device",
    "isa-debug-exit,iobase=0xf4,iosize=0x04",
    "-kernel",
];

/// The machine for x86-64. Its firmware waits for each port of its SATA controller longer than it takes for everything
/// else, so it has none where nobody can want one: no partition owns it, and there are no disks but those of the tool.
fn pc(system: &System, options: &RunOptions) -> &'static str {
    const DISKS: [&str; 9] =
        ["blockdev", "cdrom", "device", "drive", "hda", "hdb", "hdc", "hdd", "readconfig"];
    let is_used = options.qemu_arguments.iter().any(|word| DISKS.contains(&word.trim_start_matches('-')));
    if system.owns_disk_controller || is_used { "q35" } else { "q35,sata=off" }
}

/// What stands between devices and memory where the system file wants it, before all devices.
const IOMMU: [&str; 2] = ["-device", "intel-iommu,intremap=on"];

/// The machine with LEON3. It has no device to end QEMU with: the kernel powers off, and its last line says how.
const MACHINE_LEON3: [&str; 3] = ["-machine", "leon3_generic", "-kernel"];

/// The name of the machine's memory, where that is in a file.
const MEMORY: &str = "memory";

/// The machine of this name, with its memory in a file if the options say so.
fn machine(command: &mut Command, name: &str, system: &System, options: &RunOptions) {
    let Some(file) = &options.memory_file else {
        command.args(["-machine", name]);
        return;
    };
    // A comma in a value is written twice.
    let path = file.to_string_lossy().replace(',', ",,");
    let size = system.memory >> 20;
    command.arg("-object");
    command.arg(format!("memory-backend-file,id={MEMORY},size={size}M,share=on,mem-path={path}"));
    command.arg("-machine").arg(format!("{name},memory-backend={MEMORY}"));
}

/// Time by executed instructions, one nanosecond each; what idles takes none of the host's.
const INSTRUCTION_TIME: &str = "shift=0,sleep=off";

/// With it the processor and QEMU's own loop take turns, by which every run is the same. Otherwise that loop, which
/// moves time on to the next timer where the processor idles, may look at a processor that is just beginning to: then
/// what that has executed since the last timer counts twice (rarely; on a busy host in one of some twenty runs of half
/// a second). QEMU takes no input then. The log is of no use.
const TURNS: &str = "rr=record,rrfile=/dev/null";

/// The command that runs a system, and the wires of its network devices.
pub(super) fn command(system: &System, file: &Path, options: &RunOptions) -> Result<(Command, Vec<Wire>)> {
    let mut command = match system.processor {
        Processor::X86_64 => {
            let mut command = Command::new(program(options, &QEMU)?);
            command.args(CONSOLE);
            if system.devices.iter().any(|device| device.dma == Dma::Iommu) {
                command.args(IOMMU);
            }
            machine(&mut command, pc(system, options), system, options);
            command.args(MACHINE);
            command
        }
        Processor::Leon3 => {
            let mut command = Command::new(program(options, &QEMU_LEON3)?);
            command.args(CONSOLE);
            machine(&mut command, "leon3_generic", system, options);
            command.arg("-kernel");
            command
        }
    };
    command.arg(file);
    command.arg("-m").arg(format!("{}M", system.memory >> 20));
    match &options.log {
        Some(log) => {
            command.arg("-icount").arg(format!("shift=0,{}", log.words()));
        }
        None if options.realtime => {}
        None if options.exact && options.is_closed() => {
            command.arg("-icount").arg(format!("{INSTRUCTION_TIME},{TURNS}"));
        }
        None => {
            command.args(["-icount", INSTRUCTION_TIME]);
        }
    }
    let limit = options.time_limit.map(|limit| format!("{TIME_LIMIT_WORD}={limit}"));
    let line_times = options.line_times.then(|| format!("{LINE_TIMES_WORD}=1"));
    let choose_input = options.chooses_input().then(|| format!("{CHOOSE_INPUT_WORD}=1"));
    let variation =
        options.variation.map(|it| format!("{SEED_WORD}={} {JITTER_WORD}={}", it.seed, it.jitter));
    let words: Vec<String> =
        limit.into_iter().chain(line_times).chain(choose_input).chain(variation).collect();
    match system.processor {
        _ if words.is_empty() => {}
        Processor::X86_64 => {
            command.arg("-append").arg(words.join(" "));
        }
        Processor::Leon3 => {
            let mark = u64::from(TIME_LIMIT_MARK) << 32;
            let limit = options.time_limit.unwrap_or(u64::MAX);
            let wishes = u64::from(options.line_times) << 32 | u64::from(options.chooses_input());
            let [seed, jitter] = options.variation.map_or([0, 0], |it| [it.seed, it.jitter]);
            for (place, data) in (0..).step_by(8).zip([mark, limit, wishes, seed, jitter]) {
                let address = TIME_LIMIT_PLACE_LEON3 + place;
                command
                    .arg("-device")
                    .arg(format!("loader,addr={address:#x},data={data:#x},data-len=8,data-be=on"));
            }
        }
    }
    let wires = options.devices.add_to(&mut command, options.log.as_ref())?;
    command.args(&options.qemu_arguments);
    Ok((command, wires))
}

/// The command that runs a system which has no network devices.
pub(crate) fn plain_command(system: &System, file: &Path, options: &RunOptions) -> Result<Command> {
    command(system, file, options).map(|(command, _)| command)
}

/// The machine that RTEMS's board for PCs is for, without drives, which the board would wait for, and what RTEMS is
/// told: that its console is the serial line.
const MACHINE_PC: [&str; 9] =
    ["-machine", "pc", "-cpu", "max", "-nodefaults", "-append", "--console=/dev/com1", "-m", "128M"];

/// The command that runs a program which has the machine for itself. Each instruction takes 2 to the power of its shift
/// nanoseconds.
pub(super) fn alone_command(options: &AloneOptions, file: &Path) -> Result<Command> {
    let mut command = match options.processor {
        Processor::X86_64 => {
            let mut command = Command::new(QEMU.find()?);
            command.args(CONSOLE).args(MACHINE_PC).arg("-kernel");
            command
        }
        Processor::Leon3 => {
            let mut command = Command::new(QEMU_LEON3.find()?);
            command.args(CONSOLE).args(MACHINE_LEON3);
            command
        }
    };
    command.arg(file).arg("-icount").arg(format!("shift={},sleep=off,{TURNS}", options.shift));
    if let Some(bytes) = options.memory {
        command.arg("-m").arg(format!("{}M", bytes.div_ceil(1 << 20)));
    }
    Ok(command)
}

/// The QEMU that the options name, or the one of this machine.
pub(super) fn program(options: &RunOptions, found: &HostProgram) -> Result<PathBuf> {
    options.qemu.clone().map_or_else(|| found.find(), Ok)
}

/// The machine for Xen. With SMAP, Linux as first domain crashes at its start; one processor and one thread keep
/// guests' clocks from running backwards.
const MACHINE_XEN: [&str; 9] = [
    "-machine",
    "q35,sata=off",
    "-accel",
    "tcg,thread=single",
    "-cpu",
    "max,-smap",
    "-smp",
    "1",
    "-nodefaults",
];

/// Time by executed instructions for Xen, two nanoseconds each: every run of a system is the same.
const INSTRUCTION_TIME_XEN: [&str; 6] =
    ["-icount", "shift=1,sleep=off", "-rtc", "base=2026-01-01,clock=vm", "-seed", "1"];

/// The command that runs a system on Xen.
pub(super) fn xen_command(boot: &Boot, options: &RunOptions) -> Result<Command> {
    let program = QEMU.find()?;
    let mut command = Command::new(program.canonicalize().unwrap_or(program));
    command.current_dir(&boot.folder).args(CONSOLE).args(MACHINE_XEN);
    command.arg("-serial").arg(format!("file:{}", boot.log));
    command.arg("-kernel").arg(&boot.hypervisor).arg("-append").arg(&boot.command_line);
    command.arg("-initrd").arg(&boot.modules).arg("-m").arg(format!("{}M", boot.memory));
    if !options.realtime {
        command.args(INSTRUCTION_TIME_XEN);
    }
    command.args(&options.qemu_arguments);
    Ok(command)
}

/// How much of what a machine says there is room for until we read it, in bytes; what Linux allows everybody. A serial
/// line with no room takes nothing more from the kernel, whose consoles then lose other lines than in another run.
const CONSOLE_ROOM: usize = 1 << 20;

/// Starts QEMU with all its streams in our hands. It is in a process group of its own: Ctrl-C at the terminal is for
/// the tool, which then ends QEMU and still says how everything went.
pub(crate) fn start(command: &Command) -> Result<Child> {
    // A QEMU that nobody listens to would keep a processor busy for ever.
    let mut own = subprocess::bound(command, "KILL");
    own.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let child = own.spawn().map_err(|error| {
        let program = command.get_program().to_string_lossy();
        Error::Environment(Message::new(format!("QEMU cannot be started: {program}: {error}")))
    })?;
    if let Some(output) = &child.stdout {
        // Where so much is not allowed, it stays as it is.
        let _ = rustix::pipe::fcntl_setpipe_size(output, CONSOLE_ROOM);
    }
    Ok(child)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine_of(device: &str, words: &[&str]) -> &'static str {
        let text = format!(
            "[system]\nmajor-frame = \"1 ms\"\n[[partition]]\nname = \"a\"\nmemory = \"64 KiB\"\n\
             sources = [\"templates/hello.c\"]\n[[window]]\npartition = \"a\"\nstart = \"0 ms\"\n\
             duration = \"1 ms\"\n{device}"
        );
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let system = crate::system_file::from_text(&text, "x", folder).expect("a system");
        let qemu_arguments = words.iter().map(|&word| word.to_owned()).collect();
        pc(&system, &RunOptions { qemu_arguments, ..RunOptions::default() })
    }

    #[test]
    fn a_machine_can_say_much_before_it_is_read() {
        let mut child = start(&Command::new("true")).expect("a process");
        let output = child.stdout.take().expect("its output");
        assert_eq!(rustix::pipe::fcntl_getpipe_size(&output).ok(), Some(CONSOLE_ROOM));
        child.wait().expect("its end");
    }

    #[test]
    fn a_disk_controller_is_there_for_whom_it_is_of_use() {
        let device = |place: &str| {
            format!(
                "[[device]]\nname = \"d\"\nowner = \"a\"\npci = \"00:{place}\"\npci-memory = \"4 KiB\"\n\
                 pci-line = 9\n"
            )
        };
        assert_eq!(machine_of("", &[]), "q35,sata=off");
        assert_eq!(machine_of("", &["-S", "-gdb", "tcp::1234"]), "q35,sata=off");
        assert_eq!(machine_of("", &["-drive", "file=disk"]), "q35");
        assert_eq!(machine_of("", &["--device", "e1000e"]), "q35");
        assert_eq!(machine_of(&device("04.0"), &[]), "q35,sata=off");
        assert_eq!(machine_of(&device("1f.2"), &[]), "q35");
    }
}
