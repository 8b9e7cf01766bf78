/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check *checks_add(struct checks *checks, const char *group, enum check_answer answer, bool required,
			 const char *subject)
{
	struct check *check;

	if (checks->count == checks->capacity) {
		size_t capacity = checks->capacity ? 2 * checks->capacity : 16;
		struct check *items = reallocarray(checks->items, capacity, sizeof(items[0]));

		if (!items)
			return NULL;
		checks->items = items;
		checks->capacity = capacity;
	}
	check = &checks->items[checks->count++];
	*check = (struct check){ .group = group, .answer = answer, .required = required };
	snprintf(check->subject, sizeof(check->subject), "%s", subject);
	return check;
}

void check_explain(struct check *check, const char *text)
{
	const char *remedy = strstr(text, "; ");
	size_t length = remedy ? (size_t)(remedy - text) : strlen(text);

	if (length >= sizeof(check->detail))
		length = sizeof(check->detail) - 1;
	memcpy(check->detail, text, length);
	check->detail[length] = '\0';
	snprintf(check->remedy, sizeof(check->remedy), "%.250s", remedy ? remedy + 2 : "");
}

void checks_free(struct checks *checks)
{
	free(checks->items);
	*checks = (struct checks){ 0 };
}

const struct check *checks_refusal(const struct checks *checks)
{
	for (size_t i = 0; i < checks->count; i++)
		if (checks->items[i].required && checks->items[i].answer == CHECK_NO)
			return &checks->items[i];
	return NULL;
}

const char *check_answer_name(enum check_answer answer)
{
	switch (answer) {
	case CHECK_NO:
		return "no";
	case CHECK_YES:
		return "yes";
	case CHECK_UNKNOWN:
		break;
	}
	return "could not tell";
}
