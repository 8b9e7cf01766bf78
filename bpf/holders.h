/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the programs that find holders (holders.bpf.c) and the one who runs them (user/holders.c) share.
 *
 * A reference of a netns is one of these, as kernels 5.10 to 7.3 count them:
 *  - each struct nsproxy that names it, whatever the number of its tasks (kernel/nsproxy.c);
 *  - its nsfs inode, one, as long as a mount or a descriptor keeps that (fs/nsfs.c);
 *  - each socket that user space made in it, with or without a descriptor (sk_net_refcnt, net/core/sock.c);
 *  - each open file of /proc/PID/net (fs/proc/proc_net.c);
 *  - what the kernel's own parts take by get_net(): NFS, Ceph, and others.
 */
#ifndef NETNSLEAK_HOLDERS_H
#define NETNSLEAK_HOLDERS_H

#include "events.h"

/* A task; of a thread only where its nsproxy is not its leader's. */
struct holders_task {
	nns_u64 netns;	 /* handle */
	nns_u64 nsproxy; /* number that tells one from another */
	nns_u64 mntns;	 /* likewise, of its mount namespace */
	nns_u64 started; /* boot ns, of the process */
	nns_u32 pid;	 /* thread group id, in the initial pid namespace */
	nns_u32 tid;
	char comm[NNS_COMM_LEN];
};

enum holders_file_kind {
	HOLDERS_NSFS = 1, /* the netns itself is open */
	HOLDERS_SOCKET,
	HOLDERS_TUN,	  /* /dev/net/tun, which has a socket inside */
	HOLDERS_PROC,	  /* a file of /proc/PID/net */
};

/* A descriptor. */
struct holders_file {
	nns_u64 netns; /* handle, of what the file holds */
	nns_u64 file;  /* number of the struct file: one, though many descriptors are of it */
	nns_u64 started; /* boot ns, of the process */
	nns_u32 pid, fd;
	nns_u16 kind;  /* enum holders_file_kind */
	nns_u16 family, type, protocol; /* of a socket: AF_*, SOCK_*, ... */
	nns_u16 state; /* TCP_* */
	nns_u16 local_port, remote_port;
	nns_u16 pad;
	nns_u8 local[NNS_ADDR_LEN], remote[NNS_ADDR_LEN];
	char comm[NNS_COMM_LEN];
};

enum holders_mount_flag {
	HOLDERS_COVERED = 1,  /* another mount stands on it */
	HOLDERS_UNLINKED = 2, /* the file that it stands on is no more */
	HOLDERS_DETACHED = 4, /* in no mount namespace: umount -l, and something keeps it open */
	HOLDERS_CUT = 8,      /* the path's beginning is missing */
};

#define HOLDERS_PATH 512

/* A mount of a netns's nsfs file, in whatever mount namespace.  The path follows: path_bytes, terminated, padded. */
struct holders_mount {
	nns_u64 netns;
	nns_u64 mntns; /* as in holders_task; 0: detached */
	nns_u32 mntns_inum;
	nns_u32 id, parent_id; /* as in /proc/PID/mountinfo */
	nns_u16 size;	       /* of this record, path included; a multiple of 8 */
	nns_u16 flags;	       /* enum holders_mount_flag */
	nns_u32 path_bytes;    /* with the NUL */
	nns_u32 pad;
	char path[];
};

/* The counts of a netns.  User space fills in the first part. */
struct holders_count {
	struct nns_ident netns;
	nns_u32 valid;	    /* it is the one that was asked for */
	nns_s32 references; /* all */
	nns_s32 sockets;    /* of user space; -1: cannot be told */
	nns_s32 nsfs;	    /* 1: the nsfs inode has one of the references */
	nns_s32 nsfs_users; /* references of that file's dentry: its mounts and open files */
	nns_s32 passive;    /* what keeps the memory and not the netns */
};

#define HOLDERS_COUNTS 1024	 /* of one run */
#define HOLDERS_BYTES (1u << 17) /* of records of mounts, of one run */
#define HOLDERS_SLACK 1024
#define HOLDERS_MNTNS_MAX 4096	 /* of one run of the iterator over the tasks */

struct holders_buffer {
	nns_u8 bytes[HOLDERS_BYTES + HOLDERS_SLACK] __attribute__((aligned(8)));
};

struct holders_counts {
	struct holders_count all[HOLDERS_COUNTS];
};

/* Outlives a run.  User space zeroes it to begin a walk over the mounts. */
struct holders_state {
	nns_u64 netns;	  /* only this one's; 0: all */
	nns_u64 skip;	  /* but this one's */
	nns_u64 position; /* the last mount told */
	nns_u32 position_id;
	nns_u32 bytes;	/* in the buffer */
	nns_u32 more;	/* run again */
	nns_s32 error;	/* 0, or a negative errno; -EAGAIN: begin again */
	nns_u32 counts; /* to be filled in */
	nns_u32 cpus;	/* possible ones */
	nns_u32 owners_only; /* of the tasks only one of each mount namespace that is wanted */
	nns_u32 pad;
};

/* Where a run is.  Of no use to user space, which must know its size because it maps the globals. */
struct holders_walk {
	nns_u64 ops; /* what all netns have in ns.ops */
	struct super_block *nsfs;
	struct mount *mount;
	struct mount *above; /* of the path: the mount that is being climbed, */
	struct dentry *name; /* and where in it */
	nns_u32 path_begin, path_flags;
};

#endif
