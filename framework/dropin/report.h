/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the drop-in tells of itself.
 */
#ifndef OSMEM_DROPIN_REPORT_H
#define OSMEM_DROPIN_REPORT_H

#include <malloc.h>
#include <stdio.h>

struct mallinfo2 report_mallinfo(void);
/* As malloc_info(). */
int report_xml(int options, FILE *file);
/* A few lines on fd 2. */
void report_write(void);
/* Give free memory back to the system; 1 if any was. */
int report_trim(size_t keep);

#endif
