/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "golden.h"

#include <locale.h>

#include "events.h"
#include "list.h"
#include "report_fixtures.h"

static void ignore(void *ctx, const struct state_change *change)
{
	(void)ctx;
	(void)change;
}

static void feed(struct state *state, const void *record)
{
	const struct nns_hdr *hdr = record;

	assert_int_equal(state_record(state, record, hdr->size), 0);
}

#define HDR(type, kind_) { .kind = (kind_), .size = sizeof(struct type), .time = 1000 * SECOND }

static void feed_mark(struct state *state, enum nns_kind kind, uint64_t netns)
{
	feed(state, &(struct nns_census_mark){ .hdr = HDR(nns_census_mark, (nns_u16)kind), .number = 1, .netns = netns });
}

static struct nns_ident ident(uint64_t n, uint64_t cookie)
{
	return (struct nns_ident){ .handle = 100 + n, .cookie = cookie, .inum = (nns_u32)(4026532000u + n), .mix = 7 };
}

static void feed_netns(struct state *state, struct nns_ident who, int64_t references, uint32_t tasks, uint32_t flags)
{
	feed(state, &(struct nns_census_netns){ .hdr = HDR(nns_census_netns, NNS_CENSUS_NETNS), .netns = who,
						.references = references, .tasks = tasks, .flags = flags });
}

static void feed_dev(struct state *state, struct nns_ident who, uint32_t ifindex, const char *name, const char *kind)
{
	struct nns_dev dev = { .hdr = HDR(nns_dev, NNS_CENSUS_DEV), .netns = who, .ifindex = ifindex, .flags = NNS_DEV_UP };

	if (ifindex == 1)
		dev.flags |= NNS_DEV_LOOPBACK;
	if (!strcmp(kind, "veth")) {
		dev.flags |= NNS_DEV_PEER;
		dev.peer_ifindex = 12;
	}
	strncpy(dev.ifname, name, sizeof(dev.ifname) - 1);
	strncpy(dev.link_kind, kind, sizeof(dev.link_kind) - 1);
	feed(state, &dev);
}

static void feed_addr(struct state *state, struct nns_ident who, uint32_t ifindex, uint8_t last, uint8_t flags)
{
	struct nns_addr addr = { .hdr = HDR(nns_addr, NNS_CENSUS_ADDR), .netns = who, .ifindex = ifindex,
				 .family = AF_INET, .prefixlen = 24, .flags = flags, .addr = { 10, 0, 1, last } };

	if (flags & NNS_ADDR_LOOPBACK)
		memcpy(addr.addr, (uint8_t[]){ 127, 0, 0, 1 }, 4);
	feed(state, &addr);
}

/* A node's own netns, two with a path, one without, one dying: told in an order that is not the list's. */
static struct state *make_state(void)
{
	static const char *const paths[] = { "/run/netns/zebra", "/run/netns/\x1b[2Japple" };
	struct state *state = NULL;

	assert_int_equal(state_new(&state, ignore, NULL), 0);
	feed_mark(state, NNS_CENSUS_BEGIN, 0);
	feed_netns(state, ident(5, 50), 3, 2, 0);
	feed_dev(state, ident(5, 50), 1, "lo", "");
	feed_netns(state, ident(3, 30), 1, 0, 0);
	feed_dev(state, ident(3, 30), 1, "lo", "");
	feed_dev(state, ident(3, 30), 2, "eth0", "veth");
	feed_addr(state, ident(3, 30), 1, 1, NNS_ADDR_LOOPBACK);
	for (uint8_t i = 0; i < 3; i++)
		feed_addr(state, ident(3, 30), 2, (uint8_t)(5 + i), 0);
	feed_netns(state, ident(4, 40), 0, 0, 0);
	feed_netns(state, ident(2, 0), 1, 0, 0);
	feed_netns(state, ident(1, 1), 140, 133, NNS_NETNS_INIT);
	feed_mark(state, NNS_CENSUS_END, 5);
	assert_int_equal(state_path(state, paths[0], ident(3, 30).inum, true, 0), 0);
	assert_int_equal(state_path(state, paths[1], ident(2, 0).inum, true, 0), 0);
	assert_int_equal(state_path(state, "/mnt/copy", ident(2, 0).inum, true, 0), 0);
	return state;
}

static char *list(const struct state *state, bool json, bool color)
{
	struct list_options options = { .json = json, .color = color, .node = "worker-3", .now = 1000 * SECOND,
					.wall_offset = FIXTURE_WALL_OFFSET };
	struct capture capture;

	capture_open(&capture);
	options.outlet = capture.outlet;
	assert_int_equal(list_print(state, &options), 0);
	return capture_close(&capture);
}

static void as_table(void **unused)
{
	struct state *state = make_state();
	char *text = list(state, false, false), *coloured = list(state, false, true);

	(void)unused;
	assert_memory_equal(coloured, "\033[1mNETNS", 9);
	assert_string_equal(strchr(coloured, '\n'), strchr(text, '\n'));
	assert_golden(text, "list.txt");
	free(coloured);
	free(text);
	state_free(state);
}

static void as_json(void **unused)
{
	struct state *state = make_state();
	char *text = list(state, true, false);

	(void)unused;
	assert_golden(text, "list.jsonl");
	free(text);
	state_free(state);
}

/* The node's own netns may have thousands of devices: all of them come, on one line. */
static void any_number_of_devices(void **unused)
{
	const unsigned many = 2000;
	struct state *state = NULL;
	unsigned names = 0;
	char *text;

	(void)unused;
	assert_int_equal(state_new(&state, ignore, NULL), 0);
	feed_mark(state, NNS_CENSUS_BEGIN, 0);
	feed_netns(state, ident(1, 1), 1, 1, NNS_NETNS_INIT);
	for (unsigned i = 1; i <= many; i++) {
		char name[NNS_IFNAME_LEN];

		snprintf(name, sizeof(name), "veth%u", i);
		feed_dev(state, ident(1, 1), i + 1, name, "veth");
		feed_addr(state, ident(1, 1), i + 1, (uint8_t)i, 0);
	}
	feed_mark(state, NNS_CENSUS_END, 1);
	text = list(state, true, false);
	for (const char *at = text; (at = strstr(at, "\"name\":\"veth")); at++)
		names++;
	assert_int_equal(names, many);
	assert_null(strstr(text, "truncated"));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
	state_free(state);
}

static void empty(void **unused)
{
	struct state *state = NULL;
	char *text;

	(void)unused;
	assert_int_equal(state_new(&state, ignore, NULL), 0);
	text = list(state, true, false);
	assert_string_equal(text, "");
	free(text);
	text = list(state, false, false);
	assert_string_equal(text, "NETNS        INUM  COOKIE  STATE  REFS  TASKS  DEVS  ADDRESSES  PATH\n");
	free(text);
	state_free(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_table),
		cmocka_unit_test(as_json),
		cmocka_unit_test(any_number_of_devices),
		cmocka_unit_test(empty),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
