/* By this the linker script sees that the partition's librtemsbsp.a was found, and not a board's (linkcmds.base). */
extern const char bulkhead_rtems_library;
const char bulkhead_rtems_library = 1;
