/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A file behind a window: see tape.h. Room in the file is reserved before it is mapped, because a full disk would be a
 * signal otherwise. What a kill leaves is modelled in tests/models/tape.pml.
 */
#define _GNU_SOURCE
#include "framework/dropin/tape.h"

#include <errno.h>
#include <fcntl.h>
#include <osmem/print.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { TRIES = 100 };

static size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* The name with %p replaced and the folder before it; false: too long, or there is no folder. */
static bool expand(char *path, size_t room, const char *name)
{
	const char *mark = strstr(name, "%p");
	size_t n = 0;
	int written;

	if (*name != '/') {
		if (!getcwd(path, room))
			return false;
		n = strlen(path);
		path[n++] = '/';
	}
	if (mark)
		written = osm_snprintf(path + n, room - n, "%.*s%d%s", (int)(mark - name), name, (int)getpid(), mark + 2);
	else
		written = osm_snprintf(path + n, room - n, "%s", name);
	return written >= 0 && (size_t)written + 8 < room - n; /* 8: for .1 and so on */
}

static int create(const char *path)
{
	return open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

/* Map so much behind what is filled. */
static bool window_open(struct tape *tape, int fd)
{
	size_t inside = tape->filled % page_bytes();
	size_t begin = tape->before + tape->filled - inside;

	if (posix_fallocate(fd, (off_t)begin, TAPE_WINDOW) != 0)
		return false;
	void *window = mmap(NULL, TAPE_WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)begin);
	if (window == MAP_FAILED)
		return false;
	if (tape->window)
		munmap(tape->window, tape->window_bytes);
	tape->window = window;
	tape->window_bytes = TAPE_WINDOW;
	tape->before = begin;
	tape->filled = inside;
	return true;
}

const char *tape_begin(struct tape *tape, const char *name)
{
	size_t length;
	int fd;

	*tape = (struct tape){0};
	if (!expand(tape->path, sizeof tape->path, name))
		return "the name is too long";
	fd = create(tape->path);
	length = strlen(tape->path);
	/* The same process began a trace and ran exec. */
	for (int i = 1; fd < 0 && errno == EEXIST && i < TRIES && strstr(name, "%p"); i++) {
		osm_snprintf(tape->path + length, sizeof tape->path - length, ".%d", i);
		fd = create(tape->path);
	}
	/* Never over a file that is there: another process of the same environment may be writing it. */
	if (fd < 0)
		return errno == EEXIST ? "there is such a file already" : "it cannot be created";
	bool is_open = window_open(tape, fd);
	close(fd);
	return is_open ? NULL : "there is no room for it";
}

static bool window_move(struct tape *tape)
{
	int fd = open(tape->path, O_RDWR | O_CLOEXEC);
	bool is_open = fd >= 0 && window_open(tape, fd);

	if (fd >= 0)
		close(fd);
	return is_open;
}

bool tape_write(struct tape *tape, const unsigned char *bytes, size_t n, unsigned char cut)
{
	if (!tape->window)
		return false;
	if (n >= tape->window_bytes - tape->filled && !window_move(tape)) {
		tape->window[tape->window_bytes - 1] = cut;
		tape_drop(tape);
		return false;
	}
	unsigned char *at = tape->window + tape->filled;
	memcpy(at + 1, bytes + 1, n - 1);
	__atomic_store_n(at, bytes[0], __ATOMIC_RELEASE);
	tape->filled += n;
	return true;
}

void tape_trim(struct tape *tape)
{
	size_t page = page_bytes(), used = (tape->filled / page + 1) * page;

	if (!tape->window || used >= tape->window_bytes)
		return;
	munmap(tape->window + used, tape->window_bytes - used);
	tape->window_bytes = used;
	if (truncate(tape->path, (off_t)(tape->before + used)) != 0)
		return; /* what is empty stays */
}

void tape_drop(struct tape *tape)
{
	if (tape->window)
		munmap(tape->window, tape->window_bytes);
	tape->window = NULL;
}
