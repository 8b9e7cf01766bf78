/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Prometheus' text format:
 * https://github.com/prometheus/docs/blob/main/content/docs/instrumenting/exposition_formats.md
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "metrics.h"
#include "util.h"

/* As a number: no digit is lost, as it would be in a double. */
static void add_value(struct text *text, enum metric_unit unit, uint64_t value)
{
	char digits[16];
	size_t length;

	if (unit == METRIC_NUMBER || !(value % NS_PER_S)) {
		text_add_u64(text, unit == METRIC_NUMBER ? value : value / NS_PER_S);
		return;
	}
	length = (size_t)snprintf(digits, sizeof(digits), ".%09" PRIu64, (uint64_t)(value % NS_PER_S));
	while (digits[length - 1] == '0')
		length--;
	text_add_u64(text, value / NS_PER_S);
	text_add_bytes(text, digits, length);
}

/* A path may hold anything, but a label's value must be UTF-8; and what is told of two sources must stay two. */
static void add_label_value(struct text *text, const char *value)
{
	size_t left = strlen(value);

	while (left) {
		uint32_t code;
		size_t length = utf8_decode(value, left, &code);

		if (*value == '\\' || *value == '"')
			text_add(text, "\\");
		if (*value == '\n')
			text_add(text, "\\n");
		else if (length)
			text_add_bytes(text, value, length);
		else
			text_printf(text, "\\\\x%02x", (unsigned char)*value);
		length = length ? length : 1;
		value += length;
		left -= length;
	}
}

static void add_label(struct text *text, const char *label, const char *value)
{
	text_add(text, label);
	text_add(text, "=\"");
	add_label_value(text, value);
	text_add(text, "\"");
}

/* name{label="value",le="bound"}, with what of it there is. */
static void add_name(struct text *text, const struct metric_spec *spec, const char *suffix, const char *value, const char *bound)
{
	text_add(text, spec->name);
	text_add(text, suffix);
	if (!value && !bound) {
		text_add(text, " ");
		return;
	}
	text_add(text, "{");
	if (value)
		add_label(text, spec->label, value);
	if (value && bound)
		text_add(text, ",");
	if (bound)
		add_label(text, "le", bound);
	text_add(text, "} ");
}

static void add_number(struct text *text, const struct metric_spec *spec, const char *label, uint64_t value)
{
	if (value == METRIC_ABSENT)
		return;
	add_name(text, spec, "", label, NULL);
	add_value(text, spec->unit, value);
	text_add(text, "\n");
}

static void add_histogram(struct text *text, const struct metric_spec *spec, const char *label,
			  const struct histogram *histogram)
{
	uint64_t count = 0;
	size_t i = 0;

	do {
		TEXT(bound, 32);

		if (spec->bounds[i])
			add_value(&bound, spec->unit, spec->bounds[i]);
		else
			text_add(&bound, "+Inf");
		count += histogram->counts[i];
		add_name(text, spec, "_bucket", label, bound.bytes);
		text_add_u64(text, count);
		text_add(text, "\n");
	} while (spec->bounds[i++]);
	add_name(text, spec, "_sum", label, NULL);
	add_value(text, spec->unit, histogram->sum);
	text_add(text, "\n");
	add_name(text, spec, "_count", label, NULL);
	text_add_u64(text, count);
	text_add(text, "\n");
}

static void add_metric(struct text *text, const struct metric_spec *spec, const struct metrics_sample *sample)
{
	const void *values = (const char *)sample + spec->offset;
	size_t i;

	text_printf(text, "# HELP %s %s\n# TYPE %s %s\n", spec->name, spec->help, spec->name, metric_type_name(spec->type));
	for (i = 0; i < spec->count; i++) {
		const char *label = spec->label ? spec->label_of(sample, i) : NULL;

		if (spec->label && !label)
			continue;
		if (spec->type == METRIC_HISTOGRAM)
			add_histogram(text, spec, label, (const struct histogram *)values + i);
		else
			add_number(text, spec, label, ((const uint64_t *)values)[i]);
	}
}

void metrics_text(struct text *text, const struct metrics_sample *sample)
{
	size_t i;

	for (i = 0; i < metric_spec_count; i++)
		add_metric(text, &metric_specs[i], sample);
}
