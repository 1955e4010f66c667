//! Faults of the kernel itself, made by poking into it with QEMU's debugger stub: each ends with the promised status,
//! says so once, and not without end.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use bulkhead_tests::{MILLISECOND, System, Transcript, repository, run_built};
use bulkhead_tool::run::Ending;
use bulkhead_tool::system_file::Processor;

/// The debugger's numbers of registers.
const STACK_POINTER: u32 = 7;
const INSTRUCTION_POINTER: u32 = 16;

#[test]
fn a_fault_on_the_way_out_ends_the_system() {
    let transcript = run_poked("failure-way-out", |debugger, symbols| {
        // The way out of the timer's interrupt: the code segment to return to becomes none.
        debugger.run_to(symbols.instruction("kernel_alarm", &[0x48, 0xcf]));
        let frame = debugger.register(STACK_POINTER);
        debugger.write(frame + 8, "ff00");
    });
    assert_failed(&transcript, "vector 13");
}

#[test]
fn an_overflow_of_the_kernels_stack_ends_the_system() {
    let transcript = run_poked("failure-stack", |debugger, symbols| {
        debugger.run_to(symbols.address("kernel_alarm"));
        debugger.set_register(STACK_POINTER, symbols.address("kernel_stack_guard") + 0x800);
    });
    assert_failed(&transcript, "vector 8");
}

#[test]
fn an_overflow_of_the_stack_for_failures_ends_the_system() {
    let transcript = run_poked("failure-failure", |debugger, symbols| {
        debugger.run_to(symbols.instruction("kernel_alarm", &[0x48, 0xcf]));
        let frame = debugger.register(STACK_POINTER);
        debugger.write(frame + 8, "ff00");
        debugger.run_to(symbols.address("kernel_failure"));
        debugger.set_register(STACK_POINTER, symbols.address("failure_stack_guard") + 0x800);
    });
    // The second failure has nothing to say any more, or says that it is a double fault.
    assert_eq!(transcript.ending, Ending::Internal, "{}", transcript.all());
    assert!(transcript.lines.len() < 20, "{}", transcript.all());
}

#[test]
fn a_machine_check_ends_the_system() {
    let transcript = run_poked("failure-machine", |debugger, symbols| {
        debugger.run_to(symbols.address("kernel_alarm"));
        debugger.set_register(STACK_POINTER, symbols.address("machine_check_stack_top") - 40);
        debugger.set_register(INSTRUCTION_POINTER, symbols.address("entry_exception_18"));
    });
    assert_failed(&transcript, "vector 18");
}

#[test]
fn a_non_maskable_interrupt_disturbs_nobody() {
    let transcript = run_poked("failure-interrupt", |debugger, symbols| {
        debugger.run_to(symbols.address("kernel_alarm"));
        debugger.monitor("nmi");
    });
    assert_eq!(transcript.ending, Ending::TimeLimit, "{}", transcript.all());
}

#[track_caller]
fn assert_failed(transcript: &Transcript, words: &str) {
    assert_eq!(transcript.ending, Ending::Internal, "{}", transcript.all());
    let said: Vec<&str> = transcript.of("kernel").into_iter().filter(|line| line.contains(words)).collect();
    assert_eq!(said.len(), 1, "{}", transcript.all());
    assert!(transcript.lines.len() < 20, "{}", transcript.all());
}

/// Runs a system whose machine waits for the debugger, which does what it has to and leaves.
fn run_poked(name: &str, poke: impl FnOnce(&mut Debugger, &Symbols) + Send + 'static) -> Transcript {
    let system = System::new(name, MILLISECOND)
        .probe("first", "adversary spin", &[(0, MILLISECOND / 2)])
        .probe("last", "adversary spin", &[(MILLISECOND / 2, MILLISECOND / 2)])
        .limit(5 * MILLISECOND);
    let built = system.build();
    let socket = built.file.with_extension("gdb");
    let _ = std::fs::remove_file(&socket);
    let mut options = system.options().clone();
    let server = format!("unix:{},server=on,wait=off", socket.display());
    options.qemu_arguments.extend(["-S", "-gdb", &server].map(str::to_owned));
    let debugger = thread::spawn(move || {
        let mut debugger = Debugger::connect(&socket);
        poke(&mut debugger, &Symbols::read());
        debugger.leave();
    });
    let transcript = run_built(&built, &options);
    assert!(debugger.join().is_ok(), "{}", transcript.all());
    transcript
}

/// The kernel's symbols and their addresses.
struct Symbols(BTreeMap<String, u64>);

impl Symbols {
    fn read() -> Self {
        let output = Command::new("nm").arg(kernel()).output().expect("nm");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let symbol = |line: &str| {
            let mut words = line.split_whitespace();
            let address = u64::from_str_radix(words.next()?, 16).ok()?;
            Some((words.nth(1)?.to_owned(), address))
        };
        Self(text.lines().filter_map(symbol).collect())
    }

    fn address(&self, name: &str) -> u64 {
        *self.0.get(name).unwrap_or_else(|| panic!("the kernel has no {name}"))
    }

    /// The address of the first of these bytes in a function. The kernel's text is mapped as it lies in the file.
    fn instruction(&self, function: &str, bytes: &[u8]) -> u64 {
        let (start, text) = (self.address(function), self.address("kernel_text_start"));
        let file = std::fs::read(kernel()).expect("the kernel");
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

fn kernel() -> std::path::PathBuf {
    repository().join("build/lib/bulkhead").join(Processor::X86_64.name()).join("kernel.elf")
}

/// A client of QEMU's debugger stub, in as much of GDB's remote protocol as is needed.
struct Debugger(UnixStream);

impl Debugger {
    /// Waits for QEMU to be there.
    fn connect(socket: &Path) -> Self {
        for _ in 0..6_000 {
            if let Ok(stream) = UnixStream::connect(socket) {
                let mut debugger = Self(stream);
                // Without having been asked for its registers the stub does not give a single one.
                debugger.ask("qXfer:features:read:target.xml:0,ffb");
                return debugger;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("QEMU has not opened {}", socket.display());
    }

    /// Sends a packet and returns the answer.
    fn ask(&mut self, packet: &str) -> String {
        let sum = packet.bytes().fold(0u8, u8::wrapping_add);
        self.0.write_all(format!("${packet}#{sum:02x}").as_bytes()).expect("a debugger stub that listens");
        let mut answer = Vec::new();
        let mut byte = [0];
        while self.0.read(&mut byte).expect("a debugger stub that answers") == 1 {
            match byte[0] {
                b'$' => answer.clear(),
                b'#' => break,
                other => answer.push(other),
            }
        }
        let mut sum = [0; 2];
        self.0.read_exact(&mut sum).expect("the sum");
        self.0.write_all(b"+").expect("a debugger stub that listens");
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn run_to(&mut self, address: u64) {
        assert_eq!(self.ask(&format!("Z1,{address:x},1")), "OK");
        let stopped = self.ask("c");
        assert!(stopped.starts_with("T05"), "{stopped}");
        assert_eq!(self.ask(&format!("z1,{address:x},1")), "OK");
    }

    fn register(&mut self, number: u32) -> u64 {
        let answer = self.ask(&format!("p{number:x}"));
        u64::from_str_radix(&answer, 16).expect("a register").swap_bytes()
    }

    fn set_register(&mut self, number: u32, value: u64) {
        assert_eq!(self.ask(&format!("P{number:x}={:016x}", value.swap_bytes())), "OK");
    }

    fn write(&mut self, address: u64, bytes: &str) {
        assert_eq!(self.ask(&format!("M{address:x},{:x}:{bytes}", bytes.len() / 2)), "OK");
    }

    fn monitor(&mut self, command: &str) {
        let bytes: String = command.bytes().map(|byte| format!("{byte:02x}")).collect();
        self.ask(&format!("qRcmd,{bytes}"));
    }

    fn leave(mut self) {
        assert_eq!(self.ask("D"), "OK");
    }
}
