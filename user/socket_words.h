/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a socket is, in words. */
#ifndef NETNSLEAK_SOCKET_WORDS_H
#define NETNSLEAK_SOCKET_WORDS_H

#include <stdint.h>

struct text;

/* "tcp", "raw"; of AF_INET and AF_INET6. */
const char *socket_protocol_name(uint16_t protocol);

/* "tcp", "unix stream", "netlink route", "packet raw" */
void socket_words(struct text *text, uint16_t family, uint16_t type, uint16_t protocol);

#endif
