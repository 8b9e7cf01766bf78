/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The paths at which netns are mounted, from the host's mount table (mountinfo.h).  poll(2) tells of each change of the
 * table, not of which, so it is read again and compared.
 */
#include "source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <uthash.h>

#include "loop.h"
#include "mountinfo.h"
#include "netns_path.h"
#include "util.h"

#define BUFFER_BYTES (64u << 10)
#define PAUSE (100 * NS_PER_MS) /* between two readings, at least */
#define PAUSE_COSTS 20		/* and as many times what the last one took: no more than 5% of a CPU */
#define STALE_SHOWN 3

/* One mount of a netns that was told. */
struct mount_point {
	UT_hash_handle hh;
	uint64_t generation; /* of the reading that saw it last */
	/* The key: inum and path, next to each other. */
	uint32_t inum;
	char path[];
};

struct source_netns_paths {
	struct source source;
	int fd; /* of mountinfo */
	struct loop_timer *timer;
	bool waiting; /* for the timer: there was a change */
	uint64_t next; /* no reading before */
	uint64_t generation;
	struct mount_point *mounts;
	char *buffer;
};

/* When the nsfs inode was made, which lives as long as the mount; 0 where another is mounted above it. */
static int64_t made_at(const struct mountinfo *mount)
{
	char through_init[PATH_MAX + 16];
	struct stat file;

	if (stat(mount->path, &file) == 0 && file.st_ino == mount->netns)
		return timespec_to_ns(&file.st_mtim);
	snprintf(through_init, sizeof(through_init), "/proc/1/root%s", mount->path);
	if (stat(through_init, &file) == 0 && file.st_ino == mount->netns)
		return timespec_to_ns(&file.st_mtim);
	return 0;
}

static int tell_path(struct source_netns_paths *paths, const char *path, uint32_t inum, bool present, int64_t made)
{
	struct input input = {
		.kind = INPUT_PATH,
		.path = { .path = path, .inum = inum, .present = present, .made_wall = made },
	};

	return source_tell(&paths->source, &input);
}

/* A mount's number and path are next to each other here too. */
_Static_assert(offsetof(struct mountinfo, path) == offsetof(struct mountinfo, netns) + sizeof(uint32_t),
	       "the key of a mount has a gap");

static int take_mount(struct source_netns_paths *paths, const struct mountinfo *found)
{
	size_t length = strlen(found->path), key_length = sizeof(found->netns) + length;
	struct mount_point *mount;

	HASH_FIND(hh, paths->mounts, &found->netns, key_length, mount);
	if (mount) {
		mount->generation = paths->generation;
		return 0;
	}
	mount = calloc(1, sizeof(*mount) + length + 1);
	if (!mount)
		return -ENOMEM;
	mount->generation = paths->generation;
	mount->inum = found->netns;
	memcpy(mount->path, found->path, length + 1);
	HASH_ADD_KEYPTR(hh, paths->mounts, &mount->inum, key_length, mount);
	return tell_path(paths, mount->path, mount->inum, true, made_at(found));
}

/* The whole lines of the buffer; *used becomes what is left of the last. */
static int take_lines(struct source_netns_paths *paths, size_t *used)
{
	char *at = paths->buffer, *end = paths->buffer + *used, *newline;
	struct mountinfo mount;
	int err = 0;

	while (!err && (newline = memchr(at, '\n', (size_t)(end - at)))) {
		*newline = '\0';
		if (strstr(at, " net:[") && mountinfo_parse(at, &mount) && mount.netns)
			err = take_mount(paths, &mount);
		at = newline + 1;
	}
	*used = (size_t)(end - at);
	memmove(paths->buffer, at, *used);
	return err;
}

static int read_table(struct source_netns_paths *paths)
{
	size_t used = 0;
	int err = 0;

	if (lseek(paths->fd, 0, SEEK_SET) < 0)
		return -errno;
	while (!err) {
		ssize_t length = read(paths->fd, paths->buffer + used, BUFFER_BYTES - used);

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return -errno;
		if (!length)
			return 0;
		used += (size_t)length;
		err = take_lines(paths, &used);
		if (used == BUFFER_BYTES) /* no line of ours is that long */
			used = 0;
	}
	return err;
}

/* The new ones go out before the old: a netns that got another path is never without one. */
static int read_again(struct source_netns_paths *paths)
{
	uint64_t start = loop_now(), pause;
	struct mount_point *mount, *next;
	int err;

	paths->generation++;
	err = read_table(paths);
	HASH_ITER(hh, paths->mounts, mount, next) {
		if (err || mount->generation == paths->generation)
			continue;
		HASH_DEL(paths->mounts, mount);
		err = tell_path(paths, mount->path, mount->inum, false, 0);
		free(mount);
	}
	pause = PAUSE_COSTS * (loop_now() - start);
	paths->next = loop_now() + (pause > PAUSE ? pause : PAUSE);
	return err;
}

static int pause_ended(void *ctx, uint32_t events)
{
	struct source_netns_paths *paths = ctx;

	(void)events;
	paths->waiting = false;
	return read_again(paths);
}

static int table_changed(void *ctx, uint32_t events)
{
	struct source_netns_paths *paths = ctx;

	(void)events;
	if (paths->waiting)
		return 0;
	if (loop_now() >= paths->next)
		return read_again(paths);
	paths->waiting = true;
	return loop_timer_set(paths->timer, paths->next);
}

static void source_paths_close(struct source *source)
{
	struct source_netns_paths *paths = (struct source_netns_paths *)source;
	struct mount_point *mount, *next;

	HASH_ITER(hh, paths->mounts, mount, next) {
		HASH_DEL(paths->mounts, mount);
		free(mount);
	}
	loop_timer_close(paths->timer);
	if (paths->fd >= 0) {
		loop_remove(source->context.loop, paths->fd);
		close(paths->fd);
	}
	free(paths->buffer);
	source_fini(source);
	free(paths);
}

/* The host's table where init is the host's, else this process's own. */
static int open_table(void)
{
	int fd = open("/proc/1/mountinfo", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int source_paths_open(struct source **ret, const char *argument, const struct source_context *context)
{
	struct source_netns_paths *paths = calloc(1, sizeof(*paths));
	int err;

	if (!paths)
		return -ENOMEM;
	err = source_init(&paths->source, &source_paths, argument, context);
	paths->fd = open_table();
	paths->buffer = malloc(BUFFER_BYTES);
	if (!err && (paths->fd < 0 || !paths->buffer))
		err = paths->fd < 0 ? paths->fd : -ENOMEM;
	if (!err)
		err = loop_timer_open(&paths->timer, context->loop, pause_ended, paths);
	if (!err)
		err = loop_add(context->loop, paths->fd, EPOLLPRI, table_changed, paths);
	if (!err)
		err = read_again(paths);
	if (err) {
		source_paths_close(&paths->source);
		return err;
	}
	*ret = &paths->source;
	return 0;
}

/* ---- doctor ---- */

/* A file in a netns directory that is no netns: what it is, and what to do. */
static int check_stale(struct checks *checks, const char *path)
{
	char target[96] = "";
	ssize_t length = readlink(path, target, sizeof(target) - 1);
	struct check *check;

	check = checks_add(checks, "directory", CHECK_NO, false, path);
	if (!check)
		return -ENOMEM;
	if (length >= 0)
		snprintf(check->detail, sizeof(check->detail), "not a netns: a link to %s, which is gone", target);
	else
		snprintf(check->detail, sizeof(check->detail),
			 "not a netns: a plain file, left where one was unmounted or never mounted");
	snprintf(check->remedy, sizeof(check->remedy), "remove it: rm '%.200s'", path);
	return 0;
}

static int check_entry(struct checks *checks, const char *directory, const struct dirent *entry, unsigned int *netns,
		       unsigned int *stale)
{
	char path[PATH_MAX];
	struct stat file;
	uint32_t inum;

	if (entry->d_name[0] == '.' ||
	    snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name) >= (int)sizeof(path))
		return 0;
	if (netns_path_inum(&inum, path) == 0) {
		++*netns;
		return 0;
	}
	if (lstat(path, &file) < 0 || S_ISDIR(file.st_mode))
		return 0;
	return ++*stale <= STALE_SHOWN ? check_stale(checks, path) : 0;
}

static int check_entries(struct checks *checks, const char *name, DIR *directory)
{
	size_t position = checks->count; /* the array moves as it grows */
	unsigned int netns = 0, stale = 0;
	struct dirent *entry;
	int err = 0;

	if (!checks_add(checks, "directory", CHECK_YES, false, name))
		return -ENOMEM;
	while (!err && (entry = readdir(directory)))
		err = check_entry(checks, name, entry, &netns, &stale);
	if (stale)
		snprintf(checks->items[position].detail, sizeof(checks->items[position].detail),
			 "%u netns, %u files that are none", netns, stale);
	else
		snprintf(checks->items[position].detail, sizeof(checks->items[position].detail), "%u netns", netns);
	return err;
}

static int check_directory(struct checks *checks, const char *name)
{
	DIR *directory = opendir(name);
	struct check *check;
	int err = errno;

	if (directory) {
		err = check_entries(checks, name, directory);
		closedir(directory);
		return err;
	}
	check = checks_add(checks, "directory", err == ENOENT ? CHECK_UNKNOWN : CHECK_NO, false, name);
	if (!check)
		return -ENOMEM;
	if (err == ENOENT) {
		snprintf(check->detail, sizeof(check->detail), "it does not exist");
		snprintf(check->remedy, sizeof(check->remedy), "nothing, where no netns was ever mounted there");
		return 0;
	}
	snprintf(check->detail, sizeof(check->detail), "%s", strerror(err));
	snprintf(check->remedy, sizeof(check->remedy), "%s",
		 err == ENOTDIR ? "name a directory with --netns-dir" : "run as root");
	return 0;
}

static int source_paths_check(const char *argument, struct checks *checks)
{
	CLEANUP(free_pointer) char *copy = strdup(argument);
	char *rest, *name;
	int err = 0;

	if (!copy)
		return -ENOMEM;
	for (name = strtok_r(copy, ":", &rest); name && !err; name = strtok_r(NULL, ":", &rest))
		err = check_directory(checks, name);
	return err;
}

const struct source_type source_paths = {
	.scheme = "paths",
	.argument = "DIR[:DIR...]",
	.fallback = "/run/netns:/run/docker/netns",
	.help = "the paths at which netns are mounted",
	.open = source_paths_open,
	.close = source_paths_close,
	.check = source_paths_check,
};
