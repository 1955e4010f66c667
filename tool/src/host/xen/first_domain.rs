//! The file system of Xen's first domain: our program as its first process, Xen's own programs and libraries out of
//! Debian's packages, kernel modules, and the system.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Message, Result};

use super::cpio::Archive;
use super::packages::Packages;

/// Folders that are there from the start; our program makes the others.
const FOLDERS: [&str; 12] =
    ["bin", "dev", "etc", "etc/xen", "lib64", "modules", "proc", "run", "sys", "tmp", "var", "bulkhead"];

/// Programs: those of the hypervisor's version, and those that are the same for all.
const VERSIONED: [&str; 4] = ["xl", "xenstored", "xenconsoled", "xen-init-dom0"];
const COMMON: [&str; 2] = ["xenstore-read", "xenstore-watch"];

/// Folders with libraries.
const LIBRARIES: [&str; 2] = ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"];

/// The loader of programs, which they name by this path.
const LOADER: &str = "lib64/ld-linux-x86-64.so.2";

/// xl's settings: the first domain has been told at its start how much memory it has.
const XL_SETTINGS: &[u8] = b"autoballoon=\"off\"\n";

/// Puts the file system together. `agent` is our program; `system` are the files of the system, with their names.
///
/// # Errors
/// If the packages do not have what is needed.
pub(super) fn file_system(
    packages: &Packages,
    agent: &Path,
    system: &[(String, Vec<u8>)],
) -> Result<Vec<u8>> {
    let root = packages.root();
    let mut archive = Archive::default();
    FOLDERS.iter().for_each(|folder| archive.folder(folder));
    archive.link("var/run", "/run");
    archive.link("var/lock", "/run/lock");
    archive.file("etc/xen/xl.conf", XL_SETTINGS);
    archive.file("init", &read(agent)?);
    let versioned = version_folder(&root)?;
    for name in VERSIONED {
        archive.file(&format!("bin/{name}"), &read(&versioned.join(name))?);
    }
    for name in COMMON {
        archive.file(&format!("bin/{name}"), &read(&root.join("usr/bin").join(name))?);
    }
    add_libraries(&mut archive, &root)?;
    for module in modules(&root) {
        let name = module.file_name().unwrap_or_default().to_string_lossy().into_owned();
        archive.file(&format!("modules/{name}"), &read(&module)?);
    }
    for (name, content) in system {
        archive.file(&format!("bulkhead/{name}"), content);
    }
    Ok(archive.finish())
}

fn add_libraries(archive: &mut Archive, root: &Path) -> Result<()> {
    let target = fs::read_link(root.join(LOADER)).map_err(|error| incomplete(&root.join(LOADER), &error))?;
    archive.link(LOADER, &target.to_string_lossy());
    for folder in ["lib", "lib/x86_64-linux-gnu", "usr", "usr/lib", "usr/lib/x86_64-linux-gnu"] {
        archive.folder(folder);
    }
    for folder in LIBRARIES {
        for path in sorted(&root.join(folder)) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let inside = format!("{folder}/{name}");
            match fs::read_link(&path) {
                Ok(target) => archive.link(&inside, &target.to_string_lossy()),
                Err(_) if name.contains(".so") && path.is_file() => archive.file(&inside, &read(&path)?),
                Err(_) => {}
            }
        }
    }
    Ok(())
}

/// The folder of programs that fit one version of Xen only: usr/lib/xen-4.17/bin.
fn version_folder(root: &Path) -> Result<PathBuf> {
    let library = root.join("usr/lib");
    let found =
        sorted(&library).into_iter().map(|path| path.join("bin")).find(|path| path.join("xl").is_file());
    found.ok_or_else(|| incomplete(&library.join("xen-*/bin/xl"), &std::io::ErrorKind::NotFound.into()))
}

/// Xen's kernel modules, wherever the kernel's version puts them.
fn modules(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for library in ["lib/modules", "usr/lib/modules"] {
        for version in sorted(&root.join(library)) {
            let drivers = version.join("kernel/drivers/xen");
            found.extend(sorted(&drivers));
            found.extend(sorted(&drivers.join("xenfs")));
        }
    }
    found.retain(|path| path.extension().is_some_and(|ending| ending == "ko"));
    found
}

/// What is in a folder, in an order that is always the same; nothing if there is no such folder.
fn sorted(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| incomplete(path, &error))
}

fn incomplete(path: &Path, error: &std::io::Error) -> Error {
    Error::Environment(
        Message::new(format!("a part of what Xen boots cannot be read: {}: {error}", path.display()))
            .help("remove the folder with Xen's packages and fetch them again with xen-packages"),
    )
}
