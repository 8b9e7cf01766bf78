/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The end of a netns, in words and as attributes: how long each phase took, and what keeps it from going on.
 */
#include <string.h>

#include "format.h"
#include "report.h"
#include "report_attributes.h"

#define DEVICES_SHOWN 3

static void add_name(struct text *text, const char name[static NNS_IFNAME_LEN])
{
	text_add_bytes(text, name, strnlen(name, NNS_IFNAME_LEN));
}

/* "eth0 (veth), to which 1 reference was not given back" */
static void add_blocker(struct text *text, const struct netns *netns, const struct netns_leaving *blocker)
{
	add_name(text, blocker->name);
	if (blocker->link_kind[0]) {
		text_add(text, " (");
		text_add_bytes(text, blocker->link_kind, strnlen(blocker->link_kind, sizeof(blocker->link_kind)));
		text_add(text, ")");
	}
	text_add(text, blocker->netns == netns->handle ? ", of which " : " of another netns, of which ");
	text_add_count(text, (uint64_t)blocker->references, "reference was not given back", "references were not given back");
}

static void add_blockers(struct text *text, const struct netns *netns)
{
	const struct netns_teardown *teardown = netns->teardown;
	unsigned shown = 0;

	text_add(text, "the kernel waits for its device ");
	for (uint32_t i = 0; i < teardown->leaving_count; i++) {
		if (teardown->leaving[i].references <= 0)
			continue;
		if (shown++ == DEVICES_SHOWN) {
			text_add(text, ", and others");
			break;
		}
		text_add(text, shown > 1 ? ", and for " : "");
		add_blocker(text, netns, &teardown->leaving[i]);
	}
}

/* Whether the kernel's log has said of this device that it is waited for, since it left. */
static bool log_says(const struct netns_teardown *teardown, const struct netns_leaving *blocker)
{
	return teardown->log_at >= blocker->since && !strncmp(teardown->log_device, blocker->name, NNS_IFNAME_LEN);
}

static void add_log(struct text *text, const struct netns *netns)
{
	const struct netns_leaving *blocker = netns_blocker(netns);

	if (blocker && log_says(netns->teardown, blocker)) {
		text_add(text, "; its log says so too");
	} else if (netns->teardown->log_device[0]) {
		text_add(text, "; its log says that it waits for ");
		add_name(text, netns->teardown->log_device);
	}
}

void report_teardown(struct text *text, const struct netns *netns)
{
	const struct netns_teardown *teardown = netns->teardown;

	if (netns_blocker(netns))
		add_blockers(text, netns);
	else if (netns->phase == NETNS_CLEANUP)
		text_add(text, "the kernel is in the middle of cleaning it up");
	else
		text_add(text, "the kernel has not begun to clean it up");
	if (!teardown)
		return;
	if (teardown->function && teardown->function[0] && !netns_blocker(netns)) {
		text_add(text, netns->phase == NETNS_CLEANUP ? ", in " : ": its worker is in ");
		text_add(text, teardown->function);
		text_add(text, "()");
	}
	add_log(text, netns);
}

/* --- attributes --- */

void attributes_teardown_times(struct json_line *line, const struct netns *netns, uint64_t now)
{
	uint64_t until = netns->freed_at ? netns->freed_at : now;
	uint64_t begun = netns->cleanup_at ? netns->cleanup_at : until;

	/* Records of two CPUs may pass each other by a little. */
	if (netns->dying_at)
		json_seconds(line, JSON_KEY("netns.teardown.queued_seconds"), begun > netns->dying_at ? begun - netns->dying_at : 0);
	if (netns->cleanup_at)
		json_seconds(line, JSON_KEY("netns.teardown.cleanup_seconds"), until > begun ? until - begun : 0);
}

/* False: there was no room for all of it, and nothing of it stays. */
static bool add_device(struct json_line *line, const struct netns *netns, const struct netns_leaving *blocker, int64_t wall_offset)
{
	struct json_element element;

	if (!json_open_element(line, &element))
		return false;
	json_text_bytes(line, JSON_KEY("device"), blocker->name, strnlen(blocker->name, sizeof(blocker->name)), CAP_ID);
	json_u64(line, JSON_KEY("ifindex"), blocker->ifindex);
	if (blocker->link_kind[0])
		json_text_bytes(line, JSON_KEY("kind"), blocker->link_kind,
				strnlen(blocker->link_kind, sizeof(blocker->link_kind)), CAP_ID);
	json_i64(line, JSON_KEY("references"), blocker->references);
	json_time(line, JSON_KEY("since"), (int64_t)blocker->since + wall_offset);
	if (blocker->netns != netns->handle)
		json_bool(line, JSON_KEY("elsewhere"), true);
	return json_close_element(line, &element);
}

static void add_devices(struct json_line *line, const struct netns *netns, int64_t wall_offset)
{
	const struct netns_teardown *teardown = netns->teardown;
	size_t opened;

	if (!json_open(line, JSON_KEY("netns.blocked_by"), &opened))
		return;
	for (uint32_t i = 0; i < teardown->leaving_count; i++)
		if (teardown->leaving[i].references > 0 && !add_device(line, netns, &teardown->leaving[i], wall_offset)) {
			line->full = true;
			break;
		}
	json_close_array(line, opened);
}

void attributes_teardown(struct json_line *line, const struct netns *netns, int64_t wall_offset)
{
	const struct netns_teardown *teardown = netns->teardown;

	if (!teardown)
		return;
	if (teardown->function && teardown->function[0])
		json_text(line, JSON_KEY("netns.teardown.function"), teardown->function, CAP_ID);
	if (teardown->log_device[0])
		json_text_bytes(line, JSON_KEY("netns.teardown.logged_device"), teardown->log_device,
				strnlen(teardown->log_device, sizeof(teardown->log_device)), CAP_ID);
	if (netns_blocker(netns))
		add_devices(line, netns, wall_offset);
}

void attributes_kernel_log(struct json_line *line, const struct netns *netns, bool reads_log)
{
	const struct netns_teardown *teardown = netns->teardown;
	const struct netns_leaving *blocker = netns_blocker(netns);
	const char *word = "differs";

	if (!reads_log)
		word = "unreadable";
	else if (!teardown || !teardown->log_device[0])
		word = "silent";
	else if (blocker && log_says(teardown, blocker))
		word = "confirms";
	json_plain(line, JSON_KEY("netns.teardown.kernel_log"), word, strlen(word));
}
