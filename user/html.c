/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "html.h"

#include <stdint.h>
#include <string.h>

#include "format.h"

static const char *entity(char byte)
{
	switch (byte) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static void put_bytes(FILE *file, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fprintf(file, "\\x%02x", (unsigned char)bytes[i]);
}

void html_text(FILE *file, const char *text)
{
	size_t length = strlen(text), size;

	for (size_t i = 0; i < length; i += size) {
		const char *name = entity(text[i]);
		uint32_t code;

		size = utf8_decode(text + i, length - i, &code);
		if (name)
			fputs(name, file);
		else if (size && !code_is_hostile(code))
			fwrite(text + i, 1, size, file);
		else
			put_bytes(file, text + i, size ? size : 1);
		size = size ? size : 1;
	}
}

void html_json(FILE *file, const char *json, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (json[i] == '<') {
			fputs("\\u003c", file); /* it stands in strings alone */
		} else if (json[i] == '\\' && i + 1 < length) {
			fputs(json[i + 1] == 'u' ? "\\\\" : "\\", file);
			putc_unlocked(json[++i], file);
		} else {
			putc_unlocked(json[i], file);
		}
	}
}
