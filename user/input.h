/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Everything that flows into the pure stages, and so everything that a recording holds.
 *
 * Sources, the tracer, the clock and the recording produce struct input; the pipeline consumes them one by
 * one.  What an input points to is owned by its producer and valid only during the call.  Strings are UTF-8,
 * never NULL where not said so, "" for unknown.
 *
 * Two clocks: `time` is CLOCK_BOOTTIME ns (as in the kernel's records); fields named *_wall are
 * CLOCK_REALTIME ns since 1970.  INPUT_SESSION and INPUT_CLOCK tie the two together.
 */
#ifndef NETNSLEAK_INPUT_H
#define NETNSLEAK_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * No clock shows more: 73 years since boot, the year 1896, the year 2116.  Within these, times can be added and
 * taken from each other.
 */
#define BOOT_LAST (1ull << 61)
#define WALL_FIRST (-(1ll << 61))
#define WALL_LAST (1ll << 62)

enum input_kind {
	INPUT_SESSION = 1,   /* session: the first of every session */
	INPUT_KERNEL,	     /* kernel: one record of bpf/events.h */
	INPUT_LOST,	     /* lost: kernel records found no room, or hooks were not run */
	INPUT_POD,	     /* pod: a source says that this pod exists, and how it is */
	INPUT_POD_GONE,	     /* pod_gone: a source says so in so many words */
	INPUT_BINDING,	     /* binding: a source says that this netns is that pod's */
	INPUT_BINDING_GONE,  /* binding_gone: the source no longer says so; the binding is kept all the same */
	INPUT_SOURCE,	     /* source: a source's state changed */
	INPUT_PATH,	     /* path: a file that is a mounted netns came or went */
	INPUT_RESTORED,	     /* restored: what the state file remembers of one netns */
	INPUT_CLOCK,	     /* clock: real time was set */
	INPUT_TICK,	     /* nothing but the time: a deadline has come */
	INPUT_END,	     /* the session ends in good order */
	INPUT_HOLDERS,	     /* holders: what the references of a netns are made of; each INPUT_HOLDER follows */
	INPUT_HOLDER,	     /* holder: one of them */
	INPUT_TEARDOWN,	     /* teardown: a dying netns was looked at; each INPUT_BLOCKER follows */
	INPUT_BLOCKER,	     /* blocker: a device that keeps it from being freed */
	INPUT_KERNEL_LOG,    /* kernel_log: the kernel's log says that it waits for a device */
	INPUT_CNI_NETNS,     /* cni_netns: where the path leads that a CNI plugin was called with */
	INPUT_KIND_MAX
};

/* What the verdicts go by; recorded, so that a replay judges as the session did. */
struct input_session {
	const char *version;	    /* of netnsleak */
	const char *node;	    /* this node's name as the pod sources spell it */
	const char *kernel_release; /* uname -r */
	const char *boot_id;	    /* /proc/sys/kernel/random/boot_id */
	int64_t wall_offset;	    /* add to a boot time to get real time */
	uint64_t grace;		    /* ns */
	uint64_t stuck_after;	    /* ns */
	uint64_t orphan_age;	    /* ns */
	bool finds_holders;	    /* INPUT_HOLDERS is told of each suspect; no verdict before */
	bool finds_blockers;	    /* likewise INPUT_TEARDOWN, of those that are dying */
	bool reads_kernel_log;	    /* INPUT_KERNEL_LOG is told of what comes */
	bool sees_calls;	    /* the kernel tells of each call of a CNI plugin, from now on */
};

struct input_kernel {
	const void *record; /* a record of bpf/events.h, not yet checked */
	size_t size;
};

struct input_lost {
	uint64_t count;	 /* records that found no room, since the last INPUT_LOST */
	uint64_t missed; /* events that hooks may have missed since then: no sequence number is missing */
	uint64_t calls;	 /* likewise, but only calls of CNI plugins that began */
};

struct ip_address {
	uint8_t family; /* AF_INET, AF_INET6 */
	uint8_t bytes[16]; /* network order, the rest zero; ::ffff:a.b.c.d is given as AF_INET */
};

/*
 * The namespaces of containers that are no pod's but Docker's or Podman's own; a namespace of Kubernetes has no capital
 * letters.  On these the sources docker:... and podman:... are the authority, and on nothing else.
 */
#define DOCKER_NAMESPACE "Docker"
#define PODMAN_NAMESPACE "Podman"

enum pod_phase { POD_PHASE_UNKNOWN, POD_PENDING, POD_RUNNING, POD_SUCCEEDED, POD_FAILED };

struct input_pod {
	const char *source;	/* name of the source, as in INPUT_SOURCE */
	const char *uid;	/* never "" */
	const char *alias_uid;	/* mirror pods: the static pod's own uid, which the runtime uses; else "" */
	const char *namespace_; /* Kubernetes namespace */
	const char *name;
	const char *node;	/* spec.nodeName, "" while not scheduled */
	const struct ip_address *ips;
	size_t ip_count;
	bool host_network;
	bool terminating; /* has a deletionTimestamp */
	enum pod_phase phase;
	int64_t finished_wall; /* when Succeeded or Failed, where the source says; else 0 */
};

struct input_pod_gone {
	const char *source;
	const char *uid;
	int64_t gone_wall; /* when; the source's best knowledge */
};

enum evidence { EVIDENCE_NONE, EVIDENCE_IP, EVIDENCE_CGROUP, EVIDENCE_CNI, EVIDENCE_CRI };

struct input_binding {
	const char *source;
	enum evidence evidence;
	const char *key;	  /* names this binding within its source: file name, sandbox id */
	const char *pod_uid;	  /* "" where the source does not carry it */
	const char *pod_namespace;
	const char *pod_name;
	const char *container_id; /* of the sandbox */
	const char *netns_path;	  /* as the source spells it */
	uint32_t netns_inum;	  /* the nsfs inode that the path led to when read; 0: none any more */
	const struct ip_address *ips;
	size_t ip_count;
	int64_t as_of_wall;	  /* when the statement was made (mtime of the cache file): the netns was
				     born before, or it is another */
};

struct input_binding_gone {
	const char *source;
	const char *key;
};

enum source_state {
	SOURCE_SYNCING,	/* a full listing begins: INPUT_POD and INPUT_BINDING of all there is follow.  Not told
			   before it is known to be answered; while it lasts what was said before stands */
	SOURCE_SYNCED,	/* it ended well: what was not listed does not exist, as of as_of_wall */
	SOURCE_DOWN,	/* cannot be reached or believed; what it said before stands */
	SOURCE_ABSENT,	/* it was not in use once, and nothing waits for it until it is */
};

struct input_source {
	const char *source; /* as given to --pods: "file:/path", "cni:/var/lib/cni" */
	enum source_state state;
	bool authority;	    /* may say that a pod is gone; correlate.h has the rule */
	/*
	 * SOURCE_SYNCED: the moment that the listing shows, or the last that it can show.  SOURCE_SYNCING: the first
	 * that it can show, when it was asked for; 0 where that is not known, and where the source knows only
	 * some of the node's pods (cri): then a pod that it never told of is not gone for missing in it.
	 */
	int64_t as_of_wall;
	const char *detail; /* SOURCE_DOWN, SOURCE_ABSENT: why, and what to do; SOURCE_SYNCED: a warning, or "" */
};

struct input_path {
	const char *path;
	uint32_t inum;	   /* nsfs inode number */
	bool present;	   /* false: it went */
	int64_t made_wall; /* mtime of the file, 0 unknown */
};

/* Identity across sessions of one boot: see struct nns_ident. */
struct input_restored {
	uint64_t cookie;
	uint32_t inum;
	uint32_t mix;
	enum evidence evidence;
	const char *pod_uid;
	const char *pod_namespace;
	const char *pod_name;
	const char *container_id;
	const struct ip_address *ips; /* the pod's */
	size_t ip_count;
	int64_t bound_wall;    /* as_of_wall of the binding */
	int64_t gone_wall;     /* 0: the pod was not gone */
	int64_t released_wall; /* when the last source let go of it; 0: not known */
	int64_t leaked_wall;   /* when netns.leaked was reported, 0: not */
	int64_t stuck_wall;    /* likewise */
	int64_t orphan_wall;   /* likewise */
	int64_t conflict_wall; /* likewise */
	int64_t born_wall;     /* when it was made, where that was seen; else 0 */
	const char *creator;   /* the process that made it; "" not known */
	uint32_t creator_pid;
	const char *netns_path; /* where the runtime had it */
	const char *cause;	/* its name (cause.h), where the calls of CNI plugins show it; else "" */
	const char *cause_evidence; /* without a cause: how CNI DEL ended; "" not known */
};

/* Instead of a count of references: they could not be looked for; or holders were, without the kernel's own count. */
enum { HOLDERS_UNKNOWN = -1, HOLDERS_NOT_COUNTED = -2 };

/* The kernel's count, and what was found of it.  Numbers of references but where said otherwise. */
struct input_holders {
	uint64_t netns; /* handle, as in the records of the kernel */
	int32_t counted; /* below 0: see above; then the rest says nothing, but of HOLDERS_NOT_COUNTED found and nsproxies */
	int32_t nsproxies;   /* one for all tasks that share it; not counted: 0 where there is no task, -1 where that is not known */
	int32_t nsfs;	     /* 0 or 1: its file, which mounts and descriptors keep */
	int32_t sockets;
	int32_t proc_files;  /* open files of /proc/PID/net */
	int32_t unexplained; /* the rest: the kernel's own */
	int32_t sockets_unseen;	  /* of the sockets: without a descriptor; below 0: they are among the unexplained, perhaps with proc_files */
	int32_t nsfs_unexplained; /* users of the nsfs file that are neither a mount nor a descriptor; no references */
	uint32_t found; /* holders, also where not all of them follow */
};

enum holder_kind { HOLDER_UNKNOWN, HOLDER_TASK, HOLDER_MOUNT, HOLDER_DESCRIPTOR, HOLDER_SOCKET, HOLDER_TUN, HOLDER_PROC_FILE };
#define HOLDER_KINDS (HOLDER_PROC_FILE + 1)

enum holder_flag {
	HOLDER_COVERED = 1,  /* mount: another stands on it */
	HOLDER_UNLINKED = 2, /* mount: the file that it stands on is no more */
	HOLDER_DETACHED = 4, /* mount: in no mount namespace that anybody can be in */
	HOLDER_CUT = 8,	     /* mount: the beginning of the path is missing */
	HOLDER_NODE = 16,    /* mount: in the node's own mount namespace */
	HOLDER_HIDDEN = 32,  /* mount: its path leads elsewhere, to what was mounted over a directory of it */
	HOLDER_SEEN = 64,    /* mount: its path was looked at, and leads to it */
	HOLDER_LOCAL_PID = 128, /* pid is of the PID namespace that was looked from, not of the node's first one */
};

struct input_holder {
	uint64_t netns; /* handle */
	enum holder_kind kind;
	uint32_t pid;	  /* in the first pid namespace, or HOLDER_LOCAL_PID; mount: of a process in its mount namespace, 0: none */
	uint32_t tid;	  /* task */
	uint32_t fd;	  /* of what is open */
	const char *comm; /* of that process */
	const char *what; /* mount: the path in its mount namespace; socket: "tcp 127.0.0.1:80 listening" */
	const char *cgroup; /* path of that process's; "" unknown */
	uint32_t flags;	  /* enum holder_flag */
	uint32_t mount_id, parent_mount_id; /* as in /proc/PID/mountinfo */
	uint32_t mntns_inum;
};

struct input_teardown {
	uint64_t netns;	      /* handle */
	const char *function; /* that the kernel's worker is in, as called by cleanup_net(); "" unknown */
};

struct input_blocker {
	uint64_t netns;	    /* handle, of INPUT_TEARDOWN */
	uint64_t device;    /* handle, as in NNS_DEV_UNREGISTERED */
	int32_t references; /* of it, that are not given back */
};

/* "unregister_netdevice: waiting for eth0 to become free. Usage count = 2" */
struct input_kernel_log {
	const char *device;
	int32_t usage;
};

/* Looked at as soon as the call was told. */
struct input_cni_netns {
	uint32_t pid;	  /* of the call, with: */
	uint64_t started; /* as in struct nns_cni_exec */
	uint32_t inum;	  /* nsfs inode number, 0: none */
	int32_t error;	  /* then: -ENOENT: no such file; -ENOTTY: a file that is no netns; another: it could not be looked at */
};

struct input_clock {
	int64_t wall_offset;
};

struct input {
	enum input_kind kind;
	uint64_t time; /* boot ns; does not go back by more than the reordering of CPUs */
	union {
		struct input_session session;
		struct input_kernel kernel;
		struct input_lost lost;
		struct input_pod pod;
		struct input_pod_gone pod_gone;
		struct input_binding binding;
		struct input_binding_gone binding_gone;
		struct input_source source;
		struct input_path path;
		struct input_restored restored;
		struct input_clock clock;
		struct input_holders holders;
		struct input_holder holder;
		struct input_teardown teardown;
		struct input_blocker blocker;
		struct input_kernel_log kernel_log;
		struct input_cni_netns cni_netns;
	};
};

/* Takes one input.  Negative errno: the session cannot go on. */
typedef int (*input_fn)(void *ctx, const struct input *input);

#endif
