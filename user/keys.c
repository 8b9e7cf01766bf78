/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "keys.h"

#include <stdint.h>
#include <string.h>

#include "format.h"
#include "util.h"

#define ESCAPE '\033'

void keys_add(struct keys *keys, char byte)
{
	/* No key is so long: it is none. */
	if (keys->length == sizeof(keys->bytes))
		keys->length = 0;
	keys->bytes[keys->length++] = byte;
}

/* As xterm, the Linux console, rxvt, screen and tmux have them. */
static enum key_kind named(const char *sequence, size_t length)
{
	static const struct {
		const char *sequence;
		enum key_kind kind;
	} names[] = {
		{ "[A", KEY_UP }, { "[B", KEY_DOWN }, { "[C", KEY_RIGHT }, { "[D", KEY_LEFT },
		{ "OA", KEY_UP }, { "OB", KEY_DOWN }, { "OC", KEY_RIGHT }, { "OD", KEY_LEFT },
		{ "[H", KEY_HOME }, { "[F", KEY_END }, { "OH", KEY_HOME }, { "OF", KEY_END },
		{ "[1~", KEY_HOME }, { "[4~", KEY_END }, { "[7~", KEY_HOME }, { "[8~", KEY_END },
		{ "[5~", KEY_PAGE_UP }, { "[6~", KEY_PAGE_DOWN }, { "OM", KEY_ENTER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i].sequence) == length && !memcmp(names[i].sequence, sequence, length))
			return names[i].kind;
	return KEY_UNKNOWN;
}

/* How long the control sequence behind an escape is, 0: more is to come. */
static size_t sequence_length(const char *bytes, size_t length)
{
	if (length < 2)
		return 0;
	if (*bytes == 'O')
		return 2;
	for (size_t i = 1; i < length; i++)
		if (bytes[i] >= 0x40 && bytes[i] <= 0x7e)
			return i + 1;
	return 0;
}

/* Returns how many bytes the key takes, 0: more is to come. */
static size_t take_escape(const struct keys *keys, bool done, struct key *ret)
{
	const char *rest = keys->bytes + 1;
	size_t length;

	*ret = (struct key){ .kind = KEY_ESCAPE };
	if (keys->length == 1)
		return done;
	if (*rest != '[' && *rest != 'O')
		return 1;
	length = sequence_length(rest, keys->length - 1);
	if (!length && !done)
		return 0;
	*ret = (struct key){ .kind = length ? named(rest, length) : KEY_UNKNOWN };
	return length ? 1 + length : keys->length;
}

/* The beginning of a character of several bytes. */
static bool is_begun(const struct keys *keys)
{
	const unsigned char first = (unsigned char)keys->bytes[0];
	const size_t whole = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;

	if (first < 0xc2 || first > 0xf4 || keys->length >= whole)
		return false;
	for (size_t i = 1; i < keys->length; i++)
		if (((unsigned char)keys->bytes[i] & 0xc0) != 0x80)
			return false;
	return true;
}

static size_t take_character(const struct keys *keys, bool done, struct key *ret)
{
	uint32_t code;
	size_t size = utf8_decode(keys->bytes, keys->length, &code);

	if (!size && !done && is_begun(keys))
		return 0;
	*ret = (struct key){ .kind = size ? KEY_CHARACTER : KEY_UNKNOWN };
	memcpy(ret->text, keys->bytes, size);
	return size ? size : 1;
}

bool keys_next(struct keys *keys, bool done, struct key *ret)
{
	struct key key;
	size_t taken;

	if (!keys->length)
		return false;
	switch (keys->bytes[0]) {
	case ESCAPE:
		taken = take_escape(keys, done, &key);
		break;
	case '\r':
	case '\n':
		key = (struct key){ .kind = KEY_ENTER };
		taken = 1;
		break;
	case 0x7f:
	case '\b':
		key = (struct key){ .kind = KEY_BACKSPACE };
		taken = 1;
		break;
	default:
		taken = take_character(keys, done, &key);
		break;
	}
	if (!taken)
		return false;
	keys->length -= taken;
	memmove(keys->bytes, keys->bytes + taken, keys->length);
	*ret = key;
	return true;
}
