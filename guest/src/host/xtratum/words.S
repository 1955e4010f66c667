# Where the words of the partition interface lie under XtratuM: in a page of the partition's own, which the binding keeps.
# Where XtratuM's words lie: in the block below the image, whose address the linker is told.
# A template: what stands in braces comes from i386.rs beside this file.

    .section .bss.bulkhead_host_words, "aw", @nobits
    .balign 16
    .globl bulkhead_host_shared_page
bulkhead_host_shared_page:
    .skip {shared_page_size}
    .balign 16
    .globl bulkhead_host_clock
bulkhead_host_clock:
    .skip {clock_size}

    .macro host_symbol name, value
    .globl bulkhead_host_\name
    .set bulkhead_host_\name, \value
    .endm

    host_symbol enabled, bulkhead_host_shared_page + {enabled}
    host_symbol pending, bulkhead_host_shared_page + {pending}
    host_symbol mask, bulkhead_host_shared_page + {mask}
    host_symbol data_selector, {data_selector}
    host_symbol clock_origin, bulkhead_host_clock + {clock_origin}
    host_symbol clock_multiplier, bulkhead_host_clock + {clock_multiplier}
    host_symbol clock_shift, bulkhead_host_clock + {clock_shift}
    host_symbol fault_busy, bulkhead_host_shared_page + {fault_busy}
    host_symbol fault_kind, bulkhead_host_shared_page + {fault_kind}
    host_symbol fault_vector, bulkhead_host_shared_page + {fault_vector}
    host_symbol fault_error, bulkhead_host_shared_page + {fault_error}
    host_symbol fault_enabled, bulkhead_host_shared_page + {fault_enabled}
    host_symbol fault_address, bulkhead_host_shared_page + {fault_address}
    host_symbol fault_program_counter, bulkhead_host_shared_page + {fault_program_counter}
    host_symbol fault_flags, bulkhead_host_shared_page + {fault_flags}
    host_symbol fault_stack_pointer, bulkhead_host_shared_page + {fault_stack_pointer}

# The start information, which the tool has put below the image.
    .globl bulkhead_xtratum_start_information
    .set bulkhead_xtratum_start_information, bulkhead_host_block + {start_information}
