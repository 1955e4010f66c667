//! What is said of a program that asks for functions of the kit's board, which a partition does not have.

use std::fs;

use bulkhead_audit::instructions::Class;
use bulkhead_audit::{Finding, Options, audit_file};

use super::{BuildOptions, Kit};
use crate::service_help::quoted;
use crate::subprocess;

/// What the names of a board's functions begin with, and what a partition has in their place.
const INSTEAD: [(&str, &str); 9] = [
    ("LEON3_IrqCtrl_", INTERRUPTS),
    ("leon3_ext_irq_", INTERRUPTS),
    ("BSP_irq_", INTERRUPTS),
    ("LEON3_Timer_", TIME),
    ("leon3_timecounter", TIME),
    ("Clock_driver_", TIME),
    ("leon3_debug_uart", CONSOLE),
    ("BSP_uart_", CONSOLE),
    ("Console_", CONSOLE),
];

const INTERRUPTS: &str =
    "interrupts of a [[device]] are rtems_interrupt_handler_install()'s, and others are the kernel's";
const TIME: &str = "time is the executive's clock; a timer of its own would be a [[device]]";
const CONSOLE: &str =
    "printk() and /dev/console are the partition's console; a UART of its own is a [[device]]";

/// The table that RTEMS's driver manager wants of a program.
const DRIVERS: &str = "drvmgr_drivers";

/// What RTEMS gives newlib or has in its place, without the underscores and the `_r` that newlib calls some by: one of
/// these is missing first, whatever a program wants of a C library that has nothing below it.
const OF_NEWLIB: [&str; 16] = [
    "assert_func",
    "calloc",
    "close",
    "exit",
    "free",
    "fstat",
    "getreent",
    "gettimeofday",
    "isatty",
    "lseek",
    "malloc",
    "open",
    "read",
    "realloc",
    "rtems_malloc",
    "write",
];

/// What would be right, if the linker lacks something that the kit's board has, or that the kit was built without.
pub(super) fn of_linker(kit: &Kit, said: &str) -> Option<String> {
    let lacks = |line: &&str| line.contains("undefined reference");
    let mut names = said.lines().filter(lacks).filter_map(quoted).peekable();
    names.peek()?;
    let library = kit.libraries.join("librtemsbsp.a");
    let symbols = symbols(kit).unwrap_or_default();
    let without_newlib = kit.options.as_ref().is_some_and(BuildOptions::is_without_newlib);
    names.find_map(|name| {
        if let Some(help) = of_newlib(name).filter(|_| without_newlib) {
            return Some(help);
        }
        if name == DRIVERS {
            return Some(of_drivers());
        }
        let member = symbols.lines().find_map(|line| defined_in(line, name))?;
        let report = audit_file(&library, &Options::default()).ok();
        let mut findings = report.iter().flat_map(|report| &report.findings);
        let privileged = |class: Class| matches!(class, Class::Silent | Class::Faults | Class::Emulated);
        let of_member =
            |finding: &&Finding| privileged(finding.class) && finding.member.as_deref() == Some(member);
        let found = findings.find(of_member);
        Some(of_board(name, member, found.map(|found| (&*found.instruction, &*found.function))))
    })
}

/// What a partition has in the place of a symbol of a board, if that can be told by its name.
pub(super) fn instead(name: &str) -> Option<&'static str> {
    INSTEAD.iter().find(|(beginning, _)| name.starts_with(beginning)).map(|(_, instead)| *instead)
}

/// What is said of a symbol that a kit lacks because it was built without `RTEMS_NEWLIB`.
fn of_newlib(name: &str) -> Option<String> {
    let plain = name.trim_start_matches('_').trim_end_matches("_r");
    OF_NEWLIB.contains(&plain).then(|| {
        format!(
            "the kit was built with RTEMS_NEWLIB = False, so `{name}` is not in it: a program for it has printk() and \
             no files (CONFIGURE_APPLICATION_DISABLE_FILESYSTEM); or build RTEMS without that line in config.ini"
        )
    })
}

fn of_drivers() -> String {
    format!(
        "`{DRIVERS}` is the program's: in the source that has the configuration, #define the \
         CONFIGURE_DRIVER_AMBAPP_... that it uses, and #include <drvmgr/drvmgr_confdefs.h>"
    )
}

/// What is said of a symbol of a board, in a member of its library, with an instruction that keeps it out.
fn of_board(name: &str, member: &str, privileged: Option<(&str, &str)>) -> String {
    let source = member.split_inclusive('.').take(2).collect::<String>();
    let source = source.trim_end_matches('.');
    let why = privileged.map_or_else(
        || "in whose place partitions have another".to_owned(),
        |(instruction, function)| format!("which needs privilege: `{instruction}` in {function}"),
    );
    let instead = instead(name).unwrap_or("docs/rtems.md says what a partition has of a board");
    format!("`{name}` is in the board's {source}, {why}; {instead}")
}

/// The global symbols of the kit's board, each behind `ARCHIVE[MEMBER]:`.
fn symbols(kit: &Kit) -> Option<String> {
    let library = kit.libraries.join("librtemsbsp.a");
    fs::metadata(&library).ok()?;
    let mut command = std::process::Command::new(kit.tool("nm")?);
    command.args(["-P", "-A", "-g", "--defined-only"]).arg(library);
    let mut listed = String::new();
    subprocess::run(command, "the kit's tool", &mut |text| listed.push_str(text)).ok()?;
    Some(listed)
}

/// The member that defines a symbol, if a line of a listing says so.
fn defined_in<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (place, rest) = line.rsplit_once("]: ")?;
    let (_, member) = place.rsplit_once('[')?;
    (rest.split_whitespace().next()? == name).then_some(member)
}

#[cfg(test)]
mod tests {
    use super::{defined_in, of_board, of_newlib};

    #[test]
    fn who_asks_for_the_board_is_told_what_is_there_instead() {
        assert_eq!(
            of_board("LEON3_IrqCtrl_Regs", "amba.c.21.o", None),
            "`LEON3_IrqCtrl_Regs` is in the board's amba.c, in whose place partitions have another; interrupts of a \
             [[device]] are rtems_interrupt_handler_install()'s, and others are the kernel's"
        );
        assert_eq!(
            of_board("grspw_open", "grspw_pkt.c.14.o", Some(("lda [%g2] 0x1, %g1", "grspw_dma_rx_count"))),
            "`grspw_open` is in the board's grspw_pkt.c, which needs privilege: `lda [%g2] 0x1, %g1` in \
             grspw_dma_rx_count; docs/rtems.md says what a partition has of a board"
        );
    }

    #[test]
    fn what_newlib_wants_is_told_from_what_a_program_wants() {
        for name in ["_free_r", "__getreent", "malloc", "rtems_malloc", "_gettimeofday_r"] {
            let help = of_newlib(name).expect(name);
            assert!(help.starts_with(&format!(
                "the kit was built with RTEMS_NEWLIB = False, so `{name}` is not in it: "
            )));
        }
        assert_eq!(of_newlib("grspw_open"), None);
        assert_eq!(of_newlib("free_all"), None);
    }

    #[test]
    fn members_are_found_in_a_listing() {
        let line = "lib/librtemsbsp.a[amba.c.21.o]: ambapp_plb T 0 1c";
        assert_eq!(defined_in(line, "ambapp_plb"), Some("amba.c.21.o"));
        assert_eq!(defined_in(line, "ambapp"), None);
        assert_eq!(defined_in("amba.o:", "ambapp_plb"), None);
    }
}
