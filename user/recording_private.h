/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The format of a recording, for who writes it and who reads it.  Whoever changes it counts VERSION up.
 */
#ifndef NETNSLEAK_RECORDING_PRIVATE_H
#define NETNSLEAK_RECORDING_PRIVATE_H

#include "recording.h"
#include "util.h"

#define VERSION 6
#define OLDEST_VERSION 1 /* whose fields and records are all in the newest */
#define BYTE_ORDER_MARK 0x01020304u
#define FRAME_CUT 0x80000001u /* max_bytes was reached */
#define MOST_PAYLOAD (1u << 20)

extern const char recording_magic[8];

struct file_header {
	char magic[8];
	uint32_t byte_order;
	uint32_t version;
	uint64_t sum; /* of what stands before */
};

struct frame {
	uint32_t length;
	uint32_t type;
	uint64_t sum; /* of what stands before and behind */
	uint64_t time;
};

/* A payload's length in the file. */
size_t recording_padded(size_t length);
uint64_t recording_header_sum(const struct file_header *header);
/* length: of the whole frame, padding included. */
uint64_t recording_frame_sum(const char *frame, size_t length);

enum field_type { FIELD_TEXT, FIELD_64, FIELD_32, FIELD_FLAG, FIELD_ENUM, FIELD_IPS };

struct field {
	uint16_t kind; /* enum input_kind */
	uint8_t type;
	uint8_t most;  /* of FIELD_ENUM */
	uint8_t since; /* version that has it first; 0: all have */
	uint16_t offset;
	uint16_t count_offset; /* of FIELD_IPS */
};

extern const struct field input_fields[];
extern const size_t input_field_count;

/* What is written byte for byte. */
size_t field_plain_size(const struct field *field);

#endif
