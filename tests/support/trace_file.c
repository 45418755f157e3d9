/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A file for traces: see trace_file.h.
 */
#define _GNU_SOURCE
#include "support/trace_file.h"

#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char trace_path[] = P_tmpdir "/osmem-trace-XXXXXX";

void file_write(const void *bytes, size_t n)
{
	unlink(trace_path); /* some file systems wait for the disk when a file is cut to nothing and written again */
	FILE *file = fopen(trace_path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, n, file), n);
	assert_int_equal(fclose(file), 0);
}

char *file_read(size_t *n)
{
	FILE *file = fopen(trace_path, "rb");
	char *bytes = malloc(1 << 20);

	assert_non_null(file);
	assert_non_null(bytes);
	*n = fread(bytes, 1, (1 << 20) - 1, file);
	bytes[*n] = '\0';
	assert_int_equal(fclose(file), 0);
	return bytes;
}

enum osm_trace_next read_all(struct osm_trace_summary *totals, struct osm_trace_error *error)
{
	struct osm_trace_reader *reader = osm_trace_open(trace_path, error);
	enum osm_trace_next found = OSM_TRACE_BAD;
	struct osm_trace_op op;

	if (!reader)
		return found;
	do
		found = osm_trace_next(reader, &op);
	while (found == OSM_TRACE_OP);
	assert_int_equal(osm_trace_next(reader, &op), found); /* and stays so */
	*totals = *osm_trace_totals(reader);
	if (found == OSM_TRACE_BAD)
		*error = *osm_trace_failure(reader);
	osm_trace_close(reader);
	return found;
}

int trace_file_begin(void **state)
{
	int fd = mkstemp(trace_path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

int trace_file_end(void **state)
{
	(void)state;
	return unlink(trace_path);
}
