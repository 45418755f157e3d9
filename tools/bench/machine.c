/* SPDX-License-Identifier: BSD-3-Clause */
/* What the figures were measured on: see machine.h. */
#define _GNU_SOURCE /* sched_getaffinity, getloadavg */

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tools/bench/machine.h"

/* The first line of a file that begins with `key`; what stands behind it and behind `mark`. */
static void read_line(const char *path, const char *key, const char *mark, char *value, size_t room)
{
	char line[512];
	FILE *file = fopen(path, "r");

	snprintf(value, room, "unknown");
	while (file && fgets(line, sizeof line, file)) {
		char *at = strncmp(line, key, strlen(key)) == 0 ? strstr(line, mark) : NULL;
		if (at) {
			at += strlen(mark);
			at += strspn(at, " \t");
			at[strcspn(at, "\n")] = '\0';
			snprintf(value, room, "%s", at);
			break;
		}
	}
	if (file)
		fclose(file);
}

void machine_read(struct machine *machine)
{
	struct utsname name;
	cpu_set_t processors;
	long pages = sysconf(_SC_PHYS_PAGES);

	*machine = (struct machine){0};
	read_line("/proc/cpuinfo", "model name", ":", machine->processor, sizeof machine->processor);
	/* the one that is in force stands in brackets */
	read_line("/sys/kernel/mm/transparent_hugepage/enabled", "", "[", machine->huge_pages, sizeof machine->huge_pages);
	machine->huge_pages[strcspn(machine->huge_pages, "]")] = '\0';
	if (uname(&name) == 0)
		snprintf(machine->system, sizeof machine->system, "%s %s %s", name.sysname, name.release, name.machine);
	if (sched_getaffinity(0, sizeof processors, &processors) == 0)
		machine->processors = CPU_COUNT(&processors);
	if (pages > 0)
		machine->memory = (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
	if (getloadavg(&machine->load, 1) != 1)
		machine->load = 0;
}

/* Of a line such as `VmData:  1234 kB`; 0: not known. */
static uint64_t read_bytes(const char *path, const char *key)
{
	char value[64];

	read_line(path, key, ":", value, sizeof value);
	return 1024 * strtoull(value, NULL, 10);
}

void machine_limit_memory(void)
{
	uint64_t available = read_bytes("/proc/meminfo", "MemAvailable");
	struct rlimit limit;

	/* what is mapped but cannot be written to does not count there: allocators reserve much more than they use */
	if (available == 0 || getrlimit(RLIMIT_DATA, &limit) != 0)
		return;
	available += read_bytes("/proc/self/status", "VmData");
	if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > available)
		limit.rlim_cur = available;
	setrlimit(RLIMIT_DATA, &limit);
}

void machine_json(struct json *json)
{
	struct machine machine;

	machine_read(&machine);
	json_open(json, "machine", '{');
	json_text(json, "processor", machine.processor);
	json_number(json, "processors", true, (double)machine.processors);
	json_number(json, "memory", true, (double)machine.memory);
	json_text(json, "system", machine.system);
	json_text(json, "huge_pages", machine.huge_pages);
	json_text(json, "compiler", MACHINE_COMPILER);
	json_number(json, "load_average", true, machine.load);
	json_close(json, '}');
}
