/* SPDX-License-Identifier: BSD-3-Clause */
/* The header before each frame of a packet socket, as a kernel newer than the headers may fill it. */
#ifndef DP_VNET_H
#define DP_VNET_H

#include <linux/virtio_net.h>

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5 /* Linux 6.2 */
#endif

#endif
