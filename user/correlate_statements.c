/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What sources say of netns: kept until the netns is known, and for as long as the source says it.
 */
#include "correlate_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

/*
 * File times are stamped from the kernel's coarse clock, which lags by up to a tick, and by more over some
 * network file systems.
 */
#define STATEMENT_SLACK 1000000000ll

void statement_clear(struct statement *statement)
{
	free(statement->key);
	free(statement->source);
	free(statement->pod_uid);
	free(statement->pod_namespace);
	free(statement->pod_name);
	free(statement->container_id);
	free(statement->ips);
	free(statement->path);
}

void statement_free(struct correlate *correlate, struct statement *statement)
{
	HASH_DEL(correlate->statements, statement);
	correlate->refused -= statement->refused;
	correlate->in_host -= statement->in_host;
	statement_clear(statement);
	free(statement);
}

static char *statement_key(const char *source, const char *key)
{
	return formatted("%s\n%s", source, key);
}

static struct statement *statement_find(const struct correlate *correlate, const char *source,
					const char *name)
{
	char *key = statement_key(source, name);
	struct statement *statement = NULL;

	if (key)
		HASH_FIND_STR(correlate->statements, key, statement);
	free(key);
	return statement;
}

bool statement_fill(struct statement *statement, enum evidence evidence, const char *source,
		    const char *uid, const char *namespace_, const char *name, const char *container,
		    const struct ip_address *ips, size_t ip_count)
{
	statement->ips = ip_count ? malloc(ip_count * sizeof(*ips)) : NULL;
	if (ip_count && !statement->ips)
		return false;
	if (ip_count)
		memcpy(statement->ips, ips, ip_count * sizeof(*ips));
	statement->ip_count = ip_count;
	statement->evidence = evidence;
	statement->source = strdup(source);
	statement->pod_uid = strdup(uid);
	statement->pod_namespace = strdup(namespace_);
	statement->pod_name = strdup(name);
	statement->container_id = strdup(container);
	return statement->source && statement->pod_uid && statement->pod_namespace &&
	       statement->pod_name && statement->container_id;
}

/* NULL: no memory. */
static struct statement *statement_new(const struct input_binding *told)
{
	struct statement *statement = calloc(1, sizeof(*statement));

	if (!statement)
		return NULL;
	statement->key = statement_key(told->source, told->key);
	statement->path = strdup(told->netns_path);
	statement->inum = told->netns_inum;
	statement->as_of_wall = told->as_of_wall;
	if (statement_fill(statement, told->evidence, told->source, told->pod_uid, told->pod_namespace, told->pod_name,
			   told->container_id, told->ips, told->ip_count) &&
	    statement->key && statement->path)
		return statement;
	statement_clear(statement);
	free(statement);
	return NULL;
}

/* From here on it is correlate's. */
static int statement_add(struct correlate *correlate, struct statement *statement)
{
	HASH_ADD_KEYPTR(hh, correlate->statements, statement->key, strlen(statement->key), statement);
	if (statement->hh.tbl)
		return 0;
	statement_clear(statement);
	free(statement);
	return -ENOMEM;
}

/* --- of which netns --- */

/* A statement is about a netns that was there when it was made. */
static bool statement_is_of(const struct correlate *correlate, const struct statement *statement,
			    const struct netns *netns)
{
	return statement->inum == netns->inum && netns->phase < NETNS_CLEANUP &&
	       correlate_born_wall(correlate, netns) <= statement->as_of_wall + STATEMENT_SLACK;
}

static bool statement_fits(const struct correlate *correlate, const struct statement *statement,
			   const struct netns *netns)
{
	return !statement->used && statement_is_of(correlate, statement, netns);
}

/*
 * What a source says again, and has not looked at again, is said of the netns that it was said of, which may be gone by
 * now: the slack in statement_is_of() must not give it the next of that inode number.
 */
static void statement_stay(struct statement *statement, const struct statement *former)
{
	if (!former->used || former->inum != statement->inum || former->as_of_wall != statement->as_of_wall)
		return;
	statement->used = true;
	statement->used_cookie = former->used_cookie;
	statement->used_mix = former->used_mix;
}

static bool statement_has_used(const struct statement *statement, const struct netns *netns)
{
	return statement->used && statement->used_cookie == netns->cookie && statement->used_mix == netns->mix;
}

/* --- the pod that it names --- */

static bool has_ip(const struct ip_address *ips, size_t count, const struct ip_address *ip)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!memcmp(&ips[i], ip, sizeof(*ip)))
			return true;
	return false;
}

/*
 * What a source knows of the pod's addresses serves until the pod itself is listed, and after it is gone.  A pod with
 * several networks has a statement for each.
 */
int statement_give_ips(struct correlate *correlate, const struct statement *statement,
		       struct pod_entry *entry)
{
	size_t i, count = entry->pod.ip_count;
	struct ip_address *all;
	int err;

	if (!statement->ip_count || (count && entry->claim_count))
		return 0;
	all = calloc(count + statement->ip_count, sizeof(*all));
	if (!all)
		return -ENOMEM;
	if (count)
		memcpy(all, entry->pod.ips, count * sizeof(*all));
	for (i = 0; i < statement->ip_count; i++)
		if (!has_ip(all, count, &statement->ips[i]))
			all[count++] = statement->ips[i];
	err = correlate_set_pod_ips(correlate, entry, all, count);
	free(all);
	return err;
}

/*
 * A statement without a uid names whoever has the name.  Made after the pod of that name went, it means the next
 * one.
 */
static struct pod_entry *statement_pod(struct correlate *correlate, const struct statement *statement)
{
	struct pod_entry *known = pods_find(&correlate->pods, statement->pod_uid, statement->pod_namespace,
					    statement->pod_name);

	if (known && !*statement->pod_uid && known->pod.gone &&
	    correlate_to_boot(correlate, statement->as_of_wall) > known->pod.gone_at)
		pods_forget_name(&correlate->pods, known);
	return pods_get(&correlate->pods, statement->pod_uid, "", statement->pod_namespace,
			statement->pod_name);
}

/* Told once, and not of a pod that asks for it, that is going, or of which that is not known. */
static void tell_if_in_host(struct correlate *correlate, const struct statement *by, struct pod_entry *entry,
			    struct netns *netns)
{
	if (entry->in_host_told || by->evidence < EVIDENCE_CNI || !pod_is_alive(entry) || entry->pod.host_network ||
	    entry->pod.terminating || pod_is_elsewhere(&entry->pod) || !pod_has_api_uid(&entry->pod))
		return;
	entry->in_host_told = true;
	correlate_tell(correlate, (struct correlate_change){ .kind = CORRELATE_POD_IN_HOST, .netns = netns,
							     .pod = &entry->pod, .source = by->source });
}

static int statement_apply(struct correlate *correlate, struct statement *statement, struct netns *netns)
{
	struct pod_entry *entry = statement_pod(correlate, statement);
	int err;

	if (!entry)
		return -ENOMEM;
	statement->used = true;
	statement->used_cookie = netns->cookie;
	statement->used_mix = netns->mix;
	if (netns->initial && !statement->in_host) {
		statement->in_host = true;
		correlate->in_host++;
	}
	if (netns->initial)
		tell_if_in_host(correlate, statement, entry, netns);
	err = correlate_recall_end(correlate, entry);
	if (!err)
		err = correlate_bind(correlate, netns, entry, statement, false);
	if (netns->binding && names_another(netns->binding, entry) && !statement->refused) {
		statement->refused = true;
		correlate->refused++;
	}
	if (!err)
		err = statement_give_ips(correlate, statement, entry);
	correlate_drop_if_idle(correlate, entry);
	return err;
}

int correlate_apply_statements(struct correlate *correlate, struct netns *netns)
{
	struct statement *statement, *next;
	int err = 0;

	HASH_ITER(hh, correlate->statements, statement, next) {
		if (err < 0)
			break;
		if (statement_fits(correlate, statement, netns))
			err = statement_apply(correlate, statement, netns);
	}
	return err;
}

static bool names_a_living_pod(const struct correlate *correlate, const struct statement *statement)
{
	const struct pod_entry *entry = pods_find(&correlate->pods, statement->pod_uid, statement->pod_namespace,
						  statement->pod_name);

	return entry && pod_is_alive(entry);
}

int correlate_retry_statements(struct correlate *correlate, const struct pod_entry *entry)
{
	struct statement *statement, *next;
	int err = 0;

	if (!correlate->refused)
		return 0;
	HASH_ITER(hh, correlate->statements, statement, next) {
		struct netns *netns = statement->refused ? state_by_inum(correlate->state, statement->inum) : NULL;

		if (err || !netns || !netns->binding || netns->binding->pod != &entry->pod ||
		    !statement_is_of(correlate, statement, netns) || !names_a_living_pod(correlate, statement))
			continue;
		statement->refused = false;
		correlate->refused--;
		err = statement_apply(correlate, statement, netns);
	}
	return err;
}

void correlate_judge_host(struct correlate *correlate, struct pod_entry *entry)
{
	struct statement *statement, *next;

	if (!correlate->in_host || entry->in_host_told)
		return;
	HASH_ITER(hh, correlate->statements, statement, next) {
		struct netns *netns = statement->in_host ? state_by_inum(correlate->state, statement->inum) : NULL;

		if (netns && netns->initial &&
		    pods_find(&correlate->pods, statement->pod_uid, statement->pod_namespace, statement->pod_name) == entry)
			tell_if_in_host(correlate, statement, entry, netns);
	}
}

/* --- what comes in --- */

int correlate_binding(struct correlate *correlate, const struct input_binding *told)
{
	struct statement *statement, *former = statement_find(correlate, told->source, told->key);
	struct netns *netns;
	int err;

	/* A container that is no pod's.  Podman gives its containers' names as K8S_POD_NAME, without a namespace. */
	if (!*told->pod_uid && (!*told->pod_name || !*told->pod_namespace))
		return 0;
	correlate_judge_path(correlate, former, told);
	statement = statement_new(told);
	if (!statement)
		return -ENOMEM;
	if (former) {
		statement_stay(statement, former);
		statement_free(correlate, former);
	}
	err = statement_add(correlate, statement);
	if (err)
		return err;
	netns = told->netns_inum ? state_by_inum(correlate->state, told->netns_inum) : NULL;
	if (!netns || !statement_is_of(correlate, statement, netns) ||
	    (statement->used && !statement_has_used(statement, netns)))
		return 0;
	return statement_apply(correlate, statement, netns);
}

int correlate_binding_gone(struct correlate *correlate, const struct input_binding_gone *gone)
{
	struct statement *statement = statement_find(correlate, gone->source, gone->key);

	if (statement)
		statement_free(correlate, statement);
	return 0;
}
