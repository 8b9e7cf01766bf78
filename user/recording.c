/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "util.h"

#define VERSION 2
#define OLDEST_VERSION 1 /* whose fields and records are all in the newest */
#define BYTE_ORDER_MARK 0x01020304u
#define FRAME_CUT 0x80000001u /* max_bytes was reached */
#define MOST_PAYLOAD (1u << 20)
#define WRITE_BYTES (64u << 10)
#define READ_BYTES (256u << 10)

/* The first byte is no text, and the newline shows what a transfer as text has done to it. */
static const char magic[8] = "\x89NNSREC\n";

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

_Static_assert(sizeof(struct file_header) == 24, "the header changed size");
_Static_assert(sizeof(struct frame) == 24, "the frame changed size");
_Static_assert(sizeof(struct ip_address) == 17, "addresses are written as they are");

static size_t padded(size_t length)
{
	return (length + 7) & ~(size_t)7;
}

/*
 * For damage, not against malice.  Each step is a bijection, so a change within one word is always seen, and
 * any other but for one in 2^64.  zlib's crc32() would take three quarters of the time of a replay's reading.
 */
static uint64_t add_sum(uint64_t sum, const char *bytes, size_t length)
{
	uint64_t word;

	for (size_t i = 0; i + sizeof(word) <= length; i += sizeof(word)) {
		memcpy(&word, bytes + i, sizeof(word));
		sum = (sum ^ word) * 0x9e3779b97f4a7c15;
		sum ^= sum >> 32;
	}
	return sum;
}

static uint64_t header_sum(const struct file_header *header)
{
	return add_sum(0, (const char *)header, offsetof(struct file_header, sum));
}

/* length: of the whole frame, padding included. */
static uint64_t frame_sum(const char *frame, size_t length)
{
	size_t behind = offsetof(struct frame, time);

	return add_sum(add_sum(1, frame, offsetof(struct frame, sum)), frame + behind, length - behind);
}

/* ---- fields ---- */

enum field_type { FIELD_TEXT, FIELD_64, FIELD_32, FIELD_FLAG, FIELD_ENUM, FIELD_IPS };

struct field {
	uint16_t kind; /* enum input_kind */
	uint8_t type;
	uint8_t most;  /* of FIELD_ENUM */
	uint8_t since; /* version that has it first; 0: all have */
	uint16_t offset;
	uint16_t count_offset; /* of FIELD_IPS */
};

#define FIELD_SINCE(version, kind, type, member) { kind, FIELD_##type, 0, version, offsetof(struct input, member), 0 }
#define FIELD(kind, type, member) FIELD_SINCE(0, kind, type, member)
#define CHOICE(kind, last, member) { kind, FIELD_ENUM, last, 0, offsetof(struct input, member), 0 }
#define IPS(kind, part)                                                                                  \
	{                                                                                                \
		kind, FIELD_IPS, 0, 0, offsetof(struct input, part.ips), offsetof(struct input, part.ip_count) \
	}

static const struct field input_fields[] = {
	FIELD(INPUT_SESSION, TEXT, session.version),
	FIELD(INPUT_SESSION, TEXT, session.node),
	FIELD(INPUT_SESSION, TEXT, session.kernel_release),
	FIELD(INPUT_SESSION, TEXT, session.boot_id),
	FIELD(INPUT_SESSION, 64, session.wall_offset),
	FIELD(INPUT_SESSION, 64, session.grace),
	FIELD(INPUT_SESSION, 64, session.stuck_after),
	FIELD(INPUT_SESSION, 64, session.orphan_age),
	FIELD(INPUT_LOST, 64, lost.count),
	FIELD(INPUT_POD, TEXT, pod.source),
	FIELD(INPUT_POD, TEXT, pod.uid),
	FIELD(INPUT_POD, TEXT, pod.alias_uid),
	FIELD(INPUT_POD, TEXT, pod.namespace_),
	FIELD(INPUT_POD, TEXT, pod.name),
	FIELD(INPUT_POD, TEXT, pod.node),
	IPS(INPUT_POD, pod),
	FIELD(INPUT_POD, FLAG, pod.host_network),
	FIELD(INPUT_POD, FLAG, pod.terminating),
	CHOICE(INPUT_POD, POD_FAILED, pod.phase),
	FIELD(INPUT_POD, 64, pod.finished_wall),
	FIELD(INPUT_POD_GONE, TEXT, pod_gone.source),
	FIELD(INPUT_POD_GONE, TEXT, pod_gone.uid),
	FIELD(INPUT_POD_GONE, 64, pod_gone.gone_wall),
	FIELD(INPUT_BINDING, TEXT, binding.source),
	CHOICE(INPUT_BINDING, EVIDENCE_CRI, binding.evidence),
	FIELD(INPUT_BINDING, TEXT, binding.key),
	FIELD(INPUT_BINDING, TEXT, binding.pod_uid),
	FIELD(INPUT_BINDING, TEXT, binding.pod_namespace),
	FIELD(INPUT_BINDING, TEXT, binding.pod_name),
	FIELD(INPUT_BINDING, TEXT, binding.container_id),
	FIELD(INPUT_BINDING, TEXT, binding.netns_path),
	FIELD(INPUT_BINDING, 32, binding.netns_inum),
	IPS(INPUT_BINDING, binding),
	FIELD(INPUT_BINDING, 64, binding.as_of_wall),
	FIELD(INPUT_BINDING_GONE, TEXT, binding_gone.source),
	FIELD(INPUT_BINDING_GONE, TEXT, binding_gone.key),
	FIELD(INPUT_SOURCE, TEXT, source.source),
	CHOICE(INPUT_SOURCE, SOURCE_ABSENT, source.state),
	FIELD(INPUT_SOURCE, FLAG, source.authority),
	FIELD(INPUT_SOURCE, 64, source.as_of_wall),
	FIELD(INPUT_SOURCE, TEXT, source.detail),
	FIELD(INPUT_PATH, TEXT, path.path),
	FIELD(INPUT_PATH, 32, path.inum),
	FIELD(INPUT_PATH, FLAG, path.present),
	FIELD(INPUT_PATH, 64, path.made_wall),
	FIELD(INPUT_RESTORED, 64, restored.cookie),
	FIELD(INPUT_RESTORED, 32, restored.inum),
	FIELD(INPUT_RESTORED, 32, restored.mix),
	CHOICE(INPUT_RESTORED, EVIDENCE_CRI, restored.evidence),
	FIELD(INPUT_RESTORED, TEXT, restored.pod_uid),
	FIELD(INPUT_RESTORED, TEXT, restored.pod_namespace),
	FIELD(INPUT_RESTORED, TEXT, restored.pod_name),
	FIELD(INPUT_RESTORED, TEXT, restored.container_id),
	IPS(INPUT_RESTORED, restored),
	FIELD(INPUT_RESTORED, 64, restored.bound_wall),
	FIELD(INPUT_RESTORED, 64, restored.gone_wall),
	FIELD_SINCE(2, INPUT_RESTORED, 64, restored.released_wall),
	FIELD(INPUT_RESTORED, 64, restored.leaked_wall),
	FIELD(INPUT_RESTORED, 64, restored.stuck_wall),
	FIELD(INPUT_RESTORED, 64, restored.orphan_wall),
	FIELD(INPUT_RESTORED, 64, restored.conflict_wall),
	FIELD(INPUT_CLOCK, 64, clock.wall_offset),
};

/* A field more in input.h wants a line above, one in tests/test_recording.c, and the next VERSION. */
#define COMPLETE(part, bytes)                                                                            \
	_Static_assert(sizeof(void *) != 8 || sizeof(((struct input *)0)->part) == (bytes),              \
		       "input_fields[] does not know a field of input_" #part)
COMPLETE(session, 64);
COMPLETE(lost, 8);
COMPLETE(pod, 80);
COMPLETE(pod_gone, 24);
COMPLETE(binding, 96);
COMPLETE(binding_gone, 16);
COMPLETE(source, 32);
COMPLETE(path, 24);
COMPLETE(restored, 128);
COMPLETE(clock, 8);

/* What is written byte for byte. */
static size_t plain_size(const struct field *field)
{
	return field->type == FIELD_64 ? 8 : field->type == FIELD_FLAG ? sizeof(bool) : 4;
}

_Static_assert(sizeof(enum pod_phase) == 4 && sizeof(bool) == 1, "plain_size() says otherwise");

/* ---- writing ---- */

struct recording_writer {
	int fd;
	bool stopped; /* said what went wrong */
	uint64_t max_bytes;
	uint64_t written; /* in the file: whole frames */
	char *buffer;	  /* frames that are not in the file yet */
	size_t used, capacity;
};

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
		return append(writer, at, plain_size(field));
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
	for (size_t i = 0; i < ARRAY_SIZE(input_fields) && !err; i++)
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
	err = append(writer, zeros, padded(length) - length);
	if (err)
		return err;
	memcpy(&frame, writer->buffer + start, sizeof(frame));
	frame.length = (uint32_t)length;
	memcpy(writer->buffer + start, &frame, sizeof(frame));
	frame.sum = frame_sum(writer->buffer + start, writer->used - start);
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
		next = at + sizeof(frame) + padded(frame.length);
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
	memcpy(header.magic, magic, sizeof(magic));
	header.sum = header_sum(&header);
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

/* ---- reading ---- */

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
	if (memcmp(header.magic, magic, length < sizeof(magic) ? length : sizeof(magic)))
		return fail_with(reader, -EBADMSG, "not a recording of netnsleak trace --record");
	if (length < sizeof(header))
		return damaged(reader, "it ends within its header");
	if (header.byte_order == __builtin_bswap32(BYTE_ORDER_MARK))
		return fail_with(reader, -EBADMSG, "recorded on a machine of the other byte order: replay it on such a one");
	if (header.sum != header_sum(&header) || header.byte_order != BYTE_ORDER_MARK)
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
		return take(cursor, (char *)input + field->offset, plain_size(field));
	}
}

static bool take_fields(struct cursor *cursor, uint32_t version, struct input *input)
{
	for (size_t i = 0; i < ARRAY_SIZE(input_fields); i++)
		if (input_fields[i].kind == input->kind && input_fields[i].since <= version &&
		    !take_field(cursor, &input_fields[i], input))
			return false;
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
	length = sizeof(frame) + padded(frame.length);
	err = fill(reader, length);
	if (err)
		return err;
	if (reader->end - reader->start < length)
		return damaged(reader, "it ends within a frame");
	if (frame.sum != frame_sum(reader->buffer + reader->start, length))
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
		advance(reader, sizeof(frame) + padded(frame.length));
		if (got)
			return 1;
	}
	return got;
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
