/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files of json_items share.  Negative ends the reading.
 */
#ifndef NETNSLEAK_JSON_ITEMS_PRIVATE_H
#define NETNSLEAK_JSON_ITEMS_PRIVATE_H

#include <stdbool.h>

#include "json_items.h"

/* What may come next. */
enum expect {
	VALUE,	      /* after a colon, or a comma in an array */
	VALUE_OR_END, /* after [ */
	KEY,	      /* after a comma in an object */
	KEY_OR_END,   /* after { */
	COLON,
	COMMA_OR_END, /* after a value */
	STRING,	      /* inside one, also of a key */
	UTF8,	      /* inside a character of several bytes */
	ESCAPE,
	HEX,
	LOW_ESCAPE, /* the backslash, then */
	LOW_U,	    /* the u, of a low surrogate */
	LITERAL,
	MINUS, /* of a number: what was read of it last */
	ZERO,
	INTEGER,
	POINT,
	FRACTION,
	EXPONENT,
	EXPONENT_SIGN,
	EXPONENT_DIGIT,
	BEFORE, /* the first brace */
	AFTER,	/* the last */
};

struct buffer {
	char *bytes; /* owned; room for a NUL behind */
	size_t length, capacity;
};

struct json_items {
	json_item_fn fn;
	void *ctx;

	enum expect expect;
	unsigned int depth;
	bool is_array[JSON_ITEMS_DEPTH + 1]; /* by depth, from 1 */
	bool in_key;			     /* the string is a key */
	bool capturing;			     /* of the key, its text is needed */
	bool key_escaped;		     /* it is not as it stands */
	bool in_items;			     /* between the brackets of the top-level "items" */
	bool had_items;
	char key[JSON_KEEP_KEY_BYTES + 1]; /* cut */
	size_t key_length;		   /* not cut */

	const struct json_keep *item_keep, *envelope_keep;
	const struct json_keep *keep[JSON_ITEMS_DEPTH + 1]; /* by depth: of the members there, NULL: all */
	const struct json_keep *value_keep;		     /* of the value that comes next */
	bool skip_next;					     /* the value that comes next is of no interest */
	bool skipping;
	unsigned int skip_depth; /* of the object that has it */
	struct buffer *skip_target; /* where the text goes on behind it */

	const char *literal; /* what is left to see of "true", "false", "null" */
	unsigned int hex, hex_left;
	bool low_due; /* a high surrogate was read */
	uint8_t utf8_left, utf8_low, utf8_high;

	struct buffer envelope, item;
	struct buffer *target; /* where the text goes, or NULL */
	const char *pending;   /* text of this chunk that is not in the target yet begins here */

	uint64_t before; /* bytes of earlier chunks */
	uint64_t offset, item_offset;
	const char *reason;
	int error;
};

/* Keeps the reason and returns -EBADMSG. */
int json_items_bad(struct json_items *items, const char *reason);

/* --- where the text goes --- */

/* What was read up to `end` goes to the target; what follows goes to `next`. */
int json_items_switch(struct json_items *items, const char *end, struct buffer *next);
int json_items_begin_item(struct json_items *items, const char *at);
int json_items_end_item(struct json_items *items, const char *behind);
/* What is of interest of the members of the object or array that begins. */
const struct json_keep *json_items_keep_below(const struct json_items *items);
/* Whether the value of the key just read is of interest.  One with an escape in it may be any. */
void json_items_look_up_key(struct json_items *items);
/* A value of no interest begins, or has ended. */
int json_items_begin_skip(struct json_items *items, const char *at);
int json_items_end_skip(struct json_items *items, const char *behind);
/* What is skipped takes no memory, but it takes time. */
int json_items_check_skipped(struct json_items *items, uint64_t offset);

#endif
