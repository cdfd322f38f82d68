/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define SOCKET_BYTES (64 << 20)

static void connect_parts(struct wire_lane *l)
{
	for (unsigned i = 0; i < WIRE_BURST; i++) {
		l->parts[i].iov_base = l->bytes[i];
		l->messages[i].msg_hdr.msg_iov = &l->parts[i];
		l->messages[i].msg_hdr.msg_iovlen = 1;
		l->messages[i].msg_hdr.msg_name = &l->others[i];
	}
}

static int set_options(int fd)
{
	int on = 1, bytes = SOCKET_BYTES;

	if (setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) != 0 ||
		setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on)) != 0 ||
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0 ||
		setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) != 0)
		return -errno;
	return 0;
}

int wire_open(struct wire *w, uint32_t address, uint16_t port)
{
	struct sockaddr_in own = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(address)};

	memset(w, 0, sizeof(*w));
	connect_parts(&w->out);
	connect_parts(&w->in);
	w->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (w->fd < 0)
		return -errno;
	int rc = set_options(w->fd);
	if (rc == 0 && bind(w->fd, (struct sockaddr *)&own, sizeof(own)) != 0)
		rc = -errno;
	if (rc != 0)
		wire_close(w);
	return rc;
}

void wire_close(struct wire *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

/* ---- sending ---- */

uint8_t *wire_room(struct wire *w)
{
	if (w->waiting == WIRE_BURST)
		wire_flush(w);
	return w->out.bytes[w->waiting];
}

static void set_source(struct msghdr *h, struct wire_control *control, uint32_t from)
{
	struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(from)};

	h->msg_control = control->bytes;
	h->msg_controllen = CMSG_SPACE(sizeof(info));
	struct cmsghdr *c = CMSG_FIRSTHDR(h);
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
}

void wire_put(struct wire *w, uint32_t from, uint32_t to, uint16_t port, size_t length)
{
	unsigned i = w->waiting++;

	w->out.others[i] = (struct sockaddr_in){.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(to)};
	w->out.parts[i].iov_len = length;
	w->out.messages[i].msg_hdr.msg_namelen = sizeof(w->out.others[i]);
	set_source(&w->out.messages[i].msg_hdr, &w->out.control[i], from);
}

/* What the kernel refuses (a neighbour that is not there, say) is counted and left out. */
void wire_flush(struct wire *w)
{
	unsigned done = 0;

	while (done < w->waiting) {
		int sent = sendmmsg(w->fd, w->out.messages + done, w->waiting - done, 0);
		if (sent > 0) {
			done += (unsigned)sent;
		} else if (errno != EINTR) {
			w->not_sent++;
			done++;
		}
	}
	w->waiting = 0;
}

/* ---- receiving ---- */

static void read_control(struct wire *w, struct msghdr *h, uint32_t *to)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			*to = ntohl(info.ipi_addr.s_addr);
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
			memcpy(&w->missed, CMSG_DATA(c), sizeof(w->missed));
		}
	}
}

unsigned wire_receive(struct wire *w, void (*take)(void *context, const struct wire_arrival *a),
	void *context)
{
	struct wire_lane *l = &w->in;

	for (unsigned i = 0; i < WIRE_BURST; i++) {
		l->parts[i].iov_len = WIRE_BYTES;
		l->messages[i].msg_hdr.msg_namelen = sizeof(l->others[i]);
		l->messages[i].msg_hdr.msg_control = l->control[i].bytes;
		l->messages[i].msg_hdr.msg_controllen = sizeof(l->control[i].bytes);
	}
	int n = recvmmsg(w->fd, l->messages, WIRE_BURST, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		struct wire_arrival a = {
			.from = ntohl(l->others[i].sin_addr.s_addr),
			.from_port = ntohs(l->others[i].sin_port),
			.bytes = l->bytes[i],
			.length = l->messages[i].msg_len,
		};
		read_control(w, &l->messages[i].msg_hdr, &a.to);
		take(context, &a);
	}
	return n > 0 ? (unsigned)n : 0;
}
