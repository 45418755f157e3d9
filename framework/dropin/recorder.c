/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The trace of a process: one buffer under one lock.
 */
#define _GNU_SOURCE
#include "framework/dropin/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <osmem/print.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "framework/port.h"

enum { BUFFER = 1 << 16, LINE = 96, HIGH_FD = 200 };

static struct osm_lock lock = OSM_LOCK_INITIAL;
static atomic_int file = -1; /* -1: nothing is recorded */
static char buffer[BUFFER];
static size_t filled;

/* The name with %p replaced; false: too long. */
static bool expand(char *path, size_t room, const char *name)
{
	const char *mark = strstr(name, "%p");
	int n;

	if (mark)
		n = osm_snprintf(path, room, "%.*s%d%s", (int)(mark - name), name, (int)getpid(), mark + 2);
	else
		n = osm_snprintf(path, room, "%s", name);
	return n >= 0 && (size_t)n < room;
}

void recorder_begin(const char *name)
{
	char path[320];
	int fd = -1, high;

	/* Never over a file that is there: another process of the same environment may be writing it. */
	if (expand(path, sizeof path, name))
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0) {
		osm_dprintf(2, "osmem: OSMEM_TRACE=%s: %s; no trace is recorded\n", name,
		            errno == EEXIST ? "there is such a file already" : "it cannot be created");
		return;
	}
	/* Away from the numbers that programs expect to get. */
	high = fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD);
	if (high >= 0) {
		close(fd);
		fd = high;
	}
	atomic_store(&file, fd);
}

bool recorder_runs(void)
{
	return atomic_load_explicit(&file, memory_order_relaxed) >= 0;
}

/* Lock held. A file that takes no more ends the trace. */
static void write_out(void)
{
	size_t done = 0;

	while (done < filled) {
		long n = osm_port_write(atomic_load(&file), buffer + done, filled - done);

		if (n <= 0) {
			atomic_store(&file, -1);
			break;
		}
		done += (size_t)n;
	}
	filled = 0;
}

/* Lock held. Room for one more line. */
static char *line(void)
{
	if (filled > BUFFER - LINE)
		write_out();
	return buffer + filled;
}

/* Lock held. */
static void note(const char *kind, const void *p, size_t align, size_t n)
{
	size_t address = (size_t)p;
	char *at = line();
	int length;

	if (*kind == 'm')
		length = osm_snprintf(at, LINE, "m %zu %zu %zu\n", address, align, n);
	else if (*kind == 'f')
		length = osm_snprintf(at, LINE, "f %zu\n", address);
	else
		length = osm_snprintf(at, LINE, "%s %zu %zu\n", kind, address, n);
	filled += (size_t)length;
}

static void note_alone(const char *kind, const void *p, size_t align, size_t n)
{
	if (!p || !recorder_runs())
		return;
	osm_lock(&lock);
	if (recorder_runs())
		note(kind, p, align, n);
	osm_unlock(&lock);
}

void recorder_alloc(const void *p, size_t n)
{
	note_alone("a", p, 1, n);
}

void recorder_aligned(const void *p, size_t align, size_t n)
{
	note_alone("m", p, align, n);
}

void recorder_free(const void *p)
{
	note_alone("f", p, 1, 0);
}

void recorder_lock(void)
{
	osm_lock(&lock);
}

void recorder_moved(const void *from, const void *to, size_t n)
{
	if (!recorder_runs())
		return;
	if (to == from) {
		note("r", from, 1, n);
		return;
	}
	/* A number names its block for good: the moved block is a new one. */
	note("a", to, 1, n);
	note("f", from, 1, 0);
}

void recorder_unlock(void)
{
	osm_unlock(&lock);
}

void recorder_flush(void)
{
	osm_lock(&lock);
	if (recorder_runs())
		write_out();
	osm_unlock(&lock);
}

void recorder_abandon(void)
{
	atomic_store(&file, -1);
	filled = 0;
}
