/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * iface_tool INTERFACE: takes the interface as encrypterd does, says so, holds it until its
 * standard input ends, and gives it back. Exit 1 with the reason when it cannot be taken.
 */
#include <stdio.h>

#include "ctl/iface.h"

int main(int argc, char **argv)
{
	struct iface iface = {0};
	char error[256];

	if (argc != 2) {
		fprintf(stderr, "usage: iface_tool INTERFACE\n");
		return 2;
	}
	iface_give_back(&iface); /* nothing was taken: nothing happens */
	if (iface_take(&iface, argv[1], error) != 0) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	printf("taken addresses=%u\n", iface.address_count);
	fflush(stdout);
	while (getchar() != EOF)
		;
	iface_give_back(&iface);
	iface_give_back(&iface);
	printf("given back\n");
	return 0;
}
