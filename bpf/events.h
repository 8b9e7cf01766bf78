/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The whole contract between the BPF programs and user space.
 *
 * Every record starts with struct nns_hdr; its kind says which struct it is and its size must be exactly
 * that struct's.  Fields have fixed widths, padding is explicit and zero, integers are in the byte order of
 * the machine.  Layout is asserted at the end of this file, on both sides.
 *
 * Times are CLOCK_BOOTTIME nanoseconds (bpf_ktime_get_boot_ns): they go on while the machine sleeps, as a
 * pod's deletion does.
 */
#ifndef NETNSLEAK_EVENTS_H
#define NETNSLEAK_EVENTS_H

#ifndef __bpf__
#include <stddef.h>
#include <stdint.h>
typedef uint8_t nns_u8;
typedef uint16_t nns_u16;
typedef uint32_t nns_u32;
typedef uint64_t nns_u64;
typedef int32_t nns_s32;
typedef int64_t nns_s64;
#else
typedef __u8 nns_u8;
typedef __u16 nns_u16;
typedef __u32 nns_u32;
typedef __u64 nns_u64;
typedef __s32 nns_s32;
typedef __s64 nns_s64;
#endif

#define NNS_COMM_LEN 16   /* TASK_COMM_LEN */
#define NNS_IFNAME_LEN 16 /* IFNAMSIZ */
#define NNS_KIND_LEN 16   /* rtnl_link_ops.kind, cut */
#define NNS_ADDR_LEN 16   /* an IPv4 address uses the first four, the rest is zero */
#define NNS_CNI_WORD_LEN 16
#define NNS_CNI_ID_LEN 128
#define NNS_CNI_PATH_LEN 256
#define NNS_CNI_ARGS_LEN 512

enum nns_kind {
	NNS_NETNS_CREATED = 1,	   /* struct nns_netns_created */
	NNS_NETNS_CREATE_FAILED,   /* struct nns_netns_create_failed */
	NNS_NETNS_DYING,	   /* struct nns_netns_end: the last reference went */
	NNS_NETNS_CLEANUP,	   /* struct nns_netns_end: cleanup_net() took it up */
	NNS_NETNS_FREED,	   /* struct nns_netns_end: the memory is about to be freed */
	NNS_ADDR_ADDED,		   /* struct nns_addr; may be told again for an address already there */
	NNS_ADDR_REMOVED,	   /* struct nns_addr */
	NNS_DEV_REGISTERED,	   /* struct nns_dev; the loopback's comes before NNS_NETNS_CREATED */
	NNS_DEV_UNREGISTERED,	   /* struct nns_dev */
	NNS_DEV_MOVED,		   /* struct nns_dev: netns is the new one, other the old one */
	NNS_CENSUS_BEGIN,	   /* struct nns_census_mark */
	NNS_CENSUS_NETNS,	   /* struct nns_census_netns, then its devices and their addresses */
	NNS_CENSUS_DEV,		   /* struct nns_dev, of the NNS_CENSUS_NETNS before it */
	NNS_CENSUS_ADDR,	   /* struct nns_addr, of the NNS_CENSUS_NETNS before it */
	NNS_CENSUS_END,		   /* struct nns_census_mark */
	NNS_CENSUS_TASK,	   /* struct nns_census_task, of the NNS_CENSUS_NETNS before it; where there is a process */
	NNS_FILLER,		   /* struct nns_netns_end: nothing; another was quicker to tell it */
	NNS_CNI_EXEC,		   /* struct nns_cni_exec: a program that is called as a CNI plugin begins */
	NNS_CNI_EXIT,		   /* struct nns_cni_exit: it ends */
	NNS_KIND_MAX
};

struct nns_hdr {
	nns_u16 kind; /* enum nns_kind */
	nns_u16 size; /* of the whole record, this header included */
	nns_u32 cpu;  /* that wrote it; 0 in census records */
	nns_u64 seq;  /* per CPU, from 1, no gap: a lost record takes a number too; 0 in census records */
	nns_u64 time; /* boot time, ns */
};

/*
 * Which netns.  The handle is the address of struct net mixed with a secret of the session: unique among
 * the netns that are not freed, so it joins the records of one life, and says nothing once they are freed.
 * Identity that outlives the session is the cookie, where the kernel gives it at birth (5.12 and later, else
 * 0), or the pair of inode number and mix: mix is net.hash_mix, 32 random bits drawn for each netns since
 * 5.1 (kernel commit 355b98553789), so the pair tells apart two netns that got one inode number.
 */
struct nns_ident {
	nns_u64 handle;
	nns_u64 cookie;
	nns_u32 inum; /* of the nsfs inode; 0 while the netns is being made */
	nns_u32 mix;
};

/* The task that an event ran in. */
struct nns_task {
	nns_u32 pid;	   /* thread group id in the initial pid namespace */
	nns_u32 tid;
	nns_u64 cgroup_id; /* cgroup v2 id: inode number of its directory */
	char comm[NNS_COMM_LEN];
};

struct nns_netns_created {
	struct nns_hdr hdr;
	struct nns_ident netns;
	struct nns_ident parent; /* the netns of the creator */
	struct nns_task task;
};

struct nns_netns_create_failed {
	struct nns_hdr hdr;
	struct nns_task task;
	nns_s32 error; /* negative errno */
	nns_u32 pad;
};

/* How the end of a netns was seen. */
enum nns_road {
	NNS_ROAD_NONE = 0,
	NNS_ROAD_PUT_NET,   /* __put_net(): the last reference went with a task, a socket, ... */
	NNS_ROAD_NETNS_PUT, /* netns_put(): it went with an nsfs inode */
	NNS_ROAD_CLEANUP,   /* neither was seen: cleanup_net() had it queued */
};

struct nns_netns_end {
	struct nns_hdr hdr;
	struct nns_ident netns;
	struct nns_task task; /* who dropped the last reference; a kernel worker for the later kinds */
	nns_u32 road;	      /* enum nns_road, of NNS_NETNS_DYING */
	nns_u32 pad;
};

enum nns_addr_flag {
	NNS_ADDR_LOOPBACK = 1,	 /* 127.0.0.0/8, ::1 */
	NNS_ADDR_LINK_LOCAL = 2, /* 169.254.0.0/16, fe80::/10 */
};

struct nns_addr {
	struct nns_hdr hdr;
	struct nns_ident netns;
	nns_u32 ifindex;
	nns_u8 family;	  /* AF_INET 2, AF_INET6 10 */
	nns_u8 prefixlen;
	nns_u8 scope;	  /* RT_SCOPE_*, for both families */
	nns_u8 flags;	  /* enum nns_addr_flag */
	nns_u8 addr[NNS_ADDR_LEN];
	char ifname[NNS_IFNAME_LEN];
};

enum nns_dev_flag {
	NNS_DEV_UP = 1,	      /* IFF_UP */
	NNS_DEV_LOOPBACK = 2, /* IFF_LOOPBACK */
	NNS_DEV_PEER = 4,     /* peer_ifindex and peer_netns are set (veth) */
};

struct nns_dev {
	struct nns_hdr hdr;
	struct nns_ident netns;
	nns_u64 other;	      /* handle of the old netns, of NNS_DEV_MOVED; of the device itself, of NNS_DEV_UNREGISTERED */
	nns_u64 peer_netns;   /* handle of the netns of a veth's peer */
	nns_u32 ifindex;
	nns_u32 peer_ifindex;
	nns_u32 flags;	      /* enum nns_dev_flag */
	nns_u32 old_ifindex;  /* of NNS_DEV_MOVED: a move may renumber */
	char ifname[NNS_IFNAME_LEN];
	char link_kind[NNS_KIND_LEN]; /* "veth", "bridge", ...; empty where the device has no link ops */
};

enum nns_census_flag {
	NNS_NETNS_INIT = 1, /* the initial netns */
	NNS_NETNS_TASKS_UNSEEN = 2, /* there may be more tasks than are told: set by user space */
	NNS_NETNS_DEVS_UNSEEN = 4,  /* there are devices that are not told: likewise */
};

struct nns_census_netns {
	struct nns_hdr hdr;
	struct nns_ident netns;
	nns_s64 references; /* ns.count; 0 is dying */
	nns_u32 tasks;	    /* processes in it, and threads that are in another netns than their leader */
	nns_u32 flags;	    /* enum nns_census_flag */
};

/* A process that is in the netns: of those that are, the one that started first, which for a pod is its pause. */
struct nns_census_task {
	struct nns_hdr hdr;
	struct nns_ident netns;
	nns_u32 pid; /* as in struct nns_task */
	nns_u32 pad;
};

/*
 * A process that began to run a program with CNI_COMMAND in its environment: a plugin, or what a plugin runs.  Of its
 * environment, what the CNI says; texts that are longer are cut and marked as such.
 */
enum nns_cni_flag {
	NNS_CNI_AGAIN = 1, /* the process was told of before: it has gone over to another program */
	NNS_CNI_CUT = 2,   /* a text was cut */
};

struct nns_cni_exec {
	struct nns_hdr hdr;
	nns_u64 started;    /* boot time, ns: of the first program; with the pid the name of the call */
	nns_u32 pid;	    /* thread group id in the initial pid namespace, like the other two */
	nns_u32 parent_pid;
	nns_u32 outer_pid;  /* of the nearest ancestor that was told of and has not ended; 0: there is none */
	nns_u32 flags;	    /* enum nns_cni_flag */
	char parent_comm[NNS_COMM_LEN];
	char command[NNS_CNI_WORD_LEN];	     /* CNI_COMMAND: "ADD", "DEL", ... */
	char ifname[NNS_CNI_WORD_LEN];	     /* CNI_IFNAME */
	char container_id[NNS_CNI_ID_LEN];   /* CNI_CONTAINERID */
	char netns_path[NNS_CNI_PATH_LEN];   /* CNI_NETNS */
	char program[NNS_CNI_PATH_LEN];	     /* what was executed, as it was named; a script's own name */
	char search_path[NNS_CNI_PATH_LEN];  /* CNI_PATH: where plugins are */
	char args[NNS_CNI_ARGS_LEN];	     /* CNI_ARGS: K8S_POD_NAME=..., among others */
};

struct nns_cni_exit {
	struct nns_hdr hdr;
	nns_u64 started; /* as in struct nns_cni_exec */
	nns_u32 pid;
	nns_u32 status;	 /* as wait(2) has it */
};

struct nns_census_mark {
	struct nns_hdr hdr;
	nns_u64 number;	   /* of the census in this session, from 1 */
	nns_u64 netns;	   /* NNS_CENSUS_END: how many were told */
	nns_s64 error;	   /* NNS_CENSUS_END: 0, or a negative errno: it is not complete */
};

#define NNS_ASSERT_LAYOUT(type, bytes, field, offset)                                            \
	_Static_assert(sizeof(struct type) == (bytes), #type " changed size");                   \
	_Static_assert(__builtin_offsetof(struct type, field) == (offset), #type "." #field " moved")

NNS_ASSERT_LAYOUT(nns_hdr, 24, time, 16);
NNS_ASSERT_LAYOUT(nns_ident, 24, mix, 20);
NNS_ASSERT_LAYOUT(nns_task, 32, comm, 16);
NNS_ASSERT_LAYOUT(nns_netns_created, 104, task, 72);
NNS_ASSERT_LAYOUT(nns_netns_create_failed, 64, error, 56);
NNS_ASSERT_LAYOUT(nns_netns_end, 88, road, 80);
NNS_ASSERT_LAYOUT(nns_addr, 88, ifname, 72);
NNS_ASSERT_LAYOUT(nns_dev, 112, link_kind, 96);
NNS_ASSERT_LAYOUT(nns_census_netns, 64, flags, 60);
NNS_ASSERT_LAYOUT(nns_census_task, 56, pid, 48);
NNS_ASSERT_LAYOUT(nns_census_mark, 48, error, 40);
NNS_ASSERT_LAYOUT(nns_cni_exec, 1504, args, 992);
NNS_ASSERT_LAYOUT(nns_cni_exit, 40, status, 36);

#endif
