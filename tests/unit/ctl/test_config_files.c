/* SPDX-License-Identifier: BSD-3-Clause */
/* Real files: the configuration itself and the key files it names. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_rig.h"
#include "crypto/secret.h"
#include "suites.h"

static char folder[64];
static char path[96];

static const char *in_folder(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void write_file(const char *name, mode_t mode, const char *text)
{
	FILE *file = fopen(in_folder(name), "w");

	if (!file || fputs(text, file) < 0 || fclose(file) != 0 || chmod(path, mode) != 0)
		abort();
}

static void make_folder(void)
{
	snprintf(folder, sizeof(folder), "/tmp/encrypter-config-XXXXXX");
	if (!mkdtemp(folder))
		abort();
	write_file("site.conf", 0644, SITE);
}

static void remove_folder(void)
{
	static const char *const names[] = {"site.conf", "key", "link"};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(in_folder(names[i]));
	rmdir(in_folder("key"));
	rmdir(folder);
	rig_free();
}

static int load(void)
{
	rig_free();
	memset(rig_error, 0, sizeof(rig_error));
	return config_load(&rig_config, in_folder("site.conf"), rig_error);
}

static bool refused(const char *message)
{
	int rc = load();
	bool right = rc == -EINVAL && strstr(rig_error, "/site.conf:10: the key file 'key' ") &&
		strstr(rig_error, message) && secret_is_zero(&rig_config, sizeof(rig_config));

	if (!right)
		printf("# %d, wanted %s, got %s\n", rc, message, rig_error);
	return right;
}

/* The key is found beside the configuration, whatever the working directory. */
static void good_files(void)
{
	static const char *const texts[] = {PSK "\n", PSK, PSK "\r\n", PSK "\n\n"};

	make_folder();
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_file("key", i % 2 == 0 ? 0600 : 0400, texts[i]);
		CU_ASSERT_EQUAL(load(), 0);
		CU_ASSERT_TRUE(rig_config.has_private_key);
		CU_ASSERT_EQUAL(rig_config.private_key[0], 0x16);
	}
	remove_folder();
}

static void bad_modes(void)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0602, 0644, 0666, 0777};

	make_folder();
	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		write_file("key", modes[i], PSK "\n");
		CU_ASSERT_TRUE(refused("chmod 600"));
	}
	write_file("key", 0600, PSK "\n");
	if (chown(in_folder("key"), 12345, (gid_t)-1) == 0) /* only root can try */
		CU_ASSERT_TRUE(refused("belongs to user 12345"));
	remove_folder();
}

static void bad_contents(void)
{
	static const char *const texts[] = {"", "\n", PSK "\n" PSK "\n", PSK "x\n", "x" PSK "\n",
		PSK " # mine\n", "PrivateKey = " PSK "\n",
		"1690b2870b3d731c16a15e3110bb5f26f8c937ecd05513c84a59515a07a8a551\n",
		PSK "          " PSK "          " PSK};

	make_folder();
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_file("key", 0600, texts[i]);
		CU_ASSERT_TRUE(refused("does not hold one key"));
		CU_ASSERT_PTR_NULL(strstr(rig_error, "FpCyhws9"));
	}
	remove_folder();
}

static void no_files(void)
{
	make_folder();
	CU_ASSERT_TRUE(refused("cannot be opened: No such file or directory; make it with"));
	CU_ASSERT_EQUAL(mkdir(in_folder("key"), 0700), 0);
	CU_ASSERT_TRUE(refused("is no regular file"));
	rmdir(in_folder("key"));
	CU_ASSERT_EQUAL(mkfifo(in_folder("key"), 0600), 0); /* must not wait for a writer */
	CU_ASSERT_TRUE(refused("is no regular file"));
	remove_folder();
}

static void no_configuration(void)
{
	make_folder();
	CU_ASSERT_EQUAL(config_load(&rig_config, in_folder("none.conf"), rig_error), -ENOENT);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_error, "/none.conf: cannot be read: No such file"));
	CU_ASSERT_EQUAL(config_load(&rig_config, folder, rig_error), -EISDIR);
	remove_folder();
}

static const struct unit_test tests[] = {
	{"key files that are good, found beside the configuration", good_files},
	{"key files that others can read, write or own", bad_modes},
	{"key files that hold something else", bad_contents},
	{"key files that are none", no_files},
	{"no configuration", no_configuration},
	{NULL, NULL}};

const struct unit_suite suite_config_files = {"config files", tests};
