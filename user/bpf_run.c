// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "bpf_run.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

int bytes_reserve(struct bytes *bytes, size_t more)
{
	size_t capacity = bytes->capacity ? bytes->capacity : 65536;
	char *data;

	while (capacity - bytes->length < more)
		capacity *= 2;
	if (capacity == bytes->capacity)
		return 0;
	data = realloc(bytes->data, capacity);
	if (!data)
		return -ENOMEM;
	bytes->data = data;
	bytes->capacity = capacity;
	return 0;
}

static int read_to_end(struct bytes *bytes, int fd)
{
	for (;;) {
		ssize_t got;
		int err = bytes_reserve(bytes, 4096);

		if (err)
			return err;
		got = read(fd, bytes->data + bytes->length, bytes->capacity - bytes->length);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
		bytes->length += (size_t)got;
	}
}

int bpf_run_iterator(struct bytes *bytes, const struct bpf_program *program)
{
	struct bpf_link *link = bpf_program__attach_iter(program, NULL);
	int fd, err;

	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	err = fd < 0 ? fd : read_to_end(bytes, fd);
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return err;
}

int bpf_run_program(const struct bpf_program *program)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);

	return bpf_prog_test_run_opts(bpf_program__fd(program), &options);
}

void *bpf_map_memory(const struct bpf_map *map, size_t size)
{
	void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	return mapped == MAP_FAILED ? NULL : mapped;
}
