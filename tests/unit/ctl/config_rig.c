/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_rig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/config_internal.h"

struct config rig_config;
char rig_error[CONFIG_ERROR_MAX];
char rig_path[256];

/* KEY_OWN is the public key of 32 bytes 0x11. */
static int read_key(uint8_t key[static 32], const char *path, char why[static CONFIG_WHY_MAX])
{
	snprintf(rig_path, sizeof(rig_path), "%s", path);
	if (strcmp(path, "key") == 0 || strcmp(path, "psk") == 0) {
		memset(key, path[0] == 'k' ? 0x11 : 0x22, 32);
		return 0;
	}
	if (strcmp(path, "zero") == 0) {
		memset(key, 0, 32);
		return 0;
	}
	snprintf(why, CONFIG_WHY_MAX, "cannot be opened; make it");
	return -EINVAL;
}

void rig_free(void)
{
	config_free(&rig_config);
}

int rig_parse_bytes(const char *text, size_t length)
{
	static const struct config_files files = {read_key};

	rig_free();
	memset(rig_error, 0, sizeof(rig_error));
	memset(rig_path, 0, sizeof(rig_path));
	return config_parse(&rig_config, "site.conf", text, length, &files, NULL, rig_error);
}

int rig_parse(const char *text)
{
	return rig_parse_bytes(text, strlen(text));
}

bool rig_refused(const char *text, unsigned line, const char *message)
{
	char place[64];

	if (rig_parse(text) != -EINVAL || rig_config.peers || rig_config.secure) {
		printf("# accepted, or something left: %s\n", rig_error);
		return false;
	}
	snprintf(place, sizeof(place), "site.conf:%u: ", line);
	bool right = strncmp(rig_error, place, strlen(place)) == 0 && strstr(rig_error, message);
	if (!right)
		printf("# wanted %s%s\n# got %s\n", place, message, rig_error);
	return right && strchr(rig_error, ';'); /* every message has a remedy */
}
