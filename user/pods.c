/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "pods.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

static char *key_text(char type, const char *a, const char *b)
{
	return b ? formatted("%c%s/%s", type, a, b) : formatted("%c%s", type, a);
}

static struct pod_key *key_find(const struct pods *pods, char type, const char *a, const char *b)
{
	CLEANUP(free_pointer) char *text = key_text(type, a, b);
	struct pod_key *key = NULL;

	if (text)
		HASH_FIND_STR(pods->keys, text, key);
	return key;
}

/* The newest pod of a name has the key; an older one, which is gone, is found by its uid only. */
static int key_set(struct pods *pods, struct pod_entry *entry, char type, const char *a, const char *b)
{
	struct pod_key *key = key_find(pods, type, a, b), **link;

	if (key && key->entry == entry)
		return 0;
	if (key) {
		for (link = &key->entry->keys; *link != key; link = &(*link)->next)
			;
		*link = key->next;
	} else {
		key = calloc(1, sizeof(*key));
		if (!key)
			return -1;
		key->text = key_text(type, a, b);
		if (!key->text) {
			free(key);
			return -1;
		}
		HASH_ADD_KEYPTR(hh, pods->keys, key->text, strlen(key->text), key);
		if (!key->hh.tbl) {
			free(key->text);
			free(key);
			return -1;
		}
	}
	key->entry = entry;
	key->next = entry->keys;
	entry->keys = key;
	return 0;
}

struct pod_entry *pods_find(const struct pods *pods, const char *uid, const char *namespace_,
			    const char *name)
{
	struct pod_key *key = *uid ? key_find(pods, 'u', uid, NULL) : NULL;

	if (key)
		return key->entry;
	key = *name ? key_find(pods, 'n', namespace_, name) : NULL;
	/* Two different uids under one name are two pods, and so is a name whose pod is gone: the second took
	 * the name over. */
	if (key && *uid && (*key->entry->pod.uid || key->entry->pod.gone))
		return NULL;
	return key ? key->entry : NULL;
}

static struct pod_entry *pod_new(struct pods *pods)
{
	struct pod_entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->next = pods->first;
	if (entry->next)
		entry->next->previous = entry;
	pods->first = entry;
	pods->count++;
	return entry;
}

static void key_free(struct pods *pods, struct pod_key **link)
{
	struct pod_key *key = *link;

	*link = key->next;
	HASH_DEL(pods->keys, key);
	free(key->text);
	free(key);
}

/* A mirror was made anew, with another uid: who still speaks of the former means a pod that is no more. */
static void drop_old_mirror(struct pods *pods, struct pod_entry *entry, const char *alias_uid)
{
	struct pod_key **link = &entry->keys;

	if (!strcmp(entry->pod.uid, alias_uid))
		return;
	while (*link && ((*link)->text[0] != 'u' || strcmp((*link)->text + 1, entry->pod.uid)))
		link = &(*link)->next;
	if (*link)
		key_free(pods, link);
}

struct pod_entry *pods_get(struct pods *pods, const char *uid, const char *alias_uid, const char *namespace_,
			   const char *name)
{
	struct pod_entry *entry = pods_find(pods, uid, namespace_, name);
	struct pod_key *alias = *alias_uid ? key_find(pods, 'u', alias_uid, NULL) : NULL;
	bool new = false;

	/* The runtime may have told of a static pod before its mirror is listed: they are one. */
	if (!entry && alias) {
		entry = alias->entry;
		drop_old_mirror(pods, entry, alias_uid);
	}
	if (!entry) {
		entry = pod_new(pods);
		new = true;
	}
	if (!entry)
		return NULL;
	if ((*uid && key_set(pods, entry, 'u', uid, NULL) < 0) ||
	    (*alias_uid && key_set(pods, entry, 'u', alias_uid, NULL) < 0) ||
	    (*name && key_set(pods, entry, 'n', namespace_, name) < 0) ||
	    ((*uid || !entry->pod.uid) && replace_text(&entry->pod.uid, uid) < 0) ||
	    ((*name || !entry->pod.name) && replace_text(&entry->pod.name, name) < 0) ||
	    ((*namespace_ || !entry->pod.namespace_) &&
	     replace_text(&entry->pod.namespace_, namespace_) < 0) ||
	    (!entry->pod.node && replace_text(&entry->pod.node, "") < 0)) {
		if (new)
			pods_free(pods, entry);
		return NULL;
	}
	return entry;
}

void pods_forget_name(struct pods *pods, struct pod_entry *entry)
{
	struct pod_key **link = &entry->keys;

	while (*link) {
		if ((*link)->text[0] == 'n')
			key_free(pods, link);
		else
			link = &(*link)->next;
	}
}

bool pod_is_overdue(const struct pod *pod, uint64_t now, uint64_t grace)
{
	return pod->gone && now > pod->released_at + grace;
}

bool pod_is_elsewhere(const struct pod *pod)
{
	return pod->node && pod->node[0] && !pod->here;
}

void pods_free(struct pods *pods, struct pod_entry *entry)
{
	while (entry->keys)
		key_free(pods, &entry->keys);
	if (entry->previous)
		entry->previous->next = entry->next;
	else
		pods->first = entry->next;
	if (entry->next)
		entry->next->previous = entry->previous;
	pods->count--;
	pods->here -= entry->pod.here;
	pods->elsewhere -= pod_is_elsewhere(&entry->pod);
	pods->gone -= entry->pod.gone;
	free(entry->pod.uid);
	free(entry->pod.namespace_);
	free(entry->pod.name);
	free(entry->pod.node);
	free(entry->pod.ips);
	free(entry->pod.gone_source);
	free(entry->claims);
	free(entry);
}

bool pod_is_container(const struct pod *pod)
{
	return !strcmp(pod->namespace_, DOCKER_NAMESPACE) || !strcmp(pod->namespace_, PODMAN_NAMESPACE);
}

static bool is_of(const char *source, const char *scheme)
{
	size_t length = strlen(scheme);

	return !strncmp(source, scheme, length) && (!source[length] || source[length] == ':');
}

bool pod_is_known_by(const struct pod *pod, const char *source)
{
	if (is_of(source, "docker"))
		return !strcmp(pod->namespace_, DOCKER_NAMESPACE);
	if (is_of(source, "podman"))
		return !strcmp(pod->namespace_, PODMAN_NAMESPACE);
	return !pod_is_container(pod);
}

bool pod_is_idle(const struct pod_entry *entry)
{
	size_t i;

	if (entry->pod.bindings || entry->pins)
		return false;
	for (i = 0; i < entry->claim_count; i++)
		if (entry->claims[i].listed)
			return false;
	return true;
}

struct claim *pod_claim_find(const struct pod_entry *entry, const struct authority *authority)
{
	size_t i;

	for (i = 0; i < entry->claim_count; i++)
		if (entry->claims[i].authority == authority)
			return &entry->claims[i];
	return NULL;
}

struct claim *pod_claim_get(struct pod_entry *entry, const struct authority *authority)
{
	struct claim *claim = pod_claim_find(entry, authority), *claims;

	if (claim)
		return claim;
	claims = realloc(entry->claims, (entry->claim_count + 1) * sizeof(*claims));
	if (!claims)
		return NULL;
	entry->claims = claims;
	claim = &claims[entry->claim_count++];
	*claim = (struct claim){ .authority = authority };
	return claim;
}

void pod_claim_drop(struct pod_entry *entry, const struct authority *authority)
{
	struct claim *claim = pod_claim_find(entry, authority);

	if (claim)
		*claim = entry->claims[--entry->claim_count];
}

void claim_end(struct claim *claim, int64_t wall)
{
	claim->ended_wall = wall > claim->seen_wall ? wall : claim->seen_wall;
	if (claim->seen_wall)
		claim->released_wall = claim->ended_wall;
}

bool pod_is_gone(const struct pod_entry *entry, struct pod_end *ret)
{
	struct pod_end end = { .claim = NULL };
	size_t i;

	for (i = 0; i < entry->claim_count; i++) {
		const struct claim *claim = &entry->claims[i];

		if (claim->listed && !claim->finished)
			return false;
		if (!claim->authority->may_end_pods)
			continue;
		if (!end.claim || claim->ended_wall < end.gone_wall) {
			end.claim = claim;
			end.gone_wall = claim->ended_wall;
		}
		if (claim->released_wall > end.released_wall)
			end.released_wall = claim->released_wall;
	}
	if (!end.claim)
		return false;
	*ret = end;
	return true;
}

bool pod_is_vouched_for(const struct pod_entry *entry)
{
	size_t i;

	for (i = 0; i < entry->claim_count; i++) {
		const struct claim *claim = &entry->claims[i];

		if (claim->listed && claim->authority->state <= SOURCE_SYNCED &&
		    claim->listing == claim->authority->listing)
			return true;
	}
	return false;
}

bool pod_is_on_host_network(const struct pod_entry *entry)
{
	size_t i;

	for (i = 0; i < entry->claim_count; i++)
		if (entry->claims[i].listed && entry->claims[i].host_network)
			return true;
	return false;
}

bool pod_is_terminating(const struct pod_entry *entry)
{
	size_t i;

	for (i = 0; i < entry->claim_count; i++)
		if (entry->claims[i].listed && entry->claims[i].terminating)
			return true;
	return false;
}

bool pod_is_alive(const struct pod_entry *entry)
{
	size_t i;

	for (i = 0; i < entry->claim_count; i++) {
		const struct claim *claim = &entry->claims[i];

		if (claim->listed && !claim->finished && claim->authority->may_end_pods)
			return true;
	}
	return false;
}

int64_t pod_seen_wall(const struct pod_entry *entry)
{
	int64_t seen = 0;
	size_t i;

	for (i = 0; i < entry->claim_count; i++)
		if (entry->claims[i].seen_wall > seen)
			seen = entry->claims[i].seen_wall;
	return seen;
}

int64_t pod_known_wall(const struct pod_entry *entry)
{
	int64_t seen = pod_seen_wall(entry);

	return entry->bound_wall > seen ? entry->bound_wall : seen;
}

/*
 * It gives UUIDs (RFC 9562), with hyphens.  The kubelet's for a static pod is the manifest's hash, and a container's
 * id is a number: both in hexadecimal, without.
 */
bool pod_has_api_uid(const struct pod *pod)
{
	return !*pod->uid || strchr(pod->uid, '-');
}
