/* SPDX-License-Identifier: BSD-3-Clause */
/* Written by cookie_vectors.py, a second implementation. Hexadecimal; addresses as text. */
#ifndef COOKIE_VECTORS_H
#define COOKIE_VECTORS_H

#include <stdint.h>

struct cookie_vector {
	const char *name;
	const char *receiver; /* public key of whoever makes the cookie */
	const char *secret;   /* its secret of these two minutes */
	const char *address;  /* of the sender */
	uint16_t port;
	const char *message;  /* with both macs */
	const char *cookie;
	const char *nonce;
	const char *reply;
};

static const struct cookie_vector cookie_vectors[] = {
	{
		.name = "initiation from IPv4",
		.receiver = "83df1d9bf7dad038d0781a65e81e0ff7f0a6d2bd2265bf1c5be208ac56274012",
		.secret = "51bc776e9a4c155148251d7958dec935302a82b048a9190c8294b36144fd05be",
		.address = "192.0.2.77",
		.port = 51820,
		.message = "010000000f03f92591caa29dc98530ace5c48b21d9ae88a2c7c3b5ab363b306f"
			"ebf17a07526376f472439fb928a166f81ad57d96ef0a55513f42f4bac9266093"
			"c9d6791ee95d1532dd2d73b44a0a27f7c88cd801b924729edcb6011aa8a59573"
			"46947fbf1c3a813641730d31163b9a1e33e3408a42ba8fa2fda33db8d96f260e"
			"46a60757d976bd91e38255acc28b9392d67105aa",
		.cookie = "e44d203ab420ba3503bdb3a488575f7a",
		.nonce = "59893a88e11736d89866601da6615d37aabb2efd31648e46",
		.reply = "030000000f03f92559893a88e11736d89866601da6615d37aabb2efd31648e46"
			"88c126a80420a75c2f5fe084d36f559040024fb864a01780b45bf5e5c1d4d3d9",
	},
	{
		.name = "response from IPv4",
		.receiver = "b563594921d9c970727c8eb2d7a8b7ac16fdc6a45fc2bfc97d9ec0936d64f70f",
		.secret = "0552491ef6c54aa9845fbef7c3fe00ad97d5b483e8338bbec54a6521a913ce18",
		.address = "198.51.100.3",
		.port = 258,
		.message = "02000000ea62dcd8fd146efef4dda3ec7167a337200af5963d57bc33e56a234a"
			"87445c323b993ca5dffc7ef4b631ce206a0a7cae49212023121ae8a25bd12e2b"
			"47f4e636abe9643cf7cd7d029c1162d85e34005b833b6bc7ec56270a",
		.cookie = "5717b2e66afef25290581c5f93e432d6",
		.nonce = "4cfb8a39bb8395c11e04739d38a8e0744c5870cc0be030ec",
		.reply = "03000000ea62dcd84cfb8a39bb8395c11e04739d38a8e0744c5870cc0be030ec"
			"0b165824e6d70612a038daff238d083eaadcc379e7ab8f2add99920211f5fb56",
	},
	{
		.name = "initiation from IPv6",
		.receiver = "353327882cfda9a28e02948a23639732ea9af2754d69dced9d302084af9540e1",
		.secret = "3713944e4c723819684d6562d27326b7a6387da9c33ccf1768d927318ddf4155",
		.address = "2001:db8:1:2::77",
		.port = 40000,
		.message = "01000000a1bbb66050d7a80003025559ddcdd4165e7bf2ba67dd9c950a6db25a"
			"46d5dba69171d11a81ee0e3c1cf887ff543112aa08701c92d8349061e5c81d9a"
			"112a0d5e39de65f729132bcf3d805034002c49b0aa40d9f827fbbfbce36cc607"
			"bd1a8a6bfd1192180bbfeb430ac0562818a24f23dd78ea23a995022edbdf985c"
			"4a8e868cc8a975e12c6ba768a95b5e27453d004b",
		.cookie = "c52bc364b170a69efdbcf4fa1b1ef5df",
		.nonce = "0580d15720d6977729612bffd6f55dfcb36c5ceb0588805b",
		.reply = "03000000a1bbb6600580d15720d6977729612bffd6f55dfcb36c5ceb0588805b"
			"83a6cd414336483590d56a73194f2808f8e55e905ffc3b674398e3c9b5284139",
	},
	{
		.name = "response from IPv6",
		.receiver = "355d466bbb9bd611b1ef4cd263957f540ea4d73056eb6b75932e233f85e0be42",
		.secret = "b6281d977377fd67eaba745780428267b521f7af31bd1c75f96c33998757220a",
		.address = "fe80::1",
		.port = 65535,
		.message = "020000009ad9c020b41b473a5a5265a739388ace37dc5239b1bb751ae7b95151"
			"f9bc76a7b095078a3b9cd2729e2d7b9d95afb9be3c352255031a67635b7d375f"
			"dbd56432a4fc715c929aaede97826d6976e5250d6fa2c95ff7645eee",
		.cookie = "ac842d4e89939442d6b0997c466668e0",
		.nonce = "918f142089741c85cb5117ecff61f6fbb15b27481996ac79",
		.reply = "030000009ad9c020918f142089741c85cb5117ecff61f6fbb15b27481996ac79"
			"722ae2a6fe73fd2ac52b5be929253d4b680ca9670c44af2235806c4972dd1e02",
	},
};

#endif
