/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Keys, from the bytes that a terminal sends for them.  Pure.
 */
#ifndef NETNSLEAK_KEYS_H
#define NETNSLEAK_KEYS_H

#include <stdbool.h>
#include <stddef.h>

enum key_kind {
	KEY_CHARACTER, /* text; also a control character */
	KEY_UP,
	KEY_DOWN,
	KEY_LEFT,
	KEY_RIGHT,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_HOME,
	KEY_END,
	KEY_ENTER,
	KEY_ESCAPE,
	KEY_BACKSPACE,
	KEY_UNKNOWN, /* one that nothing is done for */
};

struct key {
	enum key_kind kind;
	char text[5]; /* UTF-8 */
};

#define KEY_CONTROL(letter) ((letter) & 31)

/* What has come of a key that is not complete. */
struct keys {
	char bytes[32];
	size_t length;
};

void keys_add(struct keys *keys, char byte);
/*
 * The next key of what was added; false: none is complete.  done: no more will come of what is there, so that Escape is a
 * key and not the beginning of one.
 */
bool keys_next(struct keys *keys, bool done, struct key *ret);

#endif
