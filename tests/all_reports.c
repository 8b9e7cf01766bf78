/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes every kind of report, in several variants, as JSON lines to stdout: for tests/schema-check.
 *
 * usage: all_reports [plain|bare|hostile|huge]...     all of them where none is named
 */
#include <stdio.h>

#include "report.h"
#include "report_fixtures.h"

/* Quotes, escapes, a cut and an overlong character, a surrogate, controls, a change of direction. */
#define HOSTILE "\"\\\b\x1b[2J\x7f\xc2\x9b\xe2\x80\xae\xed\xa0\x80\xc0\xaf\xf5\xff\xe2\x82"

static void print(const struct report *report)
{
	char line[REPORT_JSON_MAX];

	fwrite(line, 1, report_json(line, report, 7), stdout);
}

static void print_all(struct fixture *f, void (*alter)(struct fixture *f, struct report *report))
{
	for (int kind = 0; kind < REPORT_KIND_MAX; kind++) {
		struct report report = fixture_report(f, (enum report_kind)kind);

		alter(f, &report);
		print(&report);
	}
}

static void leave(struct fixture *f, struct report *report)
{
	(void)f;
	(void)report;
}

/* All that may be unknown is. */
static void bare(struct fixture *f, struct report *report)
{
	static char none[] = "", uid[] = "u";
	bool bound = report->kind == REPORT_NETNS_BOUND || report->kind == REPORT_NETNS_LEAKED ||
		     report->kind == REPORT_NETNS_PATH_LOST;

	f->pod = (struct pod){ .uid = uid, .namespace_ = none, .name = none, .node = none, .gone = f->pod.gone };
	f->binding = (struct binding){ .pod = &f->pod, .evidence = EVIDENCE_IP, .path = none };
	f->other_pod = f->pod;
	f->bare.phase = f->netns.phase;
	f->bare.binding = bound ? &f->binding : NULL;
	if (report->call) {
		struct cni_call *made = &f->calls[1];

		made->container_id = made->netns_path = made->pod_namespace = made->pod_name = none;
		made->ifname[0] = made->parent_comm[0] = '\0';
		made->leads = CNI_PATH_UNNAMED;
		made->inum = 0;
		made->parts = NULL;
	}
	if (report->cause) {
		static const struct cause unknown = { .kind = CAUSE_UNKNOWN };

		report->cause = &unknown;
	}
	f->bare.dying_at = report->kind == REPORT_NETNS_DYING ? 1 : 0;
	report->node = "";
	if (report->netns)
		report->netns = report->kind == REPORT_POD_GONE ? NULL : &f->bare;
	if (!bound && report->kind != REPORT_POD_GONE)
		report->pod = NULL;
	if (report->kind == REPORT_NETNS_IP_CONFLICT)
		report->other = &f->bare;
	else
		report->other = NULL;
	if (report->kind == REPORT_SOURCE_DOWN)
		report->text = "";
}

/* One of each kind, and a mount of each sort. */
static void hold(struct fixture *f, char *text)
{
	static struct netns_holder all[11];
	static struct netns_holders holders;

	for (uint32_t i = 0; i < 11; i++)
		all[i] = (struct netns_holder){ .kind = i < 7 ? (enum holder_kind)i : HOLDER_MOUNT, .pid = i, .tid = i + i % 2, .fd = i,
						.flags = i < 6 ? 0 : 1u << (i - 6), .mount_id = 40 + i, .mntns_inum = i,
						.comm = text, .what = text, .cgroup = text };
	holders = (struct netns_holders){ .sum = { .counted = 9, .nsproxies = 1, .nsfs = 1, .sockets = 3, .proc_files = 1,
						   .unexplained = 3, .sockets_unseen = 1, .nsfs_unexplained = 1, .found = 12 },
					  .all = all, .count = 11 };
	f->netns.holders = &holders;
}

static void held(struct fixture *f, struct report *report)
{
	static char text[] = "/run/netns/x";

	(void)report;
	hold(f, text);
}

/* Something went while it was counted, and nothing else was found. */
static void miscounted(struct fixture *f, struct report *report)
{
	static struct netns_holders holders = { .sum = { .unexplained = -1, .sockets_unseen = -1, .nsfs_unexplained = -1 } };

	(void)report;
	f->netns.holders = &holders;
}

/* Killed, with texts as anybody may choose them. */
static void call(struct fixture *f, char *text)
{
	for (size_t i = 0; i < 2; i++) {
		struct cni_call *made = &f->calls[i];

		made->program = made->container_id = made->netns_path = made->pod_namespace = made->pod_name = made->pod_uid = text;
		memcpy(made->command_name, HOSTILE, sizeof(made->command_name) - 1);
		memcpy(made->ifname, HOSTILE, sizeof(made->ifname) - 1);
		memcpy(made->parent_comm, HOSTILE, sizeof(made->parent_comm) - 1);
		made->status = made->status ? 9 : 0;
		made->leads = CNI_PATH_MISSING;
	}
}

static void blame(struct report *report, const char *text)
{
	static struct cause cause;

	cause = (struct cause){ .kind = CAUSE_CNI_DEL_NEVER_CALLED, .count = CAUSE_EVIDENCE_MAX };
	for (size_t i = 0; i < CAUSE_EVIDENCE_MAX; i++)
		snprintf(cause.evidence[i], CAUSE_EVIDENCE_LEN, "%s", text);
	if (report->cause)
		report->cause = &cause;
}

static void hostile(struct fixture *f, struct report *report)
{
	static char text[] = HOSTILE "name" HOSTILE;

	call(f, text);
	blame(report, text);

	f->pod.uid = f->pod.namespace_ = f->pod.name = f->pod.gone_source = text;
	f->other_pod = f->pod;
	f->binding.source = f->binding.container_id = f->binding.path = text;
	f->netns.paths = f->paths;
	memcpy(f->devs[1].name, HOSTILE, NNS_IFNAME_LEN);
	memcpy(f->devs[1].link_kind, HOSTILE, NNS_KIND_LEN);
	memcpy(f->netns.creator.comm, HOSTILE, NNS_COMM_LEN);
	f->teardown.function = text;
	memcpy(f->leaving[0].name, HOSTILE, NNS_IFNAME_LEN);
	memcpy(f->teardown.log_device, HOSTILE, NNS_IFNAME_LEN);
	hold(f, text);
	report->node = text;
	if (report->source)
		report->source = text;
	if (report->text)
		report->text = text;
}

/* A text of this many bytes, each of which takes six in JSON. */
static char *long_text(size_t length)
{
	char *text = malloc(length + 1);

	if (!text)
		abort();
	memset(text, 1, length);
	text[0] = '/';
	text[length] = '\0';
	return text;
}

/* Paths of 4 KiB, a thousand addresses, and names that no Kubernetes would let pass. */
static void huge(struct fixture *f, struct report *report)
{
	static struct netns_addr addrs[1000];
	static char *text;

	if (!text) {
		text = long_text(100000);
		for (uint32_t i = 0; i < 1000; i++)
			addrs[i] = fixture_addr(2, 24, 0, 0, 10, 99, (uint8_t)(i >> 8), (uint8_t)i);
		text[4096] = '\0';
		f->paths = fixture_path(text, fixture_path(text, f->paths));
		f->other_paths = f->other.paths = fixture_path(text, f->other_paths);
		text[4096] = 1;
	}
	hostile(f, report);
	call(f, text);
	blame(report, text);
	hold(f, text);
	f->pod.uid = f->pod.namespace_ = f->pod.name = f->pod.gone_source = text;
	f->pod.gone_reason = text;
	f->other_pod = f->pod;
	f->binding.source = f->binding.container_id = f->binding.path = text;
	f->netns.addrs = addrs;
	f->netns.addr_count = 1000;
	report->node = text;
	if (report->source)
		report->source = text;
	if (report->text)
		report->text = text;
}

static const struct {
	const char *name;
	void (*alter)(struct fixture *f, struct report *report);
} variants[] = { { "plain", leave },   { "bare", bare },
	       { "held", held },     { "miscounted", miscounted },
	       { "hostile", hostile }, { "huge", huge } };

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		struct fixture *f = malloc(sizeof(*f));
		bool wanted = argc < 2;

		for (int arg = 1; arg < argc; arg++)
			wanted |= !strcmp(argv[arg], variants[i].name);
		if (!f)
			return 2;
		fixture_init(f);
		if (wanted)
			print_all(f, variants[i].alter);
		fixture_done(f);
		free(f);
	}
	return fflush(stdout) ? 2 : 0;
}
