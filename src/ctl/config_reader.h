/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Feeds inih line by line. inih as distributions build it does not announce sections, knows no line
 * numbers in its handler and cuts lines silently; so this reader strips comments the wg(8) way,
 * numbers sections, puts an announcement behind each and splits lists into one line per element.
 *
 *   [Peer]                                       [Peer#3]
 *   AllowedIPs = 10.0.2.0/24, fd00:2::/64   ->   @ =
 *                                                AllowedIPs = 10.0.2.0/24
 *                                                AllowedIPs = fd00:2::/64
 */
#ifndef CTL_CONFIG_READER_H
#define CTL_CONFIG_READER_H

#include <stdbool.h>
#include <stddef.h>

#define CONFIG_ANNOUNCEMENT "@" /* the key that says that a section begins */
#define CONFIG_WORD_MAX     32  /* characters of a section's or key's name */
#define CONFIG_FAULT_MAX    160

struct config_reader {
	const char *at; /* not read yet */
	const char *end;
	bool (*is_list)(const char *name);
	unsigned line;    /* the file's line that inih has now; when all is read, the last one */
	unsigned section; /* sections so far */
	bool announce;    /* the next line to hand out announces the section */
	bool handed;      /* a key line is out whose handler was not called yet */
	bool stopped;
	char name[CONFIG_WORD_MAX + 1]; /* of the list that is being handed out */
	const char *list;               /* what is left of it; NULL: no list */
	size_t list_length;
	char fault[CONFIG_FAULT_MAX]; /* what is wrong with `line`; "": nothing */
};

/* text stays the caller's and is not changed. is_list tells of which keys the value is a list. */
void config_reader_init(struct config_reader *r, const char *text, size_t length,
	bool (*is_list)(const char *name));
/* inih's reader: one line into line[size]; NULL at the end, at a fault and when stopped. */
char *config_reader_next(char *line, int size, void *reader);
/* The handler was called: what was handed out arrived. */
void config_reader_arrived(struct config_reader *r);
/* The handler refused a line: hand out no more. */
void config_reader_stop(struct config_reader *r);
/* After inih is through: was everything that was handed out taken? Else there is a fault. */
void config_reader_finish(struct config_reader *r);

#endif
