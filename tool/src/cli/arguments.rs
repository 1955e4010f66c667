//! What can be asked on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// What `bulkhead --help` says about exit statuses.
const EXIT_STATUS: &str = "\
Exit status:
    0  done
   64  wrong usage
   65  the system file has problems
   69  something is missing on this machine
   70  the system cannot be built
  run also ends with
    1  a partition halted with a status other than 0
    2  the health monitor stopped a partition
    3  the kernel or QEMU did not end as it should
    4  a partition did not end as --expect says
  124  --timeout was reached
  130  ended by Ctrl-C";

/// Checks, builds and runs systems of partitions.
#[derive(Debug, Parser)]
#[command(name = "bulkhead", version, after_help = EXIT_STATUS, max_term_width = 100)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check a system file against every rule
    Check {
        /// System file, or a folder with a bulkhead.toml
        #[arg(default_value = ".")]
        file: PathBuf,
    },
    /// Build a system into one file that boots, and say what is in it
    Build(BuildArguments),
    /// Write a system to start from
    New {
        /// Folder to write it to; must not exist or be empty
        directory: PathBuf,
    },
}

/// What `bulkhead build` is told.
#[derive(Debug, Args)]
pub(super) struct BuildArguments {
    /// System file, or a folder with a bulkhead.toml
    #[arg(default_value = ".")]
    pub(super) file: PathBuf,
    /// Where the bootable file goes [default: build/<system>.elf beside the system file]
    #[arg(short, long, value_name = "OUT")]
    pub(super) output: Option<PathBuf>,
}
