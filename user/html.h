/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Texts that others wrote, as parts of a page: they come out as text, whatever they hold.
 */
#ifndef NETNSLEAK_HTML_H
#define NETNSLEAK_HTML_H

#include <stddef.h>
#include <stdio.h>

/* For an element's content or a quoted attribute.  What is no UTF-8, and what a terminal would not get, comes as \xNN. */
void html_text(FILE *file, const char *text);

/*
 * JSON of json_writer.h, for a script element: it cannot end it, nor begin a comment there.  What is escaped as \uNNNN
 * since it could do harm is shown so by who reads the JSON, and is not what it stands for.
 */
void html_json(FILE *file, const char *json, size_t length);

#endif
