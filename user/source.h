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
};

struct source_type {
	const char *scheme;   /* "file", "cni": what stands before the colon */
	const char *argument; /* for help: "PATH", "DIR" */
	const char *fallback; /* the argument where none is given, or NULL: it is needed */
	const char *help;     /* one line */
	/* Starts it; the first listing goes out before it returns, or SOURCE_DOWN.  An error only where
	 * it cannot work at all (bad argument, no memory); *ret is then untouched. */
	int (*open)(struct source **ret, const char *argument, const struct source_context *context);
	void (*close)(struct source *source);
	/* For doctor: can it be read, what would it be used for.  Appends to checks. */
	int (*check)(const char *argument, struct checks *checks);
};

/* Ends with NULL. */
extern const struct source_type *const source_types[];

/* Common head of every source: type first. */
struct source {
	const struct source_type *type;
	struct source_context context;
	char *name; /* "scheme:argument", owned */
};

/*
 * spec is "scheme:argument" or "scheme".  -EINVAL: no such scheme, or the argument is missing.
 */
int source_open(struct source **ret, const char *spec, const struct source_context *context);
void source_close(struct source *source); /* NULL is fine */
int source_check(const char *spec, struct checks *checks);

/* For the sources: the common head, set up and given back; an input with the time of now; a state. */
int source_init(struct source *source, const struct source_type *type, const char *argument,
		const struct source_context *context);
void source_fini(struct source *source);
int source_tell(struct source *source, struct input *input);
int source_tell_state(struct source *source, enum source_state state, bool authority, int64_t as_of_wall,
		      const char *detail);

extern const struct source_type source_file, source_cni, source_docker, source_podman;

/* The watcher of netns mounts; not a --pods source but behind the same interface.  argument: directories
 * joined by ':'. */
extern const struct source_type source_paths;

#endif
