# Everything a developer or a test machine runs. `make` alone lists the targets.
#
# Cargo knows what depends on what; the targets here only say which parts there are and where their products go.
# `build/` is laid out like an installation: `bin/` and `lib/bulkhead/`. V=1 shows cargo's messages.

export CARGO_TARGET_DIR ?= $(CURDIR)/target
PREFIX ?= /usr/local
DESTDIR ?=

CARGO := build/toolchain/cargo
BARE_CARGO := build/toolchain/bare-cargo
LIBRARY := build/lib/bulkhead
QUIET := $(if $(V),,--quiet)

KERNEL_TARGET := x86_64-unknown-none
GUEST_TARGET := guest/targets/i686-bulkhead-none.json
GUEST_PRODUCTS := $(CARGO_TARGET_DIR)/$(basename $(notdir $(GUEST_TARGET)))/bare

# Copies one product, and leaves it alone if it is there already.
COPY := install -C -D -m 644
COPY_PROGRAM := install -C -D -m 755

.PHONY: help setup build tool kernel guest demo test bench check-style clean install

help: ## list the targets (the default)
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## install what is missing on this machine
	@scripts/setup

build: tool kernel guest ## build the tool, the kernel and the guest library into build/

tool: setup
	@echo "building the bulkhead command ..."
	@$(CARGO) build $(QUIET) --release --package bulkhead-tool
	@$(COPY_PROGRAM) $(CARGO_TARGET_DIR)/release/bulkhead build/bin/bulkhead

kernel: setup
	@echo "building the kernel for x86-64 ..."
	@$(BARE_CARGO) build $(QUIET) --profile bare --target $(KERNEL_TARGET) --package bulkhead-kernel-x86_64
	@$(COPY) $(CARGO_TARGET_DIR)/$(KERNEL_TARGET)/bare/bulkhead-kernel-x86_64 $(LIBRARY)/x86_64/kernel.elf

guest: setup
	@echo "building the guest library for i386 ..."
	@$(BARE_CARGO) build $(QUIET) --profile bare --target $(GUEST_TARGET) --package bulkhead-classic
	@$(COPY) $(GUEST_PRODUCTS)/libbulkhead_classic.a $(LIBRARY)/i386/libbulkhead-classic.a
	@$(COPY) guest/partition-i386.ld $(LIBRARY)/i386/partition.ld
	@mkdir -p $(LIBRARY)/i386/include
	@cp -r guest/include/. classic/include/. $(LIBRARY)/i386/include

check-style: setup ## check formatting and lints of every crate
	@echo "checking the style ..."
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy $(QUIET) --all-targets -- -D warnings
	@$(BARE_CARGO) clippy $(QUIET) --profile bare --target $(KERNEL_TARGET) --package bulkhead-kernel-x86_64 -- -D warnings
	@$(BARE_CARGO) clippy $(QUIET) --profile bare --target $(GUEST_TARGET) --package bulkhead-guest -- -D warnings

test: build check-style ## run every test
	@echo "testing ..."
	@$(CARGO) test $(QUIET)

clean: ## remove everything that was built
	@rm -rf build target

install: build ## install into PREFIX (default /usr/local), below DESTDIR if that is set
	@mkdir -p $(DESTDIR)$(PREFIX)
	@cp -r build/bin build/lib $(DESTDIR)$(PREFIX)
