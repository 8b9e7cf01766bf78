/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A kernel module that keeps the teardown of netns from going on, until it is removed.
 *
 *   insmod netnsleak_hold.ko device=NAME   holds a reference of each network device of that name, in any netns, as a
 *                                          driver does that forgets one
 *   insmod netnsleak_hold.ko               what it does at the end of a netns takes until the module goes
 *
 * Made by tests/vm/hold/build from the types that the kernel itself has in its BTF: no kernel headers.
 */
#define BPF_NO_PRESERVE_ACCESS_INDEX
#include "kernel_types.h"

enum { DEVICES = 16 };

extern struct list_head net_namespace_list;
extern struct rw_semaphore net_rwsem;
extern const struct kernel_param_ops param_ops_charp;
extern void down_read(struct rw_semaphore *lock);
extern void up_read(struct rw_semaphore *lock);
extern void msleep(unsigned int milliseconds);
extern int register_pernet_subsys(struct pernet_operations *operations);
extern void unregister_pernet_subsys(struct pernet_operations *operations);
/* Takes a reference. */
extern struct net_device *dev_get_by_name(struct net *net, const char *name);

int init_module(void);
void cleanup_module(void);

struct module __this_module __attribute__((section(".gnu.linkonce.this_module"), used)) = {
	.name = "netnsleak_hold",
	.init = init_module,
	.exit = cleanup_module,
};
_Static_assert(sizeof(struct module) == MODULE_BYTES, "not the kernel's struct module");

#define MODINFO(name, text) static const char name[] __attribute__((section(".modinfo"), used, aligned(1))) = text
MODINFO(license, "license=GPL");
MODINFO(vermagic, "vermagic=" VERMAGIC);
MODINFO(module_name, "name=netnsleak_hold");
MODINFO(retpoline, "retpoline=Y");

static char *device;
static const char device_name[] = "device";
static const struct kernel_param device_param __attribute__((section("__param"), used, aligned(8))) = {
	.name = device_name, .mod = &__this_module, .ops = &param_ops_charp, .level = -1, .arg = &device,
};

static struct net_device *held[DEVICES];
static volatile int released;

void netnsleak_hold_exit(struct net *net);
void netnsleak_hold_exit(struct net *net)
{
	(void)net;
	while (!released)
		msleep(20);
}

static struct pernet_operations operations = { .exit = netnsleak_hold_exit };

/* dev_put(), which is inline.  The matrix's kernels count the references of a device on each CPU. */
static void let_go(struct net_device *dev)
{
	asm volatile("decl %%gs:(%0)" : : "r"(dev->pcpu_refcnt) : "memory");
}

static void hold_devices(void)
{
	struct list_head *at;
	int count = 0;

	down_read(&net_rwsem);
	for (at = net_namespace_list.next; at != &net_namespace_list && count < DEVICES; at = at->next) {
		struct net *net = (void *)((char *)at - __builtin_offsetof(struct net, list));

		held[count] = dev_get_by_name(net, device);
		count += held[count] != (void *)0;
	}
	up_read(&net_rwsem);
}

int init_module(void)
{
	if (!device)
		return register_pernet_subsys(&operations);
	hold_devices();
	return held[0] ? 0 : -19; /* ENODEV */
}

void cleanup_module(void)
{
	released = 1;
	if (!device)
		unregister_pernet_subsys(&operations);
	for (int i = 0; i < DEVICES && held[i]; i++)
		let_go(held[i]);
}
