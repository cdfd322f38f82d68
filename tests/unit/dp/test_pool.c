/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "dp/pool.h"
#include "eal.h"
#include "suites.h"

static struct zone owner, viewer;

static bool inside(const struct zone *z, const void *p)
{
	return (const uint8_t *)p >= (const uint8_t *)z->base &&
		(const uint8_t *)p < (const uint8_t *)z->base + z->length;
}

static void numbers(void)
{
	struct pool p;
	struct pool_view v;

	unit_zone(&owner, "owner", 8);
	unit_zone(&viewer, "viewer", 2);
	CU_ASSERT_EQUAL(pool_create(&p, "numbers", &owner, 512, 1500), 0);
	CU_ASSERT_EQUAL(pool_view_create(&v, &p, &viewer), 0);
	CU_ASSERT(p.room >= 128 + 1500 + 14 + 16);
	/* a device that takes whole KiB alone gets a longest frame, with two VLAN tags, into it */
	CU_ASSERT((p.room - 128) / 1024 * 1024 >= 1518 + 8);
	for (uint16_t i = 0; i < 512; i++) {
		struct rte_mbuf *m = pool_mbuf(&p, i);
		CU_ASSERT_EQUAL_FATAL(pool_index(m), i);
		CU_ASSERT_FATAL(inside(&owner, m) && inside(&owner, m->buf_addr));
		CU_ASSERT_PTR_EQUAL(v.buffers[i], m->buf_addr);
		CU_ASSERT_EQUAL(m->buf_len, p.room);
	}
	CU_ASSERT_PTR_NULL(pool_mbuf(&p, 512));
	CU_ASSERT(inside(&viewer, v.buffers));
	CU_ASSERT(inside(&viewer, v.held));
	pool_view_destroy(&v);
	pool_destroy(&p);
	zone_destroy(&viewer);
	zone_destroy(&owner);
}

static void last_in_first_out(void)
{
	struct pool p;

	unit_zone(&owner, "owner", 8);
	pool_create(&p, "lifo", &owner, 64, 1500);
	struct rte_mbuf *a = rte_pktmbuf_alloc(p.mempool);
	rte_pktmbuf_free(a);
	struct rte_mbuf *b = rte_pktmbuf_alloc(p.mempool);
	CU_ASSERT_PTR_EQUAL(a, b);
	rte_pktmbuf_free(b);
	pool_destroy(&p);
	zone_destroy(&owner);
}

static void number_survives_use(void)
{
	struct pool p;
	struct rte_mbuf *all[64];

	unit_zone(&owner, "owner", 8);
	pool_create(&p, "use", &owner, 64, 1500);
	CU_ASSERT_EQUAL(rte_pktmbuf_alloc_bulk(p.mempool, all, 64), 0);
	for (unsigned i = 0; i < 64; i++) {
		memset(rte_pktmbuf_append(all[i], 1500), 0xff, 1500);
		memset(rte_pktmbuf_prepend(all[i], 128), 0xff, 128);
		CU_ASSERT_PTR_EQUAL(pool_mbuf(&p, pool_index(all[i])), all[i]);
	}
	rte_pktmbuf_free_bulk(all, 64);
	pool_destroy(&p);
	zone_destroy(&owner);
}

static void limits(void)
{
	struct pool p;

	unit_zone(&owner, "owner", 2);
	CU_ASSERT_EQUAL(pool_create(&p, "none", &owner, 0, 1500), -EINVAL);
	CU_ASSERT_EQUAL(pool_create(&p, "many", &owner, 65536, 1500), -EINVAL);
	CU_ASSERT_EQUAL(pool_create(&p, "wide", &owner, 4, 65500), -EINVAL);
	CU_ASSERT_EQUAL(pool_create(&p, "large", &owner, 8192, 1500), -ENOMEM);
	zone_destroy(&owner);
}

/* What is asked for is enough, on small pages and for frames of any length. */
static void bytes(void)
{
	static const uint16_t mtus[] = {68, 1500, 1700, 3200, 3600, 6000, 9000, 64000};
	struct pool p;

	for (unsigned i = 0; i < sizeof(mtus) / sizeof(mtus[0]); i++) {
		uint32_t count = mtus[i] > 9000 ? 256 : 4096;
		size_t need = pool_bytes(count, mtus[i]);
		CU_ASSERT(need > count * (size_t)mtus[i] && need < count * (mtus[i] + 8192ul) + (4 << 20));
		CU_ASSERT_EQUAL_FATAL(zone_create(&owner, "owner", need + (1 << 20), ZONE_PAGES_SMALL), 0);
		CU_ASSERT_EQUAL(pool_create(&p, "bytes", &owner, count, mtus[i]), 0);
		CU_ASSERT(p.room >= RTE_PKTMBUF_HEADROOM + mtus[i] + 64u);
		pool_destroy(&p);
		zone_destroy(&owner);
	}
	CU_ASSERT_EQUAL(pool_bytes(4096, 65535), 0);
}

static const struct unit_test tests[] = {
	{"buffers have numbers, addresses and their place", numbers},
	{"the buffer given back last is taken first", last_in_first_out},
	{"packet data never touches the number", number_survives_use},
	{"a pool takes no more than it says, for frames of any length", bytes},
	{"bad sizes and full zones are refused", limits},
	{NULL, NULL},
};

const struct unit_suite suite_pool = {"pool", tests};
