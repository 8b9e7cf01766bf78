/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A kubeconfig: YAML, of which one context is read.
 */
#include "kube_config_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "util.h"

struct kubeconfig {
	yaml_document_t document;
	const char *path;
	char *directory; /* what it names is relative to it */
	char *reason;
};

/* --- members --- */

/* The member `key` of a mapping.  *ret NULL: there is none. */
static int member(yaml_node_t **ret, struct kubeconfig *file, yaml_node_t *mapping, const char *key)
{
	yaml_node_pair_t *pair;

	*ret = NULL;
	if (!mapping)
		return 0;
	if (mapping->type != YAML_MAPPING_NODE)
		return kube_bad(file->reason, "%.200s: where %s would stand, there is no mapping", kube_shown(file->path), key);
	for (pair = mapping->data.mapping.pairs.start; pair < mapping->data.mapping.pairs.top; pair++) {
		yaml_node_t *name = yaml_document_get_node(&file->document, pair->key);

		if (!name || name->type != YAML_SCALAR_NODE || strcmp((char *)name->data.scalar.value, key))
			continue;
		if (*ret)
			return kube_bad(file->reason, "%.200s: %s comes twice", kube_shown(file->path), key);
		*ret = yaml_document_get_node(&file->document, pair->value);
	}
	return 0;
}

/* *ret NULL: there is none, or it is empty. */
static int text_member(const char **ret, struct kubeconfig *file, yaml_node_t *mapping, const char *key)
{
	yaml_node_t *node;
	int err = member(&node, file, mapping, key);

	*ret = NULL;
	if (err || !node)
		return err;
	if (node->type != YAML_SCALAR_NODE || strlen((char *)node->data.scalar.value) != node->data.scalar.length)
		return kube_bad(file->reason, "%.200s: %s is not a text", kube_shown(file->path), key);
	if (node->data.scalar.length && strcmp((char *)node->data.scalar.value, "null"))
		*ret = (const char *)node->data.scalar.value;
	return 0;
}

/* From "clusters:\n- name: NAME\n  cluster: …" the inner mapping. */
static int named_member(yaml_node_t **ret, struct kubeconfig *file, const char *lists, const char *inner,
			const char *name)
{
	yaml_node_t *list, *entry;
	yaml_node_item_t *item;
	const char *its_name;
	int err = member(&list, file, yaml_document_get_root_node(&file->document), lists);

	if (!err && (!list || list->type != YAML_SEQUENCE_NODE))
		err = kube_bad(file->reason, "%.200s has no list of %s", kube_shown(file->path), lists);
	if (err)
		return err;
	for (item = list->data.sequence.items.start; item < list->data.sequence.items.top; item++) {
		entry = yaml_document_get_node(&file->document, *item);
		err = text_member(&its_name, file, entry, "name");
		if (err)
			return err;
		if (its_name && !strcmp(its_name, name)) {
			err = member(ret, file, entry, inner);
			return err || *ret ? err :
					     kube_bad(file->reason, "%.200s: the %s %.60s is empty", kube_shown(file->path), inner,
						      kube_shown(name));
		}
	}
	return kube_bad(file->reason, "%.200s has no %s named %.60s", kube_shown(file->path), inner, kube_shown(name));
}

static int refuse_member(struct kubeconfig *file, yaml_node_t *mapping, const char *key, const char *why)
{
	yaml_node_t *node;
	int err = member(&node, file, mapping, key);

	return err || !node ? err : kube_bad(file->reason, "%.200s: %s", kube_shown(file->path), why);
}

static int resolve(char **ret, const struct kubeconfig *file, const char *path)
{
	*ret = *path == '/' ? strdup(path) : formatted("%s/%s", file->directory, path);
	return *ret ? 0 : -ENOMEM;
}

/* KEY-data, base64 of PEM, goes before KEY, a path. */
static int pem_member(char **ret, struct kubeconfig *file, yaml_node_t *mapping, const char *key)
{
	CLEANUP(free_pointer) char *path = NULL;
	CLEANUP(free_pointer) char *pem = NULL;
	const char *inlined, *named;
	char data_key[64];
	int err;

	snprintf(data_key, sizeof(data_key), "%s-data", key);
	err = text_member(&inlined, file, mapping, data_key);
	if (!err)
		err = text_member(&named, file, mapping, key);
	if (err || (!inlined && !named))
		return err;
	if (!inlined) {
		err = resolve(&path, file, named);
		return err ? err : kube_read_pem(ret, path, file->reason);
	}
	err = kube_decode_base64(&pem, inlined);
	if (err == -EINVAL || (!err && !strstr(pem, "-----BEGIN ")))
		return kube_bad(file->reason, "%.200s: %s is not base64 of PEM", kube_shown(file->path), data_key);
	if (!err) {
		free(*ret);
		*ret = TAKE_PTR(pem);
	}
	return err;
}

/* --- what a context names --- */

static int read_cluster(struct kube_config *config, struct kubeconfig *file, yaml_node_t *cluster)
{
	const char *server, *proxy, *unverified;
	int err = refuse_member(file, cluster, "tls-server-name", "its tls-server-name is not supported; name the "
				"server as its certificate does");

	if (!err)
		err = text_member(&server, file, cluster, "server");
	if (!err && !server)
		err = kube_bad(file->reason, "%.200s: its cluster has no server", kube_shown(file->path));
	if (!err)
		err = replace_text(&config->server, server);
	if (!err)
		err = pem_member(&config->ca, file, cluster, "certificate-authority");
	if (!err)
		err = text_member(&proxy, file, cluster, "proxy-url");
	if (!err && proxy)
		err = replace_text(&config->proxy, proxy);
	if (!err)
		err = text_member(&unverified, file, cluster, "insecure-skip-tls-verify");
	if (!err && unverified && strcmp(unverified, "true") && strcmp(unverified, "false"))
		err = kube_bad(file->reason, "%.200s: insecure-skip-tls-verify is neither true nor false", kube_shown(file->path));
	if (!err)
		config->unverified = unverified && !strcmp(unverified, "true");
	return err;
}

static int refuse_ways(struct kubeconfig *file, yaml_node_t *user)
{
	static const struct {
		const char *key, *why;
	} ways[] = {
		{ "exec", "it wants a plugin to be run (exec), which netnsleak does not; give a service account's token "
			  "with server=, ca= and token=" },
		{ "auth-provider", "it wants an auth-provider, which netnsleak has none of; give a service account's token "
				   "with server=, ca= and token=" },
		{ "username", "it has a user name and a password, which API servers no longer take" },
		{ "as", "it wants to impersonate someone (as), which netnsleak does not" },
		{ "as-groups", "it wants to impersonate someone (as-groups), which netnsleak does not" },
		{ "as-uid", "it wants to impersonate someone (as-uid), which netnsleak does not" },
	};
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ways) && !err; i++)
		err = refuse_member(file, user, ways[i].key, ways[i].why);
	return err;
}

/* As in kubectl, the file goes before the text, because it is the one that is rotated. */
static int read_user_token(struct kube_config *config, struct kubeconfig *file, yaml_node_t *user)
{
	CLEANUP(free_pointer) char *path = NULL;
	const char *token, *named;
	int err = text_member(&token, file, user, "token");

	if (!err)
		err = text_member(&named, file, user, "tokenFile");
	if (!err && named) {
		err = resolve(&path, file, named);
		return err ? err : kube_read_token(&config->token, path, file->reason);
	}
	return err || !token ? err : kube_take_token(&config->token, token, file->path, file->reason);
}

static int read_user(struct kube_config *config, struct kubeconfig *file, yaml_node_t *user)
{
	int err = refuse_ways(file, user);

	if (!err)
		err = pem_member(&config->cert, file, user, "client-certificate");
	if (!err)
		err = pem_member(&config->key, file, user, "client-key");
	/* The kubelet keeps both in one file. */
	if (!err && config->cert && !config->key && strstr(config->cert, "PRIVATE KEY-----"))
		err = replace_text(&config->key, config->cert);
	if (!err && !config->cert != !config->key)
		err = kube_bad(file->reason, "%.200s: its user has a client certificate or a key without the other",
			       kube_shown(file->path));
	return err ? err : read_user_token(config, file, user);
}

static int read_context(struct kube_config *config, struct kubeconfig *file, const char *name)
{
	yaml_node_t *context, *cluster, *user;
	const char *cluster_name, *user_name;
	int err = 0;

	if (!name)
		err = text_member(&name, file, yaml_document_get_root_node(&file->document), "current-context");
	if (!err && !name)
		err = kube_bad(file->reason, "%.200s has no current-context; name one with context=", kube_shown(file->path));
	if (!err)
		err = named_member(&context, file, "contexts", "context", name);
	if (!err)
		err = text_member(&cluster_name, file, context, "cluster");
	if (!err)
		err = text_member(&user_name, file, context, "user");
	if (!err && !cluster_name)
		err = kube_bad(file->reason, "%.200s: the context %.60s has no cluster", kube_shown(file->path), kube_shown(name));
	if (!err)
		err = named_member(&cluster, file, "clusters", "cluster", cluster_name);
	if (!err)
		err = read_cluster(config, file, cluster);
	if (err || !user_name)
		return err;
	err = named_member(&user, file, "users", "user", user_name);
	return err ? err : read_user(config, file, user);
}

/* --- the file --- */

static int read_document(struct kube_config *config, struct kubeconfig *file, const char *text, const char *context)
{
	yaml_parser_t parser;
	bool parsed;
	int err;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
	parsed = yaml_parser_load(&parser, &file->document);
	if (!parsed) {
		err = kube_bad(file->reason, "%.200s is not YAML: line %zu: %s", kube_shown(file->path), parser.problem_mark.line + 1,
			       parser.problem ? parser.problem : "?");
		yaml_parser_delete(&parser);
		return err;
	}
	err = yaml_document_get_root_node(&file->document) ? read_context(config, file, context) :
							     kube_bad(file->reason, "%.200s is empty", kube_shown(file->path));
	yaml_document_delete(&file->document);
	yaml_parser_delete(&parser);
	return err;
}

int kube_load_kubeconfig(struct kube_config *config, const char *path, const char *context, char *reason)
{
	const char *slash = strrchr(path, '/');
	struct kubeconfig file = { .path = path, .reason = reason };
	CLEANUP(free_pointer) char *directory = slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
	CLEANUP(free_pointer) char *text = NULL;
	int err = directory ? kube_read_file(&text, path, reason) : -ENOMEM;

	file.directory = directory;
	if (!err)
		err = read_document(config, &file, text, context);
	return err ? err : replace_text(&config->from, path);
}
