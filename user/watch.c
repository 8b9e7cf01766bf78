/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "watch.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>

#include "loop.h"
#include "util.h"

#define ENTRY_EVENTS (IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB)
#define SELF_EVENTS (IN_DELETE_SELF | IN_MOVE_SELF)
#define GONE_EVENTS (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)
#define MASK (ENTRY_EVENTS | SELF_EVENTS | IN_ONLYDIR)

struct directory {
	char *path;	 /* owned; NULL: not in use */
	int descriptor;	 /* inotify's, one for a directory however often it is asked for; -1: none */
	bool is_itself;	 /* no ancestor */
};

struct watch {
	struct loop *loop;
	int fd;
	watch_fn fn;
	void *ctx;
	struct directory directories[WATCH_DIRECTORIES];
	/* A callback may close the watch: then it is freed once the events in hand are through. */
	bool dispatching, closed;
};

/* inotify gives one watch for a directory, so two numbers may have the same. */
static bool is_shared(const struct watch *watch, const struct directory *directory)
{
	for (size_t i = 0; i < WATCH_DIRECTORIES; i++)
		if (&watch->directories[i] != directory && watch->directories[i].path &&
		    watch->directories[i].descriptor == directory->descriptor)
			return true;
	return false;
}

static void disarm(struct watch *watch, struct directory *directory)
{
	if (directory->descriptor >= 0 && !is_shared(watch, directory))
		inotify_rm_watch(watch->fd, directory->descriptor);
	directory->descriptor = -1;
}

/* "a/b/c" to "a/b", "a" to ".", "/a" to "/"; false: there is no more. */
static bool to_parent(char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	while (length > 0 && path[length - 1] != '/')
		length--;
	while (length > 1 && path[length - 1] == '/')
		length--;
	if (length == 0) {
		if (!strcmp(path, "."))
			return false;
		memcpy(path, ".", 2);
		return true;
	}
	if (!path[length])
		return false;
	path[length] = '\0';
	return true;
}

/*
 * Watches the directory or, where it does not exist, the nearest ancestor that does.  Between the two looks
 * the directory may have come, so look again until the answer is the same.
 */
static int arm(struct watch *watch, struct directory *directory)
{
	int before = -1, descriptor;

	for (;;) {
		CLEANUP(free_pointer) char *path = strdup(directory->path);

		if (!path)
			return -ENOMEM;
		directory->is_itself = true;
		while ((descriptor = inotify_add_watch(watch->fd, path, MASK)) < 0) {
			int error = errno;

			/* Of EACCES too the parent tells the end: by IN_ATTRIB. */
			if ((error != ENOENT && error != ENOTDIR && error != EACCES) || !to_parent(path))
				return -error;
			directory->is_itself = false;
		}
		/* A watch of a further ancestor, set by the look before, is not needed any more. */
		if (before != descriptor && before >= 0) {
			directory->descriptor = before;
			disarm(watch, directory);
		}
		directory->descriptor = descriptor;
		if (directory->is_itself || before == descriptor)
			return 0;
		before = descriptor;
	}
}

/* Something happened to the directory itself or on the way to it. */
static int rearm(struct watch *watch, unsigned int i)
{
	struct directory *directory = &watch->directories[i];
	int before = directory->descriptor;
	bool was_itself = directory->is_itself;

	directory->descriptor = -1;
	if (arm(watch, directory) < 0)
		directory->is_itself = false; /* the owner sees that it cannot be read */
	if (before >= 0 && before != directory->descriptor) {
		struct directory old = { .descriptor = before };

		disarm(watch, &old);
	}
	/* An ancestor's other entries come and go all the time. */
	if (!was_itself && !directory->is_itself && before == directory->descriptor)
		return 0;
	return watch->fn(watch->ctx, i, NULL, 0);
}

static int tell(struct watch *watch, unsigned int i, const struct inotify_event *event)
{
	struct directory *directory = &watch->directories[i];

	if (!directory->path)
		return 0;
	if (event->mask & IN_Q_OVERFLOW)
		return rearm(watch, i);
	if (event->wd != directory->descriptor)
		return 0;
	if (event->mask & IN_IGNORED)
		directory->descriptor = -1;
	if (!directory->is_itself || event->mask & GONE_EVENTS)
		return rearm(watch, i);
	return watch->fn(watch->ctx, i, event->len ? event->name : NULL, event->mask);
}

static int readable(void *ctx, uint32_t events)
{
	_Alignas(struct inotify_event) char buffer[4096];
	struct watch *watch = ctx;
	ssize_t length = read(watch->fd, buffer, sizeof(buffer));
	int err = 0;

	(void)events;
	if (length < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	watch->dispatching = true;
	for (char *at = buffer; at < buffer + length && !err && !watch->closed;) {
		const struct inotify_event *event = (void *)at;

		for (unsigned int i = 0; i < WATCH_DIRECTORIES && !err && !watch->closed; i++)
			err = tell(watch, i, event);
		at += sizeof(*event) + event->len;
	}
	watch->dispatching = false;
	if (watch->closed)
		watch_close(watch);
	return err;
}

int watch_open(struct watch **ret, struct loop *loop, watch_fn fn, void *ctx)
{
	CLEANUP(free_pointer) struct watch *watch = calloc(1, sizeof(*watch));
	CLEANUP(close_descriptor) int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	int err;

	if (!watch)
		return -ENOMEM;
	if (fd < 0)
		return -errno;
	*watch = (struct watch){ .loop = loop, .fd = fd, .fn = fn, .ctx = ctx };
	for (size_t i = 0; i < WATCH_DIRECTORIES; i++)
		watch->directories[i].descriptor = -1;
	err = loop_add(loop, fd, EPOLLIN, readable, watch);
	if (err)
		return err;
	take_descriptor(&fd);
	*ret = TAKE_PTR(watch);
	return 0;
}

void watch_close(struct watch *watch)
{
	if (!watch)
		return;
	if (watch->fd >= 0) {
		loop_remove(watch->loop, watch->fd);
		close(watch->fd);
		watch->fd = -1;
	}
	watch->closed = true;
	if (watch->dispatching)
		return;
	for (size_t i = 0; i < WATCH_DIRECTORIES; i++)
		free(watch->directories[i].path);
	free(watch);
}

int watch_directory(struct watch *watch, unsigned int i, const char *path)
{
	struct directory *directory = &watch->directories[i];
	char *copy = NULL;

	if (path && directory->path && directory->descriptor >= 0 && directory->is_itself &&
	    !strcmp(path, directory->path))
		return 0;
	if (path) {
		copy = strdup(path);
		if (!copy)
			return -ENOMEM;
	}
	disarm(watch, directory);
	free(directory->path);
	directory->path = copy;
	return copy ? arm(watch, directory) : 0;
}
