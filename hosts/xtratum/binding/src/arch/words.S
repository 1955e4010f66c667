# Where the words of the partition interface lie under XtratuM: in a page of the partition's own, which the binding
# keeps. A template: what stands in braces comes from mod.rs beside this file.

    .section .bss.bulkhead_host_words, "aw", @nobits
    .balign 16
    .globl bulkhead_host_shared_page
bulkhead_host_shared_page:
    .skip {shared_page_size}
    .balign 16
    .globl bulkhead_host_clock
bulkhead_host_clock:
    .skip {clock_size}
