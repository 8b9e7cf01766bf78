/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel types that we read, and no more.
 *
 * Kept by hand so that it can be reviewed.  Nothing here needs to have the kernel's layout: libbpf moves each
 * access to where the running kernel has the field, by name (CO-RE).  What matters is that the names exist,
 * which vmlinux/check holds against the BTF of every kernel of the matrix.
 *
 * Marks that vmlinux/check reads, at the end of a line:
 *   "only: A B"  the kernels of the matrix that have the type or field, where not all have it
 *   "uapi"       a fixed interface, not looked up
 * A type name is followed by ___ and a word where the kernel has had it in several shapes (a flavour, which
 * libbpf looks up without the suffix).
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;
typedef __u16 __sum16;
typedef _Bool bool;
#define true 1
#define false 0

/* Constants of the bpf() interface (include/uapi/linux/bpf.h): never change. */
enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_RINGBUF = 27,
};
enum { BPF_ANY = 0, BPF_NOEXIST = 1 };
enum { BPF_F_MMAPABLE = 1 << 10 };

/* The registers at a kprobe, as bpf_tracing.h names them; laid out whole, for they are not relocated. */
#if defined(__TARGET_ARCH_x86)
struct pt_regs { /* uapi */
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax;
	unsigned long ip, cs, flags, sp, ss;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs { /* uapi */
	__u64 regs[31];
	__u64 sp, pc, pstate;
};
struct pt_regs; /* opaque: read as the above */
#endif

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next;
};

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long counter;
} atomic_long_t;

typedef struct refcount_struct {
	atomic_t refs;
} refcount_t;

struct ns_common {
	const struct proc_ns_operations *ops;
	struct dentry *stashed; /* only: 6.12 newest */
	unsigned int inum;
	refcount_t count; /* only: 6.1 6.12 */
};

struct ns_common___atomic {
	atomic_long_t stashed; /* only: 5.10 6.1 */
};

struct net___atomic {
	struct ns_common___atomic ns;
};

struct ns_common___renamed {
	refcount_t __ns_ref; /* only: newest */
};

struct netns_core {
	int *sock_inuse;	      /* only: 5.10 */
	struct prot_inuse *prot_inuse;
};

struct prot_inuse {
	int all; /* only: 6.1 6.12 newest */
};

struct net {
	refcount_t passive;
	struct netns_core core;
	struct list_head list;
	struct ns_common ns;
	struct list_head dev_base_head;
	__u32 hash_mix;
	__u64 net_cookie; /* only: 6.1 6.12 newest; 5.10 has an atomic64_t */
};

struct net___own_count {
	refcount_t count; /* only: 5.10 */
};

struct net___renamed {
	struct ns_common___renamed ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct net_device {
	char name[16];
	struct list_head dev_list;
	int ifindex;
	unsigned int flags;
	struct in_device *ip_ptr;
	struct inet6_dev *ip6_ptr;
	possible_net_t nd_net;
	const struct rtnl_link_ops *rtnl_link_ops;
	int *pcpu_refcnt;
	__u8 reg_state; /* only: 6.1 6.12 newest */
};

enum net_device_registration { NETREG_UNREGISTERING = 2, NETREG_UNREGISTERED = 3, NETREG_RELEASED = 4 };

struct net_device___bits {
	enum net_device_registration reg_state : 8; /* only: 5.10 */
};

struct net_device___one_count {
	refcount_t dev_refcnt; /* only: none; where CONFIG_PCPU_DEV_REFCNT is not set */
};

struct net_device_path {
	const struct net_device *dev; /* only: 6.1 6.12 newest */
};

struct net_device___private {
	__u8 priv[0]; /* only: 6.12 newest */
};

struct rtnl_link_ops {
	const char *kind;
};

struct in_device {
	struct net_device *dev;
	struct in_ifaddr *ifa_list;
};

struct in_ifaddr {
	struct in_ifaddr *ifa_next;
	struct in_device *ifa_dev;
	__be32 ifa_local;
	unsigned char ifa_scope;
	unsigned char ifa_prefixlen;
};

struct in6_addr {
	union {
		__u8 u6_addr8[16];
	} in6_u;
};

struct inet6_dev {
	struct net_device *dev;
	struct list_head addr_list;
};

struct inet6_ifaddr {
	struct in6_addr addr;
	__u32 prefix_len;
	struct inet6_dev *idev;
	struct list_head if_list;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
	struct net *net_ns;
};

struct task_struct {
	unsigned int flags;
	int pid;
	int tgid;
	__u64 start_time;
	__u64 start_boottime;
	char comm[16];
	struct task_struct *group_leader;
	struct task_struct *real_parent;
	struct nsproxy *nsproxy;
	struct mm_struct *mm;
	struct signal_struct *signal;
	const struct cred *cred;
	int exit_code;
	__u64 self_exec_id;
};

struct mm_struct {
	unsigned long env_start;
	unsigned long env_end;
};

struct signal_struct {
	atomic_t live;
	int group_exit_code;
	unsigned int flags;
};

/* Two words of 32 bits until 6.3, the same in memory. */
typedef struct {
	__u64 val;
} kernel_cap_t;

struct user_namespace {
	int level;
};

struct cred {
	kernel_cap_t cap_effective;
	struct user_namespace *user_ns;
};

struct linux_binprm {
	const char *filename;
};

/* --- files --- */

struct qstr {
	__u32 len;
	const unsigned char *name;
};

struct hlist_bl_node {
	struct hlist_bl_node **pprev;
};

struct lockref {
	int count;
};

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct lockref d_lockref;
	struct super_block *d_sb;
};

struct super_block {
	unsigned long s_magic;
	struct list_head s_mounts; /* only: 5.10 6.1 6.12 */
};

struct super_block___singly {
	struct mount *s_mounts; /* only: newest */
};

struct inode {
	unsigned short i_mode;
	__u32 i_rdev;
	struct super_block *i_sb;
	void *i_private;
};

struct file {
	struct inode *f_inode;
	void *private_data;
};

struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct list_head mnt_mounts;
	struct list_head mnt_instance; /* only: 5.10 6.1 6.12 */
	struct mnt_namespace *mnt_ns;
	int mnt_id;
};

struct mount___singly {
	struct mount *mnt_next_for_sb; /* only: newest */
};

struct proc_ops {
	const void *proc_open;
};

struct proc_dir_entry {
	const struct proc_ops *proc_ops;
};

struct proc_inode {
	struct proc_dir_entry *pde;
	struct inode vfs_inode;
};

struct seq_net_private {
	struct net *net;
};

/* --- sockets --- */

struct proto {
	char name[32];
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	unsigned char skc_state;
	struct proto *skc_prot;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_type;
	__u16 sk_protocol;
};

struct socket {
	struct sock *sk;
};

struct seq_file {
	void *private;
};

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

#pragma clang attribute pop

#endif
