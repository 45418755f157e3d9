/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * osmem record: runs a program on the drop-in malloc, which writes down what the program asks for.
 *
 * Each process of the program writes a file, named by its number, into a new folder FILE.raw-XXXXXX, and another one with .1
 * behind it after exec. When the program has ended they are read, checked, renumbered, compressed, and removed. What could
 * not be converted stays there, and is told.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "framework/dropin/tape.h"
#include "framework/trace/code.h"
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
     "lie beside it, with the process's number before the endings; a pipe or a device "
     "gets the trace of the program only",
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

/* Signals of a terminal are the program's: what it did until then is kept. */
static const int terminal_signals[] = {SIGINT, SIGQUIT, SIGHUP};

enum { TERMINAL_SIGNALS = sizeof terminal_signals / sizeof *terminal_signals };

/* In the child: everything that the library reads. */
static void environment_set(const char *library, const char *folder)
{
	const char *others = getenv("LD_PRELOAD");
	char *preload = NULL, *raw = NULL;

	if (asprintf(&preload, "%s%s%s", library, others ? ":" : "", others ? others : "") < 0 ||
	    asprintf(&raw, "%s/%%p", folder) < 0)
		_exit(126);
	setenv("LD_PRELOAD", preload, 1);
	setenv("OSMEM_TRACE", raw, 1);
	if (options.stack)
		setenv("OSMEM_TRACE_SITES", "1", 1);
}

/* In the child: signals as they were when this tool began. */
static void become(char **command, const char *library, const char *folder, const struct sigaction *kept)
{
	for (size_t i = 0; i < TERMINAL_SIGNALS; i++)
		signal(terminal_signals[i], kept[i].sa_handler == SIG_IGN ? SIG_IGN : SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	if (library)
		environment_set(library, folder);
	execvp(command[0], command);
	cli_complain("%s: %s", command[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* Returns in the parent only. `library` NULL: nothing is recorded. */
static bool program_run(char **command, const char *library, const char *folder, struct run *run)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction kept[TERMINAL_SIGNALS];
	struct rusage usage;
	bool is_over = false;
	int status = 0;

	fflush(NULL);
	for (size_t i = 0; i < TERMINAL_SIGNALS; i++)
		sigaction(terminal_signals[i], &ignore, &kept[i]);
	run->pid = fork();
	if (run->pid == 0)
		become(command, library, folder, kept);
	while (run->pid > 0 && !(is_over = wait4(run->pid, &status, 0, &usage) >= 0) && errno == EINTR)
		;
	for (size_t i = 0; i < TERMINAL_SIGNALS; i++)
		sigaction(terminal_signals[i], &kept[i], NULL);
	if (!is_over) {
		cli_complain("%s: %s", command[0], strerror(errno));
		return false;
	}
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

/* What the processes left: a folder and the names of its files, by number: 12, 12.1, 12.2, 13. */
struct raws {
	const char *folder;
	struct dirent **files;
	int count;
};

static int is_raw(const struct dirent *file)
{
	return file->d_name[0] != '.';
}

static bool is_of(const struct raws *raws, int at, pid_t pid)
{
	return at < raws->count && strtol(raws->files[at]->d_name, NULL, 10) == pid;
}

/* Of the process of this number: the last one that it ran. */
static bool is_main(const struct raws *raws, int at, pid_t pid)
{
	return is_of(raws, at, pid) && !is_of(raws, at + 1, pid);
}

/* Did the recorder have to stop before its process ended? Its file's last byte says so. */
static bool is_cut(const char *raw)
{
	unsigned char last = 0;
	struct stat status;
	int fd = open(raw, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	bool is_read =
		fstat(fd, &status) == 0 && status.st_size > CODE_HEAD && pread(fd, &last, 1, status.st_size - 1) == 1;
	close(fd);
	return is_read && last == CODE_CUT;
}

static void tell(const char *what, const char *to, bool has_strays, const struct copy_result *result)
{
	const struct osm_trace_summary *totals = &result->totals;

	if (options.quiet)
		return;
	fprintf(stderr, "osmem record: %s: %s operations of %" PRIu32 " thread%s, %s blocks, at most %s live, in ", what,
	        text_count(totals->ops).s, totals->threads, totals->threads == 1 ? "" : "s", text_count(totals->blocks).s,
	        text_bytes(totals->peak_bytes).s);
	text_put_line(stderr, to);
	fputc('\n', stderr);
	if (!result->strays)
		return;
	fprintf(stderr, "osmem record: %s: %s operation%s on what was not a live block", what, text_count(result->strays).s,
	        result->strays == 1 ? "" : "s");
	fprintf(stderr, has_strays ? ": `osmem check` tells more\n" : ", which the form of CMU cannot hold\n");
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
		tell(what, to, form != OSM_TRACE_REP, result);
	return status;
}

/* After Ctrl-C too. */
static void tell_kept(const char *what, const char *raw)
{
	fprintf(stderr, "osmem record: %s: what was recorded is in ", what);
	text_put_line(stderr, raw);
	fputs("; `osmem convert --renumber` can make a trace of it\n", stderr);
}

/* One file of the run; what cannot be converted stays. */
static int raw_take(const struct raws *raws, int at, pid_t pid, bool *found, struct copy_result *result)
{
	const char *tag = raws->files[at]->d_name;
	bool is_own = is_main(raws, at, pid), is_wanted = is_own || !options.only;
	char *to = is_own ? strdup(options.output) : name_beside(options.output, tag), *raw = NULL;
	char what[64] = "the program";
	struct copy_result other;
	int status = CLI_OK;

	if (!is_own)
		snprintf(what, sizeof what, "process %.40s", tag);
	if (!to || asprintf(&raw, "%s/%s", raws->folder, tag) < 0) {
		free(to);
		return CLI_FAILED;
	}
	if (cli_interrupted)
		status = CLI_INTERRUPTED;
	else if (is_wanted)
		status = raw_convert(raw, to, what, is_own ? result : &other);
	if (status != CLI_OK) {
		tell_kept(what, raw);
	} else {
		*found = *found || is_own;
		if (is_wanted && is_cut(raw)) {
			cli_complain("%s: not all was recorded: there was no room for more, or no right to write it", what);
			status = CLI_FAILED;
		}
		unlink(raw);
	}
	free(raw);
	free(to);
	return status;
}

/* All files of the run; *found: the program's own was among them. */
static int raws_take(const char *folder, pid_t pid, bool *found, struct copy_result *result)
{
	struct raws raws = {.folder = folder};
	int worst = CLI_OK;

	raws.count = scandir(folder, &raws.files, is_raw, versionsort);
	for (int i = 0; i < raws.count; i++) {
		int status = raw_take(&raws, i, pid, found, result);
		worst = status > worst ? status : worst;
	}
	for (int i = 0; i < raws.count; i++)
		free(raws.files[i]);
	if (raws.count >= 0)
		free(raws.files);
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

static int record(char **command, const char *library, const char *folder)
{
	struct run plain = {0}, recorded = {0};
	struct copy_result result = {0};
	bool found = false;

	if (options.cost && !program_run(command, NULL, NULL, &plain))
		return CLI_FAILED;
	if (!program_run(command, library, folder, &recorded))
		return CLI_FAILED;
	cli_interrupted = 0;      /* the program has ended by that */
	signal(SIGPIPE, SIG_IGN); /* who reads what is told may have gone */
	int status = raws_take(folder, recorded.pid, &found, &result);
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

/* Does the trace go into a pipe or a device? Beside that there is no place for other files. */
static bool output_flows(void)
{
	struct stat status;

	return stat(options.output, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

/* The folder beside the output, or one for what is temporary; NULL: errno tells why there is none. */
static char *place_find(void)
{
	const char *temporary = getenv("TMPDIR");
	char *copy, *place;

	if (output_flows())
		return realpath(temporary && *temporary ? temporary : "/tmp", NULL);
	copy = strdup(options.output);
	place = copy ? realpath(dirname(copy), NULL) : NULL;
	free(copy);
	return place;
}

/* A new folder, by its whole path, as the program may change its own. NULL: that is told. */
static char *folder_make(void)
{
	const char *slash = strrchr(options.output, '/'), *base = slash ? slash + 1 : options.output, *wrong = NULL;
	char *place = place_find(), *folder = NULL;
	struct stat status;

	if (!place)
		wrong = strerror(errno);
	else if (stat(options.output, &status) == 0 && S_ISDIR(status.st_mode))
		wrong = strerror(EISDIR);
	else if (asprintf(&folder, "%s/%s.raw-XXXXXX", place, base) < 0)
		wrong = strerror(ENOMEM);
	else if (strlen(folder) > TAPE_NAME - 64)
		wrong = strerror(ENAMETOOLONG);
	else if (strstr(folder, "%p"))
		wrong = "the program cannot be told of a path with %p in it";
	else if (!mkdtemp(folder))
		wrong = strerror(errno);
	free(place);
	if (!wrong)
		return folder;
	cli_complain("%s: %s", options.output, wrong);
	free(folder);
	return NULL;
}

static int run(size_t count, char **command)
{
	char library[PATH_MAX];

	(void)count;
	if (!library_find(library)) {
		cli_complain("there is no ../lib/libosmem-malloc.so beside this program's folder; `scons` builds it");
		return CLI_FAILED;
	}
	options.only = options.only || output_flows();
	char *folder = folder_make();
	if (!folder)
		return CLI_FAILED;
	int status = record(command, library, folder);
	rmdir(folder);
	free(folder);
	return status;
}

const struct cli_command command_record = {
	.name = "record",
	.summary = "run a program and record every call of malloc and its family",
	.synopsis = "[--] PROGRAM [ARGUMENT...]",
	.description =
		"Runs the program with libosmem-malloc.so before the C library, which writes down every allocation, "
		"resize and free, of all threads, and of every process that the program starts: a file a process. A "
		"process that is killed leaves what it did until then.\n\nBlocks are numbered from 0 in the order of "
		"their allocation; a realloc that moves one gives it the next number. What a forked child has from its "
		"parent stands at the beginning of its trace. What was recorded and could not be made a trace stays in a "
		"folder beside FILE, or in TMPDIR if FILE is a pipe or a device; it is told. Programs that are linked "
		"statically or run with rights that their caller lacks cannot be recorded.",
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
