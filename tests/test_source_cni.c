/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "source_harness.h"

/* As containerd's go-cni has libcni write it, with the netns of this process for the pod's. */
#define FILE_TEXT(container, netns, pod, ip)                                                                  \
	"{\"kind\":\"cniCacheV1\",\"containerId\":\"" container "\",\"config\":\"e30=\",\"ifName\":\"eth0\"," \
	"\"networkName\":\"cbr0\"," netns "\"cniArgs\":[[\"IgnoreUnknown\",\"1\"],"                          \
	"[\"K8S_POD_NAMESPACE\",\"shop\"],[\"K8S_POD_NAME\",\"" pod "\"],"                                  \
	"[\"K8S_POD_INFRA_CONTAINER_ID\",\"" container "\"],[\"K8S_POD_UID\",\"uid-" pod "\"]],"             \
	"\"capabilityArgs\":{\"dns\":{}},\"result\":{\"cniVersion\":\"1.0.0\",\"dns\":{},"                    \
	"\"interfaces\":[{\"name\":\"cni0\",\"mac\":\"aa\"},"                                                 \
	"{\"name\":\"eth0\",\"mac\":\"bb\",\"sandbox\":\"/proc/self/ns/net\"}],"                             \
	"\"ips\":[{\"interface\":1,\"address\":\"" ip "/24\",\"gateway\":\"10.0.1.1\"}]}}"
#define CART FILE_TEXT("c1", "\"netns\":\"/proc/self/ns/net\",", "cart", "10.0.1.5")
#define OLD_CART FILE_TEXT("c1", "", "cart", "10.0.1.5")
#define TILL FILE_TEXT("c2", "\"netns\":\"/nowhere\",", "till", "fd00::7")
#define TILL_LOG "binding cbr0-c2-eth0 3 shop/till uid=uid-till container=c2 path=/nowhere inum=0 ips=fd00::7\n"

static const char *cart_log(void)
{
	static char line[256];
	struct stat stat_;

	assert_int_equal(stat("/proc/self/ns/net", &stat_), 0);
	snprintf(line, sizeof(line),
		 "binding cbr0-c1-eth0 3 shop/cart uid=uid-cart container=c1 path=/proc/self/ns/net inum=%u "
		 "ips=10.0.1.5\n",
		 (unsigned int)stat_.st_ino);
	return line;
}

static void expect_lines(struct harness *harness, const char *a, const char *b, const char *c)
{
	char text[2048];

	snprintf(text, sizeof(text), "%s%s%s", a, b, c);
	expect_log(harness, text);
}

static void make_results(struct harness *harness)
{
	char path[256];

	path_in(harness, path, "results");
	assert_int_equal(mkdir(path, 0700), 0);
}

static void comes_and_goes(void **state)
{
	struct harness *harness = *state;
	int64_t before = wall_now() - NS_PER_S; /* files are dated by the tick */

	make_results(harness);
	write_file(harness, "results/cbr0-c1-eth0", CART);
	open_source(harness, "cni", "");
	expect_lines(harness, "syncing\n", cart_log(), "synced\n");
	assert_true(harness->as_of > before && harness->as_of <= wall_now());
	write_file(harness, "results/cbr0-c2-eth0", TILL);
	expect_log(harness, TILL_LOG);
	remove_file(harness, "results/cbr0-c1-eth0");
	expect_log(harness, "gone cbr0-c1-eth0\n");
	/* libcni before 1.1.2 wrote no netns; a cache file may also be moved into place. */
	write_file(harness, "c1", OLD_CART);
	rename_file(harness, "c1", "results/cbr0-c1-eth0");
	expect_log(harness, cart_log());
	rename_file(harness, "results/cbr0-c1-eth0", "c1");
	expect_log(harness, "gone cbr0-c1-eth0\n");
}

/* Several interfaces of one container are several bindings, one a file. */
static void several_interfaces(void **state)
{
	struct harness *harness = *state;

	make_results(harness);
	open_source(harness, "cni", "results");
	expect_log(harness, "syncing\nsynced\n");
	write_file(harness, "results/cbr0-c2-eth0", TILL);
	expect_log(harness, TILL_LOG);
	write_file(harness, "results/cbr0-c2-net1", TILL);
	expect_log(harness, "binding cbr0-c2-net1 3 shop/till uid=uid-till container=c2 path=/nowhere inum=0 ips=fd00::7\n");
}

/* A half-written file is passed over, then read when its writer closes it; a bad one is named. */
static void half_written(void **state)
{
	struct harness *harness = *state;
	static const char cart[] = CART;
	size_t half = strlen(cart) / 2;
	char path[256];
	int fd;

	make_results(harness);
	write_file(harness, "results/cbr0-c2-eth0", TILL);
	path_in(harness, path, "results/cbr0-c1-eth0");
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, cart, half), half);
	open_source(harness, "cni", "");
	expect_lines(harness, "syncing\n", TILL_LOG,
		     "synced 1 file unreadable: cbr0-c1-eth0: it is not JSON, or half written\n");
	assert_int_equal(write(fd, cart + half, strlen(cart) - half), strlen(cart) - half);
	close(fd);
	await(harness, "synced\n");
	assert_non_null(strstr(harness->log, TILL_LOG));
	assert_non_null(strstr(harness->log, cart_log()));
	harness->log[0] = '\0';
	/* What it said stands while it is written anew. */
	write_file(harness, "results/cbr0-c2-eth0", "{");
	await(harness, "synced 1 file unreadable: cbr0-c2-eth0: it is not JSON, or half written\n");
	assert_null(strstr(harness->log, "gone"));
}

static void bad_files(void **state)
{
	static const struct {
		const char *text, *log;
	} cases[] = {
		{ "", "1 file unreadable: f: it is not JSON, or half written" },
		{ "[]", "1 file unreadable: f: it is not JSON, or half written" },
		{ "{} x", "1 file unreadable: f: it is not JSON, or half written" },
		{ "{\"kind\":\"cniCacheV1\"}", "1 file unreadable: f: it has no containerId" },
		{ "{\"kind\":\"cniCacheV1\",\"containerId\":7}", "1 file unreadable: f: it has no containerId" },
		{ "{\"kind\":\"cniCacheV1\",\"containerId\":\"a\\u001bb\"}", "1 file unreadable: f: it has no containerId" },
	};
	/* Of another format, which is no fault: passed over. */
	static const char *const others[] = { "{}", "{\"kind\":\"cniCacheV9\"}",
					      "{\"cniVersion\":\"0.4.0\",\"ips\":[]}" };
	struct harness *harness = *state;
	char line[256];

	make_results(harness);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		write_file(harness, "results/f", cases[i].text);
		snprintf(line, sizeof(line), "syncing\nsynced %s\n", cases[i].log);
		open_source(harness, "cni", "");
		expect_log(harness, line);
		source_close(harness->source);
		harness->source = NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		write_file(harness, "results/f", others[i]);
		open_source(harness, "cni", "");
		expect_log(harness, "syncing\nsynced\n");
		source_close(harness->source);
		harness->source = NULL;
	}
}

/* Wrong types in what is optional leave that empty. */
static void odd_fields(void **state)
{
	struct harness *harness = *state;

	make_results(harness);
	open_source(harness, "cni", "");
	expect_log(harness, "syncing\nsynced\n");
	write_file(harness, "results/f",
		   "{\"kind\":\"cniCacheV1\",\"containerId\":\"c\",\"netns\":7,\"cniArgs\":[7,[],[\"K8S_POD_NAME\"],"
		   "[\"K8S_POD_NAME\",7],[\"K8S_POD_UID\",\"\\u001b\"]],\"result\":{\"ips\":[7,{\"address\":\"x\"}],"
		   "\"interfaces\":7}}");
	expect_log(harness, "binding f 3 / uid= container=c path= inum=0 ips=\n");
	write_file(harness, "results/g",
		   "{\"kind\":\"cniCacheV1\",\"containerId\":\"c\",\"netns\":\"proc/self/ns/net\",\"cniArgs\":null,"
		   "\"result\":{\"ip4\":{\"ip\":\"10.0.1.5/24\"},\"ip6\":{\"ip\":\"fd00::5/64\"}}}");
	expect_log(harness, "binding g 3 / uid= container=c path=proc/self/ns/net inum=0 ips=10.0.1.5,fd00::5\n");
	/* A file that is no namespace. */
	write_file(harness, "results/h", "{\"kind\":\"cniCacheV1\",\"containerId\":\"c\",\"netns\":\"/proc/self/exe\"}");
	expect_log(harness, "binding h 3 / uid= container=c path=/proc/self/exe inum=0 ips=\n");
}

static void directory_appears(void **state)
{
	struct harness *harness = *state;
	char path[256], line[512];

	open_source(harness, "cni", "lib/cni");
	path_in(harness, path, "lib/cni/results");
	snprintf(line, sizeof(line), "syncing\nsynced %s: does not exist yet\n", path);
	expect_log(harness, line);
	path_in(harness, path, "lib");
	assert_int_equal(mkdir(path, 0700), 0);
	path_in(harness, path, "lib/cni");
	assert_int_equal(mkdir(path, 0700), 0);
	path_in(harness, path, "lib/cni/results");
	assert_int_equal(mkdir(path, 0700), 0);
	write_file(harness, "lib/cni/results/cbr0-c2-eth0", TILL);
	await(harness, TILL_LOG);
	await(harness, "synced\n");
	harness->log[0] = '\0';
	remove_file(harness, "lib/cni/results/cbr0-c2-eth0");
	expect_log(harness, "gone cbr0-c2-eth0\n");
	assert_int_equal(rmdir(path), 0);
	expect_log(harness, line);
}

static void unreadable(void **state)
{
	struct harness *harness = *state;
	char path[256], line[512];

	if (geteuid() != 0) { /* root gives up its rights; others never had them */
		skip();
		return;
	}
	make_results(harness);
	write_file(harness, "results/cbr0-c2-eth0", TILL);
	path_in(harness, path, "results");
	assert_int_equal(chmod(harness->directory, 0755), 0);
	assert_int_equal(seteuid(65534), 0);
	open_source(harness, "cni", "");
	snprintf(line, sizeof(line),
		 "down %s: cannot be read: Permission denied; run as root, or mount it where this runs\n", path);
	expect_log(harness, line);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(path, 0755), 0);
	expect_lines(harness, "syncing\n", TILL_LOG, "synced\n");
}

static void checks(void **state)
{
	struct harness *harness = *state;
	struct checks checks = { 0 };
	char spec[300];

	snprintf(spec, sizeof(spec), "cni:%s", harness->directory);
	assert_int_equal(source_check(spec, &checks), 0);
	make_results(harness);
	write_file(harness, "results/cbr0-c1-eth0", CART);
	assert_int_equal(source_check(spec, &checks), 0);
	write_file(harness, "results/bad", "{");
	assert_int_equal(source_check(spec, &checks), 0);
	assert_int_equal(checks.items[0].answer, CHECK_NO);
	assert_int_equal(checks.items[1].answer, CHECK_YES);
	assert_string_equal(checks.items[1].detail, "1 attachments, 0 unreadable; says whose a netns is");
	assert_int_equal(checks.items[2].answer, CHECK_UNKNOWN);
	assert_string_equal(checks.items[2].detail, "1 attachments, 1 unreadable; says whose a netns is");
	assert_string_equal(checks.items[2].remedy, "look at bad: it is not JSON, or half written");
	checks_free(&checks);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, harness_setup, harness_teardown)
	const struct CMUnitTest tests[] = {
		TEST(comes_and_goes), TEST(several_interfaces), TEST(half_written), TEST(bad_files),
		TEST(odd_fields),     TEST(directory_appears),	TEST(unreadable),   TEST(checks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
