/* SPDX-License-Identifier: BSD-3-Clause */
#include "dp/bell.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int bell_open(struct bell *b)
{
	atomic_init(&b->asleep, 0);
	b->owed = 0;
	b->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return b->fd < 0 ? -errno : 0;
}

void bell_close(struct bell *b)
{
	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
}

void bell_ring(struct bell *b)
{
	/* Pairs with the fence in bell_arm(): either we see the flag, or the sleeper sees our work. */
	atomic_thread_fence(memory_order_seq_cst);
	if (!atomic_load_explicit(&b->asleep, memory_order_relaxed))
		return;
	if (atomic_exchange(&b->asleep, 0)) {
		uint64_t one = 1;
		ssize_t written = write(b->fd, &one, sizeof(one));
		(void)written; /* only fails when the counter is full: then the sleeper wakes anyway */
	}
}

void bell_arm(struct bell *b)
{
	atomic_store_explicit(&b->asleep, 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
}

void bell_disarm(struct bell *b)
{
	uint64_t count;

	/*
	 * Whoever cleared the flag has written, or is about to, once. A write that comes after we looked
	 * ends the next rest at once, and is read then: left in there it would end all of them.
	 */
	b->owed += !atomic_exchange(&b->asleep, 0);
	if (b->owed > 0 && read(b->fd, &count, sizeof(count)) == (ssize_t)sizeof(count))
		b->owed = count < b->owed ? b->owed - (unsigned)count : 0;
}
