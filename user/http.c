// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "http.h"

#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define CURL_DISABLE_TYPECHECK /* of calls by name */
#include <curl/curl.h>

#include "loop.h"
#include "util.h"
#include "version.h"

#define CONNECT_TIMEOUT (10ull * NS_PER_S)
#define MOST_CONNECTIONS 4l

/*
 * libcurl is loaded when it is first needed: with what it brings along it takes more memory than all of netnsleak, and
 * who reads pods from files needs none of it.
 */
#define CURL_FUNCTIONS(each) \
	each(easy_cleanup) \
	each(easy_getinfo) \
	each(easy_init) \
	each(easy_setopt) \
	each(easy_strerror) \
	each(multi_add_handle) \
	each(multi_assign) \
	each(multi_cleanup) \
	each(multi_info_read) \
	each(multi_init) \
	each(multi_remove_handle) \
	each(multi_setopt) \
	each(multi_socket_action) \
	each(slist_append) \
	each(slist_free_all) \
	each(url) \
	each(url_cleanup) \
	each(url_set)

#define FIELD(name) __typeof__(curl_##name) *name;
static struct {
	void *library;
	CURL_FUNCTIONS(FIELD)
} curl;

static int load_curl(void)
{
	void *library;

	if (curl.library)
		return 0;
	library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return -ELIBACC;
#define LOAD(name) \
	*(void **)&curl.name = dlsym(library, "curl_" #name); \
	if (!curl.name) { \
		dlclose(library); \
		return -ELIBACC; \
	}
	CURL_FUNCTIONS(LOAD)
	curl.library = library;
	return 0;
}

struct http {
	struct loop *loop;
	struct loop_timer *timer;
	CURLM *multi;
	struct http_request *requests; /* all that are under way */
};

struct http_request {
	struct http *http;
	struct http_request *previous, *next;
	CURL *easy;
	struct curl_slist *headers, *connect_to;
	void *body;
	struct http_call call; /* of what it points to, only ctx is used */
	http_end_fn end;
	int stopped; /* what a callback returned */
	bool answered;
	char reason[CURL_ERROR_SIZE];
};

/* --- one request --- */

static void request_free(struct http_request *request)
{
	struct http *http = request->http;

	if (request->easy)
		curl.easy_cleanup(request->easy);
	curl.slist_free_all(request->headers);
	curl.slist_free_all(request->connect_to);
	free(request->body);
	if (request->previous)
		request->previous->next = request->next;
	else if (http->requests == request)
		http->requests = request->next;
	if (request->next)
		request->next->previous = request->previous;
	free(request);
}

static int status_of(const struct http_request *request)
{
	long status = 0;

	curl.easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
	return (int)status;
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *ctx)
{
	struct http_request *request = ctx;

	if (request->call.bytes && !request->stopped)
		request->stopped = request->call.bytes(request->call.ctx, status_of(request), bytes, size * count);
	return request->stopped < 0 ? CURL_WRITEFUNC_ERROR : size * count;
}

/* An empty line: the end of a head, be it "100 Continue" or the answer's. */
static size_t on_head(struct http_request *request, size_t length)
{
	int status = status_of(request);

	if (status < 200 || request->answered || request->stopped < 0)
		return length;
	request->answered = true;
	if (request->call.answered)
		request->stopped = request->call.answered(request->call.ctx, status);
	return request->stopped < 0 ? 0 : length;
}

/* "Retry-After: 5\r\n", which libcurl does not terminate. */
static size_t on_header(char *line, size_t size, size_t count, void *ctx)
{
	struct http_request *request = ctx;
	size_t length = size * count, name, from, to = length;
	const char *colon = memchr(line, ':', length);
	char text[4096];

	if (length && strchr("\r\n", *line))
		return on_head(request, length);
	if (!request->call.header || request->stopped < 0 || !colon || length >= sizeof(text))
		return length;
	name = (size_t)(colon - line);
	for (size_t i = 0; i < name; i++)
		text[i] = (char)tolower((unsigned char)line[i]);
	text[name] = '\0';
	for (from = name + 1; from < length && (line[from] == ' ' || line[from] == '\t');)
		from++;
	while (to > from && strchr(" \t\r\n", line[to - 1]))
		to--;
	memcpy(text + name + 1, line + from, to - from);
	text[name + 1 + to - from] = '\0';
	request->stopped = request->call.header(request->call.ctx, text, text + name + 1);
	return request->stopped < 0 ? 0 : length;
}

static int error_of(CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return 0;
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_COULDNT_CONNECT:
		return -ECONNREFUSED;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return -EHOSTUNREACH;
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return -ECONNRESET;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		return -EKEYREJECTED;
	case CURLE_OUT_OF_MEMORY:
		return -ENOMEM;
	default:
		return -EPROTO;
	}
}

static bool has_connected(const struct http_request *request)
{
	long connections = 0;

	curl.easy_getinfo(request->easy, CURLINFO_NUM_CONNECTS, &connections);
	return connections != 0;
}

static bool is_http2(const struct http_request *request)
{
	long version = 0;

	curl.easy_getinfo(request->easy, CURLINFO_HTTP_VERSION, &version);
	return version == CURL_HTTP_VERSION_2_0;
}

static int finish(struct http_request *request, CURLcode code)
{
	struct http_result result = {
		.error = request->stopped < 0 ? request->stopped : error_of(code),
		.status = status_of(request),
		.connected = has_connected(request),
		.http2 = is_http2(request),
		.reason = "",
	};
	int err;

	if (result.error)
		result.reason = request->stopped < 0 ? strerror(-request->stopped) :
				*request->reason     ? request->reason :
						       curl.easy_strerror(code);
	curl.multi_remove_handle(request->http->multi, request->easy);
	err = request->end ? request->end(request->call.ctx, &result) : 0;
	request_free(request);
	return err;
}

/* --- libcurl in the loop --- */

static int settle(struct http *http)
{
	CURLMsg *message;
	int left, err = 0;

	while (!err && (message = curl.multi_info_read(http->multi, &left))) {
		struct http_request *request = NULL;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&request);
		err = finish(request, code);
	}
	return err;
}

static int act(struct http *http, curl_socket_t fd, int what)
{
	int running;

	if (curl.multi_socket_action(http->multi, fd, what, &running) != CURLM_OK)
		return -EPROTO;
	return settle(http);
}

struct watched {
	struct http *http;
	int fd;
};

static int on_socket(void *ctx, uint32_t events)
{
	struct watched *watched = ctx;
	int what = 0;

	if (events & EPOLLIN)
		what |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		what |= CURL_CSELECT_OUT;
	if (events & (EPOLLERR | EPOLLHUP))
		what |= CURL_CSELECT_ERR;
	return act(watched->http, watched->fd, what); /* may free watched */
}

static int on_timer(void *ctx, uint32_t events)
{
	(void)events;
	return act(ctx, CURL_SOCKET_TIMEOUT, 0);
}

static int watch_socket(struct http *http, curl_socket_t fd, uint32_t events)
{
	struct watched *watched = malloc(sizeof(*watched));

	if (!watched)
		return -1;
	*watched = (struct watched){ .http = http, .fd = fd };
	if (loop_add(http->loop, fd, events, on_socket, watched) < 0) {
		free(watched);
		return -1;
	}
	curl.multi_assign(http->multi, fd, watched);
	return 0;
}

static int on_watch(CURL *easy, curl_socket_t fd, int what, void *ctx, void *watched)
{
	struct http *http = ctx;
	uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (watched)
			loop_remove(http->loop, fd);
		free(watched);
		return 0;
	}
	if (watched)
		return loop_modify(http->loop, fd, events) < 0 ? -1 : 0;
	return watch_socket(http, fd, events);
}

static int on_deadline(CURLM *multi, long milliseconds, void *ctx)
{
	struct http *http = ctx;
	uint64_t when = milliseconds < 0 ? 0 : loop_now() + (uint64_t)milliseconds * NS_PER_MS;

	(void)multi;
	return loop_timer_set(http->timer, when) < 0 ? -1 : 0;
}

void http_prepare(void)
{
	load_curl();
}

int http_open(struct http **ret, struct loop *loop)
{
	struct http *http;
	int err = load_curl();

	if (err)
		return err;
	http = calloc(1, sizeof(*http));
	if (!http)
		return -ENOMEM;
	http->loop = loop;
	err = loop_timer_open(&http->timer, loop, on_timer, http);
	if (!err)
		http->multi = curl.multi_init();
	if (err || !http->multi) {
		http_close(http);
		return err ? err : -ENOMEM;
	}
	curl.multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_watch);
	curl.multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	curl.multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_deadline);
	curl.multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	curl.multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, MOST_CONNECTIONS);
	*ret = http;
	return 0;
}

void http_close(struct http *http)
{
	if (!http)
		return;
	while (http->requests)
		http_cancel(http->requests);
	if (http->multi)
		curl.multi_cleanup(http->multi); /* calls on_watch for what is open */
	loop_timer_close(http->timer);
	free(http);
}

/* --- starting one --- */

static CURLcode set_pem(CURL *easy, CURLoption option, const char *pem)
{
	struct curl_blob blob = { .data = (void *)(uintptr_t)pem, .len = pem ? strlen(pem) : 0, .flags = CURL_BLOB_COPY };

	return pem ? curl.easy_setopt(easy, option, &blob) : CURLE_OK;
}

static int set_tls(CURL *easy, const struct http_tls *tls)
{
	/* Else those whom the machine trusts could sign as well. */
	if (tls->ca && (curl.easy_setopt(easy, CURLOPT_CAPATH, NULL) || curl.easy_setopt(easy, CURLOPT_CAINFO, NULL)))
		return -ENOMEM;
	if (set_pem(easy, CURLOPT_CAINFO_BLOB, tls->ca) || set_pem(easy, CURLOPT_SSLCERT_BLOB, tls->cert) ||
	    set_pem(easy, CURLOPT_SSLKEY_BLOB, tls->key))
		return -ENOMEM;
	curl.easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl.easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls->unverified ? 0l : 1l);
	curl.easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls->unverified ? 0l : 2l);
	return 0;
}

/*
 * The only thing that tells that the other side of a watch has gone without a word: after 30 s of silence the kernel
 * asks thrice, 15 s apart.
 */
static int on_new_socket(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, 30 },
		{ IPPROTO_TCP, TCP_KEEPINTVL, 15 },
		{ IPPROTO_TCP, TCP_KEEPCNT, 3 },
	};

	(void)ctx;
	(void)purpose;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) /* a Unix socket has no such thing */
		setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof(options[i].value));
	return CURL_SOCKOPT_OK;
}

static int set_peer(CURL *easy, const struct http_call *call)
{
	uint64_t connect = call->connect_timeout ? call->connect_timeout : CONNECT_TIMEOUT;

	if (curl.easy_setopt(easy, CURLOPT_URL, call->url) ||
	    curl.easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") ||
	    curl.easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, call->unix_socket))
		return -ENOMEM;
	if ((call->unix_socket || call->proxy) &&
	    curl.easy_setopt(easy, CURLOPT_PROXY, call->unix_socket ? "" : call->proxy))
		return -ENOMEM;
	curl.easy_setopt(easy, CURLOPT_HTTP_VERSION,
			 call->prior_knowledge ? (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE : (long)CURL_HTTP_VERSION_2TLS);
	/* The second such request on one connection fails with libcurl 7.88, of Debian 12 (its issue 10634). */
	curl.easy_setopt(easy, CURLOPT_FORBID_REUSE, call->prior_knowledge ? 1l : 0l);
	curl.easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(connect / NS_PER_MS));
	curl.easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(call->timeout / NS_PER_MS));
	curl.easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_new_socket);
	curl.easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1l); /* of a proxy: they are not the answer's */
	return set_tls(easy, &call->tls);
}

/* "::ADDRESS:": whatever the URL's host and port, to that address and the URL's port. */
static int set_connect_to(struct http_request *request, const char *address)
{
	char text[128];

	if (!address)
		return 0;
	snprintf(text, sizeof(text), "::%s:", address);
	request->connect_to = curl.slist_append(NULL, text);
	if (!request->connect_to)
		return -ENOMEM;
	curl.easy_setopt(request->easy, CURLOPT_CONNECT_TO, request->connect_to);
	return 0;
}

static int set_question(struct http_request *request, const struct http_call *call)
{
	for (const char *const *header = call->headers; header && *header; header++) {
		struct curl_slist *list = curl.slist_append(request->headers, *header);

		if (!list)
			return -ENOMEM;
		request->headers = list;
	}
	curl.easy_setopt(request->easy, CURLOPT_HTTPHEADER, request->headers);
	curl.easy_setopt(request->easy, CURLOPT_USERAGENT, "netnsleak/" NETNSLEAK_VERSION);
	if (!call->body)
		return 0;
	request->body = malloc(call->body_size + 1);
	if (!request->body)
		return -ENOMEM;
	memcpy(request->body, call->body, call->body_size);
	curl.easy_setopt(request->easy, CURLOPT_POST, 1l);
	curl.easy_setopt(request->easy, CURLOPT_POSTFIELDS, request->body);
	curl.easy_setopt(request->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_size);
	return 0;
}

static void set_answer(struct http_request *request)
{
	curl.easy_setopt(request->easy, CURLOPT_PRIVATE, request);
	curl.easy_setopt(request->easy, CURLOPT_NOSIGNAL, 1l);
	curl.easy_setopt(request->easy, CURLOPT_NOPROGRESS, 1l);
	curl.easy_setopt(request->easy, CURLOPT_ERRORBUFFER, request->reason);
	curl.easy_setopt(request->easy, CURLOPT_WRITEFUNCTION, on_bytes);
	curl.easy_setopt(request->easy, CURLOPT_WRITEDATA, request);
	curl.easy_setopt(request->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl.easy_setopt(request->easy, CURLOPT_HEADERDATA, request);
}

static bool is_url(const char *text)
{
	CURLU *url = curl.url();
	bool good = url && !curl.url_set(url, CURLUPART_URL, text, 0);

	curl.url_cleanup(url);
	return good && (!strncmp(text, "http://", 7) || !strncmp(text, "https://", 8));
}

int http_start(struct http_request **ret, struct http *http, const struct http_call *call, http_end_fn end)
{
	struct http_request *request;
	int err;

	if (!is_url(call->url))
		return -EINVAL;
	request = calloc(1, sizeof(*request));
	if (!request)
		return -ENOMEM;
	request->http = http;
	request->call = *call;
	request->end = end;
	request->easy = curl.easy_init();
	err = request->easy ? set_peer(request->easy, call) : -ENOMEM;
	if (!err)
		err = set_connect_to(request, call->connect_to);
	if (!err)
		err = set_question(request, call);
	if (!err) {
		set_answer(request);
		err = curl.multi_add_handle(http->multi, request->easy) == CURLM_OK ? 0 : -ENOMEM;
	}
	if (err) {
		request_free(request);
		return err;
	}
	request->next = http->requests;
	if (request->next)
		request->next->previous = request;
	http->requests = request;
	*ret = request;
	return 0;
}

void http_cancel(struct http_request *request)
{
	if (!request)
		return;
	curl.multi_remove_handle(request->http->multi, request->easy);
	request_free(request);
}
