/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "kube_probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"
#include "source.h"
#include "util.h"

#define TIMEOUT (10 * NS_PER_S)

static int on_end(void *ctx, const struct kube_answer *answer)
{
	struct kube_probe *probe = ctx;

	probe->outcome = answer->outcome;
	probe->http2 = answer->http2;
	if (*answer->reason)
		snprintf(probe->reason, sizeof(probe->reason), "%s", answer->reason);
	loop_stop(probe->loop);
	return 0;
}

/* Of a long answer, only that it came. */
static int on_bytes(void *ctx, const char *bytes, size_t length)
{
	struct kube_probe *probe = ctx;

	if (probe->pods)
		return pod_list_feed(probe->pods, bytes, length) ? -ECANCELED : 0;
	if (length < sizeof(probe->body) - probe->length) {
		memcpy(probe->body + probe->length, bytes, length);
		probe->length += length;
		probe->body[probe->length] = '\0';
	}
	return 0;
}

int kube_probe_ask(struct kube_probe *probe, char *path, const char *verb, const char *resource)
{
	CLEANUP(free_pointer) char *owned = path;
	const struct kube_question question = {
		.path = owned, .verb = verb, .resource = resource, .connect_to = probe->connect_to, .timeout = TIMEOUT,
		.bytes = on_bytes, .end = on_end, .ctx = probe,
	};
	int err;

	if (!owned)
		return -ENOMEM;
	probe->length = 0;
	probe->body[0] = '\0';
	err = kube_client_ask(probe->client, &question, probe->reason);
	if (!err)
		err = loop_run(probe->loop);
	if (err)
		return err == -EINVAL ? -EBADMSG : err;
	return probe->outcome == KUBE_ANSWERED ? 0 : -EBADMSG;
}

int kube_probe_list(struct kube_probe *probe, char *path, const char *verb, const char *resource, size_t *ret_count,
		    bool *ret_more)
{
	int err = pod_list_open(&probe->pods);

	if (err) {
		free(path);
		return err;
	}
	err = kube_probe_ask(probe, path, verb, resource);
	if (!err)
		err = pod_list_page_end(probe->pods);
	if (!err) {
		*ret_count = probe->pods->count;
		*ret_more = *probe->pods->next;
	} else if (*probe->pods->reason) {
		snprintf(probe->reason, sizeof(probe->reason), "its listing cannot be read: %.300s", probe->pods->reason);
	}
	pod_list_close(probe->pods);
	probe->pods = NULL;
	return err;
}

int kube_probe_open(struct kube_probe **ret, const char *argument)
{
	struct kube_probe *probe = calloc(1, sizeof(*probe));
	int err;

	if (!probe)
		return -ENOMEM;
	*ret = probe;
	err = kube_options_parse(&probe->options, argument, probe->reason);
	if (err)
		return err == -EINVAL ? -EBADMSG : err;
	node_init(&probe->node, probe->options.node);
	kube_surroundings_init(&probe->surroundings);
	err = loop_open(&probe->loop);
	if (!err)
		err = kube_client_open(&probe->client, probe->loop, &probe->options, &probe->surroundings);
	if (err != -ELIBACC)
		return err;
	snprintf(probe->reason, sizeof(probe->reason), "%s", source_strerror(err));
	return -EBADMSG;
}

void kube_probe_close(struct kube_probe *probe)
{
	if (!probe)
		return;
	kube_client_close(probe->client);
	loop_close(probe->loop);
	kube_options_free(&probe->options);
	free(probe);
}

void kube_probe_refuse(const struct kube_probe *probe, struct check *check)
{
	check->answer = CHECK_NO;
	check_explain(check, probe->reason);
}
