/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A question to a daemon and its answer, as far as it came: bounded, held against JSON as it comes, and handed out whole.
 */
#ifndef NETNSLEAK_DOCKER_REPLY_H
#define NETNSLEAK_DOCKER_REPLY_H

#include <stdbool.h>

#include "docker_json.h"
#include "http.h"

#define DOCKER_MESSAGE_BYTES 1024

enum docker_question { DOCKER_VERSION, DOCKER_LISTING, DOCKER_CONTAINER };

struct docker_daemon;
struct container;
struct json_items;

struct docker_reply {
	/* Of whoever asks. */
	struct docker_daemon *daemon;
	struct container *container; /* that is asked for */
	/* A container of DOCKER_LISTING, by its id, as it comes.  Negative ends the request with it. */
	int (*entry)(struct docker_reply *reply, const char *id);

	struct http_request *request; /* NULL: not asked */
	enum docker_question question;
	struct json_items *items;	    /* the body of a good answer */
	uint64_t taken;			    /* bytes of it */
	char message[DOCKER_MESSAGE_BYTES]; /* the body of another; terminated */
	size_t message_length;
	char reason[POD_REASON_BYTES + 64]; /* of -EBADMSG */
};

/* end gets the reply as its ctx, and sets request to NULL. */
int docker_reply_ask(struct docker_reply *reply, struct http *http, const char *socket, enum docker_question question,
		     const char *path, uint64_t timeout, http_end_fn end);
/* As before it was asked; nothing more is heard of it. */
void docker_reply_clear(struct docker_reply *reply);

/* In `end`: the whole body of a good answer, without what went to entry.  -EBADMSG: there is none, see reason. */
int docker_reply_body(struct docker_reply *reply, const struct http_result *result, const char **ret_text,
		      size_t *ret_length);
__attribute__((format(printf, 2, 3))) int docker_reply_bad(struct docker_reply *reply, const char *format, ...);
/* It says that there is no such container. */
bool docker_reply_is_none(const struct docker_reply *reply, const struct http_result *result);

const char *docker_question_path(enum docker_question question); /* for people: "/containers/ID/json" */
/* The daemon's own words, {"message":"..."}, or what else it said, as one line of ASCII. */
void docker_message_print(char *text, size_t size, const char *body);

#endif
