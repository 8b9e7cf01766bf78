/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A socket that listens where the command line says:
 *   9477                 the loopback address, this port
 *   10.0.0.1:9477, [fd00::1]:9477, 0.0.0.0:9477, [::]:9477
 *                        an address of this node, or all of them ([::] has those of IPv4 too)
 *   unix:/run/x.sock     a Unix socket, for its owner and group
 * Port 0 is any that is free.
 */
#ifndef NETNSLEAK_LISTENER_H
#define NETNSLEAK_LISTENER_H

struct listener;

#define LISTENER_METAVAR "[ADDR:]PORT|unix:PATH"

/* Could it be listened on?  -EINVAL: it is none of the above; -ERANGE: the path is longer than a socket's may be. */
int listener_check(const char *spec);

/*
 * A socket file on which nobody listens any more is replaced.  -EADDRINUSE: somebody listens there; -EEXIST: what is
 * there is no socket; else what the kernel said.
 */
int listener_open(struct listener **ret, const char *spec);
/* Closes it, and removes its socket file, if that is still its own.  NULL is fine. */
void listener_close(struct listener *listener);

/* Does not block; the listener's until it is taken. */
int listener_take_fd(struct listener *listener);
/* "http://127.0.0.1:9477", "unix:/run/x.sock" */
const char *listener_name(const struct listener *listener);

/* Why listener_open() failed, and what to do. */
const char *listener_strerror(const char *spec, int err);

#endif
