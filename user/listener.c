/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "listener.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "util.h"

#define UNIX_PREFIX "unix:"
#define BACKLOG 64

union address {
	struct sockaddr any;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
	struct sockaddr_un local;
};

struct listener {
	int fd;
	char *name;
	char *path; /* NULL: no Unix socket */
	dev_t device; /* of the socket file */
	ino_t inode;
};

/* --- addresses --- */

static bool is_local(const char *spec)
{
	return !strncmp(spec, UNIX_PREFIX, strlen(UNIX_PREFIX));
}

static int local_parse(union address *ret, const char *path)
{
	size_t length = strlen(path);

	if (!length)
		return -EINVAL;
	if (length >= sizeof(ret->local.sun_path))
		return -ERANGE;
	ret->local = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret->local.sun_path, path, length + 1);
	return 0;
}

static int port_parse(in_port_t *ret, const char *text)
{
	unsigned long port;
	char *end;

	if (!isdigit((unsigned char)*text) || strlen(text) > 5)
		return -EINVAL;
	port = strtoul(text, &end, 10);
	if (*end || port > UINT16_MAX)
		return -EINVAL;
	*ret = htons((uint16_t)port);
	return 0;
}

/*
 * "10.0.0.1", "[fd00::1]": brackets, since a colon would otherwise be the port's; "[10.0.0.1]", for those who have an address
 * from elsewhere, as of a pod's manifest.
 */
static int host_parse(union address *ret, const char *host, size_t length, in_port_t port)
{
	bool bracketed = length > 2 && host[0] == '[' && host[length - 1] == ']';
	char text[INET6_ADDRSTRLEN];

	if (bracketed) {
		host++;
		length -= 2;
	}
	if (!length || length >= sizeof(text))
		return -EINVAL;
	memcpy(text, host, length);
	text[length] = '\0';
	if (bracketed && strchr(text, ':')) {
		ret->ipv6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = port };
		return inet_pton(AF_INET6, text, &ret->ipv6.sin6_addr) == 1 ? 0 : -EINVAL;
	}
	ret->ipv4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = port };
	return inet_pton(AF_INET, text, &ret->ipv4.sin_addr) == 1 ? 0 : -EINVAL;
}

static int spec_parse(union address *ret, const char *spec)
{
	const char *colon = strrchr(spec, ':');
	in_port_t port;

	if (is_local(spec))
		return local_parse(ret, spec + strlen(UNIX_PREFIX));
	if (port_parse(&port, colon ? colon + 1 : spec) < 0)
		return -EINVAL;
	if (colon)
		return host_parse(ret, spec, (size_t)(colon - spec), port);
	ret->ipv4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = port,
					  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	return 0;
}

static socklen_t size_of(const union address *address)
{
	return address->any.sa_family == AF_UNIX ? sizeof(address->local) :
	       address->any.sa_family == AF_INET ? sizeof(address->ipv4) : sizeof(address->ipv6);
}

int listener_check(const char *spec)
{
	union address address;

	return spec_parse(&address, spec);
}

/* --- sockets --- */

static int make_socket(int *ret, int family)
{
	*ret = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return *ret < 0 ? -errno : 0;
}

static int bind_to(int fd, const union address *address)
{
	return bind(fd, &address->any, size_of(address)) < 0 ? -errno : 0;
}

/* The kernel removes no socket file: one that a killed process left is in nobody's way. */
static int remove_stale(const union address *address)
{
	CLEANUP(close_descriptor) int fd = -1;
	struct stat file;
	int err;

	if (lstat(address->local.sun_path, &file) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(file.st_mode))
		return -EEXIST;
	err = make_socket(&fd, AF_UNIX);
	if (err)
		return err;
	/* EAGAIN: somebody listens and is busy; EPROTOTYPE: somebody has it who does not listen for streams. */
	if (!connect(fd, &address->any, size_of(address)) || errno == EAGAIN || errno == EPROTOTYPE)
		return -EADDRINUSE;
	if (errno != ECONNREFUSED)
		return -errno;
	return unlink(address->local.sun_path) < 0 && errno != ENOENT ? -errno : 0;
}

/* Its mode is set before anybody could connect. */
static int bind_local(struct listener *listener, const union address *address)
{
	struct stat file;
	int err = bind_to(listener->fd, address);

	if (err == -EADDRINUSE) {
		err = remove_stale(address);
		err = err ? err : bind_to(listener->fd, address);
	}
	if (err)
		return err;
	listener->path = strdup(address->local.sun_path);
	if (!listener->path || chmod(listener->path, 0660) < 0 || lstat(listener->path, &file) < 0) {
		err = listener->path ? -errno : -ENOMEM;
		unlink(address->local.sun_path);
		return err;
	}
	listener->device = file.st_dev;
	listener->inode = file.st_ino;
	return 0;
}

static int bind_inet(const struct listener *listener, const union address *address)
{
	const int on = 1, off = 0;

	/* What an earlier session's clients have left behind does not keep the port. */
	if (setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return -errno;
	if (address->any.sa_family == AF_INET6 &&
	    setsockopt(listener->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0)
		return -errno;
	return bind_to(listener->fd, address);
}

static char *name_of(const struct listener *listener)
{
	char text[INET6_ADDRSTRLEN];
	union address address;
	socklen_t size = sizeof(address);

	if (listener->path)
		return formatted(UNIX_PREFIX "%s", listener->path);
	if (getsockname(listener->fd, &address.any, &size) < 0)
		return NULL;
	if (address.any.sa_family == AF_INET)
		return formatted("http://%s:%u", inet_ntop(AF_INET, &address.ipv4.sin_addr, text, sizeof(text)),
				 ntohs(address.ipv4.sin_port));
	return formatted("http://[%s]:%u", inet_ntop(AF_INET6, &address.ipv6.sin6_addr, text, sizeof(text)),
			 ntohs(address.ipv6.sin6_port));
}

static void close_listener(struct listener **listener)
{
	listener_close(*listener);
}

int listener_open(struct listener **ret, const char *spec)
{
	CLEANUP(close_listener) struct listener *listener = calloc(1, sizeof(*listener));
	union address address;
	int err;

	if (!listener)
		return -ENOMEM;
	listener->fd = -1;
	err = spec_parse(&address, spec);
	if (err)
		return err;
	err = make_socket(&listener->fd, address.any.sa_family);
	if (!err)
		err = is_local(spec) ? bind_local(listener, &address) : bind_inet(listener, &address);
	if (err)
		return err;
	if (listen(listener->fd, BACKLOG) < 0)
		return -errno;
	listener->name = name_of(listener);
	if (!listener->name)
		return -ENOMEM;
	*ret = TAKE_PTR(listener);
	return 0;
}

void listener_close(struct listener *listener)
{
	struct stat file;

	if (!listener)
		return;
	close_descriptor(&listener->fd);
	/* Another netnsleak may have taken the place of one that it took for dead. */
	if (listener->path && !lstat(listener->path, &file) && file.st_dev == listener->device &&
	    file.st_ino == listener->inode)
		unlink(listener->path);
	free(listener->path);
	free(listener->name);
	free(listener);
}

int listener_take_fd(struct listener *listener)
{
	return take_descriptor(&listener->fd);
}

const char *listener_name(const struct listener *listener)
{
	return listener->name;
}

const char *listener_strerror(const char *spec, int err)
{
	bool local = is_local(spec);

	switch (-err) {
	case EADDRINUSE:
		return local ? "somebody listens there already, another netnsleak perhaps; name another path" :
			       "the port is in use; name another, or find who has it: ss -ltnp";
	case EEXIST:
		return "what is there is no socket; name another path";
	case EADDRNOTAVAIL:
		return "this node does not have that address; name one that it has, or 0.0.0.0";
	case EACCES:
	case EPERM:
	case EROFS:
		return local ? "this user may not make a socket there; name a path that it may use" :
			       "this user may not listen there; name a port from 1024 on";
	case ENOENT:
	case ENOTDIR:
		return "its directory is not there; name a path in one that is";
	case EAFNOSUPPORT:
		return "this node has no such addresses; name one of IPv4";
	default:
		return strerror(-err);
	}
}
