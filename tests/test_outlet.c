/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "golden.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "loop.h"
#include "util.h"

static char dir[64], path[96];
static struct loop *loop;

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/netnsleak-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/out", dir);
	return loop_open(&loop);
}

static int teardown(void **state)
{
	(void)state;
	loop_close(loop);
	unlink(path);
	return rmdir(dir);
}

static int line(struct outlet *outlet, const char *text)
{
	return outlet_line(outlet, text, strlen(text));
}

static void assert_file(const char *expected)
{
	char *text = read_whole(path);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static int stop(void *ctx, uint32_t events)
{
	(void)ctx;
	(void)events;
	loop_stop(loop);
	return 0;
}

/* Let the loop run for so long; a failure that would hang shows as -ETIME here. */
static int run_for(uint64_t ns)
{
	struct loop_timer *timer;
	int err;

	assert_int_equal(loop_timer_open(&timer, loop, stop, NULL), 0);
	assert_int_equal(loop_timer_set(timer, loop_now() + ns), 0);
	err = loop_run(loop);
	loop_timer_close(timer);
	return err;
}

/* A FIFO at path, its reading end. */
static int make_fifo(void)
{
	int fd;

	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void appends_to_a_file(void **state)
{
	struct outlet *outlet;
	struct stat st;

	(void)state;
	umask(0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(outlet_open(&outlet, path, loop), 0);
		assert_int_equal(line(outlet, "one\n"), 0);
		assert_int_equal(outlet_lines(outlet), 1);
		assert_int_equal(outlet_dropped(outlet), 0);
		assert_false(outlet_is_terminal(outlet));
		outlet_close(outlet, 0);
	}
	assert_file("one\none\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
}

static void bad_path(void **state)
{
	struct outlet *outlet = NULL;

	(void)state;
	assert_int_equal(outlet_open(&outlet, dir, loop), -EISDIR);
	assert_int_equal(outlet_open(&outlet, "/nonexistent/file", loop), -ENOENT);
	assert_null(outlet);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(outlet_open(&outlet, path, loop), -ENXIO); /* and does not wait for a reader */
	assert_null(outlet);
	outlet_close(NULL, 0);
}

static void full_disk(void **state)
{
	struct outlet *outlet;

	(void)state;
	assert_int_equal(outlet_open(&outlet, "/dev/full", loop), 0);
	assert_int_equal(line(outlet, "one\n"), -ENOSPC);
	assert_int_equal(outlet_lines(outlet), 0);
	outlet_close(outlet, 0);
}

/* A line that finds room for its first half only leaves nothing behind; a later one that fits is written. */
static void no_half_lines(void **state)
{
	struct rlimit old, small = { .rlim_cur = 10, .rlim_max = RLIM_INFINITY };
	struct outlet *outlet;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(outlet_open(&outlet, path, loop), 0);
	assert_int_equal(line(outlet, "first\n"), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(line(outlet, "too long\n"), -EFBIG);
	assert_int_equal(line(outlet, "abc\n"), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	outlet_close(outlet, 0);
	assert_file("first\nabc\n");
}

static void reopens_after_rename(void **state)
{
	struct outlet *outlet;
	char old[128];

	(void)state;
	snprintf(old, sizeof(old), "%s.1", path);
	assert_int_equal(outlet_open(&outlet, path, loop), 0);
	assert_int_equal(line(outlet, "one\n"), 0);
	assert_int_equal(rename(path, old), 0);
	assert_int_equal(line(outlet, "two\n"), 0); /* until told, the old file goes on */
	assert_int_equal(outlet_reopen(outlet), 0);
	assert_int_equal(line(outlet, "three\n"), 0);
	assert_file("three\n");

	/* Where it cannot be reopened, what is open goes on. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(outlet_reopen(outlet), -EISDIR);
	assert_int_equal(line(outlet, "four\n"), 0);
	assert_int_equal(rmdir(path), 0);
	outlet_close(outlet, 0);
	assert_int_equal(rename(old, path), 0);
	assert_file("one\ntwo\n");
}

/* How much came, checked line by line: whole lines, in order, from number `from` on. */
static unsigned read_numbers(int fd, unsigned from)
{
	static char rest[8192];
	static size_t kept;
	char *newline;
	ssize_t got;

	if (!from)
		kept = 0;
	while ((got = read(fd, rest + kept, 4096)) > 0) {
		kept += (size_t)got;
		while ((newline = memchr(rest, '\n', kept))) {
			assert_int_equal(newline - rest, 1000);
			assert_int_equal(strtoul(rest, NULL, 10), from);
			from++;
			kept -= (size_t)(newline + 1 - rest);
			memmove(rest, newline + 1, kept);
		}
	}
	return from;
}

static int write_number(struct outlet *outlet, unsigned number)
{
	char text[1002];

	snprintf(text, sizeof(text), "%01000u\n", number);
	return outlet_line(outlet, text, 1001);
}

/* A reader that does not read: lines wait, then are dropped and counted; what waited comes whole. */
static void slow_reader(void **state)
{
	const unsigned lines = 3000;
	struct outlet *outlet;
	uint64_t unread, began = loop_now();
	unsigned got = 0;
	int fd = make_fifo();

	(void)state;
	assert_int_equal(outlet_open(&outlet, path, loop), 0);
	assert_int_equal(outlet_unread_since(outlet), 0);
	for (unsigned i = 0; i < lines; i++)
		assert_int_equal(write_number(outlet, i), 0);
	unread = outlet_unread_since(outlet);
	assert_in_range(unread, began, loop_now());
	assert_int_equal(outlet_lines(outlet) + outlet_dropped(outlet), lines);
	assert_in_range(outlet_dropped(outlet), 1500, 2000); /* a MiB and a pipe of 64 KiB took the others */
	assert_int_equal(outlet_now(outlet, "status", 6), 0);

	for (int round = 0; round < 100 && got < outlet_lines(outlet); round++) {
		got = read_numbers(fd, got);
		assert_int_equal(run_for(NS_PER_MS), 0);
		/* It has taken some. */
		assert_true(!outlet_unread_since(outlet) || outlet_unread_since(outlet) > unread);
	}
	assert_int_equal(outlet_unread_since(outlet), 0);
	got = read_numbers(fd, got);
	assert_int_equal(got, outlet_lines(outlet));
	assert_int_equal(outlet_now(outlet, "status", 6), 1);
	outlet_close(outlet, 0);
	close(fd);
}

static int64_t cpu_time(void)
{
	struct timespec time;

	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time), 0);
	return timespec_to_ns(&time);
}

/* The loop sleeps while no one reads what waits, and while nothing waits. */
static void no_spinning(void **state)
{
	struct outlet *outlet;
	int fd = make_fifo();
	int64_t start;

	(void)state;
	assert_int_equal(outlet_open(&outlet, path, loop), 0);
	for (unsigned i = 0; i < 200; i++)
		assert_int_equal(write_number(outlet, i), 0);
	assert_int_equal(outlet_now(outlet, "x", 1), 0); /* some wait */
	start = cpu_time();
	assert_int_equal(run_for(200 * NS_PER_MS), 0);
	assert_true(cpu_time() - start < 50 * NS_PER_MS);

	for (unsigned got = 0; got < 200; got = read_numbers(fd, got))
		assert_int_equal(run_for(NS_PER_MS), 0);
	start = cpu_time();
	assert_int_equal(run_for(200 * NS_PER_MS), 0);
	assert_true(cpu_time() - start < 50 * NS_PER_MS);
	outlet_close(outlet, 0);
	close(fd);
}

#define LONG_LINE 10001 /* longer than PIPE_BUF: a pipe takes a part of it */

static int write_long(struct outlet *outlet, char letter)
{
	char text[LONG_LINE];

	memset(text, letter, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\n';
	return outlet_line(outlet, text, sizeof(text));
}

/* A line of which a part went is completed before anything else. */
static void parts_completed(void **state)
{
	static char got[26 * LONG_LINE + 1];
	struct outlet *outlet;
	size_t length = 0;
	int fd = make_fifo();

	(void)state;
	assert_int_equal(outlet_open(&outlet, path, loop), 0);
	for (char letter = 'a'; letter <= 'z'; letter++)
		assert_int_equal(write_long(outlet, letter), 0);
	for (int round = 0; round < 1000 && length < sizeof(got) - 1; round++) {
		ssize_t some = read(fd, got + length, sizeof(got) - length < 7777 ? sizeof(got) - length : 7777);

		length += some > 0 ? (size_t)some : 0;
		assert_int_equal(run_for(NS_PER_MS), 0);
	}
	assert_int_equal(length, sizeof(got) - 1);
	for (size_t i = 0; i < length; i++)
		assert_int_equal(got[i], i % LONG_LINE == LONG_LINE - 1 ? '\n' : 'a' + (int)(i / LONG_LINE));
	outlet_close(outlet, 0);
	close(fd);
}

/* The second half of a line is nothing to a new reader; the lines that wait are. */
static void reopened_between_halves(void **state)
{
	struct outlet *outlet;
	uint64_t dropped;
	char *text;
	int fd = make_fifo();

	(void)state;
	assert_int_equal(outlet_open(&outlet, path, loop), 0);
	for (char letter = 'a'; letter <= 'z'; letter++)
		assert_int_equal(write_long(outlet, letter), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(outlet_reopen(outlet), 0);
	dropped = outlet_dropped(outlet);
	assert_int_equal(dropped, 1);
	assert_int_equal(outlet_lines(outlet), 25);
	outlet_close(outlet, 0);
	text = read_whole(path);
	assert_non_null(text);
	assert_int_equal(strlen(text) % LONG_LINE, 0);
	assert_true(strlen(text) > 0);
	for (size_t i = 0; text[i]; i += LONG_LINE)
		assert_int_equal(text[i + LONG_LINE - 1], '\n');
	assert_int_equal(text[strlen(text) - 2], 'z');
	free(text);
	close(fd);
}

/* What waits at the end is handed over while there is patience, and no longer. */
static void patience(void **state)
{
	struct outlet *outlet;
	uint64_t start;
	int fd = make_fifo();

	(void)state;
	assert_int_equal(outlet_open(&outlet, path, loop), 0);
	for (unsigned i = 0; i < 200; i++)
		assert_int_equal(write_number(outlet, i), 0);
	start = loop_now();
	outlet_close(outlet, 50 * NS_PER_MS);
	assert_in_range(loop_now() - start, 50 * NS_PER_MS, 5 * NS_PER_S);
	assert_in_range(read_numbers(fd, 0), 10, 199);
	close(fd);
}

static void reader_goes(void **state)
{
	struct outlet *outlet;
	int fd = make_fifo();

	(void)state;
	assert_int_equal(outlet_open(&outlet, path, loop), 0);
	assert_int_equal(line(outlet, "one\n"), 0);
	assert_int_equal(run_for(NS_PER_MS), 0);
	close(fd);
	assert_int_equal(line(outlet, "two\n"), -EPIPE);
	assert_int_equal(line(outlet, "three\n"), -EPIPE);
	assert_int_equal(outlet_now(outlet, "x", 1), -EPIPE);
	assert_int_equal(outlet_lines(outlet), 1);
	outlet_close(outlet, NS_PER_S);
}

/* `netnsleak trace | head -1` ends although nothing more is written. */
static void reader_goes_while_idle(void **state)
{
	struct outlet *outlet;
	int fd = make_fifo();

	(void)state;
	assert_int_equal(outlet_open(&outlet, path, loop), 0);
	close(fd);
	assert_int_equal(run_for(5 * NS_PER_S), -EPIPE);
	assert_int_equal(line(outlet, "one\n"), -EPIPE);
	outlet_close(outlet, 0);
}

/* Put fd in the place of stdout; returns what was there. */
static int replace_stdout(int fd)
{
	int saved = dup(STDOUT_FILENO);

	assert_true(saved >= 0);
	fflush(stdout);
	assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	return saved;
}

static void restore_stdout(int saved)
{
	assert_int_equal(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
	close(saved);
}

/* The flags of stdout are other processes' too: they stay as they were. */
static void stdout_flags_alone(void **state)
{
	int fds[2], saved, flags;
	struct outlet *outlet = NULL;
	char text[16] = "";
	int err, during;

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	flags = fcntl(fds[1], F_GETFL);
	saved = replace_stdout(fds[1]);
	err = outlet_open(&outlet, NULL, loop);
	during = fcntl(STDOUT_FILENO, F_GETFL);
	if (!err)
		err = line(outlet, "one\n");
	for (unsigned i = 0; i < 100 && !err; i++) /* more than the pipe holds: would block for ever */
		err = write_number(outlet, i);
	outlet_close(outlet, 0);
	restore_stdout(saved);
	assert_int_equal(err, 0);
	assert_int_equal(during, flags);
	assert_int_equal(fcntl(fds[1], F_GETFL), flags);
	assert_int_equal(read(fds[0], text, 4), 4);
	assert_string_equal(text, "one\n");
	close(fds[0]);
	close(fds[1]);
}

/* Without a loop, for a one-shot command, nothing is dropped: it waits. */
static void blocking_without_loop(void **state)
{
	int fds[2], saved, err;
	struct outlet *outlet = NULL;
	unsigned got = 0;
	pid_t child;

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		close(fds[0]);
		dup2(fds[1], STDOUT_FILENO);
		close(fds[1]);
		fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK); /* as a shell may hand it over */
		err = outlet_open(&outlet, NULL, NULL);
		for (unsigned i = 0; i < 3000 && !err; i++)
			err = write_number(outlet, i);
		_exit(err || outlet_dropped(outlet) ? 1 : 0);
	}
	close(fds[1]);
	got = read_numbers(fds[0], 0);
	close(fds[0]);
	assert_int_equal(waitpid(child, &saved, 0), child);
	assert_int_equal(saved, 0);
	assert_int_equal(got, 3000);
}

static void to_a_socket(void **state)
{
	int fds[2], saved, err;
	struct outlet *outlet = NULL;
	uint64_t lines = 0, dropped = 0;
	unsigned got = 0;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	saved = replace_stdout(fds[1]);
	close(fds[1]);
	err = outlet_open(&outlet, NULL, loop);
	for (unsigned i = 0; i < 3000 && !err; i++)
		err = write_number(outlet, i);
	for (int round = 0; round < 100 && !err && got < outlet_lines(outlet); round++) {
		got = read_numbers(fds[0], got);
		err = run_for(NS_PER_MS);
	}
	if (!err) {
		lines = outlet_lines(outlet);
		dropped = outlet_dropped(outlet);
	}
	close(fds[0]);
	if (!err)
		err = run_for(5 * NS_PER_S);
	outlet_close(outlet, 0);
	restore_stdout(saved);
	assert_int_equal(err, -EPIPE);
	assert_int_equal(got, lines);
	assert_int_equal(lines + dropped, 3000);
	assert_true(dropped > 0);
}

static void to_a_terminal(void **state)
{
	int master, slave, saved, flags, during, err;
	struct outlet *outlet = NULL;
	bool terminal = false;
	char text[32] = "";

	(void)state;
	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	flags = fcntl(slave, F_GETFL);
	saved = replace_stdout(slave);
	err = outlet_open(&outlet, NULL, loop);
	during = fcntl(STDOUT_FILENO, F_GETFL);
	if (!err) {
		terminal = outlet_is_terminal(outlet);
		err = line(outlet, "one\n");
	}
	outlet_close(outlet, 0);
	restore_stdout(saved);
	assert_int_equal(err, 0);
	assert_true(terminal);
	assert_int_equal(during, flags);
	assert_int_equal(read(master, text, sizeof(text) - 1), 5);
	assert_string_equal(text, "one\r\n");
	close(master);
	close(slave);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(appends_to_a_file), TEST(bad_path),	TEST(full_disk),
		TEST(no_half_lines),	 TEST(reopens_after_rename), TEST(slow_reader),
		TEST(no_spinning),	 TEST(patience),	TEST(reader_goes),
		TEST(reader_goes_while_idle), TEST(stdout_flags_alone), TEST(blocking_without_loop),
		TEST(parts_completed),	 TEST(reopened_between_halves),
		TEST(to_a_socket),	 TEST(to_a_terminal),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
