/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit_print.h"
#include "choose.h"
#include "commands.h"
#include "fields.h"
#include "format.h"
#include "kmsg.h"
#include "loop.h"
#include "outlet.h"
#include "output.h"
#include "progress.h"
#include "remedy.h"
#include "report_columns.h"
#include "say.h"
#include "snapshot.h"
#include "util.h"

#define UNREAD_SAID 5
#define TEXT_OF_TOKEN(token) #token
#define TEXT_OF(macro)	     TEXT_OF_TOKEN(macro)
#define HOLDERS_MOST	     256 /* netns whose holders are looked for: a node that has more to find has a common cause */

/* All that the audit looks at, and owns. */
struct auditing {
	const struct options *options;
	struct snapshot snapshot;
	struct statements statements;
	struct node_files files;
	struct kernel_lines log;
	struct audit_dispute *disputes; /* owned, as are their texts */
	size_t dispute_count;
	struct audit_view view;
	struct audit audit;
	struct fields *fields; /* that were asked for; NULL: all is as ever */
};

/* --- putting the view together --- */

static int read_files(struct auditing *auditing)
{
	const struct option_list *dirs = &auditing->options->netns_dirs;
	const char *root = auditing->options->root ? auditing->options->root : "";
	CLEANUP(free_pointer) const char **given = calloc(dirs->count + 1, sizeof(*given));
	const struct said_binding *said;
	int err = given ? 0 : -ENOMEM;

	for (size_t i = 0; i < dirs->count && !err; i++)
		given[i] = dirs->items[i];
	if (!err)
		err = node_files_read(&auditing->files, root, given);
	for (said = auditing->statements.bindings; said && !err; said = said->hh.next)
		if (said->evidence == EVIDENCE_CRI)
			err = node_files_read_resolv(&auditing->files, root, said->container_id);
	return err ? err : kernel_lines_read(&auditing->log, KMSG);
}

static int on_report(void *ctx, const struct report *report)
{
	struct auditing *auditing = ctx;
	struct audit_dispute *disputes, dispute = { .kind = report->kind };
	TEXT(body, REPORT_BODY_LEN);

	if (report->kind != REPORT_NETNS_CONTRADICTED && report->kind != REPORT_NETNS_SHARED &&
	    report->kind != REPORT_NETNS_HOST_USED)
		return 0;
	report_body(&body, report);
	dispute.inum = report->netns ? report->netns->inum : 0;
	dispute.text = strdup(body.bytes);
	disputes = reallocarray(auditing->disputes, auditing->dispute_count + 1, sizeof(*disputes));
	if (!dispute.text || !disputes) {
		free(dispute.text);
		return -ENOMEM;
	}
	auditing->disputes = disputes;
	disputes[auditing->dispute_count++] = dispute;
	return 0;
}

static bool sources_answer(const struct snapshot *snapshot)
{
	struct report_summary summary;

	pipeline_summary(snapshot->pipeline, &summary);
	return !snapshot->incomplete && summary.correlate.sources_up == summary.correlate.sources;
}

/* netns that may turn out to be nobody's. */
struct candidates {
	const struct netns *all[HOLDERS_MOST];
	size_t count;
	bool cut; /* there are more */
};

static int note_candidate(void *ctx, struct netns *netns)
{
	struct candidates *candidates = ctx;
	const struct pod *pod = netns->binding ? netns->binding->pod : NULL;

	if (netns->initial || netns->phase != NETNS_REFERENCED || (pod && !pod->gone) || (!pod && netns->tasks))
		return 0;
	candidates->cut = candidates->count == HOLDERS_MOST;
	if (!candidates->cut)
		candidates->all[candidates->count++] = netns;
	return candidates->cut;
}

static int find_holders(struct snapshot *snapshot)
{
	struct candidates candidates = { .count = 0 };

	state_each(pipeline_state(snapshot->pipeline), note_candidate, &candidates);
	if (candidates.cut)
		survey_unseen(&snapshot->survey, "what holds netns that may be nobody's, but for the first " TEXT_OF(HOLDERS_MOST));
	return snapshot_find_holders(snapshot, candidates.all, candidates.count);
}

static int look(struct auditing *auditing)
{
	const struct options *options = auditing->options;
	struct snapshot *snapshot = &auditing->snapshot;
	int err;

	snapshot->witness = statements_take;
	snapshot->witness_ctx = &auditing->statements;
	snapshot->audience = on_report;
	snapshot->audience_ctx = auditing;
	err = snapshot_take(snapshot, options, "audit");
	if (!err)
		err = find_holders(snapshot);
	if (!err)
		err = survey_look(&snapshot->survey, pipeline_state(snapshot->pipeline));
	if (!err)
		err = read_files(auditing);
	if (err)
		return err;
	auditing->view = (struct audit_view){
		.looks = snapshot->survey.looks,
		.look_count = snapshot->survey.look_count,
		.scan = &snapshot->survey.scan,
		.statements = &auditing->statements,
		.files = &auditing->files,
		.log = &auditing->log,
		.disputes = auditing->disputes,
		.dispute_count = auditing->dispute_count,
		.node_name = snapshot->node.name,
		.now = loop_now(),
		.wall_now = wall_now(),
		.grace = (int64_t)options->grace,
		.orphan_age = (int64_t)options->orphan_age,
		.sources_answer = sources_answer(snapshot),
	};
	return audit_view_fill(&auditing->view, pipeline_state(snapshot->pipeline));
}

/* As explain has it: only of what a pod is known to have left is it safe to unmount it. */
static bool is_leaked(const struct auditing *auditing, const struct netns *netns)
{
	const struct audit_view *view = &auditing->view;

	return view->sources_answer && !pipeline_is_undecided(auditing->snapshot.pipeline, netns) && netns->binding &&
	       pod_is_overdue(netns->binding->pod, view->now, (uint64_t)view->grace);
}

static int advise(struct audit *audit, struct audit_finding *finding, bool leaked)
{
	struct remedies *remedies = malloc(sizeof(*remedies));

	if (!remedies)
		return -ENOMEM;
	remedies_find(remedies, finding->netns, leaked);
	for (size_t i = 0; i < remedies->count; i++)
		audit_advise(audit, finding, remedies->all[i].safe, remedies->all[i].why, "%s", remedies->all[i].command);
	free(remedies);
	return audit->err;
}

static int find_cause(struct auditing *auditing, struct audit_finding *finding)
{
	struct cause *cause = malloc(sizeof(*cause));

	if (!cause)
		return -ENOMEM;
	cause_find(cause, finding->netns, pipeline_calls(auditing->snapshot.pipeline), auditing->view.now);
	if (cause->kind == CAUSE_UNKNOWN)
		free(cause);
	else
		finding->report.cause = finding->cause = cause;
	return 0;
}

/* Why what nobody needs is still there, and what would free it, from what holds it. */
static int settle(struct auditing *auditing, struct audit_finding *finding)
{
	const char *check = finding->report.check;
	bool unneeded = !strcmp(check, "orphan") || !strcmp(check, "pod-gone"), leaked;
	int err = 0;

	if (!unneeded && strcmp(check, "mount-foreign"))
		return 0;
	leaked = is_leaked(auditing, finding->netns);
	/* While the grace is not over, what takes it down may be at it. */
	if (unneeded && (leaked || !finding->netns->binding))
		err = find_cause(auditing, finding);
	return err ? err : advise(&auditing->audit, finding, leaked);
}

static int settle_all(struct auditing *auditing)
{
	struct audit *audit = &auditing->audit;
	int err = 0;

	for (size_t i = 0; i < audit->count && !err; i++)
		err = settle(auditing, &audit->findings[i]);
	return err;
}

/* --- telling --- */

/* A check went without something that it would have judged by. */
static bool is_incomplete(const struct auditing *auditing)
{
	const struct audit_view *view = &auditing->view;

	if (!view->sources_answer || !view->node || !view->scan->all_processes || view->files->unread_count)
		return true;
	for (size_t i = 0; i < view->count; i++)
		if (!netns_tasks_are_known(view->netns[i].netns) || !view->netns[i].look)
			return true;
	return false;
}

static void say_unread(const struct node_files *files)
{
	for (size_t i = 0; i < files->unread_count && i < UNREAD_SAID; i++) {
		int err = files->unread[i].err;
		TEXT(path, 700);

		text_add_safe(&path, files->unread[i].path);
		say("cannot use %s: %s", path.bytes,
		    err == -EBADMSG ? "it is damaged, or half written" : err == -EINVAL ? "it is no regular file" : strerror(-err));
	}
	if (files->unread_count > UNREAD_SAID)
		say("cannot use %zu more of the node's files", files->unread_count - UNREAD_SAID);
}

static void say_unseen(struct auditing *auditing)
{
	struct survey *survey = &auditing->snapshot.survey;

	say_unread(&auditing->files);
	if (auditing->files.unread_count)
		survey_unseen(survey, "files of the node that could not be used: netns directories, what CNI plugins keep");
	for (size_t i = 0; i < auditing->view.count; i++)
		if (!auditing->view.netns[i].look)
			survey_unseen(survey, SURVEY_NOT_ENTERED);
	if (auditing->log.err)
		survey_unseen(survey, "the kernel log");
	survey_say_unseen(survey);
}

static bool is_npd(const struct options *options)
{
	return !strcmp(options->format, "npd");
}

static int print(const struct options *options, const struct audit_result *result)
{
	struct outlet *outlet = NULL;
	int err = outlet_open(&outlet, options->output, NULL);

	if (!err && !strcmp(options->format, "json"))
		err = audit_print_json(outlet, result);
	else if (!err && !strcmp(options->format, "classic"))
		err = audit_print_classic(outlet, result);
	else if (!err && is_npd(options))
		err = audit_print_npd(outlet, result);
	else if (!err && fields_are_chosen(result->fields))
		err = audit_print_rows(outlet, result, !strcmp(options->format, "csv"));
	else if (!err)
		err = audit_print_table(outlet, result);
	outlet_close(outlet, 0);
	if (err && err != -EPIPE)
		say("cannot write to %s: %s%s", options->output ? options->output : "stdout", strerror(-err), say_remedy(err));
	return err == -EPIPE ? 0 : err;
}

static int write_files(const struct options *options, const struct audit_result *result)
{
	const char *file = "";
	int err = options->out_dir ? audit_write_files(options->out_dir, result, &file) : 0;

	if (err && !*file)
		say("cannot make the directory %s: %s%s", options->out_dir, strerror(-err),
		    err == -ENOENT ? "; its parent is to be there" : "");
	else if (err)
		say("cannot write %s/%s: %s%s", options->out_dir, file, strerror(-err), say_remedy(err));
	return err;
}

/* The exit status. */
static int tell(const struct auditing *auditing)
{
	struct audit_result result = {
		.audit = &auditing->audit,
		.view = &auditing->view,
		.survey = &auditing->snapshot.survey.report,
		.kernel_release = auditing->snapshot.node.uts.release,
		.wall_offset = auditing->snapshot.node.wall_offset,
		.color = output_wants_color(auditing->options),
		.fields = auditing->fields,
	};
	int err;

	audit_sum(&result);
	result.sum.incomplete = is_incomplete(auditing);
	err = write_files(auditing->options, &result);
	if (!err)
		err = audit_select(&result, strcmp(auditing->options->format, "json"));
	if (!err)
		err = print(auditing->options, &result);
	free(result.shown);
	if (err || is_npd(auditing->options))
		return err ? STATUS_FAILED : audit_npd_status(&result.sum);
	return result.sum.errors + result.sum.warnings ? 1 : result.sum.incomplete ? 3 : 0;
}

static bool is_root_there(const struct options *options)
{
	struct stat file;

	int err = !options->root || stat(options->root, &file) == 0 ? 0 : errno;

	if (!err && options->root && !S_ISDIR(file.st_mode))
		err = ENOTDIR;
	if (err)
		say("--root %s: %s; name the directory at which the node's files are, as /proc/1/root or /host", options->root, strerror(err));
	return !err;
}

int cmd_audit(const struct options *options)
{
	struct auditing auditing = { .options = options };
	int status = STATUS_FAILED, err;

	signal(SIGPIPE, SIG_IGN);
	if (!is_root_there(options) || choose_fields(&auditing.fields, options, &finding_fields))
		return STATUS_FAILED;
	err = look(&auditing);
	if (!err)
		say_unseen(&auditing);
	if (!err)
		progress_begin("checking");
	if (!err)
		err = audit_run(&auditing.audit, &auditing.view);
	if (!err)
		err = settle_all(&auditing);
	progress_end();
	if (!err)
		status = tell(&auditing);
	else if (err == -ENOMEM)
		say("no memory");
	if (err && is_npd(options))
		printf("netnsleak could not look; its messages say why\n");
	audit_free(&auditing.audit);
	audit_view_free(&auditing.view);
	while (auditing.dispute_count)
		free(auditing.disputes[--auditing.dispute_count].text);
	free(auditing.disputes);
	kernel_lines_free(&auditing.log);
	node_files_free(&auditing.files);
	statements_free(&auditing.statements);
	snapshot_close(&auditing.snapshot);
	fields_close(auditing.fields);
	return status;
}
