//! AIR's configuration: tables in C that its kernel is linked with.

use std::fmt::Write as _;

use bulkhead_abi::machine::sparc::SHARED_PAGE;
use bulkhead_abi::{PAGE_SIZE, PortDirection, PortKind};
use bulkhead_air_facts::{MEMORY, UNIT, port_name};

use crate::host::ports::{depth, of_partition, record_size};
use crate::system_file::System;
use crate::system_file::channel::Channel;

use super::size;
use super::tick::tick;

/// What the kernel takes for itself and for each partition besides tables and messages, in bytes, generously.
const KERNEL: u64 = 32 << 10;
const PARTITION: u64 = 8 << 10;

/// What it keeps of each message besides its bytes, at most.
const MESSAGE: u64 = 32;

/// The memory that the kernel gets for contexts, page tables and messages, in bytes.
pub(super) fn workspace(system: &System) -> u64 {
    let messages = |channel: &Channel| {
        let slots = u64::from(depth(channel)).max(2);
        slots * (record_size(channel) + MESSAGE)
    };
    let channels: u64 = system.channels.iter().map(messages).sum();
    (KERNEL + PARTITION * system.partitions.len() as u64 + channels).next_multiple_of(PAGE_SIZE as u64)
}

/// The files: name, text, what each is.
pub(super) fn files(system: &System) -> Vec<(&'static str, String, &'static str)> {
    vec![
        ("usr_config.h", header(system), "how many of everything there are"),
        ("usr_config.c", CONFIGURATION.to_owned(), "where the tables are"),
        ("usr_arch.c", architecture(system), "how many page tables"),
        ("usr_partitions.c", partitions(system), "the partitions"),
        ("usr_schedules.c", schedule(system), "the schedule"),
        ("usr_hm.c", health(system), "the health monitor: faults go to the partition"),
        ("usr_channels.c", channels(system), "the channels and their ports"),
        ("usr_sharedmemory.c", shared_memory(system), "the page of each partition's virtual interrupts"),
    ]
}

fn header(system: &System) -> String {
    let partitions = system.partitions.len();
    let numbers = [
        ("US_PER_TICK", tick(system).unwrap_or_default() / 1000),
        ("PARTITIONS", partitions as u64),
        ("SCHEDULES", 1),
        ("CHANNELS", system.channels.len() as u64),
        ("CORES", 1),
        ("SHARED_MEMORY", partitions as u64),
    ];
    numbers.iter().map(|(name, number)| format!("#define USR_{name} ({number})\n")).collect()
}

const CONFIGURATION: &str = "\
#include <pmk.h>
#include <ports.h>
#include <schedule.h>
#include <partition.h>
#include <sharedmemory.h>
#include <health_monitor.h>
#include <configurations.h>
#include <usr_config.h>

extern pmk_schedule_t usr_schedule_table[];
extern pmk_partition_t usr_partition_table[];
extern pmk_channel_t usr_channels_table[];
extern pmk_shm_t usr_shared_memory_table[];
extern pmk_hm_level_list_t usr_hm_system_table[];
extern pmk_hm_action_list_t *usr_hm_module_table[];
extern arch_configuration_t arch_configuration;

const pmk_configuration_t __config = {
    .magic = PMK_CONFIG_MAGIC_NUMBER,
    .cores = USR_CORES,
    .us_per_tick = USR_US_PER_TICK,
    .partitions = { .length = USR_PARTITIONS, .elements = (void *)usr_partition_table },
    .schedules = { .length = USR_SCHEDULES, .elements = (void *)usr_schedule_table },
    .sharedareas = { .length = USR_SHARED_MEMORY, .elements = (void *)usr_shared_memory_table },
    .channels = { .length = USR_CHANNELS, .elements = (void *)usr_channels_table },
    .hm_system_table = usr_hm_system_table,
    .hm_module_table = usr_hm_module_table,
    .arch_configuration = &arch_configuration,
};
";

/// A partition's memory is mapped in units of the first level; its page of virtual interrupts needs a table of the
/// second and one of the third.
fn architecture(system: &System) -> String {
    let partitions = system.partitions.len();
    let mut text = "#include <cpu.h>\n\narch_configuration_t arch_configuration = {\n".to_owned();
    for table in ["context", "l1_tables", "l2_tables", "l3_tables"] {
        let _ = writeln!(text, "    .mmu_{table}_entries = {partitions},");
    }
    text + "};\n"
}

fn partitions(system: &System) -> String {
    let mut text = "#include <ports.h>\n#include <partition.h>\n#include <segregation.h>\n\
                    #include <health_monitor.h>\n#include <usr_config.h>\n\n\
                    extern pmk_elf_t usr_partitions_data[];\n\
                    extern pmk_hm_action_list_t *usr_hm_partition_table[];\n"
        .to_owned();
    for number in 0..system.partitions.len() {
        let _ = writeln!(text, "extern pmk_port_t *usr_partition{number}_ports[];");
    }
    text += "\nstatic pmk_mmap_t usr_partitions_memmap[USR_PARTITIONS] = {\n";
    for number in 0..system.partitions.len() {
        let bytes = size(system, number);
        let _ = writeln!(
            text,
            "    {{ .v_addr = (void *){MEMORY:#x}, .p_unit = {UNIT:#x}, .size = {bytes:#x} }},"
        );
    }
    text += "};\n\npmk_partition_t usr_partition_table[USR_PARTITIONS] = {\n";
    for (number, partition) in system.partitions.iter().enumerate() {
        let ports = of_partition(system, number).len();
        let _ = write!(
            text,
            "    {{\n        .id = {number},\n        .name = \"{}\",\n        \
             .state = AIR_PARTITION_STATE_INIT,\n        .window_id = -1,\n        \
             .permissions = AIR_PERMISSION_GLOBAL_TIME | AIR_PERMISSION_FPU_CONTROL,\n        .cores = 1,\n        \
             .init_cache = AIR_CACHE_ALL,\n        .hm_table = usr_hm_partition_table,\n        \
             .mmap = &usr_partitions_memmap[{number}],\n        .elf = &usr_partitions_data[{number}],\n        \
             .ports = {{ .length = {ports}, .elements = (void *)usr_partition{number}_ports }},\n    }},\n",
            partition.name
        );
    }
    text + "};\n"
}

fn schedule(system: &System) -> String {
    let tick = tick(system).unwrap_or(1);
    let schedule = system.schedule();
    let ticks = |time: u64| time / tick;
    let mut text = "#include <schedule.h>\n#include <partition.h>\n#include <usr_config.h>\n\n\
                    extern pmk_partition_t usr_partition_table[];\n\n\
                    static pmk_partition_schedule_t usr_schedule_partitions[USR_PARTITIONS] = {\n"
        .to_owned();
    for number in 0..system.partitions.len() {
        let own = schedule.windows.iter().filter(|window| window.partition == number);
        let duration: u64 = own.map(|window| window.duration).sum();
        let _ = writeln!(
            text,
            "    {{ .partition = &usr_partition_table[{number}], .action = PMK_SCHED_CHANGE_ACTION_IGNORE, \
             .period = {}, .duration = {} }},",
            ticks(schedule.major_frame),
            ticks(duration)
        );
    }
    text += "};\n\nstatic pmk_window_t usr_schedule_windows[] = {\n";
    let parts = schedule.parts();
    for (number, (partition, part)) in parts.iter().enumerate() {
        let owner =
            partition.map_or("NULL".to_owned(), |partition| format!("&usr_partition_table[{partition}]"));
        let id = if partition.is_some() { number as i64 } else { -1 };
        let _ = writeln!(
            text,
            "    {{ .id = {id}, .duration = {}, .period_start = {}, .partition = {owner} }},",
            ticks(part.end - part.start),
            u8::from(partition.is_some())
        );
    }
    let _ = write!(
        text,
        "}};\n\nstatic pmk_core_schedule_t usr_schedule_cores[USR_CORES] = {{\n    \
         {{ .count = {}, .windows = (void *)usr_schedule_windows }},\n}};\n\n\
         pmk_schedule_t usr_schedule_table[USR_SCHEDULES] = {{\n    {{\n        .id = 1,\n        \
         .name = \"schedule\",\n        .mtf = {},\n        .initial = 1,\n        \
         .partitions = {{ .length = USR_PARTITIONS, .elements = (void *)usr_schedule_partitions }},\n        \
         .cores = usr_schedule_cores,\n    }},\n}};\n",
        parts.len(),
        ticks(schedule.major_frame)
    );
    text
}

/// Errors of a partition are the partition's: the instruction is passed over and its handler entered. One in its
/// handling makes it idle, one of the kernel stops the machine.
fn health(_system: &System) -> String {
    "#include <health_monitor.h>

pmk_hm_level_list_t usr_hm_system_table[PMK_HM_STATES_COUNT] = {
    [0 ... 1] = { [0 ... PMK_HM_ERRORS_COUNT - 1] = PMK_ERROR_LEVEL_MODULE },
    [2 ... 5] = { [0 ... PMK_HM_ERRORS_COUNT - 1] = PMK_ERROR_LEVEL_PARTITION },
    [6] = { [0 ... PMK_HM_ERRORS_COUNT - 1] = PMK_ERROR_LEVEL_MODULE },
};

static pmk_hm_action_list_t ignore = { [0 ... PMK_HM_ERRORS_COUNT - 1] = PMK_ACTION_IGNORE };
static pmk_hm_action_list_t idle = { [0 ... PMK_HM_ERRORS_COUNT - 1] = PMK_ACTION_IDLE };
static pmk_hm_action_list_t stop = { [0 ... PMK_HM_ERRORS_COUNT - 1] = PMK_ACTION_SHUTDOWN };

pmk_hm_action_list_t *usr_hm_module_table[PMK_HM_STATES_COUNT] = { [0 ... 1] = &ignore, [6] = &stop };
pmk_hm_action_list_t *usr_hm_partition_table[PMK_HM_STATES_COUNT] = { [2 ... 4] = &ignore, [5] = &idle };
"
    .to_owned()
}

fn channels(system: &System) -> String {
    let mut text = "#include <ports.h>\n#include <ports_queuing.h>\n#include <ports_sampling.h>\n\
                    #include <usr_config.h>\n\n"
        .to_owned();
    for number in 0..system.partitions.len() {
        ports(&mut text, system, number);
    }
    for (number, channel) in system.channels.iter().enumerate() {
        let size = record_size(channel);
        let _ = match channel.transfer.kind() {
            PortKind::Sampling => writeln!(
                text,
                "static pmk_sampling_config_t usr_channel{number} = {{ .max_message_size = {size} }};"
            ),
            PortKind::Queuing => writeln!(
                text,
                "static pmk_queuing_config_t usr_channel{number} = {{ .max_message_size = {size}, \
                 .max_nb_message = {} }};",
                depth(channel)
            ),
        };
        for (direction, end) in
            [(PortDirection::Source, "source"), (PortDirection::Destination, "destination")]
        {
            let _ = writeln!(
                text,
                "static pmk_port_t *usr_channel{number}_{end}[] = {{ {} }};",
                ends(system, number, direction).join(", ")
            );
        }
    }
    text += "\npmk_channel_t usr_channels_table[USR_CHANNELS] = {\n";
    for (number, channel) in system.channels.iter().enumerate() {
        let kind = match channel.transfer.kind() {
            PortKind::Sampling => "AIR_SAMPLING_PORT",
            PortKind::Queuing => "AIR_QUEUING_PORT",
        };
        let length = |direction| ends(system, number, direction).len();
        let _ = write!(
            text,
            "    {{\n        .id = {number},\n        .name = \"c{number}\",\n        .type = {kind},\n        \
             .src = {{ .length = {}, .elements = (void *)usr_channel{number}_source }},\n        \
             .dst = {{ .length = {}, .elements = (void *)usr_channel{number}_destination }},\n        \
             .configuration = (void *)&usr_channel{number},\n    }},\n",
            length(PortDirection::Source),
            length(PortDirection::Destination)
        );
    }
    text + "};\n"
}

/// The ports of a partition; those without a port have a table of none.
fn ports(text: &mut String, system: &System, partition: usize) {
    let own = of_partition(system, partition);
    let mut list = Vec::new();
    for (number, placed) in own.iter().enumerate() {
        let name = String::from_utf8_lossy(&port_name(number as u32)).trim_end_matches('\0').to_owned();
        let direction = match placed.direction {
            PortDirection::Source => "AIR_SOURCE_PORT",
            PortDirection::Destination => "AIR_DESTINATION_PORT",
        };
        let _ = writeln!(
            text,
            "static pmk_port_t usr_partition{partition}_port{number} = {{ .id = {number}, .name = \"{name}\", \
             .direction = {direction} }};"
        );
        list.push(format!("&usr_partition{partition}_port{number}"));
    }
    let _ = writeln!(
        text,
        "pmk_port_t *usr_partition{partition}_ports[{}] = {{ {} }};\n",
        list.len(),
        list.join(", ")
    );
}

/// The ports at an end of a channel.
fn ends(system: &System, channel: usize, direction: PortDirection) -> Vec<String> {
    let mut found = Vec::new();
    for partition in 0..system.partitions.len() {
        for (number, placed) in of_partition(system, partition).iter().enumerate() {
            if (placed.channel, placed.direction) == (channel, direction) {
                found.push(format!("&usr_partition{partition}_port{number}"));
            }
        }
    }
    found
}

/// An area of one page for each partition alone.
fn shared_memory(system: &System) -> String {
    let mut text = "#include <usr_config.h>\n#include <partition.h>\n#include <segregation.h>\n\
                    #include <sharedmemory.h>\n\nextern pmk_partition_t usr_partition_table[];\n\n\
                    static pmk_shm_partition_t usr_shm_partitions[USR_PARTITIONS] = {\n"
        .to_owned();
    for number in 0..system.partitions.len() {
        let _ = writeln!(
            text,
            "    {{ .partition = &usr_partition_table[{number}], .permissions = PMK_MMU_R | PMK_MMU_W }},"
        );
    }
    text += "};\n\npmk_shm_t usr_shared_memory_table[USR_SHARED_MEMORY] = {\n";
    for number in 0..system.partitions.len() {
        let _ = writeln!(
            text,
            "    {{ .id = {number}, .name = \"words{number}\", .addr = (void *){SHARED_PAGE:#x}, \
             .size = {PAGE_SIZE:#x}, .unit = {PAGE_SIZE:#x}, \
             .partitions = {{ .length = 1, .elements = (void *)&usr_shm_partitions[{number}] }} }},"
        );
    }
    text + "};\n"
}
