/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "loop.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "util.h"

#define BATCH 32

struct watcher {
	int fd;
	bool removed;
	loop_fn fn;
	void *ctx;
	struct watcher *next; /* of the removed ones */
};

struct loop {
	int epoll;
	bool stop;
	struct watcher **watchers; /* by descriptor */
	size_t capacity;
	/*
	 * epoll_wait() has given out pointers to watchers that a callback may remove meanwhile, so they are
	 * freed only once the batch is through.
	 */
	struct watcher *removed;
	loop_fn after;
	void *after_ctx;
};

struct loop_timer {
	struct loop *loop;
	int fd;
	loop_fn fn;
	void *ctx;
};

uint64_t loop_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)timespec_to_ns(&now);
}

int loop_open(struct loop **ret)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return -ENOMEM;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		int error = -errno;

		free(loop);
		return error;
	}
	*ret = loop;
	return 0;
}

static void free_removed(struct loop *loop)
{
	while (loop->removed) {
		struct watcher *next = loop->removed->next;

		free(loop->removed);
		loop->removed = next;
	}
}

void loop_close(struct loop *loop)
{
	if (!loop)
		return;
	for (size_t fd = 0; fd < loop->capacity; fd++)
		free(loop->watchers[fd]);
	free_removed(loop);
	free(loop->watchers);
	close(loop->epoll);
	free(loop);
}

static struct watcher *find_watcher(const struct loop *loop, int fd)
{
	return fd >= 0 && (size_t)fd < loop->capacity ? loop->watchers[fd] : NULL;
}

static int make_room(struct loop *loop, int fd)
{
	size_t capacity = loop->capacity ? loop->capacity : 16;
	struct watcher **watchers;

	while (capacity <= (size_t)fd)
		capacity *= 2;
	if (capacity == loop->capacity)
		return 0;
	watchers = reallocarray(loop->watchers, capacity, sizeof(watchers[0]));
	if (!watchers)
		return -ENOMEM;
	for (size_t i = loop->capacity; i < capacity; i++)
		watchers[i] = NULL;
	loop->watchers = watchers;
	loop->capacity = capacity;
	return 0;
}

int loop_add(struct loop *loop, int fd, uint32_t events, loop_fn fn, void *ctx)
{
	CLEANUP(free_pointer) struct watcher *watcher = NULL;
	struct epoll_event event = { .events = events };
	int err;

	if (fd < 0)
		return -EBADF;
	if (find_watcher(loop, fd))
		return -EEXIST;
	err = make_room(loop, fd);
	if (err)
		return err;
	watcher = calloc(1, sizeof(*watcher));
	if (!watcher)
		return -ENOMEM;
	*watcher = (struct watcher){ .fd = fd, .fn = fn, .ctx = ctx };
	event.data.ptr = watcher;
	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		return -errno;
	loop->watchers[fd] = TAKE_PTR(watcher);
	return 0;
}

int loop_modify(struct loop *loop, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = find_watcher(loop, fd) };

	if (!event.data.ptr)
		return -ENOENT;
	return epoll_ctl(loop->epoll, EPOLL_CTL_MOD, fd, &event) < 0 ? -errno : 0;
}

void loop_remove(struct loop *loop, int fd)
{
	struct watcher *watcher = find_watcher(loop, fd);

	if (!watcher)
		return;
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
	loop->watchers[fd] = NULL;
	watcher->removed = true;
	watcher->next = loop->removed;
	loop->removed = watcher;
}

static int dispatch(struct loop *loop, const struct epoll_event *events, int count)
{
	int err = 0;

	for (int i = 0; i < count && !err && !loop->stop; i++) {
		struct watcher *watcher = events[i].data.ptr;

		if (!watcher->removed)
			err = watcher->fn(watcher->ctx, events[i].events);
	}
	free_removed(loop);
	if (err >= 0 && loop->after)
		err = loop->after(loop->after_ctx, 0);
	return err < 0 ? err : 0;
}

void loop_after(struct loop *loop, loop_fn fn, void *ctx)
{
	loop->after = fn;
	loop->after_ctx = ctx;
}

int loop_run(struct loop *loop)
{
	struct epoll_event events[BATCH];
	int err = 0;

	while (!loop->stop && !err) {
		int count = epoll_wait(loop->epoll, events, BATCH, -1);

		if (count < 0)
			err = errno == EINTR ? 0 : -errno;
		else
			err = dispatch(loop, events, count);
	}
	loop->stop = false;
	return err;
}

void loop_stop(struct loop *loop)
{
	loop->stop = true;
}

static int timer_fired(void *ctx, uint32_t events)
{
	struct loop_timer *timer = ctx;
	uint64_t expirations;

	(void)events;
	/* EAGAIN: a callback before this one in the batch set it anew. */
	if (read(timer->fd, &expirations, sizeof(expirations)) < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	return timer->fn(timer->ctx, 0);
}

int loop_timer_open(struct loop_timer **ret, struct loop *loop, loop_fn fn, void *ctx)
{
	CLEANUP(free_pointer) struct loop_timer *timer = calloc(1, sizeof(*timer));
	CLEANUP(close_descriptor) int fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	int err;

	if (!timer)
		return -ENOMEM;
	if (fd < 0)
		return -errno;
	err = loop_add(loop, fd, EPOLLIN, timer_fired, timer);
	if (err)
		return err;
	*timer = (struct loop_timer){ .loop = loop, .fd = take_descriptor(&fd), .fn = fn, .ctx = ctx };
	*ret = TAKE_PTR(timer);
	return 0;
}

void loop_timer_close(struct loop_timer *timer)
{
	if (!timer)
		return;
	loop_remove(timer->loop, timer->fd);
	close(timer->fd);
	free(timer);
}

int loop_timer_set(struct loop_timer *timer, uint64_t when)
{
	struct itimerspec spec = {
		.it_value = { .tv_sec = (time_t)(when / NS_PER_S), .tv_nsec = (long)(when % NS_PER_S) },
	};

	/* The kernel takes a seconds part beyond its range as an error; that far is never. */
	if (when > INT64_MAX)
		spec.it_value = (struct timespec){ 0 };
	return timerfd_settime(timer->fd, TFD_TIMER_ABSTIME, &spec, NULL) < 0 ? -errno : 0;
}
