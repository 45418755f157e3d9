/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The native twin of the page's module: reads settings and scripts, prints the states, as the module reports them.
 *
 *     twin < JOBS      a job a line: POLICY GRANULE ARENA MAP_THRESHOLD GROWTH SCRIPT
 *
 * For each job it prints the state before the first operation and after each one, a line each. POLICY is a place in the
 * list that `twin policies` prints. Exit status: 0; 1 for a setting or a script that is refused; 2 for a wrong line.
 */
#include "explorer.h"

#include <stdio.h>
#include <string.h>

static int run(char *line)
{
	unsigned policy, granule, arena, map_threshold, growth;
	uint32_t count;
	int behind;

	if (sscanf(line, "%u %u %u %u %u %n", &policy, &granule, &arena, &map_threshold, &growth, &behind) != 5)
		return 2;
	snprintf(explorer_script(), EXPLORER_SCRIPT_ROOM, "%s", line + behind);
	count = explorer_read();
	if (explorer_error() || !explorer_choose(policy, granule, arena, map_threshold, growth))
		return 1;
	for (uint32_t i = 0; i <= count; i++) {
		explorer_state(i);
		puts(explorer_answer());
	}
	return 0;
}

int main(int argc, char **argv)
{
	static char line[EXPLORER_SCRIPT_ROOM];

	if (argc == 2 && strcmp(argv[1], "policies") == 0) {
		explorer_policies();
		puts(explorer_answer());
		return 0;
	}
	while (fgets(line, sizeof line, stdin)) {
		int status = run(line);

		if (status != 0) {
			fprintf(stderr, "twin: refused: %.200s", line);
			return status;
		}
	}
	return 0;
}
