/* SPDX-License-Identifier: BSD-3-Clause */
/* Settings of an interface under /proc/sys, and its receive merging (ethtool's ioctl). */
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/iface_internal.h"

enum { GRO, LRO };

static int open_setting(const char *family, const char *of, const char *key, int flags)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, of, key);
	int fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* -1 when there is no such setting, as without IPv6. */
static int read_setting(const char *family, const char *of, const char *key)
{
	char text[16] = "";
	int fd = open_setting(family, of, key, O_RDONLY);

	if (fd < 0)
		return -1;
	ssize_t length = read(fd, text, sizeof(text) - 1);
	close(fd);
	return length > 0 ? atoi(text) : -1;
}

/* Writes only what differs: /proc/sys may be read-only and right. */
static int write_setting(const char *family, const char *of, const char *key, int value)
{
	char text[16];

	if (value < 0 || read_setting(family, of, key) == value)
		return 0;
	int fd = open_setting(family, of, key, O_WRONLY);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	int length = snprintf(text, sizeof(text), "%d\n", value);
	int rc = write(fd, text, (size_t)length) == length ? 0 : -errno;
	close(fd);
	return rc;
}

static int ethtool(const struct iface *iface, uint32_t command, uint32_t *data)
{
	struct ethtool_value value = {.cmd = command, .data = *data};
	struct ifreq request = {.ifr_data = (char *)&value};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", iface->name);
	int rc = ioctl(fd, SIOCETHTOOL, &request) == 0 ? 0 : -errno;
	close(fd);
	*data = value.data;
	return rc;
}

static int read_merging(const struct iface *iface, unsigned kind)
{
	uint32_t data = 0;

	if (ethtool(iface, kind == GRO ? ETHTOOL_GGRO : ETHTOOL_GFLAGS, &data) != 0)
		return -1;
	return kind == GRO ? data != 0 : (data & ETH_FLAG_LRO) != 0;
}

static int write_merging(const struct iface *iface, unsigned kind, int on)
{
	uint32_t data = (uint32_t)on;

	if (on < 0 || read_merging(iface, kind) == on)
		return 0;
	if (kind == GRO)
		return ethtool(iface, ETHTOOL_SGRO, &data);
	int rc = ethtool(iface, ETHTOOL_GFLAGS, &data);
	if (rc != 0)
		return rc;
	data = on ? data | ETH_FLAG_LRO : data & ~(uint32_t)ETH_FLAG_LRO;
	return ethtool(iface, ETHTOOL_SFLAGS, &data);
}

void iface_host_read(struct iface *iface, const char *of)
{
	iface->disable_ipv6 = read_setting("ipv6", of, "disable_ipv6");
	iface->forwarding4 = read_setting("ipv4", of, "forwarding");
	iface->forwarding6 = read_setting("ipv6", of, "forwarding");
	for (unsigned kind = GRO; kind <= LRO; kind++)
		iface->receive_merging[kind] = read_merging(iface, kind);
}

int iface_host_disable_ipv6(const struct iface *iface)
{
	return write_setting("ipv6", iface->name, "disable_ipv6", 1);
}

int iface_host_restore_ipv6(const struct iface *iface)
{
	return write_setting("ipv6", iface->name, "disable_ipv6", iface->disable_ipv6);
}

int iface_host_disable_forwarding(const struct iface *iface)
{
	int rc = write_setting("ipv4", iface->name, "forwarding", 0);

	return rc ? rc : write_setting("ipv6", iface->name, "forwarding", 0);
}

int iface_host_restore_forwarding(const struct iface *iface)
{
	int rc4 = write_setting("ipv4", iface->name, "forwarding", iface->forwarding4);
	int rc6 = write_setting("ipv6", iface->name, "forwarding", iface->forwarding6);

	return rc4 ? rc4 : rc6;
}

/*
 * Merged frames are larger than the MTU. The port would cut them again: work for nothing, and not always
 * the frames that came.
 */
int iface_host_disable_merging(const struct iface *iface)
{
	int rc = write_merging(iface, GRO, iface->receive_merging[GRO] < 0 ? -1 : 0);

	return rc ? rc : write_merging(iface, LRO, iface->receive_merging[LRO] < 0 ? -1 : 0);
}

int iface_host_restore_merging(const struct iface *iface)
{
	int rc_lro = write_merging(iface, LRO, iface->receive_merging[LRO]);
	int rc_gro = write_merging(iface, GRO, iface->receive_merging[GRO]);

	return rc_lro ? rc_lro : rc_gro;
}
