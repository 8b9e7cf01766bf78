/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What looks like a leak, or like none, by a word that is too old, too weak or somebody else's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "feed.h"
#include "util.h"

#define FILE_SOURCE "file:pods"
#define CNI_SOURCE "cni:/var/lib/cni"

static int64_t wall(uint64_t seconds)
{
	return (int64_t)((FEED_EPOCH + seconds) * SECOND);
}

/* The CNI's word of second `as_of`: netns 1000+n is the pod's.  uid "": it has the name alone. */
static void says(struct feed *feed, const char *key, const char *uid, const char *namespace_, const char *name, unsigned n,
		 uint64_t as_of)
{
	struct input input = { .kind = INPUT_BINDING,
			       .binding = { .source = CNI_SOURCE, .evidence = EVIDENCE_CNI, .key = key, .pod_uid = uid,
					    .pod_namespace = namespace_, .pod_name = name, .container_id = "c0ffee",
					    .netns_path = "", .netns_inum = 1000 + n, .as_of_wall = wall(as_of) } };

	assert_int_equal(feed_input(feed, input), 0);
}

/* One pod of a listing that is under way; addresses: "A" or "A,B" or NULL. */
static void lists(struct feed *feed, const char *uid, const char *name, const char *addresses, enum pod_phase phase)
{
	struct input_pod pod = feed_pod_of(FILE_SOURCE, name);
	struct ip_address ips[2];
	char text[64], *rest = NULL, *address;

	snprintf(text, sizeof(text), "%s", addresses ? addresses : "");
	for (address = strtok_r(text, ",", &rest); address; address = strtok_r(NULL, ",", &rest))
		assert_int_equal(ip_address_parse(&ips[pod.ip_count++], address, false), 0);
	pod.uid = uid;
	pod.ips = ips;
	pod.phase = phase;
	feed_pod_input(feed, &pod);
}

/* The whole listing: this pod, with this address. */
static void lists_only(struct feed *feed, const char *name, const char *addresses)
{
	char uid[64];

	snprintf(uid, sizeof(uid), "uid-%s", name);
	feed_source(feed, FILE_SOURCE, SOURCE_SYNCING, true);
	lists(feed, uid, name, addresses, POD_RUNNING);
	feed_synced(feed, FILE_SOURCE, true, feed->now);
}

/* A StatefulSet's pod is made anew, and the CNI's arguments have no uid. */
static void made_anew_under_its_name(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed);
	census(&feed, { 1, 5, 90, NULL });
	lists_only(&feed, "web-0", NULL);
	feed.now = 10;
	feed_created(&feed, 2);
	says(&feed, "a", "", "shop", "web-0", 2, 10);
	feed.now = 100;
	feed_freed(&feed, 2);
	feed.now = 105;
	feed_created(&feed, 3);
	says(&feed, "b", "", "shop", "web-0", 3, 105);
	feed.now = 120;
	feed_source(&feed, FILE_SOURCE, SOURCE_SYNCING, true);
	lists(&feed, "uid-second", "web-0", NULL, POD_RUNNING);
	feed_synced(&feed, FILE_SOURCE, true, 120);
	feed_until(&feed, 1000);
	census(&feed, { 1, 5, 90, NULL }, { 3, 2, 2, NULL });
	expect(&feed, "1 netns.created 1\n10 netns.created 2\n10 netns.bound 2 web-0 by cni\n100 netns.dying 2 web-0\n"
		      "100 netns.freed 2 web-0\n105 netns.created 3\n105 netns.bound 3 web-0 by cni\n"
		      "120 netns.bound 3 web-0 by cni\n120 pod.gone web-0\n");
	feed_close(&feed);
}

/* Podman's CNI arguments: K8S_POD_NAME is the container's name, and there is no namespace. */
static void no_pod(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed);
	census(&feed, { 1, 5, 90, NULL });
	feed.now = 10;
	feed_created(&feed, 2);
	says(&feed, "a", "", "", "registry", 2, 10);
	feed.now = 100;
	feed_listing(&feed, "cart", NULL);
	feed_until(&feed, 1000);
	census(&feed, { 1, 5, 90, NULL }, { 2, 2, 3, NULL });
	expect(&feed, "1 netns.created 1\n10 netns.created 2\n");
	feed_close(&feed);
}

/* The address of a pod that is gone is another's now, who is not listed with it yet. */
static void stale_listing(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed);
	census(&feed, { 1, 5, 90, NULL });
	lists_only(&feed, "old", "10.0.1.5");
	feed.now = 55;
	feed_created(&feed, 3);
	feed_addr(&feed, NNS_ADDR_ADDED, 3, "10.0.1.5");
	feed.now = 57;
	lists_only(&feed, "new", NULL);
	feed_until(&feed, 1000);
	census(&feed, { 1, 5, 90, NULL }, { 3, 2, 2, "10.0.1.5" });
	expect(&feed, "1 netns.created 1\n55 netns.created 3\n57 pod.gone old\n");
	feed_close(&feed);
}

/* While the source is down no one is accused of a conflict; when it is back, the census after it tells. */
static void conflict_waits(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed);
	census(&feed, { 1, 5, 90, NULL });
	feed.now = 5;
	feed_created(&feed, 2);
	feed_addr(&feed, NNS_ADDR_ADDED, 2, "10.0.1.5");
	lists_only(&feed, "old", "10.0.1.5");
	feed.now = 50;
	feed_source(&feed, FILE_SOURCE, SOURCE_DOWN, true);
	feed.now = 60;
	feed_created(&feed, 3);
	feed_addr(&feed, NNS_ADDR_ADDED, 3, "10.0.1.5");
	feed_until(&feed, 200);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, "10.0.1.5" }, { 3, 2, 2, "10.0.1.5" });
	expect(&feed, "1 netns.created 1\n5 netns.created 2\n5 netns.bound 2 old by ip\n50 trace.source_down\n"
		      "60 netns.created 3\n");
	feed.now = 300;
	lists_only(&feed, "new", "10.0.1.5");
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, "10.0.1.5" }, { 3, 2, 2, "10.0.1.5" });
	feed_until(&feed, 400);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, "10.0.1.5" }, { 3, 2, 2, "10.0.1.5" });
	expect(&feed, "300 pod.gone 2 old\n300 netns.ip_conflict 2/3 old\n400 netns.leaked 2 old +100\n");
	feed_close(&feed);
}

/* Bound by an address alone: any source that is silent could know better. */
static void weak_word_waits(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed);
	census(&feed, { 1, 5, 90, NULL });
	feed_source(&feed, CNI_SOURCE, SOURCE_DOWN, false);
	feed.now = 5;
	feed_created(&feed, 2);
	feed_addr(&feed, NNS_ADDR_ADDED, 2, "10.0.1.5");
	lists_only(&feed, "old", "10.0.1.5");
	feed.now = 57;
	feed_listing(&feed, NULL);
	feed_until(&feed, 200);
	census(&feed, { 1, 5, 90, NULL }, { 2, 2, 2, "10.0.1.5" });
	expect(&feed, "1 netns.created 1\n1 trace.source_down\n5 netns.created 2\n5 netns.bound 2 old by ip\n"
		      "57 pod.gone 2 old\n");
	feed_synced(&feed, CNI_SOURCE, false, 200);
	census(&feed, { 1, 5, 90, NULL }, { 2, 2, 2, "10.0.1.5" });
	expect(&feed, "200 netns.leaked 2 old +143\n");
	feed_close(&feed);
}

/* A suspect turns out to be another pod's, which went just now: it has its own grace. */
static void suspect_of_another(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed);
	census(&feed, { 1, 5, 90, NULL });
	feed.now = 5;
	feed_created(&feed, 2);
	feed_addr(&feed, NNS_ADDR_ADDED, 2, "10.0.1.5");
	feed_created(&feed, 9);
	says(&feed, "z", "uid-b", "shop", "b", 9, 5);
	feed_source(&feed, FILE_SOURCE, SOURCE_SYNCING, true);
	feed_pod(&feed, FILE_SOURCE, "a", "10.0.1.5");
	feed_pod(&feed, FILE_SOURCE, "b", NULL);
	feed_synced(&feed, FILE_SOURCE, true, 5);
	feed.now = 10;
	lists_only(&feed, "b", NULL);
	feed.now = 69;
	feed_listing(&feed, NULL);
	feed_until(&feed, 70);
	says(&feed, "k", "uid-b", "shop", "b", 2, 6);
	census(&feed, { 1, 5, 90, NULL }, { 2, 2, 2, "10.0.1.5" }, { 9, 1, 1, NULL });
	expect(&feed, "1 netns.created 1\n5 netns.created 2\n5 netns.created 9\n5 netns.bound 9 b by cni\n"
		      "5 netns.bound 2 a by ip\n10 pod.gone 2 a\n69 pod.gone 9 b\n70 netns.bound 2 b by cni\n");
	feed_until(&feed, 129);
	census(&feed, { 1, 5, 90, NULL }, { 2, 2, 2, "10.0.1.5" }, { 9, 1, 1, NULL });
	expect(&feed, "129 netns.leaked 9 b +60\n129 netns.leaked 2 b +60\n");
	feed_close(&feed);
}

/* A cache file of before the boot, or of before the mount: an inode number comes again. */
static void old_cache_file(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed);
	feed.now = 100;
	assert_int_equal(feed_input(&feed, (struct input){ .kind = INPUT_PATH,
							   .path = { .path = "/run/netns/x", .inum = 1003, .present = true,
								     .made_wall = wall(50) } }), 0);
	says(&feed, "a", "uid-old", "shop", "old", 2, (uint64_t)-86400);
	says(&feed, "b", "uid-old", "shop", "old", 3, 40);
	feed_listing(&feed, NULL);
	census(&feed, { 1, 5, 90, NULL }, { 2, 2, 3, NULL }, { 3, 2, 3, NULL });
	feed_until(&feed, 1000);
	census(&feed, { 1, 5, 90, NULL }, { 2, 2, 3, NULL }, { 3, 2, 3, NULL });
	expect(&feed, "100 netns.created 1\n100 netns.created 2\n100 netns.created 3\n");
	feed_close(&feed);
}

/* The state file's word that it was gone is older than a listing that has it. */
static void remembered_too_long(void **state)
{
	struct input_restored restored = { .cookie = 102, .inum = 1002, .mix = 14, .evidence = EVIDENCE_CNI,
					   .pod_uid = "uid-cart", .pod_namespace = "shop", .pod_name = "cart",
					   .container_id = "", .netns_path = "", .cause = "", .cause_evidence = "",
					   .bound_wall = wall(0), .gone_wall = wall(50) };
	struct feed feed;

	(void)state;
	feed_open(&feed);
	feed.now = 100;
	assert_int_equal(feed_input(&feed, (struct input){ .kind = INPUT_RESTORED, .restored = restored }), 0);
	feed_listing(&feed, "cart", NULL);
	census(&feed, { 1, 5, 90, NULL }, { 2, 2, 2, NULL });
	feed.log[0] = '\0';
	feed.now = 9000;
	feed_listing(&feed, "cart", NULL);
	feed.now = 9001;
	feed_listing(&feed, NULL);
	feed_until(&feed, 9010);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	expect(&feed, "9001 pod.gone 2 cart\n");
	feed_until(&feed, 9061);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	expect(&feed, "9061 netns.leaked 2 cart +60\n");
	feed_close(&feed);
}

/*
 * An old leak still has the address that a new pod was given: told at the start by one census, in any order.  With the
 * CNI's word the old one is in the wrong; without, it is told that there are two.
 */
static void address_given_again(void **state)
{
	struct report_summary summary;
	struct feed feed;

	(void)state;
	for (int known = 0; known < 2; known++) {
		feed_open(&feed);
		feed.now = 100;
		lists_only(&feed, "new", "10.0.1.5");
		if (known)
			says(&feed, "k", "uid-new", "shop", "new", 3, 90);
		census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, "10.0.1.5" }, { 3, 2, 2, "10.0.1.5" });
		feed_until(&feed, 200);
		census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, "10.0.1.5" }, { 3, 2, 2, "10.0.1.5" });
		expect(&feed, known ? "100 netns.created 1\n100 netns.created 2\n100 netns.created 3\n"
				      "100 netns.bound 3 new by cni\n200 netns.ip_conflict 2/3 new\n" :
				      "100 netns.created 1\n100 netns.created 2\n100 netns.created 3\n"
				      "200 netns.ip_conflict 2/3 new\n");
		pipeline_summary(feed.pipeline, &summary);
		assert_int_equal(summary.findings_now, 1);
		/* A third joins; then the old one loses the address, and its conflict is over. */
		feed_created(&feed, 4);
		feed_addr(&feed, NNS_ADDR_ADDED, 4, "10.0.1.5");
		feed_until(&feed, 300);
		census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, "10.0.1.5" }, { 3, 2, 2, "10.0.1.5" },
		       { 4, 1, 1, "10.0.1.5" });
		if (known)
			expect(&feed, "200 netns.created 4\n300 netns.ip_conflict 4/3 new\n");
		feed_freed(&feed, 4);
		feed_addr(&feed, NNS_ADDR_REMOVED, 2, "10.0.1.5");
		pipeline_summary(feed.pipeline, &summary);
		assert_int_equal(summary.findings_now, 0);
		feed_close(&feed);
	}
}

/* Reported as an orphan, and a pod's after all. */
static void orphan_no_more(void **state)
{
	struct report_summary summary;
	struct feed feed;

	(void)state;
	feed_open(&feed);
	census(&feed, { 1, 5, 90, NULL });
	feed_listing(&feed, "cart", NULL);
	feed_created(&feed, 2);
	feed_until(&feed, 3700);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	pipeline_summary(feed.pipeline, &summary);
	assert_int_equal(summary.findings_now, 1);
	says(&feed, "k", "uid-cart", "shop", "cart", 2, 3700);
	pipeline_summary(feed.pipeline, &summary);
	assert_int_equal(summary.findings_now, 0);
	feed_close(&feed);
}

/* Pods that end, and are bound by an address, in the midst of a listing. */
static void changed_while_walked(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, "10.0.1.5" });
	feed_source(&feed, FILE_SOURCE, SOURCE_SYNCING, true);
	lists(&feed, "uid-job", "job", "10.0.1.5,fd00::5", POD_SUCCEEDED);
	feed_synced(&feed, FILE_SOURCE, true, 1);
	feed.now = 10;
	feed_freed(&feed, 2);
	feed_listing(&feed, NULL);
	feed_created(&feed, 3);
	feed_addr(&feed, NNS_ADDR_ADDED, 3, "fd00::5");
	feed_addr(&feed, NNS_ADDR_ADDED, 3, "10.0.1.5");
	feed_source(&feed, FILE_SOURCE, SOURCE_SYNCING, true);
	lists(&feed, "uid-d", "d", NULL, POD_PENDING);
	lists(&feed, "uid-c", "c", "10.0.1.5", POD_RUNNING);
	lists(&feed, "uid-x", "x", NULL, POD_PENDING);
	feed_synced(&feed, FILE_SOURCE, true, 10);
	for (feed.now = 20; feed.now <= 40; feed.now += 10) {
		feed_source(&feed, FILE_SOURCE, SOURCE_SYNCING, true);
		lists(&feed, "uid-d", "d", "10.0.1.5", feed.now == 40 ? POD_SUCCEEDED : POD_RUNNING);
		if (feed.now < 40)
			lists(&feed, "uid-x", "x", "10.0.1.5", POD_RUNNING);
		feed_synced(&feed, FILE_SOURCE, true, feed.now);
	}
	feed_close(&feed);
}

/* --- anything, in any order --- */

static unsigned roll(unsigned sides)
{
	return (unsigned)random() % sides;
}

static const char *any_address(void)
{
	static const char *const addresses[] = { "10.0.1.1", "10.0.1.2", "10.0.1.3", "fd00::5", "fe80::1" };

	return addresses[roll(ARRAY_SIZE(addresses))];
}

static void any_listing(struct feed *feed)
{
	feed_source(feed, FILE_SOURCE, SOURCE_SYNCING, true);
	for (unsigned i = 0; i < 6; i++) {
		char uid[16], name[16], addresses[64];

		snprintf(uid, sizeof(uid), "uid-%u", roll(6));
		snprintf(name, sizeof(name), "p%u", roll(4));
		snprintf(addresses, sizeof(addresses), "%s,%s", any_address(), any_address());
		if (roll(2))
			lists(feed, uid, name, roll(3) ? addresses : NULL, roll(5) ? POD_RUNNING : POD_FAILED);
	}
	feed_synced(feed, FILE_SOURCE, true, roll(4) ? feed->now : feed->now / 2);
}

static void any_statement(struct feed *feed)
{
	char uid[16], name[16], key[16];

	snprintf(uid, sizeof(uid), "uid-%u", roll(7));
	snprintf(name, sizeof(name), "p%u", roll(4));
	snprintf(key, sizeof(key), "k%u", roll(6));
	says(feed, key, roll(3) ? uid : "", "shop", name, 2 + roll(8), roll(2) ? feed->now : roll(100));
}

static void any_census(struct feed *feed)
{
	struct counted counted[10] = { { 1, 5, 9, "10.0.1.1" } };
	size_t count = 1;

	for (unsigned n = 2; n < 10; n++)
		if (roll(3))
			counted[count++] = (struct counted){ n, (int)roll(3), roll(2), roll(2) ? any_address() : NULL };
	feed_census(feed, counted, count);
}

static void any_step(struct feed *feed)
{
	unsigned n = 2 + roll(8);

	switch (roll(10)) {
	case 0:
		feed_created_as(feed, n, roll(3) ? 100 + roll(12) : 0, 1000 + roll(10), 1 + roll(9));
		break;
	case 1:
		feed_created(feed, n);
		break;
	case 2:
		feed_end(feed, roll(2) ? NNS_NETNS_DYING : NNS_NETNS_FREED, n);
		break;
	case 3:
		feed_addr(feed, roll(2) ? NNS_ADDR_ADDED : NNS_ADDR_REMOVED, n, any_address());
		break;
	case 4:
	case 5:
		if (roll(5))
			any_listing(feed);
		else
			feed_source(feed, FILE_SOURCE, SOURCE_DOWN, true);
		break;
	case 6:
	case 7:
		any_statement(feed);
		break;
	case 8:
		any_census(feed);
		break;
	default:
		if (roll(4))
			feed_until(feed, feed->now + roll(20));
		else
			feed_lost(feed, 1 + roll(3));
	}
}

/* Nothing is used after it was freed (the sanitizers see to that), and no count goes below zero. */
static void anything(void **state)
{
	struct report_summary summary;
	struct feed feed;

	(void)state;
	for (unsigned seed = 1; seed <= 150; seed++) {
		srandom(seed);
		feed_open_with(&feed, 5, 5, 20);
		for (int step = 0; step < 400; step++) {
			feed.log[0] = '\0';
			feed.now += roll(4);
			any_step(&feed);
			pipeline_summary(feed.pipeline, &summary);
			assert_true(summary.findings_now <= 4 * 10 && summary.leaked_now <= 10);
			assert_true(summary.correlate.bound <= 10 && summary.correlate.pods_gone <= 100);
			assert_true(summary.correlate.pods_here <= 100 && summary.state.live <= 10);
		}
		feed_close(&feed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_anew_under_its_name), cmocka_unit_test(no_pod),
		cmocka_unit_test(stale_listing),	    cmocka_unit_test(conflict_waits),
		cmocka_unit_test(weak_word_waits),	    cmocka_unit_test(suspect_of_another),
		cmocka_unit_test(old_cache_file),	    cmocka_unit_test(remembered_too_long),
		cmocka_unit_test(address_given_again),	    cmocka_unit_test(orphan_no_more),
		cmocka_unit_test(changed_while_walked),	    cmocka_unit_test(anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
