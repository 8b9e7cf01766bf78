/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A source tells of pods, bindings or paths.  Adding one: a file that defines a struct source_type, a line in
 * source_types[] (source.c), a test.
 *
 * A source owns its descriptors and its memory, never blocks, never sleeps and prints nothing: what goes
 * wrong goes out as INPUT_SOURCE with SOURCE_DOWN and a text that names the thing and the remedy.
 */
#ifndef NETNSLEAK_SOURCE_H
#define NETNSLEAK_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "checks.h"
#include "input.h"

struct loop;
struct source;

struct source_context {
	struct loop *loop;  /* where it waits (loop.h) */
	input_fn input;	    /* where it tells */
	void *input_ctx;
	uint64_t (*now)(void); /* boot ns, for struct input.time */
	const char *node;      /* this node's name in Kubernetes; kept by the caller; NULL: see node.h */
	bool unnamed;	       /* nobody asked for this very source (auto, doctor): what asking would change is left alone */
};

#define SOURCE_REASON_BYTES 160

struct source_type {
	const char *scheme;   /* "file", "cni": what stands before the colon */
	const char *argument; /* for help: "PATH", "DIR" */
	const char *fallback; /* the argument where none is given, or NULL: it is needed */
	const char *help;     /* one line */
	/* Starts it.  What can be read without waiting goes out before it returns, or SOURCE_DOWN; a source that
	 * has to wait for an answer says SOURCE_SYNCING and goes on in the loop.  An error only where it cannot
	 * work at all (bad argument, no memory); *ret is then untouched. */
	int (*open)(struct source **ret, const char *argument, const struct source_context *context);
	void (*close)(struct source *source);
	/*
	 * Optional, for auto: has this node what the source needs, as far as can be seen without asking anybody?
	 * *ret_argument, static, is what to open it with; untouched: the fallback.  reason: why, or why not.
	 */
	bool (*available)(const char **ret_argument, char reason[static SOURCE_REASON_BYTES]);
	/* Optional.  A netns that is not bound well, and a process that was in it just now, by its pid in the first pid
	 * namespace: does the source know whose it is? */
	int (*nudge)(struct source *source, uint32_t netns_inum, uint32_t pid);
	/* For doctor: can it be read, what would it be used for.  Appends to checks. */
	int (*check)(const char *argument, struct checks *checks);
	/*
	 * NULL, or: the kernel told of a netns that comes or goes, so what this source lists may have changed.  Comes
	 * often; the source asks no more often than it should.  Negative: the loop ends with it.
	 */
	int (*netns_changed)(struct source *source);
};

/* Ends with NULL. */
extern const struct source_type *const source_types[];

/* Common head of every source: type first. */
struct source {
	const struct source_type *type;
	struct source_context context;
	char *name; /* "scheme:argument", or "scheme" where that is "", owned */
	char *account; /* lines to be said at the start, without the last newline, owned; NULL: none */
	bool wants_nudges; /* nudge() may do something */
};

/*
 * spec is "scheme:argument" or "scheme".  -EINVAL: no such scheme, or the argument is missing.
 */
int source_open(struct source **ret, const char *spec, const struct source_context *context);
/* What an error of open() means, and what to do. */
const char *source_strerror(int err);
void source_close(struct source *source); /* NULL is fine */
int source_nudge(struct source *source, uint32_t netns_inum, uint32_t pid);
int source_check(const char *spec, struct checks *checks);
int source_netns_changed(struct source *source);

/* For the sources: the common head, set up and given back; an input with the time of now; a state. */
int source_init(struct source *source, const struct source_type *type, const char *argument,
		const struct source_context *context);
void source_fini(struct source *source);
int source_tell(struct source *source, struct input *input);
int source_tell_state(struct source *source, enum source_state state, bool authority, int64_t as_of_wall,
		      const char *detail);

extern const struct source_type source_file, source_cni, source_kube, source_kubelet, source_cri, source_docker,
	source_podman, source_cgroup, source_auto;

/* The watcher of netns mounts; not a --pods source but behind the same interface.  argument: directories
 * joined by ':'. */
extern const struct source_type source_paths;

#endif
