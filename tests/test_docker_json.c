/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a daemon says in JSON.  (The source itself: tests/docker-check.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "docker_json.h"
#include "util.h"

static const char inspected[] =
	"{\"Id\":\"c0ffee\",\"Name\":\"/web\",\"State\":{\"Status\":\"exited\",\"ExitCode\":137,"
	"\"StartedAt\":\"2026-11-21T08:00:00.000000001Z\",\"FinishedAt\":\"2026-11-21T09:00:00+01:00\"},"
	"\"HostConfig\":{\"NetworkMode\":\"bridge\"},\"Config\":{\"Labels\":null},"
	"\"NetworkSettings\":{\"SandboxKey\":\"/run/docker/netns/1\",\"Networks\":{\"a\":null,"
	"\"b\":{\"IPAddress\":\"172.17.0.2\",\"GlobalIPv6Address\":\"\"}}}}";

static void container(void **state)
{
	struct docker_container told;
	char reason[POD_REASON_BYTES];

	(void)state;
	assert_int_equal(docker_container_parse(&told, inspected, strlen(inspected), reason), 0);
	assert_string_equal(told.id, "c0ffee");
	assert_string_equal(told.name, "web");
	assert_string_equal(told.netns_path, "/run/docker/netns/1");
	assert_string_equal(told.joins, "");
	assert_int_equal(told.run, DOCKER_OVER);
	assert_int_equal(told.network, DOCKER_OWN_NETNS);
	assert_true(told.failed);
	assert_int_equal(told.started_wall % NS_PER_S, 1);
	/* An hour to the east it ended before it began: that is the end of another run. */
	assert_int_equal(told.finished_wall, 0);
	assert_int_equal(told.ip_count, 1);
	docker_container_clear(&told);
}

/* A byte less, or another: never is half of it taken for all. */
static void cut_short(void **state)
{
	char reason[POD_REASON_BYTES], text[sizeof(inspected) + 2];
	struct docker_container told;

	(void)state;
	for (size_t length = 0; length < sizeof(inspected) - 1; length++)
		assert_int_equal(docker_container_parse(&told, inspected, length, reason), -EBADMSG);
	snprintf(text, sizeof(text), "%sx", inspected);
	assert_int_equal(docker_container_parse(&told, text, strlen(text), reason), -EBADMSG);
	for (size_t at = 0; at < sizeof(inspected) - 1; at++) {
		memcpy(text, inspected, sizeof(inspected));
		text[at] = '\xff';
		assert_int_equal(docker_container_parse(&told, text, sizeof(inspected) - 1, reason), -EBADMSG);
	}
}

/* What a state means; what no version has said yet is no end. */
static void states(void **state)
{
	static const struct {
		const char *state;
		enum docker_run run;
	} rows[] = {
		{ "\"Status\":\"created\",\"StartedAt\":\"0001-01-01T00:00:00Z\"", DOCKER_NOT_STARTED },
		{ "\"Status\":\"running\",\"StartedAt\":\"2026-11-21T08:00:00Z\"", DOCKER_RUNNING },
		{ "\"Status\":\"paused\",\"StartedAt\":\"2026-11-21T08:00:00Z\"", DOCKER_RUNNING },
		{ "\"Status\":\"stopping\",\"StartedAt\":\"2026-11-21T08:00:00Z\"", DOCKER_RUNNING },
		{ "\"Status\":\"hibernating\",\"StartedAt\":\"2026-11-21T08:00:00Z\"", DOCKER_RUNNING },
		{ "\"Status\":\"running\",\"Restarting\":true,\"StartedAt\":\"2026-11-21T08:00:00Z\"", DOCKER_OVER },
		{ "\"Status\":\"restarting\",\"StartedAt\":\"2026-11-21T08:00:00Z\"", DOCKER_OVER },
		{ "\"Status\":\"exited\",\"StartedAt\":\"2026-11-21T08:00:00Z\"", DOCKER_OVER },
		{ "\"Status\":\"stopped\",\"StartedAt\":\"2026-11-21T08:00:00Z\"", DOCKER_OVER },
		{ "\"Status\":\"dead\",\"StartedAt\":\"2026-11-21T08:00:00Z\"", DOCKER_OVER },
		{ "\"Status\":\"removing\",\"StartedAt\":\"2026-11-21T08:00:00Z\"", DOCKER_OVER },
	};
	char reason[POD_REASON_BYTES], text[512];
	struct docker_container told;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(text, sizeof(text), "{\"Id\":\"1\",\"Name\":\"a\",\"State\":{%s},\"HostConfig\":{\"NetworkMode\":\"none\"}}",
			 rows[i].state);
		assert_int_equal(docker_container_parse(&told, text, strlen(text), reason), 0);
		assert_int_equal(told.run, rows[i].run);
		docker_container_clear(&told);
	}
}

static void versions(void **state)
{
	static const struct {
		const char *text;
		int err;
		unsigned int api;
	} rows[] = {
		{ "{\"Version\":\"20.10.24\",\"ApiVersion\":\"1.41\",\"MinAPIVersion\":\"1.12\"}", 0, 41 },
		{ "{\"Version\":\"29.0.0\",\"ApiVersion\":\"1.52\",\"MinAPIVersion\":\"1.44\"}", 0, 44 },
		{ "{\"Version\":\"40.0.0\",\"ApiVersion\":\"1.90\",\"MinAPIVersion\":\"1.70\"}", 0, 70 },
		{ "{\"Version\":\"1.12\",\"ApiVersion\":\"1.24\"}", 0, 24 },
		{ "{\"Version\":\"1.11\",\"ApiVersion\":\"1.23\"}", -EBADMSG, 0 },
		{ "{\"Version\":\"?\",\"ApiVersion\":\"2.0\"}", -EBADMSG, 0 },
		{ "{\"Version\":\"?\",\"ApiVersion\":\"1.41/../x\"}", -EBADMSG, 0 },
		{ "{}", -EBADMSG, 0 },
	};
	char reason[POD_REASON_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct docker_version told = { .api = 0 };

		assert_int_equal(docker_version_parse(&told, rows[i].text, strlen(rows[i].text), reason), rows[i].err);
		assert_int_equal(told.api, rows[i].api);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(container), cmocka_unit_test(cut_short), cmocka_unit_test(states),
		cmocka_unit_test(versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
