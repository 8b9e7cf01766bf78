/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "audit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "util.h"

#define REMEDIES_EACH 3

const struct audit_check audit_checks[] = {
	{ "pod-gone", SEVERITY_WARN, "outlives its pod", audit_pod_gone },
	{ "orphan", SEVERITY_WARN, "no pod, no process, old", audit_orphan },
	{ "identity-disputed", SEVERITY_WARN, "two sources name two pods", audit_disputed },
	{ "netns-shared", SEVERITY_WARN, "two pods in one netns", audit_shared },
	{ "pod-in-node", SEVERITY_ERROR, "a pod in the node's own netns", audit_in_node },
	{ "sandbox-path", SEVERITY_ERROR, "a sandbox's path leads to no netns", audit_sandbox_path },
	{ "count-limit", SEVERITY_WARN, "close to user.max_net_namespaces", audit_count_limit },
	{ "count-pods", SEVERITY_WARN, "many more netns than pods", audit_count_pods },
	{ "address-duplicate", SEVERITY_ERROR, "an address in two netns", audit_address_duplicate },
	{ "mac-duplicate", SEVERITY_WARN, "a MAC in two netns", audit_mac_duplicate },
	{ "neighbour-mac", SEVERITY_WARN, "the node reaches another MAC", audit_neighbour },
	{ "pod-no-interface", SEVERITY_ERROR, "a pod without an interface", audit_pod_no_interface },
	{ "pod-interface-down", SEVERITY_ERROR, "a pod's interface is down", audit_pod_interface_down },
	{ "pod-no-address", SEVERITY_ERROR, "a pod without an address", audit_pod_no_address },
	{ "pod-no-route", SEVERITY_WARN, "a pod without a default route", audit_pod_no_route },
	{ "pod-address", SEVERITY_ERROR, "a pod's address is not in its netns", audit_pod_address },
	{ "cni-address", SEVERITY_WARN, "an address of the CNI result is missing", audit_cni_address },
	{ "veth-peer-missing", SEVERITY_ERROR, "a veth without its peer", audit_veth_missing },
	{ "veth-peer-down", SEVERITY_ERROR, "a veth's peer is down", audit_veth_down },
	{ "veth-peer-elsewhere", SEVERITY_WARN, "a veth's peer is in an unexpected netns", audit_veth_elsewhere },
	{ "veth-peer-bridge", SEVERITY_WARN, "a veth's peer is not on its siblings' bridge", audit_veth_bridge },
	{ "node-route", SEVERITY_WARN, "the node reaches its siblings, and not it", audit_veth_route },
	{ "netns-file", SEVERITY_WARN, "a file that is no mount", audit_file },
	{ "netns-link", SEVERITY_WARN, "a link that leads nowhere", audit_dead_link },
	{ "mount-deleted", SEVERITY_WARN, "a mount whose file is gone", audit_mount_deleted },
	{ "mount-covered", SEVERITY_WARN, "a mount below another", audit_mount_covered },
	{ "mount-foreign", SEVERITY_WARN, "kept by another's copy of a mount", audit_mount_foreign },
	{ "mount-double", SEVERITY_INFO, "a pod's netns is mounted twice", audit_mount_double },
	{ "allocation-stale", SEVERITY_WARN, "allocated for a pod that is gone", audit_allocation },
	{ "allocation-missing", SEVERITY_WARN, "an address or endpoint in use is not allocated", audit_allocation_missing },
	{ "cni-cache-stale", SEVERITY_WARN, "the CNI's cache has a pod that is gone", audit_cni_cache },
	{ "cni-cache-missing", SEVERITY_WARN, "a sandbox is not in the CNI's cache", audit_cni_cache_missing },
	{ "cni-delete-queued", SEVERITY_WARN, "deletions that Cilium has not done", audit_cilium_queue },
	{ "rules-count", SEVERITY_INFO, "packet filter rules unlike its siblings'", audit_rules },
	{ "resolv-conf", SEVERITY_WARN, "a sandbox without a name server", audit_resolv },
	{ "kernel-log", SEVERITY_WARN, "the kernel complains", audit_kernel_log },
};
const size_t audit_check_count = ARRAY_SIZE(audit_checks);

/* --- the view --- */

static int compare_inum(const void *left, const void *right)
{
	const struct look *a = left, *b = right;

	return (a->inum > b->inum) - (a->inum < b->inum);
}

static const struct look *find_look(const struct audit_view *view, uint32_t inum)
{
	const struct look wanted = { .inum = inum }, *found;

	found = view->look_count ? bsearch(&wanted, view->looks, view->look_count, sizeof(wanted), compare_inum) : NULL;
	return found && !found->err ? found : NULL;
}

static int64_t made_of(const struct audit_view *view, const struct netns *netns)
{
	int64_t made = netns->born ? view->wall_now - (int64_t)(view->now - netns->born) : 0;

	for (const struct netns_path *path = netns->paths; path; path = path->next)
		if (path->made_wall && (!made || path->made_wall < made))
			made = path->made_wall;
	return made;
}

static int take(void *ctx, struct netns *netns)
{
	struct audit_view *view = ctx;

	if (netns->phase != NETNS_REFERENCED)
		return 0;
	view->netns[view->count++] = (struct audit_netns){
		.netns = netns,
		.look = find_look(view, netns->inum),
		.pod = netns->binding ? netns->binding->pod : NULL,
		.made_wall = made_of(view, netns),
	};
	if (netns->initial)
		view->node = &view->netns[view->count - 1];
	return 0;
}

int audit_view_fill(struct audit_view *view, const struct state *state)
{
	view->netns = calloc(state_counts(state)->live + state_counts(state)->dying + 1, sizeof(*view->netns));
	view->count = 0;
	view->dying = state_counts(state)->dying;
	return view->netns ? state_each(state, take, view) : -ENOMEM;
}

void audit_view_free(struct audit_view *view)
{
	free(view->netns);
	view->netns = NULL;
	view->count = 0;
}

/* --- findings --- */

int audit_run(struct audit *ret, const struct audit_view *view)
{
	*ret = (struct audit){ 0 };
	for (size_t i = 0; i < audit_check_count && !ret->err; i++)
		audit_checks[i].run(view, &audit_checks[i], ret);
	return ret->err;
}

void audit_free(struct audit *audit)
{
	for (size_t i = 0; i < audit->count; i++) {
		free(audit->findings[i].evidence);
		free(audit->findings[i].remedies);
		free(audit->findings[i].cause);
	}
	free(audit->findings);
	*audit = (struct audit){ 0 };
}

static struct audit_finding *new_finding(struct audit *audit)
{
	if (audit->count == audit->capacity) {
		size_t capacity = audit->capacity ? 2 * audit->capacity : 32;
		struct audit_finding *findings = reallocarray(audit->findings, capacity, sizeof(*findings));

		if (!findings)
			return NULL;
		audit->findings = findings;
		audit->capacity = capacity;
	}
	return &audit->findings[audit->count];
}

struct audit_finding *audit_add(struct audit *audit, const struct audit_check *check, const struct audit_netns *netns,
				const char *format, ...)
{
	struct audit_finding *finding = new_finding(audit);
	char *evidence = NULL;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = finding ? vasprintf(&evidence, format, arguments) : -1;
	va_end(arguments);
	if (length < 0) {
		audit->err = -ENOMEM;
		return NULL;
	}
	*finding = (struct audit_finding){
		.report = { .check = check->id, .title = check->title, .severity = check->severity, .evidence = evidence },
		.netns = netns ? netns->netns : NULL,
		.evidence = evidence,
	};
	audit->count++;
	return finding;
}

void audit_advise(struct audit *audit, struct audit_finding *finding, bool safe, const char *why, const char *command, ...)
{
	struct remedy *remedy;
	va_list arguments;

	if (!finding || finding->report.remedy_count == REMEDIES_EACH)
		return;
	if (!finding->remedies)
		finding->report.remedies = finding->remedies = calloc(REMEDIES_EACH, sizeof(*finding->remedies));
	if (!finding->remedies) {
		audit->err = -ENOMEM;
		return;
	}
	remedy = &finding->remedies[finding->report.remedy_count++];
	remedy->safe = safe;
	snprintf(remedy->why, sizeof(remedy->why), "%s", why);
	va_start(arguments, command);
	vsnprintf(remedy->command, sizeof(remedy->command), command, arguments);
	va_end(arguments);
}

/* --- what checks ask --- */

bool audit_is_older(const struct audit_view *view, int64_t made_wall, int64_t ns)
{
	return made_wall && made_wall <= view->wall_now && view->wall_now - made_wall >= ns;
}

bool audit_is_pods(const struct audit_view *view, const struct audit_netns *netns)
{
	const struct pod *pod = netns->pod;

	if (!pod || pod->gone || pod->terminating || netns->netns->initial || pod->phase == POD_PENDING)
		return false;
	if (!strcmp(pod->namespace_, DOCKER_NAMESPACE) || !strcmp(pod->namespace_, PODMAN_NAMESPACE))
		return false;
	return !netns->made_wall || audit_is_older(view, netns->made_wall, view->grace);
}

bool audit_dev_is_real(const struct look_dev *dev)
{
	/* net.core.fb_tunnels_only_for_init_net is 0 by default; a module's name for its device ends in 0. */
	static const char *const everywhere[] = { "tunl0", "sit0", "ip6tnl0", "gre0", "gretap0", "erspan0", "ip6gre0", "ip_vti0",
						  "ip6_vti0" };

	if (dev->flags & IFF_LOOPBACK)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(everywhere); i++)
		if (!strcmp(dev->name, everywhere[i]))
			return false;
	return true;
}

size_t audit_real_devices(const struct look *look)
{
	size_t count = 0;

	for (size_t i = 0; i < look->dev_count; i++)
		count += audit_dev_is_real(&look->devs[i]);
	return count;
}

bool audit_dev_is_uplink(const struct audit_netns *netns, const struct look_dev *dev)
{
	if (!audit_dev_is_real(dev))
		return false;
	for (size_t i = 0; i < netns->look->addr_count; i++) {
		struct ip_address ip = audit_addr_ip(&netns->look->addrs[i]);

		if (netns->look->addrs[i].ifindex != dev->ifindex)
			continue;
		for (size_t j = 0; j < netns->pod->ip_count; j++)
			if (ip_address_equal(&ip, &netns->pod->ips[j]))
				return true;
	}
	return audit_real_devices(netns->look) == 1;
}

bool audit_addr_is_global(const struct look_addr *addr)
{
	static const uint8_t loopback6[16] = { [15] = 1 };

	if (addr->family == AF_INET)
		return addr->addr[0] != 127 && (addr->addr[0] != 169 || addr->addr[1] != 254);
	return memcmp(addr->addr, loopback6, sizeof(loopback6)) && (addr->addr[0] != 0xfe || (addr->addr[1] & 0xc0) != 0x80);
}

struct ip_address audit_addr_ip(const struct look_addr *addr)
{
	struct ip_address ip = { .family = addr->family };

	memcpy(ip.bytes, addr->addr, sizeof(ip.bytes));
	return ip;
}

bool audit_has_address(const struct audit_netns *netns, const struct ip_address *ip)
{
	for (size_t i = 0; i < netns->look->addr_count; i++) {
		struct ip_address own = audit_addr_ip(&netns->look->addrs[i]);

		if (ip_address_equal(&own, ip))
			return true;
	}
	return false;
}

const struct audit_netns *audit_by_inum(const struct audit_view *view, uint32_t inum)
{
	for (size_t i = 0; i < view->count && inum; i++)
		if (view->netns[i].netns->inum == inum)
			return &view->netns[i];
	return NULL;
}

/* The same name in a directory of the same name: who runs elsewhere may know it by another way. */
static bool is_same_file(const char *a, const char *b)
{
	const char *end = a + strlen(a), *other = b + strlen(b);
	int parts = 0;

	while (end > a && other > b && end[-1] == other[-1]) {
		end--;
		other--;
		if (*end == '/' && ++parts == 2)
			return true;
	}
	return false;
}

bool audit_may_be_mounted(const struct audit_view *view, const char *path)
{
	for (size_t i = 0; i < view->scan->mount_count; i++) {
		const struct proc_mount *mount = &view->scan->mounts[i];

		if (mount->node && !mount->deleted && is_same_file(mount->path, path))
			return true;
	}
	return !view->scan->node_mounts;
}

/* --- words --- */

#define NAME_BYTES 640

static char *next_buffer(void)
{
	static __thread char buffers[8][NAME_BYTES];
	static __thread unsigned int next;

	return buffers[next++ % 8];
}

const char *audit_pod_name(const struct pod *pod)
{
	struct text text = { .bytes = next_buffer(), .capacity = NAME_BYTES };

	text.bytes[0] = '\0';
	report_pod_name(&text, pod);
	return text.bytes;
}

const char *audit_netns_name(const struct audit_netns *netns)
{
	struct text text = { .bytes = next_buffer(), .capacity = NAME_BYTES };
	const char *name = netns_name(netns->netns);

	text.bytes[0] = '\0';
	if (netns->netns->initial) {
		text_add(&text, "the node's own netns");
		return text.bytes;
	}
	text_add(&text, "netns ");
	if (name)
		text_add_cut(&text, name, 255);
	else
		text_add_u64(&text, netns->netns->inum);
	if (netns->pod) {
		text_add(&text, " of ");
		report_pod_name(&text, netns->pod);
		text_add(&text, netns->pod->gone ? ", which is gone" : "");
	}
	return text.bytes;
}

const char *audit_ip_name(const struct ip_address *ip)
{
	char *buffer = next_buffer();

	format_address(ip->family, ip->bytes, buffer);
	return buffer;
}

const char *audit_quoted(const char *path)
{
	struct text text = { .bytes = next_buffer(), .capacity = NAME_BYTES };

	text.bytes[0] = '\0';
	remedy_quote(&text, path);
	return text.bytes;
}

const char *audit_mac_name(const uint8_t mac[static LOOK_MAC_LEN])
{
	char *buffer = next_buffer();

	snprintf(buffer, NAME_BYTES, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return buffer;
}
