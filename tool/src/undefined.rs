//! What a program lacks that cannot be linked, said at once instead of a line for each place.

use std::env;
use std::path::Path;

/// Something that is used and not there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Undefined {
    name: String,
    /// File and line of its first use, where the linker knows them.
    place: Option<String>,
}

/// Names that are listed.
const SHOWN_MAX: usize = 6;

/// How the names of what RTEMS and its libraries have begin, as linkers show them.
const OF_KIT: [&str; 18] = [
    "rtems_",
    "_RTEMS",
    "_Thread_",
    "_Objects_",
    "pthread_",
    "sem_",
    "mq_",
    "clock_",
    "timer_",
    "sched_",
    "aio_",
    "shm_",
    "std::",
    "__cxa_",
    "__gxx_",
    "__dso_handle",
    "_Unwind_",
    "vtable for __cxxabiv1",
];

/// What else a kit's C library has and a stand-in has not, or not yet.
const OF_LIBRARY: &str = " abort accept access acos alarm asctime asin assert atan atan2 atexit bind bsearch ceil \
    chdir \
    chmod close closedir connect cos cosh creat ctime div dlopen dlsym dup dup2 exp execve fabs fclose fcntl fdopen \
    feof ferror fflush fgetc fgets fileno floor fmod fopen fork fprintf fputc fputs fread freopen frexp fscanf \
    fseek fstat fsync ftell ftruncate fwrite getc getchar getcwd getenv getline getopt getpid gettimeofday gmtime \
    inet_addr ioctl isatty kill ldexp link listen localeconv localtime log log10 longjmp lseek mblen mkdir mkfifo \
    mknod mktime mmap modf mount munmap nanosleep open opendir pathconf pause perror pipe poll pow putc \
    putenv qsort raise rand random read readdir readlink realpath recv recvfrom regcomp regexec remove rename rewind \
    rmdir round scanf select send sendto setenv setjmp setlocale setsockopt setvbuf shutdown sigaction signal sigwait \
    sin sinh sleep socket sqrt srand sscanf stat statvfs strcoll strdup strerror strftime strtod strtof strtok \
    strtok_r symlink sync sysconf system tan tanh time times tmpfile trunc umask uname ungetc unlink unmount usleep \
    utime vfprintf vscanf vsscanf waitpid wcslen write ";

/// Whether an RTEMS kit has it.
fn is_of_kit(name: &str) -> bool {
    let function = name.split('(').next().unwrap_or(name);
    OF_KIT.iter().any(|begins| name.starts_with(begins))
        || name.starts_with("operator new")
        || name.starts_with("operator delete")
        || OF_LIBRARY.contains(&format!(" {function} "))
}

/// What a program lacks by what the linker has said, and what would be right; nothing if something else is wrong with
/// it, too.
pub(crate) fn of_linker(said: &str) -> Option<(String, String)> {
    let mut found: Vec<Undefined> = Vec::new();
    for line in said.lines().filter(|line| !line.trim().is_empty()) {
        if let Some((before, behind)) = line.split_once(": undefined reference to ") {
            let name = behind.trim_matches(['`', '\'', '\u{2018}', '\u{2019}']).to_owned();
            if found.iter().all(|known| known.name != name) {
                found.push(Undefined { name, place: place(before) });
            }
        } else if !line.contains(": in function ") && !line.contains(": more undefined references to ") {
            return None;
        }
    }
    (!found.is_empty()).then(|| told(&found))
}

fn told(found: &[Undefined]) -> (String, String) {
    let named = |undefined: &Undefined| match &undefined.place {
        Some(place) => format!("`{}` ({place})", undefined.name),
        None => format!("`{}`", undefined.name),
    };
    let mut names: Vec<String> = found.iter().take(SHOWN_MAX).map(named).collect();
    if found.len() > SHOWN_MAX {
        names.push(format!("{} more", found.len() - SHOWN_MAX));
    }
    let what = match names.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => names.concat(),
    };
    let text = format!("it uses {what}: neither its sources nor the stand-in have that");
    let (of_kit, others): (Vec<&Undefined>, Vec<&Undefined>) =
        found.iter().partition(|it| is_of_kit(&it.name));
    let list = |of: &[&Undefined]| {
        let names: Vec<String> = of.iter().take(SHOWN_MAX).map(|it| format!("`{}`", it.name)).collect();
        names.join(", ")
    };
    let kit = "an RTEMS kit has it: build with --kit PREFIX, or set RTEMS_KIT";
    let own = "name the source that has it in sources, or the library in [partition.build]";
    let help = match (of_kit.is_empty(), others.is_empty()) {
        (false, true) => kit.to_owned(),
        (true, _) => {
            format!("{own}; what belongs to RTEMS or to the C library comes with an RTEMS kit (--kit PREFIX)")
        }
        (false, false) => format!("of {}: {kit}; of {}: {own}", list(&of_kit), list(&others)),
    };
    (text, help)
}

/// File and line, from where the user is, if that is what stands in front of a linker's message.
fn place(before: &str) -> Option<String> {
    // GNU's linker has its own name before that of some places.
    let before = before.rsplit_once("ld: ").map_or(before, |(_, behind)| behind);
    let (path, line) = before.rsplit_once(':')?;
    let _: u32 = line.parse().ok()?;
    let here = env::current_dir().ok();
    let path = Path::new(path);
    let path = here.as_deref().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path);
    Some(format!("{}:{line}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::of_linker;

    #[test]
    fn what_only_a_kit_has_is_said_once() {
        let said = "x86_64-linux-gnu-ld: /x/0-main.o: in function `Init':\n\
                    /x/main.c:12: undefined reference to `pthread_create'\n\
                    x86_64-linux-gnu-ld: /x/main.c:13: undefined reference to `open'\n\
                    /x/main.c:14: undefined reference to `open'\n\
                    main.c:(.text.Init+0x3): undefined reference to `std::ios_base::Init::Init()'\n";
        let (text, help) = of_linker(said).expect("it lacks something");
        assert_eq!(
            text,
            "it uses `pthread_create` (/x/main.c:12), `open` (/x/main.c:13) and `std::ios_base::Init::Init()`: neither \
             its sources nor the stand-in have that"
        );
        assert_eq!(help, "an RTEMS kit has it: build with --kit PREFIX, or set RTEMS_KIT");
    }

    #[test]
    fn what_nobody_has_is_told_apart() {
        let (_, help) = of_linker("a.c:1: undefined reference to `mine'\n").expect("it lacks something");
        assert!(help.starts_with("name the source that has it"), "{help}");
        let said = "a.c:1: undefined reference to `mine'\na.c:1: undefined reference to `sem_wait'\n";
        let (_, help) = of_linker(said).expect("it lacks something");
        assert!(
            help.starts_with("of `sem_wait`: an RTEMS kit has it") && help.contains("of `mine`: name"),
            "{help}"
        );
        let many: String =
            (0..9).map(|number| format!("a.c:1: undefined reference to `f{number}'\n")).collect();
        assert!(of_linker(&many).is_some_and(|(text, _)| text.contains("`f5` (a.c:1) and 3 more")));
    }

    #[test]
    fn other_complaints_are_the_linkers() {
        assert_eq!(
            of_linker("ld: a.o: multiple definition of `f'\na.c:1: undefined reference to `g'\n"),
            None
        );
        assert_eq!(of_linker(""), None);
    }
}
