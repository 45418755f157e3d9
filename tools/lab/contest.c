/* SPDX-License-Identifier: BSD-3-Clause */
/* Every trace on every allocator: see contest.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/lab/contest.h"
#include "tools/lab/peer.h"
#include "tools/osmem/cli.h"
#include "tools/progress.h"

#define SCAN "-scan"

void contender_name(const struct contender *contender, char *text, size_t room)
{
	if (contender->layout)
		snprintf(text, room, "%s, %s", contender->name, contender->layout);
	else
		snprintf(text, room, "%s", contender->name);
}

struct outcome *contest_outcome(const struct contest *contest, size_t trace, size_t contender)
{
	return &contest->outcomes[trace * contest->contender_count + contender];
}

/* ---- Who takes part */

static bool ends_with(const char *text, const char *ending)
{
	size_t length = strlen(text), of_ending = strlen(ending);

	return length > of_ending && strcmp(text + length - of_ending, ending) == 0;
}

/* Is a name in a list with commas? */
static bool is_listed(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, name, length) == 0 && (at[length] == '\0' || at[length] == ','))
			return true;
	}
	return !list;
}

static bool is_wanted(const struct contest_filter *filter, const struct osm_policy *policy, bool is_scan)
{
	return is_listed(filter->policies, policy->name) && is_listed(filter->layouts, policy->layout) &&
	       !(is_scan && filter->no_scan);
}

/* Every name of a list is one that there is. */
static bool list_judge(const char *option, const char *list, bool is_policy)
{
	for (const char *at = list; at; at = strchr(at, ',')) {
		at += *at == ',';
		size_t length = strcspn(at, ",");
		bool known = false;

		for (const struct osm_policy *const *policy = osm_policies(); *policy; policy++) {
			const char *name = is_policy ? (*policy)->name : (*policy)->layout;
			known = known || (strlen(name) == length && strncmp(name, at, length) == 0);
		}
		if (!known) {
			cli_complain("--%s=%s: there is no %s '%.*s'", option, list, option, (int)length, at);
			return false;
		}
	}
	return true;
}

static void contenders_find(struct contest *contest, const struct contest_filter *filter)
{
	size_t n = 0;

	for (const struct osm_policy *const *policy = osm_policies(); *policy; policy++) {
		bool is_scan = ends_with((*policy)->name, SCAN);
		if (is_wanted(filter, *policy, is_scan))
			contest->contenders[n++] = (struct contender){
				.name = (*policy)->name, .layout = (*policy)->layout, .policy = *policy, .is_scan = is_scan};
	}
	for (const struct subject *peer = subject_peers; peer->name && !filter->no_peers; peer++)
		if (peer_is_there(peer))
			contest->contenders[n++] = (struct contender){.name = peer->name, .peer = peer};
	contest->contender_count = n;
}

bool contest_begin(struct contest *contest, const struct contest_filter *filter)
{
	size_t most = 0;

	for (const struct osm_policy *const *policy = osm_policies(); *policy; policy++)
		most++;
	for (const struct subject *peer = subject_peers; peer->name; peer++)
		most++;
	if (!list_judge("policy", filter->policies, true) || !list_judge("layout", filter->layouts, false))
		return false;
	contest->contenders = calloc(most, sizeof *contest->contenders);
	if (contest->contenders)
		contenders_find(contest, filter);
	if (contest->contenders && contest->contender_count == 0) {
		cli_complain("no policy has both a name and a layout that were asked for");
		return false;
	}
	contest->outcomes =
		contest->contenders ? calloc(contest->trace_count * contest->contender_count, sizeof *contest->outcomes) : NULL;
	if (!contest->outcomes)
		cli_complain("out of memory");
	return contest->outcomes != NULL;
}

void contest_end(struct contest *contest)
{
	free(contest->contenders);
	free(contest->outcomes);
	contest->contenders = NULL;
	contest->outcomes = NULL;
}

/* ---- The replays */

static bool cell_run(struct contest *contest, size_t trace, size_t place)
{
	const struct contender *contender = &contest->contenders[place];
	struct outcome *outcome = contest_outcome(contest, trace, place);
	struct setup setup = contest->setup;
	char name[80], label[160];

	setup.policy = contender->policy;
	contender_name(contender, name, sizeof name);
	snprintf(label, sizeof label, "%s on %s, %zu of %zu", contest->traces[trace].name, name,
	         trace * contest->contender_count + place + 1, contest->trace_count * contest->contender_count);
	const struct job job = {.totals = &contest->traces[trace],
	                        .setup = &setup,
	                        .limit = contender->is_scan ? contest->scan_limit : contest->limit,
	                        .rounds = contender->is_scan ? 1 : contest->rounds,
	                        .no_times = contest->no_times,
	                        .stop = contest->stop,
	                        .label = label};
	outcome->name = contender->name;
	outcome->layout = contender->layout;
	outcome->is_scan = contender->is_scan;
	bool went_on;
	if (contender->peer)
		went_on = peer_run(&job, contender->peer, outcome);
	else
		went_on = watch_run(&job, outcome) && (outcome->failed || job.no_times || pace_run(&job, outcome));
	progress_clear();
	if (outcome->failed && went_on)
		cli_complain("%s: %s", label, outcome->note);
	return went_on;
}

bool contest_run(struct contest *contest)
{
	for (size_t trace = 0; trace < contest->trace_count; trace++)
		for (size_t place = 0; place < contest->contender_count; place++)
			if (!cell_run(contest, trace, place))
				return false;
	return true;
}
