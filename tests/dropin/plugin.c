/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A library to be loaded with dlopen: its constructor allocates, its destructor frees.
 */
#include <stdlib.h>
#include <string.h>

static char *kept;

__attribute__((constructor)) static void begin(void)
{
	kept = malloc(1000);
	if (kept)
		memset(kept, 'p', 1000);
}

__attribute__((destructor)) static void end(void)
{
	free(kept);
}

/* A block for the caller to free. */
void *plugin_block(size_t n);

void *plugin_block(size_t n)
{
	char *p = malloc(n);

	if (p)
		memset(p, kept[n % 1000], n);
	return p;
}
