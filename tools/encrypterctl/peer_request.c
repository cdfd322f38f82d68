/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What encrypterctl peer add, set and remove send: WireGuard's own protocol (its cross-platform interface).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/keytext.h"
#include "crypto/secret.h"
#include "encrypterctl/commands.h"
#include "util/addr.h"

#define KEY_FILE_MAX 128 /* a key and some line ends; more is no key file */

static const char usage[] =
	"usage: encrypterctl peer list\n"
	"       encrypterctl peer add KEY [SETTING...]\n"
	"       encrypterctl peer set KEY|NAME [SETTING...]\n"
	"       encrypterctl peer remove KEY|NAME\n"
	"settings: endpoint ADDRESS:PORT, allowed-ips PREFIX,..., persistent-keepalive SECONDS|off,\n"
	"          preshared-key FILE (an empty one takes it away)\n";

int peer_usage(void)
{
	fputs(usage, stderr);
	return EXIT_USAGE;
}

int peer_refuse(const char *what, const char *which)
{
	fprintf(stderr, "encrypterctl: %s: %s\n", which, what);
	return EXIT_FAILED;
}

const char *peer_error(int number)
{
	if (number == EINVAL)
		return "a setting is not valid";
	if (number == ENOSPC)
		return "there is no room for more peers or prefixes; write them into the "
		       "configuration and restart encrypterd";
	return strerror(number);
}

/* ---- who is meant ---- */

/* The line of the peer with that key or that name. */
static bool find_peer(const struct reply *reply, const char *who, struct reply_line *peer)
{
	struct reply_line line = {0};

	while (reply_next(reply, &line)) {
		if (reply_key_is(&line, "peer"))
			*peer = line;
		if ((reply_key_is(&line, "peer") || reply_key_is(&line, "peer_name")) &&
			reply_value_is(&line, who))
			return true;
	}
	return false;
}

/* A peer with it would be ignored (A53). */
static bool is_own_key(const struct reply *reply, const char *key)
{
	struct reply_line line;

	return reply_find(reply, "public_key", &line) && reply_value_is(&line, key);
}

/* ---- settings: what the daemon would refuse without saying which ---- */

static void put_key(FILE *out, const char *word, const uint8_t key[static KEY_LEN])
{
	char hex[KEY_HEX_LEN];

	key_to_hex(hex, key);
	fprintf(out, "%s=%s\n", word, hex);
	secret_wipe(hex, sizeof(hex));
}

/* Only a file without a single byte takes the key away: not one that cannot be read. */
static int read_preshared_key(const char *path, char *text, size_t size, uint8_t key[static KEY_LEN])
{
	FILE *file = fopen(path, "re");

	if (!file)
		return peer_refuse(strerror(errno), path);
	setvbuf(file, NULL, _IONBF, 0); /* no copy is left behind */
	size_t length = fread(text, 1, size, file);
	int error = ferror(file) ? errno : 0;
	fclose(file);
	if (error != 0)
		return peer_refuse(strerror(error), path);
	if (length == 0)
		return EXIT_DONE;
	bool good = length < size && key_from_file_text(key, text, length) == 0;
	return good ? EXIT_DONE : peer_refuse("does not hold one key", path);
}

static int put_preshared_key(FILE *out, const char *path)
{
	char text[KEY_FILE_MAX] = "";
	uint8_t key[KEY_LEN] = {0};
	int status = read_preshared_key(path, text, sizeof(text), key);

	if (status == EXIT_DONE)
		put_key(out, "preshared_key", key);
	secret_wipe(text, sizeof(text));
	secret_wipe(key, sizeof(key));
	return status;
}

static int put_endpoint(FILE *out, const char *value)
{
	struct endpoint endpoint;

	if (endpoint_parse(&endpoint, value) != 0)
		return peer_refuse("endpoint is not valid: ADDRESS:PORT, as in 192.0.2.1:51820 or "
				   "[2001:db8::1]:51820; names of hosts belong into the configuration",
			value);
	fprintf(out, "endpoint=%s\n", value);
	return EXIT_DONE;
}

static int put_allowed_ip(FILE *out, const char *from, size_t length)
{
	char text[ADDR_TEXT_MAX];
	struct ip_prefix prefix;
	int printed = snprintf(text, sizeof(text), "%.*s", (int)length, from);

	if (printed < 0 || (size_t)printed >= sizeof(text) || prefix_parse(&prefix, text) != 0) {
		snprintf(text, sizeof(text), "%.*s", (int)length, from);
		return peer_refuse("allowed-ips are not valid: PREFIX,..., as in "
				   "10.0.2.0/24,fd00:2::/64", text);
	}
	fprintf(out, "allowed_ip=%s\n", prefix_format(&prefix, text));
	return EXIT_DONE;
}

static int put_allowed_ips(FILE *out, const char *value)
{
	int status = EXIT_DONE;

	fputs("replace_allowed_ips=true\n", out);
	for (const char *at = value; *at && status == EXIT_DONE; at += strspn(at, ", ")) {
		size_t length = strcspn(at, ", ");
		if (length > 0)
			status = put_allowed_ip(out, at, length);
		at += length;
	}
	return status;
}

static int put_keepalive(FILE *out, const char *value)
{
	bool off = strcmp(value, "off") == 0;
	size_t digits = strspn(value, "0123456789");

	if (!off && (digits == 0 || digits > 5 || value[digits] || atoi(value) > UINT16_MAX))
		return peer_refuse("persistent-keepalive is not valid: 1 to 65535 seconds, or off",
			value);
	fprintf(out, "persistent_keepalive_interval=%s\n", off ? "0" : value);
	return EXIT_DONE;
}

static int put_setting(FILE *out, const char *word, const char *value)
{
	if (strcmp(word, "endpoint") == 0)
		return put_endpoint(out, value);
	if (strcmp(word, "allowed-ips") == 0)
		return put_allowed_ips(out, value);
	if (strcmp(word, "persistent-keepalive") == 0)
		return put_keepalive(out, value);
	if (strcmp(word, "preshared-key") == 0)
		return put_preshared_key(out, value);
	return peer_usage();
}

static int put_settings(FILE *out, const struct invocation *in)
{
	int status = EXIT_DONE;

	if (in->count % 2 != 1)
		return peer_usage();
	for (int i = 3; i + 1 < in->count && status == EXIT_DONE; i += 2)
		status = put_setting(out, in->arguments[i], in->arguments[i + 1]);
	return status;
}

/* ---- the whole ---- */

static int put_peer(FILE *out, const struct invocation *in, const struct reply *shown)
{
	const char *action = in->arguments[1], *who = in->arguments[2];
	bool add = strcmp(action, "add") == 0;
	char text[KEY_BASE64_LEN];
	uint8_t key[KEY_LEN];
	struct reply_line peer = {0};

	if (!*who) /* which would be every peer without a name */
		return peer_refuse("names no peer", "''");
	bool known = find_peer(shown, who, &peer);
	if (add && known)
		return peer_refuse("there is such a peer already; use peer set", who);
	if (!add && !known)
		return peer_refuse("there is no such peer", who);
	size_t length = known ? peer.value_length : strlen(who);
	if (length != sizeof(text) - 1)
		return peer_refuse("is no public key", who);
	memcpy(text, known ? peer.value : who, length);
	text[length] = '\0';
	if (key_from_base64(key, text) != 0)
		return peer_refuse("is no public key", who);
	if (add && is_own_key(shown, text))
		return peer_refuse("that is this device's own key", who);
	put_key(out, "public_key", key);
	if (strcmp(action, "remove") == 0) {
		fputs("remove=true\n", out);
		return in->count == 3 ? EXIT_DONE : peer_usage();
	}
	if (!add)
		fputs("update_only=true\n", out);
	return put_settings(out, in);
}

int peer_request(FILE *out, const struct invocation *in, const struct reply *shown)
{
	fputs("set=1\n", out);
	int status = put_peer(out, in, shown);
	fputs("\n", out);
	return status;
}
