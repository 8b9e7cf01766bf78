/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * cri[:SOCKET], a container runtime with CRI v1 on a Unix socket: containerd or CRI-O.  It says which netns is whose, by
 * the path that it gave the sandbox.
 *
 * A pod is there, to the runtime, while one of its sandboxes runs, or was stopped and still has its netns at its path.
 * The runtime let it go when it stopped or removed the last of them: that is told as the pod's end, which is the last
 * word only where no other source still has the pod.  Sandboxes come and go while a pod lives: a new one takes it back.
 *
 * One question at a time: Version, ListPodSandbox, then PodSandboxStatus once for each sandbox that is new.  After that
 * it is asked for its list only when something happened: the kernel told of a netns that comes or goes.  The
 * sandbox is in the list some time after its netns was made, and leaves it some time after its netns went, so after
 * that the list is read again and again, at intervals that double, and then no more; slowly, while a sandbox was
 * stopped and keeps its netns, for of its removal nothing tells.
 *
 * GetContainerEvents is not used, although it would tell at once.  containerd 1.7 and CRI-O up to 1.27 deal events out
 * among those who read them, one each in turn: a second reader takes them away from the kubelet.  containerd 2 and later
 * CRI-O give all to each, but to one after the other: a reader that does not read, for it was stopped or has no CPU,
 * holds up all others.  containerd 2.1.9 was seen to remove no pod any more, some 480 events after a reader was stopped,
 * until it went on.
 *
 * That the runtime went and came back is told by its socket's directory (inotify); a runtime that answers wrongly or
 * not at all is tried again at intervals that double.
 */
#include "source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <uthash.h>

#include "cri.h"
#include "grpc.h"
#include "http.h"
#include "loop.h"
#include "netns_path.h"
#include "util.h"
#include "watch.h"

#define CALL_TIMEOUT (10ull * NS_PER_S)
#define MOST_LIST_BYTES (16u << 20) /* what the kubelet takes */
#define MOST_STATUS_BYTES (4u << 20)
/* Of a runtime that cannot say what one sandbox is. */
#define MOST_TRIES 3

#define CHASE_FIRST (1ull * NS_PER_S) /* after a change; also the least time between two lists */
#define CHASE_LAST (32ull * NS_PER_S)
#define OPEN_INTERVAL (60ull * NS_PER_S)
#define RETRY_FIRST (200ull * NS_PER_MS)
#define RETRY_LAST (60ull * NS_PER_S)
/* A runtime that starts anew is there before it answers: that is worth a word when it lasts, which is 3 s. */
#define QUIET_FAILURES 5

/* The usual places.  /var/run is a link to /run wherever these run. */
static const char *const usual[] = {
	"/run/containerd/containerd.sock",
	"/run/crio/crio.sock",
	"/run/k3s/containerd/containerd.sock",
	"/run/k0s/containerd.sock",
	"/var/snap/microk8s/common/run/containerd.sock",
};

struct sandbox {
	UT_hash_handle hh;
	bool listed;	   /* by the list that is being read */
	bool ready;
	bool settled;	   /* its status is known, or will not be */
	bool tried;	   /* its status was asked for since the list */
	bool unreadable;
	bool told;	   /* as a binding */
	bool pod_told;	   /* INPUT_POD is out, and stands */
	unsigned int tries;
	int64_t created_wall;
	uint32_t inum;	   /* at its path; 0: none */
	struct cri_status status;
	char *uid, *namespace_, *name; /* of the pod, in text */
	char *id;		       /* likewise */
	char text[];
};

struct source_cri {
	struct source source;
	bool search;	/* no socket was named: the usual places */
	const char *sockets[ARRAY_SIZE(usual)];
	size_t socket_count;
	size_t at;	/* the one that is in use or being tried */
	char *argument;
	struct watch *watch;
	struct loop_timer *timer;
	uint64_t due;	/* of the timer; 0: it sleeps */
	struct http *http;
	struct grpc_request *request; /* the one question */
	struct sandbox *asked;	      /* whose status it is about, or NULL */
	struct cri_version version;
	bool connected; /* the runtime said its version */
	bool syncing;	/* the first list since then is not through */
	bool announced; /* SOURCE_SYNCING is out */
	bool missed;	/* something of interest happened while a question was open */
	uint64_t listed_at;
	uint64_t chase; /* until the next list; 0: none is due */
	unsigned int failures; /* since it answered well */
	bool was_up;	       /* the connection was good */
	bool ever_up;

	struct sandbox *sandboxes;
	size_t nameless;    /* sandboxes that the last list had under a name that cannot be shown */
	char bad_text[300]; /* one that cannot be read, and why */
	size_t bad_told;

	char *reason, *remedy; /* of the first socket that failed in this round */
	bool starting;	       /* that reason is how a runtime that starts looks */
	bool retry;	       /* a reason of this round may pass without a change to any socket */
	char *down;	       /* what SOURCE_DOWN said last; NULL: it is not down */
};

static int ask_status(struct source_cri *cri);
static int try_socket(struct source_cri *cri);

static int wake_at(struct source_cri *cri, uint64_t when)
{
	if (cri->due && cri->due <= when)
		return 0;
	cri->due = when;
	return loop_timer_set(cri->timer, when);
}

static int sleep_on(struct source_cri *cri)
{
	cri->due = 0;
	return loop_timer_set(cri->timer, 0);
}

/* ---- what goes wrong ---- */

static void forget_reason(struct source_cri *cri)
{
	free(cri->reason);
	free(cri->remedy);
	cri->reason = cri->remedy = NULL;
}

/* What is to be said of an error.  text: what was said with it. */
static int explain(struct source_cri *cri, int err, const char *text)
{
	const char *socket = cri->sockets[cri->at], *start = "start the runtime, or name another socket: --pods cri:SOCKET";
	const char *why = NULL, *remedy;

	switch (err) {
	case -ENOENT:
		why = "it does not exist";
		remedy = start;
		break;
	case -ENOTSOCK:
		why = "it is not a socket";
		remedy = "name the runtime's socket: --pods cri:SOCKET";
		break;
	case -EACCES:
	case -EPERM:
		why = "it may not be opened";
		remedy = "run as root";
		break;
	case -ECONNREFUSED:
		why = "nobody listens on it";
		remedy = start;
		break;
	case -ELIBACC:
		why = "libcurl.so.4 cannot be loaded";
		remedy = "install it (Debian: libcurl4)";
		break;
	case -ETIMEDOUT:
		why = "it does not answer within 10 s";
		remedy = "look at the runtime's log, it may hang";
		break;
	case -ECONNRESET:
		why = "it hung up without an answer";
		remedy = "look at the runtime's log";
		break;
	case -ENOSYS:
		remedy = "it has no CRI v1: enable the cri plugin (disabled_plugins in containerd's config.toml), or update "
			 "to containerd 1.6 or CRI-O 1.23 at least";
		break;
	case -EAGAIN:
		remedy = "wait; if it stays so, look at the runtime's log";
		break;
	case -EBADMSG:
	case -EPROTO:
		remedy = "is it a container runtime's CRI socket?";
		break;
	default:
		remedy = "look at the runtime's log";
		break;
	}
	if (asprintf(&cri->reason, "%s: %s", socket, why ? why : text) < 0) {
		cri->reason = NULL;
		return -ENOMEM;
	}
	cri->remedy = strdup(remedy);
	cri->starting = err == -ENOENT || err == -ECONNREFUSED || err == -ECONNRESET || err == -EAGAIN;
	return cri->remedy ? 0 : -ENOMEM;
}

/* In a round through several sockets the first one that is there is the one to speak of. */
static int note_failure(struct source_cri *cri, int err, const char *text)
{
	if (err == -ENOMEM)
		return err;
	if (err == -ENOENT) /* to be told, once that has lasted */
		cri->retry |= (cri->down || cri->ever_up) && cri->failures + 1 < QUIET_FAILURES;
	else
		cri->retry |= err != -ENOTSOCK && err != -EACCES && err != -ELIBACC;
	if (cri->reason || (cri->search && err == -ENOENT))
		return 0;
	return explain(cri, err, text);
}

static int explain_none(struct source_cri *cri)
{
	cri->starting = true;
	if (asprintf(&cri->reason, "no container runtime's socket is in the usual places (%s, %s, ...)", usual[0],
		     usual[1]) < 0) {
		cri->reason = NULL;
		return -ENOMEM;
	}
	cri->remedy = strdup("start the runtime, or name its socket: --pods cri:SOCKET");
	return cri->remedy ? 0 : -ENOMEM;
}

static int tell_down(struct source_cri *cri)
{
	CLEANUP(free_pointer) char *detail = NULL;

	if ((cri->down || cri->ever_up) && cri->starting && cri->failures < QUIET_FAILURES)
		return 0;
	if (asprintf(&detail, "%s; %s", cri->reason, cri->remedy) < 0) {
		detail = NULL;
		return -ENOMEM;
	}
	if (cri->down && !strcmp(cri->down, detail))
		return 0;
	free(cri->down);
	cri->down = TAKE_PTR(detail);
	cri->announced = false;
	return source_tell_state(&cri->source, SOURCE_DOWN, true, 0, cri->down);
}

/* No socket is left to try.  What is not there will be seen by the watch; what is there is tried again. */
static int give_up(struct source_cri *cri)
{
	uint64_t pause = RETRY_FIRST;
	int err = 0;

	if (!cri->reason)
		err = explain_none(cri);
	cri->failures++;
	for (unsigned int i = 1; i < cri->failures && pause < RETRY_LAST; i++)
		pause *= 2;
	cri->at = 0;
	if (!err)
		err = tell_down(cri);
	if (err || !cri->retry)
		return err;
	return wake_at(cri, loop_now() + (pause < RETRY_LAST ? pause : RETRY_LAST));
}

/* The socket in hand failed. */
static int fail(struct source_cri *cri, int error, const char *text)
{
	bool was_up = cri->was_up;
	int err;

	cri->connected = cri->syncing = cri->was_up = false;
	/* A connection that was good may have ended with its runtime, which may be back: a fresh one tells. */
	if (was_up)
		return wake_at(cri, 1);
	err = note_failure(cri, error, text);
	cri->at++;
	return err ? err : try_socket(cri);
}

/* ---- questions ---- */

static int ask(struct source_cri *cri, const char *method, const uint8_t *message, size_t size, size_t most,
	       grpc_end_fn end)
{
	struct grpc_call call = {
		.unix_socket = cri->sockets[cri->at], .method = method, .message = message, .size = size,
		.most = most, .timeout = CALL_TIMEOUT, .ctx = cri,
	};

	return grpc_start(&cri->request, cri->http, &call, end);
}

/* ---- sandboxes ---- */

static void sandbox_free(struct source_cri *cri, struct sandbox *sandbox)
{
	HASH_DEL(cri->sandboxes, sandbox);
	free(sandbox->status.netns_path);
	free(sandbox);
}

static struct sandbox *sandbox_find(struct source_cri *cri, const char *id)
{
	struct sandbox *sandbox;

	HASH_FIND_STR(cri->sandboxes, id, sandbox);
	return sandbox;
}

static char *put(char **at, const char *text)
{
	char *here = *at;

	*at = stpcpy(here, text) + 1;
	return here;
}

static struct sandbox *sandbox_add(struct source_cri *cri, const struct cri_sandbox *from)
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
	HASH_ADD_KEYPTR(hh, cri->sandboxes, sandbox->id, strlen(sandbox->id), sandbox);
	return sandbox;
}

static int take_sandbox(void *ctx, const struct cri_sandbox *from)
{
	struct source_cri *cri = ctx;
	struct sandbox *sandbox = sandbox_find(cri, from->id);

	if (!sandbox)
		sandbox = sandbox_add(cri, from);
	if (!sandbox)
		return -ENOMEM;
	sandbox->listed = true;
	sandbox->ready = from->ready;
	sandbox->created_wall = from->created_wall;
	return 0;
}

static int tell_binding(struct source_cri *cri, struct sandbox *sandbox)
{
	int64_t made_wall = 0, now = wall_now(), as_of = sandbox->created_wall;
	struct input input = {
		.kind = INPUT_BINDING,
		.binding = { .source = cri->source.name, .evidence = EVIDENCE_CRI, .key = sandbox->id,
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
	return source_tell(&cri->source, &input);
}

/* Of one that cannot be read nothing worse is known than that it is there. */
static bool keeps_pod(const struct sandbox *sandbox)
{
	return sandbox->listed && (sandbox->ready || sandbox->inum || !sandbox->settled || sandbox->unreadable);
}

static bool other_keeps_pod(const struct source_cri *cri, const struct sandbox *sandbox)
{
	const struct sandbox *other;

	for (other = cri->sandboxes; other; other = other->hh.next)
		if (other != sandbox && !strcmp(other->uid, sandbox->uid) && keeps_pod(other))
			return true;
	return false;
}

static int tell_pod(struct source_cri *cri, struct sandbox *sandbox)
{
	struct input input = {
		.kind = INPUT_POD,
		.pod = { .source = cri->source.name, .uid = sandbox->uid, .alias_uid = "",
			 .namespace_ = sandbox->namespace_, .name = sandbox->name, .node = "",
			 .ips = sandbox->status.ips, .ip_count = sandbox->status.ip_count,
			 .host_network = sandbox->status.host_network,
			 .phase = sandbox->ready ? POD_RUNNING : POD_PHASE_UNKNOWN },
	};

	sandbox->pod_told = true;
	return source_tell(&cri->source, &input);
}

static int tell_pod_gone(struct source_cri *cri, struct sandbox *sandbox)
{
	struct input input = { .kind = INPUT_POD_GONE,
			       .pod_gone = { .source = cri->source.name, .uid = sandbox->uid, .gone_wall = wall_now() } };

	sandbox->pod_told = false;
	return other_keeps_pod(cri, sandbox) ? 0 : source_tell(&cri->source, &input);
}

/* Says of its pod what is new. */
static int settle_pod(struct source_cri *cri, struct sandbox *sandbox)
{
	bool keeps = keeps_pod(sandbox);

	if (!*sandbox->uid || keeps == sandbox->pod_told || (keeps && !sandbox->settled))
		return 0;
	return keeps ? tell_pod(cri, sandbox) : tell_pod_gone(cri, sandbox);
}

/* It is not in the list any more. */
static int tell_gone(struct source_cri *cri, struct sandbox *sandbox)
{
	struct input input = { .kind = INPUT_BINDING_GONE,
			       .binding_gone = { .source = cri->source.name, .key = sandbox->id } };
	int err = settle_pod(cri, sandbox);

	if (!err && sandbox->told)
		err = source_tell(&cri->source, &input);
	sandbox_free(cri, sandbox);
	return err;
}

static void note_bad(struct source_cri *cri, struct sandbox *sandbox, const char *reason)
{
	sandbox->unreadable = true;
	snprintf(cri->bad_text, sizeof(cri->bad_text), "%.12s: %.256s", sandbox->id, reason);
}

/* ---- after all is read ---- */

/* Of what is still to come no event tells. */
static bool any_open(const struct source_cri *cri)
{
	const struct sandbox *sandbox;

	for (sandbox = cri->sandboxes; sandbox; sandbox = sandbox->hh.next)
		if (!sandbox->settled || (!sandbox->ready && sandbox->inum))
			return true;
	return false;
}

static int plan(struct source_cri *cri)
{
	if (cri->missed)
		cri->chase = CHASE_FIRST;
	cri->missed = false;
	if (cri->chase) {
		int err = wake_at(cri, cri->listed_at + cri->chase);

		cri->chase = cri->chase < CHASE_LAST ? 2 * cri->chase : 0;
		return err;
	}
	return any_open(cri) ? wake_at(cri, cri->listed_at + OPEN_INTERVAL) : 0;
}

/* The path of a running sandbox may lead elsewhere by now; that of a stopped one leads nowhere. */
static int look_again(struct source_cri *cri, struct sandbox *sandbox)
{
	uint32_t inum;

	if (!sandbox->told)
		return 0;
	if (netns_path_inum(&inum, sandbox->status.netns_path) < 0)
		inum = 0;
	if (inum != sandbox->inum && sandbox->ready)
		return tell_binding(cri, sandbox);
	sandbox->inum = inum;
	return 0;
}

static size_t count_bad(const struct source_cri *cri)
{
	const struct sandbox *sandbox;
	size_t count = cri->nameless;

	for (sandbox = cri->sandboxes; sandbox; sandbox = sandbox->hh.next)
		count += sandbox->unreadable;
	return count;
}

static int tell_synced(struct source_cri *cri, size_t bad)
{
	char detail[400] = "";

	if (bad)
		snprintf(detail, sizeof(detail), "%zu sandbox%s unreadable: %s", bad, bad == 1 ? "" : "es",
			 bad > cri->nameless ? cri->bad_text : "an id, or a pod's name, that cannot be shown");
	cri->bad_told = bad;
	cri->syncing = cri->announced = false;
	free(cri->down);
	cri->down = NULL;
	return source_tell_state(&cri->source, SOURCE_SYNCED, true, wall_now(), detail);
}

/* All that was listed is known. */
static int settle(struct source_cri *cri)
{
	struct sandbox *sandbox;
	size_t bad = count_bad(cri);
	int err = 0;

	for (sandbox = cri->sandboxes; sandbox && !err; sandbox = sandbox->hh.next)
		err = look_again(cri, sandbox);
	for (sandbox = cri->sandboxes; sandbox && !err; sandbox = sandbox->hh.next)
		err = settle_pod(cri, sandbox);
	if (!err && (cri->syncing || bad > cri->bad_told))
		err = tell_synced(cri, bad);
	cri->bad_told = bad;
	cri->was_up = cri->ever_up = true;
	cri->failures = 0;
	return err ? err : plan(cri);
}

/* ---- answers ---- */

/* Of one sandbox.  Its runtime may fail to say what it is, and be well for all the others. */
static int take_status(struct source_cri *cri, struct sandbox *sandbox, const struct grpc_result *result)
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
		return sandbox->status.host_network ? 0 : tell_binding(cri, sandbox);
	}
	if (err == -ENOMEM)
		return err;
	if (++sandbox->tries < MOST_TRIES && err != -EBADMSG)
		return 0;
	sandbox->settled = true;
	note_bad(cri, sandbox, reason);
	return 0;
}

static int on_status(void *ctx, const struct grpc_result *result)
{
	struct source_cri *cri = ctx;
	struct sandbox *sandbox = TAKE_PTR(cri->asked);
	int err;

	cri->request = NULL;
	/* Only what it says of this sandbox may be amiss with this sandbox. */
	if (result->error && result->error != -ENOENT && result->error != -EREMOTEIO)
		return fail(cri, result->error, result->reason);
	sandbox->tried = true;
	err = take_status(cri, sandbox, result);
	return err ? err : ask_status(cri);
}

/* The next that is new. */
static int ask_status(struct source_cri *cri)
{
	uint8_t request[CRI_REQUEST_BYTES];
	struct sandbox *sandbox;

	for (sandbox = cri->sandboxes; sandbox; sandbox = sandbox->hh.next)
		if (!sandbox->settled && !sandbox->tried)
			break;
	if (!sandbox)
		return settle(cri);
	cri->asked = sandbox;
	return ask(cri, CRI_STATUS, request, cri_status_request(request, sandbox->id), MOST_STATUS_BYTES, on_status);
}

static int sweep(struct source_cri *cri)
{
	struct sandbox *sandbox, *next;
	int err = 0;

	HASH_ITER(hh, cri->sandboxes, sandbox, next)
		if (!sandbox->listed && !err)
			err = tell_gone(cri, sandbox);
	return err;
}

static int take_list(struct source_cri *cri, const struct grpc_result *result)
{
	struct sandbox *sandbox, *next;

	HASH_ITER(hh, cri->sandboxes, sandbox, next) {
		sandbox->listed = sandbox->tried = false;
		/* A full listing says all anew. */
		if (cri->syncing) {
			sandbox->settled = sandbox->unreadable = sandbox->pod_told = false;
			sandbox->tries = 0;
		}
	}
	return cri_list_read(result->message, result->size, take_sandbox, cri, &cri->nameless);
}

static int on_list(void *ctx, const struct grpc_result *result)
{
	struct source_cri *cri = ctx;
	int err = result->error;

	cri->request = NULL;
	cri->listed_at = loop_now();
	if (!err)
		err = take_list(cri, result);
	if (err == -ENOMEM)
		return err;
	if (err)
		return fail(cri, err, result->error ? result->reason : "its list of sandboxes cannot be unpacked");
	if (cri->syncing && !cri->announced)
		err = source_tell_state(&cri->source, SOURCE_SYNCING, true, 0, "");
	if (!err)
		err = sweep(cri);
	return err ? err : ask_status(cri);
}

static int ask_list(struct source_cri *cri)
{
	return ask(cri, CRI_LIST, NULL, 0, MOST_LIST_BYTES, on_list);
}

static int on_version(void *ctx, const struct grpc_result *result)
{
	struct source_cri *cri = ctx;
	int err = result->error;

	cri->request = NULL;
	if (!err)
		err = cri_version_read(&cri->version, result->message, result->size);
	if (err)
		return fail(cri, err, result->error ? result->reason : "its version cannot be unpacked");
	forget_reason(cri);
	cri->connected = cri->syncing = true;
	cri->missed = true; /* a sandbox may be in the making */
	return ask_list(cri);
}

/* ---- connections ---- */

static int look_at_socket(const char *path)
{
	struct stat file;

	if (stat(path, &file) < 0)
		return errno == ENOTDIR ? -ENOENT : -errno;
	if (!S_ISSOCK(file.st_mode))
		return -ENOTSOCK;
	return access(path, W_OK) < 0 ? -errno : 0;
}

static int try_socket(struct source_cri *cri)
{
	uint8_t request[CRI_REQUEST_BYTES];

	for (; cri->at < cri->socket_count; cri->at++) {
		int err = look_at_socket(cri->sockets[cri->at]);

		if (!err && !cri->http)
			err = -ELIBACC;
		if (!err)
			return ask(cri, CRI_VERSION, request, cri_version_request(request), MOST_STATUS_BYTES, on_version);
		err = note_failure(cri, err, strerror(-err));
		if (err)
			return err;
	}
	return give_up(cri);
}

static int connect_anew(struct source_cri *cri)
{
	int err;

	http_close(cri->http);
	cri->http = NULL;
	err = http_open(&cri->http, cri->source.context.loop);
	if (err && err != -ELIBACC)
		return err;
	forget_reason(cri);
	cri->retry = false;
	cri->at = 0;
	return try_socket(cri);
}

static int on_timer(void *ctx, uint32_t events)
{
	struct source_cri *cri = ctx;

	(void)events;
	cri->due = 0;
	if (cri->request) {
		cri->missed = true;
		return 0;
	}
	return cri->connected ? ask_list(cri) : connect_anew(cri);
}

static int source_cri_netns_changed(struct source *source)
{
	struct source_cri *cri = (struct source_cri *)source;
	uint64_t now = loop_now(), when = cri->listed_at + CHASE_FIRST;

	if (!cri->connected)
		return 0;
	if (cri->request) {
		cri->missed = true;
		return 0;
	}
	cri->chase = CHASE_FIRST;
	return wake_at(cri, when > now ? when : now);
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int on_directory(void *ctx, unsigned int number, const char *name, uint32_t mask)
{
	struct source_cri *cri = ctx;

	if (name && strcmp(name, base_of(cri->sockets[number])))
		return 0;
	/* Another socket than the one in use, or a change of rights of the one in use: what is good stays. */
	if (cri->connected && (number != cri->at || (name && (mask & (IN_ATTRIB | IN_CLOSE_WRITE)))))
		return 0;
	grpc_cancel(cri->request);
	cri->request = NULL;
	cri->asked = NULL;
	cri->connected = cri->syncing = cri->was_up = false;
	cri->failures = 0;
	return sleep_on(cri) ? -EIO : wake_at(cri, 1);
}

/* ---- the source ---- */

static void source_cri_close(struct source *source)
{
	struct source_cri *cri = (struct source_cri *)source;
	struct sandbox *sandbox, *next;

	grpc_cancel(cri->request);
	http_close(cri->http);
	HASH_ITER(hh, cri->sandboxes, sandbox, next)
		sandbox_free(cri, sandbox);
	watch_close(cri->watch);
	loop_timer_close(cri->timer);
	forget_reason(cri);
	free(cri->down);
	free(cri->argument);
	source_fini(source);
	free(cri);
}

static int name_sockets(struct source_cri *cri, const char *argument)
{
	_Static_assert(ARRAY_SIZE(usual) <= WATCH_DIRECTORIES, "one watch for each place");
	cri->search = !*argument;
	cri->argument = strdup(argument);
	if (!cri->argument)
		return -ENOMEM;
	cri->sockets[0] = cri->argument;
	cri->socket_count = 1;
	if (cri->search) {
		memcpy(cri->sockets, usual, sizeof(usual));
		cri->socket_count = ARRAY_SIZE(usual);
		/* Which of them it will be is not known before one answers. */
		cri->source.name[strlen(source_cri.scheme)] = '\0';
	}
	return 0;
}

static int watch_sockets(struct source_cri *cri)
{
	int err = 0;

	for (size_t i = 0; i < cri->socket_count && !err; i++) {
		const char *path = cri->sockets[i], *base = base_of(path);
		CLEANUP(free_pointer) char *directory =
			base == path ? strdup(".") : strndup(path, base - path > 1 ? (size_t)(base - path - 1) : 1);

		err = directory ? watch_directory(cri->watch, (unsigned int)i, directory) : -ENOMEM;
	}
	return err;
}

static int source_cri_open(struct source **ret, const char *argument, const struct source_context *context)
{
	struct source_cri *cri = calloc(1, sizeof(*cri));
	int err;

	if (!cri)
		return -ENOMEM;
	err = source_init(&cri->source, &source_cri, argument, context);
	if (!err)
		err = name_sockets(cri, argument);
	if (!err)
		err = loop_timer_open(&cri->timer, context->loop, on_timer, cri);
	if (!err)
		err = watch_open(&cri->watch, context->loop, on_directory, cri);
	if (!err)
		err = watch_sockets(cri);
	if (!err)
		err = connect_anew(cri);
	cri->announced = !err && cri->request;
	if (cri->announced)
		err = source_tell_state(&cri->source, SOURCE_SYNCING, true, 0, "");
	if (err) {
		source_cri_close(&cri->source);
		return err;
	}
	*ret = &cri->source;
	return 0;
}

static bool source_cri_available(const char **ret_argument, char reason[static SOURCE_REASON_BYTES])
{
	(void)ret_argument; /* all the usual places: the first that answers */
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
		if (look_at_socket(usual[i]) == -ENOENT)
			continue;
		snprintf(reason, SOURCE_REASON_BYTES, "%s is there", usual[i]);
		return true;
	}
	snprintf(reason, SOURCE_REASON_BYTES, "no container runtime's socket is in the usual places");
	return false;
}

/* ---- doctor ---- */

struct answer {
	struct loop *loop;
	bool known, up;
	size_t bindings;
};

static int take_answer(void *ctx, const struct input *input)
{
	struct answer *answer = ctx;

	answer->bindings += input->kind == INPUT_BINDING;
	if (input->kind != INPUT_SOURCE || input->source.state == SOURCE_SYNCING)
		return 0;
	answer->known = true;
	answer->up = input->source.state == SOURCE_SYNCED;
	loop_stop(answer->loop);
	return 0;
}

static int add_check(struct checks *checks, const struct source_cri *cri, const struct answer *answer)
{
	const char *socket = answer->up || !cri->search ? cri->sockets[cri->at < cri->socket_count ? cri->at : 0] : "";
	char subject[sizeof(checks->items->subject)];
	struct check *check;

	snprintf(subject, sizeof(subject), "cri%s%s", *socket ? ":" : "", socket);
	check = checks_add(checks, "source", answer->up ? CHECK_YES : CHECK_NO, false, subject);
	if (!check)
		return -ENOMEM;
	if (answer->up) {
		snprintf(check->detail, sizeof(check->detail),
			 "%s %s, %zu sandboxes with a netns; says whose a netns is, not which pods are gone",
			 cri->version.name, cri->version.version, answer->bindings);
	} else {
		snprintf(check->detail, sizeof(check->detail), "%s", cri->reason);
		snprintf(check->remedy, sizeof(check->remedy), "%s", cri->remedy);
	}
	return 0;
}

static int source_cri_check(const char *argument, struct checks *checks)
{
	struct answer answer = { .up = false };
	struct source_context context = { .input = take_answer, .input_ctx = &answer, .now = loop_now };
	struct source *source = NULL;
	int err = loop_open(&context.loop);

	if (err)
		return err;
	answer.loop = context.loop;
	err = source_cri_open(&source, argument, &context);
	if (!err && !answer.known)
		err = loop_run(context.loop);
	if (!err)
		err = add_check(checks, (struct source_cri *)source, &answer);
	if (source)
		source_cri_close(source);
	loop_close(context.loop);
	return err;
}

const struct source_type source_cri = {
	.scheme = "cri",
	.argument = "SOCKET",
	.fallback = "",
	.help = "containerd or CRI-O; without SOCKET, the one that is found in the usual places",
	.open = source_cri_open,
	.close = source_cri_close,
	.available = source_cri_available,
	.check = source_cri_check,
	.netns_changed = source_cri_netns_changed,
};
