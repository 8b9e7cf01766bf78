/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads a recording, and believes nothing in it unseen.
 */
#include "recording_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define READ_BYTES (256u << 10)

struct recording_reader {
	int fd;
	bool begun, cut;
	uint32_t version;
	int failed;
	char *name;
	char *buffer;
	size_t start, end, capacity; /* what is not read lies between the two */
	uint64_t offset;	     /* in the file, of start */
	uint64_t skipped;
	char error[512];
};

__attribute__((format(printf, 3, 4))) static int fail_with(struct recording_reader *reader, int error,
							   const char *format, ...)
{
	char reason[200];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	snprintf(reader->error, sizeof(reader->error), "%.250s: %s", reader->name, reason);
	reader->failed = error;
	return error;
}

static int damaged(struct recording_reader *reader, const char *reason)
{
	return fail_with(reader, -EBADMSG, "damaged at byte %llu: %s; what stood before it was read",
			 (unsigned long long)reader->offset, reason);
}

int recording_reader_open(struct recording_reader **ret, const char *path)
{
	CLEANUP(free_pointer) struct recording_reader *reader = calloc(1, sizeof(*reader));
	CLEANUP(free_pointer) char *buffer = malloc(READ_BYTES);
	CLEANUP(free_pointer) char *name = strdup(strcmp(path, "-") ? path : "stdin");

	if (!reader || !buffer || !name)
		return -ENOMEM;
	reader->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) :
					 fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (reader->fd < 0)
		return -errno;
	reader->buffer = TAKE_PTR(buffer);
	reader->name = TAKE_PTR(name);
	reader->capacity = READ_BYTES;
	*ret = TAKE_PTR(reader);
	return 0;
}

void recording_reader_close(struct recording_reader *reader)
{
	if (!reader)
		return;
	close(reader->fd);
	free(reader->buffer);
	free(reader->name);
	free(reader);
}

/* ---- bytes ---- */

/* Room for `need` bytes from start.  All that came before was a multiple of 8, so frames stay aligned. */
static int make_room(struct recording_reader *reader, size_t need)
{
	char *buffer;

	memmove(reader->buffer, reader->buffer + reader->start, reader->end - reader->start);
	reader->end -= reader->start;
	reader->start = 0;
	if (need <= reader->capacity)
		return 0;
	buffer = realloc(reader->buffer, need);
	if (!buffer)
		return fail_with(reader, -ENOMEM, "not enough memory");
	reader->buffer = buffer;
	reader->capacity = need;
	return 0;
}

/* At least `need` bytes, unless the file ends: then what there is. */
static int fill(struct recording_reader *reader, size_t need)
{
	int err = 0;

	if (reader->capacity - reader->start < need)
		err = make_room(reader, need);
	while (!err && reader->end - reader->start < need) {
		ssize_t length = read(reader->fd, reader->buffer + reader->end, reader->capacity - reader->end);

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return fail_with(reader, -errno, "cannot be read at byte %llu: %s",
					 (unsigned long long)reader->offset, strerror(errno));
		if (!length)
			return 0;
		reader->end += (size_t)length;
	}
	return err;
}

static void advance(struct recording_reader *reader, size_t length)
{
	reader->start += length;
	reader->offset += length;
}

static int read_header(struct recording_reader *reader)
{
	struct file_header header = { .magic = "" };
	int err = fill(reader, sizeof(header));
	size_t length = reader->end - reader->start;

	if (err)
		return err;
	memcpy(&header, reader->buffer, length < sizeof(header) ? length : sizeof(header));
	if (!length)
		return fail_with(reader, -EBADMSG, "not a recording: it is empty");
	if (memcmp(header.magic, recording_magic, length < sizeof(header.magic) ? length : sizeof(header.magic)))
		return fail_with(reader, -EBADMSG, "not a recording of netnsleak trace --record");
	if (length < sizeof(header))
		return damaged(reader, "it ends within its header");
	if (header.byte_order == __builtin_bswap32(BYTE_ORDER_MARK))
		return fail_with(reader, -EBADMSG, "recorded on a machine of the other byte order: replay it on such a one");
	if (header.sum != recording_header_sum(&header) || header.byte_order != BYTE_ORDER_MARK)
		return damaged(reader, "the checksum is wrong");
	if (header.version < OLDEST_VERSION || header.version > VERSION)
		return fail_with(reader, -EBADMSG,
				 "of version %u, this netnsleak reads versions %u to %u: use the one that recorded it",
				 header.version, OLDEST_VERSION, VERSION);
	reader->version = header.version;
	advance(reader, sizeof(header));
	reader->begun = true;
	return 0;
}

/* ---- one frame ---- */

/* The payload of a frame, taken apart from its beginning. */
struct cursor {
	char *at;
	size_t left;
};

static bool take(struct cursor *cursor, void *ret, size_t length)
{
	if (cursor->left < length)
		return false;
	memcpy(ret, cursor->at, length);
	cursor->at += length;
	cursor->left -= length;
	return true;
}

/* Texts and addresses are not copied: input points into the buffer. */
static bool take_counted(struct cursor *cursor, const struct field *field, char *input)
{
	size_t size = field->type == FIELD_TEXT ? 1 : sizeof(struct ip_address), length, count;
	const void *items = cursor->at + sizeof(uint32_t);
	uint32_t counted;

	if (!take(cursor, &counted, sizeof(counted)))
		return false;
	count = counted;
	length = count * size + (field->type == FIELD_TEXT);
	if (cursor->left < length)
		return false;
	if (field->type == FIELD_TEXT && strnlen(items, length) != count)
		return false;
	memcpy(input + field->offset, &items, sizeof(items));
	if (field->type == FIELD_IPS)
		memcpy(input + field->count_offset, &count, sizeof(count));
	cursor->at += length;
	cursor->left -= length;
	return true;
}

static bool take_field(struct cursor *cursor, const struct field *field, struct input *input)
{
	uint32_t choice;
	uint8_t flag;

	switch ((enum field_type)field->type) {
	case FIELD_TEXT:
	case FIELD_IPS:
		return take_counted(cursor, field, (char *)input);
	case FIELD_ENUM: /* looked at before it goes where only its values may be */
		if (!take(cursor, &choice, sizeof(choice)) || choice > field->most)
			return false;
		memcpy((char *)input + field->offset, &choice, sizeof(choice));
		return true;
	case FIELD_FLAG:
		if (!take(cursor, &flag, sizeof(flag)) || flag > 1)
			return false;
		memcpy((char *)input + field->offset, &flag, sizeof(flag));
		return true;
	default:
		return take(cursor, (char *)input + field->offset, field_plain_size(field));
	}
}

/* What an older version does not have is 0, and a text empty. */
static void leave_field(const struct field *field, struct input *input)
{
	static const char *const none = "";

	if (field->type == FIELD_TEXT)
		memcpy((char *)input + field->offset, &none, sizeof(none));
}

static bool take_fields(struct cursor *cursor, uint32_t version, struct input *input)
{
	for (size_t i = 0; i < input_field_count; i++) {
		const struct field *field = &input_fields[i];

		if (field->kind != input->kind)
			continue;
		if (field->since > version)
			leave_field(field, input);
		else if (!take_field(cursor, field, input))
			return false;
	}
	return cursor->left == 0;
}

/* 1: *ret is it; 0: a frame of unknown type, or the mark. */
static int take_frame(struct recording_reader *reader, const struct frame *frame, struct input *ret)
{
	char *payload = reader->buffer + reader->start + sizeof(*frame);
	struct cursor cursor = { .at = payload, .left = frame->length };
	struct input input = { .time = frame->time };

	if (frame->type == FRAME_CUT) {
		reader->cut = true;
		return 0;
	}
	if (frame->type == 0 || frame->type >= INPUT_KIND_MAX) {
		reader->skipped++;
		return 0;
	}
	input.kind = (enum input_kind)frame->type;
	if (input.kind == INPUT_KERNEL) {
		input.kernel.record = payload;
		input.kernel.size = frame->length;
	} else if (!take_fields(&cursor, reader->version, &input)) {
		return damaged(reader, "the fields do not fit");
	}
	*ret = input;
	return 1;
}

/* The next frame, checked, at the start of the buffer.  0: the file ends here. */
static int next_frame(struct recording_reader *reader, struct frame *ret)
{
	struct frame frame;
	size_t length;
	int err = fill(reader, sizeof(frame));

	if (err || reader->end == reader->start)
		return err;
	if (reader->end - reader->start < sizeof(frame))
		return damaged(reader, "it ends within a frame");
	memcpy(&frame, reader->buffer + reader->start, sizeof(frame));
	if (frame.length > MOST_PAYLOAD)
		return damaged(reader, "a frame of impossible length");
	length = sizeof(frame) + recording_padded(frame.length);
	err = fill(reader, length);
	if (err)
		return err;
	if (reader->end - reader->start < length)
		return damaged(reader, "it ends within a frame");
	if (frame.sum != recording_frame_sum(reader->buffer + reader->start, length))
		return damaged(reader, "the checksum is wrong");
	*ret = frame;
	return 1;
}

int recording_read(struct recording_reader *reader, struct input *ret)
{
	int got = reader->failed;

	if (!got && !reader->begun)
		got = read_header(reader);
	while (got >= 0) {
		struct frame frame = { 0 };

		got = next_frame(reader, &frame);
		if (got <= 0)
			return got;
		got = take_frame(reader, &frame, ret);
		if (got < 0)
			return got;
		advance(reader, sizeof(frame) + recording_padded(frame.length));
		if (got)
			return 1;
	}
	return got;
}

void recording_reader_progress(const struct recording_reader *reader, uint64_t *ret_done, uint64_t *ret_size)
{
	struct stat file;

	*ret_done = reader->offset;
	*ret_size = !fstat(reader->fd, &file) && S_ISREG(file.st_mode) ? (uint64_t)file.st_size : 0;
}

const char *recording_reader_error(const struct recording_reader *reader)
{
	return reader->error;
}

bool recording_reader_cut(const struct recording_reader *reader)
{
	return reader->cut;
}

uint64_t recording_reader_skipped(const struct recording_reader *reader)
{
	return reader->skipped;
}
