// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* CRI's messages, in bytes written by hand from the published field numbers, and the JSON that runtimes put in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cri.h"
#include "util.h"

#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

static void requests(void **state)
{
	uint8_t request[CRI_REQUEST_BYTES];
	char id[CRI_ID_BYTES];
	size_t size;

	(void)state;
	assert_int_equal(cri_version_request(request), 4);
	assert_memory_equal(request, "\x0a\x02v1", 4);
	assert_int_equal(cri_status_request(request, "a1"), 6);
	assert_memory_equal(request, "\x0a\x02" "a1\x10\x01", 6);
	memset(id, 'f', sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	size = cri_status_request(request, id);
	assert_int_equal(size, 1 + 1 + 127 + 2);
	assert_true(size <= CRI_REQUEST_BYTES);
}

static void versions(void **state)
{
	struct cri_version version;

	(void)state;
	assert_int_equal(cri_version_read(&version, BYTES("\x0a\x05" "0.1.0\x12\x0a" "containerd\x1a\x0a" "1.6.20~ds1\x22\x02v1")),
			 0);
	assert_string_equal(version.name, "containerd");
	assert_string_equal(version.version, "1.6.20~ds1");
	assert_int_equal(cri_version_read(&version, BYTES("")), 0);
	assert_string_equal(version.name, "");
	assert_int_equal(cri_version_read(&version, BYTES("\x12\x03" "a\x1b" "b")), 0);
	assert_string_equal(version.name, "?");
	assert_int_equal(cri_version_read(&version, BYTES("\x12\x7f" "a")), -EBADMSG);
}

struct list {
	char text[2048];
	int stop_at, calls;
};

static int note(void *ctx, const struct cri_sandbox *sandbox)
{
	struct list *list = ctx;
	size_t used = strlen(list->text);

	snprintf(list->text + used, sizeof(list->text) - used, "%s %s/%s %s %lld %s;", sandbox->id,
		 sandbox->pod_namespace, sandbox->pod_name, sandbox->pod_uid, (long long)sandbox->created_wall,
		 sandbox->ready ? "ready" : "stopped");
	return ++list->calls == list->stop_at ? -ECANCELED : 0;
}

/* id a1; metadata shop/cart, uid u1, attempt 3; state; created_at 5; a label; runtime_handler; a field of the future */
#define CART "\x0a\x02" "a1\x12\x10\x0a\x04" "cart\x12\x02" "u1\x1a\x04" "shop"
#define ITEM_CART "\x0a\x30" CART "\x20\x05\x2a\x08\x0a\x02kk\x12\x02vv\x3a\x04runc\xfa\x3e\x05other"
#define ITEM_STOPPED "\x0a\x06\x0a\x02" "a2\x18\x01"

static void lists(void **state)
{
	struct list list = { .text = "" };
	size_t bad = 99;

	(void)state;
	assert_int_equal(cri_list_read(BYTES(ITEM_CART ITEM_STOPPED), note, &list, &bad), 0);
	assert_string_equal(list.text, "a1 shop/cart u1 5 ready;a2 /  0 stopped;");
	assert_int_equal(bad, 0);
	list = (struct list){ .stop_at = 1 };
	assert_int_equal(cri_list_read(BYTES(ITEM_CART ITEM_STOPPED), note, &list, &bad), -ECANCELED);
	assert_int_equal(list.calls, 1);
	/* Nothing of a list that is not whole. */
	list = (struct list){ .calls = 0 };
	for (size_t length = 1; length < sizeof(ITEM_CART) - 1; length++)
		assert_int_equal(cri_list_read((const uint8_t *)ITEM_CART, length, note, &list, &bad), -EBADMSG);
	assert_int_equal(list.calls, 0);
	assert_int_equal(cri_list_read(BYTES(""), note, &list, &bad), 0);
	assert_int_equal(list.calls, 0);
}

/* Without an id, with one that no terminal should see, and with one that is too long; the others are taken. */
static void bad_names(void **state)
{
	static const char start[] = "\x0a\x00\x0a\x04\x0a\x02" "a\x1b" "\x0a\x08\x0a\x02" "a3\x12\x02\x0a\x00";
	struct list list = { .text = "" };
	uint8_t bytes[512];
	size_t size = sizeof(start) - 1, bad;

	(void)state;
	memcpy(bytes, start, size);
	memcpy(bytes + size, "\x0a\x83\x01\x0a\x80\x01", 6);
	memset(bytes + size + 6, 'f', 128);
	size += 6 + 128;
	assert_int_equal(cri_list_read(bytes, size, note, &list, &bad), 0);
	assert_string_equal(list.text, "a3 /  0 ready;");
	assert_int_equal(bad, 3);
}

/* Two bytes a sandbox: what they would take in memory is bounded, and then nothing is believed. */
static void bombs(void **state)
{
	size_t size = 8u << 20, bad;
	uint8_t *bytes = malloc(size);
	struct list list = { .text = "" };

	(void)state;
	assert_non_null(bytes);
	for (size_t i = 0; i < size; i += 2)
		memcpy(bytes + i, "\x0a", 2);
	assert_int_equal(cri_list_read(bytes, size, note, &list, &bad), -EBADMSG);
	assert_int_equal(list.calls, 0);
	free(bytes);
}

static void netns_paths(void **state)
{
	static const struct {
		const char *info, *path; /* NULL: -EBADMSG */
	} cases[] = {
		/* containerd 1.6, 1.7 and 2, CRI-O */
		{ "{\"pid\":7,\"runtimeSpec\":{\"ociVersion\":\"1.0.2\",\"linux\":{\"namespaces\":[{\"type\":\"pid\"},"
		  "{\"type\":\"network\",\"path\":\"/var/run/netns/cni-1\"},{\"type\":\"ipc\"}]}}}",
		  "/var/run/netns/cni-1" },
		/* containerd, the task is gone */
		{ "{\"pid\":0,\"processStatus\":\"deleted\",\"netNamespaceClosed\":false,\"runtimeSpec\":null,"
		  "\"sandboxMetadata\":{\"Version\":\"v1\",\"Metadata\":{\"ID\":\"a1\",\"NetNSPath\":\"/var/run/netns/cni-2\"}}}",
		  "/var/run/netns/cni-2" },
		/* The specification is what the runtime was given; the metadata could be older. */
		{ "{\"runtimeSpec\":{\"linux\":{\"namespaces\":[{\"type\":\"network\",\"path\":\"/a\"}]}},"
		  "\"sandboxMetadata\":{\"Metadata\":{\"NetNSPath\":\"/b\"}}}",
		  "/a" },
		/* CRI-O's sandbox without a process, of before 1.20; the host's network */
		{ "{}", "" },
		{ "{\"runtimeSpec\":{\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\"}]}}}", "" },
		{ "{\"runtimeSpec\":{\"linux\":{\"namespaces\":[{\"type\":\"network\",\"path\":\"\"}]}},"
		  "\"sandboxMetadata\":{\"Metadata\":{\"NetNSPath\":\"\"}}}",
		  "" },
		/* of other types than they should be */
		{ "{\"runtimeSpec\":[],\"sandboxMetadata\":7}", "" },
		{ "{\"runtimeSpec\":{\"linux\":{\"namespaces\":{\"type\":\"network\",\"path\":\"/x\"}}}}", "" },
		{ "{\"runtimeSpec\":{\"linux\":{\"namespaces\":[null,[],{\"type\":7,\"path\":\"/x\"},{\"type\":\"network\",\"path\":7}]}}}",
		  "" },
		{ "", NULL },
		{ "null", NULL },
		{ "[]", NULL },
		{ "{\"runtimeSpec\":", NULL },
		{ "{} x", NULL },
		{ "{\"sandboxMetadata\":{\"Metadata\":{\"NetNSPath\":\"/a\\u001b[31m\"}}}", NULL },
		{ "{\"sandboxMetadata\":{\"Metadata\":{\"NetNSPath\":\"/\xff\"}}}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(free_pointer) char *path = NULL;

		assert_int_equal(cri_netns_path(&path, cases[i].info), cases[i].path ? 0 : -EBADMSG);
		if (cases[i].path)
			assert_string_equal(path, cases[i].path);
		else
			assert_null(path);
	}
}

static void long_path(void **state)
{
	CLEANUP(free_pointer) char *path = NULL;
	char info[8192];

	(void)state;
	snprintf(info, sizeof(info), "{\"sandboxMetadata\":{\"Metadata\":{\"NetNSPath\":\"/%04095d\"}}}", 0);
	assert_int_equal(cri_netns_path(&path, info), -EBADMSG);
	assert_null(path);
}

static void print_ips(const struct cri_status *status, char text[static 256])
{
	*text = '\0';
	for (size_t i = 0; i < status->ip_count; i++) {
		inet_ntop(status->ips[i].family, status->ips[i].bytes, text + strlen(text), 64);
		strcat(text, ";");
	}
}

/* status: id, network 10.0.1.5, fd00::5, a text that is no address; linux.namespaces.options.network */
#define NETWORK "\x2a\x1f\x0a\x08" "10.0.1.5\x12\x09\x0a\x07" "fd00::5\x12\x08\x0a\x06nobody"
#define LINUX(mode) "\x32\x06\x0a\x04\x12\x02\x08" mode

static void statuses(void **state)
{
	struct cri_status status = { .ip_count = 0 };
	const char *reason = NULL;
	char ips[256];

	(void)state;
	assert_int_equal(cri_status_read(&status, BYTES("\x0a\x2d\x0a\x02" "a1" NETWORK LINUX("\x00")
							"\x12\x09\x0a\x05other\x12\x00"
							"\x12\x3c\x0a\x04info\x12\x34"
							"{\"sandboxMetadata\":{\"Metadata\":{\"NetNSPath\":\"/n\"}}}"),
					 &reason), -EBADMSG);
	/* Lengths are of the bytes above: a wrong one is no message. */
	assert_string_equal(reason, "its status cannot be unpacked");
	assert_int_equal(cri_status_read(&status, BYTES("\x0a\x2d\x0a\x02" "a1" NETWORK LINUX("\x00")
							"\x12\x09\x0a\x05other\x12\x00"
							"\x12\x3b\x0a\x04info\x12\x33"
							"{\"sandboxMetadata\":{\"Metadata\":{\"NetNSPath\":\"/n\"}}}"),
					 &reason), 0);
	print_ips(&status, ips);
	assert_string_equal(ips, "10.0.1.5;fd00::5;");
	assert_string_equal(status.netns_path, "/n");
	assert_false(status.host_network);
	free(status.netns_path);
	assert_int_equal(cri_status_read(&status, BYTES("\x0a\x08" LINUX("\x02")), &reason), 0);
	assert_true(status.host_network);
	assert_string_equal(status.netns_path, "");
	free(status.netns_path);
	status.netns_path = NULL;
	assert_int_equal(cri_status_read(&status, BYTES(""), &reason), -EBADMSG);
	assert_int_equal(cri_status_read(&status, BYTES("\x0a\x00\x12\x09\x0a\x04info\x12\x01{"), &reason), -EBADMSG);
	assert_string_equal(reason, "the info in its status is not as containerd and CRI-O write it");
	assert_null(status.netns_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),    cmocka_unit_test(versions),  cmocka_unit_test(lists),
		cmocka_unit_test(bad_names),   cmocka_unit_test(bombs),	    cmocka_unit_test(netns_paths),
		cmocka_unit_test(long_path),   cmocka_unit_test(statuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
