/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * encrypterctl peer: list, add, set, remove. Changes go over the socket of WireGuard's own protocol, and
 * last until the daemon ends or reads its file again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/keytext.h"
#include "crypto/secret.h"
#include "encrypterctl/commands.h"
#include "encrypterctl/ipc.h"

#define HEX_MAX (2 * KEY_LEN + 1)

struct request {
	char *text;
	size_t length;
	FILE *stream;
};

static const char usage[] =
	"usage: encrypterctl peer list\n"
	"       encrypterctl peer add KEY [SETTING...]\n"
	"       encrypterctl peer set KEY|NAME [SETTING...]\n"
	"       encrypterctl peer remove KEY|NAME\n"
	"settings: endpoint ADDRESS:PORT, allowed-ips PREFIX,..., persistent-keepalive SECONDS|off,\n"
	"          preshared-key FILE (an empty one takes it away)\n";

static int bad_usage(void)
{
	fputs(usage, stderr);
	return EXIT_USAGE;
}

static int refuse(const char *what, const char *which)
{
	fprintf(stderr, "encrypterctl: %s: %s\n", which, what);
	return EXIT_FAILED;
}

/* ---- who is meant ---- */

static bool value_is(const struct reply_line *line, const char *text)
{
	return line->value_length == strlen(text) &&
		memcmp(line->value, text, line->value_length) == 0;
}

/* The line of the peer with that key or that name. */
static bool find_peer(const struct reply *reply, const char *who, struct reply_line *peer)
{
	struct reply_line line = {0};

	while (reply_next(reply, &line)) {
		if (reply_key_is(&line, "peer"))
			*peer = line;
		if ((reply_key_is(&line, "peer") || reply_key_is(&line, "peer_name")) &&
			value_is(&line, who))
			return true;
	}
	return false;
}

static int list(const struct reply *reply)
{
	struct reply_line line = {0}, name;

	while (reply_next(reply, &line)) {
		if (!reply_key_is(&line, "peer"))
			continue;
		name = line;
		bool named = reply_next(reply, &name) && reply_key_is(&name, "peer_name") &&
			name.value_length > 0;
		printf("%.*s\t%.*s\n", (int)line.value_length, line.value,
			named ? (int)name.value_length : 6, named ? name.value : "(none)");
	}
	return EXIT_DONE;
}

/* ---- the request ---- */

static void put_key(struct request *r, const char *word, const uint8_t key[static KEY_LEN])
{
	char hex[HEX_MAX];

	key_to_hex(hex, key);
	fprintf(r->stream, "%s=%s\n", word, hex);
	secret_wipe(hex, sizeof(hex));
}

static int put_preshared_key(struct request *r, const char *path)
{
	char text[KEY_BASE64_LEN + 2] = "";
	uint8_t key[KEY_LEN] = {0};
	FILE *file = fopen(path, "re");

	if (!file)
		return refuse(strerror(errno), path);
	setvbuf(file, NULL, _IONBF, 0); /* no copy is left behind */
	size_t length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
		text[--length] = '\0';
	int status = length == 0 || key_from_base64(key, text) == 0 ? EXIT_DONE :
								      refuse("is no key file", path);
	if (status == EXIT_DONE)
		put_key(r, "preshared_key", key);
	secret_wipe(text, sizeof(text));
	secret_wipe(key, sizeof(key));
	return status;
}

/* The daemon checks each prefix; here the list is only taken apart. */
static void put_allowed_ips(struct request *r, const char *value)
{
	fputs("replace_allowed_ips=true\n", r->stream);
	for (const char *at = value; *at; at += strspn(at, ", ")) {
		size_t length = strcspn(at, ", ");
		if (length > 0)
			fprintf(r->stream, "allowed_ip=%.*s%s\n", (int)length, at,
				memchr(at, '/', length)	  ? "" :
					memchr(at, ':', length) ? "/128" : "/32");
		at += length;
	}
}

static int put_setting(struct request *r, const char *word, const char *value)
{
	if (strchr(value, '\n'))
		return bad_usage();
	if (strcmp(word, "endpoint") == 0)
		fprintf(r->stream, "endpoint=%s\n", value);
	else if (strcmp(word, "allowed-ips") == 0)
		put_allowed_ips(r, value);
	else if (strcmp(word, "persistent-keepalive") == 0)
		fprintf(r->stream, "persistent_keepalive_interval=%s\n",
			strcmp(value, "off") == 0 ? "0" : value);
	else if (strcmp(word, "preshared-key") == 0)
		return put_preshared_key(r, value);
	else
		return bad_usage();
	return EXIT_DONE;
}

static int put_settings(struct request *r, const struct invocation *in)
{
	int status = EXIT_DONE;

	if (in->count % 2 != 1)
		return bad_usage();
	for (int i = 3; i + 1 < in->count && status == EXIT_DONE; i += 2)
		status = put_setting(r, in->arguments[i], in->arguments[i + 1]);
	return status;
}

static int put_peer(struct request *r, const struct invocation *in, const struct reply *shown)
{
	const char *action = in->arguments[1], *who = in->arguments[2];
	bool add = strcmp(action, "add") == 0;
	char text[KEY_BASE64_LEN];
	uint8_t key[KEY_LEN];
	struct reply_line peer = {0};
	bool known = find_peer(shown, who, &peer);

	if (add && known)
		return refuse("there is such a peer already; use peer set", who);
	if (!add && !known)
		return refuse("there is no such peer", who);
	size_t length = known ? peer.value_length : strlen(who);
	if (length != sizeof(text) - 1)
		return refuse("is no public key", who);
	memcpy(text, known ? peer.value : who, length);
	text[length] = '\0';
	if (key_from_base64(key, text) != 0)
		return refuse("is no public key", who);
	put_key(r, "public_key", key);
	if (strcmp(action, "remove") == 0) {
		fputs("remove=true\n", r->stream);
		return in->count == 3 ? EXIT_DONE : bad_usage();
	}
	if (!add)
		fputs("update_only=true\n", r->stream);
	return put_settings(r, in);
}

/* ---- asking ---- */

static int send_request(const char *instance, const char *text)
{
	struct reply reply;
	struct reply_line line;
	int fd = ipc_open_uapi(instance);

	if (fd < 0)
		return -fd;
	int status = ipc_exchange(fd, text, &reply);
	ipc_close(fd);
	if (status != EXIT_DONE)
		return status;
	if (!reply_find(&reply, "errno", &line) || !value_is(&line, "0")) {
		int number = reply_find(&reply, "errno", &line) ? abs(atoi(line.value)) : EPROTO;
		status = refuse(number == EINVAL ? "a setting is not valid" : strerror(number),
			"refused");
	}
	free(reply.text);
	return status;
}

static int change(const struct invocation *in, const struct reply *shown)
{
	struct request r = {0};
	struct reply_line line;
	char instance[64];

	if (!reply_find(shown, "name", &line) || line.value_length >= sizeof(instance))
		return EXIT_FAILED;
	snprintf(instance, sizeof(instance), "%.*s", (int)line.value_length, line.value);
	r.stream = open_memstream(&r.text, &r.length);
	if (!r.stream)
		return refuse(strerror(errno), "memory");
	fputs("set=1\n", r.stream);
	int status = put_peer(&r, in, shown);
	fputs("\n", r.stream);
	if (fclose(r.stream) != 0 && status == EXIT_DONE)
		status = refuse(strerror(errno), "memory");
	if (status == EXIT_DONE)
		status = send_request(instance, r.text);
	if (r.text)
		secret_wipe(r.text, r.length);
	free(r.text);
	return status;
}

int command_peer(const struct invocation *in)
{
	const char *action = in->count > 1 ? in->arguments[1] : "";
	bool lists = strcmp(action, "list") == 0;
	const struct invocation show = {
		.instance = in->instance, .count = 1, .arguments = in->arguments};
	struct reply reply;
	int flags;

	if (lists ? in->count != 2 :
		    in->count < 3 || (strcmp(action, "add") != 0 && strcmp(action, "set") != 0 &&
					     strcmp(action, "remove") != 0))
		return bad_usage();
	int status = command_ask(&show, "show", 0, &flags, &reply);
	if (status != EXIT_DONE)
		return status;
	status = lists ? list(&reply) : change(in, &reply);
	free(reply.text);
	return status;
}
