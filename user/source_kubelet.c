/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * kubelet[:URL][,OPTIONS], the kubelet of this node: its list of pods, asked for again and again, for it cannot be
 * watched.
 *
 * Without a URL it is asked at 127.0.0.1, port 10250, but as a server of the node's name, which its certificate is for.
 *
 * A kubelet that has just started does not know its pods yet: those of its own files come first, those of the API server
 * when that has answered, one after the other.  So a list counts as whole only
 *  - when it has all that the one before had, or its connection, which a restart cuts, has stood for half a minute; and
 *  - as the first one, when a pod from the API server is in it, or likewise.
 * Until then it is asked again, and nothing is told to be gone.
 */
#include "source.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "kube_client.h"
#include "kube_probe.h"
#include "loop.h"
#include "node.h"
#include "pod_list.h"
#include "util.h"

#define PERIOD_SECONDS 10
#define SETTLED (30 * NS_PER_S) /* a connection that stood so long is not to a kubelet that has just started */
#define TIMEOUT (30 * NS_PER_S)
#define MOST_LIST_BYTES (256ull << 20)
#define PATH "/pods"
#define VERB "get"
#define RESOURCE "nodes/proxy" /* or nodes/pods, from Kubernetes 1.33 on */

struct source_kubelet {
	struct source source;
	struct kube_options options;
	struct kube_surroundings surroundings;
	struct node node;
	char *server;		/* where no URL is given */
	const char *connect_to; /* likewise */
	struct kube_client *client;
	struct loop_timer *timer; /* of the next question */
	struct pod_list *list;	/* being read, or NULL */
	uint64_t list_bytes;
	int fatal;		/* why it could not go on */
	int64_t as_of_wall;	/* of list */
	struct pod_list *told;	/* the last that was told, or NULL */
	uint64_t connected;	/* boot ns: since when the connection stands; 0: there is none */
	bool synced, syncing;	/* what was told is still so; told and not ended yet */
	unsigned int failures;	/* in a row */
	char *down;		/* told last, NULL: not down */
};

/* --- telling --- */

static int tell_down(struct source_kubelet *kubelet, const char *reason)
{
	kubelet->synced = kubelet->syncing = false;
	if (kubelet->down && !strcmp(kubelet->down, reason))
		return 0;
	free(kubelet->down);
	kubelet->down = strdup(reason);
	return kubelet->down ? source_tell_state(&kubelet->source, SOURCE_DOWN, true, 0, reason) : -ENOMEM;
}

static int tell_pods(struct source_kubelet *kubelet)
{
	const char *warning = !kubelet->synced && kube_client_config(kubelet->client)->unverified ?
				      "the kubelet's certificate is not verified" : "";
	struct input input = { .kind = INPUT_POD };
	int err = kubelet->syncing ? 0 :
				      source_tell_state(&kubelet->source, SOURCE_SYNCING, true, kubelet->as_of_wall, "");

	for (size_t i = 0; i < kubelet->list->count && !err; i++) {
		if (!kubelet->list->pods[i])
			continue;
		input.pod = kubelet->list->pods[i]->pod;
		input.pod.source = kubelet->source.name;
		err = source_tell(&kubelet->source, &input);
	}
	kubelet->syncing = false;
	kubelet->synced = true;
	free(kubelet->down);
	kubelet->down = NULL;
	pod_list_close(kubelet->told);
	kubelet->told = TAKE_PTR(kubelet->list);
	return err ? err : source_tell_state(&kubelet->source, SOURCE_SYNCED, true, kubelet->as_of_wall, warning);
}

/* --- whether a list is whole --- */

static int compare_uids(const void *left, const void *right)
{
	const char *const *a = left, *const *b = right;

	return strcmp(*a, *b);
}

/* Whether all pods of `before` are in `now`.  -ENOMEM. */
static int has_all(const struct pod_list *now, const struct pod_list *before)
{
	CLEANUP(free_pointer) const char **uids = calloc(now->count + 1, sizeof(uids[0]));
	size_t count = 0;

	if (!uids)
		return -ENOMEM;
	for (size_t i = 0; i < now->count; i++)
		if (now->pods[i])
			uids[count++] = now->pods[i]->pod.uid;
	qsort(uids, count, sizeof(uids[0]), compare_uids);
	for (size_t i = 0; i < before->count; i++)
		if (before->pods[i] &&
		    !bsearch(&before->pods[i]->pod.uid, uids, count, sizeof(uids[0]), compare_uids))
			return 0;
	return 1;
}

static bool has_pod_of_api(const struct pod_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->pods[i] && list->pods[i]->from_api)
			return true;
	return false;
}

static int is_whole(const struct source_kubelet *kubelet)
{
	if (loop_now() - kubelet->connected >= SETTLED)
		return 1;
	return kubelet->told ? has_all(kubelet->list, kubelet->told) : has_pod_of_api(kubelet->list);
}

/* --- asking --- */

static int ask_after(struct source_kubelet *kubelet, uint64_t delay)
{
	return loop_timer_set(kubelet->timer, loop_now() + delay);
}

static uint64_t period(const struct source_kubelet *kubelet)
{
	return (kubelet->options.every ? kubelet->options.every : PERIOD_SECONDS) * (uint64_t)NS_PER_S;
}

static int failed(struct source_kubelet *kubelet, enum kube_outcome outcome, const char *reason, uint64_t retry_after)
{
	uint64_t delay;
	int err = 0;

	pod_list_close(kubelet->list);
	kubelet->list = NULL;
	kubelet->connected = 0;
	delay = kube_backoff(++kubelet->failures);
	if (kubelet->failures == 1 && outcome == KUBE_UNAUTHORIZED)
		delay = 0; /* the token has been rotated, and is read anew */
	else if (kubelet->failures > 1 || outcome != KUBE_PASSING || !kubelet->synced)
		err = tell_down(kubelet, reason);
	return err ? err : ask_after(kubelet, retry_after > delay ? retry_after : delay);
}

static int bad_list(struct source_kubelet *kubelet)
{
	char reason[KUBE_REASON_BYTES + POD_LIST_REASON_BYTES];

	snprintf(reason, sizeof(reason), "%.100s: its listing cannot be read: %s",
		 kube_client_config(kubelet->client)->server, kubelet->list->reason);
	return failed(kubelet, KUBE_REFUSED, reason, 0);
}

static int take_list(struct source_kubelet *kubelet)
{
	uint64_t now = loop_now(), settled = kubelet->connected + SETTLED, next = period(kubelet);
	int whole = is_whole(kubelet), err;

	if (whole < 0)
		return whole;
	kubelet->failures = 0;
	if (whole) {
		err = tell_pods(kubelet);
		return err ? err : ask_after(kubelet, next);
	}
	pod_list_close(kubelet->list);
	kubelet->list = NULL;
	return ask_after(kubelet, settled - now < next ? settled - now : next);
}

static int on_end(void *ctx, const struct kube_answer *answer)
{
	struct source_kubelet *kubelet = ctx;
	int err;

	if (answer->outcome == KUBE_STOPPED)
		return kubelet->fatal ? kubelet->fatal : bad_list(kubelet);
	if (answer->outcome != KUBE_ANSWERED)
		return failed(kubelet, answer->outcome, answer->reason, answer->retry_after);
	if (answer->connected || !kubelet->connected)
		kubelet->connected = loop_now();
	err = pod_list_page_end(kubelet->list);
	if (!err)
		err = pod_list_settle(kubelet->list);
	if (err)
		return err == -EBADMSG ? bad_list(kubelet) : err;
	return take_list(kubelet);
}

static int on_bytes(void *ctx, const char *bytes, size_t length)
{
	struct source_kubelet *kubelet = ctx;
	int err;

	kubelet->list_bytes += length;
	err = pod_list_feed(kubelet->list, bytes, length);
	if (!err && kubelet->list_bytes > MOST_LIST_BYTES) {
		snprintf(kubelet->list->reason, sizeof(kubelet->list->reason), "it is larger than 256 MiB");
		err = -EBADMSG;
	}
	if (err && err != -EBADMSG)
		kubelet->fatal = err;
	return err ? -ECANCELED : 0;
}

static int on_timer(void *ctx, uint32_t events)
{
	struct source_kubelet *kubelet = ctx;
	const struct kube_question question = {
		.path = PATH, .verb = VERB, .resource = RESOURCE, .connect_to = kubelet->connect_to,
		.timeout = TIMEOUT, .bytes = on_bytes, .end = on_end, .ctx = kubelet,
	};
	char reason[KUBE_REASON_BYTES];
	int err = kube_client_configure(kubelet->client, kubelet->server, reason);

	(void)events;
	kubelet->list_bytes = 0;
	kubelet->as_of_wall = wall_now();
	if (!err)
		err = pod_list_open(&kubelet->list);
	if (!err)
		err = kube_client_ask(kubelet->client, &question, reason);
	return err == -EINVAL ? failed(kubelet, KUBE_REFUSED, reason, 0) : err;
}

/* --- the source --- */

static void source_kubelet_close(struct source *source)
{
	struct source_kubelet *kubelet = (struct source_kubelet *)source;

	kube_client_close(kubelet->client);
	loop_timer_close(kubelet->timer);
	pod_list_close(kubelet->list);
	pod_list_close(kubelet->told);
	kube_options_free(&kubelet->options);
	free(kubelet->server);
	free(kubelet->down);
	source_fini(source);
	free(kubelet);
}

/* Its certificate is for the node's name, and it is on this machine whatever the name leads to. */
static char *own_server(const char *node)
{
	return formatted("https://%s:10250", node);
}

static int begin(struct source_kubelet *kubelet, const struct source_context *context)
{
	int err;

	node_init(&kubelet->node, kubelet->options.node ? kubelet->options.node : context->node);
	kubelet->server = own_server(kubelet->node.name);
	kubelet->connect_to = kubelet->options.server ? NULL : "127.0.0.1";
	kube_surroundings_init(&kubelet->surroundings);
	if (!kubelet->server)
		return -ENOMEM;
	err = kube_client_open(&kubelet->client, context->loop, &kubelet->options, &kubelet->surroundings);
	if (err == -ELIBACC)
		return tell_down(kubelet, source_strerror(err));
	if (!err)
		err = loop_timer_open(&kubelet->timer, context->loop, on_timer, kubelet);
	if (!err)
		err = ask_after(kubelet, 0);
	kubelet->syncing = true;
	/* The first list is asked for now, or later: what it does not have was gone then. */
	return err ? err : source_tell_state(&kubelet->source, SOURCE_SYNCING, true, wall_now(), "");
}

static int parse(struct kube_options *options, const char *argument, char *reason)
{
	int err = kube_options_parse(options, argument, reason);

	if (err || !options->kubeconfig)
		return err;
	kube_options_free(options);
	snprintf(reason, KUBE_REASON_BYTES, "a kubelet is not asked by a kubeconfig; give its URL, ca=FILE and token=FILE");
	return -EINVAL;
}

static int source_kubelet_open(struct source **ret, const char *argument, const struct source_context *context)
{
	struct source_kubelet *kubelet = calloc(1, sizeof(*kubelet));
	char reason[KUBE_REASON_BYTES];
	int err;

	if (!kubelet)
		return -ENOMEM;
	err = source_init(&kubelet->source, &source_kubelet, argument, context);
	if (!err) {
		err = parse(&kubelet->options, argument, reason);
		err = err == -EINVAL ? tell_down(kubelet, reason) : err ? err : begin(kubelet, context);
	}
	if (err) {
		source_kubelet_close(&kubelet->source);
		return err;
	}
	*ret = &kubelet->source;
	return 0;
}

/* --- doctor --- */

static int probe_pods(struct kube_probe *probe, struct check *check)
{
	CLEANUP(free_pointer) char *server = own_server(probe->node.name);
	size_t count = 0;
	bool more;
	int err = server ? kube_client_configure(probe->client, server, probe->reason) : -ENOMEM;

	if (err)
		return err == -EINVAL ? -EBADMSG : err;
	probe->connect_to = probe->options.server ? NULL : "127.0.0.1";
	err = kube_probe_list(probe, strdup(PATH), VERB, RESOURCE, &count, &more);
	if (!err)
		snprintf(check->detail, sizeof(check->detail), "%.100s: %zu pods; says which are gone, asked every %u s%s",
			 kube_client_config(probe->client)->server, count,
			 probe->options.every ? probe->options.every : PERIOD_SECONDS,
			 kube_client_config(probe->client)->unverified ? "; certificate not verified" : "");
	return err;
}

static int source_kubelet_check(const char *argument, struct checks *checks)
{
	struct kube_probe *probe = NULL;
	char subject[sizeof(checks->items->subject)];
	struct check *check;
	int err;

	snprintf(subject, sizeof(subject), "kubelet%s%.80s", *argument ? ":" : "", argument);
	check = checks_add(checks, "source", CHECK_YES, false, subject);
	err = check ? kube_probe_open(&probe, argument) : -ENOMEM;
	if (!err)
		err = probe_pods(probe, check);
	if (err == -EBADMSG) {
		kube_probe_refuse(probe, check);
		err = 0;
	}
	kube_probe_close(probe);
	return err;
}

static bool source_kubelet_available(const char **ret_argument, char reason[static SOURCE_REASON_BYTES])
{
	struct kube_surroundings surroundings;
	char path[PATH_MAX];

	(void)ret_argument;
	kube_surroundings_init(&surroundings);
	snprintf(path, sizeof(path), "%s/token", surroundings.account ?: "");
	snprintf(reason, SOURCE_REASON_BYTES, "%s", "this is no pod with a service account's token");
	if (!surroundings.account || access(path, R_OK) < 0)
		return false;
	snprintf(reason, SOURCE_REASON_BYTES, "%s", "by the service account's token");
	return true;
}

const struct source_type source_kubelet = {
	.scheme = "kubelet",
	.argument = "URL,OPTIONS",
	.fallback = "",
	.help = "the kubelet of this node; OPTIONS: every=SECONDS, ca=FILE, token=FILE, verify=no,\n"
		"          node=NAME; default: https://NODE:10250 at 127.0.0.1, every 10 s, with the CA and the\n"
		"          token of the service account",
	.open = source_kubelet_open,
	.close = source_kubelet_close,
	.available = source_kubelet_available,
	.check = source_kubelet_check,
};
