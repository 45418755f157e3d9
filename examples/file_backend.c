/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A backend from scratch: the heap's blocks lie in a file. A range of addresses shows the file, and growing makes the
 * file longer; so what a program writes into its blocks is in the file as well.
 *
 *     addresses   | region ........... | not yet in the file ........ |
 *     file        | .................. |
 *                 ^ start              ^ + used                       ^ + REACH
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <osmem/heap.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define REACH ((size_t)1 << 20)

//! [state]
struct file_backend {
	struct osm_backend backend; /* first, so that `self` leads back to the whole */
	int fd;
	char *start;
	size_t used;
};
//! [state]

static void *fail(void)
{
	errno = ENOMEM;
	return NULL;
}

//! [grow]
/* One region after the other; the one that grows must be the last. */
static void *file_grow(struct osm_backend *self, void *end, size_t n, size_t *reach)
{
	struct file_backend *file = (struct file_backend *)self;
	size_t from = end ? file->used : (file->used + 15) / 16 * 16;

	if ((end && end != file->start + from) || n > REACH - from)
		return fail();
	if (ftruncate(file->fd, (off_t)(from + n)) != 0)
		return fail();
	file->used = from + n;
	if (!end)
		*reach = REACH - from;
	return file->start + from;
}

static void file_release(struct osm_backend *self, void *start, size_t n, size_t reach)
{
	struct file_backend *file = (struct file_backend *)self;

	(void)reach;
	if ((char *)start + n == file->start + file->used)
		file->used -= n; /* the bytes stay in the file */
}
//! [grow]

//! [trim]
/* The file becomes shorter while the heap lives. */
static bool file_trim(struct osm_backend *self, void *end, size_t n)
{
	struct file_backend *file = (struct file_backend *)self;

	if (end != file->start + file->used || ftruncate(file->fd, (off_t)(file->used - n)) != 0)
		return false;
	file->used -= n;
	return true;
}
//! [trim]

//! [map]
/* The heap's own data and large blocks: ordinary memory of the process, not in the file. */
static void *file_map(struct osm_backend *self, size_t n, size_t align)
{
	void *p = MAP_FAILED;

	if (align <= self->page_size)
		p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? fail() : p;
}

static void file_unmap(struct osm_backend *self, void *p, size_t n)
{
	(void)self;
	munmap(p, n);
}
//! [map]

//! [open]
static bool file_open(struct file_backend *file, int fd)
{
	*file = (struct file_backend){.fd = fd};
	file->start = mmap(NULL, REACH, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	file->backend = (struct osm_backend){
		.name = "file",
		.summary = "blocks in a file that is mapped into memory",
		.page_size = (size_t)sysconf(_SC_PAGESIZE),
		.promises = OSM_PROMISE_CONTIGUOUS | OSM_PROMISE_MAP_ZEROED | OSM_PROMISE_MAP_LAZY,
		.grow = file_grow,
		.map = file_map,
		.unmap = file_unmap,
		.release = file_release,
		.trim = file_trim,
	};
	return file->start != MAP_FAILED;
}

static void file_close(struct file_backend *file)
{
	munmap(file->start, REACH);
}
//! [open]

enum { NAMES = 3, NAME_ROOM = 16 };

static bool write_names(struct osm_heap *heap, const char *start, long *offsets)
{
	static const char *const names[NAMES] = {"Knuth", "Knowlton", "Robson"};

	for (int i = 0; i < NAMES; i++) {
		char *name = osm_heap_alloc(heap, NAME_ROOM);

		if (!name)
			return false;
		strcpy(name, names[i]);
		offsets[i] = (long)(name - start);
	}
	return true;
}

static void read_names(FILE *stream, const long *offsets)
{
	char name[NAME_ROOM];

	for (int i = 0; i < NAMES; i++)
		if (fseek(stream, offsets[i], SEEK_SET) == 0 && fread(name, sizeof name, 1, stream) == 1)
			printf("at %3ld in the file: %s\n", offsets[i], name);
}

int main(void)
{
	FILE *stream = tmpfile();
	struct file_backend file;
	struct osm_heap *heap;
	long offsets[NAMES];
	bool done;

	if (!stream || !file_open(&file, fileno(stream)))
		return 1;
	//! [use]
	heap = osm_heap_create(osm_policy_find("first-fit", "tag"), &file.backend, NULL);
	done = heap && write_names(heap, file.start, offsets);
	osm_heap_destroy(heap);
	file_close(&file);
	//! [use]

	if (done)
		read_names(stream, offsets);
	fclose(stream);
	return done ? 0 : 1;
}

/* output:
at  16 in the file: Knuth
at  48 in the file: Knowlton
at  80 in the file: Robson
*/
