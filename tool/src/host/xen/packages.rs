//! Debian's packages with Xen and its first domain, as the script `xen-packages` unpacks them, and the hypervisor to
//! boot.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Message, Result};
use crate::installation::Installation;

/// The variable that names a folder which the script has filled.
const VARIABLE: &str = "BULKHEAD_XEN";

/// The folder's name in an installation, beside the script.
const FOLDER: &str = "xen-packages.d";

/// The hypervisor that `make xen-arinc653` builds, in an installation.
const WITH_ARINC653: &str = "hypervisor-arinc653";

/// The file that the script writes last.
const COMPLETE: &str = "packages";

/// What the hypervisor with the scheduler says of it.
const ARINC653: &[u8] = b"ARINC 653 Scheduler\0";

/// The unpacked packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Packages {
    /// Their folder.
    pub(super) folder: PathBuf,
}

impl Packages {
    /// Finds the packages.
    ///
    /// # Errors
    /// If they have not been fetched.
    pub(super) fn find(installation: &Installation) -> Result<Self> {
        let named = env::var_os(VARIABLE).map(PathBuf::from);
        let ours = installation.xen().join(FOLDER);
        let folder = named.clone().unwrap_or_else(|| ours.clone());
        if folder.join(COMPLETE).is_file() {
            // QEMU is started elsewhere.
            let folder = folder.canonicalize().unwrap_or(folder);
            return Ok(Self { folder });
        }
        let script = installation.xen().join("xen-packages");
        let text = format!("Debian's packages with Xen are not there: {}", folder.display());
        let help = match named {
            Some(_) => {
                format!("unset {VARIABLE}, or fetch them with: {} {}", script.display(), folder.display())
            }
            None => format!("fetch them (78 MB, nothing is installed) with: {}", script.display()),
        };
        Err(Error::Environment(Message::new(text).help(help)))
    }

    /// The kernel of the first domain: uncompressed if it is there, since unpacking takes a fifth of the boot.
    pub(super) fn linux(&self) -> PathBuf {
        let file = self.folder.join("vmlinux");
        if file.is_file() { file } else { self.folder.join("vmlinuz") }
    }

    /// Where the packages' files are.
    pub(super) fn root(&self) -> PathBuf {
        self.folder.join("files")
    }
}

/// A hypervisor that can be booted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hypervisor {
    /// Its file.
    pub(super) file: PathBuf,
    /// Whether the scheduler arinc653 is compiled in.
    pub(super) has_arinc653: bool,
}

impl Hypervisor {
    /// The hypervisor that is named, or the one with arinc653 if it has been built, or that of the packages.
    ///
    /// # Errors
    /// If its file cannot be read, or is none.
    pub(super) fn find(
        named: Option<&Path>,
        installation: &Installation,
        packages: &Packages,
    ) -> Result<Self> {
        let built = installation.xen().join(WITH_ARINC653);
        let file = match named {
            Some(named) => named.to_owned(),
            None if built.is_file() => built,
            None => packages.folder.join("xen"),
        };
        let shown = file.display();
        let bytes = fs::read(&file).map_err(|error| {
            Error::Environment(
                Message::new(format!("the hypervisor cannot be read: {shown}: {error}"))
                    .help("name a file with --hypervisor, or fetch Debian's with xen-packages"),
            )
        })?;
        if !bytes.starts_with(b"\x7fELF") {
            return Err(Error::Usage(
                Message::new(format!("{shown} is not a hypervisor that QEMU can load: it is no ELF file"))
                    .help("Xen's file in /boot is compressed: unpack it with gzip -d"),
            ));
        }
        let has_arinc653 = bytes.windows(ARINC653.len()).any(|found| found == ARINC653);
        let file = file.canonicalize().unwrap_or(file);
        Ok(Self { file, has_arinc653 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = env::temp_dir().join(format!("bulkhead-xen-{name}-{}", std::process::id()));
        fs::create_dir_all(folder.join("xen")).expect("a folder");
        folder
    }

    #[test]
    fn missing_packages_are_named_with_the_command_that_fetches_them() {
        let folder = folder("missing");
        let installation = Installation::at(&folder).expect("an installation");
        let error = Packages::find(&installation).expect_err("nothing there").to_string();
        assert!(error.contains("xen/xen-packages.d") && error.contains("with: "), "{error}");
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn the_scheduler_is_read_from_the_image() {
        let folder = folder("image");
        let installation = Installation::at(&folder).expect("an installation");
        let packages = Packages { folder: folder.clone() };
        let find = |bytes: &[u8]| {
            let file = folder.join("image");
            fs::write(&file, bytes).expect("written");
            Hypervisor::find(Some(&file), &installation, &packages).map(|found| found.has_arinc653)
        };
        assert!(matches!(find(b"\x7fELF .. ARINC 653 Scheduler\0 .."), Ok(true)));
        assert!(matches!(find(b"\x7fELF .. Credit Scheduler\0 .."), Ok(false)));
        assert!(find(b"\x1f\x8b").expect_err("compressed").to_string().contains("gzip -d"));
        fs::remove_dir_all(folder).expect("removed");
    }
}
