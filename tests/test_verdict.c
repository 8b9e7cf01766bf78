/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rules, one test each: what is fed, and the whole log that must come of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "feed.h"
#include "util.h"

/* The node's own netns is 1; a pod's netns is 2, made at 10 s and bound by cni. */
static void open_with_pod(struct feed *feed)
{
	feed_open(feed);
	census(feed, { 1, 5, 90, NULL });
	feed->now = 10;
	feed_listing(feed, "cart", NULL);
	feed_created(feed, 2);
	feed_binding(feed, "cart", 1002, 11);
	expect(feed, "1 netns.created 1\n"
		     "10 netns.created 2\n"
		     "10 netns.bound 2 cart by cni\n");
}

static void clean_delete(void **state)
{
	struct feed feed;

	(void)state;
	open_with_pod(&feed);
	feed.now = 100;
	feed_listing(&feed, NULL);
	feed.now = 101;
	feed_freed(&feed, 2);
	feed_until(&feed, 10000);
	expect(&feed, "100 pod.gone 2 cart\n"
		      "101 netns.dying 2 cart\n"
		      "101 netns.freed 2 cart +1\n");
	assert_false(pipeline_wants_census(feed.pipeline));
	assert_int_equal(pipeline_deadline(feed.pipeline), 0);
	feed_close(&feed);
}

static void leak(void **state)
{
	struct feed feed;

	(void)state;
	open_with_pod(&feed);
	feed.now = 100;
	feed_listing(&feed, NULL);
	feed_until(&feed, 159);
	assert_false(pipeline_wants_census(feed.pipeline));
	expect(&feed, "100 pod.gone 2 cart\n");
	feed_until(&feed, 160);
	/* A suspect; the kernel is asked before anything is said. */
	assert_true(pipeline_wants_census(feed.pipeline));
	expect(&feed, "");
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	expect(&feed, "160 netns.leaked 2 cart +60\n");
	/* Once. */
	feed_until(&feed, 100000);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	expect(&feed, "");
	feed_freed(&feed, 2);
	expect(&feed, "100000 netns.dying 2 cart\n"
		      "100000 netns.freed 2 cart +99900\n"
		      "100000 netns.recovered 2 cart +99900\n");
	feed_close(&feed);
}

/* The last reference went between the deadline and the census. */
static void suspect_dies(void **state)
{
	struct feed feed;

	(void)state;
	open_with_pod(&feed);
	feed.now = 100;
	feed_listing(&feed, NULL);
	feed_until(&feed, 160);
	census(&feed, { 1, 5, 90, NULL }, { 2, 0, 0, NULL });
	expect(&feed, "100 pod.gone 2 cart\n160 netns.dying 2 cart\n");
	feed_close(&feed);
}

static void old_pod(void **state)
{
	struct feed feed;

	(void)state;
	open_with_pod(&feed);
	feed_until(&feed, 86400);
	feed_listing(&feed, NULL);
	feed_until(&feed, 86459);
	expect(&feed, "86400 pod.gone 2 cart\n");
	assert_false(pipeline_wants_census(feed.pipeline));
	feed_close(&feed);
}

static void terminating_is_not_gone(void **state)
{
	struct input_pod pod = feed_pod_of("file:pods", "cart");
	struct feed feed;

	(void)state;
	open_with_pod(&feed);
	pod = feed_pod_of("file:pods", "cart");
	pod.terminating = true;
	feed.now = 100;
	feed_source(&feed, "file:pods", SOURCE_SYNCING, true);
	feed_pod_input(&feed, &pod);
	feed_synced(&feed, "file:pods", true, 100);
	feed_until(&feed, 10000);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	expect(&feed, "");
	feed_close(&feed);
}

static void finished_is_gone(void **state)
{
	static const enum pod_phase phases[] = { POD_SUCCEEDED, POD_FAILED };
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct feed feed;
		struct input_pod pod;

		open_with_pod(&feed);
		pod = feed_pod_of("file:pods", "cart");
		pod.phase = phases[i];
		pod.finished_wall = (int64_t)((FEED_EPOCH + 50) * SECOND);
		feed.now = 100;
		feed_source(&feed, "file:pods", SOURCE_SYNCING, true);
		feed_pod_input(&feed, &pod);
		feed_synced(&feed, "file:pods", true, 100);
		/* The clock started when it finished, not when it was learned. */
		feed_until(&feed, 110);
		census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
		expect(&feed, "50 pod.gone 2 cart\n110 netns.leaked 2 cart +60\n");
		feed_close(&feed);
	}
}

static void pod_comes_back(void **state)
{
	struct feed feed;

	(void)state;
	open_with_pod(&feed);
	feed.now = 100;
	feed_listing(&feed, NULL);
	feed.now = 130;
	feed_listing(&feed, "cart", NULL);
	feed_until(&feed, 10000);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	expect(&feed, "100 pod.gone 2 cart\n");
	feed_close(&feed);
}

/* An authority that went down before it could say that the pod is gone accuses nobody. */
static void authority_down(void **state)
{
	struct feed feed;

	(void)state;
	open_with_pod(&feed);
	feed.now = 100;
	feed_source(&feed, "file:pods", SOURCE_DOWN, true);
	feed_until(&feed, 10000);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	expect(&feed, "100 trace.source_down\n");
	/* Back, and the pod is not there: gone as of the listing. */
	feed_listing(&feed, NULL);
	feed_until(&feed, 10060);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	expect(&feed, "10000 pod.gone 2 cart\n10060 netns.leaked 2 cart +60\n");
	feed_close(&feed);
}

/* What one authority says does not count while another, which knew the pod, cannot be asked. */
static void two_authorities(void **state)
{
	struct feed feed;

	(void)state;
	open_with_pod(&feed);
	feed_source(&feed, "other", SOURCE_SYNCING, true);
	feed_pod(&feed, "other", "cart", NULL);
	feed_synced(&feed, "other", true, 10);
	feed.now = 100;
	feed_listing(&feed, NULL);
	feed_until(&feed, 1000);
	expect(&feed, "");
	feed_source(&feed, "other", SOURCE_DOWN, true);
	feed_until(&feed, 2000);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	expect(&feed, "1000 trace.source_down\n");
	feed_source(&feed, "other", SOURCE_SYNCING, true);
	feed_synced(&feed, "other", true, 2000);
	/* It went at the earlier of the two moments; the grace runs from the later one. */
	expect(&feed, "100 pod.gone 2 cart\n");
	feed_until(&feed, 2059);
	assert_false(pipeline_wants_census(feed.pipeline));
	feed_until(&feed, 2060);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	expect(&feed, "2060 netns.leaked 2 cart +1960\n");
	feed_close(&feed);
}

/* A source that never could be asked: a suspect waits for it. */
static void authority_never_up(void **state)
{
	struct feed feed;

	(void)state;
	open_with_pod(&feed);
	feed_source(&feed, "other", SOURCE_DOWN, true);
	feed.now = 100;
	feed_listing(&feed, NULL);
	feed_until(&feed, 160);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	expect(&feed, "10 trace.source_down\n100 pod.gone 2 cart\n");
	feed.now = 200;
	feed_source(&feed, "other", SOURCE_SYNCING, true);
	feed_synced(&feed, "other", true, 200);
	assert_true(pipeline_wants_census(feed.pipeline));
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	expect(&feed, "200 netns.leaked 2 cart +100\n");
	feed_close(&feed);
}

#define DOCKER "docker:/run/docker.sock"

/* A listing begins: the source knows but some of the node's pods, so it does not say since when. */
static void feed_containers(struct feed *feed, const char *source)
{
	assert_int_equal(feed_input(feed, (struct input){ .kind = INPUT_SOURCE,
							  .source = { .source = source, .state = SOURCE_SYNCING,
								      .authority = true, .detail = "" } }), 0);
}

/* Docker says that this container runs, and that netns 3 is its. */
static void feed_container(struct feed *feed, const struct input_pod *container)
{
	feed_pod_input(feed, container);
	assert_int_equal(feed_input(feed, (struct input){ .kind = INPUT_BINDING,
							  .binding = { .source = DOCKER, .evidence = EVIDENCE_CRI,
								       .key = "web", .pod_uid = container->uid,
								       .pod_namespace = container->namespace_,
								       .pod_name = container->name,
								       .container_id = "c0ffee", .netns_path = "",
								       .netns_inum = 1003,
								       .as_of_wall = container->finished_wall } }), 0);
}

/* Docker knows its own containers and the API server its pods: neither's silence ends the other's, or spares it. */
static void containers_and_pods(void **state)
{
	struct input_pod container = feed_pod_of(DOCKER, "web");
	struct feed feed;

	(void)state;
	container.uid = "c0ffee@1";
	container.namespace_ = DOCKER_NAMESPACE;
	container.node = "";
	container.finished_wall = (int64_t)(FEED_EPOCH + 20) * 1000000000ll;
	open_with_pod(&feed);
	feed_created(&feed, 3);
	feed_containers(&feed, DOCKER);
	feed_container(&feed, &container);
	feed_synced(&feed, DOCKER, true, 10);
	expect(&feed, "10 netns.created 3\n10 netns.bound 3 web by cri\n");
	/* Long after they were bound, each lists anew, without the other's. */
	feed.now = 1000;
	feed_containers(&feed, DOCKER);
	feed_container(&feed, &container);
	feed_synced(&feed, DOCKER, true, 1000);
	feed_listing(&feed, "cart", NULL);
	feed_containers(&feed, "docker:/other.sock");
	feed_synced(&feed, "docker:/other.sock", true, 1000);
	feed_until(&feed, 2000);
	expect(&feed, "");
	/* The API server is away: that is nothing to a container. */
	feed_source(&feed, "file:pods", SOURCE_DOWN, true);
	container.phase = POD_FAILED;
	container.finished_wall = (int64_t)(FEED_EPOCH + 1990) * 1000000000ll;
	feed_pod_input(&feed, &container);
	feed_until(&feed, 2060);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL }, { 3, 1, 0, NULL });
	expect(&feed, "2000 trace.source_down\n1990 pod.gone 3 web\n2060 netns.leaked 3 web +70\n");
	/* Whose netns is freed before it is said to be gone is gone all the same. */
	feed_freed(&feed, 3);
	container.uid = "c0ffee@2";
	container.phase = POD_RUNNING;
	feed_pod_input(&feed, &container);
	feed_input(&feed, (struct input){ .kind = INPUT_POD_GONE,
					  .pod_gone = { .source = DOCKER, .uid = container.uid,
							.gone_wall = (int64_t)(FEED_EPOCH + 2060) * 1000000000ll } });
	expect(&feed, "2060 netns.dying 3 web\n2060 netns.freed 3 web +70\n2060 netns.recovered 3 web +70\n"
		      "2060 pod.gone web\n");
	/* And Docker's being away is nothing to a pod. */
	feed_source(&feed, DOCKER, SOURCE_DOWN, true);
	feed_listing(&feed, NULL);
	feed_until(&feed, 2120);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	expect(&feed, "2060 trace.source_down\n2060 pod.gone 2 cart\n2120 netns.leaked 2 cart +60\n");
	feed_close(&feed);
}

/* A pod that is younger than the listing says nothing about the listing. */
static void younger_than_the_listing(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed);
	census(&feed, { 1, 5, 90, NULL });
	feed.now = 100;
	feed_listing(&feed, NULL);
	feed_created(&feed, 2);
	feed_binding(&feed, "cart", 1002, 100);
	feed.now = 125; /* the next listing began before the pod was made, or so it may be */
	feed_listing(&feed, NULL);
	feed_until(&feed, 1000);
	expect(&feed, "1 netns.created 1\n100 netns.created 2\n100 netns.bound 2 cart by cni\n");
	feed_listing(&feed, NULL);
	expect(&feed, "1000 pod.gone 2 cart\n");
	feed_close(&feed);
}

/* Made before netnsleak started; the pod goes after. */
static void preexisting(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed);
	census(&feed, { 1, 5, 90, NULL }, { 2, 2, 1, NULL });
	feed_listing(&feed, "cart", NULL);
	feed_binding(&feed, "cart", 1002, 0);
	feed.now = 100;
	feed_listing(&feed, NULL);
	feed_until(&feed, 160);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	expect(&feed, "1 netns.created 1\n1 netns.created 2\n1 netns.bound 2 cart by cni\n"
		      "100 pod.gone 2 cart\n160 netns.leaked 2 cart +60\n");
	feed_close(&feed);
}

/* After a loss nothing is said until a census; then the same verdict as without the loss. */
static void loss(void **state)
{
	struct feed feed;

	(void)state;
	open_with_pod(&feed);
	feed.now = 100;
	feed_listing(&feed, NULL);
	feed_lost(&feed, 7);
	assert_true(pipeline_wants_census(feed.pipeline));
	feed_until(&feed, 200);
	expect(&feed, "100 pod.gone 2 cart\n100 trace.lost #7\n");
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	expect(&feed, "200 trace.resynced #2\n200 netns.leaked 2 cart +100\n");
	/* The gap in the sequence numbers shows later; it is the same loss. */
	feed_created(&feed, 3);
	expect(&feed, "200 netns.created 3\n");
	assert_false(pipeline_wants_census(feed.pipeline));
	feed_close(&feed);
}

/* Its end is among what was lost: the census has it no more, and it is no leak. */
static void end_lost(void **state)
{
	struct feed feed;

	(void)state;
	open_with_pod(&feed);
	feed.now = 100;
	feed_listing(&feed, NULL);
	feed_lost(&feed, 3);
	census(&feed, { 1, 5, 90, NULL });
	feed_until(&feed, 1000);
	expect(&feed, "100 pod.gone 2 cart\n100 trace.lost #3\n100 trace.resynced #1\n");
	assert_int_equal(state_counts(pipeline_state(feed.pipeline))->vanished, 1);
	feed_close(&feed);
}

/* A gap alone, found by the numbers. */
static void gap(void **state)
{
	struct feed feed;

	(void)state;
	open_with_pod(&feed);
	feed_skip(&feed, 2);
	feed_created(&feed, 3);
	expect(&feed, "10 trace.lost #2\n10 netns.created 3\n");
	assert_true(pipeline_wants_census(feed.pipeline));
	feed_close(&feed);
}

/* A new netns with the inode number of a freed one is another, also for what the CNI cache says. */
static void inode_reuse(void **state)
{
	struct feed feed;

	(void)state;
	open_with_pod(&feed);
	feed.now = 100;
	feed_listing(&feed, NULL);
	feed_freed(&feed, 2);
	feed.log[0] = '\0';
	feed_created_as(&feed, 3, 103, 1002, 77);
	/* The old cache file is read again. */
	feed_binding(&feed, "cart", 1002, 11);
	feed_until(&feed, 1000);
	census(&feed, { 1, 5, 90, NULL }, { 3, 1, 1, NULL });
	expect(&feed, "100 netns.created 3\n");
	feed_close(&feed);
}

/* The address of struct net is reused, and the end of the first was lost. */
static void handle_reuse(void **state)
{
	struct feed feed;

	(void)state;
	open_with_pod(&feed);
	feed_created_as(&feed, 2, 999, 1002, 12345);
	expect(&feed, "10 netns.created 2\n");
	assert_int_equal(state_counts(pipeline_state(feed.pipeline))->vanished, 1);
	feed_close(&feed);
}

static void orphan(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed);
	census(&feed, { 1, 5, 90, NULL });
	feed.now = 10;
	feed_created(&feed, 2);
	feed_created(&feed, 3);
	feed_until(&feed, 3610);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL }, { 3, 1, 2, NULL });
	/* 3 has tasks: in use. */
	expect(&feed, "1 netns.created 1\n10 netns.created 2\n10 netns.created 3\n"
		      "3610 netns.orphan 2 +3600\n");
	feed_until(&feed, 4600);
	assert_true(pipeline_wants_census(feed.pipeline));
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL }, { 3, 1, 0, NULL });
	expect(&feed, "4600 netns.orphan 3 +4590\n");
	feed_freed(&feed, 2);
	expect(&feed, "4600 netns.dying 2\n4600 netns.freed 2\n");
	feed_close(&feed);
}

/* A finding says what holds the netns: nothing is found before that was looked for, after the deadline. */
static void holders_first(void **state)
{
	struct feed feed;
	struct input holders = { .kind = INPUT_HOLDERS, .holders = { .netns = 2, .counted = 1 } };

	(void)state;
	feed_open_finding_holders(&feed);
	census(&feed, { 1, 5, 90, NULL });
	feed_created(&feed, 2);
	feed_created(&feed, 3);
	feed.now = 3600;
	feed_input(&feed, holders);
	feed_until(&feed, 3610);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL }, { 3, 1, 0, NULL });
	expect(&feed, "1 netns.created 1\n1 netns.created 2\n1 netns.created 3\n");
	assert_true(pipeline_wants_census(feed.pipeline));
	feed_input(&feed, holders);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL }, { 3, 1, 0, NULL });
	expect(&feed, "3610 netns.orphan 2 +3609\n");
	/* It could not be looked for. */
	holders.holders = (struct input_holders){ .netns = 3, .counted = -1 };
	feed_input(&feed, holders);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL }, { 3, 1, 0, NULL });
	expect(&feed, "3610 netns.orphan 3 +3609\n");
	feed_close(&feed);
}

/* No orphan while a source that might know its pod cannot be asked. */
static void orphan_waits(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed);
	census(&feed, { 1, 5, 90, NULL });
	feed_source(&feed, "cni:/var/lib/cni", SOURCE_DOWN, false);
	feed_created(&feed, 2);
	feed_until(&feed, 3601);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	expect(&feed, "1 netns.created 1\n1 trace.source_down\n1 netns.created 2\n");
	feed_source(&feed, "cni:/var/lib/cni", SOURCE_SYNCING, false);
	feed_synced(&feed, "cni:/var/lib/cni", false, 3601);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	expect(&feed, "3601 netns.orphan 2 +3600\n");
	feed_close(&feed);
}

static void stuck(void **state)
{
	struct feed feed;

	(void)state;
	open_with_pod(&feed);
	feed.now = 100;
	feed_end(&feed, NNS_NETNS_DYING, 2);
	feed_end(&feed, NNS_NETNS_CLEANUP, 2);
	feed_until(&feed, 160);
	assert_true(pipeline_wants_census(feed.pipeline));
	census(&feed, { 1, 5, 90, NULL });
	expect(&feed, "100 netns.dying 2 cart\n160 netns.stuck 2 cart +60\n");
	feed_until(&feed, 1000);
	feed_end(&feed, NNS_NETNS_FREED, 2);
	expect(&feed, "1000 netns.freed 2 cart\n");
	feed_close(&feed);
}

/* Many at once take long: as long as the teardown gets on, nothing is stuck. */
static void backlog(void **state)
{
	struct feed feed;
	unsigned n;

	(void)state;
	feed_open(&feed);
	census(&feed, { 1, 5, 90, NULL });
	for (n = 2; n < 12; n++)
		feed_created(&feed, n);
	for (n = 2; n < 12; n++)
		feed_end(&feed, NNS_NETNS_DYING, n);
	feed.log[0] = '\0';
	for (n = 2; n < 12; n++) {
		feed_until(&feed, feed.now + 50);
		if (pipeline_wants_census(feed.pipeline))
			census(&feed, { 1, 5, 90, NULL }, { 11, 0, 0, NULL });
		feed_end(&feed, NNS_NETNS_CLEANUP, n);
		feed_end(&feed, NNS_NETNS_FREED, n);
	}
	assert_null(strstr(feed.log, "stuck"));
	assert_int_equal(state_counts(pipeline_state(feed.pipeline))->freed, 10);
	feed_close(&feed);
}

/* Netns 2 and 3 are taken down in one go, and the kernel waits for a device of 2; 4 waits for it to begin. */
static void open_with_three_dying(struct feed *feed)
{
	unsigned n;

	feed_open_finding_blockers(feed);
	census(feed, { 1, 5, 90, NULL });
	for (n = 2; n < 5; n++) {
		feed_created(feed, n);
		feed_dev(feed, NNS_DEV_REGISTERED, n, 2, "eth0");
	}
	for (n = 2; n < 4; n++) {
		feed_end(feed, NNS_NETNS_DYING, n);
		feed_end(feed, NNS_NETNS_CLEANUP, n);
	}
	for (n = 2; n < 4; n++)
		feed_dev(feed, NNS_DEV_UNREGISTERED, n, 2, "eth0");
	feed_end(feed, NNS_NETNS_DYING, 4);
	feed->log[0] = '\0';
	feed_until(feed, 61);
}

static const struct netns *netns_of(const struct feed *feed, unsigned n)
{
	return state_by_handle(pipeline_state(feed->pipeline), n);
}

static void blocked(void **state)
{
	struct feed feed;
	unsigned n;

	(void)state;
	open_with_three_dying(&feed);
	/* Not before it was looked at. */
	census(&feed, { 1, 5, 90, NULL });
	expect(&feed, "");
	for (n = 2; n < 5; n++)
		feed_teardown(&feed, n, "default_device_exit_batch");
	feed_blocker(&feed, 2, 2, 2, 1);
	feed_input(&feed, (struct input){ .kind = INPUT_KERNEL_LOG, .kernel_log = { "eth0", 2 } });
	census(&feed, { 1, 5, 90, NULL });
	expect(&feed, "61 netns.stuck 2 +60 #1\n");
	assert_string_equal(netns_blocker(netns_of(&feed, 2))->name, "eth0");
	assert_int_equal(netns_blocker(netns_of(&feed, 2))->since, 1 * SECOND);
	assert_string_equal(netns_of(&feed, 2)->teardown->log_device, "eth0");
	assert_null(netns_blocker(netns_of(&feed, 3)));
	assert_string_equal(netns_of(&feed, 4)->teardown->log_device, "eth0");
	/* The others are looked at again, and are as innocent as they were. */
	feed_until(&feed, 122);
	for (n = 3; n < 5; n++)
		feed_teardown(&feed, n, "default_device_exit_batch");
	census(&feed, { 1, 5, 90, NULL });
	expect(&feed, "");
	for (n = 2; n < 4; n++)
		feed_end(&feed, NNS_NETNS_FREED, n);
	feed_end(&feed, NNS_NETNS_CLEANUP, 4);
	feed_end(&feed, NNS_NETNS_FREED, 4);
	expect(&feed, "122 netns.freed 2\n122 netns.freed 3\n122 netns.freed 4\n");
	feed_close(&feed);
}

/* What hangs is no device: those that the kernel has in hand are stuck, and what waits for them is not. */
static void hangs_elsewhere(void **state)
{
	struct feed feed;
	unsigned n;

	(void)state;
	open_with_three_dying(&feed);
	for (n = 2; n < 5; n++)
		feed_teardown(&feed, n, "nf_tables_exit_net");
	census(&feed, { 1, 5, 90, NULL });
	expect(&feed, "61 netns.stuck 2 +60 #1\n61 netns.stuck 3 +60 #1\n");
	assert_string_equal(netns_of(&feed, 2)->teardown->function, "nf_tables_exit_net");
	feed.now = 100;
	feed_input(&feed, (struct input){ .kind = INPUT_END });
	assert_int_equal(feed.summary.state.dying, 3);
	assert_int_equal(feed.summary.queued, 1);
	assert_int_equal(feed.summary.dying_longest, 99 * SECOND);
	feed_close(&feed);
}

/* The kernel hung already when the session began: one finding for all that wait. */
static void hung_before(void **state)
{
	struct feed feed;

	(void)state;
	feed_open_finding_blockers(&feed);
	census(&feed, { 1, 5, 90, NULL }, { 2, 0, 0, NULL }, { 3, 0, 0, NULL });
	expect(&feed, "1 netns.created 1\n1 netns.created 2\n1 netns.dying 2\n1 netns.created 3\n1 netns.dying 3\n");
	feed_until(&feed, 61);
	feed_teardown(&feed, 2, "default_device_exit_batch");
	feed_teardown(&feed, 3, "default_device_exit_batch");
	census(&feed, { 1, 5, 90, NULL }, { 2, 0, 0, NULL }, { 3, 0, 0, NULL });
	expect(&feed, "61 netns.stuck 2 +60 #1\n");
	feed_until(&feed, 121);
	feed_teardown(&feed, 3, "default_device_exit_batch");
	census(&feed, { 1, 5, 90, NULL }, { 2, 0, 0, NULL }, { 3, 0, 0, NULL });
	expect(&feed, "");
	feed_close(&feed);
}

/* The other end of its veth, in the node's netns, goes with it and may be what is waited for. */
static void blocked_by_peer(void **state)
{
	struct feed feed;
	struct nns_dev end = { .hdr = { NNS_DEV_REGISTERED, sizeof(end), 0, 0, 1 }, .netns = { 1, 0, 1001, 7 },
			       .ifindex = 9, .peer_ifindex = 2, .peer_netns = 2, .flags = NNS_DEV_PEER, .ifname = "veth9" };

	(void)state;
	feed_open_finding_blockers(&feed);
	census(&feed, { 1, 5, 90, NULL });
	feed_created(&feed, 2);
	feed_input(&feed, (struct input){ .kind = INPUT_KERNEL, .kernel = { &end, sizeof(end) } });
	feed_end(&feed, NNS_NETNS_DYING, 2);
	feed_end(&feed, NNS_NETNS_CLEANUP, 2);
	feed_dev(&feed, NNS_DEV_UNREGISTERED, 1, 9, "veth9");
	feed_dev(&feed, NNS_DEV_UNREGISTERED, 1, 10, "other");
	feed_teardown(&feed, 2, "");
	feed_blocker(&feed, 2, 1, 9, 3);
	feed_blocker(&feed, 2, 1, 10, 3);
	assert_int_equal(netns_of(&feed, 2)->teardown->leaving_count, 1);
	assert_string_equal(netns_blocker(netns_of(&feed, 2))->name, "veth9");
	assert_int_equal(netns_blocker(netns_of(&feed, 2))->references, 3);
	assert_int_equal(netns_blocker(netns_of(&feed, 2))->netns, 1);
	feed_teardown(&feed, 2, "");
	assert_null(netns_blocker(netns_of(&feed, 2)));
	feed_close(&feed);
}

/* A new pod gets the address of one whose netns leaked. */
static void reused_address(void **state)
{
	struct feed feed;

	(void)state;
	open_with_pod(&feed);
	feed_addr(&feed, NNS_ADDR_ADDED, 2, "10.0.1.5");
	feed.now = 100;
	feed_source(&feed, "file:pods", SOURCE_SYNCING, true);
	feed_pod(&feed, "file:pods", "new", "10.0.1.5");
	feed_synced(&feed, "file:pods", true, 100);
	feed_created(&feed, 3);
	feed_addr(&feed, NNS_ADDR_ADDED, 3, "10.0.1.5");
	feed_binding(&feed, "new", 1003, 100);
	feed_until(&feed, 160);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, "10.0.1.5" }, { 3, 2, 1, "10.0.1.5" });
	expect(&feed, "100 pod.gone 2 cart\n100 netns.created 3\n100 netns.bound 3 new by cni\n"
		      "160 netns.leaked 2 cart +60\n160 netns.ip_conflict 2/3 cart\n");
	feed_close(&feed);
}

/* The same while the old one is freed in time: no finding. */
static void address_handed_over(void **state)
{
	struct feed feed;

	(void)state;
	open_with_pod(&feed);
	feed_addr(&feed, NNS_ADDR_ADDED, 2, "10.0.1.5");
	feed.now = 100;
	feed_source(&feed, "file:pods", SOURCE_SYNCING, true);
	feed_pod(&feed, "file:pods", "new", "10.0.1.5");
	feed_synced(&feed, "file:pods", true, 100);
	feed_created(&feed, 3);
	feed_addr(&feed, NNS_ADDR_ADDED, 3, "10.0.1.5");
	feed_freed(&feed, 2);
	feed_until(&feed, 10000);
	expect(&feed, "100 pod.gone 2 cart\n100 netns.created 3\n100 netns.dying 2 cart\n"
		      "100 netns.bound 3 new by ip\n100 netns.freed 2 cart\n");
	feed_close(&feed);
}

static void bound_by_address(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed);
	census(&feed, { 1, 5, 90, NULL });
	feed_source(&feed, "file:pods", SOURCE_SYNCING, true);
	feed_pod(&feed, "file:pods", "cart", "fd00::5");
	feed_synced(&feed, "file:pods", true, 1);
	feed_created(&feed, 2);
	feed_addr(&feed, NNS_ADDR_ADDED, 2, "fd00::5");
	expect(&feed, "1 netns.created 1\n1 netns.created 2\n1 netns.bound 2 cart by ip\n");
	/* Stronger evidence for the same pod, then for another one. */
	feed_binding(&feed, "cart", 1002, 2);
	expect(&feed, "1 netns.bound 2 cart by cni\n");
	feed_binding_by(&feed, EVIDENCE_CRI, "cri:/run/containerd/containerd.sock", "other", 1002, 2);
	expect(&feed, "1 netns.contradicted 2 cart\n1 netns.bound 2 other by cri\n");
	/* And weaker evidence does not undo it. */
	feed_binding(&feed, "third", 1002, 3);
	expect(&feed, "1 netns.contradicted 2 other\n");
	feed_close(&feed);
}

/* A runtime knows the pod and not the name of its node: what another source said of that stands. */
static void node_unknown_to_one(void **state)
{
	struct input_pod pod = feed_pod_of("cri", "cart");
	struct ip_address ip;
	struct feed feed;

	(void)state;
	feed_open(&feed);
	census(&feed, { 1, 5, 90, NULL });
	feed_source(&feed, "file:pods", SOURCE_SYNCING, true);
	feed_pod(&feed, "file:pods", "cart", "10.0.1.5");
	feed_synced(&feed, "file:pods", true, 1);
	assert_int_equal(ip_address_parse(&ip, "10.0.1.5", false), 0);
	pod.node = "";
	pod.ips = &ip;
	pod.ip_count = 1;
	feed_pod_input(&feed, &pod);
	feed_created(&feed, 2);
	feed_addr(&feed, NNS_ADDR_ADDED, 2, "10.0.1.5");
	expect(&feed, "1 netns.created 1\n1 netns.created 2\n1 netns.bound 2 cart by ip\n");
	feed_close(&feed);
}

/* The pod is listed before or after its netns has the address. */
static void address_before_pod(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed);
	census(&feed, { 1, 5, 90, "10.0.1.1" }, { 2, 2, 1, "10.0.1.5" }, { 3, 2, 1, "10.0.1.6" });
	feed_source(&feed, "file:pods", SOURCE_SYNCING, true);
	feed_pod(&feed, "file:pods", "cart", "10.0.1.5");
	feed_synced(&feed, "file:pods", true, 1);
	expect(&feed, "1 netns.created 1\n1 netns.created 2\n1 netns.created 3\n1 netns.bound 2 cart by ip\n");
	feed_close(&feed);
}

static void pods_that_bind_nothing(void **state)
{
	struct input_pod pod = feed_pod_of("file:pods", "cart");
	struct ip_address ip = { .family = 2, .bytes = { 10, 0, 1, 5 } };
	struct feed feed;
	int variant;

	(void)state;
	for (variant = 0; variant < 3; variant++) {
		feed_open(&feed);
		census(&feed, { 1, 5, 90, "10.0.1.5" });
		pod = feed_pod_of("file:pods", "cart");
		pod.ips = &ip;
		pod.ip_count = 1;
		pod.host_network = variant == 0;
		pod.node = variant == 1 ? "worker-2" : FEED_NODE;
		feed_source(&feed, "file:pods", SOURCE_SYNCING, true);
		feed_pod_input(&feed, &pod);
		feed_synced(&feed, "file:pods", true, 1);
		/* Not the node's own netns, whoever says so (variant 2), and not this one else. */
		if (variant < 2)
			feed_created(&feed, 2);
		if (variant < 2)
			feed_addr(&feed, NNS_ADDR_ADDED, 2, "10.0.1.5");
		feed_binding(&feed, "cart", 1001, 2);
		expect(&feed, variant < 2 ? "1 netns.created 1\n1 netns.created 2\n" :
					    "1 netns.created 1\n1 netns.host_used 1 cart\n");
		feed_close(&feed);
	}
}

/* A mirror pod: the runtime knows the static pod by another uid than the API. */
static void static_pod(void **state)
{
	struct input_pod pod;
	struct feed feed;
	int order;

	(void)state;
	for (order = 0; order < 2; order++) {
		feed_open(&feed);
		census(&feed, { 1, 5, 90, NULL }, { 2, 2, 1, NULL });
		if (order)
			feed_binding(&feed, "web", 1002, 0);
		feed.now = 100;
		pod = feed_pod_of("file:pods", "web-worker-1");
		pod.alias_uid = "uid-web";
		feed_source(&feed, "file:pods", SOURCE_SYNCING, true);
		feed_pod_input(&feed, &pod);
		feed_synced(&feed, "file:pods", true, 100);
		if (!order)
			feed_binding(&feed, "web", 1002, 0);
		feed_until(&feed, 1000);
		assert_null(strstr(feed.log, "gone"));
		assert_non_null(strstr(feed.log, "netns.bound 2"));
		feed_close(&feed);
	}
}

/* A living pod's netns is not reported as the dead one's that had it before. */
static void netns_taken_over(void **state)
{
	struct feed feed;

	(void)state;
	open_with_pod(&feed);
	feed.now = 100;
	feed_listing(&feed, "heir", NULL);
	feed_binding(&feed, "heir", 1002, 101);
	feed_until(&feed, 1000);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	expect(&feed, "100 pod.gone 2 cart\n100 netns.contradicted 2 cart\n100 netns.bound 2 heir by cni\n");
	feed_close(&feed);
}

/* A pod made anew under its old address: a listing older than the netns binds it to no one, the next to the living. */
static void address_of_the_next(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed);
	census(&feed, { 1, 5, 90, NULL });
	feed_source(&feed, "file:pods", SOURCE_SYNCING, true);
	feed_pod(&feed, "file:pods", "old", "10.0.1.5");
	feed_synced(&feed, "file:pods", true, 1);
	feed.now = 20;
	feed_created(&feed, 2);
	feed_addr(&feed, NNS_ADDR_ADDED, 2, "10.0.1.5");
	feed.now = 50;
	feed_source(&feed, "file:pods", SOURCE_SYNCING, true);
	feed_pod(&feed, "file:pods", "next", "10.0.1.5");
	feed_synced(&feed, "file:pods", true, 50);
	feed_until(&feed, 1000);
	census(&feed, { 1, 5, 90, NULL }, { 2, 2, 1, "10.0.1.5" });
	expect(&feed, "1 netns.created 1\n20 netns.created 2\n50 pod.gone old\n50 netns.bound 2 next by ip\n");
	feed_close(&feed);
}

/* Neither netns is bound to the new pod: the dead pod's is in the wrong. */
static void conflict_spares_the_living(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, "10.0.1.5" });
	feed_source(&feed, "file:pods", SOURCE_SYNCING, true);
	feed_pod(&feed, "file:pods", "old", "10.0.1.5");
	feed_synced(&feed, "file:pods", true, 1);
	feed.now = 50;
	feed_created(&feed, 3);
	feed_addr(&feed, NNS_ADDR_ADDED, 3, "10.0.1.5");
	feed_source(&feed, "file:pods", SOURCE_SYNCING, true);
	feed_pod(&feed, "file:pods", "new", "10.0.1.5");
	feed_synced(&feed, "file:pods", true, 50);
	feed_until(&feed, 110);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, "10.0.1.5" }, { 3, 2, 1, "10.0.1.5" });
	expect(&feed, "1 netns.created 1\n1 netns.created 2\n1 netns.bound 2 old by ip\n50 netns.created 3\n"
		      "50 pod.gone 2 old\n110 netns.leaked 2 old +60\n110 netns.ip_conflict 2/3 old\n");
	feed_close(&feed);
}

/* Two living pods have one address on networks of their own; loopback and link-local ones are everybody's. */
static void addresses_that_are_shared(void **state)
{
	static const char *const addresses[] = { "192.168.1.1", "127.0.0.1", "::1", "fe80::1", "169.254.1.1" };
	struct feed feed;
	size_t i;

	(void)state;
	for (i = 0; i < 5; i++) {
		feed_open(&feed);
		census(&feed, { 1, 5, 90, NULL }, { 2, 2, 1, addresses[i] }, { 3, 2, 1, addresses[i] });
		feed_binding(&feed, "a", 1002, 0);
		feed_binding(&feed, "b", 1003, 0);
		feed_source(&feed, "file:pods", SOURCE_SYNCING, true);
		feed_pod(&feed, "file:pods", "a", addresses[i]);
		feed_pod(&feed, "file:pods", "b", addresses[i]);
		feed_synced(&feed, "file:pods", true, 1);
		feed_until(&feed, 1000);
		census(&feed, { 1, 5, 90, NULL }, { 2, 2, 1, addresses[i] }, { 3, 2, 1, addresses[i] });
		expect(&feed, "1 netns.created 1\n1 netns.created 2\n1 netns.created 3\n"
			      "1 netns.bound 2 a by cni\n1 netns.bound 3 b by cni\n");
		feed_close(&feed);
	}
}

/* Older runtimes do not pass the uid on: the name means the newest pod that has it. */
static void namesakes(void **state)
{
	struct input_binding told = { .source = "cni:/var/lib/cni", .evidence = EVIDENCE_CNI, .key = "a",
				      .pod_uid = "", .pod_namespace = "shop", .pod_name = "cart",
				      .container_id = "", .netns_path = "", .netns_inum = 1003,
				      .as_of_wall = (int64_t)((FEED_EPOCH + 181) * SECOND) };
	struct feed feed;

	(void)state;
	open_with_pod(&feed);
	feed.now = 100;
	feed_listing(&feed, NULL);
	feed_until(&feed, 160);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	feed.log[0] = '\0';
	feed.now = 180;
	feed_created(&feed, 3);
	assert_int_equal(feed_input(&feed, (struct input){ .kind = INPUT_BINDING, .binding = told }), 0);
	feed_until(&feed, 200);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL }, { 3, 2, 1, NULL });
	expect(&feed, "180 netns.created 3\n180 netns.bound 3 cart by cni\n");
	feed_close(&feed);
}

/* A netns that changes hands after it was reported is a living pod's, and may leak again. */
static void leaks_twice(void **state)
{
	struct report_summary summary;
	struct feed feed;

	(void)state;
	open_with_pod(&feed);
	feed.now = 100;
	feed_listing(&feed, "heir", NULL);
	feed_until(&feed, 160);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	feed_binding(&feed, "heir", 1002, 161);
	feed_binding(&feed, "heir", 1002, 161);
	pipeline_summary(feed.pipeline, &summary);
	assert_int_equal(summary.findings_now, 0);
	expect(&feed, "100 pod.gone 2 cart\n160 netns.leaked 2 cart +60\n160 netns.contradicted 2 cart\n"
		      "160 netns.bound 2 heir by cni\n");
	feed.now = 300;
	feed_listing(&feed, NULL);
	feed_until(&feed, 360);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	expect(&feed, "300 pod.gone 2 heir\n360 netns.leaked 2 heir +60\n");
	feed_close(&feed);
}

/* A contradiction is told once, however often the source repeats it. */
static void contradiction(void **state)
{
	struct feed feed;

	(void)state;
	open_with_pod(&feed);
	feed_binding_by(&feed, EVIDENCE_CNI, "cni:/elsewhere", "other", 1002, 11);
	feed_binding_by(&feed, EVIDENCE_CNI, "cni:/elsewhere", "other", 1002, 11);
	expect(&feed, "10 netns.contradicted 2 cart\n");
	feed_close(&feed);
}

/* A restart between the pod's end and the report, and one after it. */
static int restored_to(void *ctx, const struct input_restored *memory)
{
	return feed_input(ctx, (struct input){ .kind = INPUT_RESTORED, .restored = *memory });
}

static void restart(void **state)
{
	struct feed first, second, third;

	(void)state;
	open_with_pod(&first);
	first.now = 100;
	feed_listing(&first, NULL);

	feed_open(&second);
	second.now = 150;
	assert_int_equal(pipeline_remember(first.pipeline, restored_to, &second), 0);
	census(&second, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	feed_listing(&second, NULL);
	feed_until(&second, 160);
	census(&second, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	expect(&second, "150 netns.created 1\n150 netns.created 2\n150 netns.bound 2 cart by cni\n"
			"100 pod.gone 2 cart\n160 netns.leaked 2 cart +60\n");

	feed_open(&third);
	third.now = 170;
	assert_int_equal(pipeline_remember(second.pipeline, restored_to, &third), 0);
	census(&third, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	feed_until(&third, 10000);
	census(&third, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	assert_null(strstr(third.log, "leaked"));
	third.log[0] = '\0';
	feed_freed(&third, 2);
	expect(&third, "10000 netns.dying 2 cart\n10000 netns.freed 2 cart +9900\n"
		       "10000 netns.recovered 2 cart +9900\n");
	feed_close(&first);
	feed_close(&second);
	feed_close(&third);
}

/* Another netns has got the inode number since. */
static void restart_with_inode_reuse(void **state)
{
	struct feed first, second;

	(void)state;
	open_with_pod(&first);
	first.now = 100;
	feed_listing(&first, NULL);
	feed_open(&second);
	second.now = 150;
	assert_int_equal(pipeline_remember(first.pipeline, restored_to, &second), 0);
	feed_created_as(&second, 9, 109, 1002, 5);
	census(&second, { 1, 5, 90, NULL }, { 9, 1, 0, NULL });
	feed_until(&second, 1000);
	expect(&second, "150 netns.created 9\n150 netns.created 1\n");
	feed_close(&first);
	feed_close(&second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clean_delete),
		cmocka_unit_test(leak),
		cmocka_unit_test(suspect_dies),
		cmocka_unit_test(old_pod),
		cmocka_unit_test(terminating_is_not_gone),
		cmocka_unit_test(finished_is_gone),
		cmocka_unit_test(pod_comes_back),
		cmocka_unit_test(authority_down),
		cmocka_unit_test(two_authorities),
		cmocka_unit_test(authority_never_up),
		cmocka_unit_test(containers_and_pods),
		cmocka_unit_test(younger_than_the_listing),
		cmocka_unit_test(preexisting),
		cmocka_unit_test(loss),
		cmocka_unit_test(end_lost),
		cmocka_unit_test(gap),
		cmocka_unit_test(inode_reuse),
		cmocka_unit_test(handle_reuse),
		cmocka_unit_test(orphan), cmocka_unit_test(holders_first),
		cmocka_unit_test(orphan_waits),
		cmocka_unit_test(stuck),
		cmocka_unit_test(blocked),
		cmocka_unit_test(hangs_elsewhere),
		cmocka_unit_test(hung_before),
		cmocka_unit_test(blocked_by_peer),
		cmocka_unit_test(backlog),
		cmocka_unit_test(reused_address),
		cmocka_unit_test(address_handed_over),
		cmocka_unit_test(bound_by_address),
		cmocka_unit_test(address_before_pod),
		cmocka_unit_test(pods_that_bind_nothing),
		cmocka_unit_test(static_pod),
		cmocka_unit_test(netns_taken_over),
		cmocka_unit_test(address_of_the_next),
		cmocka_unit_test(conflict_spares_the_living),
		cmocka_unit_test(addresses_that_are_shared),
		cmocka_unit_test(node_unknown_to_one),
		cmocka_unit_test(namesakes),
		cmocka_unit_test(leaks_twice),
		cmocka_unit_test(contradiction),
		cmocka_unit_test(restart),
		cmocka_unit_test(restart_with_inode_reuse),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
