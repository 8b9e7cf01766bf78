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
LIBS := libbpf libelf zlib libcjson libprotobuf-c yaml-0.1 libmnl libcap-ng libseccomp
# It runs as root, and reads what others write.
CFLAGS ?= -O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2
LDFLAGS ?= -Wl,-z,relro,-z,now
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE $(WARNINGS) $(REPRODUCIBLE) -I. -Iuser -Ibpf -isystem $(BUILD)/bpf -isystem $(BUILD)/proto -MD -MP \
	$(shell $(PKG_CONFIG) --cflags $(LIBS) 2>/dev/null) $(CFLAGS) $(SANITIZE)
ALL_LIBS = $(shell $(PKG_CONFIG) --libs $(LIBS) 2>/dev/null) $(LDFLAGS) $(SANITIZE)

BPF_ARCH := $(shell uname -m | sed 's/x86_64/x86/;s/aarch64/arm64/')
# Instructions of version 2, which every kernel of the matrix takes; newer compilers default to more.
BPF_CFLAGS := -g -O2 -mcpu=v2 -Wall -Wextra -Werror -target bpf -D__TARGET_ARCH_$(BPF_ARCH) $(REPRODUCIBLE) \
	-I. -Ivmlinux -Ibpf
# What finds holders is loaded apart, and only where they are asked for.
netnsleak_OBJECTS := $(BUILD)/bpf/netnsleak.raw.o $(BUILD)/bpf/census.raw.o
holders_OBJECTS := $(BUILD)/bpf/holders.raw.o
teardown_OBJECTS := $(BUILD)/bpf/teardown.raw.o
SKELETONS := $(BUILD)/bpf/netnsleak.skel.h $(BUILD)/bpf/holders.skel.h $(BUILD)/bpf/teardown.skel.h

PROGRAM_SOURCES := user/main.c $(wildcard user/cmd_*.c)
LIBRARY_SOURCES := $(filter-out $(PROGRAM_SOURCES),$(wildcard user/*.c))
LIBRARY_OBJECTS := $(LIBRARY_SOURCES:user/%.c=$(BUILD)/user/%.o) $(BUILD)/proto/cri.pb-c.o \
	$(BUILD)/page/report_page.o
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
.SECONDEXPANSION:
$(BUILD)/bpf/%.bpf.o: $$($$*_OBJECTS)
	$(call say,BPFLINK,$@)
	$(Q)$(BPFTOOL) gen object $@ $^

$(BUILD)/bpf/%.skel.h: $(BUILD)/bpf/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

# --- user space ---

vpath %.proto user tests/vm/cri

$(BUILD)/proto/%.pb-c.c $(BUILD)/proto/%.pb-c.h &: %.proto
	$(call say,PROTO,$(BUILD)/proto/$*.pb-c.c)
	$(Q)mkdir -p $(BUILD)/proto
	$(Q)$(PROTOC_C) --proto_path=$(<D) --c_out=$(BUILD)/proto $<

# The frame of the page of `netnsleak report`, as bytes.
$(BUILD)/page/%.c: user/%.html tools/embed-page
	$(call say,EMBED,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(PYTHON) tools/embed-page $< >$@

$(BUILD)/page/%.o: $(BUILD)/page/%.c
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

# Not our code: as it is made.
$(BUILD)/proto/%.o: $(BUILD)/proto/%.c
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -w -c $< -o $@

$(LIBRARY_OBJECTS): | $(SKELETONS)
$(BUILD)/user/cri.o: | $(BUILD)/proto/cri.pb-c.h

$(BUILD)/user/%.o: user/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

$(BUILD)/netnsleak: $(PROGRAM_OBJECTS) $(LIBRARY_OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $^ -o $@ $(ALL_LIBS)

$(BUILD)/tests/%.o: tests/%.c | $(SKELETONS)
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
$(BUILD)/cri: $(CRI_OBJECTS) $(BUILD)/user/util.o
	$(call say,LD,$@)
	$(Q)$(CC) $^ -o $@ $(shell $(PKG_CONFIG) --libs libcjson libprotobuf-c libcurl) $(LDFLAGS) $(SANITIZE)

-include $(wildcard $(BUILD)/user/*.d $(BUILD)/tests/*.d $(BUILD)/tests/vm/cri/*.d $(BUILD)/bpf/*.d $(BUILD)/proto/*.d $(BUILD)/page/*.d)

tests: $(TESTS) $(TOOLS)

# --- man pages and completions, from the program's own table of options ---

PAGES := $(BUILD)/share/netnsleak.8 $(BUILD)/share/netnsleak-output.5
COMPLETIONS := $(foreach shell,bash zsh fish,$(BUILD)/share/netnsleak.$(shell))

$(BUILD)/share/options.json: $(BUILD)/netnsleak
	$(call say,OPTIONS,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$< --dump-options > $@

$(BUILD)/share/netnsleak.8: $(BUILD)/share/options.json tools/doc/man tools/doc/netnsleak.8.in
	$(call say,MAN,$@)
	$(Q)$(PYTHON) tools/doc/man 8 $< > $@

$(BUILD)/share/netnsleak-output.5: tools/schema/netnsleak-1.schema.json tools/doc/man tools/doc/schema.py tools/doc/netnsleak-output.5.in
	$(call say,MAN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(PYTHON) tools/doc/man 5 > $@

$(COMPLETIONS): $(BUILD)/share/netnsleak.%: $(BUILD)/share/options.json tools/doc/completion tools/doc/completion.%.in
	$(call say,COMPLETE,$@)
	$(Q)$(PYTHON) tools/doc/completion $* $< > $@

# Without name and time: the same page gives the same bytes.
%.gz: %
	$(Q)gzip -9nc $< > $@

docs: $(PAGES:=.gz) $(COMPLETIONS) ## man pages and shell completions, into build/share

# --- set-up and use ---

deps: ## install what building and testing need (Debian 12 and 13)
	tools/deps

ZSH_COMPLETIONS ?= $(PREFIX)/share/zsh/site-functions
UNITS ?= $(PREFIX)/lib/systemd/system

install: all docs ## into $(DESTDIR)$(PREFIX)
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,sbin $(addprefix share/,netnsleak/npd man/man8 man/man5 \
		bash-completion/completions fish/vendor_completions.d)) $(DESTDIR)$(ZSH_COMPLETIONS) $(DESTDIR)$(UNITS)
	install -m 0755 $(BUILD)/netnsleak $(DESTDIR)$(PREFIX)/sbin/netnsleak
	install -m 0644 tools/schema/*.json $(DESTDIR)$(PREFIX)/share/netnsleak/
	install -m 0644 tools/npd/netnsleak.json $(DESTDIR)$(PREFIX)/share/netnsleak/npd/
	install -m 0644 $(BUILD)/share/netnsleak.8.gz $(DESTDIR)$(PREFIX)/share/man/man8/
	install -m 0644 $(BUILD)/share/netnsleak-output.5.gz $(DESTDIR)$(PREFIX)/share/man/man5/
	install -m 0644 $(BUILD)/share/netnsleak.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/netnsleak
	install -m 0644 $(BUILD)/share/netnsleak.zsh $(DESTDIR)$(ZSH_COMPLETIONS)/_netnsleak
	install -m 0644 $(BUILD)/share/netnsleak.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/netnsleak.fish
	sed 's#@SBINDIR@#$(PREFIX)/sbin#' tools/systemd/netnsleak.service.in >$(DESTDIR)$(UNITS)/netnsleak.service
	chmod 0644 $(DESTDIR)$(UNITS)/netnsleak.service

deb: all docs ## build/netnsleak_VERSION_ARCHITECTURE.deb
	$(Q)tools/debian/build $(BUILD)

image: all ## build/netnsleak-VERSION-image.tar, a container image
	$(Q)$(PYTHON) tools/image/build $(BUILD)

# The files of the commit that is checked out, as they lie here; all of the commit's time, so that they are the same bytes
# for everybody.
VERSION = $(shell sed -n 's/^\#define NETNSLEAK_VERSION "\(.*\)"$$/\1/p' user/version.h)

dist: ## build/netnsleak-VERSION.tar.gz
	@mkdir -p $(BUILD)
	$(Q)tools/dist $(BUILD) $(VERSION)

plugin: ## build/kubectl-netnsleak-VERSION.tar.gz, and its manifest for krew
	@mkdir -p $(BUILD)
	$(Q)tools/plugin/package $(BUILD) $(VERSION)

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

.PHONY: all docs tests deps install deb image dist plugin demo check check-native check-cluster check-vm bench lint clean help
.DELETE_ON_ERROR:
.SECONDARY:
