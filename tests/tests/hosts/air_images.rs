//! What is built for AIR, against a description of what its `partition_assembler` and its kernel read.

use std::fs;
use std::path::Path;

use bulkhead_abi::{INTERFACE_VERSION, START_MAGIC};
use bulkhead_tool::build::Hosted;
use bulkhead_tool::host::Host;

use crate::support::{
    build_file, complaint_about_one, complaint_on_leon3, example_file, has_the_receivers_ports, linked_for,
    said, said_on_leon3, try_build_file,
};

bulkhead_tests::tests! {
    an_image_is_what_the_assembler_and_the_binding_expect,
    the_configuration_is_the_system_file_in_ticks,
    channels_and_ports_are_in_the_configuration_and_in_the_images,
    a_linked_program_lies_where_it_is_linked_for,
    what_air_cannot_do_is_said_before_anything_is_built,
    code_that_flushes_the_windows_expects_air_to_change_registers,
    a_division_by_zero_in_software_is_no_program_for_air,
    what_has_no_place_on_air_is_refused_by_its_key,
}

/// Where every partition's memory begins.
const MEMORY: u32 = 0x4100_0000;
const UNIT: u32 = 16 << 20;

fn word(bytes: &[u8], at: u32) -> u32 {
    let at = at as usize;
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// A value of 64 bits, its low word first.
fn long(bytes: &[u8], at: u32) -> u64 {
    u64::from(word(bytes, at)) | u64::from(word(bytes, at + 4)) << 32
}

fn built(file: &Path, folder: &str) -> Hosted {
    build_file(Host::Air, file, None, folder)
}

fn read(built: &Hosted, name: &str) -> String {
    fs::read_to_string(built.folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The segments of a file: address, bytes, size in memory. System V ABI, chapters 4 and 5: 32 bits, the high byte
/// first, an executable for SPARC, no sections.
fn segments(file: &[u8]) -> Vec<(u32, Vec<u8>, u32)> {
    assert_eq!(
        (&file[..7], word(file, 0x10), word(file, 0x20)),
        (&b"\x7fELF\x01\x02\x01"[..], 2 << 16 | 2, 0)
    );
    let count = word(file, 0x2a) & 0xffff;
    (0..count)
        .map(|index| {
            let at = word(file, 0x1c) + 32 * index;
            let [kind, offset, address, size, memory] = [0, 4, 8, 16, 20].map(|field| word(file, at + field));
            assert!(kind == 1 && size <= memory);
            (address, file[offset as usize..(offset + size) as usize].to_vec(), memory)
        })
        .collect()
}

fn image(built: &Hosted, name: &str) -> Vec<u8> {
    fs::read(built.folder.join(format!("{name}.exe"))).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Numbers behind each occurrence of a word.
fn numbers(text: &str, name: &str) -> Vec<u64> {
    let number = |part: &str| {
        let digits = part.trim_start_matches([' ', '=']);
        let end = digits.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(digits.len());
        match digits[..end].strip_prefix("0x") {
            Some(hexadecimal) => u64::from_str_radix(hexadecimal, 16),
            None => digits[..end].parse(),
        }
        .unwrap_or_else(|error| panic!("{part}: {error}"))
    };
    text.split(name).skip(1).map(number).collect()
}

fn an_image_is_what_the_assembler_and_the_binding_expect() {
    let built = built(&example_file("ticker"), "format");
    let makefile = read(&built, "Makefile");
    for (number, partition) in (0_u32..).zip(&built.system.partitions) {
        let file = image(&built, &partition.name);
        let [(start, block, block_size), (base, program, program_size)] = &segments(&file)[..] else {
            panic!("two segments")
        };
        assert_eq!((*start, block.len() as u32), (MEMORY, *block_size));
        assert!(start + block_size <= *base && base.is_multiple_of(4096));
        // Entry point and everything else lie in what the assembler is told, and the memory that is told is too.
        assert!((*base..base + program.len() as u32).contains(&word(&file, 0x18)));
        assert!(base + partition.memory as u32 <= MEMORY + UNIT);
        assert!(makefile.contains(&format!("{}.exe 0x41000000 {UNIT:#010x}", partition.name)), "{makefile}");
        // The start information, then what the binding has to know.
        assert_eq!([0, 4, 8, 12].map(|at| word(block, at)), [START_MAGIC, INTERFACE_VERSION, number, 0]);
        assert_eq!(
            [0x18, 0x20, 0x38].map(|at| long(block, at)),
            [u64::from(*base), partition.memory, 100_000_000]
        );
        assert!(block[0x40..].starts_with(format!("{}\0", partition.name).as_bytes()));
        let words = [0, 4, 8, 12, 16, 20].map(|at| word(block, 0x468 + at));
        assert_eq!((words[0], words[1], words[3], words[5]), (1_000_000, base + program_size, 1, 0));
        let window = words[2] - MEMORY;
        let expected = [(0, 40_000_000), (50_000_000, 100_000_000)][number as usize];
        assert_eq!((long(block, window), long(block, window + 8)), expected);
    }
}

fn the_configuration_is_the_system_file_in_ticks() {
    let built = built(&example_file("demo"), "configuration");
    let header = read(&built, "usr_config.h");
    for (name, number) in [("US_PER_TICK", 1000), ("PARTITIONS", 3), ("CHANNELS", 1), ("SHARED_MEMORY", 3)] {
        assert!(header.contains(&format!("#define USR_{name} ({number})\n")), "{header}");
    }
    let schedule = read(&built, "usr_schedules.c");
    let (_, windows) = schedule.split_once("usr_schedule_windows[]").expect("windows");
    let (windows, rest) = windows.split_once("};").expect("an end");
    assert_eq!(numbers(windows, ".duration"), [8, 6, 1, 4, 1]);
    let owners: Vec<&str> = windows.lines().filter_map(|line| line.split(".partition = ").nth(1)).collect();
    let owner = |number: usize| format!("&usr_partition_table[{number}] }},");
    assert_eq!(owners, [&owner(0), &owner(1), "NULL },", &owner(2), "NULL },"]);
    assert!(rest.contains(".mtf = 20,") && rest.contains(".count = 5,"), "{rest}");
    // Memory in the largest unit, so that nobody's lies where the kernel's map reaches; no right to the machine.
    let partitions = read(&built, "usr_partitions.c");
    assert_eq!(numbers(&partitions, ".p_unit"), [u64::from(UNIT); 3]);
    assert_eq!(numbers(&partitions, ".size"), [u64::from(UNIT); 3]);
    assert!(!partitions.contains("SUPERVISOR") && !partitions.contains("MODULE_CONTROL"), "{partitions}");
    // A page of words for each, where the guest layer has them, and a page table of each level for it.
    let shared = read(&built, "usr_sharedmemory.c");
    assert_eq!(numbers(&shared, ".addr = (void *)"), [0xffff_f000; 3]);
    assert_eq!(numbers(&shared, ".size"), [4096; 3]);
    let tables = read(&built, "usr_arch.c");
    assert_eq!(tables.matches("_entries = 3,").count(), 4, "{tables}");
    // Stack pointers up to here the kernel does not believe.
    assert!(read(&built, "linkcmds.ld").contains("air_kernel_memory_end = 0x41000000;"));
}

fn channels_and_ports_are_in_the_configuration_and_in_the_images() {
    let file = bulkhead_tests::repository().join("tests/systems/messages/bulkhead.toml");
    let built = built(&file, "messages-format");
    let text = read(&built, "usr_channels.c");
    // Records are 16 bytes longer than messages.
    assert_eq!(numbers(&text, ".max_message_size"), [80, 48, 32]);
    assert_eq!(numbers(&text, ".max_nb_message"), [3, 2]);
    for (name, ends) in [
        ("usr_channel0_source", "&usr_partition0_port0"),
        ("usr_channel0_destination", "&usr_partition1_port0"),
        ("usr_channel1_source", "&usr_partition0_port1"),
        ("usr_channel1_destination", "&usr_partition1_port1"),
        ("usr_channel2_source", "&usr_partition1_port2"),
        ("usr_channel2_destination", "&usr_partition0_port2"),
    ] {
        assert!(text.contains(&format!("static pmk_port_t *{name}[] = {{ {ends} }};")), "{name}: {text}");
    }
    assert!(
        text.contains("usr_partition1_port2 = { .id = 2, .name = \"p02\", .direction = AIR_SOURCE_PORT }")
    );
    // What the receiver finds.
    let file = image(&built, "receiver");
    let segments = segments(&file);
    let (block, base) = (&segments[0].1, segments[1].0);
    let [address, count] = [16, 20].map(|at| word(block, 0x468 + at));
    assert_eq!(count, 3);
    let table = &block[(address - MEMORY) as usize..];
    has_the_receivers_ports(table, address, base, word);
}

fn a_linked_program_lies_where_it_is_linked_for() {
    const CHECK: &str = "tests/partitions/check";
    let for_air = linked_for(Host::Air, CHECK, "linked-source");
    let built = built(&for_air, "linked");
    let file = image(&built, "check");
    let segments = segments(&file);
    let (block, base) = (&segments[0].1, segments[1].0);
    assert_eq!((base, word(&file, 0x18), long(block, 0x18)), (0x4110_0000, base, u64::from(base)));
    // For another kernel it is not.
    let ours = said_on_leon3(Host::Bulkhead, &for_air);
    assert!(
        ours.contains(
            "is linked for memory at 0x41100000, and Bulkhead's kernel has this partition's at 0x00100000"
        ),
        "{ours}"
    );
    let for_ours = bulkhead_tests::repository().join(CHECK).join("bulkhead.toml");
    let air = said_on_leon3(Host::Air, &for_ours);
    assert!(air.contains("is linked for memory at 0x00100000, and AIR has"), "{air}");
    assert!(air.contains("--defsym=bulkhead_image_base=0x41100000"), "{air}");
    assert_eq!(said_on_leon3(Host::Bulkhead, &for_ours), "");
}

/// What is said of a system with one partition on LEON3.
fn complaint(system: &str, memory: &str, program: &str, window: (&str, &str)) -> String {
    complaint_about_one(Host::Air, &format!("processor = \"leon3\"\n{system}"), memory, program, window)
}

fn what_air_cannot_do_is_said_before_anything_is_built() {
    let (frame, hello) = ("major-frame = \"10 ms\"", "sources = [\"hello.c\"]");
    assert_eq!(complaint(frame, "1 MiB", hello, ("0 ms", "10 ms")), "");
    assert_eq!(complaint(frame, "1 MiB", hello, ("40 us", "4 ms")), "");
    for window in [("10 us", "4 ms"), ("1500 ns", "4 ms"), ("0 ms", "4001 us")] {
        let fine = complaint(frame, "1 MiB", hello, window);
        assert!(fine.contains("AIR has no tick that all times of this schedule are multiples of"), "{fine}");
    }
    let large = complaint(frame, "100 MiB", hello, ("0 ms", "10 ms"));
    assert!(
        large.contains("AIR needs 129 MiB of memory for this system, and the machine has 128 MiB")
            && large.contains("AIR itself does not look"),
        "{large}"
    );
    assert_eq!(complaint(frame, "90 MiB", hello, ("0 ms", "10 ms")), "");
    let input = complaint(&format!("{frame}\nconsole-input = \"one\""), "1 MiB", hello, ("0 ms", "10 ms"));
    assert!(input.contains("AIR has no console input"), "{input}");
    let watchdog = complaint(frame, "1 MiB", &format!("{hello}\nwatchdog = \"5 ms\""), ("0 ms", "10 ms"));
    assert!(watchdog.contains("AIR cannot do what `watchdog` says"), "{watchdog}");
    let text = fs::read_to_string(example_file("hello")).expect("a system file");
    let processor = said(Host::Air, &text);
    assert!(processor.contains("AIR runs sparc partitions here, not i386"), "{processor}");
    assert!(processor.contains("--arch leon3"), "{processor}");
}

/// AIR's `ta 3` changes %g1 to %g5: C code says so to its compiler.
fn code_that_flushes_the_windows_expects_air_to_change_registers() {
    let folder = bulkhead_tests::repository().join("rtems/kit/sparc");
    let mut flushes = 0;
    for entry in fs::read_dir(&folder).expect("the kit's folder").flatten() {
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        for line in text.lines().filter(|line| line.contains("\"ta 3")) {
            flushes += 1;
            let changed = ["g1", "g2", "g3", "g4", "g5"].map(|name| format!("\"{name}\""));
            assert!(changed.iter().all(|name| line.contains(name)), "{}: {line}", entry.path().display());
        }
    }
    assert_eq!(flushes, 1);
    // Nor does gcc's own `longjmp` expect it.
    let fatal = fs::read_to_string(folder.join("../fatal.c")).expect("a file of the kit's");
    assert!(!fatal.contains("__builtin_longjmp") && fatal.contains("bulkhead_rtems_go_back"), "{fatal}");
}

/// The trap that libgcc ends a division by zero with is a call on AIR: refused, unless the system file says why not.
fn a_division_by_zero_in_software_is_no_program_for_air() {
    let folder = bulkhead_tests::repository().join("target/systems/hosts/air/divides-source");
    fs::create_dir_all(&folder).expect("a folder");
    let source = "extern volatile int divisor;\nvolatile int divisor = 1;\nvoid division(void);\n\
                  __attribute__((noinline)) void division(void) { __asm__ volatile(\"ta 2\"); }\n\
                  void check(void);\n\
                  __attribute__((constructor)) void check(void) { if (divisor == 0) division(); }\n";
    let hello = bulkhead_tests::repository().join("examples/hello/hello.c");
    fs::write(folder.join("main.c"), source).expect("a source");
    let built = |key: &str| {
        let text = format!(
            "[system]\nprocessor = \"leon3\"\nmajor-frame = \"10 ms\"\n[[partition]]\nname = \"one\"\n\
             memory = \"1 MiB\"\nsources = [\"main.c\", \"{}\"]\n{key}\n[[window]]\npartition = \"one\"\n\
             start = \"0 ms\"\nduration = \"10 ms\"\n",
            hello.display()
        );
        let file = folder.join("bulkhead.toml");
        fs::write(&file, text).expect("a system file");
        try_build_file(Host::Air, &file, None, "divides")
            .err()
            .map_or(String::new(), |error| error.to_string())
    };
    let refused = built("");
    assert!(refused.contains("has a silent instruction in `division`: `ta 2`"), "{refused}");
    assert!(refused.contains("AIR's own trap for calls"), "{refused}");
    assert_eq!(built("allow-silent = [{ function = \"division\", reason = \"it is never called\" }]"), "");
}

/// What has no means there, by its place, with a reason; keys of errors and limits are in the tool's own tests.
fn what_has_no_place_on_air_is_refused_by_its_key() {
    let one = |more: &str| {
        let text = format!(
            "[system]\nprocessor = \"leon3\"\nmajor-frame = \"10 ms\"\n[[partition]]\nname = \"one\"\n\
             memory = \"1 MiB\"\nsources = [\"hello.c\"]\n[[window]]\npartition = \"one\"\n\
             start = \"0 ms\"\nduration = \"10 ms\"\n{more}"
        );
        said(Host::Air, &text)
    };
    assert_eq!(one(""), "");
    let device = "[[device]]\nname = \"uart2\"\nowner = \"one\"\n\
                  registers = [{ address = 0x80000a00, size = 0x10, width = 4 }]\n";
    let refused = one(device);
    assert!(refused.contains("partitions cannot own devices on AIR"), "{refused}");
    let region = "[[region]]\nname = \"frames\"\nsize = \"64 KiB\"\n\
                  partitions = [{ partition = \"one\", access = \"read-write\" }, \
                  { partition = \"two\", access = \"read\" }]\n";
    let refused = complaint_on_leon3(Host::Air, region);
    assert!(refused.contains("leave the region out"), "{refused}");
    let schedule = |name: &str| {
        format!(
            "[[schedule]]\nname = \"{name}\"\nmajor-frame = \"10 ms\"\n[[schedule.window]]\n\
             partition = \"one\"\nstart = \"0 ms\"\nduration = \"10 ms\"\n"
        )
    };
    let two = "[system]\nprocessor = \"leon3\"\n[[partition]]\nname = \"one\"\nmemory = \"1 MiB\"\n\
               sources = [\"hello.c\"]\n"
        .to_owned();
    let refused = said(Host::Air, &(two + &schedule("normal") + &schedule("safe")));
    assert!(refused.contains("on AIR a system has one schedule, not 2"), "{refused}");
}
