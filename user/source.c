/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

const struct source_type *const source_types[] = {
	&source_auto,
	&source_file,
	&source_cni,
	&source_kube,
	&source_kubelet,
	&source_cgroup,
	&source_cri,
	&source_docker,
	&source_podman,
	NULL,
};

/* The type that spec names, and its argument. */
static const struct source_type *find_type(const char *spec, const char **ret_argument)
{
	size_t length = strcspn(spec, ":");

	for (size_t i = 0; source_types[i]; i++) {
		const struct source_type *type = source_types[i];

		if (strlen(type->scheme) != length || strncmp(type->scheme, spec, length))
			continue;
		*ret_argument = spec[length] && spec[length + 1] ? spec + length + 1 : type->fallback;
		return *ret_argument ? type : NULL;
	}
	return NULL;
}

int source_open(struct source **ret, const char *spec, const struct source_context *context)
{
	const char *argument;
	const struct source_type *type = find_type(spec, &argument);

	return type ? type->open(ret, argument, context) : -EINVAL;
}

const char *source_strerror(int err)
{
	return err == -ELIBACC ? "there is no libcurl on this machine; install libcurl4" : strerror(-err);
}

void source_close(struct source *source)
{
	if (source)
		source->type->close(source);
}

int source_nudge(struct source *source, uint32_t netns_inum, uint32_t pid)
{
	return source->type->nudge ? source->type->nudge(source, netns_inum, pid) : 0;
}

int source_netns_changed(struct source *source)
{
	return source->type->netns_changed ? source->type->netns_changed(source) : 0;
}

int source_check(const char *spec, struct checks *checks)
{
	const char *argument;
	const struct source_type *type = find_type(spec, &argument);

	return type ? type->check(argument, checks) : -EINVAL;
}

int source_init(struct source *source, const struct source_type *type, const char *argument,
		const struct source_context *context)
{
	char *name = formatted("%s%s%s", type->scheme, *argument ? ":" : "", argument);

	if (!name)
		return -ENOMEM;
	*source = (struct source){ .type = type, .context = *context, .name = name };
	return 0;
}

void source_fini(struct source *source)
{
	free(source->name);
	free(source->account);
	source->name = source->account = NULL;
}

int source_tell(struct source *source, struct input *input)
{
	input->time = source->context.now();
	return source->context.input(source->context.input_ctx, input);
}

int source_tell_state(struct source *source, enum source_state state, bool authority, int64_t as_of_wall,
		      const char *detail)
{
	struct input input = {
		.kind = INPUT_SOURCE,
		.source = { .source = source->name, .state = state, .authority = authority,
			    .as_of_wall = as_of_wall, .detail = detail },
	};

	return source_tell(source, &input);
}
