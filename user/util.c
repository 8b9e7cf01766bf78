/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "util.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int64_t wall_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return timespec_to_ns(&now);
}

/* "/24" and no more: digits, at most `most`. */
static bool prefix_is_valid(const char *text, unsigned int most)
{
	unsigned int value = 0;
	size_t i;

	for (i = 0; text[i] >= '0' && text[i] <= '9' && i < 3; i++)
		value = value * 10 + (unsigned int)(text[i] - '0');
	return i > 0 && !text[i] && value <= most;
}

int ip_address_parse(struct ip_address *ret, const char *text, bool prefix)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	size_t length = prefix ? strcspn(text, "/") : strlen(text);
	char address[INET6_ADDRSTRLEN];
	struct ip_address ip = { .family = AF_INET };

	if (length >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, length);
	address[length] = '\0';
	if (inet_pton(AF_INET, address, ip.bytes) != 1) {
		ip.family = AF_INET6;
		if (inet_pton(AF_INET6, address, ip.bytes) != 1)
			return -EINVAL;
	}
	if (text[length] && !prefix_is_valid(text + length + 1, ip.family == AF_INET ? 32 : 128))
		return -EINVAL;
	if (ip.family == AF_INET6 && !memcmp(ip.bytes, mapped, sizeof(mapped))) {
		ip.family = AF_INET;
		memcpy(ip.bytes, ip.bytes + 12, 4);
		memset(ip.bytes + 4, 0, 12);
	}
	*ret = ip;
	return 0;
}

bool ip_address_equal(const struct ip_address *a, const struct ip_address *b)
{
	return a->family == b->family && !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* Exactly `digits` digits; moves *text behind them. */
static bool take_number(const char **text, int digits, int *ret)
{
	int value = 0;

	for (int i = 0; i < digits; i++) {
		char c = (*text)[i];

		if (c < '0' || c > '9')
			return false;
		value = value * 10 + (c - '0');
	}
	*text += digits;
	*ret = value;
	return true;
}

static bool take_char(const char **text, char a, char b)
{
	if (!**text || (**text != a && **text != b))
		return false;
	(*text)++;
	return true;
}

/* ".123456" as ns; digits beyond the ninth are dropped. */
static bool take_fraction(const char **text, int64_t *ret)
{
	int64_t unit = NS_PER_S, value = 0;

	if (**text != '.') {
		*ret = 0;
		return true;
	}
	(*text)++;
	if (**text < '0' || **text > '9')
		return false;
	for (; **text >= '0' && **text <= '9'; (*text)++) {
		unit /= 10;
		value += unit * (**text - '0');
	}
	*ret = value;
	return true;
}

/* "Z" or "+02:00", as seconds east, and then the end. */
static bool take_offset(const char **text, int64_t *ret)
{
	int hours, minutes, sign = **text == '-' ? -1 : 1;

	*ret = 0;
	if (take_char(text, 'Z', 'z'))
		return !**text;
	if (!take_char(text, '+', '-') || !take_number(text, 2, &hours) || !take_char(text, ':', ':') ||
	    !take_number(text, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret = sign * (hours * 3600 + minutes * 60);
	return !**text;
}

int rfc3339_parse(int64_t *ret, const char *text)
{
	struct tm tm = { 0 };
	int64_t fraction, offset;

	if (!take_number(&text, 4, &tm.tm_year) || !take_char(&text, '-', '-') ||
	    !take_number(&text, 2, &tm.tm_mon) || !take_char(&text, '-', '-') ||
	    !take_number(&text, 2, &tm.tm_mday) || !take_char(&text, 'T', 't') ||
	    !take_number(&text, 2, &tm.tm_hour) || !take_char(&text, ':', ':') ||
	    !take_number(&text, 2, &tm.tm_min) || !take_char(&text, ':', ':') ||
	    !take_number(&text, 2, &tm.tm_sec) || !take_fraction(&text, &fraction) ||
	    !take_offset(&text, &offset))
		return -EINVAL;
	/* int64 ns end in 2262; Kubernetes writes year 1 for "never", which is as good as none. */
	if (tm.tm_year < 1970 || tm.tm_year > 2261 || tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 ||
	    tm.tm_mday > 31 || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
		return -EINVAL;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	*ret = ((int64_t)timegm(&tm) - offset) * NS_PER_S + fraction;
	return 0;
}

/* Length of the UTF-8 sequence at text, 0 if it is none. */
static size_t utf8_length(const unsigned char *text, size_t left)
{
	unsigned char first = text[0];
	unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;

	if (length > left)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if (text[i] < low || text[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return length;
}

bool text_is_printable(const char *text, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t step;

	for (size_t i = 0; i < length; i += step) {
		if (bytes[i] < 0x20 || bytes[i] == 0x7f)
			return false;
		if (bytes[i] == 0xc2 && i + 1 < length && bytes[i + 1] < 0xa0) /* U+0080 to U+009F */
			return false;
		step = utf8_length(bytes + i, length - i);
		if (!step)
			return false;
	}
	return true;
}

bool text_is_ascii(const char *text)
{
	while (*text >= 0x20 && *text < 0x7f)
		text++;
	return !*text;
}

bool sees_all_processes(void)
{
	/* PROC_PID_INIT_INO, include/linux/proc_ns.h */
	const ino_t initial = 0xEFFFFFFC;
	struct stat own;

	return stat("/proc/self/ns/pid", &own) == 0 && own.st_ino == initial;
}

const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int replace_text(char **text, const char *with)
{
	char *copy;

	if (*text && !strcmp(*text, with))
		return 0;
	copy = strdup(with);
	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

char *vformatted(const char *format, va_list arguments)
{
	char *text;

	return vasprintf(&text, format, arguments) < 0 ? NULL : text;
}

char *formatted(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = vformatted(format, arguments);
	va_end(arguments);
	return text;
}
