//! What is said to a program that asks for ARINC 653's services without their header, or for some that are not there.

/// Types of `arinc653.h`, one of which every program has that asks for a service.
const TYPES: [&str; 6] = [
    "RETURN_CODE_TYPE",
    "SAMPLING_PORT_ID_TYPE",
    "QUEUING_PORT_ID_TYPE",
    "PARTITION_STATUS_TYPE",
    "MEMORY_BLOCK_STATUS_TYPE",
    "SYSTEM_TIME_TYPE",
];

/// What is in the names of services within a partition and of their types, and what the executive has for it.
const OF_EXECUTIVE: [(&str, &str); 10] = [
    ("PROCESS", "processes are tasks there: rtems_task_create"),
    ("PERIODIC_WAIT", "periods are there: rtems_rate_monotonic_period"),
    ("TIMED_WAIT", "tasks wait there: rtems_task_wake_after"),
    ("DELAYED_START", "tasks start there: rtems_task_start"),
    ("PREEMPTION", "tasks have modes there: rtems_task_mode"),
    ("BUFFER", "buffers are message queues there: rtems_message_queue_create"),
    ("BLACKBOARD", "blackboards are message queues there: rtems_message_queue_create"),
    ("SEMAPHORE", "semaphores are there: rtems_semaphore_create"),
    ("MUTEX", "mutexes are semaphores there: rtems_semaphore_create"),
    ("EVENT", "events are there: rtems_event_send"),
];

/// What would be right, if the compiler has said of the services of ARINC 653 that it does not know them.
pub(crate) fn of_compiler(said: &str) -> Option<String> {
    let unknown = |line: &&str| line.contains("unknown type name") || line.contains("undeclared");
    let mut names = said.lines().filter(unknown).filter_map(quoted);
    names
        .find_map(|name| {
            let header = TYPES.contains(&name);
            if header {
                Some("ARINC 653's are there with #include <arinc653.h>".to_owned())
            } else {
                absent(name)
            }
        })
        .or_else(|| said.lines().find_map(of_missing_header))
        .map(|help| format!("the compiler's messages are above; {help}"))
}

/// What would be right, if the linker lacks a service of ARINC 653.
pub(crate) fn of_linker(said: &str) -> Option<String> {
    let lacks = |line: &&str| line.contains("undefined reference");
    said.lines().filter(lacks).filter_map(quoted).find_map(absent)
}

/// What is said of a service, or of a type for it, that is not there.
fn absent(name: &str) -> Option<String> {
    let upper = name.contains('_') && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let (_, instead) = OF_EXECUTIVE.iter().find(|(part, _)| upper && name.contains(part))?;
    Some(format!(
        "`{name}` is not in arinc653.h: what stays within a partition is the executive's; {instead}"
    ))
}

/// What is said of a header that other systems have these services in.
fn of_missing_header(line: &str) -> Option<String> {
    let missing = line.contains("file not found") || line.contains("No such file or directory");
    let (_, behind) = line.split_once("fatal error: ").filter(|_| missing)?;
    let name = behind.to_lowercase();
    let other = name.contains("apex") || name.contains("653");
    other.then(|| "ARINC 653's services are in <arinc653.h>".to_owned())
}

/// The first name in a line that stands between quotation marks, as compilers and linkers write them.
pub(crate) fn quoted(line: &str) -> Option<&str> {
    let marks = ['\'', '`', '\u{2018}', '\u{2019}'];
    let (_, behind) = line.split_once(marks)?;
    behind.split_once(marks).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::{of_compiler, of_linker};

    #[test]
    fn who_lacks_the_header_is_told_its_name() {
        let help = |text: &str| Some(format!("the compiler's messages are above; {text}"));
        let include = help("ARINC 653's are there with #include <arinc653.h>");
        for said in [
            "main.c:8:18: error: unknown type name 'RETURN_CODE_TYPE'\n",
            "main.c:1:2: error: use of undeclared identifier 'SAMPLING_PORT_ID_TYPE'\n    x\n",
            "main.c:1:2: error: \u{2018}SYSTEM_TIME_TYPE\u{2019} undeclared (first use in this function)\n",
        ] {
            assert_eq!(of_compiler(said), include, "{said}");
        }
        for said in [
            "main.c:1:10: fatal error: 'ARINC653.h' file not found\n",
            "main.c:1:10: fatal error: apex/queuing.h: No such file or directory\n",
        ] {
            assert_eq!(of_compiler(said), help("ARINC 653's services are in <arinc653.h>"), "{said}");
        }
        for said in
            ["", "x.c:1:1: error: unknown type name 'foo_t'\n", "fatal error: 'stdio.h' file not found\n"]
        {
            assert_eq!(of_compiler(said), None, "{said}");
        }
    }

    #[test]
    fn who_asks_for_a_service_that_is_not_there_is_told_what_is() {
        let text = "`CREATE_PROCESS` is not in arinc653.h: what stays within a partition is the executive's; \
                    processes are tasks there: rtems_task_create";
        let said = "main.c:44: undefined reference to `CREATE_PROCESS'\n";
        assert_eq!(of_linker(said).as_deref(), Some(text));
        let said = "x.c:3: error: use of undeclared identifier 'p'\nx.c:4: error: unknown type name 'EVENT_ID_TYPE'\n";
        assert!(of_compiler(said).is_some_and(|help| help.contains("rtems_event_send")));
        for said in
            ["undefined reference to `send_event'\n", "undefined reference to `EVENTS'\n", "`CREATE_EVENT'"]
        {
            assert_eq!(of_linker(said), None, "{said}");
        }
    }
}
