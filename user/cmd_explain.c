/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "explaining.h"
#include "format.h"
#include "loop.h"
#include "netns_path.h"
#include "outlet.h"
#include "output.h"
#include "progress.h"
#include "say.h"
#include "snapshot.h"
#include "util.h"

#define SHORT_ID 12 /* of a container, as runtimes print it */

/* What was asked for, and what it may mean. */
struct wanted {
	const char *word;
	bool is_number;
	uint64_t number;
	uint32_t file_inum; /* of the netns that this path leads to, or of the process of this number; 0: none */
	int path_err;	    /* why this path leads to none */
	const struct netns *found[8];
	size_t count; /* may be more than found holds */
};

/* A name in a netns directory may be a link, which the mounts do not show. */
static void read_name(struct wanted *wanted)
{
	static const char *const directories[] = { "/run/netns", "/run/docker/netns" };
	char path[PATH_MAX];

	if (wanted->is_number || !*wanted->word || *wanted->word == '.' || strchr(wanted->word, '/'))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(directories) && !wanted->file_inum; i++)
		if (snprintf(path, sizeof(path), "%s/%s", directories[i], wanted->word) < (int)sizeof(path))
			netns_path_inum(&wanted->file_inum, path);
}

static void read_word(struct wanted *ret, const char *word)
{
	char path[64];
	char *end;

	*ret = (struct wanted){ .word = word };
	if (*word == '/') {
		ret->path_err = netns_path_inum(&ret->file_inum, word);
		return;
	}
	errno = 0;
	ret->number = strtoull(word, &end, 10);
	ret->is_number = isdigit((unsigned char)*word) && !*end && !errno;
	if (ret->is_number && snprintf(path, sizeof(path), "/proc/%s/ns/net", word) < (int)sizeof(path))
		netns_path_inum(&ret->file_inum, path);
	read_name(ret);
}

static bool is_path(const struct netns *netns, const char *word)
{
	const struct netns_path *path;

	for (path = netns->paths; path; path = path->next)
		if (!strcmp(path->path, word) || !strcmp(last_part(path->path), word))
			return true;
	return false;
}

static bool is_container(const char *id, const char *word)
{
	size_t length = strlen(word);

	return *id && (length >= SHORT_ID ? !strncmp(id, word, length) : !strcmp(id, word));
}

/* "shop/cart", "cart", its uid. */
static bool is_pod(const struct pod *pod, const char *word)
{
	size_t length = strlen(pod->namespace_);

	return !strcmp(pod->name, word) || (*pod->uid && !strcmp(pod->uid, word)) ||
	       (!strncmp(pod->namespace_, word, length) && word[length] == '/' && !strcmp(word + length + 1, pod->name));
}

static bool is_meant(const struct wanted *wanted, const struct netns *netns)
{
	const struct binding *binding = netns->binding;
	char id[NETNS_ID_LEN];

	if (wanted->file_inum && wanted->file_inum == netns->inum)
		return true;
	if (wanted->is_number && (wanted->number == netns->inum || (netns->cookie && wanted->number == netns->cookie)))
		return true;
	if (!strcmp(wanted->word, netns_id(netns, id, sizeof(id))) || is_path(netns, wanted->word))
		return true;
	if (netns->initial)
		return !strcmp(wanted->word, "init");
	return binding && (is_pod(binding->pod, wanted->word) || is_container(binding->container_id, wanted->word));
}

static int match(void *ctx, struct netns *netns)
{
	struct wanted *wanted = ctx;

	if (!is_meant(wanted, netns))
		return 0;
	if (wanted->count < ARRAY_SIZE(wanted->found))
		wanted->found[wanted->count] = netns;
	wanted->count++;
	return 0;
}

static void say_which(const struct wanted *wanted)
{
	say("'%s' may be %zu netns; name one by its inode number:", wanted->word, wanted->count);
	for (size_t i = 0; i < wanted->count && i < ARRAY_SIZE(wanted->found); i++) {
		const struct netns *netns = wanted->found[i];
		const char *name = netns_name(netns);

		say("  %u (%s%s%s)", netns->inum, name ? name : "no name", netns->binding ? ", pod " : "",
		    netns->binding ? netns->binding->pod->name : "");
	}
}

static void say_why_not(const struct wanted *wanted)
{
	const char *word = wanted->word;

	if (wanted->path_err == -ENOTTY)
		say("'%s' is a file that is no netns: none is mounted there; 'netnsleak list' shows what there is", word);
	else if (wanted->path_err)
		say("cannot look at '%s': %s; 'netnsleak list' shows what there is", word, strerror(-wanted->path_err));
	else if (*word == '/')
		say("'%s' leads to namespace %u, which is not among the netns that are seen; 'netnsleak list' shows those", word,
		    wanted->file_inum);
	else
		say("no netns is known as '%s': give a cookie, an inode number, a name, a path, a pod, a container or a pid; "
		    "'netnsleak list' shows what there is", word);
}

static const struct netns *find(const struct snapshot *snapshot, const char *word)
{
	struct wanted wanted;

	read_word(&wanted, word);
	state_each(pipeline_state(snapshot->pipeline), match, &wanted);
	if (wanted.count == 1)
		return wanted.found[0];
	if (wanted.count)
		say_which(&wanted);
	else
		say_why_not(&wanted);
	return NULL;
}

/* --- telling --- */

static int print_json(FILE *file, const struct explanation *explanation, const char *node)
{
	TEXT(verdict, 512);
	struct report report = {
		.kind = REPORT_NETNS_EXPLAINED,
		.time = explanation->now,
		.wall = (int64_t)explanation->now + explanation->wall_offset,
		.wall_offset = explanation->wall_offset,
		.node = node,
		.netns = explanation->netns,
		.pod = explanation->netns->binding ? explanation->netns->binding->pod : NULL,
		.remedies = explanation->remedies,
		.peers = explanation->peers,
		.peer_count = explanation->peer_count,
		.routes = explanation->routes,
		.cause = explain_cause(explanation),
		.survey = explanation->survey,
		.text = verdict_bytes,
	};
	size_t size = 16384, length = 0;
	char *line = NULL;

	explain_verdict(&verdict, explanation);
	if (report.pod && report.pod->gone && report.time > report.pod->gone_at)
		report.since = report.time - report.pod->gone_at;
	while (!length) {
		char *larger = realloc(line, size *= 2);

		if (!larger)
			break;
		line = larger;
		length = report_json_whole(line, size, &report);
	}
	if (length)
		fwrite(line, 1, length, file);
	free(line);
	return !length ? -ENOMEM : fflush(file) || ferror(file) ? -EIO : 0;
}

/* In memory, and then at once. */
static int spell(char **ret, size_t *ret_size, const struct options *options, const struct explanation *explanation,
		 const char *node)
{
	FILE *file = open_memstream(ret, ret_size);
	int err;

	if (!file)
		return -ENOMEM;
	err = !strcmp(options->format, "json") ? print_json(file, explanation, node) : explain_print(file, explanation);
	return fclose(file) || err ? -ENOMEM : 0;
}

static int print(const struct options *options, const struct explanation *explanation, const char *node)
{
	CLEANUP(free_pointer) char *bytes = NULL;
	struct outlet *outlet = NULL;
	size_t size = 0;
	int err = spell(&bytes, &size, options, explanation, node);

	if (!err)
		err = outlet_open(&outlet, options->output, NULL);
	if (!err)
		err = outlet_line(outlet, bytes, size);
	outlet_close(outlet, 0);
	if (err && err != -EPIPE)
		say("cannot write to %s: %s%s", options->output ? options->output : "stdout", strerror(-err), say_remedy(err));
	return err == -EPIPE ? 0 : err;
}

static int explain(const struct options *options, const struct snapshot *snapshot, const struct netns *netns)
{
	const struct explanation what = {
		.netns = netns,
		.survey = &snapshot->survey.report,
		.now = loop_now(),
		.grace = options->grace,
		.wall_offset = snapshot->node.wall_offset,
		.undecided = !netns->initial && (snapshot->incomplete || pipeline_is_undecided(snapshot->pipeline, netns)),
		.color = output_wants_color(options),
	};
	struct explaining explaining;

	explaining_gather(&explaining, &what, snapshot->pipeline);
	explaining_ask(&explaining);
	if (print(options, &explaining.explanation, snapshot->node.name))
		return STATUS_FAILED;
	return explain_is_leaked(&what) ? 1 : what.undecided ? 3 : 0;
}

int cmd_explain(const struct options *options)
{
	struct snapshot snapshot = { 0 };
	const struct netns *netns = NULL;
	int status = STATUS_FAILED;
	int err;

	signal(SIGPIPE, SIG_IGN);
	err = snapshot_take(&snapshot, options, "explain");
	if (!err)
		netns = find(&snapshot, options->argument);
	/* Else that stands in what is printed. */
	if (!netns)
		survey_say_unseen(&snapshot.survey);
	if (netns)
		err = snapshot_find_holders(&snapshot, &netns, 1);
	if (netns && !err)
		err = snapshot_look_at_teardown(&snapshot, netns);
	progress_end();
	if (netns && !err)
		status = explain(options, &snapshot, netns);
	snapshot_close(&snapshot);
	return status;
}
