/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/iface.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/iface_internal.h"
#include "ctl/instance.h"
#include "encrypter/ctl.h"
#include "util/log.h"

/* What taking does, in this order: nothing comes in before anything else changes. */
enum step { DROP, MERGING, IPV6, ADDRESSES, FORWARDING, LINK, STEPS };

static const char *const step_names[STEPS] = {
	[DROP] = "the ingress drop (clsact with a bpf classifier)",
	[MERGING] = "receive merging (GRO, LRO)",
	[IPV6] = "IPv6 (disable_ipv6)",
	[ADDRESSES] = "the addresses and routes",
	[FORWARDING] = "forwarding",
	[LINK] = "the link (up, no ARP)",
};

static const char *remedy(enum step step, int rc)
{
	if (step == DROP && (rc == -ENOENT || rc == -EOPNOTSUPP))
		return "the kernel needs sch_ingress and cls_bpf (CONFIG_NET_CLS_BPF)";
	switch (-rc) {
	case EPERM:
	case EACCES:
		return "run as root, or with CAP_NET_ADMIN and CAP_BPF";
	case EROFS:
		return "make /proc/sys writable for the daemon";
	default:
		return "see `ip -d address show` and `tc filter show`, and who else sets it up";
	}
}

/*
 * One daemon an interface: a lock in root's folder, where nobody else can be first, and which goes with the
 * process, however it ends. An interface is known by its network namespace and its number there; the dot
 * keeps the file apart from the folders of instances.
 */
static int lock(struct iface *iface, char error[static 256])
{
	struct stat net;

	if (stat("/proc/thread-self/ns/net", &net) != 0)
		return -errno;
	snprintf(iface->lock, sizeof(iface->lock), "%s/.iface-%llu-%u", CTL_RUN_DIR,
		(unsigned long long)net.st_ino, iface->index);
	int rc = instance_shared_directory(CTL_RUN_DIR);
	if (rc == 0)
		rc = instance_lock(iface->lock, &iface->lock_fd);
	if (rc == 0)
		return 0;
	if (rc == -EEXIST) {
		snprintf(error, 256, "interface %s is another encrypterd's; stop that, or name "
			"another interface", iface->name);
		rc = -EBUSY;
	}
	if (iface->lock_fd >= 0)
		close(iface->lock_fd);
	return rc;
}

static void unlock(struct iface *iface)
{
	unlink(iface->lock); /* while it is held: nobody else can have made it anew */
	close(iface->lock_fd);
}

static int go(enum step step, struct iface *iface, struct netlink *n)
{
	switch (step) {
	case DROP:
		return iface_drop_install(iface, n);
	case MERGING:
		return iface_host_disable_merging(iface);
	case IPV6:
		return iface_host_disable_ipv6(iface);
	case ADDRESSES:
		return iface_state_remove(iface, n);
	case FORWARDING:
		return iface_host_disable_forwarding(iface);
	case LINK:
		return iface_state_link(iface, n, IFF_UP | IFF_NOARP);
	case STEPS:
		break;
	}
	return -EINVAL;
}

static int go_back(enum step step, const struct iface *iface, struct netlink *n)
{
	switch (step) {
	case DROP:
		return iface_drop_remove(iface, n);
	case MERGING:
		return iface_host_restore_merging(iface);
	case IPV6:
		return iface_host_restore_ipv6(iface);
	case ADDRESSES:
		return iface_state_restore(iface, n);
	case FORWARDING:
		return iface_host_restore_forwarding(iface);
	case LINK:
		return iface_state_link(iface, n, iface->flags);
	case STEPS:
		break;
	}
	return -EINVAL;
}

/* Addresses come last: they need the link and IPv6 as they were. */
static void undo(struct iface *iface, struct netlink *n)
{
	static const enum step order[STEPS] = {LINK, FORWARDING, MERGING, IPV6, DROP, ADDRESSES};

	for (unsigned i = 0; i < STEPS; i++) {
		if ((iface->undo & 1u << order[i]) == 0)
			continue;
		int rc = go_back(order[i], iface, n);
		if (rc != 0)
			log_event(LOG_WARNING, "control", "interface not given back whole "
				"interface=%s step=\"%s\" "
				"error=\"%s\"", iface->name, step_names[order[i]], strerror(-rc));
	}
	iface->undo = 0;
}

static int take_steps(struct iface *iface, struct netlink *n, char error[static 256])
{
	for (unsigned step = 0; step < STEPS; step++) {
		int rc = go(step, iface, n);
		if (rc == 0 || step != DROP) /* half of a step is undone too; DROP leaves no half */
			iface->undo |= 1u << step;
		if (rc == 0)
			continue;
		snprintf(error, 256, "interface %s: %s: %s; %s", iface->name, step_names[step],
			strerror(-rc), remedy(step, rc));
		undo(iface, n);
		return rc;
	}
	return 0;
}

/* A drop that is there already is that of a daemon that died: what it found is not known now. */
static int read_state(struct iface *iface, struct netlink *n, char error[static 256])
{
	int rc = iface_state_read(iface, n, error);

	if (rc != 0)
		return rc;
	iface->drop_made = iface_drop_present(iface, n);
	iface_host_read(iface, iface->drop_made ? "default" : iface->name);
	if (iface->drop_made)
		iface->flags &= ~(unsigned)IFF_NOARP;
	return 0;
}

static int take_locked(struct iface *iface, char error[static 256])
{
	struct netlink n;

	int rc = netlink_open(&n);
	if (rc != 0)
		return rc;
	rc = read_state(iface, &n, error);
	if (rc == 0)
		rc = take_steps(iface, &n, error);
	if (rc != 0)
		iface_state_free(iface);
	netlink_close(&n);
	return rc;
}

int iface_take(struct iface *iface, const char *name, char error[static 256])
{
	memset(iface, 0, sizeof(*iface));
	iface->lock_fd = -1;
	error[0] = '\0';
	iface->index = strlen(name) < IFNAMSIZ ? if_nametoindex(name) : 0;
	if (iface->index == 0) {
		snprintf(error, 256, "there is no interface %.20s; see `ip link`", name);
		return -ENODEV;
	}
	snprintf(iface->name, sizeof(iface->name), "%s", name);
	int rc = lock(iface, error);
	if (rc == 0) {
		rc = take_locked(iface, error);
		if (rc != 0)
			unlock(iface);
	}
	if (rc != 0 && error[0] == '\0')
		snprintf(error, 256, "interface %s cannot be examined: %s; %s", name, strerror(-rc),
			remedy(STEPS, rc));
	iface->taken = rc == 0;
	return rc;
}

void iface_give_back(struct iface *iface)
{
	struct netlink n;
	char name[IF_NAMESIZE];

	if (!iface->taken)
		return;
	iface->taken = false;
	/* It may have another name by now, or be gone: then there is nobody to give anything to. */
	if (if_indextoname(iface->index, name)) {
		memcpy(iface->name, name, sizeof(name));
		int rc = netlink_open(&n);
		if (rc == 0) {
			undo(iface, &n);
			netlink_close(&n);
		} else {
			log_event(LOG_WARNING, "control", "interface not given back interface=%s "
				"error=\"%s\"", iface->name, strerror(-rc));
		}
	}
	iface_state_free(iface);
	unlock(iface);
}
