//! A client of QEMU's debugger stub: stops the kernel where a test wants it, and changes what it finds.

use std::collections::BTreeMap;
use std::io::{BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use bulkhead_debugger::packet::{Incoming, framed, next};
use bulkhead_tool::system_file::Processor;

use crate::{System, Transcript, repository, run_built};

/// The kernel's symbols and their addresses.
#[derive(Debug)]
pub struct Symbols(BTreeMap<String, u64>);

impl Symbols {
    /// Reads them from a processor's kernel.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn read(processor: Processor) -> Self {
        Self::of(&kernel(processor))
    }

    /// Those of the kernel that traces.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn read_tracing(processor: Processor) -> Self {
        Self::of(&kernel(processor).with_file_name("kernel-trace.elf"))
    }

    fn of(kernel: &Path) -> Self {
        let output = Command::new("nm").arg(kernel).output().expect("nm");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let symbol = |line: &str| {
            let mut words = line.split_whitespace();
            let address = u64::from_str_radix(words.next()?, 16).ok()?;
            Some((words.nth(1)?.to_owned(), address))
        };
        Self(text.lines().filter_map(symbol).collect())
    }

    /// The address of a symbol.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn address(&self, name: &str) -> u64 {
        *self.0.get(name).unwrap_or_else(|| panic!("the kernel has no {name}"))
    }

    /// The address of a function of Rust's, by its mangled name's parts.
    ///
    /// # Panics
    /// If not just one has them.
    #[must_use]
    pub fn function(&self, parts: &[&str]) -> u64 {
        let mut found = self.0.iter().filter(|(name, _)| parts.iter().all(|part| name.contains(part)));
        match (found.next(), found.next()) {
            (Some((_, &address)), None) => address,
            _ => panic!("the kernel has not just one {parts:?}"),
        }
    }

    /// The address of the first of these bytes in a function of the kernel for x86-64, whose text is mapped as it lies
    /// in the file.
    ///
    /// # Panics
    /// If they are not there.
    #[must_use]
    pub fn instruction(&self, function: &str, bytes: &[u8]) -> u64 {
        let (start, text) = (self.address(function), self.address("kernel_text_start"));
        let file = std::fs::read(kernel(Processor::X86_64)).expect("the kernel");
        let word = |place: usize| u64::from_le_bytes(file[place..place + 8].try_into().expect("eight bytes"));
        let headers = word(32) as usize;
        let offset = (0..8)
            .map(|number| headers + 56 * number)
            .find(|&header| word(header + 16) == text)
            .map(|header| word(header + 8))
            .expect("a segment with the kernel's text");
        let place = (offset + start - text) as usize;
        let found = file[place..].windows(bytes.len()).position(|window| window == bytes);
        start + found.expect("the instruction") as u64
    }
}

fn kernel(processor: Processor) -> PathBuf {
    repository().join("build/lib/bulkhead").join(processor.name()).join("kernel.elf")
}

/// Runs a system whose machine waits for the debugger, which does what it has to. If the answer is true, it leaves, and
/// the system goes on.
///
/// # Panics
/// If the debugger does.
#[must_use]
pub fn run_with(system: &System, work: impl FnOnce(&mut Debugger) -> bool + Send + 'static) -> Transcript {
    let built = system.build();
    let socket = built.file.with_extension("gdb");
    let _ = std::fs::remove_file(&socket);
    let mut options = system.options().clone();
    let server = format!("unix:{},server=on,wait=off", socket.display());
    options.qemu_arguments.extend(["-S", "-gdb", &server].map(str::to_owned));
    let debugger = thread::spawn(move || {
        let mut debugger = Debugger::connect(&socket);
        if work(&mut debugger) {
            debugger.leave();
        }
    });
    let transcript = run_built(&built, &options);
    assert!(debugger.join().is_ok(), "{}", transcript.all());
    transcript
}

/// The stub's number of the register that says where x86-64 is.
const INSTRUCTION_POINTER: u32 = 16;

/// A client of QEMU's debugger stub, in as much of GDB's remote protocol as is needed.
#[derive(Debug)]
pub struct Debugger(BufReader<UnixStream>);

impl Debugger {
    /// Waits for QEMU to be there.
    fn connect(socket: &Path) -> Self {
        for _ in 0..6_000 {
            if let Ok(stream) = UnixStream::connect(socket) {
                let mut debugger = Self(BufReader::new(stream));
                // Without having been asked for its registers the stub does not give a single one.
                debugger.ask("qXfer:features:read:target.xml:0,ffb");
                return debugger;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("QEMU has not opened {}", socket.display());
    }

    /// Sends a packet and returns the answer, which is empty if the machine has ended: it may be gone at any moment.
    fn ask(&mut self, packet: &str) -> String {
        if self.0.get_mut().write_all(&framed(packet.as_bytes())).is_err() {
            return String::new();
        }
        let Ok(Some(Incoming::Packet(answer))) = next(&mut self.0) else { return String::new() };
        // A machine that has ended says so and is gone.
        let _ = self.0.get_mut().write_all(b"+");
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Lets the machine run to an address.
    ///
    /// # Panics
    /// If the stub refuses.
    pub fn run_to(&mut self, address: u64) {
        assert_eq!(self.ask(&format!("Z1,{address:x},1")), "OK");
        let stopped = self.ask("c");
        assert!(stopped.starts_with("T05"), "{stopped}");
        assert_eq!(self.ask(&format!("z1,{address:x},1")), "OK");
    }

    /// What a register holds.
    ///
    /// # Panics
    /// If the stub refuses.
    #[must_use]
    pub fn register(&mut self, number: u32) -> u64 {
        let answer = self.ask(&format!("p{number:x}"));
        u64::from_str_radix(&answer, 16).expect("a register").swap_bytes()
    }

    /// Sets a register.
    ///
    /// # Panics
    /// If the stub refuses.
    pub fn set_register(&mut self, number: u32, value: u64) {
        assert_eq!(self.ask(&format!("P{number:x}={:016x}", value.swap_bytes())), "OK");
    }

    /// Writes bytes, given in hexadecimal digits.
    ///
    /// # Panics
    /// If the stub refuses.
    pub fn write(&mut self, address: u64, bytes: &str) {
        assert_eq!(self.ask(&format!("M{address:x},{:x}:{bytes}", bytes.len() / 2)), "OK");
    }

    /// Lets the machine run on; whether it stops before its end, because something has written there.
    ///
    /// # Panics
    /// If the stub refuses.
    #[must_use]
    pub fn runs_to_write(&mut self, address: u64, size: u64) -> bool {
        assert_eq!(self.ask(&format!("Z2,{address:x},{size:x}")), "OK");
        self.ask("c").contains("watch:")
    }

    /// Gives a command to QEMU's monitor.
    ///
    /// # Panics
    /// If the stub refuses.
    pub fn monitor(&mut self, command: &str) {
        let bytes: String = command.bytes().map(|byte| format!("{byte:02x}")).collect();
        self.ask(&format!("qRcmd,{bytes}"));
    }

    /// Executes instructions one by one until the next one is this, given in hexadecimal digits.
    ///
    /// # Panics
    /// If there is none among a hundred.
    pub fn step_to(&mut self, instruction: &str) {
        for _ in 0..100 {
            let stopped = self.ask("s");
            assert!(stopped.starts_with('T'), "{stopped}");
            let place = self.register(INSTRUCTION_POINTER);
            if self.ask(&format!("m{place:x},{:x}", instruction.len() / 2)) == instruction {
                return;
            }
        }
        panic!("{instruction} does not come");
    }

    /// Executes instructions one by one until the machine has ended; the answer is how many.
    ///
    /// # Panics
    /// If it does not end.
    #[must_use]
    pub fn steps_to_the_end(&mut self) -> u64 {
        for steps in 1..10_000_000 {
            if !self.ask("s").starts_with('T') {
                return steps;
            }
        }
        panic!("the machine does not end");
    }

    fn leave(mut self) {
        assert_eq!(self.ask("D"), "OK");
    }
}
