/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "ip_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct ip_entry *ip_index_find(struct ip_entry *index, const struct ip_address *ip)
{
	struct ip_entry *entry;

	HASH_FIND(hh, index, ip, sizeof(*ip), entry);
	return entry;
}

struct ip_entry *ip_index_get(struct ip_entry **index, const struct ip_address *ip, bool *ret_new)
{
	struct ip_entry *entry = ip_index_find(*index, ip);

	*ret_new = !entry;
	if (entry)
		return entry;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->ip = *ip;
	HASH_ADD(hh, *index, ip, sizeof(entry->ip), entry);
	if (!entry->hh.tbl) {
		free(entry);
		return NULL;
	}
	return entry;
}

void ip_index_free(struct ip_entry **index, struct ip_entry *entry)
{
	HASH_DEL(*index, entry);
	free(entry->pods);
	free(entry->holders);
	free(entry);
}

/* The sets are tiny: one pod and one netns, but for the cases that this tool is after. */
static int set_add(void *set, size_t *count, const void *item)
{
	const void ***items = set, **grown;
	size_t i;

	for (i = 0; i < *count; i++)
		if ((*items)[i] == item)
			return 0;
	grown = realloc(*items, (*count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	grown[(*count)++] = item;
	*items = grown;
	return 0;
}

static void set_remove(void *set, size_t *count, const void *item)
{
	const void ***items = set;
	size_t i;

	for (i = 0; i < *count; i++)
		if ((*items)[i] == item) {
			(*items)[i] = (*items)[--*count];
			return;
		}
}

int ip_entry_add_pod(struct ip_entry *entry, struct pod_entry *pod)
{
	return set_add(&entry->pods, &entry->pod_count, pod);
}

void ip_entry_remove_pod(struct ip_entry *entry, const struct pod_entry *pod)
{
	set_remove(&entry->pods, &entry->pod_count, pod);
}

int ip_entry_add_holder(struct ip_entry *entry, struct netns *netns)
{
	return set_add(&entry->holders, &entry->holder_count, netns);
}

void ip_entry_remove_holder(struct ip_entry *entry, const struct netns *netns)
{
	set_remove(&entry->holders, &entry->holder_count, netns);
}
