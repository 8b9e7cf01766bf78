/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which pod a process is of, by the name of its cgroup.
 *
 * The kubelet makes a cgroup for each pod and gives it the pod's uid (pkg/kubelet/cm, in all releases since 1.6);
 * the runtime makes one for each container within:
 *
 *   cgroupfs driver   /kubepods/burstable/podUID/CONTAINER
 *   systemd driver    /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUID.slice/RUNTIME-CONTAINER.scope
 *                     with '_' for each '-' of the uid
 *   systemd's name, taken by a runtime that is set to cgroupfs
 *                     /system.slice/containerd.service/kubepods-burstable-podUID.slice:cri-containerd:CONTAINER
 *
 * Guaranteed pods have no level "burstable" or "besteffort".  All this may stand below something else: kind and
 * minikube, --cgroup-root, a cgroup namespace ("/../..").  Of pods within pods the outermost counts: it is the one that
 * this node's kubelet made, and what its container makes is to go with it.
 */
#ifndef NETNSLEAK_CGROUP_PATH_H
#define NETNSLEAK_CGROUP_PATH_H

#include <stdbool.h>
#include <stddef.h>

#define CGROUP_UID_BYTES 37 /* a UUID and the NUL; a static pod's is 32 hexadecimal digits */

/* The pod of one path, as a line of /proc/PID/cgroup has it behind the second colon.  uid is untouched on false. */
bool cgroup_path_pod(const char *path, size_t length, char uid[static CGROUP_UID_BYTES]);

/*
 * The pod of all of /proc/PID/cgroup (cgroups(7): "ID:CONTROLLERS:PATH" lines, several with cgroup v1).  A line that
 * does not end is left out.  False: no line names one, or two lines name different ones.
 */
bool cgroup_file_pod(const char *text, size_t length, char uid[static CGROUP_UID_BYTES]);

#endif
