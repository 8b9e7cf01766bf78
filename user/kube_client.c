/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "kube_client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "loop.h"
#include "util.h"

#define HEAD_TIMEOUT (30 * NS_PER_S)
#define MOST_RETRY_AFTER (300 * NS_PER_S)

struct kube_client {
	struct loop *loop;
	struct http *http;
	struct loop_timer *head; /* when the answer's head is due */
	const struct kube_options *options;
	const struct kube_surroundings *surroundings;
	struct kube_config config;
	struct http_request *request; /* under way, or NULL */
	struct kube_question question;
	uint64_t retry_after;
	char reason[KUBE_REASON_BYTES];
};

/* --- chance --- */

uint32_t kube_chance(uint32_t limit)
{
	uint32_t number = 0;

	/* It cannot fail for so few bytes once the machine has booted; if it does, all wait the same. */
	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
		number = 0;
	return number % limit;
}

uint64_t kube_backoff(unsigned int failures)
{
	uint64_t whole = failures > 6 ? 60 * NS_PER_S : NS_PER_S << (failures ? failures - 1 : 0);

	return whole / 2 + (whole / 2 / 1000) * kube_chance(1001);
}

/* --- what went wrong --- */

__attribute__((format(printf, 2, 3))) static void say(struct kube_client *client, const char *format, ...)
{
	size_t length = (size_t)snprintf(client->reason, sizeof(client->reason), "%.100s: ", client->config.server);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(client->reason + length, sizeof(client->reason) - length, format, arguments);
	va_end(arguments);
}

static enum kube_outcome explain_status(struct kube_client *client, int status)
{
	const struct kube_question *question = &client->question;

	switch (status) {
	case 200:
		return KUBE_ANSWERED;
	case 401:
		say(client, "it does not accept the credentials (401); check the token or certificate of %.120s",
		    client->options->token ? client->options->token : client->config.from);
		return KUBE_UNAUTHORIZED;
	case 403:
		say(client, "forbidden to %s %s (403); permit the verb \"%s\" on \"%s\" in a ClusterRole", question->verb,
		    question->resource, question->verb, question->resource);
		return KUBE_FORBIDDEN;
	case 404:
		say(client, "it knows no such thing (404); is this the right server?");
		return KUBE_MISSING;
	case 410:
		say(client, "what was asked for is too long ago (410)");
		return KUBE_EXPIRED;
	case 429:
		say(client, "it is overloaded (429); it is asked again");
		return KUBE_PASSING;
	case 300 ... 399:
		say(client, "it refers to another server (%d), which is not followed; name that server itself", status);
		return KUBE_REFUSED;
	case 500 ... 599:
		say(client, "it fails (%d); it is asked again", status);
		return KUBE_PASSING;
	default:
		say(client, "it answers with status %d; is this the right server?", status);
		return KUBE_REFUSED;
	}
}

static enum kube_outcome explain_error(struct kube_client *client, const struct http_result *result)
{
	switch (result->error) {
	case -ECONNREFUSED:
		say(client, "nothing answers there; is it running, and may this machine reach it?");
		return KUBE_PASSING;
	case -EHOSTUNREACH:
		say(client, "its name is not known here; check the name, and this machine's name service");
		return KUBE_PASSING;
	case -ETIMEDOUT:
		say(client, "it does not answer in time; it is asked again");
		return KUBE_PASSING;
	case -ECONNRESET:
		say(client, "the connection broke off; it is asked again");
		return KUBE_PASSING;
	case -EKEYREJECTED:
		say(client, "TLS: %.150s; give the CA that signed its certificate with ca=FILE",
		    text_is_printable(result->reason, strlen(result->reason)) ? result->reason : "?");
		return KUBE_REFUSED;
	default:
		say(client, "what it sends is not HTTP; is this the right server?");
		return KUBE_REFUSED;
	}
}

/* --- one question --- */

static int finish(struct kube_client *client, enum kube_outcome outcome, const struct http_result *result)
{
	struct kube_answer answer = {
		.outcome = outcome,
		.error = outcome == KUBE_STOPPED ? result->error : 0,
		.connected = result->connected,
		.http2 = result->http2,
		.retry_after = client->retry_after,
		.reason = outcome == KUBE_ANSWERED || outcome == KUBE_STOPPED ? "" : client->reason,
	};

	client->request = NULL;
	loop_timer_set(client->head, 0);
	return client->question.end(client->question.ctx, &answer);
}

static int on_end(void *ctx, const struct http_result *result)
{
	struct kube_client *client = ctx;
	enum kube_outcome outcome;

	if (result->status && result->status != 200)
		outcome = explain_status(client, result->status);
	else if (result->error == -ECANCELED)
		outcome = KUBE_STOPPED;
	else if (result->error)
		outcome = explain_error(client, result);
	else
		outcome = explain_status(client, result->status);
	return finish(client, outcome, result);
}

static int on_head_due(void *ctx, uint32_t events)
{
	struct kube_client *client = ctx;
	const struct http_result result = { .error = -ETIMEDOUT, .connected = true };

	(void)events;
	if (!client->request)
		return 0;
	http_cancel(client->request);
	return finish(client, explain_error(client, &result), &result);
}

static int on_header(void *ctx, const char *name, const char *value)
{
	struct kube_client *client = ctx;
	char *end;
	unsigned long seconds;

	if (strcmp(name, "retry-after"))
		return 0;
	seconds = strtoul(value, &end, 10);
	if (*end || end == value) /* a date: servers of Kubernetes send none */
		return 0;
	client->retry_after = seconds < MOST_RETRY_AFTER / NS_PER_S ? seconds * NS_PER_S : MOST_RETRY_AFTER;
	return 0;
}

/* -ECANCELED is what a callback of the question has stopped it with; others may be libcurl's. */
static int on_answered(void *ctx, int status)
{
	struct kube_client *client = ctx;

	loop_timer_set(client->head, 0);
	return status == 200 && client->question.accepted ? client->question.accepted(client->question.ctx) : 0;
}

static int on_bytes(void *ctx, int status, const char *bytes, size_t length)
{
	struct kube_client *client = ctx;

	return status == 200 && client->question.bytes ? client->question.bytes(client->question.ctx, bytes, length) : 0;
}

static int start(struct kube_client *client, const char *url, const char *authorization)
{
	const struct kube_config *config = &client->config;
	const char *const headers[] = { "Accept: application/json", authorization, NULL };
	const struct http_call call = {
		.url = url,
		.connect_to = client->question.connect_to,
		.proxy = config->proxy,
		.tls = { .ca = config->ca, .cert = config->cert, .key = config->key, .unverified = config->unverified },
		.headers = headers,
		.timeout = client->question.timeout,
		.header = on_header,
		.answered = on_answered,
		.bytes = on_bytes,
		.ctx = client,
	};

	return http_start(&client->request, client->http, &call, on_end);
}

int kube_client_ask(struct kube_client *client, const struct kube_question *question,
		    char reason[static KUBE_REASON_BYTES])
{
	CLEANUP(free_pointer) char *url = NULL;
	CLEANUP(free_pointer) char *authorization = NULL;
	int err;

	client->question = *question;
	client->retry_after = 0;
	url = formatted("%s%s", client->config.server, question->path);
	if (client->config.token)
		authorization = formatted("Authorization: Bearer %s", client->config.token);
	if (!url || (client->config.token && !authorization))
		return -ENOMEM;
	err = start(client, url, authorization);
	if (err == -EINVAL) {
		say(client, "this is no URL, or the certificates for it are none");
		memcpy(reason, client->reason, KUBE_REASON_BYTES);
	}
	return err ? err : loop_timer_set(client->head, loop_now() + HEAD_TIMEOUT);
}

void kube_client_cancel(struct kube_client *client)
{
	http_cancel(client->request);
	client->request = NULL;
	loop_timer_set(client->head, 0);
}

/* --- the client --- */

int kube_client_open(struct kube_client **ret, struct loop *loop, const struct kube_options *options,
		     const struct kube_surroundings *surroundings)
{
	struct kube_client *client = calloc(1, sizeof(*client));
	int err;

	if (!client)
		return -ENOMEM;
	client->loop = loop;
	client->options = options;
	client->surroundings = surroundings;
	err = http_open(&client->http, loop);
	if (!err)
		err = loop_timer_open(&client->head, loop, on_head_due, client);
	if (err) {
		kube_client_close(client);
		return err;
	}
	*ret = client;
	return 0;
}

void kube_client_close(struct kube_client *client)
{
	if (!client)
		return;
	http_close(client->http);
	loop_timer_close(client->head);
	kube_config_free(&client->config);
	free(client);
}

int kube_client_configure(struct kube_client *client, const char *kubelet, char reason[static KUBE_REASON_BYTES])
{
	struct kube_config config;
	int err = kubelet ? kube_config_load_kubelet(&config, client->options, kubelet, client->surroundings, reason) :
			    kube_config_load(&config, client->options, client->surroundings, reason);

	if (err)
		return err;
	kube_config_free(&client->config);
	client->config = config;
	return 0;
}

const struct kube_config *kube_client_config(const struct kube_client *client)
{
	return &client->config;
}
