/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "kube_config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

#include "util.h"

#define ACCOUNT_DIRECTORY "/var/run/secrets/kubernetes.io/serviceaccount"

__attribute__((format(printf, 2, 3))) static int bad(char *reason, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, KUBE_REASON_BYTES, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

/* A text of someone else's may go into a message. */
static const char *shown(const char *text)
{
	return text_is_printable(text, strlen(text)) ? text : "?";
}

/* --- the argument --- */

static bool is_url(const char *text)
{
	return !strncmp(text, "https://", 8) || !strncmp(text, "http://", 7);
}

static int parse_every(unsigned int *ret, const char *value, char *reason)
{
	char *end;
	unsigned long seconds = strtoul(value, &end, 10);

	if (!isdigit((unsigned char)*value) || *end || seconds < 1 || seconds > 3600)
		return bad(reason, "every= wants seconds, from 1 to 3600, not %.40s", shown(value));
	*ret = (unsigned int)seconds;
	return 0;
}

static int take_option(struct kube_options *options, char *option, char *reason)
{
	const struct {
		const char *name;
		const char **value;
	} texts[] = {
		{ "server", &options->server }, { "kubeconfig", &options->kubeconfig },
		{ "context", &options->context }, { "ca", &options->ca },
		{ "token", &options->token },	{ "proxy", &options->proxy },
		{ "node", &options->node },
	};
	char *value = strchr(option, '=');

	if (is_url(option)) {
		options->server = option;
		return 0;
	}
	if (!value || !value[1])
		return bad(reason, "%.60s: options are NAME=VALUE, joined by commas", shown(option));
	*value++ = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (!strcmp(option, texts[i].name)) {
			*texts[i].value = value;
			return 0;
		}
	if (!strcmp(option, "every"))
		return parse_every(&options->every, value, reason);
	if (!strcmp(option, "verify") && !strcmp(value, "no")) {
		options->unverified = true;
		return 0;
	}
	return bad(reason, "there is no option %.40s=%.40s", shown(option), shown(value));
}

int kube_options_parse(struct kube_options *ret, const char *argument, char reason[static KUBE_REASON_BYTES])
{
	struct kube_options options = { .text = strdup(argument) };
	char *rest = options.text, *option;
	int err = options.text ? 0 : -ENOMEM;

	while (!err && (option = strsep(&rest, ",")))
		if (*option)
			err = take_option(&options, option, reason);
	if (!err && options.server && options.kubeconfig)
		err = bad(reason, "server= and kubeconfig= exclude each other");
	if (!err && options.context && !options.kubeconfig)
		err = bad(reason, "context= wants a kubeconfig=");
	if (err) {
		kube_options_free(&options);
		return err;
	}
	*ret = options;
	return 0;
}

void kube_options_free(struct kube_options *options)
{
	free(options->text);
	*options = (struct kube_options){ 0 };
}

void kube_surroundings_init(struct kube_surroundings *ret)
{
	/* The kubelet may see the pods of its node, and no others. */
	static const char *const usual[] = {
		"/etc/kubernetes/kubelet.conf", "/var/lib/rancher/k3s/agent/kubelet.kubeconfig",
		"/var/lib/rancher/rke2/agent/kubelet.kubeconfig", "/root/.kube/config", NULL,
	};

	*ret = (struct kube_surroundings){
		.service_host = getenv("KUBERNETES_SERVICE_HOST"),
		.service_port = getenv("KUBERNETES_SERVICE_PORT"),
		.account = ACCOUNT_DIRECTORY,
		.kubeconfig = getenv("KUBECONFIG"),
		.usual = usual,
	};
}

/* --- files --- */

/* Only a regular file: to open another may wait. */
static int open_file(int *ret, const char *path, char *reason)
{
	struct stat stat;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return bad(reason, "%.200s cannot be read: %s", shown(path), strerror(errno));
	if (fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode) || stat.st_size > KUBE_MOST_CONFIG_BYTES) {
		close(fd);
		return bad(reason, "%.200s cannot be read: it is no regular file of at most 1 MiB", shown(path));
	}
	*ret = fd;
	return 0;
}

static int read_file(char **ret, const char *path, char *reason)
{
	CLEANUP(free_pointer) char *text = malloc(KUBE_MOST_CONFIG_BYTES + 1);
	CLEANUP(close_descriptor) int fd = -1;
	size_t length = 0;
	ssize_t got = 0;
	int err = text ? open_file(&fd, path, reason) : -ENOMEM;

	if (err)
		return err;
	while (length < KUBE_MOST_CONFIG_BYTES &&
	       (got = read(fd, text + length, KUBE_MOST_CONFIG_BYTES - length)) > 0)
		length += (size_t)got;
	if (got < 0)
		return bad(reason, "%.200s cannot be read: %s", shown(path), strerror(errno));
	text[length] = '\0';
	*ret = realloc(text, length + 1);
	if (!*ret)
		return -ENOMEM;
	text = NULL;
	return 0;
}

static int check_pem(const char *text, const char *what, char *reason)
{
	if (!strstr(text, "-----BEGIN "))
		return bad(reason, "%.200s is not PEM", shown(what));
	return 0;
}

static int read_pem(char **ret, const char *path, char *reason)
{
	CLEANUP(free_pointer) char *text = NULL;
	int err = read_file(&text, path, reason);

	if (!err)
		err = check_pem(text, path, reason);
	if (err)
		return err;
	free(*ret);
	*ret = TAKE_PTR(text);
	return 0;
}

/* It goes into a header, so that a line's end in its midst would begin another one. */
static int take_token(char **ret, const char *text, const char *from, char *reason)
{
	size_t skip = strspn(text, " \t\r\n"), length = strlen(text);

	while (length > skip && strchr(" \t\r\n", text[length - 1]))
		length--;
	for (size_t i = skip; i < length; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return bad(reason, "the token in %.200s has characters that no token has", shown(from));
	if (length == skip)
		return bad(reason, "the token in %.200s is empty", shown(from));
	free(*ret);
	*ret = strndup(text + skip, length - skip);
	return *ret ? 0 : -ENOMEM;
}

static int read_token(char **ret, const char *path, char *reason)
{
	CLEANUP(free_pointer) char *text = NULL;
	int err = read_file(&text, path, reason);

	return err ? err : take_token(ret, text, path, reason);
}

static int put(char **ret, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	free(*ret);
	*ret = copy;
	return 0;
}

/* RFC 4648, with blanks anywhere. */
static int decode_base64(char **ret, const char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	CLEANUP(free_pointer) char *bytes = malloc(strlen(text) / 4 * 3 + 4);
	unsigned int bits = 0, have = 0;
	size_t length = 0;

	if (!bytes)
		return -ENOMEM;
	for (; *text && *text != '='; text++) {
		const char *digit = strchr(digits, *text);

		if (isspace((unsigned char)*text))
			continue;
		if (!digit)
			return -EINVAL;
		bits = (bits << 6 | (unsigned int)(digit - digits)) & 0xffffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			bytes[length++] = (char)(bits >> have);
		}
	}
	if (text[strspn(text, "= \t\r\n")] || memchr(bytes, '\0', length))
		return -EINVAL;
	bytes[length] = '\0';
	*ret = TAKE_PTR(bytes);
	return 0;
}

/* --- kubeconfig --- */

struct kubeconfig {
	yaml_document_t document;
	const char *path;
	char *directory; /* what it names is relative to it */
	char *reason;
};

/* The member `key` of a mapping.  *ret NULL: there is none. */
static int member(yaml_node_t **ret, struct kubeconfig *file, yaml_node_t *mapping, const char *key)
{
	yaml_node_pair_t *pair;

	*ret = NULL;
	if (!mapping)
		return 0;
	if (mapping->type != YAML_MAPPING_NODE)
		return bad(file->reason, "%.200s: where %s would stand, there is no mapping", shown(file->path), key);
	for (pair = mapping->data.mapping.pairs.start; pair < mapping->data.mapping.pairs.top; pair++) {
		yaml_node_t *name = yaml_document_get_node(&file->document, pair->key);

		if (!name || name->type != YAML_SCALAR_NODE || strcmp((char *)name->data.scalar.value, key))
			continue;
		if (*ret)
			return bad(file->reason, "%.200s: %s comes twice", shown(file->path), key);
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
		return bad(file->reason, "%.200s: %s is not a text", shown(file->path), key);
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
		err = bad(file->reason, "%.200s has no list of %s", shown(file->path), lists);
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
					     bad(file->reason, "%.200s: the %s %.60s is empty", shown(file->path), inner,
						 shown(name));
		}
	}
	return bad(file->reason, "%.200s has no %s named %.60s", shown(file->path), inner, shown(name));
}

static int refuse_member(struct kubeconfig *file, yaml_node_t *mapping, const char *key, const char *why)
{
	yaml_node_t *node;
	int err = member(&node, file, mapping, key);

	return err || !node ? err : bad(file->reason, "%.200s: %s", shown(file->path), why);
}

static int resolve(char **ret, const struct kubeconfig *file, const char *path)
{
	int length = *path == '/' ? asprintf(ret, "%s", path) : asprintf(ret, "%s/%s", file->directory, path);

	return length < 0 ? -ENOMEM : 0;
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
		return err ? err : read_pem(ret, path, file->reason);
	}
	err = decode_base64(&pem, inlined);
	if (err == -EINVAL || (!err && !strstr(pem, "-----BEGIN ")))
		return bad(file->reason, "%.200s: %s is not base64 of PEM", shown(file->path), data_key);
	if (!err) {
		free(*ret);
		*ret = TAKE_PTR(pem);
	}
	return err;
}

static int read_cluster(struct kube_config *config, struct kubeconfig *file, yaml_node_t *cluster)
{
	const char *server, *proxy, *unverified;
	int err = refuse_member(file, cluster, "tls-server-name", "its tls-server-name is not supported; name the "
				"server as its certificate does");

	if (!err)
		err = text_member(&server, file, cluster, "server");
	if (!err && !server)
		err = bad(file->reason, "%.200s: its cluster has no server", shown(file->path));
	if (!err)
		err = put(&config->server, server);
	if (!err)
		err = pem_member(&config->ca, file, cluster, "certificate-authority");
	if (!err)
		err = text_member(&proxy, file, cluster, "proxy-url");
	if (!err && proxy)
		err = put(&config->proxy, proxy);
	if (!err)
		err = text_member(&unverified, file, cluster, "insecure-skip-tls-verify");
	if (!err && unverified && strcmp(unverified, "true") && strcmp(unverified, "false"))
		err = bad(file->reason, "%.200s: insecure-skip-tls-verify is neither true nor false", shown(file->path));
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
		return err ? err : read_token(&config->token, path, file->reason);
	}
	return err || !token ? err : take_token(&config->token, token, file->path, file->reason);
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
		err = put(&config->key, config->cert);
	if (!err && !config->cert != !config->key)
		err = bad(file->reason, "%.200s: its user has a client certificate or a key without the other",
			  shown(file->path));
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
		err = bad(file->reason, "%.200s has no current-context; name one with context=", shown(file->path));
	if (!err)
		err = named_member(&context, file, "contexts", "context", name);
	if (!err)
		err = text_member(&cluster_name, file, context, "cluster");
	if (!err)
		err = text_member(&user_name, file, context, "user");
	if (!err && !cluster_name)
		err = bad(file->reason, "%.200s: the context %.60s has no cluster", shown(file->path), shown(name));
	if (!err)
		err = named_member(&cluster, file, "clusters", "cluster", cluster_name);
	if (!err)
		err = read_cluster(config, file, cluster);
	if (err || !user_name)
		return err;
	err = named_member(&user, file, "users", "user", user_name);
	return err ? err : read_user(config, file, user);
}

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
		err = bad(file->reason, "%.200s is not YAML: line %zu: %s", shown(file->path), parser.problem_mark.line + 1,
			  parser.problem ? parser.problem : "?");
		yaml_parser_delete(&parser);
		return err;
	}
	err = yaml_document_get_root_node(&file->document) ? read_context(config, file, context) :
							     bad(file->reason, "%.200s is empty", shown(file->path));
	yaml_document_delete(&file->document);
	yaml_parser_delete(&parser);
	return err;
}

static int load_kubeconfig(struct kube_config *config, const char *path, const char *context, char *reason)
{
	const char *slash = strrchr(path, '/');
	struct kubeconfig file = { .path = path, .reason = reason };
	CLEANUP(free_pointer) char *directory = slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
	CLEANUP(free_pointer) char *text = NULL;
	int err = directory ? read_file(&text, path, reason) : -ENOMEM;

	file.directory = directory;
	if (!err)
		err = read_document(config, &file, text, context);
	return err ? err : put(&config->from, path);
}

/* --- all of it --- */

static int load_account(struct kube_config *config, const char *account, bool server_is_tls, char *reason)
{
	char path[512];
	int err = 0;

	if (server_is_tls) {
		snprintf(path, sizeof(path), "%s/ca.crt", account);
		err = read_pem(&config->ca, path, reason);
	}
	snprintf(path, sizeof(path), "%s/token", account);
	return err ? err : read_token(&config->token, path, reason);
}

static bool account_is_there(const struct kube_surroundings *surroundings)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/token", surroundings->account ? surroundings->account : "");
	return surroundings->account && access(path, F_OK) == 0;
}

static int load_in_cluster(struct kube_config *config, const struct kube_surroundings *surroundings, char *reason)
{
	bool bare = strchr(surroundings->service_host, ':'); /* an IPv6 address */

	if (asprintf(&config->server, "https://%s%s%s:%s", bare ? "[" : "", surroundings->service_host, bare ? "]" : "",
		     surroundings->service_port ? surroundings->service_port : "443") < 0) {
		config->server = NULL;
		return -ENOMEM;
	}
	if (put(&config->from, "the service account") < 0)
		return -ENOMEM;
	return load_account(config, surroundings->account, true, reason);
}

/* Where nothing is said: who runs in a pod has an account; who runs on a node finds a kubeconfig. */
static int load_found(struct kube_config *config, const struct kube_surroundings *surroundings, char *reason)
{
	if (surroundings->service_host && *surroundings->service_host && account_is_there(surroundings))
		return load_in_cluster(config, surroundings, reason);
	if (surroundings->kubeconfig && *surroundings->kubeconfig)
		return load_kubeconfig(config, surroundings->kubeconfig, NULL, reason);
	for (const char *const *path = surroundings->usual; path && *path; path++)
		if (access(*path, F_OK) == 0)
			return load_kubeconfig(config, *path, NULL, reason);
	return bad(reason, "there is no service account and no kubeconfig here; give kubeconfig=FILE, or server=URL with "
			   "ca=FILE and token=FILE");
}

/* host: with what follows it in the URL. */
static bool is_this_machine(const char *host)
{
	char name[64];
	struct in_addr ip;

	if (!strncmp(host, "[::1]", 5))
		return true;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(host, ":/"), host);
	return !strcmp(name, "localhost") || (inet_pton(AF_INET, name, &ip) == 1 && ntohl(ip.s_addr) >> 24 == 127);
}

/* Whoever reads the request on its way would have the token. */
static int check_server(struct kube_config *config, char *reason)
{
	const char *host = strstr(config->server, "://");
	size_t length = strlen(config->server);
	bool stays_here;

	if (!host || !is_url(config->server) || !text_is_ascii(config->server))
		return bad(reason, "the server %.100s is no URL with https://", shown(config->server));
	host += 3;
	if (strpbrk(host, "@?#"))
		return bad(reason, "the server's URL may not have a user, a query or a fragment");
	stays_here = is_this_machine(host) && config->proxy && !*config->proxy;
	if (!strncmp(config->server, "http:", 5) && config->token && !stays_here)
		return bad(reason, "%.100s would send the token without encryption; use https://", config->server);
	while (length && config->server[length - 1] == '/')
		config->server[--length] = '\0';
	return 0;
}

/* Options go before what was found. */
static int apply(struct kube_config *config, const struct kube_options *options, char *reason)
{
	int err = 0;

	if (options->ca)
		err = read_pem(&config->ca, options->ca, reason);
	if (!err && options->token)
		err = read_token(&config->token, options->token, reason);
	if (!err && options->proxy && !strcmp(options->proxy, "env")) {
		free(config->proxy);
		config->proxy = NULL;
	} else if (!err && options->proxy) {
		if (strchr(options->proxy, '@'))
			return bad(reason, "proxy= may not hold a password, which everyone could see; use proxy=env");
		err = put(&config->proxy, options->proxy);
	}
	config->unverified |= options->unverified;
	return err ? err : check_server(config, reason);
}

static int settle(struct kube_config *ret, struct kube_config *config, int err)
{
	if (err) {
		kube_config_free(config);
		*ret = (struct kube_config){ 0 };
	} else {
		*ret = *config;
	}
	return err;
}

int kube_config_load(struct kube_config *ret, const struct kube_options *options,
		     const struct kube_surroundings *surroundings, char reason[static KUBE_REASON_BYTES])
{
	struct kube_config config = { .proxy = strdup("") };
	int err = config.proxy ? 0 : -ENOMEM;

	if (!err && options->kubeconfig)
		err = load_kubeconfig(&config, options->kubeconfig, options->context, reason);
	else if (!err && options->server)
		err = put(&config.server, options->server) || put(&config.from, "server=") ? -ENOMEM : 0;
	else if (!err)
		err = load_found(&config, surroundings, reason);
	if (!err)
		err = apply(&config, options, reason);
	return settle(ret, &config, err);
}

int kube_config_load_kubelet(struct kube_config *ret, const struct kube_options *options, const char *server,
			     const struct kube_surroundings *surroundings, char reason[static KUBE_REASON_BYTES])
{
	struct kube_config config = { .proxy = strdup("") };
	bool tls;
	int err = config.proxy ? 0 : -ENOMEM;

	if (options->server)
		server = options->server;
	tls = !strncmp(server, "https:", 6);
	if (!err)
		err = put(&config.server, server);
	if (!err)
		err = put(&config.from, "the service account");
	/* The port that only reads asks for nothing. */
	if (!err && tls && !(options->ca && options->token) && account_is_there(surroundings))
		err = load_account(&config, surroundings->account, !options->ca, reason);
	if (!err)
		err = apply(&config, options, reason);
	return settle(ret, &config, err);
}

void kube_config_free(struct kube_config *config)
{
	free(config->server);
	free(config->ca);
	free(config->cert);
	free(config->key);
	free(config->token);
	free(config->proxy);
	free(config->from);
	*config = (struct kube_config){ 0 };
}
