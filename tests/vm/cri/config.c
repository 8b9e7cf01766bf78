/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include <errno.h>

#include "util.h"

static char label_name[] = "io.kubernetes.pod.name", label_namespace[] = "io.kubernetes.pod.namespace",
	    label_uid[] = "io.kubernetes.pod.uid", label_container[] = "io.kubernetes.container.name",
	    image_name[] = "localhost/pause:1", no_text[] = "";

static void set_labels(Runtime__Entry *labels, Runtime__Entry **pointers, size_t count, char *const pairs[][2])
{
	for (size_t i = 0; i < count; i++) {
		runtime__entry__init(&labels[i]);
		labels[i].key = pairs[i][0];
		labels[i].value = pairs[i][1];
		pointers[i] = &labels[i];
	}
}

static void set_namespaces(Runtime__NamespaceOption *namespaces, const struct pod *pod)
{
	runtime__namespace_option__init(namespaces);
	namespaces->network = pod->host_network ? RUNTIME__NAMESPACE_MODE__NODE : RUNTIME__NAMESPACE_MODE__POD;
	namespaces->pid = RUNTIME__NAMESPACE_MODE__CONTAINER;
}

int sandbox_config_init(struct sandbox_config *config, const struct pod *pod)
{
	char *const labels[][2] = { { label_name, pod->name }, { label_namespace, pod->namespace_ }, { label_uid, pod->uid } };

	runtime__pod_sandbox_config__init(&config->message);
	runtime__pod_sandbox_metadata__init(&config->metadata);
	runtime__linux_pod_sandbox_config__init(&config->of_linux);
	runtime__linux_sandbox_security_context__init(&config->security);
	config->message.metadata = &config->metadata;
	config->message.linux_config = &config->of_linux;
	config->of_linux.security_context = &config->security;
	config->security.namespace_options = &config->namespaces;
	config->metadata.name = pod->name;
	config->metadata.uid = pod->uid;
	config->metadata.namespace_ = pod->namespace_;
	config->metadata.attempt = pod->attempt;
	config->message.hostname = pod->host_network ? no_text : pod->name;
	config->message.labels = config->label_pointers;
	config->message.n_labels = ARRAY_SIZE(labels);
	set_labels(config->labels, config->label_pointers, ARRAY_SIZE(labels), labels);
	set_namespaces(&config->namespaces, pod);
	config->message.log_directory = formatted("/var/log/pods/%s_%s_%s", pod->namespace_, pod->name, pod->uid);
	config->of_linux.cgroup_parent = formatted("/kubepods/besteffort/pod%s", pod->uid);
	return config->message.log_directory && config->of_linux.cgroup_parent ? 0 : -ENOMEM;
}

void sandbox_config_free(struct sandbox_config *config)
{
	free(config->message.log_directory);
	free(config->of_linux.cgroup_parent);
}

int container_config_init(struct container_config *config, const struct pod *pod, char *name, char **command)
{
	char *const labels[][2] = { { label_container, name }, { label_uid, pod->uid } };

	runtime__container_config__init(&config->message);
	runtime__container_metadata__init(&config->metadata);
	runtime__image_spec__init(&config->image);
	runtime__linux_container_config__init(&config->of_linux);
	runtime__linux_container_security_context__init(&config->security);
	config->message.metadata = &config->metadata;
	config->message.image = &config->image;
	config->message.linux_config = &config->of_linux;
	config->of_linux.security_context = &config->security;
	config->security.namespace_options = &config->namespaces;
	config->metadata.name = name;
	config->image.image = image_name;
	config->message.command = command;
	while (command[config->message.n_command])
		config->message.n_command++;
	config->message.labels = config->label_pointers;
	config->message.n_labels = ARRAY_SIZE(labels);
	set_labels(config->labels, config->label_pointers, ARRAY_SIZE(labels), labels);
	set_namespaces(&config->namespaces, pod);
	config->message.log_path = formatted("%s.log", name);
	return config->message.log_path ? 0 : -ENOMEM;
}

void container_config_free(struct container_config *config)
{
	free(config->message.log_path);
}
