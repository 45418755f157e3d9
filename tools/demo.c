/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * osmem-demo: what the policies make of recorded traces, as a table and as heap maps.
 *
 * Exit status: 0 all went well; 1 a replay or a file went wrong; 2 wrong usage or a bad trace; 130 interrupted.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/trial.h"
#include "tools/heapmap.h"
#include "tools/progress.h"
#include "tools/text.h"
#include "tools/trace.h"

#define STATUS_WRONG 1
#define STATUS_USAGE 2
#define STATUS_INTERRUPTED 130

static const char usage[] = "usage: osmem-demo [--maps DIR | --no-maps] [--quick] FILE...\n"
							"Replay recorded allocation traces through every policy.\n"
							"  FILE        a trace, plain or gzip\n"
							"  --maps DIR  write a heap map of each policy to DIR (build/heapmaps)\n"
							"  --no-maps   write no heap maps\n"
							"  --quick     replay once for time, not up to nine times\n"
							"  --help      this text\n";

struct options {
	const char *maps; /* NULL: none */
	bool quick;
	bool help;
};

/* A trace and what is needed to replay it. */
struct demo {
	const struct options *options;
	const char *name; /* the trace's, without folder and endings */
	const struct trace *trace;
	struct trial_arena arena;
	int policy_width, layout_width;
	char **maps; /* the heap maps written so far */
	size_t map_count;
};

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

static int larger(int a, int b)
{
	return a > b ? a : b;
}

static void table_head(const struct demo *demo)
{
	printf("%-*s  %-*s  %-7s  %10s  %9s  %12s  %9s  %11s  %11s  %12s\n", demo->policy_width, "policy",
	       demo->layout_width, "layout", "backend", "operations", "time/op", "peak payload", "peak heap", "utilisation",
	       "free blocks", "largest free");
}

static void table_row(const struct demo *demo, const struct trial *trial, const char *backend,
                      const struct trial_result *result)
{
	const struct trace *trace = demo->trace;

	printf("%-*s  %-*s  %-7s  %10s  %6s ns  %12s  %9s  %11s  %11s  %12s\n", demo->policy_width, trial->policy->name,
	       demo->layout_width, trial->policy->layout, backend, text_count(trace->count).s,
	       text_count((uint64_t)(result->ns + 0.5)).s, text_bytes(trace->peak_bytes).s,
	       text_bytes(result->peak_bytes).s, text_share(trace->peak_bytes, result->peak_bytes).s,
	       text_count(result->free_blocks).s, text_bytes(result->largest_free).s);
	fflush(stdout);
}

static void table_caption(const struct demo *demo)
{
	const struct trace *trace = demo->trace;

	printf("\ntime/op       processor time without filling and checking payloads, the median of %s;\n"
	       "              on the mock without page faults\n"
	       "peak payload  the most bytes that the program held at a time, as it asked for them\n"
	       "peak heap     the most that regions, mappings and metadata were together\n"
	       "utilisation   peak payload / peak heap\n"
	       "free          after operation %s of %s, the last that is not a free\n",
	       demo->options->quick ? "one replay" : "up to nine replays", text_count(trace->alloc_end).s,
	       text_count(trace->count).s);
}

/* Draw a heap map and keep its name for the list at the end. */
static bool map_draw(struct demo *demo, const struct osm_policy *policy, const struct heapmap *map)
{
	const struct trace *trace = demo->trace;
	char title[200], subtitle[200], *path = NULL;

	snprintf(title, sizeof title, "%.80s: %s, %s layout", demo->name, policy->name, policy->layout);
	snprintf(subtitle, sizeof subtitle, "At the trace's peak, after operation %s of %s: %s asked for",
	         text_count(trace->peak_at).s, text_count(trace->count).s, text_bytes(trace->peak_bytes).s);
	if (asprintf(&path, "%s/%s-%s-%s.svg", demo->options->maps, demo->name, policy->name, policy->layout) < 0)
		path = NULL;
	char **maps = path ? realloc(demo->maps, (demo->map_count + 1) * sizeof *maps) : NULL;
	if (maps)
		demo->maps = maps;
	if (!maps || !heapmap_write(map, path, title, subtitle)) {
		fprintf(stderr, "osmem-demo: %s: %s\n", path ? path : demo->options->maps, strerror(errno));
		free(path);
		return false;
	}
	maps[demo->map_count++] = path;
	return true;
}

static void maps_list(struct demo *demo)
{
	if (demo->map_count > 0)
		printf("\nHeap maps at the peak, after operation %s:\n", text_count(demo->trace->peak_at).s);
	for (size_t i = 0; i < demo->map_count; i++) {
		printf("  %s\n", demo->maps[i]);
		free(demo->maps[i]);
	}
	free(demo->maps);
}

/* Measure one policy on one backend, print its row and draw its map. */
static int row_run(struct demo *demo, const struct osm_policy *policy, const char *backend)
{
	bool on_mock = strcmp(backend, "mock") == 0;
	struct heapmap map = {0};
	char job[120];

	snprintf(job, sizeof job, "%.40s: %.20s %.20s on %.20s", demo->name, policy->name, policy->layout, backend);
	struct trial trial = {
		.trace = demo->trace,
		.policy = policy,
		.backend = on_mock ? NULL : osm_backend_find(backend),
		.arena = &demo->arena,
		.replays = demo->options->quick ? 1 : TRIAL_REPLAYS_MAX,
		.stop = &interrupted,
		.job = job,
		.map = on_mock && demo->options->maps ? &map : NULL,
	};
	struct trial_result result;
	struct replay_failure failure;
	int status = 0;
	enum replay_end end = trial_run(&trial, &result, &failure);
	progress_clear();
	if (end == REPLAY_STOPPED) {
		status = STATUS_INTERRUPTED;
	} else if (end == REPLAY_FAILED) {
		fprintf(stderr, "osmem-demo: %s: operation %zu: %s\n", job, failure.op, failure.reason);
		status = STATUS_WRONG;
	} else {
		table_row(demo, &trial, backend, &result);
		status = trial.map && !map_draw(demo, policy, &map) ? STATUS_WRONG : 0;
	}
	heapmap_release(&map);
	return status;
}

/* The policies on one backend, or only those of one name. */
static int rows_run(struct demo *demo, const char *name, const char *backend)
{
	int worst = 0;

	for (const struct osm_policy *const *policy = osm_policies(); *policy && worst != STATUS_INTERRUPTED; policy++) {
		if (!name || strcmp((*policy)->name, name) == 0) {
			int status = row_run(demo, *policy, backend);
			worst = larger(worst, status);
		}
	}
	return worst;
}

static int trace_run(const struct options *options, const char *file, const struct trace *trace)
{
	char name[80];
	struct demo demo = {.options = options, .name = name, .trace = trace, .policy_width = 6, .layout_width = 6};

	trace_name(name, sizeof name, file);
	for (const struct osm_policy *const *policy = osm_policies(); *policy; policy++) {
		demo.policy_width = larger(demo.policy_width, (int)strlen((*policy)->name));
		demo.layout_width = larger(demo.layout_width, (int)strlen((*policy)->layout));
	}
	if (!trial_arena_begin(&demo.arena, trace)) {
		fprintf(stderr, "osmem-demo: %s: %s\n", file, strerror(errno));
		return STATUS_WRONG;
	}
	printf("%s: operations %s, blocks %s (at most %s at a time), peak payload %s (%s bytes)\n\n", name,
	       text_count(trace->count).s, text_count(trace->blocks).s, text_count(trace->slots).s,
	       text_bytes(trace->peak_bytes).s, text_count(trace->peak_bytes).s);
	table_head(&demo);
	int status = rows_run(&demo, NULL, "mock");
	static const char *const others[] = {"brk", "mmap"};
	for (size_t i = 0; i < sizeof others / sizeof *others && status != STATUS_INTERRUPTED; i++)
		if (osm_backend_find(others[i]))
			status = larger(status, rows_run(&demo, "best-fit", others[i]));
	table_caption(&demo);
	maps_list(&demo);
	trial_arena_end(&demo.arena);
	return status;
}

/* All traces are read before the first is replayed: a mistake in the last one shows at once. */
static int traces_run(const struct options *options, char *files[], size_t count)
{
	int status = 0;
	size_t loaded = 0;
	struct trace *traces = calloc(count, sizeof *traces);

	if (!traces) {
		fprintf(stderr, "osmem-demo: %s\n", strerror(errno));
		return STATUS_WRONG;
	}
	while (loaded < count && status == 0) {
		struct osm_trace_error error;
		if (trace_load(&traces[loaded], files[loaded], &error)) {
			loaded++;
		} else {
			trace_complain(NULL, files[loaded], &error);
			status = STATUS_USAGE;
		}
	}
	/* While traces are read, perhaps from a pipe, Ctrl-C ends the program; so does the second one from here on. */
	sigaction(SIGINT, &(struct sigaction){.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND | SA_RESTART}, NULL);
	for (size_t i = 0; i < loaded && loaded == count && status != STATUS_INTERRUPTED; i++) {
		fputs(i > 0 ? "\n" : "", stdout);
		status = larger(status, trace_run(options, files[i], &traces[i]));
	}
	for (size_t i = 0; i < loaded; i++)
		trace_release(&traces[i]);
	free(traces);
	return status;
}

/* Make a folder and the ones above it. */
static bool folder_make(const char *path)
{
	char *part = strdup(path);

	for (char *slash = part ? strchr(part + 1, '/') : NULL; slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(part, 0777); /* whether it is there shows at the last one */
		*slash = '/';
	}
	struct stat stat_of;
	bool made =
		part && (mkdir(part, 0777) == 0 || (errno == EEXIST && stat(part, &stat_of) == 0 && S_ISDIR(stat_of.st_mode)));
	free(part);
	return made;
}

/* Returns the index of the first file, or -1. */
static int options_parse(struct options *options, int argc, char *argv[])
{
	static const struct option known[] = {
		{"maps", required_argument, NULL, 'm'},
		{"no-maps", no_argument, NULL, 'n'},
		{"quick", no_argument, NULL, 'q'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'm':
			options->maps = optarg;
			break;
		case 'n':
			options->maps = NULL;
			break;
		case 'q':
			options->quick = true;
			break;
		case 'h':
			options->help = true;
			return argc;
		default:
			return -1;
		}
	}
	return optind < argc ? optind : -1;
}

int main(int argc, char *argv[])
{
	struct options options = {.maps = "build/heapmaps"};
	int first = options_parse(&options, argc, argv);

	if (options.help) {
		fputs(usage, stdout);
		return 0;
	}
	if (first < 0) {
		fputs(usage, stderr);
		return STATUS_USAGE;
	}
	if (options.maps && !folder_make(options.maps)) {
		fprintf(stderr, "osmem-demo: %s: %s\n", options.maps, strerror(errno));
		return STATUS_WRONG;
	}
	int status = traces_run(&options, argv + first, (size_t)(argc - first));
	if (status == STATUS_INTERRUPTED)
		fputs("osmem-demo: interrupted\n", stderr);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "osmem-demo: standard output: %s\n", strerror(errno));
		return larger(status, STATUS_WRONG);
	}
	return status;
}
