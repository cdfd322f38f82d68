/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "ctl/iface_internal.h"

int netlink_open(struct netlink *n)
{
	memset(n, 0, sizeof(*n));
	n->buffer = malloc(NETLINK_BUFFER);
	if (!n->buffer)
		return -ENOMEM;
	n->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!n->socket || mnl_socket_bind(n->socket, 0, MNL_SOCKET_AUTOPID) != 0) {
		int rc = -errno;
		netlink_close(n);
		return rc;
	}
	return 0;
}

void netlink_close(struct netlink *n)
{
	if (n->socket)
		mnl_socket_close(n->socket);
	free(n->buffer);
	memset(n, 0, sizeof(*n));
}

struct nlmsghdr *netlink_request(void *buffer, uint16_t type, uint16_t flags, size_t header_size)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_REQUEST | flags;
	mnl_nlmsg_put_extra_header(request, header_size);
	return request;
}

int netlink_do(struct netlink *n, struct nlmsghdr *request, mnl_cb_t each, void *context)
{
	unsigned port = mnl_socket_get_portid(n->socket);
	int more = MNL_CB_OK;

	request->nlmsg_seq = ++n->sequence;
	if ((request->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		request->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(n->socket, request, request->nlmsg_len) < 0)
		return -errno;
	while (more > MNL_CB_STOP) {
		ssize_t length = mnl_socket_recvfrom(n->socket, n->buffer, NETLINK_BUFFER);
		if (length < 0)
			return -errno;
		more = mnl_cb_run(n->buffer, (size_t)length, n->sequence, port, each, context);
	}
	return more < 0 ? -errno : 0;
}
