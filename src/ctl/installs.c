/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/installs.h"

#include <errno.h>
#include <string.h>

#include "crypto/secret.h"

int installs_open(struct installs *s)
{
	s->count = 0;
	s->list = secret_alloc(INSTALLS_MAX * sizeof(*s->list));
	return s->list ? 0 : -ENOMEM;
}

void installs_close(struct installs *s)
{
	secret_free(s->list);
	s->list = NULL;
	s->count = 0;
}

bool installs_full(const struct installs *s)
{
	return s->count == INSTALLS_MAX;
}

struct install *installs_add(
	struct installs *s, uint32_t slot, const struct session_keys *keys, uint64_t now_ns)
{
	if (installs_full(s))
		return NULL;
	struct install *i = s->list;
	while (i->stage != INSTALL_FREE)
		i++;
	i->keys = *keys;
	i->begun_ns = now_ns;
	i->slot = slot;
	i->stage = INSTALL_RX;
	s->count++;
	return i;
}

struct install *installs_find(
	const struct installs *s, uint32_t slot, uint32_t local_index, enum install_stage stage)
{
	for (struct install *i = s->list; i < s->list + INSTALLS_MAX; i++) {
		if (i->stage == stage && i->slot == slot && i->keys.local_index == local_index)
			return i;
	}
	return NULL;
}

void installs_remove(struct installs *s, struct install *install)
{
	secret_wipe(install, sizeof(*install)); /* INSTALL_FREE is 0 */
	s->count--;
}

void installs_drop(struct installs *s, uint32_t slot)
{
	for (struct install *i = s->list; i < s->list + INSTALLS_MAX; i++) {
		if (i->stage != INSTALL_FREE && i->slot == slot)
			installs_remove(s, i);
	}
}

unsigned installs_expire(struct installs *s, uint64_t now_ns, uint64_t age_ns)
{
	unsigned expired = 0;

	for (struct install *i = s->list; s->count > 0 && i < s->list + INSTALLS_MAX; i++) {
		if (i->stage != INSTALL_FREE && i->begun_ns + age_ns < now_ns) {
			installs_remove(s, i);
			expired++;
		}
	}
	return expired;
}
