// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Who holds a netns: its tasks, the descriptors and the mounts that keep it, and how much the kernel counts.
 *
 * Four programs, none of which stays attached: two iterators, over the tasks and over the descriptors of all processes,
 * which write records where they are read; and two that user space runs with BPF_PROG_TEST_RUN, over the mounts of
 * nsfs and over the netns that it asks about.  None takes a reference or a lock.
 */
#include "hook.bpf.h"
#include "records.bpf.h"

#include "holders.h"
#include "percpu.bpf.h"

const volatile __u64 handle_salt = 0;

/* What the files of /proc/PID/net are opened by; 0: not known. */
const volatile __u64 address_of_seq_open_net = 0;
const volatile __u64 address_of_single_open_net = 0;

enum { ENOENT = 2, EAGAIN = 11 };
enum { NSFS_MAGIC = 0x6e736673, SOCKFS_MAGIC = 0x534f434b, PROC_SUPER_MAGIC = 0x9fa0 };
enum { S_IFMT = 0170000, S_IFCHR = 0020000 };
enum { TUN_RDEV = 10 << 20 | 200 }; /* as the kernel writes major and minor; include/uapi/linux/miscdevice.h */
enum { STEPS_INNER = 256, STEPS_OUTER = 256, PATH_DEPTH = 64, NAME_BYTES = 256 };
enum verdict { GO_ON = 0, STOP = 1 };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct holders_buffer);
} holders_buffer SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct holders_counts);
} holders_counts SEC(".maps");

/* The mount namespaces of which a task is wanted, by user space: 0 until one of it was told. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, HOLDERS_MNTNS_MAX);
	__type(key, __u64);
	__type(value, __u32);
} holders_mntns SEC(".maps");

struct path_scratch {
	char bytes[HOLDERS_PATH + NAME_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct path_scratch);
} holders_path SEC(".maps");

struct holders_state holders;

struct holders_walk walk;

#define container_of_core(pointer, type, member) ((type *)((void *)(pointer) - bpf_core_field_offset(type, member)))

static __always_inline struct net *own_net(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, nsproxy, net_ns);
}

/* The netns of an nsfs file; NULL: it is another namespace's. */
static __always_inline struct net *inode_net(struct inode *inode, __u64 ops)
{
	struct ns_common *ns = BPF_CORE_READ(inode, i_private);

	if (!ns || (__u64)BPF_CORE_READ(ns, ops) != ops)
		return NULL;
	return container_of_core(ns, struct net, ns);
}

static __always_inline bool is_asked_for(struct net *net)
{
	__u64 handle = net_handle(net);

	return holders.netns ? holders.netns == handle : handle && handle != holders.skip;
}

/* As /proc/PID/stat has it: with the pid it tells the process from the next of that number. */
static __always_inline __u64 process_start(struct task_struct *task)
{
	return BPF_CORE_READ(task, group_leader, start_boottime);
}

/* --- tasks --- */

/* Whether a task of its mount namespace was told; NULL: none is wanted. */
static __always_inline __u32 *told_of_mntns(struct nsproxy *nsproxy)
{
	__u64 mntns = salted(BPF_CORE_READ(nsproxy, mnt_ns));

	return bpf_map_lookup_elem(&holders_mntns, &mntns);
}

SEC("iter/task")
int holders_task(struct bpf_iter__task *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;
	struct holders_task record = {};
	struct nsproxy *nsproxy;
	struct net *net;
	bool in_netns;
	__u32 *told;

	if (!task)
		return 0;
	nsproxy = task->nsproxy;
	if (!nsproxy) /* it is exiting */
		return 0;
	net = BPF_CORE_READ(nsproxy, net_ns);
	in_netns = !holders.owners_only && is_asked_for(net) &&
		   (task->pid == task->tgid || BPF_CORE_READ(task, group_leader, nsproxy) != nsproxy);
	told = told_of_mntns(nsproxy);
	if (!in_netns && (!told || *told))
		return 0;
	record.netns = net_handle(net);
	record.nsproxy = salted(nsproxy);
	record.mntns = salted(BPF_CORE_READ(nsproxy, mnt_ns));
	record.started = process_start(task);
	record.pid = task->tgid;
	record.tid = task->pid;
	bpf_probe_read_kernel_str(record.comm, sizeof(record.comm), &task->comm);
	/* Where the buffer is full, the kernel forgets this record and comes again with the same task. */
	if ((int)bpf_seq_write(seq, &record, sizeof(record)) == 0 && told)
		*told = 1;
	return 0;
}

/* --- descriptors --- */

static __always_inline void fill_socket(struct holders_file *record, struct sock *sk)
{
	struct sock_common *common = &sk->__sk_common;

	record->family = BPF_CORE_READ(common, skc_family);
	record->type = BPF_CORE_READ(sk, sk_type);
	record->protocol = BPF_CORE_READ(sk, sk_protocol);
	record->state = BPF_CORE_READ(common, skc_state);
	if (record->family != AF_INET && record->family != AF_INET6)
		return;
	record->local_port = BPF_CORE_READ(common, skc_num);
	record->remote_port = __builtin_bswap16(BPF_CORE_READ(common, skc_dport));
	if (record->family == AF_INET) {
		bpf_probe_read_kernel(record->local, 4, &common->skc_rcv_saddr);
		bpf_probe_read_kernel(record->remote, 4, &common->skc_daddr);
	} else {
		bpf_probe_read_kernel(record->local, 16, &common->skc_v6_rcv_saddr);
		bpf_probe_read_kernel(record->remote, 16, &common->skc_v6_daddr);
	}
}

static __always_inline struct net *sock_net(struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_net.net);
}

static __always_inline struct net *socket_file_net(struct holders_file *record, struct file *file)
{
	struct socket *socket = BPF_CORE_READ(file, private_data);
	struct sock *sk = socket ? BPF_CORE_READ(socket, sk) : NULL;

	if (!sk)
		return NULL;
	record->kind = HOLDERS_SOCKET;
	fill_socket(record, sk);
	return sock_net(sk);
}

/* Its private data (struct tun_file, a module's) begins with a struct sock. */
static __always_inline struct net *tun_file_net(struct holders_file *record, struct file *file)
{
	struct sock *sk = BPF_CORE_READ(file, private_data);

	if (!sk)
		return NULL;
	record->kind = HOLDERS_TUN;
	return sock_net(sk);
}

static __always_inline struct net *proc_file_net(struct holders_file *record, struct file *file, struct inode *inode)
{
	struct proc_dir_entry *entry = BPF_CORE_READ(container_of_core(inode, struct proc_inode, vfs_inode), pde);
	__u64 open = entry ? (__u64)BPF_CORE_READ(entry, proc_ops, proc_open) : 0;
	struct seq_file *seq = BPF_CORE_READ(file, private_data);
	void *private = open && seq ? BPF_CORE_READ(seq, private) : NULL;

	record->kind = HOLDERS_PROC;
	if (!private)
		return NULL;
	if (open == address_of_seq_open_net)
		return BPF_CORE_READ((struct seq_net_private *)private, net);
	if (open == address_of_single_open_net)
		return private;
	return NULL;
}

static __always_inline struct net *file_net(struct holders_file *record, struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	unsigned long magic = inode ? BPF_CORE_READ(inode, i_sb, s_magic) : 0;

	switch (magic) {
	case NSFS_MAGIC:
		record->kind = HOLDERS_NSFS;
		return inode_net(inode, walk.ops);
	case SOCKFS_MAGIC:
		return socket_file_net(record, file);
	case PROC_SUPER_MAGIC:
		return proc_file_net(record, file, inode);
	}
	if (inode && (BPF_CORE_READ(inode, i_mode) & S_IFMT) == S_IFCHR && BPF_CORE_READ(inode, i_rdev) == TUN_RDEV)
		return tun_file_net(record, file);
	return NULL;
}

SEC("iter/task_file")
int holders_file(struct bpf_iter__task_file *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct holders_file record = {};
	struct net *net;

	if (!task || !file)
		return 0;
	net = file_net(&record, file);
	if (!is_asked_for(net))
		return 0;
	record.netns = net_handle(net);
	record.file = salted(file);
	record.started = process_start(task);
	record.pid = task->tgid;
	record.fd = ctx->fd;
	bpf_probe_read_kernel_str(record.comm, sizeof(record.comm), &task->comm);
	bpf_seq_write(seq, &record, sizeof(record));
	return 0;
}

/* --- mounts --- */

static __always_inline int fail(__s32 error)
{
	holders.error = error;
	return STOP;
}

/*
 * A superblock's mounts were a ring until 6.18, which made it a chain that ends ("mount: get rid of mnt_instance").
 * NULL: the end.
 */
static __always_inline struct mount *first_mount(struct super_block *sb)
{
	struct list_head *head, *next;

	if (bpf_core_field_exists(struct mount___singly, mnt_next_for_sb))
		return BPF_CORE_READ((struct super_block___singly *)sb, s_mounts);
	head = (void *)sb + bpf_core_field_offset(struct super_block, s_mounts);
	next = BPF_CORE_READ(head, next);
	return next == head || !next ? NULL : container_of_core(next, struct mount, mnt_instance);
}

static __always_inline struct mount *next_mount(struct mount *mount)
{
	struct list_head *head, *next;

	if (bpf_core_field_exists(struct mount___singly, mnt_next_for_sb))
		return BPF_CORE_READ((struct mount___singly *)mount, mnt_next_for_sb);
	head = (void *)walk.nsfs + bpf_core_field_offset(struct super_block, s_mounts);
	next = BPF_CORE_READ(mount, mnt_instance.next);
	return next == head || !next ? NULL : container_of_core(next, struct mount, mnt_instance);
}

/* One that was unmounted while we stood on it leads nowhere, or into another list. */
static __always_inline bool is_of_nsfs(struct mount *mount)
{
	return BPF_CORE_READ(mount, mnt.mnt_sb) == walk.nsfs;
}

/* Puts one more name before the path. */
__noinline int path_step(int unused)
{
	__u32 zero = 0, length, begin = walk.path_begin;
	struct path_scratch *scratch = bpf_map_lookup_elem(&holders_path, &zero);
	struct dentry *name = walk.name, *up;
	struct mount *above = walk.above;
	const unsigned char *text;

	if (!scratch)
		return STOP;
	if (name == BPF_CORE_READ(above, mnt.mnt_root)) {
		up = BPF_CORE_READ(above, mnt_mountpoint);
		walk.above = BPF_CORE_READ(above, mnt_parent);
		walk.name = up;
		if (walk.above != above)
			return GO_ON;
		walk.path_flags = 0; /* at the root */
		return STOP;
	}
	up = BPF_CORE_READ(name, d_parent);
	length = BPF_CORE_READ(name, d_name.len);
	if (up == name)
		return STOP;
	/* It may not begin at 0: its size would be the mask's 0. */
	if (length >= NAME_BYTES || length + 1 >= begin)
		return STOP;
	begin -= length;
	text = BPF_CORE_READ(name, d_name.name);
	bpf_probe_read_kernel(&scratch->bytes[begin & (HOLDERS_PATH - 1)], length & (NAME_BYTES - 1), text);
	begin--;
	scratch->bytes[begin & (HOLDERS_PATH - 1)] = '/';
	walk.path_begin = begin;
	walk.name = up;
	return GO_ON & unused;
}

static __always_inline void find_path(struct mount *mount)
{
	walk.above = BPF_CORE_READ(mount, mnt_parent);
	walk.name = BPF_CORE_READ(mount, mnt_mountpoint);
	walk.path_begin = HOLDERS_PATH - 1;
	walk.path_flags = HOLDERS_CUT;
	for (int i = 0; i < PATH_DEPTH; i++)
		if (path_step(i) != GO_ON)
			break;
}

static __always_inline __u32 mount_flags(struct mount *mount)
{
	struct list_head *mounts = (void *)mount + bpf_core_field_offset(struct mount, mnt_mounts);
	struct dentry *place = BPF_CORE_READ(mount, mnt_mountpoint);
	__u32 flags = 0;

	if (BPF_CORE_READ(mounts, next) != mounts)
		flags |= HOLDERS_COVERED;
	if (!BPF_CORE_READ(mount, mnt_ns))
		flags |= HOLDERS_DETACHED;
	else if (BPF_CORE_READ(place, d_parent) != place && !BPF_CORE_READ(place, d_hash.pprev))
		flags |= HOLDERS_UNLINKED;
	return flags;
}

/* The record of a mount with its path, or STOP: no room. */
static __always_inline int tell_mount(struct mount *mount, struct net *net)
{
	__u32 zero = 0, offset = holders.bytes, bytes, size;
	struct path_scratch *scratch = bpf_map_lookup_elem(&holders_path, &zero);
	struct holders_buffer *buffer = bpf_map_lookup_elem(&holders_buffer, &zero);
	struct mnt_namespace *mntns = BPF_CORE_READ(mount, mnt_ns);
	struct holders_mount *record;

	if (!scratch || !buffer)
		return fail(-ENOENT);
	find_path(mount);
	scratch->bytes[HOLDERS_PATH - 1] = 0;
	bytes = HOLDERS_PATH - walk.path_begin;
	size = (sizeof(*record) + bytes + 7) & ~7u;
	if (offset + size > HOLDERS_BYTES)
		return STOP;
	record = (void *)&buffer->bytes[offset & (HOLDERS_BYTES - 1)];
	record->netns = net_handle(net);
	record->mntns = salted(mntns);
	record->mntns_inum = mntns ? BPF_CORE_READ(mntns, ns.inum) : 0;
	record->id = BPF_CORE_READ(mount, mnt_id);
	record->parent_id = BPF_CORE_READ(mount, mnt_parent, mnt_id);
	record->size = size;
	record->flags = mount_flags(mount) | walk.path_flags;
	record->path_bytes = bytes;
	record->pad = 0;
	bpf_probe_read_kernel(record->path, bytes & (HOLDERS_PATH - 1), &scratch->bytes[walk.path_begin & (HOLDERS_PATH - 1)]);
	holders.bytes = offset + size;
	return GO_ON;
}

__noinline int mount_step(int unused)
{
	struct mount *mount = walk.mount;
	struct net *net;

	if (!mount) {
		holders.more = 0;
		return STOP;
	}
	if (!is_of_nsfs(mount))
		return fail(-EAGAIN);
	net = inode_net(BPF_CORE_READ(mount, mnt.mnt_root, d_inode), walk.ops);
	if (is_asked_for(net) && tell_mount(mount, net) != GO_ON)
		return STOP;
	holders.position = (__u64)mount;
	holders.position_id = BPF_CORE_READ(mount, mnt_id);
	walk.mount = next_mount(mount);
	return GO_ON & unused;
}

__noinline int mount_steps(int unused)
{
	for (int i = 0; i < STEPS_INNER; i++)
		if (mount_step(i) != GO_ON)
			return STOP;
	return GO_ON & unused;
}

/*
 * Where the last run ended, if that is still a mount of nsfs, and the same one: of one that was unmounted, the next to be
 * mounted may have the place and the number, but stands elsewhere in the list.
 */
static __always_inline int find_position(void)
{
	struct mount *last = (void *)holders.position, *next = walk.mount;

	if (!last) {
		walk.mount = first_mount(walk.nsfs);
		return GO_ON;
	}
	if (!is_of_nsfs(last) || (__u32)BPF_CORE_READ(last, mnt_id) != holders.position_id)
		return fail(-EAGAIN);
	walk.mount = next_mount(last);
	return walk.mount == next ? GO_ON : fail(-EAGAIN);
}

static __always_inline void begin_run(void)
{
	walk.ops = (__u64)BPF_CORE_READ(own_net(), ns.ops);
	holders.bytes = 0;
	holders.error = 0;
	holders.more = 1;
}

/* Who runs it has a netns open, its own: so there is a file of nsfs to begin with. */
SEC("raw_tp")
int holders_walk_mounts(void *ctx)
{
	struct dentry *dentry = net_file(own_net());

	begin_run();
	if (!dentry)
		return fail(-ENOENT);
	walk.nsfs = BPF_CORE_READ(dentry, d_sb);
	if (find_position() != GO_ON)
		return 0;
	for (int i = 0; i < STEPS_OUTER; i++)
		if (mount_steps(i) != GO_ON)
			break;
	return 0;
}

/* --- counts --- */

/*
 * The sockets that hold a reference.  Until 5.16 a number for each CPU of its own, since then the first of those that
 * count protocols ("net: merge net->core.prot_inuse and net->core.sock_inuse").
 */
static __always_inline void *socket_counter(struct net *net)
{
	if (bpf_core_field_exists(struct netns_core, sock_inuse))
		return BPF_CORE_READ(net, core.sock_inuse);
	return BPF_CORE_READ(net, core.prot_inuse);
}

static __always_inline __s32 count_sockets(struct net *net)
{
	void *counter = socket_counter(net);

	return cpu_distances && counter && holders.cpus <= MOST_CPUS ? sum_of_cpus(counter, holders.cpus) : -1;
}

__noinline int count_step(__u32 number)
{
	__u32 zero = 0;
	struct holders_counts *counts = bpf_map_lookup_elem(&holders_counts, &zero);
	struct holders_count *count;
	struct dentry *dentry;
	struct net *net;

	if (!counts)
		return STOP;
	count = &counts->all[number & (HOLDERS_COUNTS - 1)];
	net = (void *)(count->netns.handle ^ handle_salt);
	/* It may have been freed since: then what stands there is another, or nothing. */
	if ((__u64)BPF_CORE_READ(net, ns.ops) != walk.ops || BPF_CORE_READ(net, ns.inum) != count->netns.inum ||
	    BPF_CORE_READ(net, hash_mix) != count->netns.mix)
		return GO_ON;
	dentry = net_file(net);
	count->references = net_references(net);
	count->passive = BPF_CORE_READ(net, passive.refs.counter);
	count->sockets = count_sockets(net);
	count->nsfs = dentry != NULL;
	count->nsfs_users = dentry ? BPF_CORE_READ(dentry, d_lockref.count) : 0;
	count->valid = 1;
	return GO_ON;
}

SEC("raw_tp")
int holders_count_references(void *ctx)
{
	begin_run();
	for (__u32 i = 0; i < HOLDERS_COUNTS && i < holders.counts; i++)
		if (count_step(i) != GO_ON)
			break;
	holders.more = 0;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
