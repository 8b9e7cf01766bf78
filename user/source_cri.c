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

#include "cri_errors.h"
#include "cri_sandboxes.h"
#include "http.h"
#include "loop.h"
#include "source_trial.h"
#include "util.h"
#include "watch.h"

#define CALL_TIMEOUT (10ull * NS_PER_S)
#define MOST_LIST_BYTES (16u << 20) /* what the kubelet takes */
#define MOST_STATUS_BYTES (4u << 20)

#define CHASE_FIRST (1ull * NS_PER_S) /* after a change; also the least time between two lists */
#define CHASE_LAST (32ull * NS_PER_S)
#define OPEN_INTERVAL (60ull * NS_PER_S)
#define RETRY_FIRST (200ull * NS_PER_MS)
#define RETRY_LAST (60ull * NS_PER_S)
/* A runtime that starts anew is there before it answers: that is worth a word when it lasts, which is 3 s. */
#define QUIET_FAILURES 5

/* The usual places.  /var/run is a link to /run wherever these run. */
#define USUAL_PLACES(root)                                                                                        \
	root "/run/containerd/containerd.sock", root "/run/crio/crio.sock", root "/run/k3s/containerd/containerd.sock", \
		root "/run/k0s/containerd.sock", root "/var/snap/microk8s/common/run/containerd.sock"
static const char *const usual[] = { USUAL_PLACES("") };
/*
 * The node's, for who is in a pod and shares its processes. A volume would have to be of the socket's directory, with all
 * that the runtime mounts below that, to follow a runtime that starts anew.
 */
static const char *const usual_of_node[] = { USUAL_PLACES("/proc/1/root") };

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

	struct cri_sandboxes sandboxes;
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
	struct cri_error error = cri_error(err);

	cri->reason = formatted("%s: %s", cri->sockets[cri->at], error.why ? error.why : text);
	cri->remedy = strdup(error.remedy);
	cri->starting = err == -ENOENT || err == -ECONNREFUSED || err == -ECONNRESET || err == -EAGAIN;
	return cri->reason && cri->remedy ? 0 : -ENOMEM;
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
	cri->reason = formatted("no container runtime's socket is in the usual places (%s, %s, ...)", cri->sockets[0],
				cri->sockets[1]);
	cri->remedy = strdup("start the runtime, or name its socket: --pods cri:SOCKET");
	return cri->reason && cri->remedy ? 0 : -ENOMEM;
}

static int tell_down(struct source_cri *cri)
{
	CLEANUP(free_pointer) char *detail = NULL;

	if ((cri->down || cri->ever_up) && cri->starting && cri->failures < QUIET_FAILURES)
		return 0;
	detail = formatted("%s; %s", cri->reason, cri->remedy);
	if (!detail)
		return -ENOMEM;
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

/* ---- after all is read ---- */

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
	return cri_sandboxes_any_open(&cri->sandboxes) ? wake_at(cri, cri->listed_at + OPEN_INTERVAL) : 0;
}

static int tell_synced(struct source_cri *cri, size_t bad)
{
	char detail[400] = "";

	if (bad)
		snprintf(detail, sizeof(detail), "%zu sandbox%s unreadable: %s", bad, bad == 1 ? "" : "es",
			 bad > cri->sandboxes.nameless ? cri->sandboxes.bad_text : "an id, or a pod's name, that cannot be shown");
	cri->bad_told = bad;
	cri->syncing = cri->announced = false;
	free(cri->down);
	cri->down = NULL;
	return source_tell_state(&cri->source, SOURCE_SYNCED, true, wall_now(), detail);
}

/* All that was listed is known. */
static int settle(struct source_cri *cri)
{
	size_t bad = cri_sandboxes_bad(&cri->sandboxes);
	int err = cri_sandboxes_settle(&cri->sandboxes);

	if (!err && (cri->syncing || bad > cri->bad_told))
		err = tell_synced(cri, bad);
	cri->bad_told = bad;
	cri->was_up = cri->ever_up = true;
	cri->failures = 0;
	return err ? err : plan(cri);
}

/* ---- answers ---- */

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
	err = cri_sandboxes_status(&cri->sandboxes, sandbox, result);
	return err ? err : ask_status(cri);
}

/* The next that is new. */
static int ask_status(struct source_cri *cri)
{
	uint8_t request[CRI_REQUEST_BYTES];
	struct sandbox *sandbox = cri_sandboxes_next(&cri->sandboxes);

	if (!sandbox)
		return settle(cri);
	cri->asked = sandbox;
	return ask(cri, CRI_STATUS, request, cri_status_request(request, sandbox->id), MOST_STATUS_BYTES, on_status);
}

static int on_list(void *ctx, const struct grpc_result *result)
{
	struct source_cri *cri = ctx;
	int err = result->error;

	cri->request = NULL;
	cri->listed_at = loop_now();
	if (!err)
		err = cri_sandboxes_list(&cri->sandboxes, cri->syncing, result);
	if (err == -ENOMEM)
		return err;
	if (err)
		return fail(cri, err, result->error ? result->reason : "its list of sandboxes cannot be unpacked");
	if (cri->syncing && !cri->announced)
		err = source_tell_state(&cri->source, SOURCE_SYNCING, true, 0, "");
	if (!err)
		err = cri_sandboxes_sweep(&cri->sandboxes);
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

static int on_directory(void *ctx, unsigned int number, const char *name, uint32_t mask)
{
	struct source_cri *cri = ctx;

	if (name && strcmp(name, last_part(cri->sockets[number])))
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

	grpc_cancel(cri->request);
	http_close(cri->http);
	cri_sandboxes_clear(&cri->sandboxes);
	watch_close(cri->watch);
	loop_timer_close(cri->timer);
	forget_reason(cri);
	free(cri->down);
	free(cri->argument);
	source_fini(source);
	free(cri);
}

static bool is_any_there(const char *const places[static ARRAY_SIZE(usual)])
{
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (look_at_socket(places[i]) != -ENOENT)
			return true;
	return false;
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
		bool of_node = !is_any_there(usual) && is_any_there(usual_of_node);

		memcpy(cri->sockets, of_node ? usual_of_node : usual, sizeof(usual));
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
		const char *path = cri->sockets[i], *base = last_part(path);
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
	cri->sandboxes.source = &cri->source;
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
	/* All of them, and the first that answers. */
	(void)ret_argument;
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
		if (look_at_socket(usual[i]) == -ENOENT)
			continue;
		snprintf(reason, SOURCE_REASON_BYTES, "%s is there", usual[i]);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(usual_of_node); i++) {
		if (look_at_socket(usual_of_node[i]))
			continue;
		snprintf(reason, SOURCE_REASON_BYTES, "%s is there", usual_of_node[i]);
		return true;
	}
	snprintf(reason, SOURCE_REASON_BYTES, "no container runtime's socket is in the usual places");
	return false;
}

/* ---- doctor ---- */

static int add_check(struct checks *checks, const struct source_trial *trial)
{
	const struct source_cri *cri = (const struct source_cri *)trial->source;
	bool up = trial->known && trial->state == SOURCE_SYNCED;
	const char *socket = up || !cri->search ? cri->sockets[cri->at < cri->socket_count ? cri->at : 0] : "";
	char subject[sizeof(checks->items->subject)];
	struct check *check;

	snprintf(subject, sizeof(subject), "cri%s%s", *socket ? ":" : "", socket);
	check = checks_add(checks, "source", up ? CHECK_YES : CHECK_NO, false, subject);
	if (!check)
		return -ENOMEM;
	if (up) {
		snprintf(check->detail, sizeof(check->detail),
			 "%s %s, %zu sandboxes with a netns; says whose a netns is, not which pods are gone",
			 cri->version.name, cri->version.version, trial->bindings);
	} else {
		snprintf(check->detail, sizeof(check->detail), "%s", cri->reason);
		snprintf(check->remedy, sizeof(check->remedy), "%s", cri->remedy);
	}
	return 0;
}

static int source_cri_check(const char *argument, struct checks *checks)
{
	struct source_trial trial;
	int err = source_trial_run(&trial, &source_cri, argument, 0);

	if (!err)
		err = add_check(checks, &trial);
	source_trial_end(&trial);
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
