/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "statements.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

/* Two texts as one key; neither has a newline. */
static char *key_of(const char *source, const char *name)
{
	return formatted("%s\n%s", source, name);
}

static int replace_ips(struct ip_address **ips, size_t *count, const struct ip_address *with, size_t with_count)
{
	struct ip_address *copy = calloc(with_count + 1, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	if (with_count)
		memcpy(copy, with, with_count * sizeof(*copy));
	free(*ips);
	*ips = copy;
	*count = with_count;
	return 0;
}

/* --- pods --- */

static void pod_free(struct said_pod *pod)
{
	free(pod->key);
	free(pod->source);
	free(pod->uid);
	free(pod->namespace_);
	free(pod->name);
	free(pod->node);
	free(pod->ips);
	free(pod);
}

static int pod_fill(struct said_pod *pod, const struct input_pod *said)
{
	pod->host_network = said->host_network;
	pod->terminating = said->terminating;
	pod->phase = said->phase;
	if (replace_text(&pod->source, said->source) || replace_text(&pod->uid, said->uid) ||
	    replace_text(&pod->namespace_, said->namespace_) || replace_text(&pod->name, said->name) ||
	    replace_text(&pod->node, said->node))
		return -ENOMEM;
	return replace_ips(&pod->ips, &pod->ip_count, said->ips, said->ip_count);
}

static struct said_pod *pod_find(const struct statements *statements, const char *key)
{
	struct said_pod *pod;

	HASH_FIND_STR(statements->pods, key, pod);
	return pod;
}

static int take_pod(struct statements *statements, const struct input_pod *said)
{
	CLEANUP(free_pointer) char *key = key_of(said->source, said->uid);
	struct said_pod *pod = key ? pod_find(statements, key) : NULL;

	if (!key)
		return -ENOMEM;
	if (pod)
		return pod_fill(pod, said);
	pod = calloc(1, sizeof(*pod));
	if (!pod)
		return -ENOMEM;
	pod->key = TAKE_PTR(key);
	if (pod_fill(pod, said)) {
		pod_free(pod);
		return -ENOMEM;
	}
	HASH_ADD_KEYPTR(hh, statements->pods, pod->key, strlen(pod->key), pod);
	return pod->hh.tbl ? 0 : -ENOMEM;
}

static int take_pod_gone(struct statements *statements, const struct input_pod_gone *said)
{
	CLEANUP(free_pointer) char *key = key_of(said->source, said->uid);
	struct said_pod *pod = key ? pod_find(statements, key) : NULL;

	if (!key)
		return -ENOMEM;
	if (!pod)
		return 0;
	HASH_DEL(statements->pods, pod);
	pod_free(pod);
	return 0;
}

/* --- bindings --- */

static void binding_free(struct said_binding *binding)
{
	free(binding->id);
	free(binding->source);
	free(binding->key);
	free(binding->pod_uid);
	free(binding->pod_namespace);
	free(binding->pod_name);
	free(binding->container_id);
	free(binding->netns_path);
	free(binding->ips);
	free(binding);
}

static int binding_fill(struct said_binding *binding, const struct input_binding *said)
{
	binding->evidence = said->evidence;
	binding->netns_inum = said->netns_inum;
	binding->as_of_wall = said->as_of_wall;
	if (replace_text(&binding->source, said->source) || replace_text(&binding->key, said->key) ||
	    replace_text(&binding->pod_uid, said->pod_uid) || replace_text(&binding->pod_namespace, said->pod_namespace) ||
	    replace_text(&binding->pod_name, said->pod_name) || replace_text(&binding->container_id, said->container_id) ||
	    replace_text(&binding->netns_path, said->netns_path))
		return -ENOMEM;
	return replace_ips(&binding->ips, &binding->ip_count, said->ips, said->ip_count);
}

static struct said_binding *binding_find(const struct statements *statements, const char *id)
{
	struct said_binding *binding;

	HASH_FIND_STR(statements->bindings, id, binding);
	return binding;
}

static int take_binding(struct statements *statements, const struct input_binding *said)
{
	CLEANUP(free_pointer) char *id = key_of(said->source, said->key);
	struct said_binding *binding = id ? binding_find(statements, id) : NULL;

	if (!id)
		return -ENOMEM;
	if (binding)
		return binding_fill(binding, said);
	binding = calloc(1, sizeof(*binding));
	if (!binding)
		return -ENOMEM;
	binding->id = TAKE_PTR(id);
	if (binding_fill(binding, said)) {
		binding_free(binding);
		return -ENOMEM;
	}
	HASH_ADD_KEYPTR(hh, statements->bindings, binding->id, strlen(binding->id), binding);
	return binding->hh.tbl ? 0 : -ENOMEM;
}

static int take_binding_gone(struct statements *statements, const struct input_binding_gone *said)
{
	CLEANUP(free_pointer) char *id = key_of(said->source, said->key);
	struct said_binding *binding = id ? binding_find(statements, id) : NULL;

	if (!id)
		return -ENOMEM;
	if (!binding)
		return 0;
	HASH_DEL(statements->bindings, binding);
	binding_free(binding);
	return 0;
}

/* --- sources --- */

static int take_source(struct statements *statements, const struct input_source *said)
{
	struct said_source *source;

	HASH_FIND_STR(statements->sources, said->source, source);
	if (!source) {
		source = calloc(1, sizeof(*source));
		if (!source || replace_text(&source->name, said->source)) {
			free(source);
			return -ENOMEM;
		}
		HASH_ADD_KEYPTR(hh, statements->sources, source->name, strlen(source->name), source);
	}
	source->state = said->state;
	source->authority = said->authority;
	return source->hh.tbl ? 0 : -ENOMEM;
}

int statements_take(void *ctx, const struct input *input)
{
	struct statements *statements = ctx;

	switch (input->kind) {
	case INPUT_POD:
		return take_pod(statements, &input->pod);
	case INPUT_POD_GONE:
		return take_pod_gone(statements, &input->pod_gone);
	case INPUT_BINDING:
		return take_binding(statements, &input->binding);
	case INPUT_BINDING_GONE:
		return take_binding_gone(statements, &input->binding_gone);
	case INPUT_SOURCE:
		return take_source(statements, &input->source);
	default:
		return 0;
	}
}

void statements_free(struct statements *statements)
{
	struct said_binding *binding, *next_binding;
	struct said_source *source, *next_source;
	struct said_pod *pod, *next_pod;

	HASH_ITER(hh, statements->pods, pod, next_pod) {
		HASH_DEL(statements->pods, pod);
		pod_free(pod);
	}
	HASH_ITER(hh, statements->bindings, binding, next_binding) {
		HASH_DEL(statements->bindings, binding);
		binding_free(binding);
	}
	HASH_ITER(hh, statements->sources, source, next_source) {
		HASH_DEL(statements->sources, source);
		free(source->name);
		free(source);
	}
}

/* --- asking --- */

static bool is_of(const char *source, const char *scheme)
{
	size_t length = strlen(scheme);

	return !strncmp(source, scheme, length) && (!source[length] || source[length] == ':');
}

/* Those that know all pods of the node: a runtime knows its sandboxes, Docker its containers. */
static bool knows_pods(const struct said_source *source)
{
	return source->authority && (is_of(source->name, "kube") || is_of(source->name, "kubelet") || is_of(source->name, "file"));
}

bool statements_has(const struct statements *statements, const char *scheme)
{
	const struct said_source *source;

	for (source = statements->sources; source; source = source->hh.next)
		if (source->state == SOURCE_SYNCED && (scheme ? is_of(source->name, scheme) : knows_pods(source)))
			return true;
	return false;
}

const struct said_binding *statements_container(const struct statements *statements, enum evidence evidence, const char *id)
{
	const struct said_binding *binding;

	for (binding = statements->bindings; binding; binding = binding->hh.next)
		if (binding->evidence == evidence && *id && !strcmp(binding->container_id, id))
			return binding;
	return NULL;
}

bool said_pod_has_finished(const struct said_pod *pod)
{
	return pod->phase == POD_SUCCEEDED || pod->phase == POD_FAILED;
}

const struct said_pod *statements_pod(const struct statements *statements, const char *namespace_, const char *name)
{
	const struct said_pod *pod;

	for (pod = statements->pods; pod; pod = pod->hh.next)
		if (!strcmp(pod->name, name) && !strcmp(pod->namespace_, namespace_) && !said_pod_has_finished(pod))
			return pod;
	return NULL;
}

bool said_pod_is_here(const struct said_pod *pod, const char *node)
{
	return !*pod->node || !strcmp(pod->node, node);
}
