/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file frames.h
 * @brief Call sites as people read them: functions, files and lines, told by addr2line of binutils where the program has
 * symbols.
 */
#ifndef OSMEM_TOOLS_OSMEM_FRAMES_H
#define OSMEM_TOOLS_OSMEM_FRAMES_H

/**
 * @brief A call site's frames in readable form.
 * @param site  as osm_trace_site gives it
 * @param count frames at most, innermost first
 * @return the frames, parted by " < ", for the caller to free; NULL: no memory
 */
char *frames_describe(const char *site, int count);

#endif
