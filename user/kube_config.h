/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where and how to ask an API server or a kubelet: what an argument of --pods says, what a kubeconfig says, what a pod
 * finds of its service account.
 *
 * The argument is a list of options, joined by ',' (a value has none):
 *
 *   server=URL        or the URL alone; without it as a kubeconfig or the service account says
 *   kubeconfig=FILE   context=NAME: of it, else its current-context
 *   ca=FILE           PEM: who may sign the server's certificate
 *   token=FILE        a bearer token; in a file, because an argument is seen by everyone
 *   proxy=URL         proxy=env: as the environment says; without it there is none
 *   node=NAME         this node's name, where it is another than --node's
 *   verify=no         the server's certificate is not looked at, and that is said
 *   every=SECONDS     of a kubelet: how often it is asked, 10 s
 *
 * kubeconfig: kubernetes.io/docs/reference/config-api/kubeconfig.v1.  Its plugins (exec, auth-provider), passwords and
 * impersonation are refused.
 */
#ifndef NETNSLEAK_KUBE_CONFIG_H
#define NETNSLEAK_KUBE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "http.h"

#define KUBE_REASON_BYTES 384
#define KUBE_MOST_CONFIG_BYTES (1u << 20) /* of a kubeconfig, a certificate, a token */

/* What the argument said; each NULL where it did not. */
struct kube_options {
	char *text; /* owned; the others point into it */
	const char *server, *kubeconfig, *context, *ca, *token, *proxy, *node;
	bool unverified;
	unsigned int every; /* s, 0: not said */
};

/* What of the process and the machine is looked at; NULL: not there. */
struct kube_surroundings {
	const char *service_host, *service_port; /* $KUBERNETES_SERVICE_HOST, $KUBERNETES_SERVICE_PORT */
	const char *account;			 /* directory with the service account's token and ca.crt */
	const char *kubeconfig;			 /* $KUBECONFIG, with one file */
	const char *const *usual;		 /* further kubeconfigs, ends with NULL; the first that is there */
};

/* All owned.  PEM, token and proxy are secrets: not for messages. */
struct kube_config {
	char *server; /* "https://10.0.0.1:6443", without a slash at its end */
	char *ca, *cert, *key; /* PEM, or NULL */
	char *token; /* or NULL */
	char *proxy; /* "": none; NULL: as the environment says */
	char *from;  /* where it stands, for people: "the service account", "/etc/kubernetes/kubelet.conf" */
	bool unverified;
};

/* -EINVAL: reason says why. */
int kube_options_parse(struct kube_options *ret, const char *argument, char reason[static KUBE_REASON_BYTES]);
void kube_options_free(struct kube_options *options);

void kube_surroundings_init(struct kube_surroundings *ret); /* of this process */

/*
 * Reads all of it anew: tokens and certificates are rotated by writing their files.  Options first; what they leave open
 * is looked for in the kubeconfig that they name, else (without server=) in the service account, $KUBECONFIG, the usual
 * places.  -EINVAL: reason says what is missing or wrong, and what to do; -ENOMEM.  *ret is then empty.
 */
int kube_config_load(struct kube_config *ret, const struct kube_options *options,
		     const struct kube_surroundings *surroundings, char reason[static KUBE_REASON_BYTES]);
/* Likewise for the kubelet at `server`, where options do not name another: the service account's CA and token. */
int kube_config_load_kubelet(struct kube_config *ret, const struct kube_options *options, const char *server,
			     const struct kube_surroundings *surroundings, char reason[static KUBE_REASON_BYTES]);
void kube_config_free(struct kube_config *config);

#endif
