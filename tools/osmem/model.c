/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What models share, and the simple ones: the shapes of programs that Wilson, Johnstone, Neely and Boles name (1995, 2.4):
 * ramps, peaks and plateaus; and the equilibrium of Knuth's fifty-percent rule (1973, vol. 1, 2.5).
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/osmem/cli.h"
#include "tools/osmem/model.h"

enum { PEAKS = 10 };

/* splitmix64 (Steele, Lea and Flood 2014). */
static uint64_t random_next(struct synth *synth)
{
	uint64_t z = synth->random += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* By multiplication, and once more where that would favour some (Lemire 2019). */
uint64_t synth_random(struct synth *synth, uint64_t below)
{
	uint64_t least = -below % below;
	unsigned __int128 product;

	do
		product = (unsigned __int128)random_next(synth) * below;
	while ((uint64_t)product < least);
	return (uint64_t)(product >> 64);
}

static void put(struct synth *synth, const struct osm_trace_op *op)
{
	synth->ops++;
	osm_trace_write(synth->writer, op); /* a failure is told when the writer is finished */
}

uint64_t synth_alloc(struct synth *synth, uint64_t size)
{
	uint64_t id = synth->next_id++;

	put(synth, &(struct osm_trace_op){.kind = OSM_TRACE_ALLOC, .id = id, .id_after = id, .size = size});
	return id;
}

void synth_resize(struct synth *synth, uint64_t id, uint64_t size)
{
	put(synth, &(struct osm_trace_op){.kind = OSM_TRACE_REALLOC, .id = id, .id_after = id, .size = size});
}

void synth_free(struct synth *synth, uint64_t id)
{
	put(synth, &(struct osm_trace_op){.kind = OSM_TRACE_FREE, .id = id, .id_after = id});
}

bool synth_goes_on(struct synth *synth)
{
	return synth->status == CLI_OK && !cli_interrupted;
}

void synth_out_of_memory(struct synth *synth)
{
	if (synth->status == CLI_OK)
		cli_complain("%s", strerror(ENOMEM));
	synth->status = CLI_FAILED;
}

/* ---- Blocks of chance */

/* Sizes are as likely below as above a power of two: most are small. */
static uint64_t size_by_chance(struct synth *synth)
{
	double least = (double)synth->options.least, most = (double)synth->options.most + 1;
	double part = (double)(random_next(synth) >> 11) * 0x1p-53;

	return (uint64_t)(least * pow(most / least, part));
}

/* Blocks that live, of which any can go. */
struct crowd {
	uint64_t *ids;
	uint64_t count;
};

static bool crowd_begin(struct synth *synth, struct crowd *crowd, uint64_t room)
{
	*crowd = (struct crowd){.ids = calloc(room ? room : 1, sizeof *crowd->ids)};
	if (!crowd->ids)
		synth_out_of_memory(synth);
	return crowd->ids != NULL;
}

static void crowd_add(struct synth *synth, struct crowd *crowd, uint64_t size)
{
	crowd->ids[crowd->count++] = synth_alloc(synth, size);
}

static void crowd_drop(struct synth *synth, struct crowd *crowd)
{
	uint64_t at = synth_random(synth, crowd->count);

	synth_free(synth, crowd->ids[at]);
	crowd->ids[at] = crowd->ids[--crowd->count];
}

void model_ramp(struct synth *synth)
{
	struct crowd crowd;

	if (!crowd_begin(synth, &crowd, synth->options.blocks))
		return;
	for (uint64_t i = 0; i < synth->options.blocks && synth_goes_on(synth); i++) {
		crowd_add(synth, &crowd, size_by_chance(synth));
		if (synth_random(synth, 4) == 0) /* what is needed on the way only */
			crowd_drop(synth, &crowd);
	}
	free(crowd.ids);
}

void model_peak(struct synth *synth)
{
	uint64_t blocks = synth->options.blocks, kept = 0;
	struct crowd crowd;

	if (!crowd_begin(synth, &crowd, blocks))
		return;
	for (uint64_t peak = 0; peak < PEAKS; peak++) {
		uint64_t each = blocks * (peak + 1) / PEAKS - blocks * peak / PEAKS; /* what does not divide is spread */
		for (uint64_t i = 0; i < each && synth_goes_on(synth); i++)
			crowd_add(synth, &crowd, size_by_chance(synth));
		kept += each / 20;
		while (crowd.count > kept && synth_goes_on(synth))
			crowd_drop(synth, &crowd);
	}
	free(crowd.ids);
}

/* `size` gives sizes; fewer blocks than live at a time never get there. */
static void replace(struct synth *synth, struct crowd *crowd, uint64_t (*size)(struct synth *synth))
{
	for (uint64_t i = 0; i < synth->options.blocks && synth_goes_on(synth); i++) {
		if (crowd->count == synth->options.live)
			crowd_drop(synth, crowd);
		crowd_add(synth, crowd, size(synth));
	}
}

void model_plateau(struct synth *synth)
{
	struct crowd crowd;

	if (!crowd_begin(synth, &crowd, synth->options.live))
		return;
	replace(synth, &crowd, size_by_chance);
	while (crowd.count > 0 && synth_goes_on(synth))
		crowd_drop(synth, &crowd);
	free(crowd.ids);
}

static uint64_t size_uniform(struct synth *synth)
{
	return synth->options.least + synth_random(synth, synth->options.most - synth->options.least + 1);
}

void model_fifty(struct synth *synth)
{
	struct crowd crowd;

	if (!crowd_begin(synth, &crowd, synth->options.live))
		return;
	replace(synth, &crowd, size_uniform);
	free(crowd.ids);
}
