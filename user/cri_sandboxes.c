/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cri_sandboxes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netns_path.h"
#include "util.h"

/* Of a runtime that cannot say what one sandbox is. */
#define MOST_TRIES 3

static void sandbox_free(struct cri_sandboxes *sandboxes, struct sandbox *sandbox)
{
	HASH_DEL(sandboxes->first, sandbox);
	free(sandbox->status.netns_path);
	free(sandbox);
}

static struct sandbox *sandbox_find(struct cri_sandboxes *sandboxes, const char *id)
{
	struct sandbox *sandbox;

	HASH_FIND_STR(sandboxes->first, id, sandbox);
	return sandbox;
}

static char *put(char **at, const char *text)
{
	char *here = *at;

	*at = stpcpy(here, text) + 1;
	return here;
}

static struct sandbox *sandbox_add(struct cri_sandboxes *sandboxes, const struct cri_sandbox *from)
{
	struct sandbox *sandbox = calloc(1, sizeof(*sandbox) + strlen(from->id) + strlen(from->pod_uid) +
						    strlen(from->pod_namespace) + strlen(from->pod_name) + 4);
	char *at;

	if (!sandbox)
		return NULL;
	at = sandbox->text;
	sandbox->id = put(&at, from->id);
	sandbox->uid = put(&at, from->pod_uid);
	sandbox->namespace_ = put(&at, from->pod_namespace);
	sandbox->name = put(&at, from->pod_name);
	HASH_ADD_KEYPTR(hh, sandboxes->first, sandbox->id, strlen(sandbox->id), sandbox);
	return sandbox;
}

void cri_sandboxes_clear(struct cri_sandboxes *sandboxes)
{
	struct sandbox *sandbox, *next;

	HASH_ITER(hh, sandboxes->first, sandbox, next)
		sandbox_free(sandboxes, sandbox);
}

/* ---- what is told of them ---- */

static int tell_binding(struct cri_sandboxes *sandboxes, struct sandbox *sandbox)
{
	int64_t made_wall = 0, now = wall_now(), as_of = sandbox->created_wall;
	struct input input = {
		.kind = INPUT_BINDING,
		.binding = { .source = sandboxes->source->name, .evidence = EVIDENCE_CRI, .key = sandbox->id,
			     .pod_uid = sandbox->uid, .pod_namespace = sandbox->namespace_,
			     .pod_name = sandbox->name, .container_id = sandbox->id,
			     .netns_path = sandbox->status.netns_path, .ips = sandbox->status.ips,
			     .ip_count = sandbox->status.ip_count },
	};

	if (netns_path_look(&input.binding.netns_inum, &made_wall, sandbox->status.netns_path) < 0)
		input.binding.netns_inum = 0;
	/* CRI-O counts from before it makes the netns, containerd from after: the netns was there at the later one. */
	if (input.binding.netns_inum && made_wall > as_of)
		as_of = made_wall;
	input.binding.as_of_wall = as_of < now ? as_of : now;
	sandbox->inum = input.binding.netns_inum;
	sandbox->told = true;
	return source_tell(sandboxes->source, &input);
}

/* Of one that cannot be read nothing worse is known than that it is there. */
static bool keeps_pod(const struct sandbox *sandbox)
{
	return sandbox->listed && (sandbox->ready || sandbox->inum || !sandbox->settled || sandbox->unreadable);
}

static bool other_keeps_pod(const struct cri_sandboxes *sandboxes, const struct sandbox *sandbox)
{
	const struct sandbox *other;

	for (other = sandboxes->first; other; other = other->hh.next)
		if (other != sandbox && !strcmp(other->uid, sandbox->uid) && keeps_pod(other))
			return true;
	return false;
}

static int tell_pod(struct cri_sandboxes *sandboxes, struct sandbox *sandbox)
{
	struct input input = {
		.kind = INPUT_POD,
		.pod = { .source = sandboxes->source->name, .uid = sandbox->uid, .alias_uid = "",
			 .namespace_ = sandbox->namespace_, .name = sandbox->name, .node = "",
			 .ips = sandbox->status.ips, .ip_count = sandbox->status.ip_count,
			 .host_network = sandbox->status.host_network,
			 .phase = sandbox->ready ? POD_RUNNING : POD_PHASE_UNKNOWN },
	};

	sandbox->pod_told = true;
	return source_tell(sandboxes->source, &input);
}

static int tell_pod_gone(struct cri_sandboxes *sandboxes, struct sandbox *sandbox)
{
	struct input input = { .kind = INPUT_POD_GONE,
			       .pod_gone = { .source = sandboxes->source->name, .uid = sandbox->uid, .gone_wall = wall_now() } };

	sandbox->pod_told = false;
	return other_keeps_pod(sandboxes, sandbox) ? 0 : source_tell(sandboxes->source, &input);
}

/* Says of its pod what is new. */
static int settle_pod(struct cri_sandboxes *sandboxes, struct sandbox *sandbox)
{
	bool keeps = keeps_pod(sandbox);

	if (!*sandbox->uid || keeps == sandbox->pod_told || (keeps && !sandbox->settled))
		return 0;
	return keeps ? tell_pod(sandboxes, sandbox) : tell_pod_gone(sandboxes, sandbox);
}

/* It is not in the list any more. */
static int tell_gone(struct cri_sandboxes *sandboxes, struct sandbox *sandbox)
{
	struct input input = { .kind = INPUT_BINDING_GONE,
			       .binding_gone = { .source = sandboxes->source->name, .key = sandbox->id } };
	int err = settle_pod(sandboxes, sandbox);

	if (!err && sandbox->told)
		err = source_tell(sandboxes->source, &input);
	sandbox_free(sandboxes, sandbox);
	return err;
}

/* ---- what the runtime says ---- */

static int take_sandbox(void *ctx, const struct cri_sandbox *from)
{
	struct cri_sandboxes *sandboxes = ctx;
	struct sandbox *sandbox = sandbox_find(sandboxes, from->id);

	if (!sandbox)
		sandbox = sandbox_add(sandboxes, from);
	if (!sandbox)
		return -ENOMEM;
	sandbox->listed = true;
	sandbox->ready = from->ready;
	sandbox->created_wall = from->created_wall;
	return 0;
}

int cri_sandboxes_list(struct cri_sandboxes *sandboxes, bool anew, const struct grpc_result *result)
{
	struct sandbox *sandbox, *next;

	HASH_ITER(hh, sandboxes->first, sandbox, next) {
		sandbox->listed = sandbox->tried = false;
		if (anew) {
			sandbox->settled = sandbox->unreadable = sandbox->pod_told = false;
			sandbox->tries = 0;
		}
	}
	return cri_list_read(result->message, result->size, take_sandbox, sandboxes, &sandboxes->nameless);
}

int cri_sandboxes_sweep(struct cri_sandboxes *sandboxes)
{
	struct sandbox *sandbox, *next;
	int err = 0;

	HASH_ITER(hh, sandboxes->first, sandbox, next)
		if (!sandbox->listed && !err)
			err = tell_gone(sandboxes, sandbox);
	return err;
}

struct sandbox *cri_sandboxes_next(const struct cri_sandboxes *sandboxes)
{
	struct sandbox *sandbox = sandboxes->first;

	while (sandbox && (sandbox->settled || sandbox->tried))
		sandbox = sandbox->hh.next;
	return sandbox;
}

static void note_bad(struct cri_sandboxes *sandboxes, struct sandbox *sandbox, const char *reason)
{
	sandbox->unreadable = true;
	snprintf(sandboxes->bad_text, sizeof(sandboxes->bad_text), "%.12s: %.256s", sandbox->id, reason);
}

int cri_sandboxes_status(struct cri_sandboxes *sandboxes, struct sandbox *sandbox, const struct grpc_result *result)
{
	struct cri_status status = { .netns_path = NULL };
	const char *reason = result->reason;
	int err = result->error;

	if (err == -ENOENT) { /* removed since it was listed; a list will tell */
		sandbox->settled = true;
		sandbox->ready = false;
		return 0;
	}
	if (!err)
		err = cri_status_read(&status, result->message, result->size, &reason);
	if (!err) {
		free(sandbox->status.netns_path);
		sandbox->status = status;
		sandbox->settled = true;
		return sandbox->status.host_network ? 0 : tell_binding(sandboxes, sandbox);
	}
	if (err == -ENOMEM)
		return err;
	if (++sandbox->tries < MOST_TRIES && err != -EBADMSG)
		return 0;
	sandbox->settled = true;
	note_bad(sandboxes, sandbox, reason);
	return 0;
}

/* ---- after all is read ---- */

/* The path of a running sandbox may lead elsewhere by now; that of a stopped one leads nowhere. */
static int look_again(struct cri_sandboxes *sandboxes, struct sandbox *sandbox)
{
	uint32_t inum;

	if (!sandbox->told)
		return 0;
	if (netns_path_inum(&inum, sandbox->status.netns_path) < 0)
		inum = 0;
	if (inum != sandbox->inum && sandbox->ready)
		return tell_binding(sandboxes, sandbox);
	sandbox->inum = inum;
	return 0;
}

int cri_sandboxes_settle(struct cri_sandboxes *sandboxes)
{
	struct sandbox *sandbox;
	int err = 0;

	for (sandbox = sandboxes->first; sandbox && !err; sandbox = sandbox->hh.next)
		err = look_again(sandboxes, sandbox);
	for (sandbox = sandboxes->first; sandbox && !err; sandbox = sandbox->hh.next)
		err = settle_pod(sandboxes, sandbox);
	return err;
}

bool cri_sandboxes_any_open(const struct cri_sandboxes *sandboxes)
{
	const struct sandbox *sandbox;

	for (sandbox = sandboxes->first; sandbox; sandbox = sandbox->hh.next)
		if (!sandbox->settled || (!sandbox->ready && sandbox->inum))
			return true;
	return false;
}

size_t cri_sandboxes_bad(const struct cri_sandboxes *sandboxes)
{
	const struct sandbox *sandbox;
	size_t count = sandboxes->nameless;

	for (sandbox = sandboxes->first; sandbox; sandbox = sandbox->hh.next)
		count += sandbox->unreadable;
	return count;
}
