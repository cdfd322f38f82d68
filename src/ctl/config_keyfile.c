/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/keytext.h"
#include "crypto/secret.h"
#include "ctl/config_internal.h"

#define TEXT_MAX 128 /* a key and some line ends; more is no key file */

static int check_file(int fd, char why[static CONFIG_WHY_MAX])
{
	struct stat status;

	if (fstat(fd, &status) != 0) {
		snprintf(why, CONFIG_WHY_MAX, "cannot be examined: %s; name "
			"another", strerror(errno));
		return -EINVAL;
	}
	if (!S_ISREG(status.st_mode)) {
		snprintf(why, CONFIG_WHY_MAX, "is no regular file; name a file that holds the key");
		return -EINVAL;
	}
	if (status.st_uid != 0 && status.st_uid != geteuid()) {
		snprintf(why, CONFIG_WHY_MAX, "belongs to user %u; chown it to root or to user %u",
			(unsigned)status.st_uid, (unsigned)geteuid());
		return -EINVAL;
	}
	if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		snprintf(why, CONFIG_WHY_MAX, "is open to others (mode %04o); chmod 600 it, and "
			"make a new key if others may have read "
			"it", (unsigned)status.st_mode & 07777u);
		return -EINVAL;
	}
	return 0;
}

static int read_text(char text[static TEXT_MAX], int fd, size_t *length)
{
	*length = 0;
	while (*length < TEXT_MAX) {
		ssize_t n = read(fd, text + *length, TEXT_MAX - *length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? 0 : -errno;
		*length += (size_t)n;
	}
	return -EFBIG;
}

static int read_key(uint8_t key[static 32], const char *path, char why[static CONFIG_WHY_MAX])
{
	char text[TEXT_MAX] = "";
	size_t length = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		snprintf(why, CONFIG_WHY_MAX, "cannot be opened: %s; make it with `encrypterctl "
			"genkey` under umask 077", strerror(errno));
		return -EINVAL;
	}
	int rc = check_file(fd, why);
	if (rc == 0 && (read_text(text, fd, &length) != 0 || key_from_file_text(key, text, length) != 0)) {
		snprintf(why, CONFIG_WHY_MAX, "does not hold one key (a line of 44 characters in "
			"base64); make it with `encrypterctl genkey`");
		rc = -EINVAL;
	}
	secret_wipe(text, sizeof(text));
	close(fd);
	return rc;
}

const struct config_files config_real_files = {read_key};
