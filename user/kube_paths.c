/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "kube_paths.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

#define PAGE_PODS 500

/* RFC 3986: what is not unreserved goes in as %XX. */
static char *escape(const char *text)
{
	char *escaped = malloc(3 * strlen(text) + 1), *at = escaped;

	for (; escaped && *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (isalnum(c) || strchr("-._~", c))
			*at++ = (char)c;
		else
			at += sprintf(at, "%%%02X", c);
	}
	if (escaped)
		*at = '\0';
	return escaped;
}

char *kube_list_path(const char *node, const char *next)
{
	CLEANUP(free_pointer) char *name = escape(node);
	CLEANUP(free_pointer) char *token = escape(next);

	if (!name || !token)
		return NULL;
	return formatted("/api/v1/pods?fieldSelector=spec.nodeName%%3D%s&limit=%d%s%s", name, PAGE_PODS,
		     *token ? "&continue=" : "", token);
}

char *kube_watch_path(const char *node, const char *version, unsigned int seconds)
{
	CLEANUP(free_pointer) char *name = escape(node);
	CLEANUP(free_pointer) char *from = escape(version);

	if (!name || !from)
		return NULL;
	return formatted("/api/v1/pods?watch=1&fieldSelector=spec.nodeName%%3D%s&resourceVersion=%s&allowWatchBookmarks=true"
		     "&timeoutSeconds=%u", name, from, seconds);
}

char *kube_node_path(const char *node)
{
	CLEANUP(free_pointer) char *name = escape(node);

	return name ? formatted("/api/v1/nodes/%s", name) : NULL;
}
