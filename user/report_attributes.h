/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Attributes of JSON lines that more than one place writes: reports and the list.
 *
 * What each means is in tools/schema/netnsleak-1.schema.json; what is not known is left out.
 */
#ifndef NETNSLEAK_REPORT_ATTRIBUTES_H
#define NETNSLEAK_REPORT_ATTRIBUTES_H

#include "json_writer.h"
#include "report.h"

/* Caps of escaped bytes for tight lines (json_writer.h), so that the required ones always fit. */
enum {
	CAP_BODY = 512,
	CAP_NAME = 253, /* what Kubernetes permits */
	CAP_ID = 128,
	CAP_SOURCE = 256,
	CAP_TEXT = 384,
	CAP_PATH = 768,
};

/* timestamp to event_name; the body and the rest follow. */
void attributes_head(struct json_line *line, int64_t wall, const char *event_name, enum report_severity severity);
void attributes_node(struct json_line *line, const char *node); /* schema_version too; node may be NULL */

void attributes_survey(struct json_line *line, const struct report_survey *survey); /* NULL: nothing */

void attributes_identity(struct json_line *line, const struct netns *netns); /* id, cookie, inum */
void attributes_state(struct json_line *line, const struct netns *netns);
/* Birth and age as of `now`, boot ns. */
void attributes_life(struct json_line *line, const struct netns *netns, uint64_t now, int64_t wall_offset);
void attributes_counts(struct json_line *line, const struct netns *netns);
void attributes_creator(struct json_line *line, const struct nns_task *creator);
void attributes_path(struct json_line *line, const struct netns *netns);  /* the first */
void attributes_paths(struct json_line *line, const struct netns *netns); /* all */
/* What its references are made of; in numbers, and by name. */
void attributes_references(struct json_line *line, const struct netns_holders *holders);
void attributes_holders(struct json_line *line, const struct netns_holders *holders);
/* Of one that is dying: how long each phase has lasted; and what keeps it from going on. */
void attributes_teardown_times(struct json_line *line, const struct netns *netns, uint64_t now);
void attributes_teardown(struct json_line *line, const struct netns *netns, int64_t wall_offset);
void attributes_kernel_log(struct json_line *line, const struct netns *netns, bool reads_log); /* what that says of it */
void attributes_call(struct json_line *line, const struct report *report);
void attributes_cause(struct json_line *line, const struct cause *cause);
void attributes_addresses(struct json_line *line, const struct netns *netns); /* the global ones */
struct routes;
void attributes_routes(struct json_line *line, const struct netns *netns, const struct routes *routes);
void attributes_peers(struct json_line *line, const struct report *report);
void attributes_devices(struct json_line *line, const struct netns *netns); /* each with all its addresses */

#endif
