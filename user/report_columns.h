/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The columns of what is reported: of the events of trace and replay, and of the findings of an audit.  Rows are struct report.
 */
#ifndef NETNSLEAK_REPORT_COLUMNS_H
#define NETNSLEAK_REPORT_COLUMNS_H

#include "fields.h"

/* Of the events', how many are always shown, and which of these is the pod. */
#define EVENT_COLUMNS_SHOWN 7
#define EVENT_COLUMN_POD 2

extern const struct fields_kind event_fields, finding_fields;

#endif
