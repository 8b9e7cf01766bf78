# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
#   make          build/netnsleak
#   make demo     watch netnsleak find a real leak, in a virtual machine; installs what it needs
#   make check    all tests; installs what they need
#   make help     the rest

PREFIX ?= /usr/local
DESTDIR ?=
CC ?= cc
CLANG ?= clang
LLVM_STRIP ?= llvm-strip
PROTOC_C ?= protoc-c
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/bin/bpftool) bpftool)
PKG_CONFIG ?= pkg-config
PYTHON ?= /usr/bin/python3
BUILD ?= build
V ?= 0

ifeq ($(V),0)
Q := @
say = @printf '  %-8s %s\n' '$(1)' '$(2)'
endif

# The same tree gives the same bytes wherever it lies.
REPRODUCIBLE := -ffile-prefix-map=$(CURDIR)=.
WARNINGS := -Wall -Wextra -Wtype-limits -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wcast-qual -Wvla -Werror
LIBS := libbpf libelf zlib libcjson libprotobuf-c yaml-0.1
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE $(WARNINGS) $(REPRODUCIBLE) -I. -Iuser -Ibpf -isystem $(BUILD)/bpf -isystem $(BUILD)/proto -MD -MP \
	$(shell $(PKG_CONFIG) --cflags $(LIBS) 2>/dev/null) $(CFLAGS) $(SANITIZE)
ALL_LIBS = $(shell $(PKG_CONFIG) --libs $(LIBS) 2>/dev/null) $(LDFLAGS) $(SANITIZE)

BPF_ARCH := $(shell uname -m | sed 's/x86_64/x86/;s/aarch64/arm64/')
# Instructions of version 2, which every kernel of the matrix takes; newer compilers default to more.
BPF_CFLAGS := -g -O2 -mcpu=v2 -Wall -Wextra -Werror -target bpf -D__TARGET_ARCH_$(BPF_ARCH) $(REPRODUCIBLE) \
	-I. -Ivmlinux -Ibpf
BPF_OBJECTS := $(patsubst bpf/%.bpf.c,$(BUILD)/bpf/%.raw.o,$(wildcard bpf/*.bpf.c))
SKELETON := $(BUILD)/bpf/netnsleak.skel.h

PROGRAM_SOURCES := user/main.c $(wildcard user/cmd_*.c)
LIBRARY_SOURCES := $(filter-out $(PROGRAM_SOURCES),$(wildcard user/*.c))
LIBRARY_OBJECTS := $(LIBRARY_SOURCES:user/%.c=$(BUILD)/user/%.o) $(BUILD)/proto/cri.pb-c.o
PROGRAM_OBJECTS := $(PROGRAM_SOURCES:user/%.c=$(BUILD)/user/%.o)
TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/test_*.c))
# What tests share, linked into each; every other file is a program of its own.
HARNESS := tests/feed.c
TOOLS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(filter-out $(HARNESS) $(wildcard tests/test_*.c),$(wildcard tests/*.c))) \
	$(BUILD)/cri
# What a guest makes pods with, where build/ is on PATH.
CRI_OBJECTS := $(patsubst tests/%.c,$(BUILD)/tests/%.o,$(wildcard tests/vm/cri/*.c)) $(BUILD)/proto/runtime.pb-c.o

all: $(BUILD)/netnsleak

# --- BPF ---

$(BUILD)/bpf/%.raw.o: bpf/%.bpf.c
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $(@:.o=.d) -c $< -o $@

# Links the objects into one and drops their debug information, but not their types.
$(BUILD)/bpf/netnsleak.bpf.o: $(BPF_OBJECTS)
	$(call say,BPFLINK,$@)
	$(Q)$(BPFTOOL) gen object $@ $^

$(SKELETON): $(BUILD)/bpf/netnsleak.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name netnsleak_bpf > $@

# --- user space ---

vpath %.proto user tests/vm/cri

$(BUILD)/proto/%.pb-c.c $(BUILD)/proto/%.pb-c.h &: %.proto
	$(call say,PROTO,$(BUILD)/proto/$*.pb-c.c)
	$(Q)mkdir -p $(BUILD)/proto
	$(Q)$(PROTOC_C) --proto_path=$(<D) --c_out=$(BUILD)/proto $<

# Not our code: as it is made.
$(BUILD)/proto/%.o: $(BUILD)/proto/%.c
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -w -c $< -o $@

$(LIBRARY_OBJECTS): | $(SKELETON)
$(BUILD)/user/cri.o: | $(BUILD)/proto/cri.pb-c.h

$(BUILD)/user/%.o: user/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

$(BUILD)/netnsleak: $(PROGRAM_OBJECTS) $(LIBRARY_OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $^ -o $@ $(ALL_LIBS)

$(BUILD)/tests/%.o: tests/%.c | $(SKELETON)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -Itests -c $< -o $@

$(BUILD)/tests/test_%: $(BUILD)/tests/test_%.o $(HARNESS:tests/%.c=$(BUILD)/tests/%.o) $(LIBRARY_OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $^ -o $@ $(ALL_LIBS) -lcmocka

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(LIBRARY_OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $^ -o $@ $(ALL_LIBS) -lcmocka

$(CRI_OBJECTS): | $(BUILD)/proto/runtime.pb-c.h

# It starts hundreds of times in slow guests: with no library that it does not need.
$(BUILD)/cri: $(CRI_OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $^ -o $@ $(shell $(PKG_CONFIG) --libs libcjson libprotobuf-c libcurl) $(LDFLAGS) $(SANITIZE)

-include $(wildcard $(BUILD)/user/*.d $(BUILD)/tests/*.d $(BUILD)/tests/vm/cri/*.d $(BUILD)/bpf/*.d $(BUILD)/proto/*.d)

tests: $(TESTS) $(TOOLS)

# --- set-up and use ---

deps: ## install what building and testing need (Debian 12 and 13)
	tools/deps

install: all ## into $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/share/netnsleak
	install -m 0755 $(BUILD)/netnsleak $(DESTDIR)$(PREFIX)/sbin/netnsleak
	install -m 0644 tools/schema/*.json $(DESTDIR)$(PREFIX)/share/netnsleak/

demo: ## find a real leak on a real kernel
	tools/deps
	$(MAKE) all $(BUILD)/cri
	tests/vm/demo

# --- tests ---

check: ## all tests, on this machine and on four kernels
	tools/deps
	tests/run all

check-native: ## the tests that need no kernel of their own
	tests/run native

check-cluster: ## the source `kube` against a real API server, which is built once
	tests/run cluster

check-vm: all tests ## the cases in guests; KERNEL=… CASE=… for one
	tests/run vm $(if $(KERNEL),--kernel $(KERNEL)) $(if $(CASE),--case $(CASE))

bench: all tests ## speed and memory, as ratios
	tests/bench/run

lint: ## shell scripts, include direction, SPDX lines
	tests/run lint

clean:
	rm -rf $(BUILD)

help: ## this text
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

.PHONY: all tests deps install demo check check-native check-cluster check-vm bench lint clean help
.DELETE_ON_ERROR:
.SECONDARY:
