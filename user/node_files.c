/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "node_files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "node_files_private.h"
#include "util.h"

void *node_files_add(void **array, size_t *count, size_t *capacity, size_t size)
{
	if (*count == *capacity) {
		size_t more = *capacity ? 2 * *capacity : 16;
		void *larger = reallocarray(*array, more, size);

		if (!larger)
			return NULL;
		*array = larger;
		*capacity = more;
	}
	return memset((char *)*array + (*count)++ * size, 0, size);
}

int node_files_note(struct node_files *files, const char *path, int err)
{
	struct node_unread *unread =
		node_files_add((void **)&files->unread, &files->unread_count, &files->unread_capacity, sizeof(*unread));

	if (!unread)
		return -ENOMEM;
	unread->err = err;
	return replace_text(&unread->path, path);
}

/* Negative errno. */
static int read_text(int fd, size_t most, char **ret, struct stat *ret_stat)
{
	CLEANUP(free_pointer) char *text = NULL;
	ssize_t length;

	if (fd < 0 || fstat(fd, ret_stat) < 0)
		return -errno;
	if (!S_ISREG(ret_stat->st_mode) || (size_t)ret_stat->st_size > most)
		return S_ISREG(ret_stat->st_mode) ? -EFBIG : -EINVAL;
	text = malloc((size_t)ret_stat->st_size + 1);
	if (!text)
		return -ENOMEM;
	length = read(fd, text, (size_t)ret_stat->st_size);
	if (length < 0)
		return -errno;
	text[length] = '\0';
	*ret = TAKE_PTR(text);
	return 0;
}

int node_files_text(struct node_files *files, const char *path, size_t most, char **ret, struct stat *ret_stat)
{
	CLEANUP(close_descriptor) int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int err = read_text(fd, most, ret, ret_stat);

	if (!err || err == -ENOMEM)
		return err;
	return err == -ENOENT || err == -ENOTDIR ? 0 : node_files_note(files, path, err);
}

int node_files_each(struct node_files *files, const char *directory,
		    int (*fn)(void *ctx, const char *directory, const char *name), void *ctx)
{
	DIR *open_directory = opendir(directory);
	struct dirent *entry;
	int err = 0;

	if (!open_directory)
		return errno == ENOENT || errno == ENOTDIR ? 0 : node_files_note(files, directory, -errno);
	while (!err && (entry = readdir(open_directory)))
		if (entry->d_name[0] != '.')
			err = fn(ctx, directory, entry->d_name);
	closedir(open_directory);
	return err;
}

/* --- netns directories --- */

/* Of a link.  -ENOMEM. */
static int read_target(struct node_entry *entry)
{
	char target[NODE_PATH_BYTES];
	ssize_t length = readlink(entry->path, target, sizeof(target) - 1);

	if (length < 0)
		return 0;
	entry->target = strndup(target, (size_t)length);
	return entry->target ? 0 : -ENOMEM;
}

/* A link of the node's leads where it would lead on the node. */
static int look_at(const struct node_entry *entry, const char *root, struct stat *ret, struct statfs *ret_system)
{
	char path[NODE_PATH_BYTES];

	if (entry->target && *entry->target == '/' && *root &&
	    snprintf(path, sizeof(path), "%s%s", root, entry->target) < (int)sizeof(path) && stat(path, ret) == 0)
		return statfs(path, ret_system) < 0 ? -errno : 0;
	return stat(entry->path, ret) < 0 || statfs(entry->path, ret_system) < 0 ? -errno : 0;
}

/* 0: it is nothing that is of interest, as a directory.  1: it is.  -ENOMEM. */
static int classify(struct node_entry *entry, const char *root)
{
	struct stat file, link;
	struct statfs system;
	int err;

	if (lstat(entry->path, &link) < 0)
		return 0;
	entry->made_wall = timespec_to_ns(&link.st_mtim);
	if (S_ISLNK(link.st_mode) && (err = read_target(entry)))
		return err;
	err = look_at(entry, root, &file, &system);
	entry->kind = err ? NODE_ENTRY_DEAD_LINK : NODE_ENTRY_FILE;
	if (err)
		return err == -ENOENT && entry->target;
	if (system.f_type != NSFS_MAGIC)
		return S_ISREG(file.st_mode);
	entry->kind = NODE_ENTRY_NETNS;
	entry->inum = (uint32_t)file.st_ino;
	entry->made_wall = timespec_to_ns(&file.st_mtim);
	return 1;
}

struct directory {
	struct node_files *files;
	const char *root;
};

static int take_entry(void *ctx, const char *directory, const char *name)
{
	const struct directory *in = ctx;
	struct node_files *files = in->files;
	struct node_entry *entry =
		node_files_add((void **)&files->entries, &files->entry_count, &files->entry_capacity, sizeof(*entry));
	int kept;

	if (!entry || asprintf(&entry->path, "%s/%s", directory, name) < 0)
		return -ENOMEM;
	entry->name = strrchr(entry->path, '/') + 1;
	kept = classify(entry, in->root);
	if (!kept) {
		free(entry->path);
		free(entry->target);
		files->entry_count--;
	}
	return kept < 0 ? kept : 0;
}

static int by_path(const void *left, const void *right)
{
	return strcmp(((const struct node_entry *)left)->path, ((const struct node_entry *)right)->path);
}

static int note_missing(struct node_files *files, const char *directory, bool expected)
{
	struct stat file;

	if (!expected || (stat(directory, &file) == 0 && S_ISDIR(file.st_mode)))
		return 0;
	return node_files_note(files, directory, access(directory, F_OK) == 0 ? -ENOTDIR : -ENOENT);
}

static int read_entries(struct node_files *files, const char *root, const char *const *dirs)
{
	static const char *const usual[] = { "/run/netns", "/run/docker/netns", NULL };
	const char *const *all = dirs[0] ? dirs : usual;
	struct directory in = { .files = files, .root = root };
	char path[NODE_PATH_BYTES];
	int err = 0;

	for (size_t i = 0; all[i] && !err; i++) {
		snprintf(path, sizeof(path), "%.2000s%.2000s", root, all[i]);
		err = note_missing(files, path, dirs[0]);
		if (!err)
			err = node_files_each(files, path, take_entry, &in);
	}
	if (files->entry_count)
		qsort(files->entries, files->entry_count, sizeof(*files->entries), by_path);
	return err;
}

/* --- small ones --- */

static void read_limit(struct node_files *files)
{
	FILE *file = fopen("/proc/sys/user/max_net_namespaces", "re");
	char text[32];

	if (!file)
		return;
	if (fgets(text, sizeof(text), file))
		files->max_netns = strtoull(text, NULL, 10);
	fclose(file);
}

static int take_queued(void *ctx, const char *directory, const char *name)
{
	static const char suffix[] = ".delete";
	struct node_files *files = ctx;
	size_t length = strlen(name);
	char **slot;

	if (length < sizeof(suffix) || strcmp(name + length - (sizeof(suffix) - 1), suffix))
		return 0;
	slot = node_files_add((void **)&files->queued, &files->queued_count, &files->queued_capacity, sizeof(*slot));
	return !slot || asprintf(slot, "%s/%s", directory, name) < 0 ? -ENOMEM : 0;
}

/* --- resolv.conf --- */

/* A line that begins so: "nameserver 10.96.0.10". */
static bool names_a_server(const char *text)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += strspn(line, "\n \t");
		if (!strncmp(line, "nameserver", 10) && (line[10] == ' ' || line[10] == '\t'))
			return true;
	}
	return false;
}

static int add_resolv(struct node_files *files, const char *container_id, const char *path)
{
	CLEANUP(free_pointer) char *text = NULL;
	struct node_resolv *resolv =
		node_files_add((void **)&files->resolvs, &files->resolv_count, &files->resolv_capacity, sizeof(*resolv));
	struct stat file;
	int err;

	if (!resolv)
		return -ENOMEM;
	resolv->container_id = strdup(container_id);
	resolv->path = strdup(path);
	if (!resolv->container_id || !resolv->path)
		return -ENOMEM;
	resolv->exists = stat(path, &file) == 0 || errno != ENOENT;
	err = node_files_text(files, path, 1 << 20, &text, &file);
	resolv->empty = text && !names_a_server(text);
	return err;
}

int node_files_read_resolv(struct node_files *files, const char *root, const char *container_id)
{
	/* containerd, CRI-O, Docker: where each keeps what it makes for a sandbox. */
	static const char *const places[] = {
		"/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/%s",
		"/run/containers/storage/overlay-containers/%s/userdata",
		"/var/lib/docker/containers/%s",
	};
	char place[512], directory[NODE_PATH_BYTES], path[NODE_PATH_BYTES + 16];
	struct stat file;

	for (size_t i = 0; i < ARRAY_SIZE(places) && *container_id && !strchr(container_id, '/'); i++) {
		const char *hole = strstr(places[i], "%s");

		snprintf(place, sizeof(place), "%.*s%.200s%s", (int)(hole - places[i]), places[i], container_id, hole + 2);
		snprintf(directory, sizeof(directory), "%.2000s%s", root, place);
		if (stat(directory, &file) < 0)
			continue;
		snprintf(path, sizeof(path), "%s/resolv.conf", directory);
		return add_resolv(files, container_id, path);
	}
	return 0;
}

/* --- all --- */

int node_files_read(struct node_files *ret, const char *root, const char *const *dirs)
{
	char path[NODE_PATH_BYTES];
	int err;

	*ret = (struct node_files){ 0 };
	read_limit(ret);
	err = read_entries(ret, root, dirs);
	snprintf(path, sizeof(path), "%.2000s/run/cilium/deleteQueue", root);
	if (!err)
		err = node_files_each(ret, path, take_queued, ret);
	return err ? err : node_files_read_allocations(ret, root);
}

void node_files_free(struct node_files *files)
{
	for (size_t i = 0; i < files->entry_count; i++) {
		free(files->entries[i].path);
		free(files->entries[i].target);
	}
	for (size_t i = 0; i < files->allocation_count; i++) {
		struct node_allocation *allocation = &files->allocations[i];

		free(allocation->file);
		free(allocation->network);
		free(allocation->container_id);
		free(allocation->device);
		free(allocation->pod_namespace);
		free(allocation->pod_name);
	}
	for (size_t i = 0; i < files->resolv_count; i++) {
		free(files->resolvs[i].container_id);
		free(files->resolvs[i].path);
	}
	for (size_t i = 0; i < files->queued_count; i++)
		free(files->queued[i]);
	for (size_t i = 0; i < files->unread_count; i++)
		free(files->unread[i].path);
	free(files->unread);
	free(files->entries);
	free(files->allocations);
	free(files->resolvs);
	free(files->queued);
	*files = (struct node_files){ 0 };
}

const char *node_allocation_name(enum node_allocation_kind kind)
{
	static const char *const names[ALLOCATION_KINDS] = { "host-local", "aws-node", "Cilium", "Calico" };

	return names[kind];
}
