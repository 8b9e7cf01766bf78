/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The format: sums, and the fields of each kind of input.  Who writes it and who reads it go by the same table.
 */
#include "recording_private.h"

#include <string.h>

/* The first byte is no text, and the newline shows what a transfer as text has done to it. */
const char recording_magic[8] = "\x89NNSREC\n";

_Static_assert(sizeof(struct file_header) == 24, "the header changed size");
_Static_assert(sizeof(struct frame) == 24, "the frame changed size");
_Static_assert(sizeof(struct ip_address) == 17, "addresses are written as they are");

size_t recording_padded(size_t length)
{
	return (length + 7) & ~(size_t)7;
}

/*
 * For damage, not against malice.  Each step is a bijection, so a change within one word is always seen, and
 * any other but for one in 2^64.  zlib's crc32() would take three quarters of the time of a replay's reading.
 */
static uint64_t add_sum(uint64_t sum, const char *bytes, size_t length)
{
	uint64_t word;

	for (size_t i = 0; i + sizeof(word) <= length; i += sizeof(word)) {
		memcpy(&word, bytes + i, sizeof(word));
		sum = (sum ^ word) * 0x9e3779b97f4a7c15;
		sum ^= sum >> 32;
	}
	return sum;
}

uint64_t recording_header_sum(const struct file_header *header)
{
	return add_sum(0, (const char *)header, offsetof(struct file_header, sum));
}

uint64_t recording_frame_sum(const char *frame, size_t length)
{
	size_t behind = offsetof(struct frame, time);

	return add_sum(add_sum(1, frame, offsetof(struct frame, sum)), frame + behind, length - behind);
}

/* ---- fields ---- */

#define FIELD_SINCE(version, kind, type, member) { kind, FIELD_##type, 0, version, offsetof(struct input, member), 0 }
#define FIELD(kind, type, member) FIELD_SINCE(0, kind, type, member)
#define CHOICE(kind, last, member) { kind, FIELD_ENUM, last, 0, offsetof(struct input, member), 0 }
#define IPS(kind, part)                                                                                  \
	{                                                                                                \
		kind, FIELD_IPS, 0, 0, offsetof(struct input, part.ips), offsetof(struct input, part.ip_count) \
	}

const struct field input_fields[] = {
	FIELD(INPUT_SESSION, TEXT, session.version),
	FIELD(INPUT_SESSION, TEXT, session.node),
	FIELD(INPUT_SESSION, TEXT, session.kernel_release),
	FIELD(INPUT_SESSION, TEXT, session.boot_id),
	FIELD(INPUT_SESSION, 64, session.wall_offset),
	FIELD(INPUT_SESSION, 64, session.grace),
	FIELD(INPUT_SESSION, 64, session.stuck_after),
	FIELD(INPUT_SESSION, 64, session.orphan_age),
	FIELD_SINCE(3, INPUT_SESSION, FLAG, session.finds_holders),
	FIELD_SINCE(4, INPUT_SESSION, FLAG, session.finds_blockers),
	FIELD_SINCE(4, INPUT_SESSION, FLAG, session.reads_kernel_log),
	FIELD_SINCE(5, INPUT_SESSION, FLAG, session.sees_calls),
	FIELD(INPUT_LOST, 64, lost.count),
	FIELD_SINCE(6, INPUT_LOST, 64, lost.missed),
	FIELD_SINCE(6, INPUT_LOST, 64, lost.calls),
	FIELD(INPUT_POD, TEXT, pod.source),
	FIELD(INPUT_POD, TEXT, pod.uid),
	FIELD(INPUT_POD, TEXT, pod.alias_uid),
	FIELD(INPUT_POD, TEXT, pod.namespace_),
	FIELD(INPUT_POD, TEXT, pod.name),
	FIELD(INPUT_POD, TEXT, pod.node),
	IPS(INPUT_POD, pod),
	FIELD(INPUT_POD, FLAG, pod.host_network),
	FIELD(INPUT_POD, FLAG, pod.terminating),
	CHOICE(INPUT_POD, POD_FAILED, pod.phase),
	FIELD(INPUT_POD, 64, pod.finished_wall),
	FIELD(INPUT_POD_GONE, TEXT, pod_gone.source),
	FIELD(INPUT_POD_GONE, TEXT, pod_gone.uid),
	FIELD(INPUT_POD_GONE, 64, pod_gone.gone_wall),
	FIELD(INPUT_BINDING, TEXT, binding.source),
	CHOICE(INPUT_BINDING, EVIDENCE_CRI, binding.evidence),
	FIELD(INPUT_BINDING, TEXT, binding.key),
	FIELD(INPUT_BINDING, TEXT, binding.pod_uid),
	FIELD(INPUT_BINDING, TEXT, binding.pod_namespace),
	FIELD(INPUT_BINDING, TEXT, binding.pod_name),
	FIELD(INPUT_BINDING, TEXT, binding.container_id),
	FIELD(INPUT_BINDING, TEXT, binding.netns_path),
	FIELD(INPUT_BINDING, 32, binding.netns_inum),
	IPS(INPUT_BINDING, binding),
	FIELD(INPUT_BINDING, 64, binding.as_of_wall),
	FIELD(INPUT_BINDING_GONE, TEXT, binding_gone.source),
	FIELD(INPUT_BINDING_GONE, TEXT, binding_gone.key),
	FIELD(INPUT_SOURCE, TEXT, source.source),
	CHOICE(INPUT_SOURCE, SOURCE_ABSENT, source.state),
	FIELD(INPUT_SOURCE, FLAG, source.authority),
	FIELD(INPUT_SOURCE, 64, source.as_of_wall),
	FIELD(INPUT_SOURCE, TEXT, source.detail),
	FIELD(INPUT_PATH, TEXT, path.path),
	FIELD(INPUT_PATH, 32, path.inum),
	FIELD(INPUT_PATH, FLAG, path.present),
	FIELD(INPUT_PATH, 64, path.made_wall),
	FIELD(INPUT_RESTORED, 64, restored.cookie),
	FIELD(INPUT_RESTORED, 32, restored.inum),
	FIELD(INPUT_RESTORED, 32, restored.mix),
	CHOICE(INPUT_RESTORED, EVIDENCE_CRI, restored.evidence),
	FIELD(INPUT_RESTORED, TEXT, restored.pod_uid),
	FIELD(INPUT_RESTORED, TEXT, restored.pod_namespace),
	FIELD(INPUT_RESTORED, TEXT, restored.pod_name),
	FIELD(INPUT_RESTORED, TEXT, restored.container_id),
	IPS(INPUT_RESTORED, restored),
	FIELD(INPUT_RESTORED, 64, restored.bound_wall),
	FIELD(INPUT_RESTORED, 64, restored.gone_wall),
	FIELD_SINCE(2, INPUT_RESTORED, 64, restored.released_wall),
	FIELD(INPUT_RESTORED, 64, restored.leaked_wall),
	FIELD(INPUT_RESTORED, 64, restored.stuck_wall),
	FIELD(INPUT_RESTORED, 64, restored.orphan_wall),
	FIELD(INPUT_RESTORED, 64, restored.conflict_wall),
	FIELD_SINCE(4, INPUT_RESTORED, 64, restored.born_wall),
	FIELD_SINCE(4, INPUT_RESTORED, TEXT, restored.creator),
	FIELD_SINCE(4, INPUT_RESTORED, 32, restored.creator_pid),
	FIELD_SINCE(5, INPUT_RESTORED, TEXT, restored.netns_path),
	FIELD_SINCE(5, INPUT_RESTORED, TEXT, restored.cause),
	FIELD_SINCE(5, INPUT_RESTORED, TEXT, restored.cause_evidence),
	FIELD(INPUT_CLOCK, 64, clock.wall_offset),
	FIELD(INPUT_HOLDERS, 64, holders.netns),
	FIELD(INPUT_HOLDERS, 32, holders.counted),
	FIELD(INPUT_HOLDERS, 32, holders.nsproxies),
	FIELD(INPUT_HOLDERS, 32, holders.nsfs),
	FIELD(INPUT_HOLDERS, 32, holders.sockets),
	FIELD(INPUT_HOLDERS, 32, holders.proc_files),
	FIELD(INPUT_HOLDERS, 32, holders.unexplained),
	FIELD(INPUT_HOLDERS, 32, holders.sockets_unseen),
	FIELD(INPUT_HOLDERS, 32, holders.nsfs_unexplained),
	FIELD(INPUT_HOLDERS, 32, holders.found),
	FIELD(INPUT_HOLDER, 64, holder.netns),
	CHOICE(INPUT_HOLDER, HOLDER_PROC_FILE, holder.kind),
	FIELD(INPUT_HOLDER, 32, holder.pid),
	FIELD(INPUT_HOLDER, 32, holder.tid),
	FIELD(INPUT_HOLDER, 32, holder.fd),
	FIELD(INPUT_HOLDER, TEXT, holder.comm),
	FIELD(INPUT_HOLDER, TEXT, holder.what),
	FIELD(INPUT_HOLDER, TEXT, holder.cgroup),
	FIELD(INPUT_HOLDER, 32, holder.flags),
	FIELD(INPUT_HOLDER, 32, holder.mount_id),
	FIELD(INPUT_HOLDER, 32, holder.parent_mount_id),
	FIELD(INPUT_HOLDER, 32, holder.mntns_inum),
	FIELD(INPUT_TEARDOWN, 64, teardown.netns),
	FIELD(INPUT_TEARDOWN, TEXT, teardown.function),
	FIELD(INPUT_BLOCKER, 64, blocker.netns),
	FIELD(INPUT_BLOCKER, 64, blocker.device),
	FIELD(INPUT_BLOCKER, 32, blocker.references),
	FIELD(INPUT_KERNEL_LOG, TEXT, kernel_log.device),
	FIELD(INPUT_KERNEL_LOG, 32, kernel_log.usage),
	FIELD(INPUT_CNI_NETNS, 32, cni_netns.pid),
	FIELD(INPUT_CNI_NETNS, 64, cni_netns.started),
	FIELD(INPUT_CNI_NETNS, 32, cni_netns.inum),
	FIELD(INPUT_CNI_NETNS, 32, cni_netns.error),
};

const size_t input_field_count = ARRAY_SIZE(input_fields);

/* A field more in input.h wants a line above, one in tests/test_recording.c, and the next VERSION. */
#define COMPLETE(part, bytes)                                                                            \
	_Static_assert(sizeof(void *) != 8 || sizeof(((struct input *)0)->part) == (bytes),              \
		       "input_fields[] does not know a field of input_" #part)
COMPLETE(session, 72);
COMPLETE(lost, 24);
COMPLETE(pod, 80);
COMPLETE(pod_gone, 24);
COMPLETE(binding, 96);
COMPLETE(binding_gone, 16);
COMPLETE(source, 32);
COMPLETE(path, 24);
COMPLETE(restored, 176);
COMPLETE(clock, 8);
COMPLETE(holders, 48);
COMPLETE(holder, 64);
COMPLETE(teardown, 16);
COMPLETE(blocker, 24);
COMPLETE(kernel_log, 16);
COMPLETE(cni_netns, 24);

size_t field_plain_size(const struct field *field)
{
	return field->type == FIELD_64 ? 8 : field->type == FIELD_FLAG ? sizeof(bool) : 4;
}

_Static_assert(sizeof(enum pod_phase) == 4 && sizeof(bool) == 1, "plain_size() says otherwise");
