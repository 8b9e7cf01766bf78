/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Certificates and tokens, from files and from texts.
 */
#include "kube_config_private.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util.h"

/* Only a regular file: to open another may wait. */
static int open_file(int *ret, const char *path, char *reason)
{
	struct stat stat;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return kube_bad(reason, "%.200s cannot be read: %s", kube_shown(path), strerror(errno));
	if (fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode) || stat.st_size > KUBE_MOST_CONFIG_BYTES) {
		close(fd);
		return kube_bad(reason, "%.200s cannot be read: it is no regular file of at most 1 MiB", kube_shown(path));
	}
	*ret = fd;
	return 0;
}

int kube_read_file(char **ret, const char *path, char *reason)
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
		return kube_bad(reason, "%.200s cannot be read: %s", kube_shown(path), strerror(errno));
	text[length] = '\0';
	*ret = realloc(text, length + 1);
	if (!*ret)
		return -ENOMEM;
	text = NULL;
	return 0;
}

/* --- certificates --- */

int kube_check_pem(const char *text, const char *what, char *reason)
{
	if (!strstr(text, "-----BEGIN "))
		return kube_bad(reason, "%.200s is not PEM", kube_shown(what));
	return 0;
}

int kube_read_pem(char **ret, const char *path, char *reason)
{
	CLEANUP(free_pointer) char *text = NULL;
	int err = kube_read_file(&text, path, reason);

	if (!err)
		err = kube_check_pem(text, path, reason);
	if (err)
		return err;
	free(*ret);
	*ret = TAKE_PTR(text);
	return 0;
}

/* --- tokens --- */

/* It goes into a header, so that a line's end in its midst would begin another one. */
int kube_take_token(char **ret, const char *text, const char *from, char *reason)
{
	size_t skip = strspn(text, " \t\r\n"), length = strlen(text);

	while (length > skip && strchr(" \t\r\n", text[length - 1]))
		length--;
	for (size_t i = skip; i < length; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return kube_bad(reason, "the token in %.200s has characters that no token has", kube_shown(from));
	if (length == skip)
		return kube_bad(reason, "the token in %.200s is empty", kube_shown(from));
	free(*ret);
	*ret = strndup(text + skip, length - skip);
	return *ret ? 0 : -ENOMEM;
}

int kube_read_token(char **ret, const char *path, char *reason)
{
	CLEANUP(free_pointer) char *text = NULL;
	int err = kube_read_file(&text, path, reason);

	return err ? err : kube_take_token(ret, text, path, reason);
}

/* RFC 4648, with blanks anywhere. */
int kube_decode_base64(char **ret, const char *text)
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
