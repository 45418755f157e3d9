/* SPDX-License-Identifier: BSD-3-Clause */
/* The side that starts processes which measure other mallocs, and plays traces to them: see peer.h. */
#define _GNU_SOURCE /* MSG_NOSIGNAL, SOCK_CLOEXEC */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/bench/clock.h"
#include "tools/lab/peer.h"
#include "tools/progress.h"

#define SAMPLES_SPREAD 256
#define ENOUGH_NS 0.5e9

static const char stage_memory[] = "measuring memory", stage_time[] = "timing";

struct session {
	const struct job *job;
	const struct subject *peer;
	enum peer_pass pass;
	int line; /* the socket; -1: the process is gone */
	pid_t process;
	uint64_t ops; /* of the replay that is played */
	int status;   /* of the process, once it is gone: as of waitpid */
};

/* In the child: become the measuring process. */
static void process_exec(const struct session *session, int line)
{
	const struct subject *peer = session->peer;
	const char *setting = session->pass == PEER_TIME ? peer->time_setting : peer->setting;
	char pass[16], slots[24], measured[16];

	dup2(line, STDIN_FILENO);
	dup2(line, STDOUT_FILENO);
	if (session->pass == PEER_PROBE) {
		/* the dynamic linker warns there of a library that it does not find */
		int null = open("/dev/null", O_WRONLY);
		dup2(null, STDERR_FILENO);
	}
	unsetenv("LD_PRELOAD");
	for (const struct subject *other = subject_peers; other->name; other++)
		if (other->variable)
			unsetenv(other->variable);
	if (peer->preload)
		setenv("LD_PRELOAD", peer->preload, 1);
	if (setting)
		setenv(peer->variable, setting, 1);
	snprintf(pass, sizeof pass, "%d", (int)session->pass);
	snprintf(slots, sizeof slots, "%zu", session->job ? session->job->totals->slots : 0);
	snprintf(measured, sizeof measured, "%d", (int)peer->measured);
	execl("/proc/self/exe", "osmem", PEER_OPTION, pass, slots, measured, (char *)NULL);
	_exit(1);
}

static bool session_begin(struct session *session)
{
	int ends[2];

	session->line = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return false;
	session->process = fork();
	if (session->process == 0)
		process_exec(session, ends[1]);
	close(ends[1]);
	if (session->process < 0) {
		close(ends[0]);
		return false;
	}
	session->line = ends[0];
	return true;
}

/* The report; false if the process ended without one. Its end is waited for. */
static bool session_end(struct session *session, struct peer_report *report)
{
	size_t length = 0;
	ssize_t n = 1;

	shutdown(session->line, SHUT_WR);
	if (session->job && *session->job->stop)
		kill(session->process, SIGKILL);
	while (n != 0 && length < sizeof *report) {
		n = read(session->line, (char *)report + length, sizeof *report - length);
		if (n < 0 && errno != EINTR)
			break;
		length += n > 0 ? (size_t)n : 0;
	}
	close(session->line);
	while (waitpid(session->process, &session->status, 0) < 0 && errno == EINTR)
		;
	return length == sizeof *report;
}

/* False once nobody listens, or on `stop`. */
static bool put(const struct session *session, const void *bytes, size_t count)
{
	for (const char *at = bytes; count > 0;) {
		ssize_t n = send(session->line, at, count, MSG_NOSIGNAL);
		if ((n < 0 && errno != EINTR) || *session->job->stop)
			return false;
		at += n > 0 ? n : 0;
		count -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

static bool frame_put(const struct session *session, enum peer_frame_kind kind, size_t count)
{
	const struct peer_frame frame = {(uint32_t)kind, (uint32_t)count};

	return put(session, &frame, sizeof frame);
}

static bool ops_put(struct session *session, const struct trace_op *ops, size_t count)
{
	session->ops += count;
	return count == 0 || (frame_put(session, PEER_OPS, count) && put(session, ops, count * sizeof *ops));
}

/* What the operations of a trace come to, in bytes, for the samples. */
struct tally {
	size_t *sizes; /* of each slot */
	size_t requested, allocated;
	struct outcome *outcome;
	size_t allocated_before[SAMPLES_MAX]; /* between the sample before and this one */
};

static void tally_op(struct tally *tally, const struct trace_op *op)
{
	size_t *size = &tally->sizes[op->slot];

	tally->allocated += op->size > *size ? op->size - *size : 0;
	tally->requested += op->size - *size;
	*size = op->size;
}

static bool look_put(struct session *session, struct tally *tally)
{
	struct outcome *outcome = tally->outcome;

	if (outcome->sample_count == SAMPLES_MAX)
		return true;
	tally->allocated_before[outcome->sample_count] = tally->allocated;
	tally->allocated = 0;
	outcome->samples[outcome->sample_count++] = (struct sample){.op = session->ops, .requested = tally->requested};
	return frame_put(session, PEER_LOOK, 0);
}

/* Play a trace once; with a tally, stop for looks at memory. */
static bool trace_play(struct session *session, struct tally *tally, const char *stage)
{
	const struct tape_totals *totals = session->job->totals;
	uint64_t every = totals->ops / SAMPLES_SPREAD + 1;
	struct tape *tape = tape_open(totals->path);
	const struct trace_op *ops;
	size_t count;
	bool going = tape != NULL;

	session->ops = 0;
	while (going && (ops = tape_next(tape, &count)) && count > 0) {
		size_t put_until = 0;
		for (size_t i = 0; tally && going && i < count; i++) {
			uint64_t done = session->ops + i + 1 - put_until;
			tally_op(tally, &ops[i]);
			if (done % every == 0 || done == totals->peak_at || done == totals->ops) {
				going = ops_put(session, ops + put_until, i + 1 - put_until) && look_put(session, tally);
				put_until = i + 1;
			}
		}
		going = going && ops_put(session, ops + put_until, count - put_until);
		progress_show(session->job->label, stage, session->ops, totals->ops);
	}
	going = going && tape_is_good(tape);
	tape_close(tape);
	return going;
}

static void fail(struct outcome *outcome, const char *reason)
{
	outcome->failed = true;
	snprintf(outcome->note, sizeof outcome->note, "%s", reason);
}

/* As the process tells, or its end. */
static void fail_ended(struct outcome *outcome, const struct session *session, const struct peer_report *report)
{
	int number = WIFSIGNALED(session->status) ? WTERMSIG(session->status) : 0;

	fail(outcome, *report->failure ? report->failure : "its process ended early");
	if (!*report->failure && number)
		snprintf(outcome->note, sizeof outcome->note, "its process was ended by signal %d: %s", number,
		         strsignal(number));
}

static bool memory_pass(struct session *session, struct outcome *outcome)
{
	struct tally tally = {.outcome = outcome};
	struct peer_report report = {0};

	session->pass = PEER_MEMORY;
	tally.sizes = calloc(session->job->totals->slots + 1, sizeof *tally.sizes);
	if (!tally.sizes || !session_begin(session)) {
		free(tally.sizes);
		fail(outcome, strerror(errno));
		return false;
	}
	bool played = trace_play(session, &tally, stage_memory);
	bool told = session_end(session, &report);
	free(tally.sizes);
	if (!played || !told || *report.failure || report.looks != outcome->sample_count) {
		fail_ended(outcome, session, &report);
		return false;
	}
	for (size_t i = 0; i < report.looks; i++) {
		struct sample *sample = &outcome->samples[i];
		sample->used = report.held[i];
		measures_note(&outcome->whole, tally.allocated_before[i], sample->requested, sample->used);
	}
	outcome->ops = report.ops;
	outcome->memory_known = true;
	return true;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static bool time_pass(struct session *session, struct outcome *outcome)
{
	unsigned rounds = session->job->rounds < PACE_ROUNDS_MAX ? session->job->rounds : PACE_ROUNDS_MAX;
	struct peer_report report = {0};
	struct times *times = &outcome->times;
	uint64_t begin = clock_ns();
	bool played = true;

	session->pass = PEER_TIME;
	if (!session_begin(session)) {
		fail(outcome, strerror(errno));
		return false;
	}
	for (unsigned round = 0; played && round <= rounds; round++) {
		bool last = round == rounds || (round > 0 && (double)(clock_ns() - begin) > 2 * ENOUGH_NS);
		played = trace_play(session, NULL, stage_time) && frame_put(session, PEER_ROUND, !last);
		if (last)
			break;
	}
	bool told = session_end(session, &report);
	if (!played || !told || *report.failure || report.rounds == 0) {
		fail_ended(outcome, session, &report);
		return false;
	}
	times->known = true;
	times->first = report.ns[0];
	times->rounds = (unsigned)report.rounds - 1;
	qsort(report.ns + 1, times->rounds, sizeof *report.ns, compare);
	times->is_warm = times->rounds > 0;
	if (times->is_warm)
		times->warm = (report.ns[1 + (times->rounds - 1) / 2] + report.ns[1 + times->rounds / 2]) / 2;
	outcome->timed_ops = report.ops;
	return true;
}

static void single_pass(struct session *session, struct outcome *outcome)
{
	struct peer_report report = {0};

	session->pass = PEER_SINGLE;
	bool begun = session_begin(session);
	bool played = begun && trace_play(session, NULL, stage_time);
	if (!begun) {
		fail(outcome, strerror(errno));
		return;
	}
	if (!session_end(session, &report) || !played || *report.failure) {
		fail_ended(outcome, session, &report);
		return;
	}
	outcome->times.median = report.single.median;
	outcome->times.p99 = report.single.p99;
	outcome->times.p999 = report.single.p999;
	outcome->times.worst = report.single.worst;
}

bool peer_is_there(const struct subject *peer)
{
	struct session session = {.peer = peer, .pass = PEER_PROBE};
	struct peer_report report;

	if (!session_begin(&session) || !session_end(&session, &report))
		return false;
	/* without a library to preload it is the C library's own, unless a sanitizer stands in its place */
	return peer->preload ? strcmp(report.library, peer->preload) == 0 : strncmp(report.library, "libc.", 5) == 0;
}

bool peer_run(const struct job *job, const struct subject *peer, struct outcome *outcome)
{
	struct session session = {.job = job, .peer = peer};

	bool is_timed = !job->no_times && job->totals->ops > 0;
	if (memory_pass(&session, outcome) && is_timed && time_pass(&session, outcome))
		single_pass(&session, outcome);
	return !*job->stop;
}
