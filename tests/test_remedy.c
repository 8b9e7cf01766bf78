/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is said to free a netns: which command for which holder, what is safe, and what a shell makes of a path.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "remedy.h"

static struct pod pod = { .gone = true };
static struct binding binding = { .pod = &pod };
static struct netns_holders holders;
static struct netns netns;
static bool leaked;

static char none[] = "", comm[] = "cadvisor";

static void setup_netns(struct netns_holder *all, uint32_t count)
{
	leaked = pod.gone = true;
	holders = (struct netns_holders){ .sum = { .counted = 1, .nsfs = 1, .found = count }, .all = all, .count = count };
	netns = (struct netns){ .phase = NETNS_REFERENCED, .binding = &binding, .holders = &holders };
}

static struct netns_holder mount_at(char *path, uint32_t flags)
{
	return (struct netns_holder){ .kind = HOLDER_MOUNT, .pid = 991, .flags = flags | HOLDER_SEEN, .comm = comm, .what = path, .cgroup = none,
				      .mount_id = 7, .mntns_inum = 8 };
}

/* Each remedy on a line: "safe|unsafe COMMAND". */
static void expect(const char *text)
{
	struct remedies remedies;
	char log[4096] = "";

	remedies_find(&remedies, &netns, leaked);
	for (size_t i = 0; i < remedies.count; i++)
		snprintf(log + strlen(log), sizeof(log) - strlen(log), "%s %s\n", remedies.all[i].safe ? "safe" : "unsafe",
			 remedies.all[i].command[0] ? remedies.all[i].command : remedies.all[i].why);
	if (remedies.cut)
		strcat(log, "cut\n");
	assert_string_equal(log, text);
}

static void mounts(void **state)
{
	char named[] = "/run/netns/cni-1", below[] = "/run/netns/a/b", other[] = "/var/run/x";
	struct netns_holder all[] = { mount_at(named, HOLDER_NODE), mount_at(below, HOLDER_NODE), mount_at(named, 0),
				      mount_at(other, HOLDER_DETACHED), mount_at(named, HOLDER_NODE | HOLDER_UNLINKED),
				      mount_at(other, 0) };

	(void)state;
	setup_netns(all, 6);
	all[5].pid = 0;
	expect("safe ip netns delete cni-1\nsafe umount /run/netns/a/b\nsafe umount -N 991 /run/netns/cni-1\n"
	       "unsafe a mount was detached (umount -l, open_tree) and is kept by what has it open\n"
	       "unsafe the file /run/netns/cni-1 that a mount stands on was deleted: its path leads to it no more\n"
	       "unsafe /var/run/x is in mount namespace 8, in which no process is: what keeps that has to go\n");
}

/* Its name leads to what hides it, or to nothing. */
static void hidden(void **state)
{
	char path[] = "/run/netns/cni-1";
	struct netns_holder all[] = { mount_at(path, HOLDER_NODE | HOLDER_HIDDEN) };

	(void)state;
	setup_netns(all, 1);
	expect("unsafe another mount hides /run/netns/cni-1: it can be unmounted by this name when that one is gone\n");
}

/* What its path leads to may be another thing by now, and that in use. */
static void not_looked_at(void **state)
{
	char path[] = "/run/x", named[] = "/run/netns/x", other[] = "/run/y";
	struct netns_holder all[] = { mount_at(path, HOLDER_NODE), mount_at(named, HOLDER_NODE), mount_at(path, 0), mount_at(other, 0),
				      mount_at(named, HOLDER_HIDDEN) };

	(void)state;
	for (int i = 0; i < 5; i++)
		all[i].flags &= ~HOLDER_SEEN;
	all[3].flags |= HOLDER_SEEN;
	setup_netns(all, 5);
	expect("unsafe umount /run/x\nunsafe ip netns delete x\nunsafe umount -N 991 /run/x\nsafe umount -N 991 /run/y\n"
	       "unsafe another mount hides /run/netns/x: it can be unmounted by this name when that one is gone\n");
}

/* Several mounts upon one another are one command. */
static void the_same_twice(void **state)
{
	char path[] = "/run/x";
	struct netns_holder all[] = { mount_at(path, HOLDER_NODE | HOLDER_COVERED), mount_at(path, HOLDER_NODE) };

	(void)state;
	setup_netns(all, 2);
	all[1].mount_id = 9;
	all[1].parent_mount_id = 7;
	expect("safe umount /run/x\n");
}

/* The netns of a pod that lives was mounted upon it: to unmount that path would take that one away. */
static void under_another(void **state)
{
	char path[] = "/run/x";
	struct netns_holder all[] = { mount_at(path, HOLDER_NODE | HOLDER_COVERED), mount_at(path, HOLDER_NODE | HOLDER_COVERED) };

	(void)state;
	setup_netns(all, 1);
	expect("unsafe something else is mounted upon /run/x, and would be unmounted first\n");
	setup_netns(all, 2);
	all[1].mount_id = 9;
	all[1].parent_mount_id = 7;
	expect("unsafe something else is mounted upon /run/x, and would be unmounted first\n");
	/* What a damaged recording may say. */
	all[0].parent_mount_id = 9;
	expect("unsafe something else is mounted upon /run/x, and would be unmounted first\n");
}

/* No pod is known to have left it, or not for certain: it may be wanted. */
static void not_known_to_be_leaked(void **state)
{
	char path[] = "/run/x";
	struct netns_holder all[] = { mount_at(path, HOLDER_NODE) };

	(void)state;
	setup_netns(all, 1);
	leaked = false;
	expect("unsafe umount /run/x\n");
}

static void quoting(void **state)
{
	char space[] = "/run/a b", quote[] = "/run/it's", command[] = "/run/$(reboot);`x`", newline[] = "/run/a\nb", option[] = "/run/-rf";
	struct netns_holder all[] = { mount_at(space, HOLDER_NODE), mount_at(quote, HOLDER_NODE), mount_at(command, HOLDER_NODE),
				      mount_at(newline, HOLDER_NODE), mount_at(option, HOLDER_NODE) };

	(void)state;
	setup_netns(all, 5);
	expect("safe umount '/run/a b'\nsafe umount '/run/it'\\''s'\nsafe umount '/run/$(reboot);`x`'\nsafe umount $'/run/a\\012b'\n"
	       "safe umount /run/-rf\n");
}

/* As it is printed it is what the shell is to have. */
static void unprintable(void **state)
{
	char path[] = "/run/it's\\\x1b[2J\xc3\xa4";
	struct netns_holder all[] = { mount_at(path, HOLDER_NODE) };

	(void)state;
	setup_netns(all, 1);
	expect("safe umount $'/run/it\\047s\\134\\033[2J\\303\\244'\n");
}

/* A command that is cut would be about another path. */
static void too_long(void **state)
{
	static char path[600];
	struct netns_holder all[] = { mount_at(path, HOLDER_NODE), mount_at(path, HOLDER_CUT) };

	(void)state;
	memset(path, '\'', sizeof(path) - 1);
	setup_netns(all, 2);
	expect("unsafe a mount's path is too long to be told: see mount 7 in /proc/991/mountinfo\n");
}

/* A process is in it: nothing is safe, and each process is named once. */
static void processes(void **state)
{
	char path[] = "/run/x";
	struct netns_holder all[] = {
		mount_at(path, HOLDER_NODE),
		{ .kind = HOLDER_TASK, .pid = 12, .tid = 12, .comm = comm, .what = none, .cgroup = none },
		{ .kind = HOLDER_SOCKET, .pid = 12, .fd = 3, .comm = comm, .what = none, .cgroup = none },
		{ .kind = HOLDER_DESCRIPTOR, .pid = 13, .fd = 3, .comm = comm, .what = none, .cgroup = none },
	};

	(void)state;
	setup_netns(all, 4);
	holders.sum.nsproxies = 1;
	expect("unsafe umount /run/x\nunsafe kill 12\nunsafe kill 13\n");
}

/* Who runs the command on the node would end another. */
static void of_another_pid_namespace(void **state)
{
	char path[] = "/run/x";
	struct netns_holder all[] = {
		mount_at(path, HOLDER_LOCAL_PID),
		{ .kind = HOLDER_TASK, .flags = HOLDER_LOCAL_PID, .pid = 12, .tid = 12, .comm = comm, .what = none, .cgroup = none },
	};

	(void)state;
	setup_netns(all, 2);
	expect("unsafe cadvisor has it, pid 991 in the PID namespace of netnsleak: look on the node for its pid there\n"
	       "unsafe cadvisor has it, pid 12 in the PID namespace of netnsleak: look on the node for its pid there\n");
}

/* systemd keeps the netns of its services open, and the node does not outlive it. */
static void init_holds_it(void **state)
{
	struct netns_holder all[] = { { .kind = HOLDER_DESCRIPTOR, .pid = 1, .fd = 3, .comm = comm, .what = none, .cgroup = none } };

	(void)state;
	setup_netns(all, 1);
	expect("unsafe cadvisor (pid 1) keeps it for one of its services, which has to let go\n");
}

static void the_kernel(void **state)
{
	(void)state;
	setup_netns(NULL, 0);
	holders.sum.unexplained = 2;
	holders.sum.sockets_unseen = 1;
	expect("unsafe sockets without a descriptor: in flight between processes, or closed and not done yet\n"
	       "unsafe references that the kernel itself has: network file systems mounted from within it, or a defect; the kernel log may "
	       "say more\n");
	holders.sum.sockets_unseen = -1;
	expect("unsafe references of sockets in flight, of files of /proc/PID/net, or of the kernel itself: they cannot be told apart here\n");
}

/* What is in use is not to be freed. */
static void in_use(void **state)
{
	char path[] = "/run/x";
	struct netns_holder all[] = { mount_at(path, HOLDER_NODE) };

	(void)state;
	setup_netns(all, 1);
	pod.gone = false;
	expect("");
	setup_netns(all, 1);
	netns.initial = true;
	expect("");
	setup_netns(all, 1);
	netns.binding = NULL;
	netns.tasks = 1;
	expect("");
	netns.tasks = 0;
	leaked = false;
	expect("unsafe umount /run/x\n");
	holders.sum.counted = -1;
	expect("");
}

static void too_many(void **state)
{
	static char paths[20][16];
	struct netns_holder all[20];

	(void)state;
	for (int i = 0; i < 20; i++) {
		snprintf(paths[i], sizeof(paths[i]), "/x/%d", i);
		all[i] = mount_at(paths[i], HOLDER_NODE);
	}
	setup_netns(all, 20);
	expect("safe umount /x/0\nsafe umount /x/1\nsafe umount /x/2\nsafe umount /x/3\nsafe umount /x/4\nsafe umount /x/5\n"
	       "safe umount /x/6\nsafe umount /x/7\nsafe umount /x/8\nsafe umount /x/9\nsafe umount /x/10\nsafe umount /x/11\n"
	       "safe umount /x/12\nsafe umount /x/13\nsafe umount /x/14\nsafe umount /x/15\ncut\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mounts),	  cmocka_unit_test(hidden),	cmocka_unit_test(the_same_twice),
		cmocka_unit_test(quoting),	  cmocka_unit_test(too_long),	cmocka_unit_test(processes),
		cmocka_unit_test(the_kernel), cmocka_unit_test(in_use),	cmocka_unit_test(too_many),
		cmocka_unit_test(under_another), cmocka_unit_test(not_looked_at), cmocka_unit_test(unprintable),
		cmocka_unit_test(of_another_pid_namespace), cmocka_unit_test(not_known_to_be_leaked), cmocka_unit_test(init_holds_it),
	};

	return cmocka_run_group_tests_name("remedy", tests, NULL, NULL);
}
