/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * file:PATH, the output of `kubectl get pods -A -o json`: a v1 List of Pods or a PodList.
 *
 * It is read again whenever it changes.  Nothing of a file goes out before all of it was found good, for a pod
 * that is missing from the list is a pod that is gone.  A long file is read in turns, so that the loop goes on
 * meanwhile.
 */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "loop.h"
#include "pod_list.h"
#include "util.h"
#include "watch.h"

#define MOST_BYTES (1ll << 30)
#define TURN_BYTES (256u << 10) /* about a millisecond */
#define WRITER_PATIENCE NS_PER_S
/*
 * The API server was asked for the listing before the file was written; the file does not say when.  kubectl takes
 * a second or two, and some more with a slow server or a large cluster: a pod that is younger than this proves
 * nothing by being missing.
 */
#define LISTING_TAKES (30ll * (int64_t)NS_PER_S)

enum remedy { REMEDY_WRITE, REMEDY_READABLE };

/* One reading of the file, from open to the end. */
struct listing {
	int fd;
	struct stat stat; /* at the beginning */
	struct pod_list *pods;
	char *chunk;
	char reason[POD_LIST_REASON_BYTES]; /* of -EBADMSG */
	enum remedy remedy;
	bool changed; /* while it was read */
};

struct source_file {
	struct source source;
	char *path, *directory;
	const char *base; /* in path */
	struct watch *watch;
	struct loop_timer *turn;
	struct listing *listing; /* being read, or NULL */
	bool again;		 /* it changed since the listing was begun */
	bool patient;		 /* it is being written: waiting for the writer to close it */
	struct stat seen;	 /* of the last listing */
	bool synced;		 /* the last listing was good */
	int64_t as_of;		 /* of the last good one, wall ns */
	char *down;		 /* what SOURCE_DOWN said last, NULL: it is not down */
};

/* ---- one reading ---- */

__attribute__((format(printf, 3, 4))) static int bad(struct listing *listing, enum remedy remedy, const char *format,
						     ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(listing->reason, sizeof(listing->reason), format, arguments);
	va_end(arguments);
	listing->remedy = remedy;
	return -EBADMSG;
}

static int bad_errno(struct listing *listing, int error)
{
	if (error == ENOENT || error == ENOTDIR)
		return bad(listing, REMEDY_WRITE, "it does not exist");
	if (error == EACCES || error == EPERM)
		return bad(listing, REMEDY_READABLE, "it may not be read");
	return bad(listing, REMEDY_WRITE, "%s", strerror(error));
}

/* Only a regular file can be read again and again, from its beginning, without waiting. */
static int check_type(struct listing *listing)
{
	mode_t mode = listing->stat.st_mode;
	const char *type = S_ISFIFO(mode) ? "FIFO" : S_ISDIR(mode) ? "directory" : S_ISSOCK(mode) ? "socket" : "device";

	if (!S_ISREG(mode))
		return bad(listing, REMEDY_WRITE, "it is a %s, not a regular file", type);
	if (listing->stat.st_size > MOST_BYTES)
		return bad(listing, REMEDY_WRITE, "it is larger than 1 GiB");
	return 0;
}

static void listing_close(struct listing *listing)
{
	if (!listing)
		return;
	if (listing->fd >= 0)
		close(listing->fd);
	pod_list_close(listing->pods);
	free(listing->chunk);
	free(listing);
}

/* Opens the file.  -EBADMSG: listing has the reason. */
static int listing_begin(struct listing *listing, const char *path)
{
	int err;

	/* To open a device may do things, so look first. */
	if (stat(path, &listing->stat) < 0)
		return bad_errno(listing, errno);
	err = check_type(listing);
	if (err)
		return err;
	listing->fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (listing->fd < 0 || fstat(listing->fd, &listing->stat) < 0)
		return bad_errno(listing, errno);
	listing->chunk = malloc(TURN_BYTES);
	if (!listing->chunk)
		return -ENOMEM;
	err = check_type(listing);
	return err ? err : pod_list_open(&listing->pods);
}

static int listing_new(struct listing **ret)
{
	struct listing *listing = calloc(1, sizeof(*listing));

	if (!listing)
		return -ENOMEM;
	listing->fd = -1;
	*ret = listing;
	return 0;
}

static bool same_content(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* It must be a whole list. */
static int listing_end(struct listing *listing)
{
	int err = pod_list_page_end(listing->pods);

	if (!err && *listing->pods->next)
		return bad(listing, REMEDY_WRITE, "it is not a list of pods: it is one page of a longer list");
	/* Of all namespaces (-A) there is always one; of one namespace, all others would seem gone. */
	if (!err && !listing->pods->count)
		return bad(listing, REMEDY_WRITE, "it lists no pod at all");
	return err ? err : pod_list_settle(listing->pods);
}

/* Reads on.  1: there is more; 0: it is whole and good; -EBADMSG: listing has the reason. */
static int listing_step(struct listing *listing)
{
	ssize_t length = read(listing->fd, listing->chunk, TURN_BYTES);
	struct stat now;
	int err;

	if (length < 0)
		return bad_errno(listing, errno);
	err = length ? pod_list_feed(listing->pods, listing->chunk, (size_t)length) : listing_end(listing);
	if (err == -EBADMSG && !listing->reason[0])
		bad(listing, REMEDY_WRITE, "%s", listing->pods->reason);
	if (!err && length)
		return 1;
	listing->changed = fstat(listing->fd, &now) < 0 || !same_content(&listing->stat, &now);
	if (listing->changed)
		return bad(listing, REMEDY_WRITE, "it changed while it was read");
	return err;
}

/* ---- the source ---- */

static char *print_remedy(enum remedy remedy, const char *path)
{
	return remedy == REMEDY_READABLE ?
		       strdup("run as root, or let this user read it") :
		       formatted("write it with: kubectl get pods -A -o json > %s.tmp && mv %s.tmp %s", path, path, path);
}

static int tell_down(struct source_file *file, const struct listing *listing)
{
	CLEANUP(free_pointer) char *remedy = print_remedy(listing->remedy, file->path);
	CLEANUP(free_pointer) char *detail = remedy ? formatted("%s: %s; %s", file->path, listing->reason, remedy) : NULL;

	file->synced = false;
	if (!detail)
		return -ENOMEM;
	if (file->down && !strcmp(file->down, detail))
		return 0;
	free(file->down);
	file->down = TAKE_PTR(detail);
	return source_tell_state(&file->source, SOURCE_DOWN, true, 0, file->down);
}

static int tell_pods(struct source_file *file, const struct listing *listing)
{
	int64_t written = timespec_to_ns(&listing->stat.st_mtim), now = wall_now();
	int64_t as_of = written < now ? written : now;
	int err = source_tell_state(&file->source, SOURCE_SYNCING, true, as_of - LISTING_TAKES, "");

	for (size_t i = 0; i < listing->pods->count && !err; i++) {
		struct input input = { .kind = INPUT_POD };

		if (!listing->pods->pods[i])
			continue;
		input.pod = listing->pods->pods[i]->pod;
		input.pod.source = file->source.name;
		err = source_tell(&file->source, &input);
	}
	if (!err)
		err = source_tell_state(&file->source, SOURCE_SYNCED, true, as_of, "");
	file->synced = true;
	file->as_of = as_of;
	free(file->down);
	file->down = NULL;
	return err;
}

/* A link may lead to another directory, and the file be written there. */
static int follow_link(struct source_file *file)
{
	CLEANUP(free_pointer) char *target = realpath(file->path, NULL);
	char *slash = target ? strrchr(target, '/') : NULL;

	if (!slash)
		return watch_directory(file->watch, 1, NULL);
	slash[slash == target] = '\0';
	return watch_directory(file->watch, 1, target);
}

/* The listing came to an end, good or bad. */
static int finish(struct source_file *file, int err)
{
	struct listing *listing = TAKE_PTR(file->listing);
	bool changed = listing->changed, wait = changed && file->synced && !file->patient;

	file->seen = listing->stat;
	if (!err && timespec_to_ns(&listing->stat.st_mtim) < file->as_of)
		err = bad(listing, REMEDY_WRITE, "it is older than what was read before");
	if (!err)
		err = tell_pods(file, listing);
	else if (err == -EBADMSG)
		err = file->again || wait ? 0 : tell_down(file, listing);
	listing_close(listing);
	/* The writer's IN_CLOSE_WRITE will come; should it not come soon, that is worth a word. */
	file->patient = changed;
	if (!err && file->again)
		return loop_timer_set(file->turn, 1);
	if (!err && wait)
		return loop_timer_set(file->turn, loop_now() + WRITER_PATIENCE);
	return err;
}

static int begin(struct source_file *file)
{
	int err = listing_new(&file->listing);

	if (err)
		return err;
	file->again = false;
	follow_link(file); /* best effort: the link's own directory is watched */
	err = listing_begin(file->listing, file->path);
	return err ? finish(file, err) : 0;
}

static int take_turn(void *ctx, uint32_t events)
{
	struct source_file *file = ctx;
	int err;

	(void)events;
	if (!file->listing) {
		err = begin(file);
		if (err || !file->listing)
			return err;
	}
	err = listing_step(file->listing);
	return err == 1 ? loop_timer_set(file->turn, 1) : finish(file, err);
}

/* Whether an event of the directory can be about the file. */
static bool concerns(const struct source_file *file, unsigned int directory, const char *name, uint32_t mask)
{
	struct stat itself, target;

	if (!name)
		return true;
	if (directory == 0 && strcmp(name, file->base)) {
		/* On the way of a link, such as ..data of a mounted ConfigMap, any name may stand. */
		if (lstat(file->path, &itself) < 0 || !S_ISLNK(itself.st_mode))
			return false;
	}
	if (stat(file->path, &target) < 0)
		return true;
	/* Just made, about to be written: its IN_CLOSE_WRITE will come. */
	if ((mask & IN_CREATE) && S_ISREG(target.st_mode) && !target.st_size)
		return false;
	return !(file->synced && same_content(&file->seen, &target));
}

static int changed(void *ctx, unsigned int directory, const char *name, uint32_t mask)
{
	struct source_file *file = ctx;

	if (!concerns(file, directory, name, mask))
		return 0;
	if (file->listing) {
		file->again = true;
		return 0;
	}
	return loop_timer_set(file->turn, 1);
}

static void source_file_close(struct source *source)
{
	struct source_file *file = (struct source_file *)source;

	listing_close(file->listing);
	loop_timer_close(file->turn);
	watch_close(file->watch);
	free(file->down);
	free(file->directory);
	free(file->path);
	source_fini(source);
	free(file);
}

static int split_path(struct source_file *file, const char *path)
{
	const char *slash = strrchr(path, '/');

	file->path = strdup(path);
	file->directory = !slash ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
	if (!file->path || !file->directory)
		return -ENOMEM;
	file->base = slash ? file->path + (slash + 1 - path) : file->path;
	return 0;
}

static int start(struct source_file *file)
{
	int err = watch_open(&file->watch, file->source.context.loop, changed, file);

	if (!err)
		err = loop_timer_open(&file->turn, file->source.context.loop, take_turn, file);
	if (!err)
		err = watch_directory(file->watch, 0, file->directory);
	if (!err)
		err = begin(file);
	while (!err && file->listing) {
		err = listing_step(file->listing);
		err = err == 1 ? 0 : finish(file, err);
	}
	return err;
}

static int source_file_open(struct source **ret, const char *path, const struct source_context *context)
{
	struct source_file *file = calloc(1, sizeof(*file));
	int err;

	if (!file)
		return -ENOMEM;
	err = source_init(&file->source, &source_file, path, context);
	if (!err)
		err = split_path(file, path);
	if (!err)
		err = start(file);
	if (err) {
		source_file_close(&file->source);
		return err;
	}
	*ret = &file->source;
	return 0;
}

static int source_file_check(const char *path, struct checks *checks)
{
	CLEANUP(free_pointer) char *remedy = NULL;
	char subject[sizeof(checks->items->subject)];
	struct listing *listing;
	struct check *check;
	int err = listing_new(&listing);

	if (err)
		return err;
	err = listing_begin(listing, path);
	if (!err)
		do
			err = listing_step(listing);
		while (err == 1);
	snprintf(subject, sizeof(subject), "file:%s", path);
	check = err && err != -EBADMSG ? NULL : checks_add(checks, "source", err ? CHECK_NO : CHECK_YES, false, subject);
	if (check && !err) {
		snprintf(check->detail, sizeof(check->detail), "%zu pods, says which are gone", listing->pods->count);
	} else if (check && (remedy = print_remedy(listing->remedy, path))) {
		snprintf(check->detail, sizeof(check->detail), "%.*s", (int)sizeof(check->detail) - 1, listing->reason);
		snprintf(check->remedy, sizeof(check->remedy), "%s", remedy);
	}
	listing_close(listing);
	return check ? 0 : -ENOMEM;
}

const struct source_type source_file = {
	.scheme = "file",
	.argument = "PATH",
	.help = "the output of kubectl get pods -A -o json, read again when it changes",
	.open = source_file_open,
	.close = source_file_close,
	.check = source_file_check,
};
