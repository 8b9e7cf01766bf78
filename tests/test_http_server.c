/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What tests/metrics-check cannot tell from outside: that nobody waits without need.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "http_server.h"
#include "listener.h"
#include "loop.h"
#include "util.h"

static char dir[64], spec[96];

static int on_answer(void *ctx, uint32_t events)
{
	(void)events;
	loop_stop(ctx);
	return 0;
}

static int too_late(void *ctx, uint32_t events)
{
	(void)ctx;
	(void)events;
	return -1;
}

static int answer(void *ctx, struct http_reply *ret)
{
	(void)ctx;
	ret->body = strdup("yes\n");
	ret->length = 4;
	return 0;
}

static int visit(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, spec + strlen("unix:"));
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* All places are taken by clients that say nothing; one of them leaves: who waits is let in at once, not when the next has to. */
static void room_again(void **state)
{
	static const char request[] = "GET /yes HTTP/1.0\r\n\r\n";
	static const struct http_route routes[] = { { "/yes", answer }, { NULL, NULL } };
	int silent[HTTP_SERVER_CONNECTIONS], fd, waiting;
	uint64_t began = loop_now();
	struct http_server_options options = { .routes = routes };
	struct http_server *server;
	struct listener *listener;
	struct loop_timer *timer;
	char text[1024] = "";

	(void)state;
	assert_int_equal(loop_open(&options.loop), 0);
	assert_int_equal(listener_open(&listener, spec), 0);
	fd = listener_take_fd(listener);
	assert_int_equal(http_server_open(&server, &fd, &options), 0);
	assert_int_equal(fd, -1);
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++)
		silent[i] = visit();
	waiting = visit();
	assert_int_equal(write(waiting, request, strlen(request)), (ssize_t)strlen(request));
	assert_int_equal(loop_add(options.loop, waiting, EPOLLIN, on_answer, options.loop), 0);

	/* Time to let in all that there is room for. */
	assert_int_equal(loop_timer_open(&timer, options.loop, on_answer, options.loop), 0);
	assert_int_equal(loop_timer_set(timer, loop_now() + NS_PER_S / 2), 0);
	assert_int_equal(loop_run(options.loop), 0);
	assert_int_equal(recv(waiting, text, sizeof(text), MSG_DONTWAIT), -1);
	loop_timer_close(timer);

	close(silent[0]);
	assert_int_equal(loop_timer_open(&timer, options.loop, too_late, NULL), 0);
	assert_int_equal(loop_timer_set(timer, began + HTTP_SERVER_PATIENCE - NS_PER_S / 2), 0);
	assert_int_equal(loop_run(options.loop), 0);
	assert_true(recv(waiting, text, sizeof(text) - 1, MSG_DONTWAIT) > 0);
	assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\n"));

	loop_timer_close(timer);
	loop_remove(options.loop, waiting);
	http_server_close(server);
	listener_close(listener);
	loop_close(options.loop);
	close(waiting);
	for (size_t i = 1; i < ARRAY_SIZE(silent); i++)
		close(silent[i]);
}

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/netnsleak-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	strcat(strcat(strcpy(spec, "unix:"), dir), "/socket");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(room_again, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
