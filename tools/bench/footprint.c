/* SPDX-License-Identifier: BSD-3-Clause */
/* How much memory an allocator holds: see footprint.h. */
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/bench/footprint.h"

const char *const footprint_kinds[FOOTPRINT_KINDS] = {
	[FOOTPRINT_REGIONS] = "regions + metadata",
	[FOOTPRINT_MALLINFO] = "mallinfo2 arena + hblkhd",
	[FOOTPRINT_ANONYMOUS] = "growth of anonymous memory",
};

/* The process's anonymous memory, in bytes, exact, unlike the counters in /proc/self/status; read without stdio, which
 * would allocate. */
static size_t anonymous_bytes(void)
{
	static const char label[] = "\nAnonymous:";
	char text[2048];
	size_t length = 0;
	ssize_t n = 1;
	int fd = open("/proc/self/smaps_rollup", O_RDONLY);

	if (fd < 0)
		return 0;
	while (n > 0 && length < sizeof text - 1) {
		n = read(fd, text + length, sizeof text - 1 - length);
		length += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	text[length] = '\0';
	const char *line = strstr(text, label);
	return line ? strtoul(line + sizeof label - 1, NULL, 10) * 1024 : 0;
}

static size_t held_bytes(const struct footprint *footprint)
{
	if (footprint->kind == FOOTPRINT_ANONYMOUS)
		return anonymous_bytes();
	struct mallinfo2 info = mallinfo2();
	return info.arena + info.hblkhd;
}

void footprint_begin(struct footprint *footprint, enum footprint_kind kind, struct solo *solo)
{
	*footprint = (struct footprint){.kind = kind, .solo = solo};
	/* glibc says what its heap is, so nothing of it lies outside the measurement. */
	footprint->before = kind == FOOTPRINT_ANONYMOUS ? anonymous_bytes() : 0;
}

void footprint_look(struct footprint *footprint)
{
	if (footprint->kind == FOOTPRINT_REGIONS) {
		solo_note_peak(footprint->solo);
		footprint->held =
			footprint->solo->region_bytes + footprint->solo->policy->metadata_bytes(footprint->solo->state);
		footprint->peak = footprint->solo->peak_bytes;
		return;
	}
	size_t held = held_bytes(footprint);
	footprint->held = held > footprint->before ? held - footprint->before : 0;
	if (footprint->held > footprint->peak)
		footprint->peak = footprint->held;
}
