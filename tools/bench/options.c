/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line: see options.h. */
#define _GNU_SOURCE

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <osmem/heap.h>

#include "tools/bench/load.h"
#include "tools/bench/options.h"
#include "tools/bench/subject.h"

#define NO_PEERS "none"

const char options_usage[] = "usage: osmem-bench [OPTION...]\n"
							 "Measure every placement policy, and other allocators beside them.\n"
							 "  --trace FILE    replay this trace, plain or gzip, in place of tests/traces/*.rep.gz\n"
							 "  --load KIND     only this kind of load: traces, steady, ramp or needle\n"
							 "  --policy NAME   only this policy, in all its layouts\n"
							 "  --layout NAME   only policies in this layout\n"
							 "  --peer NAME     beside the policies only this allocator; none: no other\n"
							 "  --quick         end within half a minute, not three; walks in one layout\n"
							 "  --json FILE     also write the results to FILE, for programs\n"
							 "  --list          tell what can be measured\n"
							 "  --help          this text\n"
							 "All but the last four can be given several times.\n";

/* What is known under a name, one after the other; NULL at the end. */
typedef const char *name_at(size_t i);

static const char *policy_name(size_t i)
{
	return osm_policies()[i] ? osm_policies()[i]->name : NULL;
}

static const char *layout_name(size_t i)
{
	return osm_policies()[i] ? osm_policies()[i]->layout : NULL;
}

static const char *peer_name(size_t i)
{
	static size_t peers;

	while (subject_peers[peers].name)
		peers++;
	return i < peers ? subject_peers[i].name : i == peers ? NO_PEERS : NULL;
}

static const char *load_kind_name(size_t i)
{
	return i < LOAD_KINDS ? load_kinds[i] : NULL;
}

/* Was the i-th name there before? Policies have one entry a layout. */
static bool name_is_repeated(name_at *names, size_t i)
{
	for (size_t before = 0; before < i; before++)
		if (strcmp(names(before), names(i)) == 0)
			return true;
	return false;
}

static bool choose(struct choices *choices, const char *option, const char *value, name_at *names)
{
	size_t i = 0;

	if (choices->count == CHOICES_MAX) {
		fprintf(stderr, "osmem-bench: --%s is given too often\n", option);
		return false;
	}
	choices->value[choices->count++] = value;
	while (names && names(i) && strcmp(names(i), value) != 0)
		i++;
	if (!names || names(i))
		return true;
	fprintf(stderr, "osmem-bench: --%s %s: there is none of that name; there are:", option, value);
	for (i = 0; names(i); i++)
		if (!name_is_repeated(names, i))
			fprintf(stderr, " %s", names(i));
	fputc('\n', stderr);
	return false;
}

static bool option_take(struct options *options, int letter)
{
	switch (letter) {
	case 't':
		return choose(&options->traces, "trace", optarg, NULL);
	case 'p':
		return choose(&options->policies, "policy", optarg, policy_name);
	case 'y':
		return choose(&options->layouts, "layout", optarg, layout_name);
	case 'e':
		return choose(&options->peers, "peer", optarg, peer_name);
	case 'o':
		return choose(&options->loads, "load", optarg, load_kind_name);
	case 'j':
		options->json = optarg;
		return true;
	case 'q':
		return options->quick = true;
	case 'l':
		return options->list = true;
	case 'h':
		return options->help = true;
	default:
		fputs(options_usage, stderr);
		return false;
	}
}

bool options_parse(struct options *options, int argc, char *argv[])
{
	static const struct option known[] = {
		{"trace", required_argument, NULL, 't'},  {"policy", required_argument, NULL, 'p'},
		{"layout", required_argument, NULL, 'y'}, {"peer", required_argument, NULL, 'e'},
		{"load", required_argument, NULL, 'o'},   {"json", required_argument, NULL, 'j'},
		{"quick", no_argument, NULL, 'q'},        {"list", no_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},         {0},
	};
	int letter;

	*options = (struct options){0};
	while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1)
		if (!option_take(options, letter))
			return false;
	if (optind < argc) {
		fprintf(stderr, "osmem-bench: %s: traces are named with --trace FILE\n%s", argv[optind], options_usage);
		return false;
	}
	return true;
}

bool options_chosen(const struct choices *choices, const char *name)
{
	for (size_t i = 0; i < choices->count; i++)
		if (strcmp(choices->value[i], name) == 0)
			return true;
	return choices->count == 0;
}
