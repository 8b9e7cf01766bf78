/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes a recording, so that it ends with a whole frame whatever happens.
 */
#include "recording_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define WRITE_BYTES (64u << 10)

struct recording_writer {
	int fd;
	bool stopped; /* said what went wrong */
	uint64_t max_bytes;
	uint64_t written; /* in the file: whole frames */
	char *buffer;	  /* frames that are not in the file yet */
	size_t used, capacity;
};

/* ---- one frame ---- */

static int reserve(struct recording_writer *writer, size_t length)
{
	size_t capacity = writer->capacity;
	char *buffer;

	while (capacity - writer->used < length)
		capacity *= 2;
	if (capacity == writer->capacity)
		return 0;
	buffer = realloc(writer->buffer, capacity);
	if (!buffer)
		return -ENOMEM;
	writer->buffer = buffer;
	writer->capacity = capacity;
	return 0;
}

static int append(struct recording_writer *writer, const void *bytes, size_t length)
{
	int err = reserve(writer, length);

	if (!err && length) {
		memcpy(writer->buffer + writer->used, bytes, length);
		writer->used += length;
	}
	return err;
}

static int append_counted(struct recording_writer *writer, const void *items, size_t count, size_t size, size_t tail)
{
	uint32_t counted = (uint32_t)count;
	int err;

	if (count > MOST_PAYLOAD / size)
		return -EMSGSIZE;
	err = append(writer, &counted, sizeof(counted));
	return err ? err : append(writer, items, count * size + tail);
}

static int append_field(struct recording_writer *writer, const struct field *field, const struct input *input)
{
	const char *at = (const char *)input + field->offset;
	const void *pointer;
	size_t count;

	if (field->type != FIELD_TEXT && field->type != FIELD_IPS)
		return append(writer, at, field_plain_size(field));
	memcpy(&pointer, at, sizeof(pointer));
	if (field->type == FIELD_TEXT)
		return append_counted(writer, pointer, strlen(pointer), 1, 1);
	memcpy(&count, (const char *)input + field->count_offset, sizeof(count));
	return append_counted(writer, pointer, count, sizeof(struct ip_address), 0);
}

static int append_payload(struct recording_writer *writer, const struct input *input)
{
	int err = 0;

	if (input->kind == INPUT_KERNEL)
		return append(writer, input->kernel.record, input->kernel.size);
	for (size_t i = 0; i < input_field_count && !err; i++)
		if (input_fields[i].kind == input->kind)
			err = append_field(writer, &input_fields[i], input);
	return err;
}

/* Length, padding and checksum of the frame that was begun at `start`. */
static int finish_frame(struct recording_writer *writer, size_t start)
{
	static const char zeros[8];
	size_t length = writer->used - start - sizeof(struct frame);
	struct frame frame;
	int err;

	if (length > MOST_PAYLOAD)
		return -EMSGSIZE;
	err = append(writer, zeros, recording_padded(length) - length);
	if (err)
		return err;
	memcpy(&frame, writer->buffer + start, sizeof(frame));
	frame.length = (uint32_t)length;
	memcpy(writer->buffer + start, &frame, sizeof(frame));
	frame.sum = recording_frame_sum(writer->buffer + start, writer->used - start);
	memcpy(writer->buffer + start, &frame, sizeof(frame));
	return 0;
}

/* On an error nothing of the frame stays. */
static int append_frame(struct recording_writer *writer, uint32_t type, uint64_t time, const struct input *input)
{
	struct frame frame = { .type = type, .time = time };
	size_t start = writer->used;
	int err;

	if (input && input->kind == INPUT_KERNEL && input->kernel.size > MOST_PAYLOAD)
		return -EMSGSIZE;
	err = append(writer, &frame, sizeof(frame));
	if (!err && input)
		err = append_payload(writer, input);
	if (!err)
		err = finish_frame(writer, start);
	if (err)
		writer->used = start;
	return err;
}

/* ---- the file ---- */

/* How much of the first `length` bytes of the buffer are whole frames (or the file's header). */
static size_t whole_frames(const struct recording_writer *writer, size_t length)
{
	size_t at = writer->written ? 0 : sizeof(struct file_header), next = at;
	struct frame frame;

	if (length < at)
		return 0;
	while (next <= length) {
		at = next;
		if (length - at < sizeof(frame))
			break;
		memcpy(&frame, writer->buffer + at, sizeof(frame));
		next = at + sizeof(frame) + recording_padded(frame.length);
	}
	return at;
}

/* `length` bytes of the buffer went into the file, and then it failed: the file shall end with a frame. */
static int stop(struct recording_writer *writer, size_t length, int error)
{
	writer->written += whole_frames(writer, length);
	writer->stopped = true;
	writer->used = 0;
	/* Where this fails too, a reader finds the last frame cut, and says so. */
	if (ftruncate(writer->fd, (off_t)writer->written) < 0)
		return error;
	return error;
}

int recording_flush(struct recording_writer *writer)
{
	size_t done = 0;

	while (done < writer->used) {
		ssize_t length = write(writer->fd, writer->buffer + done, writer->used - done);

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return stop(writer, done, -errno);
		done += (size_t)length;
	}
	writer->written += done;
	writer->used = 0;
	return 0;
}

/* The frame that was begun at `start` is too much: the mark takes its place. */
static int cut(struct recording_writer *writer, size_t start, uint64_t time)
{
	int err;

	writer->used = start;
	err = append_frame(writer, FRAME_CUT, time, NULL);
	if (!err)
		err = recording_flush(writer);
	writer->stopped = true;
	return err ? err : -EFBIG;
}

int recording_write(struct recording_writer *writer, const struct input *input)
{
	size_t start = writer->used;
	int err;

	if (writer->stopped)
		return 0;
	err = append_frame(writer, input->kind, input->time, input);
	if (err)
		return err;
	if (writer->max_bytes && writer->written + writer->used + sizeof(struct frame) > writer->max_bytes)
		return cut(writer, start, input->time);
	return writer->used >= WRITE_BYTES ? recording_flush(writer) : 0;
}

static int open_for_writing(const char *path)
{
	/* O_NONBLOCK: a FIFO without a reader fails here instead of waiting for one. */
	CLEANUP(close_descriptor) int fd =
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	struct stat file;

	if (fd < 0 || fstat(fd, &file) < 0)
		return -errno;
	if (!S_ISREG(file.st_mode) && !S_ISCHR(file.st_mode))
		return -EINVAL;
	return take_descriptor(&fd);
}

int recording_writer_open(struct recording_writer **ret, const char *path, uint64_t max_bytes)
{
	struct file_header header = { .byte_order = BYTE_ORDER_MARK, .version = VERSION };
	CLEANUP(free_pointer) struct recording_writer *writer = calloc(1, sizeof(*writer));
	CLEANUP(free_pointer) char *buffer = malloc(2 * WRITE_BYTES);
	int fd;

	if (!writer || !buffer)
		return -ENOMEM;
	fd = open_for_writing(path);
	if (fd < 0)
		return fd;
	memcpy(header.magic, recording_magic, sizeof(header.magic));
	header.sum = recording_header_sum(&header);
	memcpy(buffer, &header, sizeof(header));
	*writer = (struct recording_writer){
		.fd = fd, .max_bytes = max_bytes, .buffer = TAKE_PTR(buffer), .used = sizeof(header),
		.capacity = 2 * WRITE_BYTES,
	};
	*ret = TAKE_PTR(writer);
	return 0;
}

int recording_writer_close(struct recording_writer *writer)
{
	int err;

	if (!writer)
		return 0;
	err = writer->stopped ? 0 : recording_flush(writer);
	if (close(writer->fd) < 0 && !err && !writer->stopped)
		err = -errno;
	free(writer->buffer);
	free(writer);
	return err;
}
