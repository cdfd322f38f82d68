/* SPDX-License-Identifier: BSD-3-Clause */
/* A Linux interface as a port: a virtual cable in a network of the test's own, with the test at its other end. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "dp/outgoing.h"
#include "dp/port.h"
#include "dp/vnet.h"
#include "eal.h"
#include "must.h"
#include "net/checksum.h"
#include "net/ip.h"
#include "net/transport.h"
#include "suites.h"
#include "util/bytes.h"

#define TCP_HEADERS  (ETHERNET_HEADER_LEN + IPV4_HEADER_LEN + 20)
#define SEGMENT      1000
#define UDP_HEADERS  (ETHERNET_HEADER_LEN + IPV4_HEADER_LEN + UDP_HEADER_LEN)
#define LENT         8000
#define PORT_AT      (ETHERNET_HEADER_LEN + IPV4_HEADER_LEN)
#define CABLE                                                                                      \
	"exec >/dev/null 2>&1; sysctl -qw net.ipv6.conf.default.disable_ipv6=1; "                  \
	"ip link add ours type veth peer name theirs && ip link set ours up && ip link set theirs up"
#define NETWORK                                                                                    \
	"ip addr add 10.0.1.2/24 dev theirs && "                                                   \
	"ip neigh add 10.0.1.9 lladdr 02:00:00:00:00:09 dev theirs nud permanent"

static struct zone zone;
static struct pool pool;
static struct port port;
static uint64_t sent_packets, sent_bytes, not_taken;
static int home = -1, far_end;

/* False where only root may have networks of his own, and we are not. */
static bool open_cable(void)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP)};
	int yes = 1;

	home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	CU_ASSERT_FATAL(home >= 0);
	if (unshare(CLONE_NEWNET) != 0) {
		CU_ASSERT_EQUAL(errno, EPERM);
		close(home);
		unit_skip("only root can make network namespaces");
		return false;
	}
	CU_ASSERT_EQUAL_FATAL(system(CABLE), 0);
	unit_zone(&zone, "cable", 8);
	CU_ASSERT_EQUAL_FATAL(pool_create(&pool, "cable", &zone, 512, 1500), 0);
	CU_ASSERT_EQUAL_FATAL(port_probe(&port, "iface:ours"), 0);
	CU_ASSERT_EQUAL_FATAL(port_start(&port, &pool), 0);
	far_end = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	CU_ASSERT_FATAL(far_end >= 0);
	setsockopt(far_end, SOL_PACKET, PACKET_VNET_HDR, &yes, sizeof(yes));
	/* its queue comes back some time after the link */
	setsockopt(far_end, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes));
	setsockopt(far_end, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes));
	address.sll_ifindex = (int)if_nametoindex("theirs");
	CU_ASSERT_EQUAL_FATAL(bind(far_end, (struct sockaddr *)&address, sizeof(address)), 0);
	sent_packets = sent_bytes = not_taken = 0;
	return true;
}

static void close_cable(void)
{
	close(far_end);
	port_close(&port);
	CU_ASSERT_EQUAL(rte_mempool_avail_count(pool.mempool), pool.count);
	pool_destroy(&pool);
	zone_destroy(&zone);
	CU_ASSERT_EQUAL(setns(home, CLONE_NEWNET), 0);
	close(home);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- from the other end ---- */

static void put_on_cable(const struct virtio_net_hdr *vnet, const uint8_t *frame, size_t length)
{
	static uint8_t bytes[sizeof(*vnet) + (64 << 10)];

	memcpy(bytes, vnet, sizeof(*vnet));
	memcpy(bytes + sizeof(*vnet), frame, length);
	CU_ASSERT_EQUAL_FATAL(send(far_end, bytes, sizeof(*vnet) + length, 0),
		(ssize_t)(sizeof(*vnet) + length));
}

static size_t ip_frame(uint8_t *frame, uint8_t protocol, size_t length)
{
	struct ipv4_fields fields = {.ttl = 64, .protocol = protocol, .id = 7,
		.length = (uint16_t)(IPV4_HEADER_LEN + length), .source = 0x0a000102,
		.destination = 0x0a000202};

	memset(frame, 0, ETHERNET_HEADER_LEN + IPV4_HEADER_LEN + length);
	memcpy(frame, port.mac.addr_bytes, MAC_LEN);
	frame[6] = 2;
	put_be16(frame + 12, ETHERNET_TYPE_IPV4);
	ipv4_build(frame + ETHERNET_HEADER_LEN, &fields);
	return ETHERNET_HEADER_LEN + IPV4_HEADER_LEN + length;
}

static const struct virtio_net_hdr train = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	.gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .hdr_len = TCP_HEADERS, .gso_size = SEGMENT,
	.csum_start = PORT_AT, .csum_offset = TCP_CHECKSUM_AT};

/* A train of TCP segments, from that port; of which each byte of payload is `fill`. Its length. */
static size_t make_train(uint8_t *frame, uint16_t from, uint8_t fill, size_t payload)
{
	size_t length = ip_frame(frame, IP_PROTOCOL_TCP, 20 + payload);
	uint8_t *tcp = frame + PORT_AT;
	uint64_t pseudo = checksum_add_pseudo4(
		0, frame + ETHERNET_HEADER_LEN, IP_PROTOCOL_TCP, (uint16_t)(20 + payload));
	uint16_t sum = (uint16_t)~checksum_fold(pseudo);

	put_be16(tcp, from);
	tcp[TCP_OFFSET_AT] = 0x50;
	tcp[TCP_FLAGS_AT] = TCP_ACK;
	memcpy(tcp + TCP_CHECKSUM_AT, &sum, sizeof(sum));
	memset(tcp + 20, fill, payload);
	return length;
}

static void send_train(uint16_t from, uint8_t fill, size_t payload)
{
	static uint8_t frame[64 << 10];

	put_on_cable(&train, frame, make_train(frame, from, fill, payload));
}

/* From 6.5 on the kernel leaves a file's pages where they are, and tells packet sockets of such trains. */
static bool sends_files(void)
{
	struct utsname name;
	unsigned major = 0, minor = 0;

	return uname(&name) == 0 && sscanf(name.release, "%u.%u", &major, &minor) == 2 &&
		(major > 6 || (major == 6 && minor >= 5));
}

/* Datagrams out of a file, which the kernel leaves where they are: *content, LENT bytes. */
static void send_file(uint8_t fill, uint8_t **content)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9),
		.sin_addr.s_addr = htonl(0x0a000109)};
	int file = memfd_create("train", MFD_CLOEXEC), segment = SEGMENT;
	int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	CU_ASSERT_EQUAL_FATAL(system(NETWORK), 0);
	CU_ASSERT_EQUAL_FATAL(ftruncate(file, LENT), 0);
	*content = mmap(NULL, LENT, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	CU_ASSERT_FATAL(*content != MAP_FAILED);
	memset(*content, fill, LENT);
	CU_ASSERT_EQUAL(connect(sender, (struct sockaddr *)&to, sizeof(to)), 0);
	CU_ASSERT_EQUAL(
		setsockopt(sender, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment)), 0);
	CU_ASSERT_EQUAL(sendfile(sender, file, NULL, LENT), LENT);
	close(sender);
	close(file);
}

/* ---- at ours ---- */

static bool waits(void)
{
	struct pollfd descriptor = {.fd = port.wait_fd, .events = POLLIN};

	return poll(&descriptor, 1, 0) == 1;
}

static void await_frame(void)
{
	struct pollfd descriptor = {.fd = port.wait_fd, .events = POLLIN};

	CU_ASSERT_EQUAL(poll(&descriptor, 1, 2000), 1);
}

/* The next frame, to be freed; NULL: none in time. */
static struct rte_mbuf *next_frame(void)
{
	struct rte_mbuf *m = NULL;

	for (uint64_t end = now_ms() + 500; port_rx(&port, &m, 1) == 0 && now_ms() < end;)
		m = NULL;
	return m;
}

/* The train of that port arrived as it was sent, in segments. */
static void expect_train(uint16_t from, uint8_t fill, size_t payload)
{
	for (size_t left = payload; left > 0; left -= left < SEGMENT ? left : SEGMENT) {
		size_t expected = left < SEGMENT ? left : SEGMENT;
		struct rte_mbuf *m = next_frame();
		CU_ASSERT_PTR_NOT_NULL_FATAL(m);
		const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
		CU_ASSERT_EQUAL(m->data_len, TCP_HEADERS + expected);
		CU_ASSERT_EQUAL(get_be16(frame + PORT_AT), from);
		CU_ASSERT_EQUAL(frame[TCP_HEADERS], fill);
		CU_ASSERT_EQUAL(frame[m->data_len - 1], fill);
		rte_pktmbuf_free(m);
	}
}

static void drain(void)
{
	struct rte_mbuf *m;

	while (port_rx(&port, &m, 1) == 1)
		rte_pktmbuf_free(m);
}

/* A whole train lies beside the ring; what comes out of step is told by what lies there when it is read. */
static void await_train(void)
{
	int length = 0;

	for (uint64_t end = now_ms() + 500; length == 0 && now_ms() < end;)
		CU_ASSERT_EQUAL_FATAL(ioctl(port.wait_fd, FIONREAD, &length), 0);
	CU_ASSERT(length > 0);
}

static void await_too_long(uint64_t count)
{
	uint64_t end = now_ms() + 500;

	do
		drain();
	while (port.packet.too_long < count && now_ms() < end);
	CU_ASSERT_EQUAL(port.packet.too_long, count);
}

static void trains(void)
{
	if (!open_cable())
		return;
	send_train(1000, 'a', 8000);
	expect_train(1000, 'a', 8000);
	send_train(1001, 'b', 60001);
	expect_train(1001, 'b', 60001);
	CU_ASSERT_EQUAL(port.packet.too_long, 0);
	CU_ASSERT(!waits());
	close_cable();
}

static void link_down(void)
{
	if (!open_cable())
		return;
	send_train(1000, 'a', 8000);
	await_frame();
	CU_ASSERT_EQUAL(system("ip link set ours down"), 0);
	expect_train(1000, 'a', 8000); /* it was there before */
	CU_ASSERT_EQUAL(system("ip link set ours up"), 0);
	drain();
	send_train(1001, 'b', 8000);
	expect_train(1001, 'b', 8000);
	send_train(1002, 'c', 7000);
	expect_train(1002, 'c', 7000);
	CU_ASSERT_EQUAL(port.packet.too_long, 0);
	CU_ASSERT(!waits()); /* or a resting thread would spin */
	close_cable();
}

/* However it came to be: what does not belong to what the ring says is nobody's payload. */
static void out_of_step(void)
{
	uint8_t stolen[64];

	if (!open_cable())
		return;
	send_train(1000, 'a', 8000);
	await_frame();
	CU_ASSERT(recv(port.wait_fd, stolen, sizeof(stolen), MSG_DONTWAIT) > 0);
	send_train(1001, 'b', 8000);
	await_train();
	await_too_long(2);
	send_train(1002, 'c', 8000);
	expect_train(1002, 'c', 8000);
	CU_ASSERT_EQUAL(port.packet.too_long, 2);
	CU_ASSERT(!waits());
	close_cable();
}

/* Ring and queue then differ in the payload: that is the sender's affair. */
static void changed_on_the_way(void)
{
	uint8_t *content;
	unsigned whole = 0;

	if (!sends_files()) {
		unit_skip("the kernel copies what is sent from a file");
		return;
	}
	if (!open_cable())
		return;
	send_file('a', &content);
	await_frame();
	memset(content, 'z', LENT);
	send_train(1000, 'b', 8000);
	for (struct rte_mbuf *m; whole < LENT / SEGMENT && (m = next_frame()); whole++) {
		const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
		CU_ASSERT_EQUAL(m->data_len, UDP_HEADERS + SEGMENT);
		CU_ASSERT_EQUAL(frame[ETHERNET_HEADER_LEN + 9], IP_PROTOCOL_UDP);
		CU_ASSERT_EQUAL(frame[m->data_len - 1], 'z');
		rte_pktmbuf_free(m);
	}
	CU_ASSERT_EQUAL(whole, LENT / SEGMENT);
	expect_train(1000, 'b', 8000);
	CU_ASSERT_EQUAL(port.packet.too_long, 0);
	CU_ASSERT(!waits());
	munmap(content, LENT);
	close_cable();
}

/* ---- to the other end ---- */

static struct rte_mbuf *frame_to_send(uint8_t number, size_t length)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool.mempool);
	uint8_t *frame = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)length);

	must(frame != NULL, "no room for a frame");
	ip_frame(frame, 1, length - ETHERNET_HEADER_LEN - IPV4_HEADER_LEN);
	memset(frame, 0xff, MAC_LEN);
	frame[length - 1] = number;
	return m;
}

/* The number of the next frame at the other end; 0: none in time. */
static unsigned next_number(void)
{
	uint8_t bytes[4096];
	struct pollfd descriptor = {.fd = far_end, .events = POLLIN};

	if (poll(&descriptor, 1, 200) != 1)
		return 0;
	ssize_t n = recv(far_end, bytes, sizeof(bytes), 0);
	return n > 0 ? bytes[n - 1] : 0;
}

static void refused_frames(void)
{
	static const uint16_t lengths[] = {60, 1600, 100, 1600, 1600, 80};
	struct outgoing o = {.port = &port, .packets = &sent_packets, .bytes = &sent_bytes,
		.dropped = &not_taken};

	if (!open_cable())
		return;
	o.mempool = pool.mempool;
	for (uint8_t i = 0; i < 6; i++)
		outgoing_send(&o, frame_to_send((uint8_t)(i + 1), lengths[i]));
	outgoing_flush(&o);
	CU_ASSERT_EQUAL(next_number(), 1);
	CU_ASSERT_EQUAL(next_number(), 3);
	CU_ASSERT_EQUAL(next_number(), 6);
	CU_ASSERT_EQUAL(sent_packets, 3);
	CU_ASSERT_EQUAL(sent_bytes, 60 + 100 + 80);
	CU_ASSERT_EQUAL(not_taken, 3);
	CU_ASSERT_EQUAL(system("ip link set ours down"), 0);
	for (uint8_t i = 0; i < 3; i++)
		outgoing_send(&o, frame_to_send(i, 60));
	outgoing_flush(&o);
	CU_ASSERT_EQUAL(sent_packets, 3);
	CU_ASSERT_EQUAL(not_taken, 6);
	close_cable();
}

/* veth answers so for each frame that is too long for its peer, and when it is full. */
static void peer_takes_less(void)
{
	enum { LONG = 10 };
	struct outgoing o = {.port = &port, .packets = &sent_packets, .bytes = &sent_bytes,
		.dropped = &not_taken};

	if (!open_cable())
		return;
	o.mempool = pool.mempool;
	CU_ASSERT_EQUAL(system("ip link set ours mtu 1700"), 0);
	outgoing_send(&o, frame_to_send(1, 60));
	for (uint8_t i = 0; i < LONG; i++)
		outgoing_send(&o, frame_to_send(100, (uint16_t)(1600 + i)));
	outgoing_send(&o, frame_to_send(2, 1000));
	outgoing_send(&o, frame_to_send(100, 1650));
	outgoing_send(&o, frame_to_send(3, 1514));
	outgoing_send(&o, frame_to_send(4, 60));
	outgoing_flush(&o);
	for (uint8_t i = 1; i <= 4; i++)
		CU_ASSERT_EQUAL(next_number(), i);
	CU_ASSERT_EQUAL(next_number(), 0);
	/* an older kernel says nothing */
	CU_ASSERT(not_taken == LONG + 1 || not_taken == 0);
	CU_ASSERT_EQUAL(sent_packets + not_taken, LONG + 5);
	CU_ASSERT_EQUAL(system("ip link set theirs down"), 0);
	sent_packets = not_taken = 0;
	for (uint8_t i = 0; i < LONG; i++)
		outgoing_send(&o, frame_to_send(100, (uint16_t)(1000 - 5 * i)));
	outgoing_flush(&o);
	CU_ASSERT_EQUAL(sent_packets, 0);
	CU_ASSERT_EQUAL(not_taken, LONG);
	close_cable();
}

/* RFC 3309, bit by bit. */
static uint32_t crc32c(const uint8_t *bytes, size_t length)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < 8 * length; i++) {
		uint32_t bit = (crc ^ (uint32_t)bytes[i / 8] >> i % 8) & 1;
		crc = crc >> 1 ^ (bit ? 0x82f63b78 : 0);
	}
	return ~crc;
}

/* An SCTP packet of `length` bytes at `at` of the frame: what the sender's kernel left out is there. */
static void expect_sctp(uint8_t *frame, uint16_t at, size_t length)
{
	struct virtio_net_hdr vnet = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = at, .csum_offset = 8};
	uint8_t *packet = frame + at;

	memset(packet, 0, 12);
	memset(packet + 12, 0x5a, length - 12);
	put_on_cable(&vnet, frame, at + length);
	struct rte_mbuf *m = next_frame();
	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	const uint8_t *got = rte_pktmbuf_mtod_offset(m, const uint8_t *, at);
	CU_ASSERT_EQUAL(get_le32(got + 8), crc32c(packet, length));
	CU_ASSERT_EQUAL(memcmp(got + 12, packet + 12, length - 12), 0);
	rte_pktmbuf_free(m);
}

static void sctp(void)
{
	static const size_t lengths[] = {45, 16}; /* and as short as COOKIE ACK */
	uint8_t frame[200];

	CU_ASSERT_EQUAL(crc32c((const uint8_t *)"123456789", 9), 0xe3069283);
	if (!open_cable())
		return;
	for (unsigned i = 0; i < 2; i++) {
		ip_frame(frame, 132, lengths[i]);
		expect_sctp(frame, PORT_AT, lengths[i]);
	}
	close_cable();
}

/* Behind destination options of nothing but padding. */
static void sctp_behind_extension(void)
{
	static const uint8_t options[] = {132, 0, 1, 4, 0, 0, 0, 0}, from[16] = {0xfd, 1};
	enum { LENGTH = 16, OPTIONS_AT = ETHERNET_HEADER_LEN + IPV6_HEADER_LEN };
	uint8_t frame[200];

	if (!open_cable())
		return;
	ip_frame(frame, 0, 0);
	put_be16(frame + 12, ETHERNET_TYPE_IPV6);
	ipv6_build(frame + ETHERNET_HEADER_LEN, from, from, 60, sizeof(options) + LENGTH);
	memcpy(frame + OPTIONS_AT, options, sizeof(options));
	expect_sctp(frame, OPTIONS_AT + sizeof(options), LENGTH);
	close_cable();
}

static const struct unit_test tests[] = {
	{"C21: trains of segments are cut", trains},
	{"C21: a link that goes down mixes nothing up", link_down},
	{"C21: a lost train costs itself and no other's payload", out_of_step},
	{"C21: a train that its sender changes meanwhile costs no other", changed_on_the_way},
	{"a frame that the kernel refuses costs no other", refused_frames},
	{"nor does one that its peer refuses", peer_takes_less},
	{"C21: SCTP's checksum is completed", sctp},
	{"C21: and behind an extension header", sctp_behind_extension},
	{NULL, NULL},
};

const struct unit_suite suite_packet = {"packet", tests};
