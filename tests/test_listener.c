/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "listener.h"
#include "util.h"

static char dir[64], path[96], spec[112];

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/netnsleak-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/socket", dir);
	snprintf(spec, sizeof(spec), "unix:%s", path);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static void addresses(void **state)
{
	static const char *const good[] = { "9477",	"0",	    "65535",	 "127.0.0.1:9477", "0.0.0.0:1", "[::1]:9477",
					    "[::]:0", "unix:x", "unix:/a:1", "[::ffff:1.2.3.4]:1", "[1.2.3.4]:1" };
	static const char *const bad[] = { "",	      "x",	  ":9477",	"65536",  "-1",		"+1",	   " 1",
					   "1 ",      "1.2.3.4",  "1.2.3.4:",	"1.2.3:1", "localhost:1", "::1:1", "[::1]",
					   "[::1]1",  "[::1]:1x", "[]:1",	"[1.2.3]:1", "unix:",	  "UNIX:x", "00000000080",
					   "1.2.3.4:1:1", "[::1:1", "99999999999999999999", "[::1%lo]:1" };
	char longest[5 + 107 + 1 + 1] = "unix:";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (listener_check(good[i]))
			fail_msg("%s is refused", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (listener_check(bad[i]) != -EINVAL)
			fail_msg("'%s' is not refused", bad[i]);
	memset(longest + 5, 'a', 107);
	assert_int_equal(listener_check(longest), 0);
	longest[5 + 107] = 'a';
	assert_int_equal(listener_check(longest), -ERANGE);
}

static unsigned port_of(const struct listener *listener)
{
	return (unsigned)atoi(strrchr(listener_name(listener), ':') + 1);
}

static void ports(void **state)
{
	struct listener *first, *second = NULL;
	char same[64];

	(void)state;
	assert_int_equal(listener_open(&first, "0"), 0);
	assert_true(port_of(first) > 0);
	snprintf(same, sizeof(same), "http://127.0.0.1:%u", port_of(first));
	assert_string_equal(listener_name(first), same);
	assert_int_equal(listener_open(&second, same + strlen("http://")), -EADDRINUSE);
	assert_null(second);
	/* What has been closed is free at once. */
	listener_close(first);
	assert_int_equal(listener_open(&second, same + strlen("http://")), 0);
	listener_close(second);
	assert_int_equal(listener_open(&second, "192.0.2.1:0"), -EADDRNOTAVAIL);
	assert_string_equal(listener_strerror("192.0.2.1:0", -EADDRNOTAVAIL),
			    "this node does not have that address; name one that it has, or 0.0.0.0");
}

static void does_not_block(void **state)
{
	struct listener *listener;
	int fd;

	(void)state;
	assert_int_equal(listener_open(&listener, "0"), 0);
	fd = listener_take_fd(listener);
	assert_int_equal(listener_take_fd(listener), -1);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(accept(fd, NULL, NULL), -1);
	assert_int_equal(errno, EAGAIN);
	listener_close(listener);
	close(fd);
}

/* --- Unix sockets --- */

static void of_owner_and_group(void **state)
{
	struct listener *listener;
	struct stat file;

	(void)state;
	assert_int_equal(listener_open(&listener, spec), 0);
	assert_string_equal(listener_name(listener), spec);
	assert_int_equal(lstat(path, &file), 0);
	assert_int_equal(file.st_mode, S_IFSOCK | 0660);
	listener_close(listener);
	assert_int_equal(lstat(path, &file), -1);
	listener_close(NULL);
}

/* As a process leaves it that was killed. */
static int bound(int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void stale_is_replaced(void **state)
{
	struct listener *listener;

	(void)state;
	close(bound(SOCK_STREAM));
	assert_int_equal(listener_open(&listener, spec), 0);
	listener_close(listener);
}

static void in_use_is_left_alone(void **state)
{
	struct listener *listener = NULL;
	struct stat before, after;
	int fd = bound(SOCK_STREAM);

	(void)state;
	assert_int_equal(lstat(path, &before), 0);
	assert_int_equal(listen(fd, 0), 0);
	assert_int_equal(listener_open(&listener, spec), -EADDRINUSE);
	/* The probe from before has filled the queue: who listens is busy. */
	assert_int_equal(listener_open(&listener, spec), -EADDRINUSE);
	close(fd);
	assert_int_equal(unlink(path), 0);
	fd = bound(SOCK_DGRAM);
	assert_int_equal(listener_open(&listener, spec), -EADDRINUSE);
	assert_int_equal(lstat(path, &after), 0);
	assert_null(listener);
	close(fd);
}

static void what_is_no_socket_is_left_alone(void **state)
{
	struct listener *listener = NULL;
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	struct stat file;

	(void)state;
	close(fd);
	assert_int_equal(listener_open(&listener, spec), -EEXIST);
	assert_int_equal(lstat(path, &file), 0);
	assert_true(S_ISREG(file.st_mode));
	assert_int_equal(unlink(path), 0);
	/* Nor what a link leads to. */
	assert_int_equal(symlink("/nonexistent", path), 0);
	assert_int_equal(listener_open(&listener, spec), -EEXIST);
	assert_int_equal(lstat(path, &file), 0);
	assert_true(S_ISLNK(file.st_mode));
	assert_null(listener);
}

/* Another has taken its place: its socket file is not ours to remove. */
static void anothers_is_not_removed(void **state)
{
	struct listener *first, *second;
	struct stat file;

	(void)state;
	assert_int_equal(listener_open(&first, spec), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(listener_open(&second, spec), 0);
	listener_close(first);
	assert_int_equal(lstat(path, &file), 0);
	listener_close(second);
	assert_int_equal(lstat(path, &file), -1);
}

static void no_directory(void **state)
{
	struct listener *listener = NULL;

	(void)state;
	assert_int_equal(listener_open(&listener, "unix:/nonexistent/socket"), -ENOENT);
	assert_int_equal(listener_open(&listener, "unix:/proc/self/stat/socket"), -ENOTDIR);
	assert_null(listener);
}

/* Root may do anything: as nobody, in a process of its own. */
static void no_permission(void **state)
{
	struct listener *listener = NULL;
	int status;
	pid_t pid;

	(void)state;
	if (getuid())
		skip();
	pid = fork();
	if (!pid) {
		if (setuid(65534))
			_exit(2);
		_exit(listener_open(&listener, spec) == -EACCES ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(ports),
		cmocka_unit_test(does_not_block),
		cmocka_unit_test_setup_teardown(of_owner_and_group, setup, teardown),
		cmocka_unit_test_setup_teardown(stale_is_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(in_use_is_left_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_socket_is_left_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(anothers_is_not_removed, setup, teardown),
		cmocka_unit_test(no_directory),
		cmocka_unit_test_setup_teardown(no_permission, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
