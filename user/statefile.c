/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "statefile.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format.h"
#include "json_parse.h"
#include "loop.h"
#include "util.h"
#include "whole_file.h"

#define FORMAT_NAME "netnsleak-state"
#define FORMAT_VERSION 1
/* Some 400 bytes a netns: a hundred times what a node can have. */
#define MAX_BYTES (256l << 20)

/* --- reading --- */

static int read_all(const char *path, char **ret_text)
{
	CLEANUP(close_descriptor) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	CLEANUP(free_pointer) char *text = NULL;
	struct stat info;
	ssize_t got;
	size_t have = 0;

	if (fd < 0 || fstat(fd, &info) < 0)
		return -errno;
	if (!S_ISREG(info.st_mode))
		return S_ISDIR(info.st_mode) ? -EISDIR : -EINVAL;
	if (info.st_size > MAX_BYTES)
		return -EBADMSG;
	text = malloc((size_t)info.st_size + 1);
	if (!text)
		return -ENOMEM;
	while (have < (size_t)info.st_size && (got = read(fd, text + have, (size_t)info.st_size - have))) {
		if (got < 0)
			return -errno;
		have += (size_t)got;
	}
	text[have] = '\0';
	if (strlen(text) != have)
		return -EBADMSG; /* zeros, as a file system leaves them behind after a crash */
	*ret_text = TAKE_PTR(text);
	return 0;
}

static const char *text_of(const cJSON *object, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

	return text ? text : "";
}

/* 64-bit numbers stand as strings: cJSON keeps numbers as doubles. */
static int64_t number_of(const cJSON *object, const char *name)
{
	return strtoll(text_of(object, name), NULL, 10);
}

static enum evidence evidence_by_name(const char *name)
{
	enum evidence evidence;

	for (evidence = EVIDENCE_CRI; evidence > EVIDENCE_NONE; evidence--)
		if (!strcmp(evidence_name(evidence), name))
			break;
	return evidence;
}

/* A pod has one address of each family on each of its networks; what is beyond this is left out. */
#define MAX_IPS 64

static size_t ips_of(const cJSON *pod, struct ip_address ips[MAX_IPS])
{
	const cJSON *ip;
	size_t count = 0;

	cJSON_ArrayForEach(ip, cJSON_GetObjectItemCaseSensitive(pod, "ips"))
		if (count < MAX_IPS && cJSON_IsString(ip) && !ip_address_parse(&ips[count], ip->valuestring, false))
			count++;
	return count;
}

static int64_t time_of(const cJSON *netns, const char *name, int64_t shift)
{
	int64_t wall = number_of(netns, name);

	if (wall && __builtin_add_overflow(wall, shift, &wall))
		return 0;
	return wall;
}

static int hand_out(const cJSON *netns, int64_t shift, input_fn fn, void *ctx)
{
	const cJSON *pod = cJSON_GetObjectItemCaseSensitive(netns, "pod");
	struct ip_address ips[MAX_IPS];
	struct input input = {
		.kind = INPUT_RESTORED,
		.time = loop_now(),
		.restored = {
			.cookie = strtoull(text_of(netns, "cookie"), NULL, 10),
			.inum = (uint32_t)number_of(netns, "inum"),
			.mix = (uint32_t)number_of(netns, "mix"),
			.evidence = evidence_by_name(text_of(netns, "evidence")),
			.pod_uid = text_of(pod, "uid"),
			.pod_namespace = text_of(pod, "namespace"),
			.pod_name = text_of(pod, "name"),
			.container_id = text_of(netns, "container_id"),
			.ips = ips,
			.ip_count = ips_of(pod, ips),
			.bound_wall = time_of(netns, "bound", shift),
			.gone_wall = time_of(netns, "gone", shift),
			.released_wall = time_of(netns, "released", shift),
			.leaked_wall = time_of(netns, "leaked", shift),
			.stuck_wall = time_of(netns, "stuck", shift),
			.orphan_wall = time_of(netns, "orphan", shift),
			.conflict_wall = time_of(netns, "conflict", shift),
			.born_wall = time_of(netns, "born", shift),
			.creator = text_of(netns, "creator"),
			.creator_pid = (uint32_t)number_of(netns, "creator_pid"),
			.netns_path = text_of(netns, "path"),
			.cause = text_of(netns, "cause"),
			.cause_evidence = text_of(netns, "cause_evidence"),
		},
	};

	if (!input.restored.inum)
		return 0; /* names no netns */
	return fn(ctx, &input);
}

static int set_aside(const char *path)
{
	char aside[PATH_MAX];

	if (snprintf(aside, sizeof(aside), "%s.bad", path) >= (int)sizeof(aside))
		return -ENAMETOOLONG;
	return rename(path, aside) < 0 ? -errno : -EBADMSG;
}

int statefile_read(const char *path, const struct statefile_boot *boot, input_fn fn, void *ctx)
{
	CLEANUP(free_pointer) char *text = NULL;
	CLEANUP(free_json) cJSON *json = NULL;
	const cJSON *list, *netns;
	int64_t shift;
	int err = read_all(path, &text);

	if (err)
		return err;
	json = cJSON_ParseWithOpts(text, NULL, true);
	list = cJSON_GetObjectItemCaseSensitive(json, "netns");
	if (strcmp(text_of(json, "format"), FORMAT_NAME) || !cJSON_IsArray(list) ||
	    cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(json, "version")) != FORMAT_VERSION ||
	    !*text_of(json, "wall_offset"))
		return -EBADMSG;
	if (strcmp(text_of(json, "boot_id"), boot->id))
		return 0;
	if (__builtin_sub_overflow(boot->wall_offset, number_of(json, "wall_offset"), &shift))
		return -EBADMSG;
	cJSON_ArrayForEach(netns, list) {
		err = hand_out(netns, shift, fn, ctx);
		if (err)
			return err;
	}
	return 0;
}

int statefile_load(const char *path, const struct statefile_boot *boot, input_fn fn, void *ctx)
{
	int err = statefile_read(path, boot, fn, ctx);

	return err == -ENOENT ? 0 : err == -EBADMSG ? set_aside(path) : err;
}

/* --- writing --- */

struct writing {
	FILE *file;
	bool any;
	bool failed; /* no memory */
};

/* separator: what stands before it, "," or "{" */
static void write_text(struct writing *writing, char separator, const char *name, const char *text)
{
	CLEANUP(free_json) cJSON *string = cJSON_CreateString(text);
	char *quoted = string ? cJSON_PrintUnformatted(string) : NULL;

	writing->failed |= !quoted;
	fprintf(writing->file, "%c\"%s\":%s", separator, name, quoted ? quoted : "\"\"");
	cJSON_free(quoted);
}

static void write_time(FILE *file, const char *name, int64_t wall)
{
	if (wall)
		fprintf(file, ",\"%s\":\"%" PRId64 "\"", name, wall);
}

static void write_ips(FILE *file, const struct input_restored *memory)
{
	char text[FORMAT_ADDRESS_LEN];
	size_t i;

	fputs(",\"ips\":[", file);
	for (i = 0; i < memory->ip_count && i < MAX_IPS; i++) {
		format_address(memory->ips[i].family, memory->ips[i].bytes, text);
		fprintf(file, "%s\"%s\"", i ? "," : "", text);
	}
	fputc(']', file);
}

static int write_netns(void *ctx, const struct input_restored *memory)
{
	struct writing *writing = ctx;
	FILE *file = writing->file;

	fprintf(file, "%s\n{\"cookie\":\"%" PRIu64 "\",\"inum\":\"%" PRIu32 "\",\"mix\":\"%" PRIu32 "\"",
		writing->any ? "," : "", memory->cookie, memory->inum, memory->mix);
	writing->any = true;
	if (memory->evidence != EVIDENCE_NONE) {
		write_text(writing, ',', "evidence", evidence_name(memory->evidence));
		fputs(",\"pod\":", file);
		write_text(writing, '{', "uid", memory->pod_uid);
		write_text(writing, ',', "namespace", memory->pod_namespace);
		write_text(writing, ',', "name", memory->pod_name);
		write_ips(file, memory);
		fputc('}', file);
		write_text(writing, ',', "container_id", memory->container_id);
	}
	write_time(file, "bound", memory->bound_wall);
	write_time(file, "gone", memory->gone_wall);
	if (memory->released_wall != memory->gone_wall)
		write_time(file, "released", memory->released_wall);
	write_time(file, "leaked", memory->leaked_wall);
	write_time(file, "stuck", memory->stuck_wall);
	write_time(file, "orphan", memory->orphan_wall);
	write_time(file, "conflict", memory->conflict_wall);
	write_time(file, "born", memory->born_wall);
	if (memory->creator_pid) {
		write_text(writing, ',', "creator", memory->creator);
		fprintf(file, ",\"creator_pid\":\"%" PRIu32 "\"", memory->creator_pid);
	}
	if (*memory->netns_path)
		write_text(writing, ',', "path", memory->netns_path);
	if (*memory->cause)
		write_text(writing, ',', "cause", memory->cause);
	if (*memory->cause_evidence)
		write_text(writing, ',', "cause_evidence", memory->cause_evidence);
	fputc('}', file);
	return writing->failed ? -ENOMEM : ferror(file) ? -EIO : 0;
}

static int write_file(FILE *file, const struct statefile_boot *boot, const struct pipeline *pipeline)
{
	struct writing writing = { .file = file };
	int err;

	fprintf(file, "{\"format\":\"" FORMAT_NAME "\",\"version\":%d,\"boot_id\":\"%s\",\"wall_offset\":\"%" PRId64
		"\",\"netns\":[", FORMAT_VERSION, boot->id, boot->wall_offset);
	err = pipeline_remember(pipeline, write_netns, &writing);
	fprintf(file, "\n]}\n");
	return err;
}

int statefile_save(const char *path, const struct statefile_boot *boot, const struct pipeline *pipeline)
{
	struct whole_file file;
	int err = whole_file_open(&file, path, 0600);

	return err ? err : whole_file_close(&file, write_file(file.stream, boot, pipeline));
}
