/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one epoll loop.  Nothing polls: without an event or a deadline nothing wakes.
 */
#ifndef NETNSLEAK_LOOP_H
#define NETNSLEAK_LOOP_H

#include <stdint.h>

struct loop;

/* events: what epoll said.  Negative: the loop ends with it. */
typedef int (*loop_fn)(void *ctx, uint32_t events);

int loop_open(struct loop **ret);
void loop_close(struct loop *loop); /* NULL is fine; descriptors are their owners' to close */

/* Watch fd for events (EPOLLIN, EPOLLPRI, ...).  A regular file cannot be watched: -EPERM. */
int loop_add(struct loop *loop, int fd, uint32_t events, loop_fn fn, void *ctx);
int loop_modify(struct loop *loop, int fd, uint32_t events);
void loop_remove(struct loop *loop, int fd); /* before fd is closed; fine inside a callback */

/* A timer of CLOCK_BOOTTIME; its callback gets events 0. */
struct loop_timer;
int loop_timer_open(struct loop_timer **ret, struct loop *loop, loop_fn fn, void *ctx);
void loop_timer_close(struct loop_timer *timer); /* NULL is fine */
/* At boot time `when` (ns), once; in the past: at once; 0: never. */
int loop_timer_set(struct loop_timer *timer, uint64_t when);

/* After every batch of callbacks, fn (its events are 0): where what they have in common is settled. */
void loop_after(struct loop *loop, loop_fn fn, void *ctx);

/* Runs until loop_stop() or an error. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

uint64_t loop_now(void); /* CLOCK_BOOTTIME, ns */

#endif
