/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A line of our JSON (report.h) in the form of OTLP's JSON encoding: logs data with one record, as the collector's
 * otlpjsonfile receiver and the body of a POST to /v1/logs take it.
 *
 * It is made of the line and not of the report: so it says the same, down to what was left out for the line's length.
 * The node is an attribute of the resource, all else that is no field of a log record one of the record.
 */
#ifndef NETNSLEAK_OTLP_JSON_H
#define NETNSLEAK_OTLP_JSON_H

#include <stddef.h>
#include <stdint.h>

/* Of a line of `length` bytes: an empty object as an element grows most, from 3 bytes to 30. */
#define OTLP_JSON_MAX(length) (10 * (length) + 512)

/*
 * json: as report_json() writes it, of that length, newline included; nothing else may be given.  wall: its timestamp, ns
 * since 1970.  Returns the length of what is in line, newline included.
 */
size_t otlp_json(char *line, const char *json, size_t length, int64_t wall);

#endif
