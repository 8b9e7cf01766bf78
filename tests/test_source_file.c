/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "source_harness.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#define POD(uid, name, rest)                                                                                 \
	"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"" name                             \
	"\",\"namespace\":\"shop\",\"uid\":\"" uid "\"}" rest "}"
#define LIST(items) "{\"apiVersion\":\"v1\",\"items\":[" items "],\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"\"}}\n"
#define ONE LIST(POD("u1", "cart", ",\"status\":{\"phase\":\"Running\",\"podIP\":\"10.0.1.5\"}"))
#define ONE_LOG                                                                                              \
	"syncing authority\n"                                                                                \
	"pod shop/cart uid=u1 alias= node= ips=10.0.1.5 phase=2 finished=0\n"                                \
	"synced authority\n"
#define TWO LIST(POD("u1", "cart", "") "," POD("u2", "till", ""))
#define TWO_LOG                                                                                              \
	"syncing authority\n"                                                                                \
	"pod shop/cart uid=u1 alias= node= ips= phase=0 finished=0\n"                                        \
	"pod shop/till uid=u2 alias= node= ips= phase=0 finished=0\n"                                        \
	"synced authority\n"

/* "down authority DIR/NAME: REASON; write it with: ..." and the end of the log. */
static void expect_down(struct harness *harness, const char *name, const char *reason)
{
	char line[2048], path[256];

	path_in(harness, path, name);
	snprintf(line, sizeof(line),
		 "down authority %s: %s; write it with: kubectl get pods -A -o json > %s.tmp && mv %s.tmp %s\n", path,
		 reason, path, path, path);
	expect_log(harness, line);
}

/* Replaces pods.json in one step. */
static void replace(struct harness *harness, const char *text, size_t length)
{
	write_bytes(harness, "pods.json.tmp", text, length);
	rename_file(harness, "pods.json.tmp", "pods.json");
}

static void fields(void **state)
{
	struct harness *harness = *state;

	write_file(
		harness, "pods.json",
		LIST(POD("u1", "cart",
			 ",\"spec\":{\"nodeName\":\"worker-3\",\"hostNetwork\":false},\"status\":{\"phase\":\"Running\","
			 "\"podIP\":\"10.0.1.5\",\"podIPs\":[{\"ip\":\"10.0.1.5\"},{\"ip\":\"fd00::5\"}]}") ","
		     POD("u2", "agent", ",\"spec\":{\"nodeName\":\"worker-3\",\"hostNetwork\":true},\"status\":"
					"{\"phase\":\"Running\",\"podIP\":\"192.168.0.3\"}") ","
		     POD("u3", "waiting", ",\"status\":{\"phase\":\"Pending\",\"podIPs\":null}") ","
		     POD("u4", "new", ",\"status\":{\"phase\":\"Dreaming\",\"podIP\":\"\"}") ","
		     "{\"metadata\":{\"name\":\"etcd\",\"namespace\":\"kube-system\",\"uid\":\"u5\","
		     "\"deletionTimestamp\":\"2026-11-21T14:02:11Z\",\"annotations\":{\"kubernetes.io/config.hash\":"
		     "\"h1\",\"kubernetes.io/config.mirror\":\"m1\"}}},"
		     "{\"metadata\":{\"name\":\"multi\",\"namespace\":\"shop\",\"uid\":\"u6\",\"annotations\":{"
		     "\"k8s.v1.cni.cncf.io/network-status\":\"[{\\\"name\\\":\\\"a\\\",\\\"ips\\\":[\\\"10.0.1.6\\\"]},"
		     "{\\\"name\\\":\\\"b\\\",\\\"ips\\\":[\\\"192.168.9.6\\\",\\\"junk\\\"]}]\"}},"
		     "\"status\":{\"podIP\":\"10.0.1.6\"}},"
		     POD("u7", "job", ",\"status\":{\"phase\":\"Succeeded\",\"containerStatuses\":["
				      "{\"state\":{\"terminated\":{\"finishedAt\":\"2026-11-21T14:02:11Z\"}}},"
				      "{\"state\":{\"terminated\":{\"finishedAt\":\"2026-11-21T14:02:12.5Z\"}}}]}") ","
		     POD("u8", "evicted", ",\"status\":{\"phase\":\"Failed\",\"containerStatuses\":["
					  "{\"state\":{\"terminated\":{\"finishedAt\":\"2026-11-21T14:02:11Z\"}}},"
					  "{\"state\":{\"running\":{}}}]}")));
	open_source(harness, "file", "pods.json");
	expect_log(harness,
		   "syncing authority\n"
		   "pod shop/cart uid=u1 alias= node=worker-3 ips=10.0.1.5,fd00::5 phase=2 finished=0\n"
		   "pod shop/agent uid=u2 alias= node=worker-3 ips=192.168.0.3 host phase=2 finished=0\n"
		   "pod shop/waiting uid=u3 alias= node= ips= phase=1 finished=0\n"
		   "pod shop/new uid=u4 alias= node= ips= phase=0 finished=0\n"
		   "pod kube-system/etcd uid=u5 alias=m1 node= ips= terminating phase=0 finished=0\n"
		   "pod shop/multi uid=u6 alias= node= ips=10.0.1.6,192.168.9.6 phase=0 finished=0\n"
		   "pod shop/job uid=u7 alias= node= ips= phase=3 finished=1795269732500000000\n"
		   "pod shop/evicted uid=u8 alias= node= ips= phase=2 finished=0\n" /* one of its containers runs on */
		   "synced authority\n");
}

static void kinds_of_list(void **state)
{
	static const char *const good[] = {
		ONE,
		"{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"\"},\"items\":["
		"{\"metadata\":{\"name\":\"cart\",\"namespace\":\"shop\",\"uid\":\"u1\"},"
		"\"status\":{\"phase\":\"Running\",\"podIP\":\"10.0.1.5\"}}]}",
	};
	static const char *const none[] = { LIST(""), "{\"kind\":\"PodList\",\"items\":null}" };
	struct harness *harness = *state;

	write_file(harness, "pods.json", TWO);
	open_source(harness, "file", "pods.json");
	expect_log(harness, TWO_LOG);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		replace(harness, good[i], strlen(good[i]));
		expect_log(harness, ONE_LOG);
	}
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		/* Of one namespace, perhaps: of all, there is always a pod. */
		replace(harness, none[i], strlen(none[i]));
		expect_down(harness, "pods.json", "it lists no pod at all");
		replace(harness, ONE, strlen(ONE));
		expect_log(harness, ONE_LOG);
	}
}

/* Every way to change the file is seen, once. */
static void changes(void **state)
{
	struct harness *harness = *state;
	char path[256];

	write_file(harness, "pods.json", ONE);
	open_source(harness, "file", "pods.json");
	expect_log(harness, ONE_LOG);
	replace(harness, TWO, strlen(TWO));
	expect_log(harness, TWO_LOG);
	write_file(harness, "pods.json", ONE); /* in place */
	expect_log(harness, ONE_LOG);
	remove_file(harness, "pods.json");
	expect_down(harness, "pods.json", "it does not exist");
	write_file(harness, "pods.json", TWO);
	expect_log(harness, TWO_LOG);
	write_file(harness, "other.json", ONE);
	path_in(harness, path, "pods.json");
	assert_int_equal(chmod(path, 0600), 0);
	expect_silence(harness, 100 * NS_PER_MS);
}

/* As the kubelet mounts a ConfigMap: pods.json -> ..data/pods.json, ..data -> a directory, exchanged by rename. */
static void symlinked(void **state)
{
	struct harness *harness = *state;
	char path[256], link[256];

	path_in(harness, path, "..1");
	assert_int_equal(mkdir(path, 0755), 0);
	path_in(harness, path, "..2");
	assert_int_equal(mkdir(path, 0755), 0);
	write_file(harness, "..1/pods.json", ONE);
	write_file(harness, "..2/pods.json", TWO);
	path_in(harness, link, "..data");
	assert_int_equal(symlink("..1", link), 0);
	path_in(harness, link, "pods.json");
	assert_int_equal(symlink("..data/pods.json", link), 0);
	open_source(harness, "file", "pods.json");
	expect_log(harness, ONE_LOG);
	path_in(harness, link, "..tmp");
	assert_int_equal(symlink("..2", link), 0);
	rename_file(harness, "..tmp", "..data");
	expect_log(harness, TWO_LOG);
	write_file(harness, "..2/pods.json", ONE); /* behind the link */
	expect_log(harness, ONE_LOG);
}

/* The directory comes and goes with the file. */
static void directory_appears(void **state)
{
	struct harness *harness = *state;
	char a[256], b[256];

	open_source(harness, "file", "a/b/pods.json");
	expect_down(harness, "a/b/pods.json", "it does not exist");
	path_in(harness, a, "a");
	path_in(harness, b, "a/b");
	for (int round = 0; round < 2; round++) {
		assert_int_equal(mkdir(a, 0755), 0);
		assert_int_equal(mkdir(b, 0755), 0);
		write_file(harness, "a/b/pods.json", ONE);
		expect_log(harness, ONE_LOG);
		remove_file(harness, "a/b/pods.json");
		assert_int_equal(rmdir(b), 0);
		assert_int_equal(rmdir(a), 0);
		expect_down(harness, "a/b/pods.json", "it does not exist");
	}
}

static void as_of(void **state)
{
	struct harness *harness = *state;
	struct timespec times[2] = { { .tv_sec = 1700000000, .tv_nsec = 5 }, { .tv_sec = 1700000000, .tv_nsec = 5 } };
	int64_t before;
	char path[256];

	write_file(harness, "pods.json", ONE);
	path_in(harness, path, "pods.json");
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	open_source(harness, "file", "pods.json");
	expect_log(harness, ONE_LOG);
	assert_true(harness->as_of == 1700000000000000005);
	assert_true(harness->asked == 1700000000000000005 - 30 * (int64_t)NS_PER_S);
	/* What is older than what was read says nothing of what came between. */
	times[1].tv_sec--;
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	expect_down(harness, "pods.json", "it is older than what was read before");
	/* A time to come is no time at which anything was seen. */
	before = wall_now();
	times[1].tv_sec = before / NS_PER_S + 3600;
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	expect_log(harness, ONE_LOG);
	assert_true(harness->as_of >= before && harness->as_of <= wall_now());
	assert_true(harness->asked == harness->as_of - 30 * (int64_t)NS_PER_S);
}

#define TEXT(text) text, sizeof(text) - 1

static void bad_content(void **state)
{
	static const struct {
		const char *text;
		size_t length;
		const char *reason;
	} cases[] = {
		{ TEXT(""), "not JSON at byte 0: it is empty" },
		{ TEXT("No resources found\n"), "not JSON at byte 0: an object was expected" },
		{ TEXT("{\"items\":[{\"a\":\"\0\"}]}"), "not JSON at byte 16: a NUL byte" },
		{ TEXT("{}"), "it is not a list of pods: its kind is missing, not List or PodList" },
		{ TEXT("{\"kind\":\"NodeList\",\"items\":[]}"),
		  "it is not a list of pods: its kind is NodeList, not List or PodList" },
		{ TEXT("{\"kind\":\"\\u20ac\",\"items\":[]}"),
		  "it is not a list of pods: its kind is ?, not List or PodList" },
		{ TEXT("{\"kind\":7,\"items\":[]}"), "it is not a list of pods: \"kind\" is not text" },
		{ TEXT("{\"kind\":\"List\",\"kind\":\"PodList\",\"items\":[]}"),
		  "it is not a list of pods: \"kind\" comes twice" },
		{ TEXT("{\"kind\":\"List\"}"), "it is not a list of pods: it has no items" },
		{ TEXT("{\"kind\":\"List\",\"items\":{}}"), "it is not a list of pods: \"items\" is not a list" },
		{ TEXT("{\"kind\":\"List\",\"i\\u0074ems\":[1]}"), "it is not a list of pods: it has no items" },
		{ TEXT("{\"kind\":\"PodList\",\"items\":[],\"metadata\":{\"continue\":\"x\"}}"),
		  "it is not a list of pods: it is one page of a longer list" },
		{ TEXT(POD("u1", "cart", "")), "it is not a list of pods: its kind is Pod, not List or PodList" },
		{ TEXT(LIST("{\"kind\":\"Service\"}")), "the item at byte 28 is not a pod: it is no Pod" },
		{ TEXT(LIST(POD("u1", "cart", "") ",{}")), "the item at byte 118 is not a pod: it has no metadata" },
		{ TEXT(LIST(POD("", "cart", ""))), "the item at byte 28 is not a pod: it has no metadata.uid" },
		{ TEXT(LIST(POD("u1", "", ""))), "the item at byte 28 is not a pod: it has no metadata.name" },
		{ TEXT(LIST(POD("u1", "cart", ",\"spec\":[]"))),
		  "the item at byte 28 is not a pod: \"spec\" is not an object" },
		{ TEXT(LIST(POD("u1", "cart", ",\"spec\":{\"hostNetwork\":\"true\"}"))),
		  "the item at byte 28 is not a pod: \"hostNetwork\" is not true or false" },
		{ TEXT(LIST(POD("u1", "cart", ",\"spec\":{\"nodeName\":{}}"))),
		  "the item at byte 28 is not a pod: \"nodeName\" is not text" },
		{ TEXT(LIST(POD("u1", "cart", ",\"status\":{\"podIP\":\"10.0.1\"}"))),
		  "the item at byte 28 is not a pod: \"10.0.1\" is no address" },
		{ TEXT(LIST(POD("u1", "cart", ",\"status\":{\"podIPs\":[\"10.0.1.5\"]}"))),
		  "the item at byte 28 is not a pod: \"podIPs\" has an entry that is not an object" },
		{ TEXT(LIST(POD("u1", "cart", ",\"metadata\":{}"))),
		  "the item at byte 28 is not a pod: \"metadata\" comes twice" },
		{ TEXT(LIST(POD("u1\",\"uid\":\"u2", "cart", ""))),
		  "the item at byte 28 is not a pod: \"uid\" comes twice" },
		{ TEXT(LIST(POD("u\\u001b[31m", "cart", ""))),
		  "the item at byte 28 is not a pod: \"uid\" has characters that no name in Kubernetes has" },
		{ TEXT(LIST(POD("u1", "cart", "") "," POD("u1", "till", ""))),
		  "uid u1 is that of two pods, shop/cart and shop/till" },
	};
	struct harness *harness = *state;

	write_file(harness, "pods.json", ONE);
	open_source(harness, "file", "pods.json");
	expect_log(harness, ONE_LOG);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		replace(harness, cases[i].text, cases[i].length);
		expect_down(harness, "pods.json", cases[i].reason);
	}
	/* The same failure is told once. */
	replace(harness, cases[ARRAY_SIZE(cases) - 1].text, cases[ARRAY_SIZE(cases) - 1].length);
	expect_silence(harness, 100 * NS_PER_MS);
	replace(harness, ONE, strlen(ONE));
	expect_log(harness, ONE_LOG);
}

/* One pod listed twice: the later text counts. */
static void duplicate(void **state)
{
	struct harness *harness = *state;

	write_file(harness, "pods.json",
		   LIST(POD("u1", "cart", "") "," POD("u2", "till", "") "," POD("u1", "cart", ",\"status\":{\"podIP\":\"10.0.1.5\"}")));
	open_source(harness, "file", "pods.json");
	expect_log(harness,
		   "syncing authority\n"
		   "pod shop/till uid=u2 alias= node= ips= phase=0 finished=0\n"
		   "pod shop/cart uid=u1 alias= node= ips=10.0.1.5 phase=0 finished=0\n"
		   "synced authority\n");
}

static void bind_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

static void other_types(void **state)
{
	struct harness *harness = *state;
	char path[256];

	path_in(harness, path, "pods.json");
	assert_int_equal(mkfifo(path, 0644), 0);
	open_source(harness, "file", "pods.json");
	expect_down(harness, "pods.json", "it is a FIFO, not a regular file");
	assert_int_equal(unlink(path), 0);
	expect_down(harness, "pods.json", "it does not exist");
	assert_int_equal(mkdir(path, 0755), 0);
	expect_down(harness, "pods.json", "it is a directory, not a regular file");
	assert_int_equal(rmdir(path), 0);
	expect_down(harness, "pods.json", "it does not exist");
	bind_socket(path);
	expect_down(harness, "pods.json", "it is a socket, not a regular file");
	assert_int_equal(unlink(path), 0);
	expect_down(harness, "pods.json", "it does not exist");
	assert_int_equal(symlink("/dev/null", path), 0);
	expect_down(harness, "pods.json", "it is a device, not a regular file");
	assert_int_equal(unlink(path), 0);
	expect_down(harness, "pods.json", "it does not exist");
	assert_int_equal(symlink("pods.json", path), 0);
	expect_down(harness, "pods.json", strerror(ELOOP));
}

static void too_large(void **state)
{
	struct harness *harness = *state;
	char path[256];

	write_file(harness, "pods.json", "");
	path_in(harness, path, "pods.json");
	assert_int_equal(truncate(path, (1ll << 30) + 1), 0);
	open_source(harness, "file", "pods.json");
	expect_down(harness, "pods.json", "it is larger than 1 GiB");
}

static void unreadable(void **state)
{
	struct harness *harness = *state;
	char path[256], line[512];

	if (geteuid() != 0) { /* root gives up its rights; others never had them */
		skip();
		return;
	}
	write_file(harness, "pods.json", ONE);
	path_in(harness, path, "pods.json");
	assert_int_equal(chmod(path, 0), 0);
	assert_int_equal(chmod(harness->directory, 0755), 0);
	assert_int_equal(seteuid(65534), 0);
	open_source(harness, "file", "pods.json");
	snprintf(line, sizeof(line), "down authority %s: it may not be read; run as root, or let this user read it\n", path);
	expect_log(harness, line);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(path, 0644), 0);
	expect_log(harness, ONE_LOG);
}

static void specs(void **state)
{
	struct harness *harness = *state;
	struct source_context context = harness_context(harness);
	struct source *source = NULL;

	assert_int_equal(source_open(&source, "file", &context), -EINVAL);
	assert_int_equal(source_open(&source, "file:", &context), -EINVAL);
	assert_int_equal(source_open(&source, "files:/x", &context), -EINVAL);
	assert_int_equal(source_open(&source, "", &context), -EINVAL);
	assert_null(source);
	source_close(NULL);
}

static int refuse_pods(void *ctx, const struct input *input)
{
	(void)ctx;
	return input->kind == INPUT_POD ? -ENOSPC : 0;
}

/* What the pipeline returns ends the session. */
static void input_error(void **state)
{
	struct harness *harness = *state;
	struct source_context context = harness_context(harness);
	struct source *source = NULL;
	char spec[300];

	write_file(harness, "pods.json", ONE);
	context.input = refuse_pods;
	snprintf(spec, sizeof(spec), "file:%s/pods.json", harness->directory);
	assert_int_equal(source_open(&source, spec, &context), -ENOSPC);
	assert_null(source);
}

static void checks(void **state)
{
	struct harness *harness = *state;
	struct checks checks = { 0 };
	char spec[300];

	snprintf(spec, sizeof(spec), "file:%s/pods.json", harness->directory);
	assert_int_equal(source_check(spec, &checks), 0);
	write_file(harness, "pods.json", TWO);
	assert_int_equal(source_check(spec, &checks), 0);
	assert_int_equal(source_check("nothing:x", &checks), -EINVAL);
	assert_int_equal(checks.count, 2);
	assert_string_equal(checks.items[0].group, "source");
	assert_string_equal(checks.items[0].subject, spec);
	assert_int_equal(checks.items[0].answer, CHECK_NO);
	assert_false(checks.items[0].required);
	assert_string_equal(checks.items[0].detail, "it does not exist");
	assert_non_null(strstr(checks.items[0].remedy, "write it with: kubectl get pods -A -o json > "));
	assert_int_equal(checks.items[1].answer, CHECK_YES);
	assert_string_equal(checks.items[1].detail, "2 pods, says which are gone");
	checks_free(&checks);
}

#if defined(__SANITIZE_ADDRESS__)
#define MANY 500
#else
#define MANY 10000
#endif

static void write_many(const struct harness *harness, size_t count, const char *filler)
{
	char path[256];
	FILE *out;

	path_in(harness, path, "pods.json.tmp");
	out = fopen(path, "we");
	assert_non_null(out);
	fputs("{\"apiVersion\":\"v1\",\"items\":[", out);
	for (size_t i = 0; i < count; i++)
		fprintf(out,
			"%s{\"kind\":\"Pod\",\"metadata\":{\"name\":\"pod-%zu\",\"namespace\":\"shop\",\"uid\":\"u%zu\","
			"\"annotations\":{\"note\":\"%s\"}},\"status\":{\"podIP\":\"10.%zu.%zu.1\"}}",
			i ? "," : "", i, i, filler, i >> 8, i & 255);
	fputs("],\"kind\":\"List\"}", out);
	assert_int_equal(fclose(out), 0);
	rename_file(harness, "pods.json.tmp", "pods.json");
}

static long peak_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/* 10,000 pods of 10 KB each, 100 MB: memory is bounded by what is kept of a pod, not by the file. */
static void large(void **state)
{
	struct harness *harness = *state;
	char *filler = malloc(10001);
	uint64_t start;
	long before;

	assert_non_null(filler);
	memset(filler, 'x', 10000);
	filler[10000] = '\0';
	write_many(harness, MANY, filler);
	free(filler);
	harness->quiet = true;
	before = peak_kib();
	start = loop_now();
	open_source(harness, "file", "pods.json");
	print_message("%d pods, %d MB: %lld ms, %ld KiB more memory\n", MANY, MANY / 100,
		      (long long)((int64_t)(loop_now() - start) / NS_PER_MS), peak_kib() - before);
	assert_int_equal(harness->pods, MANY);
	assert_string_equal(harness->log, "syncing authority\nsynced authority\n");
#if !defined(__SANITIZE_ADDRESS__)
	assert_true(peak_kib() - before < 8192);
#endif
}

struct meddler {
	struct harness *harness;
	struct loop_timer *timer;
	int turns;
	bool in_place;
};

/* Lets a few turns of reading go by, then changes the file. */
static int meddle(void *ctx, uint32_t events)
{
	struct meddler *meddler = ctx;

	(void)events;
	if (--meddler->turns)
		return loop_timer_set(meddler->timer, 1);
	if (meddler->in_place)
		write_file(meddler->harness, "pods.json", ONE);
	else
		replace(meddler->harness, ONE, strlen(ONE));
	return 0;
}

/* A file that changes while it is read, which takes dozens of turns. */
static void changes_meanwhile(void **state)
{
	static const char *const listed[] = {
		"syncing authority\nsynced authority\nsyncing authority\nsynced authority\n",
		"syncing authority\nsynced authority\n",
	};
	struct meddler meddler = { .harness = *state };
	struct harness *harness = *state;
	char *filler = malloc(10001);

	assert_non_null(filler);
	memset(filler, 'x', 10000);
	filler[10000] = '\0';
	write_file(harness, "pods.json", TWO);
	open_source(harness, "file", "pods.json");
	expect_log(harness, TWO_LOG);
	harness->quiet = true;
	assert_int_equal(loop_timer_open(&meddler.timer, harness->loop, meddle, &meddler), 0);
	for (int i = 0; i < 2; i++) {
		meddler.in_place = i;
		meddler.turns = 5;
		harness->pods = 0;
		write_many(harness, 1000, filler);
		assert_int_equal(loop_timer_set(meddler.timer, 1), 0);
		/* The old file was whole where it was replaced; where it was written over, nothing of it goes out. */
		await(harness, listed[i]);
		assert_string_equal(harness->log, listed[i]);
		assert_int_equal(harness->pods, i ? 1 : 1001);
		harness->log[0] = '\0';
	}
	loop_timer_close(meddler.timer);
	free(filler);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, harness_setup, harness_teardown)
	const struct CMUnitTest tests[] = {
		TEST(large),	   TEST(fields),     TEST(kinds_of_list), TEST(changes),	 TEST(symlinked),
		TEST(directory_appears), TEST(as_of), TEST(bad_content),   TEST(duplicate), TEST(other_types),
		TEST(too_large),   TEST(unreadable), TEST(specs),	  TEST(input_error), TEST(checks),
		TEST(changes_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
