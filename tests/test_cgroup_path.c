/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Spellings of cgroup paths, as kubelets and runtimes make them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "cgroup_path.h"
#include "util.h"

#define UUID "6f0c3a52-58b1-4a8e-9d0e-d8f0f7a1c001"
#define UUID_ "6f0c3a52_58b1_4a8e_9d0e_d8f0f7a1c001"
#define OTHER "6f0c3a52-58b1-4a8e-9d0e-d8f0f7a1c002"
#define OTHER_ "6f0c3a52_58b1_4a8e_9d0e_d8f0f7a1c002"
#define HASH "2f1c8d0e4b5a69788796a5b4c3d2e1f0"
#define ID "5a32b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2"
#define NODE "c3d2e1f05a32b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6"

static const struct {
	const char *path, *uid; /* NULL: no pod */
} paths[] = {
	/* cgroupfs driver: guaranteed, burstable, besteffort; the pod itself, a container, what is made within */
	{ "/kubepods/pod" UUID "/" ID, UUID },
	{ "/kubepods/burstable/pod" UUID "/" ID, UUID },
	{ "/kubepods/besteffort/pod" UUID "/" ID, UUID },
	{ "/kubepods/besteffort/pod" UUID, UUID },
	{ "/kubepods/burstable/pod" UUID "/" ID "/init.scope", UUID },
	{ "/kubepods/burstable/pod" HASH "/" ID, HASH },
	{ "/kubepods/burstable/pod" UUID "/crio-" ID, UUID },
	/* systemd driver: containerd, CRI-O, Docker with cri-dockerd */
	{ "/kubepods.slice/kubepods-pod" UUID_ ".slice/cri-containerd-" ID ".scope", UUID },
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UUID_ ".slice/cri-containerd-" ID ".scope", UUID },
	{ "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UUID_ ".slice/crio-" ID ".scope", UUID },
	{ "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UUID_ ".slice/crio-" ID ".scope/container", UUID },
	{ "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UUID_ ".slice/crio-conmon-" ID ".scope", UUID },
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UUID_ ".slice/docker-" ID ".scope", UUID },
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" HASH ".slice/cri-containerd-" ID ".scope", HASH },
	{ "/kubepods.slice/kubepods-pod" HASH ".slice/docker-" ID ".scope", HASH },
	/* kubelet with systemd, runtime with cgroupfs */
	{ "/system.slice/containerd.service/kubepods-burstable-pod" UUID_ ".slice:cri-containerd:" ID, UUID },
	{ "/kubepods-besteffort-pod" UUID_ ".slice:cri-containerd:" ID, UUID },
	{ "/system.slice/containerd.service/kubepods-pod" HASH ".slice:cri-containerd:" ID, HASH },
	/* kind and minikube: a node is a container */
	{ "/docker/" NODE "/kubepods/burstable/pod" UUID "/" ID, UUID },
	{ "/docker/" NODE "/kubelet/kubepods/besteffort/pod" UUID "/" ID, UUID },
	{ "/system.slice/docker-" NODE ".scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
	  "kubelet-kubepods-burstable-pod" UUID_ ".slice/cri-containerd-" ID ".scope", UUID },
	{ "/machine.slice/libpod-" NODE ".scope/container/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" UUID_
	  ".slice/cri-containerd-" ID ".scope", UUID },
	{ "/system.slice/docker-" NODE ".scope/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UUID_
	  ".slice/docker-" ID ".scope", UUID },
	/* --cgroup-root, and what a cgroup namespace hides */
	{ "/custom.slice/custom-kubepods.slice/custom-kubepods-burstable.slice/custom-kubepods-burstable-pod" UUID_
	  ".slice/crio-" ID ".scope", UUID },
	{ "/custom/kubepods/pod" UUID "/" ID, UUID },
	{ "/../../pod" UUID "/" ID, UUID },
	{ "/../../../kubepods-besteffort.slice/kubepods-besteffort-pod" UUID_ ".slice/cri-containerd-" ID ".scope", UUID },
	{ "/../cri-containerd-" ID ".scope", NULL },
	/* pods within pods: the node's own */
	{ "/kubepods/burstable/pod" UUID "/" ID "/kubepods/besteffort/pod" OTHER "/" NODE, UUID },
	{ "/kubepods.slice/kubepods-pod" UUID_ ".slice/cri-containerd-" ID ".scope/kubelet.slice/kubelet-kubepods.slice/"
	  "kubelet-kubepods-pod" OTHER_ ".slice/cri-containerd-" NODE ".scope", UUID },
	{ "/kubepods/burstable/pod" UUID "/" ID "/docker/" NODE, UUID },
	/* removed while a process is in it */
	{ "/kubepods/burstable/pod" UUID "/" ID " (deleted)", UUID },
	{ "/kubepods/burstable/pod" UUID " (deleted)", UUID },
	/* no pod */
	{ "", NULL },
	{ "/", NULL },
	{ "/init.scope", NULL },
	{ "/system.slice/kubelet.service", NULL },
	{ "/system.slice/docker-" ID ".scope", NULL },
	{ "/docker/" ID, NULL },
	{ "/machine.slice/libpod-" ID ".scope/container", NULL },
	{ "/machine.slice/machine-libpod_pod_" ID ".slice/libpod-" ID ".scope", NULL },
	{ "/libpod_parent/" ID "/libpod-" ID, NULL },
	{ "/user.slice/user-1000.slice/session-1.scope", NULL },
	{ "/kubepods", NULL },
	{ "/kubepods/burstable", NULL },
	{ "/kubepods.slice/kubepods-burstable.slice", NULL },
	{ "/kubepods/pod", NULL },
	/* what looks like it */
	{ "/kubepods/pod" UUID "0/" ID, NULL },
	{ "/kubepods/pod6f0c3a52-58b1-4a8e-9d0e-d8f0f7a1c00/" ID, NULL },
	{ "/kubepods/pod" UUID_ "/" ID, NULL },
	{ "/kubepods/pod6f0c3a5x-58b1-4a8e-9d0e-d8f0f7a1c001/" ID, NULL },
	{ "/kubepods.slice/kubepods-pod" UUID ".slice/cri-containerd-" ID ".scope", NULL },
	{ "/system.slice/mypods-burstable-pod" UUID_ ".slice", NULL },
	{ "/system.slice/kubepods-other-pod" UUID_ ".slice", NULL },
	{ "/system.slice/-pod" UUID_ ".slice", NULL },
	{ "/kubepods-pod" UUID_ ".scope", NULL },
	{ "/tripod" UUID, NULL },
};

static void each_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		size_t length = strlen(paths[i].path);
		char *exact = malloc(length + !length), uid[CGROUP_UID_BYTES] = "untouched";
		bool found;

		/* Exactly so large that a sanitizer sees a byte too far. */
		memcpy(exact, paths[i].path, length);
		found = cgroup_path_pod(exact, length, uid);
		free(exact);
		if (found != !!paths[i].uid || strcmp(uid, found ? paths[i].uid : "untouched"))
			fail_msg("%s: %s, not %s", paths[i].path, uid, paths[i].uid ? paths[i].uid : "no pod");
	}
}

static const struct {
	const char *text, *uid;
} files[] = {
	{ "0::/kubepods/burstable/pod" UUID "/" ID "\n", UUID },
	{ "12:memory:/kubepods/burstable/pod" UUID "/" ID "\n11:cpu,cpuacct:/kubepods/burstable/pod" UUID "/" ID "\n"
	  "1:name=systemd:/kubepods/burstable/pod" UUID "/" ID "\n", UUID },
	/* hybrid: v2 has the process elsewhere */
	{ "11:pids:/kubepods.slice/kubepods-pod" UUID_ ".slice/docker-" ID ".scope\n0::/system.slice/docker.service\n", UUID },
	{ "13:misc:/\n12:pids:/kubepods/pod" UUID "/" ID "\n0::/\n", UUID },
	{ "0::/system.slice/containerd.service/kubepods-burstable-pod" UUID_ ".slice:cri-containerd:" ID "\n", UUID },
	/* the lines do not agree */
	{ "12:memory:/kubepods/pod" UUID "/" ID "\n11:cpu:/kubepods/pod" OTHER "/" ID "\n", NULL },
	/* cut, or no such lines */
	{ "0::/kubepods/pod" UUID, NULL },
	{ "12:memory:/\n0::/kubepods/pod" UUID "/5a32", NULL },
	{ "/kubepods/pod" UUID "/" ID "\n", NULL },
	{ "0:/kubepods/pod" UUID "/" ID "\n", NULL },
	{ "", NULL },
	{ "\n\n::\n", NULL },
	{ "0::/init.scope\n", NULL },
};

static void each_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		size_t length = strlen(files[i].text);
		char *exact = malloc(length + !length), uid[CGROUP_UID_BYTES] = "untouched";
		bool found;

		memcpy(exact, files[i].text, length);
		found = cgroup_file_pod(exact, length, uid);
		free(exact);
		if (found != !!files[i].uid || strcmp(uid, found ? files[i].uid : "untouched"))
			fail_msg("%s: %s, not %s", files[i].text, uid, files[i].uid ? files[i].uid : "no pod");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_path),
		cmocka_unit_test(each_file),
	};

	return cmocka_run_group_tests_name("cgroup_path", tests, NULL, NULL);
}
