/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "kube_config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kube_config_private.h"
#include "util.h"

__attribute__((format(printf, 2, 3))) int kube_bad(char *reason, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, KUBE_REASON_BYTES, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

const char *kube_shown(const char *text)
{
	return text_is_printable(text, strlen(text)) ? text : "?";
}

/* --- what is found --- */

static int load_account(struct kube_config *config, const char *account, bool server_is_tls, char *reason)
{
	char path[512];
	int err = 0;

	if (server_is_tls) {
		snprintf(path, sizeof(path), "%s/ca.crt", account);
		err = kube_read_pem(&config->ca, path, reason);
	}
	snprintf(path, sizeof(path), "%s/token", account);
	return err ? err : kube_read_token(&config->token, path, reason);
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

	config->server = formatted("https://%s%s%s:%s", bare ? "[" : "", surroundings->service_host, bare ? "]" : "",
				   surroundings->service_port ? surroundings->service_port : "443");
	if (!config->server)
		return -ENOMEM;
	if (replace_text(&config->from, "the service account") < 0)
		return -ENOMEM;
	return load_account(config, surroundings->account, true, reason);
}

/* Where nothing is said: who runs in a pod has an account; who runs on a node finds a kubeconfig. */
static int load_found(struct kube_config *config, const struct kube_surroundings *surroundings, char *reason)
{
	if (surroundings->service_host && *surroundings->service_host && account_is_there(surroundings))
		return load_in_cluster(config, surroundings, reason);
	if (surroundings->kubeconfig && *surroundings->kubeconfig)
		return kube_load_kubeconfig(config, surroundings->kubeconfig, NULL, reason);
	for (const char *const *path = surroundings->usual; path && *path; path++)
		if (access(*path, F_OK) == 0)
			return kube_load_kubeconfig(config, *path, NULL, reason);
	return kube_bad(reason, "there is no service account and no kubeconfig here; give kubeconfig=FILE, or server=URL with "
			   "ca=FILE and token=FILE");
}

/* --- what is said --- */

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

	if (!host || !kube_is_url(config->server) || !text_is_ascii(config->server))
		return kube_bad(reason, "the server %.100s is no URL with https://", kube_shown(config->server));
	host += 3;
	if (strpbrk(host, "@?#"))
		return kube_bad(reason, "the server's URL may not have a user, a query or a fragment");
	stays_here = is_this_machine(host) && config->proxy && !*config->proxy;
	if (!strncmp(config->server, "http:", 5) && config->token && !stays_here)
		return kube_bad(reason, "%.100s would send the token without encryption; use https://", config->server);
	while (length && config->server[length - 1] == '/')
		config->server[--length] = '\0';
	return 0;
}

/* Options go before what was found. */
static int apply(struct kube_config *config, const struct kube_options *options, char *reason)
{
	int err = 0;

	if (options->ca)
		err = kube_read_pem(&config->ca, options->ca, reason);
	if (!err && options->token)
		err = kube_read_token(&config->token, options->token, reason);
	if (!err && options->proxy && !strcmp(options->proxy, "env")) {
		free(config->proxy);
		config->proxy = NULL;
	} else if (!err && options->proxy) {
		if (strchr(options->proxy, '@'))
			return kube_bad(reason, "proxy= may not hold a password, which everyone could see; use proxy=env");
		err = replace_text(&config->proxy, options->proxy);
	}
	config->unverified |= options->unverified;
	return err ? err : check_server(config, reason);
}

/* --- all of it --- */

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
		err = kube_load_kubeconfig(&config, options->kubeconfig, options->context, reason);
	else if (!err && options->server)
		err = replace_text(&config.server, options->server) || replace_text(&config.from, "server=") ? -ENOMEM : 0;
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
		err = replace_text(&config.server, server);
	if (!err)
		err = replace_text(&config.from, "the service account");
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
