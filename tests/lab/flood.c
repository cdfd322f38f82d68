/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Floods a WireGuard port from many addresses, out of one process and one packet socket.
 *
 *   flood KIND INTERFACE MAC ADDRESS PORT KEY RATE SECONDS SOURCES
 *
 * KIND: initiations  with a right mac1 for KEY (base64), and nothing behind it that control could use
 *       answering    the same, and cookie replies are read and used: later ones carry mac2
 *       strangers    initiations whose mac1 is for another key
 *       junk         bytes without meaning, a quarter of them in the shape of initiations
 * RATE: messages a second; 0: as many as there is time for. MAC, ADDRESS, PORT: of the victim.
 *
 * Ends after SECONDS or at SIGTERM, and tells what it did and the CPU time that it took.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "crypto/keytext.h"
#include "crypto/provider.h"
#include "net/ethernet.h"
#include "net/ip.h"
#include "net/udp.h"
#include "util/bytes.h"
#include "util/clock.h"
#include "wg/jar.h"

#define BURST     64
#define PAYLOAD   42 /* Ethernet, IPv4, UDP */
#define FRAME_MAX 1500
#define SOURCES   0xc6120000 /* 198.18.0.0/15, for tests of the kind */
#define TICK_NS   (1 * CLOCK_MS)

static const uint8_t our_mac[6] = {0x02, 0xf1, 0x00, 0xd0, 0x00, 0x01};

enum kind { INITIATIONS, ANSWERING, STRANGERS, JUNK };

static struct {
	enum kind kind;
	int fd;
	uint8_t mac[6], key[32];
	uint32_t address;
	uint16_t port;
	uint64_t rate, end_ns;
	uint32_t sources, next;
	struct jar *jars; /* by source, when they answer */
	uint64_t sent, refused, replies, cookies, proven;
	uint64_t random;
} flood;

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	stopped = 1;
}

static uint64_t draw(void) /* splitmix64 */
{
	uint64_t z = flood.random += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static void fill(uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i += 8) {
		uint64_t r = draw();
		memcpy(bytes + i, &r, length - i < 8 ? length - i : 8);
	}
}

/* ---- frames ---- */

static size_t finish(uint8_t *frame, uint32_t source, uint16_t length)
{
	struct ipv4_fields fields = {
		.ttl = 64,
		.protocol = IP_PROTOCOL_UDP,
		.length = (uint16_t)(IPV4_HEADER_LEN + UDP_HEADER_LEN + length),
		.source = SOURCES + source,
		.destination = flood.address,
	};

	ethernet_build(frame, flood.mac, our_mac, ETHERNET_TYPE_IPV4);
	ipv4_build(frame + 14, &fields);
	udp_build(frame + 34, (uint16_t)(1024 + source % 60000), flood.port, length);
	return (size_t)PAYLOAD + length;
}

/* Its index is its source's number, by which a cookie reply comes back to the right one. */
static size_t initiation(uint8_t *frame, uint64_t now_ns)
{
	uint32_t source = flood.next++ % flood.sources;
	uint8_t *message = frame + PAYLOAD;

	fill(message, 148);
	put_le32(message, MESSAGE_INITIATION);
	put_le32(message + 4, source);
	if (flood.kind == ANSWERING) {
		jar_add_macs(&flood.jars[source], message, 148, flood.key, now_ns);
		flood.proven += flood.jars[source].has_cookie;
	} else {
		cookie_add_macs(message, 148, flood.key);
	}
	return finish(frame, source, 148);
}

static size_t junk(uint8_t *frame)
{
	uint64_t r = draw();
	uint16_t length = (uint16_t)(r >> 32) % (FRAME_MAX - PAYLOAD);
	uint32_t source = flood.next++ % flood.sources;

	if (r % 4 == 0)
		length = 148;
	fill(frame + PAYLOAD, length);
	if (r % 4 == 0)
		put_le32(frame + PAYLOAD, MESSAGE_INITIATION);
	return finish(frame, source, length);
}

static void send_burst(unsigned n, uint64_t now_ns)
{
	static uint8_t frames[BURST][FRAME_MAX + 8];
	struct mmsghdr messages[BURST];
	struct iovec pieces[BURST];

	memset(messages, 0, sizeof(messages));
	for (unsigned i = 0; i < n; i++) {
		pieces[i].iov_base = frames[i];
		pieces[i].iov_len = flood.kind == JUNK ? junk(frames[i]) :
			initiation(frames[i], now_ns);
		messages[i].msg_hdr.msg_iov = &pieces[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	int sent = sendmmsg(flood.fd, messages, n, 0);
	flood.sent += sent > 0 ? (unsigned)sent : 0;
	flood.refused += n - (sent > 0 ? (unsigned)sent : 0);
}

static void take_replies(uint64_t now_ns)
{
	uint8_t frame[FRAME_MAX];
	ssize_t n;

	while ((n = recv(flood.fd, frame, sizeof(frame), MSG_DONTWAIT)) > 0) {
		const struct message_cookie *reply = (const void *)(frame + PAYLOAD);
		if (n < PAYLOAD + 64 || get_le32(reply->type) != MESSAGE_COOKIE)
			continue;
		flood.replies++;
		uint32_t source = get_le32(reply->receiver_index);
		if (flood.kind != ANSWERING || source >= flood.sources)
			continue;
		flood.cookies +=
			jar_consume(&flood.jars[source], reply, flood.key, now_ns) == 0;
	}
}

/* ---- the socket ---- */

static int fail(const char *what)
{
	fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
	return -1;
}

/* Only what is sent to our address, and nothing of what leaves: the traffic beside us goes on. */
static int narrow(int fd)
{
	struct sock_filter code[] = {
		{BPF_LD | BPF_W | BPF_ABS, 0, 0, 0},
		{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, get_be32(our_mac)},
		{BPF_RET | BPF_K, 0, 0, FRAME_MAX},
		{BPF_RET | BPF_K, 0, 0, 0},
	};
	struct sock_fprog program = {4, code};
	int one = 1, bytes = 4 << 20;

	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
	setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static int open_socket(const char *interface)
{
	struct sockaddr_ll where = {
		.sll_family = AF_PACKET,
		.sll_protocol = flood.kind == ANSWERING ? htons(ETH_P_ALL) : 0,
		.sll_ifindex = (int)if_nametoindex(interface),
	};

	flood.fd = socket(AF_PACKET, SOCK_RAW, 0); /* deaf until it is bound */
	if (flood.fd < 0 || narrow(flood.fd) != 0)
		return fail("socket");
	if (where.sll_ifindex == 0 ||
		bind(flood.fd, (struct sockaddr *)&where, sizeof(where)) != 0)
		return fail(interface);
	return 0;
}

/* ---- the clock ---- */

static void run(void)
{
	uint64_t begin_ns = clock_boot_ns(), now_ns = begin_ns;

	while (!stopped && now_ns < flood.end_ns) {
		uint64_t due = flood.rate ?
			(now_ns - begin_ns) * flood.rate / CLOCK_SECOND : flood.sent + BURST;
		for (uint64_t done = flood.sent + flood.refused; done < due && !stopped;) {
			unsigned n = due - done < BURST ? (unsigned)(due - done) : BURST;
			send_burst(n, now_ns);
			done += n;
		}
		if (flood.kind == ANSWERING)
			take_replies(now_ns);
		if (flood.rate)
			nanosleep(&(struct timespec){.tv_nsec = TICK_NS}, NULL);
		now_ns = clock_boot_ns();
	}
}

static void tell(uint64_t began_ns)
{
	struct rusage usage;
	double seconds = (double)(clock_boot_ns() - began_ns) / 1e9;

	getrusage(RUSAGE_SELF, &usage);
	double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	printf("seconds=%.1f sent=%llu rate=%.0f refused=%llu replies=%llu cookies=%llu "
	       "proven=%llu cpu=%.0f%%\n", seconds, (unsigned long long)flood.sent,
		(double)flood.sent / seconds, (unsigned long long)flood.refused,
		(unsigned long long)flood.replies, (unsigned long long)flood.cookies,
		(unsigned long long)flood.proven, 100 * cpu / seconds);
}

static int parse(char **argv)
{
	static const char *const kinds[] = {"initiations", "answering", "strangers", "junk"};
	struct ip_addr address;
	unsigned mac[6], i = 0;

	while (i < 4 && strcmp(argv[1], kinds[i]) != 0)
		i++;
	if (i == 4 || sscanf(argv[3], "%x:%x:%x:%x:%x:%x", &mac[0], &mac[1], &mac[2], &mac[3],
		&mac[4], &mac[5]) != 6 || addr_parse(&address, argv[4]) != 0 ||
		address.family != 4 || key_from_base64(flood.key, argv[6]) != 0)
		return -1;
	flood.kind = i;
	flood.key[0] ^= flood.kind == STRANGERS;
	for (i = 0; i < 6; i++)
		flood.mac[i] = (uint8_t)mac[i];
	flood.address = get_be32(address.bytes);
	flood.port = (uint16_t)atoi(argv[5]);
	flood.rate = strtoull(argv[7], NULL, 10);
	flood.end_ns = clock_boot_ns() + strtoull(argv[8], NULL, 10) * CLOCK_SECOND;
	flood.sources = (uint32_t)atoi(argv[9]);
	flood.random = clock_wall_ns();
	return flood.sources >= 1 && flood.sources <= 1u << 17 ? 0 : -1;
}

int main(int argc, char **argv)
{
	uint64_t began_ns = clock_boot_ns();

	if (argc != 10 || crypto_init() != 0 || parse(argv) != 0) {
		fprintf(stderr, "usage: flood initiations|answering|strangers|junk INTERFACE "
			"MAC ADDRESS PORT KEY RATE SECONDS SOURCES\n");
		return 2;
	}
	flood.jars = calloc(flood.sources, sizeof(*flood.jars));
	if (!flood.jars || open_socket(argv[2]) != 0)
		return 1;
	signal(SIGTERM, stop);
	signal(SIGINT, stop);
	run();
	tell(began_ns);
	return 0;
}
