//! Boots a system that was built for Xen: the hypervisor, its first domain and the guests, in QEMU.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, Message, Result};
use crate::files::{self, Claim};
use crate::host::Hosted;
use crate::installation::Installation;
use crate::system_file::System;

use super::packages::{Hypervisor, Packages};
use super::strip::without_sections;
use super::{AGENT, configuration, first_domain, schedule};

/// Memory of the first domain in MiB without its file system and its guests. Its kernel keeps 118 MiB for itself and
/// its tables, and Xen's daemons take 17. The rest is what one xl takes while it creates a guest, and room.
const FIRST_DOMAIN_MEMORY: u64 = 168;

/// Memory of the first domain in MiB for each guest: a process of xl that waits for the guest's end, measured as 0.8.
const FIRST_DOMAIN_GUEST: u64 = 1;

/// Memory in MiB that the hypervisor and the firmware keep.
const HYPERVISOR_MEMORY: u64 = 304;

/// Memory in MiB that the hypervisor takes for a guest besides the guest's own.
const GUEST_OVERHEAD: u64 = 3;

/// What a system will be booted with.
#[derive(Clone, Debug)]
pub struct Machine {
    packages: Packages,
    hypervisor: Hypervisor,
    agent: PathBuf,
}

/// What QEMU is told.
#[derive(Clone, Debug)]
pub struct Boot {
    /// The folder that QEMU runs in.
    pub folder: PathBuf,
    /// The hypervisor's file.
    pub hypervisor: PathBuf,
    /// The hypervisor's command line.
    pub command_line: String,
    /// The first domain's kernel with its command line, and its file system, as QEMU's `-initrd` takes them.
    pub modules: String,
    /// Memory of the machine in MiB.
    pub memory: u64,
    /// Where the hypervisor and the kernel of the first domain say what they do, in the folder.
    pub log: &'static str,
    /// The partitions' programs with their symbols.
    pub programs: Vec<Vec<u8>>,
    /// As long as this is kept, the folder is this run's alone.
    _claim: Arc<Claim>,
}

impl Machine {
    /// Finds everything that booting takes, before anything is built, and what is to be known about it.
    ///
    /// # Errors
    /// If something is missing, or the system's windows do not fit the hypervisor's scheduler.
    pub fn find(
        hypervisor: Option<&Path>,
        installation: &Installation,
        system: &System,
    ) -> Result<(Self, Vec<Message>)> {
        let packages = Packages::find(installation)?;
        let hypervisor = Hypervisor::find(hypervisor, installation, &packages)?;
        let agent = installation.xen_agent()?;
        let mut warnings = Vec::new();
        if hypervisor.has_arinc653 {
            schedule::keepable(system).map_err(|error| with_debian(error, &packages))?;
        } else {
            warnings.extend(super::warnings(system));
            warnings.push(
                Message::new("windows are not guaranteed: this Xen has no scheduler for them (arinc653)")
                    .help("each partition is limited to its share of the processor; `make xen-arinc653` builds a Xen \
                           that has it"),
            );
        }
        Ok((Self { packages, hypervisor, agent }, warnings))
    }

    /// Writes what the machine boots of a system, into the folder of what was built.
    ///
    /// # Errors
    /// If the packages are incomplete, or a file cannot be written.
    pub fn prepare(&self, built: &Hosted, limit: Option<u64>) -> Result<Boot> {
        let (folder, claim) = free_folder(&built.folder)?;
        let files = system_files(built, limit)?;
        let archive = first_domain::file_system(&self.packages, &self.agent, &files)?;
        super::write_file(&folder, "first-domain.cpio", &archive)?;
        files::link(&self.packages.linux(), &folder.join(LINUX))?;
        let scheduler = if self.hypervisor.has_arinc653 { "arinc653" } else { "credit2" };
        let guests: u64 = built
            .system
            .partitions
            .iter()
            .zip(&built.programs)
            .enumerate()
            .map(|(number, (_, program))| {
                configuration::memory(&built.system, number, &program.image) + GUEST_OVERHEAD
            })
            .sum();
        let first_domain = first_domain_memory(archive.len() as u64, built.system.partitions.len() as u64);
        Ok(Boot {
            folder,
            hypervisor: self.hypervisor.file.clone(),
            command_line: command_line(first_domain, scheduler),
            modules: format!("{LINUX} {FIRST_DOMAIN_OPTIONS},first-domain.cpio"),
            memory: HYPERVISOR_MEMORY + first_domain + guests,
            log: "xen.log",
            _claim: Arc::new(claim),
            programs: built.programs.iter().map(|program| program.file.clone()).collect(),
        })
    }
}

/// A folder for one run, inside that of what was built: `boot`, or `boot-2` and so on while other runs of it go on,
/// which have logs and time limits of their own.
fn free_folder(built: &Path) -> Result<(PathBuf, Claim)> {
    let mut number = 1;
    loop {
        let name = if number == 1 { "boot".to_owned() } else { format!("boot-{number}") };
        let folder = built.join(name);
        if let Some(claim) = Claim::if_free(&folder)? {
            return Ok((folder, claim));
        }
        number += 1;
    }
}

/// Memory of the first domain in MiB. Its file system is there twice over while the kernel unpacks it.
const fn first_domain_memory(file_system: u64, guests: u64) -> u64 {
    FIRST_DOMAIN_MEMORY + 2 * file_system.div_ceil(1 << 20) + FIRST_DOMAIN_GUEST * guests
}

/// Has Xen load the vector registers of whom it lets run at once, and not when they are first used. Under QEMU 7.2 a
/// domain that it has let go on without them finds those of another in the lower halves: the first domain's programs
/// compare texts in them, and one of them found no version of a library because two names that differ were the same.
const EAGER_REGISTERS: &str = "spec-ctrl=eager-fpu";

/// What the first domain's kernel is called in the folder that is booted.
const LINUX: &str = "linux";

/// What the first domain's Linux is told. That it does not try its ciphers, does not look after mistakes of processors
/// that QEMU's has not, does not look through all page tables for what can be both written and executed, and clears one
/// megabyte for devices that it has not instead of 64, saves a fifth of the time until it is there.
const FIRST_DOMAIN_OPTIONS: &str =
    "console=hvc0 loglevel=4 panic=1 cryptomgr.notests=1 mitigations=off rodata=off swiotlb=512";

/// The hypervisor's command line.
fn command_line(first_domain: u64, scheduler: &str) -> String {
    format!(
        "com2=115200,8n1 console=com2 loglvl=warning guest_loglvl=all conring_size=1M noreboot=false \
         dom0_mem={first_domain}M,max:{first_domain}M dom0_max_vcpus=1 sched={scheduler} {EAGER_REGISTERS}"
    )
}

/// The files of the system that the first domain needs: images without what only a debugger reads, configurations, the
/// description.
fn system_files(built: &Hosted, limit: Option<u64>) -> Result<Vec<(String, Vec<u8>)>> {
    let mut listed = vec![("system".to_owned(), schedule::description(&built.system, limit).into_bytes())];
    for partition in &built.system.partitions {
        for ending in ["elf", "cfg"] {
            let name = format!("{}.{ending}", partition.name);
            let path = built.folder.join(&name);
            let bytes = files::read(&path)?;
            listed.push((name, if ending == "elf" { without_sections(bytes) } else { bytes }));
        }
    }
    Ok(listed)
}

/// Adds that there is a hypervisor without windows.
fn with_debian(error: Error, packages: &Packages) -> Error {
    match error {
        Error::Usage(message) => {
            let help = message.help.clone().unwrap_or_default();
            let file = packages.folder.join("xen");
            Error::Usage(
                message.help(format!(
                    "{help}; or do without guaranteed windows: --hypervisor {}",
                    file.display()
                )),
            )
        }
        other => other,
    }
}

/// What of the first domain goes beside the system, for a Xen that is there already.
pub(super) fn agent(installation: &Installation) -> Result<Vec<u8>> {
    let path = installation.xen_agent()?;
    fs::read(&path).map_err(|error| {
        Error::Environment(Message::new(format!("{AGENT} cannot be read: {}: {error}", path.display())))
    })
}

#[cfg(test)]
mod tests {
    use super::{command_line, first_domain_memory, free_folder};

    #[test]
    fn runs_at_the_same_time_have_folders_of_their_own() {
        let built = tempfile::tempdir().expect("a folder");
        let folder = |name: &str| built.path().join(name);
        let first = free_folder(built.path()).expect("a folder");
        let second = free_folder(built.path()).expect("a folder");
        let third = free_folder(built.path()).expect("a folder");
        assert_eq!((&first.0, &second.0), (&folder("boot"), &folder("boot-2")));
        assert_eq!(third.0, folder("boot-3"));
        drop(second);
        assert_eq!(free_folder(built.path()).expect("a folder").0, folder("boot-2"));
    }

    #[test]
    fn xen_leaves_nobody_the_vector_registers_of_another() {
        let line = command_line(200, "credit2");
        assert!(line.split(' ').any(|word| word == "spec-ctrl=eager-fpu"), "{line}");
    }

    #[test]
    fn the_first_domain_grows_with_what_is_in_it() {
        // Debian's programs and libraries take 14 MiB.
        let one = first_domain_memory(14 << 20, 1);
        assert!((192..256).contains(&one), "{one}");
        // With 32 RTEMS guests of 4 MiB it was tried: 45 MiB were free when the last one had been created.
        assert_eq!(first_domain_memory(15 << 20, 32), 230);
        assert_eq!(first_domain_memory(94 << 20, 1), one + 160);
    }
}
