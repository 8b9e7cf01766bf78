/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files of the configuration share.  `reason` has KUBE_REASON_BYTES, and is written where -EINVAL is returned;
 * all else that goes wrong is -ENOMEM.
 */
#ifndef NETNSLEAK_KUBE_CONFIG_PRIVATE_H
#define NETNSLEAK_KUBE_CONFIG_PRIVATE_H

#include "kube_config.h"

/* Puts it into reason and returns -EINVAL. */
__attribute__((format(printf, 2, 3))) int kube_bad(char *reason, const char *format, ...);
/* A text of someone else's may go into a message. */
const char *kube_shown(const char *text);
bool kube_is_url(const char *text);

/* All of it, terminated; owned by the caller. */
int kube_read_file(char **ret, const char *path, char *reason);
/* what: it is said to be wrong. */
int kube_check_pem(const char *text, const char *what, char *reason);
/* These replace *ret. */
int kube_read_pem(char **ret, const char *path, char *reason);
int kube_read_token(char **ret, const char *path, char *reason);
int kube_take_token(char **ret, const char *text, const char *from, char *reason);
/* RFC 4648, with blanks anywhere.  -EINVAL: it is none, and nothing is written into a reason. */
int kube_decode_base64(char **ret, const char *text);

/* context NULL: the current one. */
int kube_load_kubeconfig(struct kube_config *config, const char *path, const char *context, char *reason);

#endif
