/* SPDX-License-Identifier: BSD-3-Clause */
/* A UDP socket that speaks for many addresses of ours, in bursts. IPv4; addresses in host order. */
#ifndef FLEET_WIRE_H
#define FLEET_WIRE_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define WIRE_BURST 64
#define WIRE_BYTES 2048

struct wire_control {
	char bytes[CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_SPACE(sizeof(uint32_t))];
} __attribute__((aligned(8)));

struct wire_lane { /* a burst, one way */
	struct mmsghdr messages[WIRE_BURST];
	struct iovec parts[WIRE_BURST];
	struct sockaddr_in others[WIRE_BURST];
	struct wire_control control[WIRE_BURST];
	uint8_t bytes[WIRE_BURST][WIRE_BYTES];
};

struct wire {
	int fd;
	unsigned waiting;     /* to be sent */
	uint64_t not_sent;
	uint32_t missed;      /* that the socket had no room for */
	struct wire_lane out, in;
};

struct wire_arrival {
	uint32_t from, to;
	uint16_t from_port;
	const uint8_t *bytes;
	size_t length;
};

/* address 0: all of this machine. -errno. */
int wire_open(struct wire *w, uint32_t address, uint16_t port);
void wire_close(struct wire *w);
/* Room for a message of WIRE_BYTES; wire_put() sends it with the burst. */
uint8_t *wire_room(struct wire *w);
void wire_put(struct wire *w, uint32_t from, uint32_t to, uint16_t port, size_t length);
void wire_flush(struct wire *w);
/* One burst; how many came. */
unsigned wire_receive(struct wire *w, void (*take)(void *context, const struct wire_arrival *a),
	void *context);

#endif
