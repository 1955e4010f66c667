# As programs for RTEMS 5 are built with its make files: RTEMS_MAKEFILE_PATH names the kit's board. That of a partition
# is PROJECT_RELEASE.
include $(RTEMS_MAKEFILE_PATH)/Makefile.inc
include $(RTEMS_CUSTOM)
include $(PROJECT_ROOT)/make/leaf.cfg

CFLAGS += -DBUILT_BY='"Makefile.inc"'

moved.exe: moved.c
	$(CC) $(CFLAGS) $(LDFLAGS) $< -o $@ -lm
