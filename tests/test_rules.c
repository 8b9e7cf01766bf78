/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rule of correlate.h: several sources together, each case a row of a table.  A row is a little story and the
 * whole log that must come of it.
 *
 * A story's steps end with ';'.  The first number is the second at which they happen; a step without one happens at
 * the same time.  The words of a step:
 *
 *   up SOURCE POD...      a whole listing, asked for and shown now
 *   asks SOURCE           a listing begins; it ends with:
 *   told SOURCE [SECOND]  and shows this moment
 *   has SOURCE POD        a pod is told of.  POD is NAME, then any of =ADDRESS (more with +), /UID (else uid-NAME),
 *                         /UID/ALIAS, and a letter: !t Terminating, !s Succeeded, !f Failed, !h host network
 *   drops SOURCE POD [SECOND]   it is gone, since
 *   down SOURCE, absent SOURCE
 *   binds SOURCE NAME NETNS [SECOND]   as of then, by /run/netns/x.  NETNS 0: the path leads to none.  NAME may be
 *                         followed by /UID and #KEY
 *   made NETNS [INUM], freed NETNS, addr NETNS ADDRESS
 *   count NETNS...        a census; the initial netns is 1 and is always there; NETNS=TASKS, NETNS@ADDRESS
 *
 * kube, kubelet and file are authorities over all pods of the node, cri over its own, cni and cgroup over none.  docker
 * and podman, with or without ":SOCKET", tell of containers, over all of which they are authorities: in the namespace
 * Docker or Podman, and with the uid NAME@1 where none is given.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feed.h"
#include "util.h"

#define MOST_WORDS 12

static bool is_authority(const char *source)
{
	return strcmp(source, "cni") && strcmp(source, "cgroup");
}

/* Of containers: their namespace.  Else NULL. */
static const char *containers_of(const char *source)
{
	return !strncmp(source, "docker", 6) ? DOCKER_NAMESPACE : !strncmp(source, "podman", 6) ? PODMAN_NAMESPACE : NULL;
}

/* All pods, or all containers of its own. */
static bool knows_all(const char *source)
{
	return containers_of(source) || !strcmp(source, "kube") || !strcmp(source, "kubelet") || !strcmp(source, "file");
}

static enum evidence evidence_of(const char *source)
{
	return !strncmp(source, "cni", 3) ? EVIDENCE_CNI : !strcmp(source, "cgroup") ? EVIDENCE_CGROUP : EVIDENCE_CRI;
}

/* Cuts text at the mark and returns what stands behind it, or NULL. */
static char *behind(char *text, char mark)
{
	char *at = strchr(text, mark);

	if (!at)
		return NULL;
	*at = '\0';
	return at + 1;
}

static void make_uid(char *uid, size_t size, const char *source, const char *given, const char *name)
{
	if (given)
		snprintf(uid, size, "%s", given);
	else
		snprintf(uid, size, containers_of(source) ? "%s@1" : "uid-%s", name);
}

static void has(struct feed *feed, const char *source, const char *word)
{
	char text[128], uid[64], *flags, *address, *given, *alias = NULL;
	struct ip_address ips[4];
	struct input_pod pod;

	snprintf(text, sizeof(text), "%s", word);
	flags = behind(text, '!');
	address = behind(text, '=');
	given = behind(text, '/');
	alias = given ? behind(given, '/') : NULL;
	make_uid(uid, sizeof(uid), source, given, text);
	pod = feed_pod_of(source, text);
	pod.uid = uid;
	if (containers_of(source)) {
		pod.namespace_ = containers_of(source);
		pod.node = "";
	}
	pod.alias_uid = alias ? alias : "";
	pod.terminating = flags && strchr(flags, 't');
	pod.host_network = flags && strchr(flags, 'h');
	pod.phase = flags && strchr(flags, 's') ? POD_SUCCEEDED : flags && strchr(flags, 'f') ? POD_FAILED : POD_RUNNING;
	pod.ips = ips;
	while (address) {
		char *next = behind(address, '+');

		assert_in_range(pod.ip_count, 0, 3);
		assert_int_equal(ip_address_parse(&ips[pod.ip_count++], address, false), 0);
		address = next;
	}
	feed_pod_input(feed, &pod);
}

static uint64_t seconds_of(const struct feed *feed, const char *word)
{
	return word ? strtoull(word, NULL, 10) : feed->now;
}

static void drops(struct feed *feed, const char *source, const char *name, const char *when)
{
	char text[64], uid[64], *given;

	snprintf(text, sizeof(text), "%s", name);
	given = behind(text, '/');
	make_uid(uid, sizeof(uid), source, given, text);
	assert_int_equal(feed_input(feed, (struct input){
						  .kind = INPUT_POD_GONE,
						  .pod_gone = { source, uid,
								(int64_t)((FEED_EPOCH + seconds_of(feed, when)) * SECOND) } }),
			 0);
}

static void binds(struct feed *feed, const char *source, const char *name, unsigned n, const char *when)
{
	const struct netns *netns = state_by_handle(pipeline_state(feed->pipeline), n);
	char text[64], uid[64], *given, *key;
	const char *namespace_;

	assert_true(!n || netns);
	snprintf(text, sizeof(text), "%s", name);
	key = behind(text, '#');
	given = behind(text, '/');
	make_uid(uid, sizeof(uid), source, given, text);
	if (containers_of(source))
		namespace_ = containers_of(source);
	else
		namespace_ = given ? "" : "shop";
	assert_int_equal(feed_input(feed, (struct input){
						  .kind = INPUT_BINDING,
						  .binding = { .source = source, .evidence = evidence_of(source),
							       .key = key ? key : text, .pod_uid = uid,
							       .pod_namespace = namespace_,
							       .pod_name = *namespace_ ? text : "", .container_id = "",
							       .netns_path = "/run/netns/x",
							       .netns_inum = n ? netns->inum : 0,
							       .as_of_wall = (int64_t)((FEED_EPOCH + seconds_of(feed, when)) *
										       SECOND) } }),
			 0);
}

static void count(struct feed *feed, char **words)
{
	struct counted told[MOST_WORDS] = { { 1, 5, 90, NULL } };
	size_t number = 1;

	for (; *words; words++) {
		char *address = behind(*words, '@'), *tasks = behind(*words, '=');

		told[number++] = (struct counted){ (unsigned)seconds_of(feed, *words), 1,
						   tasks ? (unsigned)seconds_of(feed, tasks) : 0, address };
	}
	feed_census(feed, told, number);
}

static void up(struct feed *feed, const char *source, char **pods)
{
	feed_asked(feed, source, is_authority(source), knows_all(source));
	for (; *pods; pods++)
		has(feed, source, *pods);
	feed_synced(feed, source, is_authority(source), feed->now);
}

static void make(struct feed *feed, unsigned n, const char *inum)
{
	feed_created_as(feed, n, 100 + n, inum ? (unsigned)seconds_of(feed, inum) : 1000 + n, n * 7);
}

static void step(struct feed *feed, char **word)
{
	unsigned n = word[1] ? (unsigned)strtoul(word[1], NULL, 10) : 0;

	if (!strcmp(word[0], "up"))
		up(feed, word[1], word + 2);
	else if (!strcmp(word[0], "asks"))
		feed_asked(feed, word[1], is_authority(word[1]), knows_all(word[1]));
	else if (!strcmp(word[0], "told"))
		feed_synced(feed, word[1], is_authority(word[1]), seconds_of(feed, word[2]));
	else if (!strcmp(word[0], "has"))
		has(feed, word[1], word[2]);
	else if (!strcmp(word[0], "drops"))
		drops(feed, word[1], word[2], word[3]);
	else if (!strcmp(word[0], "down"))
		feed_source(feed, word[1], SOURCE_DOWN, is_authority(word[1]));
	else if (!strcmp(word[0], "absent"))
		feed_source(feed, word[1], SOURCE_ABSENT, is_authority(word[1]));
	else if (!strcmp(word[0], "binds"))
		binds(feed, word[1], word[2], (unsigned)strtoul(word[3], NULL, 10), word[4]);
	else if (!strcmp(word[0], "made"))
		make(feed, n, word[2]);
	else if (!strcmp(word[0], "freed"))
		feed_freed(feed, n);
	else if (!strcmp(word[0], "addr"))
		feed_addr(feed, NNS_ADDR_ADDED, n, word[2]);
	else if (!strcmp(word[0], "count"))
		count(feed, word + 1);
	else
		fail_msg("no such step: %s", word[0]);
}

static void tell_story(struct feed *feed, const char *story)
{
	char text[2048], *line, *rest = text;

	assert_true(strlen(story) < sizeof(text));
	strcpy(text, story);
	while ((line = strsep(&rest, ";"))) {
		char *words[MOST_WORDS + 1] = { NULL }, *word;
		size_t number = 0, first = 0;

		while ((word = strsep(&line, " ")))
			if (*word) {
				assert_true(number < MOST_WORDS);
				words[number++] = word;
			}
		if (number && words[0][0] >= '0' && words[0][0] <= '9')
			feed_until(feed, seconds_of(feed, words[first++]));
		if (first < number)
			step(feed, words + first);
	}
}

/* Pod cart, which kube lists, has netns 2; what led there is not in the log. */
#define CART "1 count; up kube cart; up cni; 10 made 2; binds cni cart 2;"
/* And cri keeps its sandbox. */
#define SANDBOX CART "11 up cri cart; binds cri cart 2;"

/* The same pod with an address, and no CNI cache. */
#define PINNED "1 count; up kube; up cri; 10 made 2; addr 2 10.0.1.5; binds cri cart 2; has cri cart=10.0.1.5; has kube cart=10.0.1.5;"
/* And no runtime to ask. */
#define BY_ADDRESS "1 count; up kube; 10 made 2; addr 2 10.0.1.5; has kube cart=10.0.1.5;"

static const struct story {
	const char *what, *before, *story, *log;
} stories[] = {
	/* One authority. */
	{ "a leak", CART, "100 drops kube cart; 159 count 2; 160 count 2",
	  "100 pod.gone 2 cart\n160 netns.leaked 2 cart +60\n" },
	{ "Terminating is not gone", CART, "100 has kube cart!t; 10000 count 2", "" },
	{ "Succeeded is finished", CART, "100 has kube cart!s; 160 count 2",
	  "100 pod.gone 2 cart\n160 netns.leaked 2 cart +60\n" },
	{ "Failed is finished", CART, "100 has kube cart!f; 160 count 2",
	  "100 pod.gone 2 cart\n160 netns.leaked 2 cart +60\n" },
	{ "finished, then deleted: it ended when it finished", CART, "100 has kube cart!s; 130 drops kube cart; 160 count 2",
	  "100 pod.gone 2 cart\n160 netns.leaked 2 cart +60\n" },
	{ "taken back: it was never gone", CART, "100 drops kube cart; 130 has kube cart; 1000 count 2",
	  "100 pod.gone 2 cart\n" },
	{ "the other machine's clock is slow: not before it was last told of", CART,
	  "100 has kube cart!t; 110 drops kube cart 50; 159 count 2; 160 count 2",
	  "100 pod.gone 2 cart\n160 netns.leaked 2 cart +60\n" },
	{ "the other machine's clock is fast: not after now", CART, "100 drops kube cart 5000; 160 count 2",
	  "100 pod.gone 2 cart\n160 netns.leaked 2 cart +60\n" },

	/* The API server cannot be reached for an hour. */
	{ "nothing is said meanwhile", CART, "100 down kube; 3700 count 2", "100 trace.source_down\n" },
	{ "deleted meanwhile: as of the listing", CART, "100 down kube; 3700 up kube; 3759 count 2; 3760 count 2",
	  "100 trace.source_down\n3700 pod.gone 2 cart\n3760 netns.leaked 2 cart +60\n" },
	{ "deleted meanwhile, and the listing shows an earlier moment", CART,
	  "100 down kube; 3700 asks kube; told kube 3690; 3750 count 2",
	  "100 trace.source_down\n3690 pod.gone 2 cart\n3750 netns.leaked 2 cart +60\n" },
	{ "still there", CART, "100 down kube; 3700 up kube cart; 9000 count 2", "100 trace.source_down\n" },
	{ "gone before the outage: its word stands", CART, "100 drops kube cart; 110 down kube; 160 count 2",
	  "100 pod.gone 2 cart\n110 trace.source_down\n160 netns.leaked 2 cart +60\n" },
	{ "made and leaked meanwhile", CART,
	  "100 down kube; 200 made 3; binds cni till 3; 300 count 2 3; 3700 up kube cart; 3760 count 2 3",
	  "100 trace.source_down\n200 netns.created 3\n200 netns.bound 3 till by cni\n3700 pod.gone 3 till\n"
	  "3760 netns.leaked 3 till +60\n" },
	{ "never in use: it is waited for", CART "20 down kubelet;", "100 drops kube cart; 1000 count 2", "100 pod.gone 2 cart\n" },
	{ "never in use, and said to be absent", CART "20 down kubelet; 50 absent kubelet;", "100 drops kube cart; 160 count 2",
	  "100 pod.gone 2 cart\n160 netns.leaked 2 cart +60\n" },
	{ "absent, and in use after all, then away", CART "50 absent kubelet; 60 up kubelet cart; down kubelet;",
	  "100 drops kube cart; 1000 count 2", "" },
	{ "who was in use is never absent", CART, "20 down kube; 50 absent kube; made 3; binds cni till 3; up file; 1000 count 2 3",
	  "20 trace.source_down\n50 trace.source_down\n50 netns.created 3\n50 netns.bound 3 till by cni\n" },
	{ "a relist that breaks off says nothing", CART, "100 down kube; 3700 asks kube; 3710 down kube; 9000 count 2",
	  "100 trace.source_down\n3710 trace.source_down\n" },
	{ "while it lists again its word is not known", CART,
	  "50 made 3; up file cart till; binds cni till 3; 60 down kube; 100 up file cart; 200 asks kube; count 2 3;"
	  "300 has kube cart; has kube till; told kube; 1000 count 2 3",
	  "50 netns.created 3\n50 netns.bound 3 till by cni\n60 trace.source_down\n100 pod.gone 3 till\n" },

	/* The runtime keeps the sandbox. */
	{ "gone from the API, its sandbox kept", SANDBOX, "100 drops kube cart; 10000 count 2", "" },
	{ "kept, then let go: the grace runs from there, the age from the deletion", SANDBOX,
	  "100 drops kube cart; 5000 drops cri cart; 5059 count 2; 5060 count 2",
	  "100 pod.gone 2 cart\n5060 netns.leaked 2 cart +4960\n" },
	{ "kept, let go and freed", SANDBOX, "100 drops kube cart; 5000 drops cri cart; 5001 freed 2; 9000 count",
	  "100 pod.gone 2 cart\n5001 netns.dying 2 cart\n5001 netns.freed 2 cart +4901\n" },
	{ "Succeeded, its sandbox kept for the logs", SANDBOX, "100 has kube cart!s; 10000 count 2", "" },
	{ "gone from the runtime, not from the API", SANDBOX, "100 drops cri cart; 10000 count 2", "" },
	{ "Terminating, its sandbox gone, kept by a finalizer: the age is from the runtime's word, the grace from the API's", SANDBOX,
	  "100 has kube cart!t; 101 drops cri cart; 9999 count 2; 10000 drops kube cart; 10059 count 2; 10060 count 2",
	  "101 pod.gone 2 cart\n10060 netns.leaked 2 cart +9959\n" },
	{ "the runtime first, then the API", SANDBOX, "100 drops cri cart; 130 drops kube cart; 189 count 2; 190 count 2",
	  "100 pod.gone 2 cart\n190 netns.leaked 2 cart +90\n" },
	{ "the runtime is down: it may have kept it", SANDBOX, "90 down cri; 100 drops kube cart; 10000 count 2",
	  "90 trace.source_down\n" },
	{ "the runtime comes back and has it", SANDBOX,
	  "90 down cri; 100 drops kube cart; 200 up cri cart; 10000 count 2", "90 trace.source_down\n" },
	{ "the runtime comes back without it", SANDBOX,
	  "90 down cri; 100 drops kube cart; 200 up cri; 259 count 2; 260 count 2",
	  "90 trace.source_down\n100 pod.gone 2 cart\n260 netns.leaked 2 cart +160\n" },
	{ "the runtime dies, the weaker ones bind on, and it is waited for", SANDBOX,
	  "90 down cri; 95 made 3; has kube till; binds cni till 3; 200 drops kube till; 300 count 2=1 3;"
	  "400 up cri cart; count 2=1 3",
	  "90 trace.source_down\n95 netns.created 3\n95 netns.bound 3 till by cni\n200 pod.gone 3 till\n"
	  "400 netns.leaked 3 till +200\n" },
	{ "the runtime alone, with no API at all", "1 count; 10 made 2; up cri cart; binds cri cart 2;",
	  "100 drops cri cart; 160 count 2", "100 pod.gone 2 cart\n160 netns.leaked 2 cart +60\n" },

	/* Two authorities of one kind. */
	{ "the file is older than the API's word", CART "20 up file cart;", "100 drops kube cart; 10000 count 2", "" },
	{ "the file is written anew", CART "20 up file cart;", "100 drops kube cart; 1000 up file; 1060 count 2",
	  "100 pod.gone 2 cart\n1060 netns.leaked 2 cart +960\n" },
	{ "the file goes away", CART "20 up file cart;", "90 down file; 100 drops kube cart; 1000 count 2",
	  "90 trace.source_down\n" },

	/* Containers, which one daemon knows, and nobody else. */
	{ "docker knows nothing of containerd's pods", CART, "20 up docker; 10000 count 2", "" },
	{ "docker ends its own alone", CART,
	  "20 made 3; up docker web; binds docker web 3; 100 up docker; 160 count 2 3",
	  "20 netns.created 3\n20 netns.bound 3 web by cri\n100 pod.gone 3 web\n160 netns.leaked 3 web +60\n" },
	{ "docker's container is not in the API, whose listing is newer", "1 count; 10 made 3; up docker web; binds docker web 3;",
	  "20 up kube; 100 drops docker web; 160 count 3", "100 pod.gone 3 web\n160 netns.leaked 3 web +60\n" },
	{ "nor does the API matter to it that cannot be reached", "1 count; 10 made 3; up docker web; binds docker web 3;",
	  "20 up kube; 30 down kube; 100 drops docker web; 160 count 3",
	  "30 trace.source_down\n100 pod.gone 3 web\n160 netns.leaked 3 web +60\n" },
	{ "nor is docker waited for with a pod", CART, "20 up docker; 30 down docker; 100 drops kube cart; 160 count 2",
	  "30 trace.source_down\n100 pod.gone 2 cart\n160 netns.leaked 2 cart +60\n" },
	{ "docker is waited for with its own", "1 count; 10 made 3; up docker web; binds docker web 3;",
	  "20 down docker; 9000 count 3; 9010 up docker; 9070 count 3",
	  "20 trace.source_down\n9010 pod.gone 3 web\n9070 netns.leaked 3 web +60\n" },
	{ "known by an earlier session, and not in docker's listing", "1 count; 10 made 3; binds docker web 3;",
	  "20 up docker; 80 count 3", "20 pod.gone 3 web\n80 netns.leaked 3 web +60\n" },
	{ "nor in podman's, whose it is not", "1 count; 10 made 3; binds docker web 3;", "20 up podman; up kube; 9000 count 3", "" },
	{ "started while docker listed", "1 count; 10 asks docker; 11 made 3; binds docker web 3;", "12 told docker; 9000 count 3", "" },
	{ "one of two daemons has it not, the other has", "1 count; 10 made 3; up docker:a web; binds docker:a web 3;",
	  "20 up docker:b; 9000 count 3", "" },
	{ "one of two daemons has it not, the other cannot be asked", "1 count; 10 made 3; binds docker:a web 3; down docker:a;",
	  "20 up docker:b; 9000 count 3", "20 pod.gone 3 web\n" },
	{ "one of two daemons has it not: it goes when the other lets it go", "1 count; 10 made 3; up docker:a web; binds docker:a web 3;",
	  "20 up docker:b; 1000 drops docker:a web; 1060 count 3", "1000 pod.gone 3 web\n1060 netns.leaked 3 web +60\n" },
	/* Said again when it has ended; the inode number is another's by then, made within the slack. */
	{ "short-lived, and another netns of its number", "1 count; 10 made 3 1003; up docker web; binds docker web 3 10; freed 3;",
	  "11 made 4 1003; has docker web!s; binds docker web 4 10; 9000 count 4",
	  "11 netns.created 4\n11 pod.gone web\n" },
	{ "short-lived, and the next container's netns", "1 count; 10 made 3 1003; up docker web; binds docker web 3 10; freed 3;",
	  "11 made 4 1003; has docker web!s; binds docker web 4 10; has docker till; binds docker till 4; 9000 count 4=1",
	  "11 netns.created 4\n11 pod.gone web\n11 netns.bound 4 till by cri\n" },
	{ "the same, its own netns pinned", "1 count; 10 made 3; up docker web; binds docker web 3 10;",
	  "11 has docker web!s; binds docker web 3 10; 71 count 3", "11 pod.gone 3 web\n71 netns.leaked 3 web +60\n" },

	{ "weak sources end nothing", "1 count; up cni; up cgroup; 10 made 2; binds cgroup cart 2;",
	  "100 up cgroup; up cni; 10000 count 2", "" },

	/* Never listed. */
	{ "not in a listing that was asked for after it was bound", "1 count; 10 made 2; binds cni cart 2;",
	  "11 up kube; 71 count 2", "11 pod.gone 2 cart\n71 netns.leaked 2 cart +60\n" },
	{ "known to the file alone, and not in a listing asked for later", "1 count; up kube; 10 made 2; up file cart=10.0.1.5; addr 2 10.0.1.5;",
	  "20 up kube; 30 up file; 90 count 2", "20 pod.gone 2 cart\n90 netns.leaked 2 cart +70\n" },
	{ "not in one that was asked for before", "1 count; 10 asks kube; 11 made 2; binds cni cart 2;",
	  "12 told kube; 1000 count 2", "" },
	{ "bound later by a statement from before the listing", "1 count; 10 made 2; 20 up kube;",
	  "30 binds cni cart 2 12; 80 count 2", "30 netns.bound 2 cart by cni\n20 pod.gone 2 cart\n80 netns.leaked 2 cart +60\n" },
	{ "not in the runtime's, which may be making it", "1 count; 10 made 2; binds cni cart 2;", "11 up cri; 1000 count 2",
	  "" },
	{ "its netns is told of after its end", "1 count; up kube; 10 made 2; has kube cart; 20 drops kube cart;",
	  "25 binds cni cart 2 12; 80 count 2", "25 netns.bound 2 cart by cni\n20 pod.gone 2 cart\n80 netns.leaked 2 cart +60\n" },

	/* Static pods and their mirrors. */
	{ "a static pod without a mirror", "1 count; 10 made 2; binds cgroup web/2f1c0000111122223333444455556666 2;",
	  "20 up kube; 10000 count 2", "" },
	{ "its mirror is listed", "1 count; 10 made 2; binds cgroup web/2f1c0000111122223333444455556666 2;",
	  "20 up kube web-worker-1/m1/2f1c0000111122223333444455556666; 30 up kube; 90 count 2",
	  "30 pod.gone 2 web-worker-1\n90 netns.leaked 2 web-worker-1 +60\n" },
	{ "of which the kubelet tells", "1 count; up kubelet web/2f1c0000111122223333444455556666; 10 made 2;"
	  "binds cri web/2f1c0000111122223333444455556666 2;", "100 drops kubelet web/2f1c0000111122223333444455556666; 160 count 2",
	  "100 pod.gone 2 web\n160 netns.leaked 2 web +60\n" },
	{ "on the host's network, as most are", "1 count; up kube web/m1/a1=10.0.0.1!h; addr 1 10.0.0.1;",
	  "binds cri web/a1 1; 100 up kube; 10000 count", "100 pod.gone web\n" },
	{ "a mirror made anew", "1 count; up kube web/m1/a1; 10 made 2; binds cri web/a1 2;",
	  "100 drops kube web/m1; 101 has kube web/m2/a1; 10000 count 2", "100 pod.gone 2 web\n" },
	{ "who speaks of the old mirror means nobody", "1 count; up kube web/m1/a1; up file web/m1/a1; 10 made 2; binds cri web/a1 2;",
	  "100 up kube web/m2/a1; 101 up file web/m2/a1; 110 drops kube web/m1; 10000 count 2", "" },
	{ "the runtime keeps it while its mirror is made anew",
	  "1 count; up kube web/m1/a1; up cri web/a1; 10 made 2; binds cri web/a1 2;",
	  "100 drops kube web/m1; 1000 has kube web/m2/a1; 10000 count 2", "" },

	/* Networks. */
	{ "the host's network binds nothing", "1 count; up kube agent=10.0.0.1!h; 10 made 2; addr 2 10.0.0.1;",
	  "binds cni agent 2; 100 up kube; 10000 count 2=1", "100 pod.gone agent\n" },
	{ "several networks, several statements, one netns",
	  CART, "20 binds cni cart#net1 2; binds cni cart#net2 2; 100 drops kube cart; 160 count 2",
	  "100 pod.gone 2 cart\n160 netns.leaked 2 cart +60\n" },
	{ "one pod, two netns: both are its own, and one is freed",
	  CART, "20 made 3; binds cni cart#second 3; 100 drops kube cart; 110 freed 3; 160 count 2",
	  "20 netns.created 3\n20 netns.bound 3 cart by cni\n100 pod.gone 2 cart\n100 pod.gone 3 cart\n110 netns.dying 3 cart\n"
	  "110 netns.freed 3 cart +10\n160 netns.leaked 2 cart +60\n" },
	{ "two families: bound once, by either", "1 count; up kube; 10 made 2; addr 2 fd00::5; addr 2 10.0.1.5;",
	  "11 has kube cart=10.0.1.5+fd00::5; 100 drops kube cart; 160 count 2",
	  "11 netns.bound 2 cart by ip\n100 pod.gone 2 cart\n160 netns.leaked 2 cart +60\n" },

	/* Two pods in one netns. */
	{ "says one source: they share it", SANDBOX, "20 has kube till; binds cri till 2; 21 binds cri till 2", "20 netns.shared 2 cart\n" },
	{ "say two: one is wrong", SANDBOX, "20 has kube till; binds cni till 2", "20 netns.contradicted 2 cart\n" },
	{ "containers may", "1 count; 10 made 2; up docker a/11 b/22; binds docker a/11 2;", "20 binds docker b/22 2", "" },
	{ "the first goes: it is the other's", SANDBOX,
	  "20 has kube till; binds cri till 2; 100 drops kube cart; drops cri cart; 10000 count 2=1; drops kube till; 10060 count 2",
	  "20 netns.shared 2 cart\n100 pod.gone 2 cart\n100 netns.bound 2 till by cri\n10000 pod.gone 2 till\n"
	  "10060 netns.leaked 2 till +60\n" },
	{ "the other goes: it is still the first's", SANDBOX, "20 has kube till; binds cri till 2; 100 drops kube till; 10000 count 2=1",
	  "20 netns.shared 2 cart\n100 pod.gone till\n" },
	{ "both go", SANDBOX, "20 has kube till; binds cri till 2; 100 drops kube till; drops kube cart; drops cri cart; 160 count 2",
	  "20 netns.shared 2 cart\n100 pod.gone till\n100 pod.gone 2 cart\n160 netns.leaked 2 cart +60\n" },

	/* In the node's own. */
	{ "bound, then listed", "1 count; up kube; up cri; 10 binds cri cart 1;", "20 has kube cart; 30 has kube cart", "20 netns.host_used 1 cart\n" },
	{ "listed, then bound", "1 count; up kube cart;", "20 binds cri cart 1; binds cri cart 1", "20 netns.host_used 1 cart\n" },
	{ "on the host's network", "1 count; up kube cart!h;", "20 binds cri cart 1; up cri cart; 30 up kube cart!h", "" },
	{ "Terminating", "1 count; up kube cart!t;", "20 binds cri cart 1", "" },
	{ "a process of the pod says little", "1 count; up kube cart;", "20 binds cgroup cart 1", "" },
	{ "nobody lists it", "1 count; up kube;", "20 binds cri cart 1", "" },
	{ "a container may", "1 count; up docker a/11;", "20 binds docker a/11 1", "" },

	/* The sandbox's path. */
	{ "leads to none", SANDBOX, "100 binds cri cart 0; 101 binds cri cart 0; 159 count 2=1; 160 count 2=1; 9000 count 2=1",
	  "160 netns.path_lost 2 cart +60\n" },
	{ "leads to another", SANDBOX, "100 made 3; binds cri cart 3; 160 count 2 3=1",
	  "100 netns.created 3\n100 netns.bound 3 cart by cri\n160 netns.path_lost 2 cart +60\n" },
	{ "leads there again", SANDBOX, "100 binds cri cart 0; 130 binds cri cart 2; 9000 count 2=1", "" },
	{ "the netns is freed", SANDBOX, "100 binds cri cart 0; 130 freed 2; 9000 count",
	  "130 netns.dying 2 cart\n130 netns.freed 2 cart\n" },
	{ "the pod is Terminating", SANDBOX, "100 binds cri cart 0; 130 has kube cart!t; 9000 count 2=1", "" },
	{ "the pod goes: it is a leak", SANDBOX, "100 binds cri cart 0; 130 drops kube cart; drops cri cart; 190 count 2",
	  "130 pod.gone 2 cart\n190 netns.leaked 2 cart +60\n" },
	{ "the API is down: it may be going", SANDBOX, "90 down kube; 100 binds cri cart 0; 160 count 2=1; 200 up kube cart; count 2=1",
	  "90 trace.source_down\n200 netns.path_lost 2 cart +100\n" },
	{ "a source that did not bind it", SANDBOX, "100 binds cni cart 0; 9000 count 2=1", "" },
	{ "another that knew as much", "1 count; up kube cart; 10 made 2; binds cni:calls cart 2; 11 binds cni cart 2;",
	  "100 binds cni cart 0; 160 count 2=1", "160 netns.path_lost 2 cart +60\n" },
	{ "... and leads there again", "1 count; up kube cart; 10 made 2; binds cni:calls cart 2; 11 binds cni cart 2;",
	  "100 binds cni cart 0; 130 binds cni cart 2; 9000 count 2=1", "" },

	/* Addresses. */
	{ "reused at once", "1 count; up kube; 10 made 2; addr 2 10.0.1.5; 11 has kube cart=10.0.1.5; 90 drops kube cart; freed 2;",
	  "91 has kube till=10.0.1.5; made 3; addr 3 10.0.1.5; 10000 count 3=1",
	  "91 netns.created 3\n91 netns.bound 3 till by ip\n" },
	{ "reused at once, the old netns pinned, both known by the runtime", PINNED,
	  "90 drops kube cart; drops cri cart; 91 made 3; addr 3 10.0.1.5; binds cri till 3; has cri till=10.0.1.5; has kube till=10.0.1.5;"
	  "150 count 2@10.0.1.5 3=1@10.0.1.5; 151 count 2@10.0.1.5 3=1@10.0.1.5; 9000 count 2@10.0.1.5 3=1@10.0.1.5",
	  "90 pod.gone 2 cart\n91 netns.created 3\n91 netns.bound 3 till by cri\n150 netns.leaked 2 cart +60\n"
	  "151 netns.ip_conflict 2/3 cart\n" },
	{ "the same, the new pod listed before the old one is let go", PINNED,
	  "90 has kube cart=10.0.1.5!t; 91 made 3; addr 3 10.0.1.5; binds cri till 3; 92 has kube till=10.0.1.5;"
	  "95 drops kube cart; drops cri cart; 155 count 2@10.0.1.5 3=1@10.0.1.5; 9000 count 2@10.0.1.5 3=1@10.0.1.5",
	  "91 netns.created 3\n91 netns.bound 3 till by cri\n95 pod.gone 2 cart\n155 netns.leaked 2 cart +60\n"
	  "155 netns.ip_conflict 2/3 cart\n" },
	{ "the same, the old netns freed within the grace", PINNED,
	  "90 drops kube cart; drops cri cart; 91 made 3; addr 3 10.0.1.5; binds cri till 3; has kube till=10.0.1.5;"
	  "140 freed 2; 9000 count 3=1@10.0.1.5",
	  "90 pod.gone 2 cart\n91 netns.created 3\n91 netns.bound 3 till by cri\n140 netns.dying 2 cart\n"
	  "140 netns.freed 2 cart +50\n" },
	{ "nothing but addresses: the leak is the old pod's, and of the new one nothing is said", BY_ADDRESS,
	  "90 drops kube cart; 91 made 3; addr 3 10.0.1.5; 92 has kube till=10.0.1.5; 152 count 2@10.0.1.5 3=1@10.0.1.5;"
	  "9000 count 2@10.0.1.5 3=1@10.0.1.5",
	  "90 pod.gone 2 cart\n91 netns.created 3\n152 netns.leaked 2 cart +62\n152 netns.ip_conflict 2/3 cart\n" },
	{ "the same, made before the old one's end is told", BY_ADDRESS,
	  "90 made 3; addr 3 10.0.1.5; 92 drops kube cart; 93 has kube till=10.0.1.5; 153 count 2@10.0.1.5 3=1@10.0.1.5",
	  "90 netns.created 3\n92 pod.gone 2 cart\n153 netns.leaked 2 cart +61\n153 netns.ip_conflict 2/3 cart\n" },
	{ "the new one's netns goes first: what is left does not become its", BY_ADDRESS,
	  "90 drops kube cart; 91 made 3; addr 3 10.0.1.5; 92 has kube till=10.0.1.5; 100 freed 3; 150 count 2@10.0.1.5;"
	  "200 drops kube till; 9000 count 2@10.0.1.5",
	  "90 pod.gone 2 cart\n91 netns.created 3\n100 netns.dying 3\n100 netns.freed 3\n150 netns.leaked 2 cart +60\n"
	  "200 pod.gone till\n" },
	{ "made while the old pod ends, and rivalled for a moment: it is the new pod's", "1 count; up kube; 10 has kube cart=10.0.1.5!t;",
	  "20 made 3; addr 3 10.0.1.5; 21 has kube cart=10.0.1.5!t; 22 made 4; addr 4 10.0.1.5; 23 freed 4; 30 drops kube cart;"
	  "31 has kube till=10.0.1.5; 100 count 3=1@10.0.1.5; 9000 count 3=1@10.0.1.5",
	  "20 netns.created 3\n22 netns.created 4\n23 netns.dying 4\n23 netns.freed 4\n30 pod.gone cart\n31 netns.bound 3 till by ip\n" },
	{ "rivalled by an older one: the last that was made is no heir", "1 count; up kube; 5 made 4; addr 4 10.0.1.5;",
	  "20 made 3; addr 3 10.0.1.5; 23 freed 4; 24 has kube cart=10.0.1.5; 30 drops kube cart; 31 has kube till=10.0.1.5;"
	  "100 count 3=1@10.0.1.5; 9000 count 3=1@10.0.1.5",
	  "20 netns.created 3\n23 netns.dying 4\n23 netns.freed 4\n24 netns.bound 3 cart by ip\n30 pod.gone 3 cart\n"
	  "31 netns.bound 3 till by ip\n" },
	{ "the second family's address alone is reused", PINNED,
	  "20 has kube cart=10.0.1.5+fd00::5; addr 2 fd00::5; 90 drops kube cart; drops cri cart;"
	  "91 made 3; addr 3 10.0.1.6; addr 3 fd00::5; binds cri till 3; has kube till=10.0.1.6+fd00::5;"
	  "150 count 2@fd00::5 3=1@fd00::5; 151 count 2@fd00::5 3=1@fd00::5",
	  "90 pod.gone 2 cart\n91 netns.created 3\n91 netns.bound 3 till by cri\n150 netns.leaked 2 cart +60\n"
	  "151 netns.ip_conflict 2/3 cart\n" },
	{ "a further network's address is reused", PINNED,
	  "20 has kube cart=10.0.1.5+192.168.7.5; addr 2 192.168.7.5; binds cni cart#net1 2; 90 drops kube cart; drops cri cart;"
	  "91 made 3; addr 3 192.168.7.5; binds cri till 3; binds cni till#net1 3; has kube till=10.0.1.6+192.168.7.5;"
	  "150 count 2@192.168.7.5 3=1@192.168.7.5; 151 count 2@192.168.7.5 3=1@192.168.7.5",
	  "90 pod.gone 2 cart\n91 netns.created 3\n91 netns.bound 3 till by cri\n150 netns.leaked 2 cart +60\n"
	  "151 netns.ip_conflict 2/3 cart\n" },
	{ "one address of two families reused: the other binds no one", BY_ADDRESS,
	  "20 has kube cart=10.0.1.5+fd00::5; addr 2 fd00::5; 90 drops kube cart; 91 made 3; addr 3 10.0.1.5; addr 3 fd00::6;"
	  "92 has kube till=10.0.1.5+fd00::6; 152 count 2@10.0.1.5 3=1@10.0.1.5; 200 drops kube till; 9000 count 2@10.0.1.5",
	  "90 pod.gone 2 cart\n91 netns.created 3\n92 netns.bound 3 till by ip\n152 netns.leaked 2 cart +62\n"
	  "152 netns.ip_conflict 2/3 cart\n200 pod.gone 3 till\n" },
	{ "reused while both are listed: whose it is cannot be said", "1 count; up kube; 10 made 2; addr 2 10.0.1.5; 11 has kube cart=10.0.1.5; freed 2;",
	  "20 has kube till=10.0.1.5; made 3; addr 3 10.0.1.5; 40 drops kube cart",
	  "20 netns.created 3\n40 pod.gone cart\n40 netns.bound 3 till by ip\n" },
	{ "reused while the API is down: it is not the old pod's",
	  "1 count; up kube; 10 made 2; addr 2 10.0.1.5; 11 has kube cart=10.0.1.5; 20 down kube; freed 2;",
	  "30 made 3; addr 3 10.0.1.5; 200 up kube till=10.0.1.5; 10000 count 3=1",
	  "30 netns.created 3\n200 pod.gone cart\n200 netns.bound 3 till by ip\n" },
	{ "an address that was listed before the netns was made is another's", "1 count; up kube cart=10.0.1.5; 10 made 2;",
	  "addr 2 10.0.1.5; 20 has kube cart=10.0.1.5", "20 netns.bound 2 cart by ip\n" },
	{ "not reused: the listing binds what the outage left open",
	  "1 count; up kube cart=10.0.1.5; 20 down kube;", "30 made 3; addr 3 10.0.1.5; 200 up kube cart=10.0.1.5",
	  "30 netns.created 3\n200 netns.bound 3 cart by ip\n" },
};

static void all_stories(void **state)
{
	size_t i, wrong = 0;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(stories); i++) {
		struct feed feed;

		feed_open_with(&feed, 60, 60, 1000000);
		tell_story(&feed, stories[i].before);
		feed.log[0] = '\0';
		tell_story(&feed, stories[i].story);
		if (strcmp(feed.log, stories[i].log)) {
			print_error("%s:\n--- expected\n%s--- logged\n%s---\n", stories[i].what, stories[i].log, feed.log);
			wrong++;
		}
		feed_close(&feed);
	}
	assert_int_equal(wrong, 0);
}

/* A restart in the middle of a grace that began long after the deletion. */
static int restored_to(void *ctx, const struct input_restored *memory)
{
	return feed_input(ctx, (struct input){ .kind = INPUT_RESTORED, .restored = *memory });
}

static void restart(void **state)
{
	struct feed first, second;

	(void)state;
	feed_open(&first);
	tell_story(&first, SANDBOX "100 drops kube cart; 5000 drops cri cart");
	feed_open(&second);
	feed_until(&second, 5010);
	assert_int_equal(pipeline_remember(first.pipeline, restored_to, &second), 0);
	tell_story(&second, "up kube; up cri; count 2; 5059 count 2");
	expect(&second, "5010 netns.created 1\n5010 netns.created 2\n5010 netns.bound 2 cart by cri\n"
			"100 pod.gone 2 cart\n");
	tell_story(&second, "5060 count 2");
	expect(&second, "5060 netns.leaked 2 cart +4960\n");
	feed_close(&first);
	feed_close(&second);
}

/* What the state file remembers, the source says again: it is the source's from then on, also when the path is lost. */
static void restart_and_path(void **state)
{
	struct feed first, second;

	(void)state;
	feed_open(&first);
	tell_story(&first, SANDBOX);
	feed_open(&second);
	feed_until(&second, 50);
	assert_int_equal(pipeline_remember(first.pipeline, restored_to, &second), 0);
	tell_story(&second, "up kube cart; up cri cart; count 2=1; binds cri cart 2 11; 100 binds cri cart 0; 160 count 2=1");
	expect(&second, "50 netns.created 1\n50 netns.created 2\n50 netns.bound 2 cart by cri\n"
			"160 netns.path_lost 2 cart +60\n");
	tell_story(&second, "170 has kube till; binds cri till 2");
	expect(&second, "170 netns.shared 2 cart\n");
	feed_close(&first);
	feed_close(&second);
}

/* Each network of a pod that nobody lists has a statement of its own: the addresses of all are the pod's. */
static int note_ips(void *ctx, const struct input_restored *memory)
{
	size_t *count = ctx;

	assert_string_equal(memory->pod_name, "cart");
	assert_memory_equal(memory->ips[0].bytes, ((const uint8_t[]){ 10, 0, 1, 5 }), 4);
	*count = memory->ip_count;
	return 0;
}

static void several_networks(void **state)
{
	static const struct ip_address ips[] = { { .family = 2, .bytes = { 10, 0, 1, 5 } },
						 { .family = 10, .bytes = { 0xfd, [15] = 5 } },
						 { .family = 2, .bytes = { 192, 168, 7, 5 } },
						 { .family = 2, .bytes = { 127, 0, 0, 1 } } };
	static const struct {
		const char *key;
		size_t first, count, all;
	} steps[] = { { "eth0", 0, 2, 2 }, { "net1", 1, 3, 3 }, { "eth0", 0, 2, 3 } };
	struct feed feed;
	size_t i, count = 0;

	(void)state;
	feed_open(&feed);
	tell_story(&feed, "1 count; 10 made 2");
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		struct input_binding told = {
			.source = "cni", .evidence = EVIDENCE_CNI, .key = steps[i].key, .pod_uid = "uid-cart",
			.pod_namespace = "shop", .pod_name = "cart", .container_id = "", .netns_path = "",
			.netns_inum = 1002, .ips = ips + steps[i].first, .ip_count = steps[i].count,
			.as_of_wall = (int64_t)((FEED_EPOCH + 11) * SECOND),
		};

		assert_int_equal(feed_input(&feed, (struct input){ .kind = INPUT_BINDING, .binding = told }), 0);
		assert_int_equal(pipeline_remember(feed.pipeline, note_ips, &count), 0);
		assert_int_equal(count, steps[i].all);
	}
	expect(&feed, "1 netns.created 1\n10 netns.created 2\n10 netns.bound 2 cart by cni\n");
	feed_close(&feed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_stories),
		cmocka_unit_test(restart),
		cmocka_unit_test(restart_and_path),
		cmocka_unit_test(several_networks),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
