# A bootable file of AIR's kernel, the configuration and the images: make AIR=FOLDER, where FOLDER is `air` of AIR's
# sources, configured for leon3_or_tsim2 and built.

AIR ?= $(error say where AIR is: make AIR=FOLDER)
CC := sparc-rtems5-gcc
HEADERS := $(AIR)/install/pmk
OBJECTS := usr_config.o usr_arch.o usr_partitions.o usr_schedules.o usr_hm.o usr_channels.o usr_sharedmemory.o \
    usr_partitions_data.o

bootable: $(OBJECTS) linkcmds.ld
	$(CC) -mcpu=leon3 -nostdlib -Wl,-T,linkcmds.ld -Wl,--build-id=none -o $@ $(OBJECTS) \
	    -Wl,--start-group $(AIR)/install/pmk/pmk.a $$($(CC) -mcpu=leon3 -print-file-name=libc.a) \
	    $$($(CC) -mcpu=leon3 -print-file-name=libgcc.a) -Wl,--end-group

%.o: %.c usr_config.h
	$(CC) -mcpu=leon3 -mflat -O2 -fno-builtin -fno-zero-initialized-in-bss -fcommon \
	    -DPMK_MAX_CORES=1 -DPMK_SPARC -DPMK_SPARC_LEON3_OR_TSIM2 -I. -I$(HEADERS)/core/include \
	    -I$(HEADERS)/arch/sparc/include -I$(HEADERS)/bsp/sparc/leon3/include -c -o $@ $<

usr_partitions_data.c:
	$(AIR)/install/tools/partition_assembler @ASSEMBLED@

.PHONY: usr_partitions_data.c
