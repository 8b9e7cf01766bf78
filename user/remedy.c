/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "remedy.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "util.h"

#define NAMED_NETNS "/run/netns/"

bool netns_is_in_use(const struct netns *netns)
{
	if (netns->initial)
		return true;
	if (netns->binding)
		return !netns->binding->pod->gone;
	return netns->tasks > 0;
}

/* A new one, or NULL: there are too many. */
static struct remedy *add(struct remedies *remedies, bool safe)
{
	struct remedy *remedy;

	if (remedies->count == REMEDIES_MAX) {
		remedies->cut = true;
		return NULL;
	}
	remedy = &remedies->all[remedies->count++];
	*remedy = (struct remedy){ .safe = safe };
	return remedy;
}

/* What is printed is escaped, and would be another word to the shell: so it is escaped as the shell has it. */
static void quote_bytes(struct text *text, const char *word)
{
	text_add(text, "$'");
	for (; *word; word++) {
		unsigned char byte = (unsigned char)*word;

		if (byte < 0x20 || byte >= 0x7f || byte == '\'' || byte == '\\')
			text_printf(text, "\\%03o", byte);
		else
			text_add_bytes(text, word, 1);
	}
	text_add(text, "'");
}

void remedy_quote(struct text *text, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+=,";

	if (*word && word[strspn(word, plain)] == '\0') {
		text_add(text, word);
		return;
	}
	if (!text_is_ascii(word)) {
		quote_bytes(text, word);
		return;
	}
	text_add(text, "'");
	for (; *word; word++) {
		if (*word == '\'')
			text_add(text, "'\\'");
		text_add_bytes(text, word, 1);
	}
	text_add(text, "'");
}

static bool is_named(const char *path)
{
	size_t length = strlen(NAMED_NETNS);

	return !strncmp(path, NAMED_NETNS, length) && path[length] && !strchr(path + length, '/');
}

/* One name may have several mounts on it: the command is the same, and frees them one after the other. */
static bool is_said(const struct remedies *remedies, const char *command)
{
	for (size_t i = 0; i < remedies->count; i++)
		if (!strcmp(remedies->all[i].command, command))
			return true;
	return false;
}

static bool is_lamented(const struct remedies *remedies, const char *why)
{
	for (size_t i = 0; i < remedies->count; i++)
		if (!remedies->all[i].command[0] && !strcmp(remedies->all[i].why, why))
			return true;
	return false;
}

static void no_command(struct remedies *remedies, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void no_command(struct remedies *remedies, const char *format, ...)
{
	char why[REMEDY_BYTES];
	struct remedy *remedy;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, sizeof(why), format, arguments);
	va_end(arguments);
	if (!is_lamented(remedies, why) && (remedy = add(remedies, false)))
		strcpy(remedy->why, why);
}

/* Half a path is another one. */
static void too_long(struct remedies *remedies, const struct netns_holder *holder)
{
	no_command(remedies, "a mount's path is too long to be told: see mount %" PRIu32 " in /proc/%" PRIu32 "/mountinfo",
		   holder->mount_id, holder->pid);
}

static void unmount_here(struct remedies *remedies, const struct netns_holder *holder)
{
	char bytes[REMEDY_BYTES] = "";
	struct text command = { .bytes = bytes, .capacity = sizeof(bytes) };
	bool named = is_named(holder->what);
	struct remedy *remedy;

	text_add(&command, named ? "ip netns delete " : "umount ");
	remedy_quote(&command, named ? holder->what + strlen(NAMED_NETNS) : holder->what);
	if (command.cut) {
		too_long(remedies, holder);
		return;
	}
	if (is_said(remedies, bytes) || !(remedy = add(remedies, holder->flags & HOLDER_SEEN)))
		return;
	strcpy(remedy->command, bytes);
	snprintf(remedy->why, sizeof(remedy->why), named ? "unmounts it and removes the file" : "unmounts it");
}

/* On the node that number is another process's. */
static void local_pid(struct remedies *remedies, const struct netns_holder *holder)
{
	no_command(remedies, "%.64s has it, pid %" PRIu32 " in the PID namespace of netnsleak: look on the node for its pid there",
		   holder->comm, holder->pid);
}

static void unmount_there(struct remedies *remedies, const struct netns_holder *holder)
{
	char bytes[REMEDY_BYTES] = "";
	struct text command = { .bytes = bytes, .capacity = sizeof(bytes) };
	struct remedy *remedy;

	if (holder->flags & HOLDER_LOCAL_PID) {
		local_pid(remedies, holder);
		return;
	}
	/* By the node's own umount(8): what a container calls so would run with all the node's rights. */
	text_printf(&command, "umount -N %" PRIu32 " ", holder->pid);
	remedy_quote(&command, holder->what);
	if (command.cut) {
		too_long(remedies, holder);
		return;
	}
	if (is_said(remedies, bytes) || !(remedy = add(remedies, holder->flags & HOLDER_SEEN)))
		return;
	strcpy(remedy->command, bytes);
	snprintf(remedy->why, sizeof(remedy->why), "unmounts it where %.64s has it; -N is util-linux's", holder->comm);
}

static const struct netns_holder *mount_upon(const struct netns_holders *holders, const struct netns_holder *below)
{
	for (uint32_t i = 0; i < holders->count; i++) {
		const struct netns_holder *holder = &holders->all[i];

		if (holder->kind == HOLDER_MOUNT && holder != below && holder->parent_mount_id == below->mount_id &&
		    holder->mntns_inum == below->mntns_inum)
			return holder;
	}
	return NULL;
}

/* What is unmounted at its path is the uppermost mount, which may be one of another netns, and that in use. */
static bool is_under_another(const struct netns_holders *holders, const struct netns_holder *holder)
{
	for (uint32_t i = 0; holder && holder->flags & HOLDER_COVERED && i < holders->count; i++)
		holder = mount_upon(holders, holder);
	return !holder || holder->flags & HOLDER_COVERED;
}

static void for_mount(struct remedies *remedies, const struct netns_holders *holders, const struct netns_holder *holder)
{
	if (holder->flags & HOLDER_DETACHED)
		no_command(remedies, "a mount was detached (umount -l, open_tree) and is kept by what has it open");
	else if (holder->flags & HOLDER_CUT)
		too_long(remedies, holder);
	else if (holder->flags & HOLDER_UNLINKED)
		no_command(remedies, "the file %.256s that a mount stands on was deleted: its path leads to it no more", holder->what);
	else if (is_under_another(holders, holder))
		no_command(remedies, "something else is mounted upon %.256s, and would be unmounted first", holder->what);
	else if (holder->flags & HOLDER_HIDDEN)
		no_command(remedies, "another mount hides %.256s: it can be unmounted by this name when that one is gone", holder->what);
	else if (holder->flags & HOLDER_NODE)
		unmount_here(remedies, holder);
	else if (holder->pid)
		unmount_there(remedies, holder);
	else
		no_command(remedies, "%.256s is in mount namespace %" PRIu32 ", in which no process is: what keeps that has to go",
			   holder->what, holder->mntns_inum);
}

/* Who has it open, or runs in it, has to end, or to let go by itself. */
static void for_process(struct remedies *remedies, const struct netns_holder *holder)
{
	char bytes[64];
	struct remedy *remedy;

	if (holder->flags & HOLDER_LOCAL_PID) {
		local_pid(remedies, holder);
		return;
	}
	if (holder->pid <= 1) {
		no_command(remedies, "%.64s (pid %" PRIu32 ") keeps it for one of its services, which has to let go", holder->comm,
			   holder->pid);
		return;
	}
	snprintf(bytes, sizeof(bytes), "kill %" PRIu32, holder->pid);
	if (is_said(remedies, bytes) || !(remedy = add(remedies, false)))
		return;
	strcpy(remedy->command, bytes);
	snprintf(remedy->why, sizeof(remedy->why), "ends %.64s; where it is a service, restart that instead", holder->comm);
}

static void for_holder(struct remedies *remedies, const struct netns_holders *holders, const struct netns_holder *holder)
{
	switch (holder->kind) {
	case HOLDER_MOUNT:
		for_mount(remedies, holders, holder);
		break;
	case HOLDER_TASK:
	case HOLDER_DESCRIPTOR:
	case HOLDER_SOCKET:
	case HOLDER_TUN:
	case HOLDER_PROC_FILE:
		for_process(remedies, holder);
		break;
	case HOLDER_UNKNOWN:
		break;
	}
}

void remedies_find(struct remedies *ret, const struct netns *netns, bool leaked)
{
	const struct netns_holders *holders = netns->holders;

	*ret = (struct remedies){ .count = 0 };
	if (netns_is_in_use(netns) || netns->phase != NETNS_REFERENCED || !netns_holders_are_known(netns))
		return;
	for (uint32_t i = 0; i < holders->count; i++)
		for_holder(ret, holders, &holders->all[i]);
	ret->cut |= holders->sum.found > holders->count;
	/*
	 * Where a process is in it, its file is not what keeps it, and may still be wanted; one that no pod is known to have
	 * left may be an administrator's, and forward packets without any process.
	 */
	for (size_t i = 0; i < ret->count; i++)
		ret->all[i].safe &= leaked && holders->sum.nsproxies == 0;
	if (holders->sum.sockets_unseen > 0)
		no_command(ret, "sockets without a descriptor: in flight between processes, or closed and not done yet");
	if (holders->sum.unexplained > 0 && holders->sum.sockets_unseen < 0)
		no_command(ret, "references of sockets in flight, of files of /proc/PID/net, or of the kernel itself: they cannot be told "
				"apart here");
	else if (holders->sum.unexplained > 0)
		no_command(ret, "references that the kernel itself has: network file systems mounted from within it, or a defect; the "
				"kernel log may say more");
}
