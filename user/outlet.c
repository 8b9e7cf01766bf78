/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "loop.h"
#include "util.h"

enum outlet_kind {
	OUTLET_STRAIGHT, /* a regular file, /dev/null, ..., or anything where blocking is wanted */
	OUTLET_STREAM,	 /* a pipe or terminal, with O_NONBLOCK */
	OUTLET_SOCKET,	 /* not blocking by the flags of each send() */
};

struct outlet {
	int fd;
	enum outlet_kind kind;
	bool terminal;
	char *path;	   /* NULL: stdout */
	int restore_flags; /* of fd 1, which other processes share; -1: they were left alone */
	struct loop *loop;
	bool watched;
	int broken; /* 0 or -EPIPE */

	char *queue; /* OUTLET_QUEUE_BYTES, made when first needed */
	size_t head, tail;
	bool partial; /* some of the line at head went already: the rest must follow */
	uint64_t dropped, lines;
	uint64_t taken_at; /* when some of the queue was last taken, or the first line came into it */
};

/* Write once.  Returns how much, 0: not now, or a negative errno. */
static ssize_t write_some(struct outlet *outlet, const char *bytes, size_t length)
{
	ssize_t done;

	do {
		done = outlet->kind == OUTLET_SOCKET
			       ? send(outlet->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL)
			       : write(outlet->fd, bytes, length);
	} while (done < 0 && errno == EINTR);
	if (done >= 0)
		return done;
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return 0;
	/* A terminal that hung up says EIO, a socket whose peer went may say ECONNRESET. */
	if (errno == EPIPE || errno == ECONNRESET || (errno == EIO && outlet->terminal))
		return outlet->broken = -EPIPE;
	return -errno;
}

/* Take back the part of a line that found room, if no one has written behind it. */
static void take_back(struct outlet *outlet, size_t part)
{
	off_t position = lseek(outlet->fd, 0, SEEK_CUR);
	struct stat st;

	if (!part || position < (off_t)part || fstat(outlet->fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size != position)
		return;
	/* Without O_APPEND the next write would leave a hole. */
	if (!ftruncate(outlet->fd, position - (off_t)part))
		lseek(outlet->fd, position - (off_t)part, SEEK_SET);
}

static int write_straight(struct outlet *outlet, const char *bytes, size_t length)
{
	size_t written = 0;

	while (written < length) {
		ssize_t done = write_some(outlet, bytes + written, length - written);

		if (done < 0) {
			take_back(outlet, written);
			return (int)done;
		}
		/* Someone who shares the descriptor set it to O_NONBLOCK. */
		if (!done && poll(&(struct pollfd){ .fd = outlet->fd, .events = POLLOUT }, 1, -1) < 0 &&
		    errno != EINTR)
			return -errno;
		written += (size_t)done;
	}
	return 0;
}

static void watch(struct outlet *outlet)
{
	/* EPOLLERR and EPOLLHUP come always: they tell that the reader went. */
	if (outlet->watched)
		loop_modify(outlet->loop, outlet->fd, outlet->head < outlet->tail ? EPOLLOUT : 0);
}

/* The lines that wait, one by one: a write of up to PIPE_BUF bytes to a pipe is not torn. */
static int flush(struct outlet *outlet)
{
	while (outlet->head < outlet->tail) {
		const char *line = outlet->queue + outlet->head;
		size_t waiting = outlet->tail - outlet->head;
		const char *newline = memchr(line, '\n', waiting);
		size_t length = newline ? (size_t)(newline - line) + 1 : waiting;
		ssize_t done = write_some(outlet, line, length);

		if (done <= 0)
			return (int)done;
		outlet->head += (size_t)done;
		outlet->taken_at = loop_now();
		outlet->partial = (size_t)done < length;
	}
	outlet->head = outlet->tail = 0;
	watch(outlet);
	return 0;
}

static bool queue_has_room(const struct outlet *outlet, size_t length)
{
	return outlet->tail - outlet->head + length <= OUTLET_QUEUE_BYTES;
}

static int enqueue(struct outlet *outlet, const char *bytes, size_t length)
{
	bool idle = outlet->head == outlet->tail;

	if (!outlet->queue)
		outlet->queue = malloc(OUTLET_QUEUE_BYTES);
	if (!outlet->queue)
		return -ENOMEM;
	if (outlet->tail + length > OUTLET_QUEUE_BYTES) {
		memmove(outlet->queue, outlet->queue + outlet->head, outlet->tail - outlet->head);
		outlet->tail -= outlet->head;
		outlet->head = 0;
	}
	memcpy(outlet->queue + outlet->tail, bytes, length);
	outlet->tail += length;
	if (idle) {
		outlet->taken_at = loop_now();
		watch(outlet);
	}
	return 0;
}

static int write_stream(struct outlet *outlet, const char *line, size_t length, bool *ret_dropped)
{
	ssize_t done;

	/* The loop flushes when there is room again, but a long batch may come before its turn. */
	if (!queue_has_room(outlet, length)) {
		int err = flush(outlet);

		if (err)
			return err;
	}
	if (!queue_has_room(outlet, length)) {
		*ret_dropped = true;
		return 0;
	}
	if (outlet->head < outlet->tail)
		return enqueue(outlet, line, length);
	done = write_some(outlet, line, length);
	if (done < 0)
		return (int)done;
	if ((size_t)done == length)
		return 0;
	outlet->partial = done > 0;
	return enqueue(outlet, line + done, length - (size_t)done);
}

int outlet_line(struct outlet *outlet, const char *line, size_t length)
{
	bool dropped = false;
	int err;

	if (outlet->broken)
		return outlet->broken;
	if (outlet->kind == OUTLET_STRAIGHT)
		err = write_straight(outlet, line, length);
	else
		err = write_stream(outlet, line, length, &dropped);
	if (err)
		return err;
	if (dropped)
		outlet->dropped++;
	else
		outlet->lines++;
	return 0;
}

int outlet_now(struct outlet *outlet, const char *bytes, size_t length)
{
	bool dropped = false;
	int err;

	if (outlet->broken)
		return outlet->broken;
	if (outlet->head < outlet->tail)
		return 0;
	if (outlet->kind == OUTLET_STRAIGHT)
		err = write_straight(outlet, bytes, length);
	else
		err = write_stream(outlet, bytes, length, &dropped);
	return err ? err : !dropped;
}

static int on_ready(void *ctx, uint32_t events)
{
	struct outlet *outlet = ctx;

	if (events & (EPOLLERR | EPOLLHUP))
		return outlet->broken = -EPIPE;
	return flush(outlet);
}

static enum outlet_kind kind_of(int fd, const struct loop *loop, bool *ret_terminal)
{
	struct stat st;

	*ret_terminal = isatty(fd);
	if (!loop || fstat(fd, &st) < 0)
		return OUTLET_STRAIGHT;
	if (S_ISSOCK(st.st_mode))
		return OUTLET_SOCKET;
	return S_ISFIFO(st.st_mode) || *ret_terminal ? OUTLET_STREAM : OUTLET_STRAIGHT;
}

/*
 * stdout without blocking.  O_NONBLOCK belongs to the open file, which the shell and other processes share:
 * so have one of our own where /proc gives it, and only else set the flag, and take it back at close.
 */
static int open_stdout(struct outlet *outlet)
{
	int flags = fcntl(STDOUT_FILENO, F_GETFL);

	if (flags < 0)
		return -errno;
	outlet->fd = STDOUT_FILENO;
	outlet->kind = kind_of(outlet->fd, outlet->loop, &outlet->terminal);
	if (outlet->kind != OUTLET_STREAM)
		return 0;
	outlet->fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (outlet->fd >= 0)
		return 0;
	outlet->fd = STDOUT_FILENO;
	if (flags & O_NONBLOCK)
		return 0;
	if (fcntl(outlet->fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	outlet->restore_flags = flags;
	return 0;
}

static int open_path(const char *path, const struct loop *loop, int *ret_fd, enum outlet_kind *ret_kind,
		     bool *ret_terminal)
{
	/* O_NONBLOCK: opening a FIFO that no one reads would wait for ever. */
	CLEANUP(close_descriptor) int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY |
						O_CLOEXEC, 0644);

	if (fd < 0)
		return -errno;
	*ret_kind = kind_of(fd, loop, ret_terminal);
	if (*ret_kind == OUTLET_STRAIGHT && fcntl(fd, F_SETFL, O_APPEND) < 0)
		return -errno;
	*ret_fd = take_descriptor(&fd);
	return 0;
}

static int start_watching(struct outlet *outlet)
{
	int err;

	if (outlet->kind == OUTLET_STRAIGHT)
		return 0;
	err = loop_add(outlet->loop, outlet->fd, 0, on_ready, outlet);
	outlet->watched = !err;
	watch(outlet);
	return err;
}

static void release(struct outlet *outlet)
{
	if (outlet->watched)
		loop_remove(outlet->loop, outlet->fd);
	outlet->watched = false;
	if (outlet->restore_flags >= 0)
		fcntl(outlet->fd, F_SETFL, outlet->restore_flags);
	if (outlet->fd >= 0 && (outlet->path || outlet->fd != STDOUT_FILENO))
		close(outlet->fd);
	outlet->fd = -1;
}

static void free_outlet(struct outlet **outlet)
{
	if (!*outlet)
		return;
	release(*outlet);
	free((*outlet)->queue);
	free((*outlet)->path);
	free(*outlet);
}

int outlet_open(struct outlet **ret, const char *path, struct loop *loop)
{
	CLEANUP(free_outlet) struct outlet *outlet = calloc(1, sizeof(*outlet));
	int err;

	if (!outlet)
		return -ENOMEM;
	*outlet = (struct outlet){ .fd = -1, .restore_flags = -1, .loop = loop };
	if (path) {
		outlet->path = strdup(path);
		err = outlet->path ? open_path(path, loop, &outlet->fd, &outlet->kind, &outlet->terminal)
				   : -ENOMEM;
	} else {
		err = open_stdout(outlet);
	}
	if (err)
		return err;
	err = start_watching(outlet);
	if (err)
		return err;
	*ret = TAKE_PTR(outlet);
	return 0;
}

static uint64_t count_waiting(const struct outlet *outlet)
{
	uint64_t lines = 0;

	for (size_t i = outlet->head; i < outlet->tail; i++)
		lines += outlet->queue[i] == '\n';
	return lines;
}

uint64_t outlet_drain(struct outlet *outlet, uint64_t patience)
{
	uint64_t now = loop_now(), end = now + patience;

	while (!outlet->broken && !flush(outlet) && outlet->head < outlet->tail && now < end) {
		struct pollfd reader = { .fd = outlet->fd, .events = POLLOUT };

		if (poll(&reader, 1, (int)MIN((end - now) / NS_PER_MS, INT_MAX - 1) + 1) < 0 && errno != EINTR)
			break;
		now = loop_now();
	}
	/* Who went away wants none of them. */
	return outlet->broken ? 0 : count_waiting(outlet);
}

uint64_t outlet_close(struct outlet *outlet, uint64_t patience)
{
	uint64_t left = outlet ? outlet_drain(outlet, patience) : 0;

	free_outlet(&outlet);
	return left;
}

/* What waits goes to the new file, but a new reader shall not get the second half of a line. */
static void drop_partial(struct outlet *outlet)
{
	const char *newline;

	if (!outlet->partial || outlet->head == outlet->tail)
		return;
	newline = memchr(outlet->queue + outlet->head, '\n', outlet->tail - outlet->head);
	outlet->head = newline ? (size_t)(newline - outlet->queue) + 1 : outlet->tail;
	outlet->partial = false;
	outlet->lines--;
	outlet->dropped++;
}

int outlet_reopen(struct outlet *outlet)
{
	enum outlet_kind kind;
	bool terminal;
	int fd, err;

	if (!outlet->path)
		return 0;
	err = open_path(outlet->path, outlet->loop, &fd, &kind, &terminal);
	if (err)
		return err;
	if (!outlet->broken)
		flush(outlet);
	drop_partial(outlet);
	release(outlet);
	outlet->fd = fd;
	outlet->kind = kind;
	outlet->terminal = terminal;
	outlet->broken = 0;
	err = start_watching(outlet);
	return err ? err : flush(outlet);
}

bool outlet_is_terminal(const struct outlet *outlet)
{
	return outlet->terminal;
}

uint64_t outlet_dropped(const struct outlet *outlet)
{
	return outlet->dropped;
}

uint64_t outlet_lines(const struct outlet *outlet)
{
	return outlet->lines;
}

uint64_t outlet_unread_since(const struct outlet *outlet)
{
	return outlet->head < outlet->tail ? outlet->taken_at : 0;
}
