//! What keeps a kit from being used, and what to build instead.

use crate::error::{Error, Message, Result};
use crate::target::Processor;

use super::{BuildOptions, Kit};

/// The oldest version whose kits are laid out as this tool reads them.
const OLDEST: u32 = 6;

/// The boards of SPARC whose headers the pack is compiled with: LEON3 and its successors.
const SPARC_FAMILY: &str = "leon3";

impl Kit {
    /// Everything that keeps partitions from being built with the kit; nothing if it can be used.
    #[must_use]
    pub fn problems(&self) -> Vec<Message> {
        let name = self.target();
        let Some(processor) = self.processor() else {
            return vec![
                Message::new(format!(
                    "the kit is for {}: partitions run programs for i386 or sparc",
                    self.architecture
                ))
                .help("build RTEMS for i386/pc686, or for sparc/leon3"),
            ];
        };
        let mut problems = Vec::new();
        let family = self.settings.variable("RTEMS_BSP_FAMILY").unwrap_or(&self.board);
        if processor == Processor::Leon3 && family != SPARC_FAMILY {
            problems.push(
                Message::new(format!("the kit's board is of the family {family}: partitions run on LEON3"))
                    .help("build RTEMS for sparc/leon3"),
            );
        }
        if self.major < OLDEST {
            problems.push(
                Message::new(format!(
                    "the kit is RTEMS {}: {OLDEST} is the oldest that can be used",
                    self.version
                ))
                .help(format!("build RTEMS {OLDEST} or later for {name}")),
            );
        }
        match &self.options {
            Some(options) => self.option_problems(processor, options, &mut problems),
            None => problems.push(
                Message::new(format!(
                    "the kit does not say how it was built: {} cannot be read",
                    self.libraries.join("include/rtems/score/cpuopts.h").display()
                ))
                .help("install it again, with `./waf install`"),
            ),
        }
        let missing: Vec<&str> = ["librtemscpu.a", "librtemsbsp.a"]
            .into_iter()
            .filter(|library| !self.libraries.join(library).is_file())
            .collect();
        if !missing.is_empty() {
            problems.push(
                Message::new(format!("{} has no {}", self.libraries.display(), missing.join(" and no ")))
                    .help(format!(
                        "build and install the whole of {name}; a build that stopped can be continued with \
                                   `./waf build -k`"
                    )),
            );
        }
        if self.compiler.is_none() {
            problems.push(
                Message::new(format!(
                    "the compiler {}-rtems{}-gcc is neither in {} nor in PATH",
                    self.architecture,
                    self.major,
                    self.prefix.join("bin").display()
                ))
                .help(format!(
                    "install the tools {}/rtems-{} with the RTEMS Source Builder",
                    self.major, self.architecture
                )),
            );
        }
        problems
    }

    fn option_problems(&self, processor: Processor, options: &BuildOptions, problems: &mut Vec<Message>) {
        let section = format!("the section [{}] of config.ini", self.target());
        let paravirtual = options.is_on("RTEMS_PARAVIRT");
        if processor == Processor::Leon3 && paravirtual {
            problems.push(
                Message::new(
                    "the kit was built with RTEMS_PARAVIRT, which on SPARC makes functions of privileged \
                              instructions and takes none away",
                )
                .help(format!(
                    "set RTEMS_PARAVIRT = False in {section}, or leave it out; configure, build and \
                                   install again"
                )),
            );
        }
        if processor == Processor::X86_64 && !paravirtual {
            problems.push(
                Message::new(
                    "the kit was built without RTEMS_PARAVIRT: its code disables interrupts by instructions \
                              that a partition must not execute",
                )
                .help(format!("set RTEMS_PARAVIRT = True in {section}, configure, build and install again")),
            );
        }
        if options.is_on("RTEMS_SMP") {
            problems.push(
                Message::new("the kit was built with RTEMS_SMP: a partition has one processor")
                    .help(format!("set RTEMS_SMP = False in {section}, configure, build and install again")),
            );
        }
        if options.is_on("RTEMS_MULTIPROCESSING") {
            problems.push(
                Message::new(
                    "the kit was built with RTEMS_MULTIPROCESSING, which needs shared memory that partitions \
                              do not have",
                )
                .help(format!(
                    "set RTEMS_MULTIPROCESSING = False in {section}, configure, build and install \
                                   again"
                )),
            );
        }
    }

    /// The kit, if it can be used.
    ///
    /// # Errors
    /// The first problem, and how many more there are.
    pub fn usable(self) -> Result<Self> {
        let mut problems = self.problems().into_iter();
        let Some(first) = problems.next() else { return Ok(self) };
        let more = problems.len();
        let text = format!("RTEMS kit {}: {}", self.name, first.text);
        let mut message = Message::new(text);
        message.help = match (first.help, more) {
            (help, 0) => help,
            (help, _) => Some(format!(
                "{}; `bulkhead kit check` shows {more} more",
                help.unwrap_or_else(|| "see above".to_owned())
            )),
        };
        Err(Error::Environment(message))
    }
}
