/* SPDX-License-Identifier: BSD-3-Clause */
/* Attacks, as black sees them (boundary.h): for the log and for status. */
#include "ctl/control_state.h"
#include "ctl/show.h"
#include "util/log.h"

static uint64_t get(const _Atomic uint64_t *field)
{
	return atomic_load_explicit(field, memory_order_relaxed);
}

void control_last_attack(const struct control *c, uint64_t now_ns, struct show_attack *attack)
{
	const struct black_attack *a = c->config.attack;

	*attack = (struct show_attack){
		.count = atomic_load_explicit(&a->count, memory_order_acquire)};
	if (attack->count == 0)
		return;
	uint64_t began_ns = get(&a->began_ns), ended_ns = get(&a->ended_ns);
	uint64_t until_ns = ended_ns ? ended_ns : now_ns;
	attack->ongoing = ended_ns == 0;
	attack->seconds = until_ns > began_ns ? (until_ns - began_ns) / CLOCK_SECOND : 0;
	attack->messages = get(&a->messages);
	attack->sources = get(&a->sources);
}

/* Black changes its mind at most once a second, and is asked more often than that. */
void control_watch_attack(struct control *c)
{
	struct show_attack attack;

	control_last_attack(c, clock_boot_ns(), &attack);
	bool begins = attack.count != c->attacks_told;
	if (begins)
		log_event(LOG_WARNING, "control", "attack begins messages=%llu sources=%llu",
			(unsigned long long)attack.messages, (unsigned long long)attack.sources);
	else if (c->attack_told && !attack.ongoing)
		log_event(LOG_NOTICE, "control", "attack ended seconds=%llu messages=%llu "
			"sources=%llu", (unsigned long long)attack.seconds,
			(unsigned long long)attack.messages, (unsigned long long)attack.sources);
	c->attacks_told = attack.count;
	c->attack_told = begins || attack.ongoing;
}
