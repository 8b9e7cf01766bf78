/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * docker:SOCKET and podman:SOCKET, the containers of Docker or Podman: docker_units.h has what is told of them,
 * docker_daemon.h how the daemon is asked.
 *
 * Here is when: as soon as there is a socket, which its directory's watch tells, and again at intervals that double
 * after whatever went wrong.  Nothing of a listing goes out before all of it was read, and what a container is said to be
 * stands while it cannot be read.
 *
 * A daemon's listing has all its containers, and it is known when it was asked for: a container that an earlier session
 * knew, and that is not in it, is gone.
 *
 * Before 4.4 Podman's service opens the netns of each container that it is asked about, and leaves it to the garbage
 * collector of its language to close it: by asking we keep netns for some minutes, and cause what we are to find.  Such
 * a one is asked nothing, unless it was named; who names it is warned.
 */
#include "source.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "docker_daemon.h"
#include "docker_units.h"
#include "loop.h"
#include "source_trial.h"
#include "util.h"
#include "watch.h"

#define FIRST_DELAY (250 * NS_PER_MS) /* until the next attempt; then twice as long, up to */
#define LAST_DELAY (60 * NS_PER_S)
#define LISTEN_DELAY (50 * NS_PER_MS) /* from a socket's birth to its listening */
#define CHECK_PATIENCE (5 * NS_PER_S)
#define PID_FILE "docker.pid" /* dockerd's, beside its usual socket while it runs */

struct source_docker {
	struct source source;
	struct docker_units units;
	struct docker_daemon *daemon; /* NULL: there is no libcurl */
	char podman[32]; /* version, where it is Podman, whatever its socket is called; else "" */
	char *socket, *directory;
	const char *base; /* in socket */
	struct watch *watch;
	struct loop_timer *timer; /* of the next attempt */
	uint64_t delay, synced_at; /* boot ns; 0: not now */
	char *said_down; /* NULL: it is not down */
};

static bool is_podman(const struct source_docker *docker)
{
	return docker->source.type == &source_podman;
}

static const char *product(const struct source_docker *docker)
{
	return is_podman(docker) ? "Podman" : "Docker";
}

static int tell_state(struct source_docker *docker, enum source_state state, int64_t as_of_wall, const char *detail)
{
	return source_tell_state(&docker->source, state, true, as_of_wall, detail);
}

/* Told once, however often it is tried in vain. */
static int tell_down(struct source_docker *docker, enum source_state state, const char *reason)
{
	CLEANUP(free_pointer) char *detail = NULL;

	detail = formatted("%s: %s", docker->socket, reason);
	if (!detail)
		return -ENOMEM;
	if (docker->said_down && !strcmp(docker->said_down, detail))
		return 0;
	free(docker->said_down);
	docker->said_down = TAKE_PTR(detail);
	return tell_state(docker, state, 0, docker->said_down);
}

/* ---- what the daemon says ---- */

/* By being asked. */
static bool keeps_netns(const struct source_docker *docker)
{
	unsigned int major, minor;

	return sscanf(docker->podman, "%3u.%3u", &major, &minor) == 2 && (major < 4 || (major == 4 && minor < 4));
}

static int on_greeted(void *ctx, const char *podman)
{
	struct source_docker *docker = ctx;
	char text[256];

	snprintf(docker->podman, sizeof(docker->podman), "%s", podman);
	if (!docker->source.context.unnamed || !keeps_netns(docker))
		return 0;
	snprintf(text, sizeof(text),
		 "Podman %s keeps the netns of a container open, for some minutes, when it is asked about it; use Podman 4.4 "
		 "or later, or name it: --pods %s:SOCKET --grace 5m",
		 podman, docker->source.type->scheme);
	docker_daemon_disconnect(docker->daemon);
	/* A newer one makes its socket anew. */
	return tell_down(docker, SOURCE_ABSENT, text);
}

static int on_whole(void *ctx, int64_t asked_wall, const char *warning)
{
	struct source_docker *docker = ctx;
	char text[256];
	int err;

	if (!docker->synced_at)
		docker->synced_at = loop_now();
	free(docker->said_down);
	docker->said_down = NULL;
	if (!*warning && keeps_netns(docker)) {
		snprintf(text, sizeof(text), "Podman %s keeps the netns of a container open, for some minutes, when it is asked "
					     "about it: use --grace 5m, or Podman 4.4 or later", docker->podman);
		warning = text;
	}
	err = tell_state(docker, SOURCE_SYNCING, asked_wall, "");
	if (!err)
		err = docker_units_tell(&docker->units);
	return err ? err : tell_state(docker, SOURCE_SYNCED, asked_wall, warning);
}

/*
 * systemd may hold the usual socket of a Docker that was stopped, and would start it for us.  Who has not named it does
 * not want that.
 */
static bool is_asleep(const struct source_docker *docker)
{
	char path[PATH_MAX];

	if (!docker->source.context.unnamed || is_podman(docker) || strcmp(docker->socket, source_docker.fallback))
		return false;
	snprintf(path, sizeof(path), "%s/" PID_FILE, docker->directory);
	return access(path, F_OK) < 0 && errno == ENOENT;
}

/* When to try again.  A socket that is not there is waited for. */
static int try_later(struct source_docker *docker)
{
	uint64_t lived = docker->synced_at ? loop_now() - docker->synced_at : 0, delay;
	struct stat file;

	docker->synced_at = 0;
	if (lived > LAST_DELAY || !docker->delay)
		docker->delay = FIRST_DELAY;
	if (docker->watch && (is_asleep(docker) || (lstat(docker->socket, &file) < 0 && errno == ENOENT)))
		return loop_timer_set(docker->timer, 0);
	delay = docker->delay;
	docker->delay = 2 * docker->delay < LAST_DELAY ? 2 * docker->delay : LAST_DELAY;
	return loop_timer_set(docker->timer, loop_now() + delay);
}

static int on_failed(void *ctx, const char *reason)
{
	struct source_docker *docker = ctx;
	int err = try_later(docker);

	return err ? err : tell_down(docker, SOURCE_DOWN, reason);
}

/* ---- when it is asked ---- */

static int on_timer(void *ctx, uint32_t events)
{
	struct source_docker *docker = ctx;

	(void)events;
	return docker_daemon_connect(docker->daemon);
}

/* The socket came, or the daemon: it makes both anew when it starts, and listens a moment later. */
static int on_directory(void *ctx, unsigned int number, const char *name, uint32_t mask)
{
	struct source_docker *docker = ctx;

	(void)number;
	if (name && ((strcmp(name, docker->base) && strcmp(name, PID_FILE)) || mask & (IN_DELETE | IN_MOVED_FROM)))
		return 0;
	docker->delay = FIRST_DELAY;
	if (!docker->daemon || docker_daemon_is_connected(docker->daemon))
		return 0;
	return loop_timer_set(docker->timer, loop_now() + LISTEN_DELAY);
}

/* ---- the source ---- */

static void source_docker_close(struct source *source)
{
	struct source_docker *docker = (struct source_docker *)source;

	docker_daemon_close(docker->daemon);
	docker_units_clear(&docker->units);
	watch_close(docker->watch);
	loop_timer_close(docker->timer);
	free(docker->said_down);
	free(docker->directory);
	free(docker->socket);
	source_fini(source);
	free(docker);
}

static int split_path(struct source_docker *docker, const char *path)
{
	const char *slash = strrchr(path, '/');

	docker->socket = strdup(path);
	docker->directory = !slash ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
	if (!docker->socket || !docker->directory)
		return -ENOMEM;
	docker->base = slash ? docker->socket + (slash + 1 - path) : docker->socket;
	return 0;
}

/* Where no watch can be had, the timer alone tries again. */
static int start_watch(struct source_docker *docker)
{
	int err = watch_open(&docker->watch, docker->source.context.loop, on_directory, docker);

	if (!err)
		err = watch_directory(docker->watch, 0, docker->directory);
	if (err == -ENOMEM || !err)
		return err;
	watch_close(docker->watch);
	docker->watch = NULL;
	return 0;
}

static int start(struct source_docker *docker)
{
	const struct docker_daemon_listener listener = {
		.greeted = on_greeted, .whole = on_whole, .failed = on_failed, .ctx = docker,
	};
	int err = docker_daemon_open(&docker->daemon, docker->source.context.loop, docker->socket,
				     docker->source.type->scheme, product(docker), &docker->units, &listener);

	if (err == -ELIBACC)
		return tell_down(docker, SOURCE_DOWN, source_strerror(err));
	if (!err)
		err = start_watch(docker);
	if (!err)
		err = tell_state(docker, SOURCE_SYNCING, 0, "");
	if (!err && is_asleep(docker))
		return tell_down(docker, SOURCE_ABSENT, "Docker does not run; it is used when it does");
	return err ? err : docker_daemon_connect(docker->daemon);
}

static int open_as(struct source **ret, const struct source_type *type, const char *argument,
		   const struct source_context *context)
{
	struct source_docker *docker = calloc(1, sizeof(*docker));
	int err;

	if (!docker)
		return -ENOMEM;
	err = source_init(&docker->source, type, argument, context);
	docker->units.source = &docker->source;
	docker->units.namespace_ = is_podman(docker) ? PODMAN_NAMESPACE : DOCKER_NAMESPACE;
	if (!err)
		err = split_path(docker, argument);
	if (!err)
		err = loop_timer_open(&docker->timer, context->loop, on_timer, docker);
	if (!err)
		err = start(docker);
	if (err) {
		source_docker_close(&docker->source);
		return err;
	}
	*ret = &docker->source;
	return 0;
}

static int source_docker_open(struct source **ret, const char *argument, const struct source_context *context)
{
	return open_as(ret, &source_docker, argument, context);
}

static int source_podman_open(struct source **ret, const char *argument, const struct source_context *context)
{
	return open_as(ret, &source_podman, argument, context);
}

static bool is_socket(const char *path, struct stat *file)
{
	return stat(path, file) == 0 && S_ISSOCK(file->st_mode);
}

static bool available(const struct source_type *type, char reason[static SOURCE_REASON_BYTES])
{
	struct stat file;
	bool there = is_socket(type->fallback, &file);

	snprintf(reason, SOURCE_REASON_BYTES, there ? "%s is there" : "there is no socket %s", type->fallback);
	return there;
}

static bool source_podman_available(const char **ret_argument, char reason[static SOURCE_REASON_BYTES])
{
	(void)ret_argument;
	return available(&source_podman, reason);
}

/* Podman can be had by Docker's name. */
static bool source_docker_available(const char **ret_argument, char reason[static SOURCE_REASON_BYTES])
{
	struct stat file, podman;

	(void)ret_argument;
	if (!available(&source_docker, reason))
		return false;
	if (!is_socket(source_podman.fallback, &podman) || !is_socket(source_docker.fallback, &file) ||
	    file.st_dev != podman.st_dev || file.st_ino != podman.st_ino)
		return true;
	snprintf(reason, SOURCE_REASON_BYTES, "%s leads to Podman", source_docker.fallback);
	return false;
}

/* ---- doctor: one connection, as trace would make it ---- */

/* The daemon that the trial is of, as far as it answered. */
static void write_answer(const struct source_trial *trial, struct check *check)
{
	const struct source_docker *docker = (const struct source_docker *)trial->source;
	const struct docker_version *version = docker->daemon ? docker_daemon_version(docker->daemon) : NULL;

	if (!trial->known) {
		snprintf(check->detail, sizeof(check->detail), "no answer within %lld s", CHECK_PATIENCE / NS_PER_S);
		snprintf(check->remedy, sizeof(check->remedy), "see whether %s still works", product(docker));
		return;
	}
	if (trial->state != SOURCE_SYNCED) {
		if (trial->state == SOURCE_ABSENT)
			check->answer = CHECK_UNKNOWN;
		/* after "SOCKET: ", which is the subject */
		check_explain(check, trial->detail + strlen(docker->socket) + 2);
		return;
	}
	check->answer = *trial->detail ? CHECK_UNKNOWN : CHECK_YES;
	snprintf(check->detail, sizeof(check->detail),
		 "%s %s, API 1.%u: %u containers, %zu with a netns; says whose a netns is, and which containers are gone",
		 product(docker), version->product, version->api, HASH_COUNT(docker->units.containers), trial->bindings);
	snprintf(check->remedy, sizeof(check->remedy), "%s", trial->detail);
}

static int check_as(const struct source_type *type, const char *argument, struct checks *checks)
{
	char subject[sizeof(checks->items->subject)];
	struct source_trial trial;
	struct check *check;
	int err;

	snprintf(subject, sizeof(subject), "%s:%s", type->scheme, argument);
	check = checks_add(checks, "source", CHECK_NO, false, subject);
	if (!check)
		return -ENOMEM;
	err = source_trial_run(&trial, type, argument, CHECK_PATIENCE);
	if (!err)
		write_answer(&trial, check);
	source_trial_end(&trial);
	return err;
}

static int source_docker_check(const char *argument, struct checks *checks)
{
	return check_as(&source_docker, argument, checks);
}

static int source_podman_check(const char *argument, struct checks *checks)
{
	return check_as(&source_podman, argument, checks);
}

const struct source_type source_docker = {
	.scheme = "docker",
	.argument = "SOCKET",
	.fallback = "/run/docker.sock",
	.help = "Docker: its containers, whose netns is whose, and which are gone",
	.open = source_docker_open,
	.close = source_docker_close,
	.available = source_docker_available,
	.check = source_docker_check,
};

const struct source_type source_podman = {
	.scheme = "podman",
	.argument = "SOCKET",
	.fallback = "/run/podman/podman.sock",
	.help = "Podman's API service: its containers, as docker",
	.open = source_podman_open,
	.close = source_docker_close,
	.available = source_podman_available,
	.check = source_podman_check,
};
