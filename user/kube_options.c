/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the argument says, and what of the process and the machine is looked at.
 */
#include "kube_config_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

#define ACCOUNT_DIRECTORY "/var/run/secrets/kubernetes.io/serviceaccount"

bool kube_is_url(const char *text)
{
	return !strncmp(text, "https://", 8) || !strncmp(text, "http://", 7);
}

static int parse_every(unsigned int *ret, const char *value, char *reason)
{
	char *end;
	unsigned long seconds = strtoul(value, &end, 10);

	if (!isdigit((unsigned char)*value) || *end || seconds < 1 || seconds > 3600)
		return kube_bad(reason, "every= wants seconds, from 1 to 3600, not %.40s", kube_shown(value));
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

	if (kube_is_url(option)) {
		options->server = option;
		return 0;
	}
	if (!value || !value[1])
		return kube_bad(reason, "%.60s: options are NAME=VALUE, joined by commas", kube_shown(option));
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
	return kube_bad(reason, "there is no option %.40s=%.40s", kube_shown(option), kube_shown(value));
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
		err = kube_bad(reason, "server= and kubeconfig= exclude each other");
	if (!err && options.context && !options.kubeconfig)
		err = kube_bad(reason, "context= wants a kubeconfig=");
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
