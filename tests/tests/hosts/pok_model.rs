//! A model of POK with our file in it: the C of both, compiled for this machine and driven by lines of text.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use bulkhead_tests::repository;
use bulkhead_tool::build::Hosted;

use crate::support::listed;

/// The headers that our file includes; in the model one has what is in all.
const HEADERS: [&str; 17] = [
    "arch.h",
    "arch/x86/interrupt.h",
    "core/error.h",
    "core/partition.h",
    "core/sched.h",
    "core/shutdown.h",
    "core/syscall.h",
    "core/thread.h",
    "core/time.h",
    "errno.h",
    "event.h",
    "gdt.h",
    "libc.h",
    "middleware/port.h",
    "middleware/queue.h",
    "tss.h",
    "types.h",
];

/// A register in the frame that POK saves, as a word of it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Register {
    Es = 0,
    Ds = 1,
    Edi = 2,
    Esi = 3,
    Ebp = 4,
    Ebx = 6,
    Edx = 7,
    Ecx = 8,
    Eax = 9,
    Eip = 11,
    Eflags = 13,
    Esp = 14,
    Ss = 15,
}

/// What the kernel is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// Number of the partition whose slot it is.
    pub(crate) partition: u64,
    /// Number of its thread if that runs.
    pub(crate) thread: u64,
    /// Nanoseconds.
    pub(crate) now: u64,
    /// How often the system was ended.
    pub(crate) shutdowns: u64,
    /// The sum of the kinds of errors that were left to POK.
    pub(crate) errors: u64,
}

/// A segment: start in the partition that runs, limit field, type, granularity, whether it is present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) start: u32,
    pub(crate) limit: u32,
    pub(crate) kind: u32,
    pub(crate) pages: bool,
    pub(crate) present: bool,
}

/// The model with a deployment and its images.
pub(crate) struct Program {
    program: PathBuf,
    images: Vec<PathBuf>,
}

impl Program {
    /// Compiles the model for what was built, a system with this name.
    pub(crate) fn new(built: &Hosted, name: &str) -> Self {
        Self { program: compile(built, name), images: listed(built, "partitions.list") }
    }

    /// A system that has just been booted, before its first partition's first instruction.
    pub(crate) fn boot(&self) -> Model {
        let mut child = Command::new(&self.program)
            .args(&self.images)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.program.display()));
        let pipes = (child.stdin.take(), child.stdout.take());
        let (Some(input), Some(output)) = pipes else { panic!("the model has no pipes") };
        let model = Model { child, pipes: RefCell::new((input, BufReader::new(output))) };
        assert_eq!(
            model.answer(),
            "task 2032",
            "the task state is at entry 254 when the first partition runs"
        );
        model
    }
}

/// A kernel that runs.
pub(crate) struct Model {
    child: Child,
    pipes: RefCell<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Model {
    fn answer(&self) -> String {
        let mut line = String::new();
        self.pipes.borrow_mut().1.read_line(&mut line).unwrap_or_else(|error| panic!("{error}"));
        line.trim_end().to_owned()
    }

    fn ask(&self, what: &str, numbers: &[u32]) -> String {
        let mut line = what.to_owned();
        for number in numbers {
            line += &format!(" {number:x}");
        }
        writeln!(self.pipes.borrow_mut().0, "{line}").unwrap_or_else(|error| panic!("{line}: {error}"));
        self.answer()
    }

    fn done(&self, what: &str, numbers: &[u32]) {
        assert_eq!(self.ask(what, numbers), "ok", "{what} {numbers:x?}");
    }

    fn numbers(&self, what: &str, numbers: &[u32]) -> Vec<u64> {
        let answer = self.ask(what, numbers);
        answer
            .split(' ')
            .map(|word| u64::from_str_radix(word, 16).unwrap_or_else(|error| panic!("{answer}: {error}")))
            .collect()
    }

    /// Lets ticks of POK's clock pass.
    pub(crate) fn tick(&self, count: u32) {
        self.done("tick", &[count]);
    }

    /// A system call of the partition that runs: the answer, if our file gives it.
    pub(crate) fn call(&self, number: u32, first: u32, second: u32) -> Option<u32> {
        self.long_call(number, &[first, second])
    }

    /// The same with up to five arguments.
    pub(crate) fn long_call(&self, number: u32, arguments: &[u32]) -> Option<u32> {
        let answer = self.ask("call", &[&[number], arguments].concat());
        let code =
            |text: &str| u32::from_str_radix(text, 16).unwrap_or_else(|error| panic!("{answer}: {error}"));
        answer.strip_prefix("answered ").map(code)
    }

    /// An exception in the partition that runs.
    pub(crate) fn fault(&self, vector: u32, error: u32) {
        self.done("fault", &[vector, error, 0]);
    }

    /// An exception in the kernel.
    pub(crate) fn kernel_fault(&self, vector: u32) {
        self.done("fault", &[vector, 0, 1]);
    }

    /// A word of the memory of the partition whose slot it is.
    pub(crate) fn read(&self, address: u32) -> u32 {
        self.numbers("read", &[address])[0] as u32
    }

    pub(crate) fn read_64(&self, address: u32) -> u64 {
        u64::from(self.read(address)) | u64::from(self.read(address + 4)) << 32
    }

    pub(crate) fn write(&self, address: u32, value: u32) {
        self.done("write", &[address, value]);
    }

    pub(crate) fn get(&self, register: Register) -> u32 {
        self.numbers("get", &[register as u32])[0] as u32
    }

    pub(crate) fn set(&self, register: Register, value: u32) {
        self.done("set", &[register as u32, value]);
    }

    pub(crate) fn state(&self) -> State {
        let numbers = self.numbers("state", &[]);
        let [partition, thread, now, shutdowns, errors] = numbers[..] else { panic!("{numbers:?}") };
        State { partition, thread, now, shutdowns, errors }
    }

    /// Whether the partition whose slot it is runs, and not the idle thread.
    pub(crate) fn runs(&self) -> bool {
        let state = self.state();
        state.partition == state.thread
    }

    pub(crate) fn segment(&self, entry: u32) -> Segment {
        let numbers = self.numbers("segment", &[entry]);
        let [start, limit, kind, pages, present] = numbers[..] else { panic!("{numbers:?}") };
        Segment {
            start: start as u32,
            limit: limit as u32,
            kind: kind as u32,
            pages: pages != 0,
            present: present != 0,
        }
    }

    /// The privilege level that may call a gate.
    pub(crate) fn gate(&self, vector: u32) -> u64 {
        self.numbers("gate", &[vector])[0]
    }

    /// A number that changes with any memory outside the partitions' two pages.
    pub(crate) fn fingerprint(&self) -> u64 {
        self.numbers("print", &[])[0]
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Compiles model and file with the deployment that the tool has written.
fn compile(built: &Hosted, name: &str) -> PathBuf {
    let source = repository().join("tests/tests/hosts/model");
    let folder = repository().join("target/systems/hosts/model").join(name);
    let header = |name: &Path| {
        let path = folder.join("include").join(name);
        let parent = path.parent().unwrap_or(&folder).to_owned();
        fs::create_dir_all(&parent).and_then(|()| fs::write(&path, "#include <pok.h>\n"))
    };
    for name in HEADERS {
        header(Path::new(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let program = folder.join("pok");
    let output = Command::new("cc")
        .args(["-O1", "-Wall", "-Wextra", "-Werror", "-fno-pie", "-no-pie"])
        // Addresses have 32 bits in the file, and here where the model's memory lies.
        .args(["-Wno-int-to-pointer-cast", "-Wno-pointer-to-int-cast", "-DBULKHEAD_MODEL"])
        .arg("-include")
        .arg(built.folder.join("deployment.h"))
        .arg("-I")
        .arg(folder.join("include"))
        .arg("-I")
        .arg(&source)
        .arg(source.join("pok.c"))
        .arg(built.folder.join("bulkhead.c"))
        .arg("-o")
        .arg(&program)
        .output()
        .unwrap_or_else(|error| panic!("cc cannot be run: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    program
}
