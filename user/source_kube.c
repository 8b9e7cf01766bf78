/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * kube[:OPTIONS], the API server: the pods of this node, listed and then watched, so that a pod's end is known when it
 * happens.  kube_watch.h says how, kube_config.h what the options are.
 *
 * A pod that is Terminating is told as such and is not gone; gone is what the server says is deleted, at the moment when
 * it says so.
 */
#include "source.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kube_paths.h"
#include "kube_probe.h"
#include "kube_watch.h"
#include "node.h"
#include "util.h"

struct source_kube {
	struct source source;
	struct kube_options options;
	struct kube_surroundings surroundings;
	struct node node;
	struct kube_watch *watch;
	bool syncing; /* told, and not ended yet */
};

static int on_listed(void *ctx, const struct pod_list *pods, int64_t as_of_wall, const char *warning)
{
	struct source_kube *kube = ctx;
	struct input input = { .kind = INPUT_POD };
	int err = kube->syncing ? 0 : source_tell_state(&kube->source, SOURCE_SYNCING, true, as_of_wall, "");

	for (size_t i = 0; i < pods->count && !err; i++) {
		if (!pods->pods[i])
			continue;
		input.pod = pods->pods[i]->pod;
		input.pod.source = kube->source.name;
		err = source_tell(&kube->source, &input);
	}
	kube->syncing = false;
	return err ? err : source_tell_state(&kube->source, SOURCE_SYNCED, true, as_of_wall, warning);
}

static int on_pod(void *ctx, const struct input_pod *pod)
{
	struct source_kube *kube = ctx;
	struct input input = { .kind = INPUT_POD, .pod = *pod };

	input.pod.source = kube->source.name;
	return source_tell(&kube->source, &input);
}

static int on_gone(void *ctx, const char *uid)
{
	struct source_kube *kube = ctx;
	struct input input = {
		.kind = INPUT_POD_GONE,
		.pod_gone = { .source = kube->source.name, .uid = uid, .gone_wall = wall_now() },
	};

	return source_tell(&kube->source, &input);
}

static int on_down(void *ctx, const char *reason)
{
	struct source_kube *kube = ctx;

	kube->syncing = false;
	return source_tell_state(&kube->source, SOURCE_DOWN, true, 0, reason);
}

static void source_kube_close(struct source *source)
{
	struct source_kube *kube = (struct source_kube *)source;

	kube_watch_close(kube->watch);
	kube_options_free(&kube->options);
	source_fini(source);
	free(kube);
}

/* What cannot be used until netnsleak is started anew. */
static int tell_unusable(struct source_kube *kube, const char *reason)
{
	return source_tell_state(&kube->source, SOURCE_DOWN, true, 0, reason);
}

static int start(struct source_kube *kube, const char *argument, const struct source_context *context)
{
	const struct kube_watch_listener listener = {
		.listed = on_listed, .pod = on_pod, .gone = on_gone, .down = on_down, .ctx = kube,
	};
	char reason[KUBE_REASON_BYTES];
	int err = kube_options_parse(&kube->options, argument, reason);

	if (err == -EINVAL)
		return tell_unusable(kube, reason);
	if (err)
		return err;
	node_init(&kube->node, kube->options.node ? kube->options.node : context->node);
	kube_surroundings_init(&kube->surroundings);
	err = kube_watch_open(&kube->watch, context->loop, &kube->options, &kube->surroundings, kube->node.name, &listener);
	if (err == -ELIBACC)
		return tell_unusable(kube, source_strerror(err));
	kube->syncing = true;
	/* The first listing is asked for now, or later: what it does not have was gone then. */
	return err ? err : source_tell_state(&kube->source, SOURCE_SYNCING, true, wall_now(), "");
}

static int source_kube_open(struct source **ret, const char *argument, const struct source_context *context)
{
	struct source_kube *kube = calloc(1, sizeof(*kube));
	int err;

	if (!kube)
		return -ENOMEM;
	err = source_init(&kube->source, &source_kube, argument, context);
	if (!err)
		err = start(kube, argument, context);
	if (err) {
		source_kube_close(&kube->source);
		return err;
	}
	*ret = &kube->source;
	return 0;
}

/* --- doctor --- */

/* "v1.31.2"; "" where it does not say: then it may not be asked. */
static int probe_version(struct kube_probe *probe, char ret[static 32])
{
	cJSON *json;
	const cJSON *version;
	int err = kube_probe_ask(probe, strdup("/version"), "get", "/version");

	*ret = '\0';
	if (err == -EBADMSG && probe->outcome == KUBE_FORBIDDEN)
		return 0;
	if (err)
		return err;
	json = cJSON_Parse(probe->body);
	version = cJSON_GetObjectItemCaseSensitive(json, "gitVersion");
	if (cJSON_IsString(version) && text_is_ascii(version->valuestring))
		snprintf(ret, 32, "%s", version->valuestring);
	cJSON_Delete(json);
	return 0;
}

static int probe_node(struct kube_probe *probe)
{
	int err = kube_probe_ask(probe, kube_node_path(probe->node.name), "get", "nodes");

	if (err == -EBADMSG && probe->outcome == KUBE_MISSING)
		snprintf(probe->reason, sizeof(probe->reason),
			 "it has no node named %.64s; give this node's name with node=NAME", probe->node.name);
	return err;
}

static int probe_all(struct kube_probe *probe, struct check *check)
{
	char version[32];
	size_t count = 0;
	bool more = false;
	int err = kube_client_configure(probe->client, NULL, probe->reason);

	if (err)
		return err == -EINVAL ? -EBADMSG : err;
	err = probe_version(probe, version);
	if (!err)
		err = kube_probe_list(probe, kube_list_path(probe->node.name, ""), "list", "pods", &count, &more);
	if (!err)
		err = kube_probe_ask(probe, kube_watch_path(probe->node.name, "0", 1), "watch", "pods");
	/* From a listing with pods the node is known. */
	if (!err && !count)
		err = probe_node(probe);
	if (!err)
		snprintf(check->detail, sizeof(check->detail), "%.50s%s%.20s, HTTP/%s: %zu%s pod%s of %.30s; says which are gone%s",
			 kube_client_config(probe->client)->server, *version ? ", Kubernetes " : "", version,
			 probe->http2 ? "2" : "1.1", count,
			 more ? " or more" : "", count == 1 && !more ? "" : "s", probe->node.name,
			 kube_client_config(probe->client)->unverified ? "; certificate not verified" : "");
	return err;
}

static int source_kube_check(const char *argument, struct checks *checks)
{
	struct kube_probe *probe = NULL;
	char subject[sizeof(checks->items->subject)];
	struct check *check;
	int err;

	snprintf(subject, sizeof(subject), "kube%s%.80s", *argument ? ":" : "", argument);
	check = checks_add(checks, "source", CHECK_YES, false, subject);
	err = check ? kube_probe_open(&probe, argument) : -ENOMEM;
	if (!err)
		err = probe_all(probe, check);
	if (err == -EBADMSG) {
		kube_probe_refuse(probe, check);
		err = 0;
	}
	kube_probe_close(probe);
	return err;
}

static bool source_kube_available(const char **ret_argument, char reason[static SOURCE_REASON_BYTES])
{
	struct kube_surroundings surroundings;
	struct kube_options options = { 0 };
	char text[KUBE_REASON_BYTES] = "";
	struct kube_config config;
	int err;

	(void)ret_argument;
	kube_surroundings_init(&surroundings);
	err = kube_config_load(&config, &options, &surroundings, text);
	if (err) {
		snprintf(reason, SOURCE_REASON_BYTES, "%.*s", SOURCE_REASON_BYTES - 1, text);
		return false;
	}
	snprintf(reason, SOURCE_REASON_BYTES, "the API server of %.100s", config.from);
	kube_config_free(&config);
	return true;
}

const struct source_type source_kube = {
	.scheme = "kube",
	.argument = "OPTIONS",
	.fallback = "",
	.help = "the API server, live; OPTIONS with commas: kubeconfig=FILE, context=NAME, server=URL,\n"
		"          ca=FILE, token=FILE, proxy=URL or proxy=env, verify=no, node=NAME; default: the service\n"
		"          account, else $KUBECONFIG, else the kubelet's kubeconfig",
	.open = source_kube_open,
	.close = source_kube_close,
	.available = source_kube_available,
	.check = source_kube_check,
};
