/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whole handshakes with fixed keys, as hexadecimal. Computed by a second implementation, written
 * from the whitepaper alone in Python: hashlib's BLAKE2s, hmac, and X25519 and ChaCha20-Poly1305 of
 * the `cryptography` package. To recompute: static and ephemeral secrets are the clamped SHA-256 of
 * "initiator", "responder", "initiator ephemeral N" and "responder ephemeral N" (N: 0, 1); the first
 * preshared key is the SHA-256 of "psk", the second is zero: none. Indices and timestamps are below.
 * The messages carry mac1 and a zero mac2; `keepalive` is the initiator's first data message.
 */
#ifndef NOISE_VECTORS_H
#define NOISE_VECTORS_H

#include <stdint.h>

struct noise_vector {
	const char *initiator;
	const char *responder;
	const char *initiator_ephemeral;
	const char *responder_ephemeral;
	const char *preshared_key;
	const char *timestamp;
	uint32_t initiator_index;
	uint32_t responder_index;
	const char *initiation;
	const char *response;
	const char *initiator_sends;
	const char *responder_sends;
	const char *keepalive;
};

#define NOISE_VECTORS 2

static const struct noise_vector noise_vectors[NOISE_VECTORS] = {
	{
		.initiator =
			"58eb3cb130074f7b1ddb99c8fe14f27e1dbca735bb3da82e1ff0305340a32459",
		.responder =
			"68cde155f1f900e157d25bb5c24b1a54d71ea35b78661ed9b1a8be3532c3d475",
		.initiator_ephemeral =
			"384a46910e85a2eedfc9b73e490ea8cedf3c2d3e64709b088ad42050e0cf9267",
		.responder_ephemeral =
			"98eb1d91574f80fee9128055192113334eefa8979593932a8d787c5cee186861",
		.preshared_key =
			"233edfa58c84847712e911572533907dc46771c2af022cea0766b422d44f31e5",
		.timestamp =
			"400000006553f10a1d000000",
		.initiator_index = 0x01020304,
		.responder_index = 0xa0b0c0d0,
		.initiation =
			"0100000004030201c57f0bc760575d8a53c1633a42b4202fd2a7ad1b109a6da416e709b7"
			"498dc2468f382c5361a07daae3ceff8a35f2eb6de4fa9c69bcd7c7468fc8d2e270bfcc5c"
			"a803016a088bb71e49adcb355f00d2656ce6c59d2d001f869508ce337b85f21ddbf8bd81"
			"c21ae32209f2b56619b63bb22a6b2b4f753ec6077c1dd3be000000000000000000000000"
			"00000000",
		.response =
			"02000000d0c0b0a004030201f2c7fa4ba06a5d4e9014f91c1fc5942821605bb8f5473b69"
			"d911201a4d4f67137e796bf1f339cf74d1af80e7e15a6f697602f4b40b5dd761a559a63a"
			"e75b853a00000000000000000000000000000000",
		.initiator_sends =
			"0662cafeebe3d49388af33dd3c2c1d126128491189a5a2325a5075d2af11ebb0",
		.responder_sends =
			"54a4c996bc5974bb85beb62dde7865a467215304bbff1feaa66c835cb1b4e75e",
		.keepalive =
			"04000000d0c0b0a00000000000000000c0e16e7af776b421205299557a427d38",
	},
	{
		.initiator =
			"58eb3cb130074f7b1ddb99c8fe14f27e1dbca735bb3da82e1ff0305340a32459",
		.responder =
			"68cde155f1f900e157d25bb5c24b1a54d71ea35b78661ed9b1a8be3532c3d475",
		.initiator_ephemeral =
			"d015d3fa811eef5e4f449725aac592afa553a8397a05e5624c7a1f9aef3c1179",
		.responder_ephemeral =
			"a8a8ef00bca4a0c7d5915fb6d91e930b7489306586d6be97b4124446dc66675d",
		.preshared_key =
			"0000000000000000000000000000000000000000000000000000000000000000",
		.timestamp =
			"400000000000000a00000000",
		.initiator_index = 0x00000000,
		.responder_index = 0xffffffff,
		.initiation =
			"010000000000000016befcdd65aa2c277c5677ffb4415402b12c9b0af297b50914ab5fe5"
			"7b28144274a6bbb9a417ea93c23e873cf4d6c63c571cffea444d6d344f14f6a0ac690d65"
			"2d99c78dcbae6cf435b8018c2efa0c8982cb38cc5220b6cba9e65b8db38fa3fe3da67e84"
			"589b5570f8bd88f4ea0feaeea4504a9bac70ab6fd1f4b81a000000000000000000000000"
			"00000000",
		.response =
			"02000000ffffffff00000000d37b72fa23ca03a041e1f6bfcfe4bfb4e181aab9c04e9b84"
			"9a14dfa8c2e61357a215d95d8924ec453035ea7f4542f148d8e7f536fbdc331436310517"
			"f7fe1a9e00000000000000000000000000000000",
		.initiator_sends =
			"6918a672bf20241964944c01c8662f9b49a041b70aab880a41854fd3759f1dc0",
		.responder_sends =
			"383fdd11b0df9f1d3a2f92ed6f598baf577fa953cf4f364396ef0cb6c197be6b",
		.keepalive =
			"04000000ffffffff000000000000000055b8a67b220a170e75cafccb672be002",
	},
};

#endif
