/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading OSMEM_... variables.
 *
 * The first request for memory may come before the C library has set up `environ`: then the same text is read from the
 * system. getenv is not used, since it may be another one by then.
 */
#define _GNU_SOURCE
#include "framework/dropin/options.h"

#include <fcntl.h>
#include <osmem/print.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#define PREFIX "OSMEM_"

enum { WAITING = 256 << 10 };

extern char **environ;

static void complain(const char *variable, const char *value, const char *reason)
{
	osm_dprintf(2, "osmem: %s=%s: %s; the default is used\n", variable, value, reason);
}

static bool read_number(const char *text, unsigned *number)
{
	unsigned n = 0;

	for (const char *c = text; *c; c++) {
		if (*c < '0' || *c > '9' || n > 100000000)
			return false;
		n = n * 10 + (unsigned)(*c - '0');
	}
	*number = n;
	return *text != '\0';
}

static bool read_switch(const char *text, bool *on)
{
	unsigned n;

	if (!read_number(text, &n) || n > 1)
		return false;
	*on = n == 1;
	return true;
}

static bool read_on_error(const char *text, enum dropin_on_error *on_error)
{
	static const char *const names[] = {"abort", "report", "ignore"};

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(text, names[i]) == 0) {
			*on_error = (enum dropin_on_error)i;
			return true;
		}
	return false;
}

/* A backend that has memory of its own; the mock and the arena have none in a process that gives them none. */
static struct osm_backend *find_backend(const char *name)
{
	struct osm_backend *backend = osm_backend_find(name);
	void *page = backend ? backend->map(backend, backend->page_size, 1) : NULL;

	if (page)
		backend->unmap(backend, page, backend->page_size);
	return page ? backend : NULL;
}

/* What is wrong with one variable, or NULL. */
static const char *take(struct dropin_options *options, const char *name, const char *value)
{
	struct osm_backend *backend;

	if (strcmp(name, "BACKEND") == 0) {
		backend = find_backend(value);
		if (!backend)
			return "there is no such backend that a process can live on";
		options->backend = backend;
		return NULL;
	}
	if (strcmp(name, "STATS") == 0)
		return read_switch(value, &options->stats) ? NULL : "neither 0 nor 1";
	if (strcmp(name, "FRONT") == 0)
		return read_switch(value, &options->front) ? NULL : "neither 0 nor 1";
	if (strcmp(name, "CHECK") == 0)
		return read_number(value, &options->check) ? NULL : "no number of calls";
	if (strcmp(name, "QUARANTINE") == 0)
		return read_number(value, &options->waiting) ? NULL : "no number of bytes";
	if (strcmp(name, "ON_ERROR") == 0)
		return read_on_error(value, &options->on_error) ? NULL : "none of abort, report, ignore";
	if (strcmp(name, "TRACE_SITES") == 0)
		return read_switch(value, &options->sites) ? NULL : "neither 0 nor 1";
	if (strcmp(name, "TRACE") == 0) {
		if (strlen(value) >= sizeof options->trace)
			return "too long";
		memcpy(options->trace, value, strlen(value) + 1);
		return NULL;
	}
	return "there is no such variable";
}

struct reading {
	struct dropin_options *options;
	char policy[32], layout[32]; /* empty: not named */
};

static void keep(char *kept, size_t room, const char *value)
{
	size_t n = strlen(value) < room ? strlen(value) : room - 1;

	memcpy(kept, value, n);
	kept[n] = '\0';
}

/* One entry of the environment. */
static void read_entry(struct reading *reading, const char *entry)
{
	const char *equals, *wrong;
	char name[32];

	if (strncmp(entry, PREFIX, strlen(PREFIX)) != 0)
		return;
	equals = strchr(entry, '=');
	if (!equals || (size_t)(equals - entry) >= sizeof name)
		return;
	memcpy(name, entry, (size_t)(equals - entry));
	name[equals - entry] = '\0';
	if (strcmp(name, PREFIX "POLICY") == 0) {
		keep(reading->policy, sizeof reading->policy, equals + 1);
	} else if (strcmp(name, PREFIX "LAYOUT") == 0) {
		keep(reading->layout, sizeof reading->layout, equals + 1);
	} else {
		wrong = take(reading->options, name + strlen(PREFIX), equals + 1);
		if (wrong)
			complain(name, equals + 1, wrong);
	}
}

static void choose_policy(struct reading *reading)
{
	const char *policy = reading->policy[0] ? reading->policy : OSM_DROPIN_POLICY;
	const char *layout = reading->layout[0] ? reading->layout : OSM_DROPIN_LAYOUT;
	const struct osm_policy *found;

	if (!osm_policy_find(policy, NULL)) {
		complain(PREFIX "POLICY", policy, "there is no such policy");
		policy = OSM_DROPIN_POLICY;
	}
	found = osm_policy_find(policy, layout);
	/* A policy with metadata of its own has no choice of layouts, so that only a layout that was asked for is missed. */
	if (!found && reading->layout[0])
		complain(PREFIX "LAYOUT", layout, "the policy has no such layout");
	if (!found)
		found = osm_policy_find(policy, OSM_DROPIN_LAYOUT);
	reading->options->policy = found ? found : osm_policy_find(policy, NULL);
}

/* The environment as the system keeps it: entries that end with a zero, in pieces. */
static void read_from_system(struct reading *reading)
{
	char piece[1024], entry[TAPE_NAME + 64];
	size_t length = 0;
	ssize_t n;
	int fd = open("/proc/self/environ", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	while ((n = read(fd, piece, sizeof piece)) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (length < sizeof entry)
				entry[length++] = piece[i];
			if (piece[i] == '\0') {
				entry[length - 1] = '\0';
				read_entry(reading, entry);
				length = 0;
			}
		}
	}
	close(fd);
}

void dropin_options_read(struct dropin_options *options)
{
	struct reading reading = {.options = options};

	*options =
		(struct dropin_options){.backend = osm_backend_find(OSM_DROPIN_BACKEND), .waiting = WAITING, .front = true};
	if (!getauxval(AT_SECURE)) {
		if (environ)
			for (char **entry = environ; *entry; entry++)
				read_entry(&reading, *entry);
		else
			read_from_system(&reading);
	}
	choose_policy(&reading);
}
