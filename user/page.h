/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A session as one HTML page that needs nothing but itself.
 *
 * user/report_page.html is its frame: what stands there between {{ and }} is a hole that page.c fills.  The build
 * (tools/embed-page) cuts it at the holes, and puts in the hashes by which its Content-Security-Policy permits its own
 * script and style, and nothing else.  All that the page shows stands in its HTML, so that it can be read without the
 * script, which sorts, filters and unfolds; only the details of netns of which nothing was found are JSON until asked for.
 */
#ifndef NETNSLEAK_PAGE_H
#define NETNSLEAK_PAGE_H

#include <stdio.h>

#include "history.h"

struct page_part {
	const char *hole; /* NULL: text */
	const char *text;
	size_t length;
};

/* Ends with a part that has neither. */
extern const struct page_part report_page[];

/*
 * notice: what is wrong with the recording, a sentence, or NULL.  -ENOMEM; -EINVAL: a hole that is not known; what write(2)
 * said, as far as it is known before file is flushed.
 */
int page_write(FILE *file, const struct page_part *frame, const struct history *history, const char *notice);

#endif
