/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How the kubelet has pods made: with its labels, and in a cgroup that has the pod's UID in its name.
 */
#ifndef NETNSLEAK_CRI_CONFIG_H
#define NETNSLEAK_CRI_CONFIG_H

#include <runtime.pb-c.h>
#include <stdbool.h>

struct pod {
	char *namespace_, *name, *uid;
	uint32_t attempt;
	bool host_network;
};

/* A message and what it points to; not to be moved.  The pod must outlive it. */
struct sandbox_config {
	Runtime__PodSandboxConfig message;
	Runtime__PodSandboxMetadata metadata;
	Runtime__LinuxPodSandboxConfig of_linux;
	Runtime__LinuxSandboxSecurityContext security;
	Runtime__NamespaceOption namespaces;
	Runtime__Entry labels[3], *label_pointers[3];
};

/* To be freed in any case.  -ENOMEM */
int sandbox_config_init(struct sandbox_config *config, const struct pod *pod);
void sandbox_config_free(struct sandbox_config *config);

struct container_config {
	Runtime__ContainerConfig message;
	Runtime__ContainerMetadata metadata;
	Runtime__ImageSpec image;
	Runtime__LinuxContainerConfig of_linux;
	Runtime__LinuxContainerSecurityContext security;
	Runtime__NamespaceOption namespaces;
	Runtime__Entry labels[2], *label_pointers[2];
};

/* Likewise.  command: words, ends with NULL. */
int container_config_init(struct container_config *config, const struct pod *pod, char *name, char **command);
void container_config_free(struct container_config *config);

#endif
