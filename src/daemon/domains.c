/* SPDX-License-Identifier: BSD-3-Clause */
/* The domains, control, and their threads. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "crypto/secret.h"
#include "daemon/daemon.h"
#include "util/clock.h"
#include "util/log.h"

#define CONTROL_NICE 10
/* Of a traffic class. */
#define DSCP_BITS 0xfc
#define ECN_BITS  0x03

#define IPV6_MTU_LEAST 1280 /* RFC 8200, 5: IPv6 must not be told to do with less */

static void look_at_mtu(const struct daemon *d)
{
	log_event(LOG_INFO, "main", "sizes black_mtu=%u red_mtu=%u tunnel_mtu=%u", d->black_port.mtu,
		d->red_port.mtu, d->plan.tunnel_mtu);
	for (unsigned i = 0; i < d->config.red.address_count; i++) {
		if (d->config.red.addresses[i].addr.family != 6 ||
			d->plan.tunnel_mtu >= IPV6_MTU_LEAST)
			continue;
		log_event(LOG_WARNING, "main",
			"the tunnel is too narrow for IPv6 mtu=%u least=%u hint=\"a black port with "
			"an MTU of %u or more\"", d->plan.tunnel_mtu, IPV6_MTU_LEAST,
			IPV6_MTU_LEAST + CONFIG_TUNNEL_BYTES);
		return;
	}
}

static struct black *create_black(struct daemon *d)
{
	struct black_config c = {
		.zone = &d->zones[PLAN_BLACK],
		.port = &d->black_port,
		.pool = &d->black_pool,
		.address_count = d->config.black.address_count,
		.gateway = d->config.black.gateway,
		.ask_ahead = true,
		.gateway6 = d->config.black.gateway6,
		.listen_port = d->config.listen_port,
		.udp_checksum = d->config.udp_checksum,
		.max_peers = d->plan.max_peers,
		.crypt_count = d->plan.crypt_threads,
		.to_control = d->black_to_control,
		.from_control = d->control_to_black,
		.control_bell = &d->bells[PLAN_CONTROL],
		.stats = &d->black_stats,
		.attack = &d->attack,
		.proven = d->black_proven,
		.limits = {d->config.handshake_limit, d->config.handshake_limit_per_source,
			d->config.cookie_limit},
		.now_ns = clock_boot_ns(),
	};

	random_bytes(c.seed, sizeof(c.seed));
	random_bytes(c.tag_seed, sizeof(c.tag_seed));
	memcpy(c.addresses, d->config.black.addresses, sizeof(c.addresses));
	for (unsigned i = 0; i < c.crypt_count; i++)
		c.crypt[i] = (struct lend_ends){d->crypt[i].black_to_crypt,
			d->crypt[i].crypt_to_black, &d->bells[PLAN_CRYPT + i]};
	return black_create(&c);
}

static struct red *create_red(struct daemon *d)
{
	struct red_config c = {
		.zone = &d->zones[PLAN_RED],
		.port = &d->red_port,
		.pool = &d->red_pool,
		.address_count = d->config.red.address_count,
		.gateway = d->config.red.gateway,
		.gateway6 = d->config.red.gateway6,
		.tunnel_mtu = d->plan.tunnel_mtu,
		.max_prefixes = d->plan.max_prefixes,
		.crypt_count = d->plan.crypt_threads,
		.from_control = d->control_to_red,
		.stats = &d->red_stats,
	};

	random_bytes(c.seed, sizeof(c.seed));
	memcpy(c.addresses, d->config.red.addresses, sizeof(c.addresses));
	for (unsigned i = 0; i < c.crypt_count; i++)
		c.crypt[i] = (struct lend_ends){d->crypt[i].red_to_crypt, d->crypt[i].crypt_to_red,
			&d->bells[PLAN_CRYPT + i]};
	return red_create(&c);
}

static struct crypt *create_crypt(struct daemon *d, unsigned number)
{
	struct daemon_crypt *t = &d->crypt[number];
	struct crypt_config c = {
		.zone = &d->zones[PLAN_CRYPT],
		.number = number,
		.threads = d->plan.crypt_threads,
		.first = number > 0 ? d->crypt[0].crypt : NULL,
		.engine = &t->engine,
		.tunnel_mtu = d->plan.tunnel_mtu,
		.outer_class_mask = (uint8_t)((d->config.copy_dscp ? DSCP_BITS : 0) |
			(d->config.copy_ecn ? ECN_BITS : 0)),
		.max_peers = d->plan.max_peers,
		.black = {t->black_to_crypt, t->crypt_to_black, &d->bells[PLAN_BLACK], t->black_view},
		.red = {t->red_to_crypt, t->crypt_to_red, &d->bells[PLAN_RED], t->red_view},
		.from_control = t->control_to_crypt,
		.to_control = t->crypt_to_control,
		.control_bell = &d->bells[PLAN_CONTROL],
		.reports = d->reports,
		.dirty = d->dirty,
		.stats = t->stats,
	};

	for (unsigned i = 0; i < c.threads; i++)
		c.bells[i] = &d->bells[PLAN_CRYPT + i];
	return crypt_create(&c);
}

static int create_crypt_thread(struct daemon *d, unsigned number)
{
	struct daemon_crypt *t = &d->crypt[number];
	struct zone *zone = &d->zones[PLAN_CRYPT];

	t->stats = zone_alloc(zone, sizeof(*t->stats));
	if (!t->stats)
		return daemon_failed("crypt zone", -ENOMEM);
	int rc = engine_create(&t->engine, d->config.engine, zone);
	if (rc != 0)
		return daemon_failed("engine", rc);
	t->crypt = create_crypt(d, number);
	return t->crypt ? 0 : daemon_failed("crypt", -ENOMEM);
}

int daemon_create_domains(struct daemon *d)
{
	struct zone *crypt = &d->zones[PLAN_CRYPT];

	d->reports = zone_alloc(crypt, d->plan.max_peers * sizeof(*d->reports));
	d->dirty = zone_alloc(crypt, (d->plan.max_peers + 63) / 64 * sizeof(*d->dirty));
	if (!d->reports || !d->dirty)
		return daemon_failed("crypt zone", -ENOMEM);
	for (unsigned i = 0; i < d->plan.crypt_threads; i++) {
		int rc = create_crypt_thread(d, i);
		if (rc != 0)
			return rc;
	}
	look_at_mtu(d);
	d->black = create_black(d);
	d->red = create_red(d);
	if (!d->black || !d->red)
		return daemon_failed("domains", -ENOMEM);
	log_event(LOG_INFO, "crypt", "room for peers=%u bytes_each=%zu", d->plan.max_peers,
		crypt_peer_bytes(d->plan.max_peers));
	return 0;
}

static uint64_t silence_ns(void *context, const char **name, unsigned i)
{
	struct daemon *d = context;
	uint64_t now_ns = clock_boot_ns();

	i += PLAN_BLACK;
	*name = i < d->plan.threads ? daemon_thread_name(d, i) : NULL;
	if (!*name)
		return 0;
	uint64_t beat_ns = atomic_load(&d->lcores[i].beat_ns);
	return now_ns > beat_ns ? now_ns - beat_ns : 0;
}

static void *table_alloc(void *context, size_t bytes)
{
	return zone_alloc(context, bytes);
}

int daemon_create_control(struct daemon *d)
{
	struct control_config c = {
		.config = &d->config,
		.max_peers = d->plan.max_peers,
		.max_prefixes = d->plan.max_prefixes,
		.bell = &d->bells[PLAN_CONTROL],
		.to_black = d->control_to_black,
		.from_black = d->black_to_control,
		.from_black_proven = d->black_proven,
		.black_bell = &d->bells[PLAN_BLACK],
		.to_red = d->control_to_red,
		.red_bell = &d->bells[PLAN_RED],
		.crypt_count = d->plan.crypt_threads,
		.reports = d->reports,
		.dirty = d->dirty,
		.black_stats = &d->black_stats,
		.attack = &d->attack,
		.red_stats = &d->red_stats,
		.resolver = &d->resolver,
		.engine_name = d->crypt[0].engine.name,
		.hugepages = d->zones[PLAN_CRYPT].page_size > 4096,
		.table_alloc = table_alloc,
		.table_free = zone_free,
		.table_context = &d->zones[PLAN_CRYPT],
		.silence_ns = silence_ns,
		.silence_context = d,
	};
	char error[512] = "";

	for (unsigned i = 0; i < c.crypt_count; i++)
		c.crypt[i] = (struct control_crypt){d->crypt[i].control_to_crypt,
			d->crypt[i].crypt_to_control, &d->bells[PLAN_CRYPT + i],
			d->crypt[i].stats};
	d->control = control_create(&c, error, &d->status);
	config_forget_keys(&d->config);
	if (d->control)
		return 0;
	if (d->status == EXIT_USAGE) /* its name is another program's */
		fprintf(stderr, "%s:%u: %s\n", d->config.path, d->config.name_line, error);
	else
		log_event(LOG_ERROR, "control", "%s", error);
	return -EFAULT;
}

static void *context_of(const struct daemon *d, unsigned thread)
{
	switch (plan_domain(thread)) {
	case PLAN_BLACK:
		return d->black;
	case PLAN_RED:
		return d->red;
	default:
		return d->crypt[thread - PLAN_CRYPT].crypt;
	}
}

/* What a thread that rests waits for, beside its bell. */
static int wait_fd_of(const struct daemon *d, enum plan_thread domain)
{
	if (domain == PLAN_CRYPT)
		return LCORE_NO_PORT;
	const struct port *port = domain == PLAN_BLACK ? &d->black_port : &d->red_port;
	return port->wait_fd >= 0 ? port->wait_fd : LCORE_POLLED_PORT;
}

static int start_thread(struct daemon *d, unsigned thread)
{
	unsigned (*const polls[PLAN_DOMAINS])(void *, uint64_t) = {
		[PLAN_BLACK] = black_poll, [PLAN_RED] = red_poll, [PLAN_CRYPT] = crypt_poll};
	enum plan_thread domain = plan_domain(thread);
	struct lcore *l = &d->lcores[thread];

	snprintf(l->name, sizeof(l->name), "%s", daemon_thread_name(d, thread));
	l->cpu = d->plan.cpu[thread];
	l->shared = d->plan.shared[thread];
	l->mode = d->config.poll == CONFIG_POLL_BUSY ? LCORE_BUSY : LCORE_ADAPTIVE;
	l->bell = &d->bells[thread];
	l->wait_fd = wait_fd_of(d, domain);
	l->zone = &d->zones[domain];
	l->poll = polls[domain];
	l->context = context_of(d, thread);
	atomic_store(&l->beat_ns, clock_boot_ns());
	int rc = lcore_start(l);
	return rc ? daemon_failed(l->name, rc) : 0;
}

int daemon_start_threads(struct daemon *d)
{
	int rc = 0;

	for (unsigned i = PLAN_BLACK; i < d->plan.threads && rc == 0; i++)
		rc = start_thread(d, i);
	return rc;
}

/*
 * C12: where control shares its core, user traffic goes first. Handshakes are most of control's work
 * and can be a thousand times the usual in an attack; with a weight of a tenth it still has all the
 * time that nobody else wants, and enough for hundreds of handshakes a second when there is none.
 * Domains' threads were made before and keep theirs.
 */
int daemon_yield(struct daemon *d)
{
	if (!d->plan.shared[PLAN_CONTROL])
		return 0;
	if (setpriority(PRIO_PROCESS, 0, CONTROL_NICE) != 0) /* of this thread alone */
		return daemon_failed("priority", -errno);
	return 0;
}

int daemon_start_ports(struct daemon *d)
{
	int rc = port_start(&d->black_port, &d->black_pool);

	if (rc == 0)
		rc = port_start(&d->red_port, &d->red_pool);
	return rc ? daemon_failed("port start", rc) : 0;
}

void daemon_domains_down(struct daemon *d)
{
	for (int i = PLAN_THREADS_MAX - 1; i > PLAN_CONTROL; i--)
		lcore_stop(&d->lcores[i]);
	control_destroy(d->control);
	port_close(&d->red_port);
	port_close(&d->black_port);
	red_destroy(d->red);
	for (int i = CRYPT_THREADS_MAX - 1; i >= 0; i--) { /* the first one has the tables */
		crypt_destroy(d->crypt[i].crypt);
		engine_destroy(&d->crypt[i].engine);
	}
	black_destroy(d->black);
}
