// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "tracer.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "../bpf/census.h"
#include "census.h"
#include "hooks.h"
#include "netnsleak.skel.h"

#define LARGE_BYTES (64 << 10) /* allocations from this size on go back to the kernel when freed */

struct tracer {
	struct netnsleak_bpf *bpf; /* owned */
	struct ring_buffer *ring;  /* owned; NULL with census_only */
	struct hooks hooks;
	struct census census;
	struct tracer_missed missed_before; /* it was enabled */
	tracer_record_fn fn; /* during tracer_dispatch() */
	void *ctx;
};

/* The end of what libbpf had to say: it explains a refusal better than its errno. */
static char complaint[4096];

/* Of the verifier's long log, too, the end counts: there stands why. */
#define COMPLAINT_PART 1024

static int keep_complaint(enum libbpf_print_level level, const char *format, va_list arguments)
{
	size_t length, had = strlen(complaint);
	char *whole, *part;

	if (level > LIBBPF_WARN || vasprintf(&whole, format, arguments) < 0)
		return 0;
	length = strlen(whole);
	part = length < COMPLAINT_PART ? whole : whole + length - COMPLAINT_PART;
	length = strlen(part);
	if (had + length >= sizeof(complaint)) {
		size_t cut = had + length + 1 - sizeof(complaint);

		cut = cut > had ? had : cut;
		memmove(complaint, complaint + cut, had - cut + 1);
		had -= cut;
	}
	memcpy(complaint + had, part, length + 1);
	free(whole);
	return 0;
}

const char *tracer_complaint(void)
{
	return complaint;
}

static int pass_record(void *ctx, void *record, size_t size)
{
	struct tracer *tracer = ctx;
	int result = tracer->fn(tracer->ctx, record, size);

	return result < 0 ? result : 0;
}

/* Why neither way of attaching that was asked for works; 0 if one does. */
static int try_attach(const struct btf *kernel, enum tracer_attach attach, bool *ret_fentry)
{
	int fentry = attach == TRACER_ATTACH_KPROBE ? -EOPNOTSUPP : hooks_try_fentry(kernel);

	*ret_fentry = fentry == 0;
	if (fentry == 0 || attach == TRACER_ATTACH_FENTRY)
		return fentry;
	return hooks_try_kprobe();
}

static int choose_hooks(struct hooks *hooks, enum tracer_attach attach)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	bool fentry_works;
	int error;

	if (!kernel)
		return -errno;
	error = try_attach(kernel, attach, &fentry_works);
	if (!error) {
		hooks_choose(hooks, kernel, attach, fentry_works);
		error = hooks_missing(hooks);
	}
	btf__free(kernel);
	return error;
}

static int configure_ring(struct tracer *tracer, const struct tracer_options *options)
{
	struct bpf_map *events = tracer->bpf->maps.events;

	/* The smallest one where no hook will write. */
	if (options->census_only)
		return bpf_map__set_max_entries(events, 4096);
	return bpf_map__set_max_entries(events, options->ring_bytes ? options->ring_bytes : TRACER_RING_BYTES);
}

static int configure(struct tracer *tracer, const struct tracer_options *options, enum tracer_attach attach)
{
	unsigned long long salt;
	int error;

	if (getrandom(&salt, sizeof(salt), 0) != sizeof(salt))
		return -EIO;
	tracer->bpf->rodata->handle_salt = salt;
	if (!options->census_only) {
		error = choose_hooks(&tracer->hooks, attach);
		if (error)
			return error;
	}
	error = hooks_prepare(&tracer->hooks, tracer->bpf->obj);
	return error ? error : configure_ring(tracer, options);
}

static int open_ring(struct tracer *tracer)
{
	tracer->ring = ring_buffer__new(bpf_map__fd(tracer->bpf->maps.events), pass_record, tracer, NULL);
	return tracer->ring ? 0 : -errno;
}

static int open_census(struct tracer *tracer)
{
	struct census *census = &tracer->census;

	census->program = bpf_program__fd(tracer->bpf->progs.census_run);
	census->buffer = bpf_map__fd(tracer->bpf->maps.census_buffer);
	census->state = &tracer->bpf->bss->census;
	census->tasks = bpf_program__attach_iter(tracer->bpf->progs.census_task, NULL);
	return census->tasks ? 0 : -errno;
}

static int start(struct tracer *tracer, const struct tracer_options *options, enum tracer_attach attach)
{
	int error;

	tracer->bpf = netnsleak_bpf__open();
	if (!tracer->bpf)
		return -errno;
	error = configure(tracer, options, attach);
	if (!error)
		error = netnsleak_bpf__load(tracer->bpf);
	if (!error)
		error = open_census(tracer);
	if (error || options->census_only)
		return error;
	error = open_ring(tracer);
	if (!error)
		error = hooks_attach(&tracer->hooks, tracer->bpf->obj);
	if (error)
		return error;
	tracer->bpf->bss->enabled = true;
	hooks_missed(&tracer->hooks, tracer->bpf->obj, &tracer->missed_before);
	return 0;
}

static int open_with(struct tracer **ret, const struct tracer_options *options, enum tracer_attach attach)
{
	struct tracer *tracer = calloc(1, sizeof(*tracer));
	int error;

	if (!tracer)
		return -ENOMEM;
	error = start(tracer, options, attach);
	if (error) {
		tracer_close(tracer);
		return error;
	}
	*ret = tracer;
	return 0;
}

int tracer_open(struct tracer **ret, const struct tracer_options *options)
{
	int error;

	/* Else glibc takes the size of the kernel's BTF, once freed, as a measure, and large arrays leave holes later. */
	mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
	complaint[0] = '\0';
	libbpf_set_print(keep_complaint);
	error = open_with(ret, options, options->attach);
	/* A kernel may refuse a trampoline that it promised (too many arguments, say). */
	if (error && error != -EPERM && options->attach == TRACER_ATTACH_AUTO && !options->census_only &&
	    open_with(ret, options, TRACER_ATTACH_KPROBE) == 0)
		error = 0;
	/* What was tried before is not why something else may fail. */
	if (!error)
		complaint[0] = '\0';
	/* The kernel's BTF took some 20 MiB while loading. */
	malloc_trim(0);
	return error;
}

void tracer_close(struct tracer *tracer)
{
	if (!tracer)
		return;
	hooks_detach(&tracer->hooks);
	bpf_link__destroy(tracer->census.tasks);
	ring_buffer__free(tracer->ring);
	netnsleak_bpf__destroy(tracer->bpf);
	free(tracer);
}

bool tracer_sees_calls(const struct tracer *tracer)
{
	return hooks_see_calls(&tracer->hooks);
}

uint64_t tracer_salt(const struct tracer *tracer)
{
	return tracer->bpf->rodata->handle_salt;
}

int tracer_fd(const struct tracer *tracer)
{
	return tracer->ring ? ring_buffer__epoll_fd(tracer->ring) : -1;
}

int tracer_dispatch(struct tracer *tracer, tracer_record_fn fn, void *ctx)
{
	if (!tracer->ring)
		return 0;
	tracer->fn = fn;
	tracer->ctx = ctx;
	return ring_buffer__consume(tracer->ring);
}

uint64_t tracer_lost(const struct tracer *tracer)
{
	return *(volatile __u64 *)&tracer->bpf->bss->lost_records;
}

struct tracer_missed tracer_missed(const struct tracer *tracer)
{
	struct tracer_missed missed;

	hooks_missed(&tracer->hooks, tracer->bpf->obj, &missed);
	missed.events -= tracer->missed_before.events;
	missed.calls -= tracer->missed_before.calls;
	return missed;
}

int tracer_census(struct tracer *tracer, tracer_record_fn fn, void *ctx)
{
	return census_run(&tracer->census, fn, ctx);
}

const struct tracer_hook *tracer_hooks(const struct tracer *tracer, size_t *ret_count)
{
	*ret_count = tracer->ring ? HOOKS_COUNT : 0;
	return tracer->hooks.items;
}
