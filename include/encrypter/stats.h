/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every counter of the data plane: X(name, help). One list per domain gives the struct, the names
 * that `encrypterctl stats` prints and their help. Written by the domain's thread alone, read by
 * control; they hold no secret.
 */
#ifndef ENCRYPTER_STATS_H
#define ENCRYPTER_STATS_H

#include <stdint.h>

#define BLACK_COUNTERS(X)                                                                          \
	X(rx_packets, "frames received from the black port")                                       \
	X(rx_bytes, "bytes received from the black port")                                          \
	X(rx_missed, "frames that the port had no room for")                                       \
	X(rx_too_long, "frames longer than the port's MTU, which could not be cut well")           \
	X(tx_packets, "frames sent to the black port")                                             \
	X(tx_bytes, "bytes sent to the black port")                                                \
	X(rx_handshake, "handshake messages passed to control")                                    \
	X(rx_proven, "handshake messages passed to control under load, with a right mac2")         \
	X(tx_cookie, "cookie replies sent")                                                        \
	X(rx_data, "data messages passed to crypt")                                                \
	X(rx_arp, "ARP frames handled")                                                            \
	X(rx_nd, "neighbour discovery messages handled")                                           \
	X(rx_icmp_echo, "ICMP echo requests answered")                                             \
	X(drop_runt, "frames too short for their headers")                                         \
	X(drop_multi_segment, "frames in more than one buffer")                                    \
	X(drop_vlan, "VLAN-tagged frames")                                                         \
	X(drop_ethertype, "frames that are neither ARP, IPv4 nor IPv6")                            \
	X(drop_not_ours_l2, "frames for another MAC address")                                      \
	X(drop_arp_malformed, "ARP frames with wrong types or lengths")                            \
	X(drop_arp_others, "ARP frames for other addresses")                                       \
	X(drop_nd_malformed, "neighbour discovery that breaks its rules")                          \
	X(drop_nd_others, "neighbour discovery about other addresses, and routers'")               \
	X(drop_ip_header, "IPv4 or IPv6 headers with a wrong version or header length")            \
	X(drop_ip_length, "IP packets whose length exceeds the frame")                             \
	X(drop_ip_checksum, "IPv4 headers with a wrong checksum")                                  \
	X(drop_ip_fragment, "IP fragments: if many, the path is narrower than the port (Mtu)")     \
	X(drop_ip_extension, "IPv6 packets with extension headers")                                \
	X(drop_ip_source, "IP packets with an impossible source address")                          \
	X(drop_not_ours, "IP packets for another address")                                         \
	X(drop_protocol, "IP packets of another protocol than UDP")                                \
	X(drop_udp_length, "UDP datagrams whose length disagrees with IP's")                       \
	X(drop_udp_checksum, "handshakes with a wrong UDP checksum; over IPv6 all without one")    \
	X(drop_udp_port, "UDP datagrams for another port, or from port 0")                         \
	X(drop_type, "UDP datagrams that are no WireGuard message")                                \
	X(drop_size, "WireGuard messages of a wrong size")                                         \
	X(drop_limit, "handshake messages above the port's limits; cookie replies above their part") \
	X(drop_mac1, "handshake messages with a wrong mac1")                                       \
	X(drop_mac2, "handshake messages under load without a right mac2: a cookie reply went out") \
	X(drop_cookie_limit, "the same, above the limit of cookie replies: nothing went out")      \
	X(drop_source_limit, "handshake messages under load of a source that sent enough")         \
	X(drop_control_full, "handshake messages for which the ring to control was full")          \
	X(drop_crypt_full, "data messages for which the ring to crypt was full")                   \
	X(drop_no_endpoint, "packets to send for a peer without endpoint")                         \
	X(drop_no_route, "packets to send to an address without route")                            \
	X(drop_neighbour, "packets dropped while their next hop did not resolve")                  \
	X(drop_tx_full, "packets that the port did not take")                                      \
	X(drop_handle, "handles from crypt that named no buffer of ours")                          \
	X(drop_no_buffer, "packets for which the pool was empty")

#define RED_COUNTERS(X)                                                                            \
	X(rx_packets, "frames received from the red port")                                         \
	X(rx_bytes, "bytes received from the red port")                                            \
	X(rx_missed, "frames that the port had no room for")                                       \
	X(rx_too_long, "frames longer than the port's MTU, which could not be cut well")           \
	X(tx_packets, "frames sent to the red port")                                               \
	X(tx_bytes, "bytes sent to the red port")                                                  \
	X(rx_tunnel, "packets passed to crypt for the tunnel; with rx_elsewhere counted twice")    \
	X(rx_elsewhere, "of those, passed to a second crypt thread since the first sent them on")  \
	X(rx_arp, "ARP frames handled")                                                            \
	X(rx_nd, "neighbour discovery messages handled")                                           \
	X(rx_icmp_echo, "ICMP echo requests answered")                                             \
	X(tx_icmp_unreachable, "ICMP destination unreachable sent")                                \
	X(tx_icmp_too_big, "ICMP fragmentation needed sent, to the red port or into the tunnel")   \
	X(tx_icmp_ttl, "ICMP time exceeded sent")                                                  \
	X(drop_runt, "frames too short for their headers")                                         \
	X(drop_multi_segment, "frames in more than one buffer")                                    \
	X(drop_vlan, "VLAN-tagged frames")                                                         \
	X(drop_ethertype, "frames that are neither ARP, IPv4 nor IPv6")                            \
	X(drop_not_ours_l2, "frames for another MAC address")                                      \
	X(drop_arp_malformed, "ARP frames with wrong types or lengths")                            \
	X(drop_arp_others, "ARP frames for other addresses")                                       \
	X(drop_nd_malformed, "neighbour discovery that breaks its rules")                          \
	X(drop_nd_others, "neighbour discovery about other addresses, and routers'")               \
	X(drop_ip_header, "IPv4 or IPv6 headers with a wrong version or header length")            \
	X(drop_ip_length, "IP packets whose length exceeds the frame")                             \
	X(drop_ip_checksum, "IPv4 headers with a wrong checksum")                                  \
	X(drop_ip_source, "IP packets with an impossible source address")                          \
	X(drop_ip_destination, "broadcast, multicast and loopback destinations")                   \
	X(drop_ours, "packets to our own address that we do not serve")                            \
	X(drop_refused, "packets for no secure site: refused, there is no bypass")                 \
	X(drop_ttl, "packets whose TTL ended here")                                                \
	X(drop_too_big, "packets above the next MTU that must not be fragmented")                  \
	X(drop_fragmented, "packets above the next MTU that could not be fragmented")              \
	X(drop_crypt_full, "packets for which the ring to crypt was full")                         \
	X(drop_no_peer, "packets that crypt gave back: no peer for the destination")               \
	X(drop_no_endpoint, "packets that crypt gave back: the peer has no endpoint")              \
	X(drop_no_route, "packets from the tunnel for an address outside the red networks")        \
	X(drop_neighbour, "packets dropped while their next hop did not resolve")                  \
	X(drop_tx_full, "packets that the port did not take")                                      \
	X(drop_handle, "handles from crypt that named no buffer of ours")                          \
	X(drop_no_buffer, "packets for which the pool was empty")

#define CRYPT_COUNTERS(X)                                                                          \
	X(sealed_packets, "packets encrypted")                                                     \
	X(sealed_bytes, "bytes of user data encrypted")                                            \
	X(opened_packets, "packets decrypted and accepted")                                        \
	X(opened_bytes, "bytes of user data decrypted")                                            \
	X(keepalives_sent, "keepalive messages sent")                                              \
	X(keepalives_received, "keepalive messages received")                                      \
	X(staged, "packets that waited for a session, or behind others for a buffer")              \
	X(no_buffer_black, "times that a keepalive, or what waited, met no buffer of black's")     \
	X(sessions_installed, "sessions received from control")                                    \
	X(sessions_refused, "sessions whose index was in use already, or for another thread")      \
	X(sessions_wiped, "sessions wiped")                                                        \
	X(passed_on, "packets given back for the crypt thread that seals for their peer")          \
	X(drop_staged_oldest, "staged packets that gave way to newer ones")                        \
	X(drop_staged_given_up, "staged packets dropped since no session came")                    \
	X(drop_no_peer, "packets to encrypt for which there is no peer")                           \
	X(drop_no_endpoint, "packets to encrypt for a peer without endpoint")                      \
	X(drop_ip_malformed_tx, "packets to encrypt that are no IPv4 or IPv6 packet")              \
	X(drop_size, "data messages of a wrong size")                                              \
	X(drop_index, "data messages with an unknown receiver index")                              \
	X(drop_expired, "data messages under a key that is over age")                              \
	X(drop_tag, "data messages whose tag is wrong")                                            \
	X(drop_replay, "data messages already received, or too old to know")                       \
	X(drop_inner_version, "decrypted packets that are neither IPv4 nor IPv6")                  \
	X(drop_inner_length, "decrypted packets whose IP length is wrong")                         \
	X(drop_inner_source, "decrypted packets from a source that is not the peer's")             \
	X(drop_ecn, "congestion marked on the way, told to no ECN sender (RFC 6040)")              \
	X(drop_handle_kind, "handles of an unknown kind")                                          \
	X(drop_handle_index, "handles that name no buffer of the sender, or one held already")     \
	X(drop_handle_bounds, "handles whose bytes lie outside their buffer, or fit none of black's") \
	X(drop_ring_counters, "looks into a ring whose counters made no sense: nothing was taken")  \
	X(drop_ring_full, "handles for which the ring back to the owner was full")

/* Handshake messages that black let through (rx_handshake), and what became of them. */
#define CONTROL_COUNTERS(X)                                                                        \
	X(rx_handshake, "handshake messages that were valid")                                      \
	X(drop_proof, "handshake messages that do not decrypt, or prove nothing")                  \
	X(drop_unknown, "handshake messages of no peer, or to no handshake of ours")               \
	X(drop_timestamp, "initiations whose timestamp is not newer than the last")                \
	X(drop_flood, "initiations too soon after the peer's last")                                \
	X(drop_no_key, "handshake messages while there is no private key")                         \
	X(drop_malformed, "handshake messages of a wrong type or size")                            \
	X(drop_stale, "handshake messages that waited too long to be answered")

#define COUNTER_FIELD(name, help) uint64_t name;
struct black_stats {
	BLACK_COUNTERS(COUNTER_FIELD)
} __attribute__((aligned(64)));
struct red_stats {
	RED_COUNTERS(COUNTER_FIELD)
} __attribute__((aligned(64)));
struct crypt_stats {
	CRYPT_COUNTERS(COUNTER_FIELD)
} __attribute__((aligned(64)));
struct control_stats {
	CONTROL_COUNTERS(COUNTER_FIELD)
};
#undef COUNTER_FIELD

#endif
