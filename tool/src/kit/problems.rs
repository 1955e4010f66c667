//! What keeps a kit from being used, and what to build instead.

use crate::error::{Error, Message, Result};
use crate::target::Processor;

use super::find::{BOARD_SPECS, SPECS};
use super::{BuildOptions, Kit};

/// The oldest version whose kits are laid out as this tool reads them.
const OLDEST: u32 = 5;

/// The first version that is built by waf, and whose kits say more about themselves.
const BUILT_BY_WAF: u32 = 6;

/// The boards of SPARC whose headers the pack is compiled with: LEON3 and its successors.
const SPARC_FAMILY: &str = "leon3";

/// Those of RTEMS 5, whose kits do not say of which family they are (`bsps/sparc/leon3/config`).
const SPARC_BOARDS: [&str; 5] = ["leon3", "gr712rc", "gr740", "ut699", "ut700"];

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
        let family = self.family();
        if processor == Processor::Leon3 && family != SPARC_FAMILY {
            problems.push(
                Message::new(format!("the kit's board is of the family {family}: partitions run on LEON3"))
                    .help("build RTEMS for sparc/leon3"),
            );
        }
        if self.major < OLDEST {
            // What else there may be to say is of a kit that is laid out as later ones are.
            return vec![
                Message::new(format!(
                    "the kit is RTEMS {}: {OLDEST} is the oldest that can be used",
                    self.version
                ))
                .help(format!("build RTEMS {OLDEST} or later for {name}")),
            ];
        }
        match &self.options {
            Some(options) => self.option_problems(processor, options, &mut problems),
            None => problems.push(
                Message::new(format!(
                    "the kit does not say how it was built: {} cannot be read",
                    self.libraries.join("include/rtems/score/cpuopts.h").display()
                ))
                .help(format!("install it again, with `{} install`", self.builder())),
            ),
        }
        problems.extend(self.settings_problem());
        let missing: Vec<&str> = ["librtemscpu.a", "librtemsbsp.a"]
            .into_iter()
            .filter(|library| !self.libraries.join(library).is_file())
            .collect();
        if !missing.is_empty() {
            problems.push(
                Message::new(format!("{} has no {}", self.libraries.display(), missing.join(" and no ")))
                    .help(format!(
                        "build and install the whole of {name}; a build that stopped can be continued with `{} -k`",
                        if self.major < BUILT_BY_WAF { "make" } else { "./waf build" }
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

    /// What is wrong with the kit's pkg-config file, or with what it names.
    fn settings_problem(&self) -> Option<Message> {
        let file = self.prefix.join("lib/pkgconfig").join(format!("{}.pc", self.name));
        let flags = self.settings.words("Cflags");
        let undefined = flags.iter().chain(&self.link_flags()).find_map(|flag| {
            let (_, rest) = flag.split_once("${")?;
            Some(rest.split('}').next().unwrap_or_default().to_owned())
        });
        let names_specs = flags.windows(2).any(|pair| *pair == [SPECS, BOARD_SPECS]);
        let text = if flags.is_empty() {
            format!("{} has no flags for the compiler (`Cflags`)", file.display())
        } else if let Some(name) = undefined {
            format!("{} does not say what its variable `{name}` is", file.display())
        } else if names_specs && !self.libraries.join(BOARD_SPECS).is_file() {
            format!("{} has no {BOARD_SPECS}, which the flags of the kit name", self.libraries.display())
        } else {
            return None;
        };
        Some(Message::new(text).help(format!("install it again, with `{} install`", self.builder())))
    }

    /// The family that the kit's board is of.
    pub(super) fn family(&self) -> &str {
        match self.settings.variable("RTEMS_BSP_FAMILY") {
            Some(family) => family,
            None if self.architecture == "sparc" && SPARC_BOARDS.contains(&&*self.board) => SPARC_FAMILY,
            None => &self.board,
        }
    }

    /// What builds and installs RTEMS.
    fn builder(&self) -> &'static str {
        if self.major < BUILT_BY_WAF { "make" } else { "./waf" }
    }

    /// How RTEMS is told an option when it is built, and what follows.
    fn how_to_set(&self, option: &str, on: bool) -> String {
        if self.major < BUILT_BY_WAF {
            let option = option.trim_start_matches("RTEMS_").to_lowercase();
            let verb = if on { "enable" } else { "disable" };
            return format!("configure RTEMS with --{verb}-{option}, build and install it again");
        }
        let value = if on { "True" } else { "False" };
        format!(
            "set {option} = {value} in the section [{}] of config.ini, configure, build and install again",
            self.target()
        )
    }

    fn option_problems(&self, processor: Processor, options: &BuildOptions, problems: &mut Vec<Message>) {
        let paravirtual = options.is_on("RTEMS_PARAVIRT");
        let mut problem = |text: &str, option: &str, on: bool| {
            problems.push(Message::new(text).help(self.how_to_set(option, on)));
        };
        if processor == Processor::Leon3 && paravirtual {
            problem(
                "the kit was built with RTEMS_PARAVIRT, which on SPARC makes functions of privileged instructions and \
                 takes none away",
                "RTEMS_PARAVIRT",
                false,
            );
        }
        if processor == Processor::X86_64 && !paravirtual {
            problem(
                "the kit was built without RTEMS_PARAVIRT: its code disables interrupts by instructions that a \
                 partition must not execute",
                "RTEMS_PARAVIRT",
                true,
            );
        }
        if options.is_on("RTEMS_SMP") {
            problem("the kit was built with RTEMS_SMP: a partition has one processor", "RTEMS_SMP", false);
        }
        if options.is_on("RTEMS_MULTIPROCESSING") {
            problem(
                "the kit was built with RTEMS_MULTIPROCESSING, which needs shared memory that partitions do not have",
                "RTEMS_MULTIPROCESSING",
                false,
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
