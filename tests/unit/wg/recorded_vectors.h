/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two sessions with wireguard-go 0.0.20220316, recorded on the loopback interface: it accepted what
 * we sent, and sent an ICMP echo request through the tunnel. `index` and `ephemeral` are the random
 * bytes that our side drew, in this order; the rest went over the wire (`plain` inside the tunnel).
 */
#ifndef RECORDED_VECTORS_H
#define RECORDED_VECTORS_H

struct recorded {
	const char *index;
	const char *ephemeral;
	const char *initiation;
	const char *response;
	const char *data; /* its first data message */
	const char *plain;
};

static const char recorded_private[] = /* ours: SHA-256 of "ours" */
	"ae0bec9e9d33c56354bd612c8a6010840324fc5b9786ce0a18b696b304b09397";
static const char recorded_other_private[] = /* wireguard-go's: SHA-256 of "theirs" */
	"4c55a8552a2c7261f61f798c2265e6f13358f326ae5b934096ff16bd15e62c33";
static const char recorded_preshared[] = /* SHA-256 of "shared" */
	"a4d26868017c0ccffe2efe50944ef4211834660cca834c6e9f86dec6a88246fa";

/* wireguard-go initiated. */
static const struct recorded recorded_responder = {
	.index =
		"11121314",
	.ephemeral =
		"15161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334",
	.initiation =
		"010000009792c23f132dca4fda8c2b1206ceac97fa125f44bb3a15a217e0e8e0acb4efb7"
		"130ccb4b001197b9311deadc6eaa771fb0c9ec365a9a0abd0284720cb15cff504450a1ba"
		"56e146072fad6bd9e37f6e47feb956939e8adf51fb8a6b5b4b42adb8c80ae455655f1aa0"
		"1a0f96a1ce4cd3c8846285c66f71d8b7321a21071400f4cf000000000000000000000000"
		"00000000",
	.response =
		"02000000111213149792c23fad65f789413560b97cc68d0b9cb23e96bb43fd2f71a6c995"
		"2d7573064b76742310d91eff0060f8490862aa230f2463dd04bd156a4606a899885c99fd"
		"9d7737a300000000000000000000000000000000",
	.data =
		"04000000111213140000000000000000f18393dbcd0b4451a4816d80f94dced5f2ed375a"
		"a059b900665934d2bf244036aa5d6d17877b4a11ccc64314ca00e9ed58cabaf3c268ffac"
		"4fe8ebb2ffd8398e",
	.plain =
		"450000244de640004001d8560a4d00010a4d000208009877537700010001020304050607"
		"000000000000000000000000",
};

/* We initiated. */
static const struct recorded recorded_initiator = {
	.index =
		"22232425",
	.ephemeral =
		"262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445",
	.initiation =
		"0100000022232425bcf93c7071fa80756ac414ebefbc00c2538afc90a74095706c734671"
		"7eedb55f852dcdd02aa859a03ae49afb313d2844e8a0331e333b49cf53a902444a1df0a2"
		"591e733f8b7935126b3e1965415d9addd42a5f1c43eb76cf049eeaf0daf35a0140e1b9f4"
		"6c59a5df66a0f8dbedef9904cff93ba6938877b283cfef2a000000000000000000000000"
		"00000000",
	.response =
		"02000000f5ef5a84222324257371ae992079de7666ee9d8f89955966ce73b3d9ab00f15f"
		"59ecce2e6cdb660bd3f5f9e328acb04d403e4dfda180d2608bbc68d03a7f0fbd3e3fdeb5"
		"ad07e30400000000000000000000000000000000",
	.data =
		"040000002223242500000000000000001a57df2060ee48c14a35562258f488f21d1a739d"
		"51ce9c365be7da9992c8eeed23696fdf552230acb738c87d008741ce0641e6bf90feb017"
		"7073db668dd244af",
	.plain =
		"450000244f4740004001d6f50a4d00010a4d00020800977e547000010001020304050607"
		"000000000000000000000000",
};

#endif
