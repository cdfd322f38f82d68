/* SPDX-License-Identifier: BSD-3-Clause */
#include "dp/zone.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_memory.h>

#include "util/log.h"

#define HUGE_PAGE  (2ul << 20)
#define SMALL_PAGE 4096ul

/* Above what DPDK reserves for itself, and within the 39 bits that the narrowest IOMMU takes. */
#define DEVICE_AREA     (1ul << 38)
#define DEVICE_AREA_END (1ul << 39)

static size_t round_up(size_t bytes, size_t page)
{
	return (bytes + page - 1) / page * page;
}

static bool has_pci_port(void)
{
	struct rte_eth_dev_info info;
	uint16_t port;

	RTE_ETH_FOREACH_DEV(port) {
		if (rte_eth_dev_info_get(port, &info) == 0 && info.device &&
			strcmp(rte_bus_name(rte_dev_bus(info.device)), "pci") == 0)
			return true;
	}
	return false;
}

/*
 * Where memory should lie that devices see at its virtual address: the kernel's own choice has 47
 * bits, more than some IOMMUs take. NULL: anywhere, which is harder to guess. Devices behind an IOMMU, that
 * is PCI ports, were all found when EAL started.
 */
static void *wanted_address(size_t length)
{
	uint32_t random;

	if (rte_eal_iova_mode() != RTE_IOVA_VA || !has_pci_port())
		return NULL;
	if (length >= DEVICE_AREA || getrandom(&random, sizeof(random), 0) != sizeof(random))
		return NULL;
	size_t places = (DEVICE_AREA_END - DEVICE_AREA - length) / HUGE_PAGE;
	return (void *)(DEVICE_AREA + random % places * HUGE_PAGE);
}

/* No core dump and no child ever has it. */
static void keep_apart(void *base, size_t length)
{
	madvise(base, length, MADV_DONTDUMP);
	madvise(base, length, MADV_DONTFORK);
}

/* On reserved pages of 2 MiB. NULL with errno. */
static void *map_huge(const char *name, size_t length)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_HUGETLB | MFD_HUGE_2MB);
	if (fd < 0)
		return NULL;
	void *base = MAP_FAILED;
	/* The descriptor is closed at once: the mapping is the only way to the memory. */
	if (ftruncate(fd, (off_t)length) == 0)
		base = mmap(wanted_address(length), length, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_POPULATE, fd, 0);
	int error = errno;
	close(fd);
	errno = error;
	if (base == MAP_FAILED)
		return NULL;
	keep_apart(base, length);
	return base;
}

/* `length` bytes on a boundary of 2 MiB, not yet backed by memory. NULL with errno. */
static uint8_t *map_aligned(size_t length)
{
	uint8_t *base = mmap(wanted_address(length + HUGE_PAGE), length + HUGE_PAGE,
		PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED)
		return NULL;
	size_t before = (HUGE_PAGE - (uintptr_t)base % HUGE_PAGE) % HUGE_PAGE;
	if (before > 0)
		munmap(base, before);
	munmap(base + before + length, HUGE_PAGE - before);
	return base + before;
}

/*
 * On pages of 4 KiB. With `transparent` the kernel is asked to put 2 MiB of them together where it has
 * that, which spares walks through the page tables; nothing relies on it. NULL with errno.
 */
static void *map_small(size_t length, bool transparent)
{
	uint8_t *base = map_aligned(length);

	if (!base)
		return NULL;
	keep_apart(base, length);
	madvise(base, length, transparent ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	for (size_t at = 0; at < length; at += SMALL_PAGE)
		*(volatile uint8_t *)(base + at) = 0;
	return base;
}

static int map_zone(struct zone *z, size_t bytes, enum zone_pages pages)
{
	z->length = round_up(bytes, HUGE_PAGE);
	if (pages != ZONE_PAGES_SMALL) {
		z->page_size = HUGE_PAGE;
		z->base = map_huge(z->name, z->length);
		if (z->base)
			return 0;
		if (pages == ZONE_PAGES_HUGE)
			return -ENOMEM;
	}
	z->page_size = SMALL_PAGE;
	z->base = map_small(z->length, pages == ZONE_PAGES_AUTO);
	if (!z->base)
		return -errno;
	if (mlock(z->base, z->length) != 0)
		log_event(LOG_WARNING, "main", "zone not locked in memory zone=%s reason=\"%s\"",
			z->name, strerror(errno));
	return 0;
}

/* Physical addresses where the devices want them; NULL (with *ok) where virtual ones do. */
static rte_iova_t *iova_table(const struct zone *z, size_t n_pages, bool *ok)
{
	*ok = true;
	rte_iova_t *table = calloc(n_pages, sizeof(*table));
	if (!table) {
		*ok = false;
		return NULL;
	}
	for (size_t i = 0; i < n_pages; i++) {
		uint8_t *page = (uint8_t *)z->base + i * z->page_size;
		table[i] = rte_eal_iova_mode() == RTE_IOVA_VA ? (rte_iova_t)(uintptr_t)page :
								rte_mem_virt2phy(page);
		if (table[i] == RTE_BAD_IOVA)
			*ok = false;
	}
	return table;
}

static int register_heap(struct zone *z)
{
	size_t n_pages = z->length / z->page_size;
	bool ok;
	rte_iova_t *table = iova_table(z, n_pages, &ok);
	int rc = ok ? 0 : -EFAULT;

	if (rc == 0 && rte_malloc_heap_create(z->name) != 0)
		rc = -rte_errno;
	if (rc == 0) {
		if (rte_malloc_heap_memory_add(
			    z->name, z->base, z->length, table, n_pages, z->page_size) != 0) {
			rc = -rte_errno;
			rte_malloc_heap_destroy(z->name);
		} else {
			z->registered = true;
			z->socket = rte_malloc_heap_get_socket(z->name);
		}
	}
	free(table);
	return rc;
}

int zone_create(struct zone *z, const char *name, size_t bytes, enum zone_pages pages)
{
	memset(z, 0, sizeof(*z));
	snprintf(z->name, sizeof(z->name), "%s", name);
	int rc = map_zone(z, bytes, pages);
	if (rc == 0)
		rc = register_heap(z);
	if (rc != 0)
		zone_destroy(z);
	return rc;
}

void zone_destroy(struct zone *z)
{
	if (!z->base)
		return;
	if (z->registered) {
		if (rte_malloc_heap_memory_remove(z->name, z->base, z->length) != 0)
			log_event(LOG_WARNING, "main", "zone still in use at its end zone=%s", z->name);
		else
			rte_malloc_heap_destroy(z->name);
	}
	explicit_bzero(z->base, z->length);
	munmap(z->base, z->length);
	memset(z, 0, sizeof(*z));
}

void *zone_alloc(struct zone *z, size_t bytes)
{
	return rte_zmalloc_socket(z->name, bytes, RTE_CACHE_LINE_SIZE, z->socket);
}

void zone_free(void *memory)
{
	rte_free(memory);
}
