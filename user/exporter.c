/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "exporter.h"

#include <errno.h>
#include <stdlib.h>

#include "format.h"
#include "http_server.h"
#include "listener.h"
#include "util.h"

#define METRICS_BYTES (1u << 20) /* with the longest paths that there can be; what is not written takes no memory */
#define WHY_BYTES 256

struct exporter {
	struct exporter_options options;
	struct listener *listener;
	struct http_server *server;
};

static struct exporter_facts facts_of(const struct exporter *exporter)
{
	const struct state *state = pipeline_state(exporter->options.pipeline);
	struct exporter_facts facts = { 0 };

	exporter->options.facts(exporter->options.ctx, &facts);
	facts.health.resyncing = state_incomplete(state);
	facts.health.counted = state_counts(state)->censuses > 0;
	return facts;
}

/* --- what is asked for --- */

static int answer_metrics(void *ctx, struct http_reply *ret)
{
	const struct exporter *exporter = ctx;
	const struct exporter_facts facts = facts_of(exporter);
	struct metrics_facts told = { .wall_offset = facts.wall_offset, .lines_dropped = facts.lines_dropped };
	struct text text = { .bytes = calloc(1, METRICS_BYTES), .capacity = METRICS_BYTES };
	CLEANUP(free_pointer) struct metrics_sample *sample = malloc(sizeof(*sample));
	TEXT(why, WHY_BYTES);

	ret->body = text.bytes;
	if (!text.bytes || !sample)
		return -ENOMEM;
	told.ready = health_is_ready(&facts.health, &why);
	self_read(&told.self);
	metrics_sample(sample, exporter->options.metrics, exporter->options.pipeline, &told);
	metrics_text(&text, sample);
	ret->type = METRICS_CONTENT_TYPE;
	ret->length = text.length;
	return text.cut ? -EMSGSIZE : 0;
}

static int answer_probe(const struct exporter *exporter, bool (*ask)(const struct health *, struct text *), struct http_reply *ret)
{
	const struct exporter_facts facts = facts_of(exporter);
	TEXT(why, WHY_BYTES);

	ret->status = ask(&facts.health, &why) ? 200 : 503;
	ret->body = formatted("%s\n", why.bytes);
	ret->length = why.length + 1;
	return ret->body ? 0 : -ENOMEM;
}

static int answer_healthz(void *ctx, struct http_reply *ret)
{
	return answer_probe(ctx, health_is_alive, ret);
}

static int answer_readyz(void *ctx, struct http_reply *ret)
{
	return answer_probe(ctx, health_is_ready, ret);
}

static int before(void *ctx)
{
	const struct exporter *exporter = ctx;

	return exporter->options.before ? exporter->options.before(exporter->options.ctx) : 0;
}

static const struct http_route routes[] = {
	{ "/metrics", answer_metrics },
	{ "/healthz", answer_healthz },
	{ "/readyz", answer_readyz },
	{ NULL, NULL },
};

/* --- making --- */

static int start(struct exporter *exporter)
{
	struct http_server_options options = {
		.loop = exporter->options.loop,
		.routes = routes,
		.before = before,
		.ctx = exporter,
	};
	int err = listener_open(&exporter->listener, exporter->options.address), fd;

	if (err)
		return err;
	fd = listener_take_fd(exporter->listener);
	return http_server_open(&exporter->server, &fd, &options);
}

int exporter_open(struct exporter **ret, const struct exporter_options *options)
{
	struct exporter *exporter = calloc(1, sizeof(*exporter));
	int err;

	if (!exporter)
		return -ENOMEM;
	exporter->options = *options;
	err = start(exporter);
	if (err) {
		exporter_close(exporter);
		return err;
	}
	*ret = exporter;
	return 0;
}

void exporter_close(struct exporter *exporter)
{
	if (!exporter)
		return;
	http_server_close(exporter->server);
	listener_close(exporter->listener);
	free(exporter);
}

const char *exporter_name(const struct exporter *exporter)
{
	return listener_name(exporter->listener);
}

const char *exporter_strerror(const char *address, int err)
{
	return err == -ELIBACC ? "libmicrohttpd is not installed; install it (Debian: libmicrohttpd12)" :
				 listener_strerror(address, err);
}
