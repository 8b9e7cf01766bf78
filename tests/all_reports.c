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

static void hostile(struct fixture *f, struct report *report)
{
	static char text[] = HOSTILE "name" HOSTILE;

	f->pod.uid = f->pod.namespace_ = f->pod.name = f->pod.gone_source = text;
	f->other_pod = f->pod;
	f->binding.source = f->binding.container_id = f->binding.path = text;
	f->netns.paths = f->paths;
	memcpy(f->devs[1].name, HOSTILE, NNS_IFNAME_LEN);
	memcpy(f->devs[1].link_kind, HOSTILE, NNS_KIND_LEN);
	memcpy(f->netns.creator.comm, HOSTILE, NNS_COMM_LEN);
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
} variants[] = { { "plain", leave }, { "bare", bare }, { "hostile", hostile }, { "huge", huge } };

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
