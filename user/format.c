/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "format.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <wchar.h>

#include "util.h"

#define ELLIPSIS "\u2026"
#define ELLIPSIS_BYTES (sizeof(ELLIPSIS) - 1)

/* The most of bytes that is no longer than max and does not end within a character; bytes[max] is there. */
static size_t whole_characters(const char *bytes, size_t max)
{
	size_t least = max > 3 ? max - 3 : 0, whole = max;

	while (whole > least && ((unsigned char)bytes[whole] & 0xc0) == 0x80)
		whole--;
	return whole;
}

void text_reset(struct text *text)
{
	text->length = 0;
	text->cut = false;
	text->bytes[0] = '\0';
}

static void put(struct text *text, const char *bytes, size_t length)
{
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

void text_add_bytes(struct text *text, const char *bytes, size_t length)
{
	size_t room = text->capacity - text->length - 1 - ELLIPSIS_BYTES;

	if (text->cut)
		return;
	if (length <= room) {
		put(text, bytes, length);
		return;
	}
	put(text, bytes, whole_characters(bytes, room));
	put(text, ELLIPSIS, ELLIPSIS_BYTES);
	text->cut = true;
}

void text_add(struct text *text, const char *piece)
{
	text_add_bytes(text, piece, strlen(piece));
}

void text_add_u64(struct text *text, uint64_t number)
{
	char digits[20];

	text_add_bytes(text, digits, format_u64(number, digits));
}

void text_add_seconds(struct text *text, uint64_t ns)
{
	text_printf(text, "%llu.%06llu", (unsigned long long)ns / NS_PER_S, (unsigned long long)ns % NS_PER_S / 1000);
}

void text_printf(struct text *text, const char *format, ...)
{
	char piece[512];
	va_list args;

	va_start(args, format);
	vsnprintf(piece, sizeof(piece), format, args);
	va_end(args);
	text_add(text, piece);
}

void text_add_cut(struct text *text, const char *piece, size_t max)
{
	size_t length = strlen(piece);

	if (length <= max) {
		text_add_bytes(text, piece, length);
		return;
	}
	text_add_bytes(text, piece, whole_characters(piece, max));
	text_add(text, ELLIPSIS);
}

void text_add_safe(struct text *text, const char *piece)
{
	size_t length = strlen(piece), plain = 0, i = 0;

	while (i < length) {
		uint32_t code;
		size_t size = utf8_decode(piece + i, length - i, &code);

		if (size && !code_is_hostile(code)) {
			i += size;
			continue;
		}
		text_add_bytes(text, piece + plain, i - plain);
		for (size_t end = i + (size ? size : 1); i < end; i++)
			text_printf(text, "\\x%02x", (unsigned char)piece[i]);
		plain = i;
	}
	text_add_bytes(text, piece + plain, length - plain);
}

void text_add_count(struct text *text, uint64_t count, const char *one, const char *many)
{
	text_add_u64(text, count);
	text_add(text, " ");
	text_add(text, count == 1 ? one : many);
}

const char *format_duration(uint64_t ns, char buffer[FORMAT_DURATION_LEN])
{
	uint64_t ms = ns / NS_PER_MS, s = ns / NS_PER_S, m = s / 60, h = m / 60, d = h / 24;
	const size_t size = FORMAT_DURATION_LEN;

	if (s < 1)
		snprintf(buffer, size, "%" PRIu64 "ms", ms);
	else if (s < 10)
		snprintf(buffer, size, "%" PRIu64 ".%" PRIu64 "s", s, ms / 100 % 10);
	else if (m < 1)
		snprintf(buffer, size, "%" PRIu64 "s", s);
	else if (h < 1)
		snprintf(buffer, size, "%" PRIu64 "m%02" PRIu64 "s", m, s % 60);
	else if (d < 1)
		snprintf(buffer, size, "%" PRIu64 "h%02" PRIu64 "m", h, m % 60);
	else
		snprintf(buffer, size, "%" PRIu64 "d%02" PRIu64 "h", d, h % 24);
	return buffer;
}

static char *digits(char *at, uint32_t number, unsigned count)
{
	for (unsigned i = count; i--; number /= 10)
		at[i] = (char)('0' + number % 10);
	return at + count;
}

/* Days since 1970 to a date of the Gregorian calendar; years begin in March so that leap days come last. */
static char *put_date(char *at, int64_t days)
{
	int64_t shifted = days + 719468; /* since 0000-03-01 */
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	uint32_t day = (uint32_t)(shifted - era * 146097);
	uint32_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	uint32_t day_of_year = day - (365 * year + year / 4 - year / 100);
	uint32_t month = (5 * day_of_year + 2) / 153;

	at = digits(at, (uint32_t)(year + era * 400 + (month >= 10)), 4);
	*at++ = '-';
	at = digits(at, month < 10 ? month + 3 : month - 9, 2);
	*at++ = '-';
	return digits(at, day_of_year - (153 * month + 2) / 5 + 1, 2);
}

size_t format_timestamp(int64_t wall, char buffer[FORMAT_TIMESTAMP_LEN])
{
	int64_t seconds = wall / NS_PER_S, fraction = wall % NS_PER_S, days;
	char *at;

	if (fraction < 0) {
		fraction += NS_PER_S;
		seconds--;
	}
	days = (seconds >= 0 ? seconds : seconds - 86399) / 86400;
	seconds -= days * 86400;

	at = put_date(buffer, days);
	*at++ = 'T';
	at = digits(at, (uint32_t)(seconds / 3600), 2);
	*at++ = ':';
	at = digits(at, (uint32_t)(seconds / 60 % 60), 2);
	*at++ = ':';
	at = digits(at, (uint32_t)(seconds % 60), 2);
	*at++ = '.';
	at = digits(at, (uint32_t)fraction, 9);
	*at++ = 'Z';
	*at = '\0';
	return (size_t)(at - buffer);
}

const char *format_moment(int64_t wall, char buffer[FORMAT_TIMESTAMP_LEN])
{
	size_t length = format_timestamp(wall, buffer);

	strcpy(buffer + length - sizeof(".123456789Z") + 1, "Z");
	return buffer;
}

const char *format_clock(int64_t wall, char buffer[FORMAT_CLOCK_LEN])
{
	time_t seconds = wall / NS_PER_S;
	struct tm local;

	if (!localtime_r(&seconds, &local) || !strftime(buffer, FORMAT_CLOCK_LEN, "%H:%M:%S", &local))
		strcpy(buffer, "--:--:--");
	return buffer;
}

size_t format_u64(uint64_t number, char *buffer)
{
	char reverse[20];
	size_t at = sizeof(reverse), count;

	/* Where the number has become small, dividing 32 bits takes a fraction of the time. */
	for (; number > UINT32_MAX; number /= 10)
		reverse[--at] = (char)('0' + number % 10);
	for (uint32_t rest = (uint32_t)number;; rest /= 10) {
		reverse[--at] = (char)('0' + rest % 10);
		if (rest < 10)
			break;
	}
	count = sizeof(reverse) - at;
	memcpy(buffer, reverse + at, count);
	return count;
}

size_t format_address(uint8_t family, const uint8_t *bytes, char buffer[FORMAT_ADDRESS_LEN])
{
	char *at = buffer;

	if (family == AF_INET6 && inet_ntop(AF_INET6, bytes, buffer, FORMAT_ADDRESS_LEN))
		return strlen(buffer);
	if (family != AF_INET) {
		strcpy(buffer, "?");
		return 1;
	}
	/* inet_ntop() goes through printf for these, and they are most of what is printed. */
	for (unsigned i = 0; i < 4; i++) {
		at += format_u64(bytes[i], at);
		*at++ = '.';
	}
	*--at = '\0';
	return (size_t)(at - buffer);
}

size_t format_prefix(uint8_t family, const uint8_t *bytes, unsigned prefixlen, char buffer[FORMAT_ADDRESS_LEN])
{
	size_t length = format_address(family, bytes, buffer);

	buffer[length++] = '/';
	length += format_u64(prefixlen, buffer + length);
	buffer[length] = '\0';
	return length;
}

size_t utf8_decode(const char *bytes, size_t length, uint32_t *ret_code)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)bytes[0];
	uint32_t code;
	size_t size;

	if (first < 0x80) {
		*ret_code = first;
		return 1;
	}
	if (first < 0xc2 || first > 0xf4)
		return 0;
	size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (size > length)
		return 0;
	code = first & (0x7fu >> size);
	for (size_t i = 1; i < size; i++) {
		if (((unsigned char)bytes[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | ((unsigned char)bytes[i] & 0x3f);
	}
	if (code < smallest[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return size;
}

bool code_is_hostile(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) ||
	       code == 0x200e || code == 0x200f || code == 0x61c || /* directional marks */
	       (code >= 0x2028 && code <= 0x202e) ||		    /* separators; embeddings and overrides */
	       (code >= 0x2066 && code <= 0x2069);		    /* isolates */
}

static size_t code_width(uint32_t code)
{
	int width = wcwidth((wchar_t)code);

	/* The C locale knows no width but ASCII's; one column is right for most of the rest. */
	return width < 0 ? 1 : (size_t)width;
}

size_t text_width(const char *bytes, size_t length)
{
	size_t width = 0, i = 0;

	while (i < length) {
		uint32_t code;
		size_t size = utf8_decode(bytes + i, length - i, &code);

		width += size ? code_width(code) : 1;
		i += size ? size : 1;
	}
	return width;
}

/* How many bytes at the start of piece fit into width columns. */
static size_t bytes_of_columns(const char *piece, size_t length, size_t width, size_t *ret_width)
{
	size_t i = 0, used = 0;

	while (i < length) {
		uint32_t code;
		size_t size = utf8_decode(piece + i, length - i, &code);
		size_t columns = size ? code_width(code) : 1;

		if (used + columns > width)
			break;
		used += columns;
		i += size ? size : 1;
	}
	*ret_width = used;
	return i;
}

size_t text_add_columns(struct text *text, const char *piece, size_t width, enum text_cut where)
{
	size_t length = strlen(piece), whole = text_width(piece, length), used, rest, at;

	if (whole <= width) {
		text_add_bytes(text, piece, length);
		return whole;
	}
	if (!width)
		return 0;
	at = bytes_of_columns(piece, length, where == TEXT_CUT_END ? width - 1 : (width - 1) / 2, &used);
	text_add_bytes(text, piece, at);
	text_add(text, ELLIPSIS);
	if (where == TEXT_CUT_END)
		return used + 1;
	for (rest = whole - used; rest > width - used - 1;) {
		uint32_t code;
		size_t size = utf8_decode(piece + at, length - at, &code);

		rest -= size ? code_width(code) : 1;
		at += size ? size : 1;
	}
	text_add_bytes(text, piece + at, length - at);
	return used + 1 + rest;
}
