/* SPDX-License-Identifier: BSD-3-Clause */
/* What the figures were measured on: see machine.h. */
#define _GNU_SOURCE /* sched_getaffinity, getloadavg */

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
