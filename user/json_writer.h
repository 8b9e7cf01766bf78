/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes one JSON object on one line into memory of the caller's.
 *
 * Each member, and each element of an array, is written whole or not at all; where one found no room `full`
 * is set.  So the line is valid JSON at any moment, and the caller decides: leave it at that (json_end() says
 * "truncated"), begin again with `tight` set, which cuts texts to the caps that their members have, or begin
 * again with more memory.
 *
 * Strings come out as valid UTF-8 whatever goes in: what is none becomes U+FFFD; control characters, and
 * those that change the direction of writing, are escaped, so that a line does no harm in a terminal.
 */
#ifndef NETNSLEAK_JSON_WRITER_H
#define NETNSLEAK_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_line {
	char *bytes;
	size_t length, limit; /* limit: what members may fill, behind it is room for the end */
	bool tight;
	bool full; /* something was left out or cut */
};

#define JSON_END_BYTES 32 /* brackets and the "truncated" member */
#define JSON_NO_CAP SIZE_MAX

/* A member's name, with the comma before it and the colon behind, and how long that is: two arguments. */
#define JSON_KEY(name) ",\"" name "\":", sizeof(",\"" name "\":") - 1

/* capacity: more than JSON_END_BYTES. */
void json_begin(struct json_line *line, char *bytes, size_t capacity, bool tight);
/* Closes the object, says "truncated" where something was left out, adds the newline.  Returns the length. */
size_t json_end(struct json_line *line);

void json_u64(struct json_line *line, const char *key, size_t key_length, uint64_t number);
void json_i64(struct json_line *line, const char *key, size_t key_length, int64_t number);
void json_bool(struct json_line *line, const char *key, size_t key_length, bool value);
/* A 64-bit number as a string of digits. */
void json_u64_text(struct json_line *line, const char *key, size_t key_length, uint64_t number);
/* Seconds with six decimals, from ns. */
void json_seconds(struct json_line *line, const char *key, size_t key_length, uint64_t ns);
/* RFC 3339, from ns since 1970. */
void json_time(struct json_line *line, const char *key, size_t key_length, int64_t wall);
/* Known to hold nothing that must be escaped. */
void json_plain(struct json_line *line, const char *key, size_t key_length, const char *text, size_t length);
/* cap: of the escaped text in bytes, where the line is tight. */
void json_text(struct json_line *line, const char *key, size_t key_length, const char *text, size_t cap);
void json_text_bytes(struct json_line *line, const char *key, size_t key_length, const char *text, size_t length,
		     size_t cap);

/*
 * Arrays, and objects as elements of arrays: what stands between an open and its close goes inside.  In an
 * array, elements are written with JSON_ELEMENT for a key.
 */
#define JSON_ELEMENT ",", sizeof(",") - 1
/* False: there is no room; write nothing and do not close.  ret_opened is what to give to the close. */
bool json_open(struct json_line *line, const char *key, size_t key_length, size_t *ret_opened);
void json_close_array(struct json_line *line, size_t opened);
void json_close_object(struct json_line *line, size_t opened);

/* An object as an element of an array, whole or not at all. */
struct json_element {
	struct json_line before;
	size_t opened;
};

/* As json_open(). */
bool json_open_element(struct json_line *line, struct json_element *ret);
/* False: there was no room for all of it, and nothing of it stays. */
bool json_close_element(struct json_line *line, const struct json_element *element);

/* Bytes that are JSON already, a comma first: members that are the same each time. */
void json_raw(struct json_line *line, const char *bytes, size_t length);

#endif
