/* By this the linker script (bulkhead-linkcmds.base) sees that the partition's librtemsbsp.a was found, no board's. */
extern const char bulkhead_rtems_library;
const char bulkhead_rtems_library = 1;
