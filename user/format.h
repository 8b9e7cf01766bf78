/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How values look in words: times, durations, addresses, and texts that others wrote.
 *
 * Pure but for the local time zone and, in display widths, the locale.
 */
#ifndef NETNSLEAK_FORMAT_H
#define NETNSLEAK_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A text of bounded length that is put together piece by piece, always NUL-terminated.  What does not fit is
 * cut between two characters, an ellipsis is set there, and what is added later is ignored.
 */
struct text {
	char *bytes;
	size_t length, capacity;
	bool cut;
};

#define TEXT(name, size)               \
	char name##_bytes[size] = ""; \
	struct text name = { .bytes = name##_bytes, .capacity = (size) }

void text_reset(struct text *text);
void text_add(struct text *text, const char *piece);
void text_add_bytes(struct text *text, const char *bytes, size_t length);
void text_add_u64(struct text *text, uint64_t number);
void text_add_seconds(struct text *text, uint64_t ns); /* "12.345678" */
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* At most max bytes of piece, with an ellipsis where that is not all. */
void text_add_cut(struct text *text, const char *piece, size_t max);
/* For a terminal: what is no printable character comes as \xNN, byte by byte. */
void text_add_safe(struct text *text, const char *piece);
/* "1 reference", "2 references" */
void text_add_count(struct text *text, uint64_t count, const char *one, const char *many);

/* 0.35 s is "350ms", then "1.2s", "12s", "1m00s", "1h02m", "3d04h": never more than 8 characters for 99 years. */
#define FORMAT_DURATION_LEN 24
const char *format_duration(uint64_t ns, char buffer[FORMAT_DURATION_LEN]);

/* "2026-11-21T14:02:11.004182731Z"; returns its length.  wall: ns since 1970. */
#define FORMAT_TIMESTAMP_LEN 40
size_t format_timestamp(int64_t wall, char buffer[FORMAT_TIMESTAMP_LEN]);
/* "2026-11-21T14:02:11Z" */
const char *format_moment(int64_t wall, char buffer[FORMAT_TIMESTAMP_LEN]);

/* "14:02:11", in the local time zone. */
#define FORMAT_CLOCK_LEN 16
const char *format_clock(int64_t wall, char buffer[FORMAT_CLOCK_LEN]);

/* Decimal digits, not terminated; returns how many, at most 20. */
size_t format_u64(uint64_t number, char *buffer);

/* Canonical text of an address, as inet_ntop() has it; "?" where the family is none.  Returns its length. */
#define FORMAT_ADDRESS_LEN 64
size_t format_address(uint8_t family, const uint8_t *bytes, char buffer[FORMAT_ADDRESS_LEN]);
/* With "/24" behind it. */
size_t format_prefix(uint8_t family, const uint8_t *bytes, unsigned prefixlen, char buffer[FORMAT_ADDRESS_LEN]);

/*
 * The character at the start of bytes (length is not 0): returns how many bytes it has and gives its code point, or 0: not
 * UTF-8 (an overlong form, a surrogate, cut short, ...).
 */
size_t utf8_decode(const char *bytes, size_t length, uint32_t *ret_code);

/* A control character, a line or paragraph separator, or one that changes the direction of writing. */
bool code_is_hostile(uint32_t code);

/* Columns that a text without hostile characters takes. */
size_t text_width(const char *bytes, size_t length);

enum text_cut { TEXT_CUT_END, TEXT_CUT_MIDDLE };
/* piece in at most width columns, an ellipsis where something was left out.  Returns the columns used. */
size_t text_add_columns(struct text *text, const char *piece, size_t width, enum text_cut where);

#endif
