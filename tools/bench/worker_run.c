/* SPDX-License-Identifier: BSD-3-Clause */
/* The side of the program that starts measuring processes: see worker.h. */
#define _GNU_SOURCE /* pipe2 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/bench/worker.h"

#define PROBE_LIMIT_NS 2000000000

/* In the child: become the measuring process. */
static void worker_exec(const struct worker *worker, int out)
{
	const struct subject *subject = worker->subject;
	char pass[16], measured[16], load[16], end[24], limit[24], latest[24];
	const char *setting = worker->pass == WORKER_TIME ? subject->time_setting : subject->setting;

	dup2(out, STDOUT_FILENO);
	if (worker->pass == WORKER_PROBE) {
		/* the dynamic linker warns there of a library that it does not find */
		int null = open("/dev/null", O_WRONLY);
		dup2(null, STDERR_FILENO);
	}
	unsetenv("LD_PRELOAD");
	for (const struct subject *peer = subject_peers; peer->name; peer++)
		if (peer->variable)
			unsetenv(peer->variable);
	if (subject->preload)
		setenv("LD_PRELOAD", subject->preload, 1);
	if (setting)
		setenv(subject->variable, setting, 1);
	snprintf(pass, sizeof pass, "%d", (int)worker->pass);
	snprintf(measured, sizeof measured, "%d", (int)subject->measured);
	snprintf(load, sizeof load, "%d", worker->load ? worker->load->fd : -1);
	snprintf(end, sizeof end, "%zu", worker->end);
	snprintf(limit, sizeof limit, "%llu", (unsigned long long)worker->limit_ns);
	snprintf(latest, sizeof latest, "%llu", (unsigned long long)worker->latest_ns);
	execl("/proc/self/exe", "osmem-bench", WORKER_OPTION, pass, subject->policy ? subject->name : "",
	      subject->policy ? subject->layout : "", measured, load, end, limit, latest, (char *)NULL);
	dprintf(out, "failed %s\n", strerror(errno));
	_exit(1);
}

/* Read all that comes; on `stop` end the process, so that nothing more comes. */
static void report_read(int in, pid_t process, const volatile sig_atomic_t *stop, char *text, size_t room)
{
	size_t length = 0;
	ssize_t n = 1;

	while (length < room - 1 && n != 0) {
		if (stop && *stop)
			kill(process, SIGKILL);
		n = read(in, text + length, room - 1 - length);
		if (n < 0 && errno != EINTR)
			break;
		length += n > 0 ? (size_t)n : 0;
	}
	text[length] = '\0';
}

void worker_run(const struct worker *worker, struct report *report)
{
	char text[2048];
	int ends[2], status = 0;

	*report = (struct report){0};
	if (pipe2(ends, O_CLOEXEC) != 0) {
		report_fail(report, "%s", strerror(errno));
		return;
	}
	pid_t process = fork();
	if (process == 0)
		worker_exec(worker, ends[1]);
	close(ends[1]);
	if (process < 0) {
		report_fail(report, "%s", strerror(errno));
	} else {
		report_read(ends[0], process, worker->stop, text, sizeof text);
		while (waitpid(process, &status, 0) < 0 && errno == EINTR)
			;
		report_parse(report, text);
	}
	close(ends[0]);
	if (WIFSIGNALED(status))
		report_fail(report, "ended by signal %d: %s", WTERMSIG(status), strsignal(WTERMSIG(status)));
}

bool worker_probe(const struct subject *subject)
{
	struct report report;

	worker_run(
		&(struct worker){
			.pass = WORKER_PROBE, .subject = subject, .limit_ns = PROBE_LIMIT_NS, .latest_ns = PROBE_LIMIT_NS},
		&report);
	return report.done && (!subject->preload || strcmp(report.text, subject->preload) == 0);
}
