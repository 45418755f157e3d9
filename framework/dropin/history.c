/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading the process's own trace, in the form of framework/trace/code.h, as far as it is written. The library's reader
 * allocates and looks for mistakes; what has been written here is right, and ends with a zero byte.
 */
#define _GNU_SOURCE
#include "framework/dropin/history.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "framework/trace/code.h"

struct cursor {
	const unsigned char *at, *end;
	uint64_t id; /* of the operation before */
};

struct record {
	enum code_tag tag;
	uint64_t id_after; /* of an operation */
	uint64_t site;     /* its number; 0: none */
	const char *text;  /* of a site */
	size_t length;
};

static uint64_t read_number(struct cursor *in)
{
	uint64_t number = 0;

	for (unsigned shift = 0; in->at < in->end && shift < 64; shift += 7) {
		number |= (uint64_t)(*in->at & 0x7f) << shift;
		if (!(*in->at++ & 0x80))
			break;
	}
	return number;
}

static uint64_t read_id(struct cursor *in)
{
	in->id += code_unfold(read_number(in));
	return in->id;
}

static void read_text(struct cursor *in, struct record *record)
{
	size_t left, length = (size_t)read_number(in);

	left = (size_t)(in->end - in->at);
	record->text = (const char *)in->at;
	record->length = length < left ? length : left;
	in->at += record->length;
}

static void read_op(struct cursor *in, struct record *record)
{
	static const unsigned numbers[] = {
		[CODE_ALLOC] = 1, [CODE_CALLOC] = 2, [CODE_ALIGNED] = 2, [CODE_REALLOC] = 1, [CODE_MOVE] = 1};

	record->id_after = read_id(in);
	for (unsigned i = 0; record->tag != CODE_FREE && i < numbers[record->tag]; i++)
		read_number(in);
	if (record->tag == CODE_MOVE)
		record->id_after = read_id(in);
}

static bool next(struct cursor *in, struct record *record)
{
	unsigned char tag = in->at < in->end ? *in->at : 0;

	if (!(tag & CODE_RECORD))
		return false;
	in->at++;
	*record = (struct record){.tag = tag & CODE_TAGS};
	if (record->tag == CODE_NAME) {
		read_text(in, record);
	} else if (record->tag == CODE_MARK) {
		read_number(in);
		read_number(in);
	} else {
		read_op(in, record);
		record->site = tag & CODE_SITE ? read_number(in) : 0;
	}
	return true;
}

/* The last operation that gave the block out; returns the number of its site. */
static uint64_t find_operation(struct cursor in, const void *block, struct history *history)
{
	struct record record;
	uint64_t operation = 0, site = 0;

	while (next(&in, &record)) {
		if (record.tag == CODE_NAME || record.tag == CODE_MARK)
			continue;
		operation++;
		if (record.tag == CODE_FREE || record.id_after != (uintptr_t)block)
			continue;
		history->operation = operation;
		site = record.site;
	}
	return site;
}

static void find_site(struct cursor in, uint64_t site, struct history *history)
{
	struct record record;

	while (site > 0 && next(&in, &record)) {
		if (record.tag != CODE_NAME || --site > 0)
			continue;
		history->site = record.text;
		history->site_length = record.length;
	}
}

struct history history_find(const char *path, const void *block)
{
	struct history history = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (fd < 0)
		return history;
	if (fstat(fd, &status) == 0 && status.st_size > CODE_HEAD) {
		history.file_bytes = (size_t)status.st_size;
		history.file = mmap(NULL, history.file_bytes, PROT_READ, MAP_SHARED, fd, 0);
		if (history.file == MAP_FAILED)
			history.file = NULL;
	}
	close(fd);
	if (history.file) {
		const unsigned char *bytes = history.file;
		struct cursor begin = {.at = bytes + CODE_HEAD, .end = bytes + history.file_bytes};

		find_site(begin, find_operation(begin, block, &history), &history);
	}
	return history;
}

void history_end(struct history *history)
{
	if (history->file)
		munmap(history->file, history->file_bytes);
}
