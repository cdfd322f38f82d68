/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/outbox.h"

#include <errno.h>
#include <string.h>

#include "crypto/secret.h"

int outbox_open(struct outbox *o, const struct ring *ring, struct bell *bell)
{
	memset(o, 0, sizeof(*o));
	o->ring = *ring;
	o->bell = bell;
	o->queue = secret_alloc((size_t)OUTBOX_CAPACITY * ring->element);
	return o->queue ? 0 : -ENOMEM;
}

void outbox_close(struct outbox *o)
{
	secret_free(o->queue);
	memset(o, 0, sizeof(*o));
}

static uint8_t *element_at(const struct outbox *o, uint32_t i)
{
	return o->queue + (size_t)((o->head + i) % OUTBOX_CAPACITY) * o->ring.element;
}

static void drain(struct outbox *o)
{
	while (o->count > 0) {
		uint8_t *element = element_at(o, 0);
		if (ring_send(&o->ring, element, 1) == 0)
			return;
		secret_wipe(element, o->ring.element);
		o->head = (o->head + 1) % OUTBOX_CAPACITY;
		o->count--;
		o->sent = true;
	}
}

bool outbox_put(struct outbox *o, const void *order, size_t bytes)
{
	if (o->count == OUTBOX_CAPACITY)
		return false;
	uint8_t *element = element_at(o, o->count++);
	memset(element, 0, o->ring.element); /* a ring's element may be padded */
	memcpy(element, order, bytes);
	drain(o);
	return true;
}

void outbox_flush(struct outbox *o)
{
	drain(o);
	if (o->sent)
		bell_ring(o->bell);
	o->sent = false;
}

bool outbox_roomy(const struct outbox *o)
{
	return o->count < OUTBOX_ROOMY;
}

bool outbox_settled(const struct outbox *o)
{
	return o->count == 0 && ring_empty(&o->ring);
}
