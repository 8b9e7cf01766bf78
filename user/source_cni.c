/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * cni:DIR, the cache that libcni keeps in DIR/results: a file for each attachment, written by a CNI ADD that
 * succeeded and removed by a CNI DEL that did.  DIR may also be that directory, if it is called results.
 *
 * A file is what libcni's struct cachedInfo (libcni/api.go) becomes in JSON:
 *   {"kind":"cniCacheV1", "containerId", "config", "ifName", "networkName", "netns" (since libcni 1.1.2),
 *    "cniArgs":[["K8S_POD_NAMESPACE","shop"],...], "result":{"ips":[{"address":"10.0.1.5/24"}],
 *    "interfaces":[{"name","sandbox":"/var/run/netns/cni-..."}]}}
 * Where "netns" is missing, the sandbox of the result's interfaces is the same path; results before CNI 0.3
 * have "ip4":{"ip"}, "ip6":{"ip"} for addresses.  Files without that kind are of libcni before 0.8: skipped.
 *
 * libcni writes in place, so a file may be met half written: it is passed over, and read again when its
 * writer closes it.  What stays unreadable is named in the detail of SOURCE_SYNCED, the rest counts.
 */
#include "source.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <uthash.h>

#include "json_parse.h"
#include "netns_path.h"
#include "pod_json.h"
#include "util.h"
#include "watch.h"

#define MOST_BYTES (4u << 20) /* of a file; the usual one has 4 KiB */
#define MOST_IPS 32

/* A file of the cache that went out as a binding. */
struct entry {
	UT_hash_handle hh;
	struct timespec written;
	ino_t inode;
	bool listed; /* by the listing that runs */
	char name[];
};

struct source_cni {
	struct source source;
	char *directory; /* DIR/results */
	struct watch *watch;
	struct entry *entries;
	unsigned int bad;    /* files that the last listing could not read */
	char bad_text[400]; /* the first of them, and why */
	char *said;	     /* the last state's detail */
	bool down;
};

/* ---- one file ---- */

/* -EBADMSG: *ret_reason says what is wrong with it; -ENOENT: it went. */
static int read_json(cJSON **ret, int directory, const char *name, struct stat *ret_stat, const char **ret_reason)
{
	CLEANUP(close_descriptor) int fd = openat(directory, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	CLEANUP(free_pointer) char *text = NULL;
	ssize_t length;

	*ret_reason = "it may not be read";
	if (fd < 0 || fstat(fd, ret_stat) < 0)
		return errno == ENOENT ? -ENOENT : -EBADMSG;
	*ret_reason = "it is not a regular file";
	if (!S_ISREG(ret_stat->st_mode))
		return -EBADMSG;
	*ret_reason = "it is larger than 4 MiB";
	if (ret_stat->st_size > MOST_BYTES)
		return -EBADMSG;
	text = malloc((size_t)ret_stat->st_size + 1);
	if (!text)
		return -ENOMEM;
	*ret_reason = "it is not JSON, or half written";
	length = read(fd, text, (size_t)ret_stat->st_size + 1);
	return length == ret_stat->st_size ? json_parse(ret, text, (size_t)length, NULL, 0) : -EBADMSG;
}

/* A text, "" where there is none; NULL: it is not fit to be shown. */
static const char *text_of(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

	if (!text)
		return "";
	return strlen(text) < 4096 && text_is_printable(text, strlen(text)) ? text : NULL;
}

static void read_arguments(struct input_binding *binding, const cJSON *arguments)
{
	const cJSON *pair;

	cJSON_ArrayForEach(pair, arguments) {
		const char *key = cJSON_GetStringValue(cJSON_GetArrayItem(pair, 0));
		const char *value = cJSON_GetStringValue(cJSON_GetArrayItem(pair, 1));

		if (!key || !value || strlen(value) > 253 || !text_is_ascii(value))
			continue;
		if (!strcmp(key, "K8S_POD_NAMESPACE"))
			binding->pod_namespace = value;
		else if (!strcmp(key, "K8S_POD_NAME"))
			binding->pod_name = value;
		else if (!strcmp(key, "K8S_POD_UID"))
			binding->pod_uid = value;
	}
}

static void add_ip(struct ip_address *ips, size_t *count, const cJSON *address)
{
	const char *text = cJSON_GetStringValue(address);

	if (text && *count < MOST_IPS && !ip_address_parse(&ips[*count], text, true))
		(*count)++;
}

static size_t read_ips(struct ip_address *ips, const cJSON *result)
{
	static const char *const old_keys[] = { "ip4", "ip6" };
	const cJSON *ip;
	size_t count = 0;

	cJSON_ArrayForEach(ip, cJSON_GetObjectItemCaseSensitive(result, "ips"))
		add_ip(ips, &count, cJSON_GetObjectItemCaseSensitive(ip, "address"));
	for (size_t i = 0; i < ARRAY_SIZE(old_keys); i++) {
		ip = cJSON_GetObjectItemCaseSensitive(result, old_keys[i]);
		add_ip(ips, &count, cJSON_GetObjectItemCaseSensitive(ip, "ip"));
	}
	return count;
}

static const char *read_netns_path(const cJSON *json, const cJSON *result)
{
	const char *path = text_of(json, "netns");
	const cJSON *interface;

	if (path && *path)
		return path;
	cJSON_ArrayForEach(interface, cJSON_GetObjectItemCaseSensitive(result, "interfaces")) {
		path = text_of(interface, "sandbox");
		if (path && *path)
			return path;
	}
	return "";
}

/* -EBADMSG with a reason; -ENODATA: a file that says nothing of a pod's netns. */
static int fill_binding(struct input_binding *binding, struct ip_address *ips, const cJSON *json,
			const char **ret_reason)
{
	const cJSON *result = cJSON_GetObjectItemCaseSensitive(json, "result");
	const char *kind = text_of(json, "kind");

	if (!kind || strcmp(kind, "cniCacheV1"))
		return -ENODATA;
	*ret_reason = "it has no containerId";
	binding->container_id = text_of(json, "containerId");
	if (!binding->container_id || !*binding->container_id)
		return -EBADMSG;
	binding->netns_path = read_netns_path(json, result);
	read_arguments(binding, cJSON_GetObjectItemCaseSensitive(json, "cniArgs"));
	binding->ips = ips;
	binding->ip_count = read_ips(ips, result);
	if (netns_path_inum(&binding->netns_inum, binding->netns_path) < 0)
		binding->netns_inum = 0;
	return 0;
}

/* ---- the source ---- */

static void note_bad(struct source_cni *cni, const char *name, const char *reason)
{
	if (!cni->bad++)
		snprintf(cni->bad_text, sizeof(cni->bad_text), "%.255s: %s",
			 text_is_printable(name, strlen(name)) ? name : "?", reason);
}

static int tell_gone(struct source_cni *cni, struct entry *entry)
{
	struct input input = { .kind = INPUT_BINDING_GONE,
			       .binding_gone = { .source = cni->source.name, .key = entry->name } };
	int err = source_tell(&cni->source, &input);

	HASH_DEL(cni->entries, entry);
	free(entry);
	return err;
}

static struct entry *find_entry(struct source_cni *cni, const char *name)
{
	struct entry *entry;

	HASH_FIND_STR(cni->entries, name, entry);
	return entry;
}

static int remember(struct source_cni *cni, const char *name, const struct stat *stat)
{
	struct entry *entry = find_entry(cni, name);

	if (!entry) {
		entry = calloc(1, sizeof(*entry) + strlen(name) + 1);
		if (!entry)
			return -ENOMEM;
		strcpy(entry->name, name);
		HASH_ADD_STR(cni->entries, name, entry);
	}
	entry->written = stat->st_mtim;
	entry->inode = stat->st_ino;
	entry->listed = true;
	return 0;
}

static int tell_binding(struct source_cni *cni, const char *name, const cJSON *json, const struct stat *stat,
			const char **ret_reason)
{
	struct ip_address ips[MOST_IPS];
	struct input input = {
		.kind = INPUT_BINDING,
		.binding = { .source = cni->source.name, .evidence = EVIDENCE_CNI, .key = name, .pod_uid = "",
			     .pod_namespace = "", .pod_name = "",
			     .as_of_wall = timespec_to_ns(&stat->st_mtim) },
	};
	int err = fill_binding(&input.binding, ips, json, ret_reason);

	if (!err)
		err = remember(cni, name, stat);
	return err ? err : source_tell(&cni->source, &input);
}

/* Reads one file and tells of it, also of one that is gone.  1: it cannot be used, and that was noted. */
static int take_file(struct source_cni *cni, int directory, const char *name)
{
	CLEANUP(free_json) cJSON *json = NULL;
	struct entry *entry = find_entry(cni, name);
	const char *reason = "";
	struct stat stat;
	int err;

	if (name[0] == '.')
		return 0;
	err = read_json(&json, directory, name, &stat, &reason);
	if (!err)
		err = tell_binding(cni, name, json, &stat, &reason);
	if (err == -ENOENT)
		return entry ? tell_gone(cni, entry) : 0;
	if (err == -ENODATA)
		return 0;
	if (err == -EBADMSG) {
		/* Being written anew: what it said stands. */
		if (entry)
			entry->listed = true;
		note_bad(cni, name, reason);
		return 1;
	}
	return err;
}

/* A state goes out where it, or what it says, is not what went out last. */
static int tell_state(struct source_cni *cni, enum source_state state, const char *detail)
{
	char *copy = strdup(detail);

	if (!copy)
		return -ENOMEM;
	free(cni->said);
	cni->said = copy;
	cni->down = state == SOURCE_DOWN;
	return source_tell_state(&cni->source, state, false, state == SOURCE_SYNCED ? wall_now() : 0, cni->said);
}

static int tell_down(struct source_cni *cni, int error)
{
	char detail[512];

	snprintf(detail, sizeof(detail), "%.300s: cannot be read: %s; run as root, or mount it where this runs",
		 cni->directory, strerror(error));
	if (cni->down && !strcmp(cni->said, detail))
		return 0;
	return tell_state(cni, SOURCE_DOWN, detail);
}

static int tell_synced(struct source_cni *cni, bool exists)
{
	char detail[512] = "";

	if (!exists)
		snprintf(detail, sizeof(detail), "%.300s: does not exist yet", cni->directory);
	else if (cni->bad)
		snprintf(detail, sizeof(detail), "%u file%s unreadable: %s", cni->bad, cni->bad == 1 ? "" : "s",
			 cni->bad_text);
	return tell_state(cni, SOURCE_SYNCED, detail);
}

/* What was told before and was not listed is gone. */
static int sweep(struct source_cni *cni)
{
	struct entry *entry, *next;
	int err = 0;

	HASH_ITER(hh, cni->entries, entry, next)
		if (!entry->listed && !err)
			err = tell_gone(cni, entry);
	return err;
}

static int list_files(struct source_cni *cni, DIR *directory)
{
	struct entry *entry, *next;
	int err = 0;

	HASH_ITER(hh, cni->entries, entry, next)
		entry->listed = false;
	cni->bad = 0;
	while (directory && err >= 0) {
		struct dirent *file = readdir(directory);

		if (!file)
			break;
		if (file->d_type != DT_DIR)
			err = take_file(cni, dirfd(directory), file->d_name);
	}
	return err < 0 ? err : sweep(cni);
}

static int list_all(struct source_cni *cni)
{
	DIR *directory = opendir(cni->directory);
	int err;

	if (!directory && errno != ENOENT)
		return tell_down(cni, errno);
	err = source_tell_state(&cni->source, SOURCE_SYNCING, false, 0, "");
	if (!err)
		err = list_files(cni, directory);
	if (!err)
		err = tell_synced(cni, directory != NULL);
	if (directory)
		closedir(directory);
	return err;
}

static bool is_unchanged(const struct source_cni *cni, struct entry *entry, const char *name)
{
	CLEANUP(free_pointer) char *path = NULL;
	struct stat now;

	if (!entry || asprintf(&path, "%s/%s", cni->directory, name) < 0 || stat(path, &now) < 0)
		return false;
	return now.st_ino == entry->inode && now.st_mtim.tv_sec == entry->written.tv_sec &&
	       now.st_mtim.tv_nsec == entry->written.tv_nsec;
}

static int changed(void *ctx, unsigned int number, const char *name, uint32_t mask)
{
	CLEANUP(close_descriptor) int directory = -1;
	struct source_cni *cni = ctx;
	int err;

	(void)number;
	if (!name)
		return list_all(cni);
	if (name[0] == '.' || (mask & (IN_CREATE | IN_ISDIR)))
		return 0; /* its writer will close it */
	if ((mask & IN_ATTRIB) && is_unchanged(cni, find_entry(cni, name), name))
		return 0;
	directory = open(cni->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* What cannot be read is counted by a listing, and so is that it can be read again. */
	if (directory < 0 || cni->bad || cni->down)
		return list_all(cni);
	err = take_file(cni, directory, name);
	return err == 1 ? list_all(cni) : err;
}

static char *results_directory(const char *argument)
{
	static const char name[] = "results";
	size_t length = strlen(argument);
	char *path;

	while (length > 1 && argument[length - 1] == '/')
		length--;
	if (length > sizeof(name) - 1 && argument[length - sizeof(name)] == '/' &&
	    !strncmp(argument + length - sizeof(name) + 1, name, sizeof(name) - 1))
		return strndup(argument, length);
	return asprintf(&path, "%.*s/%s", (int)length, argument, name) < 0 ? NULL : path;
}

static void source_cni_close(struct source *source)
{
	struct source_cni *cni = (struct source_cni *)source;
	struct entry *entry, *next;

	HASH_ITER(hh, cni->entries, entry, next) {
		HASH_DEL(cni->entries, entry);
		free(entry);
	}
	watch_close(cni->watch);
	free(cni->directory);
	free(cni->said);
	source_fini(source);
	free(cni);
}

static int source_cni_open(struct source **ret, const char *argument, const struct source_context *context)
{
	struct source_cni *cni = calloc(1, sizeof(*cni));
	int err;

	if (!cni)
		return -ENOMEM;
	err = source_init(&cni->source, &source_cni, argument, context);
	cni->directory = results_directory(argument);
	if (!err && !cni->directory)
		err = -ENOMEM;
	if (!err)
		err = watch_open(&cni->watch, context->loop, changed, cni);
	if (!err)
		err = watch_directory(cni->watch, 0, cni->directory);
	if (!err)
		err = list_all(cni);
	if (err) {
		source_cni_close(&cni->source);
		return err;
	}
	*ret = &cni->source;
	return 0;
}

/* Whether the file is a good binding: 1, 0, or a negative errno as take_file() would see it. */
static int try_file(int directory, const char *name, const char **ret_reason)
{
	struct input_binding binding = { .pod_uid = "", .pod_namespace = "", .pod_name = "" };
	CLEANUP(free_json) cJSON *json = NULL;
	struct ip_address ips[MOST_IPS];
	struct stat stat;
	int err = read_json(&json, directory, name, &stat, ret_reason);

	if (!err)
		err = fill_binding(&binding, ips, json, ret_reason);
	return err ? err : 1;
}

static void check_files(struct check *check, DIR *directory)
{
	unsigned int good = 0, bad = 0;
	const char *reason;
	struct dirent *file;

	while ((file = readdir(directory))) {
		int err = file->d_name[0] == '.' ? 0 : try_file(dirfd(directory), file->d_name, &reason);

		good += err == 1;
		bad += err == -EBADMSG;
		if (err == -EBADMSG && bad == 1)
			snprintf(check->remedy, sizeof(check->remedy), "look at %.120s: %s",
				 text_is_ascii(file->d_name) ? file->d_name : "?", reason);
	}
	snprintf(check->detail, sizeof(check->detail), "%u attachments, %u unreadable; says whose a netns is", good,
		 bad);
	check->answer = bad ? CHECK_UNKNOWN : CHECK_YES;
}

static int source_cni_check(const char *argument, struct checks *checks)
{
	CLEANUP(free_pointer) char *path = results_directory(argument);
	char subject[sizeof(checks->items->subject)];
	struct check *check;
	DIR *directory;

	if (!path)
		return -ENOMEM;
	snprintf(subject, sizeof(subject), "cni:%s", argument);
	check = checks_add(checks, "source", CHECK_NO, false, subject);
	if (!check)
		return -ENOMEM;
	directory = opendir(path);
	if (directory) {
		check_files(check, directory);
		closedir(directory);
		return 0;
	}
	snprintf(check->detail, sizeof(check->detail), "%.120s: %s", path, strerror(errno));
	snprintf(check->remedy, sizeof(check->remedy), "%s",
		 errno == ENOENT ? "none where no CNI plugin ran yet; else name the cache directory of libcni" :
				   "run as root, or mount it where this runs");
	return 0;
}

/* The first CNI plugin to run makes it: it is watched for. */
static bool source_cni_available(const char **ret_argument, char reason[static SOURCE_REASON_BYTES])
{
	struct stat stat_;

	(void)ret_argument;
	snprintf(reason, SOURCE_REASON_BYTES, "libcni's cache is %s", stat("/var/lib/cni/results", &stat_) < 0 ? "not there yet" : "there");
	return true;
}

const struct source_type source_cni = {
	.scheme = "cni",
	.argument = "DIR",
	.fallback = "/var/lib/cni",
	.help = "the result cache of libcni: whose each netns is, as the CNI plugins were told",
	.open = source_cni_open,
	.close = source_cni_close,
	.available = source_cni_available,
	.check = source_cni_check,
};
