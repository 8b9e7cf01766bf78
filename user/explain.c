/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "explain.h"

#include <errno.h>
#include <string.h>

#include "format.h"
#include "routes.h"
#include "util.h"

#define LINE_BYTES 2048
#define LABEL_WIDTH 12

/* --- lines --- */

static void print_line(FILE *file, const char *label, const struct text *words)
{
	TEXT(safe, 2 * LINE_BYTES);

	text_add_safe(&safe, words->bytes);
	fprintf(file, "%-*s%s\n", LABEL_WIDTH, label, safe.bytes);
}

static void add_ago(struct text *text, uint64_t now, uint64_t then)
{
	char buffer[FORMAT_DURATION_LEN];

	text_add(text, format_duration(now > then ? now - then : 0, buffer));
	text_add(text, " ago");
}

static void add_time(struct text *text, const struct explanation *explanation, uint64_t then)
{
	char buffer[FORMAT_CLOCK_LEN];

	text_add(text, format_clock((int64_t)then + explanation->wall_offset, buffer));
	text_add(text, ", ");
	add_ago(text, explanation->now, then);
}

/* --- what it is --- */

static bool is_overdue(const struct explanation *explanation)
{
	const struct binding *binding = explanation->netns->binding;

	return binding && pod_is_overdue(binding->pod, explanation->now, explanation->grace);
}

bool explain_is_leaked(const struct explanation *explanation)
{
	return explanation->netns->phase == NETNS_REFERENCED && is_overdue(explanation) && !explanation->undecided;
}

/* When the grace is over, boot ns; 0: it is, or has not begun. */
static uint64_t grace_ends(const struct explanation *explanation)
{
	const struct binding *binding = explanation->netns->binding;

	return binding && binding->pod->gone && !is_overdue(explanation) ? binding->pod->released_at + explanation->grace : 0;
}

const struct cause *explain_cause(const struct explanation *explanation)
{
	bool early = explanation->netns->phase == NETNS_REFERENCED && grace_ends(explanation);

	return explanation->cause->count && !early ? explanation->cause : NULL;
}

static void pod_verdict(struct text *text, const struct explanation *explanation)
{
	const struct pod *pod = explanation->netns->binding->pod;
	bool overdue = is_overdue(explanation);
	char buffer[FORMAT_DURATION_LEN];

	if (!pod->gone) {
		text_add(text, "in use: its pod is there");
		return;
	}
	if (!overdue)
		text_add(text, "its pod has only just gone, ");
	else
		text_add(text, explanation->undecided ? "undecided: its pod has been gone for " : "leaked: its pod has been gone for ");
	text_add(text, format_duration(explanation->now > pod->gone_at ? explanation->now - pod->gone_at : 0, buffer));
	text_add(text, !overdue ? " ago" : explanation->undecided ? ", but a source that may know better does not answer" : "");
}

void explain_verdict(struct text *text, const struct explanation *explanation)
{
	const struct netns *netns = explanation->netns;
	const uint64_t now = explanation->now;
	char buffer[FORMAT_DURATION_LEN];

	if (netns_is_dying(netns)) {
		text_add(text, netns->phase == NETNS_CLEANUP ? "the kernel has been cleaning it up for " :
							       "waits for the kernel to clean it up, for ");
		text_add(text, format_duration(now > netns->dying_at ? now - netns->dying_at : 0, buffer));
	} else if (netns->initial) {
		text_add(text, "the node's own");
	} else if (netns->binding) {
		pod_verdict(text, explanation);
	} else if (netns->tasks) {
		text_add(text, "in use, by processes of no known pod");
	} else if (netns->tasks_unseen) {
		text_add(text, "no known pod's; whether a process is in it could not be seen");
	} else {
		text_add(text, explanation->undecided ? "no known pod's, but not all sources answer; no process is in it" :
							"no known pod's, and no process is in it");
	}
}

static void print_head(FILE *file, const struct explanation *explanation)
{
	const struct netns *netns = explanation->netns;
	const char *name = netns_name(netns);
	TEXT(words, LINE_BYTES);
	TEXT(safe, 2 * LINE_BYTES);

	text_add(&words, "netns ");
	if (name) {
		text_add(&words, name);
		text_add(&words, ", ");
	}
	text_add(&words, "inode ");
	text_add_u64(&words, netns->inum);
	if (netns->cookie) {
		text_add(&words, ", cookie ");
		text_add_u64(&words, netns->cookie);
	}
	text_add_safe(&safe, words.bytes);
	fprintf(file, explanation->color ? "\033[1m%s\033[0m\n" : "%s\n", safe.bytes);
	text_reset(&words);
	explain_verdict(&words, explanation);
	print_line(file, "verdict", &words);
}

static void print_pod(FILE *file, const struct explanation *explanation)
{
	const struct binding *binding = explanation->netns->binding;
	TEXT(words, LINE_BYTES);

	if (!binding) {
		text_add(&words, explanation->netns->initial ? "-" : "none known: no source says whose it is");
		print_line(file, "pod", &words);
		return;
	}
	report_pod_name(&words, binding->pod);
	if (binding->pod->uid[0]) {
		text_add(&words, ", uid ");
		text_add_cut(&words, binding->pod->uid, 128);
	}
	print_line(file, "pod", &words);
	text_reset(&words);
	if (binding->pod->gone) {
		text_add(&words, "since ");
		add_time(&words, explanation, binding->pod->gone_at);
		text_add(&words, " (");
		text_add(&words, binding->pod->gone_reason ? binding->pod->gone_reason : "deleted");
		text_add(&words, "), says ");
		text_add_cut(&words, binding->pod->gone_source, 256);
		print_line(file, "  gone", &words);
		text_reset(&words);
	}
	text_add(&words, evidence_name(binding->evidence));
	text_add(&words, ", from ");
	text_add_cut(&words, binding->source, 256);
	if (binding->container_id[0]) {
		text_add(&words, "; container ");
		text_add_cut(&words, binding->container_id, 128);
	}
	print_line(file, "  bound by", &words);
}

static void print_made(FILE *file, const struct explanation *explanation)
{
	const struct netns *netns = explanation->netns;
	const struct netns_path *path;
	uint64_t made = netns->born;
	TEXT(words, LINE_BYTES);

	/* A census does not say when it was made; the file that it is mounted on may. */
	for (path = netns->paths; path && !netns->born; path = path->next) {
		int64_t boot = path->made_wall - explanation->wall_offset;

		if (path->made_wall && boot > 0 && (!made || (uint64_t)boot < made))
			made = (uint64_t)boot;
	}
	if (!made)
		return;
	text_add(&words, netns->born ? "" : "not after ");
	add_time(&words, explanation, made);
	text_add(&words, netns->creator.pid ? "," : "");
	report_creator(&words, &netns->creator);
	print_line(file, "made", &words);
}

/* Where it was mounted, by which people know it. */
static void print_named(FILE *file, const struct explanation *explanation)
{
	const struct netns *netns = explanation->netns;
	const struct netns_path *path;
	bool first = true;

	for (path = netns->paths; path; path = path->next, first = false) {
		int64_t boot = path->made_wall - explanation->wall_offset;
		TEXT(words, LINE_BYTES);

		text_add_cut(&words, path->path, 512);
		if (path->made_wall && boot > 0) {
			text_add(&words, ", since ");
			add_time(&words, explanation, (uint64_t)boot);
		}
		print_line(file, first ? "mounted" : "", &words);
	}
}

static void print_history(FILE *file, const struct explanation *explanation)
{
	const struct netns *netns = explanation->netns;
	TEXT(words, LINE_BYTES);

	print_made(file, explanation);
	print_named(file, explanation);
	if (!netns_is_dying(netns))
		return;
	report_teardown(&words, netns);
	print_line(file, "waits", &words);
}

/* --- what is in it --- */

static void add_addresses(struct text *text, const struct netns *netns, uint32_t ifindex)
{
	char buffer[FORMAT_ADDRESS_LEN];

	for (uint32_t i = 0; i < netns->addr_count; i++) {
		const struct netns_addr *addr = &netns->addrs[i];

		if (addr->ifindex != ifindex)
			continue;
		format_prefix(addr->family, addr->addr, addr->prefixlen, buffer);
		text_add(text, " ");
		text_add(text, buffer);
	}
}

static void add_peer(struct text *text, const struct explanation *explanation, const struct report_peer *peer)
{
	const struct netns *other = peer->netns;

	text_add(text, ", peer ");
	if (peer->peer)
		text_add_bytes(text, peer->peer->name, strnlen(peer->peer->name, sizeof(peer->peer->name)));
	else
		text_printf(text, "interface %u", peer->dev->peer_ifindex);
	if (other == explanation->netns) {
		text_add(text, " in here");
	} else if (other) {
		text_add(text, other->initial ? " on the node" : " in netns ");
		if (!other->initial)
			text_add_u64(text, other->inum);
	}
	if (peer->bridge[0]) {
		text_add(text, ", in bridge ");
		text_add(text, peer->bridge);
	}
	if (peer->peer && !(peer->peer->flags & NNS_DEV_UP))
		text_add(text, ", which is down");
}

static const struct report_peer *peer_of(const struct explanation *explanation, const struct netns_dev *dev)
{
	for (size_t i = 0; i < explanation->peer_count; i++)
		if (explanation->peers[i].dev == dev)
			return &explanation->peers[i];
	return NULL;
}

static void print_devices(FILE *file, const struct explanation *explanation)
{
	const struct netns *netns = explanation->netns;
	const uint32_t shown = netns->dev_count < 24 ? netns->dev_count : 24;

	if (netns->devs_unseen)
		fprintf(file, "%-*snot known: nothing that we can open leads into it\n", LABEL_WIDTH, "devices");
	for (uint32_t i = 0; i < shown; i++) {
		const struct netns_dev *dev = &netns->devs[i];
		const struct report_peer *peer = peer_of(explanation, dev);
		TEXT(words, LINE_BYTES);

		text_add_bytes(&words, dev->name, strnlen(dev->name, sizeof(dev->name)));
		add_addresses(&words, netns, dev->ifindex);
		if (!(dev->flags & NNS_DEV_UP))
			text_add(&words, ", down");
		if (dev->link_kind[0]) {
			text_add(&words, ", ");
			text_add_bytes(&words, dev->link_kind, strnlen(dev->link_kind, sizeof(dev->link_kind)));
		}
		if (peer)
			add_peer(&words, explanation, peer);
		print_line(file, i ? "" : "devices", &words);
	}
	if (shown < netns->dev_count) {
		TEXT(words, LINE_BYTES);

		text_printf(&words, "and %u more", netns->dev_count - shown);
		print_line(file, "", &words);
	}
}

static void print_more(FILE *file, size_t count, size_t shown)
{
	TEXT(words, LINE_BYTES);

	if (count <= shown)
		return;
	text_printf(&words, "and %zu more", count - shown);
	print_line(file, "", &words);
}

#define ROUTES_SHOWN 24

static void print_routes(FILE *file, const struct explanation *explanation)
{
	const struct routes *routes = explanation->routes;
	const struct netns *netns = explanation->netns;
	TEXT(words, LINE_BYTES);

	if (!routes) {
		text_add(&words, explanation->recorded ? "not known: they are not recorded" :
							 "not known: nothing that we can open leads into it");
		print_line(file, "routes", &words);
		return;
	}
	if (!routes->count)
		text_add(&words, "none");
	if (!routes->count)
		print_line(file, "routes", &words);
	for (size_t i = 0; i < routes->count && i < ROUTES_SHOWN; i++) {
		const struct netns_dev *dev = netns_dev_by_index(netns, routes->all[i].device);
		char name[NNS_IFNAME_LEN + 1] = "";

		if (dev)
			memcpy(name, dev->name, strnlen(dev->name, NNS_IFNAME_LEN));
		text_reset(&words);
		route_describe(&words, &routes->all[i], name);
		print_line(file, i ? "" : "routes", &words);
	}
	print_more(file, routes->count, ROUTES_SHOWN);
	for (size_t i = 0; i < routes->rule_count && i < ROUTES_SHOWN; i++) {
		text_reset(&words);
		route_rule_describe(&words, &routes->rules[i]);
		print_line(file, i ? "" : "rules", &words);
	}
	print_more(file, routes->rule_count, ROUTES_SHOWN);
}

/* --- what holds it --- */

static void print_accounting(FILE *file, const struct netns *netns)
{
	TEXT(words, LINE_BYTES);

	report_references(&words, netns);
	print_line(file, "references", &words);
}

/* Sockets, or all that is none. */
static void print_some(FILE *file, const struct netns_holders *holders, bool sockets, const char *label)
{
	TEXT(words, LINE_BYTES);

	for (uint32_t i = 0; i < holders->count; i++) {
		const struct netns_holder *holder = &holders->all[i];

		if ((holder->kind == HOLDER_SOCKET) != sockets)
			continue;
		text_reset(&words);
		report_holder(&words, holder);
		if (holder->flags & HOLDER_COVERED)
			text_add(&words, ", covered by another mount");
		print_line(file, label, &words);
		label = "";
		if (!holder->cgroup[0] || !strcmp(holder->cgroup, "/"))
			continue;
		text_reset(&words);
		text_add(&words, "  in cgroup ");
		text_add_cut(&words, holder->cgroup, 512);
		print_line(file, "", &words);
	}
}

static void print_holders(FILE *file, const struct netns_holders *holders)
{
	TEXT(words, LINE_BYTES);

	print_some(file, holders, false, "held by");
	print_some(file, holders, true, "sockets");
	if (holders->sum.found > holders->count) {
		text_reset(&words);
		text_printf(&words, "and %u more", holders->sum.found - holders->count);
		print_line(file, "", &words);
	}
	if (holders->sum.sockets_unseen > 0) {
		text_reset(&words);
		text_add_count(&words, (uint64_t)holders->sum.sockets_unseen, "socket", "sockets");
		text_add(&words, " without a descriptor: in flight, or not done yet after its end");
		print_line(file, "", &words);
	}
	if (holders->sum.nsfs && holders->sum.nsfs_unexplained > 0) {
		text_reset(&words);
		text_printf(&words, "its file, %d times by something that is neither a mount nor a descriptor",
			    holders->sum.nsfs_unexplained);
		print_line(file, "", &words);
	}
}

/* --- why --- */

static void print_no_cause(FILE *file, const struct explanation *explanation)
{
	char buffer[FORMAT_DURATION_LEN];
	TEXT(words, LINE_BYTES);

	if (!explanation->cause->count)
		return;
	text_add(&words, "too early to say: what takes it down may be at it, and has ");
	text_add(&words, format_duration(grace_ends(explanation) - explanation->now, buffer));
	text_add(&words, " left");
	print_line(file, "cause", &words);
}

static void print_cause(FILE *file, const struct explanation *explanation)
{
	const struct cause *cause = explain_cause(explanation);
	TEXT(words, LINE_BYTES);

	if (!cause) {
		print_no_cause(file, explanation);
		return;
	}
	text_add(&words, cause_name(cause->kind));
	text_add(&words, ": ");
	text_add(&words, cause->evidence[0]);
	print_line(file, "cause", &words);
	for (size_t i = 1; i < cause->count; i++) {
		text_reset(&words);
		text_add(&words, cause->evidence[i]);
		print_line(file, "", &words);
	}
}

/* --- what else there may be --- */

static void print_unseen(FILE *file, const struct report_survey *survey)
{
	for (size_t i = 0; survey && survey->unseen[i]; i++) {
		TEXT(words, LINE_BYTES);

		text_add(&words, survey->unseen[i]);
		print_line(file, i ? "" : "not seen", &words);
	}
}

/* --- what to do --- */

static void print_remedies(FILE *file, const struct remedies *remedies, bool safe)
{
	const char *label = safe ? "to free it" : "or, unsafe";
	bool any = false;

	for (size_t i = 0; i < remedies->count; i++) {
		const struct remedy *remedy = &remedies->all[i];
		TEXT(words, LINE_BYTES);

		if (remedy->safe != safe)
			continue;
		text_add(&words, remedy->command);
		text_add(&words, remedy->command[0] ? "   # " : "");
		text_add(&words, remedy->why);
		print_line(file, any ? "" : label, &words);
		any = true;
	}
}

static void print_what_to_do(FILE *file, const struct explanation *explanation)
{
	TEXT(words, LINE_BYTES);

	if (netns_is_dying(explanation->netns)) {
		text_add(&words, "nothing that is mounted or runs keeps it: the kernel has to let go. Where it never does, what used "
				 "the device that it waits for is at fault, and a restart of the node is what helps");
		print_line(file, "to do", &words);
		return;
	}
	if (netns_is_in_use(explanation->netns)) {
		text_add(&words, "nothing: it is in use");
		print_line(file, "to do", &words);
		return;
	}
	print_remedies(file, explanation->remedies, true);
	print_remedies(file, explanation->remedies, false);
	if (explanation->remedies->cut) {
		text_add(&words, "and more: look again when these are done");
		print_line(file, "", &words);
	}
}

int explain_print(FILE *file, const struct explanation *explanation)
{
	const struct netns *netns = explanation->netns;

	print_head(file, explanation);
	print_pod(file, explanation);
	print_history(file, explanation);
	print_devices(file, explanation);
	if (!netns_is_dying(netns)) {
		print_routes(file, explanation);
		print_accounting(file, netns);
	}
	if (netns_holders_are_known(netns))
		print_holders(file, netns->holders);
	print_cause(file, explanation);
	print_unseen(file, explanation->survey);
	print_what_to_do(file, explanation);
	return fflush(file) || ferror(file) ? -EIO : 0;
}
