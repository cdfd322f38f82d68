/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

static const char help[] =
	"Usage: encrypter-bench [OPTION...]\n"
	"\n"
	"Ticks per packet of black, crypt and red, each by itself and all in one thread, between ports in\n"
	"memory, with packets of random peers; beside the engine alone, handshakes, and what peers take in\n"
	"memory. The cases take turns; each figure is that of the best tenth of the rounds, which nobody\n"
	"disturbed.\n"
	"\n"
	"  --engine NAME    auto, ipsec-mb, sodium, cryptodev, ...; may be repeated (default: all that exist)\n"
	"  --peers N,N...   cases (default 1,250,10000); ratios are to the first\n"
	"  --sizes B,B...   bytes of the inner packet, or imix: 7 of 64, 4 of 576, 1 of 1420\n"
	"                   (default 64,128,256,512,1024,1420,imix)\n"
	"  --rounds R       1 to 1001 (default 41)\n"
	"  --bursts B       of 32 packets, in a round of each case (default 50)\n"
	"  --crypt-threads N  2 to 16: nothing but crypt, in so many threads, each on a CPU, with the last\n"
	"                   number of peers: seal and open, the first alone and all at once\n"
	"  --quick          a few seconds: one engine, 1 and 250 peers, 64 and 1420 bytes, few rounds\n"
	"  --json           as docs/performance.md describes it\n";

static void refuse(const char *what)
{
	fprintf(stderr, "encrypter-bench: %s (see --help)\n", what);
	exit(2);
}

static unsigned number(const char *text, char **end, unsigned low, unsigned high)
{
	unsigned long n = strtoul(text, end, 10);

	if (*end == text || n < low || n > high)
		refuse("a number is missing or out of range");
	return (unsigned)n;
}

static unsigned item(const char *text, char **end, unsigned low, unsigned high, bool mix)
{
	if (!mix || strncmp(text, "imix", 4) != 0)
		return number(text, end, low, high);
	*end = (char *)(uintptr_t)text + 4;
	return BENCH_IMIX;
}

static unsigned numbers(const char *text, unsigned *list, unsigned max, unsigned low, unsigned high,
	bool mix)
{
	unsigned count = 0;
	char *end;

	do {
		if (count == max)
			refuse("the list is too long");
		list[count++] = item(text, &end, low, high, mix);
		text = end + 1;
	} while (*end == ',');
	if (*end)
		refuse("numbers are separated by commas");
	return count;
}

static void add_engine(struct options *o, const char *name)
{
	if (o->engine_count == ENGINES_MAX)
		refuse("too many engines");
	o->engines[o->engine_count++] = name;
}

static void be_quick(struct options *o)
{
	static const unsigned peers[] = {1, 250}, sizes[] = {64, BENCH_MTU};

	memcpy(o->peers, peers, sizeof(peers));
	memcpy(o->sizes, sizes, sizeof(sizes));
	o->peer_count = o->size_count = 2;
	o->rounds = 21;
	o->bursts = 20;
	o->quick = true;
}

static void take_option(struct options *o, int option)
{
	char *end;

	switch (option) {
	case 'e':
		add_engine(o, optarg);
		break;
	case 'p':
		o->peer_count = numbers(optarg, o->peers, PEERS_MAX, 1, 32768, false);
		break;
	case 's':
		o->size_count = numbers(optarg, o->sizes, SIZES_MAX, 64, BENCH_MTU, true);
		break;
	case 'r':
		o->rounds = number(optarg, &end, 1, ROUNDS_MAX);
		break;
	case 'b':
		o->bursts = number(optarg, &end, 1, 1000000);
		break;
	case 't':
		o->crypt_threads = number(optarg, &end, 2, CRYPT_THREADS_MAX);
		break;
	case 'q':
		be_quick(o);
		break;
	case 'j':
		o->json = true;
		break;
	case 'h':
		fputs(help, stdout);
		exit(0);
	default:
		exit(2);
	}
}

void options_parse(struct options *o, int argc, char **argv)
{
	static const struct option names[] = {{"engine", required_argument, NULL, 'e'},
		{"peers", required_argument, NULL, 'p'}, {"sizes", required_argument, NULL, 's'},
		{"rounds", required_argument, NULL, 'r'}, {"bursts", required_argument, NULL, 'b'},
		{"quick", no_argument, NULL, 'q'}, {"json", no_argument, NULL, 'j'},
		{"crypt-threads", required_argument, NULL, 't'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	int option;

	*o = (struct options){.peers = {1, 250, 10000}, .peer_count = 3,
		.sizes = {64, 128, 256, 512, 1024, BENCH_MTU, BENCH_IMIX}, .size_count = 7,
		.rounds = 41, .bursts = 50};
	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
		take_option(o, option);
	if (optind != argc)
		refuse("what is the rest of the line?");
}
