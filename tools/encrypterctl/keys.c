/* SPDX-License-Identifier: BSD-3-Clause */
/* encrypterctl genkey, genpsk and pubkey: keys as text on stdin and stdout, never in arguments. */
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/dh.h"
#include "crypto/keytext.h"
#include "crypto/provider.h"
#include "crypto/secret.h"
#include "encrypterctl/commands.h"

static int prepare(const struct invocation *in)
{
	int status = command_no_arguments(in);

	if (status == EXIT_DONE && crypto_init() != 0) {
		fprintf(stderr, "encrypterctl: the crypto library cannot be used\n");
		status = EXIT_FAILED;
	}
	return status;
}

static int print_key(const uint8_t key[static KEY_LEN])
{
	char text[KEY_BASE64_LEN];

	key_to_base64(text, key);
	bool written = printf("%s\n", text) > 0 && fflush(stdout) == 0;
	secret_wipe(text, sizeof(text));
	if (!written)
		perror("encrypterctl: stdout");
	return written ? EXIT_DONE : EXIT_FAILED;
}

static void warn_if_readable(void)
{
	struct stat st;

	if (fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & S_IRWXO))
		fprintf(stderr,
			"encrypterctl: warning: others may read this file (umask 077 helps)\n");
}

int command_genkey(const struct invocation *in)
{
	uint8_t secret[DH_LEN], public[DH_LEN];
	int status = prepare(in);

	if (status != EXIT_DONE)
		return status;
	warn_if_readable();
	dh_generate(secret, public);
	status = print_key(secret);
	secret_wipe(secret, sizeof(secret));
	return status;
}

int command_genpsk(const struct invocation *in)
{
	uint8_t key[KEY_LEN];
	int status = prepare(in);

	if (status != EXIT_DONE)
		return status;
	warn_if_readable();
	random_bytes(key, sizeof(key));
	status = print_key(key);
	secret_wipe(key, sizeof(key));
	return status;
}

/* One key and blanks after it, at most, until the end of stdin. */
static bool read_key(uint8_t key[static KEY_LEN])
{
	char text[128];
	size_t length = 0;
	ssize_t got;

	/* Not by stdio: its buffer would keep the key. */
	while (length < sizeof(text) - 1 &&
		(got = read(STDIN_FILENO, text + length, sizeof(text) - 1 - length)) > 0)
		length += (size_t)got;
	bool whole = length < sizeof(text) - 1;
	bool good = whole && key_from_file_text(key, text, length) == 0;
	secret_wipe(text, sizeof(text));
	return good;
}

int command_pubkey(const struct invocation *in)
{
	uint8_t secret[DH_LEN], public[DH_LEN];
	int status = prepare(in);

	if (status != EXIT_DONE)
		return status;
	if (!read_key(secret)) {
		fprintf(stderr,
			"encrypterctl: stdin holds no private key: 44 characters of base64\n");
		return EXIT_FAILED;
	}
	dh_base(public, secret);
	secret_wipe(secret, sizeof(secret));
	return print_key(public);
}
