# Everything a developer or a test machine runs. `make` alone lists the targets.
#
# Cargo knows what depends on what; the targets here only say which parts there are and where their products go.
# `build/` is laid out like an installation: `bin/` and `lib/bulkhead/`. V=1 shows cargo's messages.

export CARGO_TARGET_DIR := $(CURDIR)/target
PREFIX ?= /usr/local
DESTDIR ?=

CARGO := build/toolchain/cargo
BARE_CARGO := build/toolchain/bare-cargo
QUIET := $(if $(V),,--quiet)

LIBRARY := build/lib/bulkhead
KERNEL_OPTIONS := --profile bare --target x86_64-unknown-none
KERNEL_PRODUCTS := $(CARGO_TARGET_DIR)/x86_64-unknown-none/bare
GUEST_OPTIONS := --profile bare --target guest/targets/i686-bulkhead-none.json
GUEST_PRODUCTS := $(CARGO_TARGET_DIR)/i686-bulkhead-none/bare

SPARC_OPTIONS := --profile bare --target guest/targets/sparc-bulkhead-none.json
SPARC_PRODUCTS := $(CARGO_TARGET_DIR)/sparc-bulkhead-none/bare

AGENT_OPTIONS := --release --target x86_64-unknown-linux-gnu \
    --config 'target.x86_64-unknown-linux-gnu.rustflags=["-Ctarget-feature=+crt-static"]'

# Kernels below the guest layer besides ours, on i386 and on SPARC: for each a folder in hosts/.
HOSTS := pok xen xtratum
SPARC_HOSTS := air

# The processor that demo and bench are run on: x86_64, or leon3 (also called sparc).
ARCH ?= x86_64

# Where bash, zsh and fish look for completions.
SHELLS := $(addprefix build/share/,bash-completion/completions/bulkhead zsh/site-functions/_bulkhead \
    fish/vendor_completions.d/bulkhead.fish)

# Partitions written in Rust: their packages, and their programs.
PARTITIONS := --package bulkhead-a653rs-check --package bulkhead-guest-check --package bulkhead-probe \
    --package disk-server --package ports-rust --package rust-hello --package rust-rtems \
    --features disk-server/partition
PARTITION_PROGRAMS := a653rs-check disk-server guest-check ports-controller ports-display probe rust-hello

# A library in Rust, which the tool links with an RTEMS kit.
PARTITION_LIBRARIES := rust_rtems

# Those for i386 alone, which own devices of a PC.
PC_PARTITIONS := --package disk-server --package gateway --features disk-server/virtio,gateway/partition
PC_PROGRAMS := gateway station virtio-disk-server

# What is checked for each bare target.
SPARC_PACKAGES := $(foreach host,own $(SPARC_HOSTS),--package $(host)-classic --package $(host)-rtems) \
    --package bulkhead-kernel-leon3 --package bulkhead-air-binding --package bulkhead-interface \
    --package bulkhead-apex --package bulkhead-classic --package bulkhead-rtems \
    $(PARTITIONS)
GUEST_PACKAGES := $(foreach host,own $(HOSTS),--package $(host)-classic --package $(host)-rtems) \
    --package bulkhead-counter --package bulkhead-interface --package bulkhead-pok-binding \
    --package bulkhead-xen-monitor --package bulkhead-xtratum-binding \
    --package bulkhead-apex --package bulkhead-classic --package bulkhead-rtems $(PARTITIONS) \
    --package bulkhead-virtio $(PC_PARTITIONS)

# Links of the documentation in the code lead somewhere, private items too.
DOCUMENT := doc $(QUIET) --no-deps --document-private-items
check-host check-bare: export RUSTDOCFLAGS := -D warnings

# Copies one product, and leaves it alone if it is there already.
COPY := install -C -D -m 644
COPY_PROGRAM := install -C -D -m 755

.PHONY: help setup build tool kernel guest sparc rtems hosts xen-agent xen-packages xen-arinc653 partitions demo \
    debugger test test-host test-bare test-packages built-tests tested-tool test-xen test-setup bench check-style \
    check-host check-bare mutants fuzz clean install uninstall

help: ## list the targets (the default)
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## install what is missing on this machine
	@scripts/setup

build: tool kernel guest sparc rtems hosts xen-agent partitions ## build everything into build/

# Puts the command into build/, with its manual pages, completions and schemas.
define PUT_COMMAND
	@$(COPY_PROGRAM) $(CARGO_TARGET_DIR)/$(1)/bulkhead build/bin/bulkhead
	@rm -rf build/share
	@build/bin/bulkhead man build/share/man/man1
	@mkdir -p $(dir $(SHELLS)) build/share/bulkhead
	@build/bin/bulkhead completions bash >$(word 1,$(SHELLS))
	@build/bin/bulkhead completions zsh >$(word 2,$(SHELLS))
	@build/bin/bulkhead completions fish >$(word 3,$(SHELLS))
	@build/bin/bulkhead schema >build/share/bulkhead/bulkhead.schema.json
	@for output in check run test-rtems inject; do \
		build/bin/bulkhead schema $$output >build/share/bulkhead/$$output.schema.json; \
	done
endef

tool: setup
	@echo "building the bulkhead command ..."
	@$(CARGO) build $(QUIET) --release --package bulkhead-tool
	$(call PUT_COMMAND,release)

# The command as the tests are built, which is with them: checks of overflow and assertions are in it, and what it needs
# is compiled once.
tested-tool: built-tests
	$(call PUT_COMMAND,debug)

kernel: setup
	@echo "building the kernel for x86-64 ..."
	@$(BARE_CARGO) build $(QUIET) $(KERNEL_OPTIONS) --package bulkhead-kernel-x86_64
	@$(COPY) $(KERNEL_PRODUCTS)/bulkhead-kernel-x86_64 $(LIBRARY)/x86_64/kernel.elf
	@$(BARE_CARGO) build $(QUIET) $(KERNEL_OPTIONS) --package bulkhead-kernel-x86_64 --features trace
	@$(COPY) $(KERNEL_PRODUCTS)/bulkhead-kernel-x86_64 $(LIBRARY)/x86_64/kernel-trace.elf
	@$(BARE_CARGO) build $(QUIET) $(KERNEL_OPTIONS) --package bulkhead-kernel-x86_64 --features vary
	@$(COPY) $(KERNEL_PRODUCTS)/bulkhead-kernel-x86_64 $(LIBRARY)/x86_64/kernel-vary.elf

guest: setup
	@echo "building the guest library for i386 ..."
	@$(BARE_CARGO) build $(QUIET) $(GUEST_OPTIONS) --package own-classic
	@$(COPY) $(GUEST_PRODUCTS)/libown_classic.a $(LIBRARY)/i386/libbulkhead-classic.a
	@$(BARE_CARGO) build $(QUIET) $(GUEST_OPTIONS) --package own-classic --features trace
	@$(COPY) $(GUEST_PRODUCTS)/libown_classic.a $(LIBRARY)/i386/libbulkhead-classic-trace.a
	@$(COPY) guest/partition-i386.ld $(LIBRARY)/i386/partition.ld
	@mkdir -p $(LIBRARY)/i386/include
	@cp -r guest/include/. classic/include/. apex/include/. $(LIBRARY)/i386/include

sparc: setup
	@echo "building kernel and guest library for LEON3 ..."
	@$(BARE_CARGO) build $(QUIET) $(SPARC_OPTIONS) --package bulkhead-kernel-leon3
	@$(COPY) $(SPARC_PRODUCTS)/bulkhead-kernel-leon3.exe $(LIBRARY)/leon3/kernel.elf
	@$(BARE_CARGO) build $(QUIET) $(SPARC_OPTIONS) --package bulkhead-kernel-leon3 --features trace
	@$(COPY) $(SPARC_PRODUCTS)/bulkhead-kernel-leon3.exe $(LIBRARY)/leon3/kernel-trace.elf
	@$(BARE_CARGO) build $(QUIET) $(SPARC_OPTIONS) --package bulkhead-kernel-leon3 --features vary
	@$(COPY) $(SPARC_PRODUCTS)/bulkhead-kernel-leon3.exe $(LIBRARY)/leon3/kernel-vary.elf
	@$(BARE_CARGO) build $(QUIET) $(SPARC_OPTIONS) --package own-classic
	@$(COPY) $(SPARC_PRODUCTS)/libown_classic.a $(LIBRARY)/sparc/libbulkhead-classic.a
	@$(BARE_CARGO) build $(QUIET) $(SPARC_OPTIONS) --package own-classic --features trace
	@$(COPY) $(SPARC_PRODUCTS)/libown_classic.a $(LIBRARY)/sparc/libbulkhead-classic-trace.a
	@$(COPY) guest/partition-sparc.ld $(LIBRARY)/sparc/partition.ld
	@mkdir -p $(LIBRARY)/sparc/include
	@cp -r guest/include/. classic/include/. apex/include/. $(LIBRARY)/sparc/include

rtems: setup
	@echo "building the link-time pack for RTEMS on i386 and SPARC ..."
	@$(BARE_CARGO) build $(QUIET) $(GUEST_OPTIONS) --package own-rtems
	@$(COPY) $(GUEST_PRODUCTS)/libown_rtems.a $(LIBRARY)/i386/rtems/libbulkhead-rtems.a
	@$(BARE_CARGO) build $(QUIET) $(SPARC_OPTIONS) --package own-rtems
	@$(COPY) $(SPARC_PRODUCTS)/libown_rtems.a $(LIBRARY)/sparc/rtems/libbulkhead-rtems.a
	@for processor in i386 sparc; do \
	    mkdir -p $(LIBRARY)/$$processor/rtems/include && \
	    cp -r guest/include/. apex/include/. rtems/include/. $(LIBRARY)/$$processor/rtems/include && \
	    cp rtems/kit/*.* rtems/kit/$$processor/* $(LIBRARY)/$$processor/rtems && \
	    cp -r rtems/kit/network rtems/kit/trace $(LIBRARY)/$$processor/rtems || exit; \
	done
	@cp -r rtems/in-place $(LIBRARY)/sparc/rtems
	@mkdir -p $(LIBRARY)/lwip
	@cp rtems/lwip/*.* $(LIBRARY)/lwip

# The same libraries for each other host.
hosts: rtems
	@echo "building the guest library and the pack for $(HOSTS) $(SPARC_HOSTS) ..."
	@$(BARE_CARGO) build $(QUIET) $(GUEST_OPTIONS) \
	    $(foreach host,$(HOSTS),--package $(host)-classic --package $(host)-rtems)
	@for host in $(HOSTS); do \
	    folder=$(LIBRARY)/i386/hosts/$$host; \
	    $(COPY) $(GUEST_PRODUCTS)/lib$${host}_classic.a $$folder/libbulkhead-classic.a && \
	    $(COPY) $(GUEST_PRODUCTS)/lib$${host}_rtems.a $$folder/rtems/libbulkhead-rtems.a && \
	    $(COPY) guest/partition-i386.ld $$folder/partition.ld && \
	    $(COPY) rtems/kit/i386/linkcmds $$folder/rtems/linkcmds || exit; \
	done
	@$(BARE_CARGO) build $(QUIET) $(SPARC_OPTIONS) \
	    $(foreach host,$(SPARC_HOSTS),--package $(host)-classic --package $(host)-rtems)
	@for host in $(SPARC_HOSTS); do \
	    folder=$(LIBRARY)/sparc/hosts/$$host; \
	    $(COPY) $(SPARC_PRODUCTS)/lib$${host}_classic.a $$folder/libbulkhead-classic.a && \
	    $(COPY) $(SPARC_PRODUCTS)/lib$${host}_rtems.a $$folder/rtems/libbulkhead-rtems.a && \
	    $(COPY) guest/partition-sparc.ld $$folder/partition.ld && \
	    $(COPY) rtems/kit/sparc/linkcmds $$folder/rtems/linkcmds || exit; \
	done

# The program for Xen's first domain is linked with everything that it needs: there is no C library to rely on there.
xen-agent: setup
	@echo "building the program for Xen's first domain ..."
	@$(CARGO) build $(QUIET) $(AGENT_OPTIONS) --package bulkhead-xen-agent
	@$(COPY_PROGRAM) $(CARGO_TARGET_DIR)/x86_64-unknown-linux-gnu/release/bulkhead-xen-agent $(LIBRARY)/xen/xen-agent
	@$(COPY_PROGRAM) scripts/xen-packages $(LIBRARY)/xen/xen-packages

xen-packages: xen-agent ## fetch Debian's Xen for `bulkhead run --host xen` (78 MB, nothing is installed)
	@$(LIBRARY)/xen/xen-packages

xen-arinc653: setup ## build Debian's Xen with the scheduler arinc653, which keeps windows (three minutes)
	@scripts/xen-arinc653 build/xen-arinc653
	@$(COPY) build/xen-arinc653/xen $(LIBRARY)/xen/hypervisor-arinc653

partitions: setup
	@echo "building the partitions written in Rust ..."
	@$(BARE_CARGO) build $(QUIET) $(GUEST_OPTIONS) $(PARTITIONS)
	@$(BARE_CARGO) build $(QUIET) $(SPARC_OPTIONS) $(PARTITIONS)
	@$(BARE_CARGO) build $(QUIET) $(GUEST_OPTIONS) $(PC_PARTITIONS)
	@for name in $(PC_PROGRAMS); do \
	    $(COPY) $(GUEST_PRODUCTS)/$$name.exe build/partitions/i386/$$name.exe || exit; \
	done
	@for name in $(PARTITION_PROGRAMS); do \
	    $(COPY) $(GUEST_PRODUCTS)/$$name.exe build/partitions/i386/$$name.exe && \
	    $(COPY) $(SPARC_PRODUCTS)/$$name.exe build/partitions/sparc/$$name.exe || exit; \
	done
	@for name in $(PARTITION_LIBRARIES); do \
	    $(COPY) $(GUEST_PRODUCTS)/lib$$name.a build/partitions/i386/lib$$(echo $$name | tr _ -).a && \
	    $(COPY) $(SPARC_PRODUCTS)/lib$$name.a build/partitions/sparc/lib$$(echo $$name | tr _ -).a || exit; \
	done
	@$(BARE_CARGO) build $(QUIET) $(GUEST_OPTIONS) --package bulkhead-guest-check --package bulkhead-probe \
	    --package ports-rust --features bulkhead-guest-check/xen,bulkhead-probe/xen,ports-rust/xen
	@for name in guest-check ports-controller ports-display probe; do \
	    $(COPY) $(GUEST_PRODUCTS)/$$name.exe build/partitions/i386/hosts/xen/$$name.exe || exit; \
	done
	@$(BARE_CARGO) build $(QUIET) $(SPARC_OPTIONS) --package bulkhead-guest-check --package bulkhead-probe \
	    --features bulkhead-guest-check/air,bulkhead-probe/air
	@for name in guest-check probe; do \
	    $(COPY) $(SPARC_PRODUCTS)/$$name.exe build/partitions/sparc/hosts/air/$$name.exe || exit; \
	done
	@scripts/rust-sources $(CARGO) $(LIBRARY)/rust

demo: build ## build and run the demo: three partitions, one breaks the rules (also ARCH=sparc)
	@echo "running the demo ..."
	@build/bin/bulkhead run --arch $(ARCH) --for 5s examples/demo \
	    --expect control=halted:0 --expect telemetry=halted:0 --expect rogue=stopped

bench: build ## measure what things cost, against their budgets and the peers (also ARCH=sparc)
	@$(CARGO) run $(QUIET) --package bulkhead-tests --bin bench -- $(ARCH)

check-style: check-host check-bare ## check formatting, lints and documentation of every crate

check-host: setup
	@echo "checking the style ..."
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy $(QUIET) --all-targets -- -D warnings
	@echo "checking the documentation in the code ..."
	@$(CARGO) $(DOCUMENT)

check-bare: setup
	@echo "checking what runs on bare metal ..."
	@$(BARE_CARGO) clippy $(QUIET) $(KERNEL_OPTIONS) --package bulkhead-kernel-x86_64 -- -D warnings
	@$(BARE_CARGO) clippy $(QUIET) $(SPARC_OPTIONS) $(SPARC_PACKAGES) -- -D warnings
	@$(BARE_CARGO) clippy $(QUIET) $(GUEST_OPTIONS) $(GUEST_PACKAGES) -- -D warnings
	@$(BARE_CARGO) $(DOCUMENT) $(KERNEL_OPTIONS) --package bulkhead-kernel-x86_64
	@$(BARE_CARGO) $(DOCUMENT) $(SPARC_OPTIONS) $(SPARC_PACKAGES)
	@$(BARE_CARGO) $(DOCUMENT) $(GUEST_OPTIONS) $(GUEST_PACKAGES)

debugger: setup ## install the gdb that bulkhead debug runs
	@scripts/debugger-packages

# Without the packages the tests on Xen fail, and only they. Tests that ask for a certain QEMU count as ignored without
# it, and those of the debugger without gdb and of timelines without what reads them.
test: setup ## run every test
	@$(MAKE) --no-print-directory --jobs=3 test-host test-bare test-packages
	@echo "testing ..."
	@BULKHEAD_TEST_XEN=yes scripts/run-tests $(CARGO) --no-fail-fast

# What has to be built for the tests, in two parts that run side by side: cargo locks what it builds for this machine
# and what it builds for bare metal each by itself, so that within a part nothing can overlap.
test-host: IN_ORDER := tested-tool xen-agent check-host
test-bare: IN_ORDER := kernel guest sparc rtems hosts partitions check-bare
test-host test-bare:
	@$(foreach part,$(IN_ORDER),$(MAKE) --no-print-directory $(part) &&) true

# Packages that tests need, of which most is waiting for a network. Where one is missing, its tests are not run.
test-packages: setup
	-@for version in 7.2 10.0; do scripts/qemu-packages $$version; done
	-@scripts/debugger-packages
	-@scripts/timeline-packages
	-@scripts/xen-packages $(CURDIR)/$(LIBRARY)/xen/xen-packages.d

built-tests: setup
	@echo "building the tests ..."
	@$(CARGO) test $(QUIET) --no-run

test-xen: tool kernel hosts partitions xen-packages ## run the tests on Xen; those of windows after make xen-arinc653
	@BULKHEAD_TEST_XEN=yes scripts/run-tests $(CARGO) --package bulkhead-tests --test hosts -- xen windows_

test-setup: ## try the set-up on new machines: clean roots of Debian 12 (as root; minutes for each)
	@scripts/test-setup --demo

mutants: setup ## change the kernel's core in small ways, and list what no test notices (by hand; an hour)
	@scripts/mutants $(MUTANTS)

fuzz: setup ## look for what breaks the kernel's core (by hand; a minute, or FUZZ="sequence ARGUMENTS")
	@scripts/fuzz $(or $(FUZZ),sequence -max_total_time=60)

clean: ## remove everything that was built
	@rm -rf build target tests/partitions/*/build examples/*/build tests/programs/build tests/systems/*/build

install: build ## install into PREFIX (default /usr/local), below DESTDIR if that is set
	@scripts/install "$(DESTDIR)$(PREFIX)"

uninstall: ## remove what make install has put into PREFIX
	@scripts/install --remove "$(DESTDIR)$(PREFIX)"
