/* SPDX-License-Identifier: BSD-3-Clause */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/keytext.h"
#include "fleet.h"

static const char help[] =
	"Usage: fleet peers --sites N [--seed S] [--endpoints]\n"
	"       fleet run --sites N --daemon-key KEY --daemon ADDRESS:PORT --red ADDRESS [OPTION...]\n"
	"\n"
	"Plays N remote sites against one encrypterd, and a host behind its red port.\n"
	"\n"
	"peers prints the daemon's [Peer] sections: site i has the outer address 172.16.0.1 + i, port\n"
	"51820, and the network 10.128.i.0/24 (counted on beyond 255). run expects to be on both wires:\n"
	"  ip route add local 172.16.0.0/14 dev lo            the sites' addresses are all ours\n"
	"  ip route add 10.128.0.0/9 via RED-OF-THE-DAEMON    their networks are behind it\n"
	"First all sessions are brought up at once, then requests are sent both ways and answered.\n"
	"\n"
	"  --sites N          1 to 32768\n"
	"  --seed S           the sites' keys follow from it (default 1)\n"
	"  --endpoints        peers: the daemon knows where the sites are\n"
	"  --start WHO        who begins: sites (default), daemon (red sends to all), both\n"
	"  --up-within S      give up when not all are up by then (default 30)\n"
	"  --rate R           requests a second, of each site and direction (default 4)\n"
	"  --seconds T        of traffic after the start (default 10)\n"
	"  --size B           of the inner packets, 64 to 1400 (default 128)\n"
	"  --progress S       a line on stderr every S seconds\n"
	"  --json             the figures as one JSON object\n"
	"\n"
	"Exit status: 0 when all sessions came up and nothing was lost, 1 when not, 2 on wrong usage.\n";

static void fail(const char *what)
{
	fprintf(stderr, "fleet: %s (see --help)\n", what);
	exit(2);
}

static uint64_t number(const char *text, uint64_t low, uint64_t high, const char *what)
{
	char *end;
	unsigned long long n = strtoull(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || n < low || n > high)
		fail(what);
	return n;
}

static enum start parse_start(const char *text)
{
	if (strcmp(text, "sites") == 0)
		return START_SITES;
	if (strcmp(text, "daemon") == 0)
		return START_DAEMON;
	if (strcmp(text, "both") != 0)
		fail("--start is sites, daemon or both");
	return START_BOTH;
}

static void take_value(struct options *o, int option, const char *text)
{
	switch (option) {
	case 'n':
		o->sites = (unsigned)number(text, 1, FLEET_SITES_MAX, "--sites is 1 to 32768");
		break;
	case 's':
		o->seed = number(text, 0, UINT64_MAX, "--seed is a number");
		break;
	case 'w':
		o->start = parse_start(text);
		break;
	case 'u':
		o->up_within = (unsigned)number(text, 1, 3600, "--up-within is 1 to 3600");
		break;
	case 'r':
		o->rate = (unsigned)number(text, 0, 10000, "--rate is 0 to 10000");
		break;
	case 't':
		o->seconds = (unsigned)number(text, 0, 86400, "--seconds is 0 to 86400");
		break;
	case 'b':
		o->size = (unsigned)number(text, 64, 1400, "--size is 64 to 1400");
		break;
	case 'p':
		o->progress = (unsigned)number(text, 0, 3600, "--progress is 0 to 3600");
		break;
	}
}

static void take_address(struct options *o, int option, const char *text)
{
	if (option == 'k' && key_from_base64(o->daemon_key, text) != 0)
		fail("--daemon-key is a public key");
	if (option == 'd' && (endpoint_parse(&o->daemon, text) != 0 || o->daemon.addr.family != 4))
		fail("--daemon is an IPv4 address and a port");
	if (option == 'a' && (addr_parse(&o->red, text) != 0 || o->red.family != 4))
		fail("--red is an IPv4 address");
}

static void take(struct options *o, int option, const char *text)
{
	switch (option) {
	case 'j':
		o->json = true;
		break;
	case 'e':
		o->endpoints = true;
		break;
	case 'k':
	case 'd':
	case 'a':
		take_address(o, option, text);
		break;
	case 'h':
		fputs(help, stdout);
		exit(0);
	case '?':
		exit(2);
	default:
		take_value(o, option, text);
	}
}

void options_parse(struct options *o, int argc, char **argv)
{
	static const struct option names[] = {
		{"sites", required_argument, NULL, 'n'}, {"seed", required_argument, NULL, 's'},
		{"endpoints", no_argument, NULL, 'e'}, {"start", required_argument, NULL, 'w'},
		{"up-within", required_argument, NULL, 'u'}, {"rate", required_argument, NULL, 'r'},
		{"seconds", required_argument, NULL, 't'}, {"size", required_argument, NULL, 'b'},
		{"progress", required_argument, NULL, 'p'}, {"json", no_argument, NULL, 'j'},
		{"daemon-key", required_argument, NULL, 'k'},
		{"daemon", required_argument, NULL, 'd'}, {"red", required_argument, NULL, 'a'},
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	int option;

	*o = (struct options){
		.seed = 1, .up_within = 30, .rate = 4, .seconds = 10, .size = 128};
	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
		take(o, option, optarg);
	o->verb = optind + 1 == argc ? argv[optind] : "";
	bool run = strcmp(o->verb, "run") == 0;
	if (!run && strcmp(o->verb, "peers") != 0)
		fail("what to do? peers or run");
	if (o->sites == 0)
		fail("how many --sites?");
	if (run && (o->daemon.port == 0 || o->red.family == 0))
		fail("run needs --daemon-key, --daemon and --red");
}
