/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "report_attributes.h"

#include <string.h>

#include "format.h"

void attributes_head(struct json_line *line, int64_t wall, const char *event_name, enum report_severity severity)
{
	const char *name = severity_name(severity);

	json_time(line, JSON_KEY("timestamp"), wall);
	json_plain(line, JSON_KEY("severity_text"), name, strlen(name));
	json_u64(line, JSON_KEY("severity_number"), severity);
	json_plain(line, JSON_KEY("event_name"), event_name, strlen(event_name));
}

void attributes_node(struct json_line *line, const char *node)
{
	json_plain(line, JSON_KEY("schema_version"), "1", 1);
	if (node && node[0])
		json_text(line, JSON_KEY("k8s.node.name"), node, CAP_NAME);
}

void attributes_survey(struct json_line *line, const struct report_survey *survey)
{
	size_t opened;

	if (!survey)
		return;
	json_plain(line, JSON_KEY("survey.by"), survey->bpf ? "bpf" : "proc", survey->bpf ? 3 : 4);
	if (!survey->unseen[0] || !json_open(line, JSON_KEY("survey.unseen"), &opened))
		return;
	for (size_t i = 0; survey->unseen[i]; i++)
		json_text(line, JSON_ELEMENT, survey->unseen[i], CAP_TEXT);
	json_close_array(line, opened);
}

void attributes_identity(struct json_line *line, const struct netns *netns)
{
	char id[NETNS_ID_LEN];

	if (netns->cookie) {
		/* As netns_id() has it, which takes longer. */
		json_u64_text(line, JSON_KEY("netns.id"), netns->cookie);
		json_u64_text(line, JSON_KEY("netns.cookie"), netns->cookie);
	} else {
		netns_id(netns, id, sizeof(id));
		json_plain(line, JSON_KEY("netns.id"), id, strlen(id));
	}
	if (netns->inum)
		json_u64(line, JSON_KEY("netns.inum"), netns->inum);
}

void attributes_state(struct json_line *line, const struct netns *netns)
{
	const char *name = netns_phase_name(netns->phase);

	json_plain(line, JSON_KEY("netns.state"), name, strlen(name));
	json_bool(line, JSON_KEY("netns.preexisting"), netns->preexisting);
	if (netns->initial)
		json_bool(line, JSON_KEY("netns.initial"), true);
}

void attributes_life(struct json_line *line, const struct netns *netns, uint64_t now, int64_t wall_offset)
{
	if (!netns->born)
		return;
	json_time(line, JSON_KEY("netns.created_at"), (int64_t)netns->born + wall_offset);
	/* Records of two CPUs may pass each other by a little. */
	json_seconds(line, JSON_KEY("netns.age_seconds"), now > netns->born ? now - netns->born : 0);
}

void attributes_counts(struct json_line *line, const struct netns *netns)
{
	if (netns->references >= 0)
		json_i64(line, JSON_KEY("netns.references"), netns->references);
	if (netns_tasks_are_known(netns))
		json_u64(line, JSON_KEY("netns.tasks"), netns->tasks);
}

void attributes_creator(struct json_line *line, const struct nns_task *creator)
{
	if (!creator->pid)
		return;
	json_u64(line, JSON_KEY("netns.creator.pid"), creator->pid);
	json_text_bytes(line, JSON_KEY("netns.creator.comm"), creator->comm,
			strnlen(creator->comm, sizeof(creator->comm)), CAP_ID);
	if (creator->cgroup_id)
		json_u64_text(line, JSON_KEY("netns.creator.cgroup_id"), creator->cgroup_id);
}

void attributes_path(struct json_line *line, const struct netns *netns)
{
	if (netns->paths)
		json_text(line, JSON_KEY("netns.path"), netns->paths->path, CAP_PATH);
}

void attributes_paths(struct json_line *line, const struct netns *netns)
{
	const struct netns_path *path;
	size_t opened;

	if (!netns->paths || !json_open(line, JSON_KEY("netns.paths"), &opened))
		return;
	for (path = netns->paths; path; path = path->next)
		json_text(line, JSON_ELEMENT, path->path, JSON_NO_CAP);
	json_close_array(line, opened);
}

void attributes_addresses(struct json_line *line, const struct netns *netns)
{
	size_t opened;

	if (netns->devs_unseen || !json_open(line, JSON_KEY("netns.addresses"), &opened))
		return;
	for (uint32_t i = 0; i < netns->addr_count; i++) {
		const struct netns_addr *addr = &netns->addrs[i];
		char buffer[FORMAT_ADDRESS_LEN];

		if (!netns_addr_is_global(addr))
			continue;
		json_plain(line, JSON_ELEMENT, buffer,
			   format_prefix(addr->family, addr->addr, addr->prefixlen, buffer));
	}
	json_close_array(line, opened);
}

static void add_device_addresses(struct json_line *line, const struct netns *netns, uint32_t ifindex)
{
	size_t opened;

	if (!json_open(line, JSON_KEY("addresses"), &opened))
		return;
	for (uint32_t i = 0; i < netns->addr_count; i++) {
		const struct netns_addr *addr = &netns->addrs[i];
		char buffer[FORMAT_ADDRESS_LEN];

		if (addr->ifindex == ifindex)
			json_plain(line, JSON_ELEMENT, buffer,
				   format_prefix(addr->family, addr->addr, addr->prefixlen, buffer));
	}
	json_close_array(line, opened);
}

/* False: there was no room for all of it, and nothing of it stays. */
static bool add_device(struct json_line *line, const struct netns *netns, const struct netns_dev *dev)
{
	struct json_element element;

	if (!json_open_element(line, &element))
		return false;
	json_text_bytes(line, JSON_KEY("name"), dev->name, strnlen(dev->name, sizeof(dev->name)), CAP_ID);
	json_u64(line, JSON_KEY("ifindex"), dev->ifindex);
	if (dev->link_kind[0])
		json_text_bytes(line, JSON_KEY("kind"), dev->link_kind,
				strnlen(dev->link_kind, sizeof(dev->link_kind)), CAP_ID);
	json_bool(line, JSON_KEY("loopback"), dev->flags & NNS_DEV_LOOPBACK);
	json_bool(line, JSON_KEY("up"), dev->flags & NNS_DEV_UP);
	if (dev->peer_ifindex)
		json_u64(line, JSON_KEY("peer_ifindex"), dev->peer_ifindex);
	add_device_addresses(line, netns, dev->ifindex);
	return json_close_element(line, &element);
}

void attributes_devices(struct json_line *line, const struct netns *netns)
{
	size_t opened;

	if (netns->devs_unseen || !json_open(line, JSON_KEY("netns.devices"), &opened))
		return;
	for (uint32_t i = 0; i < netns->dev_count; i++)
		if (!add_device(line, netns, &netns->devs[i])) {
			line->full = true;
			break;
		}
	json_close_array(line, opened);
}
