/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The conversation with a daemon that speaks the Docker Engine API on a Unix socket.
 *
 * GET /_ping says whether it is Podman, and GET /version what to speak.  Then the stream of events is opened, the listing
 * is asked for, and of each container in it GET /containers/ID/json; an event says which to look at again.  Nothing waits
 * for anything but an answer: there is no polling, but of a container of which the daemon says nothing good.
 */
#ifndef NETNSLEAK_DOCKER_DAEMON_H
#define NETNSLEAK_DOCKER_DAEMON_H

#include "docker_units.h"

struct docker_daemon;

struct docker_daemon_listener {
	/*
	 * Podman's version, "" where it is not Podman, whatever its socket is called.  It may be disconnected here, before
	 * it is asked anything: even for /version Podman looks at all its containers.
	 */
	int (*greeted)(void *ctx, const char *podman);
	/*
	 * The events come, and each container of the listing, which was asked for at asked_wall, was asked for.  Again
	 * whenever it changes how many of them are unreadable; warning: how many, and why, or "".
	 */
	int (*whole)(void *ctx, int64_t asked_wall, const char *warning);
	/* "why; what to do": it is disconnected. */
	int (*failed)(void *ctx, const char *reason);
	void *ctx;
};

/*
 * scheme: "docker", the source's, and product: "Docker", for messages.  What the daemon says goes to units, which are live
 * from the first whole() on.  -ELIBACC: there is no libcurl on this machine.
 */
int docker_daemon_open(struct docker_daemon **ret, struct loop *loop, const char *socket, const char *scheme,
		       const char *product, struct docker_units *units, const struct docker_daemon_listener *listener);
void docker_daemon_close(struct docker_daemon *daemon); /* NULL is fine */

int docker_daemon_connect(struct docker_daemon *daemon);
void docker_daemon_disconnect(struct docker_daemon *daemon); /* what is known is kept */
bool docker_daemon_is_connected(const struct docker_daemon *daemon); /* or being so */
/* As it was last told. */
const struct docker_version *docker_daemon_version(const struct docker_daemon *daemon);

#endif
