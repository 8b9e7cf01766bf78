/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "history_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

#include "format.h"
#include "util.h"

/* A netns that has not ended, by its handle, which another may have afterwards. */
struct living {
	UT_hash_handle hh;
	uint64_t handle;
	struct history_netns *known;
	bool settled; /* state has it */
};

/* A netns that was freed before its pod was gone, by the uid of that. */
struct awaiting {
	UT_hash_handle hh;
	struct history_netns *known;
};

struct history {
	struct history_session session;
	struct history_netns *netns;
	struct living *living;
	struct awaiting *awaiting;
	struct history_netns *well; /* ended without a finding, and kept: by when, linked by prev_well and next_well */
	size_t well_count;
	struct history_source *sources;
	struct history_call *calls, **last_call;
	size_t call_count;
	struct history_loss *losses;
	size_t loss_count;
};

int history_new(struct history **ret)
{
	struct history *history = calloc(1, sizeof(*history));

	if (!history)
		return -ENOMEM;
	history->last_call = &history->calls;
	*ret = history;
	return 0;
}

static void living_remove(struct history *history, struct living *living)
{
	HASH_DEL(history->living, living);
	free(living);
}

static void awaiting_remove(struct history *history, struct awaiting *awaiting)
{
	if (!awaiting)
		return;
	HASH_DEL(history->awaiting, awaiting);
	awaiting->known->awaits_pod = NULL;
	free(awaiting);
}

static void call_free(struct history_call *call)
{
	free(call->command);
	free(call->plugin);
	free(call->subject);
	free(call->end);
	free(call);
}

static void lists_free(struct history *history)
{
	struct history_source *source, *next_source;
	struct history_call *call, *next_call;

	for (source = history->sources; source; source = next_source) {
		next_source = source->next;
		free(source->name);
		free(source->why);
		free(source);
	}
	for (call = history->calls; call; call = next_call) {
		next_call = call->next;
		call_free(call);
	}
	free(history->losses);
}

void history_free(struct history *history)
{
	struct history_netns *known, *next;

	if (!history)
		return;
	while (history->living)
		living_remove(history, history->living);
	while (history->awaiting)
		awaiting_remove(history, history->awaiting);
	DL_FOREACH_SAFE (history->netns, known, next)
		history_netns_free(known);
	lists_free(history);
	free(history->session.node);
	free(history->session.kernel);
	free(history->session.version);
	free(history->session.summary_body);
	free(history);
}

/* --- the session --- */

static uint64_t bounded(uint64_t time)
{
	return time < BOOT_LAST ? time : BOOT_LAST;
}

int history_input(void *ctx, const struct input *input)
{
	struct history *history = ctx;
	struct history_session *session = &history->session;
	int err;

	if (input->kind != INPUT_SESSION || session->node)
		return 0;
	session->begin = session->end = bounded(input->time);
	session->grace = bounded(input->session.grace);
	session->stuck_after = input->session.stuck_after;
	session->orphan_age = input->session.orphan_age;
	session->sees_calls = input->session.sees_calls;
	err = replace_text(&session->kernel, input->session.kernel_release);
	if (!err)
		err = replace_text(&session->version, input->session.version);
	return err ? err : replace_text(&session->node, input->session.node);
}

static int take_summary(struct history_session *session, const struct report *report)
{
	TEXT(body, REPORT_BODY_LEN);

	session->summary = *report->summary;
	report_body(&body, report);
	return replace_text(&session->summary_body, body.bytes);
}

/* --- each netns --- */

/* The first that ended well goes. */
static void leave_one_out(struct history *history)
{
	struct history_netns *known = history->well;

	DL_DELETE2(history->well, known, prev_well, next_well);
	DL_DELETE(history->netns, known);
	awaiting_remove(history, known->awaits_pod);
	history_netns_free(known);
	history->well_count--;
	history->session.netns_left_out++;
}

/* It has ended: well, if nothing was found of it. */
static void end_well(struct history *history, struct history_netns *known)
{
	if (known->findings)
		return;
	DL_APPEND2(history->well, known, prev_well, next_well);
	if (++history->well_count > HISTORY_WELL_MAX)
		leave_one_out(history);
}

static void end_unseen(struct history *history, struct living *living)
{
	struct history_netns *known = living->known;

	known->unseen_end = true;
	living_remove(history, living);
	end_well(history, known);
}

static struct living *living_new(struct history *history, const struct netns *netns, uint64_t time)
{
	struct living *living = calloc(1, sizeof(*living));

	if (!living)
		return NULL;
	living->handle = netns->handle;
	living->known = history_netns_new(netns, time);
	if (!living->known) {
		free(living);
		return NULL;
	}
	HASH_ADD(hh, history->living, handle, sizeof(living->handle), living);
	if (!living->hh.tbl) {
		history_netns_free(living->known);
		free(living);
		return NULL;
	}
	DL_APPEND(history->netns, living->known);
	return living;
}

/* Another was there, whose end was lost. */
static bool is_another(const struct history_netns *known, const struct netns *netns)
{
	char id[NETNS_ID_LEN];

	return known->id[0] && strcmp(known->id, netns_id(netns, id, sizeof(id)));
}

static struct living *living_get(struct history *history, const struct netns *netns, uint64_t time)
{
	struct living *living;

	HASH_FIND(hh, history->living, &netns->handle, sizeof(netns->handle), living);
	if (living && is_another(living->known, netns)) {
		end_unseen(history, living);
		living = NULL;
	}
	return living ? living : living_new(history, netns, time);
}

static bool is_event(const struct report *report)
{
	enum report_class class = report_types[report->kind].class;

	return class == REPORT_LIFECYCLE || class == REPORT_FINDING;
}

static struct awaiting *awaiting_find(const struct history *history, const char *uid)
{
	struct awaiting *awaiting;

	HASH_FIND_STR(history->awaiting, uid, awaiting);
	return awaiting;
}

/* Of several sandboxes of a pod the last waits for its end. */
static int await_pod(struct history *history, struct history_netns *known)
{
	struct awaiting *awaiting;

	if (!known->pod_uid || known->gone_at)
		return 0;
	awaiting_remove(history, awaiting_find(history, known->pod_uid));
	awaiting = calloc(1, sizeof(*awaiting));
	if (!awaiting)
		return -ENOMEM;
	awaiting->known = known;
	HASH_ADD_KEYPTR(hh, history->awaiting, known->pod_uid, strlen(known->pod_uid), awaiting);
	if (!awaiting->hh.tbl) {
		free(awaiting);
		return -ENOMEM;
	}
	known->awaits_pod = awaiting;
	return 0;
}

/* Told of a pod that has no netns any more. */
static int take_end_of_pod(struct history *history, const struct report *report)
{
	struct awaiting *awaiting = report->pod->uid ? awaiting_find(history, report->pod->uid) : NULL;
	struct history_netns *known = awaiting ? awaiting->known : NULL;
	int err;

	if (!known)
		return 0;
	awaiting_remove(history, awaiting);
	err = history_netns_refresh_end_of_pod(known, report->pod, history->session.grace);
	return err ? err : history_netns_add_event(known, report);
}

/* Told of after its end, which would begin it anew.  Where its end was lost, it may be all that is told of a leak. */
static int take_recovered(struct history *history, const struct report *report)
{
	struct living *living;

	HASH_FIND(hh, history->living, &report->netns->handle, sizeof(report->netns->handle), living);
	if (!living || is_another(living->known, report->netns))
		return 0;
	return history_netns_refresh_marks(living->known, report->netns, history->session.begin);
}

static int take_netns(struct history *history, const struct report *report)
{
	struct living *living;
	struct history_netns *known;
	int err;

	if (report->kind == REPORT_NETNS_RECOVERED)
		return take_recovered(history, report);
	living = living_get(history, report->netns, report->time);
	if (!living)
		return -ENOMEM;
	known = living->known;
	err = history_netns_refresh(known, report, &history->session);
	if (!err && is_event(report))
		err = history_netns_add_event(known, report);
	if (!err && report_types[report->kind].class == REPORT_FINDING)
		err = history_netns_add_finding(known, report);
	if (err || report->kind != REPORT_NETNS_FREED)
		return err;
	living_remove(history, living);
	err = await_pod(history, known);
	end_well(history, known);
	return err;
}

struct settling {
	struct history *history;
	const struct report *report;
};

static int settle_one(void *ctx, struct netns *netns)
{
	const struct settling *settling = ctx;
	struct report report = { .kind = REPORT_TRACE_SUMMARY, .netns = netns, .time = settling->history->session.end };
	struct living *living;

	HASH_FIND(hh, settling->history->living, &netns->handle, sizeof(netns->handle), living);
	if (!living || is_another(living->known, netns))
		return 0;
	living->settled = true;
	return history_netns_refresh(living->known, &report, &settling->history->session);
}

int history_settle(struct history *history, const struct state *state)
{
	struct settling settling = { .history = history };
	struct living *living, *next;
	int err = state_each(state, settle_one, &settling);

	for (living = history->living; living; living = next) {
		next = living->hh.next;
		if (living->settled)
			living_remove(history, living);
		else
			end_unseen(history, living);
	}
	return err;
}

/* --- calls, sources, losses --- */

static int take_failed_call(struct history *history, const struct report *report)
{
	const struct cni_call *call = report->call;
	struct history_call *kept;
	TEXT(subject, 600);
	TEXT(end, REPORT_BODY_LEN);
	int err;

	history->session.calls_failed++;
	if (history->call_count == HISTORY_CALLS_MAX)
		return 0;
	kept = calloc(1, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	*history->last_call = kept;
	history->last_call = &kept->next;
	history->call_count++;
	kept->time = report->time;
	if (report->netns)
		netns_id(report->netns, kept->netns, sizeof(kept->netns));
	if (*call->pod_name)
		text_printf(&subject, "%.253s/%.253s", call->pod_namespace, call->pod_name);
	else
		text_add_cut(&subject, call->container_id, 256);
	report_call_end(&end, call);
	err = replace_text(&kept->command, call->command_name);
	if (!err)
		err = replace_text(&kept->plugin, cni_call_plugin(call));
	if (!err)
		err = replace_text(&kept->subject, subject.bytes);
	return err ? err : replace_text(&kept->end, end.bytes);
}

static struct history_source *source_get(struct history *history, const char *name)
{
	struct history_source **at = &history->sources;

	for (; *at; at = &(*at)->next)
		if (!strcmp((*at)->name, name))
			return *at;
	*at = calloc(1, sizeof(**at));
	if (*at && replace_text(&(*at)->name, name)) {
		free(*at);
		*at = NULL;
	}
	return *at;
}

static int take_source(struct history *history, const struct report *report)
{
	struct history_source *source = source_get(history, report->source);

	if (!source)
		return -ENOMEM;
	source->since = report->time;
	if (report->kind == REPORT_SOURCE_DOWN) {
		source->times_down++;
		return replace_text(&source->why, report->text && *report->text ? report->text : "it cannot be used");
	}
	free(source->why);
	source->why = NULL;
	return 0;
}

static int take_loss(struct history *history, const struct report *report)
{
	struct history_loss *losses;

	if (history->loss_count == HISTORY_LOSSES_MAX) {
		history->session.losses_left_out++;
		return 0;
	}
	losses = reallocarray(history->losses, history->loss_count + 1, sizeof(*losses));
	if (!losses)
		return -ENOMEM;
	history->losses = losses;
	losses[history->loss_count++] = (struct history_loss){ .time = report->time, .records = report->count };
	return 0;
}

static void take_resync(struct history *history, const struct report *report)
{
	for (size_t i = history->loss_count; i-- && !history->losses[i].resynced_at;)
		history->losses[i].resynced_at = report->time;
}

int history_report(void *ctx, const struct report *report)
{
	struct history *history = ctx;
	int err = report->netns ? take_netns(history, report) : 0;

	history->session.wall_offset = report->wall_offset;
	if (report->time > history->session.end)
		history->session.end = bounded(report->time);
	if (err)
		return err;
	switch (report->kind) {
	case REPORT_POD_GONE:
		return report->netns ? 0 : take_end_of_pod(history, report);
	case REPORT_CNI_FAILED:
		return take_failed_call(history, report);
	case REPORT_SOURCE_UP:
	case REPORT_SOURCE_DOWN:
		return take_source(history, report);
	case REPORT_TRACE_LOST:
		return take_loss(history, report);
	case REPORT_TRACE_RESYNCED:
		take_resync(history, report);
		return 0;
	case REPORT_TRACE_SUMMARY:
		return take_summary(&history->session, report);
	default:
		return 0;
	}
}

/* --- asking --- */

const struct history_session *history_session(const struct history *history)
{
	return &history->session;
}

const struct history_netns *history_netns(const struct history *history)
{
	return history->netns;
}

const struct history_source *history_sources(const struct history *history)
{
	return history->sources;
}

const struct history_call *history_calls(const struct history *history)
{
	return history->calls;
}

const struct history_loss *history_losses(const struct history *history, size_t *ret_count)
{
	*ret_count = history->loss_count;
	return history->losses;
}
