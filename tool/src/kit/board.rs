//! A board of a prefix: the partition support with what build systems look for beside it.
//!
//! The board's folder is whole, as that of every board is: what knows RTEMS asks for `-B FOLDER -qrtems`, or for the
//! folder `include` in it, and for nothing else. What is the kit's is in there as symbolic links.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::files::{absolute, cannot, create_folder, link, read, replace_folder, write};
use crate::installation::Installation;
use crate::target::Host;

use super::Kit;
use super::find::BOARD_SPECS;
use super::support::{
    BOARD_LIBRARY, IN_PLACE, NETWORK_LIBRARY, SUFFIX, in_place, make_support, single_words,
};

/// What was installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    /// The board's name.
    pub name: String,
    /// Its pkg-config file.
    pub pkg_config: PathBuf,
    /// Its toolchain file for CMake.
    pub toolchain: PathBuf,
}

/// Installs a kit's partition support as a board of its own into a prefix, with a pkg-config file and a toolchain file
/// for CMake.
///
/// # Errors
/// If something is missing, does not compile, or cannot be written.
pub fn install(
    kit: &Kit,
    installation: &Installation,
    prefix: &Path,
    messages: &mut dyn FnMut(&str),
) -> Result<Board> {
    let prefix = absolute(prefix)?;
    let name = format!("{}{SUFFIX}", kit.board);
    let tools = format!("{}-rtems{}", kit.architecture, kit.major);
    let folder = prefix.join(&tools).join(&name).join("lib");
    single_words(&compile_flags(kit, &folder))?;
    single_words(&link_flags(kit, &folder))?;
    make_support(kit, installation, Host::Bulkhead, &folder, "--into names another place for it", messages)?;
    libraries(kit, &folder)?;
    let pack = kit.pack(installation)?;
    headers(kit, &pack.join("include"), &folder.join("include"))?;
    if in_place(&pack).is_some() {
        create_folder(&folder.join(IN_PLACE))?;
        copy(&pack.join(IN_PLACE), &folder.join(IN_PLACE))?;
    }

    let pkg_config = prefix.join("lib/pkgconfig").join(format!("{tools}-{name}.pc"));
    create_folder(&prefix.join("lib/pkgconfig"))?;
    write(&pkg_config, pkg_config_text(kit, &name, &folder).as_bytes())?;

    let modules = prefix.join(format!("share/rtems{}/cmake", kit.major));
    let toolchain = modules.join(format!("{tools}-{name}.cmake"));
    create_folder(&modules.join("Platform"))?;
    write(&toolchain, toolchain_text(kit, &name, &prefix, &folder).as_bytes())?;
    write(&modules.join("Platform/RTEMS.cmake"), include_bytes!("../../templates/RTEMS.cmake"))?;
    Ok(Board { name, pkg_config, toolchain })
}

/// The kit's other libraries, and what its flags name besides.
fn libraries(kit: &Kit, folder: &Path) -> Result<()> {
    for (name, path) in entries(&kit.libraries)? {
        let own = [BOARD_LIBRARY, NETWORK_LIBRARY].contains(&&*name);
        if (name.starts_with("lib") && name.ends_with(".a") && !own) || name == BOARD_SPECS {
            link(&path, &folder.join(name))?;
        }
    }
    Ok(())
}

/// The pack's headers, and the kit's beside them.
fn headers(kit: &Kit, pack: &Path, folder: &Path) -> Result<()> {
    replace_folder(folder, |folder| {
        for (name, path) in entries(&kit.libraries.join("include"))? {
            link(&path, &folder.join(name))?;
        }
        copy(pack, folder)
    })
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for (name, path) in entries(from)? {
        let place = to.join(name);
        if path.is_dir() {
            create_folder(&place)?;
            copy(&path, &place)?;
        } else {
            write(&place, &read(&path)?)?;
        }
    }
    Ok(())
}

/// What is in a folder, in the order of the names.
fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let listed = fs::read_dir(folder).map_err(|error| cannot("read", folder, &error))?;
    let mut entries: Vec<(String, PathBuf)> = listed
        .flatten()
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        .collect();
    entries.sort();
    Ok(entries)
}

/// Flags that compile for the board: the kit's, but for its folders.
fn compile_flags(kit: &Kit, folder: &Path) -> Vec<String> {
    let mut flags = kit.compile_flags();
    flags.retain(|flag| !is_of_kit(kit, flag));
    flags.extend(in_place(folder));
    flags.push(format!("-isystem{}", folder.join("include").display()));
    flags
}

/// Flags that link for the board.
fn link_flags(kit: &Kit, folder: &Path) -> Vec<String> {
    let mut flags = super::support::link_flags(kit, folder);
    flags.retain(|flag| !is_of_kit(kit, flag));
    flags
}

fn is_of_kit(kit: &Kit, flag: &str) -> bool {
    flag.contains(&*kit.libraries.to_string_lossy())
}

/// What a kit of RTEMS 5 does not say by itself: the flags that choose among processors.
fn machine_flags(kit: &Kit) -> String {
    let flags = kit.compile_flags();
    flags.into_iter().filter(|flag| flag.starts_with("-m")).collect::<Vec<_>>().join(" ")
}

fn pkg_config_text(kit: &Kit, board: &str, folder: &Path) -> String {
    let link = link_flags(kit, folder).join(" ");
    let variable = |name: &str| kit.settings.variable(name).unwrap_or_default().to_owned();
    let machine = kit.settings.variable("ABI_FLAGS").map_or_else(|| machine_flags(kit), str::to_owned);
    format!(
        "# RTEMS {} for {} in a partition of Bulkhead, over the kit {}.\n\n\
         prefix={}\nexec_prefix={}\nlibdir={}\nincludedir={}\n\n\
         ABI_FLAGS={}\nRTEMS_ARCH={}\nRTEMS_BSP={board}\nRTEMS_BSP_BASE={}\nRTEMS_BSP_FAMILY={}\n\
         RTEMS_MAJOR={}\nRTEMS_MINOR={}\nRTEMS_REVISION={}\n\n\
         Name: {}{SUFFIX}\nVersion: {}\nDescription: RTEMS BSP {}/{board}\nCflags: {}\nLdflags: {link}\nLibs: {link}\n",
        kit.version,
        kit.target(),
        kit.name,
        kit.prefix.display(),
        kit.prefix.join(format!("{}-rtems{}", kit.architecture, kit.major)).display(),
        folder.display(),
        folder.join("include").display(),
        machine,
        kit.architecture,
        variable("RTEMS_BSP_BASE"),
        kit.family(),
        kit.major,
        variable("RTEMS_MINOR"),
        variable("RTEMS_REVISION"),
        kit.name,
        kit.version,
        kit.architecture,
        compile_flags(kit, folder).join(" "),
    )
}

/// CMake's toolchain file.
fn toolchain_text(kit: &Kit, board: &str, prefix: &Path, folder: &Path) -> String {
    let tool = |name| kit.tool(name).unwrap_or_default().display().to_string();
    let tools = kit.compiler.as_ref().and_then(|compiler| compiler.parent()?.parent());
    let words = [
        ("@VERSION@", kit.version.clone()),
        ("@TARGET@", kit.target()),
        ("@MAJOR@", kit.major.to_string()),
        ("@ARCHITECTURE@", kit.architecture.clone()),
        ("@BOARD@", board.to_owned()),
        ("@PREFIX@", prefix.display().to_string()),
        ("@TOOLS@", tools.unwrap_or(&kit.prefix).display().to_string()),
        ("@GCC@", tool("gcc")),
        ("@GXX@", tool("g++")),
        ("@LD@", tool("ld")),
        ("@COMPILE@", compile_flags(kit, folder).join(" ")),
        ("@LINK@", link_flags(kit, folder).join(" ")),
        ("@FOLDER@", folder.display().to_string()),
    ];
    let template = include_str!("../../templates/toolchain.cmake").to_owned();
    words.into_iter().fold(template, |text, (word, value)| text.replace(word, &value))
}
