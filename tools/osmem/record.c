/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * osmem record: runs a program on the drop-in malloc, which writes down what the program asks for.
 *
 * Each process of the program writes a file FILE.raw-PID, and another one with .1 behind it after exec. When the program
 * has ended they are read, checked, renumbered, compressed, and removed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/osmem/cli.h"
#include "tools/osmem/copy.h"
#include "tools/text.h"

static const char *const forms[] = {"text", "binary", "rep", NULL};

static struct {
	const char *output;
	int form;
	bool stack, cost, quiet, only;
} options = {.output = "trace.osmt.zst", .form = -1};

static const struct cli_option table[] = {
	{"output", 'o', CLI_FILE, "FILE",
     "Where the trace of the program goes (trace.osmt.zst); traces of its other processes "
     "lie beside it, with the process's number before the endings",
     &options.output, NULL},
	{"format", 'f', CLI_CHOICE, "FORM",
     "How operations are written (what FILE's name says: .osmt is binary, .rep is rep, "
     "everything else is text; behind it .gz or .zst)",
     &options.form, forms},
	{"stack", 's', CLI_SWITCH, NULL,
     "Record where each call came from, twelve frames deep; takes some 3 microseconds a call", &options.stack, NULL},
	{"only", '1', CLI_SWITCH, NULL, "Keep the trace of the program's own process and no other", &options.only, NULL},
	{"cost", 'c', CLI_SWITCH, NULL,
     "Run the program once more, before, without recording, and tell what recording costs", &options.cost, NULL},
	{"quiet", 'q', CLI_SWITCH, NULL, "Say nothing about what was recorded", &options.quiet, NULL},
	{0},
};

/* What a run of the program took. */
struct run {
	pid_t pid;
	int status; /* as a shell tells it */
	double cpu_s;
};

/* ---- Running */

static bool library_find(char path[PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	if (n < 0)
		return false;
	self[n] = '\0';
	const char *folder = dirname(self);
	return snprintf(path, PATH_MAX, "%s/../lib/libosmem-malloc.so", folder) < PATH_MAX && access(path, R_OK) == 0;
}

/* In the child: everything that the library reads. */
static void environment_set(const char *library, const char *raw)
{
	const char *others = getenv("LD_PRELOAD");
	char *preload = NULL;

	if (asprintf(&preload, "%s%s%s", library, others ? ":" : "", others ? others : "") < 0)
		_exit(126);
	setenv("LD_PRELOAD", preload, 1);
	setenv("OSMEM_TRACE", raw, 1);
	if (options.stack)
		setenv("OSMEM_TRACE_SITES", "1", 1);
}

/* Returns in the parent only. `library` NULL: nothing is recorded. */
static bool program_run(char **command, const char *library, const char *raw, struct run *run)
{
	struct rusage usage;
	int status;

	fflush(NULL);
	run->pid = fork();
	if (run->pid == 0) {
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		if (library)
			environment_set(library, raw);
		execvp(command[0], command);
		cli_complain("%s: %s", command[0], strerror(errno));
		_exit(errno == ENOENT ? 127 : 126);
	}
	if (run->pid < 0)
		return false;
	/* Ctrl-C reaches the program too, and is for it: what was recorded until then is kept. */
	while (wait4(run->pid, &status, 0, &usage) < 0)
		if (errno != EINTR)
			return false;
	run->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	run->cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	             1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
	return true;
}

/* ---- What was recorded */

/* FILE with `.TAG` before its endings. */
static char *name_beside(const char *file, const char *tag)
{
	const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;
	const char *ending = *base ? strchr(base + 1, '.') : NULL;
	char *name = NULL;

	if (!ending)
		ending = file + strlen(file);
	return asprintf(&name, "%.*s.%s%s", (int)(ending - file), file, tag, ending) < 0 ? NULL : name;
}

/* Of the process of this number: the last one that it ran. */
static bool is_main(const char *tag, pid_t pid, const glob_t *files, size_t at)
{
	size_t digits = strspn(tag, "0123456789");
	char own[24];

	snprintf(own, sizeof own, "%d", (int)pid);
	if (strlen(own) != digits || strncmp(own, tag, digits) != 0)
		return false;
	/* Names of one process are sorted, but for .10 before .2. */
	unsigned long order = tag[digits] ? strtoul(tag + digits + 1, NULL, 10) : 0;
	for (size_t i = 0; i < files->gl_pathc; i++) {
		const char *other = strrchr(files->gl_pathv[i], '-') + 1;
		if (i != at && strncmp(other, own, digits) == 0 && !(other[digits] >= '0' && other[digits] <= '9') &&
		    (other[digits] ? strtoul(other + digits + 1, NULL, 10) : 0) > order)
			return false;
	}
	return true;
}

static void tell(const char *what, const char *to, const struct copy_result *result)
{
	const struct osm_trace_summary *totals = &result->totals;

	if (options.quiet)
		return;
	fprintf(stderr, "osmem record: %s: %s operations of %" PRIu32 " thread%s, %s blocks, at most %s live, in %s\n",
	        what, text_count(totals->ops).s, totals->threads, totals->threads == 1 ? "" : "s",
	        text_count(totals->blocks).s, text_bytes(totals->peak_bytes).s, to);
	if (result->strays)
		fprintf(stderr, "osmem record: %s: %s operation%s on what was not a live block: `osmem check %s` tells more\n",
		        what, text_count(result->strays).s, result->strays == 1 ? "" : "s", to);
}

static int raw_convert(const char *raw, const char *to, const char *what, struct copy_result *result)
{
	enum osm_trace_form form;
	enum osm_trace_packing packing;

	osm_trace_form_of(options.output, &form, &packing);
	if (options.form >= 0)
		form = (enum osm_trace_form)options.form;
	int status = copy_trace(raw, to, form, packing, COPY_RECORDED, result);
	if (status == CLI_OK)
		tell(what, to, result);
	return status;
}

/* All files of the run; *found: the program's own was among them. */
static int raws_convert(const glob_t *files, const struct run *run, bool *found, struct copy_result *result)
{
	int worst = CLI_OK;

	for (size_t i = 0; i < files->gl_pathc; i++) {
		const char *raw = files->gl_pathv[i], *tag = strrchr(raw, '-') + 1;
		bool is_own = is_main(tag, run->pid, files, i);
		char *beside = is_own ? strdup(options.output) : name_beside(options.output, tag);
		char what[64] = "the program";
		struct copy_result other;
		int status = CLI_OK;

		if (!is_own)
			snprintf(what, sizeof what, "process %.40s", tag);
		if (beside && !cli_interrupted && (is_own || !options.only))
			status = raw_convert(raw, beside, what, is_own ? result : &other);
		*found = *found || (is_own && status == CLI_OK);
		worst = status > worst ? status : worst;
		unlink(raw);
		free(beside);
	}
	return worst;
}

static void tell_cost(const struct run *plain, const struct run *recorded, const struct copy_result *result)
{
	double ns = 1e9 * (recorded->cpu_s - plain->cpu_s) / (double)(result->totals.ops ? result->totals.ops : 1);

	fprintf(stderr,
	        "osmem record: processor time %.3f s, without recording %.3f s: recording took %.0f ns an operation of the "
	        "program's\n",
	        recorded->cpu_s, plain->cpu_s, ns > 0 ? ns : 0);
}

static int record(char **command, const char *library, char *raw)
{
	struct run plain = {0}, recorded = {0};
	struct copy_result result = {0};
	bool found = false;
	glob_t files;

	if (options.cost && !program_run(command, NULL, NULL, &plain))
		return CLI_FAILED;
	cli_interrupted = 0;
	if (!program_run(command, library, raw, &recorded))
		return CLI_FAILED;
	cli_interrupted = 0;
	strcpy(strstr(raw, "%p"), "*");
	int status = CLI_OK;
	if (glob(raw, 0, NULL, &files) == 0) {
		status = raws_convert(&files, &recorded, &found, &result);
		globfree(&files);
	}
	if (status != CLI_OK)
		return status;
	if (!found && recorded.status != 127 && recorded.status != 126) {
		cli_complain("%s: nothing was recorded: it may be linked statically, or run with rights that its caller lacks",
		             command[0]);
		return CLI_FAILED;
	}
	if (options.cost && found)
		tell_cost(&plain, &recorded, &result);
	return recorded.status;
}

static int run(size_t count, char **command)
{
	char library[PATH_MAX], *raw = NULL;

	(void)count;
	if (!library_find(library)) {
		cli_complain("there is no ../lib/libosmem-malloc.so beside this program's folder; `scons` builds it");
		return CLI_FAILED;
	}
	if (strpbrk(options.output, "*?[%") || asprintf(&raw, "%s.raw-%%p", options.output) < 0) {
		cli_complain("--output=%s: a name without *, ?, [ and %% is wanted", options.output);
		return CLI_USAGE;
	}
	int status = record(command, library, raw);
	free(raw);
	return status;
}

const struct cli_command command_record = {
	.name = "record",
	.summary = "run a program and record every call of malloc and its family",
	.synopsis = "[--] PROGRAM [ARGUMENT...]",
	.description =
		"Runs the program with libosmem-malloc.so before the C library, which writes down every allocation, resize and "
		"free, of all threads, and of every process that the program starts: a file a process. A process that is "
		"killed "
		"leaves what it did until then.\n\n"
		"Blocks are numbered from 0 in the order of their allocation. What a forked child has from its parent stands "
		"at "
		"the beginning of its trace. Programs that are linked statically or run with rights that their caller lacks "
		"cannot "
		"be recorded.",
	.options = table,
	.examples = "osmem record -o sort.osmt.zst -- sort /usr/share/dict/words\n"
				"osmem record --stack -o git.osmt.zst -- git log -p\nosmem check git.osmt.zst",
	.statuses =
		"What the program ends with; 127: there is no such program; 126: it cannot be run. 128 and the number of "
		"the signal that ended it. 2: wrong usage; 4: it could not be recorded.",
	.operands_min = 1,
	.operands_max = SIZE_MAX,
	.options_end = true,
	.run = run,
};
