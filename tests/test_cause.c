/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which cause is said of a netns, and what it rests on: by the calls of CNI plugins that a pipeline was told of, and by what
 * holds it.  And, as often, which cause is not said.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "cause.h"
#include "cni_calls.h"
#include "feed.h"

#define NETNS 2 /* its number: handle 2, inode number 1002 */
#define PATH "/var/run/netns/cart"

/* --- a netns of a pod, told to a pipeline that watches the calls --- */

static struct netns *netns_of(struct feed *feed)
{
	return state_by_handle(pipeline_state(feed->pipeline), NETNS);
}

static void tell_path(struct feed *feed, const char *path, unsigned inum, bool present)
{
	feed_input(feed, (struct input){ .kind = INPUT_PATH, .path = { .path = path, .inum = inum, .present = present } });
}

/* The pod's netns, mounted where the runtime has it, and ten seconds later. */
static void begin(struct feed *feed, bool with_add)
{
	feed_open_seeing_calls(feed);
	feed_census(feed, NULL, 0);
	feed_listing(feed, "cart", NULL);
	feed_created(feed, NETNS);
	tell_path(feed, "/run/netns/cart", 1000 + NETNS, true);
	if (with_add)
		feed_call(feed, "ADD bridge eth0", PATH, 1000 + NETNS, 0);
	feed->now += 10;
}

/* The pod goes; then: kind, then each piece of evidence on a line. */
static void expect_cause(struct feed *feed, const char *text)
{
	struct cause cause;
	char log[2048];
	int length;

	feed_listing(feed, NULL);
	feed->log[0] = '\0';
	cause_find(&cause, netns_of(feed), pipeline_calls(feed->pipeline), (feed->now + 30) * SECOND);
	length = snprintf(log, sizeof(log), "%s\n", cause_name(cause.kind));
	for (size_t i = 0; i < cause.count; i++)
		length += snprintf(log + length, sizeof(log) - (size_t)length, "%s\n", cause.evidence[i]);
	if (strcmp(log, text))
		print_error("--- expected\n%s--- found\n%s---\n", text, log);
	assert_string_equal(log, text);
	feed_close(feed);
}

static void hold(struct feed *feed, struct input_holders sum, const struct input_holder *all, size_t count)
{
	sum.netns = NETNS;
	sum.found = (uint32_t)count;
	feed_input(feed, (struct input){ .kind = INPUT_HOLDERS, .holders = sum });
	for (size_t i = 0; i < count; i++) {
		struct input input = { .kind = INPUT_HOLDER, .holder = all[i] };

		input.holder.netns = NETNS;
		input.holder.comm = all[i].comm ?: "holder";
		input.holder.what = all[i].what ?: "";
		input.holder.cgroup = "";
		feed_input(feed, input);
	}
}

/* --- what is told --- */

/* An ADD binds as soon as it is known which netns it was given; of what a plugin calls nothing is told by itself. */
static void told(void **state)
{
	struct feed feed;

	(void)state;
	feed_open_seeing_calls(&feed);
	feed_census(&feed, NULL, 0);
	feed_created(&feed, NETNS);
	feed_exec(&feed, 20, 0, "ADD /opt/cni/bin/bridge eth0", PATH, 1000 + NETNS);
	expect(&feed, "1 netns.created 2\n1 netns.bound 2 cart by cni\n");
	feed_exec(&feed, 21, 20, "ADD /opt/cni/bin/host-local eth0", PATH, 1000 + NETNS);
	feed_exit(&feed, 21, 0);
	feed_exec(&feed, 22, 20, "ADD /usr/sbin/iptables eth0", PATH, 1000 + NETNS);
	feed_exit(&feed, 22, 0x100);
	expect(&feed, "");
	feed_exit(&feed, 20, 0);
	expect(&feed, "4 cni.called 2 cart\n");
	/* A path that leads to no netns binds none; and what stands where no plugins are, is none. */
	feed_call(&feed, "DEL bridge eth0", PATH, -ENOENT, 0x100);
	feed_exec(&feed, 23, 0, "DEL /bin/ls eth0", PATH, 1000 + NETNS);
	feed_exit(&feed, 23, 0);
	expect(&feed, "5 cni.failed\n");
	feed_freed(&feed, NETNS);
	expect(&feed, "6 netns.dying 2 cart\n6 netns.freed 2 cart\n");
	feed_close(&feed);
}

/* What is still running when the one that called it has ended is told by itself; its end may also be lost. */
static void left_running(void **state)
{
	struct feed feed;

	(void)state;
	feed_open_seeing_calls(&feed);
	feed_census(&feed, NULL, 0);
	feed_exec(&feed, 20, 0, "DEL /opt/cni/bin/multus eth0", "", 0);
	feed_exec(&feed, 21, 20, "DEL /usr/bin/sh eth0", "", 0);
	feed_exec(&feed, 22, 21, "DEL /opt/cni/bin/bridge eth0", "", 0);
	feed_exit(&feed, 21, 0);
	feed_exit(&feed, 20, 9);
	expect(&feed, "4 cni.failed\n");
	feed_exit(&feed, 22, 0);
	expect(&feed, "4 cni.called\n");
	/* The same process number begins anew. */
	feed_exec(&feed, 20, 0, "DEL /opt/cni/bin/bridge eth0", "", 0);
	feed_exec(&feed, 20, 0, "DEL /opt/cni/bin/bridge eth0", "", 0);
	feed_exit(&feed, 20, 0);
	expect(&feed, "6 cni.called\n");
	/* A meta plugin whose daemon calls for it. */
	feed_exec(&feed, 30, 0, "DEL /opt/cni/bin/multus-shim eth0", "", 0);
	feed_exec(&feed, 31, 0, "DEL /opt/cni/bin/bridge eth0", "", 0);
	feed_exit(&feed, 31, 0x100);
	expect(&feed, "");
	feed_exit(&feed, 30, 0x100);
	expect(&feed, "8 cni.failed\n");
	feed_close(&feed);
}

/* What has the environment of a plugin and is none, as env(1) or timeout(1), is not what the runtime has called. */
static void told_by_way_of_others(void **state)
{
	struct feed feed;

	(void)state;
	feed_open_seeing_calls(&feed);
	feed_census(&feed, NULL, 0);
	feed_created(&feed, NETNS);
	feed_exec(&feed, 20, 0, "ADD /usr/bin/env eth0", PATH, 1000 + NETNS);
	expect(&feed, "1 netns.created 2\n");
	feed_go_over(&feed, 20, "ADD /opt/cni/bin/bridge eth0");
	expect(&feed, "2 netns.bound 2 cart by cni\n");
	feed_exit(&feed, 20, 0);
	expect(&feed, "2 cni.called 2 cart\n");
	feed_exec(&feed, 20, 0, "DEL /usr/bin/timeout eth0", PATH, 1000 + NETNS);
	feed_exec(&feed, 21, 20, "DEL /opt/cni/bin/bridge eth0", PATH, 1000 + NETNS);
	feed_exec(&feed, 22, 21, "DEL /opt/cni/bin/host-local eth0", PATH, 1000 + NETNS);
	feed_exit(&feed, 22, 0);
	expect(&feed, "");
	feed_exit(&feed, 21, 0x100);
	expect(&feed, "5 cni.failed 2 cart\n");
	feed_exit(&feed, 20, 0x100);
	expect(&feed, "");
	feed_close(&feed);
}

/* What is no name in CNI_ARGS is no pod's, and what stands at their end may be half a name. */
static void told_of_odd_pods(void **state)
{
	char long_args[NNS_CNI_ARGS_LEN + 64], long_name[NNS_CNI_ARGS_LEN];
	struct feed feed;

	(void)state;
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[300] = '\0';
	snprintf(long_args, sizeof(long_args), "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=%s", long_name);
	const char *const rows[] = { "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=ca\x1brt", "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=caf\xe9",
				     "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=", "K8S_POD_NAMESPACE=sh\nop;K8S_POD_NAME=cart", long_args };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		feed_open_seeing_calls(&feed);
		feed.args = rows[i];
		feed_census(&feed, NULL, 0);
		feed_created(&feed, NETNS);
		feed_call(&feed, "ADD bridge eth0", PATH, 1000 + NETNS, 0);
		expect(&feed, "1 netns.created 2\n2 cni.called 2\n");
		feed_close(&feed);
	}
}

/* CNI_ARGS may hold anything. */
static void kept_of_arguments(void **state)
{
	static const struct {
		const char *args, *kept;
	} rows[] = {
		{ "IgnoreUnknown=1;TOKEN=s3cret;K8S_POD_NAME=cart;K8S_POD_NAMESPACE=shop;K8S_POD_UID=u;IP=10.0.0.1",
		  "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=cart;K8S_POD_UID=u" },
		{ "TOKEN=s3cret", "" },
		{ "", "" },
		{ "NOT_K8S_POD_NAME=cart;K8S_POD_NAME", "" },
	};
	struct nns_cni_exec exec;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		exec = (struct nns_cni_exec){ .flags = 0 };
		strcpy(exec.args, rows[i].args);
		assert_int_equal(cni_exec_keep_pod(&exec), 0);
		assert_string_equal(exec.args, rows[i].kept);
		for (size_t at = strlen(exec.args); at < sizeof(exec.args); at++)
			assert_int_equal(exec.args[at], 0);
	}
	/* What stands at the end was perhaps cut. */
	exec = (struct nns_cni_exec){ .flags = NNS_CNI_CUT };
	memset(exec.args, 'x', sizeof(exec.args));
	memcpy(exec.args, "K8S_POD_UID=u;K8S_POD_NAME=", 27);
	assert_int_equal(cni_exec_keep_pod(&exec), 0);
	assert_string_equal(exec.args, "K8S_POD_UID=u");
}

/* --- by the calls --- */

static void del_failed(void **state)
{
	struct feed feed;

	(void)state;
	begin(&feed, true);
	feed_call(&feed, "DEL bridge eth0", PATH, 1000 + NETNS, 0x100);
	expect_cause(&feed, "cni-del-failed\nCNI DEL of plugin bridge for eth0 exited with status 1 after 1.0s, 30s before this\n");

	/* By a signal. */
	begin(&feed, true);
	feed_call(&feed, "DEL bridge eth0", PATH, 1000 + NETNS, 9);
	expect_cause(&feed, "cni-del-failed\nCNI DEL of plugin bridge for eth0 was killed by signal 9 after 1.0s, 30s before this\n");

	/* Of a container whose ADD came before the session. */
	begin(&feed, false);
	feed_binding(&feed, "cart", 1000 + NETNS, feed.now);
	feed_call(&feed, "DEL bridge eth0", PATH, 1000 + NETNS, 0x100);
	expect_cause(&feed, "cni-del-failed\nCNI DEL of plugin bridge for eth0 exited with status 1 after 1.0s, 30s before this\n");
}

/* The innermost that failed is the one to look at; other programs that a plugin runs may fail as they like. */
static void del_failed_inside(void **state)
{
	struct feed feed;

	(void)state;
	begin(&feed, true);
	feed_exec(&feed, 20, 0, "DEL /opt/cni/bin/multus eth0", PATH, 1000 + NETNS);
	feed_exec(&feed, 21, 20, "DEL /usr/sbin/iptables eth0", PATH, 1000 + NETNS);
	feed_exit(&feed, 21, 0x100);
	feed_exec(&feed, 22, 20, "DEL /opt/cni/bin/bridge eth0", PATH, 1000 + NETNS);
	feed_exec(&feed, 23, 22, "DEL /opt/cni/bin/host-local eth0", PATH, 1000 + NETNS);
	feed_exit(&feed, 23, 0x200);
	feed_exit(&feed, 22, 0x100);
	feed_exit(&feed, 20, 0x100);
	expect_cause(&feed, "cni-del-failed\nCNI DEL of plugin multus for eth0 exited with status 1 after 4.0s; within it host-local "
			    "exited with status 2, 30s before this\n");

	begin(&feed, true);
	feed_exec(&feed, 20, 0, "DEL /opt/cni/bin/bridge eth0", PATH, 1000 + NETNS);
	feed_exec(&feed, 21, 20, "DEL /usr/sbin/iptables eth0", PATH, 1000 + NETNS);
	feed_exit(&feed, 21, 0x100);
	feed_exit(&feed, 20, 0x100);
	expect_cause(&feed, "cni-del-failed\nCNI DEL of plugin bridge for eth0 exited with status 1 after 2.0s, 30s before this\n");
}

static void del_failed_but(void **state)
{
	struct input_holder fd = { .kind = HOLDER_DESCRIPTOR, .pid = 12, .fd = 7, .comm = "agent" };
	struct feed feed;

	(void)state;
	/* tried again, and it went well */
	begin(&feed, true);
	feed_call(&feed, "DEL bridge eth0", PATH, 1000 + NETNS, 0x100);
	feed_call(&feed, "DEL bridge eth0", PATH, 1000 + NETNS, 0);
	expect_cause(&feed, "mount-left\nmount /run/netns/cart is the runtime's own, and is still there\n"
			    "CNI DEL of plugin bridge for eth0 ended well after 1.0s, 30s before this\n");

	/* ... from where the plugins have gone */
	begin(&feed, true);
	feed_call(&feed, "DEL bridge eth0", PATH, 1000 + NETNS, 0x100);
	feed_exec(&feed, 20, 0, "DEL /usr/lib/cni/bridge eth0", PATH, 1000 + NETNS);
	feed_exit(&feed, 20, 0);
	expect_cause(&feed, "mount-left\nmount /run/netns/cart is the runtime's own, and is still there\n"
			    "CNI DEL of plugin bridge for eth0 ended well after 1.0s, 30s before this\n");

	/* the runtime did not mind: it has unmounted it all the same */
	begin(&feed, true);
	feed_call(&feed, "DEL bridge eth0", PATH, 1000 + NETNS, 0x100);
	tell_path(&feed, "/run/netns/cart", 1000 + NETNS, false);
	hold(&feed, (struct input_holders){ .counted = 1, .nsfs = 1 }, &fd, 1);
	expect_cause(&feed, "fd-held\nagent (pid 12) fd 7, the netns itself holds it\n");

	/* a later call may be among what was lost */
	begin(&feed, true);
	feed_call(&feed, "DEL bridge eth0", PATH, 1000 + NETNS, 0x100);
	feed_lost(&feed, 1);
	expect_cause(&feed, "mount-left\nmount /run/netns/cart is the runtime's own, and is still there\n"
			    "how CNI DEL went is not known: not all of its calls were watched\n");
}

static void bind_container(struct feed *feed)
{
	struct input_binding binding = { .source = "docker", .evidence = EVIDENCE_CRI, .key = "c", .pod_uid = "c@1", .pod_name = "c",
					 .pod_namespace = "Docker", .container_id = "c", .netns_path = "", .netns_inum = 1000 + NETNS,
					 .as_of_wall = (int64_t)((FEED_EPOCH + feed->now) * SECOND) };

	feed_source(feed, "docker", SOURCE_SYNCING, true);
	feed_input(feed, (struct input){ .kind = INPUT_BINDING, .binding = binding });
	feed_synced(feed, "docker", true, feed->now);
	feed_input(feed, (struct input){ .kind = INPUT_POD_GONE, .pod_gone = { "docker", "c@1", binding.as_of_wall } });
}

static void never_called(void **state)
{
	struct feed feed;

	(void)state;
	begin(&feed, true);
	expect_cause(&feed, "cni-del-never-called\nCNI ADD was called, 41s before this; CNI DEL was never called since, and all of that "
			    "time was watched\nthe runtime did not try, or found no plugin to run\n");

	/* of one plugin of two */
	begin(&feed, true);
	feed_call(&feed, "ADD loopback lo", PATH, 1000 + NETNS, 0);
	feed_call(&feed, "DEL loopback lo", PATH, 1000 + NETNS, 0);
	expect_cause(&feed, "cni-del-never-called\nCNI ADD of plugin bridge for eth0 ended well, 42s before this; CNI DEL was called of "
			    "other plugins, and of this one never\nthe runtime did not try, or found no plugin to run\n");

	/* of the first of a chain, when the other had gone */
	begin(&feed, true);
	feed_call(&feed, "ADD portmap eth0", PATH, 1000 + NETNS, 0);
	feed_call(&feed, "DEL portmap eth0", PATH, 1000 + NETNS, 0);
	expect_cause(&feed, "cni-del-never-called\nCNI ADD of plugin bridge for eth0 ended well, 42s before this; CNI DEL was called of "
			    "other plugins, and of this one never\nthe runtime did not try, or found no plugin to run\n");

	/* not all was watched */
	begin(&feed, true);
	feed_lost(&feed, 1);
	expect_cause(&feed, "mount-left\nmount /run/netns/cart is the runtime's own, and is still there\n"
			    "how CNI DEL went is not known: not all of its calls were watched\n");

	/* A call may have begun that was missed, which takes nothing from what was seen. */
	begin(&feed, true);
	feed_missed_call(&feed);
	expect_cause(&feed, "mount-left\nmount /run/netns/cart is the runtime's own, and is still there\n"
			    "how CNI DEL went is not known: not all of its calls were watched\n");
	begin(&feed, true);
	feed_exec(&feed, 20, 0, "DEL /opt/cni/bin/bridge eth0", PATH, 1000 + NETNS);
	feed_missed_call(&feed);
	feed_exit(&feed, 20, 0x100);
	expect(&feed, "1 netns.created 2\n1 netns.bound 2 cart by cni\n2 cni.called 2 cart\n13 cni.failed 2 cart\n");
	feed_close(&feed);

	/* nor was the ADD */
	begin(&feed, false);
	feed_binding(&feed, "cart", 1000 + NETNS, feed.now);
	expect_cause(&feed, "mount-left\nmount /run/netns/cart is still there\nno call of a CNI plugin was seen for it, and all of its life was watched\n");

	/* nor was what DEL was given */
	feed_open_seeing_calls(&feed);
	census(&feed, { NETNS, 1, 0, NULL });
	feed_listing(&feed, "cart", NULL);
	tell_path(&feed, "/run/netns/cart", 1000 + NETNS, true);
	feed_binding(&feed, "cart", 1000 + NETNS, feed.now);
	feed_call(&feed, "DEL bridge eth0", PATH, 0, 0);
	expect_cause(&feed, "mount-left\nmount /run/netns/cart is still there\n");

	/* nor all of its life; a container of Docker's has no CNI */
	for (int docker = 0; docker < 2; docker++) {
		feed_open_seeing_calls(&feed);
		census(&feed, { NETNS, 1, 0, NULL });
		feed_listing(&feed, "cart", NULL);
		tell_path(&feed, "/run/netns/cart", 1000 + NETNS, true);
		if (docker)
			bind_container(&feed);
		else
			feed_binding_by(&feed, EVIDENCE_CRI, "cri", "cart", 1000 + NETNS, feed.now);
		expect_cause(&feed, docker ? "mount-left\nmount /run/netns/cart is still there\n" :
					     "mount-left\nmount /run/netns/cart is still there\n"
					     "whether CNI DEL was called is not known: its calls were not watched\n");
	}

	/* The runtime has let go of it: that something else has not is another matter. */
	begin(&feed, true);
	tell_path(&feed, "/run/netns/cart", 1000 + NETNS, false);
	expect_cause(&feed, "unknown\nwhat holds it could not be looked for\n");
}

static void never_called_but(void **state)
{
	static const char left[] = "mount-left\nmount /run/netns/cart is the runtime's own, and is still there\n";
	static const char lost[] = "mount-left\nmount /run/netns/cart is the runtime's own, and is still there\n"
				   "how CNI DEL went is not known: not all of its calls were watched\n";
	struct feed feed;

	(void)state;
	/* It has begun: that of the plugin, when that of another has ended. */
	begin(&feed, true);
	feed_call(&feed, "ADD loopback lo", PATH, 1000 + NETNS, 0);
	feed_call(&feed, "DEL loopback lo", PATH, 1000 + NETNS, 0);
	feed_exec(&feed, 20, 0, "DEL /opt/cni/bin/bridge eth0", PATH, 1000 + NETNS);
	feed.now -= 25;
	expect_cause(&feed, "mount-left\nmount /run/netns/cart is the runtime's own, and is still there\n"
			    "CNI DEL of plugin bridge for eth0 (pid 20) has been running for 6.0s\n"
			    "CNI DEL of plugin loopback for lo ended well after 1.0s, 6.0s before this\n");

	/* It began, and its end was not seen: its process number is another's by now. */
	begin(&feed, true);
	feed_call(&feed, "ADD loopback lo", PATH, 1000 + NETNS, 0);
	feed_call(&feed, "DEL loopback lo", PATH, -ENOENT, 0x100);
	feed_exec(&feed, 20, 0, "DEL /opt/cni/bin/bridge eth0", PATH, 1000 + NETNS);
	feed.container = "f00d";
	feed_call(&feed, "DEL bridge eth0", "", 0, 0);
	feed_exec(&feed, 20, 0, "DEL /opt/cni/bin/bridge eth0", "", 0);
	expect_cause(&feed, lost);

	/* More ran at once than can be followed. */
	begin(&feed, true);
	feed.container = "f00d";
	for (unsigned pid = 1000; pid < 1000 + 4096; pid++)
		feed_exec(&feed, pid, 0, "CHECK /opt/cni/bin/bridge eth0", "", 0);
	feed.container = NULL;
	feed_exec(&feed, 20, 0, "DEL /opt/cni/bin/bridge eth0", PATH, 0);
	feed_exit(&feed, 20, 0);
	expect_cause(&feed, lost);

	/* What called it was lost: then so is of what it is a part. */
	begin(&feed, false);
	feed_exec(&feed, 21, 20, "ADD /opt/cni/bin/bridge eth0", PATH, 1000 + NETNS);
	feed_exit(&feed, 21, 0);
	feed_exec(&feed, 30, 0, "DEL /opt/cni/bin/multus eth0", PATH, 1000 + NETNS);
	feed_exec(&feed, 31, 30, "DEL /opt/cni/bin/bridge eth0", PATH, 1000 + NETNS);
	feed_exit(&feed, 31, 0);
	feed_exit(&feed, 30, 0);
	expect_cause(&feed, "mount-left\nmount /run/netns/cart is the runtime's own, and is still there\n"
			    "CNI DEL of plugin multus for eth0 ended well after 2.0s, 30s before this\n");

	/* It is not of the configuration any more: what was added before it is gone. */
	begin(&feed, true);
	feed_call(&feed, "ADD portmap eth0", PATH, 1000 + NETNS, 0);
	feed_call(&feed, "DEL bridge eth0", PATH, 1000 + NETNS, 0);
	expect_cause(&feed, "mount-left\nmount /run/netns/cart is the runtime's own, and is still there\n"
			    "CNI DEL of plugin bridge for eth0 ended well after 1.0s, 30s before this\n");

	/* It came by way of something else. */
	begin(&feed, true);
	feed_exec(&feed, 20, 0, "DEL /usr/bin/timeout eth0", PATH, 1000 + NETNS);
	feed_exec(&feed, 21, 20, "DEL /opt/cni/bin/bridge eth0", PATH, 0);
	feed_exit(&feed, 21, 0);
	feed_exit(&feed, 20, 0);
	expect_cause(&feed, left);
}

/* What the runtime waits for, it cannot go on after. */
static void never_called_for(void **state)
{
	struct input_holder task = { .kind = HOLDER_TASK, .pid = 5, .tid = 5, .comm = "pause" };
	struct feed feed;

	(void)state;
	begin(&feed, true);
	hold(&feed, (struct input_holders){ .counted = 2, .nsproxies = 1, .nsfs = 1 }, &task, 1);
	expect_cause(&feed, "task-survives\nprocess pause (pid 5) holds it\n"
			    "CNI DEL was never called; a runtime ends the pod's processes first\n");

	begin(&feed, false);
	feed_call(&feed, "ADD bridge eth0", PATH, 1000 + NETNS, 0x100);
	hold(&feed, (struct input_holders){ .counted = 2, .nsproxies = 1, .nsfs = 1 }, &task, 1);
	expect_cause(&feed, "task-survives\nprocess pause (pid 5) holds it\n"
			    "CNI DEL was never called; a runtime ends the pod's processes first\n");

	begin(&feed, false);
	feed_exec(&feed, 20, 0, "ADD /opt/cni/bin/bridge eth0", PATH, 1000 + NETNS);
	expect_cause(&feed, "mount-left\nmount /run/netns/cart is the runtime's own, and is still there\n"
			    "CNI ADD of plugin bridge for eth0 (pid 20) has been running for 31s\n");
}

/* The runtime's mount is not where the plugins were told, but where the runtime says. */
static void told_by_a_process(void **state)
{
	struct feed feed;

	(void)state;
	feed_open_seeing_calls(&feed);
	feed_census(&feed, NULL, 0);
	feed_listing(&feed, "cart", NULL);
	feed_created(&feed, NETNS);
	tell_path(&feed, "/run/docker/netns/cart", 1000 + NETNS, true);
	feed_call(&feed, "ADD bridge eth0", "/proc/812/ns/net", 1000 + NETNS, 0);
	feed_call(&feed, "DEL bridge eth0", "/proc/812/ns/net", 1000 + NETNS, 0);
	expect_cause(&feed, "mount-left\nmount /run/docker/netns/cart is still there\n"
			    "CNI DEL of plugin bridge for eth0 ended well after 1.0s, 30s before this\n");
}

static void add_failed(void **state)
{
	struct feed feed;

	(void)state;
	begin(&feed, false);
	feed_call(&feed, "ADD bridge eth0", PATH, 1000 + NETNS, 0x100);
	expect_cause(&feed, "cni-add-failed\nCNI ADD of plugin bridge for eth0 exited with status 1 after 1.0s, 30s before this\n");
}

static void hangs(void **state)
{
	struct feed feed;

	(void)state;
	begin(&feed, true);
	feed_exec(&feed, 20, 0, "DEL /opt/cni/bin/bridge eth0", PATH, 1000 + NETNS);
	expect_cause(&feed, "cni-del-hangs\nCNI DEL of plugin bridge for eth0 (pid 20) has been running for 31s\n");

	/* One that has only just begun, as the runtime tries again. */
	begin(&feed, true);
	feed_call(&feed, "DEL bridge eth0", PATH, 1000 + NETNS, 0x100);
	feed_exec(&feed, 20, 0, "DEL /opt/cni/bin/bridge eth0", PATH, 1000 + NETNS);
	feed.now -= 25;
	expect_cause(&feed, "cni-del-failed\nCNI DEL of plugin bridge for eth0 exited with status 1 after 1.0s, 6.0s before this\n");

	/* The runtime has let go of it all the same. */
	begin(&feed, true);
	feed_exec(&feed, 20, 0, "DEL /opt/cni/bin/bridge eth0", PATH, 1000 + NETNS);
	tell_path(&feed, "/run/netns/cart", 1000 + NETNS, false);
	expect_cause(&feed, "unknown\nwhat holds it could not be looked for\n"
			    "CNI DEL of plugin bridge for eth0 (pid 20) has been running for 31s\n");

	/* The runtime tries once more meanwhile. */
	begin(&feed, true);
	feed_exec(&feed, 20, 0, "DEL /opt/cni/bin/bridge eth0", PATH, 1000 + NETNS);
	feed_call(&feed, "DEL bridge eth0", PATH, 1000 + NETNS, 0x100);
	expect(&feed, "1 netns.created 2\n1 netns.bound 2 cart by cni\n2 cni.called 2 cart\n14 cni.failed 2 cart\n");
	expect_cause(&feed, "cni-del-hangs\nCNI DEL of plugin bridge for eth0 (pid 20) has been running for 32s\n");

	begin(&feed, true);
	feed_exec(&feed, 20, 0, "DEL /opt/cni/bin/bridge eth0", PATH, 1000 + NETNS);
	feed_lost(&feed, 1);
	expect_cause(&feed, "mount-left\nmount /run/netns/cart is the runtime's own, and is still there\n"
			    "how CNI DEL went is not known: not all of its calls were watched\n");
}

static void path_gone(void **state)
{
	static const struct {
		const char *path;
		int error;
		const char *words;
	} rows[] = {
		{ PATH, -ENOENT, "was given " PATH ", which was gone" },
		{ PATH, -ENOTTY, "was given " PATH ", which was no netns any more" },
		{ "", 0, "was given no netns" },
	};
	char text[512];
	struct feed feed;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(&feed, true);
		tell_path(&feed, "/run/netns/cart", 1000 + NETNS, false);
		feed_call(&feed, "DEL bridge eth0", rows[i].path, rows[i].error, 0);
		snprintf(text, sizeof(text), "cni-del-path-gone\nCNI DEL of plugin bridge for eth0 %s, 31s before this\n", rows[i].words);
		expect_cause(&feed, text);
	}
}

static void path_gone_but(void **state)
{
	struct feed feed;

	(void)state;
	/* The plugin had ended when one could look. */
	begin(&feed, true);
	tell_path(&feed, "/run/netns/cart", 1000 + NETNS, false);
	feed_exec(&feed, 20, 0, "DEL /opt/cni/bin/bridge eth0", PATH, 0);
	feed_look(&feed, 20, -ENOENT);
	feed_exit(&feed, 20, 0);
	expect_cause(&feed, "unknown\nwhat holds it could not be looked for\n");

	/* A first DEL was for it: a second one finds nothing, as it should. */
	begin(&feed, true);
	feed_call(&feed, "DEL bridge eth0", PATH, 1000 + NETNS, 0);
	tell_path(&feed, "/run/netns/cart", 1000 + NETNS, false);
	feed_call(&feed, "DEL bridge eth0", "", 0, 0);
	expect_cause(&feed, "unknown\nwhat holds it could not be looked for\n"
			    "CNI DEL of plugin bridge for eth0 ended well after 1.0s, 31s before this\n");
}

static void other_netns(void **state)
{
	struct feed feed;

	(void)state;
	begin(&feed, true);
	tell_path(&feed, "/run/netns/cart", 1000 + NETNS, false);
	feed_created(&feed, 3);
	feed_call(&feed, "DEL bridge eth0", PATH, 1003, 0);
	expect_cause(&feed, "cni-del-other-netns\nCNI DEL of plugin bridge for eth0 was given netns 1003 by " PATH
			    "; CNI ADD had been given this one, 1002\n");
}

/* A container that is started anew gets another netns: what was called for that is not about this. */
static void started_anew(void **state)
{
	struct feed feed;

	(void)state;
	begin(&feed, true);
	feed_created(&feed, 3);
	feed_call(&feed, "ADD bridge eth0", "/run/netns/two", 1003, 0);
	feed_call(&feed, "DEL bridge eth0", "/run/netns/two", 1003, 0);
	expect_cause(&feed, "mount-left\nmount /run/netns/cart is the runtime's own, and is still there\n");

	begin(&feed, true);
	feed_created(&feed, 3);
	feed_call(&feed, "ADD bridge eth0", "/run/netns/two", 1003, 0);
	feed_call(&feed, "DEL bridge eth0", "/run/netns/two", 1003, 0x100);
	expect_cause(&feed, "mount-left\nmount /run/netns/cart is the runtime's own, and is still there\n");

	begin(&feed, true);
	feed_created(&feed, 3);
	feed_call(&feed, "ADD bridge eth0", "/run/netns/two", 1003, 0);
	feed_exec(&feed, 20, 0, "DEL /opt/cni/bin/bridge eth0", "/run/netns/two", 1003);
	expect_cause(&feed, "mount-left\nmount /run/netns/cart is the runtime's own, and is still there\n");

	begin(&feed, true);
	tell_path(&feed, "/run/netns/cart", 1000 + NETNS, false);
	feed_created(&feed, 3);
	feed_call(&feed, "ADD bridge eth0", "/run/netns/two", 1003, 0);
	feed_call(&feed, "DEL bridge eth0", "", 0, 0);
	expect_cause(&feed, "unknown\nwhat holds it could not be looked for\n");
}

/* When one could look, another netns had its path. */
static void looked_at_late(void **state)
{
	struct feed feed;

	(void)state;
	begin(&feed, true);
	tell_path(&feed, "/run/netns/cart", 1000 + NETNS, false);
	feed_exec(&feed, 20, 0, "DEL /opt/cni/bin/bridge eth0", PATH, 0);
	feed_created(&feed, 3);
	feed_look(&feed, 20, 1003);
	feed_exit(&feed, 20, 0);
	expect_cause(&feed, "unknown\nwhat holds it could not be looked for\n");

	/* Made before, and looked at when the plugin had ended. */
	begin(&feed, true);
	tell_path(&feed, "/run/netns/cart", 1000 + NETNS, false);
	feed_created(&feed, 3);
	feed_exec(&feed, 20, 0, "DEL /opt/cni/bin/bridge eth0", PATH, 0);
	feed_look(&feed, 20, 1003);
	feed_exit(&feed, 20, 0);
	expect_cause(&feed, "unknown\nwhat holds it could not be looked for\n");
}

/* What is freed leaves nothing behind that could be taken for the next netns's, at the same place in memory. */
static void forgotten(void **state)
{
	struct feed feed;

	(void)state;
	begin(&feed, false);
	feed_call(&feed, "DEL bridge eth0", PATH, 1000 + NETNS, 0);
	tell_path(&feed, "/run/netns/cart", 1000 + NETNS, false);
	feed_freed(&feed, NETNS);
	feed_created_as(&feed, NETNS, 203, 1002, 77);
	tell_path(&feed, "/run/netns/till", 1000 + NETNS, true);
	feed_listing(&feed, "till", NULL);
	feed_binding_by(&feed, EVIDENCE_CGROUP, "cgroup", "till", 1000 + NETNS, feed.now);
	expect_cause(&feed, "mount-left\nmount /run/netns/till is still there\n");

	/* The runtime calls DEL once more when all is gone. */
	begin(&feed, true);
	feed_call(&feed, "DEL bridge eth0", PATH, 1000 + NETNS, 0);
	feed_freed(&feed, NETNS);
	feed_call(&feed, "DEL bridge eth0", "", 0, 0);
	feed_created(&feed, 3);
	feed_listing(&feed, "cart", NULL);
	feed_binding_by(&feed, EVIDENCE_CRI, "cri", "cart", 1003, feed.now);
	assert_ptr_equal(state_by_handle(pipeline_state(feed.pipeline), NETNS), NULL);
	assert_string_equal(state_by_handle(pipeline_state(feed.pipeline), 3)->binding->container_id, "c0ffee");
	assert_null(cni_calls_of(pipeline_calls(feed.pipeline), state_by_handle(pipeline_state(feed.pipeline), 3)));
	feed_close(&feed);
}

/* What another session knew, and told the state file. */
static void remembered(void **state)
{
	static const struct input_restored memory = {
		.cookie = 102, .inum = 1002, .mix = 14, .evidence = EVIDENCE_CNI, .pod_uid = "uid-cart", .pod_namespace = "shop",
		.pod_name = "cart", .container_id = "c0ffee", .netns_path = PATH, .cause = "cni-del-failed", .cause_evidence = "it failed",
	};
	const struct input_binding second = {
		.source = "cri", .evidence = EVIDENCE_CRI, .key = "c0ffee", .pod_uid = "uid-cart", .pod_namespace = "shop", .pod_name = "cart",
		.container_id = "c0ffee", .netns_path = PATH, .netns_inum = 2002, .as_of_wall = (int64_t)((FEED_EPOCH + 5) * SECOND),
	};
	struct feed feed;

	(void)state;
	for (int is_there = 0; is_there < 2; is_there++) {
		feed_open_seeing_calls(&feed);
		feed_input(&feed, (struct input){ .kind = INPUT_RESTORED, .restored = memory });
		feed_census(&feed, NULL, 0);
		feed_listing(&feed, "cart", NULL);
		feed_created(&feed, NETNS);
		tell_path(&feed, "/run/netns/cart", 1000 + NETNS, is_there);
		expect_cause(&feed, is_there ? "cni-del-failed\nit failed\nas the tracing session saw it that kept the state file\n" :
					       "unknown\nwhat holds it could not be looked for\nno call of a CNI plugin was seen for it, and all of its life was watched\n");
	}
	/* The container was started anew since, and this is its second netns. */
	feed_open_seeing_calls(&feed);
	feed_input(&feed, (struct input){ .kind = INPUT_RESTORED, .restored = memory });
	census(&feed, { 3, 1, 0, NULL });
	feed_listing(&feed, "cart", NULL);
	feed_created_as(&feed, NETNS, 202, 2002, 99);
	tell_path(&feed, "/run/netns/cart", 2002, true);
	feed_input(&feed, (struct input){ .kind = INPUT_BINDING, .binding = second });
	expect_cause(&feed, "mount-left\nmount /run/netns/cart is the runtime's own, and is still there\n"
			    "no call of a CNI plugin was seen for it, and all of its life was watched\n");
	/* How CNI DEL ended, which is not the cause: of this netns alone. */
	for (int is_it = 0; is_it < 2; is_it++) {
		struct input_restored history = memory;

		history.cause = "";
		history.cause_evidence = "it ended well";
		history.mix += !is_it;
		feed_open_seeing_calls(&feed);
		feed_input(&feed, (struct input){ .kind = INPUT_RESTORED, .restored = history });
		feed_census(&feed, NULL, 0);
		feed_listing(&feed, "cart", NULL);
		feed_created(&feed, NETNS);
		tell_path(&feed, "/run/netns/cart", 1000 + NETNS, true);
		feed_binding_by(&feed, EVIDENCE_CRI, "cri", "cart", 1000 + NETNS, feed.now);
		expect_cause(&feed, is_it ? "mount-left\nmount /run/netns/cart is still there\n"
					    "it ended well\nas the tracing session saw it that kept the state file\n" :
					    "mount-left\nmount /run/netns/cart is still there\n"
					    "no call of a CNI plugin was seen for it, and all of its life was watched\n");
	}
	/* A call that is seen says more. */
	feed_open_seeing_calls(&feed);
	feed_input(&feed, (struct input){ .kind = INPUT_RESTORED, .restored = memory });
	feed_census(&feed, NULL, 0);
	feed_listing(&feed, "cart", NULL);
	feed_created(&feed, NETNS);
	tell_path(&feed, "/run/netns/cart", 1000 + NETNS, true);
	feed_call(&feed, "DEL bridge eth0", PATH, 1000 + NETNS, 0);
	expect_cause(&feed, "mount-left\nmount /run/netns/cart is the runtime's own, and is still there\n"
			    "CNI DEL of plugin bridge for eth0 ended well after 1.0s, 30s before this\n");
}

static int keep_evidence(void *ctx, const struct input_restored *memory)
{
	char *kept = ctx;

	snprintf(kept, 512, "%s: %s", memory->cause, memory->cause_evidence);
	return 0;
}

/* Who reads it then knows when it was, not how long before something. */
static void to_be_remembered(void **state)
{
	char kept[512];
	struct feed feed;

	(void)state;
	begin(&feed, true);
	feed_call(&feed, "DEL bridge eth0", PATH, 1000 + NETNS, 0x100);
	feed_listing(&feed, NULL);
	assert_int_equal(pipeline_remember(feed.pipeline, keep_evidence, kept), 0);
	assert_string_equal(kept, "cni-del-failed: CNI DEL of plugin bridge for eth0 exited with status 1 after 1.0s, at 1970-01-12T13:46:53Z");
	feed_close(&feed);
	begin(&feed, true);
	feed_call(&feed, "DEL bridge eth0", PATH, 1000 + NETNS, 0);
	feed_listing(&feed, NULL);
	assert_int_equal(pipeline_remember(feed.pipeline, keep_evidence, kept), 0);
	assert_string_equal(kept, ": CNI DEL of plugin bridge for eth0 ended well after 1.0s, at 1970-01-12T13:46:53Z");
	feed_close(&feed);
	begin(&feed, true);
	feed_call(&feed, "DEL bridge eth0", PATH, 1000 + NETNS, 0x100);
	feed_listing(&feed, NULL);
	feed.now++;
	feed_exec(&feed, 20, 0, "DEL /opt/cni/bin/bridge eth0", PATH, 1000 + NETNS);
	feed_until(&feed, 30);
	assert_int_equal(pipeline_remember(feed.pipeline, keep_evidence, kept), 0);
	assert_string_equal(kept, "cni-del-hangs: CNI DEL of plugin bridge for eth0 (pid 20) has been running since 1970-01-12T13:46:54Z");
	feed_close(&feed);
}

/* --- by what holds it --- */

static void holders(void **state)
{
	static const struct {
		struct input_holders sum;
		struct input_holder holder;
		const char *text;
	} rows[] = {
		{ { .counted = 1, .nsproxies = 1 }, { .kind = HOLDER_TASK, .pid = 5, .tid = 5 },
		  "task-survives\nprocess holder (pid 5) holds it\n" },
		{ { .counted = 1, .nsfs = 1 }, { .kind = HOLDER_MOUNT, .what = "/run/netns/cart", .flags = HOLDER_NODE },
		  "mount-left\nmount /run/netns/cart is the runtime's own, and is still there\n" },
		{ { .counted = 1, .nsfs = 1 }, { .kind = HOLDER_MOUNT, .what = "/run/debug/x", .flags = HOLDER_NODE },
		  "mount-extra\nmount /run/debug/x is not the runtime's: something else has made it\n" },
		{ { .counted = 1, .nsfs = 1 }, { .kind = HOLDER_MOUNT, .what = "/run/netns/cart", .pid = 9 },
		  "mount-private-copy\nmount /run/netns/cart, private to holder (pid 9) holds it\n" },
		{ { .counted = 1, .nsfs = 1 }, { .kind = HOLDER_MOUNT, .what = "/x", .flags = HOLDER_DETACHED },
		  "mount-detached\nmount /x, detached holds it\n" },
		{ { .counted = 1, .nsfs = 1 }, { .kind = HOLDER_DESCRIPTOR, .pid = 5, .fd = 3 },
		  "fd-held\nholder (pid 5) fd 3, the netns itself holds it\n" },
		{ { .counted = 1 }, { .kind = HOLDER_TUN, .pid = 5, .fd = 3 }, "fd-held\nholder (pid 5) fd 3, /dev/net/tun holds it\n" },
		{ { .counted = 1, .proc_files = 1 }, { .kind = HOLDER_PROC_FILE, .pid = 5, .fd = 3 },
		  "fd-held\nholder (pid 5) fd 3, a file of /proc/PID/net holds it\n" },
		{ { .counted = 1, .sockets = 1 }, { .kind = HOLDER_SOCKET, .pid = 5, .fd = 3, .what = "tcp" },
		  "socket-held\nholder (pid 5) fd 3, socket tcp holds it\n" },
		{ { .counted = 1, .nsfs = 1, .nsfs_unexplained = 1 }, { 0 },
		  "fd-held\nits file is in use by something that is neither a mount nor a descriptor, as a descriptor in flight between "
		  "processes\n" },
		{ { .counted = 1, .sockets = 1, .sockets_unseen = 1 }, { 0 },
		  "socket-held\nsockets without a descriptor are of it: in flight between processes, or not done yet after their end\n" },
		{ { .counted = HOLDERS_NOT_COUNTED }, { 0 },
		  "unknown\nnothing was found that holds it, and without BPF not all can be seen that does\n" },
		{ { .counted = HOLDERS_NOT_COUNTED }, { .kind = HOLDER_TUN, .pid = 5, .fd = 3 },
		  "fd-held\nholder (pid 5) fd 3, /dev/net/tun holds it\n"
		  "more may hold it: without BPF not all can be seen that does\n" },
		{ { .counted = 1, .unexplained = 1 }, { 0 },
		  "kernel-reference\nno process, mount, descriptor or socket accounts for its references: the kernel itself has them\n" },
		{ { .counted = 1, .unexplained = 1, .sockets_unseen = -1 }, { 0 },
		  "unknown\nno process, mount or descriptor accounts for its references: sockets in flight have them, files of /proc/PID/net "
		  "or the kernel itself, which cannot be told apart here\n" },
		{ { .counted = 0 }, { 0 }, "unknown\nwhat held it was gone when it was looked for\n" },
	};
	struct feed feed;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[1024];

		begin(&feed, true);
		feed_call(&feed, "DEL bridge eth0", PATH, 1000 + NETNS, 0);
		tell_path(&feed, "/run/netns/cart", 1000 + NETNS, false);
		hold(&feed, rows[i].sum, &rows[i].holder, rows[i].holder.kind != HOLDER_UNKNOWN);
		snprintf(text, sizeof(text), "%sCNI DEL of plugin bridge for eth0 ended well after 1.0s, 30s before this\n", rows[i].text);
		expect_cause(&feed, text);
	}
}

/* Where that could not be looked for. */
static void counted(void **state)
{
	struct feed feed;

	(void)state;
	begin(&feed, true);
	feed_call(&feed, "DEL bridge eth0", PATH, 1000 + NETNS, 0);
	tell_path(&feed, "/run/netns/cart", 1000 + NETNS, false);
	tell_path(&feed, "/run/debug/cart", 1000 + NETNS, true);
	expect_cause(&feed, "mount-extra\nmount /run/debug/cart is not the runtime's: something else has made it\n"
			    "CNI DEL of plugin bridge for eth0 ended well after 1.0s, 30s before this\n");
	begin(&feed, false);
	census(&feed, { NETNS, 2, 3, NULL });
	feed_binding(&feed, "cart", 1000 + NETNS, feed.now);
	expect_cause(&feed, "task-survives\n3 processes are in it\nno call of a CNI plugin was seen for it, and all of its life was watched\n");
}

/* Of several the first of the list; and a mount is no runtime's where it is not known where the runtime has it. */
static void several_holders(void **state)
{
	struct input_holder all[] = {
		{ .kind = HOLDER_SOCKET, .pid = 5, .fd = 3, .what = "tcp" },
		{ .kind = HOLDER_MOUNT, .what = "/run/debug/x", .flags = HOLDER_NODE },
		{ .kind = HOLDER_MOUNT, .what = "/run/debug/x", .pid = 9 },
		{ .kind = HOLDER_TASK, .pid = 5, .tid = 5 },
	};
	struct feed feed;

	(void)state;
	begin(&feed, false);
	hold(&feed, (struct input_holders){ .counted = 3, .nsfs = 1, .nsproxies = 1, .sockets = 1 }, all, 4);
	feed_binding(&feed, "cart", 1000 + NETNS, feed.now);
	expect_cause(&feed, "task-survives\nprocess holder (pid 5) holds it\nno call of a CNI plugin was seen for it, and all of its life was watched\n");
	begin(&feed, false);
	hold(&feed, (struct input_holders){ .counted = 2, .nsfs = 1, .sockets = 1 }, all, 3);
	feed_binding_by(&feed, EVIDENCE_CRI, "cri", "cart", 1000 + NETNS, feed.now);
	expect_cause(&feed, "mount-left\nmount /run/debug/x is still there\n"
			    "no call of a CNI plugin was seen for it, and all of its life was watched\n");
}

/* What a descriptor was opened by stays with it, though it was unmounted since: it is not what is to go. */
static void open_by_a_detached_mount(void **state)
{
	struct input_holder all[] = {
		{ .kind = HOLDER_MOUNT, .flags = HOLDER_DETACHED },
		{ .kind = HOLDER_DESCRIPTOR, .pid = 5, .fd = 3, .comm = "agent" },
	};
	struct feed feed;

	(void)state;
	begin(&feed, true);
	feed_call(&feed, "DEL bridge eth0", PATH, 1000 + NETNS, 0);
	tell_path(&feed, "/run/netns/cart", 1000 + NETNS, false);
	hold(&feed, (struct input_holders){ .counted = 1, .nsfs = 1 }, all, 2);
	expect_cause(&feed, "fd-held\nagent (pid 5) fd 3, the netns itself holds it\n"
			    "CNI DEL of plugin bridge for eth0 ended well after 1.0s, 30s before this\n");
}

static void none(void **state)
{
	struct cause cause;
	struct feed feed;

	(void)state;
	begin(&feed, true);
	cause_find(&cause, netns_of(&feed), pipeline_calls(feed.pipeline), feed.now * SECOND);
	assert_int_equal(cause.kind, CAUSE_UNKNOWN);
	assert_int_equal(cause.count, 0);
	feed_end(&feed, NNS_NETNS_DYING, NETNS);
	cause_find(&cause, netns_of(&feed), pipeline_calls(feed.pipeline), feed.now * SECOND);
	assert_int_equal(cause.kind, CAUSE_TEARDOWN_STUCK);
	feed_close(&feed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told),		cmocka_unit_test(left_running),
		cmocka_unit_test(kept_of_arguments), cmocka_unit_test(told_by_way_of_others), cmocka_unit_test(told_of_odd_pods), cmocka_unit_test(told_by_a_process),
		cmocka_unit_test(never_called_but), cmocka_unit_test(never_called_for), cmocka_unit_test(started_anew), cmocka_unit_test(looked_at_late),
		cmocka_unit_test(forgotten), cmocka_unit_test(to_be_remembered),
		cmocka_unit_test(del_failed),	cmocka_unit_test(del_failed_inside), cmocka_unit_test(del_failed_but),
		cmocka_unit_test(never_called), cmocka_unit_test(add_failed),	     cmocka_unit_test(hangs),
		cmocka_unit_test(path_gone),	cmocka_unit_test(path_gone_but),     cmocka_unit_test(other_netns),
		cmocka_unit_test(holders),	cmocka_unit_test(several_holders),   cmocka_unit_test(none),
		cmocka_unit_test(remembered),	cmocka_unit_test(counted),	     cmocka_unit_test(open_by_a_detached_mount),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
